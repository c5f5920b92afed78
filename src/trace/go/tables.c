/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables at the end of a generation: types with their sizes, and of stacks
 * and strings only what tells who asked for a garbage collection.
 */
#include "config.h"

#include "trace/go/tables.h"

#include "base/alloc.h"
#include "trace/varint.h"

#include <string.h>

/* Functions whose presence in a GCBegin's stack tells the cycle's cause (runtime.GC and runtime/debug in Go's source).
 */
static const struct cause {
	const char *function;
	uint8_t flags; /* enum hr_event_flags */
} causes[] = {
    {"runtime/debug.freeOSMemory", HR_EVF_FREE_OS_MEMORY | HR_EVF_FORCED_GC},
    {"runtime/debug.FreeOSMemory", HR_EVF_FREE_OS_MEMORY | HR_EVF_FORCED_GC},
    {"runtime.GC", HR_EVF_FORCED_GC},
};

/* The runtime numbers the types that it sees from 1; those with higher ids count as not recorded. */
enum { MAX_TYPES = 1 << 20 };

static enum hr_status damaged(struct hr_error *err, uint64_t offset, const char *table)
{
	return hr_error_at(err, HR_EINPUT, offset, "damaged trace: bad table of %s", table);
}

/* The type's number in the whole trace; ids hold for one generation. */
static enum hr_status number_type(struct hr_go *g, const struct hr_type *type, struct hr_go_type_id *to,
				  struct hr_error *err)
{
	enum hr_types_added how;

	to->bytes = type->bytes;
	to->number = hr_types_intern(&g->r->sides.types, type, &how);
	if (how == HR_TYPES_NO_MEMORY)
		return hr_go_no_memory(g, err);
	if (how == HR_TYPES_FULL)
		hr_reader_odd(g->r, HR_ANOMALY_TYPE_LIMIT);
	return HR_OK;
}

enum hr_status hr_go_add_types(struct hr_go *g, const uint8_t *at, const uint8_t *end, uint64_t offset,
			       struct hr_error *err)
{
	const uint8_t *start = at;

	while (at < end) {
		struct hr_type type = {0};
		uint64_t id, name_len;

		if (!hr_varint(&at, end, &id) || !hr_varint(&at, end, &type.addr) ||
		    !hr_varint(&at, end, &type.bytes) || !hr_varint(&at, end, &type.ptr_bytes) ||
		    !hr_varint(&at, end, &name_len) || name_len > (uint64_t)(end - at))
			return damaged(err, offset + (uint64_t)(at - start), "types");
		type.name = (const char *)at;
		type.name_len = (size_t)name_len;
		at += name_len;
		if (id >= MAX_TYPES) {
			hr_reader_odd(g->r, HR_ANOMALY_TYPE_LIMIT);
			continue;
		}
		if (!hr_reserve(&g->types, &g->cap_types, id + 1, sizeof(*g->types)))
			return hr_go_no_memory(g, err);
		for (; g->ntypes <= id; g->ntypes++)
			g->types[g->ntypes] = (struct hr_go_type_id){0};
		HR_TRY(number_type(g, &type, &g->types[id], err));
	}
	return HR_OK;
}

bool hr_go_has_wide_pointers(const uint8_t *at, const uint8_t *end)
{
	uint64_t id, addr, bytes, ptr_bytes, name_len;

	while (at < end && hr_varint(&at, end, &id) && hr_varint(&at, end, &addr) && hr_varint(&at, end, &bytes) &&
	       hr_varint(&at, end, &ptr_bytes) && hr_varint(&at, end, &name_len) && name_len <= (uint64_t)(end - at)) {
		if (name_len > 0 && *at == '*')
			return bytes == 8;
		at += name_len;
	}
	return false;
}

/* The strings that name a cause: id to flags. */
static enum hr_status find_causes(const struct hr_go *g, struct hr_map64 *found, struct hr_error *err)
{
	for (size_t i = 0; i < g->nstrings; i++) {
		const struct hr_go_table *t = &g->strings[i];
		const uint8_t *at = t->at, *end = at + t->len;

		while (at < end) {
			uint64_t id, len;

			if (*at++ != HR_GO_STRING || !hr_varint(&at, end, &id) || !hr_varint(&at, end, &len) ||
			    len > (uint64_t)(end - at))
				return damaged(err, t->offset + (uint64_t)(at - t->at), "strings");
			for (size_t c = 0; c < sizeof(causes) / sizeof(causes[0]); c++)
				if (len == strlen(causes[c].function) && memcmp(at, causes[c].function, len) == 0 &&
				    id != UINT64_MAX && !hr_map64_put(found, id, causes[c].flags))
					return hr_error_set(err, HR_ENOMEM, "out of memory");
			at += len;
		}
	}
	return HR_OK;
}

/* The flags of every stack that is in gc_stacks. */
static enum hr_status find_stacks(struct hr_go *g, const struct hr_map64 *strings, struct hr_error *err)
{
	for (size_t i = 0; i < g->nstacks; i++) {
		const struct hr_go_table *t = &g->stacks[i];
		const uint8_t *at = t->at, *end = at + t->len;

		while (at < end) {
			uint64_t id, frames, pc, function, file, line, *flags;

			if (*at++ != HR_GO_STACK || !hr_varint(&at, end, &id) || !hr_varint(&at, end, &frames))
				return damaged(err, t->offset + (uint64_t)(at - t->at), "stacks");
			flags = id != UINT64_MAX ? hr_map64_get(&g->gc_stacks, id) : NULL;
			for (; frames > 0; frames--) {
				if (!hr_varint(&at, end, &pc) || !hr_varint(&at, end, &function) ||
				    !hr_varint(&at, end, &file) || !hr_varint(&at, end, &line))
					return damaged(err, t->offset + (uint64_t)(at - t->at), "stacks");
				const uint64_t *cause =
				    flags != NULL && function != UINT64_MAX ? hr_map64_get(strings, function) : NULL;
				if (cause != NULL)
					*flags |= *cause;
			}
		}
	}
	return HR_OK;
}

enum hr_status hr_go_find_gc_stacks(struct hr_go *g, struct hr_error *err)
{
	struct hr_map64 strings;
	enum hr_status status;

	hr_map64_init(&strings);
	status = find_causes(g, &strings, err);
	if (status == HR_OK && strings.count > 0)
		status = find_stacks(g, &strings, err);
	hr_map64_release(&strings);
	return status;
}
