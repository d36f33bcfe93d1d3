#include "pdf/writer.h"

#include "base/seal.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>


/* ---- small pieces -------------------------------------------------------------------------------------------------- */
void put_num(struct buf *b, double v)
{
	long long k = llround(v * 10000);
	unsigned long long a = k < 0 ? (unsigned long long)-k : (unsigned long long)k;
	char text[40];

	int n = snprintf(text, sizeof text, "%s%llu.%04llu", k < 0 ? "-" : "", a / 10000, a % 10000);
	while (text[n - 1] == '0')
		n--;
	if (text[n - 1] == '.')
		n--;
	buf_add(b, text, (size_t)n);
}

void put_ref(struct buf *b, struct pdf_id id)
{
	buf_printf(b, "%d %d R", id.num, id.gen);
}

void put_name(struct buf *b, const char *name)
{
	buf_str(b, "/");
	for (const unsigned char *s = (const unsigned char *)name + 1; *s; s++)
		if (*s <= 32 || *s >= 127 || strchr("()<>[]{}/%#", *s))
			buf_printf(b, "#%02x", *s);
		else
			buf_add(b, s, 1);
}

void put_text(struct buf *b, const char *utf8)
{
	bool ascii = true;

	for (const char *s = utf8; *s; s++)
		ascii &= *s >= 32 && *s < 127;
	if (ascii) {
		buf_str(b, "(");
		for (const char *s = utf8; *s; s++)
			buf_printf(b, "%s%c", strchr("()\\", *s) ? "\\" : "", *s);
		buf_str(b, ")");
		return;
	}
	buf_str(b, "<FEFF");
	for (const char *s = utf8; *s; ) {
		uint32_t c = text_next(&s);
		if (c >= 0x10000)
			buf_printf(b, "%04X%04X", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
		else
			buf_printf(b, "%04X", c);
	}
	buf_str(b, ">");
}

void put_dict_keys(struct buf *b, struct pdf *p, struct pdf_val dict, const char *const *without)
{
	char **keys = pdf_keys(p, dict);

	for (char **k = keys; *k; k++) {
		bool skip = false;
		for (const char *const *w = without; w && *w; w++)
			skip |= strcmp(*k, *w) == 0;
		if (skip)
			continue;
		size_t mark = pdf_mark(p);
		AUTO(mem_free) char *text = pdf_unparse(p, pdf_get(p, dict, *k));
		put_name(b, *k);
		buf_printf(b, " %s\n", text ? text : "null");
		pdf_rewind(p, mark);
	}
	pdf_keys_free(keys);
}

bool deflated(struct buf *out, const void *src, size_t n)
{
	uLongf room = compressBound((uLong)n);
	AUTO(mem_free) unsigned char *z = mem_alloc(room);

	if (compress2(z, &room, src, (uLong)n, 9) != Z_OK || room + 24 >= n)
		return false;
	buf_add(out, z, room);
	return true;
}

/* ---- one revision -------------------------------------------------------------------------------------------------- */
int tail_begin(struct tail *t, struct pdf *p, struct err *e)
{
	const struct pdf_entry *en;
	size_t n;
	unsigned char last;

	*t = (struct tail){ .p = p };
	if (pdf_entries(p, &en, &n, e) < 0)
		return -1;
	if (p->shift || pdf_raw(p, p->size - 1, &last, 1) < 0)
		return err_set(e, ERR_PDF_DAMAGED, "bytes in front of the header");
	long long size = pdf_int(p, pdf_get(p, pdf_trailer(p), "/Size"), 0);
	/* /Size may lie; a number in use must never be taken again. */
	t->next = n && en[n - 1].id.num >= size ? en[n - 1].id.num + 1 : (int)(size < 0x7ffffff0 ? size : 0x7ffffff0);
	if (t->next < 1 || t->next > 0x7fff0000)
		return err_set(e, ERR_PDF_DAMAGED, "/Size %lld", size);
	if (last != '\n' && last != '\r')
		buf_str(&t->b, "\n");
	return 0;
}

void tail_free(struct tail *t)
{
	buf_free(&t->b);
	free(t->made);
	t->made = NULL;
}

struct pdf_id tail_new(struct tail *t)
{
	return (struct pdf_id){ t->next++, 0 };
}

uint64_t tail_at(const struct tail *t)
{
	return t->p->size + t->b.n;
}

void tail_open(struct tail *t, struct pdf_id id)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->made = mem_grow(t->made, t->cap, sizeof *t->made);
	}
	t->made[t->n].id = id;
	t->made[t->n++].at = tail_at(t);
	buf_printf(&t->b, "%d %d obj\n", id.num, id.gen);
}

void tail_close(struct tail *t)
{
	buf_str(&t->b, "\nendobj\n");
}

void tail_stream(struct tail *t, struct pdf_id id, const char *dict, const void *data, size_t n)
{
	AUTO(buf_free) struct buf z = { 0 };
	bool small = deflated(&z, data, n);

	tail_open(t, id);
	buf_printf(&t->b, "<< %s /Length %zu%s >>\nstream\n", dict, small ? z.n : n, small ? " /Filter /FlateDecode" : "");
	buf_add(&t->b, small ? z.p : data, small ? z.n : n);
	buf_str(&t->b, "\nendstream");
	tail_close(t);
}

static int made_cmp(const void *a, const void *b)
{
	int x = ((const struct pdf_id *)a)->num, y = ((const struct pdf_id *)b)->num;

	return x < y ? -1 : x > y;
}

/* Runs of successive numbers: "first count" for both styles. */
static size_t run_at(const struct tail *t, size_t i)
{
	size_t n = 1;

	while (i + n < t->n && t->made[i + n].id.num == t->made[i].id.num + (int)n)
		n++;
	return n;
}

/* /Root, /Info and /ID are carried over; the first half of /ID names the document for ever (ISO 32000-1 14.4). */
static void put_trailer_keys(struct tail *t)
{
	struct pdf *p = t->p;
	struct pdf_val trailer = pdf_trailer(p), id = pdf_get(p, trailer, "/ID"), first = pdf_item(p, id, 0);
	AUTO(mem_free) char *root = pdf_unparse(p, pdf_get(p, trailer, "/Root"));
	struct pdf_val info = pdf_get(p, trailer, "/Info");
	unsigned char fresh[16];
	char hex[33];

	if (seal_random(fresh, sizeof fresh, NULL) < 0)
		memset(fresh, (int)(t->b.n & 0xff), sizeof fresh); /* an id, no secret */
	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", fresh[i]);
	buf_printf(&t->b, "/Size %d /Root %s /Prev %llu", t->next, root ? root : "null",
	           (unsigned long long)p->sections[0].at);
	if (pdf_ref(p, info, NULL)) {
		AUTO(mem_free) char *text = pdf_unparse(p, info);
		buf_printf(&t->b, " /Info %s", text);
	}
	AUTO(buf_free) struct buf old = { 0 };
	buf_str(&t->b, " /ID [<");
	if (pdf_bytes(p, first, &old) == 0 && old.n)
		for (size_t i = 0; i < old.n; i++)
			buf_printf(&t->b, "%02x", old.p[i]);
	else
		buf_str(&t->b, hex);
	buf_printf(&t->b, "> <%s>]", hex);
}

static void end_table(struct tail *t)
{
	uint64_t at = tail_at(t);

	buf_str(&t->b, "xref\n");
	for (size_t i = 0; i < t->n; ) {
		size_t run = run_at(t, i);
		buf_printf(&t->b, "%d %zu\n", t->made[i].id.num, run);
		for (; run; run--, i++)
			buf_printf(&t->b, "%010llu %05d n \n", (unsigned long long)t->made[i].at, t->made[i].id.gen);
	}
	buf_str(&t->b, "trailer\n<< ");
	put_trailer_keys(t);
	buf_printf(&t->b, " >>\nstartxref\n%llu\n%%%%EOF\n", (unsigned long long)at);
}

/* Offsets in 4 bytes: some readers refuse 5; PDF_MAX_BYTES keeps them there. */
static void end_stream(struct tail *t)
{
	AUTO(buf_free) struct buf rows = { 0 }, index = { 0 };
	struct pdf_id self = tail_new(t);
	uint64_t at = tail_at(t);

	tail_open(t, self);
	for (size_t i = 0; i < t->n; ) {
		size_t run = run_at(t, i);
		buf_printf(&index, "%d %zu ", t->made[i].id.num, run);
		for (; run; run--, i++) {
			uint64_t o = t->made[i].at;
			int g = t->made[i].id.gen;
			unsigned char row[7] = { 1, (unsigned char)(o >> 24), (unsigned char)(o >> 16), (unsigned char)(o >> 8),
				                 (unsigned char)o, (unsigned char)(g >> 8), (unsigned char)g };
			buf_add(&rows, row, sizeof row);
		}
	}
	buf_printf(&t->b, "<< /Type /XRef /W [1 4 2] /Index [%s] /Length %zu ", (char *)index.p, rows.n);
	put_trailer_keys(t);
	buf_str(&t->b, " >>\nstream\n");
	buf_add(&t->b, rows.p, rows.n);
	buf_str(&t->b, "\nendstream");
	tail_close(t);
	buf_printf(&t->b, "startxref\n%llu\n%%%%EOF\n", (unsigned long long)at);
}

void tail_end(struct tail *t)
{
	size_t mark = pdf_mark(t->p);

	/* The id is the first member of an entry, so entries sort as ids do. */
	if (t->n)
		qsort(t->made, t->n, sizeof *t->made, made_cmp);
	if (t->p->sections[0].stream)
		end_stream(t);
	else
		end_table(t);
	pdf_rewind(t->p, mark);
}

int tail_write(struct tail *t, int out, struct sha256 *of_file, struct err *e)
{
	struct pdf *p = t->p;

	if (ftruncate(out, 0) < 0 || lseek(out, 0, SEEK_SET) < 0)
		return err_set(e, ERR_INTERNAL, "output: %s", strerror(errno));
	if (of_file ? sha256_copy_on(of_file, p->fd, out, (size_t)p->size, e) : fd_copy(p->fd, out, (size_t)p->size, e))
		return -1;
	return fd_write_all(out, t->b.p, t->b.n, e);
}
