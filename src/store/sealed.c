#include "store/sqlite.h"

#include "base/err.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

void wipe_buf(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->n);
	buf_free(b);
}

struct buf db_blob(sqlite3_stmt *q, int column)
{
	/* The size is asked after the pointer: asking first may convert the value. */
	const void *p = sqlite3_column_blob(q, column);
	return (struct buf){ .p = (unsigned char *)(uintptr_t)p, .n = (size_t)sqlite3_column_bytes(q, column) };
}

int new_salt(struct buf *salt, struct err *e)
{
	unsigned char p[SALT];

	if (seal_random(p, sizeof p, e) < 0)
		return -1;
	buf_add(salt, p, sizeof p);
	return 0;
}

int seal_json(struct store *s, struct buf *out, const char *purpose, const struct buf *salt, const char *row,
              int64_t version, const json_t *value, struct err *e)
{
	AUTO(seal_key_wipe) struct seal_key key = { 0 };
	AUTO(wipe_buf) struct buf text = { 0 };

	text.p = (unsigned char *)json_text(value);
	text.n = strlen((char *)text.p);
	if (text.n > STORE_BODY_MAX)
		return err_set(e, ERR_FILE_TOO_BIG, "%s: %zu bytes of JSON", purpose, text.n);
	if (seal_key_derive(&key, &s->key, purpose, salt->p, salt->n, e) < 0)
		return -1;
	return seal_bytes(out, &key, row, (uint64_t)version, text.p, text.n, e);
}

json_t *open_json(struct store *s, const char *purpose, const struct buf *salt, const char *row, int64_t version,
                  const struct buf *sealed, struct err *e)
{
	AUTO(seal_key_wipe) struct seal_key key = { 0 };
	AUTO(wipe_buf) struct buf text = { 0 };

	if (seal_key_derive(&key, &s->key, purpose, salt->p, salt->n, e) < 0)
		return NULL;
	if (seal_open(&text, &key, row, (uint64_t)version, sealed->p, sealed->n, e) < 0) {
		err_reason(e, "store.seal");
		return NULL;
	}
	json_t *value = json_parse(text.p, text.n, STORE_BODY_MAX, e);
	if (!value)
		err_set(e, ERR_REJECTED, "%s: no JSON under a good seal", row);
	return value;
}
