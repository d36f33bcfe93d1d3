/* Levels of files that are signed already: --upgrade, and the queue of files that could not get theirs. */
#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "main/sign.h"
#include "screen/screen.h"
#include "wizard/lasting.h"
#include "wizard/wizard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void drive(const struct command_env *env, struct lasting *l)
{
	struct work w;

	while (lasting_next(l, &w)) {
		AUTO(job_message_clear) struct job_message m = { 0 };
		struct err e = { 0 };
		int rc = sign_work(env, &w, &m, NULL, NULL, &e);
		work_clear(&w);
		m.err = e;
		lasting_answer(l, rc == 0 ? JOB_RESULT : JOB_ERROR, &m);
	}
}

/* A sealed copy of the file at `path`: what is checked is what is completed. */
static int sealed_copy(const struct command_env *env, const char *path, char sha256[65], struct err *e)
{
	AUTO(fd_close) int in = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(job_message_clear) struct job_message seen = { 0 };

	if (in < 0)
		return err_set(e, ERR_NO_FILE, "open: %s", strerror(errno));
	if (sign_doc(env, "doc.inspect", json_object(), in, &seen, e) < 0)
		return -1;
	snprintf(sha256, 65, "%s", json_str(seen.body, "sha256", ""));
	return job_take_fd(&seen, 0);
}

static void say(const struct command_env *env, const char *state, const char *out, const struct lasting *l)
{
	const struct err *e = lasting_err(l);

	if (env->json) {
		AUTO(json_release) json_t *j = json_pack("{s:s,s:s,s:s,s:s}", "state", state, "reason", e->kind ? *e->reason ? e->reason : err_id(e->kind) : "",
			"output", out, "level", lasting_level(l));
		AUTO(mem_free) char *text = json_text(j);
		puts(text);
	} else {
		printf("%s: %s (%s)\n", msg("sign.upgraded"), out, lasting_level(l));
	}
}

/* 0: the level is reached. A part of the way is kept too, with the exit code of what stopped it. */
int sign_upgrade(const struct command_env *env, const char *in, const char *out, const char *level)
{
	struct err e = { 0 };
	char sha256[65];
	AUTO(fd_close) int fd = sealed_copy(env, in, sha256, &e);

	if (fd < 0)
		return command_failed(env, &e);
	struct lasting *l = lasting_new(env->config, fd, NULL, level);
	drive(env, l);
	e = *lasting_err(l);
	bool gained = lasting_gained(l);
	if (gained && file_replace_fd(out, lasting_output(l), 0644, &e) == 0)
		say(env, e.kind ? "upgraded-in-part" : "upgraded", out, l);
	lasting_free(l);
	if (!e.kind)
		return 0;
	return command_failed(gained ? &(struct command_env){ .config = env->config } : env, &e);
}

/* ---- the queue ------------------------------------------------------------------------------------------------------------ */
static int store(const struct command_env *env, const char *verb, json_t *args, struct job_message *m, struct err *e)
{
	int rc = job_run(env->config, JOB_STORE, 0, verb, args, NULL, 0, m, NULL, NULL, e);
	json_decref(args);
	return rc;
}

bool sign_wait_for_level(const struct command_env *env, const char *path, const char *sha256, const char *level)
{
	char whole[PATH_MAX];
	AUTO(job_message_clear) struct job_message m = { 0 };
	struct err e = { 0 };

	if (!realpath(path, whole))
		return false;
	json_t *args = json_pack("{s:s,s:{s:s,s:s}}", "key", sha256, "body", "path", whole, "level", level);
	if (store(env, "completion.add", args, &m, &e) == 0)
		return true;
	log_err("completion", &e);
	return false;
}

static void done(const struct command_env *env, const char *key)
{
	AUTO(job_message_clear) struct job_message m = { 0 };
	struct err e = { 0 };

	if (store(env, "completion.done", json_pack("{s:s}", "key", key), &m, &e) < 0)
		log_err("completion", &e);
}

/* The file in its place is replaced only when it is still the one that was signed; one that is gone or another is nobody's
 * business any more. */
static int complete_one(const struct command_env *env, const char *key, const char *path, const char *level)
{
	struct err e = { 0 };
	char sha256[65] = "";
	AUTO(fd_close) int fd = sealed_copy(env, path, sha256, &e);

	if (fd < 0 || strcmp(sha256, key) != 0) {
		log_line("completion-gone", "%.8s", key);
		done(env, key);
		return 0;
	}
	struct lasting *l = lasting_new(env->config, fd, NULL, level);
	drive(env, l);
	e = *lasting_err(l);
	int rc = lasting_gained(l) ? file_replace_fd(path, lasting_output(l), 0644, &e) : -1;
	bool there = !e.kind || strcmp(e.reason, "upgrade.there-already") == 0;
	if (rc == 0)
		say(env, there ? "upgraded" : "upgraded-in-part", path, l);
	if (rc == 0 && !there)
		sign_wait_for_level(env, path, json_str(lasting_result(l), "sha256", ""), level);
	lasting_free(l);
	if (there || rc == 0 || e.kind == ERR_REJECTED)
		done(env, key);
	return there ? 0 : command_failed(&(struct command_env){ .config = env->config }, &e);
}

int complete_waiting(const struct command_env *env)
{
	AUTO(job_message_clear) struct job_message m = { 0 };
	struct err e = { 0 };
	int code = 0;

	if (store(env, "completion.list", json_object(), &m, &e) < 0)
		return command_failed(env, &e);
	const json_t *list = json_at(m.body, "kept");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		int rc = complete_one(env, json_str(one, "key", ""), json_str(one, "body.path", ""), json_str(one, "body.level", ""));
		code = rc ? rc : code;
	}
	return code;
}
