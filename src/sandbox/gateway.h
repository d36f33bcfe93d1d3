/* The signing gateways: NEAC sign_v2, decision 769 plain, VNPT SmartCA sp769. */
#ifndef SANDBOX_GATEWAY_H
#define SANDBOX_GATEWAY_H

#include "sandbox/call.h"
#include "sandbox/people.h"
#include "sandbox/script.h"
#include "sandbox/txn.h"
#include "sandbox/wire.h"

struct gateway {
	const char *data;            /* DIR: sp.json is read at each request */
	const struct ca *ca;
	const struct people *people;
	struct txns *txns;
	struct script *script;
	struct wire_shape shape;
	char sp_id[64], sp_password[65];
};

/* True for paths this service answers. */
bool gateway_owns(const char *path);
/* Answers into `r`, or gives the transaction whose end the caller has to wait for (blocking dialects): then ask
 * gateway_answer() at each change and at least once a second. */
struct txn *gateway_call(struct gateway *g, const struct call *c, struct reply *r);
bool gateway_answer(const struct gateway *g, const struct txn *t, time_t now, struct reply *r);
/* Body of the webhook of an ended transaction; the caller owns it. */
json_t *gateway_webhook(const struct gateway *g, const struct txn *t);
/* "http://..." of DIR/sp.json, or NULL; the caller owns it. */
char *gateway_webhook_url(const struct gateway *g);

#endif
