#include "wizard/lasting.h"
#include "wizard/wizard.h"

#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

#include <fcntl.h>
#include <string.h>

enum step { STEP_LOOK, STEP_PREPARE, STEP_STAMP, STEP_EMBED, STEP_GATHER, STEP_FETCH, STEP_END };
/* OCSP answers, then lists, then the same once more for a responder's own certificate. */
enum { ROUNDS = 4, FETCHES_MAX = 64 };

struct lasting {
	const struct config *config;
	int file, prepared;
	const char *level, *target;      /* of `levels` */
	enum step step, after_fetch;
	bool running, gained, tidy;      /* tidy: data for the newest stamp itself, which may be missing */
	json_t *made, *stamp;            /* answers of doc.stamp and tsa.stamp */
	json_t *todo, *answers;          /* needs still to be fetched, answers so far */
	size_t fetched;
	int round;
	json_t *result;
	struct err err;
};

static const char *const levels[] = { "B-B", "B-T", "B-LT", "B-LTA" };

int lasting_rank(const char *level)
{
	for (int i = 0; level && i < (int)COUNT(levels); i++)
		if (strcmp(levels[i], level) == 0)
			return i;
	return -1;
}

static const char *known(const char *level)
{
	int rank = lasting_rank(level);
	return rank < 0 ? "" : levels[rank];
}

static void stop(struct lasting *l, enum err_kind kind, const char *reason, const char *cause)
{
	l->step = STEP_END;
	err_set(&l->err, kind, "%s", cause);
	err_reason(&l->err, reason);
}

static void gather(struct lasting *l)
{
	json_decref(l->answers);
	l->answers = json_array();
	l->round = 0;
	l->step = STEP_GATHER;
}

/* What comes next at this level. */
static void plan(struct lasting *l)
{
	int now = lasting_rank(l->level), want = lasting_rank(l->target);

	if (now >= want && want == 3 && !l->tidy) {
		l->tidy = true;
		gather(l);
	} else if (now >= want) {
		l->step = STEP_END;
	} else if (now == 1) {
		gather(l);
	} else {
		l->step = STEP_PREPARE;
	}
}

struct lasting *lasting_new(const struct config *c, int file, const char *level, const char *target)
{
	struct lasting *l = mem_alloc(sizeof *l);

	l->config = c;
	l->file = fcntl(file, F_DUPFD_CLOEXEC, 3);
	l->prepared = -1;
	l->level = known(level);
	l->target = known(target);
	l->answers = json_array();
	if (!*l->target)
		stop(l, ERR_USAGE, "", "no such level");
	else if (*l->level)
		plan(l);
	return l;
}

void lasting_free(struct lasting *l)
{
	if (!l)
		return;
	fd_close(&l->file);
	fd_close(&l->prepared);
	json_decref(l->made);
	json_decref(l->stamp);
	json_decref(l->todo);
	json_decref(l->answers);
	json_decref(l->result);
	mem_free(&l);
}

/* ---- work ------------------------------------------------------------------------------------------------------------ */
static void work_on(struct work *w, const char *verb, json_t *args, int fd)
{
	*w = (struct work){ .kind = JOB_DOC, .verb = verb, .args = args };
	w->fds[w->nfds++] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static json_t *token_args(const struct lasting *l)
{
	size_t n = lasting_token_bytes(l->config);
	return n ? json_pack("{s:I}", "token_bytes", (json_int_t)n) : json_object();
}

static void fetch_work(struct lasting *l, struct work *w)
{
	const json_t *need = json_array_get(l->todo, l->fetched);
	bool ocsp = strcmp(json_str(need, "kind", ""), "ocsp") == 0;
	json_t *args = json_object();

	json_put_str(args, ocsp ? "ocsp_url" : "crl_url", json_str(need, "url", ""));
	if (ocsp)
		json_put_str(args, "ocsp_request", json_str(need, "request", ""));
	*w = (struct work){ .kind = JOB_NET, .verb = "revocation.fetch", .args = args };
}

bool lasting_next(struct lasting *l, struct work *out)
{
	if (l->running || l->step == STEP_END)
		return false;
	switch (l->step) {
	case STEP_LOOK:
		work_on(out, "doc.verify", json_pack("{s:O}", "answers", l->answers), l->file);
		break;
	case STEP_PREPARE:
		work_on(out, "doc.stamp", token_args(l), l->file);
		break;
	case STEP_STAMP:
		*out = (struct work){ .kind = JOB_NET, .verb = "tsa.stamp", .args = json_pack("{s:O}", "request", json_at(l->made, "tsa_request")) };
		break;
	case STEP_EMBED:
		work_on(out, "doc.embed", json_pack("{s:O,s:O,s:O}", "hole", json_at(l->made, "hole"), "tsa_request", json_at(l->made, "tsa_request"),
		                                    "tsa_response", json_at(l->stamp, "response")), l->prepared);
		break;
	case STEP_GATHER:
		work_on(out, "doc.complete", json_pack("{s:O}", "answers", l->answers), l->file);
		break;
	case STEP_FETCH:
		fetch_work(l, out);
		break;
	case STEP_END:
		break;
	}
	l->running = true;
	return true;
}

/* ---- answers ------------------------------------------------------------------------------------------------------------ */
/* Lists are asked for only where nobody answers about one certificate alone. */
static bool has_kind(const json_t *needs, const char *kind)
{
	for (size_t i = 0; i < json_array_size(needs); i++)
		if (strcmp(json_str(json_array_get(needs, i), "kind", ""), kind) == 0)
			return true;
	return false;
}

/* False when there is nobody left to ask. */
static bool fetch(struct lasting *l, const json_t *needs)
{
	const char *kind = l->round % 2 == 0 ? "ocsp" : "crl";

	if (l->round >= ROUNDS)
		return false;
	if (!has_kind(needs, kind)) {
		l->round++;
		kind = strcmp(kind, "crl") == 0 ? "ocsp" : "crl";
	}
	l->round++;
	json_decref(l->todo);
	l->todo = json_array();
	for (size_t i = 0; i < json_array_size(needs) && json_array_size(l->todo) < FETCHES_MAX; i++)
		if (strcmp(json_str(json_array_get(needs, i), "kind", ""), kind) == 0)
			json_array_append(l->todo, json_array_get(needs, i));
	l->fetched = 0;
	l->after_fetch = l->step;
	l->step = STEP_FETCH;
	return json_array_size(l->todo) > 0;
}

/* The worst of the signatures: what all of them have. Time-stamps have none. */
static const char *level_of(const json_t *report)
{
	const json_t *list = json_at(report, "signatures");
	int worst = 4;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *level = json_str(json_array_get(list, i), "level", "");
		int rank = lasting_rank(level);
		if (*level && rank < worst)
			worst = rank;
	}
	return worst < 0 || worst > 3 ? "B-B" : levels[worst];
}

static void looked(struct lasting *l, const json_t *report)
{
	const char *verdict = json_str(report, "verdict", "");

	l->step = STEP_LOOK;
	if (strcmp(verdict, "unsigned") == 0 || strcmp(verdict, "invalid") == 0) {
		stop(l, ERR_REJECTED, strcmp(verdict, "unsigned") == 0 ? "upgrade.unsigned" : "upgrade.not-intact", verdict);
		return;
	}
	/* Whether a document time-stamp counts is known only when its issuer's status is. */
	if (json_array_size(json_at(report, "needs")) && l->round < 2 && fetch(l, json_at(report, "needs")))
		return;
	l->level = level_of(report);
	if (lasting_rank(l->level) >= lasting_rank(l->target))
		stop(l, ERR_REJECTED, "upgrade.there-already", l->level);
	else
		plan(l);
}

static void took_file(struct lasting *l, struct job_message *m)
{
	int fd = job_take_fd(m, 0);

	if (fd < 0)
		return;
	fd_close(&l->file);
	l->file = fd;
	l->gained = true;
	json_decref(l->result);
	l->result = json_incref(m->body);
}

static void prepared(struct lasting *l, struct job_message *m)
{
	fd_close(&l->prepared);
	l->prepared = job_take_fd(m, 0);
	json_decref(l->made);
	l->made = json_incref(m->body);
	if (l->prepared < 0 || !json_at(l->made, "hole") || !json_at(l->made, "tsa_request"))
		stop(l, ERR_INTERNAL, "upgrade.prepare", "doc.stamp gave no file");
	else
		l->step = STEP_STAMP;
}

static void stamped(struct lasting *l, struct job_message *m)
{
	took_file(l, m);
	if (json_int(m->body, "token_bytes", 0) > 0)
		lasting_token_seen(l->config, (size_t)json_int(m->body, "token_bytes", 0));
	l->level = lasting_rank(l->level) == 0 ? "B-T" : "B-LTA";
	plan(l);
}

static void gathered(struct lasting *l, struct job_message *m)
{
	const json_t *faults = json_at(m->body, "faults");

	if (json_is(m->body, "complete")) {
		took_file(l, m);
		if (lasting_rank(l->level) < 2)
			l->level = "B-LT";
		plan(l);
	} else if (l->tidy) {
		l->step = STEP_END;
	} else if (json_array_size(faults)) {
		stop(l, ERR_CERT_UNUSABLE, json_string_value(json_array_get(faults, 0)), "a path that leads to no anchor");
	} else if (!fetch(l, json_at(m->body, "needs"))) {
		stop(l, ERR_SERVICE_ODD, "upgrade.no-data", "OCSP answers and lists could not be had");
	}
}

static void keep_answer(struct lasting *l, const json_t *body)
{
	static const char *const kinds[] = { "ocsp", "crl" };

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (json_str(body, kinds[i], NULL))
			json_array_append_new(l->answers, json_pack("{s:s,s:O}", "kind", kinds[i], "bytes", json_at(body, kinds[i])));
	if (++l->fetched >= json_array_size(l->todo))
		l->step = l->after_fetch;
}

static void took_result(struct lasting *l, struct job_message *m)
{
	switch (l->step) {
	case STEP_LOOK:
		looked(l, m->body);
		return;
	case STEP_PREPARE:
		prepared(l, m);
		return;
	case STEP_STAMP:
		json_decref(l->stamp);
		l->stamp = json_incref(m->body);
		l->step = STEP_EMBED;
		return;
	case STEP_EMBED:
		stamped(l, m);
		return;
	case STEP_GATHER:
		gathered(l, m);
		return;
	case STEP_FETCH:
		keep_answer(l, m->body);
		return;
	case STEP_END:
		return;
	}
}

void lasting_answer(struct lasting *l, enum job_event ev, struct job_message *m)
{
	if (!l->running)
		return;
	switch (ev) {
	case JOB_NOTHING:
	case JOB_PROGRESS:
		return;
	case JOB_RESULT:
		l->running = false;
		took_result(l, m);
		return;
	case JOB_ERROR:
	case JOB_DIED:
		l->running = false;
		l->err = m->err;
		l->step = STEP_END;
		/* The level is reached; only the newest stamp's own data is missing. */
		if (l->tidy)
			err_clear(&l->err);
		return;
	}
}

bool lasting_done(const struct lasting *l) { return !l->running && l->step == STEP_END; }
int lasting_output(const struct lasting *l) { return l->file; }
const char *lasting_level(const struct lasting *l) { return l->level; }
bool lasting_gained(const struct lasting *l) { return l->gained; }
const struct err *lasting_err(const struct lasting *l) { return &l->err; }
const json_t *lasting_result(const struct lasting *l) { return l->result; }

/* ---- how big a token is --------------------------------------------------------------------------------------------------- */
static char *token_path(const struct config *c)
{
	const char *dir = config_data_dir(c, NULL);
	return dir ? mem_printf("%s/token.json", dir) : NULL;
}

size_t lasting_token_bytes(const struct config *c)
{
	AUTO(mem_free) char *path = token_path(c);
	AUTO(fd_close) int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	AUTO(buf_free) struct buf b = { 0 };

	if (fd < 0 || fd_read_all(fd, &b, 4096, NULL))
		return 0;
	AUTO(json_release) json_t *j = json_parse(b.p, b.n, 4096, NULL);
	/* another service's tokens say nothing of this one's */
	if (!j || strcmp(json_str(j, "url", ""), config_str(c, "tsa.url", "")))
		return 0;
	long long n = json_int(j, "bytes", 0);
	return n > 0 && n <= 65536 ? (size_t)n : 0;
}

void lasting_token_seen(const struct config *c, size_t bytes)
{
	AUTO(mem_free) char *path = token_path(c);

	if (!path || lasting_token_bytes(c) == bytes)
		return;
	AUTO(json_release) json_t *j = json_pack("{s:s,s:I}", "url", config_str(c, "tsa.url", ""), "bytes", (json_int_t)bytes);
	AUTO(mem_free) char *text = json_text(j);
	file_replace(path, text, strlen(text), 0600, NULL);
}
