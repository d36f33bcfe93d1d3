/* The side inside a helper. A small thread reads descriptor 3 all the time, so that a cancel is noticed in the middle
 * of a verb although further requests may lie before it. */
#include "base/job.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/job_spawn.h"
#include "base/job_wire.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/wall.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOCK = 3, INBOX_MAX = 32, READER_STACK = 256 * 1024, PROGRESS_MS = 100, ANSWER_MS = 1000 };

struct request {
	struct request *next;
	struct wire_message message;
};

/* Shared by the reader and the verbs; everything in it is behind the lock. */
static struct inbox {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct request *head, **end;
	size_t count;
	bool closed;                    /* the parent is gone, or let go of us */
	long cancelled_to;              /* requests up to this id are unwanted */
	int stop_fd;                    /* eventfd behind call_cancel_fd() */
} inbox = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .end = &inbox.head, .stop_fd = -1 };

struct options {
	const char *config, *province;
	bool resident, outlives;
};
static struct options options;

struct job_out {
	long id;
	int fds[JOB_FDS_MAX];
	size_t nfds;
};

/* ---- the reader ---------------------------------------------------------------------------------------------- */

static void raise_stop(void)
{
	uint64_t one = 1;
	(void)!write(inbox.stop_fd, &one, sizeof one);
}

static void file_message(struct wire_message *m)
{
	struct request *r;

	if (json_is(m->body, "cancel")) {
		long id = (long)json_int(m->body, "id", 0);
		if (id > inbox.cancelled_to)
			inbox.cancelled_to = id;
		raise_stop();
		wire_message_clear(m);
		return;
	}
	r = mem_alloc(sizeof *r);
	r->message = *m;
	*inbox.end = r;
	inbox.end = &r->next;
	inbox.count++;
}

static void *read_always(void *unused)
{
	bool open = true;

	(void)unused;
	while (open) {
		struct wire_message m;
		open = wire_receive(SOCK, true, &m) == WIRE_DONE;
		pthread_mutex_lock(&inbox.lock);
		if (open) {
			file_message(&m);
		} else {
			inbox.closed = true;
			/* Who outlives the screen goes on when the screen is gone. */
			if (!options.outlives)
				raise_stop();
		}
		pthread_cond_broadcast(&inbox.changed);
		while (inbox.count >= INBOX_MAX)
			pthread_cond_wait(&inbox.changed, &inbox.lock);
		pthread_mutex_unlock(&inbox.lock);
	}
	return NULL;
}

static int start_reader(struct err *e)
{
	pthread_attr_t attr;
	pthread_t id;

	inbox.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (inbox.stop_fd < 0)
		return err_set(e, ERR_INTERNAL, "eventfd: %s", strerror(errno));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, READER_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	int rc = pthread_create(&id, &attr, read_always, NULL);
	pthread_attr_destroy(&attr);
	return rc ? err_set(e, ERR_INTERNAL, "reader thread: %s", strerror(rc)) : 0;
}

/* The next request, or NULL when the parent is gone and nothing is left to do. */
static struct request *next_request(void)
{
	pthread_mutex_lock(&inbox.lock);
	while (!inbox.head && !inbox.closed)
		pthread_cond_wait(&inbox.changed, &inbox.lock);
	struct request *r = inbox.head;
	if (r) {
		inbox.head = r->next;
		if (!inbox.head)
			inbox.end = &inbox.head;
		inbox.count--;
		pthread_cond_broadcast(&inbox.changed);
	}
	pthread_mutex_unlock(&inbox.lock);
	return r;
}

/* ---- what verbs call ------------------------------------------------------------------------------------------ */

static bool cancelled(long id)
{
	pthread_mutex_lock(&inbox.lock);
	bool yes = id <= inbox.cancelled_to;
	pthread_mutex_unlock(&inbox.lock);
	return yes;
}

/* Cancelled, or nobody is there to hear the answer. */
static bool unwanted(long id)
{
	pthread_mutex_lock(&inbox.lock);
	bool yes = id <= inbox.cancelled_to || (inbox.closed && !options.outlives);
	pthread_mutex_unlock(&inbox.lock);
	return yes;
}

/* A cancel that came for an earlier request must not wake the next one. */
static void settle_stop(long id)
{
	uint64_t n;

	pthread_mutex_lock(&inbox.lock);
	if (id > inbox.cancelled_to && (!inbox.closed || options.outlives))
		(void)!read(inbox.stop_fd, &n, sizeof n);
	pthread_mutex_unlock(&inbox.lock);
}

bool call_cancelled(struct job_call *call)
{
	return unwanted(call->out->id);
}

int call_cancel_fd(struct job_call *call)
{
	(void)call;
	return inbox.stop_fd;
}

/* `patience`: ms to wait for room, -1: until the parent reads or is gone. */
static void send_body(const json_t *body, const int *fds, size_t nfds, int patience)
{
	struct err e = { 0 };
	struct wire_packet *p = wire_pack(body, fds, nfds, &e);

	if (!p) {
		log_err("job.answer", &e);
		_exit(70);                           /* told to the parent as JOB_DIED: never a request without an end */
	}
	while (wire_send(SOCK, p) == WIRE_AGAIN) {
		struct pollfd room = { .fd = SOCK, .events = POLLOUT };
		if (patience == 0)
			break;                       /* progress is news; what nobody reads is dropped */
		poll(&room, 1, patience > 0 ? patience : ANSWER_MS);
		patience = patience > 0 ? 0 : patience;
	}
	wire_packet_free(p);
}

void call_progress_json(struct job_call *call, const json_t *body)
{
	AUTO(json_release) json_t *m = json_object();

	json_object_set_new(m, "id", json_integer(call->out->id));
	json_object_set_new(m, "progress", json_incref((json_t *)body));
	send_body(m, NULL, 0, PROGRESS_MS);
}

void call_progress(struct job_call *call, long n, long m, const char *text)
{
	AUTO(json_release) json_t *body = json_object();

	json_object_set_new(body, "n", json_integer(n));
	json_object_set_new(body, "m", json_integer(m));
	if (text)
		json_object_set_new(body, "text", json_string(text));
	call_progress_json(call, body);
}

int call_give_fd(struct job_call *call, int fd)
{
	struct job_out *out = call->out;

	if (out->nfds >= JOB_FDS_MAX)
		return -1;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, SOCK + 1);
	if (copy < 0)
		return -1;
	out->fds[out->nfds] = copy;
	return (int)out->nfds++;
}

int call_fd(struct job_call *call, size_t i, struct err *e)
{
	if (i >= call->nfds)
		return err_set(e, ERR_USAGE, "descriptor %zu is missing", i);
	return call->fds[i];
}

/* ---- requests --------------------------------------------------------------------------------------------------- */

static json_t *error_body(const struct err *e)
{
	json_t *error = json_object();
	/* A cause may quote bytes from outside that are no UTF-8: jansson refuses them. */
	json_t *cause = json_string(e->cause);

	json_object_set_new(error, "kind", json_string(err_id(e->kind == ERR_NONE ? ERR_INTERNAL : e->kind)));
	json_object_set_new(error, "reason", json_string(e->reason));
	json_object_set_new(error, "cause", cause ? cause : json_string("(a cause that is no text)"));
	return error;
}

static void answer_error(long id, const struct err *e)
{
	AUTO(json_release) json_t *m = json_object();

	json_object_set_new(m, "id", json_integer(id));
	json_object_set_new(m, "error", error_body(e));
	send_body(m, NULL, 0, -1);
}

static const struct job_verb *find_verb(const struct job_verb *verbs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* Runs one verb; what it gave back is sent in one message, or its error. */
static void run_verb(const struct job_verb *verb, struct job_call *call)
{
	struct err e = { 0 };
	int rc = verb->run(call, &e);

	if (rc < 0) {
		answer_error(call->out->id, &e);
	} else {
		AUTO(json_release) json_t *m = json_object();
		json_object_set_new(m, "id", json_integer(call->out->id));
		json_object_set(m, "result", call->result);
		send_body(m, call->out->fds, call->out->nfds, -1);
	}
	for (size_t i = 0; i < call->out->nfds; i++)
		fd_close(&call->out->fds[i]);
}

static void serve(struct wire_message *m, const struct config *c, const struct job_verb *verbs, size_t count)
{
	struct job_out out = { .id = (long)json_int(m->body, "id", 0) };
	struct job_call call = { .config = c, .args = json_object_get(m->body, "args"), .fds = m->fds, .nfds = m->nfds,
	                         .out = &out };
	const char *name = json_str(m->body, "do", "");
	const struct job_verb *verb = find_verb(verbs, count, name);
	struct err e = { 0 };

	settle_stop(out.id);
	if (!verb) {
		err_set(&e, ERR_USAGE, "no verb %.40s", name);
		answer_error(out.id, &e);
	} else if (out.id <= 0 || !json_is_object(call.args)) {
		err_set(&e, ERR_USAGE, "%s: a request has an id and an object of arguments", name);
		answer_error(out.id, &e);
	} else if (cancelled(out.id)) {
		err_set(&e, ERR_CANCELLED, "%s: cancelled before it began", name);
		answer_error(out.id, &e);
	} else {
		AUTO(json_release) json_t *result = json_object();
		call.result = result;
		run_verb(verb, &call);
	}
}

/* ---- the life of a helper -------------------------------------------------------------------------------------- */

static int refuse_by_hand(const char *name)
{
	fprintf(stderr, "tramky-%s: a helper of tramky. It is started by tramky and serves requests on descriptor 3;\n"
		"there is nothing to do with it by hand. See tramky(1).\n", name);
	return 2;
}

static bool has_socket(void)
{
	int type = 0;
	socklen_t n = sizeof type;

	return getsockopt(SOCK, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_SEQPACKET;
}

static int read_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (strcmp(argv[i], "--resident") == 0)
			options.resident = true;
		else if (strcmp(argv[i], "--outlives") == 0)
			options.outlives = true;
		else if (!value)
			return -1;
		else if (strcmp(argv[i], "--config") == 0)
			options.config = argv[++i];
		else if (strcmp(argv[i], "--province") == 0)
			options.province = argv[++i];
		else if (strcmp(argv[i], "--lang") == 0)
			setenv("LANGUAGE", argv[++i], 1);
		else
			return -1;
	}
	return 0;
}

static void quiet_process(void)
{
	fcntl(SOCK, F_SETFD, FD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);                    /* a file at its limit is an error of write(), not an end */
	umask(077);
	setlocale(LC_CTYPE, "C.UTF-8");              /* and numbers keep their point: PDF and JSON are written here */
	mallopt(M_ARENA_MAX, 1);                     /* the reader thread must not cost a heap of its own */
}

/* Configuration first, then the walls: behind them the file may be out of reach. */
static struct config *prepare(enum job_kind kind, struct err *e)
{
	struct config *c = config_load(options.config, options.province, e);

	if (!c)
		return NULL;
	clock_setup(c);
	wall_raise(kind, c, e);
	if (e->kind == ERR_NONE)
		wall_request(kind, options.resident);
	return c;
}

int job_main(int argc, char **argv, enum job_kind kind, const struct job_verb *verbs, size_t count)
{
	struct err e = { 0 };
	struct request *r;
	char program[24];

	if (read_options(argc, argv) < 0 || !has_socket())
		return refuse_by_hand(job_kind_name(kind));
	quiet_process();
	snprintf(program, sizeof program, "tramky-%s", job_kind_name(kind));
	log_open(program, NULL);
	AUTO(config_release) struct config *c = prepare(kind, &e);
	if (e.kind != ERR_NONE)
		log_err("job.start", &e);
	struct err reader = { 0 };
	if (start_reader(&reader) < 0) {
		log_err("job.start", &reader);
		return 70;
	}
	while ((r = next_request())) {
		if (e.kind != ERR_NONE) {
			answer_error((long)json_int(r->message.body, "id", 0), &e);
		} else {
			wall_request(kind, options.resident);
			serve(&r->message, c, verbs, count);
		}
		wire_message_clear(&r->message);
		free(r);
	}
	return 0;
}
