/* What happens to signing requests: the person on the phone page decides, or a script does (--outcome, /control). */
#ifndef SANDBOX_SCRIPT_H
#define SANDBOX_SCRIPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define OUTCOMES(X) \
	X(ASK, "ask") X(APPROVE, "approve") X(REFUSE, "refuse") X(EXPIRE, "expire") X(SILENT, "silent") X(HTTP500, "http500") \
	X(CUT, "cut") X(DRIP, "drip") X(GARBAGE, "garbage") X(WRONG_HASH, "wrong-hash") X(WRONG_KEY, "wrong-key") \
	X(OTHER_PERSON, "other-person") X(REVOKED, "revoked") X(QUOTA, "quota")

enum outcome {
#define X(name, id) OUTCOME_##name,
	OUTCOMES(X)
#undef X
	OUTCOME_COUNT
};
enum { RULES_MAX = 64 };
struct rule {
	char person[16], doc_id[129];    /* "": any */
	enum outcome outcome;
	int times;                       /* left; 0: until changed */
};
struct script {
	enum outcome base;
	int delay;                       /* seconds before it happens */
	struct rule rules[RULES_MAX];
	size_t n;
};

/* OUTCOME_COUNT when unknown. */
enum outcome outcome_from(const char *id);
const char *outcome_id(enum outcome o);
/* Takes {"outcome","times","person","doc_id"}; false when malformed. A new rule replaces one for the same person and document. */
bool script_add(struct script *s, const json_t *j);
/* The outcome for a request of `person` with these documents; `take` counts it off. */
enum outcome script_find(struct script *s, const char *person, const char *const *doc_ids, size_t n, bool take);

#endif
