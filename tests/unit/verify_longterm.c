/* What a signature is worth years later: stamps, validation data inside the file, revocation before and after a proven time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "paper.h"

static const time_t YEAR = 365 * 86400;

static json_t *judge_at(int fd, time_t at, const struct buf *ocsp, const struct buf *crl)
{
	struct err e = { 0 };
	struct trust_store *t = trust_open(pki.dir, &e);
	struct verify_answer a[2];
	struct verify_rules rules = { .trust = t, .at = at, .answers = a };
	json_t *report = NULL;

	if (ocsp)
		a[rules.nanswers++] = (struct verify_answer){ ocsp->p, ocsp->n, ANSWER_OCSP };
	if (crl)
		a[rules.nanswers++] = (struct verify_answer){ crl->p, crl->n, ANSWER_CRL };
	if (verify_pdf(fd, &rules, &report, &e) < 0)
		fail_msg("verify_pdf: %s", e.cause);
	trust_free(t);
	return report;
}

static void want_at(const char *name, int fd, time_t at, const struct buf *ocsp, const struct buf *crl, const char *verdict, const char *reason)
{
	AUTO(json_release) json_t *r = judge_at(fd, at, ocsp, crl);

	if (strcmp(json_str(r, "signatures.0.verdict", ""), verdict) || (reason && !has_reason(r, 0, reason))) {
		AUTO(mem_free) char *text = json_dumps(json_at(r, "signatures.0.reasons"), JSON_COMPACT);
		fail_msg("%s: wanted %s %s, got %s %s", name, verdict, reason ? reason : "", json_str(r, "signatures.0.verdict", ""), text);
	}
}

static void about(X509 *x, int status, int why, time_t revoked, time_t from, time_t until, struct buf *out)
{
	pki_ocsp(&pki, x, status, why, revoked, from, until, NULL, NULL, out);
}

static struct buf contents_of(int fd, size_t i)
{
	struct err e = { 0 };
	struct pdf_signature *list;
	struct buf b = { 0 };
	size_t n;
	struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);

	assert_int_equal(pdf_signatures(p, &list, &n, &e), 0);
	buf_add(&b, list[i].contents->p, list[i].contents->n);
	pdf_signatures_free(list, n);
	pdf_free(p);
	return b;
}

/* Validation data for the first signature: the issuing CA, answers about signer and stamp made at `when`. */
static int with_dss(int fd, time_t when)
{
	AUTO(buf_free) struct buf ca = { 0 }, root = { 0 }, o = { 0 }, o2 = { 0 }, crl = { 0 }, contents = contents_of(fd, 0);
	struct err e = { 0 };
	int out = fd_memfd("lt", &e);

	pki_der(pki.ca, &ca);
	pki_der(pki.root, &root);
	about(signer_x, V_OCSP_CERTSTATUS_GOOD, -1, 0, when, when + 3600, &o);
	about(pki.tsa, V_OCSP_CERTSTATUS_GOOD, -1, 0, when, when + 3600, &o2);
	pki_crl(&pki, NULL, when, when + 3600, NULL, &crl);
	struct pdf_der certs[] = { { ca.p, ca.n }, { root.p, root.n } }, ocsps[] = { { o.p, o.n }, { o2.p, o2.n } }, crls[] = { { crl.p, crl.n } };
	struct pdf_evidence of = { { contents.p, contents.n }, certs, ocsps, crls, 2, 2, 1 };
	size_t added;
	assert_int_equal(pdf_append_dss(fd, out, &of, 1, &added, &e), 0);
	return out;
}

/* A document time-stamp over the file so far; `over` (may be NULL) is stamped instead. */
static int with_stamp(int fd, time_t when, const unsigned char *over)
{
	AUTO(buf_free) struct buf request = { 0 }, response = { 0 }, token = { 0 };
	struct pdf_prepare how = { .when = when, .reserve = 8192, .timestamp = true };
	struct err e = { 0 };
	struct trust_store *t = trust_open(pki.dir, &e);
	struct pdf_hole hole;
	time_t said;
	int out = fd_memfd("lta", &e);

	pki.stamp_at = when;
	assert_int_equal(pdf_prepare(fd, out, &how, &hole, &e), 0);
	assert_int_equal(tsa_request_hash(over ? over : hole.sha256, &request, &e), 0);
	pki_stamp(&pki, &request, &response);
	if (tsa_token((struct der){ request.p, request.n }, (struct der){ response.p, response.n }, t, &token, &said, &e))
		fail_msg("tsa_token: %s", e.cause);
	assert_int_equal(pdf_embed(out, &hole, token.p, token.n, &e), 0);
	trust_free(t);
	pki.stamp_at = signed_at;
	return out;
}

static int signed_paper(bool stamped, int certify)
{
	AUTO(fd_close) int plain = paper_with(NULL);

	return sign_with(plain, &(struct sign_how){ signer_key, signer_x, certify, stamped, true, NULL });
}

static void want_level(int fd, time_t at, const char *level)
{
	AUTO(json_release) json_t *r = judge_at(fd, at, NULL, NULL);

	assert_string_equal(json_str(r, "signatures.0.level", ""), level);
}

/* B-B, B-T, B-LT, B-LTA and what comes after: all of it honest, whatever the certifier allows, and settled offline. */
static void levels(void **state)
{
	(void)state;
	for (int certify = 0; certify <= 2; certify++) {
		AUTO(fd_close) int bb = signed_paper(false, certify), bt = signed_paper(true, certify);
		AUTO(fd_close) int lt = with_dss(bt, signed_at + 60), lta = with_stamp(lt, signed_at + 120, NULL);
		AUTO(fd_close) int later = with_dss(lta, signed_at + YEAR), again = with_stamp(later, signed_at + YEAR + 60, NULL);
		want_level(bb, signed_at + 3600, "B-B");
		want_level(bt, signed_at + 3600, "B-T");
		want_level(lt, signed_at + 3600, "B-LT");
		want_level(lta, signed_at + 3600, "B-LTA");
		want_at("B-B years later", bb, signed_at + 2 * YEAR, NULL, NULL, "inconclusive", "cert.no-revocation-answer");
		want_at("B-LT years later, nobody asked", lt, signed_at + 2 * YEAR, NULL, NULL, "valid", NULL);
		want_at("B-LTA", lta, signed_at + 2 * YEAR, NULL, NULL, "valid", NULL);
		want_at("validation data after the archive stamp", later, signed_at + 2 * YEAR, NULL, NULL, "valid", NULL);
		want_at("and another archive stamp", again, signed_at + 2 * YEAR, NULL, NULL, "valid", NULL);
		AUTO(json_release) json_t *r = judge_at(again, signed_at + 2 * YEAR, NULL, NULL);
		assert_string_equal(json_str(r, "verdict", ""), "valid");
		assert_string_equal(json_str(r, "signatures.0.time_source", ""), "timestamp");
		assert_string_equal(json_str(r, "signatures.1.type", ""), "timestamp");
		assert_string_equal(json_str(r, "signatures.0.etsi.indication", ""), "TOTAL-PASSED");
	}
}

/* A token that belongs to other data proves nothing here: the stamp is a false one, and says so. */
static void copied_stamps(void **state)
{
	AUTO(fd_close) int fd = signed_paper(false, 0);
	unsigned char other[32] = { 1, 2, 3 };
	AUTO(fd_close) int bad = with_stamp(fd, signed_at + 60, other);
	AUTO(json_release) json_t *r = judge_at(bad, signed_at + 3600, NULL, NULL);

	(void)state;
	assert_true(has_reason(r, 1, "imprint-mismatch"));
	assert_string_equal(json_str(r, "verdict", ""), "invalid");
	assert_string_equal(json_str(r, "signatures.0.time_source", ""), "claimed");
	assert_string_equal(json_str(r, "signatures.1.etsi.sub_indication", ""), "HASH_FAILURE");
}

static void revocation(void **state)
{
	AUTO(fd_close) int claimed = signed_paper(false, 0), bt = signed_paper(true, 0), proven = with_dss(bt, signed_at + 60);
	const time_t now = signed_at + 30 * 86400, before = signed_at - 86400, after = signed_at + 86400;
	static const struct { const char *name; bool proven, revoked_before, hold; const char *verdict, *reason; } rows[] = {
		{ "revoked before a claimed time", false, true, false, "invalid", "cert.revoked" },
		{ "revoked after a claimed time", false, false, false, "inconclusive", "cert.revoked-since" },
		{ "revoked before a proven time", true, true, false, "invalid", "cert.revoked" },
		{ "revoked after a proven time", true, false, false, "valid", NULL },
		{ "on hold at a proven time", true, true, true, "invalid", "cert.suspended" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf_free) struct buf o = { 0 };
		about(signer_x, V_OCSP_CERTSTATUS_REVOKED, rows[i].hold ? OCSP_REVOKED_STATUS_CERTIFICATEHOLD : OCSP_REVOKED_STATUS_KEYCOMPROMISE,
		      rows[i].revoked_before ? before : after, now - 60, now + 3600, &o);
		want_at(rows[i].name, rows[i].proven ? proven : claimed, now, &o, NULL, rows[i].verdict, rows[i].reason);
	}
	AUTO(buf_free) struct buf stale = { 0 }, fresh = { 0 }, crl = { 0 }, foreign = { 0 };
	about(signer_x, V_OCSP_CERTSTATUS_GOOD, -1, 0, before, before + 3600, &stale);
	want_at("an answer from before the signature", claimed, now, &stale, NULL, "inconclusive", "cert.no-revocation-answer");
	AUTO(buf_free) struct buf then = { 0 };
	about(signer_x, V_OCSP_CERTSTATUS_GOOD, -1, 0, signed_at - 60, signed_at + 3600, &then);
	want_at("an answer of that day, asked a month later", claimed, now, &then, NULL, "inconclusive", "cert.no-revocation-answer");
	about(signer_x, V_OCSP_CERTSTATUS_GOOD, -1, 0, now - 60, now + 3600, &fresh);
	want_at("an answer of today", claimed, now, &fresh, NULL, "valid", NULL);
	pki_crl(&pki, NULL, now - 60, now + 3600, NULL, &crl);
	want_at("a list of today", claimed, now, NULL, &crl, "valid", NULL);
	pki_crl(&pki, NULL, now - 60, now + 3600, signer_key, &foreign);
	want_at("a list that somebody else signed", claimed, now, NULL, &foreign, "inconclusive", "cert.no-revocation-answer");
}

/* The certificate runs out: what was proven before stays, what was only claimed is open. */
static void expiry(void **state)
{
	const time_t end = pki_time(2034, 1, 1), now = end + 86400;
	AUTO(fd_close) int claimed = signed_paper(false, 0), bt = signed_paper(true, 0), lt = with_dss(bt, signed_at + 60);

	(void)state;
	want_at("proven, expired since", lt, now, NULL, NULL, "valid", NULL);
	want_at("claimed, expired since", claimed, now, NULL, NULL, "inconclusive", "cert.expired-since");
	want_at("signed in the future", claimed, signed_at - 86400, NULL, NULL, "inconclusive", "time-in-future");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(copied_stamps),
		cmocka_unit_test(revocation),
		cmocka_unit_test(expiry),
	};
	return cmocka_run_group_tests(tests, signed_setup, signed_teardown);
}
