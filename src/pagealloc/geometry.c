/* SPDX-License-Identifier: BSD-3-Clause */
/* The two address spaces of the Go runtime that are modelled. Constants, nothing else. */
#include "config.h"

#include "pagealloc/geometry.h"

#include <stddef.h>

static const struct hr_geometry geometry48 = {
    .address_bits = 48,
    .levels = 5,
    .pack_bits = 21,
    .level_bits = {14, 3, 3, 3, 3},
    .log_pages = {21, 18, 15, 12, 9},
    .chunks = UINT64_C(1) << 26,
    .arena_bytes = UINT64_C(64) << 20,
    .heap_base_page = UINT64_C(0xc000000000) >> HR_PAGE_SHIFT,
};

static const struct hr_geometry geometry32 = {
    .address_bits = 32,
    .levels = 4,
    .pack_bits = 18,
    .level_bits = {1, 3, 3, 3},
    .log_pages = {18, 15, 12, 9},
    .chunks = UINT64_C(1) << 10,
    .arena_bytes = UINT64_C(4) << 20,
    .heap_base_page = UINT64_C(0x40000000) >> HR_PAGE_SHIFT,
};

const struct hr_geometry *hr_geometry(int address_bits)
{
	return address_bits == 48 ? &geometry48 : address_bits == 32 ? &geometry32 : NULL;
}
