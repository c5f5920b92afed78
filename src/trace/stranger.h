/* SPDX-License-Identifier: BSD-3-Clause */
/* Recognises files of other tools: says what a file that no format accepts is, and what to record instead. */
#ifndef HR_TRACE_STRANGER_H
#define HR_TRACE_STRANGER_H

#include <stddef.h>
#include <stdint.h>

/*
 * A sentence into buf, which is returned: what the n > 0 bytes at its front look
 * like, what heapreplay reads instead, and its first line that can be shown.
 */
const char *hr_stranger(const uint8_t *head, size_t n, char *buf, size_t size);

#endif
