/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the wanted events of a generation are, and when: the one loop that
 * looks at every byte of a Go trace.
 *
 * Nearly all events are objects' (99 of 100, 6.8 bytes each), and a replay of
 * spans wants none of them; but each tells the time that the next one counts
 * from, and only its own bytes say how long it is. So an event is a type byte
 * (which, unlike everything behind it, may have its high bit set) and k
 * varints, and it ends at the k-th byte from there without a high bit. With
 * eight bytes in a register, a multiplication sums up those bytes, an addition
 * of a constant per type lifts the high bit of every byte where the sum has
 * reached k, and the lowest such bit is the event's end. What does not fit
 * (longer events, deltas of more than a byte, which are 1 to 10 of 100, the
 * last bytes of a batch) and what is wanted takes the careful way.
 *
 * The end of one event is where the next one starts: a chain of some 20
 * cycles. Batches are independent of each other, so four are walked at once.
 *
 * Invariant: once a batch is scanned, every varint in it is known to be a good
 * number that ends within the batch.
 */
#include "config.h"

#include "trace/go/scan.h"

#include "base/alloc.h"
#include "trace/varint.h"

#include <stdlib.h>
#include <string.h>

enum {
	LANES = 4,
	UNKNOWN = 0xff, /* argument count of a type that may not stand in an event batch */
	FAST_BYTES = 9, /* what the fast way looks at, and so the longest event that it takes */
	MAX_BATCH_NS_BITS = 64 - HR_GO_MARK_PLACE_BITS,
};

#define EVERY_BYTE(x) ((x)*0x0101010101010101ULL)
#define HIGH_BITS EVERY_BYTE(0x80ULL)
#define LOW_BITS EVERY_BYTE(1ULL)
#define MAX_BATCH_NS (1ULL << (MAX_BATCH_NS_BITS - 1))
#define MAX_BASE_NS HR_GO_MAX_TIME_NS

/* BLOCKS: with spans those of the background sweeper, with GC_CPU all. */
enum { NOT_WANTED, SPANS, OBJECTS, BLOCKS, GC_CPU, GC_CPU_OR_REST, REST };

/* Arguments behind the time delta, and who wants the event. */
struct shape {
	uint8_t known, args, wanted;
};

static const struct shape shapes[256] = {
    [HR_GO_PROCS_CHANGE] = {1, 2, SPANS},
    [HR_GO_PROC_START] = {1, 2, SPANS},
    [HR_GO_PROC_STOP] = {1, 0, SPANS},
    [HR_GO_PROC_STEAL] = {1, 3, SPANS},
    [HR_GO_PROC_STATUS] = {1, 2, SPANS},
    [14] = {1, 3}, /* GoCreate */
    [HR_GO_GO_CREATE_SYSCALL] = {1, 1, GC_CPU},
    [HR_GO_GO_START] = {1, 2, GC_CPU},
    [HR_GO_GO_DESTROY] = {1, 0, GC_CPU},
    [HR_GO_GO_DESTROY_SYSCALL] = {1, 0, GC_CPU},
    [HR_GO_GO_STOP] = {1, 2, GC_CPU},
    [HR_GO_GO_BLOCK] = {1, 2, BLOCKS},
    [21] = {1, 3}, /* GoUnblock */
    [22] = {1, 2}, /* GoSyscallBegin */
    [23] = {1, 0}, /* GoSyscallEnd */
    [24] = {1, 0}, /* GoSyscallEndBlocked */
    [HR_GO_GO_STATUS] = {1, 3, GC_CPU},
    [HR_GO_STW_BEGIN] = {1, 2, SPANS},
    [HR_GO_STW_END] = {1, 0, SPANS},
    [HR_GO_GC_ACTIVE] = {1, 1, SPANS},
    [HR_GO_GC_BEGIN] = {1, 2, SPANS},
    [HR_GO_GC_END] = {1, 1, SPANS},
    [31] = {1, 1}, /* GCSweepActive */
    [HR_GO_SWEEP_BEGIN] = {1, 1, GC_CPU_OR_REST},
    [HR_GO_SWEEP_END] = {1, 2, GC_CPU_OR_REST},
    [34] = {1, 1}, /* MarkAssistActive */
    [HR_GO_ASSIST_BEGIN] = {1, 1, GC_CPU_OR_REST},
    [HR_GO_ASSIST_END] = {1, 0, GC_CPU_OR_REST},
    [HR_GO_HEAP_ALLOC] = {1, 1, REST},
    [HR_GO_HEAP_GOAL] = {1, 1, SPANS},
    [HR_GO_GO_LABEL] = {1, 1, GC_CPU},
    [40] = {1, 4}, /* UserTaskBegin */
    [41] = {1, 2}, /* UserTaskEnd */
    [42] = {1, 3}, /* UserRegionBegin */
    [43] = {1, 3}, /* UserRegionEnd */
    [HR_GO_USER_LOG] = {1, 4, REST},
    [HR_GO_GO_SWITCH] = {1, 2, GC_CPU},
    [HR_GO_GO_SWITCH_DESTROY] = {1, 2, GC_CPU},
    [47] = {1, 3}, /* GoCreateBlocked */
    [HR_GO_GO_STATUS_STACK] = {1, 4, GC_CPU},
    [HR_GO_SPAN] = {1, 3, SPANS},
    [HR_GO_SPAN_ALLOC] = {1, 3, SPANS},
    [HR_GO_SPAN_FREE] = {1, 1, SPANS},
    [HR_GO_OBJECT] = {1, 2, OBJECTS},
    [HR_GO_OBJECT_ALLOC] = {1, 2, OBJECTS},
    [HR_GO_OBJECT_FREE] = {1, 1, OBJECTS},
    [HR_GO_STACK_EXISTS] = {1, 2, OBJECTS},
    [HR_GO_STACK_ALLOC] = {1, 2, OBJECTS},
    [HR_GO_STACK_FREE] = {1, 1, OBJECTS},
};

bool hr_go_is_of_spans(unsigned type)
{
	return shapes[type].wanted == SPANS;
}

/* Why those wait whose events of waiting are looked at. */
static inline bool is_wait(const struct hr_go *g, uint64_t why)
{
	return why == g->names[HR_GO_NAME_SWEEPER_WAITS] || why == g->names[HR_GO_NAME_SYSTEM_WAITS] ||
	       why == g->names[HR_GO_NAME_SLEEPS];
}

/* What the loop needs of a type. */
struct scan {
	uint64_t reached[256]; /* added to the sums of ends; 0: never reached, so the careful way */
	bool wanted[256];
	bool few_blocks;   /* only those of the sweeper, and those that the scavenger has */
	bool mark_all;	   /* the fast way marks what it passes, wanted or not */
	uint64_t units_ns; /* ns a unit where that is a whole number, else 0 */
	double ns_per_unit;
};

struct lane {
	const uint8_t *p, *end;
	uint64_t time;	/* since the batch's base, in the recorder's units */
	uint64_t *mark; /* the next one's place */
	struct hr_go_batch *batch;
	uint64_t *marks; /* room for hr_go.lane_marks */
};

static void prepare(struct scan *s, const struct hr_go *g)
{
	const bool wanted[] = {
	    [NOT_WANTED] = false,
	    [SPANS] = true,
	    [OBJECTS] = (g->r->options.want & HR_WANT_OBJECTS) != 0,
	    [BLOCKS] = true,
	    [GC_CPU] = hr_go_wants_gc_cpu(g),
	    [GC_CPU_OR_REST] = hr_go_wants_gc_cpu(g) || hr_go_wants_rest(g),
	    [REST] = hr_go_wants_rest(g),
	};

	memset(s, 0, sizeof(*s));
	/* With objects nearly everything is wanted: then a mark too many is cheaper than a look. */
	s->mark_all = wanted[OBJECTS];
	for (unsigned type = 0; type < 256; type++) {
		s->wanted[type] = wanted[shapes[type].wanted];
		if (shapes[type].known && type != HR_GO_GC_BEGIN && (s->mark_all || !s->wanted[type]))
			s->reached[type] = EVERY_BYTE(0x80ULL - (shapes[type].args + 1u));
	}
	s->few_blocks = !wanted[GC_CPU];
	s->ns_per_unit = g->ns_per_unit;
	if (g->ns_per_unit < 1e9 && g->ns_per_unit == (double)(uint64_t)g->ns_per_unit)
		s->units_ns = (uint64_t)g->ns_per_unit;
}

/*
 * Times are summed in the recorder's units and made nanoseconds afterwards: deltas
 * that are rounded one by one, as Go's own reader does it, lose half a
 * nanosecond an event where the unit is no whole number of them.
 */
static inline uint64_t ns_of(const struct scan *s, uint64_t units_ns, uint64_t time)
{
	return units_ns ? time * units_ns : (uint64_t)((double)time * s->ns_per_unit);
}

static inline void add_mark(struct lane *l, uint64_t ns, const uint8_t *at)
{
	*l->mark++ = ns << HR_GO_MARK_PLACE_BITS | (uint64_t)(at - l->batch->at);
}

static inline bool is_too_late(const struct scan *s, uint64_t time, uint64_t delta)
{
	return ((double)time + (double)delta) * s->ns_per_unit >= (double)MAX_BATCH_NS;
}

/* Whether the event, whose first argument is at p, is to be marked. */
static inline bool is_wanted(const struct hr_go *g, const struct scan *s, unsigned type, const uint8_t *p)
{
	if (s->mark_all || !s->wanted[type] || shapes[type].wanted != BLOCKS || !s->few_blocks)
		return s->mark_all || s->wanted[type];
	return is_wait(g, hr_varint_known(&p));
}

/* Any event, with every check. */
static enum hr_status careful(struct hr_go *g, struct lane *l, const struct scan *s, struct hr_error *err)
{
	const uint8_t *p = l->p, *type = p++;
	const struct shape *shape = &shapes[*type];
	const uint8_t *args;
	uint64_t offset = l->batch->offset + (uint64_t)(type - l->batch->at), delta, arg = 0;

	if (!shape->known)
		return hr_error_at(err, HR_EINPUT, offset, "damaged trace: %u is not the type of an event", *type);
	if (!hr_varint(&p, l->end, &delta))
		return hr_error_at(err, HR_EINPUT, offset, "damaged trace: bad number in an event of type %u", *type);
	/* An event that lies days behind its batch's start: it is taken to be where the one before is. */
	if (is_too_late(s, l->time, delta))
		hr_reader_odd(g->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
	else
		l->time += delta;
	args = p;
	for (unsigned i = 0; i < shape->args; i++)
		if (!hr_varint(&p, l->end, &arg))
			return hr_error_at(err, HR_EINPUT, offset, "damaged trace: bad number in an event of type %u",
					   *type);
	/* The last argument is the stack. */
	if (*type == HR_GO_GC_BEGIN && arg != UINT64_MAX && !hr_map64_put(&g->gc_stacks, arg, 0))
		return hr_go_no_memory(g, err);
	if (is_wanted(g, s, *type, args))
		add_mark(l, ns_of(s, s->units_ns, l->time), type);
	l->p = p;
	return HR_OK;
}

/*
 * An event that is wanted, or has a long delta, but is as short as others. False: it
 * needs care. The lane's bytes may be loaded eight at a time from its end on, too.
 */
static inline bool short_event(const struct hr_go *g, struct lane *l, const struct scan *s)
{
	const unsigned type = *l->p;
	const uint64_t w = hr_load64(l->p + 1);
	const uint64_t reached =
	    ((~w >> 7 & LOW_BITS) * LOW_BITS + EVERY_BYTE(0x80ULL - (shapes[type].args + 1u))) & HIGH_BITS;
	const uint8_t *p = l->p + 1;
	uint64_t delta;

	/* The length first: behind the lane's end, bytes may be loaded, but mean nothing. */
	if (l->end - l->p < FAST_BYTES || reached == 0 || !shapes[type].known || type == HR_GO_GC_BEGIN)
		return false;
	delta = hr_varint_known(&p);
	if (is_too_late(s, l->time, delta))
		return false;
	l->time += delta;
	if (is_wanted(g, s, type, p))
		add_mark(l, ns_of(s, s->units_ns, l->time), l->p);
	l->p += 2 + (unsigned)__builtin_ctzll(reached) / 8;
	return true;
}

/* The event behind the one at p, which the scan has seen. */
const uint8_t *hr_go_next_event(const uint8_t *p)
{
	unsigned more = shapes[*p].args + 1u;
	const uint64_t w = hr_load64(p + 1);
	const uint64_t reached = ((~w >> 7 & LOW_BITS) * LOW_BITS + EVERY_BYTE(0x80ULL - more)) & HIGH_BITS;

	if (reached != 0)
		return p + 2 + (unsigned)__builtin_ctzll(reached) / 8;
	for (p++; more > 0; more--)
		hr_varint_skip_known(&p);
	return p;
}

/* One event of a lane whose place and time are p and time; `stuck` where that is not ordinary. */
#define STEP(lane, p, time)                                                                                            \
	do {                                                                                                           \
		uint64_t w = hr_load64((p) + 1), ends = ~w >> 7 & LOW_BITS;                                            \
		uint64_t reached = (ends * LOW_BITS + s->reached[*(p)]) & HIGH_BITS;                                   \
		if (__builtin_expect(reached == 0 || (w & 0x80) != 0, 0)) {                                            \
			stuck = (lane);                                                                                \
			goto out;                                                                                      \
		}                                                                                                      \
		(time) += w & 0x7f;                                                                                    \
		if (mark_all)                                                                                          \
			add_mark(&lanes[lane], ns_of(s, units_ns, time), p);                                           \
		(p) += 2 + (unsigned)__builtin_ctzll(reached) / 8;                                                     \
	} while (0)

/*
 * All four lanes, an event each in turn, until one can't go on like this; that
 * one is the answer. Adds to *events. mark_all and whether units_ns is 0 are
 * constants where this is called.
 */
static inline __attribute__((always_inline)) unsigned fast4(struct lane *lanes, const struct scan *s, bool mark_all,
							    uint64_t units_ns, uint64_t *events)
{
	const uint8_t *p0 = lanes[0].p, *p1 = lanes[1].p, *p2 = lanes[2].p, *p3 = lanes[3].p;
	uint64_t time0 = lanes[0].time, time1 = lanes[1].time, time2 = lanes[2].time, time3 = lanes[3].time;
	uint64_t rounds;
	unsigned stuck;

	for (;;) {
		const ptrdiff_t left[LANES] = {lanes[0].end - p0, lanes[1].end - p1, lanes[2].end - p2,
					       lanes[3].end - p3};

		stuck = 0;
		for (unsigned i = 1; i < LANES; i++)
			if (left[i] < left[stuck])
				stuck = i;
		rounds = (uint64_t)left[stuck] / FAST_BYTES;
		if (rounds == 0)
			goto out;
		*events += LANES * rounds;
		for (; rounds > 0; rounds--) {
			STEP(0, p0, time0);
			STEP(1, p1, time1);
			STEP(2, p2, time2);
			STEP(3, p3, time3);
		}
	}
out:
	if (rounds > 0)
		*events -= LANES * rounds - stuck;
	lanes[0].p = p0, lanes[1].p = p1, lanes[2].p = p2, lanes[3].p = p3;
	lanes[0].time = time0, lanes[1].time = time1, lanes[2].time = time2, lanes[3].time = time3;
	return stuck;
}

/* The same with one lane, where fewer than four are left. */
static inline __attribute__((always_inline)) void fast1(struct lane *lanes, const struct scan *s, bool mark_all,
							uint64_t units_ns, uint64_t *events)
{
	const uint8_t *p = lanes->p, *safe = lanes->end - FAST_BYTES;
	uint64_t time = lanes->time;
	unsigned stuck = 0;

	for (; p <= safe; (*events)++)
		STEP(0, p, time);
out:
	lanes->p = p;
	lanes->time = time;
	(void)stuck;
}
#undef STEP

/* Gives the lane the next batch. */
static void lane_begin(struct lane *l, struct hr_go_batch *b, const struct scan *s)
{
	const uint8_t *p = b->at + 1;
	uint64_t delta;

	l->p = b->at;
	l->end = b->at + b->len;
	l->time = 0;
	l->mark = l->marks;
	l->batch = b;
	b->first_ns = 0;
	/* A bad delta is the careful way's to report. */
	if (hr_varint(&p, l->end, &delta) && (double)delta * s->ns_per_unit < (double)MAX_BATCH_NS)
		b->first_ns = ns_of(s, s->units_ns, delta);
}

static enum hr_status lane_end(struct hr_go *g, struct lane *l, const struct scan *s, struct hr_error *err)
{
	struct hr_go_batch *b = l->batch;
	size_t n = (size_t)(l->mark - l->marks);
	uint64_t ns = ns_of(s, s->units_ns, l->time);

	if (g->held_bytes + (g->nmarks + n) * sizeof(*g->marks) > HR_GO_MAX_HELD_BYTES)
		return hr_go_too_large(g, err);
	if (!hr_reserve(&g->marks, &g->cap_marks, g->nmarks + n, sizeof(*g->marks)))
		return hr_go_no_memory(g, err);
	if (n > 0)
		memcpy(g->marks + g->nmarks, l->marks, n * sizeof(*l->marks));
	b->mark0 = g->nmarks;
	b->marks = (uint32_t)n;
	b->last_ns = ns;
	g->nmarks += n;
	if (b->base_ns + ns > g->max_ns)
		g->max_ns = b->base_ns + ns;
	return HR_OK;
}

/* All batches. */
static inline __attribute__((always_inline)) enum hr_status
scan_all(struct hr_go *g, const struct scan *s, bool mark_all, uint64_t units_ns, struct hr_error *err)
{
	struct lane lanes[LANES];
	uint64_t events = 0;
	size_t next = 0, busy;

	for (busy = 0; busy < LANES && next < g->nbatches; busy++) {
		lanes[busy].marks = g->lanes + busy * g->lane_marks;
		lane_begin(&lanes[busy], &g->batches[next++], s);
	}
	while (busy > 0) {
		struct lane *l = &lanes[busy - 1];

		if (busy == LANES)
			l = &lanes[fast4(lanes, s, mark_all, units_ns, &events)];
		else
			fast1(l, s, mark_all, units_ns, &events);
		/* The one event that is not ordinary, or the last ones of the batch. */
		while (l->p < l->end) {
			if (!short_event(g, l, s))
				HR_TRY(careful(g, l, s, err));
			events++;
			if (l->end - l->p >= FAST_BYTES)
				break;
		}
		if (l->p < l->end)
			continue;
		HR_TRY(lane_end(g, l, s, err));
		if (next < g->nbatches)
			lane_begin(l, &g->batches[next++], s);
		else
			*l = lanes[--busy];
	}
	g->r->stats.events_total += events;
	return HR_OK;
}

/* When batches begin; one of a time that can't be, with the one before it, or the first that has one. */
static void set_bases(struct hr_go *g, const struct scan *s)
{
	uint64_t last = g->floor_ns;
	size_t bad = 0;

	for (size_t i = 0; i < g->nbatches; i++) {
		struct hr_go_batch *b = &g->batches[i];

		if ((double)b->ts * s->ns_per_unit >= (double)MAX_BASE_NS) {
			hr_reader_odd(g->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
			b->base_ns = last;
			bad += i == bad;
			continue;
		}
		b->base_ns = ns_of(s, s->units_ns, b->ts);
		last = b->base_ns;
		for (; bad > 0 && i == bad; bad--)
			g->batches[bad - 1].base_ns = last;
	}
}

/* Room for the marks of the largest batch in each; an event has two bytes at least. */
static bool make_lanes(struct hr_go *g)
{
	size_t most = 1;

	for (size_t i = 0; i < g->nbatches; i++)
		if (g->batches[i].len / 2 + 1 > most)
			most = g->batches[i].len / 2 + 1;
	if (most <= g->lane_marks)
		return true;
	free(g->lanes);
	g->lanes = malloc(sizeof(*g->lanes) * LANES * most);
	g->lane_marks = g->lanes != NULL ? most : 0;
	return g->lanes != NULL;
}

enum hr_status hr_go_scan(struct hr_go *g, struct hr_error *err)
{
	struct scan s;

	prepare(&s, g);
	if (!make_lanes(g))
		return hr_go_no_memory(g, err);
	g->nmarks = 0;
	g->max_ns = 0;
	set_bases(g, &s);
	if (s.units_ns)
		return s.mark_all ? scan_all(g, &s, true, s.units_ns, err) : scan_all(g, &s, false, s.units_ns, err);
	return s.mark_all ? scan_all(g, &s, true, 0, err) : scan_all(g, &s, false, 0, err);
}
