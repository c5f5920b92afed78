/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum hr_status cannot(struct hr_output *o, const char *what, struct hr_error *err)
{
	enum hr_status status =
	    hr_error_set(err, HR_EIO, "cannot %s %s: %s", what, o->path ? o->path : "standard output", strerror(errno));

	hr_output_abandon(o);
	return status;
}

/* The permissions that open(2) would give a new file. */
static mode_t new_file_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* A file in the folder of path that has no name yet, or the name o->temporary; -1: errno says why not. */
static int open_temporary(struct hr_output *o, const char *path)
{
	char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
	int fd = -1;

	if (slash != NULL)
		slash[slash == folder] = '\0';
	if (folder != NULL)
		fd = open(slash ? folder : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	free(folder);
	if (fd < 0) {
		fd = mkstemp(o->temporary);
		o->named = fd >= 0;
	}
	return fd;
}

/* Gives the complete file its temporary name, if it has none, and then its own. */
static int put_in_place(struct hr_output *o)
{
	char self[64];

	if (!o->named) {
		int fd;

		/* A name that nobody has: made by mkstemp, and free again for a moment. */
		fd = mkstemp(o->temporary);
		if (fd < 0)
			return -1;
		close(fd);
		unlink(o->temporary);
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(o->file));
		if (linkat(AT_FDCWD, self, AT_FDCWD, o->temporary, AT_SYMLINK_FOLLOW) != 0)
			return -1;
		o->named = true;
	}
	if (rename(o->temporary, o->path) != 0)
		return -1;
	o->named = false;
	return 0;
}

enum hr_status hr_output_open(struct hr_output *o, const char *path, struct hr_error *err)
{
	struct stat st = {0};
	size_t len;
	bool exists;
	int fd;

	memset(o, 0, sizeof(*o));
	if (path == NULL || strcmp(path, "-") == 0) {
		o->file = stdout;
		return HR_OK;
	}
	o->path = strdup(path);
	if (o->path == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	exists = stat(path, &st) == 0;
	if (exists && !S_ISREG(st.st_mode)) {
		o->file = fopen(path, "w");
		return o->file ? HR_OK : cannot(o, "open", err);
	}
	len = strlen(path) + sizeof(".XXXXXX");
	o->temporary = malloc(len);
	if (o->temporary == NULL) {
		hr_output_abandon(o);
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	snprintf(o->temporary, len, "%s.XXXXXX", path);
	fd = open_temporary(o, path);
	if (fd < 0)
		return cannot(o, "create", err);
	if (fchmod(fd, exists ? st.st_mode & 07777 : new_file_mode()) != 0 || (o->file = fdopen(fd, "w")) == NULL) {
		int why = errno;
		close(fd);
		errno = why;
		return cannot(o, "create", err);
	}
	return HR_OK;
}

enum hr_status hr_output_commit(struct hr_output *o, struct hr_error *err)
{
	FILE *f = o->file;

	if (f == NULL)
		return HR_OK;
	if (fflush(f) != 0 || ferror(f))
		return cannot(o, "write", err);
	if (o->temporary != NULL && put_in_place(o) != 0)
		return cannot(o, "create", err);
	if (o->path != NULL) {
		o->file = NULL;
		if (fclose(f) != 0)
			return cannot(o, "write", err);
	}
	o->file = NULL;
	hr_output_abandon(o);
	return HR_OK;
}

void hr_output_abandon(struct hr_output *o)
{
	if (o->file != NULL && o->path != NULL)
		fclose(o->file);
	if (o->named)
		unlink(o->temporary);
	free(o->temporary);
	free(o->path);
	memset(o, 0, sizeof(*o));
}
