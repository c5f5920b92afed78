/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Colour pairs are made as they are needed: a few dozen of the combinations of
 * inks occur, while a Linux console has 64 pairs in all. Colours are fixed
 * indices; none is redefined, since that would change them for the shell, too.
 */
#include "config.h"

#include "tui/screen.h"

#include "base/alloc.h"
#include "tui/ground.h"

#include <errno.h>
#include <locale.h>
#ifdef HAVE_NCURSESW_NCURSES_H
#include <ncursesw/ncurses.h>
#else
#include <ncurses.h>
#endif
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#define MAX_EVENTS 8 /* as many as ncurses keeps */

enum { MOST_ANSWER = 256, ANSWER_PIECE_MS = 50 };

struct hr_screen {
	SCREEN *screen;
	FILE *keys;
	sigset_t mask; /* of signals, as it was before */
	struct hr_screen_options options;
	bool own_colors;		       /* the terminal's own foreground and background can be asked for */
	int pairs[HR_INK_COUNT][HR_INK_COUNT]; /* 0: none yet; negative: that pair in reverse */
	struct {
		int fg, bg; /* colours */
	} made[HR_INK_COUNT * HR_INK_COUNT];
	int npairs;		/* of made, whose first one is pair 1 */
	struct hr_glyph *shown; /* what is on the terminal */
	size_t cap;
	unsigned columns, rows;
	MEVENT events[MAX_EVENTS]; /* of the mouse, the oldest last */
	unsigned nevents;
};

/* --- signals ------------------------------------------------------------------- */

/* A handler has nothing else to know it by. */
static volatile sig_atomic_t ending, drawing;

static const int polite[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGVTALRM, SIGPROF};
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

static void end(int signal)
{
	ending = signal;
}

/* Not a thing to do in a handler; but the program is lost, and the terminal need not be. */
static void crash(int number)
{
	if (drawing) {
		drawing = 0;
		endwin();
	}
	signal(number, SIG_DFL);
	raise(number);
}

static void handle(const int *signals, size_t n, void (*handler)(int))
{
	struct sigaction a = {.sa_handler = handler};

	sigemptyset(&a.sa_mask);
	for (size_t i = 0; i < n; i++)
		sigaction(signals[i], &a, NULL);
}

int hr_screen_signal(void)
{
	return ending;
}

/*
 * Those that end the view, and of the terminal's size, come only while we wait: one that came just before would be seen
 * only after the next key. Other threads begin with the same mask, and get none.
 */
static void hold_back(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGWINCH);
	for (size_t i = 0; i < sizeof(polite) / sizeof(polite[0]); i++)
		sigaddset(&held, polite[i]);
	pthread_sigmask(SIG_BLOCK, &held, before);
}

void hr_screen_wait(const struct hr_screen *s, int other_fd, int ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	int keys = fileno(s->keys);
	struct pollfd gone = {.fd = keys, .events = POLLIN};
	sigset_t held;
	fd_set fds;

	FD_ZERO(&fds);
	FD_SET(keys, &fds);
	if (other_fd >= 0)
		FD_SET(other_fd, &fds);
	/* A signal ends the wait, too. */
	if (pselect((keys > other_fd ? keys : other_fd) + 1, &fds, NULL, NULL, ms < 0 ? NULL : &t, &s->mask) < 0)
		return;
	/* Where there is something to read at once, signals that are held back have not come yet. */
	pthread_sigmask(SIG_SETMASK, &s->mask, &held);
	pthread_sigmask(SIG_SETMASK, &held, NULL);
	/* The terminal is gone, with or without a signal: there is something to read for ever, and it is nothing. */
	if (FD_ISSET(keys, &fds) && poll(&gone, 1, 0) > 0 && (gone.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 &&
	    ending == 0)
		ending = SIGHUP;
}

/* --- opening and closing ---------------------------------------------------------- */

static unsigned fewer(unsigned colors, int terminal)
{
	if (terminal < 8)
		return 0;
	if (terminal < 16)
		terminal = 8;
	else if (terminal < 256)
		terminal = 16;
	else if (terminal < (int)HR_TRUECOLOR)
		terminal = 256;
	return colors < (unsigned)terminal ? colors : (unsigned)terminal;
}

static void start_colors(struct hr_screen *s)
{
	if (s->options.coloring.colors == 0 || !has_colors() || start_color() == ERR) {
		s->options.coloring.colors = 0;
		return;
	}
	s->options.coloring.colors = fewer(s->options.coloring.colors, COLORS);
	s->own_colors = use_default_colors() == OK;
}

/* Moves of the mouse while a button is held, which ncurses does not ask for. It asks for no mouse at the end, which ends this, too. */
static void ask_for_moves(void)
{
	if (has_mouse())
		fputs("\033[?1002h", stdout);
	fflush(stdout);
}

static void set_up(struct hr_screen *s)
{
	start_colors(s);
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	curs_set(0);
	set_escdelay(25);
	mouseinterval(0);
	mousemask(BUTTON1_PRESSED | BUTTON1_RELEASED | BUTTON4_PRESSED | BUTTON5_PRESSED | REPORT_MOUSE_POSITION, NULL);
	ask_for_moves();
	/* Not every terminal description names these. */
	define_key("\033[1;2D", KEY_SLEFT);
	define_key("\033[1;2C", KEY_SRIGHT);
}

/*
 * The description of the same terminal with 24-bit colours, where there is one (Debian: ncurses-term): "xterm-direct"
 * for "xterm-256color". NULL: there is none.
 */
static SCREEN *open_direct(struct hr_screen *s, const char *term)
{
	const char *end = strstr(term, "-256color");
	char name[64];

	if (end == NULL || end[strlen("-256color")] != '\0' || (size_t)(end - term) > sizeof(name) - 8)
		return NULL;
	snprintf(name, sizeof(name), "%.*s-direct", (int)(end - term), term);
	return newterm(name, stdout, s->keys);
}

/* From before the terminal is asked anything: a key that ends us then must find it as it was, too. */
static void catch_signals(struct hr_screen *s)
{
	ending = 0;
	hold_back(&s->mask);
	handle(polite, sizeof(polite) / sizeof(polite[0]), end);
}

static void let_signals_go(const struct hr_screen *s)
{
	handle(polite, sizeof(polite) / sizeof(polite[0]), SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
}

enum hr_status hr_screen_open(const struct hr_screen_options *o, struct hr_screen **screen, struct hr_error *err)
{
	const char *term = getenv("TERM");
	struct hr_screen *s;

	*screen = NULL;
	if (isatty(STDOUT_FILENO) != 1)
		return hr_error_set(err, HR_EUSAGE, "standard output is not a terminal");
	if (term == NULL || *term == '\0' || strcmp(term, "dumb") == 0)
		return hr_error_set(err, HR_EUSAGE, "the terminal has no cursor addressing (TERM is %s)",
				    term == NULL || *term == '\0' ? "not set" : term);
	s = hr_calloc(1, sizeof(*s));
	if (s == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	s->options = *o;
	s->keys = fopen("/dev/tty", "r+e");
	if (s->keys == NULL) {
		free(s);
		return hr_error_set(err, HR_EUSAGE, "no terminal to read keys from: %s", strerror(errno));
	}
	setlocale(LC_CTYPE, ""); /* how characters are sent; numbers stay as they are */
	catch_signals(s);
	if (s->options.coloring.theme == HR_THEME_AUTO && s->options.coloring.colors > 0)
		s->options.coloring.theme = hr_ground_ask(fileno(s->keys));
	if (s->options.coloring.colors > 256)
		s->screen = open_direct(s, term);
	if (s->screen == NULL)
		s->screen = newterm(NULL, stdout, s->keys);
	if (s->screen == NULL) {
		let_signals_go(s);
		fclose(s->keys);
		free(s);
		return hr_error_set(err, HR_EUSAGE, "unknown terminal type '%s'", term);
	}
	set_term(s->screen);
	drawing = 1;
	handle(crashes, sizeof(crashes) / sizeof(crashes[0]), crash);
	set_up(s);
	*screen = s;
	return HR_OK;
}

void hr_screen_close(struct hr_screen *s)
{
	if (s == NULL)
		return;
	drawing = 0;
	endwin();
	delscreen(s->screen);
	handle(crashes, sizeof(crashes) / sizeof(crashes[0]), SIG_DFL);
	let_signals_go(s);
	fclose(s->keys);
	free(s->shown);
	free(s);
}

void hr_screen_size(const struct hr_screen *s, unsigned *columns, unsigned *rows)
{
	int r, c;

	(void)s;
	getmaxyx(stdscr, r, c);
	*columns = c > 0 ? (unsigned)c : 1;
	*rows = r > 0 ? (unsigned)r : 1;
}

unsigned hr_screen_colors(const struct hr_screen *s)
{
	return s->options.coloring.colors;
}

bool hr_screen_utf8(const struct hr_screen *s)
{
	return s->options.utf8;
}

enum hr_theme hr_screen_theme(const struct hr_screen *s)
{
	return s->options.coloring.theme;
}

void hr_screen_set_palette(struct hr_screen *s, enum hr_palette palette)
{
	memset(s->pairs, 0, sizeof(s->pairs));
	s->npairs = 0;
	s->options.coloring.palette = palette;
	s->columns = s->rows = 0;
}

/* --- drawing ------------------------------------------------------------------------ */

static int color_of(const struct hr_screen *s, unsigned ink, int instead)
{
	int color = hr_ink_color(ink, &s->options.coloring);

	return color >= 0 || s->own_colors ? color : instead;
}

/*
 * The pair of these colours, perhaps in reverse: terminals of 8 colours have 64 pairs, and of two levels above one another
 * alone there may be as many. The terminal's own colours have no reverse: its background is no foreground.
 */
static int made_pair(const struct hr_screen *s, int fg, int bg)
{
	const bool scarce = COLOR_PAIRS < HR_INK_COUNT * HR_INK_COUNT;

	for (int i = 0; i < s->npairs; i++) {
		if (s->made[i].fg == fg && s->made[i].bg == bg)
			return i + 1;
		if (scarce && fg >= 0 && bg >= 0 && s->made[i].fg == bg && s->made[i].bg == fg)
			return -(i + 1);
	}
	return 0;
}

/* 0, the terminal's own colours, when there are no pairs left. */
static int pair_of(struct hr_screen *s, unsigned fg, unsigned bg)
{
	int *pair = &s->pairs[fg][bg], f = color_of(s, fg, COLOR_WHITE), b = color_of(s, bg, COLOR_BLACK);

	if (*pair == 0)
		*pair = made_pair(s, f, b);
	if (*pair == 0 && s->npairs + 1 < COLOR_PAIRS && init_extended_pair(s->npairs + 1, f, b) == OK) {
		s->made[s->npairs].fg = f;
		s->made[s->npairs].bg = b;
		*pair = ++s->npairs;
	}
	return *pair;
}

/* Where there are no colours: what is most important. */
static attr_t attributes_of(const struct hr_screen *s, const struct hr_glyph *g)
{
	if (hr_ink_is_bold(g->fg))
		return A_BOLD;
	if (s->options.coloring.colors > 0)
		return A_NORMAL;
	if (g->bg == HR_INK_CURSOR)
		return A_REVERSE;
	if (g->fg == HR_INK_FREE && hr_glyph_is_dots(g))
		return A_DIM;
	return A_NORMAL;
}

static void put(struct hr_screen *s, unsigned row, unsigned column, const struct hr_glyph *g)
{
	bool colors = s->options.coloring.colors > 0;
	bool dots = s->options.utf8 && hr_glyph_is_dots(g); /* read without colours, too */
	wchar_t text[2] = {!colors && !dots  ? (wchar_t)g->ascii
			   : s->options.utf8 ? (wchar_t)g->code
					     : (wchar_t)hr_glyph_plain(g),
			   L'\0'};
	int pair = colors ? pair_of(s, g->fg, g->bg) : 0;
	attr_t attributes = attributes_of(s, g) | (pair < 0 ? A_REVERSE : A_NORMAL);
	cchar_t c;

	pair = abs(pair);
	if (setcchar(&c, text, attributes, (short)pair, &pair) == OK)
		mvadd_wch((int)row, (int)column, &c);
}

void hr_screen_show(struct hr_screen *s, const struct hr_glyph *at, unsigned columns, unsigned rows, bool anew)
{
	size_t n = (size_t)columns * rows;
	bool all = anew || columns != s->columns || rows != s->rows;

	if (!hr_reserve(&s->shown, &s->cap, n, sizeof(*s->shown)))
		return;
	if (all)
		erase();
	for (size_t i = 0; i < n; i++) {
		const struct hr_glyph *was = &s->shown[i];

		if (!all && was->code == at[i].code && was->ascii == at[i].ascii && was->fg == at[i].fg &&
		    was->bg == at[i].bg)
			continue;
		put(s, (unsigned)(i / columns), (unsigned)(i % columns), &at[i]);
		s->shown[i] = at[i];
	}
	s->columns = columns;
	s->rows = rows;
	if (anew)
		clearok(stdscr, TRUE);
	refresh();
	if (anew)
		ask_for_moves();
}

/* --- keys ------------------------------------------------------------------------------ */

static uint32_t key_of(const MEVENT *e)
{
	if (e->bstate & BUTTON4_PRESSED)
		return HR_KEY_WHEEL_UP;
	if (e->bstate & BUTTON5_PRESSED)
		return HR_KEY_WHEEL_DOWN;
	/* ncurses tells a move with a button held as a position, and some versions as a press as well. */
	if (e->bstate & REPORT_MOUSE_POSITION)
		return HR_KEY_DRAG;
	if (e->bstate & BUTTON1_RELEASED)
		return HR_KEY_DROP;
	return e->bstate & BUTTON1_PRESSED ? HR_KEY_CLICK : HR_KEY_NONE;
}

/* The oldest event: of several that came together ncurses tells once, and gives the newest first. */
static uint32_t next_event(struct hr_screen *s, unsigned *row, unsigned *column)
{
	const MEVENT *e;

	if (s->nevents == 0)
		return HR_KEY_NONE;
	e = &s->events[--s->nevents];
	*row = e->y > 0 ? (unsigned)e->y : 0;
	*column = e->x > 0 ? (unsigned)e->x : 0;
	return key_of(e);
}

static uint32_t mouse_key(struct hr_screen *s, unsigned *row, unsigned *column)
{
	while (s->nevents < MAX_EVENTS && getmouse(&s->events[s->nevents]) == OK)
		s->nevents++;
	return next_event(s, row, column);
}

static const struct {
	int code;
	uint32_t key;
} special_keys[] = {
    {KEY_LEFT, HR_KEY_LEFT},	  {KEY_RIGHT, HR_KEY_RIGHT},	  {KEY_UP, HR_KEY_UP},
    {KEY_DOWN, HR_KEY_DOWN},	  {KEY_SLEFT, HR_KEY_SHIFT_LEFT}, {KEY_SRIGHT, HR_KEY_SHIFT_RIGHT},
    {KEY_PPAGE, HR_KEY_PAGE_UP},  {KEY_NPAGE, HR_KEY_PAGE_DOWN},  {KEY_HOME, HR_KEY_HOME},
    {KEY_END, HR_KEY_END},	  {KEY_ENTER, HR_KEY_ENTER},	  {KEY_BACKSPACE, HR_KEY_BACK},
    {KEY_RESIZE, HR_KEY_RESIZED}, {KEY_F(1), HR_KEY_F1},	  {KEY_F(3), HR_KEY_F3},
    {KEY_F(10), HR_KEY_F10},
};

/*
 * Behind an ESC: the rest of an answer of the terminal, which came too late for who asked ("]11;rgb:...", "[?62c"), or to a
 * program before us. As keys it would do whatever its letters mean. False: it is something else, and still to be read.
 */
static bool skip_answer(void)
{
	wint_t c = 0, last;
	int got = get_wch(&c);
	bool string, ended = false;

	if (got == KEY_CODE_YES)
		ungetch((int)c);
	else if (got == OK && c != ']' && c != '[')
		unget_wch((wchar_t)c);
	if (got != OK || (c != ']' && c != '['))
		return false;
	string = c == ']';
	/* It may come in pieces. */
	timeout(ANSWER_PIECE_MS);
	for (int n = 0; !ended && n < MOST_ANSWER; n++) {
		last = c;
		got = get_wch(&c);
		ended = got == ERR || (string ? c == '\a' || (last == 0x1b && c == '\\') : c >= 0x40 && c <= 0x7e);
	}
	nodelay(stdscr, TRUE);
	return true;
}

uint32_t hr_screen_key(struct hr_screen *s, unsigned *row, unsigned *column)
{
	wint_t c;
	int got;

	if (s->nevents > 0)
		return next_event(s, row, column);
	got = get_wch(&c);
	if (got == ERR)
		return HR_KEY_NONE;
	if (got == KEY_CODE_YES) {
		if (c == KEY_MOUSE)
			return mouse_key(s, row, column);
		for (size_t i = 0; i < sizeof(special_keys) / sizeof(special_keys[0]); i++)
			if ((int)c == special_keys[i].code)
				return special_keys[i].key;
		return HR_KEY_NONE;
	}
	switch (c) {
	case '\r':
	case '\n':
		return HR_KEY_ENTER;
	case 0x7f:
	case '\b':
		return HR_KEY_BACK;
	case 0x1b:
		return skip_answer() ? hr_screen_key(s, row, column) : HR_KEY_ESCAPE;
	default:
		return (uint32_t)c;
	}
}
