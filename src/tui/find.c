/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tui/find.h"

#include "base/units.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So long the view must have stood still: keys that are held down are moves. */
#define STILL_NS UINT64_C(250000000)

static const struct hr_cells *cells_of(const struct hr_view_state *v)
{
	return &v->frame.panes[0].cells;
}

/* --- addresses ------------------------------------------------------------------- */

/* "c000400000", "0xc000400000"; "+64MiB" from where the heap begins; "#196609", a chunk. False: it is none. */
static bool parse_address(const struct hr_view_state *v, const char *text, uint64_t *page)
{
	const struct hr_cells *c = cells_of(v);
	uint64_t bytes;
	char *end;

	if (*text == '+' && c->n > 0 && hr_parse_bytes(text + 1, &bytes)) {
		*page = c->at[0].page + bytes / HR_PAGE_BYTES;
		return true;
	}
	if (*text == '#' && hr_parse_u64(text + 1, &bytes) && bytes < UINT64_C(1) << 26) {
		*page = hr_chunk_page(bytes);
		return true;
	}
	if (!isxdigit((unsigned char)*text))
		return false;
	*page = strtoull(text, &end, 16) / HR_PAGE_BYTES;
	return *end == '\0';
}

static void go_to_page(struct hr_view_state *v, uint64_t page)
{
	if (v->frame_options.open_chunk != HR_NO_CHUNK)
		v->frame_options.open_chunk = hr_chunk_of(page);
	v->frame_options.cursor_page = page;
}

/* --- types ------------------------------------------------------------------------ */

static bool is_known(const struct hr_view_state *v)
{
	return v->who.state == HR_WHO_KNOWN && v->who.at_ns == hr_player_now(v->player);
}

static void all_of_the_map(struct hr_view_state *v)
{
	v->nzooms = 0;
	v->frame_options.first_chunk = 0;
	v->frame_options.last_chunk = HR_NO_CHUNK;
}

/* To the next chunk that the type holds, from the cursor's on. */
static void go_to_type(struct hr_view_state *v)
{
	const struct hr_tenants *t = &v->who.tenants;
	uint64_t from = v->frame_options.cursor_page;
	char bytes[HR_UNIT_BUF];
	bool holds;
	size_t at =
	    hr_tenants_search(t, v->sought, from != HR_NO_PAGE ? hr_chunk_of(from) : HR_NO_TENANT_CHUNK, &holds);

	v->seeking_type = false;
	if (at == SIZE_MAX) {
		hr_view_say(v, "no type, size class or address '%s' at this moment", v->sought);
		return;
	}
	if (hr_cells_find(cells_of(v), hr_chunk_page(t->at[at].chunk)) == HR_NO_CELL)
		all_of_the_map(v);
	go_to_page(v, hr_chunk_page(t->at[at].chunk));
	hr_view_say(v, "%s: %s of chunk %" PRIu64 "%s; / and Enter: the next", t->names[t->at[at].name],
		    hr_format_bytes(bytes, t->at[at].bytes), t->at[at].chunk,
		    holds ? ", more than any other" : ", where others have more");
}

static void find_type(struct hr_view_state *v)
{
	const char *lacking = hr_who_lacking(v->player, v->options->path);

	if (lacking != NULL) {
		hr_view_say(v, "'%s' is not an address; types: %s", v->sought, lacking);
		return;
	}
	v->playing = false;
	v->seeking_type = true;
	if (is_known(v))
		go_to_type(v);
	else
		hr_view_say(v, "reading the trace for '%s'", v->sought);
}

void hr_find_answer(struct hr_view_state *v)
{
	uint64_t page;

	if (v->answer[0] == '\0' && v->sought[0] == '\0')
		return;
	if (v->answer[0] != '\0' && parse_address(v, v->answer, &page)) {
		if (hr_cells_find(cells_of(v), page) == HR_NO_CELL)
			hr_view_say(v, "%s is not mapped now, or outside of what is shown", v->answer);
		else
			go_to_page(v, page);
		return;
	}
	if (v->answer[0] != '\0')
		snprintf(v->sought, sizeof(v->sought), "%s", v->answer);
	find_type(v);
}

/* --- holders ----------------------------------------------------------------------- */

static uint64_t chunk_looked_at(const struct hr_view_state *v)
{
	if (v->frame_options.open_chunk != HR_NO_CHUNK)
		return v->frame_options.open_chunk;
	return v->frame_options.cursor_page != HR_NO_PAGE ? hr_chunk_of(v->frame_options.cursor_page) : HR_NO_CHUNK;
}

/* There is something to be known, and it is not. */
static bool wants_holders(struct hr_view_state *v)
{
	if (v->playing || v->series == NULL || (chunk_looked_at(v) == HR_NO_CHUNK && !v->seeking_type))
		return false;
	if (v->who.state != HR_WHO_NOTHING && v->who.at_ns == hr_player_now(v->player))
		return false;
	return hr_who_lacking(v->player, v->options->path) == NULL;
}

bool hr_find_is_busy(struct hr_view_state *v)
{
	return v->who.state == HR_WHO_READING || wants_holders(v);
}

void hr_find_holders(struct hr_view_state *v, uint64_t clock_ns)
{
	uint64_t now = v->series != NULL ? hr_player_now(v->player) : 0;

	if (hr_who_look(&v->who)) {
		v->stale = true;
		if (v->seeking_type && is_known(v))
			go_to_type(v);
	}
	if (!wants_holders(v) || now != v->still_at_ns) {
		v->still_at_ns = now;
		v->still_since_ns = clock_ns;
		return;
	}
	if (!v->seeking_type && clock_ns - v->still_since_ns < STILL_NS)
		return;
	hr_who_ask(&v->who, v->options->path, &v->options->player.replay.reading, now);
	v->stale = true;
}

void hr_find_tell(struct hr_view_state *v, struct hr_scene *s)
{
	const char *lacking = hr_who_lacking(v->player, v->options->path);
	const uint64_t chunk = chunk_looked_at(v);
	size_t first, n;

	if (chunk == HR_NO_CHUNK)
		return;
	if (lacking != NULL)
		s->no_holders = lacking;
	else if (v->playing)
		s->no_holders = "told while it is paused";
	else if (v->who.state == HR_WHO_UNKNOWN)
		s->no_holders = "the trace can't be read again";
	else if (!is_known(v))
		s->no_holders = "reading the trace";
	if (s->no_holders != NULL)
		return;
	first = hr_tenants_find(&v->who.tenants, chunk, &n);
	for (s->nholders = 0; s->nholders < n && s->nholders < HR_TOLD_HOLDERS; s->nholders++) {
		const struct hr_tenant *t = &v->who.tenants.at[first + s->nholders];

		v->holders[s->nholders] = (struct hr_frame_holder){v->who.tenants.names[t->name], t->bytes};
	}
	s->holders = v->holders;
	if (n == 0)
		s->no_holders = "no recorded objects";
}
