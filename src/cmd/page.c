/* How wide text may be, and of which characters. */
#include "config.h"

#include "cmd/cli.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 80
#define LEAST_COLUMNS 20

/* Does the user's locale have UTF-8? The program itself stays in the C locale, so that numbers are the same everywhere. */
static bool is_utf8(void)
{
	locale_t l = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8;

	if (l == (locale_t)0)
		return false;
	utf8 = strcmp(nl_langinfo_l(CODESET, l), "UTF-8") == 0;
	freelocale(l);
	return utf8;
}

struct hr_page cli_page(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct hr_page p = {.out = out, .columns = DEFAULT_COLUMNS};
	bool terminal = isatty(fileno(out)) == 1;
	struct winsize w;

	if (terminal && ioctl(fileno(out), TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		p.columns = w.ws_col < LEAST_COLUMNS ? LEAST_COLUMNS : w.ws_col;
	p.unicode = is_utf8() && (no_color == NULL || *no_color == '\0') &&
		    !(terminal && (term == NULL || strcmp(term, "dumb") == 0));
	return p;
}
