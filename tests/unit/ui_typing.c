/* Telex and VNI: the shared lists whole, and what the rules of the design promise beyond them. */
#include "ui/typing.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int wrong;

static void gives(enum typing_mode mode, const char *keys, const char *want)
{
	AUTO(mem_free) char *got = typing_line(mode, keys);

	if (strcmp(got, want) == 0)
		return;
	fprintf(stderr, "%s -> %s, not %s\n", keys, got, want);
	wrong++;
}

static void list(enum typing_mode mode, const char *path, int rows)
{
	char line[512];
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	wrong = 0;
	for (; fgets(line, sizeof line, f); rows--) {
		line[strcspn(line, "\n")] = '\0';
		char *tab = strchr(line, '\t');

		assert_non_null(tab);
		*tab = '\0';
		gives(mode, line, tab + 1);
	}
	fclose(f);
	assert_int_equal(rows, 0);
	assert_int_equal(wrong, 0);
}

static void telex_list(void **state)
{
	(void)state;
	list(TYPING_TELEX, "tests/data/typing/telex.tsv", 88);
}

static void vni_list(void **state)
{
	(void)state;
	list(TYPING_VNI, "tests/data/typing/vni.tsv", 22);
}

static void rules(void **state)
{
	static const struct {
		enum typing_mode mode;
		const char *keys, *want;
	} cases[] = {
		/* names of the highlands */
		{ TYPING_TELEX, "DDawks Lawks", "Đắk Lắk" }, { TYPING_TELEX, "DDawsk Lawsk", "Đắk Lắk" },
		{ TYPING_TELEX, "DDawk Lawk", "Đăk Lăk" }, { TYPING_VNI, "D9a81k La8k1", "Đắk Lắk" },
		{ TYPING_TELEX, "Kroong Pawcs", "Krông Pắc" }, { TYPING_TELEX, "Ia H'Drai", "Ia H'Drai" },
		{ TYPING_TELEX, "Plei Kaanf", "Plei Kần" }, { TYPING_TELEX, "Kbang", "Kbang" },
		{ TYPING_TELEX, "K'", "K'" }, { TYPING_TELEX, "Chuw Proong", "Chư Prông" },
		{ TYPING_TELEX, "M'DDrawsk", "M'Đrắk" }, { TYPING_VNI, "Kro6ng No6", "Krông Nô" },
		/* uơ, ươ, ươu */
		{ TYPING_TELEX, "thuowr", "thuở" }, { TYPING_TELEX, "thuwowr", "thưở" },
		{ TYPING_TELEX, "khuow", "khuơ" }, { TYPING_TELEX, "quowr", "quở" },
		{ TYPING_TELEX, "huouw", "hươu" }, { TYPING_TELEX, "huowu", "hươu" }, { TYPING_TELEX, "huwou", "hươu" },
		{ TYPING_TELEX, "giuowngf", "giường" }, { TYPING_TELEX, "giuwongf", "giường" },
		{ TYPING_VNI, "thuo73", "thuở" }, { TYPING_VNI, "thu7o73", "thưở" }, { TYPING_VNI, "huou7", "hươu" },
		{ TYPING_VNI, "khuo7ng", "khương" }, { TYPING_VNI, "gi7", "gi7" }, { TYPING_TELEX, "giwx", "giữ" },
		/* the last mark wins */
		{ TYPING_TELEX, "toowi", "tơi" }, { TYPING_TELEX, "awa", "â" }, { TYPING_TELEX, "toasf", "tòa" },
		{ TYPING_TELEX, "toasz", "toa" }, { TYPING_VNI, "toa10", "toa" }, { TYPING_TELEX, "muwoongs", "muống" },
		/* a double key undoes; what follows is literal */
		{ TYPING_TELEX, "ww", "w" }, { TYPING_TELEX, "thww", "thw" }, { TYPING_TELEX, "uww", "uw" },
		{ TYPING_TELEX, "dasss", "dass" }, { TYPING_TELEX, "dassf", "dasf" }, { TYPING_TELEX, "mooocs", "moóc" },
		{ TYPING_TELEX, "sooocs", "soóc" }, { TYPING_TELEX, "xooong", "xoong" }, { TYPING_TELEX, "oooo", "ooo" },
		{ TYPING_VNI, "a66", "a6" }, { TYPING_VNI, "u77", "u7" }, { TYPING_VNI, "d99", "d9" },
		/* a letter of its own, or a mark */
		{ TYPING_TELEX, "toio", "tôi" }, { TYPING_TELEX, "khoeo", "khoeo" }, { TYPING_TELEX, "ngoeor", "ngoẻo" },
		/* no Vietnamese: as typed */
		{ TYPING_TELEX, "google windows text next power week", "google windows text next power week" },
		{ TYPING_TELEX, "address process driver book task", "address process driver book task" },
		{ TYPING_TELEX, "UBND QDD DDT", "UBND QDD DDT" }, { TYPING_VNI, "B52 covid19 12/2026", "B52 covid19 12/2026" },
		/* case */
		{ TYPING_TELEX, "dD", "đ" }, { TYPING_TELEX, "TRUWOWNGF", "TRƯỜNG" }, { TYPING_TELEX, "W", "Ư" },
		{ TYPING_TELEX, "AAN", "ÂN" }, { TYPING_TELEX, "ANa", "ÂN" }, { TYPING_TELEX, "oAF", "òA" },
		/* BackSpace takes a letter with its marks; the tone that stood on another letter stays */
		{ TYPING_TELEX, "hoanf<", "hòa" }, { TYPING_TELEX, "thuowr<", "thu" }, { TYPING_TELEX, "hoaf<an", "hoàn" },
		{ TYPING_TELEX, "huawwei<e", "huawee" }, { TYPING_TELEX, "mooocs<n", "moón" }, { TYPING_TELEX, "a <b", "ab" },
		{ TYPING_TELEX, "<<ddaa<<<", "" }, { TYPING_VNI, "thuo7ng2<", "thườn" }, { TYPING_VNI, "a111<<", "a" },
		{ TYPING_TELEX, "vieet<jt", "việt" }, { TYPING_TELEX, "Ñaf", "Ñà" },
	};

	(void)state;
	wrong = 0;
	for (size_t i = 0; i < COUNT(cases); i++)
		gives(cases[i].mode, cases[i].keys, cases[i].want);
	assert_int_equal(wrong, 0);
}

static void press(struct typing *t, const char *keys)
{
	for (; *keys; keys++)
		assert_true(typing_key(t, *keys));
}

static void settings(void **state)
{
	struct typing t = { .mode = TYPING_TELEX, .new_style = true };

	(void)state;
	press(&t, "hoaf");
	assert_string_equal(t.text, "hoà");
	typing_reset(&t);
	press(&t, "thuyr");
	assert_string_equal(t.text, "thuỷ");
	typing_reset(&t);
	press(&t, "cuar");
	assert_string_equal(t.text, "của");
	t.raw_backspace = true;
	assert_true(typing_backspace(&t));
	assert_string_equal(t.text, "cua");
	t.mode = TYPING_OFF;
	assert_false(typing_key(&t, 'a'));
	assert_false(typing_backspace(&t));
	t.mode = TYPING_TELEX;
	typing_reset(&t);
	assert_false(typing_backspace(&t));
	assert_false(typing_key(&t, ' '));
	assert_false(typing_key(&t, '1'));
	t.mode = TYPING_VNI;
	assert_true(typing_key(&t, '1'));
}

static void a_full_word_ends(void **state)
{
	struct typing t = { .mode = TYPING_TELEX };

	(void)state;
	for (int i = 0; i < TYPING_KEYS_MAX; i++)
		assert_true(typing_key(&t, 'q'));
	assert_false(typing_key(&t, 'q'));
	assert_int_equal(strlen(t.text), TYPING_KEYS_MAX);
}

/* Whatever is pressed: text within its room, UTF-8, and a line of letters loses none that is no key. */
static void any_keys(void **state)
{
	static const char keys[] = "aAeEiIoOuUyYwWdDsfrxjzkKhnNgtcpml0123456789";
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct typing t = { .mode = round & 1 ? TYPING_TELEX : TYPING_VNI, .new_style = round & 2,
			            .raw_backspace = round & 4 };

		for (int i = 0; i < 40; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			unsigned r = (unsigned)(seed >> 33);
			bool taken = r % 11 == 0 ? typing_backspace(&t) : typing_key(&t, keys[r % (sizeof keys - 1)]);

			assert_true(strnlen(t.text, sizeof t.text) < sizeof t.text);
			assert_true(strlen(t.text) <= 3 * t.nkeys && t.nkeys <= TYPING_KEYS_MAX);
			if (!taken)
				typing_reset(&t);
		}
	}
}

/* A mark undone gives the letters and the key; undone once more nothing changes but the literal key. */
static void undo_is_stable(void **state)
{
	static const char *const words[] = { "toan", "viet", "dan", "ho", "nghieng", "la", "hoa", "thuy" };
	static const char marks[] = "sfrxj";

	(void)state;
	wrong = 0;
	for (size_t i = 0; i < COUNT(words); i++) {
		for (const char *m = marks; *m; m++) {
			AUTO(mem_free) char *twice = mem_printf("%s%c%c", words[i], *m, *m);
			AUTO(mem_free) char *once = mem_printf("%s%c", words[i], *m);
			AUTO(mem_free) char *thrice = mem_printf("%s%c%c%c", words[i], *m, *m, *m);

			gives(TYPING_TELEX, twice, once);
			gives(TYPING_TELEX, thrice, twice);
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(telex_list),       cmocka_unit_test(vni_list), cmocka_unit_test(rules),
		cmocka_unit_test(settings),         cmocka_unit_test(a_full_word_ends),
		cmocka_unit_test(any_keys),         cmocka_unit_test(undo_is_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
