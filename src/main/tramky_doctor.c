/* tramky doctor: one line a check, with what to do. tramky screens check. tramky sync. */
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "catalogue/catalogue.h"
#include "main/commands.h"
#include "screen/screen.h"
#include "wizard/wizard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum outcome { GOOD, WARN, BAD };
struct checkup {
	const struct command_env *env;
	int bad;
	json_t *rows;
};

static void row(struct checkup *k, enum outcome o, const char *check, const char *detail)
{
	static const char *const words[] = { "ok  ", "warn", "FAIL" };
	AUTO(mem_free) char *id = mem_printf("doctor.%s", check);

	k->bad += o == BAD;
	json_array_append_new(k->rows, json_pack("{s:s,s:s,s:s}", "check", check, "result", o == GOOD ? "ok" : o == WARN ? "warn" : "fail", "detail", detail));
	if (!k->env->json)
		printf("%s  %s: %s\n", words[o], msg(id), detail);
}

static void check_job(struct checkup *k, const char *check, enum job_kind kind, const char *verb, json_t *args, enum outcome on_failure)
{
	AUTO(json_release) json_t *own = args;
	AUTO(job_message_clear) struct job_message m = { 0 };
	struct err e = { 0 };

	if (job_run(k->env->config, kind, 0, verb, own, NULL, 0, &m, NULL, NULL, &e) == 0) {
		AUTO(mem_free) char *text = json_text(m.body);
		row(k, GOOD, check, strlen(text) > 60 ? "" : text);
	} else {
		AUTO(mem_free) char *detail = mem_printf("%s: %s", err_id(e.kind), e.cause);
		row(k, on_failure, check, detail);
	}
}

static void check_terminal(struct checkup *k)
{
	struct winsize w = { 0 };
	const char *term = getenv("TERM");
	char text[80];

	if (ioctl(1, TIOCGWINSZ, &w) < 0) {
		row(k, WARN, "terminal", "no terminal here");
		return;
	}
	snprintf(text, sizeof text, "TERM=%.30s %dx%d", term ? term : "", w.ws_col, w.ws_row);
	row(k, term && w.ws_col >= 80 && w.ws_row >= 24 ? GOOD : WARN, "terminal", text);
}

static void check_walls(struct checkup *k)
{
	int abi = wall_landlock_abi();
	char text[40];

	snprintf(text, sizeof text, "landlock ABI %d", abi);
	row(k, abi > 0 ? GOOD : k->env->config && config_sandbox(k->env->config) ? WARN : BAD, "walls", text);
}

static void check_catalogue(struct checkup *k)
{
	AUTO(mem_free) char *dir = path_share("screens/catalogue");
	struct err e = { 0 };
	struct catalogue *c = dir ? catalogue_open(dir, &e) : NULL;
	size_t provinces = 0, communes = 0, procedures = 0;
	char text[80];

	if (c)
		catalogue_counts(c, &provinces, &communes, &procedures);
	snprintf(text, sizeof text, "%zu / %zu / %zu", provinces, communes, procedures);
	row(k, procedures > 0 ? GOOD : BAD, "catalogue", c ? text : e.cause);
	catalogue_free(c);
}

static void check_program(struct checkup *k, const char *check, const char *path)
{
	row(k, access(path, X_OK) == 0 ? GOOD : BAD, check, path);
}

static void check_folders(struct checkup *k)
{
	struct err e = { 0 };
	const char *data = config_data_dir(k->env->config, &e);

	row(k, data ? GOOD : BAD, "data", data ? data : e.cause);
	const char *session = config_session_dir(k->env->config, &e);
	row(k, session ? GOOD : BAD, "session", session ? session : e.cause);
}

int cmd_doctor(int argc, char **argv, const struct command_env *env)
{
	struct checkup k = { .env = env, .rows = json_array() };

	if (argc > 1)
		return command_usage("tramky doctor [--json]\n");
	(void)argv;
	check_terminal(&k);
	check_walls(&k);
	check_catalogue(&k);
	check_program(&k, "pdftotext", "/usr/bin/pdftotext");
	check_program(&k, "pdftoppm", "/usr/bin/pdftoppm");
	if (env->config) {
		row(&k, GOOD, "config", config_file(env->config));
		check_folders(&k);
		check_job(&k, "store", JOB_STORE, "store.ping", json_object(), BAD);
		/* The font is proved by drawing with it: its presence alone says nothing of its letters (HA1). */
		check_job(&k, "font", JOB_DOC, "doc.compose", json_pack("{s:{s:s,s:[{s:s,s:s}]}}", "doc", "title", "doctor", "lines", "kind", "text", "text", "Đắk Lắk, ưỡng, ₫"), BAD);
		check_job(&k, "clock", JOB_NET, "clock.check", json_object(), BAD);
	} else {
		row(&k, BAD, "config", "no configuration: --config FILE or /etc/tramky/tramky.yaml");
	}
	if (env->json) {
		AUTO(mem_free) char *text = json_text(k.rows);
		puts(text);
	}
	json_decref(k.rows);
	return k.bad ? 1 : 0;
}

int cmd_screens(int argc, char **argv, const struct command_env *env)
{
	(void)env;
	if (argc != 2 || strcmp(argv[1], "check") != 0)
		return command_usage("tramky screens check\n");
	int faults = screens_check(wizard_screens());
	printf("%d\n", faults);
	return faults ? 1 : 0;
}

/* ---- sync: the outbox without a screen -------------------------------------------------------------------------------- */
static int send_row(const struct command_env *env, const char *key)
{
	AUTO(json_release) json_t *which = json_pack("{s:s}", "key", key);
	AUTO(job_message_clear) struct job_message row_ = { 0 };
	AUTO(job_message_clear) struct job_message sent = { 0 };
	AUTO(job_message_clear) struct job_message noted = { 0 };
	struct err e = { 0 };

	if (job_run(env->config, JOB_STORE, 0, "outbox.load", which, NULL, 0, &row_, NULL, NULL, &e) < 0)
		return command_failed(env, &e);
	int rc = job_run(env->config, JOB_NET, 0, "portal.send", json_at(row_.body, "body"), row_.fds, row_.nfds, &sent, NULL, NULL, &e);
	AUTO(json_release) json_t *note = rc == 0 ? json_pack("{s:s,s:s}", "key", key, "code", json_str(sent.body, "code", ""))
	                                          : json_pack("{s:s,s:s,s:i}", "key", key, "reason", err_id(e.kind), "again_in", 120);
	if (rc < 0)
		command_failed(env, &e);
	else
		printf("%s\n", json_str(sent.body, "code", ""));
	job_run(env->config, JOB_STORE, 0, rc == 0 ? "outbox.sent" : "outbox.failed", note, NULL, 0, &noted, NULL, NULL, &noted.err);
	return rc == 0 ? 0 : err_exit_code(e.kind);
}

static int sync_once(const struct command_env *env)
{
	AUTO(json_release) json_t *none = json_object();
	AUTO(job_message_clear) struct job_message m = { 0 };
	struct err e = { 0 };
	int code = 0;

	if (job_run(env->config, JOB_STORE, 0, "outbox.list", none, NULL, 0, &m, NULL, NULL, &e) < 0)
		return command_failed(env, &e);
	for (size_t i = 0; i < json_array_size(json_at(m.body, "waiting")); i++) {
		int rc = send_row(env, json_str(json_array_get(json_at(m.body, "waiting"), i), "key", ""));
		code = rc ? rc : code;
	}
	int rc = complete_waiting(env);
	return rc ? rc : code;
}

int cmd_sync(int argc, char **argv, const struct command_env *env)
{
	bool once = argc == 2 && strcmp(argv[1], "--once") == 0;

	if (argc > 2 || (argc == 2 && !once))
		return command_usage("tramky sync [--once]\n");
	for (;;) {
		int rc = sync_once(env);
		if (once)
			return rc;
		sleep(120);
	}
}
