/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory limits and GOGC as people write them, and a container's memory from its files. */
#include "config.h"

#include "replay/limit.h"

#include "heap/gcpacer.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} sizes[] = {
	    {"512MiB", UINT64_C(512) << 20},
	    {"512Mi", UINT64_C(512) << 20},
	    {"512MB", 512000000},
	    {"1g", UINT64_C(1) << 30},
	    {"1.5GiB", UINT64_C(3) << 29},
	    {"536870912", UINT64_C(512) << 20},
	    {"off", UINT64_MAX},
	};
	static const char *const wrong[] = {"", "%", "0%", "-5%", "10001%", "90 %", "90%%", "lots", "-1", "512Mb/s"};
	struct hr_limit l;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_true(hr_limit_parse(sizes[i].text, &l));
		assert_true(hr_limit_bytes(&l, 1000) == sizes[i].bytes);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(hr_limit_parse(wrong[i], &l));
	assert_true(hr_limit_parse("90%", &l));
	assert_true(hr_limit_bytes(&l, 1000) == 900);
	assert_true(hr_limit_parse("112.5%", &l));
	assert_true(hr_limit_bytes(&l, 1000) == 1125);
	assert_true(hr_limit_bytes(&l, 0) == 1);
}

static void test_gogc(void **state)
{
	static const char *const wrong[] = {"", "-", "-0", "fast", "1000001", "50%%", "12.5%", "on"};
	uint64_t gogc;

	(void)state;
	assert_true(hr_gogc_parse("50", &gogc) && gogc == 50);
	assert_true(hr_gogc_parse("50%", &gogc) && gogc == 50);
	assert_true(hr_gogc_parse("0", &gogc) && gogc == 0);
	assert_true(hr_gogc_parse("off", &gogc) && gogc == HR_GOGC_OFF);
	assert_true(hr_gogc_parse("-1", &gogc) && gogc == HR_GOGC_OFF);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(hr_gogc_parse(wrong[i], &gogc));
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_cgroup(void **state)
{
	char directory[] = "/tmp/limit.XXXXXX", path[64];
	struct hr_error err;
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(hr_cgroup_bytes("1g", &bytes, &err), HR_OK);
	assert_true(bytes == UINT64_C(1) << 30);
	assert_non_null(mkdtemp(directory));
	assert_int_equal(hr_cgroup_bytes(directory, &bytes, &err), HR_EUSAGE);
	snprintf(path, sizeof(path), "%s/memory.max", directory);
	assert_int_equal(hr_cgroup_bytes(path, &bytes, &err), HR_EIO);
	write_file(path, "268435456\n");
	assert_int_equal(hr_cgroup_bytes(path, &bytes, &err), HR_OK);
	assert_true(bytes == UINT64_C(256) << 20);
	assert_int_equal(hr_cgroup_bytes(directory, &bytes, &err), HR_OK);
	assert_true(bytes == UINT64_C(256) << 20);
	write_file(path, "max\n");
	assert_int_equal(hr_cgroup_bytes(directory, &bytes, &err), HR_EUSAGE);
	assert_non_null(strstr(err.text, "sets no limit"));
	/* What a cgroup of version 1 writes where there is none. */
	write_file(path, "9223372036854771712\n");
	assert_int_equal(hr_cgroup_bytes(path, &bytes, &err), HR_EUSAGE);
	write_file(path, "");
	assert_int_equal(hr_cgroup_bytes(path, &bytes, &err), HR_EUSAGE);
	unlink(path);
	rmdir(directory);
}

HR_TEST_MAIN(limit)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_gogc),
	    cmocka_unit_test(test_cgroup),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
