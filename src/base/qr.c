#include "base/qr.h"
#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

/* Version 6 at level M: 41 modules, which with the quiet zone still stand beside text on 80x24 (rule D6). */
enum { BYTES_MAX = 106, VERSION_MAX = 6 };

static void code_release(QRcode **c)
{
	QRcode_free(*c);
}

int qr_make(struct qr *q, const char *text, struct err *e)
{
	size_t n = text ? strlen(text) : 0;

	*q = (struct qr){ 0 };
	if (n == 0 || n > BYTES_MAX)
		return err_set(e, ERR_USAGE, "QR: %zu bytes, at most %d", n, BYTES_MAX);
	/* 8-bit hint: libqrencode still puts runs of capitals and digits into the denser modes by itself. */
	AUTO(code_release) QRcode *c = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (!c)
		return err_set(e, errno == ERANGE ? ERR_USAGE : ERR_INTERNAL, "QRcode_encodeString: %s", strerror(errno));
	if (c->version > VERSION_MAX)
		return err_set(e, ERR_USAGE, "QR: version %d, at most %d", c->version, VERSION_MAX);
	size_t cells = (size_t)c->width * (size_t)c->width;
	q->size = c->width;
	q->dark = mem_alloc(cells);
	for (size_t i = 0; i < cells; i++)
		q->dark[i] = c->data[i] & 1;
	return 0;
}

void qr_free(struct qr *q)
{
	free(q->dark);
	*q = (struct qr){ 0 };
}
