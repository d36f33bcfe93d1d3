#include "trust/trust.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/ossl.h"

/* Longest name a certificate may bring to a screen (X.520 says 64 letters; real ones are longer). */
enum { NAME_MAX_BYTES = 512 };

static char *clean_asn1(const ASN1_STRING *s)
{
	AUTO(ossl_text_release) unsigned char *utf8 = NULL;
	int n = s ? ASN1_STRING_to_UTF8(&utf8, s) : -1;

	if (n <= 0)
		return mem_str("");
	if (n > NAME_MAX_BYTES)
		n = NAME_MAX_BYTES;
	AUTO(mem_free) char *copy = mem_alloc((size_t)n + 1);
	/* a NUL inside a name would hide what follows it (the old "bank.example\0.evil" trick) */
	for (int i = 0; i < n; i++)
		copy[i] = utf8[i] ? (char)utf8[i] : '?';
	return text_clean(copy, false);
}

/* The last value stands nearest to the person when a name repeats an attribute. */
static char *name_part(const X509_NAME *name, int nid)
{
	int at = -1, next;

	while ((next = X509_NAME_get_index_by_NID(name, nid, at)) >= 0)
		at = next;
	return at < 0 ? mem_str("") : clean_asn1(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

static char *labelled_digits(const char *value, const char *label)
{
	size_t n = strlen(label);

	if (strncasecmp(value, label, n) || value[n] != ':')
		return NULL;
	char *digits = text_digits(value + n + 1);
	if (*digits)
		return digits;
	mem_free(&digits);
	return NULL;
}

static char *find_labelled(const X509_NAME *name, int nid, const char *label)
{
	for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0;) {
		AUTO(mem_free) char *value = clean_asn1(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
		char *digits = labelled_digits(value, label);
		if (digits)
			return digits;
	}
	return NULL;
}

/* Public CAs of Viet Nam write who it is as UID "CCCD:...", older ones "CMND:...", organisations "MST:..."; a personal
 * number wins over a tax code because both occur in certificates of people within an organisation. */
static char *person_id(const X509_NAME *name)
{
	static const char *const labels[] = { "CCCD", "CMND", "MST" };
	static const int nids[] = { NID_userId, NID_serialNumber };

	for (size_t l = 0; l < COUNT(labels); l++)
		for (size_t k = 0; k < COUNT(nids); k++) {
			char *id = find_labelled(name, nids[k], labels[l]);
			if (id)
				return id;
		}
	AUTO(mem_free) char *serial = name_part(name, NID_serialNumber);
	return text_digits(serial);
}

static char *mail_of(X509 *x)
{
	STACK_OF(OPENSSL_STRING) *mails = X509_get1_email(x);
	char *mail = sk_OPENSSL_STRING_num(mails) > 0 ? text_clean(sk_OPENSSL_STRING_value(mails, 0), false) : mem_str("");

	X509_email_free(mails);
	return mail;
}

static bool is_web(const char *url)
{
	if (strncmp(url, "http://", 7) && strncmp(url, "https://", 8))
		return false;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return false;
	return strlen(url) < NAME_MAX_BYTES;
}

static char *ocsp_of(X509 *x)
{
	STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(x);
	char *url = NULL;

	for (int i = 0; !url && i < sk_OPENSSL_STRING_num(urls); i++)
		if (is_web(sk_OPENSSL_STRING_value(urls, i)))
			url = mem_str(sk_OPENSSL_STRING_value(urls, i));
	X509_email_free(urls);
	return url ? url : mem_str("");
}

static char *crl_of_point(const DIST_POINT *point)
{
	if (!point->distpoint || point->distpoint->type != 0)
		return NULL;
	for (int i = 0; i < sk_GENERAL_NAME_num(point->distpoint->name.fullname); i++) {
		int type;
		ASN1_STRING *uri = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(point->distpoint->name.fullname, i), &type);
		if (type != GEN_URI || ASN1_STRING_length(uri) <= 0)
			continue;
		char *url = mem_strn((const char *)ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri));
		if (is_web(url))
			return url;
		mem_free(&url);
	}
	return NULL;
}

static char *crl_of(X509 *x)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	char *url = NULL;

	for (int i = 0; !url && i < sk_DIST_POINT_num(points); i++)
		url = crl_of_point(sk_DIST_POINT_value(points, i));
	CRL_DIST_POINTS_free(points);
	return url ? url : mem_str("");
}

static char *serial_of(X509 *x)
{
	const ASN1_INTEGER *s = X509_get0_serialNumber(x);

	return s->length > 0 && s->length <= 64 ? hex_text(s->data, (size_t)s->length) : mem_str("");
}

static struct cert *cert_wrap(X509 *x)
{
	struct cert *c = mem_alloc(sizeof *c);
	const X509_NAME *subject = X509_get_subject_name(x);

	c->x = x;
	c->name = name_part(subject, NID_commonName);
	c->id = person_id(subject);
	c->organisation = name_part(subject, NID_organizationName);
	c->title = name_part(subject, NID_title);
	c->mail = mail_of(x);
	c->issuer = name_part(X509_get_issuer_name(x), NID_commonName);
	c->issuer_organisation = name_part(X509_get_issuer_name(x), NID_organizationName);
	c->serial = serial_of(x);
	c->ocsp_url = ocsp_of(x);
	c->crl_url = crl_of(x);
	c->from = asn1_time(X509_get0_notBefore(x));
	c->to = asn1_time(X509_get0_notAfter(x));
	ERR_clear_error();
	return c;
}

struct cert *cert_parse(const void *der, size_t len, struct err *e)
{
	X509 *x = x509_strict((struct der){ der, len });

	if (!x) {
		err_set(e, ERR_CERT_UNUSABLE, "%zu bytes are no DER certificate", len);
		err_reason(e, "cert.unreadable");
		return NULL;
	}
	if (!X509_get0_pubkey(x)) {
		X509_free(x);
		err_set(e, ERR_CERT_UNUSABLE, "certificate without a key we can read");
		err_reason(e, "cert.unreadable");
		return NULL;
	}
	return cert_wrap(x);
}

void cert_free(struct cert *c)
{
	if (!c)
		return;
	char **const strings[] = { &c->name, &c->id, &c->organisation, &c->title, &c->mail, &c->issuer,
		                   &c->issuer_organisation, &c->serial, &c->ocsp_url, &c->crl_url };
	for (size_t i = 0; i < COUNT(strings); i++)
		mem_free(strings[i]);
	X509_free(c->x);
	mem_free(&c);
}

void cert_release(struct cert **c)
{
	cert_free(*c);
	*c = NULL;
}

const char *cert_name(const struct cert *c) { return c->name; }
const char *cert_person_id(const struct cert *c) { return c->id; }
const char *cert_organisation(const struct cert *c) { return c->organisation; }
const char *cert_title(const struct cert *c) { return c->title; }
const char *cert_mail(const struct cert *c) { return c->mail; }
const char *cert_issuer(const struct cert *c) { return c->issuer; }
const char *cert_managed_by(const struct cert *c) { return *c->issuer_organisation ? c->issuer_organisation : c->issuer; }
const char *cert_serial(const struct cert *c) { return c->serial; }
time_t cert_from(const struct cert *c) { return c->from; }
time_t cert_to(const struct cert *c) { return c->to; }
const char *cert_ocsp_url(const struct cert *c) { return c->ocsp_url; }
const char *cert_crl_url(const struct cert *c) { return c->crl_url; }

void cert_der(const struct cert *c, struct buf *out)
{
	AUTO(ossl_text_release) unsigned char *p = NULL;
	int n = i2d_X509(c->x, &p);

	if (n > 0)
		buf_add(out, p, (size_t)n);
}

static json_t *key_text(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	const char *kind = key ? EVP_PKEY_get0_type_name(key) : NULL;

	return json_sprintf("%s %d", kind ? kind : "?", key ? EVP_PKEY_get_bits(key) : 0);
}

json_t *cert_json(const struct cert *c)
{
	char from[32], to[32];

	clock_rfc3339(c->from, from);
	clock_rfc3339(c->to, to);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "name", c->name, "id", c->id,
	                 "organisation", c->organisation, "title", c->title, "mail", c->mail, "issuer", c->issuer, "serial",
	                 c->serial, "valid_from", from, "valid_to", to, "key", key_text(c->x), "ocsp_url", c->ocsp_url,
	                 "crl_url", c->crl_url);
}
