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

static bool put_holder(json_t *kept, const struct hr_kept *k, const struct hr_replay *r, const char *path)
{
	struct hr_holders holders;
	const struct hr_holder *h;
	bool fine = true;

	if (hr_holders_of(path, &r->options.reading, k->time_ns, &k->reasons, HR_HOLDERS_BY_TYPE, &holders, NULL) !=
	    HR_OK)
		return true;
	h = &holders.at[0];
	if (holders.n > 0 && h->kind == HR_HOLDER_TYPE)
		fine = hr_json_set(kept, "holder",
				   json_pack("{s:o, s:o, s:o}", "type", hr_json_text(h->name), "chunks",
					     hr_json_count(h->chunks), "free_bytes", hr_json_count(h->free_bytes)));
	hr_holders_release(&holders);
	return fine;
}

bool cli_kept_put(json_t *comparison, const struct hr_kept *kept, const struct hr_replay *r, const char *path)
{
	const struct hr_trace_meta *meta = hr_reader_meta(r->reader);
	json_t *policies = json_object_get(comparison, "policies");
	size_t i;

	if (comparison == NULL)
		return false;
	if (kept == NULL)
		return true;
	if (!hr_kept_put(comparison, kept, r->nfollowers))
		return false;
	if (!meta->has_objects || !meta->has_addresses || !meta->has_spans || r->objects != NULL ||
	    !hr_placer_stats(r->placer).recorded || !is_file(path))
		return true;
	i = policy_held(comparison, r->nfollowers);
	if (i == r->nfollowers || kept[i].reasons.free_pages == 0)
		return true;
	return put_holder(json_object_get(json_array_get(policies, i), "kept"), &kept[i], r, path);
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
