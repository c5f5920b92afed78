/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses reproduced, on the recordings that ship: all of them on one P, and
 * what look-ahead makes of lost spans on two.
 */
#include "config.h"

#include "replay/placement/addresses.h"

#include "base/error.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct hr_address_score score(const char *name)
{
	const char *top = getenv("top_srcdir");
	struct hr_address_score s;
	struct hr_error err = {0};
	bool has_addresses;
	char path[512];

	snprintf(path, sizeof(path), "%s/traces/%s", top != NULL ? top : ".", name);
	if (hr_addresses_score(path, &s, &has_addresses, &err) != HR_OK)
		fail_msg("%s: %s", path, err.text);
	assert_true(has_addresses);
	return s;
}

static void test_one_p(void **state)
{
	struct hr_address_score s = score("phases-1p-go125.trace.zst");

	(void)state;
	assert_int_equal(s.allocs, 43529);
	assert_int_equal(s.forced, s.allocs);
	assert_int_equal(s.look_ahead, s.allocs);
	assert_int_equal(s.free_running, s.allocs);
	assert_int_equal(s.held_pages_found, 0);
	assert_int_equal(s.repairs, 0);
}

static void test_lost_spans(void **state)
{
	struct hr_address_score s = score("bench-json-go123.trace.zst");

	(void)state;
	assert_int_equal(s.allocs, 2620);
	assert_in_range(s.forced, 2600, 2620);
	assert_int_equal(s.look_ahead, s.allocs);
	/* Three stack spans of four pages. */
	assert_int_equal(s.held_pages_found, 12);
}

/* --- texts ---------------------------------------------------------------- */

static enum hr_status score_text(const char *text, struct hr_address_score *s, bool *has_addresses,
				 struct hr_error *err)
{
	const char *top = getenv("top_builddir");
	char path[512];
	enum hr_status status;
	int fd;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/unit/addresses-XXXXXX", top != NULL ? top : ".");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	status = hr_addresses_score(path, s, has_addresses, err);
	unlink(path);
	return status;
}

static void test_ids(void **state)
{
	struct hr_address_score s;
	struct hr_error err = {0};
	bool has_addresses = true;

	(void)state;
	assert_int_equal(score_text("# heapreplay-trace 1\n"
				    "0 span-alloc id=1 npages=1\n"
				    "1 span-free id=1\n",
				    &s, &has_addresses, &err),
			 HR_OK);
	assert_false(has_addresses);
	assert_int_equal(s.allocs, 0);
}

static void test_strict(void **state)
{
	struct hr_address_score s;
	struct hr_error err = {0};
	bool has_addresses;

	(void)state;
	assert_int_equal(score_text("# heapreplay-trace 1\n"
				    "0 span-alloc addr=0xc000000000 npages=2\n"
				    "1 span-alloc addr=0xc000002000 npages=2\n",
				    &s, &has_addresses, &err),
			 HR_EINPUT);
	assert_non_null(strstr(err.text, "overlaps"));
}

/* A P's cache at the start: block 1, less a page that was freed after it was filled. */
static void test_start_cache(void **state)
{
	struct hr_address_score s;
	struct hr_error err = {0};
	bool has_addresses;

	(void)state;
	assert_int_equal(score_text("# heapreplay-trace 1\n"
				    "! strict off\n"
				    "0 span-exists addr=0xc000000000 npages=1\n"
				    "0 span-exists addr=0xc000080000 npages=1\n"
				    "1 p0 span-alloc addr=0xc000084000 npages=1\n"
				    "2 p0 span-alloc addr=0xc000086000 npages=1\n"
				    "3 p1 span-alloc addr=0xc000002000 npages=1\n"
				    "4 span-free addr=0xc000084000\n"
				    "5 p1 span-alloc addr=0xc000004000 npages=1\n"
				    "6 p0 span-alloc addr=0xc000088000 npages=1\n"
				    "7 p2 span-alloc addr=0xc000082000 npages=1\n",
				    &s, &has_addresses, &err),
			 HR_OK);
	assert_int_equal(s.allocs, 6);
	assert_int_equal(s.look_ahead, 6);
	assert_int_equal(s.start_caches_found, 1);
	assert_in_range(s.forced, 1, 5);
}

HR_TEST_MAIN(addresses)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_p),  cmocka_unit_test(test_lost_spans),  cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_strict), cmocka_unit_test(test_start_cache),
	};

	return cmocka_run_group_tests_name("addresses", tests, NULL, NULL);
}
