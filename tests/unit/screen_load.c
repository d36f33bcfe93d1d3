/* Screens from YAML, their words, the views made of them, and what `tramky screens check` finds. */
#include "screen/screen.h"

#include "base/err.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

static void put_file(const char *name, const char *text)
{
	AUTO(mem_free) char *path = mem_printf("%s/%s", root, name);

	assert_int_equal(0, file_replace(path, text, strlen(text), 0644, NULL));
}

static void po(const char *lang, const char *domain, const char *entries)
{
	AUTO(mem_free) char *text = mem_printf("msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\n%s", entries);
	AUTO(mem_free) char *dir = mem_printf("%s/locale/%s/LC_MESSAGES", root, lang);
	AUTO(mem_free) char *run = mem_printf("msgfmt -o %s/%s.mo %s/in.po", dir, domain, root);

	assert_int_equal(0, file_mkdirs(dir, 0755, NULL));
	put_file("in.po", text);
	assert_int_equal(0, system(run));
}

static const char otp[] =
	"id: otp\ntitle: otp.title\ntext: otp.text\n"
	"fields:\n"
	"  - { id: code, kind: digits, label: otp.code, rule: \"required, digits 6\", help: otp.help }\n"
	"  - { id: how, kind: choice, label: otp.how, columns: 2, options: [ {id: a, label: otp.a}, {id: b, label: otp.b} ] }\n"
	"keys:\n"
	"  - { key: Enter, label: otp.submit, does: submit }\n"
	"  - { key: 9, label: otp.officer, does: officer }\n";

#define WORDS(title) \
	"msgid \"otp.title\"\nmsgstr \"" title "\"\n\nmsgid \"otp.text\"\nmsgstr \"Gõ {n} số\"\n\n" \
	"msgid \"otp.code\"\nmsgstr \"Mã *\"\n\nmsgid \"otp.help\"\nmsgstr \"H\"\n\nmsgid \"otp.how\"\nmsgstr \"W\"\n\n" \
	"msgid \"otp.a\"\nmsgstr \"Một\"\n\nmsgid \"otp.b\"\nmsgstr \"Hai\"\n\nmsgid \"otp.submit\"\nmsgstr \"S\"\n\n" \
	"msgid \"otp.officer\"\nmsgstr \"O\"\n\nmsgid \"rule.top-one\"\nmsgstr \"{label}: {what}\"\n\n" \
	"msgid \"rule.digits-exact\"\nmsgstr \"đủ {max} số\"\n\n"

static int set_up(void **state)
{
	static const char *const dirs[] = { "screens/citizen", "screens/staff", "screens/forms", "screens/provinces/dienbien" };

	(void)state;
	snprintf(root, sizeof root, "%s/screen-XXXXXX", P_tmpdir);
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < COUNT(dirs); i++) {
		AUTO(mem_free) char *d = mem_printf("%s/%s", root, dirs[i]);

		file_mkdirs(d, 0755, NULL);
	}
	put_file("screens/citizen/otp.yaml", otp);
	po("vi", "tramky", WORDS("Nhập mã"));
	po("en", "tramky", WORDS("Code"));
	po("vi", "tramky-dienbien", "msgid \"otp.title\"\nmsgstr \"Mã của Điện Biên\"\n");
	AUTO(mem_free) char *screens = mem_printf("%s/screens", root);
	AUTO(mem_free) char *locale = mem_printf("%s/locale", root);

	screens_set_folders(screens, locale);
	return msg_setup("vi", NULL, NULL);
}

static int tear_down(void **state)
{
	AUTO(mem_free) char *run = mem_printf("rm -rf %s", root);

	(void)state;
	screens_set_folders(NULL, NULL);
	return system(run);
}

static void words_follow_language_and_province(void **state)
{
	(void)state;
	assert_int_equal(0, msg_setup("vi", NULL, NULL));
	assert_string_equal("Nhập mã", msg("otp.title"));
	assert_int_equal(0, msg_setup("en", NULL, NULL));
	assert_string_equal("Code", msg("otp.title"));
	assert_int_equal(0, msg_setup("vi", "dienbien", NULL));
	assert_string_equal("Mã của Điện Biên", msg("otp.title"));
	assert_string_equal("Mã *", msg("otp.code"));
	assert_int_equal(0, msg_setup("vi", "", NULL));
	assert_string_equal("Nhập mã", msg("otp.title"));
	assert_string_equal("no.such", msg("no.such"));
	assert_false(msg_has("no.such"));
	assert_false(msg_has(""));
	assert_string_equal("", msg(""));
	assert_int_equal(-1, msg_setup("fr", NULL, NULL));
	assert_int_equal(-1, msg_setup("vi", "../etc", NULL));
}

static void placeholders(void **state)
{
	json_t *vars = json_pack("{s:i}", "n", 6);
	AUTO(mem_free) char *s = msg_fill("otp.text", vars);

	(void)state;
	assert_string_equal("Gõ 6 số", s);
	json_decref(vars);
}

static void a_screen_becomes_a_view(void **state)
{
	const struct screen *s = screen_get("otp", NULL);
	struct view *v;

	(void)state;
	assert_non_null(s);
	assert_ptr_equal(s, screen_get("otp", NULL));
	assert_int_equal(FIELD_DIGITS, s->fields[0].kind);
	assert_true(s->fields[0].required);
	assert_int_equal(6, s->fields[0].max);
	assert_int_equal(2, s->fields[1].columns);
	assert_string_equal("9", s->keys[1].key);
	v = view_new(s);
	assert_string_equal("Nhập mã", v->title);
	assert_string_equal("Hai", view_field(v, "how")->options[1].label);
	assert_string_equal("", view_value(v, "code"));
	view_set(v, "code", "12");
	assert_false(view_check(v));
	assert_string_equal("đủ 6 số", v->fields[0].error);
	assert_string_equal("Mã: đủ 6 số", v->error);
	assert_string_equal("12", view_value(v, "code"));
	view_set(v, "code", "12 34 56");
	assert_true(view_check(v));
	assert_null(v->error);
	assert_null(v->fields[0].error);
	v->fields[0].hidden = true;
	view_set(v, "code", "");
	assert_true(view_check(v));
	view_free(v);
}

static void a_province_has_its_own_screen(void **state)
{
	(void)state;
	put_file("screens/provinces/dienbien/otp.yaml", "id: otp\ntitle: otp.officer\n");
	assert_int_equal(0, msg_setup("vi", "dienbien", NULL));
	assert_string_equal("otp.officer", screen_get("otp", NULL)->title);
	assert_int_equal(0, msg_setup("vi", "", NULL));
	assert_string_equal("otp.title", screen_get("otp", NULL)->title);
	AUTO(mem_free) char *path = mem_printf("%s/screens/provinces/dienbien/otp.yaml", root);
	assert_int_equal(0, unlink(path));
}

static const struct {
	const char *name, *text, *want;
} faults[] = {
	{ "no title", "id: bad\n", "\"title\" is missing" },
	{ "unknown kind", "id: bad\ntitle: t\nfields: [ {id: a, kind: slider} ]\n", "unknown kind \"slider\"" },
	{ "unknown rule", "id: bad\ntitle: t\nfields: [ {id: a, kind: text, rule: \"required, nice\"} ]\n", "unknown rule \"nice\"" },
	{ "range the wrong way round", "id: bad\ntitle: t\nfields: [ {id: a, kind: digits, rule: digits 9-3} ]\n", "unknown rule" },
	{ "unknown word", "id: bad\ntitle: t\ncolour: red\n", "unknown word \"colour\"" },
	{ "a key without label", "id: bad\ntitle: t\nkeys: [ {key: F3, does: go} ]\n", "\"label\" is missing" },
	{ "an action too long", "id: bad\ntitle: t\nkeys: [ {key: F3, label: t, does: abcdefghijklmnopqrstuvwxyzabcdefgh} ]\n", "31" },
	{ "another id", "id: good\ntitle: t\n", "id is \"good\"" },
	{ "fields that are no list", "id: bad\ntitle: t\nfields: 7\n", "fields is a list" },
};

static void a_faulty_file_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct err e = { 0 };

		put_file("screens/citizen/bad.yaml", faults[i].text);
		if (screen_get("bad", &e) || !strstr(e.cause, faults[i].want) || !strstr(e.cause, "bad.yaml"))
			fail_msg("%s: %s", faults[i].name, e.cause);
		assert_int_equal(ERR_CONFIG, e.kind);
	}
	AUTO(mem_free) char *path = mem_printf("%s/screens/citizen/bad.yaml", root);
	assert_int_equal(0, unlink(path));
	assert_null(screen_get("../otp", NULL));
	assert_null(screen_get("none", NULL));
}

static void check_finds(void **state)
{
	static const char *const known[] = { "otp", NULL }, *const more[] = { "otp", "lost", NULL };
	static const char *const none[] = { NULL };
	AUTO(mem_free) char *wide = mem_printf("%s/screens/citizen/wide.yaml", root);

	(void)state;
	assert_int_equal(0, screens_check(known));
	assert_int_equal(1, screens_check(more));          /* a screen the wizard knows and nobody wrote */
	assert_int_equal(1, screens_check(none));          /* nothing leads to otp */
	put_file("screens/citizen/wide.yaml", "id: wide\ntitle: otp.none\nkeys:\n  - { key: F9, label: otp.a, does: x }\n"
		"  - { key: F3, label: otp.a, does: x }\n  - { key: f3, label: otp.a, does: y }\n");
	/* unreachable, F9 taken, F3 twice, a message missing in each language */
	assert_int_equal(5 + 1, screens_check(known));
	assert_int_equal(0, unlink(wide));
	put_file("screens/citizen/wide.yaml", "id: form\nfile: x.pdf\npages: [ otp, otp2 ]\n");
	assert_int_equal(1, screens_check(known));         /* a form of several pages: one of them is no screen */
	assert_int_equal(0, unlink(wide));
	assert_string_equal("vi", msg_lang());
}

static void check_counts_rows(void **state)
{
	static const char *const known[] = { "otp", "tall", NULL };
	AUTO(mem_free) char *path = mem_printf("%s/screens/citizen/tall.yaml", root);
	AUTO(mem_free) char *text = mem_str("id: tall\ntitle: otp.title\nfields:\n");
	int fit = 0;

	(void)state;
	for (int i = 0; i < 24; i++) {
		char *longer = mem_printf("%s  - { id: f%d, kind: text, label: otp.a }\n", text, i);

		mem_free(&text);
		text = longer;
		put_file("screens/citizen/tall.yaml", text);
		if (!screens_check(known))
			fit = i + 1;
	}
	/* 24 rows without bar, sandbox line, help line, line of keys, and two for an error */
	assert_int_equal(18, fit);
	assert_int_equal(0, unlink(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_follow_language_and_province),
		cmocka_unit_test(placeholders),
		cmocka_unit_test(a_screen_becomes_a_view),
		cmocka_unit_test(a_province_has_its_own_screen),
		cmocka_unit_test(a_faulty_file_is_named),
		cmocka_unit_test(check_finds),
		cmocka_unit_test(check_counts_rows),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
