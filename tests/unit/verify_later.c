/* One later revision at a time over a signed paper: what must not pass, what a person must look at, what is honest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "paper.h"

static int papers[PAPER_KINDS];

struct row { const char *name; enum paper_kind kind; const char *verdict, *reason; struct step steps[STEPS_MAX + 1]; };

static void run(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO(fd_close) int fd = paper_later(papers[rows[i].kind], rows[i].steps);
		want_verdict(rows[i].name, fd, rows[i].verdict, 0, rows[i].reason);
	}
}

#define NO "invalid"
#define LOOK_AT "inconclusive"
#define YES "valid"
#define CHANGED "changed-after-signing"

static void untouched(void **state)
{
	(void)state;
	for (int k = 0; k < PAPER_KINDS; k++)
		want_verdict("before", papers[k], YES, 0, "time-claimed");
}

static void contents(void **state)
{
	static const struct row rows[] = {
		{ "another text", PAPER_PLAIN, NO, CHANGED, { { P_TEXT1, NULL, P_STREAM("", P_EVIL) } } },
		{ "a text on a page without the mark", PAPER_PLAIN, NO, CHANGED, { { P_TEXT3, NULL, P_STREAM("", P_EVIL) } } },
		{ "the certifier forbids nothing, this is no form", PAPER_P3, NO, CHANGED, { { P_TEXT1, NULL, P_STREAM("", P_EVIL) } } },
		{ "another picture", PAPER_PLAIN, NO, CHANGED, { { P_PICTURE, NULL, P_STREAM("/Type /XObject /Subtype /Form /BBox [0 0 1 1]", " ") } } },
		{ "another font", PAPER_PLAIN, NO, CHANGED, { { P_FONT, "/BaseFont", "/ZapfDingbats" } } },
		{ "inherited resources", PAPER_PLAIN, NO, CHANGED, { { P_RESOURCES, "/Font", "<< /F1 900 0 R >>" }, { 900, NULL, "<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>" } } },
		{ "own resources", PAPER_PLAIN, NO, CHANGED, { { P_PAGE1, "/Resources", "<< >>" } } },
		{ "more text", PAPER_PLAIN, NO, CHANGED, { { P_PAGE1, "/Contents", "[11 0 R 900 0 R]" }, { 900, NULL, P_STREAM("", P_EVIL) } } },
		{ "turned", PAPER_PLAIN, NO, CHANGED, { { P_PAGE1, "/Rotate", "180" } } },
		{ "cropped", PAPER_PLAIN, NO, CHANGED, { { P_PAGE1, "/CropBox", "[0 0 100 100]" } } },
		{ "another unit", PAPER_PLAIN, NO, CHANGED, { { P_PAGE2, "/UserUnit", "4" } } },
		{ "a page acts", PAPER_PLAIN, NO, CHANGED, { { P_PAGE2, "/AA", "<< /O << /S /JavaScript /JS (app.alert(1)) >> >>" } } },
		{ "a page's inherited box", PAPER_PLAIN, NO, CHANGED, { { P_PAGES, "/MediaBox", "[0 700 595 842]" } } },
		{ "a node turns its pages", PAPER_PLAIN, NO, CHANGED, { { P_NODE, "/Rotate", "90" } } },
		{ "pages in another order", PAPER_PLAIN, NO, CHANGED, { { P_NODE, "/Kids", "[6 0 R 5 0 R]" } } },
		{ "one page twice", PAPER_PLAIN, NO, NULL, { { P_NODE, "/Kids", "[5 0 R 5 0 R]" } } },
		{ "a key twice, the true one last", PAPER_PLAIN, NO, "update-odd", { { P_PAGE1, NULL, "<< /Type /Page /Parent 3 0 R /Contents 15 0 R /Contents 11 0 R "
			"/Annots [21 0 R 22 0 R 25 0 R @W] >>" } } },
		{ "spelled otherwise", PAPER_PLAIN, NO, "update-odd", { { P_PAGE1, NULL, "<< /Type /Page /Parent 3 0 R /C#6fntents 15 0 R /Contents 11 0 R "
			"/Annots [21 0 R 22 0 R 25 0 R @W] >>" } } },
		{ "a page less", PAPER_PLAIN, NO, CHANGED, { { P_PAGES, "/Kids", "[3 0 R]" }, { P_PAGES, "/Count", "2" } } },
		{ "a page more", PAPER_PLAIN, NO, CHANGED, { { P_NODE, NULL, "<< /Type /Pages /Parent 2 0 R /Kids [5 0 R 6 0 R 901 0 R] /Count 3 >>" },
			{ P_PAGES, "/Count", "4" }, { 901, NULL, "<< /Type /Page /Parent 3 0 R /Contents 15 0 R >>" } } },
		{ "the note says more", PAPER_PLAIN, NO, CHANGED, { { P_NOTE, "/Contents", "(Da tra du)" } } },
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void frame(void **state)
{
	static const struct row rows[] = {
		{ "OpenAction", PAPER_PLAIN, NO, CHANGED, { { P_CATALOG, "/OpenAction", "<< /S /JavaScript /JS (1) >>" } } },
		{ "AA", PAPER_P3, NO, CHANGED, { { P_CATALOG, "/AA", "<< /WC << /S /JavaScript /JS (1) >> >>" } } },
		{ "Names", PAPER_PLAIN, NO, CHANGED, { { P_CATALOG, "/Names", "<< /JavaScript << /Names [(a) << /S /JavaScript /JS (1) >>] >> >>" } } },
		{ "OCProperties", PAPER_PLAIN, NO, CHANGED, { { P_CATALOG, "/OCProperties", "<< /OCGs [] /D << >> >>" } } },
		{ "Outlines", PAPER_PLAIN, NO, CHANGED, { { P_CATALOG, "/Outlines", "<< /Type /Outlines >>" } } },
		{ "PageLabels", PAPER_PLAIN, NO, CHANGED, { { P_CATALOG, "/PageLabels", "<< /Nums [0 << /S /r >>] >>" } } },
		{ "Perms", PAPER_PLAIN, NO, CHANGED, { { P_CATALOG, "/Perms", "<< /DocMDP @V >>" } } },
		{ "Collection", PAPER_PLAIN, NO, CHANGED, { { P_CATALOG, "/Collection", "<< >>" } } },
		{ "another page tree", PAPER_PLAIN, NO, CHANGED, { { P_CATALOG, "/Pages", "902 0 R" }, { 902, NULL, "<< /Type /Pages /Kids [4 0 R 5 0 R 6 0 R] /Count 3 >>" } } },
		{ "no form, no signature", PAPER_PLAIN, "unsigned", NULL, { { P_CATALOG, "/AcroForm", NULL } } },
		{ "Version is honest", PAPER_PLAIN, YES, NULL, { { P_CATALOG, "/Version", "/2.0" } } },
		{ "Extensions are honest", PAPER_PLAIN, YES, NULL, { { P_CATALOG, "/Extensions", "<< /ESIC << /BaseVersion /1.7 /ExtensionLevel 2 >> >>" } } },
		{ "Extensions under P=1", PAPER_P1, YES, NULL, { { P_CATALOG, "/Extensions", "903 0 R" }, { 903, NULL, "<< /ADBE << /BaseVersion /1.7 /ExtensionLevel 8 >> >>" } } },
		{ "metadata are honest", PAPER_PLAIN, YES, NULL, { { P_METADATA, NULL, P_STREAM("/Type /Metadata /Subtype /XML", "x") } } },
		{ "new metadata are honest", PAPER_P1, YES, NULL, { { P_CATALOG, "/Metadata", "904 0 R" }, { 904, NULL, P_STREAM("/Type /Metadata /Subtype /XML", "x") } } },
		{ "Info is honest", PAPER_PLAIN, YES, NULL, { { P_INFO, "/ModDate", "(D:20261120)" } } },
		{ "validation data are honest", PAPER_P1, YES, NULL, { { P_CATALOG, "/DSS", "905 0 R" }, { 905, NULL, "<< /Type /DSS /Certs [] >>" } } },
		{ "an object nobody saw", PAPER_PLAIN, YES, NULL, { { P_UNSEEN, "/Contents", "(van khong ai thay)" } } },
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void form(void **state)
{
	static const struct row rows[] = {
		{ "an empty field is filled in", PAPER_PLAIN, LOOK_AT, "form-filled", { { P_EMPTY, "/V", "(2 000 000)" } } },
		{ "under P=1", PAPER_P1, NO, "certification-forbids", { { P_EMPTY, "/V", "(2 000 000)" } } },
		{ "under P=2", PAPER_P2, LOOK_AT, "form-filled", { { P_EMPTY, "/V", "(2 000 000)" } } },
		{ "a locked field", PAPER_LOCKED, NO, "field-locked", { { P_EMPTY, "/V", "(2 000 000)" } } },
		{ "a field beside the lock", PAPER_LOCKED, LOOK_AT, "form-filled", { { P_BOX, "/V", "/Yes" } } },
		{ "another value", PAPER_PLAIN, NO, CHANGED, { { P_FILLED, "/V", "(Tran Thu Nghiem)" } } },
		{ "another value under P=2", PAPER_P2, LOOK_AT, "form-filled", { { P_FILLED, "/V", "(Tran Thu Nghiem)" } } },
		{ "another picture of the value", PAPER_PLAIN, NO, CHANGED, { { P_LOOK_FILLED, NULL, P_STREAM("/Type /XObject /Subtype /Form /BBox [0 0 228 20]", "f") } } },
		{ "another picture of nothing", PAPER_PLAIN, NO, CHANGED, { { P_LOOK_EMPTY, NULL, P_STREAM("/Type /XObject /Subtype /Form /BBox [0 0 228 20]", "f") } } },
		{ "a picture from elsewhere, changed there", PAPER_P2, NO, CHANGED, { { P_EMPTY, "/AP", "<< /N 14 0 R >>" },
			{ P_PICTURE, NULL, P_STREAM("/Type /XObject /Subtype /Form /BBox [0 0 1 1]", "f") } } },
		{ "moved", PAPER_P2, NO, CHANGED, { { P_FILLED, "/Rect", "[0 0 595 842]" } } },
		{ "hidden", PAPER_P2, NO, CHANGED, { { P_FILLED, "/F", "2" } } },
		{ "read only no more", PAPER_P2, NO, CHANGED, { { P_FILLED, "/Ff", "4096" } } },
		{ "another default look", PAPER_P2, NO, CHANGED, { { P_FILLED, "/DA", "(/Helv 0 Tf 1 g)" } } },
		{ "a field calculates", PAPER_P2, NO, CHANGED, { { P_FILLED, "/AA", "<< /C << /S /JavaScript /JS (1) >> >>" } } },
		{ "a locked signature field is signed or prepared", PAPER_PLAIN, NO, "covered-by-later-mark", { { P_SIGN, "/AP", "<< /N 14 0 R >>" } } },
		{ "XFA", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/XFA", "(<xdp/>)" } } },
		{ "NeedAppearances", PAPER_P2, NO, CHANGED, { { P_FORM, "/NeedAppearances", "true" } } },
		{ "SigFlags", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/SigFlags", "0" } } },
		{ "no SigFlags", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/SigFlags", NULL } } },
		{ "DA of the form", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/DA", "(/Helv 0 Tf 1 g)" } } },
		{ "fonts of the form", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/DR", "<< /Font << /Helv 906 0 R >> >>" }, { 906, NULL, "<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>" } } },
		{ "order of calculation", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/CO", "[21 0 R]" } } },
		{ "a font more is honest", PAPER_PLAIN, YES, NULL, { { P_FORM, "/DR", "<< /Font << /Helv 13 0 R /ZaDb 906 0 R >> >>" }, { 906, NULL, "<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>" } } },
		{ "a text field more", PAPER_P2, NO, CHANGED, { { P_FORM, "/Fields", "[21 0 R 22 0 R 23 0 R 24 0 R @W 907 0 R]" }, { 907, NULL, "<< /FT /Tx /T (Moi) /V (20 trieu) >>" } } },
		{ "a field less", PAPER_P2, NO, CHANGED, { { P_FORM, "/Fields", "[21 0 R 23 0 R 24 0 R @W]" } } },
		{ "an empty signature field less", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/Fields", "[21 0 R 22 0 R 23 0 R @W]" } } },
		{ "fields in another order", PAPER_P2, NO, CHANGED, { { P_FORM, "/Fields", "[22 0 R 21 0 R 23 0 R 24 0 R @W]" } } },
	};

	(void)state;
	run(rows, COUNT(rows));
}

#define FIELDS "[21 0 R 22 0 R 23 0 R 24 0 R @W 910 0 R]"
#define ANNOTS1 "[21 0 R 22 0 R 25 0 R @W 910 0 R]"
#define OPAQUE P_STREAM("/Type /XObject /Subtype /Form /BBox [0 0 595 842]", "1 g 0 0 595 842 re f        ")

static void marks(void **state)
{
	static const struct row rows[] = {
		{ "an empty signature field is honest", PAPER_PLAIN, YES, NULL, { { P_FORM, "/Fields", FIELDS },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 5 0 R >>" } } },
		{ "not under P=1", PAPER_P1, NO, "certification-forbids", { { P_FORM, "/Fields", FIELDS },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 5 0 R >>" } } },
		{ "on the page, drawing nothing", PAPER_PLAIN, YES, NULL, { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Widget /Rect [100 100 200 150] /P 5 0 R >>" } } },
		{ "a sheet over the page", PAPER_PLAIN, NO, "covered-by-later-mark", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Widget /Rect [0 0 595 842] /P 5 0 R /AP << /N 911 0 R >> >>" },
			{ 911, NULL, OPAQUE } } },
		{ "under P=2", PAPER_P2, NO, "covered-by-later-mark", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Widget /Rect [0 690 300 720] /P 5 0 R /AP << /N 911 0 R >> >>" },
			{ 911, NULL, OPAQUE } } },
		{ "through a widget below the field", PAPER_PLAIN, NO, "covered-by-later-mark", { { P_FORM, "/Fields", FIELDS },
			{ P_PAGE1, "/Annots", "[21 0 R 22 0 R 25 0 R @W 912 0 R]" }, { 910, NULL, "<< /FT /Sig /T (Giam doc) /Kids [912 0 R] >>" },
			{ 912, NULL, "<< /Type /Annot /Subtype /Widget /Parent 910 0 R /Rect [0 0 595 842] /AP << /N 911 0 R >> >>" }, { 911, NULL, OPAQUE } } },
		{ "through the indirect list", PAPER_PLAIN, NO, "covered-by-later-mark", { { P_FORM, "/Fields", FIELDS }, { P_ANNOTS2, NULL, "[23 0 R 24 0 R 910 0 R]" },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Widget /Rect [0 0 595 842] /P 6 0 R /AP << /N 911 0 R >> >>" },
			{ 911, NULL, OPAQUE } } },
		{ "a text that calls itself a signature", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /FreeText /Rect [0 0 595 842] /Contents (20 trieu) >>" } } },
		{ "a widget of another kind below a signature field", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/Fields", FIELDS },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /Kids [912 0 R] >>" }, { 912, NULL, "<< /FT /Tx /T (a) /V (20 trieu) /Parent 910 0 R >>" } } },
		{ "a signature field acts", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/Fields", FIELDS },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /AA << /U << /S /JavaScript /JS (1) >> >> >>" } } },
		{ "a new field with a key twice", PAPER_PLAIN, NO, "update-odd", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, "<< /FT /Tx /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Stamp /Subtype /Widget /Rect [0 0 0 0] >>" } } },
		{ "a direct annotation", PAPER_PLAIN, NO, CHANGED, { { P_PAGE1, "/Annots", "[21 0 R 22 0 R 25 0 R @W << /Type /Annot /Subtype /Stamp /Rect [0 0 9 9] >>]" } } },
		{ "an old annotation nobody saw", PAPER_PLAIN, NO, CHANGED, { { P_PAGE1, "/Annots", "[21 0 R 22 0 R 25 0 R @W 32 0 R]" } } },
		{ "an annotation less", PAPER_P3, NO, CHANGED, { { P_PAGE1, "/Annots", "[21 0 R 22 0 R @W]" } } },
		{ "annotations in another order", PAPER_P3, NO, NULL, { { P_PAGE1, "/Annots", "[25 0 R 22 0 R 21 0 R @W]" } } },
		{ "the mark on another page, too", PAPER_PLAIN, NO, "signature-changed", { { P_ANNOTS2, NULL, "[23 0 R 24 0 R @W]" } } },
	};

	(void)state;
	run(rows, COUNT(rows));
}

/* Evil annotations: none passes in silence, whatever the certifier allows. */
static void annotations(void **state)
{
	static const char *const kinds[] = { "FreeText", "Stamp", "Ink", "Highlight", "Line", "Square", "Circle", "Polygon", "Caret", "Redact",
		"Watermark", "FileAttachment", "Popup", "Screen", "Movie", "Sound", "Link", "Text", "3D", "RichMedia", "PrinterMark", "TrapNet", "Unknown" };

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		AUTO(mem_free) char *body = mem_printf("<< /Type /Annot /Subtype /%s /Rect [0 690 400 720] /Contents (20 trieu) >>", kinds[i]);
		const struct row rows[] = {
			{ kinds[i], PAPER_PLAIN, NO, CHANGED, { { P_PAGE1, "/Annots", ANNOTS1 }, { 910, NULL, body } } },
			{ kinds[i], PAPER_P2, NO, CHANGED, { { P_ANNOTS2, NULL, "[23 0 R 24 0 R 910 0 R]" }, { 910, NULL, body } } },
			{ kinds[i], PAPER_P3, LOOK_AT, "annotation-added", { { P_PAGE1, "/Annots", ANNOTS1 }, { 910, NULL, body } } },
			{ kinds[i], PAPER_LOCKED, NO, CHANGED, { { P_PAGE3, "/Annots", "[910 0 R]" }, { 910, NULL, body } } },
		};
		run(rows, COUNT(rows));
	}
	const struct row more[] = {
		{ "a widget is no note", PAPER_P3, NO, CHANGED, { { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, "<< /Type /Annot /Subtype /Widget /FT /Tx /Rect [0 690 400 720] /V (20 trieu) >>" } } },
		{ "a note that acts", PAPER_P3, NO, CHANGED, { { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, "<< /Type /Annot /Subtype /Link /Rect [0 690 400 720] /A << /S /Launch /F (a) >> >>" } } },
	};
	run(more, COUNT(more));
}

static void the_signature(void **state)
{
	static const char *const keys[][2] = { { "/Reason", "(Dong y vay 20 trieu)" }, { "/M", "(D:20200101000000Z)" }, { "/Name", "(Nguoi khac)" },
		{ "/Location", "(Noi khac)" }, { "/ContactInfo", "(a)" }, { "/Prop_Build", "<< >>" }, { "/Type", "/DocTimeStamp" },
		{ "/SubFilter", "/adbe.pkcs7.detached" }, { "/ByteRange", "[0 10 20 30]" }, { "/Reference", "[]" } };
	static const struct row rows[] = {
		{ "the field points elsewhere", PAPER_PLAIN, NO, NULL, { { WIDGET, "/V", "920 0 R" }, { 920, NULL, "<< /Type /Sig >>" } } },
		{ "the field has another name", PAPER_PLAIN, NO, "signature-changed", { { WIDGET, "/T", "(Giam doc)" } } },
		{ "the mark grows", PAPER_PLAIN, NO, "signature-changed", { { WIDGET, "/Rect", "[0 0 595 842]" } } },
		{ "another look", PAPER_PLAIN, NO, "signature-changed", { { WIDGET, "/AP", "<< /N 14 0 R >>" } } },
		{ "the look is drawn over", PAPER_PLAIN, NO, "signature-changed", { { LOOK, NULL, OPAQUE } } },
		{ "the mark is hidden", PAPER_PLAIN, NO, "signature-changed", { { WIDGET, "/F", "2" } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct row row = { keys[i][0], PAPER_PLAIN, NO, NULL, { { VALUE, keys[i][0], keys[i][1] } } };
		run(&row, 1);
	}
	run(rows, COUNT(rows));
}

/* ---- a second signer ----------------------------------------------------------------------------------------------- */
#define SIGNS "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:20261120030000Z) /ByteRange @R /Contents @C >>"
#define MARK(rect) "<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Widget /Rect " rect " /P 5 0 R /V 913 0 R /AP << /N 911 0 R >> >>"
#define SEAL P_STREAM("/Type /XObject /Subtype /Form /BBox [0 0 99 99]", "1 0 0 RG 9 9 80 80 re S")

static void second_signers(void **state)
{
	static const struct row rows[] = {
		{ "beside the text", PAPER_PLAIN, YES, "signed-again-later", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, MARK("[300 60 400 120]") }, { 911, NULL, SEAL }, { 913, NULL, SIGNS } } },
		{ "a seal over the signature", PAPER_PLAIN, YES, "signed-again-later", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, MARK("[20 40 120 140]") }, { 911, NULL, SEAL }, { 913, NULL, SIGNS } } },
		{ "under P=2", PAPER_P2, YES, "signed-again-later", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, MARK("[300 60 400 120]") }, { 911, NULL, SEAL }, { 913, NULL, SIGNS } } },
		{ "under P=1", PAPER_P1, NO, "certification-forbids", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, MARK("[300 60 400 120]") }, { 911, NULL, SEAL }, { 913, NULL, SIGNS } } },
		{ "over the text", PAPER_PLAIN, LOOK_AT, "mark-over-content", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, MARK("[60 690 300 720]") }, { 911, NULL, OPAQUE }, { 913, NULL, SIGNS } } },
		{ "over a filled field", PAPER_P2, LOOK_AT, "mark-over-content", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, MARK("[60 550 300 590]") }, { 911, NULL, OPAQUE }, { 913, NULL, SIGNS } } },
		{ "over the page", PAPER_PLAIN, LOOK_AT, "mark-over-content", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ 910, NULL, MARK("[0 0 595 480]") }, { 911, NULL, OPAQUE }, { 913, NULL, SIGNS } } },
		{ "on two pages", PAPER_PLAIN, NO, "covered-by-later-mark", { { P_FORM, "/Fields", FIELDS }, { P_PAGE1, "/Annots", ANNOTS1 },
			{ P_ANNOTS2, NULL, "[23 0 R 24 0 R 910 0 R]" }, { 910, NULL, MARK("[300 60 400 120]") }, { 911, NULL, SEAL }, { 913, NULL, SIGNS } } },
		{ "and a word is changed", PAPER_PLAIN, NO, CHANGED, { { P_FORM, "/Fields", FIELDS }, { P_TEXT1, NULL, P_STREAM("", P_EVIL) },
			{ 910, NULL, MARK("[0 0 0 0]") }, { 911, NULL, SEAL }, { 913, NULL, SIGNS } } },
		{ "in the locked field", PAPER_LOCKED, NO, "field-locked", { { P_FILLED, "/V", "(x)" }, { P_FORM, "/Fields", FIELDS }, { 910, NULL, MARK("[0 0 0 0]") },
			{ 911, NULL, SEAL }, { 913, NULL, SIGNS } } },
		{ "in the field prepared for him", PAPER_PLAIN, YES, "signed-again-later", { { P_SIGN, NULL, "<< /FT /Sig /T (Nguoi ky) /Type /Annot /Subtype /Widget "
			"/Rect [300 100 500 160] /F 4 /P 6 0 R /Lock << /Type /SigFieldLock /Action /Include /Fields [(So tien) (Ho ten)] >> /V 913 0 R /AP << /N 911 0 R >> >>" },
			{ 911, NULL, SEAL }, { 913, NULL, SIGNS } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(fd_close) int open = paper_later(papers[rows[i].kind], rows[i].steps);
		AUTO(fd_close) int fd = paper_fill(open);
		want_verdict(rows[i].name, fd, rows[i].verdict, 0, rows[i].reason);
	}
}

/* One stream serves as a field's look and as a picture of the page. */
static void shared_look(void **state)
{
	AUTO(fd_close) int plain = paper_with((struct patch[]){ { P_RESOURCES, "<< /Font << /F1 13 0 R >> /XObject << /X1 28 0 R >> >>" }, { 0 } });
	AUTO(fd_close) int fd = sign_with(plain, &(struct sign_how){ signer_key, signer_x, 2, false, true, NULL });
	AUTO(fd_close) int bad = paper_later(fd, (struct step[]){ { P_LOOK_FILLED, NULL, SEAL }, { 0 } });

	(void)state;
	want_verdict("a look used elsewhere", bad, NO, 0, "appearance-elsewhere");
}

/* A list of annotations that somebody else uses, too. */
static void shared_list(void **state)
{
	static const struct { const char *name; struct patch swap; } rows[] = {
		{ "as resources", { P_RESOURCES, "<< /Font << /F1 13 0 R >> /X 26 0 R >>" } },
		{ "as contents", { P_PAGE3, "<< /Type /Page /Parent 2 0 R /Contents 26 0 R >>" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(fd_close) int plain = paper_with((struct patch[]){ rows[i].swap, { 0 } });
		AUTO(fd_close) int fd = sign_with(plain, &(struct sign_how){ signer_key, signer_x, 0, false, true, NULL });
		AUTO(fd_close) int bad = paper_later(fd, (struct step[]){ { P_FORM, "/Fields", FIELDS }, { P_ANNOTS2, NULL, "[23 0 R 24 0 R 910 0 R]" },
			{ 910, NULL, "<< /FT /Sig /T (Giam doc) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] >>" }, { 0 } });
		want_verdict(rows[i].name, bad, NO, 0, "appearance-elsewhere");
	}
}

/* The lock in the field binds, whether or not the signer repeated it: fields, other signature fields, and a level of its own. */
static void locks(void **state)
{
#define LOCKED(lock) "<< /FT /Sig /T (Nguoi ky) /Type /Annot /Subtype /Widget /Rect [300 100 500 160] /F 4 /P 6 0 R /V 913 0 R /Lock << " lock " >> >>"
	static const struct { const char *name, *lock; struct step later; const char *verdict, *reason; } rows[] = {
		{ "all", LOCKED("/Action /All"), { P_BOX, "/V", "/Yes" }, NO, "field-locked" },
		{ "these", LOCKED("/Action /Include /Fields [(So tien)]"), { P_EMPTY, "/V", "(1)" }, NO, "field-locked" },
		{ "not these", LOCKED("/Action /Include /Fields [(So tien)]"), { P_BOX, "/V", "/Yes" }, LOOK_AT, "form-filled" },
		{ "all but these", LOCKED("/Action /Exclude /Fields [(Dong y)]"), { P_EMPTY, "/V", "(1)" }, NO, "field-locked" },
		{ "but these", LOCKED("/Action /Exclude /Fields [(Dong y)]"), { P_BOX, "/V", "/Yes" }, LOOK_AT, "form-filled" },
		{ "nothing may follow", LOCKED("/Action /Include /Fields [(Ho ten)] /P 1"), { P_BOX, "/V", "/Yes" }, NO, "certification-forbids" },
	};

	AUTO(mem_free) char *signs = paper_text(SIGNS, NULL);
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		AUTO(fd_close) int plain = paper_with((struct patch[]){ { P_SIGN, rows[i].lock }, { 0 } });
		AUTO(fd_close) int open = append_revision(plain, (struct patch[]){ { 913, signs }, { 0 } });
		AUTO(fd_close) int fd = paper_fill(open);
		AUTO(fd_close) int later = paper_later(fd, (struct step[]){ rows[i].later, { 0 } });
		want_verdict("before", fd, YES, 0, NULL);
		want_verdict(rows[i].name, later, rows[i].verdict, 0, rows[i].reason);
	}
}

static void overlaps(void **state)
{
	AUTO(fd_close) int plain = paper_with((struct patch[]){ { P_NOTE, "<< /Type /Annot /Subtype /FreeText /Rect [70 560 310 590] /Contents (che) >>" }, { 0 } });
	AUTO(fd_close) int fd = sign_with(plain, &(struct sign_how){ signer_key, signer_x, 0, false, true, NULL });
	AUTO(json_release) json_t *r = judge(fd);

	(void)state;
	assert_string_equal(json_str(r, "warnings.0.id", ""), "annotations-overlap");
	assert_int_equal(json_int(r, "warnings.0.pages.0", 0), 1);
	AUTO(json_release) json_t *none = judge(papers[PAPER_PLAIN]);
	assert_int_equal(json_array_size(json_at(none, "warnings")), 0);
}

static int setup(void **state)
{
	signed_setup(state);
	for (int k = 0; k < PAPER_KINDS; k++)
		papers[k] = paper_signed((enum paper_kind)k);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untouched),
		cmocka_unit_test(contents),
		cmocka_unit_test(frame),
		cmocka_unit_test(form),
		cmocka_unit_test(marks),
		cmocka_unit_test(annotations),
		cmocka_unit_test(the_signature),
		cmocka_unit_test(second_signers),
		cmocka_unit_test(shared_look),
		cmocka_unit_test(shared_list),
		cmocka_unit_test(locks),
		cmocka_unit_test(overlaps),
	};
	return cmocka_run_group_tests(tests, setup, signed_teardown);
}
