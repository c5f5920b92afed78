/* SPDX-License-Identifier: BSD-3-Clause */
/* completion: shell completion scripts, made from the same tables as --help. */
#include "config.h"

#include "cmd/cli.h"

#include "base/print.h"
#include "frame/cells.h"
#include "generate/generate.h"
#include "plot/plot.h"
#include "scavenge/policy.h"

#include <string.h>

static void print_policies(FILE *out)
{
	for (size_t i = 0; hr_policies[i] != NULL; i++)
		hr_print(out, "%s ", hr_policies[i]->name);
	for (const struct hr_policy_alias *a = hr_policy_aliases; a->name != NULL; a++)
		hr_print(out, "%s ", a->name);
}

static void print_policies_and_groups(FILE *out)
{
	print_policies(out);
	fputs("@all @go ", out);
}

static void print_views(FILE *out)
{
	for (int i = 0; i < HR_VIEW_COUNT; i++)
		hr_print(out, "%s ", hr_map_view_name((enum hr_map_view)i));
}

static void print_scales(FILE *out)
{
	for (int i = 0; i < HR_SCALE_COUNT; i++)
		hr_print(out, "%s ", hr_map_scale_name((enum hr_map_scale)i));
}

static void print_palettes(FILE *out)
{
	for (int i = 0; i < HR_PALETTE_COUNT; i++)
		hr_print(out, "%s ", hr_palette_name((enum hr_palette)i));
}

static void print_kinds(FILE *out)
{
	for (const struct hr_plot_kind *k = hr_plot_kinds; k->name != NULL; k++)
		hr_print(out, "%s ", k->name);
}

static void print_workloads(FILE *out)
{
	for (size_t i = 0; hr_workloads[i] != NULL; i++)
		hr_print(out, "%s ", hr_workloads[i]->name);
}

static void print_commands(FILE *out)
{
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		hr_print(out, "%s ", (*c)->name);
}

/* The words that something takes: fixed ones, or those of a table. */
struct words {
	const char *of; /* NULL ends a list */
	const char *fixed;
	void (*print)(FILE *out);
};

/* Values of options; the others take files, or what can't be guessed. */
static const struct words values[] = {
    {"policy", NULL, print_policies_and_groups},
    {"baseline", NULL, print_policies},
    {"view", NULL, print_views},
    {"scale", NULL, print_scales},
    {"palette", NULL, print_palettes},
    {"theme", "auto dark light ", NULL},
    {"graph", "blocks braille ", NULL},
    {"gc", "recorded model none ", NULL},
    {"placement", "recorded modelled ", NULL},
    {"identity", "lifo fifo random ", NULL},
    {"span-cache", "none one sweep ", NULL},
    {"clock", "work wall ", NULL},
    {"address-bits", "48 32 ", NULL},
    {"gogc", "25 50 100 200 400 off ", NULL},
    {"memory-limit", "off 90% ", NULL},
    {"color", "auto always never ", NULL},
    {"format", "text ansi png svg json ", NULL},
    {NULL, NULL, NULL},
};

/* First arguments of commands; those of the others are files. */
static const struct words firsts[] = {
    {"plot", NULL, print_kinds},    {"generate", NULL, print_workloads},    {"policies", NULL, print_policies},
    {"help", NULL, print_commands}, {"completion", "bash zsh fish ", NULL}, {NULL, NULL, NULL},
};

static const struct words *find(const struct words *list, const char *name)
{
	while (list->of != NULL && strcmp(list->of, name) != 0)
		list++;
	return list->of != NULL ? list : NULL;
}

/* Each with a blank behind it. */
static void print_words(FILE *out, const struct words *w)
{
	if (w != NULL && w->fixed != NULL)
		fputs(w->fixed, out);
	else if (w != NULL)
		w->print(out);
}

/* Text between single quotes. */
static void print_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("\\'", out);
		else
			fputc(*text, out);
	}
	fputc('\'', out);
}

/* --- bash --- */

static void print_bash_options(FILE *out, const struct cli_command *c)
{
	const struct cli_option *o;

	hr_print(out, "\t%s)\n\t\toptions='", c->name);
	for (size_t i = 0; (o = cli_next_option(c, &i)) != NULL;) {
		if (o->help == NULL)
			continue;
		hr_print(out, "--%s ", o->name);
		if (o->letter != 0)
			hr_print(out, "-%c ", o->letter);
	}
	fputs("'\n\t\twith_value='", out);
	for (size_t i = 0; (o = cli_next_option(c, &i)) != NULL;) {
		if (o->arg == NULL)
			continue;
		hr_print(out, " --%s ", o->name);
		if (o->letter != 0)
			hr_print(out, "-%c ", o->letter);
	}
	fputs("'\n\t\tfirst='", out);
	print_words(out, find(firsts, c->name));
	fputs("'\n\t\t;;\n", out);
}

/* The words of options that have some, each option once. */
static void print_bash_values(FILE *out)
{
	for (const struct words *w = values; w->of != NULL; w++) {
		hr_print(out, "\t--%s) values='", w->of);
		print_words(out, w);
		fputs("' ;;\n", out);
	}
}

static void print_bash(FILE *out)
{
	fputs("# bash completion for heapreplay; made by: heapreplay completion bash\n"
	      "_heapreplay() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}\n"
	      "\tlocal options='' with_value='' first='' values='' i n=0\n\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '--help --version ",
	      out);
	print_commands(out);
	fputs("' -- \"$word\")\n\t\treturn\n\tfi\n\tcase $command in\n", out);
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		print_bash_options(out, *c);
	fputs("\tesac\n\t[ \"$before\" != -p ] || before=--policy\n\tcase $before in\n", out);
	print_bash_values(out);
	fputs("\tesac\n"
	      "\tif [[ $with_value == *\" $before \"* ]]; then\n"
	      "\t\tif [ -n \"$values\" ]; then\n"
	      "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$word\")\n"
	      "\t\telse\n\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n\t\tfi\n"
	      "\t\treturn\n\tfi\n"
	      "\tif [[ $word == -* ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n\t\treturn\n\tfi\n"
	      "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	      "\t\t[[ ${COMP_WORDS[i]} == -* || $with_value == *\" ${COMP_WORDS[i - 1]} \"* ]] || n=$((n + 1))\n"
	      "\tdone\n"
	      "\tif [ -n \"$first\" ] && [ \"$n\" -eq 0 ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$first\" -- \"$word\")\n"
	      "\telse\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n\tfi\n"
	      "}\n"
	      "complete -o filenames -F _heapreplay heapreplay\n",
	      out);
}

/* --- zsh --- */

/* In a specification of _arguments, these end a part of it. */
static void print_zsh_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("[]:\\", *text) != NULL)
			fputc('\\', out);
		if (*text == '\'')
			fputs("'\\'", out);
		fputc(*text, out);
	}
}

static void print_zsh_option(FILE *out, const struct cli_option *o)
{
	const char *many = o->type == CLI_LIST ? "*" : "";
	const struct words *words = find(values, o->name);

	for (int form = 0; form < (o->letter != 0 ? 2 : 1); form++) {
		if (form == 0)
			hr_print(out, " \\\n\t\t\t'%s--%s%s[", many, o->name, o->arg != NULL ? "=" : "");
		else
			hr_print(out, " \\\n\t\t\t'%s-%c%s[", many, o->letter, o->arg != NULL ? "+" : "");
		print_zsh_text(out, o->help);
		fputc(']', out);
		if (o->arg != NULL) {
			fputc(':', out);
			print_zsh_text(out, o->arg);
			fputs(words != NULL ? ":(" : ":_files", out);
			print_words(out, words);
			fputs(words != NULL ? ")" : "", out);
		}
		fputc('\'', out);
	}
}

static void print_zsh_command(FILE *out, const struct cli_command *c)
{
	const struct words *first = find(firsts, c->name);
	const struct cli_option *o;

	hr_print(out, "\t%s)\n\t\t_arguments -s", c->name);
	for (size_t i = 0; (o = cli_next_option(c, &i)) != NULL;)
		if (o->help != NULL)
			print_zsh_option(out, o);
	fputs(" \\\n\t\t\t'1:argument:", out);
	fputs(first != NULL ? "(" : "_files", out);
	print_words(out, first);
	fputs(first != NULL ? ")" : "", out);
	fputs("' '*:file:_files'\n\t\t;;\n", out);
}

static void print_zsh(FILE *out)
{
	fputs("#compdef heapreplay\n# zsh completion for heapreplay; made by: heapreplay completion zsh\n"
	      "_heapreplay() {\n\tlocal -a commands\n\n\tif ((CURRENT == 2)); then\n\t\tcommands=(\n",
	      out);
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++) {
		hr_print(out, "\t\t\t'%s:", (*c)->name);
		print_zsh_text(out, (*c)->summary);
		fputs("'\n", out);
	}
	fputs("\t\t)\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	      "\tlocal command=$words[2]\n\twords=(heapreplay \"${(@)words[3,-1]}\")\n\t((CURRENT--))\n"
	      "\tcase $command in\n",
	      out);
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		print_zsh_command(out, *c);
	fputs("\tesac\n}\nif [ \"$funcstack[1]\" = _heapreplay ]; then\n\t_heapreplay \"$@\"\nelse\n"
	      "\tcompdef _heapreplay heapreplay\nfi\n",
	      out);
}

/* --- fish --- */

static void print_fish_option(FILE *out, const struct cli_command *c, const struct cli_option *o)
{
	const struct words *words = find(values, o->name);

	hr_print(out, "complete -c heapreplay -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
	if (o->letter != 0)
		hr_print(out, " -s %c", o->letter);
	if (words != NULL) {
		fputs(" -x -a '", out);
		print_words(out, words);
		fputc('\'', out);
	} else if (o->arg != NULL) {
		fputs(" -r", out);
	}
	fputs(" -d ", out);
	print_quoted(out, o->help);
	fputc('\n', out);
}

static void print_fish(FILE *out)
{
	const struct cli_option *o;

	fputs("# fish completion for heapreplay; made by: heapreplay completion fish\n", out);
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++) {
		hr_print(out, "complete -c heapreplay -f -n __fish_use_subcommand -a %s -d ", (*c)->name);
		print_quoted(out, (*c)->summary);
		fputc('\n', out);
		for (size_t i = 0; (o = cli_next_option(*c, &i)) != NULL;)
			if (o->help != NULL)
				print_fish_option(out, *c, o);
	}
	/* Until one of them is there, no files. */
	for (const struct words *w = firsts; w->of != NULL; w++) {
		hr_print(out,
			 "complete -c heapreplay -f -n '__fish_seen_subcommand_from %s; "
			 "and not __fish_seen_subcommand_from ",
			 w->of);
		print_words(out, w);
		fputs("' -a '", out);
		print_words(out, w);
		fputs("'\n", out);
	}
}

/* --- the command --- */

static const struct shell {
	const char *name;
	void (*print)(FILE *out);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

void cli_print_completions(FILE *out)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		hr_print(out, "@@ completion-%s\n", shells[i].name);
		shells[i].print(out);
	}
}

static int run_completion(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	(void)o;
	(void)argc;
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(argv[0], shells[i].name) == 0) {
			shells[i].print(stdout);
			return CLI_DONE;
		}
	}
	return cli_misuse(c, "there is no completion for '%s'; there is one for bash, zsh and fish", argv[0]);
}

const struct cli_command cli_completion = {
    .name = "completion",
    .args = "SHELL",
    .least_args = 1,
    .most_args = 1,
    .summary = "completion of commands and options for bash, zsh or fish",
    .text = "Prints a script that completes commands, options and their values in SHELL: bash, zsh or fish.\n"
	    "An installed heapreplay has it in place for bash (package bash-completion) and fish already, and\n"
	    "for zsh where its site-functions are on fpath.\n",
    .examples = "source <(heapreplay completion bash)\tin this shell only\n"
		"heapreplay completion zsh > ~/.zfunc/_heapreplay\tfor zsh, with ~/.zfunc on fpath\n"
		"heapreplay completion fish > ~/.config/fish/completions/heapreplay.fish\tfor fish\n",
    .groups = 0,
    .run = run_completion,
};
