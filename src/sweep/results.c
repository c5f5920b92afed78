/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "sweep/results.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/print.h"
#include "report/metrics.h"
#include "report/table.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APPLICATION_ID 0x68727377 /* "hrsw" */
#define VERSION 1		  /* of tables and views */
#define BUSY_MS (10 * 60 * 1000)
#define MOST_CELL_BYTES (16 << 20)
#define MAGIC "SQLite format 3"

/* Columns of runs before those of metrics. */
static const struct column {
	const char *name, *type;
} columns[] = {
    {"trace_id", "TEXT"},
    {"path", "TEXT NOT NULL"},
    {"heapreplay", "TEXT NOT NULL"},
    {"settings_hash", "TEXT NOT NULL"},
    {"status", "TEXT NOT NULL"}, /* ok, failed */
    {"message", "TEXT"},
    {"own", "INTEGER"}, /* the recorded program's own setting */
    {"gc", "TEXT"},
    {"gogc", ""}, /* a number, or 'off' */
    {"gogc_learned", "INTEGER"},
    {"memory_limit", "TEXT"}, /* as asked for: '80%' */
    {"percent_of_bytes", "INTEGER"},
    {"memory_limit_bytes", "INTEGER"},
    {"policy", "TEXT"},
    {"policy_name", "TEXT"},
    {"parameters", "TEXT"},
    {"knows_future", "INTEGER"},
    {"inactive", "INTEGER"},
    {"procs", "INTEGER"},
    {"placement", "TEXT"},
    {"span_cache", "TEXT"},
    {"clock", "TEXT"},
    {"format", "TEXT"},
    {"program", "TEXT"},
    {"events", "INTEGER"},
    {"cut", "INTEGER"},
    {"settings", "TEXT"}, /* JSON: every setting in force, as in documents */
};

#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

struct hr_results {
	sqlite3 *db;
	sqlite3_stmt *insert, *has, *keep_path;
	size_t ncolumns;
	char (*names)[80]; /* of all columns of runs that this version writes */
	bool asked;
};

static enum hr_status fail(struct hr_results *r, struct hr_error *err)
{
	int why = r->db != NULL ? sqlite3_errcode(r->db) : SQLITE_NOMEM;

	if ((why & 0xff) == SQLITE_NOMEM)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	return hr_error_set(err, HR_EIO, "the database: %s", sqlite3_errmsg(r->db));
}

/* SQL without values and results. */
static enum hr_status run(struct hr_results *r, const char *sql, struct hr_error *err)
{
	return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK ? HR_OK : fail(r, err);
}

/* The same, built by sqlite3_str; takes it over. */
static enum hr_status run_built(struct hr_results *r, sqlite3_str *s, struct hr_error *err)
{
	char *sql = sqlite3_str_finish(s);
	enum hr_status status = sql != NULL ? run(r, sql, err) : hr_error_set(err, HR_ENOMEM, "out of memory");

	sqlite3_free(sql);
	return status;
}

static enum hr_status prepare(struct hr_results *r, const char *sql, sqlite3_stmt **s, struct hr_error *err)
{
	return sqlite3_prepare_v3(r->db, sql, -1, 0, s, NULL) == SQLITE_OK ? HR_OK : fail(r, err);
}

/* A number that a pragma has. */
static enum hr_status pragma(struct hr_results *r, const char *sql, int64_t *value, struct hr_error *err)
{
	sqlite3_stmt *s;
	enum hr_status status = prepare(r, sql, &s, err);

	if (status == HR_OK && sqlite3_step(s) == SQLITE_ROW)
		*value = sqlite3_column_int64(s, 0);
	else if (status == HR_OK)
		status = fail(r, err);
	sqlite3_finalize(s);
	return status;
}

/* A column of text; "" where the database has none, as one that others have made may. */
static const char *text_at(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text != NULL ? text : "";
}

/* --- tables ----------------------------------------------------------------- */

static bool has_bounds(const struct hr_metric *m)
{
	return m->of == HR_METRIC_POLICY || m->of == HR_METRIC_OBJECTS;
}

static bool name_columns(struct hr_results *r)
{
	r->names = hr_calloc(NCOLUMNS + 3 * hr_nmetrics, sizeof(*r->names));
	if (r->names == NULL)
		return false;
	for (size_t i = 0; i < NCOLUMNS; i++)
		snprintf(r->names[r->ncolumns++], sizeof(*r->names), "%s", columns[i].name);
	for (size_t i = 0; i < hr_nmetrics; i++) {
		snprintf(r->names[r->ncolumns++], sizeof(*r->names), "%s", hr_metrics[i].name);
		if (!has_bounds(&hr_metrics[i]))
			continue;
		snprintf(r->names[r->ncolumns++], sizeof(*r->names), "%s_low", hr_metrics[i].name);
		snprintf(r->names[r->ncolumns++], sizeof(*r->names), "%s_high", hr_metrics[i].name);
	}
	return true;
}

static bool is_column(struct hr_results *r, const char *schema, const char *name)
{
	char table[32];

	snprintf(table, sizeof(table), "%s", schema);
	return sqlite3_table_column_metadata(r->db, table, "runs", name, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static const char *type_of(size_t column)
{
	return column < NCOLUMNS ? columns[column].type : "";
}

/* A database of an earlier version lacks metrics that are new. */
static enum hr_status add_columns(struct hr_results *r, struct hr_error *err)
{
	for (size_t i = 0; i < r->ncolumns; i++) {
		sqlite3_str *s;

		if (is_column(r, "main", r->names[i]))
			continue;
		s = sqlite3_str_new(r->db);
		sqlite3_str_appendf(s, "ALTER TABLE runs ADD COLUMN \"%w\" %s", r->names[i], type_of(i));
		HR_TRY(run_built(r, s, err));
	}
	return HR_OK;
}

/*
 * In the database for whoever opens it, and in the temporary schema ("temp"), whose names come first, for us: what the
 * views of a database from elsewhere ask may take for ever.
 */
static enum hr_status make_views(struct hr_results *r, const char *schema, struct hr_error *err)
{
	sqlite3_str *s = sqlite3_str_new(r->db);

	for (size_t i = 0; i < HR_RESULTS_VIEWS; i++)
		sqlite3_str_appendf(s, "DROP VIEW IF EXISTS %s.%s; CREATE VIEW %s.%s AS %s;", schema,
				    hr_results_views[i].name, schema, hr_results_views[i].name,
				    hr_results_views[i].select);
	return run_built(r, s, err);
}

static enum hr_status make_tables(struct hr_results *r, struct hr_error *err)
{
	sqlite3_str *s = sqlite3_str_new(r->db);

	sqlite3_str_appendall(s, "CREATE TABLE IF NOT EXISTS traces (path TEXT PRIMARY KEY, size INTEGER, "
				 "mtime_ns INTEGER, trace_id TEXT, peak_bytes INTEGER) WITHOUT ROWID;"
				 "CREATE TABLE IF NOT EXISTS runs (");
	for (size_t i = 0; i < r->ncolumns; i++)
		sqlite3_str_appendf(s, "%s\"%w\" %s", i > 0 ? ", " : "", r->names[i], type_of(i));
	/* A trace that could not be read has no id; its rows are found by path. */
	sqlite3_str_appendf(s,
			    ");CREATE UNIQUE INDEX IF NOT EXISTS run ON runs (trace_id, settings_hash, heapreplay);"
			    "CREATE INDEX IF NOT EXISTS run_path ON runs (path);"
			    "PRAGMA application_id = %d; PRAGMA user_version = %d;",
			    APPLICATION_ID, VERSION);
	HR_TRY(run_built(r, s, err));
	HR_TRY(add_columns(r, err));
	return make_views(r, "main", err);
}

/*
 * What it holds beside rows runs nothing: its triggers are off, its tables are tables without columns that are
 * computed, and its views are not asked (make_views).
 */
static enum hr_status check_tables(struct hr_results *r, struct hr_error *err)
{
	int64_t others = 0;

	HR_TRY(pragma(r,
		      "SELECT (SELECT count(*) FROM sqlite_master WHERE lower(name) IN ('runs', 'traces') AND "
		      "(type <> 'table' OR sql LIKE 'CREATE VIRTUAL%')) + "
		      "(SELECT count(*) FROM pragma_table_xinfo('runs') WHERE hidden <> 0) + "
		      "(SELECT count(*) FROM pragma_table_xinfo('traces') WHERE hidden <> 0)",
		      &others, err));
	return others == 0 ? HR_OK : hr_error_set(err, HR_EINPUT, "its tables are not those of heapreplay sweep");
}

/* Whose database is it? *ours: it has our tables. */
static enum hr_status check(struct hr_results *r, bool *ours, struct hr_error *err)
{
	int64_t application = 0, version = 0, pages = 0;

	HR_TRY(pragma(r, "PRAGMA application_id", &application, err));
	HR_TRY(pragma(r, "PRAGMA user_version", &version, err));
	HR_TRY(pragma(r, "SELECT count(*) FROM sqlite_master", &pages, err));
	*ours = application == APPLICATION_ID;
	if (!*ours && pages > 0)
		return hr_error_set(err, HR_EINPUT, "it is another program's database, not one of heapreplay sweep");
	if (*ours && version > VERSION)
		return hr_error_set(err, HR_EINPUT, "a later version of heapreplay made this database");
	return *ours ? check_tables(r, err) : HR_OK;
}

/* Rows whose index or pages are damaged would be left out, and no one told. */
static enum hr_status check_whole(struct hr_results *r, struct hr_error *err)
{
	sqlite3_stmt *s;
	enum hr_status status = prepare(r, "PRAGMA integrity_check(1)", &s, err);

	if (status == HR_OK && sqlite3_step(s) != SQLITE_ROW)
		status = fail(r, err);
	else if (status == HR_OK && strcmp(text_at(s, 0), "ok") != 0)
		status = hr_error_set(err, HR_EINPUT, "it is damaged: %s", text_at(s, 0));
	sqlite3_finalize(s);
	return status;
}

static bool is_complete(struct hr_results *r)
{
	for (size_t i = 0; i < r->ncolumns; i++)
		if (!is_column(r, "main", r->names[i]))
			return false;
	return true;
}

/* Several programs may find that there is nothing yet: one of them makes it. */
static enum hr_status set_up(struct hr_results *r, struct hr_error *err)
{
	bool ours = false;
	enum hr_status status;

	HR_TRY(check(r, &ours, err));
	if (ours && is_complete(r))
		return HR_OK;
	HR_TRY(run(r, "BEGIN IMMEDIATE", err));
	status = make_tables(r, err);
	if (status == HR_OK)
		return run(r, "COMMIT", err);
	sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

static enum hr_status open_reader(struct hr_results *r, struct hr_error *err)
{
	bool ours = false;

	HR_TRY(check(r, &ours, err));
	if (!ours)
		return hr_error_set(err, HR_EINPUT, "it is empty; heapreplay sweep fills it");
	return check_whole(r, err);
}

/* Before anything is read. */
static void distrust(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
#ifdef SQLITE_DBCONFIG_TRUSTED_SCHEMA
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
#endif
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, MOST_CELL_BYTES);
	sqlite3_busy_timeout(db, BUSY_MS);
}

static enum hr_status open_all(struct hr_results *r, const char *path, enum hr_results_mode mode, struct hr_error *err)
{
	int flags = mode == HR_RESULTS_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;

	if (!name_columns(r))
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	if (sqlite3_open_v2(path, &r->db, flags, NULL) != SQLITE_OK)
		return fail(r, err);
	distrust(r->db);
	HR_TRY(mode == HR_RESULTS_READ ? open_reader(r, err) : set_up(r, err));
	HR_TRY(make_views(r, "temp", err));
	if (mode == HR_RESULTS_READ)
		return HR_OK;
	return run(r,
		   "CREATE TEMP TABLE asked (path TEXT, trace_id TEXT, settings_hash TEXT, heapreplay TEXT);"
		   "CREATE INDEX temp.asked_run ON asked (trace_id, settings_hash, heapreplay);"
		   "CREATE INDEX temp.asked_path ON asked (path, settings_hash, heapreplay)",
		   err);
}

enum hr_status hr_results_open(const char *path, enum hr_results_mode mode, struct hr_results **results,
			       struct hr_error *err)
{
	struct hr_results *r = hr_calloc(1, sizeof(*r));
	enum hr_status status = HR_ENOMEM;

	*results = NULL;
	if (r != NULL)
		status = open_all(r, path, mode, err);
	else
		hr_error_set(err, HR_ENOMEM, "out of memory");
	if (status == HR_OK)
		*results = r;
	else if (r != NULL)
		hr_results_close(r);
	return status;
}

void hr_results_close(struct hr_results *r)
{
	if (r == NULL)
		return;
	sqlite3_finalize(r->insert);
	sqlite3_finalize(r->has);
	sqlite3_finalize(r->keep_path);
	sqlite3_close(r->db);
	free(r->names);
	free(r);
}

bool hr_results_looks_so(const char *path)
{
	char head[sizeof(MAGIC)] = "";
	int fd = strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	bool is =
	    fd >= 0 && read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) && memcmp(head, MAGIC, sizeof(head)) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

/* --- values ----------------------------------------------------------------- */

static int bind(sqlite3_stmt *s, int at, const json_t *v)
{
	switch (v != NULL ? json_typeof(v) : JSON_NULL) {
	case JSON_INTEGER:
		return sqlite3_bind_int64(s, at, json_integer_value(v));
	case JSON_REAL:
		return sqlite3_bind_double(s, at, json_real_value(v));
	case JSON_TRUE:
	case JSON_FALSE:
		return sqlite3_bind_int(s, at, json_is_true(v));
	case JSON_STRING:
		return sqlite3_bind_text(s, at, json_string_value(v), -1, SQLITE_TRANSIENT);
	default:
		return sqlite3_bind_null(s, at);
	}
}

/* The texts stay until the statement has run: no copy of them, which could fail and leave a NULL. */
static void bind_texts(sqlite3_stmt *s, const char *const *texts, int n)
{
	for (int i = 0; i < n; i++)
		sqlite3_bind_text(s, i + 1, texts[i], -1, SQLITE_STATIC);
}

static json_t *value_of(sqlite3_stmt *s, int at)
{
	switch (sqlite3_column_type(s, at)) {
	case SQLITE_INTEGER:
		return json_integer(sqlite3_column_int64(s, at));
	case SQLITE_FLOAT:
		return hr_json_real(sqlite3_column_double(s, at));
	case SQLITE_TEXT:
		return hr_json_text((const char *)sqlite3_column_text(s, at));
	default:
		return json_null();
	}
}

/* Runs it to its end; it can be used again. */
static enum hr_status finish(struct hr_results *r, sqlite3_stmt *s, struct hr_error *err)
{
	enum hr_status status = HR_OK;
	int got;

	while ((got = sqlite3_step(s)) == SQLITE_ROW)
		;
	if (got != SQLITE_DONE)
		status = fail(r, err);
	sqlite3_reset(s);
	return status;
}

/* --- traces ----------------------------------------------------------------- */

enum hr_status hr_results_find_trace(struct hr_results *r, struct hr_results_trace *t, struct hr_error *err)
{
	sqlite3_stmt *s;
	enum hr_status status = prepare(
	    r, "SELECT trace_id, peak_bytes FROM traces WHERE path = ?1 AND size = ?2 AND mtime_ns = ?3", &s, err);
	int got;

	if (status != HR_OK)
		return status;
	bind_texts(s, &t->path, 1);
	sqlite3_bind_int64(s, 2, t->size);
	sqlite3_bind_int64(s, 3, t->mtime_ns);
	got = sqlite3_step(s);
	if (got == SQLITE_ROW) {
		snprintf(t->id, sizeof(t->id), "%s", text_at(s, 0));
		t->peak_bytes = (uint64_t)sqlite3_column_int64(s, 1);
	} else if (got != SQLITE_DONE) {
		status = fail(r, err);
	}
	sqlite3_finalize(s);
	return status;
}

enum hr_status hr_results_put_trace(struct hr_results *r, const struct hr_results_trace *t, struct hr_error *err)
{
	sqlite3_stmt *s;
	enum hr_status status = prepare(
	    r, "INSERT OR REPLACE INTO traces (path, trace_id, size, mtime_ns, peak_bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
	    &s, err);

	if (status != HR_OK)
		return status;
	bind_texts(s, (const char *const[]){t->path, t->id}, 2);
	sqlite3_bind_int64(s, 3, t->size);
	sqlite3_bind_int64(s, 4, t->mtime_ns);
	sqlite3_bind_int64(s, 5, (int64_t)t->peak_bytes);
	status = finish(r, s, err);
	sqlite3_finalize(s);
	if (status != HR_OK)
		return status;
	/* The trace has been read now: remove the rows which say that it could not be. */
	HR_TRY(prepare(r, "DELETE FROM runs WHERE trace_id IS NULL AND path = ?1", &s, err));
	bind_texts(s, &t->path, 1);
	status = finish(r, s, err);
	sqlite3_finalize(s);
	return status;
}

/* --- runs ------------------------------------------------------------------- */

enum hr_status hr_results_has(struct hr_results *r, const char *trace_id, const char *path, const char *setting_id,
			      const char *version, bool well, bool *has, struct hr_error *err)
{
	bool rename = false;
	int got;

	*has = false;
	if (r->has == NULL)
		HR_TRY(prepare(r,
			       "SELECT path, status FROM runs WHERE trace_id = ?1 AND settings_hash = ?2 "
			       "AND heapreplay = ?3",
			       &r->has, err));
	bind_texts(r->has, (const char *const[]){trace_id, setting_id, version}, 3);
	got = sqlite3_step(r->has);
	if (got == SQLITE_ROW) {
		*has = !well || strcmp(text_at(r->has, 1), "ok") == 0;
		rename = strcmp(path, text_at(r->has, 0)) < 0;
	}
	sqlite3_reset(r->has);
	if (got != SQLITE_ROW && got != SQLITE_DONE)
		return fail(r, err);
	if (!rename)
		return HR_OK;
	if (r->keep_path == NULL)
		HR_TRY(prepare(r,
			       "UPDATE runs SET path = ?4 WHERE trace_id = ?1 AND settings_hash = ?2 AND "
			       "heapreplay = ?3 AND path > ?4",
			       &r->keep_path, err));
	bind_texts(r->keep_path, (const char *const[]){trace_id, setting_id, version, path}, 4);
	return finish(r, r->keep_path, err);
}

static enum hr_status prepare_insert(struct hr_results *r, struct hr_error *err)
{
	sqlite3_str *s = sqlite3_str_new(r->db);
	enum hr_status status;
	char *sql;

	sqlite3_str_appendall(s, "INSERT OR REPLACE INTO runs (");
	for (size_t i = 0; i < r->ncolumns; i++)
		sqlite3_str_appendf(s, "%s\"%w\"", i > 0 ? ", " : "", r->names[i]);
	sqlite3_str_appendall(s, ") VALUES (");
	for (size_t i = 0; i < r->ncolumns; i++)
		sqlite3_str_appendall(s, i > 0 ? ", ?" : "?");
	sqlite3_str_appendall(s, ")");
	sql = sqlite3_str_finish(s);
	status = sql != NULL ? prepare(r, sql, &r->insert, err) : hr_error_set(err, HR_ENOMEM, "out of memory");
	sqlite3_free(sql);
	return status;
}

/* Whatever is there of a trace that could not be read, of that setting. */
static enum hr_status forget_unread(struct hr_results *r, const json_t *row, struct hr_error *err)
{
	sqlite3_stmt *s;
	enum hr_status status = prepare(
	    r, "DELETE FROM runs WHERE trace_id IS NULL AND path = ?1 AND settings_hash = ?2 AND heapreplay = ?3", &s,
	    err);

	if (status == HR_OK) {
		bind(s, 1, json_object_get(row, "path"));
		bind(s, 2, json_object_get(row, "settings_hash"));
		bind(s, 3, json_object_get(row, "heapreplay"));
		status = finish(r, s, err);
	}
	sqlite3_finalize(s);
	return status;
}

/* The path of the run that a row takes the place of; NULL: there is none. The caller frees it. */
static enum hr_status find_run(struct hr_results *r, const json_t *row, char **path, struct hr_error *err)
{
	sqlite3_stmt *s;
	enum hr_status status =
	    prepare(r, "SELECT path FROM runs WHERE trace_id = ?1 AND settings_hash = ?2 AND heapreplay = ?3", &s, err);

	*path = NULL;
	if (status == HR_OK) {
		bind(s, 1, json_object_get(row, "trace_id"));
		bind(s, 2, json_object_get(row, "settings_hash"));
		bind(s, 3, json_object_get(row, "heapreplay"));
		if (sqlite3_step(s) == SQLITE_ROW) {
			*path = strdup(text_at(s, 0));
			if (*path == NULL)
				status = hr_error_set(err, HR_ENOMEM, "out of memory");
		}
	}
	sqlite3_finalize(s);
	return status;
}

static enum hr_status put_row(struct hr_results *r, const json_t *row, struct hr_error *err)
{
	const char *path = json_string_value(json_object_get(row, "path"));
	char *first = NULL;
	enum hr_status status;

	HR_TRY(forget_unread(r, row, err));
	/* This is a known trace under another name, which only reading it has shown. */
	HR_TRY(find_run(r, row, &first, err));
	status = HR_OK;
	for (size_t i = 0; status == HR_OK && i < r->ncolumns; i++)
		if (bind(r->insert, (int)i + 1, json_object_get(row, r->names[i])) != SQLITE_OK)
			status = fail(r, err);
	/* The path is the second column. */
	if (status == HR_OK && first != NULL && path != NULL && strcmp(first, path) < 0 &&
	    sqlite3_bind_text(r->insert, 2, first, -1, SQLITE_TRANSIENT) != SQLITE_OK)
		status = fail(r, err);
	if (status == HR_OK)
		status = finish(r, r->insert, err);
	free(first);
	return status;
}

enum hr_status hr_results_put(struct hr_results *r, const json_t *rows, struct hr_error *err)
{
	enum hr_status status = HR_OK;
	const json_t *row;
	size_t i;

	if (r->insert == NULL)
		HR_TRY(prepare_insert(r, err));
	HR_TRY(run(r, "BEGIN IMMEDIATE", err));
	json_array_foreach(rows, i, row)
	{
		if (status == HR_OK)
			status = put_row(r, row, err);
	}
	if (status == HR_OK)
		status = run(r, "COMMIT", err);
	if (status != HR_OK)
		sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

/* --- merging ---------------------------------------------------------------- */

/* Columns that both have, with commas between. */
static void append_columns(struct hr_results *r, sqlite3_str *s)
{
	bool first = true;

	for (size_t i = 0; i < r->ncolumns; i++) {
		if (!is_column(r, "other", r->names[i]))
			continue;
		sqlite3_str_appendf(s, "%s\"%w\"", first ? "" : ", ", r->names[i]);
		first = false;
	}
}

static enum hr_status copy_runs(struct hr_results *r, struct hr_error *err)
{
	sqlite3_str *s = sqlite3_str_new(r->db);

	/* Successful results replace failed ones, and read traces replace unreadable ones. */
	sqlite3_str_appendall(
	    s,
	    "DELETE FROM main.runs WHERE status <> 'ok' AND EXISTS (SELECT 1 FROM other.runs AS o WHERE "
	    "o.trace_id = runs.trace_id AND o.settings_hash = runs.settings_hash AND o.heapreplay = runs.heapreplay);"
	    "DELETE FROM main.runs WHERE trace_id IS NULL AND EXISTS (SELECT 1 FROM other.runs AS o WHERE "
	    "o.path = runs.path AND o.settings_hash = runs.settings_hash AND o.heapreplay = runs.heapreplay);"
	    "INSERT INTO main.runs (");
	append_columns(r, s);
	sqlite3_str_appendall(s, ") SELECT ");
	append_columns(r, s);
	sqlite3_str_appendall(
	    s, " FROM other.runs AS o WHERE o.trace_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM main.runs AS m WHERE "
	       "m.path = o.path AND m.settings_hash = o.settings_hash AND m.heapreplay = o.heapreplay) "
	       "ON CONFLICT (trace_id, settings_hash, heapreplay) DO UPDATE SET path = min(path, excluded.path);"
	       "INSERT OR REPLACE INTO main.traces SELECT * FROM other.traces;");
	return run_built(r, s, err);
}

enum hr_status hr_results_merge(struct hr_results *r, const char *from, struct hr_error *err)
{
	struct hr_results *other;
	enum hr_status status;
	sqlite3_str *s;

	/* Check that the database was written by heapreplay. */
	HR_TRY(hr_results_open(from, HR_RESULTS_READ, &other, err));
	hr_results_close(other);
	s = sqlite3_str_new(r->db);
	sqlite3_str_appendf(s, "ATTACH %Q AS other", from);
	HR_TRY(run_built(r, s, err));
	status = run(r, "BEGIN IMMEDIATE", err);
	if (status == HR_OK) {
		status = copy_runs(r, err);
		if (status == HR_OK)
			status = run(r, "COMMIT", err);
		if (status != HR_OK)
			sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
	}
	sqlite3_exec(r->db, "DETACH other", NULL, NULL, NULL);
	return status;
}

/* --- reading ---------------------------------------------------------------- */

enum hr_status hr_results_ask(struct hr_results *r, const char *path, const char *trace_id, const char *setting_id,
			      const char *version, struct hr_error *err)
{
	sqlite3_stmt *s;
	enum hr_status status = prepare(r, "INSERT INTO temp.asked VALUES (?1, ?2, ?3, ?4)", &s, err);

	r->asked = true;
	if (status == HR_OK) {
		bind_texts(s, (const char *const[]){path, trace_id, setting_id, version}, 4);
		status = finish(r, s, err);
	}
	sqlite3_finalize(s);
	return status;
}

enum hr_status hr_results_query(struct hr_results *r, const char *sql, const char *a, const char *b,
				enum hr_status (*row)(void *ctx, json_t *const *values, size_t n,
						      const char *const *names, struct hr_error *err),
				void *ctx, struct hr_error *err)
{
	enum { MOST = 1024 };
	const char *names[MOST];
	json_t *values[MOST];
	enum hr_status status;
	sqlite3_stmt *s;
	int got = SQLITE_DONE;
	size_t n;

	HR_TRY(prepare(r, sql, &s, err));
	bind_texts(s, (const char *const[]){a, b}, sqlite3_bind_parameter_count(s));
	n = (size_t)sqlite3_column_count(s) < MOST ? (size_t)sqlite3_column_count(s) : MOST;
	for (size_t i = 0; i < n; i++)
		names[i] = sqlite3_column_name(s, (int)i);
	for (status = HR_OK; status == HR_OK && (got = sqlite3_step(s)) == SQLITE_ROW;) {
		for (size_t i = 0; i < n; i++) {
			values[i] = value_of(s, (int)i);
			if (values[i] == NULL)
				status = hr_error_set(err, HR_ENOMEM, "out of memory");
		}
		if (status == HR_OK)
			status = row(ctx, values, n, names, err);
		for (size_t i = 0; i < n; i++)
			json_decref(values[i]);
	}
	if (status == HR_OK && got != SQLITE_DONE)
		status = fail(r, err);
	sqlite3_finalize(s);
	return status;
}

/* --- writing ---------------------------------------------------------------- */

struct writer {
	FILE *out;
	bool begun;
};

static enum hr_status write_json(void *ctx, json_t *const *values, size_t n, const char *const *names,
				 struct hr_error *err)
{
	struct writer *w = ctx;
	json_t *o = json_object();
	char *line;

	for (size_t i = 0; i < n; i++)
		hr_json_put(&o, names[i], json_incref(values[i]));
	line = o != NULL ? hr_json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15)) : NULL;
	json_decref(o);
	if (line == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	fputs(line, w->out);
	fputc('\n', w->out);
	free(line);
	return HR_OK;
}

static void write_field(FILE *out, const json_t *v)
{
	if (json_is_integer(v))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_real(v))
		fprintf(out, "%.15g", json_real_value(v));
	else if (json_is_string(v))
		hr_csv_text(out, json_string_value(v));
}

static enum hr_status write_csv(void *ctx, json_t *const *values, size_t n, const char *const *names,
				struct hr_error *err)
{
	struct writer *w = ctx;

	(void)err;
	if (!w->begun)
		for (size_t i = 0; i < n; i++) {
			hr_csv_text(w->out, names[i]);
			fputc(i + 1 < n ? ',' : '\n', w->out);
		}
	w->begun = true;
	for (size_t i = 0; i < n; i++) {
		write_field(w->out, values[i]);
		fputc(i + 1 < n ? ',' : '\n', w->out);
	}
	return HR_OK;
}

enum hr_status hr_results_write(struct hr_results *r, enum hr_results_form form, FILE *out, struct hr_error *err)
{
	struct writer w = {.out = out};
	char *sql;
	enum hr_status status;

	sql = sqlite3_mprintf(
	    "SELECT * FROM runs%s ORDER BY path, trace_id, heapreplay, NOT coalesce(own, 0), policy, parameters, "
	    "gogc IS NULL, gogc, memory_limit IS NULL, memory_limit_bytes IS NULL, memory_limit_bytes, settings_hash",
	    r->asked ? " WHERE EXISTS (SELECT 1 FROM temp.asked AS a WHERE a.trace_id = runs.trace_id AND "
		       "a.settings_hash = runs.settings_hash AND a.heapreplay = runs.heapreplay) OR (trace_id IS NULL "
		       "AND EXISTS (SELECT 1 FROM temp.asked AS a WHERE a.path = runs.path AND "
		       "a.settings_hash = runs.settings_hash AND a.heapreplay = runs.heapreplay))"
		     : "");
	if (sql == NULL)
		return hr_error_set(err, HR_ENOMEM, "out of memory");
	status = hr_results_query(r, sql, NULL, NULL, form == HR_RESULTS_JSONL ? write_json : write_csv, &w, err);
	sqlite3_free(sql);
	return status;
}
