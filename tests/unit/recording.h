/* SPDX-License-Identifier: BSD-3-Clause */
/* A recording of malloc as a text in memory, read to its end. */
#ifndef HR_TESTS_UNIT_RECORDING_H
#define HR_TESTS_UNIT_RECORDING_H

#include "trace/format.h"

#include "testing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct recording {
	enum hr_status status; /* of the open, or what came last */
	struct hr_error err;
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_event ev[512];
	size_t n;
	char events[4096]; /* "+0:16 -0 ", number and bytes; "+0:16@1 " with a thread; "gc end ", a collection */
};

static inline void record_bytes(struct recording *rec, const void *bytes, size_t size,
				const struct hr_reader_options *o)
{
	struct hr_reader *r;
	size_t n, used = 0;

	memset(rec, 0, sizeof(*rec));
	rec->status = hr_reader_open_memory(bytes, size, o, &r, &rec->err);
	if (rec->status != HR_OK)
		return;
	rec->meta = *hr_reader_meta(r);
	while (rec->n < 512 &&
	       (rec->status = hr_reader_next(r, rec->ev + rec->n, 512 - rec->n, &n, &rec->err)) == HR_OK)
		rec->n += n;
	rec->stats = *hr_reader_stats(r);
	hr_reader_close(r);
	for (size_t i = 0; i < rec->n; i++) {
		const struct hr_event *e = &rec->ev[i];
		bool alloc = e->kind == HR_EV_OBJ_ALLOC;

		if (used + 64 > sizeof(rec->events))
			break;
		if (e->kind == HR_EV_GC_BEGIN || e->kind == HR_EV_GC_END) {
			used += (size_t)sprintf(rec->events + used, e->kind == HR_EV_GC_BEGIN ? "gc " : "end ");
			continue;
		}
		assert_true(alloc || e->kind == HR_EV_OBJ_FREE);
		used += (size_t)sprintf(rec->events + used, "%s%" PRIu64, alloc ? "+" : "-", e->addr);
		if (alloc)
			used += (size_t)sprintf(rec->events + used, ":%" PRIu64, e->size);
		if (e->p != HR_NO_P)
			used += (size_t)sprintf(rec->events + used, "@%d", e->p);
		used += (size_t)sprintf(rec->events + used, " ");
	}
}

static inline void record(struct recording *rec, const char *text)
{
	record_bytes(rec, text, strlen(text), &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL});
}

/* The counts that are not 0: "bad_lines 1 null_frees 2 ". */
static inline const char *odd(const struct recording *rec)
{
	static char text[1024];
	size_t used = 0;

	text[0] = '\0';
	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++)
		if (rec->stats.anomalies[a] != 0)
			used += (size_t)sprintf(text + used, "%s %" PRIu64 " ", hr_anomaly_name(a),
						rec->stats.anomalies[a]);
	return text;
}

/* Reads text to its end: these events, and these oddities. */
#define assert_reads(text, want_events, want_odd)                                                                      \
	do {                                                                                                           \
		static struct recording rec_;                                                                          \
		record(&rec_, text);                                                                                   \
		assert_int_equal(rec_.status, HR_END);                                                                 \
		assert_string_equal(rec_.events, want_events);                                                         \
		assert_string_equal(odd(&rec_), want_odd);                                                             \
		assert_false(rec_.stats.cut);                                                                          \
	} while (0)

#endif
