/* What was signed, sent and received: append-only (triggers refuse all else), every line chained to the one before by an
 * HMAC under the kiosk's key, the newest line known to the ledger, so that a cut tail shows too (rule P10, trap JN3). */
#include "store/sqlite.h"

#include "base/err.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN = 1000, ENTRY_MAX = 16 * 1024 };
static const struct buf no_salt = { .p = (unsigned char *)"", .n = 0 };

struct line {
	int64_t row, counter;
	const char *dossier;
	struct buf body;                         /* sealed */
};

static int chain(struct store *s, const char *before, const struct line *l, char hash[65], struct err *e)
{
	AUTO(seal_key_wipe) struct seal_key key = { 0 };
	char body[65];

	if (seal_key_derive(&key, &s->key, "history-chain", "", 0, e) < 0)
		return -1;
	sha256_hex(body, l->body.p, l->body.n);
	AUTO(mem_free) char *text = mem_printf("%s\n%lld\n%lld\n%s\n%zu\n%s", before, (long long)l->row, (long long)l->counter, body,
		strlen(l->dossier), l->dossier);
	return seal_tag(hash, &key, text, e);
}

static json_t *open_line(struct store *s, const struct line *l, struct err *e)
{
	AUTO(mem_free) char *name = mem_printf("history/%lld", (long long)l->row);
	return open_json(s, "history", &no_salt, name, 1, &l->body, e);
}

static int last_line(struct store *s, int64_t *row, char hash[65], struct err *e)
{
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, "select row, hash from history order by row desc limit 1", "");
	int rc = q ? db_step(s, q, e) : -1;

	*row = 0;
	hash[0] = '\0';
	if (rc <= 0)
		return rc;
	*row = sqlite3_column_int64(q, 0);
	memccpy(hash, db_text(q, 1), '\0', 64);
	hash[64] = '\0';
	return 0;
}

static int append(struct store *s, const json_t *entry, int64_t *row, struct err *e)
{
	AUTO(buf_free) struct buf sealed = { 0 };
	char before[65], hash[65];
	struct line l = { .dossier = json_str(entry, "dossier", "") };

	if (last_line(s, &l.row, before, e) < 0)
		return -1;
	l.row++;
	AUTO(mem_free) char *name = mem_printf("history/%lld", (long long)l.row);
	if (seal_json(s, &sealed, "history", &no_salt, name, 1, entry, e) < 0)
		return -1;
	if (sealed.n > ENTRY_MAX)
		return err_set(e, ERR_FILE_TOO_BIG, "a line of history of %zu bytes", sealed.n);
	l.body = sealed;
	if (ledger_set(s, "history", l.row, &l.counter, e) < 0 || chain(s, before, &l, hash, e) < 0)
		return -1;
	*row = l.row;
	return db_run(s, e, "insert into history(row, dossier, counter, body, hash) values(?1, ?2, ?3, ?4, ?5)", "itibt", l.row, l.dossier,
		      l.counter, &sealed, hash);
}

int store_history_add(struct store *s, const json_t *entry, int64_t *row, struct err *e)
{
	if (!json_is_object(entry))
		return err_set(e, ERR_USAGE, "a line of history is an object");
	if (db_begin(s, e) < 0)
		return -1;
	if (append(s, entry, row, e) < 0) {
		db_rollback(s);
		return -1;
	}
	store_step("before commit");
	return db_commit(s, e);
}

json_t *store_history_list(struct store *s, const char *dossier, struct err *e)
{
	AUTO(json_release) json_t *list = json_array();
	AUTO(db_done) sqlite3_stmt *q = dossier
		? db_query(s, e, "select row, counter, dossier, body from history where dossier = ?1 order by row", "t", dossier)
		: db_query(s, e, "select * from (select row, counter, dossier, body from history order by row desc limit ?1) order by row", "i",
			   (int64_t)SHOWN);
	int rc = -1;

	while (q && (rc = db_step(s, q, e)) > 0) {
		struct line l = { .row = sqlite3_column_int64(q, 0), .counter = sqlite3_column_int64(q, 1), .dossier = db_text(q, 2) };
		l.body = db_blob(q, 3);
		json_t *entry = open_line(s, &l, e);
		if (!entry)
			return NULL;
		json_array_append_new(list, entry);
	}
	return q && rc == 0 ? STEAL(&list) : NULL;
}

static int broken(int64_t *at, int64_t row, const char *what, struct err *e)
{
	*at = row;
	err_set(e, ERR_REJECTED, "history line %lld: %s", (long long)row, what);
	return err_reason(e, "history.broken");
}

/* One line against the one before it; `before` becomes its hash. */
static int check_line(struct store *s, const struct line *l, const char *hash, int64_t due, char before[65], int64_t *at,
                      struct err *e)
{
	char want[65];

	if (l->row != due)
		return broken(at, due, "missing", e);
	if (chain(s, before, l, want, e) < 0)
		return -1;
	if (strcmp(want, hash) != 0)
		return broken(at, l->row, "the chain does not hold", e);
	json_t *entry = open_line(s, l, NULL);
	if (!entry)
		return broken(at, l->row, "the seal does not hold", e);
	int same = strcmp(json_str(entry, "dossier", ""), l->dossier) == 0;
	json_decref(entry);
	memcpy(before, want, sizeof want);
	return same ? 0 : broken(at, l->row, "another dossier's", e);
}

int store_history_verify(struct store *s, int64_t *rows, int64_t *at, struct err *e)
{
	char before[65] = "";
	int64_t due = 1;
	int rc = -1;

	*rows = *at = 0;
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, "select row, counter, dossier, body, hash from history order by row", "");
	while (q && (rc = db_step(s, q, e)) > 0) {
		struct line l = { .row = sqlite3_column_int64(q, 0), .counter = sqlite3_column_int64(q, 1), .dossier = db_text(q, 2) };
		l.body = db_blob(q, 3);
		if (check_line(s, &l, db_text(q, 4), due, before, at, e) < 0)
			return -1;
		due++;
		++*rows;
	}
	if (!q || rc < 0)
		return -1;
	int64_t last = ledger_version(s, "history", e);
	if (last < 0)
		return -1;
	return last == *rows ? 0 : broken(at, due, "the end was cut off", e);
}
