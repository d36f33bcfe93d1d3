/* Key files (PKCS#12): a true way to sign, for tests, demonstrations and officers without a token. */
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/mem.h"
#include "trust/ossl.h"

enum { P12_MAX = 1024 * 1024 };

struct keyfile {
	EVP_PKEY *key;
	X509 *cert;
	STACK_OF(X509) *more;
};

static void keyfile_clear(struct keyfile *k)
{
	pkey_release(&k->key);
	x509_release(&k->cert);
	certs_release(&k->more);
}

/* Files that CAs hand out still use RC2 and 3DES, which OpenSSL 3 keeps in a provider of its own. */
static void allow_old_ciphers(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	if (OSSL_PROVIDER_load(NULL, "default"))
		OSSL_PROVIDER_load(NULL, "legacy");
	ERR_clear_error();
}

static int keyfile_open(struct keyfile *k, const void *p, size_t n, const char *password, struct err *e)
{
	const unsigned char *at = p;
	AUTO(p12_release) PKCS12 *p12 = n && n <= P12_MAX ? d2i_PKCS12(NULL, &at, (long)n) : NULL;

	if (!p12)
		return ossl_err(e, ERR_FILE_TYPE, "no PKCS#12 key file");
	allow_old_ciphers();
	if (PKCS12_mac_present(p12) && !PKCS12_verify_mac(p12, password, -1) && (*password || !PKCS12_verify_mac(p12, NULL, 0))) {
		ERR_clear_error();
		return err_set(e, ERR_SECRET_WRONG, "PKCS12_verify_mac");
	}
	if (!PKCS12_parse(p12, password, &k->key, &k->cert, &k->more))
		return ossl_err(e, ERR_FILE_TYPE, "PKCS12_parse");
	if (!k->key || !k->cert)
		return err_set(e, ERR_FILE_TYPE, "key file without a key or its certificate");
	return 0;
}

static int add_der(X509 *x, struct buf *out, struct err *e)
{
	AUTO(ossl_text_release) unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	if (n <= 0)
		return ossl_err(e, ERR_INTERNAL, "i2d_X509");
	buf_add(out, der, (size_t)n);
	return 0;
}

int p12_open(const void *p, size_t n, const char *password, struct buf *cert, struct buf *chain_concat, struct err *e)
{
	AUTO(keyfile_clear) struct keyfile k = { 0 };

	if (keyfile_open(&k, p, n, password, e) || add_der(k.cert, cert, e))
		return -1;
	for (int i = 0; i < sk_X509_num(k.more) && i < CHAIN_MAX; i++)
		if (add_der(sk_X509_value(k.more, i), chain_concat, e))
			return -1;
	return 0;
}

/* A key under id-RSASSA-PSS signs no other way (RFC 4055 1.2). */
static bool set_up(EVP_PKEY_CTX *ctx, EVP_PKEY *key, const EVP_MD *md, bool pss)
{
	bool rsa = EVP_PKEY_is_a(key, "RSA");

	pss = EVP_PKEY_is_a(key, "RSA-PSS") || (rsa && pss);
	if (!ctx || EVP_PKEY_sign_init(ctx) != 1)
		return false;
	if ((rsa || pss) && EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1)
		return false;
	if (EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
		return false;
	return !pss || (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

int p12_sign_hash(const void *p, size_t n, const char *password, struct der hash, bool pss, struct buf *raw, struct err *e)
{
	AUTO(keyfile_clear) struct keyfile k = { 0 };
	AUTO(pctx_release) EVP_PKEY_CTX *ctx = NULL;
	const EVP_MD *md = md_by_length(hash.n);
	size_t len = 0;

	if (!md)
		return err_set(e, ERR_USAGE, "a hash of %zu bytes", hash.n);
	if (keyfile_open(&k, p, n, password, e))
		return -1;
	ctx = EVP_PKEY_CTX_new(k.key, NULL);
	if (!set_up(ctx, k.key, md, pss) || EVP_PKEY_sign(ctx, NULL, &len, hash.p, hash.n) != 1)
		return ossl_err(e, ERR_INTERNAL, "EVP_PKEY_sign_init");
	AUTO(mem_free) unsigned char *sig = mem_alloc(len);
	if (EVP_PKEY_sign(ctx, sig, &len, hash.p, hash.n) != 1)
		return ossl_err(e, ERR_INTERNAL, "EVP_PKEY_sign");
	buf_add(raw, sig, len);
	return 0;
}

int p12_sign(const void *p, size_t n, const char *password, const unsigned char sha256[32], struct buf *raw, struct err *e)
{
	return p12_sign_hash(p, n, password, (struct der){ sha256, 32 }, false, raw, e);
}

size_t der_split(const void *p, size_t n, struct der *out, size_t max)
{
	struct der in = { p, n };
	struct tlv t;
	size_t count = 0;

	while (count < max && tlv_take(&in, &t))
		out[count++] = t.whole;
	return count;
}
