/* info: what a trace holds, whether it is sound, what it lacks. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "base/units.h"
#include "report/document.h"
#include "report/output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct survey {
	struct hr_reader *reader;
	struct hr_placer *placer;
	uint64_t peak_in_use_pages, peak_mapped_pages;
	unsigned procs; /* most Ps at any time, as far as the trace tells */
};

#define BATCH 4096

static void take_placements(struct survey *s)
{
	size_t n;
	const struct hr_place *r = hr_placer_take(s->placer, &n);

	for (; n-- > 0; r++) {
		if (r->in_use_pages > s->peak_in_use_pages)
			s->peak_in_use_pages = r->in_use_pages;
		if (r->mapped_pages > s->peak_mapped_pages)
			s->peak_mapped_pages = r->mapped_pages;
		if (r->kind == HR_PLACE_PROCS && r->arg > s->procs)
			s->procs = (unsigned)r->arg;
	}
}

/* Reads everything; the spans go through the placer, whose notes are part of the answer. */
static enum hr_status survey(struct survey *s, const struct cli_options *o, const char *path, struct hr_error *err)
{
	const struct hr_placer_options placing = {.address_bits = 48, .flush_idle_caches = true, .start_free = true};
	struct hr_reader_options reading = o->replay.reading;
	struct hr_event *events = hr_calloc(BATCH, sizeof(*events));
	enum hr_status status;
	size_t n;

	if (events == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	reading.want = (unsigned)HR_WANT_ALL;
	status = hr_reader_open(path, &reading, &s->reader, err);
	if (status == HR_OK)
		status = hr_placer_new(hr_reader_meta(s->reader), &placing, &s->placer, err);
	while (status == HR_OK) {
		status = hr_reader_next(s->reader, events, BATCH, &n, err);
		if (status != HR_OK)
			break;
		cli_progress_reader(s->reader, events[n - 1].time_ns);
		status = hr_placer_feed(s->placer, events, n, err);
		take_placements(s);
	}
	if (status == HR_END) {
		status = hr_placer_finish(s->placer, hr_reader_stats(s->reader)->last_time_ns, err);
		take_placements(s);
	}
	free(events);
	return status;
}

/* What the trace does not tell, and what that means for a replay; one line each. */
static size_t lacks_of(const struct survey *s, const char *lacks[8])
{
	const struct hr_trace_meta *meta = hr_reader_meta(s->reader);
	const struct hr_trace_stats *stats = hr_reader_stats(s->reader);
	const struct hr_placer_stats p = hr_placer_stats(s->placer);
	size_t n = 0;

	if (!meta->has_addresses)
		lacks[n++] = "addresses: the replay places spans by its own allocator";
	if (!meta->has_procs)
		lacks[n++] = "processors: there are no page caches in the replay";
	if (p.cycles == 0)
		lacks[n++] = "GC cycles: the Go policies have nothing to pace by, and only scavenge for a memory limit";
	else if (stats->counts[HR_EV_HEAP_GOAL] == 0)
		lacks[n++] = "heap goals: the Go policies have no goal and only scavenge for a memory limit";
	if (p.mid_life)
		lacks[n++] = "the heap's beginning: which of its free pages were released when the trace began is "
			     "assumed (--start-released)";
	if (meta->go_minor != 0) {
		lacks[n++] = "the memory limit: give the program's GOMEMLIMIT as --memory-limit";
		lacks[n++] = "memory beside the heap: --other-memory, 5 MiB unless given";
	}
	return n;
}

static enum hr_status print_json(FILE *out, const char *path, const struct survey *s, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_reader_meta(s->reader);
	const struct hr_trace_stats *stats = hr_reader_stats(s->reader);
	json_t *d = hr_document_new(), *events = json_object(), *heap = json_object(), *list = json_array();
	const char *lacks[8];
	size_t n = lacks_of(s, lacks);

	for (unsigned k = 0; k < HR_EVENT_KIND_COUNT; k++)
		if (stats->counts[k] > 0)
			json_object_set_new(events, hr_event_kind_name(k), json_integer((json_int_t)stats->counts[k]));
	json_object_set_new(heap, "in_use_peak_bytes",
			    json_integer((json_int_t)(s->peak_in_use_pages * HR_PAGE_BYTES)));
	json_object_set_new(heap, "mapped_peak_bytes",
			    json_integer((json_int_t)(s->peak_mapped_pages * HR_PAGE_BYTES)));
	json_object_set_new(heap, "procs", json_integer(s->procs));
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(lacks[i]));
	json_object_set_new(d, "trace", hr_document_trace(path, meta, stats));
	json_object_set_new(d, "events", events);
	json_object_set_new(d, "generations", json_integer((json_int_t)stats->generations));
	json_object_set_new(d, "threads", json_integer(stats->threads));
	json_object_set_new(d, "own_policy", json_string(hr_replay_own_policy(meta)));
	json_object_set_new(d, "heap", heap);
	json_object_set_new(d, "placement", hr_document_placement(s->placer));
	json_object_set_new(d, "lacks", list);
	return hr_document_write(d, out, err);
}

static void print_count(FILE *out, const char *name, uint64_t n)
{
	char buf[HR_UNIT_BUF];

	fprintf(out, "  %-24s %14s\n", name, hr_format_count(buf, n));
}

static void print_text(FILE *out, const char *path, const struct survey *s)
{
	const struct hr_trace_meta *meta = hr_reader_meta(s->reader);
	const struct hr_trace_stats *stats = hr_reader_stats(s->reader);
	const struct hr_placer_stats p = hr_placer_stats(s->placer);
	const char *lacks[8];
	size_t n = lacks_of(s, lacks);
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF];

	fprintf(out, "%s: %s version %u, compression %s\n", path, meta->format_name, meta->version, meta->compression);
	fprintf(out, "%s, %s of trace, %s events", hr_format_ns(a, stats->last_time_ns),
		hr_format_bytes(b, stats->bytes_read), hr_format_count(c, stats->events_total));
	if (stats->last_time_ns > 0)
		fprintf(
		    out, ", %s events a second",
		    hr_format_count(a, (uint64_t)((double)stats->events_total / ((double)stats->last_time_ns / 1e9))));
	fprintf(out, "\n%s in use at most, %s mapped at most, %u threads, %u Ps; its own policy is %s\n",
		hr_format_bytes(a, s->peak_in_use_pages * HR_PAGE_BYTES),
		hr_format_bytes(b, s->peak_mapped_pages * HR_PAGE_BYTES), stats->threads, s->procs,
		hr_replay_own_policy(meta));
	fprintf(out, "\nevents\n");
	for (unsigned k = 0; k < HR_EVENT_KIND_COUNT; k++)
		if (stats->counts[k] > 0)
			print_count(out, hr_event_kind_name(k), stats->counts[k]);
	fprintf(out, "\nfor a replay\n");
	print_count(out, "GC cycles", p.cycles);
	print_count(out, "of FreeOSMemory", p.forced_cycles);
	print_count(out, "span allocations", p.span_allocs);
	if (p.recorded && p.span_allocs > 0)
		fprintf(out, "  %-24s %13.2f%%   of the allocations lie where the allocator's model would put them\n",
			"model agrees", 100.0 * (double)p.forced_same / (double)p.span_allocs);
	fprintf(out, "\nlost or odd (counted, carried on)\n");
	print_count(out, "frees of unknown spans", p.unknown_frees);
	print_count(out, "spans over live ones", p.dropped_spans);
	print_count(out, "late frees", p.swallowed_frees);
	print_count(out, "unfinished sweeps", p.sweeps_unfinished);
	if (stats->cut)
		fprintf(out, "  cut off at byte %" PRIu64 ": %s\n", stats->cut_offset, stats->cut_what);
	fprintf(out, "\nwhat it does not tell\n");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "  %s\n", lacks[i]);
}

int cli_run_info(const struct cli_options *o, int argc, char **argv)
{
	struct survey s = {0};
	struct hr_output main = {0};
	struct hr_error err;
	enum hr_status status;
	const char *about = argv[0];

	(void)argc;
	cli_progress_start(NULL, o);
	status = survey(&s, o, argv[0], &err);
	cli_progress_end();
	if (status == HR_OK) {
		about = NULL;
		status = hr_output_open(&main, o->output, &err);
		if (status == HR_OK && o->json)
			status = print_json(main.file, argv[0], &s, &err);
		else if (status == HR_OK)
			print_text(main.file, argv[0], &s);
		if (status == HR_OK)
			status = hr_output_commit(&main, &err);
		if (status == HR_OK)
			cli_warn_cut(argv[0], hr_reader_stats(s.reader));
	}
	hr_output_abandon(&main);
	if (s.placer != NULL)
		hr_placer_free(s.placer);
	if (s.reader != NULL)
		hr_reader_close(s.reader);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}
