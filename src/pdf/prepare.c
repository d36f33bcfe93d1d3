#include "pdf/form.h"
#include "pdf/guard.h"
#include "pdf/look.h"

#include "base/clock.h"
#include "base/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RESERVE_MIN = 512, RESERVE_MAX = 128 << 10, RANGE_WIDTH = 34 };

/* ---- the file to append to --------------------------------------------------------------------------------------- */
/* Every object once, so that what is wrong is known before a signature makes it permanent. */
static bool is_clean(struct pdf *p)
{
	if (pdf_xref(p, NULL) < 0 || p->shift || pdf_complaints(p))
		return false;
	for (size_t i = 0; i < p->nentries; i++) {
		size_t mark = pdf_mark(p);
		pdf_value(p, p->entries[i].id);
		pdf_rewind(p, mark);
	}
	return pdf_complaints(p) == 0;
}

/* The whole file written anew by qpdf: only for files that carry no signature (rule D4). */
static int write_anew(struct pdf *p, int to, struct err *e)
{
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", to);
	if (qpdf_init_write(p->q, path) & QPDF_ERRORS)
		return err_set(e, ERR_INTERNAL, "qpdf_init_write");
	/* qpdf repeats the trailer's keys: where the broken file has no /Size, it writes a file that no strict reader takes. */
	qpdf_oh trailer = qpdf_get_trailer(p->q);
	if (!qpdf_oh_has_key(p->q, trailer, "/Size"))
		qpdf_oh_replace_key(p->q, trailer, "/Size", qpdf_oh_new_integer(p->q, 0));
	qpdf_oh_release(p->q, trailer);
	qpdf_set_stream_data_mode(p->q, qpdf_s_preserve);
	qpdf_set_decode_level(p->q, qpdf_dl_none);
	if (qpdf_write(p->q) & QPDF_ERRORS)
		return err_set(e, ERR_PDF_DAMAGED, "qpdf_write");
	return 0;
}

/* A strict reader of `in`, or of a repaired copy (then *copy holds it). */
static struct pdf *open_to_append(int in, int *copy, struct err *e)
{
	struct err first = { 0 };
	AUTO(pdf_release) struct pdf *p = pdf_open(in, 0, PDF_STRICT, &first);

	if (p && is_clean(p))
		return STEAL(&p);
	if (!p && first.kind != ERR_PDF_DAMAGED) {
		if (e)
			*e = first;
		return NULL;
	}
	bool readable = p && pdf_xref(p, NULL) == 0 && !p->shift;
	AUTO(pdf_release) struct pdf *lax = readable ? NULL : pdf_open(in, 0, 0, e);
	if (!readable && !lax)
		return NULL;
	if (pdf_looks_signed(readable ? p : lax)) {
		/* A complaint about something else in the file is no reason against one more signature; a lost xref is. */
		if (readable)
			return STEAL(&p);
		err_set(e, ERR_PDF_DAMAGED, "a signed file that needs repair: %.150s", first.cause);
		return NULL;
	}
	if (!lax && !(lax = pdf_open(in, 0, 0, e)))
		return NULL;
	if ((*copy = fd_memfd("pdf-repaired", e)) < 0 || write_anew(lax, *copy, e) < 0)
		return NULL;
	return pdf_open(*copy, 0, PDF_STRICT, e);
}

/* ---- the signature dictionary ------------------------------------------------------------------------------------ */
static void put_optional_text(struct buf *b, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	buf_printf(b, "%s ", key);
	put_text(b, text);
	buf_str(b, "\n");
}

static void write_value(struct tail *t, struct pdf_id id, const struct pdf_prepare *how, const struct form_target *g,
                        size_t *range_at, size_t *contents_at)
{
	struct buf *b = &t->b;
	struct tm tm = clock_vn_tm(how->when);

	tail_open(t, id);
	buf_printf(b, "<< /Type /%s /Filter /Adobe.PPKLite /SubFilter /%s\n", how->timestamp ? "DocTimeStamp" : "Sig",
	           how->timestamp ? "ETSI.RFC3161" : "ETSI.CAdES.detached");
	if (!how->timestamp) {
		buf_printf(b, "/M (D:%04d%02d%02d%02d%02d%02d+07'00')\n", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
		           tm.tm_hour, tm.tm_min, tm.tm_sec);
		put_optional_text(b, "/Name", how->name);
		put_optional_text(b, "/Reason", how->reason);
		put_optional_text(b, "/Location", how->location);
		form_put_reference(t, g, how->certify);
	}
	buf_str(b, "/ByteRange ");
	*range_at = b->n;
	buf_printf(b, "%*s\n/Contents ", RANGE_WIDTH, "");
	*contents_at = b->n;
	buf_str(b, "<");
	for (size_t i = 0; i < how->reserve; i++)
		buf_add(b, "00", 2);
	buf_str(b, ">\n>>");
	tail_close(t);
}

/* Patched before hashing, padded to a fixed width, so that nothing moves. */
static int patch_range(struct tail *t, size_t range_at, size_t contents_at, struct pdf_hole *hole, struct err *e)
{
	uint64_t total = tail_at(t);
	char text[64];

	hole->contents_at = t->p->size + contents_at;
	hole->byte_range[1] = hole->contents_at;
	hole->byte_range[2] = hole->contents_at + hole->contents_len;
	hole->byte_range[3] = total - hole->byte_range[2];
	int n = snprintf(text, sizeof text, "[0 %llu %llu %llu]", (unsigned long long)hole->byte_range[1],
	                 (unsigned long long)hole->byte_range[2], (unsigned long long)hole->byte_range[3]);
	if (n > RANGE_WIDTH)
		return err_set(e, ERR_FILE_TOO_BIG, "byte range of %d characters", n);
	memcpy(t->b.p + range_at, text, (size_t)n);
	return 0;
}

/* ---- copy and hash in one pass ----------------------------------------------------------------------------------- */
static int write_revision(struct tail *t, int out, size_t contents_at, struct pdf_hole *hole, struct err *e)
{
	AUTO(sha256_drop) struct sha256 h = { 0 };
	size_t after = contents_at + (size_t)hole->contents_len;

	if (sha256_begin(&h, e) < 0 || tail_write(t, out, &h, e) < 0)
		return -1;
	sha256_add(&h, t->b.p, contents_at);
	sha256_add(&h, t->b.p + after, t->b.n - after);
	return sha256_end(&h, hole->sha256, e);
}

/* ---- prepare ----------------------------------------------------------------------------------------------------- */
static int check_how(const struct pdf_prepare *how, struct err *e)
{
	if (how->reserve < RESERVE_MIN || how->reserve > RESERVE_MAX)
		return err_set(e, ERR_USAGE, "reserve of %zu bytes", how->reserve);
	if (how->certify < 0 || how->certify > 3 || (how->timestamp && how->certify))
		return err_set(e, ERR_USAGE, "certify %d", how->certify);
	if (how->look.nlines > COUNT(how->look.lines))
		return err_set(e, ERR_USAGE, "%zu lines", how->look.nlines);
	return 0;
}

/* The same appearance where the size and the page's turn are the same. */
static int further_looks(struct tail *t, const struct pdf_prepare *how, struct form_target *g, struct pdf_id first, struct err *e)
{
	for (size_t i = 0; i < g->nmore; i++) {
		struct form_spot *s = &g->more[i];
		if (s->w == g->w && s->h == g->h && s->page.rotate == g->page.rotate) {
			s->look = first;
			continue;
		}
		s->look = tail_new(t);
		if (look_write(t, s->look, &how->look, s->w, s->h, s->page.rotate, e) < 0)
			return -1;
	}
	return 0;
}

/* Document time-stamps are allowed even where P=1 (ISO 32000-2 table 257). */
static int build(struct tail *t, const struct pdf_prepare *how, struct form_target *g, struct pdf_hole *hole, size_t *contents_at,
                 struct err *e)
{
	struct pdf *p = t->p;
	size_t range_at;

	if (form_target(p, how, g, e) < 0)
		return -1;
	if (!how->timestamp && guard_signing(p, g->name, how->certify, e) < 0)
		return -1;
	if (tail_begin(t, p, e) < 0)
		return -1;
	struct pdf_id value = tail_new(t), look = { 0 };
	g->visible &= how->look.nlines || how->look.rgba;
	if (!g->visible)
		g->nmore = 0;
	if (g->visible) {
		look = tail_new(t);
		if (look_write(t, look, &how->look, g->w, g->h, g->page.rotate, e) < 0)
			return -1;
	}
	if (look.num && further_looks(t, how, g, look, e) < 0)
		return -1;
	hole->contents_len = 2 * how->reserve + 2;
	write_value(t, value, how, g, &range_at, contents_at);
	if (form_write(t, g, value, look, how->certify != 0, e) < 0)
		return -1;
	tail_end(t);
	return patch_range(t, range_at, *contents_at, hole, e);
}

int pdf_prepare(int in, int out, const struct pdf_prepare *how, struct pdf_hole *hole, struct err *e)
{
	AUTO(fd_close) int copy = -1;
	AUTO(pdf_release) struct pdf *p = NULL;
	AUTO(tail_free) struct tail t = { 0 };
	struct form_target g;
	size_t contents_at;

	*hole = (struct pdf_hole){ 0 };
	if (check_how(how, e) < 0 || !(p = open_to_append(in, &copy, e)))
		return -1;
	t.p = p;
	if (build(&t, how, &g, hole, &contents_at, e) < 0 || write_revision(&t, out, contents_at, hole, e) < 0)
		return -1;
	memcpy(hole->field, g.name, sizeof hole->field);
	hole->repaired = copy >= 0;
	return 0;
}

int pdf_embed(int fd, const struct pdf_hole *hole, const void *der, size_t n, struct err *e)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *d = der;
	char edge;

	if (hole->contents_len < 2 || n > (hole->contents_len - 2) / 2)
		return err_set(e, ERR_INTERNAL, "signature of %zu bytes, room for %llu", n,
		               (unsigned long long)(hole->contents_len - 2) / 2);
	if (pread(fd, &edge, 1, (off_t)hole->contents_at) != 1 || edge != '<' ||
	    pread(fd, &edge, 1, (off_t)(hole->contents_at + hole->contents_len - 1)) != 1 || edge != '>')
		return err_set(e, ERR_INTERNAL, "no hole at %llu", (unsigned long long)hole->contents_at);
	size_t room = (size_t)hole->contents_len - 2;
	AUTO(mem_free) char *hex = mem_alloc(room);
	memset(hex, '0', room);
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[d[i] >> 4];
		hex[2 * i + 1] = digits[d[i] & 15];
	}
	/* One write; a memfd takes it whole, and a short one is an error, never half a signature shown as done. */
	if (pwrite(fd, hex, room, (off_t)hole->contents_at + 1) != (ssize_t)room)
		return err_set(e, ERR_INTERNAL, "pwrite: %s", strerror(errno));
	return 0;
}
