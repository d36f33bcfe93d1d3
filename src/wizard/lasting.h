/* Raising a signed file to a level that can be checked for long (PAdES B-T, B-LT, B-LTA): the order of jobs, one level after
 * another. Plain state, no waiting, as signing.h. Nothing here can lose a file: what is there at the end is the best that was
 * reached, and the reason says why it is not more. */
#ifndef WIZARD_LASTING_H
#define WIZARD_LASTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/job.h"

struct config;
struct lasting;
struct work;

/* `file`: sealed, duplicated. `level`: the file's level now; NULL: it is found out first, and a file whose signatures are not
 * intact is refused. */
struct lasting *lasting_new(const struct config *c, int file, const char *level, const char *target);
void lasting_free(struct lasting *l);

/* False when there is nothing to run: done, or work is out. */
bool lasting_next(struct lasting *l, struct work *out);
void lasting_answer(struct lasting *l, enum job_event ev, struct job_message *m);
bool lasting_done(const struct lasting *l);

int lasting_output(const struct lasting *l);             /* sealed, borrowed; the file itself when nothing was gained */
const char *lasting_level(const struct lasting *l);      /* "" when it was never found out */
bool lasting_gained(const struct lasting *l);
/* ERR_NONE: the target is reached. REJECTED upgrade.unsigned, upgrade.not-intact, upgrade.there-already; the service's own
 * error for a time-stamp; SERVICE_ODD upgrade.no-data when OCSP answers and CRLs could not be had; CERT_UNUSABLE with the
 * reason of a path that leads to no anchor. */
const struct err *lasting_err(const struct lasting *l);
const json_t *lasting_result(const struct lasting *l);   /* {"sha256","bytes","report"} of the newest step; NULL before */

/* "B-B" 0 ... "B-LTA" 3, -1 none of them. */
int lasting_rank(const char *level);

/* Size of the last time-stamp token seen from the configured service (DATA/token.json), 0 none: room is kept for it. */
size_t lasting_token_bytes(const struct config *c);
void lasting_token_seen(const struct config *c, size_t bytes);

#endif
