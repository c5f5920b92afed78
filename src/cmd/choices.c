/* The policies that a command line names. */
#include "config.h"

#include "cmd/cli.h"

#include "base/alloc.h"

#include <stdlib.h>

bool cli_choose(const struct cli_command *c, const struct cli_options *o, const char *const *names,
		struct cli_choices *choices)
{
	size_t n = o->npolicies;
	const char *const *texts = (const char *const *)o->policies;
	struct hr_error err;

	if (n == 0 && names != NULL) {
		texts = names;
		while (texts[n] != NULL)
			n++;
	}
	choices->n = 0;
	choices->at = hr_calloc(n, sizeof(*choices->at));
	for (size_t i = 0; choices->at != NULL && i < n; i++) {
		if (hr_policy_choose(texts[i], &choices->at[i], &err) != HR_OK) {
			cli_misuse(c, "%s", err.text);
			cli_choices_release(choices);
			return false;
		}
		choices->n++;
	}
	if (choices->at == NULL)
		cli_warn(NULL, "out of memory");
	return choices->at != NULL;
}

void cli_choices_release(struct cli_choices *choices)
{
	for (size_t i = 0; i < choices->n; i++)
		hr_policy_choice_release(&choices->at[i]);
	free(choices->at);
	choices->at = NULL;
	choices->n = 0;
}
