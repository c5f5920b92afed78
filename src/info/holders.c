/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "info/holders.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/map64.h"
#include "base/print.h"
#include "base/units.h"
#include "heap/sizeclasses.h"
#include "info/slots.h"
#include "trace/sides.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 4096
#define NO_OBJECT UINT64_MAX
/* Chunks of 256 GiB. */
#define LOOK_BITS 65536

/* A slot's object; addr NO_OBJECT: there is none. */
struct object {
	uint64_t addr, bytes;
	uint64_t born_ns; /* BEFORE: it was there when the trace began */
	uint32_t type, size_class;
};

#define BEFORE UINT64_MAX

/* The holder with the most bytes of a chunk so far. */
struct most {
	uint64_t code, bytes;
};

/* Of a chunk's objects of a code. */
struct held {
	uint64_t bytes;
	unsigned __int128 age; /* byte-ns: exact, in whatever order objects come */
	bool older;
};

struct look {
	uint64_t at_ns;
	struct hr_slots slots;
	struct object *objects; /* by number of the slot */
	size_t nobjects, cap;
	const struct hr_reasons *reasons;
	uint8_t looked_at[LOOK_BITS / 8]; /* by chunk, which may share its bit: sparse, or such a span begins there */
	enum hr_holders_by by;
	const atomic_bool *stop; /* NULL: nobody will stop it */
	struct hr_map64 bytes;	 /* chunk's number, and code: index in held */
	struct held *held;
	size_t nheld, cap_held;
	struct most *most; /* by that number; NULL: of all chunks, and their number is the heap's */
};

/* Types are numbers of 32 bits; size classes stand above them. */
#define CODE_CLASS (UINT64_C(1) << 32)
#define CODE_EXISTED (UINT64_C(1) << 30) /* these two: of classes, by type */
#define CODE_UNTYPED (UINT64_C(1) << 31)
#define CODE_NOTHING (UINT64_C(1) << 33)
#define CODE_AGE (UINT64_C(3) << 32)
#define CODE_BITS 34

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

/* --- where to look ---------------------------------------------------------- */

/* Half of the chunk in use at the most, and something to let go. */
static bool is_sparse(const struct hr_chunk_reasons *c)
{
	return c->in_use > 0 && c->in_use <= HR_CHUNK_PAGES / 2 && c->free > 0;
}

static inline bool is_looked_at(const struct look *l, uint64_t addr)
{
	const uint64_t bit = hr_chunk_of(addr / HR_PAGE_BYTES) % LOOK_BITS;

	return (l->looked_at[bit / 8] >> bit % 8 & 1) != 0;
}

static void look_at(struct look *l, uint64_t chunk)
{
	const uint64_t bit = chunk % LOOK_BITS;

	l->looked_at[bit / 8] |= (uint8_t)(1u << bit % 8);
}

/* Most objects lie in chunks that are not sparse, and need not be known. */
static void look_at_sparse(struct look *l)
{
	for (size_t i = 0; i < l->reasons->n; i++)
		if (is_sparse(&l->reasons->chunks[i]))
			look_at(l, l->reasons->chunks[i].chunk);
}

/* Whether the span has a part in such a chunk. Its objects' addresses may be in another: that of a large one is where it begins. */
static bool is_span_looked_at(struct look *l, const struct hr_event *e)
{
	const uint64_t end = e->addr + e->size;

	for (uint64_t at = e->addr; at < end; at = (at / HR_CHUNK_BYTES + 1) * HR_CHUNK_BYTES)
		if (is_looked_at(l, at)) {
			look_at(l, hr_chunk_of(e->addr / HR_PAGE_BYTES));
			return true;
		}
	return false;
}

/* --- the objects at the moment --------------------------------------------- */

static enum hr_status put_object(struct look *l, const struct hr_event *e, struct hr_error *err)
{
	uint64_t bytes = 0;
	uint32_t number = hr_slots_find(&l->slots, e->addr, &bytes);

	if (number == HR_NO_SLOT)
		return HR_OK;
	if (!hr_reserve(&l->objects, &l->cap, (size_t)number + 1, sizeof(*l->objects)))
		return no_memory(err);
	while (l->nobjects <= number)
		l->objects[l->nobjects++].addr = NO_OBJECT;
	l->objects[number] = (struct object){
	    .addr = e->addr,
	    .bytes = bytes,
	    .born_ns = e->kind == HR_EV_OBJ_EXISTS ? BEFORE : e->time_ns,
	    .type = e->arg,
	};
	return HR_OK;
}

static void drop_object(struct look *l, uint64_t addr)
{
	uint64_t bytes;
	uint32_t number = hr_slots_find(&l->slots, addr, &bytes);

	if (number < l->nobjects)
		l->objects[number].addr = NO_OBJECT;
}

static enum hr_status drop_span(struct look *l, uint64_t addr, struct hr_error *err)
{
	const struct hr_slot_span *span = hr_slots_at(&l->slots, addr);

	if (span == NULL)
		return HR_OK;
	for (uint64_t i = span->first; i < (uint64_t)span->first + span->n && i < l->nobjects; i++)
		l->objects[i].addr = NO_OBJECT;
	return hr_slots_remove(&l->slots, span) ? HR_OK : no_memory(err);
}

static enum hr_status take(struct look *l, const struct hr_event *e, struct hr_error *err)
{
	switch (e->kind) {
	case HR_EV_SPAN_EXISTS:
	case HR_EV_SPAN_ALLOC:
		HR_TRY(drop_span(l, e->addr, err));
		return !is_span_looked_at(l, e) || hr_slots_add(&l->slots, e) ? HR_OK : no_memory(err);
	case HR_EV_SPAN_FREE:
		return drop_span(l, e->addr, err);
	case HR_EV_OBJ_EXISTS:
	case HR_EV_OBJ_ALLOC:
		return is_looked_at(l, e->addr) ? put_object(l, e, err) : HR_OK;
	case HR_EV_OBJ_FREE:
		if (is_looked_at(l, e->addr))
			drop_object(l, e->addr);
		return HR_OK;
	default:
		return HR_OK;
	}
}

static enum hr_status read_to(struct look *l, struct hr_reader *reader, uint64_t at_ns, struct hr_error *err)
{
	struct hr_event *events = hr_calloc(BATCH, sizeof(*events));
	enum hr_status status = HR_END;
	bool past = false;
	size_t n;

	if (events == NULL)
		return no_memory(err);
	while (!past && (l->stop == NULL || !atomic_load(l->stop)) &&
	       (status = hr_reader_next(reader, events, BATCH, &n, err)) == HR_OK)
		for (size_t i = 0; i < n && status == HR_OK && !(past = events[i].time_ns > at_ns); i++)
			if ((status = take(l, &events[i], err)) != HR_OK)
				break;
	free(events);
	return past || status == HR_END ? HR_OK : status;
}

/* --- whose the chunks are -------------------------------------------------- */

/* The number of the chunk among the reasons', SIZE_MAX: it is not one to be looked at. */
static size_t number_of(const struct look *l, uint64_t chunk)
{
	size_t i;

	if (l->most == NULL)
		return (size_t)chunk;
	i = hr_reasons_find(l->reasons, chunk);
	return i != SIZE_MAX && is_sparse(&l->reasons->chunks[i]) ? i : SIZE_MAX;
}

static uint64_t age_of(const struct look *l, const struct object *o)
{
	return o->born_ns == BEFORE ? l->at_ns : l->at_ns - o->born_ns;
}

static const struct {
	uint64_t least_ns;
	const char *text;
} ages[HR_HOLDER_AGES] = {{0, "less than 1 s old"},
			  {UINT64_C(1000000000), "1 to 10 s old"},
			  {UINT64_C(10000000000), "10 s to 1 min old"},
			  {UINT64_C(60000000000), "more than 1 min old"},
			  {BEFORE, "there before the recording"}};

const char *hr_holder_age_text(unsigned age)
{
	return ages[age].text;
}

static uint64_t code_of(const struct look *l, const struct object *o)
{
	unsigned age = HR_HOLDER_AGES - 1;

	if (l->by == HR_HOLDERS_BY_TYPE && o->type != 0)
		return o->type;
	if (l->by == HR_HOLDERS_BY_TYPE)
		return CODE_CLASS | (o->born_ns == BEFORE ? CODE_EXISTED : CODE_UNTYPED) | o->size_class;
	if (l->by == HR_HOLDERS_BY_CLASS)
		return CODE_CLASS | o->size_class;
	while (o->born_ns != BEFORE && ages[age].least_ns > age_of(l, o))
		age--;
	return CODE_AGE | age;
}

static bool count(struct look *l, size_t number, const struct object *o, uint64_t bytes)
{
	uint64_t code = code_of(l, o), key = (uint64_t)number << CODE_BITS | code, *have = hr_map64_get(&l->bytes, key);
	struct most *m = l->most != NULL ? &l->most[number] : NULL;
	struct held *held;

	if (have == NULL) {
		if (!hr_reserve(&l->held, &l->cap_held, l->nheld + 1, sizeof(*l->held)) ||
		    !hr_map64_put(&l->bytes, key, l->nheld))
			return false;
		l->held[l->nheld] = (struct held){.bytes = 0};
		held = &l->held[l->nheld++];
	} else {
		held = &l->held[*have];
	}
	held->bytes += bytes;
	held->age += (unsigned __int128)bytes * age_of(l, o);
	held->older |= o->born_ns == BEFORE;
	/* Order equal entries by code, so that the result does not depend on their order. */
	if (m != NULL && (held->bytes > m->bytes || (held->bytes == m->bytes && code < m->code)))
		*m = (struct most){code, held->bytes};
	return true;
}

/* A large object may lie in several chunks. */
static bool share_out(struct look *l, const struct object *o)
{
	uint64_t at = o->addr, end = o->addr + o->bytes;

	while (at < end) {
		uint64_t chunk = hr_chunk_of(at / HR_PAGE_BYTES), limit = (chunk + 1) * HR_CHUNK_BYTES;
		size_t number = number_of(l, chunk);

		if (number != SIZE_MAX && !count(l, number, o, (end < limit ? end : limit) - at))
			return false;
		at = limit;
	}
	return true;
}

static enum hr_status share_out_all(struct look *l, struct hr_error *err)
{
	for (size_t i = 0; i < l->nobjects; i++) {
		struct object *o = &l->objects[i];
		const struct hr_slot_span *span;
		uint64_t bytes;

		if (o->addr == NO_OBJECT || hr_slots_find(&l->slots, o->addr, &bytes) != i)
			continue;
		span = hr_slots_span_of(&l->slots, o->addr);
		o->size_class = span->size_class;
		if (!share_out(l, o))
			return no_memory(err);
	}
	return HR_OK;
}

/* --- the holders ------------------------------------------------------------ */

static enum hr_holder_kind kind_of(uint64_t code)
{
	if ((code & CODE_AGE) == CODE_AGE)
		return HR_HOLDER_AGE;
	if ((code & CODE_NOTHING) != 0)
		return HR_HOLDER_NOTHING;
	if ((code & CODE_CLASS) == 0)
		return HR_HOLDER_TYPE;
	return (code & CODE_EXISTED) != 0   ? HR_HOLDER_EXISTED
	       : (code & CODE_UNTYPED) != 0 ? HR_HOLDER_UNTYPED
					    : HR_HOLDER_CLASS;
}

static void name_holder(struct hr_holder *h, uint64_t code, const struct hr_types *types)
{
	char text[sizeof(h->name)];
	size_t i;

	h->kind = kind_of(code);
	if (h->kind == HR_HOLDER_AGE)
		h->age = (unsigned)(code - CODE_AGE);
	else if (h->kind != HR_HOLDER_TYPE && h->kind != HR_HOLDER_NOTHING)
		h->size_class = (unsigned)(code & ~(CODE_CLASS | CODE_EXISTED | CODE_UNTYPED));
	if (h->kind != HR_HOLDER_TYPE)
		return;
	i = hr_types_find(types, (uint32_t)code);
	if (i != SIZE_MAX) {
		struct hr_type type = hr_types_get(types, i);

		snprintf(text, sizeof(text), "%.*s", (int)(type.name_len < 120 ? type.name_len : 120), type.name);
		hr_text_plain(h->name, sizeof(h->name), text);
	}
	if (h->name[0] == '\0')
		snprintf(h->name, sizeof(h->name), "type %u", (unsigned)code);
}

/* As info --by names a class. */
static void class_text(char *buf, const char *before, unsigned size_class)
{
	char count[HR_UNIT_BUF];

	if (size_class == 0)
		snprintf(buf, HR_HOLDER_TEXT, "%smore than 32,768 B", before);
	else
		snprintf(buf, HR_HOLDER_TEXT, "%s%s B", before,
			 hr_format_count(count, hr_size_classes[size_class].object_bytes));
}

char *hr_holder_text(char buf[HR_HOLDER_TEXT], const struct hr_holder *h)
{
	switch (h->kind) {
	case HR_HOLDER_TYPE:
		return strcpy(buf, h->name);
	case HR_HOLDER_AGE:
		return strcpy(buf, hr_holder_age_text(h->age));
	case HR_HOLDER_CLASS:
		class_text(buf, "", h->size_class);
		return buf;
	case HR_HOLDER_EXISTED:
		class_text(buf, "unknown: there before the recording, ", h->size_class);
		return buf;
	case HR_HOLDER_UNTYPED:
		class_text(buf, "unknown: no type recorded, ", h->size_class);
		return buf;
	case HR_HOLDER_NOTHING:
		break;
	}
	return strcpy(buf, "no recorded objects: stacks, or there before the recording");
}

uint64_t hr_holder_pinned_bytes(const struct hr_holder *h)
{
	return h->reason_bytes[HR_REASON_PHYSICAL] + h->reason_bytes[HR_REASON_WHOLE];
}

static enum hr_reason main_reason(const struct hr_holder *h)
{
	unsigned most = 0;

	for (unsigned i = 1; i < HR_REASON_COUNT; i++)
		if (h->reason_bytes[i] > h->reason_bytes[most])
			most = i;
	return (enum hr_reason)most;
}

char *hr_holder_tell(char buf[HR_HOLDER_SENTENCE], const struct hr_holder *h)
{
	char name[HR_HOLDER_TEXT], a[HR_UNIT_BUF], b[HR_UNIT_BUF];
	uint64_t pinned = hr_holder_pinned_bytes(h);
	int n;

	n = snprintf(buf, HR_HOLDER_SENTENCE,
		     "If what is in use in the %" PRIu64 " %s of %s were freed, %s more could be released", h->chunks,
		     h->chunks == 1 ? "chunk" : "chunks",
		     h->kind == HR_HOLDER_NOTHING ? "no recorded objects" : hr_holder_text(name, h),
		     hr_format_bytes(a, h->in_use_bytes));
	if (pinned > 0)
		snprintf(buf + n, HR_HOLDER_SENTENCE - (size_t)n, ", and with it %s that only they keep.",
			 hr_format_bytes(b, pinned));
	else
		snprintf(buf + n, HR_HOLDER_SENTENCE - (size_t)n,
			 "; the %s free around it waits for something else (%s).", hr_format_bytes(b, h->free_bytes),
			 hr_reason_name(main_reason(h)));
	return buf;
}

static bool has_class(const struct hr_holder *h)
{
	return h->kind == HR_HOLDER_CLASS || h->kind == HR_HOLDER_EXISTED || h->kind == HR_HOLDER_UNTYPED;
}

json_t *hr_holders_json(const struct hr_holders *holders)
{
	json_t *list = json_array();

	for (size_t i = 0; i < holders->n; i++) {
		const struct hr_holder *h = &holders->at[i];
		char text[HR_HOLDER_TEXT], sentence[HR_HOLDER_SENTENCE];
		json_t *o = json_object();

		hr_json_put(&o, "text", hr_json_text(hr_holder_text(text, h)));
		hr_json_put(&o, "type", h->kind == HR_HOLDER_TYPE ? hr_json_text(h->name) : json_null());
		hr_json_put(&o, "size_class", has_class(h) ? json_integer(h->size_class) : json_null());
		hr_json_put(&o, "chunks", hr_json_count(h->chunks));
		hr_json_put(&o, "object_bytes", hr_json_count(h->object_bytes));
		hr_json_put(&o, "in_use_bytes", hr_json_count(h->in_use_bytes));
		hr_json_put(&o, "free_bytes", hr_json_count(h->free_bytes));
		hr_json_put(&o, "pinned_bytes", hr_json_count(hr_holder_pinned_bytes(h)));
		hr_json_put(&o, "reason", hr_json_text(hr_reason_name(main_reason(h))));
		hr_json_put(&o, "sentence", hr_json_text(hr_holder_tell(sentence, h)));
		hr_json_put(&o, "age",
			    h->kind == HR_HOLDER_AGE ? hr_json_text(hr_holder_age_text(h->age)) : json_null());
		hr_json_put(&o, "age_mean_ns", hr_json_count(h->age_ns));
		hr_json_put(&o, "older_than_trace", json_boolean(h->older));
		hr_json_add(&list, o);
	}
	return list;
}

static int by_free_bytes(const void *a, const void *b)
{
	const struct hr_holder *x = a, *y = b;

	if (x->free_bytes != y->free_bytes)
		return x->free_bytes > y->free_bytes ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->size_class != y->size_class)
		return x->size_class < y->size_class ? -1 : 1;
	if (x->age != y->age)
		return x->age < y->age ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The holder's objects in one more chunk. */
static void add_ages(const struct look *l, size_t number, struct hr_holder *h)
{
	const uint64_t *i = hr_map64_get(&l->bytes, (uint64_t)number << CODE_BITS | l->most[number].code);
	double bytes = (double)h->object_bytes;

	if (i == NULL)
		return;
	h->older |= l->held[*i].older;
	h->age_ns =
	    (uint64_t)(((double)h->age_ns * bytes + (double)l->held[*i].age) / (bytes + (double)l->held[*i].bytes));
}

static enum hr_status sum_up(struct look *l, const struct hr_types *types, struct hr_holders *h, struct hr_error *err)
{
	struct hr_map64 places;
	enum hr_status status = HR_OK;

	hr_map64_init(&places);
	for (size_t i = 0; i < l->reasons->n && status == HR_OK; i++) {
		const struct hr_chunk_reasons *c = &l->reasons->chunks[i];
		uint64_t *place = hr_map64_get(&places, l->most[i].code), at = place != NULL ? *place : h->n;

		if (!is_sparse(c))
			continue;
		if (place == NULL) {
			if (!hr_reserve(&h->at, &h->cap, h->n + 1, sizeof(*h->at)) ||
			    !hr_map64_put(&places, l->most[i].code, h->n)) {
				status = no_memory(err);
				break;
			}
			h->at[h->n] = (struct hr_holder){.chunks = 0};
			name_holder(&h->at[h->n++], l->most[i].code, types);
		}
		add_ages(l, i, &h->at[at]);
		h->at[at].chunks++;
		h->at[at].object_bytes += l->most[i].bytes;
		h->at[at].in_use_bytes += c->in_use * HR_PAGE_BYTES;
		h->at[at].free_bytes += c->free * HR_PAGE_BYTES;
		for (unsigned k = 0; k < HR_REASON_COUNT; k++)
			h->at[at].reason_bytes[k] += c->pages[k] * HR_PAGE_BYTES;
	}
	hr_map64_release(&places);
	if (status == HR_OK && h->n > 0)
		qsort(h->at, h->n, sizeof(*h->at), by_free_bytes);
	return status;
}

void hr_holders_release(struct hr_holders *h)
{
	free(h->at);
	memset(h, 0, sizeof(*h));
}

static enum hr_status start_most(struct look *l, struct hr_error *err)
{
	l->most = hr_calloc(l->reasons->n + 1, sizeof(*l->most));
	if (l->most == NULL)
		return no_memory(err);
	for (size_t i = 0; i < l->reasons->n; i++)
		l->most[i].code = CODE_NOTHING;
	return HR_OK;
}

/* The objects at the moment, by what they are of and the chunks that they lie in. */
static enum hr_status look_through(struct look *l, struct hr_reader *reader, struct hr_error *err)
{
	hr_slots_init(&l->slots);
	hr_map64_init(&l->bytes);
	if (!hr_reader_meta(reader)->has_addresses || !hr_reader_meta(reader)->has_spans)
		return hr_error_set(err, HR_EUSAGE, "the trace does not tell where its objects lie");
	if (l->reasons != NULL)
		HR_TRY(start_most(l, err));
	HR_TRY(read_to(l, reader, l->at_ns, err));
	return share_out_all(l, err);
}

static void release_look(struct look *l)
{
	free(l->most);
	free(l->held);
	free(l->objects);
	hr_map64_release(&l->bytes);
	hr_slots_release(&l->slots);
}

enum hr_status hr_holders_of(const char *path, const struct hr_reader_options *reading, uint64_t at_ns,
			     const struct hr_reasons *reasons, enum hr_holders_by by, struct hr_holders *h,
			     struct hr_error *err)
{
	struct hr_reader_options options = *reading;
	struct look l = {.at_ns = at_ns, .reasons = reasons, .by = by};
	struct hr_reader *reader;
	enum hr_status status;

	memset(h, 0, sizeof(*h));
	options.want = HR_WANT_SPANS | HR_WANT_OBJECTS;
	HR_TRY(hr_reader_open(path, &options, &reader, err));
	look_at_sparse(&l);
	status = look_through(&l, reader, err);
	if (status == HR_OK)
		status = sum_up(&l, &hr_reader_sides(reader)->types, h, err);
	if (status != HR_OK)
		hr_holders_release(h);
	release_look(&l);
	hr_reader_close(reader);
	return status;
}

/* --- what lies in all chunks --------------------------------------------------- */

void hr_tenants_release(struct hr_tenants *t)
{
	free(t->at);
	free(t->names);
	memset(t, 0, sizeof(*t));
}

static bool add_name(struct hr_tenants *t, uint64_t code, const struct hr_types *types)
{
	struct hr_holder h = {.chunks = 0};

	if (!hr_reserve(&t->names, &t->cap_names, t->nnames + 1, sizeof(*t->names)))
		return false;
	name_holder(&h, code, types);
	hr_holder_text(t->names[t->nnames++], &h);
	return true;
}

static int by_chunk(const void *a, const void *b)
{
	const struct hr_tenant *x = a, *y = b;

	if (x->chunk != y->chunk)
		return x->chunk < y->chunk ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static enum hr_status list_tenants(const struct look *l, const struct hr_types *types, struct hr_tenants *t,
				   struct hr_error *err)
{
	uint64_t *order = hr_map64_order(&l->bytes), at = 0, key;
	const uint64_t *held;
	struct hr_map64 names; /* of codes: index in t->names */
	bool fine = order != NULL || l->nheld == 0;

	hr_map64_init(&names);
	fine = fine && hr_reserve(&t->at, &t->cap, l->nheld + 1, sizeof(*t->at));
	while (fine && (held = hr_map64_next(&l->bytes, order, &at, &key)) != NULL) {
		uint64_t code = key & ((UINT64_C(1) << CODE_BITS) - 1), *name = hr_map64_get(&names, code);

		t->at[t->n] = (struct hr_tenant){
		    .chunk = key >> CODE_BITS,
		    .bytes = l->held[*held].bytes,
		    .name = name != NULL ? (size_t)*name : t->nnames,
		};
		fine = name != NULL || (add_name(t, code, types) && hr_map64_put(&names, code, t->nnames - 1));
		t->n++;
	}
	hr_map64_release(&names);
	free(order);
	if (!fine)
		return no_memory(err);
	qsort(t->at, t->n, sizeof(*t->at), by_chunk);
	return HR_OK;
}

enum hr_status hr_tenants_of(const char *path, const struct hr_reader_options *reading, uint64_t at_ns,
			     const atomic_bool *stop, struct hr_tenants *t, struct hr_error *err)
{
	struct hr_reader_options options = *reading;
	struct look l = {.at_ns = at_ns, .by = HR_HOLDERS_BY_TYPE, .stop = stop};
	struct hr_reader *reader;
	enum hr_status status;

	memset(t, 0, sizeof(*t));
	memset(l.looked_at, 0xff, sizeof(l.looked_at));
	options.want = HR_WANT_SPANS | HR_WANT_OBJECTS;
	options.jump = false;
	HR_TRY(hr_reader_open(path, &options, &reader, err));
	status = look_through(&l, reader, err);
	if (status == HR_OK)
		status = atomic_load(stop) ? HR_END : list_tenants(&l, &hr_reader_sides(reader)->types, t, err);
	if (status != HR_OK)
		hr_tenants_release(t);
	release_look(&l);
	hr_reader_close(reader);
	return status;
}

size_t hr_tenants_find(const struct hr_tenants *t, uint64_t chunk, size_t *n)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->at[middle].chunk < chunk)
			low = middle + 1;
		else
			high = middle;
	}
	for (*n = 0; low + *n < t->n && t->at[low + *n].chunk == chunk;)
		++*n;
	return low;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool has_text(const char *name, const char *text)
{
	for (; *name != '\0'; name++) {
		size_t i = 0;

		while (text[i] != '\0' && lower(name[i]) == lower(text[i]))
			i++;
		if (text[i] == '\0')
			return true;
	}
	return false;
}

size_t hr_tenants_search(const struct hr_tenants *t, const char *text, uint64_t chunk, bool *holds)
{
	size_t n, from = 0;

	if (chunk != HR_NO_TENANT_CHUNK)
		from = hr_tenants_find(t, chunk, &n) + n;
	for (int pass = 0; pass < 2; pass++) {
		*holds = pass == 0;
		for (size_t i = 0; i < t->n; i++) {
			size_t at = (from + i) % t->n;
			bool first = at == 0 || t->at[at - 1].chunk != t->at[at].chunk;

			if ((first || pass == 1) && has_text(t->names[t->at[at].name], text))
				return at;
		}
	}
	return SIZE_MAX;
}
