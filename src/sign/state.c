#include "sign/state.h"

#include "sign/sign.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { FILE_MAX = 256 * 1024, ROOM_HEAD = 2048, ROOM_ITEM = 1600 /* RSA-8192 in base64 + codes */ };

static const char *const ids[] = {
	[STEP_NONE] = "",
	[STEP_PREPARED] = "prepared",
	[STEP_SUBMITTED] = "submitted",
	[STEP_WAITING] = "waiting-person",
	[STEP_RECEIVED] = "signature-received",
	[STEP_ENDED] = "ended",
	[STEP_DAMAGED] = "damaged",
};

const char *state_id(enum sign_step step)
{
	return ids[step];
}

int state_lock(int fd, struct err *e)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return 1;
	return err_set(e, ERR_INTERNAL, "flock of state file: %s", strerror(errno));
}

static time_t when(const json_t *j, const char *name)
{
	time_t t = 0;

	return clock_parse(json_str(j, name, ""), &t) ? t : 0;
}

static enum sign_step step_of(const char *id)
{
	for (unsigned i = STEP_PREPARED; i <= STEP_ENDED; i++)
		if (strcmp(ids[i], id) == 0)
			return (enum sign_step)i;
	return STEP_DAMAGED;
}

int state_read(struct sign_state *s, const char *transaction, struct err *e)
{
	AUTO(buf_free) struct buf text = { 0 };
	int fd = s->fd;

	state_clear(s);
	s->fd = fd;
	if (fd_read_all(fd, &text, FILE_MAX, e) < 0)
		return err_add(e, "state file");
	/* Room reserved but never written reads as zeros: the same as nothing. */
	size_t blank = 0;
	while (blank < text.n && (text.p[blank] == '\0' || text.p[blank] == ' '))
		blank++;
	if (blank == text.n)
		return 0;
	AUTO(json_release) json_t *j = json_parse(text.p, text.n, FILE_MAX, NULL);
	if (!json_is_object(j)) {
		s->step = STEP_DAMAGED;
		return 0;
	}
	if (strcmp(json_str(j, "transaction", ""), transaction) != 0)
		return err_set(e, ERR_USAGE, "state file of another transaction");
	s->step = step_of(json_str(j, "state", ""));
	s->at = when(j, "at");
	s->deadline = when(j, "deadline");
	if (s->step == STEP_ENDED) {
		s->end = err_from_id(json_str(j, "end", ""));
		snprintf(s->reason, sizeof s->reason, "%s", json_str(j, "reason", ""));
	}
	if (s->step == STEP_RECEIVED)
		s->signatures = json_incref(json_object_get(j, "signatures"));
	return 0;
}

static char *state_text(const struct sign_state *s, const struct sign_request *r)
{
	AUTO(json_release) json_t *j = json_object();
	json_t *codes = json_array(), *hashes = json_array();
	char at[32], deadline[32];

	for (size_t i = 0; i < r->nitems; i++) {
		AUTO(mem_free) char *hash = base64_text(r->items[i].hash, sizeof r->items[i].hash);
		json_array_append_new(codes, json_string(r->items[i].doc));
		json_array_append_new(hashes, json_string(hash));
	}
	clock_rfc3339(s->at, at);
	clock_rfc3339(s->deadline, deadline);
	json_put_str(j, "transaction", r->transaction);
	json_put_str(j, "way", r->way);
	json_object_set_new(j, "document_codes", codes);
	json_object_set_new(j, "hashes", hashes);
	json_put_str(j, "state", ids[s->step]);
	json_object_set_new(j, "signatures", s->signatures ? json_incref(s->signatures) : json_array());
	json_put_str(j, "end", s->step == STEP_ENDED ? err_id(s->end) : NULL);
	json_put_str(j, "reason", s->step == STEP_ENDED ? s->reason : NULL);
	json_put_str(j, "at", at);
	json_put_str(j, "deadline", deadline);
	return json_text(j);
}

static int write_all(int fd, const struct buf *b, struct err *e)
{
	for (size_t at = 0; at < b->n;) {
		ssize_t w = pwrite(fd, b->p + at, b->n - at, (off_t)at);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return err_set(e, errno == ENOSPC ? ERR_STORE_FULL : ERR_INTERNAL, "state file: %s", strerror(errno));
		at += (size_t)w;
	}
	if (ftruncate(fd, (off_t)b->n) < 0 || fsync(fd) < 0)
		return err_set(e, ERR_STORE_FULL, "state file: %s", strerror(errno));
	return 0;
}

int state_write(struct sign_state *s, const struct sign_request *r, enum sign_step step, struct err *e)
{
	AUTO(buf_free) struct buf b = { 0 };
	size_t room = ROOM_HEAD + r->nitems * ROOM_ITEM;

	s->step = step;
	s->at = clock_now();
	AUTO(mem_free) char *text = state_text(s, r);
	buf_str(&b, text);
	while (b.n + 1 < room)
		buf_add(&b, " ", 1);
	buf_add(&b, "\n", 1);
	return write_all(s->fd, &b, e);
}

void state_clear(struct sign_state *s)
{
	json_decref(s->signatures);
	*s = (struct sign_state){ .fd = -1 };
}
