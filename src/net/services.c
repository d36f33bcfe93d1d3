#include "net/services.h"

#include "net/net.h"
#include "net/service.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STAMP_MAX = 65536, OCSP_MAX = 262144, CRL_MAX = 20 << 20, SKEW_MAX = 60 };

/* ---- time-stamp -------------------------------------------------------------------------------------------------- */

int net_tsa_stamp(struct job_call *call, struct err *e)
{
	static const char *const headers[] = { "Content-Type: application/timestamp-query",
					       "Accept: application/timestamp-reply", NULL };
	AUTO(buf_free) struct buf request = { 0 };
	AUTO(net_answer_clear) struct net_answer a = { 0 };
	AUTO(mem_free) char *url = NULL;
	AUTO(mem_free) char *text = NULL;
	struct net_request r = { .method = "POST", .headers = headers, .total_ms = 30000, .max_answer = STAMP_MAX, .plain_ok = true };

	if (base64_bytes(json_str(call->args, "request", ""), &request, e) < 0 || request.n == 0)
		return err_set(e, ERR_USAGE, "tsa.stamp without a request");
	if (service_request(call->config, "tsa", "", &r, &url, e) < 0)
		return -1;
	r.body = request.p;
	r.body_len = request.n;
	if (net_fetch(&r, &a, call, e) < 0)
		return err_add(e, "tsa");
	if (a.status != 200)
		return service_status_err(&(struct service_answer){ .status = a.status, .retry_after = a.retry_after }, "tsa", e);
	text = base64_text(a.body->p, a.body->n);
	json_put_str(call->result, "response", text);
	return 0;
}

/* ---- revocation -------------------------------------------------------------------------------------------------- */

static bool under(const char *url, const char *prefix)
{
	size_t n = strlen(prefix);

	if (n < 8 || strncmp(url, prefix, n) != 0)
		return false;
	return prefix[n - 1] == '/' || url[n] == '/' || url[n] == '\0';
}

bool net_url_allowed(const struct config *c, const char *url)
{
	const json_t *list = config_at(c, "revocation.allow");
	size_t i;
	json_t *one;

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return false;
	json_array_foreach((json_t *)list, i, one) {
		if (json_is_string(one) && under(url, json_string_value(one)))
			return true;
	}
	return false;
}

/* One answer into result.name; only a cancel is an error: an authority that is silent is no reason to lose the other. */
static int had(struct job_call *call, const char *name, struct net_request *r, struct err *e)
{
	AUTO(net_answer_clear) struct net_answer a = { 0 };
	struct err why = { 0 };

	if (!net_url_allowed(call->config, r->url)) {
		log_line("revocation.not-allowed", "%s address of a certificate is under no prefix of revocation.allow", name);
		return 0;
	}
	r->plain_ok = true;
	r->total_ms = r->body ? 15000 : 60000;
	if (net_fetch(r, &a, call, &why) < 0) {
		if (why.kind == ERR_CANCELLED) {
			*e = why;
			return -1;
		}
		log_err("revocation.failed", &why);
		return 0;
	}
	if (a.status != 200 || a.body->n == 0) {
		log_line("revocation.failed", "%s: HTTP %ld, %zu bytes", name, a.status, a.body->n);
		return 0;
	}
	AUTO(mem_free) char *text = base64_text(a.body->p, a.body->n);
	json_put_str(call->result, name, text);
	return 0;
}

int net_revocation_fetch(struct job_call *call, struct err *e)
{
	static const char *const headers[] = { "Content-Type: application/ocsp-request", "Accept: application/ocsp-response", NULL };
	AUTO(buf_free) struct buf request = { 0 };
	const char *ocsp = json_str(call->args, "ocsp_url", ""), *crl = json_str(call->args, "crl_url", "");

	if (base64_bytes(json_str(call->args, "ocsp_request", ""), &request, e) < 0)
		return err_set(e, ERR_USAGE, "revocation.fetch: ocsp_request is not base64");
	if (*ocsp && request.n) {
		struct net_request r = { .method = "POST", .url = ocsp, .headers = headers, .body = request.p,
					 .body_len = request.n, .max_answer = OCSP_MAX };
		if (had(call, "ocsp", &r, e) < 0)
			return -1;
	}
	if (*crl) {
		struct net_request r = { .method = "GET", .url = crl, .max_answer = CRL_MAX };
		if (had(call, "crl", &r, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- clock ------------------------------------------------------------------------------------------------------- */

int net_clock_check(struct job_call *call, struct err *e)
{
	AUTO(net_answer_clear) struct net_answer a = { 0 };
	AUTO(mem_free) char *url = NULL;
	struct net_request r = { .method = "GET", .total_ms = 15000 };
	char reason[48];

	/* Any answer carries a Date; without a token this one costs the service nothing. */
	if (service_request(call->config, "identity", "/profiles", &r, &url, e) < 0)
		return -1;
	int64_t began = clock_ms();
	if (net_fetch(&r, &a, call, e) < 0)
		return err_add(e, "clock");
	if (!a.date) {
		err_set(e, ERR_SERVICE_ODD, "clock: answer without a Date");
		return err_reason(e, "clock.no-date");
	}
	/* The Date was written somewhere between sending and receiving: half of that is taken off. */
	long long skew = (long long)clock_now() - (clock_ms() - began) / 2000 - a.date;
	json_object_set_new(call->result, "skew", json_integer(skew));
	if (llabs(skew) <= SKEW_MAX)
		return 0;
	err_set(e, ERR_CLOCK_WRONG, "clock differs by %lld s from the identity service", skew);
	snprintf(reason, sizeof reason, "clock.%s-%lld", skew > 0 ? "ahead" : "behind", llabs(skew));
	return err_reason(e, reason);
}
