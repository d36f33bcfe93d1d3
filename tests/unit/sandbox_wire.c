/* The 769 family: golden requests are read, replies are the golden bytes (tests/data/wire), bad requests are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "sandbox/bytes.h"
#include "sandbox/wire.h"

static char *golden(const char *name)
{
	AUTO(mem_free) char *path = mem_printf("tests/data/wire/%s.json", name);
	FILE *f = fopen(path, "re");
	struct buf b = { 0 };
	char piece[4096];

	assert_non_null(f);
	for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
		buf_add(&b, piece, n);
	fclose(f);
	return buf_steal(&b);
}

static void is_golden(json_t *reply, const char *name)
{
	AUTO(mem_free) char *want = golden(name);
	char *have = json_dumps(reply, JSON_COMPACT);

	assert_string_equal(have, want);
	free(have);
	json_decref(reply);
}

static void hash_is(const unsigned char hash[32], const char *word)
{
	unsigned char want[32];

	bytes_sha256(word, strlen(word), want);
	assert_memory_equal(hash, want, 32);
}

static void golden_requests_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum dialect d;
		bool sign;
		size_t items;
		const char *user, *ca, *serial, *transaction, *text;
	} rows[] = {
		{ "neac-certificate-request", DIALECT_NEAC, false, 0, "001090123456", "VNPT-CA", "", "CA101003", "" },
		{ "neac-sign-request", DIALECT_NEAC, true, 1, "001090123456", "VNPT-CA", "4a01", "CA101003", "" },
		{ "neac-sign-bare-request", DIALECT_NEAC, true, 1, "001090123456", "VNPT-CA", "", "", "" },
		{ "qd769-certificate-request", DIALECT_QD769, false, 0, "012345678", "", "", "CA101003", "" },
		{ "qd769-sign-hex-request", DIALECT_QD769, true, 2, "001090123456", "", "", "CA101003", "" },
		{ "qd769-sign-base64-request", DIALECT_QD769, true, 2, "001090123456", "", "", "CA101003", "" },
		{ "vnpt-certificate-request", DIALECT_VNPT, false, 0, "001090123456", "", "", "SP_CA_5d1f", "" },
		{ "vnpt-sign-request", DIALECT_VNPT, true, 1, "001090123456", "", "4a01", "SP_CA_5d1f", "Ký tờ khai đăng ký khai sinh" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(mem_free) char *body = golden(rows[i].name);
		AUTO(wire_request_free) struct wire_request w = { 0 };

		assert_null(wire_parse(rows[i].d, rows[i].sign, body, strlen(body), &w));
		assert_string_equal(w.sp_id, "SANDBOX-SP");
		assert_string_equal(w.sp_password, "mat-khau-thu");
		assert_string_equal(w.user_id, rows[i].user);
		assert_string_equal(w.ca_name, rows[i].ca);
		assert_string_equal(w.serial, rows[i].serial);
		assert_string_equal(w.transaction_id, rows[i].transaction);
		if (rows[i].sign)
			assert_string_equal(w.text, rows[i].text);
		assert_int_equal(w.n, rows[i].items);
		if (w.n > 0) {
			assert_string_equal(w.items[0].doc_id, "KS-4F7K2");
			hash_is(w.items[0].hash, "hello");
		}
		if (w.n > 1)
			hash_is(w.items[1].hash, "world");
	}
}

static const struct wire_cert cert = { .der = "leaf", .der_len = 4, .issuer = "issuer", .issuer_len = 6, .root = "root", .root_len = 4,
	.serial = "4a01", .subject = "CN=Thử", .from = "2026-01-01T00:00:00Z", .to = "2028-01-01T00:00:00Z", .status = "Đang hoạt động", .status_code = "VALID" };
static const struct wire_signature sigs[] = { { "KS-4F7K2", "signature 1", 11 }, { "KS-4F7K3", "signature 2", 11 } };

static void replies_are_the_golden_bytes(void **state)
{
	(void)state;
	const struct wire_shape plain = { 0 }, odd = { .chain = CHAIN_NULL, .data_list = true };
	int status;

	is_golden(wire_certificates(DIALECT_NEAC, &plain, "CA101003", &cert, 1), "neac-certificate-reply");
	is_golden(wire_certificates(DIALECT_NEAC, &odd, "CA101003", &cert, 1), "neac-certificate-list-reply");
	is_golden(wire_certificates(DIALECT_VNPT, &plain, "SP_CA_5d1f", &cert, 1), "vnpt-certificate-reply");
	is_golden(wire_signed(DIALECT_NEAC, &plain, "CA101003", sigs, 1), "neac-sign-reply");
	is_golden(wire_signed(DIALECT_QD769, &plain, "CA101003", sigs, 2), "qd769-sign-reply");
	is_golden(wire_taken(DIALECT_QD769, "CA101003", "-", 300), "qd769-taken-reply");
	is_golden(wire_taken(DIALECT_VNPT, "SP_CA_5d1f", "0d0e7c2a-5c1b-4b3e-9a53-0d7d3a6a1c11", 300), "vnpt-sign-reply");
	is_golden(wire_status("SP_CA_5d1f", "sig_wait_for_user_confirm", 287), "vnpt-waiting-reply");
	is_golden(wire_status("SP_CA_5d1f", "REJECTED", 0), "vnpt-rejected-reply");
	is_golden(wire_signed(DIALECT_VNPT, &plain, "SP_CA_5d1f", sigs, 1), "vnpt-signed-reply");
	is_golden(wire_error(DIALECT_NEAC, &plain, 400, "REJECTED", &status), "neac-refused-reply");
	assert_int_equal(status, 200);
	is_golden(wire_error(DIALECT_VNPT, &plain, 403, "CREDENTIAL_STATUS_INVALID", &status), "vnpt-error-reply");
	assert_int_equal(status, 403);
}

static void shapes_change_what_providers_are_seen_to_vary(void **state)
{
	(void)state;
	struct wire_shape s = { 0 };
	json_t *j = json_pack("{s:b, s:b, s:s}", "crlf", 1, "reorder", 1, "chain", "object");
	unsigned char big[120] = { 1 };
	const struct wire_signature two[] = { { "a", big, sizeof big }, { "b", "x", 1 } };

	assert_true(wire_shape_set(&s, j));
	json_decref(j);
	assert_int_equal(s.chain, CHAIN_OBJECT);
	j = wire_signed(DIALECT_NEAC, &s, "t", two, 2);
	const json_t *first = json_array_get(json_object_get(json_object_get(j, "data"), "signed_files"), 0);
	const json_t *second = json_array_get(json_object_get(json_object_get(j, "data"), "signed_files"), 1);
	assert_string_equal(json_string_value(json_object_get(first, "doc_id")), "b");
	assert_non_null(strstr(json_string_value(json_object_get(second, "signature_value")), "\r\n"));
	json_decref(j);
	j = json_pack("{s:s}", "chain", "sideways");
	assert_false(wire_shape_set(&s, j));
	json_decref(j);
}

/* What a real provider answers with 400; each row spoils the golden request in one place. */
static void bad_requests_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum dialect d;
		const char *from, *to;
	} rows[] = {
		{ "neac-sign-request", DIALECT_NEAC, "LPJNul", "LPJNu" },                       /* another length */
		{ "neac-sign-request", DIALECT_NEAC, "LPJNul", "*PJNul" },
		{ "neac-sign-request", DIALECT_NEAC, "\"VNPT-CA\"", "\"\"" },
		{ "neac-sign-request", DIALECT_NEAC, "\"VNPT-CA\"", "7" },
		{ "neac-sign-request", DIALECT_NEAC, "\"hash\"", "\"file\"" },
		{ "neac-sign-request", DIALECT_NEAC, "\"KS-4F7K2\"", "\"\"" },
		{ "neac-sign-request", DIALECT_NEAC, "\"KS-4F7K2\"", "\"KS\\n\"" },
		{ "neac-sign-request", DIALECT_NEAC, "20261120094512Z", "20261120" },
		{ "neac-sign-request", DIALECT_NEAC, "20261120094512Z", "20261120094512+07" },
		{ "neac-sign-request", DIALECT_NEAC, "{\"sp_id\"", "{\"user_id\":\"1\",\"sp_id\"" },   /* a key twice */
		{ "neac-sign-request", DIALECT_NEAC, "\"sign_files\":[{", "\"sign_files\":[],\"x\":[{" },
		{ "vnpt-sign-request", DIALECT_VNPT, "2cf24d", "2cf24" },
		{ "vnpt-sign-request", DIALECT_VNPT, "2cf24d", "zcf24d" },
		{ "vnpt-sign-request", DIALECT_VNPT, "\"SP_CA_5d1f\"", "\"\"" },
		{ "vnpt-sign-request", DIALECT_VNPT, ",\"sign_type\":\"hash\"", "" },
		{ "neac-sign-request", DIALECT_VNPT, "20261120094512Z", "20261120094512Z" },     /* base64 at VNPT */
		{ "vnpt-sign-request", DIALECT_NEAC, "\"user_id\"", "\"ca_name\":\"VNPT-CA\",\"user_id\"" },   /* hex at NEAC */
		{ "qd769-sign-hex-request", DIALECT_QD769, "KS-4F7K3", "KS-4F7K2" },              /* a document twice */
		{ "qd769-sign-hex-request", DIALECT_QD769, "{\"file_type\":\"pdf\",\"sign_type\":\"hash\"}", "[]" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(mem_free) char *body = golden(rows[i].name), *spoilt = NULL;
		AUTO(wire_request_free) struct wire_request w = { 0 };
		char *at = strstr(body, rows[i].from);

		assert_non_null(at);
		spoilt = mem_printf("%.*s%s%s", (int)(at - body), body, rows[i].to, at + strlen(rows[i].from));
		assert_non_null(wire_parse(rows[i].d, true, spoilt, strlen(spoilt), &w));
	}
}

/* Every byte is hostile: cut, and flipped, at each place. Sanitizers watch. */
static void no_bytes_break_the_parser(void **state)
{
	(void)state;
	AUTO(mem_free) char *body = golden("qd769-sign-hex-request");
	size_t n = strlen(body);

	for (size_t i = 0; i < n; i++) {
		AUTO(mem_free) char *cut = mem_dup(body, i + 1);
		AUTO(wire_request_free) struct wire_request a = { 0 }, b = { 0 };
		char was = body[i];

		assert_non_null(wire_parse(DIALECT_QD769, true, cut, i, &a));
		for (int bit = 0; bit < 8; bit++) {
			AUTO(wire_request_free) struct wire_request w = { 0 };

			body[i] = (char)(was ^ 1 << bit);
			wire_parse(DIALECT_QD769, true, body, n, &w);
		}
		body[i] = was;
		assert_null(wire_parse(DIALECT_QD769, true, body, n, &b));
	}
}

static void text_forms_of_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *b64, *bytes;
	} good[] = { { "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" }, { "Zm9v\r\nYg==", "foob" }, { "Zm9vYmE=", "fooba" }, { "Zm9vYmFy", "foobar" } };
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "Zm8==", "Zm9v=", "=", "Zg==Zg==", "Zm9 v", "Zm9_" };
	unsigned char raw[2];

	for (size_t i = 0; i < COUNT(good); i++) {
		AUTO(buf_free) struct buf out = { 0 };

		assert_true(bytes_from_b64(good[i].b64, &out));
		assert_int_equal(out.n, strlen(good[i].bytes));
		if (out.n)
			assert_memory_equal(out.p, good[i].bytes, out.n);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		AUTO(buf_free) struct buf out = { 0 };

		assert_false(bytes_from_b64(bad[i], &out));
	}
	assert_true(bytes_from_hex("0aFf", raw, 2));
	assert_int_equal(raw[1], 0xff);
	assert_false(bytes_from_hex("0aF", raw, 2));
	assert_false(bytes_from_hex("0aFg", raw, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_requests_are_read),
		cmocka_unit_test(replies_are_the_golden_bytes),
		cmocka_unit_test(shapes_change_what_providers_are_seen_to_vary),
		cmocka_unit_test(bad_requests_are_refused),
		cmocka_unit_test(no_bytes_break_the_parser),
		cmocka_unit_test(text_forms_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
