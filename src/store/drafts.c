/* Crash drafts: offered to the same person after login for 24 hours (rule P5). A person's rows are found by a tag under
 * the kiosk's key; title, answers and file names are sealed. */
#include "store/sqlite.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* One row as it lies in the database, its head opened. */
struct row {
	int64_t id, version, saved_at;
	struct buf salt;
	json_t *head;                            /* {title,pending,files:[...]} */
};

static void row_release(struct row *r)
{
	wipe_buf(&r->salt);
	json_decref(r->head);
}

static int person_tag(struct store *s, const char *person, char tag[65], struct err *e)
{
	AUTO(seal_key_wipe) struct seal_key key = { 0 };

	if (!person || !*person)
		return err_set(e, ERR_USAGE, "a draft belongs to a person");
	if (seal_key_derive(&key, &s->key, "person", "", 0, e) < 0)
		return -1;
	return seal_tag(tag, &key, person, e);
}

static char *item_name(int64_t id)
{
	return mem_printf("draft/%lld", (long long)id);
}

/* Columns id, version, saved_at, salt, head of q. A row whose version is not the living one is refused. */
static int read_row(struct store *s, sqlite3_stmt *q, struct row *r, struct err *e)
{
	*r = (struct row){ .id = sqlite3_column_int64(q, 0), .version = sqlite3_column_int64(q, 1),
	                   .saved_at = sqlite3_column_int64(q, 2) };
	struct buf salt = db_blob(q, 3), head = db_blob(q, 4);
	AUTO(mem_free) char *item = item_name(r->id);
	int64_t living = ledger_version(s, item, e);

	buf_add(&r->salt, salt.p, salt.n);
	if (living < 0)
		return -1;
	if (living != r->version) {
		err_set(e, ERR_REJECTED, "%s: version %lld, the ledger says %lld", item, (long long)r->version, (long long)living);
		return err_reason(e, "store.seal");
	}
	AUTO(mem_free) char *name = mem_printf("%s/head", item);
	r->head = open_json(s, "draft", &r->salt, name, r->version, &head, e);
	return r->head ? 0 : -1;
}

static const char row_sql[] = "select id, version, saved_at, salt, head from draft where person = ?1 and draft = ?2";

/* 1 when there is one. */
static int find_row(struct store *s, const char *tag, const char *draft, struct row *r, struct err *e)
{
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, row_sql, "tt", tag, draft);
	int rc = q ? db_step(s, q, e) : -1;

	*r = (struct row){ 0 };
	return rc <= 0 ? rc : read_row(s, q, r, e) < 0 ? -1 : 1;
}

static bool in_list(const json_t *names, const char *name)
{
	size_t i;
	json_t *j;

	json_array_foreach((json_t *)names, i, j)
		if (json_is_string(j) && strcmp(json_string_value(j), name) == 0)
			return true;
	return false;
}

static bool among(const struct store_file *files, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(files[i].name, name) == 0)
			return true;
	return false;
}

/* Old files that stay go before the new ones; the others go to `gone`. */
static json_t *merge_files(const json_t *old, const struct store_draft *d, const json_t *added, json_t *gone)
{
	json_t *all = json_array(), *j;
	size_t i;

	json_array_foreach((json_t *)old, i, j) {
		const char *name = json_str(j, "name", "");
		bool replaced = among(d->files, d->nfiles, name) || in_list(d->drop, name);
		json_array_append(replaced ? gone : all, j);
	}
	json_array_extend(all, (json_t *)added);
	return all;
}

static int insert_row(struct store *s, const char *tag, const char *draft, struct row *r, struct err *e)
{
	if (new_salt(&r->salt, e) < 0)
		return -1;
	r->head = json_object();
	static const struct buf none = { .p = (unsigned char *)"", .n = 0 };
	if (db_run(s, e, "insert into draft(person, draft, saved_at, version, salt, head, body) values(?1, ?2, 0, 0, ?3, ?4, ?4)",
		   "ttbb", tag, draft, &r->salt, &none) < 0)
		return -1;
	r->id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

static int write_row(struct store *s, const struct row *r, const struct store_draft *d, json_t *files, time_t now, struct err *e)
{
	AUTO(json_release) json_t *head = json_pack("{s:s,s:b,s:O}", "title", d->title ? d->title : "", "pending", d->pending, "files", files);
	AUTO(buf_free) struct buf sealed_head = { 0 }, sealed_body = { 0 };
	AUTO(mem_free) char *item = item_name(r->id);
	AUTO(mem_free) char *head_name = mem_printf("%s/head", item);
	AUTO(mem_free) char *body_name = mem_printf("%s/body", item);
	int64_t version = r->version + 1, counter;

	if (!head)
		return err_set(e, ERR_USAGE, "the title is no text");
	if (seal_json(s, &sealed_head, "draft", &r->salt, head_name, version, head, e) < 0 ||
	    seal_json(s, &sealed_body, "draft", &r->salt, body_name, version, d->body, e) < 0)
		return -1;
	if (db_run(s, e, "update draft set saved_at = ?2, version = ?3, head = ?4, body = ?5 where id = ?1", "iiibb", r->id,
		   (int64_t)now, version, &sealed_head, &sealed_body) < 0)
		return -1;
	return ledger_set(s, item, version, &counter, e);
}

/* Inside the transaction. `gone` gets the files that nobody needs afterwards. */
static int save_row(struct store *s, const struct store_draft *d, const char *tag, const json_t *added, json_t *gone,
                    time_t now, struct err *e)
{
	AUTO(row_release) struct row r = { 0 };
	int found = find_row(s, tag, d->draft, &r, e);

	if (found < 0 || (found == 0 && insert_row(s, tag, d->draft, &r, e) < 0))
		return -1;
	AUTO(json_release) json_t *all = merge_files(json_object_get(r.head, "files"), d, added, gone);
	if (json_array_size(all) > STORE_FILES_MAX)
		return err_set(e, ERR_FILE_TOO_BIG, "a draft of %zu files", json_array_size(all));
	if (files_disown(s, gone, e) < 0 || files_own(s, "draft", r.id, added, e) < 0)
		return -1;
	store_step("files owned");
	return write_row(s, &r, d, all, now, e);
}

int store_draft_save(struct store *s, const struct store_draft *d, time_t *saved_at, struct err *e)
{
	AUTO(json_release) json_t *added = json_array();
	AUTO(json_release) json_t *gone = json_array();
	char tag[65];

	if (!d->draft || !*d->draft || !d->body)
		return err_set(e, ERR_USAGE, "a draft has an id and a body");
	if (person_tag(s, d->person, tag, e) < 0 || drafts_forget_old(s, e) < 0)
		return -1;
	if (files_write(s, d->files, d->nfiles, d->body, added, e) < 0)
		return -1;
	*saved_at = clock_now();
	int rc = db_begin(s, e);
	if (rc == 0 && (rc = save_row(s, d, tag, added, gone, *saved_at, e)) < 0)
		db_rollback(s);
	store_step("before commit");
	if (rc == 0)
		rc = db_commit(s, e);
	store_step("after commit");
	files_remove(s, rc < 0 ? added : gone);
	return rc;
}

json_t *store_draft_list(struct store *s, const char *person, struct err *e)
{
	AUTO(json_release) json_t *list = json_array();
	char tag[65];
	int rc;

	if (person_tag(s, person, tag, e) < 0 || drafts_forget_old(s, e) < 0)
		return NULL;
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, "select id, version, saved_at, salt, head, draft from draft where person = ?1"
		" order by saved_at desc, id desc", "t", tag);
	while (q && (rc = db_step(s, q, e)) > 0) {
		AUTO(row_release) struct row r = { 0 };
		struct err odd = { 0 };
		char when[32];
		if (read_row(s, q, &r, &odd) < 0) {
			log_err("draft.list", &odd);         /* a broken one does not hide the others */
			continue;
		}
		clock_rfc3339((time_t)r.saved_at, when);
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:b}", "draft", db_text(q, 5), "title", json_str(r.head, "title", ""),
			"saved_at", when, "pending", json_is(r.head, "pending")));
	}
	return q && rc == 0 ? STEAL(&list) : NULL;
}

static json_t *load_body(struct store *s, const struct row *r, struct err *e)
{
	AUTO(db_done) sqlite3_stmt *q = db_query(s, e, "select body from draft where id = ?1", "i", r->id);
	AUTO(mem_free) char *item = item_name(r->id);
	AUTO(mem_free) char *name = mem_printf("%s/body", item);

	if (!q || db_step(s, q, e) <= 0)
		return NULL;
	struct buf body = db_blob(q, 0);
	return open_json(s, "draft", &r->salt, name, r->version, &body, e);
}

/* Newest first: where more files wait than one answer carries, the current ones are among those given. */
static json_t *newest_first(const json_t *files)
{
	json_t *list = json_array();

	for (size_t i = json_array_size(files); i-- > 0;)
		json_array_append(list, json_array_get(files, i));
	return list;
}

int store_draft_load(struct store *s, const char *person, const char *draft, size_t skip, size_t max,
                     struct store_loaded *out, struct err *e)
{
	AUTO(row_release) struct row r = { 0 };
	AUTO(store_loaded_release) struct store_loaded l = { 0 };
	char tag[65];

	if (person_tag(s, person, tag, e) < 0 || drafts_forget_old(s, e) < 0)
		return -1;
	int found = find_row(s, tag, draft, &r, e);
	if (found <= 0)
		return found < 0 ? -1 : err_set(e, ERR_NOT_FOUND, "no such draft of this person");
	AUTO(json_release) json_t *files = newest_first(json_object_get(r.head, "files"));
	if (!(l.body = load_body(s, &r, e)) || files_load(s, files, skip, max, &l, e) < 0)
		return -1;
	*out = l;
	l = (struct store_loaded){ 0 };
	return 0;
}

static int forget_row(struct store *s, int64_t id, json_t *gone, struct err *e)
{
	AUTO(json_release) json_t *files = files_owned(s, FILES_OF_DRAFT, id, e);
	AUTO(mem_free) char *item = item_name(id);
	int64_t counter;

	if (!files || files_disown(s, files, e) < 0 || db_run(s, e, "delete from draft where id = ?1", "i", id) < 0)
		return -1;
	json_array_extend(gone, files);
	return ledger_set(s, item, 0, &counter, e);
}

/* Forgets the rows whose ids `sql` selects, in one transaction; then their files. */
static int forget(struct store *s, struct err *e, const char *sql, const char *a, const char *b, int64_t before)
{
	AUTO(json_release) json_t *gone = json_array();
	int64_t id = 0;
	int rc = db_begin(s, e);

	if (rc < 0)
		return -1;
	while (rc == 0 && (id = a ? db_number(s, e, 0, sql, "tt", a, b) : db_number(s, e, 0, sql, "i", before)) > 0)
		rc = forget_row(s, id, gone, e);
	if (rc < 0 || id < 0) {
		db_rollback(s);
		return -1;
	}
	if (db_commit(s, e) < 0)
		return -1;
	files_remove(s, gone);
	return 0;
}

int drafts_forget_old(struct store *s, struct err *e)
{
	int64_t before = (int64_t)clock_now() - STORE_DRAFT_HOURS * 3600;
	int64_t old = db_number(s, e, 0, "select count(*) from draft where saved_at < ?1", "i", before);

	if (old <= 0)
		return old < 0 ? -1 : 0;
	return forget(s, e, "select id from draft where saved_at < ?1 limit 1", NULL, NULL, before);
}

int store_draft_drop(struct store *s, const char *person, const char *draft, struct err *e)
{
	char tag[65];

	if (person_tag(s, person, tag, e) < 0)
		return -1;
	return forget(s, e, "select id from draft where person = ?1 and draft = ?2", tag, draft ? draft : "", 0);
}
