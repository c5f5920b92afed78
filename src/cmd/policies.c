/* SPDX-License-Identifier: BSD-3-Clause */
/* policies: lists what -p takes. */
#include "config.h"

#include "cmd/cli.h"

#include "base/json.h"
#include "base/print.h"
#include "report/document.h"
#include "report/output.h"

static void print_list(FILE *out, const struct hr_policy_def *const *list)
{
	for (; *list != NULL; list++) {
		hr_print(out, "%-8s %s\n", (*list)->name, (*list)->summary);
		for (const struct hr_param *row = hr_policy_params(*list); row->name != NULL; row++)
			hr_print(out, "           %s=%s  %s\n", row->name, row->initial, row->help);
	}
}

static void print_aliases(FILE *out)
{
	fputs("\nOther names:\n", out);
	for (const struct hr_policy_alias *a = hr_policy_aliases; a->name != NULL; a++)
		hr_print(out, "%-10s %s%s%s  %s\n", a->name, a->policy, a->params[0] != '\0' ? "," : "", a->params,
			 a->help);
}

static json_t *policy_json(const struct hr_policy_def *p)
{
	json_t *params = json_array();

	for (const struct hr_param *row = hr_policy_params(p); row->name != NULL; row++)
		hr_json_add(&params, json_pack("{s:o, s:o, s:o}", "name", hr_json_text(row->name), "default",
					       hr_json_text(row->initial), "help", hr_json_text(row->help)));
	return json_pack("{s:o, s:o, s:o}", "name", hr_json_text(p->name), "summary", hr_json_text(p->summary),
			 "parameters", params);
}

static enum hr_status print_json(FILE *out, const struct hr_policy_def *const *list, struct hr_error *err)
{
	json_t *d = hr_document_new(), *policies = json_array();

	for (; *list != NULL; list++)
		hr_json_add(&policies, policy_json(*list));
	hr_json_put(&d, "policies", policies);
	return hr_document_write(d, out, err);
}

static enum hr_status print(FILE *out, bool json, const struct hr_policy_def *const *list, struct hr_error *err)
{
	if (json)
		return print_json(out, list, err);
	print_list(out, list);
	if (list == hr_policies)
		print_aliases(out);
	if (list == hr_policies)
		fputs("\nParameters follow the name: -p go1.19,fix=flush+regrow,offset=on\n", out);
	return HR_OK;
}

/* One that is named, built in or in a file, or all that are built in. */
static int run_policies(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	const struct hr_policy_def *one[2] = {NULL, NULL};
	struct hr_policy_choice choice = {.def = NULL};
	struct hr_output main = {.file = NULL};
	struct hr_error err;
	enum hr_status status = argc > 0 ? hr_policy_choose(argv[0], &choice, &err) : HR_OK;

	(void)c;
	one[0] = choice.def;
	if (status == HR_OK)
		status = hr_output_open(&main, o->output, &err);
	if (status == HR_OK)
		status = print(main.file, o->json, argc > 0 ? one : hr_policies, &err);
	if (status == HR_OK)
		status = hr_output_commit(&main, &err);
	hr_output_abandon(&main);
	hr_policy_choice_release(&choice);
	return status == HR_OK ? CLI_DONE : cli_fail(NULL, &err);
}

const struct cli_command cli_policies = {
    .name = "policies",
    .args = "[POLICY]",
    .least_args = 0,
    .most_args = 1,
    .summary = "the policies, their parameters and defaults",
    .text = "Lists the scavenging policies that -p takes, with every parameter; or the one that is named,\n"
	    "as -p takes it. One of your own is a shared object, named by its path; heapreplay-policy(7)\n"
	    "says how to write it.\n",
    .examples = "heapreplay policies\tthe list\nheapreplay policies ./mine.so\tone of your own\nheapreplay replay -p "
		"go1.19,fix=flush+regrow app.trace\ta parameter in use\n",
    .endings = "txt json=json",
    .groups = CLI_JSON | CLI_OUTPUT,
    .run = run_policies,
};
