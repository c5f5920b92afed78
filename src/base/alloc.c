/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

void *hr_calloc(size_t n, size_t size)
{
	return calloc(n ? n : 1, size ? size : 1);
}

bool hr_reserve(void *array, size_t *cap, size_t need, size_t size)
{
	void *old, *p;
	size_t c = *cap ? *cap : 16;

	if (need <= *cap)
		return true;
	while (c < need) {
		if (c > SIZE_MAX / 2)
			return false;
		c *= 2;
	}
	if (size != 0 && c > SIZE_MAX / size)
		return false;
	memcpy(&old, array, sizeof(old));
	p = realloc(old, c * size);
	if (p == NULL)
		return false;
	memcpy(array, &p, sizeof(p));
	*cap = c;
	return true;
}

void hr_prefer_huge(void *p, size_t bytes)
{
#if HAVE_DECL_MADV_HUGEPAGE
	const uintptr_t begin = ((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
	const uintptr_t end = ((uintptr_t)p + bytes) & ~(uintptr_t)(HUGE_PAGE - 1);

	if (begin < end)
		madvise((uint8_t *)p + (begin - (uintptr_t)p), end - begin, MADV_HUGEPAGE);
#else
	(void)p;
	(void)bytes;
#endif
}

bool hr_reserve_huge(void *array, size_t *cap, size_t have, size_t need, size_t size)
{
	void *old, *grown = NULL;
	size_t grown_cap = *cap;

	if (need <= *cap)
		return true;
	if (size == 0 || need < 2 * HUGE_PAGE / size)
		return hr_reserve(array, cap, need, size);
	/* Doubled, in memory of its own: a realloc of what has the wish would be a copy, too. */
	if (*cap > SIZE_MAX / 2 / size || need > SIZE_MAX / 2 / size)
		return false;
	grown_cap = 2 * *cap > need ? 2 * *cap : need;
	grown = malloc(grown_cap * size);
	if (grown == NULL)
		return false;
	hr_prefer_huge(grown, grown_cap * size);
	memcpy(&old, array, sizeof(old));
	if (have > 0)
		memcpy(grown, old, have * size);
	free(old);
	memcpy(array, &grown, sizeof(grown));
	*cap = grown_cap;
	return true;
}

/* Where there is no such flag, systems reserve nothing for what is private and not yet written, as far as is known. */
#if HAVE_DECL_MAP_NORESERVE
#define UNRESERVED MAP_NORESERVE
#else
#define UNRESERVED 0
#endif

void *hr_map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | UNRESERVED, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void hr_unmap(void *p, size_t bytes)
{
	if (p != NULL)
		munmap(p, bytes);
}

/* --- pieces ------------------------------------------------------------------- */

#define PIECE_BYTES ((size_t)32 << 20)
#define PART_ALIGN ((size_t)128)

void *hr_pieces_cut(struct hr_pieces *p, size_t bytes)
{
	const size_t part = (bytes + PART_ALIGN - 1) & ~(PART_ALIGN - 1);

	if (p->left < part) {
		void *piece;

		if (!hr_reserve(&p->at, &p->cap, p->n + 1, sizeof(*p->at)) || (piece = hr_map(PIECE_BYTES)) == NULL)
			return NULL;
		hr_prefer_huge(piece, PIECE_BYTES);
		p->at[p->n++] = piece;
		p->left = PIECE_BYTES;
	}
	p->left -= part;
	return (uint8_t *)p->at[p->n - 1] + (PIECE_BYTES - p->left - part);
}

bool hr_pieces_have(const struct hr_pieces *p, const void *part)
{
	for (size_t i = 0; i < p->n; i++)
		if ((uintptr_t)part - (uintptr_t)p->at[i] < PIECE_BYTES)
			return true;
	return false;
}

void hr_pieces_release(struct hr_pieces *p)
{
	for (size_t i = 0; i < p->n; i++)
		hr_unmap(p->at[i], PIECE_BYTES);
	free(p->at);
	*p = (struct hr_pieces){0};
}
