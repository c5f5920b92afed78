/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the display settings from options and environment. */
#include "config.h"

#include "cmd/cli.h"

#include "base/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 120
#define DEFAULT_ROWS 40
#define DEFAULT_ZOOM 2

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

/* Of terminals that say no more than their name. */
static unsigned colors_of(const char *term)
{
	static const struct {
		const char *part;
		unsigned colors;
	} terms[] = {
	    {"256color", 256}, {"direct", 256}, {"kitty", 256},	  {"alacritty", 256}, {"16color", 16}, {"88color", 16},
	    {"linux", 8},      {"ansi", 8},	{"cygwin", 8},	  {"vt", 8},	      {"xterm", 256},  {"screen", 256},
	    {"tmux", 256},     {"rxvt", 256},	{"konsole", 256}, {"foot", 256},      {"st-", 256},
	};

	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		if (strstr(term, terms[i].part) != NULL)
			return terms[i].colors;
	return 8;
}

unsigned cli_colors(FILE *out, enum cli_when when)
{
	const char *term = variable("TERM"), *forced = variable("FORCE_COLOR"), *color_term = variable("COLORTERM");
	bool dumb = term == NULL || strcmp(term, "dumb") == 0, wanted;

	if (forced == NULL)
		forced = variable("CLICOLOR_FORCE");
	if (when == CLI_AUTO && variable("NO_COLOR") != NULL)
		when = CLI_NEVER;
	wanted = when == CLI_ALWAYS || (forced != NULL && strcmp(forced, "0") != 0) ||
		 (out != NULL && isatty(fileno(out)) == 1 && !dumb);
	if (when == CLI_NEVER || !wanted)
		return 0;
	if (color_term != NULL && (strcmp(color_term, "truecolor") == 0 || strcmp(color_term, "24bit") == 0))
		return HR_TRUECOLOR;
	return dumb || color_term != NULL ? 256 : colors_of(term);
}

/* "120x40"; as large as a frame can be. */
static bool parse_cells(const char *text, struct hr_frame_options *o)
{
	char columns[8];
	size_t n = strcspn(text, "x");
	uint64_t c, r;

	if (text[n] != 'x' || n >= sizeof(columns))
		return false;
	memcpy(columns, text, n);
	columns[n] = '\0';
	if (!hr_parse_u64(columns, &c) || !hr_parse_u64(text + n + 1, &r) || c < 1 || c > HR_FRAME_MAX_COLUMNS ||
	    r < 1 || r > HR_FRAME_MAX_ROWS)
		return false;
	o->columns = (unsigned)c;
	o->rows = (unsigned)r;
	return true;
}

/* A terminal is filled but for a line, where the prompt goes. */
static void size_of(FILE *out, struct hr_frame_options *o)
{
	struct winsize w;

	o->columns = DEFAULT_COLUMNS;
	o->rows = DEFAULT_ROWS;
	if (out == NULL || isatty(fileno(out)) != 1 || ioctl(fileno(out), TIOCGWINSZ, &w) != 0 || w.ws_col == 0 ||
	    w.ws_row < 2)
		return;
	o->columns = w.ws_col < HR_FRAME_MAX_COLUMNS ? w.ws_col : HR_FRAME_MAX_COLUMNS;
	o->rows = w.ws_row <= HR_FRAME_MAX_ROWS ? w.ws_row - 1u : HR_FRAME_MAX_ROWS;
}

/* An address in hex, with or without 0x, up to `end`. */
static bool parse_address(const char *text, char end, uint64_t *address)
{
	char *rest;

	errno = 0;
	*address = strtoull(text, &rest, 16);
	return errno == 0 && rest != text && *rest == end && strchr("-+ \t", *text) == NULL &&
	       *address < UINT64_C(1) << 48;
}

static bool parse_zoom(const char *text, struct hr_frame_options *o)
{
	const char *dash = strchr(text, '-');
	uint64_t first, last;

	if (dash == NULL || !parse_address(text, '-', &first) || !parse_address(dash + 1, '\0', &last) || first >= last)
		return false;
	o->first_chunk = first / HR_CHUNK_BYTES;
	o->last_chunk = (last - 1) / HR_CHUNK_BYTES + 1;
	return true;
}

static bool parse_chunk(const char *text, struct hr_frame_options *o)
{
	uint64_t address;

	if (!parse_address(text, '\0', &address))
		return false;
	o->open_chunk = address / HR_CHUNK_BYTES;
	return true;
}

static bool parse_cursor(const char *text, struct hr_frame_options *o)
{
	uint64_t address;

	if (!parse_address(text, '\0', &address))
		return false;
	o->cursor_page = address / HR_PAGE_BYTES;
	return true;
}

static int find_when(const char *name)
{
	static const char *const names[] = {[CLI_AUTO] = "auto", [CLI_ALWAYS] = "always", [CLI_NEVER] = "never"};

	for (int i = 0; i < 3; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static int find_graph(const char *name)
{
	return strcmp(name, "blocks") == 0 ? 0 : strcmp(name, "braille") == 0 ? 1 : -1;
}

/* The index of an option's word; fallback where it was not given; -1 after an error that has been printed. */
static int word(const struct cli_command *c, const char *option, const char *text, int fallback,
		int (*find)(const char *name), const char *words)
{
	int i = text != NULL ? find(text) : fallback;

	if (i < 0)
		cli_misuse(c, "--%s takes %s, not '%s'", option, words, text);
	return i;
}

bool cli_look(const struct cli_command *c, const struct cli_options *o, FILE *out, struct cli_look *look)
{
	const struct cli_look_options *l = &o->look;
	const struct {
		const char *option, *text;
		bool (*parse)(const char *text, struct hr_frame_options *o);
		const char *hint;
	} texts[] = {
	    {"cells", l->cells, parse_cells, "columns and rows up to 400x120, such as 120x40"},
	    {"zoom", l->zoom, parse_zoom, "two addresses in hex, such as c000000000-c010000000"},
	    {"chunk", l->chunk, parse_chunk, "an address in hex, such as c000400000"},
	    {"cursor", l->cursor, parse_cursor, "an address in hex, such as c000400000"},
	};
	int view = word(c, "view", l->view, HR_VIEW_OCCUPANCY, hr_map_view_find,
			"occupancy, free, scavenged, index, density, generation or refaults");
	int scale = view < 0 ? -1 : word(c, "scale", l->scale, HR_SCALE_LINEAR, hr_map_scale_find, "linear or ranked");
	int palette =
	    scale < 0 ? -1
		      : word(c, "palette", l->palette, HR_PALETTE_VIRIDIS, hr_palette_find, "viridis, cividis or gray");
	int theme = palette < 0 ? -1 : word(c, "theme", l->theme, HR_THEME_AUTO, hr_theme_find, "auto, dark or light");
	int graph = theme < 0 ? -1 : word(c, "graph", l->graph, 0, find_graph, "blocks or braille");
	int when = graph < 0 ? -1 : word(c, "color", l->color, CLI_AUTO, find_when, "auto, always or never");

	if (when < 0)
		return false;
	memset(look, 0, sizeof(*look));
	hr_frame_defaults(&look->frame);
	look->frame.view = (enum hr_map_view)view;
	look->frame.scale = (enum hr_map_scale)scale;
	look->frame.no_marks = l->no_marks;
	look->frame.braille = graph == 1;
	look->when = (enum cli_when)when;
	look->coloring = (struct hr_coloring){
	    .palette = (enum hr_palette)palette,
	    .theme = (enum hr_theme)theme,
	    .colors = cli_colors(out, look->when),
	};
	look->utf8 = cli_is_utf8();
	look->magnify = l->magnify > 0 ? l->magnify : DEFAULT_ZOOM;
	size_of(out, &look->frame);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].text == NULL || texts[i].parse(texts[i].text, &look->frame))
			continue;
		cli_misuse(c, "--%s takes %s, not '%s'", texts[i].option, texts[i].hint, texts[i].text);
		return false;
	}
	return true;
}
