/* Two HTTP servers (libmicrohttpd) over one box: http for phone, desk, time-stamps and revocation; https for identity,
 * gateways and intake. Bodies come in pieces and are capped (SB3); whoever waits has an end (SB2). */
#ifndef SANDBOX_WEB_H
#define SANDBOX_WEB_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/box.h"
#include "sandbox/call.h"

struct web;

/* Sockets are the caller's to open (ports.c); the servers close them. */
struct web *web_start(struct box *b, int http_fd, int https_fd, struct err *e);
void web_stop(struct web *w);
/* Wakes whoever waits for something that is due. Takes the box's lock. */
void web_tick(struct web *w);
/* The network to the https side goes down or up; requests in flight are cut. Call without the lock. */
void web_network(struct web *w, bool up);

/* What a request looks like to the http pages. */
struct page_call {
	struct call call;
	const char *person, *version, *done;     /* query; NULL when absent */
	bool loopback;
	int network;                             /* set by /control: -1 cut, 1 restore */
};
/* routes.c */
struct txn *route_https(struct box *b, const struct call *c, struct reply *r);
void route_http(struct box *b, struct page_call *c, struct reply *r);
size_t route_body_max(bool https, const char *path);

/* ports.c: opens a listening socket; port 0: any. Returns the descriptor or -1. */
int port_open(const char *listen, int port, int *got, struct err *e);

#endif
