/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "frame/paint.h"

/* How much of a row there is to paint: up to its last character, or ground. */
static unsigned length(const struct hr_frame *f, unsigned row, bool ascii)
{
	unsigned n = f->columns;

	while (n > 0) {
		const struct hr_glyph *g = hr_frame_glyph(f, row, n - 1);

		if (ascii ? g->ascii != ' ' : g->code != ' ' || g->bg != HR_INK_NONE)
			break;
		n--;
	}
	return n;
}

void hr_paint_text(const struct hr_frame *f, FILE *out)
{
	for (unsigned row = 0; row < f->rows; row++) {
		unsigned n = length(f, row, true);

		for (unsigned i = 0; i < n; i++)
			fputc(hr_frame_glyph(f, row, i)->ascii, out);
		fputc('\n', out);
	}
}

/* --- with colours ------------------------------------------------------------- */

static void put_utf8(uint32_t code, FILE *out)
{
	if (code >= 0x800)
		fprintf(out, "%c%c%c", 0xe0 | (int)(code >> 12), 0x80 | (int)(code >> 6 & 0x3f),
			0x80 | (int)(code & 0x3f));
	else if (code >= 0x80)
		fprintf(out, "%c%c", 0xc0 | (int)(code >> 6), 0x80 | (int)(code & 0x3f));
	else
		fputc((int)code, out);
}

/* ground: 30 or 40, the first code of the eight colours of characters, or of their ground. */
static void put_color(int color, unsigned colors, unsigned ground, FILE *out)
{
	if (color < 0)
		fprintf(out, "\033[%um", ground + 9);
	else if (colors <= 256 && color < 8)
		fprintf(out, "\033[%um", ground + (unsigned)color);
	else if (colors <= 256 && color < 16)
		fprintf(out, "\033[%um", ground + 60 + (unsigned)color - 8);
	else if (colors > 256)
		fprintf(out, "\033[%u;2;%d;%d;%dm", ground + 8, color >> 16, color >> 8 & 0xff, color & 0xff);
	else
		fprintf(out, "\033[%u;5;%dm", ground + 8, color);
}

static uint32_t code_of(const struct hr_glyph *g, const struct hr_ansi_options *o)
{
	return o->utf8 ? g->code : (unsigned char)g->ascii;
}

struct colors {
	int fg, bg;
	bool bold;
};

/* Only what changes is written; a blank shows nothing of its foreground. */
static void set_colors(struct colors *now, const struct hr_glyph *g, const struct hr_ansi_options *o, FILE *out)
{
	struct colors want = {hr_ink_color(g->fg, &o->coloring), hr_ink_color(g->bg, &o->coloring),
			      hr_ink_is_bold(g->fg)};

	if (code_of(g, o) == ' ')
		want.fg = now->fg, want.bold = now->bold;
	if (want.bold != now->bold)
		fputs(want.bold ? "\033[1m" : "\033[22m", out);
	if (want.fg != now->fg)
		put_color(want.fg, o->coloring.colors, 30, out);
	if (want.bg != now->bg)
		put_color(want.bg, o->coloring.colors, 40, out);
	*now = want;
}

static void paint_row(const struct hr_frame *f, unsigned row, const struct hr_ansi_options *o, FILE *out)
{
	unsigned n = length(f, row, false);
	struct colors now = {-1, -1, false};

	for (unsigned i = 0; i < n; i++) {
		const struct hr_glyph *g = hr_frame_glyph(f, row, i);

		set_colors(&now, g, o, out);
		put_utf8(code_of(g, o), out);
	}
	if (now.fg != -1 || now.bg != -1 || now.bold)
		fputs("\033[0m", out);
}

static bool is_there(const struct hr_frame *f, unsigned row, const struct hr_frame *before)
{
	if (before == NULL || before->columns != f->columns || before->rows != f->rows)
		return false;
	for (unsigned i = 0; i < f->columns; i++) {
		const struct hr_glyph *a = hr_frame_glyph(f, row, i), *b = hr_frame_glyph(before, row, i);

		if (a->code != b->code || a->ascii != b->ascii || a->fg != b->fg || a->bg != b->bg)
			return false;
	}
	return true;
}

void hr_paint_ansi(const struct hr_frame *f, const struct hr_ansi_options *o, FILE *out)
{
	for (unsigned row = 0; row < f->rows; row++) {
		if (!o->in_place) {
			paint_row(f, row, o, out);
			fputc('\n', out);
		} else if (!is_there(f, row, o->before)) {
			fprintf(out, "\033[%u;1H", row + 1);
			paint_row(f, row, o, out);
			fputs("\033[K", out);
		}
	}
}
