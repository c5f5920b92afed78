/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "machine/metrics.h"

#include "trace/sides.h"

#include <jansson.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name) offsetof(struct hr_go_metrics, name)

static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
    {"process_resident_memory_bytes", FIELD(rss_bytes)},   {"go_gc_gogc_percent", FIELD(gogc_percent)},
    {"go_gc_gomemlimit_bytes", FIELD(memory_limit_bytes)}, {"go_memstats_sys_bytes", FIELD(sys_bytes)},
    {"go_memstats_heap_sys_bytes", FIELD(heap_sys_bytes)},
};

enum { NNUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

/* "9.223372036854776e+18" says that there is no limit. */
static uint64_t value_of(const char *text)
{
	char *end;
	const double x = strtod(text, &end);

	return end != text && x >= 0 && x < 0x1p62 ? (uint64_t)x : HR_NOT_KNOWN;
}

static void take_version(const char *line, char to[32])
{
	static const char before[] = "version=\"";
	const char *at = strstr(line, before);
	size_t n;

	if (at == NULL || at > line + strcspn(line, "\n"))
		return;
	at += strlen(before);
	n = strcspn(at, "\"\n");
	if (n >= 32)
		n = 31;
	memcpy(to, at, n);
	to[n] = '\0';
}

void hr_go_metrics_parse(const char *text, struct hr_go_metrics *m)
{
	*m = (struct hr_go_metrics){HR_NOT_KNOWN, HR_NOT_KNOWN, HR_NOT_KNOWN, HR_NOT_KNOWN, HR_NOT_KNOWN, ""};
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		const size_t n = strcspn(line, "{ \t\n");
		const char *value = line + n;

		if (n == strlen("go_info") && strncmp(line, "go_info", n) == 0)
			take_version(line, m->go_version);
		for (size_t i = 0; (*value == ' ' || *value == '\t') && i < NNUMBERS; i++) {
			if (strlen(numbers[i].name) == n && strncmp(line, numbers[i].name, n) == 0) {
				const uint64_t x = value_of(value);

				memcpy((char *)m + numbers[i].offset, &x, sizeof(x));
			}
		}
	}
}

void hr_go_vars_parse(const char *text, size_t n, struct hr_go_metrics *m)
{
	static const struct {
		const char *name;
		size_t offset;
	} vars[] = {{"Sys", FIELD(sys_bytes)}, {"HeapSys", FIELD(heap_sys_bytes)}};
	json_t *all = json_loadb(text, n, 0, NULL);
	const json_t *memstats = json_object_get(all, "memstats");

	for (size_t i = 0; i < sizeof(vars) / sizeof(vars[0]); i++) {
		const json_t *value = json_object_get(memstats, vars[i].name);
		uint64_t known, x = json_is_integer(value) ? (uint64_t)json_integer_value(value) : HR_NOT_KNOWN;

		memcpy(&known, (char *)m + vars[i].offset, sizeof(known));
		if (known == HR_NOT_KNOWN && x < UINT64_C(1) << 62)
			memcpy((char *)m + vars[i].offset, &x, sizeof(x));
	}
	json_decref(all);
}
