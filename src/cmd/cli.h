/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line. Commands and options are two tables; parsing, usage
 * errors, --help and the manual's synopses come from them.
 */
#ifndef HR_CMD_CLI_H
#define HR_CMD_CLI_H

#include "base/error.h"
#include "frame/frame.h"
#include "frame/palette.h"
#include "plot/plot.h"
#include "replay/replay.h"
#include "report/bars.h"
#include "report/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Returns the exit status of the program. */
int cli_main(int argc, char **argv);

/* Exit statuses; heapreplay(1) documents them. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_MISUSED = 2, CLI_GATE = 3 };

/* The values of an option that may be given several times, in order. */
struct cli_list {
	const char **at;
	size_t n;
};

/* Options of how a heap is shown, as they were given; NULL, 0: not. look.c reads them. */
struct cli_look_options {
	const char *size, *view, *scale, *palette, *color, *format, *zoom, *chunk, *cursor;
	bool no_marks;
	unsigned magnify;
};

/* What the options of a command line say. */
struct cli_options {
	struct hr_replay_options replay;
	struct cli_list policies; /* -p */
	struct cli_list gates;	  /* --fail-if */
	struct cli_list metrics;  /* --metric; a NULL follows them */
	bool csv, markdown;
	const char *baseline, *sort, *columns;
	bool json, quiet, help, version;
	const char *output;    /* -o; NULL: standard output */
	const char *scavtrace; /* file for the log; NULL: with the main output */
	const char *series;
	uint64_t every_ns;
	bool every_given;
	uint64_t at_ns; /* heatmap; HR_NEVER: the end */
	struct cli_look_options look;
	const char *speed; /* watch */
	bool paused, exit; /* the same */
	bool live;	   /* replay */
	uint64_t seed;
	bool text;
	const char *truth, *log;
	bool limit_given, other_given;
	bool spans;		/* export */
	unsigned level;		/* import, cut; 0: the default */
	bool anonymize;		/* the same */
	bool roff;		/* help: as mdoc, for the manual */
	unsigned width, height; /* of a picture; 0: what suits it */
	const char *script;
	bool keep;
};

struct cli_command {
	const char *name; /* NULL ends the table */
	unsigned bit;	  /* CLI_...: which options it takes */
	const char *args; /* "TRACE" */
	int least_args, most_args;
	const char *summary;  /* one line, no full stop */
	const char *text;     /* what it does: a paragraph or two for --help */
	const char *examples; /* lines of "command	what it shows" */
	int (*run)(const struct cli_options *o, int argc, char **argv);
};

enum {
	CLI_REPLAY = 1 << 0,
	CLI_COMPARE = 1 << 1,
	CLI_INFO = 1 << 2,
	CLI_POLICIES = 1 << 3,
	CLI_VALIDATE = 1 << 4,
	CLI_EXPORT = 1 << 5,
	CLI_HELP = 1 << 6,
	CLI_GENERATE = 1 << 7,
	CLI_IMPORT = 1 << 8,
	CLI_CUT = 1 << 9,
	CLI_HEATMAP = 1 << 10,
	CLI_PLOT = 1 << 11,
	CLI_REPORT = 1 << 12,
	CLI_WATCH = 1 << 13,
	CLI_ANY = (1 << 14) - 1,
	/* Those that show what a replay gives; that draw frames; that replay; that write a native trace; that read one. */
	CLI_SHOWS = CLI_REPLAY | CLI_COMPARE | CLI_HEATMAP | CLI_PLOT | CLI_REPORT | CLI_WATCH,
	CLI_LOOKS = CLI_HEATMAP | CLI_WATCH | CLI_REPLAY,
	CLI_RUNS = CLI_SHOWS | CLI_VALIDATE,
	CLI_NATIVE = CLI_IMPORT | CLI_CUT,
	CLI_READS = CLI_RUNS | CLI_INFO | CLI_EXPORT | CLI_NATIVE,
};

extern const struct cli_command cli_commands[];
const struct cli_command *cli_command_find(const char *name);

int cli_run_replay(const struct cli_options *o, int argc, char **argv);
int cli_run_compare(const struct cli_options *o, int argc, char **argv);
int cli_run_info(const struct cli_options *o, int argc, char **argv);
int cli_run_plot(const struct cli_options *o, int argc, char **argv);
int cli_run_report(const struct cli_options *o, int argc, char **argv);
int cli_run_policies(const struct cli_options *o, int argc, char **argv);
int cli_run_watch(const struct cli_options *o, int argc, char **argv);
int cli_run_validate(const struct cli_options *o, int argc, char **argv);
int cli_run_export(const struct cli_options *o, int argc, char **argv);
int cli_run_cut(const struct cli_options *o, int argc, char **argv);
int cli_run_import(const struct cli_options *o, int argc, char **argv);
int cli_run_generate(const struct cli_options *o, int argc, char **argv);
int cli_run_heatmap(const struct cli_options *o, int argc, char **argv);
int cli_run_help(const struct cli_options *o, int argc, char **argv);

/* --- options.c --- */

/* Parses argv[1..] of a command. Returns the index of the first argument, -1 after an error that has been printed. */
int cli_parse(const struct cli_command *c, int argc, char **argv, struct cli_options *o);
void cli_options_release(struct cli_options *o);
/* The option lines of a command's help, as text or as mdoc. */
void cli_print_options(FILE *out, const struct cli_command *c, bool roff);
/* "[-p POLICY]... [--json] ..." for the command. */
void cli_print_synopsis(FILE *out, const struct cli_command *c, bool roff);

/* --- messages.c --- */

/* "heapreplay: FILE: byte N: text" on standard error; returns the exit status that belongs to it. file may be NULL. */
int cli_fail(const char *file, const struct hr_error *err);
/* A usage error about this command; returns CLI_MISUSED. */
int cli_misuse(const struct cli_command *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A warning that does not change the exit status. */
void cli_warn(const char *file, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Warns where the trace was cut off, or is damaged. */
void cli_warn_cut(const char *file, const struct hr_trace_stats *stats);

/*
 * The same, and warns where what the recorder got wrong or left out may change
 * the result: damaged blocks, and lost or senseless events that are more than
 * 1 % of all.
 */
void cli_warn_trace(const char *file, const struct hr_trace_stats *stats);

/* What another program said: each line with its name before it, no control characters, on standard error. */
void cli_print_complaints(const char *who, const char *text);

/* "assumed: ..." for all that the trace's reader took as given. */
void cli_print_assumed(FILE *out, const struct hr_trace_stats *stats);

/* --- page.c --- */

/*
 * A page as wide as the terminal that out is, or as COLUMNS says, or 80 columns; of ASCII for dumb
 * terminals, NO_COLOR and other locales, in colour only on other terminals.
 */
struct hr_page cli_page(FILE *out);
/* The same for tables, which are as wide as they are where out is no terminal and COLUMNS does not say otherwise. */
struct hr_page cli_table_page(FILE *out);

/* Does the user's locale have UTF-8? */
bool cli_is_utf8(void);

/* --- look.c --- */

enum cli_when { CLI_AUTO, CLI_ALWAYS, CLI_NEVER };

/* How a heap is to be shown. */
struct cli_look {
	struct hr_frame_options frame; /* half_blocks: as by default; by the output */
	enum hr_palette palette;
	enum cli_when when;
	unsigned colors;  /* 256, 16, 8; 0: none */
	unsigned magnify; /* of pictures */
	bool utf8;
};

/*
 * How many colours out is to have: --color, then NO_COLOR, then FORCE_COLOR or
 * CLICOLOR_FORCE, then whether it is a terminal (NULL: it is none) that is not
 * dumb. 0: none.
 */
unsigned cli_colors(FILE *out, enum cli_when when);
/* Reads o->look. out: where a frame goes, NULL: into a file. False after an error that has been printed. */
bool cli_look(const struct cli_command *c, const struct cli_options *o, FILE *out, struct cli_look *look);

/* --- live.c: frames on standard output's terminal while a replay runs --- */

struct cli_live;

/* NULL after an error that has been printed (no terminal, or options that don't go with one). */
struct cli_live *cli_live_new(const struct cli_command *c, const struct cli_options *o);
void cli_live_release(struct cli_live *l);
/* From now on this follower is shown. All that is given outlives the showing. */
void cli_live_watch(struct cli_live *l, const struct hr_follower *f, const char *trace, const char *policy,
		    const struct hr_json_series *series);
void cli_live_log(struct cli_live *l, const struct hr_follower *f, const struct hr_scav_line *line);
/* For a replay's progress, with the live as its context: paints when it is time. */
void cli_live_update(void *live, uint64_t done_bytes, uint64_t total_bytes, uint64_t trace_ns);
/* The last frame stays; the cursor is below it. */
void cli_live_end(struct cli_live *l);

/* --- progress.c --- */

/*
 * From here on updates show how far the work has come, on standard error if it
 * is a terminal, unless -q says no: after a second, five times a second, as
 * one line. replay (or NULL): its progress callback is set.
 */
void cli_progress_start(struct hr_replay_options *replay, const struct cli_options *o);
/*
 * For every batch; costs a look at the clock. done of total: bytes of input, or
 * whatever the work is counted in (total 0: not known, done are bytes then);
 * events so far, 0: the rate is that of done, in bytes; time reached in the trace.
 */
void cli_progress_update(uint64_t done, uint64_t total, uint64_t events, uint64_t trace_ns);
/* The same, where the work is to read this trace. */
void cli_progress_reader(const struct hr_reader *r, uint64_t trace_ns);
/* Takes the line away, before other output to the terminal; the next update brings it back. */
void cli_progress_clear(void);
/* No more updates; the line is gone. Without a start it does nothing. */
void cli_progress_end(void);

/* --- objects.c --- */

/* How objects became spans, as the settings in JSON name it. */
struct cli_object_rules {
	uint64_t objects;
	const char *span_cache, *gc;
	uint64_t gogc, memory_limit_bytes; /* of modelled cycles; HR_GOGC_OFF, UINT64_MAX: off */
};

/* A line or two about that. */
void cli_print_object_rules(const struct hr_page *p, const struct cli_object_rules *rules);

/* That of a replay, and all that was measured of its objects; nothing where a trace's own spans were replayed. */
void cli_print_objects(FILE *out, const struct hr_replay *r);

/* All metrics of that kind, a line each, under the headings of their groups; "-" where one means nothing. */
void cli_print_metrics(FILE *out, const struct hr_measured *m, enum hr_metric_of of);

/* --- convert.c: import and cut --- */

/* Writes the trace of that path from o->replay.from_ns to until_ns to o->output; returns the exit status. */
int cli_write_native(const struct cli_command *c, const struct cli_options *o, const char *path);

/* --- shared by the commands that replay --- */

struct cli_choices {
	struct hr_policy_choice *at;
	size_t n;
	int status; /* when they could not be chosen: the exit status */
};

/*
 * The policies of -p, or the given names where there is none; @all and @go stand
 * for those of them that fit a trace. One that is there twice is taken once.
 * Prints what is wrong; false then, and choices->status says how the program ends.
 */
bool cli_choose(const struct cli_command *c, const struct cli_options *o, const char *const *names,
		struct cli_choices *choices);
void cli_choices_release(struct cli_choices *choices);

/* --- draw.c: for plot and report --- */

struct cli_drawing {
	struct hr_plot_source *source; /* what the trace is added to */
	struct hr_plane *plane; /* of the policy that the trace's own runtime had, or the first; NULL: none is wanted */
	size_t *own;		/* gets the number of that one's run; may be NULL */
	bool intervals;		/* the optimum is wanted */
};

/* Replays the trace under the choices. The plane must be zeroes. Warns of what is odd in the trace. */
enum hr_status cli_replay_to_draw(const struct cli_options *o, const char *path, const struct cli_choices *choices,
				  const struct cli_drawing *d, struct hr_error *err);

#endif
