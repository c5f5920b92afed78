/* SPDX-License-Identifier: BSD-3-Clause */
/* GODEBUG=allocfreetrace=1 of Go 1.5 to 1.22: each object, as the runtime prints it; heapreplay-trace(5) describes them. */
#ifndef HR_TRACE_ALLOCFREETRACE_H
#define HR_TRACE_ALLOCFREETRACE_H

#include "trace/format.h"

extern const struct hr_format_ops hr_allocfreetrace_format;

#endif
