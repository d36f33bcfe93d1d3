/* Replies of the 769 family. */
#include <string.h>

#include "base/mem.h"
#include "sandbox/bytes.h"
#include "sandbox/wire.h"

static json_t *b64(const struct wire_shape *s, const void *p, size_t n)
{
	AUTO(mem_free) char *one = bytes_b64(p, n);
	AUTO(buf_free) struct buf broken = { 0 };

	if (!s->crlf)
		return json_string(one);
	for (const char *at = one; *at; at += strnlen(at, 76)) {
		buf_add(&broken, at, strnlen(at, 76));
		buf_str(&broken, "\r\n");
	}
	return json_string((const char *)broken.p);
}

static json_t *chain(enum dialect d, const struct wire_shape *s, const struct wire_cert *c)
{
	enum wire_chain kind = s->chain != CHAIN_DEFAULT ? s->chain : d == DIALECT_VNPT ? CHAIN_OBJECT : CHAIN_ARRAY;

	if (kind == CHAIN_NULL)
		return json_null();
	if (kind == CHAIN_OBJECT)
		return json_pack("{s:o, s:n}", "ca_cert", b64(s, c->issuer, c->issuer_len), "root_cert");
	return json_pack("[o, o]", b64(s, c->issuer, c->issuer_len), b64(s, c->root, c->root_len));
}

static json_t *certificate(enum dialect d, const struct wire_shape *s, const char *transaction, const struct wire_cert *c)
{
	json_t *out = json_object();

	if (d == DIALECT_VNPT) {
		json_object_set_new(out, "service_type", json_string("SMARTCA"));
		json_object_set_new(out, "service_name", json_string("SmartCA TEST"));
	}
	json_object_set_new(out, "cert_id", json_string(c->serial));
	if (d == DIALECT_VNPT) {
		json_object_set_new(out, "cert_status", json_string(c->status));
		json_object_set_new(out, "cert_status_code", json_string(c->status_code));
	}
	json_object_set_new(out, "serial_number", json_string(c->serial));
	if (d == DIALECT_VNPT) {
		json_object_set_new(out, "cert_subject", json_string(c->subject));
		json_object_set_new(out, "cert_valid_from", json_string(c->from));
		json_object_set_new(out, "cert_valid_to", json_string(c->to));
	}
	json_object_set_new(out, "cert_data", b64(s, c->der, c->der_len));
	json_object_set_new(out, "chain_data", chain(d, s, c));
	json_object_set_new(out, "transaction_id", json_string(transaction));
	return out;
}

static const char *success(enum dialect d)
{
	return d == DIALECT_VNPT ? "Success" : d == DIALECT_NEAC ? "Success" : "OK";
}

json_t *wire_certificates(enum dialect d, const struct wire_shape *s, const char *transaction, const struct wire_cert *certs, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, certificate(d, s, transaction, &certs[i]));
	if (s->data_list)
		return json_pack("{s:i, s:s, s:s, s:o}", "status_code", 200, "message", success(d), "transaction_id", transaction, "data", list);
	return json_pack("{s:i, s:s, s:{s:o}}", "status_code", 200, "message", success(d), "data", "user_certificates", list);
}

json_t *wire_signed(enum dialect d, const struct wire_shape *s, const char *transaction, const struct wire_signature *sigs, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *item = json_pack("{s:s, s:o, s:o}", "doc_id", sigs[i].doc_id, "signature_value", b64(s, sigs[i].p, sigs[i].n),
			/* the sample of decision 769 carries such a time; it proves nothing */
			"timestamp_signature", d == DIALECT_QD769 ? json_string("20211123070000Z") : json_null());

		if (s->reorder)
			json_array_insert_new(list, 0, item);
		else
			json_array_append_new(list, item);
	}
	return json_pack("{s:i, s:s, s:{s:s, s:o}}", "status_code", 200, "message", d == DIALECT_VNPT ? "SUCCESS" : success(d), "data",
	                 "transaction_id", transaction, d == DIALECT_VNPT ? "signatures" : "signed_files", list);
}

json_t *wire_taken(enum dialect d, const char *transaction, const char *tran_code, int expires_in)
{
	if (d == DIALECT_VNPT)
		return json_pack("{s:i, s:s, s:{s:s, s:s, s:i}}", "status_code", 200, "message", "sig_wait_for_user_confirm", "data",
		                 "transaction_id", transaction, "tran_code", tran_code, "expired_in", expires_in);
	return json_pack("{s:i, s:s, s:{s:s, s:n}}", "status_code", 200, "message", success(d), "data", "transaction_id", transaction, "signed_files");
}

json_t *wire_status(const char *transaction, const char *message, int expires_in)
{
	return json_pack("{s:i, s:s, s:{s:s, s:n, s:i}}", "status_code", 200, "message", message, "data", "transaction_id", transaction,
	                 "signatures", "expired_in", expires_in);
}

json_t *wire_error(enum dialect d, const struct wire_shape *s, int code, const char *message, int *http_status)
{
	bool by_http = s->errors ? s->errors == 1 : d == DIALECT_VNPT;

	/* codes that are no HTTP status (65000, quota) can only come in a body */
	if (by_http && code >= 400 && code < 600) {
		*http_status = code;
		return json_pack("{s:i, s:s}", "code", code, "message", message);
	}
	*http_status = 200;
	return json_pack("{s:i, s:s, s:n}", "status_code", code, "message", message, "data");
}

static bool set_chain(struct wire_shape *s, const char *v)
{
	static const char *const words[] = { "default", "array", "object", "null" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (!strcmp(v, words[i])) {
			s->chain = (enum wire_chain)i;
			return true;
		}
	return false;
}

bool wire_shape_set(struct wire_shape *s, json_t *j)
{
	const char *key;
	json_t *v;

	json_object_foreach(j, key, v) {
		const char *text = json_string_value(v) ? json_string_value(v) : "";

		if (!strcmp(key, "chain")) {
			if (!set_chain(s, text))
				return false;
		} else if (!strcmp(key, "data")) {
			s->data_list = !strcmp(text, "list");
		} else if (!strcmp(key, "errors")) {
			s->errors = !strcmp(text, "http") ? 1 : !strcmp(text, "body") ? 2 : 0;
		} else if (!strcmp(key, "crlf")) {
			s->crlf = json_is_true(v);
		} else if (!strcmp(key, "reorder")) {
			s->reorder = json_is_true(v);
		} else {
			return false;
		}
	}
	return true;
}
