/* SPDX-License-Identifier: BSD-3-Clause */
/* What cmocka wants before its own header. */
#ifndef HR_TESTS_UNIT_TESTING_H
#define HR_TESTS_UNIT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Leaves a test that this machine can't run. cmocka's skip() prints "not ok", which is a failure to a TAP reader. */
#define HR_SKIP(why)                                                                                                   \
	do {                                                                                                           \
		print_message("# skipped: %s\n", why);                                                                 \
		return;                                                                                                \
	} while (0)

/* Begins what a file of tests does, as main does in a program of its own: tests/unit/unit.c calls it by the name. */
#define HR_TEST_MAIN(name)                                                                                             \
	int hr_test_##name(void);                                                                                      \
	int hr_test_##name(void)

/* A seeded generator for property tests: xorshift64* (Vigna 2016). */
static inline uint64_t test_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

/* Under sanitizers and valgrind, where everything takes ten times as long (.ci/run sets it): a part is enough. */
static inline bool test_quick(void)
{
	return getenv("HR_QUICK") != NULL;
}

/* In `make check-all`, which has hours: everything that a test can try. */
static inline bool test_thorough(void)
{
	return getenv("HR_THOROUGH") != NULL;
}

#endif
