/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/objects/model.h"

#include "base/alloc.h"
#include "pagealloc/geometry.h"

void hr_model_tell_layers(const struct hr_objects *o, uint64_t time_ns)
{
	const struct hr_objheap *h = &o->heap;

	hr_layers_model(o->layers, time_ns,
			&(struct hr_layers_state){.objects = h->object_bytes,
						  .dead = h->dead_bytes,
						  .condemned = h->condemned_bytes,
						  .rounding = o->rounding_bytes,
						  .slots = h->span_bytes - h->tail_bytes,
						  .spans = h->span_bytes,
						  .manual = o->manual_bytes});
}

struct hr_event *hr_model_emit(struct hr_objects *o, enum hr_event_kind kind, uint64_t time_ns)
{
	if (o->nout == o->out_cap && !hr_reserve(&o->out, &o->out_cap, o->nout + 1, sizeof(*o->out))) {
		/* Drop the events made so far; the caller gets the error at the end of the batch. */
		o->failed = true;
		o->nout = 0;
	}
	o->out[o->nout] = (struct hr_event){.time_ns = time_ns, .p = HR_NO_P, .kind = (uint8_t)kind};
	return &o->out[o->nout++];
}

void hr_model_send_changes(struct hr_objects *o, uint64_t time_ns, int p)
{
	size_t n;
	const struct hr_span_change *c = hr_objheap_take(&o->heap, &n);

	for (size_t i = 0; i < n; i++) {
		enum hr_event_kind kind = c[i].freed ? HR_EV_SPAN_FREE
					  : o->alive ? HR_EV_SPAN_ALLOC
						     : HR_EV_SPAN_EXISTS;
		struct hr_event *e = hr_model_emit(o, kind, time_ns);

		e->addr = c[i].span;
		e->p = (int16_t)p;
		if (c[i].freed)
			continue;
		e->size = c[i].npages * HR_PAGE_BYTES;
		e->arg = (uint32_t)c[i].span_class << 1;
	}
}

void hr_model_pass_on(struct hr_objects *o, const struct hr_event *e)
{
	*hr_model_emit(o, e->kind, e->time_ns) = *e;
}
