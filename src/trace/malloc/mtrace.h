/* SPDX-License-Identifier: BSD-3-Clause */
/* What glibc's mtrace(3) writes. heapreplay-trace(5) describes it. */
#ifndef HR_TRACE_MTRACE_H
#define HR_TRACE_MTRACE_H

#include "trace/format.h"

extern const struct hr_format_ops hr_mtrace_format;

#endif
