/* One error for two readers: `kind` picks the words a citizen sees (locale ids err.<id>.*), `cause` is for the log.
 * A PIN, a name, an identity number or a phone number never reaches the cause. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

/* X(name, id, exit code of the command line). A kind exists only if the person would be told something else.
 * The rows from SIGNED_ENDS on are the ends of a signing request (src/sign/README.md). */
#define ERR_KINDS(X) \
	X(NONE, "none", 0) \
	X(INTERNAL, "internal", 70) \
	X(USAGE, "usage", 2) \
	X(CONFIG, "config", 2) \
	X(NO_FILE, "no-file", 3) \
	X(NOT_PDF, "not-pdf", 3) \
	X(PDF_EMPTY, "pdf-empty", 3) \
	X(PDF_ENCRYPTED, "pdf-encrypted", 3) \
	X(PDF_DAMAGED, "pdf-damaged", 3) \
	X(PDF_FORBIDS, "pdf-forbids", 3) \
	X(FILE_TOO_BIG, "file-too-big", 3) \
	X(FILE_TYPE, "file-type", 3) \
	X(FILE_HOSTILE, "file-hostile", 3) \
	X(IMAGE_BAD, "image-bad", 3) \
	X(IMAGE_TOO_BIG, "image-too-big", 3) \
	X(PLACE_NOT_FOUND, "place-not-found", 3) \
	X(PLACE_BAD, "place-bad", 3) \
	X(PLACE_COVERS, "place-covers", 3) \
	X(FONT_MISSING, "font-missing", 70) \
	X(NO_NETWORK, "no-network", 6) \
	X(SERVICE_DOWN, "service-down", 6) \
	X(SERVICE_SLOW, "service-slow", 6) \
	X(SERVICE_TLS, "service-tls", 6) \
	X(SERVICE_ODD, "service-odd", 6) \
	X(LOGIN_WRONG, "login-wrong", 7) \
	X(LOGIN_LOCKED, "login-locked", 7) \
	X(LOGIN_GONE, "login-gone", 7) \
	X(OTP_WRONG, "otp-wrong", 7) \
	X(OTP_EXPIRED, "otp-expired", 7) \
	X(OTP_LOCKED, "otp-locked", 7) \
	X(OTP_WAIT, "otp-wait", 7) \
	X(CLOCK_WRONG, "clock-wrong", 6) \
	X(STORE_GONE, "store-gone", 70) \
	X(STORE_FULL, "store-full", 70) \
	X(NOT_FOUND, "not-found", 1) \
	X(REJECTED, "rejected", 1) \
	/* ends of a signing request */ \
	X(REFUSED, "refused", 4) \
	X(EXPIRED, "expired", 5) \
	X(SECRET_WRONG, "secret-wrong", 7) \
	X(SECRET_BLOCKED, "secret-blocked", 7) \
	X(QUOTA, "quota", 6) \
	X(CERT_UNUSABLE, "certificate-unusable", 1) \
	X(NOT_THE_SIGNER, "not-the-signer", 1) \
	X(PROVIDER_AUTH, "provider-auth", 6) \
	X(PROVIDER_ERROR, "provider-error", 6) \
	X(NETWORK_UNKNOWN, "network-unknown", 8) \
	X(CANCELLED, "cancelled", 4) \
	X(DEVICE_GONE, "device-gone", 7)

enum err_kind {
#define X(name, id, code) ERR_##name,
	ERR_KINDS(X)
#undef X
	ERR_KIND_COUNT
};

struct err {
	enum err_kind kind;
	char reason[48];  /* finer stable id under the kind ("otp.length", "cert.expired"); may be empty */
	char cause[240];  /* for the log: the call and its code, newest context first */
};

/* Sets kind and cause; always returns -1. Safe with e == NULL. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Adds context in front of the cause on the way up; returns -1. */
int err_add(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the finer reason id; returns -1. */
int err_reason(struct err *e, const char *reason);
void err_clear(struct err *e);

const char *err_id(enum err_kind kind);
/* Unknown ids give ERR_INTERNAL. */
enum err_kind err_from_id(const char *id);
int err_exit_code(enum err_kind kind);

#endif
