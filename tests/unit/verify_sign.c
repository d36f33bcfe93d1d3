/* The whole way: compose, prepare, sign, embed, verify; and strangers agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "signed.h"

static char *saved(int fd, const char *name)
{
	struct err e = { 0 };
	AUTO(buf_free) struct buf b = { 0 };
	char *path = mem_printf("%s/%s", pki.dir, name);

	assert_int_equal(fd_read_all(fd, &b, 64 << 20, &e), 0);
	assert_int_equal(file_replace(path, b.p, b.n, 0600, &e), 0);
	return path;
}

static void strangers_agree(int fd, int signatures)
{
	AUTO(mem_free) char *path = saved(fd, "s.pdf");
	AUTO(mem_free) char *pdfsig = mem_printf("test $(pdfsig -nocert %s 2>/dev/null | grep -c 'Signature is Valid') = %d", path, signatures);
	AUTO(mem_free) char *qpdf = mem_printf("qpdf --check %s >/dev/null 2>&1", path);
	AUTO(mem_free) char *mutool = mem_printf("mutool sign -v %s 2>&1 | grep -q 'unchanged\\|valid'", path);

	assert_int_equal(system(pdfsig), 0);
	assert_int_equal(system(qpdf), 0);
	if (!system("command -v mutool >/dev/null"))
		assert_int_equal(system(mutool), 0);
}

static void one_signature(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), fd = sign_plain(plain);

	(void)state;
	want_verdict("one signature", fd, "valid", 0, "time-claimed");
	strangers_agree(fd, 1);
	AUTO(json_release) json_t *r = judge(fd);
	assert_string_equal(json_str(r, "signatures.0.signer.id", ""), "001090000001");
	assert_string_equal(json_str(r, "signatures.0.level", ""), "B-B");
	assert_string_equal(json_str(r, "signatures.0.managed_by", ""), "Đơn vị THỬ NGHIỆM");
	assert_string_equal(json_str(r, "signatures.0.anchor", ""), "public");
	assert_true(json_is(r, "signatures.0.covers_whole_file"));
}

static void person_then_agency(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), first = sign_plain(plain);
	AUTO(fd_close) int second = sign_with(first, &(struct sign_how){ signer_key, signer_x, 0, true, true, NULL });
	AUTO(fd_close) int third = sign_plain(second);

	(void)state;
	strangers_agree(third, 3);
	AUTO(json_release) json_t *r = judge(third);
	/* the stamp's own revocation is unknown, so the time is only claimed; nothing else is open */
	assert_string_equal(json_str(r, "verdict", ""), "valid");
	for (int i = 0; i < 2; i++)
		assert_true(has_reason(r, i, "signed-again-later"));
	assert_string_equal(json_str(r, "signatures.1.level", ""), "B-T");
}

static void certified_then_signed(void **state)
{
	AUTO(fd_close) int plain = plain_pdf();
	AUTO(fd_close) int first = sign_with(plain, &(struct sign_how){ signer_key, signer_x, 2, false, true, NULL });
	AUTO(fd_close) int second = sign_plain(first);

	(void)state;
	AUTO(json_release) json_t *r = judge(second);
	assert_string_equal(json_str(r, "verdict", ""), "valid");
	assert_string_equal(json_str(r, "signatures.0.type", ""), "certification");
}

static void unknown_is_never_valid(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), fd = sign_plain(plain);
	struct verify_rules rules = { .at = signed_at + 3600 };
	struct err e = { 0 };
	json_t *r = NULL;

	(void)state;
	assert_int_equal(verify_pdf(plain, &rules, &r, &e), VERDICT_UNSIGNED);
	json_decref(r);
	assert_int_equal(verify_pdf(fd, &rules, &r, &e), VERDICT_INCONCLUSIVE);
	assert_true(has_reason(r, 0, "cert.unknown-issuer"));
	json_decref(r);
	rules.trust = trust_open(pki.dir, &e);
	assert_int_equal(verify_pdf(fd, &rules, &r, &e), VERDICT_INCONCLUSIVE);
	assert_true(has_reason(r, 0, "cert.no-revocation-answer"));
	assert_string_equal(json_str(r, "needs.0.kind", ""), "ocsp");
	json_decref(r);
	trust_free((struct trust_store *)(uintptr_t)rules.trust);
}

static void revision_comes_back(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), first = sign_plain(plain), second = sign_plain(first);
	AUTO(fd_close) int again = -1;
	AUTO(buf_free) struct buf a = { 0 }, b = { 0 };
	struct err e = { 0 };

	(void)state;
	again = fd_memfd("again", &e);
	assert_int_equal(verify_revision(second, 2, again, &e), 0);
	fd_read_all(first, &a, 64 << 20, &e);
	fd_read_all(again, &b, 64 << 20, &e);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	AUTO(fd_close) int none = fd_memfd("none", &e);
	assert_int_equal(verify_revision(second, 9, none, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_signature),
		cmocka_unit_test(person_then_agency),
		cmocka_unit_test(certified_then_signed),
		cmocka_unit_test(unknown_is_never_valid),
		cmocka_unit_test(revision_comes_back),
	};
	return cmocka_run_group_tests(tests, signed_setup, signed_teardown);
}
