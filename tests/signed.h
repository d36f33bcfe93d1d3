/* Signed files for tests: composed, prepared, signed with a test key, by the same calls the doc job makes; and a writer of
 * hostile revisions that knows nothing of our own writer. */
#ifndef TESTS_SIGNED_H
#define TESTS_SIGNED_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "pdf/pdf.h"
#include "pdf/read.h"
#include "pki.h"
#include "trust/trust.h"
#include "verify/verify.h"

static struct pki pki;
static EVP_PKEY *signer_key;
static X509 *signer_x;
static time_t signed_at;

static int signed_setup(void **state)
{
	(void)state;
	pki_make(&pki);
	signed_at = pki.stamp_at = pki_time(2026, 11, 20);
	signer_key = EVP_RSA_gen(2048);
	signer_x = pki_person(&pki, signer_key);
	return 0;
}

static int signed_teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(signer_key);
	X509_free(signer_x);
	pki_free(&pki);
	return 0;
}

PKI_UNUSED static int plain_pdf(void)
{
	struct err e = { 0 };
	int fd = fd_memfd("plain", &e);
	json_t *doc = json_pack("{s:s,s:[{s:s,s:s},{s:s,s:s}]}", "title", "THỬ NGHIỆM", "lines", "kind", "title", "text", "TỜ KHAI THỬ NGHIỆM",
	                        "kind", "text", "text", "Người yêu cầu ký tên dưới đây.");
	if (pdf_compose(fd, doc, &e)) {
		fprintf(stderr, "pdf_compose: %s\n", e.cause);
		abort();
	}
	json_decref(doc);
	return fd;
}

struct sign_how { EVP_PKEY *key; X509 *x; int certify; bool stamp, visible; const char *field; };

/* With place and look of the caller's own. */
static int sign_prepared(int in, const struct sign_how *how, const struct pdf_prepare *prep)
{
	AUTO(buf_free) struct buf leaf = { 0 }, ca = { 0 }, half = { 0 }, raw = { 0 }, cms = { 0 }, req = { 0 }, resp = { 0 }, done = { 0 };
	struct err e = { 0 };
	struct pdf_hole hole;
	unsigned char hash[32];
	enum sig_algo used;
	time_t when;
	int out = fd_memfd("signed", &e);

	pki_der(how->x, &leaf);
	pki_der(pki.ca, &ca);
	struct cert *c = cert_parse(leaf.p, leaf.n, &e);
	struct der chain = { ca.p, ca.n };
	if (!c || pdf_prepare(in, out, prep, &hole, &e) || cms_begin(c, &chain, 1, hole.sha256, &half, hash, &e))
		goto fail;
	pki_raw(how->key, RSA_PKCS1_PADDING, 0, hash, &raw);
	if (cms_finish((struct der){ half.p, half.n }, (struct der){ raw.p, raw.n }, &cms, &used, &e))
		goto fail;
	if (how->stamp) {
		struct trust_store *t = trust_open(pki.dir, &e);
		struct der d = { cms.p, cms.n };
		if (tsa_request(d, &req, &e))
			goto fail;
		pki_stamp(&pki, &req, &resp);
		if (tsa_apply(d, (struct der){ req.p, req.n }, (struct der){ resp.p, resp.n }, t, &done, &when, &e))
			goto fail;
		trust_free(t);
	}
	const struct buf *b = how->stamp ? &done : &cms;
	if (pdf_embed(out, &hole, b->p, b->n, &e))
		goto fail;
	cert_free(c);
	return out;
fail:
	fprintf(stderr, "sign_with: %s\n", e.cause);
	abort();
}

PKI_UNUSED static int sign_with(int in, const struct sign_how *how)
{
	struct pdf_prepare prep = { .when = signed_at, .reserve = 16384, .certify = how->certify, .name = "Người Ký Thử Nghiệm" };

	if (how->visible) {
		prep.place = (struct pdf_place){ .page = 1, .x = 60, .y = 60, .w = 170, .h = 60 };
		prep.look = (struct pdf_look){ .lines = { "Ký bởi: Người Ký Thử Nghiệm" }, .nlines = 1 };
	}
	if (how->field)
		snprintf(prep.place.field, sizeof prep.place.field, "%s", how->field);
	return sign_prepared(in, how, &prep);
}

PKI_UNUSED static int sign_plain(int in)
{
	return sign_with(in, &(struct sign_how){ signer_key, signer_x, 0, false, true, NULL });
}

/* ---- verdicts ---------------------------------------------------------------------------------------------------- */
/* With the anchors of the test authority and a good OCSP answer of the same day: an untouched file is "valid". */
static json_t *judge(int fd)
{
	struct err e = { 0 };
	struct trust_store *t = trust_open(pki.dir, &e);
	AUTO(buf_free) struct buf ocsp = { 0 };
	json_t *report = NULL;

	pki_ocsp(&pki, signer_x, V_OCSP_CERTSTATUS_GOOD, -1, 0, signed_at - 60, signed_at + 86400, NULL, NULL, &ocsp);
	struct verify_answer a = { ocsp.p, ocsp.n, ANSWER_OCSP };
	struct verify_rules rules = { .trust = t, .at = signed_at + 3600, .answers = &a, .nanswers = 1 };
	if (verify_pdf(fd, &rules, &report, &e) < 0)
		report = json_pack("{s:s, s:s, s:[]}", "verdict", "error", "cause", e.cause, "signatures");
	trust_free(t);
	return report;
}

static bool has_reason(const json_t *report, int sig, const char *id)
{
	char path[64];
	snprintf(path, sizeof path, "signatures.%d.reasons", sig);
	const json_t *list = json_at(report, path);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), id))
			return true;
	return false;
}

PKI_UNUSED static void want_verdict(const char *name, int fd, const char *verdict, int sig, const char *reason)
{
	AUTO(json_release) json_t *r = judge(fd);
	if (strcmp(json_str(r, "verdict", ""), verdict) || (reason && !has_reason(r, sig, reason))) {
		AUTO(mem_free) char *text = json_dumps(r, JSON_INDENT(1));
		fail_msg("%s: wanted %s %s, got %s", name, verdict, reason ? reason : "", text);
	}
}

/* ---- hostile revisions ------------------------------------------------------------------------------------------- */
struct patch { int num; const char *body; };   /* body NULL ends the list */

static uint64_t last_startxref(const struct buf *b)
{
	for (size_t i = b->n - 9; i > 0; i--)
		if (!memcmp(b->p + i, "startxref", 9))
			return strtoull((const char *)b->p + i + 9, NULL, 10);
	abort();
}

PKI_UNUSED static int append_revision(int fd, const struct patch *patches)
{
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };
	size_t at[16], n = 0;
	int out = fd_memfd("hostile", &e), top = 0;
	struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	struct pdf_id root;

	fd_read_all(fd, &b, 64 << 20, &e);
	pdf_ref(p, pdf_get(p, pdf_trailer(p), "/Root"), &root);
	top = (int)pdf_int(p, pdf_get(p, pdf_trailer(p), "/Size"), 0);
	pdf_free(p);
	uint64_t prev = last_startxref(&b);
	for (; patches[n].body; n++) {
		at[n] = b.n;
		top = patches[n].num >= top ? patches[n].num + 1 : top;
		buf_printf(&b, "%d 0 obj\n%s\nendobj\n", patches[n].num, patches[n].body);
	}
	size_t xref = b.n;
	buf_str(&b, "xref\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%d 1\n%010zu 00000 n \n", patches[i].num, at[i]);
	buf_printf(&b, "trailer\n<< /Size %d /Root %d 0 R /Prev %llu >>\nstartxref\n%zu\n%%%%EOF\n", top, root.num,
	           (unsigned long long)prev, xref);
	fd_write_all(out, b.p, b.n, &e);
	return out;
}

/* A dictionary as text, one key replaced or added (value NULL: taken out). */
PKI_UNUSED static char *dict_with(int fd, struct pdf_id id, const char *key, const char *value)
{
	struct err e = { 0 };
	struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	struct pdf_val v = pdf_value(p, id);
	char **keys = pdf_keys(p, v);
	struct buf b = { 0 };

	buf_str(&b, "<<");
	for (size_t i = 0; keys[i]; i++) {
		AUTO(mem_free) char *text = pdf_unparse(p, pdf_get(p, v, keys[i]));
		if (strcmp(keys[i], key))
			buf_printf(&b, " %s %s", keys[i], text);
	}
	if (value)
		buf_printf(&b, " %s %s", key, value);
	buf_str(&b, " >>");
	pdf_keys_free(keys);
	pdf_free(p);
	return buf_steal(&b);
}

#endif
