/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a gate: no crash, and what is taken keeps its promises for any figures. */
#include "config.h"

#include "report/gate.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct hr_gate *g, uint64_t value, uint64_t base)
{
	static const enum hr_gate_op opposite[] = {[HR_GATE_ABOVE] = HR_GATE_AT_MOST,
						   [HR_GATE_AT_MOST] = HR_GATE_ABOVE,
						   [HR_GATE_BELOW] = HR_GATE_AT_LEAST,
						   [HR_GATE_AT_LEAST] = HR_GATE_BELOW};
	struct hr_gate other = *g;

	/* Either a sentence is true or its opposite is. */
	other.op = opposite[g->op];
	if (hr_gate_fails(g, value, base) == hr_gate_fails(&other, value, base))
		abort();
	if (!g->relative && hr_gate_bound(g, base) != g->value)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t values[] = {0, 1, 1000, UINT64_C(1) << 40, UINT64_MAX};
	char *text = malloc(size + 1);
	struct hr_gate g;
	struct hr_error err;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (hr_gate_parse(text, &g, &err) == HR_OK) {
		for (size_t i = 0; i < 25; i++)
			check(&g, values[i / 5], values[i % 5]);
		hr_gate_release(&g);
	} else if (err.text[0] == '\0') {
		abort();
	}
	free(text);
	return 0;
}
