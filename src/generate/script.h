/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workloads as scripts: a program of phases, one statement a line, repeated to
 * the end of the trace. heapreplay-generate(1) describes the language. A script
 * is about spans and collections, or about flows of objects; what happens is
 * that of pages.h and flows.h.
 */
#ifndef HR_GENERATE_SCRIPT_H
#define HR_GENERATE_SCRIPT_H

#include "generate/generate.h"
#include "generate/kinds.h"

#define HR_SCRIPT_MAX_PARAMS 16

/* The configuration of every scripted kind. */
struct hr_script_config {
	struct hr_workload common;
	union {
		uint64_t n;
		double x;
	} at[HR_SCRIPT_MAX_PARAMS];
};

/* The offset of parameter i, for a table of parameters. */
#define HR_SCRIPT_PARAM(i) offsetof(struct hr_script_config, at[i])

/* What a definition with a script sets besides its script, parameters and words. */
#define HR_SCRIPT_KIND                                                                                                 \
	.config_bytes = sizeof(struct hr_script_config), .check = hr_script_check, .create = hr_script_create,         \
	.fill = hr_script_fill, .destroy = hr_script_destroy

enum hr_status hr_script_check(const struct hr_workload_def *def, const void *config, struct hr_error *err);
void *hr_script_create(const struct hr_workload_def *def, const void *config, uint64_t seed);
/* HR_END: nothing more comes; HR_EINPUT: nothing comes, and the script has not ended; HR_ENOMEM. */
enum hr_status hr_script_fill(void *state, struct hr_events *out);
void hr_script_destroy(void *state);

/*
 * A kind from a user's script, with the parameters that it declares. name is
 * for messages; name and text outlive *def, which is the caller's to free.
 * HR_EINPUT names the line; HR_ENOMEM.
 */
enum hr_status hr_script_load(const char *name, const char *text, struct hr_workload_def **def, struct hr_error *err);
void hr_script_free(struct hr_workload_def *def);

#endif
