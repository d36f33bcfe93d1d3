/* One request and its answer as plain data, so that every service runs in a test without a network. */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "base/mem.h"

struct call {
	const char *method, *path;
	const char *bearer, *idempotency, *content_type;   /* headers; NULL when absent */
	const void *body;
	size_t n;
	time_t now;
};
struct reply {
	int status;
	const char *type;            /* NULL: application/json */
	struct buf body;
	char *location;
	long retry_after, version;   /* headers when > 0 */
	bool cut, drip;              /* close without an answer; one byte a second */
};

bool call_is(const struct call *c, const char *method, const char *path);
/* What follows `prefix` in the path, or NULL when the method or prefix differ. */
const char *call_under(const struct call *c, const char *method, const char *prefix);
json_t *call_json(const struct call *c);                         /* NULL when it is no JSON object; the caller owns it */
const char *call_str(const json_t *j, const char *key);          /* "" when absent; borrowed */

void reply_clear(struct reply *r);                               /* fits AUTO */
void reply_json(struct reply *r, int status, json_t *body);      /* steals body */
void reply_error(struct reply *r, int status, const char *error);
void reply_bytes(struct reply *r, int status, const char *type, const void *p, size_t n);
void reply_see(struct reply *r, char *location);                 /* 303; steals location */

#endif
