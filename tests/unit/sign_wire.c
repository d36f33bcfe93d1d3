/* Bytes of the 769 dialects: what goes out stands in tests/data/wire-client, what comes in is read in all its shapes. */
#include "unit/sign_help.h"

#include "net/net.h"
#include "sign/qd769.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct signer me, other;
static struct config *conf;

static json_t *golden(const char *dialect, const char *call)
{
	AUTO(mem_free) char *dir = mem_str(__FILE__);
	*strrchr(dir, '/') = '\0';
	AUTO(mem_free) char *path = mem_printf("%s/../data/wire-client/%s.%s.json", dir, dialect, call);
	json_error_t je;
	json_t *j = json_load_file(path, JSON_REJECT_DUPLICATES, &je);

	if (!j)
		fail_msg("%s: %s", path, je.text);
	return j;
}

static void same(const char *dialect, const char *call, json_t *made)
{
	AUTO(json_release) json_t *want = golden(dialect, call), *got = made;

	if (!json_equal(want, got)) {
		AUTO(mem_free) char *a = json_text(want), *b = json_text(got);
		fail_msg("%s %s\nwant %s\n got %s", dialect, call, a, b);
	}
}

static void requests(void **state)
{
	(void)state;
	static const struct { const char *way, *dialect; bool status; } rows[] = {
		{ "neac", "neac-sign_v2", false }, { "plain", "qd769-plain", false }, { "vnpt", "vnpt-sp769", true }, { "ca2", "ca2", true },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(json_release) json_t *args = sign_args(rows[i].way, &me, 2);
		AUTO(sign_request_clear) struct sign_request r = { 0 };
		AUTO(sign_link_close) struct sign_link l = { 0 };
		struct err e = { 0 };
		assert_int_equal(sign_request_read(&r, args, conf, &e), 0);
		assert_int_equal(sign_link_open(&l, conf, rows[i].way, NULL, &e), 0);
		assert_string_equal(l.way->dialect, rows[i].dialect);
		assert_int_equal(l.way->polls, rows[i].status);
		same(rows[i].dialect, "certificates", qd769_certificates_body(&l, &r, SIGN_TXN));
		same(rows[i].dialect, "sign", qd769_sign_body(&l, &r, 1795167912));
		if (rows[i].status)
			same(rows[i].dialect, "status", qd769_status_body(&l, &r));
	}
}

static void bad_arguments(void **state)
{
	(void)state;
	static const struct { const char *field; const char *value; } bad[] = {
		{ "way", "no way!" }, { "transaction", "../../etc" }, { "transaction", "" }, { "account", "12" }, { "certificate", "AAAA" },
		{ "certificate", "" },
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		AUTO(json_release) json_t *args = sign_args("neac", &me, 1);
		AUTO(sign_request_clear) struct sign_request r = { 0 };
		struct err e = { 0 };
		json_object_set_new(args, bad[i].field, json_string(bad[i].value));
		assert_int_equal(sign_request_read(&r, args, conf, &e), -1);
	}
	/* Two documents under one code, and a hash of another length. */
	AUTO(json_release) json_t *args = sign_args("neac", &me, 2);
	AUTO(sign_request_clear) struct sign_request r = { 0 };
	struct err e = { 0 };
	json_object_set_new(json_array_get(json_object_get(args, "items"), 1), "document_code", json_string("KS-4F7K2"));
	assert_int_equal(sign_request_read(&r, args, conf, &e), -1);
	sign_request_clear(&r);
	AUTO(json_release) json_t *args2 = sign_args("neac", &me, 1);
	json_object_set_new(json_array_get(json_object_get(args2, "items"), 0), "hash", json_string("AAAA"));
	assert_int_equal(sign_request_read(&r, args2, conf, &e), -1);
}

/* ---- certificates ------------------------------------------------------------------------------------------------------ */

static int certs(json_t *data, const char *serial, json_t **out, struct err *e)
{
	AUTO(json_release) json_t *body = json_pack("{s:i,s:s,s:o}", "status_code", 200, "message", "Success", "data", data);

	*out = json_array();
	return qd769_read_certificates(body, serial, *out, e);
}

static json_t *row(const struct signer *s, json_t *chain)
{
	struct cert *c = cert_parse(s->der.p, s->der.n, NULL);
	AUTO(mem_free) char *serial = mem_printf("00%s", cert_serial(c));
	json_t *j = json_pack("{s:s,s:s,s:o,s:s,s:s}", "cert_id", "1", "cert_data", s->b64, "chain_data", chain, "serial_number", serial,
	                      "cert_status_code", "VALID");
	cert_free(c);
	return j;
}

static void certificate_shapes(void **state)
{
	(void)state;
	struct err e = { 0 };
	json_t *out;
	const struct { const char *name; json_t *data; size_t chain; } shapes[] = {
		{ "data object, chain array", json_pack("{s:[o]}", "user_certificates", row(&me, json_pack("[s]", other.b64))), 1 },
		{ "data bare array, chain object", json_pack("[o]", row(&me, json_pack("{s:s,s:n}", "ca_cert", other.b64, "root_cert"))), 1 },
		{ "chain object with root", json_pack("[o]", row(&me, json_pack("{s:s,s:s}", "ca_cert", other.b64, "root_cert", me.b64))), 2 },
		{ "chain null", json_pack("{s:[o]}", "user_certificates", row(&me, json_null())), 0 },
		{ "chain of noise", json_pack("{s:[o]}", "user_certificates", row(&me, json_pack("[s,i,{}]", "!!", 7))), 0 },
	};
	for (size_t i = 0; i < COUNT(shapes); i++) {
		print_message("%s\n", shapes[i].name);
		assert_int_equal(certs(shapes[i].data, "", &out, &e), 0);
		assert_int_equal(json_array_size(out), 1);
		assert_string_equal(json_str(out, "0.certificate", ""), me.b64);
		assert_int_equal(json_array_size(json_at(out, "0.chain")), shapes[i].chain);
		assert_string_equal(json_str(out, "0.status", ""), "VALID");
		assert_int_equal(strncmp(json_str(out, "0.serial", ""), "00", 2), 0);    /* spelt as they spell it */
		json_decref(out);
	}
}

static void certificates_refused(void **state)
{
	(void)state;
	struct err e = { 0 };
	json_t *out;
	struct cert *c = cert_parse(me.der.p, me.der.n, NULL);

	/* Of two, the one asked for; another one is never taken for it. */
	assert_int_equal(certs(json_pack("[o,o]", row(&other, json_null()), row(&me, json_null())), cert_serial(c), &out, &e), 0);
	assert_int_equal(json_array_size(out), 1);
	assert_string_equal(json_str(out, "0.certificate", ""), me.b64);
	json_decref(out);
	assert_int_equal(certs(json_pack("[o]", row(&other, json_null())), cert_serial(c), &out, &e), -1);
	assert_int_equal(e.kind, ERR_CERT_UNUSABLE);
	assert_string_equal(e.reason, "cert.not-offered");
	json_decref(out);
	assert_int_equal(certs(json_pack("{s:[]}", "user_certificates"), "", &out, &e), -1);
	assert_string_equal(e.reason, "cert.none");
	json_decref(out);
	assert_int_equal(certs(json_pack("[{s:s}]", "cert_data", "AAAA"), "", &out, &e), -1);
	assert_string_equal(e.reason, "sign.garbage");
	json_decref(out);
	assert_int_equal(certs(json_string("?"), "", &out, &e), -1);
	assert_string_equal(e.reason, "sign.garbage");
	json_decref(out);
	cert_free(c);
}

/* ---- signatures -------------------------------------------------------------------------------------------------------- */

static int read_back(json_t *data, struct err *e)
{
	AUTO(json_release) json_t *body = json_pack("{s:i,s:o}", "status_code", 200, "data", data);
	AUTO(json_release) json_t *args = sign_args("neac", &me, 2);
	AUTO(sign_request_clear) struct sign_request r = { 0 };

	err_clear(e);
	assert_int_equal(sign_request_read(&r, args, conf, e), 0);
	int rc = qd769_read_signatures(body, &r, e);
	for (size_t i = 0; i < r.nitems; i++)
		assert_int_equal(r.items[i].signature.n > 0, rc == 1);
	return rc;
}

static json_t *item(const char *doc, const struct signer *s, int which)
{
	unsigned char hash[32];

	hash_of(hash, which);
	AUTO(mem_free) char *b64 = signer_sign(s, hash);
	AUTO(mem_free) char *lines = mem_printf("%.76s\r\n%s\r\n", b64, b64 + 76);      /* some replies carry CRLF */
	return json_pack("{s:s,s:s,s:n}", "doc_id", doc, "signature_value", lines, "timestamp_signature");
}

static void signatures(void **state)
{
	(void)state;
	struct err e = { 0 };

	assert_int_equal(read_back(json_pack("{s:[o,o]}", "signed_files", item("KS-4F7K2", &me, 0), item("KS-9TQ2A", &me, 1)), &e), 1);
	/* Mapped by document code, not by order. */
	assert_int_equal(read_back(json_pack("{s:[o,o]}", "signatures", item("KS-9TQ2A", &me, 1), item("KS-4F7K2", &me, 0)), &e), 1);
	assert_int_equal(read_back(json_pack("{s:n}", "signed_files"), &e), 0);
	assert_int_equal(read_back(json_pack("{s:n,s:i}", "signatures", "expired_in", 200), &e), 0);
	assert_int_equal(read_back(json_null(), &e), 0);

	const struct { json_t *data; const char *reason; } bad[] = {
		{ json_pack("{s:[o]}", "signed_files", item("KS-4F7K2", &me, 0)), "sign.garbage" },                    /* one missing */
		{ json_pack("{s:[o,o]}", "signed_files", item("KS-4F7K2", &me, 0), item("KS-4F7K2", &me, 0)), "sign.garbage" },
		{ json_pack("{s:[o,o]}", "signed_files", item("KS-4F7K2", &me, 0), item("KS-OTHER", &me, 1)), "sign.garbage" },
		{ json_pack("{s:[o,o]}", "signed_files", item("KS-4F7K2", &me, 1), item("KS-9TQ2A", &me, 0)), "sign.other-hash" },
		{ json_pack("{s:[o,o]}", "signed_files", item("KS-4F7K2", &other, 0), item("KS-9TQ2A", &me, 1)), "sign.not-verified" },
		{ json_pack("{s:[o,o],s:s}", "signed_files", item("KS-4F7K2", &me, 0), item("KS-9TQ2A", &me, 1), "cert_data", other.b64),
		  "sign.other-person" },
		{ json_pack("{s:[{s:s,s:s}]}", "signed_files", "doc_id", "KS-4F7K2", "signature_value", "%%%"), "sign.garbage" },
		{ json_pack("{s:[{s:s,s:s}]}", "signed_files", "doc_id", "KS-4F7K2", "signature_value", ""), "sign.garbage" },
		{ json_pack("{s:s}", "signed_files", "x"), "sign.garbage" },
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(read_back(bad[i].data, &e), -1);
		assert_int_equal(e.kind, ERR_PROVIDER_ERROR);
		assert_string_equal(e.reason, bad[i].reason);
	}
}

/* ---- words and codes --------------------------------------------------------------------------------------------------- */

static const struct {
	long http;
	const char *body;
	enum err_kind end;           /* ERR_NONE: nothing final */
	const char *reason;
} words[] = {
	{ 200, "{\"status_code\":200,\"message\":\"SUCCESS\"}", ERR_NONE, "" },
	{ 200, "{\"status_code\":200,\"message\":\"sig_wait_for_user_confirm\"}", ERR_NONE, "" },
	{ 200, "{\"status_code\":200,\"message\":\"a word nobody knows\"}", ERR_NONE, "" },
	{ 200, "{\"status_code\":200,\"message\":\"Rejected\"}", ERR_REFUSED, "" },
	{ 200, "{\"status_code\":200,\"message\":\"CANCELLED\"}", ERR_REFUSED, "" },
	{ 200, "{\"status_code\":200,\"message\":\"EXPIRED\"}", ERR_EXPIRED, "" },
	{ 200, "{\"status_code\":200,\"message\":\"TIMEOUT\"}", ERR_EXPIRED, "" },
	{ 200, "{\"status_code\":200,\"message\":\"FAILED\"}", ERR_PROVIDER_ERROR, "sign.failed" },
	{ 400, "{\"code\":400,\"message\":\"REJECTED\"}", ERR_REFUSED, "" },
	{ 200, "{\"status_code\":400,\"message\":\"User rejected the request\"}", ERR_REFUSED, "" },
	{ 200, "{\"status_code\":408,\"message\":\"\"}", ERR_EXPIRED, "" },
	{ 200, "{\"status_code\":400,\"message\":\"Certificate expired\"}", ERR_CERT_UNUSABLE, "cert.refused" },
	{ 400, "{\"code\":400,\"message\":\"BAD_REQUEST\"}", ERR_PROVIDER_ERROR, "sign.our-fault" },
	{ 401, "{\"code\":401,\"message\":\"SP_CREDENTIAL_INVALID\"}", ERR_PROVIDER_AUTH, "" },
	{ 200, "{\"status_code\":401,\"message\":\"token expired\"}", ERR_PROVIDER_AUTH, "" },
	{ 403, "{\"code\":403,\"message\":\"CREDENTIAL_STATUS_INVALID\"}", ERR_CERT_UNUSABLE, "cert.refused" },
	{ 403, "{\"code\":403,\"message\":\"rejected by policy\"}", ERR_CERT_UNUSABLE, "cert.refused" },
	{ 429, "", ERR_QUOTA, "sign.too-many" },
	{ 200, "{\"status_code\":65000,\"message\":\"QUOTA_EXCEEDED\"}", ERR_QUOTA, "" },
	{ 500, "{\"code\":500,\"message\":\"SERVER_INTERAL_ERROR\"}", ERR_PROVIDER_ERROR, "sign.provider-500" },
	{ 500, "", ERR_PROVIDER_ERROR, "sign.provider-500" },
	{ 200, "{\"status_code\":777,\"message\":\"?\"}", ERR_PROVIDER_ERROR, "sign.unknown-code" },
	{ 404, "{\"message\":\"TRANSACTION_NOT_FOUND\"}", ERR_PROVIDER_ERROR, "sign.unknown-transaction" },
	{ 200, "{\"status_code\":400,\"message\":\"nguoi dung tu choi\"}", ERR_REFUSED, "" },       /* configured */
	{ 200, "{\"status_code\":400,\"message\":\"dang cho\"}", ERR_NONE, "" },                    /* configured */
};

static void meanings(void **state)
{
	(void)state;
	AUTO(sign_link_close) struct sign_link l = { 0 };
	struct err e = { 0 };

	assert_int_equal(sign_link_open(&l, conf, "neac", NULL, &e), 0);
	for (size_t i = 0; i < COUNT(words); i++) {
		AUTO(json_release) json_t *body = *words[i].body ? json_parse(words[i].body, strlen(words[i].body), 4096, NULL) : NULL;
		err_clear(&e);
		int rc = qd769_judge(&l, words[i].http, body, &e);
		print_message("%ld %s -> %s %s\n", words[i].http, words[i].body, err_id(e.kind), e.reason);
		assert_int_equal(rc, words[i].end == ERR_NONE ? 0 : -1);
		assert_int_equal(e.kind, words[i].end);
		assert_string_equal(e.reason, words[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(bad_arguments),
		cmocka_unit_test(certificate_shapes),
		cmocka_unit_test(certificates_refused),
		cmocka_unit_test(signatures),
		cmocka_unit_test(meanings),
	};
	me = signer_make("TEST Nguyen Van Thu", "CCCD:001090123456");
	other = signer_make("TEST Tran Thi Mau", "CCCD:001190000001");
	conf = sign_config("https://127.0.0.1:1", "/dev/null",
	                   ", words: { refused: [\"Nguoi dung tu choi\"], waiting: [\"dang cho\"] }");
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	signer_free(&me);
	signer_free(&other);
	config_free(conf);
	return rc;
}
