/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors are values: a function that can fail returns an hr_status and, where
 * the caller asked for it, fills an hr_error with the sentence that the user
 * will read. Nothing below src/cmd prints or exits. Both types, hr_error_set and
 * HR_TRY are in the installed header, since policies use them, too.
 */
#ifndef HR_BASE_ERROR_H
#define HR_BASE_ERROR_H

#include "heapreplay-policy.h"

/* As hr_error_set, with the byte where it is wrong. */
enum hr_status hr_error_at(struct hr_error *err, enum hr_status status, uint64_t offset, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
