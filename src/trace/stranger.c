/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Most files that people try are profiles, which hold sums and not events. A
 * table recognises them by marks in their first bytes.
 */
#include "config.h"

#include "trace/stranger.h"

#include "base/find.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAX_SHOWN 60

#define GO_TRACE "record an execution trace with GODEBUG=traceallocfree=1"
#define MALLOCS "record with heaptrack -r, or with another tool of heapreplay-trace(5)"

struct mark {
	const char *text;
	size_t length;
	long at; /* ANYWHERE in the head, at the BEGIN of a line, or at that byte */
	const char *what;
};

enum { ANYWHERE = -1, BEGIN = -2 };

#define MARK(text, at, what)                                                                                           \
	{                                                                                                              \
		text, sizeof(text) - 1, at, what                                                                       \
	}

/* Those that say most come first. */
static const struct mark marks[] = {
    MARK("\xff\xfe", 0, "text in UTF-16, as PowerShell's > writes it: turn it into UTF-8 (iconv -f UTF-16 -t UTF-8)"),
    MARK("\xfe\xff", 0, "text in UTF-16: turn it into UTF-8 (iconv -f UTF-16 -t UTF-8)"),
    MARK("ustar", 257, "a tar archive: unpack it and give one of the files in it"),
    MARK("7z\xbc\xaf\x27\x1c", 0, "a 7-Zip archive: unpack it first"),
    MARK("Rar!\x1a\x07", 0, "a RAR archive: unpack it first"),
    MARK("\x7f"
	 "ELF",
	 0, "a program, a library or a core dump: run it under a tracer; " MALLOCS),
    MARK("PERFILE2", 0, "data of perf record: " MALLOCS),
    MARK("\xc1\x1f\xfc\xc1", 0,
	 "a stream of LTTng's binary form: give what babeltrace2 prints of the trace's directory"),
    MARK("HTTP/1.", 0, "an answer of a web server with its header: save the body alone (curl -o, without -i)"),
    MARK("<!DOCTYPE", 0, "a web page: the address gave no trace"),
    MARK("<!doctype", 0, "a web page: the address gave no trace"),
    MARK("<html", 0, "a web page: the address gave no trace"),
    MARK("404 page not found", 0, "the error of a web server without net/http/pprof, or at another address"),
    MARK("Could not enable tracing", 0, "the error of /debug/pprof/trace: another trace was running"),
    MARK("{\"dhatFileVersion\"", ANYWHERE, "a profile of valgrind's DHAT, which holds sums: " MALLOCS),
    MARK("desc: --", BEGIN, "a profile of valgrind's massif, which holds sums: " MALLOCS),
    MARK("heap_v2/", BEGIN, "a heap profile of jemalloc (jeprof), which holds samples and sums: " MALLOCS),
    MARK("MOST CALLS TO ALLOCATION FUNCTIONS", ANYWHERE, "what heaptrack_print prints: give heaptrack's own file"),
    MARK("- please wait, this might take some time", ANYWHERE,
	 "what heaptrack_print prints: give heaptrack's own file"),
    MARK("heap profile:", BEGIN,
	 "a heap profile as text (pprof, gperftools), which holds sums: for a Go program, " GO_TRACE
	 "; for others " MALLOCS),
    MARK("goroutine profile:", BEGIN, "a goroutine profile: " GO_TRACE),
    MARK("\"traceEvents\"", ANYWHERE, "a trace in Chrome's form, as go tool trace makes it: give the execution trace"),
    MARK(" probe_", ANYWHERE,
	 "what perf script prints, whose fields depend on the probes; record with the bpftrace script of "
	 "heapreplay-trace(5)"),
    MARK(" probes...\n", ANYWHERE,
	 "what some bpftrace script prints; use the one of heapreplay-trace(5), whose lines heapreplay reads"),
    MARK(" MB goal", ANYWHERE,
	 "a log of gctrace alone, which tells collections and no allocations: " GO_TRACE
	 "; the log goes beside a page trace with --gc-log"),
    MARK("% util", ANYWHERE, "a log of scavtrace alone: give a trace, and the log to validate with --log"),
    MARK("== HEAP SUMMARY:", ANYWHERE, "a log of valgrind without its calls: add --trace-malloc=yes"),
    MARK("\"heapreplay\"", ANYWHERE,
	 "what heapreplay itself printed as JSON: give the trace; compare and plot take saved runs"),
};

static bool at_line(const uint8_t *head, size_t n, const struct mark *m)
{
	for (const uint8_t *p = head; p != NULL && n - (size_t)(p - head) >= m->length;) {
		if (memcmp(p, m->text, m->length) == 0)
			return true;
		p = memchr(p, '\n', n - (size_t)(p - head));
		p = p != NULL ? p + 1 : NULL;
	}
	return false;
}

static bool has(const uint8_t *head, size_t n, const struct mark *m)
{
	if (m->at == ANYWHERE)
		return hr_find(head, n, m->text, m->length) != NULL;
	if (m->at == BEGIN)
		return at_line(head, n, m);
	return n >= (size_t)m->at + m->length && memcmp(head + m->at, m->text, m->length) == 0;
}

/* Latin letters in UTF-16 without a mark: every other byte is 0. */
static bool is_utf16(const uint8_t *head, size_t n)
{
	size_t even = 0, odd = 0, look = n < 64 ? n & ~(size_t)1 : 64;

	for (size_t i = 0; i < look; i += 2) {
		even += head[i] == 0 && head[i + 1] >= ' ';
		odd += head[i + 1] == 0 && (head[i] >= ' ' || head[i] == '\n');
	}
	return look >= 8 && (even == look / 2 || odd == look / 2);
}

/*
 * A profile.proto (github.com/google/pprof): a message whose field 1, a message
 * too, has a type and a unit as numbers of strings, several times.
 */
static bool is_pprof(const uint8_t *head, size_t n)
{
	size_t at = 0, types = 0;

	while (at + 4 <= n && head[at] == 0x0a && head[at + 1] >= 4 && head[at + 1] <= 8 && head[at + 2] == 0x08) {
		at += 2 + (size_t)head[at + 1];
		types++;
	}
	return types > 0 && at < n && (head[at] == 0x12 || head[at] == 0x1a);
}

static const char *what_is(const uint8_t *head, size_t n)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (has(head, n, &marks[i]))
			return marks[i].what;
	if (is_utf16(head, n))
		return marks[1].what;
	if (is_pprof(head, n))
		return "a profile of pprof, which holds samples and sums: for a Go program, " GO_TRACE
		       "; for others " MALLOCS;
	return NULL;
}

/* The first line with something in it, as ASCII; false: there is none that says something. */
static bool first_line(const uint8_t *head, size_t n, char shown[MAX_SHOWN + 4])
{
	for (const uint8_t *p = head, *end; p < head + n; p = end + 1) {
		size_t used = 0, printable = 0;

		end = memchr(p, '\n', (size_t)(head + n - p));
		if (end == NULL)
			end = head + n;
		while (p < end && (*p <= ' ' || *p > '~'))
			p++;
		for (; p < end && used < MAX_SHOWN; p++) {
			printable += *p >= ' ' && *p <= '~';
			shown[used++] = *p >= ' ' && *p <= '~' ? (char)*p : '?';
		}
		while (p == end && used > 0 && (shown[used - 1] == ' ' || shown[used - 1] == '?'))
			used--;
		if (used < 4 || printable * 4 < used * 3)
			continue;
		strcpy(shown + used, p < end ? "..." : "");
		return true;
	}
	return false;
}

const char *hr_stranger(const uint8_t *head, size_t n, char *buf, size_t size)
{
	const char *what = what_is(head, n);
	char shown[MAX_SHOWN + 4];
	int used;

	if (what != NULL)
		used = snprintf(buf, size, "not a trace of a known format but %s", what);
	else
		used = snprintf(
		    buf, size,
		    "not a trace of a known format: expected a Go execution trace (recorded with "
		    "GODEBUG=traceallocfree=1), a Go page trace, a recording of malloc (heaptrack, Android, mtrace, "
		    "valgrind, ltrace and others) or a text that begins with \"# heapreplay-trace 1\"; "
		    "heapreplay-trace(5) says how to record them");
	if (used > 0 && (size_t)used < size && first_line(head, n, shown))
		snprintf(buf + used, size - (size_t)used, "; its first line is: %s", shown);
	return buf;
}
