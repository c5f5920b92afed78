/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The layers of the heap over time: what of the mapped memory is live, what garbage, what
 * is lost inside spans, what is free and for which reason, what is released. They add up
 * to what is mapped, to the byte, at every moment.
 *
 * What objects are comes from replay/objects/layers.h, the same for all policies; the
 * rest from a follower, which is looked at at the same moments.
 */
#ifndef HR_REPORT_LAYERS_H
#define HR_REPORT_LAYERS_H

#include "base/error.h"
#include "replay/replay.h"
#include "report/reasons.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* From the bottom of a stack to its top. */
enum hr_layer {
	HR_LAYER_LIVE,	    /* objects that the coming cycle marks */
	HR_LAYER_DYING,	    /* objects that the coming cycle frees */
	HR_LAYER_UNSWEPT,   /* garbage that a cycle found, not swept yet */
	HR_LAYER_UNDECIDED, /* objects on which no recorded cycle decides */
	HR_LAYER_EMPTY,	    /* free slots of spans */
	HR_LAYER_TAIL,	    /* the rest of spans that no slot takes up */
	HR_LAYER_UNTOLD,    /* spans in use of which the trace tells nothing */
	HR_LAYER_MANUAL,    /* stacks and other spans without objects */
	HR_LAYER_FREE,	    /* and the next HR_REASON_COUNT - 1: free, not released, by reason */
	HR_LAYER_RELEASED = HR_LAYER_FREE + HR_REASON_COUNT,
	HR_LAYER_COUNT
};

/* "live", "free_dense"...: with _bytes behind it its name in JSON and CSV. */
const char *hr_layer_name(unsigned layer);
/* The same of all columns: the layers, and what is known of parts of them; NULL behind the last. */
const char *hr_layer_column_name(unsigned column);
/* In words, as tables have it. */
const char *hr_layer_text(unsigned layer);

struct hr_layer_point {
	uint64_t time_ns;
	bool decided; /* whether the coming cycle was told */
	uint64_t bytes[HR_LAYER_COUNT];
	uint64_t dead[HR_LAYERS_WHENS]; /* of the dying: garbage already, by estimate */
	uint64_t rounding;		/* of objects: at least */
	uint64_t mapped;
};

/* A look at a follower; bytes. */
struct hr_layer_look {
	uint64_t time_ns;
	uint64_t in_use, manual, mapped, released, retained;
	uint64_t goal, heap_goal; /* HR_NEVER: none; 0: not known */
	uint64_t free[HR_REASON_COUNT];
};

/* Looks at a follower, one after the other. */
struct hr_layer_series {
	uint64_t interval_ns;
	bool thin, failed; /* failed: out of memory */
	struct hr_layer_look *at;
	size_t n, cap;
	uint64_t changes; /* of the follower, when the last look was taken */
};

/* "live 10 MiB, dying 3 MiB at 3.1 s", or "objects 13 MiB at 3.1 s" where no cycle decides; cut to room. */
void hr_layers_say(const struct hr_layers_row *row, char *to, size_t room);

/* One moment by itself. */
void hr_layer_look_at(const struct hr_follower *f, uint64_t time_ns, struct hr_layer_look *x);
/* False: objects take up more than what is in use, which would be a fault of ours. */
bool hr_layer_join(const struct hr_layer_look *x, const struct hr_layers_row *o, struct hr_layer_point *p);

/*
 * Looks every interval_ns from first_ns on; thin: like the series of the JSON, which drops every second one when there are
 * many. The same must be asked of hr_layers_look. Release it with hr_layer_series_release.
 */
void hr_layer_series_start(struct hr_layer_series *s, struct hr_follower *f, uint64_t first_ns, uint64_t interval_ns,
			   bool thin);
void hr_layer_series_release(struct hr_layer_series *s);

/* Layers over time: the points of a series, with what is known of objects at each. */
struct hr_layer_points {
	struct hr_layer_point *at;
	size_t n;
};

/* After the replay. HR_ENOMEM; HR_EINTERNAL: the two were not looked at at the same moments, or do not add up. */
enum hr_status hr_layer_points_of(const struct hr_layer_series *s, const struct hr_layers *l, unsigned grid,
				  struct hr_layer_points *p, struct hr_error *err);
void hr_layer_points_release(struct hr_layer_points *p);

/* Means weighted by time, each point for the time before it; decided where any of them is. */
struct hr_layer_point hr_layer_points_mean(const struct hr_layer_points *p);
/* The point with the most memory that is mapped and not released; NULL: there is none. */
const struct hr_layer_point *hr_layer_points_peak(const struct hr_layer_points *p);

/* {"time_ns": [...], "live_bytes": [...], ...}; live, dying and dead are null where nothing decides. NULL: out of memory. */
json_t *hr_layer_points_json(const struct hr_layer_points *p);
/* One point, {"live_bytes": ...}. */
json_t *hr_layer_point_json(const struct hr_layer_point *p);
/* As the CSV of series.h, with columns for the layers behind it. */
void hr_layer_points_csv(const struct hr_layer_points *p, const struct hr_layer_series *s, FILE *out);

#endif
