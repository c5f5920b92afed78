/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes the recorded program's settings from the counters that it recorded (--truth). */
#include "config.h"

#include "cmd/cli.h"

#include "fidelity/fidelity.h"

enum hr_status cli_take_truth(const struct cli_options *o, struct hr_replay_options *options, struct hr_error *err)
{
	struct hr_truth truth;
	enum hr_status status;

	if (o->truth == NULL)
		return HR_OK;
	status = hr_truth_read(&truth, o->truth, 0, false, err);
	if (status == HR_OK && !o->limit_given && truth.memory_limit_bytes != UINT64_MAX) {
		options->settings.memory_limit_bytes = truth.memory_limit_bytes;
		options->settings.limit_given = true;
	}
	if (status == HR_OK && !o->other_given && truth.other_memory_bytes != 0)
		options->settings.other_memory_bytes = truth.other_memory_bytes;
	hr_truth_release(&truth);
	return status;
}
