/* One file a way of signing, and the table of ends. The key never is here: a hash goes out, a person agrees on the phone, a
 * signature value comes back and is verified before anybody hears of it (rule G11). Runs in the net job, which outlives the
 * screen; the state file is what survives both. Nothing is ever sent twice. */
#ifndef SIGN_SIGN_H
#define SIGN_SIGN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/err.h"
#include "base/mem.h"

struct cert;
struct config;
struct job_call;
struct net_watch;

/* ---- what is asked ------------------------------------------------------------------------------------------------- */

struct sign_item {
	char *doc;                   /* document code: the person compares it on screen and phone (doc_id on the wire) */
	char *title;
	unsigned char hash[32];      /* SHA-256 over the signed attributes */
	struct buf signature;        /* raw value, once received and verified */
};
struct sign_request {
	char *way, *provider, *account, *serial, *transaction, *text;
	struct sign_item *items;
	size_t nitems;
	struct buf der;              /* the certificate asked for */
	struct cert *cert;
	long timeout;                /* seconds the person has */
};
enum { SIGN_ITEMS_MAX = 50, SIGN_TIMEOUT_MAX = 900 };

/* From the arguments of sign.submit or sign.resume; ERR_USAGE names the field. */
int sign_request_read(struct sign_request *r, const json_t *args, const struct config *c, struct err *e);
void sign_request_clear(struct sign_request *r);         /* fits AUTO */

/* ---- ways ---------------------------------------------------------------------------------------------------------- */

/* An open way: where it is, who we are there. */
struct sign_link {
	const struct config *config;
	const struct sign_way *way;
	char section[80];            /* "signing.neac" */
	const char *sp_id;
	struct secret sp_password;
	struct net_watch *watch;     /* borrowed */
};
enum sign_news { SIGN_WAITING, SIGN_DONE };
struct sign_reply {
	enum sign_news news;
	bool answered;               /* the provider said something: an error is its word, not the network's */
	bool sent;                   /* no answer, but the request had left: the outcome is unknown */
	long seconds_left;           /* 0: not told */
};
/* One protocol. Calls may block for as long as the citizen needs; they end when link->watch says so.
 * -1 with reply->answered: `e` is an end of the signing. -1 without: `e` is a fault of the network. */
struct sign_ops {
	/* Fills an array of {certificate,chain:[],serial,status}; `serial` may be NULL. */
	int (*certificates)(struct sign_link *l, const struct sign_request *r, json_t *out, struct err *e);
	int (*submit)(struct sign_link *l, struct sign_request *r, struct sign_reply *reply, struct err *e);
	/* Asks for the same transaction. */
	int (*poll)(struct sign_link *l, struct sign_request *r, struct sign_reply *reply, struct err *e);
};
struct sign_way {
	const char *dialect;         /* as in configuration, signing.WAY.dialect */
	const struct sign_ops *ops;
	const void *data;            /* the dialect's row */
	bool polls;                  /* the provider has a status call */
};
const struct sign_way *sign_way_find(const char *dialect);
/* Reads the way's section and its sp_password_file. ERR_CONFIG. */
int sign_link_open(struct sign_link *l, const struct config *c, const char *way, struct net_watch *w, struct err *e);
void sign_link_close(struct sign_link *l);               /* wipes; fits AUTO */

/* ---- running ------------------------------------------------------------------------------------------------------- */

/* How a signing talks to the screen: the verb brings the job's channel, tests their own. */
struct sign_hooks {
	void *self;
	int fd;                      /* readable: cancelled() is asked; -1 none */
	bool (*cancelled)(void *self);
	void (*progress)(void *self, const json_t *body);
};
/* Signs, or goes on with what the state file (open for reading and writing) tells: prepared -> submitted -> waiting-person ->
 * signature-received -> ended, each on disk before the next step. `resume` never sends a request that asks the person.
 * Fills result {"state":"signature-received","signatures":[{document_code,signature}]}; -1: the end (src/sign/README.md). */
int sign_run(const struct config *c, struct sign_request *r, int state_fd, bool resume, const struct sign_hooks *h,
             json_t *result, struct err *e);

/* Verbs of the net job (src/README.md). */
int sign_certificates(struct job_call *call, struct err *e);
int sign_submit(struct job_call *call, struct err *e);
int sign_resume(struct job_call *call, struct err *e);

/* ---- ends ---------------------------------------------------------------------------------------------------------- */

struct sign_end {
	enum err_kind end;
	const char *reason;          /* "" where the end says it all */
	const char *log;             /* what a log is searched for */
};
extern const struct sign_end sign_ends[];
extern const size_t sign_ends_count;
/* Row of an error; an unlisted reason gets the row of its end. Never NULL for ends of a signing. */
const struct sign_end *sign_end_of(const struct err *e);
/* The request never left: the person may try again with the same file. */
bool sign_never_left(enum err_kind end);

#endif
