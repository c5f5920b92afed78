/* policies: what -p takes. */
#include "config.h"

#include "cmd/cli.h"

#include "report/document.h"
#include "report/output.h"

static void print_list(FILE *out)
{
	for (size_t i = 0; hr_policies[i] != NULL; i++) {
		const struct hr_policy_def *p = hr_policies[i];

		fprintf(out, "%-8s %s\n", p->name, p->summary);
		for (const struct hr_param *row = hr_policy_params(p); row->name != NULL; row++)
			fprintf(out, "           %s=%s  %s\n", row->name, row->initial, row->help);
	}
	fputs("\nParameters follow the name: -p go1.19,fix=flush+regrow,offset=on\n", out);
}

static enum hr_status print_json(FILE *out, struct hr_error *err)
{
	json_t *d = hr_document_new(), *list = json_array();

	for (size_t i = 0; hr_policies[i] != NULL; i++) {
		json_t *params = json_array();

		for (const struct hr_param *row = hr_policy_params(hr_policies[i]); row->name != NULL; row++)
			json_array_append_new(params, json_pack("{s:s, s:s, s:s}", "name", row->name, "default",
								row->initial, "help", row->help));
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", hr_policies[i]->name, "summary",
						      hr_policies[i]->summary, "parameters", params));
	}
	json_object_set_new(d, "policies", list);
	return hr_document_write(d, out, err);
}

int cli_run_policies(const struct cli_options *o, int argc, char **argv)
{
	struct hr_output main;
	struct hr_error err;
	enum hr_status status = hr_output_open(&main, o->output, &err);

	(void)argc;
	(void)argv;
	if (status == HR_OK && o->json)
		status = print_json(main.file, &err);
	else if (status == HR_OK)
		print_list(main.file);
	if (status == HR_OK)
		status = hr_output_commit(&main, &err);
	hr_output_abandon(&main);
	return status == HR_OK ? CLI_DONE : cli_fail(NULL, &err);
}
