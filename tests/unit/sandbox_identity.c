/* One-time codes and passwords: every rule with a clock of its own. */
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
#include "sandbox/identity.h"

static struct person person = { .id = "001090123456", .old_id = "012345678", .name = "Nguyễn Văn An", .password = "thunghiem1", .phone = "0901000456" };
static const struct people people = { .list = &person, .n = 1 };
static struct identity *id;
static const char dir[] = "not-used";
static const time_t start = 1795000000;

static int setup(void **state)
{
	(void)state;
	id = mem_alloc(sizeof *id);
	identity_init(id, &people, dir, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	identity_clear(id);
	free(id);
	return 0;
}

/* Calls and gives the answer's JSON; the status goes to *status. */
static json_t *call(const char *path, time_t now, int *status, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static json_t *call(const char *path, time_t now, int *status, const char *fmt, ...)
{
	AUTO(reply_clear) struct reply r = { 0 };
	char body[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(body, sizeof body, fmt, ap);
	va_end(ap);
	identity_call(id, &(struct call){ .method = "POST", .path = path, .body = body, .n = strlen(body), .now = now }, &r);
	*status = r.status;
	return json_loadb((const char *)r.body.p, r.body.n, 0, NULL);
}

static int only_status(const char *path, time_t now, const char *attempt, const char *otp)
{
	int status;

	json_decref(call(path, now, &status, "{\"attempt\":\"%s\",\"otp\":\"%s\"}", attempt, otp));
	return status;
}

static char *login(time_t now)
{
	int status;
	json_t *j = call("/identity/login", now, &status, "{\"id\":\"001090123456\",\"password\":\"thunghiem1\"}");
	char *attempt = mem_str(call_str(j, "attempt"));

	assert_int_equal(status, 200);
	json_decref(j);
	return attempt;
}

static const char *code_on_phone(void)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (id->sms[i].id)
			return id->sms[i].code;
	return NULL;
}

static void the_code_on_the_phone_opens_once(void **state)
{
	(void)state;
	AUTO(mem_free) char *attempt = login(start), *code = mem_str(code_on_phone());

	assert_int_equal(strlen(code), 6);
	assert_int_equal(only_status("/identity/otp", start, attempt, code), 200);
	assert_int_equal(only_status("/identity/otp", start, attempt, code), 404);
	assert_null(code_on_phone());
}

static void a_code_lives_300_seconds(void **state)
{
	(void)state;
	AUTO(mem_free) char *attempt = login(start), *code = mem_str(code_on_phone());

	assert_int_equal(only_status("/identity/otp", start + 300, attempt, code), 410);
	assert_int_equal(only_status("/identity/otp", start + 299, attempt, code), 200);
}

static void five_wrong_codes_lock_the_attempt(void **state)
{
	(void)state;
	AUTO(mem_free) char *attempt = login(start), *code = mem_str(code_on_phone());
	int status;

	for (int left = 4; left > 0; left--) {
		json_t *j = call("/identity/otp", start, &status, "{\"attempt\":\"%s\",\"otp\":\"x\"}", attempt);

		assert_int_equal(status, 401);
		assert_int_equal(json_integer_value(json_object_get(j, "tries_left")), left);
		json_decref(j);
	}
	assert_int_equal(only_status("/identity/otp", start, attempt, "x"), 423);
	assert_int_equal(only_status("/identity/otp", start, attempt, code), 423);
	assert_int_equal(only_status("/identity/resend", start + 61, attempt, ""), 423);
}

static void a_resend_waits_and_voids_the_old_code(void **state)
{
	(void)state;
	AUTO(mem_free) char *attempt = login(start), *old = mem_str(code_on_phone());

	assert_int_equal(only_status("/identity/resend", start + 59, attempt, ""), 429);
	assert_int_equal(only_status("/identity/resend", start + 60, attempt, ""), 200);
	/* two codes may be equal once in a million */
	if (strcmp(old, code_on_phone()))
		assert_int_equal(only_status("/identity/otp", start + 61, attempt, old), 401);
	assert_int_equal(only_status("/identity/otp", start + 61, attempt, code_on_phone()), 200);
}

static void three_resends_are_all(void **state)
{
	(void)state;
	AUTO(mem_free) char *attempt = login(start);

	for (int i = 1; i <= 3; i++)
		assert_int_equal(only_status("/identity/resend", start + 60 * i, attempt, ""), 200);
	assert_int_equal(only_status("/identity/resend", start + 800, attempt, ""), 429);
}

static void wrong_codes_are_counted_across_resends(void **state)
{
	(void)state;
	AUTO(mem_free) char *attempt = login(start);

	for (int i = 0; i < 4; i++)
		only_status("/identity/otp", start, attempt, "x");
	assert_int_equal(only_status("/identity/resend", start + 60, attempt, ""), 200);
	assert_int_equal(only_status("/identity/otp", start + 60, attempt, "x"), 423);
}

static void unknown_and_wrong_are_alike_to_the_lock(void **state)
{
	(void)state;
	static const char *const numbers[] = { "001090123456", "099999999999" };

	for (size_t k = 0; k < COUNT(numbers); k++) {
		int status;

		for (int i = 0; i < 4; i++) {
			json_t *j = call("/identity/login", start, &status, "{\"id\":\"%s\",\"password\":\"no\"}", numbers[k]);

			assert_int_equal(status, 401);
			assert_string_equal(call_str(j, "error"), "bad_credentials");
			json_decref(j);
		}
		json_decref(call("/identity/login", start, &status, "{\"id\":\"%s\",\"password\":\"no\"}", numbers[k]));
		assert_int_equal(status, 423);
		json_decref(call("/identity/login", start + 899, &status, "{\"id\":\"%s\",\"password\":\"thunghiem1\"}", numbers[k]));
		assert_int_equal(status, 423);
	}
	mem_free(&(char *){ login(start + 900) });
}

static void the_service_keeps_no_code_in_the_clear(void **state)
{
	(void)state;
	AUTO(mem_free) char *attempt = login(start);
	const char *code = code_on_phone();

	assert_non_null(attempt);
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		assert_null(memmem(&id->attempts[i], sizeof id->attempts[i], code, 6));
}

static void codes_and_messages_run_out(void **state)
{
	(void)state;
	AUTO(mem_free) char *attempt = login(start);

	identity_tick(id, start + 299);
	assert_non_null(code_on_phone());
	identity_tick(id, start + 300);
	assert_null(code_on_phone());
	assert_int_equal(only_status("/identity/resend", start + 301, attempt, ""), 200);
	identity_tick(id, start + 900);
	assert_int_equal(only_status("/identity/resend", start + 900, attempt, ""), 404);
}

static void old_attempts_give_way(void **state)
{
	(void)state;
	char *last = NULL;

	for (int i = 0; i < ATTEMPTS_MAX + 20; i++) {
		mem_free(&last);
		last = login(start + i);
	}
	assert_int_equal(only_status("/identity/otp", start + 160, last, "x"), 401);
	mem_free(&last);
}

static void profiles_are_checked_field_by_field(void **state)
{
	(void)state;
	static const struct {
		const char *key, *value;
	} rows[] = {
		{ "id", "\"\"" }, { "name", "\"\"" }, { "phone", "\"12\"" }, { "keyword", "null" }, { "kind", "\"Token\"" }, { "account", "\"1234567890\"" },
		{ "provider", "3" }, { "image", "\"R0lGODlh\"" }, { "image", "\"*\"" },
	};
	size_t index;

	for (size_t i = 0; i <= COUNT(rows); i++) {
		json_t *p = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "id", "p1", "name", "Mẫu", "phone", "0901000456", "keyword", "Người khai",
			"kind", "NEAC Sign", "account", "001090123456", "provider", "VNPT-CA", "image", "iVBORw0KGgo=");
		json_t *body = json_pack("{s:[o]}", "profiles", p);

		if (i < COUNT(rows))
			json_object_set_new(p, rows[i].key, json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
		if (i < COUNT(rows))
			assert_string_equal(profile_check(body, &index), rows[i].key);
		else
			assert_null(profile_check(body, &index));
		json_decref(body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(the_code_on_the_phone_opens_once), T(a_code_lives_300_seconds), T(five_wrong_codes_lock_the_attempt),
		T(a_resend_waits_and_voids_the_old_code), T(three_resends_are_all), T(wrong_codes_are_counted_across_resends),
		T(unknown_and_wrong_are_alike_to_the_lock), T(the_service_keeps_no_code_in_the_clear), T(codes_and_messages_run_out),
		T(old_attempts_give_way), T(profiles_are_checked_field_by_field),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
