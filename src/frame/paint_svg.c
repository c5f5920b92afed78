/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames as SVG: areas of one colour are rectangles, as wide as they go on; text is text, in the reader's own monospaced
 * font, drawn to the columns' width whatever that is. Colours are classes, an ink each, so that a page may have others.
 */
#include "config.h"

#include "frame/paint.h"

#include "base/print.h"
#include "frame/canvas.h"

#include <inttypes.h>

/* Of a character, in the picture's own units. */
#define WIDTH (double)HR_PNG_CELL_COLUMNS
#define HEIGHT (double)HR_PNG_CELL_ROWS
#define FONT_SIZE 10 /* a monospaced letter is some six tenths of it wide */
#define BASELINE 9.2

static void rectangle(FILE *out, unsigned ink, double x, double y, double width, double height)
{
	fprintf(out, "<rect class=\"i%u\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>\n", ink, x, y, width, height);
}

static void diamond(FILE *out, unsigned ink, double x, double y, bool filled)
{
	fprintf(out, "<path class=\"%c%u\" d=\"M%g %gl2.4 -3 2.4 3 -2.4 3z\"/>\n", filled ? 'i' : 's', ink, x + 0.6,
		y + HEIGHT / 2);
}

/* Half a line to the right or to the left, and half a bar down or up. */
static void corner(FILE *out, unsigned ink, double x, double y, bool right, bool down)
{
	rectangle(out, ink, right ? x + 2.5 : x, y + 5.4, right ? WIDTH - 2.5 : 3.5, 1.2);
	rectangle(out, ink, x + 2.5, down ? y + 5.4 : y, 1, down ? HEIGHT - 5.4 : 6.6);
}

/* Of n characters: squares as in PNGs. */
static void squares(FILE *out, const struct hr_glyph *g, double x, double y, unsigned n)
{
	fprintf(out, "<path class=\"i%u\" d=\"", g->fg);
	for (unsigned i = 0; i < 2 * n; i++)
		for (unsigned k = 0; k < 4; k++)
			if ((g->code - HR_CODE_DOTS) >> (k < 3 ? 3 * (i % 2) + k : 6 + i % 2) & 1)
				fprintf(out, "M%g %gh2v2h-2z", x + 3 * i, y + 3 * k);
	fputs("\"/>\n", out);
}

/* Characters from shapes, n of them in a row; false: it is text. */
static bool shape(FILE *out, const struct hr_glyph *g, double x, double y, unsigned n)
{
	double width = n * WIDTH;

	if (g->code > HR_CODE_EIGHTHS && g->code <= HR_CODE_EIGHTHS + 8) {
		double height = HEIGHT * (g->code - HR_CODE_EIGHTHS) / 8;

		rectangle(out, g->fg, x, y + HEIGHT - height, width, height);
		return true;
	}
	if (hr_glyph_is_dots(g)) {
		squares(out, g, x, y, n);
		return true;
	}
	switch (g->code) {
	case HR_CODE_UPPER_HALF:
		rectangle(out, g->fg, x, y, width, HEIGHT / 2);
		return true;
	case HR_CODE_LINE:
		rectangle(out, g->fg, x, y + 5.4, width, 1.2);
		return true;
	case HR_CODE_DOUBLE_LINE:
		rectangle(out, g->fg, x, y + 4, width, 1);
		rectangle(out, g->fg, x, y + 7, width, 1);
		return true;
	case HR_CODE_BAR:
		for (unsigned i = 0; i < n; i++)
			rectangle(out, g->fg, x + i * WIDTH + 2.5, y, 1, HEIGHT);
		return true;
	case HR_CODE_TOP_LEFT:
	case HR_CODE_TOP_RIGHT:
	case HR_CODE_BOTTOM_LEFT:
	case HR_CODE_BOTTOM_RIGHT:
		for (unsigned i = 0; i < n; i++)
			corner(out, g->fg, x + i * WIDTH, y,
			       g->code == HR_CODE_TOP_LEFT || g->code == HR_CODE_BOTTOM_LEFT,
			       g->code == HR_CODE_TOP_LEFT || g->code == HR_CODE_TOP_RIGHT);
		return true;
	case HR_CODE_DOT:
		for (unsigned i = 0; i < n; i++)
			rectangle(out, g->fg, x + i * WIDTH + 2.2, y + 5.2, 1.6, 1.6);
		return true;
	case HR_CODE_ELLIPSIS:
		for (unsigned i = 0; i < 3 * n; i++)
			rectangle(out, g->fg, x + i * 2 + 0.5, y + 6, 1, 1);
		return true;
	case HR_CODE_DIAMOND:
	case HR_CODE_OPEN_DIAMOND:
		for (unsigned i = 0; i < n; i++)
			diamond(out, g->fg, x + i * WIDTH, y, g->code == HR_CODE_DIAMOND);
		return true;
	default:
		return false;
	}
}

static void letter(FILE *out, const struct hr_glyph *g)
{
	uint32_t code = g->code == HR_CODE_DIFFERS || g->code < 0x7f ? g->code : (unsigned char)g->ascii;

	if (code == '&' || code == '<' || code == '>' || code > 0x7e)
		fprintf(out, "&#%" PRIu32 ";", code);
	else
		fputc((int)code, out);
}

static bool is_shape(const struct hr_glyph *g)
{
	return g->code > 0x7e && g->code != HR_CODE_DIFFERS && g->code != HR_CODE_DOWN;
}

/* Text from column i on, as far as one ink goes and no two blanks come; returns the column behind it. */
static unsigned text(FILE *out, const struct hr_frame *f, unsigned row, unsigned i)
{
	const struct hr_glyph *g = hr_frame_glyph(f, row, i);
	unsigned end = i + 1;

	for (; end < f->columns; end++) {
		const struct hr_glyph *next = hr_frame_glyph(f, row, end);

		if (is_shape(next) || (next->code != ' ' && next->fg != g->fg) ||
		    (next->code == ' ' && (end + 1 == f->columns || hr_frame_glyph(f, row, end + 1)->fg != g->fg ||
					   hr_frame_glyph(f, row, end + 1)->code == ' ')))
			break;
	}
	hr_print(out, "<text class=\"i%u%s\" x=\"%g\" y=\"%g\" textLength=\"%g\">", g->fg,
		 hr_ink_is_bold(g->fg) ? " b" : "", i * WIDTH, row * HEIGHT + BASELINE, (end - i) * WIDTH);
	for (; i < end; i++)
		letter(out, hr_frame_glyph(f, row, i));
	fputs("</text>\n", out);
	return end;
}

static void draw_row(FILE *out, const struct hr_frame *f, unsigned row)
{
	for (unsigned i = 0, end; i < f->columns; i = end) {
		unsigned bg = hr_frame_glyph(f, row, i)->bg;

		for (end = i + 1; end < f->columns && hr_frame_glyph(f, row, end)->bg == bg; end++)
			;
		if (bg != HR_INK_NONE)
			rectangle(out, bg, i * WIDTH, row * HEIGHT, (end - i) * WIDTH, HEIGHT);
	}
	for (unsigned i = 0, end; i < f->columns; i = end) {
		const struct hr_glyph *g = hr_frame_glyph(f, row, i);

		end = i + 1;
		if (g->code == ' ')
			continue;
		while (is_shape(g) && end < f->columns && hr_frame_glyph(f, row, end)->code == g->code &&
		       hr_frame_glyph(f, row, end)->fg == g->fg)
			end++;
		if (!shape(out, g, i * WIDTH, row * HEIGHT, end - i))
			end = text(out, f, row, i);
	}
}

static void write_style(FILE *out, enum hr_palette palette, enum hr_theme theme)
{
	fprintf(out,
		"<style>\nrect { shape-rendering: crispEdges }\ntext { font: %dpx monospace; white-space: pre }\n"
		".b { font-weight: bold }\n",
		FONT_SIZE);
	for (unsigned i = 0; i < HR_INK_COUNT; i++)
		fprintf(out, ".i%u { fill: #%06" PRIx32 " }\n", i, hr_ink_rgb(i, palette, theme));
	fprintf(out, ".s%u, .s%u { fill: none; stroke: #%06" PRIx32 " }\n</style>\n", HR_INK_DARK, HR_INK_SEARCH,
		hr_ink_rgb(HR_INK_DARK, palette, theme));
}

void hr_paint_svg(const struct hr_frame *f, enum hr_palette palette, enum hr_theme theme, unsigned zoom, FILE *out)
{
	unsigned width = f->columns * HR_PNG_CELL_COLUMNS, height = f->rows * HR_PNG_CELL_ROWS;

	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
		"width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\">\n<title>The heap at one moment</title>\n",
		width * zoom, height * zoom, width, height);
	write_style(out, palette, theme);
	rectangle(out, HR_INK_NONE, 0, 0, width, height);
	for (unsigned row = 0; row < f->rows; row++)
		draw_row(out, f, row);
	fputs("</svg>\n", out);
}
