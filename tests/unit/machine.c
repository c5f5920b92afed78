/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel's and a program's own texts say of its memory. */
#include "config.h"

#include "machine/metrics.h"
#include "machine/process.h"

#include "testing.h"

#include <string.h>
#include <unistd.h>

static void test_smaps_rollup(void **state)
{
	struct hr_rss_sample s = {.time_ns = 7};

	(void)state;
	/* As Linux 6.1 writes it; Pss_Anon is another thing than Anonymous. */
	assert_true(hr_process_parse("55b2f1652000-7ffc8143c000 ---p 00000000 00:00 0   [rollup]\n"
				     "Rss:                1760 kB\nPss_Anon:            100 kB\n"
				     "Anonymous:            112 kB\nLazyFree:              4 kB\n"
				     "AnonHugePages:      2048 kB\n",
				     &s));
	assert_int_equal(s.time_ns, 7);
	assert_int_equal(s.rss_bytes, 1760 * 1024);
	assert_int_equal(s.rss_anon_bytes, 112 * 1024);
	assert_int_equal(s.rss_file_bytes, (1760 - 112) * 1024);
	assert_int_equal(s.lazy_free_bytes, 4096);
	assert_int_equal(s.anon_huge_bytes, 2048 * 1024);
	/* Older kernels know less; a process that has ended has no line. */
	assert_true(hr_process_parse("Rss: 8 kB\n", &s));
	assert_true(s.rss_anon_bytes == HR_NOT_KNOWN && s.rss_file_bytes == HR_NOT_KNOWN);
	assert_false(hr_process_parse("", &s));
	assert_false(hr_process_parse("Pss: 8 kB", &s));
}

static void test_this_process(void **state)
{
	struct hr_process p;
	struct hr_rss_sample s;
	struct hr_error err;
	uint64_t took_ns;
	char value[16];

	(void)state;
	if (access("/proc/self/smaps_rollup", R_OK) != 0)
		HR_SKIP("there is no smaps_rollup");
	assert_int_equal(hr_process_open(&p, (uint64_t)getpid(), &err), HR_OK);
	assert_true(hr_process_sample(&p, &s, &took_ns));
	/* It runs, and is no larger than the machine. */
	assert_true(s.rss_bytes >= 4096 && s.rss_bytes < UINT64_C(1) << 50);
	assert_true(s.rss_anon_bytes <= s.rss_bytes);
	assert_true(hr_process_binary_bytes(&p) > 4096);
	assert_string_equal(hr_process_variable(&p, "HR_NOBODY_SETS_THIS", value, sizeof(value)), "");
	assert_int_equal(hr_process_open(&p, 0, &err), HR_EIO);
}

static void test_metrics(void **state)
{
	struct hr_go_metrics m;

	(void)state;
	hr_go_metrics_parse("# HELP process_resident_memory_bytes Resident memory.\n"
			    "process_resident_memory_bytes 1.2345344e+07\n"
			    "process_resident_memory_bytes_max 9\n"
			    "go_gc_gogc_percent{a=\"b\"} 12\n"
			    "go_gc_gogc_percent\t75\n"
			    "go_gc_gomemlimit_bytes 9.223372036854776e+18\n"
			    "go_info{arch=\"amd64\",version=\"go1.26.4\"} 1\n"
			    "go_memstats_sys_bytes 1e6",
			    &m);
	assert_int_equal(m.rss_bytes, 12345344);
	assert_int_equal(m.gogc_percent, 75);
	assert_true(m.memory_limit_bytes == HR_NOT_KNOWN);
	assert_int_equal(m.sys_bytes, 1000000);
	assert_string_equal(m.go_version, "go1.26.4");
	hr_go_metrics_parse("", &m);
	assert_true(m.rss_bytes == HR_NOT_KNOWN && m.gogc_percent == HR_NOT_KNOWN && m.go_version[0] == '\0');
	hr_go_metrics_parse("go_info{version=\"0123456789012345678901234567890123456789\"} 1\ngo_info 1\n"
			    "process_resident_memory_bytes NaN\ngo_gc_gogc_percent -1\n",
			    &m);
	assert_int_equal(strlen(m.go_version), 31);
	assert_true(m.rss_bytes == HR_NOT_KNOWN && m.gogc_percent == HR_NOT_KNOWN);
}

/* As expvar writes it: all of runtime.MemStats, and what else the program publishes. */
static void test_vars(void **state)
{
	static const char text[] =
	    "{\n\"cmdline\": [\"/srv/app\"],\n\"Sys\": 1,\n"
	    "\"memstats\": {\"Alloc\":14,\"Sys\":7166992,\"HeapSys\":3866624,\"BySize\":[{\"Size\":8}]}\n}\n";
	struct hr_go_metrics m;

	(void)state;
	hr_go_metrics_parse("", &m);
	hr_go_vars_parse(text, strlen(text), &m);
	assert_int_equal(m.sys_bytes, 7166992);
	assert_int_equal(m.heap_sys_bytes, 3866624);
	assert_true(m.rss_bytes == HR_NOT_KNOWN);
	/* What is known stays. */
	hr_go_metrics_parse("go_memstats_sys_bytes 5e6\n", &m);
	hr_go_vars_parse(text, strlen(text), &m);
	assert_int_equal(m.sys_bytes, 5000000);
	assert_int_equal(m.heap_sys_bytes, 3866624);
	/* Other JSON, impossible numbers, and what is none. */
	static const char *const others[] = {
	    "[1]", "{\"memstats\": 3}", "{\"memstats\": {\"Sys\": -1, \"HeapSys\": 1.5}}", "404 page not found", ""};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		hr_go_metrics_parse("", &m);
		hr_go_vars_parse(others[i], strlen(others[i]), &m);
		assert_true(m.sys_bytes == HR_NOT_KNOWN && m.heap_sys_bytes == HR_NOT_KNOWN);
	}
}

HR_TEST_MAIN(machine)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_smaps_rollup),
	    cmocka_unit_test(test_this_process),
	    cmocka_unit_test(test_metrics),
	    cmocka_unit_test(test_vars),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
