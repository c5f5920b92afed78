/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Android's memory_replay text, as its malloc_debug writes it (record_allocs)
 * and public collections hold it; also what scripts for other tracers should
 * print. heapreplay-trace(5) describes it.
 */
#ifndef HR_TRACE_ANDROID_H
#define HR_TRACE_ANDROID_H

#include "trace/format.h"

extern const struct hr_format_ops hr_android_format;

#endif
