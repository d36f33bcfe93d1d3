/* A certified copy (Decree 23/2015): one person signs the page, then the officer who certifies signs the statement, in a box that
 * carries number, book and date and a picture. That second revision is honest; the same box over what was signed is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "signed.h"

enum { PICTURE = 24 };
static EVP_PKEY *officer_key;
static X509 *officer_x;
static unsigned char picture[PICTURE * PICTURE * 4];

static int setup(void **state)
{
	signed_setup(state);
	officer_key = EVP_RSA_gen(2048);
	officer_x = pki_issue(officer_key, &(struct pki_kind){ .name = "Người Chứng Thực Thử Nghiệm", .uid = "CCCD:001090000002",
		.key_usage = "critical,digitalSignature,nonRepudiation" }, pki.ca, pki.ca_key);
	for (size_t i = 0; i < sizeof picture; i += 4)
		memcpy(picture + i, (unsigned char[]){ 200, 0, 0, (unsigned char)(i % 7 ? 255 : 0) }, 4);
	return 0;
}

static int teardown(void **state)
{
	EVP_PKEY_free(officer_key);
	X509_free(officer_x);
	return signed_teardown(state);
}

/* The copied paper, and the page of the statement. */
static int copy_with_statement(void)
{
	struct err e = { 0 };
	int fd = fd_memfd("copy", &e);
	AUTO(json_release) json_t *doc = json_pack("{s:s,s:[{s:s,s:s},{s:s,s:s},{s:s},{s:s,s:s},{s:s,s:s}]}", "title", "BẢN SAO", "lines",
		"kind", "title", "text", "GIẤY THỬ NGHIỆM", "kind", "text", "text", "Nội dung của giấy được sao.", "kind", "break",
		"kind", "title", "text", "LỜI CHỨNG", "kind", "text", "text", "Chứng thực bản sao đúng với bản chính.");

	assert_int_equal(pdf_compose(fd, doc, &e), 0);
	return fd;
}

static int by_person(int plain, int certify)
{
	return sign_with(plain, &(struct sign_how){ signer_key, signer_x, certify, false, true, NULL });
}

static struct pdf_prepare statement(double y)
{
	return (struct pdf_prepare){
		.when = signed_at, .reserve = 16384, .name = "Người Chứng Thực Thử Nghiệm",
		.place = { .page = 2, .x = 300, .y = y, .w = 220, .h = 110 },
		.look = { .lines = { "Số chứng thực: 15-SCT/BS", "Quyển số: 01/2026", "Ngày 20 tháng 11 năm 2026", "Người Chứng Thực Thử Nghiệm" },
		          .nlines = 4, .rgba = picture, .img_w = PICTURE, .img_h = PICTURE },
	};
}

static int by_officer(int first, double y)
{
	const struct pdf_prepare prep = statement(y);

	return sign_prepared(first, &(struct sign_how){ officer_key, officer_x, 0, false, true, NULL }, &prep);
}

static json_t *judge_both(int fd)
{
	AUTO(buf_free) struct buf a = { 0 }, b = { 0 };
	struct err e = { 0 };
	struct trust_store *t = trust_open(pki.dir, &e);
	json_t *report = NULL;

	pki_ocsp(&pki, signer_x, V_OCSP_CERTSTATUS_GOOD, -1, 0, signed_at - 60, signed_at + 86400, NULL, NULL, &a);
	pki_ocsp(&pki, officer_x, V_OCSP_CERTSTATUS_GOOD, -1, 0, signed_at - 60, signed_at + 86400, NULL, NULL, &b);
	const struct verify_answer answers[] = { { a.p, a.n, ANSWER_OCSP }, { b.p, b.n, ANSWER_OCSP } };
	const struct verify_rules rules = { .trust = t, .at = signed_at + 3600, .answers = answers, .nanswers = 2 };
	assert_true(verify_pdf(fd, &rules, &report, &e) >= 0);
	trust_free(t);
	return report;
}

static void want_only_the_signature(const json_t *r)
{
	const json_t *changes = json_at(r, "signatures.0.changes_after"), *c;
	size_t i;

	assert_string_equal(json_str(r, "verdict", ""), "valid");
	assert_int_equal(json_array_size(json_at(r, "signatures")), 2);
	assert_true(has_reason(r, 0, "signed-again-later"));
	assert_false(has_reason(r, 0, "mark-over-content"));
	assert_true(json_array_size(changes) > 0);
	json_array_foreach (changes, i, c)
		if (strcmp(json_str(c, "kind", ""), "signature-added") && strcmp(json_str(c, "kind", ""), "form-resources"))
			fail_msg("a change that is no signature: %s", json_str(c, "kind", ""));
	assert_int_equal(json_array_size(json_at(r, "signatures.1.changes_after")), 0);
	assert_true(json_is(r, "signatures.1.covers_whole_file"));
	assert_string_equal(json_str(r, "signatures.1.signer.name", ""), "Người Chứng Thực Thử Nghiệm");
}

/* What poppler draws of page 2 has the words: a box that nobody can read would prove nothing. */
static void want_words(int fd)
{
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };
	AUTO(mem_free) char *path = mem_printf("%s/copy.pdf", pki.dir);
	AUTO(mem_free) char *words = mem_printf("for w in 'Số chứng thực: 15-SCT/BS' 'Quyển số: 01/2026' 'Ngày 20 tháng 11 năm 2026'; do "
	                                        "pdftotext -f 2 -l 2 -layout %s - | grep -qF \"$w\" || exit 1; done", path);
	AUTO(mem_free) char *valid = mem_printf("test $(pdfsig -nocert %s 2>/dev/null | grep -c 'Signature is Valid') = 2 && qpdf --check %s >/dev/null 2>&1", path, path);

	assert_int_equal(fd_read_all(fd, &b, 64 << 20, &e), 0);
	assert_int_equal(file_replace(path, b.p, b.n, 0600, &e), 0);
	assert_int_equal(system(words), 0);
	assert_int_equal(system(valid), 0);
}

static void second_signature_is_honest(void **state)
{
	AUTO(fd_close) int plain = copy_with_statement(), first = by_person(plain, 0), both = by_officer(first, 200);

	(void)state;
	AUTO(json_release) json_t *r = judge_both(both);
	want_only_the_signature(r);
	want_words(both);
}

static void honest_under_p2(void **state)
{
	AUTO(fd_close) int plain = copy_with_statement(), first = by_person(plain, 2), both = by_officer(first, 200);

	(void)state;
	AUTO(json_release) json_t *r = judge_both(both);
	want_only_the_signature(r);
	assert_string_equal(json_str(r, "signatures.0.type", ""), "certification");
}

static void refused_under_p1(void **state)
{
	AUTO(fd_close) int plain = copy_with_statement(), first = by_person(plain, 1), out = -1;
	const struct pdf_prepare prep = statement(200);
	struct pdf_hole hole;
	struct err e = { 0 };

	(void)state;
	out = fd_memfd("refused", &e);
	assert_int_equal(pdf_prepare(first, out, &prep, &hole, &e), -1);
	assert_int_equal(e.kind, ERR_PDF_FORBIDS);
	assert_string_equal(e.reason, "pdf.certified");
	AUTO(json_release) json_t *r = judge(first);
	assert_string_equal(json_str(r, "verdict", ""), "valid");
}

/* The same box over the statement's words hides what the first person signed. */
static void over_the_words_is_told(void **state)
{
	AUTO(fd_close) int plain = copy_with_statement(), first = by_person(plain, 0);
	struct pdf_prepare prep = statement(700);

	(void)state;
	prep.place = (struct pdf_place){ .page = 2, .x = 60, .y = 650, .w = 480, .h = 160 };
	AUTO(fd_close) int both = sign_prepared(first, &(struct sign_how){ officer_key, officer_x, 0, false, true, NULL }, &prep);
	AUTO(json_release) json_t *r = judge_both(both);
	assert_string_not_equal(json_str(r, "signatures.0.verdict", ""), "valid");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_signature_is_honest),
		cmocka_unit_test(honest_under_p2),
		cmocka_unit_test(refused_under_p1),
		cmocka_unit_test(over_the_words_is_told),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
