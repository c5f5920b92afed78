/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of a generation: types, and of stacks and strings what tells who asked for a collection. */
#ifndef HR_TRACE_GO_TABLES_H
#define HR_TRACE_GO_TABLES_H

#include "trace/go/state.h"

/* Content of a type batch behind its first byte. HR_EINPUT, HR_ENOMEM. */
enum hr_status hr_go_add_types(struct hr_go *g, const uint8_t *at, const uint8_t *end, uint64_t offset,
			       struct hr_error *err);
/* Whether pointers have 8 bytes, by the first type of one in such a batch. Damage: false. */
bool hr_go_has_wide_pointers(const uint8_t *at, const uint8_t *end);
/* Fills gc_stacks from the stack and string batches. HR_EINPUT, HR_ENOMEM. */
enum hr_status hr_go_find_gc_stacks(struct hr_go *g, struct hr_error *err);

#endif
