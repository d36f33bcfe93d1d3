/* base/text.h: Vietnamese in both normal forms, width, lines, and hostile text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"

static const char lower[] = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ";
static const char upper[] = "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴĐ";
static const char plain[] = "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd";

#define SAME(call, want) \
	do { \
		AUTO(mem_free) char *got_ = (call); \
		assert_string_equal(got_, want); \
	} while (0)

static void one_letter(const char *nfc, char base)
{
	AUTO(mem_free) char *nfd = text_nfd(nfc);
	char want[2] = { base, '\0' };

	SAME(text_nfc(nfd), nfc);
	SAME(text_fold(nfc), want);
	SAME(text_fold(nfd), want);
	SAME(text_clean(nfc, false), nfc);
	SAME(text_clean(nfd, false), nfc);
	assert_int_equal(text_width(nfc), 1);
	assert_int_equal(text_width(nfd), 1);
	assert_int_equal(text_next_grapheme(nfd, 0), strlen(nfd));
	assert_int_equal(text_prev_grapheme(nfd, strlen(nfd)), strlen(nfd));
	if (base != 'd')
		assert_true(strlen(nfd) > 2);
}

static void all_134_letters_in_both_forms(void **state)
{
	(void)state;
	const char *sets[] = { lower, upper };
	int letters = 0;

	for (size_t i = 0; i < COUNT(sets); i++) {
		const char *base = plain;
		for (const char *p = sets[i]; *p; base++, letters++) {
			char letter[5];
			text_put(letter, text_next(&p));
			one_letter(letter, *base);
		}
		assert_int_equal(*base, '\0');
	}
	assert_int_equal(letters, 134);
}

static void folding_meets_what_people_type(void **state)
{
	(void)state;
	SAME(text_fold("Đắk  Lắk"), "dak lak");
	SAME(text_fold("  Đồng\tNai \n"), "dong nai");
	SAME(text_fold("M\xe2\x80\x99" "Drắk"), "m'drak");
	SAME(text_fold("M\xca\xbc" "Drắk"), "m'drak");
	SAME(text_fold("M`Drắk"), "m'drak");
	SAME(text_fold("M\xe2\x80\x98" "Drắk"), "m'drak");
	SAME(text_fold("TP.\xc2\xa0HỒ CHÍ MINH"), "tp. ho chi minh");
	SAME(text_fold("Hà\xe2\x80\x8b" "Nội"), "hanoi");
	SAME(text_fold(""), "");
	SAME(text_fold(NULL), "");
}

static const struct {
	const char *name, *in, *line, *lines;
} dirty[] = {
	{ "an escape sequence loses its escape", "a\x1b[31mb\x1b]0;x\x07" "c", "a[31mb]0;xc", "a[31mb]0;xc" },
	{ "C1 controls go", "a\xc2\x9b" "31mb\xc2\x90", "a31mb", "a31mb" },
	{ "bidi controls go", "a\xe2\x80\xae" "b\xe2\x81\xa6" "c\xe2\x80\x8f" "d\xd8\x9c", "abcd", "abcd" },
	{ "zero width goes", "a\xe2\x80\x8b" "b\xe2\x80\x8d" "c\xef\xbb\xbf" "d\xe2\x81\xa0", "abcd", "abcd" },
	{ "tabs are spaces", "a\tb", "a b", "a b" },
	{ "one line end of any kind", "a\r\nb\rc\nd", "a b c d", "a\nb\nc\nd" },
	{ "Unicode line ends", "a\xe2\x80\xa8" "b\xe2\x80\xa9" "c\xc2\x85" "d", "a b c d", "a\nb\nc\nd" },
	{ "invalid bytes are marked", "a\xff" "b\xc3", "a\xef\xbf\xbd" "b\xef\xbf\xbd", "a\xef\xbf\xbd" "b\xef\xbf\xbd" },
	{ "surrogates are invalid", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "an overlong slash is no slash", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "private use and noncharacters go", "a\xee\x80\x80" "b\xef\xbf\xbe" "c\xf4\x8f\xbf\xbd", "abc", "abc" },
	{ "unassigned goes", "a\xcd\xb8" "b", "ab", "ab" },
	{ "invisible letters go", "a\xe3\x85\xa4" "b\xef\xb8\x8f", "ab", "ab" },
	{ "a mark meets its letter", "a\xe2\x80\x8b\xcc\x81", "á", "á" },
	{ "DEL goes", "a\x7f" "b", "ab", "ab" },
	{ "nothing", "", "", "" },
};

static void cleaning_leaves_nothing_to_obey(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dirty); i++) {
		AUTO(mem_free) char *line = text_clean(dirty[i].in, false);
		AUTO(mem_free) char *lines = text_clean(dirty[i].in, true);
		if (strcmp(line, dirty[i].line) || strcmp(lines, dirty[i].lines))
			fail_msg("%s: \"%s\" \"%s\"", dirty[i].name, line, lines);
	}
	SAME(text_clean(NULL, false), "");
}

/* Every code point there is: what is left is at most one cell wide twice over, and never a control. */
static void no_code_point_gets_a_control_through(void **state)
{
	(void)state;
	for (uint32_t cp = 1; cp <= 0x10ffff; cp++) {
		char s[5];
		text_put(s, cp);
		AUTO(mem_free) char *c = text_clean(s, false);
		for (const char *p = c; *p;) {
			uint32_t got = text_next(&p);
			if (got < 0x20 || (got >= 0x7f && got < 0xa0) || (got >= 0x200b && got <= 0x200f) ||
			    (got >= 0x202a && got <= 0x202e) || (got >= 0x2060 && got <= 0x2069) || got == 0x61c ||
			    got == 0xfeff || (got >= 0xd800 && got <= 0xf8ff))
				fail_msg("U+%04X became U+%04X", cp, got);
			int w = text_cp_width(got);
			assert_true(w >= 0 && w <= 2);
		}
	}
}

static void utf8_is_judged_strictly(void **state)
{
	(void)state;
	assert_true(text_is_utf8("Ký số", strlen("Ký số")));
	assert_true(text_is_utf8("", 0));
	assert_true(text_is_utf8("a\0b", 3));
	assert_false(text_is_utf8("\xc3", 1));
	assert_false(text_is_utf8("\xe1\xba", 2));
	assert_false(text_is_utf8("\xc0\xaf", 2));
	assert_false(text_is_utf8("\xed\xa0\x80", 3));
	assert_false(text_is_utf8("\xf4\x90\x80\x80", 4));
	assert_false(text_is_utf8("\xf8\x88\x80\x80\x80", 5));
	assert_true(text_is_utf8("\xf4\x8f\xbf\xbf", 4));
	const char *p = "\xe1\xba";
	assert_int_equal(text_next(&p), 0xfffd);
	assert_int_equal(text_next(&p), 0xfffd);
	assert_int_equal(text_next(&p), 0);
	for (uint32_t cp = 1; cp <= 0x10ffff; cp += 7) {
		char s[5];
		int n = text_put(s, cp);
		p = s;
		if (cp < 0xd800 || cp > 0xdfff) {
			assert_true(text_is_utf8(s, (size_t)n));
			assert_int_equal(text_next(&p), cp);
		}
	}
}

static void graphemes_keep_marks_with_their_letter(void **state)
{
	(void)state;
	const char *s = "e\xcc\x82\xcc\xa3" "n";
	assert_int_equal(text_next_grapheme(s, 0), 5);
	assert_int_equal(text_next_grapheme(s, 5), 1);
	assert_int_equal(text_next_grapheme(s, 6), 0);
	assert_int_equal(text_prev_grapheme(s, 6), 1);
	assert_int_equal(text_prev_grapheme(s, 5), 5);
	assert_int_equal(text_prev_grapheme(s, 0), 0);
	assert_int_equal(text_prev_grapheme(s, 99), 1);
	assert_int_equal(text_prev_grapheme("a\xff", 2), 1);
	assert_int_equal(text_prev_grapheme("a\xba", 2), 1);
	assert_int_equal(text_prev_grapheme("aệ", 4), 3);
}

static void widths_are_cells(void **state)
{
	(void)state;
	assert_int_equal(text_width("Trạm Ký"), 7);
	assert_int_equal(text_width("漢字"), 4);
	assert_int_equal(text_width("•…│█"), 4);
	assert_int_equal(text_cp_width(0x300), 0);
	assert_int_equal(text_cp_width(0x302e), 0);
	assert_int_equal(text_cp_width(0xad), 0);
	assert_int_equal(text_cp_width(0x1b), 0);
	assert_int_equal(text_cp_width(0x200b), 0);
	assert_int_equal(text_cp_width(0x1f600), 2);
	assert_int_equal(text_width(NULL), 0);
}

static void check_wrap(const char *in, int cells, const char *want)
{
	size_t n;
	char **lines = text_wrap(in, cells, &n);
	struct buf got = { 0 };

	for (size_t i = 0; i < n; i++) {
		buf_printf(&got, "%s|", lines[i]);
		if (cells > 1)
			assert_true(text_width(lines[i]) <= cells);
	}
	assert_null(lines[n]);
	assert_string_equal(got.p ? (char *)got.p : "", want);
	buf_free(&got);
	text_lines_free(lines);
}

static void lines_break_at_spaces(void **state)
{
	(void)state;
	check_wrap("mot hai ba bon", 7, "mot hai|ba bon|");
	check_wrap("Nộp hồ sơ đăng ký khai sinh", 10, "Nộp hồ sơ|đăng ký|khai sinh|");
	check_wrap("abcdefghij kl", 4, "abcd|efgh|ij|kl|");
	check_wrap("a\n\nb", 10, "a||b|");
	check_wrap("a\n", 10, "a|");
	check_wrap("", 10, "");
	check_wrap("hai   ba", 4, "hai|ba|");
	check_wrap("漢字漢", 3, "漢|字|漢|");
	check_wrap("漢a", 1, "漢|a|");
	check_wrap("ab", 0, "a|b|");
	check_wrap("e\xcc\x82\xcc\xa3" "e\xcc\x82\xcc\xa3", 1, "e\xcc\x82\xcc\xa3|e\xcc\x82\xcc\xa3|");
	check_wrap("abc   ", 3, "abc|");
	text_lines_free(NULL);
}

static void cutting_says_that_it_cut(void **state)
{
	(void)state;
	SAME(text_cut("Nguyễn Văn Thử", 14), "Nguyễn Văn Thử");
	SAME(text_cut("Nguyễn Văn Thử", 13), "Nguyễn Văn T…");
	SAME(text_cut("Nguyễn Văn Thử", 8), "Nguyễn…");
	SAME(text_cut("漢字漢", 4), "漢…");
	SAME(text_cut("abc", 1), "…");
	SAME(text_cut("abc", 0), "");
	SAME(text_cut("", 5), "");
	SAME(text_cut(NULL, 5), "");
}

static void numbers_are_masked(void **state)
{
	(void)state;
	SAME(text_digits("001 090-123.456"), "001090123456");
	SAME(text_digits("không"), "");
	SAME(text_mask_id("079090001234"), "079•••••1234");
	SAME(text_mask_id("12345678"), "123•5678");
	SAME(text_mask_id("1234567"), "•••••67");
	SAME(text_mask_id("12"), "12");
	SAME(text_mask_id(""), "");
	SAME(text_mask_id(NULL), "");
}

static const char *lookup(void *self, const char *name)
{
	++*(int *)self;
	if (strcmp(name, "name") == 0)
		return "{other}";
	return strcmp(name, "n.1") == 0 ? "7" : NULL;
}

static void filling_never_reads_a_value_again(void **state)
{
	(void)state;
	int calls = 0;

	SAME(text_fill("Chào {name}: {n.1}", lookup, &calls), "Chào {other}: 7");
	assert_int_equal(calls, 2);
	SAME(text_fill("{unknown} {} { {name {{n.1}} }", lookup, &calls), "{unknown} {} { {name {7} }");
	SAME(text_fill(NULL, lookup, &calls), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_134_letters_in_both_forms),
		cmocka_unit_test(folding_meets_what_people_type),
		cmocka_unit_test(cleaning_leaves_nothing_to_obey),
		cmocka_unit_test(no_code_point_gets_a_control_through),
		cmocka_unit_test(utf8_is_judged_strictly),
		cmocka_unit_test(graphemes_keep_marks_with_their_letter),
		cmocka_unit_test(widths_are_cells),
		cmocka_unit_test(lines_break_at_spaces),
		cmocka_unit_test(cutting_says_that_it_cut),
		cmocka_unit_test(numbers_are_masked),
		cmocka_unit_test(filling_never_reads_a_value_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
