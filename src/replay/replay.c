/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/replay.h"

#include "base/alloc.h"
#include "base/units.h"
#include "replay/limit.h"
#include "replay/pool.h"
#include "trace/format.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS_A_BATCH 8192
#define MIN_HEADROOM (UINT64_C(1) << 20)
/* Goals that keep so close together while the heap varies by so much follow a memory limit. */
#define CONSTANT_GOALS 4
#define GOALS_APART_PERCENT 115
#define HEAPS_APART_PERCENT 150
#define SMALL_GOAL (UINT64_C(16) << 20) /* 4 MiB times GOGC / 100 is the least that there is */
#define RECORDS_A_BATCH 8192
#define DEFAULT_OTHER_MEMORY (UINT64_C(5) << 20)
#define DEFAULT_WAKE_DELAY_NS UINT64_C(10000000)

void hr_replay_defaults(struct hr_replay_options *o)
{
	memset(o, 0, sizeof(*o));
	o->reading.want = HR_WANT_SPANS;
	o->settings.phys_page_bytes = 4096;
	o->settings.huge_page_bytes = UINT64_C(2) << 20;
	o->settings.memory_limit_bytes = UINT64_MAX;
	o->settings.other_memory_bytes = DEFAULT_OTHER_MEMORY;
	o->settings.wake_delay_ns = DEFAULT_WAKE_DELAY_NS;
	hr_params_init(hr_cost_params, &o->settings.cost);
	hr_objects_defaults(&o->objects);
	o->address_bits = 48;
	o->until_ns = HR_NEVER;
	o->warm_up_ns = HR_NEVER;
}

/* Versions of the Go runtime, as far as replays differ; one a minor version, from 18 on. */
static const struct runtime_version {
	const char *name;
	const char *policy;
	bool flush_idle_caches; /* at mark termination */
} versions[] = {
    {"go1.18", "go1.18", false}, {"go1.19", "go1.19", false}, {"go1.20", "go1.19,offset=on", false},
    {"go1.21", "go1.21", true},	 {"go1.22", "go1.22", true},  {"go1.23", "go1.22", true},
    {"go1.24", "go1.22", true},	 {"go1.25", "go1.22", true},  {"go1.26", "go1.22", true},
};

static const struct runtime_version *version_named(const char *name)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (strcmp(versions[i].name, name) == 0)
			return &versions[i];
	return NULL;
}

/* Of the runtime that was recorded, as far as the trace tells. */
static const struct runtime_version *version_of(const struct hr_trace_meta *meta)
{
	unsigned minor = meta->go_minor != 0 ? meta->go_minor : 19;
	size_t last = sizeof(versions) / sizeof(versions[0]) - 1;

	return &versions[minor < 18 ? 0 : minor - 18 < last ? minor - 18 : last];
}

const char *hr_replay_own_policy(const struct hr_trace_meta *meta)
{
	if (meta->has_releases)
		return "recorded";
	if (!meta->has_spans && !meta->collected && meta->go_minor == 0)
		return "decay";
	return version_of(meta)->policy;
}

bool hr_replay_is_own(const struct hr_replay *r, size_t i)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r->reader);

	return (meta->go_minor != 0 || meta->has_releases) &&
	       hr_policy_same_text(r->choices[i]->text, hr_replay_own_policy(meta));
}

/* Of the runtime that places: what the user says, or what the trace does. */
static enum hr_status placing_version(const struct hr_replay *r, const struct runtime_version **version,
				      struct hr_error *err)
{
	const char *name = r->options.placement_of;

	*version = name != NULL ? version_named(name) : version_of(hr_reader_meta(r->reader));
	if (*version == NULL)
		return hr_error_set(err, HR_EUSAGE, "there is no placement of '%s'; there are: go1.18 to go1.26", name);
	return HR_OK;
}

/* The stage that turns objects into spans, where the trace needs it. */
static enum hr_status open_objects(struct hr_replay *r, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r->reader);
	const struct hr_settings *s = &r->options.settings;
	struct hr_objects_options *o = &r->options.objects;
	const struct runtime_version *version;

	if (!hr_objects_needed(meta, o->gc)) {
		if (o->gogc_given)
			return hr_error_set(err, HR_EUSAGE,
					    "--gogc sets the pace of modelled GC cycles; add --gc model");
		return HR_OK;
	}
	HR_TRY(placing_version(r, &version, err));
	o->pacing.go_minor = 18 + (unsigned)(version - versions);
	o->pacing.memory_limit_bytes = s->memory_limit_bytes;
	o->limit_given = s->limit_given;
	o->other_memory_bytes = s->other_memory_bytes;
	o->procs = s->procs;
	o->sides = hr_reader_sides(r->reader);
	r->shares_objects = r->of != NULL && r->of->objects != NULL && hr_objects_is_modelled(r->of->objects) &&
			    hr_objects_gc(meta, o->gc) == HR_GC_MODEL;
	if (r->shares_objects)
		return hr_objects_beside(r->of->objects, o, &r->objects, err);
	if (r->of == NULL && r->team == NULL && r->options.bounds && hr_objects_gc(meta, o->gc) == HR_GC_MODEL)
		r->team = hr_team_new(r->options.jobs);
	o->team = r->team;
	return hr_objects_new(meta, o, &r->objects, err);
}

/*
 * The heap goal where the memory limit alone sets it: what it leaves to the heap,
 * less 3 % headroom, which is at least 1 MiB (memoryLimitHeapGoal).
 */
static uint64_t goal_of_limit(const struct hr_settings *s)
{
	uint64_t heap =
	    s->memory_limit_bytes > s->other_memory_bytes ? s->memory_limit_bytes - s->other_memory_bytes : 0;
	uint64_t headroom = heap / 100 * 3 > MIN_HEADROOM ? heap / 100 * 3 : MIN_HEADROOM;

	return heap > 2 * headroom ? heap - headroom : heap / 2 + 1;
}

static enum hr_status open_placer(struct hr_replay *r, struct hr_error *err)
{
	const struct hr_replay_options *o = &r->options;
	const struct hr_trace_meta *meta = r->objects != NULL ? hr_objects_meta(r->objects) : hr_reader_meta(r->reader);
	const struct runtime_version *version;
	struct hr_placer_options p = {
	    .placement = o->placement,
	    .address_bits = o->address_bits,
	    .procs = o->settings.procs,
	    .start_free = !o->start_released,
	    .tells_sweeps = r->objects != NULL,
	};

	HR_TRY(placing_version(r, &version, err));
	p.flush_idle_caches = version->flush_idle_caches;
	if (o->settings.memory_limit_bytes != UINT64_MAX)
		p.untold_goal_bytes = goal_of_limit(&o->settings);
	return hr_placer_new(meta, &p, &r->placer, err);
}

/* Can the policy follow this trace? */
static enum hr_status check_choice(const struct hr_replay *r, const struct hr_policy_choice *choice,
				   struct hr_error *err)
{
	if (!choice->def->needs_releases)
		return HR_OK;
	if (!hr_reader_meta(r->reader)->has_releases)
		return hr_error_set(
		    err, HR_EUSAGE,
		    "the trace does not say what was released, so that no policy '%s' can follow it; Go "
		    "page traces do (GOEXPERIMENT=pagetrace, Go 1.20 to 1.22)",
		    choice->def->name);
	if (!hr_placer_stats(r->placer).recorded)
		return hr_error_set(err, HR_EUSAGE,
				    "policy '%s' releases pages at recorded addresses; it needs recorded placement",
				    choice->def->name);
	return HR_OK;
}

static enum hr_status add_follower(struct hr_replay *r, const struct hr_policy_choice *choice, struct hr_error *err)
{
	struct hr_follower *f = hr_calloc(1, sizeof(*f));
	enum hr_status status;

	if (f == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	status = check_choice(r, choice, err);
	if (status != HR_OK) {
		free(f);
		return status == HR_EUSAGE && choice->if_fits ? HR_OK : status;
	}
	status = hr_follower_init(f, choice, &r->options.settings, err);
	if (status != HR_OK) {
		free(f);
		return status;
	}
	if (r->options.from_ns > 0)
		hr_follower_measure_from(f, r->options.from_ns);
	r->choices[r->nfollowers] = choice;
	r->followers[r->nfollowers++] = f;
	return HR_OK;
}

static enum hr_status add_intervals(struct hr_replay *r, struct hr_error *err)
{
	const struct hr_settings *s = &r->options.settings;
	enum hr_status status;

	r->intervals = hr_calloc(1, sizeof(*r->intervals));
	if (r->intervals == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	status = hr_intervals_init(r->intervals, s->geometry, s->phys_page_bytes, r->options.from_ns, err);
	if (status != HR_OK) {
		free(r->intervals);
		r->intervals = NULL;
	}
	return status;
}

/* What is long before the part to be measured may be passed over, where a snapshot stands in for it. */
static void shorten(struct hr_replay *r)
{
	const struct hr_replay_options *o = &r->options;

	if (o->warm_up_ns >= o->from_ns || (o->reading.time_scale != 0 && o->reading.time_scale != 1))
		return;
	r->options.reading.jump = true;
	r->options.reading.from_ns = o->from_ns - o->warm_up_ns;
}

/* The runtime does without huge pages that are larger than a chunk (physHugePageSize above maxPhysHugePageSize). */
static bool drop_huge_pages(struct hr_settings *s)
{
	bool drop = s->huge_page_bytes > HR_CHUNK_BYTES && (s->huge_page_bytes & (s->huge_page_bytes - 1)) == 0;

	if (drop)
		s->huge_page_bytes = 0;
	return drop;
}

static void note_beginning(struct hr_replay *r)
{
	char buf[HR_UNIT_BUF];
	uint64_t ns = hr_reader_meta(r->reader)->begins_ns;

	if (ns > 0)
		hr_reader_assume(r->reader, "the replay begins at %s with what was live then (--warm-up)",
				 hr_format_ns(buf, ns));
}

/*
 * Runs of the GC model beside the likeliest: deaths as early or as late as the curves allow and half way there, with
 * draws of their own; marking that costs less or more; a heap goal that stacks, globals or another run's luck move; in
 * two of them no pools, which are a guess.
 */
static const struct hr_objects_variation variations[] = {
    {.seed = 1, .skew = -1, .mark_cost = 0.8, .goal = -0.04, .no_pools = true},
    {.seed = 2, .skew = 1, .mark_cost = 1.25, .goal = 0.04},
    {.seed = 3, .skew = -0.5, .mark_cost = 1.1, .goal = 0.06, .no_pools = true},
    {.seed = 4, .skew = 0.5, .mark_cost = 0.9, .goal = -0.06},
};

/* The one that reads, of a replay: itself, maybe. */
static struct hr_replay *root_of(struct hr_replay *r)
{
	return r->of != NULL ? r->of : r;
}

static enum hr_status add_unit(struct hr_replay *root, struct hr_replay *unit, struct hr_error *err)
{
	if (!hr_reserve(&root->units, &root->cap_units, root->nunits + 1, sizeof(struct hr_replay *)))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	root->units[root->nunits++] = unit;
	return HR_OK;
}

static enum hr_status open_variant(struct hr_replay *r, struct hr_replay *v, const struct hr_objects_variation *vary,
				   struct hr_error *err)
{
	struct hr_replay *root = root_of(r);

	v->of = root;
	v->shares_objects = true;
	v->options = r->options;
	v->options.objects.vary = *vary;
	v->reader = r->reader;
	v->followers = hr_calloc(r->nfollowers + 1, sizeof(struct hr_follower *));
	v->choices = hr_calloc(r->nfollowers + 1, sizeof(struct hr_policy_choice *));
	if (v->followers == NULL || v->choices == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	HR_TRY(hr_objects_beside(root->objects, &v->options.objects, &v->objects, err));
	HR_TRY(open_placer(v, err));
	for (size_t i = 0; i < r->nfollowers; i++)
		HR_TRY(add_follower(v, r->choices[i], err));
	return add_unit(root, v, err);
}

static enum hr_status open_variants(struct hr_replay *r, struct hr_error *err)
{
	size_t n = sizeof(variations) / sizeof(variations[0]);

	if (!r->options.bounds || r->objects == NULL || !hr_objects_is_modelled(r->objects))
		return HR_OK;
	r->variants = hr_calloc(n, sizeof(*r->variants));
	if (r->variants == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		r->nvariants++;
		HR_TRY(open_variant(r, &r->variants[i], &variations[i], err));
	}
	return HR_OK;
}

static enum hr_status prepare(struct hr_replay *r, size_t nchoices, struct hr_error *err)
{
	r->options.settings.geometry = hr_geometry(r->options.address_bits);
	if (r->options.settings.geometry == NULL)
		return hr_error_set(err, HR_EUSAGE, "there are address spaces of 48 and 32 bits");
	if (r->options.settings.procs == 0)
		r->options.settings.procs = 1;
	/* Trace time and clock time must then agree. */
	if (r->options.from_ns > 0 || r->options.until_ns != HR_NEVER)
		r->options.objects.wall_clock = true;
	r->followers = hr_calloc(nchoices + 1, sizeof(struct hr_follower *));
	r->choices = hr_calloc(nchoices + 1, sizeof(struct hr_policy_choice *));
	return r->followers != NULL && r->choices != NULL ? HR_OK : hr_error_set(err, HR_ENOMEM, "out of memory");
}

/* What is behind the reader. */
static enum hr_status open_stages(struct hr_replay *r, const struct hr_policy_choice *choices, size_t nchoices,
				  struct hr_policy_choice *own, struct hr_error *err)
{
	HR_TRY(open_objects(r, err));
	HR_TRY(open_placer(r, err));
	if (nchoices == 0) {
		HR_TRY(hr_policy_choose(hr_replay_own_policy(hr_reader_meta(r->reader)), own, err));
		HR_TRY(add_follower(r, own, err));
	}
	for (size_t i = 0; i < nchoices; i++)
		HR_TRY(add_follower(r, &choices[i], err));
	return HR_OK;
}

enum hr_status hr_replay_peak(const char *path, const struct hr_replay_options *options, uint64_t *bytes,
			      struct hr_error *err)
{
	struct hr_replay_options o = *options;
	struct hr_policy_choice none, own;
	enum hr_status status;
	struct hr_replay r;

	o.limit_percent = 0;
	o.reading.want = HR_WANT_SPANS;
	o.settings.memory_limit_bytes = UINT64_MAX;
	o.settings.limit_given = true;
	o.bounds = o.intervals = o.objects.gogc_given = false;
	if (o.objects.gc == HR_GC_MODEL)
		o.objects.gc = HR_GC_AUTO;
	HR_TRY(hr_policy_choose("none", &none, err));
	status = hr_replay_open(&r, path, &o, &none, 1, &own, err);
	if (status == HR_OK) {
		status = hr_replay_run(&r, err);
		*bytes = r.followers[0]->in_use.peak;
		hr_replay_close(&r);
	}
	hr_policy_choice_release(&none);
	return status;
}

/* --- what record noted of the program ----------------------------------------- */

/*
 * The recorded program's own settings, where none was given: GOMEMLIMIT is the limit; GOGC paces modelled cycles until the
 * trace's own show another (debug.SetGCPercent).
 */
static void take_notes(struct hr_replay *r)
{
	struct hr_settings *s = &r->options.settings;
	struct hr_objects_options *o = &r->options.objects;
	const char *limit = hr_reader_note(r->reader, "GOMEMLIMIT"), *gogc = hr_reader_note(r->reader, "GOGC");
	char size[HR_UNIT_BUF];
	struct hr_limit l;

	if (limit != NULL && !s->limit_given && r->options.limit_percent == 0 && s->memory_limit_bytes == UINT64_MAX &&
	    hr_limit_parse(limit, &l) && l.percent == 0 && l.bytes != UINT64_MAX) {
		s->memory_limit_bytes = l.bytes;
		if (r->of == NULL)
			hr_reader_assume(r->reader,
					 "a memory limit of %s: GOMEMLIMIT of the recorded program (--memory-limit)",
					 hr_format_bytes(size, l.bytes));
	}
	if (gogc != NULL && !o->gogc_given)
		hr_gogc_parse(gogc, &o->pacing.gogc);
}

/* A limit that was given as a percentage, in bytes: of --cgroup, of the recorded program's control group, of the peak. */
static enum hr_status take_percentage(struct hr_replay *r, const char *path, const struct hr_replay_options *given,
				      struct hr_error *err)
{
	struct hr_replay_options *o = &r->options;
	struct hr_limit limit = {.percent = o->limit_percent};
	const char *group = hr_reader_note(r->reader, "cgroup-limit");
	uint64_t whole = o->limit_of_bytes;
	char size[HR_UNIT_BUF];
	struct stat st;

	if (limit.percent == 0)
		return HR_OK;
	if (whole == 0 && group != NULL && hr_parse_u64(group, &whole) && whole != 0)
		hr_reader_assume(r->reader,
				 "the limit is of %s, that of the recorded program's control group (--cgroup)",
				 hr_format_bytes(size, whole));
	if (whole == 0 && (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode))))
		return hr_error_set(err, HR_EUSAGE,
				    "a percentage is of the trace's peak in use, and a pipe can't be read twice; give "
				    "a size, or what it is a percentage of (--cgroup)");
	if (whole == 0)
		HR_TRY(hr_replay_peak(path, given, &whole, err));
	o->settings.memory_limit_bytes = hr_limit_bytes(&limit, whole);
	return HR_OK;
}

static enum hr_status open_all(struct hr_replay *r, const char *path, const struct hr_policy_choice *choices,
			       size_t nchoices, struct hr_policy_choice *own, struct hr_error *err)
{
	struct hr_replay_options *o = &r->options;
	const struct hr_replay_options given = *o;
	bool dropped;

	HR_TRY(prepare(r, nchoices, err));
	if (o->objects.gc == HR_GC_MODEL || o->objects.gc == HR_GC_NONE)
		o->reading.want |= HR_WANT_OBJECTS;
	if (o->objects.gc == HR_GC_MODEL)
		o->reading.want = HR_WANT_ALL;
	if (o->layers)
		o->reading.want |= HR_WANT_OBJECTS;
	shorten(r);
	dropped = drop_huge_pages(&o->settings);
	HR_TRY(hr_reader_open(path, &o->reading, &r->reader, err));
	note_beginning(r);
	take_notes(r);
	HR_TRY(take_percentage(r, path, &given, err));
	if (dropped)
		hr_reader_assume(r->reader, "no huge pages: the Go runtime uses none above 4 MiB (--huge-page)");
	HR_TRY(open_stages(r, choices, nchoices, own, err));
	if (o->intervals)
		HR_TRY(add_intervals(r, err));
	return open_variants(r, err);
}

enum hr_status hr_replay_open(struct hr_replay *r, const char *path, const struct hr_replay_options *options,
			      const struct hr_policy_choice *choices, size_t nchoices, struct hr_policy_choice *own,
			      struct hr_error *err)
{
	enum hr_status status;

	memset(r, 0, sizeof(*r));
	memset(own, 0, sizeof(*own));
	r->options = *options;
	status = open_all(r, path, choices, nchoices, own, err);
	if (status != HR_OK) {
		hr_replay_close(r);
		hr_policy_choice_release(own);
	}
	return status;
}

static enum hr_status open_beside(struct hr_replay *b, const struct hr_policy_choice *choices, size_t nchoices,
				  struct hr_policy_choice *own, struct hr_error *err)
{
	HR_TRY(prepare(b, nchoices, err));
	take_notes(b);
	drop_huge_pages(&b->options.settings);
	HR_TRY(open_stages(b, choices, nchoices, own, err));
	HR_TRY(add_unit(b->of, b, err));
	return open_variants(b, err);
}

enum hr_status hr_replay_add(struct hr_replay *r, const struct hr_replay_options *options,
			     const struct hr_policy_choice *choices, size_t nchoices, struct hr_policy_choice *own,
			     struct hr_replay **beside, struct hr_error *err)
{
	struct hr_replay **list = realloc(r->beside, (r->nbeside + 1) * sizeof(struct hr_replay *));
	struct hr_replay *b = hr_calloc(1, sizeof(*b));

	memset(own, 0, sizeof(*own));
	if (list != NULL)
		r->beside = list;
	if (list == NULL || b == NULL) {
		free(b);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	r->beside[r->nbeside++] = *beside = b;
	b->of = r;
	b->reader = r->reader;
	b->options = *options;
	b->options.reading = r->options.reading;
	b->options.from_ns = r->options.from_ns;
	b->options.until_ns = r->options.until_ns;
	b->options.warm_up_ns = r->options.warm_up_ns;
	b->options.intervals = false;
	if (r->team == NULL)
		r->team = hr_team_new(r->options.jobs);
	/* After an error the caller can only close r, which also releases what was opened so far. */
	return open_beside(b, choices, nchoices, own, err);
}

enum hr_status hr_replay_can_be_watched(const struct hr_replay *r, struct hr_error *err)
{
	for (size_t i = 0; i < r->nfollowers; i++)
		if (r->followers[i]->def->knows_future)
			return hr_error_set(err, HR_EUSAGE,
					    "policy %s decides by what is to come, and can't be watched",
					    r->followers[i]->def->name);
	return HR_OK;
}

void hr_replay_close(struct hr_replay *r)
{
	for (size_t i = 0; i < r->nvariants; i++)
		hr_replay_close(&r->variants[i]);
	free(r->variants);
	for (size_t i = 0; i < r->nbeside; i++) {
		hr_replay_close(r->beside[i]);
		free(r->beside[i]);
	}
	free(r->beside);
	free(r->units);
	for (size_t i = 0; i < r->nfollowers; i++) {
		hr_follower_release(r->followers[i]);
		free(r->followers[i]);
	}
	free(r->followers);
	free(r->events);
	if (r->intervals != NULL)
		hr_intervals_release(r->intervals);
	free(r->intervals);
	if (r->layers != NULL)
		hr_layers_release(r->layers);
	free(r->layers);
	free(r->choices);
	if (r->placer != NULL)
		hr_placer_free(r->placer);
	if (!r->shares_objects)
		hr_objects_free(r->objects);
	if (r->reader != NULL && r->of == NULL)
		hr_reader_close(r->reader);
	hr_team_free(r->team);
	memset(r, 0, sizeof(*r));
}

/* --- those who follow: the followers by number, then the collector of intervals --- */

static size_t count_following(const struct hr_replay *r)
{
	return r->nfollowers + (r->intervals != NULL);
}

static enum hr_status follow_as(void *ctx, size_t who, const struct hr_place *records, size_t n)
{
	struct hr_replay *r = ctx;

	return who < r->nfollowers ? hr_follower_follow(r->followers[who], records, n)
				   : hr_intervals_follow(r->intervals, records, n);
}

/* On this thread. All follow a batch even where one of them fails, so that the error is that of several threads. */
static enum hr_status follow_here(struct hr_replay *r, const struct hr_place *records, size_t n)
{
	enum hr_status status = HR_OK;

	for (size_t who = 0; who < count_following(r); who++) {
		enum hr_status s = follow_as(r, who, records, n);

		if (status == HR_OK)
			status = s;
	}
	return status;
}

/* NULL: one thread is enough, or no more can be had; the caller then follows by itself. */
static struct hr_pool *open_pool(struct hr_replay *r)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = r->options.jobs ? r->options.jobs : online > 0 ? (size_t)online : 1;

	if (n > count_following(r))
		n = count_following(r);
	return n > 1 ? hr_pool_new((unsigned)n, count_following(r), follow_as, r) : NULL;
}

static void report_progress(const struct hr_replay *r, uint64_t trace_ns)
{
	uint64_t done, total;

	if (r->options.progress == NULL)
		return;
	hr_reader_progress(r->reader, &done, &total);
	r->options.progress(r->options.progress_ctx, done, total, trace_ns);
}

/* Events up to until_ns; true when there may be more. */
static bool keep_until(const struct hr_event *events, size_t *n, uint64_t until_ns)
{
	if (until_ns == HR_NEVER || *n == 0 || events[*n - 1].time_ns <= until_ns)
		return true;
	while (*n > 0 && events[*n - 1].time_ns > until_ns)
		--*n;
	return false;
}

/* What the heap goals tell of a memory limit that was not given, and what is made of those that tell nothing. */
static void judge_goals(const struct hr_replay *r)
{
	const struct hr_placer_stats s = hr_placer_stats(r->placer);
	const struct hr_settings *set = &r->options.settings;
	char n[HR_UNIT_BUF], low[HR_UNIT_BUF], high[HR_UNIT_BUF];

	if (r->objects != NULL && hr_objects_options(r->objects)->gc == HR_GC_MODEL)
		return;
	if (s.untold_goals > 0 && set->memory_limit_bytes != UINT64_MAX)
		hr_reader_assume(r->reader, "%s heap goals are not told (GOGC=off): that of the memory limit, %s",
				 hr_format_count(n, s.untold_goals), hr_format_bytes(low, goal_of_limit(set)));
	else if (s.untold_goals > 0)
		hr_reader_assume(
		    r->reader,
		    "%s heap goals are not told (GOGC=off): the Go policies have none; --memory-limit gives one",
		    hr_format_count(n, s.untold_goals));
	if (set->memory_limit_bytes != UINT64_MAX || s.goals - s.untold_goals < CONSTANT_GOALS ||
	    s.goal_max_bytes > s.goal_min_bytes / 100 * GOALS_APART_PERCENT ||
	    s.low_max_bytes < s.low_min_bytes / 100 * HEAPS_APART_PERCENT || s.goal_min_bytes < SMALL_GOAL)
		return;
	/* The limit is the goal, 3 % headroom of it, and what is beside the heap. */
	hr_reader_assume(
	    r->reader, "no memory limit, but the heap goals hardly vary: one of %s to %s fits them (--memory-limit)",
	    hr_format_bytes(low, s.goal_min_bytes + s.goal_min_bytes / 100 * 3),
	    hr_format_bytes(high, s.goal_max_bytes + s.goal_max_bytes / 100 * 4 + set->other_memory_bytes));
}

/* Figures of a trace that has nothing in it, or of which nothing is left, would be zeros that look like answers. */
static enum hr_status check_there_is_something(const struct hr_replay *r, struct hr_error *err)
{
	static const enum hr_event_kind kinds[] = {HR_EV_SPAN_EXISTS, HR_EV_SPAN_ALLOC, HR_EV_OBJ_EXISTS,
						   HR_EV_OBJ_ALLOC,   HR_EV_PAGE_ALLOC, HR_EV_STACK_EXISTS,
						   HR_EV_STACK_ALLOC};
	const struct hr_trace_stats *s = hr_reader_stats(r->reader);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (s->counts[kinds[i]] > 0)
			return HR_OK;
	if (s->anomalies[HR_ANOMALY_LOST_BLOCK] > 0 || s->cut)
		return hr_error_set(err, HR_EINPUT, "it is %s, and there is no allocation in what is left of it",
				    s->cut ? "cut off" : "damaged");
	return hr_error_set(err, HR_EINPUT, "there is no allocation in it: nothing to replay");
}

/* What is said when following failed: of the policies that broke a rule the first. */
static enum hr_status explain(const struct hr_replay *r, enum hr_status status, struct hr_error *err)
{
	const struct hr_follower *first = NULL;

	for (size_t i = 0; i < r->nfollowers; i++) {
		const struct hr_follower *f = r->followers[i];

		if (f->fault.status != HR_OK && (first == NULL || f->followed < first->followed))
			first = f;
	}
	if (first == NULL)
		return hr_error_set(err, status, "out of memory while following the trace");
	return hr_error_set(err, first->fault.status, "%s", first->fault.text);
}

/* What all who follow do with what was read; at the end there are no events, but the time. */
struct step {
	struct hr_replay *r;
	const struct hr_event *events;
	size_t n;
	bool last, past; /* past: something was read that is beyond until_ns */
	uint64_t end_ns;
};

static enum hr_status follow_unit(struct hr_replay *v, const struct step *s, struct hr_error *err)
{
	const struct hr_event *spans = s->events;
	const struct hr_place *records;
	size_t n = s->n;
	uint64_t end_ns = s->end_ns;

	if (v->objects != NULL) {
		if (!v->shares_objects && n > 0)
			HR_TRY(hr_objects_feed(v->objects, spans, n, err));
		if (!v->shares_objects && s->last && !s->past)
			HR_TRY(hr_objects_finish(v->objects, end_ns, err));
		if (s->last && !s->past)
			end_ns = hr_objects_end_ns(v->objects);
		spans = hr_objects_take(v->objects, &n);
	}
	keep_until(spans, &n, v->options.until_ns);
	if (n > 0)
		HR_TRY(hr_placer_feed(v->placer, spans, n, err));
	if (s->last)
		HR_TRY(hr_placer_finish(v->placer, end_ns, err));
	records = hr_placer_take(v->placer, &n);
	if (n > 0 && follow_here(v, records, n) != HR_OK)
		return explain(v, HR_ENOMEM, err);
	if (n > 0)
		v->end_ns = records[n - 1].time_ns;
	return HR_OK;
}

static void follow_as_unit(void *ctx, size_t i)
{
	const struct step *s = ctx;
	struct hr_replay *v = s->r->units[i];

	v->followed = follow_unit(v, s, &v->fault);
}

static enum hr_status follow_units(const struct step *s, struct hr_error *err)
{
	struct hr_replay *r = s->r;

	hr_team_run(r->team, r->nunits, follow_as_unit, (void *)(uintptr_t)s);
	for (size_t i = 0; i < r->nunits; i++) {
		if (r->units[i]->followed == HR_OK)
			continue;
		if (err != NULL)
			*err = r->units[i]->fault;
		return r->units[i]->followed;
	}
	return HR_OK;
}

/* The last of it: what the stages still hold back. */
static enum hr_status finish(struct hr_replay *r, bool past, struct hr_error *err)
{
	uint64_t end_ns = hr_reader_stats(r->reader)->last_time_ns;
	const struct hr_event *spans;
	size_t n;

	if (!past && r->options.until_ns == HR_NEVER)
		HR_TRY(check_there_is_something(r, err));
	judge_goals(r);
	r->ended = true;
	if (past || end_ns > r->options.until_ns)
		end_ns = r->options.until_ns;
	if (r->objects != NULL && !past) {
		HR_TRY(hr_objects_finish(r->objects, end_ns, err));
	}
	HR_TRY(follow_units(&(struct step){.r = r, .last = true, .past = past, .end_ns = end_ns}, err));
	if (r->objects != NULL && !past) {
		end_ns = hr_objects_end_ns(r->objects);
		spans = hr_objects_take(r->objects, &n);
		keep_until(spans, &n, r->options.until_ns);
		HR_TRY(hr_placer_feed(r->placer, spans, n, err));
	}
	if (r->layers != NULL)
		HR_TRY(hr_layers_finish(r->layers, end_ns, hr_reader_meta(r->reader)->tells_sweeps, err));
	return hr_placer_finish(r->placer, end_ns, err);
}

/* A batch of events through the stages. *past: it went beyond what is to be replayed. */
static enum hr_status read_some(struct hr_replay *r, bool *past, struct hr_error *err)
{
	const struct hr_event *spans = r->events;
	size_t n, read;

	HR_TRY(hr_reader_next(r->reader, r->events, EVENTS_A_BATCH, &n, err));
	read = n;
	report_progress(r, r->events[n - 1].time_ns);
	if (r->objects != NULL) {
		HR_TRY(hr_objects_feed(r->objects, r->events, n, err));
		spans = hr_objects_take(r->objects, &n);
	}
	HR_TRY(follow_units(&(struct step){.r = r, .events = r->events, .n = read}, err));
	*past = !keep_until(spans, &n, r->options.until_ns);
	if (r->layers != NULL && r->objects == NULL)
		HR_TRY(hr_layers_take(r->layers, spans, n, err));
	return n > 0 ? hr_placer_feed(r->placer, spans, n, err) : HR_OK;
}

static enum hr_status new_layers(struct hr_replay *r, struct hr_error *err)
{
	r->layers = hr_calloc(1, sizeof(*r->layers));
	if (r->layers == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	hr_layers_init(r->layers, &hr_reader_sides(r->reader)->types, hr_reader_meta(r->reader)->go_minor);
	return HR_OK;
}

enum hr_status hr_replay_layers(struct hr_replay *r, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r->reader);

	if (r->objects != NULL) {
		HR_TRY(new_layers(r, err));
		hr_layers_model_until(r->layers, r->options.until_ns);
		hr_objects_layers(r->objects, r->layers);
		return HR_OK;
	}
	if (!meta->has_objects || !meta->has_addresses || !meta->has_spans)
		return hr_error_set(err, HR_EUSAGE,
				    "the trace does not tell which objects lie in which spans; layers need a Go "
				    "execution trace recorded with GODEBUG=traceallocfree=1, or a trace of objects");
	if (!hr_placer_stats(r->placer).recorded)
		return hr_error_set(err, HR_EUSAGE, "layers need the recorded placement");
	return new_layers(r, err);
}

enum hr_status hr_replay_next(struct hr_replay *r, const struct hr_place **records, size_t *n, struct hr_error *err)
{
	enum hr_status status;
	bool past = false;

	*n = 0;
	if (r->ended)
		return HR_END;
	if (r->events == NULL)
		r->events = hr_calloc(EVENTS_A_BATCH, sizeof(*r->events));
	if (r->events == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	status = read_some(r, &past, err);
	if (status == HR_END || (status == HR_OK && past))
		status = finish(r, past, err);
	HR_TRY(status);
	*records = hr_placer_take(r->placer, n);
	if (*n > 0)
		r->end_ns = (*records)[*n - 1].time_ns;
	return HR_OK;
}

static enum hr_status follow(struct hr_replay *r, struct hr_pool *pool, const struct hr_place *records, size_t n,
			     struct hr_error *err)
{
	enum hr_status status = HR_OK;

	while (n > 0 && status == HR_OK) {
		size_t some = n < RECORDS_A_BATCH ? n : RECORDS_A_BATCH;

		status = pool != NULL ? hr_pool_share(pool, records, some) : follow_here(r, records, some);
		records += some;
		n -= some;
	}
	if (status == HR_OK)
		return HR_OK;
	/* Followers must not be read while worker threads run them; hr_replay_run reads them afterwards. */
	return pool == NULL ? explain(r, status, err)
			    : hr_error_set(err, status, "out of memory while following the trace");
}

enum hr_status hr_replay_run(struct hr_replay *r, struct hr_error *err)
{
	/* Threads that have other replays to run follow this one on the way. */
	struct hr_pool *pool = r->nunits == 0 ? open_pool(r) : NULL;
	const struct hr_place *records;
	enum hr_status status, following;
	size_t n;

	do {
		status = hr_replay_next(r, &records, &n, err);
		if (status == HR_OK)
			status = follow(r, pool, records, n, err);
	} while (status == HR_OK);
	if (pool != NULL) {
		following = hr_pool_close(pool);
		/* Report this error first: what ended the reading lies further on in the trace. */
		if (following != HR_OK)
			status = explain(r, following, err);
	}
	return status == HR_END ? HR_OK : status;
}
