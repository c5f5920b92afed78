/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "info/recorded_releases.h"

#include <math.h>
#include <string.h>

static void count(const struct hr_follower *f, const struct hr_place *scav, struct hr_recorded_releases *x)
{
	for (uint64_t page = scav->page; page < scav->page + scav->npages; page++) {
		const struct hr_chunk_bits *bits = hr_pagemap_chunk(&f->map, hr_chunk_of(page));
		unsigned i = hr_page_in_chunk(page);
		uint64_t bit = UINT64_C(1) << (i & 63);

		x->pages++;
		if (bits->alloc[i / 64] & bit)
			x->in_use++;
		else if (bits->scavenged[i / 64] & bit)
			x->done++;
		else
			x->reasons[hr_reason_of_chunk(f, hr_chunk_of(page))]++;
	}
}

static enum hr_status follow(struct hr_follower *f, const struct hr_place *r, size_t n, struct hr_recorded_releases *x,
			     struct hr_error *err)
{
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		if (r[i].kind != HR_PLACE_SCAV)
			continue;
		if (hr_follower_follow(f, r + from, i - from) != HR_OK)
			return hr_error_set(err, HR_EPOLICY, "%s", f->fault.text);
		from = i;
		count(f, &r[i], x);
	}
	if (hr_follower_follow(f, r + from, n - from) != HR_OK)
		return hr_error_set(err, HR_EPOLICY, "%s", f->fault.text);
	return HR_OK;
}

enum hr_status hr_recorded_releases_of(struct hr_replay *r, struct hr_recorded_releases *x, struct hr_error *err)
{
	const struct hr_place *records;
	enum hr_status status;
	size_t n;

	memset(x, 0, sizeof(*x));
	while ((status = hr_replay_next(r, &records, &n, err)) == HR_OK)
		HR_TRY(follow(r->followers[0], records, n, x, err));
	return status == HR_END ? HR_OK : status;
}

double hr_recorded_releases_explained(const struct hr_recorded_releases *x)
{
	return x->pages > 0 ? (double)(x->done + x->reasons[HR_REASON_PACE]) / (double)x->pages : (double)NAN;
}
