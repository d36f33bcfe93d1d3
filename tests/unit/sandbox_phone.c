/* Transactions and the phone that decides them: one prompt a transaction, hostile words escaped, a restart asks nobody twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/err.h"
#include "base/mem.h"
#include "sandbox/box.h"
#include "sandbox/bytes.h"
#include "sandbox/page.h"
#include "sandbox/web.h"

static const char hash_hex[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
static struct person person = { .id = "001090123456", .old_id = "", .name = "<script>An</script>", .role = "citizen", .ca = "VNPT-CA", .ncerts = 1 };
static struct box *box;
static char *dir;

static void open_box(void)
{
	box = mem_alloc(sizeof *box);
	box->people = (struct people){ .list = &person, .n = 1 };
	txns_init(&box->txns, dir, &box->people);
	assert_int_equal(txns_load(&box->txns, NULL), 0);
	box->gateway = (struct gateway){ .data = dir, .people = &box->people, .txns = &box->txns, .script = &box->script, .sp_id = "SP", .sp_password = "pw" };
	identity_init(&box->identity, &box->people, dir, 0);
}

static void close_box(void)
{
	txns_clear(&box->txns);
	identity_clear(&box->identity);
	mem_free(&box);
}

static int setup(void **state)
{
	char name[] = "/tmp/tramky-phone-XXXXXX";

	(void)state;
	dir = mem_str(mkdtemp(name));
	open_box();
	return dir ? 0 : -1;
}

static int teardown(void **state)
{
	AUTO(mem_free) char *rm = mem_printf("rm -rf '%s'", dir);

	(void)state;
	close_box();
	mem_free(&dir);
	return system(rm);
}

static int group_setup(void **state)
{
	(void)state;
	person.certs[0] = (struct person_cert){ .pair.key = EVP_RSA_gen(2048), .serial = (char *)(uintptr_t)"4a01" };
	return person.certs[0].pair.key ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(person.certs[0].pair.key);
	return 0;
}

static struct txn *sign(const char *path, const char *transaction, const char *hash, const char *text, struct reply *r)
{
	AUTO(mem_free) char *body = mem_printf("{\"sp_id\":\"SP\",\"sp_password\":\"pw\",\"user_id\":\"001090123456\",\"transaction_id\":\"%s\","
		"\"transaction_desc\":\"%s\",\"sign_files\":[{\"doc_id\":\"KS-'\\\"&\",\"file_type\":\"pdf\",\"sign_type\":\"hash\",\"data_to_be_signed\":\"%s\"}]}",
		transaction, text, hash);

	reply_clear(r);
	return gateway_call(&box->gateway, &(struct call){ .method = "POST", .path = path, .body = body, .n = strlen(body), .now = time(NULL) }, r);
}

static int press(const char *id, const char *body, struct reply *r)
{
	AUTO(mem_free) char *path = mem_printf("/phone/requests/%s", id);
	struct page_call c = { .call = { .method = "POST", .path = path, .body = body, .n = strlen(body), .now = time(NULL) } };

	reply_clear(r);
	phone_call(box, &c, r);
	return r->status;
}

static int prompts(void)
{
	AUTO(reply_clear) struct reply r = { 0 };
	struct page_call c = { .call = { .method = "GET", .path = "/phone/requests", .body = "", .now = time(NULL) }, .person = "001090123456" };
	json_t *j;
	int n;

	phone_call(box, &c, &r);
	j = json_loadb((char *)r.body.p, r.body.n, 0, NULL);
	n = (int)json_array_size(j);
	json_decref(j);
	return n;
}

static void one_transaction_is_one_prompt(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };
	struct txn *first = sign("/qd769/sign", "t1", hash_hex, "a", &r);

	assert_non_null(first);
	assert_ptr_equal(sign("/qd769/sign", "t1", hash_hex, "a", &r), first);
	assert_int_equal(prompts(), 1);
	assert_int_equal(press(first->phone_id, "{\"answer\":\"approve\"}", &r), 200);
	assert_int_equal(prompts(), 0);
	assert_null(sign("/qd769/sign", "t1", hash_hex, "a", &r));
	assert_non_null(memmem(r.body.p, r.body.n, "signature_value", 15));
	assert_int_equal(prompts(), 0);
}

static void a_transaction_cannot_change_what_it_signs(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };
	static const char other[] = "486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7";

	sign("/qd769/sign", "t1", hash_hex, "a", &r);
	assert_null(sign("/qd769/sign", "t1", other, "a", &r));
	assert_non_null(memmem(r.body.p, r.body.n, "TRANSACTION_EXISTS", 18));
	assert_int_equal(prompts(), 1);
}

static void signature_is_over_the_32_bytes(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };
	struct txn *t = sign("/qd769/sign", "t1", hash_hex, "a", &r);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(person.certs[0].pair.key, NULL);

	press(t->phone_id, "{\"answer\":\"approve\"}", &r);
	EVP_PKEY_verify_init(ctx);
	EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING);
	EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256());
	assert_int_equal(EVP_PKEY_verify(ctx, t->items[0].signature.p, t->items[0].signature.n, t->items[0].hash, 32), 1);
	EVP_PKEY_CTX_free(ctx);
}

static void an_answer_counts_once(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };
	struct txn *t = sign("/qd769/sign", "t1", hash_hex, "a", &r);

	assert_int_equal(press(t->phone_id, "answer=maybe", &r), 400);
	assert_int_equal(press("0000", "answer=approve", &r), 404);
	assert_int_equal(press(t->phone_id, "answer=refuse", &r), 303);
	assert_int_equal(t->state, TXN_REFUSED);
	assert_int_equal(press(t->phone_id, "{\"answer\":\"approve\"}", &r), 409);
	assert_int_equal(t->state, TXN_REFUSED);
	assert_int_equal(t->items[0].signature.n, 0);
}

static void nothing_is_signed_after_its_time(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };
	struct txn *t = sign("/qd769/sign", "t1", hash_hex, "a", &r);

	assert_int_equal(t->expires - t->made, 300);
	assert_false(gateway_answer(&box->gateway, t, t->made + 299, &r));
	t->expires = time(NULL);
	assert_int_equal(press(t->phone_id, "{\"answer\":\"approve\"}", &r), 409);
	txns_tick(&box->txns, t->expires, bytes_ms());
	assert_int_equal(t->state, TXN_EXPIRED);
	assert_true(gateway_answer(&box->gateway, t, t->expires, &r));
	assert_non_null(memmem(r.body.p, r.body.n, "EXPIRED", 7));
}

static void a_silent_provider_still_ends_the_wait(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };
	struct txn *t;

	box->script.base = OUTCOME_SILENT;
	t = sign("/qd769/sign", "t1", hash_hex, "a", &r);
	assert_int_equal(prompts(), 0);
	assert_false(gateway_answer(&box->gateway, t, t->expires + 4, &r));
	assert_true(gateway_answer(&box->gateway, t, t->expires + 5, &r));
	assert_true(r.cut);
}

static void a_restart_keeps_what_waits_and_what_is_signed(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };
	struct txn *t = sign("/sca/sp769/v1/signatures/sign", "done", hash_hex, "a", &r);

	assert_null(t);
	t = txn_find(&box->txns, "SP", "done");
	assert_int_equal(press(t->phone_id, "{\"answer\":\"approve\"}", &r), 200);
	sign("/sca/sp769/v1/signatures/sign", "open", hash_hex, "a", &r);
	close_box();
	open_box();
	assert_int_equal(prompts(), 1);
	t = txn_find_any(&box->txns, DIALECT_VNPT, "done");
	assert_int_equal(t->state, TXN_SIGNED);
	assert_int_equal(t->items[0].signature.n, 256);
	sign("/sca/sp769/v1/signatures/sign", "open", hash_hex, "a", &r);
	assert_int_equal(prompts(), 1);
}

static void open_requests_are_limited(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };

	for (int i = 0; i < TXN_OPEN_MAX + 1; i++) {
		AUTO(mem_free) char *id = mem_printf("t%d", i);

		sign("/qd769/sign", id, hash_hex, "a", &r);
	}
	assert_int_equal(prompts(), TXN_OPEN_MAX);
	assert_non_null(memmem(r.body.p, r.body.n, "TOO_MANY_REQUESTS", 17));
}

static void hostile_words_are_escaped(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };
	struct page_call c = { .call = { .method = "GET", .path = "/phone", .body = "", .now = time(NULL) }, .person = "001090123456", .done = "<i>" };

	sign("/qd769/sign", "t1", hash_hex, "<img src=x onerror='alert(1)'>", &r);
	reply_clear(&r);
	phone_call(box, &c, &r);
	buf_add(&r.body, "", 1);
	const char *html = (const char *)r.body.p;
	assert_null(strstr(html, "<img"));
	assert_null(strstr(html, "<script>An"));
	assert_null(strstr(html, "<i>"));
	assert_non_null(strstr(html, "&lt;img src=x onerror=&#39;alert(1)&#39;&gt;"));
	assert_non_null(strstr(html, "KS-&#39;&quot;&amp;"));
	assert_non_null(strstr(html, ">Ký số</button>"));
	assert_non_null(strstr(html, ">Từ chối</button>"));
	assert_true(r.body.n < 10240);
}

static void a_page_is_sent_again_only_when_it_changed(void **state)
{
	(void)state;
	AUTO(reply_clear) struct reply r = { 0 };
	struct page_call c = { .call = { .method = "GET", .path = "/phone/live", .body = "", .now = time(NULL) }, .person = "001090123456" };
	char version[24];

	phone_call(box, &c, &r);
	assert_int_equal(r.status, 200);
	snprintf(version, sizeof version, "%ld", r.version);
	c.version = version;
	reply_clear(&r);
	phone_call(box, &c, &r);
	assert_int_equal(r.status, 204);
	sign("/qd769/sign", "t1", hash_hex, "a", &r);
	reply_clear(&r);
	phone_call(box, &c, &r);
	assert_int_equal(r.status, 200);
}

static void forms_are_read_within_bounds(void **state)
{
	(void)state;
	static const struct {
		const char *body, *value;
	} rows[] = {
		{ "answer=approve", "approve" }, { "x=1&answer=a+b%21&y=2", "a b!" }, { "answer=", "" }, { "answer=%", "%" }, { "answer=%4", "%4" },
		{ "answer=%zz", "%zz" }, { "answers=1", NULL }, { "", NULL }, { "answer", NULL }, { "answer=0123456789", NULL }, { "answer=%00", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(mem_free) char *exact = mem_dup(rows[i].body, strlen(rows[i].body) ? strlen(rows[i].body) : 1);
		char out[10];
		bool found = page_form(exact, strlen(rows[i].body), "answer", out, sizeof out);

		assert_int_equal(found, rows[i].value != NULL);
		if (found)
			assert_string_equal(out, rows[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(one_transaction_is_one_prompt), T(a_transaction_cannot_change_what_it_signs), T(signature_is_over_the_32_bytes),
		T(an_answer_counts_once), T(nothing_is_signed_after_its_time), T(a_silent_provider_still_ends_the_wait),
		T(a_restart_keeps_what_waits_and_what_is_signed), T(open_requests_are_limited), T(hostile_words_are_escaped),
		T(a_page_is_sent_again_only_when_it_changed),
#undef T
		cmocka_unit_test(forms_are_read_within_bounds),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
