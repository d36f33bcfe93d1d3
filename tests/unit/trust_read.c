/* Every leniency of OpenSSL closed: each row is a CMS that `openssl cms -verify` or a careless reader takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "pki.h"
#include "trust/ossl.h"

static struct pki pki;
static EVP_PKEY *key, *other;
static X509 *who;
static unsigned char range[32];

static int setup(void **state)
{
	(void)state;
	pki_make(&pki);
	pki.stamp_at = pki_time(2026, 11, 20);
	key = EVP_RSA_gen(2048);
	other = EVP_RSA_gen(2048);
	who = pki_person(&pki, key);
	EVP_Digest("tài liệu", strlen("tài liệu"), range, NULL, EVP_sha256(), NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	X509_free(who);
	pki_free(&pki);
	return 0;
}

static void good_cms(struct buf *out)
{
	AUTO(buf_free) struct buf leaf = { 0 }, half = { 0 }, raw = { 0 };
	unsigned char hash[32];
	struct err e = { 0 };
	enum sig_algo used;

	pki_der(who, &leaf);
	AUTO(cert_release) struct cert *c = cert_parse(leaf.p, leaf.n, &e);
	assert_int_equal(cms_begin(c, NULL, 0, range, &half, hash, &e), 0);
	pki_raw(key, RSA_PKCS1_PADDING, 0, hash, &raw);
	assert_int_equal(cms_finish((struct der){ half.p, half.n }, (struct der){ raw.p, raw.n }, out, &used, &e), 0);
}

static json_t *faults(const struct buf *b, enum cms_use use)
{
	json_t *reasons = json_array();
	AUTO(cms_release) struct cms *c = cms_read((struct der){ b->p, b->n }, use, reasons);

	if (c)
		cms_match(c, range, sizeof range, reasons);
	return reasons;
}

static bool says(const json_t *reasons, const char *id)
{
	for (size_t i = 0; i < json_array_size(reasons); i++)
		if (!strcmp(json_string_value(json_array_get(reasons, i)), id))
			return true;
	return false;
}

static void want(const char *name, const struct buf *b, const char *id)
{
	AUTO(json_release) json_t *r = faults(b, CMS_USE_SIGNATURE);
	AUTO(mem_free) char *text = json_dumps(r, JSON_COMPACT);

	if (id ? !says(r, id) : json_array_size(r) != 0)
		fail_msg("%s: wanted %s, got %s", name, id ? id : "nothing", text);
}

/* ---- changes through OpenSSL's own eyes ------------------------------------------------------------------------------ */
static CMS_ContentInfo *open_good(CMS_SignerInfo **si)
{
	AUTO(buf_free) struct buf b = { 0 };
	good_cms(&b);
	const unsigned char *p = b.p;
	CMS_ContentInfo *ci = d2i_CMS_ContentInfo(NULL, &p, (long)b.n);
	*si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(ci), 0);
	return ci;
}

static void close_to(CMS_ContentInfo *ci, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_CMS_ContentInfo(ci, &der);
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	CMS_ContentInfo_free(ci);
}

static void resign(CMS_SignerInfo *si, EVP_PKEY *with)
{
	AUTO(buf_free) struct buf attrs = { 0 }, raw = { 0 };
	unsigned char hash[32];
	attrs_der(si, &attrs, NULL);
	EVP_Digest(attrs.p, attrs.n, hash, NULL, EVP_sha256(), NULL);
	pki_raw(with, RSA_PKCS1_PADDING, 0, hash, &raw);
	ASN1_OCTET_STRING_set(CMS_SignerInfo_get0_signature(si), raw.p, (int)raw.n);
}

static void set_algs(int digest_nid, int sig_nid, struct buf *out)
{
	CMS_SignerInfo *si;
	CMS_ContentInfo *ci = open_good(&si);
	X509_ALGOR *d, *s;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, &d, &s);
	if (digest_nid)
		X509_ALGOR_set0(d, OBJ_nid2obj(digest_nid), V_ASN1_NULL, NULL);
	if (sig_nid)
		X509_ALGOR_set0(s, OBJ_nid2obj(sig_nid), V_ASN1_NULL, NULL);
	close_to(ci, out);
}

static void algorithms(void **state)
{
	static const struct { const char *name; int digest, sig; const char *want; } rows[] = {
		{ "a hash of another family beside SHA-256", 0, NID_RSA_SHA3_256, "algorithm-mismatch" },
		{ "RSA with SHA-512 beside SHA-256", 0, NID_sha512WithRSAEncryption, "algorithm-mismatch" },
		{ "a signature's name in the digest's place", NID_sha256WithRSAEncryption, 0, "digest-refused" },
		{ "MD5", NID_md5, NID_md5WithRSAEncryption, "digest-refused" },
		{ "SHA-1 is outdated, and not ours", NID_sha1, NID_sha1WithRSAEncryption, "digest-outdated" },
		{ "ECDSA with an RSA key", 0, NID_ecdsa_with_SHA256, "algorithm-mismatch" },
		{ "PSS without parameters", 0, NID_rsassaPss, "algorithm-odd" },
		{ "an unknown hash cannot be checked", NID_whirlpool, 0, "algorithm-unknown" },
		{ "the bare key algorithm is fine", 0, NID_rsaEncryption, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf_free) struct buf b = { 0 };
		set_algs(rows[i].digest, rows[i].sig, &b);
		want(rows[i].name, &b, rows[i].want);
	}
}

/* The order is changed in the bytes: the library sorts by itself when it writes. */
static void attributes_out_of_order(void **state)
{
	AUTO(buf_free) struct buf b = { 0 };
	struct der raw, in;
	struct tlv set, first, second;

	(void)state;
	good_cms(&b);
	want("untouched", &b, NULL);
	assert_true(attrs_raw((struct der){ b.p, b.n }, &raw) && raw.n);
	in = raw;
	assert_true(tlv_take(&in, &set));
	in = set.body;
	assert_true(tlv_take(&in, &first) && tlv_take(&in, &second));
	AUTO(buf_free) struct buf swapped = { 0 };
	buf_add(&swapped, second.whole.p, second.whole.n);
	buf_add(&swapped, first.whole.p, first.whole.n);
	memcpy(b.p + (first.whole.p - b.p), swapped.p, swapped.n);
	want("swapped", &b, "attrs-not-der");
}

static void attributes_doubled(void **state)
{
	CMS_SignerInfo *si;
	CMS_ContentInfo *ci = open_good(&si);
	AUTO(buf_free) struct buf b = { 0 };
	int at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_messageDigest, -1);
	X509_ATTRIBUTE *a = CMS_signed_get_attr(si, at);
	unsigned char lie[32] = { 1 };

	(void)state;
	X509_ATTRIBUTE_set1_data(a, V_ASN1_OCTET_STRING, lie, sizeof lie);
	resign(si, key);
	close_to(ci, &b);
	want("two hashes in one attribute", &b, "attrs-doubled");
}

static void content_inside(void **state)
{
	CMS_SignerInfo *si;
	CMS_ContentInfo *ci = open_good(&si);
	AUTO(buf_free) struct buf b = { 0 };

	(void)state;
	CMS_set_detached(ci, 0);
	ASN1_OCTET_STRING_set(*CMS_get0_content(ci), (const unsigned char *)"x", 1);
	close_to(ci, &b);
	want("content inside", &b, "content-inside");
}

static void two_signers(void **state)
{
	CMS_SignerInfo *si;
	CMS_ContentInfo *ci = open_good(&si);
	AUTO(buf_free) struct buf b = { 0 };
	X509 *x = pki_person(&pki, other);

	(void)state;
	CMS_add1_signer(ci, x, other, EVP_sha256(), CMS_NOSMIMECAP | CMS_PARTIAL | CMS_DETACHED | CMS_BINARY);
	close_to(ci, &b);
	want("a second signer", &b, "signers-not-one");
	X509_free(x);
}

static void another_key_or_digest(void **state)
{
	CMS_SignerInfo *si;
	CMS_ContentInfo *ci = open_good(&si);
	AUTO(buf_free) struct buf b = { 0 }, tail = { 0 };

	(void)state;
	resign(si, other);
	close_to(ci, &b);
	want("another key", &b, "signature-broken");
	good_cms(&tail);
	range[0] ^= 1;
	want("another document", &tail, "digest-mismatch");
	range[0] ^= 1;
	buf_add(&tail, "\0\0\0\0", 4);
	want("zero padding", &tail, NULL);
	buf_str(&tail, "x");
	want("something behind it", &tail, "contents-trailing");
}

/* Same issuer and serial number, another key: which of the two was it? */
static void twin_certificates(void **state)
{
	AUTO(buf_free) struct buf b = { 0 };
	CMS_SignerInfo *si;
	CMS_ContentInfo *ci = open_good(&si);
	X509 *twin = X509_dup(who);

	(void)state;
	X509_set_pubkey(twin, other);
	X509_sign(twin, pki.ca_key, EVP_sha256());
	/* signing-certificate-v2 tells them apart: the twin is no help to a forger */
	CMS_add1_cert(ci, twin);
	close_to(ci, &b);
	want("a twin beside it", &b, NULL);
	ci = open_good(&si);
	X509_ATTRIBUTE_free(CMS_signed_delete_attr(si, CMS_signed_get_attr_by_NID(si, NID_id_smime_aa_signingCertificateV2, -1)));
	resign(si, key);
	CMS_add1_cert(ci, twin);
	b.n = 0;
	close_to(ci, &b);
	want("a twin, and nothing to tell", &b, "signer-ambiguous");
	X509_free(twin);
}

/* Signature over the digest itself: old FastCA files. And DigestInfo without NULL: CMC-CA. */
static void old_but_honest(void **state)
{
	const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL;
	CMS_ContentInfo *ci = CMS_sign(NULL, NULL, NULL, NULL, flags);
	CMS_SignerInfo *si = CMS_add1_signer(ci, who, key, EVP_sha256(), flags | CMS_NOATTR);
	AUTO(buf_free) struct buf b = { 0 }, raw = { 0 };
	X509_ALGOR *alg;

	(void)state;
	CMS_SignerInfo_get0_algs(si, NULL, NULL, NULL, &alg);
	X509_ALGOR_set0(alg, OBJ_nid2obj(NID_rsaEncryption), V_ASN1_NULL, NULL);
	pki_raw(key, RSA_PKCS1_PADDING, 0, range, &raw);
	ASN1_OCTET_STRING_set(CMS_SignerInfo_get0_signature(si), raw.p, (int)raw.n);
	close_to(ci, &b);
	want("over the digest itself", &b, "attrs-missing");
	range[0] ^= 1;
	want("and not over another", &b, "signature-broken");
	range[0] ^= 1;
}

static void digestinfo_without_null(void **state)
{
	static const unsigned char head[] = { 0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
		                              0x04, 0x20 };
	CMS_SignerInfo *si;
	CMS_ContentInfo *ci = open_good(&si);
	AUTO(buf_free) struct buf b = { 0 }, attrs = { 0 };
	unsigned char block[sizeof head + 32], sig[256];
	size_t n = sizeof sig;

	(void)state;
	attrs_der(si, &attrs, NULL);
	memcpy(block, head, sizeof head);
	EVP_Digest(attrs.p, attrs.n, block + sizeof head, NULL, EVP_sha256(), NULL);
	for (int wrong = 0; wrong < 2; wrong++) {
		AUTO(pctx_release) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
		EVP_PKEY_sign_init(c);
		EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING);
		assert_int_equal(EVP_PKEY_sign(c, sig, &n, block, sizeof block), 1);
		ASN1_OCTET_STRING_set(CMS_SignerInfo_get0_signature(si), sig, (int)n);
		b.n = 0;
		unsigned char *der = NULL;
		int len = i2d_CMS_ContentInfo(ci, &der);
		buf_add(&b, der, (size_t)len);
		OPENSSL_free(der);
		want(wrong ? "looser than that is broken" : "no NULL", &b, wrong ? "signature-broken" : "digestinfo-without-null");
		block[3] = 0x0a;
	}
	CMS_ContentInfo_free(ci);
}

static void garbage(void **state)
{
	AUTO(buf_free) struct buf b = { 0 };

	(void)state;
	good_cms(&b);
	/* every cut and every flipped byte of the frame is read without a crash, and never as good */
	for (size_t i = 0; i < b.n; i += 7) {
		AUTO(buf_free) struct buf cut = { 0 };
		buf_add(&cut, b.p, i);
		want("cut", &cut, "cms-unreadable");
		buf_add(&cut, b.p + i, b.n - i);
		cut.p[i] ^= 0x41;
		AUTO(json_release) json_t *r = faults(&cut, CMS_USE_SIGNATURE);
		json_decref(faults(&cut, CMS_USE_TIMESTAMP));
		(void)r;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algorithms),
		cmocka_unit_test(attributes_out_of_order),
		cmocka_unit_test(attributes_doubled),
		cmocka_unit_test(content_inside),
		cmocka_unit_test(two_signers),
		cmocka_unit_test(another_key_or_digest),
		cmocka_unit_test(twin_certificates),
		cmocka_unit_test(old_but_honest),
		cmocka_unit_test(digestinfo_without_null),
		cmocka_unit_test(garbage),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
