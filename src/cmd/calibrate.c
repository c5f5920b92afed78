/* SPDX-License-Identifier: BSD-3-Clause */
/* calibrate: what memory costs on this machine, as a file for --cost @FILE. */
#include "config.h"

#include "cmd/cli.h"

#include "base/print.h"
#include "machine/memory.h"
#include "report/output.h"

#include <inttypes.h>

static void print_costs(FILE *out, const struct hr_real_costs *c)
{
	const struct {
		const char *key;
		uint64_t ns;
		const char *what;
	} rows[] = {
	    {"call", c->call_ns, "a call of madvise, beside its pages"},
	    {"page", c->page_ns, "each page of 4 KiB that a call releases"},
	    {"fault", c->refault_ns, "a released page that is touched again"},
	    {"huge-fault", c->huge_fault_ns, "2 MiB touched that become a huge page"},
	    {"huge-release", c->huge_release_ns, "a huge page released as a whole"},
	    {"huge-split", c->huge_split_ns, "what a call that releases a part of a huge page takes longer"},
	};

	hr_print(out, "# heapreplay calibrate: what memory costs on this machine, for --cost @FILE\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].ns == 0)
			hr_print(out, "# %s: could not be measured here; the default holds\n", rows[i].key);
		else
			hr_print(out, "%s=%" PRIu64 "ns # %s\n", rows[i].key, rows[i].ns, rows[i].what);
	}
	hr_print(out, "# the first touch of a page: %" PRIu64 " ns\n", c->first_touch_ns);
}

static int run_calibrate(const struct cli_command *c, const struct cli_options *o, int argc, char **argv)
{
	struct hr_output main = {0};
	struct hr_real_costs costs;
	struct hr_error err;
	enum hr_status status = hr_output_open(&main, o->output, &err);

	(void)c, (void)argc, (void)argv;
	if (status == HR_OK)
		status = hr_real_measure(&costs, &err);
	if (status == HR_OK) {
		print_costs(main.file, &costs);
		status = hr_output_commit(&main, &err);
	}
	hr_output_abandon(&main);
	return status == HR_OK ? CLI_DONE : cli_fail(NULL, &err);
}

const struct cli_command cli_calibrate = {
    .name = "calibrate",
    .args = "",
    .least_args = 0,
    .most_args = 0,
    .summary = "measure what memory costs on this machine",
    .text =
	"Measures what it takes to release pages, to touch them for the first time and again, and the same of huge\n"
	"pages, some hundred times each, in an order that leaves nothing in the processor's caches, within a second.\n"
	"What it prints is a file for --cost @FILE.\n"
	"Run it on the machine that the program runs on, when that has nothing else to do.\n",
    .endings = "cost txt",
    .examples = "heapreplay calibrate -o machine.cost\tmeasure once\n",
    .groups = CLI_OUTPUT,
    .run = run_calibrate,
};
