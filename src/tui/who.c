/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tui/who.h"

#include <string.h>
#include <sys/stat.h>

const char *hr_who_lacking(struct hr_player *p, const char *path)
{
	const struct hr_replay *r = hr_player_replay(p);
	const struct hr_trace_meta *meta = r != NULL ? hr_reader_meta(r->reader) : NULL;
	struct stat st;

	if (meta == NULL || strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return "the trace is not a file that can be read twice";
	if (!meta->has_objects || !meta->has_addresses || !meta->has_spans)
		return "the trace does not tell which objects lie where";
	if (!hr_placer_is_recorded(r->placer) || r->objects != NULL)
		return "spans are not where they were recorded";
	return NULL;
}

static void *read_again(void *arg)
{
	struct hr_who *w = arg;
	struct hr_error err;

	w->status = hr_tenants_of(w->path, &w->reading, w->at_ns, &w->stop, &w->found, &err);
	atomic_store(&w->finished, true);
	return NULL;
}

static void end_thread(struct hr_who *w)
{
	if (w->state != HR_WHO_READING)
		return;
	atomic_store(&w->stop, true);
	pthread_join(w->thread, NULL);
	hr_tenants_release(&w->found);
	w->state = HR_WHO_NOTHING;
}

void hr_who_ask(struct hr_who *w, const char *path, const struct hr_reader_options *reading, uint64_t at_ns)
{
	if (w->state != HR_WHO_NOTHING && w->at_ns == at_ns)
		return;
	hr_who_release(w);
	w->at_ns = at_ns;
	w->path = path;
	w->reading = *reading;
	atomic_init(&w->stop, false);
	atomic_init(&w->finished, false);
	w->state = pthread_create(&w->thread, NULL, read_again, w) == 0 ? HR_WHO_READING : HR_WHO_UNKNOWN;
}

bool hr_who_look(struct hr_who *w)
{
	if (w->state != HR_WHO_READING || !atomic_load(&w->finished))
		return false;
	pthread_join(w->thread, NULL);
	w->tenants = w->found;
	memset(&w->found, 0, sizeof(w->found));
	w->state = w->status == HR_OK ? HR_WHO_KNOWN : HR_WHO_UNKNOWN;
	return true;
}

void hr_who_release(struct hr_who *w)
{
	end_thread(w);
	hr_tenants_release(&w->tenants);
	w->state = HR_WHO_NOTHING;
}
