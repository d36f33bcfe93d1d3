/* Reason ids and what each does to a verdict. One table: README.md and the locale files are checked against it. */
#ifndef VERIFY_REASONS_H
#define VERIFY_REASONS_H

#include "verify/verify.h"

/* X(id, verdict it forces (VALID: told, nothing more), sub-indication of EN 319 102-1 table 6) */
#define VERIFY_REASONS(X) \
	/* the bytes and the place of the signature */ \
	X("byte-range-broken", INVALID, "FORMAT_FAILURE") \
	X("range-ends-inside", INVALID, "FORMAT_FAILURE") \
	X("range-overlap", INVALID, "FORMAT_FAILURE") \
	X("signature-shared", INVALID, "FORMAT_FAILURE") \
	X("bytes-after-end", INVALID, "FORMAT_FAILURE") \
	X("contents-trailing", INCONCLUSIVE, "FORMAT_FAILURE") \
	X("subfilter-unknown", INCONCLUSIVE, "SIG_CONSTRAINTS_FAILURE") \
	X("revision-damaged", INVALID, "FORMAT_FAILURE") \
	X("signature-misplaced", INVALID, "FORMAT_FAILURE") \
	X("update-odd", INVALID, "FORMAT_FAILURE") \
	/* the CMS */ \
	X("cms-unreadable", INVALID, "FORMAT_FAILURE") \
	X("signers-not-one", INVALID, "FORMAT_FAILURE") \
	X("attrs-not-der", INVALID, "FORMAT_FAILURE") \
	X("attrs-doubled", INVALID, "FORMAT_FAILURE") \
	X("content-type", INVALID, "FORMAT_FAILURE") \
	X("content-inside", INVALID, "FORMAT_FAILURE") \
	X("content-missing", INVALID, "FORMAT_FAILURE") \
	X("digest-missing", INVALID, "FORMAT_FAILURE") \
	X("digest-mismatch", INVALID, "HASH_FAILURE") \
	X("imprint-mismatch", INVALID, "HASH_FAILURE") \
	X("signature-broken", INVALID, "SIG_CRYPTO_FAILURE") \
	X("signer-certificate-missing", INVALID, "NO_SIGNING_CERTIFICATE_FOUND") \
	X("signer-ambiguous", INVALID, "FORMAT_FAILURE") \
	X("signing-certificate-mismatch", INVALID, "NO_SIGNING_CERTIFICATE_FOUND") \
	X("signing-certificate-missing", INCONCLUSIVE, "SIG_CONSTRAINTS_FAILURE") \
	X("algorithm-mismatch", INVALID, "FORMAT_FAILURE") \
	X("algorithm-odd", INVALID, "FORMAT_FAILURE") \
	X("algorithm-unknown", INCONCLUSIVE, "CRYPTO_CONSTRAINTS_FAILURE") \
	X("digest-refused", INVALID, "CRYPTO_CONSTRAINTS_FAILURE") \
	X("digest-outdated", OUTDATED, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE") \
	X("attrs-missing", OUTDATED, "SIG_CONSTRAINTS_FAILURE") \
	X("digestinfo-without-null", VALID, "") \
	/* who signed */ \
	X("cert.unknown-issuer", INCONCLUSIVE, "NO_CERTIFICATE_CHAIN_FOUND") \
	X("cert.forged", INVALID, "CERTIFICATE_CHAIN_GENERAL_FAILURE") \
	X("cert.expired", INVALID, "EXPIRED") \
	X("cert.expired-since", INCONCLUSIVE, "OUT_OF_BOUNDS_NO_POE") \
	X("cert.not-yet", INVALID, "NOT_YET_VALID") \
	X("cert.revoked", INVALID, "REVOKED") \
	X("cert.suspended", INVALID, "TRY_LATER") \
	X("cert.revoked-since", INCONCLUSIVE, "REVOKED_NO_POE") \
	X("cert.issuer-revoked", INVALID, "REVOKED_CA_NO_POE") \
	X("cert.issuer-out-of-date", INCONCLUSIVE, "OUT_OF_BOUNDS_NO_POE") \
	X("cert.not-for-signing", INVALID, "SIG_CONSTRAINTS_FAILURE") \
	X("cert.no-revocation-answer", INCONCLUSIVE, "TRY_LATER") \
	X("cert.weak-key", OUTDATED, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE") \
	X("cert.weak-hash", OUTDATED, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE") \
	/* when */ \
	X("time-claimed", VALID, "") \
	X("time-unknown", INCONCLUSIVE, "SIG_CONSTRAINTS_FAILURE") \
	X("time-in-future", INCONCLUSIVE, "SIG_CONSTRAINTS_FAILURE") \
	X("timestamp-broken", INVALID, "CERTIFICATE_CHAIN_GENERAL_FAILURE") \
	X("timestamp-untrusted", INCONCLUSIVE, "NO_CERTIFICATE_CHAIN_FOUND") \
	X("timestamp-unchecked", VALID, "") \
	X("timestamp-outdated", OUTDATED, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE") \
	/* what came after */ \
	X("signed-again-later", VALID, "") \
	X("changed-after-signing", INVALID, "FORMAT_FAILURE") \
	X("hidden-content", INVALID, "FORMAT_FAILURE") \
	X("signature-changed", INVALID, "FORMAT_FAILURE") \
	X("appearance-elsewhere", INVALID, "FORMAT_FAILURE") \
	X("covered-by-later-mark", INVALID, "FORMAT_FAILURE") \
	X("mark-over-content", INCONCLUSIVE, "SIG_CONSTRAINTS_FAILURE") \
	X("certification-forbids", INVALID, "FORMAT_FAILURE") \
	X("certification-not-first", INVALID, "FORMAT_FAILURE") \
	X("field-locked", INVALID, "FORMAT_FAILURE") \
	X("form-filled", INCONCLUSIVE, "SIG_CONSTRAINTS_FAILURE") \
	X("annotation-added", INCONCLUSIVE, "SIG_CONSTRAINTS_FAILURE")

/* Verdict an id forces; an unknown id is INVALID: a new reason without a row must not pass. */
enum verdict reason_verdict(const char *id);
/* Sub-indication; "" for none. */
const char *reason_etsi(const char *id);
/* TOTAL-PASSED, TOTAL-FAILED or INDETERMINATE, and the sub-indication of the worst reason. */
void reasons_etsi(const json_t *reasons, const char **indication, const char **sub);
/* Adds an id once. */
void reason_add(json_t *reasons, const char *id);
enum verdict reasons_verdict(const json_t *reasons);

#endif
