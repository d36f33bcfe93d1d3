/* Inside of the pdf room only: the opened file and the small lexer under the raw checks. */
#ifndef PDF_INNER_H
#define PDF_INNER_H

#include <qpdf/qpdf-c.h>

#include "base/err.h"
#include "base/mem.h"
#include "pdf/pdf.h"
#include "pdf/read.h"

enum {
	PDF_MAX_BYTES = 512 << 20,       /* no paper at a counter comes near; also keeps offsets inside 4 bytes */
	PDF_MAX_SECTIONS = 4096,
	PDF_MAX_ENTRIES = 1000000,
	PDF_MAX_DEPTH = 64,              /* page tree, field tree */
	PDF_LEX_DEPTH = 400,             /* below qpdf's own 500 */
	PDF_WINDOW = 16384,
	CUT = 16 << 10,                  /* of a mapped file; see read.c */
	LET_GO_EVERY = 32,               /* objects: at most 2 MB of a mapped file count as ours */
};

struct pdf {
	qpdf_data q;
	int fd;
	uint64_t size, shift;            /* shift: bytes of junk in front of "%PDF-"; offsets in the file count from there */
	void *map;                       /* or NULL */
	bool borrowed;                   /* the map is another's */
	unsigned looked_at;
	bool strict;
	int pages;
	size_t complaints;

	qpdf_oh *taken;                  /* handles given out, for rewind */
	size_t ntaken, captaken;

	unsigned char *win;              /* last window read by pread */
	uint64_t win_at;
	size_t win_n;

	int xref_state;                  /* 0 not read, 1 read, -1 unreadable */
	struct err xref_err;
	struct pdf_section *sections;
	size_t nsections;
	struct pdf_entry *entries;
	size_t nentries;
	uint64_t *places;                /* of every "n g obj" that any section names, sorted */
	size_t nplaces;

	int os_num;                      /* object stream kept decoded; 0 none */
	struct buf os;
};

/* Collects what qpdf has to say; returns how much it was. */
size_t pdf_listen(struct pdf *p);
struct pdf_val pdf_take(struct pdf *p, qpdf_oh h);
/* Decimal point whatever the locale says (vi_VN writes a comma; qpdf's own number reader would follow it). */
double pdf_decimal(const char *s, const char **end);
/* A handle's string is gone with the next such call: always copied at once. */
char *pdf_unparse_resolved(struct pdf *p, struct pdf_val v);

/* Every field of the form, kids before their parents; `widget` is the field itself or its first nameless kid. */
struct form_field {
	struct pdf_val field, widget;
	const char *name;                /* full name */
	bool is_sig;
	int depth;
};
typedef int form_field_fn(void *self, const struct form_field *f, struct err *e);
int pdf_fields(struct pdf *p, form_field_fn *each, void *self, struct err *e);
/* 1-based page whose /Annots hold the widget, 0 none. */
int pdf_widget_page(struct pdf *p, struct pdf_val widget);

/* ---- lexer: over the file (p set) or over memory ------------------------------------------------------------------- */
struct lex {
	struct pdf *p;
	const unsigned char *mem;
	uint64_t n;
};
enum tok { TOK_END, TOK_BAD, TOK_INT, TOK_REAL, TOK_NAME, TOK_STRING, TOK_HEX, TOK_OPEN, TOK_CLOSE, TOK_DICT, TOK_DICT_END, TOK_WORD };
struct token {
	enum tok kind;
	uint64_t from, to;
	long long num;           /* TOK_INT */
	char text[64];           /* TOK_NAME with its slash, #xx decoded; TOK_WORD; cut when longer */
};
typedef void lex_ref_fn(void *self, int num, int gen);

int lex_byte(struct lex *l, uint64_t at);                           /* -1 at the end */
struct token lex_next(struct lex *l, uint64_t *at);
bool lex_all_hex(struct lex *l, uint64_t from, uint64_t to);        /* nothing but hex digits in [from,to) */
/* Skips one whole object; tells every reference inside. -1: not well formed. */
int lex_skip(struct lex *l, uint64_t *at, lex_ref_fn *ref, void *self);
/* As pdf_raw_key(), over any source. */
int lex_key(struct lex *l, uint64_t dict, const char *key, uint64_t *from, uint64_t *to);
/* Direct integer under a key: 1 and *out, 0 absent, -1 something else or doubled. */
int lex_key_int(struct lex *l, uint64_t dict, const char *key, long long *out);
/* "n g obj" at *at: moves behind it. */
int lex_obj(struct lex *l, uint64_t *at, int *num, int *gen);
/* Behind the keyword "stream" and its line end; *odd when that is a lone CR. */
int lex_stream(struct lex *l, uint64_t *at, bool *odd);
struct lex lex_file(struct pdf *p);

int pdf_xref(struct pdf *p, struct err *e);                         /* reads the chain once */
int pdf_inflate(const void *p, size_t n, size_t max, struct buf *out, struct err *e);

#endif
