/* SPDX-License-Identifier: BSD-3-Clause */
/* `info --by` as text, CSV and JSON. */
#include "config.h"

#include "info/groups.h"

#include "base/json.h"
#include "base/print.h"
#include "base/units.h"
#include "report/document.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A name of the longest type that is kept, and what is put behind it. */
enum { NAME_ROOM = HR_TYPES_MAX_NAME + 64, COUNT = 14, BYTES = 11, LIFE = 11 };

static const char *by_text(const struct hr_groups *g)
{
	return g->by == HR_GROUP_BY_TYPE ? "type" : "class";
}

/* --- text ------------------------------------------------------------------------ */

static void print_row(const struct hr_page *p, const struct hr_group *row, const char *name)
{
	char live[HR_UNIT_BUF], bytes[HR_UNIT_BUF], count[HR_UNIT_BUF], total[HR_UNIT_BUF], life[HR_UNIT_BUF] = "-";
	uint64_t ns;

	if (hr_groups_mean_life(row, &ns))
		hr_format_ns(life, ns);
	hr_print(p->out, "%*s%*s%*s%*s%*s  %s\n", BYTES, hr_format_bytes(bytes, row->live_bytes), COUNT,
		 hr_format_count(live, row->live_objects), BYTES, hr_format_bytes(total, row->allocated_bytes), COUNT,
		 hr_format_count(count, row->allocated_objects), LIFE, life, name);
}

static void print_span(const struct hr_page *p, const struct hr_groups_view *v)
{
	char from[HR_UNIT_BUF], at[HR_UNIT_BUF];

	if (v->groups->from_ns > 0)
		hr_page_text(p, 0, "%s: objects by %s, live at %s; allocated and freed from %s to then", v->path,
			     by_text(v->groups), hr_format_ns(at, v->at_ns), hr_format_ns(from, v->groups->from_ns));
	else
		hr_page_text(p, 0, "%s: objects by %s, live at %s; allocated and freed up to then", v->path,
			     by_text(v->groups), hr_format_ns(at, v->at_ns));
	if (v->groups->slotted)
		hr_page_text(p, 0, "bytes are those of slots; an object lives until it is swept");
}

void hr_groups_text(const struct hr_page *p, const struct hr_groups_view *v)
{
	const struct hr_groups *g = v->groups;
	char name[NAME_ROOM], buf[HR_UNIT_BUF];
	size_t shown = v->top < g->n ? v->top : g->n;
	struct hr_group rest = {0};

	print_span(p, v);
	if (!g->sized) {
		hr_page_text(p, 0, "the trace does not tell the sizes of its objects");
		return;
	}
	hr_print(p->out, "\n%*s%*s%*s%*s%*s  %s\n", BYTES, "live", COUNT, "objects", BYTES, "allocated", COUNT,
		 "objects", LIFE, "mean life", by_text(g));
	print_row(p, &g->total, "all");
	for (size_t i = 0; i < shown; i++) {
		hr_groups_name(&g->rows[i], name, sizeof(name));
		print_row(p, &g->rows[i], name);
	}
	for (size_t i = shown; i < g->n; i++)
		hr_groups_add(&rest, &g->rows[i]);
	if (shown < g->n) {
		snprintf(name, sizeof(name), "%s more rows (--top shows more)", hr_format_count(buf, g->n - shown));
		print_row(p, &rest, name);
	}
	if (g->unplaced > 0)
		hr_page_text(p, 0, "%s objects lie in no span that the trace tells: not counted",
			     hr_format_count(buf, g->unplaced));
}

/* --- CSV -------------------------------------------------------------------------- */

/* In quotes, and no cell begins like a formula. */
static void csv_text(FILE *out, const char *text)
{
	char shown[HR_SHOWN_CHAR];

	fputc('"', out);
	if (*text != '\0' && strchr("=+-@", *text) != NULL)
		fputc('\'', out);
	while (*text != '\0') {
		if (*text == '"')
			fputc('"', out);
		text += hr_text_show(text, shown);
		fputs(shown, out);
	}
	fputc('"', out);
}

void hr_groups_csv(FILE *out, const struct hr_groups_view *v)
{
	const struct hr_groups *g = v->groups;
	char name[NAME_ROOM];
	uint64_t ns;

	hr_print(out, "%s,live_bytes,live_objects,allocated_bytes,allocated_objects,freed_objects,mean_life_ns\n",
		 by_text(g));
	for (size_t i = 0; i < g->n; i++) {
		const struct hr_group *row = &g->rows[i];

		hr_groups_name(row, name, sizeof(name));
		csv_text(out, name);
		fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", row->live_bytes,
			row->live_objects, row->allocated_bytes, row->allocated_objects, row->freed_objects);
		if (hr_groups_mean_life(row, &ns))
			fprintf(out, "%" PRIu64, ns);
		fputc('\n', out);
	}
}

/* --- JSON ------------------------------------------------------------------------- */

static void put_counts(json_t **o, const struct hr_group *row)
{
	uint64_t ns;

	hr_json_put(o, "live_bytes", json_integer((json_int_t)row->live_bytes));
	hr_json_put(o, "live_objects", json_integer((json_int_t)row->live_objects));
	hr_json_put(o, "allocated_bytes", json_integer((json_int_t)row->allocated_bytes));
	hr_json_put(o, "allocated_objects", json_integer((json_int_t)row->allocated_objects));
	hr_json_put(o, "freed_objects", json_integer((json_int_t)row->freed_objects));
	hr_json_put(o, "mean_life_ns", hr_groups_mean_life(row, &ns) ? json_integer((json_int_t)ns) : json_null());
}

static const char *sort_text(enum hr_group_sort sort)
{
	switch (sort) {
	case HR_GROUP_TYPE:
	case HR_GROUP_NUMBER:
		return "type";
	case HR_GROUP_EXISTED:
		return "existed";
	case HR_GROUP_UNTYPED:
		return "untyped";
	case HR_GROUP_CLASS:
		return "class";
	case HR_GROUP_OTHER:
		break;
	}
	return "other";
}

static json_t *row_json(const struct hr_group *row)
{
	char name[NAME_ROOM];
	json_t *o = json_object();

	hr_groups_name(row, name, sizeof(name));
	hr_json_put(&o, "name", hr_json_text(name));
	hr_json_put(&o, "sort", hr_json_text(sort_text(row->sort)));
	hr_json_put(&o, "several", json_boolean(row->array));
	if (row->sort >= HR_GROUP_EXISTED && row->sort <= HR_GROUP_CLASS)
		hr_json_put(&o, "class_bytes",
			    row->class_bytes != 0 ? json_integer((json_int_t)row->class_bytes) : json_null());
	put_counts(&o, row);
	return o;
}

json_t *hr_groups_json(const struct hr_groups_view *v)
{
	const struct hr_groups *g = v->groups;
	json_t *o = hr_document_new(), *rows = json_array(), *all = json_object();

	for (size_t i = 0; i < g->n; i++)
		hr_json_add(&rows, row_json(&g->rows[i]));
	put_counts(&all, &g->total);
	hr_json_put(&o, "trace", hr_document_trace(v->path, v->meta, v->stats));
	hr_json_put(&o, "by", hr_json_text(by_text(g)));
	hr_json_put(&o, "from_ns", json_integer((json_int_t)g->from_ns));
	hr_json_put(&o, "at_ns", json_integer((json_int_t)v->at_ns));
	hr_json_put(&o, "unplaced_objects", json_integer((json_int_t)g->unplaced));
	hr_json_put(&o, "all", all);
	hr_json_put(&o, "rows", rows);
	return o;
}
