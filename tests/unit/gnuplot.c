/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Running gnuplot, with programs in its place that do what gnuplot might: all is
 * told apart, and texts from outside stay texts.
 */
#include "config.h"

#include "plot/gnuplot.h"

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/heapreplay-gnuplot-XXXXXX";
static char program[sizeof(folder) + sizeof("/gnuplot")];

static int make_folder(void **state)
{
	char path[4096];

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(program, sizeof(program), "%s/gnuplot", folder);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", folder);
	return setenv("PATH", path, 1);
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(program);
	return rmdir(folder);
}

/* A shell script becomes gnuplot. */
static void pretend(const char *script)
{
	FILE *f = fopen(program, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(program, 0700), 0);
}

static enum hr_status run(const char *text, struct hr_blob *picture, struct hr_blob *complaints, struct hr_error *err)
{
	return hr_gnuplot_run(text, strlen(text), picture, complaints, err);
}

static void reads_and_writes(void **state)
{
	struct hr_blob picture, complaints;
	struct hr_error err;

	(void)state;
	pretend("echo \"$1\"; cat; echo careful >&2");
	assert_int_equal(run("plot x\n", &picture, &complaints, &err), HR_OK);
	assert_string_equal(picture.at, "--default-settings\nplot x\n");
	assert_int_equal(picture.n, strlen(picture.at));
	assert_string_equal(complaints.at, "careful\n");
	free(picture.at);
	free(complaints.at);
}

/* More than any pipe holds, in both directions, without anybody waiting for anybody. */
static void large(void **state)
{
	size_t n = (size_t)4 << 20;
	char *text = malloc(n);
	struct hr_blob picture, complaints;
	struct hr_error err;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + i % 26);
	pretend("cat");
	assert_int_equal(hr_gnuplot_run(text, n, &picture, &complaints, &err), HR_OK);
	assert_int_equal(picture.n, n);
	assert_memory_equal(picture.at, text, n);
	free(picture.at);
	free(complaints.at);
	free(text);
}

static const struct failure {
	const char *script, *says, *complains;
} failures[] = {
    {"echo 'line 3: no such thing' >&2; exit 1", "gnuplot failed (status 1)", "line 3: no such thing\n"},
    {"echo half; exit 2", "gnuplot failed (status 2)", ""},
    {"echo half; kill -KILL $$", "gnuplot was killed by signal 9", ""},
    {"kill -PIPE $$", "gnuplot was killed by signal 13", ""}, /* whether or not we ignore it */
    {"exit 0", "gnuplot drew nothing", ""},
};

static void fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct hr_blob picture, complaints;
		struct hr_error err;

		pretend(failures[i].script);
		assert_int_equal(run("plot x\n", &picture, &complaints, &err), HR_EIO);
		assert_non_null(strstr(err.text, failures[i].says));
		assert_string_equal(complaints.at, failures[i].complains);
		assert_null(picture.at);
		free(complaints.at);
	}
}

static void is_missing(void **state)
{
	struct hr_blob picture, complaints;
	struct hr_error err;
	char *path = strdup(getenv("PATH"));

	(void)state;
	unlink(program);
	setenv("PATH", folder, 1);
	assert_int_equal(run("plot x\n", &picture, &complaints, &err), HR_EIO);
	assert_non_null(strstr(err.text, "there is no gnuplot on PATH"));
	assert_null(picture.at);
	assert_null(complaints.at);
	setenv("PATH", path, 1);
	free(path);
}

static void no_room(void **state)
{
	struct hr_blob picture, complaints;
	struct hr_error err;

	(void)state;
	setenv("TMPDIR", "/nonexistent/folder", 1);
	assert_int_equal(run("plot x\n", &picture, &complaints, &err), HR_EIO);
	assert_non_null(strstr(err.text, "cannot create a temporary file in /nonexistent/folder"));
	unsetenv("TMPDIR");
}

/* By gnuplot's rules: within single quotes only the quote itself is special, doubled it stands for one. */
static void strings(void **state)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
	    {"app.trace", "'app.trace'"},
	    {"", "''"},
	    {"it's", "'it''s'"},
	    {"'; system 'x'; a='", "'''; system ''x''; a='''"},
	    {"`id` @macro \"x\" \\n $d", "'`id` @macro \"x\" \\n $d'"},
	    {"two\nlines\tand\r\x7f", "'two\\nlines\\tand\\r\\x7f'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = NULL;
		size_t n;
		FILE *f = open_memstream(&text, &n);

		assert_non_null(f);
		hr_gnuplot_string(f, rows[i].text);
		fclose(f);
		assert_string_equal(text, rows[i].quoted);
		free(text);
	}
}

HR_TEST_MAIN(gnuplot)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes), cmocka_unit_test(large),   cmocka_unit_test(fails),
	    cmocka_unit_test(is_missing),	cmocka_unit_test(no_room), cmocka_unit_test(strings),
	};

	return cmocka_run_group_tests_name("gnuplot", tests, make_folder, remove_folder);
}
