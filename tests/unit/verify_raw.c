/* The bytes themselves: signature dictionaries as no honest writer makes them, tables that two readers read differently, and
 * what is put behind the signed bytes. Built by hand, signed with the hash that their own /ByteRange asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "paper.h"

enum { HOLE = 12000 };

/* Where the parts of a signature dictionary went. */
struct raw { struct buf b; size_t hole, hole_end, range; };

static void raw_object(struct raw *r, int num, const char *text)
{
	buf_printf(&r->b, "%d 0 obj\n", num);
	for (const char *s = text; *s; s++) {
		if (s[0] == '@' && s[1] == 'R')
			r->range = r->b.n, buf_printf(&r->b, "%-40s", ""), s++;
		else if (s[0] == '@' && s[1] == 'C')
			r->hole = r->b.n, buf_printf(&r->b, "<%0*d>", HOLE, 0), r->hole_end = r->b.n, s++;
		else
			buf_add(&r->b, s, 1);
	}
	buf_str(&r->b, "\nendobj\n");
}

/* `dict` and `more` hold @R where "[0 a b c]" goes (40 places wide) and @C where <hex>
 * goes. */
static void raw_build(struct raw *r, const char *dict, const char *more)
{
	size_t at[8] = { 0 };
	static const char *const objects[] = { NULL, "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>", "<< /Type /Page /Parent 2 0 R /Annots [4 0 R] >>",
		"<< /FT /Sig /T (Ky) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R /V 5 0 R >>" };

	*r = (struct raw){ 0 };
	buf_str(&r->b, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
	for (int i = 1; i < 5; i++) {
		at[i] = r->b.n;
		buf_printf(&r->b, "%d 0 obj\n%s\nendobj\n", i, objects[i]);
	}
	at[5] = r->b.n;
	raw_object(r, 5, dict);
	at[6] = r->b.n;
	if (more)
		raw_object(r, 6, more);
	size_t xref = r->b.n;
	buf_printf(&r->b, "xref\n0 %d\n0000000000 65535 f \n", more ? 7 : 6);
	for (int i = 1; i < (more ? 7 : 6); i++)
		buf_printf(&r->b, "%010zu 00000 n \n", at[i]);
	buf_printf(&r->b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", more ? 7 : 6, xref);
}

/* Range [0 hole+da] [hole_end+db, end+dc]; the CMS is over exactly that. */
static int raw_sign(struct raw *r, long da, long db, long dc, const char *format)
{
	AUTO(buf_free) struct buf leaf = { 0 }, ca = { 0 }, half = { 0 }, sig = { 0 }, cms = { 0 };
	unsigned long long a = r->hole + (size_t)da, b = r->hole_end + (size_t)db, c = r->b.n + (size_t)dc - b;
	unsigned char digest[32], hash[32];
	unsigned n = 32;
	enum sig_algo used;
	struct err e = { 0 };
	char text[64];
	int out = fd_memfd("raw", &e), len = snprintf(text, sizeof text, format, a, b, c);
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (r->range)
		memcpy(r->b.p + r->range, text, (size_t)len);
	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	EVP_DigestUpdate(md, r->b.p, a);
	EVP_DigestUpdate(md, r->b.p + b, c);
	EVP_DigestFinal_ex(md, digest, &n);
	EVP_MD_CTX_free(md);
	pki_der(signer_x, &leaf);
	pki_der(pki.ca, &ca);
	struct cert *cert = cert_parse(leaf.p, leaf.n, &e);
	struct der chain = { ca.p, ca.n };
	assert_int_equal(cms_begin(cert, &chain, 1, digest, &half, hash, &e), 0);
	pki_raw(signer_key, RSA_PKCS1_PADDING, 0, hash, &sig);
	assert_int_equal(cms_finish((struct der){ half.p, half.n }, (struct der){ sig.p, sig.n }, &cms, &used, &e), 0);
	for (size_t i = 0; i < cms.n; i++) {
		snprintf(text, sizeof text, "%02x", cms.p[i]);
		memcpy(r->b.p + r->hole + 1 + 2 * i, text, 2);
	}
	fd_write_all(out, r->b.p, r->b.n, &e);
	cert_free(cert);
	buf_free(&r->b);
	return out;
}

#define SIG "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:20261120030000Z) "
#define RANGE "[0 %llu %llu %llu]"

static void dictionaries(void **state)
{
	static const struct { const char *name, *dict, *more, *format, *verdict, *reason; long da, db, dc; } rows[] = {
		{ "as it should be", SIG "/ByteRange @R /Contents @C >>", NULL, RANGE, "valid", NULL, 0, 0, 0 },
		{ "without /Type", "<< /Filter /X /SubFilter /ETSI.CAdES.detached /M (D:20261120030000Z) /ByteRange @R /Contents @C >>", NULL, RANGE, "valid", NULL, 0, 0, 0 },
		{ "/Contents before /ByteRange", SIG "/Contents @C /ByteRange @R >>", NULL, RANGE, "valid", NULL, 0, 0, 0 },
		{ "without /SubFilter", "<< /Type /Sig /Filter /X /ByteRange @R /Contents @C >>", NULL, RANGE, "inconclusive", "subfilter-unknown", 0, 0, 0 },
		{ "an unknown /SubFilter", "<< /Type /Sig /Filter /X /SubFilter /adbe.x509.rsa_sha1 /ByteRange @R /Contents @C >>", NULL, RANGE, "inconclusive", "subfilter-unknown", 0, 0, 0 },
		{ "a signature that calls itself a stamp", "<< /Type /DocTimeStamp /SubFilter /ETSI.RFC3161 /ByteRange @R /Contents @C >>", NULL, RANGE, "invalid", NULL, 0, 0, 0 },
		{ "without /ByteRange", SIG "/Contents @C >>", NULL, RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "/ByteRange twice", SIG "/ByteRange @R /Contents @C /ByteRange [0 1 2 3] >>", NULL, RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "/ByteRange twice, the true one last", SIG "/ByteRange [0 1 2 3] /ByteRange @R /Contents @C >>", NULL, RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "/Contents twice, the true one last", SIG "/ByteRange @R /Contents <3000> /Contents @C >>", NULL, RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "a true /ByteRange by reference", SIG "/ByteRange 6 0 R /Contents @C >>", "@R", RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "/ByteRange twice, spelled otherwise", SIG "/ByteRange @R /Contents @C /Byte#52ange [0 1 2 3] >>", NULL, RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "/Contents twice", SIG "/ByteRange @R /Contents @C /Contents <3000> >>", NULL, RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "/Contents elsewhere", SIG "/ByteRange @R /X @C /Contents <3000> >>", NULL, RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "/Contents a reference", SIG "/ByteRange @R /X @C /Contents 6 0 R >>", "<3000>", RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "/ByteRange a reference", SIG "/ByteRange 6 0 R /X @R /Contents @C >>", "[0 10 20 30]", RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "/Contents inside an inner dictionary", SIG "/X << /ByteRange @R /Contents @C >> >>", NULL, RANGE, "invalid", "byte-range-broken", 0, 0, 0 },
		{ "the gap begins early", SIG "/ByteRange @R /Contents @C >>", NULL, RANGE, "invalid", "byte-range-broken", -1, 0, 0 },
		{ "the gap begins late", SIG "/ByteRange @R /Contents @C >>", NULL, RANGE, "invalid", "byte-range-broken", 1, 0, 0 },
		{ "the gap ends late", SIG "/ByteRange @R /Contents @C >>", NULL, RANGE, "invalid", "byte-range-broken", 0, 1, 0 },
		{ "the gap ends early", SIG "/ByteRange @R /Contents @C >>", NULL, RANGE, "invalid", "byte-range-broken", 0, -1, 0 },
		{ "blanks between key and gap", SIG "/ByteRange @R /Contents    @C >>", NULL, RANGE, "valid", NULL, 0, 0, 0 },
		{ "blanks inside the gap", SIG "/ByteRange @R /Contents    @C >>", NULL, RANGE, "invalid", "byte-range-broken", -2, 0, 0 },
		{ "the end is not signed", SIG "/ByteRange @R /Contents @C >>", NULL, RANGE, "invalid", "range-ends-inside", 0, 0, -10 },
		{ "all but the last line end", SIG "/ByteRange @R /Contents @C >>", NULL, RANGE, "valid", NULL, 0, 0, -1 },
		{ "six numbers", SIG "/ByteRange @R /Contents @C >>", NULL, "[0 %llu %llu %llu 0 0]", "invalid", "byte-range-broken", 0, 0, 0 },
		{ "not from the start", SIG "/ByteRange @R /Contents @C >>", NULL, "[1 %llu %llu %llu]", "invalid", "byte-range-broken", 0, 0, 0 },
		{ "a real number", SIG "/ByteRange @R /Contents @C >>", NULL, "[0 %llu. %llu %llu]", "invalid", "byte-range-broken", 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct raw r;
		raw_build(&r, rows[i].dict, rows[i].more);
		AUTO(fd_close) int fd = raw_sign(&r, rows[i].da, rows[i].db, rows[i].dc, rows[i].format);
		want_verdict(rows[i].name, fd, rows[i].verdict, 0, rows[i].reason);
	}
}

/* Bytes put into a signed file's hole: none but hex digits belong there. */
static void hole(void **state)
{
	static const struct { const char *name, *text, *verdict, *reason; } rows[] = {
		{ "a blank", " ", "invalid", "byte-range-broken" },
		{ "a comment", "%\n", "invalid", "byte-range-broken" },
		{ "a string of its own", "><", "invalid", "byte-range-broken" },
		{ "words behind the CMS", "414243", "inconclusive", "contents-trailing" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct raw r;
		AUTO(buf_free) struct buf b = { 0 };
		struct err e = { 0 };
		raw_build(&r, SIG "/ByteRange @R /Contents @C >>", NULL);
		size_t end = r.hole_end;
		AUTO(fd_close) int fd = raw_sign(&r, 0, 0, 0, RANGE);
		AUTO(fd_close) int bad = fd_memfd("hole", &e);
		fd_read_all(fd, &b, 1 << 24, &e);
		memcpy(b.p + end - 20, rows[i].text, strlen(rows[i].text));
		fd_write_all(bad, b.p, b.n, &e);
		want_verdict(rows[i].name, bad, rows[i].verdict, 0, rows[i].reason);
	}
}

/* ---- behind the signed bytes ------------------------------------------------------------------------------------------ */
static struct buf bytes_of(int fd)
{
	struct buf b = { 0 };
	struct err e = { 0 };

	fd_read_all(fd, &b, 1 << 24, &e);
	return b;
}

static void want_bytes(const char *name, const struct buf *b, const char *verdict, const char *reason)
{
	struct err e = { 0 };
	AUTO(fd_close) int fd = fd_memfd("bytes", &e);

	fd_write_all(fd, b->p, b->n, &e);
	want_verdict(name, fd, verdict, 0, reason);
}

/* A refusal is as good as a no; a "valid" never is. */
static void never_valid(const char *name, const struct buf *b)
{
	struct err e = { 0 };
	AUTO(fd_close) int fd = fd_memfd("bytes", &e);

	fd_write_all(fd, b->p, b->n, &e);
	AUTO(json_release) json_t *r = judge(fd);
	const char *v = json_str(r, "verdict", "");
	if (strcmp(v, "invalid") && strcmp(v, "unsigned") && strcmp(v, "error"))
		fail_msg("%s: %s", name, v);
}

static void behind(void **state)
{
	static const char object[] = "11 0 obj\n<< /Length 5 >>\nstream\nEVIL \nendstream\nendobj\n";
	AUTO(fd_close) int fd = paper_signed(PAPER_PLAIN);
	AUTO(buf_free) struct buf good = bytes_of(fd);
	unsigned long long start = last_startxref(&good);
	static const struct { const char *name, *text, *verdict, *reason; } rows[] = {
		{ "blank lines", "\n\r\n  \n", "valid", NULL },
		{ "a NUL", "", "valid", NULL },
		{ "a comment", "% nothing\n", "valid", NULL },
		{ "words", "words\n", "invalid", "bytes-after-end" },
		{ "an object no table names", object, "invalid", "bytes-after-end" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf_free) struct buf b = { 0 };
		buf_add(&b, good.p, good.n);
		buf_str(&b, rows[i].text);
		if (!*rows[i].text)
			buf_add(&b, "\0\0", 2);
		want_bytes(rows[i].name, &b, rows[i].verdict, rows[i].reason);
	}
	AUTO(buf_free) struct buf isa = { 0 }, empty = { 0 }, trailer = { 0 };
	/* incremental saving without a table of its own: the old table is named again */
	buf_add(&isa, good.p, good.n);
	buf_printf(&isa, "%sstartxref\n%llu\n%%%%EOF\n", object, start);
	want_bytes("objects, and the old table", &isa, "invalid", "update-odd");
	buf_add(&trailer, good.p, good.n);
	buf_printf(&trailer, "%strailer\n<< /Size 99 /Root 1 0 R >>\nstartxref\n%llu\n%%%%EOF\n", object, start);
	want_bytes("objects and a trailer, and the old table", &trailer, "invalid", "update-odd");
	buf_add(&empty, good.p, good.n);
	buf_printf(&empty, "startxref\n%llu\n%%%%EOF\n", start);
	want_bytes("the old table named once more", &empty, "valid", NULL);
}

/* An update of the page's text in forms that readers treat differently. */
struct update { const char *name, *objects, *rows, *trailer; };

static void odd_updates(void **state)
{
	static const char evil[] = "11 0 obj\n<< /Length 5 >>\nstream\nEVIL \nendstream\nendobj\n";
	AUTO(fd_close) int fd = paper_signed(PAPER_PLAIN);
	AUTO(buf_free) struct buf good = bytes_of(fd);
	const unsigned long long start = last_startxref(&good), here = good.n;
	/* in rows %1$llu is the first new object, %2$llu an old text */
	const struct update rows[] = {
		{ "freed", "", "11 1\n0000000000 00001 f \n", "/Size 60 /Root 1 0 R" },
		{ "another generation", "11 1 obj\n<< /Length 5 >>\nstream\nEVIL \nendstream\nendobj\n", "11 1\n%010llu 00001 n \n", "/Size 60 /Root 1 0 R" },
		{ "given twice, last wrong", evil, "11 1\n%010llu 00000 n \n11 1\n0000000015 00000 n \n", "/Size 60 /Root 1 0 R" },
		{ "a place that holds another object", evil, "13 1\n%010llu 00000 n \n", "/Size 60 /Root 1 0 R" },
		{ "a new object at a place that holds none", "", "90 1\n0000000015 00000 n \n", "/Size 91 /Root 1 0 R" },
		{ "encrypted from now on", "", "0 1\n0000000000 65535 f \n", "/Size 60 /Root 1 0 R /Encrypt << /Filter /Standard /V 1 /R 2 /O (a) /U (b) /P -4 >>" },
		{ "another catalog", "70 0 obj\n<< /Type /Catalog /Pages 71 0 R >>\nendobj\n", "70 1\n%010llu 00000 n \n", "/Size 80 /Root 70 0 R" },
		{ "another catalog that acts", "70 0 obj\n<< /Type /Catalog /Pages 2 0 R /AcroForm 20 0 R /Metadata 30 0 R /OpenAction << /S /JavaScript /JS (1) >> >>\nendobj\n",
			"70 1\n%010llu 00000 n \n", "/Size 80 /Root 70 0 R" },
		{ "a stream that runs on", "11 0 obj\n<< /Length 9999 >>\nstream\nEVIL \nendstream\nendobj\n", "11 1\n%010llu 00000 n \n", "/Size 60 /Root 1 0 R" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(buf_free) struct buf b = { 0 };
		buf_add(&b, good.p, good.n);
		buf_str(&b, rows[i].objects);
		size_t xref = b.n;
		buf_str(&b, "xref\n");
		char *text = NULL;
		if (strstr(rows[i].rows, "%010llu")) {
			char tmp[256];
			const char *at = strstr(rows[i].rows, "%010llu");
			snprintf(tmp, sizeof tmp, "%.*s%010llu%s", (int)(at - rows[i].rows), rows[i].rows, here, at + 7);
			text = mem_str(tmp);
		}
		buf_str(&b, text ? text : rows[i].rows);
		free(text);
		buf_printf(&b, "trailer\n<< %s /Prev %llu >>\nstartxref\n%zu\n%%%%EOF\n", rows[i].trailer, start, xref);
		never_valid(rows[i].name, &b);
	}
	/* the old place first, the new one behind it: readers that take the last row show another page */
	AUTO(buf_free) struct buf twice = { 0 };
	struct err e = { 0 };
	struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	const unsigned long long old = pdf_entry(p, P_TEXT1)->at;
	pdf_free(p);
	buf_add(&twice, good.p, good.n);
	buf_printf(&twice, "%sxref\n11 1\n%010llu 00000 n \n11 1\n%010llu 00000 n \ntrailer\n<< /Size 60 /Root 1 0 R /Prev %llu >>\nstartxref\n%zu\n%%%%EOF\n",
	           evil, old, here, start, good.n + strlen(evil));
	want_bytes("one object in two places", &twice, "invalid", "update-odd");
	AUTO(buf_free) struct buf moved = { 0 };
	static const char catalog[] = "70 0 obj\n<< /Type /Catalog /Pages 2 0 R /AcroForm 20 0 R /Metadata 30 0 R >>\nendobj\n";
	buf_add(&moved, good.p, good.n);
	buf_printf(&moved, "%sxref\n70 1\n%010llu 00000 n \ntrailer\n<< /Size 80 /Root 70 0 R /Prev %llu /ID [<01> <02>] >>\nstartxref\n%zu\n%%%%EOF\n",
	           catalog, here, start, good.n + strlen(catalog));
	want_bytes("the same catalog under another number, another /ID", &moved, "valid", NULL);
	AUTO(buf_free) struct buf loop = { 0 }, skip = { 0 };
	buf_add(&loop, good.p, good.n);
	size_t at = loop.n;
	buf_printf(&loop, "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 60 /Root 1 0 R /Prev %zu >>\nstartxref\n%zu\n%%%%EOF\n", at, at);
	never_valid("the chain goes in a circle", &loop);
	buf_add(&skip, good.p, good.n);
	buf_printf(&skip, "%sxref\n11 1\n%010llu 00000 n \ntrailer\n<< /Size 60 /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", evil, here, good.n + strlen(evil));
	never_valid("a chain without the signed revision", &skip);
}

/* The header's line is signed like all else; a second file put before it moves every place. */
static void before(void **state)
{
	AUTO(fd_close) int fd = paper_signed(PAPER_PLAIN);
	AUTO(buf_free) struct buf b = bytes_of(fd), shifted = { 0 };

	(void)state;
	buf_str(&shifted, "%PDF-1.4\n");
	buf_add(&shifted, b.p, b.n);
	never_valid("a header before the header", &shifted);
	b.p[7] = '4';
	never_valid("another version", &b);
}

/* The fourth number of an honest file's range is cut so that the mark's revision is no longer all signed. */
static void wrapped(void **state)
{
	AUTO(fd_close) int plain = paper_with(NULL), first = sign_with(plain, &(struct sign_how){ signer_key, signer_x, 0, false, true, NULL });
	AUTO(buf_free) struct buf b = bytes_of(first);
	struct err e = { 0 };
	struct pdf_signature *list;
	size_t n;
	struct pdf *p = pdf_open(first, 0, PDF_STRICT, &e);

	(void)state;
	pdf_signatures(p, &list, &n, &e);
	/* wrapping (SWA): the signed tail is moved back, and something stands between */
	uint64_t from = list[0].byte_range[2];
	AUTO(buf_free) struct buf moved = { 0 };
	buf_add(&moved, b.p, from);
	buf_str(&moved, " /X (EVIL EVIL EVIL) ");
	buf_add(&moved, b.p + from, b.n - from);
	never_valid("something between hole and tail", &moved);
	pdf_signatures_free(list, n);
	pdf_free(p);
}

/* The signed revision knows nothing of the signature in its bytes; a later one digs it out. */
static void dug_out(void **state)
{
	struct raw r;
	raw_build(&r, SIG "/ByteRange @R /Contents @C >>", NULL);
	unsigned char *fields = memmem(r.b.p, r.b.n, "/Fields [4 0 R]", 15);

	(void)state;
	memcpy(fields, "/Fields [     ]", 15);
	AUTO(fd_close) int fd = raw_sign(&r, 0, 0, 0, RANGE);
	AUTO(fd_close) int bad = append_revision(fd, (struct patch[]){
		{ 1, "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>" }, { 0 } });
	want_verdict("before", fd, "unsigned", 0, NULL);
	want_verdict("after", bad, "invalid", 0, "signature-misplaced");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dictionaries),
		cmocka_unit_test(hole),
		cmocka_unit_test(behind),
		cmocka_unit_test(odd_updates),
		cmocka_unit_test(before),
		cmocka_unit_test(wrapped),
		cmocka_unit_test(dug_out),
	};
	return cmocka_run_group_tests(tests, signed_setup, signed_teardown);
}
