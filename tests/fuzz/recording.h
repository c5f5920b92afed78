/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a recording of malloc: no crash, no hang; an object is live
 * once, with one size, under the number that the ledger's rule gives it; times
 * never fall; and how many events are asked for at a time changes none of them.
 * The first byte of the input is not part of the recording: it is that number.
 */
#ifndef HR_TESTS_FUZZ_RECORDING_H
#define HR_TESTS_FUZZ_RECORDING_H

#include "trace/format.h"
#include "trace/reader.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 1 << 13 };

struct recorded {
	enum hr_status status;
	struct hr_trace_stats stats;
	struct hr_event ev[MAX_EVENTS];
	size_t n;
};

/* False: it is not a recording of that format. */
static inline bool read_recording(const uint8_t *data, size_t size, enum hr_trace_format format, size_t piece,
				  struct recorded *rec)
{
	const struct hr_reader_options options = {.want = (unsigned)HR_WANT_ALL};
	struct hr_reader *r;
	struct hr_error err;
	size_t n;

	rec->n = 0;
	if (hr_reader_open_memory(data, size, &options, &r, &err) != HR_OK)
		return false;
	bool ours = hr_reader_meta(r)->format == format;
	while (ours && (rec->status = hr_reader_next(r, rec->ev + rec->n, piece, &n, &err)) == HR_OK) {
		if (n == 0 || n > piece)
			abort();
		rec->n += n;
		if (rec->n + piece > MAX_EVENTS)
			break;
	}
	rec->stats = *hr_reader_stats(r);
	hr_reader_close(r);
	return ours;
}

static inline void check_recording(const struct recorded *rec)
{
	static uint64_t sizes[MAX_EVENTS]; /* + 1; 0: free */
	static uint32_t freed[MAX_EVENTS];
	size_t nfreed = 0, given = 0;

	/* Numbers are below that of the allocations. */
	memset(sizes, 0, rec->n * sizeof(sizes[0]));
	for (size_t i = 0; i < rec->n; i++) {
		const struct hr_event *e = &rec->ev[i];

		if (i > 0 && e->time_ns < e[-1].time_ns)
			abort();
		if (e->kind == HR_EV_GC_BEGIN || e->kind == HR_EV_GC_END)
			continue;
		if (e->addr >= rec->n)
			abort();
		if (e->kind == HR_EV_OBJ_ALLOC) {
			if (e->addr != (nfreed > 0 ? freed[--nfreed] : given++) || e->size >> 41 != 0)
				abort();
			sizes[e->addr] = e->size + 1;
		} else {
			if (e->kind != HR_EV_OBJ_FREE || sizes[e->addr] != e->size + 1)
				abort();
			sizes[e->addr] = 0;
			freed[nfreed++] = (uint32_t)e->addr;
		}
	}
}

static inline void fuzz_recording(const uint8_t *data, size_t size, enum hr_trace_format format)
{
	static struct recorded first, second;

	if (size == 0 || !read_recording(data + 1, size - 1, format, 4096, &first))
		return;
	check_recording(&first);
	if (!read_recording(data + 1, size - 1, format, data[0] + 1u, &second))
		abort();
	size_t n = first.n < second.n ? first.n : second.n;
	if (memcmp(first.ev, second.ev, n * sizeof(first.ev[0])) != 0)
		abort();
	if (first.status != HR_OK && second.status != HR_OK &&
	    (first.n != second.n || first.status != second.status ||
	     memcmp(first.stats.anomalies, second.stats.anomalies, sizeof(first.stats.anomalies)) != 0 ||
	     first.stats.cut != second.stats.cut))
		abort();
}

#endif
