/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocation with checked sizes. A NULL means that memory is exhausted or that
 * the size overflows; the caller reports HR_ENOMEM.
 */
#ifndef HR_BASE_ALLOC_H
#define HR_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* n zeroed elements of `size` bytes; free() it. */
void *hr_calloc(size_t n, size_t size);

/*
 * Makes room for at least `need` elements of `size` bytes in *array, which has
 * room for *cap now, by doubling. New room is not zeroed. False: out of
 * memory, *array and *cap are as before.
 */
bool hr_reserve(void *array, size_t *cap, size_t need, size_t size);

/*
 * p's memory will be filled from its beginning: where it has whole huge pages (2 MiB), and the system has any to
 * give, a page fault may bring one. A wish; what is in it does not change. Not for arrays that realloc grows: Linux
 * moves no mapping of which only a part has the wish, so each growth would be a copy to new pages.
 */
void hr_prefer_huge(void *p, size_t bytes);

/*
 * As hr_reserve, for an array that is large, filled from its beginning and seldom grows: its memory is hr_prefer_huge's,
 * and where it grows its `have` elements are copied.
 */
bool hr_reserve_huge(void *array, size_t *cap, size_t have, size_t need, size_t size);

/*
 * `bytes` of zeroed memory that costs nothing until it is touched (an
 * anonymous mapping); for tables which are large and mostly empty. Give it
 * back with hr_unmap and the same size.
 */
void *hr_map(size_t bytes);
void hr_unmap(void *p, size_t bytes);

/*
 * Memory for many parts of one size, of which all will be filled soon: cut from
 * pieces of address space, in huge pages (hr_prefer_huge), so that page faults and
 * entries of the TLB are few. Zeroes are an empty one.
 */
struct hr_pieces {
	void **at;
	size_t n, cap;
	size_t left; /* bytes of the last one that are not cut off */
};

/* A zeroed part, aligned to 128 bytes; good until the release. bytes: the same each time, 1 MiB at most. NULL: out of memory. */
void *hr_pieces_cut(struct hr_pieces *p, size_t bytes);
/* Is this (a part) of it? */
bool hr_pieces_have(const struct hr_pieces *p, const void *part);
/* Leaves it empty. */
void hr_pieces_release(struct hr_pieces *p);

#endif
