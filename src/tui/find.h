/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding: what `/` asks for, and whose objects lie in the chunk that is looked at. */
#ifndef HR_TUI_FIND_H
#define HR_TUI_FIND_H

#include "tui/state.h"

/* Takes the cursor to the address, chunk or type that v->answer names; nothing: to the next chunk of the type before. */
void hr_find_answer(struct hr_view_state *v);
/* Looks who holds what is under the cursor, once the view has stood still; clock_ns: real time. */
void hr_find_holders(struct hr_view_state *v, uint64_t clock_ns);
/* It is to be called again before long. */
bool hr_find_is_busy(struct hr_view_state *v);
/* Fills in what is known of holders of the chunk of the cursor, or the open one. */
void hr_find_tell(struct hr_view_state *v, struct hr_scene *s);

#endif
