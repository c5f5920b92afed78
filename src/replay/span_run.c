/* SPDX-License-Identifier: BSD-3-Clause */
/* A replay of span events; see span_run.h. */
#include "config.h"

#include "replay/span_run.h"

#include "base/alloc.h"
#include "replay/placement/idle.h"

#include <stdlib.h>
#include <string.h>

enum hr_status hr_span_run_begin(struct hr_span_run *r, const struct hr_span_trace *t, struct hr_error *err)
{
	struct hr_span *start;
	enum hr_status status;

	hr_live_init(&r->live, &r->heap, true, t->strict);
	r->live.complete = t->complete;
	HR_TRY(hr_heap_init(&r->heap, hr_geometry(48), NULL, err));
	start = hr_calloc(t->nstart, sizeof(*start));
	if (start == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory for the spans at the start");
	if (t->nstart > 0)
		memcpy(start, t->start, t->nstart * sizeof(*start));
	status = hr_live_begin(&r->live, start, t->nstart, t->padded, true, err);
	free(start);
	return status;
}

void hr_span_run_end(struct hr_span_run *r)
{
	hr_live_release(&r->live);
	hr_heap_release(&r->heap);
}

enum hr_status hr_span_run_other(struct hr_span_run *r, const struct hr_event *e, struct hr_error *err)
{
	struct hr_span freed;

	switch (e->kind) {
	case HR_EV_SPAN_FREE:
		return hr_live_free(&r->live, e->addr / HR_PAGE_BYTES, e->p, &freed, err);
	case HR_EV_GC_END:
		hr_live_mark_done(&r->live);
		return HR_OK;
	case HR_EV_CACHE_FLUSH:
		hr_heap_flush(&r->heap, e->p);
		return HR_OK;
	case HR_EV_GOMAXPROCS:
		for (size_t p = e->arg; p < r->heap.ncaches; p++)
			hr_heap_flush(&r->heap, (int)p);
		return HR_OK;
	default:
		return HR_OK;
	}
}
