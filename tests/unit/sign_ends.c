/* The table of ends in src/sign/README.md is the one in the program, and each row names a test that exists. */
#include "base/err.h"
#include "base/mem.h"
#include "sign/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *beside(const char *name)
{
	AUTO(mem_free) char *dir = mem_str(__FILE__);
	*strrchr(dir, '/') = '\0';
	return mem_printf("%s/%s", dir, name);
}

static char *whole(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = mem_alloc(1 << 20);

	if (!f)
		fail_msg("%s cannot be opened", path);
	(void)!fread(text, 1, (1 << 20) - 1, f);
	fclose(f);
	return text;
}

/* "| a | | b |" into trimmed cells. */
static size_t cells(char *line, char **out, size_t max)
{
	size_t n = 0;

	for (char *s = line + 1, *bar; n < max && (bar = strchr(s, '|')); s = bar + 1) {
		*bar = '\0';
		while (*s == ' ')
			s++;
		for (char *e = bar; e > s && e[-1] == ' ';)
			*--e = '\0';
		out[n++] = s;
	}
	return n;
}

static void named_test_exists(char *test)
{
	char *quote = strchr(test, '"');

	if (!quote)
		return;
	char *end = strchr(quote + 1, '"'), *unit = strstr(test, "sign_");
	assert_non_null(end);
	assert_non_null(unit);
	AUTO(mem_free) char *name = mem_strn(unit, strcspn(unit, " "));
	AUTO(mem_free) char *file = mem_printf("%s.c", name);
	AUTO(mem_free) char *path = beside(file);
	AUTO(mem_free) char *source = whole(path);
	*end = '\0';
	if (!strstr(source, quote + 1))
		fail_msg("%s has no test \"%s\"", path, quote + 1);
}

static void table_is_true(void **state)
{
	(void)state;
	AUTO(mem_free) char *path = beside("../../src/sign/README.md");
	AUTO(mem_free) char *text = whole(path);
	size_t rows = 0;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *c[6];
		if (*line != '|' || strstr(line, "SG-") == NULL)
			continue;
		assert_int_equal(cells(line, c, 6), 6);
		assert_true(rows < sign_ends_count);
		const struct sign_end *end = &sign_ends[rows++];
		assert_string_equal(c[0], err_id(end->end));
		assert_string_equal(c[1], end->reason);
		AUTO(mem_free) char *message = mem_printf("err.%s", err_id(end->end));
		assert_string_equal(c[2], message);
		assert_string_equal(c[3], end->log);
		assert_int_equal(atoi(c[4]), err_exit_code(end->end));
		named_test_exists(c[5]);
	}
	assert_int_equal(rows, sign_ends_count);
}

static void every_end_has_a_row(void **state)
{
	(void)state;
	static const enum err_kind kinds[] = { ERR_REFUSED, ERR_EXPIRED, ERR_SECRET_WRONG, ERR_SECRET_BLOCKED, ERR_QUOTA, ERR_CERT_UNUSABLE,
	                                       ERR_NOT_THE_SIGNER, ERR_PROVIDER_AUTH, ERR_PROVIDER_ERROR, ERR_NETWORK_UNKNOWN, ERR_CANCELLED,
	                                       ERR_DEVICE_GONE, ERR_NO_NETWORK, ERR_SERVICE_TLS, ERR_CONFIG };
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct err e = { .kind = kinds[i], .reason = "a.reason-nobody-listed" };
		assert_int_equal(sign_end_of(&e)->end, kinds[i]);
		assert_string_equal(sign_end_of(&e)->reason, "");
	}
	struct err e = { .kind = ERR_FONT_MISSING };
	assert_string_equal(sign_end_of(&e)->log, "SG-INTERNAL");
	for (size_t i = 0; i < sign_ends_count; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(sign_ends[i].log, sign_ends[k].log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_true),
		cmocka_unit_test(every_end_has_a_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
