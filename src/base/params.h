/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parameters as tables: a row says name, type, where in a struct the value
 * goes, default, and one line of help. Policies and the cost model describe
 * theirs so; parsing, help, manual and JSON come from the same rows. The row is
 * in the installed header.
 */
#ifndef HR_BASE_PARAMS_H
#define HR_BASE_PARAMS_H

#include "base/error.h"
#include "heapreplay-policy.h"

#include <stddef.h>

/*
 * Whether a table that someone else wrote is one, for a configuration of so
 * many bytes: every row has a name, a type, a field of its own inside, a default
 * that the type takes, and help. HR_EINPUT says what isn't; HR_ENOMEM.
 */
enum hr_status hr_params_check(const struct hr_param *table, size_t bytes, struct hr_error *err);
/* Sets every field of the table in *to to its default. */
void hr_params_init(const struct hr_param *table, void *to);
/*
 * "key=value,key=value" into *to; an empty text is fine. what: for the message,
 * e.g. "policy go1.19". HR_EUSAGE names the key, and the keys that there are.
 */
enum hr_status hr_params_parse(const struct hr_param *table, void *to, const char *text, const char *what,
			       struct hr_error *err);
/* The value of one row as a user would write it, exactly; into buf, which is returned. */
const char *hr_param_format(const struct hr_param *row, const void *from, char *buf, size_t size);

#endif
