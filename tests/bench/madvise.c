/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What giving memory back costs on this machine: madvise(MADV_DONTNEED) by the
 * length of what is given back, touching it again, and process_madvise, which
 * takes many ranges in a call, where the kernel offers that for one's own
 * memory (Linux 6.13 and later). docs/batching.md reads it.
 *
 *     tests/bench/madvise
 *
 * Ranges of 4 KiB to 2 MiB lie apart, with as much between them left alone. What
 * lies in huge pages is measured as well: a page fault there costs as much as one
 * anywhere plus clearing 2 MiB, which gives the part of a fault that grows with
 * its bytes, and with it what pages of 16 and 64 KiB cost on systems that have
 * such. Figures are medians
 * over rounds; each stands without and with a second thread of the program at
 * work on another processor, which then has to be told to forget the pages.
 * The last lines are a straight line through the figures, as --cost takes it.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 41
#define MAX_RANGES 256
#define MAX_PAGES 512 /* of a range */
#define MEMORY_PAGES (UINT64_C(1) << 15)
#define HUGE_BYTES ((size_t)2 << 20)
#define RANGE_PAGES 2 /* of a range in a batch: a page of the Go runtime */
#define MAX_BATCH 256

static size_t page_bytes;
static char *memory; /* MEMORY_PAGES */
static atomic_bool stop;

/* This thread's own time: others may be at work on the machine. */
static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "madvise: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* How many ranges of so many pages are measured: at most MAX_RANGES, and half of the memory. */
static size_t ranges(size_t pages)
{
	size_t n = MEMORY_PAGES / (2 * pages);

	return n < MAX_RANGES ? n : MAX_RANGES;
}

static char *range(size_t i, size_t pages)
{
	return memory + 2 * i * pages * page_bytes;
}

/* All pages of all ranges and between them. */
static void touch(size_t pages)
{
	for (size_t i = 0; i < 2 * ranges(pages) * pages; i++)
		memory[i * page_bytes] = 1;
}

/* The same for the pages of the ranges alone; how long it takes for each page, ns. */
static double refault(size_t pages)
{
	uint64_t start = now_ns();

	for (size_t i = 0; i < ranges(pages); i++)
		for (size_t p = 0; p < pages; p++)
			range(i, pages)[p * page_bytes] = 1;
	return (double)(now_ns() - start) / (double)(ranges(pages) * pages);
}

/* Gives all ranges back, a call each; ns a call. */
static double one_by_one(size_t pages)
{
	uint64_t start = now_ns();

	for (size_t i = 0; i < ranges(pages); i++)
		if (madvise(range(i, pages), pages * page_bytes, MADV_DONTNEED) != 0)
			fail("madvise");
	return (double)(now_ns() - start) / (double)ranges(pages);
}

static int process_madvise_self(int pidfd, const struct iovec *ranges, size_t n)
{
#ifdef SYS_process_madvise
	return syscall(SYS_process_madvise, pidfd, ranges, n, MADV_DONTNEED, 0) < 0 ? -1 : 0;
#else
	(void)pidfd;
	(void)ranges;
	(void)n;
	errno = ENOSYS;
	return -1;
#endif
}

/* Gives all ranges back, so many in a call; ns a range. */
static double batched(int pidfd, size_t batch)
{
	static struct iovec iov[MAX_RANGES];
	uint64_t start;

	for (size_t i = 0; i < MAX_RANGES; i++)
		iov[i] = (struct iovec){range(i, RANGE_PAGES), RANGE_PAGES * page_bytes};
	start = now_ns();
	for (size_t i = 0; i < MAX_RANGES; i += batch)
		if (process_madvise_self(pidfd, &iov[i], batch) != 0)
			fail("process_madvise");
	return (double)(now_ns() - start) / MAX_RANGES;
}

static int open_self(void)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, getpid(), 0);
#else
	errno = ENOSYS;
	return -1;
#endif
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *x)
{
	qsort(x, ROUNDS, sizeof(x[0]), by_size);
	return x[ROUNDS / 2];
}

static void *work(void *unused)
{
	volatile uint64_t n = 0;

	(void)unused;
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		n++;
	return NULL;
}

/* y = *a + *b * x, by least squares of the relative error, so that the small ones count as much as the large. */
static void fit(const double *x, const double *y, size_t n, double *a, double *b)
{
	double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;

	for (size_t i = 0; i < n; i++) {
		double k = 1 / (y[i] * y[i]);

		w += k;
		wx += k * x[i];
		wy += k * y[i];
		wxx += k * x[i] * x[i];
		wxy += k * x[i] * y[i];
	}
	*b = (w * wxy - wx * wy) / (w * wxx - wx * wx);
	*a = (wy - *b * wx) / w;
}

/* Huge pages: ns for each that is touched, and for each that is released; false: there are none to be had. */
static bool measure_huge(double *fault, double *release)
{
	const size_t n = MEMORY_PAGES * page_bytes / HUGE_BYTES - 1;
	char *first = memory + (HUGE_BYTES - (uintptr_t)memory % HUGE_BYTES) % HUGE_BYTES;
	double faults[ROUNDS], releases[ROUNDS];

	if (madvise(memory, MEMORY_PAGES * page_bytes, MADV_HUGEPAGE) != 0)
		return false;
	for (int r = 0; r < ROUNDS; r++) {
		uint64_t start;

		if (madvise(first, n * HUGE_BYTES, MADV_DONTNEED) != 0)
			fail("madvise");
		start = now_ns();
		for (size_t i = 0; i < n; i++)
			first[i * HUGE_BYTES] = 1;
		faults[r] = (double)(now_ns() - start) / (double)n;
		start = now_ns();
		for (size_t i = 0; i < n; i++)
			if (madvise(first + i * HUGE_BYTES, HUGE_BYTES, MADV_DONTNEED) != 0)
				fail("madvise");
		releases[r] = (double)(now_ns() - start) / (double)n;
	}
	madvise(memory, MEMORY_PAGES * page_bytes, MADV_NOHUGEPAGE);
	*fault = median(faults);
	*release = median(releases);
	/* Where the system gave no huge pages, a touch clears 4 KiB, and costs no more than elsewhere. */
	return *fault > 10000;
}

/* What 4 KiB and 2 MiB cost tells the part of a page from that of its bytes. */
static void print_bytes(double page_fault, double page_release, double call)
{
	const double kib = (double)HUGE_BYTES / 1024, page_kib = (double)page_bytes / 1024;
	double fault, release, per_kib;

	if (!measure_huge(&fault, &release)) {
		printf("no huge pages are to be had here: the part of the bytes is not known\n\n");
		return;
	}
	printf("huge pages: %.0f ns for each touched again, %.0f ns for each released\n", fault, release);
	per_kib = (fault - page_fault) / (kib - page_kib);
	printf("a fault: %.0f ns and %.1f ns a KiB\n", page_fault - per_kib * page_kib, per_kib);
	per_kib = (release - call - page_release) / (kib - page_kib);
	printf("a page released: %.0f ns and %.1f ns a KiB\n\n", page_release - per_kib * page_kib, per_kib);
}

static void measure_calls(const char *threads)
{
	double x[16], y[16], fault = 0, call, page;
	size_t n = 0;

	for (size_t pages = 1; pages <= MAX_PAGES; pages *= 2) {
		double calls[ROUNDS], faults[ROUNDS];

		touch(pages);
		for (int r = 0; r < ROUNDS; r++) {
			calls[r] = one_by_one(pages);
			faults[r] = refault(pages);
		}
		x[n] = (double)pages;
		y[n++] = median(calls);
		fault = median(faults);
		printf("%s  madvise of %3zu pages %37.0f ns a call, %6.0f ns a page touched again\n", threads, pages,
		       y[n - 1], fault);
	}
	fit(x, y, n, &call, &page);
	printf("%s  --cost call=%.0fns,page=%.0fns,fault=%.0fns\n", threads, call, page, fault);
	print_bytes(fault, page, call);
}

static void measure_batches(const char *threads, int pidfd)
{
	double x[16], y[16], each, call;
	size_t n = 0;

	for (size_t batch = 1; batch <= MAX_BATCH; batch *= 2) {
		double ns[ROUNDS];

		touch(RANGE_PAGES);
		for (int r = 0; r < ROUNDS; r++) {
			ns[r] = batched(pidfd, batch);
			refault(RANGE_PAGES);
		}
		x[n] = (double)batch;
		y[n] = median(ns);
		printf("%s  process_madvise of %3zu ranges of %d pages %14.0f ns a range\n", threads, batch,
		       RANGE_PAGES, y[n]);
		y[n] *= x[n];
		n++;
	}
	fit(x, y, n, &call, &each);
	printf("%s  %.0f ns a call and %.0f ns a range of %d pages\n\n", threads, call, each, RANGE_PAGES);
}

static void measure(const char *threads, int pidfd, bool offered)
{
	measure_calls(threads);
	if (offered)
		measure_batches(threads, pidfd);
}

int main(void)
{
	struct iovec one;
	pthread_t worker;
	size_t bytes;
	int pidfd;
	bool offered;

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	bytes = MEMORY_PAGES * page_bytes;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	pidfd = open_self();
	one = (struct iovec){memory, page_bytes};
	offered = pidfd >= 0 && process_madvise_self(pidfd, &one, 1) == 0;
	if (!offered)
		printf("process_madvise of one's own memory is not to be had here: %s\n\n", strerror(errno));
	measure("1 thread ", pidfd, offered);
	if (pthread_create(&worker, NULL, work, NULL) != 0)
		fail("pthread_create");
	measure("2 threads", pidfd, offered);
	atomic_store(&stop, true);
	pthread_join(worker, NULL);
	return 0;
}
