/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers as printf's %g prints them, several times as fast: the data of a plot are
 * hundreds of thousands of them.
 */
#ifndef HR_BASE_DIGITS_H
#define HR_BASE_DIGITS_H

#include <stddef.h>

enum { HR_DIGITS_BUF = 32, HR_MOST_DIGITS = 9 };

/* Writes x as "%.*g" with so many digits, 1 to HR_MOST_DIGITS, would, with a '\0'. Returns its length. */
size_t hr_digits_put(char to[HR_DIGITS_BUF], double x, unsigned digits);

#endif
