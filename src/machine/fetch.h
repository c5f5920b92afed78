/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTTP and HTTPS, by libcurl: short texts, and one long answer that is taken as
 * it comes while other things go on. Redirects are followed, five at most; a
 * password or an Authorization header is not sent to another host.
 */
#ifndef HR_MACHINE_FETCH_H
#define HR_MACHINE_FETCH_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hr_fetch_options {
	const char *const *headers; /* "Name: value"; a NULL ends them; NULL: none */
	const char *user;	    /* "name:password"; NULL: none but the URL's */
	const char *ca_file;	    /* certificates to trust; NULL: the system's */
	bool netrc;		    /* names and passwords of ~/.netrc */
	bool insecure;		    /* certificates are not checked */
};

struct hr_fetcher;

/* *options outlives the fetcher. HR_EUSAGE: built without libcurl, or it is not installed; HR_ENOMEM. On success hr_fetcher_free it. */
enum hr_status hr_fetcher_new(const struct hr_fetch_options *options, struct hr_fetcher **made, struct hr_error *err);
void hr_fetcher_free(struct hr_fetcher *f);

/*
 * The URL that `given` means for a path of the same server: without a scheme it
 * is http. A path of given's own is kept if `keep` says so and it is more than
 * "/"; so is a query, to which seconds=N is added unless it has one; seconds 0: no
 * query. HR_EUSAGE: it is no URL; HR_ENOMEM. *url is the caller's to free.
 */
enum hr_status hr_fetch_url(const struct hr_fetcher *f, const char *given, const char *path, bool keep,
			    unsigned seconds, char **url, struct hr_error *err);

/*
 * At most `most` bytes of a short answer, with a 0 behind them; *text is the
 * caller's to free. HR_EIO: no answer within the time; HR_EINPUT: another status
 * than 200, or a longer answer; HR_ENOMEM.
 */
enum hr_status hr_fetch_text(struct hr_fetcher *f, const char *url, size_t most, uint64_t timeout_ns, char **text,
			     size_t *n, struct hr_error *err);

/* What goes on while an answer comes. Times are hr_clock_ns's. An error ends it all. */
struct hr_fetch_watch {
	void *ctx;
	/* The next bytes of the answer; none before the status was found to be 200. */
	enum hr_status (*bytes)(void *ctx, const void *at, size_t n, struct hr_error *err);
	/* Called at the time that it said before, or soon after; the first time at once. *next_ns: when it is next. */
	enum hr_status (*tick)(void *ctx, uint64_t now_ns, uint64_t *next_ns, struct hr_error *err);
	/* A short answer of the same server, asked for again and again; NULL: none. Failures are passed over. */
	const char *beside;
	uint64_t beside_every_ns;
	void (*beside_came)(void *ctx, uint64_t asked_ns, uint64_t came_ns, const char *text);
	int stop_fd;	      /* readable: enough */
	uint64_t deadline_ns; /* no longer than this */
};

enum hr_fetch_end {
	HR_FETCH_WHOLE,
	HR_FETCH_STOPPED, /* by stop_fd */
	HR_FETCH_LATE,	  /* by the deadline */
	HR_FETCH_BROKEN,  /* the connection, while the answer came: err says how */
};

/*
 * HR_OK with *end: something has come of the answer, or could have. HR_EIO: no
 * answer; HR_EINPUT: another status than 200, with what the server said; what
 * bytes() returned; HR_ENOMEM.
 */
enum hr_status hr_fetch_stream(struct hr_fetcher *f, const char *url, const struct hr_fetch_watch *watch,
			       enum hr_fetch_end *end, struct hr_error *err);

#endif
