/* The wizard: what happens next. It draws nothing and waits for nothing: the kiosk shows its view, brings events, and runs
 * the work it asks for. Every step runs in a test without a terminal. */
#ifndef WIZARD_WIZARD_H
#define WIZARD_WIZARD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/job.h"

struct config;
struct err;
struct view;
struct wizard;

enum wizard_event_kind {
	WIZARD_SUBMIT, WIZARD_CHOSEN, WIZARD_CHANGED, WIZARD_ACTION, WIZARD_BACK, WIZARD_PAGE, WIZARD_BOX, WIZARD_DONE, WIZARD_OFFICER
};
struct wizard_event {
	enum wizard_event_kind kind;
	size_t field;
	const char *action;
	long number;
};

/* One piece of work for a helper. The taker owns args and descriptors. */
struct work {
	long id;
	enum job_kind kind;
	unsigned flags;          /* enum job_flags */
	const char *verb;        /* static string */
	json_t *args;
	int fds[JOB_FDS_MAX];
	size_t nfds;
};
void work_clear(struct work *w);

struct wizard *wizard_new(const struct config *c, struct err *e);
void wizard_free(struct wizard *w);

/* The view to show; the wizard's. A view given out stays valid until the next call of wizard_view(). */
struct view *wizard_view(struct wizard *w);
/* True once after something on the view changed. */
bool wizard_dirty(struct wizard *w);
void wizard_handle(struct wizard *w, const struct wizard_event *ev);

/* Work that should be started now; false when there is none. */
bool wizard_take_work(struct wizard *w, struct work *out);
/* An id whose work is no longer wanted (the person stopped it), 0 none. */
long wizard_take_cancel(struct wizard *w);
/* A helper's message for work `id`; the wizard may take descriptors out of it. */
void wizard_answer(struct wizard *w, long id, enum job_event ev, struct job_message *m);

/* Milliseconds until wizard_tick() has something to do, -1 none (a wait that counts down, a code that may be sent again). */
int wizard_deadline(const struct wizard *w);
void wizard_tick(struct wizard *w);

/* Idle: may the session be ended now (false while a phone is waited for or something is being sent), and do it: the draft is
 * sealed, then wizard_finished() turns true. */
bool wizard_may_idle(const struct wizard *w);
bool wizard_holds_person(const struct wizard *w);
/* Somebody has logged in. */
bool wizard_holds_login(const struct wizard *w);
void wizard_end(struct wizard *w);
/* The session is over: everything may be wiped. */
bool wizard_finished(const struct wizard *w);
/* Language the person chose; the kiosk keeps it for ui texts. */
const char *wizard_help(const struct wizard *w);       /* message id of the help text of this step */

/* Screen ids that steps can show, NULL-ended (for `tramky screens check`). */
const char *const *wizard_screens(void);

#endif
