/* Reading, appending to and composing PDF. Reading is libqpdf through its C API; appending is our own incremental writer:
 * earlier bytes never change. Runs in the doc job only. See src/pdf/README.md. */
#ifndef PDF_PDF_H
#define PDF_PDF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct err;
struct buf;

/* ---- read ------------------------------------------------------------------------------------------------------ */
struct pdf;
struct pdf_id { int num, gen; };
enum { PDF_STRICT = 1 /* no recovery: always for verifying and for files that carry a signature */ };

/* Opens the first `len` bytes of fd (0: all of it); bytes are read, never mapped. ERR_NOT_PDF, ERR_PDF_EMPTY,
 * ERR_PDF_ENCRYPTED, ERR_PDF_DAMAGED, ERR_FILE_TOO_BIG. The descriptor stays the caller's and open while p lives. */
struct pdf *pdf_open(int fd, size_t len, unsigned flags, struct err *e);
void pdf_free(struct pdf *p);
void pdf_release(struct pdf **p);
int pdf_pages(const struct pdf *p);

struct pdf_page {            /* as shown: CropBox else MediaBox, after /Rotate */
	double width, height;
	double x0, y0;       /* origin of the box in user space */
	int rotate;          /* 0, 90, 180, 270 */
	struct pdf_id id;
};
int pdf_page(struct pdf *p, int number /* from 1 */, struct pdf_page *out, struct err *e);

/* A signature as it stands in the file's raw bytes and its dictionary. */
struct pdf_signature {
	char *field;                 /* full name of the field */
	struct pdf_id field_id, value_id;
	char *type, *subfilter, *filter, *name, *reason, *location, *m;   /* NULL when absent */
	bool byte_range_ok;          /* 4 direct integers, first 0, inside the file, the gap is exactly one <hex>:
	                                this dictionary's own and only /Contents */
	uint64_t byte_range[4];
	struct buf *contents;        /* decoded DER with its padding */
	int certify;                 /* DocMDP P of this signature: 1..3, 0 none */
	int page;                    /* 1-based, 0 none */
	double rect[4];
};
/* All signature fields with a value, in order of the end of their byte range. */
int pdf_signatures(struct pdf *p, struct pdf_signature **out, size_t *count, struct err *e);
/* Only those of one field object ({0}: all): the values of the others are not read. */
int pdf_signatures_of(struct pdf *p, struct pdf_id field, struct pdf_signature **out, size_t *count, struct err *e);
void pdf_signatures_free(struct pdf_signature *s, size_t count);
/* More of the reader (object walk for the revision diff) is declared in pdf/read.h. */

/* ---- place ------------------------------------------------------------------------------------------------------ */
struct pdf_place {
	int page;                    /* 1-based; 0: invisible on purpose */
	double x, y, w, h;           /* points from the lower left of the page as shown */
	char field[128];             /* existing empty field to fill; "" none */
};
struct pdf_hit { int page; double x, y, w, h; char *words; };
/* Where the words stand, by page then reading order; spaces, case, NFC/NFD and (on a second try) marks are ignored,
 * also over a line break; whole words are preferred to parts of words. No hit: -1 and ERR_PLACE_NOT_FOUND. Runs pdftotext
 * as a child with limits (a file it cannot finish: ERR_FILE_HOSTILE). */
int pdf_find(int fd, const char *words, struct pdf_hit **out, size_t *count, struct err *e);
void pdf_hits_free(struct pdf_hit *h, size_t count);
/* Box under a hit: left-aligned below the words (above them at the foot of a page), moved inside the page. dx and dy shift it
 * (up is positive); w or ht of 0: 170, 60. */
struct pdf_place pdf_place_under(const struct pdf_hit *h, const struct pdf_page *page, double dx, double dy, double w, double ht);
/* On the page, at least 60x20, covering no text, picture or other mark: 0, or ERR_PLACE_BAD (reasons place.off-page,
 * place.too-small) / ERR_PLACE_COVERS (place.text, place.mark); words it would cover go to `covers` (may be NULL). Dotted
 * lines are there to be signed on and count as nothing. page 0 (invisible) is always good. */
int pdf_place_check(int fd, const struct pdf_place *pl, struct buf *covers, struct err *e);

/* Text of a page on a grid of cols x rows cells (cell = page width / cols); lines is NULL-ended. */
int pdf_text_grid(int fd, int page, int cols, char ***lines, int *rows, struct err *e);
void pdf_grid_free(char **lines);
/* Grey thumbnail of w x h pixels at most, rows from the top. */
int pdf_thumb(int fd, int page, int w, int h, unsigned char **gray, int *tw, int *th, struct err *e);

/* ---- append ------------------------------------------------------------------------------------------------------ */
struct pdf_look {                    /* what the visible box shows */
	const char *lines[8];        /* NFC UTF-8, drawn as given, size chosen to fit */
	size_t nlines;
	const unsigned char *rgba;   /* decoded picture or NULL */
	int img_w, img_h;
	unsigned color;              /* 0xRRGGBB of text and frame */
	double size;                 /* of the letters; 0: as big as fits, up to 10 */
	bool bare;                   /* no frame, and a picture fills the box */
	bool picture_last;           /* right of the text, not left */
};
enum { PDF_PLACES_MAX = 8 };
struct pdf_prepare {
	struct pdf_place place;
	const struct pdf_place *more;   /* further places of the same field: a widget each, showing the same */
	size_t nmore;
	struct pdf_look look;
	const char *name, *reason, *location;   /* may be NULL */
	time_t when;                 /* /M, in +07'00' */
	size_t reserve;              /* bytes of DER to leave room for */
	int certify;                 /* DocMDP P 1..3, 0 none; only with the first signature */
	bool timestamp;              /* a DocTimeStamp instead of a signature */
};
struct pdf_hole {
	uint64_t contents_at;        /* offset of "<" */
	uint64_t contents_len;       /* with both brackets */
	uint64_t byte_range[4];
	unsigned char sha256[32];    /* over the byte range */
	char field[128];
	bool repaired;               /* an unsigned file had to be written anew before the signature (tell the person) */
};
/* Appends one revision with a signature field and an empty hole to a copy of `in` written to `out` (a fresh memfd).
 * ERR_PDF_FORBIDS when DocMDP or a lock forbids it (reasons pdf.certified, pdf.locked, pdf.certify-later), ERR_PDF_DAMAGED
 * when a signed file would need repair, ERR_PLACE_BAD (reasons place.off-page, place.no-field, place.field-used). */
int pdf_prepare(int in, int out, const struct pdf_prepare *how, struct pdf_hole *hole, struct err *e);
/* One pwrite of the hex into the hole. ERR_INTERNAL when it does not fit. */
int pdf_embed(int fd, const struct pdf_hole *hole, const void *der, size_t n, struct err *e);
/* Appends /DSS with certificates, OCSP answers and CRLs, and /VRI for each signature or document time-stamp whose /Contents (padding
 * included) is given (B-LT). What the file holds already is not written twice; *added 0: there was nothing new, and `out` is
 * left empty. */
struct pdf_der { const unsigned char *p; size_t n; };
struct pdf_evidence {
	struct pdf_der contents;
	const struct pdf_der *certs, *ocsps, *crls;
	size_t ncerts, nocsps, ncrls;
};
int pdf_append_dss(int in, int out, const struct pdf_evidence *of, size_t n, size_t *added, struct err *e);

/* ---- compose ------------------------------------------------------------------------------------------------------ */
/* New files with libharu. `doc`: {"title","lines":[{"kind":"title|head|text|field|sign|rule|gap|motto|qr","text","value","align","size",...}]}.
 * Kinds are described in src/pdf/README.md. Written to fd. */
int pdf_compose(int fd, const json_t *doc, struct err *e);

/* Font with every Vietnamese letter (fonts-liberation2, else Noto Serif): path or NULL; the caller owns it. */
char *pdf_font_path(bool bold, struct err *e);

#endif
