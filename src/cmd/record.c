/* SPDX-License-Identifier: BSD-3-Clause */
/* record: a trace of a running Go program, with what the kernel and the program tell of its memory meanwhile. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"
#include "base/print.h"
#include "base/units.h"
#include "machine/clock.h"
#include "machine/fetch.h"
#include "machine/metrics.h"
#include "machine/process.h"
#include "report/output.h"
#include "trace/native/native.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

/* A sample may take this part of the time at most: the kernel stops the program's page faults meanwhile. */
enum { LEAST_PAUSES = 20 };

/* Of a header, and a little more. */
enum { LEAST_BYTES = 32 };

/* The options that this command alone has. */
struct own {
	unsigned seconds;
	uint64_t timeout_ns; /* 0: seconds + 30 s */
	uint64_t pid;
	uint64_t sample_ns;
	struct cli_list headers;
	const char *user, *ca_file, *trace;
	bool netrc, insecure;
};

struct recording {
	const struct cli_options *o;
	const struct own *own;
	struct hr_fetch_options fetching;
	struct hr_fetcher *fetcher;
	char *url, *metrics_url, *vars_url, *cmdline_url;
	char *shown, *shown_given; /* the URL, and as it was given, without what is secret of them: in messages */
	struct hr_process process;
	FILE *spool;	       /* the Go trace, as it comes; without a name */
	struct hr_output kept; /* and again, where --keep-trace says */
	uint64_t bytes, asked_ns, first_byte_ns;
	uint64_t seen_bytes, check_bytes, check_ns; /* when to look again whether there are heap events */
	bool checked;
	char head[8];
	struct hr_rss_sample *rss;
	size_t nrss, cap_rss;
	uint64_t slowest_ns; /* what one took */
	struct hr_note notes[HR_MAX_NOTES];
	unsigned nnotes;
	char program[sizeof(((struct hr_trace_meta *)0)->program)];
	bool no_memory, has_metrics, ended;
};

/* --- notes -------------------------------------------------------------------- */

static void note(struct recording *r, const char *key, const char *value)
{
	struct hr_note *n = &r->notes[r->nnotes];

	if (r->nnotes == HR_MAX_NOTES || value[0] == '\0')
		return;
	snprintf(n->key, sizeof(n->key), "%s", key);
	/* A note holds no control characters. */
	for (size_t i = 0; i + 1 < sizeof(n->value) && value[i] != '\0'; i++)
		n->value[i] = (unsigned char)value[i] < ' ' || value[i] == 127 ? ' ' : value[i];
	r->nnotes++;
}

static void note_number(struct recording *r, const char *key, uint64_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	if (n != HR_NOT_KNOWN)
		note(r, key, text);
}

static const char *noted(const struct recording *r, const char *key)
{
	for (unsigned i = 0; i < r->nnotes; i++)
		if (strcmp(r->notes[i].key, key) == 0)
			return r->notes[i].value;
	return NULL;
}

/* What the kernel knows of the process beside its memory. */
static void note_process(struct recording *r)
{
	static const char *const names[] = {"GODEBUG", "GOGC", "GOMEMLIMIT"};
	char value[sizeof(r->notes[0].value)];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (noted(r, names[i]) == NULL)
			note(r, names[i], hr_process_variable(&r->process, names[i], value, sizeof(value)));
	note_number(r, "cgroup-limit", hr_process_limit(&r->process));
	note_number(r, "binary-bytes", hr_process_binary_bytes(&r->process));
}

/*
 * What the program says of itself; that it says nothing (*text is NULL then) is no error. But what has no memory to hear it must
 * not write a recording without it.
 */
static enum hr_status ask(const struct recording *r, const char *url, size_t most, char **text, size_t *n,
			  struct hr_error *err)
{
	enum hr_status status = hr_fetch_text(r->fetcher, url, most, 10 * SECOND, text, n, err);

	return status == HR_ENOMEM ? status : HR_OK;
}

static enum hr_status note_metrics(struct recording *r, struct hr_error *err)
{
	struct hr_go_metrics m;
	char *text;
	size_t n;

	hr_go_metrics_parse("", &m);
	HR_TRY(ask(r, r->metrics_url, (size_t)1 << 22, &text, &n, err));
	if (text != NULL)
		hr_go_metrics_parse(text, &m);
	free(text);
	if (m.sys_bytes == HR_NOT_KNOWN || m.heap_sys_bytes == HR_NOT_KNOWN) {
		HR_TRY(ask(r, r->vars_url, (size_t)1 << 22, &text, &n, err));
		if (text != NULL)
			hr_go_vars_parse(text, n, &m);
		free(text);
	}
	note(r, "go", m.go_version);
	note_number(r, "GOGC", m.gogc_percent);
	note_number(r, "GOMEMLIMIT", m.memory_limit_bytes);
	note_number(r, "sys-bytes", m.sys_bytes);
	note_number(r, "heap-sys-bytes", m.heap_sys_bytes);
	r->has_metrics = m.rss_bytes != HR_NOT_KNOWN;
	return HR_OK;
}

static enum hr_status find_program(struct recording *r, struct hr_error *err)
{
	char *text;
	size_t n;

	HR_TRY(ask(r, r->cmdline_url, 1 << 16, &text, &n, err));
	if (text == NULL)
		return HR_OK;
	/* Words end with a 0. */
	for (size_t i = 0; i + 1 < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	snprintf(r->program, sizeof(r->program), "%s", text);
	free(text);
	return HR_OK;
}

/* --- while the trace comes ------------------------------------------------------- */

static void add_sample(struct recording *r, const struct hr_rss_sample *sample)
{
	if (!hr_reserve(&r->rss, &r->cap_rss, r->nrss + 1, sizeof(*r->rss)))
		r->no_memory = true;
	else
		r->rss[r->nrss++] = *sample;
}

static void beside_came(void *ctx, uint64_t asked_ns, uint64_t came_ns, const char *text)
{
	struct hr_rss_sample sample = {asked_ns + (came_ns - asked_ns) / 2,
				       HR_NOT_KNOWN,
				       HR_NOT_KNOWN,
				       HR_NOT_KNOWN,
				       HR_NOT_KNOWN,
				       HR_NOT_KNOWN,
				       HR_NOT_KNOWN};
	struct hr_go_metrics m;

	hr_go_metrics_parse(text, &m);
	sample.rss_bytes = m.rss_bytes;
	if (m.rss_bytes != HR_NOT_KNOWN)
		add_sample(ctx, &sample);
}

/*
 * Reads what has come so far. Whether there are heap events is known when the first generation is complete, after about
 * a second; what is no trace is known sooner.
 */
static enum hr_status check(struct recording *r, struct hr_error *err)
{
	const struct hr_reader_options options = {.want = HR_WANT_SPANS, .growing = true};
	struct hr_reader *reader;
	enum hr_status status;
	char path[32];

	if (fflush(r->spool) != 0)
		return hr_error_set(err, HR_EIO, "cannot write what comes: %s", strerror(errno));
	snprintf(path, sizeof(path), "/dev/fd/%d", fileno(r->spool));
	status = hr_reader_open(path, &options, &reader, err);
	if (status == HR_EINPUT && strstr(err->text, "no heap events") != NULL)
		return hr_error_set(
		    err, HR_EINPUT,
		    "no heap events come: start the program with GODEBUG=traceallocfree=1; or let it call "
		    "os.Setenv(\"GODEBUG\", \"traceallocfree=1\"), which replaces all of GODEBUG, before the "
		    "next recording begins");
	HR_TRY(status);
	r->checked = hr_reader_stats(reader)->generations > 0;
	hr_reader_close(reader);
	return HR_OK;
}

/* Time for it: there is twice as much as before, or what there is has waited. */
static enum hr_status check_now_and_then(struct recording *r, uint64_t now_ns, struct hr_error *err)
{
	if (r->checked || r->bytes < LEAST_BYTES || r->bytes == r->seen_bytes ||
	    (r->bytes < r->check_bytes && now_ns < r->check_ns))
		return HR_OK;
	r->seen_bytes = r->bytes;
	r->check_bytes = 2 * r->bytes;
	r->check_ns = now_ns + 2 * SECOND;
	return check(r, err);
}

static enum hr_status tick(void *ctx, uint64_t now_ns, uint64_t *next_ns, struct hr_error *err)
{
	struct recording *r = ctx;
	struct hr_rss_sample sample;
	uint64_t took_ns, pause_ns;

	cli_progress_update(r->bytes, 0, 0, now_ns - r->asked_ns);
	*next_ns = now_ns + SECOND / 5;
	HR_TRY(check_now_and_then(r, now_ns, err));
	if (r->own->pid == 0 || r->ended)
		return HR_OK;
	if (!hr_process_sample(&r->process, &sample, &took_ns)) {
		r->ended = true;
		return HR_OK;
	}
	add_sample(r, &sample);
	if (took_ns > r->slowest_ns)
		r->slowest_ns = took_ns;
	pause_ns = took_ns * LEAST_PAUSES;
	*next_ns = now_ns + (pause_ns > r->own->sample_ns ? pause_ns : r->own->sample_ns);
	return HR_OK;
}

static enum hr_status take_bytes(void *ctx, const void *at, size_t n, struct hr_error *err)
{
	struct recording *r = ctx;
	const uint64_t now_ns = hr_clock_ns();

	if (r->bytes == 0)
		r->first_byte_ns = now_ns;
	if (r->bytes < sizeof(r->head))
		memcpy(r->head + r->bytes, at, n < sizeof(r->head) - r->bytes ? n : sizeof(r->head) - r->bytes);
	if (fwrite(at, 1, n, r->spool) != n || (r->kept.file != NULL && fwrite(at, 1, n, r->kept.file) != n))
		return hr_error_set(err, HR_EIO, "cannot write what comes: %s", strerror(errno));
	r->bytes += n;
	if (r->bytes >= sizeof(r->head) && memcmp(r->head, "go 1.", 5) != 0)
		return hr_error_set(err, HR_EINPUT,
				    "what comes is no Go execution trace; is this the address of net/http/pprof?");
	return check_now_and_then(r, now_ns, err);
}

/* --- signals ------------------------------------------------------------------------ */

/* A handler has no context: the descriptor that it writes to. */
static volatile sig_atomic_t stop_fd = -1;

static void on_signal(int signal)
{
	const int error = errno;
	ssize_t ignored = write(stop_fd, "", 1);

	(void)signal;
	(void)ignored;
	errno = error;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { NSIGNALS = sizeof(signals) / sizeof(signals[0]) };

static void catch_signals(int fd, struct sigaction old[NSIGNALS])
{
	struct sigaction action = {.sa_handler = on_signal};

	stop_fd = fd;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < NSIGNALS; i++) {
		sigaction(signals[i], NULL, &old[i]);
		/* Keep ignoring signals that nohup or a background shell set to be ignored. */
		if (old[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

static void let_signals_go(const struct sigaction old[NSIGNALS])
{
	for (size_t i = 0; i < NSIGNALS; i++)
		sigaction(signals[i], &old[i], NULL);
}

/* --- the recording --------------------------------------------------------------------- */

/* The trace's end, as far as it is not as was asked for. The error of a broken connection is spent. */
static void tell_end(struct recording *r, enum hr_fetch_end end, const struct hr_error *err)
{
	struct hr_rss_sample last;
	uint64_t took_ns;
	char size[HR_UNIT_BUF], time[HR_UNIT_BUF];

	hr_format_bytes(size, r->bytes);
	hr_format_ns(time, hr_clock_ns() - r->asked_ns);
	if (end == HR_FETCH_BROKEN && r->own->pid != 0)
		r->ended |= !hr_process_sample(&r->process, &last, &took_ns);
	if (end == HR_FETCH_STOPPED)
		cli_warn(r->shown, "stopped after %s: the %s that came are used", time, size);
	else if (end == HR_FETCH_LATE)
		cli_warn(r->shown,
			 "warning: not complete after %s (--timeout): the %s that came are used; the Go "
			 "runtime sometimes hangs when a trace is stopped",
			 time, size);
	else if (end == HR_FETCH_BROKEN)
		cli_warn(r->shown, "warning: the connection broke after %s: %s; the %s that came are used%s", time,
			 err->text, size,
			 r->ended ? ". The program has ended: stopping a trace with heap events can crash it" : "");
}

static enum hr_status stream(struct recording *r, int stop, struct hr_error *err)
{
	const struct own *own = r->own;
	struct hr_fetch_watch watch = {
	    .ctx = r,
	    .bytes = take_bytes,
	    .tick = tick,
	    .beside = own->pid == 0 && r->has_metrics ? r->metrics_url : NULL,
	    .beside_every_ns = own->sample_ns > SECOND ? own->sample_ns : SECOND,
	    .beside_came = beside_came,
	    .stop_fd = stop,
	};
	enum hr_fetch_end end;
	enum hr_status status;

	cli_progress_start(NULL, r->o);
	r->asked_ns = hr_clock_ns();
	r->check_bytes = 1 << 16;
	r->check_ns = r->asked_ns + 3 * SECOND;
	watch.deadline_ns =
	    r->asked_ns + (own->timeout_ns != 0 ? own->timeout_ns : (own->seconds + UINT64_C(30)) * SECOND);
	status = hr_fetch_stream(r->fetcher, r->url, &watch, &end, err);
	cli_progress_end();
	HR_TRY(status);
	if (r->no_memory)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	if (r->bytes == 0)
		return hr_error_set(err, HR_EIO, "nothing came%s", end == HR_FETCH_LATE ? " in time" : "");
	tell_end(r, end, err);
	return HR_OK;
}

static enum hr_status stream_until_stopped(struct recording *r, struct hr_error *err)
{
	struct sigaction old[NSIGNALS];
	enum hr_status status;
	int fds[2];

	if (pipe(fds) != 0)
		return hr_error_set(err, HR_EIO, "cannot make a pipe: %s", strerror(errno));
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	catch_signals(fds[1], old);
	status = stream(r, fds[0], err);
	let_signals_go(old);
	close(fds[0]);
	close(fds[1]);
	return status;
}

/* What it does to the program, before it is done. */
static void tell_cost(const struct recording *r)
{
	const char *godebug = noted(r, "GODEBUG");

	if (r->o->quiet)
		return;
	if (r->own->pid != 0 && (godebug == NULL || strstr(godebug, "traceallocfree=1") == NULL))
		cli_warn(r->shown,
			 "process %" PRIu64 " was not started with GODEBUG=traceallocfree=1; unless it has set "
			 "that itself, the trace will have no heap events",
			 r->own->pid);
	cli_warn(r->shown,
		 "recording %u s; until then the program takes 30 to 40 %% more CPU time, and stopping such a trace "
		 "can crash it (Go runtime): record a canary. Ctrl-C stops and keeps what has come",
		 r->own->seconds);
}

static void tell_result(const struct recording *r, const struct hr_reader *reader)
{
	char size[HR_UNIT_BUF], time[HR_UNIT_BUF], events[HR_UNIT_BUF], took[HR_UNIT_BUF];

	if (r->o->quiet)
		return;
	cli_warn(r->o->output, "%s of Go trace, %s, %s events, %zu memory samples%s%s", hr_format_bytes(size, r->bytes),
		 hr_format_ns(time, hr_reader_stats(reader)->last_time_ns),
		 hr_format_count(events, hr_reader_stats(reader)->events_total), r->nrss,
		 r->slowest_ns != 0 ? ", the slowest took " : "",
		 r->slowest_ns != 0 ? hr_format_ns(took, r->slowest_ns) : "");
}

static enum hr_status convert(struct recording *r, struct hr_output *main, struct hr_error *err)
{
	const struct hr_reader_options reading = cli_native_reading(r->o);
	const struct cli_beside beside = {
	    .program = r->program,
	    .notes = r->notes,
	    .nnotes = r->nnotes,
	    .rss = r->rss,
	    .nrss = r->nrss,
	    .origin_ns = r->asked_ns,
	    .same_clock = r->own->pid != 0,
	};
	struct hr_reader *reader;
	enum hr_status status;
	char path[32];

	if (fflush(r->spool) != 0)
		return hr_error_set(err, HR_EIO, "cannot write what came: %s", strerror(errno));
	snprintf(path, sizeof(path), "/dev/fd/%d", fileno(r->spool));
	HR_TRY(hr_reader_open(path, &reading, &reader, err));
	status = cli_write_native_from(reader, r->o, r->shown, &beside, main->file, err);
	if (status == HR_OK && hr_reader_stats(reader)->events_total == 0)
		status =
		    hr_error_set(err, HR_EINPUT, "nothing of what came can be used; record longer than two seconds");
	if (status == HR_OK)
		tell_result(r, reader);
	hr_reader_close(reader);
	return status;
}

static enum hr_status open_spool(struct recording *r, struct hr_error *err)
{
	if (r->own->trace != NULL)
		HR_TRY(hr_output_open(&r->kept, r->own->trace, err));
	r->spool = tmpfile();
	if (r->spool == NULL)
		return hr_error_set(err, HR_EIO, "cannot make a temporary file: %s", strerror(errno));
	return HR_OK;
}

/* A copy without "name:password@", which logs of messages are not to keep. */
static enum hr_status without_user(const char *url, char **shown, struct hr_error *err)
{
	const char *scheme = strstr(url, "://"), *host = scheme != NULL ? scheme + 3 : url;
	const char *end = host + strcspn(host, "/?#"), *at = NULL;

	*shown = strdup(url);
	if (*shown == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (const char *c = host; c < end; c++)
		if (*c == '@')
			at = c;
	if (at != NULL)
		memmove(*shown + (host - url), at + 1, strlen(at + 1) + 1);
	return HR_OK;
}

static enum hr_status prepare(struct recording *r, const char *given, struct hr_error *err)
{
	HR_TRY(hr_fetcher_new(&r->fetching, &r->fetcher, err));
	HR_TRY(hr_fetch_url(r->fetcher, given, "/debug/pprof/trace", true, r->own->seconds, &r->url, err));
	HR_TRY(without_user(r->url, &r->shown, err));
	HR_TRY(hr_fetch_url(r->fetcher, given, "/debug/pprof/cmdline", false, 0, &r->cmdline_url, err));
	HR_TRY(hr_fetch_url(r->fetcher, given, "/metrics", false, 0, &r->metrics_url, err));
	HR_TRY(hr_fetch_url(r->fetcher, given, "/debug/vars", false, 0, &r->vars_url, err));
	if (r->own->pid != 0)
		HR_TRY(hr_process_open(&r->process, r->own->pid, err));
	HR_TRY(find_program(r, err));
	HR_TRY(note_metrics(r, err));
	if (r->own->pid != 0)
		note_process(r);
	note(r, "rss-from", r->own->pid != 0 ? "smaps_rollup" : r->has_metrics ? "metrics" : "");
	return HR_OK;
}

/* Go's own trace is kept whatever becomes of it. */
static enum hr_status keep(struct recording *r, enum hr_status status, const char **about, struct hr_error *err)
{
	struct hr_error second;
	const enum hr_status kept = r->bytes > 0 && r->own->trace != NULL ? hr_output_commit(&r->kept, &second) : HR_OK;

	if (status != HR_OK || kept == HR_OK)
		return status;
	*about = NULL;
	*err = second;
	return kept;
}

/* *about: what an error is about. */
static enum hr_status record(struct recording *r, const char *given, const char **about, struct hr_error *err)
{
	struct hr_output main = {0};
	enum hr_status status;

	*about = NULL;
	status = hr_output_open(&main, r->o->output, err);
	if (status == HR_OK)
		status = open_spool(r, err);
	if (status == HR_OK)
		status = hr_output_differ(&main, &r->kept, err);
	if (status == HR_OK)
		status = without_user(given, &r->shown_given, err);
	if (status == HR_OK) {
		*about = r->shown_given;
		status = prepare(r, given, err);
	}
	if (status == HR_OK) {
		tell_cost(r);
		status = stream_until_stopped(r, err);
	}
	if (status == HR_OK)
		status = convert(r, &main, err);
	status = keep(r, status, about, err);
	if (status == HR_OK) {
		*about = NULL;
		status = hr_output_commit(&main, err);
	}
	hr_output_abandon(&main);
	return status;
}

static void release(struct recording *r)
{
	hr_output_abandon(&r->kept);
	if (r->spool != NULL)
		fclose(r->spool);
	hr_fetcher_free(r->fetcher);
	free(r->url);
	free(r->shown);
	free(r->metrics_url);
	free(r->vars_url);
	free(r->cmdline_url);
	free(r->rss);
}

static int run_record(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	const struct own *own = o->own;
	struct recording r = {
	    .o = o,
	    .own = own,
	    .fetching = {own->headers.at, own->user, own->ca_file, own->netrc, own->insecure},
	};
	struct hr_error err;
	const char *about;
	enum hr_status status;
	int exit_status;

	(void)argc;
	if (o->output == NULL)
		return cli_misuse(c, "missing -o FILE, or -o - for standard output");
	if (o->level > HR_NATIVE_MAX_LEVEL)
		return cli_misuse(c, "--level takes a number from %d to %d", HR_NATIVE_MIN_LEVEL, HR_NATIVE_MAX_LEVEL);
	if (own->seconds > 3600 || own->sample_ns < SECOND / 1000)
		return cli_misuse(c, own->seconds > 3600 ? "--seconds takes a number from 1 to 3600"
							 : "--sample-every takes a time of 1ms or more");
	status = record(&r, argv[0], &about, &err);
	release(&r);
	exit_status = status == HR_OK ? CLI_DONE : cli_fail(about, &err);
	free(r.shown_given);
	return exit_status;
}

#define OWN(field) offsetof(struct own, field), 0

static const struct cli_option options[] = {
    {"seconds", 's', "N", CLI_COUNT, OWN(seconds), CLI_IN_INPUT, "how long to record, 1 to 3600 (30)"},
    {"pid", 0, "PID", CLI_NUMBER, OWN(pid), CLI_IN_INPUT,
     "the program's process, if it runs on this machine: its RSS, control group and settings are recorded, too"},
    {"sample-every", 0, "TIME", CLI_TIME, OWN(sample_ns), CLI_IN_INPUT,
     "time between two memory samples of --pid, if that takes no more than a 20th of it; at least a second where they "
     "come from the server's /metrics (100ms)"},
    {"timeout", 0, "TIME", CLI_TIME, OWN(timeout_ns), CLI_IN_INPUT,
     "give up after this time, and use what came (--seconds and 30s)"},
    {"header", 'H', "HEADER", CLI_LIST, OWN(headers), CLI_IN_INPUT,
     "sent with each request, as 'Name: value'; repeatable"},
    {"user", 0, "NAME:PASSWORD", CLI_TEXT, OWN(user), CLI_IN_INPUT,
     "HTTP authentication; other users of this machine can see it, unlike what --netrc reads"},
    {"netrc", 0, NULL, CLI_FLAG, OWN(netrc), CLI_IN_INPUT, "names and passwords from ~/.netrc"},
    {"ca-file", 0, "FILE", CLI_TEXT, OWN(ca_file), CLI_IN_INPUT, "certificates to trust (the system's)"},
    {"insecure", 0, NULL, CLI_FLAG, OWN(insecure), CLI_IN_INPUT, "do not check the server's certificate"},
    {"keep-trace", 0, "FILE", CLI_TEXT, OWN(trace), CLI_IN_OUTPUT, "write Go's own trace to FILE, too"},
    {.name = NULL},
};

static const struct own initial = {.seconds = 30, .sample_ns = SECOND / 10};

const struct cli_command cli_record = {
    .name = "record",
    .args = "URL",
    .least_args = 1,
    .most_args = 1,
    .summary = "record a running Go program through net/http/pprof",
    .text =
	"Fetches an execution trace from a running Go program, and meanwhile samples its memory: with --pid from\n"
	"the kernel, else from the server's /metrics, where it has them. All of it goes into one native trace. URL is\n"
	"that of the server, or of its trace; without a path /debug/pprof/trace is added. The program must have\n"
	"been started with GODEBUG=traceallocfree=1; if the heap events are missing, record says so after a second\n"
	"or two and ends. What has come when the program dies, hangs or Ctrl-C is pressed is kept.\n",
    .examples = "heapreplay record localhost:6060 -o app.hrt\ta trace of 30 seconds\n"
		"heapreplay record localhost:6060 --pid $(pidof app) -o app.hrt\twith its RSS, ten times a second\n"
		"heapreplay record -s 60 -H \"Authorization: Bearer $TOKEN\" https://app.example.com -o "
		"app.hrt\tbehind a proxy\n",
    .endings = "hrt",
    .groups = CLI_SHARES | CLI_COPIES | CLI_NATIVE | CLI_OUTPUT | CLI_QUIET,
    .options = options,
    .own_size = sizeof(struct own),
    .own_initial = &initial,
    .run = run_record,
};
