/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/go/state.h"

#include <inttypes.h>

enum hr_status hr_go_no_memory(const struct hr_go *g, struct hr_error *err)
{
	return hr_error_at(err, HR_ENOMEM, g->offset, "out of memory for generation %" PRIu64 " of the trace",
			   g->generation);
}

enum hr_status hr_go_too_large(const struct hr_go *g, struct hr_error *err)
{
	return hr_error_at(err, HR_ENOMEM, g->offset, "generation %" PRIu64 " of the trace needs more than 4 GiB",
			   g->generation);
}
