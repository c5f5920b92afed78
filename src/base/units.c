/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t scale;
};

static const struct unit byte_units[] = {
    {"", 1},
    {"B", 1},
    {"KiB", 1ULL << 10},
    {"MiB", 1ULL << 20},
    {"GiB", 1ULL << 30},
    {"TiB", 1ULL << 40},
    /* As Kubernetes writes them; powers of ten; as Docker and the JVM write powers of two. */
    {"Ki", 1ULL << 10},
    {"Mi", 1ULL << 20},
    {"Gi", 1ULL << 30},
    {"Ti", 1ULL << 40},
    {"kB", 1000},
    {"KB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"TB", 1000000000000},
    {"k", 1ULL << 10},
    {"m", 1ULL << 20},
    {"g", 1ULL << 30},
    {"t", 1ULL << 40},
    {"K", 1ULL << 10},
    {"M", 1ULL << 20},
    {"G", 1ULL << 30},
    {"T", 1ULL << 40},
    {NULL, 0},
};

static const struct unit time_units[] = {
    {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}, {NULL, 0},
};

bool hr_parse_u64(const char *s, uint64_t *n)
{
	char *end;

	if (!isdigit((unsigned char)s[0]))
		return false;
	errno = 0;
	*n = strtoull(s, &end, 10);
	return errno == 0 && *end == '\0';
}

bool hr_parse_double(const char *s, double *x)
{
	char *end;

	if (!isdigit((unsigned char)s[0]) && s[0] != '.' && s[0] != '-')
		return false;
	errno = 0;
	*x = strtod(s, &end);
	return errno == 0 && *end == '\0' && isfinite(*x);
}

static bool parse_unit(const char *s, const struct unit *units, uint64_t *out)
{
	size_t digits = strspn(s, "0123456789"), dot = 0;
	uint64_t whole;
	double fraction = 0;
	char *end;

	if (digits == 0)
		return false;
	errno = 0;
	whole = strtoull(s, &end, 10);
	if (errno != 0)
		return false;
	if (*end == '.') {
		dot = strspn(end + 1, "0123456789");
		if (dot == 0)
			return false;
		fraction = strtod(end, NULL);
		end += 1 + dot;
	}
	for (; units->name != NULL; units++) {
		if (strcmp(end, units->name) != 0)
			continue;
		if (whole > UINT64_MAX / units->scale)
			return false;
		whole *= units->scale;
		/* The fraction is below one unit, so that a double holds it exactly enough. */
		uint64_t part = (uint64_t)llround(fraction * (double)units->scale);
		if (whole > UINT64_MAX - part)
			return false;
		*out = whole + part;
		return true;
	}
	return false;
}

bool hr_parse_bytes(const char *s, uint64_t *bytes)
{
	return parse_unit(s, byte_units, bytes);
}

bool hr_parse_ns(const char *s, uint64_t *ns)
{
	if (strcmp(s, "0") == 0) {
		*ns = 0;
		return true;
	}
	return parse_unit(s, time_units, ns);
}

/* Three significant digits of value, which is below 1024. */
static void three_digits(char *buf, size_t size, double value, const char *unit)
{
	snprintf(buf, size, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, unit);
}

const char *hr_format_bytes(char buf[HR_UNIT_BUF], uint64_t bytes)
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double v = (double)bytes;
	size_t i = 0;

	if (bytes < 1024) {
		snprintf(buf, HR_UNIT_BUF, "%" PRIu64 " B", bytes);
		return buf;
	}
	while (v >= 1024 && i + 1 < sizeof(names) / sizeof(names[0])) {
		v /= 1024;
		i++;
	}
	three_digits(buf, HR_UNIT_BUF, v, names[i]);
	return buf;
}

const char *hr_format_ns(char buf[HR_UNIT_BUF], uint64_t ns)
{
	if (ns == 0)
		snprintf(buf, HR_UNIT_BUF, "0");
	else if (ns < 1000)
		snprintf(buf, HR_UNIT_BUF, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		three_digits(buf, HR_UNIT_BUF, (double)ns / 1e3, "us");
	else if (ns < 1000000000)
		three_digits(buf, HR_UNIT_BUF, (double)ns / 1e6, "ms");
	else if (ns < 120 * UINT64_C(1000000000))
		three_digits(buf, HR_UNIT_BUF, (double)ns / 1e9, "s");
	else if (ns < 7200 * UINT64_C(1000000000))
		snprintf(buf, HR_UNIT_BUF, "%" PRIu64 "m%02us", ns / 60000000000, (unsigned)(ns / 1000000000 % 60));
	else
		snprintf(buf, HR_UNIT_BUF, "%" PRIu64 "h%02um", ns / 3600000000000, (unsigned)(ns / 60000000000 % 60));
	return buf;
}

const char *hr_format_count(char buf[HR_UNIT_BUF], uint64_t n)
{
	char digits[HR_UNIT_BUF];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), o = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[o++] = ',';
		buf[o++] = digits[i];
	}
	buf[o] = '\0';
	return buf;
}
