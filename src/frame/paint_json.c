/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/json.h"
#include "frame/paint.h"
#include "report/document.h"

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* Of a page; null where there is none. */
static json_t *address(uint64_t page)
{
	return page == HR_NO_PAGE ? json_null() : number(page * HR_PAGE_BYTES);
}

static json_t *level_of(const struct hr_map_cell *c)
{
	return c->npages > 0 ? number(c->level) : json_null();
}

static json_t *first_of(const struct hr_map_cell *c)
{
	return number(c->page * HR_PAGE_BYTES);
}

static json_t *end_of(const struct hr_map_cell *c)
{
	return number(c->limit * HR_PAGE_BYTES);
}

#define FIELD(name)                                                                                                    \
	static json_t *name##_of(const struct hr_map_cell *c)                                                          \
	{                                                                                                              \
		return number(c->name);                                                                                \
	}
FIELD(in_use)
FIELD(free)
FIELD(released)
FIELD(chunks)
FIELD(marked)
FIELD(ready)
FIELD(last_in_use)
FIELD(unchanged)
FIELD(refaults)
FIELD(gaps)

static const struct field {
	const char *name;
	json_t *(*get)(const struct hr_map_cell *c);
	bool index, density; /* only of policies that have one */
} fields[] = {
    {"address", first_of, false, false},
    {"end_address", end_of, false, false},
    {"in_use_pages", in_use_of, false, false},
    {"free_pages", free_of, false, false},
    {"released_pages", released_of, false, false},
    {"refaulted_pages", refaults_of, false, false},
    {"gaps", gaps_of, false, false},
    {"chunks", chunks_of, false, false},
    {"marked_chunks", marked_of, true, false},
    {"ready_chunks", ready_of, true, false},
    {"last_in_use_pages", last_in_use_of, true, true},
    {"unchanged_generations", unchanged_of, true, true},
    {"level", level_of, false, false},
};

static json_t *cells_of(const struct hr_cells *c)
{
	json_t *o = json_object();

	for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
		const struct field *f = &fields[k];
		json_t *column;

		if ((f->index && !c->has_index) || (f->density && !c->has_density))
			continue;
		column = json_array();
		for (size_t i = 0; i < c->n; i++)
			hr_json_add(&column, f->get(&c->at[i]));
		hr_json_put(&o, f->name, column);
	}
	return o;
}

static json_t *map_of(const struct hr_cells *c)
{
	json_t *o = json_object();

	hr_json_put(&o, "view", hr_json_text(hr_map_view_name(c->view)));
	hr_json_put(&o, "scale", hr_json_text(hr_map_scale_name(c->scale)));
	hr_json_put(&o, "shown", json_boolean(hr_cells_can_show(c, c->view)));
	hr_json_put(&o, "levels", number(HR_LEVELS));
	hr_json_put(&o, "most", hr_json_real((double)c->most));
	hr_json_put(&o, "columns", number(c->columns));
	hr_json_put(&o, "cell_bytes", number(c->cell_pages * HR_PAGE_BYTES));
	hr_json_put(&o, "gaps", number(c->gaps));
	return o;
}

json_t *hr_scene_json(const struct hr_scene *s, const struct hr_pane *pane)
{
	const struct hr_follower *f = s->follower;
	const struct hr_cells *c = &pane->cells;
	json_t *o = json_object();

	hr_json_put(&o, "policy", hr_json_text(s->policy));
	hr_json_put(&o, "time_ns", number(s->time_ns));
	hr_json_put(&o, "in_use_bytes", number(f->view.in_use_pages * HR_PAGE_BYTES));
	hr_json_put(&o, "manual_bytes", number(f->view.manual_pages * HR_PAGE_BYTES));
	hr_json_put(&o, "free_bytes", number(hr_follower_free_pages(f) * HR_PAGE_BYTES));
	hr_json_put(&o, "released_bytes", number(f->view.released_pages * HR_PAGE_BYTES));
	hr_json_put(&o, "mapped_bytes", number(f->view.mapped_pages * HR_PAGE_BYTES));
	hr_json_put(&o, "goal_bytes", hr_document_bytes(f->view.goal_bytes));
	hr_json_put(&o, "memory_limit_bytes", hr_document_bytes(f->view.memory_limit_bytes));
	hr_json_put(&o, "search_address", address(c->search_page));
	hr_json_put(&o, "forced_search_address", address(c->forced_page));
	hr_json_put(&o, "map", map_of(c));
	hr_json_put(&o, "cells", cells_of(c));
	if (s->series != NULL)
		hr_json_put(&o, "series", hr_json_series_get(s->series));
	return o;
}
