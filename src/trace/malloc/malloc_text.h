/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the line formats of malloc recordings share: a line is an event, noise,
 * or damaged. A format only recognises its lines; reading on, counting, and
 * what happens at the end are the same for all.
 */
#ifndef HR_TRACE_MALLOC_TEXT_H
#define HR_TRACE_MALLOC_TEXT_H

#include "base/error.h"
#include "trace/format.h"
#include "trace/lines.h"
#include "trace/malloc/mallocs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Other processes that are told by number. */
enum { HR_MAX_TOLD = 6 };

struct hr_malloc_text {
	struct hr_mallocs mallocs;
	struct hr_lines lines;
	/*
	 * Takes a line of n bytes with a NUL behind them; the format's state is
	 * that of the reader. It either understands all of it and takes it, or
	 * sets *bad and does nothing; lines that are not the format's business are
	 * no event and not bad. HR_ENOMEM.
	 */
	enum hr_status (*take)(struct hr_reader *r, const char *line, size_t n, bool *bad, struct hr_error *err);
	/* The recording ends; may be NULL. */
	void (*end)(struct hr_reader *r);
	uint64_t last_tid; /* of hr_malloc_text_thread, which mostly is asked for the same one */
	int16_t last_p;	   /* HR_NO_P: none yet */
	bool ended;
	/* Of recordings of several processes. */
	bool has_process;
	uint64_t process; /* the one that is read */
	struct {
		uint64_t id[HR_MAX_TOLD]; /* of those that were seen, in order */
		unsigned n;
	} others;
};

/* Lines are r's; fills r->meta. HR_ENOMEM; release it all the same. */
enum hr_status hr_malloc_text_init(struct hr_malloc_text *t, struct hr_reader *r, enum hr_malloc_clock clock,
				   struct hr_error *err);
void hr_malloc_text_release(struct hr_malloc_text *t);

/* hr_mallocs_thread. */
static inline int16_t hr_malloc_text_thread(struct hr_malloc_text *t, uint64_t tid)
{
	if (tid != t->last_tid || t->last_p == HR_NO_P) {
		t->last_tid = tid;
		t->last_p = hr_mallocs_thread(&t->mallocs, tid);
	}
	return t->last_p;
}

/*
 * Is it of the process that is read: options.process, or else the first one that
 * this was called with? If not, that is counted.
 */
bool hr_malloc_text_of_process(struct hr_malloc_text *t, uint64_t pid);

/* As hr_format_ops.next. A line that is bad is counted; a last one without its newline is where the trace is cut. */
enum hr_status hr_malloc_text_next(struct hr_malloc_text *t, struct hr_event *ev, size_t cap, size_t *n,
				   struct hr_error *err);

/*
 * For hr_format_ops.detect: is among the lines of head one that says so? What
 * has no newline yet is a line too; it may be incomplete. Lines are ended by a
 * NUL. A head with a NUL byte in it is no text.
 */
bool hr_malloc_text_detect(const uint8_t *head, size_t n, bool (*ours)(const char *line));

#endif
