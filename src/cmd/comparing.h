/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by the parts of compare. */
#ifndef HR_CMD_COMPARING_H
#define HR_CMD_COMPARING_H

#include "cmd/cli.h"

#include "report/comparison.h"
#include "report/differences.h"
#include "report/gate.h"
#include "report/saved.h"
#include "report/standings.h"

/* The options that compare alone has. */
struct comparing_options {
	const char *sort, *columns;
	const char *against, *again; /* other recordings of the same program */
	struct cli_list gates;	     /* --fail-if */
	bool csv, markdown;
};

static inline const struct comparing_options *compare_options_of(const struct cli_options *o)
{
	return o->own;
}

/* One run of the command: what it was asked for, and what it has found. */
struct comparing {
	const struct cli_command *command;
	const struct cli_options *o;
	struct hr_view view;
	struct hr_gate *gates;
	size_t ngates;
	/* Traces that were replayed, or those of the one saved run. */
	json_t *document;
	struct hr_comparison *at;
	size_t n, cap;
	bool in_parts, warned; /* of the trace that is replayed: fewer policies at a time; its damage has been told */
	/* Several saved runs. */
	const char *const *names;
	struct hr_saved *saved;
	size_t nsaved;
	struct hr_differences differences;
};

/* --- compare_print.c --- */

/* Writes the traces with their policies, or the differences of saved runs, in the form that was asked for. */
enum hr_status compare_print(struct comparing *c, FILE *out, struct hr_error *err);

/* --- compare_gates.c --- */

/* A line on standard error for each gate that is not met; the exit status. */
int compare_check_gates(const struct comparing *c);

/* --- against.c --- */

/* --against: the recording and the other one, or two, side by side. *about: the file that an error is about. */
enum hr_status compare_against(struct comparing *c, const char *path, const char **about, struct hr_error *err);

#endif
