/* The identity service: password, one-time code, bearer token, signature profiles (README.md). Rules OT3-OT5: a resend
 * voids the old code; the server alone counts; unknown number and wrong password look alike. */
#ifndef SANDBOX_IDENTITY_H
#define SANDBOX_IDENTITY_H

#include <jansson.h>
#include <time.h>

#include "sandbox/call.h"
#include "sandbox/people.h"

enum {
	OTP_DIGITS = 6, OTP_LIFE = 300, OTP_TRIES = 5, OTP_RESENDS = 3, OTP_RESEND_WAIT = 60,
	LOGIN_TRIES = 5, LOGIN_LOCK = 900, ATTEMPT_LIFE = 900, TOKEN_LIFE = 3600,
	ATTEMPTS_MAX = 128, TOKENS_MAX = 128, COUNTERS_MAX = 512, PROFILES_MAX = 8, PROFILE_IMAGE_MAX = 65536
};

struct attempt {
	char *id;
	const struct person *person;
	unsigned char salt[16], hash[32];
	int tries, resends;
	time_t made, expires, resend_at;
};
struct token {
	char *value;
	const struct person *person;
	time_t expires;
};
/* What arrived on the person's phone: the phone knows the code in the clear, the service does not. */
struct sms {
	char *id, *attempt;
	const struct person *person;
	char code[OTP_DIGITS + 1];
	time_t expires;
};
struct counter {
	char id[16];
	int wrong;
	time_t locked_until;
};
struct identity {
	const struct people *people;
	char *dir;               /* profiles, one file a person */
	int resend_wait;
	struct attempt attempts[ATTEMPTS_MAX];
	struct token tokens[TOKENS_MAX];
	struct sms sms[ATTEMPTS_MAX];
	struct counter counters[COUNTERS_MAX];
	size_t next_counter;
	unsigned long changes;   /* grows when a phone has something new to show */
};

void identity_init(struct identity *id, const struct people *people, const char *data, int resend_wait);
void identity_clear(struct identity *id);
void identity_call(struct identity *id, const struct call *c, struct reply *r);
/* Forgets what has run out. */
void identity_tick(struct identity *id, time_t now);
/* Whose token this is; NULL when unknown or expired. */
const struct person *identity_token(struct identity *id, const char *bearer, time_t now);
/* profile.c: NULL when acceptable, else the name of the offending field; `index` says in which profile. */
const char *profile_check(const json_t *body, size_t *index);
void profile_call(struct identity *id, const struct person *p, const struct call *c, struct reply *r);

#endif
