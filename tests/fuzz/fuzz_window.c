/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any text trace, cut anywhere: no crash, times that never fall and none behind
 * the end of the part; how many events are given at a time changes none of them;
 * and a part of a part is the part that is asked for at once. The first four
 * bytes of the input are not part of the trace: they say where it is cut, and
 * how many events are given.
 */
#include "config.h"

#include "trace/format.h"
#include "trace/window.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 4, MAX_EVENTS = 2048, MAX_PART = 3 * MAX_EVENTS };

struct trace {
	struct hr_trace_meta meta;
	struct hr_trace_stats stats;
	struct hr_event ev[MAX_PART];
	size_t n;
	bool is_one; /* else the window lies behind the end */
};

static bool read_all(const uint8_t *data, size_t size, struct trace *t)
{
	struct hr_reader *r;
	struct hr_error err;
	size_t n;

	t->n = 0;
	if (hr_reader_open_memory(data, size, &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL}, &r, &err) !=
	    HR_OK)
		return false;
	t->meta = *hr_reader_meta(r);
	while (t->n < MAX_EVENTS && hr_reader_next(r, t->ev + t->n, MAX_EVENTS - t->n, &n, &err) == HR_OK)
		t->n += n;
	t->stats = *hr_reader_stats(r);
	t->is_one = t->meta.format == HR_FORMAT_TEXT;
	hr_reader_close(r);
	return t->is_one;
}

static void keep(struct trace *to, struct hr_window *w)
{
	struct hr_error err;

	while (w->n > 0) {
		for (size_t i = 0; i < w->n && to->n < MAX_PART; i++) {
			if (w->ev[i].time_ns > w->until_ns - w->from_ns ||
			    (to->n > 0 && w->ev[i].time_ns < to->ev[to->n - 1].time_ns))
				abort();
			to->ev[to->n++] = w->ev[i];
		}
		if (hr_window_more(w, &err) != HR_OK)
			abort();
	}
}

static void cut(const struct trace *from, uint64_t from_ns, uint64_t until_ns, size_t piece, struct trace *to)
{
	static const struct hr_sides none;
	struct hr_window w;
	struct hr_error err;
	uint64_t last_ns = from->n > 0 ? from->ev[from->n - 1].time_ns : 0;

	to->n = 0;
	to->meta = from->meta;
	to->stats = from->stats;
	hr_window_init(&w, &from->meta, &none, from_ns, until_ns, false);
	for (size_t i = 0; i < from->n; i += piece) {
		if (hr_window_take(&w, from->ev + i, from->n - i < piece ? from->n - i : piece, &err) != HR_OK)
			abort();
		keep(to, &w);
	}
	to->is_one = hr_window_end(&w, last_ns, &err) == HR_OK;
	if (to->is_one != (last_ns >= from_ns))
		abort();
	keep(to, &w);
	hr_window_meta(&w, &to->meta);
	hr_window_stats(&w, &to->stats);
	hr_window_release(&w);
}

static void check_same(const struct trace *a, const struct trace *b)
{
	if (a->n != b->n || memcmp(a->ev, b->ev, a->n * sizeof(a->ev[0])) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trace whole, a, b;

	if (size < CHOICES || !read_all(data + CHOICES, size - CHOICES, &whole) || whole.n == 0)
		return 0;
	uint64_t last_ns = whole.ev[whole.n - 1].time_ns;
	uint64_t begin = whole.ev[data[0] * whole.n / 256].time_ns, then = whole.ev[data[1] * whole.n / 256].time_ns;
	uint64_t until = whole.ev[data[2] * whole.n / 256].time_ns + data[2] % 2;

	cut(&whole, 0, UINT64_MAX, 1 + data[3], &a);
	check_same(&whole, &a);
	cut(&whole, then, until > then ? until : last_ns, MAX_EVENTS, &a);
	cut(&whole, then, until > then ? until : last_ns, 1 + data[3], &b);
	check_same(&a, &b);
	if (begin <= then) {
		cut(&whole, begin, UINT64_MAX, MAX_EVENTS, &a);
		if (a.n == 0)
			abort();
		/* Many pages may stand. */
		if (a.n == MAX_PART)
			return 0;
		cut(&a, then - begin, UINT64_MAX, MAX_EVENTS, &whole);
		/* whole has given way; it is read once more. */
		if (!read_all(data + CHOICES, size - CHOICES, &b))
			abort();
		cut(&b, then, UINT64_MAX, MAX_EVENTS, &a);
		check_same(&a, &whole);
	}
	return 0;
}
