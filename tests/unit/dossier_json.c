/* Random dossiers survive the way to JSON and back; anything that no dossier of ours could be is refused. */
#include "dossier/dossier.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "dossier/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed = 20261120;

static unsigned pick(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % n);
}

static char *some_text(void)
{
	static const char *const bits[] = { "a", "Đ", "ễ", " ", "\"", "\\", "\n", "\x01", "𝄞", "e\xcc\x81", "</x>", "0" };
	AUTO(buf_free) struct buf b = { 0 };

	for (unsigned n = pick(12); n > 0; n--)
		buf_str(&b, bits[pick(COUNT(bits))]);
	return b.p ? buf_steal(&b) : mem_str("");
}

static void some(char **slot)
{
	AUTO(mem_free) char *s = pick(4) ? some_text() : NULL;

	dossier_set_text(slot, s);
}

static time_t some_time(void)
{
	return pick(3) ? (time_t)pick(2000000000) : 0;
}

static void some_file(struct dossier_component *c)
{
	struct dossier_file *f = dossier_add_file(c, "x.pdf");

	some(&f->name);
	some(&f->sha256);
	some(&f->signer);
	some(&f->transaction);
	some(&f->signed_at);
	some(&f->level);
	some(&f->reason);
	some(&f->original_sha256);
	f->bytes = (long long)pick(1u << 31) << pick(12);
	f->pages = (int)pick(2000);
	f->state = (enum file_state)pick(FILE_FAILED + 1);
}

static void some_component(struct dossier *d, unsigned i)
{
	char id[16];

	snprintf(id, sizeof id, "%u", i);
	struct dossier_component *c = dossier_add_component(d, id, "x");

	some(&c->name);
	c->ticked = pick(2);
	c->required = pick(2);
	c->declaration = pick(2);
	c->original = pick(2);
	c->count = (int)pick(100);
	for (unsigned n = pick(4); n > 0; n--)
		some_file(c);
}

static struct dossier *some_dossier(void)
{
	struct dossier *d = dossier_new();
	char **const texts[] = { &d->code, &d->procedure, &d->procedure_name, &d->province, &d->commune,
		                 &d->agency, &d->step, &d->receive };
	time_t *const times[] = { &d->started, &d->sent, &d->due };

	for (size_t i = 0; i < COUNT(texts); i++)
		some(texts[i]);
	for (size_t i = 0; i < COUNT(times); i++)
		*times[i] = some_time();
	d->state = (enum dossier_state)pick(DOSSIER_HANDED_OUT + 1);
	for (unsigned n = pick(6); n > 0; n--) {
		AUTO(mem_free) char *s = some_text();
		char key[16];

		snprintf(key, sizeof key, "field.%u", n);
		dossier_answer_set(d, key, s);
		json_object_set_new(d->person, key, json_string(s));
	}
	for (unsigned i = 0, n = pick(5); i < n; i++)
		some_component(d, i);
	if (pick(2))
		d->pending = json_pack("{s:s, s:[s,s], s:{s:i}}", "transaction", "t-1", "document_codes", "KS-4F7K2",
		                       "KS-22222", "at", "second", 7);
	return d;
}

static void same_text(const char *a, const char *b)
{
	if (!a || !b)
		assert_true(a == b);
	else
		assert_string_equal(a, b);
}

static void same_file(const struct dossier_file *a, const struct dossier_file *b)
{
	same_text(a->name, b->name);
	same_text(a->sha256, b->sha256);
	same_text(a->signer, b->signer);
	same_text(a->transaction, b->transaction);
	same_text(a->signed_at, b->signed_at);
	same_text(a->level, b->level);
	same_text(a->reason, b->reason);
	same_text(a->original_sha256, b->original_sha256);
	assert_true(a->bytes == b->bytes && a->pages == b->pages && a->state == b->state);
}

static void same_component(const struct dossier_component *a, const struct dossier_component *b)
{
	same_text(a->id, b->id);
	same_text(a->name, b->name);
	assert_true(a->ticked == b->ticked && a->required == b->required && a->declaration == b->declaration);
	assert_true(a->original == b->original && a->count == b->count && a->nfiles == b->nfiles);
	for (size_t i = 0; i < a->nfiles; i++)
		same_file(&a->files[i], &b->files[i]);
}

static void same_dossier(const struct dossier *a, const struct dossier *b)
{
	same_text(a->id, b->id);
	same_text(a->code, b->code);
	same_text(a->procedure, b->procedure);
	same_text(a->procedure_name, b->procedure_name);
	same_text(a->province, b->province);
	same_text(a->commune, b->commune);
	same_text(a->agency, b->agency);
	same_text(a->step, b->step);
	same_text(a->receive, b->receive);
	assert_true(a->state == b->state && a->started == b->started && a->sent == b->sent && a->due == b->due);
	assert_true(json_equal(a->person, b->person) && json_equal(a->answers, b->answers));
	assert_true(a->pending ? json_equal(a->pending, b->pending) : !b->pending);
	assert_int_equal(a->ncomponents, b->ncomponents);
	for (size_t i = 0; i < a->ncomponents; i++)
		same_component(&a->components[i], &b->components[i]);
}

static void nothing_is_lost(void **state)
{
	(void)state;
	for (int i = 0; i < 500; i++) {
		struct err e = { 0 };
		AUTO(dossier_release) struct dossier *d = some_dossier();
		AUTO(json_release) json_t *j = dossier_to_json(d);
		AUTO(mem_free) char *text = json_text(j);
		AUTO(json_release) json_t *read = json_parse(text, strlen(text), 1 << 24, &e);
		AUTO(dossier_release) struct dossier *back = dossier_from_json(read, &e);

		if (!back)
			fail_msg("%d: %s: %s", i, e.cause, text);
		same_dossier(d, back);
	}
}

/* One JSON value laid over a good dossier: `at` is a dotted path of json_put(). */
static void hostile_values_are_refused(void **state)
{
	static const struct {
		const char *name, *at, *value;
	} cases[] = {
		{ "an unknown key", "more", "1" },
		{ "an unknown key of a component", "components.0.more", "1" },
		{ "an unknown key of a file", "components.0.files.0.more", "1" },
		{ "no id", "id", "null" },
		{ "an id that is no UUID", "id", "\"../../etc\"" },
		{ "a number as text", "agency", "7" },
		{ "a NUL in a text", "agency", "\"a\\u0000b\"" },
		{ "a state out of range", "state", "11" },
		{ "a negative state", "state", "-1" },
		{ "a state of another type", "state", "\"1\"" },
		{ "a list as person", "person", "[]" },
		{ "no answers", "answers", "null" },
		{ "an answer that is no text", "answers.x", "{}" },
		{ "an empty field id", "answers", "{\"\":\"x\"}" },
		{ "no time", "sent", "\"tomorrow\"" },
		{ "a time as number", "sent", "12" },
		{ "components as object", "components", "{}" },
		{ "a component as text", "components.0", "\"x\"" },
		{ "a component without id", "components.0.id", "\"\"" },
		{ "a flag as number", "components.0.ticked", "1" },
		{ "a negative count", "components.0.count", "-1" },
		{ "a count over int", "components.0.count", "4294967296" },
		{ "files as text", "components.0.files", "\"x\"" },
		{ "an unknown state of a file", "components.0.files.0.state", "\"stolen\"" },
		{ "negative bytes", "components.0.files.0.bytes", "-1" },
		{ "pending as text", "pending", "\"x\"" },
		{ "pending too deep", "pending", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		AUTO(dossier_release) struct dossier *d = dossier_new();
		assert_non_null(dossier_add_file(dossier_add_component(d, "1", "x"), "x.pdf"));
		AUTO(json_release) json_t *j = dossier_to_json(d);
		json_t *in = j;
		AUTO(mem_free) char *path = mem_str(cases[i].at);
		char *save = NULL, *step = strtok_r(path, ".", &save), *next;

		for (; (next = strtok_r(NULL, ".", &save)); step = next)
			in = json_is_array(in) ? json_array_get(in, (size_t)(*step - '0')) : json_object_get(in, step);
		json_t *v = json_loads(cases[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(v);
		assert_int_equal(json_is_array(in) ? json_array_set_new(in, (size_t)(*step - '0'), v)
		                                   : json_object_set_new(in, step, v), 0);
		AUTO(dossier_release) struct dossier *back = dossier_from_json(j, &e);
		if (back || e.kind != ERR_SERVICE_ODD)
			fail_msg("taken: %s", cases[i].name);
	}
}

static void refuse(json_t *j, const char *name)
{
	struct err e = { 0 };
	AUTO(json_release) json_t *owned = j;
	AUTO(dossier_release) struct dossier *back = dossier_from_json(owned, &e);

	if (back || e.kind != ERR_SERVICE_ODD)
		fail_msg("taken: %s", name);
}

static json_t *base(void)
{
	AUTO(dossier_release) struct dossier *d = dossier_new();

	return dossier_to_json(d);
}

static void too_much_is_refused(void **state)
{
	AUTO(mem_free) char *huge = mem_alloc(DOSSIER_TEXT_MAX + 2);
	AUTO(dossier_release) struct dossier *one = dossier_new();
	json_t *j = base(), *c, *answers;

	(void)state;
	memset(huge, 'a', DOSSIER_TEXT_MAX + 1);
	json_object_set_new(j, "agency", json_string(huge));
	refuse(j, "a text over the limit");

	assert_non_null(dossier_add_component(one, "1", "x"));
	AUTO(json_release) json_t *full = dossier_to_json(one);
	c = json_array_get(json_object_get(full, "components"), 0);
	j = base();
	for (int i = 0; i <= DOSSIER_COMPONENTS_MAX; i++) {
		json_t *copy = json_deep_copy(c);

		json_object_set_new(copy, "id", json_sprintf("%d", i));
		json_array_append_new(json_object_get(j, "components"), copy);
	}
	refuse(j, "too many components");
	j = base();
	json_array_append(json_object_get(j, "components"), c);
	json_array_append(json_object_get(j, "components"), c);
	refuse(j, "the same component twice");

	j = base();
	answers = json_object_get(j, "answers");
	for (int i = 0; i <= DOSSIER_ANSWERS_MAX; i++) {
		char key[16];

		snprintf(key, sizeof key, "%d", i);
		json_object_set_new(answers, key, json_string("x"));
	}
	refuse(j, "too many answers");
	refuse(json_null(), "null");
	refuse(json_array(), "a list");
	assert_null(dossier_from_json(NULL, NULL));
}

static void answers_stop_at_the_limit(void **state)
{
	AUTO(dossier_release) struct dossier *d = dossier_new();
	struct err e = { 0 };

	(void)state;
	for (int i = 0; i < DOSSIER_ANSWERS_MAX + 50; i++) {
		char key[16];

		snprintf(key, sizeof key, "%d", i);
		dossier_answer_set(d, key, "x");
	}
	dossier_answer_set(d, "0", "still changed");
	assert_string_equal(dossier_answer(d, "0"), "still changed");
	dossier_answer_set(d, "1", NULL);
	assert_string_equal(dossier_answer(d, "1"), "");
	AUTO(json_release) json_t *j = dossier_to_json(d);
	AUTO(dossier_release) struct dossier *back = dossier_from_json(j, &e);
	assert_non_null(back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(hostile_values_are_refused),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(answers_stop_at_the_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
