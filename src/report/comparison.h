/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A comparison: the figures of one trace under one or several policies, read
 * from the JSON in which a replay, just done or saved long ago, describes
 * itself. Tables, gates and differences know nothing else.
 */
#ifndef HR_REPORT_COMPARISON_H
#define HR_REPORT_COMPARISON_H

#include "base/error.h"
#include "report/metrics.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one policy reached. */
struct hr_standing {
	char *text;	   /* the policy, as it was chosen */
	bool knows_future; /* no other can be measured by it as by its like */
	bool own;	   /* the recorded program's own */
	bool inactive;	   /* it could do nothing on this trace */
	uint64_t *values;  /* by figure (metrics.h) */
	bool *known;	   /* the same: is it there? */
};

struct hr_comparison {
	char *name;	  /* of the trace, for tables and messages */
	json_t *document; /* an object with trace, settings, policies (document.h); a reference of its own */
	struct hr_standing *policies;
	size_t n;
};

/*
 * Reads an object of "comparisons"; where: how a message names it. name: the
 * trace's, or NULL for that in the object. Control characters in names become
 * '?'. HR_EINPUT: something is missing or of the wrong type; HR_ENOMEM.
 */
enum hr_status hr_comparison_read(struct hr_comparison *c, json_t *object, const char *name, const char *where,
				  struct hr_error *err);
void hr_comparison_release(struct hr_comparison *c);

/* The policy of that text; else one that is the same by hr_policy_same_text; NULL. */
const struct hr_standing *hr_comparison_find(const struct hr_comparison *c, const char *text);

/*
 * All n comparisons as one without a document: of each policy that is in every
 * one, each metric that is known of it in every one, as its row says (enum
 * hr_over). n: 1 or more. HR_ENOMEM.
 */
enum hr_status hr_comparison_total(const struct hr_comparison *c, size_t n, struct hr_comparison *total,
				   struct hr_error *err);

/* Takes the series out of the documents of n comparisons. */
void hr_comparison_drop_series(const struct hr_comparison *c, size_t n);

/* A string of the document's trace, e.g. "xxh3"; "" where there is none. */
const char *hr_comparison_trace(const struct hr_comparison *c, const char *key);

#endif
