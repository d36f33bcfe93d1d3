/* Inside of the revision diff. Two readings of one file: what was signed (old: the first bytes, up to the end of the
 * signature's range) and what is shown (new: all of it), both without repair.
 *
 * The idea: something that is only added cannot be seen unless something old points to it. So every old object that
 * differs must have a role that may change, only the keys that role allows, and nobody else who looks at it. */
#ifndef VERIFY_DIFF_H
#define VERIFY_DIFF_H

#include "verify/inner.h"

enum role {                              /* of an object in the signed revision; several may hold at once */
	ROLE_CATALOG = 1, ROLE_ACROFORM = 2, ROLE_FIELDS = 4 /* array of the form or of a field's kids */, ROLE_FIELD = 8,
	ROLE_PAGE = 16, ROLE_ANNOTS = 32, ROLE_DSS = 64, ROLE_EXTENSIONS = 128, ROLE_DR = 256, ROLE_INFO = 512,
	ROLE_METADATA = 1024, ROLE_LOOK = 2048 /* appearance or value of one field */,
};

struct diff {
	struct look *l;
	struct sig *s;
	struct pdf *old, *new;
	int top;                         /* object numbers are below */
	unsigned *role;
	int *owner;                      /* field of a ROLE_LOOK; page of ROLE_ANNOTS */
	unsigned char *state;            /* SAME, CHANGED, ADDED, GONE */
	struct ref { int to, from; } *refs;   /* old revision, sorted by `to` */
	size_t nrefs;
	unsigned char *reached;          /* by some path from the old trailer: all that a viewer of the old revision could show */
	int permit;                      /* P in force for what comes after (certifier's or lock's, the stricter): 0 none */
};
enum { SAME, CHANGED, ADDED, GONE };

/* diff_roles.c */
void diff_roles(struct diff *d);
/* Every reachable old object that points to `num` has one of these roles (or is a cross-reference stream). */
bool diff_only_from(const struct diff *d, int num, unsigned roles);

/* diff_rules.c: compares one changed object by its roles; tells what it finds. */
void diff_object(struct diff *d, int num);
/* Compares the two catalogs' and trailers' own values. */
void diff_frame(struct diff *d);

/* diff_permit.c: what the signatures up to d->s allow, read from the signed revision: the lock is what the signer saw. */
void diff_permit(struct diff *d);
bool diff_locked(struct diff *d, const char *field);

/* diff.c: `kind` goes to changes_after, `reason` (may be NULL) to the verdict. */
void diff_tell(struct diff *d, const char *kind, int page, int object, const char *reason);
/* An object that came later and is judged by its keys has each of them once: readers disagree which of two holds. */
void diff_plain(struct diff *d, int num);
bool diff_is_new(const struct diff *d, int num);

#endif
