/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Invariants, under the lock: batches are numbered from 0, and those from
 * `produced` - BATCHES on are in the ring; nobody who follows is more than
 * BATCHES behind; who is `busy` is with exactly one thread.
 */
#include "config.h"

#include "replay/pool.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BATCHES 8

struct batch {
	struct hr_place *records;
	size_t n, cap;
};

/* One of those who follow. */
struct follower {
	uint64_t next; /* the batch that it needs next */
	bool busy;
};

struct hr_pool {
	hr_pool_fn *fn;
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t work, room; /* there may be something to do; there may be room in the ring */
	struct batch ring[BATCHES];
	uint64_t produced; /* batches so far */
	uint64_t limit;	   /* what nobody needs to follow any more: behind the first failure */
	bool closed;
	enum hr_status status;
	struct follower *followers;
	size_t n;
	pthread_t *threads;
	unsigned nthreads;
};

static uint64_t slowest(const struct hr_pool *p)
{
	uint64_t least = p->produced;

	for (size_t i = 0; i < p->n; i++)
		if (p->followers[i].next < least)
			least = p->followers[i].next;
	return least;
}

/* Who is furthest behind of those that could be served now; NULL: nobody. */
static struct follower *next_to_serve(struct hr_pool *p)
{
	struct follower *best = NULL;
	uint64_t end = p->produced < p->limit ? p->produced : p->limit;

	for (size_t i = 0; i < p->n; i++) {
		struct follower *f = &p->followers[i];

		if (!f->busy && f->next < end && (best == NULL || f->next < best->next))
			best = f;
	}
	return best;
}

/* Serves one batch; the lock is held before and after. */
static void serve(struct hr_pool *p, struct follower *f)
{
	const struct batch *b = &p->ring[f->next % BATCHES];
	enum hr_status status;

	f->busy = true;
	pthread_mutex_unlock(&p->lock);
	status = p->fn(p->ctx, (size_t)(f - p->followers), b->records, b->n);
	pthread_mutex_lock(&p->lock);
	f->busy = false;
	f->next++;
	if (status != HR_OK) {
		if (p->status == HR_OK)
			p->status = status;
		if (f->next < p->limit)
			p->limit = f->next;
	}
	/* The producer may be waiting for this follower, or another thread for its next batch. */
	pthread_cond_signal(&p->room);
	if (f->next < p->produced || p->closed)
		pthread_cond_broadcast(&p->work);
}

/* Nothing more will come: everything is followed, or need not be. */
static bool all_done(const struct hr_pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->followers[i].busy)
			return false;
	return p->closed;
}

static void *work(void *arg)
{
	struct hr_pool *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct follower *f = next_to_serve(p);

		if (f != NULL)
			serve(p, f);
		else if (all_done(p))
			break;
		else
			pthread_cond_wait(&p->work, &p->lock);
	}
	/* Other threads may be waiting for the follower that this thread has just run. */
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void release(struct hr_pool *p)
{
	for (unsigned i = 0; i < BATCHES; i++)
		free(p->ring[i].records);
	pthread_cond_destroy(&p->room);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p->threads);
	free(p->followers);
	free(p);
}

struct hr_pool *hr_pool_new(unsigned threads, size_t n, hr_pool_fn *fn, void *ctx)
{
	struct hr_pool *p = hr_calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->fn = fn;
	p->ctx = ctx;
	p->n = n;
	p->limit = UINT64_MAX;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->room, NULL);
	p->followers = hr_calloc(n, sizeof(*p->followers));
	p->threads = hr_calloc(threads, sizeof(*p->threads));
	if (p->followers == NULL || p->threads == NULL) {
		release(p);
		return NULL;
	}
	for (; p->nthreads < threads; p->nthreads++) {
		if (pthread_create(&p->threads[p->nthreads], NULL, work, p) != 0) {
			/* No work has been handed out yet, so the threads already running can simply end. */
			hr_pool_close(p);
			return NULL;
		}
	}
	return p;
}

enum hr_status hr_pool_share(struct hr_pool *p, const struct hr_place *records, size_t n)
{
	struct batch *b;
	enum hr_status status;

	pthread_mutex_lock(&p->lock);
	while (p->status == HR_OK && p->produced - slowest(p) >= BATCHES)
		pthread_cond_wait(&p->room, &p->lock);
	status = p->status;
	b = &p->ring[p->produced % BATCHES];
	pthread_mutex_unlock(&p->lock);
	if (status != HR_OK)
		return status;
	if (!hr_reserve(&b->records, &b->cap, n, sizeof(*b->records)))
		return HR_ENOMEM;
	memcpy(b->records, records, n * sizeof(*records));
	b->n = n;
	pthread_mutex_lock(&p->lock);
	p->produced++;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	return HR_OK;
}

enum hr_status hr_pool_close(struct hr_pool *p)
{
	enum hr_status status;

	pthread_mutex_lock(&p->lock);
	p->closed = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->nthreads; i++)
		pthread_join(p->threads[i], NULL);
	status = p->status;
	release(p);
	return status;
}
