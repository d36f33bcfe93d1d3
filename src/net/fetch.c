#include "net/net.h"

#include "net/transfer.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static void easy_release(CURL **c)
{
	if (*c)
		curl_easy_cleanup(*c);
}

static void multi_release(CURLM **m)
{
	if (*m)
		curl_multi_cleanup(*m);
}

static void list_release(struct curl_slist **l)
{
	curl_slist_free_all(*l);
}

static int list_add(struct curl_slist **l, const char *line, struct err *e)
{
	if (strpbrk(line, "\r\n"))      /* a header may carry a token from outside */
		return err_set(e, ERR_INTERNAL, "line end inside a request header");
	struct curl_slist *more = curl_slist_append(*l, line);
	if (!more)
		return err_set(e, ERR_INTERNAL, "curl_slist_append");
	*l = more;
	return 0;
}

/* A second reading of the body is refused: libcurl must never send a request again by itself. */
static int never_again(void *self, curl_off_t offset, int origin)
{
	(void)self, (void)offset, (void)origin;
	return CURL_SEEKFUNC_FAIL;
}

#define SET(opt, value) \
	do { \
		CURLcode rc_ = curl_easy_setopt(c, opt, value); \
		if (rc_ != CURLE_OK) \
			return err_set(e, ERR_INTERNAL, "curl_easy_setopt " #opt ": %d", (int)rc_); \
	} while (0)

static int set_connection(CURL *c, const struct net_request *r, struct err *e)
{
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROXY, "");                 /* NT1: unset would mean "whatever the environment says" */
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_PROTOCOLS_STR, r->plain_ok ? "http,https" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	/* One fresh HTTP/1.1 connection a request: a reused one that died would make libcurl send the request again. */
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);         /* a gateway may be silent for five minutes behind a NAT */
	SET(CURLOPT_CONNECTTIMEOUT_MS, r->connect_ms > 0 ? r->connect_ms : 10000L);
	if (r->total_ms > 0) {
		SET(CURLOPT_TIMEOUT_MS, r->total_ms);
		return 0;
	}
	SET(CURLOPT_LOW_SPEED_LIMIT, 100L);
	SET(CURLOPT_LOW_SPEED_TIME, r->low_seconds > 0 ? r->low_seconds : 20L);
	return 0;
}

static int set_tls(CURL *c, const struct net_request *r, struct err *e)
{
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (r->ca_file) {
		SET(CURLOPT_CAINFO, r->ca_file);
		SET(CURLOPT_CAPATH, NULL);      /* Debian's default folder would let every public CA in as well */
	}
	if (r->pins)
		SET(CURLOPT_PINNEDPUBLICKEY, r->pins);      /* NT2: on top of CAINFO, never instead */
	if (r->cert_file)
		SET(CURLOPT_SSLCERT, r->cert_file);
	if (r->key_file)
		SET(CURLOPT_SSLKEY, r->key_file);
	return 0;
}

static int set_request(CURL *c, struct transfer *t, struct curl_slist **headers, struct err *e)
{
	const struct net_request *r = t->r;

	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_USERAGENT, "tramky");
	SET(CURLOPT_ERRORBUFFER, t->text);
	SET(CURLOPT_HEADERFUNCTION, transfer_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEFUNCTION, transfer_write);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->cap);
	SET(CURLOPT_READFUNCTION, transfer_read);
	SET(CURLOPT_READDATA, t);
	SET(CURLOPT_SEEKFUNCTION, never_again);
	if (strcmp(r->method, "POST") == 0) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->total);
	} else if (strcmp(r->method, "PUT") == 0) {
		SET(CURLOPT_UPLOAD, 1L);
		SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->total);
	} else if (strcmp(r->method, "GET") == 0 && t->total == 0) {
		SET(CURLOPT_HTTPGET, 1L);
	} else {
		return err_set(e, ERR_INTERNAL, "method %s", r->method);
	}
	if (list_add(headers, "Expect:", e) < 0)        /* no pause before the body: some gateways never answer it */
		return -1;
	for (size_t i = 0; r->headers && r->headers[i]; i++)
		if (list_add(headers, r->headers[i], e) < 0)
			return -1;
	SET(CURLOPT_HTTPHEADER, *headers);
	return 0;
}
#undef SET

/* True when the wait must end. A descriptor that is readable for another reason (the screen is gone, the job goes on) is
 * forgotten, or the loop would spin. */
static bool stopped(struct net_watch *w)
{
	struct pollfd p = { .fd = w ? w->fd : -1, .events = POLLIN };

	if (p.fd < 0 || poll(&p, 1, 0) <= 0)
		return false;
	if (!w->stop || w->stop(w->self))
		return true;
	w->fd = -1;
	return false;
}

static int wait_for(CURLM *m, struct net_watch *w, CURLcode *code, struct err *e)
{
	int running = 1, left = 0;
	int64_t ticked = clock_ms();

	for (;;) {
		CURLMcode rc = curl_multi_perform(m, &running);
		if (rc != CURLM_OK)
			return err_set(e, ERR_INTERNAL, "curl_multi_perform: %d", (int)rc);
		if (!running)
			break;
		struct curl_waitfd extra = { .fd = w ? w->fd : -1, .events = CURL_WAIT_POLLIN };
		rc = curl_multi_poll(m, &extra, extra.fd >= 0 ? 1 : 0, 1000, NULL);
		if (rc != CURLM_OK)
			return err_set(e, ERR_INTERNAL, "curl_multi_poll: %d", (int)rc);
		if (stopped(w))
			return err_set(e, ERR_CANCELLED, "request given up");
		if (w && w->tick && clock_ms() - ticked >= 1000) {
			ticked = clock_ms();
			w->tick(w->self);
		}
	}
	CURLMsg *msg = curl_multi_info_read(m, &left);
	if (!msg || msg->msg != CURLMSG_DONE)
		return err_set(e, ERR_INTERNAL, "curl ended without a message");
	*code = msg->data.result;
	return 0;
}

int net_fetch_watched(const struct net_request *r, struct net_answer *out, struct net_watch *w, struct err *e)
{
	static bool ready;
	struct transfer t;
	CURLcode code = CURLE_OK;

	*out = (struct net_answer){ .body = mem_alloc(sizeof *out->body) };
	if (!ready && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, ERR_INTERNAL, "curl_global_init");
	ready = true;
	if (transfer_begin(&t, r, out, e) < 0)
		return -1;
	/* Released last to first: the easy handle before the list it borrows. */
	AUTO(list_release) struct curl_slist *headers = NULL;
	AUTO(multi_release) CURLM *m = curl_multi_init();
	AUTO(easy_release) CURL *c = curl_easy_init();
	if (!m || !c)
		return err_set(e, ERR_INTERNAL, "curl_easy_init");
	if (set_connection(c, r, e) < 0 || set_tls(c, r, e) < 0 || set_request(c, &t, &headers, e) < 0)
		return -1;
	if (curl_multi_add_handle(m, c) != CURLM_OK)
		return err_set(e, ERR_INTERNAL, "curl_multi_add_handle");
	int rc = wait_for(m, w, &code, e);
	if (rc == 0)
		rc = transfer_end(&t, c, code, e);
	else
		(void)transfer_end(&t, c, CURLE_OK, NULL);
	curl_multi_remove_handle(m, c);
	return rc;
}

void net_answer_clear(struct net_answer *a)
{
	if (a->body) {
		if (a->body->p)
			explicit_bzero(a->body->p, a->body->cap);
		buf_free(a->body);
	}
	free(a->body);
	free(a->content_type);
	*a = (struct net_answer){ 0 };
}
