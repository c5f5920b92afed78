/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vocabulary of the text form: the keys of each kind of event, and the
 * settings. Reader and writer share it; heapreplay-trace(5) describes it.
 */
#ifndef HR_TRACE_TEXT_FORM_H
#define HR_TRACE_TEXT_FORM_H

#include "trace/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_TEXT_FIRST_WORDS "# heapreplay-trace "

enum {
	HR_TEXT_VERSION = 1,
	HR_TEXT_MAX_FIELDS = 4,
	HR_TEXT_PAGE_BYTES = 8192,
};

/* What a key's value is, and so where it goes. */
enum hr_text_type {
	HR_TEXT_PLACE,	   /* addr=, an address, or id=, a number: addr */
	HR_TEXT_PAGES,	   /* a number of pages: size, in bytes */
	HR_TEXT_BYTES,	   /* a size: size */
	HR_TEXT_LIMIT,	   /* a size, or off: size */
	HR_TEXT_CLASS,	   /* manual, or a span class: arg as the Go tracer has it */
	HR_TEXT_NUMBER,	   /* a number: arg */
	HR_TEXT_COUNT,	   /* a number above 0: arg */
	HR_TEXT_ARG_BYTES, /* a size below 4 GiB: arg */
	HR_TEXT_CAUSE,	   /* who asked for the garbage collection: flags */
};

struct hr_text_field {
	const char *key; /* NULL: no more */
	enum hr_text_type type;
	bool optional; /* 0 where it is not there, and not written where it is 0 */
};

struct hr_text_kind {
	struct hr_text_field fields[HR_TEXT_MAX_FIELDS];
	enum { HR_TEXT_EVERYONE, HR_TEXT_OBJECTS, HR_TEXT_REST } who; /* enum hr_want that takes it */
	bool needs_p;
};

extern const struct hr_text_kind hr_text_kinds[HR_EVENT_KIND_COUNT];

/* Values of HR_TEXT_CAUSE; the first row whose `tell` is among an event's flags names them. */
struct hr_text_cause {
	const char *name; /* NULL ends the table */
	uint8_t flags;
	uint8_t tell;
};

extern const struct hr_text_cause hr_text_causes[];

/* Settings, in the order in which they are written. */
enum hr_text_setting_type {
	HR_TEXT_SET_ON_OFF,
	HR_TEXT_SET_WORDS,   /* the rest of the line */
	HR_TEXT_SET_PAGE,    /* the one size of pages */
	HR_TEXT_SET_ADDRESS, /* of a page; 0: not known */
	HR_TEXT_SET_ORIGIN,  /* a number, and that it is known */
	HR_TEXT_SET_GO,	     /* 1.N */
};

/* What holds where a setting is not there. */
enum hr_text_default {
	HR_TEXT_IF_OFF,	  /* off, or nothing */
	HR_TEXT_IF_ON,	  /* on */
	HR_TEXT_IF_SPANS, /* on in a trace of spans */
	HR_TEXT_INFERRED, /* by the first events; always written */
};

struct hr_text_setting {
	const char *key; /* NULL ends the table */
	enum hr_text_setting_type type;
	size_t offset; /* in struct hr_trace_meta */
	size_t room;   /* WORDS: bytes there */
	enum hr_text_default otherwise;
};

extern const struct hr_text_setting hr_text_settings[];

#endif
