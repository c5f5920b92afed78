/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A gate: a sentence about a figure that makes a run fail when it is true, such
 * as retained_mean_bytes>+5%. The grammar, blanks between the parts allowed:
 *
 *	gate   = [policy ":"] figure op value
 *	op     = ">" | ">=" | "<" | "<="
 *	value  = ("+" | "-") number "%"    relative to the baseline's value
 *	       | number [unit]             as hr_unit_parse has it for the figure
 *
 * All is exact: percent have up to six decimals, and a value that is +5% of the
 * baseline's to the byte is not above it.
 */
#ifndef HR_REPORT_GATE_H
#define HR_REPORT_GATE_H

#include "base/error.h"
#include "report/comparison.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_gate_op { HR_GATE_ABOVE, HR_GATE_AT_LEAST, HR_GATE_BELOW, HR_GATE_AT_MOST };

struct hr_gate {
	const char *text; /* as it was given; the caller's */
	char *policy;	  /* NULL: every one */
	size_t figure;
	enum hr_gate_op op;
	bool relative;
	int64_t millionths; /* relative: of one percent, -100 % or more */
	uint64_t value;	    /* else */
};

/* text must outlive the gate. HR_EUSAGE: says what is wrong with it, and how it should be; HR_ENOMEM. */
enum hr_status hr_gate_parse(const char *text, struct hr_gate *g, struct hr_error *err);
void hr_gate_release(struct hr_gate *g);

/* Is it about that policy? */
bool hr_gate_applies(const struct hr_gate *g, const char *policy);
/* Is the sentence true of value? base: the baseline's value; of no account where the gate is not relative. */
bool hr_gate_fails(const struct hr_gate *g, uint64_t value, uint64_t base);
/* What value is compared with, rounded to a whole number; at most UINT64_MAX. */
uint64_t hr_gate_bound(const struct hr_gate *g, uint64_t base);

#endif
