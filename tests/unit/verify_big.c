/* A file so big that it is hashed by a thread of its own while its revisions are compared (verify/pass.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/seal.h"
#include "signed.h"

enum { BIG = 9 << 20 };

/* One page and a stream of BIG bytes before it. */
static int big_pdf(void)
{
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };
	size_t at[5];
	int fd = fd_memfd("big", &e);

	buf_str(&b, "%PDF-1.7\n");
	at[1] = b.n;
	buf_printf(&b, "1 0 obj\n<< /Length %d >>\nstream\n", BIG);
	for (unsigned i = 0; i < BIG / 4; i++)
		buf_add(&b, &(uint32_t){ i * 2654435761u }, 4);
	buf_str(&b, "\nendstream\nendobj\n");
	at[2] = b.n;
	buf_str(&b, "2 0 obj\n<< /Type /Catalog /Pages 3 0 R /Big 1 0 R >>\nendobj\n");
	at[3] = b.n;
	buf_str(&b, "3 0 obj\n<< /Type /Pages /Count 1 /Kids [4 0 R] >>\nendobj\n");
	at[4] = b.n;
	buf_str(&b, "4 0 obj\n<< /Type /Page /Parent 3 0 R /MediaBox [0 0 595 842] >>\nendobj\n");
	size_t xref = b.n;
	buf_str(&b, "xref\n0 5\n0000000000 65535 f \n");
	for (int i = 1; i < 5; i++)
		buf_printf(&b, "%010zu 00000 n \n", at[i]);
	buf_printf(&b, "trailer\n<< /Size 5 /Root 2 0 R >>\nstartxref\n%zu\n%%%%EOF\n", xref);
	assert_int_equal(fd_write_all(fd, b.p, b.n, &e), 0);
	return fd;
}

static void honest_ones_are_valid(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(fd_close) int plain = big_pdf(), one = sign_plain(plain), two = sign_plain(one);
	unsigned char said[32], is[32];
	const struct verify_rules rules = { .at = signed_at + 3600, .sha256 = said };
	AUTO(json_release) json_t *report = NULL;

	want_verdict("one", one, "valid", 0, NULL);
	want_verdict("two", two, "valid", 0, NULL);
	assert_true(verify_pdf(two, &rules, &report, &e) >= 0);
	assert_int_equal(sha256_fd(is, two, &e), 0);
	assert_memory_equal(said, is, 32);
}

/* What changed later does not wait for the hash, and the hash not for it: both are told. */
static void one_byte_is_seen(void **state)
{
	(void)state;
	AUTO(fd_close) int plain = big_pdf(), one = sign_plain(plain), two = sign_plain(one);

	assert_int_equal(pwrite(two, "x", 1, BIG / 2), 1);
	want_verdict("changed, first", two, "invalid", 0, "digest-mismatch");
	want_verdict("changed, second", two, "invalid", 1, "digest-mismatch");
	want_verdict("signed again", two, "invalid", 0, "signed-again-later");
}

/* A sum is asked for also of a file that nobody signed. */
static void unsigned_has_a_sum(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(fd_close) int plain = big_pdf();
	unsigned char said[32] = { 0 }, is[32];
	const struct verify_rules rules = { .sha256 = said };
	AUTO(json_release) json_t *report = NULL;

	assert_int_equal(verify_pdf(plain, &rules, &report, &e), VERDICT_UNSIGNED);
	assert_int_equal(sha256_fd(is, plain, &e), 0);
	assert_memory_equal(said, is, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_ones_are_valid),
		cmocka_unit_test(one_byte_is_seen),
		cmocka_unit_test(unsigned_has_a_sum),
	};
	return cmocka_run_group_tests(tests, signed_setup, signed_teardown);
}
