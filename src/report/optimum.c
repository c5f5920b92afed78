/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/optimum.h"

#include "base/json.h"

#include <math.h>
#include <stddef.h>

/* Rows of "intervals": this many buckets of the collector each, four rows an octave. */
#define BUCKETS_A_ROW 16u

typedef unsigned __int128 u128;

enum hr_status hr_optimum_of(const struct hr_replay *r, struct hr_envelope *e, struct hr_error *err)
{
	const struct hr_settings *s = &r->options.settings;

	return hr_envelope_init(e, r->intervals, hr_page_cost(&s->cost, s->phys_page_bytes, s->huge_page_bytes), err);
}

/* --- regret ---------------------------------------------------------------- */

static uint64_t cpu_ns_of(const struct hr_follower *f)
{
	return f->count.background_ns + f->count.synchronous_ns + f->count.fault_ns;
}

struct hr_regret hr_regret_of(const struct hr_envelope *e, const struct hr_follower *f)
{
	u128 retained = f->retained.weighted / HR_PAGE_BYTES;
	uint64_t cpu_ns = cpu_ns_of(f);
	struct hr_regret r = {0};

	/* Recorded releases are in the recording machine's physical pages, not in larger ones set by option. */
	r.known = e->duration_ns > 0 && !(f->def->needs_releases && f->settings.phys_page_bytes > HR_PAGE_BYTES);
	if (!r.known)
		return r;
	r.equal_cpu_bytes = llroundl(((long double)retained - hr_envelope_retained(e, cpu_ns)) * HR_PAGE_BYTES /
				     (long double)e->duration_ns);
	r.equal_memory_ns = llroundl((long double)cpu_ns - hr_envelope_cpu(e, retained));
	return r;
}

/* --- the envelope ---------------------------------------------------------- */

static json_t *mean_bytes(const struct hr_envelope *e, u128 page_ns)
{
	return hr_json_count(
	    e->duration_ns > 0 ? (uint64_t)llroundl((long double)page_ns * HR_PAGE_BYTES / (long double)e->duration_ns)
			       : 0);
}

static json_t *point_json(const struct hr_envelope *e, size_t i)
{
	const struct hr_envelope_point *p = &e->points[i];

	return json_pack("{s:o, s:o, s:o}", "break_even_ns",
			 i > 0 ? hr_json_count(hr_envelope_break_even(e, &e->steps[i - 1])) : json_null(),
			 "retained_mean_bytes", mean_bytes(e, p->retained_page_ns), "cpu_ns",
			 hr_json_count((uint64_t)(p->cost / HR_COST_UNITS)));
}

/* How far the point is on the way from the first to the last, 0 to 1: half of memory saved, half of CPU time spent. */
static double progress(const struct hr_envelope *e, size_t i)
{
	const struct hr_envelope_point *p = e->points, *last = &p[e->nsteps];
	double saved = (double)(p->retained_page_ns - p[i].retained_page_ns);
	double spent = (double)p[i].cost;

	if (p->retained_page_ns > last->retained_page_ns)
		saved /= (double)(p->retained_page_ns - last->retained_page_ns);
	if (last->cost > 0)
		spent /= (double)last->cost;
	return (saved + spent) / 2;
}

/* The first and the last point, and what lies at even distances between them. */
static json_t *points_json(const struct hr_envelope *e)
{
	json_t *list = json_array();
	unsigned n = 0;

	for (size_t i = 0; list != NULL && i <= e->nsteps; i++) {
		if (i < e->nsteps && progress(e, i) * (HR_OPTIMUM_POINTS - 1) < n)
			continue;
		hr_json_add(&list, point_json(e, i));
		n = (unsigned)(progress(e, i) * (HR_OPTIMUM_POINTS - 1)) + 1;
	}
	return list;
}

/* --- intervals ------------------------------------------------------------- */

struct row {
	uint64_t pages[2]; /* closed, open */
	u128 page_ns[2];
};

static struct row row_at(const struct hr_intervals *v, unsigned first)
{
	struct row row = {0};

	for (unsigned class = 0; class < HR_INTERVAL_CLASSES; class ++) {
		unsigned open = class & HR_INTERVAL_OPEN ? 1 : 0;

		for (unsigned b = first; b < first + BUCKETS_A_ROW; b++) {
			row.pages[open] += v->sums[class][b].pages;
			row.page_ns[open] += v->sums[class][b].page_ns;
		}
	}
	return row;
}

static json_t *byte_seconds(u128 page_ns)
{
	return hr_json_real((double)((long double)page_ns * HR_PAGE_BYTES / 1e9L));
}

static json_t *intervals_json(const struct hr_intervals *v)
{
	json_t *list = json_array();

	for (unsigned b = 0; list != NULL && b < HR_INTERVAL_BUCKETS; b += BUCKETS_A_ROW) {
		struct row row = row_at(v, b);

		if (row.pages[0] + row.pages[1] == 0)
			continue;
		hr_json_add(&list,
			    json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "from_ns",
				      hr_json_count(hr_interval_bucket_low(b)), "to_ns",
				      hr_json_count(hr_interval_bucket_high(b + BUCKETS_A_ROW - 1)), "closed_pages",
				      hr_json_count(row.pages[0]), "open_pages", hr_json_count(row.pages[1]),
				      "closed_byte_seconds", byte_seconds(row.page_ns[0]), "open_byte_seconds",
				      byte_seconds(row.page_ns[1])));
	}
	return list;
}

/* --- all of it ------------------------------------------------------------- */

/* What makes the envelope a lower bound rather than what a policy could reach. */
static json_t *ignored_json(const struct hr_replay *r)
{
	const struct hr_settings *s = &r->options.settings;
	const struct {
		bool applies;
		const char *what;
	} rows[] = {
	    {s->cost.call_ns > 0, "the fixed cost of a release call"},
	    {s->cost.thp, "that a page costs more alone than as a part of a huge page, and that splitting one costs"},
	    {s->phys_page_bytes > HR_PAGE_BYTES, "that the parts of a physical page are released together"},
	    {r->options.from_ns > 0, "what was released before --from: it is taken to have been the right thing"},
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].applies)
			hr_json_add(&list, hr_json_text(rows[i].what));
	return list;
}

json_t *hr_document_optimum(const struct hr_replay *r, const struct hr_envelope *e)
{
	json_t *ignored = ignored_json(r);

	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "lower_bound", json_array_size(ignored) > 0, "ignored",
			 ignored, "release_page_ns", hr_json_real((double)e->page_cost.release / HR_COST_UNITS),
			 "fault_page_ns", hr_json_real((double)e->page_cost.fault / HR_COST_UNITS), "in_use_mean_bytes",
			 mean_bytes(e, e->in_use_page_ns), "points", points_json(e), "intervals",
			 intervals_json(r->intervals));
}
