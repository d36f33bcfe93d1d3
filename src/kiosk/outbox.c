#include "kiosk/outbox.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/job.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "kiosk/helpers.h"
#include "wizard/wizard.h"

#include <string.h>

enum { FIRST_LOOK_MS = 1500, LOOK_MS = 60000 };
enum { OWN_LIST = -1, OWN_LOAD = -2, OWN_SEND = -3, OWN_NOTE = -4 };

struct outbox {
	struct helpers *helpers;
	int64_t next;
	long long look_ms, tries;
	bool under_way;
	char *key, *person;
};

static void own(struct outbox *o, long id, enum job_kind kind, const char *verb, json_t *args, struct job_message *from)
{
	struct work w = { .id = id, .kind = kind, .flags = kind == JOB_STORE ? JOB_RESIDENT : 0, .verb = verb, .args = args };

	for (size_t i = 0; from && i < from->nfds && w.nfds < JOB_FDS_MAX; i++)
		w.fds[w.nfds++] = job_take_fd(from, i);
	helpers_start(o->helpers, &w);
}

static void listed(struct outbox *o, const json_t *body)
{
	const json_t *waiting = json_at(body, "waiting");

	/* An older look may be answered late: one row at a time. */
	if (o->under_way)
		return;
	for (size_t i = 0; i < json_array_size(waiting); i++) {
		const json_t *row = json_array_get(waiting, i);
		time_t at = 0;
		if ((clock_parse(json_str(row, "next_at", ""), &at) && at > clock_now()) || helpers_sending(o->helpers, json_str(row, "key", "")))
			continue;
		mem_free(&o->key);
		o->key = mem_str(json_str(row, "key", ""));
		o->tries = json_int(row, "tries", 0);
		o->under_way = true;
		own(o, OWN_LOAD, JOB_STORE, "outbox.load", json_pack("{s:s}", "key", o->key), NULL);
		return;
	}
}

/* Seconds until the next try: a minute, doubled each time, at most an hour. */
static int pause_s(const struct outbox *o)
{
	long long base = o->look_ms / 1000, s = base << (o->tries < 6 ? o->tries : 6);
	return (int)(s > 3600 ? 3600 : s);
}

static void sent(struct outbox *o, enum job_event ev, struct job_message *m)
{
	o->under_way = false;
	if (ev == JOB_RESULT) {
		log_line("outbox-sent", "%s", o->key);
		own(o, OWN_NOTE, JOB_STORE, "outbox.sent", json_pack("{s:s,s:s}", "key", o->key, "code", json_str(m->body, "code", "")), NULL);
		/* The draft that was left behind when its sender died is no unsent work any more. */
		if (*o->person)
			own(o, OWN_NOTE, JOB_STORE, "draft.drop", json_pack("{s:s,s:s}", "person", o->person, "draft", o->key), NULL);
		o->next = clock_ms() + FIRST_LOOK_MS;
	} else {
		own(o, OWN_NOTE, JOB_STORE, "outbox.failed",
		    json_pack("{s:s,s:s,s:i}", "key", o->key, "reason", err_id(m->err.kind), "again_in", pause_s(o)), NULL);
	}
}

static void forget(char **personal)
{
	if (*personal)
		explicit_bzero(*personal, strlen(*personal));
	mem_free(personal);
}

static void load(struct outbox *o, struct job_message *m)
{
	/* The person's own sending may have begun since the look. */
	if (helpers_sending(o->helpers, o->key)) {
		o->under_way = false;
		return;
	}
	forget(&o->person);
	o->person = mem_str(json_str(m->body, "body.dossier.person.id", ""));
	own(o, OWN_SEND, JOB_NET, "portal.send", json_incref(json_at(m->body, "body")), m);
}

static void answer(void *self, long id, int event, void *message)
{
	struct outbox *o = self;
	struct job_message *m = message;

	if (event == JOB_PROGRESS || event == JOB_NOTHING)
		return;
	if (id == OWN_LIST && event == JOB_RESULT)
		listed(o, m->body);
	else if (id == OWN_LOAD && event == JOB_RESULT)
		load(o, m);
	else if (id == OWN_LOAD)
		o->under_way = false;
	else if (id == OWN_SEND)
		sent(o, (enum job_event)event, m);
}

struct outbox *outbox_new(const struct config *c, struct helpers *h)
{
	struct outbox *o = mem_alloc(sizeof *o);

	o->helpers = h;
	o->look_ms = config_sandbox(c) ? config_int(c, "outbox_look_ms", LOOK_MS) : LOOK_MS;
	o->next = clock_ms() + FIRST_LOOK_MS;
	helpers_on_own(h, answer, o);
	return o;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	mem_free(&o->key);
	forget(&o->person);
	mem_free(&o);
}

int outbox_deadline(const struct outbox *o)
{
	int64_t left = o->next - clock_ms();
	return o->under_way ? -1 : left < 0 ? 0 : (int)left;
}

void outbox_tick(struct outbox *o)
{
	if (o->under_way || clock_ms() < o->next)
		return;
	o->next = clock_ms() + o->look_ms;
	own(o, OWN_LIST, JOB_STORE, "outbox.list", json_object(), NULL);
}
