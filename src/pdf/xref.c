#include "pdf/inner.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ISO 32000-1 7.5.4 and 7.5.8. Read by ourselves because the C API of qpdf tells no offsets, and because an attack may live
 * in what a forgiving reader repairs. */

struct row {
	struct pdf_entry e;
	int type;                /* 0 free, 1 at an offset, 2 in an object stream */
	size_t rank;             /* earlier wins */
	size_t section;
};

struct chain {
	struct pdf *p;
	struct row *rows;
	size_t n, cap;
	struct pdf_section *sections;
	size_t nsections;
};

static int broken(struct err *e, const char *what, uint64_t at)
{
	return err_set(e, ERR_PDF_DAMAGED, "xref at %llu: %s", (unsigned long long)at, what);
}

static int add_row(struct chain *c, int type, long long num, uint64_t a, uint64_t b, struct err *e)
{
	if (c->n >= PDF_MAX_ENTRIES || num > 0x7fffffff)
		return err_set(e, ERR_FILE_TOO_BIG, "more than %d objects", PDF_MAX_ENTRIES);
	if (num == 0)
		return 0;
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 256;
		c->rows = mem_grow(c->rows, c->cap, sizeof *c->rows);
	}
	if (type == 1 && a == 0) /* nothing can start at the header */
		type = 0;
	struct row r = { .type = type, .rank = c->n, .section = c->nsections, .e.id.num = (int)num };
	if (type == 1) {
		r.e.at = a + c->p->shift;
		r.e.id.gen = (int)(b & 0xffff);
	} else if (type == 2) {
		r.e.stream = (int)(a & 0x7fffffff);
		r.e.index = (int)(b & 0x7fffffff);
	}
	c->rows[c->n++] = r;
	return 0;
}

int pdf_inflate(const void *src, size_t n, size_t max, struct buf *out, struct err *e)
{
	unsigned char part[16384];
	z_stream z = { 0 };
	int rc;

	if (inflateInit(&z) != Z_OK)
		return err_set(e, ERR_INTERNAL, "inflateInit");
	z.next_in = (unsigned char *)(uintptr_t)src;
	z.avail_in = (unsigned)n;
	do {
		z.next_out = part;
		z.avail_out = sizeof part;
		rc = inflate(&z, Z_NO_FLUSH);
		size_t got = sizeof part - z.avail_out;
		if (out->n + got > max) {
			inflateEnd(&z);
			return err_set(e, ERR_FILE_HOSTILE, "stream unpacks to more than %zu bytes", max);
		}
		buf_add(out, part, got);
	} while (rc == Z_OK && (z.avail_in || z.avail_out == 0));
	inflateEnd(&z);
	return rc == Z_STREAM_END ? 0 : err_set(e, ERR_PDF_DAMAGED, "flate data broken");
}

static int paeth(int a, int b, int c)
{
	int q = a + b - c, pa = abs(q - a), pb = abs(q - b), pc = abs(q - c);

	return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/* PNG predictors (ISO 32000-1 7.4.4.4), one byte a sample: all that cross-reference streams use. */
static int unpredict(struct buf *b, size_t columns, struct err *e)
{
	size_t rows = b->n / (columns + 1);
	AUTO(mem_free) unsigned char *out = mem_array(rows ? rows : 1, columns);

	for (size_t r = 0; r < rows; r++) {
		const unsigned char *in = b->p + r * (columns + 1);
		unsigned char *row = out + r * columns, *up = r ? row - columns : NULL;
		if (in[0] > 4)
			return err_set(e, ERR_PDF_DAMAGED, "predictor %d", in[0]);
		for (size_t i = 0; i < columns; i++) {
			int left = i ? row[i - 1] : 0, above = up ? up[i] : 0, corner = up && i ? up[i - 1] : 0;
			int add[5] = { 0, left, above, (left + above) / 2, paeth(left, above, corner) };
			row[i] = (unsigned char)(in[i + 1] + add[in[0]]);
		}
	}
	b->n = 0;
	buf_add(b, out, rows * columns);
	return 0;
}

/* Integers of a direct array; returns how many, -1 when it is none. */
static int int_array(struct lex *l, uint64_t from, long long *out, int max)
{
	uint64_t at = from;
	int n = 0;

	if (lex_next(l, &at).kind != TOK_OPEN)
		return -1;
	for (;;) {
		struct token t = lex_next(l, &at);
		if (t.kind == TOK_CLOSE)
			return n;
		if (t.kind != TOK_INT || n == max)
			return -1;
		out[n++] = t.num;
	}
}

static bool key_is(struct lex *l, uint64_t dict, const char *key, const char *name)
{
	uint64_t from, to;

	if (lex_key(l, dict, key, &from, &to) != 1)
		return false;
	struct token t = lex_next(l, &from);
	if (t.kind == TOK_OPEN) /* a list with one filter */
		t = lex_next(l, &from);
	return t.kind == TOK_NAME && strcmp(t.text, name) == 0;
}

static int decode(struct lex *l, uint64_t dict, uint64_t data, size_t length, struct buf *out, struct err *e)
{
	AUTO(mem_free) unsigned char *raw = mem_alloc(length);
	long long predictor = 1, columns = 1;
	uint64_t from, to;

	if (pdf_raw(l->p, data, raw, length) < 0)
		return broken(e, "stream cut short", dict);
	if (lex_key(l, dict, "/Filter", &from, &to) == 0) {
		buf_add(out, raw, length);
		return 0;
	}
	if (!key_is(l, dict, "/Filter", "/FlateDecode"))
		return broken(e, "filter not known", dict);
	if (pdf_inflate(raw, length, (size_t)PDF_MAX_ENTRIES * 16, out, e) < 0)
		return -1;
	if (lex_key(l, dict, "/DecodeParms", &from, &to) == 1) {
		uint64_t at = from;
		struct token t = lex_next(l, &at);
		if (t.kind == TOK_OPEN)
			from = (t = lex_next(l, &at)).from;
		if (t.kind == TOK_DICT && (lex_key_int(l, from, "/Predictor", &predictor) < 0 ||
		                           lex_key_int(l, from, "/Columns", &columns) < 0))
			return broken(e, "DecodeParms", dict);
	}
	if (predictor < 10)
		return predictor == 1 ? 0 : broken(e, "predictor not known", dict);
	if (columns < 1 || columns > 64)
		return broken(e, "Columns", dict);
	return unpredict(out, (size_t)columns, e);
}

static uint64_t field(const unsigned char *at, long long width, uint64_t none)
{
	uint64_t v = 0;

	if (!width)
		return none;
	for (long long i = 0; i < width; i++)
		v = v << 8 | at[i];
	return v;
}

static int stream_rows(struct chain *c, const struct buf *b, const long long w[3], const long long *index, int n,
                       uint64_t at, struct err *e)
{
	size_t each = (size_t)(w[0] + w[1] + w[2]), i = 0, rows = b->n / each;

	for (int s = 0; s + 1 < n; s += 2) {
		if (index[s] < 0 || index[s + 1] < 0 || (uint64_t)index[s + 1] > rows - i)
			return broken(e, "Index", at);
		for (long long k = 0; k < index[s + 1]; k++, i++) {
			const unsigned char *r = b->p + i * each;
			uint64_t type = field(r, w[0], 1), x = field(r + w[0], w[1], 0), y = field(r + w[0] + w[1], w[2], 0);
			if (type <= 2 && add_row(c, (int)type, index[s] + k, x, y, e) < 0)
				return -1;
		}
	}
	return 0;
}

static int read_stream(struct chain *c, uint64_t at, struct pdf_section *s, struct err *e)
{
	struct lex l = lex_file(c->p);
	long long w[3], index[512], length, size, prev = 0;
	AUTO(buf_free) struct buf b = { 0 };
	uint64_t from, to, i = at;
	int num, gen, n = 2;
	bool odd = false;

	if (lex_obj(&l, &i, &num, &gen) < 0)
		return broken(e, "neither table nor stream", at);
	uint64_t dict = i;
	if (lex_skip(&l, &i, NULL, NULL) < 0 || lex_stream(&l, &i, &odd) < 0 || !key_is(&l, dict, "/Type", "/XRef"))
		return broken(e, "no cross-reference stream", at);
	if (lex_key_int(&l, dict, "/Length", &length) != 1 || length < 0 || (uint64_t)length > c->p->size - i ||
	    lex_key_int(&l, dict, "/Size", &size) != 1 || size < 0 || lex_key_int(&l, dict, "/Prev", &prev) < 0 || prev < 0)
		return broken(e, "Length, Size or Prev", at);
	if (lex_key(&l, dict, "/W", &from, &to) != 1 || int_array(&l, from, w, 3) != 3 || w[0] < 0 || w[1] < 1 || w[2] < 0 ||
	    w[0] > 8 || w[1] > 8 || w[2] > 8)
		return broken(e, "W", at);
	index[0] = 0;
	index[1] = size;
	int has = lex_key(&l, dict, "/Index", &from, &to);
	if (has < 0 || has > 1 || (has && ((n = int_array(&l, from, index, COUNT(index))) < 0 || n % 2)))
		return broken(e, "Index", at);
	if (decode(&l, dict, i, (size_t)length, &b, e) < 0 || stream_rows(c, &b, w, index, n, at, e) < 0)
		return -1;
	s->prev = (uint64_t)prev;
	s->stream = true;
	return 0;
}

/* Rows of one subsection. Entries are 20 bytes; writers that are a byte off are read by tokens, as everybody does. */
static int table_rows(struct chain *c, struct lex *l, uint64_t *i, long long first, long long count, struct chain *frees,
                      struct err *e)
{
	for (long long k = 0; k < count; k++) {
		struct token a = lex_next(l, i), g = lex_next(l, i), t = lex_next(l, i);
		if (a.kind != TOK_INT || g.kind != TOK_INT || a.num < 0 || g.num < 0 || t.kind != TOK_WORD || t.text[1])
			return broken(e, "table entry", a.from);
		bool used = t.text[0] == 'n' && a.num > 0;
		if (t.text[0] != 'n' && t.text[0] != 'f')
			return broken(e, "table entry", a.from);
		if (add_row(used ? c : frees, used, first + k, (uint64_t)a.num, (uint64_t)g.num, e) < 0)
			return -1;
	}
	return 0;
}

static int read_table(struct chain *c, uint64_t at, struct pdf_section *s, struct chain *frees, struct err *e)
{
	struct lex l = lex_file(c->p);
	long long prev = 0, stm = 0;
	uint64_t i = at;

	lex_next(&l, &i);
	for (;;) {
		struct token first = lex_next(&l, &i);
		if (first.kind == TOK_WORD && strcmp(first.text, "trailer") == 0)
			break;
		struct token count = lex_next(&l, &i);
		if (first.kind != TOK_INT || count.kind != TOK_INT || first.num < 0 || count.num < 0)
			return broken(e, "subsection", first.from);
		if (table_rows(c, &l, &i, first.num, count.num, frees, e) < 0)
			return -1;
	}
	uint64_t dict = i;
	if (lex_key_int(&l, dict, "/Prev", &prev) < 0 || lex_key_int(&l, dict, "/XRefStm", &stm) < 0 || prev < 0 || stm < 0)
		return broken(e, "trailer", at);
	s->prev = (uint64_t)prev;
	s->xrefstm = (uint64_t)stm;
	return 0;
}

static int read_section(struct chain *c, struct pdf_section *s, struct err *e)
{
	struct lex l = lex_file(c->p);
	uint64_t at = s->at + c->p->shift, i = at;
	struct token t = lex_next(&l, &i);

	if (t.kind != TOK_WORD || strcmp(t.text, "xref") != 0)
		return read_stream(c, at, s, e);
	struct chain frees = { .p = c->p };
	int rc = read_table(c, at, s, &frees, e);
	/* Hybrid: what the table calls free may be given by the stream (7.5.8.4), so free rows come last. */
	if (rc == 0 && s->xrefstm) {
		struct pdf_section inner = { 0 };
		rc = read_stream(c, s->xrefstm + c->p->shift, &inner, e);
	}
	for (size_t k = 0; rc == 0 && k < frees.n; k++)
		rc = add_row(c, 0, frees.rows[k].e.id.num, 0, 0, e);
	free(frees.rows);
	return rc;
}

/* The last "startxref" within the last kilobyte, as readers look for it. */
static int find_start(struct pdf *p, uint64_t *out, struct err *e)
{
	char tail[1056];
	size_t n = p->size < sizeof tail ? (size_t)p->size : sizeof tail;
	const char *last = NULL;

	if (pdf_raw(p, p->size - n, tail, n) < 0)
		return err_set(e, ERR_PDF_DAMAGED, "tail unreadable");
	for (const char *s = tail; (s = memmem(s, n - (size_t)(s - tail), "startxref", 9)); s++)
		last = s;
	if (!last)
		return err_set(e, ERR_PDF_DAMAGED, "no startxref");
	struct lex l = lex_file(p);
	uint64_t at = p->size - n + (uint64_t)(last - tail) + 9;
	struct token t = lex_next(&l, &at);
	if (t.kind != TOK_INT || t.num <= 0)
		return err_set(e, ERR_PDF_DAMAGED, "startxref without an offset");
	*out = (uint64_t)t.num;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->e.id.num != y->e.id.num)
		return x->e.id.num < y->e.id.num ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int by_place(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void keep_places(struct chain *c)
{
	struct pdf *p = c->p;

	p->places = mem_array(c->n, sizeof *p->places);
	for (size_t i = 0; i < c->n; i++)
		if (c->rows[i].type == 1)
			p->places[p->nplaces++] = c->rows[i].e.at;
	if (p->nplaces)
		qsort(p->places, p->nplaces, sizeof *p->places, by_place);
}

/* Rows of one number stand side by side; a free one beside one in use is how hybrid files are made. */
static void note_doubled(struct chain *c)
{
	for (size_t i = 1; i < c->n; i++) {
		const struct row *a = &c->rows[i - 1], *b = &c->rows[i];
		if (a->e.id.num == b->e.id.num && a->section == b->section && a->type && b->type &&
		    (a->e.at != b->e.at || a->e.stream != b->e.stream || a->e.index != b->e.index))
			c->sections[a->section - 1].doubled = true;
	}
}

static void settle(struct chain *c)
{
	struct pdf *p = c->p;

	if (c->n)
		qsort(c->rows, c->n, sizeof *c->rows, by_number);
	keep_places(c);
	note_doubled(c);
	p->entries = mem_array(c->n, sizeof *p->entries);
	for (size_t i = 0; i < c->n; i++)
		if ((i == 0 || c->rows[i].e.id.num != c->rows[i - 1].e.id.num) && c->rows[i].type)
			p->entries[p->nentries++] = c->rows[i].e;
}

static int read_chain(struct chain *c, struct err *e)
{
	uint64_t at;

	if (find_start(c->p, &at, e) < 0)
		return -1;
	while (at) {
		if (c->nsections == PDF_MAX_SECTIONS)
			return err_set(e, ERR_FILE_HOSTILE, "more than %d revisions", PDF_MAX_SECTIONS);
		for (size_t i = 0; i < c->nsections; i++)
			if (c->sections[i].at == at)
				return broken(e, "the chain goes in a circle", at);
		c->sections = mem_grow(c->sections, c->nsections + 1, sizeof *c->sections);
		struct pdf_section *s = &c->sections[c->nsections++];
		*s = (struct pdf_section){ .at = at };
		if (read_section(c, s, e) < 0)
			return -1;
		at = s->prev;
	}
	return 0;
}

int pdf_xref(struct pdf *p, struct err *e)
{
	if (p->xref_state == 0) {
		struct chain c = { .p = p };
		p->xref_state = read_chain(&c, &p->xref_err) < 0 ? -1 : 1;
		if (p->xref_state > 0)
			settle(&c);
		p->sections = c.sections;
		p->nsections = c.nsections;
		free(c.rows);
	}
	if (p->xref_state < 0) {
		if (e)
			*e = p->xref_err;
		return -1;
	}
	return 0;
}

int pdf_entries(struct pdf *p, const struct pdf_entry **out, size_t *count, struct err *e)
{
	if (pdf_xref(p, e) < 0)
		return -1;
	*out = p->entries;
	*count = p->nentries;
	return 0;
}

int pdf_sections(struct pdf *p, const struct pdf_section **out, size_t *count, struct err *e)
{
	if (pdf_xref(p, e) < 0)
		return -1;
	*out = p->sections;
	*count = p->nsections;
	return 0;
}

static int entry_cmp(const void *key, const void *entry)
{
	int num = *(const int *)key, other = ((const struct pdf_entry *)entry)->id.num;

	return num < other ? -1 : num > other;
}

const struct pdf_entry *pdf_entry(struct pdf *p, int num)
{
	if (pdf_xref(p, NULL) < 0 || !p->nentries)
		return NULL;
	return bsearch(&num, p->entries, p->nentries, sizeof *p->entries, entry_cmp);
}
