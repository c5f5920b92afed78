/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "machine/process.h"

#include "machine/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUPS "/sys/fs/cgroup"

/* The file's beginning, with a 0 behind it; false, and errno: it can't be read. */
static bool read_file(const char *path, char *to, size_t room)
{
	size_t n = 0;
	ssize_t got;
	int error;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	while ((got = read(fd, to + n, room - 1 - n)) > 0)
		n += (size_t)got;
	error = errno;
	close(fd);
	errno = error;
	to[n] = '\0';
	return got == 0 || n == room - 1;
}

static const char *path_of(const struct hr_process *p, const char *name, char to[64])
{
	snprintf(to, 64, "/proc/%" PRIu64 "/%s", p->pid, name);
	return to;
}

/* --- memory ------------------------------------------------------------------- */

/* "Name:     123 kB" on a line of its own, in bytes. */
static uint64_t field(const char *text, const char *name)
{
	const size_t n = strlen(name);

	for (; text != NULL; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, name, n) == 0 && text[n] == ':')
			return strtoull(text + n + 1, NULL, 10) * 1024;
		if (*text == '\0')
			break;
	}
	return HR_NOT_KNOWN;
}

bool hr_process_parse(const char *text, struct hr_rss_sample *sample)
{
	sample->rss_bytes = field(text, "Rss");
	sample->rss_anon_bytes = field(text, "Anonymous");
	sample->anon_huge_bytes = field(text, "AnonHugePages");
	sample->lazy_free_bytes = field(text, "LazyFree");
	sample->rss_file_bytes = HR_NOT_KNOWN;
	if (sample->rss_anon_bytes <= sample->rss_bytes)
		sample->rss_file_bytes = sample->rss_bytes - sample->rss_anon_bytes;
	return sample->rss_bytes != HR_NOT_KNOWN;
}

static uint64_t number_in(const char *path)
{
	char text[64], *end;
	uint64_t n;

	if (path[0] == '\0' || !read_file(path, text, sizeof(text)))
		return HR_NOT_KNOWN;
	n = strtoull(text, &end, 10);
	return end != text ? n : HR_NOT_KNOWN;
}

bool hr_process_sample(const struct hr_process *p, struct hr_rss_sample *sample, uint64_t *took_ns)
{
	char path[64], text[4096];
	const uint64_t begin = hr_clock_ns();
	bool there = read_file(path_of(p, "smaps_rollup", path), text, sizeof(text));

	*took_ns = hr_clock_ns() - begin;
	*sample = (struct hr_rss_sample){.time_ns = begin + *took_ns / 2};
	/* A zombie has no memory and no line. */
	if (!there || !hr_process_parse(text, sample))
		return false;
	sample->cgroup_bytes = number_in(p->usage);
	return true;
}

/* --- the control group ----------------------------------------------------------- */

/*
 * Of the line of /proc/PID/cgroup that holds the memory controller ("0::/path", or
 * "4:memory:/path" of version 1): the path; false: there is none.
 */
static bool memory_line(char *text, bool *v1, const char **path)
{
	char *rest = text, *line;

	*path = NULL;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *controllers = strchr(line, ':'), *at;

		if (controllers == NULL || (at = strchr(controllers + 1, ':')) == NULL)
			continue;
		*at = '\0';
		if (strcmp(controllers, ":memory") == 0) {
			*v1 = true;
			*path = at + 1;
			return true;
		}
		if (strcmp(line, "0:") == 0 && *path == NULL) {
			*v1 = false;
			*path = at + 1;
		}
	}
	return *path != NULL;
}

static bool is_there(const char *path)
{
	return access(path, R_OK) == 0;
}

/* In a namespace of control groups, or of a container's own, the path may be another than is mounted: then the root's. */
static void find_group(struct hr_process *p)
{
	char path[64], text[4096];
	const char *group;
	bool v1;

	if (!read_file(path_of(p, "cgroup", path), text, sizeof(text)) || !memory_line(text, &v1, &group) ||
	    strlen(group) > 400)
		return;
	for (int root = 0; root < 2; root++) {
		const char *at = root ? "" : group;

		snprintf(p->usage, sizeof(p->usage),
			 v1 ? CGROUPS "/memory%s/memory.usage_in_bytes" : CGROUPS "%s/memory.current", at);
		snprintf(p->limit, sizeof(p->limit),
			 v1 ? CGROUPS "/memory%s/memory.limit_in_bytes" : CGROUPS "%s/memory.max", at);
		if (is_there(p->usage))
			return;
	}
	p->usage[0] = p->limit[0] = '\0';
}

uint64_t hr_process_limit(const struct hr_process *p)
{
	const uint64_t limit = number_in(p->limit);

	/* "max", and what version 1 says for it. */
	return limit < UINT64_C(1) << 60 ? limit : HR_NOT_KNOWN;
}

/* --- the rest ---------------------------------------------------------------------- */

enum hr_status hr_process_open(struct hr_process *p, uint64_t pid, struct hr_error *err)
{
	char path[64], text[4096];
	struct hr_rss_sample sample;

	*p = (struct hr_process){.pid = pid};
	if (!read_file(path_of(p, "smaps_rollup", path), text, sizeof(text))) {
		const int error = errno;

		/* The file is there for everyone, but opened only by those who may. */
		return hr_error_set(err, HR_EIO, "cannot read %s: %s%s", path, strerror(error),
				    error == EACCES || error == EPERM ? "; be root, or that process's user" : "");
	}
	if (!hr_process_parse(text, &sample))
		return hr_error_set(err, HR_EIO, "%s is empty: process %" PRIu64 " has ended, or is the kernel's", path,
				    pid);
	find_group(p);
	return HR_OK;
}

uint64_t hr_process_binary_bytes(const struct hr_process *p)
{
	char path[64];
	struct stat s;

	return stat(path_of(p, "exe", path), &s) == 0 ? (uint64_t)s.st_size : HR_NOT_KNOWN;
}

const char *hr_process_variable(const struct hr_process *p, const char *name, char *to, size_t room)
{
	char path[64], *line = NULL;
	size_t cap = 0, n = strlen(name);
	FILE *f = fopen(path_of(p, "environ", path), "r");

	to[0] = '\0';
	if (f == NULL)
		return to;
	while (getdelim(&line, &cap, '\0', f) > 0)
		if (strncmp(line, name, n) == 0 && line[n] == '=')
			snprintf(to, room, "%s", line + n + 1);
	free(line);
	fclose(f);
	return to;
}
