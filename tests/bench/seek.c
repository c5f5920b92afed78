/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moving about in a trace, as the live view does: how long it takes to get to
 * any moment of it, how many copies that rests on and how large they are.
 *
 *     tests/bench/seek TRACE [SEEKS]
 */
#include "config.h"

#include "replay/player.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int fail(const struct hr_error *err)
{
	fprintf(stderr, "seek: %s\n", err->text);
	return 1;
}

int main(int argc, char **argv)
{
	struct hr_player_options o = {0};
	struct hr_player *p;
	struct hr_error err;
	int n = argc > 2 ? atoi(argv[2]) : 200;
	double *ms = n > 0 ? calloc((size_t)n, sizeof(*ms)) : NULL, begin = now_ms(), all;
	uint64_t records, bytes, state = 1, end;

	if (argc < 2 || ms == NULL) {
		fputs("usage: seek TRACE [SEEKS]\n", stderr);
		return 2;
	}
	hr_replay_defaults(&o.replay);
	if (hr_player_open(argv[1], &o, NULL, 0, &p, &err) != HR_OK)
		return fail(&err);
	while (hr_player_source(p, &err) <= HR_SOURCE_READING)
		poll(&(struct pollfd){.fd = hr_player_news_fd(p), .events = POLLIN}, 1, 100);
	if (hr_player_source(p, &err) == HR_SOURCE_FAILED)
		return fail(&err);
	if (hr_player_follow(p, HR_NEVER, HR_NEVER, &err) != HR_END)
		return fail(&err);
	all = now_ms() - begin;
	end = hr_player_known_ns(p, &records);
	for (int i = 0; i < n; i++) {
		/* Knuth's MMIX generator: the same moments in every run. */
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		begin = now_ms();
		if (hr_player_seek(p, (uint64_t)((double)end * (double)(state >> 33) / 0x1p31), &err) != HR_OK)
			return fail(&err);
		ms[i] = now_ms() - begin;
	}
	qsort(ms, (size_t)n, sizeof(*ms), by_value);
	printf("%" PRIu64 " placements, read and followed to the end in %.0f ms\n", records, all);
	printf("%d seeks anywhere: median %.2f ms, worst %.2f ms\n", n, ms[n / 2], ms[n - 1]);
	n = (int)hr_player_copies(p, &bytes);
	printf("%d copies of the replay, %.1f MiB\n", n, (double)bytes / 0x1p20);
	hr_player_close(p);
	free(ms);
	return 0;
}
