/* Field rules: what is accepted, what is refused and with which words, and the stored form. */
#include "screen/screen.h"

#include "base/err.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *name;
	enum field_kind kind;
	const char *rule, *value;
	const char *want;        /* message id, NULL: accepted */
	const char *stored;      /* when accepted */
} cases[] = {
	{ "an empty optional field holds", FIELD_TEXT, NULL, "", NULL, "" },
	{ "an empty required field does not", FIELD_TEXT, "required", "", "rule.required", NULL },
	{ "blanks are no answer", FIELD_TEXT, "required", "   ", "rule.required", NULL },
	{ "a choice asks to choose", FIELD_CHOICE, "required", "", "rule.choose", NULL },
	{ "ticks ask for one", FIELD_MULTI, "required", "", "rule.choose-some", NULL },
	{ "text is trimmed and composed", FIELD_TEXT, NULL, "  Nguye\xcc\x82\xcc\x83n ", NULL, "Nguyễn" },
	{ "letters are counted, not bytes", FIELD_TEXT, "max 6", "Nguyễn", NULL, "Nguyễn" },
	{ "one letter too many", FIELD_TEXT, "max 5", "Nguyễn", "rule.max", NULL },
	{ "one letter too few", FIELD_TEXT, "min 3", "An", "rule.min", NULL },
	{ "six digits", FIELD_DIGITS, "digits 6", "123456", NULL, "123456" },
	{ "spaces and dots go", FIELD_DIGITS, "digits 6", "123 4.56", NULL, "123456" },
	{ "five of six digits", FIELD_DIGITS, "digits 6", "12345", "rule.digits-exact", NULL },
	{ "seven of six digits", FIELD_DIGITS, "digits 6", "1234567", "rule.digits-exact", NULL },
	{ "a range", FIELD_SECRET, "digits 6-8", "12345", "rule.digits-range", NULL },
	{ "a range holds", FIELD_SECRET, "digits 6-8", "1234567", NULL, "1234567" },
	{ "letters are no digits", FIELD_DIGITS, "digits 6", "12345a", "rule.digits", NULL },
	{ "full-width digits are refused", FIELD_DIGITS, "digits 6", "１２３４５６", "rule.digits", NULL },
	{ "other scripts' digits are refused", FIELD_DIGITS, NULL, "٣", "rule.digits", NULL },
	{ "a citizen number", FIELD_ID, NULL, "001 090 123 456", NULL, "001090123456" },
	{ "an old identity number", FIELD_ID, NULL, "123456789", NULL, "123456789" },
	{ "ten digits are neither", FIELD_ID, NULL, "1234567890", "rule.id-number", NULL },
	{ "full-width citizen number", FIELD_ID, NULL, "００１０９０１２３４５６", "rule.id-number", NULL },
	{ "a number of a thousand digits", FIELD_ID, NULL,
	  "0010901234560010901234560010901234560010901234560010901234560010901234560010901234560010901234560010901234560010", "rule.id-number", NULL },
	{ "a date", FIELD_DATE, NULL, "05/09/2026", NULL, "05/09/2026" },
	{ "a date without noughts", FIELD_DATE, NULL, "5/9/2026", NULL, "05/09/2026" },
	{ "a date with dots", FIELD_DATE, NULL, "5.9.2026", NULL, "05/09/2026" },
	{ "a date with dashes", FIELD_DATE, NULL, "05-09-2026", NULL, "05/09/2026" },
	{ "a date with spaces", FIELD_DATE, NULL, "05 09 2026", NULL, "05/09/2026" },
	{ "a date in one piece", FIELD_DATE, NULL, "05092026", NULL, "05/09/2026" },
	{ "29 February of a leap year", FIELD_DATE, NULL, "29/02/2024", NULL, "29/02/2024" },
	{ "29 February of another", FIELD_DATE, NULL, "29/02/2025", "rule.date-none", NULL },
	{ "31 April", FIELD_DATE, NULL, "31/04/2026", "rule.date-none", NULL },
	{ "month 13", FIELD_DATE, NULL, "01/13/2026", "rule.date-none", NULL },
	{ "a year of two digits", FIELD_DATE, NULL, "05/09/26", "rule.date-year", NULL },
	{ "six digits in one piece", FIELD_DATE, NULL, "050926", "rule.date-year", NULL },
	{ "year first", FIELD_DATE, NULL, "2026-09-05", "rule.date", NULL },
	{ "half a date", FIELD_DATE, NULL, "05/09", "rule.date", NULL },
	{ "words", FIELD_DATE, NULL, "hôm qua", "rule.date", NULL },
	{ "a phone", FIELD_PHONE, NULL, "0912 000 001", NULL, "0912000001" },
	{ "a phone from abroad", FIELD_PHONE, NULL, "+84 912 000 001", NULL, "0912000001" },
	{ "nine digits", FIELD_PHONE, NULL, "091200000", "rule.phone", NULL },
	{ "no nought", FIELD_PHONE, NULL, "9120000011", "rule.phone", NULL },
	{ "+84 and a nought", FIELD_PHONE, NULL, "+840912000001", "rule.phone", NULL },
	{ "an address", FIELD_MAIL, NULL, "hoa.mai@vidu.vn", NULL, "hoa.mai@vidu.vn" },
	{ "no place", FIELD_MAIL, NULL, "hoa@", "rule.mail", NULL },
	{ "no dot", FIELD_MAIL, NULL, "hoa@vidu", "rule.mail", NULL },
	{ "two signs", FIELD_MAIL, NULL, "a@b@vidu.vn", "rule.mail", NULL },
	{ "a blank inside", FIELD_MAIL, NULL, "hoa mai@vidu.vn", "rule.mail", NULL },
	{ "not ASCII", FIELD_MAIL, NULL, "hoà@vidu.vn", "rule.mail", NULL },
	{ "a password keeps its blanks", FIELD_SECRET, NULL, " a b ", NULL, " a b " },
};

static void rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct field f = { .id = (char *)"x", .kind = cases[i].kind, .rule = (char *)cases[i].rule };
		const char *got = rule_check(&f, cases[i].value);
		AUTO(mem_free) char *stored = got ? NULL : rule_normal(&f, cases[i].value);

		if ((got == NULL) != (cases[i].want == NULL) || (got && strcmp(got, cases[i].want)) ||
		    (stored && strcmp(stored, cases[i].stored)))
			fail_msg("%s: %s, stored as \"%s\"", cases[i].name, got ? got : "accepted", stored ? stored : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rules) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
