/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "sweep/settings.h"

#include "base/alloc.h"
#include "base/json.h"
#include "heap/gcpacer.h"
#include "report/document.h"
#include "scavenge/cost.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* "key=value,..." by the rows of a table. */
static json_t *params_text(const struct hr_param *rows, const void *from)
{
	char text[2048] = "", value[128];
	size_t n = 0;

	for (; rows->name != NULL && n < sizeof(text); rows++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s=%s", n > 0 ? "," : "", rows->name,
				      hr_param_format(rows, from, value, sizeof(value)));
	return hr_json_text(text);
}

json_t *hr_sweep_parameters(const struct hr_policy_choice *choice)
{
	return params_text(hr_policy_params(choice->def), choice->config);
}

/* What is the same for all, as far as it can change a result. */
static json_t *shared_json(const struct hr_replay_options *o)
{
	const struct hr_settings *s = &o->settings;
	json_t *d = json_object();
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
	    {"phys_page", s->phys_page_bytes},
	    {"huge_page", s->huge_page_bytes},
	    {"other_memory", s->other_memory_bytes},
	    {"wake_delay", s->wake_delay_ns},
	    {"run_delay", s->run_delay_ns},
	    {"procs", s->procs},
	    {"placement", o->placement},
	    {"address_bits", (uint64_t)o->address_bits},
	    {"start_released", o->start_released},
	    {"bounds", o->bounds},
	    {"span_cache", o->objects.span_cache},
	    {"stacks", o->objects.pacing.stack_bytes},
	    {"globals", o->objects.pacing.globals_bytes},
	    {"pointers", o->objects.pointers},
	    {"wall_clock", o->objects.wall_clock},
	    {"identity", o->reading.identity},
	    {"rate", o->reading.rate},
	    {"process", o->reading.process},
	    {"min_addr", o->reading.min_addr},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		hr_json_put(&d, numbers[i].name, hr_json_count(numbers[i].value));
	hr_json_put(&d, "time_scale", hr_json_real(o->reading.time_scale));
	hr_json_put(&d, "placement_of", o->placement_of != NULL ? hr_json_text(o->placement_of) : json_null());
	hr_json_put(&d, "gc_log", o->reading.gc_log != NULL ? hr_json_text(o->reading.gc_log) : json_null());
	hr_json_put(&d, "cost", params_text(hr_cost_params, &s->cost));
	hr_json_put(&d, "gc_cost", params_text(hr_gc_cost_params, &o->objects.cost));
	return d;
}

static json_t *gogc_json(const struct hr_sweep_setting *t)
{
	if (!t->gogc_given)
		return json_null();
	return t->gogc == HR_GOGC_OFF ? hr_json_text("off") : hr_json_count(t->gogc);
}

static json_t *asked_json(const struct hr_sweep_settings *s, const struct hr_sweep_setting *t)
{
	const struct hr_policy_choice *p = t->policy;
	json_t *d = json_object();

	hr_json_put(&d, "own", json_boolean(t->own));
	hr_json_put(&d, "gc", hr_json_text(hr_gc_mode_name(s->options.objects.gc)));
	hr_json_put(&d, "gogc", gogc_json(t));
	hr_json_put(&d, "memory_limit", t->limit != NULL ? hr_json_text(t->limit->text) : json_null());
	hr_json_put(&d, "percent_of_bytes",
		    t->limit != NULL && t->limit->limit.percent > 0 && s->cgroup_bytes > 0
			? hr_json_count(s->cgroup_bytes)
			: json_null());
	hr_json_put(&d, "policy", p != NULL ? hr_json_text(p->text) : json_null());
	hr_json_put(&d, "policy_name", p != NULL ? hr_json_text(p->def->name) : json_null());
	hr_json_put(&d, "parameters", p != NULL ? hr_sweep_parameters(p) : json_null());
	return d;
}

/* The policy's text is one of several ways to write it, and not a part of the name. */
static bool give_id(struct hr_sweep_setting *t, json_t *shared)
{
	json_t *all = hr_json_copy(t->asked);
	char *text;

	hr_json_put(&all, "shared", json_incref(shared));
	if (all != NULL && json_object_del(all, "policy") != 0) {
		json_decref(all);
		all = NULL;
	}
	text = all != NULL ? hr_json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(all);
	if (text == NULL)
		return false;
	snprintf(t->id, sizeof(t->id), "%016" PRIx64, (uint64_t)XXH3_64bits(text, strlen(text)));
	free(text);
	return true;
}

static enum hr_status add(struct hr_sweep_settings *s, const struct hr_sweep_setting *setting, json_t *shared,
			  struct hr_error *err)
{
	struct hr_sweep_setting *t = &s->at[s->n];

	*t = *setting;
	t->asked = asked_json(s, t);
	if (t->asked == NULL || !give_id(t, shared)) {
		json_decref(t->asked);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->at[i].id, t->id) == 0) {
			json_decref(t->asked);
			return HR_OK;
		}
	}
	s->of_peak |= t->limit != NULL && t->limit->limit.percent > 0 && s->cgroup_bytes == 0;
	s->n++;
	return HR_OK;
}

static enum hr_status add_all(struct hr_sweep_settings *s, const struct hr_axes *axes,
			      const struct hr_policy_choice *choices, size_t nchoices, bool own, json_t *shared,
			      struct hr_error *err)
{
	size_t ngogc = axes->ngogc > 0 ? axes->ngogc : 1, nlimits = axes->nlimits > 0 ? axes->nlimits : 1;

	if (own)
		HR_TRY(add(s, &(struct hr_sweep_setting){.own = true}, shared, err));
	for (size_t i = 0; i < ngogc * nlimits; i++) {
		struct hr_sweep_setting t = {.gogc_given = axes->ngogc > 0};

		if (axes->ngogc > 0)
			t.gogc = axes->gogc[i / nlimits];
		if (axes->nlimits > 0)
			t.limit = &axes->limits[i % nlimits];
		for (size_t k = 0; k < (nchoices > 0 ? nchoices : 1); k++) {
			t.policy = nchoices > 0 ? &choices[k] : NULL;
			HR_TRY(add(s, &t, shared, err));
		}
	}
	return HR_OK;
}

enum hr_status hr_sweep_settings_make(struct hr_sweep_settings *s, const struct hr_replay_options *options,
				      const struct hr_axes *axes, const struct hr_policy_choice *choices,
				      size_t nchoices, bool own, uint64_t cgroup_bytes, struct hr_error *err)
{
	size_t most = 1 + (axes->ngogc > 0 ? axes->ngogc : 1) * (axes->nlimits > 0 ? axes->nlimits : 1) *
			      (nchoices > 0 ? nchoices : 1);
	enum hr_status status;
	json_t *shared;

	memset(s, 0, sizeof(*s));
	s->options = *options;
	s->cgroup_bytes = cgroup_bytes;
	shared = shared_json(options);
	/* Reserve one extra entry for a setting that turns out to be a duplicate. */
	s->at = hr_calloc(most + 1, sizeof(*s->at));
	if (s->at == NULL || shared == NULL)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	else
		status = add_all(s, axes, choices, nchoices, own, shared, err);
	json_decref(shared);
	if (status != HR_OK)
		hr_sweep_settings_release(s);
	return status;
}

void hr_sweep_settings_release(struct hr_sweep_settings *s)
{
	for (size_t i = 0; i < s->n; i++)
		json_decref(s->at[i].asked);
	free(s->at);
	memset(s, 0, sizeof(*s));
}

bool hr_sweep_same_cycles(const struct hr_sweep_setting *a, const struct hr_sweep_setting *b)
{
	return a->own == b->own && a->gogc_given == b->gogc_given && a->gogc == b->gogc && a->limit == b->limit;
}

struct hr_replay_options hr_sweep_options(const struct hr_sweep_settings *s, const struct hr_sweep_setting *setting,
					  uint64_t peak_bytes)
{
	struct hr_replay_options o = s->options;

	if (setting->gogc_given) {
		o.objects.gogc_given = true;
		o.objects.pacing.gogc = setting->gogc;
	}
	if (setting->limit != NULL) {
		o.settings.limit_given = true;
		o.settings.memory_limit_bytes =
		    hr_limit_bytes(&setting->limit->limit, s->cgroup_bytes > 0 ? s->cgroup_bytes : peak_bytes);
	}
	return o;
}
