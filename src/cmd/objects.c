/* What replay and compare say of a trace whose objects became spans. */
#include "config.h"

#include "cmd/cli.h"

#include "base/units.h"
#include "report/metrics.h"

#include <inttypes.h>

static void print_pacing(FILE *out, const struct hr_gc_settings *s)
{
	char limit[HR_UNIT_BUF];

	if (s->gogc == HR_GOGC_OFF)
		fputs("GC cycles modelled, GOGC off", out);
	else
		fprintf(out, "GC cycles modelled, GOGC %" PRIu64, s->gogc);
	if (s->memory_limit_bytes != UINT64_MAX)
		fprintf(out, ", memory limit %s (what a policy leaves above it does not hasten cycles)",
			hr_format_bytes(limit, s->memory_limit_bytes));
}

void cli_print_objects(FILE *out, const struct hr_replay *r, bool all)
{
	static const char *const caches[] = {
	    [HR_SPAN_CACHE_NONE] = "go back as soon as they are empty",
	    [HR_SPAN_CACHE_ONE] = "go back when they are empty and not current",
	    [HR_SPAN_CACHE_SWEEP] = "go back when swept",
	};
	const struct hr_objects_options *o;
	struct hr_objects_stats stats;
	char buf[HR_UNIT_BUF];

	if (r->objects == NULL)
		return;
	o = hr_objects_options(r->objects);
	stats = hr_objects_stats(r->objects);
	fprintf(out, "%s objects became spans, which %s (--span-cache %s)\n",
		hr_format_count(buf, stats.allocated_objects), caches[o->span_cache],
		hr_span_cache_name(o->span_cache));
	if (o->gc == HR_GC_MODEL)
		print_pacing(out, &o->pacing);
	else
		fputs(o->gc == HR_GC_NONE ? "no GC: frees take effect at once" : "GC cycles as recorded", out);
	fputc('\n', out);
	if (!all)
		return;
	fputs("objects\n", out);
	for (const struct hr_object_metric *m = hr_object_metrics; m->name != NULL; m++)
		fprintf(out, "  %-26s %12s\n", m->name, hr_object_metric_format(buf, m, m->get(&stats)));
}
