/* base/json.h: bytes from outside, paths, base64 and hexadecimal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

static json_t *parse(const char *s, struct err *e)
{
	return json_parse(s, strlen(s), 1 << 20, e);
}

static const struct {
	const char *name, *text;
	size_t n;
} hostile[] = {
	{ "a NUL in a string", "{\"a\":\"x\\u0000y\"}", 0 },
	{ "a NUL in a key", "{\"a\\u0000\":1}", 0 },
	{ "a raw NUL", "{\"a\":\"x\0y\"}", 11 },
	{ "bytes after the end", "{} {}", 0 },
	{ "the same key twice", "{\"a\":1,\"a\":2}", 0 },
	{ "invalid UTF-8", "{\"a\":\"\xff\"}", 0 },
	{ "a lone surrogate", "{\"a\":\"\\ud800\"}", 0 },
	{ "overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", 0 },
	{ "a number too big", "{\"a\":99999999999999999999999}", 0 },
	{ "cut short", "{\"a\":[1,2", 0 },
	{ "nothing", "", 0 },
	{ "a scalar", "42", 0 },
};

static void hostile_bytes_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(hostile); i++) {
		struct err e = { 0 };
		size_t n = hostile[i].n ? hostile[i].n : strlen(hostile[i].text);
		json_t *j = json_parse(hostile[i].text, n, 1000, &e);
		if (j || e.kind != ERR_SERVICE_ODD)
			fail_msg("%s was taken", hostile[i].name);
	}
	struct err e = { 0 };
	assert_null(json_parse("[1]", 3, 2, &e));
	assert_int_equal(e.kind, ERR_SERVICE_ODD);
	assert_null(json_parse(NULL, 0, 2, NULL));
}

static void depth_has_an_end(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };

	for (int i = 0; i < 64; i++)
		buf_str(&b, "[");
	for (int i = 0; i < 64; i++)
		buf_str(&b, "]");
	AUTO(json_release) json_t *fits = json_parse(b.p, b.n, b.n, &e);
	assert_non_null(fits);
	AUTO(mem_free) char *one_more = mem_printf("[%s]", (char *)b.p);
	assert_null(parse(one_more, &e));
	char *deep = mem_alloc(1000001);
	memset(deep, '[', 1000000);
	assert_null(json_parse(deep, 1000000, 1000000, &e));
	assert_int_equal(e.kind, ERR_SERVICE_ODD);
	mem_free(&deep);
	/* Brackets inside strings are not depth, and an escaped quote does not end one. */
	AUTO(json_release) json_t *quoted = parse("{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}", &e);
	assert_non_null(quoted);
}

static void the_cause_quotes_nothing_of_the_input(void **state)
{
	(void)state;
	struct err e = { 0 };

	assert_null(parse("{\"name\": Nguyen Van Thu}", &e));
	assert_null(strstr(e.cause, "Nguyen"));
	assert_non_null(strstr(e.cause, "line 1"));
}

static void paths_reach_in(void **state)
{
	(void)state;
	AUTO(json_release) json_t *j = parse("{\"a\":{\"b\":[10,{\"c\":\"x\"}]},\"t\":true,\"s\":\"1\",\"0\":\"nought\"}", NULL);

	assert_string_equal(json_str(j, "a.b.1.c", "no"), "x");
	assert_int_equal(json_int(j, "a.b.0", -1), 10);
	assert_string_equal(json_str(j, "0", "no"), "nought");
	assert_true(json_is(j, "t"));
	assert_false(json_is(j, "s"));
	assert_false(json_is(j, "a.b.0"));
	assert_int_equal(json_int(j, "s", -1), -1);
	assert_null(json_str(j, "t", NULL));
	static const char *const absent[] = { "a.b.2", "a.b.-1", "a.b.1x", "a.b.99999999999999999999", "a..b", ".a", "z", "t.x" };
	for (size_t i = 0; i < COUNT(absent); i++)
		assert_null(json_at(j, absent[i]));
	assert_ptr_equal(json_at(j, ""), j);
	assert_null(json_at(NULL, "a"));
	assert_string_equal(json_str(NULL, "a", "none"), "none");
	assert_int_equal(json_int(NULL, "a", 5), 5);
	assert_false(json_is(NULL, "a"));
}

static void required_text_names_its_path(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(json_release) json_t *j = parse("{\"a\":{\"n\":1,\"s\":\"x\"}}", NULL);

	assert_string_equal(json_need_str(j, "a.s", &e), "x");
	assert_int_equal(e.kind, ERR_NONE);
	assert_null(json_need_str(j, "a.n", &e));
	assert_int_equal(e.kind, ERR_SERVICE_ODD);
	assert_non_null(strstr(e.cause, "a.n"));
	assert_null(json_need_str(NULL, "a.n", NULL));
}

static void putting_makes_the_way(void **state)
{
	(void)state;
	AUTO(json_release) json_t *j = json_object();

	json_put(j, "a.b.c", json_integer(1));
	json_put_str(j, "a.n", NULL);
	json_put_str(j, "a.s", "Ký");
	json_put(j, "l", json_array());
	json_put(j, "l.0", json_integer(5));
	json_put(j, "l.1", json_object());
	json_put(j, "l.1.x", json_true());
	json_put(j, "l.9", json_true());
	json_put_str(j, "bad", "x\xff" "y");
	AUTO(mem_free) char *text = json_text(j);
	assert_string_equal(text, "{\"a\":{\"b\":{\"c\":1},\"n\":null,\"s\":\"Ký\"},\"l\":[5,{\"x\":true}],\"bad\":\"x\xef\xbf\xbdy\"}");
	/* The value is taken even where it cannot be put: no leak, no crash. */
	json_put(NULL, "a", json_integer(1));
	json_put(j, NULL, json_integer(1));
	json_put(j, "", json_integer(1));
	json_put(j, "a..b", json_integer(1));
	AUTO(mem_free) char *again = json_text(j);
	assert_non_null(strstr(again, "\"s\":\"Ký\""));
	AUTO(mem_free) char *none = json_text(NULL);
	assert_string_equal(none, "null");
}

static void base64_both_ways(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {    /* RFC 4648, section 10 */
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};
	for (size_t i = 0; i < COUNT(pairs); i++) {
		AUTO(buf_free) struct buf b = { 0 };
		AUTO(mem_free) char *s = base64_text(pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(s, pairs[i][1]);
		assert_int_equal(base64_bytes(s, &b, NULL), 0);
		assert_string_equal((char *)b.p, pairs[i][0]);
	}
	unsigned char all[256];
	for (int i = 0; i < 256; i++)
		all[i] = (unsigned char)i;
	AUTO(mem_free) char *s = base64_text(all, sizeof all);
	AUTO(buf_free) struct buf b = { 0 };
	assert_int_equal(base64_bytes(s, &b, NULL), 0);
	assert_int_equal(b.n, sizeof all);
	assert_memory_equal(b.p, all, sizeof all);
	assert_int_equal(base64_bytes(" Zm\r\n9v\t", &b, NULL), 0);
	assert_int_equal(b.n, sizeof all + 3);
}

static void foreign_base64_and_hex_are_refused(void **state)
{
	(void)state;
	static const char *const bad64[] = { "Zg", "Zg=", "Zg===", "=", "Z===", "Zg==Zg==", "Zm9v!", "Zm-_", "Zh==", "Zm9=", "Zg=a",
					     "Z\xc3\xa1==", "Zm9v=" };
	static const char *const bad16[] = { "a", "0g", "abc", "0x10", " 00", "00 " };
	AUTO(buf_free) struct buf b = { 0 };

	buf_str(&b, "kept");
	for (size_t i = 0; i < COUNT(bad64); i++) {
		struct err e = { 0 };
		if (base64_bytes(bad64[i], &b, &e) == 0 || e.kind != ERR_SERVICE_ODD)
			fail_msg("taken: %s", bad64[i]);
		assert_string_equal((char *)b.p, "kept");
	}
	for (size_t i = 0; i < COUNT(bad16); i++) {
		if (hex_bytes(bad16[i], &b, NULL) == 0)
			fail_msg("taken: %s", bad16[i]);
		assert_string_equal((char *)b.p, "kept");
	}
	assert_int_equal(base64_bytes(NULL, &b, NULL), -1);
	assert_int_equal(hex_bytes(NULL, &b, NULL), -1);
	assert_int_equal(hex_bytes("00fFAb", &b, NULL), 0);
	assert_memory_equal(b.p, "kept\0\xff\xab", 7);
	AUTO(mem_free) char *hex = hex_text("\x00\xff\xab", 3);
	assert_string_equal(hex, "00ffab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_bytes_are_refused),
		cmocka_unit_test(depth_has_an_end),
		cmocka_unit_test(the_cause_quotes_nothing_of_the_input),
		cmocka_unit_test(paths_reach_in),
		cmocka_unit_test(required_text_names_its_path),
		cmocka_unit_test(putting_makes_the_way),
		cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(foreign_base64_and_hex_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
