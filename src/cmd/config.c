/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration file: lines of "NAME = VALUE", named as the options, or NAME
 * alone for those that take no value; what is behind a # is a remark. Only options
 * of the display are taken, so that no result depends on a file that is not on the
 * command line; the command line comes after it, and wins.
 */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_BYTES = 65535 };

/* "" where neither variable is set, or to more than a path can be. */
static void find_file(char *path, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n = 0;

	if (config != NULL && *config == '/')
		n = snprintf(path, size, "%s/heapreplay/config", config);
	else if (home != NULL && *home == '/')
		n = snprintf(path, size, "%s/.config/heapreplay/config", home);
	if (n <= 0 || (size_t)n >= size)
		*path = '\0';
}

/* All of it, up to MOST_BYTES; false, and *why: not. */
static bool read_all(int fd, char *text, size_t *n, const char **why)
{
	struct stat st;
	ssize_t got = 1;

	*n = 0;
	*why = NULL;
	/* A FIFO has an end, or none, as its writers like. */
	if (fstat(fd, &st) != 0 || S_ISFIFO(st.st_mode))
		*why = "it is no file";
	while (*why == NULL && *n < MOST_BYTES && (got = read(fd, text + *n, MOST_BYTES - *n)) > 0)
		*n += (size_t)got;
	if (got < 0)
		*why = strerror(errno);
	else if (*n == MOST_BYTES)
		*why = "it is larger than 64 KiB";
	else if (memchr(text, '\0', *n) != NULL)
		*why = "it is binary";
	return *why == NULL;
}

/* NULL: there is none, or it can't be read, which is said. */
static char *read_file(const char *path)
{
	int fd = *path != '\0' ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	const char *why = NULL;
	char *text;
	size_t n;

	if (fd < 0) {
		if (*path != '\0' && errno != ENOENT && errno != ENOTDIR)
			cli_warn(path, "not read: %s", strerror(errno));
		return NULL;
	}
	text = hr_calloc(MOST_BYTES + 1, 1);
	if (text != NULL && !read_all(fd, text, &n, &why)) {
		cli_warn(path, "not read: %s", why);
		free(text);
		text = NULL;
	}
	close(fd);
	return text;
}

/* Cuts blanks off both ends. */
static char *trimmed(char *text)
{
	size_t n;

	text += strspn(text, " \t\r");
	for (n = strlen(text); n > 0 && strchr(" \t\r", text[n - 1]) != NULL;)
		text[--n] = '\0';
	return text;
}

static const struct cli_option *display_option(const struct cli_command *c, const char *name)
{
	const struct cli_option *row;

	for (size_t i = 0; (row = cli_next_option(c, &i)) != NULL;)
		if (row->section == CLI_IN_DISPLAY && strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

/* Of any command: a line may be for another one. */
static bool is_known(const char *name)
{
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		if (((*c)->groups & CLI_LOOKS) != 0 && display_option(*c, name) != NULL)
			return true;
	return false;
}

static bool take_line(const struct cli_command *c, struct cli_options *o, const char *path, unsigned number, char *line)
{
	char *equals, *name, *value = NULL;
	const struct cli_option *row;

	line[strcspn(line, "#")] = '\0';
	equals = strchr(line, '=');
	if (equals != NULL) {
		*equals = '\0';
		value = trimmed(equals + 1);
	}
	name = trimmed(line);
	if (*name == '\0' && value == NULL)
		return true;
	row = display_option(c, name);
	if (row == NULL && is_known(name))
		return true;
	if (row == NULL)
		cli_warn(path, "line %u: '%s' is no option of the display", number, name);
	else if ((row->arg == NULL) != (value == NULL))
		cli_warn(path, "line %u: %s takes %s", number, name,
			 row->arg == NULL ? "no value" : "a value: NAME = VALUE");
	else
		return cli_set_option(c, row, o, value);
	return false;
}

bool cli_read_config(const struct cli_command *c, struct cli_options *o)
{
	char path[4096], *line, *next;

	if ((c->groups & CLI_LOOKS) == 0)
		return true;
	find_file(path, sizeof(path));
	o->config = read_file(path);
	line = o->config;
	for (unsigned number = 1; line != NULL; number++, line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (!take_line(c, o, path, number, line))
			return false;
	}
	return true;
}
