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
#include "report/damage.h"
#include "report/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Returns the exit status of the program. */
int cli_main(int argc, char **argv);

/* Exit statuses; heapreplay(1) documents them. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_MISUSED = 2, CLI_GATE = 3 };

/* The values of an option that may be given several times, in order; a NULL follows them. */
struct cli_list {
	const char **at;
	size_t n, cap;
};

/* Options of how a heap is shown, as they were given; NULL, 0: not. look.c reads them. */
struct cli_look_options {
	const char *cells, *view, *scale, *palette, *theme, *graph, *color, *format, *zoom, *chunk, *cursor;
	bool no_marks;
	unsigned magnify;
};

/* What an option takes, and what it is stored as. */
enum cli_type {
	CLI_FLAG,      /* bool */
	CLI_TEXT,      /* const char * */
	CLI_LIST,      /* struct cli_list */
	CLI_EXTENT,    /* struct cli_extent */
	CLI_BYTES,     /* uint64_t */
	CLI_LIMIT,     /* the memory limit of the replay: bytes, a percentage, "off" */
	CLI_CGROUP,    /* uint64_t: a size, or a file that has one */
	CLI_TIME,      /* uint64_t */
	CLI_COUNT,     /* unsigned, 1..32767 */
	CLI_NUMBER,    /* uint64_t */
	CLI_BITS,      /* int: 48 or 32 */
	CLI_PLACEMENT, /* enum hr_placement */
	CLI_COST,      /* rows of hr_cost_params */
	CLI_IDENTITY,  /* enum hr_identity */
	CLI_RATE,      /* uint64_t, 1..10^12 */
	CLI_ADDRESS,   /* uint64_t, of a page */
	CLI_SCALE,     /* double, 10^-6..10^6 */
	CLI_GC,	       /* enum hr_gc_mode */
	CLI_GOGC,      /* uint64_t: percent, or "off" */
	CLI_CACHE,     /* enum hr_span_cache */
	CLI_GC_COST,   /* rows of hr_gc_cost_params */
	CLI_CLOCK,     /* bool: wall; else work */
	CLI_MODEL,     /* KEY=VALUE,...: options of CLI_IN_MODEL */
};

struct cli_extent {
	unsigned width, height;
};

/* Under which heading --help shows an option. Those of the model are set by --model, too. */
enum cli_section { CLI_IN_POLICY, CLI_IN_GC, CLI_IN_INPUT, CLI_IN_OUTPUT, CLI_IN_DISPLAY, CLI_IN_MODEL, CLI_SECTIONS };

/*
 * One option. Those of several commands stand in options.c and belong to
 * groups; those of one command stand in its file, where offset is a place in
 * the command's own options, and take the place of a shared one of that name.
 */
struct cli_option {
	const char *name; /* NULL ends a table */
	char letter;	  /* 0: none */
	const char *arg;  /* NULL: it takes none */
	enum cli_type type;
	size_t offset;
	unsigned groups; /* of a shared option: it belongs to commands that have one of them */
	enum cli_section section;
	/* Up to the first "; ": what --help shows, on a line; a default in brackets may end it. NULL: another name. */
	const char *help;
	bool rare; /* shown by --help --all and the manual only, as are those of the model */
};

/* What the options of a command line say. */
struct cli_options {
	struct hr_replay_options replay;
	struct cli_list policies; /* -p */
	const char *baseline;
	bool no_memory; /* parsing failed for want of it */
	bool json, quiet, help, all;
	bool no_series, summary; /* of JSON */
	bool fail_on_damage;
	bool *damaged;	    /* set where an input is damaged or cut off */
	const char *output; /* -o; NULL: standard output */
	uint64_t every_ns;
	bool every_given;
	uint64_t at_ns; /* HR_NEVER: the end */
	struct cli_look_options look;
	const char *truth;
	bool limit_given, other_given;
	bool no_bounds;
	unsigned level; /* of compression; 0: the default */
	bool anonymize, keep_arguments;
	uint64_t max_memory_bytes;  /* 0: no bound */
	uint64_t policy_timeout_ns; /* 0: none */
	int argc;		    /* the command line from the command on, options first */
	char **argv;
	char *config; /* what the configuration file says, which options point into; NULL: there is none */
	void *own;    /* the command's own options */
};

struct cli_command {
	const char *name;
	const char *args; /* "TRACE" */
	int least_args, most_args;
	const char *summary;		  /* one line, no full stop */
	const char *text;		  /* what it does: a paragraph or two for --help */
	const char *examples;		  /* lines of "command	what it shows" */
	const char *endings;		  /* of -o's name, "txt json=json": see endings.c; NULL: none says anything */
	unsigned groups;		  /* CLI_...: the shared options that it takes */
	const struct cli_option *options; /* its own; NULL: none */
	size_t own_size;		  /* of the structure that they are kept in */
	const void *own_initial;	  /* what that holds where they are not given; NULL: zeroes */
	int (*run)(const struct cli_command *c, const struct cli_options *o, int argc, char **argv);
};

/* Groups of shared options. */
enum {
	CLI_READS = 1 << 0,   /* what is said of a trace that is read */
	CLI_WINDOW = 1 << 1,  /* --from, --until */
	CLI_WARM_UP = 1 << 2, /* of a window's replay */
	CLI_RUNS = 1 << 3,    /* policies and the machine */
	CLI_MODELS = 1 << 4,  /* how objects, cycles and spans are modelled */
	CLI_REPLAYS = CLI_RUNS | CLI_MODELS,
	CLI_JSON = 1 << 5,
	CLI_OUTPUT = 1 << 6,
	CLI_LOOKS = 1 << 7,  /* how a heap is shown */
	CLI_PLACES = 1 << 8, /* and what of it */
	CLI_ANIMATES = 1 << 9,
	CLI_SERIES = 1 << 10,
	CLI_NATIVE = 1 << 11, /* writing .hrt */
	CLI_QUIET = 1 << 12,
	CLI_JOBS = 1 << 13,
	CLI_AT = 1 << 14,
	CLI_TRUTH = 1 << 15,
	CLI_BASELINE = 1 << 16,
	CLI_FORMS = 1 << 17,  /* of the JSON of a replay */
	CLI_SHARES = 1 << 18, /* may tell less of whose the trace is */
	CLI_COPIES = 1 << 19, /* writes the trace */
	CLI_LAYERS = 1 << 20,
	CLI_ANY = ~0,
};

/* --- policies of shared objects (guard.c) and memory (memory.c) --- */

/*
 * If there are policies of shared objects: from now on what they print goes to standard error, and they are named if
 * they end the program or crash. May set o->output, to where standard output goes.
 */
void cli_guard_start(const struct cli_command *c, struct cli_options *o);
void cli_guard_end(void);
/* --policy-timeout: if there is one, the program ends unless cli_guard_alive is called that often. Is there one? */
bool cli_guard_watch(void);
void cli_guard_alive(void);
void cli_guard_unwatch(void);

/* --max-memory: sets the bound; CLI_DONE, or the exit status after a message. */
int cli_bound_memory(const struct cli_command *c, const struct cli_options *o);

/* NULL ends it. */
extern const struct cli_command *const cli_commands[];
const struct cli_command *cli_command_find(const char *name);

/* --- options.c --- */

/*
 * The command's options as they are without a command line, to be released; false: out of memory, and it has been
 * printed.
 */
bool cli_options_init(const struct cli_command *c, int argc, char **argv, struct cli_options *o);
/*
 * Parses argv[1..] of a command into options that are initialised. Returns the index of the first argument; after an
 * error that has been printed, minus the exit status.
 */
int cli_parse(const struct cli_command *c, int argc, char **argv, struct cli_options *o);
/* The next option that the command takes, from row *i on, which goes behind it; NULL: there is none. */
const struct cli_option *cli_next_option(const struct cli_command *c, size_t *i);
/* Sets one option as --NAME=VALUE does; value NULL: a flag. false after a usage error that has been printed. */
bool cli_set_option(const struct cli_command *c, const struct cli_option *row, struct cli_options *o,
		    const char *value);
void cli_options_release(const struct cli_command *c, struct cli_options *o);
/* The option lines of a command's help: as wide as the page, those of the model only with all; or as mdoc. */
bool cli_print_options(const struct hr_page *p, const struct cli_command *c, bool all);
void cli_print_roff_options(FILE *out, const struct cli_command *c);
/* "[-p POLICY]... [--json] ..." for the command. */
void cli_print_synopsis(FILE *out, const struct cli_command *c, bool roff);

/* --- config.c --- */

/*
 * Options of how things are shown, of commands that show a heap: from the file that $XDG_CONFIG_HOME/heapreplay/config
 * or $HOME/.config/heapreplay/config is, if it is there. False after an error that has been printed.
 */
bool cli_read_config(const struct cli_command *c, struct cli_options *o);

/* --- endings.c --- */

/*
 * Sets the option that the ending of -o's name stands for, such as --json for .json. 0, or after a usage error that
 * has been printed CLI_MISUSED: an ending that other commands write and this one does not, or one that contradicts an
 * option.
 */
int cli_take_ending(const struct cli_command *c, struct cli_options *o);

/* --- help.c --- */

/* What --help says of a command; all: with the options of the model. */
void cli_print_help(FILE *out, const struct cli_command *c, bool all);

/* --- manual.c --- */

/* A list of the manual pages, as mdoc; false: there is none of that name. */
bool cli_print_list(FILE *out, const char *name);
/*
 * All that the build takes from the program, in one run: the lists, completions and schemas, a line "@@ NAME" before
 * each. Returns an exit status.
 */
int cli_print_manual(FILE *out);

/* --- topics.c --- */
/* Name and summary of each topic, a line each. */
void cli_print_topics(FILE *out);
/* What a topic says; false: there is none of that name. *status: CLI_FAILED without memory. */
bool cli_print_topic(FILE *out, const char *name, int *status);
/* --- help.c --- */
/* The JSON Schema of that name, or, without one, which there are. help: for messages. Returns an exit status. */
int cli_print_schema(const struct cli_command *help, FILE *out, const char *name);
/*
 * All schemas; all completions: behind a line "@@ schema-NAME", "@@ completion-SHELL" each. For the build
 * (help --roff without a name). The former returns an exit status.
 */
int cli_print_schemas(FILE *out);
void cli_print_completions(FILE *out);

/* --- messages.c --- */

/* "heapreplay: FILE: byte N: text" on standard error; returns the exit status that belongs to it. file may be NULL. */
int cli_fail(const char *file, const struct hr_error *err);
/* Standard output is a pipe that nobody reads any more, as where head has seen enough: nothing to complain of. */
bool cli_reader_is_gone(void);
/* A usage error about this command; returns CLI_MISUSED. */
int cli_misuse(const struct cli_command *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A warning that does not change the exit status. */
void cli_warn(const char *file, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Warns where the trace was cut off, or is damaged, and notes it for --fail-on-damage. */
void cli_warn_cut(const struct cli_options *o, const char *file, const struct hr_trace_stats *stats);

/*
 * The same, and warns where what the recorder got wrong or left out may change
 * the result: damaged blocks, and lost or senseless events that are more than
 * 1 % of all.
 */
void cli_warn_trace(const struct cli_options *o, const char *file, const struct hr_trace_stats *stats);

/* What another program said: each line with its name before it, no control characters, on standard error. */
void cli_print_complaints(const char *who, const char *text);

/* "DAMAGED: ..." where something of the trace is missing: where the figures are. */
void cli_print_damage(const struct hr_page *p, const struct hr_damage *d);
/* "assumed: ..." for all that the trace's reader took as given. */
void cli_print_assumed(FILE *out, const struct hr_trace_stats *stats);

/* --- text_file.c --- */

/*
 * All of a text that people write, of 1 MiB at most; "-" is standard input.
 * what: "gnuplot script". *text ends with a 0 and is the caller's to free;
 * NULL after an error: HR_EIO, HR_EINPUT, HR_ENOMEM.
 */
enum hr_status cli_read_text(const char *path, const char *what, char **text, size_t *n, struct hr_error *err);

/* --- truth.c --- */

/*
 * The memory limit and the memory beside the heap that the counters of --truth tell, where they were not given.
 * Fails as hr_truth_read does, about that file.
 */
enum hr_status cli_take_truth(const struct cli_options *o, struct hr_replay_options *options, struct hr_error *err);

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
	struct hr_coloring coloring;
	enum cli_when when;
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
/* With --layers: frames tell what in use is made of, the objects' part a cycle late. */
void cli_live_layers(struct cli_live *l, const struct hr_layers *layers, unsigned grid);
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
	const char *clock;		   /* of modelled cycles: work, wall; NULL: times are not modelled */
	uint64_t gogc, memory_limit_bytes; /* of modelled cycles; HR_GOGC_OFF, UINT64_MAX: off */
};

/* A line or two about that. */
void cli_print_object_rules(const struct hr_page *p, const struct cli_object_rules *rules);

/* That of a replay, and all that was measured of its objects; nothing where a trace's own spans were replayed. */
void cli_print_objects(FILE *out, const struct hr_replay *r);

/*
 * Error bars of what a GC model answers, and what is to be said of it in words: bounds so wide that another recording
 * should be made, a memory limit that is too low. Nothing where there is no such model.
 */
void cli_print_bounds(FILE *out, const struct hr_replay *r, size_t follower);

/*
 * What is doubtful about such an answer, in words: error bars wider than 20 % of the middle; of so many cycles most
 * ended with the memory limit exceeded by what lives. Nothing where neither is.
 */
void cli_print_doubts(const struct hr_page *p, bool wide, uint64_t breaches, uint64_t cycles);

/* All metrics of that kind, a line each, under the headings of their groups; "-" where one means nothing. */
void cli_print_metrics(FILE *out, const struct hr_measured *m, enum hr_metric_of of);

/* --- info_by.c --- */

/* What only info has. */
struct cli_info_own {
	const char *by; /* type or class; NULL: the whole trace's summary */
	bool csv;
	unsigned top; /* rows of the text; 0: the default */
};

/* info --by; returns the exit status. */
int cli_run_info_by(const struct cli_command *c, const struct cli_options *o, const char *path);

/* --- convert.c: import and cut --- */

/* What is known of a trace from elsewhere, when it is written. Zeroes: nothing. */
struct cli_beside {
	const char *program; /* where the trace does not tell it; NULL: not known */
	const struct hr_note *notes;
	unsigned nnotes;
	const struct hr_rss_sample *rss; /* times are CLOCK_MONOTONIC's */
	size_t nrss;
	uint64_t origin_ns; /* the trace's start on that clock, where the trace does not tell it by the same clock */
	bool same_clock;    /* the trace's clock is this machine's */
};

/* Writes the trace of that path from o->replay.from_ns to until_ns to o->output; returns the exit status. */
int cli_write_native(const struct cli_command *c, const struct cli_options *o, const char *path);
/* What a trace that is to be written whole, or in part, is read with. */
struct hr_reader_options cli_native_reading(const struct cli_options *o);
/*
 * The same from a reader that was opened so, to an output that is open, with what is known from beside (NULL:
 * nothing). name: what warnings call the trace.
 */
enum hr_status cli_write_native_from(struct hr_reader *r, const struct cli_options *o, const char *name,
				     const struct cli_beside *beside, FILE *out, struct hr_error *err);

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
	bool made_of;		/* so are layers, and the way to RSS, where the trace tells them */
	bool bounds;		/* so are error bars, where GC cycles are modelled */
};

/* Replays the trace under the choices. The plane must be zeroes. Warns of what is odd in the trace. */
enum hr_status cli_replay_to_draw(const struct cli_options *o, const char *path, const struct cli_choices *choices,
				  const struct cli_drawing *d, struct hr_error *err);

#endif
