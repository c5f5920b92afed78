/* SPDX-License-Identifier: BSD-3-Clause */
/* `info` as text, wrapped to the page. */
#include "config.h"

#include "info/info.h"

#include "base/print.h"
#include "base/units.h"
#include "report/gc_cpu.h"
#include "report/rss_samples.h"
#include "trace/anonymous.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	MAX_SPARK = 60, /* columns of what is over time */
	LABEL = 10,	/* columns of a histogram: "to 512 KiB" */
	COUNT = 14,	/* 1,234,567,890 */
	BYTES = 10,	/* 1023 KiB */
	GAP = 2,
	MIN_BAR = 7, /* a bar that is worth looking at */
	MAX_BAR = 30,
};

struct view {
	const struct hr_page *page;
	const struct hr_info *info;
	const struct hr_trace_meta *meta;
	const struct hr_trace_stats *stats;
};

static void count_row(const struct view *v, const char *name, uint64_t n)
{
	char buf[HR_UNIT_BUF];

	hr_page_row(v->page, name, hr_format_count(buf, n));
}

static void bytes_row(const struct view *v, const char *name, uint64_t bytes)
{
	char buf[HR_UNIT_BUF];

	hr_page_row(v->page, name, hr_format_bytes(buf, bytes));
}

static void heading(const struct view *v, const char *text)
{
	fputc('\n', v->page->out);
	hr_page_text(v->page, 0, "%s", text);
}

static uint64_t a_second(const struct view *v, uint64_t n)
{
	return (uint64_t)((double)n / ((double)v->stats->last_time_ns / 1e9));
}

/* --- GC CPU time --- */

/* Recorded cycles, where the trace tells what they cost. */
static void print_gc(const struct view *v)
{
	const struct hr_gc_cpu_sum gc = hr_gc_cpu_sum(hr_reader_sides(v->info->reader), 0, UINT64_MAX);
	const double over_ns = (double)v->stats->last_time_ns;
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF], d[HR_UNIT_BUF], e[HR_UNIT_BUF];

	if (gc.cycles == 0 || over_ns <= 0)
		return;
	hr_page_text(v->page, 0, "GC CPU time of %s %s: %s, %.2f %% of all Ps' time without idle workers",
		     hr_format_count(a, gc.cycles), gc.cycles == 1 ? "cycle" : "cycles", hr_format_ns(b, gc.total_ns),
		     100 * (double)gc.share_ns / over_ns);
	hr_page_text(v->page, 2, "stopped world %s, assists %s, dedicated workers %s, idle workers %s; sweeping %s",
		     hr_format_ns(a, gc.stw_ns), hr_format_ns(b, gc.assist_ns), hr_format_ns(c, gc.dedicated_ns),
		     hr_format_ns(d, gc.idle_ns), hr_format_ns(e, gc.sweep_ns));
}

/* --- memory samples --- */

static void print_samples(const struct view *v)
{
	const struct hr_rss_summary s = hr_rss_summary_of(hr_reader_sides(v->info->reader));
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF];

	if (s.n == 0 || s.rss_mean == HR_NOT_KNOWN)
		return;
	hr_page_text(v->page, 0, "%s memory samples: RSS %s on average, %s at most", hr_format_count(a, s.n),
		     hr_format_bytes(b, s.rss_mean), hr_format_bytes(c, s.rss_peak));
	if (s.anon_mean != HR_NOT_KNOWN && s.file_mean != HR_NOT_KNOWN)
		hr_page_text(v->page, 2, "anonymous %s, of files %s on average", hr_format_bytes(a, s.anon_mean),
			     hr_format_bytes(b, s.file_mean));
}

/* --- the beginning ---------------------------------------------------------- */

static void print_what(const struct view *v)
{
	const struct hr_trace_meta *meta = v->meta;
	const struct hr_trace_stats *stats = v->stats;
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF], rate[HR_UNIT_BUF];
	char version[32] = "", format[128], threads[32] = "", procs[32] = "";

	/* Text traces of other tools have none. */
	if (meta->version != 0)
		snprintf(version, sizeof(version), " version %u", meta->version);
	snprintf(format, sizeof(format), "%s%s, compression %s", meta->format_name, version, meta->compression);
	/* A long name gets a line for itself. */
	if (strlen(v->info->path) + 2 + strlen(format) > v->page->columns) {
		hr_page_text(v->page, 0, "%s:", v->info->path);
		hr_page_text(v->page, 0, "%s", format);
	} else {
		hr_page_text(v->page, 0, "%s: %s", v->info->path, format);
	}
	if (meta->source[0] != '\0')
		hr_page_text(v->page, 0, "made from: %s", meta->source);
	if (meta->program[0] != '\0')
		hr_page_text(v->page, 0, "program: %s", meta->program);
	hr_format_ns(a, stats->last_time_ns);
	hr_format_bytes(b, stats->bytes_read);
	hr_format_count(c, stats->events_total);
	if (stats->last_time_ns > 0)
		hr_page_text(v->page, 0, "%s, %s of trace, %s events, %s a second", a, b, c,
			     hr_format_count(rate, a_second(v, stats->events_total)));
	else
		hr_page_text(v->page, 0, "%s of trace, %s events", b, c);
	if (v->info->placer != NULL)
		hr_page_text(v->page, 0, "peak %s in use, %s mapped",
			     hr_format_bytes(a, v->info->in_use_peak_pages * HR_PAGE_BYTES),
			     hr_format_bytes(b, v->info->mapped_peak_pages * HR_PAGE_BYTES));
	print_gc(v);
	print_samples(v);
	if (stats->threads > 0)
		snprintf(threads, sizeof(threads), "%u threads", stats->threads);
	if (v->info->procs > 0)
		snprintf(procs, sizeof(procs), "%u Ps", v->info->procs);
	if (*threads != '\0' || *procs != '\0')
		hr_page_text(v->page, 0, "%s%s%s", threads, *threads != '\0' && *procs != '\0' ? ", " : "", procs);
	if (meta->go_minor != 0 || meta->has_releases)
		hr_page_text(v->page, 0, "own policy: %s", v->info->own_policy);
	else
		hr_page_text(v->page, 0, "default policy: %s", v->info->own_policy);
}

/* --- over time --------------------------------------------------------------- */

static uint64_t most_of(const uint64_t *values, size_t n)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (values[i] > most)
			most = values[i];
	return most;
}

static void print_spark(const struct view *v, const char *title, const uint64_t *values, size_t n, uint64_t most)
{
	hr_page_text(v->page, 0, "%s", title);
	fputs("  ", v->page->out);
	hr_page_spark(v->page, values, n, most);
	fputc('\n', v->page->out);
}

static void print_timeline(const struct view *v)
{
	const struct hr_info *info = v->info;
	const struct hr_timeline *t = info->placer != NULL ? &info->in_use : &info->survey->timeline;
	size_t n = v->page->columns - 2 < MAX_SPARK ? v->page->columns - 2 : MAX_SPARK;
	uint64_t bytes[MAX_SPARK], events[MAX_SPARK], most, end_ns = v->stats->last_time_ns;
	char title[128], a[HR_UNIT_BUF], b[HR_UNIT_BUF];

	if (end_ns == 0)
		return;
	hr_timeline_columns(t, end_ns, n, bytes, events);
	fputc('\n', v->page->out);
	if (info->placer != NULL)
		snprintf(title, sizeof(title), "in use over time, up to %s", hr_format_bytes(a, most_of(bytes, n)));
	else
		snprintf(title, sizeof(title), "live over time, up to %s at %s",
			 hr_format_bytes(a, info->survey->peak_live_bytes),
			 hr_format_ns(b, info->survey->peak_live_bytes_ns));
	print_spark(v, title, bytes, n, most_of(bytes, n));
	most = most_of(events, n);
	snprintf(title, sizeof(title), "%s over time, up to %s a second",
		 info->placer != NULL ? "placements" : "allocations and frees",
		 hr_format_count(a, (uint64_t)((double)most * (double)n / ((double)end_ns / 1e9))));
	print_spark(v, title, events, n, most);
	hr_print(v->page->out, "  0%*s\n", (int)n - 1, hr_format_ns(a, end_ns));
}

/* --- histograms -------------------------------------------------------------- */

struct row {
	char label[HR_UNIT_BUF + 4];
	uint64_t objects, bytes;
};

/* What there is room for, in this order: a label and a bar, counts, bytes, a bar for the bytes. */
struct layout {
	bool counts, bytes;
	unsigned bars, bar_columns;
};

static struct layout lay_out(unsigned columns, bool has_bytes)
{
	unsigned left = columns - 2 - LABEL;
	struct layout l = {.bars = 1};

	l.counts = left >= COUNT + GAP + MIN_BAR;
	left -= l.counts ? COUNT : 0;
	l.bytes = l.counts && has_bytes && left >= BYTES + GAP + MIN_BAR;
	left -= l.bytes ? BYTES : 0;
	if (l.bytes && left >= 2 * (GAP + MIN_BAR))
		l.bars = 2;
	l.bar_columns = left / l.bars - (l.counts ? GAP : 1);
	if (l.bar_columns > MAX_BAR)
		l.bar_columns = MAX_BAR;
	return l;
}

static void print_histogram(const struct view *v, const char *title, const struct row *rows, size_t n, bool has_bytes)
{
	const struct layout l = lay_out(v->page->columns, has_bytes);
	FILE *out = v->page->out;
	uint64_t most_objects = 0, most_bytes = 0;
	char buf[HR_UNIT_BUF];

	for (size_t i = 0; i < n; i++) {
		most_objects = rows[i].objects > most_objects ? rows[i].objects : most_objects;
		most_bytes = rows[i].bytes > most_bytes ? rows[i].bytes : most_bytes;
	}
	heading(v, title);
	if (l.counts)
		hr_print(out, "  %*s", LABEL + COUNT, "objects");
	if (l.bytes)
		hr_print(out, "%*s", BYTES, "bytes");
	if (l.bars == 2)
		hr_print(out, "%*s%-*s%*s%s", GAP, "", (int)l.bar_columns, "objects", GAP, "", "bytes");
	if (l.counts)
		fputc('\n', out);
	for (size_t i = 0; i < n; i++) {
		hr_print(out, "  %-*s", LABEL, rows[i].label);
		if (l.counts)
			hr_print(out, "%*s", COUNT, hr_format_count(buf, rows[i].objects));
		if (l.bytes)
			hr_print(out, "%*s", BYTES, hr_format_bytes(buf, rows[i].bytes));
		if (rows[i].objects > 0) {
			hr_print(out, "%*s", l.counts ? GAP : 1, "");
			unsigned used = hr_page_bar(v->page, rows[i].objects, most_objects, l.bar_columns);
			if (l.bars == 2 && rows[i].bytes > 0) {
				hr_print(out, "%*s", (int)(l.bar_columns - used) + GAP, "");
				hr_page_bar(v->page, rows[i].bytes, most_bytes, l.bar_columns);
			}
		}
		fputc('\n', out);
	}
}

/* A power of two without digits behind a point. */
static const char *limit_text(char buf[HR_UNIT_BUF], uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	unsigned unit = 0;

	if (bytes == UINT64_MAX)
		return "16 EiB";
	while (bytes >= 1024) {
		bytes >>= 10;
		unit++;
	}
	snprintf(buf, HR_UNIT_BUF, "%u %s", (unsigned)bytes, units[unit]);
	return buf;
}

/* Rows from the first that is not empty to the last. */
static void print_sizes(const struct view *v)
{
	const struct hr_survey *s = v->info->survey;
	struct row rows[HR_SURVEY_SIZES];
	char buf[HR_UNIT_BUF];
	size_t n = 0, last = 0;

	for (unsigned i = 0; i < HR_SURVEY_SIZES; i++) {
		if (s->sizes[i].objects == 0 && n == 0)
			continue;
		snprintf(rows[n].label, sizeof(rows[n].label), "%s%s", i < 2 ? "" : "to ",
			 limit_text(buf, hr_survey_size_limit(i)));
		rows[n].objects = s->sizes[i].objects;
		rows[n].bytes = s->sizes[i].bytes;
		n++;
		if (s->sizes[i].objects > 0)
			last = n;
	}
	if (last > 0)
		print_histogram(v, s->slotted ? "sizes, of slots" : "sizes", rows, last, true);
}

static void print_lives(const struct view *v)
{
	static const char *const labels[HR_SURVEY_LIVES] = {"< 100 ns", "< 1 us",   "< 10 us",	"< 100 us", "< 1 ms",
							    "< 10 ms",	"< 100 ms", "< 1 s",	"< 10 s",   "< 100 s",
							    "< 1000 s", "< 10^4 s", "< 10^5 s", "longer"};
	const struct hr_survey *s = v->info->survey;
	struct row rows[HR_SURVEY_LIVES + 1];
	size_t n = 0, last = 0;

	for (unsigned i = 0; i < HR_SURVEY_LIVES; i++) {
		if (s->lives[i] == 0 && n == 0)
			continue;
		snprintf(rows[n].label, sizeof(rows[n].label), "%s", labels[i]);
		rows[n].objects = s->lives[i];
		n++;
		if (s->lives[i] > 0)
			last = n;
	}
	if (s->never_freed > 0) {
		snprintf(rows[last].label, sizeof(rows[last].label), "not freed");
		rows[last++].objects = s->never_freed;
	}
	if (last > 0)
		print_histogram(v, s->slotted ? "lifetimes, until swept" : "lifetimes", rows, last, false);
}

/* --- the rest ---------------------------------------------------------------- */

static void print_events(const struct view *v)
{
	heading(v, "events");
	for (unsigned k = 0; k < HR_EVENT_KIND_COUNT; k++)
		if (v->stats->counts[k] > 0)
			count_row(v, hr_event_kind_name(k), v->stats->counts[k]);
}

static void print_objects(const struct view *v)
{
	const struct hr_survey *s = v->info->survey;

	if (!s->sized || s->existed + s->allocations == 0)
		return;
	heading(v, "objects");
	bytes_row(v, s->slotted ? "peak unswept" : "peak live", s->peak_live_bytes);
	count_row(v, "peak objects", s->peak_live_objects);
	bytes_row(v, "total allocated", s->allocated_bytes);
	if (v->stats->last_time_ns > 0)
		bytes_row(v, "allocated a second", a_second(v, s->allocated_bytes));
	bytes_row(v, "largest object", s->largest_bytes);
	if (s->zero_sizes > 0)
		count_row(v, "of size 0", s->zero_sizes);
	if (s->existed > 0)
		count_row(v, "live at the start", s->existed);
	count_row(v, s->slotted ? "unswept at the end" : "objects at the end", s->live_objects);
	bytes_row(v, "bytes at the end", s->live_bytes);
	print_sizes(v);
	print_lives(v);
}

static void print_placement(const struct view *v)
{
	const struct hr_placer_stats p = hr_placer_stats(v->info->placer);
	char buf[HR_UNIT_BUF];

	heading(v, "for a replay");
	count_row(v, "GC cycles", p.cycles);
	count_row(v, "by FreeOSMemory", p.forced_cycles);
	count_row(v, "span allocations", p.span_allocs);
	if (p.window)
		count_row(v, "frees of unnamed spans", p.unknown_frees);
	if (p.recorded && p.span_allocs > 0) {
		snprintf(buf, sizeof(buf), "%.2f%%", 100.0 * (double)p.forced_same / (double)p.span_allocs);
		hr_page_row(v->page, "model agreement", buf);
	}
}

static void share_row(const struct view *v, const char *name, double ratio)
{
	char buf[HR_UNIT_BUF];

	snprintf(buf, sizeof(buf), "%.1f%%", 100 * ratio);
	hr_page_row(v->page, name, buf);
}

/* What a flight recorder's window leaves out, and what figures rest on. */
static void print_window(const struct view *v)
{
	const struct hr_placer_stats p = hr_placer_stats(v->info->placer);
	char from[HR_UNIT_BUF];

	if (!p.window)
		return;
	heading(v, "a window: what is there at its beginning has no name");
	if (p.window_estimates == 0) {
		hr_page_text(v->page, 2, "no full GC cycle tells how much: from what is live it is %s to begin with",
			     hr_format_bytes(from, p.unnamed_pages * HR_PAGE_BYTES));
		return;
	}
	hr_page_row(v->page, "measured from", hr_format_ns(from, p.window_first_ns));
	share_row(v, "of marked bytes named, last", p.named_ratio);
	share_row(v, "of marked bytes named, least", p.named_ratio_min);
	bytes_row(v, "in use without a name, last", p.unnamed_pages * HR_PAGE_BYTES);
	bytes_row(v, "that at least", p.unnamed_low_pages * HR_PAGE_BYTES);
	bytes_row(v, "that at most", p.unnamed_high_pages * HR_PAGE_BYTES);
	hr_page_text(v->page, 2, "addresses, and how many were placed as modelled, are of what is named alone");
}

static void print_odd(const struct view *v)
{
	char buf[HR_UNIT_BUF];
	bool any = v->stats->cut;

	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++)
		any |= hr_info_anomaly(v->info, a) > 0;
	if (!any)
		return;
	heading(v, "lost or inconsistent");
	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++)
		if (hr_info_anomaly(v->info, a) > 0)
			hr_page_text(v->page, 2, "%s %s", hr_format_count(buf, hr_info_anomaly(v->info, a)),
				     hr_anomaly_text(a));
	if (v->stats->cut)
		hr_page_text(v->page, 2, "cut off at byte %" PRIu64 ": %s", v->stats->cut_offset, v->stats->cut_what);
}

static void print_told(const struct view *v)
{
	const char *lacks[HR_INFO_LACKS];
	size_t n = hr_info_lacks(v->info, lacks);

	if (v->stats->nassumed > 0)
		heading(v, "assumed");
	for (unsigned i = 0; i < v->stats->nassumed; i++)
		hr_page_text(v->page, 2, "%s", v->stats->assumed[i]);
	if (n > 0)
		heading(v, "missing");
	for (size_t i = 0; i < n; i++)
		hr_page_text(v->page, 2, "%s", lacks[i]);
}

/* Who passes a trace on should know what it tells. */
static void print_origin(const struct view *v)
{
	const struct hr_trace_meta *meta = v->meta;
	uint64_t types = hr_reader_sides(v->info->reader)->types.n;
	char buf[HR_UNIT_BUF];

	if (meta->program[0] == '\0' && !meta->has_clock_origin && types == 0 && meta->nnotes == 0)
		return;
	heading(v, "what it tells of its origin (--anonymize drops it)");
	if (meta->program[0] != '\0')
		hr_page_text(v->page, 2, "the program%s", hr_tells_arguments(meta) ? "'s command line" : "'s name");
	if (meta->has_clock_origin)
		hr_page_text(v->page, 2, "when it was recorded, on the machine's monotonic clock");
	if (meta->has_addresses)
		hr_page_text(v->page, 2, "addresses");
	if (types > 0)
		hr_page_text(v->page, 2, "names of %s types", hr_format_count(buf, types));
	for (unsigned i = 0; i < meta->nnotes; i++)
		hr_page_text(v->page, 2, "%s: %s", meta->notes[i].key, meta->notes[i].value);
}

void hr_info_text(const struct hr_page *p, const struct hr_info *info)
{
	const struct view v = {p, info, hr_reader_meta(info->reader), hr_reader_stats(info->reader)};

	print_what(&v);
	print_timeline(&v);
	print_events(&v);
	print_objects(&v);
	if (info->placer != NULL)
		print_placement(&v);
	if (info->placer != NULL)
		print_window(&v);
	print_origin(&v);
	print_odd(&v);
	print_told(&v);
}
