/* base/yaml.h: types, places in messages, and hostile files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/yaml.h"

static const struct {
	const char *name, *yaml, *json;
} good[] = {
	{ "plain words have types", "a: 1\nb: true\nc: False\nd: null\ne: ~\nf:\ng: -5\n",
	  "{\"a\":1,\"b\":true,\"c\":false,\"d\":null,\"e\":null,\"f\":null,\"g\":-5}" },
	{ "quoted ones are strings", "a: \"1\"\nb: 'true'\nc: \"null\"\nd: ''\n",
	  "{\"a\":\"1\",\"b\":\"true\",\"c\":\"null\",\"d\":\"\"}" },
	{ "codes keep their first character", "a: 079\nb: +84901\nc: 0\nd: 0x1f\ne: 1e3\nf: 1_000\n",
	  "{\"a\":\"079\",\"b\":\"+84901\",\"c\":0,\"d\":\"0x1f\",\"e\":\"1e3\",\"f\":\"1_000\"}" },
	{ "only YAML 1.2 words", "a: yes\nb: off\nc: 2026-11-20\nd: 1.5\n",
	  "{\"a\":\"yes\",\"b\":\"off\",\"c\":\"2026-11-20\",\"d\":\"1.5\"}" },
	{ "too long for a number", "a: 99999999999999999999\n", "{\"a\":\"99999999999999999999\"}" },
	{ "a tag makes a string", "a: !!str 12\n", "{\"a\":\"12\"}" },
	{ "block texts", "a: |\n  hai\n  dòng\nb: >\n  x\n  y\n", "{\"a\":\"hai\\ndòng\\n\",\"b\":\"x y\\n\"}" },
	{ "lists and flow", "fields:\n  - { id: pin, kind: secret, rule: digits 6-12 }\n  - [1, [2]]\n",
	  "{\"fields\":[{\"id\":\"pin\",\"kind\":\"secret\",\"rule\":\"digits 6-12\"},[1,[2]]]}" },
	{ "aliases are copies", "a: &x { k: v }\nb: *x\nc: [*x]\n",
	  "{\"a\":{\"k\":\"v\"},\"b\":{\"k\":\"v\"},\"c\":[{\"k\":\"v\"}]}" },
	{ "a scalar alone", "xin chào", "\"xin chào\"" },
	{ "comments", "# x\na: b # c\n", "{\"a\":\"b\"}" },
	{ "a byte order mark", "\xef\xbb\xbf" "a: b\n", "{\"a\":\"b\"}" },
};

static void words_become_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct err e = { 0 };
		AUTO(json_release) json_t *j = yaml_parse(good[i].yaml, "f.yaml", &e);
		AUTO(mem_free) char *text = json_text(j);
		if (!j || strcmp(text, good[i].json))
			fail_msg("%s: %s %s", good[i].name, text, e.cause);
	}
}

static const struct {
	const char *name, *yaml, *begins;
} bad[] = {
	{ "a key there twice", "a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key \"a\"" },
	{ "a key there twice, in flow", "x: {a: 1, a: 2}\n", "f.yaml:1:11: " },
	{ "a list not closed", "a: [1,\nb: {\n", "f.yaml:2:" },
	{ "a tab as indentation", "a:\n\tb: 1\n", "f.yaml:2:" },
	{ "two colons", "ok: 1\na: b: c\n", "f.yaml:2:" },
	{ "nothing", "", "f.yaml:1:1: " },
	{ "only a comment", "# x\n", "f.yaml:" },
	{ "two documents", "a: 1\n--- 2\n", "f.yaml:2:1: only one" },
	{ "a NUL by escape", "a: \"x\\0y\"\n", "f.yaml:1:" },
	{ "invalid UTF-8", "a: 1\nb: \xc3\n", "f.yaml:2:1: not UTF-8" },
	{ "UTF-16", "\xff\xfe" "a", "f.yaml:1:1: not UTF-8" },
	{ "an alias inside its own anchor", "a: &a [*a]\n", "f.yaml:1:" },
	{ "an alias to nothing", "a: *b\n", "f.yaml:1:" },
	{ "a list as a key", "? [a]\n: 1\n", "f.yaml:1:3: a key" },
	{ "an alias as a key", "a: &x k\n*x : 1\n", "f.yaml:2:" },
};

static void messages_carry_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err e = { 0 };
		json_t *j = yaml_parse(bad[i].yaml, "f.yaml", &e);
		if (j || e.kind != ERR_CONFIG || strncmp(e.cause, bad[i].begins, strlen(bad[i].begins)))
			fail_msg("%s: %s: %s", bad[i].name, err_id(e.kind), e.cause);
	}
	assert_null(yaml_parse(NULL, NULL, NULL));
}

/* Nine lists of nine aliases each: a thousand million nodes if it were built. */
static void an_alias_bomb_is_refused(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };

	buf_str(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 9; i++) {
		buf_printf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			buf_printf(&b, "%s*a%d", k ? ", " : "", i - 1);
		buf_str(&b, "]\n");
	}
	assert_null(yaml_parse((char *)b.p, "f.yaml", &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.cause, "too many aliases"));
}

static void a_wide_alias_counts_all_its_nodes(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };

	buf_str(&b, "a: &a [");
	for (int i = 0; i < 5000; i++)
		buf_str(&b, "x,");
	buf_str(&b, "]\nb: [*a, *a, *a]\nc: *a\n");
	assert_null(yaml_parse((char *)b.p, "f.yaml", &e));
	assert_non_null(strstr(e.cause, "f.yaml:3:"));
}

static void depth_and_size_have_an_end(void **state)
{
	(void)state;
	char nest[2 * 33 + 2] = "", *p = nest;
	struct err e = { 0 };

	for (int i = 0; i < 32; i++)
		*p++ = '[';
	*p++ = '1';
	for (int i = 0; i < 32; i++)
		*p++ = ']';
	AUTO(json_release) json_t *fits = yaml_parse(nest, "f", &e);
	assert_non_null(fits);
	AUTO(mem_free) char *deeper = mem_printf("[%s]", nest);
	assert_null(yaml_parse(deeper, "f", &e));
	assert_non_null(strstr(e.cause, "too deep"));
	/* Depth by aliases is depth as well: within two lists it fits, within three it does not. */
	AUTO(mem_free) char *by_alias = mem_printf("a: &a [%.*s1%.*s]\nb: [[*a]]\n", 28, nest, 28, nest + 33);
	AUTO(json_release) json_t *still = yaml_parse(by_alias, "f", &e);
	assert_non_null(still);
	AUTO(mem_free) char *too_deep = mem_printf("a: &a [%.*s1%.*s]\nb: [[[*a]]]\n", 28, nest, 28, nest + 33);
	assert_null(yaml_parse(too_deep, "f", &e));
	assert_non_null(strstr(e.cause, "f:2:8: nested too deep"));
	char *huge = mem_alloc((4 << 20) + 2);
	memset(huge, 'a', (4 << 20) + 1);
	assert_null(yaml_parse(huge, "f", &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.cause, "bytes"));
	mem_free(&huge);
}

/* A helper's stderr is a log, the screen's is the terminal: libfyaml prints some errors whatever it is told. */
static void nothing_is_printed(void **state)
{
	(void)state;
	struct err e = { 0 };
	AUTO(fd_close) int heard = fd_memfd("stderr", NULL);
	int keep = dup(2);

	dup2(heard, 2);
	json_t *j = yaml_parse("ok: 1\na: |0\n  x\n", "f", &e);
	for (size_t i = 0; i < COUNT(bad); i++)
		json_decref(yaml_parse(bad[i].yaml, "f", NULL));
	dup2(keep, 2);
	close(keep);
	assert_null(j);
	assert_non_null(strstr(e.cause, "f:2:"));
	assert_non_null(strstr(e.cause, "indentation indicator 0"));
	assert_int_equal(lseek(heard, 0, SEEK_END), 0);
}

static void files_are_read_and_missing_ones_named(void **state)
{
	(void)state;
	char path[] = "/tmp/tramky-yaml-XXXXXX";
	struct err e = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, "a: 1\nb: \0\n", 10, &e), 0);
	assert_null(yaml_read(path, &e));
	assert_non_null(strstr(e.cause, ":2:1: a NUL"));
	assert_int_equal(ftruncate(fd, 5), 0);
	AUTO(json_release) json_t *j = yaml_read(path, &e);
	assert_int_equal(json_int(j, "a", 0), 1);
	/* A file that grows past the limit, without writing 4 MiB */
	assert_int_equal(ftruncate(fd, (4 << 20) + 1), 0);
	assert_null(yaml_read(path, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	close(fd);
	unlink(path);
	assert_null(yaml_read(path, &e));
	assert_int_equal(e.kind, ERR_NO_FILE);
	assert_null(yaml_read("/", &e));
	assert_int_equal(e.kind, ERR_NO_FILE);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(yaml_read(path, &e));
	assert_int_equal(e.kind, ERR_NO_FILE);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_values),
		cmocka_unit_test(messages_carry_the_place),
		cmocka_unit_test(an_alias_bomb_is_refused),
		cmocka_unit_test(a_wide_alias_counts_all_its_nodes),
		cmocka_unit_test(depth_and_size_have_an_end),
		cmocka_unit_test(nothing_is_printed),
		cmocka_unit_test(files_are_read_and_missing_ones_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
