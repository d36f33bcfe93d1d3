/* May this certificate sign, and who is it? (circular 15/2025 LS1, LS8-LS10, Phụ lục II) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "pki.h"
#include "trust/trust.h"

static struct pki pki;
static EVP_PKEY *key, *weak, *other;
static time_t now;

static int setup(void **state)
{
	(void)state;
	pki_make(&pki);
	key = EVP_RSA_gen(2048);
	weak = EVP_RSA_gen(1024);
	other = EVP_EC_gen("P-256");
	now = pki_time(2026, 11, 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(other);
	pki_free(&pki);
	return 0;
}

static struct cert *cert_of(X509 *x)
{
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };
	pki_der(x, &b);
	struct cert *c = cert_parse(b.p, b.n, &e);
	assert_non_null(c);
	return c;
}

static const struct pki_kind person = { .name = "Người Ký Thử Nghiệm", .uid = "CCCD:001090000001", .key_usage = "critical,digitalSignature" };

struct want { bool usable; enum cert_status status; const char *reason; };

static void check(const char *name, X509 *x, const struct buf *ocsp, const struct buf *crl, const char *dir, struct want w)
{
	AUTO(cert_release) struct cert *c = cert_of(x);
	AUTO(buf_free) struct buf ca = { 0 };
	AUTO(cert_check_clear) struct cert_check k = { 0 };
	struct err e = { 0 };
	struct trust_store *t = trust_open(dir, &e);
	bool found = !w.reason;

	pki_der(pki.ca, &ca);
	struct der chain = { ca.p, ca.n }, none = { 0 };
	assert_int_equal(cert_check(c, &chain, 1, t, ocsp ? (struct der){ ocsp->p, ocsp->n } : none,
	                            crl ? (struct der){ crl->p, crl->n } : none, now, &k, &e), 0);
	for (size_t i = 0; i < json_array_size(k.reasons); i++)
		found = found || !strcmp(json_string_value(json_array_get(k.reasons, i)), w.reason);
	AUTO(mem_free) char *text = json_dumps(k.reasons, JSON_COMPACT);
	if (k.usable != w.usable || k.status != w.status || !found)
		fail_msg("%s: usable %d status %d %s", name, k.usable, k.status, text);
	trust_free(t);
}

static void scope_and_dates(void **state)
{
	static const struct { const char *name; struct pki_kind kind; bool weak; struct want want; } rows[] = {
		{ "good, but nobody was asked", { .name = "a", .key_usage = "critical,nonRepudiation" }, false,
		  { true, CERT_UNKNOWN, "cert.no-revocation-answer" } },
		{ "no key usage: not limited", { .name = "a" }, false, { true, CERT_UNKNOWN, NULL } },
		{ "for encrypting", { .name = "a", .key_usage = "critical,keyEncipherment" }, false,
		  { false, CERT_UNKNOWN, "cert.not-for-signing" } },
		{ "a short key", { .name = "a", .key_usage = "critical,digitalSignature" }, true, { false, CERT_UNKNOWN, "cert.weak-key" } },
		{ "expired", { .name = "a", .from = 1577836800, .to = 1609459200 }, false, { false, CERT_UNKNOWN, "cert.expired" } },
		{ "not yet", { .name = "a", .from = 1893456000, .to = 1956528000 }, false, { false, CERT_UNKNOWN, "cert.not-yet" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *x = pki_issue(rows[i].weak ? weak : key, &rows[i].kind, pki.ca, pki.ca_key);
		check(rows[i].name, x, NULL, NULL, pki.dir, rows[i].want);
		X509_free(x);
	}
	struct pki_kind sha1 = { .name = "a", .md = EVP_sha1() };
	X509 *x = pki_issue(key, &sha1, pki.ca, pki.ca_key);
	check("issued with SHA-1", x, NULL, NULL, pki.dir, (struct want){ false, CERT_UNKNOWN, "cert.weak-hash" });
	X509_free(x);
	x = pki_issue(key, &person, pki.ca, other);
	check("the issuer's name without its key", x, NULL, NULL, pki.dir, (struct want){ false, CERT_UNKNOWN, "cert.unknown-issuer" });
	X509_free(x);
	x = pki_person(&pki, key);
	check("no anchors at all", x, NULL, NULL, "/usr/share/doc/no-such-folder/..", (struct want){ false, CERT_UNKNOWN, "cert.unknown-issuer" });
	X509_free(x);
}

static void answers(void **state)
{
	X509 *x = pki_person(&pki, key), *y = pki_person(&pki, key), *fake = pki_issue(other, &person, pki.ca, pki.ca_key);
	AUTO(buf_free) struct buf good = { 0 }, revoked = { 0 }, hold = { 0 }, old = { 0 }, early = { 0 }, theirs = { 0 }, forged = { 0 },
	                          crl = { 0 }, hit = { 0 }, stale = { 0 }, false_crl = { 0 };
	const time_t day = 86400;

	(void)state;
	pki_ocsp(&pki, x, V_OCSP_CERTSTATUS_GOOD, -1, 0, now - 60, now + day, NULL, NULL, &good);
	pki_ocsp(&pki, x, V_OCSP_CERTSTATUS_REVOKED, OCSP_REVOKED_STATUS_KEYCOMPROMISE, now - day, now - 60, now + day, NULL, NULL, &revoked);
	pki_ocsp(&pki, x, V_OCSP_CERTSTATUS_REVOKED, OCSP_REVOKED_STATUS_CERTIFICATEHOLD, now - day, now - 60, now + day, NULL, NULL, &hold);
	pki_ocsp(&pki, x, V_OCSP_CERTSTATUS_GOOD, -1, 0, now - 9 * day, now - 8 * day, NULL, NULL, &old);
	pki_ocsp(&pki, x, V_OCSP_CERTSTATUS_GOOD, -1, 0, now + day, now + 2 * day, NULL, NULL, &early);
	pki_ocsp(&pki, y, V_OCSP_CERTSTATUS_GOOD, -1, 0, now - 60, now + day, NULL, NULL, &theirs);
	pki_ocsp(&pki, x, V_OCSP_CERTSTATUS_GOOD, -1, 0, now - 60, now + day, fake, other, &forged);
	pki_crl(&pki, NULL, now - 60, now + day, NULL, &crl);
	pki_crl(&pki, x, now - 60, now + day, NULL, &hit);
	pki_crl(&pki, NULL, now - 9 * day, now - 8 * day, NULL, &stale);
	pki_crl(&pki, NULL, now - 60, now + day, other, &false_crl);
	const struct { const char *name; const struct buf *ocsp, *crl; struct want want; } rows[] = {
		{ "OCSP good", &good, NULL, { true, CERT_GOOD, NULL } },
		{ "OCSP revoked", &revoked, NULL, { false, CERT_REVOKED, "cert.revoked" } },
		{ "OCSP on hold", &hold, NULL, { false, CERT_REVOKED, "cert.suspended" } },
		{ "an answer of last week", &old, NULL, { true, CERT_UNKNOWN, "cert.no-revocation-answer" } },
		{ "an answer from tomorrow", &early, NULL, { true, CERT_UNKNOWN, "cert.no-revocation-answer" } },
		{ "an answer about somebody else", &theirs, NULL, { true, CERT_UNKNOWN, "cert.no-revocation-answer" } },
		{ "signed by a certificate that may not", &forged, NULL, { true, CERT_UNKNOWN, "cert.no-revocation-answer" } },
		{ "CRL without it", NULL, &crl, { true, CERT_GOOD, NULL } },
		{ "CRL with it", NULL, &hit, { false, CERT_REVOKED, "cert.revoked" } },
		{ "an old CRL", NULL, &stale, { true, CERT_UNKNOWN, "cert.no-revocation-answer" } },
		{ "a CRL by another key", NULL, &false_crl, { true, CERT_UNKNOWN, "cert.no-revocation-answer" } },
		{ "an OCSP answer of no use, and a CRL", &old, &hit, { false, CERT_REVOKED, "cert.revoked" } },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		check(rows[i].name, x, rows[i].ocsp, rows[i].crl, pki.dir, rows[i].want);
	X509_free(x);
	X509_free(y);
	X509_free(fake);
}

static void names(void **state)
{
	static const struct { const char *uid, *want; } ids[] = {
		{ "CCCD:001090000001", "001090000001" }, { "CMND:012345678", "012345678" }, { "MST:0100000000-001", "0100000000001" },
		{ "cccd:001090000001", "001090000001" }, { NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct pki_kind k = person;
		k.uid = ids[i].uid;
		/* an escape sequence, and a mark that turns the reading direction (rule D1) */
		k.name = "Nguyễn\x1b[31m Thử\xe2\x80\xae Nghiệm";
		X509 *x = pki_issue(key, &k, pki.ca, pki.ca_key);
		AUTO(cert_release) struct cert *c = cert_of(x);
		assert_string_equal(cert_person_id(c), ids[i].want);
		assert_null(strchr(cert_name(c), 0x1b));
		assert_null(strstr(cert_name(c), "\xe2\x80\xae"));
		assert_string_equal(cert_managed_by(c), "Đơn vị THỬ NGHIỆM");
		assert_string_equal(cert_ocsp_url(c), "http://ocsp.thu-nghiem.example/");
		X509_free(x);
	}
}

static void not_a_certificate(void **state)
{
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	pki_der(pki.ca, &b);
	for (size_t i = 0; i < b.n; i += 5)
		assert_null(cert_parse(b.p, i, &e));
	buf_add(&b, "", 1);
	assert_null(cert_parse(b.p, b.n, &e));
	assert_int_equal(e.kind, ERR_CERT_UNUSABLE);
}

static void ocsp_question(void **state)
{
	X509 *x = pki_person(&pki, key);
	AUTO(cert_release) struct cert *c = cert_of(x);
	AUTO(buf_free) struct buf ca = { 0 }, a = { 0 }, b = { 0 }, answer = { 0 };
	struct err e = { 0 };

	(void)state;
	pki_der(pki.ca, &ca);
	struct der chain = { ca.p, ca.n };
	assert_int_equal(ocsp_request(c, &chain, 1, &a, &e), 0);
	assert_int_equal(ocsp_request(c, &chain, 1, &b, &e), 0);
	assert_true(a.n == b.n && memcmp(a.p, b.p, a.n));
	assert_int_equal(ocsp_request(c, NULL, 0, &b, &e), -1);
	pki_ocsp(&pki, x, V_OCSP_CERTSTATUS_GOOD, -1, 0, now, now + 60, NULL, NULL, &answer);
	assert_true(ocsp_fits((struct der){ a.p, a.n }, (struct der){ answer.p, answer.n }));
	assert_false(ocsp_fits((struct der){ a.p, a.n }, (struct der){ a.p, a.n }));
	X509_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scope_and_dates),
		cmocka_unit_test(answers),
		cmocka_unit_test(names),
		cmocka_unit_test(not_a_certificate),
		cmocka_unit_test(ocsp_question),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
