/* SPDX-License-Identifier: BSD-3-Clause */
/* import: any trace as a native one. */
#include "config.h"

#include "cmd/cli.h"

int cli_run_import(const struct cli_options *o, int argc, char **argv)
{
	(void)argc;
	return cli_write_native(cli_command_find("import"), o, argv[0]);
}
