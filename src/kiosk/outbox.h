/* Sends what waits in the outbox while the counter runs: one row at a time, by its own id, with growing pauses. A dossier whose
 * outcome is unknown is asked for by its key first (the net job does that): it is never sent twice. */
#ifndef KIOSK_OUTBOX_H
#define KIOSK_OUTBOX_H

struct config;
struct helpers;
struct outbox;

struct outbox *outbox_new(const struct config *c, struct helpers *h);
void outbox_free(struct outbox *o);
int outbox_deadline(const struct outbox *o);
void outbox_tick(struct outbox *o);

#endif
