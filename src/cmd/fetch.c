/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "cmd/fetching.h"

#include "base/print.h"
#include "base/spawn.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A scheme begins with a letter (RFC 3986): what a command takes for an option is no URL. */
bool cli_is_url(const char *name)
{
	const char *colon = strstr(name, "://");

	return colon != NULL && isalpha((unsigned char)name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") ==
		   (size_t)(colon - name);
}

/*
 * The command with "$1", which is the name, in place of each {}: in no quotes of the command's own is a name that
 * others have made up a part of the command. NULL: out of memory.
 */
static char *command_for(const char *command)
{
	char *text = NULL;
	size_t size;
	FILE *out = hr_open_text(&text, &size);
	const char *at = command, *next;
	bool named = false;

	if (out == NULL)
		return NULL;
	for (; (next = strstr(at, "{}")) != NULL; at = next + 2, named = true) {
		fwrite(at, 1, (size_t)(next - at), out);
		fputs("\"$1\"", out);
	}
	fputs(at, out);
	if (!named)
		fputs(" \"$1\"", out);
	hr_close_text(out, &text);
	return text;
}

/* It writes into the pipe. 0 or an errno. */
static int spawn(char *text, const char *name, int to, pid_t *child)
{
	char *const argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, text, (char[]){"sh"}, (char *)name, NULL};
	const int fds[3] = {HR_SPAWN_NULL, to, STDERR_FILENO};

	return hr_spawn(argv, fds, child);
}

enum hr_status cli_fetch_open(void *ctx, const char *name, char path[64], struct hr_error *err)
{
	struct cli_fetch *f = ctx;
	char *text = command_for(f->command);
	int ends[2], why;

	if (text == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	why = pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
	if (why == 0) {
		why = spawn(text, name, ends[1], &f->child);
		close(ends[1]);
		if (why != 0)
			close(ends[0]);
	}
	free(text);
	if (why != 0)
		return hr_error_set(err, HR_EIO, "cannot run the command of --fetch: %s", strerror(why));
	f->fd = ends[0];
	snprintf(path, 64, "/dev/fd/%d", f->fd);
	return HR_OK;
}

enum hr_status cli_fetch_close(void *ctx, struct hr_error *err)
{
	struct cli_fetch *f = ctx;
	int how = 0;

	/* A reader that has read enough closes the pipe; the command's SIGPIPE is then no failure. */
	close(f->fd);
	hr_spawn_wait(f->child, &how);
	if (WIFSIGNALED(how) && WTERMSIG(how) != SIGPIPE)
		return hr_error_set(err, HR_EIO, "the command of --fetch was ended by signal %d", WTERMSIG(how));
	if (WIFEXITED(how) && WEXITSTATUS(how) != 0)
		return hr_error_set(err, HR_EIO, "the command of --fetch failed with status %d", WEXITSTATUS(how));
	return HR_OK;
}
