#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/image.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/text.h"
#include "main/doc.h"
#include "pdf/pdf.h"
#include "verify/verify.h"

enum {
	PNG_MAX = 8 * 1024 * 1024,
	RESERVE_PLAIN = 8 * 1024, RESERVE_STAMPED = 16 * 1024,   /* pdf.md 3.6 */
	FRAME_BYTES = 2048,      /* CMS around the certificates: attributes, RSA 4096 value */
	STAMP_BYTES = 8192,      /* a token with three certificates */
};

/* ---- doc.prepare ------------------------------------------------------------------------------------------------------ */
struct look { char *lines[8]; size_t n; unsigned char *rgba; int w, h; };

static void look_clear(struct look *l)
{
	for (size_t i = 0; i < l->n; i++)
		mem_free(&l->lines[i]);
	mem_free(&l->rgba);
}

static void add_line(struct look *l, const char *label, const char *value)
{
	AUTO(mem_free) char *clean = text_clean(value ? value : "", false);

	if (*clean && l->n < COUNT(l->lines))
		l->lines[l->n++] = mem_printf("%s: %s", label, clean);
}

static bool shows(const json_t *args, const char *what)
{
	const json_t *list = json_at(args, "show");
	size_t i;
	json_t *v;

	json_array_foreach((json_t *)(uintptr_t)list, i, v)
		if (json_is_string(v) && !strcmp(json_string_value(v), what))
			return true;
	return false;
}

static const char *first_of(const char *a, const char *b)
{
	return a && *a ? a : b;
}

/* Words stand in the document, not on the screen: Vietnamese whatever the screen's language. The time is Viet Nam time
 * with its offset (Decree 30/2020, Phụ lục I: ISO 8601). */
static void look_lines(struct look *l, const json_t *args, const struct cert *c, time_t when)
{
	char at[32];
	AUTO(mem_free) char *time_line = NULL;

	clock_vn(when, at);
	time_line = mem_printf("%s +07:00", at);
	if (shows(args, "name"))
		add_line(l, "Ký bởi", cert_name(c));
	if (shows(args, "organisation"))
		add_line(l, "Tổ chức", cert_organisation(c));
	if (shows(args, "title"))
		add_line(l, "Chức danh", first_of(json_str(args, "show_values.title", ""), cert_title(c)));
	if (shows(args, "email"))
		add_line(l, "Email", first_of(json_str(args, "show_values.mail", ""), cert_mail(c)));
	if (shows(args, "time"))
		add_line(l, "Ngày ký", time_line);
}

static int look_picture(struct look *l, struct job_call *call, struct err *e)
{
	AUTO(buf_free) struct buf png = { 0 };
	AUTO(image_free) struct image im = { 0 };
	int fd;

	if (!json_is(call->args, "image") && json_int(call->args, "image", 0) == 0)
		return 0;
	fd = call_fd(call, 1, e);
	if (fd < 0 || fd_read_all(fd, &png, PNG_MAX, e) || image_png(&im, png.p, png.n, e))
		return -1;
	size_t pixels = (size_t)im.w * (size_t)im.h;
	l->rgba = mem_array(pixels, 4);
	l->w = im.w;
	l->h = im.h;
	for (size_t i = 0; i < pixels; i++) {
		const unsigned char *px = im.px + i * (size_t)im.channels;
		bool grey = im.channels < 3;
		memcpy(l->rgba + i * 4, (unsigned char[]){ px[0], grey ? px[0] : px[1], grey ? px[0] : px[2],
		                                           im.channels == 4 ? px[3] : 255 }, 4);
	}
	return 0;
}

/* Measured certificates + frame + one stamp, and a quarter more; never below what real chains need. */
static size_t reserve_for(const struct buf *leaf, const struct arg_chain *chain, bool stamped)
{
	size_t n = leaf->n + FRAME_BYTES + (stamped ? STAMP_BYTES : 0), least = stamped ? RESERVE_STAMPED : RESERVE_PLAIN;

	for (size_t i = 0; i < chain->n; i++)
		n += chain->der[i].n;
	n += n / 4;
	return n > least ? n : least;
}

static json_t *hole_json(const struct pdf_hole *h)
{
	AUTO(mem_free) char *hash = hex_text(h->sha256, sizeof h->sha256);

	return json_pack("{s:I, s:I, s:[I,I,I,I], s:s, s:s}", "contents_at", (json_int_t)h->contents_at, "contents_len",
	                 (json_int_t)h->contents_len, "byte_range", (json_int_t)h->byte_range[0], (json_int_t)h->byte_range[1],
	                 (json_int_t)h->byte_range[2], (json_int_t)h->byte_range[3], "sha256", hash, "field", h->field);
}

/* The first n bytes of both, but for one hole [from, to). */
static int same_bytes(int a, int b, size_t n, size_t from, size_t to, struct err *e)
{
	enum { PIECE = 256 * 1024 };
	AUTO(mem_free) unsigned char *x = mem_alloc(PIECE), *y = mem_alloc(PIECE);

	for (size_t at = 0, len; at < n; at += len) {
		if (at == from)
			at = to;
		len = (at < from && from < at + PIECE ? from : at + PIECE) - at;
		if (len > n - at)
			len = n - at;
		if (pread(a, x, len, (off_t)at) != (ssize_t)len || pread(b, y, len, (off_t)at) != (ssize_t)len || memcmp(x, y, len))
			return err_set(e, ERR_INTERNAL, "bytes changed near %zu", at);
	}
	return 0;
}

static int prepare_file(struct job_call *call, const struct pdf_prepare *how, int out, struct pdf_hole *hole, struct err *e)
{
	int in = call_fd(call, 0, e);
	struct stat st;

	if (in < 0 || pdf_prepare(in, out, how, hole, e))
		return -1;
	/* earlier bytes never change (G13); an unsigned file that needed repair was written anew, and is said so */
	if (!hole->repaired && (fstat(in, &st) < 0 || same_bytes(in, out, (size_t)st.st_size, SIZE_MAX, SIZE_MAX, e)))
		return -1;
	return 0;
}

static const char *text_or_null(const json_t *args, const char *path)
{
	const char *s = json_str(args, path, "");

	return *s ? s : NULL;
}

static int begin(struct job_call *call, const struct cert *c, const struct arg_chain *chain, const struct pdf_prepare *how,
                 struct err *e)
{
	AUTO(fd_close) int out = fd_memfd("prepared", e);
	AUTO(buf_free) struct buf half = { 0 };
	unsigned char hash[32];
	struct pdf_hole hole;

	if (out < 0 || prepare_file(call, how, out, &hole, e) ||
	    cms_begin(c, chain->der, chain->n, hole.sha256, &half, hash, e))
		return -1;
	put_bytes(call->result, "hash", hash, sizeof hash);
	put_bytes(call->result, "half", half.p, half.n);
	json_put(call->result, "hole", hole_json(&hole));
	json_put(call->result, "repaired", json_boolean(hole.repaired));
	return call_give_fd(call, out) < 0 ? err_set(e, ERR_INTERNAL, "call_give_fd") : 0;
}

int doc_prepare(struct job_call *call, struct err *e)
{
	AUTO(cert_release) struct cert *c = arg_cert(call->args, e);
	AUTO(arg_chain_clear) struct arg_chain chain = { 0 };
	AUTO(look_clear) struct look look = { 0 };
	AUTO(buf_free) struct buf leaf = { 0 };
	const char *level = json_str(call->args, "level", "B-B"), *when = json_str(call->args, "when", "");
	struct pdf_prepare how = { .when = clock_now() };

	if (!c || arg_chain(call->args, "chain", &chain, e) || place_from(call->args, &how.place, e) || look_picture(&look, call, e))
		return -1;
	if (*when && !clock_parse(when, &how.when))
		return err_set(e, ERR_USAGE, "when is no time");
	look_lines(&look, call->args, c, how.when);
	for (size_t i = 0; i < look.n; i++)
		how.look.lines[i] = look.lines[i];
	how.look.nlines = look.n;
	how.look.rgba = look.rgba;
	how.look.img_w = look.w;
	how.look.img_h = look.h;
	cert_der(c, &leaf);
	how.name = *cert_name(c) ? cert_name(c) : NULL;
	how.reason = text_or_null(call->args, "reason");
	how.location = text_or_null(call->args, "location");
	how.certify = (int)json_int(call->args, "certify", 0);
	how.reserve = reserve_for(&leaf, &chain, strcmp(level, "B-B") != 0);
	return begin(call, c, &chain, &how, e);
}

/* ---- doc.cms ------------------------------------------------------------------------------------------------------------ */
static const char *algorithm_id(enum sig_algo a)
{
	switch (a) {
	case SIG_RSA_PKCS1_SHA256:
		return "rsa-pkcs1-sha256";
	case SIG_RSA_PSS_SHA256:
		return "rsa-pss-sha256";
	case SIG_ECDSA_SHA256:
		return "ecdsa-sha256";
	}
	return "";
}

int doc_cms(struct job_call *call, struct err *e)
{
	AUTO(buf_free) struct buf half = { 0 }, raw = { 0 }, cms = { 0 }, request = { 0 };
	enum sig_algo used;

	if (arg_need_bytes(call->args, "half", &half, e) || arg_bytes(call->args, "signature", &raw, e))
		return -1;
	if (cms_finish((struct der){ half.p, half.n }, (struct der){ raw.p, raw.n }, &cms, &used, e) ||
	    tsa_request((struct der){ cms.p, cms.n }, &request, e))
		return -1;
	put_bytes(call->result, "cms", cms.p, cms.n);
	json_put_str(call->result, "algorithm", algorithm_id(used));
	put_bytes(call->result, "tsa_request", request.p, request.n);
	return 0;
}

/* ---- doc.embed ---------------------------------------------------------------------------------------------------------- */
static int hole_from(const json_t *j, struct pdf_hole *h, struct err *e)
{
	const char *field = json_str(j, "field", ""), *hash = json_str(j, "sha256", "");
	const json_t *range = json_at(j, "byte_range");
	AUTO(buf_free) struct buf bytes = { 0 };

	*h = (struct pdf_hole){ 0 };
	if (!*field || strlen(field) >= sizeof h->field || json_array_size(range) != 4 || hex_bytes(hash, &bytes, e) || bytes.n != 32)
		return err_set(e, ERR_USAGE, "hole is incomplete");
	strcpy(h->field, field);
	memcpy(h->sha256, bytes.p, 32);
	h->contents_at = (uint64_t)json_int(j, "contents_at", 0);
	h->contents_len = (uint64_t)json_int(j, "contents_len", 0);
	for (size_t i = 0; i < 4; i++)
		h->byte_range[i] = (uint64_t)json_integer_value(json_array_get(range, i));
	return 0;
}

static int stamped(struct job_call *call, struct buf *cms, const struct trust_store *trust, time_t *when, struct err *e)
{
	AUTO(buf_free) struct buf request = { 0 }, response = { 0 }, out = { 0 };

	if (arg_bytes(call->args, "tsa_request", &request, e) || arg_bytes(call->args, "tsa_response", &response, e))
		return -1;
	if (!response.n)
		return 0;
	if (tsa_apply((struct der){ cms->p, cms->n }, (struct der){ request.p, request.n }, (struct der){ response.p, response.n },
	              trust, &out, when, e))
		return -1;
	cms->n = 0;
	buf_add(cms, out.p, out.n);
	return 0;
}

/* As a stranger would: the new signature must be there, intact, and cover the file to its end. */
static int stranger_finds(const json_t *report, const char *field, struct err *e)
{
	const json_t *list = json_at(report, "signatures");
	const char *why;
	size_t i;
	json_t *s;

	json_array_foreach((json_t *)(uintptr_t)list, i, s) {
		if (strcmp(json_str(s, "field", ""), field))
			continue;
		why = json_str(s, "reasons.0", "no reason given");
		if (verdict_from_id(json_str(s, "verdict", "invalid")) == VERDICT_INVALID)
			return err_set(e, ERR_INTERNAL, "own signature is invalid: %s", why);
		if (!json_is(s, "covers_whole_file"))
			return err_set(e, ERR_INTERNAL, "own signature does not cover the file");
		return 0;
	}
	return err_set(e, ERR_INTERNAL, "own signature is not found again");
}

static int write_signed(int prepared, int out, const struct pdf_hole *hole, const struct buf *cms, struct err *e)
{
	struct stat a, b;

	if (fd_copy(prepared, out, 0, e) || pdf_embed(out, hole, cms->p, cms->n, e))
		return -1;
	if (fstat(prepared, &a) < 0 || fstat(out, &b) < 0 || a.st_size != b.st_size)
		return err_set(e, ERR_INTERNAL, "size changed while embedding");
	return same_bytes(prepared, out, (size_t)a.st_size, (size_t)hole->contents_at, (size_t)(hole->contents_at + hole->contents_len), e);
}

static int finish(struct job_call *call, int out, const struct pdf_hole *hole, const struct trust_store *trust, time_t stamp,
                  struct err *e)
{
	const struct verify_rules rules = { .trust = trust };
	AUTO(json_release) json_t *report = NULL;
	unsigned char hash[32];
	struct stat st;
	char at[32];

	if (fd_seal(out, e) || verify_pdf(out, &rules, &report, e) < 0 || stranger_finds(report, hole->field, e) ||
	    sha256_fd(hash, out, e) || fstat(out, &st) < 0)
		return err_add(e, "result not released");
	AUTO(mem_free) char *hex = hex_text(hash, sizeof hash);
	clock_rfc3339(stamp ? stamp : clock_now(), at);
	json_put_str(call->result, "sha256", hex);
	json_put(call->result, "bytes", json_integer((json_int_t)st.st_size));
	json_put_str(call->result, "level", stamp ? "B-T" : "B-B");
	json_put_str(call->result, "signed_at", at);
	json_put(call->result, "report", STEAL(&report));
	return call_give_fd(call, out) < 0 ? err_set(e, ERR_INTERNAL, "call_give_fd") : 0;
}

int doc_embed(struct job_call *call, struct err *e)
{
	AUTO(buf_free) struct buf cms = { 0 };
	AUTO(fd_close) int out = fd_memfd("signed", e);
	const struct trust_store *trust;
	struct pdf_hole hole;
	time_t stamp = 0;
	int in = call_fd(call, 0, e);

	if (in < 0 || out < 0 || hole_from(json_at(call->args, "hole"), &hole, e) ||
	    arg_need_bytes(call->args, "cms", &cms, e) || doc_trust(call->config, &trust, e) ||
	    stamped(call, &cms, trust, &stamp, e) || write_signed(in, out, &hole, &cms, e))
		return -1;
	return finish(call, out, &hole, trust, stamp, e);
}
