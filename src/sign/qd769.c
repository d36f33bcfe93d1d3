/* Calls of the 769 family. */
#include "sign/qd769.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/seal.h"
#include "net/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 20, SMALL_MS = 30000, STATUS_MS = 15000,
       GRACE_S = 30 /* a gateway counts down about 330 s */ };

static int call(struct sign_link *l, const char *path, json_t *body, long total_ms, struct service_answer *a,
                struct sign_reply *reply, struct err *e)
{
	struct service_call s = { .section = l->section, .method = "POST", .path = path, .body = body,
				  .total_ms = total_ms, .max_answer = ANSWER_MAX };

	int rc = service_json(l->config, &s, a, l->watch, e);
	json_decref(body);
	reply->sent = a->sent;
	if (rc < 0) {
		/* Noise instead of an answer is the provider's word too, and no answer that will come later. */
		if (e->kind == ERR_SERVICE_ODD && a->sent) {
			reply->answered = true;
			e->kind = ERR_PROVIDER_ERROR;
			return err_reason(e, "sign.garbage");
		}
		return -1;
	}
	/* A proxy in front of the gateway knows nothing about what became of the request. */
	if (a->status >= 502 && a->status <= 504) {
		err_set(e, ERR_SERVICE_DOWN, "gateway: HTTP %ld", a->status);
		return err_reason(e, "net.http-50x");
	}
	reply->answered = true;
	if (a->status < 400 && (a->status != 200 || !json_is_object(a->body))) {
		err_set(e, ERR_PROVIDER_ERROR, "gateway: HTTP %ld without an object", a->status);
		return err_reason(e, "sign.garbage");
	}
	return qd769_judge(l, a->status, a->body, e);
}

static int new_transaction(char out[40], struct err *e)
{
	unsigned char r[16];

	if (seal_random(r, sizeof r, e) < 0)
		return -1;
	r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
	r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
	AUTO(mem_free) char *hex = hex_text(r, sizeof r);
	snprintf(out, 40, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
	return 0;
}

static int certificates(struct sign_link *l, const struct sign_request *r, json_t *out, struct err *e)
{
	const struct qd769 *d = l->way->data;
	AUTO(service_answer_clear) struct service_answer a = { 0 };
	struct sign_reply reply = { 0 };
	char transaction[40];

	if (new_transaction(transaction, e) < 0)
		return -1;
	if (call(l, d->certificates, qd769_certificates_body(l, r, transaction), SMALL_MS, &a, &reply, e) < 0)
		return -1;
	return qd769_read_certificates(a.body, r->serial ? r->serial : "", out, e);
}

/* Signatures that are there, or the time that is left. */
static int news(const struct service_answer *a, struct sign_request *r, struct sign_reply *reply, struct err *e)
{
	long long left = json_int(a->body, "data.expired_in", 0);

	int got = qd769_read_signatures(a->body, r, e);
	if (got < 0)
		return -1;
	reply->news = got ? SIGN_DONE : SIGN_WAITING;
	reply->seconds_left = left > 0 && left <= SIGN_TIMEOUT_MAX ? (long)left : 0;
	return 0;
}

static int submit(struct sign_link *l, struct sign_request *r, struct sign_reply *reply, struct err *e)
{
	const struct qd769 *d = l->way->data;
	AUTO(service_answer_clear) struct service_answer a = { 0 };
	long ms = d->blocks ? (r->timeout + GRACE_S) * 1000 : SMALL_MS;

	if (call(l, d->sign, qd769_sign_body(l, r, clock_now()), ms, &a, reply, e) < 0)
		return -1;
	return news(&a, r, reply, e);
}

static int poll_status(struct sign_link *l, struct sign_request *r, struct sign_reply *reply, struct err *e)
{
	const struct qd769 *d = l->way->data;
	AUTO(service_answer_clear) struct service_answer a = { 0 };
	const char *at = strstr(d->status, "%s");
	AUTO(mem_free) char *path = at ? mem_printf("%.*s%s%s", (int)(at - d->status), d->status, r->transaction, at + 2)
				       : mem_str(d->status);

	if (call(l, path, qd769_status_body(l, r), STATUS_MS, &a, reply, e) < 0)
		return -1;
	return news(&a, r, reply, e);
}

const struct sign_ops qd769_ops = { .certificates = certificates, .submit = submit, .poll = poll_status };
