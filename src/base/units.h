/* SPDX-License-Identifier: BSD-3-Clause */
/* Sizes and times as people write and read them. */
#ifndef HR_BASE_UNITS_H
#define HR_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * "96MiB", "96M", "1.5GiB", "4096", "64KiB" (powers of 1024; B, KiB, MiB, GiB,
 * TiB, and K M G T for short), "off" only where the caller handles it. False:
 * not a size, or beyond 2^64 - 1.
 */
bool hr_parse_bytes(const char *s, uint64_t *bytes);

/* "250ns", "10us", "1.5ms", "2s", "3m", "1h"; a bare number needs no unit only when it is 0. */
bool hr_parse_ns(const char *s, uint64_t *ns);

/* A decimal number without sign or unit, the whole string. */
bool hr_parse_u64(const char *s, uint64_t *n);
bool hr_parse_double(const char *s, double *x);

/* "0 B", "8.0 KiB", "1.25 GiB": three significant digits; into buf, which is returned. */
#define HR_UNIT_BUF 32
const char *hr_format_bytes(char buf[HR_UNIT_BUF], uint64_t bytes);
/* "0", "840 ns", "12.5 us", "1.50 s", "3m12s". */
const char *hr_format_ns(char buf[HR_UNIT_BUF], uint64_t ns);
/* "1,234,567" */
const char *hr_format_count(char buf[HR_UNIT_BUF], uint64_t n);

#endif
