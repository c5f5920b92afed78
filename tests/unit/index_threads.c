/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The indexes under real threads: one frees and marks under the heap lock while
 * others find without it, and clear under it. To be run under TSan, too.
 *
 * A chunk may be lost to searches for a while, though it is marked: a finder
 * passes it, then it is marked, not above the search address, then the finder
 * lowers the address to below it. In a serial search, once all is quiet, such a
 * chunk isn't found, because it lies above the search address. It is lost by
 * right if, and only if, a find ran at the time of its mark; so each find notes
 * when it began and ended, and each mark when it happened, on one clock that
 * ticks with the marks. What must hold after each round, when all is quiet:
 *
 *   - A chunk with work is marked: no bit is ever lost.
 *   - A serial search finds every marked chunk that isn't above its beginning.
 *   - What it doesn't find, with work, was marked during a find.
 *   - The last mark that raised the search address was found. While it stands
 *     there marked, no finder that didn't see it can lower it. (A whole byte
 *     of Go 1.19's index counts: a chunk above of the same byte, lost before,
 *     may take its place. So these chunks have a byte each. And no page is
 *     marked twice in a round, lest a finder takes the second mark for the
 *     first one, which it has seen.)
 *   - After a mark above everything, a serial search finds all the rest.
 *
 * What a finder finds it takes, all of it, so that "has work" and "was found
 * since" are the same.
 *
 * All this without and with delays before each atomic operation (delay.h), which
 * make rare interleavings frequent; tests/model has all interleavings of small
 * cases. HR_INDEX_ROUNDS sets how many rounds there are, of 300 marks each.
 */
#include "config.h"

#include "scavenge/go/index_bits.h"
#include "scavenge/go/index_density.h"

#include "testing.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BASE_CHUNK UINT64_C(0xc000)
#define SPACING 256u /* so that a search takes its time */
#define CHUNKS 400u
#define ROUNDS 500 /* unless HR_INDEX_ROUNDS says otherwise */
#define GROWTHS 5000
#define MARKS 300 /* a round; each chunk's pages are enough for all */
#define FINDERS 3
#define MAX_SPANS 1024

/* The other threads would wait for ever for one that has left; so the program ends. */
#define must(condition) must_be((condition), #condition, __LINE__)

static void must_be(bool fine, const char *what, int line)
{
	if (fine)
		return;
	printf("Bail out! index_threads, line %d: %s\n", line, what);
	fflush(stdout);
	_exit(1);
}

bool delays; /* see delay.h */

struct span {
	uint64_t from, to; /* ticks */
};

struct index {
	const char *name;
	bool forced_only; /* one finder in FINDERS is the background's otherwise */
	void (*mark)(uint64_t chunk, unsigned page);
	void (*clear)(uint64_t chunk);
	struct hr_index_hit (*find)(bool force);
	bool (*is_marked)(uint64_t chunk);
	struct hr_search_addr *(*cursor)(void);
	void (*end_round)(void);
};

static struct {
	const struct index *index;
	pthread_mutex_t heap_lock;
	pthread_barrier_t barrier;
	_Atomic uint64_t clock; /* two ticks a mark */
	_Atomic bool marking;	/* this round */
	_Atomic uint64_t finds;
	bool over; /* the last round is; changed between rounds */
	/* Under the heap lock. */
	bool work[CHUNKS];
	uint64_t marked_at[CHUNKS]; /* the first tick of the last mark */
	unsigned last_raise;	    /* chunk whose mark raised the search address last, CHUNKS none */
	uint64_t found, lost;
} t = {.heap_lock = PTHREAD_MUTEX_INITIALIZER};

struct finder {
	pthread_t thread;
	bool force;
	struct span spans[MAX_SPANS]; /* of finds with marks in between; the last one takes in what doesn't fit */
	size_t nspans;
};

/* --- the two indexes --- */

static struct hr_index_bits bits;
static struct hr_index_density density;

static void bits_mark(uint64_t chunk, unsigned page)
{
	hr_index_bits_mark(&bits, hr_chunk_page(chunk) + page, hr_chunk_page(chunk) + page + 1);
}

static void bits_clear(uint64_t chunk)
{
	hr_index_bits_clear(&bits, chunk);
}

static struct hr_index_hit bits_find(bool force)
{
	(void)force;
	return hr_index_bits_find(&bits);
}

static bool bits_is_marked(uint64_t chunk)
{
	return hr_index_bits_is_marked(&bits, chunk);
}

static struct hr_search_addr *bits_cursor(void)
{
	return &bits.cursor;
}

static void bits_end_round(void)
{
}

static void density_mark(uint64_t chunk, unsigned page)
{
	hr_index_density_alloc(&density, chunk, 1);
	hr_index_density_free(&density, chunk, page, 1);
}

static void density_clear(uint64_t chunk)
{
	hr_index_density_set_released(&density, chunk);
	hr_index_density_set_empty(&density, chunk);
}

static struct hr_index_hit density_find(bool force)
{
	return hr_index_density_find(&density, force);
}

static bool density_is_marked(uint64_t chunk)
{
	return hr_index_density_record(&density, chunk).flags & HR_DENSITY_HAS_FREE;
}

static struct hr_search_addr *density_cursor(void)
{
	return &density.forced;
}

/* As in the runtime, where the world is stopped. */
static void density_end_round(void)
{
	hr_index_density_next_gen(&density);
	for (uint64_t c = BASE_CHUNK; c < BASE_CHUNK + CHUNKS * SPACING; c += SPACING)
		must(hr_index_density_check(&density, c, c + 1));
}

static const struct index indexes[] = {
    {"bits", true, bits_mark, bits_clear, bits_find, bits_is_marked, bits_cursor, bits_end_round},
    {"density", false, density_mark, density_clear, density_find, density_is_marked, density_cursor, density_end_round},
};

/* --- threads --- */

static uint64_t chunk_of(unsigned i)
{
	return BASE_CHUNK + i * SPACING;
}

/* scavengeOne: takes what there is, or clears the chunk. */
static void take(uint64_t chunk)
{
	unsigned i = (unsigned)((chunk - BASE_CHUNK) / SPACING);

	pthread_mutex_lock(&t.heap_lock);
	if (t.work[i])
		t.found++;
	else
		t.index->clear(chunk);
	t.work[i] = false;
	pthread_mutex_unlock(&t.heap_lock);
}

static void note(struct finder *f, uint64_t from, uint64_t to)
{
	if (from % 2 == 0 && from == to)
		return;
	if (f->nspans == MAX_SPANS)
		f->spans[MAX_SPANS - 1].to = to;
	else
		f->spans[f->nspans++] = (struct span){from, to};
}

static void *finder(void *arg)
{
	struct finder *f = arg;

	for (;;) {
		pthread_barrier_wait(&t.barrier);
		if (t.over)
			return NULL;
		f->nspans = 0;
		while (atomic_load(&t.marking)) {
			uint64_t from = atomic_load(&t.clock);
			struct hr_index_hit hit = t.index->find(f->force);

			note(f, from, atomic_load(&t.clock));
			atomic_fetch_add(&t.finds, 1);
			if (hit.found)
				take(hit.chunk);
			else
				sched_yield();
		}
		pthread_barrier_wait(&t.barrier);
	}
}

/* pageAlloc.free. */
static void mark(unsigned i, unsigned page)
{
	bool marked;
	uint64_t before;

	pthread_mutex_lock(&t.heap_lock);
	before = hr_search_addr_load(t.index->cursor(), &marked) + 1;
	t.marked_at[i] = atomic_fetch_add(&t.clock, 1);
	t.work[i] = true;
	t.index->mark(chunk_of(i), page);
	atomic_fetch_add(&t.clock, 1);
	/* Finders only lower it: what is marked and above what was there is ours. */
	hr_search_addr_load(t.index->cursor(), &marked);
	if (hr_chunk_page(chunk_of(i)) + page + 1 > before)
		t.last_raise = i;
	pthread_mutex_unlock(&t.heap_lock);
}

/* Lets some finds end, so that the finders keep up. */
static void wait_for_finds(uint64_t n)
{
	uint64_t until = atomic_load(&t.finds) + n;

	while (atomic_load(&t.finds) < until)
		sched_yield();
}

static void search_serially(void)
{
	struct hr_index_hit hit;

	while (hit = t.index->find(true), hit.found)
		take(hit.chunk);
}

static bool was_during_a_find(const struct finder *finders, uint64_t tick)
{
	for (int i = 0; i < FINDERS; i++)
		for (size_t j = 0; j < finders[i].nspans; j++)
			if (finders[i].spans[j].from <= tick + 1 && finders[i].spans[j].to > tick)
				return true;
	return false;
}

/* All is quiet. */
static void check_round(const struct finder *finders)
{
	bool marked;
	uint64_t start = hr_search_addr_load(t.index->cursor(), &marked) + 1;

	for (unsigned i = 0; i < CHUNKS; i++)
		if (t.work[i])
			must(t.index->is_marked(chunk_of(i)));
	search_serially();
	for (unsigned i = 0; i < CHUNKS; i++) {
		if (t.index->is_marked(chunk_of(i)))
			must(hr_chunk_page(chunk_of(i)) >= start);
		if (!t.work[i])
			continue;
		t.lost++;
		must(was_during_a_find(finders, t.marked_at[i]));
	}
	if (t.last_raise < CHUNKS)
		must(!t.work[t.last_raise]);

	t.index->mark(chunk_of(CHUNKS - 1), HR_CHUNK_PAGES - 1);
	search_serially();
	for (unsigned i = 0; i < CHUNKS; i++) {
		must(!t.work[i]);
		must(!t.index->is_marked(chunk_of(i)));
	}
	hr_search_addr_reset(t.index->cursor());
	t.index->end_round();
}

static void stress(const struct index *index)
{
	static struct finder finders[FINDERS];
	uint64_t seed = 11, marks = 0;
	const char *rounds = getenv("HR_INDEX_ROUNDS");

	memset(t.work, 0, sizeof(t.work));
	t.index = index;
	t.over = false;
	t.found = t.lost = 0;
	atomic_store(&t.finds, 0);
	must(pthread_barrier_init(&t.barrier, NULL, FINDERS + 1) == 0);
	for (int i = 0; i < FINDERS; i++) {
		finders[i].force = index->forced_only || i > 0;
		must(pthread_create(&finders[i].thread, NULL, finder, &finders[i]) == 0);
	}
	for (long round = 0; round < (rounds != NULL ? atol(rounds) : ROUNDS); round++) {
		unsigned page[CHUNKS] = {0};

		t.last_raise = CHUNKS;
		atomic_store(&t.marking, true);
		pthread_barrier_wait(&t.barrier);
		for (int i = 0; i < MARKS; i++) {
			unsigned c = (unsigned)(test_random(&seed) % CHUNKS);

			mark(c, page[c]++);
			marks++;
			if (i % 10 == 0)
				wait_for_finds(test_random(&seed) % 3);
		}
		atomic_store(&t.marking, false);
		pthread_barrier_wait(&t.barrier);
		check_round(finders);
	}
	t.over = true;
	pthread_barrier_wait(&t.barrier);
	for (int i = 0; i < FINDERS; i++)
		pthread_join(finders[i].thread, NULL);
	pthread_barrier_destroy(&t.barrier);
	print_message(
	    "# %s%s: %llu marks, %llu finds; %llu chunks found by threads or after, %llu of them lost for a while\n",
	    index->name, delays ? " with delays" : "", (unsigned long long)marks,
	    (unsigned long long)atomic_load(&t.finds), (unsigned long long)t.found, (unsigned long long)t.lost);
}

static void stress_twice(const struct index *index)
{
	delays = false;
	stress(index);
	delays = true;
	stress(index);
}

static void test_bits(void **state)
{
	(void)state;
	must(hr_index_bits_init(&bits, hr_geometry(48)));
	hr_index_bits_grow(&bits, BASE_CHUNK, CHUNKS * SPACING, 4096);
	stress_twice(&indexes[0]);
	hr_index_bits_release(&bits);
}

static void test_density(void **state)
{
	(void)state;
	must(hr_index_density_init(&density, hr_geometry(48)));
	density.huge_page_flag = true;
	hr_index_density_grow(&density, BASE_CHUNK);
	stress_twice(&indexes[1]);
	hr_index_density_release(&density);
}

/* --- growth beside a finder --- */

static struct {
	_Atomic unsigned round, done;
	_Atomic bool over, found;
} g;

static void *finder_beside_growth(void *arg)
{
	unsigned seen = 0;

	(void)arg;
	for (;;) {
		while (atomic_load(&g.round) == seen)
			if (atomic_load(&g.over))
				return NULL;
		seen = atomic_load(&g.round);
		for (int i = 0; i < 40; i++)
			if (hr_index_density_find(&density, true).found)
				atomic_store(&g.found, true);
		atomic_store(&g.done, seen);
	}
}

/*
 * Memory grows below the heap and is freed. The chunk is found, by the finder
 * or after it, although with fix_sticky a finder that finds nothing clears a
 * marked search address: one that has seen it sees the new bound, too.
 */
static void test_growth(void **state)
{
	const uint64_t top = UINT64_C(1) << 24;
	uint64_t seed = 5;
	pthread_t thread;

	(void)state;
	delays = true;
	must(hr_index_density_init(&density, hr_geometry(48)));
	density.fix_sticky = true;
	hr_index_density_grow(&density, top);
	must(pthread_create(&thread, NULL, finder_beside_growth, NULL) == 0);
	for (unsigned round = 1; round <= GROWTHS; round++) {
		uint64_t chunk = top - round;

		hr_search_addr_reset(&density.forced);
		atomic_store(&g.found, false);
		atomic_store(&g.round, round);
		for (volatile uint64_t i = test_random(&seed) % 60; i > 0; i--)
			;
		hr_index_density_grow(&density, chunk);
		hr_index_density_alloc(&density, chunk, 1);
		hr_index_density_free(&density, chunk, 5, 1);
		while (atomic_load(&g.done) != round)
			sched_yield();
		must(atomic_load(&g.found) || hr_index_density_find(&density, true).found);
		hr_index_density_set_empty(&density, chunk);
	}
	atomic_store(&g.over, true);
	pthread_join(thread, NULL);
	hr_index_density_release(&density);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bits),
	    cmocka_unit_test(test_density),
	    cmocka_unit_test(test_growth),
	};

	return cmocka_run_group_tests_name("index_threads", tests, NULL, NULL);
}
