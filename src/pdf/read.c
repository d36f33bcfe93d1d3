#include "pdf/inner.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

size_t pdf_listen(struct pdf *p)
{
	size_t n = 0;

	while (qpdf_more_warnings(p->q)) {
		qpdf_next_warning(p->q);
		n++;
	}
	if (qpdf_has_error(p->q)) {
		qpdf_get_error(p->q);
		n++;
	}
	p->complaints += n;
	return n;
}

size_t pdf_complaints(struct pdf *p)
{
	pdf_listen(p);
	return p->complaints;
}

/* Turns qpdf's pending error into ours. qpdf's texts name offsets and keys, never document text. */
static int qpdf_to_err(struct pdf *p, struct err *e)
{
	qpdf_error q = qpdf_has_error(p->q) ? qpdf_get_error(p->q) : NULL;

	if (!q)
		return err_set(e, ERR_PDF_DAMAGED, "qpdf: no error told");
	if (qpdf_get_error_code(p->q, q) == qpdf_e_password)
		return err_set(e, ERR_PDF_ENCRYPTED, "qpdf: password");
	if (strstr(qpdf_get_error_message_detail(p->q, q), "encryption")) /* for certificates: the C API has no own code */
		return err_set(e, ERR_PDF_ENCRYPTED, "qpdf: unsupported encryption");
	p->complaints++;
	return err_set(e, ERR_PDF_DAMAGED, "qpdf: %.180s", qpdf_get_error_message_detail(p->q, q));
}

/* ---- source -------------------------------------------------------------------------------------------------------- */
/* An object that is looked at brings its neighbours along, as far as the kernel's fault-around goes but never over the end of a
 * mapping: 64 KB on one machine, 512 KB on another, half of a long file in the end. So the mapping is cut into small ones, by a
 * flag that means nothing here (nobody forks with it) and that keeps the kernel from joining them again. */
static void cut(struct pdf *p)
{
	for (size_t at = 0; at < p->size; at += 2 * CUT)
		if (madvise((char *)p->map + at, p->size - at < CUT ? (size_t)p->size - at : CUT, MADV_DONTFORK) < 0)
			return;   /* too many mappings for this kernel: then with more neighbours */
}

static int map(struct pdf *p, struct err *e)
{
	p->map = mmap(NULL, (size_t)p->size, PROT_READ, MAP_PRIVATE, p->fd, 0);
	if (p->map == MAP_FAILED) {
		p->map = NULL;
		return err_set(e, ERR_INTERNAL, "mmap: %s", strerror(errno));
	}
	cut(p);
	return 0;
}

/* Every object looked at stays mapped, until all of the file counts as our memory. */
static void let_go(struct pdf *p)
{
	if (p->map)
		madvise(p->map, (size_t)p->size, MADV_DONTNEED);
}

/* See read.h for the ways. QPDF_ERRORS from a path may just mean that the path cannot be opened here. */
static int source(struct pdf *p, bool whole, struct err *e)
{
	QPDF_ERROR_CODE rc;

	if (whole && !fd_is_sealed(p->fd)) {
		char path[40];
		snprintf(path, sizeof path, "/proc/self/fd/%d", p->fd);
		AUTO(fd_close) int probe = open(path, O_RDONLY | O_CLOEXEC);
		if (probe >= 0) {
			rc = qpdf_read(p->q, path, NULL);
			return rc & QPDF_ERRORS ? qpdf_to_err(p, e) : 0;
		}
	}
	if (!p->map && map(p, e) < 0)
		return -1;
	rc = qpdf_read_memory(p->q, "pdf", p->map, p->size, NULL);
	return rc & QPDF_ERRORS ? qpdf_to_err(p, e) : 0;
}

static int find_header(struct pdf *p, struct err *e)
{
	char head[1024];
	size_t n = p->size < sizeof head ? (size_t)p->size : sizeof head;

	if (pdf_raw(p, 0, head, n) < 0)
		return err_set(e, ERR_INTERNAL, "pread: %s", strerror(errno));
	const char *at = memmem(head, n, "%PDF-", 5);
	if (!at)
		return err_set(e, ERR_NOT_PDF, "no %%PDF- in the first %zu bytes", n);
	p->shift = (uint64_t)(at - head);
	return 0;
}

static int measure(struct pdf *p, size_t len, bool *whole, struct err *e)
{
	struct stat st;

	if (fstat(p->fd, &st) < 0)
		return err_set(e, ERR_INTERNAL, "fstat: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_NO_FILE, "not a regular file");
	if (st.st_size == 0)
		return err_set(e, ERR_PDF_EMPTY, "0 bytes");
	if (len > (size_t)st.st_size)
		return err_set(e, ERR_PDF_DAMAGED, "%zu bytes asked for, %lld there", len, (long long)st.st_size);
	p->size = len ? len : (uint64_t)st.st_size;
	*whole = p->size == (uint64_t)st.st_size;
	if (p->size > PDF_MAX_BYTES)
		return err_set(e, ERR_FILE_TOO_BIG, "%llu bytes", (unsigned long long)p->size);
	return find_header(p, e);
}

static int load(struct pdf *p, size_t len, struct err *e)
{
	bool whole = false;

	if (measure(p, len, &whole, e) < 0)
		return -1;
	/* Ours first: qpdf builds whatever table it is given (90 KB unpacked to 9 million rows: 777 MB). */
	struct err chain = { 0 };
	if (pdf_xref(p, &chain) < 0 && chain.kind != ERR_PDF_DAMAGED) {
		if (e)
			*e = chain;
		return -1;
	}
	p->q = qpdf_init();
	qpdf_silence_errors(p->q);
	qpdf_set_suppress_warnings(p->q, QPDF_TRUE);
	qpdf_set_attempt_recovery(p->q, p->strict ? QPDF_FALSE : QPDF_TRUE);
	if (source(p, whole, e) < 0)
		return -1;
	if (qpdf_is_encrypted(p->q))
		return err_set(e, ERR_PDF_ENCRYPTED, "encrypted, empty password");
	p->pages = qpdf_get_num_pages(p->q);
	if (qpdf_has_error(p->q))
		return qpdf_to_err(p, e);
	pdf_listen(p);
	let_go(p);
	if (p->pages <= 0)
		return err_set(e, ERR_PDF_EMPTY, "no pages");
	return 0;
}

struct pdf *pdf_open(int fd, size_t len, unsigned flags, struct err *e)
{
	AUTO(pdf_release) struct pdf *p = mem_alloc(sizeof *p);

	p->fd = fd;
	p->strict = flags & PDF_STRICT;
	if (load(p, len, e) < 0)
		return NULL;
	return STEAL(&p);
}

struct pdf *pdf_open_first(struct pdf *whole, size_t len, struct err *e)
{
	AUTO(pdf_release) struct pdf *p = mem_alloc(sizeof *p);

	p->fd = whole->fd;
	p->strict = whole->strict;
	p->map = whole->map;
	p->borrowed = whole->map;
	if (load(p, len, e) < 0)
		return NULL;
	return STEAL(&p);
}

void pdf_free(struct pdf *p)
{
	if (!p)
		return;
	if (p->q) {
		pdf_listen(p); /* else qpdf prints the last complaint */
		qpdf_cleanup(&p->q);
	}
	if (p->map && !p->borrowed)
		munmap(p->map, (size_t)p->size);
	buf_free(&p->os);
	free(p->taken);
	free(p->win);
	free(p->sections);
	free(p->entries);
	free(p->places);
	free(p);
}

void pdf_release(struct pdf **p)
{
	pdf_free(*p);
	*p = NULL;
}

int pdf_pages(const struct pdf *p)
{
	return p->pages;
}

uint64_t pdf_size(const struct pdf *p)
{
	return p->size;
}

bool pdf_is_linearized(struct pdf *p)
{
	return qpdf_is_linearized(p->q);
}

/* ---- values -------------------------------------------------------------------------------------------------------- */
struct pdf_val pdf_take(struct pdf *p, qpdf_oh h)
{
	if (p->ntaken == p->captaken) {
		p->captaken = p->captaken ? p->captaken * 2 : 64;
		p->taken = mem_grow(p->taken, p->captaken, sizeof *p->taken);
	}
	p->taken[p->ntaken++] = h;
	return (struct pdf_val){ h };
}

size_t pdf_mark(const struct pdf *p)
{
	return p->ntaken;
}

void pdf_rewind(struct pdf *p, size_t mark)
{
	while (p->ntaken > mark)
		qpdf_oh_release(p->q, p->taken[--p->ntaken]);
}

bool pdf_nothing(struct pdf_val v)
{
	return !v.h;
}

bool pdf_same(struct pdf_id a, struct pdf_id b)
{
	return a.num == b.num && a.gen == b.gen;
}

enum pdf_kind pdf_kind(struct pdf *p, struct pdf_val v)
{
	if (!v.h)
		return PDF_NONE;
	switch (qpdf_oh_get_type_code(p->q, v.h)) {
	case ot_null:
		return PDF_NULL;
	case ot_boolean:
		return PDF_BOOL;
	case ot_integer:
		return PDF_INT;
	case ot_real:
		return PDF_REAL;
	case ot_string:
		return PDF_STRING;
	case ot_name:
		return PDF_NAME;
	case ot_array:
		return PDF_ARRAY;
	case ot_dictionary:
		return PDF_DICT;
	case ot_stream:
		return PDF_STREAM;
	default: /* qpdf's own bookkeeping types; not our enum */
		return PDF_NONE;
	}
}

/* Null counts as absent, as in the standard (7.3.7). */
static struct pdf_val keep(struct pdf *p, qpdf_oh h)
{
	struct pdf_val v = pdf_take(p, h);
	enum pdf_kind k = pdf_kind(p, v);

	return k == PDF_NULL || k == PDF_NONE ? (struct pdf_val){ 0 } : v;
}

struct pdf_val pdf_trailer(struct pdf *p)
{
	return keep(p, qpdf_get_trailer(p->q));
}

struct pdf_val pdf_root(struct pdf *p)
{
	return keep(p, qpdf_get_root(p->q));
}

struct pdf_val pdf_value(struct pdf *p, struct pdf_id id)
{
	if (++p->looked_at % LET_GO_EVERY == 0)
		let_go(p);
	return keep(p, qpdf_get_object_by_id(p->q, id.num, id.gen));
}

struct pdf_val pdf_get(struct pdf *p, struct pdf_val v, const char *key)
{
	enum pdf_kind k = pdf_kind(p, v);

	if (k == PDF_STREAM)
		v = pdf_take(p, qpdf_oh_get_dict(p->q, v.h));
	else if (k != PDF_DICT)
		return (struct pdf_val){ 0 };
	return keep(p, qpdf_oh_get_key(p->q, v.h, key));
}

/* Qpdf reads an object whole before it says of what kind it is: for a signature's value, a millisecond of hex digits. */
static bool is_dict_in_file(struct pdf *p, struct pdf_id id)
{
	const struct pdf_entry *en = pdf_entry(p, id.num);
	struct lex l = lex_file(p);
	uint64_t at, to;
	int num, gen;

	if (!en || en->id.gen != id.gen || pdf_object_extent(p, id.num, &at, &to) < 0)
		return false;
	return lex_obj(&l, &at, &num, &gen) == 0 && lex_next(&l, &at).kind == TOK_DICT;
}

bool pdf_get_ref(struct pdf *p, struct pdf_val v, const char *key, struct pdf_id *id)
{
	if (pdf_kind(p, v) != PDF_DICT)
		return pdf_ref(p, pdf_get(p, v, key), id);
	struct pdf_val got = pdf_take(p, qpdf_oh_get_key(p->q, v.h, key));
	if (!pdf_ref(p, got, id))
		return false;
	return is_dict_in_file(p, *id) || (pdf_kind(p, got) != PDF_NULL && pdf_kind(p, got) != PDF_NONE);
}

struct pdf_val pdf_acroform(struct pdf *p)
{
	struct pdf_val v = pdf_get(p, pdf_root(p), "/AcroForm");

	return pdf_kind(p, v) == PDF_DICT ? v : (struct pdf_val){ 0 };
}

struct pdf_val pdf_page_val(struct pdf *p, int number)
{
	if (number < 1 || number > p->pages)
		return (struct pdf_val){ 0 };
	return keep(p, qpdf_get_page_n(p->q, (size_t)number - 1));
}

/* Not qpdf_find_page_by_id(): that one writes inherited attributes into the pages (and invents objects for them), so what
 * is read afterwards is no longer what stands in the file. */
int pdf_page_number(struct pdf *p, struct pdf_id page)
{
	for (int n = 1; n <= p->pages; n++) {
		qpdf_oh oh = qpdf_get_page_n(p->q, (size_t)n - 1);
		bool hit = qpdf_oh_get_object_id(p->q, oh) == page.num && qpdf_oh_get_generation(p->q, oh) == page.gen;
		qpdf_oh_release(p->q, oh);
		if (hit)
			return n;
	}
	return 0;
}

int pdf_count(struct pdf *p, struct pdf_val v)
{
	return pdf_kind(p, v) == PDF_ARRAY ? qpdf_oh_get_array_n_items(p->q, v.h) : 0;
}

struct pdf_val pdf_item(struct pdf *p, struct pdf_val v, int i)
{
	if (i < 0 || i >= pdf_count(p, v))
		return (struct pdf_val){ 0 };
	return keep(p, qpdf_oh_get_array_item(p->q, v.h, i));
}

bool pdf_ref(struct pdf *p, struct pdf_val v, struct pdf_id *id)
{
	struct pdf_id got = { 0 };

	if (v.h)
		got = (struct pdf_id){ qpdf_oh_get_object_id(p->q, v.h), qpdf_oh_get_generation(p->q, v.h) };
	if (id)
		*id = got;
	return got.num != 0;
}

long long pdf_int(struct pdf *p, struct pdf_val v, long long none)
{
	return pdf_kind(p, v) == PDF_INT ? qpdf_oh_get_int_value(p->q, v.h) : none;
}

double pdf_decimal(const char *s, const char **end)
{
	double v = 0, unit = 1;
	bool minus = *s == '-';

	s += *s == '-' || *s == '+';
	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (*s - '0');
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++)
			v += (*s - '0') * (unit /= 10);
	if (end)
		*end = s;
	return minus ? -v : v;
}

double pdf_number(struct pdf *p, struct pdf_val v, double none)
{
	enum pdf_kind k = pdf_kind(p, v);

	if (k == PDF_INT)
		return (double)qpdf_oh_get_int_value(p->q, v.h);
	return k == PDF_REAL ? pdf_decimal(qpdf_oh_get_real_value(p->q, v.h), NULL) : none;
}

bool pdf_is_true(struct pdf *p, struct pdf_val v)
{
	return pdf_kind(p, v) == PDF_BOOL && qpdf_oh_get_bool_value(p->q, v.h);
}

bool pdf_is_name(struct pdf *p, struct pdf_val v, const char *name)
{
	return pdf_kind(p, v) == PDF_NAME && strcmp(qpdf_oh_get_name(p->q, v.h), name) == 0;
}

char *pdf_name(struct pdf *p, struct pdf_val v)
{
	return pdf_kind(p, v) == PDF_NAME ? mem_str(qpdf_oh_get_name(p->q, v.h)) : NULL;
}

char *pdf_text(struct pdf *p, struct pdf_val v)
{
	return pdf_kind(p, v) == PDF_STRING ? mem_str(qpdf_oh_get_utf8_value(p->q, v.h)) : NULL;
}

int pdf_bytes(struct pdf *p, struct pdf_val v, struct buf *out)
{
	size_t n;

	if (pdf_kind(p, v) != PDF_STRING)
		return -1;
	const char *s = qpdf_oh_get_binary_string_value(p->q, v.h, &n);
	buf_add(out, s, n);
	return 0;
}

char *pdf_unparse(struct pdf *p, struct pdf_val v)
{
	return v.h ? mem_str(qpdf_oh_unparse(p->q, v.h)) : NULL;
}

char *pdf_unparse_resolved(struct pdf *p, struct pdf_val v)
{
	return v.h ? mem_str(qpdf_oh_unparse_resolved(p->q, v.h)) : NULL;
}

char **pdf_keys(struct pdf *p, struct pdf_val v)
{
	char **keys = mem_array(1, sizeof *keys);
	size_t n = 0;

	if (pdf_kind(p, v) == PDF_STREAM)
		v = pdf_take(p, qpdf_oh_get_dict(p->q, v.h));
	if (pdf_kind(p, v) != PDF_DICT)
		return keys;
	qpdf_oh_begin_dict_key_iter(p->q, v.h);
	while (qpdf_oh_dict_more_keys(p->q)) {
		keys = mem_grow(keys, n + 2, sizeof *keys);
		keys[n++] = mem_str(qpdf_oh_dict_next_key(p->q));
		keys[n] = NULL;
	}
	return keys;
}

void pdf_keys_free(char **keys)
{
	for (size_t i = 0; keys && keys[i]; i++)
		free(keys[i]);
	free(keys);
}

/* How many times the data are deflated and nothing else; -1: other filters, or parameters. */
static int only_flate(struct pdf *p, struct pdf_val v)
{
	struct pdf_val filter = pdf_get(p, v, "/Filter");
	int n = pdf_count(p, filter);

	if (!pdf_nothing(pdf_get(p, v, "/DecodeParms")) || n > 4)
		return -1;
	if (pdf_is_name(p, filter, "/FlateDecode"))
		return 1;
	for (int i = 0; i < n; i++)
		if (!pdf_is_name(p, pdf_item(p, filter, i), "/FlateDecode"))
			return -1;
	return pdf_nothing(filter) || n ? n : -1;
}

/* qpdf unpacks all there is before it says how much: 1 MB of a hostile file became 1 GB. Ours stops at `max`. */
static int inflate_stream(struct pdf *p, struct pdf_val v, int times, size_t max, struct buf *out, struct err *e)
{
	AUTO(buf_free) struct buf now = { 0 };

	if (pdf_stream(p, v, true, PDF_MAX_BYTES, &now, e) < 0)
		return -1;
	for (; times > 1; times--) {
		struct buf next = { 0 };
		int rc = pdf_inflate(now.p, now.n, max, &next, e);
		buf_free(&now);
		now = next;
		if (rc < 0)
			return -1;
	}
	return pdf_inflate(now.p, now.n, max, out, e);
}

int pdf_stream(struct pdf *p, struct pdf_val v, bool raw, size_t max, struct buf *out, struct err *e)
{
	int flate = raw || pdf_kind(p, v) != PDF_STREAM ? -1 : only_flate(p, v);

	if (flate > 0)
		return inflate_stream(p, v, flate, max, out, e);
	unsigned char *data = NULL;
	QPDF_BOOL filtered = QPDF_FALSE;
	size_t n = 0;

	if (pdf_kind(p, v) != PDF_STREAM)
		return err_set(e, ERR_PDF_DAMAGED, "no stream");
	QPDF_ERROR_CODE rc = qpdf_oh_get_stream_data(p->q, v.h, raw ? qpdf_dl_none : qpdf_dl_specialized, &filtered, &data, &n);
	int result = 0;
	if (rc & QPDF_ERRORS)
		result = qpdf_to_err(p, e);
	else if (!raw && !filtered && !pdf_nothing(pdf_get(p, v, "/Filter")))
		result = err_set(e, ERR_PDF_DAMAGED, "stream filter not known");
	else if (n > max)
		result = err_set(e, ERR_FILE_HOSTILE, "stream of %zu bytes", n);
	else
		buf_add(out, data, n);
	free(data);
	pdf_listen(p);
	return result;
}
