/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "scavenge/cost.h"

#include <stddef.h>

#define FIELD(f) offsetof(struct hr_cost, f)

const struct hr_param hr_cost_params[] = {
    {"call", HR_PARAM_NS, FIELD(call_ns), "1500ns", NULL, "a call that releases memory"},
    {"page", HR_PARAM_NS, FIELD(page_ns), "550ns", NULL, "each physical page that it releases"},
    {"fault", HR_PARAM_NS, FIELD(fault_ns), "1800ns", NULL, "each released physical page that is used again"},
    {"batch", HR_PARAM_COUNT, FIELD(batch), "1", NULL, "releases that share one call, as a batched system call would"},
    {"thp", HR_PARAM_FLAG, FIELD(thp), "off", NULL, "whole huge pages are backed by one; the next three apply"},
    {"huge-fault", HR_PARAM_NS, FIELD(huge_fault_ns), "186us", NULL, "a released huge page that is used again"},
    {"huge-release", HR_PARAM_NS, FIELD(huge_release_ns), "7800ns", NULL, "a huge page released as a whole"},
    {"huge-split", HR_PARAM_NS, FIELD(huge_split_ns), "15500ns", NULL, "a call that releases a part of a huge page"},
    {NULL, HR_PARAM_NS, 0, NULL, NULL, NULL},
};
