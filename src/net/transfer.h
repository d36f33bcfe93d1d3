/* Inside net/: what one transfer has done so far, and how its end is told. */
#ifndef NET_TRANSFER_H
#define NET_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/net.h"

struct transfer {
	const struct net_request *r;
	struct net_answer *out;
	struct net_piece single;         /* body or body_fd as one piece */
	const struct net_piece *pieces;
	size_t npieces, piece, off;      /* where reading of the body stands */
	size_t total, taken;             /* bytes of the body, bytes libcurl took from us */
	size_t cap, head;                /* answer limit, header bytes seen */
	bool too_big;
	char text[CURL_ERROR_SIZE];
};

/* Lays out the body; -1 when a descriptor cannot be measured. */
int transfer_begin(struct transfer *t, const struct net_request *r, struct net_answer *out, struct err *e);
size_t transfer_read(char *to, size_t size, size_t n, void *self);
size_t transfer_write(char *from, size_t size, size_t n, void *self);
size_t transfer_header(char *from, size_t size, size_t n, void *self);
/* Reads what libcurl knows into the answer; 0, or the error this code stands for. */
int transfer_end(struct transfer *t, CURL *c, CURLcode code, struct err *e);

#endif
