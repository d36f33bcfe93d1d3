#include "sandbox/txn.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/err.h"
#include "sandbox/bytes.h"

void txn_free(struct txn *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		mem_free(&t->items[i].doc_id);
		mem_free(&t->items[i].title);
		buf_free(&t->items[i].signature);
	}
	mem_free(&t->items);
	mem_free(&t->key);
	mem_free(&t->sp_id);
	mem_free(&t->transaction_id);
	mem_free(&t->tran_code);
	mem_free(&t->phone_id);
	mem_free(&t->text);
	mem_free(&t->asked_by);
	free(t);
}

void txns_init(struct txns *all, const char *data, const struct people *people)
{
	*all = (struct txns){ .dir = mem_printf("%s/transactions", data), .people = people };
}

void txns_clear(struct txns *all)
{
	for (size_t i = 0; i < all->n; i++)
		txn_free(all->list[i]);
	mem_free(&all->list);
	mem_free(&all->dir);
}

struct txn *txn_find(const struct txns *all, const char *sp_id, const char *transaction_id)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->list[i]->sp_id, sp_id) && !strcmp(all->list[i]->transaction_id, transaction_id))
			return all->list[i];
	return NULL;
}

struct txn *txn_find_any(const struct txns *all, enum dialect d, const char *id)
{
	for (size_t i = 0; i < all->n; i++) {
		struct txn *t = all->list[i];

		if (t->dialect == d && (!strcmp(t->transaction_id, id) || !strcmp(t->tran_code, id)))
			return t;
	}
	return NULL;
}

struct txn *txn_of_phone(const struct txns *all, const char *phone_id)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->list[i]->phone_id, phone_id))
			return all->list[i];
	return NULL;
}

bool txn_same(const struct txn *t, const struct wire_request *r)
{
	if (t->n != r->n)
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->items[i].doc_id, r->items[i].doc_id) || memcmp(t->items[i].hash, r->items[i].hash, 32))
			return false;
	return true;
}

size_t txn_open(const struct txns *all, const struct person *p)
{
	size_t open = 0;

	for (size_t i = 0; i < all->n; i++)
		open += all->list[i]->state == TXN_WAITING && all->list[i]->person == p;
	return open;
}

int txn_left(const struct txn *t, time_t now)
{
	return t->state == TXN_WAITING && t->expires > now ? (int)(t->expires - now) : 0;
}

/* PKCS#1 v1.5 over a DigestInfo of the given 32 bytes: nothing is hashed again. */
static bool sign_hash(EVP_PKEY *key, const unsigned char hash[32], struct buf *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	unsigned char sig[1024];
	size_t n = sizeof sig;
	bool ok = ctx && EVP_PKEY_sign_init(ctx) > 0
	          && (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0)
	          && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0 && EVP_PKEY_sign(ctx, sig, &n, hash, 32) > 0;

	EVP_PKEY_CTX_free(ctx);
	if (ok)
		buf_add(out, sig, n);
	return ok;
}

static void end(struct txns *all, struct txn *t, enum txn_state state)
{
	t->state = state;
	t->ended = time(NULL);
	txn_keep(all, t);
	all->changes++;
	if (all->ended)
		all->ended(all->self, t);
}

static void sign_all(struct txns *all, struct txn *t)
{
	EVP_PKEY *key = t->cert->pair.key;
	const struct person *other = people_other(all->people, t->person);

	if (t->outcome == OUTCOME_WRONG_KEY && other)
		key = other->certs[0].pair.key;
	for (size_t i = 0; i < t->n; i++) {
		unsigned char hash[32];

		memcpy(hash, t->items[i].hash, sizeof hash);
		if (t->outcome == OUTCOME_WRONG_HASH)
			hash[0] ^= 1;
		buf_free(&t->items[i].signature);
		t->items[i].signature = (struct buf){ 0 };
		if (!sign_hash(key, hash, &t->items[i].signature)) {
			end(all, t, TXN_EXPIRED);
			return;
		}
	}
	end(all, t, TXN_SIGNED);
}

bool txn_answer(struct txns *all, struct txn *t, bool approve)
{
	if (t->state != TXN_WAITING || t->expires <= time(NULL))
		return false;
	if (approve)
		sign_all(all, t);
	else
		end(all, t, TXN_REFUSED);
	return true;
}

void txn_expire(struct txns *all, struct txn *t)
{
	if (t->state == TXN_WAITING)
		end(all, t, TXN_EXPIRED);
}

void txns_expire(struct txns *all)
{
	for (size_t i = 0; i < all->n; i++)
		txn_expire(all, all->list[i]);
}

static void play(struct txns *all, struct txn *t)
{
	switch (t->outcome) {
	case OUTCOME_ASK:
	case OUTCOME_SILENT:
	case OUTCOME_HTTP500:
	case OUTCOME_REVOKED:
	case OUTCOME_QUOTA:
	case OUTCOME_COUNT:
		break;
	case OUTCOME_REFUSE:
		end(all, t, TXN_REFUSED);
		break;
	case OUTCOME_EXPIRE:
		end(all, t, TXN_EXPIRED);
		break;
	case OUTCOME_APPROVE:
	case OUTCOME_CUT:
	case OUTCOME_DRIP:
	case OUTCOME_GARBAGE:
	case OUTCOME_WRONG_HASH:
	case OUTCOME_WRONG_KEY:
	case OUTCOME_OTHER_PERSON:
		sign_all(all, t);
		break;
	}
}

void txns_tick(struct txns *all, time_t now, int64_t ms)
{
	for (size_t i = 0; i < all->n; i++) {
		struct txn *t = all->list[i];

		if (t->state != TXN_WAITING)
			continue;
		if (t->expires <= now)
			end(all, t, TXN_EXPIRED);
		else if (ms >= t->script_at)
			play(all, t);
	}
}

static void add(struct txns *all, struct txn *t)
{
	/* the oldest that is over gives way; open ones are few (TXN_OPEN_MAX a person) */
	for (size_t i = 0; all->n >= TXN_MAX && i < all->n; i++)
		if (all->list[i]->state != TXN_WAITING) {
			txn_free(all->list[i]);
			memmove(&all->list[i], &all->list[i + 1], (--all->n - i) * sizeof(struct txn *));
		}
	all->list = mem_grow(all->list, all->n + 1, sizeof(struct txn *));
	all->list[all->n++] = t;
}

static char *key_of(const char *sp_id, const char *transaction_id)
{
	AUTO(mem_free) char *both = mem_printf("%zu:%s%s", strlen(sp_id), sp_id, transaction_id);
	unsigned char hash[32];

	bytes_sha256(both, strlen(both), hash);
	return bytes_hex(hash, sizeof hash);
}

struct txn *txn_new(struct txns *all, enum dialect d, const struct wire_request *r, const struct person *p,
                    const struct person_cert *cert, enum outcome outcome, int delay)
{
	struct txn *t = mem_alloc(sizeof *t);

	t->sp_id = mem_str(r->sp_id);
	t->transaction_id = *r->transaction_id ? mem_str(r->transaction_id) : bytes_uuid();
	t->key = key_of(t->sp_id, t->transaction_id);
	t->tran_code = bytes_uuid();
	t->phone_id = bytes_token(8);
	t->text = mem_str(r->text);
	t->asked_by = mem_str(r->sp_id);
	t->person = p;
	t->cert = cert;
	t->dialect = d;
	t->outcome = outcome;
	t->made = time(NULL);
	t->expires = t->made + TXN_LIFE;
	t->script_at = bytes_ms() + delay * 1000LL;
	t->items = mem_array(r->n, sizeof *t->items);
	for (; t->n < r->n; t->n++) {
		t->items[t->n].doc_id = mem_str(r->items[t->n].doc_id);
		t->items[t->n].title = mem_str(r->items[t->n].title);
		memcpy(t->items[t->n].hash, r->items[t->n].hash, 32);
	}
	add(all, t);
	all->changes++;
	txn_keep(all, t);
	return t;
}
