/* A PDF in, a verdict with its reasons out. Stable ids are listed in src/verify/README.md. */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include <jansson.h>
#include <stddef.h>
#include <time.h>

struct buf;
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
	unsigned char *sha256;       /* 32 bytes of room for the SHA-256 of the whole file, which the pass has at hand; or NULL */
};
/* Fills `report` with the object of `verify --json` (src/man/tramky.1) without "file"; plus "needs": revocation
 * requests that would settle an open question: [{"kind":"ocsp|crl","url","request":b64}]. Returns the file's verdict or -1. */
int verify_pdf(int fd, const struct verify_rules *rules, json_t **report, struct err *e);
/* What a check long from now needs (B-LT), for every signature and time-stamp of the file: taken from what the file holds and
 * from the answers in `rules`. Without answers in `rules`, those in the file that are older than a signature do not count. */
struct verify_kept {
	char *field;
	struct buf *contents;        /* /Contents with its padding: the key of /VRI */
	struct buf *items[3];        /* VERIFY_CERTS, VERIFY_OCSPS, VERIFY_CRLS: DER values */
	size_t n[3];
};
enum { VERIFY_CERTS, VERIFY_OCSPS, VERIFY_CRLS };
struct verify_long_term {
	struct verify_kept *kept;
	size_t n;
	json_t *needs;               /* as the report's: what is still to be asked */
	json_t *faults;              /* reason ids of signatures that no answer can settle */
	enum verdict verdict;        /* of the file as it is now */
};
int verify_long_term(int fd, const struct verify_rules *rules, struct verify_long_term *out, struct err *e);
void verify_long_term_clear(struct verify_long_term *l);     /* fits AUTO */
/* The first `revision` revisions (1-based) as they were signed. */
int verify_revision(int fd, int revision, int out, struct err *e);

#endif
