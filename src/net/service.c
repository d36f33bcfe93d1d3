#include "net/service.h"

#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEARER_MAX = 4096 };

static const char *setting(const struct config *c, const char *section, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s.%s", section, name);
	return config_str(c, path, NULL);
}

int service_request(const struct config *c, const char *section, const char *path, struct net_request *r, char **url,
                    struct err *e)
{
	const char *base = setting(c, section, "url");

	if (!base || !*base)
		return err_set(e, ERR_CONFIG, "%s.url is not configured", section);
	size_t n = strlen(base);
	while (n && base[n - 1] == '/')
		n--;
	*url = mem_printf("%.*s%s", (int)n, base, path);
	r->url = *url;
	r->ca_file = setting(c, section, "ca");
	r->pins = setting(c, section, "pins");
	r->cert_file = setting(c, section, "cert");
	r->key_file = setting(c, section, "key");
	return 0;
}

/* JSON text is wiped when it is let go: bodies hold passwords, one-time codes, tokens. */
static void text_wipe(char **s)
{
	if (*s)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

static int bearer_line(const char *token, char **line, struct err *e)
{
	size_t n = strlen(token);

	if (n == 0 || n > BEARER_MAX)
		return err_set(e, ERR_LOGIN_GONE, "token of %zu bytes", n);
	for (const char *s = token; *s; s++)
		if (*s <= ' ' || *s > '~')
			return err_set(e, ERR_LOGIN_GONE, "token with a foreign byte");
	*line = mem_printf("Authorization: Bearer %s", token);
	return 0;
}

static int read_body(const struct net_answer *a, size_t max, struct service_answer *out, struct err *e)
{
	struct err bad = { 0 };

	if (!a->body->n)
		return 0;
	out->body = json_parse(a->body->p, a->body->n, max, &bad);
	/* An error page of a proxy is no JSON; its status says enough. */
	if (out->body || a->status >= 300)
		return 0;
	err_set(e, ERR_SERVICE_ODD, "%s", bad.cause);
	return err_reason(e, "net.not-json");
}

int service_json(const struct config *c, const struct service_call *s, struct service_answer *out, struct net_watch *w,
                 struct err *e)
{
	AUTO(text_wipe) char *bearer = NULL, *text = NULL;
	AUTO(mem_free) char *url = NULL;
	AUTO(net_answer_clear) struct net_answer a = { 0 };
	const char *headers[4] = { "Accept: application/json" };
	struct net_request r = { .method = s->method, .headers = headers, .total_ms = s->total_ms ? s->total_ms : 30000,
				 .max_answer = s->max_answer ? s->max_answer : 1 << 20 };
	size_t n = 1;

	*out = (struct service_answer){ 0 };
	if (service_request(c, s->section, s->path, &r, &url, e) < 0)
		return -1;
	if (s->body) {
		text = json_text(s->body);
		r.body = text;
		r.body_len = strlen(text);
		headers[n++] = "Content-Type: application/json";
	}
	if (s->bearer) {
		if (bearer_line(s->bearer, &bearer, e) < 0)
			return -1;
		headers[n++] = bearer;
	}
	int rc = net_fetch_watched(&r, &a, w, e);
	out->status = a.status;
	out->retry_after = a.retry_after;
	out->sent = a.sent;
	if (rc < 0 || read_body(&a, r.max_answer, out, e) < 0)
		return err_add(e, "%s %s%s", s->method, s->section, s->path);
	return 0;
}

void service_answer_clear(struct service_answer *a)
{
	json_decref(a->body);
	*a = (struct service_answer){ 0 };
}

int service_wait_reason(const struct service_answer *a, struct err *e)
{
	long long s = json_int(a->body, "retry_after", a->retry_after);
	char reason[32];

	if (s <= 0 || s > 86400)
		return -1;
	snprintf(reason, sizeof reason, "wait-%lld", s);
	return err_reason(e, reason);
}

int service_status_err(const struct service_answer *a, const char *what, struct err *e)
{
	char reason[32];

	if (a->status == 429) {
		err_set(e, ERR_SERVICE_DOWN, "%s: HTTP 429", what);
		return service_wait_reason(a, e);
	}
	err_set(e, a->status >= 500 ? ERR_SERVICE_DOWN : ERR_SERVICE_ODD, "%s: HTTP %ld", what, a->status);
	snprintf(reason, sizeof reason, "net.http-%ld", a->status);
	return err_reason(e, reason);
}
