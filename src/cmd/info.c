/* SPDX-License-Identifier: BSD-3-Clause */
/* info: what a trace holds, whether it is complete, and what it does not tell. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "info/info.h"
#include "report/document.h"
#include "report/output.h"

#include <stdlib.h>

#define BATCH 4096

struct run {
	struct hr_reader *reader;
	struct hr_placer *placer;
	struct hr_survey survey;
	struct hr_info info;
};

static void take_placements(struct run *r)
{
	struct hr_info *info = &r->info;
	size_t n;
	const struct hr_place *place = hr_placer_take(r->placer, &n);

	for (; n-- > 0; place++) {
		if (place->in_use_pages > info->in_use_peak_pages)
			info->in_use_peak_pages = place->in_use_pages;
		if (place->mapped_pages > info->mapped_peak_pages)
			info->mapped_peak_pages = place->mapped_pages;
		if (place->kind == HR_PLACE_PROCS && place->arg > info->procs)
			info->procs = (unsigned)place->arg;
		hr_timeline_level(&info->in_use, place->time_ns, place->in_use_pages * HR_PAGE_BYTES);
	}
}

static enum hr_status open_run(struct run *r, const struct cli_options *o, const char *path, struct hr_error *err)
{
	const struct hr_placer_options placing = {.address_bits = 48, .flush_idle_caches = true, .start_free = true};
	struct hr_reader_options reading = o->replay.reading;
	const struct hr_trace_meta *meta;

	reading.want = (unsigned)HR_WANT_ALL;
	HR_TRY(hr_reader_open(path, &reading, &r->reader, err));
	meta = hr_reader_meta(r->reader);
	hr_survey_init(&r->survey, meta->has_addresses, meta->has_spans);
	hr_timeline_init(&r->info.in_use);
	if (meta->has_spans)
		HR_TRY(hr_placer_new(meta, &placing, &r->placer, err));
	r->info.path = path;
	r->info.reader = r->reader;
	r->info.survey = &r->survey;
	r->info.placer = r->placer;
	r->info.own_policy = hr_replay_own_policy(meta);
	return HR_OK;
}

/* Reads everything; the spans go through the placer, whose notes are part of the answer. */
static enum hr_status survey(struct run *r, struct hr_error *err)
{
	struct hr_event *events = hr_calloc(BATCH, sizeof(*events));
	enum hr_status status;
	size_t n;

	if (events == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	while ((status = hr_reader_next(r->reader, events, BATCH, &n, err)) == HR_OK) {
		cli_progress_reader(r->reader, events[n - 1].time_ns);
		status = hr_survey_take(&r->survey, events, n, err);
		if (status == HR_OK && r->placer != NULL) {
			status = hr_placer_feed(r->placer, events, n, err);
			take_placements(r);
		}
		if (status != HR_OK)
			break;
	}
	if (status == HR_END) {
		uint64_t end_ns = hr_reader_stats(r->reader)->last_time_ns;

		status = HR_OK;
		hr_timeline_end(&r->survey.timeline, end_ns);
		if (r->placer != NULL) {
			status = hr_placer_finish(r->placer, end_ns, err);
			take_placements(r);
			hr_timeline_end(&r->info.in_use, end_ns);
		}
	}
	free(events);
	return status;
}

static enum hr_status print(const struct run *r, const struct cli_options *o, struct hr_error *err)
{
	struct hr_output main = {0};
	enum hr_status status = hr_output_open(&main, o->output, err);

	if (status == HR_OK && o->json) {
		status = hr_document_write(hr_info_json(&r->info), main.file, err);
	} else if (status == HR_OK) {
		struct hr_page page = cli_page(main.file);

		hr_info_text(&page, &r->info);
	}
	if (status == HR_OK)
		status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

static int run_info(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	const struct cli_info_own *own = o->own;
	struct run r = {0};
	struct hr_error err;
	enum hr_status status;
	const char *about = argv[0];

	(void)argc;
	if (own->by != NULL)
		return cli_run_info_by(c, o, argv[0]);
	if (own->csv || own->top != 0 || o->at_ns != HR_NEVER || o->replay.from_ns != 0 ||
	    o->replay.until_ns != HR_NEVER)
		return cli_misuse(c, "--csv, --top, --at, --from and --until go with --by");
	cli_progress_start(NULL, o);
	status = open_run(&r, o, argv[0], &err);
	if (status == HR_OK)
		status = survey(&r, &err);
	cli_progress_end();
	if (status == HR_OK) {
		about = NULL;
		status = print(&r, o, &err);
	}
	if (status == HR_OK)
		cli_warn_trace(o, argv[0], hr_reader_stats(r.reader));
	hr_survey_release(&r.survey);
	if (r.placer != NULL)
		hr_placer_free(r.placer);
	if (r.reader != NULL)
		hr_reader_close(r.reader);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}

#define OWN(field) offsetof(struct cli_info_own, field)

static const struct cli_option options[] = {
    {"by", 0, "WHAT", CLI_TEXT, OWN(by), 0, CLI_IN_OUTPUT,
     "objects by type or class; live and allocated bytes and objects, and mean lifetime; --at (or --until) says when "
     "they are live, --from from when on allocations and frees count"},
    {"csv", 0, NULL, CLI_FLAG, OWN(csv), 0, CLI_IN_OUTPUT, "with --by: CSV instead of text, all rows"},
    {"top", 0, "N", CLI_COUNT, OWN(top), 0, CLI_IN_OUTPUT,
     "with --by: so many rows of text; those with the most live bytes (40)"},
    {.name = NULL},
};

const struct cli_command cli_info = {
    .name = "info",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "show what a trace holds, what was lost, and what it lacks",
    .text = "Reads the whole trace and prints what it holds: format, program, duration, how much was live\n"
	    "over time, events by kind, sizes and lifetimes of objects, anything that was lost, assumed or\n"
	    "cut off, and what the trace does not tell, with the option that helps.\n",
    .examples = "heapreplay info app.trace\tis this trace good for a replay?\n"
		"heapreplay info --json app.trace\tcounts, for scripts\n"
		"heapreplay info --by type --at 24s app.trace\twhat was live then, by type\n",
    .endings = "txt json=json csv=csv",
    .groups = CLI_READS | CLI_WINDOW | CLI_AT | CLI_JSON | CLI_OUTPUT,
    .options = options,
    .own_size = sizeof(struct cli_info_own),
    .run = run_info,
};
