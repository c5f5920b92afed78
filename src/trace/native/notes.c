/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/native/notes.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define META(field) offsetof(struct hr_trace_meta, field)

static const struct {
	const char *key;
	size_t offset;
} switches[] = {
    {"spans", META(has_spans)},	     {"objects", META(has_objects)}, {"addresses", META(has_addresses)},
    {"processors", META(has_procs)}, {"threads", META(has_threads)}, {"clock", META(has_clock)},
    {"collected", META(collected)},  {"cycles", META(has_cycles)},   {"releases", META(has_releases)},
    {"padded", META(padded)},	     {"window", META(window)},	     {"strict", META(strict)},
    {"sweeps", META(tells_sweeps)},
};

enum { NSWITCHES = sizeof(switches) / sizeof(switches[0]) };

static const char *const identities[] = {
    [HR_IDENTITY_LIFO] = "lifo",
    [HR_IDENTITY_FIFO] = "fifo",
    [HR_IDENTITY_RANDOM] = "random",
};

/* 2^63 and above come out below 0, and back. */
static void set_count(json_t **o, const char *key, uint64_t n)
{
	hr_json_put(o, key, json_integer((json_int_t)n));
}

static void set_text(json_t **o, const char *key, const char *text)
{
	hr_json_put(o, key, hr_json_text(text));
}

static json_t *notes_json(const struct hr_trace_meta *meta)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < meta->nnotes; i++)
		set_text(&o, meta->notes[i].key, meta->notes[i].value);
	return o;
}

static char *text_of(json_t *o)
{
	char *text = o != NULL ? hr_json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) : NULL;

	json_decref(o);
	return text;
}

char *hr_native_meta_text(const struct hr_trace_meta *meta, const struct hr_reader_options *reading)
{
	json_t *o = json_object();
	/* Importing a native trace again keeps its original format. */
	const char *source = meta->source[0] != '\0' ? meta->source : meta->format_name;

	set_text(&o, "writer", PACKAGE_STRING);
	if (source != NULL)
		set_text(&o, "source", source);
	if (meta->program[0] != '\0')
		set_text(&o, "program", meta->program);
	if (meta->go_minor != 0)
		set_count(&o, "go_minor", meta->go_minor);
	set_count(&o, "page_bytes", meta->page_bytes);
	if (meta->min_addr != 0)
		set_count(&o, "min_addr", meta->min_addr);
	if (meta->has_clock_origin)
		set_count(&o, "clock_origin_ns", meta->clock_origin_ns);
	for (size_t i = 0; i < NSWITCHES; i++) {
		bool on;

		memcpy(&on, (const char *)meta + switches[i].offset, sizeof(on));
		hr_json_put(&o, switches[i].key, json_boolean(on));
	}
	if (meta->nnotes > 0)
		hr_json_put(&o, "notes", notes_json(meta));
	if (reading != NULL) {
		hr_json_put(&o, "identity", hr_json_text(identities[reading->identity]));
		if (!meta->has_clock)
			set_count(&o, "rate", reading->rate != 0 ? reading->rate : HR_DEFAULT_RATE);
		if (reading->time_scale != 0 && reading->time_scale != 1)
			hr_json_put(&o, "time_scale", hr_json_real(reading->time_scale));
	}
	return text_of(o);
}

char *hr_native_end_text(const struct hr_trace_stats *stats)
{
	json_t *o = json_object(), *odd = json_object(), *assumed = json_array();

	set_count(&o, "events", stats->events_total);
	set_count(&o, "last_ns", stats->last_time_ns);
	set_count(&o, "generations", stats->generations);
	set_count(&o, "batches", stats->batches);
	set_count(&o, "threads", stats->threads);
	set_count(&o, "free_os_memory", stats->free_os_memory);
	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++)
		if (stats->anomalies[a] > 0)
			set_count(&odd, hr_anomaly_name(a), stats->anomalies[a]);
	hr_json_put(&o, "anomalies", odd);
	for (unsigned i = 0; i < stats->nassumed; i++)
		hr_json_add(&assumed, hr_json_text(stats->assumed[i]));
	hr_json_put(&o, "assumed", assumed);
	if (stats->cut) {
		set_count(&o, "cut_at_byte", stats->cut_offset);
		set_text(&o, "cut_what", stats->cut_what);
	}
	return text_of(o);
}

/* --- back ------------------------------------------------------------------- */

static enum hr_status parse(const uint8_t *text, size_t n, json_t **o)
{
	json_error_t why = {0};
	/* jansson's parser calls a token invalid where memory ends within it, or frees twice: it must not come to that. */
	void *room = malloc(16 * n + 65536);

	if (room == NULL)
		return HR_ENOMEM;
	free(room);
	*o = json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, &why);
	if (*o == NULL)
		return hr_json_no_memory(&why) ? HR_ENOMEM : HR_EINPUT;
	if (json_is_object(*o))
		return HR_OK;
	json_decref(*o);
	return HR_EINPUT;
}

static void get_text(const json_t *o, const char *key, char *to, size_t room)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (text != NULL)
		hr_json_bytes(to, room, text);
}

/* False, and *to as it was: it is not there. */
static bool get_count(const json_t *o, const char *key, uint64_t *to)
{
	const json_t *n = json_object_get(o, key);

	if (json_is_integer(n))
		*to = (uint64_t)json_integer_value(n);
	return json_is_integer(n);
}

static void get_notes(const json_t *notes, struct hr_trace_meta *meta)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)notes, key, value)
	{
		struct hr_note *note = &meta->notes[meta->nnotes];

		if (meta->nnotes == HR_MAX_NOTES)
			break;
		if (!json_is_string(value) || !hr_is_note_key(key) || *json_string_value(value) == '\0')
			continue;
		snprintf(note->key, sizeof(note->key), "%s", key);
		hr_json_bytes(note->value, sizeof(note->value), json_string_value(value));
		meta->nnotes++;
	}
}

enum hr_status hr_native_parse_meta(const uint8_t *text, size_t n, struct hr_trace_meta *meta)
{
	json_t *o;
	uint64_t minor = 0;

	HR_TRY(parse(text, n, &o));
	get_text(o, "source", meta->source, sizeof(meta->source));
	get_text(o, "program", meta->program, sizeof(meta->program));
	get_count(o, "go_minor", &minor);
	meta->go_minor = minor <= 1000 ? (unsigned)minor : 0;
	get_count(o, "page_bytes", &meta->page_bytes);
	get_count(o, "min_addr", &meta->min_addr);
	meta->has_clock_origin = get_count(o, "clock_origin_ns", &meta->clock_origin_ns);
	get_notes(json_object_get(o, "notes"), meta);
	for (size_t i = 0; i < NSWITCHES; i++) {
		const json_t *on = json_object_get(o, switches[i].key);
		bool value = json_is_true(on);

		if (json_is_boolean(on))
			memcpy((char *)meta + switches[i].offset, &value, sizeof(value));
	}
	json_decref(o);
	return HR_OK;
}

static void get_odd(const json_t *odd, struct hr_trace_stats *stats)
{
	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++) {
		uint64_t count = 0;

		get_count(odd, hr_anomaly_name(a), &count);
		stats->anomalies[a] += count;
	}
}

#define OF_THE_ORIGINAL "of the original: "

enum hr_status hr_native_parse_end(const uint8_t *text, size_t n, struct hr_reader *r)
{
	struct hr_trace_stats *stats = &r->stats;
	char what[sizeof(stats->cut_what)] = "";
	uint64_t threads = stats->threads;
	char assumed[sizeof(stats->assumed[0])];
	json_t *o;
	const json_t *said;
	size_t i;

	HR_TRY(parse(text, n, &o));
	get_count(o, "events", &stats->events_total);
	get_count(o, "last_ns", &stats->last_time_ns);
	get_count(o, "generations", &stats->generations);
	get_count(o, "batches", &stats->batches);
	get_count(o, "threads", &threads);
	stats->threads = threads <= UINT32_MAX ? (unsigned)threads : 0;
	get_count(o, "free_os_memory", &stats->free_os_memory);
	get_odd(json_object_get(o, "anomalies"), stats);
	json_array_foreach(json_object_get(o, "assumed"), i, said) if (json_is_string(said))
	    hr_reader_assume(r, "%s", hr_json_bytes(assumed, sizeof(assumed), json_string_value(said)));
	if (get_count(o, "cut_at_byte", &stats->cut_offset)) {
		stats->cut = true;
		get_text(o, "cut_what", what, sizeof(what));
		snprintf(stats->cut_what, sizeof(stats->cut_what), "%s%s",
			 strncmp(what, OF_THE_ORIGINAL, strlen(OF_THE_ORIGINAL)) == 0 ? "" : OF_THE_ORIGINAL, what);
	}
	json_decref(o);
	return HR_OK;
}
