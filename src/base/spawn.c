/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static int spawn(char *const argv[], const int fds[3], posix_spawn_file_actions_t *files, pid_t *child)
{
	posix_spawnattr_t attributes;
	sigset_t signals;
	int why = posix_spawnattr_init(&attributes);

	if (why != 0)
		return why;
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	for (int i = 0; i < 3 && why == 0; i++)
		why = fds[i] == HR_SPAWN_NULL ? posix_spawn_file_actions_addopen(files, i, "/dev/null", O_RDONLY, 0)
					      : posix_spawn_file_actions_adddup2(files, fds[i], i);
	if (why == 0)
		why = posix_spawnp(child, argv[0], files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return why;
}

int hr_spawn(char *const argv[], const int fds[3], pid_t *child)
{
	posix_spawn_file_actions_t files;
	int why = posix_spawn_file_actions_init(&files);

	if (why != 0)
		return why;
	why = spawn(argv, fds, &files, child);
	posix_spawn_file_actions_destroy(&files);
	return why;
}

int hr_spawn_wait(pid_t child, int *how)
{
	while (waitpid(child, how, 0) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}
