/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Progress on standard error, if that is a terminal and the work takes longer
 * than a second: one line, cut to the width of the terminal and erased at the
 * end.
 */
#include "config.h"

#include "base/print.h"
#include "base/units.h"
#include "cmd/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FIRST_NS 1000000000
#define EVERY_NS 200000000
#define DEFAULT_COLUMNS 80

/* One command runs at a time, and only the command layer keeps time by the real clock. */
static struct {
	uint64_t started_ns, shown_ns;
	bool wanted, shown;
	bool outside; /* also in the terminal's own progress bar */
} state;

static uint64_t real_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static size_t columns(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : DEFAULT_COLUMNS;
}

/* Appends a part to the line unless it would reach the last column, where terminals begin to wrap. */
static void part(char *line, size_t room, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void part(char *line, size_t room, const char *fmt, ...)
{
	size_t n = strlen(line);
	const char *comma = n > 0 ? ", " : "";
	char text[2 * HR_UNIT_BUF];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n + strlen(comma) + strlen(text) < room)
		snprintf(line + n, room - n, "%s%s", comma, text);
}

/* What OSC 9 is elsewhere (a message to the user) must not be sent: only to those that are known to have a bar. */
static bool has_bar(void)
{
	static const char *const programs[] = {"WezTerm", "ghostty", NULL};
	const char *program = getenv("TERM_PROGRAM"), *conemu = getenv("ConEmuANSI");

	for (size_t i = 0; program != NULL && programs[i] != NULL; i++)
		if (strcmp(program, programs[i]) == 0)
			return true;
	return getenv("WT_SESSION") != NULL || (conemu != NULL && strcmp(conemu, "ON") == 0);
}

void cli_progress_update(uint64_t done, uint64_t total, uint64_t events, uint64_t trace_ns)
{
	char line[256] = "", buf[HR_UNIT_BUF];
	size_t room = sizeof(line);
	uint64_t now;
	double seconds;

	if (!state.wanted)
		return;
	now = real_ns();
	if (now - state.started_ns < FIRST_NS || now - state.shown_ns < EVERY_NS)
		return;
	seconds = (double)(now - state.started_ns) / 1e9;
	if (columns() < room)
		room = columns();
	/* Print the most important part first; what does not fit is omitted. */
	if (total >= done && done > 0) {
		part(line, room, "%.0f %%", 100.0 * (double)done / (double)total);
		part(line, room, "%s left",
		     hr_format_ns(buf, (uint64_t)((double)(total - done) / (double)done * seconds * 1e9)));
	} else {
		part(line, room, "%s read", hr_format_bytes(buf, done));
	}
	if (events > 0)
		part(line, room, "%s events/s", hr_format_count(buf, (uint64_t)((double)events / seconds)));
	else
		part(line, room, "%s/s", hr_format_bytes(buf, (uint64_t)((double)done / seconds)));
	part(line, room, "at %s of the trace", hr_format_ns(buf, trace_ns));
	hr_print(stderr, "\r\033[K%s", line);
	if (state.outside && total >= done && total > 0)
		hr_print(stderr, "\033]9;4;1;%u\033\\", (unsigned)((double)done / (double)total * 100));
	else if (state.outside)
		fputs("\033]9;4;3;0\033\\", stderr);
	fflush(stderr);
	state.shown_ns = now;
	state.shown = true;
}

void cli_progress_reader(const struct hr_reader *r, uint64_t trace_ns)
{
	uint64_t done, total;

	if (!state.wanted)
		return;
	hr_reader_progress(r, &done, &total);
	cli_progress_update(done, total, hr_reader_stats(r)->events_total, trace_ns);
}

static void of_replay(void *ctx, uint64_t done, uint64_t total, uint64_t trace_ns)
{
	(void)ctx;
	cli_guard_alive();
	cli_progress_update(done, total, 0, trace_ns);
}

void cli_progress_start(struct hr_replay_options *replay, const struct cli_options *o)
{
	const char *term = getenv("TERM");

	state.wanted = !o->quiet && isatty(STDERR_FILENO) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
	if (replay != NULL && (cli_guard_watch() || state.wanted))
		replay->progress = of_replay;
	if (!state.wanted)
		return;
	state.outside = has_bar();
	state.started_ns = real_ns();
	state.shown_ns = 0;
	state.shown = false;
}

void cli_progress_clear(void)
{
	if (state.shown && state.outside)
		fputs("\033]9;4;0;0\033\\", stderr);
	if (state.shown)
		fputs("\r\033[K", stderr);
	state.shown = false;
}

void cli_progress_end(void)
{
	cli_guard_unwatch();
	cli_progress_clear();
	state.wanted = false;
}
