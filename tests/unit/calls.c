/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls as valgrind, ltrace, utrace and cmt print them: what must be read alike, and each tracer's own ways. */
#include "config.h"

#include "recording.h"

static void test_cmt(void **state)
{
	static struct recording rec;

	(void)state;
	assert_reads("malloc(4096) = 0x800e00000\nfree(0x800e00000)\n", "+0:4096 -0 ", "");
	/* Without 0x, with ids. */
	assert_reads("malloc(56) = 800e00000\nrealloc(800e00000, 60) = 800e00040\nfree(800E00040)\n",
		     "+0:56 -0 +0:60 -0 ", "");
	assert_reads("malloc(56) = 800e00000 <1>\nrealloc(0x800e00000 <1>, 60) = 0x800e00040 <a2>\n"
		     "free(0x800e00040 <a2>)\n",
		     "+0:56 -0 +0:60 -0 ", "");
	record(&rec, "malloc(1) = 0x10\n");
	assert_int_equal(rec.meta.format, HR_FORMAT_CALLS);
	assert_false(rec.meta.has_threads);
	assert_false(rec.meta.has_clock);
}

/* Each function, as it changes what is live. */
static void test_functions(void **state)
{
	static const struct {
		const char *call;
		unsigned long long size;
	} allocs[] = {
	    {"malloc(10)", 10},
	    {"calloc(7, 9)", 63},
	    {"calloc(7,9)", 63},
	    {"memalign(4096, 77)", 77},
	    {"memalign(al 4096, size 77)", 77},
	    {"aligned_alloc(64, 128)", 128},
	    {"valloc(10)", 10},
	    {"pvalloc(10)", 10},
	    {"realloc(0, 5)", 5},
	    {"realloc(nil, 5)", 5},
	    {"realloc(NULL, 5)", 5},
	    {"realloc((nil), 5)", 5},
	    {"realloc(0x0,5)malloc(5)", 5},
	    {"reallocarray(0, 3, 5)", 15},
	    {"reallocf(0, 3)", 3},
	    {"_Znwm(24)", 24},
	    {"_Znam(24)", 24},
	    {"_Znwj(24)", 24},
	    {"_ZnwmSt11align_val_t(size 24, al 64)", 24},
	    {"_ZnamRKSt9nothrow_t(24)", 24},
	    {"_ZnwmSt11align_val_tRKSt9nothrow_t(size 24, al 64)", 24},
	    {"strdup(\"hello\")", 6},
	    {"strdup(\"\")", 1},
	    {"strdup(\"a\\\"b)\\n\\001\\\\\")", 8},
	    {"strdup(\"hel\"...)", 4},
	    {"strndup(\"hello\", 3)", 4},
	    {"strndup(\"hello\", 99)", 6},
	    /* As ltrace shows numbers from 1,000,000 on, with -x, and with -C. */
	    {"aligned_alloc(64, 0xf4240)", 1000000},
	    {"reallocarray(0, 3, 0xf4240)", 3000000},
	    {"recallocarray(0, 1, 3, 5)", 15},
	    {"malloc@libc.so.6(3000000)", 3000000},
	    {"realloc@libstdc++.so.6(0, 7)", 7},
	    {"operator new(unsigned long)(72704, 1, 2)", 72704},
	    {"operator new[](unsigned long, std::nothrow_t const&)(0x1e8480, 2)", 2000000},
	    {"operator new(unsigned long)@libstdc++.so.6(24)", 24},
	    {"operator new(24)", 24},
	    /* What ltrace prints of functions whose prototype it does not know. */
	    {"aligned_alloc(64, 128, 72, 0x55e762f07980)", 128},
	    {"valloc(10, 2, 0x55e23c8655e7, 0)", 10},
	};
	static const char *const frees[] = {
	    "free",
	    "cfree",
	    "free_sized",
	    "free_aligned_sized",
	    "freezero",
	    "free@libc.so.6",
	    "operator delete(void*)",
	    "operator delete[](void*, unsigned long)",
	    "_ZdlPv",
	    "_ZdaPv",
	    "_ZdlPvm",
	    "_ZdaPvm",
	    "_ZdlPvRKSt9nothrow_t",
	    "_ZdlPvSt11align_val_t",
	    "_ZdaPvmSt11align_val_t",
	    "_ZdlPvSt11align_val_tRKSt9nothrow_t",
	};
	char text[300], want[100];

	(void)state;
	for (size_t i = 0; i < sizeof(allocs) / sizeof(allocs[0]); i++) {
		snprintf(text, sizeof(text), "%s = 0x7f0010\n", allocs[i].call);
		snprintf(want, sizeof(want), "+0:%llu ", allocs[i].size);
		assert_reads(text, want, "");
	}
	for (size_t i = 0; i < sizeof(frees) / sizeof(frees[0]); i++) {
		snprintf(text, sizeof(text), "malloc(1) = 0x7f0010\n%s(0x7f0010)\n%s(0x7f0010, 1) = <void>\n", frees[i],
			 frees[i]);
		assert_reads(text, "+0:1 -0 ", "unknown_frees 1 ");
	}
	assert_reads("malloc(1) = 0x10\nrealloc(0x10, 0) = 0\n", "+0:1 -0 ", "");
	assert_reads("malloc(1) = 0x10\nrealloc(0x10, 99) = 0\n", "+0:1 ", "failed_allocs 1 ");
	assert_reads("malloc(1) = 0x10\nreallocarray(0x10, 30, 50, 2) = 0x20\n", "+0:1 -0 +0:1500 ", "");
	assert_reads("malloc(1) = 0x10\nmalloc(70368744177664) = 0\ncalloc(1099511627776, 1048576) = 0x0\n"
		     "calloc(4294967296, 4294967296) = 0x20\n",
		     "+0:1 ", "failed_allocs 2 absurd_sizes 1 ");
	assert_reads("malloc(1) = 0x10\nfree(0)\nfree(nil) = <void>\nfree(0x0)\nmalloc(0) = 0x20\n", "+0:1 +1:0 ",
		     "null_frees 3 zero_sizes 1 ");
}

/* posix_memalign stores the address where no tracer looks. */
static void test_unplaced(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, "1 a->malloc(1) = 0x7f0010\n1 a->posix_memalign(0x7fff849dcc70, 256, 300, 3) = 0\n"
		     "1 a->posix_memalign(0x7fff849dcc70, 256, 300, 3) = 0\n1 a->free(0x7f0100) = <void>\n");
	assert_string_equal(rec.events, "+0:1@0 ");
	assert_string_equal(odd(&rec), "unknown_frees 1 ");
	assert_int_equal(rec.stats.nassumed, 2);
	assert_non_null(strstr(rec.stats.assumed[1], "posix_memalign"));
}

static void test_damaged(void **state)
{
	static const char *const lines[] = {
	    "free(0xIL))",
	    "free(0x10",
	    "free(0x10))",
	    "free()",
	    "free(x)",
	    "malloc(8)",
	    "malloc(8) =",
	    "malloc(8) = ",
	    "malloc(8) = x",
	    "malloc(8) 0x20",
	    "malloc(0x) = 0x20",
	    "malloc(-8) = 0x20",
	    "malloc() = 0x20",
	    "malloc(8) = 0x20 0x30",
	    "calloc(8) = 0x20",
	    "realloc(0x10) = 0x20",
	    "realloc(0x10,8)malloc(8)",
	    "realloc(0x10,8)realloc(0x0,8) = 0x20",
	    "realloc(0x10,8)getline(8) = 0x20",
	    "strdup(hello) = 0x20",
	    "strdup(\"hello) = 0x20",
	    "strdup(\"\\",
	    "malloc(18446744073709551616) = 0x20",
	    "malloc(8) = 0x11112222333344445",
	    "0x20 = malloc(8) = 0x20",
	    "0x20 = malloc(8",
	    "<... malloc resumed> ) = 0x20",
	    "<... malloc resumed> )",
	    "something else",
	    "malloc",
	};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "malloc(1) = 0x10\n%s\nfree(0x10)\n", lines[i]);
		assert_reads(text, "+0:1 -0 ", "bad_lines 1 ");
	}
	/* Other calls, and what tracers say beside calls. */
	assert_reads(
	    "malloc(1) = 0x10\n\nstrlen(\"x\") = 1\n+++ exited (status 0) +++\n--- SIGCHLD (Child exited) ---\n"
	    "unexpected breakpoint at 0x55fc69cfb1c9\n<... read resumed> ) = 1\n",
	    "+0:1 ", "");
}

static void test_ltrace(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, "17654 1795403152.134711 libjq.so.1->malloc(272)  = 0x55634dbb02c0\n"
		     "17655 1795403152.134712 tst->malloc(5)         = 0x55634dbb1000\n"
		     "17654 1795403153.5 tst->free(0x55634dbb02c0)  = <void>\n"
		     "[pid 17655] 1795403153.4 tst->free(0x55634dbb1000)  = <void>\n"
		     "17655 1795403153.400000001 tst->free(0)  = <void> <0.000070>\n");
	assert_int_equal(rec.status, HR_END);
	assert_string_equal(rec.meta.format_name, "ltrace");
	assert_string_equal(rec.events, "+0:272@0 +1:5@1 -0@0 -1@1 ");
	assert_true(rec.meta.has_clock);
	assert_true(rec.meta.has_threads);
	assert_int_equal(rec.stats.threads, 2);
	static const uint64_t want[] = {0, 1000, 1365289000, 1365289000};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(rec.ev[i].time_ns, want[i]);
	assert_string_equal(odd(&rec), "null_frees 1 clock_steps_back 2 ");
	/* Clocks without a date are none. */
	record(&rec, "1 12:30:15.123456 a->malloc(1) = 0x10\n1 0.000012 a->malloc(1) = 0x20\n");
	assert_string_equal(rec.events, "+0:1@0 +1:1@0 ");
	assert_false(rec.meta.has_clock);
	/* -i: from where the call was made. */
	record(&rec,
	       "7 1795403152.5 [0x401136] a->malloc(5) = 0x7f10\n7 1795403153.5 [0x401140] a->free(0x7f10) = <void>\n"
	       "7 1795403153.5 [0x401150] <... read resumed> ) = 3\n");
	assert_string_equal(rec.events, "+0:5@0 -0@0 ");
	assert_string_equal(odd(&rec), "");
	assert_true(rec.meta.has_clock);
	/* -C: other functions of C++ are noise. */
	assert_reads("1 a->operator new(unsigned long)(8 <unfinished ...>\n1 a->malloc(8) = 0x10\n"
		     "1 <... operator new(unsigned long) resumed> ) = 0x10\n"
		     "1 a->std::vector<int, std::allocator<int> >::push_back(int&&)(0x7ffd, 1) = 3\n"
		     "1 a->std::ostream::operator<<(int)(0x404080, 5) = 0x404080\n",
		     "+0:8@0 ", "nested_calls 1 ");
	/* Neither threads nor times. */
	record(&rec, "a->malloc(1)    = 0x10\na.b->free(0x10) = <void>\n");
	assert_string_equal(rec.events, "+0:1 -0 ");
	assert_string_equal(rec.meta.format_name, "ltrace");
	assert_false(rec.meta.has_threads);
}

/* Processes of ltrace -f: those that fork() returned, or the one that was asked for. */
static void test_processes(void **state)
{
	static const char text[] =
	    "1 a->malloc(1) = 0x10\n1 a->fork() = 7\n7 a->malloc(2) = 0x20\n7 a->free(0x10) = <void>\n"
	    "1 a->malloc(3) = 0x20\n2 a->malloc(4) = 0x30\n";
	static struct recording rec;

	(void)state;
	assert_reads(text, "+0:1@0 +1:3@0 +2:4@1 ", "other_processes 2 ");
	record_bytes(&rec, text, strlen(text),
		     &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL, .process = 7});
	assert_string_equal(rec.events, "+0:2@0 ");
	assert_string_equal(odd(&rec), "unknown_frees 1 other_processes 3 ");
	record_bytes(&rec, text, strlen(text),
		     &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL, .process = 9});
	assert_int_equal(rec.status, HR_EINPUT);
	assert_non_null(strstr(rec.err.text, "nothing of process 9 in it, but of 1, 7, 2"));
	/* A trace that is of one. */
	record_bytes(&rec, "1: malloc 0x10 8\n", 17,
		     &(struct hr_reader_options){.want = (unsigned)HR_WANT_ALL, .process = 9});
	assert_int_equal(rec.status, HR_EUSAGE);
	/* Nothing tells, but that they allocate over each other. */
	record(&rec, "1 a->malloc(1) = 0x10\n2 a->malloc(2) = 0x10\n");
	assert_int_equal(rec.stats.nassumed, 2);
	assert_non_null(strstr(rec.stats.assumed[1], "--process"));
}

/* Calls that other threads overtake. */
static void test_unfinished(void **state)
{
	(void)state;
	assert_reads(
	    "1 a->malloc(10 <unfinished ...>\n2 a->malloc(20 <unfinished ...>\n1 <... malloc resumed> ) = 0x10\n"
	    "2 <... malloc resumed> ) = 0x20\n",
	    "+0:10@0 +1:20@1 ", "");
	/* A free is done where it begins: its address may be given away before it returns. */
	assert_reads("1 a->malloc(10) = 0x10\n1 a->free(0x10 <unfinished ...>\n2 a->malloc(20) = 0x10\n"
		     "1 <... free resumed> ) = <void>\n2 a->free(0x10) = <void>\n",
		     "+0:10@0 -0@0 +0:20@1 -0@1 ", "");
	assert_reads("1 a->malloc(10) = 0x10\n1 a->realloc(0x10, 30 <unfinished ...>\n2 a->malloc(20) = 0x20\n"
		     "1 <... realloc resumed> ) = 0x30\n",
		     "+0:10@0 +1:20@1 -0@0 +0:30@0 ", "");
	assert_reads("1 a->posix_memalign(0x7ff0, 16, 30 <unfinished ...>\n1 <... posix_memalign resumed> ) = 0\n"
		     "1 a->malloc(1) = 0x10\n",
		     "+0:1@0 ", "");
	/* No return ever: the thread ends, the recording ends, or the tracer says so. */
	assert_reads("1 a->malloc(10 <unfinished ...>\n1 +++ exited (status 0) +++\n1 a->malloc(1) = 0x10\n", "+0:1@0 ",
		     "open_calls 1 ");
	assert_reads("1 a->malloc(10 <unfinished ...>\n2 a->free(0x7f0000 <unfinished ...>\n", "",
		     "unknown_frees 1 open_calls 1 ");
	assert_reads("1 a->malloc(10 <no return ...>\n1 a->malloc(1) = 0x10\n", "+0:1@0 ", "open_calls 1 ");
	assert_reads("1 a->malloc(1) = 0x10\n1 a->free(0x10 <no return ...>\n1 a->malloc(2) = 0x10\n",
		     "+0:1@0 -0@0 +0:2@0 ", "");
	/* Unless it is told after all. */
	assert_reads("1 a->malloc(10 <no return ...>\n2 a->malloc(1) = 0x10\n1 <... malloc resumed> ) = 0x20\n",
		     "+0:1@1 +1:10@0 ", "");
	/* A return that can't be understood ends its call. */
	assert_reads(
	    "1 a->malloc(10 <unfinished ...>\n1 <... malloc resumed> ) = 0x20x\n1 <... malloc resumed> ) = 0x20\n",
	    "+0:10@0 ", "bad_lines 1 ");
}

/* The allocator's own calls. */
static void test_nested(void **state)
{
	(void)state;
	assert_reads("1 a->reallocarray(0, 3, 5, 7457 <unfinished ...>\n1 libc.so.6->calloc(0, 15) = 0x10\n"
		     "1 <... reallocarray resumed> ) = 0x10\n",
		     "+0:15@0 ", "nested_calls 1 ");
	/* Another thread's are its own. */
	assert_reads("1 a->realloc(0, 15 <unfinished ...>\n2 a->malloc(20) = 0x20\n1 b->malloc(15) = 0x10\n"
		     "1 <... realloc resumed> ) = 0x10\n",
		     "+0:20@1 +1:15@0 ", "nested_calls 1 ");
	/* Nested ones are overtaken too, and so deep that they have nested ones. */
	assert_reads("1 a->realloc(0, 15 <unfinished ...>\n1 b->malloc(15 <unfinished ...>\n1 c->calloc(1, 15) = 0x10\n"
		     "1 b->free(0x7f0000 <unfinished ...>\n1 <... free resumed> ) = <void>\n"
		     "1 <... malloc resumed> ) = 0x10\n1 <... realloc resumed> ) = 0x10\n",
		     "+0:15@0 ", "nested_calls 3 ");
	/* The outer one returns first: the inner ones were left. */
	assert_reads(
	    "1 a->realloc(0, 15 <unfinished ...>\n1 b->malloc(15 <unfinished ...>\n1 <... realloc resumed> ) = 0x10\n"
	    "1 a->free(0x10) = <void>\n",
	    "+0:15@0 -0@0 ", "nested_calls 1 ");
}

/* A return that the tracer lost must not swallow the rest of the thread. */
static void test_lost_return(void **state)
{
	static struct recording rec;
	char text[4000];
	size_t n = (size_t)sprintf(text, "1 a->realloc(0, 15 <unfinished ...>\n");

	(void)state;
	for (unsigned i = 0; i < 30; i++)
		n += (size_t)sprintf(text + n, "1 a->malloc(1) = 0x%x\n", 16 * i + 16);
	record(&rec, text);
	assert_string_equal(odd(&rec), "nested_calls 16 open_calls 1 ");
	assert_int_equal(rec.n, 14);
}

/* Whatever stays open, memory is bounded, and calls go on. */
static void test_many_open(void **state)
{
	static struct recording rec;
	static char text[200000];
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 3000; i++)
		n += (size_t)sprintf(text + n, "%u a->malloc(%u <unfinished ...>\n", i, i);
	for (unsigned i = 0; i < 3000; i += 1000)
		n += (size_t)sprintf(text + n, "%u <... malloc resumed> ) = 0x%x\n", 2999 - i, i + 16);
	record(&rec, text);
	/* The last 256 were open at the end. */
	assert_string_equal(rec.events, "+0:2999@2999 ");
	assert_string_equal(odd(&rec), "bad_lines 2 open_calls 2999 ");
}

#define BANNER "==9== Memcheck, a memory error detector\n==9== Command: ./tst -x\n==9== Parent PID: 17642\n==9== \n"

static void test_valgrind(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, BANNER "--9-- malloc(100) = 0x4A43040\n--9-- realloc(0x4A43040,200) = 0x4A430F0\n"
			    "program output\n--9-- memalign(al 64, size 128) = 0x4A5BA40\n--9-- free(0x4A430F0)\n"
			    "--9-- free(0x0)\n==9== HEAP SUMMARY:\n");
	assert_int_equal(rec.status, HR_END);
	assert_int_equal(rec.meta.format, HR_FORMAT_VALGRIND);
	assert_string_equal(rec.meta.program, "./tst -x");
	assert_string_equal(rec.events, "+0:100 -0 +0:200 +1:128 -0 ");
	assert_string_equal(odd(&rec), "null_frees 1 ");
	assert_false(rec.meta.has_threads);
	/* Two calls on a line: the inner one counts. */
	assert_reads("--9-- realloc(0x0,8)malloc(8) = 0x10\n--9-- realloc(0x10,0)free(0x10)\n--9--  = 0\n"
		     "--9-- malloc(9) = 0x10\n",
		     "+0:8 -0 +0:9 ", "");
	/* A message between a call and its result. */
	assert_reads("--9-- malloc(8)\n==9== Argument 'size' of function malloc has a fishy value\n--9--  = 0x10\n"
		     "--9-- free(0x10)\n",
		     "+0:8 -0 ", "");
	/* The result never comes. */
	assert_reads("--9-- malloc(8)\n--9-- malloc(9) = 0x10\n--9--  = 0x20\n", "+0:9 ", "open_calls 1 ");
	assert_reads("--9-- malloc(8)\n--9-- malloc(9) = 0x10\n--9-- malloc(8)\n", "+0:9 ", "open_calls 2 ");
	/* Other calls and lines of the tool. */
	assert_reads("--9-- malloc(8) = 0x10\n--9-- malloc_usable_size(0x10) = 24\n--9-- REDIR: 0x1 (libc.so.6:malloc) "
		     "redirected to 0x2 (malloc)\n--9:1: main x\n-- \n--\n---9-- free(0x10)\n",
		     "+0:8 ", "");
	assert_reads("--9-- malloc(8) = 0x10\n--9-- free(0xIL))\n--9-- malloc(8) = 0x2g\n", "+0:8 ", "bad_lines 2 ");
	/* One process. */
	assert_reads(
	    "--9-- malloc(8) = 0x10\n--10-- malloc(9) = 0x10\n--10-- malloc(9)\n--10--  = 0x30\n--9-- free(0x10)\n",
	    "+0:8 -0 ", "other_processes 2 ");
}

static void test_valgrind_times(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, "==00:00:00:00.000 9== Memcheck\n--00:00:00:01.250 9-- malloc(8) = 0x10\n"
		     "--00:00:01:01.251 9-- free(0x10)\n--01:02:00:00.000 9-- malloc(9) = 0x10\n");
	assert_int_equal(rec.status, HR_END);
	assert_string_equal(rec.events, "+0:8 -0 +0:9 ");
	assert_true(rec.meta.has_clock);
	assert_int_equal(rec.ev[0].time_ns, 0);
	assert_int_equal(rec.ev[1].time_ns, 60001000000);
	assert_int_equal(rec.ev[2].time_ns, (26 * 3600 - 1) * 1000000000ull - 250000000);
}

static void test_utrace(void **state)
{
	static struct recording rec;

	(void)state;
	record(&rec, "  1234 my prog  USER  0x800e00000 = malloc(56)\n  1234 my prog  USER  malloc_init()\n"
		     "  1234 my prog  USER  0x800e00040 = realloc(0x800e00000, 60)\n  1234 my prog  CALL  read(0,0,0)\n"
		     "  1234 my prog  USER  free(0x800e00040)\n  1234 my prog  USER  free(0x0)\n"
		     "  1235 my prog  USER  0x800e00040 = malloc(1)\n  1234 my prog  USER  0x0 = malloc(7)\n"
		     "  1234 my prog  USER  malloc(1)\n");
	assert_int_equal(rec.status, HR_END);
	assert_string_equal(rec.meta.format_name, "FreeBSD utrace");
	assert_string_equal(rec.events, "+0:56 -0 +0:60 -0 ");
	assert_string_equal(odd(&rec), "null_frees 1 failed_allocs 1 bad_lines 1 other_processes 1 ");
	record(&rec, "1 ls 1700000000.000001 USER  0x800e00000 = malloc(56)\n"
		     "1 ls 1700000000.000003 USER  free(0x800e00000)\n");
	assert_string_equal(rec.events, "+0:56 -0 ");
	assert_true(rec.meta.has_clock);
	assert_int_equal(rec.ev[1].time_ns, 2000);
}

static void test_other_texts(void **state)
{
	static const char *const texts[] = {
	    "free(a)\n",
	    "int main(void) { return malloc(5) == 0; }\n",
	    "  free(p);\n",
	    "malloc(5)\n",
	    "malloc: out of memory\n",
	    "x = malloc(5)\n",
	    "--9-- hello\n",
	};
	static struct recording rec;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		record(&rec, texts[i]);
		assert_int_equal(rec.status, HR_EINPUT);
		assert_non_null(strstr(rec.err.text, "not a trace of a known format: expected"));
	}
	/* Tracers without a form of their own: what to do instead. */
	record(&rec, "  jq  6394  2363.997935:       probe_libc:malloc: (7f97748d0930) size=1\n");
	assert_int_equal(rec.status, HR_EINPUT);
	assert_non_null(strstr(rec.err.text, "perf script"));
	record(&rec, "Attaching 7 probes...\n2371821391257 6537 malloc 1 0x5616dcb342a0\n");
	assert_int_equal(rec.status, HR_EINPUT);
	assert_non_null(strstr(rec.err.text, "bpftrace"));
}

HR_TEST_MAIN(calls)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cmt),		cmocka_unit_test(test_functions),
	    cmocka_unit_test(test_unplaced),	cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_ltrace),	cmocka_unit_test(test_processes),
	    cmocka_unit_test(test_unfinished),	cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_lost_return), cmocka_unit_test(test_many_open),
	    cmocka_unit_test(test_valgrind),	cmocka_unit_test(test_valgrind_times),
	    cmocka_unit_test(test_utrace),	cmocka_unit_test(test_other_texts),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
