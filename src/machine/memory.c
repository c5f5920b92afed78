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
#include <time.h>
#include <unistd.h>

#define PAGE ((uint64_t)4096)
#define HUGE_PAGE ((uint64_t)2 << 20)

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

enum hr_status hr_real_reserve(struct hr_real *r, uint64_t slots, bool lazy, struct hr_error *err)
{
	uintptr_t at;

	*r = (struct hr_real){.slots = slots, .lazy = lazy, .clock_ns = clock_step()};
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
	/* Use small pages, as the model does, whatever the system's default is. */
	madvise(r->reserved, r->reserved_bytes, MADV_NOHUGEPAGE);
	at = ((uintptr_t)r->reserved + HR_REAL_SLOT_BYTES - 1) / HR_REAL_SLOT_BYTES * HR_REAL_SLOT_BYTES;
	r->at = r->reserved + (at - (uintptr_t)r->reserved);
	return HR_OK;
}

void hr_real_release(struct hr_real *r)
{
	if (r->reserved != NULL)
		munmap(r->reserved, r->reserved_bytes);
	*r = (struct hr_real){0};
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

uint64_t hr_real_return(const struct hr_real *r, uint64_t offset, uint64_t bytes)
{
	return less(give_back(r->at + offset, bytes, r->lazy), r->clock_ns);
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

enum { TIMES = 501, RUN_PAGES = 64 };

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

/* Each measurement has pages of its own, which were never touched. */
static void measure_small(char *at, uint64_t clock, struct hr_real_costs *c, uint64_t *ns)
{
	uint64_t call, run, one[TIMES];
	const uint64_t bytes = RUN_PAGES * PAGE;

	for (unsigned i = 0; i < TIMES; i++)
		ns[i] = touch(at + i * bytes, bytes);
	c->first_touch_ns = less(median(ns, TIMES), clock) / RUN_PAGES;
	for (unsigned i = 0; i < TIMES; i++)
		ns[i] = give_back(at + i * bytes, bytes, false);
	run = less(median(ns, TIMES), clock);
	for (unsigned i = 0; i < TIMES; i++)
		one[i] = give_back(at + i * bytes, PAGE, false);
	call = less(median(one, TIMES), clock);
	for (unsigned i = 0; i < TIMES; i++)
		ns[i] = touch(at + i * bytes, bytes);
	c->refault_ns = less(median(ns, TIMES), clock) / RUN_PAGES;
	c->call_ns = call;
	c->page_ns = less(run, call) / RUN_PAGES;
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
	uint64_t *ns = hr_calloc(TIMES, sizeof(*ns));
	struct hr_real r;
	enum hr_status status;

	*c = (struct hr_real_costs){0};
	if (ns == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	status = hr_real_reserve(&r, slots, false, err);
	if (status == HR_OK) {
		measure_small(r.at, r.clock_ns, c, ns);
		hr_real_release(&r);
		status = hr_real_reserve(&r, HUGE_PAGES * HUGE_PAGE / HR_REAL_SLOT_BYTES + 1, false, err);
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

enum hr_status hr_real_reserve(struct hr_real *r, uint64_t slots, bool lazy, struct hr_error *err)
{
	(void)slots, (void)lazy;
	*r = (struct hr_real){0};
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

uint64_t hr_real_return(const struct hr_real *r, uint64_t offset, uint64_t bytes)
{
	(void)r, (void)offset, (void)bytes;
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
