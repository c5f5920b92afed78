/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/aside.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct hr_aside {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	void (*task)(void *ctx); /* NULL: none, or it is done */
	void *ctx;
	bool closed;
};

static void *work(void *arg)
{
	struct hr_aside *a = arg;

	pthread_mutex_lock(&a->lock);
	for (;;) {
		if (a->task != NULL) {
			pthread_mutex_unlock(&a->lock);
			a->task(a->ctx);
			pthread_mutex_lock(&a->lock);
			a->task = NULL;
			pthread_cond_signal(&a->changed);
			continue;
		}
		if (a->closed)
			break;
		pthread_cond_wait(&a->changed, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

struct hr_aside *hr_aside_new(void)
{
	struct hr_aside *a = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? hr_calloc(1, sizeof(*a)) : NULL;

	if (a == NULL)
		return NULL;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	if (pthread_create(&a->thread, NULL, work, a) == 0)
		return a;
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
	return NULL;
}

void hr_aside_free(struct hr_aside *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->closed = true;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void hr_aside_start(struct hr_aside *a, void (*task)(void *ctx), void *ctx)
{
	if (a == NULL) {
		task(ctx);
		return;
	}
	pthread_mutex_lock(&a->lock);
	a->ctx = ctx;
	a->task = task;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

void hr_aside_wait(struct hr_aside *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	while (a->task != NULL)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
}
