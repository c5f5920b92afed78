/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a text trace: no crash, and what was taken is, once written, the same again. */
#include "config.h"

#include "trace/format.h"
#include "trace/text/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_EVENTS = 4096 };

struct trace {
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_event ev[MAX_EVENTS];
	size_t n;
};

static enum hr_status read_all(const void *data, size_t size, struct trace *t)
{
	struct hr_reader *r;
	struct hr_error err;
	enum hr_status status =
	    hr_reader_open_memory(data, size, &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL}, &r, &err);
	size_t n;

	t->n = 0;
	if (status != HR_OK)
		return status;
	t->meta = *hr_reader_meta(r);
	while (t->n < MAX_EVENTS && (status = hr_reader_next(r, t->ev + t->n, MAX_EVENTS - t->n, &n, &err)) == HR_OK)
		t->n += n;
	t->stats = *hr_reader_stats(r);
	hr_reader_close(r);
	return status;
}

static bool same_meta(const struct hr_trace_meta *a, const struct hr_trace_meta *b)
{
	return a->go_minor == b->go_minor && a->has_spans == b->has_spans && a->has_objects == b->has_objects &&
	       a->has_addresses == b->has_addresses && a->has_procs == b->has_procs &&
	       a->has_threads == b->has_threads && a->has_clock == b->has_clock && a->collected == b->collected &&
	       a->has_cycles == b->has_cycles && a->has_releases == b->has_releases && a->padded == b->padded &&
	       a->strict == b->strict && a->min_addr == b->min_addr && a->has_clock_origin == b->has_clock_origin &&
	       a->clock_origin_ns == b->clock_origin_ns;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trace first, second;
	char *text;
	size_t n;
	FILE *f;

	if (read_all(data, size, &first) != HR_END || first.meta.format != HR_FORMAT_TEXT)
		return 0;
	f = open_memstream(&text, &n);
	if (f == NULL)
		return 0;
	hr_text_write_header(f, &first.meta);
	for (size_t i = 0; i < first.n; i++)
		hr_text_write_event(f, &first.meta, &first.ev[i]);
	hr_text_write_end(f, &first.stats);
	fclose(f);
	if (read_all(text, n, &second) != HR_END || second.n != first.n ||
	    memcmp(first.ev, second.ev, first.n * sizeof(first.ev[0])) != 0 ||
	    first.stats.last_time_ns != second.stats.last_time_ns || !same_meta(&first.meta, &second.meta))
		abort();
	free(text);
	return 0;
}
