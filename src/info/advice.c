/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "info/advice.h"

#include "base/alloc.h"
#include "base/units.h"
#include "heap/gcpacer.h"
#include "replay/objects/cycles.h"
#include "report/gc_cpu.h"
#include "report/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LIMIT_SHARE 0.9	 /* of the memory, that the limit is set to: the rest is for what the runtime does not count */
#define WIDE 0.2	 /* of the middle: error bars that ask for a better recording */
#define LEAK_TAU 0.6	 /* Kendall's rank correlation of what survives with time */
#define LEAK_GROWTH 1.2	 /* and growth from the first third to the last */
#define AT_THE_END 0.9	 /* of the recording: a peak behind it may not be one */
#define NEARLY_FULL 1.1	 /* of what survives: a limit that leaves less makes cycles follow one another */
#define ANOTHER_RUN 1.25 /* of the GC's CPU time: nine of ten other runs of one setting take no more */
#define SAME_MEMORY 0.02 /* less of a gain is none */
#define MOST_KENDALL_CYCLES 512

/* What people set. Today's is put between them. */
static const uint64_t settings[] = {25, 50, 75, 100, 150, 200, 300, 400, 800};

#define NSETTINGS (sizeof(settings) / sizeof(settings[0]))

/* --- figures ----------------------------------------------------------------- */

static const char *const names[HR_ADVICE_FIGURES] = {
    [HR_ADVICE_P99] = "retained_p99_bytes",  [HR_ADVICE_PEAK] = "retained_peak_bytes",
    [HR_ADVICE_MEAN] = "in_use_mean_bytes",  [HR_ADVICE_CPU] = "gc_cpu_ns",
    [HR_ADVICE_ASSIST] = "gc_cpu_assist_ns", [HR_ADVICE_STALL] = "worst_stall_ns",
    [HR_ADVICE_LAG] = "lag_90_ns",	     [HR_ADVICE_CYCLES] = "gc_cycles",
};

/* CPU times are shares of what all Ps had. */
static void take_figures(const struct hr_replay *r, struct hr_advice_row *row)
{
	struct hr_objects_stats stats = hr_objects_stats(r->objects);
	double capacity = (double)stats.capacity_ns,
	       worked = stats.cpu_ns > 0 ? (double)(stats.cpu_ns - stats.idle_ns) / (double)stats.cpu_ns : 0;

	row->limit_bytes = r->options.settings.memory_limit_bytes;
	row->spiral = hr_objects_spiral(&stats);
	for (size_t i = 0; i < HR_ADVICE_FIGURES; i++) {
		struct hr_advice_figure *f = &row->figures[i];
		size_t metric = hr_metric_index(names[i]);
		double unit = 1;
		struct hr_bounds b;
		uint64_t value;

		if (i == HR_ADVICE_CPU || i == HR_ADVICE_ASSIST)
			unit = capacity > 0 ? 100 / capacity * (i == HR_ADVICE_CPU ? worked : 1) : 0;
		f->known = hr_bounds_value(r, 0, metric, &value);
		f->value = f->low = f->high = f->known ? (double)value * unit : 0;
		if (f->known && hr_bounds_of(r, 0, metric, &b)) {
			f->low = (double)b.low * unit;
			f->high = (double)b.high * unit;
		}
	}
}

/*
 * What the model says of the recorded setting, and what was recorded, are so far apart: whoever believes the error bars of
 * other settings must allow for as much.
 */
static void widen(const struct hr_advice *a, struct hr_advice_row *row)
{
	for (size_t i = HR_ADVICE_P99; i <= HR_ADVICE_CPU; i++) {
		struct hr_advice_figure *f = &row->figures[i];
		double ratio = a->recorded_ratio[i];

		if (!f->known || ratio <= 0)
			continue;
		if (f->low * ratio < f->low)
			f->low *= ratio;
		if (f->high * ratio > f->high)
			f->high *= ratio;
	}
}

/* As recorded: the replay of the trace's own spans, and what it tells of its cycles' CPU time. */
static void take_recorded(struct hr_advice *a, const struct hr_replay *r, const struct hr_objects *model)
{
	const struct hr_cycles *c = hr_objects_cycles(model);
	const struct hr_gc_cpu_sum gc =
	    hr_gc_cpu_sum(hr_reader_sides(r->reader), r->options.from_ns, r->options.until_ns);
	struct hr_advice_row *t = &a->today;

	for (size_t i = 0; i < HR_ADVICE_FIGURES; i++) {
		struct hr_advice_figure *f = &t->figures[i];
		uint64_t value;

		f->known = hr_bounds_value(r, 0, hr_metric_index(names[i]), &value);
		f->value = f->low = f->high = f->known ? (double)value : 0;
	}
	t->figures[HR_ADVICE_CYCLES] = (struct hr_advice_figure){(double)c->n, (double)c->n, (double)c->n, true};
	t->figures[HR_ADVICE_CPU].known = t->figures[HR_ADVICE_ASSIST].known = gc.cycles > 0 && a->duration_ns > 0;
	if (gc.cycles > 0 && a->duration_ns > 0) {
		double share = 100 * (double)gc.share_ns / (double)a->duration_ns,
		       assists = 100 * (double)gc.assist_ns / (double)a->duration_ns / c->procs;

		t->figures[HR_ADVICE_CPU] = (struct hr_advice_figure){share, share, share, true};
		t->figures[HR_ADVICE_ASSIST] = (struct hr_advice_figure){assists, assists, assists, true};
	}
	t->today = true;
}

/* --- the recording ------------------------------------------------------------ */

/* Of what survives with time, over the last cycles: 1, it always grows. */
static double kendall(const struct hr_cycle *c, size_t n)
{
	double with = 0, pairs = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			with += (c[i].marked_bytes > c[j].marked_bytes) - (c[i].marked_bytes < c[j].marked_bytes);
			pairs++;
		}
	return pairs > 0 ? with / pairs : 0;
}

static uint64_t mean_marked(const struct hr_cycle *c, size_t from, size_t until)
{
	double sum = 0;

	for (size_t i = from; i < until; i++)
		sum += (double)c[i].marked_bytes;
	return until > from ? (uint64_t)(sum / (double)(until - from)) : 0;
}

/* The first third is the program's start, which always grows: the rest is looked at. */
static void judge_recording(struct hr_advice *a, const struct hr_cycles *c, const struct hr_json_series *series)
{
	size_t from = c->n / 3, n = c->n - from;

	if (n > MOST_KENDALL_CYCLES) {
		from = c->n - MOST_KENDALL_CYCLES;
		n = MOST_KENDALL_CYCLES;
	}
	a->cycles = c->n;
	a->live_first = mean_marked(c->list + from, 0, n / 3);
	a->live_last = mean_marked(c->list + from, n - n / 3, n);
	a->risks[HR_RISK_SHORT] = c->n < HR_FEW_CYCLES;
	a->risks[HR_RISK_LEAK] = n >= 6 && (double)a->live_last > LEAK_GROWTH * (double)a->live_first &&
				 kendall(c->list + from, n) > LEAK_TAU;
	for (unsigned i = 0; i < series->n; i++)
		if (series->points[i].high[HR_SERIES_IN_USE] > a->peak_bytes) {
			a->peak_bytes = series->points[i].high[HR_SERIES_IN_USE];
			a->peak_ns = series->points[i].end_ns;
		}
	if (a->peak_ns > a->duration_ns)
		a->peak_ns = a->duration_ns;
	a->risks[HR_RISK_PEAK] = (double)a->peak_ns > AT_THE_END * (double)a->duration_ns;
	a->risks[HR_RISK_LOAD] = !a->risks[HR_RISK_PEAK];
}

/* --- replays ------------------------------------------------------------------ */

/* One decoding: the model under several settings, and the recorded heap. */
struct runs {
	struct hr_replay base; /* the first of the models */
	struct hr_replay *models[HR_ADVICE_SETTINGS], *recorded;
	struct hr_policy_choice own[HR_ADVICE_SETTINGS + 1];
	struct hr_json_series *series; /* of the recorded heap */
	size_t n;
	bool opened;
};

static void close_runs(struct runs *r)
{
	if (r->opened)
		hr_replay_close(&r->base);
	for (size_t i = 0; i < HR_ADVICE_SETTINGS + 1; i++)
		hr_policy_choice_release(&r->own[i]);
	free(r->series);
}

static enum hr_status add_recorded(struct runs *r, struct hr_replay_options o, const struct hr_policy_choice *policy,
				   struct hr_error *err)
{
	r->series = hr_calloc(1, sizeof(*r->series));
	if (r->series == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	o.objects.gc = HR_GC_RECORDED;
	o.objects.gogc_given = o.bounds = false;
	o.settings.limit_given = false;
	o.settings.memory_limit_bytes = UINT64_MAX;
	HR_TRY(hr_replay_add(&r->base, &o, policy, policy != NULL, &r->own[HR_ADVICE_SETTINGS], &r->recorded, err));
	hr_json_series_start(r->series, r->recorded->followers[0]);
	return HR_OK;
}

static enum hr_status add_model(struct runs *r, const char *path, const struct hr_replay_options *o,
				const struct hr_policy_choice *policy, struct hr_error *err)
{
	struct hr_policy_choice *own = &r->own[r->n];

	if (r->n == 0) {
		HR_TRY(hr_replay_open(&r->base, path, o, policy, policy != NULL, own, err));
		r->opened = true;
		r->models[r->n++] = &r->base;
		return HR_OK;
	}
	HR_TRY(hr_replay_add(&r->base, o, policy, policy != NULL, own, &r->models[r->n], err));
	r->n++;
	return HR_OK;
}

/* A setting to be run, with error bars or without. */
struct job {
	struct hr_advice_row *row;
	bool bars;
};

static enum hr_status run(const struct hr_advice *a, struct runs *r, const struct job *jobs, size_t n, bool recorded,
			  struct hr_error *err)
{
	struct hr_replay_options o = *a->asked.options;

	memset(r, 0, sizeof(*r));
	o.limit_percent = 0;
	o.reading.want |= HR_WANT_GC_CPU;
	o.objects.gc = HR_GC_MODEL;
	/* How far off the pacing is under the trace's own settings says how far it may be under others. */
	o.objects.by_rule = true;
	for (size_t i = 0; i < n; i++) {
		const struct hr_advice_row *row = jobs[i].row;

		o.bounds = jobs[i].bars;
		/* A row without a GOGC of its own uses the trace's. */
		o.objects.gogc_given = row->gogc != 0;
		if (o.objects.gogc_given)
			o.objects.pacing.gogc = row->gogc;
		o.settings.limit_given = row->limit_bytes != UINT64_MAX;
		o.settings.memory_limit_bytes = row->limit_bytes;
		HR_TRY(add_model(r, a->path, &o, a->asked.policy, err));
	}
	if (recorded)
		HR_TRY(add_recorded(r, o, a->asked.policy, err));
	return hr_replay_run(&r->base, err);
}

/* What the recording tells, of runs whose first model is of the trace's own setting. */
static enum hr_status take_recording(struct hr_advice *a, const struct runs *r, struct hr_error *err)
{
	const struct hr_objects *own = r->base.objects;

	if (hr_objects_cycles(own)->n == 0)
		return hr_error_set(err, HR_EUSAGE, "the trace records no GC cycle: nothing shows what one would do");
	a->stats = *hr_reader_stats(r->base.reader);
	a->duration_ns = a->stats.last_time_ns;
	a->other_bytes = r->base.options.settings.other_memory_bytes;
	take_recorded(a, r->recorded, own);
	judge_recording(a, hr_objects_cycles(own), r->series);
	a->risks[HR_RISK_UNKNOWN] = !hr_objects_learned(own);
	a->today.gogc = hr_objects_options(own)->pacing.gogc;
	a->today.limit_bytes = hr_objects_options(own)->pacing.memory_limit_bytes;
	a->spiral_bytes = (uint64_t)(NEARLY_FULL * (double)hr_objects_stats(own).floor_bytes);
	return HR_OK;
}

/*
 * The figures of n settings in one decoding, and where memory does not suffice of fewer at a time. With `recorded`,
 * also what the recording tells; then the first of them is the trace's own.
 */
static enum hr_status run_all(struct hr_advice *a, const struct job *jobs, size_t n, bool recorded,
			      struct hr_error *err)
{
	size_t most = n;

	for (size_t done = 0; done < n;) {
		size_t some = n - done < most ? n - done : most;
		bool first = recorded && done == 0;
		struct runs r;
		enum hr_status status = run(a, &r, jobs + done, some, first, err);

		if (status == HR_OK && first)
			status = take_recording(a, &r, err);
		for (size_t i = 0; status == HR_OK && i < some; i++) {
			struct hr_advice_row *row = jobs[done + i].row;

			take_figures(r.models[i], row);
			row->known = jobs[done + i].bars ? HR_ADVICE_BARS : HR_ADVICE_VALUES;
		}
		close_runs(&r);
		if (status == HR_ENOMEM && some > 1) {
			most = some / 2;
			if (a->most == 0 || most < a->most)
				a->most = most;
			continue;
		}
		HR_TRY(status);
		done += some;
	}
	return HR_OK;
}

/* --- choosing ----------------------------------------------------------------- */

bool hr_advice_limit_is_free(const struct hr_advice *a, const struct hr_advice_row *row)
{
	return a->today.limit_bytes == UINT64_MAX && row->limit_bytes != UINT64_MAX &&
	       row->figures[HR_ADVICE_PEAK].high + (double)a->other_bytes <= (double)row->limit_bytes;
}

static void judge(const struct hr_advice *a, struct hr_advice_row *row)
{
	const struct hr_advice_figure *peak = &row->figures[HR_ADVICE_PEAK], *cpu = &row->figures[HR_ADVICE_CPU];

	row->fits = a->asked.memory_bytes == 0 || peak->high + (double)a->other_bytes <= (double)a->asked.memory_bytes;
	row->fits &= !row->spiral;
	row->cheap = cpu->known && cpu->high <= a->asked.gc_cpu_percent;
	/* What was recorded needs no model, nor does a limit that is never reached. */
	if (a->today.figures[HR_ADVICE_CPU].known && row->gogc == a->today.gogc &&
	    (row->limit_bytes == a->today.limit_bytes || hr_advice_limit_is_free(a, row)))
		row->cheap |= ANOTHER_RUN * a->today.figures[HR_ADVICE_CPU].value <= a->asked.gc_cpu_percent;
}

/* The row of the least memory that is cheap, of those that fit; else the cheapest that fits; n: none fits. */
static size_t choose(const struct hr_advice_row *rows, size_t n)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		const struct hr_advice_row *x = &rows[i], *b = &rows[best < n ? best : i];
		enum hr_advice_what by = x->cheap ? HR_ADVICE_P99 : HR_ADVICE_CPU;

		if (!x->fits)
			continue;
		if (best == n || (x->cheap && !b->cheap) ||
		    (x->cheap == b->cheap && x->figures[by].value < b->figures[by].value))
			best = i;
	}
	return best;
}

/* Where none fits: that of the lowest peak. */
static size_t choose_nearest(const struct hr_advice_row *rows, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (rows[i].figures[HR_ADVICE_PEAK].value < rows[best].figures[HR_ADVICE_PEAK].value)
			best = i;
	return best;
}

/* --- which settings to run ----------------------------------------------------- */

static int by_gogc(const void *a, const void *b)
{
	const struct hr_advice_row *x = a, *y = b;

	return (x->gogc > y->gogc) - (x->gogc < y->gogc);
}

/* Between what is known below and above, or beyond both, by powers of GOGC: as figures go where no limit binds. */
static double between(double x, double x0, double y0, double x1, double y1)
{
	if (y0 <= 0 || y1 <= 0 || x0 == x1)
		return x <= x0 ? y0 : y1;
	return y0 * pow(y1 / y0, log(x / x0) / log(x1 / x0));
}

/*
 * Figures of a row that was not run, from the two nearest that were; one without error bars has as wide ones as the
 * trace's own setting. Good enough to choose what to run next, and for nothing else.
 */
static void estimate(struct hr_advice_row *rows, size_t n, size_t at, const struct hr_advice_row *own)
{
	size_t below = at, above = at;

	while (below > 0 && rows[below].known < HR_ADVICE_VALUES)
		below--;
	while (above + 1 < n && rows[above].known < HR_ADVICE_VALUES)
		above++;
	if (rows[below].known < HR_ADVICE_VALUES)
		for (below = above++; above + 1 < n && rows[above].known < HR_ADVICE_VALUES;)
			above++;
	if (rows[above].known < HR_ADVICE_VALUES)
		for (above = below--; below > 0 && rows[below].known < HR_ADVICE_VALUES;)
			below--;
	for (size_t i = 0; i < HR_ADVICE_FIGURES; i++) {
		const struct hr_advice_figure *o = &own->figures[i], *x = &rows[below].figures[i],
					      *y = &rows[above].figures[i];
		struct hr_advice_figure *f = &rows[at].figures[i];

		f->known = x->known && y->known;
		f->value = between((double)rows[at].gogc, (double)rows[below].gogc, x->value, (double)rows[above].gogc,
				   y->value);
		f->high = o->value > 0 ? f->value * o->high / o->value : f->value;
		f->low = o->value > 0 ? f->value * o->low / o->value : f->value;
	}
	rows[at].spiral = rows[rows[at].gogc < rows[above].gogc ? below : above].spiral;
}

/* The settings that people use, and today's where that is known and another one. */
static size_t list_settings(const struct hr_advice *a, struct hr_advice_row *rows)
{
	uint64_t limit = UINT64_MAX;
	bool has_today = a->risks[HR_RISK_UNKNOWN] || a->today.gogc == HR_GOGC_OFF;
	size_t n = 0;

	if (a->asked.memory_bytes != 0)
		limit = (uint64_t)(LIMIT_SHARE * (double)a->asked.memory_bytes);
	for (size_t i = 0; i < NSETTINGS; i++) {
		rows[n++] = (struct hr_advice_row){.gogc = settings[i], .limit_bytes = limit};
		has_today |= settings[i] == a->today.gogc;
	}
	if (!has_today)
		rows[n++] = (struct hr_advice_row){.gogc = a->today.gogc, .limit_bytes = limit};
	qsort(rows, n, sizeof(rows[0]), by_gogc);
	return n;
}

static struct hr_advice_row *row_of(struct hr_advice_row *rows, size_t n, uint64_t gogc)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].gogc == gogc)
			return &rows[i];
	return NULL;
}

/* The recording, the trace's own setting with error bars, and two far apart without. */
static enum hr_status run_first(struct hr_advice *a, struct hr_advice_row *rows, size_t *n, struct hr_advice_row *own,
				struct hr_error *err)
{
	struct hr_advice_row coarse[2];
	struct job jobs[3] = {{own, true}, {&coarse[0], false}, {&coarse[1], false}};
	struct hr_advice_row *today;

	*own = (struct hr_advice_row){.limit_bytes = UINT64_MAX};
	for (size_t i = 0; i < 2; i++) {
		coarse[i] = (struct hr_advice_row){.gogc = i == 0 ? 50 : 300, .limit_bytes = UINT64_MAX};
		if (a->asked.memory_bytes != 0)
			coarse[i].limit_bytes = (uint64_t)(LIMIT_SHARE * (double)a->asked.memory_bytes);
	}
	HR_TRY(run_all(a, jobs, 3, true, err));
	for (size_t i = 0; i < HR_ADVICE_FIGURES; i++)
		if (own->figures[i].value > 0)
			a->recorded_ratio[i] = a->today.figures[i].value / own->figures[i].value;
	widen(a, own);
	*n = list_settings(a, rows);
	for (size_t i = 0; i < 2; i++) {
		struct hr_advice_row *row = row_of(rows, *n, coarse[i].gogc);
		const uint64_t limit_bytes = row->limit_bytes;

		*row = coarse[i];
		row->limit_bytes = limit_bytes;
	}
	today = a->risks[HR_RISK_UNKNOWN] ? NULL : row_of(rows, *n, a->today.gogc);
	if (today != NULL && a->asked.memory_bytes == 0) {
		*today = *own;
		today->gogc = a->today.gogc;
	}
	return HR_OK;
}

/* Two on either side of the pick, and today's, which the recording shows best. */
static bool is_shown(const struct hr_advice *a, const struct hr_advice_row *rows, size_t i, size_t pick)
{
	return (i + 2 >= pick && i <= pick + 2) || (!a->risks[HR_RISK_UNKNOWN] && rows[i].gogc == a->today.gogc);
}

/*
 * Runs with error bars what is to be shown beside the row that looks best, until that is the same row: what is known
 * of one moves the estimates of others.
 */
static enum hr_status run_around_best(struct hr_advice *a, struct hr_advice_row *rows, size_t n,
				      const struct hr_advice_row *own, size_t *pick, struct hr_error *err)
{
	for (;;) {
		struct job jobs[HR_ADVICE_SETTINGS];
		size_t njobs = 0;

		for (size_t i = 0; i < n; i++) {
			if (rows[i].known != HR_ADVICE_BARS)
				estimate(rows, n, i, own);
			judge(a, &rows[i]);
		}
		*pick = choose(rows, n);
		if (*pick == n)
			*pick = choose_nearest(rows, n);
		for (size_t i = 0; i < n; i++)
			if (rows[i].known != HR_ADVICE_BARS && is_shown(a, rows, i, *pick))
				jobs[njobs++] = (struct job){&rows[i], true};
		if (njobs == 0)
			return HR_OK;
		HR_TRY(run_all(a, jobs, njobs, false, err));
		for (size_t i = 0; i < njobs; i++)
			widen(a, jobs[i].row);
	}
}

/* Is it surely no better than today's, as that was recorded? */
static bool is_no_gain(const struct hr_advice *a, const struct hr_advice_row *row)
{
	const struct hr_advice_figure *now = a->today.figures, *then = row->figures;
	bool fits = a->asked.memory_bytes == 0 ||
		    now[HR_ADVICE_PEAK].value + (double)a->other_bytes <= (double)a->asked.memory_bytes;

	if (!fits || !now[HR_ADVICE_CPU].known || now[HR_ADVICE_CPU].value > a->asked.gc_cpu_percent)
		return false;
	return then[HR_ADVICE_P99].high > (1 - SAME_MEMORY) * now[HR_ADVICE_P99].value;
}

/* The limit of the recorded program's control group is what it may have, where nothing else is asked for. */
static enum hr_status take_noted_memory(struct hr_advice *a, struct hr_error *err)
{
	struct hr_reader *r;
	const char *limit;

	if (a->asked.memory_given)
		return HR_OK;
	HR_TRY(hr_reader_open(a->path, &a->asked.options->reading, &r, err));
	limit = hr_reader_note(r, "cgroup-limit");
	a->memory_noted = limit != NULL && hr_parse_u64(limit, &a->asked.memory_bytes) && a->asked.memory_bytes != 0;
	hr_reader_close(r);
	return HR_OK;
}

enum hr_status hr_advice_find(struct hr_advice *a, const char *path, const struct hr_advice_question *question,
			      struct hr_error *err)
{
	struct hr_advice_row all[HR_ADVICE_SETTINGS], own;
	const struct hr_advice_row *used;
	struct stat st;
	size_t n = 0, pick = 0;

	memset(a, 0, sizeof(*a));
	a->path = path;
	a->asked = *question;
	if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
		return hr_error_set(err, HR_EUSAGE,
				    "the trace is read twice, which a pipe can't be; write it to a file");
	HR_TRY(take_noted_memory(a, err));
	HR_TRY(run_first(a, all, &n, &own, err));
	HR_TRY(run_around_best(a, all, n, &own, &pick, err));
	for (size_t i = 0; i < n; i++) {
		if (!is_shown(a, all, i, pick))
			continue;
		if (i == pick)
			a->nearest = a->nrows;
		a->rows[a->nrows++] = all[i];
	}
	used = &a->rows[a->nearest];
	a->use = used->fits ? a->nearest : a->nrows;
	a->keep = a->use < a->nrows && (used->gogc == a->today.gogc || is_no_gain(a, used));
	a->risks[HR_RISK_WIDE] = used->figures[HR_ADVICE_P99].high - used->figures[HR_ADVICE_P99].low >
				 WIDE * used->figures[HR_ADVICE_P99].value;
	a->risks[HR_RISK_SPIRAL] = a->spiral_bytes != 0;
	a->risks[HR_RISK_MODEL] = fabs(a->recorded_ratio[HR_ADVICE_P99] - 1) > WIDE / 2;
	return HR_OK;
}
