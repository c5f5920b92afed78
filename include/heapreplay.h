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
 * Replays the trace at `path` (a file; plain, zstd or gzip) under a policy,
 * written as for `heapreplay replay -p`: "go1.19", "go1.19,fix=flush", or
 * "./mine.so,key=value" for one of your own (heapreplay-policy.h), which finds
 * the library if the program is linked to it; NULL for that of the trace's own
 * Go version. Settings are the defaults of that command.
 *
 * Returns what `heapreplay replay --json` prints (heapreplay-metrics(5)
 * describes it), which the caller frees with free(). NULL on failure: *error,
 * unless error is NULL, then holds one line that says what is wrong, also to
 * be freed, or NULL when memory is exhausted. A policy that breaks the rules
 * of its interface is such a failure.
 *
 * Prints nothing, never exits, keeps no state: calls may run in parallel.
 */
HR_API char *hr_replay_to_json(const char *path, const char *policy, char **error);

#ifdef __cplusplus
}
#endif

#endif
