/* Verbs of tramky-doc (src/README.md, "Jobs"): each tramky-doc_*.c has those of one purpose. */
#ifndef MAIN_DOC_H
#define MAIN_DOC_H

#include <jansson.h>
#include <stddef.h>

#include "base/job.h"
#include "pdf/pdf.h"
#include "trust/trust.h"

struct buf;

/* tramky-doc_pdf.c */
int doc_inspect(struct job_call *call, struct err *e);
int doc_find(struct job_call *call, struct err *e);
int doc_text(struct job_call *call, struct err *e);
int doc_thumb(struct job_call *call, struct err *e);
int doc_place(struct job_call *call, struct err *e);
int doc_image(struct job_call *call, struct err *e);
int doc_compose(struct job_call *call, struct err *e);
/* tramky-doc_sign.c */
int doc_prepare(struct job_call *call, struct err *e);
int doc_stamp(struct job_call *call, struct err *e);
int doc_cms(struct job_call *call, struct err *e);
int doc_embed(struct job_call *call, struct err *e);
/* The first n bytes of both, but for one hole [from, to): 0, or -1 and ERR_INTERNAL. */
int doc_same_bytes(int a, int b, size_t n, size_t from, size_t to, struct err *e);
/* tramky-doc_levels.c */
int doc_complete(struct job_call *call, struct err *e);
/* tramky-doc_trust.c */
int doc_certificate(struct job_call *call, struct err *e);
int doc_keyfile(struct job_call *call, struct err *e);
int doc_anchors(struct job_call *call, struct err *e);
/* tramky-doc_verify.c */
int doc_verify(struct job_call *call, struct err *e);
int doc_revision(struct job_call *call, struct err *e);

/* tramky-doc_look.c: what the box shows; fills how->look, borrowed from `l`, and moves how->place where a form has its own. */
struct doc_look { char *lines[8]; size_t n; unsigned char *rgba; int w, h; bool picture_last; double width_mm; };
int doc_look(struct doc_look *l, struct job_call *call, const struct cert *c, struct pdf_prepare *how, struct err *e);
void doc_look_clear(struct doc_look *l);                 /* fits AUTO */

/* tramky-doc_args.c: base64 arguments; absent or null gives an empty buffer. */
int arg_bytes(const json_t *args, const char *path, struct buf *out, struct err *e);
int arg_need_bytes(const json_t *args, const char *path, struct buf *out, struct err *e);
void put_bytes(json_t *to, const char *path, const void *p, size_t n);
enum { ARG_CHAIN_MAX = 16 };
struct arg_chain {
	struct buf *bytes;
	struct der der[ARG_CHAIN_MAX];
	size_t n;
};
int arg_chain(const json_t *args, const char *path, struct arg_chain *out, struct err *e);
void arg_chain_clear(struct arg_chain *c);
struct cert *arg_cert(const json_t *args, struct err *e);
/* Anchors of the configuration, read once; NULL without an error when none are configured. */
int doc_trust(const struct config *c, const struct trust_store **out, struct err *e);
int place_from(const json_t *args, void *pdf_place, struct err *e);
/* `more_places`: how many, at most PDF_PLACES_MAX; -1 on error. */
int more_places_from(const json_t *args, struct pdf_place out[PDF_PLACES_MAX], struct err *e);

#endif
