/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of gctrace and scavtrace; see gclog.h. */
#include "config.h"

#include "trace/go/gclog.h"

#include "base/alloc.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define MAX_LATE_NS (UINT64_C(60) * 1000 * MS) /* a line that is read later than that is of another run */
#define SMALLEST_GOAL (UINT64_C(4) << 20)
#define HALF_MIB (UINT64_C(1) << 19)
#define SAME_RATIO 1.3	  /* of figures as small as 8 MiB, cut */
#define STAMP_DIGITS 9	  /* of ns: a machine that has been up for 0.1 s */
#define EARLY_NS (5 * MS) /* nothing is read before it is printed; for what origin_ns may be off */

/* --- pieces of a line -------------------------------------------------------- */

/* Digits, and behind a point up to nine more: units of 1e-9. The text behind them, or NULL. */
static const char *parse_nano(const char *s, uint64_t *nano, unsigned *decimals)
{
	uint64_t whole = 0, part = 0;
	const char *from = s;

	for (; isdigit((unsigned char)*s); s++) {
		if (whole > UINT64_MAX / 1000000000 / 10 - 10)
			return NULL;
		whole = whole * 10 + (uint64_t)(*s - '0');
	}
	if (s == from)
		return NULL;
	*decimals = 0;
	if (*s == '.')
		for (s++; isdigit((unsigned char)*s) && *decimals < 9; s++, ++*decimals)
			part = part * 10 + (uint64_t)(*s - '0');
	while (isdigit((unsigned char)*s))
		s++;
	for (unsigned i = *decimals; i < 9; i++)
		part *= 10;
	*nano = whole * 1000000000 + part;
	return s;
}

static const char *parse_digits(const char *s, uint64_t *n)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return NULL;
	errno = 0;
	*n = strtoull(s, &end, 10);
	return errno == 0 ? end : NULL;
}

static const char *expect(const char *s, const char *word)
{
	size_t n = strlen(word);

	return s != NULL && strncmp(s, word, n) == 0 ? s + n : NULL;
}

/* "0.016": ns, and what the digits that were cut off may stand for; the world is stopped meanwhile, or not. */
static const char *parse_phase(const char *s, struct hr_gc_cycle *c, bool stopped)
{
	uint64_t nano, slack = MS;
	unsigned decimals;

	if (s == NULL || (s = parse_nano(s, &nano, &decimals)) == NULL)
		return NULL;
	for (unsigned i = 0; i < decimals && slack > 1; i++)
		slack /= 10;
	c->length_ns += nano / 1000; /* the text is in ms */
	if (stopped)
		c->stw_ns += nano / 1000;
	c->length_slack_ns += slack;
	return s;
}

/*
 * "0.2+0.3/0.7/1.1+0.006 ms cpu": stop, assists / dedicated and fractional workers /
 * idle ones, stop. All 0 where that can't be read.
 */
static void parse_cpu(const char *s, struct hr_gc_cycle *c)
{
	static const char before[] = "\0+//+";
	uint64_t nano[5];
	unsigned decimals;

	for (unsigned i = 0; i < 5; i++) {
		if (i > 0 && *s++ != before[i])
			return;
		s = parse_nano(s, &nano[i], &decimals);
		if (s == NULL)
			return;
	}
	/* The text is in ms. */
	c->stw_cpu_ns = nano[0] / 1000 + nano[4] / 1000;
	c->assist_cpu_ns = nano[1] / 1000;
	c->dedicated_cpu_ns = nano[2] / 1000;
	c->idle_cpu_ns = nano[3] / 1000;
}

/* A number of ns, or seconds with a fraction, before the program's own text. 0: there is none. */
static const char *skip_stamp(const char *line, uint64_t *stamp_ns)
{
	const char *s;
	uint64_t nano;
	unsigned decimals;

	*stamp_ns = 0;
	s = parse_digits(line, &nano);
	if (s != NULL && *s == '.')
		s = parse_nano(line, &nano, &decimals);
	if (s == NULL || (*s != ' ' && *s != '\t'))
		return line;
	*stamp_ns = nano;
	return s + strspn(s, " \t");
}

/*
 * gc 1 @0.013s 3%: 0.10+0.99+0.003 ms clock, ... ms cpu, 4->4->2 MB, 4 MB goal, ..., 4 P (forced)
 * Go 1.18 has less between goal and Ps; nothing there is needed.
 */
static bool parse_cycle(const char *s, struct hr_gc_cycle *c)
{
	uint64_t percent, heap, procs = 0;
	unsigned decimals;

	s = parse_digits(s, &c->number);
	s = expect(s, " @");
	if (s == NULL || (s = parse_nano(s, &c->start_ns, &decimals)) == NULL || (s = expect(s, "s ")) == NULL)
		return false;
	s = parse_digits(s, &percent);
	s = parse_phase(expect(s, "%: "), c, true);
	s = parse_phase(expect(s, "+"), c, false);
	s = parse_phase(expect(s, "+"), c, true);
	s = expect(s, " ms clock, ");
	if (s != NULL)
		parse_cpu(s, c);
	if (s == NULL || (s = strstr(s, " ms cpu, ")) == NULL)
		return false;
	s = parse_digits(s + strlen(" ms cpu, "), &c->start_mib);
	if ((s = expect(s, "->")) == NULL || (s = parse_digits(s, &heap)) == NULL || (s = expect(s, "->")) == NULL)
		return false;
	if ((s = parse_digits(s, &c->live_mib)) == NULL || (s = expect(s, " MB, ")) == NULL)
		return false;
	if ((s = parse_digits(s, &c->goal_mib)) == NULL || (s = expect(s, " MB goal")) == NULL)
		return false;
	for (const char *word = s; (word = strchr(word, ',')) != NULL;) {
		const char *end;

		word += 1 + strspn(word + 1, " ");
		end = parse_digits(word, &heap);
		if (expect(end, " P") != NULL && end[2] != 'a')
			procs = heap;
	}
	c->procs = procs <= INT16_MAX ? (unsigned)procs : 0;
	c->forced = strstr(s, " (forced)") != NULL;
	return c->start_mib < UINT64_C(1) << 40 && c->live_mib < UINT64_C(1) << 40 && c->goal_mib < UINT64_C(1) << 40;
}

static enum hr_status add_cycle(struct hr_gc_log *log, const char *text, uint64_t stamp_ns)
{
	struct hr_gc_cycle c = {.stamp_ns = stamp_ns};

	if (!parse_cycle(text, &c) || (log->n > 0 && c.start_ns < log->cycles[log->n - 1].start_ns)) {
		log->bad_lines++;
		return HR_OK;
	}
	if (!hr_reserve(&log->cycles, &log->cap, log->n + 1, sizeof(c)))
		return HR_ENOMEM;
	if (c.number > log->last_number + 1)
		log->lost += c.number - log->last_number - 1;
	log->last_number = c.number;
	log->cycles[log->n++] = c;
	return HR_OK;
}

/*
 * A line at the end of a cycle's sweep, one a cycle, in order; it may come
 * before the cycle's own, which is printed at nearly the same time. FreeOSMemory
 * adds one more, behind that of the cycle that it asked for.
 */
static enum hr_status see_sweep(struct hr_gc_log *log, const char *text, uint64_t stamp_ns)
{
	if (strstr(text, " util") == NULL)
		return HR_OK;
	if (strstr(text, " (forced)") != NULL) {
		for (size_t i = log->n; i-- > 0;)
			if (log->cycles[i].forced) {
				log->cycles[i].free_os_memory = true;
				break;
			}
		return HR_OK;
	}
	if (!hr_reserve(&log->sweeps, &log->sweeps_cap, log->nsweeps + 1, sizeof(*log->sweeps)))
		return HR_ENOMEM;
	log->sweeps[log->nsweeps++] = stamp_ns;
	return HR_OK;
}

/*
 * The stamp that ends before `end`: what is in front of the runtime's line. The
 * whole of it, or, as behind it a container's or a logger's words may stand, its last
 * word where that is ns of a clock and no small number of the program's.
 */
static uint64_t stamp_before(const char *line, const char *end)
{
	uint64_t stamp_ns;
	const char *word;

	if (end == line || (end[-1] != ' ' && end[-1] != '\t'))
		return 0;
	if (skip_stamp(line, &stamp_ns) == end)
		return stamp_ns;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	for (word = end; word > line && isdigit((unsigned char)word[-1]);)
		word--;
	if (end - word < STAMP_DIGITS || (word > line && word[-1] != ' ' && word[-1] != '\t' && word[-1] != '"') ||
	    parse_digits(word, &stamp_ns) != end)
		return 0;
	return stamp_ns;
}

/* "1 @0.013s": does it go on as a line of gctrace would? At the front of a line less is enough, to be a bad one. */
static bool looks_like_cycle(const char *s, bool front)
{
	uint64_t number;

	s = parse_digits(s, &number);
	s = expect(s, " @");
	return s != NULL && (front || isdigit((unsigned char)*s));
}

enum hr_status hr_gc_log_line(struct hr_gc_log *log, const char *line)
{
	uint64_t stamp_ns;
	const char *front = skip_stamp(line, &stamp_ns);

	for (const char *s = line; (s = strstr(s, "gc ")) != NULL; s++)
		if (looks_like_cycle(s + 3, s == front))
			return add_cycle(log, s + 3, stamp_before(line, s));
	for (const char *s = line; (s = strstr(s, "scav ")) != NULL; s++)
		if (isdigit((unsigned char)s[5]))
			return see_sweep(log, s, stamp_before(line, s));
	return HR_OK;
}

/* JSON's escape of the only letter of these lines that some writers of JSON escape. */
static void unescape(char *line)
{
	char *p = line;

	while ((p = strstr(p, "\\u003e")) != NULL) {
		*p++ = '>';
		memmove(p, p + 5, strlen(p + 5) + 1);
	}
}

enum hr_status hr_gc_log_read(struct hr_gc_log *log, const char *path, struct hr_error *err)
{
	enum hr_status status = HR_OK;
	char line[1 << 16];
	bool failed;
	FILE *f = fopen(path, "r");

	memset(log, 0, sizeof(*log));
	if (f == NULL)
		return hr_error_set(err, HR_EIO, "cannot open the GC log %s: %s", path, strerror(errno));
	while (status == HR_OK && fgets(line, sizeof(line), f) != NULL) {
		unescape(line);
		status = hr_gc_log_line(log, line);
	}
	failed = ferror(f);
	fclose(f);
	if (status != HR_OK)
		return hr_error_set(err, status, "out of memory for the GC log");
	if (failed)
		return hr_error_set(err, HR_EIO, "cannot read the GC log %s", path);
	if (log->n == 0)
		return hr_error_set(err, HR_EINPUT,
				    "there is no garbage collection in the GC log %s; it should be what the program "
				    "prints with GODEBUG=gctrace=1",
				    path);
	return HR_OK;
}

void hr_gc_log_release(struct hr_gc_log *log)
{
	free(log->cycles);
	free(log->sweeps);
	memset(log, 0, sizeof(*log));
}

/* --- goals -------------------------------------------------------------------- */

static uint64_t bytes_of(uint64_t mib)
{
	return mib << 20 == SMALLEST_GOAL ? SMALLEST_GOAL : (mib << 20) + HALF_MIB;
}

/* A goal that was raised is a little above where the cycle began. */
static bool may_be_raised(const struct hr_gc_cycle *c)
{
	return c->goal_mib <= c->start_mib + 1;
}

/* Cycles of a few MiB are no measure; those whose goal was raised are none, either. */
static double ratio_of(const struct hr_gc_log *log)
{
	double low = 0, high = 0, ratio = 2;
	uint64_t most = 0;

	for (size_t i = 1; i < log->n; i++) {
		uint64_t live = log->cycles[i - 1].live_mib;
		double r = (double)bytes_of(log->cycles[i].goal_mib) / (double)bytes_of(live);

		if (live < 8 || may_be_raised(&log->cycles[i]))
			continue;
		low = low == 0 || r < low ? r : low;
		high = r > high ? r : high;
		if (live > most) {
			most = live;
			ratio = r;
		}
	}
	return high <= low * SAME_RATIO ? ratio : 0;
}

/* --- on the recorder's clock -------------------------------------------------- */

/* Where it may have begun, and where it may have ended. */
static uint64_t begin_low(const struct hr_gc_log *log, const struct hr_gc_cycle *c)
{
	return log->origin_ns + c->start_ns;
}

static uint64_t end_low(const struct hr_gc_log *log, const struct hr_gc_cycle *c)
{
	return begin_low(log, c) + c->length_ns;
}

static uint64_t end_high(const struct hr_gc_log *log, const struct hr_gc_cycle *c)
{
	uint64_t high = end_low(log, c) + MS + c->length_slack_ns;

	return c->stamp_ns != 0 && c->stamp_ns < high ? c->stamp_ns : high;
}

enum hr_status hr_gc_log_place(struct hr_gc_log *log, uint64_t origin_ns, struct hr_error *err)
{
	log->origin_ns = origin_ns;
	log->ratio = ratio_of(log);
	for (size_t i = 0; i < log->n; i++) {
		const struct hr_gc_cycle *c = &log->cycles[i];

		if (c->stamp_ns != 0 &&
		    (c->stamp_ns + EARLY_NS < end_low(log, c) || c->stamp_ns > end_low(log, c) + MAX_LATE_NS))
			return hr_error_set(
			    err, HR_EINPUT,
			    "the GC log is not of this run: collection %zu ended %.3f s after the "
			    "program's start, but its line has a stamp of %" PRIu64 " ns where that was "
			    "at %" PRIu64 " ns; the stamps must be of CLOCK_MONOTONIC",
			    i + 1, (double)(c->start_ns + c->length_ns) / 1e9, c->stamp_ns, end_low(log, c));
	}
	return HR_OK;
}

void hr_gc_log_saw_free(struct hr_gc_log *log, uint64_t time_ns)
{
	size_t low = 0, high = log->n;
	struct hr_gc_cycle *c;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (begin_low(log, &log->cycles[mid]) <= time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return;
	c = &log->cycles[low - 1];
	if (time_ns < begin_low(log, c) + MS && time_ns > c->last_free_ns)
		c->last_free_ns = time_ns;
	if (time_ns >= end_low(log, c) && time_ns < end_high(log, c) &&
	    (c->first_free_ns == 0 || time_ns < c->first_free_ns))
		c->first_free_ns = time_ns;
}

void hr_gc_log_choose(struct hr_gc_log *log)
{
	uint64_t before = 0;

	for (size_t i = 0; i < log->n; i++) {
		struct hr_gc_cycle *c = &log->cycles[i];
		uint64_t low = end_low(log, c), high = end_high(log, c);

		c->end_ns = high > low ? low + (high - low) / 2 : high;
		if (c->first_free_ns != 0 && c->first_free_ns < c->end_ns)
			c->end_ns = c->first_free_ns;
		c->begin_ns = begin_low(log, c) + MS / 2;
		/* A cycle shorter than the window may have both sorts of frees in it; the end is the surer one. */
		if (c->last_free_ns >= c->begin_ns && c->last_free_ns < c->end_ns)
			c->begin_ns = c->last_free_ns + 1;
		if (c->begin_ns > c->end_ns)
			c->begin_ns = c->end_ns;
		if (c->begin_ns < before)
			c->begin_ns = before;
		if (c->end_ns < c->begin_ns)
			c->end_ns = c->begin_ns;
		before = c->end_ns;
	}
	/* The sweep's line is printed when the sweep is done, and read a little later. */
	for (size_t i = 0; i < log->n && i < log->nsweeps; i++) {
		struct hr_gc_cycle *c = &log->cycles[i];

		if (log->sweeps[i] == 0)
			continue;
		c->swept_ns = log->sweeps[i] > c->end_ns ? log->sweeps[i] : c->end_ns;
		if (i + 1 < log->n && c->swept_ns > c[1].begin_ns)
			c->swept_ns = c[1].begin_ns;
	}
}

uint64_t hr_gc_log_raised_goal(const struct hr_gc_log *log, size_t i)
{
	return bytes_of(log->cycles[i].goal_mib);
}

/* What lives after a cycle, times the ratio; 4 MiB at least. */
static uint64_t goal_after(const struct hr_gc_log *log, const struct hr_gc_cycle *c)
{
	double goal = (double)bytes_of(c->live_mib) * log->ratio;

	if (goal >= 0x1p63) /* a log that says nonsense */
		return INT64_MAX;
	return goal > (double)SMALLEST_GOAL ? (uint64_t)goal : SMALLEST_GOAL;
}

uint64_t hr_gc_log_goal(const struct hr_gc_log *log, size_t i)
{
	uint64_t told = hr_gc_log_raised_goal(log, i < log->n ? i : log->n - 1), goal;

	if (log->ratio == 0 || i == 0 || (i < log->n && !may_be_raised(&log->cycles[i])))
		return told;
	goal = goal_after(log, &log->cycles[i - 1]);
	/* A raised goal is clearly higher: values in whole MiB are too coarse for small differences. */
	return i == log->n || goal + goal / 10 + HALF_MIB < told ? goal : told;
}
