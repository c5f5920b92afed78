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

static void test_ramps_rise(void **state)
{
	(void)state;
	for (enum hr_palette p = 0; p < HR_PALETTE_COUNT; p++) {
		double below = -1;

		for (unsigned level = 0; level < HR_LEVELS; level++) {
			int color = hr_ink_color(HR_INK_LEVEL + level, p, 256);
			double now = lightness(hr_xterm_rgb((unsigned)color));

			assert_in_range(color, 16, 255);
			assert_true(now > below);
			below = now;
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
			int color = hr_ink_color(HR_INK_LEVEL + level, HR_PALETTE_VIRIDIS, colors[i]);
			double now = lightness(hr_xterm_rgb((unsigned)color));

			assert_in_range(color, 0, colors[i] - 1);
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
	for (enum hr_palette p = 0; p < HR_PALETTE_COUNT; p++)
		for (unsigned level = 0; level < HR_LEVELS; level++) {
			double ground = lightness(hr_xterm_rgb((unsigned)hr_ink_color(level, p, 256)));
			double text = lightness(hr_xterm_rgb((unsigned)hr_ink_color(hr_ink_on(level), p, 256)));

			assert_true(fabs(ground - text) > 35);
		}
}

static void test_inks(void **state)
{
	static const unsigned colors[] = {256, 16, 8};

	(void)state;
	for (unsigned ink = 0; ink < HR_INK_COUNT; ink++)
		for (unsigned i = 0; i < 3; i++) {
			int color = hr_ink_color(ink, HR_PALETTE_GRAY, colors[i]);

			assert_true(color >= -1 && color < (int)colors[i]);
		}
	assert_int_equal(hr_ink_color(HR_INK_NONE, HR_PALETTE_GRAY, 256), -1);
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
	    cmocka_unit_test(test_inks),
	    cmocka_unit_test(test_xterm),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("palette", tests, NULL, NULL);
}
