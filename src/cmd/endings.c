/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Derives the form of the output from the ending of -o's name; refuses endings
 * that the command does not write.
 */
#include "config.h"

#include "cmd/cli.h"

#include <string.h>

/*
 * A command's endings are words: "json=json" means that .json is what --json
 * writes, "txt" what is written without an option, and "png" what the command
 * sees to by itself.
 */
struct ending {
	const char *name, *option; /* option: NULL: none */
	size_t length, option_length;
};

/* The next word of *list; false: there is none. */
static bool next(const char **list, struct ending *e)
{
	size_t n;

	if (*list == NULL || **list == '\0')
		return false;
	n = strcspn(*list, " ");
	e->name = *list;
	e->length = strcspn(*list, " =");
	e->option = e->length < n ? *list + e->length + 1 : NULL;
	e->option_length = e->length < n ? n - e->length - 1 : 0;
	*list += n + ((*list)[n] == ' ');
	return true;
}

static bool names(const struct ending *e, const char *suffix)
{
	return strlen(suffix) == e->length && strncmp(e->name, suffix, e->length) == 0;
}

/* Forms of files that no command writes with -o, but that somebody may take for one that does. */
static const char foreign[] =
    "avi bmp db eps gif gz jpeg jpg mkv mov mp4 parquet sqlite tiff toml webm webp xlsx xml xz "
    "yaml yml zip zst";

/* Does the ending stand for a form? Others say nothing. */
static bool is_known(const char *suffix)
{
	struct ending e;

	for (const char *list = foreign; next(&list, &e);)
		if (names(&e, suffix))
			return true;

	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		for (const char *list = (*c)->endings; next(&list, &e);)
			if (names(&e, suffix))
				return true;
	return false;
}

/* The flag that an ending stands for; NULL: none. */
static bool *flag_of(const struct cli_command *c, const struct cli_options *o, const struct ending *e)
{
	const struct cli_option *row;

	for (size_t i = 0; e->option != NULL && (row = cli_next_option(c, &i)) != NULL;)
		if (row->type == CLI_FLAG && strlen(row->name) == e->option_length &&
		    strncmp(row->name, e->option, e->option_length) == 0)
			return (bool *)((char *)(row->groups == 0 ? o->own : (void *)o) + row->offset);
	return NULL;
}

/* An option that asks for another form than the ending does. */
static int contradicts(const struct cli_command *c, const struct cli_options *o, const char *suffix)
{
	struct ending e;

	for (const char *list = c->endings; next(&list, &e);) {
		const bool *flag = flag_of(c, o, &e);

		if (flag != NULL && *flag && !names(&e, suffix))
			return cli_misuse(c, "--%.*s does not write .%s; give -o a name that ends in .%.*s",
					  (int)e.option_length, e.option, suffix, (int)e.length, e.name);
	}
	return 0;
}

static int refuse(const struct cli_command *c, const char *suffix)
{
	char all[80] = "";
	size_t n = 0;
	struct ending e;

	for (const char *list = c->endings; next(&list, &e) && n + e.length + 4 < sizeof(all);)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s.%.*s", n > 0 ? ", " : "", (int)e.length, e.name);
	return cli_misuse(c, "it writes %s, not .%s", all, suffix);
}

int cli_take_ending(const struct cli_command *c, struct cli_options *o)
{
	const char *name = o->output != NULL ? strrchr(o->output, '/') : NULL, *suffix;
	struct ending e;
	int status;

	if (o->output == NULL || c->endings == NULL)
		return 0;
	suffix = strrchr(name != NULL ? name : o->output, '.');
	if (suffix == NULL || !is_known(++suffix))
		return 0;
	status = contradicts(c, o, suffix);
	if (status != 0)
		return status;
	for (const char *list = c->endings; next(&list, &e);) {
		bool *flag;

		if (!names(&e, suffix))
			continue;
		flag = flag_of(c, o, &e);
		if (flag != NULL)
			*flag = true;
		return 0;
	}
	return refuse(c, suffix);
}
