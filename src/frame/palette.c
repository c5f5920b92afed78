/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "frame/palette.h"

#include <string.h>

static const char *const names[HR_PALETTE_COUNT] = {
    [HR_PALETTE_VIRIDIS] = "viridis",
    [HR_PALETTE_CIVIDIS] = "cividis",
    [HR_PALETTE_GRAY] = "gray",
};

const char *hr_palette_name(enum hr_palette palette)
{
	return names[palette];
}

int hr_palette_find(const char *name)
{
	for (int i = 0; i < HR_PALETTE_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

/*
 * Among xterm's colours those near the ramps of matplotlib (viridis, cividis;
 * cividis by Nuñez, Anderton and Renslow 2018) whose lightness rises strictly.
 */
static const uint8_t ramps[HR_PALETTE_COUNT][HR_LEVELS] = {
    [HR_PALETTE_VIRIDIS] = {17, 53, 24, 60, 30, 36, 108, 41, 148, 220},
    [HR_PALETTE_CIVIDIS] = {235, 237, 238, 59, 242, 243, 101, 143, 185, 227},
    [HR_PALETTE_GRAY] = {233, 236, 238, 240, 242, 244, 246, 249, 252, 255},
};

/* Black, blues, cyans, yellows, white: nine steps of 16 colours, eight of 8. */
static const uint8_t ramp16[HR_LEVELS] = {0, 4, 12, 8, 6, 3, 3, 7, 11, 15};
static const uint8_t ramp8[HR_LEVELS] = {0, 4, 1, 5, 2, 2, 6, 6, 3, 7};

static const struct {
	int16_t xterm, sixteen, eight; /* -1: the device's own */
} inks[HR_INK_COUNT] = {
    [HR_INK_NONE] = {-1, -1, -1},  [HR_INK_TEXT] = {-1, -1, -1},    [HR_INK_DIM] = {243, 8, -1},
    [HR_INK_TITLE] = {-1, -1, -1}, [HR_INK_DARK] = {16, 0, 0},	    [HR_INK_LIGHT] = {231, 15, 7},
    [HR_INK_SEARCH] = {203, 9, 1}, [HR_INK_DIFFERS] = {213, 13, 5}, [HR_INK_CURSOR] = {231, 15, 7},
    [HR_INK_IN_USE] = {32, 4, 4},  [HR_INK_FREE] = {180, 3, 3},	    [HR_INK_GOAL] = {203, 9, 1},
    [HR_INK_LIMIT] = {213, 13, 5},
};

int hr_ink_color(unsigned ink, enum hr_palette palette, unsigned colors)
{
	if (colors == 0)
		return -1;
	if (ink < HR_LEVELS)
		return colors >= 256 ? ramps[palette][ink] : colors >= 16 ? ramp16[ink] : ramp8[ink];
	return colors >= 256 ? inks[ink].xterm : colors >= 16 ? inks[ink].sixteen : inks[ink].eight;
}

/* 16 colours of xterm's own, then a cube of 6 x 6 x 6, then 24 grays. */
uint32_t hr_xterm_rgb(unsigned index)
{
	static const uint32_t first[16] = {
	    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
	    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
	};
	static const uint8_t cube[6] = {0, 95, 135, 175, 215, 255};

	if (index < 16)
		return first[index];
	if (index < 232) {
		unsigned i = index - 16;

		return (uint32_t)cube[i / 36] << 16 | (uint32_t)cube[i / 6 % 6] << 8 | cube[i % 6];
	}
	return (8 + 10 * (index - 232)) * UINT32_C(0x010101);
}

bool hr_ink_is_bold(unsigned ink)
{
	return ink == HR_INK_TITLE;
}

enum hr_ink hr_ink_on(unsigned level)
{
	return level < HR_LEVELS / 2 ? HR_INK_LIGHT : HR_INK_DARK;
}
