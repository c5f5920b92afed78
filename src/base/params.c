/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/params.h"

#include "base/alloc.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUE 128

/* Of tables that someone else wrote. */
#define MAX_ROWS 64
#define MAX_WORDS 64
#define MAX_WORD 40
#define WORD_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

/* Which of the row's words the first len characters of text are; words[i] is NULL: none. */
static unsigned word_index(const struct hr_param *row, const char *text, size_t len)
{
	unsigned i = 0;

	while (row->words[i] != NULL && (strlen(row->words[i]) != len || strncmp(row->words[i], text, len) != 0))
		i++;
	return i;
}

/* "a+b" or "none": adds the words' bits to *set. */
static bool add_words(const struct hr_param *row, uint64_t *set, const char *value)
{
	if (strcmp(value, "none") == 0) {
		*set = 0;
		return true;
	}
	for (size_t len; *value != '\0'; value += len + (value[len] == '+')) {
		unsigned i;

		len = strcspn(value, "+");
		i = word_index(row, value, len);
		if (row->words[i] == NULL)
			return false;
		*set |= UINT64_C(1) << i;
	}
	return true;
}

/* "1%", or "1". */
static bool set_percent(double *percent, const char *value)
{
	char number[MAX_VALUE];
	size_t len = strcspn(value, "%");
	double x;

	if (len >= sizeof(number) || (value[len] == '%' && value[len + 1] != '\0'))
		return false;
	memcpy(number, value, len);
	number[len] = '\0';
	if (!hr_parse_double(number, &x) || x < 0 || x > 100)
		return false;
	*percent = x;
	return true;
}

static bool set_value(const struct hr_param *row, void *to, const char *value)
{
	void *field = (char *)to + row->offset;
	uint64_t u;
	double x;

	switch (row->type) {
	case HR_PARAM_FLAG:
		if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
			return false;
		*(bool *)field = strcmp(value, "on") == 0;
		return true;
	case HR_PARAM_BYTES:
		return hr_parse_bytes(value, field);
	case HR_PARAM_NS:
		return hr_parse_ns(value, field);
	case HR_PARAM_DELAY:
		u = UINT64_MAX;
		if (strcmp(value, "off") != 0 && !hr_parse_ns(value, &u))
			return false;
		*(uint64_t *)field = u;
		return true;
	case HR_PARAM_COUNT:
		if (!hr_parse_u64(value, &u) || u == 0)
			return false;
		*(uint64_t *)field = u;
		return true;
	case HR_PARAM_LIMIT:
		u = UINT64_MAX;
		if (strcmp(value, "off") != 0 && (!hr_parse_u64(value, &u) || u == 0))
			return false;
		*(uint64_t *)field = u;
		return true;
	case HR_PARAM_RATIO:
		if (!hr_parse_double(value, &x) || x < 0)
			return false;
		*(double *)field = x;
		return true;
	case HR_PARAM_PERCENT:
		return set_percent(field, value);
	case HR_PARAM_SET:
		return add_words(row, field, value);
	case HR_PARAM_CHOICE:
		u = word_index(row, value, strlen(value));
		if (row->words[u] == NULL)
			return false;
		*(uint64_t *)field = u;
		return true;
	}
	return false;
}

static const char *type_hint(const struct hr_param *row, char *buf, size_t size)
{
	static const char *const hints[] = {
	    [HR_PARAM_FLAG] = "on or off",
	    [HR_PARAM_BYTES] = "a size such as 64KiB",
	    [HR_PARAM_NS] = "a time such as 10ms",
	    [HR_PARAM_DELAY] = "a time such as 10ms, or off",
	    [HR_PARAM_COUNT] = "a whole number above 0",
	    [HR_PARAM_LIMIT] = "a whole number above 0, or off",
	    [HR_PARAM_RATIO] = "a number such as 0.01",
	    [HR_PARAM_PERCENT] = "a percentage such as 1%",
	};
	size_t n = 0;

	if (row->words == NULL)
		return hints[row->type];
	if (row->type == HR_PARAM_SET)
		n += (size_t)snprintf(buf, size, "none");
	for (unsigned i = 0; row->words[i] != NULL && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : "", row->words[i]);
	return buf;
}

/* --- tables that someone else wrote ---------------------------------------- */

static size_t field_bytes(const struct hr_param *row)
{
	switch (row->type) {
	case HR_PARAM_FLAG:
		return sizeof(bool);
	case HR_PARAM_RATIO:
	case HR_PARAM_PERCENT:
		return sizeof(double);
	case HR_PARAM_BYTES:
	case HR_PARAM_NS:
	case HR_PARAM_DELAY:
	case HR_PARAM_COUNT:
	case HR_PARAM_LIMIT:
	case HR_PARAM_SET:
	case HR_PARAM_CHOICE:
		return sizeof(uint64_t);
	}
	return 0;
}

static bool is_word(const char *s, const char *others)
{
	size_t n = strlen(s);

	return n > 0 && n <= MAX_WORD && strspn(s, WORD_CHARACTERS) == n && strcmp(s, others) != 0;
}

static bool words_fit(const struct hr_param *row)
{
	bool has_words = row->type == HR_PARAM_SET || row->type == HR_PARAM_CHOICE;
	size_t n = 0;

	if (row->words == NULL)
		return !has_words;
	for (; n < MAX_WORDS && row->words[n] != NULL; n++)
		if (!is_word(row->words[n], row->type == HR_PARAM_SET ? "none" : ""))
			return false;
	return has_words && n > 0 && row->words[n] == NULL;
}

/* What is wrong with a row; NULL: nothing. *to has room for all fields. */
static const char *row_fault(const struct hr_param *table, const struct hr_param *row, void *to, size_t bytes)
{
	size_t size = field_bytes(row);

	if (!is_word(row->name, ""))
		return "is no name of a parameter";
	for (const struct hr_param *other = table; other < row; other++)
		if (strcmp(other->name, row->name) == 0)
			return "is there twice";
	if (size == 0)
		return "has no type that there is";
	if (row->offset > bytes || size > bytes - row->offset || row->offset % size != 0)
		return "has no field in the configuration";
	if (!words_fit(row))
		return "has not the words that its type needs";
	if (row->help == NULL)
		return "has no help";
	if (row->initial == NULL || strlen(row->initial) >= MAX_VALUE || !set_value(row, to, row->initial))
		return "has a default that its type does not take";
	return NULL;
}

enum hr_status hr_params_check(const struct hr_param *table, size_t bytes, struct hr_error *err)
{
	void *to = hr_calloc(1, bytes);
	const char *fault = NULL;
	const struct hr_param *row = table;

	if (to == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	for (; fault == NULL && row->name != NULL && row < table + MAX_ROWS; row++)
		fault = row_fault(table, row, to, bytes);
	free(to);
	if (fault != NULL)
		return hr_error_set(err, HR_EINPUT, "parameter '%.40s' %s", row[-1].name, fault);
	if (row == table + MAX_ROWS && row->name != NULL)
		return hr_error_set(err, HR_EINPUT, "its parameters have no end");
	return HR_OK;
}

void hr_params_init(const struct hr_param *table, void *to)
{
	for (; table->name != NULL; table++)
		set_value(table, to, table->initial);
}

static enum hr_status unknown_key(const struct hr_param *table, const char *key, const char *what, struct hr_error *err)
{
	char names[256] = "none";
	size_t n = 0;

	for (; table->name != NULL && n < sizeof(names); table++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", table->name);
	return hr_error_set(err, HR_EUSAGE, "%s has no parameter '%s'; it has: %s", what, key, names);
}

enum hr_status hr_params_parse(const struct hr_param *table, void *to, const char *text, const char *what,
			       struct hr_error *err)
{
	while (*text != '\0') {
		char item[MAX_VALUE], hint[MAX_VALUE], *value;
		size_t len = strcspn(text, ",");
		const struct hr_param *row;

		if (len >= sizeof(item))
			return hr_error_set(err, HR_EUSAGE, "%s: '%.20s...' is too long", what, text);
		memcpy(item, text, len);
		item[len] = '\0';
		text += len + (text[len] == ',');
		value = strchr(item, '=');
		if (value == NULL)
			return hr_error_set(err, HR_EUSAGE, "%s: '%s' is not of the form key=value", what, item);
		*value++ = '\0';
		for (row = table; row->name != NULL && strcmp(row->name, item) != 0; row++)
			;
		if (row->name == NULL)
			return unknown_key(table, item, what, err);
		if (!set_value(row, to, value))
			return hr_error_set(err, HR_EUSAGE, "%s: %s=%s is not valid; it takes %s", what, item, value,
					    type_hint(row, hint, sizeof(hint)));
	}
	return HR_OK;
}

const char *hr_param_format(const struct hr_param *row, const void *from, char *buf, size_t size)
{
	const void *field = (const char *)from + row->offset;
	uint64_t set;
	size_t n = 0;

	switch (row->type) {
	case HR_PARAM_FLAG:
		snprintf(buf, size, "%s", *(const bool *)field ? "on" : "off");
		break;
	case HR_PARAM_BYTES:
		snprintf(buf, size, "%" PRIu64, *(const uint64_t *)field);
		break;
	case HR_PARAM_NS:
		snprintf(buf, size, "%" PRIu64 "ns", *(const uint64_t *)field);
		break;
	case HR_PARAM_DELAY:
		if (*(const uint64_t *)field == UINT64_MAX)
			snprintf(buf, size, "off");
		else
			snprintf(buf, size, "%" PRIu64 "ns", *(const uint64_t *)field);
		break;
	case HR_PARAM_COUNT:
		snprintf(buf, size, "%" PRIu64, *(const uint64_t *)field);
		break;
	case HR_PARAM_LIMIT:
		if (*(const uint64_t *)field == UINT64_MAX)
			snprintf(buf, size, "off");
		else
			snprintf(buf, size, "%" PRIu64, *(const uint64_t *)field);
		break;
	case HR_PARAM_RATIO:
		snprintf(buf, size, "%.17g", *(const double *)field);
		break;
	case HR_PARAM_PERCENT:
		snprintf(buf, size, "%.17g%%", *(const double *)field);
		break;
	case HR_PARAM_SET:
		set = *(const uint64_t *)field;
		snprintf(buf, size, "none");
		for (unsigned i = 0; row->words[i] != NULL && n < size; i++)
			if (set >> i & 1)
				n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? "+" : "", row->words[i]);
		break;
	case HR_PARAM_CHOICE:
		snprintf(buf, size, "%s", row->words[*(const uint64_t *)field]);
		break;
	}
	return buf;
}
