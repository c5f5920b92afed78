/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library in a program: a trace under two policies, a row for each, and what
 * half of GOGC would have done to the second.
 *
 *     cc compare.c $(pkg-config --cflags --libs heapreplay) -o compare
 *     ./compare app.trace
 */
#include <heapreplay.h>

#include <stdio.h>
#include <stdlib.h>

static int print_row(void *ctx, const char *json)
{
	unsigned *rows = ctx;

	++*rows;
	return puts(json) < 0;
}

int main(int argc, char **argv)
{
	const char *const policies[] = {"go1.19", "go1.22", NULL};
	const char *const settings[] = {"gc=model", "gogc=50", NULL};
	char *error = NULL, *json;
	unsigned rows = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s TRACE\n", argv[0]);
		return 2;
	}
	if (hr_compare_rows(argv[1], policies, NULL, print_row, &rows, &error) != 0) {
		fprintf(stderr, "%s\n", error != NULL ? error : "out of memory");
		free(error);
		return 1;
	}
	json = hr_replay_with(argv[1], policies[1], settings, &error);
	if (json == NULL) {
		fprintf(stderr, "%s\n", error != NULL ? error : "out of memory");
		free(error);
		return 1;
	}
	fputs(json, stdout);
	free(json);
	return rows == 2 ? 0 : 1;
}
