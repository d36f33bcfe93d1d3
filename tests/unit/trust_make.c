/* Making a signature when only a hash may leave: what comes back is verified before use, and strangers accept the result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/seal.h"
#include "pki.h"
#include "trust/cms.h"
#include "trust/trust.h"

static struct pki pki;
static EVP_PKEY *rsa, *ec, *other;
static const char content[] = "nội dung thử nghiệm";

static int setup(void **state)
{
	(void)state;
	pki_make(&pki);
	pki.stamp_at = pki_time(2026, 11, 20);
	rsa = EVP_RSA_gen(2048);
	ec = EVP_EC_gen("P-256");
	other = EVP_RSA_gen(2048);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(other);
	pki_free(&pki);
	return 0;
}

struct made { struct buf leaf, ca, half; unsigned char hash[32]; struct cert *cert; X509 *x; };

static void begin(struct made *m, EVP_PKEY *key)
{
	unsigned char range[32];
	struct err e = { 0 };

	memset(m, 0, sizeof *m);
	EVP_Digest(content, strlen(content), range, NULL, EVP_sha256(), NULL);
	m->x = pki_person(&pki, key);
	pki_der(m->x, &m->leaf);
	pki_der(pki.ca, &m->ca);
	m->cert = cert_parse(m->leaf.p, m->leaf.n, &e);
	assert_non_null(m->cert);
	struct der chain[] = { { m->leaf.p, m->leaf.n }, { m->ca.p, m->ca.n } };
	assert_int_equal(cms_begin(m->cert, chain, 2, range, &m->half, m->hash, &e), 0);
}

static void end(struct made *m)
{
	buf_free(&m->leaf);
	buf_free(&m->ca);
	buf_free(&m->half);
	cert_free(m->cert);
	X509_free(m->x);
}

/* The command-line tool is the stranger: it shares no line with our reader. */
static void stranger_accepts(const struct buf *cms, bool stamped)
{
	char cmd[512], path[2][128];
	const void *what[2] = { cms->p, content };
	size_t n[2] = { cms->n, strlen(content) };

	for (int i = 0; i < 2; i++) {
		snprintf(path[i], sizeof path[i], "%s/f%d", pki.dir, i);
		FILE *f = fopen(path[i], "wb");
		fwrite(what[i], 1, n[i], f);
		fclose(f);
	}
	snprintf(cmd, sizeof cmd, "openssl cms -verify -cades -binary -inform DER -in %s -content %s -CAfile %s/public/root.pem "
	         "-purpose any -out /dev/null 2>/dev/null", path[0], path[1], pki.dir);
	assert_int_equal(system(cmd), 0);
	snprintf(cmd, sizeof cmd, "openssl cms -cmsout -print -noout -inform DER -in %s | grep -q signingTime", path[0]);
	/* PAdES forbids the attribute; a stamp's own token has one */
	if (!stamped)
		assert_int_not_equal(system(cmd), 0);
	unlink(path[0]);
	unlink(path[1]);
}

static const struct {
	const char *name;
	EVP_PKEY **key;
	int padding, salt, plain;
	enum sig_algo want;
} answers[] = {
	{ "a phone's PKCS#1",             &rsa, RSA_PKCS1_PADDING,     0,  0, SIG_RSA_PKCS1_SHA256 },
	{ "PSS with the usual salt",      &rsa, RSA_PKCS1_PSS_PADDING, 32, 0, SIG_RSA_PSS_SHA256 },
	{ "PSS with salt 20",             &rsa, RSA_PKCS1_PSS_PADDING, 20, 0, SIG_RSA_PSS_SHA256 },
	{ "PSS without salt",             &rsa, RSA_PKCS1_PSS_PADDING, 0,  0, SIG_RSA_PSS_SHA256 },
	{ "ECDSA in DER",                 &ec,  0,                     0,  0, SIG_ECDSA_SHA256 },
	{ "a token's r || s",             &ec,  0,                     0,  1, SIG_ECDSA_SHA256 },
};

static void to_plain(struct buf *raw)
{
	const unsigned char *p = raw->p;
	unsigned char rs[64];
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)raw->n);

	BN_bn2binpad(ECDSA_SIG_get0_r(sig), rs, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), rs + 32, 32);
	ECDSA_SIG_free(sig);
	raw->n = 0;
	buf_add(raw, rs, sizeof rs);
}

static void every_kind_of_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct made m;
		AUTO(buf_free) struct buf raw = { 0 }, cms = { 0 };
		struct err e = { 0 };
		enum sig_algo used;

		begin(&m, *answers[i].key);
		pki_raw(*answers[i].key, answers[i].padding, answers[i].salt, m.hash, &raw);
		if (answers[i].plain)
			to_plain(&raw);
		assert_true(cert_verifies(m.cert, m.hash, (struct der){ raw.p, raw.n }));
		if (cms_finish((struct der){ m.half.p, m.half.n }, (struct der){ raw.p, raw.n }, &cms, &used, &e))
			fail_msg("%s: %s", answers[i].name, e.cause);
		assert_int_equal(used, answers[i].want);
		stranger_accepts(&cms, false);
		end(&m);
	}
}

static void half_survives_a_restart(void **state)
{
	struct made m, again;
	AUTO(buf_free) struct buf raw = { 0 }, cms = { 0 };
	struct err e = { 0 };
	enum sig_algo used;

	(void)state;
	begin(&m, rsa);
	/* only bytes are kept between the two processes */
	AUTO(buf_free) struct buf kept = { 0 };
	buf_add(&kept, m.half.p, m.half.n);
	pki_raw(rsa, RSA_PKCS1_PADDING, 0, m.hash, &raw);
	begin(&again, rsa);
	end(&again);
	assert_int_equal(cms_finish((struct der){ kept.p, kept.n }, (struct der){ raw.p, raw.n }, &cms, &used, &e), 0);
	end(&m);
}

static void refuse(const struct made *m, const struct buf *raw)
{
	AUTO(buf_free) struct buf cms = { 0 };
	struct err e = { 0 };
	enum sig_algo used;

	assert_int_equal(cms_finish((struct der){ m->half.p, m->half.n }, (struct der){ raw->p, raw->n }, &cms, &used, &e), -1);
	assert_int_equal(e.kind, ERR_PROVIDER_ERROR);
	assert_string_equal(e.reason, "sign.not-verified");
	assert_int_equal(cms.n, 0);
}

static void wrong_answers_are_refused(void **state)
{
	struct made m;
	AUTO(buf_free) struct buf key = { 0 }, hash = { 0 }, cut = { 0 }, flip = { 0 }, junk = { 0 };
	unsigned char wrong[32];

	(void)state;
	begin(&m, rsa);
	pki_raw(other, RSA_PKCS1_PADDING, 0, m.hash, &key);
	refuse(&m, &key);
	EVP_Digest("x", 1, wrong, NULL, EVP_sha256(), NULL);
	pki_raw(rsa, RSA_PKCS1_PADDING, 0, wrong, &hash);
	refuse(&m, &hash);
	pki_raw(rsa, RSA_PKCS1_PADDING, 0, m.hash, &cut);
	buf_add(&flip, cut.p, cut.n);
	flip.p[100] ^= 1;
	refuse(&m, &flip);
	cut.n -= 1;
	refuse(&m, &cut);
	buf_str(&junk, "0 khong phai chu ky");
	refuse(&m, &junk);
	junk.n = 0;
	refuse(&m, &junk);
	end(&m);
}

static void answer_that_is_a_cms(void **state)
{
	struct made m, n;
	AUTO(buf_free) struct buf raw = { 0 }, theirs = { 0 }, cms = { 0 };
	struct err e = { 0 };
	enum sig_algo used;

	(void)state;
	begin(&m, rsa);
	pki_raw(rsa, RSA_PKCS1_PADDING, 0, m.hash, &raw);
	assert_int_equal(cms_finish((struct der){ m.half.p, m.half.n }, (struct der){ raw.p, raw.n }, &theirs, &used, &e), 0);
	assert_int_equal(cms_finish((struct der){ m.half.p, m.half.n }, (struct der){ theirs.p, theirs.n }, &cms, &used, &e), 0);
	assert_int_equal(cms.n, theirs.n);
	/* the same person, another certificate: not the signature that was asked for */
	begin(&n, rsa);
	refuse(&n, &theirs);
	end(&n);
	end(&m);
}

static void stamp_is_checked_before_it_goes_in(void **state)
{
	struct made m;
	AUTO(buf_free) struct buf raw = { 0 }, cms = { 0 }, req = { 0 }, req2 = { 0 }, resp = { 0 }, out = { 0 };
	struct err e = { 0 };
	enum sig_algo used;
	time_t when = 0;
	struct trust_store *t = trust_open(pki.dir, &e), *nobody;
	char empty[80];

	(void)state;
	begin(&m, rsa);
	pki_raw(rsa, RSA_PKCS1_PADDING, 0, m.hash, &raw);
	assert_int_equal(cms_finish((struct der){ m.half.p, m.half.n }, (struct der){ raw.p, raw.n }, &cms, &used, &e), 0);
	struct der c = { cms.p, cms.n };
	assert_int_equal(tsa_request(c, &req, &e), 0);
	assert_int_equal(tsa_request(c, &req2, &e), 0);
	assert_memory_not_equal(req.p, req2.p, req.n);   /* the nonce */
	pki_stamp(&pki, &req, &resp);
	struct der rq = { req.p, req.n }, rq2 = { req2.p, req2.n }, rs = { resp.p, resp.n };
	assert_int_equal(tsa_apply(c, rq2, rs, t, &out, &when, &e), -1);
	assert_string_equal(e.reason, "tsa.not-verified");
	snprintf(empty, sizeof empty, "%s/none", pki.dir);
	mkdir(empty, 0700);
	nobody = trust_open(empty, &e);
	assert_int_equal(tsa_apply(c, rq, rs, nobody, &out, &when, &e), -1);
	trust_free(nobody);
	assert_int_equal(out.n, 0);
	if (tsa_apply(c, rq, rs, t, &out, &when, &e))
		fail_msg("%s", e.cause);
	assert_int_equal(when, pki.stamp_at);
	stranger_accepts(&out, true);
	trust_free(t);
	end(&m);
}

static void key_file(void **state)
{
	AUTO(buf_free) struct buf p12 = { 0 }, cert = { 0 }, chain = { 0 }, raw = { 0 };
	unsigned char hash[32] = { 7 };
	struct err e = { 0 };
	struct der parts[4];
	X509 *x = pki_person(&pki, rsa);

	(void)state;
	pki_p12(rsa, x, pki.ca, "mật khẩu", &p12);
	assert_int_equal(p12_open(p12.p, p12.n, "sai", &cert, &chain, &e), -1);
	assert_int_equal(e.kind, ERR_SECRET_WRONG);
	assert_int_equal(p12_open(p12.p, p12.n, "mật khẩu", &cert, &chain, &e), 0);
	assert_int_equal(der_split(chain.p, chain.n, parts, 4), 1);
	assert_int_equal(p12_sign(p12.p, p12.n, "mật khẩu", hash, &raw, &e), 0);
	AUTO(cert_release) struct cert *c = cert_parse(cert.p, cert.n, &e);
	assert_true(cert_verifies(c, hash, (struct der){ raw.p, raw.n }));
	hash[0] = 8;
	assert_false(cert_verifies(c, hash, (struct der){ raw.p, raw.n }));
	X509_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_answer),
		cmocka_unit_test(half_survives_a_restart),
		cmocka_unit_test(wrong_answers_are_refused),
		cmocka_unit_test(answer_that_is_a_cms),
		cmocka_unit_test(stamp_is_checked_before_it_goes_in),
		cmocka_unit_test(key_file),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
