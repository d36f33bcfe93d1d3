#include "sandbox/ca.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/err.h"
#include "base/mem.h"
#include "sandbox/bytes.h"

enum { KEY_THREADS = 3 };

static int fail(struct err *e, const char *what)
{
	return err_set(e, ERR_INTERNAL, "%s: %s", what, ERR_reason_error_string(ERR_get_error()));
}

void ca_pair_clear(struct ca_pair *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
	*p = (struct ca_pair){ 0 };
}

static char *bio_text(BIO *bio)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);
	char *out = mem_strn(p, (size_t)n);

	BIO_free(bio);
	return out;
}

char *ca_pem(const X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(bio, cert);
	return bio_text(bio);
}

char *ca_pem_key(const EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	return bio_text(bio);
}

unsigned char *ca_der(const X509 *cert, int *len)
{
	unsigned char *der = NULL;

	*len = i2d_X509(cert, &der);
	return der;
}

char *ca_serial(const X509 *cert)
{
	unsigned char raw[32] = { 0 };
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	int len = n && BN_num_bytes(n) <= (int)sizeof raw ? BN_bn2bin(n, raw) : 0;

	BN_free(n);
	return bytes_hex(raw, (size_t)len);
}

static int key_get(EVP_PKEY **out, const char *path, bool ec, struct err *e)
{
	FILE *f = fopen(path, "re");

	if (f) {
		*out = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		fclose(f);
		return *out ? 0 : fail(e, "reading a key");
	}
	*out = ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
	if (!*out)
		return fail(e, "making a key");
	AUTO(mem_free) char *pem = ca_pem_key(*out);
	return file_replace(path, pem, strlen(pem), 0600, e);
}

struct key_work {
	const char *dir;
	const char *const *files;
	size_t n;
	atomic_size_t next;
};

static void *make_keys(void *self)
{
	struct key_work *w = self;

	for (size_t i; (i = atomic_fetch_add(&w->next, 1)) < w->n;) {
		AUTO(mem_free) char *path = mem_printf("%s/%s.key", w->dir, w->files[i]);
		EVP_PKEY *key = NULL;

		if (access(path, F_OK))
			key_get(&key, path, false, NULL);
		EVP_PKEY_free(key);
	}
	return NULL;
}

void ca_keys(const char *dir, const char *const *files, size_t n)
{
	struct key_work w = { .dir = dir, .files = files, .n = n };
	pthread_t threads[KEY_THREADS];
	size_t started = 0;

	while (started < KEY_THREADS && !pthread_create(&threads[started], NULL, make_keys, &w))
		started++;
	make_keys(&w);
	while (started)
		pthread_join(threads[--started], NULL);
}

static bool still_good(const struct ca *ca, const struct ca_spec *spec, const X509 *cert, const EVP_PKEY *key)
{
	time_t soon = time(NULL) + 7 * 86400;

	if (!X509_check_private_key(cert, key))
		return false;
	if (!spec->keep && X509_cmp_time(X509_get0_notAfter(cert), &soon) <= 0)
		return false;
	/* a self-signed root names no address of ours */
	return !ca->moved || !spec->issuer;
}

static int add_exts(X509 *cert, const struct ca_spec *spec, struct err *e)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, spec->issuer ? spec->issuer->cert : cert, cert, NULL, NULL, 0);
	for (size_t i = 0; i < spec->nexts; i++) {
		X509_EXTENSION *ext = X509V3_EXT_nconf_nid(NULL, &ctx, spec->exts[i].nid, spec->exts[i].value);

		if (!ext || !X509_add_ext(cert, ext, -1)) {
			X509_EXTENSION_free(ext);
			return fail(e, OBJ_nid2sn(spec->exts[i].nid));
		}
		X509_EXTENSION_free(ext);
	}
	return 0;
}

static int set_serial(X509 *cert)
{
	unsigned char raw[16];
	BIGNUM *n;

	/* RFC 5280 4.1.2.2: positive; the top bits keep its length the same everywhere */
	bytes_random(raw, sizeof raw);
	raw[0] = (unsigned char)((raw[0] & 0x3f) | 0x40);
	n = BN_bin2bn(raw, sizeof raw, NULL);
	BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
	BN_free(n);
	return 0;
}

static X509 *cert_make(const struct ca_spec *spec, EVP_PKEY *key, struct err *e)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	EVP_PKEY *by = spec->issuer ? spec->issuer->key : key;

	X509_set_version(cert, X509_VERSION_3);
	set_serial(cert);
	X509_time_adj_ex(X509_getm_notBefore(cert), 0, 0, &(time_t){ spec->from });
	X509_time_adj_ex(X509_getm_notAfter(cert), 0, 0, &(time_t){ spec->to });
	X509_set_pubkey(cert, key);
	for (size_t i = 0; i < spec->nnames; i++) {
		/* a country is a PrintableString (RFC 5280, appendix A): let OpenSSL choose there */
		int kind = spec->names[i].nid == NID_countryName ? MBSTRING_ASC : MBSTRING_UTF8;

		X509_NAME_add_entry_by_NID(name, spec->names[i].nid, kind, (const unsigned char *)spec->names[i].value, -1, -1, 0);
	}
	X509_set_issuer_name(cert, spec->issuer ? X509_get_subject_name(spec->issuer->cert) : name);
	if (add_exts(cert, spec, e) || !X509_sign(cert, by, EVP_sha256())) {
		if (!e || e->kind == ERR_NONE)
			fail(e, "signing a certificate");
		X509_free(cert);
		return NULL;
	}
	return cert;
}

int ca_issue(struct ca *ca, const struct ca_spec *spec, struct ca_pair *out, struct err *e)
{
	AUTO(mem_free) char *key_path = mem_printf("%s/%s.key", spec->dir, spec->file);
	AUTO(mem_free) char *path = mem_printf("%s/%s.pem", spec->dir, spec->file);
	AUTO(mem_free) char *serial = NULL, *pem = NULL;
	FILE *f;

	if (key_get(&out->key, key_path, spec->ec, e))
		return -1;
	f = fopen(path, "re");
	if (f) {
		out->cert = PEM_read_X509(f, NULL, NULL, NULL);
		fclose(f);
	}
	if (out->cert && still_good(ca, spec, out->cert, out->key))
		return 0;
	X509_free(out->cert);
	out->cert = cert_make(spec, out->key, e);
	if (!out->cert)
		return -1;
	serial = ca_serial(out->cert);
	if (spec->by)
		json_object_set_new(ca->issued, serial, json_pack("{s:s, s:I}", "by", spec->by, "revoked", (json_int_t)spec->revoked));
	pem = ca_pem(out->cert);
	return file_replace(path, pem, strlen(pem), 0644, e);
}

int ca_keep(struct ca *ca, struct err *e)
{
	AUTO(mem_free) char *path = mem_printf("%s/issued.json", ca->dir);
	AUTO(mem_free) char *base = mem_printf("%s/addresses", ca->dir);
	AUTO(mem_free) char *text = json_dumps(ca->issued, JSON_COMPACT);

	if (file_replace(path, text, strlen(text), 0644, e))
		return -1;
	/* last: a start that broke off before this line issues everything again */
	return file_replace(base, ca->base, strlen(ca->base), 0644, e);
}

const struct authority *ca_of_issuer(const struct ca *ca, OCSP_CERTID *id)
{
	ASN1_OBJECT *alg;
	const EVP_MD *md;

	OCSP_id_get0_info(NULL, &alg, NULL, NULL, id);
	md = EVP_get_digestbyobj(alg);
	for (size_t i = 0; md && i < AUTHORITY_COUNT; i++) {
		OCSP_CERTID *ours = OCSP_cert_to_id(md, NULL, ca->authorities[i].issuing.cert);
		bool same = ours && !OCSP_id_issuer_cmp(ours, id);

		OCSP_CERTID_free(ours);
		if (same)
			return &ca->authorities[i];
	}
	return NULL;
}

static void crl_add_revoked(const struct ca *ca, const struct authority *a, X509_CRL *crl)
{
	const char *serial;
	json_t *row;

	json_object_foreach(ca->issued, serial, row) {
		time_t at = (time_t)json_integer_value(json_object_get(row, "revoked"));
		const char *by = json_string_value(json_object_get(row, "by"));
		X509_REVOKED *rev;
		BIGNUM *n = NULL;
		ASN1_INTEGER *num;

		if (!at || !by || strcmp(by, a->id) || !BN_hex2bn(&n, serial))
			continue;
		num = BN_to_ASN1_INTEGER(n, NULL);
		rev = X509_REVOKED_new();
		X509_REVOKED_set_serialNumber(rev, num);
		ASN1_TIME *when = ASN1_TIME_set(NULL, at);
		X509_REVOKED_set_revocationDate(rev, when);
		X509_CRL_add0_revoked(crl, rev);
		ASN1_TIME_free(when);
		ASN1_INTEGER_free(num);
		BN_free(n);
	}
}

unsigned char *ca_crl(const struct ca *ca, const struct authority *a, bool root, int *len)
{
	const struct ca_pair *by = root ? &a->root : &a->issuing;
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_set(NULL, time(NULL) - 60), *to = ASN1_TIME_set(NULL, time(NULL) + 7 * 86400);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	unsigned char *der = NULL;
	X509V3_CTX ctx;
	X509_EXTENSION *aki;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->cert));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, to);
	if (!root)
		crl_add_revoked(ca, a, crl);
	X509_CRL_sort(crl);
	ASN1_INTEGER_set_int64(number, time(NULL));
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	X509V3_set_ctx(&ctx, by->cert, NULL, NULL, crl, 0);
	aki = X509V3_EXT_nconf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	if (aki)
		X509_CRL_add_ext(crl, aki, -1);
	X509_EXTENSION_free(aki);
	*len = X509_CRL_sign(crl, by->key, EVP_sha256()) ? i2d_X509_CRL(crl, &der) : 0;
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	X509_CRL_free(crl);
	return der;
}
