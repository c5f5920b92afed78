/* SPDX-License-Identifier: BSD-3-Clause */
/* import: writes any trace in the native form. */
#include "config.h"

#include "cmd/cli.h"

static int run_import(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	(void)argc;
	return cli_write_native(c, o, argv[0]);
}

const struct cli_command cli_import = {
    .name = "import",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "write a trace in the native form: small, checked, quick to read",
    .text = "Writes the whole trace in the native form, .hrt, of heapreplay-trace(5). It is smaller than the\n"
	    "original and faster to read, and damage to it is detected. Every command gives the same results\n"
	    "for it. With -o - it goes to a pipe.\n",
    .examples = "heapreplay import app.trace -o app.hrt\tthe whole trace\n"
		"heapreplay import --level 19 app.trace -o app.hrt\tas small as it gets\n"
		"heapreplay import app.trace -o - | heapreplay info -\tthrough a pipe\n",
    .endings = "hrt",
    .groups = CLI_READS | CLI_WINDOW | CLI_SHARES | CLI_COPIES | CLI_NATIVE | CLI_OUTPUT,
    .run = run_import,
};
