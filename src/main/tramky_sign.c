/* tramky sign: the same chain of jobs as the counter's screens, driven to its end from the command line. */
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "main/commands.h"
#include "wizard/signing.h"
#include "wizard/wizard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char usage[] =
	"tramky sign IN.pdf -o OUT.pdf --method neac|keyfile [--ca VNPT-CA] [--user ID] [--cert SERIAL]\n"
	"            [--key FILE.p12 --password-file F] [--profile ID]\n"
	"            [--at keyword:TEXT[#N][,dx=,dy=,w=,h=] | --at page=N,x=,y=,w=,h= | --at field:NAME | --invisible]\n"
	"            [--image SIG.png] [--show name,organisation,title,email,time,image] [--level B-B|B-T]\n"
	"            [--certify P] [--reason T] [--location T] [--timeout S]\n";

struct options {
	const char *in, *out, *method, *ca, *user, *cert, *key, *password_file, *at, *image, *show, *level, *certify, *reason, *location, *timeout;
	bool invisible;
};

static bool take_options(int argc, char **argv, struct options *o)
{
	const struct { const char *name; const char **value; } table[] = {
		{ "-o", &o->out }, { "--method", &o->method }, { "--ca", &o->ca }, { "--user", &o->user }, { "--cert", &o->cert }, { "--key", &o->key },
		{ "--password-file", &o->password_file }, { "--at", &o->at }, { "--image", &o->image }, { "--show", &o->show }, { "--level", &o->level },
		{ "--certify", &o->certify }, { "--reason", &o->reason }, { "--location", &o->location }, { "--timeout", &o->timeout },
	};

	for (int i = 1; i < argc; i++) {
		size_t k = 0;
		while (k < COUNT(table) && strcmp(argv[i], table[k].name) != 0)
			k++;
		if (k < COUNT(table)) {
			if (i + 1 >= argc)
				return false;
			*table[k].value = argv[++i];
		} else if (strcmp(argv[i], "--invisible") == 0) {
			o->invisible = true;
		} else if (argv[i][0] == '-' || o->in) {
			return false;
		} else {
			o->in = argv[i];
		}
	}
	return o->in && o->out && o->method && (strcmp(o->method, "neac") == 0 || strcmp(o->method, "keyfile") == 0);
}

/* ---- jobs ------------------------------------------------------------------------------------------------------------ */
static int doc(const struct command_env *env, const char *verb, json_t *args, int fd, struct job_message *m, struct err *e)
{
	int rc = job_run(env->config, JOB_DOC, 0, verb, args, &fd, fd >= 0 ? 1 : 0, m, NULL, NULL, e);
	json_decref(args);
	return rc;
}

/* ---- where ------------------------------------------------------------------------------------------------------------ */
/* "a=1,b=2" behind the first comma of spec into numbers of an object; keys as given. False on anything else. */
static bool numbers(const char *spec, json_t *into)
{
	while (*spec) {
		char *end, key[8];
		size_t n = strcspn(spec, "=");
		if (spec[n] != '=' || n == 0 || n >= sizeof key)
			return false;
		memcpy(key, spec, n);
		key[n] = '\0';
		double value = strtod(spec + n + 1, &end);
		if (end == spec + n + 1 || (*end && *end != ','))
			return false;
		json_object_set_new(into, key, strcmp(key, "page") == 0 ? json_integer((json_int_t)value) : json_real(value));
		spec = *end ? end + 1 : end;
	}
	return true;
}

static double number(const json_t *j, const char *key, double none)
{
	const json_t *v = json_at(j, key);
	return json_is_number(v) ? json_number_value(v) : none;
}

/* keyword:TEXT[#N][,dx=..]: TEXT may hold commas; only a tail that reads as numbers is taken for them. */
static json_t *keyword_place(const struct command_env *env, const char *spec, int fd, struct err *e)
{
	AUTO(mem_free) char *text = mem_str(spec);
	AUTO(json_release) json_t *extra = json_object();
	AUTO(job_message_clear) struct job_message m = { 0 };
	long nth = 1;

	for (char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ',')) {
		json_object_clear(extra);
		if (numbers(comma + 1, extra)) {
			*comma = '\0';
			break;
		}
		json_object_clear(extra);
	}
	char *hash = strrchr(text, '#');
	if (hash && hash[1] >= '1' && hash[1] <= '9' && strspn(hash + 1, "0123456789") == strlen(hash + 1)) {
		nth = strtol(hash + 1, NULL, 10);
		*hash = '\0';
	}
	if (doc(env, "doc.find", json_pack("{s:s}", "text", text), fd, &m, e) < 0)
		return NULL;
	const json_t *hit = json_array_get(json_at(m.body, "hits"), (size_t)nth - 1), *box = json_at(hit, "box");
	if (!box) {
		err_set(e, ERR_PLACE_NOT_FOUND, "keyword has %zu hits, number %ld asked", json_array_size(json_at(m.body, "hits")), nth);
		return NULL;
	}
	double w = number(extra, "w", number(box, "w", 170)), h = number(extra, "h", number(box, "h", 60));
	double top = number(box, "y", 0) + number(box, "h", 60);
	return json_pack("{s:I,s:f,s:f,s:f,s:f}", "page", (json_int_t)json_int(hit, "page", 1), "x", number(box, "x", 0) + number(extra, "dx", 0),
	                 "y", top - h + number(extra, "dy", 0), "w", w, "h", h);
}

static json_t *place(const struct command_env *env, const struct options *o, int fd, struct err *e)
{
	if (o->invisible || !o->at)
		return json_pack("{s:b}", "invisible", 1);
	if (strncmp(o->at, "keyword:", 8) == 0)
		return keyword_place(env, o->at + 8, fd, e);
	if (strncmp(o->at, "field:", 6) == 0)
		return json_pack("{s:s}", "field", o->at + 6);
	json_t *p = json_object();
	if (numbers(o->at, p) && json_at(p, "page") && json_at(p, "x") && json_at(p, "y")) {
		if (!json_at(p, "w"))
			json_put(p, "w", json_real(170));
		if (!json_at(p, "h"))
			json_put(p, "h", json_real(60));
		return p;
	}
	json_decref(p);
	err_set(e, ERR_USAGE, "--at: not understood");
	return NULL;
}

/* ---- the request --------------------------------------------------------------------------------------------------------- */
static json_t *list_of(const char *commas)
{
	json_t *a = json_array();

	while (*commas) {
		size_t n = strcspn(commas, ",");
		if (n)
			json_array_append_new(a, json_stringn(commas, n));
		commas += n + (commas[n] == ',');
	}
	return a;
}

static int read_password(const char *path, json_t *request, struct err *e)
{
	AUTO(fd_close) int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct buf b = { 0 };

	if (path && fd < 0)
		return err_set(e, ERR_NO_FILE, "password file: %s", strerror(errno));
	int rc = path ? fd_read_all(fd, &b, 1024, e) : 0;
	while (b.n && (b.p[b.n - 1] == '\n' || b.p[b.n - 1] == '\r'))
		b.p[--b.n] = '\0';
	json_put_str(request, "password", b.p ? (char *)b.p : "");
	if (b.p)
		explicit_bzero(b.p, b.n);
	buf_free(&b);
	return rc;
}

static json_t *request_of(const struct command_env *env, const struct options *o, int fd, struct err *e)
{
	json_t *where = place(env, o, fd, e), *r;
	const char *slash = strrchr(o->in, '/');

	if (!where)
		return NULL;
	r = json_object();
	json_put_str(r, "way", o->method);
	json_put_str(r, "provider", o->ca ? o->ca : "VNPT-CA");
	json_put_str(r, "account", o->user ? o->user : "");
	AUTO(mem_free) char *title = text_clean(slash ? slash + 1 : o->in, false);
	json_put_str(r, "title", title);
	json_put(r, "place", where);
	json_put(r, "show", list_of(o->show ? o->show : o->image ? "image,name,time" : "name,time"));
	json_put_str(r, "level", o->level ? o->level : config_str(env->config, "sign_level", "B-T"));
	if (o->cert)
		json_put_str(r, "serial", o->cert);
	if (o->reason)
		json_put_str(r, "reason", o->reason);
	if (o->location)
		json_put_str(r, "location", o->location);
	if (o->certify)
		json_put(r, "certify", json_integer(strtol(o->certify, NULL, 10)));
	if (o->timeout)
		json_put(r, "timeout", json_integer(strtol(o->timeout, NULL, 10)));
	if (strcmp(o->method, "keyfile") == 0 && read_password(o->password_file, r, e) < 0) {
		json_decref(r);
		return NULL;
	}
	return r;
}

/* ---- driving it ------------------------------------------------------------------------------------------------------------ */
static void say_state(const struct command_env *env, const struct signing *s, char *last, size_t room)
{
	const char *state = signing_phase(s);

	if (strcmp(last, state) == 0)
		return;
	snprintf(last, room, "%s", state);
	if (env->json)
		fprintf(stderr, "{\"state\":\"%s\",\"document_code\":\"%s\",\"transaction\":\"%s\"}\n", state, signing_document_code(s), signing_transaction(s));
	else
		fprintf(stderr, "%s (%s)\n", state, signing_document_code(s));
}

struct told { const struct command_env *env; struct signing *s; char last[32]; };

static void progress(void *self, const json_t *p)
{
	struct told *t = self;
	struct job_message m = { .body = (json_t *)(uintptr_t)p };

	signing_answer(t->s, JOB_PROGRESS, &m);
	say_state(t->env, t->s, t->last, sizeof t->last);
}

static void drive(const struct command_env *env, struct signing *s)
{
	struct told told = { .env = env, .s = s };
	struct work w;

	for (;;) {
		switch (signing_state(s)) {
		case SIGNING_WORK:
			if (!signing_next(s, &w))
				break;
			say_state(env, s, told.last, sizeof told.last);
			AUTO(job_message_clear) struct job_message m = { 0 };
			struct err e = { 0 };
			int rc = job_run(env->config, w.kind, w.flags, w.verb, w.args, w.fds, w.nfds, &m, progress, &told, &e);
			work_clear(&w);
			m.err = e;
			signing_answer(s, rc == 0 ? JOB_RESULT : JOB_ERROR, &m);
			break;
		case SIGNING_CONFIRM:
			signing_confirm(s);
			break;
		case SIGNING_SAVE:
			/* The command line's caller keeps the input; the state file keeps the transaction. */
			signing_saved(s);
			break;
		case SIGNING_RUNNING:
		case SIGNING_WATCH:
		case SIGNING_DONE:
		case SIGNING_ENDED:
			say_state(env, s, told.last, sizeof told.last);
			return;
		}
	}
}

static int report(const struct command_env *env, const struct options *o, struct signing *s, int64_t began)
{
	struct err e = *signing_err(s);
	const json_t *r = signing_result(s);

	if (signing_state(s) == SIGNING_DONE && file_replace_fd(o->out, signing_output(s), 0644, &e) == 0) {
		const char *level = json_str(r, "level", "");
		bool less = strcmp(json_str(signing_request(s), "level", "B-T"), level) != 0;
		if (env->json) {
			AUTO(json_release) json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "state", "signed", "reason", less ? "sign.no-timestamp" : "",
				"output", o->out, "transaction", signing_transaction(s), "document_code", signing_document_code(s), "certificate",
				json_str(signing_certificate(s), "certificate.serial", ""), "level", level, "took_ms", (json_int_t)(clock_ms() - began));
			AUTO(mem_free) char *text = json_text(j);
			puts(text);
		} else {
			printf("Ký số thành công: %s (%s)\n", o->out, level);
		}
		if (less)
			fputs("tramky: Đã ký, chưa có dấu thời gian: không lấy được từ dịch vụ.\n", stderr);
		return 0;
	}
	if (env->json) {
		AUTO(json_release) json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:I}", "state", err_id(e.kind), "reason", e.reason, "transaction",
			signing_transaction(s), "document_code", signing_document_code(s), "took_ms", (json_int_t)(clock_ms() - began));
		AUTO(mem_free) char *text = json_text(j);
		puts(text);
	}
	return command_failed(&(struct command_env){ .config = env->config }, &e);
}

static int open_optional(const char *path, struct err *e)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (path && fd < 0)
		err_set(e, ERR_NO_FILE, "open: %s", strerror(errno));
	return fd;
}

int cmd_sign(int argc, char **argv, const struct command_env *env)
{
	struct options o = { 0 };
	struct err e = { 0 };
	int64_t began = clock_ms();

	if (!take_options(argc, argv, &o))
		return command_usage(usage);
	signal(SIGPIPE, SIG_IGN);
	AUTO(fd_close) int in = open_optional(o.in, &e);
	AUTO(fd_close) int image = e.kind ? -1 : open_optional(o.image, &e);
	AUTO(fd_close) int key = e.kind ? -1 : open_optional(o.key, &e);
	if (e.kind)
		return command_failed(env, &e);
	AUTO(job_message_clear) struct job_message seen = { 0 };
	if (doc(env, "doc.inspect", json_object(), in, &seen, &e) < 0)
		return command_failed(env, &e);
	AUTO(fd_close) int sealed = job_take_fd(&seen, 0);
	json_t *r = request_of(env, &o, sealed, &e);
	if (!r)
		return command_failed(env, &e);
	struct signing *s = signing_new(env->config, r, sealed, image, key);
	drive(env, s);
	int rc = report(env, &o, s, began);
	signing_free(s);
	return rc;
}
