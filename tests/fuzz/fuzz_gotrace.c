/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a Go execution trace: no crash, no hang, and the two ways of
 * reading (spans alone, everything) tell the same end. The first byte of the
 * input is not part of the trace: it says how many events are asked for at a
 * time, so that generations end at all places of a batch.
 */
#include "config.h"

#include "trace/format.h"
#include "trace/reader.h"

#include "mutate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct end {
	enum hr_status status;
	struct hr_trace_stats stats;
	uint64_t spans;
};

static struct end read_all(const uint8_t *data, size_t size, unsigned want, size_t piece)
{
	struct hr_event ev[256];
	struct hr_reader *r;
	struct hr_error err;
	struct end end = {.status =
			      hr_reader_open_memory(data, size, &(struct hr_reader_options){.want = want}, &r, &err)};
	uint64_t last_ns = 0;
	size_t n;

	if (end.status != HR_OK)
		return end;
	while ((end.status = hr_reader_next(r, ev, piece, &n, &err)) == HR_OK)
		for (size_t i = 0; i < n; i++) {
			if (ev[i].time_ns < last_ns || ev[i].kind >= HR_EVENT_KIND_COUNT || ev[i].p < HR_NO_P)
				abort();
			last_ns = ev[i].time_ns;
			if (ev[i].kind <= HR_EV_SPAN_ALLOC && (ev[i].size == 0 || ev[i].addr + ev[i].size > 1ULL << 48))
				abort();
			end.spans += ev[i].kind <= HR_EV_SPAN_FREE;
		}
	end.stats = *hr_reader_stats(r);
	hr_reader_close(r);
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct end spans = read_all(data + 1, size - 1, HR_WANT_SPANS, 1 + data[0]);
	struct end all = read_all(data + 1, size - 1, (unsigned)HR_WANT_ALL, 256 - data[0]);

	/* A bad object or type is seen only by those who want it, and for them the trace may end there. */
	if (spans.status == HR_END && all.status == HR_END &&
	    (!all.stats.cut || (spans.stats.cut && spans.stats.cut_offset == all.stats.cut_offset)) &&
	    (spans.stats.events_total != all.stats.events_total || spans.spans != all.spans ||
	     spans.stats.last_time_ns != all.stats.last_time_ns || spans.stats.digest != all.stats.digest ||
	     spans.stats.cut != all.stats.cut))
		abort();
	return 0;
}

/* --- mutations: batches, whose lengths stay right ---------------------------------- */

enum { GO_HEADER = 16, GO_BATCH = 1, GO_EXPERIMENTAL_BATCH = 49, GO_END_OF_GENERATION = 52 };

/* Kind, generation, thread, time, length; an experiment's number behind the kind. */
static bool split_batch(const uint8_t *p, size_t n, struct mutate_part *part)
{
	uint64_t x = 0;
	size_t at = 1;

	if (p[0] != GO_BATCH && p[0] != GO_EXPERIMENTAL_BATCH) {
		part->head = 1;
		part->body = 0;
		return p[0] == GO_END_OF_GENERATION;
	}
	at += p[0] == GO_EXPERIMENTAL_BATCH;
	for (unsigned i = 0; i < 4; i++)
		if (!mutate_get_leb128(p, n, &at, &x))
			return false;
	part->head = at;
	part->body = x < n - at ? (size_t)x : n - at;
	return true;
}

static size_t batch_head(const uint8_t *p, const struct mutate_part *part, size_t body, uint8_t *to)
{
	size_t at = 1;
	uint64_t x;

	memcpy(to, p, part->head);
	if (p[0] != GO_BATCH && p[0] != GO_EXPERIMENTAL_BATCH)
		return 1;
	at += p[0] == GO_EXPERIMENTAL_BATCH;
	for (unsigned i = 0; i < 3; i++)
		if (!mutate_get_leb128(p, part->head, &at, &x))
			return part->head;
	return at + mutate_leb128(to + at, body);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static struct mutate_room room;
	static const struct mutate_form batches = {&room, 1 + GO_HEADER, split_batch, batch_head, NULL};

	return mutate(data, size, max_size, seed, &batches);
}
