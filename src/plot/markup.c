/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "plot/markup.h"

#include "base/print.h"

#include <stdint.h>
#include <string.h>

void hr_html_text(FILE *out, const char *text)
{
	char shown[HR_SHOWN_CHAR];

	while (*text != '\0') {
		text += hr_text_show(text, shown);
		switch (shown[0]) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputs(shown, out);
		}
	}
}

const char *hr_html_value(char buf[HR_UNIT_BUF], enum hr_unit unit, double v)
{
	if (!(v >= 0 && v < 0x1p63))
		return strcpy(buf, "none");
	return hr_unit_format(buf, unit, (uint64_t)v);
}

void hr_html_begin(FILE *out, const char *classes, const char *id, const char *title)
{
	hr_print(out, "<section class=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", classes, id, title);
}

void hr_html_end(FILE *out)
{
	fputs("</section>\n", out);
}
