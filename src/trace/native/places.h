/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the next object will lie. Go's allocator fills a span slot by slot:
 * first come slots that were swept free, else the one behind the last; a new
 * span is begun at its base. Objects of one type on one P mostly go on in the
 * span of the one before, whatever types share it. So there are three guesses:
 *
 *   0  the first address above the last allocation in the page that a free of
 *      this block has left, or where there is none: the last allocation plus the
 *      step before
 *   1  that step, where guess 0 is an address left free
 *   2  the base of the last span
 *   3  none: a difference follows
 *
 * The last allocation is that in the page where this context's last one was.
 * Everything is forgotten between blocks. Pages are kept in a table in which a
 * page takes the place of another with the same hash: 1.3 MiB.
 */
#ifndef HR_TRACE_NATIVE_PLACES_H
#define HR_TRACE_NATIVE_PLACES_H

#include "base/fuzzed.h"
#include "trace/native/form.h"

#include <stdbool.h>
#include <stdint.h>

enum { HR_PLACES_STEP, HR_PLACES_OTHER_STEP, HR_PLACES_BASE, HR_PLACES_MISS };

enum {
	HR_PLACES_PAGE_SHIFT = 13,
#ifndef HR_SMALL_BUFFERS
	HR_PLACES_SLOT_BITS = 13,
#else
	HR_PLACES_SLOT_BITS = 6,
#endif
	HR_PLACES_SLOTS = 1 << HR_PLACES_SLOT_BITS,
	HR_PLACES_FREED_WORDS = 1 << (HR_PLACES_PAGE_SHIFT - 3 - 6), /* a bit for eight bytes */
};

struct hr_places {
	uint64_t epoch; /* of the block; pages of others are not there */
	uint64_t base;	/* of the last span */
	struct hr_places_page {
		uint64_t page, epoch;
		uint64_t last, step; /* of allocations; step 0: none yet */
		bool any;	     /* there was one */
		uint16_t some;	     /* words of freed that are not 0 */
		uint64_t freed[HR_PLACES_FREED_WORDS];
	} * pages;
	struct hr_places_context {
		uint64_t last, step;
		uint64_t epoch;
	} contexts[HR_NATIVE_CONTEXTS];
};

/* A new one, to be freed with hr_places_free; NULL: out of memory. */
struct hr_places *hr_places_new(void);
void hr_places_free(struct hr_places *s);
static inline void hr_places_begin_block(struct hr_places *s)
{
	s->epoch++;
	s->base = 0;
}

struct hr_places_guess {
	uint64_t at[3];
	struct hr_places_page *page; /* of this context's last allocation; NULL: not known */
};

/* The guesses for this context; those that there are none of are the same as another. */
void hr_places_guess(const struct hr_places *s, unsigned context, struct hr_places_guess *g);
/* Where the allocation was. */
void hr_places_add(struct hr_places *s, unsigned context, uint64_t addr);
/* An object at this address is freed. */
void hr_places_remove(struct hr_places *s, uint64_t addr);

#endif
