/* Who signed, and may that be believed? Chain, scope and revocation at the moment of signing: proven by a stamp, or only
 * claimed (then the certificate must still be good now: a claimed time can be dated back). */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "trust/cms.h"
#include "trust/ossl.h"

static void reason(json_t *reasons, const char *id)
{
	json_array_append_new(reasons, json_string(id));
}

struct cert *cms_signer(const struct cms *c)
{
	AUTO(ossl_text_release) unsigned char *p = NULL;
	int n = c->signer ? i2d_X509(c->signer, &p) : 0;

	return n > 0 ? cert_parse(p, (size_t)n, NULL) : NULL;
}

bool cms_same_signer(const struct cms *a, const struct cms *b)
{
	return a && b && a->signer && b->signer && !X509_cmp(a->signer, b->signer);
}

enum sig_algo cms_sig_algo(const struct cms *c)
{
	return sig_algo_of(c->kind, c->md_nid);
}

char *cms_algorithm(const struct cms *c)
{
	EVP_PKEY *key = c->signer ? X509_get0_pubkey(c->signer) : NULL;
	const char *kind = key ? EVP_PKEY_get0_type_name(key) : NULL;
	const char *md = c->md_nid ? OBJ_nid2sn(c->md_nid) : "?";

	return mem_printf("%s%s %d, %s", kind ? kind : "?", c->kind == RAW_PSS ? "-PSS" : "", key ? EVP_PKEY_get_bits(key) : 0, md);
}

time_t cms_signing_time(const struct cms *c)
{
	const ASN1_TIME *t;

	if (c->tst)
		return asn1_time(TS_TST_INFO_get_time(c->tst));
	for (int type = V_ASN1_UTCTIME; type <= V_ASN1_GENERALIZEDTIME; type++) {
		t = CMS_signed_get0_data_by_OBJ(c->si, OBJ_nid2obj(NID_pkcs9_signingTime), -3, type);
		if (t)
			return asn1_time(t);
	}
	return 0;
}

bool cms_has_attrs(const struct cms *c) { return c->attrs.n > 0; }
bool cms_has_signing_cert(const struct cms *c) { return c->has_signing_cert; }

STACK_OF(X509) *cms_helpers(const struct cms *c, const struct cms_world *w)
{
	STACK_OF(X509) *s = certs_from(w->certs, w->ncerts);

	for (int i = 0; i < sk_X509_num(c->certs) && i < 4 * CHAIN_MAX; i++)
		certs_add(s, sk_X509_value(c->certs, i));
	return s;
}

/* Faults of a path that is there are the signer's own; without a path nothing is known, which is no fault (V1). */
static void judge_path(const struct cms *c, const struct chain *path, bool proven, time_t at, json_t *reasons)
{
	if (path->weak_key)
		reason(reasons, "cert.weak-key");
	if (path->weak_hash)
		reason(reasons, "cert.weak-hash");
	if (path->bad_signature)
		reason(reasons, "cert.forged");
	else if (!path->certs)
		reason(reasons, "cert.unknown-issuer");
	if (!path->certs)
		return;
	if (path->expired)
		reason(reasons, "cert.expired");
	else if (!proven && X509_cmp_time(X509_get0_notAfter(c->signer), &at) < 0)
		reason(reasons, "cert.expired-since");
	if (path->not_yet)
		reason(reasons, "cert.not-yet");
	if (path->ca_out_of_date)
		reason(reasons, "cert.issuer-out-of-date");
	if (path->not_for_use)
		reason(reasons, "cert.not-for-signing");
}

struct answer *cms_answers(const struct cms_world *w)
{
	struct answer *a = mem_array(w->nanswers, sizeof *a);

	for (size_t i = 0; i < w->nanswers; i++)
		a[i] = (struct answer){ w->answers[i].der, w->answers[i].crl };
	return a;
}

static void judge_revocation(const struct revocation *r, time_t when, bool proven, struct cms_believed *out, json_t *reasons)
{
	out->status = r->status;
	out->source = r->source;
	out->answer_at = r->answer_at;
	out->revoked_at = r->revoked_at;
	switch (r->status) {
	case CERT_GOOD:
		return;
	case CERT_UNKNOWN:
		out->wants_answer = true;
		reason(reasons, "cert.no-revocation-answer");
		return;
	case CERT_REVOKED:
		if (r->revoked_at <= when)
			reason(reasons, r->hold ? "cert.suspended" : "cert.revoked");
		else if (!proven)
			reason(reasons, "cert.revoked-since");
		else
			out->status = CERT_GOOD;   /* the stamp is older than the revocation */
		return;
	}
}

/* An issuing CA that is known to be revoked takes its certificates with it; that nothing is known of it is not held
 * against them (anchors are installed by hand, issuing CAs are few and watched). */
static void judge_issuers(const struct chain *path, const struct cms_world *w, const struct answer *a, time_t when,
                          json_t *reasons)
{
	for (int i = 1; i + 1 < sk_X509_num(path->certs); i++) {
		struct revocation r;
		revocation_find(&r, sk_X509_value(path->certs, i), sk_X509_value(path->certs, i + 1), path->certs, w->trust, a,
		                w->nanswers, when, false);
		if (r.status == CERT_REVOKED && r.revoked_at <= when)
			reason(reasons, "cert.issuer-revoked");
	}
}

bool nothing_to_ask(X509 *x)
{
	return X509_get_ext_by_NID(x, NID_info_access, -1) < 0 && X509_get_ext_by_NID(x, NID_crl_distribution_points, -1) < 0;
}

void cms_trust(const struct cms *c, const struct cms_world *w, time_t when, bool proven, struct cms_believed *out, json_t *reasons)
{
	AUTO(certs_release) STACK_OF(X509) *extra = cms_helpers(c, w);
	AUTO(mem_free) struct answer *answers = cms_answers(w);
	AUTO(chain_clear) struct chain path = { 0 };
	struct revocation r;
	bool stamp = c->use == CMS_USE_TIMESTAMP;

	*out = (struct cms_believed){ .when = when, .status = CERT_UNKNOWN, .source = "", .anchor = "" };
	if (!c->signer)
		return;
	chain_build(&path, c->signer, extra, w->trust, when, stamp ? CHAIN_STAMP : CHAIN_SIGN);
	out->anchor = path.anchor;
	judge_path(c, &path, proven, w->at, reasons);
	if (!path.certs || sk_X509_num(path.certs) < 2) {
		if (path.certs)
			reason(reasons, "cert.no-revocation-answer");
		return;
	}
	revocation_find(&r, c->signer, sk_X509_value(path.certs, 1), path.certs, w->trust, answers, w->nanswers,
	                proven ? when : w->at, false);
	if (stamp && r.status == CERT_UNKNOWN && nothing_to_ask(c->signer))
		return;   /* its issuer publishes nothing about it */
	judge_revocation(&r, when, proven, out, reasons);
	judge_issuers(&path, w, answers, when, reasons);
}

static bool stamp_token(const struct cms *c, struct der *out)
{
	int at = CMS_unsigned_get_attr_by_NID(c->si, NID_id_smime_aa_timeStampToken, -1);
	X509_ATTRIBUTE *a = at >= 0 ? CMS_unsigned_get_attr(c->si, at) : NULL;
	ASN1_TYPE *v = a ? X509_ATTRIBUTE_get0_type(a, 0) : NULL;

	if (!v || v->type != V_ASN1_SEQUENCE)
		return false;
	*out = (struct der){ v->value.sequence->data, (size_t)v->value.sequence->length };
	return true;
}

static bool has_id(const json_t *reasons, const char *id)
{
	size_t i;
	json_t *v;

	json_array_foreach(reasons, i, v)
		if (!strcmp(json_string_value(v), id))
			return true;
	return false;
}

/* One word for the stamp's own faults: broken (not valid), untrusted (nobody known), unchecked (proves nothing yet). */
static bool sum_up(const json_t *own, const json_t *trust, json_t *reasons)
{
	static const char *const open_ends[] = { "cert.unknown-issuer", "cert.issuer-out-of-date" };
	bool proves = true;

	if (has_id(own, "digest-outdated") || has_id(trust, "cert.weak-hash") || has_id(trust, "cert.weak-key"))
		reason(reasons, "timestamp-outdated");
	if (json_array_size(own) > (has_id(own, "digest-outdated") ? 1U : 0U)) {
		reason(reasons, "timestamp-broken");
		return false;
	}
	for (size_t i = 0; i < COUNT(open_ends); i++)
		if (has_id(trust, open_ends[i])) {
			reason(reasons, "timestamp-untrusted");
			return false;
		}
	if (has_id(trust, "cert.no-revocation-answer")) {
		reason(reasons, "timestamp-unchecked");
		proves = false;
	}
	static const char *const bad[] = { "cert.expired", "cert.not-yet", "cert.not-for-signing", "cert.forged", "cert.revoked",
		                           "cert.suspended", "cert.issuer-revoked" };
	for (size_t i = 0; i < COUNT(bad); i++)
		if (has_id(trust, bad[i])) {
			reason(reasons, "timestamp-broken");
			return false;
		}
	return proves;
}

struct cms *cms_stamp_check(const struct cms *c, const struct cms_world *w, time_t *when, struct cms_believed *believed,
                            json_t *reasons)
{
	AUTO(json_release) json_t *own = json_array(), *trust = json_array();
	ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(c->si);
	AUTO(cms_release) struct cms *token = NULL;
	unsigned char hash[64];
	struct hash *h;
	struct der der;

	*when = 0;
	if (!stamp_token(c, &der))
		return NULL;
	token = cms_read(der, CMS_USE_TIMESTAMP, own);
	h = token ? hash_new(cms_range_hash(token)) : NULL;
	if (!h) {
		reason(reasons, "timestamp-broken");
		return NULL;
	}
	hash_add(h, value->data, (size_t)value->length);
	cms_match(token, hash, hash_end(h, hash), own);
	hash_free(h);
	cms_trust(token, w, cms_signing_time(token), true, believed, trust);
	if (sum_up(own, trust, reasons))
		*when = cms_signing_time(token);
	return STEAL(&token);
}

bool cms_ocsp_request(const struct cms *c, const struct cms_world *w, struct buf *out)
{
	AUTO(cert_release) struct cert *who = cms_signer(c);
	AUTO(mem_free) struct der *chain = mem_array((size_t)sk_X509_num(c->certs) + w->ncerts + 1, sizeof *chain);
	unsigned char **made = mem_array((size_t)sk_X509_num(c->certs) + 1, sizeof *made);
	size_t n = 0, m = 0;

	for (int i = 0; i < sk_X509_num(c->certs); i++) {
		int len = i2d_X509(sk_X509_value(c->certs, i), &made[m]);
		if (len > 0)
			chain[n++] = (struct der){ made[m++], (size_t)len };
	}
	for (size_t i = 0; i < w->ncerts; i++)
		chain[n++] = w->certs[i];
	int rc = who ? ocsp_request_store(who, chain, n, w->trust, out, NULL) : -1;
	while (m)
		OPENSSL_free(made[--m]);
	mem_free(&made);
	return rc == 0;
}

/* adbe-revocationInfoArchival ::= SEQUENCE { [0] SEQ OF CRL, [1] SEQ OF OCSPResponse, [2] ... } (ISO 32000-1, 12.8.3.3.2) */
void cms_extras(const struct cms *c, void (*take)(void *self, struct der d, bool crl), void *self)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.840.113583.1.1.8", 1);
	const ASN1_STRING *v = oid ? CMS_signed_get0_data_by_OBJ(c->si, oid, -3, V_ASN1_SEQUENCE) : NULL;
	struct der in = { 0 };
	struct tlv t;

	ASN1_OBJECT_free(oid);
	if (!v)
		return;
	in = (struct der){ ASN1_STRING_get0_data(v), (size_t)ASN1_STRING_length(v) };
	if (!tlv_take(&in, &t))
		return;
	in = t.body;
	while (tlv_take(&in, &t)) {
		struct der list = t.body;
		struct tlv item;
		bool crl = t.tag == 0xa0;
		if ((!crl && t.tag != 0xa1) || !tlv_take(&list, &item))
			continue;
		for (list = item.body; tlv_take(&list, &item);)
			take(self, item.whole, crl);
	}
}
