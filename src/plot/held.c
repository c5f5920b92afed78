/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "plot/held.h"

#include "base/print.h"
#include "plot/data.h"
#include "plot/markup.h"
#include "report/reasons.h"

#include <string.h>

#define SECOND 1e9
#define MOST_ROWS 20

bool hr_html_held(const json_t *kept)
{
	return json_array_size(json_object_get(kept, "reasons")) > 0;
}

static void put_share(FILE *out, double part, double all)
{
	hr_print(out, " class=\"share\" style=\"--share-of:%.1f%%\"", all > 0 ? 100 * part / all : 0);
}

static void put_size(FILE *out, const json_t *row, const char *name)
{
	char buf[HR_UNIT_BUF];

	hr_print(out, "<td>%s</td>", hr_html_value(buf, HR_UNIT_BYTES, hr_plot_number(row, name)));
}

static const char *text_of_reason(const char *name)
{
	for (unsigned i = 0; i < HR_REASON_COUNT; i++)
		if (strcmp(hr_reason_name((enum hr_reason)i), name) == 0)
			return hr_reason_text((enum hr_reason)i);
	return name;
}

static void write_reasons(FILE *out, const json_t *kept)
{
	const json_t *row;
	size_t i;

	fputs(
	    "<div class=\"wide\">\n<table>\n<thead><tr><th scope=\"col\">why it was not released</th><th scope=\"col\">"
	    "free</th><th scope=\"col\">chunks, most of it</th></tr></thead>\n<tbody>\n",
	    out);
	json_array_foreach(json_object_get(kept, "reasons"), i, row)
	{
		fputs("<tr><td", out);
		put_share(out, hr_plot_number(row, "bytes"), hr_plot_number(kept, "free_bytes"));
		hr_print(out, ">%s</td>", text_of_reason(hr_plot_string(row, "reason")));
		put_size(out, row, "bytes");
		hr_print(out, "<td>%.0f</td></tr>\n", hr_plot_number(row, "chunks"));
	}
	fputs("</tbody>\n</table>\n</div>\n", out);
}

static void write_holder(FILE *out, const json_t *row, double all)
{
	char buf[HR_UNIT_BUF];

	fputs("<tr><td", out);
	put_share(out, hr_plot_number(row, "free_bytes"), all);
	fputs(json_is_string(json_object_get(row, "type")) ? "><code>" : ">", out);
	hr_html_text(out, hr_plot_string(row, "text"));
	fputs(json_is_string(json_object_get(row, "type")) ? "</code></td>" : "</td>", out);
	put_size(out, row, "free_bytes");
	put_size(out, row, "in_use_bytes");
	put_size(out, row, "object_bytes");
	hr_print(out, "<td>%.0f</td>", hr_plot_number(row, "chunks"));
	/* Spans without objects have no age. */
	if (hr_plot_number(row, "object_bytes") > 0)
		hr_print(out, "<td>%s%s</td></tr>\n",
			 json_is_true(json_object_get(row, "older_than_trace")) ? "&gt; " : "",
			 hr_html_value(buf, HR_UNIT_NS, hr_plot_number(row, "age_mean_ns")));
	else
		fputs("<td>not known</td></tr>\n", out);
}

/* What is predicted of the first row. */
static void write_prediction(FILE *out, const json_t *row)
{
	fputs("<p>", out);
	hr_html_text(out, hr_plot_string(row, "sentence"));
	fputs("</p>\n", out);
}

static void write_holders(FILE *out, const json_t *list, double all)
{
	size_t n = json_array_size(list);

	if (n == 0)
		return;
	fputs("<h3>What keeps chunks that are mostly empty</h3>\n<div class=\"wide\">\n<table "
	      "id=\"holders\">\n<thead><tr>"
	      "<th scope=\"col\">most bytes are of</th><th scope=\"col\">free</th><th scope=\"col\">in use</th>"
	      "<th scope=\"col\">its objects</th><th scope=\"col\">chunks</th><th scope=\"col\">mean "
	      "age</th></tr></thead>\n"
	      "<tbody>\n",
	      out);
	for (size_t i = 0; i < n && i < MOST_ROWS; i++)
		write_holder(out, json_array_get(list, i), all);
	fputs("</tbody>\n</table>\n</div>\n", out);
	write_prediction(out, json_array_get(list, 0));
	hr_print(
	    out,
	    "<p class=\"dim\">Of chunks of 4 MiB that were at most half in use: each is counted for the type, or size "
	    "class, of most bytes in it. Objects are alive or not swept yet.");
	if (n > MOST_ROWS)
		hr_print(out, " %zu more rows are left out; heapreplay explain has them.", n - MOST_ROWS);
	fputs("</p>\n", out);
}

void hr_html_held_write(FILE *out, const json_t *kept, const char *policy)
{
	double free_bytes = hr_plot_number(kept, "free_bytes"), time_ns = hr_plot_number(kept, "time_ns");
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF];

	hr_html_begin(out, "third first", "held", "Why memory stayed");
	hr_print(out, "<p>At <a href=\"#t=%.6f\">%s</a>, near the most free memory under ", time_ns / SECOND,
		 hr_html_value(a, HR_UNIT_NS, time_ns));
	hr_html_text(out, policy);
	hr_print(out, ", <b>%s</b> was free and not released.</p>\n", hr_html_value(b, HR_UNIT_BYTES, free_bytes));
	write_reasons(out, kept);
	write_holders(out, json_object_get(kept, "holders"), free_bytes);
	hr_html_end(out);
}
