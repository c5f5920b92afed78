/*
 * The text form, read. The tables of text_form.h say what a line may hold, so
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

#include "trace/text.h"

#include "base/alloc.h"
#include "base/units.h"
#include "trace/format.h"
#include "trace/ids.h"
#include "trace/lines.h"
#include "trace/text_form.h"

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

static inline void skip_blanks(struct text *t)
{
	while (*t->at == ' ' || *t->at == '\t')
		t->at++;
}

/* The next blank-separated word, which gets a NUL behind its *n bytes; NULL: there is none. */
static char *next_word(struct text *t, size_t *n)
{
	char *word, *p;

	skip_blanks(t);
	word = p = t->at;
	while (*p != ' ' && *p != '\t' && *p != '\0')
		p++;
	*n = (size_t)(p - word);
	t->at = p < t->end ? p + 1 : p;
	*p = '\0';
	return *n > 0 ? word : NULL;
}

/* n digits and nothing else, below 2^64. */
static inline bool plain_number(const char *s, size_t n, uint64_t *x)
{
	uint64_t value = 0;

	if (n == 0 || n > 20)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)(s[i] - '0');

		if (digit > 9)
			return false;
		/* Only the twentieth digit can be one too many. */
		if (i == 19 && (value > UINT64_MAX / 10 || value * 10 > UINT64_MAX - digit))
			return false;
		value = value * 10 + digit;
	}
	*x = value;
	return true;
}

/* Any length: zeros in front are allowed. */
static bool parse_number(const char *s, size_t n, uint64_t *x)
{
	return plain_number(s, n, x) || hr_parse_u64(s, x);
}

static bool parse_bytes(const char *s, size_t n, uint64_t *x)
{
	return plain_number(s, n, x) || hr_parse_bytes(s, x);
}

static bool parse_time(const char *s, size_t n, uint64_t *ns)
{
	return parse_number(s, n, ns) || hr_parse_ns(s, ns);
}

/* A decimal number, or a hexadecimal one behind 0x. */
static bool parse_address(const char *s, size_t n, uint64_t *x)
{
	uint64_t value = 0;

	if (n < 2 || s[0] != '0' || s[1] != 'x')
		return parse_number(s, n, x);
	if (n == 2 || n > 18)
		return false;
	for (size_t i = 2; i < n; i++) {
		unsigned c = (unsigned char)s[i], digit = c - '0';

		if (digit > 9) {
			digit = (c | 0x20) - 'a';
			if (digit > 5)
				return false;
			digit += 10;
		}
		value = value << 4 | digit;
	}
	*x = value;
	return true;
}

/* --- fields ----------------------------------------------------------------- */

static bool parse_class(const char *s, size_t n, uint32_t *kind)
{
	uint64_t class;

	if (strcmp(s, "manual") == 0) {
		*kind = HR_SPAN_MANUAL;
		return true;
	}
	if (!parse_number(s, n, &class) || class > MAX_SPAN_CLASS)
		return false;
	*kind = (uint32_t) class << 1;
	return true;
}

static bool parse_cause(const char *s, uint8_t *flags)
{
	for (const struct hr_text_cause *c = hr_text_causes; c->name != NULL; c++)
		if (strcmp(s, c->name) == 0) {
			*flags = c->flags;
			return true;
		}
	return false;
}

static bool parse_arg(uint64_t x, struct hr_event *e)
{
	e->arg = (uint32_t)x;
	return x <= UINT32_MAX;
}

/* The value of an event's field, n bytes and a NUL; false: it is none. */
static bool parse_value(enum hr_text_type type, const char *s, size_t n, struct hr_event *e)
{
	uint64_t x;

	switch (type) {
	case HR_TEXT_PLACE:
		return parse_address(s, n, &e->addr);
	case HR_TEXT_PAGES:
		if (!parse_number(s, n, &x) || x == 0 || x > MAX_ADDR / HR_TEXT_PAGE_BYTES)
			return false;
		e->size = x * HR_TEXT_PAGE_BYTES;
		return true;
	case HR_TEXT_BYTES:
		return parse_bytes(s, n, &e->size);
	case HR_TEXT_LIMIT:
		if (strcmp(s, "off") != 0)
			return parse_bytes(s, n, &e->size);
		e->size = UINT64_MAX;
		return true;
	case HR_TEXT_CLASS:
		return parse_class(s, n, &e->arg);
	case HR_TEXT_NUMBER:
		return parse_number(s, n, &x) && parse_arg(x, e);
	case HR_TEXT_COUNT:
		return parse_number(s, n, &x) && x > 0 && parse_arg(x, e);
	case HR_TEXT_ARG_BYTES:
		return parse_bytes(s, n, &x) && parse_arg(x, e);
	case HR_TEXT_CAUSE:
		return parse_cause(s, &e->flags);
	}
	return false;
}

/* The field of that key, or HR_TEXT_MAX_FIELDS. guess: the one that it most likely is. */
static size_t find_field(const struct hr_text_field *fields, const char *key, size_t guess)
{
	if (guess < HR_TEXT_MAX_FIELDS && fields[guess].key != NULL && strcmp(fields[guess].key, key) == 0)
		return guess;
	for (size_t i = 0; i < HR_TEXT_MAX_FIELDS && fields[i].key != NULL; i++)
		if (strcmp(fields[i].key, key) == 0)
			return i;
	return HR_TEXT_MAX_FIELDS;
}

/* key=value words until the end of the line; which fields were there, a bit each. */
static enum hr_status parse_fields(struct text *t, struct hr_event *e, unsigned *seen, bool *is_id,
				   struct hr_error *err)
{
	const struct hr_text_field *fields = hr_text_kinds[e->kind].fields;
	size_t n, guess = 0;
	char *word;

	*seen = 0;
	*is_id = false;
	while ((word = next_word(t, &n)) != NULL) {
		char *value = memchr(word, '=', n);
		size_t i;

		if (value == NULL)
			return bad(t, err, "\"%.60s\" is not key=value", word);
		*value++ = '\0';
		n -= (size_t)(value - word);
		bool id = strcmp(word, "id") == 0;
		i = id && fields[0].key != NULL && fields[0].type == HR_TEXT_PLACE ? 0
										   : find_field(fields, word, guess);
		if (i == HR_TEXT_MAX_FIELDS)
			return bad(t, err, "this kind of event has no key \"%.60s\"", word);
		if ((*seen & 1u << i) != 0)
			return bad(t, err, "a second value for \"%.60s\"", fields[i].key);
		*seen |= 1u << i;
		*is_id |= id;
		guess = i + 1;
		if (!(id ? parse_number(value, n, &e->addr) : parse_value(fields[i].type, value, n, e)))
			return bad(t, err, "bad value \"%.60s\"", value);
	}
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

/* Whether the place makes sense, and is of the sort that the trace uses. */
static enum hr_status check_place(struct text *t, const struct hr_event *e, bool is_id, struct hr_error *err)
{
	if (!t->places_known)
		learn_places(t, e, is_id);
	if (t->r->meta.has_addresses == is_id)
		return bad(t, err, "%s: the trace uses the other one of addr= and id=%s",
			   is_id ? "id=" : "addr=", given(t, "addresses") ? "" : " so far");
	if (is_id)
		return e->addr != UINT64_MAX ? HR_OK : bad(t, err, "the id is too large");
	if (is_pages(e->kind) && e->addr % HR_TEXT_PAGE_BYTES != 0)
		return bad(t, err, "the address of a span is a multiple of 8192");
	if (e->addr >= MAX_ADDR || (is_pages(e->kind) && e->size > MAX_ADDR - e->addr))
		return bad(t, err, "the address lies beyond 2^48");
	return HR_OK;
}

/* An allocation over a live object frees that one first: then *e is the free, and the allocation comes second. */
static enum hr_status alloc_object(struct text *t, struct hr_event *e, bool has_size, struct hr_error *err)
{
	uint64_t id = e->addr;
	uint32_t number = hr_ids_find(&t->ids, id);

	if (!has_size)
		return bad(t, err, "size= is missing: objects with ids have one");
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

/* "p3" or "t3". */
static enum hr_status parse_actor(struct text *t, const char *word, size_t n, struct hr_event *e, struct hr_error *err)
{
	struct hr_trace_meta *meta = &t->r->meta;
	bool thread = word[0] == 't';
	uint64_t p;

	if (!parse_number(word + 1, n - 1, &p) || p > INT16_MAX)
		return bad(t, err, "\"%.60s\" is not a P or a thread", word);
	if (!t->actors_known) {
		t->actors_known = true;
		meta->has_threads = thread;
		meta->has_procs = !thread;
	}
	if (thread != meta->has_threads)
		return bad(t, err, "\"%.60s\": the trace has %s; \"! threads on\" in front says otherwise", word,
			   thread ? "no threads" : "threads");
	if (thread && p >= t->r->stats.threads)
		t->r->stats.threads = (unsigned)p + 1;
	e->p = (int16_t)p;
	return HR_OK;
}

/* *skip: the line is no event after all. */
static enum hr_status parse_event(struct text *t, struct hr_event *e, bool *skip, struct hr_error *err)
{
	size_t n;
	char *word = next_word(t, &n);
	unsigned kind, seen;
	bool is_id;

	if (!t->any_event)
		settle(t);
	*e = (struct hr_event){.p = HR_NO_P};
	if (!parse_time(word, n, &e->time_ns))
		return bad(t, err, "\"%.60s\" is not a time", word);
	if (e->time_ns < t->last_ns)
		return bad(t, err, "time runs backwards");
	if (t->ended)
		return bad(t, err, "an event behind the end of the trace");
	word = next_word(t, &n);
	if (word != NULL && (word[0] == 'p' || word[0] == 't') && word[1] >= '0' && word[1] <= '9') {
		HR_TRY(parse_actor(t, word, n, e, err));
		word = next_word(t, &n);
	}
	if (word == NULL)
		return bad(t, err, "the kind of event is missing");
	kind = find_kind(t, word, n);
	if (kind == HR_EVENT_KIND_COUNT)
		return bad(t, err, "unknown kind of event \"%.60s\"", word);
	e->kind = (uint8_t)kind;
	if (hr_text_kinds[kind].needs_p && e->p == HR_NO_P)
		return bad(t, err, "%s needs a P", word);
	HR_TRY(parse_fields(t, e, &seen, &is_id, err));
	if (hr_text_kinds[kind].fields[0].key != NULL && hr_text_kinds[kind].fields[0].type == HR_TEXT_PLACE) {
		HR_TRY(check_place(t, e, is_id, err));
		if (is_id && is_object(kind))
			HR_TRY(kind == HR_EV_OBJ_FREE ? free_object(t, e, (seen & 2) != 0, skip, err)
						      : alloc_object(t, e, (seen & 2) != 0, err));
	}
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

static enum hr_status set_words(struct text *t, const struct hr_text_setting *s, char *to, struct hr_error *err)
{
	size_t n;
	const char *words = rest_of_line(t, &n);

	if (n == 0)
		return bad(t, err, "a setting is \"! key value\"");
	if (n >= s->room)
		return bad(t, err, "%s has more than %zu bytes", s->key, s->room - 1);
	memcpy(to, words, n + 1);
	return HR_OK;
}

static enum hr_status set_value(struct text *t, const struct hr_text_setting *s, void *to, const char *value, size_t n,
				struct hr_error *err)
{
	struct hr_trace_meta *meta = &t->r->meta;
	uint64_t x = 0;

	switch (s->type) {
	case HR_TEXT_SET_ON_OFF:
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return bad(t, err, "%s is on or off", s->key);
		*(bool *)to = strcmp(value, "on") == 0;
		return HR_OK;
	case HR_TEXT_SET_PAGE:
		if (!parse_bytes(value, n, &x) || x != HR_TEXT_PAGE_BYTES)
			return bad(t, err, "%s can only be %d", s->key, HR_TEXT_PAGE_BYTES);
		break;
	case HR_TEXT_SET_ADDRESS:
		if (!parse_address(value, n, &x) || x >= MAX_ADDR || x % HR_TEXT_PAGE_BYTES != 0)
			return bad(t, err, "\"%.60s\" is not the address of a page", value);
		break;
	case HR_TEXT_SET_ORIGIN:
		if (!parse_number(value, n, &x))
			return bad(t, err, "\"%.60s\" is not a number", value);
		meta->has_clock_origin = true;
		break;
	case HR_TEXT_SET_GO:
		if (strncmp(value, "1.", 2) != 0 || !parse_number(value + 2, n - 2, &x) || x == 0 || x > 1000)
			return bad(t, err, "go is a version such as 1.23");
		meta->go_minor = (unsigned)x;
		return HR_OK;
	case HR_TEXT_SET_WORDS:
		return HR_OK;
	}
	memcpy(to, &x, sizeof(x));
	return HR_OK;
}

/* "! end TIME", "! assumed WORDS", "! anomaly NAME N": what is known at the end. *known: it is one of them. */
static enum hr_status parse_note(struct text *t, const char *key, bool *known, struct hr_error *err)
{
	struct hr_trace_stats *stats = &t->r->stats;
	char *word;
	uint64_t x;
	size_t n;

	*known = true;
	if (strcmp(key, "assumed") == 0) {
		const char *words = rest_of_line(t, &n);

		hr_reader_assume(t->r, "%s", words);
		return n > 0 ? HR_OK : bad(t, err, "what is assumed?");
	}
	if (strcmp(key, "end") == 0) {
		word = next_word(t, &n);
		if (word == NULL || !parse_time(word, n, &x) || next_word(t, &n) != NULL)
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
			word = next_word(t, &n);
			if (word == NULL || !parse_number(word, n, &x) || next_word(t, &n) != NULL)
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
	char *key = next_word(t, &n), *value;
	bool known;
	void *to;

	if (key == NULL)
		return bad(t, err, "a setting is \"! key value\"");
	HR_TRY(parse_note(t, key, &known, err));
	if (known)
		return HR_OK;
	if (t->any_event)
		return bad(t, err, "a setting stands before all events");
	while (s->key != NULL && strcmp(s->key, key) != 0)
		s++;
	if (s->key == NULL)
		return bad(t, err, "unknown setting \"%.60s\"", key);
	to = (char *)&t->r->meta + s->offset;
	t->given |= 1u << (s - hr_text_settings);
	if (s->type == HR_TEXT_SET_WORDS)
		return set_words(t, s, to, err);
	value = next_word(t, &n);
	if (value == NULL)
		return bad(t, err, "a setting is \"! key value\"");
	HR_TRY(set_value(t, s, to, value, n, err));
	return next_word(t, &n) == NULL ? HR_OK : bad(t, err, "more than one value for \"%.60s\"", key);
}

/* The next line in t->at. HR_END: no more. */
static enum hr_status next_line(struct text *t, struct hr_error *err)
{
	size_t n;

	HR_TRY(hr_lines_next(&t->lines, &t->at, &n, err));
	t->end = t->at + n;
	/* A last line without its newline is one, unless the rest of it is missing. */
	if (t->lines.unterminated && hr_input_cut(t->r->in))
		return HR_END;
	if (n > MAX_LINE_BYTES)
		return bad(t, err, "the line is longer than 4096 bytes");
	if (memchr(t->at, '\0', n) != NULL)
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
		if (*t->at == '\0' || *t->at == '#')
			continue;
		if (*t->at == '!') {
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
		return (want & ~(unsigned)(HR_WANT_SPANS | HR_WANT_OBJECTS)) != 0;
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
	size_t n;

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
	n = (size_t)(t->end - t->at);
	if (!parse_number(t->at, n, &version))
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
		/* What is here is handed out before a slow source is asked for more. */
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
