/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a heap stays at while its program idles. Between two cycles the heap grows from what was marked to the goal; a
 * program that goes idle on the way stays where it is, and where that is depends on when the last cycle began. Two runs
 * under the same settings have their cycles at other moments, so that a heap stays anywhere on the way, all places
 * alike. Between the same two cycles it is one place; other times between cycles have places of their own.
 *
 * So the mean over time in another run is that of the model, and a sum of independent uniform variables, one for each
 * time between two cycles: its mean and variance are here.
 *
 * Bytes of heap, ns of the program's clock.
 */
#ifndef HR_HEAP_GCPHASE_H
#define HR_HEAP_GCPHASE_H

struct hr_gc_phase {
	double idle_ns, held; /* since the last cycle: time idle, and times the bytes above what was marked */
	double shift, square; /* of the cycles before: sums of bytes x ns, and of squares of that */
};

/* The program idles for so long, with a heap so far above what was marked. */
static inline void hr_gc_phase_idle(struct hr_gc_phase *p, double ns, double bytes)
{
	p->idle_ns += ns;
	p->held += ns * bytes;
}

/* A cycle begins, or the trace ends; it was so far from what was marked to where cycles begin. */
static inline void hr_gc_phase_end(struct hr_gc_phase *p, double way_bytes)
{
	double most = p->idle_ns * way_bytes;

	p->shift += most / 2 - p->held;
	p->square += most * most / 12;
	p->idle_ns = p->held = 0;
}

#endif
