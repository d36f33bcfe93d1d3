/* One JSON call to a service named in the configuration: SECTION.url, .ca, .pins, .cert, .key (section "identity",
 * "portal", "signing.WAY"). */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/net.h"

struct config;
struct err;
struct job_call;

struct service_call {
	const char *section;
	const char *method;
	const char *path;            /* behind the section's url: "/login" */
	const json_t *body;          /* or NULL */
	const char *bearer;          /* token or NULL: it must be visible ASCII */
	long total_ms;               /* 0: 30 s */
	size_t max_answer;           /* 0: 1 MiB */
};
struct service_answer {
	long status;
	long retry_after;
	bool sent;                   /* see struct net_answer */
	json_t *body;                /* NULL when the answer carried no JSON */
};
/* 0 when an answer came, whatever its status: service_status_err() turns one that nobody expected into an error. */
int service_json(const struct config *c, const struct service_call *s, struct service_answer *out, struct net_watch *w,
                 struct err *e);
void service_answer_clear(struct service_answer *a);
/* Fills address and trust of a request from the section; the caller frees *url. ERR_CONFIG when there is no url. */
int service_request(const struct config *c, const char *section, const char *path, struct net_request *r, char **url,
                    struct err *e);
/* 5xx and 429: ERR_SERVICE_DOWN ("net.http-503", "wait-17"); anything else: ERR_SERVICE_ODD. Returns -1. */
int service_status_err(const struct service_answer *a, const char *what, struct err *e);
/* Reason "wait-SECONDS" from retry_after in the body or the Retry-After header; "" becomes no reason. Returns -1. */
int service_wait_reason(const struct service_answer *a, struct err *e);

#endif
