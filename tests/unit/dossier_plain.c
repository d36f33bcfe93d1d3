/* The dossier: who may sign, what is missing, codes; and JSON that loses nothing and lets nothing hostile in. */
#include "dossier/dossier.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "dossier/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct dossier *example(void)
{
	struct dossier *d = dossier_new();

	dossier_set_text(&d->procedure, "1.001193");
	dossier_set_text(&d->province, "11");
	dossier_set_text(&d->agency, "UBND xã Mường Thử");
	json_object_set_new(d->person, "id", json_string("011090123456"));
	json_object_set_new(d->person, "old_id", json_string("040 123 456"));
	return d;
}

static void who_may_sign(void **state)
{
	static const struct {
		const char *name, *cert;
		bool want;
	} cases[] = {
		{ "the personal number", "CCCD:011090123456", true },
		{ "the personal number, bare and spaced", "011 090 123 456", true },
		{ "the old identity card", "CMND:040123456", true },
		{ "the organisation's tax code", "MST:0100109106-001", true },
		{ "the head office of that branch", "MST:0100109106", false },
		{ "another person", "CCCD:011090123457", false },
		{ "a part of the number", "011090", false },
		{ "a longer number", "CCCD:0110901234561", false },
		{ "no number", "CCCD:", false },
		{ "nothing", "", false },
	};
	AUTO(dossier_release) struct dossier *d = example();

	(void)state;
	dossier_answer_set(d, "mst", "0100109106-001");
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (dossier_may_sign(d, cases[i].cert) != cases[i].want)
			fail_msg("%s", cases[i].name);
	}
	assert_false(dossier_may_sign(d, NULL));
}

static void empty_numbers_name_nobody(void **state)
{
	AUTO(dossier_release) struct dossier *d = dossier_new();

	(void)state;
	assert_false(dossier_may_sign(d, "CCCD:"));
	json_object_set_new(d->person, "id", json_string(""));
	json_object_set_new(d->person, "old_id", json_null());
	dossier_answer_set(d, "mst", "12");
	assert_false(dossier_may_sign(d, ""));
	assert_false(dossier_may_sign(d, "12"));
}

static bool complete_but(struct dossier *d, const char *name)
{
	AUTO(json_release) json_t *missing = json_array();
	bool whole = dossier_complete(d, missing);

	if (whole != (json_array_size(missing) == 0))
		return false;
	return name ? !whole && strcmp(json_string_value(json_array_get(missing, 0)), name) == 0 : whole;
}

static void what_is_missing(void **state)
{
	AUTO(dossier_release) struct dossier *d = example();
	struct dossier_component *c;

	(void)state;
	assert_true(complete_but(d, NULL));
	assert_non_null(dossier_add_component(d, "2", "Giấy chứng sinh"));
	assert_true(complete_but(d, NULL));
	c = dossier_component(d, "2");
	c->required = true;
	assert_true(complete_but(d, "Giấy chứng sinh"));
	c->required = false;
	c->ticked = true;
	assert_true(complete_but(d, "Giấy chứng sinh"));
	struct dossier_file *f = dossier_add_file(c, "giay-chung-sinh.pdf");
	assert_true(complete_but(d, NULL));
	f->state = FILE_WAITING;
	assert_true(complete_but(d, "Giấy chứng sinh"));
	f->state = FILE_FAILED;
	assert_true(complete_but(d, "Giấy chứng sinh"));
	f->state = FILE_SIGNED;
	assert_true(complete_but(d, NULL));
	dossier_drop_file(c, 0);
	assert_true(complete_but(d, "Giấy chứng sinh"));
	c->ticked = false;
	dossier_set_text(&d->agency, NULL);
	assert_true(complete_but(d, "agency"));
}

static void codes_can_be_read_aloud(void **state)
{
	bool seen[128] = { false };
	size_t signs = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		AUTO(mem_free) char *code = dossier_document_code();

		assert_int_equal(strlen(code), 8);
		assert_memory_equal(code, "KS-", 3);
		assert_int_equal(strspn(code + 3, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"), 5);
		for (const char *p = code + 3; *p; p++)
			seen[(unsigned char)*p] = true;
	}
	for (size_t i = 0; i < COUNT(seen); i++)
		signs += seen[i];
	assert_int_equal(signs, 32);
}

static void uuids_are_of_version_4(void **state)
{
	AUTO(mem_free) char *last = mem_str("");

	(void)state;
	for (int i = 0; i < 200; i++) {
		AUTO(mem_free) char *u = dossier_uuid();

		assert_int_equal(strlen(u), 36);
		assert_int_equal(strspn(u, "0123456789abcdef-"), 36);
		assert_true(u[8] == '-' && u[13] == '-' && u[18] == '-' && u[23] == '-');
		assert_int_equal(u[14], '4');
		assert_non_null(strchr("89ab", u[19]));
		assert_string_not_equal(u, last);
		dossier_set_text(&last, u);
	}
}

static void texts_are_kept_within_bounds(void **state)
{
	AUTO(dossier_release) struct dossier *d = dossier_new();
	AUTO(mem_free) char *huge = mem_alloc(3 * DOSSIER_TEXT_MAX);

	(void)state;
	/* "a" + "ê" ...: a cut at the limit would fall into the middle of a letter */
	strcpy(huge, "a");
	for (size_t n = 1; n < 2 * DOSSIER_TEXT_MAX; n += 2)
		memcpy(huge + n, "\xc3\xaa", 3);
	dossier_set_text(&d->agency, huge);
	assert_int_equal(strlen(d->agency), DOSSIER_TEXT_MAX - 1);
	dossier_set_text(&d->agency, "xa\xff");
	assert_string_equal(d->agency, "xa\xef\xbf\xbd");
	for (int i = 0; i < DOSSIER_COMPONENTS_MAX; i++)
		assert_non_null(dossier_add_component(d, "1", "x"));
	assert_null(dossier_add_component(d, "1", "x"));
	for (int i = 0; i < DOSSIER_FILES_MAX; i++)
		assert_non_null(dossier_add_file(&d->components[0], "x"));
	assert_null(dossier_add_file(&d->components[0], "x"));
	dossier_add_file(&d->components[1], "to\x1b[31m\xe2\x80\xae-khai.pdf");
	assert_null(strchr(d->components[1].files[0].name, '\x1b'));
	assert_null(strstr(d->components[1].files[0].name, "\xe2\x80\xae"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_sign),
		cmocka_unit_test(empty_numbers_name_nobody),
		cmocka_unit_test(what_is_missing),
		cmocka_unit_test(codes_can_be_read_aloud),
		cmocka_unit_test(uuids_are_of_version_4),
		cmocka_unit_test(texts_are_kept_within_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
