#include "identity/identity.h"

#include "net/service.h"

#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 256 * 1024, PROFILES_ANSWER_MAX = 10 << 20, PASSWORD_MAX = 256 };

static int ask(struct job_call *call, const char *method, const char *path, const json_t *body, const char *token,
               struct service_answer *a, struct err *e)
{
	struct net_watch w = net_watch_call(call);
	struct service_call s = { .section = "identity", .method = method, .path = path, .body = body, .bearer = token,
				  .max_answer = token ? PROFILES_ANSWER_MAX : ANSWER_MAX };

	return service_json(call->config, &s, a, &w, e);
}

/* ---- answers that mean something to the person ---------------------------------------------------------------------- */

struct meaning {
	long status;
	enum err_kind kind;
	const char *reason;
};
static const struct meaning login_means[] = {
	{ 401, ERR_LOGIN_WRONG, "" },
	{ 423, ERR_LOGIN_LOCKED, "" },
	{ 429, ERR_LOGIN_LOCKED, "" },
};
static const struct meaning otp_means[] = {
	{ 401, ERR_OTP_WRONG, "" },
	{ 404, ERR_LOGIN_GONE, "otp.attempt-unknown" },
	{ 410, ERR_OTP_EXPIRED, "" },
	{ 423, ERR_OTP_LOCKED, "" },
};
static const struct meaning resend_means[] = {
	{ 404, ERR_LOGIN_GONE, "otp.attempt-unknown" },
	{ 410, ERR_LOGIN_GONE, "otp.attempt-unknown" },
	{ 423, ERR_OTP_LOCKED, "" },
	{ 429, ERR_OTP_WAIT, "" },
};
static const struct meaning token_means[] = {
	{ 401, ERR_LOGIN_GONE, "token" },
};

/* Numbers a screen needs ride in the reason: "otp.tries-left-3" (0 to 9), "wait-SECONDS" (src/identity/README.md). */
static int told(const struct service_answer *a, const struct meaning *m, size_t n, const char *what, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (m[i].status != a->status)
			continue;
		err_set(e, m[i].kind, "%s: HTTP %ld", what, a->status);
		if (*m[i].reason)
			err_reason(e, m[i].reason);
		long long left = json_int(a->body, "tries_left", -1);
		if (m[i].kind == ERR_OTP_WRONG && left >= 0 && left <= 9) {
			char reason[32];
			snprintf(reason, sizeof reason, "otp.tries-left-%lld", left);
			return err_reason(e, reason);
		}
		return service_wait_reason(a, e);
	}
	return service_status_err(a, what, e);
}

/* A number from outside, kept within what a screen can make sense of. */
static json_t *bounded(const json_t *j, const char *path, long long none, long long least, long long most)
{
	long long v = json_int(j, path, none);

	return json_integer(v < least ? least : v > most ? most : v);
}

/* ---- password ------------------------------------------------------------------------------------------------------- */

int identity_login(struct job_call *call, struct err *e)
{
	AUTO(mem_free) char *id = text_digits(json_str(call->args, "id", ""));
	const char *password = json_str(call->args, "password", "");
	AUTO(service_answer_clear) struct service_answer a = { 0 };
	AUTO(json_release) json_t *body = json_object();
	size_t n = strlen(id);

	/* Spaces and dots are the person's; what cannot be a number of ours is "wrong" without asking anybody (U18). */
	if (n < 9 || n > 13 || !*password || strlen(password) > PASSWORD_MAX) {
		err_set(e, ERR_LOGIN_WRONG, "login: number or password cannot be right");
		return err_reason(e, "login.shape");
	}
	json_put_str(body, "id", id);
	json_put_str(body, "password", password);
	if (ask(call, "POST", "/login", body, NULL, &a, e) < 0)
		return -1;
	if (a.status != 200)
		return told(&a, login_means, COUNT(login_means), "login", e);
	const char *attempt = json_need_str(a.body, "attempt", e);
	if (!attempt)
		return -1;
	AUTO(mem_free) char *phone = text_clean(json_str(a.body, "phone", ""), false);
	json_put_str(call->result, "attempt", attempt);
	json_put_str(call->result, "phone", phone);
	json_put(call->result, "otp_digits", bounded(a.body, "otp.digits", 6, 4, 10));
	json_put(call->result, "expires_in", bounded(a.body, "otp.expires_in", 300, 1, 3600));
	json_put(call->result, "resend_in", bounded(a.body, "otp.resend_in", 60, 0, 3600));
	json_put(call->result, "tries", bounded(a.body, "otp.tries", 5, 1, 99));
	return 0;
}

/* ---- one-time code -------------------------------------------------------------------------------------------------- */

static int take_person(const json_t *body, json_t *result, struct err *e)
{
	static const char *const names[] = { "id", "name", "birth_date", "sex", "address", "phone", "mail", "old_id", "ethnic",
					     "nationality" };
	const char *token = json_need_str(body, "token", e);

	if (!token || !json_need_str(body, "person.id", e) || !json_need_str(body, "person.name", e))
		return -1;
	json_put_str(result, "token", token);
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[32];
		snprintf(path, sizeof path, "person.%s", names[i]);
		AUTO(mem_free) char *s = text_clean(json_str(body, path, ""), false);
		if (strlen(s) > 512)
			return err_set(e, ERR_SERVICE_ODD, "%s is too long", path);
		json_put_str(result, path, s);
	}
	return 0;
}

static void digits_wipe(char **s)
{
	if (*s)
		explicit_bzero(*s, strlen(*s));
	free(*s);
	*s = NULL;
}

int identity_otp(struct job_call *call, struct err *e)
{
	AUTO(digits_wipe) char *otp = text_digits(json_str(call->args, "otp", ""));
	const char *attempt = json_str(call->args, "attempt", "");
	AUTO(service_answer_clear) struct service_answer a = { 0 };
	AUTO(json_release) json_t *body = json_object();
	size_t n = strlen(otp);

	/* "123 456" is what the message shows: digits are kept. A code that cannot be one costs the person no try. */
	if (n < 4 || n > 10) {
		err_set(e, ERR_OTP_WRONG, "otp of %zu digits", n);
		return err_reason(e, "otp.length");
	}
	json_put_str(body, "attempt", attempt);
	json_put_str(body, "otp", otp);
	if (ask(call, "POST", "/otp", body, NULL, &a, e) < 0)
		return -1;
	if (a.status != 200)
		return told(&a, otp_means, COUNT(otp_means), "otp", e);
	return take_person(a.body, call->result, e);
}

int identity_resend(struct job_call *call, struct err *e)
{
	AUTO(service_answer_clear) struct service_answer a = { 0 };
	AUTO(json_release) json_t *body = json_object();

	json_put_str(body, "attempt", json_str(call->args, "attempt", ""));
	if (ask(call, "POST", "/resend", body, NULL, &a, e) < 0)
		return -1;
	if (a.status != 200)
		return told(&a, resend_means, COUNT(resend_means), "resend", e);
	json_put(call->result, "expires_in", bounded(a.body, "expires_in", 300, 1, 3600));
	json_put(call->result, "resend_in", bounded(a.body, "resend_in", 60, 0, 3600));
	return 0;
}

/* ---- with a token ---------------------------------------------------------------------------------------------------- */

int identity_logout(struct job_call *call, struct err *e)
{
	AUTO(service_answer_clear) struct service_answer a = { 0 };

	if (ask(call, "POST", "/logout", NULL, json_str(call->args, "token", ""), &a, e) < 0)
		return -1;
	/* 401: the token is dead already, which is all that was wanted. */
	if (a.status == 204 || a.status == 200 || a.status == 401)
		return 0;
	return service_status_err(&a, "logout", e);
}

static int keep_profiles(struct job_call *call, const struct service_answer *a, struct err *e)
{
	json_t *list = profiles_check(json_object_get(a->body, "profiles"), false, e);

	if (!list)
		return -1;
	json_object_set_new(call->result, "profiles", list);
	return 0;
}

int identity_profiles_get(struct job_call *call, struct err *e)
{
	AUTO(service_answer_clear) struct service_answer a = { 0 };

	if (ask(call, "GET", "/profiles", NULL, json_str(call->args, "token", ""), &a, e) < 0)
		return -1;
	if (a.status != 200)
		return told(&a, token_means, COUNT(token_means), "profiles", e);
	return keep_profiles(call, &a, e);
}

/* 400 {"error":"bad_profile","field"}: the field names the line of the form that is marked. */
static int rejected(const struct service_answer *a, struct err *e)
{
	const char *field = json_str(a->body, "field", "");
	char reason[48];

	err_set(e, ERR_REJECTED, "profiles: HTTP 400");
	if (!*field || strlen(field) > 32 || field[strspn(field, "abcdefghijklmnopqrstuvwxyz_")])
		return err_reason(e, "profile.shape");
	snprintf(reason, sizeof reason, "profile.%s", field);
	return err_reason(e, reason);
}

int identity_profiles_put(struct job_call *call, struct err *e)
{
	AUTO(service_answer_clear) struct service_answer a = { 0 };
	AUTO(json_release) json_t *body = json_object();
	json_t *list = profiles_check(json_object_get(call->args, "profiles"), true, e);

	if (!list)
		return -1;
	json_object_set_new(body, "profiles", list);
	if (ask(call, "PUT", "/profiles", body, json_str(call->args, "token", ""), &a, e) < 0)
		return -1;
	if (a.status == 400)
		return rejected(&a, e);
	if (a.status != 200)
		return told(&a, token_means, COUNT(token_means), "profiles", e);
	return keep_profiles(call, &a, e);
}
