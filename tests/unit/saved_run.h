/* SPDX-License-Identifier: BSD-3-Clause */
/* Saved runs made up from a few figures, for tests of what reads them. */
#ifndef HR_TESTS_UNIT_SAVED_RUN_H
#define HR_TESTS_UNIT_SAVED_RUN_H

#include "report/saved.h"

#include "testing.h"

#include <stdio.h>
#include <string.h>

/* A policy with its mean of retained bytes, its release calls, and its mean of pages a call. */
#define POLICY(name, retained, calls, pages)                                                                           \
	"{\"policy\":{\"name\":\"" name "\",\"text\":\"" name "\",\"parameters\":{}},\"summary\":{"                    \
	"\"retained_mean_bytes\":" #retained ",\"release_calls\":" #calls ",\"pages_per_call_ratio\":" #pages "}}"
#define TRACE(name, digest, settings, policies)                                                                        \
	"{\"trace\":{\"name\":\"" name "\",\"xxh3\":\"" digest "\"},\"settings\":{" settings                           \
	"},\"policies\":[" policies "]}"
#define RUN(comparisons) "{\"schema\":2,\"heapreplay\":\"0.1.0\",\"comparisons\":[" comparisons "]}"

static inline void parse_run(const char *json, struct hr_saved *s)
{
	struct hr_error err;

	if (hr_saved_parse(json, strlen(json), s, &err) != HR_OK)
		fail_msg("%s", err.text);
}

static inline size_t figure(const char *name)
{
	size_t i;

	assert_true(hr_metric_named(name, strlen(name), &i));
	return i;
}

#endif
