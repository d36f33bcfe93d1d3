/* RFC 3161: a stamp over the signature value. It is unsigned data in the CMS, so it can come after the phone's answer. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "trust/cms.h"
#include "trust/ossl.h"

static CMS_ContentInfo *open_cms(struct der d, CMS_SignerInfo **si)
{
	const unsigned char *p = d.p;
	CMS_ContentInfo *ci = d.n && d.n <= CMS_MAX ? d2i_CMS_ContentInfo(NULL, &p, (long)d.n) : NULL;
	STACK_OF(CMS_SignerInfo) *all = ci ? CMS_get0_SignerInfos(ci) : NULL;

	if (sk_CMS_SignerInfo_num(all) == 1) {
		*si = sk_CMS_SignerInfo_value(all, 0);
		return ci;
	}
	CMS_ContentInfo_free(ci);
	return NULL;
}

static bool imprint_of(CMS_SignerInfo *si, unsigned char out[32])
{
	ASN1_OCTET_STRING *v = CMS_SignerInfo_get0_signature(si);

	return v && v->length > 0 && EVP_Digest(v->data, (size_t)v->length, out, NULL, EVP_sha256(), NULL) == 1;
}

static TS_MSG_IMPRINT *imprint_new(const unsigned char hash[32])
{
	AUTO(imprint_release) TS_MSG_IMPRINT *m = TS_MSG_IMPRINT_new();
	AUTO(algor_release) X509_ALGOR *alg = X509_ALGOR_new();

	if (!m || !alg)
		return NULL;
	X509_ALGOR_set_md(alg, EVP_sha256());
	if (!TS_MSG_IMPRINT_set_algo(m, alg) || !TS_MSG_IMPRINT_set_msg(m, (unsigned char *)(uintptr_t)hash, 32))
		return NULL;
	return STEAL(&m);
}

/* The request itself is the only copy of the nonce: it is handed back to tsa_apply(). */
static bool set_nonce(TS_REQ *req)
{
	AUTO(asn1int_release) ASN1_INTEGER *nonce = ASN1_INTEGER_new();
	BIGNUM *n = BN_new();
	bool ok = n && nonce && BN_rand(n, 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) && BN_to_ASN1_INTEGER(n, nonce) &&
	          TS_REQ_set_nonce(req, nonce);

	BN_free(n);
	return ok;
}

int tsa_request_hash(const unsigned char sha256[32], struct buf *request, struct err *e)
{
	AUTO(tsreq_release) TS_REQ *req = TS_REQ_new();
	AUTO(ossl_text_release) unsigned char *der = NULL;
	AUTO(imprint_release) TS_MSG_IMPRINT *m = imprint_new(sha256);
	int n;

	if (!req || !m || !TS_REQ_set_version(req, 1) || !TS_REQ_set_msg_imprint(req, m) || !set_nonce(req) ||
	    !TS_REQ_set_cert_req(req, 1) || (n = i2d_TS_REQ(req, &der)) <= 0)
		return ossl_err(e, ERR_INTERNAL, "TS_REQ");
	buf_add(request, der, (size_t)n);
	return 0;
}

int tsa_request(struct der cms, struct buf *request, struct err *e)
{
	CMS_SignerInfo *si = NULL;
	AUTO(cmsci_release) CMS_ContentInfo *ci = open_cms(cms, &si);
	unsigned char hash[32];

	if (!ci || !imprint_of(si, hash))
		return ossl_err(e, ERR_USAGE, "no finished CMS to stamp");
	return tsa_request_hash(hash, request, e);
}

static int odd(struct err *e, const char *why)
{
	ERR_clear_error();
	err_set(e, ERR_SERVICE_ODD, "time-stamp reply: %s", why);
	return err_reason(e, "tsa.not-verified");
}

/* Granted, for our imprint, with our nonce. */
static int fits_request(TS_RESP *resp, struct der request, struct err *e)
{
	const unsigned char *p = request.p;
	AUTO(tsreq_release) TS_REQ *req = d2i_TS_REQ(NULL, &p, (long)request.n);
	TS_STATUS_INFO *status = TS_RESP_get_status_info(resp);
	TS_TST_INFO *tst = TS_RESP_get_tst_info(resp);
	long code = status ? ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status)) : -1;

	if (!req)
		return err_set(e, ERR_USAGE, "time-stamp request unreadable");
	if (code != TS_STATUS_GRANTED && code != TS_STATUS_GRANTED_WITH_MODS)
		return odd(e, "not granted");
	if (!tst || !TS_RESP_get_token(resp))
		return odd(e, "without a token");
	ASN1_OCTET_STRING *want = TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(req));
	ASN1_OCTET_STRING *got = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(tst));
	if (ASN1_OCTET_STRING_cmp(want, got))
		return odd(e, "another imprint");
	const ASN1_INTEGER *nonce = TS_TST_INFO_get_nonce(tst);
	if (!nonce || ASN1_INTEGER_cmp(TS_REQ_get_nonce(req), nonce))
		return odd(e, "another nonce");
	return 0;
}

static int add_token(CMS_SignerInfo *si, PKCS7 *token, struct err *e)
{
	AUTO(ossl_text_release) unsigned char *der = NULL;
	int n = i2d_PKCS7(token, &der);

	if (n <= 0 || !CMS_unsigned_add1_attr_by_NID(si, NID_id_smime_aa_timeStampToken, V_ASN1_SEQUENCE, der, n))
		return ossl_err(e, ERR_INTERNAL, "CMS_unsigned_add1_attr_by_NID");
	return 0;
}

/* The stamped CMS is read back by the strict reader: the stamp must hold and its certificate must lead to an anchor. */
static int read_back(const struct buf *done, const struct trust_store *t, time_t *when, struct err *e)
{
	AUTO(json_release) json_t *sig = json_array(), *stamp = json_array();
	AUTO(cms_release) struct cms *c = cms_read((struct der){ done->p, done->n }, CMS_USE_SIGNATURE, sig);
	struct cms_world world = { .trust = t };
	struct cms_believed who;
	time_t proven;

	if (!c)
		return odd(e, "the stamped CMS cannot be read");
	AUTO(cms_release) struct cms *token = cms_stamp_check(c, &world, &proven, &who, stamp);
	const char *why = json_string_value(json_array_get(stamp, 0));
	/* its revocation is settled when the file is verified; here only a stamp that fails or is nobody's is refused */
	if (!token || (why && strcmp(why, "timestamp-unchecked")))
		return odd(e, why ? why : "no token");
	*when = cms_signing_time(token);
	return 0;
}

int tsa_apply(struct der cms, struct der request, struct der response, const struct trust_store *t, struct buf *out,
              time_t *when, struct err *e)
{
	const unsigned char *p = response.p;
	AUTO(tsresp_release) TS_RESP *resp = response.n && response.n < CMS_MAX ? d2i_TS_RESP(NULL, &p, (long)response.n) : NULL;
	CMS_SignerInfo *si = NULL;
	AUTO(cmsci_release) CMS_ContentInfo *ci = open_cms(cms, &si);
	AUTO(ossl_text_release) unsigned char *der = NULL;
	AUTO(buf_free) struct buf done = { 0 };
	int n;

	if (!ci)
		return ossl_err(e, ERR_USAGE, "no finished CMS to stamp");
	if (!resp)
		return odd(e, "unreadable");
	if (fits_request(resp, request, e) || add_token(si, TS_RESP_get_token(resp), e))
		return -1;
	n = i2d_CMS_ContentInfo(ci, &der);
	if (n <= 0)
		return ossl_err(e, ERR_INTERNAL, "i2d_CMS_ContentInfo");
	buf_add(&done, der, (size_t)n);
	if (read_back(&done, t, when, e))
		return -1;
	buf_add(out, done.p, done.n);
	return 0;
}

/* A stamp that holds and whose certificate leads to an anchor; its revocation is settled when the file is completed. */
static int judge_token(struct der token, struct der request, const struct trust_store *t, time_t *when, struct err *e)
{
	AUTO(json_release) json_t *own = json_array(), *trust = json_array();
	AUTO(cms_release) struct cms *c = cms_read(token, CMS_USE_TIMESTAMP, own);
	const unsigned char *p = request.p;
	AUTO(tsreq_release) TS_REQ *req = d2i_TS_REQ(NULL, &p, (long)request.n);
	ASN1_OCTET_STRING *imprint = req ? TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(req)) : NULL;
	struct cms_world world = { .trust = t };
	struct cms_believed who;

	if (!c || !imprint)
		return odd(e, "the token cannot be read");
	cms_match(c, imprint->data, (size_t)imprint->length, own);
	cms_trust(c, &world, cms_signing_time(c), true, &who, trust);
	for (size_t i = 0; i < json_array_size(trust); i++)
		if (strcmp(json_string_value(json_array_get(trust, i)), "cert.no-revocation-answer"))
			return odd(e, json_string_value(json_array_get(trust, i)));
	if (json_array_size(own))
		return odd(e, json_string_value(json_array_get(own, 0)));
	*when = cms_signing_time(c);
	return 0;
}

int tsa_token(struct der request, struct der response, const struct trust_store *t, struct buf *token, time_t *when, struct err *e)
{
	const unsigned char *p = response.p;
	AUTO(tsresp_release) TS_RESP *resp = response.n && response.n < CMS_MAX ? d2i_TS_RESP(NULL, &p, (long)response.n) : NULL;
	AUTO(ossl_text_release) unsigned char *der = NULL;
	int n;

	if (!resp)
		return odd(e, "unreadable");
	if (fits_request(resp, request, e))
		return -1;
	n = i2d_PKCS7(TS_RESP_get_token(resp), &der);
	if (n <= 0)
		return ossl_err(e, ERR_INTERNAL, "i2d_PKCS7");
	if (judge_token((struct der){ der, (size_t)n }, request, t, when, e))
		return -1;
	buf_add(token, der, (size_t)n);
	return 0;
}
