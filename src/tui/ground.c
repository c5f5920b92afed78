/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tui/ground.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 1000

/* "rgb:R/G/B", each of 1 to 4 hexadecimal digits, or "rgba:" with one more behind; as shares of the most. */
static bool parse_rgb(const char *text, double rgb[3])
{
	text = strchr(text, ':');
	if (text == NULL)
		return false;
	text++;
	for (int i = 0; i < 3; i++) {
		size_t n = strspn(text, "0123456789abcdefABCDEF");

		if (n < 1 || n > 4 || (i < 2 && text[n] != '/'))
			return false;
		rgb[i] = (double)strtoul(text, NULL, 16) / (double)((1u << 4 * n) - 1);
		text += n + 1;
	}
	return true;
}

enum hr_theme hr_ground_answer(const char *answer)
{
	const char *at = strstr(answer, "]11;rgb");
	double rgb[3];

	if (at == NULL || !parse_rgb(at, rgb))
		return HR_THEME_AUTO;
	/* Rec. 709's weights, on values as they are coded: good enough for a choice of two. */
	return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2] > 0.5 ? HR_THEME_LIGHT : HR_THEME_DARK;
}

enum hr_theme hr_ground_variable(const char *value)
{
	const char *last = value != NULL ? strrchr(value, ';') : NULL;
	char *end;
	long color;

	if (last == NULL || last[1] < '0' || last[1] > '9')
		return HR_THEME_AUTO;
	color = strtol(last + 1, &end, 10);
	if (*end != '\0' || color > 15)
		return HR_THEME_AUTO;
	return color == 7 || color > 8 ? HR_THEME_LIGHT : HR_THEME_DARK;
}

/* Up to the answer of the second request ("...c"), or the end of patience. */
static void read_answer(int fd, char *answer, size_t size)
{
	struct timespec start, now;
	const char *end;
	size_t n = 0;
	int left = WAIT_MS;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (left > 0 && n + 1 < size && strstr(answer, "\033[?") == NULL &&
	       poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, left) > 0) {
		ssize_t got = read(fd, answer + n, size - n - 1);

		if (got <= 0)
			return;
		n += (size_t)got;
		answer[n] = '\0';
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = WAIT_MS - (int)((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000);
	}
	/* The rest of it; it may come in pieces. */
	while (n + 1 < size && (end = strstr(answer, "\033[?")) != NULL && strchr(end, 'c') == NULL &&
	       poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 50) > 0) {
		ssize_t got = read(fd, answer + n, size - n - 1);

		if (got <= 0)
			return;
		n += (size_t)got;
		answer[n] = '\0';
	}
}

enum hr_theme hr_ground_ask(int fd)
{
	static const char request[] = "\033]11;?\033\\\033[c";
	char answer[256] = "";
	struct termios before, quiet;
	enum hr_theme theme;

	if (tcgetattr(fd, &before) != 0)
		return hr_ground_variable(getenv("COLORFGBG"));
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (tcsetattr(fd, TCSANOW, &quiet) == 0 && write(fd, request, sizeof(request) - 1) == sizeof(request) - 1)
		read_answer(fd, answer, sizeof(answer));
	tcsetattr(fd, TCSANOW, &before);
	theme = hr_ground_answer(answer);
	return theme != HR_THEME_AUTO ? theme : hr_ground_variable(getenv("COLORFGBG"));
}
