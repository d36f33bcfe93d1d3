#include "pdf/font.h"

#include "base/text.h"

#include <hb-subset.h>
#include <hb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct font {
	hb_blob_t *blob;
	hb_face_t *face;
	hb_font_t *font;
	bool bold;
	double em;
	hb_font_extents_t extents;
	struct { uint32_t cp; hb_codepoint_t gid; } *used;
	size_t n, cap;
};

/* fonts-liberation 1.x has the same family names and no Vietnamese letters: only by path (HA1). */
static const char *const paths[][FONT_STYLES] = {
	{ "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf",
	  "/usr/share/fonts/truetype/liberation2/LiberationSerif-Bold.ttf",
	  "/usr/share/fonts/truetype/liberation2/LiberationSerif-Italic.ttf" },
	{ "/usr/share/fonts/truetype/noto/NotoSerif-Regular.ttf", "/usr/share/fonts/truetype/noto/NotoSerif-Bold.ttf",
	  "/usr/share/fonts/truetype/noto/NotoSerif-Italic.ttf" },
};

char *font_path(enum font_style style, struct err *e)
{
	for (size_t i = 0; i < COUNT(paths); i++)
		if (access(paths[i][style], R_OK) == 0)
			return mem_str(paths[i][style]);
	err_set(e, ERR_FONT_MISSING, "neither fonts-liberation2 nor fonts-noto-core is installed");
	return NULL;
}

char *pdf_font_path(bool bold, struct err *e)
{
	return font_path(bold ? FONT_BOLD : FONT_REGULAR, e);
}

struct font *font_open(enum font_style style, struct err *e)
{
	AUTO(mem_free) char *path = font_path(style, e);
	AUTO(font_release) struct font *f = mem_alloc(sizeof *f);

	if (!path)
		return NULL;
	f->bold = style == FONT_BOLD;
	f->blob = hb_blob_create_from_file_or_fail(path);
	if (f->blob)
		f->face = hb_face_create(f->blob, 0);
	if (!f->face || hb_face_get_glyph_count(f->face) == 0 || hb_face_get_upem(f->face) == 0) {
		err_set(e, ERR_FONT_MISSING, "%s cannot be read", path);
		return NULL;
	}
	f->font = hb_font_create(f->face);
	f->em = hb_face_get_upem(f->face);
	hb_font_get_h_extents(f->font, &f->extents);
	return STEAL(&f);
}

void font_release(struct font **f)
{
	if (!*f)
		return;
	hb_font_destroy((*f)->font);
	hb_face_destroy((*f)->face);
	hb_blob_destroy((*f)->blob);
	free((*f)->used);
	free(*f);
	*f = NULL;
}

bool font_has(const struct font *f, uint32_t cp)
{
	hb_codepoint_t g;

	return hb_font_get_nominal_glyph(f->font, cp, &g) && g != 0;
}

double font_width(struct font *f, const char *nfc, struct err *e)
{
	double w = 0;

	for (const char *s = nfc; *s; ) {
		uint32_t cp = text_next(&s);
		hb_codepoint_t g;
		if (!hb_font_get_nominal_glyph(f->font, cp, &g) || g == 0)
			return err_set(e, ERR_FONT_MISSING, "no letter for U+%04X", (unsigned)cp);
		w += hb_font_get_glyph_h_advance(f->font, g) / f->em;
	}
	return w;
}

void font_show(struct font *f, const char *nfc, struct buf *out)
{
	buf_str(out, "<");
	for (const char *s = nfc; *s; ) {
		uint32_t cp = text_next(&s);
		hb_codepoint_t g = 0;
		size_t i;
		hb_font_get_nominal_glyph(f->font, cp, &g);
		buf_printf(out, "%04X", (unsigned)g);
		for (i = 0; i < f->n && f->used[i].gid != g; i++)
			;
		if (i < f->n)
			continue;
		if (f->n == f->cap) {
			f->cap = f->cap ? f->cap * 2 : 64;
			f->used = mem_grow(f->used, f->cap, sizeof *f->used);
		}
		f->used[f->n].cp = cp;
		f->used[f->n++].gid = g;
	}
	buf_str(out, ">");
}

double font_ascent(const struct font *f)
{
	return f->extents.ascender / f->em;
}

double font_descent(const struct font *f)
{
	return f->extents.descender / f->em;
}

/* What neither a PDF nor libharu reads; `more` for an embedded CID font only (libharu wants OS/2 and name). */
static void drop_tables(hb_subset_input_t *in, bool more)
{
	static const char drop[][5] = { "GSUB", "GPOS", "GDEF", "kern", "DSIG", "gasp", "FFTM", "name", "OS/2" };

	for (size_t i = 0; i < COUNT(drop) - (more ? 0 : 2); i++)
		hb_set_add(hb_subset_input_set(in, HB_SUBSET_SETS_DROP_TABLE_TAG), hb_tag_from_string(drop[i], 4));
}

static hb_blob_t *run_subset(struct font *f, hb_subset_input_t *in)
{
	hb_blob_t *blob = NULL;
	hb_face_t *face = hb_subset_or_fail(f->face, in);

	if (face)
		blob = hb_face_reference_blob(face);
	hb_face_destroy(face);
	hb_subset_input_destroy(in);
	return blob;
}

static hb_blob_t *subset(struct font *f)
{
	hb_subset_input_t *in = hb_subset_input_create_or_fail();

	if (!in)
		return NULL;
	for (size_t i = 0; i < f->n; i++)
		hb_set_add(hb_subset_input_unicode_set(in), f->used[i].cp);
	hb_subset_input_set_flags(in, HB_SUBSET_FLAGS_RETAIN_GIDS | HB_SUBSET_FLAGS_NO_HINTING);
	drop_tables(in, true);
	return run_subset(f, in);
}

int font_cut(enum font_style style, const char *text, struct err *e)
{
	AUTO(font_release) struct font *f = font_open(style, e);
	hb_subset_input_t *in = f ? hb_subset_input_create_or_fail() : NULL;
	unsigned n;

	if (!f || !in)
		return f ? err_set(e, ERR_INTERNAL, "hb_subset_input") : -1;
	hb_set_add_range(hb_subset_input_unicode_set(in), 32, 126);
	for (const char *s = text; *s; )
		hb_set_add(hb_subset_input_unicode_set(in), text_next(&s));
	hb_subset_input_set_flags(in, HB_SUBSET_FLAGS_NO_HINTING);
	drop_tables(in, false);
	hb_blob_t *blob = run_subset(f, in);
	if (!blob)
		return err_set(e, ERR_INTERNAL, "hb_subset");
	const char *data = hb_blob_get_data(blob, &n);
	AUTO(fd_close) int fd = fd_memfd("font", e);
	int rc = fd < 0 ? -1 : fd_write_all(fd, data, n, e);
	hb_blob_destroy(blob);
	if (rc < 0)
		return -1;
	rc = fd;
	fd = -1;
	return rc;
}

static void put_widths(struct font *f, struct buf *b)
{
	for (size_t i = 0; i < f->n; i++) {
		buf_printf(b, "%u [", f->used[i].gid);
		put_num(b, hb_font_get_glyph_h_advance(f->font, f->used[i].gid) * 1000.0 / f->em);
		buf_str(b, "] ");
	}
}

static void put_tounicode(struct font *f, struct tail *t, struct pdf_id id)
{
	AUTO(buf_free) struct buf b = { 0 };

	buf_str(&b, "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) "
	            "/Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
	            "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
	for (size_t i = 0; i < f->n; ) {
		size_t part = f->n - i < 100 ? f->n - i : 100;
		buf_printf(&b, "%zu beginbfchar\n", part);
		for (; part; part--, i++) {
			uint32_t c = f->used[i].cp;
			if (c >= 0x10000)
				buf_printf(&b, "<%04X> <%04X%04X>\n", f->used[i].gid, 0xd800 + ((c - 0x10000) >> 10),
				           0xdc00 + ((c - 0x10000) & 0x3ff));
			else
				buf_printf(&b, "<%04X> <%04X>\n", f->used[i].gid, c);
		}
		buf_str(&b, "endbfchar\n");
	}
	buf_str(&b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
	tail_stream(t, id, "", b.p, b.n);
}

/* Subset names carry six letters (ISO 32000-1 9.6.4): made from the letters used, so equal subsets get equal names. */
static void subset_name(const struct font *f, char out[48])
{
	uint32_t h = 2166136261u;
	char tag[7] = "";

	for (size_t i = 0; i < f->n; i++)
		h = (h ^ f->used[i].gid) * 16777619u;
	for (int i = 0; i < 6; i++, h /= 26)
		tag[i] = (char)('A' + h % 26);
	snprintf(out, 48, "%s+%s", tag, f->bold ? "TramKySerif-Bold" : "TramKySerif");
}

int font_embed(struct font *f, struct tail *t, struct pdf_id id, struct err *e)
{
	struct pdf_id cid = tail_new(t), descriptor = tail_new(t), file = tail_new(t), unicode = tail_new(t);
	hb_blob_t *blob = subset(f);
	unsigned length = 0;
	char name[48], dict[64];

	if (!blob)
		return err_set(e, ERR_INTERNAL, "hb_subset");
	const char *data = hb_blob_get_data(blob, &length);
	subset_name(f, name);
	tail_open(t, id);
	buf_printf(&t->b, "<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] "
	                  "/ToUnicode %d 0 R >>", name, cid.num, unicode.num);
	tail_close(t);
	tail_open(t, cid);
	buf_printf(&t->b, "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) "
	                  "/Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /CIDToGIDMap /Identity /DW 1000 /W [",
	           name, descriptor.num);
	put_widths(f, &t->b);
	buf_str(&t->b, "] >>");
	tail_close(t);
	int up = (int)(font_ascent(f) * 1000), down = (int)(font_descent(f) * 1000);
	tail_open(t, descriptor);
	buf_printf(&t->b, "<< /Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [-200 %d 1200 %d] /ItalicAngle 0 "
	                  "/Ascent %d /Descent %d /CapHeight 662 /StemV %d /FontFile2 %d 0 R >>",
	           name, down, up, up, down, f->bold ? 140 : 80, file.num);
	tail_close(t);
	snprintf(dict, sizeof dict, "/Length1 %u", length);
	tail_stream(t, file, dict, data, length);
	put_tounicode(f, t, unicode);
	hb_blob_destroy(blob);
	return 0;
}
