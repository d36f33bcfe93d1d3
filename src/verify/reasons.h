/* Reason ids and what each does to a verdict. One table: README.md and the locale files are checked against it. */
#ifndef VERIFY_REASONS_H
#define VERIFY_REASONS_H

#include "verify/verify.h"

/* X(id, verdict it forces; VERDICT_VALID: told, nothing more) */
#define VERIFY_REASONS(X) \
	/* the bytes and the place of the signature */ \
	X("byte-range-broken", INVALID) \
	X("range-ends-inside", INVALID) \
	X("range-overlap", INVALID) \
	X("signature-shared", INVALID) \
	X("bytes-after-end", INVALID) \
	X("contents-trailing", INCONCLUSIVE) \
	X("subfilter-unknown", INCONCLUSIVE) \
	X("revision-damaged", INVALID) \
	X("signature-misplaced", INVALID) \
	X("update-odd", INVALID) \
	/* the CMS */ \
	X("cms-unreadable", INVALID) \
	X("signers-not-one", INVALID) \
	X("attrs-not-der", INVALID) \
	X("attrs-doubled", INVALID) \
	X("content-type", INVALID) \
	X("content-inside", INVALID) \
	X("content-missing", INVALID) \
	X("digest-missing", INVALID) \
	X("digest-mismatch", INVALID) \
	X("imprint-mismatch", INVALID) \
	X("signature-broken", INVALID) \
	X("signer-certificate-missing", INVALID) \
	X("signer-ambiguous", INVALID) \
	X("signing-certificate-mismatch", INVALID) \
	X("signing-certificate-missing", INCONCLUSIVE) \
	X("algorithm-mismatch", INVALID) \
	X("algorithm-odd", INVALID) \
	X("algorithm-unknown", INCONCLUSIVE) \
	X("digest-refused", INVALID) \
	X("digest-outdated", OUTDATED) \
	X("attrs-missing", OUTDATED) \
	X("digestinfo-without-null", VALID) \
	/* who signed */ \
	X("cert.unknown-issuer", INCONCLUSIVE) \
	X("cert.forged", INVALID) \
	X("cert.expired", INVALID) \
	X("cert.expired-since", INCONCLUSIVE) \
	X("cert.not-yet", INVALID) \
	X("cert.revoked", INVALID) \
	X("cert.suspended", INVALID) \
	X("cert.revoked-since", INCONCLUSIVE) \
	X("cert.issuer-revoked", INVALID) \
	X("cert.issuer-out-of-date", INCONCLUSIVE) \
	X("cert.not-for-signing", INVALID) \
	X("cert.no-revocation-answer", INCONCLUSIVE) \
	X("cert.weak-key", OUTDATED) \
	X("cert.weak-hash", OUTDATED) \
	/* when */ \
	X("time-claimed", VALID) \
	X("time-unknown", INCONCLUSIVE) \
	X("time-in-future", INCONCLUSIVE) \
	X("timestamp-broken", INVALID) \
	X("timestamp-untrusted", INCONCLUSIVE) \
	X("timestamp-unchecked", VALID) \
	X("timestamp-outdated", OUTDATED) \
	/* what came after */ \
	X("signed-again-later", VALID) \
	X("changed-after-signing", INVALID) \
	X("hidden-content", INVALID) \
	X("signature-changed", INVALID) \
	X("appearance-elsewhere", INVALID) \
	X("covered-by-later-mark", INVALID) \
	X("mark-over-content", INCONCLUSIVE) \
	X("certification-forbids", INVALID) \
	X("certification-not-first", INVALID) \
	X("field-locked", INVALID) \
	X("form-filled", INCONCLUSIVE) \
	X("annotation-added", INCONCLUSIVE)

/* Verdict an id forces; an unknown id is INVALID: a new reason without a row must not pass. */
enum verdict reason_verdict(const char *id);
/* Adds an id once. */
void reason_add(json_t *reasons, const char *id);
enum verdict reasons_verdict(const json_t *reasons);

#endif
