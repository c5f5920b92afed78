/* SPDX-License-Identifier: BSD-3-Clause */
/* Advice as an engineer on call reads it, and as JSON. */
#include "config.h"

#include "info/advice.h"

#include "base/json.h"
#include "base/print.h"
#include "base/units.h"
#include "heap/gcpacer.h"
#include "report/damage.h"
#include "report/document.h"
#include "report/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT 512

/* --- settings and figures as text ---------------------------------------------- */

/* "GOGC=50 GOMEMLIMIT=460MiB" */
static const char *setting_text(char *buf, size_t size, const struct hr_advice_row *row)
{
	size_t n;

	if (row->gogc == HR_GOGC_OFF)
		n = (size_t)snprintf(buf, size, "GOGC=off");
	else
		n = (size_t)snprintf(buf, size, "GOGC=%" PRIu64, row->gogc);
	if (row->limit_bytes != UINT64_MAX && n < size)
		snprintf(buf + n, size - n, " GOMEMLIMIT=%" PRIu64 "MiB", row->limit_bytes >> 20);
	return buf;
}

static const char *value_text(char buf[HR_UNIT_BUF], enum hr_advice_what what, double value)
{
	switch (what) {
	case HR_ADVICE_CPU:
	case HR_ADVICE_ASSIST:
		snprintf(buf, HR_UNIT_BUF, value < 9.995 ? "%.2f %%" : "%.1f %%", value);
		return buf;
	case HR_ADVICE_STALL:
	case HR_ADVICE_LAG:
		return hr_format_ns(buf, (uint64_t)value);
	case HR_ADVICE_CYCLES:
		return hr_format_count(buf, (uint64_t)value);
	default:
		return hr_format_bytes(buf, (uint64_t)value);
	}
}

/* A value and its unit apart: "40.1" of "40.1 MiB". */
static size_t number_length(const char *text)
{
	return strcspn(text, " ");
}

/* "40.1 MiB (37.0 to 44.2)", the ends with units where theirs differ; "-" where it is not known. */
static const char *figure_text(char *buf, size_t size, const struct hr_advice_row *row, enum hr_advice_what what,
			       const char *to)
{
	const struct hr_advice_figure *f = &row->figures[what];
	char value[HR_UNIT_BUF], low[HR_UNIT_BUF], high[HR_UNIT_BUF];

	if (!f->known) {
		snprintf(buf, size, "-");
		return buf;
	}
	value_text(value, what, f->value);
	if (f->high <= f->low) {
		snprintf(buf, size, "%s", value);
		return buf;
	}
	value_text(low, what, f->low);
	value_text(high, what, f->high);
	if (strcmp(low + number_length(low), value + number_length(value)) == 0 &&
	    strcmp(high + number_length(high), value + number_length(value)) == 0)
		low[number_length(low)] = high[number_length(high)] = '\0';
	snprintf(buf, size, "%s (%s%s%s)", value, low, to, high);
	return buf;
}

/* --- sentences ------------------------------------------------------------------ */

/* "p99 38.0 MiB, peak 38.5 MiB", or in one where both are alike; *text has TEXT bytes. */
static const char *memory_text(char *text, const struct hr_advice_row *row)
{
	char p99[TEXT / 3], peak[TEXT / 3];

	figure_text(p99, sizeof(p99), row, HR_ADVICE_P99, " to ");
	figure_text(peak, sizeof(peak), row, HR_ADVICE_PEAK, " to ");
	if (strcmp(p99, peak) == 0)
		snprintf(text, TEXT, "p99 and peak of retained memory %s", p99);
	else
		snprintf(text, TEXT, "p99 of retained memory %s, peak %s", p99, peak);
	return text;
}

static const char *cpu_text(char *text, const struct hr_advice_row *row)
{
	char cpu[TEXT / 2] = "an unknown part";

	if (row->figures[HR_ADVICE_CPU].known)
		figure_text(cpu, sizeof(cpu), row, HR_ADVICE_CPU, " to ");
	snprintf(text, TEXT, "GC %s of the CPU", cpu);
	return text;
}

static void say_today(char *text, size_t size, const struct hr_advice *a)
{
	char setting[TEXT], memory[TEXT], cpu[TEXT];

	if (a->risks[HR_RISK_UNKNOWN])
		snprintf(setting, sizeof(setting), "a GOGC that the trace does not show");
	else
		setting_text(setting, sizeof(setting), &a->today);
	snprintf(text, size, "Recorded with %s: %s, %s.", setting, memory_text(memory, &a->today),
		 cpu_text(cpu, &a->today));
}

/* " in 512 MiB, 5.00 MiB of them outside the heap"; empty where no memory is given. */
static const char *room_text(char text[192], const struct hr_advice *a)
{
	char memory[HR_UNIT_BUF], other[HR_UNIT_BUF];

	text[0] = '\0';
	if (a->asked.memory_bytes != 0)
		snprintf(text, 192, " in %s%s, %s of them outside the heap",
			 hr_format_bytes(memory, a->asked.memory_bytes),
			 a->memory_noted ? " (the recorded program's control group)" : "",
			 hr_format_bytes(other, a->other_bytes));
	return text;
}

/* Whoever keeps GOGC can have the limit of the memory that is given all the same. */
static void say_limit(char *text, size_t size, const struct hr_advice *a)
{
	for (size_t i = 0; i < a->nrows; i++)
		if (a->rows[i].gogc == a->today.gogc && a->rows[i].fits && hr_advice_limit_is_free(a, &a->rows[i]))
			snprintf(text, size,
				 " Set GOMEMLIMIT=%" PRIu64 "MiB beside it: the recorded load stays below, and where "
				 "more load does not, the GC works harder first.",
				 a->rows[i].limit_bytes >> 20);
}

/* Today's stays: because it is the best, or because nothing is surely better. */
static void say_keep(char *text, size_t size, const struct hr_advice *a)
{
	const struct hr_advice_row *row = &a->rows[a->nearest];
	char today[TEXT], other[TEXT], memory[TEXT], cpu[TEXT], room[192];

	setting_text(today, sizeof(today), &a->today);
	setting_text(other, sizeof(other), row);
	room_text(room, a);
	if (row->gogc == a->today.gogc && row->cheap)
		snprintf(text, size,
			 "Keep GOGC=%" PRIu64
			 ": of the settings that surely hold the GC below %g %% of the CPU%s%s, none needs "
			 "less memory.",
			 row->gogc, a->asked.gc_cpu_percent, room[0] != '\0' ? " and fit" : "", room);
	else if (row->gogc == a->today.gogc)
		snprintf(text, size,
			 "Keep GOGC=%" PRIu64
			 ": nothing that was tried%s%s is sure to hold the GC below %g %% of the CPU, "
			 "and this comes nearest.",
			 row->gogc, room[0] != '\0' ? " and fits" : "", room, a->asked.gc_cpu_percent);
	else
		snprintf(text, size, "Keep %s. The best other setting%s, %s, is not sure to save memory: %s, %s.",
			 a->risks[HR_RISK_UNKNOWN] ? "it" : today, room, other, memory_text(memory, row),
			 cpu_text(cpu, row));
	say_limit(text + strlen(text), size - strlen(text), a);
}

static void say_use(char *text, size_t size, const struct hr_advice *a)
{
	const struct hr_advice_row *row = &a->rows[a->nearest];
	char setting[TEXT], memory[TEXT], cpu[TEXT], room[192];

	setting_text(setting, sizeof(setting), row);
	memory_text(memory, row);
	cpu_text(cpu, row);
	room_text(room, a);
	if (a->use == a->nrows)
		snprintf(
		    text, size,
		    "No setting that was tried is sure to fit%s. %s comes nearest: %s, %s. Give it more memory, or "
		    "make sure with a better recording.",
		    room, setting, memory, cpu);
	else if (a->keep)
		say_keep(text, size, a);
	else if (!row->cheap)
		snprintf(
		    text, size,
		    "No setting that was tried%s%s is sure to hold the GC below %g %% of the CPU. %s comes nearest: "
		    "%s, %s.",
		    room[0] != '\0' ? " and fits" : "", room, a->asked.gc_cpu_percent, setting, memory, cpu);
	else
		snprintf(text, size,
			 "Use %s. Of the settings that surely hold the GC below %g %% of the CPU%s%s, it needs the "
			 "least memory: "
			 "%s, %s.",
			 setting, a->asked.gc_cpu_percent, room[0] != '\0' ? " and fit" : "", room, memory, cpu);
}

/* How to know more, by what is not known. */
static const char *what_to_record(const struct hr_advice *a)
{
	if (a->use == a->nrows || a->risks[HR_RISK_WIDE] || a->risks[HR_RISK_MODEL])
		return "To be surer, record under GOGC=25, for as long and under the same load: more cycles show when "
		       "objects die.";
	if (a->risks[HR_RISK_SHORT])
		return "To be surer, record for longer: thirty cycles or more.";
	if (a->risks[HR_RISK_LEAK] || a->risks[HR_RISK_PEAK])
		return "To be surer, record until memory stops growing.";
	return "To be surer, record at the highest load that is to be expected.";
}

/* False: that is no risk here. */
static bool say_risk(char *text, size_t size, const struct hr_advice *a, enum hr_advice_risk_kind kind)
{
	char x[HR_UNIT_BUF], y[HR_UNIT_BUF], z[HR_UNIT_BUF];

	if (!a->risks[kind])
		return false;
	switch (kind) {
	case HR_RISK_LEAK:
		snprintf(
		    text, size,
		    "A leak may be in sight: what survives a cycle grew from %s to %s over the last two thirds. If "
		    "that goes on no setting holds.",
		    hr_format_bytes(x, a->live_first), hr_format_bytes(y, a->live_last));
		break;
	case HR_RISK_SHORT:
		snprintf(text, size, "The recording is short: %zu GC %s in %s.", a->cycles,
			 a->cycles == 1 ? "cycle" : "cycles", hr_format_ns(x, a->duration_ns));
		break;
	case HR_RISK_PEAK:
		snprintf(
		    text, size, "The most was in use at the end (%s at %s of %s): the peak may not have been recorded.",
		    hr_format_bytes(x, a->peak_bytes), hr_format_ns(y, a->peak_ns), hr_format_ns(z, a->duration_ns));
		break;
	case HR_RISK_WIDE:
		snprintf(text, size, "The error bars of p99 are wider than 20 %%.");
		break;
	case HR_RISK_SPIRAL:
		snprintf(text, size,
			 "A memory limit below %s leaves no room above what lives: cycles would follow one another "
			 "(a death spiral).",
			 hr_format_bytes(x, a->spiral_bytes));
		break;
	case HR_RISK_LOAD:
		snprintf(text, size,
			 "All this is for the recorded load, with its peak of %s in use at %s of %s: more load needs "
			 "more memory and more CPU.",
			 hr_format_bytes(x, a->peak_bytes), hr_format_ns(y, a->peak_ns),
			 hr_format_ns(z, a->duration_ns));
		break;
	case HR_RISK_UNKNOWN:
		snprintf(text, size, "The trace's own cycles do not show its GOGC: 100 was taken.");
		break;
	case HR_RISK_MODEL:
		snprintf(
		    text, size,
		    "The model misses the recording itself: its p99 at the recorded setting is %+.0f %% off. The error "
		    "bars above allow for that.",
		    100 / a->recorded_ratio[HR_ADVICE_P99] - 100);
		break;
	case HR_RISKS:
		return false;
	}
	return true;
}

/* --- text ----------------------------------------------------------------------- */

static const struct column {
	const char *heading, *name;
	enum hr_advice_what what;
	unsigned rank;
} columns[] = {
    {"p99 retained", "retained_p99_bytes", HR_ADVICE_P99, 1},
    {"peak", "retained_peak_bytes", HR_ADVICE_PEAK, 3},
    {"GC CPU", "gc_cpu_percent", HR_ADVICE_CPU, 2},
    {"assists", "gc_assist_percent", HR_ADVICE_ASSIST, 4},
    {"stall", "worst_stall_ns", HR_ADVICE_STALL, 7},
    {"lag90", "lag_90_ns", HR_ADVICE_LAG, 5},
    {"cycles", "gc_cycles", HR_ADVICE_CYCLES, 6},
};

#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *best_verdict(const struct hr_advice *a, const struct hr_advice_row *row)
{
	if (a->use == a->nrows)
		return "nearest";
	if (a->keep)
		return row->gogc == a->today.gogc ? "keep this" : "no better";
	return row->cheap ? "use this" : "nearest";
}

/* *text: where a verdict with the share that was asked for is written. */
static const char *verdict(const struct hr_advice *a, const struct hr_advice_row *row, char text[32])
{
	if (row->today)
		return "recorded";
	if (row->spiral)
		return "death spiral";
	if (!row->fits)
		return "may not fit";
	if (row == &a->rows[a->nearest])
		return best_verdict(a, row);
	if (row->cheap)
		return "fits";
	snprintf(text, 32, "GC may pass %g %%", a->asked.gc_cpu_percent);
	return text;
}

/* The limit that is asked for is said once, above the table, which has no room for it. */
static void add_row(struct hr_table *t, const struct hr_advice *a, const struct hr_advice_row *row)
{
	struct hr_advice_row shown = *row;
	char text[TEXT], room[32];

	if (!row->today)
		shown.limit_bytes = UINT64_MAX;
	if (row->today && a->risks[HR_RISK_UNKNOWN])
		hr_table_cell(t, "as recorded", NULL, HR_MARK_NONE);
	else
		hr_table_cell(t, setting_text(text, sizeof(text), &shown), NULL, HR_MARK_NONE);
	hr_table_cell(t, verdict(a, row, room), NULL, HR_MARK_NONE);
	for (size_t i = 0; i < NCOLUMNS; i++)
		hr_table_cell(t, figure_text(text, sizeof(text), row, columns[i].what, "-"), NULL, HR_MARK_NONE);
}

void hr_advice_text(const struct hr_page *p, const struct hr_advice *a)
{
	const uint64_t limit_bytes = a->nrows > 0 ? a->rows[0].limit_bytes : UINT64_MAX;
	const struct hr_damage damage = hr_damage_of(&a->stats);
	char text[4 * TEXT], lost[HR_DAMAGE_BUF];
	struct hr_table t;

	hr_page_text(p, 0, "%s", a->path);
	if (hr_damaged(&damage))
		hr_page_text(p, 0, "DAMAGED: %s; the figures are those of what is left", hr_damage_text(lost, &damage));
	say_today(text, sizeof(text), a);
	hr_page_text(p, 0, "%s", text);
	say_use(text, sizeof(text), a);
	hr_page_text(p, 0, "%s", text);
	fputc('\n', p->out);
	hr_table_init(&t);
	hr_table_column(&t, "setting", "setting", true, 0);
	hr_table_column(&t, "", "verdict", true, 0);
	for (size_t i = 0; i < NCOLUMNS; i++)
		hr_table_column(&t, columns[i].heading, columns[i].name, false, columns[i].rank);
	if (limit_bytes != UINT64_MAX)
		hr_page_text(p, 0, "All but the first row with GOMEMLIMIT=%" PRIu64 "MiB:", limit_bytes >> 20);
	add_row(&t, a, &a->today);
	for (size_t i = 0; i < a->nrows; i++)
		add_row(&t, a, &a->rows[i]);
	hr_table_text(&t, p, "COLUMNS=200 shows all", NULL);
	hr_table_release(&t);
	fputc('\n', p->out);
	for (int kind = 0; kind < HR_RISKS; kind++)
		if (say_risk(text, sizeof(text), a, (enum hr_advice_risk_kind)kind))
			hr_page_text(p, 0, "- %s", text);
	hr_page_text(p, 0, "- %s", what_to_record(a));
}

/* --- JSON ------------------------------------------------------------------------ */

static json_t *figure_json(const struct hr_advice_figure *f, enum hr_advice_what what)
{
	bool percent = what == HR_ADVICE_CPU || what == HR_ADVICE_ASSIST;

#define NUMBER(x) (percent ? hr_json_real(x) : hr_json_count((uint64_t)(x)))
	if (!f->known)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "value", NUMBER(f->value), "low", NUMBER(f->low), "high", NUMBER(f->high));
#undef NUMBER
}

static json_t *row_json(const struct hr_advice *a, const struct hr_advice_row *row)
{
	bool unknown = row->today && a->risks[HR_RISK_UNKNOWN];
	json_t *o = json_pack("{s:o, s:o, s:b, s:b, s:b}", "gogc", unknown ? json_null() : hr_document_bytes(row->gogc),
			      "memory_limit_bytes", hr_document_bytes(row->limit_bytes), "fits", row->fits,
			      "within_gc_cpu", row->cheap, "death_spiral", row->spiral);

	for (size_t i = 0; i < NCOLUMNS; i++)
		hr_json_put(&o, columns[i].name, figure_json(&row->figures[columns[i].what], columns[i].what));
	return o;
}

static json_t *risks_json(const struct hr_advice *a)
{
	static const char *const kinds[HR_RISKS] = {
	    [HR_RISK_LEAK] = "leak",
	    [HR_RISK_SHORT] = "short_recording",
	    [HR_RISK_PEAK] = "peak_at_the_end",
	    [HR_RISK_WIDE] = "wide",
	    [HR_RISK_SPIRAL] = "death_spiral",
	    [HR_RISK_LOAD] = "recorded_load",
	    [HR_RISK_UNKNOWN] = "gogc_unknown",
	    [HR_RISK_MODEL] = "model_error",
	};
	json_t *list = json_array();
	char text[TEXT];

	for (int kind = 0; kind < HR_RISKS; kind++)
		if (say_risk(text, sizeof(text), a, (enum hr_advice_risk_kind)kind))
			hr_json_add(&list, json_pack("{s:s, s:o}", "kind", kinds[kind], "text", hr_json_text(text)));
	return list;
}

json_t *hr_advice_json(const struct hr_advice *a)
{
	const char *slash = strrchr(a->path, '/');
	json_t *d = hr_document_new(), *rows = json_array();
	char text[4 * TEXT];
	size_t n;

	say_today(text, sizeof(text) / 2, a);
	n = strlen(text);
	text[n++] = ' ';
	say_use(text + n, sizeof(text) - n, a);
	for (size_t i = 0; i < a->nrows; i++)
		hr_json_add(&rows, row_json(a, &a->rows[i]));
	hr_json_put(&d, "trace", hr_json_text(slash != NULL ? slash + 1 : a->path));
	hr_json_put(&d, "cut", json_boolean(a->stats.cut));
	hr_json_put(&d, "lost_blocks", hr_json_count(a->stats.anomalies[HR_ANOMALY_LOST_BLOCK]));
	hr_json_put(&d, "memory_bytes",
		    a->asked.memory_bytes != 0 ? hr_json_count(a->asked.memory_bytes) : json_null());
	hr_json_put(&d, "memory_noted", json_boolean(a->memory_noted));
	hr_json_put(&d, "other_memory_bytes", hr_json_count(a->other_bytes));
	hr_json_put(&d, "gc_cpu_percent", hr_json_real(a->asked.gc_cpu_percent));
	hr_json_put(&d, "text", hr_json_text(text));
	hr_json_put(&d, "recorded", row_json(a, &a->today));
	hr_json_put(&d, "use", a->use < a->nrows ? hr_json_count(a->use) : json_null());
	hr_json_put(&d, "keep", json_boolean(a->keep));
	hr_json_put(&d, "settings", rows);
	hr_json_put(&d, "risks", risks_json(a));
	hr_json_put(&d, "record", hr_json_text(what_to_record(a)));
	return d;
}
