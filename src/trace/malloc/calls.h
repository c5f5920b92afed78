/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces of calls, each line a name(arguments) = result: valgrind's
 * --trace-malloc=yes, and those of ltrace, FreeBSD's utrace and CTSRD's cmt.
 * heapreplay-trace(5) describes them.
 */
#ifndef HR_TRACE_CALLS_H
#define HR_TRACE_CALLS_H

#include "trace/format.h"

extern const struct hr_format_ops hr_valgrind_format;
extern const struct hr_format_ops hr_calls_format;

#endif
