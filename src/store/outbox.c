/* The outbox: a dossier is one delivery under its own key. It leaves in the order it came, survives power cuts, and once
 * the other side has it only the key and the code stay here. */
#include "store/sqlite.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static char *item_name(int64_t id)
{
	return mem_printf("outbox/%lld", (long long)id);
}

static int64_t find(struct store *s, const char *key, struct err *e)
{
	return db_number(s, e, 0, "select id from outbox where key = ?1", "t", key);
}

static int insert(struct store *s, const char *key, const json_t *body, json_t *files, int64_t *row, struct err *e)
{
	AUTO(wipe_buf) struct buf salt = { 0 };
	AUTO(buf_free) struct buf sealed = { 0 };
	AUTO(json_release) json_t *all = json_pack("{s:O,s:O}", "body", body, "files", files);
	int64_t counter;

	if (new_salt(&salt, e) < 0)
		return -1;
	if (db_run(s, e, "insert into outbox(key, state, next_at, version, salt) values(?1, 'waiting', ?2, 1, ?3)", "tib", key,
		   (int64_t)clock_now(), &salt) < 0)
		return -1;
	*row = sqlite3_last_insert_rowid(s->db);
	AUTO(mem_free) char *item = item_name(*row);
	if (seal_json(s, &sealed, "outbox", &salt, item, 1, all, e) < 0)
		return -1;
	if (db_run(s, e, "update outbox set body = ?2 where id = ?1", "ib", *row, &sealed) < 0 ||
	    files_own(s, "outbox", *row, files, e) < 0)
		return -1;
	store_step("delivery written");
	return ledger_set(s, item, 1, &counter, e);
}

int store_outbox_add(struct store *s, const char *key, const json_t *body, const struct store_file *files, size_t nfiles,
                     int64_t *row, struct err *e)
{
	AUTO(json_release) json_t *added = json_array();

	if (!key || !*key || !body)
		return err_set(e, ERR_USAGE, "a delivery has a key and a body");
	*row = find(s, key, e);
	if (*row != 0)
		return *row < 0 ? -1 : 0;
	if (files_write(s, files, nfiles, body, added, e) < 0)
		return -1;
	int rc = db_begin(s, e);
	int64_t raced = rc == 0 ? find(s, key, e) : -1;
	if (rc == 0)
		rc = raced < 0 ? -1 : raced == 0 ? insert(s, key, body, added, row, e) : 0;
	if (rc < 0 || raced > 0)
		db_rollback(s);
	store_step("before commit");
	if (rc == 0 && raced == 0)
		rc = db_commit(s, e);
	store_step("after commit");
	if (rc < 0 || raced > 0)
		files_remove(s, added);
	if (raced > 0)
		*row = raced;
	return rc;
}

json_t *store_outbox_list(struct store *s, struct err *e)
{
	AUTO(json_release) json_t *list = json_array();
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, "select key, tries, next_at from outbox where state = 'waiting' order by id", "");
	int rc = -1;

	while (q && (rc = db_step(s, q, e)) > 0) {
		char when[32];
		clock_rfc3339((time_t)sqlite3_column_int64(q, 2), when);
		json_array_append_new(list, json_pack("{s:s,s:I,s:s}", "key", db_text(q, 0), "tries",
			(json_int_t)sqlite3_column_int64(q, 1), "next_at", when));
	}
	return q && rc == 0 ? STEAL(&list) : NULL;
}

/* {body,files} of a waiting row. */
static json_t *open_row(struct store *s, const char *key, struct err *e)
{
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, "select id, version, salt, body from outbox where key = ?1 and state = 'waiting'", "t",
		key);
	int rc = q ? db_step(s, q, e) : -1;

	if (rc == 0)
		err_set(e, ERR_NOT_FOUND, "no delivery waits under this key");
	if (rc <= 0)
		return NULL;
	AUTO(mem_free) char *item = item_name(sqlite3_column_int64(q, 0));
	int64_t living = ledger_version(s, item, e), version = sqlite3_column_int64(q, 1);
	if (living < 0)
		return NULL;
	if (living != version) {
		err_set(e, ERR_REJECTED, "%s: version %lld, the ledger says %lld", item, (long long)version, (long long)living);
		err_reason(e, "store.seal");
		return NULL;
	}
	struct buf salt = db_blob(q, 2), body = db_blob(q, 3);
	return open_json(s, "outbox", &salt, item, version, &body, e);
}

int store_outbox_load(struct store *s, const char *key, struct store_loaded *out, struct err *e)
{
	AUTO(json_release) json_t *all = open_row(s, key ? key : "", e);
	AUTO(store_loaded_release) struct store_loaded l = { 0 };

	if (!all || files_load(s, json_object_get(all, "files"), 0, STORE_FILES_MAX, &l, e) < 0)
		return -1;
	l.body = json_incref(json_object_get(all, "body"));
	*out = l;
	l = (struct store_loaded){ 0 };
	return 0;
}

static int mark_sent(struct store *s, int64_t id, const char *code, json_t **gone, struct err *e)
{
	AUTO(mem_free) char *item = item_name(id);
	int64_t counter;

	*gone = files_owned(s, FILES_OF_OUTBOX, id, e);
	if (!*gone || files_disown(s, *gone, e) < 0)
		return -1;
	if (db_run(s, e, "update outbox set state = 'sent', code = ?2, salt = null, body = null where id = ?1", "it", id, code) < 0)
		return -1;
	return ledger_set(s, item, 0, &counter, e);
}

int store_outbox_sent(struct store *s, const char *key, const char *code, struct err *e)
{
	AUTO(json_release) json_t *gone = NULL;
	int rc = db_begin(s, e);

	if (rc < 0)
		return -1;
	int64_t id = db_number(s, e, 0, "select id from outbox where key = ?1 and state = 'waiting'", "t", key ? key : "");
	if (id == 0) {
		db_rollback(s);
		int64_t known = find(s, key ? key : "", e);
		return known > 0 ? 0 : known < 0 ? -1 : err_set(e, ERR_NOT_FOUND, "no delivery has this key");
	}
	if (id < 0 || mark_sent(s, id, code, &gone, e) < 0) {
		db_rollback(s);
		return -1;
	}
	store_step("before commit");
	if (db_commit(s, e) < 0)
		return -1;
	store_step("after commit");
	files_remove(s, gone);
	return 0;
}

int store_outbox_withdraw(struct store *s, const char *key, struct err *e)
{
	AUTO(json_release) json_t *gone = NULL;
	int64_t counter;

	if (db_begin(s, e) < 0)
		return -1;
	int64_t id = db_number(s, e, 0, "select id from outbox where key = ?1 and state = 'waiting'", "t", key ? key : "");
	if (id == 0) {
		db_rollback(s);
		int64_t known = find(s, key ? key : "", e);
		return known > 0 ? err_set(e, ERR_REJECTED, "this delivery was sent") : known < 0 ? -1 : 0;
	}
	AUTO(mem_free) char *item = item_name(id);
	gone = id < 0 ? NULL : files_owned(s, FILES_OF_OUTBOX, id, e);
	if (!gone || files_disown(s, gone, e) < 0 || db_run(s, e, "delete from outbox where id = ?1", "i", id) < 0 ||
	    ledger_set(s, item, 0, &counter, e) < 0) {
		db_rollback(s);
		return -1;
	}
	if (db_commit(s, e) < 0)
		return -1;
	files_remove(s, gone);
	return 0;
}

int store_outbox_failed(struct store *s, const char *key, const char *reason, long again_in, struct err *e)
{
	int64_t next = (int64_t)clock_now() + (again_in < 0 ? 0 : again_in);

	if (db_run(s, e, "update outbox set tries = tries + 1, next_at = ?2, reason = ?3 where key = ?1 and state = 'waiting'", "tit",
		   key ? key : "", next, reason) < 0)
		return -1;
	if (sqlite3_changes(s->db) > 0)
		return 0;
	int64_t known = find(s, key ? key : "", e);
	return known > 0 ? 0 : known < 0 ? -1 : err_set(e, ERR_NOT_FOUND, "no delivery has this key");
}
