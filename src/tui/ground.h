/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a terminal's ground is dark or light. */
#ifndef HR_TUI_GROUND_H
#define HR_TUI_GROUND_H

#include "frame/palette.h"

/*
 * Asks the terminal (OSC 11, with a request behind it that all terminals answer, so that none is waited for in vain)
 * for at most a second; who does not tell is asked by COLORFGBG, as some terminals set it. AUTO: neither tells. fd is a
 * terminal, open for reading and writing; its modes are as before when this returns.
 */
enum hr_theme hr_ground_ask(int fd);
/* What an answer says, "\033]11;rgb:ffff/ffff/ffff..." somewhere in it; AUTO: nothing. */
enum hr_theme hr_ground_answer(const char *answer);
/* What COLORFGBG says, "15;0": the last number is the ground's colour. NULL, or anything else: AUTO. */
enum hr_theme hr_ground_variable(const char *value);

#endif
