#include "sandbox/gateway.h"

#include <string.h>

#include "sandbox/bytes.h"

static const struct {
	const char *prefix, *certificate, *sign;
} paths[] = {
	[DIALECT_NEAC] = { "/neac/", "/neac/sign_v2/get_certificate", "/neac/sign_v2/sign" },
	[DIALECT_QD769] = { "/qd769/", "/qd769/get_certificate", "/qd769/sign" },
	[DIALECT_VNPT] = { "/sca/sp769/", "/sca/sp769/v1/credentials/get_certificate", "/sca/sp769/v1/signatures/sign" },
};

bool gateway_owns(const char *path)
{
	for (size_t i = 0; i < COUNT(paths); i++)
		if (!strncmp(path, paths[i].prefix, strlen(paths[i].prefix)))
			return true;
	return false;
}

static void refuse(const struct gateway *g, enum dialect d, int code, const char *message, struct reply *r)
{
	int status;
	json_t *body = wire_error(d, &g->shape, code, message, &status);

	reply_json(r, status, body);
}

static bool sp_ok(const struct gateway *g, const struct wire_request *w)
{
	return bytes_same(g->sp_id, w->sp_id) && bytes_same(g->sp_password, w->sp_password);
}

/* Which provider a person's signature is with: a gateway asks for one by name, VNPT serves its own customers. */
static struct person *customer(const struct gateway *g, enum dialect d, const struct wire_request *w)
{
	struct person *p = people_find(g->people, w->user_id);

	if (!p || !p->ncerts || (d == DIALECT_NEAC && strcmp(p->ca, w->ca_name)) || (d == DIALECT_VNPT && strcmp(p->ca, "VNPT-CA")))
		return NULL;
	return p;
}

/* ---- certificates -------------------------------------------------------------------------------------------------- */
struct cert_row {
	char *subject;
	char from[32], to[32];
	unsigned char *der, *issuer, *root;
};

static void asn1_time(const ASN1_TIME *t, char out[32])
{
	struct tm tm = { 0 };

	ASN1_TIME_to_tm(t, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void row_fill(struct cert_row *row, const struct person_cert *pc, struct wire_cert *out)
{
	static const struct {
		const char *word, *code;
	} states[] = {
		[CERT_VALID] = { "Đang hoạt động", "VALID" },
		[CERT_EXPIRED] = { "Hết hạn", "EXPIRED" },
		[CERT_REVOKED] = { "Đã thu hồi", "REVOKED" },
	};
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	int n;

	X509_NAME_print_ex(bio, X509_get_subject_name(pc->pair.cert), 0, (XN_FLAG_RFC2253 | ASN1_STRFLGS_UTF8_CONVERT) & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	n = (int)BIO_get_mem_data(bio, &text);
	row->subject = mem_strn(text, (size_t)n);
	BIO_free(bio);
	asn1_time(X509_get0_notBefore(pc->pair.cert), row->from);
	asn1_time(X509_get0_notAfter(pc->pair.cert), row->to);
	*out = (struct wire_cert){ .serial = pc->serial, .subject = row->subject, .from = row->from, .to = row->to,
		.status = states[pc->state].word, .status_code = states[pc->state].code };
	row->der = ca_der(pc->pair.cert, &n);
	out->der = row->der;
	out->der_len = (size_t)n;
	row->issuer = ca_der(pc->by->issuing.cert, &n);
	out->issuer = row->issuer;
	out->issuer_len = (size_t)n;
	row->root = ca_der(pc->by->root.cert, &n);
	out->root = row->root;
	out->root_len = (size_t)n;
}

static void certificates(const struct gateway *g, enum dialect d, const struct wire_request *w, const struct person *p, struct reply *r)
{
	struct cert_row rows[PERSON_CERTS_MAX] = { 0 };
	struct wire_cert certs[PERSON_CERTS_MAX];
	size_t n = 0;

	if (p && script_find(g->script, p->id, NULL, 0, false) == OUTCOME_OTHER_PERSON)
		p = people_other(g->people, p);
	for (size_t i = 0; p && i < p->ncerts; i++)
		if (!*w->serial || !strcasecmp(w->serial, p->certs[i].serial)) {
			row_fill(&rows[n], &p->certs[i], &certs[n]);
			n++;
		}
	reply_json(r, 200, wire_certificates(d, &g->shape, w->transaction_id, certs, n));
	for (size_t i = 0; i < n; i++) {
		mem_free(&rows[i].subject);
		OPENSSL_free(rows[i].der);
		OPENSSL_free(rows[i].issuer);
		OPENSSL_free(rows[i].root);
	}
}

/* ---- signing ------------------------------------------------------------------------------------------------------- */
static json_t *signed_body(const struct gateway *g, const struct txn *t)
{
	struct wire_signature sigs[WIRE_ITEMS_MAX];

	for (size_t i = 0; i < t->n; i++)
		sigs[i] = (struct wire_signature){ t->items[i].doc_id, t->items[i].signature.p, t->items[i].signature.n };
	return wire_signed(t->dialect, &g->shape, t->transaction_id, sigs, t->n);
}

static void lie(const struct txn *t, struct reply *r)
{
	unsigned char noise[64];

	if (t->outcome == OUTCOME_DRIP)
		r->drip = true;
	if (t->outcome != OUTCOME_GARBAGE)
		return;
	bytes_random(noise, sizeof noise);
	reply_bytes(r, 200, NULL, noise, sizeof noise);
}

static const char *end_word(const struct txn *t)
{
	switch (t->state) {
	case TXN_WAITING: return "sig_wait_for_user_confirm";
	case TXN_SIGNED: return "SUCCESS";
	case TXN_REFUSED: return "REJECTED";
	case TXN_EXPIRED: return "EXPIRED";
	}
	return "FAILED";
}

bool gateway_answer(const struct gateway *g, const struct txn *t, time_t now, struct reply *r)
{
	/* SB2: no waiter lives for ever, not even that of a provider that never answers */
	if (t->outcome == OUTCOME_SILENT) {
		r->cut = now >= t->expires + 5;
		return r->cut;
	}
	if (t->state == TXN_WAITING)
		return false;
	if (t->outcome == OUTCOME_CUT) {
		r->cut = true;
		return true;
	}
	if (t->state == TXN_SIGNED) {
		reply_json(r, 200, signed_body(g, t));
		lie(t, r);
	} else {
		/* the words of a blocking 769 reply for "refused" and "expired" are in no document: a guess */
		refuse(g, t->dialect, t->state == TXN_REFUSED ? 400 : 408, end_word(t), r);
	}
	return true;
}

static const struct person_cert *choose_cert(const struct person *p, const char *serial)
{
	if (!*serial)
		return p->ncerts == 1 ? &p->certs[0] : NULL;
	for (size_t i = 0; i < p->ncerts; i++)
		if (!strcasecmp(p->certs[i].serial, serial))
			return &p->certs[i];
	return NULL;
}

char *gateway_webhook_url(const struct gateway *g)
{
	AUTO(mem_free) char *path = mem_printf("%s/sp.json", g->data);
	json_t *j = json_load_file(path, 0, NULL);
	const char *url = call_str(j, "webhook_url");
	char *out = !strncmp(url, "http://", 7) ? mem_str(url) : NULL;

	json_decref(j);
	return out;
}

/* The first reply to a new or repeated request: NULL when it was given, else what to wait for. */
static struct txn *first_reply(const struct gateway *g, struct txn *t, struct reply *r)
{
	time_t now = time(NULL);

	if (t->dialect == DIALECT_VNPT || t->webhook) {
		if (t->outcome == OUTCOME_CUT)
			r->cut = true;
		else
			reply_json(r, 200, wire_taken(t->dialect, t->transaction_id, t->tran_code, txn_left(t, now)));
		return NULL;
	}
	return gateway_answer(g, t, now, r) ? NULL : t;
}

static struct txn *start(struct gateway *g, enum dialect d, const struct wire_request *w, const struct person *p,
                         const struct person_cert *cert, struct reply *r)
{
	const char *docs[WIRE_ITEMS_MAX];
	enum outcome o;
	struct txn *t;

	for (size_t i = 0; i < w->n; i++)
		docs[i] = w->items[i].doc_id;
	o = script_find(g->script, p->id, docs, w->n, true);
	if (o == OUTCOME_OTHER_PERSON) {
		const struct person *other = people_other(g->people, p);

		cert = other ? &other->certs[0] : NULL;
	}
	if (!cert) {
		refuse(g, d, 400, *w->serial ? "CREDENTIAL_NOT_FOUND" : "SERIAL_NUMBER_REQUIRED", r);
	} else if (o == OUTCOME_HTTP500) {
		reply_json(r, 500, json_pack("{s:i, s:s}", "code", 500, "message", "SERVER_INTERNAL_ERROR"));
	} else if (o == OUTCOME_REVOKED || cert->state != CERT_VALID) {
		refuse(g, d, 403, "CREDENTIAL_STATUS_INVALID", r);
	} else if (o == OUTCOME_QUOTA || p->quota) {
		/* 769 has no code for it; 65000 is VNPT's older API */
		refuse(g, d, 65000, "QUOTA_EXCEEDED", r);
	} else if (txn_open(g->txns, p) >= TXN_OPEN_MAX) {
		refuse(g, d, 429, "TOO_MANY_REQUESTS", r);
	} else {
		AUTO(mem_free) char *hook = d == DIALECT_QD769 ? gateway_webhook_url(g) : NULL;

		t = txn_new(g->txns, d, w, p, cert, o, g->script->delay);
		t->webhook = hook != NULL;
		txns_tick(g->txns, t->made, bytes_ms());
		return first_reply(g, t, r);
	}
	return NULL;
}

static struct txn *sign(struct gateway *g, enum dialect d, const struct wire_request *w, struct reply *r)
{
	const struct person *p = customer(g, d, w);
	struct txn *t = *w->transaction_id ? txn_find(g->txns, w->sp_id, w->transaction_id) : NULL;

	/* unknown and not active are the same answer (G9) */
	if (!p) {
		refuse(g, d, 401, "USER_CREDENTIAL_INVALID", r);
		return NULL;
	}
	/* the same transaction again, after a lost reply perhaps: never a second prompt */
	if (t && t->dialect == d && t->person == p && txn_same(t, w))
		return first_reply(g, t, r);
	if (t) {
		refuse(g, d, 400, "TRANSACTION_EXISTS", r);
		return NULL;
	}
	return start(g, d, w, p, choose_cert(p, w->serial), r);
}

/* VNPT's status: transaction_id in the path (the document) or tran_code (some clients). */
static void status(const struct gateway *g, const char *rest, struct reply *r)
{
	const char *end = strchr(rest, '/');
	AUTO(mem_free) char *id = end ? mem_strn(rest, (size_t)(end - rest)) : NULL;
	const struct txn *t = id && !strcmp(end, "/status") ? txn_find_any(g->txns, DIALECT_VNPT, id) : NULL;

	if (!t) {
		refuse(g, DIALECT_VNPT, 404, "TRANSACTION_NOT_FOUND", r);
	} else if (t->state == TXN_SIGNED) {
		reply_json(r, 200, signed_body(g, t));
		lie(t, r);
	} else {
		const char *word = t->outcome == OUTCOME_SILENT ? "sig_wait_for_user_confirm" : end_word(t);

		reply_json(r, 200, wire_status(t->transaction_id, word, txn_left(t, time(NULL))));
	}
}

json_t *gateway_webhook(const struct gateway *g, const struct txn *t)
{
	json_t *body = t->state == TXN_SIGNED ? signed_body(g, t) : NULL;
	json_t *files = json_object_get(json_object_get(body, "data"), "signed_files");
	json_t *out = json_pack("{s:s, s:i, s:s, s:s, s:o}", "sp_id", t->sp_id, "status_code", body ? 200 : 400, "message", end_word(t),
		"transaction_id", t->transaction_id, "signed_files", files ? json_incref(files) : json_array());

	json_decref(body);
	return out;
}

static struct txn *dispatch(struct gateway *g, enum dialect d, bool signing, const struct call *c, struct reply *r)
{
	AUTO(wire_request_free) struct wire_request w = { 0 };
	const char *bad = wire_parse(d, signing, c->body, c->n, &w);

	if (bad)
		refuse(g, d, 400, bad, r);
	else if (!sp_ok(g, &w))
		refuse(g, d, 401, "SP_CREDENTIAL_INVALID", r);
	else if (signing)
		return sign(g, d, &w, r);
	else
		certificates(g, d, &w, customer(g, d, &w), r);
	return NULL;
}

struct txn *gateway_call(struct gateway *g, const struct call *c, struct reply *r)
{
	const char *rest = call_under(c, "POST", "/sca/sp769/v1/signatures/sign/");

	if (rest) {
		status(g, rest, r);
		return NULL;
	}
	for (size_t i = 0; i < COUNT(paths); i++) {
		if (call_is(c, "POST", paths[i].certificate))
			return dispatch(g, (enum dialect)i, false, c, r);
		if (call_is(c, "POST", paths[i].sign))
			return dispatch(g, (enum dialect)i, true, c, r);
	}
	reply_error(r, 404, "no_such_call");
	return NULL;
}
