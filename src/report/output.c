/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* O_TMPFILE */
#include "config.h"

#include "report/output.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINKS 40	   /* what Linux follows */
#define MAX_TEMPORARIES 16 /* runs at once with the same output */
#define NAME_BYTES 200	   /* of the target's name in that of its temporary */
#define SUFFIX_BYTES 32	   /* what is around it */
#define COPY_BYTES 65536

static enum hr_status cannot(struct hr_output *o, const char *what, struct hr_error *err)
{
	enum hr_status status = errno == ENOMEM ? hr_error_set(err, HR_ENOMEM, "out of memory")
						: hr_error_set(err, HR_EIO, "cannot %s %s: %s", what,
							       o->path ? o->path : "standard output", strerror(errno));

	hr_output_abandon(o);
	return status;
}

/* --- where it goes -------------------------------------------------------- */

/* The descriptor that path names; -1: none. */
static int descriptor_of(const char *path)
{
	static const char *const directories[] = {"/dev/fd/", "/proc/self/fd/"};
	long n;
	char *end;

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		size_t len = strlen(directories[i]);

		if (strncmp(path, directories[i], len) != 0 || !isdigit((unsigned char)path[len]))
			continue;
		errno = 0;
		n = strtol(path + len, &end, 10);
		return *end == '\0' && errno == 0 && n <= INT_MAX ? (int)n : -1;
	}
	return -1;
}

/* The length of the directory in path, with its slash; 0: it has none. */
static size_t directory_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

/* What the link at *path says, from the directory that it is in. False: errno says why not. */
static bool follow_link(char **path)
{
	size_t directory = directory_length(*path);
	char *to = malloc(directory + PATH_MAX + 1);
	ssize_t n;

	if (to == NULL)
		return false;
	memcpy(to, *path, directory);
	n = readlink(*path, to + directory, PATH_MAX);
	if (n < 0 || n == PATH_MAX) {
		if (n == PATH_MAX)
			errno = ENAMETOOLONG;
		free(to);
		return false;
	}
	to[directory + (size_t)n] = '\0';
	if (to[directory] == '/')
		memmove(to, to + directory, (size_t)n + 1);
	free(*path);
	*path = to;
	return true;
}

/*
 * Follows the links at the end of o->target, one by one: the last may name a
 * file that is not there yet, or a descriptor. Links below /proc lead to what
 * is open, not to a name. False: errno says why not.
 */
static bool follow_links(struct hr_output *o)
{
	struct stat st;

	for (unsigned i = 0; i < MAX_LINKS; i++) {
		if (descriptor_of(o->target) >= 0 || strncmp(o->target, "/proc/", 6) == 0)
			return true;
		if (lstat(o->target, &st) != 0)
			return errno == ENOENT;
		if (!S_ISLNK(st.st_mode))
			return true;
		if (!follow_link(&o->target))
			return false;
	}
	errno = ELOOP;
	return false;
}

/* Opens the target's directory. -1: errno says why not. */
static int open_directory(const struct hr_output *o)
{
	size_t n = directory_length(o->target);
	char *directory = n > 0 ? strndup(o->target, n) : NULL;
	int fd =
	    n > 0 && directory == NULL ? -1 : open(directory ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int why = errno;

	free(directory);
	errno = why;
	return fd;
}

/* What a descriptor is of, which no other output may replace or write into, if that is a regular file. */
static void identify(struct hr_output *o, int fd)
{
	struct stat st;

	o->in_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (o->in_file) {
		o->file_dev = st.st_dev;
		o->file_ino = st.st_ino;
	}
}

/* --- in place ------------------------------------------------------------- */

static enum hr_status open_in_place(struct hr_output *o, struct hr_error *err)
{
	int n = descriptor_of(o->target), fd;

	/* A copy, since fclose closes it; it shares the position in the file. */
	fd = n >= 0 ? fcntl(n, F_DUPFD_CLOEXEC, 3) : open(o->target, O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC);
	free(o->target);
	o->target = NULL;
	if (fd < 0)
		return cannot(o, "open", err);
	o->file = fdopen(fd, "w");
	if (o->file == NULL) {
		int why = errno;

		close(fd);
		errno = why;
		return cannot(o, "open", err);
	}
	identify(o, fd);
	return HR_OK;
}

/* --- temporaries ---------------------------------------------------------- */

/* Sets o->temporary, the i-th that the target may have. */
static void name_temporary(struct hr_output *o, unsigned i)
{
	size_t directory = directory_length(o->target);
	char number[12] = "";

	if (i > 0)
		snprintf(number, sizeof(number), "%u", i + 1);
	snprintf(o->temporary, strlen(o->target) + SUFFIX_BYTES, "%.*s.%.*s.heapreplay-tmp%s", (int)directory,
		 o->target, NAME_BYTES, o->target + directory, number);
}

/*
 * Opens the temporary, or what a killed run has left of it, unless another run
 * is at it: it holds a lock, and may have renamed or removed the file just now.
 * In a directory of everybody's, what belongs to others is none of ours. -1: errno
 * says why not.
 */
static int open_named(const char *name, mode_t mode)
{
	int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);
	struct stat st, now;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1 &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0 && lstat(name, &now) == 0 && now.st_dev == st.st_dev &&
	    now.st_ino == st.st_ino && ftruncate(fd, 0) == 0)
		return fd;
	close(fd);
	errno = EEXIST;
	return -1;
}

/* Of those, the first that is to be had. -1: errno says why not. */
static int open_any_named(struct hr_output *o, mode_t mode)
{
	int fd = -1;

	for (unsigned i = 0; fd < 0 && i < MAX_TEMPORARIES; i++) {
		name_temporary(o, i);
		fd = open_named(o->temporary, mode);
		if (fd < 0 && errno != EEXIST && errno != ELOOP && errno != ENXIO)
			return -1;
	}
	o->named = fd >= 0;
	return fd;
}

/* What a descriptor is called where files have names; a file without one gets it from there. */
static const char *self_name(char name[32], int fd)
{
	snprintf(name, 32, "/proc/self/fd/%d", fd);
	return name;
}

/* A file in the target's directory without a name. -1: the file system, or this system, can't. */
static int open_nameless(const struct hr_output *o, mode_t mode)
{
#if HAVE_DECL_O_TMPFILE
	char name[32];
	size_t n = directory_length(o->target);
	char *directory = n > 0 ? strndup(o->target, n) : NULL;
	int fd =
	    n > 0 && directory == NULL ? -1 : open(directory ? directory : ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);

	free(directory);
	if (fd < 0 || access(self_name(name, fd), F_OK) == 0)
		return fd;
	close(fd);
#else
	(void)o;
	(void)mode;
#endif
	return -1;
}

static enum hr_status open_temporary(struct hr_output *o, const struct stat *old, struct hr_error *err)
{
	/* A file that replaces another never has wider permissions than that one, not even for a moment. */
	mode_t mode = o->new_file ? 0666 : 0600;
	int fd = open_nameless(o, mode), why;

	if (fd < 0)
		fd = open_any_named(o, mode);
	if (fd < 0)
		return cannot(o, "create", err);
	/* Only the superuser can keep the old owner; other users can't give files away. */
	if (o->new_file || ((old->st_uid == geteuid() || fchown(fd, old->st_uid, old->st_gid) == 0 || errno == EPERM) &&
			    fchmod(fd, old->st_mode & 07777) == 0))
		o->file = fdopen(fd, "w");
	if (o->file != NULL)
		return HR_OK;
	why = errno;
	close(fd);
	errno = why;
	return cannot(o, "create", err);
}

/* --- open ----------------------------------------------------------------- */

enum hr_status hr_output_open(struct hr_output *o, const char *path, struct hr_error *err)
{
	struct stat st = {0}, directory = {0};
	int fd;

	memset(o, 0, sizeof(*o));
	if (path == NULL || strcmp(path, "-") == 0) {
		o->file = stdout;
		identify(o, STDOUT_FILENO);
		return HR_OK;
	}
	errno = ENOMEM;
	o->path = strdup(path);
	o->target = strdup(path);
	if (o->path == NULL || o->target == NULL || !follow_links(o))
		return cannot(o, "open", err);
	o->new_file = stat(o->target, &st) != 0;
	o->file_dev = st.st_dev;
	o->file_ino = st.st_ino;
	if (descriptor_of(o->target) >= 0 || (!o->new_file && !S_ISREG(st.st_mode)) ||
	    strncmp(o->target, "/proc/", 6) == 0)
		return open_in_place(o, err);
	fd = open_directory(o);
	if (fd < 0 || fstat(fd, &directory) != 0) {
		if (fd >= 0)
			close(fd);
		return cannot(o, "create", err);
	}
	close(fd);
	o->directory_dev = directory.st_dev;
	o->directory_ino = directory.st_ino;
	o->temporary = malloc(strlen(o->target) + SUFFIX_BYTES);
	if (o->temporary == NULL)
		return cannot(o, "create", err);
	return open_temporary(o, &st, err);
}

/* The same name in the same directory. */
static bool same_place(const struct hr_output *a, const struct hr_output *b)
{
	return a->target != NULL && b->target != NULL && a->directory_dev == b->directory_dev &&
	       a->directory_ino == b->directory_ino &&
	       strcmp(a->target + directory_length(a->target), b->target + directory_length(b->target)) == 0;
}

/* One writes into a file that the other replaces, or writes into by itself. */
static bool same_file(const struct hr_output *a, const struct hr_output *b)
{
	return (a->in_file || b->in_file) && a->file != NULL && b->file != NULL && a->file != b->file &&
	       a->file_ino == b->file_ino && a->file_dev == b->file_dev;
}

static enum hr_status not_two(const char *path, struct hr_error *err)
{
	return hr_error_set(err, HR_EUSAGE, "two outputs are to become the file %s; give each its own", path);
}

enum hr_status hr_output_differ(const struct hr_output *a, const struct hr_output *b, struct hr_error *err)
{
	return same_place(a, b) || same_file(a, b) ? not_two(b->path != NULL ? b->path : a->path, err) : HR_OK;
}

enum hr_status hr_output_spares(const char *output, const char *path, struct hr_error *err)
{
	struct stat st, own;
	bool standard = output == NULL || strcmp(output, "-") == 0;

	if (stat(path, &own) != 0 || !S_ISREG(own.st_mode) ||
	    (standard ? fstat(STDOUT_FILENO, &st) : stat(output, &st)) != 0 || st.st_dev != own.st_dev ||
	    st.st_ino != own.st_ino)
		return HR_OK;
	return not_two(path, err);
}

/* --- commit --------------------------------------------------------------- */

/* The file has no name: gives it that of the target, if it is new, or the temporary one. -1: errno says why not. */
static int link_nameless(struct hr_output *o, int fd)
{
	char self[32];

	self_name(self, fd);
	if (o->new_file && linkat(AT_FDCWD, self, AT_FDCWD, o->target, AT_SYMLINK_FOLLOW) == 0) {
		o->placed = true;
		return 0;
	}
	/* A temporary file that has a name is locked. */
	flock(fd, LOCK_EX | LOCK_NB);
	for (unsigned i = 0; i < MAX_TEMPORARIES; i++) {
		int left;

		name_temporary(o, i);
		/* Reuse a file that a killed run left behind. */
		for (unsigned tries = 0; tries < 2; tries++) {
			if (linkat(AT_FDCWD, self, AT_FDCWD, o->temporary, AT_SYMLINK_FOLLOW) == 0) {
				o->named = true;
				return 0;
			}
			if (errno != EEXIST)
				return -1;
			left = open_named(o->temporary, 0600);
			if (left < 0)
				break;
			unlink(o->temporary);
			close(left);
		}
	}
	return -1;
}

/* The file that has no name can't get one: its content goes into one that has. -1: errno says why not. */
static int copy_to_named(struct hr_output *o, int from)
{
	struct stat st;
	char *buf = malloc(COPY_BYTES);
	int to = buf != NULL && fstat(from, &st) == 0 ? open_any_named(o, 0600) : -1, why;
	off_t at = 0;
	ssize_t n = -1;

	while (to >= 0 && (n = pread(from, buf, COPY_BYTES, at)) > 0)
		for (ssize_t done = 0, put; done < n; done += put, at += put) {
			put = write(to, buf + done, (size_t)(n - done));
			if (put <= 0) {
				errno = put == 0 ? ENOSPC : errno;
				close(to);
				to = -1;
				break;
			}
		}
	if (to >= 0 && (n < 0 || fchmod(to, st.st_mode & 07777) != 0 || fsync(to) != 0)) {
		why = errno;
		close(to);
		errno = why;
		to = -1;
	}
	why = errno;
	free(buf);
	errno = why;
	return to < 0 ? -1 : close(to);
}

/* Not every file system, and no pipe, can be synced. */
static bool synced(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOSYS || errno == ENOTSUP;
}

/* All is written and safe, and has a name, if not its own. */
static enum hr_status complete(struct hr_output *o, struct hr_error *err)
{
	FILE *f = o->file;
	int fd = f != NULL ? fileno(f) : -1;

	if (f == NULL || o->complete)
		return HR_OK;
	if (fflush(f) != 0 || ferror(f))
		return cannot(o, "write", err);
	if (o->target != NULL) {
		if (!synced(fd))
			return cannot(o, "write", err);
		if (!o->named && link_nameless(o, fd) != 0 && copy_to_named(o, fd) != 0)
			return cannot(o, "create", err);
	}
	o->file = NULL;
	if (o->path != NULL && fclose(f) != 0)
		return cannot(o, "write", err);
	o->complete = true;
	return HR_OK;
}

static enum hr_status place(struct hr_output *o, struct hr_error *err)
{
	int fd;

	if (o->target == NULL || o->file != NULL)
		return HR_OK;
	if (!o->placed && rename(o->temporary, o->target) != 0)
		return cannot(o, "create", err);
	o->named = false;
	o->placed = true;
	/* The new file is in place; only a power failure could still bring the old one back. */
	fd = open_directory(o);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	return HR_OK;
}

enum hr_status hr_output_commit_all(struct hr_output *const *outputs, size_t n, struct hr_error *err)
{
	enum hr_status status = HR_OK;
	size_t placed = 0;

	for (size_t i = 0; status == HR_OK && i < n; i++)
		status = complete(outputs[i], err);
	for (; status == HR_OK && placed < n; placed++)
		status = place(outputs[placed], err);
	/* Committed, or given up. */
	for (size_t i = 0; i < n; i++) {
		if (status == HR_OK)
			outputs[i]->placed = false;
		hr_output_abandon(outputs[i]);
	}
	return status;
}

enum hr_status hr_output_commit(struct hr_output *o, struct hr_error *err)
{
	return hr_output_commit_all(&o, 1, err);
}

void hr_output_abandon(struct hr_output *o)
{
	if (o->file != NULL && o->path != NULL)
		fclose(o->file);
	if (o->named)
		unlink(o->temporary);
	if (o->placed && o->new_file)
		unlink(o->target);
	free(o->temporary);
	free(o->target);
	free(o->path);
	memset(o, 0, sizeof(*o));
}
