/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "cmd/fetching.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool cli_is_url(const char *name)
{
	const char *colon = strstr(name, "://");

	return colon != NULL && colon > name && strcspn(name, "/") > (size_t)(colon - name);
}

/* 'name' for sh. */
static void put_quoted(FILE *out, const char *name)
{
	fputc('\'', out);
	for (; *name != '\0'; name++)
		if (*name == '\'')
			fputs("'\\''", out);
		else
			fputc(*name, out);
	fputc('\'', out);
}

/* The command with the name in place of each {}. NULL: out of memory. */
static char *command_for(const char *command, const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *at = command, *next;
	bool named = false, fine;

	if (out == NULL)
		return NULL;
	for (; (next = strstr(at, "{}")) != NULL; at = next + 2, named = true) {
		fwrite(at, 1, (size_t)(next - at), out);
		put_quoted(out, name);
	}
	fputs(at, out);
	if (!named) {
		fputc(' ', out);
		put_quoted(out, name);
	}
	fine = !ferror(out);
	if (fclose(out) == 0 && fine)
		return text;
	free(text);
	return NULL;
}

/* It writes into the pipe; signals that this program ignores (SIGPIPE) are none of its affair. 0 or an errno. */
static int spawn(char *text, int to, pid_t *child)
{
	char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, text, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int why = posix_spawn_file_actions_init(&files);

	if (why != 0)
		return why;
	why = posix_spawnattr_init(&attributes);
	if (why != 0) {
		posix_spawn_file_actions_destroy(&files);
		return why;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	why = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (why == 0)
		why = posix_spawn_file_actions_adddup2(&files, to, STDOUT_FILENO);
	if (why == 0)
		why = posix_spawn(child, "/bin/sh", &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return why;
}

enum hr_status cli_fetch_open(void *ctx, const char *name, char path[64], struct hr_error *err)
{
	struct cli_fetch *f = ctx;
	char *text = command_for(f->command, name);
	int ends[2], why;

	if (text == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	why = pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
	if (why == 0) {
		why = spawn(text, ends[1], &f->child);
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

	/* Who has read enough leaves; the command then fails with a broken pipe, which is no failure. */
	close(f->fd);
	while (waitpid(f->child, &how, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(how) && WTERMSIG(how) != SIGPIPE)
		return hr_error_set(err, HR_EIO, "the command of --fetch was ended by signal %d", WTERMSIG(how));
	if (WIFEXITED(how) && WEXITSTATUS(how) != 0)
		return hr_error_set(err, HR_EIO, "the command of --fetch failed with status %d", WEXITSTATUS(how));
	return HR_OK;
}
