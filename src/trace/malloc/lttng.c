/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line is "[TIME] (DIFFERENCE) HOST lttng_ust_libc:EVENT: { context }, ..., {
 * fields }", fields as "name = value"; the contexts vpid and vtid are there where
 * they were asked for (lttng add-context). Events are those of lttng-ust's
 * ust_libc.h; of posix_memalign out_ptr is the object's address.
 *
 * Times are of the day, of a date, or (babeltrace2 --clock-seconds) seconds
 * since 1970, with nanoseconds.
 */
#include "config.h"

#include "trace/malloc/lttng.h"

#include "base/alloc.h"
#include "trace/malloc/malloc_text.h"
#include "trace/malloc/scan.h"

#include <stdlib.h>
#include <string.h>

#define NS_A_SECOND UINT64_C(1000000000)
#define NS_A_DAY (UINT64_C(86400) * NS_A_SECOND)

static const char provider[] = " lttng_ust_libc:";

enum what { MALLOC, CALLOC, REALLOC, FREE, MEMALIGN, POSIX_MEMALIGN, OTHER };

static const char *const names[] = {"malloc", "calloc", "realloc", "free", "memalign", "posix_memalign"};

/* What of a line's fields is needed; a bit each where it was there. */
enum field { SIZE, NMEMB, PTR, IN_PTR, OUT_PTR, VPID, VTID, NFIELDS };

static const char *const fields[NFIELDS] = {"size", "nmemb", "ptr", "in_ptr", "out_ptr", "vpid", "vtid"};

struct lttng {
	struct hr_malloc_text text;
	uint64_t day_ns, last_ns; /* of times of the day: midnights so far; the line before */
};

struct line {
	uint64_t time_ns;
	bool has_time, of_day;
	enum what what;
	unsigned there;
	uint64_t values[NFIELDS];
};

/* Two digits below 60 or 24 and so on, and what stands behind them. */
static bool scan_two(const char **p, unsigned end, char behind, uint64_t *x)
{
	const char *s = *p;

	if (!hr_scan_decimal(&s, x) || s - *p != 2 || *x >= end || *s != behind)
		return false;
	*p = s + 1;
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar (Fliegel and Van Flandern 1968). */
static uint64_t days_of(uint64_t year, uint64_t month, uint64_t day)
{
	const int64_t y = (int64_t)year, m = (int64_t)month, d = (int64_t)day;
	const int64_t julian = (1461 * (y + 4800 + (m - 14) / 12)) / 4 + (367 * (m - 2 - 12 * ((m - 14) / 12))) / 12 -
			       (3 * ((y + 4900 + (m - 14) / 12) / 100)) / 4 + d - 32075;

	return (uint64_t)(julian - 2440588);
}

/* "[" to "]". */
static bool scan_time(const char **line, struct line *l)
{
	const char *p = *line;
	uint64_t x, month, day, hour, minute, seconds, scale = NS_A_SECOND;

	if (*p++ != '[')
		return false;
	l->of_day = p[0] != '\0' && p[1] != '\0' && p[2] == ':';
	if (p[0] != '\0' && strnlen(p, 5) == 5 && p[4] == '-') {
		if (!hr_scan_decimal(&p, &x) || x < 1970 || x > 2200 || *p++ != '-' || !scan_two(&p, 13, '-', &month) ||
		    !scan_two(&p, 32, ' ', &day))
			return false;
		l->time_ns = days_of(x, month, day) * NS_A_DAY;
	}
	if (scan_two(&p, 24, ':', &hour)) {
		if (!scan_two(&p, 60, ':', &minute) || !hr_scan_decimal(&p, &seconds) || seconds > 60)
			return false;
		seconds += hour * 3600 + minute * 60;
	} else if (!hr_scan_decimal(&p, &seconds) || seconds > INT64_MAX / NS_A_SECOND / 2) {
		return false;
	}
	l->time_ns += seconds * NS_A_SECOND;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++) {
			scale /= 10;
			l->time_ns += (uint64_t)(*p - '0') * scale;
		}
	l->has_time = *p == ']';
	*line = p + 1;
	return l->has_time;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9');
}

/* "name = number", wherever they stand. A value that is no number is that of a field that is not needed. */
static bool scan_fields(const char *p, struct line *l)
{
	while ((p = strstr(p, " = ")) != NULL) {
		const char *name = p;

		p += 3;
		while (is_name(name[-1]))
			name--;
		for (unsigned f = 0; f < NFIELDS; f++) {
			const size_t n = strlen(fields[f]);

			if ((size_t)(p - 3 - name) != n || memcmp(name, fields[f], n) != 0)
				continue;
			if (!(p[0] == '0' && (p[1] | 0x20) == 'x' ? hr_scan_hex(&p, &l->values[f])
								  : hr_scan_decimal(&p, &l->values[f])))
				return false;
			l->there |= 1u << f;
		}
	}
	return true;
}

static bool parse(const char *p, struct line *l)
{
	static const unsigned needed[] = {
	    [MALLOC] = 1 << SIZE | 1 << PTR,
	    [CALLOC] = 1 << SIZE | 1 << NMEMB | 1 << PTR,
	    [FREE] = 1 << PTR,
	    [REALLOC] = 1 << SIZE | 1 << PTR | 1 << IN_PTR,
	    [MEMALIGN] = 1 << SIZE | 1 << PTR,
	    [POSIX_MEMALIGN] = 1 << SIZE | 1 << OUT_PTR,
	    [OTHER] = 0,
	};
	const char *event = strstr(p, provider);
	size_t n;

	*l = (struct line){.what = MALLOC};
	if (event == NULL || (*p == '[' && !scan_time(&p, l)))
		return false;
	event += sizeof(provider) - 1;
	n = strcspn(event, ":");
	if (event[n] != ':')
		return false;
	while (l->what < OTHER && (strlen(names[l->what]) != n || memcmp(names[l->what], event, n) != 0))
		l->what++;
	return scan_fields(event + n, l) && (l->there & needed[l->what]) == needed[l->what];
}

static bool ours(const char *line)
{
	struct line l;

	return parse(line, &l) && l.what != OTHER;
}

static bool timed(const char *line)
{
	struct line l;

	return parse(line, &l) && l.has_time;
}

static bool threaded(const char *line)
{
	struct line l;

	return parse(line, &l) && (l.there & 1 << VTID) != 0;
}

static bool lttng_detect(const uint8_t *head, size_t n)
{
	return hr_malloc_text_detect(head, n, ours);
}

static void set_time(struct lttng *t, const struct line *l)
{
	/* Clocks of the day fall at midnight, and by less where buffers of several processors meet. */
	if (l->of_day && l->time_ns + NS_A_DAY / 2 < t->last_ns)
		t->day_ns += NS_A_DAY;
	t->last_ns = l->time_ns;
	hr_mallocs_time(&t->text.mallocs, t->day_ns + l->time_ns);
}

static enum hr_status apply(struct lttng *t, const struct line *l, int16_t p, struct hr_error *err)
{
	struct hr_mallocs *m = &t->text.mallocs;
	const uint64_t *v = l->values;
	uint64_t size = v[SIZE];

	switch (l->what) {
	case CALLOC:
		if (__builtin_mul_overflow(v[SIZE], v[NMEMB], &size))
			size = UINT64_MAX;
		__attribute__((fallthrough));
	case MALLOC:
	case MEMALIGN:
		return hr_mallocs_alloc(m, v[PTR], size, p, err);
	case POSIX_MEMALIGN:
		return hr_mallocs_alloc(m, v[OUT_PTR], size, p, err);
	case REALLOC:
		return hr_mallocs_realloc(m, v[IN_PTR], v[PTR], size, p, err);
	case FREE:
		return hr_mallocs_free(m, v[PTR], p, err);
	case OTHER:
		break;
	}
	return HR_OK;
}

static enum hr_status lttng_take(struct hr_reader *r, const char *text, size_t n, bool *bad, struct hr_error *err)
{
	struct lttng *t = r->state;
	int16_t p = HR_NO_P;
	struct line l;

	(void)n;
	/* Other providers' events may stand between. */
	if (strstr(text, provider) == NULL)
		return HR_OK;
	if (!parse(text, &l)) {
		*bad = true;
		return HR_OK;
	}
	if ((l.there & 1 << VPID) != 0 && !hr_malloc_text_of_process(&t->text, l.values[VPID]))
		return HR_OK;
	if (l.has_time && t->text.mallocs.clock == HR_CLOCK_EXACT)
		set_time(t, &l);
	if (r->meta.has_threads && (l.there & 1 << VTID) != 0)
		p = hr_malloc_text_thread(&t->text, l.values[VTID]);
	return apply(t, &l, p, err);
}

static enum hr_status lttng_open(struct hr_reader *r, struct hr_error *err)
{
	struct lttng *t = hr_calloc(1, sizeof(*t));

	if (t == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = t;
	r->meta.has_threads = hr_malloc_text_detect(r->head, r->head_len, threaded);
	t->text.take = lttng_take;
	return hr_malloc_text_init(
	    &t->text, r, hr_malloc_text_detect(r->head, r->head_len, timed) ? HR_CLOCK_EXACT : HR_CLOCK_NONE, err);
}

static enum hr_status lttng_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	struct lttng *t = r->state;

	return hr_malloc_text_next(&t->text, ev, cap, n, err);
}

static void lttng_close(struct hr_reader *r)
{
	struct lttng *t = r->state;

	if (t != NULL)
		hr_malloc_text_release(&t->text);
	free(t);
}

const struct hr_format_ops hr_lttng_format = {
    .format = HR_FORMAT_LTTNG,
    .name = "LTTng-UST malloc trace",
    .detect = lttng_detect,
    .open = lttng_open,
    .next = lttng_next,
    .close = lttng_close,
};
