/*
 * Parameters as tables: a row says name, type, where in a struct the value
 * goes, default, and one line of help. Policies and the cost model describe
 * theirs so; parsing, help, manual and JSON come from the same rows.
 */
#ifndef HR_BASE_PARAMS_H
#define HR_BASE_PARAMS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum hr_param_type {
	HR_PARAM_FLAG,	  /* bool: on, off */
	HR_PARAM_BYTES,	  /* uint64_t */
	HR_PARAM_NS,	  /* uint64_t */
	HR_PARAM_COUNT,	  /* uint64_t, at least 1 */
	HR_PARAM_LIMIT,	  /* uint64_t, at least 1; UINT64_MAX: "off" */
	HR_PARAM_RATIO,	  /* double, not negative */
	HR_PARAM_PERCENT, /* double, 0..100 */
	HR_PARAM_SET,	  /* uint64_t: bit i is the i-th word of `words`; given several times they add up; "none" */
};

struct hr_param {
	const char *name; /* NULL ends a table */
	enum hr_param_type type;
	size_t offset;		  /* of the field in the struct */
	const char *initial;	  /* default, as a user would write it */
	const char *const *words; /* HR_PARAM_SET: the names, NULL-ended */
	const char *help;	  /* one line, no full stop */
};

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
