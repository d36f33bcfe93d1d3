/* The intake of dossiers: multipart delivery with idempotency key, states, receipt (form 01 of circular 03/2025/TT-VPCP).
 * A dossier is a folder DIR/portal/CODE that appears whole or not at all. */
#ifndef SANDBOX_INTAKE_H
#define SANDBOX_INTAKE_H

#include <jansson.h>
#include <time.h>

#include "sandbox/call.h"

enum { INTAKE_BODY_MAX = 30 << 20, INTAKE_FILES_MAX = 64, INTAKE_KEY_MAX = 128 };
enum intake_state { INTAKE_NEW = 1, INTAKE_ACCEPTED = 2, INTAKE_SUPPLEMENT = 5 };

/* ---- multipart.c: RFC 7578, parts point into the body ---- */
struct part {
	char name[64], filename[256];
	const unsigned char *p;
	size_t n;
};
/* Parts found, or -1 when the body is not well-formed or has more than `max`. */
int multipart_parse(const char *content_type, const void *body, size_t n, struct part *parts, int max);

/* ---- due.c ---- */
/* When something accepted at `t` is due: same-day procedures until 15:00:00 that day, else the next working day; others
 * `days` working days. 17:00 of that day. */
time_t due_of(const char *procedure, int days, time_t t);
bool due_working_day(int year, int month, int day);

/* ---- intake.c ---- */
struct record {
	char *code, *key;
	json_t *dossier;             /* as delivered */
	enum intake_state state;
	time_t received, accepted;
	json_t *missing;             /* what the desk asks for */
};
struct intake {
	char *dir;                   /* DIR/portal */
	struct record **list;
	size_t n;
	unsigned long changes;
};
int intake_init(struct intake *in, const char *data, struct err *e);
void intake_clear(struct intake *in);
void intake_call(struct intake *in, const struct call *c, struct reply *r);
struct record *intake_find(const struct intake *in, const char *code);
/* The desk's buttons; false when the record is not in a state for it. `missing` is borrowed and may be NULL. */
bool intake_accept(struct intake *in, struct record *rec, time_t now);
bool intake_supplement(struct intake *in, struct record *rec, json_t *missing);
const char *intake_state_text(enum intake_state s);

#endif
