/* Certificates and revocation answers: certificate, issuer, then an OCSP answer or a list. Without an anchor none is usable. */
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "trust/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = { 0 };
	struct der part[3] = { 0 };
	size_t parts = der_split(data, n, part, COUNT(part));
	AUTO(buf_free) struct buf request = { 0 };

	if (!parts)
		return 0;
	AUTO(cert_release) struct cert *c = cert_parse(part[0].p, part[0].n, &e);
	if (!c) {
		if (e.kind == ERR_NONE)
			abort();
		return 0;
	}
	AUTO(json_release) json_t *j = cert_json(c);
	AUTO(mem_free) char *text = json_text(j);
	if (!text)
		abort();
	for (int crl = 0; crl < 2; crl++) {
		struct cert_check check = { 0 };
		struct err why = { 0 };
		const struct der none = { 0 };
		if (cert_check(c, &part[1], 1, NULL, crl ? none : part[2], crl ? part[2] : none, 1795000000, &check, &why) == 0 && check.usable)
			abort();
		cert_check_clear(&check);
	}
	if (ocsp_request(c, &part[1], 1, &request, NULL) == 0)
		ocsp_fits((struct der){ request.p, request.n }, part[2]);
	return 0;
}
