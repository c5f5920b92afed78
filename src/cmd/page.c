/* SPDX-License-Identifier: BSD-3-Clause */
/* Width and character set of text output. */
#include "config.h"

#include "cmd/cli.h"

#include "base/units.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 80
#define LEAST_COLUMNS 20
#define MOST_COLUMNS 10000

/* Does the user's locale have UTF-8? The program itself stays in the C locale, so that numbers are the same everywhere. */
bool cli_is_utf8(void)
{
	locale_t l = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8;

	if (l == (locale_t)0)
		return false;
	utf8 = strcmp(nl_langinfo_l(CODESET, l), "UTF-8") == 0;
	freelocale(l);
	return utf8;
}

/* COLUMNS, for pipes and files; 0: it says nothing. */
static unsigned wished_columns(void)
{
	const char *s = getenv("COLUMNS");
	uint64_t n;

	return s != NULL && hr_parse_u64(s, &n) && n > 0 && n <= MOST_COLUMNS ? (unsigned)n : 0;
}

static unsigned at_least(unsigned columns)
{
	return columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns;
}

struct hr_page cli_page(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct hr_page p = {.out = out, .columns = DEFAULT_COLUMNS};
	bool terminal = isatty(fileno(out)) == 1, plain = no_color != NULL && *no_color != '\0';
	bool dumb = term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;
	struct winsize w;

	if (terminal && ioctl(fileno(out), TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		p.columns = at_least(w.ws_col);
	else if (!terminal && wished_columns() > 0)
		p.columns = at_least(wished_columns());
	p.unicode = cli_is_utf8() && !plain && !(terminal && dumb);
	p.colour = terminal && !plain && !dumb;
	return p;
}

struct hr_page cli_table_page(FILE *out)
{
	struct hr_page p = cli_page(out);

	if (isatty(fileno(out)) != 1 && wished_columns() == 0)
		p.columns = MOST_COLUMNS;
	return p;
}
