/* SPDX-License-Identifier: BSD-3-Clause */
/* Resolves the policies that a command line names, singly or in groups. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* What -p @NAME stands for: the built-in policies whose names begin so. */
static const struct group {
	const char *name, *prefix;
} groups[] = {{"@all", ""}, {"@go", "go"}};

static size_t policies_there_are(void)
{
	size_t n = 0;

	while (hr_policies[n] != NULL)
		n++;
	return n;
}

/* Each behaviour once, whatever it is called. */
static bool chosen(const struct cli_choices *choices, const char *text)
{
	for (size_t i = 0; i < choices->n; i++)
		if (hr_policy_same_text(choices->at[i].text, text))
			return true;
	return false;
}

static bool add(const struct cli_command *c, const char *text, bool if_fits, struct cli_choices *choices)
{
	struct hr_error err;

	if (chosen(choices, text))
		return true;
	if (hr_policy_choose(text, &choices->at[choices->n], &err) != HR_OK) {
		choices->status = err.status == HR_EUSAGE ? cli_misuse(c, "%s", err.text) : cli_fail(NULL, &err);
		return false;
	}
	choices->at[choices->n++].if_fits = if_fits;
	return true;
}

static bool add_group(const struct cli_command *c, const char *name, struct cli_choices *choices)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		if (strcmp(groups[g].name, name) != 0)
			continue;
		for (size_t i = 0; hr_policies[i] != NULL; i++)
			if (strncmp(hr_policies[i]->name, groups[g].prefix, strlen(groups[g].prefix)) == 0 &&
			    !add(c, hr_policies[i]->name, true, choices))
				return false;
		return true;
	}
	cli_misuse(c, "there is no group '%s' of policies; there are: @all, @go", name);
	return false;
}

bool cli_choose(const struct cli_command *c, const struct cli_options *o, const char *const *names,
		struct cli_choices *choices)
{
	size_t n = o->policies.n, most;
	const char *const *texts = (const char *const *)o->policies.at;
	bool fine = true;

	if (n == 0 && names != NULL) {
		texts = names;
		while (texts[n] != NULL)
			n++;
	}
	/* Groups give each policy once; and there is the baseline. */
	most = n + policies_there_are() + 1;
	choices->n = 0;
	choices->status = CLI_MISUSED;
	choices->at = hr_calloc(most, sizeof(*choices->at));
	if (choices->at == NULL) {
		cli_warn(NULL, "out of memory");
		choices->status = CLI_FAILED;
		return false;
	}
	for (size_t i = 0; fine && i < n; i++)
		fine = texts[i][0] == '@' ? add_group(c, texts[i], choices) : add(c, texts[i], false, choices);
	/* A comparison with a baseline shows the baseline, too. */
	if (fine && o->baseline != NULL)
		fine = add(c, o->baseline, false, choices);
	if (!fine)
		cli_choices_release(choices);
	return fine;
}

void cli_choices_release(struct cli_choices *choices)
{
	for (size_t i = 0; i < choices->n; i++)
		hr_policy_choice_release(&choices->at[i]);
	free(choices->at);
	choices->at = NULL;
	choices->n = 0;
}
