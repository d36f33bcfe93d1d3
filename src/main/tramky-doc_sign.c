#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "main/doc.h"
#include "pdf/pdf.h"
#include "trust/cms.h"
#include "verify/verify.h"

enum {
	TOKEN_BYTES = 6 * 1024,  /* a time-stamp token before one was seen: two or three certificates */
	TOKEN_MAX = 48 * 1024,
};

/* ---- doc.prepare ------------------------------------------------------------------------------------------------------ */
/* Measured, and a quarter more: certificates are measured, a stamp's size was told by the last one seen.
 * A stamp that needs more is left out of the signature and put over the document later. */
static size_t with_margin(size_t n)
{
	return n + n / 4;
}

static size_t token_room(const json_t *args)
{
	long long n = json_int(args, "token_bytes", TOKEN_BYTES);

	return n > 0 && n <= TOKEN_MAX ? (size_t)n : TOKEN_BYTES;
}

/* Byte ranges are hashed by SHA-256 while they are written; another hash reads them once more. */
static int range_digest(int fd, const struct pdf_hole *h, int bits, struct buf *out, struct err *e)
{
	enum { PIECE = 256 * 1024 };
	AUTO(mem_free) unsigned char *part = NULL;
	unsigned char digest[64];

	if (bits == 256) {
		buf_add(out, h->sha256, sizeof h->sha256);
		return 0;
	}
	struct hash *hash = hash_new_bits(bits);
	if (!hash)
		return err_set(e, ERR_USAGE, "a hash of %d bits", bits);
	part = mem_alloc(PIECE);
	for (int i = 0; i < 4; i += 2)
		for (uint64_t at = h->byte_range[i], end = at + h->byte_range[i + 1]; at < end;) {
			size_t n = end - at < PIECE ? (size_t)(end - at) : PIECE;
			if (pread(fd, part, n, (off_t)at) != (ssize_t)n) {
				hash_free(hash);
				return err_set(e, ERR_INTERNAL, "pread of the prepared file");
			}
			hash_add(hash, part, n);
			at += n;
		}
	buf_add(out, digest, hash_end(hash, digest));
	hash_free(hash);
	return 0;
}

/* "sha256" unless something else is asked for; "fit": the one that fits the key. 0: not one of ours. */
static int hash_bits(const json_t *args, const struct cert *c)
{
	const char *name = json_str(args, "hash", "sha256");

	if (!strcmp(name, "fit"))
		return cert_hash_bits(c);
	return !strcmp(name, "sha256") ? 256 : !strcmp(name, "sha384") ? 384 : !strcmp(name, "sha512") ? 512 : 0;
}

static json_t *hole_json(const struct pdf_hole *h)
{
	AUTO(mem_free) char *hash = hex_text(h->sha256, sizeof h->sha256);

	return json_pack("{s:I, s:I, s:[I,I,I,I], s:s, s:s}", "contents_at", (json_int_t)h->contents_at, "contents_len",
	                 (json_int_t)h->contents_len, "byte_range", (json_int_t)h->byte_range[0], (json_int_t)h->byte_range[1],
	                 (json_int_t)h->byte_range[2], (json_int_t)h->byte_range[3], "sha256", hash, "field", h->field);
}

/* The first n bytes of both, but for one hole [from, to). */
int doc_same_bytes(int a, int b, size_t n, size_t from, size_t to, struct err *e)
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

static int prepare_file(struct job_call *call, const struct pdf_prepare *how, int bits, int out, struct pdf_hole *hole, struct err *e)
{
	int in = call_fd(call, 0, e);
	struct stat st;

	if (in < 0 || pdf_prepare(in, out, how, hole, e))
		return -1;
	/* Earlier bytes never change (G13). Under SHA-256 nothing is compared here: the hash that is signed was taken from the bytes
	 * that were read of `in`, and doc.embed gives no file back whose own bytes, read anew, have another. Other hashes are taken
	 * from what was written. An unsigned file that needed repair was written anew, and is said so. */
	if (bits != 256 && !hole->repaired && (fstat(in, &st) < 0 || doc_same_bytes(in, out, (size_t)st.st_size, SIZE_MAX, SIZE_MAX, e)))
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
	AUTO(buf_free) struct buf half = { 0 }, range = { 0 }, hash = { 0 };
	struct pdf_hole hole;

	int bits = hash_bits(call->args, c);
	if (out < 0 || prepare_file(call, how, bits, out, &hole, e) || range_digest(out, &hole, bits, &range, e) ||
	    cms_begin_hash(c, chain->der, chain->n, (struct der){ range.p, range.n }, &half, &hash, e))
		return -1;
	put_bytes(call->result, "hash", hash.p, hash.n);
	put_bytes(call->result, "half", half.p, half.n);
	json_put(call->result, "hole", hole_json(&hole));
	json_put(call->result, "repaired", json_boolean(hole.repaired));
	return call_give_fd(call, out) < 0 ? err_set(e, ERR_INTERNAL, "call_give_fd") : 0;
}

int doc_prepare(struct job_call *call, struct err *e)
{
	AUTO(cert_release) struct cert *c = arg_cert(call->args, e);
	AUTO(arg_chain_clear) struct arg_chain chain = { 0 };
	AUTO(doc_look_clear) struct doc_look look = { 0 };
	const char *level = json_str(call->args, "level", "B-B"), *when = json_str(call->args, "when", "");
	struct pdf_place more[PDF_PLACES_MAX];
	struct pdf_prepare how = { .when = clock_now(), .more = more };
	int nmore = more_places_from(call->args, more, e);

	if (nmore < 0 || !c || arg_chain(call->args, "chain", &chain, e) || place_from(call->args, &how.place, e))
		return -1;
	how.nmore = (size_t)nmore;
	if (*when && !clock_parse(when, &how.when))
		return err_set(e, ERR_USAGE, "when is no time");
	if (doc_look(&look, call, c, &how, e))
		return -1;
	how.name = *cert_name(c) ? cert_name(c) : NULL;
	how.reason = text_or_null(call->args, "reason");
	how.location = text_or_null(call->args, "location");
	how.certify = (int)json_int(call->args, "certify", 0);
	size_t room = cms_room(c, chain.der, chain.n);
	if (!room)
		return err_set(e, ERR_CERT_UNUSABLE, "a key that no CMS can be made for");
	how.reserve = with_margin(room + (strcmp(level, "B-B") ? token_room(call->args) : 0));
	return begin(call, c, &chain, &how, e);
}

/* ---- doc.stamp: room for a document time-stamp --------------------------------------------------------------------------- */
int doc_stamp(struct job_call *call, struct err *e)
{
	AUTO(fd_close) int out = fd_memfd("prepared", e);
	AUTO(buf_free) struct buf request = { 0 };
	struct pdf_prepare how = { .when = clock_now(), .timestamp = true, .reserve = with_margin(token_room(call->args)) };
	struct pdf_hole hole;

	if (out < 0 || prepare_file(call, &how, 256, out, &hole, e) || tsa_request_hash(hole.sha256, &request, e))
		return -1;
	json_put(call->result, "hole", hole_json(&hole));
	put_bytes(call->result, "tsa_request", request.p, request.n);
	return call_give_fd(call, out) < 0 ? err_set(e, ERR_INTERNAL, "call_give_fd") : 0;
}

/* ---- doc.cms ------------------------------------------------------------------------------------------------------------ */
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
	json_put_str(call->result, "algorithm", sig_algo_id(used));
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

/* The stamp goes into the CMS when there is one that holds and fits. A signature is never given up for its stamp: then
 * `why` says why it is left out, and the document gets one later (rule G14). */
static int stamped(struct job_call *call, struct buf *cms, size_t room, const struct trust_store *trust, time_t *when, char why[48],
                   struct err *e)
{
	AUTO(buf_free) struct buf request = { 0 }, response = { 0 }, out = { 0 };
	struct err odd = { 0 };

	if (arg_bytes(call->args, "tsa_request", &request, e) || arg_bytes(call->args, "tsa_response", &response, e))
		return -1;
	if (!response.n)
		return 0;
	if (tsa_apply((struct der){ cms->p, cms->n }, (struct der){ request.p, request.n }, (struct der){ response.p, response.n },
	              trust, &out, when, &odd)) {
		log_err("stamp.left-out", &odd);
		snprintf(why, 48, "%s", *odd.reason ? odd.reason : err_id(odd.kind));
		return 0;
	}
	json_put(call->result, "token_bytes", json_integer((json_int_t)(out.n - cms->n)));
	if (out.n > room) {
		*when = 0;
		snprintf(why, 48, "tsa.no-room");
		return 0;
	}
	cms->n = 0;
	buf_add(cms, out.p, out.n);
	return 0;
}

/* What goes into the hole: the CMS, or without one the token of a document time-stamp. */
static int filling(struct job_call *call, const struct pdf_hole *hole, const struct trust_store *trust, struct buf *out,
                   time_t *stamp, struct err *e)
{
	AUTO(buf_free) struct buf request = { 0 }, response = { 0 };
	size_t room = hole->contents_len >= 2 ? (size_t)(hole->contents_len - 2) / 2 : 0;
	char why[48] = "";

	if (arg_bytes(call->args, "cms", out, e))
		return -1;
	if (out->n) {
		if (stamped(call, out, room, trust, stamp, why, e))
			return -1;
		json_put_str(call->result, "stamp_missing", why);
		return 0;
	}
	if (arg_need_bytes(call->args, "tsa_request", &request, e) || arg_need_bytes(call->args, "tsa_response", &response, e) ||
	    tsa_token((struct der){ request.p, request.n }, (struct der){ response.p, response.n }, trust, out, stamp, e))
		return -1;
	json_put(call->result, "token_bytes", json_integer((json_int_t)out->n));
	if (out->n <= room)
		return 0;
	err_set(e, ERR_SERVICE_ODD, "a token of %zu bytes, room for %zu", out->n, room);
	return err_reason(e, "tsa.no-room");
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

/* The prepared file itself, when it is one of our memory files and still open to writing: it is sealed before it is verified,
 * so what is given back is what was verified, whoever else holds it. Anything else (sealed: a second try; read from a draft)
 * is copied. -1 on failure. */
static int file_to_fill(int prepared, struct err *e)
{
	int seals = fcntl(prepared, F_GET_SEALS);

	if (seals >= 0 && !(seals & (F_SEAL_WRITE | F_SEAL_SEAL)))
		return fcntl(prepared, F_DUPFD_CLOEXEC, 3);
	AUTO(fd_close) int out = fd_memfd("signed", e);
	if (out < 0 || fd_copy(prepared, out, 0, e))
		return -1;
	int mine = out;
	out = -1;
	return mine;
}

/* Nothing but the hole changes: pdf_embed() writes inside it, and the verification that follows reads all the rest anew. */
static int write_signed(int prepared, int *out, const struct pdf_hole *hole, const struct buf *cms, struct err *e)
{
	struct stat a, b;

	if (fstat(prepared, &a) < 0 || (*out = file_to_fill(prepared, e)) < 0 || pdf_embed(*out, hole, cms->p, cms->n, e))
		return err_add(e, "filling the hole");
	if (fstat(*out, &b) < 0 || a.st_size != b.st_size)
		return err_set(e, ERR_INTERNAL, "size changed while embedding");
	return 0;
}

static int finish(struct job_call *call, int out, const struct pdf_hole *hole, const struct trust_store *trust, time_t stamp,
                  struct err *e)
{
	unsigned char hash[32];
	const struct verify_rules rules = { .trust = trust, .sha256 = hash };
	AUTO(json_release) json_t *report = NULL;
	struct stat st;
	char at[32];

	if (fd_seal(out, e) || verify_pdf(out, &rules, &report, e) < 0 || stranger_finds(report, hole->field, e) || fstat(out, &st) < 0)
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
	AUTO(fd_close) int out = -1;
	const struct trust_store *trust;
	struct pdf_hole hole;
	time_t stamp = 0;
	int in = call_fd(call, 0, e);

	if (in < 0 || hole_from(json_at(call->args, "hole"), &hole, e) ||
	    doc_trust(call->config, &trust, e) || filling(call, &hole, trust, &cms, &stamp, e) || write_signed(in, &out, &hole, &cms, e))
		return -1;
	return finish(call, out, &hole, trust, stamp, e);
}
