/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mutations of inputs that are made of parts with lengths: parts are changed,
 * doubled, left out and swapped, and the lengths are written anew, so that what
 * stands behind a changed part is still read. A quarter of all mutations are
 * libFuzzer's own, of the input as a whole.
 */
#ifndef HR_TESTS_FUZZ_MUTATE_H
#define HR_TESTS_FUZZ_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of libFuzzer; in programs without it, one of standalone.c that changes nothing. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

enum { MUTATE_MAX_BYTES = 1 << 17, MUTATE_MAX_PARTS = 256 };

/* A part: its head, which holds the length of the body, and the body. */
struct mutate_part {
	size_t at, head, body;
};

/* What a mutation needs; one of its own for parts within parts. */
struct mutate_room {
	uint8_t from[MUTATE_MAX_BYTES], body[MUTATE_MAX_BYTES];
	struct mutate_part parts[MUTATE_MAX_PARTS + 1];
};

struct mutate_form {
	struct mutate_room *room;
	size_t prefix; /* bytes before the first part */
	/* The part that begins with p; false: none does, the rest is as it is. */
	bool (*split)(const uint8_t *p, size_t n, struct mutate_part *part);
	/* The head of part p, for a body of that length, into `to` (64 bytes); its length. */
	size_t (*head)(const uint8_t *p, const struct mutate_part *part, size_t body, uint8_t *to);
	/* Changes a body; NULL: as libFuzzer does. */
	size_t (*change)(const uint8_t *head, uint8_t *body, size_t n, size_t max, unsigned seed);
};

static inline unsigned mutate_random(unsigned *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static inline size_t mutate_leb128(uint8_t *to, uint64_t x)
{
	size_t n = 0;

	do {
		to[n++] = (uint8_t)((x & 127) | (x > 127 ? 128 : 0));
		x >>= 7;
	} while (x != 0);
	return n;
}

/* False: there is none within n bytes. */
static inline bool mutate_get_leb128(const uint8_t *p, size_t n, size_t *at, uint64_t *x)
{
	*x = 0;
	for (unsigned shift = 0; shift < 64 && *at < n; shift += 7) {
		uint8_t byte = p[(*at)++];

		*x |= (uint64_t)(byte & 127) << shift;
		if (byte < 128)
			return true;
	}
	return false;
}

/* Writes the parts in their order, the one at `changed` with another body; 0: there is no room. */
static inline size_t mutate_join(const uint8_t *from, size_t size, const struct mutate_form *form,
				 const struct mutate_part *parts, size_t n, size_t rest, size_t changed,
				 const uint8_t *body, size_t body_bytes, uint8_t *to, size_t max)
{
	size_t at = form->prefix;

	memcpy(to, from, form->prefix);
	for (size_t i = 0; i < n; i++) {
		const struct mutate_part *p = &parts[i];
		const uint8_t *b = i == changed ? body : from + p->at + p->head;
		size_t len = i == changed ? body_bytes : p->body;
		uint8_t head[64];
		size_t h = form->head(from + p->at, p, len, head);

		if (h + len > max - at)
			return 0;
		memcpy(to + at, head, h);
		memcpy(to + at + h, b, len);
		at += h + len;
	}
	if (size - rest > max - at)
		return 0;
	memcpy(to + at, from + rest, size - rest);
	return at + size - rest;
}

static inline size_t mutate(uint8_t *data, size_t size, size_t max, unsigned seed, const struct mutate_form *form)
{
	uint8_t *from = form->room->from, *body = form->room->body;
	struct mutate_part *parts = form->room->parts;
	size_t n = 0, rest = form->prefix, i, changed = SIZE_MAX, body_bytes = 0, made;

	if (size > MUTATE_MAX_BYTES || size < form->prefix || mutate_random(&seed) % 4 == 0)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(from, data, size);
	while (n < MUTATE_MAX_PARTS && rest < size && form->split(from + rest, size - rest, &parts[n])) {
		parts[n].at = rest;
		rest += parts[n].head + parts[n].body;
		n++;
	}
	if (n == 0)
		return LLVMFuzzerMutate(data, size, max);
	i = mutate_random(&seed) % n;
	switch (mutate_random(&seed) % 8) {
	case 0: /* doubled */
		memmove(parts + i + 1, parts + i, (n - i) * sizeof(parts[0]));
		n++;
		break;
	case 1: /* left out */
		memmove(parts + i, parts + i + 1, (n - i - 1) * sizeof(parts[0]));
		n--;
		break;
	case 2: { /* swapped with any other */
		size_t j = mutate_random(&seed) % n;
		struct mutate_part p = parts[i];

		parts[i] = parts[j];
		parts[j] = p;
		break;
	}
	case 3: /* another head, of the same length */
		LLVMFuzzerMutate(from + parts[i].at, parts[i].head, parts[i].head);
		break;
	default:
		changed = i;
		memcpy(body, from + parts[i].at + parts[i].head, parts[i].body);
		body_bytes = form->change != NULL ? form->change(from + parts[i].at, body, parts[i].body,
								 MUTATE_MAX_BYTES, mutate_random(&seed))
						  : LLVMFuzzerMutate(body, parts[i].body, MUTATE_MAX_BYTES);
	}
	made = mutate_join(from, size, form, parts, n, rest, changed, body, body_bytes, data, max);
	if (made == 0) {
		memcpy(data, from, size);
		made = LLVMFuzzerMutate(data, size, max);
	}
	return made;
}

#endif
