/*
 * libheapreplay: replays recorded heap traces through the page allocator and
 * the scavengers of the Go runtime.
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

/* The library's version, as "0.1.0"; a constant string. */
HR_API const char *hr_version(void);

#ifdef __cplusplus
}
#endif

#endif
