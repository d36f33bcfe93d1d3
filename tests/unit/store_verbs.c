/* The verbs through a real helper behind its walls. This program copies itself as libexec/tramky-store of a folder of its
 * own, so that job_start() finds it as it finds the real one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/job.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/verbs.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PERSON "000000000017"

static struct config *config;

static struct job *begin(void)
{
	struct err e = { 0 };
	struct job *j = job_start(config, JOB_STORE, JOB_RESIDENT, "store.ping", NULL, NULL, 0, &e);
	if (!j)
		fail_msg("job_start: %s", e.cause);
	return j;
}

static enum job_event next(struct job *j, struct job_message *m)
{
	for (;;) {
		enum job_event event = job_read(j, m);
		if (event != JOB_NOTHING)
			return event;
		struct pollfd p = { .fd = job_fd(j), .events = POLLIN };
		poll(&p, 1, job_deadline(j));
		job_tick(j);
	}
}

/* One request and its answer; args is taken. */
static enum job_event ask(struct job *j, const char *verb, json_t *args, const int *fds, size_t nfds, struct job_message *m)
{
	AUTO(json_release) json_t *own = args;
	struct err e = { 0 };
	long id = job_send(j, verb, own, fds, nfds, &e);
	if (id < 0)
		fail_msg("%s: %s", verb, e.cause);
	for (;;) {
		enum job_event event = next(j, m);
		if (event == JOB_DIED || m->id == id)
			return event;
		job_message_clear(m);
	}
}

static void expect(struct job *j, const char *verb, json_t *args, const int *fds, size_t nfds, struct job_message *m)
{
	if (ask(j, verb, args, fds, nfds, m) != JOB_RESULT)
		fail_msg("%s: %s %s", verb, err_id(m->err.kind), m->err.cause);
}

static void drafts_through_the_helper(void **state)
{
	(void)state;
	struct job *j = begin();
	struct err e = { 0 };
	AUTO(job_message_clear) struct job_message saved = { 0 }, list = { 0 }, loaded = { 0 }, dropped = { 0 }, gone = { 0 };
	AUTO(fd_close) int fd = fd_memfd("paper", &e);
	AUTO(buf_free) struct buf text = { 0 };
	time_t at;
	assert_int_equal(fd_write_all(fd, "paper", 5, &e), 0);
	expect(j, "draft.save", json_pack("{s:s,s:s,s:s,s:b,s:{s:i},s:[s,s]}", "person", PERSON, "draft", "d", "title", "Khai sinh", "pending", 1,
		"body", "n", 4, "files", "a", "b"), (int[]){ fd, fd }, 2, &saved);
	assert_true(clock_parse(json_str(saved.body, "saved_at", ""), &at));
	expect(j, "draft.list", json_pack("{s:s}", "person", PERSON), NULL, 0, &list);
	assert_string_equal(json_str(list.body, "drafts.0.title", ""), "Khai sinh");
	assert_true(json_is(list.body, "drafts.0.pending"));
	job_free(j);
	/* the helper was killed: another one finds all */
	j = begin();
	expect(j, "draft.load", json_pack("{s:s,s:s}", "person", PERSON, "draft", "d"), NULL, 0, &loaded);
	assert_int_equal(json_int(loaded.body, "body.n", 0), 4);
	assert_int_equal(loaded.nfds, 2);
	assert_string_equal(json_str(loaded.body, "files.0", ""), "b");
	assert_int_equal(fd_read_all(loaded.fds[1], &text, 100, &e), 0);
	assert_string_equal(text.p, "paper");
	expect(j, "draft.drop", json_pack("{s:s,s:s}", "person", PERSON, "draft", "d"), NULL, 0, &dropped);
	assert_int_equal(ask(j, "draft.load", json_pack("{s:s,s:s}", "person", PERSON, "draft", "d"), NULL, 0, &gone), JOB_ERROR);
	assert_int_equal(gone.err.kind, ERR_NOT_FOUND);
	job_free(j);
}

static void a_delivery_through_the_helper(void **state)
{
	(void)state;
	struct job *j = begin();
	struct err e = { 0 };
	AUTO(job_message_clear) struct job_message added = { 0 }, again = { 0 }, list = { 0 }, loaded = { 0 }, failed = { 0 }, sent = { 0 }, empty = { 0 };
	AUTO(fd_close) int one = fd_memfd("one", &e), two = fd_memfd("two", &e);
	AUTO(buf_free) struct buf text = { 0 };
	assert_int_equal(fd_write_all(one, "first", 5, &e) + fd_write_all(two, "second", 6, &e), 0);
	expect(j, "outbox.add", json_pack("{s:s,s:{s:i},s:[s,s]}", "key", "k", "body", "n", 1, "files", "x.pdf", "x.pdf"), (int[]){ one, two }, 2, &added);
	expect(j, "outbox.add", json_pack("{s:s,s:{s:i},s:[]}", "key", "k", "body", "n", 2, "files"), NULL, 0, &again);
	assert_int_equal(json_int(added.body, "row", -1), json_int(again.body, "row", -2));
	expect(j, "outbox.failed", json_pack("{s:s,s:s,s:i}", "key", "k", "reason", "no-network", "again_in", 60), NULL, 0, &failed);
	expect(j, "outbox.list", NULL, NULL, 0, &list);
	assert_string_equal(json_str(list.body, "waiting.0.key", ""), "k");
	assert_int_equal(json_int(list.body, "waiting.0.tries", 0), 1);
	expect(j, "outbox.load", json_pack("{s:s}", "key", "k"), NULL, 0, &loaded);
	assert_int_equal(json_int(loaded.body, "body.n", 0), 1);
	assert_int_equal(loaded.nfds, 2);
	assert_int_equal(fd_read_all(loaded.fds[0], &text, 100, &e), 0);
	assert_string_equal(text.p, "first");
	expect(j, "outbox.sent", json_pack("{s:s,s:s}", "key", "k", "code", "H01-1"), NULL, 0, &sent);
	expect(j, "outbox.list", NULL, NULL, 0, &empty);
	assert_int_equal(json_array_size(json_at(empty.body, "waiting")), 0);
	job_free(j);
}

static void history_through_the_helper(void **state)
{
	(void)state;
	struct job *j = begin();
	for (int i = 1; i <= 3; i++) {
		AUTO(job_message_clear) struct job_message m = { 0 };
		expect(j, "history.add", json_pack("{s:{s:s,s:i}}", "entry", "dossier", "d", "i", i), NULL, 0, &m);
		assert_int_equal(json_int(m.body, "row", 0), i);
	}
	AUTO(job_message_clear) struct job_message list = { 0 }, whole = { 0 }, ping = { 0 };
	expect(j, "history.list", json_pack("{s:s}", "dossier", "d"), NULL, 0, &list);
	assert_int_equal(json_int(list.body, "entries.2.i", 0), 3);
	expect(j, "history.verify", NULL, NULL, 0, &whole);
	assert_int_equal(json_int(whole.body, "rows", 0), 3);
	expect(j, "store.ping", NULL, NULL, 0, &ping);
	assert_true(json_int(ping.body, "rows", 0) >= 3);
	job_free(j);
}

static void a_request_without_its_arguments_is_an_error(void **state)
{
	static const char *const verbs[] = { "draft.save", "draft.list", "draft.load", "draft.drop", "outbox.add", "outbox.load", "outbox.sent",
		"outbox.failed", "history.add" };
	(void)state;
	struct job *j = begin();
	for (size_t i = 0; i < COUNT(verbs); i++) {
		AUTO(job_message_clear) struct job_message m = { 0 };
		assert_int_equal(ask(j, verbs[i], json_object(), NULL, 0, &m), JOB_ERROR);
		assert_int_equal(m.err.kind, ERR_USAGE);
	}
	AUTO(job_message_clear) struct job_message m = { 0 };
	assert_int_equal(ask(j, "draft.save", json_pack("{s:s,s:s,s:{},s:[s]}", "person", PERSON, "draft", "d", "body", "files", "a"), NULL, 0, &m),
		JOB_ERROR);
	assert_int_equal(m.err.kind, ERR_USAGE);
	job_free(j);
}

/* The helper that the screen talks to is killed while saves are under way; the next one has all that was answered. */
static void a_killed_helper_loses_nothing_that_was_answered(void **state)
{
	enum { ROUNDS = 20 };
	unsigned seed = (unsigned)time(NULL);
	int told = 0, sent = 0;
	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct job *j = begin();
		struct err e = { 0 };
		int stop = 1 + rand_r(&seed) % 12, answers = 0;
		for (;;) {
			AUTO(job_message_clear) struct job_message m = { 0 };
			AUTO(json_release) json_t *args = json_pack("{s:s,s:s,s:{s:i}}", "person", PERSON, "draft", "k", "body", "n", ++sent);
			if (job_send(j, "draft.save", args, NULL, 0, &e) < 0)
				break;
			enum job_event event = next(j, &m);
			if (event == JOB_DIED)
				break;
			assert_int_equal(event, JOB_RESULT);
			/* ids: 1 is the ping, then one a save of this helper */
			if (m.id > 1)
				told = sent - (int)(job_last_id(j) - m.id);
			if (++answers == stop)
				kill(job_pid(j), SIGKILL);
		}
		job_free(j);
		j = begin();
		AUTO(job_message_clear) struct job_message m = { 0 };
		enum job_event event = ask(j, "draft.load", json_pack("{s:s,s:s}", "person", PERSON, "draft", "k"), NULL, 0, &m);
		if (told > 0) {
			assert_int_equal(event, JOB_RESULT);
			assert_in_range(json_int(m.body, "body.n", 0), told, sent);
		}
		job_free(j);
	}
	assert_true(told > ROUNDS);
	print_message("%d kills, %d answered, 0 lost\n", ROUNDS, told);
}

/* ---- the place it runs from ------------------------------------------------------------------------------------------- */

static char *copy_self(const char *dir, const char *name)
{
	struct err e = { 0 };
	AUTO(fd_close) int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char *path = mem_printf("%s/%s", dir, name);
	if (self < 0 || file_replace_fd(path, self, 0700, &e) < 0)
		fail_msg("copy: %s", e.cause);
	return path;
}

static int run_from(char *dir)
{
	struct err e = { 0 };

	if (!mkdtemp(dir))
		return 1;
	AUTO(mem_free) char *libexec = mem_printf("%s/libexec", dir);
	if (file_mkdirs(libexec, 0700, &e) < 0)
		return 1;
	AUTO(mem_free) char *helper = copy_self(libexec, "tramky-store");
	AUTO(mem_free) char *test = copy_self(dir, "store_verbs");
	pid_t pid = helper ? fork() : -1;
	if (pid == 0) {
		execl(test, test, dir, NULL);
		_exit(127);
	}
	int status = 0;
	waitpid(pid, &status, 0);
	AUTO(mem_free) char *clean = mem_printf("rm -rf '%s'", dir);
	return system(clean) == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(drafts_through_the_helper),
		cmocka_unit_test(a_delivery_through_the_helper),
		cmocka_unit_test(history_through_the_helper),
		cmocka_unit_test(a_request_without_its_arguments_is_an_error),
		cmocka_unit_test(a_killed_helper_loses_nothing_that_was_answered),
	};
	char dir[] = "/tmp/tramky-verbs-XXXXXX";
	struct err e = { 0 };

	if (strstr(argv[0], "/libexec/tramky-store"))
		return job_main(argc, argv, JOB_STORE, store_verbs, store_verb_count);
	if (argc < 2)
		return run_from(dir);
	alarm(120);
	AUTO(mem_free) char *file = mem_printf("%s/tramky.yaml", argv[1]);
	static const char text[] = "sandbox: true\ndata: data\nsession: session\n";
	if (file_replace(file, text, sizeof text - 1, 0600, &e) < 0 || !(config = config_load(file, NULL, &e))) {
		fprintf(stderr, "%s\n", e.cause);
		return 1;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	config_free(config);
	return failed;
}
