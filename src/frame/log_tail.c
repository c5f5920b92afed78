/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "frame/log_tail.h"

void hr_log_tail_add(void *tail, const struct hr_follower *f, const struct hr_scav_line *line)
{
	struct hr_log_tail *t = tail;

	(void)f;
	t->at[t->n++ % HR_LOG_TAIL_LINES] = *line;
}
