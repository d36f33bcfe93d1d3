/* Transactions on disk: one JSON file each, replaced whole. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sandbox/bytes.h"
#include "sandbox/call.h"
#include "sandbox/txn.h"

static const char *const states[] = { [TXN_WAITING] = "waiting", [TXN_SIGNED] = "signed", [TXN_REFUSED] = "refused", [TXN_EXPIRED] = "expired" };

void txn_keep(const struct txns *all, const struct txn *t)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s.json", all->dir, t->key);
	AUTO(mem_free) char *text = NULL;
	json_t *items = json_array(), *j;

	for (size_t i = 0; i < t->n; i++) {
		AUTO(mem_free) char *hash = bytes_hex(t->items[i].hash, 32);
		AUTO(mem_free) char *sig = bytes_b64(t->items[i].signature.p, t->items[i].signature.n);

		json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s}", "doc_id", t->items[i].doc_id, "title", t->items[i].title,
			"hash", hash, "signature", sig));
	}
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:b, s:I, s:I, s:I, s:o}", "sp_id", t->sp_id,
		"transaction_id", t->transaction_id, "tran_code", t->tran_code, "phone_id", t->phone_id, "text", t->text,
		"person", t->person->id, "serial", t->cert->serial, "dialect", (int)t->dialect, "state", states[t->state],
		"outcome", outcome_id(t->outcome), "webhook", t->webhook, "made", (json_int_t)t->made, "expires", (json_int_t)t->expires,
		"ended", (json_int_t)t->ended, "items", items);
	text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	/* a full disk must not stop training: the transaction then lives as long as the process */
	if (text)
		file_replace(path, text, strlen(text), 0600, NULL);
}

static const struct person_cert *cert_of(const struct people *people, const char *serial)
{
	for (size_t i = 0; i < people->n; i++)
		for (size_t k = 0; k < people->list[i].ncerts; k++)
			if (!strcmp(people->list[i].certs[k].serial, serial))
				return &people->list[i].certs[k];
	return NULL;
}

static bool read_items(struct txn *t, const json_t *items)
{
	size_t n = json_array_size(items);

	if (!n || n > WIRE_ITEMS_MAX)
		return false;
	t->items = mem_array(n, sizeof *t->items);
	for (; t->n < n; t->n++) {
		const json_t *j = json_array_get(items, t->n);
		struct txn_item *it = &t->items[t->n];

		it->doc_id = mem_str(call_str(j, "doc_id"));
		it->title = mem_str(call_str(j, "title"));
		if (!bytes_from_hex(call_str(j, "hash"), it->hash, 32) || !bytes_from_b64(call_str(j, "signature"), &it->signature))
			return false;
	}
	return true;
}

static bool read_state(struct txn *t, const json_t *j)
{
	const char *state = call_str(j, "state");
	size_t i = 0;

	while (i < COUNT(states) && strcmp(states[i], state))
		i++;
	t->state = (enum txn_state)i;
	t->outcome = outcome_from(call_str(j, "outcome"));
	t->dialect = (enum dialect)json_integer_value(json_object_get(j, "dialect"));
	return i < COUNT(states) && t->outcome < OUTCOME_COUNT && (int)t->dialect >= 0 && t->dialect <= DIALECT_VNPT;
}

struct txn *txn_read(const struct txns *all, const char *name)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s", all->dir, name);
	json_t *j = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	struct txn *t = mem_alloc(sizeof *t);
	bool ok;

	t->key = mem_strn(name, strcspn(name, "."));
	t->sp_id = mem_str(call_str(j, "sp_id"));
	t->asked_by = mem_str(t->sp_id);
	t->transaction_id = mem_str(call_str(j, "transaction_id"));
	t->tran_code = mem_str(call_str(j, "tran_code"));
	t->phone_id = mem_str(call_str(j, "phone_id"));
	t->text = mem_str(call_str(j, "text"));
	t->person = people_find(all->people, call_str(j, "person"));
	t->cert = cert_of(all->people, call_str(j, "serial"));
	t->webhook = json_is_true(json_object_get(j, "webhook"));
	t->made = (time_t)json_integer_value(json_object_get(j, "made"));
	t->expires = (time_t)json_integer_value(json_object_get(j, "expires"));
	t->ended = (time_t)json_integer_value(json_object_get(j, "ended"));
	ok = read_items(t, json_object_get(j, "items")) && read_state(t, j) && t->person && *t->transaction_id;
	json_decref(j);
	if (ok && !t->cert && t->person->ncerts)
		t->cert = &t->person->certs[0];
	if (ok && t->cert)
		return t;
	txn_free(t);
	return NULL;
}

int txns_load(struct txns *all, struct err *e)
{
	DIR *d;

	if (file_mkdirs(all->dir, 0700, e))
		return -1;
	d = opendir(all->dir);
	if (!d)
		return err_set(e, ERR_INTERNAL, "transactions: %s", strerror(errno));
	for (struct dirent *f; (f = readdir(d)) && all->n < TXN_MAX;) {
		const char *dot = strrchr(f->d_name, '.');
		struct txn *t;

		if (!dot || strcmp(dot, ".json"))
			continue;
		t = txn_read(all, f->d_name);
		if (!t)
			continue;
		all->list = mem_grow(all->list, all->n + 1, sizeof(struct txn *));
		all->list[all->n++] = t;
	}
	closedir(d);
	return 0;
}
