/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The native trace, .hrt, byte for byte: what writer and reader have in common.
 * heapreplay-trace(5) describes it for people.
 *
 *   magic, 8 bytes
 *   blocks: a header of 48 bytes and its payload
 *       M  what is known of the trace, JSON; once, first
 *       E  events
 *       S  what is live and in force before the event that comes next, as events
 *       Y  types of objects, before the first event that names them
 *       C  CPU time of GC cycles
 *       R  samples of resident memory
 *       T  how the trace ended and what was odd about it, JSON; once
 *       I  the index; once, last
 *   footer, 24 bytes
 *
 * Blocks of other letters are checked and passed over. All blocks of a file have
 * the same version: 2, or 1, in which types are numbers without a meaning.
 *
 * All fixed numbers are little-endian. Every byte is covered by an XXH3-64: the
 * header's first 40 bytes by its last 8, the payload by the header's checksum,
 * the footer by itself. A block of events can be read without the ones before
 * it, except for which object a numbered free means (numbers.h).
 */
#ifndef HR_TRACE_NATIVE_FORM_H
#define HR_TRACE_NATIVE_FORM_H

#include "base/fuzzed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	HR_NATIVE_VERSION = 2,
	HR_NATIVE_FIRST_VERSION = 1, /* the oldest that is read */
	HR_NATIVE_MAGIC_BYTES = 8,
	HR_NATIVE_HEADER_BYTES = 48,
	HR_NATIVE_FOOTER_BYTES = 24,
	HR_NATIVE_MAX_STORED = 1 << 26, /* bytes of a payload, and of all its columns unpacked */
	HR_NATIVE_MAX_JSON = 1 << 16,
	HR_NATIVE_MAX_EVENTS = 1 << 24, /* a block */
#ifndef HR_SMALL_BUFFERS
	HR_NATIVE_MAX_ENTRIES = 1 << 14, /* different sorts of events in a block */
#else
	HR_NATIVE_MAX_ENTRIES = 1 << 8,
#endif
	HR_NATIVE_CONTEXTS = 1 << 15,
	HR_NATIVE_MAX_REACH = 15,  /* how far a numbered free may count */
	HR_NATIVE_MAX_FIELDS = 64, /* numbers of a record of C or R */
};

#define HR_NATIVE_MAGIC "\x89HRT\r\n\x1a\n"
#define HR_NATIVE_MARKER "HRB|"
#define HR_NATIVE_FOOTER_MARKER "HRE|"

struct hr_native_header {
	uint8_t type;	   /* 'M', 'E', 'S', 'Y', 'C', 'R', 'T', 'I' */
	uint8_t version;   /* unpacked: as it is there; packed: HR_NATIVE_VERSION */
	uint32_t stored;   /* bytes of the payload */
	uint32_t events;   /* in it: E and S */
	uint64_t number;   /* of its first event; S: of the event that comes next; else: events before it */
	uint64_t time_ns;  /* of its first event; else of the last event before it */
	uint64_t checksum; /* XXH3-64 of the payload */
};

/* Columns of events, in the order in which they stand; those that are not there are empty. */
enum hr_native_column {
	HR_NATIVE_ENTRIES, /* the sorts of events there are */
	HR_NATIVE_SYMBOLS, /* which of them each event is */
	HR_NATIVE_TIMES,
	HR_NATIVE_VALUES,  /* sizes and args that the entry does not hold */
	HR_NATIVE_PLACES,  /* addresses of spans and pages: differences */
	HR_NATIVE_OBJECTS, /* the same of objects */
	HR_NATIVE_CHOICES, /* of objects at predicted addresses: which prediction is right */
	HR_NATIVE_MISSES,  /* and where none is, the difference */
	HR_NATIVE_HOLES,   /* S: numbers that are not in use, the one to be given next first */
	HR_NATIVE_COLUMNS
};

enum hr_native_codec { HR_NATIVE_RAW, HR_NATIVE_ZSTD };

/* Where an event's addr comes from. */
enum hr_native_place {
	HR_NATIVE_NOWHERE,   /* 0 */
	HR_NATIVE_BY_PLACE,  /* PLACES: a difference to the one before of that context */
	HR_NATIVE_BY_OBJECT, /* OBJECTS: the same */
	HR_NATIVE_PREDICTED, /* CHOICES, MISSES: places.h */
	HR_NATIVE_NEXT,	     /* the number that comes next: numbers.h, and the rest too */
	HR_NATIVE_NEWER,
	HR_NATIVE_OLDER,
	HR_NATIVE_NEWEST,
	HR_NATIVE_SAME_SIZE,
	HR_NATIVE_PLACE_COUNT
};

enum hr_native_modes {
	HR_NATIVE_SIZE_APART = 1 << 0, /* VALUES: difference to the size before of that kind; the entry's is 0 */
	HR_NATIVE_ARG_APART = 1 << 1,  /* VALUES: arg, behind the size; the entry's is 0 */
};

/* A sort of event: nine numbers of an entry, in this order, LEB128. */
struct hr_native_entry {
	uint8_t kind, flags;
	uint16_t p; /* p + 1 */
	uint8_t modes;
	uint8_t place;
	uint8_t reach;	  /* NEWER, OLDER, NEWEST, SAME_SIZE: how far */
	uint8_t shift;	  /* BY_...: low bits that are 0 in all of them; PREDICTED: for misses */
	uint16_t context; /* BY_..., PREDICTED */
	uint32_t arg;
	uint64_t size; /* NEWER, OLDER, NEWEST: 0, it is the object's */
};

static inline uint64_t hr_zigzag(uint64_t x)
{
	return x << 1 ^ (uint64_t) - (x >> 63);
}

static inline uint64_t hr_unzigzag(uint64_t x)
{
	return x >> 1 ^ (uint64_t) - (x & 1);
}

static inline uint32_t hr_load32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void hr_store32(uint8_t *p, uint32_t x)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(x >> 8 * i);
}

static inline void hr_store64(uint8_t *p, uint64_t x)
{
	hr_store32(p, (uint32_t)x);
	hr_store32(p + 4, (uint32_t)(x >> 32));
}

/* Symbols below this take one byte, the others two; n: entries. */
static inline unsigned hr_native_short_symbols(unsigned n)
{
	unsigned s = 256;

	while (s + (256 - s) * 256 < n)
		s--;
	return s;
}

/* Both are pure; unpack says whether the header is whole and within the limits. */
void hr_native_pack_header(uint8_t to[HR_NATIVE_HEADER_BYTES], const struct hr_native_header *h);
bool hr_native_unpack_header(const uint8_t from[HR_NATIVE_HEADER_BYTES], struct hr_native_header *h);
/* The footer tells where the index block begins. */
void hr_native_pack_footer(uint8_t to[HR_NATIVE_FOOTER_BYTES], uint64_t index_offset);
bool hr_native_unpack_footer(const uint8_t from[HR_NATIVE_FOOTER_BYTES], uint64_t *index_offset);

#endif
