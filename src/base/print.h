/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one printer for text that comes from outside: from traces, file names,
 * arguments, plug-ins and saved runs. Such text is data. It can't command a
 * terminal, begin a line, or change the order in which what is around it reads:
 * control characters (C0, DEL, C1 in both of their forms), line ends,
 * characters that set the direction of text, and bytes that are no UTF-8 are
 * shown as they would be written in C or JSON: "\n", "\t", "\x1b", "\u202e".
 *
 * Every conversion %s that writes to a stream goes through hr_print
 * (tests/layers.sh holds it).
 */
#ifndef HR_BASE_PRINT_H
#define HR_BASE_PRINT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The length of the UTF-8 character that s begins with, 1 to 4, and the character; 0: it is none, or an end of s. */
unsigned hr_utf8_next(const char *s, uint32_t *c);

/* C0, DEL, C1; marks, embeddings, overrides and isolates of direction; line and paragraph separators. */
bool hr_text_is_control(uint32_t c);

/* What one character of text is shown as takes at most, with its '\0'; how many bytes for one, without it. */
enum { HR_SHOWN_CHAR = 16, HR_SHOWN_BYTE = 4 };

/*
 * What the first character of s is shown as; returns how many bytes of s that
 * is (s is not empty).
 */
unsigned hr_text_show(const char *s, char shown[HR_SHOWN_CHAR]);

/* s as it is shown, cut off at a character where buf is too short (size > 0). Returns buf. */
char *hr_text_plain(char *buf, size_t size, const char *s);

/* Prints s as it is shown. */
void hr_put_text(FILE *out, const char *s);

/*
 * fprintf in which the text of every %s, with its width and precision, is
 * printed as it is shown. The precision is one in bytes of s, the width one in
 * characters of what is shown. Newlines and control sequences stand in fmt, or
 * are written by fputs. Returns how many characters that are.
 */
int hr_print(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int hr_vprint(FILE *out, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* A stream into memory, whose text is *text of *n bytes and a 0 when it is closed. NULL: out of memory. */
FILE *hr_open_text(char **text, size_t *n);
/*
 * Closes a stream of hr_open_text, whose text is *text from then on, for
 * the caller to free. False: out of memory, and *text is NULL.
 */
bool hr_close_text(FILE *out, char **text);

#endif
