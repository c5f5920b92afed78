/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plots: what they show comes from documents (document.h), whether just made or
 * read from a file, except for the heatmap, which has a plane (plane.h), and the
 * frontier of a sweep. A kind
 * of plot is a row of a table: what it needs, how its data is written, and the
 * gnuplot script, plots/KIND.gp, that draws the data. A script is given
 *
 *   form                  'png', 'svg' or 'pdf'
 *   width, height, scale  what it is laid out for, in pixels of which the picture has `scale` times as many
 *   plot_title, subtitle  which trace, which settings
 *
 * the settings of plots/common.gp, and its data, in blocks and variables that
 * the head of the script names. All of it is one text that gnuplot draws as it
 * stands, and that users may keep and change.
 */
#ifndef HR_REPORT_PLOT_H
#define HR_REPORT_PLOT_H

#include "base/error.h"
#include "plot/gnuplot.h"
#include "report/plane.h"
#include "sweep/frontier.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A policy on a trace; NULL: the document has no such thing. All of it lies in a document of the source. */
struct hr_plot_run {
	const json_t *trace, *settings, *policy, *summary, *series, *regret, *optimum, *layers, *rss, *kept, *bounds;
	size_t trace_number; /* from 0; those of one comparison have the same */
};

/* What is to be plotted. Zeroes are an empty one. */
struct hr_plot_source {
	struct hr_plot_run *runs;
	size_t n, cap, ntraces;
	json_t **documents;
	size_t ndocuments, documents_cap;
	const struct hr_plane *plane;	    /* of the first run; NULL: none */
	const struct hr_frontier *frontier; /* of a sweep, which has no runs here; NULL: none */
};

void hr_plot_source_release(struct hr_plot_source *s);
/* Takes the document over, also after an error. HR_EINPUT: replay or compare made no such document. HR_ENOMEM. */
enum hr_status hr_plot_source_add(struct hr_plot_source *s, json_t *document, struct hr_error *err);

enum hr_plot_form {
	HR_PLOT_PNG,
	HR_PLOT_SVG,
	HR_PLOT_PDF,
	HR_PLOT_INLINE, /* SVG to stand in an HTML page: no titles, no background, lines and text in the page's colour */
	HR_PLOT_FORM_COUNT
};

/* By the ending of a file's name; false: it has none of those. */
bool hr_plot_form_of(const char *path, enum hr_plot_form *form);

struct hr_plot_options {
	enum hr_plot_form form;
	unsigned width, height;	     /* pixels, HR_PLOT_MIN_SIDE to HR_PLOT_MAX_SIDE; 0: what suits the kind */
	double font_pixels;	     /* height of letters; 0: what suits the size */
	double text_scale;	     /* of that; 0: 1 */
	const char *title;	     /* NULL: the trace, and the policy where there is one */
	const char *const *metrics;  /* of compare, ended by NULL; NULL: those that it has by itself */
	const char *common, *script; /* texts in place of plots/common.gp and plots/KIND.gp; NULL: those */
	const char *prefix;	     /* of names within an inline SVG, so that a page may hold several */
	const char *output;	     /* file that the text has gnuplot write; NULL: standard output */
};

#define HR_PLOT_MIN_SIDE 200
#define HR_PLOT_MAX_SIDE 16384

enum hr_plot_needs {
	HR_PLOT_SUMMARY = 1 << 0,
	HR_PLOT_SERIES = 1 << 1,
	HR_PLOT_OPTIMUM = 1 << 2,
	HR_PLOT_PLANE = 1 << 3,
	HR_PLOT_FRONTIER = 1 << 4,
	HR_PLOT_BOUNDS = 1 << 5, /* error bars, where GC cycles are modelled */
};

struct hr_plot_kind {
	const char *name;    /* NULL ends the table */
	const char *summary; /* one line, no full stop */
	unsigned needs;
	bool all_policies; /* of a trace it shows all policies, not only the trace's own */
	const char *script;
	bool grows; /* its usual size depends on what is in it, and is the least that has room for it */
	/* What suits the picture. */
	void (*size)(const struct hr_plot_source *s, unsigned *width, unsigned *height);
	/* The data as gnuplot statements. HR_EINPUT, HR_EUSAGE, HR_ENOMEM. */
	enum hr_status (*write)(FILE *out, const struct hr_plot_source *s, const struct hr_plot_options *o,
				struct hr_error *err);
};

extern const struct hr_plot_kind hr_plot_kinds[];
/* NULL: there is none of that name. */
const struct hr_plot_kind *hr_plot_kind_find(const char *name);

/*
 * A plot is laid out for a picture of its usual size, or of one as large as the letters leave room for: width and height,
 * which scripts are told, are `scale` times smaller than those of the picture. So text grows with the picture, and in a
 * small one it does not become too small to be read as long as what it says has room.
 */
struct hr_plot_layout {
	unsigned picture_width, picture_height; /* pixels */
	unsigned width, height;			/* what it is laid out for */
	double scale;
};

struct hr_plot_layout hr_plot_layout_of(const struct hr_plot_kind *kind, const struct hr_plot_source *s,
					const struct hr_plot_options *o);

/* The whole text for gnuplot. HR_EINPUT: the source lacks what the kind needs, or is nothing it can draw; HR_ENOMEM. */
enum hr_status hr_plot_text(const struct hr_plot_kind *kind, const struct hr_plot_source *s,
			    const struct hr_plot_options *o, struct hr_blob *text, struct hr_error *err);
/* A plot to be drawn. */
struct hr_plot_job {
	const struct hr_plot_kind *kind;
	const struct hr_plot_source *source;
	struct hr_plot_options options;
	struct hr_blob picture; /* what became of it; the caller's to free, also after an error */
};

/*
 * Draws them by one run of gnuplot (hr_plot_text and hr_gnuplot_run; see there for
 * the blobs): to start it takes longer than to draw most plots. More than one are
 * all of form HR_PLOT_INLINE, and without scripts of the user's. Pictures of the same
 * data are the same bytes: dates are taken out, and what an inline SVG names within
 * itself begins with the prefix. *complaints is of all of them.
 */
enum hr_status hr_plot_draw_all(struct hr_plot_job *jobs, size_t n, struct hr_blob *complaints, struct hr_error *err);

#endif
