/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a recording by mtrace. */
#include "config.h"

#include "recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_recording(data, size, HR_FORMAT_MTRACE);
	return 0;
}
