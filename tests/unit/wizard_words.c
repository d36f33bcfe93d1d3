/* Numbers and dates in words, as a Vietnamese declaration wants them. Between hundreds and a single unit stands "lẻ" (the north
 * says so; "linh" is as right). A year keeps its "không trăm". */
#include "wizard/words.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void numbers(void **state)
{
	static const struct { int n; const char *words; } cases[] = {
		{ 0, "không" }, { 1, "một" }, { 4, "bốn" }, { 5, "năm" }, { 10, "mười" }, { 11, "mười một" }, { 14, "mười bốn" },
		{ 15, "mười lăm" }, { 19, "mười chín" }, { 20, "hai mươi" }, { 21, "hai mươi mốt" }, { 24, "hai mươi bốn" },
		{ 25, "hai mươi lăm" }, { 31, "ba mươi mốt" }, { 55, "năm mươi lăm" }, { 91, "chín mươi mốt" }, { 100, "một trăm" },
		{ 101, "một trăm lẻ một" }, { 105, "một trăm lẻ năm" }, { 110, "một trăm mười" }, { 111, "một trăm mười một" },
		{ 115, "một trăm mười lăm" }, { 121, "một trăm hai mươi mốt" }, { 555, "năm trăm năm mươi lăm" }, { 1000, "một nghìn" },
		{ 1990, "một nghìn chín trăm chín mươi" }, { 1999, "một nghìn chín trăm chín mươi chín" }, { 2000, "hai nghìn" },
		{ 2001, "hai nghìn không trăm lẻ một" }, { 2005, "hai nghìn không trăm lẻ năm" }, { 2010, "hai nghìn không trăm mười" },
		{ 2015, "hai nghìn không trăm mười lăm" }, { 2021, "hai nghìn không trăm hai mươi mốt" },
		{ 2026, "hai nghìn không trăm hai mươi sáu" }, { 2100, "hai nghìn một trăm" },
		{ 9999, "chín nghìn chín trăm chín mươi chín" }, { -1, "" }, { 10000, "" },
	};
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		words_number(cases[i].n, out, sizeof out);
		assert_string_equal(cases[i].words, out);
	}
}

static void dates(void **state)
{
	static const struct { const char *date, *words; } cases[] = {
		{ "10/11/2026", "ngày mười tháng mười một năm hai nghìn không trăm hai mươi sáu" },
		{ "01/01/2001", "ngày một tháng một năm hai nghìn không trăm lẻ một" },
		{ "04/04/2024", "ngày bốn tháng tư năm hai nghìn không trăm hai mươi bốn" },
		{ "05/05/1995", "ngày năm tháng năm năm một nghìn chín trăm chín mươi lăm" },
		{ "21/12/2021", "ngày hai mươi mốt tháng mười hai năm hai nghìn không trăm hai mươi mốt" },
		{ "31/03/1931", "ngày ba mươi mốt tháng ba năm một nghìn chín trăm ba mươi mốt" },
		{ "", "" }, { "1990", "" }, { "32/01/2020", "" }, { "01/13/2020", "" }, { "00/01/2020", "" }, { "01/01/2020x", "" },
		{ "hôm nay", "" },
	};
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		words_date(cases[i].date, out, sizeof out);
		assert_string_equal(cases[i].words, out);
	}
}

static void little_room(void **state)
{
	char out[12];

	(void)state;
	memset(out, 'x', sizeof out);
	words_number(9999, out, sizeof out);
	assert_true(strnlen(out, sizeof out) < sizeof out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(numbers), cmocka_unit_test(dates), cmocka_unit_test(little_room) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
