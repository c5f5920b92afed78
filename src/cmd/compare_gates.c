/* SPDX-License-Identifier: BSD-3-Clause */
/* The gates of compare: which of them fail, and for which policy. */
#include "config.h"

#include "cmd/comparing.h"

#include <string.h>

/* What one gate was asked about, so that one which nobody could answer is told from one that all pass. */
struct judging {
	const struct hr_gate *gate;
	const char *trace;
	const char *base_of; /* whose value it is relative to: a policy, or a saved run */
	size_t judged, failed;
};

static void say(const struct judging *j, const char *policy, uint64_t value, uint64_t base)
{
	static const char *const ops[] = {[HR_GATE_ABOVE] = "above",
					  [HR_GATE_AT_LEAST] = "at or above",
					  [HR_GATE_BELOW] = "below",
					  [HR_GATE_AT_MOST] = "at or below"};
	const struct hr_metric *f = &hr_metrics[j->gate->figure];
	char v[HR_UNIT_BUF], b[HR_UNIT_BUF], bound[HR_UNIT_BUF], beside[256] = "";

	if (j->gate->relative)
		snprintf(beside, sizeof(beside), ", %s has %s", j->base_of, hr_unit_format(b, f->unit, base));
	cli_warn(j->trace, "%s: %s is %s, which is %s %s (--fail-if '%s'%s)", policy, f->name,
		 hr_unit_format(v, f->unit, value), ops[j->gate->op],
		 hr_unit_format(bound, f->unit, hr_gate_bound(j->gate, base)), j->gate->text, beside);
}

/* base: NULL, or without the figure: nothing to be relative to. */
static void judge(struct judging *j, const struct hr_standing *s, const struct hr_standing *base)
{
	const size_t figure = j->gate->figure;

	/* A policy that knows the future is a reference, and is judged only if a gate names it. */
	if (s == NULL || !hr_gate_applies(j->gate, s->text) || (s->knows_future && j->gate->policy == NULL))
		return;
	if (!s->known[figure] || (j->gate->relative && (base == NULL || !base->known[figure]))) {
		cli_warn(j->trace, "warning: %s: %s has no baseline value; skipped (--fail-if '%s')", s->text,
			 hr_metrics[figure].name, j->gate->text);
		return;
	}
	j->judged++;
	if (!hr_gate_fails(j->gate, s->values[figure], base != NULL ? base->values[figure] : 0))
		return;
	j->failed++;
	say(j, s->text, s->values[figure], base != NULL ? base->values[figure] : 0);
}

/* What is missing of a trace may be what a gate is about: none passes on it. */
static bool is_damaged(struct judging *j, const struct hr_comparison *c)
{
	const struct hr_damage d = hr_damage_from_json(json_object_get(c->document, "trace"));
	char text[HR_DAMAGE_BUF];

	if (!hr_damaged(&d))
		return false;
	j->judged++;
	j->failed++;
	cli_warn(c->name, "%s: every gate fails on a damaged trace (--fail-if '%s')", hr_damage_text(text, &d),
		 j->gate->text);
	return true;
}

/* The policies of traces beside the baseline, which is not judged by itself. */
static void judge_traces(const struct comparing *c, struct judging *j)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct hr_standing *base =
		    c->view.baseline != NULL ? hr_comparison_find(&c->at[i], c->view.baseline) : NULL;

		if (is_damaged(j, &c->at[i]))
			continue;
		j->trace = c->at[i].name;
		j->base_of = c->view.baseline;
		for (size_t k = 0; k < c->at[i].n; k++)
			if (!j->gate->relative || &c->at[i].policies[k] != base)
				judge(j, &c->at[i].policies[k], base);
	}
}

/* Every later run beside the first. */
static void judge_runs(const struct comparing *c, struct judging *j)
{
	j->base_of = c->names[0];
	for (size_t i = 0; i < c->differences.n; i++) {
		const struct hr_paired_trace *t = &c->differences.traces[i];

		for (size_t r = 0; r < c->nsaved; r++)
			if (t->in[r] != NULL)
				is_damaged(j, t->in[r]);
		j->trace = t->name;
		for (size_t k = 0; k < t->n; k++)
			for (size_t r = 1; r < c->nsaved; r++)
				judge(j, t->policies[k].in[r], t->policies[k].in[0]);
	}
}

int compare_check_gates(const struct comparing *c)
{
	size_t failed = 0;

	for (size_t i = 0; i < c->ngates; i++) {
		struct judging j = {.gate = &c->gates[i]};

		if (c->nsaved > 1)
			judge_runs(c, &j);
		else
			judge_traces(c, &j);
		if (j.judged == 0)
			cli_warn(NULL,
				 "--fail-if '%s' cannot be evaluated: no policy or metric that it names was compared",
				 j.gate->text);
		failed += j.judged == 0 || j.failed > 0;
	}
	return failed > 0 ? CLI_GATE : CLI_DONE;
}
