/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The indexes for the explorer, as they are and with faults put back. A faulty
 * function is the whole of the function as it was, so that the explorer sees it
 * as it would be compiled.
 */
#include "config.h"

#include "hook.h"
#include "subjects.h"

#include "base/bits.h"
#include "scavenge/go/index_bits.h"
#include "scavenge/go/index_density.h"
#include "scavenge/go/index_words.h"

static struct hr_index_bits bits;
static struct hr_index_density density;
static bool background;

/* --- bits ------------------------------------------------------------------ */

static bool bits_init(const struct model_case *c)
{
	if (!hr_index_bits_init(&bits, hr_geometry(c->address_bits)))
		return false;
	bits.fix_regrow = true; /* what it maps is no matter here */
	bits.fix_sticky = c->sticky;
	return true;
}

static void bits_release(void)
{
	hr_index_bits_release(&bits);
}

static struct hr_index_hit bits_find(bool force)
{
	(void)force;
	return hr_index_bits_find(&bits);
}

static void bits_free(uint64_t chunk, unsigned page)
{
	uint64_t limit = hr_chunk_page(chunk) + page + 1;

	hr_index_bits_mark(&bits, limit - MODEL_PAGES, limit);
}

static void bits_clear(uint64_t chunk)
{
	hr_index_bits_clear(&bits, chunk);
}

static void bits_alloc(uint64_t chunk)
{
	(void)chunk;
}

static void bits_grow(uint64_t chunk)
{
	hr_index_bits_grow(&bits, chunk, 1, 4096);
}

static void bits_next_gen(void)
{
}

static bool bits_is_marked(uint64_t chunk)
{
	return hr_index_bits_is_marked(&bits, chunk);
}

static const struct hr_search_addr *bits_box(bool force)
{
	(void)force;
	return &bits.cursor;
}

static bool bits_holds(const volatile void *at, uint64_t chunk)
{
	return at == (const volatile void *)&bits.words[chunk / 64];
}

#define BITS(title, find_function)                                                                                     \
	{                                                                                                              \
		.name = title, .object = &bits, .bytes = sizeof(bits), .init = bits_init, .release = bits_release,     \
		.find = (find_function), .free = bits_free, .clear = bits_clear, .alloc = bits_alloc,                  \
		.grow = bits_grow, .next_gen = bits_next_gen, .is_marked = bits_is_marked, .box = bits_box,            \
		.bound = &bits.min_byte, .bound_unit = 8, .holds = bits_holds,                                         \
	}

const struct subject index_bits = BITS("bits", bits_find);

/* --- density --------------------------------------------------------------- */

static bool density_init(const struct model_case *c)
{
	if (!hr_index_density_init(&density, hr_geometry(c->address_bits)))
		return false;
	density.fix_sticky = c->sticky;
	background = c->background;
	return true;
}

static void density_release(void)
{
	hr_index_density_release(&density);
}

static struct hr_index_hit density_find(bool force)
{
	return hr_index_density_find(&density, force);
}

static void density_free(uint64_t chunk, unsigned page)
{
	hr_index_density_free(&density, chunk, page + 1 - MODEL_PAGES, MODEL_PAGES);
}

static void density_clear(uint64_t chunk)
{
	hr_index_density_set_empty(&density, chunk);
}

static void density_alloc(uint64_t chunk)
{
	hr_index_density_alloc(&density, chunk, MODEL_PAGES);
}

static void density_grow(uint64_t chunk)
{
	hr_index_density_grow(&density, chunk);
	hr_index_density_alloc(&density, chunk, HR_CHUNK_PAGES);
}

static void density_next_gen(void)
{
	hr_index_density_next_gen(&density);
}

static uint32_t generation(void)
{
	return atomic_load_explicit(&density.gen, memory_order_acquire);
}

static bool ready(struct hr_density d, uint32_t gen, bool force)
{
	if (!(d.flags & HR_DENSITY_HAS_FREE))
		return false;
	return force || (d.in_use < HR_DENSE_PAGES && (d.gen != gen || d.last_in_use < HR_DENSE_PAGES));
}

static bool density_is_marked(uint64_t chunk)
{
	return ready(hr_index_density_record(&density, chunk), generation(), !background);
}

static const struct hr_search_addr *density_box(bool force)
{
	return force ? &density.forced : &density.background;
}

static bool density_holds(const volatile void *at, uint64_t chunk)
{
	return at == (const volatile void *)&(background ? density.ready : density.has_free)[chunk / 64];
}

#define DENSITY(title, find_function, next_gen_function)                                                               \
	{                                                                                                              \
		.name = title, .object = &density, .bytes = sizeof(density), .init = density_init,                     \
		.release = density_release, .find = (find_function), .free = density_free, .clear = density_clear,     \
		.alloc = density_alloc, .grow = density_grow, .next_gen = (next_gen_function),                         \
		.is_marked = density_is_marked, .box = density_box, .bound = &density.min_chunk, .bound_unit = 1,      \
		.holds = density_holds,                                                                                \
	}

const struct subject index_density = DENSITY("density", density_find, density_next_gen);

/* --- faults ---------------------------------------------------------------- */

static uint64_t relaxed(const _Atomic uint64_t *words, uint64_t w)
{
	return atomic_load_explicit(&words[w], memory_order_relaxed);
}

/* The highest word in [min, w] that isn't 0: where, but not what was there. */
static uint64_t highest_nonzero(const _Atomic uint64_t *words, uint64_t w, uint64_t min)
{
	for (; w >= min + 8; w -= 8)
		if (relaxed(words, w) | relaxed(words, w - 1) | relaxed(words, w - 2) | relaxed(words, w - 3) |
		    relaxed(words, w - 4) | relaxed(words, w - 5) | relaxed(words, w - 6) | relaxed(words, w - 7))
			break;
	while (w > min && relaxed(words, w) == 0)
		w--;
	return w;
}

static struct hr_index_hit reloading_bits_find(bool force)
{
	struct hr_index_bits *x = &bits;
	bool marked;
	uint64_t from = hr_search_addr_load(&x->cursor, &marked), start = hr_chunk_of(from), w = start / 64;
	uint64_t min_byte = atomic_load_explicit(&x->min_byte, memory_order_relaxed), word, chunk;

	(void)force;
	if (from == HR_NO_PAGE)
		return (struct hr_index_hit){.found = false};
	word = relaxed(x->words, w) & UINT64_MAX >> (56 - start % 64 / 8 * 8);
	if (word == 0 && w > min_byte / 8) {
		w = highest_nonzero(x->words, w - 1, min_byte / 8);
		word = relaxed(x->words, w);
	}
	chunk = 64 * w + 63 - hr_clz(word);
	if (word == 0 || chunk / 8 < min_byte) {
		if (marked && x->fix_sticky)
			hr_search_addr_store_unmark(&x->cursor, from, HR_NO_PAGE);
		else
			hr_search_addr_clear(&x->cursor);
		return (struct hr_index_hit){.found = false};
	}
	if (chunk == start)
		return (struct hr_index_hit){.found = true, .page = hr_page_in_chunk(from), .chunk = chunk};
	hr_search_addr_lower(&x->cursor, from, marked, hr_chunk_page(chunk) + HR_CHUNK_PAGES - 1);
	return (struct hr_index_hit){.found = true, .page = HR_CHUNK_PAGES - 1, .chunk = chunk};
}

/* early: the bounds and the generation come first, which is the one fault; without it the other one is there. */
static struct hr_index_hit faulty_density_find(bool force, bool early)
{
	struct hr_index_density *x = &density;
	struct hr_search_addr *box = force ? &x->forced : &x->background;
	const _Atomic uint64_t *words = force ? x->has_free : x->ready;
	uint64_t min = early ? atomic_load_explicit(&x->min_chunk, memory_order_relaxed) : 0;
	uint32_t gen = early ? generation() : 0;
	bool marked;
	uint64_t from = hr_search_addr_load(box, &marked), start = hr_chunk_of(from), w = start / 64, word, chunk;

	if (from == HR_NO_PAGE)
		return (struct hr_index_hit){.found = false};
	if (!early) {
		gen = generation();
		min = atomic_load_explicit(&x->min_chunk, memory_order_relaxed);
	}
	word = relaxed(words, w) & UINT64_MAX >> (63 - start % 64);
	for (;;) {
		if (word == 0 && early) {
			word = hr_index_next_word(words, &w, min / 64);
		} else if (word == 0 && w > min / 64) {
			w = highest_nonzero(words, w - 1, min / 64);
			word = relaxed(words, w);
		}
		chunk = 64 * w + 63 - hr_clz(word);
		if (word == 0 || chunk < min)
			break;
		if (ready(hr_index_density_record(x, chunk), gen, force)) {
			if (chunk == start)
				return (struct hr_index_hit){
				    .found = true, .page = hr_page_in_chunk(from), .chunk = chunk};
			hr_search_addr_lower(box, from, marked, hr_chunk_page(chunk) + HR_CHUNK_PAGES - 1);
			return (struct hr_index_hit){.found = true, .page = HR_CHUNK_PAGES - 1, .chunk = chunk};
		}
		word &= ~(UINT64_C(1) << chunk % 64);
	}
	if (marked && x->fix_sticky)
		hr_search_addr_store_unmark(box, from, HR_NO_PAGE);
	else
		hr_search_addr_clear(box);
	return (struct hr_index_hit){.found = false};
}

static struct hr_index_hit reloading_density_find(bool force)
{
	return faulty_density_find(force, false);
}

static struct hr_index_hit early_density_find(bool force)
{
	return faulty_density_find(force, true);
}

static void late_next_gen(void)
{
	struct hr_index_density *x = &density;

	atomic_store_explicit(&x->gen, generation() + 1, memory_order_relaxed);
	for (uint64_t w = x->waiting_min; w <= x->waiting_max; w++) {
		atomic_store_explicit(&x->ready[w], relaxed(x->ready, w) | relaxed(x->waiting, w),
				      memory_order_relaxed);
		if (relaxed(x->waiting, w) != 0)
			atomic_store_explicit(&x->waiting[w], 0, memory_order_relaxed);
	}
	x->waiting_min = UINT64_MAX;
	x->waiting_max = 0;
	if (x->freed_limit > 0)
		hr_search_addr_raise(&x->background, x->freed_limit - 1);
	x->freed_limit = 0;
}

const struct subject reloading_bits = BITS("bits, find loads a word twice", reloading_bits_find);
const struct subject reloading_density =
    DENSITY("density, find loads a word twice", reloading_density_find, density_next_gen);
const struct subject early_density =
    DENSITY("density, find loads the bounds first", early_density_find, density_next_gen);
const struct subject late_density = DENSITY("density, the generation before its bits", density_find, late_next_gen);
