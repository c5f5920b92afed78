/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Go execution traces: from bytes to generations, and the format's row in the
 * reader's table.
 *
 * The header, then nothing but batches; the batches of one generation stand
 * together. Batches stay where they were read: blocks are kept until the
 * generation has been delivered, and a batch that a block's end cuts is moved
 * to the next block. Mirrors readGeneration and readBatch in Go's
 * internal/trace, but takes a trace that ends early.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/units.h"
#include "trace/format.h"
#include "trace/go/merge.h"
#include "trace/go/scan.h"
#include "trace/go/state.h"
#include "trace/go/tables.h"
#include "trace/go/work.h"
#include "trace/varint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
	HEADER_BYTES = 16,
	EXPERIMENT_ALLOC_FREE = 1,
	TYPES = 0, /* first byte of an experimental batch */
	INFO = 1,
	EDGE_BYTES = 64,
};

#define NO_THREAD UINT64_MAX
/* Units of a trace's clock a second: what a clock may have, and what it has on Linux. */
#define MIN_FREQ 1000
#define MAX_FREQ UINT64_C(1000000000000)
#define LINUX_FREQ 15625000
/* More generations are not missing between two; a number beyond is damaged. */
#define MAX_GAP 1000

/* The head of a batch. */
struct head {
	uint8_t type;
	uint8_t experiment;
	uint64_t generation, thread, ts, len;
};

static enum hr_status damaged(const struct hr_go *g, struct hr_error *err, const char *what)
{
	return hr_error_at(err, HR_EINPUT, g->offset, "damaged trace: %s", what);
}

/* --- bytes ----------------------------------------------------------------- */

/* Faults of 4 KiB pages took an eighth of the time that reading takes; a trace of one block won't see them. */
static struct hr_go_block *new_block(bool huge)
{
	struct hr_go_block *b = aligned_alloc(HR_GO_BLOCK_BYTES, sizeof(*b));

	if (b != NULL) {
		if (huge)
			hr_prefer_huge(b, sizeof(*b));
		memset(b->behind, 0, sizeof(b->behind));
	}
	return b;
}

static struct hr_go_block *take_block(struct hr_go *g)
{
	struct hr_go_block *b = g->spare;

	if (b != NULL)
		g->spare = b->next;
	else
		b = new_block(g->blocks != NULL);
	if (b != NULL) {
		b->next = NULL;
		b->len = 0;
	}
	return b;
}

/*
 * Has at least n <= HR_GO_BLOCK_ROOM bytes at g->pos, in one piece, or all
 * that are left; *have says how many.
 */
static enum hr_status need(struct hr_go *g, size_t n, size_t *have, struct hr_error *err)
{
	while (g->block->len - g->pos < n && !g->eof) {
		struct hr_go_block *b = g->block;
		size_t got;

		if (g->pos + n > HR_GO_BLOCK_ROOM) {
			struct hr_go_block *fresh = take_block(g);

			if (fresh == NULL)
				return hr_go_no_memory(g, err);
			fresh->len = b->len - g->pos;
			memcpy(fresh->data, b->data + g->pos, fresh->len);
			b->len = g->pos;
			b->next = fresh;
			g->block = b = fresh;
			g->pos = 0;
			g->held_bytes += sizeof(*fresh);
		}
		size_t room = HR_GO_BLOCK_ROOM - b->len;
		enum hr_status status = hr_reader_read(g->r, b->data + b->len,
						       room < HR_GO_READ_BYTES ? room : HR_GO_READ_BYTES, &got, err);
		g->eof |= status == HR_END;
		if (status != HR_OK && status != HR_END) {
			g->input_failed = true;
			return status;
		}
		b->len += got;
	}
	*have = g->block->len - g->pos;
	return HR_OK;
}

static void consume(struct hr_go *g, size_t n)
{
	g->pos += n;
	g->offset += n;
}

/* All blocks but the one that is being filled. */
static void drop_blocks(struct hr_go *g)
{
	while (g->blocks != g->block) {
		struct hr_go_block *b = g->blocks;

		g->blocks = b->next;
		b->next = g->spare;
		g->spare = b;
	}
	g->held_bytes = sizeof(*g->block);
}

static void free_blocks(struct hr_go_block *b)
{
	while (b != NULL) {
		struct hr_go_block *next = b->next;

		free(b);
		b = next;
	}
}

/* --- threads ---------------------------------------------------------------- */

/* The thread's index; 0 for events of no thread. */
static enum hr_status find_thread(struct hr_go *g, uint64_t id, uint32_t *index, struct hr_error *err)
{
	uint64_t *known;

	*index = 0;
	if (id == NO_THREAD)
		return HR_OK;
	known = hr_map64_get(&g->thread_index, id);
	if (known != NULL) {
		*index = (uint32_t)*known;
		return HR_OK;
	}
	if (!hr_reserve(&g->threads, &g->cap_threads, g->nthreads + 1, sizeof(*g->threads)) ||
	    !hr_map64_put(&g->thread_index, id, g->nthreads))
		return hr_go_no_memory(g, err);
	*index = (uint32_t)g->nthreads;
	g->threads[g->nthreads++] = (struct hr_go_thread){.p = HR_NO_P, .cursor = HR_GO_NONE};
	g->r->stats.threads++;
	return HR_OK;
}

/* "go 1.N trace", N of one digit or two, and NULs up to 16 bytes. */
static bool parse_header(const uint8_t *h, unsigned *version)
{
	static const char text[] = " trace\0\0\0\0";
	size_t n = 6;

	if (memcmp(h, "go 1.", 5) != 0 || h[5] < '0' || h[5] > '9')
		return false;
	*version = (unsigned)(h[5] - '0');
	if (h[n] >= '0' && h[n] <= '9')
		*version = 10 * *version + (h[n++] - '0');
	return memcmp(h + n, text, HEADER_BYTES - n) == 0;
}

/* --- batches ---------------------------------------------------------------- */

enum head_result { HEAD_OK, HEAD_SHORT, HEAD_BAD };

/* The batch's head at p of n bytes; *size says how long it is. */
static enum head_result parse_head(const uint8_t *p, size_t n, struct head *h, size_t *size)
{
	const uint8_t *start = p, *end = p + n;
	uint64_t *const fields[] = {&h->generation, &h->thread, &h->ts, &h->len};

	if (n < 1)
		return HEAD_SHORT;
	h->type = *p++;
	h->experiment = 0;
	if (h->type == HR_GO_EXPERIMENTAL_BATCH) {
		if (p == end)
			return HEAD_SHORT;
		h->experiment = *p++;
	} else if (h->type != HR_GO_BATCH) {
		*size = 1;
		return h->type == HR_GO_END_OF_GENERATION ? HEAD_OK : HEAD_BAD;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!hr_varint(&p, end, fields[i]))
			return end - p < HR_VARINT_BYTES ? HEAD_SHORT : HEAD_BAD;
	*size = (size_t)(p - start);
	return HEAD_OK;
}

/* Reads no further than it must: a live trace sends nothing for a second after a generation's end. */
static enum hr_status peek_head(struct hr_go *g, struct head *h, size_t *size, bool *cut, struct hr_error *err)
{
	size_t n = 0, have;

	*cut = false;
	do {
		n++;
		HR_TRY(need(g, n, &have, err));
		n = n > have ? n : have;
		switch (parse_head(g->block->data + g->pos, have, h, size)) {
		case HEAD_OK:
			return HR_OK;
		case HEAD_BAD:
			return damaged(g, err, "neither a batch nor the end of a generation");
		case HEAD_SHORT:
			break;
		}
	} while (have >= n);
	*cut = true;
	return HR_OK;
}

/*
 * Units a second. One that can't be is replaced by that of the generation before
 * or Linux's; of two in one generation the first counts.
 */
static void set_frequency(struct hr_go *g, uint64_t freq)
{
	bool possible = freq >= MIN_FREQ && freq <= MAX_FREQ;

	if (!possible || (g->freq != 0 && g->freq != freq))
		hr_reader_odd(g->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
	if (g->freq != 0)
		return;
	g->freq = possible ? freq : g->last_freq;
	g->last_freq = g->freq;
	g->ns_per_unit = 1e9 / (double)g->freq;
}

/* The clock of a generation: its frequency, and from 25 on also what other clocks show, in any order. */
static enum hr_status set_clock(struct hr_go *g, const uint8_t *at, const uint8_t *end, struct hr_error *err)
{
	uint64_t x;

	while (at < end) {
		uint8_t type = *at++;
		unsigned numbers = type == HR_GO_FREQUENCY ? 1 : type == HR_GO_CLOCK_SNAPSHOT ? 4 : 0;

		if (numbers == 0)
			return damaged(g, err, "neither a clock's frequency nor what it shows");
		for (unsigned i = 0; i < numbers; i++)
			if (!hr_varint(&at, end, &x))
				return damaged(g, err, "bad number in a clock's description");
		if (type == HR_GO_FREQUENCY)
			set_frequency(g, x);
	}
	return HR_OK;
}

/* What can't be is what it always was: an object's address a multiple of 8, a stack's of 2048. */
static uint64_t possible_unit(struct hr_go *g, uint64_t unit, uint64_t usual)
{
	if (unit != 0 && unit <= HR_GO_PAGE_BYTES && HR_GO_PAGE_BYTES % unit == 0)
		return unit;
	hr_reader_odd(g->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
	return usual;
}

static enum hr_status small_chunks(const struct hr_go *g, uint64_t min_addr, const char *why, struct hr_error *err)
{
	return hr_error_at(err, HR_EINPUT, g->offset,
			   "the heap begins at %#" PRIx64 ", %s: the recorded program has the small chunks of "
			   "WebAssembly (from Go 1.26 on), which a replay does not model; record it as a program of "
			   "another system",
			   min_addr, why);
}

static enum hr_status set_info(struct hr_go *g, const uint8_t *at, const uint8_t *end, struct hr_error *err)
{
	uint64_t min_addr, page_bytes, object_align, stack_unit;

	if (!hr_varint(&at, end, &min_addr) || !hr_varint(&at, end, &page_bytes) ||
	    !hr_varint(&at, end, &object_align) || !hr_varint(&at, end, &stack_unit) || at != end)
		return damaged(g, err, "bad description of the heap");
	/* Report page sizes that real machines have but the replay does not support; ignore all others. */
	if (page_bytes != HR_GO_PAGE_BYTES && page_bytes >= 4096 && page_bytes <= 1 << 20 &&
	    (page_bytes & (page_bytes - 1)) == 0)
		return hr_error_at(err, HR_EINPUT, g->offset,
				   "the recorded runtime has pages of %" PRIu64 " bytes; only 8192 is supported",
				   page_bytes);
	if (page_bytes != HR_GO_PAGE_BYTES)
		hr_reader_odd(g->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
	if (g->has_info) {
		if (min_addr != g->min_addr || object_align != g->object_align || stack_unit != g->stack_unit)
			hr_reader_odd(g->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
		return HR_OK;
	}
	if (min_addr % HR_GO_PAGE_BYTES != 0 || min_addr >= HR_GO_MAX_ADDR) {
		hr_reader_odd(g->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
		min_addr = HR_GO_USUAL_BASE;
	}
	/* It is where the first chunk begins: 4 MiB, but for WebAssembly from Go 1.26 on, where it is 64 pages. */
	if (min_addr % HR_GO_CHUNK_BYTES != 0)
		return small_chunks(g, min_addr, "which is no multiple of 4 MiB", err);
	g->has_info = true;
	g->min_addr = min_addr;
	g->object_align = possible_unit(g, object_align, 8);
	g->stack_unit = possible_unit(g, stack_unit, 2048);
	g->r->meta.min_addr = min_addr;
	g->r->meta.page_bytes = HR_GO_PAGE_BYTES;
	return HR_OK;
}

static enum hr_status add_table(struct hr_go *g, struct hr_go_table **tables, size_t *n, size_t *cap, const uint8_t *at,
				const uint8_t *end, struct hr_error *err)
{
	if (!hr_reserve(tables, cap, *n + 1, sizeof(**tables)))
		return hr_go_no_memory(g, err);
	g->held_bytes += sizeof(**tables);
	(*tables)[(*n)++] = (struct hr_go_table){at, (uint32_t)(end - at), g->offset};
	return HR_OK;
}

static enum hr_status add_events(struct hr_go *g, const struct head *h, const uint8_t *at, struct hr_error *err)
{
	uint32_t thread;

	HR_TRY(find_thread(g, h->thread, &thread, err));
	if (g->nbatches >= INT32_MAX || !hr_reserve(&g->batches, &g->cap_batches, g->nbatches + 1, sizeof(*g->batches)))
		return hr_go_no_memory(g, err);
	g->batches[g->nbatches++] = (struct hr_go_batch){
	    .at = at,
	    .len = (uint32_t)h->len,
	    .thread = thread,
	    .next = HR_GO_NONE,
	    .offset = g->offset,
	    .ts = h->ts,
	    .generation = h->generation,
	};
	g->held_bytes += sizeof(*g->batches);
	return HR_OK;
}

/* What stands in the batch whose content begins at g->pos. */
static enum hr_status take_batch(struct hr_go *g, const struct head *h, struct hr_error *err)
{
	const uint8_t *at = g->block->data + g->pos, *end = at + h->len;

	g->r->stats.batches++;
	if (h->len == 0)
		return HR_OK;
	if (h->type == HR_GO_EXPERIMENTAL_BATCH) {
		if (h->experiment != EXPERIMENT_ALLOC_FREE)
			return HR_OK;
		if (*at == INFO)
			return set_info(g, at + 1, end, err);
		g->has_types |= *at == TYPES;
		if (*at == TYPES)
			g->wide_pointers |= hr_go_has_wide_pointers(at + 1, end);
		if (*at == TYPES && (g->r->options.want & HR_WANT_OBJECTS) != 0)
			return hr_go_add_types(g, at + 1, end, g->offset + 1, err);
		return HR_OK;
	}
	switch (*at) {
	case HR_GO_STACKS:
		return add_table(g, &g->stacks, &g->nstacks, &g->cap_stacks, at + 1, end, err);
	case HR_GO_STRINGS:
		return add_table(g, &g->strings, &g->nstrings, &g->cap_strings, at + 1, end, err);
	case HR_GO_CPU_SAMPLES:
		return HR_OK;
	case HR_GO_FREQUENCY:
		return set_clock(g, at, end, err);
	case HR_GO_SYNC:
		return set_clock(g, at + 1, end, err);
	default:
		return add_events(g, h, at, err);
	}
}

/*
 * A batch of an earlier generation, as a program writes that crashes while its
 * trace ends. Its events come at the beginning of this generation: what the
 * earlier ones told has been given out. Its tables' ids are not those of now.
 */
static enum hr_status take_late_batch(struct hr_go *g, const struct head *h, struct hr_error *err)
{
	const uint8_t type = h->len > 0 ? g->block->data[g->pos] : 0;

	g->r->stats.batches++;
	hr_reader_odd(g->r, HR_ANOMALY_LATE_BATCH);
	/* There is one clock. */
	if (h->type == HR_GO_BATCH && (type == HR_GO_FREQUENCY || type == HR_GO_SYNC))
		return take_batch(g, h, err);
	if (h->len == 0 || h->type != HR_GO_BATCH || type == HR_GO_STACKS || type == HR_GO_STRINGS ||
	    type == HR_GO_CPU_SAMPLES)
		return HR_OK;
	g->any_late = true;
	return add_events(g, h, g->block->data + g->pos, err);
}

/* --- generations ------------------------------------------------------------ */

static void forget_generation(struct hr_go *g)
{
	drop_blocks(g);
	g->nbatches = 0;
	g->nstacks = 0;
	g->nstrings = 0;
	g->freq = 0;
	g->generation = 0;
	g->any_late = false;
	g->ntypes = 0;
	hr_map64_release(&g->gc_stacks);
	hr_map64_init(&g->gc_stacks);
}

enum collected { COLLECTED, COLLECTED_LAST, COLLECTED_CUT };

/* A trace's header, behind the last batch of the one before it. */
static enum hr_status is_second_trace(struct hr_go *g, bool *yes, struct hr_error *err)
{
	unsigned version;
	size_t have;

	*yes = false;
	if (g->block->data[g->pos] != 'g')
		return HR_OK;
	HR_TRY(need(g, HEADER_BYTES, &have, err));
	if (have < HEADER_BYTES || !parse_header(g->block->data + g->pos, &version))
		return HR_OK;
	*yes = true;
	hr_reader_assume(g->r,
			 "at byte %" PRIu64 " a second trace begins, of Go 1.%u: only the first one is read; "
			 "tail -c +%" PRIu64 " gives the second",
			 g->offset, version, g->offset + 1);
	return HR_OK;
}

/* Reads the rest of the input, which is part of what the digest is of. */
static enum hr_status drain(struct hr_go *g, struct hr_error *err)
{
	enum hr_status status = HR_OK;
	size_t n;

	while (status == HR_OK && !g->eof)
		status = hr_reader_read(g->r, g->drained, sizeof(g->drained), &n, err);
	g->eof = true;
	return status == HR_END ? HR_OK : status;
}

/*
 * Was the thread's batch read before? A program that crashes while its trace ends
 * writes buffers again that it has written (seen: all that come late, and others of
 * the same generation; docs/recording-crash.md). A thread's batches begin later each,
 * so that one which does not is looked for among the last HR_GO_SEEN: by its head and
 * both ends, since clocks may be coarse.
 */
static enum hr_status is_repeated(struct hr_go *g, const struct head *h, bool *yes, struct hr_error *err)
{
	const uint8_t *at = g->block->data + g->pos;
	const size_t edge = h->len < EDGE_BYTES ? h->len : EDGE_BYTES;
	const uint64_t sum = XXH3_64bits(at, edge) + XXH3_64bits(at + h->len - edge, edge);
	const struct hr_go_seen seen = {h->generation, h->thread, h->ts, h->len, sum};
	const uint64_t n = g->nseen < HR_GO_SEEN ? g->nseen : HR_GO_SEEN;
	uint32_t thread;

	*yes = false;
	if (h->type != HR_GO_BATCH || h->thread == NO_THREAD)
		return HR_OK;
	HR_TRY(find_thread(g, h->thread, &thread, err));
	if (h->ts <= g->threads[thread].batch_ts)
		for (uint64_t i = 0; i < n && !*yes; i++)
			*yes = memcmp(&g->seen[i], &seen, sizeof(seen)) == 0;
	else
		g->threads[thread].batch_ts = h->ts;
	if (!*yes)
		g->seen[g->nseen++ % HR_GO_SEEN] = seen;
	return HR_OK;
}

enum place { IN_TIME, LATE, NEXT, NOWHERE };

/* Where a batch of that generation belongs, when this one, which may not have begun, is held. */
static enum place place_of(const struct hr_go *g, uint64_t generation)
{
	const uint64_t now = g->generation != 0 ? g->generation : g->last_generation;

	/* Tolerate gaps, but refuse an absurd number, which would make all later ones look late. */
	if (generation == 0 || (now != 0 && generation > now + MAX_GAP))
		return NOWHERE;
	if (g->generation != 0)
		return generation == now ? IN_TIME : generation < now ? LATE : NEXT;
	return now == 0 || generation > now ? IN_TIME : LATE;
}

/* The batch with that head, whose content is *have bytes or more; *done: it is not of this generation. */
static enum hr_status collect_batch(struct hr_go *g, const struct head *h, size_t size, enum collected *how, bool *done,
				    struct hr_error *err)
{
	const enum place place = place_of(g, h->generation);
	bool repeated = false;
	size_t have;

	*done = true;
	if (place == NEXT) {
		*how = COLLECTED;
		return HR_OK;
	}
	if (h->len > HR_GO_MAX_BATCH)
		return hr_error_at(err, HR_EINPUT, g->offset,
				   "damaged trace: a batch of %" PRIu64 " bytes; no batch has more than 65,536",
				   h->len);
	if (place == IN_TIME && g->generation == 0) {
		if (g->last_generation != 0 && h->generation != g->last_generation + 1)
			g->r->stats.anomalies[HR_ANOMALY_LOST_GENERATION] += h->generation - g->last_generation - 1;
		g->generation = h->generation;
	}
	HR_TRY(need(g, size + h->len, &have, err));
	if (have < size + h->len) {
		*how = COLLECTED_CUT;
		return HR_OK;
	}
	*done = false;
	consume(g, size);
	if (place != NOWHERE)
		HR_TRY(is_repeated(g, h, &repeated, err));
	if (place == NOWHERE)
		hr_reader_odd(g->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
	else if (repeated)
		hr_reader_odd(g->r, HR_ANOMALY_REPEATED_BATCH);
	else if (place == LATE)
		HR_TRY(take_late_batch(g, h, err));
	else
		HR_TRY(take_batch(g, h, err));
	consume(g, h->len);
	return g->held_bytes > HR_GO_MAX_HELD_BYTES ? hr_go_too_large(g, err) : HR_OK;
}

/* Batches up to the end of the generation. */
static enum hr_status collect(struct hr_go *g, enum collected *how, struct hr_error *err)
{
	bool done = false;

	while (!done) {
		struct head h;
		size_t size, have;
		bool cut;

		HR_TRY(need(g, 1, &have, err));
		if (have > 0)
			HR_TRY(is_second_trace(g, &done, err));
		if (have == 0 || done) {
			*how = have == 0 && hr_input_cut(g->r->in) ? COLLECTED_CUT : COLLECTED_LAST;
			return done ? drain(g, err) : HR_OK;
		}
		HR_TRY(peek_head(g, &h, &size, &cut, err));
		if (cut) {
			*how = COLLECTED_CUT;
			return HR_OK;
		}
		if (h.type == HR_GO_END_OF_GENERATION) {
			if (g->version < 26 || g->generation == 0)
				return damaged(g, err, "the end of a generation where none has begun");
			consume(g, size);
			*how = COLLECTED;
			return HR_OK;
		}
		HR_TRY(collect_batch(g, &h, size, how, &done, err));
	}
	return HR_OK;
}

/* The input ends inside a generation, or before the trace can be finished. */
static enum hr_status note_cut(struct hr_go *g, bool usable, struct hr_error *err)
{
	struct hr_trace_stats *stats = &g->r->stats;
	const struct hr_trace_stats before = *stats;
	uint64_t dropped;
	char count[HR_UNIT_BUF];

	g->ended = true;
	if (usable) {
		hr_reader_set_cut(g->r, stats->bytes_read,
				  "generation %" PRIu64 " is not complete: what there is of it is used", g->generation);
		return HR_OK;
	}
	/* The number of lost events is known at any clock frequency. */
	g->ns_per_unit = 1;
	dropped = hr_go_scan(g, err) == HR_OK ? stats->events_total - before.events_total : 0;
	*stats = before;
	hr_reader_set_cut(g->r, stats->bytes_read,
			  "generation %" PRIu64 " has no clock frequency: its %s events are dropped%s", g->generation,
			  hr_format_count(count, dropped),
			  g->last_generation == 0 ? "; did the program end without trace.Stop, as by os.Exit?" : "");
	return HR_OK;
}

static int by_generation(const void *a, const void *b)
{
	const struct hr_go_batch *x = a, *y = b;

	if (x->generation != y->generation)
		return x->generation < y->generation ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/*
 * Heap events, but no description of the heap: the trace is a window of a
 * flight recorder (or was taken while one ran), whose beginning is long gone.
 */
static void set_window(struct hr_go *g)
{
	const uint64_t told = g->r->options.min_addr;

	g->has_info = true;
	g->min_addr = told != 0 ? told : HR_GO_USUAL_BASE;
	g->object_align = 8;
	g->stack_unit = 2048;
	g->r->meta.window = true;
	g->r->meta.min_addr = g->min_addr;
	g->r->options.want = (unsigned)HR_WANT_ALL;
	if (told == 0)
		hr_reader_assume(g->r,
				 "addresses count from where the heap begins; a flight recorder's window does not tell "
				 "where: %#" PRIx64 " stands for it (--min-addr)",
				 g->min_addr);
}

/* Spans and objects have the last types of all. */
static bool has_heap_event(const struct hr_go *g)
{
	for (size_t i = 0; i < g->nbatches; i++)
		for (size_t k = g->batches[i].mark0; k < g->batches[i].mark0 + g->batches[i].marks; k++)
			if (g->batches[i].at[g->marks[k] & (HR_GO_MAX_BATCH - 1)] >= HR_GO_SPAN)
				return true;
	return false;
}

/* What is held is a generation as far as it is there: makes it ready to be merged. */
static enum hr_status prepare(struct hr_go *g, struct hr_error *err)
{
	if (g->any_late)
		qsort(g->batches, g->nbatches, sizeof(*g->batches), by_generation);
	if (!g->has_info)
		set_window(g);
	/* Of the systems whose heap lies that low only WebAssembly has pointers of 8 bytes. */
	if (g->version >= 26 && g->min_addr < HR_GO_LOW_ADDR && g->wide_pointers)
		return small_chunks(g, g->min_addr, "below 4 GiB, and pointers have 8 bytes", err);
	hr_go_find_names(g);
	HR_TRY(hr_go_scan(g, err));
	if (g->last_generation == 0 && g->r->meta.window && !g->has_types && !has_heap_event(g) &&
	    !(g->r->options.growing && g->r->stats.generations == 0))
		return hr_error_at(err, HR_EINPUT, HR_NO_OFFSET,
				   "the trace has no heap events, only those of goroutines; " HR_GO_HOW_TO_RECORD);
	hr_go_find_sweeper(g);
	HR_TRY(hr_go_find_scavenger(g, err));
	HR_TRY(hr_go_merge_start(g, err));
	if (g->generation > g->last_generation)
		g->last_generation = g->generation;
	return HR_OK;
}

/* Every generation says how fast its clock is; one that does not has that of the one before. */
static void usual_frequency(struct hr_go *g)
{
	if (g->freq != 0)
		return;
	hr_reader_odd(g->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
	g->freq = g->last_freq;
	g->ns_per_unit = 1e9 / (double)g->freq;
}

/* The trace ends here, and what is before the damage is used. */
static void end_by_damage(struct hr_go *g, const struct hr_error *damage)
{
	g->ended = true;
	hr_reader_set_cut(g->r, damage->offset != HR_NO_OFFSET ? damage->offset : g->offset,
			  "%.110s; what is before is used", damage->text);
}

static enum hr_status load_generation(struct hr_go *g, struct hr_error *err)
{
	struct hr_trace_stats *stats = &g->r->stats;
	enum collected how = COLLECTED;
	enum hr_status status = collect(g, &how, err);

	/* Events before the damage are as valid as those before the end of a truncated trace. */
	if (status == HR_EINPUT && !g->input_failed && g->last_generation != 0 && g->generation != 0 && g->freq != 0) {
		end_by_damage(g, err);
		HR_TRY(drain(g, err));
		return prepare(g, err);
	}
	HR_TRY(status);
	if (how == COLLECTED_LAST && g->generation == 0) {
		g->ended = true;
		/* Late batches may stand behind all others. */
		if (!g->any_late)
			return HR_END;
		usual_frequency(g);
		return prepare(g, err);
	}
	/* In 26 every generation has an end mark. */
	if (how == COLLECTED_LAST && (g->version >= 26 || g->freq == 0))
		how = COLLECTED_CUT;
	if (how == COLLECTED_CUT) {
		if (g->generation == 0) {
			g->ended = true;
			hr_reader_set_cut(g->r, stats->bytes_read, "the next batch has not even a complete head");
			return HR_END;
		}
		HR_TRY(note_cut(g, g->freq != 0, err));
		if (g->freq == 0)
			return HR_END;
	} else {
		usual_frequency(g);
		stats->generations++;
		g->ended = how == COLLECTED_LAST;
	}
	return prepare(g, err);
}

/*
 * The next generation, ready to be merged; HR_END: no more. Damage ends the
 * trace there, and what is before it is used.
 */
static enum hr_status load(struct hr_go *g, struct hr_error *err)
{
	struct hr_error damage = {0};
	enum hr_status status;

	forget_generation(g);
	if (g->ended)
		return HR_END;
	status = load_generation(g, &damage);
	if (status == HR_EINPUT && !g->input_failed && g->last_generation != 0) {
		end_by_damage(g, &damage);
		g->nheap = 0;
		HR_TRY(drain(g, err));
		return HR_END;
	}
	if (status != HR_OK && err != NULL)
		*err = damage;
	return status;
}

/* --- the format ------------------------------------------------------------- */

static bool go_detect(const uint8_t *head, size_t n)
{
	return n >= 5 && memcmp(head, "go 1.", 5) == 0;
}

static enum hr_status check_version(unsigned version, struct hr_error *err)
{
	switch (version) {
	case 23:
	case 25:
	case 26:
		return HR_OK;
	case 5:
	case 7:
	case 8:
	case 9:
	case 10:
	case 11:
	case 19:
	case 21:
	case 22:
		return hr_error_at(err, HR_EINPUT, 0,
				   "a trace of Go 1.%u, which cannot record heap events; " HR_GO_HOW_TO_RECORD,
				   version);
	default:
		return hr_error_at(err, HR_EINPUT, 0,
				   "unknown version 1.%u of the Go trace format; known are 1.23, 1.25 and 1.26",
				   version);
	}
}

/* The end without a single span: of a trace that was cut off too early, or of one that never had any. */
static enum hr_status no_spans(const struct hr_go *g, struct hr_error *err)
{
	if (g->r->stats.cut)
		return HR_END;
	if (g->r->stats.batches == 0)
		return hr_error_at(err, HR_EINPUT, HEADER_BYTES,
				   "the trace is nothing but its header: the program ended before its first "
				   "generation was written; call trace.Stop before it ends, also before os.Exit "
				   "and log.Fatal, which run no deferred calls");
	return hr_error_at(err, HR_EINPUT, HR_NO_OFFSET, "the trace has no heap events; " HR_GO_HOW_TO_RECORD);
}

static enum hr_status go_open(struct hr_reader *r, struct hr_error *err)
{
	struct hr_go *g = hr_calloc(1, sizeof(*g));
	size_t have;

	if (g == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = g;
	g->r = r;
	g->last_freq = LINUX_FREQ;
	hr_map64_init(&g->gc_stacks);
	hr_map64_init(&g->thread_index);
	hr_map64_init(&g->manual);
	hr_map64_init(&g->paused);
	hr_map64_init(&g->wait_stacks);
	g->blocks = g->block = take_block(g);
	if (g->block == NULL || !hr_reserve(&g->threads, &g->cap_threads, 1, sizeof(*g->threads)))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	g->threads[g->nthreads++] = (struct hr_go_thread){.p = HR_NO_P, .cursor = HR_GO_NONE};

	HR_TRY(need(g, HEADER_BYTES, &have, err));
	if (have < HEADER_BYTES)
		return hr_error_at(err, HR_EINPUT, have, "the trace ends within its header");
	if (!parse_header(g->block->data, &g->version))
		return hr_error_at(err, HR_EINPUT, 0, "damaged header of a Go execution trace");
	HR_TRY(check_version(g->version, err));
	consume(g, HEADER_BYTES);
	r->meta.version = r->meta.go_minor = g->version;
	r->meta.has_spans = r->meta.has_objects = r->meta.has_clock = true;
	r->meta.collected = r->meta.has_cycles = r->meta.tells_sweeps = true;
	r->meta.padded = g->version >= 26;
	r->meta.has_addresses = true;
	r->meta.has_procs = true;
	r->meta.page_bytes = HR_GO_PAGE_BYTES;
	enum hr_status status = load(g, err);
	if (status == HR_END)
		status = no_spans(g, err);
	return status == HR_END ? HR_OK : status;
}

static enum hr_status go_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	struct hr_go *g = r->state;
	size_t more;

	*n = 0;
	while (*n < cap) {
		if (hr_go_merge_done(g)) {
			/* Events come as soon as they are known: a live trace's next generation may be a second away.
			 */
			if (*n > 0)
				return HR_OK;
			enum hr_status status = load(g, err);
			if (status == HR_END && !g->any_span)
				return no_spans(g, err);
			HR_TRY(status);
		}
		enum hr_status status = hr_go_merge(g, ev + *n, cap - *n, &more, err);
		*n += more;
		HR_TRY(status);
	}
	return HR_OK;
}

static void go_close(struct hr_reader *r)
{
	struct hr_go *g = r->state;

	if (g == NULL)
		return;
	free_blocks(g->blocks);
	free_blocks(g->spare);
	free(g->batches);
	free(g->stacks);
	free(g->strings);
	free(g->marks);
	free(g->lanes);
	free(g->threads);
	free(g->cursors);
	free(g->heap);
	free(g->p_running);
	free(g->types);
	free(g->scav_starts);
	hr_map64_release(&g->gc_stacks);
	hr_map64_release(&g->thread_index);
	hr_map64_release(&g->manual);
	hr_map64_release(&g->paused);
	hr_map64_release(&g->wait_stacks);
	free(g);
}

const struct hr_format_ops hr_go_format = {
    .format = HR_FORMAT_GO,
    .name = "Go execution trace",
    .detect = go_detect,
    .open = go_open,
    .next = go_next,
    .close = go_close,
};
