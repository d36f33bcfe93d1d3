#include "screen/screen_int.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* More than a person could use; a file that asks for more is a mistake. */
enum { FIELDS_MAX = 24, KEYS_MAX = 12, OPTIONS_MAX = 64 };

static const char *const kinds[FIELD_KIND_COUNT] = {
	[FIELD_TEXT] = "text", [FIELD_SECRET] = "secret", [FIELD_DIGITS] = "digits", [FIELD_ID] = "id",
	[FIELD_DATE] = "date", [FIELD_PHONE] = "phone", [FIELD_MAIL] = "mail", [FIELD_CHOICE] = "choice",
	[FIELD_MULTI] = "multi", [FIELD_FILE] = "file", [FIELD_WAIT] = "wait", [FIELD_QR] = "qr",
	[FIELD_PAGE] = "page", [FIELD_NOTE] = "note", [FIELD_REVIEW] = "review", [FIELD_SEARCH] = "search",
};

enum field_kind kind_from_name(const char *name)
{
	enum field_kind k = 0;

	while (k < FIELD_KIND_COUNT && strcmp(kinds[k], name))
		k++;
	return k;
}

/* A map with none but the named keys (NULL-ended). */
static int only(const json_t *map, const char *where, const char *const *names, struct err *e)
{
	const char *key;
	json_t *value;

	if (!json_is_object(map))
		return err_set(e, ERR_CONFIG, "%s: a map is expected", where);
	json_object_foreach((json_t *)map, key, value) {
		size_t i = 0;

		while (names[i] && strcmp(names[i], key))
			i++;
		if (!names[i])
			return err_set(e, ERR_CONFIG, "%s: unknown word \"%.40s\"", where, key);
	}
	return 0;
}

/* String at key into *out; an integer is its digits (`key: 9`). */
static int take(const json_t *map, const char *key, char **out, bool need, const char *where, struct err *e)
{
	const json_t *v = json_object_get(map, key);

	if (json_is_string(v) && json_string_length(v) > 0)
		*out = mem_str(json_string_value(v));
	else if (json_is_integer(v))
		*out = mem_printf("%lld", (long long)json_integer_value(v));
	else if (v || need)
		return err_set(e, ERR_CONFIG, "%s: \"%s\" is %s", where, key, v ? "not a text" : "missing");
	return 0;
}

static int take_int(const json_t *map, const char *key, int most, int *out, const char *where, struct err *e)
{
	const json_t *v = json_object_get(map, key);

	if (!v)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > most)
		return err_set(e, ERR_CONFIG, "%s: \"%s\" is a number from 1 to %d", where, key, most);
	*out = (int)json_integer_value(v);
	return 0;
}

static int load_options(const json_t *list, struct field *f, const char *where, struct err *e)
{
	static const char *const names[] = { "id", "label", "hint", "group", NULL };
	const json_t *o;
	size_t i;

	if (!list)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > OPTIONS_MAX)
		return err_set(e, ERR_CONFIG, "%s: options is a list of at most %d", where, OPTIONS_MAX);
	json_array_foreach((json_t *)list, i, o) {
		if (only(o, where, names, e))
			return -1;
		if (!json_str(o, "id", NULL) || !json_str(o, "label", NULL))
			return err_set(e, ERR_CONFIG, "%s: option %zu lacks id or label", where, i + 1);
	}
	f->options = json_deep_copy(list);
	return 0;
}

static int load_field(const json_t *map, struct field *f, const char *file, size_t number, struct err *e)
{
	static const char *const names[] = { "id", "kind", "label", "help", "rule", "columns", "rows", "options", NULL };
	AUTO(mem_free) char *where = mem_printf("%s: field %zu", file, number);
	AUTO(mem_free) char *kind = NULL;
	struct rules r;

	if (only(map, where, names, e) || take(map, "id", &f->id, true, where, e) ||
	    take(map, "kind", &kind, true, where, e) || take(map, "label", &f->label, false, where, e) ||
	    take(map, "help", &f->help, false, where, e) || take(map, "rule", &f->rule, false, where, e) ||
	    take_int(map, "columns", 2, &f->columns, where, e) || take_int(map, "rows", 60, &f->rows, where, e) ||
	    load_options(json_object_get(map, "options"), f, where, e))
		return -1;
	f->kind = kind_from_name(kind);
	if (f->kind == FIELD_KIND_COUNT)
		return err_set(e, ERR_CONFIG, "%s: unknown kind \"%.40s\"", where, kind);
	if (rules_parse(f->rule, &r, e))
		return err_add(e, "%s", where);
	f->required = r.required;
	f->min = r.min;
	f->max = r.max;
	return 0;
}

static int load_key(const json_t *map, struct key *k, const char *file, size_t number, struct err *e)
{
	static const char *const names[] = { "key", "label", "does", NULL };
	AUTO(mem_free) char *where = mem_printf("%s: key %zu", file, number);

	if (only(map, where, names, e) || take(map, "key", &k->key, true, where, e) ||
	    take(map, "label", &k->label, true, where, e) || take(map, "does", &k->does, true, where, e))
		return -1;
	if (strlen(k->does) > 31)
		return err_set(e, ERR_CONFIG, "%s: \"does\" is longer than 31 letters", where);
	return 0;
}

/* A list at most `most` long, or nothing. */
static int list_at(const json_t *top, const char *key, size_t most, const json_t **out, const char *file, struct err *e)
{
	*out = json_object_get(top, key);
	if (*out && (!json_is_array(*out) || json_array_size(*out) > most))
		return err_set(e, ERR_CONFIG, "%s: %s is a list of at most %zu", file, key, most);
	return 0;
}

static int fill(struct screen *s, const json_t *top, const char *file, struct err *e)
{
	static const char *const names[] = { "id", "title", "text", "speech", "fields", "keys", "max_width", NULL };
	const json_t *fields, *keys, *one;
	size_t i;

	if (only(top, file, names, e) || take(top, "id", &s->id, true, file, e) ||
	    take(top, "title", &s->title, true, file, e) || take(top, "text", &s->text, false, file, e) ||
	    take(top, "speech", &s->speech, false, file, e) ||
	    take_int(top, "max_width", 400, &s->max_width, file, e) ||
	    list_at(top, "fields", FIELDS_MAX, &fields, file, e) || list_at(top, "keys", KEYS_MAX, &keys, file, e))
		return -1;
	s->fields = mem_array(json_array_size(fields) + 1, sizeof *s->fields);
	s->keys = mem_array(json_array_size(keys) + 1, sizeof *s->keys);
	json_array_foreach((json_t *)fields, i, one) {
		s->nfields = i + 1;
		if (load_field(one, &s->fields[i], file, i + 1, e))
			return -1;
	}
	json_array_foreach((json_t *)keys, i, one) {
		s->nkeys = i + 1;
		if (load_key(one, &s->keys[i], file, i + 1, e))
			return -1;
	}
	return 0;
}

void screen_free(struct screen *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nfields; i++) {
		struct field *f = &s->fields[i];

		mem_free(&f->id);
		mem_free(&f->label);
		mem_free(&f->help);
		mem_free(&f->rule);
		json_decref(f->options);
	}
	for (size_t i = 0; i < s->nkeys; i++) {
		mem_free(&s->keys[i].key);
		mem_free(&s->keys[i].label);
		mem_free(&s->keys[i].does);
	}
	mem_free(&s->fields);
	mem_free(&s->keys);
	mem_free(&s->id);
	mem_free(&s->title);
	mem_free(&s->text);
	mem_free(&s->speech);
	mem_free(&s);
}

static void release(struct screen **s)
{
	screen_free(*s);
}

struct screen *screen_load(const char *path, struct err *e)
{
	AUTO(json_release) json_t *top = yaml_read(path, e);
	AUTO(release) struct screen *s = NULL;

	if (!top)
		return NULL;
	s = mem_alloc(sizeof *s);
	if (fill(s, top, path, e))
		return NULL;
	return STEAL(&s);
}

/* ---- the screens in use: a dozen or two, so a list is a fine place to look ---- */

static struct screen **kept;
static size_t nkept;

void screen_drop_all(void)
{
	for (size_t i = 0; i < nkept; i++)
		screen_free(kept[i]);
	mem_free(&kept);
	nkept = 0;
}

/* Path of the first file of that name; NULL when there is none. The caller owns it. */
static char *find(const char *id)
{
	const char *root = screens_folder(), *p = msg_province();
	AUTO(mem_free) char *province = *p ? mem_printf("provinces/%s", p) : NULL;
	const char *const folders[] = { province, "citizen", "staff", "forms" };

	for (size_t i = 0; root && i < COUNT(folders); i++) {
		AUTO(mem_free) char *path = folders[i] ? mem_printf("%s/%s/%s.yaml", root, folders[i], id) : NULL;

		if (path && !access(path, R_OK))
			return STEAL(&path);
	}
	return NULL;
}

const struct screen *screen_get(const char *id, struct err *e)
{
	AUTO(mem_free) char *path = NULL;
	AUTO(release) struct screen *s = NULL;

	for (size_t i = 0; i < nkept; i++)
		if (!strcmp(kept[i]->id, id))
			return kept[i];
	if (!*id || id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_")])
		return err_set(e, ERR_CONFIG, "bad screen id"), NULL;
	path = find(id);
	if (!path)
		return err_set(e, ERR_CONFIG, "no screen \"%.60s\"", id), NULL;
	s = screen_load(path, e);
	if (!s)
		return NULL;
	if (strcmp(s->id, id))
		return err_set(e, ERR_CONFIG, "%s: id is \"%.60s\"", path, s->id), NULL;
	kept = mem_grow(kept, nkept + 1, sizeof *kept);
	kept[nkept++] = s;
	return STEAL(&s);
}
