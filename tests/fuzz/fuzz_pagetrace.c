/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any words as a Go page trace: no crash, times that never fall, runs that can
 * be, every event of the file counted, and the same events whatever is asked for
 * at a time. The first byte of the input says how many that is.
 */
#include "config.h"

#include "trace/format.h"
#include "trace/reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct end {
	enum hr_status status;
	struct hr_trace_stats stats;
	uint64_t runs, sum;
};

static bool is_run(const struct hr_event *e)
{
	return e->kind >= HR_EV_PAGE_ALLOC && e->kind <= HR_EV_PAGE_SCAV;
}

static struct end read_all(const uint8_t *data, size_t size, size_t piece)
{
	struct hr_event ev[256];
	struct hr_reader *r;
	struct hr_error err;
	struct end end = {
	    .status = hr_reader_open_memory(data, size, &(struct hr_reader_options){.want = HR_WANT_SPANS}, &r, &err)};
	uint64_t last_ns = 0;
	size_t n;

	if (end.status != HR_OK)
		return end;
	if (hr_reader_meta(r)->format != HR_FORMAT_PAGETRACE) {
		end.status = HR_EUSAGE;
		hr_reader_close(r);
		return end;
	}
	while ((end.status = hr_reader_next(r, ev, piece, &n, &err)) == HR_OK)
		for (size_t i = 0; i < n; i++) {
			if (ev[i].time_ns < last_ns || ev[i].kind >= HR_EVENT_KIND_COUNT || ev[i].p < HR_NO_P)
				abort();
			last_ns = ev[i].time_ns;
			if (is_run(&ev[i]) && (ev[i].size == 0 || ev[i].size % 8192 != 0 || ev[i].addr % 8192 != 0 ||
					       ev[i].addr + ev[i].size > 1ULL << 48))
				abort();
			end.runs += is_run(&ev[i]);
			end.sum = end.sum * 31 + ev[i].time_ns + ev[i].addr * 3 + ev[i].size * 5 + ev[i].kind;
		}
	end.stats = *hr_reader_stats(r);
	hr_reader_close(r);
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct end a = read_all(data + 1, size - 1, 1 + data[0]);
	struct end b = read_all(data + 1, size - 1, 256 - data[0]);
	const uint64_t *counts = a.stats.counts;

	if (a.status != b.status || a.sum != b.sum || a.runs != b.runs)
		abort();
	/* What was counted comes out, unless the program did not end normally. */
	if (a.status == HR_END && !a.stats.cut &&
	    a.runs != counts[HR_EV_PAGE_ALLOC] + counts[HR_EV_PAGE_FREE] + counts[HR_EV_PAGE_SCAV])
		abort();
	return 0;
}
