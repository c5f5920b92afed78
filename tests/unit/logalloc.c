/* SPDX-License-Identifier: BSD-3-Clause */
/* Firefox's logalloc, raw and munged, and one process of several. */
#include "config.h"

#include "recording.h"

#define TWO                                                                                                            \
	"4242 4243 malloc(64)=0x7f0000001000\n4300 4300 malloc(1048576)=0x7f0000001000\n"                              \
	"4242 4243 free(0x7f0000001000)\n4300 4300 free(0x7f0000001000)\n4300 4301 malloc(2097152)=0x7f0000400000\n"   \
	"4242 4244 malloc(32)=0x7f0000400000\n4242 4244 free(0x7f0000400000)\n4300 4300 free(0x7f0000400000)\n"

static void test_processes(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, TWO);
	assert_int_equal(rec.meta.format, HR_FORMAT_LOGALLOC);
	assert_true(rec.meta.has_threads);
	assert_string_equal(rec.events, "+0:64@0 -0@0 +0:32@1 -0@1 ");
	assert_string_equal(odd(&rec), "other_processes 4 ");
	record_bytes(&rec, TWO, strlen(TWO),
		     &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL, .process = 4300});
	assert_string_equal(rec.events, "+0:1048576@0 -0@0 +0:2097152@1 -0@0 ");
	record_bytes(&rec, TWO, strlen(TWO), &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL, .process = 7});
	assert_int_equal(rec.status, HR_EINPUT);
	assert_non_null(strstr(rec.err.text, "nothing of process 7 in it, but of 4242, 4300"));
}

static void test_functions(void **state)
{
	(void)state;
	/* As logalloc_munge.py writes it. */
	assert_reads("1 1 malloc(64)=#1\n1 1 realloc(#1,128)=#2\n1 2 calloc(4,8)=#1\n1 1 free(#2)\n1 1 free(#0)\n",
		     "+0:64@0 -0@0 +0:128@0 +1:32@1 -0@0 ", "null_frees 1 ");
	/* Browsers that wrote no thread; the other functions; what is none of them. */
	assert_reads("1 memalign(64,100)=0x10\n1 posix_memalign(4096,200)=0x20\n1 aligned_alloc(16,300)=0x30\n"
		     "1 valloc(400)=0x40\n1 moz_arena_malloc(1,500)=0x50\n1 moz_arena_calloc(1,2,300)=0x60\n"
		     "1 moz_arena_realloc(1,0x60,700)=0x70\n1 moz_arena_free(1,0x70)\n1 jemalloc_stats()\n"
		     "1 malloc(9)=0x0\n1 malloc(9)=(nil)\n",
		     "+0:100@0 +1:200@0 +2:300@0 +3:400@0 +4:500@0 +5:600@0 -5@0 +5:700@0 -5@0 ", "failed_allocs 2 ");
	assert_reads(
	    "1 1 malloc(64)=0x10\n1 1 malloc(64)\n1 1 malloc(x)=0x20\n1 1 free(0x10\n1 1 calloc(1)=0x20\nwhat\n",
	    "+0:64@0 ", "bad_lines 5 ");
	/* Blanks around the sign: that is ltrace. */
	static struct recording rec;
	record(&rec, "1 2 malloc(1) = 0x10\n");
	assert_int_not_equal(rec.meta.format, HR_FORMAT_LOGALLOC);
}

HR_TEST_MAIN(logalloc)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_processes),
	    cmocka_unit_test(test_functions),
	};

	return cmocka_run_group_tests_name("logalloc", tests, NULL, NULL);
}
