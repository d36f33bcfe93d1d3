#include <string.h>
#include <openssl/ocsp.h>

#include "base/mem.h"
#include "sandbox/bytes.h"
#include "sandbox/ca.h"
#include "sandbox/pki.h"

enum { ASKED_MAX = 8, FRESH = 3600 };

static const json_t *issued(const struct ca *ca, const struct authority *a, OCSP_CERTID *id)
{
	ASN1_INTEGER *serial = NULL;
	unsigned char raw[64];
	const json_t *row;
	BIGNUM *n;
	char *hex;

	OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
	n = serial ? ASN1_INTEGER_to_BN(serial, NULL) : NULL;
	if (!n || BN_num_bytes(n) > (int)sizeof raw) {
		BN_free(n);
		return NULL;
	}
	hex = bytes_hex(raw, (size_t)BN_bn2bin(n, raw));
	row = json_object_get(ca->issued, hex);
	mem_free(&hex);
	BN_free(n);
	return row && !strcmp(json_string_value(json_object_get(row, "by")), a->id) ? row : NULL;
}

static void add_status(const struct ca *ca, const struct authority *a, OCSP_CERTID *id, OCSP_BASICRESP *basic)
{
	const json_t *row = a ? issued(ca, a, id) : NULL;
	time_t at = (time_t)json_integer_value(json_object_get(row, "revoked")), now = time(NULL);
	ASN1_TIME *from = ASN1_TIME_set(NULL, now - 60), *to = ASN1_TIME_set(NULL, now + FRESH);
	ASN1_TIME *when = at ? ASN1_TIME_set(NULL, at) : NULL;
	int status = !row ? V_OCSP_CERTSTATUS_UNKNOWN : at ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD;

	OCSP_basic_add1_status(basic, id, status, at ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0, when, from, to);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_TIME_free(when);
}

/* One answer is signed by one responder: that of the first certificate asked about. */
static OCSP_BASICRESP *answer(const struct ca *ca, OCSP_REQUEST *req)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	const struct authority *by = NULL;

	for (int i = 0; i < OCSP_request_onereq_count(req); i++) {
		OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(req, i));
		const struct authority *a = ca_of_issuer(ca, id);

		by = by ? by : a;
		add_status(ca, a == by ? a : NULL, id, basic);
	}
	by = by ? by : &ca->authorities[AUTHORITY_PUBLIC];
	OCSP_copy_nonce(basic, req);
	if (OCSP_basic_sign(basic, by->ocsp.cert, by->ocsp.key, EVP_sha256(), NULL, 0))
		return basic;
	OCSP_BASICRESP_free(basic);
	return NULL;
}

bool ocsp_respond(const struct ca *ca, const void *request, size_t n, struct buf *out)
{
	const unsigned char *p = request;
	OCSP_REQUEST *req = d2i_OCSP_REQUEST(NULL, &p, (long)n);
	int asked = req ? OCSP_request_onereq_count(req) : 0;
	bool good = asked > 0 && asked <= ASKED_MAX;
	OCSP_BASICRESP *basic = good ? answer(ca, req) : NULL;
	OCSP_RESPONSE *resp = OCSP_response_create(!good ? OCSP_RESPONSE_STATUS_MALFORMEDREQUEST : basic ? OCSP_RESPONSE_STATUS_SUCCESSFUL
	                                           : OCSP_RESPONSE_STATUS_INTERNALERROR, basic);
	unsigned char *der = NULL;
	int len = resp ? i2d_OCSP_RESPONSE(resp, &der) : 0;

	if (len > 0)
		buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(resp);
	OCSP_BASICRESP_free(basic);
	OCSP_REQUEST_free(req);
	return len > 0;
}
