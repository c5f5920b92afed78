/* SPDX-License-Identifier: BSD-3-Clause */
/* What is not a trace is named, with what to record instead. */
#include "config.h"

#include "recording.h"

static void check(const void *bytes, size_t n, const char *what)
{
	static struct recording rec;

	record_bytes(&rec, bytes, n, &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL});
	assert_int_equal(rec.status, HR_EINPUT);
	if (strstr(rec.err.text, what) == NULL)
		fail_msg("'%s' is not in: %s", what, rec.err.text);
}

static void test_named(void **state)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
	    {"desc: --massif-out-file=m.out\ncmd: ./app\ntime_unit: i\n", "massif"},
	    {"{\"dhatFileVersion\":2,\"mode\":\"heap\"}\n", "DHAT"},
	    {"heap_v2/524288\n  t*: 1: 8 [0: 0]\n", "jeprof"},
	    {"heap profile: 1: 8 [1: 8] @ heapprofile\n", "heap profile"},
	    {"reading file \"heaptrack.zst\" - please wait, this might take some time...\n", "heaptrack_print"},
	    {"x\ngc 1 @0.013s 3%: 0.1+0.9+0.003 ms clock, 0.1+1/0/0+0.1 ms cpu, 4->4->2 MB, 4 MB goal, 4 P\n",
	     "gctrace alone"},
	    {"scav 0 KiB work (bg), 0 KiB work (eager), 3704 KiB now, 75% util\n", "scavtrace alone"},
	    {"==7== Memcheck\n==7== HEAP SUMMARY:\n", "--trace-malloc=yes"},
	    {"<!DOCTYPE html>\n<html><title>502 Bad Gateway</title>\n", "web page"},
	    {"HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n", "web server"},
	    {"404 page not found\n", "pprof"},
	    {"Could not enable tracing: tracing is already enabled\n", "another trace was running"},
	    {"PERFILE2xxxxxxxx", "perf record"},
	    {"\x7f"
	     "ELF\x02\x01\x01",
	     "a program"},
	    {"\n\n  \033[31mhello\tworld \n", "its first line is: [31mhello?world"},
	    {"hello world, this is a line that is so long that nobody wants to see all of it\n", "nobody want..."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].text, strlen(cases[i].text), cases[i].what);
}

static void test_binary(void **state)
{
	static const char wide[] = "\xff\xfem\0a\0l\0l\0o\0c\0(\0", bare[] = "m\0a\0l\0l\0o\0c\0(\0001\0)\0";
	static const char profile[] = "\x0a\x04\x08\x01\x10\x02\x0a\x04\x08\x03\x10\x04\x12\x08xxxxxxxx";
	char tar[512] = "trace.xz";
	char zeros[100] = {0};

	(void)state;
	check(wide, sizeof(wide) - 1, "UTF-16");
	check(bare, sizeof(bare) - 1, "UTF-16");
	check(profile, sizeof(profile) - 1, "profile of pprof");
	memcpy(tar + 257, "ustar", 5);
	check(tar, sizeof(tar), "tar archive");
	check(zeros, sizeof(zeros), "not a trace of a known format: expected");
}

/* The program's own output in front of its recording. */
static void test_output_in_front(void **state)
{
	static struct recording rec;
	static char text[200000];
	size_t n = 0;

	(void)state;
	while (n < 150000)
		n += (size_t)sprintf(text + n, "%zu: what the program prints\n", n);
	sprintf(text + n, "--9-- malloc(8) = 0x10\n--9-- free(0x10)\n");
	record(&rec, text);
	assert_int_equal(rec.status, HR_END);
	assert_int_equal(rec.meta.format, HR_FORMAT_VALGRIND);
	assert_string_equal(rec.events, "+0:8 -0 ");
}

HR_TEST_MAIN(stranger)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_named),
	    cmocka_unit_test(test_binary),
	    cmocka_unit_test(test_output_in_front),
	};

	return cmocka_run_group_tests_name("stranger", tests, NULL, NULL);
}
