/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Comparisons as tables: a row a policy, a column a figure, as they are or
 * relative to a baseline; and over several traces, as geometric means of the
 * ratios to the baseline. The best and the worst of a column have marks, unless
 * more than half of the policies share them; a policy that knows the future has
 * none.
 */
#ifndef HR_REPORT_STANDINGS_H
#define HR_REPORT_STANDINGS_H

#include "base/error.h"
#include "report/comparison.h"
#include "report/table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct hr_column {
	size_t figure;
	const char *heading; /* of tables for people */
	const char *legend;  /* what it is, in few words */
};

/* What a table shows. */
struct hr_view {
	struct hr_column *columns;
	size_t n;
	const char *baseline; /* a policy's text, or NULL: values as they are */
	bool sorted;	      /* by the figure `sort`, the best first; else as they were chosen */
	bool reversed;	      /* the worst first */
	size_t sort;
	json_t *identity;    /* members of hr_flat_identity that rows of EXACT end with; NULL: none. Owned */
	const char *version; /* of the heapreplay that made them */
};

/* The columns of "a,b,c", metrics or headings; list NULL: the usual ones; "all": every figure. HR_EUSAGE, HR_ENOMEM. */
enum hr_status hr_view_columns(struct hr_view *v, const char *list, struct hr_error *err);
/* By which column, with a '-' before it for the other way round. HR_EUSAGE. */
enum hr_status hr_view_sort(struct hr_view *v, const char *column, struct hr_error *err);
void hr_view_release(struct hr_view *v);

/*
 * PLAIN: for text; of what is not the baseline only the change. BOTH: the
 * values with the changes behind them. EXACT: for CSV, with the trace's name,
 * and a column more for each ratio to the baseline.
 */
enum hr_standings_form { HR_STANDINGS_PLAIN, HR_STANDINGS_BOTH, HR_STANDINGS_EXACT };

/* Adds the columns, once, to an empty table; then the rows of one comparison, or of several one after the other. */
void hr_standings_columns(struct hr_table *t, const struct hr_view *v, enum hr_standings_form form);
void hr_standings_rows(struct hr_table *t, const struct hr_view *v, enum hr_standings_form form,
		       const struct hr_comparison *c);

/*
 * The geometric means of the ratios to v->baseline over n comparisons, of all
 * policies that are in each, columns and rows. A comparison in which one of the
 * two policies has 0 is left out of the mean, which then says "(9/10)".
 */
void hr_standings_means(struct hr_table *t, const struct hr_view *v, const struct hr_comparison *c, size_t n);

/* In how many comparisons a policy is the best, and the worst, of a column: "+3 -1"; columns and rows. */
void hr_standings_wins(struct hr_table *t, const struct hr_view *v, const struct hr_comparison *c, size_t n);
/* [{"text", "traces": how many have it, "best": {metric: in how many}, "worst": {...}}]. */
json_t *hr_standings_wins_json(const struct hr_comparison *c, size_t n);

/* [{"text", "summary": {metric: value}, "regret": {...}}]: the policies of a comparison without a document. */
json_t *hr_standings_json(const struct hr_comparison *c);
/* {"baseline": TEXT, "policies": [{"text", "to_baseline": {figure: mean}, "over_traces": {figure: of how many,
 * if not all}}]}: the same of every figure. */
json_t *hr_standings_means_json(const char *baseline, const struct hr_comparison *c, size_t n);
/* Adds "baseline" to the comparison's document, and to each policy "to_baseline": {figure: ratio}. */
enum hr_status hr_standings_relate(struct hr_comparison *c, const char *baseline, struct hr_error *err);

/* Room for a change as text. */
#define HR_CHANGE_BUF (HR_UNIT_BUF + 8)
/* "+4.25 %", "-12.5 %", "+1,234 %", "="; where base is 0, the value itself. */
const char *hr_change_format(char buf[HR_CHANGE_BUF], enum hr_unit unit, uint64_t value, uint64_t base);

#endif
