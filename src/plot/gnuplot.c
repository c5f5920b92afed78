/* SPDX-License-Identifier: BSD-3-Clause */
/* Running gnuplot; see gnuplot.h. */
#include "config.h"

#include "plot/gnuplot.h"

#include "base/nameless.h"
#include "base/print.h"
#include "base/spawn.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Pictures are at most some MB; more comes from a script gone wild. */
#define MAX_PICTURE_BYTES ((off_t)512 << 20)
#define MAX_COMPLAINT_BYTES ((off_t)64 << 10)

/* What a run of gnuplot reads and writes: files without names. */
enum { SCRIPT, PICTURE, COMPLAINTS, NFILES };

struct run {
	int fds[NFILES]; /* -1: not open; they become the descriptors 0, 1, 2 of gnuplot */
};

static enum hr_status no_temporary(const char *what, int why, struct hr_error *err)
{
	return hr_error_set(err, HR_EIO, "cannot %s a temporary file in %s: %s; set TMPDIR to a directory with room",
			    what, hr_nameless_directory(), strerror(why));
}

static enum hr_status open_files(struct run *r, struct hr_error *err)
{
	for (int i = 0; i < NFILES; i++)
		r->fds[i] = -1;
	for (int i = 0; i < NFILES; i++) {
		r->fds[i] = hr_nameless_open();
		if (r->fds[i] < 0)
			return no_temporary("create", errno, err);
	}
	return HR_OK;
}

static void close_files(struct run *r)
{
	for (int i = 0; i < NFILES; i++)
		if (r->fds[i] >= 0)
			close(r->fds[i]);
}

static enum hr_status write_script(int fd, const char *script, size_t n, struct hr_error *err)
{
	while (n > 0) {
		ssize_t some = write(fd, script, n);

		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0)
			return no_temporary("write", some < 0 ? errno : ENOSPC, err);
		script += some;
		n -= (size_t)some;
	}
	return lseek(fd, 0, SEEK_SET) == 0 ? HR_OK : no_temporary("read", errno, err);
}

/* All of a file, up to a limit. */
static enum hr_status read_back(int fd, off_t limit, struct hr_blob *to, struct hr_error *err)
{
	off_t size = lseek(fd, 0, SEEK_END);
	size_t want;

	if (size < 0)
		return no_temporary("read", errno, err);
	want = (size_t)(size < limit ? size : limit);
	to->at = malloc(want + 1);
	if (to->at == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (to->n = 0; to->n < want;) {
		ssize_t some = pread(fd, to->at + to->n, want - to->n, (off_t)to->n);

		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0)
			return no_temporary("read", some < 0 ? errno : EIO, err);
		to->n += (size_t)some;
	}
	to->at[to->n] = '\0';
	return HR_OK;
}

/*
 * gnuplot reads its standard input byte by byte, but a file that it is given by name in
 * blocks, so where the system has names for open files it gets the script by that name.
 * Without its debug mode, cairo 1.18 compresses the date in a PDF together with other
 * objects, where it can't be replaced. 0 or an errno.
 */
static int spawn(const struct run *r, pid_t *child)
{
	char own_input[] = "/dev/fd/0";
	char *const argv[] = {(char[]){"env"},
			      (char[]){"CAIRO_DEBUG_PDF=1"},
			      (char[]){"gnuplot"},
			      (char[]){"--default-settings"},
			      access("/dev/fd", X_OK) == 0 ? own_input : NULL,
			      NULL};

	return hr_spawn(argv, r->fds, child);
}

static enum hr_status is_missing(struct hr_error *err)
{
	return hr_error_set(err, HR_EIO,
			    "there is no gnuplot on PATH; install it (Debian: apt-get install gnuplot-nox)");
}

/* *missing: env says so that there was nothing to run. */
static enum hr_status wait_for(pid_t child, bool *missing, struct hr_error *err)
{
	int how, why = hr_spawn_wait(child, &how);

	if (why != 0)
		return hr_error_set(err, HR_EIO, "cannot wait for gnuplot: %s", strerror(why));
	if (WIFSIGNALED(how))
		return hr_error_set(err, HR_EIO, "gnuplot was killed by signal %d (%s)", WTERMSIG(how),
				    strsignal(WTERMSIG(how)));
	*missing = WEXITSTATUS(how) == 127;
	if (*missing)
		return is_missing(err);
	if (WEXITSTATUS(how) != 0)
		return hr_error_set(err, HR_EIO, "gnuplot failed (status %d)", WEXITSTATUS(how));
	return HR_OK;
}

static enum hr_status run(struct run *r, const char *script, size_t n, struct hr_blob *picture,
			  struct hr_blob *complaints, struct hr_error *err)
{
	enum hr_status status;
	struct stat st;
	pid_t child;
	bool missing = false;
	int why;

	HR_TRY(open_files(r, err));
	HR_TRY(write_script(r->fds[SCRIPT], script, n, err));
	why = spawn(r, &child);
	if (why == ENOENT)
		return is_missing(err);
	if (why != 0)
		return hr_error_set(err, HR_EIO, "cannot start gnuplot: %s", strerror(why));
	status = wait_for(child, &missing, err);
	if (missing)
		return status;
	if (read_back(r->fds[COMPLAINTS], MAX_COMPLAINT_BYTES, complaints, status == HR_OK ? err : NULL) != HR_OK)
		return status == HR_OK ? HR_EIO : status;
	HR_TRY(status);
	if (fstat(r->fds[PICTURE], &st) != 0 || st.st_size == 0)
		return hr_error_set(err, HR_EIO, "gnuplot drew nothing");
	if (st.st_size > MAX_PICTURE_BYTES)
		return hr_error_set(err, HR_EIO, "gnuplot wrote more than 512 MiB");
	return read_back(r->fds[PICTURE], MAX_PICTURE_BYTES, picture, err);
}

enum hr_status hr_gnuplot_run(const char *script, size_t n, struct hr_blob *picture, struct hr_blob *complaints,
			      struct hr_error *err)
{
	enum hr_status status;
	struct run r;

	*picture = *complaints = (struct hr_blob){0};
	status = run(&r, script, n, picture, complaints, err);
	close_files(&r);
	return status;
}

void hr_gnuplot_string(FILE *out, const char *text)
{
	char shown[HR_SHOWN_CHAR];

	fputc('\'', out);
	while (*text != '\0') {
		text += hr_text_show(text, shown);
		if (shown[0] == '\'')
			fputc('\'', out);
		fputs(shown, out);
	}
	fputc('\'', out);
}
