/* A paper with everything an attacker likes: pages in two levels with inherited resources, a shared picture and font, direct
 * and indirect annotation lists, a form with empty and filled fields, an empty signature field with a lock. And a small
 * writer of later revisions, which knows nothing of our own. */
#ifndef TESTS_PAPER_H
#define TESTS_PAPER_H

#include "signed.h"

enum {
	P_CATALOG = 1, P_PAGES, P_NODE, P_PAGE3, P_PAGE1, P_PAGE2, P_RESOURCES = 10, P_TEXT1, P_TEXT2, P_FONT, P_PICTURE, P_TEXT3,
	P_FORM = 20, P_EMPTY, P_FILLED, P_BOX, P_SIGN, P_NOTE, P_ANNOTS2, P_LOOK_EMPTY, P_LOOK_FILLED, P_METADATA = 30, P_INFO,
	P_UNSEEN, P_FREE, P_TOP
};

/* @N: the length, counted when it is written; @R, @C: room for /ByteRange and /Contents */
#define P_STREAM(dict, data) "<< " dict " /Length @N >>\nstream\n" data "\nendstream"
#define P_TEXT "BT /F1 12 Tf 72 700 Td (So tien: 2 000 000 dong) Tj ET    "
#define P_EVIL "BT /F1 12 Tf 72 700 Td (So tien: 200 000 000 dong) Tj ET  "

static const struct patch paper_objects[] = {
	{ P_CATALOG, "<< /Type /Catalog /Pages 2 0 R /AcroForm 20 0 R /Metadata 30 0 R >>" },
	{ P_PAGES, "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 3 /Resources 10 0 R /MediaBox [0 0 595 842] >>" },
	{ P_NODE, "<< /Type /Pages /Parent 2 0 R /Kids [5 0 R 6 0 R] /Count 2 >>" },
	{ P_PAGE3, "<< /Type /Page /Parent 2 0 R /Contents 15 0 R >>" },
	{ P_PAGE1, "<< /Type /Page /Parent 3 0 R /Contents 11 0 R /Annots [21 0 R 22 0 R 25 0 R] >>" },
	{ P_PAGE2, "<< /Type /Page /Parent 3 0 R /Contents 12 0 R /Annots 26 0 R >>" },
	{ P_RESOURCES, "<< /Font << /F1 13 0 R >> /XObject << /X1 14 0 R >> >>" },
	{ P_TEXT1, P_STREAM("", P_TEXT) },
	{ P_TEXT2, P_STREAM("", P_TEXT) },
	{ P_FONT, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>" },
	{ P_PICTURE, P_STREAM("/Type /XObject /Subtype /Form /BBox [0 0 99 99]", "0 0 9 9 re f        ") },
	{ P_TEXT3, P_STREAM("", P_TEXT) },
	{ P_FORM, "<< /Fields [21 0 R 22 0 R 23 0 R 24 0 R] /DR << /Font << /Helv 13 0 R >> >> /DA (/Helv 0 Tf 0 g) >>" },
	{ P_EMPTY, "<< /FT /Tx /T (So tien) /Type /Annot /Subtype /Widget /Rect [72 600 300 620] /F 4 /P 5 0 R /AP << /N 27 0 R >> >>" },
	{ P_FILLED, "<< /FT /Tx /T (Ho ten) /V (Nguyen Thu Nghiem) /Type /Annot /Subtype /Widget /Rect [72 560 300 580] /F 4 /P 5 0 R "
	            "/AP << /N 28 0 R >> >>" },
	{ P_BOX, "<< /FT /Btn /T (Dong y) /V /Off /AS /Off /Type /Annot /Subtype /Widget /Rect [72 500 90 518] /F 4 /P 6 0 R >>" },
	{ P_SIGN, "<< /FT /Sig /T (Nguoi ky) /Type /Annot /Subtype /Widget /Rect [300 100 500 160] /F 4 /P 6 0 R "
	          "/Lock << /Type /SigFieldLock /Action /Include /Fields [(So tien) (Ho ten)] >> >>" },
	{ P_NOTE, "<< /Type /Annot /Subtype /Text /Rect [10 10 30 30] /Contents (Ghi chu) /F 4 >>" },
	{ P_ANNOTS2, "[23 0 R 24 0 R]" },
	{ P_LOOK_EMPTY, P_STREAM("/Type /XObject /Subtype /Form /BBox [0 0 228 20]", "/Tx BMC EMC         ") },
	{ P_LOOK_FILLED, P_STREAM("/Type /XObject /Subtype /Form /BBox [0 0 228 20]", "/Tx BMC EMC         ") },
	{ P_METADATA, P_STREAM("/Type /Metadata /Subtype /XML", "<x:xmpmeta/>        ") },
	{ P_INFO, "<< /Producer (THU NGHIEM) >>" },
	{ P_UNSEEN, "<< /Type /Annot /Subtype /FreeText /Rect [0 0 595 842] /Contents (khong ai thay) >>" },
	{ 0 },
};

/* Numbers that our writer chose: @W the mark's widget, @V the signature dictionary, @L its look. */
struct paper_ids { int widget, value, look; };

enum { PAPER_HOLE = 12000 };

static char *paper_text(const char *text, const struct paper_ids *k)
{
	const char *data = strstr(text, "stream\n");
	size_t length = data ? strlen(data + 7) - strlen("\nendstream") : 0;
	struct buf b = { 0 };

	for (; *text; text++) {
		int num = *text != '@' || !k ? 0 : text[1] == 'W' ? k->widget : text[1] == 'V' ? k->value : text[1] == 'L' ? k->look : 0;
		if (num)
			buf_printf(&b, "%d 0 R", num), text++;
		else if (text[0] == '@' && text[1] == 'R')
			buf_printf(&b, "%40s", ""), text++;
		else if (text[0] == '@' && text[1] == 'C')
			buf_printf(&b, "<%0*d>", PAPER_HOLE, 0), text++;
		else if (text[0] == '@' && text[1] == 'N')
			buf_printf(&b, "%zu", length), text++;
		else
			buf_add(&b, text, 1);
	}
	return buf_steal(&b);
}

/* A plain file of these objects; `swap` (may be NULL) replaces some of them. P_FREE stays a free number. */
PKI_UNUSED static int paper_with(const struct patch *swap)
{
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };
	size_t at[P_TOP] = { 0 };
	int fd = fd_memfd("paper", &e);

	buf_str(&b, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
	for (const struct patch *o = paper_objects; o->body; o++) {
		const char *body = o->body;
		for (const struct patch *s = swap; s && s->body; s++)
			body = s->num == o->num ? s->body : body;
		AUTO(mem_free) char *text = paper_text(body, NULL);
		at[o->num] = b.n;
		buf_printf(&b, "%d 0 obj\n%s\nendobj\n", o->num, text);
	}
	size_t xref = b.n;
	buf_printf(&b, "xref\n0 %d\n", P_TOP);
	for (int i = 0; i < P_TOP; i++)
		buf_printf(&b, at[i] ? "%010zu 00000 n \n" : "%010zu 65535 f \n", at[i]);
	buf_printf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info 31 0 R /ID [<00> <00>] >>\nstartxref\n%zu\n%%%%EOF\n", P_TOP, xref);
	fd_write_all(fd, b.p, b.n, &e);
	return fd;
}

enum paper_kind { PAPER_PLAIN, PAPER_P1, PAPER_P2, PAPER_P3, PAPER_LOCKED, PAPER_KINDS };

PKI_UNUSED static int paper_signed(enum paper_kind kind)
{
	AUTO(fd_close) int plain = paper_with(NULL);
	struct sign_how how = { signer_key, signer_x, 0, false, true, NULL };

	if (kind == PAPER_LOCKED)
		how.field = "Nguoi ky";
	else
		how.certify = (int)kind;
	return sign_with(plain, &how);
}

PKI_UNUSED static struct paper_ids paper_ids(int fd)
{
	struct err e = { 0 };
	struct pdf_signature *list;
	struct paper_ids k;
	struct pdf_id look = { 0 };
	size_t n;
	struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);

	if (!p || pdf_signatures(p, &list, &n, &e) || !n)
		abort();
	k = (struct paper_ids){ list[0].field_id.num, list[0].value_id.num, 0 };
	pdf_ref(p, pdf_get(p, pdf_get(p, pdf_value(p, list[0].field_id), "/AP"), "/N"), &look);
	k.look = look.num;
	pdf_signatures_free(list, n);
	pdf_free(p);
	return k;
}

/* One object of a later revision: number (-1 widget, -2 signature dictionary, -3 look); key NULL: `value` is all of it, else
 * the object as it was with this key set (value NULL: taken out). */
struct step { int num; const char *key, *value; };
enum { STEPS_MAX = 6, WIDGET = -1, VALUE = -2, LOOK = -3 };

PKI_UNUSED static int paper_later(int fd, const struct step *steps)
{
	struct paper_ids k = paper_ids(fd);
	struct patch patches[STEPS_MAX + 1] = { { 0 } };
	size_t n = 0;
	int out;

	for (; n < STEPS_MAX && steps[n].num; n++) {
		int num = steps[n].num == WIDGET ? k.widget : steps[n].num == VALUE ? k.value : steps[n].num == LOOK ? k.look : steps[n].num;
		char *value = steps[n].value ? paper_text(steps[n].value, &k) : NULL;
		patches[n] = (struct patch){ num, steps[n].key ? dict_with(fd, (struct pdf_id){ num, 0 }, steps[n].key, value) : value };
		if (steps[n].key)
			free(value);
	}
	out = append_revision(fd, patches);
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)patches[i].body);
	return out;
}

/* Fills range and hole of the last signature dictionary, as a signer would that asks nobody whether he may. */
PKI_UNUSED static int paper_fill(int fd)
{
	AUTO(buf_free) struct buf b = { 0 }, leaf = { 0 }, ca = { 0 }, half = { 0 }, sig = { 0 }, cms = { 0 };
	unsigned char *hole = NULL, *range = NULL;
	struct err e = { 0 };
	int out = fd_memfd("filled", &e);

	fd_read_all(fd, &b, 1 << 26, &e);
	for (unsigned char *s = b.p; (s = memmem(s, b.n - (size_t)(s - b.p), "<00000000000000000000", 21)); s++)
		hole = s;
	for (unsigned char *s = b.p; (s = memmem(s, b.n - (size_t)(s - b.p), "/ByteRange          ", 20)); s++)
		range = s + 11;
	if (!hole || !range)
		abort();
	unsigned long long r[3] = { (unsigned long long)(hole - b.p), (unsigned long long)(hole - b.p) + PAPER_HOLE + 2, 0 };
	r[2] = b.n - r[1];
	char text[64];
	memcpy(range, text, (size_t)snprintf(text, sizeof text, "[0 %llu %llu %llu]", r[0], r[1], r[2]));
	unsigned char digest[32], hash[32];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	EVP_DigestUpdate(md, b.p, r[0]);
	EVP_DigestUpdate(md, b.p + r[1], r[2]);
	EVP_DigestFinal_ex(md, digest, NULL);
	EVP_MD_CTX_free(md);
	pki_der(signer_x, &leaf);
	pki_der(pki.ca, &ca);
	struct cert *c = cert_parse(leaf.p, leaf.n, &e);
	struct der chain = { ca.p, ca.n };
	enum sig_algo used;
	if (cms_begin(c, &chain, 1, digest, &half, hash, &e))
		abort();
	pki_raw(signer_key, RSA_PKCS1_PADDING, 0, hash, &sig);
	if (cms_finish((struct der){ half.p, half.n }, (struct der){ sig.p, sig.n }, &cms, &used, &e))
		abort();
	for (size_t i = 0; i < cms.n; i++) {
		snprintf(text, sizeof text, "%02x", cms.p[i]);
		memcpy(hole + 1 + 2 * i, text, 2);
	}
	fd_write_all(out, b.p, b.n, &e);
	cert_free(c);
	return out;
}

#endif
