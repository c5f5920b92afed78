/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The digits of x are those of the integer next to x * 10^shift. The product is
 * rounded, by less than 2^-20 as it is below 10^9; only where it lies so near the
 * middle of two integers that this could matter, and for numbers that are shown in
 * other ways (with a sign, an exponent, more digits before the point than are asked
 * for), printf has to do it.
 */
#include "config.h"

#include "base/digits.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SURE 1e-5 /* the least distance from the middle */
#define MOST_SHIFT (HR_MOST_DIGITS + 3)

/* Exact. */
static const double power[MOST_SHIFT + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};

size_t hr_digits_put(char to[HR_DIGITS_BUF], double x, unsigned digits)
{
	char text[HR_DIGITS_BUF];
	unsigned shift = digits - 1, n = 0, i = 0;
	double scaled, whole;
	uint64_t left;

	if (!(x >= 1e-4 && x < power[digits]))
		goto usual;
	/* As many digits behind the point as there are not before it, and as there are zeroes. */
	while (shift > 0 && x >= power[digits - shift])
		shift--;
	while (x * power[shift] < power[digits - 1] && shift < MOST_SHIFT)
		shift++;
	scaled = x * power[shift];
	whole = floor(scaled);
	if (fabs(scaled - whole - 0.5) < SURE)
		goto usual;
	left = (uint64_t)whole + (scaled - whole > 0.5);
	/* Rounded up to one digit more. */
	if (left >= (uint64_t)power[digits])
		goto usual;
	for (; shift > 0 && left % 10 == 0; shift--)
		left /= 10;
	/* From the last digit on; a 0 before the point. */
	for (; left > 0 || i <= shift; left /= 10, i++) {
		if (i == shift && i > 0)
			text[n++] = '.';
		text[n++] = (char)('0' + left % 10);
	}
	for (i = 0; i < n; i++)
		to[i] = text[n - 1 - i];
	to[n] = '\0';
	return n;
usual:
	if (x == 0 && !signbit(x))
		return (size_t)(stpcpy(to, "0") - to);
	return (size_t)snprintf(to, HR_DIGITS_BUF, "%.*g", (int)digits, x);
}
