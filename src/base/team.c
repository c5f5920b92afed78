/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Under the lock: tasks below `next` are taken, `left` of all n are not done
 * yet; a step begins with next 0 and left n, and is over with left 0.
 */
#include "config.h"

#include "base/team.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct hr_team {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	void (*task)(void *ctx, size_t i);
	void *ctx;
	size_t n, next, left;
	bool closed;
	pthread_t *threads;
	unsigned nthreads;
};

/* Takes tasks while there are any; the lock is held before and after. */
static void take_part(struct hr_team *t)
{
	while (t->next < t->n) {
		size_t i = t->next++;

		pthread_mutex_unlock(&t->lock);
		t->task(t->ctx, i);
		pthread_mutex_lock(&t->lock);
		if (--t->left == 0)
			pthread_cond_signal(&t->done);
	}
}

static void *work(void *arg)
{
	struct hr_team *t = arg;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		take_part(t);
		if (t->closed)
			break;
		pthread_cond_wait(&t->work, &t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

struct hr_team *hr_team_new(unsigned threads)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned others = (threads != 0 ? threads : online > 0 ? (unsigned)online : 1) - 1;
	struct hr_team *t = others > 0 ? hr_calloc(1, sizeof(*t)) : NULL;

	if (t == NULL)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->work, NULL);
	pthread_cond_init(&t->done, NULL);
	t->threads = hr_calloc(others, sizeof(*t->threads));
	while (t->threads != NULL && t->nthreads < others &&
	       pthread_create(&t->threads[t->nthreads], NULL, work, t) == 0)
		t->nthreads++;
	if (t->nthreads > 0)
		return t;
	hr_team_free(t);
	return NULL;
}

void hr_team_free(struct hr_team *t)
{
	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	t->closed = true;
	pthread_cond_broadcast(&t->work);
	pthread_mutex_unlock(&t->lock);
	for (unsigned i = 0; i < t->nthreads; i++)
		pthread_join(t->threads[i], NULL);
	pthread_cond_destroy(&t->work);
	pthread_cond_destroy(&t->done);
	pthread_mutex_destroy(&t->lock);
	free(t->threads);
	free(t);
}

unsigned hr_team_threads(const struct hr_team *t)
{
	return t != NULL ? t->nthreads + 1 : 1;
}

void hr_team_run(struct hr_team *t, size_t n, void (*task)(void *ctx, size_t i), void *ctx)
{
	if (t == NULL || n < 2) {
		for (size_t i = 0; i < n; i++)
			task(ctx, i);
		return;
	}
	pthread_mutex_lock(&t->lock);
	t->task = task;
	t->ctx = ctx;
	t->n = t->left = n;
	t->next = 0;
	pthread_cond_broadcast(&t->work);
	take_part(t);
	while (t->left > 0)
		pthread_cond_wait(&t->done, &t->lock);
	t->n = t->next = 0;
	pthread_mutex_unlock(&t->lock);
}
