/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/limit.h"

#include "base/units.h"
#include "heap/gcpacer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_PERCENT 10000
#define MAX_GOGC 1000000
#define MAX_PATH 4096
#define NO_LIMIT (UINT64_C(1) << 62) /* cgroup v1 writes the largest number of pages */

/* "90%": a number and the sign. */
static bool parse_percent(const char *text, double *percent)
{
	size_t len = strlen(text);
	char number[32];

	if (len < 2 || len > sizeof(number) || text[len - 1] != '%')
		return false;
	memcpy(number, text, len - 1);
	number[len - 1] = '\0';
	return hr_parse_double(number, percent);
}

bool hr_limit_parse(const char *text, struct hr_limit *limit)
{
	*limit = (struct hr_limit){.bytes = UINT64_MAX};
	if (strcmp(text, "off") == 0)
		return true;
	if (parse_percent(text, &limit->percent))
		return limit->percent > 0 && limit->percent <= MAX_PERCENT;
	return hr_parse_bytes(text, &limit->bytes);
}

uint64_t hr_limit_bytes(const struct hr_limit *limit, uint64_t whole)
{
	double bytes = limit->percent / 100 * (double)whole;

	if (limit->percent == 0)
		return limit->bytes;
	return bytes < 1 ? 1 : bytes < 9e18 ? (uint64_t)bytes : UINT64_MAX;
}

bool hr_gogc_parse(const char *text, uint64_t *gogc)
{
	double percent;
	uint64_t n;

	*gogc = HR_GOGC_OFF;
	if (strcmp(text, "off") == 0 || (text[0] == '-' && hr_parse_u64(text + 1, &n) && n > 0))
		return true;
	if (parse_percent(text, &percent)) {
		*gogc = percent >= 0 && percent <= MAX_GOGC ? (uint64_t)percent : UINT64_MAX;
		return percent >= 0 && (double)*gogc == percent;
	}
	return hr_parse_u64(text, gogc) && *gogc <= MAX_GOGC;
}

/* "max", or a number of bytes, as cgroups of both versions write it. */
static enum hr_status read_limit(const char *path, uint64_t *bytes, struct hr_error *err)
{
	FILE *f = fopen(path, "re");
	char line[64];

	if (f == NULL)
		return hr_error_set(err, HR_EIO, "'%s': %s", path, strerror(errno));
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "max") == 0 || (hr_parse_u64(line, bytes) && *bytes >= NO_LIMIT))
		return hr_error_set(err, HR_EUSAGE, "'%s' sets no limit; give the size", path);
	if (!hr_parse_u64(line, bytes) || *bytes == 0)
		return hr_error_set(err, HR_EUSAGE, "'%s' is no size, and no memory.max of a cgroup", path);
	return HR_OK;
}

/* The file of either version in that directory. */
static enum hr_status read_directory(const char *directory, uint64_t *bytes, struct hr_error *err)
{
	static const char *const names[] = {"memory.max", "memory.limit_in_bytes", "memory/memory.limit_in_bytes"};
	char path[MAX_PATH];
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", directory, names[i]);

		if (n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0)
			return read_limit(path, bytes, err);
	}
	return hr_error_set(err, HR_EUSAGE, "there is no memory.max in '%s'; give the size", directory);
}

enum hr_status hr_cgroup_bytes(const char *text, uint64_t *bytes, struct hr_error *err)
{
	struct stat st;

	if (hr_parse_bytes(text, bytes) && *bytes > 0)
		return HR_OK;
	if (strcmp(text, "cgroup") == 0)
		text = "/sys/fs/cgroup";
	if (stat(text, &st) == 0 && S_ISDIR(st.st_mode))
		return read_directory(text, bytes, err);
	return read_limit(text, bytes, err);
}
