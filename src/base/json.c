#include "base/json.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Deeper than any message of src/README.md or of a provider; jansson itself would recurse 2048 levels. */
enum { DEPTH_MAX = 64, PATH_PART_MAX = 128 };

void json_release(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

/* Brackets outside strings, counted before jansson recurses. */
static bool too_deep(const char *s, size_t n)
{
	int depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < n; i++) {
		if (quoted) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				quoted = false;
		} else if (s[i] == '"') {
			quoted = true;
		} else if (s[i] == '{' || s[i] == '[') {
			if (++depth > DEPTH_MAX)
				return true;
		} else if (s[i] == '}' || s[i] == ']') {
			depth--;
		}
	}
	return false;
}

json_t *json_parse(const void *p, size_t n, size_t max, struct err *e)
{
	json_error_t je;

	if (!p || n > max) {
		err_set(e, ERR_SERVICE_ODD, "JSON: %zu bytes, at most %zu", n, max);
		return NULL;
	}
	if (too_deep(p, n)) {
		err_set(e, ERR_SERVICE_ODD, "JSON: deeper than %d", DEPTH_MAX);
		return NULL;
	}
	json_t *j = json_loadb(p, n, JSON_REJECT_DUPLICATES, &je);
	/* jansson's own text quotes the input ("near '...'"), which may hold a name: only code and place are kept. */
	if (!j)
		err_set(e, ERR_SERVICE_ODD, "JSON: error %d at line %d column %d", (int)json_error_code(&je), je.line,
			je.column);
	return j;
}

char *json_text(const json_t *j)
{
	char *s = j ? json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	return s ? s : mem_str("null");
}

/* Takes the part before the next dot off *path. False when it is empty or longer than any key of ours. */
static bool next_part(const char **path, char part[PATH_PART_MAX])
{
	size_t n = strcspn(*path, ".");

	if (n == 0 || n >= PATH_PART_MAX)
		return false;
	memcpy(part, *path, n);
	part[n] = '\0';
	*path += n + ((*path)[n] == '.');
	return true;
}

static json_t *step_into(const json_t *j, const char *part)
{
	if (json_is_object(j))
		return json_object_get(j, part);
	if (!json_is_array(j) || part[strspn(part, "0123456789")] || strlen(part) > 9)
		return NULL;
	return json_array_get(j, strtoul(part, NULL, 10));
}

json_t *json_at(const json_t *j, const char *path)
{
	char part[PATH_PART_MAX];
	const json_t *at = j;

	while (at && path && *path)
		at = next_part(&path, part) ? step_into(at, part) : NULL;
	/* jansson hands out writable children of constant parents as well */
	return (json_t *)(uintptr_t)at;
}

const char *json_str(const json_t *j, const char *path, const char *none)
{
	const json_t *v = json_at(j, path);
	return json_is_string(v) ? json_string_value(v) : none;
}

long long json_int(const json_t *j, const char *path, long long none)
{
	const json_t *v = json_at(j, path);
	return json_is_integer(v) ? json_integer_value(v) : none;
}

bool json_is(const json_t *j, const char *path)
{
	return json_is_true(json_at(j, path));
}

const char *json_need_str(const json_t *j, const char *path, struct err *e)
{
	const char *s = json_str(j, path, NULL);

	if (!s)
		err_set(e, ERR_SERVICE_ODD, "JSON: no text at \"%s\"", path);
	return s;
}

/* The container at `part`, made as an object when there is none or something else is in the way. */
static json_t *container(json_t *j, const char *part)
{
	json_t *next = step_into(j, part);

	if (json_is_object(next) || json_is_array(next) || !json_is_object(j))
		return next;
	next = json_object();
	return json_object_set_new(j, part, next) == 0 ? next : NULL;
}

void json_put(json_t *j, const char *path, json_t *value)
{
	char part[PATH_PART_MAX];

	if (!path || !next_part(&path, part)) {
		json_decref(value);
		return;
	}
	while (j && *path) {
		j = container(j, part);
		if (!next_part(&path, part))
			j = NULL;
	}
	if (json_is_object(j)) {
		json_object_set_new(j, part, value);
	} else if (json_is_array(j) && isdigit((unsigned char)part[0])) {
		size_t at = strtoul(part, NULL, 10);
		if (at == json_array_size(j))
			json_array_append_new(j, value);
		else
			json_array_set_new(j, at, value);
	} else {
		json_decref(value);
	}
}

void json_put_str(json_t *j, const char *path, const char *value)
{
	if (!value) {
		json_put(j, path, json_null());
		return;
	}
	if (text_is_utf8(value, strlen(value))) {
		json_put(j, path, json_string(value));
		return;
	}
	/* jansson refuses invalid UTF-8 whole; the rest of a file name is worth keeping */
	AUTO(mem_free) char *valid = text_valid(value);
	json_put(j, path, json_string(valid));
}
