/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws the live view. */
#ifndef HR_TUI_VIEW_H
#define HR_TUI_VIEW_H

#include "tui/state.h"

/* Draws what there is to be seen now. HR_ENOMEM, HR_EIO. */
enum hr_status hr_view_draw(struct hr_view_state *v, struct hr_error *err);

#endif
