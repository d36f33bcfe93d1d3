/* The order in which jobs make one signature: certificates, their check, preparing, the request to the phone, CMS, time-stamp,
 * embedding. Plain state, no waiting: next() says what to run, answer() takes what came. The kiosk's steps and the command
 * line drive the same chain. It survives a crash by signing_save()/signing_restore(). */
#ifndef WIZARD_SIGNING_H
#define WIZARD_SIGNING_H

#include <jansson.h>
#include <stdbool.h>

#include "base/job.h"

struct config;
struct err;
struct work;
struct signing;

enum signing_state {
	SIGNING_WORK,        /* signing_next() has work to run */
	SIGNING_RUNNING,     /* work is out */
	SIGNING_CONFIRM,     /* certificate checked: show it, then signing_confirm() */
	SIGNING_SAVE,        /* prepared: put signing_save() where a crash cannot take it, then signing_saved() */
	SIGNING_WATCH,       /* another process still waits for the phone: look again with signing_look() */
	SIGNING_DONE,
	SIGNING_ENDED        /* signing_err() says how */
};

/* `request`: {"way","provider","account","serial"?,"title","place":{...},"more_places"?,"show":[...],"show_values":{},"reason"?,"location"?,
 * "level":"B-B|B-T|B-LT|B-LTA","look"?,"color"?,"size_mm"?,"hash"?,"pss"?,"certify"?,"signers":[ids]?,"timeout"?,"password"?
 * (keyfile)}. Stolen. file, image, keyfile: descriptors,
 * duplicated; -1 none. `signers`: who may sign (rule G2); absent: anyone (command line). */
struct signing *signing_new(const struct config *c, json_t *request, int file, int image, int keyfile);
void signing_free(struct signing *s);

enum signing_state signing_state(const struct signing *s);
/* Fills `out` and turns to SIGNING_RUNNING. False when there is nothing to run. */
bool signing_next(struct signing *s, struct work *out);
/* A message for the work given out last. */
void signing_answer(struct signing *s, enum job_event ev, struct job_message *m);
void signing_confirm(struct signing *s);
void signing_saved(struct signing *s);
void signing_look(struct signing *s);
/* Stops before anything is final; a request that has left cannot be called back: its phone prompt may still show. */
void signing_cancel(struct signing *s);
/* Something outside the chain makes going on impossible (the store cannot keep the request). */
void signing_fail(struct signing *s, const struct err *e);
/* Choose another place, picture or profile before confirming: starts again from the certificates when the account differs. */
void signing_change(struct signing *s, const char *key, json_t *value /* stolen */);

const json_t *signing_request(const struct signing *s);
const json_t *signing_certificate(const struct signing *s);   /* answer of doc.certificate; NULL before */
const json_t *signing_result(const struct signing *s);        /* {"sha256","bytes","level","missing","signed_at","report"} when done */
int signing_output(const struct signing *s);                  /* sealed signed file; borrowed */
const char *signing_algorithm(const struct signing *s);       /* "rsa-pss-sha256", ...; "" before the signature came */
const struct err *signing_err(const struct signing *s);
const char *signing_transaction(const struct signing *s);     /* "" before it is made */
const char *signing_document_code(const struct signing *s);
long signing_seconds_left(const struct signing *s);           /* -1 unknown */
const char *signing_phase(const struct signing *s);           /* stable id for screens and stderr: "submitted", ... */
bool signing_has_left(const struct signing *s);               /* the request may have reached the provider */

/* Everything needed to go on after a crash; the prepared file is signing_prepared(). */
json_t *signing_save(const struct signing *s);
int signing_prepared(const struct signing *s);
struct signing *signing_restore(const struct config *c, const json_t *saved, int prepared, struct err *e);
/* For evidence.keep: {"serial","status","source","at","reasons","ocsp"?,"crl"?|"crl_sha256"?} (circular 15/2025 LS12). */
json_t *signing_evidence(const struct signing *s);
/* Row for history.add once done or ended. */
json_t *signing_history(const struct signing *s, const char *dossier, const char *component);

#endif
