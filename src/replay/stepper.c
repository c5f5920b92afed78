/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "replay/stepper.h"

#define RECORDS_A_BATCH 8192

void hr_stepper_start(struct hr_stepper *s, struct hr_replay *replay)
{
	*s = (struct hr_stepper){.replay = replay};
}

/* How many of n records are up to and including time_ns. */
static size_t records_until(const struct hr_place *records, size_t n, uint64_t time_ns)
{
	size_t low = 0;

	if (n == 0 || records[n - 1].time_ns <= time_ns)
		return n;
	while (low < n) {
		size_t mid = low + (n - low) / 2;

		if (records[mid].time_ns <= time_ns)
			low = mid + 1;
		else
			n = mid;
	}
	return low;
}

static enum hr_status follow(struct hr_stepper *s, size_t n, struct hr_error *err)
{
	if (s->placed != NULL)
		s->placed(s->ctx, s->records, n);
	for (size_t i = 0; i < s->replay->nfollowers; i++) {
		struct hr_follower *f = s->replay->followers[i];
		enum hr_status status = hr_follower_follow(f, s->records, n);

		if (status == HR_EPOLICY)
			return hr_error_set(err, status, "%s", f->fault.text);
		if (status != HR_OK)
			return hr_error_set(err, status, "out of memory while following the trace");
	}
	s->records += n;
	s->n -= n;
	return HR_OK;
}

/* All records up to time_ns have been followed; timers are still due. */
static void settle(struct hr_stepper *s, uint64_t time_ns)
{
	for (size_t i = 0; i < s->replay->nfollowers; i++)
		hr_follower_settle(s->replay->followers[i], time_ns);
}

enum hr_status hr_stepper_to(struct hr_stepper *s, uint64_t time_ns, struct hr_error *err)
{
	for (;;) {
		enum hr_status status;
		size_t some;

		/* All records of a moment are known once a later one, or the last one, has arrived. */
		while (s->n == 0) {
			status = hr_replay_next(s->replay, &s->records, &s->n, err);
			if (status == HR_END)
				return s->replay->end_ns < time_ns ? HR_END : HR_OK;
			HR_TRY(status);
		}
		some = records_until(s->records, s->n < RECORDS_A_BATCH ? s->n : RECORDS_A_BATCH, time_ns);
		if (some == 0) {
			settle(s, time_ns);
			return HR_OK;
		}
		HR_TRY(follow(s, some, err));
	}
}
