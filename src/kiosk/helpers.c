#include "kiosk/helpers.h"

#include "base/clock.h"
#include "base/job.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "wizard/wizard.h"

#include <string.h>

/* One-shot: `work` is its id. Resident: the ids of requests under way are kept beside. */
struct running {
	struct job *job;
	long work;
	bool outlives;
	char *key;               /* of a dossier that is being sent, else NULL */
};
struct asked {
	long request, work;
};
struct helpers {
	const struct config *config;
	struct wizard *wizard;
	struct running one[HELPERS_MAX];
	size_t n;
	struct job *store;
	struct asked asked[32];
	size_t nasked;
	void (*own)(void *self, long id, int event, void *message);
	void *own_self;
};

struct helpers *helpers_new(const struct config *c, struct wizard *w)
{
	struct helpers *h = mem_alloc(sizeof *h);

	h->config = c;
	h->wizard = w;
	return h;
}

void helpers_free(struct helpers *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n; i++) {
		job_free(h->one[i].job);
		mem_free(&h->one[i].key);
	}
	job_free(h->store);
	mem_free(&h);
}

void helpers_on_own(struct helpers *h, void (*answer)(void *, long, int, void *), void *self)
{
	h->own = answer;
	h->own_self = self;
}

static void tell(struct helpers *h, long work, enum job_event ev, struct job_message *m)
{
	if (work > 0)
		wizard_answer(h->wizard, work, ev, m);
	else if (h->own)
		h->own(h->own_self, work, (int)ev, m);
}

static void fail(struct helpers *h, long work, const struct err *e)
{
	struct job_message m = { .err = *e };
	tell(h, work, JOB_ERROR, &m);
}

static void start_store(struct helpers *h, struct work *w)
{
	struct err e = { 0 };
	long request = -1;

	if (h->nasked == COUNT(h->asked)) {
		err_set(&e, ERR_STORE_GONE, "too many requests wait for the store");
		fail(h, w->id, &e);
		return;
	}
	if (!h->store) {
		h->store = job_start(h->config, JOB_STORE, JOB_RESIDENT, w->verb, w->args, w->fds, w->nfds, &e);
		request = h->store ? job_last_id(h->store) : -1;
	} else {
		request = job_send(h->store, w->verb, w->args, w->fds, w->nfds, &e);
	}
	if (request < 0)
		fail(h, w->id, &e);
	else
		h->asked[h->nasked++] = (struct asked){ request, w->id };
}

bool helpers_sending(const struct helpers *h, const char *key)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->one[i].key && strcmp(h->one[i].key, key) == 0)
			return true;
	return false;
}

void helpers_start(struct helpers *h, struct work *w)
{
	const char *key = strcmp(w->verb, "portal.send") == 0 ? json_str(w->args, "key", "") : NULL;
	struct err e = { 0 };

	if (w->kind == JOB_STORE) {
		start_store(h, w);
	} else if (key && helpers_sending(h, key)) {
		/* Never two at once: the one under way settles it, the outbox looks again. */
		err_set(&e, ERR_NETWORK_UNKNOWN, "this dossier is being sent");
		fail(h, w->id, &e);
	} else if (h->n == HELPERS_MAX) {
		err_set(&e, ERR_INTERNAL, "too many helpers at once");
		fail(h, w->id, &e);
	} else {
		struct job *j = job_start(h->config, w->kind, w->flags, w->verb, w->args, w->fds, w->nfds, &e);
		if (j)
			h->one[h->n++] = (struct running){ j, w->id, (w->flags & JOB_OUTLIVES) != 0, mem_str(key) };
		else
			fail(h, w->id, &e);
	}
	work_clear(w);
}

void helpers_cancel(struct helpers *h, long work_id)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->one[i].work == work_id)
			job_cancel(h->one[i].job);
}

size_t helpers_poll(struct helpers *h, struct pollfd *fds, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n && n < max; i++)
		fds[n++] = (struct pollfd){ .fd = job_fd(h->one[i].job), .events = POLLIN };
	if (h->store && n < max)
		fds[n++] = (struct pollfd){ .fd = job_fd(h->store), .events = POLLIN };
	return n;
}

static void read_one(struct helpers *h, size_t *i)
{
	struct running r = h->one[*i];

	for (;;) {
		AUTO(job_message_clear) struct job_message m = { 0 };
		enum job_event ev = job_read(r.job, &m);
		if (ev == JOB_NOTHING) {
			++*i;
			return;
		}
		if (ev == JOB_PROGRESS) {
			tell(h, r.work, ev, &m);
			continue;
		}
		/* The end: off the list before anybody is told, since the answer may start new work. */
		h->one[*i] = h->one[--h->n];
		mem_free(&r.key);
		tell(h, r.work, ev, &m);
		job_free(r.job);
		return;
	}
}

static long take_asked(struct helpers *h, long request)
{
	for (size_t i = 0; i < h->nasked; i++)
		if (h->asked[i].request == request) {
			long work = h->asked[i].work;
			h->asked[i] = h->asked[--h->nasked];
			return work;
		}
	return 0;
}

/* The store is gone: whoever waits for an answer is told (nothing said "saved" is lost, nothing else was said), and the next
 * request starts it anew. */
static void store_died(struct helpers *h, const struct err *why)
{
	struct err e = { 0 };

	log_err("store-died", why);
	job_free(h->store);
	h->store = NULL;
	err_set(&e, ERR_STORE_GONE, "%s", why->cause);
	/* Whoever is told may ask anew at once: that one belongs to the next store. */
	struct asked lost[COUNT(h->asked)];
	size_t n = h->nasked;
	memcpy(lost, h->asked, n * sizeof *lost);
	h->nasked = 0;
	for (size_t i = 0; i < n; i++)
		fail(h, lost[i].work, &e);
}

static void read_store(struct helpers *h)
{
	while (h->store) {
		AUTO(job_message_clear) struct job_message m = { 0 };
		enum job_event ev = job_read(h->store, &m);
		if (ev == JOB_NOTHING)
			return;
		if (ev == JOB_DIED) {
			store_died(h, &m.err);
			return;
		}
		if (ev != JOB_PROGRESS) {
			long work = take_asked(h, m.id);
			if (work)
				tell(h, work, ev, &m);
		}
	}
}

void helpers_read(struct helpers *h)
{
	for (size_t i = 0; i < h->n;)
		read_one(h, &i);
	read_store(h);
}

static int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

int helpers_deadline(const struct helpers *h)
{
	int d = h->store ? job_deadline(h->store) : -1;

	for (size_t i = 0; i < h->n; i++)
		d = sooner(d, job_deadline(h->one[i].job));
	return d;
}

void helpers_tick(struct helpers *h)
{
	for (size_t i = 0; i < h->n; i++)
		job_tick(h->one[i].job);
	if (h->store)
		job_tick(h->store);
}

/* Somebody is still to answer; who waits for a phone outlives us and is not waited for. */
static bool unsettled(const struct helpers *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (!h->one[i].outlives || job_deadline(h->one[i].job) >= 0)
			return true;
	return h->nasked > 0;
}

void helpers_settle(struct helpers *h, int ms)
{
	int64_t until = clock_ms() + ms;

	while (unsettled(h) && clock_ms() < until) {
		struct pollfd fds[HELPERS_MAX + 1];
		size_t n = helpers_poll(h, fds, COUNT(fds));
		poll(fds, n, 50);
		helpers_read(h);
		helpers_tick(h);
	}
}
