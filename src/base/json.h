/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Building JSON documents so that no failure gets lost: the document itself
 * remembers it. What could not be built is NULL, what NULL is put into becomes
 * NULL, and so does everything up to the document, of which the caller checks
 * nothing but that it is there. Nothing else sets members or appends elements
 * (tests/layers.sh holds it), since jansson's own calls report a failure that
 * is easily overlooked, and leave a document without what failed.
 *
 * Text from outside may hold any bytes, JSON holds UTF-8: hr_json_text gives
 * them a form that hr_json_bytes turns back.
 */
#ifndef HR_BASE_JSON_H
#define HR_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Makes value (taken over) a member of *object, in place of an older one of
 * that name. Either is NULL, or memory is exhausted: *object is freed and
 * becomes NULL.
 */
void hr_json_put(json_t **object, const char *key, json_t *value);
/* The same with a new last element of *array. */
void hr_json_add(json_t **array, json_t *value);

/*
 * The same for what is a part of a document: it is not given up.
 * False: value or it is NULL, or out of memory.
 */
bool hr_json_set(json_t *object, const char *key, json_t *value) __attribute__((warn_unused_result));
/* Adds the members of other that object lacks; jansson's json_object_update_missing loses failures. */
bool hr_json_add_missing(json_t *object, json_t *other) __attribute__((warn_unused_result));
bool hr_json_append(json_t *array, json_t *value) __attribute__((warn_unused_result));
/*
 * An object with the same members, not copies of them, in the same order. NULL: out of memory; jansson's json_copy
 * loses members then.
 */
json_t *hr_json_copy(json_t *object);

/* NULL: out of memory. null where jansson's signed integers end, and for no number and infinity. */
json_t *hr_json_count(uint64_t n);
json_t *hr_json_real(double x);

/*
 * Any bytes as a string: a byte that is not a part of valid UTF-8 becomes
 * "\xHH", and so does the backslash of what already reads like that; nothing
 * else changes. NULL: out of memory.
 */
json_t *hr_json_text(const char *bytes);
/* The bytes that hr_json_text was given, cut off at size. Returns buf. */
char *hr_json_bytes(char *buf, size_t size, const char *text);

/* Did a json_load... fail for want of memory? *why was all zeroes before: jansson does not always fill it then. */
bool hr_json_no_memory(const json_error_t *why);

/*
 * Writes the document, indented by two blanks, and a newline. Control
 * characters and what changes the direction of text are written as \uXXXX, so
 * that a terminal can show it. -1: errno says why not.
 */
int hr_json_write(const json_t *document, FILE *out);

/* The same as a string, as json_dumps makes it, which loses failures. The caller frees it; NULL: out of memory. */
char *hr_json_dumps(const json_t *value, size_t flags);

#endif
