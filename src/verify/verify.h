/* A PDF in, a verdict with its reasons out. Stable ids are listed in src/verify/README.md. */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include <jansson.h>
#include <stddef.h>
#include <time.h>

struct err;
struct trust_store;

/* worst first */
enum verdict { VERDICT_INVALID, VERDICT_UNSIGNED, VERDICT_INCONCLUSIVE, VERDICT_OUTDATED, VERDICT_VALID };
const char *verdict_id(enum verdict v);                 /* "invalid" ... "valid_outdated_algorithm" "valid" */
enum verdict verdict_from_id(const char *id);

struct verify_rules {
	const struct trust_store *trust;
	time_t at;                   /* judge at this time; 0: now */
	/* Revocation answers gathered by the caller, tried for every certificate they fit. */
	const struct verify_answer { const unsigned char *p; size_t n; enum { ANSWER_OCSP, ANSWER_CRL } kind; } *answers;
	size_t nanswers;
};
/* Fills `report` with the object of `verify --json` (architecture section 5) without "file"; plus "needs": revocation
 * requests that would settle an open question: [{"kind":"ocsp|crl","url","request":b64}]. Returns the file's verdict or -1. */
int verify_pdf(int fd, const struct verify_rules *rules, json_t **report, struct err *e);
/* The first `revision` revisions (1-based) as they were signed. */
int verify_revision(int fd, int revision, int out, struct err *e);

#endif
