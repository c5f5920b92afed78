/* SPDX-License-Identifier: BSD-3-Clause */
/* GODEBUG=allocfreetrace=1: objects, collections, and the stacks between them. */
#include "config.h"

#include "recording.h"

#define STACK                                                                                                          \
	"goroutine 1 [running]:\nruntime.mallocgc(0x10, 0x46ee80, 0x1)\n"                                              \
	"\t/usr/lib/go-1.19/src/runtime/malloc.go:1131 +0x7b1 fp=0x7ffe9811a6b0 sp=0x7ffe9811a638 pc=0x40b4f1\n\n"

static void test_events(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, "tracealloc(0xc000016010, 0x10, *runtime.p)\n" STACK "tracealloc(0xc00001a090, 0x20)\n" STACK
		     "hello, tracealloc(0xc000020000, 0x2500, struct { x, y int })\n" STACK "tracegc()\n" STACK
		     "tracefree(0xc000016010, 0x10)\n" STACK "tracefree(0xc00001a090, 0x20)\n");
	assert_int_equal(rec.status, HR_END);
	assert_int_equal(rec.meta.format, HR_FORMAT_ALLOCFREETRACE);
	assert_int_equal(rec.meta.go_minor, 19);
	assert_true(rec.meta.collected);
	assert_true(rec.meta.has_cycles);
	assert_false(rec.meta.has_clock);
	assert_string_equal(rec.events, "+0:16 +1:32 +2:9472 gc end -0 -1 ");
	assert_string_equal(odd(&rec), "");
}

static void test_odd(void **state)
{
	static struct recording rec;

	(void)state;
	assert_reads("tracealloc(0xc000016010, 0x10)\ntracealloc(0xc000016020, x)\ntracealloc(0xc000016010\n"
		     "tracealloc(what)\ntracefree(0xc000016010, 0x10, int)\ntracefree(0xc000016030, 0x10)\n",
		     "+0:16 ", "unknown_frees 1 bad_lines 3 ");
	record(&rec, "tracealloc(0xc000016010, 0x10)\n\t/usr/local/go/src/runtime/malloc.go:1131\n");
	assert_int_equal(rec.meta.go_minor, 0);
	record(&rec, "tracealloc(0xc000016010, 0x10)\n\t/opt/go1.21.13/src/runtime/malloc.go:1131\n");
	assert_int_equal(rec.meta.go_minor, 21);
}

HR_TEST_MAIN(allocfreetrace)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_events),
	    cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests_name("allocfreetrace", tests, NULL, NULL);
}
