#include "dossier/dossier.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "dossier/limits.h"

#include <limits.h>
#include <string.h>

/* Files travel by name, dossiers by the number of the national exchange. */
static const char *const file_states[] = {
	[FILE_NONE] = "none", [FILE_ATTACHED] = "attached", [FILE_WAITING] = "waiting",
	[FILE_SIGNED] = "signed", [FILE_FAILED] = "failed",
};

/* One table a struct: where each text stands. Writing and reading walk the same rows, so neither can forget one. */
struct text_row {
	const char *key;
	size_t at;
};
#define TEXT(type, member) { #member, offsetof(struct type, member) }

static const struct text_row dossier_texts[] = {
	TEXT(dossier, id), TEXT(dossier, code), TEXT(dossier, procedure), TEXT(dossier, procedure_name),
	TEXT(dossier, province), TEXT(dossier, commune), TEXT(dossier, agency), TEXT(dossier, step),
	TEXT(dossier, receive),
};
static const struct text_row dossier_times[] = {
	TEXT(dossier, started), TEXT(dossier, sent), TEXT(dossier, due),
};
static const struct text_row component_texts[] = { TEXT(dossier_component, id), TEXT(dossier_component, name) };
static const struct text_row component_flags[] = {
	TEXT(dossier_component, ticked), TEXT(dossier_component, required), TEXT(dossier_component, declaration),
	TEXT(dossier_component, original),
};
static const struct text_row file_texts[] = {
	TEXT(dossier_file, name), TEXT(dossier_file, sha256), TEXT(dossier_file, signer),
	TEXT(dossier_file, transaction), TEXT(dossier_file, signed_at), TEXT(dossier_file, level),
	TEXT(dossier_file, reason), TEXT(dossier_file, original_sha256),
};

static void *slot(const void *base, size_t at)
{
	return (char *)(uintptr_t)base + at;
}

static void put_texts(json_t *j, const void *base, const struct text_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *s = *(char *const *)slot(base, rows[i].at);

		json_object_set_new(j, rows[i].key, s ? json_string(s) : json_null());
	}
}

static json_t *file_to_json(const struct dossier_file *f)
{
	json_t *j = json_object();

	put_texts(j, f, file_texts, COUNT(file_texts));
	json_object_set_new(j, "bytes", json_integer(f->bytes));
	json_object_set_new(j, "pages", json_integer(f->pages));
	json_object_set_new(j, "state", json_string(file_states[f->state]));
	return j;
}

static json_t *component_to_json(const struct dossier_component *c)
{
	json_t *j = json_object(), *files = json_array();

	put_texts(j, c, component_texts, COUNT(component_texts));
	for (size_t i = 0; i < COUNT(component_flags); i++)
		json_object_set_new(j, component_flags[i].key,
		                    json_boolean(*(const bool *)slot(c, component_flags[i].at)));
	json_object_set_new(j, "count", json_integer(c->count));
	for (size_t i = 0; i < c->nfiles; i++)
		json_array_append_new(files, file_to_json(&c->files[i]));
	json_object_set_new(j, "files", files);
	return j;
}

json_t *dossier_to_json(const struct dossier *d)
{
	json_t *j = json_object(), *components = json_array();

	put_texts(j, d, dossier_texts, COUNT(dossier_texts));
	for (size_t i = 0; i < COUNT(dossier_times); i++) {
		time_t t = *(const time_t *)slot(d, dossier_times[i].at);
		char when[32];

		clock_rfc3339(t, when);
		json_object_set_new(j, dossier_times[i].key, t ? json_string(when) : json_null());
	}
	json_object_set_new(j, "state", json_integer(d->state));
	json_object_set_new(j, "person", d->person ? json_deep_copy(d->person) : json_object());
	json_object_set_new(j, "answers", d->answers ? json_deep_copy(d->answers) : json_object());
	for (size_t i = 0; i < d->ncomponents; i++)
		json_array_append_new(components, component_to_json(&d->components[i]));
	json_object_set_new(j, "components", components);
	json_object_set_new(j, "pending", d->pending ? json_deep_copy(d->pending) : json_null());
	return j;
}

/* ---- reading: nothing is taken over that was not measured ------------------------------------------------------- */

/* `what` is a name of ours, never a value or a foreign key: those may hold what a log must not (P9). */
static int odd(struct err *e, const char *what, const char *why)
{
	return err_set(e, ERR_SERVICE_ODD, "dossier: %s: %s", what, why);
}

static bool fine_text(const json_t *v)
{
	return json_is_string(v) && json_string_length(v) <= DOSSIER_TEXT_MAX &&
	       strlen(json_string_value(v)) == json_string_length(v);
}

/* Absent and null mean the same. `seen` counts keys that are ours, to find foreign ones. */
static int get_texts(void *base, const struct text_row *rows, size_t n, const json_t *j, size_t *seen, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_object_get(j, rows[i].key);

		*seen += v != NULL;
		if (!v || json_is_null(v))
			continue;
		if (!fine_text(v))
			return odd(e, rows[i].key, "no text, or too long");
		*(char **)slot(base, rows[i].at) = mem_str(json_string_value(v));
	}
	return 0;
}

static int get_int(long long *out, const json_t *j, const char *key, long long max, size_t *seen, struct err *e)
{
	const json_t *v = json_object_get(j, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > max)
		return odd(e, key, "no number in its range");
	*out = json_integer_value(v);
	++*seen;
	return 0;
}

static int get_state(enum file_state *out, const json_t *v, size_t *seen, struct err *e)
{
	const char *s = json_string_value(v);

	for (size_t i = 0; s && i < COUNT(file_states); i++) {
		if (strcmp(s, file_states[i]) == 0) {
			*out = (enum file_state)i;
			++*seen;
			return 0;
		}
	}
	return odd(e, "state", "unknown state of a file");
}

static int file_from_json(struct dossier_file *f, const json_t *j, struct err *e)
{
	long long pages = 0;
	size_t seen = 0;

	if (!json_is_object(j))
		return odd(e, "files", "not an object");
	if (get_texts(f, file_texts, COUNT(file_texts), j, &seen, e) ||
	    get_int(&f->bytes, j, "bytes", LLONG_MAX, &seen, e) || get_int(&pages, j, "pages", INT_MAX, &seen, e) ||
	    get_state(&f->state, json_object_get(j, "state"), &seen, e))
		return -1;
	f->pages = (int)pages;
	return json_object_size(j) == seen ? 0 : odd(e, "files", "unknown key");
}

static int get_flags(struct dossier_component *c, const json_t *j, size_t *seen, struct err *e)
{
	for (size_t i = 0; i < COUNT(component_flags); i++) {
		const json_t *v = json_object_get(j, component_flags[i].key);

		if (!json_is_boolean(v))
			return odd(e, component_flags[i].key, "neither true nor false");
		*(bool *)slot(c, component_flags[i].at) = json_is_true(v);
		++*seen;
	}
	return 0;
}

static int component_from_json(struct dossier_component *c, const json_t *j, struct err *e)
{
	const json_t *files = json_object_get(j, "files");
	long long count = 0;
	size_t seen = 1;

	if (!json_is_object(j) || !json_is_array(files) || json_array_size(files) > DOSSIER_FILES_MAX)
		return odd(e, "components", "no files, or too many");
	if (get_texts(c, component_texts, COUNT(component_texts), j, &seen, e) || get_flags(c, j, &seen, e) ||
	    get_int(&count, j, "count", INT_MAX, &seen, e))
		return -1;
	if (!c->id || !*c->id)
		return odd(e, "components", "without id");
	if (json_object_size(j) != seen)
		return odd(e, "components", "unknown key");
	c->count = (int)count;
	c->files = mem_array(json_array_size(files), sizeof *c->files);
	for (size_t i = 0; i < json_array_size(files); i++) {
		c->nfiles = i + 1;
		if (file_from_json(&c->files[i], json_array_get(files, i), e))
			return -1;
	}
	return 0;
}

static int components_from_json(struct dossier *d, const json_t *a, struct err *e)
{
	if (!json_is_array(a) || json_array_size(a) > DOSSIER_COMPONENTS_MAX)
		return odd(e, "components", "no list, or too long");
	d->components = mem_array(json_array_size(a), sizeof *d->components);
	for (size_t i = 0; i < json_array_size(a); i++) {
		struct dossier_component c = { 0 };
		int rc = component_from_json(&c, json_array_get(a, i), e);
		bool twice = rc == 0 && dossier_component(d, c.id);

		d->components[d->ncomponents++] = c;
		if (twice)
			return odd(e, "components", "the same id twice");
		if (rc)
			return -1;
	}
	return 0;
}

/* An object of short keys with texts, and where `loose` also numbers and truth values. */
static int get_map(json_t **out, const json_t *j, const char *what, size_t max, bool loose, struct err *e)
{
	const char *key;
	json_t *v;

	if (!json_is_object(j) || json_object_size(j) > max)
		return odd(e, what, "no object, or too many rows");
	json_object_foreach((json_t *)(uintptr_t)j, key, v) {
		if (!*key || strlen(key) > DOSSIER_KEY_MAX)
			return odd(e, what, "a key is empty or too long");
		if (!fine_text(v) && !(loose && (json_is_null(v) || json_is_boolean(v) || json_is_integer(v))))
			return odd(e, what, "a value is no text, or too long");
	}
	json_decref(*out);
	*out = json_deep_copy(j);
	return 0;
}

/* Counts the nodes of a foreign value; false when it is too deep, too wide, or holds a text that is too long. */
static bool fine_tree(const json_t *j, int depth, size_t *nodes)
{
	const char *key;
	json_t *v;
	size_t i;

	if (++*nodes > DOSSIER_PENDING_NODES || depth > DOSSIER_PENDING_DEPTH)
		return false;
	if (json_is_string(j))
		return fine_text(j);
	json_object_foreach((json_t *)(uintptr_t)j, key, v)
		if (strlen(key) > DOSSIER_KEY_MAX || !fine_tree(v, depth + 1, nodes))
			return false;
	json_array_foreach(j, i, v)
		if (!fine_tree(v, depth + 1, nodes))
			return false;
	return true;
}

static int get_pending(struct dossier *d, const json_t *v, struct err *e)
{
	size_t nodes = 0;

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_object(v) || !fine_tree(v, 0, &nodes))
		return odd(e, "pending", "no object, or too large");
	d->pending = json_deep_copy(v);
	return 0;
}

static int get_times(struct dossier *d, const json_t *j, size_t *seen, struct err *e)
{
	for (size_t i = 0; i < COUNT(dossier_times); i++) {
		const json_t *v = json_object_get(j, dossier_times[i].key);

		*seen += v != NULL;
		if (!v || json_is_null(v))
			continue;
		if (!json_is_string(v) || json_string_length(v) > 31 ||
		    !clock_parse(json_string_value(v), (time_t *)slot(d, dossier_times[i].at)))
			return odd(e, dossier_times[i].key, "no time");
	}
	return 0;
}

static int from_json(struct dossier *d, const json_t *j, struct err *e)
{
	long long state = 0;
	size_t seen = 3; /* person, answers, components: required */

	if (!json_is_object(j))
		return odd(e, "body", "not an object");
	if (get_texts(d, dossier_texts, COUNT(dossier_texts), j, &seen, e) || get_times(d, j, &seen, e) ||
	    get_int(&state, j, "state", DOSSIER_HANDED_OUT, &seen, e) ||
	    get_map(&d->person, json_object_get(j, "person"), "person", DOSSIER_PERSON_MAX, true, e) ||
	    get_map(&d->answers, json_object_get(j, "answers"), "answers", DOSSIER_ANSWERS_MAX, false, e) ||
	    components_from_json(d, json_object_get(j, "components"), e) ||
	    get_pending(d, json_object_get(j, "pending"), e))
		return -1;
	d->state = (enum dossier_state)state;
	seen += json_object_get(j, "pending") != NULL;
	if (!d->id || strlen(d->id) != 36)
		return odd(e, "id", "no UUID");
	return json_object_size(j) == seen ? 0 : odd(e, "body", "unknown key");
}

struct dossier *dossier_from_json(const json_t *j, struct err *e)
{
	AUTO(dossier_release) struct dossier *d = mem_alloc(sizeof *d);

	if (from_json(d, j, e))
		return NULL;
	return STEAL(&d);
}
