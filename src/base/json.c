/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/json.h"

#include "base/alloc.h"
#include "base/print.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What is given up is NULL from now on. */
static void give_up(json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

void hr_json_put(json_t **object, const char *key, json_t *value)
{
	if (*object == NULL || value == NULL) {
		json_decref(value);
		give_up(object);
	} else if (json_object_set_new(*object, key, value) != 0) {
		give_up(object);
	}
}

void hr_json_add(json_t **array, json_t *value)
{
	if (*array == NULL || value == NULL) {
		json_decref(value);
		give_up(array);
	} else if (json_array_append_new(*array, value) != 0) {
		give_up(array);
	}
}

bool hr_json_set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

bool hr_json_add_missing(json_t *object, json_t *other)
{
	const char *key;
	json_t *value;

	json_object_foreach(other, key, value)
	{
		if (json_object_get(object, key) == NULL && !hr_json_set(object, key, json_incref(value)))
			return false;
	}
	return object != NULL && other != NULL;
}

json_t *hr_json_copy(json_t *object)
{
	json_t *copy = json_object();

	if (hr_json_add_missing(copy, object))
		return copy;
	json_decref(copy);
	return NULL;
}

bool hr_json_append(json_t *array, json_t *value)
{
	return json_array_append_new(array, value) == 0;
}

json_t *hr_json_count(uint64_t n)
{
	return n <= INT64_MAX ? json_integer((json_int_t)n) : json_null();
}

json_t *hr_json_real(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

/* --- any bytes ------------------------------------------------------------ */

static bool lower_hex(char c)
{
	return isdigit((unsigned char)c) || (c >= 'a' && c <= 'f');
}

/* Does s begin with what hr_json_text makes of a byte? */
static bool is_escape(const char *s)
{
	return s[0] == '\\' && s[1] == 'x' && lower_hex(s[2]) && lower_hex(s[3]);
}

json_t *hr_json_text(const char *bytes)
{
	static const char digits[] = "0123456789abcdef";
	const char *s = bytes;
	char *text, *to;
	json_t *json;
	uint32_t c;

	/* Four characters for one at most. */
	to = text = malloc(4 * strlen(bytes) + 1);
	if (text == NULL)
		return NULL;
	while (*s != '\0') {
		unsigned n = hr_utf8_next(s, &c);

		if (n == 0 || is_escape(s)) {
			to[0] = '\\';
			to[1] = 'x';
			to[2] = digits[(unsigned char)*s >> 4];
			to[3] = digits[(unsigned char)*s++ & 15];
			to += 4;
			continue;
		}
		memcpy(to, s, n);
		to += n;
		s += n;
	}
	*to = '\0';
	json = json_string_nocheck(text);
	free(text);
	return json;
}

static unsigned digit(char c)
{
	return isdigit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

char *hr_json_bytes(char *buf, size_t size, const char *text)
{
	size_t n = 0;

	while (*text != '\0' && n + 1 < size)
		if (is_escape(text)) {
			buf[n++] = (char)(digit(text[2]) << 4 | digit(text[3]));
			text += 4;
		} else {
			buf[n++] = *text++;
		}
	buf[n] = '\0';
	return buf;
}

bool hr_json_no_memory(const json_error_t *why)
{
	return json_error_code(why) == json_error_out_of_memory || json_error_code(why) == json_error_unknown;
}

/* --- out ------------------------------------------------------------------ */

/* jansson hands over whole characters, and escapes the C0 control characters itself, in this form. */
static int put(const char *text, size_t n, void *out)
{
	FILE *f = out;
	size_t done = 0;
	uint32_t c;

	for (size_t i = 0, step; i<n; i += step> 0 ? step : 1) {
		step = 1;
		if ((unsigned char)text[i] >= 0x7f && (step = hr_utf8_next(text + i, &c)) > 0 && step <= n - i &&
		    hr_text_is_control(c)) {
			if (fwrite(text + done, 1, i - done, f) != i - done || fprintf(f, "\\u%04X", c) < 0)
				return -1;
			done = i + step;
		}
	}
	return fwrite(text + done, 1, n - done, f) == n - done ? 0 : -1;
}

int hr_json_write(const json_t *document, FILE *out)
{
	/* jansson's checks for loops need memory, and do not say when there is none. */
	errno = 0;
	if (json_dump_callback(document, put, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0)
		return fputc('\n', out) != EOF && !ferror(out) ? 0 : -1;
	if (errno == 0)
		errno = ENOMEM;
	return -1;
}

struct text {
	char *at;
	size_t n, cap;
	bool failed;
};

static int append(const char *text, size_t n, void *to)
{
	struct text *t = to;

	/* jansson does not look at what this says of a key: so it is kept. */
	t->failed = t->failed || !hr_reserve(&t->at, &t->cap, t->n + n + 1, 1);
	if (t->failed)
		return -1;
	memcpy(t->at + t->n, text, n);
	t->n += n;
	t->at[t->n] = '\0';
	return 0;
}

char *hr_json_dumps(const json_t *value, size_t flags)
{
	struct text t = {0};

	if (json_dump_callback(value, append, &t, flags) == 0 && !t.failed)
		return t.at;
	free(t.at);
	return NULL;
}
