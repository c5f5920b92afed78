/* SPDX-License-Identifier: BSD-3-Clause */
/* The two lines below the frame: where one is in the trace, and the keys that do something now. */
#ifndef HR_TUI_BARS_H
#define HR_TUI_BARS_H

#include "tui/state.h"

/* How many rows they take: 2, or 1 or 0 where the screen is low. */
unsigned hr_bars_rows(const struct hr_view_state *v);
/* Draws them into the screen's last rows. */
void hr_bars_draw(struct hr_view_state *v);
/* What a click there asks for: a key, or a time of the trace to go to (else HR_NEVER). HR_KEY_NONE: neither or a time. */
uint32_t hr_bars_click(const struct hr_view_state *v, unsigned row, unsigned column, uint64_t *time_ns);

#endif
