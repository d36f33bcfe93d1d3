/* Small sealed notes under a key that names no person: files that wait for data of a higher level ("completion"), and what was
 * known about a certificate when it signed ("evidence": circular 15/2025 LS12, LV7: kept, and destroyed when asked). They can
 * be made again or done without, so the ledger does not guard them. */
#include "store/sqlite.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"

#include <string.h>

static char *item_name(const char *kind, const char *key)
{
	return mem_printf("kept/%s/%s", kind, key);
}

static bool is_key(const char *key)
{
	size_t n = key ? strlen(key) : 0;
	return n > 0 && n <= 128 && strspn(key, "0123456789abcdefghijklmnopqrstuvwxyz-") == n;
}

int store_keep(struct store *s, const char *kind, const char *key, const json_t *body, struct err *e)
{
	AUTO(wipe_buf) struct buf salt = { 0 };
	AUTO(buf_free) struct buf sealed = { 0 };

	if (!is_key(key) || !json_is_object(body))
		return err_set(e, ERR_USAGE, "a note has a key and a body");
	AUTO(mem_free) char *item = item_name(kind, key);
	if (new_salt(&salt, e) < 0 || seal_json(s, &sealed, kind, &salt, item, 1, body, e) < 0 || db_room(s, sealed.n, e) < 0)
		return -1;
	store_step("note");
	return db_run(s, e, "insert into note(kind, key, at, salt, body) values(?1, ?2, ?3, ?4, ?5)"
		" on conflict(kind, key) do update set at = ?3, salt = ?4, body = ?5", "ttibb", kind, key, (int64_t)clock_now(), &salt, &sealed);
}

static json_t *one_note(struct store *s, const char *kind, sqlite3_stmt *q, struct err *e)
{
	AUTO(mem_free) char *item = item_name(kind, db_text(q, 0));
	struct buf salt = db_blob(q, 2), sealed = db_blob(q, 3);
	AUTO(json_release) json_t *body = open_json(s, kind, &salt, item, 1, &sealed, e);
	char at[32];

	if (!body)
		return NULL;
	clock_rfc3339((time_t)sqlite3_column_int64(q, 1), at);
	return json_pack("{s:s,s:s,s:O}", "key", db_text(q, 0), "at", at, "body", body);
}

json_t *store_kept(struct store *s, const char *kind, const char *key, struct err *e)
{
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, "select key, at, salt, body from note where kind = ?1 and (?2 is null or key = ?2)"
		" order by at, key limit 1000", "tt", kind, key);
	AUTO(json_release) json_t *list = json_array();
	int rc = -1;

	while (q && (rc = db_step(s, q, e)) > 0) {
		json_t *note = one_note(s, kind, q, e);
		if (!note)
			return NULL;
		json_array_append_new(list, note);
	}
	return q && rc == 0 ? STEAL(&list) : NULL;
}

int store_forget(struct store *s, const char *kind, const char *key, struct err *e)
{
	if (db_run(s, e, "delete from note where kind = ?1 and key = ?2", "tt", kind, key ? key : "") < 0)
		return -1;
	return sqlite3_changes(s->db) > 0 ? 0 : err_set(e, ERR_NOT_FOUND, "no %s under this key", kind);
}
