/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "machine/fetch.h"

#include "base/alloc.h"
#include "machine/clock.h"
#include "machine/curl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_REDIRECTS = 5, CONNECT_SECONDS = 10, MOST_BESIDE = 1 << 22, BESIDE_SECONDS = 10, MOST_REASON = 200 };

struct hr_fetcher {
	const struct hr_fetch_options *options;
	struct curl_slist *headers;
	struct hr_curl curl;
};

/* Bytes that came, up to most of them. */
struct text {
	char *at;
	size_t n, cap, most;
	bool too_long, no_memory;
};

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

enum hr_status hr_fetcher_new(const struct hr_fetch_options *options, struct hr_fetcher **made, struct hr_error *err)
{
	struct hr_fetcher *f = hr_calloc(1, sizeof(*f));
	const struct hr_curl *l;
	enum hr_status status;

	*made = NULL;
	if (f == NULL)
		return no_memory(err);
	status = hr_curl_load(&f->curl, err);
	if (status != HR_OK) {
		free(f);
		return status;
	}
	l = &f->curl;
	if (l->global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(f);
		return hr_error_set(err, HR_EIO, "libcurl does not start");
	}
	f->options = options;
	for (const char *const *h = options->headers; h != NULL && *h != NULL; h++) {
		struct curl_slist *more = l->slist_append(f->headers, *h);

		if (more == NULL) {
			hr_fetcher_free(f);
			return no_memory(err);
		}
		f->headers = more;
	}
	*made = f;
	return HR_OK;
}

void hr_fetcher_free(struct hr_fetcher *f)
{
	void (*cleanup)(void);

	if (f == NULL)
		return;
	f->curl.slist_free_all(f->headers);
	cleanup = f->curl.global_cleanup;
	free(f);
	cleanup();
}

/* --- URLs ------------------------------------------------------------------- */

static bool has_seconds(const struct hr_curl *l, CURLU *u)
{
	char *query = NULL;
	bool has;

	l->url_get(u, CURLUPART_QUERY, &query, 0);
	has = query != NULL && (strncmp(query, "seconds=", 8) == 0 || strstr(query, "&seconds=") != NULL);
	l->free(query);
	return has;
}

static bool has_path(const struct hr_curl *l, CURLU *u)
{
	char *path = NULL;
	bool has;

	l->url_get(u, CURLUPART_PATH, &path, 0);
	has = path != NULL && strcmp(path, "/") != 0;
	l->free(path);
	return has;
}

static CURLUcode change_url(const struct hr_curl *l, CURLU *u, const char *path, bool keep, unsigned seconds)
{
	char query[32];
	CURLUcode code = CURLUE_OK;

	if (!keep || !has_path(l, u))
		code = l->url_set(u, CURLUPART_PATH, path, 0);
	if (code == CURLUE_OK)
		code = l->url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	if (code == CURLUE_OK && seconds == 0)
		return l->url_set(u, CURLUPART_QUERY, NULL, 0);
	if (code != CURLUE_OK || has_seconds(l, u))
		return code;
	snprintf(query, sizeof(query), "seconds=%u", seconds);
	return l->url_set(u, CURLUPART_QUERY, query, CURLU_APPENDQUERY);
}

enum hr_status hr_fetch_url(const struct hr_fetcher *f, const char *given, const char *path, bool keep,
			    unsigned seconds, char **url, struct hr_error *err)
{
	const struct hr_curl *l = &f->curl;
	CURLU *u = l->url();
	CURLUcode code;
	char *made = NULL;

	*url = NULL;
	if (u == NULL)
		return no_memory(err);
	code = l->url_set(u, CURLUPART_URL, given, CURLU_GUESS_SCHEME);
	if (code == CURLUE_OK)
		code = change_url(l, u, path, keep, seconds);
	if (code == CURLUE_OK)
		code = l->url_get(u, CURLUPART_URL, &made, 0);
	l->url_cleanup(u);
	if (code == CURLUE_OK)
		*url = strdup(made);
	l->free(made);
	if (code != CURLUE_OK && code != CURLUE_OUT_OF_MEMORY)
		return hr_error_set(err, HR_EUSAGE, "this is no URL such as http://localhost:6060: %s",
				    l->url_strerror(code));
	return *url != NULL ? HR_OK : no_memory(err);
}

/* --- what both kinds have in common -------------------------------------------- */

static size_t take_text(char *at, size_t size, size_t n, void *ctx)
{
	struct text *t = ctx;

	n *= size;
	if (t->n + n > t->most) {
		t->too_long = true;
		return 0;
	}
	if (!hr_reserve(&t->at, &t->cap, t->n + n + 1, 1)) {
		t->no_memory = true;
		return 0;
	}
	memcpy(t->at + t->n, at, n);
	t->n += n;
	t->at[t->n] = '\0';
	return n;
}

/* NULL: out of memory. reason: CURL_ERROR_SIZE bytes that live as long. */
static CURL *new_request(const struct hr_fetcher *f, const char *url, char *reason)
{
	const struct hr_fetch_options *o = f->options;
	const struct hr_curl *l = &f->curl;
	CURL *c = l->easy_init();

	if (c == NULL)
		return NULL;
	reason[0] = '\0';
	l->easy_setopt(c, CURLOPT_ERRORBUFFER, reason);
	l->easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	l->easy_setopt(c, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
	l->easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	l->easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	l->easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	l->easy_setopt(c, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTS);
	l->easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	l->easy_setopt(c, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	l->easy_setopt(c, CURLOPT_HTTPHEADER, f->headers);
	if (o->netrc)
		l->easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	if (o->insecure) {
		l->easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
		l->easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	/* These may want memory for a copy. */
	if (l->easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
	    (o->user == NULL || (l->easy_setopt(c, CURLOPT_USERPWD, o->user) == CURLE_OK &&
				 l->easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_ANY) == CURLE_OK)) &&
	    (o->ca_file == NULL || l->easy_setopt(c, CURLOPT_CAINFO, o->ca_file) == CURLE_OK))
		return c;
	l->easy_cleanup(c);
	return NULL;
}

static long status_of(const struct hr_curl *l, CURL *c)
{
	long status = 0;

	l->easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static const char *why(const struct hr_curl *l, CURLcode code, const char *reason)
{
	return reason[0] != '\0' ? reason : l->easy_strerror(code);
}

/* Another status than 200; said: what the server said about it, may be NULL. */
static enum hr_status refused(long status, const char *said, struct hr_error *err)
{
	const char *help = "";
	char line[MOST_REASON] = "";

	if (status == 404)
		help = "; does the program serve net/http/pprof, and at this path?";
	else if (status == 401 || status == 403)
		help = "; --user, --header and --netrc say who asks";
	if (said != NULL)
		snprintf(line, sizeof(line), ": %.*s", (int)(strcspn(said, "\r\n")), said);
	return hr_error_set(err, HR_EINPUT, "the server answers with status %ld%s%s", status, line, help);
}

enum hr_status hr_fetch_text(struct hr_fetcher *f, const char *url, size_t most, uint64_t timeout_ns, char **text,
			     size_t *n, struct hr_error *err)
{
	const struct hr_curl *l = &f->curl;
	struct text t = {.most = most};
	char reason[CURL_ERROR_SIZE];
	CURL *c = new_request(f, url, reason);
	enum hr_status status = HR_OK;
	CURLcode code;

	*text = NULL;
	*n = 0;
	if (c == NULL)
		return no_memory(err);
	l->easy_setopt(c, CURLOPT_WRITEFUNCTION, take_text);
	l->easy_setopt(c, CURLOPT_WRITEDATA, &t);
	l->easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(timeout_ns / 1000000));
	code = l->easy_perform(c);
	if (t.no_memory || code == CURLE_OUT_OF_MEMORY)
		status = no_memory(err);
	else if (t.too_long)
		status = hr_error_set(err, HR_EINPUT, "the answer is longer than %zu bytes", most);
	else if (code != CURLE_OK)
		status = hr_error_set(err, HR_EIO, "%s", why(l, code, reason));
	else if (status_of(l, c) != 200)
		status = refused(status_of(l, c), t.at, err);
	l->easy_cleanup(c);
	if (status == HR_OK && t.at == NULL && (t.at = hr_calloc(1, 1)) == NULL)
		status = no_memory(err);
	if (status != HR_OK) {
		free(t.at);
		return status;
	}
	*text = t.at;
	*n = t.n;
	return HR_OK;
}

/* --- the long answer ------------------------------------------------------------ */

struct stream {
	struct hr_fetcher *fetcher;
	const struct hr_fetch_watch *watch;
	CURLM *multi;
	CURL *main, *beside;
	char reason[CURL_ERROR_SIZE], beside_reason[CURL_ERROR_SIZE];
	struct text said; /* with another status than 200 */
	struct text beside_text;
	uint64_t asked_ns, ask_at_ns;
	uint64_t tick_at_ns;
	enum hr_status status; /* of the watch */
	struct hr_error *err;
	bool done;
	CURLcode code;
};

static size_t take_bytes(char *at, size_t size, size_t n, void *ctx)
{
	struct stream *s = ctx;

	n *= size;
	if (status_of(&s->fetcher->curl, s->main) != 200) {
		/* The beginning is enough. */
		if (s->said.n + n <= s->said.most)
			take_text(at, 1, n, &s->said);
		return n;
	}
	s->status = s->watch->bytes(s->watch->ctx, at, n, s->err);
	return s->status == HR_OK ? n : 0;
}

static void end_beside(struct stream *s)
{
	const struct hr_curl *l = &s->fetcher->curl;

	if (s->beside == NULL)
		return;
	l->multi_remove_handle(s->multi, s->beside);
	l->easy_cleanup(s->beside);
	s->beside = NULL;
	free(s->beside_text.at);
	s->beside_text = (struct text){.most = MOST_BESIDE};
}

/* What can't be asked is not asked, unless memory lacks; the long answer is what matters. */
static enum hr_status ask_beside(struct stream *s, uint64_t now_ns, struct hr_error *err)
{
	const struct hr_curl *l = &s->fetcher->curl;
	CURLMcode code;

	if (s->watch->beside == NULL || s->beside != NULL || now_ns < s->ask_at_ns)
		return HR_OK;
	s->asked_ns = now_ns;
	s->ask_at_ns = now_ns + s->watch->beside_every_ns;
	s->beside_text = (struct text){.most = MOST_BESIDE};
	s->beside = new_request(s->fetcher, s->watch->beside, s->beside_reason);
	if (s->beside == NULL)
		return no_memory(err);
	l->easy_setopt(s->beside, CURLOPT_WRITEFUNCTION, take_text);
	l->easy_setopt(s->beside, CURLOPT_WRITEDATA, &s->beside_text);
	l->easy_setopt(s->beside, CURLOPT_TIMEOUT, (long)BESIDE_SECONDS);
	code = l->multi_add_handle(s->multi, s->beside);
	if (code != CURLM_OK)
		end_beside(s);
	return code == CURLM_OUT_OF_MEMORY ? no_memory(err) : HR_OK;
}

static void take_messages(struct stream *s)
{
	const struct hr_curl *l = &s->fetcher->curl;
	CURLMsg *m;
	int left;

	while ((m = l->multi_info_read(s->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		if (m->easy_handle == s->main) {
			s->done = true;
			s->code = m->data.result;
		} else {
			if (m->data.result == CURLE_OUT_OF_MEMORY || s->beside_text.no_memory)
				s->status = no_memory(s->err);
			else if (m->data.result == CURLE_OK && status_of(l, s->beside) == 200 &&
				 s->beside_text.at != NULL)
				s->watch->beside_came(s->watch->ctx, s->asked_ns, hr_clock_ns(), s->beside_text.at);
			end_beside(s);
		}
	}
}

/* Until the main request is done, a watch fails, or it is enough. */
static enum hr_status run(struct stream *s, enum hr_fetch_end *end, struct hr_error *err)
{
	const struct hr_fetch_watch *w = s->watch;
	const struct hr_curl *l = &s->fetcher->curl;

	*end = HR_FETCH_WHOLE;
	while (!s->done) {
		struct curl_waitfd stop = {.fd = w->stop_fd, .events = CURL_WAIT_POLLIN};
		uint64_t now = hr_clock_ns(), until;
		int running;

		if (now >= s->tick_at_ns)
			HR_TRY(w->tick(w->ctx, now, &s->tick_at_ns, err));
		HR_TRY(ask_beside(s, now, err));
		if (l->multi_perform(s->multi, &running) != CURLM_OK)
			return hr_error_set(err, HR_EIO, "libcurl fails");
		take_messages(s);
		if (s->status != HR_OK)
			return s->status;
		if (s->done)
			break;
		if (now >= w->deadline_ns) {
			*end = HR_FETCH_LATE;
			return HR_OK;
		}
		until = s->tick_at_ns < w->deadline_ns ? s->tick_at_ns : w->deadline_ns;
		if (w->beside != NULL && s->beside == NULL && s->ask_at_ns < until)
			until = s->ask_at_ns;
		now = hr_clock_ns();
		until = until > now ? until - now : 0;
		/* Wait for a second at most; libcurl shortens the wait for its own timers. */
		l->multi_poll(s->multi, &stop, 1, until < 1000000000 ? (int)((until + 999999) / 1000000) : 1000, NULL);
		if (stop.revents != 0) {
			*end = HR_FETCH_STOPPED;
			return HR_OK;
		}
	}
	return HR_OK;
}

/* What came of a request that is done. */
static enum hr_status judge(struct stream *s, enum hr_fetch_end *end, struct hr_error *err)
{
	const struct hr_curl *l = &s->fetcher->curl;
	const long status = status_of(l, s->main);
	curl_off_t bytes = 0;

	if (s->code == CURLE_OUT_OF_MEMORY || s->said.no_memory)
		return no_memory(err);
	l->easy_getinfo(s->main, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
	if (s->code != CURLE_OK && (status != 200 || bytes == 0))
		return hr_error_set(err, HR_EIO, "%s", why(l, s->code, s->reason));
	if (status != 200)
		return refused(status, s->said.at, err);
	if (s->code != CURLE_OK) {
		*end = HR_FETCH_BROKEN;
		hr_error_set(err, HR_EIO, "%s", why(l, s->code, s->reason));
	}
	return HR_OK;
}

enum hr_status hr_fetch_stream(struct hr_fetcher *f, const char *url, const struct hr_fetch_watch *watch,
			       enum hr_fetch_end *end, struct hr_error *err)
{
	const struct hr_curl *l = &f->curl;
	struct stream s = {.fetcher = f, .watch = watch, .err = err, .said = {.most = 4096}};
	enum hr_status status;

	s.multi = l->multi_init();
	s.main = new_request(f, url, s.reason);
	if (s.multi == NULL || s.main == NULL) {
		status = no_memory(err);
	} else {
		l->easy_setopt(s.main, CURLOPT_WRITEFUNCTION, take_bytes);
		l->easy_setopt(s.main, CURLOPT_WRITEDATA, &s);
		status = l->multi_add_handle(s.multi, s.main) == CURLM_OK ? run(&s, end, err) : no_memory(err);
		if (status == HR_OK && s.done)
			status = judge(&s, end, err);
		end_beside(&s);
		l->multi_remove_handle(s.multi, s.main);
	}
	l->easy_cleanup(s.main);
	l->multi_cleanup(s.multi);
	free(s.said.at);
	return status;
}
