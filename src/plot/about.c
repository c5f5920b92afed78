/* SPDX-License-Identifier: BSD-3-Clause */
/* What runs have in common, for titles, and what tells them apart, for legends. */
#include "config.h"

#include "plot/data.h"

#include "base/units.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* --- settings in words ------------------------------------------------------------ */

/* A number of a document as a count of bytes or ns; false: it has none, or none above 0. */
static bool whole(const json_t *object, const char *name, uint64_t *n)
{
	double v = hr_plot_number(object, name);

	if (!(v > 0 && v < 0x1p63))
		return false;
	*n = (uint64_t)v;
	return true;
}

static void say_placement(const json_t *settings, char *buf, size_t size)
{
	const char *placement = hr_plot_string(settings, "placement");

	if (placement[0] != '\0')
		snprintf(buf, size, "%s placement", placement);
}

static void say_gc(const json_t *settings, char *buf, size_t size)
{
	const char *gc = hr_plot_string(settings, "gc");
	double gogc = hr_plot_number(settings, "gogc");

	if (strcmp(gc, "model") == 0 && isfinite(gogc))
		snprintf(buf, size, "GC modelled, GOGC %.0f", gogc);
	else if (strcmp(gc, "model") == 0)
		snprintf(buf, size, "GC modelled, GOGC off");
	else if (strcmp(gc, "none") == 0)
		snprintf(buf, size, "no GC");
}

/* A number of bytes or a time behind words, where it is above 0. */
static void say_number(const json_t *settings, const char *name, const char *words,
		       const char *(*format)(char buf[HR_UNIT_BUF], uint64_t n), char *buf, size_t size)
{
	char text[HR_UNIT_BUF];
	uint64_t n;

	if (whole(settings, name, &n))
		snprintf(buf, size, "%s %s", words, format(text, n));
}

static void say_limit(const json_t *settings, char *buf, size_t size)
{
	say_number(settings, "memory_limit_bytes", "memory limit", hr_format_bytes, buf, size);
}

static void say_pages(const json_t *settings, char *buf, size_t size)
{
	uint64_t n;

	if (whole(settings, "phys_page_bytes", &n) && n != 4096)
		say_number(settings, "phys_page_bytes", "pages of", hr_format_bytes, buf, size);
}

static void say_huge(const json_t *settings, char *buf, size_t size)
{
	uint64_t n;

	if (!whole(settings, "huge_page_bytes", &n))
		snprintf(buf, size, "no huge pages");
}

static void say_from(const json_t *settings, char *buf, size_t size)
{
	say_number(settings, "from_ns", "from", hr_format_ns, buf, size);
}

static void say_until(const json_t *settings, char *buf, size_t size)
{
	say_number(settings, "until_ns", "until", hr_format_ns, buf, size);
}

static const struct {
	void (*say)(const json_t *settings, char *buf, size_t size);
	const char *otherwise; /* beside runs of which there is something to say */
} rows[] = {
    {say_placement, "placement not told"}, {say_gc, "GC as recorded"}, {say_limit, "no memory limit"},
    {say_pages, "pages of 4 KiB"},	   {say_huge, "huge pages"},   {say_from, "from the start"},
    {say_until, "until the end"},
};

static const char *words_of(const struct hr_plot_source *s, size_t k, size_t i, char buf[HR_PLOT_SETTING_BUF])
{
	buf[0] = '\0';
	rows[k].say(s->runs[i].settings, buf, HR_PLOT_SETTING_BUF);
	return buf;
}

bool hr_plot_setting(const struct hr_plot_source *s, size_t k, size_t i, bool shared, char *buf, size_t size)
{
	char first[HR_PLOT_SETTING_BUF], other[HR_PLOT_SETTING_BUF];
	bool same = true;

	if (k >= sizeof(rows) / sizeof(rows[0]))
		return false;
	words_of(s, k, 0, first);
	for (size_t r = 1; same && r < s->n; r++)
		same = strcmp(first, words_of(s, k, r, other)) == 0;
	words_of(s, k, i, other);
	snprintf(buf, size, "%s", same != shared ? "" : other[0] == '\0' && !same ? rows[k].otherwise : other);
	return true;
}

/* --- what is different --------------------------------------------------------------- */

bool hr_plot_same_trace(const struct hr_plot_source *s)
{
	for (size_t i = 1; i < s->n; i++)
		if (strcmp(hr_plot_string(s->runs[i].trace, "name"), hr_plot_string(s->runs[0].trace, "name")) != 0 ||
		    strcmp(hr_plot_string(s->runs[i].trace, "xxh3"), hr_plot_string(s->runs[0].trace, "xxh3")) != 0)
			return false;
	return true;
}

bool hr_plot_same_policy(const struct hr_plot_source *s)
{
	for (size_t i = 1; i < s->n; i++)
		if (strcmp(hr_plot_policy_text(&s->runs[i]), hr_plot_policy_text(&s->runs[0])) != 0)
			return false;
	return true;
}

/* Appends a part to a list. */
static void append(char *buf, size_t size, const char *part)
{
	size_t n = strlen(buf);

	if (part[0] != '\0')
		snprintf(buf + n, size - n, "%s%s", n > 0 ? ", " : "", part);
}

void hr_plot_about(const struct hr_plot_source *s, size_t i, char *buf, size_t size)
{
	char setting[HR_PLOT_SETTING_BUF], number[32];

	buf[0] = '\0';
	if (s->ntraces <= 1)
		return;
	if (!hr_plot_same_trace(s))
		append(buf, size, hr_plot_string(s->runs[i].trace, "name"));
	for (size_t k = 0; hr_plot_setting(s, k, i, false, setting, sizeof(setting)); k++)
		append(buf, size, setting);
	if (buf[0] != '\0')
		return;
	/* As far as this knows, the same thing again. */
	snprintf(number, sizeof(number), "run %zu", s->runs[i].trace_number + 1);
	append(buf, size, number);
}

void hr_plot_run_name(const struct hr_plot_source *s, size_t i, char *buf, size_t size)
{
	char about[512];

	hr_plot_about(s, i, about, sizeof(about));
	if (about[0] == '\0')
		snprintf(buf, size, "%s", hr_plot_policy_text(&s->runs[i]));
	else if (hr_plot_same_policy(s))
		snprintf(buf, size, "%s", about);
	else
		snprintf(buf, size, "%s, %s", hr_plot_policy_text(&s->runs[i]), about);
}
