/* --at template:NAME: a place by name, as data in screens/templates. */
#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "main/sign.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_ = 64 };

/* A template that is mistyped must not sign somewhere else. */
static int known_words(const json_t *t, const char *name, struct err *e)
{
	static const char words[] = " under nth dx dy page corner margin w h ";
	const char *key;
	json_t *v;

	if (!json_is_object(t) || !json_at(t, "under") == !json_at(t, "page"))
		return err_set(e, ERR_CONFIG, "template %s: under or page, one of them", name);
	json_object_foreach((json_t *)(uintptr_t)t, key, v) {
		AUTO(mem_free) char *word = mem_printf(" %s ", key);
		bool text = strcmp(key, "under") == 0 || strcmp(key, "corner") == 0;
		bool last = (strcmp(key, "nth") == 0 || strcmp(key, "page") == 0) && json_is_string(v) && strcmp(json_string_value(v), "last") == 0;
		if (!strstr(words, word) || !(last || (text ? json_is_string(v) : json_is_integer(v))))
			return err_set(e, ERR_CONFIG, "template %s: %.20s", name, key);
	}
	return 0;
}

/* The province's own, then the common one. */
static json_t *read_template(const struct command_env *env, const char *name, struct err *e)
{
	const char *province = config_province(env->config);
	AUTO(mem_free) char *own = mem_printf("screens/provinces/%s/templates/%s.yaml", province, name);
	AUTO(mem_free) char *common = mem_printf("screens/templates/%s.yaml", name);
	AUTO(mem_free) char *first = path_share(own);
	AUTO(mem_free) char *second = path_share(common);
	AUTO(json_release) json_t *t = NULL;

	if (!*name || strlen(name) > NAME_MAX_ || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name)) {
		err_set(e, ERR_USAGE, "--at template: no such name");
		return NULL;
	}
	const char *path = *province && first && access(first, R_OK) == 0 ? first : second;
	if (!path || access(path, R_OK) < 0) {
		err_set(e, ERR_USAGE, "--at template:%s: not there", name);
		return NULL;
	}
	if (!(t = yaml_read(path, e)) || known_words(t, name, e) < 0)
		return NULL;
	return STEAL(&t);
}

static json_t *under(const struct command_env *env, const json_t *t, int fd, struct err *e)
{
	AUTO(job_message_clear) struct job_message m = { 0 };

	if (sign_doc(env, "doc.find", json_pack("{s:s}", "text", json_str(t, "under", "")), fd, &m, e) < 0)
		return NULL;
	const json_t *hits = json_at(m.body, "hits");
	size_t n = json_array_size(hits);
	long long nth = json_is_string(json_at(t, "nth")) ? (long long)n : json_int(t, "nth", 1);
	if (nth < 1 || (size_t)nth > n) {
		err_set(e, ERR_PLACE_NOT_FOUND, "template's words have %zu hits, number %lld asked", n, nth);
		return NULL;
	}
	return sign_under(json_array_get(hits, (size_t)nth - 1), t);
}

/* Width and height of a page as shown. doc.inspect tells those of the first pages only. */
static int page_size(const struct command_env *env, const json_t *seen, long long page, int fd, double *w, double *h, struct err *e)
{
	AUTO(job_message_clear) struct job_message m = { 0 };
	const json_t *size = page >= 1 ? json_array_get(json_at(seen, "sizes"), (size_t)page - 1) : NULL;

	if (!size && sign_doc(env, "doc.text", json_pack("{s:I,s:i}", "page", (json_int_t)page, "cols", 10), fd, &m, e) < 0)
		return -1;
	*w = json_number_value(json_at(size ? size : m.body, size ? "w" : "width"));
	*h = json_number_value(json_at(size ? size : m.body, size ? "h" : "height"));
	return 0;
}

static json_t *in_corner(const struct command_env *env, const json_t *t, int fd, struct err *e)
{
	AUTO(job_message_clear) struct job_message m = { 0 };
	const char *corner = json_str(t, "corner", "lower-right");
	double room_w, room_h, margin = (double)json_int(t, "margin", 42);

	if (sign_doc(env, "doc.inspect", json_pack("{s:b}", "direct", 1), fd, &m, e) < 0)
		return NULL;
	long long page = json_is_string(json_at(t, "page")) ? json_int(m.body, "pages", 1) : json_int(t, "page", 1);
	if (page_size(env, m.body, page, fd, &room_w, &room_h, e) < 0)
		return NULL;
	/* a page smaller than the box and its margins: the box keeps inside the page */
	double w = fmin((double)json_int(t, "w", 170), room_w), h = fmin((double)json_int(t, "h", 60), room_h);
	double dx = fmax(0, fmin(margin, room_w - w)), dy = fmax(0, fmin(margin, room_h - h));
	bool right = strstr(corner, "-right") != NULL, upper = strncmp(corner, "upper-", 6) == 0;
	return json_pack("{s:I,s:f,s:f,s:f,s:f}", "page", (json_int_t)page, "x", right ? room_w - w - dx : dx, "y",
	                 upper ? room_h - h - dy : dy, "w", w, "h", h);
}

json_t *sign_template(const struct command_env *env, const char *name, int fd, struct err *e)
{
	AUTO(json_release) json_t *t = read_template(env, name, e);

	if (!t)
		return NULL;
	return json_at(t, "under") ? under(env, t, fd, e) : in_corner(env, t, fd, e);
}
