/* The 769 family on the wire: requests from bytes, replies into JSON. Golden bytes of each
 * dialect stand in tests/data/wire. */
#ifndef SANDBOX_WIRE_H
#define SANDBOX_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum dialect { DIALECT_NEAC, DIALECT_QD769, DIALECT_VNPT };
enum { WIRE_ITEMS_MAX = 50, WIRE_TEXT_MAX = 300 };

struct wire_item {
	char *doc_id, *title;
	unsigned char hash[32];
};
struct wire_request {
	char *sp_id, *sp_password, *user_id, *ca_name, *serial, *transaction_id, *text;   /* "" when absent */
	struct wire_item *items;
	size_t n;
};
/* Parses a get_certificate (`sign` false) or sign body. NULL when it is acceptable, else the message of the 400 reply. */
const char *wire_parse(enum dialect d, bool sign, const void *p, size_t n, struct wire_request *out);
void wire_request_free(struct wire_request *r);          /* fits AUTO */

/* What real servers are seen to vary; chosen by /control {"shape":{...}}. */
enum wire_chain { CHAIN_DEFAULT, CHAIN_ARRAY, CHAIN_OBJECT, CHAIN_NULL };
struct wire_shape {
	enum wire_chain chain;
	bool data_list;          /* `data` of get_certificate is the list itself */
	int errors;              /* 0: as the dialect does; 1: HTTP status with {code,message}; 2: 200 with {status_code,message} */
	bool crlf;               /* base64 broken by CR LF every 76 letters */
	bool reorder;            /* signatures in another order than asked */
};
struct wire_cert {
	const void *der, *issuer, *root;
	size_t der_len, issuer_len, root_len;
	const char *serial, *subject, *from, *to, *status, *status_code;
};
struct wire_signature {
	const char *doc_id;
	const void *p;
	size_t n;
};
/* Bodies; the caller owns them. */
json_t *wire_certificates(enum dialect d, const struct wire_shape *s, const char *transaction, const struct wire_cert *certs, size_t n);
json_t *wire_signed(enum dialect d, const struct wire_shape *s, const char *transaction, const struct wire_signature *sigs, size_t n);
/* VNPT, and 769 with a webhook: taken, the answer comes later. */
json_t *wire_taken(enum dialect d, const char *transaction, const char *tran_code, int expires_in);
/* VNPT status without signatures. */
json_t *wire_status(const char *transaction, const char *message, int expires_in);
/* An error body, and the HTTP status it goes with. */
json_t *wire_error(enum dialect d, const struct wire_shape *s, int code, const char *message, int *http_status);
bool wire_shape_set(struct wire_shape *s, json_t *j);   /* false: unknown key or value */

#endif
