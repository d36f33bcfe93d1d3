/* Shared by the tests of signing: a person with a key, a configuration, a request. */
#ifndef UNIT_SIGN_HELP_H
#define UNIT_SIGN_HELP_H

#include "unit/net_mini.h"

#include "base/config.h"
#include "base/json.h"
#include "base/mem.h"
#include "sign/sign.h"
#include "trust/trust.h"

struct signer {
	EVP_PKEY *key;
	X509 *x;
	struct buf der;
	char *b64;
};

MINI struct signer signer_make(const char *cn, const char *uid)
{
	struct signer s = { .key = EVP_RSA_gen(2048) };
	unsigned char *der = NULL;

	s.x = mini_cert(s.key, cn, NULL, uid, NULL, NULL);
	int n = i2d_X509(s.x, &der);
	buf_add(&s.der, der, (size_t)n);
	OPENSSL_free(der);
	s.b64 = base64_text(s.der.p, s.der.n);
	return s;
}

MINI void signer_free(struct signer *s)
{
	EVP_PKEY_free(s->key);
	X509_free(s->x);
	buf_free(&s->der);
	free(s->b64);
}

/* Raw RSASSA-PKCS1-v1_5 over a given SHA-256, base64. */
MINI char *signer_sign(const struct signer *s, const unsigned char hash[32])
{
	unsigned char out[512];
	size_t n = sizeof out;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(s->key, NULL);

	if (EVP_PKEY_sign_init(c) != 1 || EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) != 1 || EVP_PKEY_sign(c, out, &n, hash, 32) != 1)
		abort();
	EVP_PKEY_CTX_free(c);
	return base64_text(out, n);
}

MINI void hash_of(unsigned char out[32], int which)
{
	static const unsigned char a[16] = { 0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78, 0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf0 };

	memcpy(out, a, 16);
	memcpy(out + 16, a, 16);
	if (which) {
		memset(out, 0xff, 16);
		memset(out + 16, 0, 16);
		out[31] = 1;
	}
}

#define SIGN_TXN "9b2f6f3e-0000-4000-8000-000000000001"

MINI json_t *sign_args(const char *way, const struct signer *s, size_t items)
{
	static const char *const docs[] = { "KS-4F7K2", "KS-9TQ2A" };
	json_t *list = json_array();

	for (size_t i = 0; i < items; i++) {
		unsigned char hash[32];
		hash_of(hash, (int)i);
		AUTO(mem_free) char *b64 = base64_text(hash, 32);
		json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "document_code", docs[i], "title", "to-khai.pdf", "hash", b64));
	}
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:s,s:i}", "way", way, "provider", "VNPT-CA", "account", "001090123456", "serial",
	                 "54010203", "transaction", SIGN_TXN, "text", "To khai dang ky khai sinh", "items", list, "certificate", s->b64,
	                 "timeout", 300);
}

/* Every dialect as a way of its name (dots and underscores out), all at one address. */
MINI struct config *sign_config(const char *url, const char *ca, const char *extra)
{
	static const char *const rows[][2] = { { "neac", "neac-sign_v2" }, { "plain", "qd769-plain" }, { "vnpt", "vnpt-sp769" }, { "ca2", "ca2" } };
	AUTO(mem_free) char *path = mem_printf("%s/sign.yaml", mini_dir());
	AUTO(mem_free) char *secret = mem_printf("%s/sp-password", mini_dir());
	struct err e = { 0 };

	FILE *f = fopen(secret, "w");
	fputs("sp-secret\n", f);
	fclose(f);
	f = fopen(path, "w");
	fprintf(f, "sandbox: true\nsigning:\n");
	for (size_t i = 0; i < COUNT(rows); i++)
		fprintf(f, "  %s: { dialect: %s, url: \"%s\", ca: %s, sp_id: SP-TEST, sp_password_file: %s, poll_ms: 30, timeout: 300%s }\n",
		        rows[i][0], rows[i][1], url, ca, secret, extra);
	fclose(f);
	struct config *c = config_load(path, NULL, &e);
	if (!c) {
		fprintf(stderr, "%s\n", e.cause);
		abort();
	}
	return c;
}

#endif
