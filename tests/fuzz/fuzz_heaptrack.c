/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a recording by heaptrack: no crash, no hang; objects are live
 * exactly once, times never fall, and how many events are asked for at a time
 * changes none of them. The first byte of the input is not part of the
 * recording: it says that number, and the rule for objects that look alike.
 */
#include "config.h"

#include "trace/format.h"
#include "trace/reader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LIVE = 1 << 12 };

struct end {
	enum hr_status status;
	struct hr_trace_stats stats;
	uint64_t events, digest;
};

static void check(const struct hr_event *e, uint64_t *sizes, uint64_t *last_ns)
{
	if (e->time_ns < *last_ns || (e->kind != HR_EV_OBJ_ALLOC && e->kind != HR_EV_OBJ_FREE))
		abort();
	*last_ns = e->time_ns;
	if (e->addr >= MAX_LIVE)
		return;
	/* Sizes + 1 of what is live. */
	if (sizes[e->addr] != (e->kind == HR_EV_OBJ_ALLOC ? 0 : e->size + 1))
		abort();
	sizes[e->addr] = e->kind == HR_EV_OBJ_ALLOC ? e->size + 1 : 0;
}

static struct end read_all(const uint8_t *data, size_t size, enum hr_identity identity, size_t piece)
{
	static uint64_t sizes[MAX_LIVE];
	struct hr_reader_options options = {.want = (unsigned)HR_WANT_ALL, .identity = identity};
	struct hr_event ev[256];
	struct hr_reader *r;
	struct hr_error err;
	struct end end = {.status = hr_reader_open_memory(data, size, &options, &r, &err)};
	uint64_t last_ns = 0;
	size_t n;

	if (end.status != HR_OK)
		return end;
	if (hr_reader_meta(r)->format != HR_FORMAT_HEAPTRACK) {
		hr_reader_close(r);
		end.status = HR_EINPUT;
		return end;
	}
	memset(sizes, 0, sizeof(sizes));
	while ((end.status = hr_reader_next(r, ev, piece, &n, &err)) == HR_OK) {
		if (n == 0 || n > piece)
			abort();
		for (size_t i = 0; i < n; i++) {
			check(&ev[i], sizes, &last_ns);
			end.digest =
			    (end.digest ^ ev[i].addr ^ ev[i].time_ns << 20 ^ ev[i].kind) * UINT64_C(0x100000001b3);
		}
		end.events += n;
	}
	end.stats = *hr_reader_stats(r);
	hr_reader_close(r);
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct end a = read_all(data + 1, size - 1, data[0] % 3, 1 + data[0]);
	struct end b = read_all(data + 1, size - 1, data[0] % 3, 256 - data[0]);
	struct end lifo = read_all(data + 1, size - 1, HR_IDENTITY_LIFO, 256);

	if (a.status != b.status || a.events != b.events || a.digest != b.digest || a.status != lifo.status ||
	    a.events != lifo.events ||
	    memcmp(a.stats.anomalies, lifo.stats.anomalies, sizeof(a.stats.anomalies)) != 0 ||
	    a.stats.cut != lifo.stats.cut || a.stats.last_time_ns != lifo.stats.last_time_ns)
		abort();
	return 0;
}
