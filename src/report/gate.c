/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "report/gate.h"

#include "scavenge/policy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PERCENT INT64_C(1000000)	/* millionths */
#define WHOLE (UINT64_C(100) * PERCENT) /* a base, in millionths of its percents */
#define MAX_PERCENT INT64_C(1000000000)

static const struct {
	const char *text;
	enum hr_gate_op op;
} ops[] = {{">=", HR_GATE_AT_LEAST}, {"<=", HR_GATE_AT_MOST}, {">", HR_GATE_ABOVE}, {"<", HR_GATE_BELOW}};

static const char example[] = "such as 'retained_mean_bytes>+5%' or 'go1.22:worst_stall_ns>=10ms'";

/* [*s, *s + *n) without the blanks at its ends. */
static void trim(const char **s, size_t *n)
{
	while (*n > 0 && isspace((unsigned char)**s)) {
		++*s;
		--*n;
	}
	while (*n > 0 && isspace((unsigned char)(*s)[*n - 1]))
		--*n;
}

/* "+5%", "-0.25 %": digits, a point and up to six digits, a percent sign. */
static bool parse_percent(const char *s, int64_t *millionths)
{
	const bool negative = *s++ == '-';
	int64_t unit = PERCENT, sum = 0;
	size_t digits = strspn(s, "0123456789");

	if (digits == 0)
		return false;
	for (; isdigit((unsigned char)*s); s++) {
		sum = sum * 10 + (*s - '0') * PERCENT;
		if (sum > MAX_PERCENT * PERCENT)
			return false;
	}
	if (*s == '.') {
		for (s++, digits = 0; isdigit((unsigned char)*s); s++, digits++)
			sum += (*s - '0') * (unit /= 10);
		if (digits == 0 || digits > 6)
			return false;
	}
	s += strspn(s, " \t");
	*millionths = negative ? -sum : sum;
	return strcmp(s, "%") == 0 && *millionths >= -100 * PERCENT;
}

static enum hr_status parse_value(struct hr_gate *g, const char *value, struct hr_error *err)
{
	const struct hr_metric *f = &hr_metrics[g->figure];

	g->relative = *value == '+' || *value == '-';
	if (g->relative && !parse_percent(value, &g->millionths))
		return hr_error_set(err, HR_EUSAGE,
				    "'%s': with a sign it takes percent of the baseline, such as +5%% or -2.5%%",
				    g->text);
	if (g->relative || hr_unit_parse(value, f->unit, &g->value))
		return HR_OK;
	if (strchr(value, '%') != NULL)
		return hr_error_set(err, HR_EUSAGE, "'%s': percent take a sign: +%s is above the baseline", g->text,
				    value);
	return hr_error_set(err, HR_EUSAGE, "'%s': %s takes %s, or percent with a sign, not '%s'", g->text, f->name,
			    hr_unit_hint(f->unit), value);
}

/* The part before the operator. */
static enum hr_status parse_subject(struct hr_gate *g, const char *s, size_t n, struct hr_error *err)
{
	size_t name = n;

	while (name > 0 && s[name - 1] != ':')
		name--;
	if (name > 0) {
		const char *policy = s;
		size_t len = name - 1;

		trim(&policy, &len);
		if (len == 0)
			return hr_error_set(err, HR_EUSAGE, "'%s' has no policy before its ':'", g->text);
		g->policy = strndup(policy, len);
		if (g->policy == NULL)
			return hr_error_set(err, HR_ENOMEM, "out of memory");
	}
	s += name;
	n -= name;
	trim(&s, &n);
	if (!hr_metric_find(s, n, &g->figure))
		return hr_error_set(
		    err, HR_EUSAGE,
		    "'%s': there is no metric '%.*s'; it is a heading of the table, such as retained, or a metric of "
		    "heapreplay-metrics(5)",
		    g->text, n < 64 ? (int)n : 64, s);
	return HR_OK;
}

static enum hr_status parse(struct hr_gate *g, struct hr_error *err)
{
	const char *text = g->text, *op = text + strcspn(text, "<>");
	char value[64];
	size_t i = 0, n;

	while (i < sizeof(ops) / sizeof(ops[0]) && strncmp(op, ops[i].text, strlen(ops[i].text)) != 0)
		i++;
	if (i == sizeof(ops) / sizeof(ops[0]))
		return hr_error_set(err, HR_EUSAGE, "'%s' is no METRIC > VALUE, %s", text, example);
	g->op = ops[i].op;
	HR_TRY(parse_subject(g, text, (size_t)(op - text), err));
	op += strlen(ops[i].text);
	n = strlen(op);
	trim(&op, &n);
	if (n == 0 || n >= sizeof(value))
		return hr_error_set(err, HR_EUSAGE, "'%s' has no value, %s", text, example);
	memcpy(value, op, n);
	value[n] = '\0';
	return parse_value(g, value, err);
}

enum hr_status hr_gate_parse(const char *text, struct hr_gate *g, struct hr_error *err)
{
	enum hr_status status;

	memset(g, 0, sizeof(*g));
	g->text = text;
	status = parse(g, err);
	if (status != HR_OK)
		hr_gate_release(g);
	return status;
}

void hr_gate_release(struct hr_gate *g)
{
	free(g->policy);
	memset(g, 0, sizeof(*g));
}

bool hr_gate_applies(const struct hr_gate *g, const char *policy)
{
	return g->policy == NULL || hr_policy_same_text(policy, g->policy);
}

/* The bound times WHOLE: below 2^64 * 2^50. */
static unsigned __int128 bound(const struct hr_gate *g, uint64_t base)
{
	if (!g->relative)
		return (unsigned __int128)g->value * WHOLE;
	return (unsigned __int128)base * (uint64_t)((int64_t)WHOLE + g->millionths);
}

bool hr_gate_fails(const struct hr_gate *g, uint64_t value, uint64_t base)
{
	unsigned __int128 v = (unsigned __int128)value * WHOLE, b = bound(g, base);

	switch (g->op) {
	case HR_GATE_ABOVE:
		return v > b;
	case HR_GATE_AT_LEAST:
		return v >= b;
	case HR_GATE_BELOW:
		return v < b;
	case HR_GATE_AT_MOST:
		return v <= b;
	}
	return true;
}

uint64_t hr_gate_bound(const struct hr_gate *g, uint64_t base)
{
	unsigned __int128 b = (bound(g, base) + WHOLE / 2) / WHOLE;

	return b < UINT64_MAX ? (uint64_t)b : UINT64_MAX;
}
