/* A small certificate authority for unit tests: root -> issuing CA -> people, a time-stamp authority, OCSP, CRL. Every
 * name is invented and says THỬ NGHIỆM. Times are arguments. */
#ifndef TESTS_PKI_H
#define TESTS_PKI_H

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define PKI_UNUSED __attribute__((unused))

struct pki {
	EVP_PKEY *root_key, *ca_key, *tsa_key;
	X509 *root, *ca, *tsa;
	char dir[64];
	time_t stamp_at;
};

struct pki_kind {
	const char *name, *uid, *organisation;
	time_t from, to;
	const char *key_usage, *ext_usage;
	const EVP_MD *md;
	int ca;
};

static time_t pki_time(int y, int m, int d)
{
	struct tm tm = { .tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d, .tm_hour = 3 };
	return timegm(&tm);
}

static void pki_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e || !X509_add_ext(x, e, -1))
		abort();
	X509_EXTENSION_free(e);
}

static X509 *pki_issue(EVP_PKEY *key, const struct pki_kind *k, X509 *issuer, EVP_PKEY *issuer_key)
{
	static long serial = 0x1001;
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_NAME_add_entry_by_NID(n, NID_commonName, MBSTRING_UTF8, (const unsigned char *)k->name, -1, -1, 0);
	if (k->uid)
		X509_NAME_add_entry_by_NID(n, NID_userId, MBSTRING_UTF8, (const unsigned char *)k->uid, -1, -1, 0);
	if (k->organisation)
		X509_NAME_add_entry_by_NID(n, NID_organizationName, MBSTRING_UTF8, (const unsigned char *)k->organisation, -1, -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : n);
	ASN1_TIME_set(X509_getm_notBefore(x), k->from ? k->from : pki_time(2024, 1, 1));
	ASN1_TIME_set(X509_getm_notAfter(x), k->to ? k->to : pki_time(2034, 1, 1));
	X509_set_pubkey(x, key);
	pki_ext(x, issuer ? issuer : x, NID_subject_key_identifier, "hash");
	if (issuer)
		pki_ext(x, issuer, NID_authority_key_identifier, "keyid:always");
	if (k->ca)
		pki_ext(x, issuer, NID_basic_constraints, "critical,CA:TRUE");
	if (k->key_usage)
		pki_ext(x, issuer, NID_key_usage, k->key_usage);
	if (k->ext_usage)
		pki_ext(x, issuer, NID_ext_key_usage, k->ext_usage);
	if (issuer && !k->ca && !k->ext_usage)
		pki_ext(x, issuer, NID_info_access, "OCSP;URI:http://ocsp.thu-nghiem.example/");
	X509_sign(x, issuer_key, k->md ? k->md : EVP_sha256());
	return x;
}

static void pki_save(const struct pki *p, const char *sub, const char *name, X509 *x)
{
	char path[160];
	snprintf(path, sizeof path, "%s/%s", p->dir, sub);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%s/%s", p->dir, sub, name);
	FILE *f = fopen(path, "w");
	PEM_write_X509(f, x);
	fclose(f);
}

static void pki_make(struct pki *p)
{
	*p = (struct pki){ .root_key = EVP_EC_gen("P-256"), .ca_key = EVP_EC_gen("P-256"), .tsa_key = EVP_EC_gen("P-256") };
	p->root = pki_issue(p->root_key, &(struct pki_kind){ .name = "THỬ NGHIỆM Root CA", .ca = 1,
		.key_usage = "critical,keyCertSign,cRLSign" }, NULL, p->root_key);
	p->ca = pki_issue(p->ca_key, &(struct pki_kind){ .name = "THỬ NGHIỆM Issuing CA", .organisation = "Đơn vị THỬ NGHIỆM", .ca = 1,
		.key_usage = "critical,keyCertSign,cRLSign" }, p->root, p->root_key);
	p->tsa = pki_issue(p->tsa_key, &(struct pki_kind){ .name = "THỬ NGHIỆM TSA", .key_usage = "critical,digitalSignature",
		.ext_usage = "critical,timeStamping" }, p->ca, p->ca_key);
	strcpy(p->dir, "/tmp/tramky-test-XXXXXX");
	if (!mkdtemp(p->dir))
		abort();
	pki_save(p, "public", "root.pem", p->root);
}

static void pki_free(struct pki *p)
{
	char cmd[128];
	EVP_PKEY_free(p->root_key); EVP_PKEY_free(p->ca_key); EVP_PKEY_free(p->tsa_key);
	X509_free(p->root); X509_free(p->ca); X509_free(p->tsa);
	snprintf(cmd, sizeof cmd, "rm -rf '%s'", p->dir);
	if (strncmp(p->dir, "/tmp/tramky-test-", 17) || system(cmd))
		abort();
}

PKI_UNUSED static X509 *pki_person(const struct pki *p, EVP_PKEY *key)
{
	return pki_issue(key, &(struct pki_kind){ .name = "Người Ký Thử Nghiệm", .uid = "CCCD:001090000001",
		.key_usage = "critical,digitalSignature,nonRepudiation" }, p->ca, p->ca_key);
}

static void pki_der(X509 *x, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
}

/* status: V_OCSP_CERTSTATUS_*; signed by the issuing CA itself unless another signer is given. */
PKI_UNUSED static void pki_ocsp(const struct pki *p, X509 *x, int status, int reason, time_t revoked, time_t from, time_t until,
                                X509 *signer, EVP_PKEY *key, struct buf *out)
{
	OCSP_BASICRESP *b = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), x, p->ca);
	ASN1_TIME *r = ASN1_TIME_set(NULL, revoked), *f = ASN1_GENERALIZEDTIME_set(NULL, from),
	          *u = until ? ASN1_GENERALIZEDTIME_set(NULL, until) : NULL;
	unsigned char *der = NULL;

	OCSP_basic_add1_status(b, id, status, reason, status == V_OCSP_CERTSTATUS_REVOKED ? r : NULL, f, u);
	OCSP_basic_sign(b, signer ? signer : p->ca, key ? key : p->ca_key, EVP_sha256(), NULL, 0);
	OCSP_RESPONSE *resp = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, b);
	int n = i2d_OCSP_RESPONSE(resp, &der);
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	ASN1_TIME_free(r); ASN1_TIME_free(f); ASN1_TIME_free(u);
	OCSP_CERTID_free(id); OCSP_BASICRESP_free(b); OCSP_RESPONSE_free(resp);
}

PKI_UNUSED static void pki_crl(const struct pki *p, X509 *revoked, time_t from, time_t until, EVP_PKEY *key, struct buf *out)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *f = ASN1_TIME_set(NULL, from), *u = ASN1_TIME_set(NULL, until);
	unsigned char *der = NULL;

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(p->ca));
	X509_CRL_set1_lastUpdate(crl, f);
	X509_CRL_set1_nextUpdate(crl, u);
	if (revoked) {
		X509_REVOKED *r = X509_REVOKED_new();
		X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(revoked));
		X509_REVOKED_set_revocationDate(r, f);
		X509_CRL_add0_revoked(crl, r);
	}
	X509_CRL_sort(crl);
	X509_CRL_sign(crl, key ? key : p->ca_key, EVP_sha256());
	int n = i2d_X509_CRL(crl, &der);
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	ASN1_TIME_free(f); ASN1_TIME_free(u); X509_CRL_free(crl);
}

static ASN1_INTEGER *pki_stamp_serial(struct TS_resp_ctx *ctx, void *data)
{
	(void)ctx, (void)data;
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	ASN1_INTEGER_set(n, 42);
	return n;
}

static int pki_stamp_time(struct TS_resp_ctx *ctx, void *data, long *sec, long *usec)
{
	(void)ctx;
	*sec = (long)((struct pki *)data)->stamp_at;
	*usec = 0;
	return 1;
}

PKI_UNUSED static void pki_stamp(struct pki *p, const struct buf *request, struct buf *out)
{
	TS_RESP_CTX *ctx = TS_RESP_CTX_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
	BIO *in = BIO_new_mem_buf(request->p, (int)request->n);
	unsigned char *der = NULL;

	sk_X509_push(certs, p->ca);
	TS_RESP_CTX_set_signer_cert(ctx, p->tsa);
	TS_RESP_CTX_set_signer_key(ctx, p->tsa_key);
	TS_RESP_CTX_set_certs(ctx, certs);
	TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256());
	TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256());
	TS_RESP_CTX_set_def_policy(ctx, policy);
	TS_RESP_CTX_add_md(ctx, EVP_sha256());
	TS_RESP_CTX_set_serial_cb(ctx, pki_stamp_serial, NULL);
	TS_RESP_CTX_set_time_cb(ctx, pki_stamp_time, p);
	TS_RESP *resp = TS_RESP_create_response(ctx, in);
	int n = i2d_TS_RESP(resp, &der);
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	TS_RESP_free(resp); TS_RESP_CTX_free(ctx); BIO_free(in); ASN1_OBJECT_free(policy); sk_X509_free(certs);
}

PKI_UNUSED static void pki_p12(EVP_PKEY *key, X509 *x, X509 *ca, const char *password, struct buf *out)
{
	STACK_OF(X509) *more = sk_X509_new_null();
	unsigned char *der = NULL;
	sk_X509_push(more, ca);
	PKCS12 *p12 = PKCS12_create(password, "thu nghiem", key, x, more, 0, 0, 0, 0, 0);
	int n = i2d_PKCS12(p12, &der);
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	PKCS12_free(p12);
	sk_X509_free(more);
}

/* Raw RSA signature over a hash, as a phone gives it. */
PKI_UNUSED static void pki_raw(EVP_PKEY *key, int padding, int salt, const unsigned char hash[32], struct buf *out)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	unsigned char sig[1024];
	size_t n = sizeof sig;

	EVP_PKEY_sign_init(c);
	if (EVP_PKEY_is_a(key, "RSA")) {
		EVP_PKEY_CTX_set_rsa_padding(c, padding);
		if (padding == RSA_PKCS1_PSS_PADDING)
			EVP_PKEY_CTX_set_rsa_pss_saltlen(c, salt);
	}
	EVP_PKEY_CTX_set_signature_md(c, EVP_sha256());
	if (EVP_PKEY_sign(c, sig, &n, hash, 32) != 1)
		abort();
	buf_add(out, sig, n);
	EVP_PKEY_CTX_free(c);
}

#endif
