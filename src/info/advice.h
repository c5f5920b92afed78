/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which GOGC and memory limit for a recorded Go program: its trace is replayed by the GC model under its own setting
 * and two others, which tell about where the best one lies; then, with error bars, under those around it, and judged
 * by the upper ends of the error bars. Nothing is advised that they do not bear out.
 */
#ifndef HR_INFO_ADVICE_H
#define HR_INFO_ADVICE_H

#include "replay/replay.h"
#include "report/bars.h"
#include "report/bounds.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_advice_question {
	const struct hr_replay_options *options; /* of the replays; its GC, GOGC and limit do not count */
	const struct hr_policy_choice *policy;	 /* NULL: the trace's own */
	uint64_t memory_bytes;			 /* of the process, all of it; 0: it may have any */
	bool memory_given;			 /* else it is what record noted of the control group, if it did */
	double gc_cpu_percent;			 /* of all Ps, that collecting may take, at most */
};

/* A figure with its error bars; without bars where it was recorded. */
struct hr_advice_figure {
	double value, low, high;
	bool known;
};

/* What is told of a setting. */
enum hr_advice_what {
	HR_ADVICE_P99,	  /* retained, bytes */
	HR_ADVICE_PEAK,	  /* retained, bytes */
	HR_ADVICE_MEAN,	  /* in use, bytes */
	HR_ADVICE_CPU,	  /* GC, percent of all Ps, without the idle ones' */
	HR_ADVICE_ASSIST, /* percent of all Ps, by which allocations were held up */
	HR_ADVICE_STALL,  /* longest by the scavenger, ns */
	HR_ADVICE_LAG,	  /* until 90 % of the largest drop was released, ns */
	HR_ADVICE_CYCLES,
	HR_ADVICE_FIGURES
};

/* What the figures of a row are worth. */
enum hr_advice_known {
	HR_ADVICE_ESTIMATED, /* from those of other settings, to choose what to run */
	HR_ADVICE_VALUES,    /* of a run, without error bars */
	HR_ADVICE_BARS
};

struct hr_advice_row {
	uint64_t gogc, limit_bytes; /* HR_GOGC_OFF, UINT64_MAX: off */
	struct hr_advice_figure figures[HR_ADVICE_FIGURES];
	enum hr_advice_known known;
	bool spiral;	  /* cycles follow one another */
	bool fits, cheap; /* surely: in the memory; within the CPU time */
	bool today;
};

enum hr_advice_risk_kind {
	HR_RISK_LEAK,	 /* what survives grows over the recording */
	HR_RISK_SHORT,	 /* few cycles */
	HR_RISK_PEAK,	 /* the most was in use at the very end */
	HR_RISK_WIDE,	 /* error bars wider than 20 % */
	HR_RISK_SPIRAL,	 /* below some limit */
	HR_RISK_LOAD,	 /* holds for the recorded load only */
	HR_RISK_UNKNOWN, /* the trace's own GOGC does not show in it */
	HR_RISK_MODEL,	 /* the model misses what was recorded */
	HR_RISKS
};

#define HR_ADVICE_SETTINGS 12
#define HR_ADVICE_SHOWN 7

struct hr_advice {
	const char *path;
	struct hr_advice_question asked;
	bool memory_noted;				   /* asked.memory_bytes is of the recording */
	uint64_t other_bytes;				   /* beside the heap, counted as the process's */
	struct hr_advice_row today, rows[HR_ADVICE_SHOWN]; /* by GOGC */
	size_t nrows;
	size_t use;				   /* the row to use; nrows: none that is sure */
	size_t nearest;				   /* where none is sure: the row that comes nearest */
	bool keep;				   /* today's is as good, as far as can be told */
	uint64_t duration_ns, peak_ns, peak_bytes; /* peak of in use, and when */
	size_t cycles;				   /* recorded */
	uint64_t live_first, live_last;		   /* bytes that survived, in the first and last third */
	uint64_t spiral_bytes;			   /* a limit below this leaves no room; 0: not known */
	double recorded_ratio[HR_ADVICE_FIGURES];  /* recorded to modelled, both at today's setting; 0: not known */
	bool risks[HR_RISKS];
	struct hr_trace_stats stats; /* of the recording, read to its end */
	size_t most;		     /* settings at a time, for which memory suffices; 0: for all */
};

/*
 * HR_EUSAGE: the trace is no Go trace with objects and cycles, or a pipe; else as hr_replay_open and hr_replay_run.
 * The path must outlive the advice.
 */
enum hr_status hr_advice_find(struct hr_advice *a, const char *path, const struct hr_advice_question *question,
			      struct hr_error *err);

/* The recorded program had no memory limit, the row has one, and by the upper end of its peak it never binds. */
bool hr_advice_limit_is_free(const struct hr_advice *a, const struct hr_advice_row *row);

/* A paragraph, a table, and what could go wrong. */
void hr_advice_text(const struct hr_page *p, const struct hr_advice *a);
/* A new object; NULL: out of memory. */
json_t *hr_advice_json(const struct hr_advice *a);

#endif
