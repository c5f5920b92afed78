/* SPDX-License-Identifier: BSD-3-Clause */
/* Firefox's logalloc (MALLOC_LOG), as the browser writes it and as logalloc_munge.py makes it; heapreplay-trace(5) describes them. */
#ifndef HR_TRACE_LOGALLOC_H
#define HR_TRACE_LOGALLOC_H

#include "trace/format.h"

extern const struct hr_format_ops hr_logalloc_format;

#endif
