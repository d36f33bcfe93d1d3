/* One sealed list of the living rows and their versions, changed in the transaction that changes a row. A row that is
 * put back older together with its version is not in the list (trap JN3); the list itself cannot be put back behind the
 * newest line of the history, which carries its counter. (The whole database put back at once is beyond this: that needs
 * a counter outside the disk, a TPM's.) */
#include "store/sqlite.h"

#include "base/err.h"
#include "base/json.h"

#include <string.h>

static const struct buf no_salt = { .p = (unsigned char *)"", .n = 0 };

json_t *ledger_read(struct store *s, int64_t *counter, struct err *e)
{
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, "select counter, body from ledger", "");
	int rc = q ? db_step(s, q, e) : -1;

	*counter = 0;
	if (rc == 0) {
		err_set(e, ERR_REJECTED, "the ledger is missing");
		err_reason(e, "store.seal");
	}
	if (rc <= 0)
		return NULL;
	*counter = sqlite3_column_int64(q, 0);
	struct buf body = db_blob(q, 1);
	return open_json(s, "ledger", &no_salt, "ledger", *counter, &body, e);
}

int64_t ledger_version(struct store *s, const char *item, struct err *e)
{
	int64_t counter;
	AUTO(json_release) json_t *list = ledger_read(s, &counter, e);

	return list ? json_integer_value(json_object_get(list, item)) : -1;
}

static int write_list(struct store *s, const json_t *list, int64_t counter, struct err *e)
{
	AUTO(buf_free) struct buf body = { 0 };

	if (seal_json(s, &body, "ledger", &no_salt, "ledger", counter, list, e) < 0)
		return -1;
	return db_run(s, e, "insert into ledger(id, counter, body) values(1, ?1, ?2)"
		" on conflict(id) do update set counter = ?1, body = ?2", "ib", counter, &body);
}

int ledger_set(struct store *s, const char *item, int64_t version, int64_t *counter, struct err *e)
{
	AUTO(json_release) json_t *list = ledger_read(s, counter, e);

	if (!list)
		return -1;
	if (version)
		json_object_set_new(list, item, json_integer(version));
	else
		json_object_del(list, item);
	return write_list(s, list, ++*counter, e);
}

/* A new store gets an empty ledger; in one with rows a missing ledger was taken away. */
static int begin_ledger(struct store *s, struct err *e)
{
	AUTO(json_release) json_t *empty = json_object();
	int64_t known = db_number(s, e, 0, "select count(*) from ledger", "");

	if (known != 0)
		return known < 0 ? -1 : 0;
	if (db_begin(s, e) < 0)
		return -1;
	int64_t used = db_number(s, e, 0, "select (select count(*) from ledger) + (select count(*) from draft) +"
		" (select count(*) from outbox) + (select count(*) from history)", "");
	if (used < 0 || (used == 0 && write_list(s, empty, 1, e) < 0)) {
		db_rollback(s);
		return -1;
	}
	return db_commit(s, e);
}

int ledger_check(struct store *s, struct err *e)
{
	int64_t counter;

	if (begin_ledger(s, e) < 0)
		return -1;
	AUTO(json_release) json_t *list = ledger_read(s, &counter, e);

	if (!list) {
		/* The kiosk's key was exchanged, or somebody wrote here: nothing can be trusted, so nothing is offered. */
		if (e && e->kind == ERR_REJECTED)
			e->kind = ERR_STORE_GONE;
		return err_add(e, "ledger");
	}
	int64_t seen = db_number(s, e, 0, "select coalesce(max(counter), 0) from history", "");
	if (seen < 0)
		return -1;
	if (seen > counter) {
		err_set(e, ERR_STORE_GONE, "the ledger is older than the history");
		return err_reason(e, "store.rolled-back");
	}
	return 0;
}
