/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How well do the model's addresses agree with the recorded ones? Three figures,
 * shares of the span allocations of a trace with addresses:
 *
 * forced        Ask the model where it would put the span, score, then put it
 *               where it was recorded: recorded placement (live.h).
 *
 * look_ahead    The same, with what the trace shows only later made true first:
 *               - Holders that were not traced (Go 1.23 loses some allocations
 *                 of stacks). The model offers a page, the real allocator passed
 *                 it over, and the next event on that page is the free of an
 *                 unknown span, or there is none: it is held until then.
 *               - A live span under a new one was freed before, unseen.
 *               - The page caches at the start. Where a P's first small span is
 *                 not where the model wants it, the cache held its block, or
 *                 what of that block the P goes on to take. A block that is
 *                 passed over and next used by a P without small spans so far
 *                 was in that P's cache.
 *               - Whether a P's cache was flushed at the end of a cycle: its
 *                 next small span comes from that cache, or not.
 *               An allocation whose page is not offered then is a miss, and the
 *               model is set right, so that one error is one miss: a cache that
 *               the span did not come from is flushed, and what was passed over
 *               is held until its next event; if that explains the address.
 *
 * free_running  Nothing is forced: the model places, every span that it placed
 *               where it was recorded counts.
 *
 * All span events of the trace are held in memory, 32 bytes each, with an index
 * of 4 bytes for each event and 4 for each 64-page block that an event touches.
 */
#ifndef HR_REPLAY_ADDRESSES_H
#define HR_REPLAY_ADDRESSES_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct hr_address_score {
	uint64_t allocs;
	uint64_t forced, look_ahead, free_running; /* of them, reproduced */
	/* Of the look-ahead: */
	uint64_t held_pages_found;   /* pages of holders that were not traced */
	uint64_t start_caches_found; /* Ps whose cache at the start was found */
	uint64_t repairs;	     /* misses after which the model could be set right */
};

/*
 * Reads the trace at path (a file, or "-") and scores it. *has_addresses false:
 * the trace has none, and the score is all 0. The errors of the reader and of
 * placement; HR_ENOMEM.
 */
enum hr_status hr_addresses_score(const char *path, struct hr_address_score *score, bool *has_addresses,
				  struct hr_error *err);

#endif
