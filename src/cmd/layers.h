/* SPDX-License-Identifier: BSD-3-Clause */
/* --layers: what the heap is made of, over time, as JSON, CSV and text. */
#ifndef HR_CMD_LAYERS_H
#define HR_CMD_LAYERS_H

#include "report/bars.h"
#include "report/layers.h"

struct cli_layers {
	struct hr_layer_series *series; /* one a follower; NULL: not asked for */
	size_t n;
	unsigned grid, csv_grid;
	struct hr_layer_series csv; /* of the first follower; interval 0: not asked for */
};

/* Before the replay runs; does nothing without --layers. HR_EUSAGE: the trace has none; HR_ENOMEM. */
enum hr_status cli_layers_start(struct cli_layers *l, struct hr_replay *r, bool optional, struct hr_error *err);
/* And for the CSV, every so often. */
void cli_layers_start_csv(struct cli_layers *l, struct hr_replay *r, uint64_t every_ns);
void cli_layers_release(struct cli_layers *l);

/*
 * After the replay: {"mean", "peak", "end", "series"} of that follower into the object, as "layers"; does nothing without
 * --layers. HR_ENOMEM, HR_EINTERNAL.
 */
enum hr_status cli_layers_put(const struct cli_layers *l, const struct hr_replay *r, size_t follower, bool series,
			      json_t *into, struct hr_error *err);
/* The same of all followers into the policies of a comparison, which may be NULL. */
enum hr_status cli_layers_put_all(const struct cli_layers *l, const struct hr_replay *r, bool series,
				  json_t *comparison, struct hr_error *err);
enum hr_status cli_layers_write_csv(const struct cli_layers *l, const struct hr_replay *r, FILE *out,
				    struct hr_error *err);

/* The means of a comparison's policies, or of the one policy of a replay mean, peak and end; nothing if there are none. */
enum hr_status cli_layers_print(const struct hr_page *p, const json_t *comparison, struct hr_error *err);

/* One moment: what hr_layer_point_json gives, NULL: out of memory. */
enum hr_status cli_layers_print_point(const struct hr_page *p, const json_t *point, struct hr_error *err);

#endif
