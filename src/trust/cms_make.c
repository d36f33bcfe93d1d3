/* Making a signature when only a hash may leave (PAdES: CAdES detached in a PDF). The public key alone makes the frame,
 * the raw value comes minutes later. CMS_final and friends are not used: they want the private key and add
 * signingTime, which PAdES forbids (EN 319 142-1, 6.3: the claimed time stands in /M). */
#include <openssl/rsa.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "trust/cms.h"
#include "trust/ossl.h"

static int to_buf(CMS_ContentInfo *ci, struct buf *out, struct err *e)
{
	AUTO(ossl_text_release) unsigned char *p = NULL;
	int n = i2d_CMS_ContentInfo(ci, &p);

	if (n <= 0)
		return ossl_err(e, ERR_INTERNAL, "i2d_CMS_ContentInfo");
	buf_add(out, p, (size_t)n);
	return 0;
}

static CMS_ContentInfo *from_bytes(struct der d)
{
	const unsigned char *p = d.p;

	return d.p && d.n && d.n <= CMS_MAX ? d2i_CMS_ContentInfo(NULL, &p, (long)d.n) : NULL;
}

static CMS_SignerInfo *only_signer(CMS_ContentInfo *ci)
{
	STACK_OF(CMS_SignerInfo) *all = ci && OBJ_obj2nid(CMS_get0_type(ci)) == NID_pkcs7_signed ? CMS_get0_SignerInfos(ci) : NULL;

	return sk_CMS_SignerInfo_num(all) == 1 ? sk_CMS_SignerInfo_value(all, 0) : NULL;
}

/* Only what we make ourselves: SHA-256, 384, 512; never SHA-1, whatever a saved half may say. */
static const EVP_MD *own_md(CMS_SignerInfo *si)
{
	const ASN1_OBJECT *oid = NULL;
	X509_ALGOR *alg = NULL;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, &alg, NULL);
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	switch (OBJ_obj2nid(oid)) {
	case NID_sha256:
		return EVP_sha256();
	case NID_sha384:
		return EVP_sha384();
	case NID_sha512:
		return EVP_sha512();
	}
	return NULL;
}

static int attrs_hash(CMS_SignerInfo *si, unsigned char out[64], unsigned *n, struct err *e)
{
	AUTO(buf_free) struct buf der = { 0 };
	const EVP_MD *md = own_md(si);

	if (!md)
		return err_set(e, ERR_USAGE, "half-built CMS with another hash");
	if (attrs_der(si, &der, e))
		return -1;
	return EVP_Digest(der.p, der.n, out, n, md, NULL) == 1 ? 0 : ossl_err(e, ERR_INTERNAL, "EVP_Digest");
}

static CMS_ContentInfo *frame(X509 *signer, STACK_OF(X509) *extra, struct der range, CMS_SignerInfo **si)
{
	const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL;
	AUTO(cmsci_release) CMS_ContentInfo *ci = CMS_sign(NULL, NULL, extra, NULL, flags);

	/* the public key passes X509_check_private_key(); CMS_PARTIAL keeps it from signing */
	*si = ci ? CMS_add1_signer(ci, signer, X509_get0_pubkey(signer), md_by_length(range.n), flags | CMS_NOSMIMECAP | CMS_CADES) : NULL;
	if (!*si || !CMS_signed_add1_attr_by_NID(*si, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data), -1) ||
	    !CMS_signed_add1_attr_by_NID(*si, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, range.p, (int)range.n))
		return NULL;
	return STEAL(&ci);
}

int cms_begin_hash(const struct cert *signer, const struct der *chain, size_t nchain, struct der range, struct buf *half,
                   struct buf *hash_out, struct err *e)
{
	AUTO(certs_release) STACK_OF(X509) *extra = certs_from(chain, nchain);
	AUTO(cmsci_release) CMS_ContentInfo *ci = NULL;
	unsigned char hash[64];
	unsigned n = 0;
	CMS_SignerInfo *si;

	if (!md_by_length(range.n))
		return err_set(e, ERR_USAGE, "a hash of %zu bytes", range.n);
	for (int i = sk_X509_num(extra) - 1; i >= 0; i--)
		if (!X509_cmp(sk_X509_value(extra, i), signer->x))
			X509_free(sk_X509_delete(extra, i));
	ci = frame(signer->x, extra, range, &si);
	if (!ci)
		return ossl_err(e, ERR_INTERNAL, "CMS_add1_signer");
	if (attrs_hash(si, hash, &n, e) || to_buf(ci, half, e))
		return -1;
	buf_add(hash_out, hash, n);
	return 0;
}

int cms_begin(const struct cert *signer, const struct der *chain, size_t nchain, const unsigned char range_sha256[32],
              struct buf *half, unsigned char attrs_sha256[32], struct err *e)
{
	AUTO(buf_free) struct buf hash = { 0 };

	if (cms_begin_hash(signer, chain, nchain, (struct der){ range_sha256, 32 }, half, &hash, e))
		return -1;
	memcpy(attrs_sha256, hash.p, 32);
	return 0;
}

/* Names of algorithms (PSS with its parameters is the longest) and lengths that grow by a byte. */
enum { ROOM_ODDS = 160 };

size_t cms_room(const struct cert *signer, const struct der *chain, size_t nchain)
{
	static const unsigned char zero[64];
	AUTO(buf_free) struct buf half = { 0 }, hash = { 0 };
	int value = EVP_PKEY_get_size(X509_get0_pubkey(signer->x));

	if (value <= 0 || cms_begin_hash(signer, chain, nchain, (struct der){ zero, sizeof zero }, &half, &hash, NULL))
		return 0;
	return half.n + (size_t)value + ROOM_ODDS;
}

int cert_hash_bits(const struct cert *c)
{
	EVP_PKEY *key = X509_get0_pubkey(c->x);
	int bits = key && EVP_PKEY_is_a(key, "EC") ? EVP_PKEY_get_bits(key) : 0;

	return bits > 384 ? 512 : bits > 256 ? 384 : 256;
}

static X509 *signer_in(CMS_ContentInfo *ci, CMS_SignerInfo *si)
{
	STACK_OF(X509) *certs = CMS_get1_certs(ci);
	X509 *found = NULL;

	for (int i = 0; !found && i < sk_X509_num(certs); i++)
		if (!CMS_SignerInfo_cert_cmp(si, sk_X509_value(certs, i)))
			found = sk_X509_value(certs, i);
	if (found)
		X509_up_ref(found);
	certs_free(certs);
	return found;
}

static bool pss_algor(X509_ALGOR *alg, const EVP_MD *md, int salt)
{
	AUTO(ossl_text_release) unsigned char *der = NULL;
	RSA_PSS_PARAMS *p = RSA_PSS_PARAMS_new();
	AUTO(algor_release) X509_ALGOR *hash = X509_ALGOR_new();
	ASN1_STRING *hash_der = NULL, *params = NULL;
	int n = 0;

	if (p && hash) {
		X509_ALGOR_set_md(hash, md);
		p->hashAlgorithm = X509_ALGOR_dup(hash);
		p->maskGenAlgorithm = X509_ALGOR_new();
		hash_der = ASN1_item_pack(hash, ASN1_ITEM_rptr(X509_ALGOR), NULL);
		X509_ALGOR_set0(p->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE, hash_der);
		/* 20 is the default, and a default is left out in DER */
		if (salt != 20 && (p->saltLength = ASN1_INTEGER_new()))
			ASN1_INTEGER_set(p->saltLength, salt);
		n = i2d_RSA_PSS_PARAMS(p, &der);
	}
	RSA_PSS_PARAMS_free(p);
	if (n <= 0 || !(params = ASN1_STRING_new()) || !ASN1_STRING_set(params, der, n)) {
		ASN1_STRING_free(params);
		return false;
	}
	return X509_ALGOR_set0(alg, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, params);
}

static bool name_algorithm(CMS_SignerInfo *si, enum raw_result kind, const EVP_MD *md, int salt)
{
	X509_ALGOR *alg = NULL;
	int nid = NID_undef, key = kind == RAW_PKCS1 ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, NULL, &alg);
	if (kind == RAW_PSS)
		return pss_algor(alg, md, salt);
	if (!OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(md), key))
		return false;
	return X509_ALGOR_set0(alg, OBJ_nid2obj(nid), kind == RAW_PKCS1 ? V_ASN1_NULL : V_ASN1_UNDEF, NULL);
}

static int not_verified(struct err *e, const char *why)
{
	ERR_clear_error();
	err_set(e, ERR_PROVIDER_ERROR, "the returned signature does not hold: %s", why);
	return err_reason(e, "sign.not-verified");
}

static const ASN1_OCTET_STRING *message_digest(CMS_SignerInfo *si)
{
	return CMS_signed_get0_data_by_OBJ(si, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
}

/* A whole CMS came back: its signer must be ours, and it must hold over our byte range, by the strict reader. */
static int take_cms(CMS_SignerInfo *ours, X509 *signer, struct der raw, struct buf *cms, enum sig_algo *used, struct err *e)
{
	AUTO(json_release) json_t *reasons = json_array();
	AUTO(cms_release) struct cms *theirs = cms_read(raw, CMS_USE_SIGNATURE, reasons);
	const ASN1_OCTET_STRING *md = message_digest(ours);
	AUTO(cert_release) struct cert *who = theirs ? cms_signer(theirs) : NULL;

	if (!theirs || !md || !who || X509_cmp(who->x, signer))
		return not_verified(e, "a CMS by somebody else, or unreadable");
	if (!own_md(ours) || cms_range_hash(theirs) != EVP_MD_get_type(own_md(ours)))
		return not_verified(e, "a CMS with another hash");
	cms_match(theirs, md->data, (size_t)md->length, reasons);
	if (json_array_size(reasons))
		return not_verified(e, json_string_value(json_array_get(reasons, 0)));
	*used = cms_sig_algo(theirs);
	buf_add(cms, raw.p, raw.n);
	return 0;
}

int cms_finish(struct der half, struct der raw, struct buf *cms, enum sig_algo *used, struct err *e)
{
	AUTO(cmsci_release) CMS_ContentInfo *ci = from_bytes(half);
	CMS_SignerInfo *si = only_signer(ci);
	AUTO(x509_release) X509 *signer = si ? signer_in(ci, si) : NULL;
	AUTO(buf_free) struct buf as_der = { 0 };
	unsigned char hash[64];
	enum raw_result kind;
	unsigned n = 0;
	int salt = 0;

	if (!signer)
		return ossl_err(e, ERR_USAGE, "half-built CMS");
	if (attrs_hash(si, hash, &n, e))
		return -1;
	kind = raw_check(X509_get0_pubkey(signer), own_md(si), hash, n, raw, &salt);
	if (kind == RAW_NO && raw.n > 0 && raw.n != (size_t)EVP_PKEY_get_size(X509_get0_pubkey(signer)) && raw.p[0] == 0x30)
		return take_cms(si, signer, raw, cms, used, e);
	/* without the NULL others cannot verify it: readable by us is not enough to sign with */
	if (kind == RAW_NO || kind == RAW_PKCS1_NO_NULL)
		return not_verified(e, kind == RAW_NO ? "other key or other hash" : "DigestInfo without NULL");
	if (kind == RAW_ECDSA_PLAIN && !ecdsa_to_der(raw, &as_der))
		raw = (struct der){ as_der.p, as_der.n };
	*used = sig_algo_of(kind, EVP_MD_get_type(own_md(si)));
	if (!name_algorithm(si, kind, own_md(si), salt) ||
	    !ASN1_OCTET_STRING_set(CMS_SignerInfo_get0_signature(si), raw.p, (int)raw.n))
		return ossl_err(e, ERR_INTERNAL, "signature into CMS");
	return to_buf(ci, cms, e);
}
