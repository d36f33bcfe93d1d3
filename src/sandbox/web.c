#include "sandbox/web.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <microhttpd.h>

#include "base/err.h"
#include "base/mem.h"
#include "sandbox/bytes.h"

enum { CONNECTIONS_MAX = 200, IDLE_SECONDS = 60, BODIES_MAX = 96 << 20, DRIP_MS = 1000, DRIP_MAX = 300, SWALLOW_MAX = 64 << 20 };

struct web_req {
	struct web *web;
	struct MHD_Connection *conn;
	bool https, too_big, routed, waiting;
	char *method, *path;
	size_t max, swallowed;
	struct buf body;
	struct reply reply;
	struct txn *txn;             /* borrowed: transactions outlive requests */
	int64_t wake_ms;
	size_t dripped;
	struct web_req *next;        /* in web->waiters */
};
struct web {
	struct box *box;
	struct MHD_Daemon *http, *https;
	bool cut;
	size_t bodies;               /* bytes of all bodies held */
	struct web_req *waiters;
};

/* ---- waiting: all under the box's lock -------------------------------------------------------------------------------- */
static void wait_until(struct web_req *q, int64_t ms)
{
	q->wake_ms = ms;
	q->waiting = true;
	q->next = q->web->waiters;
	q->web->waiters = q;
	MHD_suspend_connection(q->conn);
}

static void unlist(struct web_req *q)
{
	for (struct web_req **at = &q->web->waiters; *at; at = &(*at)->next)
		if (*at == q) {
			*at = q->next;
			break;
		}
	q->waiting = false;
}

static bool due(const struct web *w, const struct web_req *q, struct reply *r)
{
	if (w->cut && q->https)
		return true;
	if (q->txn)
		return gateway_answer(&w->box->gateway, q->txn, time(NULL), r);
	return bytes_ms() >= q->wake_ms;
}

static void wake(struct web *w)
{
	for (struct web_req *q = w->waiters, *next; q; q = next) {
		next = q->next;
		if (!due(w, q, &q->reply))
			continue;
		q->txn = NULL;
		unlist(q);
		MHD_resume_connection(q->conn);
	}
}

void web_tick(struct web *w)
{
	pthread_mutex_lock(&w->box->lock);
	txns_tick(&w->box->txns, time(NULL), bytes_ms());
	identity_tick(&w->box->identity, time(NULL));
	wake(w);
	pthread_mutex_unlock(&w->box->lock);
}

/* ---- answers ---------------------------------------------------------------------------------------------------------- */
/* One byte a second: what a dying link looks like. It ends after DRIP_MAX bytes. */
static ssize_t drip(void *self, uint64_t pos, char *out, size_t max)
{
	struct web_req *q = self;
	ssize_t n = 0;

	pthread_mutex_lock(&q->web->box->lock);
	if ((q->web->cut && q->https) || q->dripped >= DRIP_MAX) {
		n = MHD_CONTENT_READER_END_WITH_ERROR;
	} else if (pos >= q->reply.body.n) {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	} else if (max && bytes_ms() >= q->wake_ms) {
		*out = (char)q->reply.body.p[pos];
		q->dripped++;
		q->wake_ms = bytes_ms() + DRIP_MS;
		n = 1;
	} else {
		wait_until(q, q->wake_ms);
	}
	pthread_mutex_unlock(&q->web->box->lock);
	return n;
}

static void header(struct MHD_Response *resp, const char *name, long value)
{
	char text[24];

	if (value <= 0)
		return;
	snprintf(text, sizeof text, "%ld", value);
	MHD_add_response_header(resp, name, text);
}

static enum MHD_Result send_reply(struct web_req *q)
{
	const struct reply *r = &q->reply;
	struct MHD_Response *resp;
	enum MHD_Result rc;

	if (r->cut || (q->web->cut && q->https))
		return MHD_NO;
	resp = r->drip ? MHD_create_response_from_callback(r->body.n, 64, drip, q, NULL)
	               : MHD_create_response_from_buffer(r->body.n, r->body.p ? (void *)r->body.p : (void *)(size_t)"", MHD_RESPMEM_MUST_COPY);
	if (!resp)
		return MHD_NO;
	MHD_add_response_header(resp, "Content-Type", r->type ? r->type : "application/json; charset=utf-8");
	MHD_add_response_header(resp, "Cache-Control", "no-store");
	MHD_add_response_header(resp, "X-Content-Type-Options", "nosniff");
	if (r->location)
		MHD_add_response_header(resp, "Location", r->location);
	header(resp, "Retry-After", r->retry_after);
	header(resp, "X-Version", r->version);
	rc = MHD_queue_response(q->conn, (unsigned)(r->status ? r->status : 500), resp);
	MHD_destroy_response(resp);
	return rc;
}

/* ---- requests --------------------------------------------------------------------------------------------------------- */
static const char *header_of(struct web_req *q, const char *name)
{
	return MHD_lookup_connection_value(q->conn, MHD_HEADER_KIND, name);
}

static const char *query(struct web_req *q, const char *name)
{
	return MHD_lookup_connection_value(q->conn, MHD_GET_ARGUMENT_KIND, name);
}

static bool loopback(struct web_req *q)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(q->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr_in *in = info ? (const struct sockaddr_in *)(const void *)info->client_addr : NULL;

	return in && in->sin_family == AF_INET && ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

/* A page of another site must not press buttons here. */
static bool foreign(struct web_req *q)
{
	const char *origin = header_of(q, "Origin"), *host = header_of(q, "Host");
	const char *at = origin ? strstr(origin, "://") : NULL;

	return origin && (!at || !host || strcmp(at + 3, host));
}

static struct call call_of(struct web_req *q)
{
	const char *auth = header_of(q, "Authorization");

	return (struct call){ .method = q->method, .path = q->path, .bearer = auth && !strncmp(auth, "Bearer ", 7) ? auth + 7 : NULL,
		.idempotency = header_of(q, "Idempotency-Key"), .content_type = header_of(q, "Content-Type"),
		.body = q->body.p ? (const void *)q->body.p : "", .n = q->body.n, .now = time(NULL) };
}

/* Runs the service. Returns what /control asks of the network. Under the lock. */
static int route(struct web_req *q)
{
	struct box *b = q->web->box;
	struct page_call page = { 0 };

	if (q->https) {
		struct call c = call_of(q);

		q->txn = route_https(b, &c, &q->reply);
		return 0;
	}
	page = (struct page_call){ .call = call_of(q), .person = query(q, "person"), .version = query(q, "v"), .done = query(q, "done"),
	                           .loopback = loopback(q) };
	if (foreign(q) && strcmp(q->method, "GET"))
		reply_error(&q->reply, 403, "foreign_page");
	else
		route_http(b, &page, &q->reply);
	wake(q->web);
	return page.network;
}

static enum MHD_Result take_body(struct web_req *q, const char *data, size_t *n)
{
	pthread_mutex_lock(&q->web->box->lock);
	if (q->too_big || q->body.n + *n > q->max || q->web->bodies + *n > BODIES_MAX) {
		q->too_big = true;
		q->swallowed += *n;
		q->web->bodies -= q->body.n;
		buf_free(&q->body);
		q->body = (struct buf){ 0 };
	} else {
		buf_add(&q->body, data, *n);
		q->web->bodies += *n;
	}
	pthread_mutex_unlock(&q->web->box->lock);
	*n = 0;
	/* a client reads its 413 only when it could send to the end, but not without end */
	return q->swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
}

static struct web_req *req_new(struct web *w, struct MHD_Connection *conn, bool https, const char *method, const char *path)
{
	struct web_req *q = mem_alloc(sizeof *q);

	q->web = w;
	q->conn = conn;
	q->https = https;
	q->method = mem_str(method);
	q->path = mem_str(path);
	q->max = route_body_max(https, path);
	return q;
}

static enum MHD_Result answer(struct web_req *q)
{
	int network = 0;
	bool wait = false;

	pthread_mutex_lock(&q->web->box->lock);
	if (q->web->cut && q->https) {
		q->reply.cut = true;
	} else if (!q->routed) {
		q->routed = true;
		if (q->too_big)
			reply_error(&q->reply, 413, "too_big");
		else
			network = route(q);
		wait = q->txn != NULL;
		if (wait)
			wait_until(q, 0);
	}
	pthread_mutex_unlock(&q->web->box->lock);
	if (wait)
		return MHD_YES;
	if (network)
		web_network(q->web, network > 0);
	return send_reply(q);
}

static enum MHD_Result handle(void *self, struct MHD_Connection *conn, const char *url, const char *method, const char *version,
                              const char *data, size_t *n, void **state, bool https)
{
	struct web_req *q = *state;

	(void)version;
	if (!q) {
		*state = req_new(self, conn, https, method, url);
		return MHD_YES;
	}
	if (*n)
		return take_body(q, data, n);
	return answer(q);
}

static enum MHD_Result on_http(void *self, struct MHD_Connection *conn, const char *url, const char *method, const char *version,
                               const char *data, size_t *n, void **state)
{
	return handle(self, conn, url, method, version, data, n, state, false);
}

static enum MHD_Result on_https(void *self, struct MHD_Connection *conn, const char *url, const char *method, const char *version,
                                const char *data, size_t *n, void **state)
{
	return handle(self, conn, url, method, version, data, n, state, true);
}

static void done(void *self, struct MHD_Connection *conn, void **state, enum MHD_RequestTerminationCode why)
{
	struct web_req *q = *state;
	struct web *w = self;

	(void)conn;
	(void)why;
	if (!q)
		return;
	pthread_mutex_lock(&w->box->lock);
	if (q->waiting)
		unlist(q);
	w->bodies -= q->body.n;
	pthread_mutex_unlock(&w->box->lock);
	buf_free(&q->body);
	reply_clear(&q->reply);
	mem_free(&q->method);
	mem_free(&q->path);
	free(q);
	*state = NULL;
}

/* ---- servers ---------------------------------------------------------------------------------------------------------- */
enum { FLAGS = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME };

static struct MHD_Daemon *start_http(struct web *w, int fd)
{
	return MHD_start_daemon(FLAGS, 0, NULL, NULL, on_http, w, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, done, w,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
}

static struct MHD_Daemon *start_https(struct web *w, int fd)
{
	AUTO(mem_free) char *cert = ca_pem(w->box->ca->tls.cert), *key = ca_pem_key(w->box->ca->tls.key);

	return MHD_start_daemon(FLAGS | MHD_USE_TLS, 0, NULL, NULL, on_https, w, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED,
		done, w, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_HTTPS_MEM_CERT, cert, MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_PRIORITIES, "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1",
		MHD_OPTION_END);
}

struct web *web_start(struct box *b, int http_fd, int https_fd, struct err *e)
{
	struct web *w = mem_alloc(sizeof *w);

	w->box = b;
	w->http = start_http(w, http_fd);
	w->https = w->http ? start_https(w, https_fd) : NULL;
	if (w->https)
		return w;
	if (w->http)
		MHD_stop_daemon(w->http);
	free(w);
	err_set(e, ERR_INTERNAL, "starting the servers");
	return NULL;
}

/* libmicrohttpd must not stop with suspended connections. */
static void release_waiters(struct web *w)
{
	pthread_mutex_lock(&w->box->lock);
	w->cut = true;
	wake(w);
	pthread_mutex_unlock(&w->box->lock);
}

void web_network(struct web *w, bool up)
{
	int fd, port;

	if (!up && w->https) {
		release_waiters(w);
		MHD_stop_daemon(w->https);
		w->https = NULL;
	} else if (up && !w->https) {
		fd = port_open(w->box->listen, w->box->https_port, &port, NULL);
		pthread_mutex_lock(&w->box->lock);
		w->cut = false;
		pthread_mutex_unlock(&w->box->lock);
		w->https = fd >= 0 ? start_https(w, fd) : NULL;
	}
}

void web_stop(struct web *w)
{
	if (!w)
		return;
	/* only https requests wait, and only /control (http) stops and starts https */
	MHD_stop_daemon(w->http);
	web_network(w, false);
	free(w);
}
