/* QR codes as modules (libqrencode), level M; the drawing is the screen's work. */
#ifndef BASE_QR_H
#define BASE_QR_H

#include <stdbool.h>

struct err;

struct qr {
	int size;               /* modules a side, without quiet zone */
	unsigned char *dark;    /* size*size, 1 = dark */
};
/* At most 106 bytes (version 6 at level M) or ERR_USAGE. Upper-case URLs get the alphanumeric mode by themselves. */
int qr_make(struct qr *q, const char *text, struct err *e);
void qr_free(struct qr *q);

#endif
