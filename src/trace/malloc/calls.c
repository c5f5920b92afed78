/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * call.h knows the calls; here is what stands in front of them, and what
 * becomes of calls that do not return on their own line.
 *
 *	--PID-- CALL				valgrind, with or without a time
 *	[PID ][TIME ]["["ADDRESS"] "][MODULE->]CALL	ltrace, the address with -i
 *	PID COMMAND [TIME ]USER [0xRESULT = ]CALL	kdump of FreeBSD's utrace
 *	CALL					cmt
 *
 * A call is open from the line that has its arguments to the line that has its
 * result. Calls of the same thread in between are made by the allocator itself
 * (ltrace sees some of them) and do not count. A free is done where it begins:
 * from then on another thread may be given its address.
 *
 * A recording may be of several processes, whose addresses mean different
 * things: the first one in the file is taken, or the one that was asked for.
 * ltrace does not tell processes from threads, but for those that a call of
 * fork() in the recording returned: without options.process those are left out.
 */
#include "config.h"

#include "trace/malloc/calls.h"

#include "base/alloc.h"
#include "base/find.h"
#include "trace/malloc/call.h"
#include "trace/malloc/malloc_text.h"
#include "trace/malloc/scan.h"

#include <stdlib.h>
#include <string.h>

/* Threads in an allocator at the same time, and their nested calls; ltrace with more than a few threads is hopeless. */
#define MAX_OPEN 256
/* Calls in an open one, after which its return is taken as lost; realloc and reallocarray make one or two. */
#define MAX_INSIDE 16
/* Children of a recorded program that are told from threads. */
#define MAX_FORKED 256
#define NS_A_SECOND UINT64_C(1000000000)

struct open_call {
	uint64_t pid;
	struct hr_call call;
	bool nested;
	unsigned inside; /* calls of the same thread since */
};

struct calls {
	struct hr_malloc_text text;
	bool one_process; /* only the first one's calls count */
	bool user_lines;  /* kdump's: lines without USER are of other things */
	bool threads;
	bool unplaced;		     /* it was told that there are objects without an address */
	uint64_t forked[MAX_FORKED]; /* ltrace: these are processes */
	size_t nforked;
	struct open_call open[MAX_OPEN]; /* the one begun last comes last */
	size_t nopen;
};

/* What stands before a call. */
struct prefix {
	uint64_t pid, time_ns, result;
	bool has_pid, has_time, has_result, user;
	const char *rest;
};

/* --- prefixes ---------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Seconds since 1970 with a fraction, as ltrace -ttt has them; other clocks have no date, and wrap. */
static bool scan_epoch(const char **p, uint64_t *ns)
{
	const char *s = *p;
	uint64_t seconds, part = 0, scale = NS_A_SECOND;

	if (!hr_scan_decimal(&s, &seconds) || s - *p < 9 || seconds > INT64_MAX / NS_A_SECOND || *s++ != '.' ||
	    !is_digit(*s))
		return false;
	for (; is_digit(*s); s++) {
		scale /= 10;
		part += (uint64_t)(*s - '0') * scale;
	}
	*p = s;
	*ns = seconds * NS_A_SECOND + part;
	return true;
}

/* A word of digits, dots and colons: some time or other. */
static bool skip_stamp(const char **p)
{
	size_t n = strspn(*p, "0123456789.:");

	if (n == 0 || ((*p)[n] != ' ' && (*p)[n] != '\t'))
		return false;
	*p += n;
	return true;
}

static bool scan_pid(const char **p, uint64_t *pid)
{
	const char *s = *p;
	bool brackets = strncmp(s, "[pid ", 5) == 0;

	if (brackets)
		s += 5;
	hr_scan_blanks(&s);
	if (!hr_scan_decimal(&s, pid) || *pid > UINT32_MAX || (brackets && *s++ != ']') || (*s != ' ' && *s != '\t'))
		return false;
	*p = s;
	return true;
}

/* "[0x401136] ", from where the call was made. */
static void skip_address(const char **p)
{
	const char *s = *p;
	uint64_t address;

	if (*s++ == '[' && hr_scan_hex(&s, &address) && *s++ == ']' && hr_scan_blanks(&s))
		*p = s;
}

/* "command USER", perhaps with a time before USER; what is behind it. */
static bool scan_user(const char *p, struct prefix *pre)
{
	const char *user = strstr(p, " USER "), *stamp = user;

	if (user == NULL)
		return false;
	while (stamp > p && stamp[-1] == ' ')
		stamp--;
	while (stamp > p && stamp[-1] != ' ')
		stamp--;
	pre->has_time = scan_epoch(&stamp, &pre->time_ns);
	pre->user = true;
	pre->rest = user + 6;
	return true;
}

static void parse_prefix(const char *p, struct prefix *pre)
{
	const char *s;

	*pre = (struct prefix){0};
	hr_scan_blanks(&p);
	pre->has_pid = scan_pid(&p, &pre->pid);
	hr_scan_blanks(&p);
	pre->has_time = scan_epoch(&p, &pre->time_ns);
	if (!pre->has_time)
		skip_stamp(&p);
	hr_scan_blanks(&p);
	pre->rest = p;
	if (pre->has_pid)
		scan_user(p, pre);
	p = pre->rest;
	hr_scan_blanks(&p);
	skip_address(&p);
	s = p;
	if (s[0] == '0' && s[1] == 'x' && hr_scan_hex(&s, &pre->result) && strncmp(s, " = ", 3) == 0) {
		pre->has_result = true;
		p = s + 3;
	}
	/* MODULE-> is a word. */
	for (s = p; *s != '\0' && *s != ' ' && *s != '('; s++)
		if (s[0] == '-' && s[1] == '>')
			p = s + 2;
	pre->rest = p;
}

static enum hr_call_parse parse_line(const char *line, struct prefix *pre, struct hr_call *call)
{
	enum hr_call_parse parsed;

	parse_prefix(line, pre);
	parsed = hr_call_parse(pre->rest, call);
	if (parsed == HR_CALL_OK && pre->has_result) {
		if (call->has_result || call->unfinished || call->never_return)
			return HR_CALL_BAD;
		call->has_result = true;
		call->result = pre->result;
	}
	/* Only frees, whose result nobody needs, end with their arguments. */
	if (parsed == HR_CALL_OK && call->kind != HR_CALL_FREE && !call->has_result && !call->unfinished &&
	    !call->never_return)
		return HR_CALL_BAD;
	return parsed;
}

/*
 * "--PID-- ", or with --time-stamp "--DD:HH:MM:SS.mmm PID-- ". The time is since
 * the program began.
 */
static bool parse_valgrind_prefix(const char *p, struct prefix *pre)
{
	static const uint64_t units_ns[] = {86400 * NS_A_SECOND, 3600 * NS_A_SECOND, 60 * NS_A_SECOND, NS_A_SECOND,
					    1000000};
	static const char separators[] = ":::. ";
	const char *s = p + 2;
	uint64_t x;

	*pre = (struct prefix){0};
	if (p[0] != '-' || p[1] != '-')
		return false;
	if (s[0] != '\0' && s[1] != '\0' && s[2] == ':') {
		for (unsigned i = 0; i < sizeof(units_ns) / sizeof(units_ns[0]); i++) {
			if (!hr_scan_decimal(&s, &x) || x > 10000 || *s++ != separators[i])
				return false;
			pre->time_ns += x * units_ns[i];
		}
		pre->has_time = true;
	}
	pre->has_pid = hr_scan_decimal(&s, &pre->pid) && pre->pid <= UINT32_MAX;
	if (!pre->has_pid || strncmp(s, "-- ", 3) != 0)
		return false;
	pre->rest = s + 3;
	return true;
}

/* --- calls ------------------------------------------------------------------- */

static enum hr_status apply(struct calls *c, const struct hr_call *call, int16_t p, struct hr_error *err)
{
	struct hr_mallocs *m = &c->text.mallocs;

	switch (call->kind) {
	case HR_CALL_ALLOC:
		return hr_mallocs_alloc(m, call->result, call->size, p, err);
	case HR_CALL_REALLOC:
		return hr_mallocs_realloc(m, call->old, call->result, call->size, p, err);
	case HR_CALL_FREE:
		return hr_mallocs_free(m, call->old, p, err);
	case HR_CALL_UNPLACED:
		if (!c->unplaced)
			hr_reader_assume(m->r, "posix_memalign does not tell where its objects are: they are left out");
		c->unplaced = true;
		break;
	}
	return HR_OK;
}

static struct open_call *innermost(struct calls *c, uint64_t pid)
{
	for (size_t i = c->nopen; i-- > 0;)
		if (c->open[i].pid == pid)
			return &c->open[i];
	return NULL;
}

static void close_call(struct calls *c, struct open_call *o)
{
	size_t i = (size_t)(o - c->open);

	memmove(o, o + 1, (--c->nopen - i) * sizeof(*o));
}

/* Its return will not come any more. */
static void give_up(struct calls *c, struct open_call *o)
{
	/* A free needs no result, and a nested call has been counted already. */
	if (o->call.kind != HR_CALL_FREE && !o->nested)
		hr_reader_odd(c->text.mallocs.r, HR_ANOMALY_OPEN_CALL);
	close_call(c, o);
}

static void give_up_thread(struct calls *c, uint64_t pid)
{
	struct open_call *o;

	while ((o = innermost(c, pid)) != NULL)
		give_up(c, o);
}

static enum hr_status open_call(struct calls *c, const struct hr_call *call, uint64_t pid, bool nested, int16_t p,
				struct hr_error *err)
{
	if (c->nopen == MAX_OPEN)
		give_up(c, &c->open[0]);
	c->open[c->nopen++] = (struct open_call){.pid = pid, .call = *call, .nested = nested};
	return call->kind == HR_CALL_FREE && !nested ? apply(c, call, p, err) : HR_OK;
}

static enum hr_status take_call(struct calls *c, const struct hr_call *call, uint64_t pid, int16_t p,
				struct hr_error *err)
{
	struct open_call *outer = innermost(c, pid);

	/* ltrace sometimes prints a return for these calls, but never after the next call. */
	while (outer != NULL && outer->call.never_return) {
		give_up(c, outer);
		outer = innermost(c, pid);
	}
	if (outer != NULL && ++outer->inside > MAX_INSIDE) {
		give_up_thread(c, pid);
		outer = NULL;
	}
	if (outer != NULL)
		hr_reader_odd(c->text.mallocs.r, HR_ANOMALY_NESTED_CALL);
	if (call->unfinished || call->never_return)
		return open_call(c, call, pid, outer != NULL, p, err);
	return outer == NULL ? apply(c, call, p, err) : HR_OK;
}

/* A return: of the innermost open call of that function. What is open inside of it was left without one. */
static enum hr_status take_return(struct calls *c, const struct hr_call *back, uint64_t pid, int16_t p, bool *bad,
				  struct hr_error *err)
{
	struct open_call *o, done;
	size_t i = c->nopen;

	while (i > 0 && (c->open[i - 1].pid != pid || c->open[i - 1].call.function != back->function))
		i--;
	if (i == 0) {
		*bad = true;
		return HR_OK;
	}
	while ((o = innermost(c, pid)) != &c->open[i - 1])
		give_up(c, o);
	done = *o;
	close_call(c, o);
	if (done.nested || done.call.kind == HR_CALL_FREE)
		return HR_OK;
	done.call.has_result = true;
	done.call.result = back->result;
	return apply(c, &done.call, p, err);
}

/* "fork() = 4300": whose lines are another process's. */
static void see_fork(struct calls *c, const char *text)
{
	static const char *const names[] = {"fork", "vfork", "_Fork", "__libc_fork", "SYS_fork", "SYS_vfork"};
	size_t n = strcspn(text, "(@ ");
	uint64_t pid;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) != n || strncmp(text, names[i], n) != 0 || c->nforked == MAX_FORKED)
			continue;
		text = strrchr(text, '=');
		if (text == NULL || *++text != ' ')
			return;
		hr_scan_blanks(&text);
		if (hr_scan_decimal(&text, &pid) && pid > 1 && *text == '\0')
			c->forked[c->nforked++] = pid;
		return;
	}
}

/* Is it a line of this recording's process? */
static bool of_process(struct calls *c, const struct prefix *pre)
{
	struct hr_reader *r = c->text.mallocs.r;

	if (!pre->has_pid)
		return true;
	if (c->one_process || r->options.process != 0)
		return hr_malloc_text_of_process(&c->text, pre->pid);
	for (size_t i = 0; i < c->nforked; i++)
		if (c->forked[i] == pre->pid) {
			hr_reader_odd(r, HR_ANOMALY_OTHER_PROCESS);
			return false;
		}
	return true;
}

static int16_t begin(struct calls *c, const struct prefix *pre)
{
	if (pre->has_time && c->text.mallocs.clock == HR_CLOCK_EXACT)
		hr_mallocs_time(&c->text.mallocs, pre->time_ns);
	return c->threads && pre->has_pid ? hr_malloc_text_thread(&c->text, pre->pid) : HR_NO_P;
}

/* --- lines ------------------------------------------------------------------- */

/* A line of a tracer that is no call; anything else was damaged on the way. */
static bool known_noise(const char *p)
{
	static const char *const begins[] = {"+++ ", "--- ", "<... ", "unexpected breakpoint", "Attaching to pid"};

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(p, begins[i], strlen(begins[i])) == 0)
			return true;
	return *p == '\0' || hr_call_looks_like(p);
}

static enum hr_status calls_take(struct hr_reader *r, const char *line, size_t n, bool *bad, struct hr_error *err)
{
	struct calls *c = r->state;
	struct hr_call call;
	struct prefix pre;
	enum hr_call_parse parsed = parse_line(line, &pre, &call);

	(void)n;
	if (c->user_lines && !pre.user)
		return HR_OK;
	if (parsed == HR_CALL_OK)
		return of_process(c, &pre) ? take_call(c, &call, pre.pid, begin(c, &pre), err) : HR_OK;
	if (parsed == HR_CALL_OTHER)
		parsed = hr_call_parse_return(pre.rest, &call);
	if (parsed == HR_CALL_OK)
		return of_process(c, &pre) ? take_return(c, &call, pre.pid, begin(c, &pre), bad, err) : HR_OK;
	if (parsed == HR_CALL_OTHER)
		see_fork(c, pre.rest);
	if (strncmp(pre.rest, "+++ exited", 10) == 0 || strncmp(pre.rest, "+++ killed", 10) == 0)
		give_up_thread(c, pre.pid);
	*bad = parsed == HR_CALL_BAD || !known_noise(pre.rest);
	return HR_OK;
}

/* Valgrind runs one thread at a time. What comes between a call and its result is a message. */
static enum hr_status valgrind_take(struct hr_reader *r, const char *line, size_t n, bool *bad, struct hr_error *err)
{
	struct calls *c = r->state;
	struct open_call *open;
	struct hr_call call;
	struct prefix pre;
	uint64_t result;

	(void)n;
	/* The program's own output, and messages. */
	if (!parse_valgrind_prefix(line, &pre))
		return HR_OK;
	open = innermost(c, pre.pid);
	switch (hr_call_parse(pre.rest, &call)) {
	case HR_CALL_BAD:
		*bad = true;
		return HR_OK;
	case HR_CALL_OTHER:
		if (open == NULL || !hr_call_parse_result(pre.rest, &result))
			return HR_OK;
		call = open->call;
		call.result = result;
		close_call(c, open);
		return apply(c, &call, begin(c, &pre), err);
	case HR_CALL_OK:
		break;
	}
	if (!of_process(c, &pre))
		return HR_OK;
	if (open != NULL)
		give_up(c, open);
	begin(c, &pre);
	if (call.kind == HR_CALL_FREE || call.has_result)
		return apply(c, &call, HR_NO_P, err);
	return open_call(c, &call, pre.pid, false, HR_NO_P, err);
}

static void calls_end(struct hr_reader *r)
{
	struct calls *c = r->state;

	if (c->threads && r->stats.threads > 1 && r->options.process == 0 &&
	    r->stats.anomalies[HR_ANOMALY_OVER_LIVE] > 0)
		hr_reader_assume(r,
				 "all %u pids are taken for threads of one process, but they allocate over each other: "
				 "after a fork, read one with --process",
				 r->stats.threads);
	while (c->nopen > 0)
		give_up(c, &c->open[c->nopen - 1]);
}

/* --- formats ----------------------------------------------------------------- */

/* A free of what looks like a number is none: there are other texts in the world. */
static bool convincing(const struct hr_call *call)
{
	return call->kind == HR_CALL_FREE ? call->old > UINT16_MAX : true;
}

static bool is_call(const char *line)
{
	struct prefix pre;
	struct hr_call call;

	return parse_line(line, &pre, &call) == HR_CALL_OK && convincing(&call);
}

static bool is_timed_call(const char *line)
{
	struct prefix pre;
	struct hr_call call;

	return parse_line(line, &pre, &call) == HR_CALL_OK && pre.has_time;
}

static bool is_user_call(const char *line)
{
	struct prefix pre;
	struct hr_call call;

	return parse_line(line, &pre, &call) == HR_CALL_OK && pre.user;
}

static bool is_thread_call(const char *line)
{
	struct prefix pre;
	struct hr_call call;

	return parse_line(line, &pre, &call) == HR_CALL_OK && pre.has_pid;
}

static bool is_ltrace_call(const char *line)
{
	return is_timed_call(line) || is_thread_call(line) || strstr(line, "->") != NULL ||
	       strstr(line, "= <void>") != NULL || strchr(line, '@') != NULL;
}

static bool is_valgrind_call(const char *line)
{
	struct prefix pre;
	struct hr_call call;

	return parse_valgrind_prefix(line, &pre) && hr_call_parse(pre.rest, &call) == HR_CALL_OK;
}

static bool is_timed_valgrind_call(const char *line)
{
	struct prefix pre;

	return is_valgrind_call(line) && parse_valgrind_prefix(line, &pre) && pre.has_time;
}

static bool calls_detect(const uint8_t *head, size_t n)
{
	return hr_malloc_text_detect(head, n, is_call);
}

static bool valgrind_detect(const uint8_t *head, size_t n)
{
	return hr_malloc_text_detect(head, n, is_valgrind_call);
}

static bool head_has(const struct hr_reader *r, bool (*ours)(const char *line))
{
	return hr_malloc_text_detect(r->head, r->head_len, ours);
}

static enum hr_status make(struct hr_reader *r, struct calls **made, struct hr_error *err)
{
	struct calls *c = hr_calloc(1, sizeof(*c));

	*made = c;
	if (c == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	r->state = c;
	c->text.end = calls_end;
	return HR_OK;
}

static enum hr_status calls_open(struct hr_reader *r, struct hr_error *err)
{
	struct calls *c;

	HR_TRY(make(r, &c, err));
	c->text.take = calls_take;
	if (head_has(r, is_user_call)) {
		c->one_process = c->user_lines = true;
		r->meta.format_name = "FreeBSD utrace";
	} else if (head_has(r, is_ltrace_call)) {
		r->meta.has_threads = c->threads = head_has(r, is_thread_call);
		r->meta.format_name = "ltrace";
	}
	return hr_malloc_text_init(&c->text, r, head_has(r, is_timed_call) ? HR_CLOCK_EXACT : HR_CLOCK_NONE, err);
}

/* Of "==PID== Command: what was run", where it is in sight. */
static void find_program(struct hr_reader *r)
{
	static const char words[] = "== Command: ";
	const char *head = (const char *)r->head, *end = head + r->head_len;
	const char *found = hr_find(head, r->head_len, words, sizeof(words) - 1);

	if (found == NULL)
		return;
	found += sizeof(words) - 1;
	const char *newline = memchr(found, '\n', (size_t)(end - found));
	size_t n = newline != NULL ? (size_t)(newline - found) : 0;

	if (n >= sizeof(r->meta.program))
		n = sizeof(r->meta.program) - 1;
	memcpy(r->meta.program, found, n);
	r->meta.program[n] = '\0';
}

static enum hr_status valgrind_open(struct hr_reader *r, struct hr_error *err)
{
	struct calls *c;

	HR_TRY(make(r, &c, err));
	c->text.take = valgrind_take;
	c->one_process = true;
	find_program(r);
	return hr_malloc_text_init(&c->text, r, head_has(r, is_timed_valgrind_call) ? HR_CLOCK_EXACT : HR_CLOCK_NONE,
				   err);
}

static enum hr_status calls_next(struct hr_reader *r, struct hr_event *ev, size_t cap, size_t *n, struct hr_error *err)
{
	struct calls *c = r->state;

	return hr_malloc_text_next(&c->text, ev, cap, n, err);
}

static void calls_close(struct hr_reader *r)
{
	struct calls *c = r->state;

	if (c != NULL)
		hr_malloc_text_release(&c->text);
	free(c);
}

const struct hr_format_ops hr_valgrind_format = {
    .format = HR_FORMAT_VALGRIND,
    .name = "valgrind malloc trace",
    .detect = valgrind_detect,
    .open = valgrind_open,
    .next = calls_next,
    .close = calls_close,
};

const struct hr_format_ops hr_calls_format = {
    .format = HR_FORMAT_CALLS,
    .name = "call trace",
    .detect = calls_detect,
    .open = calls_open,
    .next = calls_next,
    .close = calls_close,
};
