/* The state file of a waiting signature (src/README.md): what survives the screen, the job and the power. One JSON object,
 * rewritten in place and padded with spaces to a size reserved at the first write, so that a full disk cannot keep a
 * signature out and a cut never leaves the tail of an older state. */
#ifndef SIGN_STATE_H
#define SIGN_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "base/err.h"

struct sign_request;

enum sign_step {
	STEP_NONE,               /* an empty file: nothing was written, so nothing was sent */
	STEP_PREPARED, STEP_SUBMITTED, STEP_WAITING, STEP_RECEIVED, STEP_ENDED,
	STEP_DAMAGED             /* unreadable: a request may have left */
};
struct sign_state {
	int fd;                  /* borrowed */
	enum sign_step step;
	time_t at, deadline;
	enum err_kind end;
	char reason[48];
	json_t *signatures;      /* [{document_code,signature}] or NULL */
};
/* 0: locked; 1: another job holds it. */
int state_lock(int fd, struct err *e);
/* `transaction` must be the file's own: ERR_USAGE otherwise. */
int state_read(struct sign_state *s, const char *transaction, struct err *e);
int state_write(struct sign_state *s, const struct sign_request *r, enum sign_step step, struct err *e);
void state_clear(struct sign_state *s);         /* fits AUTO */
const char *state_id(enum sign_step step);

#endif
