/* --at: where a signature is to stand. */
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "main/sign.h"

#include <stdlib.h>
#include <string.h>

/* "a=1,b=2" behind the first comma of spec into numbers of an object; keys as given. False on anything else. */
static bool numbers(const char *spec, json_t *into)
{
	while (*spec) {
		char *end, key[8];
		size_t n = strcspn(spec, "=");
		if (spec[n] != '=' || n == 0 || n >= sizeof key)
			return false;
		memcpy(key, spec, n);
		key[n] = '\0';
		double value = strtod(spec + n + 1, &end);
		if (end == spec + n + 1 || (*end && *end != ','))
			return false;
		json_object_set_new(into, key, strcmp(key, "page") == 0 ? json_integer((json_int_t)value) : json_real(value));
		spec = *end ? end + 1 : end;
	}
	return true;
}

static double number(const json_t *j, const char *key, double none)
{
	const json_t *v = json_at(j, key);
	return json_is_number(v) ? json_number_value(v) : none;
}

json_t *sign_under(const json_t *hit, const json_t *extra)
{
	const json_t *box = json_at(hit, "box");
	double w = number(extra, "w", number(box, "w", 170)), h = number(extra, "h", number(box, "h", 60));
	double top = number(box, "y", 0) + number(box, "h", 60);
	/* a box under words keeps its upper edge when its height is another (the seal's own size) */
	return json_pack("{s:I,s:f,s:f,s:f,s:f,s:b}", "page", (json_int_t)json_int(hit, "page", 1), "x", number(box, "x", 0) + number(extra, "dx", 0),
	                 "y", top - h + number(extra, "dy", 0), "w", w, "h", h, "hangs", 1);
}

/* keyword:TEXT[#N][,dx=..]: TEXT may hold commas; only a tail that reads as numbers is taken for them. */
static json_t *keyword_place(const struct command_env *env, const char *spec, int fd, struct err *e)
{
	AUTO(mem_free) char *text = mem_str(spec);
	AUTO(json_release) json_t *extra = json_object();
	AUTO(job_message_clear) struct job_message m = { 0 };
	long nth = 1;

	for (char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ',')) {
		json_object_clear(extra);
		if (numbers(comma + 1, extra)) {
			*comma = '\0';
			break;
		}
		json_object_clear(extra);
	}
	char *hash = strrchr(text, '#');
	if (hash && hash[1] >= '1' && hash[1] <= '9' && strspn(hash + 1, "0123456789") == strlen(hash + 1)) {
		nth = strtol(hash + 1, NULL, 10);
		*hash = '\0';
	}
	if (sign_doc(env, "doc.find", json_pack("{s:s}", "text", text), fd, &m, e) < 0)
		return NULL;
	const json_t *hit = json_array_get(json_at(m.body, "hits"), (size_t)nth - 1);
	if (!hit) {
		err_set(e, ERR_PLACE_NOT_FOUND, "keyword has %zu hits, number %ld asked", json_array_size(json_at(m.body, "hits")), nth);
		return NULL;
	}
	return sign_under(hit, extra);
}

json_t *sign_place(const struct command_env *env, const char *at, int fd, struct err *e)
{
	if (strncmp(at, "keyword:", 8) == 0)
		return keyword_place(env, at + 8, fd, e);
	if (strncmp(at, "template:", 9) == 0)
		return sign_template(env, at + 9, fd, e);
	if (strncmp(at, "field:", 6) == 0)
		return json_pack("{s:s}", "field", at + 6);
	json_t *p = json_object();
	if (numbers(at, p) && json_at(p, "page") && json_at(p, "x") && json_at(p, "y")) {
		if (!json_at(p, "w"))
			json_put(p, "w", json_real(170));
		if (!json_at(p, "h"))
			json_put(p, "h", json_real(60));
		return p;
	}
	json_decref(p);
	err_set(e, ERR_USAGE, "--at: not understood");
	return NULL;
}

