/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys and mouse. */
#ifndef HR_TUI_KEYS_H
#define HR_TUI_KEYS_H

#include "tui/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void hr_view_key(struct hr_view_state *v, uint32_t key, unsigned row, unsigned column);
/* The i-th line of help: keys and what they do; false: there is none. */
bool hr_view_help(size_t i, const char **keys, const char **text);

#endif
