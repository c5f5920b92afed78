/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a saved run: no crash; what is taken can be shown in every form, and compared with itself, where nothing differs. */
#include "config.h"

#include "report/differences.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void no_setting(void *ctx, const char *name, const char *const *values)
{
	(void)ctx, (void)name, (void)values;
	abort();
}

static void compare_with_itself(const struct hr_saved *runs, const struct hr_view *all)
{
	struct hr_differences d;
	struct hr_table t;

	if (hr_differences_find(runs, 2, &d, NULL) != HR_OK)
		return;
	if (d.n != runs[0].n)
		abort();
	for (size_t i = 0; i < d.n; i++) {
		if (hr_differences_settings(&d, &d.traces[i], no_setting, NULL, NULL) != HR_OK)
			abort();
		for (size_t k = 0; k < d.traces[i].n; k++) {
			if (hr_differences_parameters(&d, &d.traces[i], &d.traces[i].policies[k], no_setting, NULL,
						      NULL) != HR_OK)
				abort();
			hr_table_init(&t);
			hr_differences_table(&t, &d, all, false, true, &d.traces[i], &d.traces[i].policies[k]);
			if (t.ncells != 0)
				abort();
			hr_table_release(&t);
		}
	}
	hr_differences_release(&d);
}

static void show(const struct hr_saved *s, struct hr_view *v, FILE *out)
{
	const struct hr_page page = {.out = out, .columns = 40};
	struct hr_table t;

	for (size_t i = 0; i < s->n; i++) {
		v->baseline = s->at[i].policies[0].text;
		hr_table_init(&t);
		hr_standings_columns(&t, v, HR_STANDINGS_BOTH);
		hr_standings_rows(&t, v, HR_STANDINGS_BOTH, &s->at[i]);
		hr_table_text(&t, &page, "hint", NULL);
		hr_table_markdown(&t, out);
		hr_table_csv(&t, out);
		hr_table_release(&t);
	}
	hr_table_init(&t);
	hr_standings_means(&t, v, s->at, s->n);
	hr_table_text(&t, &page, NULL, NULL);
	hr_table_release(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hr_saved runs[2];
	struct hr_view v = {0};
	struct hr_error err;
	FILE *out;

	if (hr_saved_parse(data, size, &runs[0], &err) != HR_OK)
		return 0;
	out = fopen("/dev/null", "w");
	if (out != NULL && hr_saved_parse(data, size, &runs[1], &err) == HR_OK) {
		if (hr_view_columns(&v, "all", NULL) == HR_OK && hr_view_sort(&v, "retained", NULL) == HR_OK) {
			compare_with_itself(runs, &v);
			show(&runs[0], &v, out);
		}
		hr_view_release(&v);
		hr_saved_release(&runs[1]);
	}
	if (out != NULL)
		fclose(out);
	hr_saved_release(&runs[0]);
	return 0;
}
