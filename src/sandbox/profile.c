/* Signature profiles, as the portal's screen "Cập nhật chữ ký" keeps them: one JSON file a person. */
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "sandbox/bytes.h"
#include "sandbox/identity.h"

static bool text_ok(const json_t *j, const char *key, size_t max, bool needed)
{
	const json_t *v = json_object_get(j, key);
	const char *s = json_string_value(v);

	if (!v || json_is_null(v))
		return !needed;
	return s && strlen(s) <= max && (*s || !needed);
}

static bool digits_ok(const char *s, size_t a, size_t b)
{
	size_t n = strlen(s);

	return (n == a || n == b) && strspn(s, "0123456789") == n;
}

static bool image_ok(const json_t *v)
{
	static const unsigned char magic[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	AUTO(buf_free) struct buf raw = { 0 };
	const char *s = json_string_value(v);

	if (!v || json_is_null(v))
		return true;
	if (!s || strlen(s) > PROFILE_IMAGE_MAX * 3 / 2 || !bytes_from_b64(s, &raw))
		return false;
	return raw.n >= sizeof magic && raw.n <= PROFILE_IMAGE_MAX && !memcmp(raw.p, magic, sizeof magic);
}

static const char *check_one(const json_t *p)
{
	static const struct {
		const char *key;
		size_t max;
	} texts[] = { { "id", 64 }, { "name", 120 }, { "phone", 20 }, { "keyword", 120 }, { "account", 12 }, { "provider", 64 } };

	if (!json_is_object(p))
		return "profiles";
	for (size_t i = 0; i < COUNT(texts); i++)
		if (!text_ok(p, texts[i].key, texts[i].max, true))
			return texts[i].key;
	if (!digits_ok(call_str(p, "phone"), 10, 11))
		return "phone";
	if (!digits_ok(call_str(p, "account"), 9, 12))
		return "account";
	if (strcmp(call_str(p, "kind"), "NEAC Sign"))
		return "kind";
	return image_ok(json_object_get(p, "image")) ? NULL : "image";
}

const char *profile_check(const json_t *body, size_t *index)
{
	const json_t *list = json_object_get(body, "profiles");

	*index = 0;
	if (!json_is_array(list) || json_array_size(list) > PROFILES_MAX)
		return "profiles";
	for (; *index < json_array_size(list); (*index)++) {
		const char *bad = check_one(json_array_get(list, *index));

		if (bad)
			return bad;
		for (size_t k = 0; k < *index; k++)
			if (!strcmp(call_str(json_array_get(list, k), "id"), call_str(json_array_get(list, *index), "id")))
				return "id";
	}
	return NULL;
}

/* Only the known keys are kept. */
static json_t *clean(const json_t *body)
{
	static const char *const keys[] = { "id", "name", "phone", "keyword", "kind", "account", "provider", "image" };
	const json_t *list = json_object_get(body, "profiles");
	json_t *out = json_array(), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		json_t *kept = json_object();

		for (size_t k = 0; k < COUNT(keys); k++) {
			json_t *v = json_object_get(one, keys[k]);

			json_object_set_new(kept, keys[k], v ? json_incref(v) : json_null());
		}
		json_array_append_new(out, kept);
	}
	return json_pack("{s:o}", "profiles", out);
}

static void put(const struct identity *id, const char *path, const struct call *c, struct reply *r)
{
	json_t *body = call_json(c), *kept;
	size_t index;
	const char *bad = profile_check(body, &index);
	AUTO(mem_free) char *text = NULL;

	if (bad) {
		reply_json(r, 400, json_pack("{s:s, s:s, s:I}", "error", "bad_profile", "field", bad, "index", (json_int_t)index));
		json_decref(body);
		return;
	}
	kept = clean(body);
	json_decref(body);
	text = json_dumps(kept, JSON_INDENT(1));
	if (file_mkdirs(id->dir, 0700, NULL) || file_replace(path, text, strlen(text), 0600, NULL)) {
		json_decref(kept);
		reply_error(r, 500, "not_stored");
		return;
	}
	reply_json(r, 200, kept);
}

void profile_call(struct identity *id, const struct person *p, const struct call *c, struct reply *r)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s.json", id->dir, p->id);
	json_t *stored;

	if (!strcmp(c->method, "PUT")) {
		put(id, path, c, r);
		return;
	}
	stored = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	reply_json(r, 200, stored ? stored : json_pack("{s:[]}", "profiles"));
}
