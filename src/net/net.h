/* HTTPS requests (libcurl): one request at a time inside a net job, with time-outs, size limits, pins, and errors that tell
 * "never left" from "left, outcome unknown" (NT4). */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct buf;
struct config;
struct job_call;

struct net_request {
	const char *method;          /* "GET", "POST", "PUT" */
	const char *url;             /* https only, unless plain_ok (OCSP, CRL, TSA: signed answers) */
	const char *const *headers;  /* "Name: value", NULL-ended, or NULL */
	const void *body;
	size_t body_len;
	int body_fd;                 /* used when body is NULL and >= 0 */
	const char *ca_file;         /* NULL: system store */
	const char *pins;            /* "sha256//...;sha256//..." or NULL */
	const char *cert_file, *key_file;   /* mutual TLS or NULL */
	long connect_ms, total_ms;   /* total_ms 0: no limit but low speed */
	size_t max_answer;           /* 0: 1 MiB */
	bool plain_ok;
};
struct net_answer {
	long status;
	char *content_type;
	long long date;              /* the server's Date, 0 none */
	long retry_after;
	struct buf *body;
	bool sent;                   /* the request had left when it failed: outcome unknown */
};
/* 0 when an HTTP answer came, whatever its status. ERR_NO_NETWORK, ERR_SERVICE_DOWN (refused, reset), ERR_SERVICE_SLOW
 * (silence, drip), ERR_SERVICE_TLS (wrong certificate or pin: never asked to go on), ERR_CANCELLED when `call` is. */
int net_fetch(const struct net_request *r, struct net_answer *out, struct job_call *call, struct err *e);
void net_answer_clear(struct net_answer *a);

#endif
