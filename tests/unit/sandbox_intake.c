/* The intake: idempotency, hostile multipart, due days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "sandbox/bytes.h"
#include "sandbox/intake.h"

static struct intake in;
static char *dir;
static const time_t noon = 1795150800;      /* 2026-11-20 12:00 in Viet Nam, a Friday */

static int setup(void **state)
{
	(void)state;
	char name[] = "/tmp/tramky-intake-XXXXXX";

	dir = mem_str(mkdtemp(name));
	return dir ? intake_init(&in, dir, NULL) : -1;
}

static int teardown(void **state)
{
	AUTO(mem_free) char *rm = mem_printf("rm -rf '%s'", dir);

	(void)state;
	intake_clear(&in);
	mem_free(&dir);
	return system(rm);
}

#define TYPE "multipart/form-data; boundary=XX"

static char *body(const char *name, const char *sha_of, const char *bytes)
{
	unsigned char hash[32];
	AUTO(mem_free) char *hex = NULL;

	bytes_sha256(sha_of, strlen(sha_of), hash);
	hex = bytes_hex(hash, 32);
	return mem_printf("--XX\r\nContent-Disposition: form-data; name=\"dossier\"\r\nContent-Type: application/json\r\n\r\n"
		"{\"procedure\":\"1.001193\",\"files\":[{\"component\":\"c\",\"name\":\"%s\",\"sha256\":\"%s\"}]}\r\n"
		"--XX\r\nContent-Disposition: form-data; name=\"files\"; filename=\"%s\"\r\n\r\n%s\r\n--XX--\r\n", name, hex, name, bytes);
}

static int post(const char *key, const char *text, struct reply *r)
{
	reply_clear(r);
	intake_call(&in, &(struct call){ .method = "POST", .path = "/portal/dossiers", .idempotency = key, .content_type = TYPE, .body = text,
		.n = strlen(text), .now = noon }, r);
	return r->status;
}

static void the_same_key_is_the_same_dossier(void **state)
{
	(void)state;
	AUTO(mem_free) char *text = body("a.pdf", "%PDF", "%PDF"), *other = body("b.pdf", "%PDF-2", "%PDF-2");
	AUTO(reply_clear) struct reply a = { 0 }, b = { 0 }, c = { 0 };

	assert_int_equal(post("k1", text, &a), 201);
	assert_int_equal(post("k1", text, &b), 200);
	assert_string_equal((char *)a.body.p, (char *)b.body.p);
	assert_int_equal(in.n, 1);
	assert_int_equal(post("k2", other, &c), 201);
	assert_int_equal(in.n, 2);
	assert_string_equal(in.list[0]->code, "H11.57-20261120-000001");
	assert_string_equal(in.list[1]->code, "H11.57-20261120-000002");
}

static void dossiers_are_there_after_a_restart(void **state)
{
	(void)state;
	AUTO(mem_free) char *text = body("a.pdf", "%PDF", "%PDF");
	AUTO(reply_clear) struct reply a = { 0 }, b = { 0 };

	assert_int_equal(post("k1", text, &a), 201);
	assert_true(intake_accept(&in, in.list[0], noon));
	intake_clear(&in);
	assert_int_equal(intake_init(&in, dir, NULL), 0);
	assert_int_equal(in.n, 1);
	assert_int_equal(in.list[0]->state, INTAKE_ACCEPTED);
	assert_int_equal(post("k1", text, &b), 200);
	assert_int_equal(in.n, 1);
}

static void bad_deliveries_leave_nothing(void **state)
{
	(void)state;
	AUTO(mem_free) char *empty = body("a.pdf", "", ""), *damaged = body("a.pdf", "%PDF", "%PDx"), *good = body("a.pdf", "%PDF", "%PDF");
	AUTO(reply_clear) struct reply r = { 0 };

	assert_int_equal(post("k1", empty, &r), 422);
	assert_int_equal(post("k1", damaged, &r), 422);
	assert_int_equal(post("k1", "", &r), 400);
	assert_int_equal(post(NULL, good, &r), 400);
	assert_int_equal(post("", good, &r), 400);
	*strstr(good, "\"files\":") = ' ';
	assert_int_equal(post("k1", good, &r), 400);
	assert_int_equal(in.n, 0);
}

static void states_move_one_way(void **state)
{
	(void)state;
	AUTO(mem_free) char *text = body("a.pdf", "%PDF", "%PDF");
	AUTO(reply_clear) struct reply r = { 0 };
	json_t *missing = json_pack("[s]", "Giấy chứng sinh");

	post("k1", text, &r);
	assert_true(intake_supplement(&in, in.list[0], missing));
	assert_int_equal(in.list[0]->state, INTAKE_SUPPLEMENT);
	assert_true(intake_accept(&in, in.list[0], noon));
	assert_false(intake_accept(&in, in.list[0], noon));
	assert_false(intake_supplement(&in, in.list[0], missing));
	assert_int_equal(json_array_size(in.list[0]->missing), 0);
	json_decref(missing);
}

static void the_code_pattern_is_the_provinces(void **state)
{
	(void)state;
	AUTO(mem_free) char *text = body("a.pdf", "%PDF", "%PDF"), *path = mem_printf("%s/portal/code-pattern", dir);
	AUTO(reply_clear) struct reply r = { 0 };

	file_replace(path, "000.00.12.H18-{date}-{number}\n", 30, 0644, NULL);
	post("k1", text, &r);
	assert_string_equal(in.list[0]->code, "000.00.12.H18-20261120-000001");
	file_replace(path, "../../{number}\n", 15, 0644, NULL);
	post("k2", text, &r);
	assert_string_equal(in.list[1]->code, "H11.57-20261120-000001");
}

/* Exactly n bytes and no NUL behind them, so that a read behind the end is seen. */
static char *exactly(const char *text, size_t n)
{
	char *p = malloc(n ? n : 1);

	assert_non_null(p);
	memcpy(p, text, n);
	return p;
}

static void multipart_that_is_none(void **state)
{
	(void)state;
	static const struct {
		const char *type, *text;
		int parts;
	} rows[] = {
		{ TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n--XX--\r\n", 1 },
		{ "multipart/form-data; boundary=\"XX\"", "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--XX--", 1 },
		{ TYPE, "--XX--", 0 },
		{ TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv", -1 },
		{ TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n", -1 },
		{ TYPE, "--XX\r\nContent-Type: x\r\n\r\nv\r\n--XX--", -1 },
		{ TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nv\r\n--XX--", -1 },
		{ TYPE, "--XX", -1 }, { TYPE, "--XX\r\n", -1 }, { TYPE, "", -1 }, { TYPE, "--XY--", -1 },
		{ "multipart/form-data", "--XX--", -1 }, { "multipart/form-data; boundary=", "--XX--", -1 }, { "text/plain", "x", -1 }, { NULL, "x", -1 },
		{ TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n2\r\n"
		        "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n3\r\n--XX--", -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct part parts[2];
		AUTO(mem_free) char *copy = exactly(rows[i].text, strlen(rows[i].text));

		assert_int_equal(multipart_parse(rows[i].type, copy, strlen(rows[i].text), parts, 2), rows[i].parts);
	}
}

static void multipart_survives_every_cut(void **state)
{
	(void)state;
	AUTO(mem_free) char *text = body("a\\\"b.pdf", "%PDF", "%PDF");
	struct part parts[4];

	assert_int_equal(multipart_parse(TYPE, text, strlen(text), parts, 4), 2);
	assert_string_equal(parts[1].filename, "a\"b.pdf");
	assert_int_equal(parts[1].n, 4);
	for (size_t n = 1; n + 4 < strlen(text); n++) {
		AUTO(mem_free) char *cut = exactly(text, n);

		assert_int_equal(multipart_parse(TYPE, cut, n, parts, 4), -1);
	}
}

static void due_days(void **state)
{
	(void)state;
	static const struct {
		const char *procedure;
		int days, y, mo, d, h, mi;
		int due;
	} rows[] = {
		{ "1.001193", 9, 2026, 11, 20, 15, 0, 20261120 },       /* 15:00:00 is still today */
		{ "1.001193", 9, 2026, 11, 20, 15, 1, 20261123 },       /* Friday evening: Monday */
		{ "1.001193.000.00.00.H15", 9, 2026, 11, 19, 16, 0, 20261120 },
		{ "2.000815", 9, 2026, 11, 21, 9, 0, 20261123 },        /* Saturday */
		{ "1.001193", 9, 2026, 8, 22, 9, 0, 20260822 },         /* a Saturday worked to make up for a bridged Monday */
		{ "1.001193", 9, 2026, 12, 31, 15, 1, 20270104 },       /* over New Year and the week-end */
		{ "2.000635", 3, 2026, 11, 20, 9, 0, 20261125 },
		{ "2.000635", 1, 2026, 2, 13, 9, 0, 20260223 },         /* over Tết */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tm tm = bytes_vn(due_of(rows[i].procedure, rows[i].days, bytes_vn_time(rows[i].y, rows[i].mo, rows[i].d, rows[i].h, rows[i].mi)));

		assert_int_equal((tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday, rows[i].due);
		assert_int_equal(tm.tm_hour, 17);
	}
	assert_int_equal(bytes_vn(due_of("1.001193", 0, bytes_vn_time(2026, 11, 20, 15, 0) + 1)).tm_mday, 23);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(the_same_key_is_the_same_dossier), T(dossiers_are_there_after_a_restart), T(bad_deliveries_leave_nothing), T(states_move_one_way),
		T(the_code_pattern_is_the_provinces),
#undef T
		cmocka_unit_test(multipart_that_is_none), cmocka_unit_test(multipart_survives_every_cut), cmocka_unit_test(due_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
