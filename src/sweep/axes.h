/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The axes of a sweep, as people write them: values of GOGC, memory limits, and
 * policies with several values of a parameter.
 */
#ifndef HR_SWEEP_AXES_H
#define HR_SWEEP_AXES_H

#include "base/error.h"
#include "replay/limit.h"

#include <stddef.h>
#include <stdint.h>

/* More values of an axis are a slip of the hand. */
enum { HR_AXIS_MOST = 10000 };

struct hr_axis_limit {
	struct hr_limit limit;
	char text[32]; /* one way to write it: "off", "80%", "512MiB" */
};

struct hr_axes {
	uint64_t *gogc; /* HR_GOGC_OFF */
	size_t ngogc, gogc_cap;
	struct hr_axis_limit *limits;
	size_t nlimits, limits_cap;
	char **policies; /* as -p takes them */
	size_t npolicies, policies_cap;
};

/* Zeroes are no values. */
void hr_axes_release(struct hr_axes *a);
/* "25,50,100,off": adds those that are not there yet. HR_EUSAGE, HR_ENOMEM; so below. */
enum hr_status hr_axes_gogc(struct hr_axes *a, const char *text, struct hr_error *err);
/* "off,80%,100%..140%:10%,512MiB": FROM..TO:STEP are FROM, FROM + STEP and so on up to TO. */
enum hr_status hr_axes_limits(struct hr_axes *a, const char *text, struct hr_error *err);
/* "go1.22,share=1%:2%:4%,fix=none:guess": a policy for each combination of values. */
enum hr_status hr_axes_policy(struct hr_axes *a, const char *text, struct hr_error *err);

#endif
