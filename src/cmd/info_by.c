/* SPDX-License-Identifier: BSD-3-Clause */
/* info --by: the objects of a trace by type or size class. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "info/groups.h"
#include "report/document.h"
#include "report/output.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 4096, TOP = 40 };

/* Reads everything; what lies behind until_ns does not count, but its damage is told. */
static enum hr_status read_all(struct hr_reader *r, struct hr_groups *g, uint64_t until_ns, struct hr_error *err)
{
	struct hr_event *events = hr_calloc(BATCH, sizeof(*events));
	enum hr_status status;
	size_t n;

	if (events == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	while ((status = hr_reader_next(r, events, BATCH, &n, err)) == HR_OK) {
		cli_progress_reader(r, events[n - 1].time_ns);
		while (n > 0 && events[n - 1].time_ns > until_ns)
			n--;
		status = hr_groups_take(g, events, n, err);
		if (status != HR_OK)
			break;
	}
	free(events);
	hr_groups_finish(g);
	return status == HR_END ? HR_OK : status;
}

static enum hr_status print(const struct hr_groups_view *v, const struct cli_options *o, struct hr_error *err)
{
	const struct cli_info_own *own = o->own;
	struct hr_output main = {0};
	enum hr_status status = hr_output_open(&main, o->output, err);

	if (status == HR_OK && o->json) {
		status = hr_document_write(hr_groups_json(v), main.file, err);
	} else if (status == HR_OK && own->csv) {
		hr_groups_csv(main.file, v);
	} else if (status == HR_OK) {
		struct hr_page page = cli_page(main.file);

		hr_groups_text(&page, v);
	}
	if (status == HR_OK)
		status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

int cli_run_info_by(const struct cli_command *c, const struct cli_options *o, const char *path)
{
	const struct cli_info_own *own = o->own;
	bool by_type = strcmp(own->by, "type") == 0;
	struct hr_reader_options reading = o->replay.reading;
	uint64_t until_ns = o->at_ns != HR_NEVER ? o->at_ns : o->replay.until_ns;
	struct hr_groups_view view = {.path = path, .top = own->top != 0 ? own->top : TOP};
	const char *about = path;
	struct hr_groups groups;
	struct hr_reader *r;
	struct hr_error err;
	enum hr_status status;

	if (!by_type && strcmp(own->by, "class") != 0)
		return cli_misuse(c, "--by takes type or class");
	if (o->at_ns != HR_NEVER && o->replay.until_ns != HR_NEVER)
		return cli_misuse(c, "--at and --until say the same; give one");
	if (o->json && own->csv)
		return cli_misuse(c, "give one of --json and --csv");
	if (until_ns < o->replay.from_ns)
		return cli_misuse(c, "--from is after --at");
	reading.want = (unsigned)HR_WANT_ALL;
	status = hr_reader_open(path, &reading, &r, &err);
	if (status != HR_OK)
		return cli_fail(about, &err);
	hr_groups_init(&groups, by_type ? HR_GROUP_BY_TYPE : HR_GROUP_BY_CLASS, hr_reader_meta(r), hr_reader_sides(r),
		       o->replay.from_ns);
	cli_progress_start(NULL, o);
	status = read_all(r, &groups, until_ns, &err);
	cli_progress_end();
	if (status == HR_OK) {
		about = NULL;
		view.groups = &groups;
		view.meta = hr_reader_meta(r);
		view.stats = hr_reader_stats(r);
		view.at_ns = until_ns < view.stats->last_time_ns ? until_ns : view.stats->last_time_ns;
		status = print(&view, o, &err);
	}
	if (status == HR_OK)
		cli_warn_trace(o, path, hr_reader_stats(r));
	hr_groups_release(&groups);
	hr_reader_close(r);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}
