/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "plot/data.h"

#include "base/alloc.h"
#include "base/find.h"
#include "base/print.h"
#include "base/units.h"
#include "report/document.h"
#include "report/saved.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Texts of the scripts, made from plots/ by its local.mk. */
#include "plot/scripts.inc"

#define FIRST_SCHEMA 2 /* that has series of compare */
#define TITLE_CHARACTERS 90
#define SUBTITLE_CHARACTERS 130

/* --- kinds ------------------------------------------------------------------ */

static void usual_size(const struct hr_plot_source *s, unsigned *width, unsigned *height)
{
	(void)s;
	*width = 1200;
	*height = 640;
}

const struct hr_plot_kind hr_plot_kinds[] = {
    {"timeline", "memory over time: in use, free, released, goals, GC cycles; several policies: retained memory",
     HR_PLOT_SERIES, false, timeline_script, false, usual_size, hr_plot_timeline},
    {"heatmap", "addresses over time: what was in use, free, released", HR_PLOT_PLANE, false, heatmap_script, false,
     usual_size, hr_plot_heatmap},
    {"tradeoff", "retained memory against CPU time of every policy, and the offline optimum",
     HR_PLOT_SUMMARY | HR_PLOT_OPTIMUM | HR_PLOT_BOUNDS, true, tradeoff_script, false, usual_size, hr_plot_tradeoff},
    {"intervals", "how long pages lie free before they are used again", HR_PLOT_OPTIMUM, false, intervals_script, false,
     usual_size, hr_plot_intervals},
    {"compare", "bars of every policy's metrics (--columns)", HR_PLOT_SUMMARY | HR_PLOT_BOUNDS, true, compare_script,
     true, hr_plot_bars_size, hr_plot_compare},
    {"index", "index entries that the scavengers read; several traces: by the size of the heap", HR_PLOT_SUMMARY, true,
     index_script, true, hr_plot_index_size, hr_plot_index},
    {"frontier", "memory against CPU time of a sweep's settings, with error bars", HR_PLOT_FRONTIER, false,
     frontier_script, false, usual_size, hr_plot_frontier},
    {NULL, NULL, 0, false, NULL, false, NULL, NULL},
};

const struct hr_plot_kind *hr_plot_kind_find(const char *name)
{
	for (const struct hr_plot_kind *k = hr_plot_kinds; k->name != NULL; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

static const struct form {
	const char *ending, *name, *terminal;
} forms[HR_PLOT_FORM_COUNT] = {
    [HR_PLOT_PNG] = {".png", "png", NULL},
    [HR_PLOT_SVG] = {".svg", "svg", NULL},
    [HR_PLOT_PDF] = {".pdf", "pdf", NULL},
    [HR_PLOT_INLINE] = {"", "svg", NULL},
};

bool hr_plot_form_of(const char *path, enum hr_plot_form *form)
{
	size_t n = strlen(path);

	for (*form = HR_PLOT_PNG; *form <= HR_PLOT_PDF; ++*form) {
		size_t m = strlen(forms[*form].ending);

		if (n > m && strcmp(path + n - m, forms[*form].ending) == 0)
			return true;
	}
	return false;
}

/* --- what is plotted -------------------------------------------------------- */

void hr_plot_source_release(struct hr_plot_source *s)
{
	for (size_t i = 0; i < s->ndocuments; i++)
		json_decref(s->documents[i]);
	free(s->documents);
	free(s->runs);
	memset(s, 0, sizeof(*s));
}

/* about: what holds trace and settings; run: what holds the rest. */
static enum hr_status add_run(struct hr_plot_source *s, const json_t *about, const json_t *run, struct hr_error *err)
{
	struct hr_plot_run r = {
	    .trace = json_object_get(about, "trace"),
	    .settings = json_object_get(about, "settings"),
	    .optimum = json_object_get(about, "optimum"),
	    .policy = json_object_get(run, "policy"),
	    .summary = json_object_get(run, "summary"),
	    .series = json_object_get(run, "series"),
	    .regret = json_object_get(run, "regret"),
	    .layers = json_object_get(run, "layers"),
	    .rss = json_object_get(run, "rss"),
	    .kept = json_object_get(run, "kept"),
	    .bounds = json_object_get(run, "bounds"),
	    .trace_number = s->ntraces,
	};

	if (!json_is_object(r.trace) || !json_is_object(r.settings) || !json_is_object(r.policy) ||
	    !json_is_object(r.summary))
		return hr_error_set(err, HR_EINPUT,
				    "the JSON lacks trace, settings, policy or summary; plots are made from what "
				    "'heapreplay compare --json' and 'heapreplay replay --json' print");
	if (!json_is_object(r.series))
		r.series = NULL;
	if (!json_is_object(r.optimum))
		r.optimum = NULL;
	if (!hr_reserve(&s->runs, &s->cap, s->n + 1, sizeof(*s->runs)))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	s->runs[s->n++] = r;
	return HR_OK;
}

static enum hr_status add_comparison(struct hr_plot_source *s, const json_t *comparison, struct hr_error *err)
{
	const json_t *policies = json_object_get(comparison, "policies"), *run;
	size_t i;

	if (json_array_size(policies) == 0)
		return hr_error_set(err, HR_EINPUT, "the JSON has a comparison without policies");
	json_array_foreach(policies, i, run)
	{
		HR_TRY(add_run(s, comparison, run, err));
	}
	s->ntraces++;
	return HR_OK;
}

static enum hr_status check_schema(const json_t *document, struct hr_error *err)
{
	json_int_t schema = json_integer_value(json_object_get(document, "schema"));

	if (!json_is_object(document) || !json_is_integer(json_object_get(document, "schema")))
		return hr_error_set(err, HR_EINPUT,
				    "this JSON is not heapreplay's; plots are made from what 'heapreplay compare "
				    "--json' and 'heapreplay replay --json' print");
	if (schema < FIRST_SCHEMA || schema > HR_SCHEMA)
		return hr_error_set(err, HR_EINPUT,
				    "the JSON has schema %" JSON_INTEGER_FORMAT
				    "; plots are made from %d to %d: save the "
				    "run again with this version of heapreplay",
				    schema, FIRST_SCHEMA, HR_SCHEMA);
	return HR_OK;
}

static enum hr_status add_all(struct hr_plot_source *s, json_t *document, struct hr_error *err)
{
	const json_t *comparisons = json_object_get(document, "comparisons"), *comparison;
	size_t i;

	HR_TRY(check_schema(document, err));
	if (!hr_saved_upgrade(document))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	if (comparisons == NULL) {
		HR_TRY(add_run(s, document, document, err));
		s->ntraces++;
		return HR_OK;
	}
	if (json_array_size(comparisons) == 0)
		return hr_error_set(err, HR_EINPUT, "the JSON has no comparison");
	json_array_foreach(comparisons, i, comparison)
	{
		HR_TRY(add_comparison(s, comparison, err));
	}
	return HR_OK;
}

enum hr_status hr_plot_source_add(struct hr_plot_source *s, json_t *document, struct hr_error *err)
{
	if (document == NULL || !hr_reserve(&s->documents, &s->documents_cap, s->ndocuments + 1, sizeof(json_t *))) {
		json_decref(document);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	s->documents[s->ndocuments++] = document;
	return add_all(s, document, err);
}

static enum hr_status check_needs(const struct hr_plot_kind *kind, const struct hr_plot_source *s, struct hr_error *err)
{
	if ((kind->needs & HR_PLOT_FRONTIER) && s->frontier != NULL)
		return HR_OK;
	if (kind->needs & HR_PLOT_FRONTIER)
		return hr_error_set(err, HR_EINPUT, "a %s is drawn from a database of heapreplay sweep", kind->name);
	if (s->n == 0)
		return hr_error_set(err, HR_EINPUT, "there is nothing to plot");
	if ((kind->needs & HR_PLOT_PLANE) && s->plane == NULL)
		return hr_error_set(err, HR_EINPUT,
				    "JSON does not hold addresses over time, which a %s needs; give it the trace: "
				    "heapreplay plot %s TRACE",
				    kind->name, kind->name);
	for (size_t i = 0; i < s->n; i++) {
		const char *trace = hr_plot_string(s->runs[i].trace, "name");

		if ((kind->needs & HR_PLOT_SERIES) && hr_plot_length(s->runs[i].series, "in_use_mean_bytes") == 0)
			return hr_error_set(err, HR_EINPUT,
					    "the JSON has no series of %s, which a %s needs; make it again with "
					    "'heapreplay compare --json' or 'heapreplay replay --json'",
					    trace, kind->name);
		if ((kind->needs & HR_PLOT_OPTIMUM) && s->runs[i].optimum == NULL)
			return hr_error_set(err, HR_EINPUT,
					    "the JSON has no optimum of %s, which %s needs; make it again with "
					    "'heapreplay compare --json'",
					    trace, kind->name);
	}
	return HR_OK;
}

/* --- titles ----------------------------------------------------------------- */

struct parts {
	char text[1024];
	size_t n;
};

static void add_part(struct parts *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add_part(struct parts *p, const char *fmt, ...)
{
	size_t room = sizeof(p->text) - p->n;
	va_list ap;
	int n;

	if (p->n > 0 && room > 4) {
		p->n += (size_t)snprintf(p->text + p->n, room, " · ");
		room = sizeof(p->text) - p->n;
	}
	va_start(ap, fmt);
	n = vsnprintf(p->text + p->n, room, fmt, ap);
	va_end(ap);
	p->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void add_format(struct parts *p, const json_t *trace)
{
	const char *format = hr_plot_string(trace, "format"), *program = hr_plot_string(trace, "program");
	double version = hr_plot_number(trace, "version");
	char buf[256];

	if (strcmp(format, "Go execution trace") == 0 && version > 0 && version < 1000)
		add_part(p, "Go 1.%d", (int)version);
	else if (format[0] != '\0')
		add_part(p, "%s", format);
	if (program[0] != '\0')
		add_part(p, "%s", hr_plot_cut(buf, sizeof(buf), program, 60));
}

/* As many letters of so many pixels as there is room for beside margins. */
static size_t letters_in(unsigned width, double pixels)
{
	double n = (width - 40.0) / pixels;

	return n < 8 ? 8 : (size_t)n;
}

static void put_titles(FILE *out, const struct hr_plot_options *o, const char *title, const char *below)
{
	size_t n = letters_in(o->width, 11.0), m = letters_in(o->width, 8.2);

	if (o->form == HR_PLOT_INLINE)
		title = below = "";
	hr_plot_set_string(out, "plot_title", o->title != NULL ? o->title : title,
			   n < TITLE_CHARACTERS ? n : TITLE_CHARACTERS);
	hr_plot_set_string(out, "subtitle", below, m < SUBTITLE_CHARACTERS ? m : SUBTITLE_CHARACTERS);
}

/* Of a sweep. */
static void write_sweep_titles(FILE *out, const struct hr_frontier *f, const struct hr_plot_options *o)
{
	struct parts title = {{0}, 0}, below = {{0}, 0};
	char name[256];

	if (f->ntraces == 1)
		add_part(&title, "%s", hr_plot_cut(name, sizeof(name), f->name, 60));
	else
		add_part(&title, "%zu traces, sums", f->ntraces);
	add_part(&below, "%zu settings", f->n);
	put_titles(out, o, title.text, below.text);
}

static void write_titles(FILE *out, const struct hr_plot_kind *kind, const struct hr_plot_source *s,
			 const struct hr_plot_options *o)
{
	const struct hr_plot_run *first = &s->runs[0];
	struct parts title = {{0}, 0}, below = {{0}, 0};
	char name[256], policy[256], setting[HR_PLOT_SETTING_BUF];

	hr_plot_cut(name, sizeof(name), hr_plot_string(first->trace, "name"), 60);
	hr_plot_cut(policy, sizeof(policy), hr_plot_policy_text(first), 60);
	if (!hr_plot_same_trace(s))
		add_part(&title, "%zu traces", s->ntraces);
	/* The optimum, and what it comes from, are the same for all policies. */
	else if (hr_plot_same_policy(s) && kind->needs != HR_PLOT_OPTIMUM)
		add_part(&title, "%s under %s", name, policy);
	else
		add_part(&title, "%s", name);
	if (s->ntraces > 1 && hr_plot_same_trace(s))
		add_part(&title, "%zu runs", s->ntraces);
	if (hr_plot_same_trace(s))
		add_format(&below, first->trace);
	for (size_t k = 0; hr_plot_setting(s, k, 0, true, setting, sizeof(setting)); k++)
		if (setting[0] != '\0')
			add_part(&below, "%s", setting);
	put_titles(out, o, title.text, below.text);
}

/* --- the text ---------------------------------------------------------------- */

/* Letters become no smaller than this share of their usual size of 16 pixels, where there is room for what they say. */
#define USUAL_LETTERS 16.0
#define LEAST_SCALE 0.5625
#define LEAST_WIDTH 640 /* what plots of a usual size can be laid out for */
#define LEAST_HEIGHT 400

struct hr_plot_layout hr_plot_layout_of(const struct hr_plot_kind *kind, const struct hr_plot_source *s,
					const struct hr_plot_options *o)
{
	struct hr_plot_layout l = {.scale = o->font_pixels / USUAL_LETTERS};
	unsigned width, height;

	kind->size(s, &width, &height);
	l.picture_width = o->width != 0 ? o->width : width;
	l.picture_height = o->height != 0 ? o->height : height;
	if (!(l.scale > 0)) {
		double least_width = kind->grows ? width : LEAST_WIDTH,
		       least_height = kind->grows ? height : LEAST_HEIGHT;
		double room = fmin(l.picture_width / least_width, l.picture_height / least_height);

		l.scale = o->form == HR_PLOT_INLINE || (o->width == 0 && o->height == 0)
			      ? 1
			      : fmin((double)l.picture_width / width, (double)l.picture_height / height);
		if (l.scale < LEAST_SCALE)
			l.scale = fmin(LEAST_SCALE, fmax(room, l.scale));
	}
	l.scale *= o->text_scale > 0 ? o->text_scale : 1;
	l.width = (unsigned)lround(fmax(l.picture_width / l.scale, 1));
	l.height = (unsigned)lround(fmax(l.picture_height / l.scale, 1));
	return l;
}

/* Sizes are those of a screen of 96 pixels an inch; letters are as large in every form. */
static void write_terminal(FILE *out, const struct hr_plot_kind *kind, const struct hr_plot_options *o,
			   const struct hr_plot_layout *l)
{
	const unsigned width = l->picture_width, height = l->picture_height;
	char scaled[64] = "";

	hr_print(out, "form = '%s'\nwidth = %u\nheight = %u\nscale = %.4g\n", forms[o->form].name, l->width, l->height,
		 l->scale);
	if (l->scale < 1 || l->scale > 1)
		snprintf(scaled, sizeof(scaled), " fontscale %.4g linewidth %.4g", l->scale, l->scale);
	switch (o->form) {
	case HR_PLOT_PNG:
		hr_print(out,
			 "if (strstrt(GPVAL_TERMINALS, ' pngcairo ')) "
			 "{ set terminal pngcairo size %u, %u font 'sans,12' background 'white'%s } "
			 "else { set terminal png size %u, %u font 'sans,12' background 'white'%s }\n",
			 width, height, scaled, width, height, scaled);
		break;
	case HR_PLOT_PDF:
		hr_print(out,
			 "if (!strstrt(GPVAL_TERMINALS, ' pdfcairo ')) { set print '-'\n"
			 "exit message 'this gnuplot has no terminal pdfcairo: no PDF can be made with it' }\n"
			 "set terminal pdfcairo size %.3f, %.3f font 'sans,16' background 'white'%s\n",
			 width / 96.0, height / 96.0, scaled);
		break;
	default:
		/* It is scaled by its own size and that of its content; gnuplot's fontscale leaves legends as narrow as before. */
		hr_print(out, "set terminal svg size %u, %u font 'sans-serif,16' name 'heapreplay_%s'%s\n", l->width,
			 l->height, kind->name, o->form == HR_PLOT_SVG ? " background 'white'" : "");
		break;
	}
	if (o->output != NULL) {
		fputs("set output ", out);
		hr_gnuplot_string(out, o->output);
		fputc('\n', out);
	}
}

static enum hr_status write_text(FILE *out, const struct hr_plot_kind *kind, const struct hr_plot_source *s,
				 const struct hr_plot_options *o, struct hr_error *err)
{
	const struct hr_plot_layout layout = hr_plot_layout_of(kind, s, o);
	struct hr_plot_options laid_out = *o;

	if (layout.width < HR_PLOT_MIN_SIDE || layout.height < HR_PLOT_MIN_SIDE)
		return hr_error_set(err, HR_EUSAGE, "letters of %.0f pixels are too large for a picture of %u x %u",
				    layout.scale * USUAL_LETTERS, layout.picture_width, layout.picture_height);
	laid_out.width = layout.width;
	laid_out.height = layout.height;
	hr_print(out, "# A %s of heapreplay " PACKAGE_VERSION ", for gnuplot: settings, data, script.\n", kind->name);
	fputs("set encoding utf8\n", out);
	write_terminal(out, kind, o, &layout);
	if (kind->needs & HR_PLOT_FRONTIER)
		write_sweep_titles(out, s->frontier, &laid_out);
	else
		write_titles(out, kind, s, &laid_out);
	fputs("\n# --- common.gp ---\n\n", out);
	fputs(o->common != NULL ? o->common : common_script, out);
	fputs("\n# --- data ---\n\n", out);
	HR_TRY(kind->write(out, s, &laid_out, err));
	hr_print(out, "\n# --- %s.gp ---\n\n", kind->name);
	fputs(o->script != NULL ? o->script : kind->script, out);
	fputc('\n', out);
	return HR_OK;
}

/* All texts, one behind the other; what one sets is forgotten before the next. */
static enum hr_status write_texts(FILE *out, const struct hr_plot_job *jobs, size_t n, struct hr_error *err)
{
	for (size_t i = 0; i < n; i++) {
		HR_TRY(check_needs(jobs[i].kind, jobs[i].source, err));
		if (i > 0)
			fputs("set output\nreset session\n", out);
		HR_TRY(write_text(out, jobs[i].kind, jobs[i].source, &jobs[i].options, err));
	}
	return HR_OK;
}

static enum hr_status texts_of(const struct hr_plot_job *jobs, size_t n, struct hr_blob *text, struct hr_error *err)
{
	enum hr_status status;
	FILE *out;

	*text = (struct hr_blob){0};
	out = hr_open_text(&text->at, &text->n);
	if (out == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	status = write_texts(out, jobs, n, err);
	if (!hr_close_text(out, &text->at) && status == HR_OK)
		status = hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status != HR_OK) {
		free(text->at);
		*text = (struct hr_blob){0};
	}
	return status;
}

enum hr_status hr_plot_text(const struct hr_plot_kind *kind, const struct hr_plot_source *s,
			    const struct hr_plot_options *o, struct hr_blob *text, struct hr_error *err)
{
	const struct hr_plot_job job = {.kind = kind, .source = s, .options = *o};

	return texts_of(&job, 1, text, err);
}

/* --- pictures ---------------------------------------------------------------- */

/* When it was made, which cairo writes into every PDF, as "/CreationDate (D:YYYYMMDDhhmmss": no time in particular. */
static void undate(struct hr_blob *pdf)
{
	static const char key[] = "/CreationDate (D:", never[] = "19700101000000";
	char *at = hr_find(pdf->at, pdf->n, key, sizeof(key) - 1);

	if (at != NULL && (size_t)(pdf->at + pdf->n - at) > sizeof(key) + sizeof(never))
		memcpy(at + sizeof(key) - 1, never, sizeof(never) - 1);
}

/* What changes within the tags of an SVG, or only of one that becomes part of a page. */
static const struct change {
	const char *from, *to;
	bool inline_only;
	bool prefix; /* the prefix and a - follow */
} changes[] = {
    /* Cells have edges. */
    {" preserveAspectRatio='none'", " preserveAspectRatio='none' style='image-rendering:pixelated'", false, false},
    {" id='", " id='", true, true},
    {" id=\"", " id=\"", true, true},
    {"href='#", "href='#", true, true},
    {"href=\"#", "href=\"#", true, true},
    {"url(#", "url(#", true, true},
    {"'black'", "'currentColor'", true, false},
    {"\"black\"", "\"currentColor\"", true, false},
    {"rgb(  0,   0,   0)", "currentColor", true, false},
    {"rgb(0,0,0)", "currentColor", true, false},
    /* What is released is a background, where the page has one for it. */
    {"rgb(220, 220, 220)", "var(--released, #dcdcdc)", true, false},
};

static const struct change *change_at(const char *at, bool in_page)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (*at == changes[i].from[0] && (in_page || !changes[i].inline_only) &&
		    strncmp(at, changes[i].from, strlen(changes[i].from)) == 0)
			return &changes[i];
	return NULL;
}

/* The size of the picture in place of the one that it is laid out for. */
static void put_svg_size(FILE *out, const char **at, const struct hr_plot_layout *l)
{
	const char *size = strstr(*at, "width=\""), *end = size != NULL ? strchr(size, '\n') : NULL;

	if (end == NULL || l->picture_width == l->width)
		return;
	hr_print(out, "%.*swidth=\"%u\" height=\"%u\"", (int)(size - *at), *at, l->picture_width, l->picture_height);
	*at = end;
}

/* In a page from <svg on, without what belongs to a file of its own; texts (between tags) stay as they are. */
static enum hr_status finish_svg(const char *name, bool in_page, const struct hr_plot_layout *l, struct hr_blob *svg,
				 struct hr_error *err)
{
	const char *at = in_page ? strstr(svg->at, "<svg") : svg->at, *same; /* from there on nothing is changed */
	struct hr_blob to = {0};
	bool in_tag = false;
	FILE *out;

	if (at == NULL)
		return hr_error_set(err, HR_EIO, "gnuplot wrote no SVG");
	out = hr_open_text(&to.at, &to.n);
	if (out == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	put_svg_size(out, &at, l);
	for (same = at; *at != '\0'; at++) {
		const struct change *c = in_tag ? change_at(at, in_page) : NULL;

		in_tag = *at == '<' || (in_tag && *at != '>');
		if (c == NULL)
			continue;
		fwrite(same, 1, (size_t)(at - same), out);
		fputs(c->to, out);
		if (c->prefix)
			hr_print(out, "%s-", name);
		same = at + strlen(c->from);
		at = same - 1;
	}
	fwrite(same, 1, (size_t)(at - same), out);
	if (!hr_close_text(out, &to.at))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	free(svg->at);
	*svg = to;
	return HR_OK;
}

static enum hr_status finish(struct hr_plot_job *j, struct hr_error *err)
{
	const struct hr_plot_layout layout = hr_plot_layout_of(j->kind, j->source, &j->options);
	const char *name = j->options.prefix != NULL ? j->options.prefix : j->kind->name;

	if (j->options.form == HR_PLOT_PDF)
		undate(&j->picture);
	if (j->options.form != HR_PLOT_SVG && j->options.form != HR_PLOT_INLINE)
		return HR_OK;
	return finish_svg(name, j->options.form == HR_PLOT_INLINE, &layout, &j->picture, err);
}

/* --- several pictures by one gnuplot -------------------------------------------- */

/* What every SVG of gnuplot's begins with, and has nowhere else: texts in it have &lt; for a <. */
static const char svg_start[] = "<?xml";

/* Each job's part of what gnuplot wrote. */
static enum hr_status share_out(struct hr_plot_job *jobs, size_t n, const struct hr_blob *all, struct hr_error *err)
{
	const char *at = hr_find(all->at, all->n, svg_start, sizeof(svg_start) - 1), *end = all->at + all->n;

	for (size_t i = 0; i < n; i++) {
		const char *next;

		if (at == NULL)
			return hr_error_set(err, HR_EIO, "gnuplot drew %zu of %zu pictures", i, n);
		next = hr_find(at + 1, (size_t)(end - at - 1), svg_start, sizeof(svg_start) - 1);
		jobs[i].picture.n = (size_t)((next != NULL ? next : end) - at);
		jobs[i].picture.at = malloc(jobs[i].picture.n + 1);
		if (jobs[i].picture.at == NULL)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
		memcpy(jobs[i].picture.at, at, jobs[i].picture.n);
		jobs[i].picture.at[jobs[i].picture.n] = '\0';
		at = next;
	}
	return HR_OK;
}

enum hr_status hr_plot_draw_all(struct hr_plot_job *jobs, size_t n, struct hr_blob *complaints, struct hr_error *err)
{
	struct hr_blob text = {0}, all = {0};
	enum hr_status status;

	*complaints = (struct hr_blob){0};
	for (size_t i = 0; i < n; i++)
		jobs[i].picture = (struct hr_blob){0};
	status = texts_of(jobs, n, &text, err);
	if (status == HR_OK && n > 0)
		status = hr_gnuplot_run(text.at, text.n, n > 1 ? &all : &jobs[0].picture, complaints, err);
	free(text.at);
	if (status == HR_OK && n > 1)
		status = share_out(jobs, n, &all, err);
	free(all.at);
	for (size_t i = 0; i < n && status == HR_OK; i++)
		status = finish(&jobs[i], err);
	return status;
}
