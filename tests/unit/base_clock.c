/* base/clock.h: Viet Nam time, RFC 3339, and the chosen "now" of tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/mem.h"

static const struct {
	const char *text;
	long long t;
} good[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2026-11-20T10:03:05Z", 1795168985 },
	{ "2026-11-20T17:03:05+07:00", 1795168985 },
	{ "2026-11-20T04:33:05-05:30", 1795168985 },
	{ "2026-11-20t10:03:05.123456z", 1795168985 },
	{ "2024-02-29T00:00:00Z", 1709164800 },
	{ "1960-01-01T00:00:00Z", -315619200 },
	{ "2016-12-31T23:59:60Z", 1483228800 },
};
static const char *const bad[] = {
	"", "2026-11-20", "2026-11-20T10:03:05", "2026-11-20 10:03:05Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
	"2026-11-31T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T10:60:00Z", "2026-11-20T10:03:61Z", "2026-11-20T10:03:05.Z",
	"2026-11-20T10:03:05Zx", "2026-11-20T10:03:05+0700", "2026-11-20T10:03:05+07:60", "2026-11-20T10:03:05+24:00",
	"0000-01-01T00:00:00Z", "+026-11-20T10:03:05Z", "2026-11-20T10:03:5Z",
};

static void rfc3339_is_read_and_written(void **state)
{
	(void)state;
	time_t t;
	char out[32];

	for (size_t i = 0; i < COUNT(good); i++)
		if (!clock_parse(good[i].text, &t) || t != good[i].t)
			fail_msg("%s: %lld", good[i].text, (long long)t);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (clock_parse(bad[i], &t))
			fail_msg("taken: %s", bad[i]);
	assert_false(clock_parse(NULL, &t));
	clock_rfc3339(1795168985, out);
	assert_string_equal(out, "2026-11-20T10:03:05Z");
}

static void viet_nam_is_seven_hours_ahead(void **state)
{
	(void)state;
	char out[32];

	/* Whatever zone the machine believes in. */
	setenv("TZ", "America/New_York", 1);
	tzset();
	clock_vn(1795168985, out);
	assert_string_equal(out, "20/11/2026 17:03:05");
	assert_int_equal(clock_from_vn(2026, 11, 20, 17, 3, 5), 1795168985);
	struct tm tm = clock_vn_tm(clock_from_vn(2027, 1, 1, 0, 0, 0));
	assert_int_equal(tm.tm_mday, 1);
	assert_int_equal(tm.tm_hour, 0);
	assert_int_equal(tm.tm_wday, 5);
	unsetenv("TZ");
	tzset();
}

static void dates_that_exist(void **state)
{
	(void)state;
	assert_true(clock_valid_date(2024, 2, 29));
	assert_false(clock_valid_date(2026, 2, 29));
	assert_false(clock_valid_date(1900, 2, 29));
	assert_true(clock_valid_date(2000, 2, 29));
	assert_false(clock_valid_date(2026, 4, 31));
	assert_false(clock_valid_date(2026, 0, 1));
	assert_false(clock_valid_date(2026, 13, 1));
	assert_false(clock_valid_date(2026, 1, 0));
	assert_false(clock_valid_date(0, 1, 1));
	assert_false(clock_valid_date(10000, 1, 1));
	assert_true(clock_valid_date(9999, 12, 31));
}

static struct config *configuration(const char *text)
{
	char path[] = "/tmp/tramky-clock-XXXXXX";
	struct err e = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text), &e), 0);
	close(fd);
	struct config *c = config_load(path, NULL, &e);
	unlink(path);
	assert_non_null(c);
	return c;
}

static void only_the_sandbox_chooses_its_now(void **state)
{
	(void)state;
	AUTO(config_release) struct config *sandbox = configuration("sandbox: true\n");
	AUTO(config_release) struct config *real = configuration("sandbox: \"true\"\n");
	time_t t0 = time(NULL);

	setenv("TRAMKY_TEST_NOW", "2030-01-02T03:04:05Z", 1);
	clock_setup(sandbox);
	assert_int_equal(clock_now(), 1893553445);
	assert_int_equal(clock_now(), 1893553445);
	clock_setup(real);
	assert_true(clock_now() >= t0 && clock_now() <= time(NULL));
	clock_setup(NULL);
	assert_true(clock_now() >= t0 && clock_now() <= time(NULL));
	setenv("TRAMKY_TEST_NOW", "-120", 1);
	clock_setup(sandbox);
	assert_true(clock_now() >= t0 - 120 && clock_now() <= time(NULL) - 120);
	setenv("TRAMKY_TEST_NOW", "+7200", 1);
	clock_setup(sandbox);
	assert_true(clock_now() >= t0 + 7200 && clock_now() <= time(NULL) + 7200);
	static const char *const odd[] = { "+", "-", "+5x", "soon", "+99999999999999999999", "" };
	for (size_t i = 0; i < COUNT(odd); i++) {
		setenv("TRAMKY_TEST_NOW", odd[i], 1);
		clock_setup(sandbox);
		assert_true(clock_now() >= t0 && clock_now() <= time(NULL));
	}
	unsetenv("TRAMKY_TEST_NOW");
	clock_setup(sandbox);
	int64_t ms = clock_ms();
	assert_true(ms > 0 && clock_ms() >= ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc3339_is_read_and_written),
		cmocka_unit_test(viet_nam_is_seven_hours_ahead),
		cmocka_unit_test(dates_that_exist),
		cmocka_unit_test(only_the_sandbox_chooses_its_now),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
