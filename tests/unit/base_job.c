/* Jobs, parent and helper. This program is its own helper: it copies itself as libexec/tramky-doc of a folder of its own
 * and runs from there, so that job_start() finds it as it finds the real ones. */
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

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the helper ------------------------------------------------------------------------------------------------- */

static int verb_echo(struct job_call *call, struct err *e)
{
	(void)e;
	json_object_set(call->result, "args", (json_t *)call->args);
	return 0;
}

static int verb_twice(struct job_call *call, struct err *e)
{
	AUTO(buf_free) struct buf text = { 0 };
	int in = call_fd(call, 0, e);

	if (in < 0 || fd_read_all(in, &text, 1 << 20, e) < 0)
		return -1;
	AUTO(fd_close) int out = fd_memfd("out", e);
	if (out < 0 || fd_write_all(out, text.p, text.n, e) < 0 || fd_write_all(out, text.p, text.n, e) < 0)
		return -1;
	json_object_set_new(call->result, "fd", json_integer(call_give_fd(call, out)));
	return 0;
}

static int verb_steps(struct job_call *call, struct err *e)
{
	(void)e;
	for (long i = 1; i <= 3; i++)
		call_progress(call, i, 3, "step");
	return 0;
}

static int verb_fails(struct job_call *call, struct err *e)
{
	(void)call;
	err_set(e, ERR_NOT_PDF, "no header \xff here");
	return err_reason(e, "pdf.header");
}

/* Says something, then dies as told: what it said must arrive first. */
static int verb_dies(struct job_call *call, struct err *e)
{
	(void)e;
	call_progress(call, 1, 1, "last words");
	int sig = (int)json_int(call->args, "signal", 0);
	if (sig) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
	_exit((int)json_int(call->args, "exit", 0));
}

static int verb_waits(struct job_call *call, struct err *e)
{
	struct pollfd p = { .fd = call_cancel_fd(call), .events = POLLIN };

	call_progress(call, 0, 0, "waiting");
	while (!call_cancelled(call))
		if (poll(&p, 1, -1) == 1 && !call_cancelled(call))
			call_progress(call, 0, 0, "woken for nothing");
	return err_set(e, ERR_CANCELLED, "asked to stop");
}

static int verb_deaf(struct job_call *call, struct err *e)
{
	call_progress(call, 0, 0, "deaf");
	while (json_is_object(call->args))
		pause();
	return err_set(e, ERR_USAGE, "no arguments");
}

static int verb_big(struct job_call *call, struct err *e)
{
	(void)e;
	size_t n = (size_t)json_int(call->args, "n", 0);
	AUTO(mem_free) char *text = mem_alloc(n + 1);
	memset(text, 'x', n);
	json_object_set_new(call->result, "text", json_string(text));
	return 0;
}

static int verb_about(struct job_call *call, struct err *e)
{
	(void)e;
	struct rlimit cpu;
	int fds = 0;
	for (int fd = 0; fd < 200; fd++)
		fds += fcntl(fd, F_GETFD) >= 0;
	getrlimit(RLIMIT_CPU, &cpu);
	json_object_set_new(call->result, "fds", json_integer(fds));
	json_object_set_new(call->result, "group", json_integer(getpgid(0)));
	json_object_set_new(call->result, "pid", json_integer(getpid()));
	json_object_set_new(call->result, "proxy", json_boolean(getenv("http_proxy") != NULL));
	json_object_set_new(call->result, "home", json_boolean(getenv("HOME") != NULL));
	json_object_set_new(call->result, "tty", json_boolean(isatty(0) || isatty(1) || isatty(2)));
	json_object_set_new(call->result, "cpu", json_integer((long long)cpu.rlim_cur));
	return 0;
}

/* Goes on when the screen is gone: fd0 is told when the parent let go, then when the verb is through. */
static int verb_outlives(struct job_call *call, struct err *e)
{
	int out = call_fd(call, 0, e), start = call_fd(call, 1, e);
	char byte;

	if (out < 0 || start < 0)
		return -1;
	call_progress(call, 0, 0, "submitted");
	while (read(start, &byte, 1) < 0 && errno == EINTR)
		;
	call_progress(call, 0, 0, "nobody reads this");
	return write(out, call_cancelled(call) ? "stopped" : "through", 7) == 7 ? 0 : -1;
}

static const struct job_verb verbs[] = {
	{ "echo", verb_echo }, { "twice", verb_twice }, { "steps", verb_steps }, { "fails", verb_fails },
	{ "dies", verb_dies }, { "waits", verb_waits }, { "deaf", verb_deaf }, { "big", verb_big },
	{ "about", verb_about }, { "outlives", verb_outlives },
};

/* ---- the parent ---------------------------------------------------------------------------------------------------- */

static struct config *config;

static struct job *start(unsigned flags, const char *verb, json_t *args, const int *fds, size_t nfds)
{
	AUTO(json_release) json_t *own = args;
	struct err e = { 0 };
	struct job *j = job_start(config, JOB_DOC, flags, verb, own, fds, nfds, &e);

	if (!j)
		fail_msg("job_start: %s", e.cause);
	return j;
}

/* No kill after 200 ms: what a helper does by itself is seen however slow the machine is just now. */
static bool patient;

/* The next event, waiting for it as the loop of the screen does; a test that hangs is ended by alarm(). */
static enum job_event next(struct job *j, struct job_message *m)
{
	for (;;) {
		enum job_event event = job_read(j, m);
		if (event != JOB_NOTHING)
			return event;
		struct pollfd p = { .fd = job_fd(j), .events = POLLIN };
		poll(&p, 1, patient ? -1 : job_deadline(j));
		if (!patient)
			job_tick(j);
	}
}

static bool is_progress(struct job *j, const char *text)
{
	AUTO(job_message_clear) struct job_message m;
	return next(j, &m) == JOB_PROGRESS && strcmp(json_str(m.body, "text", ""), text) == 0;
}

static void answers_what_was_asked(void **state)
{
	(void)state;
	AUTO(job_message_clear) struct job_message m;
	struct job *j = start(0, "echo", json_pack("{s:s}", "word", "xin chào"), NULL, 0);
	assert_int_equal(next(j, &m), JOB_RESULT);
	assert_int_equal(m.id, 1);
	assert_string_equal(json_str(m.body, "args.word", ""), "xin chào");
	job_free(j);
}

static void descriptors_go_both_ways(void **state)
{
	(void)state;
	AUTO(job_message_clear) struct job_message m;
	AUTO(buf_free) struct buf got = { 0 };
	struct err e = { 0 };
	AUTO(fd_close) int fd = fd_memfd("in", &e);
	assert_int_equal(fd_write_all(fd, "abc", 3, &e), 0);
	struct job *j = start(0, "twice", NULL, &fd, 1);
	assert_int_equal(next(j, &m), JOB_RESULT);
	assert_int_equal(m.nfds, 1);
	AUTO(fd_close) int back = job_take_fd(&m, 0);
	assert_true(fcntl(back, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(job_take_fd(&m, 1), -1);
	assert_int_equal(fd_read_all(back, &got, 100, &e), 0);
	assert_string_equal(got.p, "abcabc");
	job_free(j);
}

static void progress_comes_in_order(void **state)
{
	(void)state;
	struct job *j = start(0, "steps", NULL, NULL, 0);
	for (int i = 1; i <= 3; i++) {
		AUTO(job_message_clear) struct job_message m;
		assert_int_equal(next(j, &m), JOB_PROGRESS);
		assert_int_equal(json_int(m.body, "n", 0), i);
	}
	AUTO(job_message_clear) struct job_message m;
	assert_int_equal(next(j, &m), JOB_RESULT);
	job_free(j);
}

static void an_error_keeps_kind_and_reason(void **state)
{
	(void)state;
	AUTO(job_message_clear) struct job_message m;
	struct job *j = start(0, "fails", NULL, NULL, 0);
	assert_int_equal(next(j, &m), JOB_ERROR);
	assert_int_equal(m.err.kind, ERR_NOT_PDF);
	assert_string_equal(m.err.reason, "pdf.header");
	job_free(j);
	AUTO(job_message_clear) struct job_message none;
	j = start(0, "no-such-verb", NULL, NULL, 0);
	assert_int_equal(next(j, &none), JOB_ERROR);
	assert_int_equal(none.err.kind, ERR_USAGE);
	job_free(j);
}

static void bodies_of_every_size_arrive(void **state)
{
	static const size_t sizes[] = { 100, 60 * 1024 - 30, 60 * 1024, 64 * 1024, 1 << 20, 15 << 20 };
	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		AUTO(job_message_clear) struct job_message m;
		AUTO(mem_free) char *text = mem_alloc(sizes[i] + 1);
		memset(text, 'y', sizes[i]);
		struct job *j = start(JOB_RESIDENT, "big", json_pack("{s:I,s:s}", "n", (json_int_t)sizes[i], "in", text), NULL, 0);
		assert_int_equal(next(j, &m), JOB_RESULT);
		assert_int_equal(strlen(json_str(m.body, "text", "")), sizes[i]);
		assert_int_equal(m.nfds, 0);
		job_free(j);
	}
	/* Over the limit: an end that is told, not a request without one. */
	struct job *j = start(0, "big", json_pack("{s:i}", "n", 17 << 20), NULL, 0);
	AUTO(job_message_clear) struct job_message m;
	assert_int_equal(next(j, &m), JOB_DIED);
	job_free(j);
}

/* Waits until the process is dead and leaves it in the table. */
static void await_death(const struct job *j)
{
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)job_pid(j), &info, WEXITED | WNOWAIT), 0);
}

static void dies_once(const char *how, int number, const char *cause, const char *reason)
{
	AUTO(job_message_clear) struct job_message m, after;
	struct job *j = start(0, "dies", json_pack("{s:i}", how, number), NULL, 0);

	await_death(j);
	assert_true(is_progress(j, "last words"));
	assert_int_equal(next(j, &m), JOB_DIED);
	assert_int_equal(m.id, 1);
	assert_non_null(strstr(m.err.cause, cause));
	assert_string_equal(m.err.reason, reason);
	for (int i = 0; i < 3; i++)
		assert_int_equal(job_read(j, &after), JOB_NOTHING);
	/* and the loop of the screen does not spin on it */
	struct pollfd p = { .fd = job_fd(j), .events = POLLIN };
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(waitpid(job_pid(j), NULL, WNOHANG), -1);
	job_free(j);
}

static void a_death_is_told_once_after_the_last_words(void **state)
{
	(void)state;
	dies_once("signal", SIGKILL, "signal KILL", "job.signal");
	dies_once("signal", SIGTERM, "signal TERM", "job.signal");
	dies_once("exit", 0, "exit code 0", "job.exit");
	dies_once("exit", 70, "exit code 70", "job.exit");
}

static void a_kill_from_outside_is_a_death(void **state)
{
	(void)state;
	AUTO(job_message_clear) struct job_message m;
	struct job *j = start(JOB_RESIDENT, "deaf", NULL, NULL, 0);
	struct pollfd p = { .fd = job_fd(j), .events = POLLIN };
	assert_int_equal(poll(&p, 1, -1), 1);
	/* requests that it never reads: the kernel then reports a reset, which must not hide what was said before */
	struct err e = { 0 };
	for (int i = 0; i < 100; i++)
		assert_true(job_send(j, "echo", NULL, NULL, 0, &e) > 0);
	kill(job_pid(j), SIGKILL);
	await_death(j);
	assert_true(is_progress(j, "deaf"));
	assert_int_equal(next(j, &m), JOB_DIED);
	assert_int_equal(m.id, 101);
	assert_int_equal(job_send(j, "echo", NULL, NULL, 0, &e), -1);
	job_free(j);
}

static void one_task_that_answered_ends_silently(void **state)
{
	(void)state;
	AUTO(job_message_clear) struct job_message m, after;
	struct job *j = start(0, "echo", NULL, NULL, 0);
	struct err e = { 0 };
	assert_int_equal(job_send(j, "echo", NULL, NULL, 0, &e), -1);
	assert_int_equal(next(j, &m), JOB_RESULT);
	kill(job_pid(j), SIGKILL);
	struct pollfd p = { .fd = job_fd(j), .events = POLLIN };
	assert_int_equal(poll(&p, 1, -1), 1);
	while (poll(&p, 1, 0) > 0)
		assert_int_equal(job_read(j, &after), JOB_NOTHING);
	job_free(j);
}

static void a_resident_job_answers_a_long_queue(void **state)
{
	enum { N = 250 };
	(void)state;
	AUTO(mem_free) char *text = mem_alloc(50001);
	memset(text, 'q', 50000);
	AUTO(json_release) json_t *args = json_pack("{s:s}", "text", text);
	struct err e = { 0 };
	struct job *j = start(JOB_RESIDENT, "echo", json_incref(args), NULL, 0);
	/* far more than a socket holds: nothing is lost, nothing blocks */
	for (int i = 1; i < N; i++)
		assert_int_equal(job_send(j, "echo", args, NULL, 0, &e), i + 1);
	for (int i = 1; i <= N; i++) {
		AUTO(job_message_clear) struct job_message m;
		assert_int_equal(next(j, &m), JOB_RESULT);
		assert_int_equal(m.id, i);
		assert_int_equal(strlen(json_str(m.body, "args.text", "")), 50000);
	}
	job_free(j);
}

static void cancel_reaches_a_running_verb_behind_other_requests(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct job *j = start(JOB_RESIDENT, "waits", NULL, NULL, 0);
	patient = true;
	assert_true(is_progress(j, "waiting"));
	assert_int_equal(job_send(j, "echo", NULL, NULL, 0, &e), 2);
	job_cancel(j);
	assert_true(job_deadline(j) >= 0);
	for (int i = 1; i <= 2; i++) {
		AUTO(job_message_clear) struct job_message m;
		assert_int_equal(next(j, &m), JOB_ERROR);
		assert_int_equal(m.id, i);
		assert_int_equal(m.err.kind, ERR_CANCELLED);
	}
	/* it stopped by itself, so it is not killed, and the next request is not taken for a cancelled one */
	assert_int_equal(job_deadline(j), -1);
	assert_int_equal(job_send(j, "waits", NULL, NULL, 0, &e), 3);
	assert_true(is_progress(j, "waiting"));
	AUTO(job_message_clear) struct job_message m;
	job_cancel(j);
	assert_int_equal(next(j, &m), JOB_ERROR);
	assert_int_equal(m.id, 3);
	patient = false;
	job_free(j);
}

static void a_deaf_job_is_killed(void **state)
{
	(void)state;
	AUTO(job_message_clear) struct job_message m;
	struct job *j = start(0, "deaf", NULL, NULL, 0);
	assert_true(is_progress(j, "deaf"));
	job_cancel(j);
	assert_int_equal(next(j, &m), JOB_DIED);
	assert_int_equal(m.err.kind, ERR_CANCELLED);
	assert_int_equal(job_deadline(j), -1);
	job_free(j);
}

static void a_helper_knows_little(void **state)
{
	(void)state;
	AUTO(job_message_clear) struct job_message m;
	AUTO(fd_close) int leak = open("/dev/null", O_RDONLY);    /* without O_CLOEXEC on purpose */
	assert_true(leak >= 0);
	setenv("http_proxy", "http://proxy.invalid/", 1);
	struct job *j = start(0, "about", NULL, NULL, 0);
	unsetenv("http_proxy");
	assert_int_equal(next(j, &m), JOB_RESULT);
	/* 0, 1, 2, the socket and the stop signal of the helper: the leak above is not there */
	assert_int_equal(json_int(m.body, "fds", 0), 5);
	assert_int_equal(json_int(m.body, "group", 0), json_int(m.body, "pid", -1));
	assert_int_equal(json_int(m.body, "pid", 0), job_pid(j));
	assert_false(json_is(m.body, "proxy"));
	assert_true(json_is(m.body, "home"));
	assert_false(json_is(m.body, "tty"));
	assert_in_range(json_int(m.body, "cpu", 0), 60, 120);
	job_free(j);
}

/* Forks a screen that starts a job and is then killed; `hold` keeps a pipe that the helper inherits as fd0. */
static pid_t screen_with_job(unsigned flags, const char *verb, const int *fds, size_t nfds, int ready)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	struct job *j = job_start(config, JOB_DOC, flags, verb, NULL, fds, nfds, NULL);
	struct job_message m;
	pid_t helper = j && next(j, &m) == JOB_PROGRESS ? job_pid(j) : -1;
	(void)!write(ready, &helper, sizeof helper);
	for (;;)
		pause();
}

static void a_helper_dies_with_the_screen(void **state)
{
	(void)state;
	int ready[2], held[2];
	pid_t helper = 0;
	char byte;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(held, O_CLOEXEC), 0);
	pid_t screen = screen_with_job(0, "deaf", &held[1], 1, ready[1]);
	assert_int_equal(read(ready[0], &helper, sizeof helper), sizeof helper);
	assert_true(helper > 0);
	close(held[1]);
	kill(screen, SIGKILL);
	waitpid(screen, NULL, 0);
	/* the helper holds the pipe's other end: its end is the pipe's end */
	assert_int_equal(read(held[0], &byte, 1), 0);
	close(held[0]);
	close(ready[0]);
	close(ready[1]);
}

static void waiting_for_a_signature_outlives_the_screen(void **state)
{
	(void)state;
	int ready[2], out[2], go[2];
	pid_t helper = 0;
	char told[8] = { 0 };
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid_t screen = screen_with_job(JOB_OUTLIVES, "outlives", (int[]){ out[1], go[0] }, 2, ready[1]);
	assert_int_equal(read(ready[0], &helper, sizeof helper), sizeof helper);
	assert_true(helper > 0);
	assert_int_equal(getsid(helper), helper);
	kill(screen, SIGKILL);
	waitpid(screen, NULL, 0);
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(read(out[0], told, 7), 7);
	assert_string_equal(told, "through");
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(out[i]);
		close(go[i]);
	}
}

static void an_outliving_job_is_left_alone_by_free(void **state)
{
	(void)state;
	int out[2], go[2];
	char told[8] = { 0 };
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	struct job *j = start(JOB_OUTLIVES, "outlives", NULL, (int[]){ out[1], go[0] }, 2);
	assert_true(is_progress(j, "submitted"));
	job_free(j);
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(read(out[0], told, 7), 7);
	assert_string_equal(told, "through");
	for (int i = 0; i < 2; i++) {
		close(out[i]);
		close(go[i]);
	}
}

static void count_progress(void *self, const json_t *p)
{
	*(long *)self += json_int(p, "n", 0);
}

static void job_run_pumps(void **state)
{
	(void)state;
	AUTO(job_message_clear) struct job_message m = { 0 }, none = { 0 };
	struct err e = { 0 };
	long sum = 0;
	assert_int_equal(job_run(config, JOB_DOC, 0, "steps", NULL, NULL, 0, &m, count_progress, &sum, &e), 0);
	assert_int_equal(sum, 6);
	assert_int_equal(job_run(config, JOB_DOC, 0, "fails", NULL, NULL, 0, &none, NULL, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_NOT_PDF);
}

/* One helper for request after request, also after an error; when it died the next request has a new one. */
static void job_run_on_keeps_its_helper(void **state)
{
	(void)state;
	struct job *kept = NULL;
	pid_t first = 0;

	for (int i = 0; i < 3; i++) {
		AUTO(job_message_clear) struct job_message m = { 0 }, none = { 0 };
		AUTO(json_release) json_t *args = json_pack("{s:i}", "n", i);
		struct err e = { 0 };
		assert_int_equal(job_run_on(&kept, config, JOB_DOC, "echo", args, NULL, 0, &m, &e), 0);
		assert_int_equal(json_int(m.body, "args.n", -1), i);
		first = first ? first : job_pid(kept);
		assert_int_equal(job_pid(kept), first);
		assert_int_equal(job_run_on(&kept, config, JOB_DOC, "fails", NULL, NULL, 0, &none, &e), -1);
		assert_int_equal(e.kind, ERR_NOT_PDF);
	}
	AUTO(job_message_clear) struct job_message gone = { 0 }, again = { 0 };
	AUTO(json_release) json_t *how = json_pack("{s:i}", "exit", 3);
	struct err e = { 0 };
	assert_int_equal(job_run_on(&kept, config, JOB_DOC, "dies", how, NULL, 0, &gone, &e), -1);
	assert_null(kept);
	assert_int_equal(job_run_on(&kept, config, JOB_DOC, "echo", NULL, NULL, 0, &again, &e), 0);
	assert_int_not_equal(job_pid(kept), first);
	job_free(kept);
}

static void interrupt_once(void *self, const json_t *p)
{
	(void)self;
	(void)p;
	job_interrupt();
}

static void ctrl_c_cancels_job_run(void **state)
{
	(void)state;
	AUTO(job_message_clear) struct job_message m = { 0 };
	struct err e = { 0 };
	assert_int_equal(job_run(config, JOB_DOC, 0, "waits", NULL, NULL, 0, &m, interrupt_once, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_CANCELLED);
}

static void a_missing_helper_is_an_error(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_null(job_start(config, JOB_SCAN, 0, "scan", NULL, NULL, 0, &e));
	assert_int_equal(e.kind, ERR_INTERNAL);
	int many[JOB_FDS_MAX + 1] = { 0 };
	assert_null(job_start(config, JOB_DOC, 0, "echo", NULL, many, COUNT(many), &e));
}

static void by_hand_it_says_what_it_is(void **state)
{
	(void)state;
	AUTO(mem_free) char *helper = path_libexec("tramky-doc");
	AUTO(mem_free) char *line = mem_printf("%s 2>&1 3<&-", helper);
	char text[200] = { 0 };
	FILE *p = popen(line, "r");
	assert_non_null(p);
	assert_non_null(fgets(text, sizeof text, p));
	assert_non_null(strstr(text, "tramky-doc"));
	while (fgets(text, sizeof text, p))
		;
	assert_int_equal(WEXITSTATUS(pclose(p)), 2);
}

/* ---- the place it runs from --------------------------------------------------------------------------------------- */

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
	AUTO(mem_free) char *helper = copy_self(libexec, "tramky-doc");
	AUTO(mem_free) char *test = copy_self(dir, "base_job");
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
		cmocka_unit_test(answers_what_was_asked),
		cmocka_unit_test(descriptors_go_both_ways),
		cmocka_unit_test(progress_comes_in_order),
		cmocka_unit_test(an_error_keeps_kind_and_reason),
		cmocka_unit_test(bodies_of_every_size_arrive),
		cmocka_unit_test(a_death_is_told_once_after_the_last_words),
		cmocka_unit_test(a_kill_from_outside_is_a_death),
		cmocka_unit_test(one_task_that_answered_ends_silently),
		cmocka_unit_test(a_resident_job_answers_a_long_queue),
		cmocka_unit_test(cancel_reaches_a_running_verb_behind_other_requests),
		cmocka_unit_test(a_deaf_job_is_killed),
		cmocka_unit_test(a_helper_knows_little),
		cmocka_unit_test(a_helper_dies_with_the_screen),
		cmocka_unit_test(waiting_for_a_signature_outlives_the_screen),
		cmocka_unit_test(an_outliving_job_is_left_alone_by_free),
		cmocka_unit_test(job_run_pumps),
		cmocka_unit_test(job_run_on_keeps_its_helper),
		cmocka_unit_test(ctrl_c_cancels_job_run),
		cmocka_unit_test(a_missing_helper_is_an_error),
		cmocka_unit_test(by_hand_it_says_what_it_is),
	};
	char dir[] = "/tmp/tramky-job-XXXXXX";
	struct err e = { 0 };

	if (strstr(argv[0], "/libexec/tramky-doc"))
		return job_main(argc, argv, JOB_DOC, verbs, COUNT(verbs));
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
