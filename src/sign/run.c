/* One signing from "prepared" to its end. Every step is on disk before the next one is taken: after a kill or a power cut the
 * file says what may have happened, and nothing that asks the person is ever sent again. */
#include "sign/sign.h"

#include "sign/state.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "net/net.h"
#include "trust/trust.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_FIRST_MS = 3000, POLL_LATER_MS = 10000, FIRST_MINUTE_MS = 60000, GARBAGE_POLLS = 3, BUSY_LOOK_MS = 500,
       BUSY_EXTRA_S = 90 };

struct run {
	const struct config *c;
	struct sign_request *r;
	struct sign_state s;
	struct sign_link link;
	const struct sign_hooks *h;
	struct net_watch watch;      /* fd -1 once the screen is gone */
	json_t *result;
	int64_t until;               /* monotonic ms: our own deadline */
	bool acknowledged;           /* the provider has said that it has the transaction */
};

static bool run_cancelled(void *self)
{
	struct run *u = self;

	return u->h->cancelled && u->h->cancelled(u->h->self);
}

static long seconds_left(const struct run *u)
{
	int64_t ms = u->until - clock_ms();

	return ms > 0 ? (long)((ms + 999) / 1000) : 0;
}

static void tell(struct run *u, const char *state)
{
	AUTO(json_release) json_t *j = json_object();

	if (!u->h->progress)
		return;
	json_put_str(j, "state", state);
	json_object_set_new(j, "seconds_left", json_integer(seconds_left(u)));
	u->h->progress(u->h->self, j);
}

static void run_tick(void *self)
{
	tell(self, state_id(STEP_WAITING));
}

/* Waits, telling the seconds; -1 when the person stopped it. */
static int pause_ms(struct run *u, int64_t ms, struct err *e)
{
	int64_t end = clock_ms() + ms;

	for (;;) {
		int64_t left = end - clock_ms();
		if (left <= 0)
			return 0;
		struct pollfd p = { .fd = u->watch.fd, .events = POLLIN };
		if (poll(&p, 1, (int)(left < 1000 ? left : 1000)) > 0) {
			if (run_cancelled(u))
				return err_set(e, ERR_CANCELLED, "signing given up by the person");
			u->watch.fd = -1;       /* the screen is gone; the job goes on (JOB_OUTLIVES) */
		}
		if (clock_ms() < end)
			run_tick(u);
	}
}

/* ---- ends ------------------------------------------------------------------------------------------------------------ */

/* Writes the end down and logs it, once. A state file that cannot be written loses nothing: it still says "submitted". */
static int end(struct run *u, struct err *e)
{
	struct err disk = { 0 };

	u->s.end = e->kind;
	snprintf(u->s.reason, sizeof u->s.reason, "%s", e->reason);
	if (state_write(&u->s, u->r, STEP_ENDED, &disk) < 0)
		log_err("sign.state", &disk);
	log_line("sign.end", "%s way=%s transaction=%s %s/%s: %s", sign_end_of(e)->log, u->r->way, u->r->transaction,
		 err_id(e->kind), e->reason, e->cause);
	return -1;
}

static int unknown(struct run *u, const char *reason, struct err *e)
{
	struct err was = *e, now = { 0 };

	err_set(&now, ERR_NETWORK_UNKNOWN, "outcome unknown%s%s", was.cause[0] ? ": " : "", was.cause);
	err_reason(&now, reason);      /* may point into *e */
	*e = now;
	return end(u, e);
}

/* What the file says about an end that was reached earlier. */
static int ended_before(const struct run *u, struct err *e)
{
	err_set(e, u->s.end == ERR_NONE ? ERR_INTERNAL : u->s.end, "ended earlier, says the state file");
	return err_reason(e, u->s.reason);
}

/* ---- signatures ------------------------------------------------------------------------------------------------------- */

static json_t *signatures_json(const struct sign_request *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nitems; i++) {
		AUTO(mem_free) char *b64 = base64_text(r->items[i].signature.p, r->items[i].signature.n);
		json_t *one = json_object();
		json_put_str(one, "document_code", r->items[i].doc);
		json_put_str(one, "signature", b64);
		json_array_append_new(list, one);
	}
	return list;
}

static int answer(struct run *u)
{
	json_put_str(u->result, "state", state_id(STEP_RECEIVED));
	json_object_set(u->result, "signatures", u->s.signatures);
	return 0;
}

/* Verified by the way; on disk before anything else is told. Should the disk fail here, the person has signed all the same:
 * the signature is handed on rather than lost. */
static int received(struct run *u)
{
	struct err disk = { 0 };

	u->s.signatures = signatures_json(u->r);
	if (state_write(&u->s, u->r, STEP_RECEIVED, &disk) < 0)
		log_err("sign.state", &disk);
	log_line("sign.received", "way=%s transaction=%s", u->r->way, u->r->transaction);
	return answer(u);
}

/* Signatures that an earlier job left in the file; verified again, a file is not a proof. */
static int answer_from_file(struct run *u, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < u->r->nitems; i++) {
		const struct sign_item *it = &u->r->items[i];
		for (size_t k = 0; k < json_array_size(u->s.signatures); k++) {
			AUTO(buf_free) struct buf raw = { 0 };
			const json_t *one = json_array_get(u->s.signatures, k);
			if (strcmp(json_str(one, "document_code", ""), it->doc) != 0 ||
			    base64_bytes(json_str(one, "signature", ""), &raw, NULL) < 0)
				continue;
			n += cert_verifies(u->r->cert, it->hash, (struct der){ raw.p, raw.n });
		}
	}
	if (n == u->r->nitems)
		return answer(u);
	err_set(e, ERR_PROVIDER_ERROR, "stored signatures do not verify");
	return err_reason(e, "sign.not-verified");
}

/* ---- polling ------------------------------------------------------------------------------------------------------------ */

/* Every 3 s in the first minute, then every 10 s; the sandbox may be asked faster, for tests. */
static int64_t interval(const struct run *u, int64_t since)
{
	char path[128];

	snprintf(path, sizeof path, "%s.poll_ms", u->link.section);
	long long ms = config_sandbox(u->c) ? config_int(u->c, path, 0) : 0;
	if (ms > 0)
		return ms;
	return clock_ms() - since < FIRST_MINUTE_MS ? POLL_FIRST_MS : POLL_LATER_MS;
}

static void shorten(struct run *u, long told)
{
	int64_t theirs = clock_ms() + (int64_t)(told + 5) * 1000;

	if (told > 0 && theirs < u->until)
		u->until = theirs;
}

/* One question. 1: go on asking; 0: signed; -1: the end. `e` keeps the last fault. */
static int ask_once(struct run *u, int *noise, struct err *e)
{
	struct sign_reply reply = { 0 };
	struct err now = { 0 };

	int rc = u->link.way->ops->poll(&u->link, u->r, &reply, &now);
	if (rc == 0) {
		err_clear(e);
		*noise = 0;
		u->acknowledged = true;
		shorten(u, reply.seconds_left);
		return reply.news == SIGN_DONE ? received(u) : 1;
	}
	*e = now;
	if (now.kind == ERR_CANCELLED)
		return end(u, e);
	if (!reply.answered)
		return 1;               /* the network: the transaction goes on at the provider's, so do we */
	/* Their trouble of the moment is no end; the same nonsense three times is. */
	if (strcmp(now.reason, "sign.provider-500") == 0)
		return 1;
	if (strcmp(now.reason, "sign.garbage") == 0 && ++*noise < GARBAGE_POLLS)
		return 1;
	/* A provider that does not know a transaction it never acknowledged: it may have been lost on the way, or be late. */
	if (!u->acknowledged && strcmp(now.reason, "sign.unknown-transaction") == 0)
		return unknown(u, now.reason, e);
	return end(u, e);
}

static int wait_for_person(struct run *u, struct err *e)
{
	int64_t since = clock_ms();
	int noise = 0, rc = 1;
	bool last = false;

	if (state_write(&u->s, u->r, STEP_WAITING, e) < 0)
		log_err("sign.state", e);
	err_clear(e);
	tell(u, state_id(STEP_WAITING));
	while (rc > 0 && !last) {
		int64_t left = u->until - clock_ms(), gap = interval(u, since);
		last = left <= gap;             /* one question at the deadline itself, then it is over */
		if (pause_ms(u, left < gap ? left : gap, e) < 0)
			return end(u, e);
		rc = ask_once(u, &noise, e);
	}
	if (rc <= 0)
		return rc;
	if (e->kind != ERR_NONE)
		return unknown(u, e->reason, e);
	err_set(e, ERR_EXPIRED, "no answer from the person within the time given");
	err_reason(e, "sign.deadline");
	return end(u, e);
}

/* ---- submitting --------------------------------------------------------------------------------------------------------- */

static int after_fault(struct run *u, const struct sign_reply *reply, struct err *e)
{
	if (e->kind == ERR_CANCELLED || reply->answered)
		return end(u, e);
	if (!reply->sent && e->kind != ERR_SERVICE_TLS && e->kind != ERR_CONFIG && e->kind != ERR_INTERNAL)
		e->kind = ERR_NO_NETWORK;       /* whatever was in the way: the person was not asked */
	if (!reply->sent)
		return end(u, e);
	if (u->link.way->polls)
		return wait_for_person(u, e);
	return unknown(u, e->reason, e);
}

static int submit(struct run *u, struct err *e)
{
	struct sign_reply reply = { 0 };

	u->s.deadline = clock_now() + u->r->timeout;
	u->until = clock_ms() + (int64_t)u->r->timeout * 1000;
	if (state_write(&u->s, u->r, STEP_PREPARED, e) < 0 || state_write(&u->s, u->r, STEP_SUBMITTED, e) < 0)
		return -1;
	tell(u, state_id(STEP_SUBMITTED));
	if (u->link.way->ops->submit(&u->link, u->r, &reply, e) < 0)
		return after_fault(u, &reply, e);
	if (reply.news == SIGN_DONE)
		return received(u);
	u->acknowledged = true;
	shorten(u, reply.seconds_left);
	if (u->link.way->polls)
		return wait_for_person(u, e);
	/* "Asynchronous" without a status call would call a web address of ours; a counter has none. */
	return unknown(u, "sign.no-status-call", e);
}

/* ---- going on ------------------------------------------------------------------------------------------------------------- */

static int go_on(struct run *u, struct err *e)
{
	time_t now = clock_now();

	if (!u->link.way->polls)
		return unknown(u, "sign.no-status-call", e);
	/* A clock that was set wrong must not make an old request immortal. */
	if (u->s.deadline < now - 86400 || u->s.deadline > now + u->r->timeout)
		u->s.deadline = now;
	u->until = clock_ms() + (u->s.deadline > now ? (int64_t)(u->s.deadline - now) * 1000 : 0);
	u->acknowledged = u->s.step == STEP_WAITING;
	return wait_for_person(u, e);
}

static int from_file(struct run *u, bool resume, struct err *e)
{
	switch (u->s.step) {
	case STEP_NONE:
	case STEP_PREPARED:
		if (!resume)
			return submit(u, e);
		err_set(e, ERR_NO_NETWORK, "the request had not left");
		err_reason(e, "sign.never-left");
		return end(u, e);
	case STEP_ENDED:
		if (!resume && sign_never_left(u->s.end))
			return submit(u, e);
		if (u->s.end == ERR_NETWORK_UNKNOWN && u->link.way->polls)
			return go_on(u, e);
		return ended_before(u, e);
	case STEP_RECEIVED:
		return answer_from_file(u, e);
	case STEP_SUBMITTED:
	case STEP_WAITING:
	case STEP_DAMAGED:
		return go_on(u, e);
	}
	return err_set(e, ERR_INTERNAL, "unknown step");
}

/* Another job holds the file: it is waiting for the same person. Its answer is ours. */
static int wait_for_lock(struct run *u, struct err *e)
{
	int64_t give_up = 0;

	for (;;) {
		int rc = state_lock(u->s.fd, e);
		if (rc <= 0)
			return rc;
		struct err unreadable = { 0 };          /* it may be writing just now */
		if (state_read(&u->s, u->r->transaction, &unreadable) == 0 && u->s.deadline)
			u->until = clock_ms() + (int64_t)(u->s.deadline - clock_now()) * 1000;
		if (!give_up)
			give_up = clock_ms() + (u->r->timeout + BUSY_EXTRA_S) * 1000;
		if (clock_ms() > give_up)
			return err_set(e, ERR_INTERNAL, "another job does not let go of the state file");
		if (pause_ms(u, BUSY_LOOK_MS, e) < 0)
			return -1;
		run_tick(u);
	}
}

int sign_run(const struct config *c, struct sign_request *r, int state_fd, bool resume, const struct sign_hooks *h,
             json_t *result, struct err *e)
{
	struct run u = { .c = c, .r = r, .s = { .fd = state_fd }, .h = h, .result = result };

	u.until = clock_ms() + (int64_t)r->timeout * 1000;
	u.watch = (struct net_watch){ .fd = h->fd, .stop = run_cancelled, .tick = run_tick, .self = &u };
	int rc = wait_for_lock(&u, e);
	if (rc == 0)
		rc = state_read(&u.s, r->transaction, e);
	if (rc == 0)
		rc = sign_link_open(&u.link, c, r->way, &u.watch, e);
	if (rc == 0)
		rc = from_file(&u, resume, e);
	sign_link_close(&u.link);
	state_clear(&u.s);
	return rc;
}
