/* Due days over the real tables; days are Viet Nam's. */
#include "catalogue/catalogue.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct catalogue *c;

static int setup(void **state)
{
	struct err e = { 0 };

	(void)state;
	c = catalogue_open("screens/catalogue", &e);
	return c ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	catalogue_release(&c);
	return 0;
}

static time_t at(const char *when)
{
	int y, m, d, h, min, s;

	assert_int_equal(sscanf(when, "%d-%d-%d %d:%d:%d", &y, &m, &d, &h, &min, &s), 6);
	return clock_from_vn(y, m, d, h, min, s);
}

static void due_days(void **state)
{
	static const struct {
		const char *name, *code, *accepted, *due;
	} cases[] = {
		{ "a Friday noon", "1.001193", "2026-11-20 12:00:00", "2026-11-20" },
		{ "15:00:00 is still the same day", "1.001193", "2026-11-20 15:00:00", "2026-11-20" },
		{ "a second later is not", "1.001193", "2026-11-20 15:00:01", "2026-11-23" },
		{ "before dawn, still yesterday in UTC", "1.001193", "2026-11-20 00:30:00", "2026-11-20" },
		{ "a Saturday", "1.001193", "2026-11-21 09:00:00", "2026-11-23" },
		{ "a Sunday", "2.000815", "2026-11-22 09:00:00", "2026-11-23" },
		{ "a certified copy on a Monday", "2.000815", "2026-11-23 08:00:00", "2026-11-23" },
		{ "a holiday", "1.001193", "2026-09-02 09:00:00", "2026-09-03" },
		{ "the evening before two holidays and a weekend", "1.001193", "2026-04-29 16:00:00", "2026-05-04" },
		{ "New Year's eve", "1.001193", "2026-12-31 15:30:00", "2027-01-04" },
		{ "before Tết", "2.000815", "2027-02-04 15:00:01", "2027-02-11" },
		{ "code without dots", "1001193", "2026-11-20 12:00:00", "2026-11-20" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tm tm = clock_vn_tm((time_t)catalogue_due(c, cases[i].code, at(cases[i].accepted)));
		char day[40];

		snprintf(day, sizeof day, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
		if (strcmp(day, cases[i].due) != 0)
			fail_msg("%s: %s, not %s", cases[i].name, day, cases[i].due);
		assert_int_equal(tm.tm_hour, 17);
	}
}

static bool working_day(int day)
{
	return day % 7 != 2 && day % 7 != 3; /* 1970-01-03 was a Saturday */
}

/* Others: N working days counted from the day after; over weeks without a holiday. */
static void working_days(void **state)
{
	struct hit h[3000];
	size_t n = catalogue_search(c, "", NULL, h, 3000, NULL), tried = 0;
	time_t accepted = at("2027-06-01 16:30:00");

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const struct method *m[64];
		size_t rows = catalogue_methods(c, h[i].p->code, m, 64);
		int days, first = (int)((accepted + 7 * 3600) / 86400), day = first;

		if (rows != 1 || strcmp(m[0]->time_unit, "ngày làm việc") != 0 || sscanf(m[0]->time_n, "%d", &days) != 1 || days > 40)
			continue;
		while (days > 0)
			days -= working_day(++day);
		assert_int_equal(((time_t)catalogue_due(c, h[i].p->code, accepted) + 7 * 3600) / 86400, day);
		tried++;
	}
	assert_true(tried > 50);
}

static void not_published(void **state)
{
	struct hit h[3000];
	size_t n = catalogue_search(c, "", NULL, h, 3000, NULL), tried = 0;

	(void)state;
	assert_int_equal(catalogue_due(c, "9.999999", at("2026-11-20 12:00:00")), 0);
	for (size_t i = 0; i < n; i++) {
		const struct method *m[64];
		size_t rows = catalogue_methods(c, h[i].p->code, m, 64), units = 0;

		if (strcmp(h[i].p->code, "1.001193") == 0 || strcmp(h[i].p->code, "2.000815") == 0)
			continue;
		for (size_t k = 0; k < rows; k++)
			units += *m[k]->time_unit != '\0' && *m[k]->time_n != '\0';
		if (units == 0 && ++tried)
			assert_int_equal(catalogue_due(c, h[i].p->code, at("2026-11-20 12:00:00")), 0);
	}
	assert_true(tried > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_days),
		cmocka_unit_test(working_days),
		cmocka_unit_test(not_published),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
