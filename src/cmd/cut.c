/* SPDX-License-Identifier: BSD-3-Clause */
/* cut: writes a slice of a trace in the native form, starting with what is live at that time. */
#include "config.h"

#include "cmd/cli.h"

static int run_cut(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	(void)argc;
	if (o->replay.from_ns == 0 && o->replay.until_ns == HR_NEVER)
		return cli_misuse(c, "missing --from, --until or both");
	return cli_write_native(c, o, argv[0]);
}

const struct cli_command cli_cut = {
    .name = "cut",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "write a slice of a trace as a trace",
    .text = "Writes the events between two times in the native form, .hrt. The slice starts at time 0 with what is\n"
	    "live then, and is replayed like any trace. What a scavenger did before is not in it.\n",
    .examples = "heapreplay cut --from 100ms --until 300ms app.trace -o part.hrt\ta fifth of a second\n"
		"heapreplay cut --until 100ms app.trace -o start.hrt\tand what was before\n",
    .endings = "hrt",
    .groups = CLI_READS | CLI_WINDOW | CLI_SHARES | CLI_COPIES | CLI_NATIVE | CLI_OUTPUT,
    .run = run_cut,
};
