/* Who is here: password, one-time code, session token, signature profiles. Verbs of the net job; shapes in src/README.md,
 * errors and reasons in src/identity/README.md. Passwords, codes and tokens are wiped and never reach a cause. */
#ifndef IDENTITY_IDENTITY_H
#define IDENTITY_IDENTITY_H

#include <jansson.h>
#include <stdbool.h>

struct err;
struct job_call;

int identity_login(struct job_call *call, struct err *e);
int identity_otp(struct job_call *call, struct err *e);
int identity_resend(struct job_call *call, struct err *e);
int identity_logout(struct job_call *call, struct err *e);
int identity_profiles_get(struct job_call *call, struct err *e);
int identity_profiles_put(struct job_call *call, struct err *e);

/* Rules of signature profiles, the same for what we send and what we are given: `list` is an array. Returns a new array
 * with cleaned text and known fields only, or NULL with reason "profile.FIELD" (kind: ERR_REJECTED when `ours`, else
 * ERR_SERVICE_ODD). Ours must have name, phone and keyword (guides: the fields marked *). */
json_t *profiles_check(const json_t *list, bool ours, struct err *e);

#endif
