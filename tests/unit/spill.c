/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments come back as they were written, from memory and from the temporary file, in any order. */
#include "config.h"

#include "trace/go/spill.h"

#include "testing.h"

#include <stdlib.h>
#include <string.h>

static void fill(uint8_t *segment, uint64_t seed)
{
	for (size_t i = 0; i < HR_SEGMENT_BYTES; i++)
		segment[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
}

/* n segments, as many bytes of them in memory as max_bytes allows. */
static void check(size_t max_bytes, unsigned n)
{
	uint8_t segment[HR_SEGMENT_BYTES], want[HR_SEGMENT_BYTES];
	struct hr_spill s;
	struct hr_error err;
	uint64_t number;

	hr_spill_init(&s, max_bytes);
	for (unsigned i = 0; i < n; i++) {
		fill(segment, i);
		assert_int_equal(hr_spill_write(&s, segment, &number, &err), HR_OK);
		assert_int_equal(number, i);
	}
	assert_int_equal(s.nkept, max_bytes / HR_SEGMENT_BYTES < n ? max_bytes / HR_SEGMENT_BYTES : n);
	for (unsigned i = n; i-- > 0;) {
		fill(want, i);
		assert_int_equal(hr_spill_read(&s, i, segment, &err), HR_OK);
		assert_memory_equal(segment, want, sizeof(want));
	}
	hr_spill_release(&s);
}

static void test_segments(void **state)
{
	(void)state;
	check(0, 5);
	check(2 * HR_SEGMENT_BYTES, 7);
	check(100 * HR_SEGMENT_BYTES, 7);
}

/* Without a folder for temporary files: an error that says so, and only when one is needed. */
static void test_no_folder(void **state)
{
	const char *before = getenv("TMPDIR");
	char *saved = before != NULL ? strdup(before) : NULL;
	uint8_t segment[HR_SEGMENT_BYTES] = {0};
	struct hr_spill s;
	struct hr_error err;
	uint64_t number;

	(void)state;
	setenv("TMPDIR", "/nonexistent/folder", 1);
	hr_spill_init(&s, HR_SEGMENT_BYTES);
	assert_int_equal(hr_spill_write(&s, segment, &number, &err), HR_OK);
	assert_int_equal(hr_spill_write(&s, segment, &number, &err), HR_EIO);
	assert_non_null(strstr(err.text, "/nonexistent/folder"));
	assert_non_null(strstr(err.text, "TMPDIR"));
	hr_spill_release(&s);
	if (saved != NULL)
		setenv("TMPDIR", saved, 1);
	else
		unsetenv("TMPDIR");
	free(saved);
}

HR_TEST_MAIN(spill)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_segments), cmocka_unit_test(test_no_folder)};

	return cmocka_run_group_tests_name("spill", tests, NULL, NULL);
}
