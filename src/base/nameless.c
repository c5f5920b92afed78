/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE /* O_TMPFILE */
#include "config.h"

#include "base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *hr_nameless_directory(void)
{
	const char *name = getenv("TMPDIR");

	return name != NULL && name[0] != '\0' ? name : "/tmp";
}

/* Not every file system knows files without a name; then one is made and its name removed. */
int hr_nameless_open(void)
{
	char path[4096];
	int fd;

#if HAVE_DECL_O_TMPFILE
	fd = open(hr_nameless_directory(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, S_IRUSR | S_IWUSR);
	if (fd >= 0)
		return fd;
#endif
	if (snprintf(path, sizeof(path), "%s/heapreplay-XXXXXX", hr_nameless_directory()) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
#ifdef HAVE_MKOSTEMP
	fd = mkostemp(path, O_CLOEXEC);
#else
	fd = mkstemp(path);
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
	if (fd >= 0)
		unlink(path);
	return fd;
}
