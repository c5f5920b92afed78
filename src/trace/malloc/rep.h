/* SPDX-License-Identifier: BSD-3-Clause */
/* Traces of CS:APP's malloc lab, .rep; heapreplay-trace(5) describes them. */
#ifndef HR_TRACE_REP_H
#define HR_TRACE_REP_H

#include "trace/format.h"

extern const struct hr_format_ops hr_rep_format;

#endif
