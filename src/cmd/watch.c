/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: the live view on a terminal. */
#include "config.h"

#include "cmd/cli.h"

#include "tui/watch.h"

#include <signal.h>
#include <string.h>

static bool known_speed(const char *name)
{
	for (size_t i = 0; hr_watch_speeds[i] != NULL; i++)
		if (strcmp(hr_watch_speeds[i], name) == 0)
			return true;
	return false;
}

static int bad_speed(const struct cli_command *c, const char *name)
{
	char list[256] = "";

	for (size_t i = 0; hr_watch_speeds[i] != NULL; i++) {
		strncat(list, i > 0 ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, hr_watch_speeds[i], sizeof(list) - strlen(list) - 1);
	}
	return cli_misuse(c, "--speed takes one of: %s; not '%s'", list, name);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strcmp(path, "-") == 0)
		return "standard input";
	return slash != NULL ? slash + 1 : path;
}

int cli_run_watch(const struct cli_options *o, int argc, char **argv)
{
	const struct cli_command *c = cli_command_find("watch");
	struct hr_watch_options w = {
	    .path = argv[0], .name = name_of(argv[0]), .speed = o->speed, .paused = o->paused, .exit = o->exit};
	struct cli_choices choices;
	struct cli_look look;
	struct hr_error err;
	bool trace_failed;
	int by;
	enum hr_status status;

	(void)argc;
	if (o->speed != NULL && !known_speed(o->speed))
		return bad_speed(c, o->speed);
	if (!cli_look(c, o, stdout, &look))
		return CLI_MISUSED;
	if (!cli_choose(c, o, NULL, &choices))
		return choices.status;
	w.player.replay = o->replay;
	w.choices = choices.at;
	w.nchoices = choices.n;
	w.frame = look.frame;
	w.screen.palette = look.palette;
	w.screen.colors = look.colors;
	w.screen.utf8 = look.utf8;
	status = hr_watch(&w, &trace_failed, &by, &err);
	cli_choices_release(&choices);
	if (by != 0)
		raise(by); /* as anybody would end who does not look at it */
	if (status == HR_EUSAGE && !trace_failed)
		return cli_misuse(c, "%s; `heapreplay heatmap` shows one moment without a terminal", err.text);
	return status == HR_OK ? CLI_DONE : cli_fail(trace_failed ? argv[0] : NULL, &err);
}
