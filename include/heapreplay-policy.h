/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scavenging policies for heapreplay: what one is told, what it may do, and how
 * it says what it is. The built-in ones use this header and nothing more of
 * heapreplay (those of the Go runtime have their searches beside them); one of
 * your own is a shared object with a struct hr_policy_def named
 * heapreplay_policy in it:
 *
 *     cc -shared -fPIC $(pkg-config --cflags heapreplay) -o mine.so mine.c
 *     heapreplay replay trace.hrt -p ./mine.so,key=value
 *
 * heapreplay-policy(7) has the rules and an example.
 *
 * A policy is a few functions that are called as the heap changes. The engine
 * follows a stream of placements, records of what became of the heap's pages, in
 * time order. It keeps the clock, the policy's timer, a map of the pages, the
 * heap's counts, the cost model, and all that is measured; together they are the
 * policy's *follower*. For each record it lets time pass up to it, takes it into
 * the map, calls the policy's `before`, takes it into the counts, and calls the
 * policy's `after`. In these and in `timer` the policy does what it likes:
 * release pages that are free, set its timer, state a goal. It answers for what
 * it claims: who releases what is in use is stopped, with an error that names
 * the policy.
 *
 * Any number of followers run at the same time, on any number of threads. A
 * policy has no state but what `create` returns and must not look at anything
 * else that changes: no static variables, no clock, no environment. It then
 * gives the same answers in every run.
 *
 * Units: a page is 8 KiB, a chunk 512 pages. Pages and chunks are numbered by
 * address, from 0; times are nanoseconds of the trace's own clock.
 */
#ifndef HEAPREPLAY_POLICY_H
#define HEAPREPLAY_POLICY_H

#include "heapreplay.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of everything in this header. A policy that was built against another one is refused. */
#define HR_POLICY_ABI 4

/* --- pages and chunks ------------------------------------------------------ */

#define HR_PAGE_SHIFT 13
#define HR_PAGE_BYTES (UINT64_C(1) << HR_PAGE_SHIFT)
#define HR_CHUNK_LOG_PAGES 9
#define HR_CHUNK_PAGES 512u
#define HR_CHUNK_WORDS 8u
#define HR_CHUNK_BYTES (HR_PAGE_BYTES * HR_CHUNK_PAGES)

#define HR_NEVER UINT64_MAX

static inline uint64_t hr_chunk_of(uint64_t page)
{
	return page >> HR_CHUNK_LOG_PAGES;
}

/* The chunk's first page. */
static inline uint64_t hr_chunk_page(uint64_t chunk)
{
	return chunk << HR_CHUNK_LOG_PAGES;
}

/* Index of the page in its chunk, 0..511. */
static inline unsigned hr_page_in_chunk(uint64_t page)
{
	return (unsigned)(page & (HR_CHUNK_PAGES - 1));
}

/* --- errors ---------------------------------------------------------------- */

enum hr_status {
	HR_OK = 0,
	HR_END,	      /* no more input; not an error */
	HR_EINPUT,    /* the input is wrong or damaged */
	HR_EUSAGE,    /* the caller asked for something that makes no sense */
	HR_ENOMEM,    /* memory is exhausted, or a stated limit is */
	HR_EIO,	      /* the system refused to read or write */
	HR_EINTERNAL, /* an invariant of ours does not hold */
	HR_EPOLICY,   /* a policy broke the rules */
};

#define HR_NO_OFFSET UINT64_MAX

struct hr_error {
	enum hr_status status;
	uint64_t offset; /* byte in the (decompressed) input, or HR_NO_OFFSET */
	uint64_t line;	 /* 1-based line of a text input, or 0 */
	char text[480];	 /* "what is wrong; what to do", no full stop */
};

/*
 * Fills *err (which may be NULL) and returns status, so that
 * `return hr_error_set(err, HR_EUSAGE, "...")` reads as one thought. The text
 * is cut at the size of hr_error.text; control characters in it are escaped.
 */
HR_API enum hr_status hr_error_set(struct hr_error *err, enum hr_status status, const char *fmt, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* Returns from the function that it stands in unless the call returns HR_OK. */
#define HR_TRY(call)                                                                                                   \
	do {                                                                                                           \
		enum hr_status hr_try_status_ = (call);                                                                \
		if (hr_try_status_ != HR_OK)                                                                           \
			return hr_try_status_;                                                                         \
	} while (0)

/* --- parameters ------------------------------------------------------------ */

/*
 * Parameters as a table: a row says name, type, where in the configuration the
 * value goes, default, and one line of help. Parsing, help and JSON come from
 * the rows.
 */
enum hr_param_type {
	HR_PARAM_FLAG,	  /* bool: on, off */
	HR_PARAM_BYTES,	  /* uint64_t */
	HR_PARAM_NS,	  /* uint64_t */
	HR_PARAM_DELAY,	  /* uint64_t, ns; UINT64_MAX: "off" */
	HR_PARAM_COUNT,	  /* uint64_t, at least 1 */
	HR_PARAM_LIMIT,	  /* uint64_t, at least 1; UINT64_MAX: "off" */
	HR_PARAM_RATIO,	  /* double, not negative */
	HR_PARAM_PERCENT, /* double, 0..100 */
	HR_PARAM_SET,	  /* uint64_t: bit i is the i-th word of `words`; given several times they add up; "none" */
	HR_PARAM_CHOICE,  /* uint64_t: i is the i-th word of `words` */
};

struct hr_param {
	const char *name; /* NULL ends a table */
	enum hr_param_type type;
	size_t offset;		  /* of the field in the configuration */
	const char *initial;	  /* default, as a user would write it */
	const char *const *words; /* HR_PARAM_SET, HR_PARAM_CHOICE: the names, NULL-ended; else NULL */
	const char *help;	  /* one line, no full stop */
};

/* --- placements ------------------------------------------------------------ */

/*
 * The stream of placements: what became of the heap's pages, and when. Made
 * once for a trace, followed by any number of policies. Records stand in time
 * order; those of one moment in the order in which the runtime would do them.
 */
enum hr_place_kind {
	HR_PLACE_GROW,	      /* page, npages (whole chunks): new memory, free and released */
	HR_PLACE_ALLOC,	      /* a span took free pages from the heap: page, npages, p, flags; arg: bytes the heap
				 grew by for it (the GROW records before it), heap-growth scavenging counts them */
	HR_PLACE_CACHE_USE,   /* a span took pages from the page cache of P cache_p: page, npages, p, flags */
	HR_PLACE_FREE,	      /* a span's pages became free: page, npages, flags */
	HR_PLACE_CACHE_FILL,  /* the cache of P cache_p took the pages `arg` (bits) of the 64-page block at `page` */
	HR_PLACE_CACHE_FLUSH, /* the cache of P cache_p gave its pages `arg` of the block at `page` back */
	HR_PLACE_MARK_START,  /* a GC cycle starts (sweep termination was just before) */
	HR_PLACE_MARK_DONE,   /* mark termination: the last heap in use is what in_use_pages says here */
	HR_PLACE_HEAP_GOAL,   /* arg: the GC's heap goal, bytes, from now on */
	HR_PLACE_SWEEP_DONE,  /* the cycle's sweep is done; HR_PLACE_FORCED: FreeOSMemory releases everything now */
	HR_PLACE_PROCS,	      /* arg: GOMAXPROCS from now on */
	HR_PLACE_LIMIT,	      /* arg: the memory limit, bytes, UINT64_MAX off, from now on */
	HR_PLACE_SCAV,	    /* the recorded scavenger released pages of one chunk: page, npages, p. For the policy that
				 does as it did; all others look away */
	HR_PLACE_SCAV_RUNS, /* the recorded background scavenger, woken before, gets a P */
	HR_PLACE_END,	    /* the trace ends here; the last record */
	HR_PLACE_KIND_COUNT
};

enum hr_place_flags {
	HR_PLACE_MANUAL = 1 << 0,   /* ALLOC, CACHE_USE, FREE: holds no objects (stacks, GC work): not "in use" */
	HR_PLACE_COMPLETE = 1 << 1, /* ALLOC, CACHE_USE: a span was allocated, so that synchronous scavenging is due;
					 absent for what was there when the trace began, and for pages of unknown owners */
	HR_PLACE_INITIAL = 1 << 2,  /* GROW: there when the trace began */
	HR_PLACE_FORCED = 1 << 3,   /* SWEEP_DONE */
	HR_PLACE_PADDING = 1 << 4,  /* ALLOC: used for ever by nobody, and released all the same: neither in use nor
				       manual. The first pages of a heap of Go 1.26, whose base is random */
};

struct hr_place {
	uint64_t time_ns;
	uint64_t page;
	uint64_t arg;
	uint32_t npages;
	int16_t p; /* the P that did it, or -1 */
	uint8_t kind, flags;
	/* The heap after this record, the same for every policy. free + released = mapped - in_use - manual. */
	uint32_t in_use_pages, manual_pages, mapped_pages;
	int16_t cache_p; /* whose page cache */
	uint16_t reserved;
};

static_assert(sizeof(struct hr_place) == 48, "placements are passed in batches");

/* --- the map: one policy's view of the heap's pages ------------------------ */

/* Bit i of word w is page 64*w + i of a chunk. */
typedef uint64_t hr_bitmap[HR_CHUNK_WORDS];

struct hr_chunk_bits {
	hr_bitmap alloc;     /* 1: in use, or in a page cache */
	hr_bitmap scavenged; /* 1: released to the system, or never touched */
};

struct hr_cache_bits {
	uint64_t base;	    /* first page of the block of 64 */
	uint64_t free;	    /* pages in the cache */
	uint64_t scavenged; /* of the whole block, as it was when the cache was filled, less what was handed out */
};

struct hr_range {
	uint64_t base, limit; /* pages; base < limit, or both 0 for "none" */
};

/* A sorted set of page ranges that never overlap and never touch. */
struct hr_ranges {
	struct hr_range *at; /* ascending */
	size_t n, cap;
	uint64_t total_pages;
};

struct hr_geometry;

/* To read only; it changes by what the follower does. */
struct hr_pagemap {
	const struct hr_geometry *geometry;
	uint64_t phys_page_bytes; /* 4096..524288, a power of two: what can be released at the least */
	uint64_t huge_page_bytes; /* a power of two, at most a chunk, or 0: no huge pages */
	struct hr_chunk_bits **blocks;
	struct hr_ranges in_use;      /* what has grown, in whole chunks */
	struct hr_cache_bits *caches; /* by P */
	size_t ncaches;
	struct hr_chunk_bits *whole; /* blocks that stand for all whose pages are in one state; NULL: none yet */
	void *spare; /* blocks that whole ones have replaced; each begins with the address of the next */
	uint64_t low_block, end_block; /* no block is outside of these */
	bool out_of_memory;	       /* what was to change could not; the follower then stops */
	struct hr_map_states *states;  /* the map's own: of 64 chunks each, which are in one state */
	struct hr_pieces *pieces; /* the map's own: memory of blocks that have grown from others on; NULL: none yet */
};

#define HR_MAP_BLOCK_LOG_CHUNKS 8

/* The bits of a grown chunk. */
static inline struct hr_chunk_bits *hr_pagemap_chunk(const struct hr_pagemap *m, uint64_t chunk)
{
	return &m->blocks[chunk >> HR_MAP_BLOCK_LOG_CHUNKS][chunk & ((1u << HR_MAP_BLOCK_LOG_CHUNKS) - 1)];
}

/*
 * How many chunks from this one on are as it is, and all of their pages alike (all
 * in use, or all free and released, or all dirty), up to a multiple of 256; 1: look
 * at it. So who looks at all chunks need not look at each of a large span.
 */
HR_API uint64_t hr_pagemap_alike(const struct hr_pagemap *m, uint64_t chunk);
/* The first chunk that is so, on the way down. */
HR_API uint64_t hr_pagemap_first_alike(const struct hr_pagemap *m, uint64_t chunk);

/* The pages are of one grown chunk, all free (not in use, in no page cache), not released, and whole physical pages. */
HR_API bool hr_pagemap_can_release(const struct hr_pagemap *m, uint64_t page, uint64_t npages);

/* x with every m-aligned group of m bits that is not all zero filled with ones; m a power of two, 1..64. fillAligned. */
HR_API uint64_t hr_fill_aligned(uint64_t x, unsigned m);

struct hr_candidate {
	unsigned start, npages; /* pages of the chunk; npages 0: none */
};

/*
 * The highest run of free, unreleased pages at or below the word that holds
 * page `from` (0..511), in units of min_pages (a power of two, 1..64), at most
 * max_pages (0: min_pages) unless that would break a huge page.
 * pallocData.findScavengeCandidate, whose start and size it gives exactly.
 */
HR_API struct hr_candidate hr_find_candidate(const struct hr_chunk_bits *c, unsigned from, uint64_t min_pages,
					     uint64_t max_pages, uint64_t phys_page_bytes, uint64_t huge_page_bytes);

/* --- the follower: what a policy sees -------------------------------------- */

/* Simulated costs; `heapreplay replay --cost` sets them. */
struct hr_cost {
	uint64_t call_ns;	  /* a release call */
	uint64_t page_ns;	  /* per physical page released, of 4 KiB */
	uint64_t fault_ns;	  /* per physical page touched again, of 4 KiB */
	uint64_t huge_fault_ns;	  /* per huge page touched again as a whole */
	uint64_t huge_release_ns; /* per huge page released as a whole */
	uint64_t huge_split_ns;	  /* a release call that splits a huge page */
	uint64_t batch;		  /* releases that share one call */
	bool thp;		  /* free memory is backed by huge pages where they are whole */
	uint64_t page_kib_ns;	  /* of a larger physical page: per KiB above 4, on top of page_ns */
	uint64_t fault_kib_ns;	  /* the same of fault_ns */
};

/* What releasing a physical page costs, and touching it again, ns. */
static inline uint64_t hr_cost_of_page(const struct hr_cost *c, uint64_t phys_page_bytes)
{
	return c->page_ns + (phys_page_bytes / 1024 - 4) * c->page_kib_ns;
}

static inline uint64_t hr_cost_of_fault(const struct hr_cost *c, uint64_t phys_page_bytes)
{
	return c->fault_ns + (phys_page_bytes / 1024 - 4) * c->fault_kib_ns;
}

struct hr_settings {
	const struct hr_geometry *geometry;
	uint64_t phys_page_bytes, huge_page_bytes;
	uint64_t memory_limit_bytes; /* UINT64_MAX: off */
	bool limit_given;	     /* by the user: what the trace says of the limit is then ignored */
	uint64_t other_memory_bytes; /* counts against the limit beside the heap */
	uint64_t wake_delay_ns;	     /* from the flag that asks for the scavenger to sysmon's look at it */
	uint64_t run_delay_ns;	     /* from waking it to its running: it may have to wait for a P */
	unsigned procs;		     /* GOMAXPROCS until the trace says otherwise */
	struct hr_cost cost;
};

struct hr_policy_view {
	uint64_t now_ns;
	uint64_t timer_ns; /* the policy's, HR_NEVER: none */
	/* The heap, as of the last record that is in the counts, and of all releases. */
	uint64_t in_use_pages, manual_pages, mapped_pages, released_pages;
	/* In before and after: pages that the record's span took and that were released. In before they still count as such. */
	uint64_t claimed_pages;
	uint64_t memory_limit_bytes; /* in force; UINT64_MAX off */
	uint64_t heap_goal_bytes;    /* the GC's, 0 unknown */
	uint64_t goal_bytes;	     /* the policy's for retained, HR_NEVER: none */
	unsigned procs;
	int address_bits; /* 48 or 32 */
	const struct hr_settings *settings;
	const struct hr_pagemap *map;
};

struct hr_follower;

/* A constant of the follower's: it may be kept. */
static inline const struct hr_policy_view *hr_follower_view(const struct hr_follower *f)
{
	/* The view is a follower's initial state. */
	return (const struct hr_policy_view *)(const void *)f;
}

/* Free and not released. */
static inline uint64_t hr_follower_free_pages(const struct hr_follower *f)
{
	const struct hr_policy_view *v = hr_follower_view(f);

	return v->mapped_pages - v->in_use_pages - v->manual_pages - v->released_pages;
}

/* In use + free, as the runtime's pacing counts it. */
static inline uint64_t hr_follower_retained_bytes(const struct hr_follower *f)
{
	return (hr_follower_view(f)->in_use_pages + hr_follower_free_pages(f)) * HR_PAGE_BYTES;
}

/* All memory in the Ready state: in use, manual, free, and what is beside the heap. */
static inline uint64_t hr_follower_mapped_ready_bytes(const struct hr_follower *f)
{
	const struct hr_policy_view *v = hr_follower_view(f);

	return (v->mapped_pages - v->released_pages) * HR_PAGE_BYTES + v->settings->other_memory_bytes;
}

/* --- the follower: what a policy does -------------------------------------- */

/* Sets the policy's timer; HR_NEVER for none. Not before now. */
HR_API void hr_follower_set_timer(struct hr_follower *f, uint64_t time_ns);
/*
 * For a policy that knows the future, in its `create`: it is told of each record
 * (see `ahead`) when it is so much trace time away, and of all by the end.
 */
HR_API void hr_follower_look_ahead(struct hr_follower *f, uint64_t ns);
/* The goal for retained bytes in force from now on, HR_NEVER for none. It is measured how long it is missed. */
HR_API void hr_follower_set_goal(struct hr_follower *f, uint64_t bytes);

/* Who asked for a release: the background scavenger, heap growth, the memory limit at an allocation,
 * FreeOSMemory, or the free itself (eager). */
enum hr_release_why { HR_WHY_BACKGROUND, HR_WHY_GROWTH, HR_WHY_LIMIT, HR_WHY_FORCED, HR_WHY_FREE, HR_WHY_COUNT };

/* Of all releases from now on; HR_WHY_BACKGROUND in the beginning. */
HR_API void hr_follower_because(struct hr_follower *f, enum hr_release_why why);
/*
 * Releases pages, for which hr_pagemap_can_release must hold. In one call, as
 * the cost model counts.
 */
HR_API void hr_follower_release_pages(struct hr_follower *f, uint64_t page, unsigned npages);
/*
 * Releases whatever can be of these pages of the heap, in as few calls as that
 * takes; returns how many pages. A physical page that is larger than a page
 * goes when all of it can, and as a whole even if these pages are a part of it.
 */
HR_API uint64_t hr_follower_release_range(struct hr_follower *f, uint64_t page, uint64_t npages);

/* What releases have cost since the last call, ns. */
HR_API uint64_t hr_follower_take_spent(struct hr_follower *f);
/* Account for time: spent in the background; spent in a synchronous pass, while the program waited. */
HR_API void hr_follower_work(struct hr_follower *f, uint64_t ns);
HR_API void hr_follower_stall(struct hr_follower *f, uint64_t ns);

/* One line of GODEBUG=scavtrace=1; which fields count depends on form. */
enum hr_scav_form { HR_SCAV_GO118, HR_SCAV_GO119, HR_SCAV_GO121 };

struct hr_scav_line {
	uint64_t time_ns;
	enum hr_scav_form form;
	uint64_t generation;		/* go1.18 */
	uint64_t work_bytes;		/* go1.18, go1.19: by the background scavenger; the call's own when forced */
	uint64_t bg_bytes, eager_bytes; /* go1.21 */
	uint64_t released_bytes;	/* now */
	unsigned util_percent;
	bool forced, controller_reset;
};

/* Prints the line, if anyone reads it. */
HR_API void hr_follower_log(struct hr_follower *f, const struct hr_scav_line *line);

/* --- what a policy says of itself ------------------------------------------ */

/* The work that finding cost; the seed change asked for exactly this baseline. */
struct hr_search_work {
	uint64_t lookups;    /* calls of find (go1.18: chunks looked for) */
	uint64_t words;	     /* bytes (go1.19), records (go1.21+) or summaries (go1.18) of the index read */
	uint64_t empty_hits; /* chunks that were found and turned out to have nothing */
};

/* What a policy's index knows of a grown chunk, to be looked at. */
struct hr_index_look {
	bool marked; /* it may have something to release */
	bool ready;  /* and a background search would take it now; marked and not ready: a forced one only */
	/* With has_density: pages in use now and when the last generation ended. */
	unsigned in_use, last_in_use;
	uint32_t unchanged; /* generations since the last page was taken or freed; 0: in this one */
	/* So many grown chunks from this one on are marked and ready as it is, as far as is known; 0: this one, at least. */
	uint64_t alike;
};

struct hr_policy_def {
	unsigned abi;	     /* HR_POLICY_ABI */
	const char *name;    /* letters, digits, '.', '-', '_' */
	const char *summary; /* one line, no full stop */

	const struct hr_param *params; /* rows over the configuration; a row without name ends. NULL: there are none */
	size_t config_bytes;
	/* HR_EUSAGE, with what is wrong: parameters that don't go together, or out of range. NULL: all go. */
	enum hr_status (*check)(const void *config, struct hr_error *err);

	bool
	    needs_goals; /* acts by a goal that follows the GC's or the memory limit: where neither is known, not at all */
	bool needs_releases; /* follows the recorded scavenger: for traces that tell what it released */
	bool knows_future;   /* no other can be measured by it as by its like, nor can it be watched */
	bool without_caches; /* page caches are looked past: what is in one is free in the map */

	/* Its state, from a configuration of config_bytes that outlives it. NULL: out of memory. */
	void *(*create)(struct hr_follower *f, const void *config);
	void (*destroy)(void *state);
	/* A copy of the state for another follower, which is a copy of the state's own. NULL: out of memory.
	 * May be NULL for a policy that can't be copied; a view that seeks is then refused. */
	void *(*clone)(const void *state, struct hr_follower *f);

	/*
	 * A record: before, the map has it, and the counts are still those before
	 * it, as the runtime's are while it scavenges on allocation; after, the
	 * counts have it, too. HR_ENOMEM: out of memory. Either may be NULL.
	 */
	enum hr_status (*before)(void *state, const struct hr_place *r);
	enum hr_status (*after)(void *state, const struct hr_place *r);
	/* A record that is to come, in order, see hr_follower_look_ahead; with knows_future. NULL: it does not look. */
	enum hr_status (*ahead)(void *state, const struct hr_place *r);
	/*
	 * The timer is due and was taken off; sets the next one. May be NULL for a
	 * policy without timers. Records of one moment come before timers of that
	 * moment; a timer may be set to now, but must let time pass or release
	 * something at least every 1,000 times.
	 */
	void (*timer)(void *state);
	/* What finding pages has cost since the beginning. NULL: nothing is searched. */
	const struct hr_search_work *(*work)(const void *state);

	/* What the policy's index knows of a grown chunk. NULL: it has none, or none to show. */
	void (*look)(const void *state, uint64_t chunk, struct hr_index_look *out);
	/* The page from which a search goes downwards, a forced one or the background's; UINT64_MAX: none. With look. */
	uint64_t (*search_page)(const void *state, bool force);
	bool has_density; /* the index has a search page for forced searches, and counts pages in use */

	/*
	 * Tells of the huge pages in use that it keeps whole now, although something of them is free: those that it would
	 * not split even if its turn came. Each is a range of pages of one chunk. NULL: it spares none.
	 */
	void (*kept_whole)(const void *state, void (*to)(void *ctx, uint64_t page, unsigned npages), void *ctx);
};

/* In a shared object, the policy. */
extern HR_API const struct hr_policy_def heapreplay_policy;

#ifdef __cplusplus
}
#endif

#endif
