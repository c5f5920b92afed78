/* SPDX-License-Identifier: BSD-3-Clause */
/* explain: why memory is free and not released at a moment, and which objects hold it. */
#include "config.h"

#include "cmd/cli.h"
#include "cmd/layers.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "base/units.h"
#include "info/fate.h"
#include "info/history.h"
#include "info/holders.h"
#include "info/recorded_releases.h"
#include "replay/stepper.h"
#include "report/document.h"
#include "report/output.h"
#include "report/reasons.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* As heatmap: whether a sweep had been done is known later. */
#define BEYOND_NS UINT64_C(1000000000)
#define MOST_ROWS 20
#define MOST_HISTORY 4 /* of a chunk, in the text; --json has all */
#define BATCH 4096

enum by { BY_REASON, BY_TYPE, BY_CLASS, BY_CHUNK, BY_AGE, BY_COUNT };

struct own {
	bool peak, drop;
	const char *by;
};

struct run {
	const struct cli_options *o;
	const char *path;
	const struct cli_choices *choices;
	enum by by;
	uint64_t at_ns;
	struct hr_replay replay;
	struct hr_policy_choice own;
	struct hr_lag_drop drop;    /* with --drop */
	struct hr_policy_view view; /* of the moment */
	struct hr_reasons reasons;
	struct hr_fate fate;
	bool has_fate;
	struct hr_holders holders;
	struct hr_layer_point layers;
	bool has_layers;
	struct hr_history history; /* with BY_CHUNK */
	struct hr_recorded_releases releases;
	const char *no_holders; /* why there are none; NULL: there may be */
};

static const struct own *own_of(const struct cli_options *o)
{
	return o->own;
}

/* --- the moment ------------------------------------------------------------- */

static bool is_file(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A file is read to its end, for what becomes of the memory; what comes from a program is answered as soon as can be. */
static enum hr_status open_replay(struct run *r, struct hr_error *err)
{
	struct hr_replay_options options = r->o->replay;

	if (!is_file(r->path) && r->at_ns < HR_NEVER - BEYOND_NS)
		options.until_ns = r->at_ns + BEYOND_NS;
	cli_progress_start(&options, r->o);
	HR_TRY(hr_replay_open(&r->replay, r->path, &options, r->choices->at, r->choices->n, &r->own, err));
	return hr_replay_can_be_watched(&r->replay, err);
}

static void close_replay(struct run *r)
{
	if (r->replay.followers != NULL)
		hr_replay_close(&r->replay);
	hr_policy_choice_release(&r->own);
	memset(&r->own, 0, sizeof(r->own));
}

/* Of a replay to the end: where the policy had the most free memory, or the end of the largest drop. */
static enum hr_status find_moment(struct run *r, struct hr_error *err)
{
	const struct hr_follower *f;
	const struct hr_lag_drop *drop;

	r->at_ns = r->o->at_ns;
	if (!own_of(r->o)->peak && !own_of(r->o)->drop)
		return HR_OK;
	HR_TRY(open_replay(r, err));
	HR_TRY(hr_replay_run(&r->replay, err));
	f = r->replay.followers[0];
	drop = hr_lag_largest(&f->lag);
	if (own_of(r->o)->drop && drop == NULL)
		return hr_error_set(err, HR_EINPUT,
				    "in-use memory never falls by a tenth; give a moment by --at or --peak");
	if (own_of(r->o)->drop)
		r->drop = *drop;
	r->at_ns = own_of(r->o)->drop ? hr_lag_fell_ns(drop, 90) : f->free.peak_ns;
	close_replay(r);
	return HR_OK;
}

/* --- the answer ------------------------------------------------------------- */

/* Reads the trace until what the objects of the moment become is known, or to its end. */
static enum hr_status read_layers(struct run *r, struct hr_reader *reader, struct hr_layers *l, struct hr_error *err)
{
	struct hr_event *events = hr_calloc(BATCH, sizeof(*events));
	struct hr_layers_sample sum;
	struct hr_layers_row row = {.decided = false};
	struct hr_layer_look look;
	enum hr_status status = events != NULL ? HR_OK : hr_error_set(err, HR_ENOMEM, "out of memory");
	size_t n;

	while (status == HR_OK && !row.decided) {
		status = hr_reader_next(reader, events, BATCH, &n, err);
		if (status == HR_OK)
			status = hr_layers_take(l, events, n, err);
		sum = (struct hr_layers_sample){.found = 0};
		hr_layers_row(l, 0, 0, &sum, &row);
	}
	free(events);
	if (status == HR_END)
		status = hr_layers_finish(l, hr_reader_stats(reader)->last_time_ns,
					  hr_reader_meta(reader)->tells_sweeps, err);
	HR_TRY(status);
	sum = (struct hr_layers_sample){.found = 0};
	r->has_layers = hr_layers_row(l, 0, 0, &sum, &row);
	hr_layer_look_at(r->replay.followers[0], r->at_ns, &look);
	if (r->has_layers && !hr_layer_join(&look, &row, &r->layers))
		return hr_error_set(err, HR_EINTERNAL, "the layers of the heap do not add up");
	return HR_OK;
}

static enum hr_status find_layers(struct run *r, struct hr_error *err)
{
	struct hr_reader_options options = r->o->replay.reading;
	struct hr_reader *reader;
	struct hr_layers l;
	enum hr_status status;

	options.want = HR_WANT_SPANS | HR_WANT_OBJECTS;
	options.jump = false;
	HR_TRY(hr_reader_open(r->path, &options, &reader, err));
	hr_layers_init(&l, &hr_reader_sides(reader)->types, hr_reader_meta(reader)->go_minor);
	hr_layers_look(&l, r->at_ns, HR_NEVER, false);
	status = read_layers(r, reader, &l, err);
	hr_layers_release(&l);
	hr_reader_close(reader);
	return status;
}

/* What can be replayed by spans need not have a layout of objects: then there is none to tell of. */
static enum hr_status find_objects(struct run *r, enum hr_holders_by by, struct hr_error *err)
{
	enum hr_status status = find_layers(r, err);

	if (status == HR_OK)
		status = hr_holders_of(r->path, &r->o->replay.reading, r->at_ns, &r->reasons, by, &r->holders, err);
	if (status != HR_EINPUT)
		return status;
	r->has_layers = false;
	r->no_holders = "the spans lie where objects can't be told apart";
	return HR_OK;
}

/* Where it can be told, that is: otherwise the reason why not. */
static enum hr_status find_holders(struct run *r, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r->replay.reader);
	enum hr_holders_by by = r->by == BY_CLASS ? HR_HOLDERS_BY_CLASS
				: r->by == BY_AGE ? HR_HOLDERS_BY_AGE
						  : HR_HOLDERS_BY_TYPE;

	if (!is_file(r->path))
		r->no_holders = "the trace is not a file that can be read twice";
	else if (!meta->has_objects || !meta->has_addresses || !meta->has_spans)
		r->no_holders = "the trace does not tell which objects lie where";
	else if (!hr_placer_stats(r->replay.placer).recorded || r->replay.objects != NULL)
		r->no_holders = "spans are not where they were recorded";
	else
		return find_objects(r, by, err);
	return HR_OK;
}

/* Of a trace that tells releases, all of it: how many of them the policy's state explains. */
static enum hr_status find_releases(struct run *r, struct hr_error *err)
{
	struct hr_replay_options options = r->o->replay;
	struct hr_policy_choice own;
	struct hr_replay replay;
	enum hr_status status;

	if (!is_file(r->path) || !hr_reader_meta(r->replay.reader)->has_releases ||
	    r->replay.choices[0]->def->needs_releases)
		return HR_OK;
	HR_TRY(hr_replay_open(&replay, r->path, &options, r->replay.choices[0], 1, &own, err));
	status = hr_recorded_releases_of(&replay, &r->releases, err);
	hr_replay_close(&replay);
	return status;
}

/* What comes of the moment's free memory, in the rest of the trace. A fault of the trace there is no fault of the answer. */
static enum hr_status find_fate(struct run *r, struct hr_stepper *stepper, struct hr_error *err)
{
	enum hr_status status;

	r->view = r->replay.followers[0]->view;
	hr_history_stop(&r->history);
	if (r->history.failed)
		return hr_error_set(err, HR_ENOMEM, "out of memory for the history of chunks");
	if (!is_file(r->path) || r->reasons.free_pages == 0 || r->at_ns >= r->replay.end_ns)
		return HR_OK;
	status = hr_fate_of(stepper, &r->reasons, &r->fate, err);
	r->has_fate = status == HR_OK && r->fate.end_ns > r->at_ns;
	return status == HR_EINPUT ? HR_OK : status;
}

static enum hr_status explain(struct run *r, struct hr_error *err)
{
	struct hr_stepper stepper;
	enum hr_status status;

	HR_TRY(find_moment(r, err));
	HR_TRY(open_replay(r, err));
	if (r->by == BY_CHUNK)
		hr_history_start(&r->history, r->replay.followers[0]);
	hr_stepper_start(&stepper, &r->replay);
	status = hr_stepper_to(&stepper, r->at_ns, err);
	if (status == HR_END) {
		r->at_ns = r->replay.end_ns;
		status = HR_OK;
	}
	HR_TRY(status);
	HR_TRY(hr_reasons_of(r->replay.followers[0], &r->reasons, err));
	HR_TRY(find_holders(r, err));
	HR_TRY(find_fate(r, &stepper, err));
	return find_releases(r, err);
}

/* --- JSON ------------------------------------------------------------------- */

static json_t *bytes_json(uint64_t pages)
{
	return hr_json_count(pages * HR_PAGE_BYTES);
}

static json_t *reasons_json(const struct hr_reasons *r)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < HR_REASON_COUNT; i++) {
		json_t *o;

		if (r->pages[i] == 0)
			continue;
		o = json_pack("{s:s, s:o, s:s}", "reason", hr_reason_name(i), "bytes", bytes_json(r->pages[i]), "text",
			      hr_reason_text(i));
		hr_json_add(&list, o);
	}
	return list;
}

static json_t *history_json(const struct hr_history *h, uint64_t chunk)
{
	static const char *const names[] = {"free", "taken", "released", "refaulted"};
	json_t *list = json_array();

	for (size_t i = 0; i < h->n; i++) {
		const struct hr_history_entry *e = &h->at[i];
		json_t *o;

		if (e->chunk != chunk)
			continue;
		o = json_pack("{s:o, s:s, s:o}", "time_ns", hr_json_count(e->time_ns), "what", names[e->kind], "bytes",
			      bytes_json(e->pages));
		if (e->kind == HR_HISTORY_FREE)
			hr_json_put(&o, "reason", hr_json_text(hr_reason_name((enum hr_reason)e->reason)));
		else if (e->kind == HR_HISTORY_RELEASED)
			hr_json_put(&o, "by", hr_json_text(hr_release_why_name(e->why)));
		hr_json_add(&list, o);
	}
	return list;
}

/* Chunk n of the reasons, in the element *i or the next. */
static const struct hr_chunk_reasons *chunk_at(const struct hr_reasons *r, uint64_t n, uint64_t *i)
{
	*i += n >= r->chunks[*i].before + r->chunks[*i].nchunks;
	return &r->chunks[*i];
}

static json_t *chunks_json(const struct run *run)
{
	const struct hr_reasons *r = &run->reasons;
	json_t *list = json_array();

	for (uint64_t n = 0, i = 0; n < r->nchunks; n++) {
		const struct hr_chunk_reasons *c = chunk_at(r, n, &i);
		const uint64_t chunk = c->chunk + n - c->before;
		char addr[20];

		snprintf(addr, sizeof(addr), "%" PRIx64, hr_chunk_page(chunk) * HR_PAGE_BYTES);
		hr_json_add(&list,
			    json_pack("{s:s, s:o, s:o, s:s, s:o}", "addr", addr, "in_use_bytes", bytes_json(c->in_use),
				      "free_bytes", bytes_json(c->free), "reason", hr_reason_name(hr_reason_most(c)),
				      "history", history_json(&run->history, chunk)));
	}
	return list;
}

static json_t *releases_json(const struct hr_recorded_releases *x)
{
	json_t *held = json_object();

	for (unsigned i = 0; i < HR_REASON_COUNT; i++)
		if (x->reasons[i] > 0 && i != HR_REASON_PACE)
			hr_json_put(&held, hr_reason_name((enum hr_reason)i), bytes_json(x->reasons[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "bytes", bytes_json(x->pages), "released_bytes",
			 bytes_json(x->done), "next_bytes", bytes_json(x->reasons[HR_REASON_PACE]), "in_use_bytes",
			 bytes_json(x->in_use), "held", held, "explained_ratio",
			 hr_json_real(hr_recorded_releases_explained(x)));
}

/*
 * How long what waits for the pace of a Go scavenger takes, at 1 % of a P and the model's costs: in quanta of 64 KiB, a call
 * each. HR_NEVER: nothing waits, or not for that.
 */
static uint64_t pace_ns(const struct run *r)
{
	const struct hr_follower *f = r->replay.followers[0];
	const struct hr_cost *cost = &f->settings.cost;
	uint64_t phys = f->settings.phys_page_bytes, bytes = r->reasons.pages[HR_REASON_PACE] * HR_PAGE_BYTES;

	if (bytes == 0 || f->def->look == NULL)
		return HR_NEVER;
	return 100 * ((bytes + 65535) / 65536 * cost->call_ns + bytes / phys * hr_cost_of_page(cost, phys));
}

static json_t *fate_json(const struct hr_fate *f)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "released_bytes", bytes_json(f->released),
			 "used_bytes", bytes_json(f->used), "kept_bytes", bytes_json(f->pages - f->released - f->used),
			 "gone_50_ns", hr_document_bytes(f->gone_ns[HR_FATE_50]), "gone_90_ns",
			 hr_document_bytes(f->gone_ns[HR_FATE_90]), "gone_99_ns",
			 hr_document_bytes(f->gone_ns[HR_FATE_99]), "mark_done_ns", hr_document_bytes(f->mark_done_ns),
			 "end_ns", hr_json_count(f->end_ns));
}

static json_t *document(const struct run *r)
{
	const struct hr_policy_view *v = &r->view;
	const char *slash = strrchr(r->path, '/');
	json_t *d = hr_document_new();

	/* Omit digest and counts: they would cover only the part that was read. */
	hr_json_put(&d, "trace", hr_json_text(slash != NULL ? slash + 1 : r->path));
	hr_json_put(&d, "policy", hr_document_policy(r->replay.choices[0]));
	hr_json_put(&d, "time_ns", hr_json_count(r->at_ns));
	hr_json_put(&d, "mapped_bytes", bytes_json(v->mapped_pages));
	hr_json_put(&d, "in_use_bytes", bytes_json(v->in_use_pages));
	hr_json_put(&d, "manual_bytes", bytes_json(v->manual_pages));
	hr_json_put(&d, "released_bytes", bytes_json(v->released_pages));
	hr_json_put(&d, "free_bytes", bytes_json(r->reasons.free_pages));
	hr_json_put(&d, "goal_bytes", hr_document_bytes(v->goal_bytes));
	hr_json_put(&d, "reasons", reasons_json(&r->reasons));
	hr_json_put(&d, "holders", r->no_holders == NULL ? hr_holders_json(&r->holders) : json_null());
	if (r->has_layers)
		hr_json_put(&d, "layers", hr_layer_point_json(&r->layers));
	hr_json_put(&d, "pace_ns", hr_document_bytes(pace_ns(r)));
	if (r->has_fate)
		hr_json_put(&d, "fate", fate_json(&r->fate));
	if (r->releases.pages > 0)
		hr_json_put(&d, "recorded_releases", releases_json(&r->releases));
	if (r->by == BY_CHUNK)
		hr_json_put(&d, "chunks", chunks_json(r));
	return d;
}

/* --- text ------------------------------------------------------------------- */

struct text {
	char buf[HR_UNIT_BUF];
};

#define BYTES(n) hr_format_bytes((struct text){{0}}.buf, n)
#define PAGES(n) BYTES((n)*HR_PAGE_BYTES)

#define NS(n) hr_format_ns((struct text){{0}}.buf, n)

/* Whose policy it is, and where the pages lie: what the answer rests on. */
static void print_grounds(const struct hr_page *p, const struct run *r)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r->replay.reader);
	const char *where = hr_placer_stats(r->replay.placer).recorded && r->replay.objects == NULL
				? "spans lie where they were recorded"
				: "where spans lie is modelled";
	const char *policy = r->replay.choices[0]->def->name;

	if (meta->go_minor == 0)
		hr_page_text(p, 0, "Policy %s; %s.", policy, where);
	else if (hr_replay_is_own(&r->replay, 0))
		hr_page_text(p, 0, "%s is the scavenger of the recorded program; %s.", policy, where);
	else
		hr_page_text(p, 0, "%s is not the scavenger of the recorded program, which is %s; %s.", policy,
			     hr_replay_own_policy(meta), where);
}

static void print_levels(const struct hr_page *p, const struct run *r)
{
	const struct hr_policy_view *v = &r->view;
	FILE *out = p->out;
	char when[HR_UNIT_BUF];

	hr_print(out, "%s at %s, policy %s\n", r->path, hr_format_ns(when, r->at_ns), r->replay.choices[0]->text);
	if (own_of(r->o)->peak)
		fputs("the most memory that is free and not released\n", out);
	if (own_of(r->o)->drop)
		hr_page_text(p, 0, "the largest drop of memory in use, %s from %s on: 90 %% of it is over",
			     BYTES(hr_lag_drop_bytes(&r->drop)), NS(r->drop.start_ns));
	hr_print(out, "mapped %s:", PAGES(v->mapped_pages));
	hr_print(out, " in use %s,", PAGES(v->in_use_pages));
	hr_print(out, " manual %s,", PAGES(v->manual_pages));
	hr_print(out, " free %s,", PAGES(r->reasons.free_pages));
	hr_print(out, " released %s\n", PAGES(v->released_pages));
	if (v->goal_bytes != HR_NEVER)
		hr_print(out, "goal %s for in use and free\n", BYTES(v->goal_bytes));
	print_grounds(p, r);
}

/* When what is free goes: told by the rest of the trace. */
static void print_fate(const struct hr_page *p, const struct run *r)
{
	const struct hr_fate *f = &r->fate;
	uint64_t kept = f->pages - f->released - f->used;

	if (!r->has_fate)
		return;
	fputs("\nWhen it goes, in this replay\n", p->out);
	hr_print(p->out, "%10s  released\n", PAGES(f->released));
	hr_print(p->out, "%10s  used again before that\n", PAGES(f->used));
	if (kept > 0)
		hr_print(p->out, "%10s  still there at the end of the trace\n", PAGES(kept));
	for (unsigned i = 0; i < HR_FATE_SHARES; i++) {
		static const char *const text[] = {"half of it", "90 % of it", "99 % of it"};

		if (f->gone_ns[i] != HR_NEVER)
			hr_print(p->out, "%10s  until %s is gone\n", NS(f->gone_ns[i] - r->at_ns), text[i]);
	}
	if (f->gone_ns[HR_FATE_99] == HR_NEVER)
		hr_print(p->out, "%10s  until the trace ends\n", NS(f->end_ns - r->at_ns));
	if (r->reasons.pages[HR_REASON_DENSE] == 0)
		return;
	if (f->mark_done_ns != HR_NEVER)
		hr_page_text(p, 0, "The next GC cycle, which looks at dense chunks again, ends its mark %s later.",
			     NS(f->mark_done_ns - r->at_ns));
	else
		fputs("No GC cycle, which would look at dense chunks again, ends before the trace does.\n", p->out);
}

static void print_reasons(const struct hr_page *p, const struct run *run)
{
	const struct hr_reasons *r = &run->reasons;

	fputs("\nWhy it is free and not released\n", p->out);
	if (r->free_pages == 0)
		fputs("  nothing is\n", p->out);
	for (unsigned i = 0; i < HR_REASON_COUNT; i++) {
		if (r->pages[i] == 0)
			continue;
		hr_print(p->out, "%10s %5.1f %%  %s\n", PAGES(r->pages[i]),
			 (double)r->pages[i] * 100 / (double)r->free_pages, hr_reason_name(i));
		hr_page_text(p, 21, "%s", hr_reason_text(i));
	}
	if (pace_ns(run) != HR_NEVER)
		hr_page_text(p, 0, "At 1 %% of a P, what waits for the pace would be released in about %s.",
			     hr_format_ns((struct text){{0}}.buf, pace_ns(run)));
}

static void print_releases(const struct hr_page *p, const struct hr_recorded_releases *x)
{
	if (x->pages == 0)
		return;
	fputs("\nRecorded releases, in the whole trace\n", p->out);
	if (x->reasons[HR_REASON_NO_CYCLE] == x->pages) {
		hr_page_text(p, 2,
			     "%s, of which nothing can be said: the trace tells no GC cycles (--gc-log FILE does)",
			     PAGES(x->pages));
		return;
	}
	hr_print(p->out, "%10s          recorded\n", PAGES(x->pages));
	hr_print(p->out, "%10s %5.1f %%  explained: the policy had released them, or would next\n",
		 PAGES(x->done + x->reasons[HR_REASON_PACE]), hr_recorded_releases_explained(x) * 100);
	for (unsigned i = 0; i < HR_REASON_COUNT; i++)
		if (x->reasons[i] > 0 && i != HR_REASON_PACE)
			hr_print(p->out, "%10s %5.1f %%  not explained: %s\n", PAGES(x->reasons[i]),
				 (double)x->reasons[i] * 100 / (double)x->pages, hr_reason_name((enum hr_reason)i));
	if (x->in_use > 0)
		hr_print(p->out, "%10s %5.1f %%  not explained: in use, as the replay has it\n", PAGES(x->in_use),
			 (double)x->in_use * 100 / (double)x->pages);
}

static void print_holders(const struct hr_page *p, const struct run *r)
{
	char buf[HR_HOLDER_TEXT], sentence[HR_HOLDER_SENTENCE];

	if (r->no_holders != NULL) {
		fputc('\n', p->out);
		hr_page_text(p, 0, "What holds it is not known: %s.", r->no_holders);
		return;
	}
	if (r->holders.n == 0)
		return;
	fputs("\nWhat holds chunks that are at most half in use\n", p->out);
	fputs("      free     in use  chunks  mean age  most bytes are of\n", p->out);
	for (size_t i = 0; i < r->holders.n && i < MOST_ROWS; i++) {
		const struct hr_holder *h = &r->holders.at[i];

		hr_print(p->out, "%10s", BYTES(h->free_bytes));
		hr_print(p->out, " %10s %7" PRIu64, BYTES(h->in_use_bytes), h->chunks);
		hr_print(p->out, " %c%8s  ", h->older ? '>' : ' ', h->object_bytes > 0 ? NS(h->age_ns) : "-");
		hr_print(p->out, "%s\n", hr_holder_text(buf, h));
	}
	if (r->holders.n > MOST_ROWS)
		fprintf(p->out, "and %zu more; --json has them all\n", r->holders.n - MOST_ROWS);
	fputc('\n', p->out);
	hr_page_text(p, 0, "%s", hr_holder_tell(sentence, &r->holders.at[0]));
}

/* The last of what happened to the chunk. */
static void print_history(FILE *out, const struct hr_history *h, uint64_t chunk)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		n += h->at[i].chunk == chunk;
	for (size_t i = 0; i < h->n; i++) {
		const struct hr_history_entry *e = &h->at[i];

		if (e->chunk != chunk || n-- > MOST_HISTORY)
			continue;
		hr_print(out, "%22s  ", hr_format_ns((struct text){{0}}.buf, e->time_ns));
		if (e->kind == HR_HISTORY_FREE)
			hr_print(out, "%s free: %s\n", PAGES((uint64_t)e->pages),
				 hr_reason_name((enum hr_reason)e->reason));
		else if (e->kind == HR_HISTORY_RELEASED)
			hr_print(out, "%s released: %s\n", PAGES((uint64_t)e->pages), hr_release_why_name(e->why));
		else if (e->kind == HR_HISTORY_REFAULTED)
			hr_print(out, "%s used again after a release\n", PAGES((uint64_t)e->pages));
		else
			fputs("nothing of it is free and not released\n", out);
	}
}

static void print_chunks(FILE *out, const struct run *run)
{
	const struct hr_reasons *r = &run->reasons;

	fputs("\n     chunk     in use       free  most of it\n", out);
	for (uint64_t n = 0, i = 0; n < r->nchunks; n++) {
		const struct hr_chunk_reasons *c = chunk_at(r, n, &i);
		const uint64_t chunk = c->chunk + n - c->before;

		fprintf(out, "%10" PRIx64, hr_chunk_page(chunk) * HR_PAGE_BYTES);
		hr_print(out, " %10s", PAGES(c->in_use));
		hr_print(out, " %10s  %s\n", PAGES(c->free), hr_reason_name(hr_reason_most(c)));
		print_history(out, &run->history, chunk);
	}
}

static enum hr_status print_layers(const struct hr_page *p, const struct run *r, struct hr_error *err)
{
	json_t *point;
	enum hr_status status;

	if (!r->has_layers)
		return HR_OK;
	point = hr_layer_point_json(&r->layers);
	status = cli_layers_print_point(p, point, err);
	json_decref(point);
	return status;
}

static enum hr_status print(const struct run *r, struct hr_error *err)
{
	struct hr_output main = {0};
	enum hr_status status = hr_output_open(&main, r->o->output, err);

	if (status == HR_OK && r->o->json) {
		status = hr_document_write(document(r), main.file, err);
	} else if (status == HR_OK) {
		struct hr_page page = cli_page(main.file);

		print_levels(&page, r);
		status = print_layers(&page, r, err);
		print_reasons(&page, r);
		print_fate(&page, r);
		print_releases(&page, &r->releases);
		if (r->by == BY_CHUNK)
			print_chunks(main.file, r);
		else
			print_holders(&page, r);
	}
	if (status == HR_OK)
		status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

/* --- the command line ------------------------------------------------------- */

static const char *const by_names[] = {
    [BY_REASON] = "reason", [BY_TYPE] = "type", [BY_CLASS] = "class", [BY_CHUNK] = "chunk", [BY_AGE] = "age"};

static bool check(const struct cli_command *c, struct run *r)
{
	const struct own *own = own_of(r->o);
	unsigned i;

	for (i = 0; own->by != NULL && i < BY_COUNT; i++)
		if (strcmp(own->by, by_names[i]) == 0)
			break;
	r->by = own->by != NULL && i < BY_COUNT ? (enum by)i : BY_REASON;
	if (own->by != NULL && i == BY_COUNT)
		cli_misuse(c, "--by takes reason, type, class, chunk or age, not '%s'", own->by);
	else if (own->peak + own->drop + (r->o->at_ns != HR_NEVER) > 1)
		cli_misuse(c, "--at, --peak and --drop are one moment each; give one of them");
	else if ((own->peak || own->drop) && !is_file(r->path) && strcmp(r->path, "-") == 0)
		cli_misuse(c, "--peak and --drop read the trace twice: give it a file, not standard input");
	else
		return true;
	return false;
}

static int run_explain(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct cli_choices choices;
	struct run r = {.o = o, .path = argv[0], .choices = &choices};
	struct hr_error err;
	enum hr_status status;
	const char *about = argv[0];

	(void)argc;
	if (!check(c, &r))
		return CLI_MISUSED;
	if (!cli_choose(c, o, NULL, &choices))
		return choices.status;
	if (choices.n > 1) {
		cli_choices_release(&choices);
		return cli_misuse(c, "it explains one policy");
	}
	status = explain(&r, &err);
	cli_progress_end();
	if (status == HR_OK) {
		about = NULL;
		status = print(&r, &err);
	}
	if (status == HR_OK)
		cli_warn_trace(o, argv[0], hr_reader_stats(r.replay.reader));
	if (status == HR_OK && o->at_ns != HR_NEVER && r.at_ns < o->at_ns)
		cli_warn(NULL, "the trace ends before that moment: this is its last one");
	hr_reasons_release(&r.reasons);
	hr_holders_release(&r.holders);
	hr_history_release(&r.history);
	close_replay(&r);
	cli_choices_release(&choices);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}

static const struct cli_option options[] = {
    {"peak", 0, NULL, CLI_FLAG, offsetof(struct own, peak), 0, CLI_IN_OUTPUT, "the moment with the most free memory"},
    {"drop", 0, NULL, CLI_FLAG, offsetof(struct own, drop), 0, CLI_IN_OUTPUT,
     "after the largest drop of in-use memory; the moment at which 90 % of it is over"},
    {"by", 0, "WHAT", CLI_TEXT, offsetof(struct own, by), 0, CLI_IN_OUTPUT,
     "reason, type, class or chunk; what the second table is by (type)"},
    {.name = NULL},
};

const struct cli_command cli_explain = {
    .name = "explain",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "why memory is free and not released at a moment, and what holds it",
    .text = "Replays the trace up to a moment and gives each free page that is not released one reason: the\n"
	    "chunk counts as dense, the goal is met, it waits for its turn. Of chunks that are mostly empty it\n"
	    "names the types, or size classes, of the objects that keep them.\n",
    .examples = "heapreplay explain app.trace\tat the end\n"
		"heapreplay explain --drop -p go1.22 app.trace\tafter the largest drop of memory in use\n"
		"heapreplay explain --at 500ms --by class app.trace\tsize classes instead of types\n"
		"heapreplay explain --at 500ms --by chunk app.trace\tchunk by chunk\n",
    .endings = "txt json=json",
    .groups = CLI_REPLAYS | CLI_READS | CLI_AT | CLI_JSON | CLI_OUTPUT,
    .options = options,
    .own_size = sizeof(struct own),
    .run = run_explain,
};
