#include "sandbox/call.h"

#include <stdlib.h>
#include <string.h>

bool call_is(const struct call *c, const char *method, const char *path)
{
	return !strcmp(c->method, method) && !strcmp(c->path, path);
}

const char *call_under(const struct call *c, const char *method, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strcmp(c->method, method) && !strncmp(c->path, prefix, n) ? c->path + n : NULL;
}

json_t *call_json(const struct call *c)
{
	json_t *j = json_loadb(c->body, c->n, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(j))
		return j;
	json_decref(j);
	return NULL;
}

const char *call_str(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

void reply_clear(struct reply *r)
{
	buf_free(&r->body);
	mem_free(&r->location);
	*r = (struct reply){ 0 };
}

void reply_bytes(struct reply *r, int status, const char *type, const void *p, size_t n)
{
	reply_clear(r);
	r->status = status;
	r->type = type;
	buf_add(&r->body, p, n);
}

void reply_json(struct reply *r, int status, json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT);

	reply_bytes(r, status, NULL, text ? text : "{}", text ? strlen(text) : 2);
	free(text);
	json_decref(body);
}

void reply_error(struct reply *r, int status, const char *error)
{
	reply_json(r, status, json_pack("{s:s}", "error", error));
}

void reply_see(struct reply *r, char *location)
{
	reply_bytes(r, 303, "text/plain; charset=utf-8", "", 0);
	r->location = location;
}
