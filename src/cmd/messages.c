/* What the program says on standard error, in one form. */
#include "config.h"

#include "cmd/cli.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* A file's name comes from outside: no control characters to the terminal. */
static void put_name(const char *file)
{
	if (strcmp(file, "-") == 0)
		file = "standard input";
	for (; *file != '\0'; file++)
		fputc(iscntrl((unsigned char)*file) ? '?' : *file, stderr);
}

int cli_fail(const char *file, const struct hr_error *err)
{
	cli_progress_end();
	fputs("heapreplay: ", stderr);
	if (file != NULL) {
		put_name(file);
		fputs(": ", stderr);
	}
	if (err->line != 0)
		fprintf(stderr, "line %" PRIu64 ": ", err->line);
	else if (err->offset != HR_NO_OFFSET)
		fprintf(stderr, "byte %" PRIu64 ": ", err->offset);
	fprintf(stderr, "%s\n", err->text);
	return err->status == HR_EUSAGE ? CLI_MISUSED : CLI_FAILED;
}

int cli_misuse(const struct cli_command *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "heapreplay%s%s: ", c ? " " : "", c ? c->name : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see 'heapreplay %s%s--help'\n", c ? c->name : "", c ? " " : "");
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
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void cli_warn_cut(const char *file, const struct hr_trace_stats *stats)
{
	if (stats->cut)
		cli_warn(file, "warning: byte %" PRIu64 ": the trace is cut off here: %s", stats->cut_offset,
			 stats->cut_what);
}
