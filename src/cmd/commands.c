/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands, in the order of the manual. Each is defined at the end of its own file. */
#include "config.h"

#include "cmd/cli.h"

#include <string.h>

/* clang-format off */
#define COMMANDS(X) \
	X(replay) \
	X(compare) \
	X(sweep) \
	X(heatmap) \
	X(watch) \
	X(advise) \
	X(explain) \
	X(plot) \
	X(report) \
	X(info) \
	X(record) \
	X(calibrate) \
	X(policies) \
	X(validate) \
	X(export) \
	X(import) \
	X(cut) \
	X(generate) \
	X(completion) \
	X(help)
/* clang-format on */

#define DECLARE(name) extern const struct cli_command cli_##name;
COMMANDS(DECLARE)

#define LIST(name) &cli_##name,
const struct cli_command *const cli_commands[] = {COMMANDS(LIST) NULL};

const struct cli_command *cli_command_find(const char *name)
{
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}
