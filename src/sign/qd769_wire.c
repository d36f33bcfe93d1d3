/* Bytes of the 769 family: bodies that go out, certificates and signatures that come in. */
#include "sign/qd769.h"

#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/trust.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CERTS_MAX = 20, CHAIN_MAX = 8, CERT_BYTES_MAX = 16384, SIGNATURE_MAX = 2048 };

const struct qd769 qd769_neac = {
	.certificates = "/sign_v2/get_certificate", .sign = "/sign_v2/sign",
	.ca_name = true, .flat = true, .blocks = true, .stamp_z = true,
};
const struct qd769 qd769_plain = {
	.certificates = "/get_certificate", .sign = "/sign",
	.hex = true, .blocks = true, .stamp_z = true,
};
const struct qd769 qd769_vnpt = {
	.certificates = "/v1/credentials/get_certificate", .sign = "/v1/signatures/sign",
	.status = "/v1/signatures/sign/%s/status",
	.hex = true, .flat = true, .describes = true, .serial_always = true, .stamp_z = true,
};
const struct qd769 qd769_ca2 = {
	.certificates = "/get_certificate", .sign = "/sign", .status = "/status",
	.status_ids = true, .flat = true,
};

/* ---- out ------------------------------------------------------------------------------------------------------------- */

static json_t *identify(const struct sign_link *l, const struct sign_request *r)
{
	json_t *j = json_object();

	json_put_str(j, "sp_id", l->sp_id);
	json_put_str(j, "sp_password", l->sp_password.p);
	json_put_str(j, "user_id", r->account);
	return j;
}

static void name_certificate(const struct sign_link *l, const struct sign_request *r, json_t *j)
{
	const struct qd769 *d = l->way->data;

	if (d->ca_name)
		json_put_str(j, "ca_name", r->provider);
	if (d->serial_always || (r->serial && *r->serial))
		json_put_str(j, "serial_number", r->serial ? r->serial : "");
}

json_t *qd769_certificates_body(const struct sign_link *l, const struct sign_request *r, const char *transaction)
{
	json_t *j = identify(l, r);

	name_certificate(l, r, j);
	json_put_str(j, "transaction_id", transaction);
	return j;
}

static bool sends_hex(const struct sign_link *l)
{
	const struct qd769 *d = l->way->data;
	char path[128];

	snprintf(path, sizeof path, "%s.encoding", l->section);
	return strcmp(config_str(l->config, path, d->hex ? "hex" : "base64"), "hex") == 0;
}

static json_t *item_body(const struct sign_link *l, const struct sign_item *it)
{
	const struct qd769 *d = l->way->data;
	AUTO(mem_free) char *data = sends_hex(l) ? hex_text(it->hash, sizeof it->hash) : base64_text(it->hash, sizeof it->hash);
	json_t *j = json_object();
	char path[128];

	json_put_str(j, "data_to_be_signed", data);
	json_put_str(j, "doc_id", it->doc);
	json_put_str(j, d->flat ? "file_type" : "file_options.file_type", "pdf");
	json_put_str(j, d->flat ? "sign_type" : "file_options.sign_type", "hash");
	/* No published field carries the title through the gateway: where a provider has one, its name is the profile's (rule G3). */
	snprintf(path, sizeof path, "%s.title_field", l->section);
	if (config_str(l->config, path, NULL) && it->title)
		json_put_str(j, config_str(l->config, path, "file_name"), it->title);
	return j;
}

json_t *qd769_sign_body(const struct sign_link *l, const struct sign_request *r, time_t now)
{
	const struct qd769 *d = l->way->data;
	json_t *j = identify(l, r), *files = json_array();
	struct tm tm;
	char stamp[32];

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, d->stamp_z ? "%Y%m%d%H%M%SZ" : "%Y%m%d%H%M%S", &tm);
	name_certificate(l, r, j);
	json_put_str(j, "transaction_id", r->transaction);
	if (d->describes)
		json_put_str(j, "transaction_desc", r->text);
	json_put_str(j, "time_stamp", stamp);
	for (size_t i = 0; i < r->nitems; i++)
		json_array_append_new(files, item_body(l, &r->items[i]));
	json_object_set_new(j, "sign_files", files);
	return j;
}

json_t *qd769_status_body(const struct sign_link *l, const struct sign_request *r)
{
	const struct qd769 *d = l->way->data;

	if (!d->status_ids)
		return json_object();
	json_t *j = identify(l, r);
	json_put_str(j, "transaction_id", r->transaction);
	return j;
}

/* ---- certificates in --------------------------------------------------------------------------------------------------- */

static int garbage(const char *what, struct err *e)
{
	err_set(e, ERR_PROVIDER_ERROR, "provider: %s", what);
	return err_reason(e, "sign.garbage");
}

/* Hexadecimal without leading zeros, colons, spaces, case: serials are spelt in many ways. */
static void serial_plain(const char *s, char *out, size_t size)
{
	size_t n = 0;

	for (; *s && n + 1 < size; s++)
		if (isxdigit((unsigned char)*s) && (n || *s != '0'))
			out[n++] = (char)tolower((unsigned char)*s);
	out[n] = '\0';
}

static bool same_serial(const char *a, const char *b)
{
	char x[80], y[80];

	serial_plain(a, x, sizeof x);
	serial_plain(b, y, sizeof y);
	return *x && strcmp(x, y) == 0;
}

static struct cert *read_der(const json_t *text, json_t **again)
{
	AUTO(buf_free) struct buf der = { 0 };

	if (!json_is_string(text) || json_string_length(text) > CERT_BYTES_MAX * 2 ||
	    base64_bytes(json_string_value(text), &der, NULL) < 0 || der.n == 0 || der.n > CERT_BYTES_MAX)
		return NULL;
	struct cert *c = cert_parse(der.p, der.n, NULL);
	if (c) {
		AUTO(mem_free) char *b64 = base64_text(der.p, der.n);
		*again = json_string(b64);
	}
	return c;
}

static void add_chain(json_t *chain, const json_t *text)
{
	json_t *again = NULL;
	AUTO(cert_release) struct cert *c = read_der(text, &again);

	if (c && json_array_size(chain) < CHAIN_MAX)
		json_array_append_new(chain, again);
	else
		json_decref(again);
}

/* An array (769 sample), an object {ca_cert, root_cert|null} (VNPT, CA2), or null. What is unreadable is left out: the chain
 * is a help, the trust store decides. */
static json_t *read_chain(const json_t *data)
{
	json_t *chain = json_array(), *one;
	size_t i;

	json_array_foreach((json_t *)data, i, one)
		add_chain(chain, one);
	add_chain(chain, json_object_get(data, "ca_cert"));
	add_chain(chain, json_object_get(data, "root_cert"));
	if (json_is_string(data))
		add_chain(chain, data);
	return chain;
}

static int read_one(const json_t *from, const char *serial, json_t *out, struct err *e)
{
	json_t *b64 = NULL;
	AUTO(cert_release) struct cert *c = read_der(json_object_get(from, "cert_data"), &b64);

	if (!c)
		return garbage("cert_data cannot be read", e);
	AUTO(json_release) json_t *certificate = b64;
	if (*serial && !same_serial(serial, cert_serial(c)))
		return 0;
	/* Their spelling of the serial is what they want to see again, if it is the certificate's. */
	const char *theirs = json_str(from, "serial_number", "");
	AUTO(mem_free) char *status = text_clean(json_str(from, "cert_status_code", json_str(from, "cert_status", "")), false);
	json_t *j = json_object();
	json_object_set(j, "certificate", certificate);
	json_object_set_new(j, "chain", read_chain(json_object_get(from, "chain_data")));
	json_put_str(j, "serial", same_serial(theirs, cert_serial(c)) && strlen(theirs) < 80 ? theirs : cert_serial(c));
	json_put_str(j, "status", strlen(status) < 64 ? status : "");
	json_array_append_new(out, j);
	return 0;
}

int qd769_read_certificates(const json_t *body, const char *serial, json_t *out, struct err *e)
{
	const json_t *data = json_object_get(body, "data");
	const json_t *list = json_is_array(data) ? data : json_object_get(data, "user_certificates");

	if (!list || json_is_null(list)) {
		if (!json_is_object(data) && !json_is_null(data))
			return garbage("get_certificate without data", e);
	} else if (!json_is_array(list) || json_array_size(list) > CERTS_MAX) {
		return garbage("user_certificates is no list of certificates", e);
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		if (read_one(json_array_get(list, i), serial, out, e) < 0)
			return -1;
	if (json_array_size(out))
		return 0;
	err_set(e, ERR_CERT_UNUSABLE, "provider has no certificate for this account");
	return err_reason(e, *serial ? "cert.not-offered" : "cert.none");
}

/* ---- signatures in ------------------------------------------------------------------------------------------------------- */

/* A reply that names the certificate it used must name ours. */
static int same_person(const json_t *j, const struct sign_request *r, struct err *e)
{
	static const char *const names[] = { "cert_data", "certificate", "signer_certificate" };

	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(buf_free) struct buf der = { 0 };
		const char *text = json_str(j, names[i], NULL);
		if (!text)
			continue;
		if (base64_bytes(text, &der, NULL) < 0 || !der.n || der.n != r->der.n || memcmp(der.p, r->der.p, der.n) != 0) {
			err_set(e, ERR_PROVIDER_ERROR, "provider signed with another certificate");
			return err_reason(e, "sign.other-person");
		}
	}
	return 0;
}

static int not_ours(const struct sign_request *r, const struct sign_item *it, struct der raw, struct err *e)
{
	/* The value may belong to another document of the batch: their reply was mixed up, not their key. */
	for (size_t i = 0; i < r->nitems; i++) {
		if (&r->items[i] == it || !cert_verifies(r->cert, r->items[i].hash, raw))
			continue;
		err_set(e, ERR_PROVIDER_ERROR, "provider returned the signature of another document");
		return err_reason(e, "sign.other-hash");
	}
	err_set(e, ERR_PROVIDER_ERROR, "provider's signature value (%zu bytes) does not verify", raw.n);
	return err_reason(e, "sign.not-verified");
}

static int take(const json_t *from, struct sign_request *r, struct err *e)
{
	const char *doc = json_str(from, "doc_id", ""), *value = json_str(from, "signature_value", NULL);
	struct sign_item *it = NULL;
	AUTO(buf_free) struct buf raw = { 0 };

	for (size_t i = 0; i < r->nitems; i++)
		if (strcmp(r->items[i].doc, doc) == 0)
			it = &r->items[i];
	if (!it)
		return garbage("a signature for a document that was not sent", e);
	if (it->signature.n)
		return garbage("two signatures for one document", e);
	/* base64_bytes() skips the CRLF that some replies carry. */
	if (!value || strlen(value) > SIGNATURE_MAX * 2 || base64_bytes(value, &raw, NULL) < 0 || raw.n == 0 ||
	    raw.n > SIGNATURE_MAX)
		return garbage("a signature value that cannot be read", e);
	if (same_person(from, r, e) < 0)
		return -1;
	struct der der = { raw.p, raw.n };
	if (!cert_verifies(r->cert, it->hash, der))
		return not_ours(r, it, der, e);
	it->signature = raw;
	raw = (struct buf){ 0 };
	return 0;
}

static int take_all(const json_t *list, struct sign_request *r, struct err *e)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (take(json_array_get(list, i), r, e) < 0)
			return -1;
	for (size_t i = 0; i < r->nitems; i++)
		if (!r->items[i].signature.n)
			return garbage("a document came back without its signature", e);
	return 1;
}

int qd769_read_signatures(const json_t *body, struct sign_request *r, struct err *e)
{
	const json_t *data = json_object_get(body, "data");
	const json_t *list = json_object_get(data, "signed_files");

	if (!list || json_is_null(list))
		list = json_object_get(data, "signatures");
	if (!list || json_is_null(list) || (json_is_array(list) && json_array_size(list) == 0))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > SIGN_ITEMS_MAX)
		return garbage("signatures are no list", e);
	if (same_person(data, r, e) < 0)
		return -1;
	int rc = take_all(list, r, e);
	for (size_t i = 0; rc < 0 && i < r->nitems; i++)        /* all of them or none */
		buf_free(&r->items[i].signature);
	return rc;
}
