/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of the chunks under the cursor beside their pages: why memory there stays, and what lies there. */
#include "config.h"

#include "frame/canvas.h"

#include "base/units.h"
#include "report/reasons.h"

#include <stdio.h>
#include <string.h>

/* Of chunks [first, last] together, as explain has it of all of them. False: nothing of them is free. */
static bool sum_reasons(const struct hr_follower *f, uint64_t first, uint64_t last, struct hr_chunk_reasons *sum)
{
	struct hr_reasons all;
	struct hr_error err;

	*sum = (struct hr_chunk_reasons){.chunk = first};
	if (f->def->knows_future || hr_reasons_of(f, &all, &err) != HR_OK)
		return false;
	for (size_t i = 0; i < all.n && all.chunks[i].chunk <= last; i++) {
		const struct hr_chunk_reasons *c = &all.chunks[i];
		const uint64_t from = c->chunk > first ? c->chunk : first, to = c->chunk + c->nchunks - 1;
		uint64_t n;

		if (to < first)
			continue;
		n = (to < last ? to : last) - from + 1;
		sum->free += n * c->free;
		for (unsigned k = 0; k < HR_REASON_COUNT; k++)
			sum->pages[k] += n * c->pages[k];
	}
	hr_reasons_release(&all);
	return sum->free > 0;
}

void hr_inspect_reasons(struct hr_items *items, const struct hr_follower *f, uint64_t first, uint64_t last,
			unsigned columns)
{
	struct hr_chunk_reasons sum;
	char bytes[HR_UNIT_BUF], before[HR_UNIT_BUF + 32];
	int rank = 0;

	if (!sum_reasons(f, first, last, &sum))
		return;
	for (enum hr_reason r = hr_reason_most(&sum); sum.pages[r] > 0; r = hr_reason_most(&sum)) {
		hr_format_bytes(bytes, sum.pages[r] * HR_PAGE_BYTES);
		snprintf(before, sizeof(before), "%s%s%s",
			 rank > 0	? ""
			 : first < last ? "chunks: "
					: "chunk: ",
			 bytes, rank > 0 ? "" : " free");
		/* In a narrow frame the name that explain has for it, too. */
		hr_items_add(items, HR_INK_TEXT, rank++, "%s: %s", before,
			     strlen(before) + 2 + strlen(hr_reason_text(r)) <= columns ? hr_reason_text(r)
										       : hr_reason_name(r));
		sum.pages[r] = 0;
	}
}

void hr_inspect_holders(struct hr_items *items, const struct hr_scene *s)
{
	char bytes[HR_UNIT_BUF];

	if (s->no_holders != NULL)
		hr_items_add(items, HR_INK_DIM, 0, "holders: %s", s->no_holders);
	for (size_t i = 0; i < s->nholders; i++)
		hr_items_add(items, HR_INK_TEXT, (int)i, "%s%s %s", i == 0 ? "held by " : "",
			     hr_format_bytes(bytes, s->holders[i].bytes), s->holders[i].name);
}
