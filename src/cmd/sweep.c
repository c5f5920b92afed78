/* SPDX-License-Identifier: BSD-3-Clause */
/* sweep: many settings on any number of traces, into a database. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "base/units.h"
#include "cmd/fetching.h"
#include "report/output.h"
#include "sweep/results.h"
#include "sweep/run.h"
#include "sweep/shard.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The options that this command alone has. */
struct own {
	struct cli_list gogc, limits;
	const char *db, *shard, *traces_from, *fetch, *merge;
	uint64_t plan, cgroup_bytes;
	unsigned batch;
	bool jsonl, csv, no_own, retry;
};

static const struct own *own_of(const struct cli_options *o)
{
	return o->own;
}

/* All of one run of the command. */
struct sweep {
	const struct cli_command *command;
	const struct cli_options *o;
	struct hr_axes axes;
	struct cli_choices choices;
	struct hr_sweep_settings settings;
	struct hr_results *results;
	struct hr_shard shard;
	struct cli_fetch fetch;
	size_t *which; /* settings that a trace still needs */
	/* The traces, by name. */
	char *listed; /* text of --traces-from */
	const char **names;
	size_t n, cap;
	size_t traces, runs, there, failed; /* of all: what there was to do, and how it went */
	size_t lacked;			    /* runs that the machine did not let be made, */
	const char *lacking;		    /* the trace of the first of them, */
	struct hr_error why;		    /* and what was said of it */
};

/* One trace of it. */
struct one {
	struct sweep *w;
	struct hr_results_trace trace;
	const char *name;
	char told[512]; /* the last message that was printed of it */
	size_t ntold;
};

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

/* --- what was asked for --------------------------------------------------- */

static enum hr_status read_axes(struct sweep *w, struct hr_error *err)
{
	const struct own *own = own_of(w->o);

	for (size_t i = 0; i < own->gogc.n; i++)
		HR_TRY(hr_axes_gogc(&w->axes, own->gogc.at[i], err));
	for (size_t i = 0; i < own->limits.n; i++)
		HR_TRY(hr_axes_limits(&w->axes, own->limits.at[i], err));
	for (size_t i = 0; i < w->o->policies.n; i++)
		HR_TRY(hr_axes_policy(&w->axes, w->o->policies.at[i], err));
	return HR_OK;
}

/* The policies of all combinations. False after an error that has been printed. */
static bool choose(struct sweep *w)
{
	struct cli_options all = *w->o;

	all.policies = (struct cli_list){.at = (const char **)w->axes.policies, .n = w->axes.npolicies};
	return cli_choose(w->command, &all, NULL, &w->choices);
}

static enum hr_status make_settings(struct sweep *w, struct hr_error *err)
{
	struct hr_replay_options options = w->o->replay;

	/* Another GOGC or limit means other GC cycles: they must be modelled. */
	if (options.objects.gc == HR_GC_AUTO && w->axes.ngogc + w->axes.nlimits > 0)
		options.objects.gc = HR_GC_MODEL;
	options.bounds = !w->o->no_bounds;
	options.reading.want |= HR_WANT_GC_CPU;
	HR_TRY(hr_sweep_settings_make(&w->settings, &options, &w->axes, w->choices.at, w->choices.n,
				      !own_of(w->o)->no_own, own_of(w->o)->cgroup_bytes, err));
	w->which = hr_calloc(w->settings.n, sizeof(*w->which));
	return w->which != NULL ? HR_OK : no_memory(err);
}

static enum hr_status add_name(struct sweep *w, const char *name, struct hr_error *err)
{
	if (cli_is_url(name) && own_of(w->o)->fetch == NULL)
		return hr_error_set(err, HR_EUSAGE, "'%s' is no file; --fetch COMMAND says how to get it", name);
	if (!hr_shard_has(&w->shard, name))
		return HR_OK;
	if (!hr_reserve(&w->names, &w->cap, w->n + 1, sizeof(*w->names)))
		return no_memory(err);
	w->names[w->n++] = name;
	return HR_OK;
}

static enum hr_status read_names(struct sweep *w, int argc, char **argv, struct hr_error *err)
{
	const struct own *own = own_of(w->o);
	char *rest, *line;
	size_t n;

	if (own->shard != NULL)
		HR_TRY(hr_shard_parse(own->shard, getenv, &w->shard, err));
	for (int i = 0; i < argc; i++)
		HR_TRY(add_name(w, argv[i], err));
	if (own->traces_from == NULL)
		return HR_OK;
	HR_TRY(cli_read_text(own->traces_from, "list of traces", &w->listed, &n, err));
	for (rest = w->listed; (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0')
			HR_TRY(add_name(w, line, err));
	return HR_OK;
}

/* --- a trace -------------------------------------------------------------- */

static void look_at_file(struct one *t)
{
	struct stat st;

	t->trace.size = t->trace.mtime_ns = -1;
	if (cli_is_url(t->name) || stat(t->name, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	t->trace.size = st.st_size;
	t->trace.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

/* Which trace it is, as far as that can be known before it is replayed. A URL is taken to stand for the same for ever. */
static enum hr_status identify(struct one *t, struct hr_error *err)
{
	struct hr_error why;

	look_at_file(t);
	HR_TRY(hr_results_find_trace(t->w->results, &t->trace, err));
	/* If this fails, the replay reports the error or does without. */
	if (t->trace.id[0] == '\0' && t->trace.size >= 0 && hr_sweep_trace_id(t->name, t->trace.id, &why) == HR_ENOMEM)
		return no_memory(err);
	return HR_OK;
}

/* The settings that it has no run of. */
static enum hr_status find_missing(struct one *t, size_t *n, struct hr_error *err)
{
	struct sweep *w = t->w;

	*n = 0;
	for (size_t i = 0; i < w->settings.n; i++) {
		bool has = false;

		if (t->trace.id[0] != '\0')
			HR_TRY(hr_results_has(w->results, t->trace.id, t->trace.path, w->settings.at[i].id,
					      PACKAGE_VERSION, own_of(w->o)->retry, &has, err));
		if (!has)
			w->which[(*n)++] = i;
	}
	w->there += w->settings.n - *n;
	return HR_OK;
}

/* Often all fail alike: what was told is not told again, and three lines of a trace are enough. */
static void tell_failures(struct one *t, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *message = json_string_value(json_object_get(row, "message"));

		if (message == NULL || t->ntold == 3 || strncmp(message, t->told, sizeof(t->told) - 1) == 0)
			continue;
		cli_warn(t->name, "%s", message);
		snprintf(t->told, sizeof(t->told), "%s", message);
		t->ntold++;
	}
}

static enum hr_status take_rows(void *ctx, json_t *rows, struct hr_error *err)
{
	struct one *t = ctx;
	const char *id = json_string_value(json_object_get(json_array_get(rows, 0), "trace_id"));
	enum hr_status status;

	if (t->trace.id[0] == '\0' && id != NULL)
		snprintf(t->trace.id, sizeof(t->trace.id), "%s", id);
	cli_progress_clear();
	tell_failures(t, rows);
	status = hr_results_put(t->w->results, rows, err);
	json_decref(rows);
	return status;
}

static void note(void *ctx, const struct hr_trace_stats *stats)
{
	const struct one *t = ctx;

	cli_warn_trace(t->w->o, t->name, stats);
}

static enum hr_status run_missing(struct one *t, size_t n, struct hr_error *err)
{
	struct sweep *w = t->w;
	struct hr_sweep_input in = {.name = t->name, .ctx = &w->fetch};
	struct hr_sweep_run run = {.in = &in,
				   .settings = &w->settings,
				   .version = PACKAGE_VERSION,
				   .id = t->trace.id,
				   .most = own_of(w->o)->batch,
				   .take = take_rows,
				   .note = note,
				   .ctx = t};
	struct hr_error why;
	enum hr_status status = HR_OK;

	if (cli_is_url(t->name)) {
		in.open = cli_fetch_open;
		in.close = cli_fetch_close;
	}
	if (w->settings.of_peak && t->trace.peak_bytes == 0 && t->trace.size < 0 && in.open == NULL)
		status =
		    hr_error_set(&why, HR_EUSAGE,
				 "percentages are of the trace's peak in use, and a pipe can't be read twice; give "
				 "sizes, or what they are percentages of (--cgroup)");
	else if (w->settings.of_peak && t->trace.peak_bytes == 0)
		status = hr_sweep_peak(&in, &w->settings, &t->trace.peak_bytes, &why);
	run.peak_bytes = t->trace.peak_bytes;
	cli_progress_start(&w->settings.options, w->o);
	if (status == HR_OK) {
		status = hr_sweep_trace(&run, w->which, n, &w->failed, err);
	} else if (status == HR_ENOMEM) {
		run.lacked = n;
		run.why = why;
		status = HR_OK;
	} else {
		status = hr_sweep_fail(&run, w->which, n, &w->failed, &why, err);
	}
	cli_progress_end();
	if (w->lacked == 0 && run.lacked > 0) {
		w->lacking = t->name;
		w->why = run.why;
	}
	w->lacked += run.lacked;
	if (run.most != own_of(w->o)->batch && run.lacked == 0 && !w->o->quiet)
		cli_warn(t->name,
			 "not enough memory for all settings in one pass; at most %zu at a time, which takes longer",
			 run.most);
	return status;
}

static enum hr_status ask_for_all(struct one *t, struct hr_error *err)
{
	struct sweep *w = t->w;

	for (size_t i = 0; i < w->settings.n; i++)
		HR_TRY(hr_results_ask(w->results, t->trace.path, t->trace.id[0] != '\0' ? t->trace.id : NULL,
				      w->settings.at[i].id, PACKAGE_VERSION, err));
	return HR_OK;
}

static enum hr_status sweep_trace(struct sweep *w, const char *name, struct hr_error *err)
{
	struct one t = {.w = w, .name = name};
	/* The database uses the same names as the JSON documents. */
	json_t *shown = hr_json_text(name);
	enum hr_status status = shown != NULL ? HR_OK : no_memory(err);
	size_t n = 0;

	t.trace.path = json_string_value(shown);
	if (status == HR_OK)
		status = identify(&t, err);
	if (status == HR_OK)
		status = find_missing(&t, &n, err);
	if (status == HR_OK && n > 0)
		status = run_missing(&t, n, err);
	if (status == HR_OK && t.trace.id[0] != '\0')
		status = hr_results_put_trace(w->results, &t.trace, err);
	if (status == HR_OK)
		status = ask_for_all(&t, err);
	w->traces++;
	w->runs += n;
	json_decref(shown);
	return status;
}

/* --- output --------------------------------------------------------------- */

/* Whatever the database says. */
static uint64_t count_of(const json_t *v)
{
	const double x = json_number_value(v);

	return x > 0 && x < 0x1p64 ? (uint64_t)x : 0;
}

static const char *bytes_text(char buf[HR_UNIT_BUF], const json_t *v)
{
	return json_is_number(v) ? hr_format_bytes(buf, count_of(v)) : "-";
}

static const char *ns_text(char buf[HR_UNIT_BUF], const json_t *v)
{
	return json_is_number(v) ? hr_format_ns(buf, count_of(v)) : "-";
}

/* "GOGC 100, limit 512 MiB, go1.22" */
static void put_setting(char *buf, size_t size, const json_t *gogc, const char *limit, const json_t *policy)
{
	size_t n = 0;

	if (json_is_integer(gogc))
		n = (size_t)snprintf(buf, size, "GOGC %" JSON_INTEGER_FORMAT ", ", json_integer_value(gogc));
	else if (json_is_string(gogc))
		n = (size_t)snprintf(buf, size, "GOGC off, ");
	if (limit != NULL && strcmp(limit, "off") != 0)
		n += (size_t)snprintf(buf + n, size - n, "limit %.60s, ", limit);
	snprintf(buf + n, size - n, "%s", json_is_string(policy) ? json_string_value(policy) : "-");
}

/* The columns of by_trace that print_trace wants, in this order. */
#define SUMMARY                                                                                                        \
	"SELECT path, runs, failed, own_gogc, own_memory_limit_bytes, own_policy, own_memory_bytes, own_cpu_ns, "      \
	"knee_gogc, knee_memory_limit, knee_policy, knee_memory_bytes, knee_cpu_ns FROM by_trace AS b WHERE EXISTS "   \
	"(SELECT 1 FROM temp.asked AS a WHERE a.heapreplay = b.heapreplay AND (a.trace_id = b.trace_id OR "            \
	"(b.trace_id IS NULL AND a.path = b.path))) ORDER BY path LIMIT 50"

static enum hr_status print_trace(void *ctx, json_t *const *v, size_t n, const char *const *names, struct hr_error *err)
{
	FILE *out = ctx;
	const char *path = json_string_value(v[0]);
	char setting[256], limit[HR_UNIT_BUF], memory[HR_UNIT_BUF], cpu[HR_UNIT_BUF];

	(void)n;
	(void)names;
	(void)err;
	hr_print(out, "%s: %" JSON_INTEGER_FORMAT " runs", path != NULL ? path : "-", json_integer_value(v[1]));
	if (json_integer_value(v[2]) > 0)
		hr_print(out, ", %" JSON_INTEGER_FORMAT " failed", json_integer_value(v[2]));
	fputc('\n', out);
	if (json_is_number(v[6])) {
		put_setting(setting, sizeof(setting), v[3], json_is_number(v[4]) ? bytes_text(limit, v[4]) : NULL,
			    v[5]);
		hr_print(out, "  today  %-40s p99 %10s  CPU %10s\n", setting, bytes_text(memory, v[6]),
			 ns_text(cpu, v[7]));
	}
	if (json_is_number(v[11])) {
		put_setting(setting, sizeof(setting), v[8], json_string_value(v[9]), v[10]);
		hr_print(out, "  knee   %-40s p99 %10s  CPU %10s\n", setting, bytes_text(memory, v[11]),
			 ns_text(cpu, v[12]));
	}
	return HR_OK;
}

static enum hr_status print_summary(struct sweep *w, FILE *out, struct hr_error *err)
{
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF], c[HR_UNIT_BUF], d[HR_UNIT_BUF];

	HR_TRY(hr_results_query(w->results, SUMMARY, NULL, NULL, print_trace, out, err));
	hr_print(out, "%s traces, %s runs made, %s there already, %s failed; in %s\n", hr_format_count(a, w->traces),
		 hr_format_count(b, w->runs), hr_format_count(c, w->there), hr_format_count(d, w->failed),
		 own_of(w->o)->db);
	return HR_OK;
}

static enum hr_status print(struct sweep *w, struct hr_error *err)
{
	const struct own *own = own_of(w->o);
	struct hr_output main;
	enum hr_status status;

	HR_TRY(hr_output_open(&main, w->o->output, err));
	if (own->jsonl || own->csv)
		status = hr_results_write(w->results, own->jsonl ? HR_RESULTS_JSONL : HR_RESULTS_CSV, main.file, err);
	else
		status = print_summary(w, main.file, err);
	if (status == HR_OK)
		status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

/* --- a plan --------------------------------------------------------------- */

/* A word of a command line for sh. */
static void put_word(FILE *out, const char *word)
{
	if (word[0] != '\0' && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
						 "_@%+=:,./-")] == '\0') {
		hr_print(out, " %s", word);
		return;
	}
	fputs(" '", out);
	for (; *word != '\0'; word++)
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	fputc('\'', out);
}

/* Is argument i of the command line, or it and the next one (*skip), an option that each shard has of its own? */
static bool is_replaced(char **argv, int i, int *skip)
{
	static const char *const names[] = {"--plan", "--db", "--shard", "--output", "-o"};

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		size_t length = strlen(names[k]);

		*skip = strcmp(argv[i], names[k]) == 0;
		if (*skip || (strncmp(argv[i], names[k], length) == 0 && (argv[i][length] == '=' || k == 4)))
			return true;
	}
	return false;
}

/* A line a shard: the command line, with the shard, and a database of its own. */
static enum hr_status print_plan(const struct sweep *w, struct hr_error *err)
{
	const struct own *own = own_of(w->o);
	const char *ending = strrchr(own->db, '.');
	int base = ending != NULL && strchr(ending, '/') == NULL ? (int)(ending - own->db) : (int)strlen(own->db), skip;
	struct hr_output main;
	enum hr_status status;

	if (own->shard != NULL)
		return hr_error_set(err, HR_EUSAGE, "--plan makes the shards; --shard is one of them");
	HR_TRY(hr_output_open(&main, w->o->output, err));
	for (uint64_t i = 1; i <= own->plan; i++) {
		char *db = NULL;

		fputs("heapreplay sweep", main.file);
		if (asprintf(&db, "%.*s.%" PRIu64 "-of-%" PRIu64 "%s", base, own->db, i, own->plan, own->db + base) < 0)
			return no_memory(err);
		fprintf(main.file, " --shard %" PRIu64 "/%" PRIu64 " --db", i, own->plan);
		put_word(main.file, db);
		free(db);
		for (int k = 1; k < w->o->argc; k++) {
			if (is_replaced(w->o->argv, k, &skip))
				k += skip;
			else
				put_word(main.file, w->o->argv[k]);
		}
		fputc('\n', main.file);
	}
	status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

/* --- the command ---------------------------------------------------------- */

static enum hr_status merge(const char *to, int argc, char **argv, const char **about, struct hr_error *err)
{
	struct hr_results *results;
	enum hr_status status;

	*about = to;
	HR_TRY(hr_results_open(to, HR_RESULTS_WRITE, &results, err));
	status = HR_OK;
	for (int i = 0; status == HR_OK && i < argc; i++) {
		*about = argv[i];
		status = hr_results_merge(results, argv[i], err);
	}
	hr_results_close(results);
	return status;
}

/* What is written holds all that was asked for, whatever the machine. */
static enum hr_status check_all_made(const struct sweep *w, const char **about, struct hr_error *err)
{
	if (w->lacked == 0)
		return HR_OK;
	*about = w->lacking;
	*err = w->why;
	snprintf(err->text, sizeof(err->text),
		 "%.200s; %zu of %zu runs were not made, and nothing but the database is written", w->why.text,
		 w->lacked, w->runs);
	return err->status;
}

static enum hr_status sweep_all(struct sweep *w, const char **about, struct hr_error *err)
{
	*about = own_of(w->o)->db;
	HR_TRY(hr_results_open(own_of(w->o)->db, HR_RESULTS_WRITE, &w->results, err));
	HR_TRY(hr_output_spares(w->o->output, own_of(w->o)->db, err));
	for (size_t i = 0; i < w->n; i++)
		HR_TRY(sweep_trace(w, w->names[i], err));
	HR_TRY(check_all_made(w, about, err));
	HR_TRY(print(w, err));
	*about = NULL;
	return HR_OK;
}

static const char *misused(const struct cli_options *o, int argc)
{
	const struct own *own = own_of(o);

	if (own->jsonl && own->csv)
		return "--jsonl and --csv are two forms of one output";
	if (own->merge != NULL)
		return argc == 0 ? "missing databases to merge" : NULL;
	if (argc == 0 && own->traces_from == NULL && !own->jsonl && !own->csv)
		return "missing TRACE argument";
	if (own->plan > 100000)
		return "--plan takes a number of shards up to 100000";
	return NULL;
}

static enum hr_status prepare(struct sweep *w, int argc, char **argv, struct hr_error *err)
{
	HR_TRY(read_names(w, argc, argv, err));
	HR_TRY(read_axes(w, err));
	if (choose(w))
		return make_settings(w, err);
	err->text[0] = '\0'; /* it has been said */
	return w->choices.status == CLI_MISUSED ? HR_EUSAGE : HR_EIO;
}

static void release(struct sweep *w)
{
	hr_results_close(w->results);
	hr_sweep_settings_release(&w->settings);
	cli_choices_release(&w->choices);
	hr_axes_release(&w->axes);
	free(w->which);
	free(w->names);
	free(w->listed);
}

static int run_sweep(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct sweep w = {.command = c, .o = o, .shard = {0, 1}, .fetch = {.command = own_of(o)->fetch}};
	const char *about = NULL, *wrong = misused(o, argc);
	struct hr_error err;
	enum hr_status status;
	int exit_status;

	if (wrong != NULL)
		return cli_misuse(c, "%s", wrong);
	if (own_of(o)->merge != NULL) {
		status = merge(own_of(o)->merge, argc, argv, &about, &err);
	} else {
		status = prepare(&w, argc, argv, &err);
		if (status == HR_OK)
			status = own_of(o)->plan > 0 ? print_plan(&w, &err) : sweep_all(&w, &about, &err);
	}
	if (status == HR_OK)
		exit_status = w.failed > 0 ? CLI_FAILED : CLI_DONE;
	else if (err.text[0] == '\0')
		exit_status = status == HR_EUSAGE ? CLI_MISUSED : CLI_FAILED;
	else if (status == HR_EUSAGE && about == NULL)
		exit_status = cli_misuse(c, "%s", err.text);
	else
		exit_status = cli_fail(about, &err);
	release(&w);
	return exit_status;
}

static const struct own initial = {.db = "sweep.db"};

static const struct cli_option options[] = {
    {"gogc", 0, "LIST", CLI_LIST, offsetof(struct own, gogc), 0, CLI_IN_GC, "values of GOGC, such as 25,50,100,off"},
    {"memory-limit", 0, "LIST", CLI_LIST, offsetof(struct own, limits), 0, CLI_IN_GC,
     "memory limits, such as off,80%,512MiB; percentages are of the trace's peak in use or of --cgroup; "
     "100%..140%:10% is a range, with a step"},
    {"cgroup", 0, "FILE|SIZE", CLI_CGROUP, offsetof(struct own, cgroup_bytes), 0, CLI_IN_GC,
     "what percentages are of; a size, the file memory.max of a container, or its directory"},
    {"db", 0, "FILE", CLI_TEXT, offsetof(struct own, db), 0, CLI_IN_OUTPUT,
     "SQLite database of the results; runs that it has already are not made again (sweep.db)"},
    {"jsonl", 0, NULL, CLI_FLAG, offsetof(struct own, jsonl), 0, CLI_IN_OUTPUT,
     "print the rows as lines of JSON; those that were asked for, or without traces all"},
    {"csv", 0, NULL, CLI_FLAG, offsetof(struct own, csv), 0, CLI_IN_OUTPUT, "print them as CSV"},
    {"no-own", 0, NULL, CLI_FLAG, offsetof(struct own, no_own), 0, CLI_IN_POLICY,
     "no run under the program's own settings; one of each trace is made otherwise"},
    {"retry", 0, NULL, CLI_FLAG, offsetof(struct own, retry), 0, CLI_IN_OUTPUT, "make runs again that failed before",
     .rare = true},
    {"traces-from", 0, "FILE", CLI_TEXT, offsetof(struct own, traces_from), 0, CLI_IN_INPUT,
     "more traces, one a line; - is standard input"},
    {"fetch", 0, "COMMAND", CLI_TEXT, offsetof(struct own, fetch), 0, CLI_IN_INPUT,
     "shell command that gets a URL; it writes the trace to its standard output, and has {} for the URL"},
    {"shard", 0, "I/N", CLI_TEXT, offsetof(struct own, shard), 0, CLI_IN_INPUT,
     "only the I-th of N parts; by a hash of the traces' names; auto: that of a Slurm array's task; auto/N: of a "
     "Kubernetes Job's pod"},
    {"plan", 0, "N", CLI_NUMBER, offsetof(struct own, plan), 0, CLI_IN_OUTPUT,
     "print the commands of N shards; for GNU parallel, xargs or make; nothing is run"},
    {"merge", 0, "OUT.db", CLI_TEXT, offsetof(struct own, merge), 0, CLI_IN_OUTPUT,
     "put databases into OUT.db; nothing is run"},
    {"batch", 0, "N", CLI_COUNT, offsetof(struct own, batch), 0, CLI_IN_MODEL,
     "settings that one pass over a trace serves at most; memory grows with it (all)"},
    {.name = NULL},
};

const struct cli_command cli_sweep = {
    .name = "sweep",
    .args = "TRACE...",
    .least_args = 0,
    .most_args = INT_MAX,
    .summary = "many settings on many traces, into an SQLite database",
    .text = "Replays each trace under every combination of GOGC, memory limit and policy, with one decoding of\n"
	    "the trace for all of them, and under the program's own settings. Each run becomes a row of a\n"
	    "database, with the error bars of every metric. Runs that are there already are not made again, so\n"
	    "that a sweep which was stopped goes on where it was. --gogc and --memory-limit imply --gc model.\n",
    .examples = "heapreplay sweep --gogc 25,50,100,200,off app.trace\twhat other values of GOGC cost and save\n"
		"heapreplay sweep --gogc 50,100 --memory-limit off,80%,100%..140%:10% *.trace\twith memory limits\n"
		"heapreplay sweep -p go1.22,share=1%:2%:4% -p @go app.trace\tpolicies and their parameters\n"
		"heapreplay sweep --csv --db sweep.db\tall results as CSV\n"
		"heapreplay sweep --plan 8 --gogc 50,100 *.trace\ta command for each of eight processes\n"
		"heapreplay sweep --merge all.db sweep.db\tand their results in one database\n",
    .endings = "txt jsonl=jsonl csv=csv",
    .groups = CLI_REPLAYS | CLI_READS | CLI_JOBS | CLI_OUTPUT,
    .options = options,
    .own_size = sizeof(struct own),
    .own_initial = &initial,
    .run = run_sweep,
};
