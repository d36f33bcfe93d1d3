/* A path from a certificate to an anchor, judged at a chosen time. Time errors are noted and passed over, so that one look
 * tells every fault; a broken signature or an unknown issuer ends the path. */
#include <string.h>

#include "trust/ossl.h"

bool hash_is_weak(int md_nid)
{
	return md_nid == NID_sha1 || md_nid == NID_md5 || md_nid == NID_md5_sha1 || md_nid == NID_md4 || md_nid == NID_md2 ||
	       md_nid == NID_ripemd160;
}

/* Circular 15/2025, Phụ lục I: RSA of 2048 bits or more, elliptic curves of 256 bits or more. */
bool key_is_weak(EVP_PKEY *key)
{
	int bits = key ? EVP_PKEY_get_bits(key) : 0;

	if (key && EVP_PKEY_is_a(key, "EC"))
		return bits < 256;
	if (key && (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448")))
		return false;
	return bits < 2048;
}

static int on_fault(int ok, X509_STORE_CTX *ctx)
{
	struct chain *c = X509_STORE_CTX_get_app_data(ctx);
	bool leaf = X509_STORE_CTX_get_error_depth(ctx) == 0;

	if (ok)
		return 1;
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		*(leaf ? &c->expired : &c->ca_out_of_date) = true;
		return 1;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		*(leaf ? &c->not_yet : &c->ca_out_of_date) = true;
		return 1;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		c->bad_signature = true;
		return 0;
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
		c->bad_ca = true;
		return 0;
	default:
		return 0;
	}
}

static const char *anchor_name(const struct trust_store *t, X509 *root)
{
	for (int i = 0; t && i < sk_X509_num(t->roots); i++)
		if (!X509_cmp(sk_X509_value(t->roots, i), root))
			return t->government[i] ? "government" : "public";
	return "";
}

/* RFC 3161 2.3: the extended key usage of a stamp's certificate is critical and says time-stamping alone. */
static bool may_stamp(X509 *x)
{
	int critical = -1;
	EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(x, NID_ext_key_usage, &critical, NULL);
	bool ok = eku && critical == 1 && sk_ASN1_OBJECT_num(eku) == 1 &&
	          OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, 0)) == NID_time_stamp;

	EXTENDED_KEY_USAGE_free(eku);
	return ok;
}

/* Phụ lục II 1.4, 1.5: a certificate that states its use must state signing; one that states none is taken. */
static bool may_sign(X509 *x)
{
	uint32_t flags = X509_get_extension_flags(x);

	if (flags & EXFLAG_INVALID)
		return false;
	if ((flags & EXFLAG_KUSAGE) && !(X509_get_key_usage(x) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return false;
	return true;
}

static void look_at_strength(struct chain *c, X509 *x, bool anchor)
{
	int md = NID_undef;

	if (key_is_weak(X509_get0_pubkey(x)))
		c->weak_key = true;
	/* an anchor is believed because it is installed, not for its own signature */
	if (!anchor && X509_get_signature_info(x, &md, NULL, NULL, NULL) && hash_is_weak(md))
		c->weak_hash = true;
}

static void look_at_path(struct chain *c, const struct trust_store *t)
{
	int n = sk_X509_num(c->certs);

	c->anchor = anchor_name(t, sk_X509_value(c->certs, n - 1));
	for (int i = 0; i < n; i++)
		look_at_strength(c, sk_X509_value(c->certs, i), i == n - 1);
	/* version 1 and Netscape-style issuers pass OpenSSL's check: only basicConstraints counts here (RFC 5280 4.2.1.9) */
	for (int i = 1; i < n - 1; i++)
		if (X509_check_ca(sk_X509_value(c->certs, i)) != 1)
			c->bad_ca = true;
}

void chain_build(struct chain *out, X509 *leaf, STACK_OF(X509) *extra, const struct trust_store *t, time_t when,
                 enum chain_use use)
{
	AUTO(store_release) X509_STORE *store = anchors_store(t, when);
	AUTO(storectx_release) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	AUTO(certs_release) STACK_OF(X509) *helpers = sk_X509_new_null();

	*out = (struct chain){ .anchor = "" };
	out->not_for_use = use == CHAIN_STAMP ? !may_stamp(leaf) : !may_sign(leaf);
	for (int i = 0; i < sk_X509_num(extra); i++)
		certs_add(helpers, sk_X509_value(extra, i));
	for (int i = 0; t && i < sk_X509_num(t->others); i++)
		certs_add(helpers, sk_X509_value(t->others, i));
	if (store && ctx && X509_STORE_CTX_init(ctx, store, leaf, helpers)) {
		X509_STORE_CTX_set_app_data(ctx, out);
		X509_STORE_CTX_set_verify_cb(ctx, on_fault);
		X509_VERIFY_PARAM_set_depth(X509_STORE_CTX_get0_param(ctx), CHAIN_MAX);
		if (X509_verify_cert(ctx) == 1)
			out->certs = X509_STORE_CTX_get1_chain(ctx);
	}
	ERR_clear_error();
	if (out->certs)
		look_at_path(out, t);
	else
		look_at_strength(out, leaf, false);
	if (out->bad_ca) {
		certs_release(&out->certs);
		out->anchor = "";
	}
	if (!out->certs) {
		/* OpenSSL stops before the dates when there is no path */
		out->expired = X509_cmp_time(X509_get0_notAfter(leaf), &when) < 0;
		out->not_yet = X509_cmp_time(X509_get0_notBefore(leaf), &when) > 0;
	}
}

void chain_clear(struct chain *c)
{
	certs_release(&c->certs);
}
