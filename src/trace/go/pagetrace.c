/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Page traces of the Go runtime, read; the format stands in pagetrace.h.
 *
 * Reading: words are checked once, as they come in, and go to the stream of
 * their P, without the P words. What is in a stream is sound, so that the merge
 * only decodes.
 *
 * Merging: the stream whose next event has the smallest tick goes first; at the
 * same tick frees before releases before allocations, then the smaller P. (An
 * allocation is stamped when all is done, a free before it begins.) Within a
 * stream the order of the file always stands.
 *
 * The end: only a normal exit writes what is left in the buffers, that of the
 * code without a P last. A file that ends otherwise was cut off, each stream at
 * another time; then only what happened up to the first of the streams' ends is
 * given out, since what comes later lacks events.
 */
#include "config.h"

#include "trace/go/pagetrace.h"

#include "base/alloc.h"
#include "base/fuzzed.h"
#include "trace/format.h"
#include "trace/go/gclog.h"
#include "trace/go/spill.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGE_BYTES = 8192,
	CHUNK_BYTES = 4 << 20,
	WORDS = HR_SEGMENT_BYTES / 8,
	SMALLEST_BUFFER = 64, /* words */
#ifndef HR_SMALL_BUFFERS
	READ_BYTES = 1 << 16,
#else
	READ_BYTES = 1 << 10,
#endif
	MAX_P = INT16_MAX,
};

#define KEPT_BYTES ((size_t)64 << 20)
#define ADDR_MASK UINT64_C(0x0000ffffffffe000)
#define ADDR_END (UINT64_C(1) << 48)
/* 292 years of ticks: no machine runs for longer, and ns fit into 63 bits. */
/* No run is longer than 2 TiB, as no span is. */
#define MAX_PAGES (UINT64_C(1) << 28)
#define MAX_TICK (UINT64_C(1) << 56)
/* The runtime counts from here in its log: measured in four programs 0.28 to 0.39 ms after the first event. */
#define RUNTIME_START_NS 330000

#define NO_END "the program did not end normally, or the file is not whole: the last events of each P are missing"

struct stream {
	int p;
	/* Incoming words: [0, n) of the buffer are not in a segment yet. */
	uint64_t *words;
	size_t n, cap;
	uint64_t *segments; /* full ones, then the last one, which `n` words of are used */
	size_t nsegments, segments_cap;
	uint64_t last_tick;
	uint64_t first_tick, first_page; /* of its first event */
	bool any;

	/* Going through it. */
	size_t segment, pos, end; /* the next segment; what is left of the buffer */
	uint64_t base;		  /* ticks, of the last time word */
	/* Its next event. */
	uint64_t tick, word, npages;
};

struct pagetrace {
	struct hr_reader *r;
	struct hr_spill spill;
	struct stream **by_p; /* by P + 1 */
	size_t np;
	struct stream **streams; /* those there are; while merging a heap, the next one first */
	size_t n, cap;

	/* Coming in. */
	struct stream *at;
	bool need_time;	     /* the block has none yet */
	uint64_t large_word; /* whose pages come next; 0: none */
	uint64_t base;
	uint64_t offset; /* of the next word */

	/* Coming out. */
	uint64_t origin_tick, last_tick, total, given;
	uint64_t limit_tick; /* nothing later is given out */
	uint64_t last_ns;
	struct hr_event *marks; /* what no word tells: hidden pages, Ps, collections; by time */
	size_t nmarks, marks_cap, mark;
};

static bool is_p_word(uint64_t w)
{
	return (w & 7) == HR_PAGETRACE_BIT2;
}

static bool is_time_word(uint64_t w)
{
	return (w & 7) == 0;
}

static int64_t p_of(uint64_t w)
{
	/* Arithmetic shift, spelled out. */
	return (int64_t)(w >> 3) - (w >> 63 ? INT64_C(1) << 61 : 0);
}

static uint64_t word_at(const uint8_t *b)
{
	uint64_t w = 0;

	for (unsigned i = 8; i-- > 0;)
		w = w << 8 | b[i];
	return w;
}

static bool all_zero(const uint8_t *head, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (head[i] != 0)
			return false;
	return true;
}

/* A file of zeros is a trace that was overwritten; nothing else begins so. */
static bool detect(const uint8_t *head, size_t n)
{
	if (n >= HR_FIRST_BYTES && all_zero(head, HR_FIRST_BYTES))
		return true;
	if (n < 16)
		return false;
	uint64_t p = word_at(head), time = word_at(head + 8);

	return is_p_word(p) && p_of(p) >= -1 && p_of(p) <= MAX_P && is_time_word(time) && time != 0 &&
	       time >> 3 < MAX_TICK;
}

/* --- coming in --------------------------------------------------------------- */

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the trace's streams");
}

/* Finds the stream of a P, or begins it. */
static enum hr_status stream_of(struct pagetrace *t, int64_t p, struct hr_error *err)
{
	size_t index = (size_t)(p + 1), before = t->np;

	if (p < -1 || p > MAX_P)
		return hr_error_at(err, HR_EINPUT, t->offset, "there is no P %" PRId64 "; the file is damaged", p);
	if (index >= t->np) {
		if (!hr_reserve(&t->by_p, &t->np, index + 1, sizeof(struct stream *)))
			return no_memory(err);
		memset(t->by_p + before, 0, (t->np - before) * sizeof(struct stream *));
	}
	t->at = t->by_p[index];
	if (t->at != NULL)
		return HR_OK;
	if (t->n == HR_PAGETRACE_MAX_STREAMS)
		return hr_error_at(err, HR_EINPUT, t->offset,
				   "there are more than %u Ps; no such program is known, the file must be damaged",
				   HR_PAGETRACE_MAX_STREAMS);
	if (!hr_reserve(&t->streams, &t->cap, t->n + 1, sizeof(struct stream *)))
		return no_memory(err);
	t->at = hr_calloc(1, sizeof(*t->at));
	if (t->at == NULL)
		return no_memory(err);
	t->at->p = (int)p;
	t->by_p[index] = t->streams[t->n++] = t->at;
	return HR_OK;
}

static enum hr_status store_segment(struct pagetrace *t, struct stream *s, struct hr_error *err)
{
	if (!hr_reserve(&s->segments, &s->segments_cap, s->nsegments + 1, sizeof(*s->segments)))
		return no_memory(err);
	HR_TRY(hr_spill_write(&t->spill, s->words, &s->segments[s->nsegments], err));
	s->nsegments++;
	return HR_OK;
}

static enum hr_status put(struct pagetrace *t, struct stream *s, uint64_t word, struct hr_error *err)
{
	if (s->n == WORDS) {
		HR_TRY(store_segment(t, s, err));
		s->n = 0;
	}
	/* A stream with few events needs little memory. */
	if (s->n == s->cap && !hr_reserve(&s->words, &s->cap, s->cap ? s->cap * 2 : SMALLEST_BUFFER, sizeof(word)))
		return no_memory(err);
	s->words[s->n++] = word;
	return HR_OK;
}

static enum hr_status take_time(struct pagetrace *t, uint64_t word, struct hr_error *err)
{
	uint64_t tick = word >> 3;

	if (tick == 0)
		return hr_error_at(err, HR_EINPUT, t->offset,
				   "a time of 0: the file was overwritten, as a child process does that inherits "
				   "GODEBUG=pagetrace; record the program itself, without children that trace");
	/* Replace an impossible time by the one before. */
	if (tick >= MAX_TICK) {
		hr_reader_odd(t->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
		tick = t->base != 0 ? t->base : 1;
	}
	t->base = tick;
	t->need_time = false;
	return put(t, t->at, tick << 3, err);
}

static enum hr_status take_event(struct pagetrace *t, uint64_t word, uint64_t npages, struct hr_error *err)
{
	static const enum hr_event_kind kinds[] = {
	    [HR_PAGETRACE_ALLOC] = HR_EV_PAGE_ALLOC,
	    [HR_PAGETRACE_FREE] = HR_EV_PAGE_FREE,
	    [HR_PAGETRACE_SCAV] = HR_EV_PAGE_SCAV,
	};
	struct stream *s = t->at;
	uint64_t addr = word & ADDR_MASK, tick = t->base + (word >> 48);

	if (npages == 0 || npages > MAX_PAGES || npages > (ADDR_END - addr) / PAGE_BYTES) {
		hr_reader_odd(t->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
		return HR_OK;
	}
	if (!s->any) {
		s->any = true;
		s->first_tick = tick;
		s->first_page = addr / PAGE_BYTES;
	}
	/* The stream without a P is filled by several threads, which take the time before the lock. */
	if (tick < s->last_tick)
		hr_reader_odd(t->r, HR_ANOMALY_CLOCK_BACK);
	else
		s->last_tick = tick;
	t->r->stats.counts[kinds[word & 3]]++;
	t->total++;
	HR_TRY(put(t, s, word, err));
	return word & HR_PAGETRACE_BIT2 ? put(t, s, npages, err) : HR_OK;
}

static enum hr_status take_word(struct pagetrace *t, uint64_t word, struct hr_error *err)
{
	if (t->large_word != 0) {
		uint64_t event = t->large_word;

		t->large_word = 0;
		return take_event(t, event, word, err);
	}
	if (is_p_word(word)) {
		t->need_time = true;
		t->r->stats.batches++;
		return stream_of(t, p_of(word), err);
	}
	if (t->at == NULL)
		return hr_error_at(err, HR_EINPUT, t->offset,
				   "the file begins with zeros: if it is a Go page trace, a child process that "
				   "inherited GODEBUG=pagetrace has overwritten it; record the program itself, without "
				   "children that trace");
	if (is_time_word(word))
		return take_time(t, word, err);
	if (t->need_time)
		return hr_error_at(err, HR_EINPUT, t->offset,
				   "a block does not begin with a time; the file is damaged");
	if (word & HR_PAGETRACE_BIT2) {
		t->large_word = word;
		return HR_OK;
	}
	return take_event(t, word, word >> 3 & 1023, err);
}

static enum hr_status take_bytes(struct pagetrace *t, struct hr_error *err)
{
	uint8_t *buf = malloc(READ_BYTES);
	size_t have = 0, n;
	enum hr_status status = buf != NULL ? HR_OK : no_memory(err);

	while (status == HR_OK) {
		status = hr_reader_read(t->r, buf + have, READ_BYTES - have, &n, err);
		if (status != HR_OK)
			break;
		have += n;
		for (n = 0; n + 8 <= have && status == HR_OK; n += 8) {
			status = take_word(t, word_at(buf + n), err);
			t->offset += 8;
		}
		have -= n;
		memmove(buf, buf + n, have);
	}
	free(buf);
	if (status != HR_END)
		return status;
	if (have > 0 || t->large_word != 0)
		hr_reader_set_cut(t->r, t->offset, "it ends in the middle of an event, which is dropped");
	return HR_OK;
}

/* --- going through a stream --------------------------------------------------- */

static void rewind_stream(struct stream *s)
{
	s->segment = s->pos = 0;
	s->end = s->nsegments == 0 ? s->n : 0;
}

/* The next word, which there must be unless at_end is given. */
static enum hr_status next_word(const struct pagetrace *t, struct stream *s, uint64_t *word, struct hr_error *err)
{
	if (s->pos == s->end) {
		if (s->segment == s->nsegments)
			return HR_END;
		HR_TRY(hr_spill_read(&t->spill, s->segments[s->segment], s->words, err));
		s->pos = 0;
		s->end = ++s->segment == s->nsegments ? s->n : WORDS;
	}
	*word = s->words[s->pos++];
	return HR_OK;
}

/* Its next event into tick, word, npages; HR_END: there is none. */
static enum hr_status next_event(const struct pagetrace *t, struct stream *s, struct hr_error *err)
{
	for (;;) {
		HR_TRY(next_word(t, s, &s->word, err));
		if ((s->word & 3) != HR_PAGETRACE_SYNC)
			break;
		s->base = s->word >> 3;
	}
	s->tick = s->base + (s->word >> 48);
	s->npages = s->word >> 3 & 1023;
	return s->word & HR_PAGETRACE_BIT2 ? next_word(t, s, &s->npages, err) : HR_OK;
}

/* --- merging ------------------------------------------------------------------ */

static unsigned rank_of(const struct stream *s)
{
	static const unsigned ranks[] = {[HR_PAGETRACE_FREE] = 0, [HR_PAGETRACE_SCAV] = 1, [HR_PAGETRACE_ALLOC] = 2};

	return ranks[s->word & 3];
}

static bool goes_before(const struct stream *a, const struct stream *b)
{
	if (a->tick != b->tick)
		return a->tick < b->tick;
	if (rank_of(a) != rank_of(b))
		return rank_of(a) < rank_of(b);
	return a->p < b->p;
}

static void sift_down(struct pagetrace *t, size_t i)
{
	struct stream *s = t->streams[i];

	for (size_t child; (child = 2 * i + 1) < t->n; i = child) {
		if (child + 1 < t->n && goes_before(t->streams[child + 1], t->streams[child]))
			child++;
		if (!goes_before(t->streams[child], s))
			break;
		t->streams[i] = t->streams[child];
	}
	t->streams[i] = s;
}

/* Puts the next event of the first stream in its place; a stream without one leaves the heap. */
static enum hr_status advance(struct pagetrace *t, struct hr_error *err)
{
	enum hr_status status = next_event(t, t->streams[0], err);

	if (status != HR_OK && status != HR_END)
		return status;
	if (status == HR_END)
		t->streams[0] = t->streams[--t->n];
	if (t->n > 0)
		sift_down(t, 0);
	return HR_OK;
}

static enum hr_status begin_merge(struct pagetrace *t, struct hr_error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		enum hr_status status;

		rewind_stream(t->streams[i]);
		status = next_event(t, t->streams[i], err);
		if (status == HR_OK)
			t->streams[n++] = t->streams[i];
		else if (status != HR_END)
			return status;
	}
	t->n = n;
	for (size_t i = n / 2; i-- > 0;)
		sift_down(t, i);
	return HR_OK;
}

/* --- what no word tells ------------------------------------------------------- */

static struct hr_event *add_mark(struct pagetrace *t, enum hr_event_kind kind, uint64_t clock_ns)
{
	uint64_t origin_ns = t->origin_tick * HR_PAGETRACE_TICK_NS;

	if (!hr_reserve(&t->marks, &t->marks_cap, t->nmarks + 1, sizeof(*t->marks)))
		return NULL;
	t->marks[t->nmarks] = (struct hr_event){
	    .kind = (uint8_t)kind, .p = HR_NO_P, .time_ns = clock_ns > origin_ns ? clock_ns - origin_ns : 0};
	return &t->marks[t->nmarks++];
}

/*
 * The runtime copies GODEBUG to the heap before the tracer starts. What lies
 * below the first page of the first event, which is without a P, is in use for
 * ever: 1 page, with a setting of many KiB some more.
 */
static bool mark_hidden_pages(struct pagetrace *t)
{
	const struct stream *first = t->np > 0 ? t->by_p[0] : NULL;
	uint64_t page, hidden;
	struct hr_event *e;

	if (first == NULL || !first->any) {
		for (size_t i = 0; i < t->n; i++)
			if (t->streams[i]->any && (first == NULL || !first->any || goes_before(t->streams[i], first)))
				first = t->streams[i];
		hr_reader_assume(t->r, "the events without a P are missing; what lies below the first page that was "
				       "seen is taken as in use for ever");
	}
	page = first->first_page;
	hidden = page % (CHUNK_BYTES / PAGE_BYTES);
	if (hidden == 0)
		return true;
	e = add_mark(t, HR_EV_SPAN_EXISTS, 0);
	if (e == NULL)
		return false;
	e->addr = (page - hidden) * PAGE_BYTES;
	e->size = hidden * PAGE_BYTES;
	hr_reader_assume(t->r,
			 "%" PRIu64 " page%s below the first event %s taken as in use for ever: what the runtime "
			 "did before its tracer started",
			 hidden, hidden == 1 ? "" : "s", hidden == 1 ? "is" : "are");
	return true;
}

static bool mark_procs(struct pagetrace *t, unsigned logged)
{
	unsigned procs = logged;
	struct hr_event *e;

	for (size_t i = 0; logged == 0 && i < t->n; i++)
		if (t->streams[i]->p >= (int)procs)
			procs = (unsigned)t->streams[i]->p + 1;
	if (procs == 0)
		return true;
	e = add_mark(t, HR_EV_GOMAXPROCS, 0);
	if (e != NULL)
		e->arg = procs;
	if (logged == 0)
		hr_reader_assume(t->r, "GOMAXPROCS is taken as %u, the highest P that has events", procs);
	return e != NULL;
}

static bool mark_cycle(struct pagetrace *t, const struct hr_gc_log *log, size_t i)
{
	const struct hr_gc_cycle *c = &log->cycles[i];
	struct hr_event *begin, *goal;

	begin = add_mark(t, HR_EV_GC_BEGIN, c->begin_ns);
	if (begin == NULL)
		return false;
	begin->flags = (c->forced ? HR_EVF_FORCED_GC : 0) | (c->free_os_memory ? HR_EVF_FREE_OS_MEMORY : 0);
	if (hr_gc_log_raised_goal(log, i) != hr_gc_log_goal(log, i)) {
		goal = add_mark(t, HR_EV_HEAP_GOAL, c->end_ns);
		if (goal == NULL)
			return false;
		goal->size = hr_gc_log_raised_goal(log, i);
	}
	if (add_mark(t, HR_EV_GC_END, c->end_ns) == NULL)
		return false;
	goal = add_mark(t, HR_EV_HEAP_GOAL, c->end_ns);
	if (goal == NULL)
		return false;
	goal->size = hr_gc_log_goal(log, i + 1);
	return c->swept_ns == 0 || add_mark(t, HR_EV_SWEEP_DONE, c->swept_ns) != NULL;
}

/* Frees are where the collections are not; see gclog.h. */
static enum hr_status show_frees(const struct pagetrace *t, struct hr_gc_log *log, struct hr_error *err)
{
	for (size_t i = 0; i < t->n; i++) {
		struct stream *s = t->streams[i];
		enum hr_status status;

		rewind_stream(s);
		while ((status = next_event(t, s, err)) == HR_OK)
			if ((s->word & 3) == HR_PAGETRACE_FREE)
				hr_gc_log_saw_free(log, s->tick * HR_PAGETRACE_TICK_NS);
		if (status != HR_END)
			return status;
	}
	return HR_OK;
}

static enum hr_status mark_cycles(struct pagetrace *t, struct hr_gc_log *log, struct hr_error *err)
{
	struct hr_event *goal;

	HR_TRY(hr_gc_log_place(log, t->origin_tick * HR_PAGETRACE_TICK_NS + RUNTIME_START_NS, err));
	HR_TRY(show_frees(t, log, err));
	hr_gc_log_choose(log);
	t->r->meta.has_cycles = true;
	t->r->stats.anomalies[HR_ANOMALY_BAD_LINE] += log->bad_lines;
	t->r->stats.anomalies[HR_ANOMALY_LOST_CYCLE] += log->lost;
	hr_reader_assume(t->r, "collections begin and end within about a millisecond of what the GC log says, and its "
			       "goals, in whole MB, are taken as half a MB more");
	goal = add_mark(t, HR_EV_HEAP_GOAL, 0);
	if (goal != NULL)
		goal->size = hr_gc_log_goal(log, 0);
	for (size_t i = 0; goal != NULL && i < log->n; i++)
		if (!mark_cycle(t, log, i))
			goal = NULL;
	return goal != NULL ? HR_OK : no_memory(err);
}

static enum hr_status mark_all(struct pagetrace *t, struct hr_error *err)
{
	struct hr_gc_log log = {0};
	enum hr_status status = HR_OK;

	if (t->r->options.gc_log != NULL)
		status = hr_gc_log_read(&log, t->r->options.gc_log, err);
	if (status == HR_OK && (!mark_hidden_pages(t) || !mark_procs(t, log.n > 0 ? log.cycles[log.n - 1].procs : 0)))
		status = no_memory(err);
	if (status == HR_OK && log.n > 0)
		status = mark_cycles(t, &log, err);
	hr_gc_log_release(&log);
	return status;
}

/* --- the format --------------------------------------------------------------- */

/* The whole input is in; streams become readable, and the first and last tick are known. */
static enum hr_status end_streams(struct pagetrace *t, struct hr_error *err)
{
	bool any = false;

	t->limit_tick = UINT64_MAX;
	for (size_t i = 0; i < t->n; i++) {
		struct stream *s = t->streams[i];

		/* Move the remaining words behind the segments, to free the buffer for reading them. */
		if (s->nsegments > 0)
			HR_TRY(store_segment(t, s, err));
		if (!s->any)
			continue;
		if (!any || s->first_tick < t->origin_tick)
			t->origin_tick = s->first_tick;
		if (s->last_tick > t->last_tick)
			t->last_tick = s->last_tick;
		any = true;
	}
	if (!any)
		return hr_error_at(err, HR_EINPUT, t->offset, "the trace has no events");
	/* A file that ends as it should ends with the block of the code without a P. */
	if (t->at->p == -1)
		return HR_OK;
	hr_reader_set_cut(t->r, t->offset, "%s", NO_END);
	for (size_t i = 0; i < t->n; i++)
		if (t->streams[i]->any && t->streams[i]->last_tick < t->limit_tick)
			t->limit_tick = t->streams[i]->last_tick;
	return HR_OK;
}

static enum hr_status pagetrace_open(struct hr_reader *r, struct hr_error *err)
{
	struct pagetrace *t = hr_calloc(1, sizeof(*t));

	if (t == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = t;
	t->r = r;
	hr_spill_init(&t->spill, KEPT_BYTES);
	r->meta.version = 1;
	r->meta.has_spans = r->meta.has_addresses = r->meta.has_procs = r->meta.has_clock = true;
	r->meta.has_releases = r->meta.collected = true;
	r->meta.page_bytes = PAGE_BYTES;
	HR_TRY(take_bytes(t, err));
	HR_TRY(end_streams(t, err));
	r->stats.events_total = t->total;
	r->meta.clock_origin_ns = t->origin_tick * HR_PAGETRACE_TICK_NS;
	r->meta.has_clock_origin = true;
	HR_TRY(mark_all(t, err));
	return begin_merge(t, err);
}

static uint64_t time_of(struct pagetrace *t, uint64_t tick)
{
	uint64_t ns = tick > t->origin_tick ? (tick - t->origin_tick) * HR_PAGETRACE_TICK_NS : 0;

	if (ns > t->last_ns)
		t->last_ns = ns;
	return t->last_ns;
}

/* The streams end at different times: what is left was counted, and is not given out. */
static void drop_rest(struct pagetrace *t)
{
	hr_reader_set_cut(t->r, t->offset, NO_END ", and %" PRIu64 " after that time are left out",
			  t->total - t->given);
	t->limit_tick = UINT64_MAX;
	t->n = 0;
}

static enum hr_status pagetrace_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n,
				     struct hr_error *err)
{
	static const uint8_t kinds[] = {0, HR_EV_PAGE_ALLOC, HR_EV_PAGE_FREE, HR_EV_PAGE_SCAV};
	struct pagetrace *t = r->state;

	for (*n = 0; *n < cap;) {
		const struct stream *s = t->n > 0 ? t->streams[0] : NULL;
		uint64_t now;

		if (t->limit_tick != UINT64_MAX && (s == NULL || s->tick > t->limit_tick)) {
			drop_rest(t);
			s = NULL;
		}
		if (s == NULL)
			return HR_END;
		now = time_of(t, s->tick);
		if (t->mark < t->nmarks && t->marks[t->mark].time_ns <= now) {
			ev[*n] = t->marks[t->mark++];
			r->stats.counts[ev[(*n)++].kind]++;
			r->stats.events_total++;
			continue;
		}
		ev[(*n)++] = (struct hr_event){.time_ns = now,
					       .addr = s->word & ADDR_MASK,
					       .size = s->npages * PAGE_BYTES,
					       .kind = kinds[s->word & 3],
					       .p = (int16_t)s->p};
		t->given++;
		r->stats.last_time_ns = now;
		HR_TRY(advance(t, err));
	}
	return HR_OK;
}

static void pagetrace_close(struct hr_reader *r)
{
	struct pagetrace *t = r->state;

	if (t == NULL)
		return;
	for (size_t i = 0; i < t->np; i++) {
		if (t->by_p[i] == NULL)
			continue;
		free(t->by_p[i]->words);
		free(t->by_p[i]->segments);
		free(t->by_p[i]);
	}
	free(t->by_p);
	free(t->streams);
	free(t->marks);
	hr_spill_release(&t->spill);
	free(t);
}

const struct hr_format_ops hr_pagetrace_format = {
    .format = HR_FORMAT_PAGETRACE,
    .name = "Go page trace",
    .detect = detect,
    .open = pagetrace_open,
    .next = pagetrace_next,
    .close = pagetrace_close,
};
