/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the command, parses its options, runs it, and checks that standard output was written. */
#include "config.h"

#include "cmd/cli.h"

#include "base/print.h"
#include "report/document.h"
#include "scavenge/policy.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static int usage(FILE *out)
{
	fputs("heapreplay replays recorded heap traces through the Go runtime's page allocator and scavengers.\n\n"
	      "  heapreplay replay app.trace         what the scavenger did with this program's memory\n"
	      "  heapreplay compare app.trace        what each policy would have done\n\n"
	      "Record a trace: GODEBUG=traceallocfree=1 and runtime/trace, Go 1.23 or newer.\n\nCommands:\n",
	      out);
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		hr_print(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fputs("\n'heapreplay COMMAND --help' shows options and examples; --version shows the version.\n", out);
	return out == stdout ? CLI_DONE : CLI_MISUSED;
}

static int version(int argc, char **argv)
{
	if (argc == 0)
		hr_print(stdout, "%s\n", PACKAGE_STRING);
	else if (argc == 1 && strcmp(argv[0], "--json") == 0)
		hr_print(stdout, "{\"heapreplay\": \"%s\", \"schema\": %d, \"policy_abi\": %d}\n", PACKAGE_VERSION,
			 HR_SCHEMA, HR_POLICY_ABI);
	else
		return cli_misuse(NULL, "--version takes --json or nothing");
	return CLI_DONE;
}

static int run(const struct cli_command *c, int argc, char **argv)
{
	struct cli_options o;
	bool fine = cli_options_init(c, argc, argv, &o) && cli_read_config(c, &o), damaged = false;
	int first = fine ? cli_parse(c, argc, argv, &o) : o.no_memory ? -CLI_FAILED : -CLI_MISUSED, status = -first;

	o.damaged = &damaged;
	if (first >= 0 && o.help) {
		cli_print_help(stdout, c, o.all);
		status = CLI_DONE;
	} else if (first >= 0 && argc - first < c->least_args) {
		status = cli_misuse(c, "missing %s argument", c->args);
	} else if (first >= 0 && argc - first > c->most_args) {
		status = cli_misuse(c, "unexpected argument '%s'", argv[first + c->most_args]);
	} else if (first >= 0 && (status = cli_take_ending(c, &o)) == 0 &&
		   (status = cli_bound_memory(c, &o)) == CLI_DONE) {
		cli_guard_start(c, &o);
		status = c->run(c, &o, argc - first, argv + first);
		cli_guard_end();
	}
	if (status == CLI_DONE && damaged && o.fail_on_damage) {
		cli_warn(NULL, "the input is damaged or cut off (--fail-on-damage)");
		status = CLI_FAILED;
	}
	cli_options_release(c, &o);
	return status;
}

static int dispatch(int argc, char **argv)
{
	const struct cli_command *c;

	if (argc < 2)
		return usage(stderr);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return usage(stdout);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return version(argc - 2, argv + 2);
	c = cli_command_find(argv[1]);
	if (c == NULL)
		return cli_misuse(NULL, "unknown command '%s'", argv[1]);
	return run(c, argc - 1, argv + 1);
}

int cli_main(int argc, char **argv)
{
	int status;

	/* A closed pipe is an error of write(2), not a signal, so that other outputs are finished or removed first. */
	signal(SIGPIPE, SIG_IGN);
	status = dispatch(argc, argv);
	cli_progress_end();
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (status == CLI_DONE) {
			if (!cli_reader_is_gone())
				cli_warn(NULL, "cannot write standard output%s%s", errno ? ": " : "",
					 errno ? strerror(errno) : "");
			status = CLI_FAILED;
		}
	}
	return status;
}
