#include "identity/identity.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROFILES_MAX = 20, IMAGE_B64_MAX = 400 * 1024 };

static bool is_id(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

/* A phone number as people write it: digits, at most one leading +, spaces, dots and dashes between. */
static bool is_phone(const char *s)
{
	AUTO(mem_free) char *digits = text_digits(s);
	size_t n = strlen(digits);

	return n >= 9 && n <= 15 && s[strspn(s, "+0123456789 .-")] == '\0';
}

/* CMND 9 digits, CCCD 12, tax code 10 or 13 (10-3). */
static bool is_account(const char *s)
{
	AUTO(mem_free) char *digits = text_digits(s);
	size_t n = strlen(digits);

	return (n == 9 || n == 10 || n == 12 || n == 13) && s[strspn(s, "0123456789 .-")] == '\0';
}

static bool is_any(const char *s)
{
	(void)s;
	return true;
}

static const struct {
	const char *name;
	size_t max;                  /* bytes after cleaning */
	bool required;               /* in what we send */
	bool (*holds)(const char *s);
} fields[] = {
	{ "id",       64,  true,  is_id },
	{ "name",     200, true,  is_any },
	{ "phone",    32,  true,  is_phone },
	{ "keyword",  200, true,  is_any },
	{ "kind",     64,  true,  is_any },
	{ "account",  32,  true,  is_account },
	{ "provider", 32,  true,  is_id },
};

static int bad(bool ours, const char *field, struct err *e)
{
	char reason[48];

	err_set(e, ours ? ERR_REJECTED : ERR_SERVICE_ODD, "signature profile: field %s breaks its rule", field);
	snprintf(reason, sizeof reason, "profile.%s", field);
	return err_reason(e, reason);
}

static int copy_field(const json_t *from, json_t *to, size_t i, bool ours, struct err *e)
{
	const json_t *v = json_object_get(from, fields[i].name);

	if (v && !json_is_string(v) && !json_is_null(v))
		return bad(ours, fields[i].name, e);
	AUTO(mem_free) char *s = text_clean(json_is_string(v) ? json_string_value(v) : "", false);
	if (*s == '\0' && !(ours && fields[i].required)) {
		json_object_set_new(to, fields[i].name, json_string(""));
		return 0;
	}
	if (*s == '\0' || strlen(s) > fields[i].max || !fields[i].holds(s))
		return bad(ours, fields[i].name, e);
	json_object_set_new(to, fields[i].name, json_string(s));
	return 0;
}

/* The picture is opened in the doc job, within its limits; here only that it is a PNG of a sane size. */
static int copy_image(const json_t *from, json_t *to, bool ours, struct err *e)
{
	static const unsigned char png[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	const json_t *v = json_object_get(from, "image");
	AUTO(buf_free) struct buf bytes = { 0 };

	if (!v || json_is_null(v)) {
		json_object_set_new(to, "image", json_null());
		return 0;
	}
	if (!json_is_string(v) || json_string_length(v) > IMAGE_B64_MAX ||
	    base64_bytes(json_string_value(v), &bytes, NULL) < 0 || bytes.n < sizeof png ||
	    memcmp(bytes.p, png, sizeof png) != 0)
		return bad(ours, "image", e);
	json_object_set(to, "image", (json_t *)v);
	return 0;
}

json_t *profiles_check(const json_t *list, bool ours, struct err *e)
{
	AUTO(json_release) json_t *out = json_array();

	if (!json_is_array(list) || json_array_size(list) > PROFILES_MAX) {
		bad(ours, "count", e);
		return NULL;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *from = json_array_get(list, i);
		if (!json_is_object(from)) {
			bad(ours, "shape", e);
			return NULL;
		}
		json_t *to = json_object();
		json_array_append_new(out, to);
		for (size_t f = 0; f < COUNT(fields); f++)
			if (copy_field(from, to, f, ours, e) < 0)
				return NULL;
		if (copy_image(from, to, ours, e) < 0)
			return NULL;
	}
	return STEAL(&out);
}
