/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a command costs: its CPU time, user and system, and its wall time in
 * seconds, and its peak memory in MiB, on standard output; those of the processes
 * that it waits for with it. For tests/bench/commands.sh.
 *
 *     tests/bench/cost COMMAND [ARGUMENT...]
 *
 * What the command prints goes nowhere. Exits with 1 if it does not exit with 0.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run(char **command)
{
	int nowhere = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(nowhere, fd);
	execvp(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	double start = now(), wall;
	struct rusage used;
	int status = 1;
	pid_t child;

	if (argc < 2 || (child = fork()) < 0)
		return 1;
	if (child == 0)
		run(argv + 1);
	if (waitpid(child, &status, 0) != child || getrusage(RUSAGE_CHILDREN, &used) != 0)
		return 1;
	wall = now() - start;
	printf("%.3f %.3f %.1f\n", seconds(used.ru_utime) + seconds(used.ru_stime), wall,
	       (double)used.ru_maxrss / 1024);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
