/* The room's own view of OpenSSL: included by src/trust/ only. */
#ifndef TRUST_OSSL_H
#define TRUST_OSSL_H

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/err.h"
#include "base/mem.h"
#include "trust/cms.h"
#include "trust/trust.h"

/* Limits for bytes from outside. */
enum {
	CERT_MAX = 64 * 1024,
	CMS_MAX = 4 * 1024 * 1024,
	ANSWER_MAX = 16 * 1024 * 1024,  /* a national CRL runs to several MB */
	CHAIN_MAX = 16,
	ANCHOR_MAX = 512,
};

#define OSSL_AUTO(name, type, give_back) \
	static inline void name(type **p) \
	{ \
		give_back(*p); \
		*p = NULL; \
	}
OSSL_AUTO(x509_release, X509, X509_free)
OSSL_AUTO(crl_release, X509_CRL, X509_CRL_free)
OSSL_AUTO(cmsci_release, CMS_ContentInfo, CMS_ContentInfo_free)
OSSL_AUTO(pkey_release, EVP_PKEY, EVP_PKEY_free)
OSSL_AUTO(pctx_release, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OSSL_AUTO(mctx_release, EVP_MD_CTX, EVP_MD_CTX_free)
OSSL_AUTO(store_release, X509_STORE, X509_STORE_free)
OSSL_AUTO(storectx_release, X509_STORE_CTX, X509_STORE_CTX_free)
OSSL_AUTO(bio_release, BIO, BIO_free_all)
OSSL_AUTO(ocspresp_release, OCSP_RESPONSE, OCSP_RESPONSE_free)
OSSL_AUTO(ocspbasic_release, OCSP_BASICRESP, OCSP_BASICRESP_free)
OSSL_AUTO(ocspreq_release, OCSP_REQUEST, OCSP_REQUEST_free)
OSSL_AUTO(certid_release, OCSP_CERTID, OCSP_CERTID_free)
OSSL_AUTO(tsreq_release, TS_REQ, TS_REQ_free)
OSSL_AUTO(tsresp_release, TS_RESP, TS_RESP_free)
OSSL_AUTO(tst_release, TS_TST_INFO, TS_TST_INFO_free)
OSSL_AUTO(imprint_release, TS_MSG_IMPRINT, TS_MSG_IMPRINT_free)
OSSL_AUTO(algor_release, X509_ALGOR, X509_ALGOR_free)
OSSL_AUTO(asn1int_release, ASN1_INTEGER, ASN1_INTEGER_free)
OSSL_AUTO(pkcs7_release, PKCS7, PKCS7_free)
OSSL_AUTO(p12_release, PKCS12, PKCS12_free)

/* Stacks own their certificates here. */
static inline void certs_free(STACK_OF(X509) *s) { sk_X509_pop_free(s, X509_free); }
OSSL_AUTO(certs_release, STACK_OF(X509), certs_free)
static inline void ossl_text_release(unsigned char **p) { OPENSSL_free(*p); }

struct cert {
	X509 *x;
	char *name, *id, *organisation, *title, *mail, *issuer, *issuer_organisation, *serial, *ocsp_url, *crl_url;
	time_t from, to;
};

struct trust_store {
	STACK_OF(X509) *roots;    /* self-signed: the anchors */
	bool government[ANCHOR_MAX];
	STACK_OF(X509) *others;   /* issuing certificates: helpers for chains, never anchors */
};

/* ERR_kind with the newest OpenSSL reason; empties OpenSSL's queue. Returns -1. */
int ossl_err(struct err *e, enum err_kind kind, const char *what);
/* UTC seconds; 0 when unreadable. */
time_t asn1_time(const ASN1_TIME *t);
/* The whole of `d` as one certificate, nothing behind it, the same bytes when written again. NULL otherwise. */
X509 *x509_strict(struct der d);
/* Stack of copies; members that are no certificates are left out. Caller owns it. */
STACK_OF(X509) *certs_from(const struct der *chain, size_t n);
void certs_add(STACK_OF(X509) *s, X509 *x);             /* by reference count, no doubles */
X509_STORE *anchors_store(const struct trust_store *t, time_t when);

/* ---- chain.c ---- */
enum chain_use { CHAIN_SIGN, CHAIN_STAMP };
struct chain {
	STACK_OF(X509) *certs;    /* leaf first, up to the anchor; NULL when no path was found */
	const char *anchor;       /* "public", "government", "" */
	bool expired, not_yet, ca_out_of_date, bad_signature, not_for_use, bad_ca, weak_key, weak_hash;
};
void chain_build(struct chain *out, X509 *leaf, STACK_OF(X509) *extra, const struct trust_store *t, time_t when,
                 enum chain_use use);
void chain_clear(struct chain *c);
bool key_is_weak(EVP_PKEY *key);
bool hash_is_weak(int md_nid);

/* ---- revocation.c ---- */
struct revocation {
	enum cert_status status;
	const char *source;       /* "ocsp", "crl", "" */
	bool hold;
	time_t revoked_at, answer_at;
	size_t used;              /* index of the answer that said so */
};
struct answer { struct der der; bool crl; };
/* Best answer about `leaf` that holds for the moment `when` (the time of signing). `fresh` true: the answer must cover
 * `when`; false: an answer made later than `when` is as good (it still knows what happened before). */
void revocation_find(struct revocation *out, X509 *leaf, X509 *issuer, STACK_OF(X509) *chain, const struct trust_store *t,
                     const struct answer *answers, size_t n, time_t when, bool fresh);

/* The basic answer of an OCSP response, or one that stands alone; NULL when it is neither. */
OCSP_BASICRESP *ocsp_basic(struct der d);

/* ---- raw.c ---- */
enum raw_result { RAW_NO, RAW_PKCS1, RAW_PKCS1_NO_NULL, RAW_PSS, RAW_ECDSA, RAW_ECDSA_PLAIN /* r || s */ };
/* Which kind of signature over `digest` is it? `salt` gets the PSS salt length. */
enum raw_result raw_check(EVP_PKEY *key, const EVP_MD *md, const unsigned char *digest, size_t n, struct der raw, int *salt);
int ecdsa_to_der(struct der plain, struct buf *out);
bool raw_pss_check(EVP_PKEY *key, const EVP_MD *md, const EVP_MD *mgf, const unsigned char *digest, size_t n, struct der raw,
                   int salt);

/* ---- cms_algo.c ---- */
enum sig_algo sig_algo_of(enum raw_result kind, int md_nid);
/* SHA-256, SHA-384, SHA-512 by the length of a digest; NULL for others. */
const EVP_MD *md_by_length(size_t n);
enum algo_verdict { ALGO_GOOD, ALGO_OUTDATED, ALGO_UNKNOWN /* cannot be checked */, ALGO_REFUSED };
/* A digest's OID; a signature's OID in its place is refused although OpenSSL resolves it. */
enum algo_verdict digest_verdict(int nid);
/* Does the signature algorithm fit the key and the digest? Fault id or NULL. */
const char *sigalg_fault(const X509_ALGOR *alg, EVP_PKEY *key, int md_nid);
/* Verifies `sig` over `tbs` (or, when `tbs` is {NULL,0}, over the digest itself) as `alg` says. */
enum raw_result sigalg_verify(const X509_ALGOR *alg, EVP_PKEY *key, int md_nid, struct der tbs, struct der digest, struct der sig);

/* ---- cms_read.c ---- */
struct cms {
	struct buf raw;           /* without padding */
	CMS_ContentInfo *ci;
	CMS_SignerInfo *si;       /* borrowed from ci */
	STACK_OF(X509) *certs;
	X509 *signer;             /* borrowed from certs; NULL when absent */
	X509_ALGOR *sigalg;       /* borrowed from si */
	TS_TST_INFO *tst;
	struct buf attrs;         /* DER, tag 0x31; empty without signed attributes */
	enum cms_use use;
	enum raw_result kind;
	int md_nid;
	bool has_signing_cert;
};

/* ---- cms_trust.c ---- */
/* Certificates of the CMS and from outside; the caller owns it. */
STACK_OF(X509) *cms_helpers(const struct cms *c, const struct cms_world *w);
struct answer *cms_answers(const struct cms_world *w);
bool nothing_to_ask(X509 *x);                            /* no OCSP address and no CRL address in it */

/* ---- check.c ---- */
int ocsp_question(X509 *x, X509 *issuer, struct buf *out, struct err *e);

/* ---- der.c: definite and indefinite lengths, depth-limited ---- */
struct tlv {
	unsigned tag;             /* first identifier byte */
	struct der whole, body;   /* body without end-of-contents */
};
/* Takes the next element off `in`; false at the end or when it is broken. */
bool tlv_take(struct der *in, struct tlv *out);
/* Signed attributes in DER SET OF order with tag 0x31. */
int attrs_der(CMS_SignerInfo *si, struct buf *out, struct err *e);
/* Signed attributes of the only SignerInfo as they stand in `cms`, tag [0] included; {NULL,0} when there are none. */
bool attrs_raw(struct der cms, struct der *out);

#endif
