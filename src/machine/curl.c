/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "machine/curl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* The names of its ABI 4: upstream's, that of Debian's variant with GnuTLS, that of macOS. */
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"};

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
#define HR_CURL_ROW(name) {"curl_" #name, offsetof(struct hr_curl, name)},
    HR_CURL_FUNCTIONS(HR_CURL_ROW)
#undef HR_CURL_ROW
};

enum hr_status hr_curl_load(struct hr_curl *l, struct hr_error *err)
{
	void *library = NULL;

	for (size_t i = 0; library == NULL && i < sizeof(names) / sizeof(names[0]); i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return hr_error_set(
		    err, HR_EUSAGE,
		    "there is no libcurl, which fetches the trace; install it (Debian: apt-get install "
		    "libcurl4), or record with curl -sN 'URL/debug/pprof/trace?seconds=30' > app.trace");
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *f = dlsym(library, functions[i].name);

		if (f == NULL)
			return hr_error_set(err, HR_EUSAGE, "libcurl has no %s; version 7.85 or later is needed",
					    functions[i].name);
		memcpy((char *)l + functions[i].offset, &f, sizeof(f));
	}
	return HR_OK;
}
