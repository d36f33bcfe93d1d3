/* Circular 15/2025: LS1, LS8-LS10, Phụ lục II part 1. */
#include "trust/trust.h"

#include <string.h>

#include "trust/ossl.h"

static void because(struct cert_check *out, const char *id)
{
	json_array_append_new(out->reasons, json_string(id));
}

static void judge_chain(struct cert_check *out, const struct chain *c)
{
	if (c->expired)
		because(out, "cert.expired");
	if (c->not_yet)
		because(out, "cert.not-yet");
	if (c->not_for_use)
		because(out, "cert.not-for-signing");
	if (c->weak_key)
		because(out, "cert.weak-key");
	if (c->weak_hash)
		because(out, "cert.weak-hash");
	if (!c->certs || c->ca_out_of_date)
		because(out, "cert.unknown-issuer");
	out->anchor = c->anchor;
}

static void judge_revocation(struct cert_check *out, const struct revocation *r)
{
	out->status = r->status;
	out->source = r->source;
	out->revoked_at = r->revoked_at;
	out->answer_at = r->answer_at;
	switch (r->status) {
	case CERT_GOOD:
		break;
	case CERT_REVOKED:
		because(out, r->hold ? "cert.suspended" : "cert.revoked");
		break;
	case CERT_UNKNOWN:
		/* Phụ lục II 1.2: a warning the signer must see; not by itself a bar to signing */
		because(out, "cert.no-revocation-answer");
		break;
	}
}

static X509 *issuer_of(X509 *leaf, STACK_OF(X509) *path, STACK_OF(X509) *extra, const struct trust_store *t)
{
	if (sk_X509_num(path) > 1)
		return sk_X509_value(path, 1);
	STACK_OF(X509) *const places[] = { extra, t ? t->others : NULL, t ? t->roots : NULL };
	for (size_t k = 0; k < COUNT(places); k++)
		for (int i = 0; i < sk_X509_num(places[k]); i++)
			if (X509_check_issued(sk_X509_value(places[k], i), leaf) == X509_V_OK)
				return sk_X509_value(places[k], i);
	return NULL;
}

int cert_check(const struct cert *c, const struct der *chain, size_t nchain, const struct trust_store *t,
               struct der ocsp, struct der crl, time_t when, struct cert_check *out, struct err *e)
{
	AUTO(certs_release) STACK_OF(X509) *extra = certs_from(chain, nchain);
	AUTO(chain_clear) struct chain path;
	struct answer answers[2] = { { ocsp, false }, { crl, true } };
	struct revocation r = { .status = CERT_UNKNOWN, .source = "" };

	*out = (struct cert_check){ .reasons = json_array(), .source = "", .anchor = "" };
	if (!out->reasons || !extra)
		return err_set(e, ERR_INTERNAL, "cert_check: no memory");
	chain_build(&path, c->x, extra, t, when, CHAIN_SIGN);
	judge_chain(out, &path);
	if (path.certs && sk_X509_num(path.certs) > 1)
		revocation_find(&r, c->x, sk_X509_value(path.certs, 1), path.certs, t, answers, 2, when, true);
	judge_revocation(out, &r);
	out->days_left = (int)((c->to - when) / 86400);
	size_t faults = json_array_size(out->reasons) - (r.status == CERT_UNKNOWN ? 1 : 0);
	out->usable = faults == 0;
	return 0;
}

void cert_check_clear(struct cert_check *c)
{
	json_decref(c->reasons);
	c->reasons = NULL;
}

int ocsp_question(X509 *x, X509 *issuer, struct buf *out, struct err *e)
{
	AUTO(ocspreq_release) OCSP_REQUEST *req = OCSP_REQUEST_new();
	AUTO(ossl_text_release) unsigned char *der = NULL;
	/* SHA-1 here names the certificate, it protects nothing; responders answer to no other (RFC 5019 2.1.1) */
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), x, issuer);
	int n;

	if (!req || !id || !OCSP_request_add0_id(req, id)) {
		OCSP_CERTID_free(id);
		return ossl_err(e, ERR_INTERNAL, "OCSP_request_add0_id");
	}
	if (!OCSP_request_add1_nonce(req, NULL, 16) || (n = i2d_OCSP_REQUEST(req, &der)) <= 0)
		return ossl_err(e, ERR_INTERNAL, "OCSP_request_add1_nonce");
	buf_add(out, der, (size_t)n);
	return 0;
}

int ocsp_request_store(const struct cert *c, const struct der *chain, size_t nchain, const struct trust_store *t,
                       struct buf *out, struct err *e)
{
	AUTO(certs_release) STACK_OF(X509) *extra = certs_from(chain, nchain);
	X509 *issuer = issuer_of(c->x, NULL, extra, t);

	if (!issuer)
		return err_set(e, ERR_CERT_UNUSABLE, "no issuer at hand for an OCSP request");
	return ocsp_question(c->x, issuer, out, e);
}

int ocsp_request(const struct cert *c, const struct der *chain, size_t nchain, struct buf *out, struct err *e)
{
	return ocsp_request_store(c, chain, nchain, NULL, out, e);
}

bool ocsp_fits(struct der request, struct der response)
{
	const unsigned char *p = request.p, *q = response.p;
	AUTO(ocspreq_release) OCSP_REQUEST *req = d2i_OCSP_REQUEST(NULL, &p, (long)request.n);
	AUTO(ocspresp_release) OCSP_RESPONSE *resp = d2i_OCSP_RESPONSE(NULL, &q, (long)response.n);
	AUTO(ocspbasic_release) OCSP_BASICRESP *basic = resp ? OCSP_response_get1_basic(resp) : NULL;
	bool fits = req && basic && OCSP_check_nonce(req, basic) != 0;

	ERR_clear_error();
	return fits;
}
