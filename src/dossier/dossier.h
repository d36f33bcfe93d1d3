/* The dossier as plain data: who, which procedure, which agency, form answers, components with files, states. It turns
 * into JSON (drafts, delivery) and back without loss. Descriptors of files are the caller's table, not here. */
#ifndef DOSSIER_DOSSIER_H
#define DOSSIER_DOSSIER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct err;

enum file_state { FILE_NONE, FILE_ATTACHED, FILE_WAITING, FILE_SIGNED, FILE_FAILED };
enum dossier_state {         /* states exchanged with the national portal */
	DOSSIER_DRAFT = 0, DOSSIER_NEW = 1, DOSSIER_ACCEPTED = 2, DOSSIER_NOT_ACCEPTED = 3, DOSSIER_WORKING = 4,
	DOSSIER_SUPPLEMENT = 5, DOSSIER_PAY = 6, DOSSIER_WITHDRAWN = 7, DOSSIER_STOPPED = 8, DOSSIER_DONE = 9, DOSSIER_HANDED_OUT = 10
};
struct dossier_file {
	char *name;              /* as shown, cleaned: "to-khai.pdf" */
	char *sha256;            /* hex */
	long long bytes;
	int pages;
	enum file_state state;
	char *signer, *transaction, *signed_at, *level;   /* once signed; NULL before */
	char *reason;            /* FILE_FAILED: err id */
	char *original_sha256;   /* of the file as attached, kept after signing (G13) */
};
struct dossier_component {
	char *id, *name;
	bool ticked, required, declaration;  /* declaration: the kiosk writes it from the form's answers */
	bool original;           /* Bản chính, else Bản sao */
	int count;
	struct dossier_file *files;
	size_t nfiles;
};
struct dossier {
	char *id;                /* UUID made at the start: idempotency key of the delivery */
	char *code;              /* given by the intake; NULL before */
	char *procedure, *procedure_name, *province, *commune, *agency;
	json_t *person;          /* of the login: id, name, birth_date, sex, address, phone, mail, old_id */
	json_t *answers;         /* form answers by field id, strings */
	struct dossier_component *components;
	size_t ncomponents;
	enum dossier_state state;
	char *step;              /* where the person was: wizard step id */
	char *receive;           /* how the result is received: "counter", "post", "electronic" */
	time_t started, sent, due;
	json_t *pending;         /* a signature under way: component, transaction, document_code, state file ... or NULL */
};
struct dossier *dossier_new(void);
void dossier_free(struct dossier *d);
void dossier_release(struct dossier **d);                  /* for AUTO */
json_t *dossier_to_json(const struct dossier *d);          /* the caller owns it */
/* Refuses unknown keys, wrong types and anything over dossier/limits.h with ERR_SERVICE_ODD; the cause holds no value. */
struct dossier *dossier_from_json(const json_t *j, struct err *e);
/* Pointers to components (files) hold until the next one is added or dropped. Adding over the limit gives NULL. A new
 * file is FILE_ATTACHED, its name cleaned. Texts are kept as UTF-8 and cut at DOSSIER_TEXT_MAX bytes. */
struct dossier_component *dossier_component(struct dossier *d, const char *id);
struct dossier_component *dossier_add_component(struct dossier *d, const char *id, const char *name);
struct dossier_file *dossier_add_file(struct dossier_component *c, const char *name);
void dossier_drop_file(struct dossier_component *c, size_t i);
void dossier_set_text(char **slot, const char *value);
const char *dossier_answer(const struct dossier *d, const char *field);   /* "" when none */
void dossier_answer_set(struct dossier *d, const char *field, const char *value);
/* True when everything required is there; else names of what is missing go to `missing` (array of strings, may be NULL):
 * "procedure", "province", "agency", "person", then names of components. A component counts when it is required or ticked;
 * it is there with at least one file and none whose signature is under way or failed. */
bool dossier_complete(const struct dossier *d, json_t *missing);
/* May this person sign for the dossier? Compares the digits of `cert_id` ("CCCD:001090123456", "MST:0100109106-001") with
 * person.id, person.old_id and the answer "mst" of a represented organisation (rule G2). */
bool dossier_may_sign(const struct dossier *d, const char *cert_id);
/* Random 128-bit UUID (version 4). */
char *dossier_uuid(void);
/* Short readable document code for screen and phone ("KS-4F7K2"): no 0/O, 1/I. */
char *dossier_document_code(void);

#endif
