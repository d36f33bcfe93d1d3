/* Decision 769/QD-BTTTT and its variants: one engine, dialects as data. */
#ifndef SIGN_QD769_H
#define SIGN_QD769_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "sign/sign.h"

struct qd769 {
	const char *certificates;    /* paths behind the way's url */
	const char *sign;
	const char *status;          /* "%s" becomes the transaction id; NULL: there is no status call */
	bool status_ids;             /* the ids travel in the body of the status call, not in its path */
	bool hex;                    /* data_to_be_signed; signing.WAY.encoding (hex, base64) wins */
	bool ca_name;                /* the gateway routes by it */
	bool flat;                   /* file_type and sign_type in the item, not in file_options */
	bool describes;              /* transaction_desc: text for the phone */
	bool serial_always;          /* serial_number is sent even when empty */
	bool blocks;                 /* the sign call answers when the person has */
	bool stamp_z;                /* time_stamp ends in Z */
};
extern const struct qd769 qd769_neac, qd769_plain, qd769_vnpt, qd769_ca2;
extern const struct sign_ops qd769_ops;

/* ---- bytes (no network) ---------------------------------------------------------------------------------------------- */

/* Bodies; the caller owns them and they hold sp_password. `now` is an argument so that tests can choose it. */
json_t *qd769_certificates_body(const struct sign_link *l, const struct sign_request *r, const char *transaction);
json_t *qd769_sign_body(const struct sign_link *l, const struct sign_request *r, time_t now);
json_t *qd769_status_body(const struct sign_link *l, const struct sign_request *r);

/* Certificates of a reply into `out`; `serial` "" takes all. ERR_CERT_UNUSABLE when there is none, ERR_PROVIDER_ERROR
 * "sign.garbage" when they cannot be read. */
int qd769_read_certificates(const json_t *body, const char *serial, json_t *out, struct err *e);
/* Signatures of a reply into the request's items, by document code, each verified (rule G11). 1: all are there; 0: none yet;
 * -1: ERR_PROVIDER_ERROR with reason sign.garbage, sign.not-verified, sign.other-hash or sign.other-person. */
int qd769_read_signatures(const json_t *body, struct sign_request *r, struct err *e);

/* What code and words of a reply mean: 0 nothing final, -1 an end. `http` is the HTTP status. */
int qd769_judge(const struct sign_link *l, long http, const json_t *body, struct err *e);

#endif
