/*
 * The text form, read and written. One table says which keys a kind of event
 * has; the reader checks by it and the writer writes by it, so that what is
 * written reads back as the same event.
 *
 * Invariants: times never fall; a trace has addresses or ids, never both; the
 * first event that has either decides, and the reader looks ahead to it, so
 * that meta is complete once the trace is open.
 */
#include "config.h"

#include "trace/text.h"

#include "base/alloc.h"
#include "base/units.h"
#include "trace/format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	VERSION = 1,
	MAX_LINE_BYTES = 4096, /* without the newline */
	BUFFER_BYTES = 1 << 16,
	MAX_LOOK_AHEAD = 1 << 16, /* events before the first span or object */
	PAGE_BYTES = 8192,
	MAX_SPAN_CLASS = 2 * 68 - 1,
	MAX_FIELDS = 4,
};

#define MAX_ADDR (1ULL << 48)

static const char first_words[] = "# heapreplay-trace ";

/* --- what a line may hold ---------------------------------------------------- */

/* What a key's value is, and so where it goes. */
enum field_type {
	PLACE,	   /* addr=, an address, or id=, a number: addr */
	PAGES,	   /* a number of pages: size, in bytes */
	BYTES,	   /* a size: size */
	LIMIT,	   /* a size, or off: size */
	CLASS,	   /* manual, or a span class: arg as the Go tracer has it */
	NUMBER,	   /* a number: arg */
	COUNT,	   /* a number above 0: arg */
	ARG_BYTES, /* a size below 4 GiB: arg */
	CAUSE,	   /* who asked for the garbage collection: flags */
};

struct field {
	const char *key;
	enum field_type type;
	bool optional; /* 0 where it is not there, and not written where it is 0 */
};

enum who { EVERYONE, OBJECTS, REST };

/* Kinds without a row have no keys. */
static const struct kind {
	struct field fields[MAX_FIELDS];
	enum who who;
	bool needs_p;
} kinds[HR_EVENT_KIND_COUNT] = {
    [HR_EV_SPAN_EXISTS] = {{{"addr", PLACE}, {"npages", PAGES}, {"class", CLASS, true}}},
    [HR_EV_SPAN_ALLOC] = {{{"addr", PLACE}, {"npages", PAGES}, {"class", CLASS, true}}},
    [HR_EV_SPAN_FREE] = {{{"addr", PLACE}}},
    [HR_EV_OBJ_EXISTS] = {{{"addr", PLACE}, {"size", BYTES, true}, {"type", NUMBER, true}}, OBJECTS},
    [HR_EV_OBJ_ALLOC] = {{{"addr", PLACE}, {"size", BYTES, true}, {"type", NUMBER, true}}, OBJECTS},
    [HR_EV_OBJ_FREE] = {{{"addr", PLACE}}, OBJECTS},
    [HR_EV_STACK_EXISTS] = {{{"addr", PLACE}, {"size", BYTES}}, OBJECTS},
    [HR_EV_STACK_ALLOC] = {{{"addr", PLACE}, {"size", BYTES}}, OBJECTS},
    [HR_EV_STACK_FREE] = {{{"addr", PLACE}}, OBJECTS},
    [HR_EV_GC_BEGIN] = {{{"by", CAUSE, true}}},
    [HR_EV_SWEEP_BEGIN] = {.who = REST},
    [HR_EV_SWEEP_END] = {{{"swept", BYTES}, {"reclaimed", ARG_BYTES}}, REST},
    [HR_EV_ASSIST_BEGIN] = {.who = REST},
    [HR_EV_ASSIST_END] = {.who = REST},
    [HR_EV_HEAP_LIVE] = {{{"bytes", BYTES}}, REST},
    [HR_EV_HEAP_GOAL] = {{{"bytes", LIMIT}}},
    [HR_EV_GOMAXPROCS] = {{{"n", COUNT}}},
    [HR_EV_PROC_START] = {.needs_p = true},
    [HR_EV_PROC_STOP] = {.needs_p = true},
    [HR_EV_MEMORY_LIMIT] = {{{"bytes", LIMIT}}},
    [HR_EV_LOG] = {.who = REST},
    [HR_EV_PAGE_ALLOC] = {{{"addr", PLACE}, {"npages", PAGES}}},
    [HR_EV_PAGE_FREE] = {{{"addr", PLACE}, {"npages", PAGES}}},
    [HR_EV_PAGE_SCAV] = {{{"addr", PLACE}, {"npages", PAGES}}},
};

/* debug.FreeOSMemory collects by way of runtime.GC. */
static const struct cause {
	const char *name;
	uint8_t flags;
	uint8_t tell; /* the flag that tells it from those above */
} causes[] = {
    {"free-os-memory", HR_EVF_FREE_OS_MEMORY | HR_EVF_FORCED_GC, HR_EVF_FREE_OS_MEMORY},
    {"runtime-gc", HR_EVF_FORCED_GC, HR_EVF_FORCED_GC},
};

/* --- reading ------------------------------------------------------------------ */

struct text {
	struct hr_reader *r;
	uint64_t line, offset; /* of the line at hand */
	uint64_t last_ns;
	bool placed; /* an event with an address or id was seen: meta.has_addresses holds */
	bool any_event;
	bool eof;
	struct hr_event *ahead; /* read to learn of meta, not yet handed out: [pos, n) */
	size_t ahead_pos, nahead, cap_ahead;
	size_t pos, len;
	char buf[BUFFER_BYTES + 1];
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
	hr_error_at(err, HR_EINPUT, t->offset, "%s", text);
	if (err != NULL)
		err->line = t->line;
	return HR_EINPUT;
}

/* The next blank-separated word of *rest, or NULL. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t");

	if (*word == '\0')
		return NULL;
	*rest = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return word;
}

/* A decimal number, or a hexadecimal one behind 0x. */
static bool parse_address(const char *s, uint64_t *x)
{
	if (s[0] != '0' || s[1] != 'x')
		return hr_parse_u64(s, x);
	s += 2;
	size_t n = strlen(s);
	if (n == 0 || n > 16 || strspn(s, "0123456789abcdefABCDEF") != n)
		return false;
	*x = strtoull(s, NULL, 16);
	return true;
}

static bool parse_time(const char *s, uint64_t *ns)
{
	return hr_parse_u64(s, ns) || hr_parse_ns(s, ns);
}

static bool parse_class(const char *s, uint32_t *kind)
{
	uint64_t class;

	if (strcmp(s, "manual") == 0) {
		*kind = HR_SPAN_MANUAL;
		return true;
	}
	if (!hr_parse_u64(s, &class) || class > MAX_SPAN_CLASS)
		return false;
	*kind = (uint32_t) class << 1;
	return true;
}

static bool parse_cause(const char *s, uint8_t *flags)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (strcmp(s, causes[i].name) == 0) {
			*flags = causes[i].flags;
			return true;
		}
	return false;
}

/* The value of an event's field; false: it is none. */
static bool parse_value(enum field_type type, const char *s, struct hr_event *e)
{
	uint64_t x;

	switch (type) {
	case PLACE:
		return parse_address(s, &e->addr);
	case PAGES:
		if (!hr_parse_u64(s, &x) || x == 0 || x > MAX_ADDR / PAGE_BYTES)
			return false;
		e->size = x * PAGE_BYTES;
		return true;
	case BYTES:
		return hr_parse_bytes(s, &e->size);
	case LIMIT:
		if (strcmp(s, "off") != 0)
			return hr_parse_bytes(s, &e->size);
		e->size = UINT64_MAX;
		return true;
	case CLASS:
		return parse_class(s, &e->arg);
	case NUMBER:
	case COUNT:
		if (!hr_parse_u64(s, &x) || x > UINT32_MAX || (type == COUNT && x == 0))
			return false;
		e->arg = (uint32_t)x;
		return true;
	case ARG_BYTES:
		if (!hr_parse_bytes(s, &x) || x > UINT32_MAX)
			return false;
		e->arg = (uint32_t)x;
		return true;
	case CAUSE:
		return parse_cause(s, &e->flags);
	}
	return false;
}

/* Whether the place makes sense, and is of the sort that the trace uses. */
static enum hr_status check_place(struct text *t, const struct hr_event *e, bool is_id, struct hr_error *err)
{
	struct hr_trace_meta *meta = &t->r->meta;
	bool run = e->kind >= HR_EV_PAGE_ALLOC && e->kind <= HR_EV_PAGE_SCAV;
	bool span = e->kind <= HR_EV_SPAN_FREE || run;

	if (t->placed && meta->has_addresses == is_id)
		return bad(t, err, "%s: the trace uses the other one of addr= and id= so far", is_id ? "id=" : "addr=");
	if (!t->placed) {
		meta->has_spans = span;
		meta->has_releases |= run;
	}
	t->placed = true;
	meta->has_addresses = !is_id;
	if (is_id)
		return e->addr != UINT64_MAX ? HR_OK : bad(t, err, "the id is too large");
	if (span && e->addr % PAGE_BYTES != 0)
		return bad(t, err, "the address of a span is a multiple of 8192");
	if (e->addr >= MAX_ADDR || (span && e->size > MAX_ADDR - e->addr))
		return bad(t, err, "the address lies beyond 2^48");
	return HR_OK;
}

/* key=value words until the end of the line. */
static enum hr_status parse_fields(struct text *t, char *rest, struct hr_event *e, struct hr_error *err)
{
	const struct field *fields = kinds[e->kind].fields;
	bool seen[MAX_FIELDS] = {false}, is_id = false;
	char *word;

	while ((word = next_word(&rest)) != NULL) {
		char *value = strchr(word, '=');
		size_t i;

		if (value == NULL)
			return bad(t, err, "\"%.60s\" is not key=value", word);
		*value++ = '\0';
		bool id = strcmp(word, "id") == 0;
		for (i = 0; i < MAX_FIELDS && fields[i].key != NULL; i++)
			if (strcmp(word, fields[i].key) == 0 || (id && fields[i].type == PLACE))
				break;
		if (i == MAX_FIELDS || fields[i].key == NULL)
			return bad(t, err, "this kind of event has no key \"%.60s\"", word);
		if (seen[i])
			return bad(t, err, "a second value for \"%.60s\"", fields[i].key);
		seen[i] = true;
		if (id)
			is_id = true;
		if (!(id ? hr_parse_u64(value, &e->addr) : parse_value(fields[i].type, value, e)))
			return bad(t, err, "bad value \"%.60s\"", value);
	}
	for (size_t i = 0; i < MAX_FIELDS && fields[i].key != NULL; i++)
		if (!seen[i] && !fields[i].optional)
			return bad(t, err, "%s=%s is missing", fields[i].key, fields[i].type == PLACE ? " or id=" : "");
	if (fields[0].key != NULL && fields[0].type == PLACE)
		return check_place(t, e, is_id, err);
	return HR_OK;
}

static enum hr_status parse_event(struct text *t, char *line, struct hr_event *e, struct hr_error *err)
{
	char *word = next_word(&line);
	uint64_t p;

	memset(e, 0, sizeof(*e));
	e->p = HR_NO_P;
	if (!parse_time(word, &e->time_ns))
		return bad(t, err, "\"%.60s\" is not a time", word);
	if (e->time_ns < t->last_ns)
		return bad(t, err, "time runs backwards");
	word = next_word(&line);
	if (word != NULL && word[0] == 'p' && word[1] >= '0' && word[1] <= '9') {
		if (!hr_parse_u64(word + 1, &p) || p > INT16_MAX)
			return bad(t, err, "\"%.60s\" is not a P", word);
		e->p = (int16_t)p;
		word = next_word(&line);
	}
	if (word == NULL)
		return bad(t, err, "the kind of event is missing");
	while (e->kind < HR_EVENT_KIND_COUNT && strcmp(word, hr_event_kind_name(e->kind)) != 0)
		e->kind++;
	if (e->kind == HR_EVENT_KIND_COUNT)
		return bad(t, err, "unknown kind of event \"%.60s\"", word);
	if (kinds[e->kind].needs_p && e->p == HR_NO_P)
		return bad(t, err, "%s needs a P", word);
	HR_TRY(parse_fields(t, line, e, err));
	t->last_ns = e->time_ns;
	t->any_event = true;
	t->r->stats.events_total++;
	t->r->stats.last_time_ns = e->time_ns;
	return HR_OK;
}

/* "! key value": what events can't say. */
static enum hr_status parse_setting(struct text *t, char *line, struct hr_error *err)
{
	struct hr_trace_meta *meta = &t->r->meta;
	char *key = next_word(&line), *value = next_word(&line);
	uint64_t x;

	if (t->any_event)
		return bad(t, err, "a setting stands before all events");
	if (key == NULL || value == NULL || next_word(&line) != NULL)
		return bad(t, err, "a setting is \"! key value\"");
	if (strcmp(key, "page-bytes") == 0) {
		if (!hr_parse_bytes(value, &x) || x != PAGE_BYTES)
			return bad(t, err, "page-bytes can only be 8192");
	} else if (strcmp(key, "min-addr") == 0) {
		if (!parse_address(value, &x) || x >= MAX_ADDR || x % PAGE_BYTES != 0)
			return bad(t, err, "\"%.60s\" is not the address of a page", value);
		meta->min_addr = x;
	} else if (strcmp(key, "clock-origin-ns") == 0) {
		if (!hr_parse_u64(value, &x))
			return bad(t, err, "\"%.60s\" is not a number", value);
		meta->clock_origin_ns = x;
		meta->has_clock_origin = true;
	} else if (strcmp(key, "strict") == 0) {
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return bad(t, err, "strict is on or off");
		meta->strict = strcmp(value, "on") == 0;
	} else if (strcmp(key, "releases") == 0) {
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return bad(t, err, "releases is on or off");
		meta->has_releases = strcmp(value, "on") == 0;
	} else {
		return bad(t, err, "unknown setting \"%.60s\"", key);
	}
	return HR_OK;
}

/* The next line, ended by a NUL, in *line. HR_END: no more. */
static enum hr_status next_line(struct text *t, char **line, struct hr_error *err)
{
	t->line++;
	t->offset = t->r->stats.bytes_read - (t->len - t->pos);
	for (;;) {
		char *start = t->buf + t->pos, *end = memchr(start, '\n', t->len - t->pos);
		size_t n = end != NULL ? (size_t)(end - start) : t->len - t->pos;

		if (end == NULL && t->eof && n == 0)
			return HR_END;
		if (n > MAX_LINE_BYTES)
			return bad(t, err, "the line is longer than 4096 bytes");
		if (end != NULL || t->eof) {
			/* A last line without its newline is one, unless the rest of it is missing. */
			if (end == NULL && hr_input_cut(t->r->in))
				return HR_END;
			start[n] = '\0';
			t->pos += n + (end != NULL);
			if (memchr(start, '\0', n) != NULL)
				return bad(t, err, "the line holds a NUL byte");
			*line = start;
			return HR_OK;
		}
		memmove(t->buf, start, n);
		t->pos = 0;
		t->len = n;
		enum hr_status status = hr_reader_read(t->r, t->buf + n, BUFFER_BYTES - n, &n, err);
		if (status == HR_END)
			t->eof = true;
		else
			HR_TRY(status);
		t->len += n;
	}
}

/* The next event, of any kind. */
static enum hr_status read_event(struct text *t, struct hr_event *e, struct hr_error *err)
{
	for (;;) {
		char *line;

		HR_TRY(next_line(t, &line, err));
		line += strspn(line, " \t");
		if (*line == '\0' || *line == '#')
			continue;
		if (*line != '!')
			return parse_event(t, line, e, err);
		HR_TRY(parse_setting(t, line + 1, err));
	}
}

static bool wanted(const struct text *t, const struct hr_event *e)
{
	unsigned want = t->r->options.want;

	switch (kinds[e->kind].who) {
	case OBJECTS:
		return (want & HR_WANT_OBJECTS) != 0;
	case REST:
		return (want & ~(unsigned)(HR_WANT_SPANS | HR_WANT_OBJECTS)) != 0;
	case EVERYONE:
		break;
	}
	return true;
}

/* Reads on until meta is known. */
static enum hr_status look_ahead(struct text *t, struct hr_error *err)
{
	while (!t->placed) {
		struct hr_event e;
		enum hr_status status = read_event(t, &e, err);

		if (status == HR_END)
			return bad(t, err, "the trace ends without a span or object");
		HR_TRY(status);
		if (t->nahead == MAX_LOOK_AHEAD)
			return bad(t, err, "no span or object among the first 65,536 events");
		if (e.p != HR_NO_P)
			t->r->meta.has_procs = true;
		if (!wanted(t, &e))
			continue;
		if (!hr_reserve(&t->ahead, &t->cap_ahead, t->nahead + 1, sizeof(e)))
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		t->ahead[t->nahead++] = e;
	}
	return HR_OK;
}

static bool text_detect(const uint8_t *head, size_t n)
{
	return n >= sizeof(first_words) - 1 && memcmp(head, first_words, sizeof(first_words) - 1) == 0;
}

static enum hr_status text_open(struct hr_reader *r, struct hr_error *err)
{
	struct text *t = hr_calloc(1, sizeof(*t));
	uint64_t version;
	char *line;

	if (t == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = t;
	t->r = r;
	r->meta.version = VERSION;
	r->meta.strict = r->meta.has_clock = r->meta.has_objects = r->meta.has_cycles = true;
	r->meta.page_bytes = PAGE_BYTES;
	enum hr_status status = next_line(t, &line, err);
	if (status == HR_END)
		return bad(t, err, "the trace ends within its first line");
	HR_TRY(status);
	if (!hr_parse_u64(line + sizeof(first_words) - 1, &version))
		return bad(t, err, "the first line is \"# heapreplay-trace 1\"");
	if (version != VERSION)
		return bad(t, err, "version %s of the text form; only 1 is known", line + sizeof(first_words) - 1);
	return look_ahead(t, err);
}

static enum hr_status text_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	struct text *t = r->state;

	*n = 0;
	while (*n < cap && t->ahead_pos < t->nahead) {
		ev[*n] = t->ahead[t->ahead_pos++];
		r->stats.counts[ev[(*n)++].kind]++;
	}
	while (*n < cap) {
		/* What is here is handed out before a slow source is asked for more. */
		if (*n > 0 && memchr(t->buf + t->pos, '\n', t->len - t->pos) == NULL && !t->eof)
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

	if (t != NULL)
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

/* --- writing ------------------------------------------------------------------ */

static enum hr_status written(FILE *f)
{
	return ferror(f) ? HR_EIO : HR_OK;
}

enum hr_status hr_text_write_header(FILE *f, const struct hr_trace_meta *meta)
{
	fprintf(f, "%s%d\n", first_words, VERSION);
	if (meta->page_bytes != 0)
		fprintf(f, "! page-bytes %" PRIu64 "\n", meta->page_bytes);
	if (meta->min_addr != 0)
		fprintf(f, "! min-addr 0x%" PRIx64 "\n", meta->min_addr);
	if (meta->has_clock_origin)
		fprintf(f, "! clock-origin-ns %" PRIu64 "\n", meta->clock_origin_ns);
	if (!meta->strict)
		fprintf(f, "! strict off\n");
	if (meta->has_releases)
		fprintf(f, "! releases on\n");
	return written(f);
}

static void write_bytes(FILE *f, const char *key, uint64_t bytes)
{
	fprintf(f, " %s=%" PRIu64, key, bytes);
}

static void write_field(FILE *f, const struct field *field, const struct hr_trace_meta *meta, const struct hr_event *ev)
{
	switch (field->type) {
	case PLACE:
		if (meta->has_addresses)
			fprintf(f, " addr=0x%" PRIx64, ev->addr);
		else
			fprintf(f, " id=%" PRIu64, ev->addr);
		break;
	case PAGES:
		write_bytes(f, field->key, ev->size / PAGE_BYTES);
		break;
	case BYTES:
	case LIMIT:
		if (field->type == LIMIT && ev->size == UINT64_MAX)
			fprintf(f, " %s=off", field->key);
		else if (!field->optional || ev->size != 0)
			write_bytes(f, field->key, ev->size);
		break;
	case CLASS:
		if (ev->arg & HR_SPAN_MANUAL)
			fprintf(f, " %s=manual", field->key);
		else
			write_bytes(f, field->key, ev->arg >> 1);
		break;
	case NUMBER:
	case COUNT:
	case ARG_BYTES:
		if (!field->optional || ev->arg != 0)
			write_bytes(f, field->key, ev->arg);
		break;
	case CAUSE:
		for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
			if ((ev->flags & causes[i].tell) != 0) {
				fprintf(f, " %s=%s", field->key, causes[i].name);
				break;
			}
		break;
	}
}

enum hr_status hr_text_write_event(FILE *f, const struct hr_trace_meta *meta, const struct hr_event *ev)
{
	const struct field *fields = kinds[ev->kind].fields;

	fprintf(f, "%" PRIu64, ev->time_ns);
	if (ev->p != HR_NO_P)
		fprintf(f, " p%d", ev->p);
	fprintf(f, " %s", hr_event_kind_name(ev->kind));
	for (size_t i = 0; i < MAX_FIELDS && fields[i].key != NULL; i++)
		write_field(f, &fields[i], meta, ev);
	fputc('\n', f);
	return written(f);
}
