/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The settings of a sweep: every combination of its axes, and the program's own.
 * Each has a name that depends on nothing but what was asked for, so that a
 * result can be found again by any program that asks for the same.
 */
#ifndef HR_SWEEP_SETTINGS_H
#define HR_SWEEP_SETTINGS_H

#include "replay/replay.h"
#include "scavenge/policy.h"
#include "sweep/axes.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define HR_SETTING_ID_BUF 17

struct hr_sweep_setting {
	bool own;	 /* as the recorded program had it, as far as its trace tells */
	bool gogc_given; /* gogc is asked for */
	uint64_t gogc;
	const struct hr_axis_limit *limit;     /* NULL: as the trace has it */
	const struct hr_policy_choice *policy; /* NULL: the trace's own */
	char id[HR_SETTING_ID_BUF];	       /* XXH3-64 of all that was asked for, in hex */
	json_t *asked;			       /* the same in words: gc, gogc, memory_limit, policy, parameters */
};

struct hr_sweep_settings {
	struct hr_replay_options options; /* what all of them share */
	uint64_t cgroup_bytes;		  /* what percentages are of; 0: the trace's own peak in use */
	struct hr_sweep_setting *at;	  /* those that one model of GC cycles serves stand together */
	size_t n;
	bool of_peak; /* a limit is a percentage of the trace's peak */
};

/*
 * options: of all; own: with the setting of the program itself, as the first. The axes and
 * the choices must outlive the settings. A combination that is there twice is taken once. HR_ENOMEM.
 */
enum hr_status hr_sweep_settings_make(struct hr_sweep_settings *s, const struct hr_replay_options *options,
				      const struct hr_axes *axes, const struct hr_policy_choice *choices,
				      size_t nchoices, bool own, uint64_t cgroup_bytes, struct hr_error *err);
void hr_sweep_settings_release(struct hr_sweep_settings *s);
/* Do both need the same GC cycles? */
bool hr_sweep_same_cycles(const struct hr_sweep_setting *a, const struct hr_sweep_setting *b);
/* The options of a replay under the setting. peak: the trace's peak in use, where it is needed. */
struct hr_replay_options hr_sweep_options(const struct hr_sweep_settings *s, const struct hr_sweep_setting *setting,
					  uint64_t peak_bytes);
/* "key=value,...": the parameters of a policy. NULL: out of memory. */
json_t *hr_sweep_parameters(const struct hr_policy_choice *choice);

#endif
