/* Progress on a terminal's standard error, for work that takes longer than a second. */
#include "config.h"

#include "base/units.h"
#include "cmd/cli.h"

#include <time.h>
#include <unistd.h>

#define FIRST_NS 1000000000
#define EVERY_NS 200000000

/* One command runs at a time, and only the command layer keeps time by the real clock. */
static struct {
	uint64_t started_ns, shown_ns;
	bool shown;
} state;

static uint64_t real_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void show(void *ctx, uint64_t done, uint64_t total, uint64_t trace_ns)
{
	uint64_t now = real_ns(), elapsed = now - state.started_ns;
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF], d[HR_UNIT_BUF];
	double rate;

	(void)ctx;
	if (elapsed < FIRST_NS || now - state.shown_ns < EVERY_NS)
		return;
	state.shown_ns = now;
	state.shown = true;
	rate = (double)done / ((double)elapsed / 1e9);
	fprintf(stderr, "\r\033[K%s of trace time, %s read, %s/s", hr_format_ns(a, trace_ns), hr_format_bytes(b, done),
		hr_format_bytes(c, (uint64_t)rate));
	if (total > done && rate > 0)
		fprintf(stderr, ", %.0f %%, %s left", 100.0 * (double)done / (double)total,
			hr_format_ns(d, (uint64_t)((double)(total - done) / rate * 1e9)));
	fflush(stderr);
}

void cli_progress_start(struct hr_replay_options *replay, const struct cli_options *o)
{
	if (o->quiet || !isatty(STDERR_FILENO))
		return;
	state.started_ns = real_ns();
	state.shown_ns = 0;
	state.shown = false;
	replay->progress = show;
}

void cli_progress_end(void)
{
	if (state.shown)
		fputs("\r\033[K", stderr);
	state.shown = false;
}
