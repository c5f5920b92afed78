/* SPDX-License-Identifier: BSD-3-Clause */
/* replay --real: the placement and the policy's releases carried out in memory of this machine, beside the model. */
#ifndef HR_CMD_REAL_H
#define HR_CMD_REAL_H

#include "machine/memory.h"
#include "replay/replay.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

struct cli_real;

/*
 * Runs the replay, which must not have begun, in real memory. scale: of the
 * heap's chunks of 4 MiB only every scale-th is real, and all that is measured is
 * multiplied. HR_EUSAGE: not on this system, the kernel can't do what settings ask for, the policy knows the future, or the
 * heap is larger than the machine's free memory. *made is the caller's;
 * cli_real_free it, also after an error.
 */
enum hr_status cli_real_run(struct hr_replay *r, unsigned scale, const struct hr_real_settings *settings,
			    struct cli_real **made, struct hr_error *err);
void cli_real_free(struct cli_real *r);
void cli_print_real(FILE *out, const struct cli_real *r);
json_t *cli_real_json(const struct cli_real *r);

#endif
