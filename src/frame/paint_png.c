/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames as pictures. Characters are drawn by the font and, for those beside
 * ASCII, from their shapes: eighth blocks, half blocks, lines, diamonds, dots.
 *
 * The picture has a palette, an entry an ink, of 24 bits.
 */
#include "config.h"

#include "frame/paint.h"

#include "base/alloc.h"
#include "frame/canvas.h"
#include "frame/font.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS HR_PNG_CELL_COLUMNS
#define ROWS HR_PNG_CELL_ROWS
#define FONT_TOP 2 /* rows above the font's first one */

/* --- shapes: whether a dot (x, y) of a character has its ink -------------------- */

static bool font_dot(char c, unsigned x, unsigned y)
{
	return x < HR_FONT_COLUMNS && y >= FONT_TOP && y < FONT_TOP + HR_FONT_ROWS &&
	       hr_font_rows(c)[y - FONT_TOP] >> (HR_FONT_COLUMNS - 1 - x) & 1;
}

/* Distance from the middle, in half dots, along both axes together. */
static unsigned from_middle(unsigned x, unsigned y)
{
	int dx = 2 * (int)x - (int)(COLUMNS - 1), dy = 2 * (int)y - (int)(ROWS - 1);

	return (unsigned)(abs(dx) + abs(dy));
}

/* 2 x 4 squares of 2 x 2, a dot apart. */
static bool is_square(unsigned bits, unsigned x, unsigned y)
{
	unsigned bit = y / 3 < 3 ? 3 * (x / 3) + y / 3 : 6 + x / 3;

	return x % 3 < 2 && y % 3 < 2 && bits >> bit & 1;
}

static bool has_ink(const struct hr_glyph *g, unsigned x, unsigned y)
{
	if (g->code < 0x7f)
		return font_dot((char)g->code, x, y);
	if (g->code > HR_CODE_EIGHTHS && g->code <= HR_CODE_EIGHTHS + 8)
		return 8 * (ROWS - y) <= (g->code - HR_CODE_EIGHTHS) * ROWS + 4;
	if (hr_glyph_is_dots(g))
		return is_square(g->code - HR_CODE_DOTS, x, y);
	switch (g->code) {
	case HR_CODE_UPPER_HALF:
		return y < ROWS / 2;
	case HR_CODE_DOT:
		return (x == 2 || x == 3) && (y == 5 || y == 6);
	case HR_CODE_ELLIPSIS:
		return y == 6 && x % 2 == 0;
	case HR_CODE_LINE:
		return y == 5 || y == 6;
	case HR_CODE_BAR:
		return x == 2 || x == 3;
	case HR_CODE_TOP_LEFT:
		return ((y == 5 || y == 6) && x > 1) || ((x == 2 || x == 3) && y > 4);
	case HR_CODE_TOP_RIGHT:
		return ((y == 5 || y == 6) && x < 4) || ((x == 2 || x == 3) && y > 4);
	case HR_CODE_BOTTOM_LEFT:
		return ((y == 5 || y == 6) && x > 1) || ((x == 2 || x == 3) && y < 7);
	case HR_CODE_BOTTOM_RIGHT:
		return ((y == 5 || y == 6) && x < 4) || ((x == 2 || x == 3) && y < 7);
	case HR_CODE_DOUBLE_LINE:
		return y == 4 || y == 7;
	case HR_CODE_DIAMOND:
		return from_middle(x, y) <= 6;
	case HR_CODE_OPEN_DIAMOND:
		return from_middle(x, y) <= 6 && from_middle(x, y) >= 4;
	case HR_CODE_DIFFERS:
		return font_dot('=', x, y) || (x + y == 8 && y > 2 && y < 9);
	default:
		return font_dot(g->ascii, x, y);
	}
}

/* --- the picture ---------------------------------------------------------------- */

/* One index a pixel: an ink. */
static void draw_line(const struct hr_frame *f, unsigned zoom, unsigned y, uint8_t *line)
{
	unsigned row = y / zoom / ROWS, dot = y / zoom % ROWS;

	for (unsigned i = 0; i < f->columns; i++) {
		const struct hr_glyph *g = hr_frame_glyph(f, row, i);

		for (unsigned x = 0; x < COLUMNS; x++) {
			memset(line, has_ink(g, x, dot) ? g->fg : g->bg, zoom);
			line += zoom;
		}
	}
}

static void on_error(png_structp png, png_const_charp message)
{
	(void)message;
	longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

static void write_png(png_structp png, png_infop info, const struct hr_frame *f, const png_color *colors, unsigned zoom,
		      uint8_t *line)
{
	unsigned height = f->rows * ROWS * zoom;

	png_set_IHDR(png, info, f->columns * COLUMNS * zoom, height, 8, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_PLTE(png, info, colors, HR_INK_COUNT);
	png_write_info(png, info);
	for (unsigned y = 0; y < height; y++) {
		draw_line(f, zoom, y, line);
		png_write_row(png, line);
	}
	png_write_end(png, info);
}

enum hr_status hr_paint_png(const struct hr_frame *f, enum hr_palette palette, enum hr_theme theme, unsigned zoom,
			    FILE *out, struct hr_error *err)
{
	png_color colors[HR_INK_COUNT];
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	uint8_t *line = hr_calloc((size_t)f->columns * COLUMNS * zoom, 1);
	volatile enum hr_status status = HR_OK;

	for (unsigned i = 0; i < HR_INK_COUNT; i++) {
		uint32_t rgb = hr_ink_rgb(i, palette, theme);

		colors[i] = (png_color){(png_byte)(rgb >> 16), (png_byte)(rgb >> 8), (png_byte)rgb};
	}
	if (info == NULL || line == NULL) {
		status = hr_error_set(err, HR_ENOMEM, "out of memory for a picture");
	} else if (setjmp(png_jmpbuf(png)) == 0) {
		png_init_io(png, out);
		write_png(png, info, f, colors, zoom, line);
	} else {
		status = ferror(out) ? hr_error_set(err, HR_EIO, "cannot write the picture")
				     : hr_error_set(err, HR_ENOMEM, "libpng failed to make a picture");
	}
	png_destroy_write_struct(&png, &info);
	free(line);
	return status;
}
