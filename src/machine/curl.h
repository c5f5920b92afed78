/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libcurl, loaded when something is to be fetched: a program linked with it would
 * start its TLS library, and two dozen others, for every command.
 */
#ifndef HR_MACHINE_CURL_H
#define HR_MACHINE_CURL_H

#include "base/error.h"

/* Its functions are called by name here, not by the macros that check types. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#define HR_CURL_FUNCTIONS(X)                                                                                           \
	X(easy_cleanup)                                                                                                \
	X(easy_getinfo)                                                                                                \
	X(easy_init)                                                                                                   \
	X(easy_perform)                                                                                                \
	X(easy_setopt)                                                                                                 \
	X(easy_strerror)                                                                                               \
	X(free)                                                                                                        \
	X(global_cleanup)                                                                                              \
	X(global_init)                                                                                                 \
	X(multi_add_handle)                                                                                            \
	X(multi_cleanup)                                                                                               \
	X(multi_info_read)                                                                                             \
	X(multi_init)                                                                                                  \
	X(multi_perform)                                                                                               \
	X(multi_poll)                                                                                                  \
	X(multi_remove_handle)                                                                                         \
	X(slist_append)                                                                                                \
	X(slist_free_all)                                                                                              \
	X(url)                                                                                                         \
	X(url_cleanup)                                                                                                 \
	X(url_get)                                                                                                     \
	X(url_set)                                                                                                     \
	X(url_strerror)

struct hr_curl {
#define HR_CURL_MEMBER(name) __typeof__(&curl_##name) name;
	HR_CURL_FUNCTIONS(HR_CURL_MEMBER)
#undef HR_CURL_MEMBER
};

/* Loads the library, which stays loaded, and finds its functions. HR_EUSAGE: it is not there, or older than 7.85. */
enum hr_status hr_curl_load(struct hr_curl *l, struct hr_error *err);

#endif
