/* Which algorithms may stand together in a signature. OpenSSL takes the hash from digestAlgorithm and asks no more: it
 * accepts SHA-256 beside RSA-SHA3-256, and sha256WithRSAEncryption in the digest's place. */
#include <openssl/rsa.h>
#include <string.h>

#include "trust/ossl.h"

enum algo_verdict digest_verdict(int nid)
{
	switch (nid) {
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
	case NID_sha512_224:
	case NID_sha512_256:
	case NID_sha3_224:
	case NID_sha3_256:
	case NID_sha3_384:
	case NID_sha3_512:
	case NID_shake256:
		return ALGO_GOOD;
	case NID_sha1:
	case NID_sha224:
		return ALGO_OUTDATED;
	case NID_md5:
	case NID_md4:
	case NID_md2:
		return ALGO_REFUSED;
	}
	return OBJ_find_sigid_algs(nid, NULL, NULL) ? ALGO_REFUSED : ALGO_UNKNOWN;
}

const EVP_MD *md_by_length(size_t n)
{
	return n == 32 ? EVP_sha256() : n == 48 ? EVP_sha384() : n == 64 ? EVP_sha512() : NULL;
}

enum sig_algo sig_algo_of(enum raw_result kind, int md_nid)
{
	int step = md_nid == NID_sha384 ? SIG_RSA_PKCS1_SHA384 : md_nid == NID_sha512 ? SIG_RSA_PKCS1_SHA512 : 0;

	switch (kind) {
	case RAW_PSS:
		return (enum sig_algo)(step + SIG_RSA_PSS_SHA256);
	case RAW_ECDSA:
	case RAW_ECDSA_PLAIN:
		return (enum sig_algo)(step + SIG_ECDSA_SHA256);
	case RAW_NO:
	case RAW_PKCS1:
	case RAW_PKCS1_NO_NULL:
		break;
	}
	return (enum sig_algo)step;
}

const char *sig_algo_id(enum sig_algo a)
{
	static const char *const ids[] = {
		[SIG_RSA_PKCS1_SHA256] = "rsa-pkcs1-sha256", [SIG_RSA_PSS_SHA256] = "rsa-pss-sha256", [SIG_ECDSA_SHA256] = "ecdsa-sha256",
		[SIG_RSA_PKCS1_SHA384] = "rsa-pkcs1-sha384", [SIG_RSA_PSS_SHA384] = "rsa-pss-sha384", [SIG_ECDSA_SHA384] = "ecdsa-sha384",
		[SIG_RSA_PKCS1_SHA512] = "rsa-pkcs1-sha512", [SIG_RSA_PSS_SHA512] = "rsa-pss-sha512", [SIG_ECDSA_SHA512] = "ecdsa-sha512",
	};

	return ids[a];
}

struct pss { const EVP_MD *md, *mgf; int salt; };

static const EVP_MD *algor_md(const X509_ALGOR *a)
{
	const ASN1_OBJECT *oid = NULL;

	if (!a)
		return EVP_sha1();   /* RFC 4055: the default */
	X509_ALGOR_get0(&oid, NULL, NULL, a);
	int nid = OBJ_obj2nid(oid);
	return digest_verdict(nid) <= ALGO_OUTDATED ? EVP_get_digestbynid(nid) : NULL;
}

static const EVP_MD *mgf_md(const X509_ALGOR *mgf)
{
	const ASN1_OBJECT *oid = NULL;
	const void *value = NULL;
	int type = V_ASN1_UNDEF;

	if (!mgf)
		return EVP_sha1();
	X509_ALGOR_get0(&oid, &type, &value, mgf);
	if (OBJ_obj2nid(oid) != NID_mgf1 || type != V_ASN1_SEQUENCE)
		return NULL;
	AUTO(algor_release) X509_ALGOR *hash = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
	return hash ? algor_md(hash) : NULL;
}

static bool read_pss(const X509_ALGOR *alg, struct pss *out)
{
	const void *value = NULL;
	int type = V_ASN1_UNDEF;
	RSA_PSS_PARAMS *p;
	long salt = 20, trailer = 1;

	X509_ALGOR_get0(NULL, &type, &value, alg);
	if (type != V_ASN1_SEQUENCE)
		return false;
	const ASN1_STRING *seq = value;
	const unsigned char *at = ASN1_STRING_get0_data(seq);
	p = d2i_RSA_PSS_PARAMS(NULL, &at, ASN1_STRING_length(seq));
	if (!p)
		return false;
	out->md = algor_md(p->hashAlgorithm);
	out->mgf = mgf_md(p->maskGenAlgorithm);
	if (p->saltLength)
		salt = ASN1_INTEGER_get(p->saltLength);
	if (p->trailerField)
		trailer = ASN1_INTEGER_get(p->trailerField);
	RSA_PSS_PARAMS_free(p);
	out->salt = (int)salt;
	return out->md && out->mgf && salt >= 0 && salt <= 1024 && trailer == 1;
}

static int oid_of(const X509_ALGOR *alg)
{
	const ASN1_OBJECT *oid = NULL;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return OBJ_obj2nid(oid);
}

static const char *pss_fault(const X509_ALGOR *alg, EVP_PKEY *key, int md_nid)
{
	struct pss p;

	if (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "RSA-PSS"))
		return "algorithm-mismatch";
	if (!read_pss(alg, &p))
		return "algorithm-odd";
	return EVP_MD_get_type(p.md) == md_nid && EVP_MD_get_type(p.mgf) == md_nid ? NULL : "algorithm-mismatch";
}

static bool key_fits(EVP_PKEY *key, int pk_nid)
{
	switch (pk_nid) {
	case NID_rsaEncryption:
		return EVP_PKEY_is_a(key, "RSA");
	case NID_X9_62_id_ecPublicKey:
		return EVP_PKEY_is_a(key, "EC");
	case NID_dsa:
		return EVP_PKEY_is_a(key, "DSA");
	case NID_ED25519:
		return EVP_PKEY_is_a(key, "ED25519");
	case NID_ED448:
		return EVP_PKEY_is_a(key, "ED448");
	}
	return false;
}

const char *sigalg_fault(const X509_ALGOR *alg, EVP_PKEY *key, int md_nid)
{
	int nid = oid_of(alg), md = NID_undef, pk = NID_undef;

	if (!key)
		return "algorithm-unknown";
	if (nid == NID_rsassaPss)
		return pss_fault(alg, key, md_nid);
	/* the bare key algorithm names no hash: digestAlgorithm alone decides (RFC 3370 3.2) */
	if (nid == NID_rsaEncryption || nid == NID_X9_62_id_ecPublicKey || nid == NID_dsa)
		return key_fits(key, nid) ? NULL : "algorithm-mismatch";
	if (nid == NID_ED25519 || nid == NID_ED448) {
		/* RFC 8419 3.1 fixes the hash of the content */
		int want = nid == NID_ED25519 ? NID_sha512 : NID_shake256;
		return key_fits(key, nid) && md_nid == want ? NULL : "algorithm-mismatch";
	}
	if (!OBJ_find_sigid_algs(nid, &md, &pk))
		return "algorithm-unknown";
	return md == md_nid && key_fits(key, pk) ? NULL : "algorithm-mismatch";
}

static enum raw_result eddsa(EVP_PKEY *key, struct der tbs, struct der sig)
{
	AUTO(mctx_release) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!tbs.n || !ctx || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1)
		return RAW_NO;
	return EVP_DigestVerify(ctx, sig.p, sig.n, tbs.p, tbs.n) == 1 ? RAW_ECDSA : RAW_NO;
}

enum raw_result sigalg_verify(const X509_ALGOR *alg, EVP_PKEY *key, int md_nid, struct der tbs, struct der digest, struct der sig)
{
	const EVP_MD *md = EVP_get_digestbynid(md_nid);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	struct pss p;
	int nid = oid_of(alg), salt;

	if (nid == NID_ED25519 || nid == NID_ED448)
		return eddsa(key, tbs, sig);
	if (tbs.n) {
		if (!md || EVP_Digest(tbs.p, tbs.n, hash, &n, md, NULL) != 1)
			return RAW_NO;
		digest = (struct der){ hash, n };
	}
	if (nid == NID_rsassaPss)
		return read_pss(alg, &p) && raw_pss_check(key, p.md, p.mgf, digest.p, digest.n, sig, p.salt) ? RAW_PSS : RAW_NO;
	enum raw_result r = raw_check(key, md, digest.p, digest.n, sig, &salt);
	/* r || s is no ECDSA-Sig-Value, and PSS must be named as such */
	return r == RAW_PSS || r == RAW_ECDSA_PLAIN ? RAW_NO : r;
}
