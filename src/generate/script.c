/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The language of workloads. Parameters do not change while a program runs, so
 * every expression is a constant: parsing evaluates it, and a program is a list
 * of steps with numbers. Expressions are doubles, exact up to 2^53.
 */
#include "config.h"

#include "generate/script.h"

#include "base/units.h"
#include "generate/flows.h"
#include "generate/pages.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	MAX_STEPS = 1000,
	MAX_NAMES = 16,
	MAX_NAME = 32,
	MAX_DEPTH = 8,
	MAX_WORDS = 64,
	MAX_LINE = 512,
	MAX_NESTING = 32
};

#define MOST 9007199254740992.0	       /* 2^53 */
#define MOST_SPANS (1 << 22)	       /* at once, since their events wait in memory */
#define MOST_STEPS 10000000	       /* without an event */
#define MOST_PAGES 1048576.0	       /* of a span: 8 GiB */
#define FOREVER_NS (UINT64_C(1) << 57) /* what the clock of flows can hold */

enum verb { FILL, STACKS, FREE, COLLECT, SWEEP, WAIT, FLOW, RATE, LIFETIME, SETTLE, RUN, DROP, ONCE, REPEAT, END };

struct step {
	enum verb verb;
	unsigned name, other; /* lists or flows; other: MAX_NAMES for none */
	uint64_t a, b, c;
	size_t jump; /* of ONCE and REPEAT: behind their END; of END: where its block begins */
};

struct program {
	struct step *at;
	size_t n, cap;
	char names[MAX_NAMES][MAX_NAME];
	unsigned nnames;
	struct hr_size_band bands[MAX_NAMES][2];
	const struct hr_size_band *sizes[MAX_NAMES]; /* of flows */
	bool spans, objects;
};

/* What is being read. */
struct reading {
	const struct hr_workload_def *def;
	const struct hr_script_config *config;
	struct program *program;
	unsigned line;
	const char *words[MAX_WORDS];
	size_t nwords, next;
	size_t open[MAX_DEPTH];
	unsigned depth, nesting;
	const char *at; /* in an expression */
	struct {
		char name[MAX_NAME];
		double value;
	} lets[MAX_NAMES];
	unsigned nlets;
	struct hr_error *err;
};

static enum hr_status bad(const struct reading *r, const char *what, const char *word)
{
	return hr_error_set(r->err, HR_EINPUT, "workload %s: line %u: %s%s%.60s%s", r->def->name, r->line, what,
			    word != NULL ? " '" : "", word != NULL ? word : "", word != NULL ? "'" : "");
}

/* --- expressions ---------------------------------------------------------------- */

static double param_value(const struct hr_param *p, const struct hr_script_config *config)
{
	const void *field = (const char *)config + p->offset;

	/* In steps of 2^-16, so that products with it are exact. */
	if (p->type == HR_PARAM_RATIO)
		return (double)hr_workload_share(*(const double *)field) / 65536;
	return (double)*(const uint64_t *)field;
}

static bool literal(const char *text, double *value)
{
	uint64_t n;

	if (hr_parse_double(text, value))
		return true;
	if (!hr_parse_ns(text, &n) && !hr_parse_bytes(text, &n))
		return false;
	*value = (double)n;
	return true;
}

static enum hr_status sum(struct reading *r, double *value);

static enum hr_status factor(struct reading *r, double *value)
{
	const char *begin = r->at;
	char word[MAX_NAME];
	size_t n = 0;

	if (*r->at == '(') {
		enum hr_status status;

		if (++r->nesting > MAX_NESTING)
			return bad(r, "too many parentheses", NULL);
		r->at++;
		status = sum(r, value);
		r->nesting--;
		if (status != HR_OK)
			return status;
		return *r->at++ == ')' ? HR_OK : bad(r, "a parenthesis is not closed", NULL);
	}
	for (; isalnum((unsigned char)*r->at) || *r->at == '_' || *r->at == '.'; r->at++) {
		if (n + 1 == sizeof(word))
			return bad(r, "a name or number is longer than 31 characters:", begin);
		word[n++] = *r->at;
	}
	word[n] = '\0';
	for (const struct hr_param *p = r->def->params; p->name != NULL; p++) {
		if (strcmp(p->name, word) == 0) {
			*value = param_value(p, r->config);
			return HR_OK;
		}
	}
	for (unsigned i = 0; i < r->nlets; i++) {
		if (strcmp(r->lets[i].name, word) == 0) {
			*value = r->lets[i].value;
			return HR_OK;
		}
	}
	return n > 0 && literal(word, value) ? HR_OK : bad(r, "neither a number nor a parameter:", begin);
}

static enum hr_status product(struct reading *r, double *value)
{
	HR_TRY(factor(r, value));
	while (*r->at == '*' || *r->at == '/') {
		char op = *r->at++;
		double right;

		HR_TRY(factor(r, &right));
		if (op == '/' && right == 0)
			return bad(r, "division by 0", NULL);
		*value = op == '*' ? *value * right : *value / right;
	}
	return HR_OK;
}

static enum hr_status sum(struct reading *r, double *value)
{
	HR_TRY(product(r, value));
	while (*r->at == '+' || *r->at == '-') {
		char op = *r->at++;
		double right;

		HR_TRY(product(r, &right));
		*value = op == '+' ? *value + right : *value - right;
	}
	return HR_OK;
}

/* The next word as a number from least to most. */
static enum hr_status real(struct reading *r, double least, double most, double *value)
{
	if (r->next == r->nwords)
		return bad(r, "a number is missing at the end", NULL);
	r->at = r->words[r->next++];
	HR_TRY(sum(r, value));
	if (*r->at != '\0')
		return bad(r, "unexpected in an expression:", r->at);
	if (!(*value >= least && *value <= most))
		return bad(r, "too small or too large:", r->words[r->next - 1]);
	return HR_OK;
}

/* The same, rounded down. */
static enum hr_status number(struct reading *r, double least, double most, uint64_t *n)
{
	double value;

	HR_TRY(real(r, least, most, &value));
	*n = (uint64_t)value;
	return HR_OK;
}

/* --- statements ------------------------------------------------------------------ */

/* The next word must be this one. */
static enum hr_status keyword(struct reading *r, const char *word)
{
	char what[48];

	if (r->next < r->nwords && strcmp(r->words[r->next], word) == 0) {
		r->next++;
		return HR_OK;
	}
	snprintf(what, sizeof(what), "expected '%s'%s", word, r->next < r->nwords ? ", not" : "");
	return bad(r, what, r->next < r->nwords ? r->words[r->next] : NULL);
}

/* The keyword and a number behind it. */
static enum hr_status keyed(struct reading *r, const char *word, double least, double most, uint64_t *n)
{
	HR_TRY(keyword(r, word));
	return number(r, least, most, n);
}

/* The next word as the name of a list or flow; known: it must have been declared, else it may be new. */
static enum hr_status named(struct reading *r, bool known, unsigned *name)
{
	struct program *p = r->program;
	const char *word = r->next < r->nwords ? r->words[r->next++] : "";

	if (*word == '\0' || strlen(word) >= MAX_NAME)
		return bad(r, "a name is missing or longer than 31 characters", NULL);
	for (*name = 0; *name < p->nnames; ++*name)
		if (strcmp(p->names[*name], word) == 0)
			return HR_OK;
	if (known)
		return bad(r, "no flow has the name", word);
	if (p->nnames == MAX_NAMES)
		return bad(r, "more than 16 names", NULL);
	snprintf(p->names[p->nnames++], MAX_NAME, "%s", word);
	return HR_OK;
}

static enum hr_status gaps(struct reading *r, struct step *s)
{
	s->other = MAX_NAMES;
	if (r->next == r->nwords)
		return HR_OK;
	HR_TRY(keyword(r, "gaps"));
	return named(r, false, &s->other);
}

static enum hr_status read_fill(struct reading *r, struct step *s)
{
	HR_TRY(named(r, false, &s->name));
	HR_TRY(keyed(r, "bytes", 0, (double)HR_WORKLOAD_MAX_BYTES, &s->a));
	HR_TRY(keyed(r, "pages", 1, MOST_PAGES, &s->b));
	if (s->a / (s->b * HR_SPAN_PAGE_BYTES) > MOST_SPANS)
		return bad(r, "more than 4194304 spans in one statement; use 'repeat'", NULL);
	if (s->verb == FILL)
		HR_TRY(keyed(r, "over", 0, (double)HR_WORKLOAD_MAX_NS, &s->c));
	return gaps(r, s);
}

static enum hr_status read_list(struct reading *r, struct step *s)
{
	HR_TRY(named(r, false, &s->name));
	return s->verb == SWEEP ? keyed(r, "over", 0, (double)HR_WORKLOAD_MAX_NS, &s->a) : HR_OK;
}

static enum hr_status read_collect(struct reading *r, struct step *s)
{
	HR_TRY(keyed(r, "over", 0, (double)HR_WORKLOAD_MAX_NS, &s->a));
	return keyed(r, "goal", 1, (double)HR_WORKLOAD_MAX_BYTES, &s->b);
}

/* Whether the next word is this one, which is then read. */
static bool optional(struct reading *r, const char *word)
{
	bool is = r->next < r->nwords && strcmp(r->words[r->next], word) == 0;

	r->next += is;
	return is;
}

/* TIME [random]; flows also run `forever` */
static enum hr_status read_time(struct reading *r, struct step *s)
{
	if (s->verb == RUN && optional(r, "forever")) {
		s->a = FOREVER_NS;
		return HR_OK;
	}
	HR_TRY(number(r, 0, (double)HR_WORKLOAD_MAX_NS, &s->a));
	s->b = optional(r, "random");
	return HR_OK;
}

/* flow NAME mixed|small|FROM..TO */
static enum hr_status read_flow(struct reading *r, struct step *s)
{
	struct program *p = r->program;
	unsigned before = p->nnames;
	uint64_t from, to;
	char *dots;

	HR_TRY(named(r, false, &s->name));
	if (s->name < before || p->nnames > HR_MAX_FLOWS)
		return bad(r, "a flow is declared twice, or there are more than 4", NULL);
	if (r->next == r->nwords)
		return bad(r, "sizes are missing: mixed, small, or FROM..TO", NULL);
	p->sizes[s->name] = strcmp(r->words[r->next], "mixed") == 0   ? hr_sizes_mixed
			    : strcmp(r->words[r->next], "small") == 0 ? hr_sizes_small
								      : p->bands[s->name];
	if (p->sizes[s->name] != p->bands[s->name]) {
		r->next++;
		return HR_OK;
	}
	dots = strstr((char *)r->words[r->next], "..");
	if (dots == NULL)
		return bad(r, "sizes are mixed, small, or FROM..TO, not", r->words[r->next]);
	*dots = '\0';
	HR_TRY(number(r, 8, 1 << 30, &from));
	r->words[--r->next] = dots + 2;
	HR_TRY(number(r, (double)from, 1 << 30, &to));
	p->bands[s->name][0] = (struct hr_size_band){65536, (uint32_t)from & ~7u, (uint32_t)to & ~7u};
	return HR_OK;
}

static enum hr_status read_rate(struct reading *r, struct step *s)
{
	HR_TRY(named(r, true, &s->name));
	if (s->verb == LIFETIME && optional(r, "forever")) {
		s->a = UINT64_MAX;
		return HR_OK;
	}
	return s->verb == RATE ? number(r, 0, (double)HR_WORKLOAD_MAX_BYTES, &s->a)
			       : number(r, 1000, (double)HR_WORKLOAD_MAX_NS, &s->a);
}

static enum hr_status read_settle(struct reading *r, struct step *s)
{
	HR_TRY(named(r, true, &s->name));
	HR_TRY(keyed(r, "rate", 0, (double)HR_WORKLOAD_MAX_BYTES, &s->a));
	return keyed(r, "live", 1, (double)HR_WORKLOAD_MAX_BYTES, &s->b);
}

/* drop FLOW [keep N | share X]; a share is kept in units of 1 / 65536 */
static enum hr_status read_drop(struct reading *r, struct step *s)
{
	double share;

	HR_TRY(named(r, true, &s->name));
	if (optional(r, "share")) {
		HR_TRY(real(r, 0, 1, &share));
		s->b = hr_workload_share(share);
		return HR_OK;
	}
	return r->next < r->nwords ? keyed(r, "keep", 0, MOST, &s->a) : HR_OK;
}

static enum hr_status read_block(struct reading *r, struct step *s)
{
	if (r->depth == MAX_DEPTH)
		return bad(r, "blocks within blocks, more than 8 deep", NULL);
	r->open[r->depth++] = r->program->n;
	return s->verb == REPEAT ? number(r, 0, 1e9, &s->a) : HR_OK;
}

static enum hr_status read_end(struct reading *r, struct step *s)
{
	if (r->depth == 0)
		return bad(r, "'end' without a block", NULL);
	s->jump = r->open[--r->depth];
	r->program->at[s->jump].jump = r->program->n + 1;
	return HR_OK;
}

static const struct statement {
	const char *word;
	enum verb verb;
	bool spans, objects;
	enum hr_status (*read)(struct reading *r, struct step *s);
} statements[] = {
    {"fill", FILL, true, false, read_fill},	    {"stacks", STACKS, true, false, read_fill},
    {"free", FREE, true, false, read_list},	    {"collect", COLLECT, true, false, read_collect},
    {"sweep", SWEEP, true, false, read_list},	    {"wait", WAIT, true, false, read_time},
    {"flow", FLOW, false, true, read_flow},	    {"rate", RATE, false, true, read_rate},
    {"lifetime", LIFETIME, false, true, read_rate}, {"settle", SETTLE, false, true, read_settle},
    {"run", RUN, false, true, read_time},	    {"drop", DROP, false, true, read_drop},
    {"once", ONCE, false, false, read_block},	    {"repeat", REPEAT, false, false, read_block},
    {"end", END, false, false, read_end},
};

/* let NAME EXPRESSION: a name for a whole number. */
static enum hr_status read_let(struct reading *r)
{
	uint64_t value;

	if (r->nwords < 2 || strlen(r->words[1]) >= MAX_NAME)
		return bad(r, "a name is missing or longer than 31 characters", NULL);
	if (r->nlets == MAX_NAMES)
		return bad(r, "more than 16 names", NULL);
	r->next = 2;
	HR_TRY(number(r, 0, MOST, &value));
	snprintf(r->lets[r->nlets].name, MAX_NAME, "%s", r->words[1]);
	r->lets[r->nlets++].value = (double)value;
	return HR_OK;
}

/* limit EXPRESSION LOW HIGH [WORDS]: what it may be; WORDS are the message, unless that of a lone parameter will do. */
static enum hr_status read_limit(struct reading *r)
{
	const char *what = r->nwords > 1 ? r->words[1] : "";
	const struct hr_param *p = r->def->params;
	double low, high, value;
	char words[200];
	size_t n = 0;

	HR_TRY(real(r, -MOST * MOST, MOST * MOST, &value));
	HR_TRY(real(r, 0, MOST, &low));
	HR_TRY(real(r, low, MOST, &high));
	while (p->name != NULL && strcmp(p->name, what) != 0)
		p++;
	/* As the user wrote it, not in steps. */
	if (p->name != NULL && p->type == HR_PARAM_RATIO)
		value = *(const double *)((const char *)r->config + p->offset);
	if (value >= low && value <= high)
		return HR_OK;
	for (; r->next < r->nwords && n < sizeof(words); r->next++)
		n += (size_t)snprintf(words + n, sizeof(words) - n, "%s%s", n > 0 ? " " : "", r->words[r->next]);
	if (n > 0)
		return hr_error_set(r->err, HR_EUSAGE, "%s", words);
	if (p->type == HR_PARAM_BYTES && p->name != NULL)
		return hr_workload_bytes_within(what, (uint64_t)value, (uint64_t)low, (uint64_t)high, r->err);
	if (p->type == HR_PARAM_NS && p->name != NULL)
		return hr_workload_ns_within(what, (uint64_t)value, (uint64_t)low, (uint64_t)high, r->err);
	return hr_error_set(r->err, HR_EUSAGE, "%.60s=%g: it can be %g to %g", what, value, low, high);
}

static enum hr_status read_statement(struct reading *r)
{
	struct program *p = r->program;
	struct step s = {.other = MAX_NAMES};

	r->next = 1;
	if (strcmp(r->words[0], "param") == 0) /* has been read */
		return HR_OK;
	if (strcmp(r->words[0], "limit") == 0)
		return read_limit(r);
	if (strcmp(r->words[0], "let") == 0)
		return read_let(r);
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		const struct statement *t = &statements[i];

		if (strcmp(t->word, r->words[0]) != 0)
			continue;
		s.verb = t->verb;
		p->spans |= t->spans;
		p->objects |= t->objects;
		if (p->spans && p->objects)
			return bad(r, "a script is about spans or about objects, not both:", t->word);
		HR_TRY(t->read(r, &s));
		if (r->next < r->nwords)
			return bad(r, "unexpected at the end:", r->words[r->next]);
		if (p->n == MAX_STEPS)
			return bad(r, "more than 1000 statements", NULL);
		if (!hr_reserve(&p->at, &p->cap, p->n + 1, sizeof(*p->at)))
			return hr_error_set(r->err, HR_ENOMEM, "out of memory");
		p->at[p->n++] = s;
		return HR_OK;
	}
	return bad(r, "unknown statement", r->words[0]);
}

/* The next line into the buffer, in words; HR_END: there is none. A comment begins with a #. */
static enum hr_status next_line(struct reading *r, const char **text, char line[MAX_LINE])
{
	const size_t n = strcspn(*text, "\n"), used = strcspn(*text, "#\n");
	char *rest = line, *word;

	if (**text == '\0')
		return HR_END;
	r->line++;
	r->nwords = 0;
	if (used >= MAX_LINE)
		return bad(r, "it is longer than 511 characters", NULL);
	memcpy(line, *text, used);
	line[used] = '\0';
	*text += n + ((*text)[n] == '\n');
	while ((word = strsep(&rest, " \t\r")) != NULL) {
		if (*word == '\0')
			continue;
		if (r->nwords == MAX_WORDS)
			return bad(r, "it has more than 64 words", NULL);
		r->words[r->nwords++] = word;
	}
	return HR_OK;
}

static enum hr_status parse(const struct hr_workload_def *def, const struct hr_script_config *config,
			    struct program *program, struct hr_error *err)
{
	struct reading r = {.def = def, .config = config, .program = program, .err = err};
	const char *text = def->script;
	enum hr_status status;
	char line[MAX_LINE];

	while ((status = next_line(&r, &text, line)) == HR_OK)
		if (r.nwords > 0)
			HR_TRY(read_statement(&r));
	if (status != HR_END)
		return status;
	if (r.depth > 0)
		return bad(&r, "a block has no 'end'", NULL);
	if (!program->spans && !program->objects)
		return bad(&r, "the script does nothing", NULL);
	return HR_OK;
}

/* --- running ----------------------------------------------------------------------- */

struct state {
	struct program program;
	struct hr_pages pages;
	struct hr_span_list lists[MAX_NAMES];
	struct hr_flows flows;
	size_t at;
	uint64_t left[MAX_DEPTH]; /* rounds of the open blocks */
	unsigned depth;
	bool again;	   /* not the first pass */
	bool ran;	   /* this pass made an event, or could have */
	uint64_t until_ns; /* where a RUN ends; 0: none is under way */
	uint64_t now_ns;   /* of flows */
	double end_ns;	   /* what comes later is of no matter */
};

enum hr_status hr_script_check(const struct hr_workload_def *def, const void *config, struct hr_error *err)
{
	struct program program = {0};
	enum hr_status status = parse(def, config, &program, err);

	free(program.at);
	return status;
}

void *hr_script_create(const struct hr_workload_def *def, const void *config, uint64_t seed)
{
	const struct hr_script_config *c = config;
	struct state *s = hr_calloc(1, sizeof(*s));
	struct hr_error err;

	if (s == NULL)
		return NULL;
	if (parse(def, c, &s->program, &err) != HR_OK) {
		free(s->program.at);
		free(s);
		return NULL;
	}
	s->end_ns = c->common.events == UINT64_MAX ? c->common.seconds * 1e9 : INFINITY;
	hr_pages_init(&s->pages, seed);
	if (s->program.objects)
		hr_flows_init(&s->flows, &c->common, seed, s->program.nnames, s->program.sizes);
	return s;
}

void hr_script_destroy(void *state)
{
	struct state *s = state;

	for (unsigned i = 0; i < MAX_NAMES; i++)
		free(s->lists[i].at);
	if (s->program.objects)
		hr_flows_release(&s->flows);
	hr_pages_release(&s->pages);
	free(s->program.at);
	free(s);
}

/* Stacks at once; every eighth from the end among the gaps, where there are some. */
static void take_stacks(struct state *s, const struct step *t, struct hr_events *out)
{
	struct hr_span_list *list = &s->lists[t->name];

	for (uint64_t n = t->a / (t->b * HR_SPAN_PAGE_BYTES); n > 0 && !s->pages.failed; n--)
		hr_pages_alloc(&s->pages, out, t->other < MAX_NAMES && n % 8 == 0 ? &s->lists[t->other] : list, t->b,
			       true);
}

/* Of a WAIT or RUN. */
static uint64_t duration(const struct step *t, struct hr_random *random)
{
	return t->b ? (uint64_t)((unsigned __int128)hr_random_exponential(random) * t->a >> 32) : t->a;
}

static enum hr_status run_spans(struct state *s, const struct step *t, struct hr_events *out)
{
	struct hr_pages *p = &s->pages;
	struct hr_span_list *list = &s->lists[t->name];

	switch (t->verb) {
	case FILL:
		hr_pages_fill(p, out, list, t->a, t->b, t->c, t->other < MAX_NAMES ? &s->lists[t->other] : NULL);
		break;
	case STACKS:
		take_stacks(s, t, out);
		break;
	case FREE:
		hr_pages_open(p, out, list);
		break;
	case COLLECT:
		hr_pages_collect(p, out, t->a, t->b);
		break;
	case SWEEP:
		hr_pages_sweep(p, out, list, t->a);
		hr_pages_swept(p, out);
		break;
	default: /* WAIT */
		p->now_ns += duration(t, &p->random);
		break;
	}
	return hr_pages_status(p);
}

/* *stay: there is more to come of this step. */
static enum hr_status run_objects(struct state *s, const struct step *t, struct hr_events *out, bool *stay)
{
	struct hr_flow *flow = &s->flows.at[t->name < HR_MAX_FLOWS ? t->name : 0];
	bool reached;

	switch (t->verb) {
	case RATE:
		hr_flow_set_rate(flow, t->a);
		return HR_OK;
	case LIFETIME:
		hr_flow_set_lifetime(flow, t->a);
		return HR_OK;
	case SETTLE:
		hr_flow_set_rate(flow, t->a);
		hr_flow_set_live(flow, t->a, t->b);
		return HR_OK;
	case DROP:
		return hr_flow_drain(&s->flows, flow, t->a + (size_t)(flow->n * t->b / 65536), out);
	case RUN:
		if (s->until_ns == 0)
			s->until_ns = s->now_ns + duration(t, &s->flows.random);
		s->ran |= hr_flows_rate(&s->flows) > 0;
		HR_TRY(hr_flows_run(&s->flows, s->until_ns, HR_FLOWS_BATCH, out, &reached));
		*stay = !reached;
		if (reached) {
			s->now_ns = s->until_ns;
			s->until_ns = 0;
		}
		return HR_OK;
	default: /* FLOW */
		return HR_OK;
	}
}

/* Into a block, past it, or back to its begin. */
static void run_block(struct state *s, const struct step *t)
{
	if (t->verb == END) {
		const struct step *begin = &s->program.at[t->jump];

		if (begin->verb == REPEAT && --s->left[s->depth - 1] > 0) {
			s->at = t->jump + 1;
			return;
		}
		s->depth--;
		s->at++;
	} else if (t->verb == ONCE ? s->again : t->a == 0) {
		s->at = t->jump;
	} else {
		s->left[s->depth++] = t->a;
		s->at++;
	}
}

enum hr_status hr_script_fill(void *state, struct hr_events *out)
{
	struct state *s = state;

	for (uint64_t steps = 0; out->n == 0 && steps < MOST_STEPS; steps++) {
		const struct step *t;
		bool stay = false;

		if (s->at == s->program.n) {
			if (!s->ran || s->now_ns >= FOREVER_NS || s->pages.now_ns >= FOREVER_NS)
				return HR_END;
			s->at = 0;
			s->again = true;
			s->ran = false;
		}
		t = &s->program.at[s->at];
		if (t->verb >= ONCE) {
			run_block(s, t);
			continue;
		}
		HR_TRY(s->program.spans ? run_spans(s, t, out) : run_objects(s, t, out, &stay));
		s->at += !stay;
		s->ran |= out->n > 0;
	}
	if (out->n > 0)
		return HR_OK;
	return (double)(s->program.spans ? s->pages.now_ns : s->now_ns) < s->end_ns ? HR_EINPUT : HR_END;
}

/* --- scripts of users ---------------------------------------------------------------- */

/* A definition and what it points to. */
struct loaded {
	struct hr_workload_def def; /* first */
	struct hr_param params[HR_SCRIPT_MAX_PARAMS + 4];
	char words[HR_SCRIPT_MAX_PARAMS][2][128]; /* default, and name and help one behind the other */
	size_t n;
};

static const struct hr_param common_params[] = {HR_WORKLOAD_PARAMS("60", "1")};

/* param NAME DEFAULT bytes|time|count|ratio WHAT IT IS... */
static enum hr_status read_param(struct reading *r, struct loaded *l)
{
	static const struct {
		const char *word;
		enum hr_param_type type;
	} types[] = {
	    {"bytes", HR_PARAM_BYTES}, {"time", HR_PARAM_NS}, {"count", HR_PARAM_COUNT}, {"ratio", HR_PARAM_RATIO}};
	struct hr_param *p = &l->params[l->n];
	char *name = l->words[l->n][1], *initial = l->words[l->n][0], *help;
	size_t used, t = 0;

	if (r->nwords < 4)
		return bad(r, "a parameter is: param NAME DEFAULT bytes|time|count|ratio WHAT IT IS", NULL);
	if (l->n == HR_SCRIPT_MAX_PARAMS)
		return bad(r, "more than 16 parameters", NULL);
	while (t < 4 && strcmp(types[t].word, r->words[3]) != 0)
		t++;
	if (t == 4)
		return bad(r, "a parameter is of bytes, time, count or ratio, not", r->words[3]);
	snprintf(initial, 128, "%s", r->words[2]);
	used = (size_t)snprintf(name, 64, "%s", r->words[1]);
	if (used >= MAX_NAME)
		return bad(r, "a name is longer than 31 characters:", r->words[1]);
	help = name + used + 1;
	*help = '\0';
	for (size_t i = 4, n = 0; i < r->nwords && n < 64; i++)
		n += (size_t)snprintf(help + n, 128 - used - 1 - n, "%s%s", n > 0 ? " " : "", r->words[i]);
	if (*help == '\0')
		snprintf(help, 32, "no description");
	*p = (struct hr_param){name, types[t].type, HR_SCRIPT_PARAM(l->n), initial, NULL, help};
	l->n++;
	return HR_OK;
}

enum hr_status hr_script_load(const char *name, const char *text, struct hr_workload_def **def, struct hr_error *err)
{
	struct loaded *l = hr_calloc(1, sizeof(*l));
	struct reading r = {.err = err};
	const char *rest = text;
	enum hr_status status;
	char line[MAX_LINE];

	if (l == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	l->def = (struct hr_workload_def){.name = name,
					  .summary = "a script",
					  .text = "",
					  .example = "",
					  .script = text,
					  .params = l->params,
					  HR_SCRIPT_KIND};
	r.def = &l->def;
	while ((status = next_line(&r, &rest, line)) == HR_OK) {
		if (r.nwords > 0 && strcmp(r.words[0], "param") == 0)
			status = read_param(&r, l);
		else if (r.nwords > 0 && strcmp(r.words[0], "flow") == 0)
			l->def.spans = false;
		for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]) && r.nwords > 0; i++)
			l->def.spans |= statements[i].spans && strcmp(statements[i].word, r.words[0]) == 0;
		if (status != HR_OK)
			break;
	}
	if (status == HR_END)
		status = HR_OK;
	memcpy(&l->params[l->n], common_params, sizeof(common_params));
	if (status == HR_OK)
		status = hr_params_check(l->params, sizeof(struct hr_script_config), err);
	if (status != HR_OK) {
		free(l);
		return status;
	}
	*def = &l->def;
	return HR_OK;
}

void hr_script_free(struct hr_workload_def *def)
{
	free(def);
}
