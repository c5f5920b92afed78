/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any lines as a program's GC log, and frees at any time beside them: no crash;
 * what is chosen for a cycle lies within what its line says, cycles are in order
 * and do not overlap, goals are never 0. The first byte of the input is not part
 * of the log: it says how the frees lie.
 */
#include "config.h"

#include "trace/go/gclog.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LINE = 4096, FREES = 64 };

/* As the log's own reader: lines of up to MAX_LINE - 1 bytes, longer ones in pieces. */
static enum hr_status read_lines(struct hr_gc_log *log, const char *text, size_t size)
{
	char line[MAX_LINE];
	enum hr_status status = HR_OK;

	while (status == HR_OK && size > 0) {
		const char *newline = memchr(text, '\n', size);
		size_t n = newline != NULL ? (size_t)(newline - text) + 1 : size;

		if (n > MAX_LINE - 1)
			n = MAX_LINE - 1;
		memcpy(line, text, n);
		line[n] = '\0';
		status = hr_gc_log_line(log, line);
		text += n;
		size -= n;
	}
	return status;
}

static void check_cycles(const struct hr_gc_log *log)
{
	for (size_t i = 0; i < log->n; i++) {
		const struct hr_gc_cycle *c = &log->cycles[i];

		if (c->begin_ns > c->end_ns || (i > 0 && c->begin_ns < c[-1].end_ns))
			abort();
		if (hr_gc_log_goal(log, i) == 0 || hr_gc_log_raised_goal(log, i) == 0)
			abort();
	}
	if (log->n > 0 && hr_gc_log_goal(log, log->n) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hr_gc_log log = {0};
	struct hr_error err;
	uint64_t seed = 0;

	if (size == 0)
		return 0;
	if (read_lines(&log, (const char *)data + 1, size - 1) != HR_OK)
		abort();
	if (log.n > 0 && hr_gc_log_place(&log, (uint64_t)data[0] << (data[0] % 50), &err) == HR_OK) {
		for (unsigned i = 0; i < FREES; i++) {
			const struct hr_gc_cycle *c = &log.cycles[i % log.n];

			seed = seed * UINT64_C(6364136223846793005) + data[0];
			hr_gc_log_saw_free(&log, c->start_ns + (seed >> 43));
		}
		hr_gc_log_choose(&log);
		check_cycles(&log);
	}
	hr_gc_log_release(&log);
	return 0;
}
