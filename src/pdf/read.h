/* The deeper reader: values, every object, and the raw bytes beneath them. For the revision diff (verify/) and for our own
 * writer. Nothing of qpdf shows here.
 *
 * How the bytes are reached: qpdf's C API opens a path or a memory block, no descriptor. A sealed memfd (the usual case: a
 * document under work) is mapped read-only, so it costs no second copy and cannot shrink under us (no SIGBUS); a whole
 * unsealed file is read through /proc/self/fd/N. What remains, the first N bytes of an unsealed file, or all of it where
 * /proc is out of reach (behind the walls), is mapped too: only the command line verifies such a file (its caller's, which may
 * change whichever way it is read); a private copy for every signature cost six times the hashing of all ten (60 MB); whoever
 * cuts the file short in that moment ends this helper, not the program. Everything in "raw" below uses pread. */
#ifndef PDF_READ_H
#define PDF_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pdf/pdf.h"

/* The first `len` bytes of an opened file, read as strictly, over the same mapping: `whole` is given back after it. */
struct pdf *pdf_open_first(struct pdf *whole, size_t len, struct err *e);

/* ---- values ------------------------------------------------------------------------------------------------------
 * A value is a small handle, valid until pdf_rewind() to an earlier mark, or pdf_free(). {0} is "nothing": every call
 * takes it and gives nothing back. References are followed by pdf_get() and pdf_item(); pdf_ref() says when one was. */
struct pdf_val { unsigned h; };
enum pdf_kind { PDF_NONE, PDF_NULL, PDF_BOOL, PDF_INT, PDF_REAL, PDF_STRING, PDF_NAME, PDF_ARRAY, PDF_DICT, PDF_STREAM };

struct pdf_val pdf_trailer(struct pdf *p);
struct pdf_val pdf_root(struct pdf *p);
struct pdf_val pdf_acroform(struct pdf *p);                         /* nothing when absent */
struct pdf_val pdf_page_val(struct pdf *p, int number);             /* from 1 */
int pdf_page_number(struct pdf *p, struct pdf_id page);             /* 0: no page of this file */
struct pdf_val pdf_value(struct pdf *p, struct pdf_id id);
enum pdf_kind pdf_kind(struct pdf *p, struct pdf_val v);
bool pdf_nothing(struct pdf_val v);
/* The value of a key ("/Kids") of a dictionary or stream; nothing when absent or null. */
struct pdf_val pdf_get(struct pdf *p, struct pdf_val v, const char *key);
int pdf_count(struct pdf *p, struct pdf_val v);                     /* items of an array, else 0 */
struct pdf_val pdf_item(struct pdf *p, struct pdf_val v, int i);
/* True when the value stood there as "n g R". */
bool pdf_ref(struct pdf *p, struct pdf_val v, struct pdf_id *id);
/* pdf_ref(pdf_get()), but what it points to is not read when its first bytes say that it is a dictionary. */
bool pdf_get_ref(struct pdf *p, struct pdf_val v, const char *key, struct pdf_id *id);
bool pdf_same(struct pdf_id a, struct pdf_id b);
long long pdf_int(struct pdf *p, struct pdf_val v, long long none);
double pdf_number(struct pdf *p, struct pdf_val v, double none);
bool pdf_is_true(struct pdf *p, struct pdf_val v);
bool pdf_is_name(struct pdf *p, struct pdf_val v, const char *name); /* "/Sig" */
char *pdf_name(struct pdf *p, struct pdf_val v);                    /* "/Sig"; the caller owns it; NULL */
char *pdf_text(struct pdf *p, struct pdf_val v);                    /* text string as UTF-8; the caller owns it; NULL */
int pdf_bytes(struct pdf *p, struct pdf_val v, struct buf *out);    /* a string's bytes; -1 when it is none */
char *pdf_unparse(struct pdf *p, struct pdf_val v);                 /* canonical; a reference stays "n g R" */
/* Dictionary keys, sorted, ended by NULL. Trap: qpdf hides keys whose value is null OR a reference to an undefined object;
 * pdf_object() has `refs` from the raw bytes for that. */
char **pdf_keys(struct pdf *p, struct pdf_val v);
void pdf_keys_free(char **keys);
/* Decoded (raw false: only when every filter is known) data of a stream, at most `max` bytes. */
int pdf_stream(struct pdf *p, struct pdf_val v, bool raw, size_t max, struct buf *out, struct err *e);

/* Where a page's own content shows text: boxes in default user space, their length guessed (no font is read) and rather short;
 * lines to write on are left out. How many, at most `max`; -1: the content cannot be read. */
struct pdf_box { double x0, y0, x1, y1; };
int pdf_glance(struct pdf *p, int page, struct pdf_box *out, int max);

size_t pdf_mark(const struct pdf *p);
void pdf_rewind(struct pdf *p, size_t mark);                        /* gives back every value taken since */

/* ---- objects -----------------------------------------------------------------------------------------------------
 * Our own reading of the cross-reference chain (tables, streams, hybrid /XRefStm), newest first; only the newest definition
 * of an object number counts, whatever its generation. */
struct pdf_entry {
	struct pdf_id id;
	uint64_t at;             /* offset of "n g obj"; 0: it lives in an object stream */
	int stream, index;       /* number of the object stream, place in it */
};
/* All objects in use, by number; borrowed. ERR_PDF_DAMAGED when the chain cannot be followed strictly. */
int pdf_entries(struct pdf *p, const struct pdf_entry **out, size_t *count, struct err *e);
const struct pdf_entry *pdf_entry(struct pdf *p, int num);          /* NULL: not defined (or no readable chain) */

struct pdf_object {
	struct pdf_id id;
	char *text;              /* canonical text; of a stream: its dictionary. Equal text is equal content. */
	bool is_stream;
	uint64_t stream_at, stream_len; /* raw data in the file */
	unsigned char sha256[32];/* of the raw stream data; zero otherwise */
	struct pdf_id *refs;     /* every "n g R" in its raw bytes, sorted, no doubles; also to undefined objects */
	size_t nrefs;
	uint64_t end;            /* behind its "endobj" in the file; 0: in an object stream, or not well formed */
	bool odd;                /* the reader complained about it, or raw bytes and parsed object do not fit */
};
int pdf_object(struct pdf *p, int num, struct pdf_object *out, struct err *e);
/* Only where it points to and where its data lies (no text, no hash): cheap enough for every object of a file. */
int pdf_object_refs(struct pdf *p, int num, struct pdf_object *out, struct err *e);
/* Has some dictionary in it a key twice? Readers disagree which one holds. Also true of what is not well formed. */
bool pdf_object_doubled(struct pdf *p, int num);
void pdf_object_free(struct pdf_object *o);                         /* fits AUTO */

/* ---- raw bytes --------------------------------------------------------------------------------------------------- */
struct pdf_section {             /* one cross-reference section, newest first */
	uint64_t at;             /* as startxref or /Prev names it */
	uint64_t prev;           /* 0: none */
	uint64_t xrefstm;        /* hybrid: offset of its stream; 0: none */
	bool stream;
	bool doubled;            /* gives one object number two places: readers disagree which of them holds */
};
int pdf_sections(struct pdf *p, const struct pdf_section **out, size_t *count, struct err *e);

/* Is everything behind `from` what a revision is made of: objects that some section of the chain names at just that place,
 * the sections themselves, trailers, startxref, comments, white space? Readers that search a file for objects instead of
 * believing its tables would show anything else. 0; -1 and *at where it is not. */
int pdf_behind(struct pdf *p, uint64_t from, uint64_t *at);

uint64_t pdf_size(const struct pdf *p);                             /* bytes opened */
int pdf_raw(struct pdf *p, uint64_t at, void *out, size_t n);       /* exactly n bytes or -1 */
/* SHA-256 over n ranges {at,len} one after the other, in 256 KB reads. */
int pdf_sha256(struct pdf *p, const uint64_t *ranges, size_t n, unsigned char out[32], struct err *e);
/* Does "%%EOF" with at most one line end (LF, CR LF or CR) end exactly at `at`? */
bool pdf_ends_at(struct pdf *p, uint64_t at);
/* Offsets just behind every "%%EOF" and its line end; the caller frees *at. One pass over the file. */
int pdf_eofs(struct pdf *p, uint64_t **at, size_t *count, struct err *e);
/* Raw extent [from,to) of object `num` from "n g obj" to behind "endobj"; -1: in an object stream, or not well formed. */
int pdf_object_extent(struct pdf *p, int num, uint64_t *from, uint64_t *to);
/* Raw place [from,to) of the value of a top-level key of the dictionary that starts ("<<") at `dict`; returns how often
 * the key stands there (0: absent; 2 and more: an attack or a broken writer; the last place is given), -1: not well formed. */
int pdf_raw_key(struct pdf *p, uint64_t dict, const char *key, uint64_t *from, uint64_t *to);
/* Raw offset of "<<" of the signature dictionary of s (also when it stands directly in its field); -1 when it has none. */
int pdf_signature_raw(struct pdf *p, const struct pdf_signature *s, uint64_t *dict);

/* Complaints of the reader so far (repairs, odd objects); a strict file that is well made has none. */
size_t pdf_complaints(struct pdf *p);
bool pdf_is_linearized(struct pdf *p);
/* Every /ByteRange-bearing or /FT /Sig thing: true when the file carries (or once carried) a signature. Cheap, raw. */
bool pdf_looks_signed(struct pdf *p);

#endif
