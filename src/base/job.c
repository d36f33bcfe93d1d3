#include "base/job.h"

#include "base/clock.h"
#include "base/job_spawn.h"
#include "base/job_wire.h"
#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILL_AFTER_MS = 200, QUEUE_MAX = 256, REAP_MS = 5, PUMP_MS = 250 };

struct job {
	enum job_kind kind;
	unsigned flags;
	pid_t pid;
	int sock;                        /* -1 once the far end is closed */
	int watch;                       /* epoll of socket and process: what job_fd() shows */
	int process;                     /* pidfd */
	long last_id;
	size_t waiting;                  /* requests without an answer yet */
	bool reaped, told, cancelled;
	int status;                      /* of waitpid(); -1: somebody else took it */
	int64_t kill_at;                 /* 0: no kill is due */
	struct wire_packet *queue, **queue_end;
	size_t queued;
};

/* Helpers that were let go before they ended: taken from the process table when somebody passes by. */
static pid_t left[64];
static size_t left_count;

static void reap_left(void)
{
	for (size_t i = 0; i < left_count;) {
		if (waitpid(left[i], NULL, WNOHANG) == 0)
			i++;
		else
			left[i] = left[--left_count];
	}
}

static void watch_socket(const struct job *j, int how, uint32_t events)
{
	struct epoll_event ev = { .events = events };

	if (j->sock >= 0)
		epoll_ctl(j->watch, how, j->sock, &ev);
}

static void close_socket(struct job *j)
{
	watch_socket(j, EPOLL_CTL_DEL, 0);
	fd_close(&j->sock);
}

static void kill_group(const struct job *j)
{
	if (j->reaped)
		return;
	kill(-j->pid, SIGKILL);
	kill(j->pid, SIGKILL);
}

/* True when the process is gone and taken from the table. Its children are ended first, while its number still is its. */
static bool reap(struct job *j)
{
	siginfo_t info = { 0 };

	if (j->reaped)
		return true;
	if (waitid(P_PID, (id_t)j->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
		if (info.si_pid == 0)
			return false;
		kill(-j->pid, SIGKILL);
		if (waitpid(j->pid, &j->status, WNOHANG) != j->pid)
			j->status = -1;
	} else {
		j->status = -1;
	}
	j->reaped = true;
	if (j->process >= 0)
		epoll_ctl(j->watch, EPOLL_CTL_DEL, j->process, NULL);
	return true;
}

static void flush(struct job *j)
{
	while (j->queue && j->sock >= 0) {
		struct wire_packet *p = j->queue;
		if (wire_send(j->sock, p) == WIRE_AGAIN)
			return;
		/* A closed socket loses the packet here; the reader finds the end and says so. */
		j->queue = p->next;
		j->queued--;
		wire_packet_free(p);
	}
	if (j->queue)
		return;
	j->queue_end = &j->queue;
	watch_socket(j, EPOLL_CTL_MOD, EPOLLIN);
}

static void enqueue(struct job *j, struct wire_packet *p)
{
	*j->queue_end = p;
	j->queue_end = &p->next;
	j->queued++;
	watch_socket(j, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	flush(j);
}

static long send_request(struct job *j, const char *verb, const json_t *args, const int *fds, size_t nfds,
                         struct err *e)
{
	AUTO(json_release) json_t *body = json_object();

	json_object_set_new(body, "id", json_integer(j->last_id + 1));
	json_object_set_new(body, "do", json_string(verb));
	json_object_set_new(body, "args", args ? json_incref((json_t *)args) : json_object());
	struct wire_packet *p = wire_pack(body, fds, nfds, e);
	if (!p)
		return err_add(e, "%s", verb);
	enqueue(j, p);
	j->waiting++;
	return ++j->last_id;
}

static int start(struct job *j, const struct config *c, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, ERR_INTERNAL, "socketpair: %s", strerror(errno));
	j->sock = pair[0];
	AUTO(fd_close) int far = pair[1];
	j->watch = epoll_create1(EPOLL_CLOEXEC);
	if (j->watch < 0)
		return err_set(e, ERR_INTERNAL, "epoll_create1: %s", strerror(errno));
	watch_socket(j, EPOLL_CTL_ADD, EPOLLIN);
	pid_t pid = job_spawn(c, j->kind, j->flags, far, e);
	if (pid < 0)
		return -1;
	j->pid = pid;
	j->reaped = false;
	j->process = pidfd_open(pid, 0);
	if (j->process < 0)
		return err_set(e, ERR_INTERNAL, "pidfd_open: %s", strerror(errno));
	struct epoll_event ev = { .events = EPOLLIN };
	if (epoll_ctl(j->watch, EPOLL_CTL_ADD, j->process, &ev) < 0)
		return err_set(e, ERR_INTERNAL, "epoll_ctl: %s", strerror(errno));
	return 0;
}

struct job *job_start(const struct config *c, enum job_kind kind, unsigned flags, const char *verb, const json_t *args,
                      const int *fds, size_t nfds, struct err *e)
{
	struct job *j = mem_alloc(sizeof *j);

	reap_left();
	*j = (struct job){ .kind = kind, .flags = flags, .sock = -1, .watch = -1, .process = -1, .reaped = true };
	j->queue_end = &j->queue;
	if (start(j, c, e) < 0 || send_request(j, verb, args, fds, nfds, e) < 0) {
		j->flags &= ~(unsigned)JOB_OUTLIVES;
		job_free(j);
		err_add(e, "job %s", job_kind_name(kind));
		return NULL;
	}
	return j;
}

long job_send(struct job *j, const char *verb, const json_t *args, const int *fds, size_t nfds, struct err *e)
{
	if (!(j->flags & JOB_RESIDENT))
		return err_set(e, ERR_INTERNAL, "job %s takes one request", job_kind_name(j->kind));
	if (j->sock < 0 || j->told)
		return err_set(e, j->kind == JOB_STORE ? ERR_STORE_GONE : ERR_INTERNAL, "job %s is gone",
			       job_kind_name(j->kind));
	if (j->queued >= QUEUE_MAX)
		return err_set(e, ERR_INTERNAL, "job %s does not read its requests", job_kind_name(j->kind));
	return send_request(j, verb, args, fds, nfds, e);
}

long job_last_id(const struct job *j)
{
	return j->last_id;
}

int job_fd(const struct job *j)
{
	return j->watch;
}

pid_t job_pid(const struct job *j)
{
	return j->pid;
}

enum job_kind job_kind_of(const struct job *j)
{
	return j->kind;
}

/* What a person is told when a helper ends without an answer. */
static enum err_kind death_kind(const struct job *j)
{
	if (j->cancelled)
		return ERR_CANCELLED;
	if (j->kind == JOB_STORE)
		return ERR_STORE_GONE;
	/* A document that eats a minute of computing is made to do so (rule D2). */
	if (j->kind == JOB_DOC && j->status != -1 && WIFSIGNALED(j->status) && WTERMSIG(j->status) == SIGXCPU)
		return ERR_FILE_HOSTILE;
	return ERR_INTERNAL;
}

static enum job_event died(struct job *j, struct job_message *m)
{
	const char *name = job_kind_name(j->kind);

	j->told = true;
	j->kill_at = 0;
	m->id = j->last_id;
	if (!(j->flags & JOB_RESIDENT) && j->waiting == 0)
		return JOB_NOTHING;                  /* a single task that was answered has nothing to say by ending */
	if (j->status == -1) {
		err_set(&m->err, death_kind(j), "tramky-%s ended; nobody knows how", name);
	} else if (WIFSIGNALED(j->status)) {
		err_set(&m->err, death_kind(j), "tramky-%s ended by signal %s", name,
			sigabbrev_np(WTERMSIG(j->status)) ? sigabbrev_np(WTERMSIG(j->status)) : "?");
		err_reason(&m->err, "job.signal");
	} else {
		err_set(&m->err, death_kind(j), "tramky-%s ended with exit code %d", name, WEXITSTATUS(j->status));
		err_reason(&m->err, "job.exit");
	}
	return JOB_DIED;
}

static enum job_event answered(struct job *j, enum job_event event)
{
	if (j->waiting)
		j->waiting--;
	if (j->waiting == 0) {
		j->kill_at = 0;                      /* it stopped by itself: no kill is needed */
		j->cancelled = false;
	}
	return event;
}

static enum job_event deliver(struct job *j, struct wire_message *w, struct job_message *m)
{
	json_t *body;

	m->id = (long)json_int(w->body, "id", 0);
	m->nfds = w->nfds;
	memcpy(m->fds, w->fds, w->nfds * sizeof *w->fds);
	w->nfds = 0;
	if ((body = json_object_get(w->body, "progress"))) {
		m->body = json_incref(body);
		return JOB_PROGRESS;
	}
	if ((body = json_object_get(w->body, "result"))) {
		m->body = json_incref(body);
		return answered(j, JOB_RESULT);
	}
	body = json_object_get(w->body, "error");
	enum err_kind kind = err_from_id(json_str(body, "kind", ""));
	err_set(&m->err, kind == ERR_NONE ? ERR_INTERNAL : kind, "%s", json_str(body, "cause", ""));
	err_reason(&m->err, json_str(body, "reason", ""));
	return answered(j, JOB_ERROR);
}

enum job_event job_read(struct job *j, struct job_message *m)
{
	struct wire_message w = { 0 };

	*m = (struct job_message){ 0 };
	flush(j);
	/* Asked before the socket is read: what a helper said just before it died is delivered first. */
	bool gone = reap(j);
	if (j->sock >= 0) {
		switch (wire_receive(j->sock, false, &w)) {
		case WIRE_DONE: {
			enum job_event event = deliver(j, &w, m);
			wire_message_clear(&w);
			return event;
		}
		case WIRE_AGAIN:
			if (!gone)
				return JOB_NOTHING;
			break;
		case WIRE_CLOSED:
		case WIRE_BAD:
			/* Nothing can be heard from it any more: a helper that lives on would be of no use. */
			if (!gone)
				kill_group(j);
			break;
		}
		close_socket(j);
		gone = reap(j);
	}
	return gone && !j->told ? died(j, m) : JOB_NOTHING;
}

void job_message_clear(struct job_message *m)
{
	for (size_t i = 0; i < m->nfds; i++)
		fd_close(&m->fds[i]);
	json_decref(m->body);
	*m = (struct job_message){ 0 };
}

int job_take_fd(struct job_message *m, size_t i)
{
	if (i >= m->nfds)
		return -1;
	int fd = m->fds[i];
	m->fds[i] = -1;
	return fd;
}

void job_cancel(struct job *j)
{
	if (j->told || j->waiting == 0 || j->kill_at)
		return;
	j->cancelled = true;
	j->kill_at = clock_ms() + KILL_AFTER_MS;
	AUTO(json_release) json_t *body = json_object();
	json_object_set_new(body, "id", json_integer(j->last_id));
	json_object_set_new(body, "cancel", json_true());
	struct wire_packet *p = wire_pack(body, NULL, 0, NULL);
	if (p)
		enqueue(j, p);
}

int job_deadline(const struct job *j)
{
	if (!j->kill_at)
		return -1;
	int64_t left_ms = j->kill_at - clock_ms();
	return left_ms < 0 ? 0 : (int)left_ms;
}

void job_tick(struct job *j)
{
	reap_left();
	flush(j);
	if (!j->kill_at || clock_ms() < j->kill_at)
		return;
	j->kill_at = 0;
	kill_group(j);
}

/* After SIGKILL the end is a matter of microseconds; a slow one is taken later, the screen does not wait for it. */
static void let_go(struct job *j)
{
	if (j->reaped)
		return;
	if (!(j->flags & JOB_OUTLIVES)) {
		kill_group(j);
		struct pollfd end = { .fd = j->process, .events = POLLIN };
		if (j->process >= 0)
			poll(&end, 1, REAP_MS);
	}
	if (!reap(j) && left_count < COUNT(left))
		left[left_count++] = j->pid;
}

void job_free(struct job *j)
{
	if (!j)
		return;
	close_socket(j);
	let_go(j);
	while (j->queue) {
		struct wire_packet *p = j->queue;
		j->queue = p->next;
		wire_packet_free(p);
	}
	fd_close(&j->process);
	fd_close(&j->watch);
	free(j);
	reap_left();
}

static volatile sig_atomic_t interrupted;

void job_interrupt(void)
{
	interrupted = 1;
}

/* One round of job_run(): waits for the helper, a due kill or a signal. */
static void pump_wait(struct job *j)
{
	int ms = job_deadline(j);
	struct pollfd p = { .fd = job_fd(j), .events = POLLIN };

	/* A signal between the check and poll() is noticed one round later. */
	poll(&p, 1, ms >= 0 && ms < PUMP_MS ? ms : PUMP_MS);
	if (interrupted) {
		interrupted = 0;
		job_cancel(j);
	}
	job_tick(j);
}

/* Until the answer to the last request; the job stays the caller's. */
static int pump(struct job *j, struct job_message *out, void (*progress)(void *self, const json_t *p), void *self, bool *died,
                struct err *e)
{
	for (;;) {
		enum job_event event = job_read(j, out);
		*died = event == JOB_DIED;
		if (event == JOB_RESULT)
			return 0;
		if (event == JOB_ERROR || event == JOB_DIED) {
			if (e)
				*e = out->err;
			job_message_clear(out);
			return -1;
		}
		if (event == JOB_PROGRESS && progress)
			progress(self, out->body);
		if (event == JOB_NOTHING)
			pump_wait(j);
		job_message_clear(out);
	}
}

int job_run(const struct config *c, enum job_kind kind, unsigned flags, const char *verb, const json_t *args,
            const int *fds, size_t nfds, struct job_message *out, void (*progress)(void *self, const json_t *p),
            void *self, struct err *e)
{
	struct job *j = job_start(c, kind, flags, verb, args, fds, nfds, e);
	bool died;

	*out = (struct job_message){ 0 };
	if (!j)
		return -1;
	int rc = pump(j, out, progress, self, &died, e);
	job_free(j);
	return rc;
}

int job_run_on(struct job **kept, const struct config *c, enum job_kind kind, const char *verb, const json_t *args,
               const int *fds, size_t nfds, struct job_message *out, struct err *e)
{
	bool died;

	*out = (struct job_message){ 0 };
	if (*kept && job_send(*kept, verb, args, fds, nfds, e) < 0)
		return -1;
	if (!*kept && !(*kept = job_start(c, kind, JOB_RESIDENT, verb, args, fds, nfds, e)))
		return -1;
	int rc = pump(*kept, out, NULL, NULL, &died, e);
	if (died) {
		job_free(*kept);
		*kept = NULL;
	}
	return rc;
}
