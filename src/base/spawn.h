/* SPDX-License-Identifier: BSD-3-Clause */
/* Other programs, run as children. */
#ifndef HR_BASE_SPAWN_H
#define HR_BASE_SPAWN_H

#include <sys/types.h>

#define HR_SPAWN_NULL (-1)

/*
 * Starts argv[0], looked for on PATH, with fds[i] as its descriptor i: i itself passes on
 * that of this program, HR_SPAWN_NULL opens /dev/null for reading. SIGPIPE does what it does
 * by default there, though this program may ignore it. 0, or an errno.
 */
int hr_spawn(char *const argv[], const int fds[3], pid_t *child);
/* Waits until the child has ended; *how is its status, as of waitpid(2). 0, or an errno. */
int hr_spawn_wait(pid_t child, int *how);

#endif
