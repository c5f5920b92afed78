/* SPDX-License-Identifier: BSD-3-Clause */
/* memmem(3), which POSIX has since 2024 only. */
#ifndef HR_BASE_FIND_H
#define HR_BASE_FIND_H

#include "config.h"

#include <stdint.h>
#include <string.h>

/* The first place of n bytes at what within the size ones at text; NULL: there is none. */
static inline void *hr_find(const void *text, size_t size, const void *what, size_t n)
{
#ifdef HAVE_MEMMEM
	return memmem(text, size, what, n);
#else
	for (const char *p = text; size >= n; p++, size--)
		if (memcmp(p, what, n) == 0)
			return (void *)(uintptr_t)p;
	return NULL;
#endif
}

#endif
