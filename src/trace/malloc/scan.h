/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers in the lines of a trace. Recordings of malloc have tens of millions
 * of lines with three or four numbers each, so that these are inline and know
 * no locale. All of them start at *p, move it behind what they took, and fail
 * without a digit and beyond 2^64 - 1; then *p is anywhere in the number. They
 * stop at the NUL behind a line.
 */
#ifndef HR_TRACE_SCAN_H
#define HR_TRACE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

static inline bool hr_scan_decimal(const char **p, uint64_t *x)
{
	const char *s = *p;
	unsigned digit = (unsigned)(unsigned char)*s - '0';
	uint64_t value = 0;

	if (digit > 9)
		return false;
	for (; digit <= 9; digit = (unsigned)(unsigned char)*++s - '0') {
		/* 19 digits always fit. */
		if (s - *p >= 19 &&
		    (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value)))
			return false;
		if (s - *p < 19)
			value = value * 10 + digit;
	}
	*p = s;
	*x = value;
	return true;
}

/* 0 to 15, more: no digit. */
static inline unsigned hr_scan_nibble(char c)
{
	unsigned digit = (unsigned)(unsigned char)c - '0', letter = ((unsigned)(unsigned char)c | 0x20) - 'a';

	return digit <= 9 ? digit : letter <= 5 ? letter + 10 : 16;
}

/* Hexadecimal, with or without 0x. */
static inline bool hr_scan_hex(const char **p, uint64_t *x)
{
	const char *s = *p + ((*p)[0] == '0' && ((*p)[1] | 0x20) == 'x' ? 2 : 0);
	unsigned digit = hr_scan_nibble(*s);
	uint64_t value = 0;

	if (digit > 15)
		return false;
	for (; digit <= 15; digit = hr_scan_nibble(*++s)) {
		if (value >> 60 != 0)
			return false;
		value = value << 4 | digit;
	}
	*p = s;
	*x = value;
	return true;
}

/* Blanks and tabs; were there any? */
static inline bool hr_scan_blanks(const char **p)
{
	const char *s = *p;

	while (*s == ' ' || *s == '\t')
		s++;
	bool any = s != *p;
	*p = s;
	return any;
}

#endif
