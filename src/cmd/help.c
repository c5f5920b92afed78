/* SPDX-License-Identifier: BSD-3-Clause */
/* help, and what --help says of a command. */
#include "config.h"

#include "cmd/cli.h"

#include "base/print.h"
#include "tui/watch.h"

#include <limits.h>
#include <string.h>

/* --help fits two screens of 24 lines and 80 columns; --help --all shows all examples. */
#define SHORT_EXAMPLES 2

/* The options that this command alone has. */
struct own {
	bool roff, schema;
};

static const struct own *own_of(const struct cli_options *o)
{
	return o->own;
}

static void print_examples(FILE *out, const char *examples, unsigned most)
{
	for (; *examples != '\0' && most > 0; most--) {
		size_t line = strcspn(examples, "\n"), command = strcspn(examples, "\t");

		hr_print(out, "  %.*s\n      %.*s\n", (int)command, examples, (int)(line - command - 1),
			 examples + command + 1);
		examples += line + (examples[line] == '\n');
	}
}

/* Lines are filled up to the page's edge; one that begins with a space stays as it is. */
static void print_text(const struct hr_page *page, const char *text)
{
	unsigned at = 0;

	while (*text != '\0') {
		const size_t n = strcspn(text, *text == ' ' ? "\n" : " \n");

		if (at > 0 && (*text == ' ' || at + n + 1 > page->columns)) {
			fputc('\n', page->out);
			at = 0;
		}
		at += (unsigned)hr_print(page->out, "%s%.*s", at > 0 ? " " : "", (int)n, text);
		if (*text == ' ') {
			fputc('\n', page->out);
			at = 0;
		}
		text += n + (text[n] != '\0');
	}
	if (at > 0)
		fputc('\n', page->out);
}

void cli_print_help(FILE *out, const struct cli_command *c, bool all)
{
	const struct hr_page page = cli_page(out);

	char title[160];

	snprintf(title, sizeof(title), "heapreplay %s: %s", c->name, c->summary);
	print_text(&page, title);
	hr_print(out, "\nusage: heapreplay %s", c->name);
	cli_print_synopsis(out, c, false);
	hr_print(out, "%s%s\n\n", c->args[0] ? " " : "", c->args);
	print_text(&page, c->text);
	if (strcmp(c->name, "watch") == 0 && all) {
		fputs("\nKeys:\n", out);
		hr_watch_print_keys(out, false);
	}
	fputs("\nExamples:\n", out);
	print_examples(out, c->examples, all ? UINT_MAX : SHORT_EXAMPLES);
	if (cli_print_options(&page, c, all) && !all)
		hr_print(out, "\n'heapreplay %s --help --all' and heapreplay-%s(1) have the rest.\n", c->name, c->name);
}

static int list_all(void)
{
	fputs("Commands:\n", stdout);
	for (const struct cli_command *const *each = cli_commands; *each != NULL; each++)
		hr_print(stdout, "  %-10s %s\n", (*each)->name, (*each)->summary);
	fputs("\nTopics:\n", stdout);
	cli_print_topics(stdout);
	fputs("\n'heapreplay help NAME' says more of each.\n", stdout);
	return CLI_DONE;
}

static int run_help(const struct cli_command *help, const struct cli_options *o, int argc, char **argv)
{
	const struct cli_command *c;
	int status;

	if (own_of(o)->schema)
		return cli_print_schema(help, stdout, argc > 0 ? argv[0] : NULL);
	if (own_of(o)->roff && argc == 0)
		return cli_print_manual(stdout);
	if (own_of(o)->roff)
		return cli_print_list(stdout, argv[0]) ? CLI_DONE : cli_misuse(help, "unknown list '%s'", argv[0]);
	if (argc == 0)
		return list_all();
	c = cli_command_find(argv[0]);
	if (c == NULL && cli_print_topic(stdout, argv[0], &status))
		return status;
	if (c == NULL)
		return cli_misuse(NULL, "unknown command or topic '%s'; 'heapreplay help' lists them", argv[0]);
	cli_print_help(stdout, c, o->all);
	return CLI_DONE;
}

static const struct cli_option options[] = {
    {"roff", 0, NULL, CLI_FLAG, offsetof(struct own, roff), 0, CLI_IN_OUTPUT, "as mdoc, for the manual pages"},
    {"schema", 0, NULL, CLI_FLAG, offsetof(struct own, schema), 0, CLI_IN_OUTPUT,
     "the JSON Schema of a kind of output; without a name: which there are"},
    {.name = NULL},
};

const struct cli_command cli_help = {
    .name = "help",
    .args = "[COMMAND|TOPIC]",
    .least_args = 0,
    .most_args = 1,
    .summary = "help on a command or a topic",
    .text = "Shows what a command does, with its options, or the manual's list of a topic, such as metrics or\n"
	    "cost. Without an argument: which commands and topics there are.\n",
    .examples = "heapreplay help replay\tas heapreplay replay --help\n"
		"heapreplay help metrics\twhat replay and compare measure\n",
    .groups = 0,
    .options = options,
    .own_size = sizeof(struct own),
    .run = run_help,
};
