/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text form, read. The tables of form.h say what a line may hold, so
 * that what is written reads back as the same.
 *
 * Invariants: times never fall; a trace has addresses or ids, never both. Where
 * no setting says which, the first event that has either decides, and the reader
 * looks ahead to it, so that meta is complete once the trace is open. Objects
 * with ids go through a ledger, whatever the ids are.
 *
 * Traces have up to some hundred million lines of 40 bytes. Plain numbers are
 * read on the spot, those with units are left to base/units.h.
 */
#include "config.h"

#include "trace/text/text.h"

#include "base/alloc.h"
#include "base/print.h"
#include "base/units.h"
#include "trace/format.h"
#include "trace/ids.h"
#include "trace/lines.h"
#include "trace/text/form.h"
#include "trace/text/sides.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_LINE_BYTES = 4096,	  /* without the newline */
	MAX_LOOK_AHEAD = 1 << 16, /* events before the first span or object */
	MAX_SPAN_CLASS = 2 * 68 - 1,
	KIND_SLOTS = 128, /* a power of two, some four times the kinds */
};

#define MAX_ADDR (1ULL << 48)
/* 73 years: no clock of a machine shows more. */
#define MAX_TIME_NS (1ULL << 61)

/* The value of a key: it is one, none, or one that nothing can have. */
enum taken { TAKEN, NO_VALUE, IMPOSSIBLE };

struct text {
	struct hr_reader *r;
	struct hr_lines lines;
	char *at;	 /* the rest of the line at hand, which ends with a NUL */
	const char *end; /* that NUL */
	uint64_t last_ns;
	unsigned given;	   /* settings that were there: a bit for each row of hr_text_settings */
	bool places_known; /* meta.has_addresses and has_spans hold */
	bool actors_known; /* meta.has_procs and has_threads do */
	bool any_event;
	bool ended; /* "! end" was there */
	struct hr_ids ids;
	struct hr_event second; /* what the line at hand means besides; !has_second: nothing */
	bool has_second;
	struct hr_event *ahead; /* read to learn of meta, not yet handed out: [ahead_pos, nahead) */
	size_t ahead_pos, nahead, cap_ahead;
	struct kind_slot {
		const char *name; /* NULL: empty */
		uint8_t length, kind;
	} kinds[KIND_SLOTS];
};

static enum hr_status bad(const struct text *t, struct hr_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static enum hr_status bad(const struct text *t, struct hr_error *err, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hr_error_at(err, HR_EINPUT, t->lines.offset, "%s", text);
	if (err != NULL)
		err->line = t->lines.line;
	return HR_EINPUT;
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory for the objects that are live");
}

/* --- words ------------------------------------------------------------------ */

static inline bool ends_word(char c)
{
	return c == ' ' || c == '\t' || c == '\0';
}

/* How much of a word a message shows. */
static int shown(const char *word)
{
	size_t n = strcspn(word, " \t");

	return n < 60 ? (int)n : 60;
}

static inline void skip_blanks(struct text *t)
{
	while (*t->at == ' ' || *t->at == '\t')
		t->at++;
}

/* What is left of the word at hand, which gets a NUL behind its *n bytes. */
static char *rest_of_word(struct text *t, size_t *n)
{
	char *word = t->at, *p = word;

	while (!ends_word(*p))
		p++;
	*n = (size_t)(p - word);
	t->at = p < t->end ? p + 1 : p;
	*p = '\0';
	return word;
}

/* The next blank-separated word, with a NUL behind its *n bytes; NULL: there is none. */
static char *next_word(struct text *t, size_t *n)
{
	char *word;

	skip_blanks(t);
	word = rest_of_word(t, n);
	return *n > 0 ? word : NULL;
}

/* A plain number until the end of the word at hand, as nearly all are. False: it is none, or a long one. */
static inline bool take_number(struct text *t, uint64_t *x)
{
	const char *s = t->at;
	uint64_t value = 0;
	unsigned n = 0, digit;

	for (; (digit = (unsigned)(*s - '0')) <= 9 && n < 19; s++, n++)
		value = value * 10 + digit;
	if (n == 0 || !ends_word(*s))
		return false;
	t->at += n;
	*x = value;
	return true;
}

/* The same for a hexadecimal one of at most 16 digits, behind its 0x. */
static inline bool take_hex(struct text *t, uint64_t *x)
{
	const char *s = t->at;
	uint64_t value = 0;
	unsigned n = 0;

	for (; n < 16; s++, n++) {
		unsigned c = (unsigned char)*s, digit = c - '0';

		if (digit > 9) {
			digit = (c | 0x20) - 'a' + 10;
			if (digit < 10 || digit > 15)
				break;
		}
		value = value << 4 | digit;
	}
	if (n == 0 || !ends_word(*s))
		return false;
	t->at += n;
	*x = value;
	return true;
}

/* A number as the next word, of any length: zeros in front are allowed. */
static bool next_number(struct text *t, uint64_t *x)
{
	size_t n;

	skip_blanks(t);
	return take_number(t, x) || hr_parse_u64(rest_of_word(t, &n), x);
}

/* A decimal number, or a hexadecimal one behind 0x. */
static bool next_address(struct text *t, uint64_t *x)
{
	skip_blanks(t);
	if (t->at[0] != '0' || t->at[1] != 'x')
		return next_number(t, x);
	t->at += 2;
	return take_hex(t, x);
}

static bool next_time(struct text *t, uint64_t *ns)
{
	const char *word;
	size_t n;

	skip_blanks(t);
	if (take_number(t, ns))
		return true;
	word = rest_of_word(t, &n);
	return hr_parse_u64(word, ns) || hr_parse_ns(word, ns);
}

/* --- fields ----------------------------------------------------------------- */

/* A number as the value of a field; false: nothing can have it. */
static bool set_number(enum hr_text_type type, uint64_t x, struct hr_event *e)
{
	switch (type) {
	case HR_TEXT_PLACE:
		e->addr = x;
		return true;
	case HR_TEXT_PAGES:
		e->size = x * HR_TEXT_PAGE_BYTES;
		return x > 0 && x <= MAX_ADDR / HR_TEXT_PAGE_BYTES;
	case HR_TEXT_BYTES:
	case HR_TEXT_LIMIT:
		e->size = x;
		return true;
	case HR_TEXT_CLASS:
		e->arg = (uint32_t)x << 1;
		return x <= MAX_SPAN_CLASS;
	case HR_TEXT_COUNT:
		e->arg = (uint32_t)x;
		return x > 0 && x <= UINT32_MAX;
	case HR_TEXT_NUMBER:
	case HR_TEXT_ARG_BYTES:
		e->arg = (uint32_t)x;
		return x <= UINT32_MAX;
	case HR_TEXT_CAUSE:
		break;
	}
	return false;
}

/* Any word as the value of a field. */
static enum taken set_word(enum hr_text_type type, const char *word, struct hr_event *e)
{
	bool sized = type == HR_TEXT_BYTES || type == HR_TEXT_LIMIT || type == HR_TEXT_ARG_BYTES;
	uint64_t x;

	if (type == HR_TEXT_LIMIT && strcmp(word, "off") == 0) {
		e->size = UINT64_MAX;
		return TAKEN;
	}
	if (type == HR_TEXT_CLASS && strcmp(word, "manual") == 0) {
		e->arg = HR_SPAN_MANUAL;
		return TAKEN;
	}
	for (const struct hr_text_cause *c = hr_text_causes; type == HR_TEXT_CAUSE && c->name != NULL; c++)
		if (strcmp(word, c->name) == 0) {
			e->flags = c->flags;
			return TAKEN;
		}
	if (type == HR_TEXT_CAUSE || !(sized ? hr_parse_bytes(word, &x) : hr_parse_u64(word, &x)))
		return NO_VALUE;
	return set_number(type, x, e) ? TAKEN : IMPOSSIBLE;
}

/* What a value of that type is, for people. */
static const char *range_of(enum hr_text_type type, bool is_id)
{
	switch (type) {
	case HR_TEXT_PLACE:
		return is_id ? "a decimal number from 0 to 2^64 - 2" : "an address below 2^48, decimal or behind 0x";
	case HR_TEXT_PAGES:
		return "a number of pages from 1 to 2^35";
	case HR_TEXT_BYTES:
		return "a number of bytes below 2^64, or a size such as 64KiB";
	case HR_TEXT_LIMIT:
		return "a number of bytes below 2^64, a size such as 64KiB, or off";
	case HR_TEXT_CLASS:
		return "a span class from 0 to 135, or manual";
	case HR_TEXT_COUNT:
		return "a number from 1 to 2^32 - 1";
	case HR_TEXT_NUMBER:
		return "a number from 0 to 2^32 - 1";
	case HR_TEXT_ARG_BYTES:
		return "a number of bytes below 2^32, or a size such as 64KiB";
	case HR_TEXT_CAUSE:
		return "runtime-gc or free-os-memory";
	default:
		return "something else";
	}
}

/* The value at hand. */
static enum taken take_value(struct text *t, enum hr_text_type type, struct hr_event *e)
{
	uint64_t x;
	size_t n;

	if (type == HR_TEXT_PLACE && t->at[0] == '0' && t->at[1] == 'x') {
		t->at += 2;
		return take_hex(t, &e->addr) ? TAKEN : NO_VALUE;
	}
	if (take_number(t, &x))
		return set_number(type, x, e) ? TAKEN : type == HR_TEXT_CAUSE ? NO_VALUE : IMPOSSIBLE;
	return set_word(type, rest_of_word(t, &n), e);
}

/* Is the word at s, up to its '=', the key? */
static inline bool is_key(const char *s, const char *key)
{
	while (*key != '\0' && *s == *key) {
		s++;
		key++;
	}
	return *key == '\0' && *s == '=';
}

/* The field that the word at hand has a value for, HR_TEXT_MAX_FIELDS: none. guess: the one that it most likely is. */
static size_t find_field(const struct hr_text_field *fields, const char *word, size_t guess)
{
	if (guess < HR_TEXT_MAX_FIELDS && fields[guess].key != NULL && is_key(word, fields[guess].key))
		return guess;
	if (fields[0].key != NULL && fields[0].type == HR_TEXT_PLACE && is_key(word, "id"))
		return 0;
	for (size_t i = 0; i < HR_TEXT_MAX_FIELDS && fields[i].key != NULL; i++)
		if (is_key(word, fields[i].key))
			return i;
	return HR_TEXT_MAX_FIELDS;
}

static enum hr_status bad_key(struct text *t, struct hr_error *err)
{
	size_t n;
	char *word = rest_of_word(t, &n), *value = strchr(word, '=');

	if (value == NULL)
		return bad(t, err, "\"%.60s\" is not key=value", word);
	return bad(t, err, "this kind of event has no key \"%.*s\"", (int)(value - word < 60 ? value - word : 60),
		   word);
}

/*
 * The line's form is right, but nothing can have that value: its event is counted and left out, as those of
 * recorders are. A person who writes a trace would rather know; addresses come from machines even there.
 */
static void leave_out(struct text *t, bool *skip)
{
	hr_reader_odd(t->r, HR_ANOMALY_IMPOSSIBLE_VALUE);
	*skip = true;
}

/* key=value words until the end of the line; which fields were there, a bit each. *skip: one can't be. */
static enum hr_status parse_fields(struct text *t, struct hr_event *e, unsigned *seen, bool *is_id, bool *skip,
				   struct hr_error *err)
{
	const struct hr_text_field *fields = hr_text_kinds[e->kind].fields;
	size_t guess = 0;

	*seen = 0;
	*is_id = false;
	for (skip_blanks(t); *t->at != '\0'; skip_blanks(t)) {
		size_t i = find_field(fields, t->at, guess);
		const char *value;
		enum taken taken;
		bool id;

		if (i == HR_TEXT_MAX_FIELDS)
			return bad_key(t, err);
		if ((*seen & 1u << i) != 0)
			return bad(t, err, "a second value for \"%.60s\"", fields[i].key);
		*seen |= 1u << i;
		guess = i + 1;
		id = t->at[0] == 'i' && t->at[1] == 'd' && t->at[2] == '=';
		*is_id |= id;
		t->at += id ? 3 : strlen(fields[i].key) + 1;
		value = t->at;
		taken = take_value(t, id ? HR_TEXT_PLACE : fields[i].type, e);
		/* An id is decimal. */
		if (id && value[0] == '0' && value[1] == 'x')
			taken = NO_VALUE;
		if (taken == IMPOSSIBLE && !t->r->meta.strict)
			*skip = true;
		else if (taken != TAKEN)
			return bad(t, err, "bad value \"%.*s\": %s= is %s", shown(value), value,
				   id ? "id" : fields[i].key, range_of(fields[i].type, id));
	}
	if (t->at != t->end)
		return bad(t, err, "the line holds a NUL byte");
	for (size_t i = 0; i < HR_TEXT_MAX_FIELDS && fields[i].key != NULL; i++)
		if ((*seen & 1u << i) == 0 && !fields[i].optional)
			return bad(t, err, "%s=%s is missing", fields[i].key,
				   fields[i].type == HR_TEXT_PLACE ? " or id=" : "");
	return HR_OK;
}

/* --- places ----------------------------------------------------------------- */

static bool is_object(unsigned kind)
{
	return kind == HR_EV_OBJ_EXISTS || kind == HR_EV_OBJ_ALLOC || kind == HR_EV_OBJ_FREE;
}

/* Spans, and runs of pages: what the page allocator hands out. */
static bool is_pages(unsigned kind)
{
	return kind <= HR_EV_SPAN_FREE || (kind >= HR_EV_PAGE_ALLOC && kind <= HR_EV_PAGE_SCAV);
}

static bool given(const struct text *t, const char *key)
{
	for (size_t i = 0; hr_text_settings[i].key != NULL; i++)
		if (strcmp(hr_text_settings[i].key, key) == 0)
			return (t->given & 1u << i) != 0;
	return false;
}

/* The first event that has a place says what no setting has said. */
static void learn_places(struct text *t, const struct hr_event *e, bool is_id)
{
	struct hr_trace_meta *meta = &t->r->meta;

	if (!given(t, "spans")) {
		meta->has_spans = is_pages(e->kind);
		if (!given(t, "releases"))
			meta->has_releases = e->kind >= HR_EV_PAGE_ALLOC && e->kind <= HR_EV_PAGE_SCAV;
	}
	if (!given(t, "addresses"))
		meta->has_addresses = !is_id;
	if (!given(t, "objects"))
		meta->has_objects = meta->has_spans;
	if (!given(t, "cycles"))
		meta->has_cycles = meta->has_spans;
	t->places_known = true;
}

/* Whether the place is of the sort that the trace uses; *skip: and there is none such. */
static enum hr_status check_place(struct text *t, const struct hr_event *e, bool is_id, bool *skip,
				  struct hr_error *err)
{
	const bool strict = t->r->meta.strict;

	if (!t->places_known)
		learn_places(t, e, is_id);
	if (t->r->meta.has_addresses == is_id)
		return bad(t, err, "%s: the trace uses the other one of addr= and id=%s",
			   is_id ? "id=" : "addr=", given(t, "addresses") ? "" : " so far");
	if (is_id && e->addr == UINT64_MAX && strict)
		return bad(t, err, "the id is too large");
	if (!is_id && is_pages(e->kind) && e->addr % HR_TEXT_PAGE_BYTES != 0 && strict)
		return bad(t, err, "the address of a span is a multiple of 8192");
	*skip |= is_id ? e->addr == UINT64_MAX
		       : e->addr >= MAX_ADDR ||
			     (is_pages(e->kind) && (e->size > MAX_ADDR - e->addr || e->addr % HR_TEXT_PAGE_BYTES != 0));
	return HR_OK;
}

/* An allocation over a live object frees that one first: then *e is the free, and the allocation comes second. */
static enum hr_status alloc_object(struct text *t, struct hr_event *e, bool has_size, bool *skip, struct hr_error *err)
{
	uint64_t id = e->addr;
	uint32_t number = hr_ids_find(&t->ids, id);

	if (!has_size)
		return bad(t, err, "size= is missing: objects with ids have one");
	if (!t->r->meta.strict && e->size > HR_MAX_LIVE_BYTES - t->ids.ledger.live_bytes) {
		hr_reader_odd(t->r, HR_ANOMALY_ABSURD_SIZE);
		*skip = true;
		return HR_OK;
	}
	if (number != HR_NO_NUMBER) {
		if (t->r->meta.strict)
			return bad(t, err, "object %" PRIu64 " is allocated, and has not been freed", id);
		hr_reader_odd(t->r, HR_ANOMALY_OVER_LIVE);
		t->second = *e;
		t->has_second = true;
		e->kind = HR_EV_OBJ_FREE;
		e->arg = 0;
		e->addr = number;
		e->size = hr_ids_remove(&t->ids, id, number);
		e = &t->second;
	}
	number = hr_ids_add(&t->ids, id, e->size);
	if (number == HR_NO_NUMBER)
		return no_memory(err);
	if (t->ids.ledger.live_bytes > HR_MAX_LIVE_BYTES)
		return bad(t, err,
			   "with size=%" PRIu64 " the live objects have more than 31 TiB together: no heap that can be "
			   "replayed is so large",
			   e->size);
	e->addr = number;
	return HR_OK;
}

static enum hr_status free_object(struct text *t, struct hr_event *e, bool has_size, bool *skip, struct hr_error *err)
{
	uint64_t id = e->addr, size = e->size;
	uint32_t number = hr_ids_find(&t->ids, id);

	if (number == HR_NO_NUMBER && t->r->meta.strict)
		return bad(t, err, "object %" PRIu64 " is freed, and was not allocated", id);
	if (number == HR_NO_NUMBER) {
		hr_reader_odd(t->r, HR_ANOMALY_UNKNOWN_FREE);
		*skip = true;
		return HR_OK;
	}
	e->addr = number;
	e->size = hr_ids_remove(&t->ids, id, number);
	if (has_size && size != e->size && t->r->meta.strict)
		return bad(t, err, "object %" PRIu64 " has %" PRIu64 " bytes, not %" PRIu64, id, e->size, size);
	return HR_OK;
}

/* Settings say all that the first events would; or the events have to. */
static void settle(struct text *t)
{
	struct hr_trace_meta *meta = &t->r->meta;

	t->actors_known = given(t, "processors") || given(t, "threads");
	if (given(t, "spans") && given(t, "addresses") && t->actors_known && !t->places_known) {
		struct hr_event none = {0};

		learn_places(t, &none, !meta->has_addresses);
	}
}

/* --- lines ------------------------------------------------------------------ */

static unsigned hash(const char *word, size_t n)
{
	return ((unsigned)n * 7 + (unsigned char)word[0] * 3 + (unsigned char)word[n - 1] * 5 +
		(unsigned char)word[n / 2] * 11) %
	       KIND_SLOTS;
}

static void index_kinds(struct text *t)
{
	for (unsigned kind = 0; kind < HR_EVENT_KIND_COUNT; kind++) {
		const char *name = hr_event_kind_name(kind);
		size_t n = strlen(name);
		unsigned i = hash(name, n);

		while (t->kinds[i].name != NULL)
			i = (i + 1) % KIND_SLOTS;
		t->kinds[i] = (struct kind_slot){name, (uint8_t)n, (uint8_t)kind};
	}
}

/* HR_EVENT_KIND_COUNT: no kind of event is called so. */
static unsigned find_kind(const struct text *t, const char *word, size_t n)
{
	unsigned i = hash(word, n);

	for (; t->kinds[i].name != NULL; i = (i + 1) % KIND_SLOTS)
		if (t->kinds[i].length == n && memcmp(t->kinds[i].name, word, n) == 0)
			return t->kinds[i].kind;
	return HR_EVENT_KIND_COUNT;
}

/* "p3" or "t3"; *skip: of a number that none has. */
static enum hr_status parse_actor(struct text *t, struct hr_event *e, bool *skip, struct hr_error *err)
{
	struct hr_trace_meta *meta = &t->r->meta;
	const char *word = t->at++;
	bool thread = word[0] == 't';
	uint64_t p;

	if (!next_number(t, &p) || (p > INT16_MAX && t->r->meta.strict))
		return bad(t, err, "\"%.*s\" is not a P or a thread", shown(word), word);
	*skip |= p > INT16_MAX;
	if (!t->actors_known) {
		t->actors_known = true;
		meta->has_threads = thread;
		meta->has_procs = !thread;
	}
	if (thread != meta->has_threads)
		return bad(t, err, "\"%.*s\": the trace has %s; \"! threads on\" in front says otherwise", shown(word),
			   word, thread ? "no threads" : "threads");
	if (thread && p <= INT16_MAX && p >= t->r->stats.threads)
		t->r->stats.threads = (unsigned)p + 1;
	e->p = p <= INT16_MAX ? (int16_t)p : 0;
	return HR_OK;
}

/* The event's time; *skip: none that there is. */
static enum hr_status parse_time(struct text *t, struct hr_event *e, bool *skip, struct hr_error *err)
{
	const bool strict = t->r->meta.strict;
	const char *word = t->at;

	if (!next_time(t, &e->time_ns))
		return bad(t, err, "\"%.*s\" is not a time", shown(word), word);
	*skip |= e->time_ns > MAX_TIME_NS && !strict;
	if (e->time_ns >= t->last_ns)
		return HR_OK;
	if (strict)
		return bad(t, err, "time runs backwards");
	hr_reader_odd(t->r, HR_ANOMALY_CLOCK_BACK);
	e->time_ns = t->last_ns;
	return HR_OK;
}

/* *skip: the line is no event after all. */
static enum hr_status parse_event(struct text *t, struct hr_event *e, bool *skip, struct hr_error *err)
{
	const char *word;
	unsigned kind, seen;
	bool is_id, impossible = false;
	size_t n;

	if (!t->any_event)
		settle(t);
	*e = (struct hr_event){.p = HR_NO_P};
	HR_TRY(parse_time(t, e, &impossible, err));
	if (t->ended)
		return bad(t, err, "an event behind the end of the trace");
	skip_blanks(t);
	if ((t->at[0] == 'p' || t->at[0] == 't') && t->at[1] >= '0' && t->at[1] <= '9')
		HR_TRY(parse_actor(t, e, &impossible, err));
	word = next_word(t, &n);
	if (word == NULL)
		return bad(t, err, "the kind of event is missing");
	kind = find_kind(t, word, n);
	if (kind == HR_EVENT_KIND_COUNT)
		return bad(t, err, "unknown kind of event \"%.60s\"", word);
	e->kind = (uint8_t)kind;
	if (hr_text_kinds[kind].needs_p && e->p == HR_NO_P)
		return bad(t, err, "%s needs a P", word);
	HR_TRY(parse_fields(t, e, &seen, &is_id, &impossible, err));
	bool placed = hr_text_kinds[kind].fields[0].key != NULL && hr_text_kinds[kind].fields[0].type == HR_TEXT_PLACE;
	if (placed)
		HR_TRY(check_place(t, e, is_id, &impossible, err));
	if (impossible) {
		leave_out(t, skip);
		return HR_OK;
	}
	if (placed && is_id && is_object(kind))
		HR_TRY(kind == HR_EV_OBJ_FREE ? free_object(t, e, (seen & 2) != 0, skip, err)
					      : alloc_object(t, e, (seen & 2) != 0, skip, err));
	if (kind == HR_EV_GC_BEGIN && (e->flags & HR_EVF_FREE_OS_MEMORY) != 0)
		t->r->stats.free_os_memory++;
	t->last_ns = e->time_ns;
	t->any_event = true;
	t->r->stats.events_total++;
	t->r->stats.last_time_ns = e->time_ns;
	return HR_OK;
}

/* The rest of the line without blanks at its ends. */
static const char *rest_of_line(struct text *t, size_t *n)
{
	skip_blanks(t);
	*n = (size_t)(t->end - t->at);
	while (*n > 0 && (t->at[*n - 1] == ' ' || t->at[*n - 1] == '\t'))
		--*n;
	t->at[*n] = '\0';
	return t->at;
}

/* Free words as they are shown, so that a file written from them is read as the same; what there is no room for is cut off. */
static void set_words(struct text *t, const struct hr_text_setting *s, char *to)
{
	size_t n;

	hr_text_plain(to, s->room, rest_of_line(t, &n));
	t->at += n;
}

static enum hr_status set_value(struct text *t, const struct hr_text_setting *s, void *to, struct hr_error *err)
{
	struct hr_trace_meta *meta = &t->r->meta;
	const char *value = t->at;
	uint64_t x = 0;
	size_t n;

	switch (s->type) {
	case HR_TEXT_SET_ON_OFF:
		value = rest_of_word(t, &n);
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return bad(t, err, "%s is on or off", s->key);
		*(bool *)to = strcmp(value, "on") == 0;
		return HR_OK;
	case HR_TEXT_SET_PAGE:
		if (!hr_parse_bytes(rest_of_word(t, &n), &x) || x != HR_TEXT_PAGE_BYTES)
			return bad(t, err, "%s can only be %d", s->key, HR_TEXT_PAGE_BYTES);
		break;
	case HR_TEXT_SET_ADDRESS:
		if (!next_address(t, &x) || x >= MAX_ADDR || x % HR_TEXT_PAGE_BYTES != 0)
			return bad(t, err, "\"%.*s\" is not the address of a page", shown(value), value);
		break;
	case HR_TEXT_SET_ORIGIN:
		if (!next_number(t, &x))
			return bad(t, err, "\"%.*s\" is not a number", shown(value), value);
		meta->has_clock_origin = true;
		break;
	case HR_TEXT_SET_GO:
		value = rest_of_word(t, &n);
		if (strncmp(value, "1.", 2) != 0 || !hr_parse_u64(value + 2, &x) || x == 0 || x > 1000)
			return bad(t, err, "go is a version such as 1.23");
		meta->go_minor = (unsigned)x;
		return HR_OK;
	case HR_TEXT_SET_WORDS:
		set_words(t, s, to);
		return HR_OK;
	}
	memcpy(to, &x, sizeof(x));
	return HR_OK;
}

/* "! end TIME", "! assumed WORDS", "! anomaly NAME N": what is known at the end; and what stands beside the events. *known: it is one of them. */
static enum hr_status parse_note(struct text *t, const char *key, bool *known, struct hr_error *err)
{
	struct hr_trace_stats *stats = &t->r->stats;
	const char *word;
	uint64_t x;
	size_t n;

	*known = true;
	if (hr_text_is_side(key)) {
		const char *wrong;
		enum hr_status status = hr_text_parse_side(key, t->at, &t->r->sides, &wrong);

		return status == HR_EINPUT ? bad(t, err, "%s", wrong)
		       : status == HR_OK   ? HR_OK
					   : hr_error_set(err, status, "out of memory");
	}
	if (strcmp(key, "assumed") == 0) {
		const char *words = rest_of_line(t, &n);

		hr_reader_assume(t->r, "%s", words);
		return n > 0 ? HR_OK : bad(t, err, "what is assumed?");
	}
	if (strcmp(key, "end") == 0) {
		if (!next_time(t, &x) || next_word(t, &n) != NULL)
			return bad(t, err, "the end is a time");
		if (x < t->last_ns)
			return bad(t, err, "the end lies before the last event");
		stats->last_time_ns = x;
		t->ended = true;
		return HR_OK;
	}
	*known = strcmp(key, "anomaly") == 0;
	if (!*known)
		return HR_OK;
	word = next_word(t, &n);
	for (unsigned a = 0; a < HR_ANOMALY_COUNT && word != NULL; a++)
		if (strcmp(word, hr_anomaly_name(a)) == 0) {
			if (!next_number(t, &x) || next_word(t, &n) != NULL)
				return bad(t, err, "an anomaly has a name and a number");
			stats->anomalies[a] = x;
			return HR_OK;
		}
	return bad(t, err, "unknown anomaly");
}

/* "! key value": what events can't say. */
static enum hr_status parse_setting(struct text *t, struct hr_error *err)
{
	const struct hr_text_setting *s = hr_text_settings;
	size_t n;
	const char *key = next_word(t, &n);
	bool known;
	void *to;

	if (key == NULL)
		return bad(t, err, "a setting is \"! key value\"");
	HR_TRY(parse_note(t, key, &known, err));
	if (known)
		return HR_OK;
	if (t->any_event)
		return bad(t, err, "a setting stands before all events");
	if (strcmp(key, "note") == 0) {
		const char *wrong;

		return hr_text_parse_note((char *)rest_of_line(t, &n), &t->r->meta, &wrong) == HR_OK
			   ? HR_OK
			   : bad(t, err, "%s", wrong);
	}
	while (s->key != NULL && strcmp(s->key, key) != 0)
		s++;
	if (s->key == NULL)
		return bad(t, err, "unknown setting \"%.60s\"", key);
	to = (char *)&t->r->meta + s->offset;
	t->given |= 1u << (s - hr_text_settings);
	skip_blanks(t);
	if (*t->at == '\0')
		return bad(t, err, "a setting is \"! key value\"");
	HR_TRY(set_value(t, s, to, err));
	return next_word(t, &n) == NULL ? HR_OK : bad(t, err, "more than one value for \"%.60s\"", key);
}

/* The next line in t->at. HR_END: no more. */
static enum hr_status next_line(struct text *t, struct hr_error *err)
{
	size_t n;

	HR_TRY(hr_lines_next(&t->lines, &t->at, &n, err));
	t->end = t->at + n;
	/* Accept a last line without a newline, unless it is cut off. */
	if (t->lines.unterminated && hr_input_cut(t->r->in))
		return HR_END;
	if (n > MAX_LINE_BYTES && (n >= HR_MAX_LINE_BYTES || strncmp(t->at, "! type ", 7) != 0))
		return bad(t, err, "the line is longer than 4096 bytes");
	return HR_OK;
}

/* For lines that are not gone through to their end. */
static enum hr_status check_text(const struct text *t, struct hr_error *err)
{
	if (strlen(t->at) != (size_t)(t->end - t->at))
		return bad(t, err, "the line holds a NUL byte");
	return HR_OK;
}

/* The next event, of any kind. */
static enum hr_status read_event(struct text *t, struct hr_event *e, struct hr_error *err)
{
	bool skip = true;

	if (t->has_second) {
		*e = t->second;
		t->has_second = false;
		t->r->stats.events_total++;
		return HR_OK;
	}
	while (skip) {
		HR_TRY(next_line(t, err));
		skip_blanks(t);
		if (*t->at == '\0' || *t->at == '#') {
			HR_TRY(check_text(t, err));
			continue;
		}
		if (*t->at == '!') {
			HR_TRY(check_text(t, err));
			t->at++;
			HR_TRY(parse_setting(t, err));
			continue;
		}
		skip = false;
		HR_TRY(parse_event(t, e, &skip, err));
	}
	return HR_OK;
}

/* --- the format ------------------------------------------------------------- */

static bool wanted(const struct text *t, const struct hr_event *e)
{
	unsigned want = t->r->options.want;

	switch (hr_text_kinds[e->kind].who) {
	case HR_TEXT_OBJECTS:
		return (want & HR_WANT_OBJECTS) != 0 || !t->r->meta.has_spans;
	case HR_TEXT_REST:
		return (want & HR_WANT_REST) != 0;
	case HR_TEXT_EVERYONE:
		break;
	}
	return true;
}

/* Reads on until meta is known: the settings, and the first event behind them at least. */
static enum hr_status look_ahead(struct text *t, struct hr_error *err)
{
	while (!t->places_known || !t->any_event) {
		struct hr_event e;
		enum hr_status status = read_event(t, &e, err);

		if (status == HR_END) {
			settle(t);
			if (!t->places_known)
				return bad(t, err, "the trace ends without a span or object");
			break;
		}
		HR_TRY(status);
		if (t->nahead == MAX_LOOK_AHEAD)
			return bad(t, err, "no span or object among the first 65,536 events");
		if (!hr_reserve(&t->ahead, &t->cap_ahead, t->nahead + 1, sizeof(e)))
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		t->ahead[t->nahead++] = e;
	}
	t->actors_known = true;
	return HR_OK;
}

static bool text_detect(const uint8_t *head, size_t n)
{
	const size_t first = sizeof(HR_TEXT_FIRST_WORDS) - 1;

	return n >= first && memcmp(head, HR_TEXT_FIRST_WORDS, first) == 0;
}

static enum hr_status text_open(struct hr_reader *r, struct hr_error *err)
{
	struct text *t = hr_calloc(1, sizeof(*t));
	uint64_t version;

	if (t == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = t;
	t->r = r;
	hr_ids_init(&t->ids);
	index_kinds(t);
	r->meta.version = HR_TEXT_VERSION;
	r->meta.strict = r->meta.has_clock = true;
	r->meta.page_bytes = HR_TEXT_PAGE_BYTES;
	HR_TRY(hr_lines_init(&t->lines, r, err));
	enum hr_status status = next_line(t, err);
	if (status == HR_END)
		return bad(t, err, "the trace ends within its first line");
	HR_TRY(status);
	t->at += sizeof(HR_TEXT_FIRST_WORDS) - 1;
	if (!hr_parse_u64(t->at, &version))
		return bad(t, err, "the first line is \"# heapreplay-trace 1\"");
	if (version != HR_TEXT_VERSION)
		return bad(t, err, "version %s of the text form; only 1 is known", t->at);
	return look_ahead(t, err);
}

static enum hr_status text_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	struct text *t = r->state;

	*n = 0;
	while (*n < cap && t->ahead_pos < t->nahead) {
		const struct hr_event *e = &t->ahead[t->ahead_pos++];

		if (wanted(t, e)) {
			ev[(*n)++] = *e;
			r->stats.counts[e->kind]++;
		}
	}
	while (*n < cap) {
		/* Hand out complete events before waiting for a slow source. */
		if (*n > 0 && !t->has_second && !hr_lines_ready(&t->lines))
			return HR_OK;
		enum hr_status status = read_event(t, &ev[*n], err);

		if (status == HR_END && hr_input_cut(r->in))
			hr_reader_set_cut(r, r->stats.bytes_read, "the compressed data ends early");
		HR_TRY(status);
		if (wanted(t, &ev[*n]))
			r->stats.counts[ev[(*n)++].kind]++;
	}
	return HR_OK;
}

static void text_close(struct hr_reader *r)
{
	struct text *t = r->state;

	if (t == NULL)
		return;
	hr_lines_release(&t->lines);
	hr_ids_release(&t->ids);
	free(t->ahead);
	free(t);
}

const struct hr_format_ops hr_text_format = {
    .format = HR_FORMAT_TEXT,
    .name = "text",
    .detect = text_detect,
    .open = text_open,
    .next = text_next,
    .close = text_close,
};
