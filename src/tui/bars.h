/* SPDX-License-Identifier: BSD-3-Clause */
/* The two lines below the frame: where one is in the trace, and the keys that do something now. */
#ifndef HR_TUI_BARS_H
#define HR_TUI_BARS_H

#include "tui/state.h"

/* How many rows they take: 2, or 1 or 0 where the screen is low. */
unsigned hr_bars_rows(const struct hr_view_state *v);
/* Draws them into the screen's last rows. */
void hr_bars_draw(struct hr_view_state *v);
/* What a click there asks for: a key, HR_KEY_CLICK for the time of that column, HR_KEY_NONE for nothing. */
uint32_t hr_bars_click(const struct hr_view_state *v, unsigned row, unsigned column);
/* The time of the trace in a column of the upper line, also beside its ends; HR_NEVER: the screen is too narrow. */
uint64_t hr_bars_time(const struct hr_view_state *v, unsigned column);

#endif
