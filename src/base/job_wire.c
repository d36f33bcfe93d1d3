#include "base/job_wire.h"

#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_all(int *fds, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		fd_close(&fds[i]);
	*n = 0;
}

void wire_packet_free(struct wire_packet *p)
{
	if (!p)
		return;
	close_all(p->fds, &p->nfds);
	if (p->text)
		explicit_bzero(p->text, p->n);       /* a request may carry a password (rule P1) */
	free(p->text);
	free(p);
}

/* Moves a text that is too long for a datagram into a sealed memfd, which becomes the last descriptor. */
static int pack_long(struct wire_packet *p, const json_t *body, struct err *e)
{
	if (p->n > WIRE_BODY_MAX)
		return err_set(e, ERR_FILE_TOO_BIG, "message of %zu bytes", p->n);
	AUTO(fd_close) int fd = fd_memfd("tramky-message", e);
	if (fd < 0 || fd_write_all(fd, p->text, p->n, e) < 0 || fd_seal(fd, e) < 0)
		return -1;
	explicit_bzero(p->text, p->n);
	free(p->text);
	p->text = mem_printf("{\"id\":%lld,\"long\":true}", json_int(body, "id", 0));
	p->n = strlen(p->text);
	p->fds[p->nfds++] = fd;
	fd = -1;
	return 0;
}

static int pack(struct wire_packet *p, const json_t *body, const int *fds, size_t nfds, struct err *e)
{
	if (nfds > JOB_FDS_MAX)
		return err_set(e, ERR_USAGE, "%zu descriptors in one message", nfds);
	for (size_t i = 0; i < nfds; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return err_set(e, ERR_INTERNAL, "descriptor %zu: %s", i, strerror(errno));
		p->fds[p->nfds++] = fd;
	}
	p->text = json_dumps(body, JSON_COMPACT);
	if (!p->text)
		return err_set(e, ERR_INTERNAL, "message cannot be written as JSON");
	p->n = strlen(p->text);
	return p->n > WIRE_PLAIN_MAX ? pack_long(p, body, e) : 0;
}

struct wire_packet *wire_pack(const json_t *body, const int *fds, size_t nfds, struct err *e)
{
	struct wire_packet *p = mem_alloc(sizeof *p);

	if (pack(p, body, fds, nfds, e) < 0) {
		wire_packet_free(p);
		return NULL;
	}
	return p;
}

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
};

enum wire_result wire_send(int sock, const struct wire_packet *p)
{
	union control control = { 0 };
	struct iovec iov = { .iov_base = p->text, .iov_len = p->n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (p->nfds) {
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(p->nfds * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(p->nfds * sizeof(int));
		memcpy(CMSG_DATA(c), p->fds, p->nfds * sizeof(int));
	}
	for (;;) {
		if (sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return WIRE_DONE;
		/* A datagram may need more memory than is free just now: that passes, as a full socket does. */
		if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == ETOOMANYREFS)
			return WIRE_AGAIN;
		/* ECONNRESET is told once, in place of the call's own outcome, when the far end closed with mail unread. */
		if (errno != EINTR && errno != ECONNRESET)
			return WIRE_CLOSED;
	}
}

static void take_fds(struct msghdr *msg, struct wire_message *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (m->nfds < WIRE_FDS_MAX)
				m->fds[m->nfds++] = fd;
			else
				close(fd);
		}
	}
}

/* The long body may be written by a helper that was taken over: only a sealed memfd of a sane size is read. */
static json_t *read_long(int fd)
{
	AUTO(buf_free) struct buf text = { 0 };
	struct stat st;

	if (!fd_is_sealed(fd) || fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > WIRE_BODY_MAX)
		return NULL;
	if (fd_read_all(fd, &text, WIRE_BODY_MAX, NULL) < 0)
		return NULL;
	json_t *body = json_parse(text.p, text.n, WIRE_BODY_MAX, NULL);
	explicit_bzero(text.p, text.n);
	return body;
}

static enum wire_result decode(struct wire_message *m, const char *text, size_t n)
{
	m->body = json_parse(text, n, WIRE_DATAGRAM_MAX, NULL);
	if (json_is(m->body, "long") && m->nfds) {
		json_decref(m->body);
		m->body = read_long(m->fds[m->nfds - 1]);
		fd_close(&m->fds[--m->nfds]);
	}
	if (json_is_object(m->body) && m->nfds <= JOB_FDS_MAX)
		return WIRE_DONE;
	wire_message_clear(m);
	return WIRE_BAD;
}

enum wire_result wire_receive(int sock, bool wait, struct wire_message *m)
{
	AUTO(mem_free) char *text = mem_alloc(WIRE_DATAGRAM_MAX);
	union control control = { 0 };
	struct iovec iov = { .iov_base = text, .iov_len = WIRE_DATAGRAM_MAX };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	*m = (struct wire_message){ 0 };
	do {
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof control.room;
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
		/* As above: ECONNRESET comes first, the messages that lie in the queue after it. */
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return errno == EAGAIN ? WIRE_AGAIN : WIRE_CLOSED;
	take_fds(&msg, m);
	if (n == 0 || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		wire_message_clear(m);
		return n == 0 ? WIRE_CLOSED : WIRE_BAD;
	}
	enum wire_result r = decode(m, text, (size_t)n);
	explicit_bzero(text, (size_t)n);
	return r;
}

void wire_message_clear(struct wire_message *m)
{
	close_all(m->fds, &m->nfds);
	json_decref(m->body);
	m->body = NULL;
}
