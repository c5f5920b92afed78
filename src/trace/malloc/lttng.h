/* SPDX-License-Identifier: BSD-3-Clause */
/* LTTng-UST's lttng_ust_libc events, as babeltrace2 prints them; heapreplay-trace(5) describes them. */
#ifndef HR_TRACE_LTTNG_H
#define HR_TRACE_LTTNG_H

#include "trace/format.h"

extern const struct hr_format_ops hr_lttng_format;

#endif
