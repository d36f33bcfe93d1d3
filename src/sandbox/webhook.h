/* Calls an SP's webhook (decision 769, asynchronous mode) once, in a thread of its own with time-outs. Plain http only. */
#ifndef SANDBOX_WEBHOOK_H
#define SANDBOX_WEBHOOK_H

#include <stdbool.h>

struct url_parts {
	char host[128], path[512];
	int port;
};
bool webhook_url(const char *url, struct url_parts *out);
/* Both strings are taken over. */
void webhook_send(char *url, char *body);

#endif
