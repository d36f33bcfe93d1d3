/* tramky sign: the same chain of jobs as the counter's screens, driven to its end from the command line. */
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "main/commands.h"
#include "main/sign.h"
#include "screen/screen.h"
#include "wizard/lasting.h"
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
	"            [--key FILE.p12 --password-file F]\n"
	"            [--at keyword:TEXT[#N][,dx=,dy=,w=,h=] | --at page=N,x=,y=,w=,h= | --at field:NAME\n"
	"             | --at template:NAME | --invisible]\n"
	"            (--at again: the same signature is shown in further places)\n"
	"            [--image SIG.png] [--show name,organisation,title,email,time,image] [--title T] [--email M] [--color RRGGBB]\n"
	"            [--look person | --look seal [--size-mm N] | --look copy [--form 'SAO Y|SAO LỤC|TRÍCH SAO'] [--agency T]\n"
	"             | --look attachment --number T]    copy and attachment: upper right corner of page 1 unless --at is given\n"
	"            [--level B-B|B-T|B-LT|B-LTA] [--hash sha256|sha384|sha512] [--pss] [--certify P] [--reason T] [--location T]\n"
	"            [--timeout S]\n"
	"tramky sign --upgrade B-T|B-LT|B-LTA IN.pdf -o OUT.pdf\n";

struct options {
	const char *in, *out, *method, *ca, *user, *cert, *key, *password_file, *at[8], *image, *show, *level, *certify, *reason, *location, *timeout;
	const char *look, *color, *size_mm, *form, *number, *agency, *title, *email, *hash, *upgrade;
	size_t nat;
	bool invisible, pss;
};

static bool take_options(int argc, char **argv, struct options *o)
{
	const struct { const char *name; const char **value; } table[] = {
		{ "-o", &o->out }, { "--method", &o->method }, { "--ca", &o->ca }, { "--user", &o->user }, { "--cert", &o->cert }, { "--key", &o->key },
		{ "--password-file", &o->password_file }, { "--image", &o->image }, { "--show", &o->show }, { "--level", &o->level },
		{ "--certify", &o->certify }, { "--reason", &o->reason }, { "--location", &o->location }, { "--timeout", &o->timeout },
		{ "--look", &o->look }, { "--color", &o->color }, { "--size-mm", &o->size_mm }, { "--form", &o->form }, { "--number", &o->number },
		{ "--agency", &o->agency }, { "--title", &o->title }, { "--email", &o->email }, { "--hash", &o->hash }, { "--upgrade", &o->upgrade },
	};

	for (int i = 1; i < argc; i++) {
		size_t k = 0;
		while (k < COUNT(table) && strcmp(argv[i], table[k].name) != 0)
			k++;
		if (k < COUNT(table)) {
			if (i + 1 >= argc)
				return false;
			*table[k].value = argv[++i];
		} else if (strcmp(argv[i], "--at") == 0) {
			if (i + 1 >= argc || o->nat == COUNT(o->at))
				return false;
			o->at[o->nat++] = argv[++i];
		} else if (strcmp(argv[i], "--invisible") == 0) {
			o->invisible = true;
		} else if (strcmp(argv[i], "--pss") == 0) {
			o->pss = true;
		} else if (argv[i][0] == '-' || o->in) {
			return false;
		} else {
			o->in = argv[i];
		}
	}
	if (lasting_rank(o->level ? o->level : "B-T") < 0 || lasting_rank(o->upgrade ? o->upgrade : "B-T") < 0 || !o->in || !o->out)
		return false;
	if (o->upgrade)
		return !o->method;
	return o->method && (strcmp(o->method, "neac") == 0 || strcmp(o->method, "keyfile") == 0);
}

/* ---- jobs ------------------------------------------------------------------------------------------------------------ */
/* One document helper for the whole command: a start costs more than most verbs. The key file has a helper of its own: what reads
 * a stranger's PDF never holds the key or its password. */
static struct job *documents, *keys;

static int on_kept(const struct command_env *env, const char *verb, const json_t *args, const int *fds, size_t nfds,
                   struct job_message *m, struct err *e)
{
	struct job **kept = strcmp(verb, "doc.keyfile") == 0 ? &keys : &documents;

	return job_run_on(kept, env->config, JOB_DOC, verb, args, fds, nfds, m, e);
}

int sign_doc(const struct command_env *env, const char *verb, json_t *args, int fd, struct job_message *m, struct err *e)
{
	int rc = on_kept(env, verb, args, &fd, fd >= 0 ? 1 : 0, m, e);
	json_decref(args);
	return rc;
}

int sign_work(const struct command_env *env, const struct work *w, struct job_message *m, void (*progress)(void *self, const json_t *p),
              void *self, struct err *e)
{
	if (w->kind == JOB_DOC)
		return on_kept(env, w->verb, w->args, w->fds, w->nfds, m, e);
	return job_run(env->config, w->kind, w->flags, w->verb, w->args, w->fds, w->nfds, m, progress, self, e);
}

static void end_helpers(void)
{
	job_free(documents);
	job_free(keys);
	documents = keys = NULL;
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

static json_t *where_of(const struct command_env *env, const struct options *o, int fd, struct err *e)
{
	bool cornered = o->look && (strcmp(o->look, "copy") == 0 || strcmp(o->look, "attachment") == 0);

	if (o->nat && !o->invisible)
		return sign_place(env, o->at[0], fd, e);
	return json_pack("{s:b}", cornered && !o->invisible ? "corner" : "invisible", 1);
}

/* --at again: further widgets of the same field. */
static int further_places(const struct command_env *env, const struct options *o, int fd, json_t *r, struct err *e)
{
	json_t *more = json_array();

	for (size_t i = 1; i < o->nat && !o->invisible; i++) {
		json_t *one = sign_place(env, o->at[i], fd, e);
		if (!one) {
			json_decref(more);
			return -1;
		}
		json_array_append_new(more, one);
	}
	if (json_array_size(more))
		json_put(r, "more_places", json_incref(more));
	json_decref(more);
	return 0;
}

/* What is shown, and how; options that are not given leave no key. */
static void look_of(const struct options *o, json_t *r)
{
	const struct { const char *path, *value; } rows[] = {
		{ "look", o->look }, { "color", o->color }, { "hash", o->hash }, { "show_values.form", o->form }, { "show_values.number", o->number },
		{ "show_values.agency", o->agency }, { "show_values.title", o->title }, { "show_values.mail", o->email },
		{ "serial", o->cert }, { "reason", o->reason }, { "location", o->location },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].value)
			json_put_str(r, rows[i].path, rows[i].value);
	json_put(r, "show", list_of(o->show ? o->show : o->image ? "image,name,time" : "name,time"));
	if (o->size_mm)
		json_put(r, "size_mm", json_real(strtod(o->size_mm, NULL)));
	if (o->pss)
		json_put(r, "pss", json_true());
}

static json_t *request_of(const struct command_env *env, const struct options *o, int fd, struct err *e)
{
	json_t *where = where_of(env, o, fd, e), *r;
	const char *slash = strrchr(o->in, '/');

	if (!where)
		return NULL;
	r = json_object();
	if (further_places(env, o, fd, r, e) < 0) {
		json_decref(where);
		json_decref(r);
		return NULL;
	}
	json_put_str(r, "way", o->method);
	json_put_str(r, "provider", o->ca ? o->ca : "VNPT-CA");
	json_put_str(r, "account", o->user ? o->user : "");
	AUTO(mem_free) char *title = text_clean(slash ? slash + 1 : o->in, false);
	json_put_str(r, "title", title);
	json_put(r, "place", where);
	look_of(o, r);
	json_put_str(r, "level", o->level ? o->level : config_str(env->config, "sign_level", "B-T"));
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

static void run_one(struct told *told, struct work *w)
{
	AUTO(job_message_clear) struct job_message m = { 0 };
	struct err e = { 0 };
	int rc = sign_work(told->env, w, &m, progress, told, &e);

	work_clear(w);
	m.err = e;
	signing_answer(told->s, rc == 0 ? JOB_RESULT : JOB_ERROR, &m);
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
			run_one(&told, &w);
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

/* Signed, but less than was asked for: said in words, and remembered so that sync completes it (rule G14). */
static void tell_missing(const struct command_env *env, const struct options *o, const struct signing *s, const char *missing)
{
	bool kept = sign_wait_for_level(env, o->out, json_str(signing_result(s), "sha256", ""), json_str(signing_request(s), "level", ""));

	fprintf(stderr, "tramky: %s\n", msg(missing));
	if (kept)
		fprintf(stderr, "        %s\n", msg("sign.completed-later"));
}

/* What was known of the certificate stays with the signature, and can be destroyed (circular 15/2025 LS12). */
static void keep_evidence(const struct command_env *env, const struct signing *s)
{
	AUTO(json_release) json_t *args = json_pack("{s:s,s:o}", "key", json_str(signing_result(s), "sha256", ""), "body", signing_evidence(s));
	AUTO(job_message_clear) struct job_message m = { 0 };
	struct err e = { 0 };

	if (job_run(env->config, JOB_STORE, 0, "evidence.keep", args, NULL, 0, &m, NULL, NULL, &e) < 0)
		log_err("evidence", &e);
}

static int report_signed(const struct command_env *env, const struct options *o, const struct signing *s, int64_t began)
{
	const json_t *r = signing_result(s);
	const char *level = json_str(r, "level", ""), *missing = json_str(r, "missing", "");

	if (env->json) {
		AUTO(json_release) json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "state", "signed", "reason", missing, "output", o->out,
			"transaction", signing_transaction(s), "document_code", signing_document_code(s), "certificate",
			json_str(signing_certificate(s), "certificate.serial", ""), "level", level, "algorithm", signing_algorithm(s), "took_ms",
			(json_int_t)(clock_ms() - began));
		AUTO(mem_free) char *text = json_text(j);
		puts(text);
	} else {
		printf("%s: %s (%s, %s)\n", msg("sign-done.title"), o->out, level, signing_algorithm(s));
	}
	keep_evidence(env, s);
	if (*missing)
		tell_missing(env, o, s, missing);
	return 0;
}

static int report(const struct command_env *env, const struct options *o, struct signing *s, int64_t began)
{
	struct err e = *signing_err(s);

	if (signing_state(s) == SIGNING_DONE && file_replace_fd(o->out, signing_output(s), 0644, &e) == 0)
		return report_signed(env, o, s, began);
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

static int sign(const struct command_env *env, const struct options *o, int64_t began)
{
	struct err e = { 0 };
	AUTO(fd_close) int in = open_optional(o->in, &e);
	AUTO(fd_close) int image = e.kind ? -1 : open_optional(o->image, &e);
	AUTO(fd_close) int key = e.kind ? -1 : open_optional(o->key, &e);

	if (e.kind)
		return command_failed(env, &e);
	AUTO(job_message_clear) struct job_message seen = { 0 };
	if (sign_doc(env, "doc.inspect", json_pack("{s:b}", "direct", 1), in, &seen, &e) < 0)
		return command_failed(env, &e);
	json_t *r = request_of(env, o, in, &e);
	if (!r)
		return command_failed(env, &e);
	struct signing *s = signing_new(env->config, r, in, image, key);
	drive(env, s);
	int rc = report(env, o, s, began);
	signing_free(s);
	return rc;
}

static void on_interrupt(int sig)
{
	(void)sig;
	job_interrupt();
}

int cmd_sign(int argc, char **argv, const struct command_env *env)
{
	struct options o = { 0 };
	int64_t began = clock_ms();

	if (!take_options(argc, argv, &o))
		return command_usage(usage);
	signal(SIGPIPE, SIG_IGN);
	/* A request that is out is called off, the waiting job ended: exit code 4, not an orphan that still waits. */
	signal(SIGINT, on_interrupt);
	signal(SIGTERM, on_interrupt);
	int rc = o.upgrade ? sign_upgrade(env, o.in, o.out, o.upgrade) : sign(env, &o, began);
	end_helpers();
	return rc;
}
