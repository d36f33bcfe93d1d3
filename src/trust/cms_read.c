#include <string.h>

#include "base/mem.h"
#include "trust/cms.h"
#include "trust/ossl.h"

static void fault(json_t *reasons, const char *id)
{
	json_array_append_new(reasons, json_string(id));
}

void cms_free(struct cms *c)
{
	if (!c)
		return;
	buf_free(&c->raw);
	buf_free(&c->attrs);
	certs_free(c->certs);
	TS_TST_INFO_free(c->tst);
	CMS_ContentInfo_free(c->ci);
	mem_free(&c);
}

void cms_release(struct cms **c)
{
	cms_free(*c);
	*c = NULL;
}

/* Only zeros may follow: /Contents is a hole of fixed size, and what hides behind the CMS is not signed. */
static bool cut_padding(struct cms *c, struct der in, json_t *reasons)
{
	struct tlv t;

	if (!in.p || in.n > CMS_MAX || !tlv_take(&in, &t) || t.tag != 0x30)
		return false;
	buf_add(&c->raw, t.whole.p, t.whole.n);
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i]) {
			fault(reasons, "contents-trailing");
			break;
		}
	return true;
}

static bool parse(struct cms *c, json_t *reasons)
{
	const unsigned char *p = c->raw.p;
	STACK_OF(CMS_SignerInfo) *signers;

	c->ci = d2i_CMS_ContentInfo(NULL, &p, (long)c->raw.n);
	if (!c->ci || p != c->raw.p + c->raw.n || OBJ_obj2nid(CMS_get0_type(c->ci)) != NID_pkcs7_signed)
		return false;
	signers = CMS_get0_SignerInfos(c->ci);
	if (sk_CMS_SignerInfo_num(signers) != 1) {
		/* EN 319 142-1 6.3: exactly one; readers that look at one of two can be told two stories */
		fault(reasons, "signers-not-one");
		return false;
	}
	c->si = sk_CMS_SignerInfo_value(signers, 0);
	c->certs = CMS_get1_certs(c->ci);
	if (!c->certs)
		c->certs = sk_X509_new_null();
	return true;
}

/* What the verdict leans on has one value (RFC 5652 section 11, RFC 5035); others may have several. */
static bool is_single(X509_ATTRIBUTE *a)
{
	switch (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(a))) {
	case NID_pkcs9_contentType:
	case NID_pkcs9_messageDigest:
	case NID_pkcs9_signingTime:
	case NID_id_smime_aa_signingCertificate:
	case NID_id_smime_aa_signingCertificateV2:
		return true;
	}
	return false;
}

/* Signed attributes: each kind once, those that matter with one value, in DER as received. */
static void read_attrs(struct cms *c, json_t *reasons)
{
	int n = CMS_signed_get_attr_count(c->si);
	struct der raw = { 0 };
	bool doubled = false, walked = attrs_raw((struct der){ c->raw.p, c->raw.n }, &raw);

	if (n <= 0 && walked && !raw.n) {
		fault(reasons, "attrs-missing");
		return;
	}
	if (n <= 0 || attrs_der(c->si, &c->attrs, NULL)) {
		fault(reasons, "attrs-not-der");
		return;
	}
	if (!walked || raw.n != c->attrs.n || memcmp(raw.p + 1, c->attrs.p + 1, raw.n - 1))
		fault(reasons, "attrs-not-der");
	for (int i = 0; i < n; i++) {
		X509_ATTRIBUTE *a = CMS_signed_get_attr(c->si, i);
		doubled = doubled || (is_single(a) && X509_ATTRIBUTE_count(a) != 1);
		for (int k = 0; k < i; k++)
			doubled = doubled || !OBJ_cmp(X509_ATTRIBUTE_get0_object(a),
			                              X509_ATTRIBUTE_get0_object(CMS_signed_get_attr(c->si, k)));
	}
	if (doubled)
		fault(reasons, "attrs-doubled");
}

static const void *attr_value(const struct cms *c, int nid, int type)
{
	return CMS_signed_get0_data_by_OBJ(c->si, OBJ_nid2obj(nid), -3, type);
}

static void read_content(struct cms *c, json_t *reasons)
{
	const ASN1_OBJECT *type = CMS_get0_eContentType(c->ci);
	ASN1_OCTET_STRING **content = CMS_get0_content(c->ci);
	int want = c->use == CMS_USE_TIMESTAMP ? NID_id_smime_ct_TSTInfo : NID_pkcs7_data;
	bool there = content && *content && (*content)->length > 0;

	if (OBJ_obj2nid(type) != want)
		fault(reasons, "content-type");
	if (c->use == CMS_USE_SIGNATURE && there)
		fault(reasons, "content-inside");
	if (c->use != CMS_USE_SIGNATURE && !there)
		fault(reasons, "content-missing");
	if (!c->attrs.n)
		return;
	const ASN1_OBJECT *said = attr_value(c, NID_pkcs9_contentType, V_ASN1_OBJECT);
	if (!said || OBJ_cmp(said, type))
		fault(reasons, "content-type");
	if (!attr_value(c, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING))
		fault(reasons, "digest-missing");
}

/* ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT sha256, certHash, issuerSerial OPTIONAL }; the first one is the signer's
 * (RFC 5035 section 4). The older attribute has no algorithm: SHA-1. */
static bool ess_names(struct der value, int md_nid, X509 *x)
{
	struct tlv t;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	for (int depth = 0; depth < 3; depth++) {
		if (!tlv_take(&value, &t) || t.tag != 0x30)
			return false;
		value = t.body;
	}
	if (!tlv_take(&value, &t))
		return false;
	if (t.tag == 0x30) {
		const unsigned char *p = t.whole.p;
		AUTO(algor_release) X509_ALGOR *alg = d2i_X509_ALGOR(NULL, &p, (long)t.whole.n);
		const ASN1_OBJECT *oid = NULL;
		if (!alg || !tlv_take(&value, &t))
			return false;
		X509_ALGOR_get0(&oid, NULL, NULL, alg);
		md_nid = OBJ_obj2nid(oid);
	}
	const EVP_MD *md = digest_verdict(md_nid) <= ALGO_OUTDATED ? EVP_get_digestbynid(md_nid) : NULL;
	return t.tag == 0x04 && md && X509_digest(x, md, hash, &n) == 1 && t.body.n == n && !memcmp(hash, t.body.p, n);
}

static bool ess_value(const struct cms *c, int nid, struct der *out)
{
	const ASN1_STRING *s = attr_value(c, nid, V_ASN1_SEQUENCE);

	if (!s)
		return false;
	*out = (struct der){ ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) };
	return true;
}

/* Every signing-certificate attribute that is there must name this certificate. */
static bool named_by_attrs(const struct cms *c, X509 *x)
{
	struct der v;

	if (ess_value(c, NID_id_smime_aa_signingCertificateV2, &v) && !ess_names(v, NID_sha256, x))
		return false;
	if (ess_value(c, NID_id_smime_aa_signingCertificate, &v) && !ess_names(v, NID_sha1, x))
		return false;
	return true;
}

static void find_signer(struct cms *c, json_t *reasons)
{
	struct der v;
	int fits = 0;
	X509 *other = NULL;

	c->has_signing_cert = ess_value(c, NID_id_smime_aa_signingCertificateV2, &v) ||
	                      ess_value(c, NID_id_smime_aa_signingCertificate, &v);
	for (int i = 0; i < sk_X509_num(c->certs); i++) {
		X509 *x = sk_X509_value(c->certs, i);
		if (CMS_SignerInfo_cert_cmp(c->si, x) || (c->signer && !X509_cmp(c->signer, x)))
			continue;
		if (!named_by_attrs(c, x)) {
			other = x;
			continue;
		}
		c->signer = x;
		fits++;
	}
	if (fits > 1)
		fault(reasons, "signer-ambiguous");
	else if (!c->signer && other)
		c->signer = other, fault(reasons, "signing-certificate-mismatch");
	else if (!c->signer)
		fault(reasons, "signer-certificate-missing");
}

static void read_algorithms(struct cms *c, json_t *reasons)
{
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *oid = NULL;
	const char *wrong;

	CMS_SignerInfo_get0_algs(c->si, NULL, NULL, &digest, &c->sigalg);
	X509_ALGOR_get0(&oid, NULL, NULL, digest);
	c->md_nid = OBJ_obj2nid(oid);
	switch (digest_verdict(c->md_nid)) {
	case ALGO_GOOD:
		break;
	case ALGO_OUTDATED:
		fault(reasons, "digest-outdated");
		break;
	case ALGO_UNKNOWN:
		fault(reasons, "algorithm-unknown");
		c->md_nid = 0;
		return;
	case ALGO_REFUSED:
		fault(reasons, "digest-refused");
		c->md_nid = 0;
		return;
	}
	wrong = c->signer ? sigalg_fault(c->sigalg, X509_get0_pubkey(c->signer), c->md_nid) : NULL;
	if (wrong)
		fault(reasons, wrong);
}

static bool read_tst(struct cms *c)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(c->ci);

	if (!content || !*content)
		return false;
	const unsigned char *p = (*content)->data;
	c->tst = d2i_TS_TST_INFO(NULL, &p, (*content)->length);
	return c->tst && p == (*content)->data + (*content)->length;
}

struct cms *cms_read(struct der contents, enum cms_use use, json_t *reasons)
{
	AUTO(cms_release) struct cms *c = mem_alloc(sizeof *c);

	c->use = use;
	if (!cut_padding(c, contents, reasons) || !parse(c, reasons) || (use == CMS_USE_TIMESTAMP && !read_tst(c))) {
		fault(reasons, "cms-unreadable");
		ERR_clear_error();
		return NULL;
	}
	read_attrs(c, reasons);
	read_content(c, reasons);
	find_signer(c, reasons);
	read_algorithms(c, reasons);
	if (use == CMS_USE_SHA1_CONTENT && c->md_nid != NID_sha1)
		fault(reasons, "digest-outdated");
	ERR_clear_error();
	return STEAL(&c);
}

static int imprint_nid(const struct cms *c)
{
	const ASN1_OBJECT *oid = NULL;

	X509_ALGOR_get0(&oid, NULL, NULL, TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(c->tst)));
	return OBJ_obj2nid(oid);
}

int cms_range_hash(const struct cms *c)
{
	int nid = 0;

	switch (c->use) {
	case CMS_USE_SIGNATURE:
		nid = c->md_nid;
		break;
	case CMS_USE_SHA1_CONTENT:   /* whatever the CMS hashes with, the file itself hangs on SHA-1 */
		nid = NID_sha1;
		break;
	case CMS_USE_TIMESTAMP:
		nid = imprint_nid(c);
		break;
	}
	return digest_verdict(nid) <= ALGO_OUTDATED ? nid : 0;
}

static bool same(struct der a, const ASN1_STRING *b)
{
	return b && (size_t)ASN1_STRING_length(b) == a.n && !memcmp(ASN1_STRING_get0_data(b), a.p, a.n);
}

/* What messageDigest must be: the range's digest, or for content that travels inside its own digest. */
static bool content_digest(struct cms *c, struct der *d, unsigned char hash[64], json_t *reasons)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(c->ci);
	const ASN1_STRING *inside = content ? *content : NULL;
	const EVP_MD *md = EVP_get_digestbynid(c->md_nid);
	unsigned n = 0;

	if (c->use == CMS_USE_SIGNATURE)
		return true;
	const ASN1_STRING *bound = c->use == CMS_USE_TIMESTAMP ? TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(c->tst)) : inside;
	if (!same(*d, bound))
		fault(reasons, c->use == CMS_USE_TIMESTAMP ? "imprint-mismatch" : "digest-mismatch");
	if (!inside || !md || EVP_Digest(inside->data, (size_t)inside->length, hash, &n, md, NULL) != 1)
		return false;
	*d = (struct der){ hash, n };
	return true;
}

void cms_match(struct cms *c, const unsigned char *digest, size_t n, json_t *reasons)
{
	struct der d = { digest, n }, tbs = { c->attrs.p, c->attrs.n };
	unsigned char hash[64];
	ASN1_OCTET_STRING *value = CMS_SignerInfo_get0_signature(c->si);

	if (!c->signer || !c->md_nid)
		return;   /* said when it was read */
	if (c->use == CMS_USE_TIMESTAMP && digest_verdict(imprint_nid(c)) == ALGO_OUTDATED)
		fault(reasons, "digest-outdated");
	if (!content_digest(c, &d, hash, reasons)) {
		fault(reasons, "digest-mismatch");
		return;
	}
	if (c->attrs.n && !same(d, attr_value(c, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING)))
		fault(reasons, "digest-mismatch");
	if (!c->attrs.n && c->use == CMS_USE_TIMESTAMP)
		fault(reasons, "digest-missing");
	c->kind = sigalg_verify(c->sigalg, X509_get0_pubkey(c->signer), c->md_nid, tbs, d,
	                        (struct der){ value->data, (size_t)value->length });
	if (c->kind == RAW_NO)
		fault(reasons, "signature-broken");
	if (c->kind == RAW_PKCS1_NO_NULL)
		fault(reasons, "digestinfo-without-null");
	ERR_clear_error();
}
