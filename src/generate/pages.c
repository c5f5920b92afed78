/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "generate/pages.h"

#define LARGE_OBJECT 0u /* span class 0: one object, with pointers */
#define MARK_NS UINT64_C(2000000)
#define GAP_EVERY 7

void hr_pages_init(struct hr_pages *p, uint64_t seed)
{
	*p = (struct hr_pages){.goal_bytes = UINT64_C(4) << 20};
	hr_random_seed(&p->random, seed);
	hr_ledger_init(&p->ledger);
}

void hr_pages_release(struct hr_pages *p)
{
	hr_ledger_release(&p->ledger);
}

enum hr_status hr_pages_status(const struct hr_pages *p)
{
	return p->failed ? HR_ENOMEM : HR_OK;
}

/* An event of P 0, now; the scratch one after a failure. */
static struct hr_event *add(struct hr_pages *p, struct hr_events *out, enum hr_event_kind kind, struct hr_event *lost)
{
	struct hr_event *e = p->failed ? NULL : hr_events_add(out, kind, p->now_ns);

	if (e == NULL) {
		p->failed = true;
		return lost;
	}
	e->p = 0;
	return e;
}

void hr_pages_alloc(struct hr_pages *p, struct hr_events *out, struct hr_span_list *list, uint64_t npages, bool manual)
{
	struct hr_event lost, *e = add(p, out, HR_EV_SPAN_ALLOC, &lost);
	uint64_t bytes = npages * HR_SPAN_PAGE_BYTES;
	uint32_t span = HR_NO_NUMBER;

	if (!p->failed && (list->n < list->cap || hr_reserve(&list->at, &list->cap, list->n + 1, sizeof(*list->at))))
		span = hr_ledger_add(&p->ledger, bytes);
	if (span == HR_NO_NUMBER) {
		p->failed = true;
		return;
	}
	list->at[list->n++] = span;
	e->addr = span;
	e->size = bytes;
	e->arg = manual ? HR_SPAN_MANUAL : LARGE_OBJECT << 1;
	if (!manual)
		p->in_use_bytes += bytes;
}

void hr_pages_free(struct hr_pages *p, struct hr_events *out, uint32_t span, bool manual)
{
	struct hr_event lost, *e = add(p, out, HR_EV_SPAN_FREE, &lost);
	uint64_t bytes;

	if (p->failed)
		return;
	bytes = hr_ledger_remove(&p->ledger, span);
	e->addr = span;
	if (!manual)
		p->in_use_bytes -= bytes;
}

void hr_pages_collect(struct hr_pages *p, struct hr_events *out, uint64_t over_ns, uint64_t goal_bytes)
{
	struct hr_event lost;

	add(p, out, HR_EV_GC_BEGIN, &lost);
	p->now_ns += over_ns;
	add(p, out, HR_EV_GC_END, &lost);
	add(p, out, HR_EV_HEAP_GOAL, &lost)->size = goal_bytes;
	p->goal_bytes = goal_bytes;
}

void hr_pages_fill(struct hr_pages *p, struct hr_events *out, struct hr_span_list *list, uint64_t bytes,
		   uint64_t npages, uint64_t over_ns, struct hr_span_list *gaps)
{
	uint64_t n = bytes / (npages * HR_SPAN_PAGE_BYTES), begin = p->now_ns;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t due = begin + (uint64_t)((unsigned __int128)over_ns * i / n);

		if (due > p->now_ns)
			p->now_ns = due;
		if (p->in_use_bytes + npages * HR_SPAN_PAGE_BYTES > p->goal_bytes) {
			hr_pages_collect(p, out, MARK_NS, 2 * p->goal_bytes);
			hr_pages_swept(p, out);
		}
		hr_pages_alloc(p, out, list, npages, false);
		if (gaps != NULL && i % GAP_EVERY == GAP_EVERY - 1)
			hr_pages_alloc(p, out, gaps, npages, true);
	}
	if (p->now_ns < begin + over_ns)
		p->now_ns = begin + over_ns;
}

void hr_pages_open(struct hr_pages *p, struct hr_events *out, struct hr_span_list *gaps)
{
	while (gaps->n > 0 && !p->failed)
		hr_pages_free(p, out, gaps->at[--gaps->n], true);
}

void hr_pages_sweep(struct hr_pages *p, struct hr_events *out, struct hr_span_list *list, uint64_t over_ns)
{
	uint64_t begin = p->now_ns;

	for (size_t i = 0; i < list->n; i++) {
		p->now_ns = begin + (uint64_t)((unsigned __int128)over_ns * i / list->n);
		hr_pages_free(p, out, list->at[i], false);
	}
	list->n = 0;
	p->now_ns = begin + over_ns;
}

void hr_pages_swept(struct hr_pages *p, struct hr_events *out)
{
	struct hr_event lost;

	add(p, out, HR_EV_SWEEP_DONE, &lost);
}
