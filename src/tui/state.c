/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations on the state of the live view that more than one part of it needs, and the speeds. */
#include "config.h"

#include "tui/state.h"

#include "frame/paint.h"
#include "report/output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define AS_IN_LIFE 6

const struct hr_speed hr_speeds[] = {
    {"1 event/s", 1, 0}, {"10 events/s", 10, 0}, {"100 events/s", 100, 0}, {"1/1000x", 0, 0.001}, {"1/100x", 0, 0.01},
    {"1/10x", 0, 0.1},	 {"1x", 0, 1},		 {"10x", 0, 10},	   {"100x", 0, 100},	  {"full speed", 0, 0},
};
const unsigned hr_nspeeds = sizeof(hr_speeds) / sizeof(hr_speeds[0]);

unsigned hr_speed_find(const char *name)
{
	unsigned i = name == NULL ? AS_IN_LIFE : 0;

	while (name != NULL && i < hr_nspeeds && strcmp(hr_speeds[i].name, name) != 0)
		i++;
	return i;
}

void hr_view_say(struct hr_view_state *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->message, sizeof(v->message), fmt, ap);
	va_end(ap);
	v->stale = true;
}

/* After a move the followers may be others. */
static void stay_with_followers(struct hr_view_state *v)
{
	for (size_t i = 0; v->series != NULL && i < hr_player_followers(v->player); i++)
		v->series[i].f = hr_player_follower(v->player, i);
}

enum hr_status hr_view_check(struct hr_view_state *v, enum hr_status status, const struct hr_error *err)
{
	stay_with_followers(v);
	if (status == HR_OK || status == HR_END)
		return status;
	if (status == HR_EUSAGE) {
		hr_view_say(v, "%s", err->text);
		return status;
	}
	v->failed = status;
	v->err = *err;
	v->done = true;
	return status;
}

/* "heapreplay-app-12.345678901s.png": the trace's name up to its first dot. */
static void name_file(const struct hr_view_state *v, char *path, size_t size)
{
	uint64_t now = hr_player_now(v->player);
	const char *name = strcmp(v->options->path, "-") == 0 ? "stdin" : v->options->name;
	int n = (int)strcspn(name, ".");

	snprintf(path, size, "heapreplay-%.*s-%" PRIu64 ".%09" PRIu64 "s.png", n < 60 ? n : 60, name, now / 1000000000,
		 now % 1000000000);
}

void hr_view_save(struct hr_view_state *v)
{
	struct hr_output out = {0};
	struct hr_error err;
	char path[160];
	enum hr_status status;

	name_file(v, path, sizeof(path));
	status = hr_output_open(&out, path, &err);
	if (status == HR_OK)
		status = hr_paint_png(&v->frame, v->palette, hr_screen_theme(v->screen), 2, out.file, &err);
	if (status == HR_OK)
		status = hr_output_commit(&out, &err);
	hr_output_abandon(&out);
	if (status == HR_OK)
		hr_view_say(v, "saved as %s", path);
	else
		hr_view_say(v, "not saved: %s", err.text);
}

void hr_view_put_text(struct hr_view_state *v, unsigned row, unsigned column, unsigned width, enum hr_ink ink,
		      const char *text)
{
	struct hr_glyph *at = &v->screen_glyphs[(size_t)row * v->columns];

	for (unsigned i = 0; i < width && column + i < v->columns; i++) {
		char c = *text != '\0' ? *text++ : ' ';

		at[column + i] = (struct hr_glyph){(unsigned char)c, c, (uint8_t)ink, HR_INK_NONE};
	}
}
