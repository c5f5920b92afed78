/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap of objects: rules by hand, and all of it beside a model that looks at everything. */
#include "config.h"

#include "heap/objheap.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

/* 8192-byte objects: a span has one slot; 4096: two; 2048: four. Pointer-free. */
enum { C8K = 51 << 1 | 1, C4K = 44 << 1 | 1, C2K = 38 << 1 | 1, LARGE = 1 };

static uint64_t freed_spans(struct hr_objheap *h)
{
	size_t n;
	const struct hr_span_change *c = hr_objheap_take(h, &n);
	uint64_t freed = 0;

	for (size_t i = 0; i < n; i++)
		freed += c[i].freed;
	return freed;
}

static uint32_t span_of(const struct hr_objheap *h, uint32_t number)
{
	return (uint32_t)(hr_objheap_span(h, number) - h->spans);
}

/* In its span. */
static uint32_t slot_of(const struct hr_objheap *h, uint32_t number)
{
	return h->objects[number].slot - hr_objheap_span(h, number)->word * 64;
}

static void fill(struct hr_objheap *h, uint32_t from, uint32_t to, unsigned span_class)
{
	for (uint32_t i = from; i < to; i++)
		assert_true(hr_objheap_alloc(h, i, span_class, 0, 0));
}

static void test_lowest_slot_first(void **state)
{
	struct hr_objheap h;

	(void)state;
	hr_objheap_init(&h, HR_SPAN_CACHE_ONE, 19);
	fill(&h, 0, 3, C2K);
	assert_true(hr_objheap_free(&h, 2));
	assert_true(hr_objheap_free(&h, 0));
	fill(&h, 3, 5, C2K);
	assert_int_equal(slot_of(&h, 3), 0);
	assert_int_equal(slot_of(&h, 4), 2);
	assert_int_equal(h.nlive_spans, 1);
	assert_true(hr_objheap_check(&h));
	hr_objheap_release(&h);
}

static void test_none_and_one(void **state)
{
	struct hr_objheap h;

	(void)state;
	for (int cache = HR_SPAN_CACHE_NONE; cache <= HR_SPAN_CACHE_ONE; cache++) {
		hr_objheap_init(&h, cache, 19);
		/* Three spans of two; the first two are full, the third current. */
		fill(&h, 0, 5, C4K);
		assert_int_equal(freed_spans(&h), 0);
		assert_true(hr_objheap_free(&h, 0));
		assert_int_equal(freed_spans(&h), 0);
		assert_true(hr_objheap_free(&h, 1)); /* the first is empty, and not current */
		assert_int_equal(freed_spans(&h), 1);
		assert_true(hr_objheap_free(&h, 4)); /* the current one is empty */
		assert_int_equal(freed_spans(&h), cache == HR_SPAN_CACHE_NONE);
		assert_int_equal(h.span_bytes, cache == HR_SPAN_CACHE_NONE ? 8192 : 2 * 8192);
		assert_true(hr_objheap_alloc(&h, 0, LARGE, 5, 0));
		assert_int_equal(h.object_bytes, 2 * 4096 + 5 * 8192);
		assert_true(hr_objheap_free(&h, 0)); /* a large one's span goes with it */
		assert_int_equal(freed_spans(&h), 1);
		assert_true(hr_objheap_check(&h));
		hr_objheap_release(&h);
	}
}

/* A span with room is used before a new one, the one that came to have room last first. */
static void test_room(void **state)
{
	struct hr_objheap h;

	(void)state;
	hr_objheap_init(&h, HR_SPAN_CACHE_ONE, 19);
	fill(&h, 0, 8, C4K); /* four spans; the last is current, and full */
	assert_true(hr_objheap_free(&h, 0));
	assert_true(hr_objheap_free(&h, 5));
	assert_true(hr_objheap_free(&h, 2));
	fill(&h, 8, 11, C4K);
	assert_int_equal(span_of(&h, 8), span_of(&h, 3));
	assert_int_equal(span_of(&h, 9), span_of(&h, 4));
	assert_int_equal(span_of(&h, 10), span_of(&h, 1));
	assert_int_equal(h.nlive_spans, 4);
	hr_objheap_release(&h);
}

static void test_ps_have_their_own(void **state)
{
	struct hr_objheap h;

	(void)state;
	hr_objheap_init(&h, HR_SPAN_CACHE_ONE, 19);
	assert_true(hr_objheap_alloc(&h, 0, C2K, 0, 0));
	assert_true(hr_objheap_alloc(&h, 1, C2K, 0, 7));
	assert_true(hr_objheap_alloc(&h, 2, C2K, 0, 0));
	assert_int_not_equal(span_of(&h, 0), span_of(&h, 1));
	assert_int_equal(span_of(&h, 0), span_of(&h, 2));
	assert_true(hr_objheap_alloc(&h, 3, C2K & ~1u, 0, 0)); /* with pointers: another class */
	assert_int_not_equal(span_of(&h, 0), span_of(&h, 3));
	assert_true(hr_objheap_check(&h));
	hr_objheap_release(&h);
}

static void test_sweep(void **state)
{
	struct hr_objheap h;

	(void)state;
	hr_objheap_init(&h, HR_SPAN_CACHE_SWEEP, 19);
	fill(&h, 0, 6, C4K); /* three spans: 0 1, 2 3, 4 5 */
	hr_objheap_take(&h, &(size_t){0});
	hr_objheap_die(&h, 0);
	hr_objheap_die(&h, 2);
	hr_objheap_die(&h, 3);
	assert_int_equal(h.object_bytes, 6 * 4096);
	/* Nothing is free before it is swept. */
	assert_true(hr_objheap_alloc(&h, 6, C4K, 0, 0));
	assert_int_equal(h.nlive_spans, 4);
	hr_objheap_mark_start(&h);
	hr_objheap_die(&h, 1); /* while marking: survives this cycle */
	assert_int_equal(h.condemned_bytes, 3 * 4096);
	assert_int_equal(hr_objheap_mark_done(&h), 4 * 4096);
	hr_objheap_take(&h, &(size_t){0});
	assert_true(hr_objheap_sweeping(&h));
	assert_true(hr_objheap_sweep_one(&h)); /* the oldest: one slot free, but 1 keeps it */
	assert_int_equal(freed_spans(&h), 0);
	assert_true(hr_objheap_sweep_one(&h)); /* 2 3: empty */
	assert_int_equal(freed_spans(&h), 1);
	assert_int_equal(h.object_bytes, 4 * 4096);
	assert_true(hr_objheap_check(&h));
	while (hr_objheap_sweeping(&h))
		assert_true(hr_objheap_sweep_one(&h));
	/* The next cycle takes 1. */
	hr_objheap_mark_start(&h);
	assert_int_equal(hr_objheap_mark_done(&h), 3 * 4096);
	while (hr_objheap_sweeping(&h))
		assert_true(hr_objheap_sweep_one(&h));
	assert_int_equal(freed_spans(&h), 1);
	assert_int_equal(h.dead_bytes + h.condemned_bytes, 0);
	assert_true(hr_objheap_check(&h));
	hr_objheap_release(&h);
}

/* An allocation sweeps for itself: at most 101 full spans, then it takes a new one. */
static void test_sweep_on_demand(void **state)
{
	struct hr_objheap h;
	uint64_t before;

	(void)state;
	hr_objheap_init(&h, HR_SPAN_CACHE_SWEEP, 19);
	fill(&h, 0, 150, C8K);
	hr_objheap_die(&h, 0); /* the first made, the last in the list of full ones */
	hr_objheap_mark_start(&h);
	hr_objheap_mark_done(&h);
	assert_true(hr_objheap_alloc(&h, 150, C8K, 0, 0));
	assert_int_equal(h.nlive_spans, 151);
	for (uint32_t i = 0; i < 150; i++)
		assert_int_equal(h.spans[i].swept == h.sweeps, i >= 150 - 101);
	/* 49 are left; the last of them has room, and is used although it is empty. */
	before = h.object_bytes;
	assert_true(hr_objheap_alloc(&h, 0, C8K, 0, 0));
	assert_int_equal(h.nlive_spans, 151);
	assert_int_equal(span_of(&h, 0), 0);
	assert_int_equal(h.object_bytes, before);
	assert_false(hr_objheap_sweeping(&h));
	assert_true(hr_objheap_check(&h));
	hr_objheap_release(&h);
}

/* What the pacer sees: a span counts with all its room once a P has it, and what survived after a cycle. */
static void test_heap_live(void **state)
{
	struct hr_objheap h;

	(void)state;
	hr_objheap_init(&h, HR_SPAN_CACHE_SWEEP, 19);
	assert_true(hr_objheap_alloc(&h, 0, C2K, 0, 0));
	assert_true(h.refilled);
	assert_int_equal(h.heap_live, 8192);
	h.refilled = false;
	fill(&h, 1, 4, C2K);
	assert_false(h.refilled);
	assert_true(hr_objheap_alloc(&h, 4, LARGE, 3, 0));
	assert_true(h.refilled);
	assert_int_equal(h.heap_live, 4 * 8192);
	hr_objheap_die(&h, 4);
	hr_objheap_die(&h, 0);
	hr_objheap_mark_start(&h);
	hr_objheap_mark_done(&h);
	assert_int_equal(h.heap_live, 3 * 2048);
	hr_objheap_release(&h);
}

/* What no slot fits into counts too; what was counted before the heap was taken over is not counted again. */
static void test_counted(void **state)
{
	const unsigned c48 = hr_span_class_of(48, false, 19);
	struct hr_objheap h;
	uint32_t a;

	(void)state;
	hr_objheap_init(&h, HR_SPAN_CACHE_SWEEP, 19);
	fill(&h, 0, 170, c48);
	assert_int_equal(h.heap_live, 8192);
	hr_objheap_release(&h);
	hr_objheap_init(&h, HR_SPAN_CACHE_SWEEP, 19);
	assert_true(hr_objheap_adopt_span(&h, C2K, 0, &a));
	assert_true(hr_objheap_adopt(&h, 0, a, 0));
	assert_true(hr_objheap_adopted(&h));
	hr_objheap_counted(&h, 8192);
	assert_int_equal(h.heap_live, 8192);
	fill(&h, 1, 4, C2K);
	assert_int_equal(h.heap_live, 8192);
	assert_true(hr_objheap_alloc(&h, 4, C2K, 0, 0));
	assert_int_equal(h.heap_live, 2 * 8192);
	hr_objheap_counted(&h, 100);
	assert_int_equal(h.heap_live, 2 * 8192);
	hr_objheap_release(&h);
}

static void test_adopt(void **state)
{
	struct hr_objheap h;
	uint32_t a, b;

	(void)state;
	for (int cache = HR_SPAN_CACHE_ONE; cache <= HR_SPAN_CACHE_SWEEP; cache++) {
		hr_objheap_init(&h, cache, 19);
		assert_true(hr_objheap_adopt_span(&h, C2K, 0, &a));
		assert_true(hr_objheap_adopt_span(&h, C4K, 0, &b));
		assert_true(hr_objheap_adopt(&h, 0, a, 3));
		assert_true(hr_objheap_adopt(&h, 1, a, 1));
		assert_true(hr_objheap_adopt(&h, 2, a, 1)); /* taken: any other */
		assert_int_equal(slot_of(&h, 2), 0);
		assert_true(hr_objheap_adopt(&h, 3, a, 900)); /* there is no such slot */
		assert_int_equal(slot_of(&h, 3), 2);
		assert_false(hr_objheap_has_room(&h, a));
		assert_true(hr_objheap_adopted(&h));
		assert_int_equal(freed_spans(&h), cache == HR_SPAN_CACHE_ONE); /* b is empty */
		assert_int_equal(h.heap_live, 8192);
		assert_true(hr_objheap_check(&h));
		hr_objheap_release(&h);
	}
}

/* --- beside a model ------------------------------------------------------- */

enum { MAX_SPANS = 4000, MAX_OBJECTS = 600, PS = 3, MAX_SLOTS = 16 };
enum slot { FREE, LIVE, DEAD, CONDEMNED };

/* Spans are never used again: the index is the order of creation. */
struct model {
	struct {
		bool there, large, swept;
		unsigned span_class, slots;
		int p;		/* current of */
		uint64_t since; /* when it was put away last: the later, the earlier it is found */
		enum slot slot[MAX_SLOTS];
	} spans[MAX_SPANS];
	size_t n;
	uint64_t clock;
	bool collected, keep_current;
	struct {
		bool live;
		size_t span;
		unsigned slot;
	} objects[MAX_OBJECTS];
};

static unsigned count(const struct model *m, size_t s, enum slot what)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->spans[s].slots; i++)
		n += m->spans[s].slot[i] == what;
	return n;
}

static void model_sweep(struct model *m, size_t s)
{
	for (unsigned i = 0; i < m->spans[s].slots; i++)
		if (m->spans[s].slot[i] == CONDEMNED)
			m->spans[s].slot[i] = FREE;
	m->spans[s].swept = true;
	m->spans[s].since = ++m->clock;
}

/* The span of the class that was put away last, swept or not, with room or full. */
static size_t model_last(const struct model *m, unsigned span_class, bool swept, bool full)
{
	size_t best = MAX_SPANS;

	for (size_t s = 0; s < m->n; s++)
		if (m->spans[s].there && m->spans[s].p < 0 && m->spans[s].span_class == span_class &&
		    m->spans[s].swept == swept && (count(m, s, FREE) == 0) == full &&
		    (best == MAX_SPANS || m->spans[s].since > m->spans[best].since))
			best = s;
	return best;
}

static size_t model_new(struct model *m, unsigned span_class)
{
	size_t s = m->n++;

	assert_in_range(s, 0, MAX_SPANS - 1);
	m->spans[s].there = m->spans[s].swept = true;
	m->spans[s].large = span_class < 2;
	m->spans[s].span_class = span_class;
	m->spans[s].slots = span_class < 2 ? 1 : hr_objects_a_span(span_class, 19);
	m->spans[s].p = -1;
	return s;
}

static size_t model_find(struct model *m, unsigned span_class)
{
	size_t s = model_last(m, span_class, true, false);

	if (s == MAX_SPANS && m->collected) {
		s = model_last(m, span_class, false, false);
		if (s != MAX_SPANS)
			model_sweep(m, s);
	}
	for (int i = 0; s == MAX_SPANS && m->collected && i < 101; i++) {
		size_t full = model_last(m, span_class, false, true);

		if (full == MAX_SPANS)
			break;
		model_sweep(m, full);
		if (count(m, full, FREE) > 0)
			s = full;
	}
	return s != MAX_SPANS ? s : model_new(m, span_class);
}

static void model_alloc(struct model *m, unsigned number, unsigned span_class, int p)
{
	size_t s = MAX_SPANS;
	unsigned slot = 0;

	if (span_class < 2) {
		s = model_new(m, span_class);
	} else {
		for (size_t i = 0; i < m->n; i++)
			if (m->spans[i].there && m->spans[i].p == p && m->spans[i].span_class == span_class)
				s = i;
		if (s == MAX_SPANS || count(m, s, FREE) == 0) {
			if (s != MAX_SPANS) {
				m->spans[s].p = -1;
				m->spans[s].since = ++m->clock;
			}
			s = model_find(m, span_class);
			m->spans[s].p = p;
		}
		while (m->spans[s].slot[slot] != FREE)
			slot++;
	}
	m->spans[s].slot[slot] = LIVE;
	m->objects[number].live = true;
	m->objects[number].span = s;
	m->objects[number].slot = slot;
}

static void model_free(struct model *m, unsigned number)
{
	size_t s = m->objects[number].span;
	bool was_full = count(m, s, FREE) == 0;

	m->objects[number].live = false;
	if (m->collected) {
		m->spans[s].slot[m->objects[number].slot] = DEAD;
		return;
	}
	m->spans[s].slot[m->objects[number].slot] = FREE;
	if (was_full && m->spans[s].p < 0)
		m->spans[s].since = ++m->clock;
	if (count(m, s, FREE) == m->spans[s].slots && (m->spans[s].p < 0 || !m->keep_current))
		m->spans[s].there = false;
}

/* Both go through one cycle's next step: marking begins, ends, or a span is swept. */
static void step_collector(struct model *m, struct hr_objheap *h, int *phase)
{
	if (*phase == 0) {
		hr_objheap_mark_start(h);
		for (size_t s = 0; s < m->n; s++)
			for (unsigned i = 0; i < m->spans[s].slots; i++)
				if (m->spans[s].slot[i] == DEAD)
					m->spans[s].slot[i] = CONDEMNED;
		*phase = 1;
	} else if (*phase == 1) {
		hr_objheap_mark_done(h);
		/* P by P. */
		for (int p = 0; p < PS; p++)
			for (size_t s = 0; s < m->n; s++)
				if (m->spans[s].p == p)
					m->spans[s].since = ++m->clock;
		for (size_t s = 0; s < m->n; s++) {
			m->spans[s].swept = !m->spans[s].there;
			m->spans[s].p = -1;
		}
		*phase = 2;
	} else {
		for (size_t s = 0; s < m->n; s++) {
			if (!m->spans[s].there || m->spans[s].swept)
				continue;
			model_sweep(m, s);
			m->spans[s].there = count(m, s, FREE) < m->spans[s].slots;
			assert_true(hr_objheap_sweeping(h));
			assert_true(hr_objheap_sweep_one(h));
			return;
		}
		assert_false(hr_objheap_sweeping(h));
		*phase = 0;
	}
}

/* Same spans in the same order, same objects in the same slots. */
static void compare(const struct model *m, const struct hr_objheap *h, const size_t *order_of)
{
	uint32_t id = h->oldest;
	uint64_t free_bytes = 0, bytes = 0;

	for (size_t s = 0; s < m->n; s++) {
		if (!m->spans[s].there)
			continue;
		assert_int_not_equal(id, HR_NO_SPAN);
		assert_int_equal(order_of[id], s);
		assert_int_equal(h->spans[id].used, m->spans[s].slots - count(m, s, FREE));
		assert_int_equal(h->spans[id].p, m->spans[s].p);
		id = h->spans[id].younger;
	}
	assert_int_equal(id, HR_NO_SPAN);
	for (unsigned i = 0; i < MAX_OBJECTS; i++) {
		assert_int_equal(hr_objheap_has(h, i), m->objects[i].live);
		if (!m->objects[i].live)
			continue;
		assert_int_equal(order_of[span_of(h, i)], m->objects[i].span);
		assert_int_equal(slot_of(h, i), m->objects[i].slot);
	}
	/* What is not in objects is in free slots and tails; none of these classes has a tail. */
	for (id = h->oldest; id != HR_NO_SPAN; id = h->spans[id].younger) {
		const struct hr_objspan *s = &h->spans[id];

		bytes += s->npages * 8192;
		if (s->span_class >= 2)
			free_bytes += (uint64_t)(s->slots - s->used) * hr_size_classes[s->span_class >> 1].object_bytes;
	}
	assert_int_equal(bytes, h->span_bytes);
	assert_int_equal(free_bytes + h->object_bytes, h->span_bytes);
	assert_true(hr_objheap_check(h));
}

static void test_beside_a_model(void **state)
{
	static const unsigned classes[] = {C8K, C4K, C2K, C2K & ~1u, 32 << 1 | 1, LARGE, 26 << 1};
	static size_t order_of[MAX_SPANS];

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		enum hr_span_cache cache = HR_SPAN_CACHE_NONE + seed % 3;
		struct model *m = calloc(1, sizeof(*m));
		struct hr_objheap h;
		uint64_t r = seed * 7919;
		int phase = 0;
		size_t made = 0;

		assert_non_null(m);
		m->collected = cache == HR_SPAN_CACHE_SWEEP;
		m->keep_current = cache != HR_SPAN_CACHE_NONE;
		hr_objheap_init(&h, cache, 19);
		for (int step = 0; step < 3000 && m->n < MAX_SPANS - 2; step++) {
			unsigned number = (unsigned)(test_random(&r) % MAX_OBJECTS), kind = test_random(&r) % 100;
			/* Waves: sometimes more come, sometimes more go. */
			bool grow = step / 300 % 2 == 0, want = kind < (grow ? 80 : 20);

			if (m->collected && kind % 4 == 0)
				step_collector(m, &h, &phase);
			while (number > h.nobjects)
				number /= 2;
			if (want && !m->objects[number].live) {
				unsigned c = classes[test_random(&r) % (sizeof(classes) / sizeof(classes[0]))];
				int p = (int)(test_random(&r) % PS);

				model_alloc(m, number, c, p);
				assert_true(hr_objheap_alloc(&h, number, c, 2, p));
			} else if (!want && m->objects[number].live) {
				model_free(m, number);
				if (m->collected)
					hr_objheap_die(&h, number);
				else
					assert_true(hr_objheap_free(&h, number));
			}
			size_t n;
			const struct hr_span_change *c = hr_objheap_take(&h, &n);
			for (size_t i = 0; i < n; i++)
				if (!c[i].freed)
					order_of[c[i].span] = made++;
			if (step % 10 == 0 || step > 2980)
				compare(m, &h, order_of);
		}
		hr_objheap_release(&h);
		free(m);
	}
}

HR_TEST_MAIN(objheap)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lowest_slot_first),
	    cmocka_unit_test(test_none_and_one),
	    cmocka_unit_test(test_room),
	    cmocka_unit_test(test_ps_have_their_own),
	    cmocka_unit_test(test_sweep),
	    cmocka_unit_test(test_sweep_on_demand),
	    cmocka_unit_test(test_heap_live),
	    cmocka_unit_test(test_counted),
	    cmocka_unit_test(test_adopt),
	    cmocka_unit_test(test_beside_a_model),
	};

	return cmocka_run_group_tests_name("objheap", tests, NULL, NULL);
}
