/*
 * The stream of placements: what became of the heap's pages, and when. Made
 * once for a trace (src/replay/placer.h), followed by any number of policies.
 * Records stand in time order; those of one moment in the order in which the
 * runtime would do them.
 */
#ifndef HR_PAGEALLOC_PLACE_H
#define HR_PAGEALLOC_PLACE_H

#include <assert.h>
#include <stdint.h>

enum hr_place_kind {
	HR_PLACE_GROW,	      /* page, npages (whole chunks): new memory, free and released */
	HR_PLACE_ALLOC,	      /* a span took free pages from the heap: page, npages, p, flags; arg: bytes the heap
				 grew by for it (the GROW records before it), heap-growth scavenging counts them */
	HR_PLACE_CACHE_USE,   /* a span took pages from the page cache of P cache_p: page, npages, p, flags */
	HR_PLACE_FREE,	      /* a span's pages became free: page, npages, flags */
	HR_PLACE_CACHE_FILL,  /* the cache of P cache_p took the pages `arg` (bits) of the 64-page block at `page` */
	HR_PLACE_CACHE_FLUSH, /* the cache of P cache_p gave its pages `arg` of the block at `page` back */
	HR_PLACE_MARK_START,  /* a GC cycle begins (sweep termination was just before) */
	HR_PLACE_MARK_DONE,   /* mark termination: the last heap in use is what in_use_pages says here */
	HR_PLACE_HEAP_GOAL,   /* arg: the GC's heap goal, bytes, from now on */
	HR_PLACE_SWEEP_DONE,  /* the cycle's sweep is done; HR_PLACE_FORCED: FreeOSMemory releases everything now */
	HR_PLACE_PROCS,	      /* arg: GOMAXPROCS from now on */
	HR_PLACE_LIMIT,	      /* arg: the memory limit, bytes, UINT64_MAX off, from now on */
	HR_PLACE_SCAV, /* the recorded scavenger released pages of one chunk: page, npages, p. For the policy that
				 does as it did; all others look away */
	HR_PLACE_END,  /* the trace ends here; the last record */
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

#endif
