/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists that the manual pages include, as mdoc, made from the tables of the program. */
#include "config.h"

#include "cmd/cli.h"

#include "base/params.h"
#include "base/print.h"
#include "generate/generate.h"
#include "report/insights.h"
#include "report/layers.h"
#include "scavenge/cost.h"
#include "scavenge/policy.h"
#include "tui/watch.h"

#include <string.h>

static void print_params(FILE *out, const struct hr_param *p)
{
	for (; p->name != NULL; p++)
		hr_print(out, ".It Cm %s Ns = Ns Ar %s\n%s.\n", p->name, p->initial, p->help);
}

static void print_roff_command(FILE *out, const struct cli_command *c)
{
	hr_print(out, ".Nm heapreplay %s\n", c->name);
	cli_print_synopsis(out, c, true);
	if (c->args[0] != '\0')
		hr_print(out, ".Ar %s\n", c->args);
}

static void print_roff_examples(FILE *out, const char *examples)
{
	for (bool first = true; *examples != '\0'; first = false) {
		size_t line = strcspn(examples, "\n"), command = strcspn(examples, "\t");

		fputs(first ? "" : ".Pp\n", out);
		hr_print(out, "%c%.*s:\n.Dl %.*s\n", examples[command + 1] & ~0x20, (int)(line - command - 2),
			 examples + command + 2, (int)command, examples);
		examples += line + (examples[line] == '\n');
	}
}

/* In mdoc each sentence begins a line. */
static void print_sentences(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		fputc(*text, out);
		if (text[0] == '.' && text[1] == ' ') {
			fputc('\n', out);
			text++;
		}
	}
}

static void print_metrics(FILE *out, enum hr_metric_of of)
{
	static const char *const units[] = {"bytes", "nanoseconds", "a count", "a ratio"};
	static const char *const over[] = {[HR_OVER_SUM] = "summed",
					   [HR_OVER_MEAN] = "mean",
					   [HR_OVER_MAX] = "largest",
					   [HR_OVER_MIN] = "least",
					   [HR_OVER_NONE] = "not combined"};

	for (size_t i = 0; i < hr_nmetrics; i++) {
		const struct hr_metric *m = &hr_metrics[i];

		if (m->of != of)
			continue;
		hr_print(out, ".It Va %s\n%s (%s", m->name, m->help, units[m->unit]);
		if (m->heading != NULL)
			hr_print(out, "; heading: %s", m->heading);
		hr_print(out, "; over traces: %s).\n", over[m->over]);
	}
}

static void print_policy_names(FILE *out)
{
	for (size_t i = 0; hr_policies[i] != NULL; i++)
		hr_print(out, ".It Cm %s\n%s.\n", hr_policies[i]->name, hr_policies[i]->summary);
}

static void print_aliases(FILE *out)
{
	for (const struct hr_policy_alias *a = hr_policy_aliases; a->name != NULL; a++)
		hr_print(out, ".It Cm %s\n%s: %s%s%s.\n", a->name, a->help, a->policy, a->params[0] != '\0' ? "," : "",
			 a->params);
}

static void print_param_list(FILE *out, const struct hr_param *p)
{
	if (p->name == NULL)
		return;
	fputs(".Bl -tag -width Ds -compact\n", out);
	print_params(out, p);
	fputs(".El\n", out);
}

static void print_policies(FILE *out)
{
	for (size_t i = 0; hr_policies[i] != NULL; i++) {
		hr_print(out, ".It Cm %s\n%s.\n", hr_policies[i]->name, hr_policies[i]->summary);
		print_param_list(out, hr_policy_params(hr_policies[i]));
	}
}

static void print_workloads(FILE *out)
{
	for (size_t i = 0; hr_workloads[i] != NULL; i++) {
		hr_print(out, ".It Cm %s\n%s.\n", hr_workloads[i]->name, hr_workloads[i]->summary);
		print_sentences(out, hr_workloads[i]->text);
		print_param_list(out, hr_workloads[i]->params);
	}
}

static void print_anomalies(FILE *out)
{
	for (unsigned a = 0; a < HR_ANOMALY_COUNT; a++)
		hr_print(out, ".It Va %s\n%s.\n", hr_anomaly_name(a), hr_anomaly_text(a));
}

static void print_layers(FILE *out)
{
	for (unsigned i = 0; i < HR_LAYER_COUNT; i++)
		hr_print(out, ".It Va %s_bytes\n%s\n", hr_layer_name(i), hr_layer_text(i));
}

static void print_insights(FILE *out)
{
	for (size_t i = 0; i < hr_ninsight_rules; i++) {
		hr_print(out, ".It Cm %s\n", hr_insight_rules[i].name);
		print_sentences(out, hr_insight_rules[i].rule);
		fputc('\n', out);
	}
}

static void print_costs(FILE *out)
{
	print_params(out, hr_cost_params);
}

static void print_gc_costs(FILE *out)
{
	print_params(out, hr_gc_cost_params);
}

static void print_keys(FILE *out)
{
	hr_watch_print_keys(out, true);
}

static void print_commands(FILE *out)
{
	for (const struct cli_command *const *each = cli_commands; *each != NULL; each++)
		hr_print(out, ".It Cm %s\n%s.\n", (*each)->name, (*each)->summary);
}

static void print_policy_metrics(FILE *out)
{
	print_metrics(out, HR_METRIC_POLICY);
}

static void print_object_metrics(FILE *out)
{
	print_metrics(out, HR_METRIC_OBJECTS);
}

static void print_gc_metrics(FILE *out)
{
	print_metrics(out, HR_METRIC_GC);
}

static void print_regret_metrics(FILE *out)
{
	print_metrics(out, HR_METRIC_REGRET);
}

static void print_command_examples(FILE *out, const struct cli_command *c)
{
	print_roff_examples(out, c->examples);
}

/* The lists that manual pages include. */
static const struct list {
	const char *name;
	void (*print)(FILE *out);
} lists[] = {
    {"metrics", print_policy_metrics},
    {"object-metrics", print_object_metrics},
    {"gc-metrics", print_gc_metrics},
    {"regret-metrics", print_regret_metrics},
    {"policy-names", print_policy_names},
    {"aliases", print_aliases},
    {"policies", print_policies},
    {"workloads", print_workloads},
    {"anomalies", print_anomalies},
    {"cost", print_costs},
    {"gc-cost", print_gc_costs},
    {"keys", print_keys},
    {"commands", print_commands},
    {"insights", print_insights},
    {"layers", print_layers},
};

/* And for each command: prefix and the command's name. */
static const struct list_of_command {
	const char *prefix;
	void (*print)(FILE *out, const struct cli_command *c);
} lists_of_commands[] = {
    {"synopsis-", print_roff_command},
    {"options-", cli_print_roff_options},
    {"examples-", print_command_examples},
};

enum {
	NLISTS = sizeof(lists) / sizeof(lists[0]),
	NLISTS_OF_COMMANDS = sizeof(lists_of_commands) / sizeof(lists_of_commands[0])
};

int cli_print_manual(FILE *out)
{
	for (size_t i = 0; i < NLISTS; i++) {
		hr_print(out, "@@ %s\n", lists[i].name);
		lists[i].print(out);
	}
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++) {
		for (size_t i = 0; i < NLISTS_OF_COMMANDS; i++) {
			hr_print(out, "@@ %s%s\n", lists_of_commands[i].prefix, (*c)->name);
			lists_of_commands[i].print(out, *c);
		}
	}
	cli_print_completions(out);
	return cli_print_schemas(out);
}

bool cli_print_list(FILE *out, const char *name)
{
	for (size_t i = 0; i < NLISTS; i++) {
		if (strcmp(name, lists[i].name) == 0) {
			lists[i].print(out);
			return true;
		}
	}
	for (size_t i = 0; i < NLISTS_OF_COMMANDS; i++) {
		const size_t n = strlen(lists_of_commands[i].prefix);
		const struct cli_command *c =
		    strncmp(name, lists_of_commands[i].prefix, n) == 0 ? cli_command_find(name + n) : NULL;

		if (c != NULL) {
			lists_of_commands[i].print(out, c);
			return true;
		}
	}
	return false;
}
