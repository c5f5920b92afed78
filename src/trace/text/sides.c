/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/text/sides.h"

#include "base/print.h"
#include "base/units.h"
#include "trace/text/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { GC_CPU, RSS, RECORDS };

#define MAX_FIELDS 9

static_assert(HR_GC_CPU_FIELDS <= MAX_FIELDS && HR_RSS_FIELDS <= MAX_FIELDS, "every field has a key");

/* Keys of a record's numbers behind the time. */
static const struct record {
	const char *name;
	size_t fields;
	const char *keys[MAX_FIELDS];
} records[RECORDS] = {
    [GC_CPU] = {"gc-cpu",
		HR_GC_CPU_FIELDS,
		{NULL, "cycle", "stw-ns", "procs", "assist-ns", "dedicated-ns", "fractional-ns", "idle-ns",
		 "sweep-ns"}},
    [RSS] = {"rss", HR_RSS_FIELDS, {NULL, "rss", "anon", "file", "anon-huge", "lazy-free", "cgroup"}},
};

/* --- writing ------------------------------------------------------------------- */

/* Control characters, backslashes and blanks at the ends as \xNN. */
static void write_name(FILE *f, const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];
		bool at_end = i == 0 || i == n - 1;

		if (c < ' ' || c == 0x7f || c == '\\' || (c == ' ' && at_end))
			fprintf(f, "\\x%02x", c);
		else
			fputc(c, f);
	}
}

enum hr_status hr_text_write_type(FILE *f, const struct hr_type *type)
{
	fprintf(f, "! type %" PRIu32, type->number);
	if (type->bytes != 0)
		fprintf(f, " size=%" PRIu64, type->bytes);
	if (type->ptr_bytes != 0)
		fprintf(f, " pointers=%" PRIu64, type->ptr_bytes);
	if (type->addr != 0)
		fprintf(f, " addr=0x%" PRIx64, type->addr);
	fputs(" name=", f);
	write_name(f, type->name, type->name_len);
	fputc('\n', f);
	return ferror_unlocked(f) ? HR_EIO : HR_OK;
}

static void write_record(FILE *f, const struct record *r, const void *record)
{
	uint64_t at[MAX_FIELDS];

	memcpy(at, record, r->fields * sizeof(at[0]));
	hr_print(f, "! %s %" PRIu64, r->name, at[0]);
	for (size_t i = 1; i < r->fields; i++)
		if (at[i] != HR_NOT_KNOWN)
			hr_print(f, " %s=%" PRIu64, r->keys[i], at[i]);
	fputc('\n', f);
}

enum hr_status hr_text_write_records(FILE *f, const struct hr_sides *sides)
{
	for (size_t i = 0; i < sides->ngc_cpu; i++)
		write_record(f, &records[GC_CPU], &sides->gc_cpu[i]);
	for (size_t i = 0; i < sides->nrss; i++)
		write_record(f, &records[RSS], &sides->rss[i]);
	return ferror_unlocked(f) ? HR_EIO : HR_OK;
}

void hr_text_write_notes(FILE *f, const struct hr_trace_meta *meta)
{
	for (unsigned i = 0; i < meta->nnotes; i++) {
		hr_print(f, "! note %s ", meta->notes[i].key);
		for (const char *c = meta->notes[i].value; *c != '\0'; c++)
			fputc((unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c, f);
		fputc('\n', f);
	}
}

/* --- reading ------------------------------------------------------------------- */

bool hr_text_is_side(const char *key)
{
	return strcmp(key, "type") == 0 || strcmp(key, records[GC_CPU].name) == 0 ||
	       strcmp(key, records[RSS].name) == 0;
}

/* The next word of *at, or NULL; *at goes on behind it. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " \t"), *end = word + strcspn(word, " \t");

	*at = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return end > word ? word : NULL;
}

static enum hr_status bad(const char **wrong, const char *what)
{
	*wrong = what;
	return HR_EINPUT;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; *n becomes the length without escapes. False: a backslash that is none of ours. */
static bool unescape(char *name, size_t *n)
{
	char *to = name;

	for (const char *c = name; *c != '\0'; c++) {
		int high, low;

		if (*c != '\\') {
			*to++ = *c;
			continue;
		}
		if (c[1] != 'x' || (high = hex_digit(c[2])) < 0 || (low = hex_digit(c[3])) < 0)
			return false;
		*to++ = (char)(high << 4 | low);
		c += 3;
	}
	*n = (size_t)(to - name);
	return true;
}

static bool parse_number(const char *word, uint64_t *x)
{
	char *end;

	if (strncmp(word, "0x", 2) != 0)
		return hr_parse_u64(word, x);
	if (hex_digit(word[2]) < 0 || strlen(word) > 18)
		return false;
	*x = strtoull(word + 2, &end, 16);
	return *end == '\0';
}

static enum hr_status add_type(struct hr_types *types, const struct hr_type *type, const char **wrong)
{
	switch (hr_types_add(types, type)) {
	case HR_TYPES_KNOWN:
		return bad(wrong, "the type has been told before");
	case HR_TYPES_FULL:
		return bad(wrong, "there are more types, or longer names, than heapreplay keeps");
	case HR_TYPES_NO_MEMORY:
		return HR_ENOMEM;
	case HR_TYPES_ADDED:
		break;
	}
	return HR_OK;
}

static enum hr_status parse_type(char *words, struct hr_types *types, const char **wrong)
{
	struct hr_type type = {0};
	char *word = next_word(&words), *name;
	uint64_t number;

	if (word == NULL || !hr_parse_u64(word, &number) || number == 0 || number > UINT32_MAX)
		return bad(wrong, "a type's number is from 1 to 4294967295");
	type.number = (uint32_t)number;
	for (;;) {
		words += strspn(words, " \t");
		if (strncmp(words, "name=", 5) == 0)
			break;
		word = next_word(&words);
		if (word == NULL)
			return bad(wrong, "the type's name= is missing");
		if (!(strncmp(word, "size=", 5) == 0 && parse_number(word + 5, &type.bytes)) &&
		    !(strncmp(word, "pointers=", 9) == 0 && parse_number(word + 9, &type.ptr_bytes)) &&
		    !(strncmp(word, "addr=", 5) == 0 && parse_number(word + 5, &type.addr)))
			return bad(wrong, "a type has size=, pointers=, addr= and, last, name=");
	}
	name = words + 5;
	if (!unescape(name, &type.name_len))
		return bad(wrong, "a backslash in a name is written \\x5c");
	if (type.name_len > HR_TYPES_MAX_NAME)
		return bad(wrong, "the type's name is longer than 8192 bytes");
	type.name = name;
	return add_type(types, &type, wrong);
}

/* Fills the record; those that the line does not tell are HR_NOT_KNOWN. */
static enum hr_status parse_record(const struct record *r, char *words, uint64_t *record, const char **wrong)
{
	char *word = next_word(&words);

	if (word == NULL || !hr_parse_u64(word, &record[0]))
		return bad(wrong, "a record begins with a time in ns");
	for (size_t i = 1; i < r->fields; i++)
		record[i] = HR_NOT_KNOWN;
	while ((word = next_word(&words)) != NULL) {
		char *value = strchr(word, '=');
		size_t i = 1;

		if (value == NULL)
			return bad(wrong, "a record consists of key=number");
		*value++ = '\0';
		while (i < r->fields && strcmp(r->keys[i], word) != 0)
			i++;
		if (i == r->fields)
			return bad(wrong, "this record has no such key");
		if (!hr_parse_u64(value, &record[i]))
			return bad(wrong, "a record consists of key=number");
	}
	return HR_OK;
}

enum hr_status hr_text_parse_side(const char *key, char *words, struct hr_sides *sides, const char **wrong)
{
	uint64_t record[MAX_FIELDS], last_ns = 0;
	struct hr_gc_cpu gc_cpu;
	struct hr_rss_sample rss;
	bool is_rss = strcmp(key, records[RSS].name) == 0;

	if (strcmp(key, "type") == 0)
		return parse_type(words, &sides->types, wrong);
	HR_TRY(parse_record(&records[is_rss ? RSS : GC_CPU], words, record, wrong));
	if (is_rss && sides->nrss > 0)
		last_ns = sides->rss[sides->nrss - 1].time_ns;
	else if (!is_rss && sides->ngc_cpu > 0)
		last_ns = sides->gc_cpu[sides->ngc_cpu - 1].time_ns;
	if (record[0] < last_ns)
		return bad(wrong, "records are in order of time");
	memcpy(&gc_cpu, record, sizeof(gc_cpu));
	memcpy(&rss, record, sizeof(rss));
	return (is_rss ? hr_sides_add_rss(sides, &rss) : hr_sides_add_gc_cpu(sides, &gc_cpu)) ? HR_OK : HR_ENOMEM;
}

enum hr_status hr_text_parse_note(char *words, struct hr_trace_meta *meta, const char **wrong)
{
	char *key = next_word(&words);
	struct hr_note *note = &meta->notes[meta->nnotes];

	words += strspn(words, " \t");
	if (meta->nnotes == HR_MAX_NOTES)
		return bad(wrong, "there are more than 16 notes");
	if (key == NULL || !hr_is_note_key(key))
		return bad(wrong, "a note's key is 1 to 31 letters, digits, - and _");
	if (*words == '\0')
		return bad(wrong, "a note has 1 to 127 bytes");
	memcpy(note->key, key, strlen(key) + 1);
	/* As it is shown, like every free text: what is written from it is read as the same, though each byte took four. */
	hr_text_plain(note->value, sizeof(note->value), words);
	meta->nnotes++;
	return HR_OK;
}
