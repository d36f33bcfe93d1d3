/* Signing transactions: one per sp_id + transaction_id, for as long as a phone is asked (300 s), kept in DIR/transactions so
 * that a restart asks nobody twice. */
#ifndef SANDBOX_TXN_H
#define SANDBOX_TXN_H

#include <stdint.h>
#include <time.h>

#include "base/mem.h"
#include "sandbox/people.h"
#include "sandbox/script.h"
#include "sandbox/wire.h"

enum { TXN_LIFE = 300, TXN_OPEN_MAX = 16, TXN_MAX = 4000 };
enum txn_state { TXN_WAITING, TXN_SIGNED, TXN_REFUSED, TXN_EXPIRED };

struct txn_item {
	char *doc_id, *title;
	unsigned char hash[32];
	struct buf signature;
};
struct txn {
	char *key;               /* file name: SHA-256 of sp_id and transaction_id */
	char *sp_id, *transaction_id, *tran_code, *phone_id, *text, *asked_by;
	const struct person *person;
	const struct person_cert *cert;   /* of another person when the script lies */
	enum dialect dialect;
	struct txn_item *items;
	size_t n;
	enum txn_state state;
	enum outcome outcome;
	bool webhook;            /* the reply was given at once; the end goes to the webhook */
	time_t made, expires, ended;
	int64_t script_at;       /* monotonic ms */
};
struct txns {
	char *dir;
	const struct people *people;
	struct txn **list;
	size_t n;
	unsigned long changes;
	void (*ended)(void *self, struct txn *t);   /* called when a transaction leaves TXN_WAITING */
	void *self;
};

void txns_init(struct txns *all, const char *data, const struct people *people);
int txns_load(struct txns *all, struct err *e);
void txns_clear(struct txns *all);
/* NULL when there is none. `transaction_id` of VNPT's status path may be the tran_code as well. */
struct txn *txn_find(const struct txns *all, const char *sp_id, const char *transaction_id);
struct txn *txn_find_any(const struct txns *all, enum dialect d, const char *id);
struct txn *txn_of_phone(const struct txns *all, const char *phone_id);
/* Are these the documents and hashes it was made for? */
bool txn_same(const struct txn *t, const struct wire_request *r);
size_t txn_open(const struct txns *all, const struct person *p);
struct txn *txn_new(struct txns *all, enum dialect d, const struct wire_request *r, const struct person *p,
                    const struct person_cert *cert, enum outcome outcome, int delay);
/* The person's answer; false when it is no longer waited for. */
bool txn_answer(struct txns *all, struct txn *t, bool approve);
void txn_expire(struct txns *all, struct txn *t);
void txns_expire(struct txns *all);
/* Carries out what is due. */
void txns_tick(struct txns *all, time_t now, int64_t ms);
int txn_left(const struct txn *t, time_t now);           /* seconds; 0 when over */
/* txn_file.c */
void txn_keep(const struct txns *all, const struct txn *t);
struct txn *txn_read(const struct txns *all, const char *name);
void txn_free(struct txn *t);

#endif
