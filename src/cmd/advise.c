/* SPDX-License-Identifier: BSD-3-Clause */
/* advise: which GOGC and memory limit, what they give, and what could go wrong. */
#include "config.h"

#include "cmd/cli.h"

#include "info/advice.h"
#include "replay/limit.h"
#include "report/document.h"
#include "report/output.h"

#include <stdlib.h>
#include <string.h>

struct own {
	const char *memory;
	const char *gc_cpu;
};

#define DEFAULT_GC_CPU 5

/* "5%", or a number of percent. */
static bool take_percent(const char *text, double *percent)
{
	struct hr_limit limit;
	char buf[40];

	*percent = DEFAULT_GC_CPU;
	if (text == NULL)
		return true;
	if (strlen(text) > sizeof(buf) - 2)
		return false;
	snprintf(buf, sizeof(buf), "%s%s", text, strchr(text, '%') != NULL ? "" : "%");
	if (!hr_limit_parse(buf, &limit) || limit.percent <= 0 || limit.percent > 100)
		return false;
	*percent = limit.percent;
	return true;
}

static enum hr_status print(const struct hr_advice *a, const struct cli_options *o, struct hr_error *err)
{
	struct hr_output main = {0};
	enum hr_status status = hr_output_open(&main, o->output, err);

	if (status == HR_OK && o->json) {
		status = hr_document_write(hr_advice_json(a), main.file, err);
	} else if (status == HR_OK) {
		struct hr_page page = cli_page(main.file);

		hr_advice_text(&page, a);
	}
	if (status == HR_OK)
		status = hr_output_commit(&main, err);
	hr_output_abandon(&main);
	return status;
}

static int run_advise(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	const struct own *own = o->own;
	struct hr_replay_options options = o->replay;
	struct hr_advice_question question = {.options = &options};
	struct cli_choices choices;
	struct hr_advice advice;
	struct hr_error err;
	enum hr_status status;
	const char *about = argv[0];

	(void)argc;
	if (!take_percent(own->gc_cpu, &question.gc_cpu_percent))
		return cli_misuse(c, "--gc-cpu takes a percentage such as 5%%, not '%s'", own->gc_cpu);
	question.memory_given = own->memory != NULL;
	if (own->memory != NULL && strcmp(own->memory, "off") != 0 &&
	    hr_cgroup_bytes(own->memory, &question.memory_bytes, &err) != HR_OK)
		return cli_misuse(c, "--memory: %s", err.text);
	if (!cli_choose(c, o, NULL, &choices))
		return choices.status;
	if (choices.n > 1) {
		cli_choices_release(&choices);
		return cli_misuse(c, "only one policy is allowed: that of the runtime to be used");
	}
	question.policy = choices.n == 1 ? &choices.at[0] : NULL;
	cli_progress_start(&options, o);
	status = hr_advice_find(&advice, argv[0], &question, &err);
	cli_progress_end();
	if (status == HR_OK && advice.most != 0 && !o->quiet)
		cli_warn(argv[0],
			 "not enough memory for all settings in one pass; at most %zu at a time, which takes longer",
			 advice.most);
	if (status == HR_OK) {
		about = NULL;
		status = print(&advice, o, &err);
	}
	if (status == HR_OK) {
		cli_warn_trace(o, argv[0], &advice.stats);
	}
	cli_choices_release(&choices);
	return status == HR_OK ? CLI_DONE : cli_fail(about, &err);
}

static const struct cli_option options[] = {
    {"memory", 0, "SIZE|cgroup|FILE|off", CLI_TEXT, offsetof(struct own, memory), 0, CLI_IN_GC,
     "the memory that the process may have: a size, cgroup for that of the container that heapreplay runs in, or the "
     "file memory.max (what record noted of the program's control group, else off)"},
    {"gc-cpu", 0, "PERCENT", CLI_TEXT, offsetof(struct own, gc_cpu), 0, CLI_IN_GC,
     "share of the CPU time of all Ps that the GC may take (5%)"},
    {.name = NULL},
};

const struct cli_command cli_advise = {
    .name = "advise",
    .args = "TRACE",
    .least_args = 1,
    .most_args = 1,
    .summary = "which GOGC and memory limit to use, what they give, and what could go wrong",
    .text = "Replays a Go trace by the GC model under several settings and names the one of the least memory\n"
	    "whose GC stays below --gc-cpu and whose peak stays below --memory, by the upper ends of their error\n"
	    "bars. It says so where the trace does not tell enough, and what to record then.\n",
    .examples = "heapreplay advise app.trace\tthe least memory with at most 5 % of the CPU for the GC\n"
		"heapreplay advise --memory 512MiB app.trace\tin a container of 512 MiB\n"
		"heapreplay advise --memory 512MiB --gc-cpu 2% --json app.trace\tfor scripts\n",
    .endings = "txt json=json",
    .groups = CLI_RUNS | CLI_READS | CLI_JSON | CLI_OUTPUT | CLI_JOBS,
    .options = options,
    .own_size = sizeof(struct own),
    .run = run_advise,
};
