/* Search as people type it, over the real tables. */
#include "catalogue/catalogue.h"

#include "base/err.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char dir[] = "screens/catalogue";
static struct catalogue *c;

static int setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	c = catalogue_open(dir, &e);
	if (!c)
		fprintf(stderr, "%s\n", e.cause);
	return c ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	catalogue_release(&c);
	return 0;
}

static void first_hits(void **state)
{
	static const struct {
		const char *typed, *code;
	} cases[] = {
		{ "khai sinh", "1.001193" },
		{ "KHAI SINH", "1.001193" },
		{ "khai  sinh ", "1.001193" },
		{ "sinh khai", "1.001193" },
		{ "đăng ký khai sinh", "1.001193" },
		{ "giấy khai sinh", "1.001193" },
		{ "lam giay khai sinh", "1.001193" },
		{ "làm giấy khai sinh cho con", "1.001193" },
		{ "giấy khai sinh cho con", "1.001193" },
		{ "xin giấy khai sinh ở đâu", "1.001193" },
		{ "dk khai sinh", "1.001193" },
		{ "đk khai sinh", "1.001193" },
		{ "gks", "1.001193" },
		{ "khai s", "1.001193" },
		{ "1.001193", "1.001193" },
		{ "1001193", "1.001193" },
		{ "khai sinh lại", "1.004884" },
		{ "đăng ký lại khai sinh", "1.004884" },
		{ "khai sinh lưu động", "1.003583" },
		{ "khai sinh có yếu tố nước ngoài", "2.000528" },
		{ "khai tử", "1.000656" },
		{ "báo tử", "1.000656" },
		{ "kết hôn", "1.000894" },
		{ "dang ky ket hon", "1.000894" },
		{ "đăng ký lại kết hôn", "1.004746" },
		{ "độc thân", "1.004873" },
		{ "tinh trang hon nhan", "1.004873" },
		{ "sao y", "2.000815" },
		{ "chứng thực bản sao", "2.000815" },
		{ "trích lục", "2.000635" },
		{ "hộ khẩu", "1.004222" },
		{ "thường trú", "1.004222" },
		{ "tạm trú", "1.004194" },
		{ "gia hạn tạm trú", "1.002755" },
		{ "chấm dứt giám hộ", "1.004845" },
		{ "cccd", "1.014061" },
		{ "sổ đỏ", "1.013978" },
		{ "hộ kinh doanh", "1.001612" },
		/* no everyday name helps: the plain one before "cấp lại", "chấm dứt"; "toán" as written before "toàn" */
		{ "hoạt động", "1.009454" },
		{ "đủ điều kiện", "3.000243" },
		{ "bảo toán", "1.008321" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hit h[3];
		size_t n = catalogue_search(c, cases[i].typed, NULL, h, COUNT(h), NULL);

		if (n == 0 || strcmp(h[0].p->code, cases[i].code) != 0 || h[0].guessed)
			fail_msg("%s: %s, not %s", cases[i].typed, n ? h[0].p->code : "nothing", cases[i].code);
	}
}

static void one_wrong_letter(void **state)
{
	static const char *const typed[] = { "khai sinj", "khai snh", "khia sinh", "khaii sinh", "kai sinh" };

	(void)state;
	for (size_t i = 0; i < COUNT(typed); i++) {
		struct hit h[3];
		size_t n = catalogue_search(c, typed[i], NULL, h, COUNT(h), NULL);

		if (n == 0 || strcmp(h[0].p->code, "1.001193") != 0 || !h[0].guessed)
			fail_msg("%s: %s", typed[i], n ? h[0].p->code : "nothing");
	}
	struct hit h[1];
	size_t total = 9;
	assert_int_equal(catalogue_search(c, "qqqqqq zzzzzz", NULL, h, 1, &total), 0);
	assert_int_equal(total, 0);
}

/* What a name is made of is found, whichever way its marks are written. */
static void spellings_agree(void **state)
{
	static const char *const same[][2] = {
		{ "hoà giải", "hòa giải" }, { "ho\xcc\x80""a gia\xcc\x89i", "hòa giải" }, { "Đất đai", "ĐẤT ĐAI" }, { "dat dai", "DAT DAI" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		struct hit a[20], b[20];
		size_t n = catalogue_search(c, same[i][0], NULL, a, 20, NULL);

		assert_true(n > 0);
		assert_int_equal(catalogue_search(c, same[i][1], NULL, b, 20, NULL), n);
		for (size_t k = 0; k < n; k++)
			assert_ptr_equal(a[k].p, b[k].p);
	}
}

/* Exact marks go before mere letters: "đất" is land, "đặt" is placing. */
static void marks_decide(void **state)
{
	struct hit land[1], placing[1];

	(void)state;
	assert_int_equal(catalogue_search(c, "đất", NULL, land, 1, NULL), 1);
	assert_int_equal(catalogue_search(c, "đặt", NULL, placing, 1, NULL), 1);
	assert_non_null(strstr(land[0].p->name, "đất"));
	assert_non_null(strcasestr(placing[0].p->name, "đặt"));
}

static void filters(void **state)
{
	const struct search_filter commune = { .level = "X" }, field = { .field = "Hộ tịch" }, word = { .level = "xã" },
		                   agency = { .agency = "uy ban nhan dan cap xa" }, none = { .level = "Z" };
	struct hit h[3000];
	size_t total, all, again;

	(void)state;
	catalogue_search(c, "", NULL, h, 3000, &all);
	assert_int_equal(all, 2642);
	assert_string_equal(h[0].p->code, "1.000005");
	catalogue_search(c, "", &commune, h, 3000, &total);
	assert_int_equal(total, 588);
	for (size_t i = 0; i < total; i++)
		assert_non_null(strchr(h[i].p->levels, 'X'));
	catalogue_search(c, "", &word, h, 3000, &again);
	assert_int_equal(again, total);
	catalogue_search(c, "khai sinh", &field, h, 3000, &total);
	assert_true(total > 5 && total < 40);
	for (size_t i = 0; i < total; i++)
		assert_string_equal(h[i].p->field, "Hộ tịch");
	catalogue_search(c, "", &agency, h, 3000, &total);
	assert_true(total > 100 && total < all);
	assert_int_equal(catalogue_search(c, "khai sinh", &none, h, 3000, NULL), 0);
	assert_int_equal(catalogue_search(c, "khai sinh", NULL, h, 2, &total), 2);
	assert_true(total > 2);
}

/* Anything may be typed or pasted. */
static void any_text(void **state)
{
	static const char *const odd[] = { "\"", "%", "a'b\"c", "\xff\xfe", ".", "...", "-", "\x1b[2J", "đ", "ư ư ư ư ư ư ư ư ư ư ư ư ư ư ư ư ư ư" };
	struct hit h[5];
	AUTO(mem_free) char *huge = mem_alloc(100001);

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++)
		assert_true(catalogue_search(c, odd[i], NULL, h, 5, NULL) <= 5);
	memset(huge, 'k', 100000);
	assert_int_equal(catalogue_search(c, huge, NULL, h, 5, NULL), 0);
	for (size_t i = 0; i < 99999; i += 3)
		memcpy(huge + i, "\xe1\xba\xbf", 3);
	catalogue_search(c, huge, NULL, h, 5, NULL);
	assert_true(catalogue_search(c, NULL, NULL, h, 5, NULL) == 5);
	assert_int_equal(catalogue_search(c, "khai sinh", NULL, h, 0, NULL), 0);
}

/* Every procedure is found by its own whole name and by its code, first. */
static void every_name_finds_itself(void **state)
{
	static struct hit all[2700];
	size_t n = catalogue_search(c, "", NULL, all, COUNT(all), NULL), missed = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct hit h[10];
		bool found = false;

		assert_int_equal(catalogue_search(c, all[i].p->code, NULL, h, 1, NULL), 1);
		assert_ptr_equal(h[0].p, all[i].p);
		size_t got = catalogue_search(c, all[i].p->name, NULL, h, COUNT(h), NULL);
		for (size_t k = 0; k < got; k++)
			found |= strcmp(h[k].p->name, all[i].p->name) == 0;
		missed += !found;
	}
	assert_true(missed * 100 < n);
}

static void tables(void **state)
{
	const struct method *m[64];
	const struct component *k[256];
	const struct commune *communes[400];
	const char *fields[300];
	size_t p, co, pr;

	(void)state;
	catalogue_counts(c, &p, &co, &pr);
	assert_true(p == 34 && co == 3321 && pr == 2642);
	assert_string_equal(catalogue_procedure(c, "1.001193")->field, "Hộ tịch");
	assert_null(catalogue_procedure(c, "1.00119"));
	assert_null(catalogue_procedure(c, ""));
	assert_int_equal(catalogue_methods(c, "1.001193", m, 64), 3);
	assert_int_equal(catalogue_methods(c, "9.999999", m, 64), 0);
	assert_true(catalogue_components(c, "1.001193", k, 256) > 3);
	assert_int_equal(catalogue_components(c, "1.001193", k, 1), 1);
	assert_string_equal(catalogue_province(c, "11")->name, "Điện Biên");
	assert_string_equal(catalogue_province(c, "tinh dien bien")->code, "11");
	assert_string_equal(catalogue_province(c, "Kon Tum")->name, "Quảng Ngãi");
	assert_null(catalogue_province(c, "Atlantis"));
	size_t n = catalogue_communes(c, "11", communes, 400);
	assert_true(n > 20 && n < 100);
	assert_ptr_equal(catalogue_commune(c, communes[0]->code), communes[0]);
	n = catalogue_fields(c, fields, 300);
	assert_true(n > 50 && n < 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_hits),      cmocka_unit_test(one_wrong_letter), cmocka_unit_test(spellings_agree),
		cmocka_unit_test(marks_decide),    cmocka_unit_test(filters),          cmocka_unit_test(any_text),
		cmocka_unit_test(every_name_finds_itself), cmocka_unit_test(tables),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
