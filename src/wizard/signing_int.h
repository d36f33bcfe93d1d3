/* Inside of signing.c, signing_work.c, signing_kept.c only. */
#ifndef WIZARD_SIGNING_INT_H
#define WIZARD_SIGNING_INT_H

#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "wizard/signing.h"

struct lasting;

/* What is done next; the order is that of src/README.md, "Jobs". */
enum phase {
	PHASE_CLOCK, PHASE_CERTIFICATES, PHASE_CHECK, PHASE_REVOCATION, PHASE_CHECK_AGAIN, PHASE_CONFIRM, PHASE_PREPARE,
	PHASE_SAVE, PHASE_SUBMIT, PHASE_RESUME, PHASE_CMS, PHASE_STAMP, PHASE_EMBED, PHASE_LASTING, PHASE_DONE
};
extern const char *const signing_phase_ids[];

struct signing {
	const struct config *config;
	json_t *request;
	int file, image, keyfile, prepared, output, state_fd;
	enum phase phase;
	enum signing_state state;
	json_t *signer;          /* {"certificate","chain","serial"} of the provider */
	json_t *checked;         /* answer of doc.certificate */
	json_t *made;            /* answer of doc.prepare: hash, half, hole */
	json_t *signature;       /* base64 */
	json_t *cms;             /* answer of doc.cms, then with tsa_response */
	json_t *result;
	struct lasting *lasting; /* once signed: levels above the signature's own */
	char *transaction, *document_code, *live;   /* live: last state word of the waiting job */
	int64_t left_at;         /* monotonic ms when seconds_left was told */
	long seconds_left;
	time_t when;
	struct err err;
};

/* signing.c */
struct signing *signing_blank(const struct config *c, json_t *request);
bool signing_is_keyfile(const struct signing *s);
void signing_end(struct signing *s, const struct err *e);
void signing_end_kind(struct signing *s, enum err_kind kind, const char *reason, const char *cause);
void signing_to_phase(struct signing *s, enum phase p);
/* A new reference to the value at `path`, or JSON null. */
json_t *signing_borrow(const json_t *from, const char *path);

/* signing_work.c: opens the transaction's state file anew for every job. */
int signing_state_file(struct signing *s, bool make);

#endif
