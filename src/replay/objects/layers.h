/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the heap of a Go execution trace is made of at chosen moments: which of its
 * objects the coming GC cycle marks and which it frees, what is lost inside spans, what
 * spans without objects hold. A stage beside the replay that takes the same events, and
 * nothing that the replay does depends on it.
 *
 * At a moment after k mark starts an object in a slot is
 *   - found:     freed by a sweep before mark start k + 1: garbage that a cycle found,
 *                or is about to, and that is not swept yet;
 *   - freed:     freed by the sweep of cycle k + 1, the coming one;
 *   - live:      neither: the coming cycle marks it.
 * Which of them is known when the sweep of cycle k + 1 is over, a cycle later; before, and
 * after the last mark start, what is not found is undecided. Of the freed ones some are
 * dead already at the moment, the others die before the mark. No trace tells which:
 * deaths are drawn for each by the survival that the trace's cycles show (deaths.h,
 * survival.h), likely, early and late. That is an estimate; all the rest is exact.
 *
 * Where objects are laid out and collected by our own model (objects.h), the same is taken from the model's heap
 * (hr_layers_model): garbage that waits for a cycle counts as freed, and is dead already; nothing is undecided.
 * Where nothing is known of objects, nothing is told.
 *
 * Objects go by the bytes of their slots. What of a slot its object does not need is
 * known at the least, from the size of its type: an array or slice may have any number of
 * elements, so that as many are taken as fit.
 *
 * Memory: 8 bytes a slot of the live spans, 4 an object, a byte for each birth since the
 * last mark start, 32 for each object swept since, 128 a moment.
 *
 * Source: mgcsweep.go (sweepLocked.sweep), mgc.go (gcStart); deaths.h for the rest.
 */
#ifndef HR_REPLAY_LAYERS_H
#define HR_REPLAY_LAYERS_H

#include "base/error.h"
#include "replay/objects/recorded.h"
#include "replay/objects/survival.h"
#include "trace/event.h"
#include "trace/reader.h"
#include "trace/types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hr_layers_when { HR_LAYERS_LIKELY, HR_LAYERS_EARLY, HR_LAYERS_LATE, HR_LAYERS_WHENS };

/* Bytes. live + freed + found + undecided + empty + tail + manual are all spans that are told. */
struct hr_layers_row {
	uint64_t time_ns;
	bool decided; /* the coming cycle was told: undecided is 0; else live and freed are */
	uint64_t live, freed, found, undecided;
	uint64_t dead[HR_LAYERS_WHENS]; /* of freed; deaths EARLY give the most */
	uint64_t rounding;		/* of the four: at least so much of their slots is not needed */
	uint64_t empty, tail;		/* free slots of spans; what no slot takes up in them */
	uint64_t manual;		/* spans without objects */
};

/* A moment. The signed ones are differences to the one before, so that intervals cost two additions. */
struct hr_layers_sample {
	uint64_t time_ns;
	uint64_t births;
	uint64_t cycle; /* mark starts so far */
	uint64_t objects, rounding, slots, spans, manual;
	int64_t found, freed, dead[HR_LAYERS_WHENS];
};

#define HR_LAYERS_POINTS 512 /* as many as a series has (report/series.h), which thins out in the same way */

/* Moments at a distance. */
struct hr_layers_grid {
	uint64_t interval_ns, next_ns;
	bool thin; /* at HR_LAYERS_POINTS every second one is dropped, and the distance doubles */
	struct hr_layers_sample *at;
	size_t n, cap;
	struct hr_layers_sample pending; /* differences for the next one */
	uint64_t found, freed;		 /* of a model, at the last moment */
};

/* An object that was swept. */
struct hr_layers_swept {
	uint64_t born, bytes, swept_ns;
	uint8_t span_class;
};

/* The heap of a model; bytes. dead: garbage that the coming cycle finds; condemned: that the last one found. */
struct hr_layers_state {
	uint64_t objects, dead, condemned, rounding, slots, spans, manual;
};

#define HR_LAYERS_GRIDS 2

struct hr_layers {
	struct hr_recorded heap;
	struct hr_survival survival;
	const struct hr_types *types;
	unsigned go_minor;
	struct hr_layers_grid grids[HR_LAYERS_GRIDS];
	unsigned ngrids;
	bool modelled, ended; /* ended: the last moment was looked at */
	uint64_t next_ns;     /* of the grids' next ones the earliest */
	uint64_t until_ns;    /* of a model */
	bool failed;	      /* out of memory while it told */
	uint64_t births;
	bool marking;
	uint64_t last_swept_ns;
	uint64_t cycle, first; /* mark starts; births before the last one */
	uint64_t first_before; /* and before the one before that */
	uint64_t decided;      /* cycles whose sweep is over */
	struct hr_layers_sample now;
	struct hr_layers_state state; /* of a model */
	uint32_t *roundings;	      /* by number of the object */
	size_t nroundings, roundings_cap;
	uint8_t *classes, *classes_before; /* of births since the last mark start, and before it */
	size_t classes_cap, classes_before_cap;
	struct hr_layers_swept *swept; /* by the sweep of the last cycle */
	size_t nswept, swept_cap;
};

/* types: the reader's, which grow as it reads; NULL: none. go_minor: the recorded runtime is Go 1.N. */
void hr_layers_init(struct hr_layers *l, const struct hr_types *types, unsigned go_minor);
void hr_layers_release(struct hr_layers *l);
/*
 * Looks at first_ns, and every interval_ns from then on, with the state after all events up to and including that
 * time; at most HR_LAYERS_GRIDS. thin: see there. Returns the grid's number.
 */
unsigned hr_layers_look(struct hr_layers *l, uint64_t first_ns, uint64_t interval_ns, bool thin);
/* The next events, in time order. HR_ENOMEM; HR_EINPUT: a span of a class or length that no span has. */
enum hr_status hr_layers_take(struct hr_layers *l, const struct hr_event *ev, size_t n, struct hr_error *err);
/*
 * In place of hr_layers_take: that is what the model's heap was until time_ns, when it changes. Cheap where no moment is
 * due, which hr_layers_due tells before. HR_ENOMEM is told by hr_layers_finish.
 */
static inline bool hr_layers_due(const struct hr_layers *l, uint64_t time_ns)
{
	return l != NULL && (time_ns > l->next_ns || time_ns > l->until_ns);
}
void hr_layers_model(struct hr_layers *l, uint64_t time_ns, const struct hr_layers_state *state);
/* A model's events after until_ns do not count. */
void hr_layers_model_until(struct hr_layers *l, uint64_t until_ns);
/*
 * No more events: looks once more, at end_ns. tells_sweeps: of the trace's meta; where it does not, the last sweep counts as
 * over when it freed nothing for the last 100 ms. HR_ENOMEM.
 */
enum hr_status hr_layers_finish(struct hr_layers *l, uint64_t end_ns, bool tells_sweeps, struct hr_error *err);
/* The grid's moments, in order of time; call it with i from 0 on and *sum zeroed before the first. False: no more. */
bool hr_layers_row(const struct hr_layers *l, unsigned grid, size_t i, struct hr_layers_sample *sum,
		   struct hr_layers_row *row);
#endif
