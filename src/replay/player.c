/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Invariants: what is read with the lock held is shared (struct feed); the rest
 * of the player is the caller's. The caller's position is in feed.needed, too,
 * and no record from half the ring before the farthest one on is overwritten. No follower is ahead of `frontier`.
 */
#include "config.h"

#include "replay/player.h"

#include "base/alloc.h"
#include "base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_HISTORY_BYTES (UINT64_C(2) << 30)
#define FIRST_COPY_EVERY 4096 /* records */
#define WINDOW 4096	      /* records that are read from the file at a time */
#define MAX_MOMENTS ((size_t)1 << 20)
#define MAX_LINES ((size_t)1 << 16)
/* A chunk in a follower: its bits, and a stamp a page; the searches' indexes add little. */
#define COPY_BYTES_A_CHUNK 2304

struct feed {
	pthread_mutex_t lock;
	pthread_cond_t room; /* the caller has come on, or quits */
	enum hr_player_source source;
	bool opened; /* the replay was */
	bool quit;
	struct hr_error err;
	uint64_t have;	 /* records so far */
	uint64_t needed; /* none from this on may go */
	uint64_t last_ns;
	struct hr_layers_row layers[HR_LAYERS_POINTS + 1];
	size_t nlayers;
};

struct copy {
	uint64_t at, now_ns, bytes;
	struct hr_follower **followers;
};

struct times {
	uint64_t *at;
	size_t n, cap;
};

/* What is noted of one follower when it gets somewhere for the first time. */
struct notes {
	struct hr_player *p;
	uint64_t released_ns; /* the last release; HR_NEVER: none */
	uint64_t breach_ns;   /* the last breach noted */
	struct times scavenges, breaches;
	struct hr_extremes extremes; /* those of records are in the first follower's */
	struct hr_scav_line *lines;
	size_t nlines, cap_lines;
};

struct hr_player {
	struct hr_player_options options;
	const char *path;
	const struct hr_policy_choice *choices;
	size_t nchoices;
	struct hr_policy_choice own;
	struct hr_replay replay; /* the reading thread's, but for the followers */
	pthread_t thread;
	struct feed feed;
	int fd;	      /* the ring of records */
	uint64_t cap; /* records in it */
	int stop[2], news[2];

	uint64_t at, now_ns;
	uint64_t frontier_at, frontier_ns; /* the farthest that we have been */
	bool noting;			   /* what happens now happens for the first time */
	bool ended;			   /* END has been followed */
	bool ever_ended;
	struct hr_place window[WINDOW];
	uint64_t window_at;
	size_t nwindow;
	struct copy copies[HR_PLAYER_MAX_COPIES];
	size_t ncopies;
	uint64_t copy_every;
	bool no_copies; /* a policy can't be copied */
	struct times cycles, growths;
	struct notes *notes; /* one a follower */
};

const char *hr_moment_name(enum hr_moment m)
{
	static const char *const names[HR_MOMENT_COUNT] = {
	    [HR_MOMENT_GC] = "GC",
	    [HR_MOMENT_SCAVENGE] = "scavenge",
	    [HR_MOMENT_GROWTH] = "growth",
	    [HR_MOMENT_BREACH] = "limit breach",
	    [HR_MOMENT_PEAK] = "peak",
	    [HR_MOMENT_DROP] = "largest drop",
	    [HR_MOMENT_STALL] = "longest stall",
	    [HR_MOMENT_FRAGMENTED] = "worst fragmentation",
	};

	return m < HR_MOMENT_COUNT ? names[m] : "?";
}

/* --- what is kept ---------------------------------------------------------------------- */

/* Half of the ring lies behind the farthest state: before this record nothing can be followed any more. */
static uint64_t oldest_record(struct hr_player *p)
{
	bool whole;

	pthread_mutex_lock(&p->feed.lock);
	whole = p->feed.source == HR_SOURCE_ENDED && p->feed.have <= p->cap;
	pthread_mutex_unlock(&p->feed.lock);
	return whole || p->frontier_at <= p->cap / 2 ? 0 : p->frontier_at - p->cap / 2;
}

/*
 * Copies are at most this many records apart, or twice as many when they are taken late: of the last two,
 * one is always behind the oldest record, and lies some way back.
 */
static uint64_t copies_apart(const struct hr_player *p)
{
	return p->cap / 8;
}

/* --- the reading thread ----------------------------------------------------------- */

static void tell_news(struct hr_player *p)
{
	/* If the pipe is full, the reader has a wake-up waiting already. */
	if (write(p->news[1], "", 1) < 0)
		return;
}

static enum hr_status put_at(const struct hr_player *p, uint64_t record, const struct hr_place *r, size_t n,
			     struct hr_error *err)
{
	const char *from = (const char *)r;
	size_t left = n * sizeof(*r);
	off_t to = (off_t)(record % p->cap * sizeof(*r));

	while (left > 0) {
		ssize_t done = pwrite(p->fd, from, left, to);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return hr_error_set(err, HR_EIO, "cannot keep what was read in %s: %s; set TMPDIR",
					    hr_nameless_directory(), strerror(done < 0 ? errno : ENOSPC));
		from += done;
		to += done;
		left -= (size_t)done;
	}
	return HR_OK;
}

static enum hr_status get_at(const struct hr_player *p, uint64_t record, struct hr_place *r, size_t n,
			     struct hr_error *err)
{
	char *to = (char *)r;
	size_t left = n * sizeof(*r);
	off_t from = (off_t)(record % p->cap * sizeof(*r));

	while (left > 0) {
		ssize_t done = pread(p->fd, to, left, from);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return hr_error_set(err, HR_EIO, "cannot read back what was kept in %s: %s",
					    hr_nameless_directory(), done < 0 ? strerror(errno) : "it is gone");
		to += done;
		from += done;
		left -= (size_t)done;
	}
	return HR_OK;
}

/* Waits until n more records fit into the half of the ring that is ahead. False: no more are wanted. */
static bool wait_for_room(struct hr_player *p, size_t n)
{
	bool go_on;

	pthread_mutex_lock(&p->feed.lock);
	while (!p->feed.quit && p->feed.have + n - p->feed.needed > p->cap / 2)
		pthread_cond_wait(&p->feed.room, &p->feed.lock);
	go_on = !p->feed.quit;
	pthread_mutex_unlock(&p->feed.lock);
	return go_on;
}

/* HR_END: the caller wants no more. */
static enum hr_status keep(struct hr_player *p, const struct hr_place *r, size_t n, struct hr_error *err)
{
	while (n > 0) {
		size_t to_border = (size_t)(p->cap - p->feed.have % p->cap); /* have is written by this thread alone */
		size_t some = n < WINDOW ? n : WINDOW;

		some = some < to_border ? some : to_border;
		if (!wait_for_room(p, some))
			return HR_END;
		HR_TRY(put_at(p, p->feed.have, r, some, err));
		pthread_mutex_lock(&p->feed.lock);
		p->feed.have += some;
		p->feed.last_ns = r[some - 1].time_ns;
		pthread_mutex_unlock(&p->feed.lock);
		tell_news(p);
		r += some;
		n -= some;
	}
	return HR_OK;
}

/* For the caller, who must not look at what this thread works on. */
static void tell_layers(struct hr_player *p)
{
	struct hr_layers_sample sum = {.found = 0};
	struct feed *f = &p->feed;

	if (p->replay.layers == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	f->nlayers = 0;
	while (f->nlayers < sizeof(f->layers) / sizeof(f->layers[0]) &&
	       hr_layers_row(p->replay.layers, 0, f->nlayers, &sum, &f->layers[f->nlayers]))
		f->nlayers++;
	pthread_mutex_unlock(&f->lock);
}

static enum hr_status start_layers(struct hr_player *p, struct hr_error *err)
{
	if (!p->options.replay.layers)
		return HR_OK;
	HR_TRY(hr_replay_layers(&p->replay, err));
	hr_layers_look(p->replay.layers, HR_PLAYER_LAYERS_NS, HR_PLAYER_LAYERS_NS, true);
	return HR_OK;
}

/* Page traces can't be merged before their end, which a pipe does not have yet. */
static enum hr_status check_pipe(const struct hr_player *p, struct hr_error *err)
{
	if (strcmp(p->path, "-") != 0 || hr_reader_meta(p->replay.reader)->format != HR_FORMAT_PAGETRACE)
		return HR_OK;
	return hr_error_set(err, HR_EUSAGE,
			    "a page trace is in order only when all of it is there; write it to a file first");
}

static void set_source(struct hr_player *p, enum hr_player_source source, const struct hr_error *err)
{
	pthread_mutex_lock(&p->feed.lock);
	p->feed.source = source;
	p->feed.opened |= source == HR_SOURCE_READING;
	if (err != NULL)
		p->feed.err = *err;
	pthread_mutex_unlock(&p->feed.lock);
	tell_news(p);
}

static void *read_all(void *arg)
{
	struct hr_player *p = arg;
	struct hr_error err;
	enum hr_status status =
	    hr_replay_open(&p->replay, p->path, &p->options.replay, p->choices, p->nchoices, &p->own, &err);

	if (status == HR_OK) {
		status = check_pipe(p, &err);
		if (status == HR_OK)
			status = hr_replay_can_be_watched(&p->replay, &err);
		if (status == HR_OK)
			status = start_layers(p, &err);
		if (status != HR_OK) {
			hr_replay_close(&p->replay);
			hr_policy_choice_release(&p->own);
		}
	}
	if (status == HR_OK)
		set_source(p, HR_SOURCE_READING, NULL);
	while (status == HR_OK) {
		const struct hr_place *r;
		size_t n;

		status = hr_replay_next(&p->replay, &r, &n, &err);
		if (status == HR_OK) {
			tell_layers(p);
			status = keep(p, r, n, &err);
		}
	}
	if (status == HR_END)
		set_source(p, HR_SOURCE_ENDED, NULL);
	else
		set_source(p, HR_SOURCE_FAILED, &err);
	return NULL;
}

bool hr_player_layers(struct hr_player *p, uint64_t time_ns, struct hr_layers_row *row)
{
	const struct feed *f = &p->feed;
	size_t n;

	pthread_mutex_lock(&p->feed.lock);
	for (n = f->nlayers; n > 0 && f->layers[n - 1].time_ns > time_ns;)
		n--;
	if (n > 0)
		*row = f->layers[n - 1];
	pthread_mutex_unlock(&p->feed.lock);
	return n > 0;
}

/* --- opening and closing ---------------------------------------------------------- */

static void close_pair(int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

static void release(struct hr_player *p)
{
	close_pair(p->stop);
	close_pair(p->news);
	if (p->fd >= 0)
		close(p->fd);
	pthread_cond_destroy(&p->feed.room);
	pthread_mutex_destroy(&p->feed.lock);
	free(p);
}

static enum hr_status start(struct hr_player *p, struct hr_error *err)
{
	p->fd = hr_nameless_open();
	if (p->fd < 0)
		return hr_error_set(err, HR_EIO, "cannot make a temporary file in %s: %s; set TMPDIR",
				    hr_nameless_directory(), strerror(errno));
	if (pipe(p->stop) != 0 || pipe(p->news) != 0)
		return hr_error_set(err, HR_EIO, "cannot make a pipe: %s", strerror(errno));
	for (int i = 0; i < 2; i++)
		if (fcntl(p->news[i], F_SETFL, O_NONBLOCK) != 0)
			return hr_error_set(err, HR_EIO, "cannot set up a pipe: %s", strerror(errno));
	p->options.replay.reading.stop_fd = &p->stop[0];
	errno = pthread_create(&p->thread, NULL, read_all, p);
	return errno == 0 ? HR_OK : hr_error_set(err, HR_EIO, "cannot start a thread: %s", strerror(errno));
}

enum hr_status hr_player_open(const char *path, const struct hr_player_options *options,
			      const struct hr_policy_choice *choices, size_t nchoices, struct hr_player **player,
			      struct hr_error *err)
{
	struct hr_player *p = hr_calloc(1, sizeof(*p));
	uint64_t bytes = options->max_history_bytes != 0 ? options->max_history_bytes : DEFAULT_HISTORY_BYTES;
	enum hr_status status;

	*player = NULL;
	if (p == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	p->options = *options;
	p->options.replay.from_ns = 0;
	p->options.replay.progress = NULL;
	p->path = path;
	p->choices = choices;
	p->nchoices = nchoices;
	p->fd = p->stop[0] = p->stop[1] = p->news[0] = p->news[1] = -1;
	p->cap = bytes / sizeof(struct hr_place) > 2 * WINDOW ? bytes / sizeof(struct hr_place) : 2 * WINDOW;
	p->copy_every = FIRST_COPY_EVERY < copies_apart(p) ? FIRST_COPY_EVERY : copies_apart(p);
	pthread_mutex_init(&p->feed.lock, NULL);
	pthread_cond_init(&p->feed.room, NULL);
	status = start(p, err);
	if (status == HR_OK)
		*player = p;
	else
		release(p);
	return status;
}

static void free_followers(const struct hr_player *p, struct hr_follower **f)
{
	for (size_t i = 0; f != NULL && i < p->replay.nfollowers; i++) {
		if (f[i] != NULL)
			hr_follower_release(f[i]);
		free(f[i]);
	}
	free(f);
}

static void drop_copies(struct hr_player *p, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		free_followers(p, p->copies[i].followers);
	memmove(&p->copies[from], &p->copies[from + n], (p->ncopies - from - n) * sizeof(p->copies[0]));
	p->ncopies -= n;
}

void hr_player_close(struct hr_player *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->feed.lock);
	p->feed.quit = true;
	pthread_cond_signal(&p->feed.room);
	pthread_mutex_unlock(&p->feed.lock);
	close(p->stop[1]); /* makes the other end readable, for good */
	p->stop[1] = -1;
	pthread_join(p->thread, NULL);
	drop_copies(p, 0, p->ncopies);
	for (size_t i = 0; p->notes != NULL && i < p->replay.nfollowers; i++) {
		free(p->notes[i].scavenges.at);
		free(p->notes[i].breaches.at);
		free(p->notes[i].lines);
	}
	free(p->notes);
	free(p->cycles.at);
	free(p->growths.at);
	if (p->feed.opened) {
		hr_replay_close(&p->replay);
		hr_policy_choice_release(&p->own);
	}
	release(p);
}

/* --- what there is ----------------------------------------------------------------- */

static void note_line(void *ctx, const struct hr_follower *f, const struct hr_scav_line *line);
static void note_release(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages);

static void listen_to(struct hr_player *p, size_t i)
{
	struct hr_follower *f = p->replay.followers[i];

	f->log = note_line;
	f->released_to = note_release;
	f->log_ctx = f->released_ctx = &p->notes[i];
}

/* Once, when the replay is open: from here on its followers are the caller's. */
static bool take_over(struct hr_player *p)
{
	p->notes = hr_calloc(p->replay.nfollowers, sizeof(*p->notes));
	if (p->notes == NULL)
		return false;
	for (size_t i = 0; i < p->replay.nfollowers; i++) {
		p->notes[i] = (struct notes){.p = p, .released_ns = HR_NEVER, .breach_ns = HR_NEVER};
		listen_to(p, i);
	}
	return true;
}

enum hr_player_source hr_player_source(struct hr_player *p, struct hr_error *err)
{
	char unread[64];
	enum hr_player_source source;
	bool opened;

	while (read(p->news[0], unread, sizeof(unread)) == sizeof(unread))
		;
	pthread_mutex_lock(&p->feed.lock);
	source = p->feed.source;
	opened = p->feed.opened;
	if (source == HR_SOURCE_FAILED && err != NULL)
		*err = p->feed.err;
	pthread_mutex_unlock(&p->feed.lock);
	if (opened && p->notes == NULL && !take_over(p)) {
		hr_error_set(err, HR_ENOMEM, "out of memory");
		return HR_SOURCE_FAILED;
	}
	return source;
}

int hr_player_news_fd(const struct hr_player *p)
{
	return p->news[0];
}

const struct hr_replay *hr_player_replay(struct hr_player *p)
{
	return p->notes != NULL ? &p->replay : NULL;
}

size_t hr_player_followers(const struct hr_player *p)
{
	return p->notes != NULL ? p->replay.nfollowers : 0;
}

struct hr_follower *hr_player_follower(struct hr_player *p, size_t i)
{
	return p->replay.followers[i];
}

uint64_t hr_player_now(const struct hr_player *p)
{
	return p->now_ns;
}

uint64_t hr_player_at(const struct hr_player *p)
{
	return p->at;
}

uint64_t hr_player_known_ns(struct hr_player *p, uint64_t *records)
{
	uint64_t ns;

	pthread_mutex_lock(&p->feed.lock);
	ns = p->feed.last_ns;
	if (records != NULL)
		*records = p->feed.have;
	pthread_mutex_unlock(&p->feed.lock);
	return ns;
}

bool hr_player_at_end(struct hr_player *p)
{
	return p->ended;
}

size_t hr_player_copies(const struct hr_player *p, uint64_t *bytes)
{
	*bytes = 0;
	for (size_t i = 0; i < p->ncopies; i++)
		*bytes += p->copies[i].bytes;
	return p->ncopies;
}

const struct hr_scav_line *hr_player_lines(const struct hr_player *p, size_t policy, size_t *n)
{
	const struct notes *notes = &p->notes[policy];
	size_t after = notes->nlines;

	while (after > 0 && notes->lines[after - 1].time_ns > p->now_ns)
		after--;
	*n = after;
	return notes->lines;
}

/* --- noting ---------------------------------------------------------------------------- */

/* Where there is no memory for more, or where there are too many, the older half goes. */
static void add_time(struct times *t, uint64_t ns)
{
	if (t->n == MAX_MOMENTS || !hr_reserve(&t->at, &t->cap, t->n + 1, sizeof(*t->at))) {
		memmove(t->at, t->at + t->n / 2, (t->n - t->n / 2) * sizeof(*t->at));
		t->n -= t->n / 2;
	}
	if (t->n < t->cap && (t->n == 0 || t->at[t->n - 1] < ns))
		t->at[t->n++] = ns;
}

static void note_line(void *ctx, const struct hr_follower *f, const struct hr_scav_line *line)
{
	struct notes *n = ctx;

	(void)f;
	if (!n->p->noting)
		return;
	if (n->nlines == MAX_LINES || !hr_reserve(&n->lines, &n->cap_lines, n->nlines + 1, sizeof(*n->lines))) {
		memmove(n->lines, n->lines + n->nlines / 2, (n->nlines - n->nlines / 2) * sizeof(*n->lines));
		n->nlines -= n->nlines / 2;
	}
	if (n->nlines < n->cap_lines)
		n->lines[n->nlines++] = *line;
}

/* The state that shows it is one nanosecond on, where the timer that released has run. */
static void note_release(void *ctx, const struct hr_follower *f, uint64_t page, unsigned npages)
{
	struct notes *n = ctx;

	(void)page, (void)npages;
	if (!n->p->noting)
		return;
	if (n->released_ns == HR_NEVER || f->view.now_ns - n->released_ns > HR_PLAYER_QUIET_NS)
		add_time(&n->scavenges, f->view.now_ns + 1);
	n->released_ns = f->view.now_ns;
}

static void note_record(struct hr_player *p, const struct hr_place *r)
{
	hr_extremes_record(&p->notes[0].extremes, r);
	if (r->kind == HR_PLACE_MARK_DONE)
		add_time(&p->cycles, r->time_ns);
	else if (r->kind == HR_PLACE_GROW && !(r->flags & HR_PLACE_INITIAL))
		add_time(&p->growths, r->time_ns);
}

static void note_follower(struct notes *n, const struct hr_follower *f)
{
	hr_extremes_follower(&n->extremes, f);
	if (f->over_limit_since_ns == HR_NEVER || f->over_limit_since_ns == n->breach_ns)
		return;
	n->breach_ns = f->over_limit_since_ns;
	add_time(&n->breaches, n->breach_ns + 1);
}

/* --- forward ----------------------------------------------------------------------------- */

static void set_at(struct hr_player *p, uint64_t at)
{
	p->at = at;
	pthread_mutex_lock(&p->feed.lock);
	p->feed.needed = at;
	pthread_cond_signal(&p->feed.room);
	pthread_mutex_unlock(&p->feed.lock);
}

/* Time passes, up to time_ns but not with it. */
static void pass(struct hr_player *p, uint64_t time_ns)
{
	for (size_t i = 0; i < p->replay.nfollowers; i++) {
		hr_follower_settle(p->replay.followers[i], time_ns - 1);
		if (p->noting)
			note_follower(&p->notes[i], p->replay.followers[i]);
	}
	p->now_ns = time_ns;
}

/* Up to the farthest that was seen nothing is new, from there on all is. */
static void pass_to(struct hr_player *p, uint64_t time_ns)
{
	if (time_ns <= p->now_ns)
		return;
	p->noting = false;
	if (p->at == p->frontier_at && time_ns > p->frontier_ns) {
		if (p->frontier_ns > p->now_ns)
			pass(p, p->frontier_ns);
		p->noting = true;
		p->frontier_ns = time_ns;
	}
	pass(p, time_ns);
}

/*
 * How many of n records may be followed at once: a breach of the memory limit,
 * to be noted, may end with the next record. Without a limit there is none, up
 * to the record that sets one.
 */
static size_t stretch(const struct hr_player *p, const struct hr_follower *f, const struct hr_place *r, size_t n)
{
	if (!p->noting)
		return n;
	if (f->view.memory_limit_bytes != UINT64_MAX)
		return 1;
	for (size_t k = 0; k < n; k++)
		if (r[k].kind == HR_PLACE_LIMIT)
			return k + 1;
	return n;
}

/* Records that are all new, or all old. */
static enum hr_status feed(struct hr_player *p, const struct hr_place *r, size_t n, struct hr_error *err)
{
	for (size_t i = 0; i < p->replay.nfollowers; i++) {
		struct hr_follower *f = p->replay.followers[i];

		for (size_t k = 0, step; k < n; k += step) {
			enum hr_status status;

			step = stretch(p, f, r + k, n - k);
			status = hr_follower_follow(f, r + k, step);

			if (status == HR_EPOLICY && err != NULL)
				*err = f->fault;
			if (status != HR_OK)
				return status == HR_EPOLICY
					   ? status
					   : hr_error_set(err, status, "out of memory while following");
			if (p->noting)
				note_follower(&p->notes[i], f);
		}
	}
	for (size_t k = 0; k < n && p->noting; k++)
		note_record(p, &r[k]);
	p->now_ns = r[n - 1].time_ns;
	p->ended = r[n - 1].kind == HR_PLACE_END;
	p->ever_ended |= p->ended;
	return HR_OK;
}

static uint64_t bytes_of_copy(const struct hr_player *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->replay.nfollowers; i++) {
		const struct hr_follower *f = p->replay.followers[i];

		bytes += sizeof(*f) + (f->view.mapped_pages / HR_CHUNK_PAGES + 1) * COPY_BYTES_A_CHUNK;
	}
	return bytes;
}

static void forget_old_copies(struct hr_player *p)
{
	uint64_t oldest = oldest_record(p);
	size_t n = 0;

	while (n < p->ncopies && p->copies[n].at < oldest)
		n++;
	if (n > 0)
		drop_copies(p, 0, n);
}

/* Every other copy goes, or the older of two that may not lie farther apart. */
static void thin(struct hr_player *p)
{
	if (p->ncopies == 2 && p->copy_every == copies_apart(p)) {
		drop_copies(p, 0, 1);
		return;
	}
	for (size_t i = 1; i < p->ncopies; i++)
		drop_copies(p, i, 1);
	p->copy_every = 2 * p->copy_every < copies_apart(p) ? 2 * p->copy_every : copies_apart(p);
}

static enum hr_status clone_all(const struct hr_player *p, struct hr_follower *const *from, struct hr_follower ***to,
				struct hr_error *err)
{
	*to = hr_calloc(p->replay.nfollowers, sizeof(struct hr_follower *));
	if (*to == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (size_t i = 0; i < p->replay.nfollowers; i++) {
		enum hr_status status = hr_follower_clone(from[i], &(*to)[i], err);

		if (status != HR_OK) {
			free_followers(p, *to);
			*to = NULL;
			return status;
		}
	}
	return HR_OK;
}

static enum hr_status maybe_copy(struct hr_player *p, struct hr_error *err)
{
	uint64_t last = p->ncopies > 0 ? p->copies[p->ncopies - 1].at : 0, bytes, all;
	struct copy c = {.at = p->at, .now_ns = p->now_ns};
	enum hr_status status;

	if (p->no_copies || p->ended || p->at != p->frontier_at || p->at - last < p->copy_every)
		return HR_OK;
	forget_old_copies(p);
	bytes = bytes_of_copy(p);
	/* Always keep two snapshots, so that seeking back is possible. */
	while (p->ncopies > 1 && (p->ncopies == HR_PLAYER_MAX_COPIES ||
				  (hr_player_copies(p, &all), all + bytes > p->cap * sizeof(struct hr_place) / 8)))
		thin(p);
	status = clone_all(p, p->replay.followers, &c.followers, err);
	if (status == HR_EUSAGE) {
		p->no_copies = true;
		return HR_OK;
	}
	HR_TRY(status);
	c.bytes = bytes;
	p->copies[p->ncopies++] = c;
	return HR_OK;
}

/* Makes the window begin with the record that is next, if it is there. */
static enum hr_status look_ahead(struct hr_player *p, const struct hr_place **r, size_t *n, struct hr_error *err)
{
	uint64_t have;

	*n = 0;
	if (p->at < p->window_at || p->at >= p->window_at + p->nwindow) {
		hr_player_known_ns(p, &have);
		p->nwindow = 0;
		if (p->at == have)
			return HR_OK;
		HR_TRY(hr_player_records(p, p->at, p->window, WINDOW, &p->nwindow, err));
		p->window_at = p->at;
	}
	*r = &p->window[p->at - p->window_at];
	*n = (size_t)(p->window_at + p->nwindow - p->at);
	return HR_OK;
}

enum hr_status hr_player_records(struct hr_player *p, uint64_t from, struct hr_place *r, size_t cap, size_t *n,
				 struct hr_error *err)
{
	uint64_t have, to_border = p->cap - from % p->cap;

	hr_player_known_ns(p, &have);
	*n = from < have && from >= oldest_record(p) ? (size_t)(have - from < cap ? have - from : cap) : 0;
	if (*n > to_border)
		*n = (size_t)to_border;
	return get_at(p, from, r, *n, err);
}

enum hr_status hr_player_follow(struct hr_player *p, uint64_t until_ns, uint64_t max_records, struct hr_error *err)
{
	while (max_records > 0 && !p->ended) {
		const struct hr_place *r;
		size_t n, due = 0;

		HR_TRY(look_ahead(p, &r, &n, err));
		if (n == 0)
			return HR_END;
		if (p->at < p->frontier_at && n > p->frontier_at - p->at)
			n = (size_t)(p->frontier_at - p->at);
		if (n > max_records)
			n = (size_t)max_records;
		if (n > p->copy_every)
			n = (size_t)p->copy_every;
		while (due < n && r[due].time_ns <= until_ns)
			due++;
		if (due == 0) {
			pass_to(p, until_ns);
			return HR_OK;
		}
		/* What timers do before a new record may be old. */
		if (p->at == p->frontier_at)
			pass_to(p, p->frontier_ns);
		p->noting = p->at == p->frontier_at;
		HR_TRY(feed(p, r, due, err));
		set_at(p, p->at + due);
		if (p->at > p->frontier_at)
			p->frontier_at = p->at;
		if (p->noting)
			p->frontier_ns = p->now_ns;
		HR_TRY(maybe_copy(p, err));
		max_records -= due;
	}
	return p->ended ? HR_END : HR_OK;
}

/* --- back ------------------------------------------------------------------------------------ */

uint64_t hr_player_earliest_ns(struct hr_player *p)
{
	forget_old_copies(p);
	if (oldest_record(p) == 0)
		return 0;
	return p->ncopies > 0 ? p->copies[0].now_ns : p->now_ns;
}

/* These take the place of the followers, and go on with what observes those. */
static void become(struct hr_player *p, struct hr_follower **f, uint64_t at, uint64_t now_ns)
{
	struct hr_follower **old = p->replay.followers;

	p->replay.followers = f;
	for (size_t i = 0; i < p->replay.nfollowers; i++) {
		for (unsigned k = 0; k < old[i]->nsamplers && !p->ever_ended; k++)
			hr_follower_sample(f[i], old[i]->samplers[k]);
		listen_to(p, i);
	}
	free_followers(p, old);
	set_at(p, at);
	p->now_ns = now_ns;
	p->ended = false;
}

static enum hr_status from_the_beginning(struct hr_player *p, struct hr_error *err)
{
	struct hr_follower **f;

	if (oldest_record(p) > 0)
		return hr_error_set(err, HR_EUSAGE, "the beginning of the trace is gone%s",
				    p->no_copies ? ", and this policy can't be copied" : "");
	f = hr_calloc(p->replay.nfollowers, sizeof(struct hr_follower *));
	if (f == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (size_t i = 0; i < p->replay.nfollowers; i++) {
		const struct hr_policy_choice *c = p->nchoices > 0 ? &p->choices[i] : &p->own;
		enum hr_status status = HR_ENOMEM;

		f[i] = hr_calloc(1, sizeof(**f));
		if (f[i] != NULL)
			status = hr_follower_init(f[i], c, &p->replay.options.settings, err);
		if (status != HR_OK) {
			free(f[i]);
			f[i] = NULL;
			free_followers(p, f);
			return status;
		}
	}
	become(p, f, 0, 0);
	return HR_OK;
}

/* To a state from which that one can be reached going forward; at == UINT64_MAX: whatever its records. */
static enum hr_status go_before(struct hr_player *p, uint64_t at, uint64_t time_ns, struct hr_error *err)
{
	struct hr_follower **f;
	size_t i;

	forget_old_copies(p);
	for (i = p->ncopies; i > 0; i--)
		if (p->copies[i - 1].at <= at && p->copies[i - 1].now_ns <= time_ns)
			break;
	/* It may be shorter to continue from the current position. */
	if (p->at <= at && p->now_ns <= time_ns && !p->ended && (i == 0 || p->copies[i - 1].at <= p->at))
		return HR_OK;
	if (i == 0 && oldest_record(p) > 0 && p->ncopies > 0)
		i = 1;
	if (i == 0)
		return from_the_beginning(p, err);
	HR_TRY(clone_all(p, p->copies[i - 1].followers, &f, err));
	become(p, f, p->copies[i - 1].at, p->copies[i - 1].now_ns);
	return HR_OK;
}

enum hr_status hr_player_seek(struct hr_player *p, uint64_t time_ns, struct hr_error *err)
{
	enum hr_status status;

	if (time_ns < p->now_ns)
		HR_TRY(go_before(p, UINT64_MAX, time_ns, err));
	status = hr_player_follow(p, time_ns, UINT64_MAX, err);
	return status == HR_END ? HR_OK : status;
}

enum hr_status hr_player_step(struct hr_player *p, bool forward, struct hr_error *err)
{
	enum hr_status status;
	uint64_t to = p->at - 1, before;

	if (forward) {
		before = p->at;
		status = hr_player_follow(p, HR_NEVER, 1, err);
		return status == HR_END && p->at > before ? HR_OK : status;
	}
	forget_old_copies(p);
	if (p->at == 0 || (oldest_record(p) > 0 && p->ncopies > 0 && p->at <= p->copies[0].at))
		return HR_END;
	HR_TRY(go_before(p, to, p->now_ns, err));
	if (p->at >= to)
		return HR_OK;
	status = hr_player_follow(p, HR_NEVER, to - p->at, err);
	return status == HR_END ? HR_OK : status;
}

static const struct times *times_of(const struct hr_player *p, enum hr_moment m, size_t policy)
{
	static const struct times none = {.n = 0};

	switch (m) {
	case HR_MOMENT_GC:
		return &p->cycles;
	case HR_MOMENT_GROWTH:
		return &p->growths;
	case HR_MOMENT_SCAVENGE:
		return &p->notes[policy].scavenges;
	case HR_MOMENT_BREACH:
		return &p->notes[policy].breaches;
	default:
		return &none;
	}
}

const uint64_t *hr_player_moments(const struct hr_player *p, enum hr_moment m, size_t policy, size_t *n)
{
	const struct times *t = times_of(p, m, policy);

	*n = t->n;
	return t->at;
}

bool hr_player_extreme(const struct hr_player *p, enum hr_moment m, size_t policy, struct hr_extreme *e)
{
	const struct hr_extremes *of_records = &p->notes[0].extremes, *of_policy = &p->notes[policy].extremes;

	switch (m) {
	case HR_MOMENT_PEAK:
		*e = of_records->peak;
		break;
	case HR_MOMENT_DROP:
		*e = of_policy->drop;
		break;
	case HR_MOMENT_STALL:
		*e = of_policy->stall;
		break;
	case HR_MOMENT_FRAGMENTED:
		*e = of_records->fragmented;
		break;
	default:
		return false;
	}
	return e->value > 0;
}

/* How many are not after time_ns. */
static size_t count_until(const struct times *t, uint64_t time_ns)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->at[mid] <= time_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Whether there is a larger one is known when all has been followed. */
static enum hr_status find_extreme(struct hr_player *p, enum hr_moment m, size_t policy, struct hr_error *err)
{
	struct hr_extreme e;
	uint64_t have;
	enum hr_status status = HR_OK;

	hr_player_known_ns(p, &have);
	if (p->frontier_at < have)
		status = hr_player_follow(p, HR_NEVER, UINT64_MAX, err);
	if (status != HR_OK && status != HR_END)
		return status;
	if (!hr_player_extreme(p, m, policy, &e) || e.time_ns < hr_player_earliest_ns(p))
		return HR_END;
	return hr_player_seek(p, e.time_ns, err);
}

enum hr_status hr_player_find(struct hr_player *p, enum hr_moment m, size_t policy, bool forward, struct hr_error *err)
{
	const struct times *t = times_of(p, m, policy);
	uint64_t from = p->now_ns;
	enum hr_status status = HR_OK;
	size_t i;

	if (m >= HR_MOMENT_FIRST_EXTREME)
		return find_extreme(p, m, policy, err);
	if (!forward) {
		i = from > 0 ? count_until(t, from - 1) : 0;
		if (i == 0 || t->at[i - 1] < hr_player_earliest_ns(p))
			return HR_END;
		return hr_player_seek(p, t->at[i - 1], err);
	}
	while ((i = count_until(t, from)) == t->n && status == HR_OK)
		status = hr_player_follow(p, HR_NEVER, WINDOW, err);
	if (status != HR_OK && status != HR_END)
		return status;
	return i < t->n ? hr_player_seek(p, t->at[i], err) : HR_END;
}
