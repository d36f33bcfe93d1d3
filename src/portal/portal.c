#include "portal/portal.h"

#include "portal/multipart.h"

#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/text.h"
#include "net/net.h"
#include "net/service.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 20, KEY_MAX = 64, CODE_MAX = 64, TEXT_MAX = 2000, ASK_AGAIN = 3, ASK_GAP_MS = 1000, UPLOAD_QUIET_S = 60 };

/* Keys and codes stand in addresses and headers: what else they could hold is refused, not escaped. */
static bool is_plain(const char *s, size_t max)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return n > 0 && n <= max && s[n] == '\0' && strspn(s, ".") != n;
}

/* ---- answers --------------------------------------------------------------------------------------------------------- */

/* A copy in which every string is fit for a screen; NULL when it is too deep, too wide or too long. */
static json_t *cleaned(const json_t *j, int depth)
{
	const char *key;
	json_t *v, *out;
	size_t i;

	if (json_is_string(j)) {
		AUTO(mem_free) char *s = text_clean(json_string_value(j), false);
		return strlen(s) > TEXT_MAX ? NULL : json_string(s);
	}
	if (!json_is_array(j) && !json_is_object(j))
		return json_incref((json_t *)j);
	if (depth == 0 || json_array_size(j) > 200 || json_object_size(j) > 50)
		return NULL;
	out = json_is_array(j) ? json_array() : json_object();
	json_array_foreach((json_t *)j, i, v) {
		if (json_array_append_new(out, cleaned(v, depth - 1)) < 0) {
			json_decref(out);
			return NULL;
		}
	}
	json_object_foreach((json_t *)j, key, v) {
		if (json_object_set_new(out, key, cleaned(v, depth - 1)) < 0) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

static int copy(const json_t *body, json_t *result, const char *const *names, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_object_get(body, names[i]);
		json_t *c = v ? cleaned(v, 6) : json_null();
		if (!c)
			return err_set(e, ERR_SERVICE_ODD, "intake: field %s is too big", names[i]);
		json_object_set_new(result, names[i], c);
	}
	return 0;
}

static int taken(const json_t *body, json_t *result, struct err *e)
{
	static const char *const names[] = { "code", "state", "state_text", "received_at", "due" };
	const char *code = json_need_str(body, "code", e);

	if (!code)
		return err_add(e, "intake");
	if (!is_plain(code, CODE_MAX))
		return err_set(e, ERR_SERVICE_ODD, "intake: the dossier code is malformed");
	return copy(body, result, names, COUNT(names), e);
}

/* 4xx: {"error":"empty_file"} -> reason "intake.empty-file". */
static int rejected(const struct service_answer *a, struct err *e)
{
	char id[32], reason[48];
	const char *s = json_str(a->body, "error", "");
	size_t n = 0;

	for (; s[n] && n + 1 < sizeof id && (islower((unsigned char)s[n]) || isdigit((unsigned char)s[n]) || s[n] == '_' || s[n] == '-'); n++)
		id[n] = s[n] == '_' ? '-' : s[n];
	id[n] = '\0';
	err_set(e, ERR_REJECTED, "intake: HTTP %ld", a->status);
	if (!n || s[n])
		snprintf(reason, sizeof reason, "intake.http-%ld", a->status);
	else
		snprintf(reason, sizeof reason, "intake.%s", id);
	return err_reason(e, reason);
}

static int refused(const struct service_answer *a, struct err *e)
{
	switch (a->status) {
	case 400: case 409: case 413: case 415: case 422:
		return rejected(a, e);
	default:
		return service_status_err(a, "intake", e);
	}
}

/* ---- asking by key ----------------------------------------------------------------------------------------------------- */

static int get(struct job_call *call, const char *path, struct service_answer *a, struct err *e)
{
	struct net_watch w = net_watch_call(call);
	struct service_call s = { .section = "portal", .method = "GET", .path = path, .max_answer = ANSWER_MAX };

	return service_json(call->config, &s, a, &w, e);
}

/* 1: it is there and told; 0: it never arrived; -1: nobody knows. */
static int ask(struct job_call *call, const char *key, struct err *e)
{
	AUTO(service_answer_clear) struct service_answer a = { 0 };
	AUTO(mem_free) char *path = mem_printf("/deliveries/%s", key);

	if (get(call, path, &a, e) < 0)
		return -1;
	if (a.status == 404)
		return 0;
	if (a.status != 200)
		return service_status_err(&a, "intake", e);
	return taken(a.body, call->result, e) < 0 ? -1 : 1;
}

int portal_find(struct job_call *call, struct err *e)
{
	const char *key = json_str(call->args, "key", "");

	if (!is_plain(key, KEY_MAX))
		return err_set(e, ERR_USAGE, "portal.find: key");
	int rc = ask(call, key, e);
	if (rc == 0)
		return err_set(e, ERR_NOT_FOUND, "intake: nothing arrived under this key");
	return rc < 0 ? -1 : 0;
}

/* After a fault behind the request: the outcome is asked for before anything is told (NT4). 1: it arrived; 0: it did not;
 * -1: still unknown, or given up. */
static int ask_again(struct job_call *call, const char *key)
{
	struct pollfd p = { .fd = call_cancel_fd(call), .events = POLLIN };
	struct err e = { 0 };

	for (int i = 0; i < ASK_AGAIN; i++) {
		int rc = ask(call, key, &e);
		if (rc >= 0)
			return rc;
		if (e.kind == ERR_CANCELLED || (i + 1 < ASK_AGAIN && poll(&p, 1, ASK_GAP_MS) > 0))
			return -1;
	}
	log_err("portal.ask", &e);
	return -1;
}

/* ---- sending --------------------------------------------------------------------------------------------------------- */

/* What was shown is what is sent (rule G3): the bytes in the descriptor are the ones whose hash the dossier names. */
static int add_files(struct job_call *call, struct multipart *m, const json_t *files, struct err *e)
{
	for (size_t i = 0; i < json_array_size(files); i++) {
		const json_t *f = json_array_get(files, i);
		unsigned char sum[32];
		int fd = call_fd(call, i, e);
		if (fd < 0 || sha256_fd(sum, fd, e) < 0)
			return -1;
		AUTO(mem_free) char *hex = hex_text(sum, sizeof sum);
		if (strcmp(hex, json_str(f, "sha256", "")) != 0)
			return err_set(e, ERR_INTERNAL, "attachment %zu is not the file that the dossier names", i);
		AUTO(mem_free) char *name = text_clean(json_str(f, "name", "file.pdf"), false);
		if (multipart_file(m, "files", name, fd, e) < 0)
			return -1;
	}
	return 0;
}

static int lay_out(struct job_call *call, struct multipart *m, struct err *e)
{
	json_t *dossier = json_object_get(call->args, "dossier"), *files = json_object_get(call->args, "files");

	if (!json_is_object(dossier) || !json_is_array(files) || json_array_size(files) > JOB_FDS_MAX)
		return err_set(e, ERR_USAGE, "portal.send: dossier or files");
	AUTO(json_release) json_t *whole = json_copy(dossier);
	json_object_set(whole, "files", files);
	AUTO(mem_free) char *text = json_text(whole);
	if (multipart_begin(m, e) < 0)
		return -1;
	multipart_text(m, "dossier", "application/json; charset=utf-8", text);
	explicit_bzero(text, strlen(text));
	if (add_files(call, m, files, e) < 0)
		return -1;
	multipart_end(m);
	return 0;
}

static int post(struct job_call *call, const char *key, const struct multipart *m, struct service_answer *out, struct err *e)
{
	AUTO(mem_free) char *url = NULL;
	AUTO(mem_free) char *idempotent = mem_printf("Idempotency-Key: %s", key);
	AUTO(net_answer_clear) struct net_answer a = { 0 };
	const char *headers[] = { m->content_type, idempotent, "Accept: application/json", NULL };
	struct net_request r = { .method = "POST", .headers = headers, .pieces = m->pieces, .npieces = m->npieces,
				 .max_answer = ANSWER_MAX, .low_seconds = UPLOAD_QUIET_S };

	if (service_request(call->config, "portal", "/dossiers", &r, &url, e) < 0)
		return -1;
	int rc = net_fetch(&r, &a, call, e);
	out->status = a.status;
	out->retry_after = a.retry_after;
	out->sent = a.sent;
	if (rc < 0)
		return err_add(e, "intake");
	if (a.body->n)
		out->body = json_parse(a.body->p, a.body->n, ANSWER_MAX, NULL);
	return 0;
}

/* The reason says what a repetition later must know: "intake.unknown" until the key could be asked for. */
static int after_fault(struct job_call *call, const char *key, bool sent, struct err *e)
{
	if (!sent || e->kind == ERR_CANCELLED)
		return -1;
	int rc = ask_again(call, key);
	if (rc > 0)
		return 0;
	return rc == 0 ? err_reason(e, "intake.not-arrived") : err_reason(e, "intake.unknown");
}

int portal_send(struct job_call *call, struct err *e)
{
	const char *key = json_str(call->args, "key", "");
	AUTO(multipart_clear) struct multipart m = { 0 };
	AUTO(service_answer_clear) struct service_answer a = { 0 };

	if (!is_plain(key, KEY_MAX))
		return err_set(e, ERR_USAGE, "portal.send: key");
	if (lay_out(call, &m, e) < 0)
		return -1;
	if (!json_is(call->args, "first")) {
		int there = ask(call, key, e);
		if (there != 0)
			return there < 0 ? -1 : 0;
	}
	if (post(call, key, &m, &a, e) < 0)
		return after_fault(call, key, a.sent, e);
	if (a.status == 200 || a.status == 201) {
		if (taken(a.body, call->result, e) == 0)
			return 0;
		return after_fault(call, key, true, e);         /* it may have been taken, and the answer mangled */
	}
	refused(&a, e);
	return a.status >= 500 ? after_fault(call, key, true, e) : -1;
}

/* ---- following --------------------------------------------------------------------------------------------------------- */

int portal_status(struct job_call *call, struct err *e)
{
	static const char *const names[] = { "code", "state", "state_text", "due", "receipt", "missing" };
	const char *code = json_str(call->args, "code", "");
	AUTO(service_answer_clear) struct service_answer a = { 0 };
	AUTO(mem_free) char *path = mem_printf("/dossiers/%s", code);

	/* People type what stands on a slip; what cannot be a code is not found, and nobody is asked. */
	if (!is_plain(code, CODE_MAX))
		return err_set(e, ERR_NOT_FOUND, "intake: no such code");
	if (get(call, path, &a, e) < 0)
		return -1;
	if (a.status == 404)
		return err_set(e, ERR_NOT_FOUND, "intake: no such code");
	if (a.status != 200)
		return service_status_err(&a, "intake", e);
	if (!json_need_str(a.body, "code", e))
		return -1;
	return copy(a.body, call->result, names, COUNT(names), e);
}
