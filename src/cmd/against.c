/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * compare --against: two recordings of one program side by side, such as two releases of it: what was measured, the
 * layers of the heap, types and size classes of objects. With a second recording of the first one's build the noise
 * between two runs is known, and what differs by more than it is marked.
 */
#include "config.h"

#include "cmd/comparing.h"
#include "cmd/layers.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "info/groups.h"
#include "report/document.h"
#include "report/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 4096
#define MOST_TYPES 15
#define RECORDINGS 3 /* A, B, and A once more */

/* What is compared of a recording: a name and a number each. */
struct row {
	char section, name[128];
	enum hr_unit unit;
	bool known[RECORDINGS];
	uint64_t values[RECORDINGS];
};

struct against {
	struct comparing *c;
	const char *paths[RECORDINGS];
	size_t n; /* recordings */
	struct row *rows;
	size_t nrows, cap;
};

static const struct {
	char section;
	const char *name, *heading;
} sections[] = {{'m', "metrics", "metrics"},
		{'l', "layers", "layers (means)"},
		{'t', "types", "types (allocated)"},
		{'c', "classes", "size classes (allocated)"}};

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

static enum hr_status put(struct against *a, size_t recording, char section, const char *name, enum hr_unit unit,
			  uint64_t value, struct hr_error *err)
{
	struct row *r;
	size_t i = 0;

	while (i < a->nrows && (a->rows[i].section != section || strcmp(a->rows[i].name, name) != 0))
		i++;
	if (i == a->nrows) {
		if (!hr_reserve(&a->rows, &a->cap, a->nrows + 1, sizeof(*a->rows)))
			return no_memory(err);
		a->rows[a->nrows++] = (struct row){.section = section, .unit = unit};
		snprintf(a->rows[i].name, sizeof(a->rows[i].name), "%s", name);
	}
	r = &a->rows[i];
	r->known[recording] = true;
	/* Types of one name, as of two packages of one name, count together. */
	r->values[recording] += value;
	return HR_OK;
}

/* --- measuring ------------------------------------------------------------------- */

static const char *const metrics[] = {
    "duration_ns",     "retained_mean_bytes", "retained_peak_bytes", "in_use_mean_bytes",  "in_use_peak_bytes",
    "free_mean_bytes", "returned_bytes",      "refaulted_bytes",     "total_cpu_ns",	   "drop_bytes",
    "lag_50_ns",       "lag_90_ns",	      "lag_99_ns",	     "held_after_1s_bytes"};

static enum hr_status put_metrics(struct against *a, size_t recording, const struct hr_follower *f,
				  struct hr_error *err)
{
	const struct hr_measured m = {.follower = f};

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const struct hr_metric *metric = &hr_metrics[hr_metric_index(metrics[i])];
		uint64_t value;

		if (metric->get(&m, &value))
			HR_TRY(put(a, recording, 'm', metric->name, metric->unit, value, err));
	}
	return HR_OK;
}

static enum hr_status put_layers(struct against *a, size_t recording, const struct cli_layers *l,
				 const struct hr_replay *r, struct hr_error *err)
{
	struct hr_layer_points points;
	struct hr_layer_point mean;
	enum hr_status status = HR_OK;

	if (l->series == NULL)
		return HR_OK;
	HR_TRY(hr_layer_points_of(&l->series[0], r->layers, l->grid, &points, err));
	mean = hr_layer_points_mean(&points);
	for (unsigned i = 0; status == HR_OK && i < HR_LAYER_COUNT; i++)
		if (mean.bytes[i] > 0)
			status = put(a, recording, 'l', hr_layer_text(i), HR_UNIT_BYTES, mean.bytes[i], err);
	hr_layer_points_release(&points);
	return status;
}

static bool has_objects(const struct hr_replay *r)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r->reader);

	return meta->has_objects && meta->has_addresses && meta->has_spans && r->objects == NULL &&
	       hr_placer_stats(r->placer).recorded;
}

static enum hr_status replay(struct against *a, size_t recording, const struct cli_choices *choices,
			     struct hr_error *err)
{
	struct hr_replay_options options = a->c->o->replay;
	struct cli_layers layers = {.n = 0};
	struct hr_policy_choice own;
	struct hr_replay r;
	enum hr_status status;

	options.layers = true;
	cli_progress_start(&options, a->c->o);
	HR_TRY(hr_replay_open(&r, a->paths[recording], &options, choices->at, choices->n, &own, err));
	r.options.layers = has_objects(&r);
	status = cli_layers_start(&layers, &r, false, err);
	if (status == HR_OK)
		status = hr_replay_run(&r, err);
	if (status == HR_OK)
		status = put_metrics(a, recording, r.followers[0], err);
	if (status == HR_OK)
		status = put_layers(a, recording, &layers, &r, err);
	cli_progress_end();
	if (status == HR_OK)
		cli_warn_trace(a->c->o, a->paths[recording], hr_reader_stats(r.reader));
	cli_layers_release(&layers);
	hr_replay_close(&r);
	hr_policy_choice_release(&own);
	return status;
}

static enum hr_status read_groups(const char *path, const struct cli_options *o, struct hr_groups *by_type,
				  struct hr_groups *by_class, struct hr_reader *r, struct hr_error *err)
{
	struct hr_event *events = hr_calloc(BATCH, sizeof(*events));
	enum hr_status status = events != NULL ? HR_OK : no_memory(err);
	bool past = false;
	size_t n;

	(void)path;
	while (status == HR_OK && !past && (status = hr_reader_next(r, events, BATCH, &n, err)) == HR_OK) {
		while (n > 0 && events[n - 1].time_ns > o->replay.until_ns) {
			past = true;
			n--;
		}
		status = hr_groups_take(by_type, events, n, err);
		if (status == HR_OK)
			status = hr_groups_take(by_class, events, n, err);
	}
	free(events);
	return status == HR_END ? HR_OK : status;
}

static enum hr_status put_groups(struct against *a, size_t recording, char section, struct hr_groups *g,
				 struct hr_error *err)
{
	char name[120];

	hr_groups_finish(g);
	for (size_t i = 0; g->sized && i < g->n; i++) {
		hr_groups_name(&g->rows[i], name, sizeof(name));
		HR_TRY(put(a, recording, section, name, HR_UNIT_BYTES, g->rows[i].allocated_bytes, err));
	}
	return HR_OK;
}

static enum hr_status group(struct against *a, size_t recording, struct hr_error *err)
{
	struct hr_reader_options reading = a->c->o->replay.reading;
	struct hr_groups by_type, by_class;
	struct hr_reader *r;
	enum hr_status status;

	reading.want = HR_WANT_SPANS | HR_WANT_OBJECTS;
	reading.jump = false;
	HR_TRY(hr_reader_open(a->paths[recording], &reading, &r, err));
	hr_groups_init(&by_type, HR_GROUP_BY_TYPE, hr_reader_meta(r), hr_reader_sides(r), a->c->o->replay.from_ns);
	hr_groups_init(&by_class, HR_GROUP_BY_CLASS, hr_reader_meta(r), hr_reader_sides(r), a->c->o->replay.from_ns);
	status = read_groups(a->paths[recording], a->c->o, &by_type, &by_class, r, err);
	if (status == HR_OK)
		status = put_groups(a, recording, 't', &by_type, err);
	if (status == HR_OK)
		status = put_groups(a, recording, 'c', &by_class, err);
	hr_groups_release(&by_type);
	hr_groups_release(&by_class);
	hr_reader_close(r);
	return status;
}

/* --- what differs ------------------------------------------------------------------ */

static uint64_t apart(const struct row *r, size_t other)
{
	uint64_t x = r->values[0], y = r->values[other];

	return x > y ? x - y : y - x;
}

/* More than between two runs of one build: one that is known in one recording only differs. */
static bool stands_out(const struct against *a, const struct row *r)
{
	if (a->n < RECORDINGS || (!r->known[0] && !r->known[1]))
		return false;
	if (r->known[0] != r->known[1])
		return r->known[0] == r->known[2];
	return apart(r, 1) > apart(r, 2) && (r->known[2] || r->values[0] > 0);
}

/* In a section by name and not by kind, the largest differences come first. */
static int by_difference(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	uint64_t da = apart(a, 1), db = apart(b, 1);

	if (da != db)
		return da > db ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void sort_section(struct against *a, char section)
{
	size_t from = 0, n = 0;

	while (from < a->nrows && a->rows[from].section != section)
		from++;
	while (from + n < a->nrows && a->rows[from + n].section == section)
		n++;
	if (n > 0)
		qsort(&a->rows[from], n, sizeof(*a->rows), by_difference);
}

static int by_section(const void *x, const void *y)
{
	const char order[] = "mltc";
	const struct row *a = *(struct row *const *)x, *b = *(struct row *const *)y;
	const char *i = strchr(order, a->section), *k = strchr(order, b->section);

	return i != k ? (i > k) - (i < k) : (a > b) - (a < b);
}

/* Sections together, each in the order in which its rows came. */
static enum hr_status sort(struct against *a, struct hr_error *err)
{
	const struct row **order = hr_calloc(a->nrows + 1, sizeof(*order));
	struct row *rows = hr_calloc(a->nrows + 1, sizeof(*rows));

	if (order == NULL || rows == NULL) {
		free(order);
		free(rows);
		return no_memory(err);
	}
	for (size_t i = 0; i < a->nrows; i++)
		order[i] = &a->rows[i];
	qsort(order, a->nrows, sizeof(*order), by_section);
	for (size_t i = 0; i < a->nrows; i++)
		rows[i] = *order[i];
	free(order);
	free(a->rows);
	a->rows = rows;
	a->cap = a->nrows + 1;
	sort_section(a, 't');
	sort_section(a, 'c');
	return HR_OK;
}

/* --- out ------------------------------------------------------------------------- */

static json_t *value_json(const struct row *r, size_t recording)
{
	return r->known[recording] ? hr_json_count(r->values[recording]) : json_null();
}

static json_t *document(const struct against *a)
{
	static const char *const names[RECORDINGS] = {"a", "b", "again"};
	json_t *d = hr_document_new(), *o = json_object(), *traces = json_object();

	for (size_t k = 0; k < a->n; k++)
		hr_json_put(&traces, names[k], hr_json_text(a->paths[k]));
	for (size_t s = 0; s < sizeof(sections) / sizeof(sections[0]); s++) {
		json_t *list = json_array();

		for (size_t i = 0; i < a->nrows; i++) {
			const struct row *r = &a->rows[i];
			json_t *x = json_pack("{s:o}", "name", hr_json_text(r->name));

			if (r->section != sections[s].section) {
				json_decref(x);
				continue;
			}
			for (size_t k = 0; k < a->n; k++)
				hr_json_put(&x, names[k], value_json(r, k));
			if (a->n == RECORDINGS)
				hr_json_put(&x, "beyond_noise", json_boolean(stands_out(a, r)));
			hr_json_add(&list, x);
		}
		hr_json_put(&o, sections[s].name, list);
	}
	hr_json_put(&d, "traces", traces);
	hr_json_put(&d, "against", o);
	return d;
}

static void add_value(struct hr_table *t, const struct row *r, size_t recording, enum hr_mark mark)
{
	char buf[HR_UNIT_BUF];

	hr_table_cell(t, r->known[recording] ? hr_unit_format(buf, r->unit, r->values[recording]) : "-", NULL, mark);
}

static void add_row(struct hr_table *t, const struct against *a, const struct row *r)
{
	char change[HR_CHANGE_BUF];

	hr_table_cell(t, r->name, NULL, HR_MARK_NONE);
	add_value(t, r, 0, HR_MARK_NONE);
	add_value(t, r, 1, HR_MARK_NONE);
	hr_table_cell(t,
		      r->known[0] && r->known[1] ? hr_change_format(change, r->unit, r->values[1], r->values[0]) : "-",
		      NULL, stands_out(a, r) ? HR_MARK_BEST : HR_MARK_NONE);
	if (a->n < RECORDINGS)
		return;
	hr_table_cell(t,
		      r->known[0] && r->known[2] ? hr_change_format(change, r->unit, r->values[2], r->values[0]) : "-",
		      NULL, HR_MARK_NONE);
}

static enum hr_status print_section(const struct against *a, size_t s, const struct hr_page *p, struct hr_error *err)
{
	bool of_groups = sections[s].section == 't' || sections[s].section == 'c', failed;
	struct hr_table t;
	size_t n = 0;

	hr_table_init(&t);
	hr_table_column(&t, sections[s].heading, "name", true, 0);
	hr_table_column(&t, "A", "a", false, 1);
	hr_table_column(&t, "B", "b", false, 2);
	hr_table_column(&t, "change", "change", false, 3);
	if (a->n == RECORDINGS)
		hr_table_column(&t, "noise", "noise", false, 4);
	for (size_t i = 0; i < a->nrows && (!of_groups || n < MOST_TYPES); i++)
		if (a->rows[i].section == sections[s].section) {
			add_row(&t, a, &a->rows[i]);
			n++;
		}
	if (n > 0) {
		fputc('\n', p->out);
		hr_table_text(&t, p, NULL, NULL);
	}
	failed = t.failed;
	hr_table_release(&t);
	return failed ? no_memory(err) : HR_OK;
}

static enum hr_status print_text(const struct against *a, FILE *out, struct hr_error *err)
{
	const struct hr_page p = cli_table_page(out);

	hr_print(out, "A: %s\nB: %s\n", a->paths[0], a->paths[1]);
	if (a->n == RECORDINGS)
		hr_print(out, "A again: %s\n", a->paths[2]);
	for (size_t s = 0; s < sizeof(sections) / sizeof(sections[0]); s++)
		HR_TRY(print_section(a, s, &p, err));
	fputc('\n', out);
	if (a->n == RECORDINGS)
		hr_page_text(&p, 0, "noise: A again, relative to A; *: B differs from A by more than that");
	else
		hr_page_text(&p, 0, "--again TRACE, a second recording of A's build, shows the noise between two runs");
	return HR_OK;
}

static enum hr_status print(const struct against *a, struct hr_error *err)
{
	struct hr_output main = {0};
	enum hr_status status = hr_output_open(&main, a->c->o->output, err);

	if (status == HR_OK)
		status = a->c->o->json ? hr_document_write(document(a), main.file, err) : print_text(a, main.file, err);
	if (status == HR_OK)
		status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

enum hr_status compare_against(struct comparing *c, const char *path, const char **about, struct hr_error *err)
{
	const struct comparing_options *own = compare_options_of(c->o);
	struct against a = {.c = c, .paths = {path, own->against, own->again}, .n = own->again != NULL ? 3 : 2};
	struct cli_choices choices;
	enum hr_status status = HR_OK;

	if (!cli_choose(c->command, c->o, NULL, &choices)) {
		err->text[0] = '\0'; /* it has been said */
		return choices.status == CLI_MISUSED ? HR_EUSAGE : HR_EIO;
	}
	for (size_t i = 0; status == HR_OK && i < a.n; i++) {
		*about = a.paths[i];
		status = replay(&a, i, &choices, err);
		if (status == HR_OK)
			status = group(&a, i, err);
	}
	cli_choices_release(&choices);
	if (status == HR_OK)
		status = sort(&a, err);
	if (status == HR_OK) {
		*about = NULL;
		status = print(&a, err);
	}
	free(a.rows);
	return status;
}
