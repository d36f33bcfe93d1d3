/* Reading a CMS signature strictly, for src/verify: every leniency of OpenSSL closed. What is wrong is
 * collected as reason ids (src/verify/README.md); an empty list of faults is not yet trust: see cms_trust(). */
#ifndef TRUST_CMS_H
#define TRUST_CMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "trust/trust.h"

/* ---- hashes over a file, several at once, copied on the way ------------------------------------------------------ */
struct hash;
struct hash *hash_new(int nid);                         /* as named by cms_range_hash(); NULL: not a hash we take */
struct hash *hash_new_bits(int bits);                   /* 256, 384, 512: SHA-2; NULL for others */
int hash_id_bits(int bits);                             /* of the same, as hash_new() takes it; 0 for others */
struct hash *hash_copy(const struct hash *h);
void hash_free(struct hash *h);
void hash_add(struct hash *h, const void *p, size_t n);
size_t hash_end(struct hash *h, unsigned char out[64]); /* bytes of the digest */

/* ---- one CMS ------------------------------------------------------------------------------------------------------ */
enum cms_use {
	CMS_USE_SIGNATURE,      /* detached, content type data */
	CMS_USE_SHA1_CONTENT,   /* adbe.pkcs7.sha1: the content is the SHA-1 of the range */
	CMS_USE_TIMESTAMP,      /* RFC 3161 token: the content is a TSTInfo */
};
struct cms;
/* `contents` may end in zero padding. Faults are appended to `reasons`; NULL when nothing can be read at all. */
struct cms *cms_read(struct der contents, enum cms_use use, json_t *reasons);
void cms_free(struct cms *c);
void cms_release(struct cms **c);
/* Hash to run over the byte range; 0 when there is none we take. */
int cms_range_hash(const struct cms *c);
/* Does the CMS hold over a range with this digest? Faults are appended to `reasons`. */
void cms_match(struct cms *c, const unsigned char *digest, size_t n, json_t *reasons);
struct cert *cms_signer(const struct cms *c);           /* the caller owns it; NULL when absent */
bool cms_same_signer(const struct cms *a, const struct cms *b);     /* the same certificate; false when one is absent */
enum sig_algo cms_sig_algo(const struct cms *c);
char *cms_algorithm(const struct cms *c);               /* "RSA 2048, SHA-256"; the caller owns it */
time_t cms_signing_time(const struct cms *c);           /* signed attribute (adbe only) or, of a token, its genTime; 0 none */
bool cms_has_attrs(const struct cms *c);
bool cms_has_signing_cert(const struct cms *c);
/* Certificates, OCSP answers and CRLs that came along (certificates field, adbe-revocationInfoArchival): borrowed bytes are
 * copied into `certs`/`answers` as one DER after another by the callback. */
void cms_extras(const struct cms *c, void (*take)(void *self, struct der d, bool crl), void *self);

/* ---- may it be believed? ------------------------------------------------------------------------------------------- */
struct cms_world {
	const struct trust_store *trust;
	const struct der *certs;        /* from /DSS */
	size_t ncerts;
	const struct cms_answer { struct der der; bool crl; } *answers;   /* from /DSS and from outside */
	size_t nanswers;
	time_t at;                      /* the moment of judging */
};
struct cms_believed {
	time_t when;                    /* moment the certificate was judged at */
	enum cert_status status;
	const char *source;             /* "ocsp", "crl", "" */
	time_t answer_at, revoked_at;
	const char *anchor;             /* "public", "government", "" */
	bool wants_answer;              /* an OCSP answer or CRL would settle it */
};
/* Judges the signer's certificate at `when`, a time that is proven by a stamp or only claimed. Reasons are appended. */
void cms_trust(const struct cms *c, const struct cms_world *w, time_t when, bool proven, struct cms_believed *out, json_t *reasons);
/* Reads the signature time-stamp and checks it over the signature value and up to an anchor. The caller owns the token;
 * NULL when there is none. `*when` is the proven time, 0 when it proves nothing; reasons ("timestamp-...") are appended. */
struct cms *cms_stamp_check(const struct cms *c, const struct cms_world *w, time_t *when, struct cms_believed *believed,
                            json_t *reasons);
/* What a check long from now needs about this signature or token (EN 319 142-1, B-LT): certificates of its path, of OCSP
 * responders, and an answer about each certificate below the anchor. `fresh`: answers older than `when` do not count.
 * Returns what is wrong (a reason id), "" when something is still to be asked, NULL when all is there. */
struct cms_keep {
	void *self;
	void (*cert)(void *self, struct der d);
	void (*answer)(void *self, struct der d, bool crl);
	void (*need)(void *self, const char *ocsp_url, struct der request, const char *crl_url);
};
const char *cms_long_term(const struct cms *c, const struct cms_world *w, time_t when, bool fresh, const struct cms_keep *k);
/* Request for the signer's status: OCSP bytes, with its address; false when the issuer is not at hand. */
bool cms_ocsp_request(const struct cms *c, const struct cms_world *w, struct buf *out);

#endif
