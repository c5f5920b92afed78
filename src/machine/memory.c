/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "machine/memory.h"

#include "base/alloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PAGE ((uint64_t)4096)
#define HUGE_PAGE ((uint64_t)2 << 20)

/* Of Linux 6.1; the C library's headers are older, where it is missing. Whether the kernel has it is tried. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

struct hr_real_range {
	struct iovec at;
};

uint64_t hr_real_available_bytes(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	uint64_t kib = 0;
	char line[256];

	if (f == NULL)
		return 0;
	while (kib == 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "MemAvailable:", 13) == 0)
			kib = strtoull(line + 13, NULL, 10);
	fclose(f);
	return kib * 1024;
}

#if HAVE_REAL_MEMORY

/* CPU time of this thread: others that run meanwhile do not count. */
static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* What two looks at the clock are apart at least. */
static uint64_t clock_step(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < 1000; i++) {
		const uint64_t begin = cpu_ns(), ns = cpu_ns() - begin;

		least = ns < least ? ns : least;
	}
	return least;
}

/* --- what this kernel can do ------------------------------------------------------ */

#if defined(SYS_pidfd_open) && defined(SYS_process_madvise)

static int open_this_process(void)
{
	return (int)syscall(SYS_pidfd_open, getpid(), 0);
}

static bool give_back_ranges(int process, const struct hr_real_range *ranges, unsigned n)
{
	return syscall(SYS_process_madvise, process, ranges, (size_t)n, MADV_DONTNEED, 0) >= 0;
}

#else

static int open_this_process(void)
{
	errno = ENOSYS;
	return -1;
}

static bool give_back_ranges(int process, const struct hr_real_range *ranges, unsigned n)
{
	(void)process, (void)ranges, (void)n;
	errno = ENOSYS;
	return false;
}

#endif

/* On pages that have been touched, the first of the memory. */
static enum hr_status try_process(struct hr_real *r, struct hr_error *err)
{
	const struct hr_real_range first = {{r->at, PAGE}};

	r->ranges = hr_calloc(r->settings.ranges, sizeof(*r->ranges));
	if (r->ranges == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->process = open_this_process();
	*(volatile char *)r->at = 1;
	if (r->process < 0 || !give_back_ranges(r->process, &first, 1))
		return hr_error_set(
		    err, HR_EUSAGE,
		    "this kernel's process_madvise does not release memory (%s); Linux 6.13 and later do "
		    "for the calling process",
		    strerror(errno));
	return HR_OK;
}

static enum hr_status try_collapse(const struct hr_real *r, struct hr_error *err)
{
	*(volatile char *)r->at = 1;
	if (madvise(r->at, HUGE_PAGE, MADV_COLLAPSE) != 0)
		return hr_error_set(
		    err, HR_EUSAGE,
		    "this kernel does not collapse huge pages on request (MADV_COLLAPSE: %s); Linux 6.1 "
		    "and later do, with transparent huge pages",
		    strerror(errno));
	madvise(r->at, HUGE_PAGE, MADV_DONTNEED);
	return HR_OK;
}

enum hr_status hr_real_reserve(struct hr_real *r, uint64_t slots, const struct hr_real_settings *settings,
			       struct hr_error *err)
{
	uintptr_t at;

	*r = (struct hr_real){.slots = slots, .settings = *settings, .process = -1, .clock_ns = clock_step()};
	if (sysconf(_SC_PAGESIZE) != (long)PAGE)
		return hr_error_set(err, HR_EUSAGE, "pages of this machine are not of 4 KiB");
	r->reserved_bytes = (size_t)((slots + 1) * HR_REAL_SLOT_BYTES);
	r->reserved =
	    mmap(NULL, r->reserved_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->reserved == MAP_FAILED) {
		r->reserved = NULL;
		return hr_error_set(err, HR_EIO, "cannot reserve %zu bytes of address space: %s", r->reserved_bytes,
				    strerror(errno));
	}
	/* Use small pages, as the model does, whatever the system's default is; but what is so can't be collapsed. */
	if (!settings->collapse)
		madvise(r->reserved, r->reserved_bytes, MADV_NOHUGEPAGE);
	at = ((uintptr_t)r->reserved + HR_REAL_SLOT_BYTES - 1) / HR_REAL_SLOT_BYTES * HR_REAL_SLOT_BYTES;
	r->at = r->reserved + (at - (uintptr_t)r->reserved);
	if (settings->how == HR_REAL_PROCESS)
		HR_TRY(try_process(r, err));
	return settings->collapse ? try_collapse(r, err) : HR_OK;
}

void hr_real_release(struct hr_real *r)
{
	if (r->reserved != NULL) {
		munmap(r->reserved, r->reserved_bytes);
		if (r->process >= 0)
			close(r->process);
	}
	free(r->ranges);
	*r = (struct hr_real){.process = -1};
}

static uint64_t faults_now(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return (uint64_t)u.ru_minflt;
}

static uint64_t touch(char *at, uint64_t bytes)
{
	const uint64_t begin = cpu_ns();

	for (uint64_t i = 0; i < bytes; i += PAGE)
		*(volatile char *)(at + i) = 1;
	return cpu_ns() - begin;
}

static uint64_t give_back(char *at, uint64_t bytes, bool lazy)
{
	const uint64_t begin = cpu_ns();

	madvise(at, (size_t)bytes, lazy ? MADV_FREE : MADV_DONTNEED);
	return cpu_ns() - begin;
}

uint64_t hr_real_touch(const struct hr_real *r, uint64_t offset, uint64_t bytes, uint64_t *faults)
{
	const uint64_t before = faults_now(), ns = touch(r->at + offset, bytes);

	*faults += faults_now() - before;
	return less(ns, r->clock_ns);
}

uint64_t hr_real_flush(struct hr_real *r)
{
	const uint64_t begin = cpu_ns();
	uint64_t end;

	if (r->nranges == 0)
		return 0;
	give_back_ranges(r->process, r->ranges, r->nranges);
	end = cpu_ns();
	r->nranges = 0;
	r->calls++;
	return less(end - begin, r->clock_ns);
}

uint64_t hr_real_return(struct hr_real *r, uint64_t offset, uint64_t bytes, bool *waits)
{
	*waits = r->settings.how == HR_REAL_PROCESS;
	if (!*waits) {
		r->calls++;
		return less(give_back(r->at + offset, bytes, r->settings.how == HR_REAL_FREE), r->clock_ns);
	}
	r->ranges[r->nranges++].at = (struct iovec){r->at + offset, (size_t)bytes};
	if (r->nranges < r->settings.ranges)
		return 0;
	*waits = false;
	return hr_real_flush(r);
}

uint64_t hr_real_collapse(const struct hr_real *r, uint64_t slot, bool *done)
{
	const uint64_t begin = cpu_ns();

	*done = madvise(r->at + slot * HR_REAL_SLOT_BYTES, HR_REAL_SLOT_BYTES, MADV_COLLAPSE) == 0;
	return less(cpu_ns() - begin, r->clock_ns);
}

uint64_t hr_real_resident_bytes(const struct hr_real *r, uint64_t slots)
{
	unsigned char there[HR_REAL_SLOT_BYTES / PAGE];
	uint64_t pages = 0;

	for (uint64_t s = 0; s < slots; s++) {
		if (mincore(r->at + s * HR_REAL_SLOT_BYTES, HR_REAL_SLOT_BYTES, there) != 0)
			continue;
		for (size_t i = 0; i < sizeof(there); i++)
			pages += there[i] & 1;
	}
	return pages * PAGE;
}

/* --- costs ---------------------------------------------------------------------- */

/*
 * Of each run, its first SHORT_PAGES are released before the others: two calls of different lengths tell call and page
 * apart. TIMES is a prime, so that STEP, from one run to the next that is touched or released, visits all of them; it is
 * wide, so that nothing of a run is in a cache.
 */
enum { TIMES = 509, STEP = 193, RUN_PAGES = 64, SHORT_PAGES = 8 };

static int by_size(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *ns, size_t n)
{
	qsort(ns, n, sizeof(*ns), by_size);
	return ns[n / 2];
}

/*
 * The mean without the twentieth that took longest, which other programs disturbed. Not the median: the kernel hands
 * pages on by the batch, so that one call in some pays for all of them.
 */
static uint64_t trimmed_mean(uint64_t *ns, size_t n)
{
	const size_t kept = n - n / 20;
	uint64_t sum = 0;

	qsort(ns, n, sizeof(*ns), by_size);
	for (size_t i = 0; i < kept; i++)
		sum += ns[i];
	return sum / kept;
}

/*
 * Touches all pages of the runs as a program does that has used its heap for a while: neighbours at different times, so
 * that they are not neighbours in physical memory. The ns of a touch; `ns` is room for TIMES figures.
 */
static uint64_t touch_all(char *at, uint64_t clock, uint64_t *ns)
{
	uint64_t total = 0;

	for (unsigned page = 0; page < RUN_PAGES; page++) {
		for (unsigned i = 0; i < TIMES; i++)
			ns[i] = less(touch(at + ((uint64_t)i * STEP % TIMES * RUN_PAGES + page) * PAGE, PAGE), clock);
		total += trimmed_mean(ns, TIMES);
	}
	return total / RUN_PAGES;
}

/* Gives back `pages` of each run, one run after another that lies elsewhere; what a call takes. */
static uint64_t return_runs(char *at, uint64_t pages, uint64_t clock, uint64_t *ns)
{
	for (unsigned i = 0; i < TIMES; i++)
		ns[i] = give_back(at + (uint64_t)i * STEP % TIMES * RUN_PAGES * PAGE, pages * PAGE, false);
	return less(trimmed_mean(ns, TIMES), clock);
}

static void measure_small(char *at, uint64_t clock, struct hr_real_costs *c, uint64_t *ns)
{
	uint64_t few, others;

	c->first_touch_ns = touch_all(at, clock, ns);
	few = return_runs(at, SHORT_PAGES, clock, ns);
	others = return_runs(at, RUN_PAGES, clock, ns);
	c->page_ns = less(others, few) / (RUN_PAGES - 2 * SHORT_PAGES);
	c->call_ns = less(few, SHORT_PAGES * c->page_ns);
	c->refault_ns = touch_all(at, clock, ns);
}

/* Whether the system gives huge pages at all: one fault for all of its small ones. */
static bool is_huge(char *at)
{
	const uint64_t before = faults_now();

	touch(at, HUGE_PAGE);
	return faults_now() - before < HUGE_PAGE / PAGE / 2;
}

static void measure_huge(char *at, struct hr_real_costs *c, uint64_t *ns, size_t n)
{
	uint64_t whole, call = c->call_ns;

	madvise(at, n * HUGE_PAGE, MADV_HUGEPAGE);
	if (!is_huge(at))
		return;
	for (size_t i = 1; i < n; i++)
		ns[i] = touch(at + i * HUGE_PAGE, HUGE_PAGE);
	c->huge_fault_ns = median(ns + 1, n - 1);
	for (size_t i = 1; i < n; i++)
		ns[i] = give_back(at + i * HUGE_PAGE, HUGE_PAGE, false);
	whole = median(ns + 1, n - 1);
	c->huge_release_ns = less(whole, call);
	for (size_t i = 1; i < n; i++) {
		touch(at + i * HUGE_PAGE, HUGE_PAGE);
		ns[i] = give_back(at + i * HUGE_PAGE + PAGE, PAGE, false);
	}
	c->huge_split_ns = less(median(ns + 1, n - 1), call + c->page_ns);
}

enum hr_status hr_real_measure(struct hr_real_costs *c, struct hr_error *err)
{
	enum { HUGE_PAGES = 33 };
	const uint64_t slots = TIMES * RUN_PAGES * PAGE / HR_REAL_SLOT_BYTES + 1;
	const struct hr_real_settings plain = {.how = HR_REAL_DONTNEED};
	uint64_t *ns = hr_calloc(TIMES, sizeof(*ns));
	struct hr_real r;
	enum hr_status status;

	*c = (struct hr_real_costs){0};
	if (ns == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	status = hr_real_reserve(&r, slots, &plain, err);
	if (status == HR_OK) {
		measure_small(r.at, r.clock_ns, c, ns);
		hr_real_release(&r);
		status = hr_real_reserve(&r, HUGE_PAGES * HUGE_PAGE / HR_REAL_SLOT_BYTES + 1, &plain, err);
	}
	if (status == HR_OK) {
		measure_huge(r.at, c, ns, HUGE_PAGES);
		hr_real_release(&r);
	}
	free(ns);
	return status;
}

#else

static enum hr_status refuse(struct hr_error *err)
{
	return hr_error_set(err, HR_EUSAGE, "real memory is measured on Linux only");
}

enum hr_status hr_real_reserve(struct hr_real *r, uint64_t slots, const struct hr_real_settings *settings,
			       struct hr_error *err)
{
	(void)slots, (void)settings;
	*r = (struct hr_real){.process = -1};
	return refuse(err);
}

void hr_real_release(struct hr_real *r)
{
	(void)r;
}

uint64_t hr_real_touch(const struct hr_real *r, uint64_t offset, uint64_t bytes, uint64_t *faults)
{
	(void)r, (void)offset, (void)bytes, (void)faults;
	return 0;
}

uint64_t hr_real_return(struct hr_real *r, uint64_t offset, uint64_t bytes, bool *waits)
{
	(void)r, (void)offset, (void)bytes;
	*waits = false;
	return 0;
}

uint64_t hr_real_flush(struct hr_real *r)
{
	(void)r;
	return 0;
}

uint64_t hr_real_collapse(const struct hr_real *r, uint64_t slot, bool *done)
{
	(void)r, (void)slot;
	*done = false;
	return 0;
}

uint64_t hr_real_resident_bytes(const struct hr_real *r, uint64_t slots)
{
	(void)r, (void)slots;
	return 0;
}

enum hr_status hr_real_measure(struct hr_real_costs *c, struct hr_error *err)
{
	*c = (struct hr_real_costs){0};
	return refuse(err);
}

#endif
