/* The invented people of the sandbox, their certificates and key files. DIR/people.json holds them and may be edited; it
 * is written at the first run. */
#ifndef SANDBOX_PEOPLE_H
#define SANDBOX_PEOPLE_H

#include <jansson.h>
#include <stdbool.h>

#include "sandbox/ca.h"

enum { PERSON_CERTS_MAX = 2, PEOPLE_MAX = 64 };

enum cert_state { CERT_VALID, CERT_EXPIRED, CERT_REVOKED };
struct person_cert {
	struct ca_pair pair;
	char *serial;            /* lower-case hex */
	enum cert_state state;
	const struct authority *by;
};
struct person {
	json_t *data;            /* owned by the list */
	const char *id, *old_id, *name, *role, *password, *phone, *ca;   /* borrowed from data; ca and old_id may be "" */
	bool quota;              /* the provider's quota is used up */
	char *key, *password_file;
	struct person_cert certs[PERSON_CERTS_MAX];
	size_t ncerts;
};
struct people {
	json_t *all;
	struct person *list;
	size_t n;
};

int people_load(struct people *p, const char *data, struct ca *ca, struct err *e);
void people_clear(struct people *p);
/* By CCCD or old CMND (a signing account may be either). NULL when unknown. */
struct person *people_find(const struct people *p, const char *id);
/* Somebody else with a usable RSA key: for answers that lie. */
struct person *people_other(const struct people *p, const struct person *than);
/* The list of the ready line; the caller owns it. */
json_t *people_ready(const struct people *p);
json_t *people_table(void);      /* the people of a first run; the caller owns it */

#endif
