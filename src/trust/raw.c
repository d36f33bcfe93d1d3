/* Raw signature values over a digest: what gateways, tokens and phones send back. */
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/mem.h"
#include "trust/ossl.h"

static EVP_PKEY_CTX *rsa_ctx(EVP_PKEY *key, const EVP_MD *md, int padding)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, md) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

static bool pkcs1(EVP_PKEY *key, const EVP_MD *md, const unsigned char *digest, size_t n, struct der raw)
{
	AUTO(pctx_release) EVP_PKEY_CTX *ctx = rsa_ctx(key, md, RSA_PKCS1_PADDING);

	return ctx && EVP_PKEY_verify(ctx, raw.p, raw.n, digest, n) == 1;
}

/* Some CMC-CA signatures leave the NULL out of DigestInfo: the recovered block is compared whole
 * with exactly that one other encoding, nothing looser. */
static bool pkcs1_no_null(EVP_PKEY *key, const EVP_MD *md, const unsigned char *digest, size_t n, struct der raw)
{
	AUTO(pctx_release) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	AUTO(buf_free) struct buf want = { 0 };
	AUTO(ossl_text_release) unsigned char *oid = NULL;
	unsigned char block[2048];
	size_t got = sizeof block;
	int oid_len = i2d_ASN1_OBJECT(OBJ_nid2obj(EVP_MD_get_type(md)), &oid);

	if (oid_len <= 0 || (size_t)EVP_PKEY_get_size(key) > sizeof block || !ctx || EVP_PKEY_verify_recover_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_verify_recover(ctx, block, &got, raw.p, raw.n) != 1)
		return false;
	unsigned char head[] = { 0x30, (unsigned char)(oid_len + 4 + (int)n), 0x30, (unsigned char)oid_len };
	unsigned char mid[] = { 0x04, (unsigned char)n };
	buf_add(&want, head, sizeof head);
	buf_add(&want, oid, (size_t)oid_len);
	buf_add(&want, mid, sizeof mid);
	buf_add(&want, digest, n);
	return got == want.n && !memcmp(block, want.p, got);
}

bool raw_pss_check(EVP_PKEY *key, const EVP_MD *md, const EVP_MD *mgf, const unsigned char *digest, size_t n, struct der raw,
                   int salt)
{
	AUTO(pctx_release) EVP_PKEY_CTX *ctx = rsa_ctx(key, md, RSA_PKCS1_PSS_PADDING);

	return ctx && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, mgf) == 1 &&
	       EVP_PKEY_verify(ctx, raw.p, raw.n, digest, n) == 1;
}

static bool pss(EVP_PKEY *key, const EVP_MD *md, const unsigned char *digest, size_t n, struct der raw, int *salt)
{
	int most = EVP_PKEY_get_size(key) - (int)n - 2;

	/* nobody tells the salt length, the CMS must name it: the usual one first, then the few others */
	if (!raw_pss_check(key, md, md, digest, n, raw, RSA_PSS_SALTLEN_AUTO))
		return false;
	if (raw_pss_check(key, md, md, digest, n, raw, (int)n)) {
		*salt = (int)n;
		return true;
	}
	for (*salt = 0; *salt <= most; ++*salt)
		if (raw_pss_check(key, md, md, digest, n, raw, *salt))
			return true;
	return false;
}

static bool ecdsa_der(EVP_PKEY *key, const EVP_MD *md, const unsigned char *digest, size_t n, struct der raw)
{
	AUTO(pctx_release) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	return ctx && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
	       EVP_PKEY_verify(ctx, raw.p, raw.n, digest, n) == 1;
}

int ecdsa_to_der(struct der raw, struct buf *out)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw.p, (int)(raw.n / 2), NULL), *s = BN_bin2bn(raw.p + raw.n / 2, (int)(raw.n / 2), NULL);
	AUTO(ossl_text_release) unsigned char *der = NULL;
	int n;

	if (!sig || !r || !s || !ECDSA_SIG_set0(sig, r, s)) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(sig);
		return -1;
	}
	n = i2d_ECDSA_SIG(sig, &der);
	ECDSA_SIG_free(sig);
	if (n <= 0)
		return -1;
	buf_add(out, der, (size_t)n);
	return 0;
}

/* A token gives r || s, most others DER. */
static enum raw_result ecdsa(EVP_PKEY *key, const EVP_MD *md, const unsigned char *digest, size_t n, struct der raw)
{
	AUTO(buf_free) struct buf der = { 0 };
	size_t field = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;

	if (ecdsa_der(key, md, digest, n, raw))
		return RAW_ECDSA;
	if (raw.n == 2 * field && !ecdsa_to_der(raw, &der) && ecdsa_der(key, md, digest, n, (struct der){ der.p, der.n }))
		return RAW_ECDSA_PLAIN;
	return RAW_NO;
}

enum raw_result raw_check(EVP_PKEY *key, const EVP_MD *md, const unsigned char *digest, size_t n, struct der raw, int *salt)
{
	enum raw_result r = RAW_NO;
	int unused;

	if (!key || !md || !raw.p || !raw.n || raw.n > 2048 || n != (size_t)EVP_MD_get_size(md))
		return RAW_NO;
	if (EVP_PKEY_is_a(key, "EC")) {
		r = ecdsa(key, md, digest, n, raw);
	} else if (raw.n == (size_t)EVP_PKEY_get_size(key)) {
		if (EVP_PKEY_is_a(key, "RSA") && pkcs1(key, md, digest, n, raw))
			r = RAW_PKCS1;
		else if (EVP_PKEY_is_a(key, "RSA") && pkcs1_no_null(key, md, digest, n, raw))
			r = RAW_PKCS1_NO_NULL;
		else if (pss(key, md, digest, n, raw, salt ? salt : &unused))
			r = RAW_PSS;
	}
	ERR_clear_error();
	return r;
}

bool cert_verifies(const struct cert *c, const unsigned char sha256[32], struct der raw)
{
	return raw_check(X509_get0_pubkey(c->x), EVP_sha256(), sha256, 32, raw, NULL) != RAW_NO;
}
