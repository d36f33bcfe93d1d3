/* What must survive a crash, a power cut and a week without network: drafts, the outbox, the history. Domain verbs only;
 * the engine behind them (sqlite.c) shows nowhere. Personal data is sealed (base/seal.h) before it reaches the disk.
 *
 * A function that writes answers 0 only after the commit has reached the disk. Errors: ERR_STORE_FULL (no room: nothing
 * was changed), ERR_STORE_GONE (cannot be opened or read), ERR_NOT_FOUND, ERR_REJECTED (a seal is broken: changed, moved,
 * cut or older data; reason "store.seal"), ERR_FILE_TOO_BIG, ERR_USAGE. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct err;
struct seal_key;
struct store;

enum {
	STORE_FILE_MAX = 64 * 1024 * 1024,       /* bytes a file */
	STORE_FILES_MAX = 64,                    /* files a draft or a delivery */
	STORE_BODY_MAX = 4 * 1024 * 1024,        /* bytes of JSON text */
	STORE_DRAFT_HOURS = 24,
};

/* Opens or makes the store in `dir` (0700, on a local disk) and forgets drafts that are too old. The key is copied. */
int store_open(struct store **out, const char *dir, const struct seal_key *key, struct err *e);
void store_close(struct store *s);               /* NULL is allowed */
void store_release(struct store **s);            /* for AUTO */

/* One file to keep: the descriptor is read from offset 0 and stays the caller's. */
struct store_file {
	const char *name;
	int fd;
};

/* ---- drafts: found by person, never showing who the person is ------------------------------------------------------ */
struct store_draft {
	const char *person, *draft;              /* `draft`: an id without personal data */
	const char *title;                       /* may be NULL */
	bool pending;                            /* a signature is under way */
	const json_t *body;
	const struct store_file *files;          /* new ones; one of the same name is replaced, others stay */
	size_t nfiles;
	const json_t *drop;                      /* array of names to forget; may be NULL */
};
int store_draft_save(struct store *s, const struct store_draft *d, time_t *saved_at, struct err *e);
/* [{draft,title,saved_at,pending}], newest first; the caller owns it. NULL on error. */
json_t *store_draft_list(struct store *s, const char *person, struct err *e);
/* `body` and `names` (an array) are owned by the caller; fds[i] belongs to names[i], sealed memfds, owned by the caller.
 * A draft's files come newest first, at most `max`, starting with file `skip`; `total` says how many there are. A
 * delivery's files come all, in the order they were given. */
struct store_loaded {
	json_t *body, *names;
	int *fds;
	size_t nfds, total;
};
int store_draft_load(struct store *s, const char *person, const char *draft, size_t skip, size_t max,
                     struct store_loaded *out, struct err *e);
int store_draft_drop(struct store *s, const char *person, const char *draft, struct err *e); /* unknown: no error */
void store_loaded_release(struct store_loaded *l);                                           /* for AUTO */

/* ---- outbox: one delivery a key, in the order they came ------------------------------------------------------------- */
/* A key that is known already keeps its first delivery: 0 and its row, whatever became of it. */
int store_outbox_add(struct store *s, const char *key, const json_t *body, const struct store_file *files, size_t nfiles,
                     int64_t *row, struct err *e);
json_t *store_outbox_list(struct store *s, struct err *e);      /* [{key,tries,next_at}] of what is not sent yet */
int store_outbox_load(struct store *s, const char *key, struct store_loaded *out, struct err *e);
/* The body and the files are forgotten, key and code stay. Said twice: no error. */
int store_outbox_sent(struct store *s, const char *key, const char *code, struct err *e);
/* The office refused it and the person goes on with it: the row and its files go, so that the next outbox.add brings what was
 * mended. ERR_REJECTED when it has been sent; a key nobody knows is fine. */
int store_outbox_withdraw(struct store *s, const char *key, struct err *e);
int store_outbox_failed(struct store *s, const char *key, const char *reason, long again_in, struct err *e);

/* ---- history: append-only, hash-chained ------------------------------------------------------------------------------ */
int store_history_add(struct store *s, const json_t *entry, int64_t *row, struct err *e);
/* Entries of one dossier, oldest first; `dossier` NULL: the newest 1000 of all. NULL on error. */
json_t *store_history_list(struct store *s, const char *dossier, struct err *e);
/* 0: whole. ERR_REJECTED, reason "history.broken": *at is the first row that is changed, missing or out of place. */
int store_history_verify(struct store *s, int64_t *rows, int64_t *at, struct err *e);

/* ---- notes under a key of [0-9a-z-]: kinds "completion" and "evidence" (kept.c) ---------------------------------------- */
/* A note of the same key is replaced. */
int store_keep(struct store *s, const char *kind, const char *key, const json_t *body, struct err *e);
/* [{key,at,body}], oldest first, at most 1000; `key` NULL: all of the kind. NULL on error. */
json_t *store_kept(struct store *s, const char *kind, const char *key, struct err *e);
int store_forget(struct store *s, const char *kind, const char *key, struct err *e);  /* ERR_NOT_FOUND when there is none */

/* Rows of all kinds: the store answers. -1 on error. */
int64_t store_rows(struct store *s, struct err *e);

#endif
