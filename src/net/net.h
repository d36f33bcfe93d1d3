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

/* A body of several parts that stay where they are: bytes (p) or the first n bytes of a descriptor (fd, p NULL). */
struct net_piece {
	const void *p;
	size_t n;
	int fd;
};
struct net_request {
	const char *method;          /* "GET", "POST", "PUT" */
	const char *url;             /* https only, unless plain_ok (OCSP, CRL, TSA: signed answers) */
	const char *const *headers;  /* "Name: value", NULL-ended, or NULL */
	const void *body;
	size_t body_len;
	int body_fd;                 /* used when body is NULL and > 0 (0: none, so that a zeroed request is safe) */
	const struct net_piece *pieces;     /* used before body and body_fd when npieces > 0 */
	size_t npieces;
	const char *ca_file;         /* NULL: system store */
	const char *pins;            /* "sha256//...;sha256//..." or NULL */
	const char *cert_file, *key_file;   /* mutual TLS or NULL */
	long connect_ms, total_ms;   /* connect_ms 0: 10 s; total_ms 0: no limit but low speed */
	long low_seconds;            /* with total_ms 0: this long under 100 bytes a second ends it; 0: 20 s */
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
 * (silence, drip), ERR_SERVICE_TLS (wrong certificate or pin: never asked to go on), ERR_SERVICE_ODD (no HTTP, too much),
 * ERR_CANCELLED when `call` is. Reasons: net.resolve unreachable refused connect-slow tls pin ca-file silent drip
 * upload-slow cut too-big garbage config. `out` is set either way: net_answer_clear(). */
int net_fetch(const struct net_request *r, struct net_answer *out, struct job_call *call, struct err *e);
void net_answer_clear(struct net_answer *a);         /* wipes the body: it may hold tokens; fits AUTO */

/* What a long wait listens to besides the network; for waits that outlive the screen. */
struct net_watch {
	int fd;                      /* readable: stop() is asked; when it says no the descriptor is forgotten. -1: none */
	bool (*stop)(void *self);
	void (*tick)(void *self);    /* about once a second while waiting, or NULL */
	void *self;
};
int net_fetch_watched(const struct net_request *r, struct net_answer *out, struct net_watch *w, struct err *e);
/* The watch of a verb: its cancel descriptor. Lives as long as `call`; call NULL: an empty watch. */
struct net_watch net_watch_call(struct job_call *call);

#endif
