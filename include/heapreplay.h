/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libheapreplay: recorded heap traces replayed through the Go runtime's page
 * allocator and scavengers.
 *
 *     cc app.c $(pkg-config --cflags --libs heapreplay)
 */
#ifndef HEAPREPLAY_H
#define HEAPREPLAY_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HR_API __attribute__((visibility("default")))
#else
#define HR_API
#endif

/* "0.1.0"; a constant. */
HR_API const char *hr_version(void);

/*
 * What all of the next have in common.
 *
 * path: of a trace in a file: plain, zstd, gzip, bzip2, xz or lz4.
 *
 * A policy is written as for `heapreplay replay -p`: "go1.19", "go1.19,fix=flush",
 * or "./mine.so,key=value" for one of your own (heapreplay-policy.h), which finds
 * the library if the program is linked to it.
 *
 * settings: strings, the last one followed by NULL; each "NAME=VALUE" with a long
 * option of `heapreplay replay` without its dashes, or "NAME" of one without a
 * value: "memory-limit=512MiB", "gogc=50", "start-released". heapreplay(3) lists
 * them. NULL: the defaults. Work is done by one thread unless "jobs=N" says otherwise.
 *
 * A result belongs to the caller, who frees it with free(). On failure *error,
 * unless error is NULL, holds one line that says what is wrong, also to be freed,
 * or NULL when memory is exhausted; else it is set to NULL. A policy that breaks
 * the rules of its interface is such a failure.
 *
 * Nothing is printed, nothing exits, there is no state: calls may run in parallel.
 */

/*
 * Replays a trace under a policy, NULL for that of the trace's own Go version,
 * with default settings. Returns what `heapreplay replay --json` prints
 * (heapreplay-metrics(5) describes it), NULL on failure.
 */
HR_API char *hr_replay_to_json(const char *path, const char *policy, char **error);

/* The same with settings. */
HR_API char *hr_replay_with(const char *path, const char *policy, const char *const *settings, char **error);

/*
 * Replays a trace under several policies in one pass. policies: the last one is
 * followed by NULL; NULL: all built-in ones that fit the trace. Returns what
 * `heapreplay compare --json` prints, NULL on failure.
 */
HR_API char *hr_compare_to_json(const char *path, const char *const *policies, const char *const *settings,
				char **error);

/*
 * The same as rows: calls row for each policy, in their order, with a flat object
 * of JSON as `heapreplay compare --summary` prints it, without a newline; every
 * metric is a member. The text is valid during the call. A row that returns other
 * than 0 ends it. Returns 0, what row returned, or -1 on failure.
 */
HR_API int hr_compare_rows(const char *path, const char *const *policies, const char *const *settings,
			   int (*row)(void *ctx, const char *json), void *ctx, char **error);

#ifdef __cplusplus
}
#endif

#endif
