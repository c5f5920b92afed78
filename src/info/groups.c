/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "info/groups.h"

#include "base/alloc.h"
#include "base/units.h"
#include "heap/sizeclasses.h"
#include "pagealloc/geometry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_BORN UINT64_MAX
#define EXISTED (UINT64_MAX - 1)
#define NO_NAME UINT64_MAX
/* A number is believed to be an object's place in the array while it is not far beyond the objects seen. */
#define NUMBERS_AHEAD 4096
#define TINY_BYTES 16

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the objects by type");
}

void hr_groups_init(struct hr_groups *g, enum hr_group_by by, const struct hr_trace_meta *meta,
		    const struct hr_sides *sides, uint64_t from_ns)
{
	*g = (struct hr_groups){.by = by, .go_minor = meta->go_minor, .from_ns = from_ns, .sides = sides};
	g->slotted = meta->has_addresses && meta->has_spans;
	g->sized = !meta->has_addresses || g->slotted;
	hr_types_init(&g->names);
	hr_map64_init(&g->names_of);
	hr_map64_init(&g->index);
	hr_slots_init(&g->slots);
}

void hr_groups_release(struct hr_groups *g)
{
	hr_types_release(&g->names);
	hr_map64_release(&g->names_of);
	hr_map64_release(&g->index);
	hr_slots_release(&g->slots);
	free(g->rows);
	free(g->objects);
	g->rows = NULL;
	g->objects = NULL;
	g->n = g->cap = g->nobjects = 0;
}

/* --- which row ------------------------------------------------------------------ */

/* The size of the class that an object of that size belongs to; 0: it is larger than all. */
static uint64_t class_of(uint64_t bytes, bool noscan, unsigned go_minor)
{
	return hr_size_classes[hr_size_class_of_span_class(hr_span_class_of(bytes, noscan, go_minor))].object_bytes;
}

/* Whether the object has room for more than one element. bytes: of the slot, or the size asked for. */
static bool is_array(const struct hr_groups *g, const struct hr_type *type, uint64_t bytes)
{
	bool noscan = type->ptr_bytes == 0;
	uint64_t own;

	if (type->bytes == 0)
		return false;
	if (!g->slotted)
		return bytes > type->bytes;
	own = class_of(type->bytes, noscan, g->go_minor);
	if (own == 0)
		own = type->bytes < bytes ? (type->bytes + HR_PAGE_BYTES - 1) / HR_PAGE_BYTES * HR_PAGE_BYTES : bytes;
	/* The tiny allocator has slots of one size. */
	if (noscan && type->bytes < TINY_BYTES)
		own = TINY_BYTES;
	return bytes > own;
}

/* Index in names of the type's name; NO_NAME: it has none. False: out of memory. */
static bool name_of(struct hr_groups *g, const struct hr_type *type, uint64_t *name)
{
	const uint64_t *known = hr_map64_get(&g->names_of, type->number);
	struct hr_type plain = {.name = type->name, .name_len = type->name_len};
	enum hr_types_added how;
	uint32_t number;

	*name = known != NULL ? *known : NO_NAME;
	if (known != NULL || type->name_len == 0)
		return true;
	number = hr_types_intern(&g->names, &plain, &how);
	if (how == HR_TYPES_NO_MEMORY)
		return false;
	if (number == 0)
		return true;
	*name = hr_types_find(&g->names, number);
	return hr_map64_put(&g->names_of, type->number, *name);
}

/* What the object of this event is; class_bytes and type as far as they matter. False: out of memory. */
static bool describe(struct hr_groups *g, const struct hr_event *e, uint64_t bytes, struct hr_group *row)
{
	size_t i = e->arg != 0 ? hr_types_find(&g->sides->types, e->arg) : SIZE_MAX;
	uint64_t name = NO_NAME;

	*row = (struct hr_group){0};
	if (g->by == HR_GROUP_BY_TYPE && i != SIZE_MAX) {
		struct hr_type type = hr_types_get(&g->sides->types, i);

		if (!name_of(g, &type, &name))
			return false;
		row->array = is_array(g, &type, bytes);
	}
	if (name != NO_NAME) {
		row->sort = HR_GROUP_TYPE;
		row->type = (uint32_t)name;
	} else if (g->by == HR_GROUP_BY_TYPE && e->arg != 0) {
		row->sort = HR_GROUP_NUMBER;
		row->type = e->arg;
		row->array = false;
	} else {
		row->sort = g->by == HR_GROUP_BY_CLASS	  ? HR_GROUP_CLASS
			    : e->kind == HR_EV_OBJ_EXISTS ? HR_GROUP_EXISTED
							  : HR_GROUP_UNTYPED;
		row->class_bytes = class_of(bytes, true, 0);
	}
	return true;
}

static uint64_t key_of(const struct hr_group *row)
{
	uint64_t what = row->sort <= HR_GROUP_NUMBER ? row->type : row->class_bytes;

	return what << 4 | (uint64_t)row->sort << 1 | row->array;
}

static bool find_row(struct hr_groups *g, const struct hr_group *what, uint32_t *row)
{
	const uint64_t *known = hr_map64_get(&g->index, key_of(what));

	if (known == NULL) {
		struct hr_group other = {.sort = HR_GROUP_OTHER};

		if (g->n >= HR_GROUPS_MAX && what->sort != HR_GROUP_OTHER)
			return find_row(g, &other, row);
		if (!hr_reserve(&g->rows, &g->cap, g->n + 1, sizeof(*g->rows)) ||
		    !hr_map64_put(&g->index, key_of(what), g->n))
			return false;
		g->rows[g->n] = *what;
		*row = (uint32_t)g->n++;
		return true;
	}
	*row = (uint32_t)*known;
	return true;
}

/* --- objects --------------------------------------------------------------------- */

/* *at: what is noted of the object of that number; NULL: it is none that a ledger gives. */
static enum hr_status object_of(struct hr_groups *g, uint64_t number, struct hr_grouped **at, struct hr_error *err)
{
	size_t had = g->nobjects;

	*at = NULL;
	if (number >= g->nobjects) {
		if (!g->slotted && number >= g->seen + NUMBERS_AHEAD)
			return HR_OK;
		if (!hr_reserve(&g->objects, &g->nobjects, (size_t)number + 1, sizeof(*g->objects)))
			return no_memory(err);
		memset(g->objects + had, 0xff, (g->nobjects - had) * sizeof(*g->objects));
	}
	*at = &g->objects[number];
	return HR_OK;
}

/* The object is gone; seen: its free was recorded, at that time. */
static void end_object(struct hr_groups *g, struct hr_grouped *o, uint64_t bytes, uint64_t time_ns, bool seen)
{
	struct hr_group *row = &g->rows[o->row];

	if (row->live_objects > 0)
		row->live_objects--;
	row->live_bytes -= bytes < row->live_bytes ? bytes : row->live_bytes;
	if (seen && o->born_ns < EXISTED && time_ns >= g->from_ns) {
		row->freed_objects++;
		row->life_ns += time_ns - o->born_ns;
	}
	o->born_ns = NOT_BORN;
}

static enum hr_status take_object(struct hr_groups *g, const struct hr_event *e, struct hr_error *err)
{
	uint64_t number = e->addr, bytes = e->size;
	struct hr_grouped *o;
	struct hr_group what, *row;
	uint32_t index;

	g->seen++;
	if (g->slotted && (number = hr_slots_find(&g->slots, e->addr, &bytes)) == HR_NO_SLOT) {
		g->unplaced++;
		return HR_OK;
	}
	HR_TRY(object_of(g, number, &o, err));
	if (o == NULL) {
		g->unplaced++;
		return HR_OK;
	}
	/* A slot of the tiny allocator can hold several objects; in any other slot a free was lost. */
	if (o->born_ns != NOT_BORN) {
		if (g->slotted && bytes == TINY_BYTES)
			return HR_OK;
		end_object(g, o, bytes, e->time_ns, false);
	}
	if (!describe(g, e, bytes, &what) || !find_row(g, &what, &index))
		return no_memory(err);
	o->row = index;
	o->born_ns = e->kind == HR_EV_OBJ_EXISTS ? EXISTED : e->time_ns;
	row = &g->rows[index];
	row->live_objects++;
	row->live_bytes += bytes;
	if (e->kind == HR_EV_OBJ_ALLOC && e->time_ns >= g->from_ns) {
		row->allocated_objects++;
		row->allocated_bytes += bytes;
	}
	return HR_OK;
}

static void take_free(struct hr_groups *g, const struct hr_event *e)
{
	uint64_t number = e->addr, bytes = e->size;

	if (g->slotted)
		number = hr_slots_find(&g->slots, e->addr, &bytes);
	if (number < g->nobjects && g->objects[number].born_ns != NOT_BORN)
		end_object(g, &g->objects[number], bytes, e->time_ns, true);
}

/* What lay in a span that is gone is too. */
static enum hr_status take_span(struct hr_groups *g, const struct hr_event *e, struct hr_error *err)
{
	const struct hr_slot_span *span = hr_slots_at(&g->slots, e->addr);

	if (span != NULL) {
		uint64_t end = (uint64_t)span->first + span->n;

		for (uint64_t i = span->first; i < end && i < g->nobjects; i++)
			if (g->objects[i].born_ns != NOT_BORN)
				end_object(g, &g->objects[i], span->object_bytes, e->time_ns, false);
		if (!hr_slots_remove(&g->slots, span))
			return no_memory(err);
	}
	if (e->kind == HR_EV_SPAN_FREE)
		return HR_OK;
	return hr_slots_add(&g->slots, e) ? HR_OK : no_memory(err);
}

enum hr_status hr_groups_take(struct hr_groups *g, const struct hr_event *ev, size_t n, struct hr_error *err)
{
	for (const struct hr_event *e = ev; g->sized && e < ev + n; e++) {
		switch (e->kind) {
		case HR_EV_OBJ_ALLOC:
		case HR_EV_OBJ_EXISTS:
			HR_TRY(take_object(g, e, err));
			break;
		case HR_EV_OBJ_FREE:
			take_free(g, e);
			break;
		case HR_EV_SPAN_ALLOC:
		case HR_EV_SPAN_EXISTS:
		case HR_EV_SPAN_FREE:
			if (g->slotted)
				HR_TRY(take_span(g, e, err));
			break;
		default:
			break;
		}
	}
	return HR_OK;
}

/* --- the answer -------------------------------------------------------------------- */

static int by_name(const struct hr_group *a, const struct hr_group *b)
{
	int order;

	if (a->sort != b->sort)
		return a->sort < b->sort ? -1 : 1;
	if (a->sort > HR_GROUP_NUMBER)
		return a->class_bytes < b->class_bytes ? -1 : a->class_bytes > b->class_bytes;
	if (a->sort == HR_GROUP_NUMBER || a->type == b->type)
		return a->type != b->type ? (a->type < b->type ? -1 : 1) : (int)a->array - (int)b->array;
	order = memcmp(a->name, b->name, a->name_len < b->name_len ? a->name_len : b->name_len);
	return order != 0 ? order : a->name_len < b->name_len ? -1 : 1;
}

static int by_bytes(const void *x, const void *y)
{
	const struct hr_group *a = x, *b = y;

	if (a->live_bytes != b->live_bytes)
		return a->live_bytes > b->live_bytes ? -1 : 1;
	if (a->allocated_bytes != b->allocated_bytes)
		return a->allocated_bytes > b->allocated_bytes ? -1 : 1;
	return by_name(a, b);
}

void hr_groups_add(struct hr_group *to, const struct hr_group *row)
{
	to->live_objects += row->live_objects;
	to->live_bytes += row->live_bytes;
	to->allocated_objects += row->allocated_objects;
	to->allocated_bytes += row->allocated_bytes;
	to->freed_objects += row->freed_objects;
	to->life_ns += row->life_ns;
}

void hr_groups_finish(struct hr_groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->rows[i].sort == HR_GROUP_TYPE) {
			const struct hr_type type = hr_types_get(&g->names, g->rows[i].type);

			g->rows[i].name = type.name;
			g->rows[i].name_len = type.name_len;
		}
	if (g->n > 0)
		qsort(g->rows, g->n, sizeof(*g->rows), by_bytes);
	g->total = (struct hr_group){0};
	for (size_t i = 0; i < g->n; i++)
		hr_groups_add(&g->total, &g->rows[i]);
}

/* The class as its size in bytes: 9728 is a class, 9.5 KiB is not its name. */
static void class_name(const struct hr_group *row, char to[HR_UNIT_BUF + 16])
{
	char count[HR_UNIT_BUF];

	if (row->class_bytes == 0)
		snprintf(to, HR_UNIT_BUF + 16, "more than 32,768 B");
	else
		snprintf(to, HR_UNIT_BUF + 16, "%s B", hr_format_count(count, row->class_bytes));
}

void hr_groups_name(const struct hr_group *row, char *to, size_t room)
{
	char class[HR_UNIT_BUF + 16];
	class_name(row, class);
	switch (row->sort) {
	case HR_GROUP_TYPE:
		snprintf(to, room, "%.*s%s", (int)strnlen(row->name, row->name_len), row->name,
			 row->array ? " × n" : "");
		break;
	case HR_GROUP_NUMBER:
		snprintf(to, room, "type %" PRIu32, row->type);
		break;
	case HR_GROUP_EXISTED:
		snprintf(to, room, "unknown: there before the recording, %s", class);
		break;
	case HR_GROUP_UNTYPED:
		snprintf(to, room, "unknown: no type recorded, %s", class);
		break;
	case HR_GROUP_CLASS:
		snprintf(to, room, "%s", class);
		break;
	case HR_GROUP_OTHER:
		snprintf(to, room, "other types");
		break;
	}
}

bool hr_groups_mean_life(const struct hr_group *row, uint64_t *ns)
{
	if (row->freed_objects > 0)
		*ns = (uint64_t)(row->life_ns / row->freed_objects);
	return row->freed_objects > 0;
}
