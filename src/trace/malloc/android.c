/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line is "TID: what pointer numbers [start end]", with pointers in
 * hexadecimal and everything else decimal; times in ns, on all lines or on
 * none (older recorders). Public recordings have up to 20 million lines.
 *
 * Lines are in the order of recording, a thread may have waited for the
 * recorder's lock: the clock is the latest end so far. So a realloc's line may
 * stand behind that of another thread that was given its old address meanwhile;
 * begin and end of the two calls tell: who gives up an address began to do so
 * before the allocation that it was given for returned.
 */
#include "config.h"

#include "trace/malloc/android.h"

#include "base/alloc.h"
#include "base/map64.h"
#include "trace/malloc/malloc_text.h"
#include "trace/malloc/scan.h"

#include <stdlib.h>
#include <string.h>

enum what { MALLOC, CALLOC, MEMALIGN, REALLOC, FREE, THREAD_DONE };

#define VERB(name) name, sizeof(name) - 1

static const struct verb {
	const char *name;
	size_t length;
	unsigned numbers; /* behind the pointer; a realloc's first is the old pointer */
	unsigned times;
} verbs[] = {
    [MALLOC] = {VERB("malloc"), 1, 2},	 [CALLOC] = {VERB("calloc"), 2, 2}, [MEMALIGN] = {VERB("memalign"), 2, 2},
    [REALLOC] = {VERB("realloc"), 2, 2}, [FREE] = {VERB("free"), 0, 2},	    [THREAD_DONE] = {VERB("thread_done"), 0, 1},
};

struct android {
	struct hr_malloc_text text;
	struct hr_map64 over; /* by address: end of the allocation that found a live object there */
};

struct line {
	uint64_t tid, pointer, numbers[2], begin_ns, end_ns;
	enum what what;
	bool timed;
};

static bool parse_verb(const char **p, enum what *what)
{
	size_t n = 0;

	while ((*p)[n] > ' ')
		n++;
	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verbs[i].length == n && memcmp(*p, verbs[i].name, n) == 0) {
			*what = i;
			*p += n;
			return true;
		}
	return false;
}

static bool parse_times(const char *p, unsigned n, struct line *l)
{
	l->timed = *p != '\0';
	for (unsigned i = 0; i < n && l->timed; i++) {
		if (!hr_scan_decimal(&p, &l->end_ns) || (!hr_scan_blanks(&p) && *p != '\0'))
			return false;
		if (i == 0)
			l->begin_ns = l->end_ns;
	}
	return *p == '\0';
}

/* Is it a whole line? */
static bool parse(const char *p, struct line *l)
{
	if (!hr_scan_decimal(&p, &l->tid) || l->tid > UINT32_MAX || *p++ != ':')
		return false;
	hr_scan_blanks(&p);
	if (!parse_verb(&p, &l->what) || !hr_scan_blanks(&p))
		return false;
	if (!hr_scan_hex(&p, &l->pointer))
		return false;
	for (unsigned i = 0; i < verbs[l->what].numbers; i++) {
		if (!hr_scan_blanks(&p) || !(l->what == REALLOC && i == 0 ? hr_scan_hex(&p, &l->numbers[i])
									  : hr_scan_decimal(&p, &l->numbers[i])))
			return false;
	}
	if (!hr_scan_blanks(&p) && *p != '\0')
		return false;
	return parse_times(p, verbs[l->what].times, l);
}

static bool ours(const char *line)
{
	struct line l;

	return parse(line, &l);
}

static bool timed(const char *line)
{
	struct line l;

	return parse(line, &l) && l.timed;
}

static bool android_detect(const uint8_t *head, size_t n)
{
	return hr_malloc_text_detect(head, n, ours);
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

static enum hr_status alloc(struct android *a, const struct line *l, uint64_t size, int16_t p, struct hr_error *err)
{
	struct hr_mallocs *m = &a->text.mallocs;
	const uint64_t *over = &m->r->stats.anomalies[HR_ANOMALY_OVER_LIVE], before = *over;

	HR_TRY(hr_mallocs_alloc(m, l->pointer, size, p, err));
	/* The object under it was freed, but its free may still follow in a later line. */
	if (l->timed && *over > before && !hr_map64_put(&a->over, l->pointer, l->end_ns))
		return no_memory(err);
	return HR_OK;
}

/* Was the object, which l gives up, freed when its address was given away? Then what lives there is another one. */
static bool was_overtaken(struct android *a, const struct line *l, uint64_t pointer)
{
	const uint64_t *end_ns;
	uint64_t was_end_ns;
	bool overtaken;

	if (a->over.count == 0 || pointer == 0)
		return false;
	end_ns = hr_map64_get(&a->over, pointer);
	if (end_ns == NULL)
		return false;
	overtaken = l->timed && l->begin_ns < *end_ns;
	hr_map64_remove(&a->over, pointer, &was_end_ns);
	if (overtaken) {
		a->text.mallocs.r->stats.anomalies[HR_ANOMALY_OVER_LIVE]--;
		hr_reader_odd(a->text.mallocs.r, HR_ANOMALY_RACED_FREE);
	}
	return overtaken;
}

static enum hr_status apply(struct android *a, const struct line *l, int16_t p, struct hr_error *err)
{
	struct hr_mallocs *m = &a->text.mallocs;
	uint64_t size;

	switch (l->what) {
	case MALLOC:
		return alloc(a, l, l->numbers[0], p, err);
	case CALLOC:
		if (__builtin_mul_overflow(l->numbers[0], l->numbers[1], &size))
			size = UINT64_MAX;
		return alloc(a, l, size, p, err);
	case MEMALIGN:
		return alloc(a, l, l->numbers[1], p, err);
	case REALLOC:
		/* One that failed leaves the old object where it is. */
		if (l->pointer == 0 && l->numbers[1] != 0)
			return hr_mallocs_realloc(m, l->numbers[0], 0, l->numbers[1], p, err);
		if (!was_overtaken(a, l, l->numbers[0]) && l->numbers[0] != 0)
			HR_TRY(hr_mallocs_free(m, l->numbers[0], p, err));
		return l->pointer != 0 ? alloc(a, l, l->numbers[1], p, err) : HR_OK;
	case FREE:
		return was_overtaken(a, l, l->pointer) ? HR_OK : hr_mallocs_free(m, l->pointer, p, err);
	case THREAD_DONE:
		break;
	}
	return HR_OK;
}

static enum hr_status android_take(struct hr_reader *r, const char *line, size_t n, bool *bad, struct hr_error *err)
{
	struct android *a = r->state;
	struct line l;

	if (!parse(line, &l)) {
		*bad = n > 0;
		return HR_OK;
	}
	if (l.timed && a->text.mallocs.clock == HR_CLOCK_EXACT)
		hr_mallocs_time(&a->text.mallocs, l.end_ns);
	return apply(a, &l, hr_malloc_text_thread(&a->text, l.tid), err);
}

static enum hr_status android_open(struct hr_reader *r, struct hr_error *err)
{
	struct android *a = hr_calloc(1, sizeof(*a));

	if (a == NULL)
		return no_memory(err);
	r->state = a;
	hr_map64_init(&a->over);
	r->meta.has_threads = true;
	a->text.take = android_take;
	/* If the text so far has no time, assume that the trace has none. */
	return hr_malloc_text_init(
	    &a->text, r, hr_malloc_text_detect(r->head, r->head_len, timed) ? HR_CLOCK_EXACT : HR_CLOCK_NONE, err);
}

static enum hr_status android_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n,
				   struct hr_error *err)
{
	struct android *a = r->state;

	return hr_malloc_text_next(&a->text, ev, cap, n, err);
}

static void android_close(struct hr_reader *r)
{
	struct android *a = r->state;

	if (a != NULL) {
		hr_malloc_text_release(&a->text);
		hr_map64_release(&a->over);
	}
	free(a);
}

const struct hr_format_ops hr_android_format = {
    .format = HR_FORMAT_ANDROID,
    .name = "Android malloc trace",
    .detect = android_detect,
    .open = android_open,
    .next = android_next,
    .close = android_close,
};
