/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a compressed file: no crash, no hang, and how much is asked for
 * at a time changes nothing of what comes out. The first byte is not part of
 * the file: it says how much.
 */
#include "config.h"

#include "trace/input.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 16, MAX_BYTES = 1 << 22 }; /* what comes out of a few bytes may be much */

struct result {
	enum hr_status status;
	uint64_t bytes, digest;
	bool cut;
};

static struct result drain(const uint8_t *data, size_t size, size_t piece)
{
	static uint8_t buf[ROOM];
	struct result result = {.status = HR_OK};
	struct hr_input *in;
	struct hr_error err;
	size_t n;

	result.status = hr_input_open_memory(data, size, &in, &err);
	if (result.status != HR_OK)
		return result;
	while (hr_input_bytes(in) < MAX_BYTES && (result.status = hr_input_read(in, buf, piece, &n, &err)) == HR_OK)
		if (n == 0 || n > piece)
			abort();
	if (result.status == HR_EINPUT && (err.text[0] == '\0' || err.offset > hr_input_bytes(in)))
		abort();
	result.bytes = hr_input_bytes(in);
	result.digest = hr_input_digest(in);
	result.cut = hr_input_cut(in);
	hr_input_close(in);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result a, b;

	if (size == 0)
		return 0;
	a = drain(data + 1, size - 1, ROOM);
	b = drain(data + 1, size - 1, 16u * data[0] + 1);
	/* Where it stopped early, it stopped at different places. */
	if (a.status != HR_OK && b.status != HR_OK &&
	    (a.status != b.status || a.cut != b.cut ||
	     (a.status == HR_END && (a.bytes != b.bytes || a.digest != b.digest))))
		abort();
	return 0;
}
