#include "store/sqlite.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ROOM stays free for what must go on when a disk fills up: a log that fills the disk to the last byte could never be
 * moved into the database, which has to grow first. The log is kept below half of it (wal_autocheckpoint, 4 KiB pages). */
enum { APPLICATION = 0x546b7931 /* "Tky1" */, BUSY_MS = 5000, ROOM = 2 * 1024 * 1024 };

/* In order; a step that has shipped is never changed. Personal data is in sealed columns only. */
static const char *const migrations[] = {
	"create table ledger(id integer primary key check(id = 1), counter integer not null, body blob not null);"
	"create table draft(id integer primary key autoincrement, person text not null, draft text not null,"
	"  saved_at integer not null, version integer not null, salt blob not null, head blob not null, body blob not null,"
	"  unique(person, draft));"
	"create table outbox(id integer primary key autoincrement, key text not null unique,"
	"  state text not null check(state in ('waiting', 'sent')), tries integer not null default 0,"
	"  next_at integer not null, reason text, code text, version integer not null, salt blob, body blob);"
	"create table file(name text primary key, draft integer references draft(id), outbox integer references outbox(id),"
	"  check((draft is null) <> (outbox is null)));"
	"create index file_draft on file(draft); create index file_outbox on file(outbox);"
	"create table history(row integer primary key, dossier text not null, counter integer not null, body blob not null,"
	"  hash text not null);"
	"create index history_dossier on history(dossier);"
	"create trigger history_stays before update on history begin select raise(abort, 'history is append-only'); end;"
	"create trigger history_keeps before delete on history begin select raise(abort, 'history is append-only'); end;",
	"create table note(kind text not null, key text not null, at integer not null, salt blob not null, body blob not null,"
	"  primary key(kind, key));",
};

__attribute__((weak)) void store_step(const char *name)
{
	(void)name;
}

int db_error(struct store *s, const char *what, struct err *e)
{
	int code = sqlite3_extended_errcode(s->db), os = sqlite3_system_errno(s->db);

	/* The text of SQLite is not kept: it may quote values. */
	if ((code & 0xff) == SQLITE_FULL || ((code & 0xff) == SQLITE_IOERR && (os == ENOSPC || os == EDQUOT || os == EFBIG))) {
		s->full = true;
		return err_set(e, ERR_STORE_FULL, "%s: sqlite %d, errno %d", what, code, os);
	}
	err_set(e, ERR_STORE_GONE, "%s: sqlite %d, errno %d", what, code, os);
	if ((code & 0xff) == SQLITE_BUSY)
		err_reason(e, "store.busy");
	else if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
		err_reason(e, "store.damaged");
	return -1;
}

static int exec(struct store *s, const char *sql, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_error(s, "exec", e);
}

int db_room(struct store *s, size_t bytes, struct err *e)
{
	struct statvfs fs;

	if (statvfs(s->dir, &fs) < 0)
		return err_set(e, ERR_STORE_GONE, "statvfs: %s", strerror(errno));
	if ((uint64_t)fs.f_bavail * fs.f_frsize >= (uint64_t)bytes + ROOM)
		return 0;
	return err_set(e, ERR_STORE_FULL, "%llu bytes are free, %zu are wanted", (unsigned long long)fs.f_bavail * fs.f_frsize, bytes);
}

int db_begin(struct store *s, struct err *e)
{
	return exec(s, "begin immediate", e);
}

void db_rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "rollback", NULL, NULL, NULL);
	/* What was rolled back still takes up the log's room: given back, or the next small save would find none either. */
	if (s->full)
		sqlite3_exec(s->db, "pragma wal_checkpoint(truncate)", NULL, NULL, NULL);
	s->full = false;
}

int db_commit(struct store *s, struct err *e)
{
	if (exec(s, "commit", e) == 0)
		return 0;
	db_rollback(s);
	return -1;
}

void db_done(sqlite3_stmt **q)
{
	sqlite3_finalize(*q);
	*q = NULL;
}

const char *db_text(sqlite3_stmt *q, int column)
{
	const unsigned char *t = sqlite3_column_text(q, column);
	return t ? (const char *)t : "";
}

static sqlite3_stmt *prepare(struct store *s, struct err *e, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *q = NULL;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK) {
		db_error(s, "prepare", e);
		return NULL;
	}
	for (int i = 0; types[i]; i++) {
		int rc = SQLITE_MISUSE;
		if (types[i] == 'i') {
			rc = sqlite3_bind_int64(q, i + 1, va_arg(ap, int64_t));
		} else if (types[i] == 't') {
			rc = sqlite3_bind_text(q, i + 1, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
		} else if (types[i] == 'b') {
			const struct buf *b = va_arg(ap, const struct buf *);
			rc = sqlite3_bind_blob64(q, i + 1, b->p, b->n, SQLITE_TRANSIENT);
		}
		if (rc != SQLITE_OK) {
			db_error(s, "bind", e);
			db_done(&q);
			return NULL;
		}
	}
	return q;
}

sqlite3_stmt *db_query(struct store *s, struct err *e, const char *sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	sqlite3_stmt *q = prepare(s, e, sql, types, ap);
	va_end(ap);
	return q;
}

int db_step(struct store *s, sqlite3_stmt *q, struct err *e)
{
	int rc = sqlite3_step(q);
	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : db_error(s, "step", e);
}

int db_run(struct store *s, struct err *e, const char *sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	AUTO(db_done) sqlite3_stmt *q = prepare(s, e, sql, types, ap);
	va_end(ap);
	return q && db_step(s, q, e) >= 0 ? 0 : -1;
}

int64_t db_number(struct store *s, struct err *e, int64_t none, const char *sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	AUTO(db_done) sqlite3_stmt *q = prepare(s, e, sql, types, ap);
	va_end(ap);
	int rc = q ? db_step(s, q, e) : -1;
	return rc < 0 ? -1 : rc == 0 ? none : sqlite3_column_int64(q, 0);
}

static int migrate(struct store *s, struct err *e)
{
	int64_t version = db_number(s, e, 0, "pragma user_version", "");
	int64_t application = db_number(s, e, 0, "pragma application_id", "");

	if (version < 0 || application < 0)
		return -1;
	if ((application != 0 && application != APPLICATION) || (application == 0 && version != 0)) {
		err_set(e, ERR_STORE_GONE, "tramky.db is of another program");
		return err_reason(e, "store.foreign");
	}
	if (version > (int64_t)COUNT(migrations)) {
		err_set(e, ERR_STORE_GONE, "tramky.db is of a newer tramky (schema %d)", (int)version);
		return err_reason(e, "store.newer");
	}
	if (version == (int64_t)COUNT(migrations))
		return 0;
	/* One transaction for what is missing: another program may migrate at the same time, so the version is read again. */
	if (db_begin(s, e) < 0)
		return -1;
	version = db_number(s, e, 0, "pragma user_version", "");
	for (int64_t i = version; i >= 0 && i < (int64_t)COUNT(migrations); i++) {
		AUTO(mem_free) char *mark = mem_printf("pragma user_version = %d; pragma application_id = %d;", (int)i + 1, APPLICATION);
		if (exec(s, migrations[i], e) < 0 || exec(s, mark, e) < 0) {
			db_rollback(s);
			return -1;
		}
	}
	return db_commit(s, e);
}

/* SQLite's locks and fsync mean nothing on a network disk (trap JN1). */
static int local_disk(const char *dir, struct err *e)
{
	struct statfs fs;

	if (statfs(dir, &fs) < 0)
		return err_set(e, ERR_STORE_GONE, "statfs of the data directory: %s", strerror(errno));
	if (fs.f_type == NFS_SUPER_MAGIC || fs.f_type == SMB_SUPER_MAGIC || (unsigned)fs.f_type == 0xff534d42U ||
	    (unsigned)fs.f_type == 0xfe534d42U)
		return err_set(e, ERR_CONFIG, "data: must be on a local disk, this one is a network's");
	return 0;
}

static int sync_dir(const char *dir, struct err *e)
{
	AUTO(fd_close) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0 ? 0 : err_set(e, ERR_STORE_GONE, "fsync of the data directory: %s", strerror(errno));
}

int db_open(struct store *s, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/tramky.db", s->dir);

	if (local_disk(s->dir, e) < 0)
		return -1;
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK)
		return db_error(s, "open", e);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	/* synchronous=FULL is what a power cut needs; kill -9 alone would not tell it from NORMAL (trap JN1). */
	static const char setup[] =
		"pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma secure_delete = on;"
		"pragma temp_store = memory; pragma trusted_schema = off; pragma cell_size_check = on; pragma cache_size = -512;"
		"pragma wal_autocheckpoint = 250; pragma journal_size_limit = 1048576;";
	if (exec(s, setup, e) < 0 || migrate(s, e) < 0 || sync_dir(s->dir, e) < 0)
		return -1;
	if (db_number(s, e, -1, "pragma synchronous", "") != 2 || db_number(s, e, -1, "pragma foreign_keys", "") != 1)
		return err_set(e, ERR_STORE_GONE, "SQLite does not keep synchronous=FULL");
	return 0;
}
