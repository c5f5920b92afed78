/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "sweep/shard.h"

#include "base/units.h"

#include <string.h>
#include <xxhash.h>

#define MOST 1000000

/* A variable that is a number; false: it is not there, or none. */
static bool number(char *(*variable)(const char *), const char *name, uint64_t *n)
{
	const char *text = variable(name);

	return text != NULL && hr_parse_u64(text, n);
}

/* Arrays begin anywhere, and may go in steps. */
static enum hr_status take_slurm(char *(*variable)(const char *), struct hr_shard *shard, struct hr_error *err)
{
	uint64_t id, least = 0, step = 1;

	if (!number(variable, "SLURM_ARRAY_TASK_ID", &id) || !number(variable, "SLURM_ARRAY_TASK_COUNT", &shard->count))
		return hr_error_set(err, HR_EUSAGE,
				    "--shard auto is for tasks of a Slurm array, and SLURM_ARRAY_TASK_ID or "
				    "SLURM_ARRAY_TASK_COUNT is not set; of a Kubernetes Job say auto/N");
	number(variable, "SLURM_ARRAY_TASK_MIN", &least);
	number(variable, "SLURM_ARRAY_TASK_STEP", &step);
	shard->index = step > 0 && id >= least ? (id - least) / step : shard->count;
	return HR_OK;
}

enum hr_status hr_shard_parse(const char *text, char *(*variable)(const char *name), struct hr_shard *shard,
			      struct hr_error *err)
{
	const char *slash = strchr(text, '/');
	char index[24];
	bool fine;

	*shard = (struct hr_shard){0, 1};
	if (strcmp(text, "auto") == 0) {
		HR_TRY(take_slurm(variable, shard, err));
	} else if (strncmp(text, "auto/", 5) == 0) {
		if (!number(variable, "JOB_COMPLETION_INDEX", &shard->index))
			return hr_error_set(err, HR_EUSAGE,
					    "--shard auto/N is for pods of an indexed Kubernetes Job, and "
					    "JOB_COMPLETION_INDEX is not set");
		fine = hr_parse_u64(text + 5, &shard->count);
		if (!fine)
			shard->count = 0;
	} else {
		fine = slash != NULL && (size_t)(slash - text) < sizeof(index);
		if (fine) {
			memcpy(index, text, (size_t)(slash - text));
			index[slash - text] = '\0';
			fine = hr_parse_u64(index, &shard->index) && hr_parse_u64(slash + 1, &shard->count) &&
			       shard->index > 0;
			shard->index--;
		}
		if (!fine)
			shard->count = 0;
	}
	if (shard->count == 0 || shard->count > MOST || shard->index >= shard->count)
		return hr_error_set(err, HR_EUSAGE,
				    "--shard takes I/N with I from 1 to N, or auto (Slurm), or auto/N (Kubernetes), "
				    "not '%s'",
				    text);
	return HR_OK;
}

bool hr_shard_has(const struct hr_shard *shard, const char *name)
{
	return XXH3_64bits(name, strlen(name)) % shard->count == shard->index;
}
