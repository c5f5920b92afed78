/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/error.h"

#include "base/print.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 4, 0))) static void fill(struct hr_error *err, enum hr_status status, uint64_t offset,
						       const char *fmt, va_list ap)
{
	char text[sizeof(err->text)];

	if (err == NULL)
		return;
	err->status = status;
	err->offset = offset;
	err->line = 0;
	vsnprintf(text, sizeof(text), fmt, ap);
	hr_text_plain(err->text, sizeof(err->text), text);
}

enum hr_status hr_error_set(struct hr_error *err, enum hr_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, status, HR_NO_OFFSET, fmt, ap);
	va_end(ap);
	return status;
}

enum hr_status hr_error_at(struct hr_error *err, enum hr_status status, uint64_t offset, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, status, offset, fmt, ap);
	va_end(ap);
	return status;
}
