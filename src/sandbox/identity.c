#include "sandbox/identity.h"

#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "sandbox/bytes.h"

void identity_init(struct identity *id, const struct people *people, const char *data, int resend_wait)
{
	*id = (struct identity){ .people = people, .dir = mem_printf("%s/profiles", data),
	                         .resend_wait = resend_wait > 0 ? resend_wait : OTP_RESEND_WAIT };
}

static void attempt_drop(struct attempt *a)
{
	mem_free(&a->id);
	*a = (struct attempt){ 0 };
}

static void sms_drop(struct identity *id, const char *attempt)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		struct sms *s = &id->sms[i];

		if (!s->id || strcmp(s->attempt, attempt))
			continue;
		mem_free(&s->id);
		mem_free(&s->attempt);
		*s = (struct sms){ 0 };
		id->changes++;
	}
}

void identity_clear(struct identity *id)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		if (id->attempts[i].id)
			sms_drop(id, id->attempts[i].id);
		attempt_drop(&id->attempts[i]);
	}
	for (size_t i = 0; i < TOKENS_MAX; i++)
		mem_free(&id->tokens[i].value);
	mem_free(&id->dir);
}

void identity_tick(struct identity *id, time_t now)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		struct attempt *a = &id->attempts[i];

		if (id->sms[i].id && now >= id->sms[i].expires)
			sms_drop(id, id->sms[i].attempt);
		if (a->id && now >= a->made + ATTEMPT_LIFE) {
			sms_drop(id, a->id);
			attempt_drop(a);
		}
	}
}

/* ---- one-time codes ------------------------------------------------------------------------------------------------ */
static void code_hash(const struct attempt *a, const char *code, unsigned char out[32])
{
	unsigned char in[sizeof a->salt + OTP_DIGITS + 1] = { 0 };

	memcpy(in, a->salt, sizeof a->salt);
	memcpy(in + sizeof a->salt, code, strnlen(code, OTP_DIGITS + 1));
	bytes_sha256(in, sizeof in, out);
	OPENSSL_cleanse(in, sizeof in);
}

static void code_make(char out[OTP_DIGITS + 1])
{
	unsigned n;

	/* the remainder above 4,294,000,000 would favour small codes */
	do
		bytes_random(&n, sizeof n);
	while (n >= 4294000000u);
	snprintf(out, OTP_DIGITS + 1, "%06u", n % 1000000);
}

/* Sends a code; the old one of the same attempt is void (OT3). */
static void code_send(struct identity *id, struct attempt *a, time_t now)
{
	struct sms *s = NULL;

	sms_drop(id, a->id);
	for (size_t i = 0; i < ATTEMPTS_MAX && !s; i++)
		if (!id->sms[i].id)
			s = &id->sms[i];
	if (!s)
		return;
	code_make(s->code);
	bytes_random(a->salt, sizeof a->salt);
	code_hash(a, s->code, a->hash);
	a->expires = now + OTP_LIFE;
	a->resend_at = now + id->resend_wait;
	s->id = bytes_token(8);
	s->attempt = mem_str(a->id);
	s->person = a->person;
	s->expires = a->expires;
	id->changes++;
}

/* ---- login --------------------------------------------------------------------------------------------------------- */
/* Counts by the number typed, whether anybody has it or not (OT5). */
static struct counter *counter_of(struct identity *id, const char *number)
{
	struct counter *c;

	for (size_t i = 0; i < COUNTERS_MAX; i++)
		if (!strcmp(id->counters[i].id, number))
			return &id->counters[i];
	c = &id->counters[id->next_counter++ % COUNTERS_MAX];
	*c = (struct counter){ 0 };
	snprintf(c->id, sizeof c->id, "%s", number);
	return c;
}

static bool password_right(const struct person *p, const char *password)
{
	static const unsigned char salt[] = "tramky-sandbox";
	const char *want = p ? p->password : "nobody has this number";
	unsigned char a[32], b[32];

	PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, sizeof salt, 2000, EVP_sha256(), sizeof a, a);
	PKCS5_PBKDF2_HMAC(want, (int)strlen(want), salt, sizeof salt, 2000, EVP_sha256(), sizeof b, b);
	return !CRYPTO_memcmp(a, b, sizeof a) && p;
}

/* "0901000456" -> "0901•••456". */
static char *mask_phone(const char *phone)
{
	return mem_printf("%.4s•••%s", phone, phone + strlen(phone) - 3);
}

static struct attempt *attempt_new(struct identity *id, const struct person *p, time_t now)
{
	struct attempt *a = &id->attempts[0];

	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		if (!id->attempts[i].id) {
			a = &id->attempts[i];
			break;
		}
		if (id->attempts[i].made < a->made)
			a = &id->attempts[i];
	}
	if (a->id)
		sms_drop(id, a->id);
	attempt_drop(a);
	a->id = bytes_token(16);
	a->person = p;
	a->made = now;
	return a;
}

static void locked(struct reply *r, const char *error, long wait)
{
	reply_json(r, 423, json_pack("{s:s, s:I}", "error", error, "retry_after", (json_int_t)wait));
	r->retry_after = wait;
}

static void login(struct identity *id, const struct call *c, const json_t *j, struct reply *r)
{
	const char *number = call_str(j, "id"), *password = call_str(j, "password");
	const struct person *p = people_find(id->people, number);
	struct counter *count;
	struct attempt *a;

	if (!*number || strlen(number) > 12 || strspn(number, "0123456789") != strlen(number) || strlen(password) > 256) {
		reply_error(r, 401, "bad_credentials");
		return;
	}
	count = counter_of(id, number);
	if (count->locked_until > c->now) {
		locked(r, "locked", count->locked_until - c->now);
		return;
	}
	if (!password_right(p, password)) {
		if (++count->wrong < LOGIN_TRIES) {
			reply_error(r, 401, "bad_credentials");
			return;
		}
		count->wrong = 0;
		count->locked_until = c->now + LOGIN_LOCK;
		locked(r, "locked", LOGIN_LOCK);
		return;
	}
	count->wrong = 0;
	a = attempt_new(id, p, c->now);
	code_send(id, a, c->now);
	AUTO(mem_free) char *masked = mask_phone(p->phone);
	reply_json(r, 200, json_pack("{s:s, s:s, s:{s:i, s:i, s:i, s:i}}", "attempt", a->id, "phone", masked, "otp", "digits", OTP_DIGITS,
		"expires_in", OTP_LIFE, "resend_in", id->resend_wait, "tries", OTP_TRIES));
}

static struct attempt *attempt_find(struct identity *id, const json_t *j, time_t now)
{
	const char *want = call_str(j, "attempt");

	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		struct attempt *a = &id->attempts[i];

		if (bytes_same(a->id, want) && now < a->made + ATTEMPT_LIFE)
			return a;
	}
	return NULL;
}

static json_t *person_json(const struct person *p)
{
	static const char *const keys[] = { "id", "name", "birth_date", "sex", "address", "phone", "mail", "old_id", "ethnic", "nationality" };
	json_t *out = json_object();

	for (size_t i = 0; i < COUNT(keys); i++)
		json_object_set_new(out, keys[i], json_string(call_str(p->data, keys[i])));
	return out;
}

static void token_give(struct identity *id, const struct person *p, time_t now, struct reply *r)
{
	struct token *t = &id->tokens[0];

	for (size_t i = 0; i < TOKENS_MAX; i++)
		if (id->tokens[i].expires < t->expires)
			t = &id->tokens[i];
	mem_free(&t->value);
	*t = (struct token){ .value = bytes_token(32), .person = p, .expires = now + TOKEN_LIFE };
	reply_json(r, 200, json_pack("{s:s, s:o}", "token", t->value, "person", person_json(p)));
}

static void otp(struct identity *id, const struct call *c, const json_t *j, struct reply *r)
{
	struct attempt *a = attempt_find(id, j, c->now);
	unsigned char hash[32];

	if (!a) {
		reply_error(r, 404, "attempt_unknown");
		return;
	}
	if (a->tries >= OTP_TRIES) {
		locked(r, "otp_locked", a->made + ATTEMPT_LIFE - c->now);
		return;
	}
	if (c->now >= a->expires) {
		reply_error(r, 410, "otp_expired");
		return;
	}
	code_hash(a, call_str(j, "otp"), hash);
	if (CRYPTO_memcmp(hash, a->hash, sizeof hash)) {
		if (++a->tries < OTP_TRIES) {
			reply_json(r, 401, json_pack("{s:s, s:i}", "error", "otp_wrong", "tries_left", OTP_TRIES - a->tries));
			return;
		}
		sms_drop(id, a->id);
		locked(r, "otp_locked", a->made + ATTEMPT_LIFE - c->now);
		return;
	}
	/* RFC 6238 5.2: a code is taken once */
	token_give(id, a->person, c->now, r);
	sms_drop(id, a->id);
	attempt_drop(a);
}

static void resend(struct identity *id, const struct call *c, const json_t *j, struct reply *r)
{
	struct attempt *a = attempt_find(id, j, c->now);
	long wait = 0;

	if (!a) {
		reply_error(r, 404, "attempt_unknown");
		return;
	}
	if (a->tries >= OTP_TRIES) {
		locked(r, "otp_locked", a->made + ATTEMPT_LIFE - c->now);
		return;
	}
	if (a->resends >= OTP_RESENDS)
		wait = a->made + ATTEMPT_LIFE - c->now;
	else if (c->now < a->resend_at)
		wait = a->resend_at - c->now;
	if (wait) {
		reply_json(r, 429, json_pack("{s:s, s:I}", "error", "too_soon", "retry_after", (json_int_t)wait));
		r->retry_after = wait;
		return;
	}
	a->resends++;
	code_send(id, a, c->now);
	reply_json(r, 200, json_pack("{s:i, s:i}", "expires_in", OTP_LIFE, "resend_in", id->resend_wait));
}

const struct person *identity_token(struct identity *id, const char *bearer, time_t now)
{
	for (size_t i = 0; bearer && i < TOKENS_MAX; i++)
		if (id->tokens[i].expires > now && bytes_same(id->tokens[i].value, bearer))
			return id->tokens[i].person;
	return NULL;
}

static void logout(struct identity *id, const struct call *c, struct reply *r)
{
	for (size_t i = 0; i < TOKENS_MAX; i++)
		if (bytes_same(id->tokens[i].value, c->bearer)) {
			mem_free(&id->tokens[i].value);
			id->tokens[i] = (struct token){ 0 };
		}
	reply_bytes(r, 204, NULL, "", 0);
}

static void with_token(struct identity *id, const struct call *c, struct reply *r)
{
	const struct person *p = identity_token(id, c->bearer, c->now);

	if (!p)
		reply_error(r, 401, "token");
	else if (call_is(c, "POST", "/identity/logout"))
		logout(id, c, r);
	else
		profile_call(id, p, c, r);
}

void identity_call(struct identity *id, const struct call *c, struct reply *r)
{
	static const struct {
		const char *path;
		void (*run)(struct identity *, const struct call *, const json_t *, struct reply *);
	} calls[] = { { "/identity/login", login }, { "/identity/otp", otp }, { "/identity/resend", resend } };

	for (size_t i = 0; i < COUNT(calls); i++) {
		json_t *j;

		if (!call_is(c, "POST", calls[i].path))
			continue;
		j = call_json(c);
		if (j)
			calls[i].run(id, c, j, r);
		else
			reply_error(r, 400, "bad_request");
		json_decref(j);
		return;
	}
	if (call_is(c, "POST", "/identity/logout") || call_is(c, "GET", "/identity/profiles") || call_is(c, "PUT", "/identity/profiles"))
		with_token(id, c, r);
	else
		reply_error(r, 404, "no_such_call");
}
