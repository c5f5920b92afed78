/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of shared options, the parser, and the lists that --help and the manual print. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "base/params.h"
#include "base/print.h"
#include "base/units.h"
#include "plot/plot.h"
#include "replay/limit.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RATE UINT64_C(1000000000000)

#define AT(field) offsetof(struct cli_options, field)

static const struct cli_option shared[] = {
    {"policy", 'p', "NAME[,KEY=VALUE...]", CLI_LIST, AT(policies), CLI_RUNS, CLI_IN_POLICY,
     "policy and its parameters; one of heapreplay policies; a name with a slash or that ends in .so is a shared "
     "object "
     "of your own (heapreplay-policy(7)); compare takes several, @all (those that fit the trace) and @go (the Go "
     "generations)"},
    {"baseline", 0, "POLICY", CLI_TEXT, AT(baseline), CLI_BASELINE, CLI_IN_OUTPUT,
     "show the others relative to that policy"},
    {"json", 0, NULL, CLI_FLAG, AT(json), CLI_JSON, CLI_IN_OUTPUT, "JSON instead of text, with exact numbers"},
    {"no-series", 0, NULL, CLI_FLAG, AT(no_series), CLI_FORMS, CLI_IN_OUTPUT, "leave the series out of the JSON", true},
    {"summary", 0, NULL, CLI_FLAG, AT(summary), CLI_FORMS, CLI_IN_OUTPUT,
     "a line of flat JSON, at most 4 KiB, for each policy and trace", true},
    {"fail-on-damage", 0, NULL, CLI_FLAG, AT(fail_on_damage), CLI_READS, CLI_IN_INPUT,
     "exit status 1 if an input is damaged or cut off"},
    {"output", 'o', "FILE", CLI_TEXT, AT(output), CLI_OUTPUT, CLI_IN_OUTPUT,
     "write the main output to FILE; it appears whole or not at all, and its ending decides the form, as .json is "
     "--json"},
    {"every", 0, "TIME", CLI_TIME, AT(every_ns), CLI_SERIES, CLI_IN_OUTPUT,
     "time between two rows of --series (100ms)"},
    {"layers", 0, NULL, CLI_FLAG, AT(replay.layers), CLI_LAYERS, CLI_IN_OUTPUT,
     "what the heap is made of: live objects, garbage, what spans lose, free memory by reason (Go traces with objects)",
     true},
    {"at", 0, "TIME", CLI_TIME, AT(at_ns), CLI_AT, CLI_IN_OUTPUT,
     "this moment; after all events up to and including it (the end)"},
    {"every", 0, "TIME", CLI_TIME, AT(every_ns), CLI_ANIMATES, CLI_IN_OUTPUT,
     "animation: a frame this often; as numbered files in the directory -o, which is created"},
    {"from", 0, "TIME", CLI_TIME, AT(replay.from_ns), CLI_ANIMATES, CLI_IN_OUTPUT, "first moment of an animation (0)",
     true},
    {"until", 0, "TIME", CLI_TIME, AT(replay.until_ns), CLI_ANIMATES, CLI_IN_OUTPUT,
     "last moment of an animation (the end)", true},
    {"view", 0, "VIEW", CLI_TEXT, AT(look.view), CLI_LOOKS, CLI_IN_DISPLAY,
     "what cells show; occupancy, free, scavenged, index, density, generation or refaults (occupancy)"},
    {"scale", 0, "SCALE", CLI_TEXT, AT(look.scale), CLI_LOOKS, CLI_IN_DISPLAY,
     "linear or ranked; ranked: each value that occurs has its own step (linear)", true},
    {"cells", 0, "COLSxROWS", CLI_TEXT, AT(look.cells), CLI_ANIMATES, CLI_IN_DISPLAY,
     "size in characters, 20x8 to 400x120 (the terminal's, or 120x40)"},
    {"size", 0, "COLSxROWS", CLI_TEXT, AT(look.cells), CLI_ANIMATES, CLI_IN_DISPLAY, NULL}, /* its old name */
    {"format", 0, "FORMAT", CLI_TEXT, AT(look.format), CLI_ANIMATES, CLI_IN_OUTPUT,
     "text, ansi, png, svg or json; by the suffix of -o, else ansi with color, text without, png for animations"},
    {"color", 0, "WHEN", CLI_TEXT, AT(look.color), CLI_LOOKS, CLI_IN_DISPLAY,
     "auto, always or never; auto: on terminals, unless NO_COLOR is set (auto)", true},
    {"palette", 0, "NAME", CLI_TEXT, AT(look.palette), CLI_LOOKS, CLI_IN_DISPLAY, "viridis, cividis or gray (viridis)",
     true},
    {"theme", 0, "NAME", CLI_TEXT, AT(look.theme), CLI_LOOKS, CLI_IN_DISPLAY,
     "auto, dark or light: the background that colours are for; auto: what the terminal tells watch, else colours "
     "for both (auto)",
     true},
    {"graph", 0, "STYLE", CLI_TEXT, AT(look.graph), CLI_LOOKS, CLI_IN_DISPLAY,
     "memory over time in blocks or braille; braille: 2 x 4 dots a character, twice as dense in time, where there is "
     "UTF-8 (blocks)",
     true},
    {"no-marks", 0, NULL, CLI_FLAG, AT(look.no_marks), CLI_LOOKS, CLI_IN_DISPLAY,
     "two cells per character, one above the other, instead of one with the index's mark", true},
    {"zoom", 0, "FROM-TO", CLI_TEXT, AT(look.zoom), CLI_LOOKS, CLI_IN_DISPLAY,
     "only these addresses, in hex; by whole chunks", true},
    {"chunk", 0, "ADDRESS", CLI_TEXT, AT(look.chunk), CLI_PLACES, CLI_IN_DISPLAY,
     "the pages of the chunk at this address; one by one, with its summary and index entry"},
    {"cursor", 0, "ADDRESS", CLI_TEXT, AT(look.cursor), CLI_PLACES, CLI_IN_DISPLAY,
     "describe the cell of this address in full", true},
    {"magnify", 0, "N", CLI_COUNT, AT(look.magnify), CLI_ANIMATES, CLI_IN_DISPLAY,
     "pixels per dot of a PNG, 1 to 8 (2)", true},
    {"gc-log", 0, "FILE", CLI_TEXT, AT(replay.reading.gc_log), CLI_READS, CLI_IN_INPUT,
     "gctrace=1 output of the program; for the GC cycles that a Go page trace lacks", true},
    {"truth", 0, "FILE", CLI_TEXT, AT(truth), CLI_TRUTH, CLI_IN_INPUT,
     "the program's own counters, as CSV, with its limit"},
    {"memory-limit", 0, "SIZE", CLI_LIMIT, AT(replay.settings.memory_limit_bytes), CLI_RUNS, CLI_IN_GC,
     "memory limit, as GOMEMLIMIT; of the scavengers and of modelled GC cycles; a size, or 90% of the trace's peak in "
     "use or of --cgroup, or off (off)"},
    {"cgroup", 0, "FILE|SIZE", CLI_CGROUP, AT(replay.limit_of_bytes), CLI_RUNS, CLI_IN_GC,
     "container's memory for --memory-limit 90%: a size, or memory.max", true},
    {"other-memory", 0, "SIZE", CLI_BYTES, AT(replay.settings.other_memory_bytes), CLI_RUNS, CLI_IN_MODEL,
     "memory outside the heap that counts against the limit (5MiB)"},
    {"gc", 0, "HOW", CLI_GC, AT(replay.objects.gc), CLI_MODELS, CLI_IN_GC,
     "GC cycles: recorded, model or none; model: by the runtime's pacing over the trace's objects; none: frees take "
     "effect at once "
     "(recorded if the trace has them, else model if the program was garbage-collected, else none)"},
    {"gogc", 0, "N", CLI_GOGC, AT(replay.objects.pacing.gogc), CLI_MODELS, CLI_IN_GC,
     "GOGC of modelled GC cycles, or off (what the trace's own cycles show, or 100)"},
    {"clock", 0, "WHICH", CLI_CLOCK, AT(replay.objects.wall_clock), CLI_MODELS, CLI_IN_MODEL,
     "times under modelled GC cycles: work: a busy program finishes sooner where the GC takes less; wall: the trace's "
     "times (work; wall with --from and --until)"},
    {"no-bounds", 0, NULL, CLI_FLAG, AT(no_bounds), CLI_MODELS, CLI_IN_MODEL,
     "no error bars of modelled GC cycles (saves four runs of the model)"},
    {"stacks", 0, "SIZE", CLI_BYTES, AT(replay.objects.pacing.stack_bytes), CLI_MODELS, CLI_IN_MODEL,
     "stacks that a modelled GC cycle scans, beside those that the trace tells (0)"},
    {"globals", 0, "SIZE", CLI_BYTES, AT(replay.objects.pacing.globals_bytes), CLI_MODELS, CLI_IN_MODEL,
     "global variables that a modelled GC cycle scans (0)"},
    {"gc-cost", 0, "KEY=VALUE,...", CLI_GC_COST, AT(replay.objects.cost), CLI_MODELS, CLI_IN_GC,
     "what marking and sweeping take in simulated time; see heapreplay(1)", true},
    {"span-cache", 0, "RULE", CLI_CACHE, AT(replay.objects.span_cache), CLI_MODELS, CLI_IN_MODEL,
     "when spans of objects return to the heap: none: as soon as they are empty; one: the same, but the current ones "
     "stay; sweep: when they are swept (sweep with GC cycles, one without)"},
    {"pointers", 0, NULL, CLI_FLAG, AT(replay.objects.pointers), CLI_MODELS, CLI_IN_MODEL,
     "objects whose kind the trace does not tell hold pointers, as a Go program's mostly do"},
    {"phys-page", 0, "SIZE", CLI_BYTES, AT(replay.settings.phys_page_bytes), CLI_RUNS, CLI_IN_POLICY,
     "physical page: 4KiB to 64KiB (4KiB)", true},
    {"huge-page", 0, "SIZE", CLI_BYTES, AT(replay.settings.huge_page_bytes), CLI_RUNS, CLI_IN_POLICY,
     "huge page that scavengers keep whole; 0 or above 4MiB: none (2MiB)", true},
    {"cost", 0, "KEY=VALUE,...", CLI_COST, AT(replay.settings.cost), CLI_RUNS, CLI_IN_POLICY,
     "what releasing and faulting costs in simulated time, or @FILE of heapreplay calibrate; see heapreplay(1)", true},
    {"wake-delay", 0, "TIME", CLI_TIME, AT(replay.settings.wake_delay_ns), CLI_RUNS, CLI_IN_MODEL,
     "how late sysmon wakes the background scavenger (10ms)"},
    {"run-delay", 0, "TIME", CLI_TIME, AT(replay.settings.run_delay_ns), CLI_RUNS, CLI_IN_MODEL,
     "how long a woken background scavenger waits for a P; up to 10ms where all are busy (0)"},
    {"procs", 0, "N", CLI_COUNT, AT(replay.settings.procs), CLI_RUNS, CLI_IN_GC,
     "GOMAXPROCS where the trace does not tell (1)"},
    {"placement", 0, "HOW", CLI_PLACEMENT, AT(replay.placement), CLI_MODELS, CLI_IN_GC,
     "recorded or modelled; recorded: spans lie where the trace says; modelled: where the model places them "
     "(recorded if possible)"},
    {"placement-of", 0, "VERSION", CLI_TEXT, AT(replay.placement_of), CLI_RUNS, CLI_IN_MODEL,
     "Go version whose rule for flushing page caches placement follows (the trace's)"},
    {"address-bits", 0, "N", CLI_BITS, AT(replay.address_bits), CLI_MODELS, CLI_IN_MODEL,
     "address space: 48, or 32 with modelled placement (48)"},
    {"start-released", 0, NULL, CLI_FLAG, AT(replay.start_released), CLI_RUNS, CLI_IN_MODEL,
     "holes in the heap at the start of the trace count as released, not as free"},
    {"from", 0, "TIME", CLI_TIME, AT(replay.from_ns), CLI_WINDOW, CLI_IN_INPUT,
     "start here; a replay includes what is before, but measures from here on"},
    {"until", 0, "TIME", CLI_TIME, AT(replay.until_ns), CLI_WINDOW, CLI_IN_INPUT, "end here"},
    {"warm-up", 0, "TIME", CLI_TIME, AT(replay.warm_up_ns), CLI_WARM_UP, CLI_IN_INPUT,
     "least time before --from to replay; where a native trace has a start there (all)", true},
    {"anonymize", 0, NULL, CLI_FLAG, AT(anonymize), CLI_SHARES, CLI_IN_OUTPUT,
     "leave out what tells of its origin; file name, program, clock origin, notes and other free text; types become "
     "numbers in order of appearance, and addresses move to where a Go heap usually begins"},
    {"keep-arguments", 0, NULL, CLI_FLAG, AT(keep_arguments), CLI_COPIES, CLI_IN_OUTPUT,
     "keep the whole command line; else only the program's name stays"},
    {"level", 0, "N", CLI_COUNT, AT(level), CLI_NATIVE, CLI_IN_OUTPUT,
     "how hard to compress, 1 (fast) to 19 (small, slow) (6, and 1 for columns that 6 makes hardly smaller)"},
    {"identity", 0, "RULE", CLI_IDENTITY, AT(replay.reading.identity), CLI_READS, CLI_IN_INPUT,
     "lifo, fifo or random; which of several live objects that a heaptrack recording does not tell apart is freed "
     "(lifo)",
     true},
    {"process", 0, "PID", CLI_NUMBER, AT(replay.reading.process), CLI_READS, CLI_IN_INPUT,
     "which process of a recording of several (valgrind, ltrace, utrace, logalloc, LTTng) (the first)", true},
    {"pid", 0, "PID", CLI_NUMBER, AT(replay.reading.process), CLI_READS, CLI_IN_INPUT, NULL}, /* another name of it */
    {"rate", 0, "N", CLI_RATE, AT(replay.reading.rate), CLI_READS, CLI_IN_INPUT,
     "events a second where the trace has no clock (1000000)", true},
    {"min-addr", 0, "ADDRESS", CLI_ADDRESS, AT(replay.reading.min_addr), CLI_READS, CLI_IN_INPUT,
     "where the heap of a flight recorder's window begins, which it does not tell (0xc000000000)", true},
    {"time-scale", 0, "X", CLI_SCALE, AT(replay.reading.time_scale), CLI_READS, CLI_IN_INPUT,
     "multiply times by X; below 1 if recording slowed the program down (1)", true},
    {"jobs", 'j', "N", CLI_COUNT, AT(replay.jobs), CLI_JOBS, CLI_IN_POLICY,
     "threads; results do not depend on it (one per processor)"},
    {"max-memory", 0, "SIZE", CLI_BYTES, AT(max_memory_bytes), CLI_READS | CLI_QUIET, CLI_IN_INPUT,
     "heapreplay's own memory, 16MiB at least; what needs more ends with an error (no bound)", true},
    {"policy-timeout", 0, "TIME", CLI_TIME, AT(policy_timeout_ns), CLI_RUNS, CLI_IN_POLICY,
     "end the program, with the names of the policies of shared objects, when they do not return for so long; in whole "
     "seconds (never)",
     true},
    {"quiet", 'q', NULL, CLI_FLAG, AT(quiet), CLI_READS | CLI_QUIET, CLI_IN_OUTPUT, "no progress on standard error"},
    {"help", 'h', NULL, CLI_FLAG, AT(help), CLI_ANY, CLI_IN_OUTPUT, "show this"},
    {"model", 0, "KEY=VALUE,...", CLI_MODEL, 0, CLI_RUNS, CLI_IN_GC,
     "rarely needed settings; the names under Model, see --help --all"},
    {"all", 0, NULL, CLI_FLAG, AT(all), CLI_ANY, CLI_IN_OUTPUT, "with --help: everything, in full"},
    {.name = NULL},
};

static bool set_number(const struct cli_option *row, void *field, const char *arg)
{
	uint64_t n;

	if (!hr_parse_u64(arg, &n))
		return false;
	if (row->type == CLI_BITS) {
		*(int *)field = (int)n;
		return n == 48 || n == 32;
	}
	*(unsigned *)field = (unsigned)n;
	return n >= 1 && n <= 32767;
}

static bool set_address(uint64_t *field, const char *arg)
{
	char *end;

	/* strtoull takes signs and blanks. */
	if (!isdigit((unsigned char)*arg))
		return false;
	errno = 0;
	*field = strtoull(arg, &end, 0);
	return errno == 0 && *end == '\0' && *field % 8192 == 0 && *field > 0 && *field < UINT64_C(1) << 48;
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

static bool set_clock(bool *wall, const char *arg)
{
	*wall = strcmp(arg, "wall") == 0;
	return *wall || strcmp(arg, "work") == 0;
}

/* In bytes, or a percentage of what is known only later. */
static bool set_limit(struct cli_options *o, const char *arg)
{
	struct hr_limit limit;

	if (!hr_limit_parse(arg, &limit))
		return false;
	o->replay.settings.memory_limit_bytes = limit.bytes;
	o->replay.limit_percent = limit.percent;
	return true;
}

static bool set_extent(struct cli_extent *field, const char *arg)
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
	*field = (struct cli_extent){(unsigned)w, (unsigned)h};
	return w >= HR_PLOT_MIN_SIDE && w <= HR_PLOT_MAX_SIDE && h >= HR_PLOT_MIN_SIDE && h <= HR_PLOT_MAX_SIDE;
}

/* Of a file: lines of such pairs, and comments behind #. */
static enum hr_status set_cost(void *field, const char *arg, struct hr_error *err)
{
	enum hr_status status = HR_OK;
	char *text, *rest, *line;
	size_t n;

	if (arg[0] != '@')
		return hr_cost_parse(field, arg, "--cost", err);
	HR_TRY(cli_read_text(arg + 1, "file of costs", &text, &n, err));
	rest = text;
	while (status == HR_OK && (line = strsep(&rest, "\n")) != NULL) {
		line[strcspn(line, "#")] = '\0';
		for (size_t end = strlen(line); end > 0 && isspace((unsigned char)line[end - 1]); end--)
			line[end - 1] = '\0';
		status = hr_cost_parse(field, line, "--cost @FILE", err);
	}
	free(text);
	return status;
}

static const char *const hints[] = {
    [CLI_EXTENT] = "a width and a height from 200 to 16384, such as 1200x640",
    [CLI_BYTES] = "a size such as 64KiB",
    [CLI_LIMIT] = "a size such as 512MiB, a percentage such as 90%, or off",
    [CLI_TIME] = "a time such as 100ms",
    [CLI_NUMBER] = "a whole number",
    [CLI_COUNT] = "a whole number from 1 to 32767",
    [CLI_BITS] = "48 or 32",
    [CLI_PLACEMENT] = "recorded or modelled",
    [CLI_IDENTITY] = "lifo, fifo or random",
    [CLI_RATE] = "a whole number from 1 to 1000000000000",
    [CLI_ADDRESS] = "an address below 2^48, a multiple of 8192, such as 0xc000000000",
    [CLI_SCALE] = "a number from 0.000001 to 1000000",
    [CLI_GC] = "recorded, model or none",
    [CLI_GOGC] = "a whole number of percent up to 1000000, or off",
    [CLI_CACHE] = "none, one or sweep",
    [CLI_CLOCK] = "wall or work",
};

/* A row of a command: one of the shared ones, or its own. */
static const struct cli_option *row_at(const struct cli_command *c, size_t i)
{
	size_t nshared = sizeof(shared) / sizeof(shared[0]) - 1;
	const struct cli_option *own = c->options;

	if (i < nshared)
		return &shared[i];
	for (i -= nshared; own != NULL && own->name != NULL && i > 0; i--)
		own++;
	return own != NULL && own->name != NULL ? own : NULL;
}

/* Has the command an option of its own in place of a shared one? */
static bool is_replaced(const struct cli_command *c, const struct cli_option *row)
{
	if (row->groups == 0)
		return false;
	for (const struct cli_option *own = c->options; own != NULL && own->name != NULL; own++)
		if (strcmp(own->name, row->name) == 0)
			return true;
	return false;
}

const struct cli_option *cli_next_option(const struct cli_command *c, size_t *i)
{
	const struct cli_option *row;

	while ((row = row_at(c, (*i)++)) != NULL)
		if ((row->groups == 0 || (row->groups & c->groups) || row->groups == (unsigned)CLI_ANY) &&
		    !is_replaced(c, row))
			return row;
	return NULL;
}

static enum hr_status append(struct cli_list *list, const char *arg, struct hr_error *err)
{
	if (!hr_reserve(&list->at, &list->cap, list->n + 2, sizeof(*list->at)))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	list->at[list->n++] = arg;
	list->at[list->n] = NULL;
	return HR_OK;
}

static int set(const struct cli_command *c, const struct cli_option *row, struct cli_options *o, const char *arg);

/* KEY=VALUE,...: each is the option of the model that has this name; without a value it is a flag. */
static int set_model(const struct cli_command *c, struct cli_options *o, char *arg)
{
	char *rest = arg, *pair;

	while ((pair = strsep(&rest, ",")) != NULL) {
		char *value = strchr(pair, '=');
		const struct cli_option *row;
		size_t i = 0;

		if (value != NULL)
			*value++ = '\0';
		while ((row = cli_next_option(c, &i)) != NULL)
			if (row->section == CLI_IN_MODEL && strcmp(row->name, pair) == 0)
				break;
		if (row == NULL) {
			cli_misuse(c, "--model has no '%s'; --help --all lists what it has", pair);
			return -1;
		}
		if ((value != NULL) != (row->arg != NULL)) {
			cli_misuse(c, "--model %s takes %s value", pair, row->arg != NULL ? "a" : "no");
			return -1;
		}
		if (set(c, row, o, value) != 0)
			return -1;
	}
	return 0;
}

/* Of a type that stands for itself; false: arg is none of it. */
static bool set_plain(const struct cli_option *row, void *field, const char *arg)
{
	switch (row->type) {
	case CLI_FLAG:
		*(bool *)field = true;
		return true;
	case CLI_TEXT:
		*(const char **)field = arg;
		return true;
	case CLI_EXTENT:
		return set_extent(field, arg);
	case CLI_BYTES:
		return hr_parse_bytes(arg, field);
	case CLI_TIME:
		return hr_parse_ns(arg, field);
	case CLI_NUMBER:
		return hr_parse_u64(arg, field);
	case CLI_COUNT:
	case CLI_BITS:
		return set_number(row, field, arg);
	case CLI_PLACEMENT:
		return set_placement(field, arg);
	case CLI_IDENTITY:
		return set_identity(field, arg);
	case CLI_RATE:
		return hr_parse_u64(arg, field) && *(uint64_t *)field >= 1 && *(uint64_t *)field <= MAX_RATE;
	case CLI_ADDRESS:
		return set_address(field, arg);
	case CLI_SCALE:
		return hr_parse_double(arg, field) && *(double *)field >= 1e-6 && *(double *)field <= 1e6;
	case CLI_GC:
		return set_gc(field, arg);
	case CLI_GOGC:
		return hr_gogc_parse(arg, field);
	case CLI_CLOCK:
		return set_clock(field, arg);
	case CLI_CACHE:
		return set_cache(field, arg);
	default:
		return false;
	}
}

/* Of settings that may be given once, and of those that others ask whether they were. 0, or -1 after an error. */
static int note_given(const struct cli_command *c, const struct cli_option *row, struct cli_options *o)
{
	if (row->groups == 0)
		return 0;
	if ((row->offset == AT(replay.objects.pacing.gogc) && o->replay.objects.gogc_given) ||
	    (row->offset == AT(replay.settings.memory_limit_bytes) && o->limit_given)) {
		cli_misuse(c, "--%s is given twice; heapreplay sweep takes several values, and replays them all",
			   row->name);
		return -1;
	}
	o->every_given |= row->offset == AT(every_ns);
	o->replay.objects.gogc_given |= row->offset == AT(replay.objects.pacing.gogc);
	o->limit_given |= row->offset == AT(replay.settings.memory_limit_bytes);
	o->other_given |= row->offset == AT(replay.settings.other_memory_bytes);
	return 0;
}

static int set(const struct cli_command *c, const struct cli_option *row, struct cli_options *o, const char *arg)
{
	void *field = (char *)(row->groups == 0 ? o->own : o) + row->offset;
	enum hr_status status = HR_OK;
	struct hr_error err;
	bool fine = true;

	switch (row->type) {
	case CLI_LIST:
		if (append(field, arg, &err) != HR_OK) {
			o->no_memory = true;
			cli_fail(NULL, &err);
			return -1;
		}
		break;
	case CLI_LIMIT:
		fine = set_limit(o, arg);
		break;
	case CLI_CGROUP:
		status = hr_cgroup_bytes(arg, field, &err);
		break;
	case CLI_COST:
		status = set_cost(field, arg, &err);
		break;
	case CLI_GC_COST:
		status = hr_params_parse(hr_gc_cost_params, field, arg, "--gc-cost", &err);
		break;
	case CLI_MODEL:
		return set_model(c, o, (char *)arg);
	default:
		fine = set_plain(row, field, arg);
		break;
	}
	if (status != HR_OK) {
		cli_misuse(c, "%s", err.text);
		return -1;
	}
	if (!fine) {
		cli_misuse(c, "--%s takes %s, not '%s'", row->name, hints[row->type], arg);
		return -1;
	}
	return note_given(c, row, o);
}

bool cli_set_option(const struct cli_command *c, const struct cli_option *row, struct cli_options *o, const char *value)
{
	return set(c, row, o, value) == 0;
}

/* The tables that getopt_long wants, for one command; values are row numbers + 256. False without memory. */
static bool fill_getopt(const struct cli_command *c, struct option **longs, char **shorts)
{
	const struct cli_option *row;
	size_t n = 0, most = 0;
	char *s;

	while (row_at(c, most) != NULL)
		most++;
	*longs = hr_calloc(most + 1, sizeof(**longs));
	*shorts = s = hr_calloc(2 * most + 2, 1);
	if (*longs == NULL || *shorts == NULL)
		return false;
	*s++ = ':'; /* tell a missing value from an unknown option */
	for (size_t i = 0; (row = cli_next_option(c, &i)) != NULL;) {
		(*longs)[n++] =
		    (struct option){row->name, row->arg ? required_argument : no_argument, NULL, (int)(i - 1) + 256};
		if (row->letter != 0) {
			*s++ = row->letter;
			if (row->arg != NULL)
				*s++ = ':';
		}
	}
	return true;
}

static const struct cli_option *row_of(const struct cli_command *c, int got)
{
	const struct cli_option *row;

	if (got >= 256)
		return row_at(c, (size_t)got - 256);
	for (size_t i = 0; (row = cli_next_option(c, &i)) != NULL;)
		if (row->letter == got)
			return row;
	return NULL;
}

/* After getopt_long has found something that is not in the table. */
static int unknown(const struct cli_command *c, char **argv)
{
	const char *word = argv[optind - 1];

	if (optopt > 0 && optopt < 256)
		return cli_misuse(c, "unknown option '-%c'", optopt);
	if (optopt >= 256)
		return cli_misuse(c, "option '%.*s' takes no value", (int)strcspn(word, "="), word);
	return cli_misuse(c, "unknown option '%s'", word);
}

static bool parse_all(const struct cli_command *c, int argc, char **argv, struct cli_options *o,
		      const struct option *longs, const char *shorts)
{
	int got;

	opterr = 0;
	optind = 1;
	while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (got == ':') {
			cli_misuse(c, "option '%s' needs a value", argv[optind - 1]);
			return false;
		}
		if (got == '?') {
			unknown(c, argv);
			return false;
		}
		if (set(c, row_of(c, got), o, optarg) != 0)
			return false;
	}
	return true;
}

/* What each value alone does not tell. */
static bool check(const struct cli_command *c, const struct cli_options *o)
{
	const char *wrong = NULL;

	if (o->every_ns == 0)
		wrong = "--every takes a time above 0";
	else if (o->look.magnify > 8)
		wrong = "--magnify takes a whole number from 1 to 8";
	else if (o->replay.from_ns > o->replay.until_ns)
		wrong = "--from is after --until";
	else if (o->replay.limit_of_bytes != 0 && o->replay.limit_percent == 0 && (c->groups & CLI_RUNS))
		wrong = "--cgroup is what a percentage is of; add --memory-limit 90%";
	if (wrong != NULL)
		cli_misuse(c, "%s", wrong);
	return wrong == NULL;
}

bool cli_options_init(const struct cli_command *c, int argc, char **argv, struct cli_options *o)
{
	memset(o, 0, sizeof(*o));
	hr_replay_defaults(&o->replay);
	o->every_ns = 100000000;
	o->at_ns = HR_NEVER;
	o->argc = argc;
	o->argv = argv;
	if (c->own_size == 0)
		return true;
	o->own = hr_calloc(1, c->own_size);
	if (o->own == NULL) {
		cli_warn(NULL, "out of memory");
		o->no_memory = true;
	} else if (c->own_initial != NULL) {
		memcpy(o->own, c->own_initial, c->own_size);
	}
	return o->own != NULL;
}

int cli_parse(const struct cli_command *c, int argc, char **argv, struct cli_options *o)
{
	struct option *longs = NULL;
	char *shorts = NULL;
	bool fine = fill_getopt(c, &longs, &shorts);

	if (!fine) {
		cli_warn(NULL, "out of memory");
		o->no_memory = true;
	} else {
		fine = parse_all(c, argc, argv, o, longs, shorts) && check(c, o);
	}
	free(longs);
	free(shorts);
	o->replay.settings.limit_given = o->limit_given;
	return fine ? optind : o->no_memory ? -CLI_FAILED : -CLI_MISUSED;
}

/* Two names of an option have one list. */
static void release_list(struct cli_list *l)
{
	free(l->at);
	*l = (struct cli_list){0};
}

void cli_options_release(const struct cli_command *c, struct cli_options *o)
{
	const struct cli_option *row;

	for (size_t i = 0; o->own != NULL && (row = cli_next_option(c, &i)) != NULL;)
		if (row->type == CLI_LIST && row->groups == 0)
			release_list((struct cli_list *)((char *)o->own + row->offset));
	free(o->policies.at);
	free(o->config);
	free(o->own);
	o->policies = (struct cli_list){0};
	o->own = NULL;
}

#define HELP_COLUMN 28

/* Words from a column on, in lines that end before the page does; at: where the cursor stands. */
static void print_words(const struct hr_page *p, unsigned at, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (at > HELP_COLUMN && at + n + 1 > p->columns) {
			fputc('\n', p->out);
			at = 0;
		}
		at += (unsigned)hr_print(p->out, "%*s%.*s", at < HELP_COLUMN ? (int)(HELP_COLUMN - at) : 1, "", (int)n,
					 text);
		text += n + (text[n] == ' ');
	}
	fputc('\n', p->out);
}

/* The first clause of what help says, and the default if it has room beside it. */
static void print_clause(const struct hr_page *p, unsigned at, const char *help)
{
	const size_t length = strlen(help);
	const char *initial = help + length;
	const char *end = strstr(help, "; ");
	const unsigned from = at < HELP_COLUMN ? HELP_COLUMN : at + 1;
	size_t n;

	if (length > 0 && help[length - 1] == ')')
		while (initial > help && (initial[0] != '(' || initial[-1] != ' '))
			initial--;
	if (initial == help)
		initial = help + length;
	n = (size_t)((end != NULL && end < initial ? end : initial) - help);
	while (n > 0 && help[n - 1] == ' ')
		n--;
	hr_print(p->out, "%*s%.*s", (int)(from - at), "", (int)n, help);
	if (from + n + 1 + strlen(initial) <= p->columns)
		hr_print(p->out, "%s%s", *initial != '\0' ? " " : "", initial);
	fputc('\n', p->out);
}

static void print_option(const struct hr_page *p, const struct cli_option *r, bool all)
{
	unsigned at = (unsigned)hr_print(p->out, "  %s%c%s--%s%s%s", r->letter ? "-" : " ", r->letter ? r->letter : ' ',
					 r->letter ? ", " : "  ", r->name, r->arg ? " " : "", r->arg ? r->arg : "");

	if (all && at >= HELP_COLUMN - 1) {
		fputc('\n', p->out);
		at = 0;
	}
	if (all)
		print_words(p, at, r->help);
	else
		print_clause(p, at, r->help);
}

bool cli_print_options(const struct hr_page *p, const struct cli_command *c, bool all)
{
	static const char *const headings[CLI_SECTIONS] = {
	    [CLI_IN_POLICY] = "Policy",	  [CLI_IN_GC] = "GC and placement",
	    [CLI_IN_INPUT] = "Input",	  [CLI_IN_OUTPUT] = "Output",
	    [CLI_IN_DISPLAY] = "Display", [CLI_IN_MODEL] = "Model (also --model KEY=VALUE)"};
	bool more = false;

	for (int section = 0; section < CLI_SECTIONS; section++) {
		const struct cli_option *row;
		bool any = false;

		for (size_t i = 0; (row = cli_next_option(c, &i)) != NULL;) {
			const bool rare = row->rare || row->section == CLI_IN_MODEL;

			if ((int)row->section != section || row->help == NULL)
				continue;
			more |= rare || strstr(row->help, "; ") != NULL;
			if (rare && !all)
				continue;
			if (!any)
				hr_print(p->out, "\n%s:\n", headings[section]);
			any = true;
			print_option(p, row, all);
		}
	}
	return more;
}

void cli_print_roff_options(FILE *out, const struct cli_command *c)
{
	const struct cli_option *r;

	for (size_t i = 0; (r = cli_next_option(c, &i)) != NULL;) {
		if (r->help == NULL)
			continue;
		fprintf(out, ".It ");
		if (r->letter != 0)
			hr_print(out, "Fl %c%s%s , ", r->letter, r->arg ? " Ar " : "", r->arg ? r->arg : "");
		hr_print(out, "Fl -%s%s%s\n%s.\n", r->name, r->arg ? " Ar " : "", r->arg ? r->arg : "", r->help);
	}
}

void cli_print_synopsis(FILE *out, const struct cli_command *c, bool roff)
{
	const struct cli_option *r;

	for (size_t i = 0; roff && (r = cli_next_option(c, &i)) != NULL;) {
		if (r->groups == (unsigned)CLI_ANY || r->section == CLI_IN_MODEL || r->help == NULL)
			continue;
		if (r->letter != 0)
			hr_print(out, ".Op Fl %c%s%s\n", r->letter, r->arg ? " Ar " : "", r->arg ? r->arg : "");
		else
			hr_print(out, ".Op Fl -%s%s%s\n", r->name, r->arg ? " Ar " : "", r->arg ? r->arg : "");
	}
	if (!roff)
		fputs(" [OPTION...]", out);
}
