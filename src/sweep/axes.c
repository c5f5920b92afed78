/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "sweep/axes.h"

#include "base/alloc.h"
#include "base/units.h"
#include "heap/gcpacer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)

void hr_axes_release(struct hr_axes *a)
{
	for (size_t i = 0; i < a->npolicies; i++)
		free(a->policies[i]);
	free(a->policies);
	free(a->gogc);
	free(a->limits);
	memset(a, 0, sizeof(*a));
}

static enum hr_status no_memory(struct hr_error *err)
{
	return hr_error_set(err, HR_ENOMEM, "out of memory");
}

static enum hr_status too_many(const char *what, struct hr_error *err)
{
	return hr_error_set(err, HR_EUSAGE, "%s has more than %d values", what, HR_AXIS_MOST);
}

/* The elements of a list with commas between, one after the other. */
static enum hr_status each(struct hr_axes *a, const char *text,
			   enum hr_status (*take)(struct hr_axes *, const char *, struct hr_error *),
			   struct hr_error *err)
{
	char *copy = strdup(text), *rest = copy, *element;
	enum hr_status status = copy != NULL ? HR_OK : no_memory(err);

	while (status == HR_OK && (element = strsep(&rest, ",")) != NULL)
		status = take(a, element, err);
	free(copy);
	return status;
}

/* --- GOGC ----------------------------------------------------------------- */

static enum hr_status take_gogc(struct hr_axes *a, const char *text, struct hr_error *err)
{
	uint64_t gogc;

	if (!hr_gogc_parse(text, &gogc))
		return hr_error_set(err, HR_EUSAGE,
				    "--gogc takes whole numbers of percent up to 1000000, or off, with commas between, "
				    "not '%s'",
				    text);
	for (size_t i = 0; i < a->ngogc; i++)
		if (a->gogc[i] == gogc)
			return HR_OK;
	if (a->ngogc == HR_AXIS_MOST)
		return too_many("--gogc", err);
	if (!hr_reserve(&a->gogc, &a->gogc_cap, a->ngogc + 1, sizeof(*a->gogc)))
		return no_memory(err);
	a->gogc[a->ngogc++] = gogc;
	return HR_OK;
}

enum hr_status hr_axes_gogc(struct hr_axes *a, const char *text, struct hr_error *err)
{
	return each(a, text, take_gogc, err);
}

/* --- memory limits -------------------------------------------------------- */

static void write_limit(struct hr_axis_limit *l)
{
	uint64_t bytes = l->limit.bytes;

	if (l->limit.percent > 0)
		snprintf(l->text, sizeof(l->text), "%.10g%%", l->limit.percent);
	else if (bytes == UINT64_MAX)
		snprintf(l->text, sizeof(l->text), "off");
	else if (bytes % MIB == 0)
		snprintf(l->text, sizeof(l->text), "%" PRIu64 "MiB", bytes / MIB);
	else if (bytes % KIB == 0)
		snprintf(l->text, sizeof(l->text), "%" PRIu64 "KiB", bytes / KIB);
	else
		snprintf(l->text, sizeof(l->text), "%" PRIu64, bytes);
}

static enum hr_status add_limit(struct hr_axes *a, const struct hr_limit *limit, struct hr_error *err)
{
	struct hr_axis_limit l = {.limit = *limit};

	write_limit(&l);
	for (size_t i = 0; i < a->nlimits; i++)
		if (strcmp(a->limits[i].text, l.text) == 0)
			return HR_OK;
	if (a->nlimits == HR_AXIS_MOST)
		return too_many("--memory-limit", err);
	if (!hr_reserve(&a->limits, &a->limits_cap, a->nlimits + 1, sizeof(*a->limits)))
		return no_memory(err);
	a->limits[a->nlimits++] = l;
	return HR_OK;
}

static enum hr_status misuse_limit(const char *text, struct hr_error *err)
{
	return hr_error_set(err, HR_EUSAGE,
			    "--memory-limit takes sizes such as 512MiB, percentages such as 80%%, off, and ranges such "
			    "as 100%%..140%%:10%%, with commas between, not '%s'",
			    text);
}

/* From, to and step are all sizes, or all percentages. */
static bool is_range(const struct hr_limit *from, const struct hr_limit *to, const struct hr_limit *step)
{
	if (from->percent > 0)
		return to->percent >= from->percent && step->percent > 0;
	return to->percent == 0 && step->percent == 0 && to->bytes != UINT64_MAX && step->bytes != UINT64_MAX &&
	       to->bytes >= from->bytes && step->bytes > 0;
}

static enum hr_status add_range(struct hr_axes *a, const struct hr_limit *from, const struct hr_limit *to,
				const struct hr_limit *step, struct hr_error *err)
{
	double steps = from->percent > 0 ? floor((to->percent - from->percent) / step->percent + 1e-9)
					 : (double)((to->bytes - from->bytes) / step->bytes);

	if (steps >= HR_AXIS_MOST)
		return too_many("--memory-limit", err);
	for (size_t i = 0; i <= (size_t)steps; i++) {
		struct hr_limit l = {.bytes = UINT64_MAX};

		if (from->percent > 0)
			l.percent = from->percent + (double)i * step->percent;
		else
			l.bytes = from->bytes + i * step->bytes;
		HR_TRY(add_limit(a, &l, err));
	}
	return HR_OK;
}

static enum hr_status take_limit(struct hr_axes *a, const char *text, struct hr_error *err)
{
	char *copy, *to_text = strstr(text, "..") != NULL ? strstr(text, "..") + 2 : NULL;
	const char *step_text = to_text != NULL ? strchr(to_text, ':') : NULL;
	struct hr_limit from, to, step;
	bool fine;

	if (to_text == NULL)
		return hr_limit_parse(text, &from) ? add_limit(a, &from, err) : misuse_limit(text, err);
	copy = strdup(text);
	if (copy == NULL)
		return no_memory(err);
	copy[to_text - 2 - text] = '\0';
	if (step_text != NULL)
		copy[step_text - text] = '\0';
	fine = step_text != NULL && hr_limit_parse(copy, &from) && hr_limit_parse(copy + (to_text - text), &to) &&
	       hr_limit_parse(step_text + 1, &step) && is_range(&from, &to, &step);
	free(copy);
	return fine ? add_range(a, &from, &to, &step, err) : misuse_limit(text, err);
}

enum hr_status hr_axes_limits(struct hr_axes *a, const char *text, struct hr_error *err)
{
	return each(a, text, take_limit, err);
}

/* --- policies ------------------------------------------------------------- */

static enum hr_status add_policy(struct hr_axes *a, const char *text, struct hr_error *err)
{
	for (size_t i = 0; i < a->npolicies; i++)
		if (strcmp(a->policies[i], text) == 0)
			return HR_OK;
	if (a->npolicies == HR_AXIS_MOST)
		return too_many("-p", err);
	if (!hr_reserve(&a->policies, &a->policies_cap, a->npolicies + 1, sizeof(*a->policies)))
		return no_memory(err);
	a->policies[a->npolicies] = strdup(text);
	if (a->policies[a->npolicies] == NULL)
		return no_memory(err);
	a->npolicies++;
	return HR_OK;
}

/* done: n bytes of buf are chosen already; rest: ",key=a:b,key=c" of which values are to be chosen. */
static enum hr_status choose(struct hr_axes *a, char *buf, size_t n, const char *rest, struct hr_error *err)
{
	size_t key, length;

	if (*rest == '\0') {
		buf[n] = '\0';
		return add_policy(a, buf, err);
	}
	length = 1 + strcspn(rest + 1, ",");
	key = strcspn(rest, "=");
	/* Pass flags and malformed values on: the policy reports what is wrong. */
	key = key < length ? key + 1 : length;
	memcpy(buf + n, rest, key);
	for (size_t at = key;;) {
		size_t value = at < length ? strcspn(rest + at, ":,") : 0;

		memcpy(buf + n + key, rest + at, value);
		HR_TRY(choose(a, buf, n + key + value, rest + length, err));
		at += value + 1;
		if (at > length || rest[at - 1] != ':')
			return HR_OK;
	}
}

enum hr_status hr_axes_policy(struct hr_axes *a, const char *text, struct hr_error *err)
{
	char *buf = malloc(strlen(text) + 1);
	size_t name = strcspn(text, ",");
	enum hr_status status;

	if (buf == NULL)
		return no_memory(err);
	memcpy(buf, text, name);
	status = choose(a, buf, name, text + name, err);
	free(buf);
	return status;
}
