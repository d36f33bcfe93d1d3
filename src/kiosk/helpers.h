/* The helpers a loop has running: one-shot jobs and the resident store, restarted when it dies. Internal to the kiosk. */
#ifndef KIOSK_HELPERS_H
#define KIOSK_HELPERS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct config;
struct wizard;
struct work;

enum { HELPERS_MAX = 16 };
struct helpers;

struct helpers *helpers_new(const struct config *c, struct wizard *w);
void helpers_free(struct helpers *h);
/* Starts a piece of work (taken over); its messages go to wizard_answer(). Work with id <= 0 is the loop's own: no answer. */
void helpers_start(struct helpers *h, struct work *work);
/* The dossier of this key is on its way by a portal.send: a second one is refused with ERR_NETWORK_UNKNOWN. */
bool helpers_sending(const struct helpers *h, const char *key);
void helpers_cancel(struct helpers *h, long work_id);
size_t helpers_poll(struct helpers *h, struct pollfd *fds, size_t max);
/* Reads whatever the helpers have said. */
void helpers_read(struct helpers *h);
int helpers_deadline(const struct helpers *h);
void helpers_tick(struct helpers *h);
/* Waits at most `ms` for what is under way to be answered (the last draft, the logout), before the program ends. */
void helpers_settle(struct helpers *h, int ms);
/* The loop's own work (resending the outbox): called with the answer. */
void helpers_on_own(struct helpers *h, void (*answer)(void *self, long id, int event, void *message), void *self);

#endif
