/* SPDX-License-Identifier: BSD-3-Clause */
/* Traces that a command fetches: what it writes is read as it comes, and not stored. */
#ifndef HR_CMD_FETCHING_H
#define HR_CMD_FETCHING_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct cli_fetch {
	const char *command; /* for sh, with {} for the name; NULL: there is none */
	int fd;		     /* what it writes */
	pid_t child;
};

/* "s3://...", "https://...": no file of this machine. */
bool cli_is_url(const char *name);

/*
 * Starts the command for a name, which stands where {} is, or at the end, as the quoted parameter "$1". path: what to
 * read. HR_EIO: no command can be run; HR_ENOMEM. ctx is a struct cli_fetch; both are those of struct hr_sweep_input.
 */
enum hr_status cli_fetch_open(void *ctx, const char *name, char path[64], struct hr_error *err);
/* Waits for the command, whose output was read. HR_EIO: it failed, and how. */
enum hr_status cli_fetch_close(void *ctx, struct hr_error *err);

#endif
