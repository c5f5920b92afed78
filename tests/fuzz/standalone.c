/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main() for a fuzz target built without libFuzzer: runs the target once for
 * each file named on the command line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* What libFuzzer would have: nothing is mutated here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	(void)data;
	(void)max_size;
	return size;
}

/* The file's bytes, exactly as many as it has, so that overruns are seen. */
static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t cap = 0;

	*size = 0;
	if (f == NULL)
		return NULL;
	do {
		if (*size == cap) {
			cap = cap ? 2 * cap : 4096;
			data = realloc(data, cap);
			if (data == NULL)
				abort();
		}
		*size += fread(data + *size, 1, cap - *size, f);
	} while (!feof(f) && !ferror(f));
	if (ferror(f)) {
		free(data);
		data = NULL;
	}
	fclose(f);
	if (data != NULL && *size > 0)
		data = realloc(data, *size);
	return data;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t size;
		uint8_t *data = read_file(argv[i], &size);

		if (data == NULL) {
			perror(argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	return 0;
}
