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

static const char *const themes[HR_THEME_COUNT] = {
    [HR_THEME_AUTO] = "auto",
    [HR_THEME_DARK] = "dark",
    [HR_THEME_LIGHT] = "light",
};

int hr_theme_find(const char *name)
{
	for (int i = 0; i < HR_THEME_COUNT; i++)
		if (strcmp(themes[i], name) == 0)
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

/* The ramps themselves, at ten equal steps. */
static const uint32_t true_ramps[HR_PALETTE_COUNT][HR_LEVELS] = {
    [HR_PALETTE_VIRIDIS] = {0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b,
			    0xfde725},
    [HR_PALETTE_CIVIDIS] = {0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173, 0x8a8678, 0xa59c74, 0xc3b369, 0xe1cc55,
			    0xfee838},
    [HR_PALETTE_GRAY] = {0x121212, 0x2b2b2b, 0x434343, 0x5c5c5c, 0x767676, 0x8f8f8f, 0xa9a9a9, 0xc3c3c3, 0xdedede,
			 0xf9f9f9},
};

/* Black, blues, cyans, yellows, white: nine steps of 16 colours, eight of 8. */
static const uint8_t ramp16[HR_LEVELS] = {0, 4, 12, 8, 6, 3, 3, 7, 11, 15};
static const uint8_t ramp8[HR_LEVELS] = {0, 4, 1, 5, 2, 2, 6, 6, 3, 7};

/* -1: the device's own. On a ground that is not known: what can be read on both. */
struct ink {
	int16_t xterm, sixteen, eight;
};

static const struct ink any_inks[HR_INK_COUNT] = {
    [HR_INK_NONE] = {-1, -1, -1},  [HR_INK_TEXT] = {-1, -1, -1},    [HR_INK_DIM] = {243, 8, -1},
    [HR_INK_TITLE] = {-1, -1, -1}, [HR_INK_DARK] = {16, 0, 0},	    [HR_INK_LIGHT] = {231, 15, 7},
    [HR_INK_SEARCH] = {203, 9, 1}, [HR_INK_DIFFERS] = {213, 13, 5}, [HR_INK_CURSOR] = {231, 15, 7},
    [HR_INK_IN_USE] = {32, 4, 4},  [HR_INK_FREE] = {180, 3, 3},	    [HR_INK_GOAL] = {203, 9, 1},
    [HR_INK_LIMIT] = {213, 13, 5},
};

/* What is light on a dark ground is dark here: the ramp begins at the ground's lightness on both. */
static const struct ink light_inks[HR_INK_COUNT] = {
    [HR_INK_NONE] = {-1, -1, -1},  [HR_INK_TEXT] = {-1, -1, -1},   [HR_INK_DIM] = {242, 8, -1},
    [HR_INK_TITLE] = {-1, -1, -1}, [HR_INK_DARK] = {231, 15, 7},   [HR_INK_LIGHT] = {16, 0, 0},
    [HR_INK_SEARCH] = {160, 1, 1}, [HR_INK_DIFFERS] = {163, 5, 5}, [HR_INK_CURSOR] = {16, 0, 0},
    [HR_INK_IN_USE] = {25, 4, 4},  [HR_INK_FREE] = {137, 3, 3},	   [HR_INK_GOAL] = {160, 1, 1},
    [HR_INK_LIMIT] = {127, 5, 5},
};

static int level_color(unsigned level, const struct hr_coloring *c)
{
	if (c->theme == HR_THEME_LIGHT)
		level = HR_LEVELS - 1 - level;
	if (c->colors > 256)
		return (int)true_ramps[c->palette][level];
	return c->colors >= 256 ? ramps[c->palette][level] : c->colors >= 16 ? ramp16[level] : ramp8[level];
}

int hr_ink_color(unsigned ink, const struct hr_coloring *c)
{
	const struct ink *i;

	if (c->colors == 0)
		return -1;
	if (ink < HR_LEVELS)
		return level_color(ink, c);
	if (ink == HR_INK_DIM && c->theme == HR_THEME_DARK && c->colors >= 256)
		return c->colors > 256 ? (int)hr_xterm_rgb(246) : 246;
	i = c->theme == HR_THEME_LIGHT ? &light_inks[ink] : &any_inks[ink];
	if (c->colors > 256)
		return i->xterm < 0 ? -1 : (int)hr_xterm_rgb((unsigned)i->xterm);
	return c->colors >= 256 ? i->xterm : c->colors >= 16 ? i->sixteen : i->eight;
}

uint32_t hr_ink_rgb(unsigned ink, enum hr_palette palette, enum hr_theme theme)
{
	const struct hr_coloring c = {.palette = palette,
				      .theme = theme == HR_THEME_LIGHT ? HR_THEME_LIGHT : HR_THEME_DARK,
				      .colors = HR_TRUECOLOR};
	int color = hr_ink_color(ink, &c);

	if (color >= 0)
		return (uint32_t)color;
	if (ink == HR_INK_NONE)
		return theme == HR_THEME_LIGHT ? 0xffffff : 0x121212;
	if (hr_ink_is_bold(ink))
		return theme == HR_THEME_LIGHT ? 0x080808 : 0xeeeeee;
	return theme == HR_THEME_LIGHT ? 0x303030 : 0xc6c6c6;
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
