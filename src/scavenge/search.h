/*
 * How each generation of the Go scavenger remembers where there is something
 * to release: what it is told of the heap, and `scavenge`, which finds and
 * releases. Pacing (when, how much) is not here but in pacing.h.
 *
 * Four generations behind one table, used by the policies and by the oracle's
 * driver alike:
 *
 *   hr_search_go118  walk of the address space by generations, with reservations (walk.c)
 *   hr_search_go119  index of chunks, a bit each (index_bits.c); option `offset` makes it Go 1.20's
 *   hr_search_go121  index with density and generations, with the huge-page flag (index_density.c)
 *   hr_search_go122  the same without the flag
 *
 * Calls come in the order of the runtime under its heap lock. The map (pagemap.h)
 * is updated by the caller; the comments say whether before or after.
 */
#ifndef HR_SCAVENGE_SEARCH_H
#define HR_SCAVENGE_SEARCH_H

#include "base/error.h"
#include "scavenge/pagemap.h"

#include <stdbool.h>
#include <stdint.h>

/* Quirks of the runtime that a user can turn off to see what they cost; all false is what production does. */
struct hr_search_options {
	bool offset;	   /* go1.19: honour the page offset of find, as Go 1.20 does */
	bool fix_flush;	   /* go1.18, go1.19: a flushed page cache tells the scavenger */
	bool fix_regrow;   /* go1.19: index memory is never mapped twice */
	bool fix_sticky;   /* a marked cursor is cleared when a search from it finds nothing */
	bool fix_setempty; /* go1.21+: a background pass that stopped short does not call the chunk empty */
};

/* The work that finding cost; the seed change asked for exactly this baseline. */
struct hr_search_work {
	uint64_t lookups;    /* calls of find (go1.18: chunks looked for) */
	uint64_t words;	     /* bytes (go1.19), records (go1.21+) or summaries (go1.18) of the index read */
	uint64_t empty_hits; /* chunks that were found and turned out to have nothing */
};

struct hr_search;

struct hr_search_def {
	const char *name;
	/* A search over an empty map, which it uses and must outlive it. NULL: out of memory. */
	struct hr_search *(*create)(struct hr_pagemap *map, const struct hr_search_options *options);
	void (*destroy)(struct hr_search *s);
	/* A copy that works on another (equal) map. NULL: out of memory. */
	struct hr_search *(*clone)(const struct hr_search *s, struct hr_pagemap *map);

	/* All of these may be NULL: this generation is not told. */
	enum hr_status (*grow)(struct hr_search *s, uint64_t chunk, uint64_t nchunks); /* after the map */
	void (*alloc)(struct hr_search *s, uint64_t page, uint64_t npages);
	void (*free)(struct hr_search *s, uint64_t page, uint64_t npages);
	void (*cache_fill)(struct hr_search *s, uint64_t base, uint64_t pages);	 /* pages: bits of the block at base */
	void (*cache_flush)(struct hr_search *s, uint64_t base, uint64_t pages); /* before the map's flush */
	void (*next_gen)(struct hr_search *s);					 /* mark termination: go1.21+ */
	void (*start_gen)(struct hr_search *s); /* sweep done and before a forced pass: go1.18 */

	/*
	 * Releases until at least `bytes` are released or nothing is left, calling
	 * the map's on_release for each. `force` ignores density (go1.21+).
	 * Returns bytes released, which may exceed `bytes` by a huge page.
	 */
	uint64_t (*scavenge)(struct hr_search *s, uint64_t bytes, bool force);
	const struct hr_search_work *(*work)(const struct hr_search *s);
	/* Whether the index says that the chunk may have work; and the (background) search page, HR_NO_PAGE if none. */
	bool (*marked)(const struct hr_search *s, uint64_t chunk);
	uint64_t (*search_page)(const struct hr_search *s, bool force);
};

extern const struct hr_search_def hr_search_go118, hr_search_go119, hr_search_go121, hr_search_go122;

#endif
