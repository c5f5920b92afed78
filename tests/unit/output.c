/* SPDX-License-Identifier: BSD-3-Clause */
/* Files appear whole or not at all. */
#include "config.h"

#include "report/output.h"

#include "testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

static void write_whole(const char *path, const char *text)
{
	struct hr_output o;
	struct hr_error err;

	assert_int_equal(hr_output_open(&o, path, &err), HR_OK);
	fputs(text, o.file);
	assert_int_equal(hr_output_commit(&o, &err), HR_OK);
}

static bool is_link(const char *name)
{
	struct stat st;

	return lstat(in_folder(name), &st) == 0 && S_ISLNK(st.st_mode);
}

/* Links stay; what they lead to is written, in its own folder, and may be missing. */
static void test_links(void **state)
{
	char target[512];

	(void)state;
	unlink(in_folder("a"));
	assert_int_equal(mkdir(in_folder("sub"), 0777), 0);
	assert_int_equal(symlink("../c", in_folder("sub/b")), 0);
	assert_int_equal(symlink("sub/b", in_folder("a")), 0);
	write_whole(in_folder("a"), "new");
	assert_true(is_link("a") && is_link("sub/b"));
	content_is("c", "new");
	write_whole(in_folder("a"), "again");
	content_is("c", "again");
	assert_int_equal(files_in_folder(), 3);

	snprintf(target, sizeof(target), "%s", in_folder("c"));
	assert_int_equal(unlink(in_folder("sub/b")), 0);
	assert_int_equal(symlink(target, in_folder("sub/b")), 0);
	write_whole(in_folder("a"), "absolute");
	content_is("c", "absolute");

	assert_int_equal(unlink(in_folder("c")), 0);
	assert_int_equal(symlink("c", in_folder("c")), 0);
	assert_int_equal(hr_output_open(&(struct hr_output){0}, in_folder("a"), NULL), HR_EIO); /* a loop */
	assert_int_equal(unlink(in_folder("c")), 0);
	assert_int_equal(unlink(in_folder("a")), 0);
	assert_int_equal(unlink(in_folder("sub/b")), 0);
	assert_int_equal(rmdir(in_folder("sub")), 0);
}

/* Written where it stands, through links to it, too; the file behind it is not replaced. */
static void test_descriptor(void **state)
{
	int fd = open(in_folder("a"), O_RDWR | O_CREAT, 0600);
	char name[32];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "1", 1), 1);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	if (access(name, F_OK) != 0) {
		printf("# there is no /dev/fd here\n");
		close(fd);
		return;
	}
	write_whole(name, "2");
	assert_int_equal(symlink(name, in_folder("link")), 0);
	write_whole(in_folder("link"), "3");
	assert_true(is_link("link"));
	assert_int_equal(write(fd, "4", 1), 1);
	content_is("a", "1234");
	unlink(in_folder("link"));
	close(fd);
	assert_int_equal(hr_output_open(&(struct hr_output){0}, name, NULL), HR_EIO);
}

static void test_pipe(void **state)
{
	char buf[8] = "";
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
	fd = open(in_folder("fifo"), O_RDONLY | O_NONBLOCK);
	write_whole(in_folder("fifo"), "text");
	assert_int_equal(read(fd, buf, sizeof(buf)), 4);
	assert_string_equal(buf, "text");
	assert_int_equal(stat(in_folder("fifo"), &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
	unlink(in_folder("fifo"));
}

/* What a killed run has left is used again, and so is what other runs are at not. */
static void test_leftover(void **state)
{
	struct hr_output o;
	int other;

	(void)state;
	write_whole(in_folder("a"), "old");
	other = open(in_folder(".a.heapreplay-tmp"), O_RDWR | O_CREAT, 0600);
	assert_int_equal(write(other, "left", 4), 4);
	write_whole(in_folder("a"), "new");
	content_is("a", "new");
	assert_int_equal(access(in_folder(".a.heapreplay-tmp"), F_OK), -1);
	close(other);

	other = open(in_folder(".a.heapreplay-tmp"), O_RDWR | O_CREAT, 0600);
	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_int_equal(write(other, "busy", 4), 4);
	assert_int_equal(hr_output_open(&o, in_folder("a"), NULL), HR_OK);
	fputs("newer", o.file);
	assert_int_equal(hr_output_commit(&o, NULL), HR_OK);
	content_is("a", "newer");
	content_is(".a.heapreplay-tmp", "busy");
	close(other);
	unlink(in_folder(".a.heapreplay-tmp"));
}

static void test_two(void **state)
{
	struct hr_output a = {0}, b = {0}, none = {0};
	struct hr_error err;

	(void)state;
	unlink(in_folder("a"));
	assert_int_equal(symlink("a", in_folder("link")), 0);
	assert_int_equal(hr_output_open(&a, in_folder("a"), NULL), HR_OK);
	assert_int_equal(hr_output_open(&b, in_folder("./link"), NULL), HR_OK);
	assert_int_equal(hr_output_differ(&a, &b, &err), HR_EUSAGE);
	assert_int_equal(hr_output_differ(&a, &none, &err), HR_OK);
	hr_output_abandon(&b);
	assert_int_equal(hr_output_open(&b, in_folder("b"), NULL), HR_OK);
	assert_int_equal(hr_output_differ(&a, &b, &err), HR_OK);
	assert_int_equal(hr_output_commit_all((struct hr_output *[]){&none, &a, &b}, 3, &err), HR_OK);
	content_is("a", "");
	content_is("b", "");
	unlink(in_folder("b"));
	unlink(in_folder("link"));

	/* The second can't get its place: the first goes again. */
	unlink(in_folder("a"));
	assert_int_equal(hr_output_open(&a, in_folder("a"), NULL), HR_OK);
	assert_int_equal(hr_output_open(&b, in_folder("b"), NULL), HR_OK);
	assert_int_equal(mkdir(in_folder("b"), 0777), 0);
	assert_int_equal(hr_output_commit_all((struct hr_output *[]){&a, &b}, 2, &err), HR_EIO);
	assert_int_equal(rmdir(in_folder("b")), 0);
	assert_int_equal(files_in_folder(), 0);
}

/* What is written in place would be lost with the file that another output replaces. */
static void test_two_in_place(void **state)
{
	struct hr_output a = {0}, b = {0}, c = {0};
	struct hr_error err;
	char name[32];
	int fd;

	(void)state;
	fd = open(in_folder("a"), O_RDWR | O_CREAT | O_TRUNC, 0666);
	assert_true(fd >= 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	assert_int_equal(hr_output_open(&a, name, NULL), HR_OK);
	assert_int_equal(hr_output_open(&b, in_folder("a"), NULL), HR_OK);
	assert_int_equal(hr_output_open(&c, in_folder("c"), NULL), HR_OK);
	assert_int_equal(hr_output_differ(&a, &b, &err), HR_EUSAGE);
	assert_int_equal(hr_output_differ(&b, &a, &err), HR_EUSAGE);
	assert_int_equal(hr_output_differ(&a, &c, &err), HR_OK);
	hr_output_abandon(&b);
	assert_int_equal(hr_output_open(&b, name, NULL), HR_OK);
	assert_int_equal(hr_output_differ(&a, &b, &err), HR_EUSAGE);
	hr_output_abandon(&a);
	hr_output_abandon(&b);
	hr_output_abandon(&c);
	close(fd);

	/* What a device takes, it takes from any number. */
	assert_int_equal(hr_output_open(&a, "/dev/null", NULL), HR_OK);
	assert_int_equal(hr_output_open(&b, "/dev/null", NULL), HR_OK);
	assert_int_equal(hr_output_differ(&a, &b, &err), HR_OK);
	hr_output_abandon(&a);
	hr_output_abandon(&b);

	/* A file that is no output, such as a database. */
	assert_int_equal(symlink("a", in_folder("link")), 0);
	assert_int_equal(hr_output_spares(strcpy((char[512]){0}, in_folder("link")), in_folder("a"), &err), HR_EUSAGE);
	assert_int_equal(hr_output_spares(strcpy((char[512]){0}, in_folder("c")), in_folder("a"), &err), HR_OK);
	assert_int_equal(hr_output_spares("/dev/null", "/dev/null", &err), HR_OK);
	unlink(in_folder("link"));
	unlink(in_folder("a"));
}

HR_TEST_MAIN(output)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_commit_and_abandon),
	    cmocka_unit_test(test_a_full_device),
	    cmocka_unit_test(test_nowhere),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_descriptor),
	    cmocka_unit_test(test_pipe),
	    cmocka_unit_test(test_leftover),
	    cmocka_unit_test(test_two),
	    cmocka_unit_test(test_two_in_place),
	};

	return cmocka_run_group_tests_name("output", tests, begin, end);
}
