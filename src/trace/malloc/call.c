/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "trace/malloc/call.h"

#include "base/find.h"

#include "trace/malloc/scan.h"

#include <stddef.h>
#include <string.h>

/*
 * What the arguments are, a letter each: s bytes, multiplied where there are
 * several; p the old pointer; a copied string, n at most that long; - ignored.
 * Arguments behind those are ignored. Frequent names come first.
 */
static const struct hr_call_function {
	const char *name;
	enum hr_call_kind kind;
	const char *arguments;
} functions[] = {
    {"malloc", HR_CALL_ALLOC, "s"},
    {"free", HR_CALL_FREE, "p"},
    {"realloc", HR_CALL_REALLOC, "ps"},
    {"calloc", HR_CALL_ALLOC, "ss"},
    {"_Znwm", HR_CALL_ALLOC, "s"},
    {"_ZdlPv", HR_CALL_FREE, "p"},
    {"_ZdlPvm", HR_CALL_FREE, "p"},
    {"_Znam", HR_CALL_ALLOC, "s"},
    {"_ZdaPv", HR_CALL_FREE, "p"},
    {"_ZdaPvm", HR_CALL_FREE, "p"},
    {"memalign", HR_CALL_ALLOC, "-s"},
    {"aligned_alloc", HR_CALL_ALLOC, "-s"},
    {"posix_memalign", HR_CALL_UNPLACED, "--s"},
    {"valloc", HR_CALL_ALLOC, "s"},
    {"pvalloc", HR_CALL_ALLOC, "s"},
    {"reallocarray", HR_CALL_REALLOC, "pss"},
    {"reallocf", HR_CALL_REALLOC, "ps"},
    {"cfree", HR_CALL_FREE, "p"},
    {"free_sized", HR_CALL_FREE, "p"},
    {"free_aligned_sized", HR_CALL_FREE, "p"},
    {"freezero", HR_CALL_FREE, "p"},
    {"recallocarray", HR_CALL_REALLOC, "p-ss"},
    {"strdup", HR_CALL_ALLOC, "a"},
    {"strndup", HR_CALL_ALLOC, "an"},
    {"__strdup", HR_CALL_ALLOC, "a"},
    {"__strndup", HR_CALL_ALLOC, "an"},
    {"__libc_malloc", HR_CALL_ALLOC, "s"},
    {"__libc_free", HR_CALL_FREE, "p"},
    {"__libc_realloc", HR_CALL_REALLOC, "ps"},
    {"__libc_calloc", HR_CALL_ALLOC, "ss"},
    {"__libc_memalign", HR_CALL_ALLOC, "-s"},
    /* As demanglers show them, without the parameters' types. */
    {"operator new", HR_CALL_ALLOC, "s"},
    {"operator new[]", HR_CALL_ALLOC, "s"},
    {"operator delete", HR_CALL_FREE, "p"},
    {"operator delete[]", HR_CALL_FREE, "p"},
    {"__builtin_new", HR_CALL_ALLOC, "s"},
    {"__builtin_vec_new", HR_CALL_ALLOC, "s"},
    {"__builtin_delete", HR_CALL_FREE, "p"},
    {"__builtin_vec_delete", HR_CALL_FREE, "p"},
    {"_ZnwmRKSt9nothrow_t", HR_CALL_ALLOC, "s"},
    {"_ZnamRKSt9nothrow_t", HR_CALL_ALLOC, "s"},
    {"_ZnwmSt11align_val_t", HR_CALL_ALLOC, "s"},
    {"_ZnamSt11align_val_t", HR_CALL_ALLOC, "s"},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", HR_CALL_ALLOC, "s"},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", HR_CALL_ALLOC, "s"},
    {"_ZdlPvRKSt9nothrow_t", HR_CALL_FREE, "p"},
    {"_ZdaPvRKSt9nothrow_t", HR_CALL_FREE, "p"},
    {"_ZdlPvSt11align_val_t", HR_CALL_FREE, "p"},
    {"_ZdaPvSt11align_val_t", HR_CALL_FREE, "p"},
    {"_ZdlPvmSt11align_val_t", HR_CALL_FREE, "p"},
    {"_ZdaPvmSt11align_val_t", HR_CALL_FREE, "p"},
    {"_ZdlPvSt11align_val_tRKSt9nothrow_t", HR_CALL_FREE, "p"},
    {"_ZdaPvSt11align_val_tRKSt9nothrow_t", HR_CALL_FREE, "p"},
    /* 32-bit programs: size_t is unsigned int. */
    {"_Znwj", HR_CALL_ALLOC, "s"},
    {"_Znaj", HR_CALL_ALLOC, "s"},
    {"_ZdlPvj", HR_CALL_FREE, "p"},
    {"_ZdaPvj", HR_CALL_FREE, "p"},
    {"_ZnwjRKSt9nothrow_t", HR_CALL_ALLOC, "s"},
    {"_ZnajRKSt9nothrow_t", HR_CALL_ALLOC, "s"},
};

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t name_length(const char *p)
{
	size_t n = 0;

	while (is_name(p[n]))
		n++;
	return n;
}

static const struct hr_call_function *find(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (functions[i].name[0] == name[0] && strlen(functions[i].name) == n &&
		    memcmp(functions[i].name, name, n) == 0)
			return &functions[i];
	return NULL;
}

/* In parentheses, with others inside: what is behind them; text where there are none. */
static const char *skip_types(const char *text)
{
	unsigned depth = 0;

	if (*text != '(')
		return text;
	for (const char *p = text; *p != '\0'; p++) {
		depth += *p == '(';
		depth -= *p == ')';
		if (depth == 0)
			return p + 1;
	}
	return text;
}

/*
 * The name of a function, as tracers show it: "malloc", "malloc@libc.so.6"
 * (ltrace -x), or "operator new[](unsigned long)" (ltrace -C). Its length in *n;
 * behind all of it, or NULL: there is none.
 */
static const char *scan_name(const char *text, size_t *n)
{
	static const char operator_word[] = "operator ";
	const char *p;

	*n = name_length(text);
	if (*n == sizeof(operator_word) - 2 && text[*n] == ' ') {
		*n += 1 + name_length(text + *n + 1);
		*n += strncmp(text + *n, "[]", 2) == 0 ? 2 : 0;
		p = skip_types(text + *n);
		p = *p == '(' || *p == '@' || *p == ' ' ? p : text + *n;
		/* "operator new(24) = ...": those were the arguments. */
		p = strncmp(p, " =", 2) == 0 ? text + *n : p;
	} else {
		p = text + *n;
	}
	if (*n > 0 && *p == '@')
		while (is_name(*++p) || *p == '.' || *p == '-' || *p == '+')
			;
	return *n > 0 ? p : NULL;
}

/* A name of C++ with its scopes and what a template is made with, then the parameters' types and arguments. */
static bool looks_like_cpp(const char *text)
{
	size_t n = strcspn(text, "(=");

	return text[n] == '(' && n > 0 && (hr_find(text, n, "::", 2) != NULL || strncmp(text, "operator", 8) == 0);
}

bool hr_call_looks_like(const char *text)
{
	size_t n;
	const char *p = scan_name(text, &n);

	return (p != NULL && *p == '(') || looks_like_cpp(text);
}

/* An id in angle brackets behind a pointer, if there is one; "<unfinished ...>" is none. */
static void skip_id(const char **p)
{
	const char *s = *p;

	hr_scan_blanks(&s);
	if (*s++ != '<' || !is_name(*s))
		return;
	while (is_name(*s) || *s == '.')
		s++;
	if (*s == '>')
		*p = s + 1;
}

static bool scan_pointer(const char **p, uint64_t *x)
{
	static const char *const nulls[] = {"(nil)", "nil", "NULL"};

	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
		size_t n = strlen(nulls[i]);

		if (**p == nulls[i][0] && strncmp(*p, nulls[i], n) == 0 && !is_name((*p)[n])) {
			*p += n;
			*x = 0;
			return true;
		}
	}
	if (!hr_scan_hex(p, x))
		return false;
	skip_id(p);
	return true;
}

/* Bytes: decimal, or, as ltrace shows numbers from 1,000,000 on, hexadecimal with 0x. */
static bool scan_bytes(const char **p, uint64_t *x)
{
	return (*p)[0] == '0' && (*p)[1] == 'x' ? hr_scan_hex(p, x) : hr_scan_decimal(p, x);
}

/* A string in quotes: how long it is, without the escapes that show it. */
static bool scan_string(const char **p, uint64_t *length)
{
	const char *s = *p;

	if (*s++ != '"')
		return false;
	for (*length = 0; *s != '"'; ++*length) {
		if (*s == '\0')
			return false;
		if (*s++ != '\\')
			continue;
		if (*s == '\0')
			return false;
		/* Up to three octal digits, or one character. */
		for (unsigned i = 0; i == 0 || (i < 3 && *s >= '0' && *s <= '7' && s[-1] >= '0' && s[-1] <= '7'); i++)
			s++;
	}
	s++;
	/* What the tracer left out is unknown. */
	*p = strncmp(s, "...", 3) == 0 ? s + 3 : s;
	return true;
}

/* Up to what ends an argument: a comma, the parenthesis, or what says that there is no more. */
static bool skip_argument(const char **p)
{
	while (**p != ',' && **p != ')' && **p != '\0' && **p != '<')
		++*p;
	return **p != '\0';
}

static bool scan_argument(const char **p, char what, struct hr_call *call)
{
	uint64_t x;

	/* "al 64, size 128" */
	size_t label = name_length(*p);
	if ((*p)[0] >= 'a' && (*p)[label] == ' ' && (*p)[label + 1] >= '0' && (*p)[label + 1] <= '9')
		*p += label + 1;
	switch (what) {
	case 's':
		if (!scan_bytes(p, &x))
			return false;
		if (__builtin_mul_overflow(call->size, x, &call->size))
			call->size = UINT64_MAX;
		return true;
	case 'p':
		return scan_pointer(p, &call->old);
	case 'a':
		if (!scan_string(p, &call->size))
			return false;
		call->size++;
		return true;
	case 'n':
		if (!scan_bytes(p, &x))
			return false;
		if (x < call->size - 1)
			call->size = x + 1;
		return true;
	}
	return skip_argument(p);
}

/* From behind the parenthesis that opens to behind the one that closes. */
static bool scan_arguments(const char **p, struct hr_call *call)
{
	call->old = 0;
	call->size = 1;
	for (const char *what = call->function->arguments; *what != '\0'; what++) {
		if (what != call->function->arguments && *(*p)++ != ',')
			return false;
		hr_scan_blanks(p);
		if (!scan_argument(p, *what, call))
			return false;
		hr_scan_blanks(p);
	}
	while (**p == ',') {
		++*p;
		if (!skip_argument(p))
			return false;
	}
	if (**p == ')') {
		++*p;
		return true;
	}
	call->unfinished = strcmp(*p, "<unfinished ...>") == 0;
	call->never_return = strcmp(*p, "<no return ...>") == 0;
	return call->unfinished || call->never_return;
}

bool hr_call_parse_result(const char *text, uint64_t *result)
{
	hr_scan_blanks(&text);
	if (*text++ != '=')
		return false;
	hr_scan_blanks(&text);
	if (strncmp(text, "<void>", 6) == 0) {
		text += 6;
		*result = 0;
	} else if (!scan_pointer(&text, result)) {
		return false;
	}
	/* How long the call took. */
	skip_id(&text);
	hr_scan_blanks(&text);
	return *text == '\0';
}

enum hr_call_parse hr_call_parse(const char *text, struct hr_call *call)
{
	size_t n;
	const char *p = scan_name(text, &n);

	*call = (struct hr_call){.function = p != NULL && *p == '(' ? find(text, n) : NULL};
	if (call->function == NULL)
		return HR_CALL_OTHER;
	call->kind = call->function->kind;
	text = p + 1;
	if (!scan_arguments(&text, call))
		return HR_CALL_BAD;
	if (call->unfinished || call->never_return)
		return HR_CALL_OK;
	if (call->kind == HR_CALL_REALLOC && is_name(*text)) {
		const struct hr_call_function *inner = find(text, name_length(text));

		if (inner == NULL || inner->kind == HR_CALL_REALLOC)
			return HR_CALL_BAD;
		return hr_call_parse(text, call) == HR_CALL_OK ? HR_CALL_OK : HR_CALL_BAD;
	}
	hr_scan_blanks(&text);
	if (*text == '\0')
		return HR_CALL_OK;
	call->has_result = hr_call_parse_result(text, &call->result);
	return call->has_result ? HR_CALL_OK : HR_CALL_BAD;
}

enum hr_call_parse hr_call_parse_return(const char *text, struct hr_call *call)
{
	size_t n;
	const char *p;

	*call = (struct hr_call){0};
	if (strncmp(text, "<... ", 5) != 0)
		return HR_CALL_OTHER;
	text += 5;
	p = scan_name(text, &n);
	if (p == NULL || strncmp(p, " resumed>", 9) != 0 || (call->function = find(text, n)) == NULL)
		return HR_CALL_OTHER;
	call->kind = call->function->kind;
	text = strrchr(text, '=');
	call->has_result = text != NULL && hr_call_parse_result(text, &call->result);
	return call->has_result ? HR_CALL_OK : HR_CALL_BAD;
}
