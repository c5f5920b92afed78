/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words of a scavenge index: a bit for each chunk, bit i of word w that of
 * chunk 64*w + i. One writer at a time (heap lock), any number of finders
 * without a lock.
 *
 * A finder loads each word once, from the top down, and decides by what that
 * load gave it, as the runtime does with its bytes and records. A second load
 * could give another value: if a finder looked for a word that isn't zero and
 * then loaded it again, another finder's clear in between would make it believe
 * that nothing is marked below.
 *
 * Memory order: loads acquire and stores release, which costs nothing on x86.
 * It keeps a finder from seeing a later store (a chunk cleared) but not an
 * earlier one (a lower chunk marked before that). search_addr.h has the rest of
 * the argument.
 */
#ifndef HR_SCAVENGE_GO_INDEX_WORDS_H
#define HR_SCAVENGE_GO_INDEX_WORDS_H

#include <stdatomic.h>
#include <stdint.h>

static inline uint64_t hr_index_word(const _Atomic uint64_t *words, uint64_t w)
{
	return atomic_load_explicit(&words[w], memory_order_acquire);
}

/* For the writer. A plain store will do where the runtime has an atomic "or" or "and": there is one writer at a time. */
static inline void hr_index_put_word(_Atomic uint64_t *words, uint64_t w, uint64_t bits)
{
	atomic_store_explicit(&words[w], bits, memory_order_release);
}

/*
 * The first word below *w, and not below min, that isn't zero: its value, and
 * *w is where it is. 0: there is none. Eight words at a time where all are
 * zero: an empty index over 128 GiB has 512 of them.
 */
static inline uint64_t hr_index_next_word(const _Atomic uint64_t *words, uint64_t *w, uint64_t min)
{
	uint64_t word = 0;

	while (*w >= min + 8) {
		uint64_t a = hr_index_word(words, *w - 1), b = hr_index_word(words, *w - 2);
		uint64_t c = hr_index_word(words, *w - 3), d = hr_index_word(words, *w - 4);
		uint64_t e = hr_index_word(words, *w - 5), f = hr_index_word(words, *w - 6);
		uint64_t g = hr_index_word(words, *w - 7), h = hr_index_word(words, *w - 8);

		if (a | b | c | d | e | f | g | h) {
			const uint64_t eight[] = {a, b, c, d, e, f, g, h};
			unsigned i = 0;

			while (eight[i] == 0)
				i++;
			*w -= i + 1;
			return eight[i];
		}
		*w -= 8;
	}
	while (word == 0 && *w > min)
		word = hr_index_word(words, --*w);
	return word;
}

#endif
