/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys and mouse: a table with a function for each row. */
#include "config.h"

#include "tui/keys.h"

#include "base/print.h"
#include "base/units.h"
#include "tui/bars.h"
#include "tui/find.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- moving ------------------------------------------------------------------------------ */

static void pause_or_go_on(struct hr_view_state *v)
{
	v->playing = !v->playing;
	v->waiting = false;
	if (v->playing && hr_player_at_end(v->player)) {
		struct hr_error err;

		hr_view_check(v, hr_player_seek(v->player, 0, &err), &err);
	}
}

static void step(struct hr_view_state *v, bool forward)
{
	struct hr_error err;

	v->playing = false;
	if (hr_view_check(v, hr_player_step(v->player, forward, &err), &err) == HR_END)
		hr_view_say(v, forward ? "end of the trace" : "start of the trace");
}

static void step_on(struct hr_view_state *v)
{
	step(v, true);
}

static void step_back(struct hr_view_state *v)
{
	step(v, false);
}

/* What it is a moment of: "of 24.6 MiB in use", or nothing. */
static const char *value_of(const struct hr_view_state *v, enum hr_moment m, char *text, size_t size)
{
	static const struct {
		const char *before, *after;
	} words[HR_MOMENT_COUNT] = {
	    [HR_MOMENT_PEAK] = {" of ", " in use"},
	    [HR_MOMENT_DROP] = {" of ", " starts"},
	    [HR_MOMENT_STALL] = {" of ", ""},
	    [HR_MOMENT_FRAGMENTED] = {": the heap grows with ", " free"},
	};
	struct hr_extreme e;
	char value[HR_UNIT_BUF];

	*text = '\0';
	if (!hr_player_extreme(v->player, m, v->policy, &e))
		return text;
	if (m == HR_MOMENT_STALL)
		hr_format_ns(value, e.value);
	else
		hr_format_bytes(value, e.value);
	snprintf(text, size, "%s%s%s", words[m].before, value, words[m].after);
	return text;
}

static void find(struct hr_view_state *v, enum hr_moment m, bool forward)
{
	struct hr_error err;
	char now[HR_UNIT_BUF], value[HR_UNIT_BUF + 40];

	v->playing = false;
	switch (hr_view_check(v, hr_player_find(v->player, m, v->policy, forward, &err), &err)) {
	case HR_OK:
		hr_view_say(v, "%s%s at %s", hr_moment_name(m), value_of(v, m, value, sizeof(value)),
			    hr_format_ns(now, hr_player_now(v->player)));
		break;
	case HR_END:
		if (m >= HR_MOMENT_FIRST_EXTREME)
			hr_view_say(v, "%s: there is none", hr_moment_name(m));
		else
			hr_view_say(v, "no %s %s", hr_moment_name(m), forward ? "after this" : "before this");
		break;
	default:
		break;
	}
}

static void find_next(struct hr_view_state *v)
{
	find(v, v->moment, true);
}

static void find_previous(struct hr_view_state *v)
{
	find(v, v->moment, false);
}

static void find_peak(struct hr_view_state *v)
{
	find(v, HR_MOMENT_PEAK, true);
}

static void find_drop(struct hr_view_state *v)
{
	find(v, HR_MOMENT_DROP, true);
}

static void find_stall(struct hr_view_state *v)
{
	find(v, HR_MOMENT_STALL, true);
}

static void find_fragmented(struct hr_view_state *v)
{
	find(v, HR_MOMENT_FRAGMENTED, true);
}

static void next_moment(struct hr_view_state *v)
{
	v->moment = (enum hr_moment)((v->moment + 1) % HR_MOMENT_COUNT);
	hr_view_say(v,
		    v->moment >= HR_MOMENT_FIRST_EXTREME ? "n and N: the %s" : "n and N: the next and the previous %s",
		    hr_moment_name(v->moment));
}

static void seek_to(struct hr_view_state *v, uint64_t time_ns)
{
	struct hr_error err;
	uint64_t earliest = hr_player_earliest_ns(v->player);

	if (time_ns < earliest)
		hr_view_say(v, "the history does not reach further back");
	hr_view_check(v, hr_player_seek(v->player, time_ns, &err), &err);
}

/* By that many thousandths of what is known of the trace. */
static void seek_by(struct hr_view_state *v, int thousandths)
{
	uint64_t now = hr_player_now(v->player);
	uint64_t step_ns = hr_player_known_ns(v->player, NULL) / 1000 * (uint64_t)abs(thousandths);

	if (thousandths < 0)
		seek_to(v, now > step_ns ? now - step_ns : 0);
	else
		seek_to(v, now + step_ns);
}

static void faster(struct hr_view_state *v)
{
	v->speed += v->speed + 1 < hr_nspeeds;
	v->owed = 0;
	hr_view_say(v, "%s", hr_speeds[v->speed].name);
}

static void slower(struct hr_view_state *v)
{
	v->speed -= v->speed > 0;
	v->owed = 0;
	hr_view_say(v, "%s", hr_speeds[v->speed].name);
}

static void ask_time(struct hr_view_state *v)
{
	v->asking = HR_ASKING_TIME;
	v->answer[0] = '\0';
}

static void ask_place(struct hr_view_state *v)
{
	v->asking = HR_ASKING_PLACE;
	v->answer[0] = '\0';
}

/* --- the cursor -------------------------------------------------------------------------- */

static bool has_cursor(const struct hr_view_state *v)
{
	return v->frame_options.cursor_page != HR_NO_PAGE;
}

static const struct hr_cells *cells_of(const struct hr_view_state *v)
{
	return &v->frame.panes[0].cells;
}

static void move_in_chunk(struct hr_view_state *v, int columns, int rows)
{
	int width = (int)v->frame.panes[0].chunk_columns;
	int to = (int)hr_page_in_chunk(v->frame_options.cursor_page) + columns + rows * width;

	if (to >= 0 && to < (int)HR_CHUNK_PAGES)
		v->frame_options.cursor_page = hr_chunk_page(v->frame_options.open_chunk) + (uint64_t)to;
}

/* The row of cells that holds the cell; a row of a gap holds none. */
static size_t row_of(const struct hr_cells *c, size_t cell)
{
	size_t row = 0;

	while (row + 1 < c->nrows && (cell < c->row[row].first || cell >= c->row[row].first + c->row[row].n))
		row++;
	return row;
}

static void move_in_map(struct hr_view_state *v, int columns, int rows)
{
	const struct hr_cells *c = cells_of(v);
	size_t at = hr_cells_find(c, v->frame_options.cursor_page), row, column;

	if (c->n == 0)
		return;
	if (at == HR_NO_CELL)
		at = 0;
	row = row_of(c, at);
	column = at - c->row[row].first;
	for (; rows > 0 && row + 1 < c->nrows; rows -= c->row[row].n > 0)
		row++;
	for (; rows < 0 && row > 0; rows += c->row[row].n > 0)
		row--;
	if (c->row[row].n > 0)
		at = c->row[row].first + (column < c->row[row].n ? column : c->row[row].n - 1);
	if (columns > 0 && at + 1 < c->n)
		at++;
	if (columns < 0 && at > 0)
		at--;
	v->frame_options.cursor_page = c->at[at].page;
}

/* Of the heap as it is, which may not have been drawn yet. */
static uint64_t first_page(const struct hr_view_state *v)
{
	const struct hr_ranges *mapped = &hr_player_follower(v->player, v->policy)->map.in_use;

	return mapped->n > 0 ? mapped->at[0].base : HR_NO_PAGE;
}

/* The first arrow brings the cursor up, on what the policy looks at next. */
static void move(struct hr_view_state *v, int columns, int rows)
{
	const struct hr_cells *c = cells_of(v);

	if (v->frame_options.open_chunk != HR_NO_CHUNK)
		move_in_chunk(v, columns, rows);
	else if (has_cursor(v))
		move_in_map(v, columns, rows);
	else if (c->n > 0)
		v->frame_options.cursor_page =
		    hr_cells_find(c, c->search_page) != HR_NO_CELL ? c->search_page : c->at[0].page;
	else
		v->frame_options.cursor_page = first_page(v);
}

static void back_a_little(struct hr_view_state *v)
{
	seek_by(v, -20);
}

static void on_a_little(struct hr_view_state *v)
{
	seek_by(v, 20);
}

static void left(struct hr_view_state *v)
{
	if (has_cursor(v))
		move(v, -1, 0);
	else
		back_a_little(v);
}

static void right(struct hr_view_state *v)
{
	if (has_cursor(v))
		move(v, 1, 0);
	else
		on_a_little(v);
}

static void up(struct hr_view_state *v)
{
	move(v, 0, -1);
}

static void down(struct hr_view_state *v)
{
	move(v, 0, 1);
}

static void back_a_bit(struct hr_view_state *v)
{
	seek_by(v, -2);
}

static void on_a_bit(struct hr_view_state *v)
{
	seek_by(v, 2);
}

static void back_far(struct hr_view_state *v)
{
	seek_by(v, -100);
}

static void on_far(struct hr_view_state *v)
{
	seek_by(v, 100);
}

static void to_beginning(struct hr_view_state *v)
{
	seek_to(v, 0);
}

static void to_end(struct hr_view_state *v)
{
	seek_to(v, HR_NEVER - 1);
}

static void open_chunk(struct hr_view_state *v)
{
	if (v->frame_options.open_chunk != HR_NO_CHUNK)
		return;
	if (!has_cursor(v))
		move(v, 0, 0);
	if (has_cursor(v)) {
		v->frame_options.open_chunk = hr_chunk_of(v->frame_options.cursor_page);
		v->touched_to = 0;
	}
}

static void zoom_out(struct hr_view_state *v)
{
	if (v->nzooms == 0)
		return;
	v->nzooms--;
	v->frame_options.first_chunk = v->zooms[v->nzooms].first;
	v->frame_options.last_chunk = v->zooms[v->nzooms].last;
}

/* Out of what one is in: the chunk, the cursor, the zoom. */
static void leave(struct hr_view_state *v)
{
	if (v->frame_options.open_chunk != HR_NO_CHUNK) {
		v->frame_options.open_chunk = HR_NO_CHUNK;
	} else if (has_cursor(v)) {
		v->frame_options.cursor_page = HR_NO_PAGE;
	} else {
		zoom_out(v);
	}
}

/* --- looking ----------------------------------------------------------------------------- */

/* Half of the cells, around the cursor, or in the middle. */
static void zoom_in(struct hr_view_state *v)
{
	const struct hr_cells *c = cells_of(v);
	size_t middle = hr_cells_find(c, v->frame_options.cursor_page), quarter = c->n / 4, first, last;
	uint64_t from, to;

	if (v->frame_options.open_chunk != HR_NO_CHUNK || c->n == 0 || v->nzooms == HR_MAX_ZOOMS)
		return;
	if (middle == HR_NO_CELL)
		middle = c->n / 2;
	first = middle > quarter ? middle - quarter : 0;
	last = middle + quarter < c->n ? middle + quarter : c->n - 1;
	from = hr_chunk_of(c->at[first].page);
	to = hr_chunk_of(c->at[last].limit - 1) + 1;
	if (hr_chunk_of(c->at[0].page) == from && hr_chunk_of(c->at[c->n - 1].limit - 1) + 1 == to)
		return;
	v->zooms[v->nzooms].first = v->frame_options.first_chunk;
	v->zooms[v->nzooms++].last = v->frame_options.last_chunk;
	v->frame_options.first_chunk = from;
	v->frame_options.last_chunk = to;
}

static void next_view(struct hr_view_state *v)
{
	do
		v->frame_options.view = (enum hr_map_view)((v->frame_options.view + 1) % HR_VIEW_COUNT);
	while (!hr_cells_can_show(cells_of(v), v->frame_options.view));
}

static void next_scale(struct hr_view_state *v)
{
	v->frame_options.scale = (enum hr_map_scale)((v->frame_options.scale + 1) % HR_SCALE_COUNT);
}

static void next_palette(struct hr_view_state *v)
{
	v->palette = (enum hr_palette)((v->palette + 1) % HR_PALETTE_COUNT);
	hr_screen_set_palette(v->screen, v->palette);
	hr_view_say(v, "colours: %s", hr_palette_name(v->palette));
}

static bool several(struct hr_view_state *v)
{
	if (hr_player_followers(v->player) > 1)
		return true;
	hr_view_say(v, "only one policy; start with -p A -p B for two");
	return false;
}

static void next_policy(struct hr_view_state *v)
{
	if (several(v))
		v->policy = (v->policy + 1) % hr_player_followers(v->player);
}

static void side_by_side(struct hr_view_state *v)
{
	if (several(v))
		v->pair = !v->pair;
}

static void over_time(struct hr_view_state *v)
{
	v->over_time_chosen = true;
	v->frame_options.over_time = !v->frame_options.over_time;
}

static void redraw(struct hr_view_state *v)
{
	v->anew = true;
}

static void help(struct hr_view_state *v)
{
	v->helping = true;
}

static void quit(struct hr_view_state *v)
{
	v->done = true;
}

#define CTRL(letter) ((letter)&0x1f)

/*
 * Rows with a text are in the help, which has to fit into 80x24: 23 of them, of 64 characters. Those behind them without
 * one are other keys of the row.
 */
static const struct binding {
	uint32_t key;
	void (*act)(struct hr_view_state *v);
	const char *keys, *text;
} bindings[] = {
    {' ', pause_or_go_on, "space", "pause, resume"},
    {'.', step_on, ". ,", "one event forward, back"},
    {',', step_back, NULL, NULL},
    {'n', find_next, "n N", "next, previous GC, scavenge, growth or limit breach"},
    {'N', find_previous, NULL, NULL},
    {'e', next_moment, "e", "choose what n and N jump to: also the four of the next line"},
    {'P', find_peak, "P D S F", "peak in use, largest drop, longest stall, worst fragmentation"},
    {'D', find_drop, NULL, NULL},
    {'S', find_stall, NULL, NULL},
    {'F', find_fragmented, NULL, NULL},
    {HR_KEY_LEFT, left, "left right", "2 % of the trace back, forward (also h l); < > with a cursor"},
    {HR_KEY_RIGHT, right, NULL, NULL},
    {'h', left, NULL, NULL},
    {'l', right, NULL, NULL},
    {'<', back_a_little, NULL, NULL},
    {'>', on_a_little, NULL, NULL},
    {HR_KEY_SHIFT_LEFT, back_a_bit, "[ ]", "0.2 % back, forward (also shift and left, right)"},
    {HR_KEY_SHIFT_RIGHT, on_a_bit, NULL, NULL},
    {'[', back_a_bit, NULL, NULL},
    {']', on_a_bit, NULL, NULL},
    {HR_KEY_PAGE_UP, back_far, "page up, down", "10 % back, forward"},
    {HR_KEY_PAGE_DOWN, on_far, NULL, NULL},
    {CTRL('B'), back_far, NULL, NULL},
    {CTRL('F'), on_far, NULL, NULL},
    {HR_KEY_HOME, to_beginning, "home end", "start; end of what has been read (also 0 and G)"},
    {HR_KEY_END, to_end, NULL, NULL},
    {'0', to_beginning, NULL, NULL},
    {'G', to_end, NULL, NULL},
    {'g', ask_time, "g", "go to a time"},
    {'/', ask_place, "/", "find an address, chunk (#196609) or type: the cursor goes there"},
    {HR_KEY_F3, ask_place, NULL, NULL},
    {'+', faster, "+ -", "faster, slower: 1 event a second to full speed"},
    {'=', faster, NULL, NULL},
    {'-', slower, NULL, NULL},
    {HR_KEY_UP, up, "arrows, click", "move the cursor (up and down show it; also h j k l)"},
    {HR_KEY_DOWN, down, NULL, NULL},
    {'k', up, NULL, NULL},
    {'j', down, NULL, NULL},
    {HR_KEY_ENTER, open_chunk, "enter", "open the cursor's chunk: its 512 pages (also a second click)"},
    {HR_KEY_ESCAPE, leave, "esc", "leave the chunk, the cursor, the zoom"},
    {HR_KEY_BACK, leave, NULL, NULL},
    {'z', zoom_in, "z Z", "zoom in at the cursor, out (also the wheel)"},
    {'Z', zoom_out, NULL, NULL},
    {HR_KEY_WHEEL_UP, zoom_in, NULL, NULL},
    {HR_KEY_WHEEL_DOWN, zoom_out, NULL, NULL},
    {'\t', next_view, "tab", "next view: occupancy, free, scavenged, index, ..."},
    {'t', over_time, "t", "addresses over time beside the map or instead; a click seeks"},
    {'r', next_scale, "r c", "levels in equal steps or by rank; next colour palette"},
    {'c', next_palette, NULL, NULL},
    {'p', next_policy, "p 2", "next policy; two side by side, what differs outlined"},
    {'2', side_by_side, NULL, NULL},
    {'s', hr_view_save, "s ctrl-L", "save the frame as PNG; redraw"},
    {CTRL('L'), redraw, NULL, NULL},
    {'?', help, "? q", "this help; quit (F1, F3 and F10 work as in htop)"},
    {HR_KEY_F1, help, NULL, NULL},
    {'q', quit, NULL, NULL},
    {HR_KEY_F10, quit, NULL, NULL},
};

enum { NBINDINGS = sizeof(bindings) / sizeof(bindings[0]) };

bool hr_view_help(size_t i, const char **keys, const char **text)
{
	for (size_t k = 0; k < NBINDINGS; k++) {
		if (bindings[k].keys == NULL || i-- > 0)
			continue;
		*keys = bindings[k].keys;
		*text = bindings[k].text;
		return true;
	}
	return false;
}

void hr_watch_print_keys(FILE *out, bool roff)
{
	const char *keys, *text;

	for (size_t i = 0; hr_view_help(i, &keys, &text); i++) {
		if (roff)
			hr_print(out, ".It %s\n%s%s.\n", keys, *text == '.' || *text == '\'' ? "\\&" : "", text);
		else
			hr_print(out, "  %-14s  %s\n", keys, text);
	}
}

/* --- going to a time ---------------------------------------------------------------------- */

/* "12.5s", "+1s", "-500ms", "50%". False: it is none of these. */
static bool parse_time(const struct hr_view_state *v, const char *text, uint64_t *time_ns)
{
	uint64_t now = hr_player_now(v->player), by;
	char number[sizeof(v->answer)];
	size_t n = strlen(text);
	double percent;

	if (*text == '+' || *text == '-') {
		if (!hr_parse_ns(text + 1, &by))
			return false;
		*time_ns = *text == '+' ? now + by : now > by ? now - by : 0;
		return by <= HR_NEVER - 1 - now;
	}
	if (n > 1 && text[n - 1] == '%') {
		memcpy(number, text, n - 1);
		number[n - 1] = '\0';
		if (!hr_parse_double(number, &percent) || percent < 0 || percent > 100)
			return false;
		*time_ns = (uint64_t)((double)hr_player_known_ns(v->player, NULL) * percent / 100);
		return true;
	}
	return hr_parse_ns(text, time_ns) && *time_ns < HR_NEVER;
}

static void answer(struct hr_view_state *v)
{
	enum hr_asking asked = v->asking;
	uint64_t time_ns;

	v->asking = HR_ASKING_NOTHING;
	if (asked == HR_ASKING_PLACE)
		hr_find_answer(v);
	else if (v->answer[0] == '\0')
		return;
	else if (parse_time(v, v->answer, &time_ns))
		seek_to(v, time_ns);
	else
		hr_view_say(v, "'%s' is not a time; examples: 12.5s, +1s, -500ms, 50%%", v->answer);
}

static void answer_key(struct hr_view_state *v, uint32_t key)
{
	size_t n = strlen(v->answer);

	if (key == HR_KEY_ENTER)
		answer(v);
	else if (key == HR_KEY_ESCAPE)
		v->asking = HR_ASKING_NOTHING;
	else if (key == HR_KEY_BACK && n > 0)
		v->answer[n - 1] = '\0';
	else if (key > ' ' && key < 0x7f && n + 1 < sizeof(v->answer)) {
		v->answer[n] = (char)key;
		v->answer[n + 1] = '\0';
	}
}

/* --- all of them --------------------------------------------------------------------------- */

static void do_key(struct hr_view_state *v, uint32_t key)
{
	for (size_t i = 0; i < NBINDINGS; i++) {
		if (bindings[i].key == key) {
			bindings[i].act(v);
			return;
		}
	}
	hr_view_say(v, "unknown key; ? lists the keys");
}

static void drag(struct hr_view_state *v, unsigned row, unsigned column)
{
	uint64_t page;
	size_t pane;

	if (v->dragging == HR_DRAGGING_TIME) {
		seek_to(v, hr_bars_time(v, column));
	} else if (v->dragging == HR_DRAGGING_HISTORY && hr_frame_time_at(&v->frame, row, column) != HR_NEVER) {
		seek_to(v, hr_frame_time_at(&v->frame, row, column));
	} else if (v->dragging == HR_DRAGGING_CURSOR) {
		page = hr_frame_page_at(&v->frame, row, column, &pane);
		v->frame_options.cursor_page = page != HR_NO_PAGE ? page : v->frame_options.cursor_page;
	}
}

/* A click takes the cursor there; one where it is opens the chunk. The lines below have clicks of their own. */
static void click(struct hr_view_state *v, unsigned row, unsigned column)
{
	size_t pane;
	uint64_t page;
	uint32_t key = hr_bars_click(v, row, column);

	v->dragging = key == HR_KEY_CLICK ? HR_DRAGGING_TIME : HR_DRAGGING_NOTHING;
	if (key == HR_KEY_CLICK)
		drag(v, row, column);
	else if (key != HR_KEY_NONE)
		do_key(v, key);
	if (row >= v->rows - hr_bars_rows(v))
		return;
	if (hr_frame_time_at(&v->frame, row, column) != HR_NEVER) {
		v->dragging = HR_DRAGGING_HISTORY;
		drag(v, row, column);
		return;
	}
	page = hr_frame_page_at(&v->frame, row, column, &pane);
	if (page == HR_NO_PAGE)
		return;
	if (page == v->frame_options.cursor_page)
		open_chunk(v);
	v->frame_options.cursor_page = page;
	v->dragging = HR_DRAGGING_CURSOR;
}

void hr_view_key(struct hr_view_state *v, uint32_t key, unsigned row, unsigned column)
{
	v->stale = true;
	if (key == HR_KEY_RESIZED) {
		v->anew = true;
		return;
	}
	if (key == HR_KEY_DRAG || key == HR_KEY_DROP) {
		if (key == HR_KEY_DRAG)
			drag(v, row, column);
		else
			v->dragging = HR_DRAGGING_NOTHING;
		return;
	}
	v->message[0] = '\0';
	v->seeking_type = false;
	if (v->helping) {
		v->helping = false;
		return;
	}
	if (v->asking != HR_ASKING_NOTHING) {
		answer_key(v, key);
		return;
	}
	if (v->series == NULL && key != 'q' && key != '?')
		return; /* nothing is there yet */
	if (key == HR_KEY_CLICK) {
		click(v, row, column);
		return;
	}
	do_key(v, key);
}
