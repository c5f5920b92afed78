/* SPDX-License-Identifier: BSD-3-Clause */
/* The sentences at the end of a replay and a comparison. */
#include "config.h"

#include "cmd/insights.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "info/holders.h"
#include "report/insights.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- what was kept ------------------------------------------------------------ */

struct hr_kept *cli_kept_start(const struct hr_replay *r)
{
	struct hr_kept *kept = hr_calloc(r->nfollowers, sizeof(*kept));

	for (size_t i = 0; kept != NULL && i < r->nfollowers; i++)
		hr_kept_start(&kept[i], r->followers[i]);
	return kept;
}

void cli_kept_free(struct hr_kept *kept, const struct hr_replay *r)
{
	for (size_t i = 0; kept != NULL && i < r->nfollowers; i++)
		hr_kept_release(&kept[i]);
	free(kept);
}

/* The policy whose holder a sentence will name; n: there will be none. */
static size_t policy_held(json_t *comparison, size_t n)
{
	const struct hr_standing *s;
	struct hr_comparison c;

	if (hr_comparison_read(&c, comparison, NULL, "the replay", NULL) != HR_OK)
		return n;
	s = hr_insights_held(&c);
	if (s != NULL)
		n = (size_t)(s - c.policies);
	hr_comparison_release(&c);
	return n;
}

static bool is_file(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The type that holds most of it, for the sentence. */
static bool put_holder(json_t *kept, const struct hr_holders *holders)
{
	const struct hr_holder *h = &holders->at[0];

	if (holders->n == 0 || h->kind != HR_HOLDER_TYPE)
		return true;
	return hr_json_set(kept, "holder",
			   json_pack("{s:o, s:o, s:o}", "type", hr_json_text(h->name), "chunks",
				     hr_json_count(h->chunks), "free_bytes", hr_json_count(h->free_bytes)));
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

/* Of policy number i. The trace does not tell who holds it: nothing is said of that. */
static enum hr_status put_holders(json_t *comparison, size_t i, bool told, const struct hr_kept *kept,
				  const struct hr_replay *r, const struct cli_kept_wish *wish, struct hr_error *err)
{
	json_t *to = json_object_get(json_array_get(json_object_get(comparison, "policies"), i), "kept");
	struct hr_holders holders;
	enum hr_status status;
	bool fine = true;

	if (kept[i].reasons.free_pages == 0)
		return HR_OK;
	status = hr_holders_of(wish->path, &r->options.reading, kept[i].time_ns, &kept[i].reasons,
			       wish->nameless ? HR_HOLDERS_BY_CLASS : HR_HOLDERS_BY_TYPE, &holders, err);
	if (status != HR_OK)
		return status == HR_ENOMEM || status == HR_EIO ? status : HR_OK;
	if (told)
		fine = put_holder(to, &holders);
	if (i == wish->own)
		fine &= hr_json_set(to, "holders", hr_holders_json(&holders));
	hr_holders_release(&holders);
	return fine ? HR_OK : no_memory(err);
}

enum hr_status cli_kept_put(json_t *comparison, const struct hr_kept *kept, const struct hr_replay *r,
			    const struct cli_kept_wish *wish, struct hr_error *err)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r->reader);
	size_t told;

	if (comparison == NULL)
		return no_memory(err);
	if (kept == NULL)
		return HR_OK;
	if (!hr_kept_put(comparison, kept, r->nfollowers))
		return no_memory(err);
	if (!meta->has_objects || !meta->has_addresses || !meta->has_spans || r->objects != NULL ||
	    !hr_placer_stats(r->placer).recorded || !is_file(wish->path))
		return HR_OK;
	told = wish->nameless ? r->nfollowers : policy_held(comparison, r->nfollowers);
	for (size_t i = 0; i < r->nfollowers; i++)
		if (i == told || i == wish->own)
			HR_TRY(put_holders(comparison, i, i == told, kept, r, wish, err));
	return HR_OK;
}

/* --- the sentences -------------------------------------------------------------- */

struct teller {
	const struct hr_page *p;
	const struct hr_comparison *c;
	enum cli_insights form;
	bool any;
};

static void print_heading(const struct teller *t)
{
	if (t->form == CLI_INSIGHTS_MARKDOWN)
		fputs("\n#### What stands out\n\n", t->p->out);
	else if (t->form == CLI_INSIGHTS_NAMED)
		hr_print(t->p->out, "\nWhat stands out in %s\n", t->c->name);
	else
		fputs("\nWhat stands out\n", t->p->out);
}

static void print(void *ctx, const char *rule, const char *text)
{
	struct teller *t = ctx;

	(void)rule;
	if (!t->any)
		print_heading(t);
	t->any = true;
	if (t->form == CLI_INSIGHTS_MARKDOWN) {
		fputs("- ", t->p->out);
		hr_markdown_text(t->p->out, text);
		fputc('\n', t->p->out);
	} else {
		hr_page_text(t->p, 2, "- %s", text);
	}
}

void cli_print_insights(const struct hr_page *p, const struct hr_comparison *c, enum cli_insights form)
{
	struct teller t = {.p = p, .c = c, .form = form};

	hr_insights_tell(c, print, &t);
}
