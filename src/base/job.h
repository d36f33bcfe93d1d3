/* Jobs: slow or risky work in a helper process of its own kind (src/README.md, "Jobs").
 *
 * Parent: job_start() forks and executes build/libexec/tramky-KIND with a SOCK_SEQPACKET pair on descriptor 3 and sends
 * one request. Poll job_fd() and call job_read(). The screen never blocks here: no call waits for the child.
 * Child: job_main() raises the walls of its kind, reads requests, runs the verb, answers.
 *
 * Wire: one JSON datagram of at most 64 KiB a message, descriptors by SCM_RIGHTS. A longer body travels in a sealed
 * memfd, which this layer hides. Request {"id","do","args"}; answers {"id","progress"}, {"id","result"},
 * {"id","error":{"kind","reason","cause"}}; {"id","cancel":true} asks to stop. */
#ifndef BASE_JOB_H
#define BASE_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct config;
struct job;

enum job_kind { JOB_DOC, JOB_NET, JOB_TOKEN, JOB_SCAN, JOB_STORE, JOB_KIND_COUNT };
enum { JOB_FDS_MAX = 16 };

enum job_flags {
	JOB_RESIDENT = 1,    /* stays for more requests; job_send() */
	JOB_OUTLIVES = 2,    /* no death signal: waiting for a signature survives the screen */
};

/* Starts a helper with its first request; `args` is borrowed, `fds` are duplicated. NULL on failure. */
struct job *job_start(const struct config *c, enum job_kind kind, unsigned flags, const char *verb, const json_t *args,
                      const int *fds, size_t nfds, struct err *e);
/* One more request to a resident job; returns its id (> 0) or -1. */
long job_send(struct job *j, const char *verb, const json_t *args, const int *fds, size_t nfds, struct err *e);
long job_last_id(const struct job *j);
/* Stays the same for the job's life: readable when there is a message, when the helper ended, and when a request that
 * waited for room can be sent on; job_read() until JOB_NOTHING deals with all three. */
int job_fd(const struct job *j);
pid_t job_pid(const struct job *j);
enum job_kind job_kind_of(const struct job *j);

enum job_event { JOB_NOTHING, JOB_PROGRESS, JOB_RESULT, JOB_ERROR, JOB_DIED };
struct job_message {
	long id;
	json_t *body;            /* progress or result; owned by the message */
	struct err err;          /* JOB_ERROR, JOB_DIED */
	int fds[JOB_FDS_MAX];    /* owned by the message */
	size_t nfds;
};
/* Reads one message without blocking. JOB_DIED: the helper is gone (crash, limit, kill); no more messages follow, every
 * request without an answer is lost (`id` is the last one). Told once, after all that the helper still said; a helper
 * for one request that answered ends silently. err: reason "job.signal" or "job.exit", the cause names which. */
enum job_event job_read(struct job *j, struct job_message *m);
void job_message_clear(struct job_message *m);       /* closes descriptors, frees the body; fits AUTO */
/* Takes descriptor i out of the message: the caller owns it. -1 when there is none. */
int job_take_fd(struct job_message *m, size_t i);

/* Asks the job to stop; job_tick() kills its process group 200 ms later. Call job_tick() whenever job_deadline() is due. */
void job_cancel(struct job *j);
int job_deadline(const struct job *j);               /* ms until job_tick() has work; -1: none */
void job_tick(struct job *j);
/* Leaves an outliving job to itself; kills and reaps any other. */
void job_free(struct job *j);

/* For command lines and tests: starts, pumps until result or error, calls `progress` for each progress. 0 or -1. */
int job_run(const struct config *c, enum job_kind kind, unsigned flags, const char *verb, const json_t *args,
            const int *fds, size_t nfds, struct job_message *out, void (*progress)(void *self, const json_t *p),
            void *self, struct err *e);
/* The same over a resident helper that waits for the caller's next request: started with the first one (*kept NULL), and anew
 * after it died. A start costs more than most verbs. The caller ends it with job_free(). */
int job_run_on(struct job **kept, const struct config *c, enum job_kind kind, const char *verb, const json_t *args,
               const int *fds, size_t nfds, struct job_message *out, struct err *e);
/* For a signal handler of a command line (Ctrl-C): the running job_run() cancels its job. Async-signal-safe. */
void job_interrupt(void);

/* ---- inside a helper ---------------------------------------------------------------------------------------- */
struct job_call {
	const struct config *config;
	const json_t *args;
	const int *fds;          /* borrowed for the call */
	size_t nfds;
	json_t *result;          /* an object to fill */
	/* internal from here on */
	struct job_out *out;
};
struct job_verb {
	const char *name;
	int (*run)(struct job_call *call, struct err *e);
};
/* Reports progress: n of m (m 0: unknown), text id, or a whole object with call_progress_json (borrowed). */
void call_progress(struct job_call *call, long n, long m, const char *text);
void call_progress_json(struct job_call *call, const json_t *body);
/* Hands a descriptor back with the result; it is duplicated. Returns its index in the answer. */
int call_give_fd(struct job_call *call, int fd);
bool call_cancelled(struct job_call *call);
/* Descriptor that becomes readable on cancel or when the parent is gone: for poll() in long waits. */
int call_cancel_fd(struct job_call *call);
/* Descriptor argument i, or -1 with ERR_USAGE. Borrowed. */
int call_fd(struct job_call *call, size_t i, struct err *e);

/* Whole main() of a helper: --config FILE --province ID [--lang L]; requests on descriptor 3 until it closes.
 * With a terminal or without descriptor 3 it prints what it is and ends with 2. */
int job_main(int argc, char **argv, enum job_kind kind, const struct job_verb *verbs, size_t count);

/* Raises the walls of a kind in this process (landlock, seccomp, rlimits). Returns a bit set of what stands. */
enum { WALL_LANDLOCK = 1, WALL_SECCOMP = 2, WALL_LIMITS = 4 };
unsigned wall_raise(enum job_kind kind, const struct config *c, struct err *e);
/* What this kernel offers, for doctor: landlock ABI (0: none), seccomp 0/1. */
int wall_landlock_abi(void);

#endif
