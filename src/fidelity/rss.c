/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "fidelity/rss.h"

#include "base/alloc.h"
#include "base/json.h"
#include "pagealloc/bitmap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_INTERVAL_NS 10000000
#define MOST_POINTS ((size_t)1 << 16)
#define ARENA_BYTES ((uint64_t)64 << 20)

/* Samples are judged from so many on; fewer say nothing about the time that is not fitted. */
enum { LEAST_SAMPLES = 8 };

/* The file pages and the rest are learned from the last of so many parts of the first half. */
enum { LEARNED_FROM = 3 };

static const struct {
	const char *name, *text;
} terms[HR_RSS_TERMS] = {
    [HR_RSS_IN_USE] = {"in_use", "spans of objects"},
    [HR_RSS_FREE] = {"free", "free, not released"},
    [HR_RSS_MANUAL] = {"manual", "stacks, GC work buffers"},
    [HR_RSS_LAZY] = {"lazy_free", "released, kept until memory is short"},
    [HR_RSS_HUGE] = {"huge", "released, brought back as huge pages"},
    [HR_RSS_METADATA] = {"metadata", "the runtime's metadata"},
    [HR_RSS_FILE] = {"file", "file pages of the binary"},
    [HR_RSS_OTHER] = {"other", "the rest, by the samples"},
};

const char *hr_rss_term_name(enum hr_rss_term t)
{
	return terms[t].name;
}

const char *hr_rss_term_text(enum hr_rss_term t)
{
	return terms[t].text;
}

/* --- the terms ------------------------------------------------------------------ */

/*
 * What the runtime keeps about its heap, linux/amd64 from Go 1.22 on (mheap.go, mpagealloc.go, mgcscavenge.go):
 * an mspan of 160 bytes for each span, which recorded servers have one of for two pages; 2 bits of mark and alloc
 * bitmaps for each slot, which are 64 bytes in the mean; for each page mapped the heapArena's pointer to its span, for
 * each arena 3 KiB of bitmaps; for each chunk 128 bytes of page bitmap, 16 of scavenge index and 8 * 8/7 of summaries,
 * with a page at least in each of the five levels. Beside all that 1 MiB of tables, mcaches and data of the runtime.
 */
static uint64_t metadata_bytes(uint64_t mapped_pages, uint64_t in_use_pages)
{
	const uint64_t chunks = (mapped_pages + HR_CHUNK_PAGES - 1) / HR_CHUNK_PAGES;
	const uint64_t arenas = (mapped_pages * HR_PAGE_BYTES + ARENA_BYTES - 1) / ARENA_BYTES;

	return in_use_pages / 2 * 160 + in_use_pages * HR_PAGE_BYTES / 64 * 2 / 8 + mapped_pages * 8 + arenas * 3072 +
	       chunks * (128 + 16 + 9) + 5 * 4096 + ((uint64_t)1 << 20);
}

/* Pages of the file that a server has touched: half of it and 8 MiB, as five Debian servers of 17 to 96 MiB have. */
static double file_bytes(uint64_t binary_bytes)
{
	const double all = (double)binary_bytes, some = all / 2 + 8 * 1048576.0;

	return some < all ? some : all;
}

/*
 * Huge pages of which no more than max_ptes_none of 512 small ones are absent: *backed gets their bytes; returns the
 * released ones of them.
 */
static uint64_t brought_back(const struct hr_pagemap *m, unsigned max_ptes_none, uint64_t *backed)
{
	enum { PAGES = 256 }; /* of 8 KiB in a huge page */
	uint64_t sum = 0, huge = 0;

	for (size_t i = 0; i < m->in_use.n; i++) {
		const struct hr_range *range = &m->in_use.at[i];

		for (uint64_t page = range->base; page < range->limit; page += PAGES) {
			const uint64_t *bits = hr_pagemap_chunk(m, hr_chunk_of(page))->scavenged;
			const unsigned absent = hr_bitmap_count(bits, hr_page_in_chunk(page), PAGES);

			if (absent < PAGES && 2 * absent <= max_ptes_none) {
				sum += absent;
				huge += PAGES;
			}
		}
	}
	*backed = huge * HR_PAGE_BYTES;
	return sum * HR_PAGE_BYTES;
}

/* What was released and not used again since. */
static uint64_t lazy_bytes(const struct hr_follower *f)
{
	uint64_t released = 0;

	for (unsigned why = 0; why < HR_WHY_COUNT; why++)
		released += f->count.released_bytes[why];
	return released > f->count.refaulted_bytes ? released - f->count.refaulted_bytes : 0;
}

static struct hr_rss_point look(const struct hr_rss *r, const struct hr_follower *f, uint64_t time_ns)
{
	const struct hr_policy_view *v = &f->view;
	struct hr_rss_point p = {.time_ns = time_ns};

	p.terms[HR_RSS_IN_USE] = v->in_use_pages * HR_PAGE_BYTES;
	p.terms[HR_RSS_FREE] = hr_follower_free_pages(f) * HR_PAGE_BYTES;
	p.terms[HR_RSS_MANUAL] = v->manual_pages * HR_PAGE_BYTES;
	p.terms[HR_RSS_METADATA] = metadata_bytes(v->mapped_pages, v->in_use_pages);
	if (r->options.lazy)
		p.terms[HR_RSS_LAZY] = lazy_bytes(f);
	else if (r->options.max_ptes_none > 0)
		p.terms[HR_RSS_HUGE] = brought_back(&f->map, r->options.max_ptes_none, &p.huge_bytes);
	return p;
}

static uint64_t sample(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_rss *r = ctx;

	(void)last;
	if (r->n == MOST_POINTS) {
		for (size_t i = 0; i < r->n / 2; i++)
			r->points[i] = r->points[2 * i];
		r->n /= 2;
		r->interval_ns *= 2;
	}
	if (!hr_reserve(&r->points, &r->cap, r->n + 1, sizeof(*r->points)))
		r->no_memory = true;
	else
		r->points[r->n++] = look(r, f, time_ns);
	return time_ns + r->interval_ns;
}

void hr_rss_start(struct hr_rss *r, const struct hr_rss_options *options, struct hr_follower *f)
{
	*r = (struct hr_rss){.options = *options, .interval_ns = FIRST_INTERVAL_NS};
	hr_follower_sample(f, (struct hr_sampler){.sample = sample, .ctx = r});
}

void hr_rss_release(struct hr_rss *r)
{
	free(r->points);
	*r = (struct hr_rss){0};
}

/* --- beside samples ---------------------------------------------------------------- */

/* A sample and the model's own terms at that time, but for file pages and the rest. */
struct pair {
	uint64_t time_ns;
	double rss, anon, file; /* the latter below 0: not known */
	double model;
	double distance;
};

static double heap_of(const struct hr_rss_point *p)
{
	double sum = 0;

	for (unsigned t = 0; t < HR_RSS_OTHER; t++)
		sum += (double)p->terms[t];
	return sum;
}

/* The points that were last at the samples' times; those from before the first point or behind the last are left out. */
static size_t pair_up(const struct hr_rss *r, const struct hr_rss_sample *samples, size_t n, struct pair *pairs)
{
	size_t at = 0, made = 0;

	for (size_t i = 0; i < n && r->n > 0; i++) {
		const struct hr_rss_sample *s = &samples[i];
		const bool split = s->rss_anon_bytes != HR_NOT_KNOWN && s->rss_anon_bytes <= s->rss_bytes;

		if (s->rss_bytes == HR_NOT_KNOWN || s->time_ns < r->points[0].time_ns ||
		    s->time_ns > r->points[r->n - 1].time_ns)
			continue;
		while (at + 1 < r->n && r->points[at + 1].time_ns <= s->time_ns)
			at++;
		pairs[made++] = (struct pair){
		    .time_ns = s->time_ns,
		    .rss = (double)s->rss_bytes,
		    .anon = split ? (double)s->rss_anon_bytes : -1,
		    .file = split ? (double)(s->rss_bytes - s->rss_anon_bytes) : -1,
		    .model = heap_of(&r->points[at]),
		};
	}
	return made;
}

static int by_distance(const void *a, const void *b)
{
	const double x = ((const struct pair *)a)->distance, y = ((const struct pair *)b)->distance;

	return (x > y) - (x < y);
}

/* With `beside` added to the model. The pairs are put in order of distance. */
static struct hr_rss_error judge(struct pair *pairs, size_t n, double beside)
{
	struct hr_rss_error e = {.n = n};

	if (n == 0)
		return e;
	for (size_t i = 0; i < n; i++) {
		pairs[i].distance = fabs(pairs[i].model + beside - pairs[i].rss);
		e.mean_bytes += pairs[i].distance / (double)n;
		e.rss_mean_bytes += pairs[i].rss / (double)n;
	}
	qsort(pairs, n, sizeof(*pairs), by_distance);
	e.mean_ratio = e.rss_mean_bytes > 0 ? e.mean_bytes / e.rss_mean_bytes : 0;
	e.p95_bytes = pairs[(n * 95 + 99) / 100 - 1].distance;
	e.worst_bytes = pairs[n - 1].distance;
	e.worst_at_ns = pairs[n - 1].time_ns;
	return e;
}

/*
 * What n pairs say of file pages and of the rest. They are the last third of those that may be learned from: a program
 * that starts reads its files in, and touches memory for the first time, so that both terms grow and then stay.
 */
static void learn(const struct pair *pairs, size_t n, double *file, double *other, bool *split)
{
	double sum = 0, files = 0;

	*split = true;
	for (size_t i = 0; i < n; i++) {
		sum += (pairs[i].rss - pairs[i].model) / (double)n;
		files += pairs[i].file / (double)n;
		*split &= pairs[i].file >= 0;
	}
	/* Without that breakdown, this is the whole remainder. */
	*file = *split ? files : 0;
	*other = sum - *file;
}

static void means(const struct hr_rss *r, struct hr_rss_bridge *b)
{
	b->huge_known = r->options.max_ptes_none > 0 && !r->options.lazy;
	for (size_t i = 0; i < r->n; i++) {
		b->huge_mean += (double)r->points[i].huge_bytes / (double)r->n;
		for (unsigned t = 0; t < HR_RSS_OTHER; t++)
			b->mean[t] += (double)r->points[i].terms[t] / (double)r->n;
	}
}

/* AnonHugePages, of the samples that tell it. */
static void take_huge(const struct hr_rss_sample *samples, size_t n, struct hr_rss_bridge *b)
{
	double sum = 0;
	size_t told = 0;

	for (size_t i = 0; i < n; i++)
		if (samples[i].anon_huge_bytes != HR_NOT_KNOWN) {
			sum += (double)samples[i].anon_huge_bytes;
			told++;
		}
	b->huge_sampled = told > 0;
	b->huge_sampled_mean = told > 0 ? sum / (double)told : 0;
}

static void sum_up(const struct hr_rss *r, struct hr_rss_bridge *b)
{
	double most = 0;

	for (unsigned t = 0; t < HR_RSS_TERMS; t++)
		b->sum_mean += b->mean[t];
	for (size_t i = 0; i < r->n; i++)
		most = fmax(most, heap_of(&r->points[i]));
	b->sum_peak = most + b->mean[HR_RSS_FILE] + b->mean[HR_RSS_OTHER];
}

enum hr_status hr_rss_bridge_of(const struct hr_rss *r, const struct hr_rss_sample *samples, size_t n,
				struct hr_rss_bridge *b, struct hr_error *err)
{
	struct pair *pairs = hr_calloc(n + 1, sizeof(*pairs));
	const double by_rule = r->options.binary_bytes != HR_NOT_KNOWN ? file_bytes(r->options.binary_bytes) : 0;
	double file, other;
	bool split;

	*b = (struct hr_rss_bridge){.file_known = r->options.binary_bytes != HR_NOT_KNOWN};
	if (pairs == NULL || r->no_memory) {
		free(pairs);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	means(r, b);
	take_huge(samples, n, b);
	b->mean[HR_RSS_FILE] = by_rule;
	b->samples = pair_up(r, samples, n, pairs);
	if (b->samples >= LEAST_SAMPLES) {
		const size_t half = b->samples / 2;

		learn(pairs + half - half / LEARNED_FROM, half / LEARNED_FROM, &file, &other, &split);
		b->mean[HR_RSS_FILE] = file;
		b->mean[HR_RSS_OTHER] = other;
		b->file_known |= split;
		b->fitted = judge(pairs + half, b->samples - half, file + other);
		b->plain = judge(pairs, b->samples, by_rule);
	}
	sum_up(r, b);
	free(pairs);
	return HR_OK;
}

/* --- JSON ---------------------------------------------------------------------------- */

static json_t *error_json(const struct hr_rss_error *e)
{
	json_t *o = json_object();

	if (e->n == 0) {
		json_decref(o);
		return json_null();
	}
	hr_json_put(&o, "samples", hr_json_count(e->n));
	hr_json_put(&o, "rss_mean_bytes", hr_json_real(round(e->rss_mean_bytes)));
	hr_json_put(&o, "mean_bytes", hr_json_real(round(e->mean_bytes)));
	hr_json_put(&o, "mean_ratio", hr_json_real(e->mean_ratio));
	hr_json_put(&o, "p95_bytes", hr_json_real(e->p95_bytes));
	hr_json_put(&o, "worst_bytes", hr_json_real(e->worst_bytes));
	hr_json_put(&o, "worst_at_ns", hr_json_count(e->worst_at_ns));
	return o;
}

json_t *hr_rss_bridge_json(const struct hr_rss_bridge *b)
{
	json_t *o = json_object(), *list = json_object();

	for (unsigned t = 0; t < HR_RSS_TERMS; t++) {
		char name[32];

		snprintf(name, sizeof(name), "%s_bytes", terms[t].name);
		if (t == HR_RSS_FILE && !b->file_known)
			hr_json_put(&list, name, json_null());
		else
			hr_json_put(&list, name, json_integer((json_int_t)llround(b->mean[t])));
	}
	hr_json_put(&o, "terms", list);
	hr_json_put(&o, "mean_bytes", json_integer((json_int_t)llround(b->sum_mean)));
	hr_json_put(&o, "peak_bytes", json_integer((json_int_t)llround(b->sum_peak)));
	hr_json_put(&o, "huge_backed_bytes", b->huge_known ? hr_json_real(round(b->huge_mean)) : json_null());
	hr_json_put(&o, "huge_backed_ratio",
		    b->huge_known && b->sum_mean > 0 ? hr_json_real(b->huge_mean / b->sum_mean) : json_null());
	hr_json_put(&o, "huge_backed_sampled_bytes",
		    b->huge_sampled ? hr_json_real(round(b->huge_sampled_mean)) : json_null());
	hr_json_put(&o, "samples", hr_json_count(b->samples));
	hr_json_put(&o, "error", error_json(&b->plain));
	hr_json_put(&o, "error_fitted", error_json(&b->fitted));
	return o;
}
