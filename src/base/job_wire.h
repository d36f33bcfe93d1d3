/* Both ends of a job's socket: one JSON datagram a message, descriptors beside it, long bodies in a sealed memfd.
 * Private to base/job*.c. */
#ifndef BASE_JOB_WIRE_H
#define BASE_JOB_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/job.h"

enum {
	WIRE_DATAGRAM_MAX = 64 * 1024,
	WIRE_PLAIN_MAX = 60 * 1024,              /* a longer body goes through a memfd */
	WIRE_BODY_MAX = 16 * 1024 * 1024,
	WIRE_FDS_MAX = JOB_FDS_MAX + 1,          /* the memfd of a long body is the last one */
};

enum wire_result { WIRE_DONE, WIRE_AGAIN, WIRE_CLOSED, WIRE_BAD };

/* A message ready to be sent: its descriptors are duplicates and belong to it. */
struct wire_packet {
	struct wire_packet *next;
	char *text;
	size_t n;
	int fds[WIRE_FDS_MAX];
	size_t nfds;
};
/* Packs a message; `body` and `fds` are borrowed. NULL when the body is too long or no descriptor is left. */
struct wire_packet *wire_pack(const json_t *body, const int *fds, size_t nfds, struct err *e);
void wire_packet_free(struct wire_packet *p);
/* Never blocks, never raises SIGPIPE. The packet stays the caller's. */
enum wire_result wire_send(int sock, const struct wire_packet *p);

struct wire_message {
	json_t *body;                            /* an object */
	int fds[WIRE_FDS_MAX];
	size_t nfds;
};
/* Reads one message. `wait`: block for it. WIRE_BAD: cut, too long, not JSON, too many descriptors. */
enum wire_result wire_receive(int sock, bool wait, struct wire_message *m);
void wire_message_clear(struct wire_message *m);

#endif
