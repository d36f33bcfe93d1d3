#include "pdf/inner.h"

#include "base/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HASH_READ = 256 << 10, OBJECT_STREAM_MAX = 64 << 20 };

/* ---- raw file ------------------------------------------------------------------------------------------------------ */
int pdf_raw(struct pdf *p, uint64_t at, void *out, size_t n)
{
	unsigned char *to = out;

	if (at > p->size || n > p->size - at)
		return -1;
	while (n) {
		ssize_t r = pread(p->fd, to, n, (off_t)at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return -1;
		to += r;
		at += (uint64_t)r;
		n -= (size_t)r;
	}
	return 0;
}

int pdf_sha256(struct pdf *p, const uint64_t *ranges, size_t n, unsigned char out[32], struct err *e)
{
	AUTO(mem_free) unsigned char *part = mem_alloc(HASH_READ);
	AUTO(sha256_drop) struct sha256 h;

	if (sha256_begin(&h, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint64_t at = ranges[2 * i], left = ranges[2 * i + 1];
		while (left) {
			size_t want = left < HASH_READ ? (size_t)left : HASH_READ;
			if (pdf_raw(p, at, part, want) < 0)
				return err_set(e, ERR_PDF_DAMAGED, "range outside the file");
			sha256_add(&h, part, want);
			at += want;
			left -= want;
		}
	}
	return sha256_end(&h, out, e);
}

/* Length of the line end at `at`: 0, 1 or 2. */
static uint64_t line_end(struct lex *l, uint64_t at)
{
	int c = lex_byte(l, at);

	if (c == '\r')
		return lex_byte(l, at + 1) == '\n' ? 2 : 1;
	return c == '\n';
}

bool pdf_ends_at(struct pdf *p, uint64_t at)
{
	struct lex l = lex_file(p);
	char eof[5];

	for (uint64_t back = 0; back <= 2; back++) {
		if (at < 5 + back || at > p->size || pdf_raw(p, at - back - 5, eof, 5) < 0 || memcmp(eof, "%%EOF", 5) != 0)
			continue;
		return back == 0 || line_end(&l, at - back) == back;
	}
	return false;
}

/* By the first character and not by memmem(), which goes at a third of the speed over a needle this short: in packed data a
 * "%" comes every 256 bytes. */
static unsigned char *find_eof(unsigned char *from, const unsigned char *end)
{
	for (unsigned char *s = from; end - s >= 5 && (s = memchr(s, '%', (size_t)(end - s) - 4)); s++)
		if (memcmp(s, "%%EOF", 5) == 0)
			return s;
	return NULL;
}

int pdf_eofs(struct pdf *p, uint64_t **out, size_t *count, struct err *e)
{
	AUTO(mem_free) unsigned char *part = mem_alloc(HASH_READ);
	struct lex l = lex_file(p);
	uint64_t at = 0;

	*out = NULL;
	*count = 0;
	while (at < p->size) {
		size_t n = p->size - at < HASH_READ ? (size_t)(p->size - at) : HASH_READ;
		if (pdf_raw(p, at, part, n) < 0)
			return err_set(e, ERR_INTERNAL, "pread: %s", strerror(errno));
		for (unsigned char *s = part; (s = find_eof(s, part + n)); s += 5) {
			if (*count == PDF_MAX_SECTIONS)
				return err_set(e, ERR_FILE_HOSTILE, "more than %d ends of file", PDF_MAX_SECTIONS);
			uint64_t end = at + (uint64_t)(s - part) + 5;
			*out = mem_grow(*out, *count + 1, sizeof **out);
			(*out)[(*count)++] = end + line_end(&l, end);
		}
		at += n;
		if (at < p->size)
			at -= 4; /* a mark across two reads */
	}
	return 0;
}

bool pdf_looks_signed(struct pdf *p)
{
	AUTO(mem_free) unsigned char *part = mem_alloc(HASH_READ);
	uint64_t at = 0;

	while (at < p->size) {
		size_t n = p->size - at < HASH_READ ? (size_t)(p->size - at) : HASH_READ;
		if (pdf_raw(p, at, part, n) < 0)
			return true; /* cannot say: the careful answer */
		if (memmem(part, n, "/ByteRange", 10))
			return true;
		at += n;
		if (at < p->size)
			at -= 9;
	}
	return false;
}

/* ---- one object ---------------------------------------------------------------------------------------------------- */
int pdf_raw_key(struct pdf *p, uint64_t dict, const char *key, uint64_t *from, uint64_t *to)
{
	struct lex l = lex_file(p);

	return lex_key(&l, dict, key, from, to);
}

struct refs {
	struct pdf_id *at;
	size_t n, cap;
};

static void note_ref(void *self, int num, int gen)
{
	struct refs *r = self;

	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 16;
		r->at = mem_grow(r->at, r->cap, sizeof *r->at);
	}
	r->at[r->n++] = (struct pdf_id){ num, gen };
}

static int id_cmp(const void *a, const void *b)
{
	const struct pdf_id *x = a, *y = b;

	if (x->num != y->num)
		return x->num < y->num ? -1 : 1;
	return x->gen < y->gen ? -1 : x->gen > y->gen;
}

static void settle_refs(struct refs *r)
{
	size_t n = 0;

	if (r->n)
		qsort(r->at, r->n, sizeof *r->at, id_cmp);
	for (size_t i = 0; i < r->n; i++)
		if (!n || id_cmp(&r->at[i], &r->at[n - 1]) != 0)
			r->at[n++] = r->at[i];
	r->n = n;
}

/* Decoded object stream `num`, kept until another is asked for: objects are walked in order. */
static int open_os(struct pdf *p, int num, struct err *e)
{
	if (p->os_num == num)
		return 0;
	size_t mark = pdf_mark(p);
	p->os_num = 0;
	p->os.n = 0;
	int rc = pdf_stream(p, pdf_value(p, (struct pdf_id){ num, 0 }), false, OBJECT_STREAM_MAX, &p->os, e);
	pdf_rewind(p, mark);
	if (rc == 0)
		p->os_num = num;
	return rc;
}

/* Where object `en` starts inside its object stream. */
static int os_place(struct pdf *p, const struct pdf_entry *en, uint64_t *at)
{
	size_t mark = pdf_mark(p);
	struct pdf_val v = pdf_value(p, (struct pdf_id){ en->stream, 0 });
	long long n = pdf_int(p, pdf_get(p, v, "/N"), -1), first = pdf_int(p, pdf_get(p, v, "/First"), -1);
	struct lex l = { .mem = p->os.p, .n = p->os.n };
	uint64_t i = 0;

	pdf_rewind(p, mark);
	if (first < 0 || en->index >= n)
		return -1;
	for (int k = 0; ; k++) {
		struct token a = lex_next(&l, &i), b = lex_next(&l, &i);
		if (a.kind != TOK_INT || b.kind != TOK_INT || b.num < 0 || b.from > (uint64_t)first)
			return -1;
		if (k < en->index)
			continue;
		*at = (uint64_t)first + (uint64_t)b.num;
		return a.num == en->id.num && *at < l.n ? 0 : -1;
	}
}

static int refs_in_stream(struct pdf *p, const struct pdf_entry *en, struct refs *refs, struct err *e)
{
	uint64_t at;

	if (open_os(p, en->stream, e) < 0)
		return -1;
	struct lex l = { .mem = p->os.p, .n = p->os.n };
	return os_place(p, en, &at) < 0 || lex_skip(&l, &at, note_ref, refs) < 0
	               ? err_set(e, ERR_PDF_DAMAGED, "object %d in stream %d", en->id.num, en->stream)
	               : 0;
}

/* Raw walk over an object at an offset. For streams: where the data is, checked against "endstream". */
static int walk_at(struct pdf *p, const struct pdf_entry *en, struct refs *refs, struct pdf_object *o, uint64_t *end)
{
	struct lex l = lex_file(p);
	uint64_t at = en->at, i;
	int num, gen;

	if (lex_obj(&l, &at, &num, &gen) < 0 || num != en->id.num || gen != en->id.gen)
		return -1;
	if (lex_skip(&l, &at, note_ref, refs) < 0)
		return -1;
	i = at;
	if (lex_stream(&l, &i, &o->odd) == 0) {
		size_t mark = pdf_mark(p);
		long long n = pdf_int(p, pdf_get(p, pdf_value(p, en->id), "/Length"), -1);
		pdf_rewind(p, mark);
		if (n < 0 || (uint64_t)n > p->size - i)
			return -1;
		o->is_stream = true;
		o->stream_at = i;
		o->stream_len = (uint64_t)n;
		at = i + (uint64_t)n;
		struct token t = lex_next(&l, &at);
		if (t.kind != TOK_WORD || strcmp(t.text, "endstream") != 0)
			return -1;
	}
	struct token t = lex_next(&l, &at);
	if (t.kind != TOK_WORD || strcmp(t.text, "endobj") != 0)
		return -1;
	*end = at;
	return 0;
}

static void read_text(struct pdf *p, struct pdf_object *o)
{
	size_t mark = pdf_mark(p);
	struct pdf_val v = pdf_take(p, qpdf_get_object_by_id(p->q, o->id.num, o->id.gen));
	bool stream = pdf_kind(p, v) == PDF_STREAM;

	if (stream)
		v = pdf_take(p, qpdf_oh_get_dict(p->q, v.h));
	o->text = pdf_unparse_resolved(p, v);
	o->odd |= stream != o->is_stream;
	pdf_rewind(p, mark);
}

int pdf_object_refs(struct pdf *p, int num, struct pdf_object *out, struct err *e)
{
	const struct pdf_entry *en = pdf_entry(p, num);
	struct refs refs = { 0 };

	*out = (struct pdf_object){ 0 };
	if (!en)
		return err_set(e, ERR_NOT_FOUND, "object %d is not defined", num);
	pdf_listen(p);
	out->id = en->id;
	if (en->at)
		out->odd |= walk_at(p, en, &refs, out, &out->end) < 0;
	else
		out->odd |= refs_in_stream(p, en, &refs, NULL) < 0;
	settle_refs(&refs);
	out->refs = refs.at;
	out->nrefs = refs.n;
	return 0;
}

int pdf_object(struct pdf *p, int num, struct pdf_object *out, struct err *e)
{
	if (pdf_object_refs(p, num, out, e) < 0)
		return -1;
	read_text(p, out);
	out->odd |= pdf_listen(p) > 0;
	uint64_t range[2] = { out->stream_at, out->stream_len };
	if (out->is_stream && pdf_sha256(p, range, 1, out->sha256, e) < 0) {
		pdf_object_free(out);
		return -1;
	}
	return 0;
}

void pdf_object_free(struct pdf_object *o)
{
	free(o->text);
	free(o->refs);
	*o = (struct pdf_object){ 0 };
}

int pdf_object_extent(struct pdf *p, int num, uint64_t *from, uint64_t *to)
{
	const struct pdf_entry *en = pdf_entry(p, num);
	struct pdf_object o = { 0 };
	struct refs refs = { 0 };

	if (!en || !en->at)
		return -1;
	int rc = walk_at(p, en, &refs, &o, to);
	free(refs.at);
	*from = en->at;
	return rc;
}

/* ---- doubled keys ---------------------------------------------------------------------------------------------------- */
enum { KEYS_MAX = 512 };

/* One value; true when a dictionary in it has a key twice, or more keys than anybody needs. */
static bool doubled_in(struct lex *l, uint64_t *at, int depth)
{
	char (*keys)[64] = NULL;
	size_t n = 0;
	bool found = false;
	struct token t = lex_next(l, at);

	if ((t.kind != TOK_DICT && t.kind != TOK_OPEN) || depth > PDF_MAX_DEPTH)
		return t.kind == TOK_DICT || t.kind == TOK_OPEN;
	while (!found) {
		uint64_t before = *at;
		struct token k = lex_next(l, at);
		if (k.kind == TOK_DICT_END || k.kind == TOK_CLOSE || k.kind == TOK_END || k.kind == TOK_BAD)
			break;
		if (t.kind == TOK_OPEN || k.kind != TOK_NAME) {
			/* "n g R" is three tokens, and none of them opens anything */
			*at = before;
			found = doubled_in(l, at, depth + 1);
			continue;
		}
		for (size_t i = 0; i < n && !found; i++)
			found = !strcmp(keys[i], k.text);
		found |= n == KEYS_MAX;
		keys = mem_grow(keys, n + 1, sizeof *keys);
		memcpy(keys[n++], k.text, sizeof k.text);
		uint64_t value = *at;
		struct token v = lex_next(l, &value);
		if (v.kind == TOK_NAME)
			*at = value;   /* a name as value is no key */
	}
	free(keys);
	return found;
}

bool pdf_object_doubled(struct pdf *p, int num)
{
	const struct pdf_entry *en = pdf_entry(p, num);
	struct lex l = lex_file(p);
	uint64_t at;
	int n, gen;

	if (!en)
		return false;
	at = en->at;
	if (en->at)
		return lex_obj(&l, &at, &n, &gen) < 0 || doubled_in(&l, &at, 0);
	if (open_os(p, en->stream, NULL) < 0 || os_place(p, en, &at) < 0)
		return true;
	l = (struct lex){ .mem = p->os.p, .n = p->os.n };
	return doubled_in(&l, &at, 0);
}
