/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of the live view, which its loop (watch.c), keys (keys.c) and drawing (view.c) work on. */
#ifndef HR_TUI_STATE_H
#define HR_TUI_STATE_H

#include "frame/frame.h"
#include "frame/log_tail.h"
#include "frame/touches.h"
#include "replay/player.h"
#include "report/series.h"
#include "tui/screen.h"
#include "tui/watch.h"
#include "tui/who.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HR_MAX_ZOOMS 32
#define HR_TOLD_HOLDERS 6 /* of a chunk, at most */

/* What the last line asks for. */
enum hr_asking { HR_ASKING_NOTHING, HR_ASKING_TIME, HR_ASKING_PLACE };

/* What a move of the mouse with its button held changes. */
enum hr_dragging { HR_DRAGGING_NOTHING, HR_DRAGGING_TIME, HR_DRAGGING_HISTORY, HR_DRAGGING_CURSOR };

struct hr_view_state {
	const struct hr_watch_options *options;
	struct hr_player *player;
	struct hr_screen *screen;

	/* Moving. */
	enum hr_player_source source;
	bool playing;
	bool waiting;	/* for more of the trace */
	bool starved;	/* the last look brought nothing at all */
	unsigned speed; /* index into the speeds */
	double owed;	/* records, or ns of the trace, that time has brought and that were not followed yet */

	/* Looking. */
	size_t policy;	       /* the one that is shown */
	bool pair;	       /* and the next one beside it */
	bool over_time_chosen; /* by the key; else it is shown where there is much room */
	struct hr_frame_options frame_options;
	enum hr_palette palette;
	struct {
		uint64_t first, last;
	} zooms[HR_MAX_ZOOMS]; /* that one comes back to */
	size_t nzooms;
	enum hr_moment moment; /* what n and N look for */
	enum hr_dragging dragging;

	/* What is drawn. */
	struct hr_frame frame;
	struct hr_glyph *screen_glyphs; /* the frame, and what stands over it */
	size_t glyphs_cap;
	unsigned columns, rows;
	struct hr_json_series *series; /* one a policy; NULL before the trace is open */
	struct hr_plane *planes;       /* the same: the address space over time */
	struct hr_log_tail tails[HR_MAX_PANES];
	struct hr_touches touches;
	uint64_t touched_to; /* records that touches has seen, up to this one */
	char status[40];
	char layers[96];
	char message[200]; /* on the last line, until the next key */
	bool helping;
	enum hr_asking asking;
	char answer[40]; /* so far */

	/* Who holds it (find.h). */
	struct hr_who who;
	struct hr_frame_holder holders[HR_TOLD_HOLDERS];
	uint64_t still_at_ns, still_since_ns; /* the moment shown, and since when by the real clock */
	char sought[40];		      /* the last type that was asked for */
	bool seeking_type;		      /* the cursor goes there when it is known where */

	bool stale, anew; /* to be drawn; all of it */
	bool done;
	struct hr_error err;
	enum hr_status failed;
};

/* How fast time passes. */
struct hr_speed {
	const char *name;
	double records, times; /* a second; of real time. Both 0: as fast as it goes */
};

/* Slowest first. */
extern const struct hr_speed hr_speeds[];
extern const unsigned hr_nspeeds;
/* The index of the speed with that name; NULL: as in life; hr_nspeeds: there is none. */
unsigned hr_speed_find(const char *name);

/* A text for the last line. */
void hr_view_say(struct hr_view_state *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Does what may fail with the player; what went wrong is said, or ends the view. HR_END is no failure. */
enum hr_status hr_view_check(struct hr_view_state *v, enum hr_status status, const struct hr_error *err);
/* Writes the frame as a PNG file; says where. */
void hr_view_save(struct hr_view_state *v);

/* Text on a row of the screen, filled up with blanks to a width; it must be ASCII. */
void hr_view_put_text(struct hr_view_state *v, unsigned row, unsigned column, unsigned width, enum hr_ink ink,
		      const char *text);

#endif
