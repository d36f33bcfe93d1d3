/* Our own incremental writer: gathers one revision's tail in memory, in the cross-reference style of the file it follows. */
#ifndef PDF_WRITER_H
#define PDF_WRITER_H

#include "pdf/inner.h"

struct tail {
	struct pdf *p;
	struct buf b;                    /* what will follow the file's last byte */
	struct { struct pdf_id id; uint64_t at; } *made;
	size_t n, cap;
	int next;                        /* next free object number */
};

/* ERR_PDF_DAMAGED when the file's own chain cannot be followed. */
int tail_begin(struct tail *t, struct pdf *p, struct err *e);
void tail_free(struct tail *t);                                     /* fits AUTO */
struct pdf_id tail_new(struct tail *t);                             /* reserves a number */
void tail_open(struct tail *t, struct pdf_id id);                   /* writes "n g obj" */
void tail_close(struct tail *t);
/* Whole stream object; `dict` without "<<", /Length and /Filter; data is deflated when that helps. */
void tail_stream(struct tail *t, struct pdf_id id, const char *dict, const void *data, size_t n);
void tail_end(struct tail *t);                                      /* xref, trailer, startxref, %%EOF */
/* The file's own bytes, unchanged, then the tail, to `out` from offset 0 on; `of_file` (may be NULL) gets what is copied. */
struct sha256;
int tail_write(struct tail *t, int out, struct sha256 *of_file, struct err *e);
uint64_t tail_at(const struct tail *t);                             /* file offset of the next byte */

/* Puts "/Key value" pairs of a dictionary, except those in `without` (NULL-ended). */
void put_dict_keys(struct buf *b, struct pdf *p, struct pdf_val dict, const char *const *without);
void put_name(struct buf *b, const char *name);                     /* "/A B" -> "/A#20B" */
void put_text(struct buf *b, const char *utf8);                     /* text string: ASCII as it is, else UTF-16BE */
void put_num(struct buf *b, double v);                              /* never an exponent, never a locale's comma */
void put_ref(struct buf *b, struct pdf_id id);                      /* "n g R" */

/* Deflated bytes when smaller; returns true when they are. */
bool deflated(struct buf *out, const void *p, size_t n);

#endif
