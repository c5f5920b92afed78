/* SPDX-License-Identifier: BSD-3-Clause */
/* What replay and compare print about a trace of objects that was placed in modelled spans. */
#include "config.h"

#include "cmd/cli.h"

#include "base/print.h"
#include "base/units.h"
#include "report/bounds.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* Of fewer nothing is said. */
#define FEW_CYCLES 10

static void print_pacing(const struct hr_page *p, const struct cli_object_rules *r)
{
	char gogc[HR_UNIT_BUF] = "off", size[HR_UNIT_BUF], limit[128] = "";

	if (r->gogc != HR_GOGC_OFF)
		snprintf(gogc, sizeof(gogc), "%" PRIu64, r->gogc);
	if (r->memory_limit_bytes != UINT64_MAX)
		snprintf(limit, sizeof(limit),
			 ", memory limit %s (what a policy leaves above it does not hasten cycles)",
			 hr_format_bytes(size, r->memory_limit_bytes));
	if (r->clock == NULL)
		hr_page_text(p, 0, "GC cycles modelled, GOGC %s%s", gogc, limit);
	else
		hr_page_text(p, 0, "GC cycles modelled, GOGC %s%s; times %s (--clock %s)", gogc, limit,
			     strcmp(r->clock, "wall") == 0 ? "as recorded" : "by the program's work", r->clock);
}

void cli_print_object_rules(const struct hr_page *p, const struct cli_object_rules *r)
{
	static const struct {
		const char *name, *text;
	} caches[] = {
	    {"none", "return to the heap as soon as they are empty"},
	    {"one", "return to the heap when they are empty and not current"},
	    {"sweep", "return to the heap when swept"},
	};
	char buf[HR_UNIT_BUF];

	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		if (strcmp(caches[i].name, r->span_cache) == 0)
			hr_page_text(p, 0, "%s objects became spans, which %s (--span-cache %s)",
				     hr_format_count(buf, r->objects), caches[i].text, caches[i].name);
	if (strcmp(r->gc, "model") == 0)
		print_pacing(p, r);
	else
		hr_page_text(p, 0, "%s",
			     strcmp(r->gc, "none") == 0 ? "no GC: frees take effect at once" : "GC cycles as recorded");
}

void cli_print_objects(FILE *out, const struct hr_replay *r)
{
	const struct hr_page page = {.out = out, .columns = UINT_MAX};
	const struct hr_objects_options *o;
	struct hr_objects_stats stats;

	if (r->objects == NULL)
		return;
	o = hr_objects_options(r->objects);
	stats = hr_objects_stats(r->objects);
	cli_print_object_rules(&page, &(struct cli_object_rules){
					  .objects = stats.allocated_objects,
					  .span_cache = hr_span_cache_name(o->span_cache),
					  .gc = hr_gc_mode_name(o->gc),
					  .clock = !hr_objects_is_modelled(r->objects) ? NULL
						   : o->wall_clock		       ? "wall"
										       : "work",
					  .gogc = o->pacing.gogc,
					  .memory_limit_bytes = o->pacing.memory_limit_bytes,
				      });
	cli_print_metrics(out, &(struct hr_measured){.objects = &stats}, HR_METRIC_OBJECTS);
}

void cli_print_metrics(FILE *out, const struct hr_measured *m, enum hr_metric_of of)
{
	const char *group = "";
	char buf[HR_UNIT_BUF];
	uint64_t value;

	for (size_t i = 0; i < hr_nmetrics; i++) {
		const struct hr_metric *row = &hr_metrics[i];

		if (row->of != of)
			continue;
		if (strcmp(group, row->group) != 0) {
			group = row->group;
			hr_print(out, "%s\n", group);
		}
		hr_print(out, "  %-26s %12s\n", row->name,
			 row->get(m, &value) ? hr_unit_format(buf, row->unit, value) : "-");
	}
}

void cli_print_doubts(const struct hr_page *p, bool wide, uint64_t breaches, uint64_t cycles)
{
	if (wide)
		hr_page_text(
		    p, 0,
		    "The error bars of the mean in use are wider than 20 %%: a recording made with a lower GOGC, "
		    "or a longer one, tells more.");
	if (cycles >= FEW_CYCLES && breaches > cycles / 2)
		hr_page_text(
		    p, 0,
		    "Death spiral: the memory limit leaves no room above what lives, so that cycles follow one "
		    "another and the program hardly runs. There will be many times more cycles than the model "
		    "has, and its times do not hold. Raise the limit.");
}

void cli_print_bounds(FILE *out, const struct hr_replay *r, size_t follower)
{
	static const char *const names[] = {"in_use_mean_bytes",   "retained_mean_bytes", "retained_p99_bytes",
					    "retained_peak_bytes", "gc_cycles",		  "gc_cpu_ns"};
	const struct hr_page page = {.out = out, .columns = UINT_MAX};
	struct hr_objects_stats stats;
	char low[HR_UNIT_BUF], high[HR_UNIT_BUF];
	struct hr_bounds b;
	bool wide = false;

	if (r->objects == NULL || !hr_objects_is_modelled(r->objects))
		return;
	if (r->nvariants > 0)
		fputs("error bars of the GC model, low and high\n", out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t metric = hr_metric_index(names[i]);

		if (!hr_bounds_of(r, follower, metric, &b))
			continue;
		hr_print(out, "  %-26s %12s %12s\n", names[i], hr_unit_format(low, hr_metrics[metric].unit, b.low),
			 hr_unit_format(high, hr_metrics[metric].unit, b.high));
		wide |= i == 0 && b.high - b.low > (b.high + b.low) / 10;
	}
	stats = hr_objects_stats(r->objects);
	cli_print_doubts(&page, wide,
			 hr_objects_options(r->objects)->pacing.memory_limit_bytes != UINT64_MAX ? stats.limit_breaches
												 : 0,
			 stats.cycles);
	if (stats.deaths_let_go > 0)
		hr_page_text(&page, 0, "%s events could not wait for their GC cycle, so that deaths came late.",
			     hr_format_count(low, stats.deaths_let_go));
}
