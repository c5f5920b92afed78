/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a document to plot: no crash, and what gnuplot would be given is
 * a script in which nothing of the document stands outside its quotes and its
 * blocks of numbers: each block is ended where it should be, and no line but our
 * own runs a command of the system's.
 */
#include "config.h"

#include "plot/plot.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct hr_blob *text)
{
	size_t begun = 0, ended = 0;

	if (text->n == 0 || text->at[text->n] != '\0' || strlen(text->at) != text->n)
		abort();
	for (const char *at = text->at; (at = strstr(at, " << end_of_data\n")) != NULL; at++)
		begun++;
	for (const char *at = text->at; (at = strstr(at, "\nend_of_data\n")) != NULL; at++)
		ended++;
	if (begun != ended || strstr(text->at, "\nsystem") != NULL || strstr(text->at, "\n!") != NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *document = json_loadb((const char *)data, size, 0, NULL);
	struct hr_plot_source s = {0};

	if (document == NULL)
		return 0;
	if (hr_plot_source_add(&s, document, NULL) == HR_OK) {
		for (const struct hr_plot_kind *k = hr_plot_kinds; k->name != NULL; k++) {
			const struct hr_plot_options o = {.form = (enum hr_plot_form)(size % HR_PLOT_FORM_COUNT)};
			struct hr_blob text;

			if (hr_plot_text(k, &s, &o, &text, NULL) == HR_OK)
				check_text(&text);
			free(text.at);
		}
	}
	hr_plot_source_release(&s);
	return 0;
}
