#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "main/doc.h"

static const char *status_id(enum cert_status s)
{
	switch (s) {
	case CERT_GOOD:
		return "good";
	case CERT_REVOKED:
		return "revoked";
	case CERT_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

static void put_check(json_t *to, const struct cert *c, const struct cert_check *k)
{
	json_put(to, "certificate", cert_json(c));
	json_put(to, "usable", json_boolean(k->usable));
	json_put_str(to, "status", status_id(k->status));
	json_put_str(to, "source", k->source);
	json_put(to, "days_left", json_integer(k->days_left));
	json_put(to, "reasons", json_incref(k->reasons));
	json_put_str(to, "anchor", k->anchor);
	json_put_str(to, "ocsp_url", cert_ocsp_url(c));
	json_put_str(to, "crl_url", cert_crl_url(c));
}

int doc_certificate(struct job_call *call, struct err *e)
{
	AUTO(cert_release) struct cert *c = arg_cert(call->args, e);
	AUTO(arg_chain_clear) struct arg_chain chain = { 0 };
	AUTO(buf_free) struct buf ocsp = { 0 }, crl = { 0 }, asked = { 0 }, request = { 0 };
	AUTO(cert_check_clear) struct cert_check check = { 0 };
	const struct trust_store *trust;
	const char *at = json_str(call->args, "at", "");
	time_t when = clock_now();

	if (!c || arg_chain(call->args, "chain", &chain, e) || arg_bytes(call->args, "ocsp", &ocsp, e) ||
	    arg_bytes(call->args, "crl", &crl, e) || arg_bytes(call->args, "ocsp_request", &asked, e) ||
	    doc_trust(call->config, &trust, e))
		return -1;
	if (*at && !clock_parse(at, &when))
		return err_set(e, ERR_USAGE, "at is no time");
	struct der answer = { ocsp.p, ocsp.n };
	/* a replayed answer carries another nonce: as good as none */
	if (asked.n && ocsp.n && !ocsp_fits((struct der){ asked.p, asked.n }, answer))
		answer = (struct der){ 0 };
	if (cert_check(c, chain.der, chain.n, trust, answer, (struct der){ crl.p, crl.n }, when, &check, e))
		return -1;
	put_check(call->result, c, &check);
	if (ocsp_request_store(c, chain.der, chain.n, trust, &request, NULL) == 0)
		put_bytes(call->result, "ocsp_request", request.p, request.n);
	else
		json_put(call->result, "ocsp_request", json_null());
	return 0;
}

enum { KEYFILE_MAX = 1024 * 1024 };

static int keyfile_list(const struct buf *file, const char *password, json_t *result, struct err *e)
{
	AUTO(buf_free) struct buf cert = { 0 }, chain = { 0 };
	struct der parts[ARG_CHAIN_MAX];
	json_t *list = json_array();
	size_t n;

	json_put(result, "chain", list);
	if (p12_open(file->p, file->n, password, &cert, &chain, e))
		return -1;
	put_bytes(result, "certificate", cert.p, cert.n);
	n = der_split(chain.p, chain.n, parts, COUNT(parts));
	for (size_t i = 0; i < n; i++) {
		AUTO(mem_free) char *text = base64_text(parts[i].p, parts[i].n);
		json_array_append_new(list, json_string(text));
	}
	return 0;
}

static int keyfile_sign(const struct buf *file, const char *password, const struct buf *hash, bool pss, json_t *result, struct err *e)
{
	AUTO(buf_free) struct buf raw = { 0 };

	if (p12_sign_hash(file->p, file->n, password, (struct der){ hash->p, hash->n }, pss, &raw, e))
		return -1;
	put_bytes(result, "signature", raw.p, raw.n);
	return 0;
}

int doc_keyfile(struct job_call *call, struct err *e)
{
	const char *in_json = json_need_str(call->args, "password", e);
	AUTO(buf_free) struct buf file = { 0 }, hash = { 0 };
	AUTO(secret_wipe) struct secret password;
	int fd = call_fd(call, 0, e), rc;

	secret_init(&password);
	if (!in_json || fd < 0 || arg_bytes(call->args, "hash", &hash, e))
		return -1;
	if (strlen(in_json) >= sizeof password.p)
		return err_set(e, ERR_SECRET_WRONG, "password too long");
	strcpy(password.p, in_json);
	password.n = strlen(in_json);
	explicit_bzero((char *)(uintptr_t)in_json, password.n);
	if (fd_read_all(fd, &file, KEYFILE_MAX, e))
		return -1;
	rc = hash.n ? keyfile_sign(&file, password.p, &hash, json_is(call->args, "pss"), call->result, e)
	            : keyfile_list(&file, password.p, call->result, e);
	explicit_bzero(file.p, file.n);
	return rc;
}

/* ---- doc.anchors: what stands in files of certificates ---------------------------------------------------------------------- */
static void tell_anchor(void *self, struct der d, bool root)
{
	AUTO(cert_release) struct cert *c = cert_parse(d.p, d.n, NULL);
	json_t *one = json_object();
	char hash[65];

	if (!c) {
		json_decref(one);
		return;
	}
	sha256_hex(hash, d.p, d.n);
	json_put_str(one, "sha256", hash);
	put_bytes(one, "der", d.p, d.n);
	json_put(one, "root", json_boolean(root));
	json_put(one, "certificate", cert_json(c));
	json_array_append_new(self, one);
}

int doc_anchors(struct job_call *call, struct err *e)
{
	json_t *files = json_array();

	json_put(call->result, "files", files);
	for (size_t i = 0; i < call->nfds; i++) {
		AUTO(buf_free) struct buf b = { 0 };
		json_t *list = json_array();
		json_array_append_new(files, list);
		if (fd_read_all(call->fds[i], &b, KEYFILE_MAX, e))
			return -1;
		struct trust_store *t = trust_new();
		trust_add(t, (struct der){ b.p, b.n }, false);
		trust_each(t, tell_anchor, list);
		trust_free(t);
	}
	return 0;
}
