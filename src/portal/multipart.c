#include "portal/multipart.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "net/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int multipart_begin(struct multipart *m, struct err *e)
{
	unsigned char r[16];

	*m = (struct multipart){ 0 };
	if (seal_random(r, sizeof r, e) < 0)
		return -1;
	AUTO(mem_free) char *hex = hex_text(r, sizeof r);
	snprintf(m->boundary, sizeof m->boundary, "tramky-%s", hex);
	snprintf(m->content_type, sizeof m->content_type, "Content-Type: multipart/form-data; boundary=%s", m->boundary);
	return 0;
}

static void add_piece(struct multipart *m, struct net_piece p)
{
	m->pieces = mem_grow(m->pieces, m->npieces + 1, sizeof *m->pieces);
	m->pieces[m->npieces++] = p;
}

static struct buf *new_head(struct multipart *m)
{
	struct buf *b = mem_alloc(sizeof *b);

	m->heads = mem_grow(m->heads, m->nheads + 1, sizeof *m->heads);
	m->heads[m->nheads++] = b;
	return b;
}

static void add_head(struct multipart *m, const struct buf *b)
{
	add_piece(m, (struct net_piece){ .p = b->p, .n = b->n, .fd = -1 });
}

void multipart_text(struct multipart *m, const char *name, const char *type, const char *text)
{
	struct buf *b = new_head(m);

	buf_printf(b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\nContent-Type: %s\r\n\r\n", m->boundary, name, type);
	buf_str(b, text);
	buf_str(b, "\r\n");
	add_head(m, b);
}

int multipart_file(struct multipart *m, const char *name, const char *filename, int fd, struct err *e)
{
	struct stat st;
	struct buf *b = new_head(m);

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_INTERNAL, "attachment is no regular file: %s", strerror(errno));
	buf_printf(b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"", m->boundary, name);
	for (const char *s = filename; *s; s++) {
		if (*s == '"' || *s == '\r' || *s == '\n')
			buf_printf(b, "%%%02X", (unsigned)*s);
		else
			buf_add(b, s, 1);
	}
	buf_str(b, "\"\r\nContent-Type: application/pdf\r\n\r\n");
	add_head(m, b);
	add_piece(m, (struct net_piece){ .fd = fd, .n = (size_t)st.st_size });
	add_piece(m, (struct net_piece){ .p = "\r\n", .n = 2, .fd = -1 });
	return 0;
}

void multipart_end(struct multipart *m)
{
	struct buf *b = new_head(m);

	buf_printf(b, "--%s--\r\n", m->boundary);
	add_head(m, b);
}

void multipart_clear(struct multipart *m)
{
	for (size_t i = 0; i < m->nheads; i++) {
		buf_free(m->heads[i]);
		free(m->heads[i]);
	}
	free(m->heads);
	free(m->pieces);
	*m = (struct multipart){ 0 };
}
