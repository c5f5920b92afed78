/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Temporary files without a name: nobody else can open them, and they are gone
 * when they are closed, however the program ends.
 */
#ifndef HR_BASE_NAMELESS_H
#define HR_BASE_NAMELESS_H

/* $TMPDIR, or /tmp. */
const char *hr_nameless_directory(void);
/* A descriptor to read and write, closed in programs that are started; -1: errno says why not. */
int hr_nameless_open(void);

#endif
