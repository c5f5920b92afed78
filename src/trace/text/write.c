/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the text form: each event is put together in memory and handed over as one piece. */
#include "config.h"

#include "trace/text/text.h"

#include "base/print.h"
#include "trace/format.h"
#include "trace/text/form.h"
#include "trace/text/sides.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A line at most: time, P, kind, and four words of 64 bytes. */
enum { LINE_BYTES = 512 };

static enum hr_status written(FILE *f)
{
	return ferror_unlocked(f) ? HR_EIO : HR_OK;
}

/* --- settings -------------------------------------------------------------- */

/* "! key words", as they read back: no control characters, no blanks at the ends. Nothing for nothing. */
static void write_words(FILE *f, const char *key, const char *words, size_t room)
{
	size_t n = strnlen(words, room);

	while (n > 0 && (*words == ' ' || *words == '\t')) {
		words++;
		n--;
	}
	while (n > 0 && (words[n - 1] == ' ' || words[n - 1] == '\t'))
		n--;
	if (n == 0)
		return;
	hr_print(f, "! %s %.*s\n", key, (int)n, words);
}

static bool is_default(const struct hr_text_setting *s, const struct hr_trace_meta *meta, bool on)
{
	switch (s->otherwise) {
	case HR_TEXT_IF_OFF:
		return !on;
	case HR_TEXT_IF_ON:
		return on;
	case HR_TEXT_IF_SPANS:
		return on == meta->has_spans;
	case HR_TEXT_INFERRED:
		break;
	}
	return false;
}

static void write_setting(FILE *f, const struct hr_text_setting *s, const struct hr_trace_meta *meta)
{
	const char *at = (const char *)meta + s->offset;
	uint64_t x;

	switch (s->type) {
	case HR_TEXT_SET_ON_OFF:
		if (!is_default(s, meta, *(const bool *)at))
			hr_print(f, "! %s %s\n", s->key, *(const bool *)at ? "on" : "off");
		break;
	case HR_TEXT_SET_WORDS:
		write_words(f, s->key, at, s->room);
		break;
	case HR_TEXT_SET_PAGE:
		hr_print(f, "! %s %d\n", s->key, HR_TEXT_PAGE_BYTES);
		break;
	case HR_TEXT_SET_ADDRESS:
		memcpy(&x, at, sizeof(x));
		if (x != 0)
			hr_print(f, "! %s 0x%" PRIx64 "\n", s->key, x);
		break;
	case HR_TEXT_SET_ORIGIN:
		memcpy(&x, at, sizeof(x));
		if (meta->has_clock_origin)
			hr_print(f, "! %s %" PRIu64 "\n", s->key, x);
		break;
	case HR_TEXT_SET_GO:
		if (meta->go_minor != 0)
			hr_print(f, "! %s 1.%u\n", s->key, meta->go_minor);
		break;
	}
}

enum hr_status hr_text_write_header(FILE *f, const struct hr_trace_meta *meta)
{
	struct hr_trace_meta m = *meta;

	/* Name the original format, not the text form. */
	if (m.source[0] == '\0' && m.format != HR_FORMAT_TEXT && m.format_name != NULL)
		snprintf(m.source, sizeof(m.source), "%s", m.format_name);
	else if (strcmp(m.source, hr_text_format.name) == 0)
		m.source[0] = '\0';
	hr_print(f, "%s%d\n", HR_TEXT_FIRST_WORDS, HR_TEXT_VERSION);
	for (const struct hr_text_setting *s = hr_text_settings; s->key != NULL; s++)
		write_setting(f, s, &m);
	hr_text_write_notes(f, &m);
	return written(f);
}

enum hr_status hr_text_write_end(FILE *f, const struct hr_trace_stats *stats)
{
	char cut[sizeof(stats->assumed[0])];
	int n;

	for (unsigned i = 0; i < stats->nassumed; i++)
		write_words(f, "assumed", stats->assumed[i], sizeof(stats->assumed[i]));
	if (stats->cut) {
		n = snprintf(cut, sizeof(cut), "the recording was cut off at byte %" PRIu64 ": ", stats->cut_offset);
		snprintf(cut + n, sizeof(cut) - (size_t)n, "%.*s", (int)sizeof(cut) - n - 1, stats->cut_what);
		write_words(f, "assumed", cut, sizeof(cut));
	}
	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++)
		if (stats->anomalies[a] > 0)
			hr_print(f, "! anomaly %s %" PRIu64 "\n", hr_anomaly_name(a), stats->anomalies[a]);
	fprintf(f, "! end %" PRIu64 "\n", stats->last_time_ns);
	return written(f);
}

/* --- events ---------------------------------------------------------------- */

static char *put_text(char *to, const char *text)
{
	while (*text != '\0')
		*to++ = *text++;
	return to;
}

static char *put_number(char *to, uint64_t x)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + x % 10);
	while ((x /= 10) != 0);
	memcpy(to, digits + n, sizeof(digits) - n);
	return to + sizeof(digits) - n;
}

static char *put_hex(char *to, uint64_t x)
{
	unsigned nibbles = x != 0 ? (67 - (unsigned)__builtin_clzll(x)) / 4 : 1;

	while (nibbles-- > 0)
		*to++ = "0123456789abcdef"[x >> 4 * nibbles & 15];
	return to;
}

/* " key=" */
static char *put_key(char *to, const char *key)
{
	*to++ = ' ';
	to = put_text(to, key);
	*to++ = '=';
	return to;
}

static char *put_cause(char *to, const char *key, uint8_t flags)
{
	for (const struct hr_text_cause *c = hr_text_causes; c->name != NULL; c++)
		if ((flags & c->tell) != 0)
			return put_text(put_key(to, key), c->name);
	return to;
}

static char *put_field(char *to, const struct hr_text_field *field, const struct hr_trace_meta *meta,
		       const struct hr_event *ev)
{
	/* For objects with ids, size 0 does not mean unknown. */
	bool omit = field->optional && (meta->has_addresses || ev->kind == HR_EV_OBJ_FREE);

	switch (field->type) {
	case HR_TEXT_PLACE:
		if (meta->has_addresses)
			return put_hex(put_text(to, " addr=0x"), ev->addr);
		return put_number(put_text(to, " id="), ev->addr);
	case HR_TEXT_PAGES:
		return put_number(put_key(to, field->key), ev->size / HR_TEXT_PAGE_BYTES);
	case HR_TEXT_LIMIT:
		if (ev->size == UINT64_MAX)
			return put_text(put_key(to, field->key), "off");
		return put_number(put_key(to, field->key), ev->size);
	case HR_TEXT_BYTES:
		if (omit && (ev->size == 0 || !meta->has_addresses))
			return to;
		return put_number(put_key(to, field->key), ev->size);
	case HR_TEXT_CLASS:
		if ((ev->arg & HR_SPAN_MANUAL) != 0)
			return put_text(put_key(to, field->key), "manual");
		return put_number(put_key(to, field->key), ev->arg >> 1);
	case HR_TEXT_NUMBER:
	case HR_TEXT_COUNT:
	case HR_TEXT_ARG_BYTES:
		if (field->optional && ev->arg == 0)
			return to;
		return put_number(put_key(to, field->key), ev->arg);
	case HR_TEXT_CAUSE:
		return put_cause(to, field->key, ev->flags);
	}
	return to;
}

enum hr_status hr_text_write_event(FILE *f, const struct hr_trace_meta *meta, const struct hr_event *ev)
{
	const struct hr_text_field *fields = hr_text_kinds[ev->kind].fields;
	char line[LINE_BYTES], *to = put_number(line, ev->time_ns);

	*to++ = ' ';
	if (ev->p != HR_NO_P) {
		*to++ = meta->has_threads ? 't' : 'p';
		to = put_number(to, (uint64_t)ev->p);
		*to++ = ' ';
	}
	to = put_text(to, hr_event_kind_name(ev->kind));
	for (size_t i = 0; i < HR_TEXT_MAX_FIELDS && fields[i].key != NULL; i++)
		to = put_field(to, &fields[i], meta, ev);
	*to++ = '\n';
	fwrite_unlocked(line, 1, (size_t)(to - line), f);
	return written(f);
}
