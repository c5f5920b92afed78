/* SPDX-License-Identifier: BSD-3-Clause */
/* A small bitmap font for text in PNG frames. */
#ifndef HR_REPORT_FONT_H
#define HR_REPORT_FONT_H

#include <stdint.h>

#define HR_FONT_COLUMNS 5u
#define HR_FONT_ROWS 9u

/* The dots of a printable ASCII character, else those of '?': HR_FONT_ROWS rows from the top, bit 4 the leftmost dot. */
const uint8_t *hr_font_rows(char c);

#endif
