/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the JSON that `replay --json` and `compare --json` wrote (document.h),
 * of this version or an earlier one, plain or compressed. The file may come
 * from anywhere: its content is checked, and an error is reported in one line.
 */
#ifndef HR_REPORT_SAVED_H
#define HR_REPORT_SAVED_H

#include "base/error.h"
#include "report/comparison.h"

#include <stdbool.h>
#include <stddef.h>

#define HR_SAVED_MAX_BYTES (UINT64_C(256) << 20)

struct hr_saved {
	char *version; /* of the heapreplay that wrote it */
	struct hr_comparison *at;
	size_t n; /* one or more */
};

/*
 * The JSON of a file, whatever it holds, plain or compressed; "-": of standard
 * input. HR_EIO: cannot read; HR_EINPUT: no JSON, or more than
 * HR_SAVED_MAX_BYTES of it; HR_ENOMEM.
 */
enum hr_status hr_saved_load(const char *path, json_t **document, struct hr_error *err);

/*
 * Gives a document of an earlier schema the names of today's; what reads it
 * knows no others. hr_saved_load and hr_saved_read do. False: out of memory.
 */
bool hr_saved_upgrade(json_t *document);

/* Is it a regular file that begins as JSON does? False where it can't be opened. */
bool hr_saved_looks_so(const char *path);

/*
 * path: a file, or "-". HR_EIO: cannot read; HR_EINPUT: no JSON, no saved run,
 * one of a later version, more than HR_SAVED_MAX_BYTES; HR_ENOMEM. The texts
 * name no path.
 */
enum hr_status hr_saved_read(const char *path, struct hr_saved *s, struct hr_error *err);
/* The same from n bytes. */
enum hr_status hr_saved_parse(const void *data, size_t n, struct hr_saved *s, struct hr_error *err);
void hr_saved_release(struct hr_saved *s);

#endif
