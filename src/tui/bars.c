/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tui/bars.h"

#include "base/units.h"
#include "frame/canvas.h"

#include <limits.h>
#include <string.h>

/* Screens of fewer rows have no position bar, and of fewer still no keys. */
#define POSITION_ROWS 20
#define KEY_ROWS 14

unsigned hr_bars_rows(const struct hr_view_state *v)
{
	return v->rows >= POSITION_ROWS ? 2 : v->rows >= KEY_ROWS ? 1 : 0;
}

/* --- the position in the trace ---------------------------------------------------- */

/* The track, from column `from` on; a time lies in the middle of its column. */
struct track {
	unsigned from, columns;
	uint64_t end_ns; /* what is known of the trace so far */
};

static struct track track_of(const struct hr_view_state *v)
{
	unsigned margin = 11; /* for the two times */

	return (struct track){
	    .from = margin,
	    .columns = v->columns > 2 * margin + 10 ? v->columns - 2 * margin : 0,
	    .end_ns = hr_player_known_ns(v->player, NULL),
	};
}

static unsigned column_of(const struct track *t, uint64_t time_ns)
{
	double share = t->end_ns > 0 ? (double)time_ns / (double)t->end_ns : 0;

	return t->from + (unsigned)(share >= 1 ? t->columns - 1 : share * t->columns);
}

static void put_mark(struct hr_view_state *v, unsigned column, uint32_t code, char ascii, enum hr_ink ink)
{
	v->screen_glyphs[(size_t)(v->rows - 2) * v->columns + column] =
	    (struct hr_glyph){code, ascii, (uint8_t)ink, HR_INK_NONE};
}

/* Those further down cover those above. */
static const struct mark {
	enum hr_moment moment;
	uint32_t code;
	char ascii;
	enum hr_ink ink;
} marks[] = {
    {HR_MOMENT_GC, HR_CODE_DOT, '.', HR_INK_TEXT}, {HR_MOMENT_SCAVENGE, HR_CODE_DOWN, ',', HR_INK_FREE},
    {HR_MOMENT_BREACH, '!', '!', HR_INK_LIMIT},	   {HR_MOMENT_FRAGMENTED, 'F', 'F', HR_INK_GOAL},
    {HR_MOMENT_STALL, 'S', 'S', HR_INK_GOAL},	   {HR_MOMENT_DROP, 'D', 'D', HR_INK_GOAL},
    {HR_MOMENT_PEAK, 'P', 'P', HR_INK_GOAL},
};

/* A mark in each column that has one of n ascending times. */
static void put_marks_at(struct hr_view_state *v, const struct track *t, const struct mark *m, const uint64_t *at,
			 size_t n)
{
	unsigned last = UINT_MAX;

	for (size_t i = 0; i < n; i++) {
		unsigned column = column_of(t, at[i]);

		if (column == last)
			continue;
		put_mark(v, column, m->code, m->ascii, m->ink);
		last = column;
	}
}

/* What has been played so far. */
static void put_marks(struct hr_view_state *v, const struct track *t)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct hr_extreme e;
		size_t n;
		const uint64_t *at = hr_player_moments(v->player, marks[i].moment, v->policy, &n);

		if (hr_player_extreme(v->player, marks[i].moment, v->policy, &e))
			put_marks_at(v, t, &marks[i], &e.time_ns, 1);
		else
			put_marks_at(v, t, &marks[i], at, n);
	}
}

static void draw_position(struct hr_view_state *v)
{
	struct track t = track_of(v);
	char now[HR_UNIT_BUF], end[HR_UNIT_BUF];
	unsigned head = column_of(&t, hr_player_now(v->player));

	hr_view_put_text(v, v->rows - 2, 0, v->columns, HR_INK_TEXT, "");
	hr_view_put_text(v, v->rows - 2, 1, t.from - 1, HR_INK_TITLE, hr_format_ns(now, hr_player_now(v->player)));
	if (t.columns == 0)
		return;
	hr_view_put_text(v, v->rows - 2, t.from + t.columns + 1, v->columns, HR_INK_DIM,
			 hr_format_ns(end, hr_player_known_ns(v->player, NULL)));
	for (unsigned i = t.from; i < t.from + t.columns; i++)
		put_mark(v, i, i < head ? HR_CODE_DOUBLE_LINE : HR_CODE_LINE, i < head ? '=' : '-',
			 i < head ? HR_INK_IN_USE : HR_INK_DIM);
	if (v->series != NULL)
		put_marks(v, &t);
	put_mark(v, head, HR_CODE_DIAMOND, '|', HR_INK_TITLE);
}

/* --- the keys ------------------------------------------------------------------------ */

enum context { ANYWHERE, IN_MAP, AT_CURSOR, IN_CHUNK };

static const struct item {
	enum context context; /* where it is shown */
	uint32_t key;
	const char *name, *does;
} items[] = {
    {ANYWHERE, '?', "?", "help"},
    {ANYWHERE, 'q', "q", "quit"},
    {ANYWHERE, ' ', "space", NULL}, /* play or pause */
    {IN_CHUNK, HR_KEY_ESCAPE, "esc", "leave chunk"},
    {AT_CURSOR, HR_KEY_ENTER, "enter", "open chunk"},
    {AT_CURSOR, HR_KEY_ESCAPE, "esc", "no cursor"},
    {IN_MAP, HR_KEY_RIGHT, "left right", "seek"},
    {ANYWHERE, 'n', "n N", NULL}, /* the next moment of the kind chosen */
    {ANYWHERE, 'e', "e", "choose"},
    {ANYWHERE, 'g', "g", "go to"},
    {ANYWHERE, '/', "/", "find"},
    {ANYWHERE, '+', "+ -", "speed"},
    {ANYWHERE, '\t', "tab", "view"},
    {ANYWHERE, 't', "t", "over time"},
    {ANYWHERE, 'z', "z Z", "zoom"},
    {ANYWHERE, 'p', "p", "policy"},
    {ANYWHERE, '2', "2", "both"},
    {ANYWHERE, 'P', "P", "peak"},
    {ANYWHERE, 'D', "D", "drop"},
    {ANYWHERE, 'S', "S", "stall"},
    {ANYWHERE, 'F', "F", "fragmented"},
    {ANYWHERE, 's', "s", "save"},
};

static enum context context_of(const struct hr_view_state *v)
{
	if (v->frame_options.open_chunk != HR_NO_CHUNK)
		return IN_CHUNK;
	return v->frame_options.cursor_page != HR_NO_PAGE ? AT_CURSOR : IN_MAP;
}

static bool is_shown(const struct hr_view_state *v, const struct item *i)
{
	if ((i->key == 'p' || i->key == '2') && hr_player_followers(v->player) < 2)
		return false;
	return i->context == ANYWHERE || i->context == context_of(v);
}

static const char *text_of(const struct hr_view_state *v, const struct item *i)
{
	if (i->key == ' ')
		return v->playing ? "pause" : "play";
	return i->does != NULL ? i->does : hr_moment_name(v->moment);
}

/* The item shown behind `last` (NULL: the first), and the columns that it takes: [*begin, *end). NULL: no more fit. */
static const struct item *item_behind(const struct hr_view_state *v, const struct item *last, unsigned *begin,
				      unsigned *end)
{
	const struct item *i = last != NULL ? last + 1 : items;

	while (i < items + sizeof(items) / sizeof(items[0]) && !is_shown(v, i))
		i++;
	if (i == items + sizeof(items) / sizeof(items[0]))
		return NULL;
	*begin = last != NULL ? *end + 2 : 1;
	*end = *begin + (unsigned)(strlen(i->name) + 1 + strlen(text_of(v, i)));
	return *end <= v->columns ? i : NULL;
}

static void draw_keys(struct hr_view_state *v)
{
	unsigned begin = 0, end = 0, row = v->rows - 1;

	hr_view_put_text(v, row, 0, v->columns, HR_INK_TEXT, "");
	for (const struct item *i = item_behind(v, NULL, &begin, &end); i != NULL;
	     i = item_behind(v, i, &begin, &end)) {
		unsigned n = (unsigned)strlen(i->name);

		hr_view_put_text(v, row, begin, n, HR_INK_TITLE, i->name);
		hr_view_put_text(v, row, begin + n + 1, end - begin - n - 1, HR_INK_DIM, text_of(v, i));
	}
}

void hr_bars_draw(struct hr_view_state *v)
{
	unsigned rows = hr_bars_rows(v);

	if (rows > 1)
		draw_position(v);
	if (rows > 0)
		draw_keys(v);
}

uint64_t hr_bars_time(const struct hr_view_state *v, unsigned column)
{
	struct track t = track_of(v);
	unsigned at = column < t.from ? 0 : column - t.from;

	if (t.columns == 0)
		return HR_NEVER;
	at = at < t.columns ? at : t.columns - 1;
	return (uint64_t)((at + 0.5) / t.columns * (double)t.end_ns);
}

uint32_t hr_bars_click(const struct hr_view_state *v, unsigned row, unsigned column)
{
	unsigned rows = hr_bars_rows(v), begin = 0, end = 0;

	if (rows > 1 && row == v->rows - 2)
		return hr_bars_time(v, column) != HR_NEVER ? HR_KEY_CLICK : HR_KEY_NONE;
	if (rows == 0 || row != v->rows - 1)
		return HR_KEY_NONE;
	for (const struct item *i = item_behind(v, NULL, &begin, &end); i != NULL; i = item_behind(v, i, &begin, &end))
		if (column >= begin && column < end)
			return i->key;
	return HR_KEY_NONE;
}
