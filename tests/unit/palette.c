/* SPDX-License-Identifier: BSD-3-Clause */
/* Ramps rise in lightness, as computed from the colours; indices and names are in range. */
#include "config.h"

#include "frame/palette.h"

#include "testing.h"

#include <math.h>
#include <stdbool.h>

/* sRGB (IEC 61966-2-1) to linear light. */
static double linear(unsigned channel)
{
	double c = channel / 255.0;

	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

/* CIELAB L* of a colour (CIE 15), from its relative luminance (Rec. 709 primaries). */
static double lightness(uint32_t rgb)
{
	double y = 0.2126 * linear(rgb >> 16 & 0xff) + 0.7152 * linear(rgb >> 8 & 0xff) + 0.0722 * linear(rgb & 0xff);

	return y > 216.0 / 24389 ? 116 * cbrt(y) - 16 : y * 24389 / 27;
}

static void test_lightness(void **state)
{
	(void)state;
	assert_true(fabs(lightness(0xffffff) - 100) < 0.01);
	assert_true(fabs(lightness(0) - 0) < 0.01);
	/* The L* of middle gray, 119, is 50. */
	assert_true(fabs(lightness(0x777777) - 50) < 0.1);
}

/* Of an ink among so many colours. */
static double lightness_of(unsigned ink, enum hr_palette p, enum hr_theme theme, unsigned colors)
{
	const struct hr_coloring c = {.palette = p, .theme = theme, .colors = colors};
	int color = hr_ink_color(ink, &c);

	assert_in_range(color, 0, colors - 1);
	return lightness(colors > 256 ? (uint32_t)color : hr_xterm_rgb((unsigned)color));
}

static void test_ramps_rise(void **state)
{
	static const unsigned colors[] = {256, HR_TRUECOLOR};

	(void)state;
	for (unsigned i = 0; i < 2 * HR_PALETTE_COUNT; i++) {
		enum hr_palette p = (enum hr_palette)(i / 2);
		double below = -1;

		for (unsigned level = 0; level < HR_LEVELS; level++) {
			double now = lightness_of(level, p, HR_THEME_DARK, colors[i % 2]);

			assert_true(now > below);
			below = now;
			/* On light ground the other way round. */
			assert_true(fabs(lightness_of(HR_LEVELS - 1 - level, p, HR_THEME_LIGHT, colors[i % 2]) - now) <
				    0.01);
		}
		/* From near black to near white. */
		assert_true(below > 80);
	}
}

/* Fewer colours than levels: some look alike, but none is darker than the one before. */
static void test_small_ramps_do_not_fall(void **state)
{
	static const unsigned colors[] = {16, 8};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		double below = -1;
		unsigned distinct = 0;

		for (unsigned level = 0; level < HR_LEVELS; level++) {
			double now = lightness_of(level, HR_PALETTE_VIRIDIS, HR_THEME_AUTO, colors[i]);

			assert_true(now >= below);
			distinct += now > below;
			below = now;
		}
		assert_true(distinct >= 8);
	}
}

static void test_text_is_readable_on_levels(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HR_PALETTE_COUNT * HR_THEME_COUNT * 2; i++) {
		enum hr_palette p = (enum hr_palette)(i / 2 % HR_PALETTE_COUNT);
		enum hr_theme theme = (enum hr_theme)(i / 2 / HR_PALETTE_COUNT);
		unsigned colors = i % 2 ? HR_TRUECOLOR : 256;

		for (unsigned level = 0; level < HR_LEVELS; level++)
			assert_true(fabs(lightness_of(level, p, theme, colors) -
					 lightness_of(hr_ink_on(level), p, theme, colors)) > 35);
	}
}

/* Text and lines stand out from the ground of their theme, black or white. */
static void test_inks_are_readable_on_the_ground(void **state)
{
	static const enum hr_ink inks[] = {HR_INK_DIM,	HR_INK_SEARCH, HR_INK_CURSOR, HR_INK_IN_USE,
					   HR_INK_FREE, HR_INK_GOAL,   HR_INK_LIMIT};

	(void)state;
	for (unsigned i = 0; i < sizeof(inks) / sizeof(inks[0]); i++) {
		assert_true(lightness_of(inks[i], HR_PALETTE_VIRIDIS, HR_THEME_DARK, 256) > 40);
		assert_true(lightness_of(inks[i], HR_PALETTE_VIRIDIS, HR_THEME_LIGHT, 256) < 62);
	}
	for (enum hr_theme theme = 0; theme < HR_THEME_COUNT; theme++)
		assert_true(fabs(lightness(hr_ink_rgb(HR_INK_NONE, HR_PALETTE_GRAY, theme)) -
				 lightness(hr_ink_rgb(HR_INK_TEXT, HR_PALETTE_GRAY, theme))) > 60);
}

static void test_inks(void **state)
{
	static const unsigned colors[] = {HR_TRUECOLOR, 256, 16, 8};
	struct hr_coloring c = {.palette = HR_PALETTE_GRAY};

	(void)state;
	for (unsigned ink = 0; ink < HR_INK_COUNT; ink++) {
		for (unsigned i = 0; i < 8; i++) {
			int color;

			c.colors = colors[i % 4];
			c.theme = i < 4 ? HR_THEME_DARK : HR_THEME_LIGHT;
			color = hr_ink_color(ink, &c);
			assert_true(color >= -1 && color < (int)colors[i % 4]);
			if (ink == HR_INK_NONE)
				assert_int_equal(color, -1);
		}
		c.colors = 0;
		assert_int_equal(hr_ink_color(ink, &c), -1);
	}
}

/* The cube and the grays of xterm's table. */
static void test_xterm(void **state)
{
	(void)state;
	assert_int_equal(hr_xterm_rgb(16), 0x000000);
	assert_int_equal(hr_xterm_rgb(17), 0x00005f);
	assert_int_equal(hr_xterm_rgb(220), 0xffd700);
	assert_int_equal(hr_xterm_rgb(231), 0xffffff);
	assert_int_equal(hr_xterm_rgb(232), 0x080808);
	assert_int_equal(hr_xterm_rgb(255), 0xeeeeee);
}

static void test_names(void **state)
{
	(void)state;
	for (enum hr_palette p = 0; p < HR_PALETTE_COUNT; p++)
		assert_int_equal(hr_palette_find(hr_palette_name(p)), p);
	assert_int_equal(hr_palette_find("jet"), -1);
}

HR_TEST_MAIN(palette)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lightness),
	    cmocka_unit_test(test_ramps_rise),
	    cmocka_unit_test(test_small_ramps_do_not_fall),
	    cmocka_unit_test(test_text_is_readable_on_levels),
	    cmocka_unit_test(test_inks_are_readable_on_the_ground),
	    cmocka_unit_test(test_inks),
	    cmocka_unit_test(test_xterm),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("palette", tests, NULL, NULL);
}
