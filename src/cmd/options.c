/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of options, and everything that is made of it. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "base/params.h"
#include "base/units.h"
#include "plot/plot.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum type {
	FLAG,	   /* bool */
	TEXT,	   /* const char * */
	LIST,	   /* struct cli_list */
	EXTENT,	   /* width and height */
	BYTES,	   /* uint64_t */
	LIMIT,	   /* uint64_t, or "off" */
	TIME,	   /* uint64_t */
	COUNT,	   /* unsigned, 1..32767 */
	NUMBER,	   /* uint64_t */
	BITS,	   /* int: 48 or 32 */
	PLACEMENT, /* enum hr_placement */
	COST,	   /* rows of hr_cost_params */
	IDENTITY,  /* enum hr_identity */
	RATE,	   /* uint64_t, 1..10^12 */
	SCALE,	   /* double, 10^-6..10^6 */
	GC,	   /* enum hr_gc_mode */
	GOGC,	   /* uint64_t: percent, or "off" */
	CACHE,	   /* enum hr_span_cache */
	GC_COST,   /* rows of hr_gc_cost_params */
};

#define MAX_GOGC 1000000
#define MAX_RATE UINT64_C(1000000000000)

#define AT(field) offsetof(struct cli_options, field)

static const struct option_row {
	const char *name;
	char letter; /* 0: none */
	const char *arg;
	enum type type;
	size_t offset;
	unsigned commands;
	const char *help;
} rows[] = {
    {"policy", 'p', "NAME[,KEY=VALUE...]", LIST, AT(policies), CLI_RUNS,
     "policy to follow, and its parameters: one of heapreplay policies, or, by a name with a slash or that ends in "
     ".so, "
     "the shared object of a policy of your own (heapreplay-policy(7)); compare takes several, and @all for every "
     "built-in one that fits the trace, @go for the Go generations"},
    {"baseline", 0, "POLICY", TEXT, AT(baseline), CLI_COMPARE, "show how far the others are from that policy"},
    {"sort", 0, "COLUMN", TEXT, AT(sort), CLI_COMPARE,
     "policies by that column, the best first; a heading or any metric; with a - before it the other way round"},
    {"columns", 0, "COLUMN,...", TEXT, AT(columns), CLI_COMPARE,
     "these columns, headings or any metrics, the most important first; or all"},
    {"fail-if", 0, "GATE", LIST, AT(gates), CLI_COMPARE,
     "exit status 3 if it is true of a policy: a metric or heading, one of > >= < <=, and a value (64MiB, 10ms, 1000) "
     "or percent of the baseline (+5%); POLICY: before it for one policy, a shared object without its directory; may "
     "be given several times"},
    {"json", 0, NULL, FLAG, AT(json), (CLI_READS & ~(CLI_NATIVE | CLI_PLOT | CLI_REPORT | CLI_WATCH)) | CLI_POLICIES,
     "JSON instead of text, with exact numbers"},
    {"csv", 0, NULL, FLAG, AT(csv), CLI_COMPARE, "CSV instead of text: every metric, a row a policy"},
    {"markdown", 0, NULL, FLAG, AT(markdown), CLI_COMPARE, "Markdown instead of text"},
    {"output", 'o', "FILE", TEXT, AT(output), (CLI_READS & ~CLI_WATCH) | CLI_POLICIES | CLI_GENERATE,
     "write the main output to FILE, which appears whole or not at all"},
    {"size", 0, "WxH", EXTENT, AT(width), CLI_PLOT, "width and height of the picture in pixels (what suits it)"},
    {"metric", 0, "NAME", LIST, AT(metrics), CLI_PLOT,
     "a metric, or a heading of its column, that compare shows; may be given several times; heapreplay-metrics(5) has "
     "them"},
    {"script", 0, "FILE", TEXT, AT(script), CLI_PLOT, "draw with this gnuplot script instead of the kind's own"},
    {"keep", 0, NULL, FLAG, AT(keep), CLI_PLOT,
     "leave what gnuplot was given, script and data, as FILE.gp beside the picture FILE"},
    {"scavtrace", 0, "FILE", TEXT, AT(scavtrace), CLI_REPLAY, "write the scavtrace log to FILE"},
    {"series", 0, "FILE", TEXT, AT(series), CLI_REPLAY, "write the heap over time to FILE, as CSV"},
    {"every", 0, "TIME", TIME, AT(every_ns), CLI_REPLAY, "time between two rows of --series (100ms)"},
    {"live", 0, NULL, FLAG, AT(live), CLI_REPLAY,
     "show the heap on the terminal while it is replayed, as heatmap does"},
    {"at", 0, "TIME", TIME, AT(at_ns), CLI_HEATMAP, "the moment, after all events up to and including it (the end)"},
    {"every", 0, "TIME", TIME, AT(every_ns), CLI_HEATMAP,
     "a film: a frame every so often, as numbered files in the folder -o, which is made if need be"},
    {"from", 0, "TIME", TIME, AT(replay.from_ns), CLI_HEATMAP, "the first moment of a film (0)"},
    {"until", 0, "TIME", TIME, AT(replay.until_ns), CLI_HEATMAP, "the last moment of a film (the end)"},
    {"view", 0, "VIEW", TEXT, AT(look.view), CLI_LOOKS,
     "occupancy, free, scavenged, index, density, generation or refaults (occupancy)"},
    {"scale", 0, "SCALE", TEXT, AT(look.scale), CLI_LOOKS,
     "linear, or ranked: every value there is has its own step (linear)"},
    {"size", 0, "COLSxROWS", TEXT, AT(look.size), CLI_HEATMAP,
     "in characters, 20x8 to 400x120 (the terminal's, or 120x40)"},
    {"format", 0, "FORMAT", TEXT, AT(look.format), CLI_HEATMAP,
     "text, ansi, png or json (by the ending of -o; ansi where there is color, else text; png for films)"},
    {"color", 0, "WHEN", TEXT, AT(look.color), CLI_LOOKS,
     "auto, always or never; auto: on terminals, unless NO_COLOR is set (auto)"},
    {"palette", 0, "NAME", TEXT, AT(look.palette), CLI_LOOKS, "viridis, cividis or gray (viridis)"},
    {"no-marks", 0, NULL, FLAG, AT(look.no_marks), CLI_LOOKS,
     "two cells a character, one above the other, instead of one with the index's mark"},
    {"zoom", 0, "FROM-TO", TEXT, AT(look.zoom), CLI_LOOKS, "only these addresses, in hex, by whole chunks"},
    {"chunk", 0, "ADDRESS", TEXT, AT(look.chunk), CLI_HEATMAP | CLI_WATCH,
     "the pages of the chunk at this address, one by one, and what is known of it"},
    {"cursor", 0, "ADDRESS", TEXT, AT(look.cursor), CLI_HEATMAP | CLI_WATCH,
     "what is in the cell of this address, in full"},
    {"magnify", 0, "N", COUNT, AT(look.magnify), CLI_HEATMAP, "pixels of a dot of a picture, 1 to 8 (2)"},
    {"speed", 0, "SPEED", TEXT, AT(speed), CLI_WATCH,
     "how fast time passes at first: '1 event/s', '10 events/s', '100 events/s', 1/1000x, 1/100x, 1/10x, 1x, 10x, "
     "100x or 'full speed' (1x)"},
    {"paused", 0, NULL, FLAG, AT(paused), CLI_WATCH, "stand still at first"},
    {"exit", 0, NULL, FLAG, AT(exit), CLI_WATCH, "end with the trace, without waiting for a key"},
    {"gc-log", 0, "FILE", TEXT, AT(replay.reading.gc_log), CLI_READS,
     "of a Go page trace: what the program printed with gctrace=1, for the collections that the trace lacks"},
    {"truth", 0, "FILE", TEXT, AT(truth), CLI_VALIDATE, "counters that the program itself recorded, as CSV"},
    {"log", 0, "FILE", TEXT, AT(log), CLI_VALIDATE, "the program's own scavtrace lines (its standard error)"},
    {"memory-limit", 0, "SIZE", LIMIT, AT(replay.settings.memory_limit_bytes), CLI_RUNS,
     "memory limit for the scavengers and for modelled GC cycles, as GOMEMLIMIT, or off; recorded cycles stand as "
     "they are (off)"},
    {"other-memory", 0, "SIZE", BYTES, AT(replay.settings.other_memory_bytes), CLI_RUNS,
     "memory beside the heap that counts against the limit (5MiB)"},
    {"gc", 0, "HOW", GC, AT(replay.objects.gc), CLI_SHOWS,
     "GC cycles: recorded, as the trace tells them; model, by the runtime's pacing over the trace's objects; none: "
     "frees take effect at once (recorded if the trace has them; else model if the program was garbage-collected, or "
     "none)"},
    {"gogc", 0, "N", GOGC, AT(replay.objects.pacing.gogc), CLI_SHOWS, "GOGC of modelled GC cycles, or off (100)"},
    {"stacks", 0, "SIZE", BYTES, AT(replay.objects.pacing.stack_bytes), CLI_SHOWS,
     "stacks that a modelled GC cycle scans, beside those that the trace tells (0)"},
    {"globals", 0, "SIZE", BYTES, AT(replay.objects.pacing.globals_bytes), CLI_SHOWS,
     "global variables that a modelled GC cycle scans (0)"},
    {"gc-cost", 0, "KEY=VALUE,...", GC_COST, AT(replay.objects.cost), CLI_SHOWS,
     "what marking and sweeping take in simulated time; see heapreplay(1)"},
    {"span-cache", 0, "RULE", CACHE, AT(replay.objects.span_cache), CLI_SHOWS,
     "when spans of objects go back to the heap: none: as soon as they are empty; one: so, but those in current use "
     "stay; sweep: when they are swept (sweep with GC cycles, one without)"},
    {"pointers", 0, NULL, FLAG, AT(replay.objects.pointers), CLI_SHOWS,
     "objects whose kind the trace does not tell hold pointers, as a Go program's mostly do"},
    {"phys-page", 0, "SIZE", BYTES, AT(replay.settings.phys_page_bytes), CLI_RUNS,
     "physical page: 4KiB to 64KiB (4KiB)"},
    {"huge-page", 0, "SIZE", BYTES, AT(replay.settings.huge_page_bytes), CLI_RUNS,
     "huge page that scavengers keep whole; 0: there are none (2MiB)"},
    {"cost", 0, "KEY=VALUE,...", COST, AT(replay.settings.cost), CLI_RUNS,
     "what releasing and faulting costs in simulated time; see heapreplay(1)"},
    {"wake-delay", 0, "TIME", TIME, AT(replay.settings.wake_delay_ns), CLI_RUNS,
     "how late sysmon wakes the background scavenger (10ms)"},
    {"run-delay", 0, "TIME", TIME, AT(replay.settings.run_delay_ns), CLI_RUNS,
     "how long a woken background scavenger waits for a P; up to 10ms where all are busy (0)"},
    {"procs", 0, "N", COUNT, AT(replay.settings.procs), CLI_RUNS, "GOMAXPROCS where the trace does not tell (1)"},
    {"placement", 0, "HOW", PLACEMENT, AT(replay.placement), CLI_SHOWS,
     "recorded: spans lie where the trace says; modelled: where our allocator puts them (recorded if it can be)"},
    {"placement-of", 0, "VERSION", TEXT, AT(replay.placement_of), CLI_RUNS,
     "Go version whose rule for flushing page caches placement follows (the trace's)"},
    {"address-bits", 0, "N", BITS, AT(replay.address_bits), CLI_SHOWS,
     "address space: 48, or 32 with modelled placement (48)"},
    {"start-released", 0, NULL, FLAG, AT(replay.start_released), CLI_RUNS,
     "holes of a heap that is there at the start count as released, not as free"},
    {"spans", 0, NULL, FLAG, AT(spans), CLI_EXPORT,
     "only what a replay of recorded spans needs: no objects, stacks, assists, stretches of sweeping"},
    {"from", 0, "TIME", TIME, AT(replay.from_ns),
     CLI_REPLAY | CLI_COMPARE | CLI_PLOT | CLI_REPORT | CLI_EXPORT | CLI_NATIVE,
     "begin here; a replay replays what is before all the same, and measures from here on"},
    {"until", 0, "TIME", TIME, AT(replay.until_ns),
     CLI_REPLAY | CLI_COMPARE | CLI_PLOT | CLI_REPORT | CLI_EXPORT | CLI_NATIVE, "end here"},
    {"warm-up", 0, "TIME", TIME, AT(replay.warm_up_ns), CLI_REPLAY | CLI_COMPARE | CLI_PLOT | CLI_REPORT,
     "how much before --from is replayed at least, where a native trace can begin in its middle (all)"},
    {"anonymize", 0, NULL, FLAG, AT(anonymize), CLI_NATIVE,
     "leave out the program's name, and give types as numbers in order of appearance"},
    {"level", 0, "N", COUNT, AT(level), CLI_NATIVE, "how hard to compress, 1 (fast) to 19 (small, slow) (6)"},
    {"identity", 0, "RULE", IDENTITY, AT(replay.reading.identity), CLI_READS,
     "of the live objects that a heaptrack recording doesn't tell apart, which is freed: lifo, fifo, random (lifo)"},
    {"rate", 0, "N", RATE, AT(replay.reading.rate), CLI_READS,
     "events a second where the trace has no clock (1000000)"},
    {"time-scale", 0, "X", SCALE, AT(replay.reading.time_scale), CLI_READS,
     "times are multiplied by X; below 1 where recording slowed the program down (1)"},
    {"jobs", 'j', "N", COUNT, AT(replay.jobs), CLI_COMPARE, "threads; the answers are the same (one a processor)"},
    {"seed", 0, "N", NUMBER, AT(seed), CLI_GENERATE, "another number gives another trace of the same kind (1)"},
    {"text", 0, NULL, FLAG, AT(text), CLI_GENERATE,
     "text instead of the native form; so is a FILE whose name ends in .txt, and what goes to a terminal"},
    {"roff", 0, NULL, FLAG, AT(roff), CLI_HELP, "as mdoc, for the manual pages"},
    {"quiet", 'q', NULL, FLAG, AT(quiet), CLI_READS | CLI_GENERATE, "no progress on standard error"},
    {"help", 'h', NULL, FLAG, AT(help), CLI_ANY, "show this"},
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))

static bool set_number(const struct option_row *row, void *field, const char *arg)
{
	uint64_t n;

	if (!hr_parse_u64(arg, &n))
		return false;
	if (row->type == BITS) {
		*(int *)field = (int)n;
		return n == 48 || n == 32;
	}
	*(unsigned *)field = (unsigned)n;
	return n >= 1 && n <= 32767;
}

static bool set_placement(enum hr_placement *field, const char *arg)
{
	*field = strcmp(arg, "recorded") == 0 ? HR_PLACEMENT_RECORDED : HR_PLACEMENT_MODELLED;
	return strcmp(arg, "recorded") == 0 || strcmp(arg, "modelled") == 0;
}

static bool set_identity(enum hr_identity *field, const char *arg)
{
	static const char *const names[] = {
	    [HR_IDENTITY_LIFO] = "lifo", [HR_IDENTITY_FIFO] = "fifo", [HR_IDENTITY_RANDOM] = "random"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(arg, names[i]) == 0) {
			*field = (enum hr_identity)i;
			return true;
		}
	}
	return false;
}

static bool set_gc(enum hr_gc_mode *field, const char *arg)
{
	for (*field = HR_GC_RECORDED; *field <= HR_GC_NONE; ++*field)
		if (strcmp(arg, hr_gc_mode_name(*field)) == 0)
			return true;
	return false;
}

static bool set_cache(enum hr_span_cache *field, const char *arg)
{
	for (*field = HR_SPAN_CACHE_NONE; *field <= HR_SPAN_CACHE_SWEEP; ++*field)
		if (strcmp(arg, hr_span_cache_name(*field)) == 0)
			return true;
	return false;
}

static bool set_gogc(uint64_t *field, const char *arg)
{
	if (strcmp(arg, "off") == 0) {
		*field = HR_GOGC_OFF;
		return true;
	}
	return hr_parse_u64(arg, field) && *field <= MAX_GOGC;
}

static bool set_limit(uint64_t *field, const char *arg)
{
	if (strcmp(arg, "off") == 0) {
		*field = UINT64_MAX;
		return true;
	}
	return hr_parse_bytes(arg, field);
}

static bool set_extent(struct cli_options *o, const char *arg)
{
	char width[16];
	const char *x = strchr(arg, 'x');
	uint64_t w, h;

	if (x == NULL || (size_t)(x - arg) >= sizeof(width))
		return false;
	memcpy(width, arg, (size_t)(x - arg));
	width[x - arg] = '\0';
	if (!hr_parse_u64(width, &w) || !hr_parse_u64(x + 1, &h))
		return false;
	o->width = (unsigned)w;
	o->height = (unsigned)h;
	return w >= HR_PLOT_MIN_SIDE && w <= HR_PLOT_MAX_SIDE && h >= HR_PLOT_MIN_SIDE && h <= HR_PLOT_MAX_SIDE;
}

static const char *const hints[] = {
    [EXTENT] = "a width and a height from 200 to 16384, such as 1200x640",
    [BYTES] = "a size such as 64KiB",
    [LIMIT] = "a size such as 512MiB, or off",
    [TIME] = "a time such as 100ms",
    [NUMBER] = "a whole number",
    [COUNT] = "a whole number from 1 to 32767",
    [BITS] = "48 or 32",
    [PLACEMENT] = "recorded or modelled",
    [IDENTITY] = "lifo, fifo or random",
    [RATE] = "a whole number from 1 to 1000000000000",
    [SCALE] = "a number from 0.000001 to 1000000",
    [GC] = "recorded, model or none",
    [GOGC] = "a whole number of percent up to 1000000, or off",
    [CACHE] = "none, one or sweep",
};

static int set(const struct cli_command *c, const struct option_row *row, struct cli_options *o, const char *arg)
{
	void *field = (char *)o + row->offset;
	struct hr_error err;
	bool fine = true;

	switch (row->type) {
	case FLAG:
		*(bool *)field = true;
		break;
	case TEXT:
		*(const char **)field = arg;
		break;
	case LIST:
		((struct cli_list *)field)->at[((struct cli_list *)field)->n++] = arg;
		break;
	case EXTENT:
		fine = set_extent(o, arg);
		break;
	case BYTES:
		fine = hr_parse_bytes(arg, field);
		break;
	case LIMIT:
		fine = set_limit(field, arg);
		break;
	case TIME:
		fine = hr_parse_ns(arg, field);
		break;
	case NUMBER:
		fine = hr_parse_u64(arg, field);
		break;
	case COUNT:
	case BITS:
		fine = set_number(row, field, arg);
		break;
	case PLACEMENT:
		fine = set_placement(field, arg);
		break;
	case IDENTITY:
		fine = set_identity(field, arg);
		break;
	case RATE:
		fine = hr_parse_u64(arg, field) && *(uint64_t *)field >= 1 && *(uint64_t *)field <= MAX_RATE;
		break;
	case SCALE:
		fine = hr_parse_double(arg, field) && *(double *)field >= 1e-6 && *(double *)field <= 1e6;
		break;
	case GC:
		fine = set_gc(field, arg);
		break;
	case GOGC:
		fine = set_gogc(field, arg);
		break;
	case CACHE:
		fine = set_cache(field, arg);
		break;
	case COST:
	case GC_COST:
		if (hr_params_parse(row->type == COST ? hr_cost_params : hr_gc_cost_params, field, arg,
				    row->type == COST ? "--cost" : "--gc-cost", &err) != HR_OK) {
			cli_misuse(c, "%s", err.text);
			return -1;
		}
		break;
	}
	if (!fine) {
		cli_misuse(c, "--%s takes %s, not '%s'", row->name, hints[row->type], arg);
		return -1;
	}
	o->every_given |= row->offset == AT(every_ns);
	o->replay.objects.gogc_given |= row->offset == AT(replay.objects.pacing.gogc);
	o->limit_given |= row->offset == AT(replay.settings.memory_limit_bytes);
	o->other_given |= row->offset == AT(replay.settings.other_memory_bytes);
	return 0;
}

/* The tables that getopt_long wants, for one command; values are row numbers + 256. */
static void fill_getopt(const struct cli_command *c, struct option *longs, char *shorts)
{
	size_t n = 0;

	*shorts++ = ':'; /* tell a missing value from an unknown option */
	for (size_t i = 0; i < NROWS; i++) {
		if (!(rows[i].commands & c->bit))
			continue;
		longs[n++] =
		    (struct option){rows[i].name, rows[i].arg ? required_argument : no_argument, NULL, (int)i + 256};
		if (rows[i].letter != 0) {
			*shorts++ = rows[i].letter;
			if (rows[i].arg != NULL)
				*shorts++ = ':';
		}
	}
	longs[n] = (struct option){0};
	*shorts = '\0';
}

static const struct option_row *row_of(const struct cli_command *c, int got)
{
	if (got >= 256)
		return &rows[got - 256];
	for (size_t i = 0; i < NROWS; i++)
		if (rows[i].letter == got && rows[i].commands & c->bit)
			return &rows[i];
	return NULL;
}

int cli_parse(const struct cli_command *c, int argc, char **argv, struct cli_options *o)
{
	struct option longs[NROWS + 1];
	char shorts[2 * NROWS + 2];
	int got;

	memset(o, 0, sizeof(*o));
	hr_replay_defaults(&o->replay);
	o->every_ns = 100000000;
	o->at_ns = HR_NEVER;
	o->seed = 1;
	o->policies.at = hr_calloc((size_t)argc, sizeof(*o->policies.at));
	o->gates.at = hr_calloc((size_t)argc, sizeof(*o->gates.at));
	o->metrics.at = hr_calloc((size_t)argc + 1, sizeof(*o->metrics.at));
	if (o->policies.at == NULL || o->gates.at == NULL || o->metrics.at == NULL) {
		cli_warn(NULL, "out of memory");
		return -1;
	}
	fill_getopt(c, longs, shorts);
	opterr = 0;
	optind = 1;
	while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = got == '?' || got == ':' ? NULL : row_of(c, got);

		if (got == ':') {
			cli_misuse(c, "%s needs a value", argv[optind - 1]);
			return -1;
		}
		if (row == NULL) {
			cli_misuse(c, "it has no option '%s', or not so", argv[optind - 1]);
			return -1;
		}
		if (set(c, row, o, optarg) != 0)
			return -1;
	}
	if (o->every_ns == 0) {
		cli_misuse(c, "--every takes a time above 0");
		return -1;
	}
	if (o->look.magnify > 8) {
		cli_misuse(c, "--magnify takes a whole number from 1 to 8");
		return -1;
	}
	if (o->replay.from_ns > o->replay.until_ns) {
		cli_misuse(c, "--from is after --until");
		return -1;
	}
	o->replay.settings.limit_given = o->limit_given;
	return optind;
}

void cli_options_release(struct cli_options *o)
{
	free(o->policies.at);
	free(o->gates.at);
	free(o->metrics.at);
	o->policies = o->gates = o->metrics = (struct cli_list){0};
}

void cli_print_options(FILE *out, const struct cli_command *c, bool roff)
{
	for (size_t i = 0; i < NROWS; i++) {
		const struct option_row *r = &rows[i];
		char left[64];

		if (!(r->commands & c->bit))
			continue;
		if (roff) {
			fprintf(out, ".It ");
			if (r->letter != 0)
				fprintf(out, "Fl %c%s%s , ", r->letter, r->arg ? " Ar " : "", r->arg ? r->arg : "");
			fprintf(out, "Fl -%s%s%s\n%s.\n", r->name, r->arg ? " Ar " : "", r->arg ? r->arg : "", r->help);
			continue;
		}
		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", r->letter ? "-" : " ", r->letter ? r->letter : ' ',
			 r->letter ? ", " : "  ", r->name, r->arg ? " " : "", r->arg ? r->arg : "");
		if (strlen(left) <= 26)
			fprintf(out, "  %-26s  %s\n", left, r->help);
		else
			fprintf(out, "  %s\n  %-26s  %s\n", left, "", r->help);
	}
}

void cli_print_synopsis(FILE *out, const struct cli_command *c, bool roff)
{
	for (size_t i = 0; i < NROWS; i++) {
		const struct option_row *r = &rows[i];

		if (!(r->commands & c->bit) || strcmp(r->name, "help") == 0)
			continue;
		if (roff && r->letter != 0)
			fprintf(out, ".Op Fl %c%s%s\n", r->letter, r->arg ? " Ar " : "", r->arg ? r->arg : "");
		else if (roff)
			fprintf(out, ".Op Fl -%s%s%s\n", r->name, r->arg ? " Ar " : "", r->arg ? r->arg : "");
	}
	if (!roff)
		fputs(" [OPTION...]", out);
}
