/* The engine, for the files of this room only. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/seal.h"
#include "store/store.h"

struct store {
	sqlite3 *db;
	char *dir, *folder;                      /* data directory, folder of sealed files */
	struct seal_key key;
	int lock;                                /* flock: shared while open, exclusive to sweep */
	bool full;                               /* the last error was a disk without room */
};

int db_open(struct store *s, struct err *e);
/* Error of the last call as one of ours; returns -1. */
int db_error(struct store *s, const char *what, struct err *e);
/* ERR_STORE_FULL when so much more would leave too little room on the disk: asked before a write that grows. */
int db_room(struct store *s, size_t bytes, struct err *e);
int db_begin(struct store *s, struct err *e);    /* BEGIN IMMEDIATE */
int db_commit(struct store *s, struct err *e);   /* rolls back when it fails */
void db_rollback(struct store *s);

/* `types`: one letter a parameter: i int64_t, t const char * (NULL: null), b const struct buf *. Statements are the
 * caller's: AUTO(db_done). */
sqlite3_stmt *db_query(struct store *s, struct err *e, const char *sql, const char *types, ...);
int db_step(struct store *s, sqlite3_stmt *q, struct err *e);    /* 1 a row, 0 the end, -1 an error */
int db_run(struct store *s, struct err *e, const char *sql, const char *types, ...);
/* One number, or `none` when there is no row. -1 with e set on error. */
int64_t db_number(struct store *s, struct err *e, int64_t none, const char *sql, const char *types, ...);
void db_done(sqlite3_stmt **q);
const char *db_text(sqlite3_stmt *q, int column);                /* "" for null */

/* Called between the steps of a write, where power may go. Does nothing; tests put their own in its place (trap JN2). */
void store_step(const char *name);

/* ---- sealed values (sealed.c) ------------------------------------------------------------------------------------------ */
enum { SALT = 16 };
void wipe_buf(struct buf *b);                                    /* wipes and frees; fits AUTO */
/* JSON under the key that `salt` gives: whoever destroys the salt destroys the value. */
int seal_json(struct store *s, struct buf *out, const char *purpose, const struct buf *salt, const char *row,
              int64_t version, const json_t *value, struct err *e);
json_t *open_json(struct store *s, const char *purpose, const struct buf *salt, const char *row, int64_t version,
                  const struct buf *sealed, struct err *e);
int new_salt(struct buf *salt, struct err *e);
/* Borrowed view of a blob column. */
struct buf db_blob(sqlite3_stmt *q, int column);

/* ---- the ledger (ledger.c): which version of which row is the living one ------------------------------------------------ */
json_t *ledger_read(struct store *s, int64_t *counter, struct err *e);
int64_t ledger_version(struct store *s, const char *item, struct err *e);        /* 0: unknown; -1: error */
/* Inside a transaction. version 0 forgets the item. Gives the new counter. */
int ledger_set(struct store *s, const char *item, int64_t version, int64_t *counter, struct err *e);
int ledger_check(struct store *s, struct err *e);

/* ---- sealed files (files.c) ------------------------------------------------------------------------------------------- */
/* Writes new files and appends {name,file,size,salt} of each to `list`; all are on the disk when it returns 0. Asks first
 * whether there is room for them and for `body`, which goes into the row. */
int files_write(struct store *s, const struct store_file *files, size_t n, const json_t *body, json_t *list, struct err *e);
int files_open(struct store *s, const json_t *item, struct err *e);              /* a sealed memfd */
void files_remove(struct store *s, const json_t *list);                          /* from the disk, after the commit */
void files_sweep(struct store *s);                                               /* what no row names */
/* Rows that say to whom the files belong; in a transaction. */
int files_own(struct store *s, const char *owner, int64_t id, const json_t *list, struct err *e);
/* [{"file"}] of one draft or delivery, without its seal: dropping works for a broken one too. The caller owns it; NULL on error. */
enum files_of { FILES_OF_DRAFT, FILES_OF_OUTBOX };
json_t *files_owned(struct store *s, enum files_of whose, int64_t id, struct err *e);
int files_disown(struct store *s, const json_t *list, struct err *e);
/* Fills names, fds and total of `out` from a list. */
int files_load(struct store *s, const json_t *list, size_t skip, size_t max, struct store_loaded *out, struct err *e);

int drafts_forget_old(struct store *s, struct err *e);

#endif
