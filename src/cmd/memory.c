/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --max-memory: the system keeps the bound (RLIMIT_DATA: what is allocated or mapped
 * to be written to, touched or not). What does not fit fails as any allocation can:
 * with one line, and nothing half-written.
 */
#include "config.h"

#include "base/units.h"
#include "cmd/cli.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#define LEAST_BYTES (UINT64_C(16) << 20)

int cli_bound_memory(const struct cli_command *c, const struct cli_options *o)
{
	const uint64_t bytes = o->max_memory_bytes;
	struct rlimit limit;
	char buf[HR_UNIT_BUF];

	if (bytes == 0)
		return CLI_DONE;
	if (bytes < LEAST_BYTES)
		return cli_misuse(c, "--max-memory: at least %s are needed", hr_format_bytes(buf, LEAST_BYTES));
	if (getrlimit(RLIMIT_DATA, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > bytes)) {
		limit.rlim_cur = (rlim_t)bytes;
		if (setrlimit(RLIMIT_DATA, &limit) != 0) {
			cli_warn(NULL, "--max-memory: %s", strerror(errno));
			return CLI_FAILED;
		}
	}
	return CLI_DONE;
}
