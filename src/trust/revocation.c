/* OCSP first, then CRL (circular 15/2025 Phụ lục II 1.2). An answer counts only when its signer is authorised by the
 * certificate's own issuer and its times cover the question. */
#include <string.h>

#include "trust/ossl.h"

/* Clocks of responders run a little ahead; RFC 6960 leaves the allowance to the reader. */
enum { ALLOW_SKEW = 300 };

static bool times_cover(time_t from, time_t until, time_t when, bool fresh)
{
	if (!from)
		return false;
	if (from > when + ALLOW_SKEW)
		return !fresh;
	/* without nextUpdate newer news is always at hand (RFC 6960 4.2.2.1): hold it good for a day */
	return when <= (until ? until : from + 24 * 3600) + ALLOW_SKEW;
}

static bool better(const struct revocation *now, bool revoked, time_t answer_at)
{
	if (now->status == CERT_UNKNOWN)
		return true;
	if (revoked != (now->status == CERT_REVOKED))
		return revoked;
	return answer_at > now->answer_at;
}

static void take(struct revocation *out, const char *source, bool revoked, bool hold, time_t revoked_at, time_t answer_at)
{
	if (!better(out, revoked, answer_at))
		return;
	*out = (struct revocation){ .status = revoked ? CERT_REVOKED : CERT_GOOD, .source = source, .hold = hold,
		                    .revoked_at = revoked_at, .answer_at = answer_at };
}

static bool find_single(OCSP_BASICRESP *basic, const EVP_MD *md, X509 *leaf, X509 *issuer, int *status, int *reason,
                        ASN1_GENERALIZEDTIME **revoked, ASN1_GENERALIZEDTIME **from, ASN1_GENERALIZEDTIME **until)
{
	AUTO(certid_release) OCSP_CERTID *id = OCSP_cert_to_id(md, leaf, issuer);

	return id && OCSP_resp_find_status(basic, id, status, reason, revoked, from, until);
}

static time_t produced_at(OCSP_BASICRESP *basic)
{
	return asn1_time(OCSP_resp_get0_produced_at(basic));
}

OCSP_BASICRESP *ocsp_basic(struct der d)
{
	const unsigned char *p = d.p;
	AUTO(ocspresp_release) OCSP_RESPONSE *resp = d.n && d.n < ANSWER_MAX ? d2i_OCSP_RESPONSE(NULL, &p, (long)d.n) : NULL;

	if (resp && OCSP_response_status(resp) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return OCSP_response_get1_basic(resp);
	if (resp || !d.n || d.n >= ANSWER_MAX)
		return NULL;
	/* /DSS and some profiles keep the BasicOCSPResponse alone */
	p = d.p;
	return d2i_OCSP_BASICRESP(NULL, &p, (long)d.n);
}

static void ask_ocsp(struct revocation *out, struct der d, X509 *leaf, X509 *issuer, STACK_OF(X509) *chain,
                     const struct trust_store *t, time_t when, bool fresh)
{
	AUTO(ocspbasic_release) OCSP_BASICRESP *basic = ocsp_basic(d);
	ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *until = NULL;
	int status = -1, reason = -1;

	if (!basic || (!find_single(basic, EVP_sha1(), leaf, issuer, &status, &reason, &revoked, &from, &until) &&
	               !find_single(basic, EVP_sha256(), leaf, issuer, &status, &reason, &revoked, &from, &until)))
		return;
	AUTO(store_release) X509_STORE *store = anchors_store(t, produced_at(basic));
	/* checks that the responder is the issuer itself or holds its OCSPSigning certificate */
	if (!store || OCSP_basic_verify(basic, chain, store, 0) != 1)
		return;
	if (!times_cover(asn1_time(from), asn1_time(until), when, fresh))
		return;
	if (status == V_OCSP_CERTSTATUS_GOOD)
		take(out, "ocsp", false, false, 0, asn1_time(from));
	else if (status == V_OCSP_CERTSTATUS_REVOKED)
		take(out, "ocsp", true, reason == OCSP_REVOKED_STATUS_CERTIFICATEHOLD, asn1_time(revoked), asn1_time(from));
}

/* A CRL for some certificates or some reasons only, or one that changes another, does not answer the question. */
static bool crl_is_whole(X509_CRL *crl)
{
	int critical = -1;
	ISSUING_DIST_POINT *idp = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
	bool whole = !idp || (idp->onlyCA <= 0 && idp->onlyattr <= 0 && idp->indirectCRL <= 0 && !idp->onlysomereasons);

	if (!idp && critical != -1)
		whole = false;
	ISSUING_DIST_POINT_free(idp);
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		return false;
	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *x = X509_CRL_get_ext(crl, i);
		if (X509_EXTENSION_get_critical(x) && OBJ_obj2nid(X509_EXTENSION_get_object(x)) != NID_issuing_distribution_point)
			whole = false;
	}
	return whole;
}

static bool crl_is_from(X509_CRL *crl, X509 *issuer)
{
	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)))
		return false;
	if ((X509_get_extension_flags(issuer) & EXFLAG_KUSAGE) && !(X509_get_key_usage(issuer) & KU_CRL_SIGN))
		return false;
	return X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
}

static void ask_crl(struct revocation *out, struct der d, X509 *leaf, X509 *issuer, time_t when, bool fresh)
{
	const unsigned char *p = d.p;
	AUTO(crl_release) X509_CRL *crl = d.n && d.n < ANSWER_MAX ? d2i_X509_CRL(NULL, &p, (long)d.n) : NULL;
	X509_REVOKED *entry = NULL;
	time_t from, hit_at;

	if (!crl || !crl_is_from(crl, issuer) || !crl_is_whole(crl))
		return;
	from = asn1_time(X509_CRL_get0_lastUpdate(crl));
	if (!times_cover(from, asn1_time(X509_CRL_get0_nextUpdate(crl)), when, fresh))
		return;
	switch (X509_CRL_get0_by_cert(crl, &entry, leaf)) {
	case 1:
		hit_at = asn1_time(X509_REVOKED_get0_revocationDate(entry));
		ASN1_ENUMERATED *why = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
		take(out, "crl", true, why && ASN1_ENUMERATED_get(why) == CRL_REASON_CERTIFICATE_HOLD, hit_at, from);
		ASN1_ENUMERATED_free(why);
		return;
	case 0:
	case 2: /* removeFromCRL: was on hold, is good again */
		take(out, "crl", false, false, 0, from);
		return;
	}
}

void revocation_find(struct revocation *out, X509 *leaf, X509 *issuer, STACK_OF(X509) *chain, const struct trust_store *t,
                     const struct answer *answers, size_t n, time_t when, bool fresh)
{
	*out = (struct revocation){ .status = CERT_UNKNOWN, .source = "" };
	for (int crl = 0; crl <= 1 && out->status == CERT_UNKNOWN; crl++)
		for (size_t i = 0; i < n; i++) {
			struct revocation before = *out;
			if (answers[i].crl != (crl == 1))
				continue;
			if (crl)
				ask_crl(out, answers[i].der, leaf, issuer, when, fresh);
			else
				ask_ocsp(out, answers[i].der, leaf, issuer, chain, t, when, fresh);
			if (before.status != out->status || before.answer_at != out->answer_at)
				out->used = i;
		}
	ERR_clear_error();
}
