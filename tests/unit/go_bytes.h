/* SPDX-License-Identifier: BSD-3-Clause */
/* Go execution traces, built byte by byte. */
#ifndef HR_TESTS_UNIT_GO_BYTES_H
#define HR_TESTS_UNIT_GO_BYTES_H

#include "testing.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct bytes {
	uint8_t data[1 << 18];
	size_t n;
};

static inline void put(struct bytes *b, const void *p, size_t n)
{
	assert_true(n <= sizeof(b->data) - b->n);
	memcpy(b->data + b->n, p, n);
	b->n += n;
}

static inline void byte(struct bytes *b, uint8_t x)
{
	put(b, &x, 1);
}

static inline void varint(struct bytes *b, uint64_t x)
{
	for (; x >= 0x80; x >>= 7)
		byte(b, (uint8_t)(x | 0x80));
	byte(b, (uint8_t)x);
}

/* An event: type, delta, arguments. */
static inline void event(struct bytes *b, uint8_t type, uint64_t delta, size_t n, ...)
{
	va_list ap;

	byte(b, type);
	varint(b, delta);
	va_start(ap, n);
	while (n-- > 0)
		varint(b, va_arg(ap, uint64_t));
	va_end(ap);
}
#define U(x) ((uint64_t)(x))

static inline void header(struct bytes *b, unsigned version)
{
	char text[17];

	snprintf(text, sizeof(text), "go 1.%02u trace", version);
	b->n = 0;
	put(b, text, 13);
	put(b, "\0\0\0", 3);
}

static inline void batch_head(struct bytes *b, uint64_t generation, uint64_t thread, uint64_t ts, uint64_t len)
{
	varint(b, generation);
	varint(b, thread);
	varint(b, ts);
	/* Always padded to ten bytes, as the runtime writes it. */
	for (int i = 0; i < 9; i++, len >>= 7)
		byte(b, (uint8_t)(len | 0x80));
	byte(b, 0);
}

static inline void batch(struct bytes *b, uint64_t generation, uint64_t thread, uint64_t ts,
			 const struct bytes *content)
{
	byte(b, 1);
	batch_head(b, generation, thread, ts, content->n);
	put(b, content->data, content->n);
}

#define NO_THREAD UINT64_MAX
#define MIN_ADDR 0xc000000000

static inline void info_at(struct bytes *b, uint64_t generation, uint64_t min_addr, uint64_t page, uint64_t align,
			   uint64_t stack)
{
	static struct bytes c;

	c.n = 0;
	byte(&c, 1);
	varint(&c, min_addr);
	varint(&c, page);
	varint(&c, align);
	varint(&c, stack);
	byte(b, 49);
	byte(b, 1);
	batch_head(b, generation, NO_THREAD, 0, c.n);
	put(b, c.data, c.n);
}

static inline void info(struct bytes *b, uint64_t generation)
{
	info_at(b, generation, MIN_ADDR, 8192, 8, 2048);
}

/* A clock's batch as from 25 on, with what other clocks show before the frequency or behind it. */
static inline void clock_batch(struct bytes *b, uint64_t generation, uint64_t freq, const uint64_t shown[4],
			       bool before)
{
	static struct bytes c;

	c.n = 0;
	byte(&c, 50);
	for (int part = 0; part < 2; part++) {
		if ((part == 0) == before) {
			byte(&c, 51);
			for (int i = 0; i < 4; i++)
				varint(&c, shown[i]);
		} else {
			byte(&c, 8);
			varint(&c, freq);
		}
	}
	batch(b, generation, NO_THREAD, 0, &c);
}

static inline void frequency(struct bytes *b, unsigned version, uint64_t generation, uint64_t freq)
{
	static struct bytes c;

	c.n = 0;
	if (version >= 25)
		byte(&c, 50);
	byte(&c, 8);
	varint(&c, freq);
	batch(b, generation, NO_THREAD, 0, &c);
}

#endif
