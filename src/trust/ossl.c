#include "trust/ossl.h"

#include <string.h>

int ossl_err(struct err *e, enum err_kind kind, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = ERR_reason_error_string(code);

	err_set(e, kind, "%s: %s (%lx)", what, why ? why : "no reason given", code);
	ERR_clear_error();
	return -1;
}

time_t asn1_time(const ASN1_TIME *t)
{
	struct tm tm = { 0 };

	if (!t || !ASN1_TIME_to_tm(t, &tm))
		return 0;
	return timegm(&tm);
}

X509 *x509_strict(struct der d)
{
	const unsigned char *p = d.p;
	unsigned char *again = NULL;
	X509 *x = NULL;
	int n;

	if (!d.p || d.n == 0 || d.n > CERT_MAX)
		return NULL;
	x = d2i_X509(NULL, &p, (long)d.n);
	if (x && p == d.p + d.n && (n = i2d_X509(x, &again)) > 0 && (size_t)n == d.n && !memcmp(again, d.p, d.n)) {
		OPENSSL_free(again);
		return x;
	}
	OPENSSL_free(again);
	X509_free(x);
	ERR_clear_error();
	return NULL;
}

void certs_add(STACK_OF(X509) *s, X509 *x)
{
	for (int i = 0; i < sk_X509_num(s); i++)
		if (!X509_cmp(sk_X509_value(s, i), x))
			return;
	if (X509_up_ref(x) && !sk_X509_push(s, x))
		X509_free(x);
}

STACK_OF(X509) *certs_from(const struct der *chain, size_t n)
{
	STACK_OF(X509) *s = sk_X509_new_null();

	for (size_t i = 0; i < n && sk_X509_num(s) < CHAIN_MAX; i++) {
		AUTO(x509_release) X509 *x = x509_strict(chain[i]);
		if (x)
			certs_add(s, x);
	}
	return s;
}

X509_STORE *anchors_store(const struct trust_store *t, time_t when)
{
	X509_STORE *s = X509_STORE_new();

	if (!s)
		return NULL;
	for (int i = 0; t && i < sk_X509_num(t->roots); i++)
		X509_STORE_add_cert(s, sk_X509_value(t->roots, i));
	/* one time for every chain built on this store (OCSP and time-stamp signers too) */
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(s), when);
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_get0_param(s), 0);
	return s;
}
