/* SPDX-License-Identifier: BSD-3-Clause */
/* Shared by plot and report: replays a trace under all policies and keeps the data that plots need. */
#include "config.h"

#include "cmd/cli.h"
#include "cmd/insights.h"
#include "cmd/layers.h"
#include "cmd/rss.h"

#include "base/alloc.h"
#include "base/json.h"
#include "report/document.h"

#include <stdlib.h>
#include <string.h>

/* A policy of a shared object is called by the name that it gives itself, with its parameters. False: out of memory. */
static bool forget_file(json_t *policy)
{
	const char *name = json_string_value(json_object_get(policy, "name"));
	const char *text = json_string_value(json_object_get(policy, "text"));
	size_t size;
	char *plain;
	bool fine;

	if (json_object_get(policy, "file") == NULL || name == NULL || text == NULL)
		return true;
	size = strlen(name) + strlen(text) + 1;
	plain = malloc(size);
	if (plain == NULL)
		return false;
	snprintf(plain, size, "%s%s", name, text + strcspn(text, ","));
	json_object_del(policy, "file");
	fine = hr_json_set(policy, "text", hr_json_text(plain));
	free(plain);
	return fine;
}

/* What tells whose the trace is: the program, what was read, and files. False: out of memory. */
static bool forget_origin(json_t *comparison)
{
	json_t *trace = json_object_get(comparison, "trace"), *policies = json_object_get(comparison, "policies");
	bool fine = true;

	json_object_del(trace, "program");
	json_object_del(trace, "xxh3");
	json_array_clear(json_object_get(trace, "assumed"));
	for (size_t i = 0; i < json_array_size(policies); i++)
		fine &= forget_file(json_object_get(json_array_get(policies, i), "policy"));
	return fine;
}

/* What looks on beside the series. */
struct beside {
	struct cli_layers layers;
	struct cli_rss rss;
	struct hr_kept *kept;
};

/* *document: what compare --json prints, and more. */
static enum hr_status comparison_of(const char *path, bool anonymous, const struct hr_replay *r,
				    const struct hr_json_series *series, const struct beside *b, size_t own,
				    const struct cli_drawing *d, json_t **document, struct hr_error *err)
{
	const struct cli_kept_wish wish = {
	    .path = path, .nameless = anonymous, .own = d->made_of ? own : CLI_KEPT_NONE};
	json_t *list = json_array(), *comparison = hr_document_comparison(anonymous ? "trace" : path, r, series);
	json_t *policies = json_object_get(comparison, "policies");
	enum hr_status status = HR_OK;

	*document = hr_document_new();
	if (comparison == NULL || (anonymous && !forget_origin(comparison)) ||
	    (b->rss.started && !hr_json_set(json_array_get(policies, own), "rss", hr_rss_bridge_json(&b->rss.bridge))))
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status == HR_OK)
		status = cli_kept_put(comparison, b->kept, r, &wish, err);
	if (status == HR_OK)
		status = cli_layers_put_all(&b->layers, r, true, comparison, err);
	if (status != HR_OK) {
		json_decref(comparison);
		json_decref(list);
		json_decref(*document);
		return status;
	}
	hr_json_add(&list, comparison);
	hr_json_put(document, "comparisons", list);
	return HR_OK;
}

/* The follower of the policy that the trace's own runtime had, or the first. */
static size_t own_follower(const struct hr_replay *r)
{
	const char *text = hr_replay_own_policy(hr_reader_meta(r->reader));

	for (size_t i = 0; i < r->nfollowers; i++)
		if (strcmp(r->choices[i]->text, text) == 0)
			return i;
	return 0;
}

static enum hr_status start_beside(struct beside *b, const struct cli_options *o, struct hr_replay *r, size_t own,
				   const struct cli_drawing *d, struct hr_error *err)
{
	b->kept = d->own != NULL ? cli_kept_start(r) : NULL;
	if (d->own != NULL && b->kept == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	/* The terms are those of a Go program. */
	if (d->made_of && hr_reader_meta(r->reader)->go_minor != 0)
		cli_rss_start(&b->rss, r, own, &(struct hr_rss_options){.binary_bytes = HR_NOT_KNOWN});
	return cli_layers_start(&b->layers, r, d->made_of && !o->replay.layers, err);
}

static enum hr_status run(const struct cli_options *o, struct hr_replay *r, const char *path, struct beside *b,
			  const struct hr_json_series *series, size_t own, const struct cli_drawing *d,
			  struct hr_error *err)
{
	enum hr_status status = hr_replay_run(r, err);
	json_t *document;

	cli_progress_end();
	HR_TRY(status);
	if (d->plane != NULL && d->plane->failed)
		return hr_error_set(err, HR_ENOMEM, "out of memory for the map of addresses over time");
	if (b->rss.started)
		HR_TRY(cli_rss_end(&b->rss, r, err));
	HR_TRY(comparison_of(path, o->anonymize, r, series, b, own, d, &document, err));
	HR_TRY(hr_plot_source_add(d->source, document, err));
	cli_warn_trace(o, path, hr_reader_stats(r->reader));
	return HR_OK;
}

static enum hr_status follow(const struct cli_options *o, struct hr_replay *r, const char *path,
			     const struct cli_drawing *d, struct hr_error *err)
{
	struct hr_json_series *series = hr_calloc(r->nfollowers, sizeof(*series));
	size_t own = own_follower(r);
	struct beside beside = {.kept = NULL};
	enum hr_status status;

	if (series == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (size_t i = 0; i < r->nfollowers; i++)
		hr_json_series_start(&series[i], r->followers[i]);
	if (d->plane != NULL) {
		hr_plane_start(d->plane, r->followers[own]);
		d->plane->anonymous = o->anonymize;
	}
	if (d->own != NULL)
		*d->own = d->source->n + own;
	status = start_beside(&beside, o, r, own, d, err);
	if (status == HR_OK)
		status = run(o, r, path, &beside, series, own, d, err);
	free(series);
	cli_kept_free(beside.kept, r);
	cli_layers_release(&beside.layers);
	cli_rss_release(&beside.rss);
	return status;
}

enum hr_status cli_replay_to_draw(const struct cli_options *o, const char *path, const struct cli_choices *choices,
				  const struct cli_drawing *d, struct hr_error *err)
{
	struct hr_replay_options options = o->replay;
	struct hr_policy_choice own;
	struct hr_replay r;
	enum hr_status status;

	options.intervals = d->intervals;
	options.bounds = d->bounds && !o->no_bounds;
	options.layers |= d->made_of;
	cli_progress_start(&options, o);
	HR_TRY(hr_replay_open(&r, path, &options, choices->at, choices->n, &own, err));
	status = follow(o, &r, path, d, err);
	hr_replay_close(&r);
	hr_policy_choice_release(&own);
	return status;
}
