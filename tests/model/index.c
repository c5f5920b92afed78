/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scavenge indexes through all interleavings of small cases: two finders,
 * who find and then take or clear under the heap lock, and beside them one who
 * marks, grows or begins a generation. The functions are the real ones; what
 * they are compared with is the runtime's own steps (runtime.c).
 *
 *   - Once all is quiet a serial search finds every marked chunk, but for those
 *     lost by a race that the runtime has (explore.c), and each of these is seen.
 *   - Whatever can be seen from outside (what each find returned, the search
 *     address, the marks) is what the runtime's steps can give, too; and that
 *     holds for all that C11's memory orders allow, not for interleavings alone.
 *   - Faults that the indexes once had are found.
 *
 * HR_MODEL=all runs every case, without it those of 48 bits and two of the layouts.
 */
#include "config.h"

#include "subjects.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { H, M, L }; /* high, middle and low chunk of a case */

struct layout {
	const char *name;
	unsigned above[MODEL_CHUNKS]; /* the first chunk of the heap */
};

/* Ten words between two of them are skipped eight at a time. */
static const struct layout layouts[] = {
    {"words far apart", {64 * 12 + 5, 64 * 11 + 5, 5}},
    {"one byte", {5, 3, 1}},
    {"words side by side", {130, 70, 5}},
    {"one word", {40, 20, 5}},
};

#define FREE(c)                                                                                                        \
	{                                                                                                              \
		OP_FREE, c, 99                                                                                         \
	}
#define FREE_TOP(c)                                                                                                    \
	{                                                                                                              \
		OP_FREE, c, 511                                                                                        \
	}
#define SPOIL(c)                                                                                                       \
	{                                                                                                              \
		OP_SPOIL, c, 0                                                                                         \
	}
#define GROW(c)                                                                                                        \
	{                                                                                                              \
		OP_GROW, c, 0                                                                                          \
	}
#define NEXT_GEN                                                                                                       \
	{                                                                                                              \
		OP_NEXT_GEN, 0, 0                                                                                      \
	}
#define ROUND                                                                                                          \
	{OP_FIND, 0, 0},                                                                                               \
	{                                                                                                              \
		OP_TAKE, 0, 0                                                                                          \
	}
#define GROW_ALL GROW(H), GROW(M), GROW(L)

struct scenario {
	const char *name;
	bool bits, background, sticky;
	struct op setup[16], threads[MODEL_THREADS][MODEL_OPS];
};

/* Of each thread the last operation is OP_NONE. */
static const struct scenario scenarios[] = {
    {"clear beside find",
     true,
     false,
     false,
     {GROW_ALL, FREE(L), FREE(M), FREE(H), SPOIL(H), SPOIL(M)},
     {{ROUND, ROUND, ROUND}, {ROUND, ROUND}}},
    {"mark below the search address",
     true,
     false,
     false,
     {GROW_ALL, FREE(L), FREE(H), SPOIL(H)},
     {{ROUND, ROUND}, {ROUND, ROUND}, {FREE(M)}}},
    {"mark at the search address",
     true,
     false,
     false,
     {GROW_ALL, FREE(L), FREE(H), SPOIL(H)},
     {{ROUND, ROUND}, {ROUND, ROUND}, {FREE(H), FREE(M)}}},
    {"mark above the search address",
     true,
     false,
     false,
     {GROW_ALL, FREE(L), FREE(M), SPOIL(M)},
     {{ROUND, ROUND}, {ROUND, ROUND}, {FREE(H), FREE_TOP(H)}}},
    {"growth", true, false, false, {GROW(H)}, {{ROUND, ROUND}, {ROUND}, {GROW(M), FREE(M), GROW(L), FREE(L)}}},
    {"growth, fix=sticky",
     true,
     false,
     true,
     {GROW(H)},
     {{ROUND, ROUND}, {ROUND}, {GROW(M), FREE(M), GROW(L), FREE(L)}}},
    {"fix=sticky",
     true,
     false,
     true,
     {GROW_ALL, FREE(L), FREE(H), SPOIL(H)},
     {{ROUND, ROUND}, {ROUND, ROUND}, {FREE(M), FREE(H)}}},
    {"next generation",
     false,
     true,
     false,
     {GROW_ALL, FREE(H), NEXT_GEN, FREE(M), FREE(L)},
     {{ROUND, ROUND}, {ROUND}, {NEXT_GEN}}},
    {"frees and next generation",
     false,
     true,
     false,
     {GROW_ALL, FREE(H), NEXT_GEN, FREE(M), NEXT_GEN, FREE(L), SPOIL(H)},
     {{ROUND, ROUND}, {ROUND}, {{OP_ALLOC, M, 0}, FREE(M), NEXT_GEN}}},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static unsigned ntests, nfailed;

static void check(bool fine, const char *what, const struct subject *s, const struct model_case *c)
{
	ntests++;
	nfailed += !fine;
	printf("%sok %u - %s, %d bits, %s: %s\n", fine ? "" : "not ", ntests, s->name, c->address_bits, c->name, what);
	fflush(stdout);
}

static struct model_case case_of(const struct scenario *s, const struct layout *l, int address_bits)
{
	static char name[120];
	struct model_case c = {
	    .name = name,
	    .address_bits = address_bits,
	    .nchunks = MODEL_CHUNKS,
	    .background = s->background,
	    .sticky = s->sticky,
	};

	snprintf(name, sizeof(name), "%s, %s", s->name, l->name);
	for (unsigned i = 0; i < MODEL_CHUNKS; i++)
		c.chunks[i] = (address_bits == 48 ? 0xc000 : 128) + l->above[i];
	memcpy(c.setup, s->setup, sizeof(c.setup));
	memcpy(c.threads, s->threads, sizeof(c.threads));
	return c;
}

static void print_outcome(const struct outcome *o)
{
	printf("#   box %" PRId64 ", marked %x, work %x, lost %x, excused %x, above %d\n", (int64_t)o->box, o->marked,
	       o->work, o->lost, o->excused, o->above);
	for (unsigned t = 0; t < MODEL_THREADS; t++)
		for (unsigned i = 0; i < o->thread[t].n; i++)
			printf("#   finder %u: %s %c page %u\n", t, o->thread[t].find[i].found ? "found" : "nothing",
			       "HML"[o->thread[t].find[i].chunk], o -> thread[t].find[i].page);
}

/* How many marks are lost by no race that there may be. */
static size_t lost_for_no_reason(const struct outcomes *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += (o->at[i].lost & ~o->at[i].excused) != 0;
	return n;
}

static size_t not_among(const struct outcomes *some, const struct outcomes *all, bool say)
{
	size_t n = 0;

	for (size_t i = 0; i < some->n; i++)
		if (outcomes_find(all, &some->at[i]) == NULL && n++ < 1 && say)
			print_outcome(&some->at[i]);
	return n;
}

static struct {
	uint64_t states, weak_states;
	size_t lost, aba, above; /* outcomes */
} seen;

static void count(const struct outcomes *o, const struct outcomes *weak)
{
	seen.states += o->states;
	seen.weak_states += weak->states;
	for (size_t i = 0; i < o->n; i++) {
		seen.lost += (o->at[i].lost & o->at[i].excused & ~o->at[i].aba) != 0;
		seen.aba += (o->at[i].lost & o->at[i].aba) != 0;
		seen.above += o->at[i].above;
	}
}

static void run_case(const struct model_case *c, const struct subject *s, const struct subject *runtime)
{
	struct outcomes real, weak, go;
	bool fine =
	    explore(c, runtime, MEMORY_SC, &go) && explore(c, s, MEMORY_SC, &real) && explore(c, s, MEMORY_C11, &weak);

	check(fine, "is explored", s, c);
	printf("# %" PRIu64 " states, %" PRIu64 " steps, %zu outcomes; weak %" PRIu64 ", %" PRIu64
	       ", %zu; the runtime %" PRIu64 ", %" PRIu64 ", %zu\n",
	       real.states, real.steps, real.n, weak.states, weak.steps, weak.n, go.states, go.steps, go.n);
	/* Who marks for the background's finders is nextGen; what it makes ready is not judged, but compared. */
	if (!c->background) {
		check(lost_for_no_reason(&go) == 0, "the runtime loses marks by its races alone", s, c);
		check(lost_for_no_reason(&real) == 0, "no mark is lost but by these", s, c);
	}
	check(not_among(&real, &go, true) == 0, "nothing happens that the runtime can't do", s, c);
	check(not_among(&weak, &go, true) == 0, "nor with C11's orders", s, c);
	count(&real, &weak);
	outcomes_release(&real);
	outcomes_release(&weak);
	outcomes_release(&go);
}

static void run_cases(const struct subject *s, const struct subject *runtime, bool bits, bool all)
{
	memset(&seen, 0, sizeof(seen));
	for (int address_bits = 48; address_bits >= (all ? 32 : 48); address_bits -= 16)
		for (size_t i = 0; i < COUNT(scenarios); i++)
			for (size_t j = 0; j < (all ? COUNT(layouts) : 2); j++) {
				struct model_case c = case_of(&scenarios[i], &layouts[j], address_bits);

				if (!bits || scenarios[i].bits)
					run_case(&c, s, runtime);
			}
	printf("# %s: %" PRIu64 " states, %" PRIu64
	       " with weak orders; outcomes with marks lost %zu, by a search address "
	       "that came back %zu, with a chunk found above the search address %zu\n",
	       s->name, seen.states, seen.weak_states, seen.lost, seen.aba, seen.above);
}

/* A race that the runtime has is seen. */
static void race(bool there, const char *what, const struct subject *s)
{
	ntests++;
	nfailed += !there;
	printf("%sok %u - %s: %s\n", there ? "" : "not ", ntests, s->name, what);
}

/* The fault is found: by a mark that is lost, or by what the runtime can't do. */
static void find_fault(const struct subject *s, const struct subject *runtime, enum memory memory, size_t scenario,
		       size_t layout, bool loses)
{
	struct model_case c = case_of(&scenarios[scenario], &layouts[layout], 48);
	struct outcomes faulty, go;
	bool fine = explore(&c, runtime, MEMORY_SC, &go) && explore(&c, s, memory, &faulty);

	check(fine && (!loses || lost_for_no_reason(&faulty) > 0), loses ? "marks are lost" : "is explored", s, &c);
	check(fine && not_among(&faulty, &go, false) > 0, "it does what the runtime can't", s, &c);
	printf("# %" PRIu64
	       " states, %zu outcomes, %zu with marks lost for no reason, %zu that the runtime can't have\n",
	       faulty.states, faulty.n, lost_for_no_reason(&faulty), not_among(&faulty, &go, false));
	outcomes_release(&faulty);
	outcomes_release(&go);
}

int main(void)
{
	const char *which = getenv("HR_MODEL");
	bool all = which != NULL && strcmp(which, "all") == 0;

	run_cases(&index_bits, &runtime_bits, true, all);
	race(seen.lost > 0, "a mark that does not raise the search address may be lost", &index_bits);
	race(seen.aba > 0, "and one that raises it to where it was", &index_bits);
	race(seen.above > 0, "and found again in the byte of the search address", &index_bits);
	run_cases(&index_density, &runtime_density, false, all);
	race(seen.lost > 0, "a mark that does not raise the search address may be lost", &index_density);
	race(seen.aba > 0, "and one that raises it to where it was", &index_density);
	race(seen.above == 0, "no chunk above the search address is found", &index_density);
	find_fault(&reloading_bits, &runtime_bits, MEMORY_SC, 0, 0, true);
	find_fault(&reloading_density, &runtime_density, MEMORY_SC, 0, 0, true);
	find_fault(&early_density, &runtime_density, MEMORY_SC, 5, 0, true);
	find_fault(&late_density, &runtime_density, MEMORY_SC, 7, 2, false);
	/* With relaxed orders the functions do what the runtime can't; so the orders are of use, and weak memory is seen. */
	find_fault(&index_bits, &runtime_bits, MEMORY_RELAXED, 2, 0, false);
	find_fault(&index_density, &runtime_density, MEMORY_RELAXED, 2, 0, false);
	printf("1..%u\n", ntests);
	return nfailed > 0;
}
