/* SPDX-License-Identifier: BSD-3-Clause */
/* Files appear whole or not at all. */
#include "config.h"

#include "report/output.h"

#include "testing.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

static int begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/tests/output.XXXXXX",
		 getenv("top_builddir") ? getenv("top_builddir") : ".");
	return mkdtemp(folder) ? 0 : -1;
}

static unsigned files_in_folder(void)
{
	DIR *d = opendir(folder);
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static const char *in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void content_is(const char *name, const char *want)
{
	char buf[64] = "";
	FILE *f = fopen(in_folder(name), "r");

	assert_non_null(f);
	assert_true(fread(buf, 1, sizeof(buf) - 1, f) < sizeof(buf));
	fclose(f);
	assert_string_equal(buf, want);
}

static int end(void **state)
{
	(void)state;
	unlink(in_folder("a"));
	return rmdir(folder);
}

static void test_commit_and_abandon(void **state)
{
	struct hr_output o;
	struct hr_error err;

	(void)state;
	assert_int_equal(hr_output_open(&o, in_folder("a"), &err), HR_OK);
	fputs("first", o.file);
	assert_int_equal(access(in_folder("a"), F_OK), -1);
	hr_output_abandon(&o);
	assert_int_equal(files_in_folder(), 0);

	assert_int_equal(hr_output_open(&o, in_folder("a"), &err), HR_OK);
	fputs("second", o.file);
	assert_int_equal(hr_output_commit(&o, &err), HR_OK);
	content_is("a", "second");
	assert_int_equal(files_in_folder(), 1);

	/* What is there stays until the new one is whole, and keeps its permissions. */
	assert_int_equal(chmod(in_folder("a"), 0600), 0);
	assert_int_equal(hr_output_open(&o, in_folder("a"), &err), HR_OK);
	fputs("third", o.file);
	content_is("a", "second");
	assert_int_equal(hr_output_commit(&o, &err), HR_OK);
	content_is("a", "third");
	struct stat st;
	assert_int_equal(stat(in_folder("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	hr_output_abandon(&o);
	content_is("a", "third");
}

static void test_a_full_device(void **state)
{
	struct hr_output o;
	struct hr_error err;

	(void)state;
	if (access("/dev/full", W_OK) != 0) {
		printf("# there is no /dev/full here\n");
		return;
	}
	assert_int_equal(hr_output_open(&o, "/dev/full", &err), HR_OK);
	fputs("anything", o.file);
	assert_int_equal(hr_output_commit(&o, &err), HR_EIO);
	assert_non_null(strstr(err.text, "/dev/full"));
}

static void test_nowhere(void **state)
{
	struct hr_output o;
	struct hr_error err;

	(void)state;
	assert_int_equal(hr_output_open(&o, in_folder("no/such/folder"), &err), HR_EIO);
	assert_non_null(strstr(err.text, "no/such/folder"));
	hr_output_abandon(&o);
}

HR_TEST_MAIN(output)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_commit_and_abandon),
	    cmocka_unit_test(test_a_full_device),
	    cmocka_unit_test(test_nowhere),
	};

	return cmocka_run_group_tests_name("output", tests, begin, end);
}
