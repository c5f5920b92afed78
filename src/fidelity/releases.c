/* SPDX-License-Identifier: BSD-3-Clause */
/* Compares recorded and replayed releases; releases.h defines the figures. */
#include "config.h"

#include "fidelity/releases.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
#define RUN_NS UINT64_C(10000000)
#define SAMPLE_NS UINT64_C(100000000)

static void on_release(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages)
{
	struct hr_release_log *log = ctx;

	if (log->releases++ > 0 && f->view.now_ns - log->last_ns <= RUN_NS) {
		log->pairs++;
		log->descending += page < log->last_page;
	}
	log->last_page = page;
	log->last_ns = f->view.now_ns;
	if (!hr_reserve(&log->at, &log->cap, log->n + npages, sizeof(*log->at))) {
		log->out_of_memory = true;
		return;
	}
	while (npages-- > 0)
		log->at[log->n++] = (struct hr_page_release){page++, f->view.now_ns};
}

static uint64_t sample(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_release_log *log = ctx;

	if (!hr_reserve(&log->bytes, &log->bytes_cap, log->nbytes + 1, sizeof(*log->bytes)))
		log->out_of_memory = true;
	else
		log->bytes[log->nbytes++] = f->view.released_pages * HR_PAGE_BYTES;
	return last ? HR_NEVER : time_ns + SAMPLE_NS;
}

void hr_release_log_start(struct hr_release_log *log, struct hr_follower *f)
{
	memset(log, 0, sizeof(*log));
	f->released_to = on_release;
	f->released_ctx = log;
	hr_follower_sample(f, (struct hr_sampler){SAMPLE_NS, sample, log});
}

void hr_release_log_release(struct hr_release_log *log)
{
	free(log->at);
	free(log->bytes);
	memset(log, 0, sizeof(*log));
}

static int by_page_and_time(const void *a, const void *b)
{
	const struct hr_page_release *x = a, *y = b;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

static void sort(struct hr_release_log *log)
{
	if (log->n > 0)
		qsort(log->at, log->n, sizeof(*log->at), by_page_and_time);
}

/* Pairs of releases of the same page that are at most window_ns apart; taking the earliest first gives the most. */
static uint64_t count_pairs(const struct hr_release_log *a, const struct hr_release_log *b, uint64_t window_ns)
{
	uint64_t pairs = 0;
	size_t i = 0, k = 0;

	while (i < a->n && k < b->n) {
		const struct hr_page_release *x = &a->at[i], *y = &b->at[k];
		bool x_first = by_page_and_time(x, y) < 0;
		uint64_t apart = x_first ? y->time_ns - x->time_ns : x->time_ns - y->time_ns;

		if (x->page == y->page && apart <= window_ns) {
			pairs++;
			i++;
			k++;
		} else if (x_first) {
			i++;
		} else {
			k++;
		}
	}
	return pairs;
}

enum hr_status hr_releases_compare(struct hr_release_log *recorded, struct hr_release_log *replayed,
				   struct hr_release_agreement *a)
{
	double sum = 0;

	*a = (struct hr_release_agreement){.recorded_pages = recorded->n,
					   .replayed_pages = replayed->n,
					   .recorded_pairs = recorded->pairs,
					   .recorded_descending = recorded->descending,
					   .replayed_pairs = replayed->pairs,
					   .replayed_descending = replayed->descending};
	if (recorded->out_of_memory || replayed->out_of_memory)
		return HR_ENOMEM;
	sort(recorded);
	sort(replayed);
	a->same_pages = count_pairs(recorded, replayed, UINT64_MAX);
	a->same_in_time = count_pairs(recorded, replayed, SECOND_NS);
	a->samples = recorded->nbytes < replayed->nbytes ? recorded->nbytes : replayed->nbytes;
	for (size_t i = 0; i < a->samples; i++) {
		uint64_t x = recorded->bytes[i], y = replayed->bytes[i], apart = x > y ? x - y : y - x;

		sum += (double)apart;
		if (apart > a->worst_bytes)
			a->worst_bytes = apart;
		if (x > a->peak_bytes)
			a->peak_bytes = x;
	}
	a->mean_bytes = a->samples > 0 ? sum / (double)a->samples : 0;
	return HR_OK;
}
