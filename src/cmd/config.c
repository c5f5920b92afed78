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

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES 65536

/* "" where neither variable is set. */
static void find_file(char *path, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	*path = '\0';
	if (config != NULL && *config == '/')
		snprintf(path, size, "%s/heapreplay/config", config);
	else if (home != NULL && *home == '/')
		snprintf(path, size, "%s/.config/heapreplay/config", home);
}

/* NULL: there is none, or it can't be read, which is said. */
static char *read_file(const char *path)
{
	FILE *f = *path != '\0' ? fopen(path, "re") : NULL;
	char *text;
	size_t n;

	if (f == NULL) {
		if (*path != '\0' && errno != ENOENT && errno != ENOTDIR)
			cli_warn(path, "not read: %s", strerror(errno));
		return NULL;
	}
	text = hr_calloc(MOST_BYTES, 1);
	n = text != NULL ? fread(text, 1, MOST_BYTES - 1, f) : 0;
	if (text != NULL && (ferror(f) || n == MOST_BYTES - 1)) {
		cli_warn(path, "not read: %s", ferror(f) ? strerror(errno) : "it is larger than 64 KiB");
		free(text);
		text = NULL;
	}
	fclose(f);
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
