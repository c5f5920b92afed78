/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A call of an allocator as tracers print it: name(arguments) = result. One
 * tolerant grammar for those of ltrace, valgrind, FreeBSD's utrace and CTSRD's
 * cmt; what stands in front of the call is theirs (calls.c).
 *
 * Sizes are decimal, or hexadecimal with 0x, pointers hexadecimal with or without
 * 0x, or nil. Behind a
 * pointer may stand an id in angle brackets, before an argument its name
 * ("al 64, size 128"), behind the arguments that count some more: tracers that
 * do not know a prototype print what lies around.
 */
#ifndef HR_TRACE_CALL_H
#define HR_TRACE_CALL_H

#include <stdbool.h>
#include <stdint.h>

enum hr_call_kind {
	HR_CALL_ALLOC,
	HR_CALL_REALLOC,
	HR_CALL_FREE,
	HR_CALL_UNPLACED, /* posix_memalign, which returns no address */
};

struct hr_call_function;

struct hr_call {
	const struct hr_call_function *function;
	enum hr_call_kind kind;
	uint64_t old;	   /* REALLOC, FREE */
	uint64_t size;	   /* ALLOC, REALLOC: bytes, UINT64_MAX where they overflow; of a copied string as shown */
	uint64_t result;   /* where has_result; 0: null */
	bool has_result;   /* it is on the line */
	bool unfinished;   /* its return is a later line's: hr_call_parse_return */
	bool never_return; /* the tracer gave up waiting for it */
};

enum hr_call_parse {
	HR_CALL_OTHER, /* not a call of an allocator */
	HR_CALL_BAD,   /* one, but damaged */
	HR_CALL_OK,
};

/*
 * The call that begins at text and goes to its end, a NUL. "realloc(0x0,8)malloc(8)
 * = ...", which is one inside of the other, is the inner one.
 */
enum hr_call_parse hr_call_parse(const char *text, struct hr_call *call);

/* "<... name resumed> more) = result", the return of a call: its function and result. */
enum hr_call_parse hr_call_parse_return(const char *text, struct hr_call *call);

/* " = result" to the end of text, of any function. */
bool hr_call_parse_result(const char *text, uint64_t *result);

/* Is it "name(": a call of anything? */
bool hr_call_looks_like(const char *text);

#endif
