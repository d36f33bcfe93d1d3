#include "sign/sign.h"

#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CERT_MAX = 16384, TIMEOUT_LEAST = 10, TIMEOUT_USUAL = 300 };

static int missing(const char *field, struct err *e)
{
	return err_set(e, ERR_USAGE, "sign: argument %s is missing or malformed", field);
}

/* Transaction and document codes stand in addresses, files and on two screens: plain letters, digits, dashes. */
static bool is_code(const char *s, size_t max)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return n > 0 && n <= max && s[n] == '\0';
}

static char *words(const json_t *args, const char *name, int cells)
{
	AUTO(mem_free) char *clean = text_clean(json_str(args, name, ""), false);

	return text_cut(clean, cells);
}

static int read_items(struct sign_request *r, const json_t *list, struct err *e)
{
	size_t n = json_array_size(list);

	if (n == 0 || n > SIGN_ITEMS_MAX)
		return missing("items", e);
	r->items = mem_array(n, sizeof *r->items);
	for (size_t i = 0; i < n; i++) {
		const json_t *from = json_array_get(list, i);
		struct sign_item *it = &r->items[r->nitems++];
		AUTO(buf_free) struct buf hash = { 0 };
		it->doc = mem_str(json_str(from, "document_code", ""));
		it->title = words(from, "title", 100);
		if (!is_code(it->doc, 64))
			return missing("document_code", e);
		for (size_t k = 0; k < i; k++)
			if (strcmp(r->items[k].doc, it->doc) == 0)
				return missing("document_code (two alike)", e);
		if (base64_bytes(json_str(from, "hash", ""), &hash, NULL) < 0 || hash.n != sizeof it->hash)
			return missing("hash", e);
		memcpy(it->hash, hash.p, sizeof it->hash);
	}
	return 0;
}

static int read_certificate(struct sign_request *r, const char *text, struct err *e)
{
	if (strlen(text) > CERT_MAX * 2 || base64_bytes(text, &r->der, NULL) < 0 || r->der.n == 0 || r->der.n > CERT_MAX)
		return missing("certificate", e);
	r->cert = cert_parse(r->der.p, r->der.n, e);
	return r->cert ? 0 : err_add(e, "sign: certificate");
}

int sign_request_read(struct sign_request *r, const json_t *args, const struct config *c, struct err *e)
{
	char path[128];

	*r = (struct sign_request){ 0 };
	r->way = mem_str(json_str(args, "way", ""));
	r->provider = mem_str(json_str(args, "provider", ""));
	r->account = text_digits(json_str(args, "account", ""));
	r->serial = mem_str(json_str(args, "serial", ""));
	r->transaction = mem_str(json_str(args, "transaction", ""));
	r->text = words(args, "text", 200);
	if (!is_code(r->way, 40))
		return missing("way", e);
	if (!is_code(r->transaction, 64))
		return missing("transaction", e);
	if (strlen(r->account) < 9 || strlen(r->account) > 14)
		return missing("account", e);
	if (strlen(r->provider) > 40 || strlen(r->serial) > 80)
		return missing("provider or serial", e);
	snprintf(path, sizeof path, "signing.%s.timeout", r->way);
	long long t = json_int(args, "timeout", config_int(c, path, TIMEOUT_USUAL));
	r->timeout = t < TIMEOUT_LEAST ? TIMEOUT_LEAST : t > SIGN_TIMEOUT_MAX ? SIGN_TIMEOUT_MAX : (long)t;
	if (read_items(r, json_object_get(args, "items"), e) < 0)
		return -1;
	return read_certificate(r, json_str(args, "certificate", ""), e);
}

void sign_request_clear(struct sign_request *r)
{
	for (size_t i = 0; i < r->nitems; i++) {
		free(r->items[i].doc);
		free(r->items[i].title);
		buf_free(&r->items[i].signature);
	}
	free(r->items);
	free(r->way);
	free(r->provider);
	free(r->account);
	free(r->serial);
	free(r->transaction);
	free(r->text);
	buf_free(&r->der);
	cert_release(&r->cert);
	*r = (struct sign_request){ 0 };
}
