/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All unit tests in one program, so that a change of one file of src links one
 * program: unit NAME... runs those, by name or path; without a name it lists them.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#define DECLARE(name) int hr_test_##name(void);
#include "tests.inc"
#undef DECLARE

static const struct {
	const char *name;
	int (*run)(void);
} tests[] = {
#define DECLARE(name) {#name, hr_test_##name},
#include "tests.inc"
#undef DECLARE
};

/* The file's name without its folder and ending. */
static int is(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/'), *begin = slash != NULL ? slash + 1 : path;

	return strlen(name) == strcspn(begin, ".") && strncmp(begin, name, strlen(name)) == 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (size_t t = 0; argc < 2 && t < sizeof(tests) / sizeof(tests[0]); t++)
		puts(tests[t].name);
	for (int i = 1; i < argc; i++) {
		size_t t = 0;

		while (t < sizeof(tests) / sizeof(tests[0]) && !is(argv[i], tests[t].name))
			t++;
		if (t == sizeof(tests) / sizeof(tests[0])) {
			fprintf(stderr, "unit: there is no test '%s'\n", argv[i]);
			return 99;
		}
		failed |= tests[t].run();
	}
	return failed;
}
