/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as the script of a workload: no crash, messages for what is refused, and events in order for what is not. */
#include "config.h"

#include "generate/script.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first thousand events or so. */
static void run(const struct hr_workload_def *def)
{
	struct hr_event ev[256];
	struct hr_generator *g;
	struct hr_error err = {0};
	uint64_t last_ns = 0;
	size_t n;

	if (hr_generator_of(def, "events=1000", 1, &g, &err) != HR_OK) {
		if (err.text[0] == '\0')
			abort();
		return;
	}
	while (hr_generator_next(g, ev, 256, &n, &err) == HR_OK) {
		for (size_t i = 0; i < n; i++) {
			if (ev[i].time_ns < last_ns)
				abort();
			last_ns = ev[i].time_ns;
		}
	}
	hr_generator_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hr_workload_def *def = NULL;
	char *text = malloc(size + 1);
	struct hr_error err = {0};

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (hr_script_load("fuzz", text, &def, &err) == HR_OK)
		run(def);
	else if (err.text[0] == '\0')
		abort();
	hr_script_free(def);
	free(text);
	return 0;
}
