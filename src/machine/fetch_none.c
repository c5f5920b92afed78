/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of fetch.c where there is no libcurl: nothing is ever fetched. */
#include "config.h"

#include "machine/fetch.h"

static enum hr_status refuse(struct hr_error *err)
{
	return hr_error_set(err, HR_EUSAGE,
			    "this heapreplay was built without libcurl, which fetches the trace; "
			    "curl -sN 'URL/debug/pprof/trace?seconds=30' > app.trace records one, too");
}

enum hr_status hr_fetcher_new(const struct hr_fetch_options *options, struct hr_fetcher **made, struct hr_error *err)
{
	(void)options;
	*made = NULL;
	return refuse(err);
}

void hr_fetcher_free(struct hr_fetcher *f)
{
	(void)f;
}

enum hr_status hr_fetch_url(const struct hr_fetcher *f, const char *given, const char *path, bool keep,
			    unsigned seconds, char **url, struct hr_error *err)
{
	(void)f, (void)given, (void)path, (void)keep, (void)seconds;
	*url = NULL;
	return refuse(err);
}

enum hr_status hr_fetch_text(struct hr_fetcher *f, const char *url, size_t most, uint64_t timeout_ns, char **text,
			     size_t *n, struct hr_error *err)
{
	(void)f, (void)url, (void)most, (void)timeout_ns;
	*text = NULL;
	*n = 0;
	return refuse(err);
}

enum hr_status hr_fetch_stream(struct hr_fetcher *f, const char *url, const struct hr_fetch_watch *watch,
			       enum hr_fetch_end *end, struct hr_error *err)
{
	(void)f, (void)url, (void)watch, (void)end;
	return refuse(err);
}
