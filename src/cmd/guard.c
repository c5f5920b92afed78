/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policies of shared objects run with all rights of the program. What they print
 * goes to standard error, so that it is not taken for a result; when one ends the
 * program, crashes or never returns, it is named. This is no protection.
 */
#include "config.h"

#include "base/print.h"
#include "cmd/cli.h"
#include "scavenge/plugin.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK_BYTES 65536

static const struct {
	int number;
	const char *what;
} crashes[] = {
    {SIGSEGV, "crashed (SIGSEGV)"}, {SIGBUS, "crashed (SIGBUS)"},	{SIGFPE, "crashed (SIGFPE)"},
    {SIGILL, "crashed (SIGILL)"},   {SIGABRT, "was aborted (SIGABRT)"},
};

static struct {
	char *names; /* of the shared objects, as they can be shown; NULL: there is none */
	size_t nnames;
	volatile sig_atomic_t running, alive;
	unsigned seconds; /* how long no policy may take for a batch; 0: for ever */
	char output[32];
	char stack[STACK_BYTES];
} state;

/* Of a signal handler. */
static void put(const char *text, size_t n)
{
	while (n > 0) {
		ssize_t some = write(STDERR_FILENO, text, n);

		if (some <= 0)
			return;
		text += some;
		n -= (size_t)some;
	}
}

static void accuse(const char *what)
{
	put("heapreplay: policy ", 19);
	put(state.names, state.nnames);
	put(" ", 1);
	put(what, strlen(what));
	put("; heapreplay-policy(7) says what a policy may do\n", 49);
}

static void on_crash(int number)
{
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		if (crashes[i].number == number)
			accuse(crashes[i].what);
	/* The handler is gone (SA_RESETHAND): the program ends as it would have. */
	raise(number);
}

/* Before what does not return, AddressSanitizer looks at the stack; this one, a handler's, it does not know. */
__attribute__((no_sanitize("address"))) static void on_alarm(int number)
{
	(void)number;
	if (!state.alive) {
		accuse("does not return (--policy-timeout)");
		_exit(CLI_FAILED);
	}
	state.alive = 0;
	alarm(state.seconds);
}

static void on_exit_of_program(void)
{
	if (!state.running)
		return;
	accuse("ended the program");
	_exit(CLI_FAILED);
}

/* "./a.so" or "./a.so or ./b.so", without parameters. NULL: there is none, or no memory. */
static char *names_of(const struct cli_list *policies, size_t *n)
{
	char *names = NULL;
	FILE *out = NULL;

	for (size_t i = 0; i < policies->n; i++) {
		char name[512];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(policies->at[i], ","), policies->at[i]);
		if (!hr_plugin_is_path(name))
			continue;
		if (out == NULL)
			out = hr_open_text(&names, n);
		else
			fputs(" or ", out);
		if (out == NULL)
			return NULL;
		hr_print(out, "%s", name);
	}
	if (out != NULL)
		hr_close_text(out, &names);
	return names;
}

/* What is written to the descriptor of standard output goes to standard error from now on; our own output does not. */
static void keep_output_apart(struct cli_options *o)
{
	int own;

	if (isatty(STDOUT_FILENO) == 1 || (o->output != NULL && strcmp(o->output, "-") != 0))
		return;
	fflush(stdout);
	own = dup(STDOUT_FILENO);
	if (own < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return;
	snprintf(state.output, sizeof(state.output), "/dev/fd/%d", own);
	o->output = state.output;
}

void cli_guard_start(const struct cli_command *c, struct cli_options *o)
{
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
	stack_t stack = {.ss_sp = state.stack, .ss_size = sizeof(state.stack)};

	state.names = names_of(&o->policies, &state.nnames);
	if (state.names == NULL)
		return;
	if (c->groups & CLI_OUTPUT)
		keep_output_apart(o);
	state.running = 1;
	state.seconds = (unsigned)((o->policy_timeout_ns + 999999999) / 1000000000);
	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i].number, &action, NULL);
	atexit(on_exit_of_program);
}

void cli_guard_end(void)
{
	state.running = 0;
	free(state.names);
	state.names = NULL;
}

bool cli_guard_watch(void)
{
	if (state.names == NULL || state.seconds == 0)
		return false;
	state.alive = 0;
	signal(SIGALRM, on_alarm);
	alarm(state.seconds);
	return true;
}

void cli_guard_alive(void)
{
	state.alive = 1;
}

void cli_guard_unwatch(void)
{
	if (state.seconds > 0)
		alarm(0);
}
