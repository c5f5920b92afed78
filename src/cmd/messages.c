/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages on standard error, all in one form. */
#include "config.h"

#include "cmd/cli.h"

#include "base/print.h"
#include "base/units.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void put_name(const char *file)
{
	hr_put_text(stderr, strcmp(file, "-") == 0 ? "standard input" : file);
}

bool cli_reader_is_gone(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

/* Where the system bounds what may be allocated, as --max-memory has it do. */
static void print_memory_bound(void)
{
	struct rlimit limit;
	char buf[HR_UNIT_BUF];

	if (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		hr_print(stderr, "; --max-memory (or ulimit -d) allows %s", hr_format_bytes(buf, limit.rlim_cur));
}

int cli_fail(const char *file, const struct hr_error *err)
{
	cli_progress_end();
	if (err->status == HR_EIO && file == NULL && cli_reader_is_gone())
		return CLI_FAILED;
	fputs("heapreplay: ", stderr);
	if (file != NULL) {
		put_name(file);
		fputs(": ", stderr);
	}
	if (err->line != 0)
		fprintf(stderr, "line %" PRIu64 ": ", err->line);
	else if (err->offset != HR_NO_OFFSET)
		fprintf(stderr, "byte %" PRIu64 ": ", err->offset);
	hr_print(stderr, "%s", err->text);
	if (err->status == HR_ENOMEM)
		print_memory_bound();
	fputc('\n', stderr);
	return err->status == HR_EUSAGE ? CLI_MISUSED : CLI_FAILED;
}

int cli_misuse(const struct cli_command *c, const char *fmt, ...)
{
	va_list ap;

	hr_print(stderr, "heapreplay%s%s: ", c ? " " : "", c ? c->name : "");
	va_start(ap, fmt);
	hr_vprint(stderr, fmt, ap);
	va_end(ap);
	hr_print(stderr, "; see 'heapreplay %s%s--help'\n", c ? c->name : "", c ? " " : "");
	return CLI_MISUSED;
}

void cli_warn(const char *file, const char *fmt, ...)
{
	va_list ap;

	cli_progress_clear();
	fputs("heapreplay: ", stderr);
	if (file != NULL) {
		put_name(file);
		fputs(": ", stderr);
	}
	va_start(ap, fmt);
	hr_vprint(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void cli_print_damage(const struct hr_page *p, const struct hr_damage *d)
{
	char text[HR_DAMAGE_BUF];

	if (hr_damaged(d))
		hr_page_text(p, 0, "DAMAGED: %s; the figures are those of what is left", hr_damage_text(text, d));
}

void cli_warn_cut(const struct cli_options *o, const char *file, const struct hr_trace_stats *stats)
{
	const struct hr_damage d = hr_damage_of(stats);

	*o->damaged |= hr_damaged(&d);
	if (stats->cut)
		cli_warn(file, "warning: byte %" PRIu64 ": the trace is cut off here: %s", stats->cut_offset,
			 stats->cut_what);
	if (stats->lost_what[0] != '\0')
		cli_warn(file, "warning: byte %" PRIu64 ": %s", stats->lost_offset, stats->lost_what);
}

/* Anomalies after which a trace is not quite what happened. The others lose nothing: a guess is told by `info`. */
static const enum hr_anomaly harmful[] = {
    HR_ANOMALY_UNKNOWN_FREE, HR_ANOMALY_OVER_LIVE,  HR_ANOMALY_ABSURD_SIZE, HR_ANOMALY_BAD_LINE,
    HR_ANOMALY_OPEN_CALL,    HR_ANOMALY_CLOCK_BACK, HR_ANOMALY_SHARED_TICK, HR_ANOMALY_IMPOSSIBLE_VALUE,
};

void cli_warn_trace(const struct cli_options *o, const char *file, const struct hr_trace_stats *stats)
{
	enum hr_anomaly most = harmful[0];
	uint64_t sum = 0;
	char a[HR_UNIT_BUF], b[HR_UNIT_BUF];

	cli_warn_cut(o, file, stats);
	if (stats->anomalies[HR_ANOMALY_LOST_BLOCK] > (stats->lost_what[0] != '\0'))
		cli_warn(file, "warning: %s %s", hr_format_count(a, stats->anomalies[HR_ANOMALY_LOST_BLOCK]),
			 hr_anomaly_text(HR_ANOMALY_LOST_BLOCK));
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
		sum += stats->anomalies[harmful[i]];
		if (stats->anomalies[harmful[i]] > stats->anomalies[most])
			most = harmful[i];
	}
	if (sum > stats->events_total / 100)
		cli_warn(file,
			 "warning: %s of %s events are lost or inconsistent, most of them %s; see 'heapreplay info'",
			 hr_format_count(a, sum), hr_format_count(b, stats->events_total), hr_anomaly_text(most));
}

void cli_print_complaints(const char *who, const char *text)
{
	bool fresh = true;

	while (*text != '\0') {
		char shown[HR_SHOWN_CHAR];
		char c = *text;

		if (fresh && c != '\n')
			hr_print(stderr, "%s: ", who);
		if (!fresh && c == '\n')
			fputc('\n', stderr);
		fresh = c == '\n';
		text += hr_text_show(text, shown);
		if (!fresh)
			fputs(c == '\t' ? "\t" : shown, stderr);
	}
	if (!fresh)
		fputc('\n', stderr);
}

void cli_print_assumed(FILE *out, const struct hr_trace_stats *stats)
{
	for (unsigned i = 0; i < stats->nassumed; i++)
		hr_print(out, "assumed: %s\n", stats->assumed[i]);
}
