/* Certificates, chains, revocation, CMS and time-stamps (OpenSSL 3). OpenSSL types do not leave this room.
 * Runs in the doc job (no network): requests are made and answers read here, src/net carries them. */
#ifndef TRUST_TRUST_H
#define TRUST_TRUST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct err;
struct buf;

struct der { const unsigned char *p; size_t n; };

/* ---- anchors --------------------------------------------------------------------------------------------------- */
struct trust_store;
/* DIR/public and DIR/government hold PEM, DER or p7b files (two roots, of the public and of the State's own service); a flat DIR is "public". */
struct trust_store *trust_open(const char *dir, struct err *e);
/* An empty store, filled by hand: one file's bytes (PEM, DER or p7b) at a time. False when no certificate was in it. */
struct trust_store *trust_new(void);
bool trust_add(struct trust_store *t, struct der file, bool government);
/* Every certificate in the store: roots (anchors), then issuing ones. */
void trust_each(const struct trust_store *t, void (*each)(void *self, struct der cert, bool root), void *self);
void trust_free(struct trust_store *t);

/* ---- one certificate --------------------------------------------------------------------------------------------- */
struct cert;
struct cert *cert_parse(const void *der, size_t len, struct err *e);
void cert_free(struct cert *c);
void cert_release(struct cert **c);
/* Borrowed until cert_free(); "" when absent. */
const char *cert_name(const struct cert *c);            /* CN */
const char *cert_person_id(const struct cert *c);       /* digits of UID "CCCD:..", "CMND:..", "MST:.." or serialNumber */
const char *cert_organisation(const struct cert *c);
const char *cert_title(const struct cert *c);
const char *cert_mail(const struct cert *c);
const char *cert_issuer(const struct cert *c);          /* CN of the issuer */
const char *cert_serial(const struct cert *c);          /* lower-case hex */
time_t cert_from(const struct cert *c);
time_t cert_to(const struct cert *c);
const char *cert_ocsp_url(const struct cert *c);        /* "" when none */
const char *cert_crl_url(const struct cert *c);
/* Unit that manages the certificate (circular 15/2025 LV10): organisation of the issuer, else its CN. */
const char *cert_managed_by(const struct cert *c);
void cert_der(const struct cert *c, struct buf *out);   /* appends the DER bytes */
/* {"name","id","organisation","title","mail","issuer","serial","valid_from","valid_to","key","ocsp_url","crl_url"} */
json_t *cert_json(const struct cert *c);

/* ---- is it good to sign with? (circular 15/2025 LS1, LS8-LS10, Phụ lục II) ----------------------------------------- */
enum cert_status { CERT_GOOD, CERT_REVOKED, CERT_UNKNOWN /* neither OCSP nor CRL could be had */ };
struct cert_check {
	bool usable;
	enum cert_status status;
	const char *source;          /* "ocsp", "crl", "" */
	time_t revoked_at, answer_at;
	int days_left;
	json_t *reasons;             /* ids: cert.expired, cert.not-yet, cert.revoked, cert.suspended, cert.unknown-issuer, cert.not-for-signing,
	                                cert.weak-key, cert.weak-hash, cert.no-revocation-answer */
	const char *anchor;          /* "public", "government", "" */
};
/* `ocsp`, `crl` may be empty ({NULL,0}). `when` is an argument so that tests can choose it. */
int cert_check(const struct cert *c, const struct der *chain, size_t nchain, const struct trust_store *t,
               struct der ocsp, struct der crl, time_t when, struct cert_check *out, struct err *e);
void cert_check_clear(struct cert_check *c);
/* OCSP request with nonce for c issued by one of the chain. */
int ocsp_request(const struct cert *c, const struct der *chain, size_t nchain, struct buf *out, struct err *e);
/* The same, the issuer may also stand in the trust store. */
int ocsp_request_store(const struct cert *c, const struct der *chain, size_t nchain, const struct trust_store *t,
                       struct buf *out, struct err *e);
/* False when the response carries another nonce than the request (a replayed answer); absent nonces are allowed. */
bool ocsp_fits(struct der request, struct der response);

/* ---- making a signature when only a hash may leave (CAdES in PAdES, ETSI EN 319 142-1) -------------------------------- */
enum sig_algo {
	SIG_RSA_PKCS1_SHA256, SIG_RSA_PSS_SHA256, SIG_ECDSA_SHA256,
	SIG_RSA_PKCS1_SHA384, SIG_RSA_PSS_SHA384, SIG_ECDSA_SHA384,
	SIG_RSA_PKCS1_SHA512, SIG_RSA_PSS_SHA512, SIG_ECDSA_SHA512
};
const char *sig_algo_id(enum sig_algo a);               /* "rsa-pkcs1-sha256" ... "ecdsa-sha512" */
/* Bits of the hash that fits the certificate's key: P-384 384, P-521 512, all others 256 (FIPS 186-5, 6.1.1). */
int cert_hash_bits(const struct cert *c);
/* Half-built CMS with frozen signed attributes, and the SHA-256 over them that goes to the provider. */
int cms_begin(const struct cert *signer, const struct der *chain, size_t nchain, const unsigned char range_sha256[32],
              struct buf *half, unsigned char attrs_sha256[32], struct err *e);
/* The same with the hash that `range` is of: 32, 48 or 64 bytes, SHA-256/384/512; `attrs_hash` gets as many. */
int cms_begin_hash(const struct cert *signer, const struct der *chain, size_t nchain, struct der range, struct buf *half,
                   struct buf *attrs_hash, struct err *e);
/* Bytes that the finished CMS will take, without a time-stamp; 0 when it cannot be built. */
size_t cms_room(const struct cert *signer, const struct der *chain, size_t nchain);
/* Verifies the raw signature with the certificate over the recomputed hash; ERR_PROVIDER_ERROR reason "sign.not-verified"
 * when it does not hold. A reply that is itself a CMS is accepted when its signer and hash agree. */
int cms_finish(struct der half, struct der raw, struct buf *cms, enum sig_algo *used, struct err *e);
/* Time-stamp request over the signature value (imprint SHA-256, nonce, certReq) and its answer put into the CMS. */
int tsa_request(struct der cms, struct buf *request, struct err *e);
/* The same over a digest (document time-stamp); tsa_token() checks the answer and gives the token itself. */
int tsa_request_hash(const unsigned char sha256[32], struct buf *request, struct err *e);
int tsa_token(struct der request, struct der response, const struct trust_store *t, struct buf *token, time_t *when,
              struct err *e);
int tsa_apply(struct der cms, struct der request, struct der response, const struct trust_store *t, struct buf *out,
              time_t *when, struct err *e);
/* PKCS#12 key file for method `keyfile`: signs a hash of 32, 48 or 64 bytes (RSA PKCS#1 v1.5, PSS when `pss` or when the key
 * allows nothing else, ECDSA). */
int p12_open(const void *p, size_t n, const char *password, struct buf *cert, struct buf *chain_concat, struct err *e);
int p12_sign(const void *p, size_t n, const char *password, const unsigned char sha256[32], struct buf *raw, struct err *e);
int p12_sign_hash(const void *p, size_t n, const char *password, struct der hash, bool pss, struct buf *raw, struct err *e);

/* Splits DER values that stand one after another (the chain of p12_open()); borrows. Returns how many. */
size_t der_split(const void *p, size_t n, struct der *out, size_t max);

/* Does `raw` verify over the digest with the certificate's key? (net job: the answer before anything else; rule G11) */
bool cert_verifies(const struct cert *c, const unsigned char sha256[32], struct der raw);

#endif
