/* The intake of dossiers: one idempotent delivery under its own key, and following it. Verbs of the net job; shapes in
 * src/README.md, errors and reasons in src/portal/README.md. */
#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H

struct err;
struct job_call;

/* DongBoHoSoMC. Asks for the key first (unless args.first is true: nothing was ever tried under this key), sends, and after a
 * fault that may have happened behind the request asks again before it reports. */
int portal_send(struct job_call *call, struct err *e);
int portal_find(struct job_call *call, struct err *e);
/* TraCuuHoSo. */
int portal_status(struct job_call *call, struct err *e);

#endif
