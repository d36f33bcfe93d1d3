/* The sandbox's certificate authorities: a public one for citizens, a government one for officers, a time-stamp signer and
 * a TLS root of its own. Keys and certificates live in DIR/ca; trust anchors are written to DIR/trust. */
#ifndef SANDBOX_CA_H
#define SANDBOX_CA_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

struct err;

struct ca_pair {
	X509 *cert;
	EVP_PKEY *key;
};
struct authority {
	const char *id;                  /* "public", "government": also the folder under DIR/trust */
	struct ca_pair root, issuing, ocsp;
};
enum { AUTHORITY_PUBLIC, AUTHORITY_GOVERNMENT, AUTHORITY_COUNT };

struct ca {
	char *dir;                       /* DIR/ca */
	char *base;                      /* "http://127.0.0.1:P": addresses in certificates */
	bool moved;                      /* the addresses of the last run no longer hold: certificates are issued again */
	struct authority authorities[AUTHORITY_COUNT];
	struct ca_pair tsa, tls_root, tls;
	json_t *issued;                  /* serial (hex) -> {"by","revoked": unix time or 0} */
};

struct ca_name {
	int nid;
	const char *value;
};
struct ca_ext {
	int nid;
	const char *value;
};
struct ca_spec {
	const char *file;                /* FILE.pem and FILE.key under the directory */
	const char *dir;
	bool ec;                         /* P-256, else RSA-2048 */
	bool keep;                       /* never issued again because of its dates */
	const struct ca_pair *issuer;    /* NULL: self-signed */
	const char *by;                  /* authority that must know the serial (OCSP), or NULL */
	time_t from, to;
	time_t revoked;                  /* 0: not */
	const struct ca_name *names;
	size_t nnames;
	const struct ca_ext *exts;
	size_t nexts;
};

/* Loads or makes everything but people. `listen` goes into the TLS certificate. The caller owns it: ca_free(). */
struct ca *ca_load(const char *data, const char *base, const char *listen, struct err *e);
void ca_free(struct ca *ca);
void ca_pair_clear(struct ca_pair *p);
/* Loads FILE, or makes key and certificate and keeps them. Both in `out` belong to the caller. */
int ca_issue(struct ca *ca, const struct ca_spec *spec, struct ca_pair *out, struct err *e);
/* Makes the RSA keys DIR/FILE.key that are missing, several at a time: making keys is most of a first start. What fails
 * here fails again, and is told, when the certificate is issued. `files` are borrowed. */
void ca_keys(const char *dir, const char *const *files, size_t n);
/* Keeps the list of issued serials; call once after the last ca_issue(). */
int ca_keep(struct ca *ca, struct err *e);
/* Lower-case hex of a serial; the caller owns it. */
char *ca_serial(const X509 *cert);
/* Authority that issued certificates of this issuer, or NULL. */
const struct authority *ca_of_issuer(const struct ca *ca, OCSP_CERTID *id);
/* DER of a revocation list signed now; NULL on failure. `root`: the root's list, which is empty. */
unsigned char *ca_crl(const struct ca *ca, const struct authority *a, bool root, int *len);
/* DER; release with OPENSSL_free(). */
unsigned char *ca_der(const X509 *cert, int *len);
char *ca_pem(const X509 *cert);                  /* the caller owns it */
char *ca_pem_key(const EVP_PKEY *key);

#endif
