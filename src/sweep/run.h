/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One trace under the settings of a sweep. The trace is decoded once for all of
 * them; those that differ in the policy alone share the GC cycles and the
 * placement, too. What comes out is a row a setting: an object whose members are
 * the columns of results.h.
 */
#ifndef HR_SWEEP_RUN_H
#define HR_SWEEP_RUN_H

#include "sweep/settings.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Where a trace comes from: opened for each pass over it. */
struct hr_sweep_input {
	const char *name; /* as the user gave it: "app.trace", "s3://bucket/app.trace" */
	/* The path of a file or pipe to read; HR_EIO. NULL: that of the name. */
	enum hr_status (*open)(void *ctx, const char *name, char path[64], struct hr_error *err);
	/* After the pass, however it ended; whether all of it could be had. HR_EIO. */
	enum hr_status (*close)(void *ctx, struct hr_error *err);
	void *ctx;
};

/* HR_TRACE_ID_BUF bytes: XXH3-64 of the decompressed bytes, in hex, as documents have it ("xxh3"). HR_EIO, HR_EINPUT, HR_ENOMEM. */
#define HR_TRACE_ID_BUF 17
enum hr_status hr_sweep_trace_id(const char *path, char id[HR_TRACE_ID_BUF], struct hr_error *err);

/* The trace's peak in use, as hr_replay_peak. */
enum hr_status hr_sweep_peak(const struct hr_sweep_input *in, const struct hr_sweep_settings *s, uint64_t *bytes,
			     struct hr_error *err);

struct hr_sweep_run {
	const struct hr_sweep_input *in;
	const struct hr_sweep_settings *settings;
	const char *version; /* of heapreplay */
	const char *id;	     /* of the trace, ""; where it is not known before */
	uint64_t peak_bytes; /* 0: no limit is a percentage of it */
	size_t most;	     /* settings at a time; 0: all. Is lowered where memory does not suffice */
	size_t lacked; /* settings that were not run: for lack of memory, or since a known trace can't be read now */
	struct hr_error why; /* of the first of those */
	/* Takes the rows (the caller's to give back) of a pass, an array. Anything but HR_OK ends the run. */
	enum hr_status (*take)(void *ctx, json_t *rows, struct hr_error *err);
	/* What the pass has found odd in the trace, when it went well. */
	void (*note)(void *ctx, const struct hr_trace_stats *stats);
	void *ctx;
};

/*
 * Runs n of the settings, given by their numbers, in order. What a setting can't do becomes a
 * row that says so, and counts in *failed. What lies at the machine says nothing of a setting:
 * there is no row, and it counts in run->lacked. Fails as `take` does, and with HR_ENOMEM for a row.
 */
enum hr_status hr_sweep_trace(struct hr_sweep_run *run, const size_t *which, size_t n, size_t *failed,
			      struct hr_error *err);

/* Rows of the n settings that say why there are no figures; counts in *failed. As hr_sweep_trace. */
enum hr_status hr_sweep_fail(const struct hr_sweep_run *run, const size_t *which, size_t n, size_t *failed,
			     const struct hr_error *why, struct hr_error *err);

#endif
