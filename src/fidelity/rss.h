/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From retained memory to resident memory (RSS): what `top` and a control group
 * show of a Go program, term by term, and how far it is from what was sampled.
 * docs/rss.md says where each term comes from and how good it is.
 */
#ifndef HR_FIDELITY_RSS_H
#define HR_FIDELITY_RSS_H

#include "base/error.h"
#include "scavenge/follower.h"
#include "trace/sides.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The terms, in the order in which they are shown. Bytes; only OTHER may be below 0. */
enum hr_rss_term {
	HR_RSS_IN_USE,	 /* spans of objects: a page counts from its first use */
	HR_RSS_FREE,	 /* free and not released: was used once */
	HR_RSS_MANUAL,	 /* stacks and the GC's work buffers */
	HR_RSS_LAZY,	 /* released with MADV_FREE, and not taken yet */
	HR_RSS_HUGE,	 /* released pages that khugepaged brings back (an upper bound) */
	HR_RSS_METADATA, /* the runtime's own, by its rules */
	HR_RSS_FILE,	 /* pages of files: the binary */
	HR_RSS_OTHER,	 /* the rest, fitted: never touched, profiles, trace buffers */
	HR_RSS_TERMS
};

const char *hr_rss_term_name(enum hr_rss_term t);
const char *hr_rss_term_text(enum hr_rss_term t);

struct hr_rss_options {
	bool lazy;		/* releases are MADV_FREE, and there is no pressure */
	unsigned max_ptes_none; /* of khugepaged: so many absent pages of 512 it fills up; 0: no huge pages */
	uint64_t binary_bytes;	/* HR_NOT_KNOWN: its pages are not counted unless samples tell */
};

struct hr_rss_point {
	uint64_t time_ns;
	uint64_t terms[HR_RSS_OTHER]; /* FILE: 0 */
	uint64_t huge_bytes;	      /* of them in huge pages, at most; 0 without khugepaged */
};

/* Follows a follower; points are that many ns apart, which doubles as they become too many. */
struct hr_rss {
	struct hr_rss_options options;
	struct hr_rss_point *points;
	size_t n, cap;
	uint64_t interval_ns;
	bool no_memory;
};

struct hr_rss_error {
	size_t n;
	double rss_mean_bytes;	       /* sampled */
	double mean_bytes, mean_ratio; /* of the distances; of the mean RSS */
	double p95_bytes, worst_bytes; /* distances */
	uint64_t worst_at_ns;
};

/* What came of it. Without samples that tell RSS, n is 0 and there are no errors. */
struct hr_rss_bridge {
	double mean[HR_RSS_TERMS]; /* over the trace's time */
	double sum_mean, sum_peak;
	bool file_known;
	double huge_mean,
	    huge_sampled_mean; /* in huge pages: at most, HR_RSS_HUGE included; AnonHugePages of the samples */
	bool huge_known, huge_sampled;
	size_t samples;
	struct hr_rss_error plain;  /* over all samples, without what they teach */
	struct hr_rss_error fitted; /* fitted on the first half, over the second */
};

/* Begins; the follower must not have run. Observes until the follower is done. */
void hr_rss_start(struct hr_rss *r, const struct hr_rss_options *options, struct hr_follower *f);
void hr_rss_release(struct hr_rss *r);
/* At the end. samples: in order of time, on the trace's clock. HR_ENOMEM. */
enum hr_status hr_rss_bridge_of(const struct hr_rss *r, const struct hr_rss_sample *samples, size_t n,
				struct hr_rss_bridge *b, struct hr_error *err);
/*
 * {"terms": {...}, "mean_bytes", "peak_bytes", "huge_backed_bytes", "huge_backed_ratio", "huge_backed_sampled_bytes",
 * "samples", "error", "error_fitted"}; NULL: out of memory.
 */
json_t *hr_rss_bridge_json(const struct hr_rss_bridge *b);

/*
 * Samples from a CSV whose first line names the columns: mono_ns (CLOCK_MONOTONIC, of which origin_ns is the trace's
 * start; has_origin) or time_ns (since the trace's start), and rss_bytes, Rss, smaps_Rss or VmRSS in bytes; where there,
 * RssAnon, AnonHuge or AnonHugePages, LazyFree and RssFile. Rows without RSS, or from before the trace, are left out.
 * Appended to *sides. HR_EIO; HR_EINPUT with the line; HR_ENOMEM.
 */
enum hr_status hr_rss_read_csv(struct hr_sides *sides, const char *path, bool has_origin, uint64_t origin_ns,
			       struct hr_error *err);

#endif
