/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any heap, driven by the input's bytes: at every event the layers are those of a naive count, and those of a replay add up
 * to what is mapped, to the byte: of the heap as it was recorded, with cycles of our own, and of its objects as malloc's. The first byte chooses the policy.
 */
#include "config.h"

#include "../unit/layers_program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const policies[] = {"go1.18", "go1.19", "go1.21", "go1.22", "none",
					       "eager",	 "decay",  "rate",   "delay"};
	static struct layers_program program;

	if (size < 3)
		return 0;
	layers_program_make(&program, data + 1, size - 1);
	if (program.n == 0)
		return 0;
	if (layers_program_check(&program) != NULL)
		abort();
	/* A replay wants something to place. */
	for (enum lp_way way = LP_RECORDED; program.nspans > 0 && way < LP_WAYS; way++)
		if (layers_program_replay(&program, policies[data[0] % (sizeof(policies) / sizeof(policies[0]))],
					  way) != NULL)
			abort();
	return 0;
}
