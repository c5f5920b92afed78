/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as Firefox's logalloc. */
#include "config.h"

#include "recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_recording(data, size, HR_FORMAT_LOGALLOC);
	return 0;
}
