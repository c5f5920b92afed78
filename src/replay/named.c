/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/named.h"

#include "base/params.h"
#include "base/units.h"
#include "replay/limit.h"

#include <stddef.h>
#include <string.h>

#define MOST_COUNT 32767

enum type { BYTES, TIME, COUNT, FLAG, LIMIT, CGROUP, GC, GOGC, CLOCK, PLACEMENT, COST, GC_COST };

#define AT(field) offsetof(struct hr_replay_options, field)

static const struct setting {
	const char *name;
	enum type type;
	size_t offset;
	const char *takes;
} settings[] = {
    {"memory-limit", LIMIT, AT(settings.memory_limit_bytes), "a size such as 512MiB, a percentage such as 90%, or off"},
    {"cgroup", CGROUP, AT(limit_of_bytes), "a size or a file"},
    {"other-memory", BYTES, AT(settings.other_memory_bytes), "a size such as 64KiB"},
    {"gc", GC, AT(objects.gc), "recorded, model or none"},
    {"gogc", GOGC, AT(objects.pacing.gogc), "a whole number of percent up to 1000000, or off"},
    {"gc-cost", GC_COST, AT(objects.cost), "costs"},
    {"clock", CLOCK, AT(objects.wall_clock), "wall or work"},
    {"placement", PLACEMENT, AT(placement), "recorded or modelled"},
    {"procs", COUNT, AT(settings.procs), "a whole number from 1 to 32767"},
    {"phys-page", BYTES, AT(settings.phys_page_bytes), "a size such as 64KiB"},
    {"huge-page", BYTES, AT(settings.huge_page_bytes), "a size such as 2MiB"},
    {"cost", COST, AT(settings.cost), "costs"},
    {"wake-delay", TIME, AT(settings.wake_delay_ns), "a time such as 100ms"},
    {"run-delay", TIME, AT(settings.run_delay_ns), "a time such as 100ms"},
    {"start-released", FLAG, AT(start_released), "no value"},
    {"from", TIME, AT(from_ns), "a time such as 100ms"},
    {"until", TIME, AT(until_ns), "a time such as 100ms"},
    {"warm-up", TIME, AT(warm_up_ns), "a time such as 100ms"},
    {"jobs", COUNT, AT(jobs), "a whole number from 1 to 32767"},
};

static bool set_count(unsigned *field, const char *value)
{
	uint64_t n;

	if (!hr_parse_u64(value, &n) || n < 1 || n > MOST_COUNT)
		return false;
	*field = (unsigned)n;
	return true;
}

static bool set_gc(enum hr_gc_mode *field, const char *value)
{
	for (*field = HR_GC_RECORDED; *field <= HR_GC_NONE; ++*field)
		if (strcmp(value, hr_gc_mode_name(*field)) == 0)
			return true;
	return false;
}

static bool set_limit(struct hr_replay_options *o, const char *value)
{
	struct hr_limit limit;

	if (!hr_limit_parse(value, &limit))
		return false;
	o->settings.memory_limit_bytes = limit.bytes;
	o->limit_percent = limit.percent;
	o->settings.limit_given = true;
	return true;
}

static bool set_gogc(struct hr_replay_options *o, const char *value)
{
	o->objects.gogc_given = true;
	return hr_gogc_parse(value, &o->objects.pacing.gogc);
}

/* One of two words; *which: the second? */
static bool choose(const char *value, const char *first, const char *second, bool *which)
{
	*which = strcmp(value, second) == 0;
	return *which || strcmp(value, first) == 0;
}

/* value: NULL: there is none. */
static bool set_plain(struct hr_replay_options *o, const struct setting *s, const char *value)
{
	void *field = (char *)o + s->offset;
	bool second;

	if ((value == NULL) != (s->type == FLAG))
		return false;
	switch (s->type) {
	case BYTES:
		return hr_parse_bytes(value, field);
	case TIME:
		return hr_parse_ns(value, field);
	case COUNT:
		return set_count(field, value);
	case FLAG:
		return *(bool *)field = true;
	case LIMIT:
		return set_limit(o, value);
	case GC:
		return set_gc(field, value);
	case GOGC:
		return set_gogc(o, value);
	case CLOCK:
		return choose(value, "work", "wall", field);
	case PLACEMENT:
		if (!choose(value, "recorded", "modelled", &second))
			return false;
		o->placement = second ? HR_PLACEMENT_MODELLED : HR_PLACEMENT_RECORDED;
		return true;
	default:
		return false;
	}
}

enum hr_status hr_replay_set(struct hr_replay_options *o, const char *setting, struct hr_error *err)
{
	size_t n = strcspn(setting, "=");
	const char *value = setting[n] == '=' ? setting + n + 1 : NULL;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const struct setting *s = &settings[i];

		if (strlen(s->name) != n || strncmp(s->name, setting, n) != 0)
			continue;
		if (value != NULL && s->type == CGROUP)
			return hr_cgroup_bytes(value, (uint64_t *)((char *)o + s->offset), err);
		if (value != NULL && s->type == COST)
			return hr_cost_parse((struct hr_cost *)((char *)o + s->offset), value, s->name, err);
		if (value != NULL && s->type == GC_COST)
			return hr_params_parse(hr_gc_cost_params, (char *)o + s->offset, value, s->name, err);
		return set_plain(o, s, value) ? HR_OK
					      : hr_error_set(err, HR_EUSAGE, "the setting %s takes %s, not '%s'",
							     s->name, s->takes, value != NULL ? value : "");
	}
	return hr_error_set(err, HR_EUSAGE, "there is no setting '%.*s'", (int)n, setting);
}
