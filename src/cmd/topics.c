/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * help TOPIC: the lists of the manual pages as text, filled up to the page's edge.
 * They are made as mdoc (manual.c), and only its few words that they use are read.
 */
#include "config.h"

#include "cmd/cli.h"

#include "base/print.h"
#include "trace/reader.h"

#include <stdlib.h>
#include <string.h>

static const struct topic {
	const char *name, *summary, *manual;
	const char *lists[5]; /* by their names in manual.c; a NULL behind the last */
} topics[] = {
    {"metrics",
     "what replay and compare measure",
     "heapreplay-metrics(5)",
     {"metrics", "object-metrics", "gc-metrics", "regret-metrics"}},
    {"cost", "the cost model: --cost and --gc-cost", "heapreplay(1)", {"cost", "gc-cost"}},
    {"names", "policies and other names for them: -p", "heapreplay-policies(1)", {"policy-names", "aliases"}},
    {"parameters", "parameters of policies: -p NAME,KEY=VALUE", "heapreplay-policies(1)", {"policies"}},
    {"formats", "trace formats that are read; each is known by its content", "heapreplay-trace(5)", {NULL}},
    {"workloads", "what generate can write", "heapreplay-generate(1)", {"workloads"}},
    {"anomalies", "what is odd in traces, and counted", "heapreplay-trace(5)", {"anomalies"}},
    {"insights", "what stands out: rules of the sentences", "heapreplay-metrics(5)", {"insights"}},
    {"layers", "what the heap is made of: --layers", "heapreplay-metrics(5)", {"layers"}},
    {"keys", "keys of watch", "heapreplay-watch(1)", {"keys"}},
};

enum { NTOPICS = sizeof(topics) / sizeof(topics[0]) };

/* Words in lines that begin at `indent`. */
struct filled {
	const struct hr_page *page;
	unsigned at, indent;
};

static void end_line(struct filled *f)
{
	if (f->at > 0)
		fputc('\n', f->page->out);
	f->at = 0;
}

static void put_words(struct filled *f, const char *text)
{
	while (*text != '\0') {
		unsigned n = (unsigned)strcspn(text, " ");

		if (f->at > 0 && f->at + 1 + n > f->page->columns)
			end_line(f);
		f->at += (unsigned)hr_print(f->page->out, "%*s%.*s", f->at > 0 ? 1 : (int)f->indent, "", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
}

/* Of an ".It": "Cm key Ns = Ns Ar 5" is "key=5". */
static void put_tag(struct filled *f, const char *text)
{
	const char *equals = strstr(text, " Ns = Ns Ar ");

	if (strncmp(text, "Va ", 3) == 0 || strncmp(text, "Cm ", 3) == 0)
		text += 3;
	end_line(f);
	if (equals != NULL)
		hr_print(f->page->out, "%*s%.*s=%s\n", (int)f->indent - 4, "", (int)(equals - text), text, equals + 12);
	else
		hr_print(f->page->out, "%*s%s\n", (int)f->indent - 4, "", text);
}

static void put_line(struct filled *f, const char *line)
{
	if (strncmp(line, ".It ", 4) == 0) {
		put_tag(f, line + 4);
	} else if (strncmp(line, ".Bl", 3) == 0 || strncmp(line, ".El", 3) == 0) {
		end_line(f);
		f->indent = line[1] == 'B' ? f->indent + 4 : f->indent - 4;
	} else {
		put_words(f, strncmp(line, "\\&", 2) == 0 ? line + 2 : line);
	}
}

/* False: out of memory. */
static bool print_list(const struct hr_page *page, const char *name)
{
	struct filled f = {.page = page, .indent = 6};
	char *text = NULL, *next;
	size_t size;
	FILE *out = hr_open_text(&text, &size);
	bool fine = out != NULL && cli_print_list(out, name);

	if (out != NULL)
		fine &= hr_close_text(out, &text);
	for (char *line = fine ? text : NULL; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		put_line(&f, line);
	}
	end_line(&f);
	free(text);
	return fine;
}

void cli_print_topics(FILE *out)
{
	for (size_t i = 0; i < NTOPICS; i++)
		hr_print(out, "  %-10s %s\n", topics[i].name, topics[i].summary);
}

bool cli_print_topic(FILE *out, const char *name, int *status)
{
	const struct hr_page page = cli_page(out);
	size_t i = 0;

	while (i < NTOPICS && strcmp(topics[i].name, name) != 0)
		i++;
	*status = CLI_DONE;
	if (i == NTOPICS)
		return false;
	hr_print(out, "heapreplay %s: %s\n\n", name, topics[i].summary);
	for (const char *const *list = topics[i].lists; *list != NULL; list++)
		if (!print_list(&page, *list)) {
			cli_warn(NULL, "out of memory");
			*status = CLI_FAILED;
		}
	for (size_t k = 0; topics[i].lists[0] == NULL && hr_format_name(k) != NULL; k++)
		hr_print(out, "  %s\n", hr_format_name(k));
	hr_print(out, "\nMore: %s\n", topics[i].manual);
	return true;
}
