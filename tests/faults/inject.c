/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into heapreplay, lets the FAULT_AT-th call (from 1) of what FAULT
 * names fail, and all after it where FAULT_ON is set. Without FAULT_AT it counts
 * them: the number goes to the file FAULT_COUNT.
 *
 * FAULT: alloc (malloc, calloc, realloc, aligned), mmap, open, read, write, flush
 * (where a full disk shows), close, fsync, rename, link, ftruncate, thread, spawn.
 * With FAULT_SHORT a read or a write gets half of what it asks for instead. What
 * stdio calls in itself does not pass through here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

static long calls;
static __thread bool within_jansson, within_dlopen;

/* The loader ends the program when it has no memory for a library's variables of a thread. */
static bool is_loader(const void *caller)
{
	Dl_info at;

	return dladdr(caller, &at) != 0 && strstr(at.dli_fname, "/ld-") != NULL;
}

/* Programs that it runs, such as gnuplot, are not what is tested. */
static bool is_other_program(void)
{
	return strncmp(program_invocation_short_name, "heapreplay", strlen("heapreplay")) != 0;
}

/* Is this call of that kind to fail? */
static bool fails(const char *kind)
{
	const char *wanted = getenv("FAULT"), *at = getenv("FAULT_AT");
	long n;

	if (wanted == NULL || is_other_program() || strcmp(wanted, kind) != 0 || within_jansson || within_dlopen)
		return false;
	n = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	return at != NULL && (n == atol(at) || (getenv("FAULT_ON") != NULL && n > atol(at)));
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* --- memory --- */

#define no_memory() (fails("alloc") && !is_loader(__builtin_return_address(0)))

void *malloc(size_t n)
{
	return no_memory() ? (errno = ENOMEM, NULL) : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return no_memory() ? (errno = ENOMEM, NULL) : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return no_memory() ? (errno = ENOMEM, NULL) : __libc_realloc(p, n);
}

void *aligned_alloc(size_t a, size_t n)
{
	return no_memory() ? (errno = ENOMEM, NULL) : __libc_memalign(a, n);
}

int posix_memalign(void **p, size_t a, size_t n)
{
	if (no_memory() || (*p = __libc_memalign(a, n)) == NULL)
		return ENOMEM;
	return 0;
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return fails("mmap") ? (errno = ENOMEM, MAP_FAILED) : REAL(mmap)(at, n, prot, flags, fd, offset);
}

/* --- jansson's parser: it fails as a whole, since 2.14 frees twice when an allocation fails within it --- */

json_t *json_loadb(const char *text, size_t n, size_t flags, json_error_t *why)
{
	json_t *o;

	if (fails("alloc"))
		return NULL;
	within_jansson = true;
	o = REAL(json_loadb)(text, n, flags, why);
	within_jansson = false;
	return o;
}

json_t *json_load_callback(json_load_callback_t more, void *ctx, size_t flags, json_error_t *why)
{
	json_t *o;

	if (fails("alloc"))
		return NULL;
	within_jansson = true;
	o = REAL(json_load_callback)(more, ctx, flags, why);
	within_jansson = false;
	return o;
}

/* --- libraries: what they allocate when they are loaded is theirs; GnuTLS prints its own errors --- */

void *dlopen(const char *name, int flags)
{
	void *library;

	within_dlopen = true;
	library = REAL(dlopen)(name, flags);
	within_dlopen = false;
	return library;
}

/* --- files --- */

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return fails("open") ? (errno = EMFILE, -1) : REAL(open)(path, flags, mode);
}

ssize_t read(int fd, void *buf, size_t n)
{
	if (!fails("read"))
		return REAL(read)(fd, buf, n);
	if (getenv("FAULT_SHORT") != NULL && n > 1)
		return REAL(read)(fd, buf, n / 2);
	errno = EIO;
	return -1;
}

ssize_t write(int fd, const void *buf, size_t n)
{
	if (fd <= STDERR_FILENO || !fails("write"))
		return REAL(write)(fd, buf, n);
	if (getenv("FAULT_SHORT") != NULL && n > 1)
		return REAL(write)(fd, buf, n / 2);
	errno = ENOSPC;
	return -1;
}

int fflush(FILE *f)
{
	return f != NULL && fileno(f) > STDERR_FILENO && fails("flush") ? (errno = ENOSPC, EOF) : REAL(fflush)(f);
}

int fclose(FILE *f)
{
	bool bad = fails("close");
	int result = REAL(fclose)(f);

	return bad ? (errno = EIO, EOF) : result;
}

int fsync(int fd)
{
	return fails("fsync") ? (errno = EIO, -1) : REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
	return fails("rename") ? (errno = EIO, -1) : REAL(rename)(from, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
	return fails("link") ? (errno = EPERM, -1) : REAL(linkat)(a, from, b, to, flags);
}

int ftruncate(int fd, off_t n)
{
	return fails("ftruncate") ? (errno = EIO, -1) : REAL(ftruncate)(fd, n);
}

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*run)(void *), void *arg)
{
	return fails("thread") ? EAGAIN : REAL(pthread_create)(t, a, run, arg);
}

int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *a, const posix_spawnattr_t *attr,
		 char *const argv[], char *const envp[])
{
	char *const *end = envp;
	char **own, **to;
	int status;

	if (fails("spawn"))
		return EAGAIN;
	/* What it runs is another program, whose calls do not fail. */
	while (*end != NULL)
		end++;
	to = own = __libc_calloc((size_t)(end - envp) + 1, sizeof(*own));
	if (own == NULL)
		return ENOMEM;
	for (; *envp != NULL; envp++)
		if (strncmp(*envp, "LD_PRELOAD=", 11) != 0)
			*to++ = *envp;
	status = REAL(posix_spawnp)(pid, file, a, attr, argv, own);
	free(own);
	return status;
}

__attribute__((destructor)) static void count(void)
{
	const char *path = is_other_program() ? NULL : getenv("FAULT_COUNT");
	int fd = path != NULL ? REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;

	if (fd >= 0) {
		char text[32];
		int n = snprintf(text, sizeof(text), "%ld\n", calls);

		if (write(fd, text, (size_t)n) != n)
			_exit(99);
		close(fd);
	}
}
