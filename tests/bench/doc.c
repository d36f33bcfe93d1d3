#include "bench/bench.h"

#include "base/config.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A resident document helper behind its walls, as warm as a counter keeps it; times are from request to answer. */
enum { ROUNDS_MAX = 200 };

struct warm {
	const struct config *config;
	struct job *job;
	struct err err;
	int file, key;
	const char *password;
	json_t *who;                    /* {"certificate","chain"} */
	double inspect[ROUNDS_MAX], prepare[ROUNDS_MAX], cms[ROUNDS_MAX], embed[ROUNDS_MAX], verify[ROUNDS_MAX], both[ROUNDS_MAX];
	long long added;                /* bytes besides the hole */
};

/* One request and its answer; args are taken. 0 or -1 with w->err. */
static int ask(struct warm *w, const char *verb, json_t *args, int fd, struct job_message *m, double *ms)
{
	double began = bench_ms();
	int rc = job_run_on(&w->job, w->config, JOB_DOC, verb, args, &fd, fd >= 0, m, &w->err);

	*ms = bench_ms() - began;
	json_decref(args);
	return rc;
}

static json_t *kept(const json_t *j, const char *path)
{
	json_t *v = json_at(j, path);

	return v ? json_incref(v) : json_null();
}

static int sign_once(struct warm *w, int sealed, size_t i)
{
	AUTO(job_message_clear) struct job_message made = { 0 }, raw = { 0 }, cms = { 0 }, done = { 0 };
	double unused;
	struct stat before, after;
	json_t *how = json_pack("{s:{s:i,s:i,s:i,s:i,s:i},s:o,s:o,s:[s,s],s:s}", "place", "page", 1, "x", 60, "y", 60, "w", 170, "h", 60,
	                        "certificate", kept(w->who, "certificate"), "chain", kept(w->who, "chain"), "show", "name", "time", "level", "B-B");

	if (ask(w, "doc.prepare", how, sealed, &made, &w->prepare[i]))
		return -1;
	AUTO(fd_close) int prepared = job_take_fd(&made, 0);
	if (ask(w, "doc.keyfile", json_pack("{s:s,s:o}", "password", w->password, "hash", kept(made.body, "hash")), w->key, &raw, &unused) ||
	    ask(w, "doc.cms", json_pack("{s:o,s:o}", "half", kept(made.body, "half"), "signature", kept(raw.body, "signature")), -1, &cms, &w->cms[i]) ||
	    ask(w, "doc.embed", json_pack("{s:o,s:o}", "hole", kept(made.body, "hole"), "cms", kept(cms.body, "cms")), prepared, &done, &w->embed[i]))
		return -1;
	AUTO(fd_close) int out = job_take_fd(&done, 0);
	if (fstat(sealed, &before) < 0 || fstat(out, &after) < 0)
		return -1;
	w->added = (long long)(after.st_size - before.st_size) - json_int(made.body, "hole.contents_len", 0);
	w->both[i] = w->prepare[i] + w->embed[i];
	AUTO(job_message_clear) struct job_message verdict = { 0 };
	return ask(w, "doc.verify", json_object(), out, &verdict, &w->verify[i]);
}

static int verify_once(struct warm *w, size_t i)
{
	AUTO(job_message_clear) struct job_message verdict = { 0 };

	return ask(w, "doc.verify", json_object(), w->file, &verdict, &w->verify[i]);
}

static int rounds_of(struct warm *w, size_t rounds)
{
	for (size_t i = 0; i < rounds; i++) {
		if (!w->password) {
			if (verify_once(w, i))
				return -1;
			continue;
		}
		AUTO(job_message_clear) struct job_message seen = { 0 };
		if (ask(w, "doc.inspect", json_object(), w->file, &seen, &w->inspect[i]))
			return -1;
		AUTO(fd_close) int sealed = job_take_fd(&seen, 0);
		if (sign_once(w, sealed, i))
			return -1;
	}
	return 0;
}

static int whose_key(struct warm *w, const char *key, const char *password_file, char *password, size_t room)
{
	AUTO(fd_close) int fd = open(password_file, O_RDONLY | O_CLOEXEC);
	AUTO(job_message_clear) struct job_message m = { 0 };
	ssize_t n = fd < 0 ? -1 : read(fd, password, room - 1);
	double unused;

	w->key = open(key, O_RDONLY | O_CLOEXEC);
	if (n < 0 || w->key < 0)
		return -1;
	password[n] = '\0';
	password[strcspn(password, "\r\n")] = '\0';
	w->password = password;
	if (ask(w, "doc.keyfile", json_pack("{s:s}", "password", password), w->key, &m, &unused))
		return -1;
	w->who = json_incref(m.body);
	return 0;
}

/* doc CONFIG FILE ROUNDS [KEY.p12 PASSWORD-FILE]: without a key only doc.verify. */
int bench_doc(int argc, char **argv)
{
	struct warm *w = mem_alloc(sizeof *w);
	char password[256];
	struct err e = { 0 };

	if (argc != 4 && argc != 6)
		return 2;
	AUTO(config_release) struct config *c = config_load(argv[1], NULL, &e);
	size_t n = (size_t)strtoul(argv[3], NULL, 10);
	n = n < 1 ? 1 : n > ROUNDS_MAX ? ROUNDS_MAX : n;
	w->config = c;
	w->key = -1;
	w->file = open(argv[2], O_RDONLY | O_CLOEXEC);
	int rc = !c || w->file < 0 || (argc == 6 && whose_key(w, argv[4], argv[5], password, sizeof password)) || rounds_of(w, n);
	if (rc)
		fprintf(stderr, "doc: %s %s\n", e.cause, w->err.cause);
	else if (argc == 6)
		printf("{\"inspect_ms\":%.3f,\"prepare_ms\":%.3f,\"cms_ms\":%.3f,\"embed_ms\":%.3f,\"both_ms\":%.3f,\"verify_ms\":%.3f,\"added\":%lld}\n",
		       bench_median(w->inspect, n), bench_median(w->prepare, n), bench_median(w->cms, n), bench_median(w->embed, n),
		       bench_median(w->both, n), bench_median(w->verify, n), w->added);
	else
		printf("{\"verify_ms\":%.3f}\n", bench_median(w->verify, n));
	job_free(w->job);
	json_decref(w->who);
	fd_close(&w->file);
	fd_close(&w->key);
	free(w);
	return rc ? 70 : 0;
}
