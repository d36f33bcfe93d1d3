/* Inside of the verify room. */
#ifndef VERIFY_INNER_H
#define VERIFY_INNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "pdf/pdf.h"
#include "pdf/read.h"
#include "trust/cms.h"
#include "verify/reasons.h"
#include "verify/verify.h"

enum { SIGNATURES_MAX = 256, MATERIAL_MAX = 512, ITEM_MAX = 16 << 20 };

struct sig {
	const struct pdf_signature *s;
	json_t *reasons, *changes;
	struct cms *cms, *stamp;         /* stamp: token of the signature itself */
	enum cms_use use;
	uint64_t end;                    /* behind the byte range */
	int revision;
	bool whole;                      /* nothing but white space comes after it */
	bool in_place;                   /* byte range and contents are sound */
	unsigned char digest[64];
	size_t ndigest;
	struct cms_believed who, tsa;
	time_t when;                     /* 0: nobody says */
	bool proven, archived;           /* archived: a later document time-stamp covers it */
	enum verdict verdict;
};

struct material {                    /* certificates and answers in the file and from outside */
	struct der certs[MATERIAL_MAX];
	struct cms_answer answers[MATERIAL_MAX];
	struct buf kept[2 * MATERIAL_MAX];
	size_t ncerts, nanswers, nkept, ninside;   /* ninside: answers that the file itself brought */
};

enum keep_kind { KEEP_CERT, KEEP_OCSP, KEEP_CRL };

struct look {
	struct pdf *p;
	int fd;
	const struct verify_rules *rules;
	struct pdf_signature *list;
	struct sig *sigs;
	size_t n;
	uint64_t *eofs;
	size_t neofs;
	struct material *material;
	struct pdf_object *objects;      /* diff.c: by place in pdf_entries() of p, read when first needed; or NULL */
	size_t nobjects;
	time_t at;
};

/* cover.c: raw places, revisions, and one pass of hashing for all signatures. */
void cover_place(struct look *l);                /* where each signature's bytes are; before all else */
int cover_check(struct look *l, struct err *e);
/* After the signed bytes come whole, named objects and nothing else. */
void cover_behind(struct look *l);
/* Number of revisions in the first `end` bytes (a linearized file's first part is none of its own). */
int cover_revision(const struct look *l, uint64_t end);

/* pass.c: begins when places and kinds of hash are known, that is after judge_read(); meanwhile all else may be looked at but
 * `digest`. pass_end(): the digests are there. pass_drop() fits AUTO, and waits. */
struct pass;
struct pass *pass_begin(struct look *l);
int pass_end(struct pass *p, struct err *e);
void pass_drop(struct pass **p);

/* material.c */
void material_gather(struct look *l);
void material_free(struct material *m);
void material_add(struct material *m, const unsigned char *p, size_t n, enum keep_kind kind);
struct cms_world material_world(const struct look *l);

/* judge.c */
void judge_read(struct look *l);                 /* CMS of every signature */
void judge_trust(struct look *l);                /* after the hashes are there */

/* diff.c: what changed between the end of s and the end of the file. */
int diff_after(struct look *l, struct sig *s, struct err *e);

/* verify.c: fits AUTO; judge() is everything but the report. */
int look_judge(struct look *l, int fd, const struct verify_rules *rules, struct err *e);
void look_clear(struct look *l);

/* overlap.c: [{"id","pages"}] of what is told beside the verdict. */
json_t *overlap_warnings(const struct look *l);

/* report.c */
json_t *report_make(const struct look *l, enum verdict *verdict);
enum verdict report_verdict(const struct look *l);
void report_need(json_t *needs, const char *kind, const char *url, const char *request);

#endif
