#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/image.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "main/doc.h"
#include "pdf/pdf.h"
#include "pdf/read.h"

enum {
	FILE_MAX = 60 * 1024 * 1024,
	PNG_MAX = 8 * 1024 * 1024,
	IMAGE_W = 600, IMAGE_H = 300,
	SIZES_MAX = 2000,        /* pages whose size is told */
	OBJECTS_MAX = 200000,    /* objects looked at for warnings */
};

/* ---- doc.inspect -------------------------------------------------------------------------------------------------- */
struct found { bool scripts, launches, embedded, form, layers; };

static void look_in_text(struct found *f, const char *text)
{
	f->scripts = f->scripts || strstr(text, "/JavaScript") || strstr(text, "/JS ");
	f->launches = f->launches || strstr(text, "/Launch");
	f->embedded = f->embedded || strstr(text, "/EF ") || strstr(text, "/EmbeddedFile");
	f->layers = f->layers || strstr(text, "/OCProperties");
}

static void look_for_risks(struct pdf *p, struct found *f)
{
	const struct pdf_entry *entries = NULL;
	size_t n = 0, mark = pdf_mark(p);
	AUTO(mem_free) char *root = pdf_unparse(p, pdf_root(p));

	f->form = pdf_count(p, pdf_get(p, pdf_acroform(p), "/Fields")) > 0;
	if (root)
		look_in_text(f, root);
	if (pdf_entries(p, &entries, &n, NULL))
		n = 0;   /* a repaired file has no chain to follow */
	for (size_t i = 0; i < n && i < OBJECTS_MAX; i++) {
		struct pdf_val v = pdf_value(p, entries[i].id);
		AUTO(mem_free) char *text = pdf_kind(p, v) == PDF_STREAM ? NULL : pdf_unparse(p, v);
		if (text)
			look_in_text(f, text);
		pdf_rewind(p, mark);
	}
	pdf_rewind(p, mark);
}

static json_t *warnings_of(struct pdf *p, size_t signatures)
{
	struct found f = { 0 };
	json_t *list = json_array();

	look_for_risks(p, &f);
	const struct { bool there; const char *id; } rows[] = {
		{ f.scripts, "doc.scripts" }, { f.launches, "doc.launches" }, { f.embedded, "doc.embedded" },
		{ f.form, "doc.form" }, { f.layers, "doc.layers" }, { signatures > 0, "doc.signed" },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].there)
			json_array_append_new(list, json_string(rows[i].id));
	return list;
}

static json_t *sizes_of(struct pdf *p)
{
	json_t *list = json_array();

	for (int i = 1; i <= pdf_pages(p) && i <= SIZES_MAX; i++) {
		struct pdf_page page;
		if (pdf_page(p, i, &page, NULL))
			break;
		json_array_append_new(list, json_pack("{s:f, s:f}", "w", page.width, "h", page.height));
	}
	return list;
}

/* A file that carries a signature is read strictly or not at all: a repaired reading is not what was signed. */
static struct pdf *open_to_sign(int fd, bool *repaired, struct err *e)
{
	struct pdf *p = pdf_open(fd, 0, PDF_STRICT, e);

	*repaired = false;
	if (p || e->kind != ERR_PDF_DAMAGED)
		return p;
	err_clear(e);
	p = pdf_open(fd, 0, 0, e);
	if (p && pdf_looks_signed(p)) {
		pdf_release(&p);
		err_set(e, ERR_PDF_DAMAGED, "signed file needs repair");
	}
	*repaired = p != NULL;
	return p;
}

static int tell(struct job_call *call, const unsigned char *hash, struct pdf *p, bool repaired, struct err *e)
{
	struct pdf_signature *sigs = NULL;
	size_t nsigs = 0;
	json_t *warnings;

	if (pdf_signatures(p, &sigs, &nsigs, e)) {
		pdf_signatures_free(sigs, nsigs);
		return -1;
	}
	pdf_signatures_free(sigs, nsigs);
	AUTO(mem_free) char *hex = hash ? hex_text(hash, 32) : NULL;
	warnings = warnings_of(p, nsigs);
	if (repaired)
		json_array_append_new(warnings, json_string("doc.repaired"));
	json_put(call->result, "pages", json_integer(pdf_pages(p)));
	json_put(call->result, "bytes", json_integer((json_int_t)pdf_size(p)));
	if (hex)
		json_put_str(call->result, "sha256", hex);
	json_put(call->result, "signatures", json_integer((json_int_t)nsigs));
	json_put(call->result, "sizes", sizes_of(p));
	json_put(call->result, "warnings", warnings);
	return 0;
}

static int measure(int fd, long long max, struct stat *st, struct err *e)
{
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))
		return err_set(e, ERR_FILE_TYPE, "not a regular file");
	if (st->st_size == 0)
		return err_set(e, ERR_PDF_EMPTY, "0 bytes");
	if (max > 0 && st->st_size > max)
		return err_set(e, ERR_FILE_TOO_BIG, "%lld bytes", (long long)st->st_size);
	return 0;
}

static int inspect(struct job_call *call, int fd, const unsigned char *hash, struct err *e)
{
	AUTO(pdf_release) struct pdf *p = NULL;
	bool repaired;

	p = open_to_sign(fd, &repaired, e);
	return p ? tell(call, hash, p, repaired, e) : -1;
}

int doc_inspect(struct job_call *call, struct err *e)
{
	int in = call_fd(call, 0, e);
	unsigned char hash[32];
	struct stat st;

	if (in < 0 || measure(in, json_int(call->args, "max_bytes", FILE_MAX), &st, e))
		return -1;
	/* The command line shows nothing: its caller's file is signed as doc.prepare reads it, and verified as it was written. */
	if (json_is(call->args, "direct"))
		return inspect(call, in, NULL, e);
	AUTO(fd_close) int copy = fd_memfd("document", e);
	if (copy < 0)
		return -1;
	/* what was shown is what is hashed is what is signed (G3): nobody writes this copy again */
	if (sha256_copy_fd(hash, in, copy, (size_t)st.st_size, e) || fd_seal(copy, e) || inspect(call, copy, hash, e))
		return -1;
	return call_give_fd(call, copy) < 0 ? err_set(e, ERR_INTERNAL, "call_give_fd") : 0;
}

/* ---- places ---------------------------------------------------------------------------------------------------------- */
static json_t *box_json(int page, double x, double y, double w, double h)
{
	return json_pack("{s:i, s:f, s:f, s:f, s:f}", "page", page, "x", x, "y", y, "w", w, "h", h);
}

int doc_find(struct job_call *call, struct err *e)
{
	const char *words = json_need_str(call->args, "text", e);
	int fd = call_fd(call, 0, e);
	struct pdf_hit *hits = NULL;
	size_t n = 0;
	json_t *list = json_array();

	json_put(call->result, "hits", list);
	if (!words || fd < 0)
		return -1;
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, 0, e);
	if (!p || pdf_find(fd, words, &hits, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct pdf_page page;
		if (pdf_page(p, hits[i].page, &page, e))
			continue;
		struct pdf_place box = pdf_place_under(&hits[i], &page, 0, 0, 0, 0);
		json_t *one = box_json(hits[i].page, hits[i].x, hits[i].y, hits[i].w, hits[i].h);
		json_put_str(one, "words", hits[i].words);
		json_put(one, "box", box_json(box.page, box.x, box.y, box.w, box.h));
		json_array_append_new(list, one);
	}
	pdf_hits_free(hits, n);
	return json_array_size(list) ? 0 : err_set(e, ERR_PLACE_NOT_FOUND, "no hit");
}

int doc_place(struct job_call *call, struct err *e)
{
	AUTO(buf_free) struct buf covers = { 0 };
	int fd = call_fd(call, 0, e);
	struct pdf_place pl;
	int rc;

	if (fd < 0 || place_from(call->args, &pl, e))
		return -1;
	rc = pdf_place_check(fd, &pl, &covers, e);
	if (rc && e->kind != ERR_PLACE_BAD && e->kind != ERR_PLACE_COVERS)
		return -1;
	json_put(call->result, "ok", json_boolean(rc == 0));
	json_put_str(call->result, "covers", covers.n ? (const char *)covers.p : "");
	json_put_str(call->result, "reason", rc ? (*e->reason ? e->reason : err_id(e->kind)) : "");
	err_clear(e);
	return 0;
}

/* ---- what the page shows ------------------------------------------------------------------------------------------------ */
int doc_text(struct job_call *call, struct err *e)
{
	int fd = call_fd(call, 0, e), number = (int)json_int(call->args, "page", 1), cols = (int)json_int(call->args, "cols", 78);
	char **lines = NULL;
	int rows = 0;
	struct pdf_page page;
	json_t *list = json_array();

	json_put(call->result, "lines", list);
	AUTO(pdf_release) struct pdf *p = fd < 0 ? NULL : pdf_open(fd, 0, 0, e);
	if (!p || pdf_page(p, number, &page, e) || pdf_text_grid(fd, number, cols, &lines, &rows, e))
		return -1;
	for (int i = 0; lines[i]; i++)
		json_array_append_new(list, json_string(lines[i]));
	pdf_grid_free(lines);
	json_put(call->result, "page", json_integer(number));
	json_put(call->result, "pages", json_integer(pdf_pages(p)));
	json_put(call->result, "width", json_real(page.width));
	json_put(call->result, "height", json_real(page.height));
	json_put(call->result, "cols", json_integer(cols));
	json_put(call->result, "rows", json_integer(rows));
	return 0;
}

int doc_thumb(struct job_call *call, struct err *e)
{
	int fd = call_fd(call, 0, e), w = (int)json_int(call->args, "w", 160), h = (int)json_int(call->args, "h", 96);
	AUTO(mem_free) unsigned char *gray = NULL;
	int tw = 0, th = 0;

	if (fd < 0 || w < 1 || h < 1 || w > 2000 || h > 2000)
		return fd < 0 ? -1 : err_set(e, ERR_USAGE, "thumbnail of %dx%d", w, h);
	if (pdf_thumb(fd, (int)json_int(call->args, "page", 1), w, h, &gray, &tw, &th, e))
		return -1;
	json_put(call->result, "w", json_integer(tw));
	json_put(call->result, "h", json_integer(th));
	put_bytes(call->result, "gray", gray, (size_t)tw * (size_t)th);
	return 0;
}

int doc_image(struct job_call *call, struct err *e)
{
	AUTO(buf_free) struct buf in = { 0 }, png = { 0 };
	AUTO(image_free) struct image im = { 0 };
	int fd = call_fd(call, 0, e);

	if (fd < 0 || fd_read_all(fd, &in, PNG_MAX, e)) {
		if (e->kind == ERR_FILE_TOO_BIG)
			e->kind = ERR_IMAGE_TOO_BIG;
		return -1;
	}
	/* decoded whole and written anew: nothing else that hid in the file goes on */
	if (image_png(&im, in.p, in.n, e) || image_shrink(&im, IMAGE_W, IMAGE_H) || image_to_png(&im, &png, e))
		return -1;
	json_put(call->result, "w", json_integer(im.w));
	json_put(call->result, "h", json_integer(im.h));
	json_put(call->result, "alpha", json_boolean(im.channels == 4));
	put_bytes(call->result, "png", png.p, png.n);
	return 0;
}

int doc_compose(struct job_call *call, struct err *e)
{
	const json_t *doc = json_at(call->args, "doc");
	AUTO(fd_close) int out = fd_memfd("composed", e);
	AUTO(pdf_release) struct pdf *p = NULL;
	unsigned char hash[32];

	if (out < 0)
		return -1;
	if (!json_is_object(doc))
		return err_set(e, ERR_USAGE, "doc is missing");
	if (pdf_compose(out, doc, e) || fd_seal(out, e) || !(p = pdf_open(out, 0, PDF_STRICT, e)) || sha256_fd(hash, out, e))
		return -1;
	AUTO(mem_free) char *hex = hex_text(hash, sizeof hash);
	json_put(call->result, "bytes", json_integer((json_int_t)pdf_size(p)));
	json_put_str(call->result, "sha256", hex);
	json_put(call->result, "pages", json_integer(pdf_pages(p)));
	return call_give_fd(call, out) < 0 ? err_set(e, ERR_INTERNAL, "call_give_fd") : 0;
}
