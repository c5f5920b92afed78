/* SPDX-License-Identifier: BSD-3-Clause */
/* Each rule of the sentences at the end: at its threshold it speaks, just below it is silent, and no other speaks. */
#include "config.h"

#include "report/insights.h"

#include "testing.h"

#include <jansson.h>
#include <string.h>

#define MIB 1048576LL
#define MS 1000000LL
#define SECOND (1000 * MS)
#define UNKNOWN (-1)

struct figure {
	const char *name;
	json_int_t value; /* UNKNOWN: null */
};

#define FIGURES 6

/* A change of the figures of the policy spoken of, and of another one, with which the rule holds or does not. */
struct trial {
	const char *rule;
	bool holds;
	struct figure own[FIGURES], other[FIGURES];
	bool inactive;
	const char *says; /* a part of the sentence */
};

/* A run of a minute that nothing can be said of. */
static const struct figure calm[] = {
    {"duration_ns", 60 * SECOND},
    {"retained_mean_bytes", 200 * MIB},
    {"in_use_mean_bytes", 150 * MIB},
    {"in_use_peak_bytes", 200 * MIB},
    {"free_mean_bytes", 10 * MIB},
    {"trapped_mean_bytes", 0},
    {"returned_bytes", 100 * MIB},
    {"thrash_bytes", 0},
    {"total_cpu_ns", 100 * MS},
    {"stalls", 0},
    {"worst_stall_ns", 0},
    {"over_limit_ns", 0},
    {"over_limit_peak_bytes", 0},
    {"drop_bytes", 100 * MIB},
    {"drop_at_ns", 10 * SECOND},
    {"lag_90_ns", 1 * SECOND},
    {"held_after_5s_bytes", 0},
    {"equal_cpu_bytes", 0},
    {"gc_cycles", 10},
    {"gc_limit_breaches", 0},
};

static const struct trial trials[] = {
    {.holds = false},
    {"lag", true, {{"lag_90_ns", 5 * SECOND}}, .says = "fell by 100 MiB after 10.0 s, and it took 5.00 s"},
    {"lag", false, {{"lag_90_ns", 5 * SECOND - 1}}},
    {"lag", true, {{"lag_90_ns", UNKNOWN}, {"held_after_5s_bytes", 50 * MIB}}, .says = "not returned by the end"},
    {"lag", false, {{"lag_90_ns", UNKNOWN}, {"held_after_5s_bytes", 50 * MIB - 1}}},
    {"lag", false, {{"lag_90_ns", UNKNOWN}, {"held_after_5s_bytes", UNKNOWN}}},
    {"lag", false, {{"lag_90_ns", 9 * SECOND}, {"drop_bytes", 16 * MIB - 1}, {"in_use_peak_bytes", 20 * MIB}}},
    {"lag", true, {{"lag_90_ns", 9 * SECOND}, {"drop_bytes", 50 * MIB}}, .says = "fell by 50.0 MiB"},
    {"lag", false, {{"lag_90_ns", 9 * SECOND}, {"drop_bytes", 50 * MIB - 1}}},
    {"lag", false, {{"lag_90_ns", UNKNOWN}, {"drop_bytes", UNKNOWN}}},
    {"lag", true, {{"lag_90_ns", 9 * SECOND}}, {{"lag_90_ns", 4500 * MS}}, .says = "; under go1.19 it took 4.50 s."},
    {"less",
     true,
     {{"total_cpu_ns", 5}},
     {{"retained_mean_bytes", 180 * MIB}, {"total_cpu_ns", 5}},
     .says = "go1.19 retains 20.0 MiB less on average, 180 MiB instead of 200 MiB"},
    {"less", false, {{"total_cpu_ns", 5}}, {{"retained_mean_bytes", 180 * MIB}, {"total_cpu_ns", 6}}},
    {"less", false, {{"total_cpu_ns", 5}}, {{"retained_mean_bytes", 180 * MIB + 1}, {"total_cpu_ns", 5}}},
    {"less", false, {{"retained_mean_bytes", 100 * MIB}}, {{"retained_mean_bytes", 84 * MIB + 1}}},
    {"regret", true, {{"equal_cpu_bytes", 20 * MIB}}, .says = "20.0 MiB of the 200 MiB retained on average, 10 %"},
    {"regret", false, {{"equal_cpu_bytes", 20 * MIB - 1}}},
    {"regret", false, {{"equal_cpu_bytes", UNKNOWN}}},
    {"thrash", true, {{"thrash_bytes", 25 * MIB}}, .says = "25.0 MiB of the 100 MiB returned, 25 %"},
    {"thrash", false, {{"thrash_bytes", 25 * MIB - 1}}},
    {"thrash", false, {{"thrash_bytes", 16 * MIB - 1}, {"returned_bytes", 17 * MIB}}},
    {"cpu",
     true,
     {{"total_cpu_ns", 600 * MS}},
     {{"retained_mean_bytes", 201 * MIB}},
     .says = "600 ms of CPU time, 1.0 %"},
    {"cpu", false, {{"total_cpu_ns", 600 * MS - 1}}, {{"retained_mean_bytes", 201 * MIB}}},
    {"stall", true, {{"worst_stall_ns", 10 * MS}, {"stalls", 1}}, .says = "waited once for a release, for 10.0 ms"},
    {"stall", true, {{"worst_stall_ns", 20 * MS}, {"stalls", 3}}, .says = "waited 3 times for releases, for 20.0 ms"},
    {"stall", false, {{"worst_stall_ns", 10 * MS - 1}, {"stalls", 1}}},
    {"limit",
     true,
     {{"over_limit_ns", 600 * MS}, {"over_limit_peak_bytes", 3 * MIB}},
     .says = "above the limit for 600 ms, 1 % of the time, by 3.00 MiB"},
    {"limit", false, {{"over_limit_ns", 600 * MS - 1}}},
    {"spiral", true, {{"gc_limit_breaches", 1}}, .says = "After 1 of 10 GC cycles"},
    {"spiral", false, {{"gc_limit_breaches", 1}, {"gc_cycles", 11}}},
    {"trapped", true, {{"trapped_mean_bytes", 16 * MIB}}, .says = "16.0 MiB on average, 8 %"},
    {"trapped", false, {{"trapped_mean_bytes", 16 * MIB - 1}}},
    {"inactive", true, {{"free_mean_bytes", 16 * MIB}}, .inactive = true, .says = "16.0 MiB was free"},
    {"inactive", false, {{"free_mean_bytes", 16 * MIB - 1}}, .inactive = true},
    {"inactive", false, {{"free_mean_bytes", 16 * MIB}}},
};

static void set(json_t *summary, json_t *regret, const struct figure *f)
{
	json_t *into = strncmp(f->name, "equal_", 6) == 0 ? regret : summary;

	assert_true(hr_metric_index(f->name) < hr_nmetrics);
	json_object_set_new(into, f->name, f->value == UNKNOWN ? json_null() : json_integer(f->value));
}

static json_t *policy(const char *name, bool own, bool inactive, const struct figure *change)
{
	json_t *summary = json_object(), *regret = json_object();

	for (size_t i = 0; i < sizeof(calm) / sizeof(calm[0]); i++)
		set(summary, regret, &calm[i]);
	for (size_t i = 0; i < FIGURES && change[i].name != NULL; i++)
		set(summary, regret, &change[i]);
	return json_pack("{s:{s:s, s:s, s:b, s:b}, s:o, s:o}", "policy", "name", name, "text", name, "own", own,
			 "inactive", inactive, "summary", summary, "regret", regret);
}

static json_t *document_of(const struct trial *t)
{
	/* The own one is not the first, and one that knows the future is better than all. */
	const struct figure best[FIGURES] = {{"retained_mean_bytes", 1}, {"total_cpu_ns", 1}, {"lag_90_ns", 1}};

	return json_pack("{s:{s:s}, s:{}, s:[o, o, o]}", "trace", "name", "test", "settings", "policies",
			 policy("optimal", false, false, best), policy("go1.19", false, false, t->other),
			 policy("go1.22", true, t->inactive, t->own));
}

struct heard {
	size_t n;
	char rule[32], text[HR_INSIGHT_MAX];
};

static void hear(void *ctx, const char *rule, const char *text)
{
	struct heard *h = ctx;

	h->n++;
	snprintf(h->rule, sizeof(h->rule), "%s", rule);
	snprintf(h->text, sizeof(h->text), "%s", text);
}

static void listen(json_t *document, struct heard *h)
{
	struct hr_comparison c;
	struct hr_error err;

	*h = (struct heard){0};
	assert_int_equal(hr_comparison_read(&c, document, NULL, "test", &err), HR_OK);
	assert_string_equal(hr_insights_policy(&c)->text, "go1.22");
	hr_insights_tell(&c, hear, h);
	hr_comparison_release(&c);
	json_decref(document);
}

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		const struct trial *t = &trials[i];
		struct heard h;

		listen(document_of(t), &h);
		if (h.n != t->holds || (t->holds && strcmp(h.rule, t->rule) != 0))
			fail_msg("trial %zu (%s): %zu sentences, the last of %s: %s", i, t->rule, h.n, h.rule, h.text);
		if (t->holds && strstr(h.text, t->says) == NULL)
			fail_msg("trial %zu: \"%s\" does not say \"%s\"", i, h.text, t->says);
		if (t->holds)
			assert_true(h.text[strlen(h.text) - 1] == '.' && strpbrk(h.text, "0123456789") != NULL);
	}
}

/* Every rule is tried both ways. */
static void test_all_are_tried(void **state)
{
	(void)state;
	for (size_t r = 0; r < hr_ninsight_rules; r++) {
		bool held = false, silent = false;

		for (size_t i = 1; i < sizeof(trials) / sizeof(trials[0]); i++) {
			if (strcmp(trials[i].rule, hr_insight_rules[r].name) != 0)
				continue;
			held |= trials[i].holds;
			silent |= !trials[i].holds;
		}
		assert_true(held && silent);
	}
}

/* What was kept is told where it was kept after the drop began, and who holds it where that is known. */
static void test_kept(void **state)
{
	const struct trial lag = {.own = {{"lag_90_ns", 9 * SECOND}}};
	json_t *kept, *d;
	struct heard h;

	(void)state;
	for (unsigned early = 0; early < 2; early++) {
		d = document_of(&lag);
		kept = json_pack("{s:I, s:I, s:[{s:s, s:I, s:I}, {s:s, s:I, s:I}], s:{s:s, s:I, s:I}}", "time_ns",
				 (early ? 10 : 12) * SECOND - early, "free_bytes", 90 * MIB, "reasons", "reason",
				 "dense", "bytes", 80 * MIB, "chunks", (json_int_t)30, "reason", "goal", "bytes",
				 10 * MIB, "chunks", (json_int_t)10, "holder", "type", "main.node", "free_bytes",
				 70 * MIB, "chunks", (json_int_t)25);
		json_object_set_new(json_array_get(json_object_get(d, "policies"), 2), "kept", kept);
		listen(d, &h);
		assert_int_equal(h.n, 1);
		assert_int_equal(strstr(h.text, "30 of 40 chunks with free memory counted as dense") != NULL, !early);
		assert_int_equal(strstr(h.text, "70.0 MiB lay in 25 chunks held by main.node objects") != NULL, !early);
	}
}

HR_TEST_MAIN(insights)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_all_are_tried),
	    cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
