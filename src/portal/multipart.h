/* A multipart/form-data body (RFC 7578) laid out as pieces: the files stay in their descriptors and are streamed. */
#ifndef PORTAL_MULTIPART_H
#define PORTAL_MULTIPART_H

#include <stddef.h>

struct buf;
struct err;
struct net_piece;

struct multipart {
	char boundary[64];
	char content_type[128];      /* a whole header line */
	struct net_piece *pieces;
	struct buf **heads;          /* owned text between files */
	size_t npieces, nheads;
};
/* A random boundary of 128 bits: it cannot stand in a file by accident or by intent. */
int multipart_begin(struct multipart *m, struct err *e);
void multipart_text(struct multipart *m, const char *name, const char *type, const char *text);
/* `filename` may hold anything: quotes and line ends are escaped as browsers do (%22 %0D %0A). `fd` is borrowed. */
int multipart_file(struct multipart *m, const char *name, const char *filename, int fd, struct err *e);
void multipart_end(struct multipart *m);
void multipart_clear(struct multipart *m);      /* fits AUTO */

#endif
