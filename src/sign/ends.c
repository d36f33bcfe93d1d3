#include "sign/sign.h"

#include <string.h>

/* One row an end and reason; README.md of this room says the same and a test compares. The row with "" is for every reason
 * of that end that is not listed. */
const struct sign_end sign_ends[] = {
	{ ERR_REFUSED, "", "SG-REFUSED" },
	{ ERR_EXPIRED, "", "SG-EXPIRED" },
	{ ERR_EXPIRED, "sign.deadline", "SG-EXPIRED-HERE" },
	{ ERR_SECRET_WRONG, "", "SG-SECRET-WRONG" },
	{ ERR_SECRET_BLOCKED, "", "SG-SECRET-BLOCKED" },
	{ ERR_QUOTA, "", "SG-QUOTA" },
	{ ERR_QUOTA, "sign.too-many", "SG-TOO-MANY" },
	{ ERR_CERT_UNUSABLE, "", "SG-CERT" },
	{ ERR_CERT_UNUSABLE, "cert.refused", "SG-CERT-REFUSED" },
	{ ERR_CERT_UNUSABLE, "cert.revoked", "SG-CERT-REVOKED" },
	{ ERR_CERT_UNUSABLE, "cert.none", "SG-CERT-NONE" },
	{ ERR_CERT_UNUSABLE, "cert.not-offered", "SG-CERT-NOT-OFFERED" },
	{ ERR_NOT_THE_SIGNER, "", "SG-NOT-THE-SIGNER" },
	{ ERR_PROVIDER_AUTH, "", "SG-PROVIDER-AUTH" },
	{ ERR_PROVIDER_ERROR, "", "SG-PROVIDER" },
	{ ERR_PROVIDER_ERROR, "sign.our-fault", "SG-OUR-FAULT" },
	{ ERR_PROVIDER_ERROR, "sign.provider-500", "SG-PROVIDER-500" },
	{ ERR_PROVIDER_ERROR, "sign.failed", "SG-PROVIDER-FAILED" },
	{ ERR_PROVIDER_ERROR, "sign.unknown-code", "SG-PROVIDER-CODE" },
	{ ERR_PROVIDER_ERROR, "sign.unknown-transaction", "SG-PROVIDER-UNKNOWN-TXN" },
	{ ERR_PROVIDER_ERROR, "sign.request-open", "SG-REQUEST-OPEN" },
	{ ERR_PROVIDER_ERROR, "sign.garbage", "SG-GARBAGE" },
	{ ERR_PROVIDER_ERROR, "sign.not-verified", "SG-NOT-VERIFIED" },
	{ ERR_PROVIDER_ERROR, "sign.other-hash", "SG-OTHER-HASH" },
	{ ERR_PROVIDER_ERROR, "sign.other-person", "SG-OTHER-PERSON" },
	{ ERR_NETWORK_UNKNOWN, "", "SG-UNKNOWN" },
	{ ERR_NETWORK_UNKNOWN, "sign.no-status-call", "SG-UNKNOWN-NO-STATUS" },
	{ ERR_NETWORK_UNKNOWN, "sign.unknown-transaction", "SG-UNKNOWN-TXN" },
	{ ERR_CANCELLED, "", "SG-CANCELLED" },
	{ ERR_NO_NETWORK, "", "SG-NEVER-LEFT" },
	{ ERR_SERVICE_TLS, "", "SG-TLS" },
	{ ERR_CONFIG, "", "SG-CONFIG" },
	{ ERR_DEVICE_GONE, "", "SG-DEVICE-GONE" },
};
const size_t sign_ends_count = COUNT(sign_ends);

const struct sign_end *sign_end_of(const struct err *e)
{
	static const struct sign_end ours = { ERR_INTERNAL, "", "SG-INTERNAL" };
	const struct sign_end *found = &ours;

	for (size_t i = 0; i < COUNT(sign_ends); i++) {
		if (sign_ends[i].end != e->kind)
			continue;
		if (strcmp(sign_ends[i].reason, e->reason) == 0)
			return &sign_ends[i];
		if (!*sign_ends[i].reason)
			found = &sign_ends[i];
	}
	return found;
}

/* Only these: everything else has, or may have, reached the person's phone. */
bool sign_never_left(enum err_kind end)
{
	return end == ERR_NO_NETWORK || end == ERR_SERVICE_TLS || end == ERR_CONFIG;
}
