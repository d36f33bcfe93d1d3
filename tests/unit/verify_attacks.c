/* Our own attackers: every one starts from a file that is "valid", and none may stay so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "signed.h"

struct ids { struct pdf_id root, pages, page, content, font, form, field, value; int size; };

static struct ids ids_of(int fd)
{
	struct err e = { 0 };
	struct ids k = { 0 };
	struct pdf *p = pdf_open(fd, 0, PDF_STRICT, &e);
	struct pdf_val root = pdf_root(p), page = pdf_page_val(p, 1), form = pdf_acroform(p);

	pdf_ref(p, pdf_get(p, pdf_trailer(p), "/Root"), &k.root);
	pdf_ref(p, pdf_get(p, root, "/Pages"), &k.pages);
	pdf_ref(p, page, &k.page);
	pdf_ref(p, pdf_get(p, page, "/Contents"), &k.content);
	pdf_ref(p, form, &k.form);
	pdf_ref(p, pdf_item(p, pdf_get(p, form, "/Fields"), 0), &k.field);
	pdf_ref(p, pdf_get(p, pdf_item(p, pdf_get(p, form, "/Fields"), 0), "/V"), &k.value);
	k.size = (int)pdf_int(p, pdf_get(p, pdf_trailer(p), "/Size"), 0);
	pdf_free(p);
	return k;
}

static const char stream[] = "<< /Length 26 >>\nstream\nBT (HAI MUOI TRIEU DONG) ET\nendstream";

static void attack(const char *name, int fd, const struct patch *patches, const char *reason)
{
	AUTO(fd_close) int bad = append_revision(fd, patches);

	want_verdict(name, bad, "invalid", 0, reason);
}

static void contents_replaced(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), fd = sign_plain(plain);
	struct ids k = ids_of(fd);

	(void)state;
	attack("the page's content is another", fd, (struct patch[]){ { k.content.num, stream }, { 0 } }, "changed-after-signing");
	AUTO(mem_free) char *page = dict_with(fd, k.page, "/Contents", "900 0 R");
	attack("the page points to other content", fd, (struct patch[]){ { k.page.num, page }, { 900, stream }, { 0 } },
	       "changed-after-signing");
	AUTO(mem_free) char *rotated = dict_with(fd, k.page, "/Rotate", "180");
	attack("the page is turned", fd, (struct patch[]){ { k.page.num, rotated }, { 0 } }, "changed-after-signing");
}

static void catalog_changed(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), fd = sign_plain(plain);
	struct ids k = ids_of(fd);

	(void)state;
	AUTO(mem_free) char *open = dict_with(fd, k.root, "/OpenAction", "<< /S /JavaScript /JS (app.alert(1)) >>");
	attack("a script runs on opening", fd, (struct patch[]){ { k.root.num, open }, { 0 } }, "changed-after-signing");
	AUTO(mem_free) char *layers = dict_with(fd, k.root, "/OCProperties", "<< /OCGs [] /D << >> >>");
	attack("layers are added", fd, (struct patch[]){ { k.root.num, layers }, { 0 } }, "changed-after-signing");
	AUTO(mem_free) char *pages = dict_with(fd, k.root, "/Pages", "901 0 R");
	AUTO(mem_free) char *tree = mem_printf("<< /Type /Pages /Kids [%d 0 R] /Count 1 >>", k.page.num);
	attack("another page tree", fd, (struct patch[]){ { k.root.num, pages }, { 901, tree }, { 0 } }, "changed-after-signing");
	AUTO(mem_free) char *no_form = dict_with(fd, k.root, "/AcroForm", NULL);
	AUTO(fd_close) int gone = append_revision(fd, (struct patch[]){ { k.root.num, no_form }, { 0 } });
	want_verdict("the form is taken away", gone, "unsigned", 0, NULL);
}

static void annotations(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), fd = sign_plain(plain);
	AUTO(fd_close) int p3 = sign_with(plain, &(struct sign_how){ signer_key, signer_x, 3, false, true, NULL });
	struct ids k = ids_of(fd);
	AUTO(mem_free) char *list = mem_printf("[%d 0 R 902 0 R]", k.field.num);
	AUTO(mem_free) char *page = dict_with(fd, k.page, "/Annots", list);
	static const char note[] = "<< /Type /Annot /Subtype /FreeText /Rect [0 0 600 800] /Contents (HAI MUOI TRIEU) >>";

	(void)state;
	attack("an annotation covers the page", fd, (struct patch[]){ { k.page.num, page }, { 902, note }, { 0 } },
	       "changed-after-signing");
	/* allowed by the certifier, and still never silent */
	AUTO(mem_free) char *page3 = dict_with(p3, k.page, "/Annots", list);
	AUTO(fd_close) int noted = append_revision(p3, (struct patch[]){ { k.page.num, page3 }, { 902, note }, { 0 } });
	want_verdict("an annotation under P=3", noted, "inconclusive", 0, "annotation-added");
	AUTO(mem_free) char *none = dict_with(fd, k.page, "/Annots", "[]");
	attack("the mark is taken off the page", fd, (struct patch[]){ { k.page.num, none }, { 0 } }, "changed-after-signing");
}

static void signature_itself(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), fd = sign_plain(plain);
	struct ids k = ids_of(fd);

	(void)state;
	AUTO(mem_free) char *reason = dict_with(fd, k.value, "/Reason", "(Dong y vay 20 trieu)");
	AUTO(fd_close) int changed = append_revision(fd, (struct patch[]){ { k.value.num, reason }, { 0 } });
	want_verdict("another /Reason", changed, "invalid", 0, NULL);
	AUTO(mem_free) char *moved = dict_with(fd, k.field, "/Rect", "[0 0 600 800]");
	attack("the mark is moved", fd, (struct patch[]){ { k.field.num, moved }, { 0 } }, "signature-changed");
	AUTO(mem_free) char *form = dict_with(fd, k.form, "/NeedAppearances", "true");
	if (k.form.num)
		attack("fields are drawn anew", fd, (struct patch[]){ { k.form.num, form }, { 0 } }, "changed-after-signing");
}

/* The hidden object is pointed to when the file is signed, and defined afterwards. */
static void hide_and_replace(void **state)
{
	AUTO(fd_close) int plain = plain_pdf();
	struct err e = { 0 };
	struct pdf *p = pdf_open(plain, 0, PDF_STRICT, &e);
	struct pdf_id pages;

	(void)state;
	pdf_ref(p, pdf_get(p, pdf_root(p), "/Pages"), &pages);
	pdf_free(p);
	AUTO(mem_free) char *body = dict_with(plain, pages, "/Tramky", "<< /Later 950 0 R >>");
	AUTO(fd_close) int prepared = append_revision(plain, (struct patch[]){ { pages.num, body }, { 960, "null" }, { 0 } });
	AUTO(fd_close) int fd = sign_plain(prepared);
	want_verdict("before", fd, "valid", 0, NULL);
	attack("what was undefined is defined", fd, (struct patch[]){ { 950, stream }, { 0 } }, "hidden-content");
}

static void bytes(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), fd = sign_plain(plain);
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	fd_read_all(fd, &b, 64 << 20, &e);
	AUTO(fd_close) int flip = fd_memfd("flip", &e), tail = fd_memfd("tail", &e), blank = fd_memfd("blank", &e);
	b.p[20] ^= 1;
	fd_write_all(flip, b.p, b.n, &e);
	b.p[20] ^= 1;
	want_verdict("one bit of a comment or header", flip, "invalid", 0, "digest-mismatch");
	buf_str(&b, "\n");
	fd_write_all(blank, b.p, b.n, &e);
	want_verdict("a line end more is nobody's harm", blank, "valid", 0, NULL);
	buf_str(&b, "% not signed\n<< /Type /Catalog >>\n");
	fd_write_all(tail, b.p, b.n, &e);
	want_verdict("bytes behind the end", tail, "invalid", 0, "bytes-after-end");
}

/* The gap of the byte range is widened or moved over signed words. */
static void byte_range(void **state)
{
	static const char *const ranges[] = { "0 %llu %llu %llu", "1 %llu %llu %llu" };
	AUTO(fd_close) int plain = plain_pdf(), fd = sign_plain(plain);
	AUTO(buf_free) struct buf b = { 0 };
	struct err e = { 0 };
	unsigned long long r[4];

	(void)state;
	fd_read_all(fd, &b, 64 << 20, &e);
	char *at = memmem(b.p, b.n, "/ByteRange", 10);
	char *open = strchr(at, '['), *close = strchr(at, ']');
	assert_int_equal(sscanf(open, "[%llu %llu %llu %llu", &r[0], &r[1], &r[2], &r[3]), 4);
	for (size_t i = 0; i < 3; i++) {
		AUTO(fd_close) int bad = fd_memfd("range", &e);
		AUTO(buf_free) struct buf c = { 0 };
		buf_add(&c, b.p, b.n);
		char *to = (char *)c.p + (open - (char *)b.p) + 1;
		memset(to, ' ', (size_t)(close - open) - 1);
		char text[128];
		int n = snprintf(text, sizeof text, ranges[i == 2], r[1] - (i == 0), r[2] + (i == 1), r[3] - (i == 1));
		memcpy(to, text, (size_t)n);
		fd_write_all(bad, c.p, c.n, &e);
		want_verdict("a wider gap", bad, "invalid", 0, "byte-range-broken");
	}
}

/* A second field points to the first one's signature; a certified file is signed although it says no more. */
static void shared_and_forbidden(void **state)
{
	AUTO(fd_close) int plain = plain_pdf(), fd = sign_plain(plain);
	AUTO(fd_close) int p1 = sign_with(plain, &(struct sign_how){ signer_key, signer_x, 1, false, true, NULL });
	struct ids k = ids_of(fd), c = ids_of(p1);
	AUTO(mem_free) char *field = mem_printf("<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /V %d 0 R >>",
	                                        k.value.num);
	AUTO(mem_free) char *fields = mem_printf("[%d 0 R 903 0 R]", k.field.num);
	AUTO(mem_free) char *form = dict_with(fd, k.form, "/Fields", fields);

	(void)state;
	assert_true(k.form.num);
	attack("one signature, two fields", fd, (struct patch[]){ { k.form.num, form }, { 903, field }, { 0 } }, "signature-shared");
	AUTO(mem_free) char *text = mem_printf("[%d 0 R 904 0 R]", c.field.num);
	AUTO(mem_free) char *more = dict_with(p1, c.form, "/Fields", text);
	attack("a text field is added under P=1", p1,
	       (struct patch[]){ { c.form.num, more }, { 904, "<< /FT /Tx /T (So tien) /V (20 trieu) >>" }, { 0 } },
	       "changed-after-signing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_replaced),
		cmocka_unit_test(catalog_changed),
		cmocka_unit_test(annotations),
		cmocka_unit_test(signature_itself),
		cmocka_unit_test(hide_and_replace),
		cmocka_unit_test(bytes),
		cmocka_unit_test(byte_range),
		cmocka_unit_test(shared_and_forbidden),
	};
	return cmocka_run_group_tests(tests, signed_setup, signed_teardown);
}
