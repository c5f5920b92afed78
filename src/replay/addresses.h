/*
 * How well do the model's addresses agree with the recorded ones? Three figures,
 * shares of the span allocations of a trace with addresses:
 *
 * forced        Ask the model where it would put the span, score, then put it
 *               where it was recorded: recorded placement (live.h).
 * look_ahead    The same, knowing what the trace shows only later:
 *               - Holders that were not traced (Go 1.23 loses some allocations
 *                 of stacks). The model offers a page, the real allocator passed
 *                 it over, and the next event on that page is the free of an
 *                 unknown span, or there is none: it is held until then.
 *               - The page caches at the start. Where the first small span of a
 *                 P was not offered and its block had free pages at the start,
 *                 these were in the P's cache.
 *               - Caches that turn out not to be what the model thinks they are
 *                 are set right; the allocation that showed it is a miss.
 *               An allocation counts only if what was inferred of holders and
 *               of the start, nothing else, makes the model offer its page.
 * free_running  Nothing is forced: the model places, every span that it placed
 *               where it was recorded counts.
 *
 * All span events of the trace are held in memory, 32 bytes each, and an index
 * of 4 bytes for each 64-page block that an event touches.
 */
#ifndef HR_REPLAY_ADDRESSES_H
#define HR_REPLAY_ADDRESSES_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hr_address_score {
	uint64_t allocs;
	uint64_t forced, look_ahead, free_running; /* of them, reproduced */
	uint64_t held_pages_found;		   /* pages of holders that were not traced */
	uint64_t start_caches_found;		   /* Ps whose cache at the start was found */
	uint64_t caches_repaired;
};

/*
 * Reads the trace at path (a file, or "-") and scores it. *has_addresses false:
 * the trace has none, and the score is all 0. The errors of the reader and of
 * placement; HR_ENOMEM.
 */
enum hr_status hr_addresses_score(const char *path, struct hr_address_score *score, bool *has_addresses,
				  struct hr_error *err);

#endif
