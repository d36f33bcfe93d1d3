/* Which path belongs to which service. */
#include <string.h>

#include "sandbox/bytes.h"
#include "sandbox/page.h"
#include "sandbox/pki.h"
#include "sandbox/web.h"

enum { BODY_SMALL = 64 << 10, BODY_JSON = 256 << 10, BODY_PROFILES = 1 << 20 };

size_t route_body_max(bool https, const char *path)
{
	if (!https)
		return BODY_SMALL;
	if (!strcmp(path, "/portal/dossiers"))
		return INTAKE_BODY_MAX;
	return !strcmp(path, "/identity/profiles") ? BODY_PROFILES : BODY_JSON;
}

struct txn *route_https(struct box *b, const struct call *c, struct reply *r)
{
	if (gateway_owns(c->path))
		return gateway_call(&b->gateway, c, r);
	if (!strncmp(c->path, "/identity/", 10))
		identity_call(&b->identity, c, r);
	else if (!strncmp(c->path, "/portal/", 8))
		intake_call(&b->intake, c, r);
	else
		reply_error(r, 404, "no_such_call");
	return NULL;
}

/* ---- revocation and certificates ------------------------------------------------------------------------------------ */
static void lists(const struct ca *ca, const char *name, struct reply *r)
{
	static const struct {
		const char *name;
		int authority;
		bool root;
	} rows[] = {
		{ "issuing.crl", AUTHORITY_PUBLIC, false }, { "root.crl", AUTHORITY_PUBLIC, true },
		{ "gov-issuing.crl", AUTHORITY_GOVERNMENT, false }, { "gov-root.crl", AUTHORITY_GOVERNMENT, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char *der;
		int len = 0;

		if (strcmp(rows[i].name, name))
			continue;
		der = ca_crl(ca, &ca->authorities[rows[i].authority], rows[i].root, &len);
		reply_bytes(r, 200, "application/pkix-crl", der, len > 0 ? (size_t)len : 0);
		OPENSSL_free(der);
		return;
	}
	reply_error(r, 404, "no_such_list");
}

static void certificate(const struct ca *ca, const char *name, struct reply *r)
{
	const struct authority *a = &ca->authorities[strncmp(name, "gov-", 4) ? AUTHORITY_PUBLIC : AUTHORITY_GOVERNMENT];
	const X509 *cert = strstr(name, "issuing.cer") ? a->issuing.cert : strstr(name, "root.cer") ? a->root.cert : NULL;
	unsigned char *der;
	int len;

	if (!cert) {
		reply_error(r, 404, "no_such_certificate");
		return;
	}
	der = ca_der(cert, &len);
	reply_bytes(r, 200, "application/pkix-cert", der, (size_t)len);
	OPENSSL_free(der);
}

static void ocsp(const struct ca *ca, const void *p, size_t n, struct reply *r)
{
	AUTO(buf_free) struct buf out = { 0 };

	if (ocsp_respond(ca, p, n, &out))
		reply_bytes(r, 200, "application/ocsp-response", out.p, out.n);
	else
		reply_error(r, 500, "ocsp");
}

static bool trust_services(const struct ca *ca, const struct call *c, struct reply *r)
{
	const char *b64 = call_under(c, "GET", "/ocsp/"), *crl = call_under(c, "GET", "/crl/"), *cer = call_under(c, "GET", "/ca/");
	AUTO(buf_free) struct buf out = { 0 };

	if (call_is(c, "POST", "/tsa")) {
		if (tsa_respond(ca, c->body, c->n, &out))
			reply_bytes(r, 200, "application/timestamp-reply", out.p, out.n);
		else
			reply_error(r, 500, "tsa");
	} else if (call_is(c, "POST", "/ocsp")) {
		ocsp(ca, c->body, c->n, r);
	} else if (b64) {
		bool good = bytes_from_b64(b64, &out);

		ocsp(ca, good ? (const void *)out.p : "", good ? out.n : 0, r);
	} else if (crl) {
		lists(ca, crl, r);
	} else if (cer) {
		certificate(ca, cer, r);
	} else {
		return false;
	}
	return true;
}

/* ---- /control ------------------------------------------------------------------------------------------------------- */
static bool control_one(struct box *b, const json_t *j, struct page_call *c)
{
	json_t *delay = json_object_get(j, "delay"), *shape = json_object_get(j, "shape");
	const char *network = call_str(j, "network");

	if (json_object_get(j, "outcome") && !script_add(&b->script, j))
		return false;
	if (delay && (!json_is_number(delay) || json_number_value(delay) < 0 || json_number_value(delay) > 3600))
		return false;
	if (delay)
		b->script.delay = (int)json_number_value(delay);
	if (shape && !wire_shape_set(&b->gateway.shape, shape))
		return false;
	if (*network && strcmp(network, "cut") && strcmp(network, "restore"))
		return false;
	c->network = !*network ? 0 : strcmp(network, "cut") ? 1 : -1;
	if (json_is_true(json_object_get(j, "expire")))
		txns_expire(&b->txns);
	return true;
}

static void control(struct box *b, struct page_call *c, struct reply *r)
{
	json_t *j = call_json(&c->call);

	if (!c->loopback)
		reply_error(r, 403, "loopback_only");
	else if (j && json_object_size(j) && control_one(b, j, c))
		reply_json(r, 200, json_pack("{s:b}", "ok", 1));
	else
		reply_error(r, 400, "control");
	json_decref(j);
}

void route_http(struct box *b, struct page_call *c, struct reply *r)
{
	const char *path = c->call.path;

	if (trust_services(b->ca, &c->call, r))
		return;
	if (!strncmp(path, "/phone", 6))
		phone_call(b, c, r);
	else if (!strncmp(path, "/desk", 5))
		desk_call(b, c, r);
	else if (call_is(&c->call, "POST", "/control"))
		control(b, c, r);
	else if (call_is(&c->call, "GET", "/"))
		reply_see(r, mem_str("/phone"));
	else
		reply_error(r, 404, "no_such_page");
}
