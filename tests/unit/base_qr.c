/* base/qr.h: codes that a phone reads, within what 80x24 can show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/qr.h"

static bool dark(const struct qr *q, int x, int y)
{
	return q->dark[y * q->size + x] == 1;
}

/* ISO/IEC 18004, 6.3.3: rings of 7, 5 and 3 modules in three corners, and the timing lines between them (6.3.5). */
static void check_frame(const struct qr *q)
{
	const int at[3][2] = { { 0, 0 }, { q->size - 7, 0 }, { 0, q->size - 7 } };

	for (int i = 0; i < 3; i++)
		for (int y = 0; y < 7; y++)
			for (int x = 0; x < 7; x++) {
				int dx = abs(x - 3), dy = abs(y - 3), ring = dx > dy ? dx : dy;
				assert_int_equal(dark(q, at[i][0] + x, at[i][1] + y), ring != 2);
			}
	for (int i = 8; i < q->size - 8; i++) {
		assert_int_equal(dark(q, i, 6), i % 2 == 0);
		assert_int_equal(dark(q, 6, i), i % 2 == 0);
	}
}

/* The error correction level in the format bits beside the upper left ring (7.9): 00 is M, once unmasked. */
static void check_level_m(const struct qr *q)
{
	int first = dark(q, 0, 8), second = dark(q, 1, 8);

	assert_int_equal(first << 1 | second, 2);     /* mask pattern 101010000010010 begins with 10 */
}

static void check_size(const char *text, int modules)
{
	struct qr q;
	struct err e = { 0 };

	assert_int_equal(qr_make(&q, text, &e), 0);
	assert_int_equal(q.size, modules);
	check_frame(&q);
	check_level_m(&q);
	qr_free(&q);
	assert_null(q.dark);
}

static char *of_length(char c, int n)
{
	char *s = mem_alloc((size_t)n + 1);
	memset(s, c, (size_t)n);
	return s;
}

static void sizes_are_those_of_the_standard(void **state)
{
	(void)state;
	/* ISO/IEC 18004, table 7, level M: bytes 14, 84, 106 and capitals 20, 154 for versions 1, 5, 6 */
	static const struct { char c; int n, modules; } some[] = {
		{ 'a', 14, 21 }, { 'a', 15, 25 }, { 'a', 84, 37 }, { 'a', 85, 41 }, { 'a', 106, 41 },
		{ 'A', 20, 21 }, { 'A', 21, 25 }, { 'A', 106, 37 }, { '7', 34, 21 },
	};
	for (size_t i = 0; i < COUNT(some); i++) {
		AUTO(mem_free) char *s = of_length(some[i].c, some[i].n);
		check_size(s, some[i].modules);
	}
	check_size("HTTPS://VI-DU.VN/X/0123456789ABCDEFG", 25);
	check_size("ký số", 21);
}

static void too_long_is_refused(void **state)
{
	(void)state;
	AUTO(mem_free) char *s = of_length('a', 107), *dense = of_length('A', 107);
	struct qr q;
	struct err e = { 0 };

	assert_int_equal(qr_make(&q, s, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_null(q.dark);
	qr_free(&q);
	assert_int_equal(qr_make(&q, dense, &e), -1);
	assert_int_equal(qr_make(&q, "", &e), -1);
	assert_int_equal(qr_make(&q, NULL, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_those_of_the_standard),
		cmocka_unit_test(too_long_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
