/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The live view: a replay (replay/player.h) drawn as frames (frame/frame.h) on
 * a terminal, and moved about in by keys and mouse. It redraws at most 30 times
 * a second whatever the replay's speed, and does nothing while it is paused.
 */
#ifndef HR_TUI_WATCH_H
#define HR_TUI_WATCH_H

#include "base/error.h"
#include "frame/frame.h"
#include "replay/player.h"
#include "tui/screen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct hr_watch_options {
	const char *path, *name; /* of the trace: to open, and for people */
	struct hr_player_options player;
	const struct hr_policy_choice *choices; /* none: the policy of the trace's own Go version */
	size_t nchoices;
	struct hr_frame_options frame; /* its size is the terminal's */
	struct hr_screen_options screen;
	const char *speed; /* by its name (state.h); NULL: as in life */
	bool paused;
	bool exit; /* ends with the trace, without a key */
};

/*
 * Watches until the user has seen enough. *trace_failed: what went wrong is
 * about the trace. HR_EUSAGE: no terminal, no such speed; errors of the player.
 * *signal: what asked for the end; 0: a key.
 */
enum hr_status hr_watch(const struct hr_watch_options *o, bool *trace_failed, int *signal, struct hr_error *err);

/* What the keys do, a line each, for help and manual; roff: as mdoc. */
void hr_watch_print_keys(FILE *out, bool roff);

#endif
