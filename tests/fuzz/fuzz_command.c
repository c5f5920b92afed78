/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole commands on any trace: no crash, and an exit status of 0, 1 or 2. The
 * first byte of the input chooses the command, the rest is the trace. What the
 * commands print goes to /dev/null (libFuzzer: -close_fd_mask=3). Scripts of workloads
 * are read as traces are, and write a few events.
 */
#include "config.h"

#include "cmd/cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_WORDS 16

/* TRACE and OUT are the names of files. */
static const char *const commands[][MAX_WORDS] = {
    {"replay", "-q", "TRACE"},
    {"replay", "-q", "--json", "--series", "OUT", "--every", "1ms", "-p", "go1.19", "TRACE"},
    {"replay", "-q", "--json", "--gc", "model", "--gogc", "50", "TRACE"},
    {"replay", "-q", "-p", "go1.18", "--address-bits", "32", "TRACE"},
    {"replay", "-q", "-p", "decay", "--placement", "modelled", "--memory-limit", "64MiB", "TRACE"},
    {"compare", "-q", "-p", "go1.19", "-p", "none", "-p", "delay", "TRACE"},
    {"compare", "-q", "--json", "-p", "go1.22", "-p", "rate", "--fail-if", "release_calls>+10%", "TRACE"},
    {"compare", "-q", "--csv", "-p", "optimal", "-p", "eager", "TRACE"},
    {"heatmap", "--at", "50%", "TRACE"},
    {"heatmap", "--json", "TRACE"},
    {"explain", "TRACE"},
    {"info", "TRACE"},
    {"info", "--json", "TRACE"},
    {"info", "--by", "type", "--csv", "TRACE"},
    {"validate", "TRACE"},
    {"validate", "--json", "TRACE"},
    {"import", "-q", "-o", "OUT", "TRACE"},
    {"import", "-q", "--anonymize", "-o", "OUT", "TRACE"},
    {"export", "-o", "OUT", "TRACE"},
    {"export", "--spans", "-o", "OUT", "TRACE"},
    {"cut", "-q", "--from", "1ms", "--until", "1s", "-o", "OUT", "TRACE"},
    {"generate", "-q", "--script", "TRACE", "-o", "OUT", "events=2000"},
};

static char trace[] = "/tmp/heapreplay-fuzz-XXXXXX", out[] = "/tmp/heapreplay-fuzz-XXXXXX";

static void leave(void)
{
	unlink(trace);
	unlink(out);
}

/* A file of the process's own, filled anew each time. */
static int make_files(void)
{
	int fd = mkstemp(trace), fd2 = mkstemp(out);

	if (fd < 0 || fd2 < 0 || freopen("/dev/null", "w", stdout) == NULL)
		abort();
	close(fd2);
	atexit(leave);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char program[] = "heapreplay", copies[MAX_WORDS][32], *argv[MAX_WORDS + 2] = {program};
	const char *const *words;
	int argc = 1, status;

	if (size == 0)
		return 0;
	if (fd < 0)
		fd = make_files();
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data + 1, size - 1, 0) != (ssize_t)(size - 1))
		abort();
	words = commands[data[0] % (sizeof(commands) / sizeof(commands[0]))];
	for (unsigned i = 0; i < MAX_WORDS && words[i] != NULL; i++) {
		const char *word = strcmp(words[i], "TRACE") == 0 ? trace
				   : strcmp(words[i], "OUT") == 0 ? out
								  : words[i];

		snprintf(copies[i], sizeof(copies[i]), "%s", word);
		argv[argc++] = copies[i];
	}
	status = cli_main(argc, argv);
	if (status < 0 || status > 2)
		abort();
	return 0;
}
