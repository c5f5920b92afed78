/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/kept.h"

#include "base/json.h"

#define FIRST_INTERVAL_NS UINT64_C(10000000)

static void count(struct hr_kept *k, const struct hr_follower *f, uint64_t time_ns)
{
	struct hr_reasons r;

	if (hr_reasons_of(f, &r, NULL) != HR_OK) {
		k->failed = true;
		return;
	}
	hr_reasons_release(&k->reasons);
	k->time_ns = time_ns;
	k->reasons = r;
}

static uint64_t look(void *ctx, const struct hr_follower *f, uint64_t time_ns, bool last)
{
	struct hr_kept *k = ctx;

	(void)last;
	if (time_ns >= f->measured_from_ns &&
	    hr_follower_free_pages(f) > k->reasons.free_pages + k->reasons.free_pages / 10)
		count(k, f, time_ns);
	if (++k->looks % HR_KEPT_LOOKS == 0)
		k->interval_ns *= 2;
	return time_ns <= HR_NEVER - k->interval_ns ? time_ns + k->interval_ns : HR_NEVER;
}

void hr_kept_start(struct hr_kept *k, struct hr_follower *f)
{
	*k = (struct hr_kept){.interval_ns = FIRST_INTERVAL_NS};
	if (!f->def->knows_future)
		hr_follower_sample(f, (struct hr_sampler){.next_ns = FIRST_INTERVAL_NS, .sample = look, .ctx = k});
}

void hr_kept_release(struct hr_kept *k)
{
	hr_reasons_release(&k->reasons);
}

static uint64_t chunks_of(const struct hr_reasons *r, unsigned reason)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (hr_reason_most(&r->chunks[i]) == (enum hr_reason)reason)
			n += r->chunks[i].nchunks;
	return n;
}

static json_t *kept_json(const struct hr_kept *k)
{
	const struct hr_reasons *r = &k->reasons;
	bool done[HR_REASON_COUNT] = {false};
	json_t *list = json_array();

	for (;;) {
		unsigned most = HR_REASON_COUNT;

		for (unsigned i = 0; i < HR_REASON_COUNT; i++)
			if (!done[i] && r->pages[i] > 0 && (most == HR_REASON_COUNT || r->pages[i] > r->pages[most]))
				most = i;
		if (most == HR_REASON_COUNT)
			break;
		done[most] = true;
		hr_json_add(&list, json_pack("{s:s, s:o, s:o}", "reason", hr_reason_name((enum hr_reason)most), "bytes",
					     hr_json_count(r->pages[most] * HR_PAGE_BYTES), "chunks",
					     hr_json_count(chunks_of(r, most))));
	}
	return json_pack("{s:o, s:o, s:o}", "time_ns", hr_json_count(k->time_ns), "free_bytes",
			 hr_json_count(r->free_pages * HR_PAGE_BYTES), "reasons", list);
}

bool hr_kept_put(json_t *comparison, const struct hr_kept *k, size_t n)
{
	json_t *policies = json_object_get(comparison, "policies");

	for (size_t i = 0; i < n; i++)
		if (k[i].failed || (k[i].reasons.free_pages > 0 &&
				    !hr_json_set(json_array_get(policies, i), "kept", kept_json(&k[i]))))
			return false;
	return true;
}
