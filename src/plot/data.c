/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "plot/data.h"

#include "base/digits.h"
#include "base/print.h"
#include "report/document.h"
#include "scavenge/policy.h"

#include <math.h>
#include <string.h>

/* The last whose values are at least 1, or 4 of memory: "2048 MiB" reads better than "2 GiB" on an axis. */
struct hr_plot_unit hr_plot_memory_unit(double bytes)
{
	static const struct hr_plot_unit units[] = {{"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(units[0]) && bytes >= 4 * units[i + 1].size)
		i++;
	return units[i];
}

struct hr_plot_unit hr_plot_time_unit(double ns)
{
	static const struct hr_plot_unit units[] = {{"ns", 1},	{"us", 1e3},	{"ms", 1e6},
						    {"s", 1e9}, {"min", 600e9}, {"h", 36000e9}};
	size_t i = 0;

	while (i + 1 < sizeof(units) / sizeof(units[0]) && ns >= units[i + 1].size)
		i++;
	if (i < 4)
		return units[i];
	return i == 4 ? (struct hr_plot_unit){"min", 60e9} : (struct hr_plot_unit){"h", 3600e9};
}

double hr_plot_number(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

double hr_plot_element(const json_t *object, const char *name, size_t i)
{
	const json_t *v = json_array_get(json_object_get(object, name), i);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

size_t hr_plot_length(const json_t *object, const char *name)
{
	return json_array_size(json_object_get(object, name));
}

const char *hr_plot_string(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

const char *hr_plot_policy_text(const struct hr_plot_run *run)
{
	const char *text = hr_plot_string(run->policy, "text");

	return text[0] != '\0' ? text : hr_plot_string(run->policy, "name");
}

double hr_plot_cpu_ns(const struct hr_plot_run *run)
{
	return hr_plot_number(run->summary, "background_cpu_ns") + hr_plot_number(run->summary, "synchronous_cpu_ns") +
	       hr_plot_number(run->summary, "refault_cpu_ns");
}

struct hr_plot_bar hr_plot_error_bar(const struct hr_plot_run *run, const char *metric)
{
	return (struct hr_plot_bar){hr_plot_element(run->bounds, metric, 0), hr_plot_element(run->bounds, metric, 1)};
}

bool hr_plot_has_bounds(const struct hr_plot_source *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (json_object_size(s->runs[i].bounds) > 0)
			return true;
	return false;
}

bool hr_plot_competes(const struct hr_plot_run *run)
{
	return !hr_document_knows_future(run->policy) && !json_is_true(json_object_get(run->policy, "inactive"));
}

unsigned hr_plot_foot(unsigned width, unsigned entries, unsigned letters)
{
	unsigned columns = width > 140 ? (width - 140) / (letters * 11 + 60) : 1;

	columns = columns < 1 ? 1 : columns > entries ? entries : columns;
	return 58 + 10 + 24 * ((entries + columns - 1) / columns);
}

/* --- lines ------------------------------------------------------------------------ */

/* The line of a policy where nothing else has it: its number among the policies. */
static unsigned own_line(const struct hr_plot_run *run)
{
	const char *name = hr_plot_string(run->policy, "name");

	for (unsigned k = 0; hr_policies[k] != NULL; k++)
		if (strcmp(hr_policies[k]->name, name) == 0)
			return k % HR_PLOT_LINES;
	return HR_PLOT_LINES - 1;
}

void hr_plot_lines(const struct hr_plot_source *s, unsigned *lines)
{
	bool taken[HR_PLOT_LINES] = {false};

	/* What is another variant of a policy, or the same on another trace, takes one that no policy of the plot has. */
	for (size_t i = 0; i < s->n; i++) {
		unsigned line = own_line(&s->runs[i]);

		lines[i] = taken[line] ? HR_PLOT_LINES : line;
		taken[line] = true;
	}
	for (size_t i = 0; i < s->n; i++) {
		unsigned line = 0;

		if (lines[i] < HR_PLOT_LINES)
			continue;
		while (line < HR_PLOT_LINES && taken[line])
			line++;
		lines[i] = line < HR_PLOT_LINES ? line : (unsigned)(i % HR_PLOT_LINES);
		taken[lines[i]] = true;
	}
}

/* How many bytes the first n characters of UTF-8 take. */
static size_t bytes_of(const char *text, size_t n)
{
	size_t i = 0;

	for (; text[i] != '\0'; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80 && n-- == 0)
			break;
	return i;
}

const char *hr_plot_cut(char *buf, size_t size, const char *text, size_t most)
{
	size_t n = bytes_of(text, most);

	if (text[n] == '\0' && n < size) {
		memcpy(buf, text, n + 1);
		return buf;
	}
	n = bytes_of(text, most - 1);
	while (n > 0 && n + sizeof("…") > size)
		n = bytes_of(text, --most - 1);
	memcpy(buf, text, n);
	strcpy(buf + n, "…");
	return buf;
}

void hr_plot_set_string(FILE *out, const char *name, const char *text, size_t most)
{
	char buf[1024];

	hr_print(out, "%s = ", name);
	hr_gnuplot_string(out, hr_plot_cut(buf, sizeof(buf), text, most));
	fputc('\n', out);
}

void hr_plot_set_number(FILE *out, const char *name, double value)
{
	hr_print(out, "%s = ", name);
	hr_plot_put(out, value);
	fputc('\n', out);
}

void hr_plot_put(FILE *out, double value)
{
	char text[HR_DIGITS_BUF] = "NaN";
	size_t n = isfinite(value) ? hr_digits_put(text, value, 9) : 3;

	text[n] = ' ';
	fwrite(text, 1, n + 1, out);
}

void hr_plot_begin_block(FILE *out, const char *name, const char *columns)
{
	hr_print(out, "$%s << " HR_PLOT_BLOCK_END "\n# %s\n", name, columns);
}

void hr_plot_next_part(FILE *out)
{
	fputs("\n\n", out);
}

void hr_plot_end_block(FILE *out)
{
	fputs(HR_PLOT_BLOCK_END "\n", out);
}

double hr_plot_limit_bytes(const struct hr_plot_run *run, size_t i)
{
	double other = hr_plot_number(run->settings, "other_memory_bytes");

	return hr_plot_element(run->series, "memory_limit_bytes", i) - (isfinite(other) ? other : 0);
}
