/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who holds memory that could go: of chunks that are at most half in use and
 * hold free memory which is not released, the types, or size classes, of the
 * objects that are in use there. A chunk belongs to the one that has the most
 * bytes in it, so that no chunk is counted twice.
 *
 * The objects are those of a Go execution trace with recorded placement: a
 * second look at the trace's events, up to the moment. They are live or not swept
 * yet. Memory: 32 bytes for each slot of the spans that are live at the peak.
 *
 * The live view asks another way: what lies in each chunk, whatever is free there ("tenants").
 */
#ifndef HR_INFO_HOLDERS_H
#define HR_INFO_HOLDERS_H

#include "report/reasons.h"
#include "trace/reader.h"

#include <jansson.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_holders_by { HR_HOLDERS_BY_TYPE, HR_HOLDERS_BY_CLASS, HR_HOLDERS_BY_AGE };

enum hr_holder_kind {
	HR_HOLDER_TYPE,	   /* objects of a type */
	HR_HOLDER_CLASS,   /* objects of a size class, 0: large ones */
	HR_HOLDER_EXISTED, /* by type: objects of a size class that were there before the trace began, and have no type */
	HR_HOLDER_UNTYPED, /* by type: other objects of a size class without a type */
	HR_HOLDER_AGE,	   /* objects of an age */
	HR_HOLDER_NOTHING, /* spans without objects that the trace tells of: stacks, or from before the recording */
};

struct hr_holder {
	enum hr_holder_kind kind;
	char name[128];	     /* of the type, as it may be shown; "" for others */
	unsigned size_class; /* of HR_HOLDER_CLASS, EXISTED and UNTYPED */
	unsigned age;	     /* of HR_HOLDER_AGE: see hr_holder_age_text */
	uint64_t chunks;
	uint64_t object_bytes;			/* its objects in these chunks */
	uint64_t in_use_bytes;			/* all spans in them */
	uint64_t age_ns;			/* of its objects there, their mean by bytes */
	bool older;				/* some were there before the trace began: they are older than that */
	uint64_t free_bytes;			/* and what is free and not released there */
	uint64_t reason_bytes[HR_REASON_COUNT]; /* the same by reason */
};

struct hr_holders {
	struct hr_holder *at; /* by free_bytes, the most first */
	size_t n, cap;
};

/*
 * Reads the trace again, up to and including at_ns. reading: as for the
 * replay. HR_EUSAGE: the trace's objects have no addresses; HR_ENOMEM; as
 * hr_reader_open and hr_reader_next. Release *h with hr_holders_release.
 */
enum hr_status hr_holders_of(const char *path, const struct hr_reader_options *reading, uint64_t at_ns,
			     const struct hr_reasons *reasons, enum hr_holders_by by, struct hr_holders *h,
			     struct hr_error *err);
#define HR_HOLDER_TEXT 160
/* What holds it, as it may be shown: "main.node", "unknown: there before the recording, 64 B". Returns buf. */
char *hr_holder_text(char buf[HR_HOLDER_TEXT], const struct hr_holder *h);
/* Of that, what only objects in use keep: of physical and huge pages that go as a whole. */
uint64_t hr_holder_pinned_bytes(const struct hr_holder *h);
/*
 * "If what is in use in the 40 chunks of uint8 were freed, 6.00 MiB more could be released; ...". Most reasons do not depend
 * on the objects in a chunk: it is said then what the memory around them waits for. Returns buf.
 */
#define HR_HOLDER_SENTENCE 480
char *hr_holder_tell(char buf[HR_HOLDER_SENTENCE], const struct hr_holder *h);
/* An array of them, as heapreplay-explain(1) describes it; NULL: out of memory. */
json_t *hr_holders_json(const struct hr_holders *h);
/* "less than 1 s", "there before the recording"... of an age, 0 to HR_HOLDER_AGES - 1. */
const char *hr_holder_age_text(unsigned age);
#define HR_HOLDER_AGES 5
void hr_holders_release(struct hr_holders *h);

/* The objects of a type, or of a size class where their type is not known, that lie in a chunk. */
struct hr_tenant {
	uint64_t chunk, bytes; /* of them, in this chunk */
	size_t name;	       /* index in names */
};

struct hr_tenants {
	struct hr_tenant *at; /* by chunk, then by bytes, the most first */
	size_t n, cap;
	char (*names)[HR_HOLDER_TEXT]; /* as hr_holder_text has them */
	size_t nnames, cap_names;
};

/* As hr_holders_of, of all chunks. HR_END: *stop, which another thread may set, became true; *t is empty then. */
enum hr_status hr_tenants_of(const char *path, const struct hr_reader_options *reading, uint64_t at_ns,
			     const atomic_bool *stop, struct hr_tenants *t, struct hr_error *err);
void hr_tenants_release(struct hr_tenants *t);
/* The first of the chunk's in t->at, and in *n how many it has. */
size_t hr_tenants_find(const struct hr_tenants *t, uint64_t chunk, size_t *n);
/*
 * The next tenant after `chunk` (HR_NO_TENANT_CHUNK: the first), from the last chunk on to the first, whose name has `text` in
 * it, in whatever case: one that holds its chunk, which is to say that nothing else has more bytes there; where none
 * does, one that only lies in it. SIZE_MAX: there is none. *holds: it is of the first kind.
 */
size_t hr_tenants_search(const struct hr_tenants *t, const char *text, uint64_t chunk, bool *holds);
#define HR_NO_TENANT_CHUNK UINT64_MAX

#endif
