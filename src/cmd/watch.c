/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: the live view. */
#include "config.h"

#include "base/units.h"
#include "cmd/cli.h"

#include "tui/state.h"
#include "tui/watch.h"

#include <signal.h>
#include <string.h>

/* The options that this command alone has. */
#define MOST_HISTORY_BYTES (UINT64_C(2) << 30) /* as the player has it */

struct own {
	const char *speed;
	bool paused, exit;
};

static const struct own *own_of(const struct cli_options *o)
{
	return o->own;
}

static int bad_speed(const struct cli_command *c, const char *name)
{
	char list[256] = "";

	for (unsigned i = 0; i < hr_nspeeds; i++) {
		strncat(list, i > 0 ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, hr_speeds[i].name, sizeof(list) - strlen(list) - 1);
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

/* The history is a file; what is kept of it in memory are copies of the heap, an eighth of its size. */
static void bound_history(const struct cli_options *o, struct hr_player_options *player)
{
	char buf[HR_UNIT_BUF];

	if (o->max_memory_bytes == 0 || o->max_memory_bytes >= MOST_HISTORY_BYTES / 4)
		return;
	player->max_history_bytes = 4 * o->max_memory_bytes;
	cli_warn(NULL, "--max-memory: the history to go back in has %s",
		 hr_format_bytes(buf, player->max_history_bytes));
}

static int run_watch(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct hr_watch_options w = {.path = argv[0],
				     .name = name_of(argv[0]),
				     .speed = own_of(o)->speed,
				     .paused = own_of(o)->paused,
				     .exit = own_of(o)->exit};
	struct cli_choices choices;
	struct cli_look look;
	struct hr_error err;
	bool trace_failed;
	int by;
	enum hr_status status;

	(void)argc;
	if (own_of(o)->speed != NULL && hr_speed_find(own_of(o)->speed) == hr_nspeeds)
		return bad_speed(c, own_of(o)->speed);
	if (!cli_look(c, o, stdout, &look))
		return CLI_MISUSED;
	if (!cli_choose(c, o, NULL, &choices))
		return choices.status;
	w.player.replay = o->replay;
	bound_history(o, &w.player);
	w.choices = choices.at;
	w.nchoices = choices.n;
	w.frame = look.frame;
	w.screen.coloring = look.coloring;
	w.screen.utf8 = look.utf8;
	status = hr_watch(&w, &trace_failed, &by, &err);
	cli_choices_release(&choices);
	if (by != 0)
		raise(by); /* as anybody would end who does not look at it */
	if (status == HR_EUSAGE && !trace_failed)
		return cli_misuse(c, "%s; `heapreplay heatmap` shows one moment without a terminal", err.text);
	return status == HR_OK ? CLI_DONE : cli_fail(trace_failed ? argv[0] : NULL, &err);
}

static const struct cli_option options[] = {
    {"speed", 0, "SPEED", CLI_TEXT, offsetof(struct own, speed), 0, CLI_IN_DISPLAY,
     "initial speed; '1 event/s', '10 events/s', '100 events/s', 1/1000x, 1/100x, 1/10x, 1x, 10x, 100x "
     "or 'full speed' (1x)"},
    {"paused", 0, NULL, CLI_FLAG, offsetof(struct own, paused), 0, CLI_IN_DISPLAY, "start paused"},
    {"exit", 0, NULL, CLI_FLAG, offsetof(struct own, exit), 0, CLI_IN_DISPLAY,
     "exit at the end of the trace; without waiting for a key"},
    {.name = NULL},
};

const struct cli_command cli_watch = {
    .name = "watch",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "play a trace back in the terminal",
    .text = "Plays a trace back and draws the heap as it changes: a map of the address space, memory over time,\n"
	    "the latest scavtrace lines. You can pause, step by single events, step backwards, and jump to the\n"
	    "next GC, scavenge, growth or limit breach. A pipe is followed as it fills. Press ? for the keys.\n",
    .examples =
	"heapreplay watch app.trace\tin real time\n"
	"heapreplay watch -p go1.19 -p go1.22 app.trace\ttwo policies: 2 puts them side by side\n"
	"heapreplay watch --view free --speed 10x app.trace\twhat is free and not released, ten times as fast\n"
	"curl -sN 'http://localhost:6060/debug/pprof/trace?seconds=300' | heapreplay watch -\ta running program\n",
    .groups = CLI_REPLAYS | CLI_READS | CLI_LOOKS | CLI_PLACES | CLI_LAYERS,
    .options = options,
    .own_size = sizeof(struct own),
    .run = run_watch,
};
