/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "frame/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char hr_glyph_plain(const struct hr_glyph *g)
{
	if (g->bg >= HR_LEVELS)
		return g->ascii;
	return g->code < 0x7f ? (char)g->code : g->code == HR_CODE_DOT ? '.' : g->ascii;
}

bool hr_glyph_is_dots(const struct hr_glyph *g)
{
	return g->code >= HR_CODE_DOTS && g->code <= HR_CODE_DOTS + 0xff;
}

void hr_canvas_put(const struct hr_canvas *c, unsigned row, unsigned column, struct hr_glyph g)
{
	if (row < c->frame->rows && column < c->pane->columns)
		c->frame->at[(size_t)row * c->frame->columns + c->pane->left + column] = g;
}

unsigned hr_canvas_text(const struct hr_canvas *c, unsigned row, unsigned column, enum hr_ink ink, const char *text)
{
	for (; *text != '\0'; text++, column++) {
		char ascii = *text >= ' ' && *text <= '~' ? *text : '?';

		hr_canvas_put(c, row, column, (struct hr_glyph){(unsigned char)ascii, ascii, ink, HR_INK_NONE});
	}
	return column;
}

/* --- items ------------------------------------------------------------------ */

struct hr_item *hr_items_add(struct hr_items *items, enum hr_ink ink, int rank, const char *fmt, ...)
{
	struct hr_item *item = &items->at[items->n < HR_MAX_ITEMS ? items->n : HR_MAX_ITEMS - 1];
	va_list args;

	items->n += items->n < HR_MAX_ITEMS;
	*item = (struct hr_item){.ink = ink, .rank = rank};
	va_start(args, fmt);
	vsnprintf(item->text, sizeof(item->text), fmt, args);
	va_end(args);
	return item;
}

void hr_item_swatch(struct hr_item *item, struct hr_glyph g)
{
	if (item->nswatch < sizeof(item->swatch) / sizeof(item->swatch[0]))
		item->swatch[item->nswatch++] = g;
}

static unsigned width_of(const struct hr_item *item)
{
	size_t n = strlen(item->before) + item->nswatch + strlen(item->text);

	n += item->before[0] != '\0';
	n += item->nswatch > 0 && item->text[0] != '\0';
	return (unsigned)n;
}

static unsigned draw_item(const struct hr_item *item, const struct hr_canvas *c, unsigned row, unsigned column)
{
	if (item->before[0] != '\0')
		column = hr_canvas_text(c, row, column, item->ink, item->before) + 1;
	for (unsigned i = 0; i < item->nswatch; i++)
		hr_canvas_put(c, row, column++, item->swatch[i]);
	column += item->nswatch > 0 && item->text[0] != '\0';
	return hr_canvas_text(c, row, column, item->ink, item->text);
}

static unsigned line_width(const struct hr_items *items)
{
	unsigned width = 0;

	for (size_t i = 0; i < items->n; i++)
		width += width_of(&items->at[i]) + (i > 0 ? 2 : 0);
	return width;
}

/* The last of those of the highest rank; n: all must stay. */
static size_t dispensable(const struct hr_items *items)
{
	size_t at = items->n;
	int rank = 0;

	for (size_t i = 0; i < items->n; i++) {
		if (items->at[i].rank > 0 && items->at[i].rank >= rank) {
			at = i;
			rank = items->at[i].rank;
		}
	}
	return at;
}

void hr_items_line(struct hr_items *items, const struct hr_canvas *c, unsigned row)
{
	unsigned column = 0;

	while (line_width(items) > c->pane->columns) {
		size_t at = dispensable(items);

		if (at == items->n)
			break;
		items->n--;
		memmove(&items->at[at], &items->at[at + 1], (items->n - at) * sizeof(items->at[0]));
	}
	for (size_t i = 0; i < items->n; i++)
		column = draw_item(&items->at[i], c, row, column) + 2;
}

unsigned hr_items_flow(const struct hr_items *items, const struct hr_canvas *c, unsigned columns, unsigned row,
		       unsigned rows)
{
	unsigned line = 0, column = 0;

	for (size_t i = 0; i < items->n && rows > 0; i++) {
		unsigned width = width_of(&items->at[i]);

		if (column > 0 && column + width > columns) {
			if (line + 1 == rows)
				break;
			line++;
			column = 0;
		}
		if (c != NULL)
			draw_item(&items->at[i], c, row + line, column);
		column += width + 2;
	}
	return column > 0 ? line + 1 : 0;
}

struct hr_glyph hr_half_glyph(uint8_t above, uint8_t below)
{
	char ascii = above < HR_LEVELS ? (char)('0' + above) : ' ';

	if (above == HR_INK_NONE && below == HR_INK_NONE)
		return (struct hr_glyph){' ', ' ', HR_INK_TEXT, HR_INK_NONE};
	if (above == HR_INK_NONE)
		return (struct hr_glyph){HR_CODE_EIGHTHS + 4, ascii, below, HR_INK_NONE};
	if (above == below)
		return (struct hr_glyph){' ', ascii, HR_INK_TEXT, above};
	return (struct hr_glyph){HR_CODE_UPPER_HALF, ascii, above, below};
}
