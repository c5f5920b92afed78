/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime's own steps on its index, one atomic operation each, in its
 * order: what the functions under test are compared with. A byte of the index
 * is a location, and a record is; both have only those places that cases use.
 *
 * Source: scavengeIndex in mgcscavenge.go and atomicOffAddr in mranges.go, of
 * Go 1.19 (bits) and 1.21 (density).
 */
#include "config.h"

#include "hook.h"
#include "subjects.h"

#include "base/bits.h"
#include "pagealloc/geometry.h"
#include "scavenge/go/index_density.h"

#include <string.h>

#define SC memory_order_seq_cst

static struct {
	int address_bits;
	bool background, sticky;
	unsigned n;
	uint64_t chunks[MODEL_CHUNKS]; /* a byte or a record for each, in order of the case */
	_Atomic uint64_t cell[MODEL_CHUNKS];
	_Atomic uint64_t min;
	_Atomic uint64_t gen;
	bool grown;
	uint64_t free_limit;
	struct hr_search_addr box, forced;
} r;

/* --- atomicOffAddr; pages plus one, 0 for the lowest address --------------- */

static uint64_t box_load(struct hr_search_addr *b, bool *marked)
{
	int64_t v = atomic_load_explicit(&b->v, SC);

	*marked = v < 0;
	return (uint64_t)(v < 0 ? -v : v);
}

static void box_store_min(struct hr_search_addr *b, uint64_t page1)
{
	for (;;) {
		int64_t old = atomic_load_explicit(&b->v, SC);

		if (old < (int64_t)page1)
			return;
		if (atomic_compare_exchange_strong_explicit(&b->v, &old, (int64_t)page1, SC, SC))
			return;
	}
}

static void box_clear(struct hr_search_addr *b)
{
	for (;;) {
		int64_t old = atomic_load_explicit(&b->v, SC);

		if (old < 0 || atomic_compare_exchange_strong_explicit(&b->v, &old, 0, SC, SC))
			return;
	}
}

static void box_store_unmark(struct hr_search_addr *b, uint64_t marked1, uint64_t page1)
{
	int64_t old = -(int64_t)marked1;

	(void)atomic_compare_exchange_strong_explicit(&b->v, &old, (int64_t)page1, SC, SC);
}

static void box_raise(struct hr_search_addr *b, uint64_t page1)
{
	bool marked;

	if (box_load(b, &marked) < page1)
		atomic_store_explicit(&b->v, -(int64_t)page1, SC);
}

/* --- both ------------------------------------------------------------------ */

static bool runtime_init(const struct model_case *c)
{
	memset(&r, 0, sizeof(r));
	r.address_bits = c->address_bits;
	r.background = c->background;
	r.sticky = c->sticky;
	r.n = c->nchunks;
	memcpy(r.chunks, c->chunks, sizeof(r.chunks));
	return true;
}

static void runtime_release(void)
{
}

static unsigned place(uint64_t chunk)
{
	unsigned i = 0;

	while (i < r.n && r.chunks[i] != chunk)
		i++;
	return i;
}

/* Not found: as find ends there. */
static struct hr_index_hit none(struct hr_search_addr *b, uint64_t address1, bool marked)
{
	if (marked && r.sticky) /* fix=sticky, which is ours */
		box_store_unmark(b, address1, 0);
	else
		box_clear(b);
	return (struct hr_index_hit){.found = false};
}

static struct hr_index_hit found(struct hr_search_addr *b, uint64_t address1, bool marked, uint64_t chunk)
{
	uint64_t last1 = hr_chunk_page(chunk) + HR_CHUNK_PAGES;

	if (chunk == hr_chunk_of(address1 - 1))
		return (struct hr_index_hit){.found = true, .page = hr_page_in_chunk(address1 - 1), .chunk = chunk};
	if (marked)
		box_store_unmark(b, address1, last1);
	else
		box_store_min(b, last1);
	return (struct hr_index_hit){.found = true, .page = HR_CHUNK_PAGES - 1, .chunk = chunk};
}

/* --- bits ------------------------------------------------------------------ */

/* The byte of a chunk is the cell of the first chunk of the case that lies in it. */
static _Atomic uint64_t *byte_of(uint64_t byte)
{
	for (unsigned i = 0; i < r.n; i++)
		if (r.chunks[i] / 8 == byte)
			return &r.cell[i];
	return NULL;
}

/* The bytes that cases use, from the top; the others are zero, and nothing to wait for. */
static uint64_t next_byte(uint64_t below)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < r.n; i++)
		if (r.chunks[i] / 8 < below && (best == UINT64_MAX || r.chunks[i] / 8 > best))
			best = r.chunks[i] / 8;
	return best;
}

static struct hr_index_hit bits_find(bool force)
{
	bool marked;
	uint64_t address1 = box_load(&r.box, &marked), min;

	(void)force;
	if (address1 == 0)
		return (struct hr_index_hit){.found = false};
	min = atomic_load_explicit(&r.min, SC);
	for (uint64_t i = next_byte(hr_chunk_of(address1 - 1) / 8 + 1); i != UINT64_MAX && i >= min; i = next_byte(i)) {
		uint64_t byte = atomic_load_explicit(byte_of(i), SC);

		if (byte != 0)
			return found(&r.box, address1, marked, 8 * i + 63 - hr_clz(byte));
	}
	return none(&r.box, address1, marked);
}

static void bits_free(uint64_t chunk, unsigned page)
{
	_Atomic uint64_t *byte = byte_of(chunk / 8);

	atomic_store_explicit(byte, atomic_load_explicit(byte, SC) | UINT64_C(1) << chunk % 8, SC);
	box_raise(&r.box, hr_chunk_page(chunk) + page + 1);
}

static void bits_clear(uint64_t chunk)
{
	_Atomic uint64_t *byte = byte_of(chunk / 8);

	atomic_store_explicit(byte, atomic_load_explicit(byte, SC) & ~(UINT64_C(1) << chunk % 8), SC);
}

static void no_alloc(uint64_t chunk)
{
	(void)chunk;
}

static void bits_grow(uint64_t chunk)
{
	if (r.address_bits == 32)
		return;
	if (!r.grown || chunk / 8 < atomic_load_explicit(&r.min, SC))
		atomic_store_explicit(&r.min, chunk / 8, SC);
	r.grown = true;
}

static void no_next_gen(void)
{
}

static bool bits_is_marked(uint64_t chunk)
{
	return atomic_load_explicit(byte_of(chunk / 8), SC) >> chunk % 8 & 1;
}

static const struct hr_search_addr *bits_box(bool force)
{
	(void)force;
	return &r.box;
}

static bool bits_holds(const volatile void *at, uint64_t chunk)
{
	return at == (const volatile void *)byte_of(chunk / 8);
}

/* --- density --------------------------------------------------------------- */

static bool should_scavenge(struct hr_density d, uint32_t gen, bool force)
{
	if (!(d.flags & HR_DENSITY_HAS_FREE))
		return false;
	if (force)
		return true;
	if (d.gen == gen)
		return d.in_use < HR_DENSE_PAGES && d.last_in_use < HR_DENSE_PAGES;
	return d.in_use < HR_DENSE_PAGES;
}

static uint64_t next_chunk(uint64_t below)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < r.n; i++)
		if (r.chunks[i] < below && (best == UINT64_MAX || r.chunks[i] > best))
			best = r.chunks[i];
	return best;
}

static struct hr_index_hit density_find(bool force)
{
	struct hr_search_addr *b = force ? &r.forced : &r.box;
	bool marked;
	uint64_t address1 = box_load(b, &marked), min;
	uint32_t gen;

	if (address1 == 0)
		return (struct hr_index_hit){.found = false};
	gen = (uint32_t)atomic_load_explicit(&r.gen, SC);
	min = atomic_load_explicit(&r.min, SC);
	for (uint64_t i = next_chunk(hr_chunk_of(address1 - 1) + 1); i != UINT64_MAX && i >= min; i = next_chunk(i))
		if (should_scavenge(hr_density_unpack(atomic_load_explicit(&r.cell[place(i)], SC)), gen, force))
			return found(b, address1, marked, i);
	return none(b, address1, marked);
}

static struct hr_density record(uint64_t chunk, bool roll)
{
	struct hr_density d = hr_density_unpack(atomic_load_explicit(&r.cell[place(chunk)], SC));
	uint32_t gen = (uint32_t)atomic_load_explicit(&r.gen, SC);

	if (roll && d.gen != gen) {
		d.last_in_use = d.in_use;
		d.gen = gen;
	}
	return d;
}

static void put(uint64_t chunk, struct hr_density d)
{
	atomic_store_explicit(&r.cell[place(chunk)], hr_density_pack(d), SC);
}

static void density_alloc_pages(uint64_t chunk, unsigned npages)
{
	struct hr_density d = record(chunk, true);

	d.in_use = (uint16_t)(d.in_use + npages);
	if (d.in_use == HR_CHUNK_PAGES)
		d.flags &= (uint8_t)~HR_DENSITY_HAS_FREE;
	put(chunk, d);
}

static void density_alloc(uint64_t chunk)
{
	density_alloc_pages(chunk, MODEL_PAGES);
}

static void density_free(uint64_t chunk, unsigned page)
{
	struct hr_density d = record(chunk, true);
	uint64_t address1 = hr_chunk_page(chunk) + page + 1;

	d.in_use = (uint16_t)(d.in_use - MODEL_PAGES);
	d.flags |= HR_DENSITY_HAS_FREE;
	put(chunk, d);
	if (r.free_limit < address1)
		r.free_limit = address1;
	box_raise(&r.forced, address1);
}

static void density_clear(uint64_t chunk)
{
	struct hr_density d = record(chunk, false);

	d.flags &= (uint8_t)~HR_DENSITY_HAS_FREE;
	put(chunk, d);
}

static void density_grow(uint64_t chunk)
{
	if (!r.grown || chunk < atomic_load_explicit(&r.min, SC))
		atomic_store_explicit(&r.min, chunk, SC);
	r.grown = true;
	density_alloc_pages(chunk, HR_CHUNK_PAGES);
}

static void density_next_gen(void)
{
	atomic_store_explicit(&r.gen, atomic_load_explicit(&r.gen, SC) + 1, SC);
	box_raise(&r.box, r.free_limit);
	r.free_limit = 0;
}

static bool density_is_marked(uint64_t chunk)
{
	return should_scavenge(record(chunk, false), (uint32_t)atomic_load_explicit(&r.gen, SC), !r.background);
}

static const struct hr_search_addr *density_box(bool force)
{
	return force ? &r.forced : &r.box;
}

static bool density_holds(const volatile void *at, uint64_t chunk)
{
	return at == (const volatile void *)&r.cell[place(chunk)];
}

const struct subject runtime_bits = {
    .name = "runtime, bits",
    .object = &r,
    .bytes = sizeof(r),
    .init = runtime_init,
    .release = runtime_release,
    .find = bits_find,
    .free = bits_free,
    .clear = bits_clear,
    .alloc = no_alloc,
    .grow = bits_grow,
    .next_gen = no_next_gen,
    .is_marked = bits_is_marked,
    .box = bits_box,
    .bound = &r.min,
    .bound_unit = 8,
    .holds = bits_holds,
};

const struct subject runtime_density = {
    .name = "runtime, density",
    .object = &r,
    .bytes = sizeof(r),
    .init = runtime_init,
    .release = runtime_release,
    .find = density_find,
    .free = density_free,
    .clear = density_clear,
    .alloc = density_alloc,
    .grow = density_grow,
    .next_gen = density_next_gen,
    .is_marked = density_is_marked,
    .box = density_box,
    .bound = &r.min,
    .bound_unit = 1,
    .holds = density_holds,
};
