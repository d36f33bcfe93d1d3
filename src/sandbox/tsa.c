#include <openssl/ts.h>

#include "base/mem.h"
#include "sandbox/bytes.h"
#include "sandbox/ca.h"
#include "sandbox/pki.h"

static ASN1_INTEGER *serial(TS_RESP_CTX *ctx, void *self)
{
	ASN1_INTEGER *out = ASN1_INTEGER_new();
	unsigned char raw[10];
	BIGNUM *n;

	(void)ctx;
	(void)self;
	bytes_random(raw, sizeof raw);
	raw[0] = (unsigned char)((raw[0] & 0x3f) | 0x40);
	n = BN_bin2bn(raw, sizeof raw, NULL);
	BN_to_ASN1_INTEGER(n, out);
	BN_free(n);
	return out;
}

static TS_RESP_CTX *context(const struct ca *ca)
{
	TS_RESP_CTX *ctx = TS_RESP_CTX_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	/* 2.999 is the arc for examples (ITU-T X.660) */
	ASN1_OBJECT *policy = OBJ_txt2obj("2.999.3161.1", 1);

	sk_X509_push(chain, ca->authorities[AUTHORITY_PUBLIC].issuing.cert);
	TS_RESP_CTX_set_signer_cert(ctx, ca->tsa.cert);
	TS_RESP_CTX_set_signer_key(ctx, ca->tsa.key);
	TS_RESP_CTX_set_certs(ctx, chain);
	TS_RESP_CTX_set_def_policy(ctx, policy);
	TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256());
	/* RFC 5816: ESSCertIDv2, for the certificate is named by more than SHA-1 */
	TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256());
	TS_RESP_CTX_add_md(ctx, EVP_sha256());
	TS_RESP_CTX_add_md(ctx, EVP_sha384());
	TS_RESP_CTX_add_md(ctx, EVP_sha512());
	TS_RESP_CTX_set_accuracy(ctx, 1, 0, 0);
	TS_RESP_CTX_set_serial_cb(ctx, serial, NULL);
	ASN1_OBJECT_free(policy);
	sk_X509_free(chain);
	return ctx;
}

bool tsa_respond(const struct ca *ca, const void *request, size_t n, struct buf *out)
{
	TS_RESP_CTX *ctx = context(ca);
	BIO *in = BIO_new_mem_buf(request, (int)n);
	TS_RESP *resp = TS_RESP_create_response(ctx, in);
	unsigned char *der = NULL;
	int len = resp ? i2d_TS_RESP(resp, &der) : 0;

	if (len > 0)
		buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	TS_RESP_free(resp);
	BIO_free(in);
	TS_RESP_CTX_free(ctx);
	return len > 0;
}
