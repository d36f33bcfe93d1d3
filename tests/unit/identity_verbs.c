/* What each answer of the identity service becomes, and that nothing secret stands in an error. */
#include "unit/net_mini.h"

#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "identity/identity.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct mini_ca ca;

struct reply {
	int status;
	const char *body;
};

static void script(struct mini_con *c, const struct mini_req *q)
{
	const struct reply *r = c->self;

	(void)q;
	mini_answer(c, r->status, r->body);
}

/* One verb against one answer. */
static int go(int (*verb)(struct job_call *, struct err *), const char *args, struct reply r, json_t **result, struct err *e,
              char *request, size_t size)
{
	struct mini m = mini_start(script, &r, &ca);
	AUTO(mem_free) char *path = mem_printf("%s/identity.yaml", mini_dir());
	FILE *f = fopen(path, "w");

	fprintf(f, "sandbox: true\nidentity: { url: \"%s/identity/\", ca: %s }\n", m.url, ca.file);
	fclose(f);
	AUTO(config_release) struct config *c = config_load(path, NULL, e);
	assert_non_null(c);
	AUTO(json_release) json_t *a = json_parse(args, strlen(args), 1 << 20, NULL);
	assert_non_null(a);
	struct job_call call = { .config = c, .args = a, .result = *result = json_object() };
	int rc = verb(&call, e);
	if (request) {
		const struct mini_req *q = m.s->count ? &m.s->req[0] : NULL;
		snprintf(request, size, "%s %s\n%.*s", q ? q->method : "", q ? q->path : "", q ? (int)q->n : 0, q ? (const char *)q->body : "");
		if (q && strstr(q->head, "Authorization: Bearer t0k"))
			strcat(request, "\nBearer");
	}
	mini_stop(&m);
	return rc;
}

#define LOGIN "{\"id\":\"001 090.123456\",\"password\":\"m\\u1eadt kh\\u1ea9u\"}"
#define OTP "{\"attempt\":\"a1\",\"otp\":\"12 34 56\"}"

static void login(void **state)
{
	(void)state;
	struct err e = { 0 };
	char seen[512];
	json_t *r;

	assert_int_equal(go(identity_login, LOGIN, (struct reply){ 200, "{\"attempt\":\"a1\",\"phone\":\"0901\u2022\u2022\u2022456\","
	                    "\"otp\":{\"digits\":6,\"expires_in\":300,\"resend_in\":60,\"tries\":99999}}" }, &r, &e, seen, sizeof seen), 0);
	assert_string_equal(seen, "POST /identity/login\n{\"id\":\"001090123456\",\"password\":\"m\xe1\xba\xadt kh\xe1\xba\xa9u\"}");
	assert_string_equal(json_str(r, "attempt", ""), "a1");
	assert_int_equal(json_int(r, "otp_digits", 0), 6);
	assert_int_equal(json_int(r, "tries", 0), 99);
	json_decref(r);
	assert_int_equal(go(identity_login, "{\"id\":\"12345\",\"password\":\"x\"}", (struct reply){ 200, "{}" }, &r, &e, seen, sizeof seen), -1);
	assert_int_equal(e.kind, ERR_LOGIN_WRONG);
	assert_string_equal(e.reason, "login.shape");
	assert_string_equal(seen, " \n");           /* nobody was asked */
	json_decref(r);
}

static void otp(void **state)
{
	(void)state;
	struct err e = { 0 };
	char seen[512];
	json_t *r;

	assert_int_equal(go(identity_otp, OTP, (struct reply){ 200, "{\"token\":\"t0k\",\"person\":{\"id\":\"001090123456\",\"name\":"
	                    "\"Nguy\u1ec5n \\u001b[31mTh\u1eed\",\"birth_date\":\"01/02/1990\"}}" }, &r, &e, seen, sizeof seen), 0);
	assert_string_equal(seen, "POST /identity/otp\n{\"attempt\":\"a1\",\"otp\":\"123456\"}");
	assert_string_equal(json_str(r, "token", ""), "t0k");
	assert_null(strchr(json_str(r, "person.name", ""), 0x1b));
	assert_string_equal(json_str(r, "person.old_id", "?"), "");
	json_decref(r);
}

static const struct {
	const char *name;
	int (*verb)(struct job_call *, struct err *);
	const char *args;
	struct reply reply;
	enum err_kind kind;
	const char *reason;
} cases[] = {
	{ "a wrong password", identity_login, LOGIN, { 401, "{\"error\":\"bad_credentials\"}" }, ERR_LOGIN_WRONG, "" },
	{ "a locked account", identity_login, LOGIN, { 423, "{\"error\":\"locked\",\"retry_after\":540}" }, ERR_LOGIN_LOCKED, "wait-540" },
	{ "a service that is ill", identity_login, LOGIN, { 503, "<html>" }, ERR_SERVICE_DOWN, "net.http-503" },
	{ "a portal page of some hotel", identity_login, LOGIN, { 200, "<html>sign in</html>" }, ERR_SERVICE_ODD, "net.not-json" },
	{ "a redirect", identity_login, LOGIN, { 302, "" }, ERR_SERVICE_ODD, "net.http-302" },
	{ "an answer without an attempt", identity_login, LOGIN, { 200, "{}" }, ERR_SERVICE_ODD, "" },
	{ "a wrong code", identity_otp, OTP, { 401, "{\"error\":\"otp_wrong\",\"tries_left\":3}" }, ERR_OTP_WRONG, "otp.tries-left-3" },
	{ "a wrong code, a lying count", identity_otp, OTP, { 401, "{\"error\":\"otp_wrong\",\"tries_left\":3000}" }, ERR_OTP_WRONG, "" },
	{ "a code of two digits", identity_otp, "{\"attempt\":\"a1\",\"otp\":\"1 2\"}", { 200, "{}" }, ERR_OTP_WRONG, "otp.length" },
	{ "a code that is too old", identity_otp, OTP, { 410, "{\"error\":\"otp_expired\"}" }, ERR_OTP_EXPIRED, "" },
	{ "too many codes", identity_otp, OTP, { 423, "{\"error\":\"otp_locked\"}" }, ERR_OTP_LOCKED, "" },
	{ "an attempt that is gone", identity_otp, OTP, { 404, "{\"error\":\"attempt_unknown\"}" }, ERR_LOGIN_GONE, "otp.attempt-unknown" },
	{ "a person without a name", identity_otp, OTP, { 200, "{\"token\":\"t\",\"person\":{\"id\":\"1\"}}" }, ERR_SERVICE_ODD, "" },
	{ "asking again too soon", identity_resend, OTP, { 429, "{\"error\":\"too_soon\",\"retry_after\":42}" }, ERR_OTP_WAIT, "wait-42" },
	{ "a dead token", identity_profiles_get, "{\"token\":\"t0k\"}", { 401, "{\"error\":\"token\"}" }, ERR_LOGIN_GONE, "token" },
	{ "a token with a line end", identity_profiles_get, "{\"token\":\"t\\r\\nX: 1\"}", { 200, "{}" }, ERR_LOGIN_GONE, "" },
	{ "no token", identity_profiles_get, "{}", { 200, "{}" }, ERR_LOGIN_GONE, "" },
	{ "a profile they refuse", identity_profiles_put, "{\"token\":\"t0k\",\"profiles\":[]}",
	  { 400, "{\"error\":\"bad_profile\",\"field\":\"account\"}" }, ERR_REJECTED, "profile.account" },
	{ "a field with a strange name", identity_profiles_put, "{\"token\":\"t0k\",\"profiles\":[]}",
	  { 400, "{\"error\":\"bad_profile\",\"field\":\"a%sb\"}" }, ERR_REJECTED, "profile.shape" },
};

static void refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		json_t *r;
		print_message("%s\n", cases[i].name);
		assert_int_equal(go(cases[i].verb, cases[i].args, cases[i].reply, &r, &e, NULL, 0), -1);
		assert_int_equal(e.kind, cases[i].kind);
		assert_string_equal(e.reason, cases[i].reason);
		assert_null(strstr(e.cause, "001090123456"));
		assert_null(strstr(e.cause, "123456"));
		json_decref(r);
	}
}

static void with_a_token(void **state)
{
	(void)state;
	struct err e = { 0 };
	char seen[2048];
	json_t *r;
	const char *one = "{\"token\":\"t0k\",\"profiles\":[{\"id\":\"p1\",\"name\":\"Ch\u1eef k\u00fd 1\",\"phone\":\"0901 234 456\",\"keyword\":\"Ng\u01b0\u1eddi k\u00fd\","
	                  "\"kind\":\"NEAC Sign\",\"account\":\"001090123456\",\"provider\":\"VNPT-CA\",\"image\":null,\"extra\":1}]}";

	assert_int_equal(go(identity_profiles_put, one, (struct reply){ 200, "{\"profiles\":[]}" }, &r, &e, seen, sizeof seen), 0);
	assert_non_null(strstr(seen, "PUT /identity/profiles"));
	assert_non_null(strstr(seen, "\"provider\":\"VNPT-CA\""));
	assert_null(strstr(seen, "extra"));
	assert_non_null(strstr(seen, "\nBearer"));
	json_decref(r);
	assert_int_equal(go(identity_logout, "{\"token\":\"t0k\"}", (struct reply){ 401, "" }, &r, &e, seen, sizeof seen), 0);
	assert_string_equal(seen, "POST /identity/logout\n\nBearer");
	json_decref(r);
	assert_int_equal(go(identity_resend, OTP, (struct reply){ 200, "{\"expires_in\":300,\"resend_in\":60}" }, &r, &e, seen, sizeof seen), 0);
	assert_int_equal(json_int(r, "resend_in", 0), 60);
	json_decref(r);
}

static const struct {
	const char *field, *value;
	bool ours, theirs;           /* accepted? */
} rules[] = {
	{ "name",     "Chữ ký",              true,  true },
	{ "name",     "",                    false, true },
	{ "phone",    "090-123.44 56",       true,  true },
	{ "phone",    "12",                  false, false },
	{ "phone",    "0901234456x",         false, false },
	{ "account",  "012345678",           true,  true },
	{ "account",  "0123456789-001",      true,  true },
	{ "account",  "01234567",            false, false },
	{ "provider", "VNPT-CA",             true,  true },
	{ "provider", "VNPT CA;rm",          false, false },
	{ "id",       "../x",                false, false },
	{ "image",    "iVBORw0KGgoAAAANSUhEUg==", true, true },
	{ "image",    "R0lGODlhAQABAIAAAAAAAP==", false, false },
	{ "image",    "not base64!",         false, false },
};

static void profile_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rules); i++) {
		for (int ours = 0; ours < 2; ours++) {
			struct err e = { 0 };
			AUTO(json_release) json_t *list = json_pack("[{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:n}]", "id", "p1", "name", "a", "phone", "0901234456",
			        "keyword", "k", "kind", "NEAC Sign", "account", "001090123456", "provider", "VNPT-CA", "image");
			json_object_set_new(json_array_get(list, 0), rules[i].field, json_string(rules[i].value));
			AUTO(json_release) json_t *out = profiles_check(list, ours, &e);
			print_message("%s=%s ours=%d\n", rules[i].field, rules[i].value, ours);
			assert_int_equal(out != NULL, ours ? rules[i].ours : rules[i].theirs);
			if (out)
				continue;
			char reason[48];
			snprintf(reason, sizeof reason, "profile.%s", rules[i].field);
			assert_string_equal(e.reason, reason);
			assert_int_equal(e.kind, ours ? ERR_REJECTED : ERR_SERVICE_ODD);
		}
	}
	AUTO(json_release) json_t *many = json_array();
	for (int i = 0; i < 21; i++)
		json_array_append_new(many, json_object());
	struct err e = { 0 };
	assert_null(profiles_check(many, false, &e));
	assert_string_equal(e.reason, "profile.count");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(login),
		cmocka_unit_test(otp),
		cmocka_unit_test(refusals),
		cmocka_unit_test(with_a_token),
		cmocka_unit_test(profile_rules),
	};
	ca = mini_ca_make(mini_dir(), "identity", "IP:127.0.0.1");
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	mini_ca_free(&ca);
	return rc;
}
