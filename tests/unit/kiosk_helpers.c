/* Helpers and the outbox over jobs that the test plays: who waits for a store that dies is told so, once; a dossier is never
 * on its way twice; the pauses grow. */
#include "kiosk/helpers.h"
#include "kiosk/outbox.h"
#include "unit/wizard_play.h"

#include <setjmp.h>
#include <cmocka.h>

/* ---- jobs of the test: these take the place of base/job.c ----------------------------------------------------------- */
enum { JOBS_MAX = 120, TOLD_MAX = 200, WAITING_MAX = 64 };
struct job {
	enum job_kind kind;
	unsigned flags;
	char verb[32];
	json_t *args;            /* of the last request */
	long last;
	struct { enum job_event ev; long id; json_t *body; enum err_kind kind; } out[WAITING_MAX];
	size_t nout;
	bool cancelled, freed;
	bool ends;               /* one-shot: this request's end has been read */
};
static struct job jobs[JOBS_MAX];
static size_t njobs;
static long next_request;

static void remember(struct job *j, const char *verb, const json_t *args)
{
	snprintf(j->verb, sizeof j->verb, "%s", verb);
	json_decref(j->args);
	j->args = json_deep_copy(args);
	j->last = ++next_request;
}

struct job *job_start(const struct config *c, enum job_kind kind, unsigned flags, const char *verb, const json_t *args, const int *fds, size_t nfds,
                      struct err *e)
{
	(void)c;
	(void)fds;
	(void)nfds;
	if (njobs == JOBS_MAX) {
		err_set(e, ERR_INTERNAL, "no more");
		return NULL;
	}
	struct job *j = &jobs[njobs++];
	j->kind = kind;
	j->flags = flags;
	remember(j, verb, args);
	return j;
}

long job_send(struct job *j, const char *verb, const json_t *args, const int *fds, size_t nfds, struct err *e)
{
	(void)fds;
	(void)nfds;
	(void)e;
	assert_false(j->freed);
	remember(j, verb, args);
	return j->last;
}

enum job_event job_read(struct job *j, struct job_message *m)
{
	assert_false(j->freed);
	if (!j->nout)
		return JOB_NOTHING;
	m->id = j->out[0].id;
	m->body = j->out[0].body;
	enum job_event ev = j->out[0].ev;
	if (ev == JOB_ERROR || ev == JOB_DIED)
		err_set(&m->err, j->out[0].kind, "told by the test");
	memmove(&j->out[0], &j->out[1], --j->nout * sizeof *j->out);
	return ev;
}

long job_last_id(const struct job *j) { return j->last; }
int job_fd(const struct job *j) { (void)j; return -1; }
int job_deadline(const struct job *j) { (void)j; return -1; }
void job_tick(struct job *j) { (void)j; }
void job_cancel(struct job *j) { j->cancelled = true; }
void job_free(struct job *j) { if (j) j->freed = true; }
int job_take_fd(struct job_message *m, size_t i) { (void)m; (void)i; return -1; }
void job_message_clear(struct job_message *m) { json_decref(m->body); *m = (struct job_message){ 0 }; }

static void say(struct job *j, enum job_event ev, long id, json_t *body)
{
	j->out[j->nout].ev = ev;
	j->out[j->nout].id = id;
	j->out[j->nout].kind = ERR_SERVICE_DOWN;
	j->out[j->nout++].body = body;
}

/* The youngest job that was started or asked with this verb. */
static struct job *asked(const char *verb)
{
	struct job *found = NULL;

	for (size_t i = 0; i < njobs; i++)
		if (strcmp(jobs[i].verb, verb) == 0 && !jobs[i].freed && (!found || jobs[i].last > found->last))
			found = &jobs[i];
	return found;
}

static size_t count(enum job_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < njobs; i++)
		n += jobs[i].kind == kind;
	return n;
}

/* ---- the loop's own work: what it was told --------------------------------------------------------------------------------- */
static struct { long id; enum job_event ev; enum err_kind kind; } told[TOLD_MAX];
static size_t ntold;
static struct helpers *h;
static bool ask_again;

static void ask(long id, enum job_kind kind, const char *verb, const char *key)
{
	struct work w = { .id = id, .kind = kind, .verb = verb, .flags = kind == JOB_STORE ? JOB_RESIDENT : 0, .args = json_pack("{s:s}", "key", key) };
	helpers_start(h, &w);
}

static void hear(void *self, long id, int event, void *message)
{
	struct job_message *m = message;

	(void)self;
	told[ntold].id = id;
	told[ntold].ev = (enum job_event)event;
	told[ntold++].kind = m->err.kind;
	if (ask_again && event == JOB_ERROR) {
		ask_again = false;
		ask(-900, JOB_STORE, "store.ping", "");
	}
}

static int begin(void **state)
{
	(void)state;
	memset(jobs, 0, sizeof jobs);
	njobs = ntold = 0;
	play_clock_ms = 1000000;
	ask_again = false;
	h = helpers_new(NULL, NULL);
	helpers_on_own(h, hear, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	helpers_free(h);
	for (size_t i = 0; i < njobs; i++) {
		assert_true(jobs[i].freed);
		json_decref(jobs[i].args);
		for (size_t k = 0; k < jobs[i].nout; k++)
			json_decref(jobs[i].out[k].body);
	}
	return 0;
}

static size_t told_of(long id)
{
	size_t n = 0;

	for (size_t i = 0; i < ntold; i++)
		n += told[i].id == id;
	return n;
}

/* ---- the store ---------------------------------------------------------------------------------------------------------------- */
static void store_answers_by_request(void **state)
{
	(void)state;
	long ids[3];
	for (int i = 0; i < 3; i++) {
		ask(-10 - i, JOB_STORE, "draft.list", "");
		ids[i] = jobs[0].last;
	}
	assert_int_equal(1, njobs);
	say(&jobs[0], JOB_RESULT, ids[2], json_object());
	say(&jobs[0], JOB_ERROR, ids[0], NULL);
	say(&jobs[0], JOB_RESULT, ids[1], json_object());
	say(&jobs[0], JOB_RESULT, ids[1], json_object());       /* twice: nobody waits any more */
	helpers_read(h);
	assert_int_equal(3, ntold);
	assert_int_equal(-12, told[0].id);
	assert_int_equal(JOB_ERROR, told[1].ev);
	assert_int_equal(-10, told[1].id);
	assert_int_equal(-11, told[2].id);
}

static void store_dies(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		ask(-10 - i, JOB_STORE, "draft.save", "");
	say(&jobs[0], JOB_RESULT, jobs[0].last - 4, json_object());      /* the first was answered before */
	say(&jobs[0], JOB_DIED, jobs[0].last, NULL);
	helpers_read(h);
	assert_int_equal(5, ntold);
	assert_int_equal(JOB_RESULT, told[0].ev);
	for (int i = 1; i < 5; i++) {
		assert_int_equal(1, told_of(-10 - i));
		assert_int_equal(JOB_ERROR, told[i].ev);
		assert_int_equal(ERR_STORE_GONE, told[i].kind);
	}
	assert_true(jobs[0].freed);
	ask(-20, JOB_STORE, "draft.save", "");
	assert_int_equal(2, count(JOB_STORE));
	say(&jobs[1], JOB_RESULT, jobs[1].last, json_object());
	helpers_read(h);
	assert_int_equal(1, told_of(-20));
}

/* Whoever hears of the death and asks at once is the next store's. */
static void asked_while_it_dies(void **state)
{
	(void)state;
	ask(-10, JOB_STORE, "draft.save", "");
	ask(-11, JOB_STORE, "draft.save", "");
	ask_again = true;
	say(&jobs[0], JOB_DIED, jobs[0].last, NULL);
	helpers_read(h);
	assert_int_equal(0, told_of(-900));
	assert_int_equal(2, count(JOB_STORE));
	say(&jobs[1], JOB_RESULT, jobs[1].last, json_object());
	helpers_read(h);
	assert_int_equal(1, told_of(-900));
	assert_int_equal(JOB_RESULT, told[ntold - 1].ev);
	size_t before = ntold;
	for (int i = 0; i < 32; i++)             /* nothing of the dead one takes up room */
		ask(-300 - i, JOB_STORE, "draft.save", "");
	assert_int_equal(before, ntold);
}

static void limits(void **state)
{
	(void)state;
	for (int i = 0; i < HELPERS_MAX + 1; i++)
		ask(-100 - i, JOB_NET, "clock.check", "");
	assert_int_equal(1, ntold);
	assert_int_equal(-100 - HELPERS_MAX, told[0].id);
	assert_int_equal(ERR_INTERNAL, told[0].kind);
	for (int i = 0; i < 33; i++)
		ask(-200 - i, JOB_STORE, "draft.save", "");
	assert_int_equal(2, ntold);
	assert_int_equal(-232, told[1].id);
	assert_int_equal(ERR_STORE_GONE, told[1].kind);
}

static void one_shot(void **state)
{
	(void)state;
	ask(-1, JOB_NET, "clock.check", "");
	ask(-2, JOB_NET, "tsa.stamp", "");
	helpers_cancel(h, -2);
	assert_false(jobs[0].cancelled);
	assert_true(jobs[1].cancelled);
	say(&jobs[0], JOB_PROGRESS, 1, json_object());
	say(&jobs[0], JOB_RESULT, 1, json_object());
	helpers_read(h);
	assert_int_equal(2, ntold);
	assert_int_equal(JOB_PROGRESS, told[0].ev);
	assert_int_equal(JOB_RESULT, told[1].ev);
	assert_true(jobs[0].freed);
	assert_false(jobs[1].freed);
	say(&jobs[1], JOB_DIED, 2, NULL);
	helpers_read(h);
	assert_int_equal(JOB_DIED, told[2].ev);
}

/* ---- the outbox ----------------------------------------------------------------------------------------------------------------- */
static struct outbox *box;

static void outbox_begin(void)
{
	box = outbox_new(NULL, h);
	outbox_tick(box);
	assert_null(asked("outbox.list"));
	play_clock_ms += 2000;
	outbox_tick(box);
	assert_non_null(asked("outbox.list"));
}

static json_t *rows(const char *key, int tries, const char *next_at)
{
	return json_pack("{s:[{s:s,s:i,s:s}]}", "waiting", "key", key, "tries", tries, "next_at", next_at);
}

static void answer_store(const char *verb, json_t *body)
{
	struct job *store = asked(verb);

	assert_non_null(store);
	say(store, JOB_RESULT, store->last, body);
	helpers_read(h);
}

static void to_sending(const char *key, int tries)
{
	answer_store("outbox.list", rows(key, tries, "2020-01-01T00:00:00Z"));
	answer_store("outbox.load", json_pack("{s:{s:s,s:[]},s:[]}", "body", "key", key, "files", "files"));
	assert_non_null(asked("portal.send"));
}

static void sent_once(void **state)
{
	(void)state;
	outbox_begin();
	to_sending("k1", 0);
	struct job *sender = asked("portal.send");
	assert_true(helpers_sending(h, "k1"));
	assert_false(helpers_sending(h, "k2"));
	/* An hour of looks while it is on its way: nothing more is asked. */
	for (int i = 0; i < 60; i++) {
		play_clock_ms += 60000;
		assert_int_equal(-1, outbox_deadline(box));
		outbox_tick(box);
	}
	assert_int_equal(1, count(JOB_NET));
	say(sender, JOB_RESULT, sender->last, json_pack("{s:s}", "code", "H18-1"));
	helpers_read(h);
	assert_false(helpers_sending(h, "k1"));
	assert_string_equal("H18-1", json_str(asked("outbox.sent")->args, "code", ""));
	assert_true(outbox_deadline(box) <= 1500);
	outbox_free(box);
}

/* A late answer to an older look must not begin a second sending. */
static void two_looks(void **state)
{
	(void)state;
	outbox_begin();
	struct job *store = asked("outbox.list");
	long first = store->last;
	play_clock_ms += 61000;
	outbox_tick(box);
	long second = store->last;
	assert_true(second > first);
	say(store, JOB_RESULT, first, rows("k1", 0, "2020-01-01T00:00:00Z"));
	say(store, JOB_RESULT, second, rows("k1", 0, "2020-01-01T00:00:00Z"));
	helpers_read(h);
	assert_int_equal(second + 1, next_request);      /* one load for both looks */
	answer_store("outbox.load", json_pack("{s:{s:s,s:[]},s:[]}", "body", "key", "k1", "files", "files"));
	assert_int_equal(1, count(JOB_NET));
	outbox_free(box);
}

/* What the person's own sending has under way is left alone, also when it begins between the look and the load. */
static void not_beside_the_person(void **state)
{
	(void)state;
	outbox_begin();
	ask(-50, JOB_NET, "portal.send", "k1");
	answer_store("outbox.list", rows("k1", 0, "2020-01-01T00:00:00Z"));
	assert_null(asked("outbox.load"));
	play_clock_ms += 61000;
	outbox_tick(box);
	answer_store("outbox.list", rows("k2", 0, "2020-01-01T00:00:00Z"));
	ask(-51, JOB_NET, "portal.send", "k2");
	answer_store("outbox.load", json_pack("{s:{s:s,s:[]},s:[]}", "body", "key", "k2", "files", "files"));
	assert_int_equal(2, count(JOB_NET));
	assert_true(outbox_deadline(box) >= 0);          /* it looks on */
	outbox_free(box);
}

/* And the person's own is told "outcome unknown" when the outbox was first: it waits in the outbox. */
static void not_beside_the_outbox(void **state)
{
	(void)state;
	ask(-50, JOB_NET, "portal.send", "k1");
	ask(-51, JOB_NET, "portal.send", "k1");
	assert_int_equal(1, count(JOB_NET));
	assert_int_equal(1, told_of(-51));
	assert_int_equal(ERR_NETWORK_UNKNOWN, told[0].kind);
}

static void growing_pauses(void **state)
{
	static const struct { int tries, pause; } cases[] = { { 0, 60 }, { 1, 120 }, { 2, 240 }, { 5, 1920 }, { 6, 3600 }, { 7, 3600 }, { 1000, 3600 } };

	(void)state;
	outbox_begin();
	for (size_t i = 0; i < COUNT(cases); i++) {
		to_sending("k1", cases[i].tries);
		struct job *sender = asked("portal.send");
		say(sender, JOB_ERROR, sender->last, NULL);
		helpers_read(h);
		const json_t *a = asked("outbox.failed")->args;
		assert_int_equal(cases[i].pause, json_int(a, "again_in", 0));
		assert_string_equal("service-down", json_str(a, "reason", ""));
		play_clock_ms += 61000;
		outbox_tick(box);
	}
	outbox_free(box);
}

static void next_at_is_respected(void **state)
{
	char later[32];

	(void)state;
	clock_rfc3339(time(NULL) + 3600, later);
	outbox_begin();
	answer_store("outbox.list", rows("k1", 3, later));
	assert_null(asked("outbox.load"));
	play_clock_ms += 61000;
	outbox_tick(box);
	answer_store("outbox.list", json_pack("{s:[{s:s,s:i,s:s},{s:s,s:i,s:s}]}", "waiting", "key", "k1", "tries", 3, "next_at", later, "key", "k2", "tries", 0,
		"next_at", "2020-01-01T00:00:00Z"));
	assert_string_equal("k2", json_str(asked("outbox.load")->args, "key", ""));
	outbox_free(box);
}

static void load_fails(void **state)
{
	(void)state;
	outbox_begin();
	answer_store("outbox.list", rows("k1", 0, "2020-01-01T00:00:00Z"));
	struct job *store = asked("outbox.load");
	say(store, JOB_DIED, store->last, NULL);
	helpers_read(h);
	assert_int_equal(0, count(JOB_NET));
	play_clock_ms += 61000;
	outbox_tick(box);
	assert_non_null(asked("outbox.list"));
	outbox_free(box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(store_answers_by_request, begin, end), cmocka_unit_test_setup_teardown(store_dies, begin, end),
		cmocka_unit_test_setup_teardown(asked_while_it_dies, begin, end), cmocka_unit_test_setup_teardown(limits, begin, end),
		cmocka_unit_test_setup_teardown(one_shot, begin, end), cmocka_unit_test_setup_teardown(sent_once, begin, end),
		cmocka_unit_test_setup_teardown(two_looks, begin, end), cmocka_unit_test_setup_teardown(not_beside_the_person, begin, end),
		cmocka_unit_test_setup_teardown(not_beside_the_outbox, begin, end), cmocka_unit_test_setup_teardown(growing_pauses, begin, end),
		cmocka_unit_test_setup_teardown(next_at_is_respected, begin, end), cmocka_unit_test_setup_teardown(load_fails, begin, end),
	};
	log_open("kiosk_helpers", "/dev/null");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
