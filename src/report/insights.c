/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/insights.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

/* What the rules call much; the manual has the same numbers (tests/unit/insights.c). */
#define MUCH_BYTES (16 * MIB)
#define LONG_LAG_NS (5 * SECOND)
#define LONG_STALL_NS (10 * MS)

/* --- figures ------------------------------------------------------------------ */

struct text {
	char buf[HR_UNIT_BUF];
};

#define BYTES(n) hr_format_bytes((struct text){{0}}.buf, n)
#define NS(n) hr_format_ns((struct text){{0}}.buf, n)
#define COUNT(n) hr_format_count((struct text){{0}}.buf, n)

static bool is_known(const struct hr_standing *s, const char *metric)
{
	size_t i = hr_metric_index(metric);

	return i < hr_nmetrics && s->known[i];
}

/* 0 where it is not known. */
static uint64_t figure(const struct hr_standing *s, const char *metric)
{
	return is_known(s, metric) ? s->values[hr_metric_index(metric)] : 0;
}

/* a is at least that many percent of b, which is something. */
static bool is_share(uint64_t a, unsigned percent, uint64_t b)
{
	return b > 0 && (unsigned __int128)a * 100 >= (unsigned __int128)b * percent;
}

static double percent_of(uint64_t a, uint64_t b)
{
	return (double)a * 100 / (double)b;
}

static bool competes(const struct hr_standing *s)
{
	return !s->knows_future && !s->inactive;
}

static size_t add(char *text, size_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static size_t add(char *text, size_t at, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = at < HR_INSIGHT_MAX ? vsnprintf(text + at, HR_INSIGHT_MAX - at, fmt, ap) : 0;
	va_end(ap);
	return n > 0 ? at + (size_t)n : at;
}

/* --- lag ---------------------------------------------------------------------- */

static json_t *kept_of(const struct hr_comparison *c, const struct hr_standing *s)
{
	json_t *policies = json_object_get(c->document, "policies");

	return json_object_get(json_array_get(policies, (size_t)(s - c->policies)), "kept");
}

static uint64_t integer_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) && json_integer_value(v) > 0 ? (uint64_t)json_integer_value(v) : 0;
}

/* Of what the policy itself is, nothing need be said. */
static const struct {
	const char *reason, *text;
} why_kept[] = {
    {"cache", "lay in page caches of Ps"},
    {"physical_page", "had the most of it in physical pages that were partly used"},
    {"no_cycle", "waited for the first GC cycle"},
    {"unmarked", "were not in the index"},
    {"dense", "counted as dense, which only the end of a GC cycle changes"},
    {"unreached", "lay above the address from which the search goes down"},
    {"whole_huge_page", "lay in huge pages in use, which the policy keeps whole"},
    {"policy", "were held by the policy's own delay, decay or rate"},
    {"pace", "waited for the scavenger's pace"},
    {"goal", "were within the goal"},
};

/* What most of the free memory waited for when it was the most; NULL: nothing is said of that. */
static const char *reason_of(const json_t *kept, const struct hr_standing *s)
{
	const json_t *most = json_array_get(json_object_get(kept, "reasons"), 0);
	const char *reason = json_string_value(json_object_get(most, "reason"));

	if (reason == NULL || integer_of(kept, "time_ns") < figure(s, "drop_at_ns"))
		return NULL;
	for (size_t i = 0; i < sizeof(why_kept) / sizeof(why_kept[0]); i++)
		if (strcmp(why_kept[i].reason, reason) == 0)
			return why_kept[i].text;
	return NULL;
}

/* ": at 24.0 s 608 MiB were free, and 151 of 170 chunks with free memory counted as dense; ..." */
static size_t add_reason(char *text, size_t n, const struct hr_comparison *c, const struct hr_standing *s)
{
	const json_t *kept = kept_of(c, s), *list = json_object_get(kept, "reasons");
	const json_t *holder = json_object_get(kept, "holder");
	const char *why = reason_of(kept, s), *type = json_string_value(json_object_get(holder, "type"));
	uint64_t chunks = 0;

	if (why == NULL)
		return n;
	for (size_t k = 0; k < json_array_size(list); k++)
		chunks += integer_of(json_array_get(list, k), "chunks");
	n = add(text, n, ": at %s %s was free, and %" PRIu64 " of %" PRIu64 " chunks with free memory %s",
		NS(integer_of(kept, "time_ns")), BYTES(integer_of(kept, "free_bytes")),
		integer_of(json_array_get(list, 0), "chunks"), chunks, why);
	if (type != NULL)
		n = add(text, n, "; %s lay in %" PRIu64 " chunks held by %.80s objects",
			BYTES(integer_of(holder, "free_bytes")), integer_of(holder, "chunks"), type);
	return n;
}

static bool is_go(const struct hr_standing *s)
{
	return strncmp(s->text, "go1.", 4) == 0;
}

/* Who returned it in at most half the time: a generation of Go before others, then the fastest, then the latest. */
static const struct hr_standing *faster(const struct hr_comparison *c, const struct hr_standing *s)
{
	uint64_t most = is_known(s, "lag_90_ns") ? figure(s, "lag_90_ns") / 2 : UINT64_MAX;
	const struct hr_standing *best = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct hr_standing *x = &c->policies[i];

		/* A policy that returns everything at once does not answer the question. */
		if (competes(x) && is_known(x, "lag_90_ns") && figure(x, "lag_90_ns") > 0 &&
		    figure(x, "lag_90_ns") <= most &&
		    (best == NULL || is_go(x) > is_go(best) ||
		     (is_go(x) == is_go(best) && figure(x, "lag_90_ns") <= figure(best, "lag_90_ns"))))
			best = x;
	}
	return best;
}

static bool tell_lag(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	uint64_t drop = figure(s, "drop_bytes"), lag = figure(s, "lag_90_ns");
	bool censored = !is_known(s, "lag_90_ns");
	const struct hr_standing *other = faster(c, s);
	size_t n;

	if (drop < MUCH_BYTES || !is_share(drop, 25, figure(s, "in_use_peak_bytes")))
		return false;
	if (censored ? !is_share(figure(s, "held_after_5s_bytes"), 50, drop) : lag < LONG_LAG_NS)
		return false;
	n = add(text, 0, "Memory in use fell by %s after %s, and ", BYTES(drop), NS(figure(s, "drop_at_ns")));
	if (censored)
		n = add(text, n, "90 %% of it was not returned by the end of the trace");
	else
		n = add(text, n, "it took %s to return 90 %% of it", NS(lag));
	n = add_reason(text, n, c, s);
	if (other != NULL)
		n = add(text, n, "; under %s it took %s", other->text, NS(figure(other, "lag_90_ns")));
	add(text, n, ".");
	return true;
}

/* --- the other rules ------------------------------------------------------------ */

static bool tell_less(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	uint64_t own = figure(s, "retained_mean_bytes"), cpu = figure(s, "total_cpu_ns");
	const struct hr_standing *best = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct hr_standing *x = &c->policies[i];

		if (competes(x) && is_known(x, "total_cpu_ns") && figure(x, "total_cpu_ns") <= cpu &&
		    (best == NULL || figure(x, "retained_mean_bytes") < figure(best, "retained_mean_bytes")))
			best = x;
	}
	if (best == NULL || own < figure(best, "retained_mean_bytes") + MUCH_BYTES ||
	    !is_share(own - figure(best, "retained_mean_bytes"), 10, own))
		return false;
	add(text, 0, "%s retains %s less on average, %s instead of %s, and takes no more CPU time: %s instead of %s.",
	    best->text, BYTES(own - figure(best, "retained_mean_bytes")), BYTES(figure(best, "retained_mean_bytes")),
	    BYTES(own), NS(figure(best, "total_cpu_ns")), NS(cpu));
	return true;
}

static bool tell_regret(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	uint64_t above = figure(s, "equal_cpu_bytes"), own = figure(s, "retained_mean_bytes");

	(void)c;
	if (above < MUCH_BYTES || !is_share(above, 10, own))
		return false;
	add(text, 0,
	    "%s of the %s retained on average, %.0f %%, was not needed: the offline optimum does without it at "
	    "the same CPU cost.",
	    BYTES(above), BYTES(own), percent_of(above, own));
	return true;
}

static bool tell_thrash(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	uint64_t thrash = figure(s, "thrash_bytes"), returned = figure(s, "returned_bytes");

	(void)c;
	if (thrash < MUCH_BYTES || !is_share(thrash, 25, returned))
		return false;
	add(text, 0, "%s of the %s returned, %.0f %%, was used again within a second.", BYTES(thrash), BYTES(returned),
	    percent_of(thrash, returned));
	return true;
}

static bool tell_cpu(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	uint64_t cpu = figure(s, "total_cpu_ns"), duration = figure(s, "duration_ns");

	(void)c;
	if (!is_share(cpu, 1, duration))
		return false;
	add(text, 0, "Releases and refaults took %s of CPU time, %.1f %% of a P.", NS(cpu), percent_of(cpu, duration));
	return true;
}

static bool tell_stall(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	(void)c;
	if (figure(s, "worst_stall_ns") < LONG_STALL_NS)
		return false;
	if (figure(s, "stalls") == 1)
		add(text, 0, "The program waited once for a release, for %s.", NS(figure(s, "worst_stall_ns")));
	else
		add(text, 0, "The program waited %s times for releases, for %s at the longest.",
		    COUNT(figure(s, "stalls")), NS(figure(s, "worst_stall_ns")));
	return true;
}

static bool tell_limit(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	uint64_t over = figure(s, "over_limit_ns");

	(void)c;
	if (!is_share(over, 1, figure(s, "duration_ns")))
		return false;
	add(text, 0, "Memory was above the limit for %s, %.0f %% of the time, by %s at the most.", NS(over),
	    percent_of(over, figure(s, "duration_ns")), BYTES(figure(s, "over_limit_peak_bytes")));
	return true;
}

static bool tell_spiral(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	uint64_t breaches = figure(s, "gc_limit_breaches"), cycles = figure(s, "gc_cycles");

	(void)c;
	if (!is_share(breaches, 10, cycles))
		return false;
	add(text, 0,
	    "After %s of %s GC cycles the memory limit left less room than what had survived: it is too low for "
	    "this program.",
	    COUNT(breaches), COUNT(cycles));
	return true;
}

static bool tell_trapped(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	uint64_t trapped = figure(s, "trapped_mean_bytes"), own = figure(s, "retained_mean_bytes");

	(void)c;
	if (trapped < MUCH_BYTES || !is_share(trapped, 5, own))
		return false;
	add(text, 0,
	    "%s on average, %.0f %% of what was retained, was free but could not be released, because its "
	    "physical pages were partly used.",
	    BYTES(trapped), percent_of(trapped, own));
	return true;
}

static bool tell_inactive(const struct hr_comparison *c, const struct hr_standing *s, char text[HR_INSIGHT_MAX])
{
	uint64_t unused = figure(s, "free_mean_bytes");

	(void)c;
	if (!s->inactive || unused < MUCH_BYTES)
		return false;
	add(text, 0,
	    "%s had no goal to act by, since the trace has no GC cycle with one; %s was free on average. "
	    "--memory-limit or --gc model gives it one.",
	    s->text, BYTES(unused));
	return true;
}

/* --- the table ------------------------------------------------------------------ */

#define OF(n) "at least 16 MiB and " n

const struct hr_insight_rule hr_insight_rules[] = {
    {"lag",
     "The largest drop of memory in use is " OF(
	 "25 % of the most in use") ", and lag_90_ns is at least 5 s, or there "
				    "is none and half of the drop was held after 5 s.  What is said of chunks is of "
				    "the moment with the most free "
				    "memory, if that was later; the type that holds most of it is named where the "
				    "trace is a file that tells where "
				    "its objects lie.  The other policy has a lag_90_ns above 0 and at most half as "
				    "long: the shortest of the "
				    "generations of Go, or else of all.",
     tell_lag},
    {"less", "Another policy retains on average " OF("10 % less") ", for no more CPU time.", tell_less},
    {"regret", "The offline optimum retains " OF("10 % less") " at the same CPU cost.", tell_regret},
    {"thrash", "What was used again within a second is " OF("25 % of what was returned") ".", tell_thrash},
    {"cpu", "Releases and refaults take at least 1 % of the trace's time.", tell_cpu},
    {"stall", "The program waited for a release for at least 10 ms.", tell_stall},
    {"limit", "Memory was above the memory limit for at least 1 % of the time.", tell_limit},
    {"spiral", "After at least 10 % of the modelled GC cycles the limit leaves less room than what survived.",
     tell_spiral},
    {"trapped", "Free memory of partly used physical pages is on average " OF("5 % of what is retained") ".",
     tell_trapped},
    {"inactive", "The policy needs a goal and never had one, and at least 16 MiB was free on average.", tell_inactive},
};

const size_t hr_ninsight_rules = sizeof(hr_insight_rules) / sizeof(hr_insight_rules[0]);

const struct hr_standing *hr_insights_policy(const struct hr_comparison *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->policies[i].own)
			return &c->policies[i];
	for (size_t i = 0; i < c->n; i++)
		if (!c->policies[i].knows_future)
			return &c->policies[i];
	return NULL;
}

const struct hr_standing *hr_insights_held(const struct hr_comparison *c)
{
	const struct hr_standing *s = hr_insights_policy(c);
	char text[HR_INSIGHT_MAX];

	return s != NULL && reason_of(kept_of(c, s), s) != NULL && tell_lag(c, s, text) ? s : NULL;
}

void hr_insights_tell(const struct hr_comparison *c, void (*to)(void *ctx, const char *rule, const char *text),
		      void *ctx)
{
	const struct hr_standing *s = hr_insights_policy(c);
	char text[HR_INSIGHT_MAX];

	for (size_t i = 0; s != NULL && i < hr_ninsight_rules; i++)
		if (hr_insight_rules[i].tell(c, s, text))
			to(ctx, hr_insight_rules[i].name, text);
}
