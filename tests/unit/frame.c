/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of heaps made by hand: what they say, at every size; and painters, of
 * which the text is read as it is, and colours are read back.
 */
#include "config.h"

#include "frame/frame.h"

#include "frame/canvas.h"
#include "frame/paint.h"

#include "small_heap.h"

#include <png.h>
#include <stdio.h>
#include <string.h>

static struct hr_scene scene_of(const struct small_heap *h)
{
	return (struct hr_scene){.follower = h->f, .trace = "hand.trace", .policy = h->choice.text, .end_ns = HR_NEVER};
}

static struct hr_frame_options options(unsigned columns, unsigned rows)
{
	struct hr_frame_options o;

	hr_frame_defaults(&o);
	o.columns = columns;
	o.rows = rows;
	o.half_blocks = false;
	return o;
}

static void draw(struct hr_frame *f, const struct hr_scene *scenes, size_t n, struct hr_frame_options o)
{
	assert_int_equal(hr_frame_draw(f, scenes, n, &o), HR_OK);
	assert_int_equal(f->columns, o.columns);
	assert_int_equal(f->rows, o.rows);
}

/* What a painter wrote; free it. */
static char *painted(const struct hr_frame *f, const struct hr_ansi_options *ansi)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (ansi != NULL)
		hr_paint_ansi(f, ansi, out);
	else
		hr_paint_text(f, out);
	fclose(out);
	return text;
}

static void check_text(const struct hr_frame *f, const char *wanted)
{
	char *text = painted(f, NULL);

	assert_string_equal(text, wanted);
	free(text);
}

static void check_has(const struct hr_frame *f, const char *part)
{
	char *text = painted(f, NULL);

	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in:\n%s", part, text);
	free(text);
}

static void check_lacks(const struct hr_frame *f, const char *part)
{
	char *text = painted(f, NULL);

	if (strstr(text, part) != NULL)
		fail_msg("'%s' is in:\n%s", part, text);
	free(text);
}

/* Eight chunks: one used, the next half used, all else released. Cells are of 64 pages. */
static void half_used(struct small_heap *h, const char *policy)
{
	small_heap_init(h, policy);
	small_heap_grow(h, 0, 8);
	small_heap_alloc(h, 0, 512 + 256);
}

static void test_the_smallest(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_scene s;

	(void)state;
	half_used(&h, "none");
	s = scene_of(&h);
	draw(&f, &s, 1, options(20, 8));
	check_text(&f, "none  at 0\n"
		       "9999999999990000\n"
		       "0000000000000000\n"
		       "0000000000000000\n"
		       "0000000000000000\n"
		       "\n\n"
		       "none 0123456789 all\n");
	hr_frame_release(&f);
	small_heap_release(&h);
}

/* Letters: level 0 to 9 of a chunk's first cell, where the index marks the chunk; S: the search address. */
static void test_marks(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_scene s;

	(void)state;
	small_heap_init(&h, "go1.19");
	small_heap_grow(&h, 0, 8);
	small_heap_alloc(&h, 0, 8 * 512);
	small_heap_free(&h, 100, 1);
	small_heap_free(&h, 512, 64);
	small_heap_free(&h, 5 * 512, 8);
	s = scene_of(&h);
	draw(&f, &s, 1, options(20, 8));
	check_text(&f, "go1.19  at 0\n"
		       "j8999999a9999999\n"
		       "9999999999999999\n"
		       "99999999S9999999\n"
		       "9999999999999999\n"
		       "\n\n"
		       "none 0123456789 all\n");
	hr_frame_release(&f);
	small_heap_release(&h);
}

static void test_two_policies(void **state)
{
	struct hr_frame_options o = options(41, 8);
	struct small_heap h[2];
	struct hr_frame f = {0};
	struct hr_scene s[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		half_used(&h[i], i ? "eager" : "none");
		small_heap_free(&h[i], 0, 64);
		s[i] = scene_of(&h[i]);
	}
	o.view = HR_VIEW_SCAVENGED;
	draw(&f, s, 2, o);
	check_text(&f, "none  at 0           eager  at 0\n"
		       "!000000000009999     !000000000009999\n"
		       "9999999999999999     9999999999999999\n"
		       "9999999999999999     9999999999999999\n"
		       "9999999999999999     9999999999999999\n"
		       "\n\n"
		       "none 0123456789 all  none 0123456789 all\n");
	assert_int_equal(f.npanes, 2);
	assert_int_equal(f.panes[0].cells.differing, 1);
	/* As much is in use under both. */
	o.view = HR_VIEW_OCCUPANCY;
	draw(&f, s, 2, o);
	assert_int_equal(f.panes[0].cells.differing, 0);
	for (unsigned i = 0; i < 2; i++)
		small_heap_release(&h[i]);
	hr_frame_release(&f);
}

static void test_too_small(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_scene s[2];

	(void)state;
	half_used(&h, "none");
	s[0] = s[1] = scene_of(&h);
	draw(&f, s, 1, options(19, 8));
	check_text(&f, "\n\n\n\n  too small: 20x8\n\n\n\n");
	draw(&f, s, 2, options(40, 8));
	check_has(&f, "too small: 41x8");
	draw(&f, s, 1, options(120, 7));
	assert_int_equal(f.npanes, 0);
	draw(&f, s, 1, options(3, 1));
	check_text(&f, "too\n");
	draw(&f, s, 1, options(1, 1));
	check_text(&f, "t\n");
	hr_frame_release(&f);
	small_heap_release(&h);
}

static void test_what_a_large_one_says(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_frame_options o = options(120, 40);
	struct hr_json_series *series = calloc(1, sizeof(*series));
	struct hr_log_tail tail = {0};
	struct hr_scene s;

	(void)state;
	assert_non_null(series);
	small_heap_init(&h, "go1.22");
	hr_json_series_start(series, h.f);
	small_heap_grow(&h, 0, 8);
	small_heap_grow(&h, 100000, 8);
	small_heap_alloc(&h, 0, 8 * 512);
	small_heap_free(&h, 512, 512);
	hr_log_tail_add(&tail, h.f, &(struct hr_scav_line){.time_ns = 5000, .form = HR_SCAV_GO121, .util_percent = 77});
	s = scene_of(&h);
	s.series = series;
	s.log = &tail;
	s.time_ns = 2000000;
	s.status = "paused";
	o.cursor_page = HEAP_PAGE + 512;
	draw(&f, &s, 1, o);
	check_has(&f, "hand.trace  go1.22  at 2.00 ms  occupancy, linear  paused\n");
	check_has(&f, "in use 28.0 MiB  free 4.00 MiB  released 32.0 MiB  mapped 64.0 MiB");
	check_has(&f, "  c000000000 ");
	check_has(&f, "~ 391 GiB not mapped");
	check_has(&f, " 121a8000000 ");
	check_has(&f, "pages in use: none 0123456789 all  1-8: steps of 12.5 %");
	check_has(&f, "one cell = 64.0 KiB, 1/64 of a chunk");
	check_has(&f, "a-j start of an indexed chunk");
	check_has(&f, "F forced search c0007fe000");
	check_has(&f, "~ 1 gap folded");
	check_has(&f, "c000400000-c00040ffff  chunk 196609  0 pages in use, 8 free, 0 released  in the index");
	check_has(&f, "0  # in use  : free  ");
	check_has(&f, "5.00 us scav 0 KiB work (bg), 0 KiB work (eager), 0 KiB now, 77% util");
	/* The same without what is below the map. */
	o.bare = true;
	draw(&f, &s, 1, o);
	{
		char *text = painted(&f, NULL);

		assert_null(strstr(text, "scav"));
		assert_null(strstr(text, "# in use"));
		free(text);
	}
	free(series);
	hr_frame_release(&f);
	small_heap_release(&h);
}

/* From 140 columns on a panel at the right has the legend, and more of the cell: 8 pages of 64, the rest of chunk 1. */
static void test_the_panel(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_frame_options o = options(140, 53);
	static const struct hr_frame_holder holders[] = {{"main.node", 7 << 19}, {"string", 64}};
	struct hr_scene s;

	(void)state;
	small_heap_init(&h, "go1.22");
	small_heap_grow(&h, 0, 512);
	small_heap_alloc(&h, 0, 8 * 512);
	small_heap_free(&h, 512 + 8, 56);
	s = scene_of(&h);
	o.cursor_page = HEAP_PAGE + 512;
	draw(&f, &s, 1, o);
	check_has(&f, "cell c000400000-");
	check_has(&f, " chunk                     196609, from page 0\n");
	check_has(&f, " index                                  marked\n");
	check_has(&f, " chunk: 448 KiB free: no GC cycle has set a\n");
	check_has(&f, " goal yet\n");
	check_lacks(&f, "held by");
	/* 32 of the 512 pages in a row. */
	check_has(&f, " ########::::::::::::::::::::::::\n");
	check_has(&f, "go1.22 so far\n");
	check_has(&f, " peak in use                          32.0 MiB\n");
	check_has(&f, " release calls                               0\n");
	check_has(&f, " pages in use: none 0123456789 all\n");
	check_has(&f, " F forced search c0004");
	s.holders = holders;
	s.nholders = 2;
	draw(&f, &s, 1, o);
	check_has(&f, " held by 3.50 MiB main.node\n");
	check_has(&f, " 64 B string\n");
	/* Narrower, two policies, and nothing but the map: no panel. The cursor has lines of its own then. */
	o.columns = 139;
	draw(&f, &s, 1, o);
	check_lacks(&f, "so far");
	check_has(&f, "\nchunk: 448 KiB free: no GC cycle has set a goal yet\n");
	check_has(&f, "\nheld by 3.50 MiB main.node  64 B string\n");
	o.columns = 40;
	draw(&f, &s, 1, o);
	check_has(&f, "\nchunk: 448 KiB free: no_cycle\n");
	o.columns = 140;
	o.bare = true;
	draw(&f, &s, 1, o);
	check_lacks(&f, "so far");
	hr_frame_release(&f);
	small_heap_release(&h);
}

/*
 * Chunks 0 and 1 are three quarters used for 10 ms, then a quarter, to 20 ms of 40; rows are two chunks. Of 20 columns one
 * is the map's, and 17 are 2.35 ms each: the fifth ends at 11.8 ms, and 20 ms is in the ninth.
 */
static void test_the_map_over_time(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_frame_options o = options(20, 8);
	struct hr_plane *plane = calloc(1, sizeof(*plane));
	struct hr_scene s;

	(void)state;
	assert_non_null(plane);
	half_used(&h, "none");
	hr_plane_start(plane, h.f);
	hr_follower_settle(h.f, 10500000);
	small_heap_free(&h, 0, 512);
	hr_follower_settle(h.f, 20000000);
	s = scene_of(&h);
	s.plane = plane;
	s.time_ns = 20000000;
	s.end_ns = 40000000;
	draw(&f, &s, 1, o);
	assert_int_equal(hr_frame_time_at(&f, 1, 3), HR_NEVER);
	o.over_time = true;
	draw(&f, &s, 1, o);
	check_text(&f, "none  at 20.0 ms\n"
		       "3  77773333|\n"
		       "0  00000000|\n"
		       "0  00000000|\n"
		       "0  00000000|\n"
		       "   0         40.0 ms\n\n"
		       "none 0123456789 all\n");
	assert_int_equal(hr_frame_time_at(&f, 1, 2), HR_NEVER);
	assert_in_range(hr_frame_time_at(&f, 1, 3), 1, 2352941);
	assert_in_range(hr_frame_time_at(&f, 4, 19), 37647059, 39999999);
	/* The cursor's row is told where now is. */
	o.cursor_page = HEAP_PAGE + 2048;
	draw(&f, &s, 1, o);
	check_has(&f, "\n@  00000000@\n");
	hr_plane_release(plane);
	free(plane);
	hr_frame_release(&f);
	small_heap_release(&h);
}

/* Areas are where the text has digits, twelve 9s and four 0s in the second row, and names from outside are escaped. */
static void test_svg(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_scene s;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	half_used(&h, "none");
	s = scene_of(&h);
	s.policy = "<b>&";
	draw(&f, &s, 1, options(20, 8));
	hr_paint_svg(&f, HR_PALETTE_GRAY, HR_THEME_LIGHT, 2, out);
	fclose(out);
	assert_non_null(strstr(text, "width=\"240\" height=\"192\" viewBox=\"0 0 120 96\""));
	assert_non_null(strstr(text, "<rect class=\"i9\" x=\"0\" y=\"12\" width=\"72\" height=\"12\"/>\n"
				     "<rect class=\"i0\" x=\"72\" y=\"12\" width=\"24\" height=\"12\"/>\n"));
	assert_non_null(strstr(text, ">&#60;b&#62;&#38;<"));
	assert_null(strstr(text, "<b>"));
	free(text);
	hr_frame_release(&f);
	small_heap_release(&h);
}

/* How many characters of the frame have that code and these inks. */
static unsigned count_glyphs(const struct hr_frame *f, uint32_t code, unsigned fg, unsigned bg)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->columns * f->rows; i++)
		n += f->at[i].code == code && f->at[i].fg == fg && f->at[i].bg == bg;
	return n;
}

/*
 * 16 MiB in use under a limit of 24: four rows of 6 MiB, the area ends in the third after five eighths. A goal of 17 MiB is
 * in the same row, above that: it is the lowest eighth of the fourth row. One of 15 MiB is below: the highest of the second. Labels take 13 columns.
 */
static void test_a_line_where_the_area_ends(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_json_series *series = calloc(1, sizeof(*series));
	struct hr_scene s;

	(void)state;
	assert_non_null(series);
	small_heap_init(&h, "none");
	hr_json_series_start(series, h.f);
	small_heap_grow(&h, 0, 8);
	small_heap_alloc(&h, 0, 4 * 512);
	s = scene_of(&h);
	s.series = series;
	s.time_ns = 1000000;
	h.f->view.memory_limit_bytes = UINT64_C(24) << 20;
	h.f->view.goal_bytes = UINT64_C(17) << 20;
	draw(&f, &s, 1, options(80, 29));
	assert_int_equal(count_glyphs(&f, HR_CODE_EIGHTHS + 1, HR_INK_GOAL, HR_INK_NONE), 80 - 13);
	h.f->view.goal_bytes = UINT64_C(15) << 20;
	draw(&f, &s, 1, options(80, 29));
	assert_int_equal(count_glyphs(&f, HR_CODE_EIGHTHS + 7, HR_INK_IN_USE, HR_INK_GOAL), 80 - 13);
	free(series);
	hr_frame_release(&f);
	small_heap_release(&h);
}

/* How many of the frame's glyphs are dots, and how many of them are set. */
static unsigned count_dots(const struct hr_frame *f, unsigned *set)
{
	unsigned n = 0;

	*set = 0;
	for (unsigned i = 0; i < f->columns * f->rows; i++)
		if (hr_glyph_is_dots(&f->at[i])) {
			*set += (unsigned)__builtin_popcount(f->at[i].code & 0xff);
			n++;
		}
	return n;
}

/* 15 MiB in use, and a graph of 7 rows and 67 characters for options(80, 29); release h, and free the series. */
static struct hr_scene fifteen_mib(struct small_heap *h)
{
	struct hr_json_series *series = calloc(1, sizeof(*series));
	struct hr_scene s;

	assert_non_null(series);
	small_heap_init(h, "none");
	hr_json_series_start(series, h->f);
	small_heap_grow(h, 0, 8);
	small_heap_alloc(h, 0, 15 * 128);
	s = scene_of(h);
	s.series = series;
	s.time_ns = 2000000;
	return s;
}

/* The legend has a character of all dots for each of the two areas, and one for the limit. */
static void test_dots(void **state)
{
	struct hr_frame_options o = options(80, 29);
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_scene s = fifteen_mib(&h);
	const unsigned n = 67, all = HR_CODE_DOTS + 0xff;
	unsigned set;

	(void)state;
	/* Rows of 3 MiB: five, and the limit in the highest. */
	h.f->view.memory_limit_bytes = UINT64_C(21) << 20;
	draw(&f, &s, 1, o);
	assert_int_equal(count_dots(&f, &set), 0);
	o.braille = true;
	draw(&f, &s, 1, o);
	assert_int_equal(count_glyphs(&f, all, HR_INK_IN_USE, HR_INK_NONE), 5 * n + 1);
	assert_int_equal(count_dots(&f, &set), 5 * n + 2);
	assert_int_equal(count_glyphs(&f, HR_CODE_DOUBLE_LINE, HR_INK_LIMIT, HR_INK_NONE), n + 1);
	/* 10.5 MiB are three rows and half of the fourth, which has the ink of what is in use. 10 MiB are less than half of it. */
	small_heap_free(&h, 0, 576);
	draw(&f, &s, 1, o);
	assert_int_equal(count_glyphs(&f, all, HR_INK_IN_USE, HR_INK_NONE), 4 * n + 1);
	assert_int_equal(count_glyphs(&f, all, HR_INK_FREE, HR_INK_NONE), n + 1);
	small_heap_free(&h, 576, 64);
	draw(&f, &s, 1, o);
	assert_int_equal(count_glyphs(&f, all, HR_INK_IN_USE, HR_INK_NONE), 3 * n + 1);
	assert_int_equal(count_glyphs(&f, all, HR_INK_FREE, HR_INK_NONE), 2 * n + 1);
	/* Of 20 MiB 15 are 21 of 28 quarters of a row: five rows and the lowest dots of the sixth. */
	h.f->view.memory_limit_bytes = UINT64_C(20) << 20;
	draw(&f, &s, 1, o);
	assert_int_equal(count_glyphs(&f, HR_CODE_DOTS + 0xc0, HR_INK_FREE, HR_INK_NONE), n);
	assert_int_equal(count_dots(&f, &set), 6 * n + 2);
	assert_int_equal(set, (5 * 8 + 2) * n + 2 * 8);
	/* Of 16 MiB 26.25 quarters: no row is left above, and the dots of the highest have the limit's ink. */
	h.f->view.memory_limit_bytes = UINT64_C(16) << 20;
	h.f->view.goal_bytes = UINT64_C(7) << 20;
	draw(&f, &s, 1, o);
	assert_int_equal(count_glyphs(&f, HR_CODE_DOTS + 0xe4, HR_INK_LIMIT, HR_INK_NONE), n);
	assert_int_equal(count_glyphs(&f, HR_CODE_LINE, HR_INK_GOAL, HR_INK_IN_USE), n);
	free((void *)s.series);
	hr_frame_release(&f);
	small_heap_release(&h);
}

/*
 * 30 MiB for half of the time, which are 33.5 of 67 characters: all 7 rows. Then 15: 3.5 rows, the lower half of the dots.
 * The 34th character has both.
 */
static void test_dots_over_time(void **state)
{
	struct hr_frame_options o = options(80, 29);
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_scene s = fifteen_mib(&h);
	struct hr_json_series *series = (struct hr_json_series *)s.series;
	unsigned set;

	(void)state;
	series->n = 1;
	series->points[0] = (struct hr_point){.end_ns = 1000000, .goal_bytes = HR_NEVER};
	series->points[0].high[HR_SERIES_IN_USE] = series->points[0].high[HR_SERIES_RETAINED] = UINT64_C(30) << 20;
	o.braille = true;
	draw(&f, &s, 1, o);
	assert_int_equal(count_glyphs(&f, HR_CODE_DOTS + 0xff, HR_INK_IN_USE, HR_INK_NONE), 3 * 67 + 4 * 33 + 1);
	assert_int_equal(count_glyphs(&f, HR_CODE_DOTS + 0xe4, HR_INK_IN_USE, HR_INK_NONE), 33);
	assert_int_equal(count_glyphs(&f, HR_CODE_DOTS + 0xe7, HR_INK_IN_USE, HR_INK_NONE), 1);
	assert_int_equal(count_glyphs(&f, HR_CODE_DOTS + 0x47, HR_INK_IN_USE, HR_INK_NONE), 3);
	assert_int_equal(count_dots(&f, &set), 4 * 67 + 3 * 34 + 2);
	free(series);
	hr_frame_release(&f);
	small_heap_release(&h);
}

/* Lines of the graph, if they are within its reach; the legend names those that there are. */
static void test_lines_of_the_graph(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_json_series *series = calloc(1, sizeof(*series));
	struct hr_scene s;
	char *text;

	(void)state;
	assert_non_null(series);
	small_heap_init(&h, "none");
	hr_json_series_start(series, h.f);
	small_heap_grow(&h, 0, 8);
	small_heap_alloc(&h, 0, 4 * 512);
	s = scene_of(&h);
	s.series = series;
	s.time_ns = 1000000;
	h.f->view.goal_bytes = UINT64_C(1) << 40;
	h.f->view.memory_limit_bytes = UINT64_C(20) << 20;
	draw(&f, &s, 1, options(80, 24));
	check_has(&f, "# in use  : free  = limit ");
	h.f->view.goal_bytes = UINT64_C(17) << 20;
	draw(&f, &s, 1, options(80, 24));
	check_has(&f, "# in use  : free  - goal  = limit ");
	h.f->view.memory_limit_bytes = UINT64_MAX;
	draw(&f, &s, 1, options(80, 24));
	/* The last column is as things are now. */
	check_has(&f, "17.0 MiB");
	text = painted(&f, NULL);
	assert_null(strstr(text, "limit"));
	free(text);
	free(series);
	hr_frame_release(&f);
	small_heap_release(&h);
}

static void test_views_without_an_index(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_frame_options o = options(80, 24);
	struct hr_scene s;

	(void)state;
	half_used(&h, "none");
	s = scene_of(&h);
	o.view = HR_VIEW_INDEX;
	draw(&f, &s, 1, o);
	check_has(&f, "none keeps no index");
	o.view = HR_VIEW_REFAULTS;
	draw(&f, &s, 1, o);
	check_has(&f, "pages refaulted so far, a chunk: 0 everywhere");
	o.view = HR_VIEW_INDEX;
	small_heap_release(&h);
	half_used(&h, "go1.18");
	s = scene_of(&h);
	draw(&f, &s, 1, o);
	check_has(&f, "not in the index");
	o.view = HR_VIEW_GENERATION;
	draw(&f, &s, 1, o);
	check_has(&f, "go1.18 knows no density");
	small_heap_release(&h);
	hr_frame_release(&f);
}

/* 4 in use, 2 of them freed, 4 in a cache of which one is taken, the rest released. */
static void test_a_chunk(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_frame_options o = options(120, 30);
	struct hr_touches touches;
	struct hr_scene s;

	(void)state;
	small_heap_init(&h, "go1.22");
	hr_touches_start(&touches, HEAP_CHUNK);
	small_heap_grow(&h, 0, 1);
	small_heap_alloc(&h, 0, 4);
	small_heap_free(&h, 1, 2);
	small_heap_fill_cache(&h, 1, 64, 0xf);
	h.now.time_ns = 7000;
	h.now.in_use_pages++;
	small_heap_send(&h, HR_PLACE_CACHE_USE, 64, 1, 0, 1);
	hr_touches_follow(&touches, &h.now, 1);
	s = scene_of(&h);
	s.touches = &touches;
	o.open_chunk = HEAP_CHUNK;
	draw(&f, &s, 1, o);
	check_has(&f, "  c000000000 #::#......");
	check_has(&f, "  c000080000 #CCC......");
	check_has(&f, "one character = a page, 64 a row");
	check_has(&f, ".  0000000000000009  fffffffffffffff0\n");
	check_has(&f, ".  000000000000000f  fffffffffffffff0\n");
	check_has(&f, "chunk 196608 at c000000000: 3 in use, 2 free, 507 released");
	/* Free: 1 and 2; then 4 to 63; then 68 on. */
	check_has(&f, "summary (free at the start, most in a row, at the end): 0, 444, 444");
	check_has(&f, "index: marked");
	check_has(&f, "touched last: page 64, taken from a page cache by P 1 at 7.00 us");
	check_has(&f, "released, in a P's cache");
	o.columns = 20;
	o.rows = 8;
	draw(&f, &s, 1, o);
	check_has(&f, "#::#............\n");
	o.columns = 50;
	o.rows = 30;
	draw(&f, &s, 1, o);
	check_has(&f, "#::#............................\n");
	o.open_chunk = HEAP_CHUNK + 1;
	draw(&f, &s, 1, o);
	check_has(&f, "this chunk is not mapped");
	o.open_chunk = HR_NO_CHUNK - 1;
	draw(&f, &s, 1, o);
	check_has(&f, "this chunk is not mapped");
	hr_frame_release(&f);
	small_heap_release(&h);
}

/* Of every size, with everything in it: glyphs are printable, inks are inks, and the map's cells are found again. */
static void check_glyphs(const struct hr_frame *f)
{
	for (unsigned row = 0; row < f->rows; row++)
		for (unsigned i = 0; i < f->columns; i++) {
			const struct hr_glyph *g = hr_frame_glyph(f, row, i);

			assert_in_range(g->ascii, ' ', '~');
			assert_true(g->code >= ' ' && g->code < 0x10000);
			assert_true(g->fg < HR_INK_COUNT && g->bg < HR_INK_COUNT);
		}
}

static size_t cells_found(const struct hr_frame *f)
{
	size_t n = 0, pane;

	for (unsigned row = 0; row < f->rows; row++)
		for (unsigned i = 0; i < f->columns; i++) {
			uint64_t page = hr_frame_page_at(f, row, i, &pane);

			n += page != HR_NO_PAGE;
			assert_true(page == HR_NO_PAGE || hr_cells_find(&f->panes[pane].cells, page) != HR_NO_CELL);
		}
	return n;
}

static void test_every_size(void **state)
{
	struct small_heap h[2];
	struct hr_frame f = {0};
	struct hr_json_series *series = calloc(1, sizeof(*series));
	struct hr_log_tail tail = {0};
	struct hr_scene s[2];
	uint64_t seed = 5;
	int rounds = getenv("HR_QUICK") ? 60 : 400;

	(void)state;
	assert_non_null(series);
	for (unsigned i = 0; i < 2; i++) {
		half_used(&h[i], i ? "go1.22" : "go1.19");
		for (unsigned k = 0; k < 40; k++)
			small_heap_grow(&h[i], 1000 + 100 * k, 1 + k % 3);
		small_heap_free(&h[i], 77, 300);
	}
	hr_json_series_start(series, h[0].f);
	for (unsigned i = 0; i < 2; i++) {
		s[i] = scene_of(&h[i]);
		s[i].time_ns = 1000000000;
		s[i].end_ns = UINT64_C(3000000000);
		s[i].series = series;
		s[i].log = &tail;
		h[i].f->view.memory_limit_bytes = UINT64_C(100) << 20;
		h[i].f->view.goal_bytes = UINT64_C(70) << 20;
	}
	for (int i = 0; i < rounds; i++) {
		struct hr_frame_options o =
		    options(20 + (unsigned)(test_random(&seed) % 381), 8 + (unsigned)(test_random(&seed) % 113));

		o.half_blocks = test_random(&seed) % 2;
		o.no_marks = test_random(&seed) % 4 == 0;
		o.braille = i % 3 == 0;
		o.view = (enum hr_map_view)(test_random(&seed) % HR_VIEW_COUNT);
		o.scale = (enum hr_map_scale)(test_random(&seed) % HR_SCALE_COUNT);
		if (test_random(&seed) % 2)
			o.cursor_page = HEAP_PAGE + test_random(&seed) % 2000;
		if (test_random(&seed) % 4 == 0)
			o.open_chunk = HEAP_CHUNK;
		draw(&f, s, 1 + i % 2, o);
		check_glyphs(&f);
		assert_true(f.npanes == 0 || o.open_chunk == HEAP_CHUNK || cells_found(&f) > 0);
	}
	free(series);
	for (unsigned i = 0; i < 2; i++)
		small_heap_release(&h[i]);
	hr_frame_release(&f);
}

/* --- colours read back --- */

struct seen {
	uint32_t code;
	int fg, bg;
	bool bold;
};

/* One number of a CSI sequence, and what follows it. */
static unsigned number(const char **p)
{
	unsigned n = 0;

	while (**p >= '0' && **p <= '9')
		n = n * 10 + (unsigned)(*(*p)++ - '0');
	return n;
}

static void take_sgr(const char **p, struct seen *now)
{
	for (;;) {
		unsigned n = number(p);
		int *which = n % 100 / 10 == 4 || n / 10 == 10 ? &now->bg : &now->fg;

		if (n == 0) {
			now->fg = now->bg = -1;
			now->bold = false;
		} else if (n == 1 || n == 22) {
			now->bold = n == 1;
		} else if (n == 38 || n == 48) {
			unsigned parts, color = 0;

			assert_int_equal(*(*p)++, ';');
			parts = number(p) == 2 ? 3 : 1; /* 24 bits, or an index */
			for (unsigned i = 0; i < parts; i++) {
				assert_int_equal(*(*p)++, ';');
				color = color << 8 | number(p);
			}
			*(n == 38 ? &now->fg : &now->bg) = (int)color;
		} else if (n == 39 || n == 49) {
			*which = -1;
		} else if (n >= 90) {
			*which = (int)(n % 10) + 8;
		} else {
			*which = (int)(n % 10);
		}
		if (**p != ';')
			break;
		(*p)++;
	}
	assert_int_equal(*(*p)++, 'm');
}

static uint32_t take_code(const char **p)
{
	unsigned char c = (unsigned char)*(*p)++;
	unsigned more = c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	uint32_t code = more == 2 ? c & 0xfu : more == 1 ? c & 0x1fu : c;

	for (; more > 0; more--)
		code = code << 6 | ((unsigned char)*(*p)++ & 0x3f);
	return code;
}

static void check_ansi(const struct hr_frame *f, const struct hr_ansi_options *o)
{
	char *text = painted(f, o);
	const char *p = text;
	unsigned row = 0, column = 0;
	struct seen now = {0, -1, -1, false};

	while (*p != '\0') {
		const struct hr_glyph *g;

		if (*p == '\n') {
			/* What is left out at the end is blank, and nothing of a line's colours is left to the next. */
			assert_true(now.fg == -1 && now.bg == -1 && !now.bold);
			for (; column < f->columns; column++) {
				assert_int_equal(hr_frame_glyph(f, row, column)->code, ' ');
				assert_int_equal(hr_ink_color(hr_frame_glyph(f, row, column)->bg, &o->coloring), -1);
			}
			row++;
			column = 0;
			p++;
			continue;
		}
		if (strncmp(p, "\033[", 2) == 0) {
			p += 2;
			take_sgr(&p, &now);
			continue;
		}
		assert_true(row < f->rows && column < f->columns);
		g = hr_frame_glyph(f, row, column++);
		now.code = take_code(&p);
		assert_int_equal(now.code, o->utf8 ? g->code : (unsigned char)g->ascii);
		assert_int_equal(now.bg, hr_ink_color(g->bg, &o->coloring));
		if (now.code == ' ')
			continue;
		assert_int_equal(now.fg, hr_ink_color(g->fg, &o->coloring));
		assert_int_equal(now.bold, g->fg == HR_INK_TITLE);
	}
	assert_int_equal(row, f->rows);
	free(text);
}

static void draw_example(struct hr_frame *f, struct small_heap *h, bool half)
{
	struct hr_frame_options o = options(80, 24);
	struct hr_scene s;

	half_used(h, "go1.22");
	small_heap_grow(h, 5000, 2);
	small_heap_free(h, 600, 90);
	s = scene_of(h);
	o.half_blocks = half;
	o.no_marks = half;
	draw(f, &s, 1, o);
	assert_int_equal(f->panes[0].half, half);
}

static void test_ansi_reads_back(void **state)
{
	static const unsigned colors[] = {HR_TRUECOLOR, 256, 16, 8};
	struct small_heap h;
	struct hr_frame f = {0};

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct hr_ansi_options o = {.coloring = {.palette = (enum hr_palette)(i % 3),
							 .theme = (enum hr_theme)(i % 3),
							 .colors = colors[i % 4]},
					    .utf8 = i < 4};

		draw_example(&f, &h, i < 4);
		check_ansi(&f, &o);
		small_heap_release(&h);
	}
	hr_frame_release(&f);
}

/* In place: each row cleared to its end, and no newline that would scroll; then only what has changed. */
static void test_ansi_in_place(void **state)
{
	struct hr_frame f = {0}, next = {0};
	struct hr_ansi_options o = {.coloring.colors = 8, .in_place = true};
	char *text;

	(void)state;
	assert_int_equal(hr_frame_message(&f, 5, 3, "now"), HR_OK);
	text = painted(&f, &o);
	assert_string_equal(text, "\033[1;1H\033[K\033[2;1H now\033[K\033[3;1H\033[K");
	free(text);
	assert_int_equal(hr_frame_message(&next, 5, 3, "then"), HR_OK);
	o.before = &f;
	text = painted(&next, &o);
	assert_string_equal(text, "\033[2;1Hthen\033[K");
	free(text);
	/* Another size: everything. */
	assert_int_equal(hr_frame_message(&next, 5, 1, "then"), HR_OK);
	text = painted(&next, &o);
	assert_string_equal(text, "\033[1;1Hthen\033[K");
	free(text);
	hr_frame_release(&next);
	hr_frame_release(&f);
}

/* --- pictures read back --- */

struct picture {
	unsigned width, height;
	uint8_t *rgb;
};

static struct picture read_png(FILE *in)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	struct picture p;

	assert_true(png_image_begin_read_from_stdio(&image, in));
	image.format = PNG_FORMAT_RGB;
	p = (struct picture){image.width, image.height, malloc(PNG_IMAGE_SIZE(image))};
	assert_non_null(p.rgb);
	assert_true(png_image_finish_read(&image, NULL, p.rgb, 0, NULL));
	return p;
}

static uint32_t pixel(const struct picture *p, unsigned x, unsigned y)
{
	const uint8_t *at = p->rgb + 3 * ((size_t)y * p->width + x);

	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static struct picture paint_picture(const struct hr_frame *f, unsigned zoom)
{
	FILE *file = tmpfile();
	struct picture p;
	struct hr_error err;

	assert_non_null(file);
	assert_int_equal(hr_paint_png(f, HR_PALETTE_VIRIDIS, HR_THEME_LIGHT, zoom, file, &err), HR_OK);
	rewind(file);
	p = read_png(file);
	fclose(file);
	assert_int_equal(p.width, f->columns * HR_PNG_CELL_COLUMNS * zoom);
	assert_int_equal(p.height, f->rows * HR_PNG_CELL_ROWS * zoom);
	return p;
}

/* The corner of a cell and, for half blocks, that of its lower half have the colours of their levels. */
static void test_png_reads_back(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	unsigned blocks = 0, levels = 0;

	(void)state;
	for (unsigned zoom = 1; zoom <= 3; zoom++) {
		struct picture p;

		draw_example(&f, &h, zoom != 2);
		p = paint_picture(&f, zoom);
		for (unsigned row = 0; row < f.rows; row++)
			for (unsigned i = 0; i < f.columns; i++) {
				const struct hr_glyph *g = hr_frame_glyph(&f, row, i);
				uint32_t fg = hr_ink_rgb(g->fg, HR_PALETTE_VIRIDIS, HR_THEME_LIGHT);
				uint32_t bg = hr_ink_rgb(g->bg, HR_PALETTE_VIRIDIS, HR_THEME_LIGHT);
				unsigned x = i * HR_PNG_CELL_COLUMNS * zoom, y = row * HR_PNG_CELL_ROWS * zoom;
				unsigned lower = y + HR_PNG_CELL_ROWS / 2 * zoom;

				if (g->code == HR_CODE_UPPER_HALF) {
					assert_int_equal(pixel(&p, x, y), fg);
					assert_int_equal(pixel(&p, x, lower), bg);
					blocks++;
				} else if (g->code == ' ' && g->bg < HR_LEVELS) {
					assert_int_equal(pixel(&p, x + zoom * HR_PNG_CELL_COLUMNS / 2, lower), bg);
					levels++;
				}
			}
		free(p.rgb);
		small_heap_release(&h);
	}
	assert_true(blocks > 0 && levels > 100);
	hr_frame_release(&f);
}

/* A dot of the Unicode standard is a square at its place, and nothing else is drawn: bits go down, 6 and 7 are the lowest. */
static void test_png_dots(void **state)
{
	static const struct {
		unsigned x, y;
	} at[8] = {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}};
	struct hr_frame f = {0};
	uint32_t fg = hr_ink_rgb(HR_INK_FREE, HR_PALETTE_VIRIDIS, HR_THEME_LIGHT);
	struct picture p;

	(void)state;
	assert_int_equal(hr_frame_message(&f, 8, 1, ""), HR_OK);
	for (unsigned i = 0; i < 8; i++)
		f.at[i] = (struct hr_glyph){HR_CODE_DOTS + (1u << i), '.', HR_INK_FREE, HR_INK_NONE};
	p = paint_picture(&f, 1);
	for (unsigned x = 0; x < p.width; x++)
		for (unsigned y = 0; y < p.height; y++) {
			unsigned i = x / HR_PNG_CELL_COLUMNS, dx = x % HR_PNG_CELL_COLUMNS;
			bool inside = dx / 3 == at[i].x && dx % 3 < 2 && y / 3 == at[i].y && y % 3 < 2;

			assert_int_equal(pixel(&p, x, y) == fg, inside);
		}
	free(p.rgb);
	hr_frame_release(&f);
}

/* Letters are there, and differ: no two printable characters look alike. */
static void test_png_letters(void **state)
{
	char text['~' - ' ' + 2];
	struct hr_frame f = {0};
	struct picture p;
	enum { N = '~' - ' ' + 1 };

	(void)state;
	for (int c = ' '; c <= '~'; c++)
		text[c - ' '] = (char)c;
	text[N] = '\0';
	assert_int_equal(hr_frame_message(&f, N, 1, text), HR_OK);
	p = paint_picture(&f, 1);
	for (unsigned a = 0; a < N; a++)
		for (unsigned b = a + 1; b < N; b++) {
			bool alike = true;

			for (unsigned y = 0; y < HR_PNG_CELL_ROWS; y++)
				for (unsigned x = 0; x < HR_PNG_CELL_COLUMNS; x++)
					alike &= pixel(&p, a * HR_PNG_CELL_COLUMNS + x, y) ==
						 pixel(&p, b * HR_PNG_CELL_COLUMNS + x, y);
			assert_false(alike);
		}
	free(p.rgb);
	hr_frame_release(&f);
}

static void test_png_to_a_full_disk(void **state)
{
	struct hr_frame f = {0};
	struct hr_error err;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (full == NULL)
		HR_SKIP("there is no /dev/full");
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(hr_frame_message(&f, 80, 24, "full"), HR_OK);
	assert_int_equal(hr_paint_png(&f, HR_PALETTE_GRAY, HR_THEME_DARK, 1, full, &err), HR_EIO);
	fclose(full);
	hr_frame_release(&f);
}

static void test_json(void **state)
{
	struct small_heap h;
	struct hr_frame f = {0};
	struct hr_scene s;
	json_t *o, *cells;

	(void)state;
	half_used(&h, "go1.19");
	s = scene_of(&h);
	draw(&f, &s, 1, options(20, 8));
	o = hr_scene_json(&s, &f.panes[0]);
	cells = json_object_get(o, "cells");
	assert_int_equal(json_integer_value(json_object_get(o, "in_use_bytes")), 768 * HR_PAGE_BYTES);
	assert_int_equal(json_array_size(json_object_get(cells, "level")), 64);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(cells, "level"), 11)), 9);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(cells, "level"), 12)), 0);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(cells, "address"), 1)),
			 (HEAP_PAGE + 64) * HR_PAGE_BYTES);
	assert_non_null(json_object_get(cells, "marked_chunks"));
	assert_null(json_object_get(cells, "last_in_use_pages"));
	assert_true(json_is_null(json_object_get(o, "search_address")));
	json_decref(o);
	hr_frame_release(&f);
	small_heap_release(&h);
}

HR_TEST_MAIN(frame)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_smallest),
	    cmocka_unit_test(test_marks),
	    cmocka_unit_test(test_two_policies),
	    cmocka_unit_test(test_too_small),
	    cmocka_unit_test(test_what_a_large_one_says),
	    cmocka_unit_test(test_the_panel),
	    cmocka_unit_test(test_the_map_over_time),
	    cmocka_unit_test(test_lines_of_the_graph),
	    cmocka_unit_test(test_dots),
	    cmocka_unit_test(test_dots_over_time),
	    cmocka_unit_test(test_a_line_where_the_area_ends),
	    cmocka_unit_test(test_views_without_an_index),
	    cmocka_unit_test(test_a_chunk),
	    cmocka_unit_test(test_every_size),
	    cmocka_unit_test(test_ansi_reads_back),
	    cmocka_unit_test(test_ansi_in_place),
	    cmocka_unit_test(test_png_reads_back),
	    cmocka_unit_test(test_png_dots),
	    cmocka_unit_test(test_png_letters),
	    cmocka_unit_test(test_png_to_a_full_disk),
	    cmocka_unit_test(test_svg),
	    cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
