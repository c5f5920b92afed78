/* SPDX-License-Identifier: BSD-3-Clause */
/* cut: a part of a trace as a native one, with what is live where it begins. */
#include "config.h"

#include "cmd/cli.h"

int cli_run_cut(const struct cli_options *o, int argc, char **argv)
{
	const struct cli_command *c = cli_command_find("cut");

	(void)argc;
	if (o->replay.from_ns == 0 && o->replay.until_ns == HR_NEVER)
		return cli_misuse(c, "it needs --from, --until or both");
	return cli_write_native(c, o, argv[0]);
}
