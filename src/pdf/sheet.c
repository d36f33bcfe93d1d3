#include <stdio.h>

#include "pdf/sheet.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { SHEET_PAGES_MAX = 60 };

void sheet_fail(struct sheet *s, enum err_kind kind, const char *why)
{
	if (!s->failed)
		err_set(s->e, kind, "compose: %s", why);
	s->failed = true;
}

/* libharu calls this and goes on: no longjmp, every call of ours looks at `failed` instead. */
static void on_error(HPDF_STATUS error, HPDF_STATUS detail, void *self)
{
	char text[64];

	snprintf(text, sizeof text, "libharu 0x%04lx/%lu", (unsigned long)error, (unsigned long)detail);
	sheet_fail(self, ERR_INTERNAL, text);
}

static void load_fonts(struct sheet *s, const char *letters)
{
	for (enum font_style f = 0; f < FONT_STYLES && !s->failed; f++) {
		char path[40];
		AUTO(fd_close) int cut = font_cut(f, letters, s->e);
		s->measure[f] = cut >= 0 ? font_open(f, s->e) : NULL;
		if (!s->measure[f]) {
			s->failed = true;
			return;
		}
		snprintf(path, sizeof path, "/proc/self/fd/%d", cut); /* libharu reads fonts by path only, and at once */
		const char *name = HPDF_LoadTTFontFromFile(s->doc, path, HPDF_TRUE);
		s->face[f] = name ? HPDF_GetFont(s->doc, name, "UTF-8") : NULL;
	}
}

int sheet_open(struct sheet *s, const char *title, const char *footer, const char *letters, struct err *e)
{
	*s = (struct sheet){ .e = e };
	s->doc = HPDF_New(on_error, s);
	if (!s->doc)
		return err_set(e, ERR_INTERNAL, "HPDF_New");
	HPDF_UseUTFEncodings(s->doc);
	HPDF_SetCurrentEncoder(s->doc, "UTF-8");
	HPDF_SetCompressionMode(s->doc, HPDF_COMP_ALL);
	if (title && *title)
		HPDF_SetInfoAttr(s->doc, HPDF_INFO_TITLE, title);
	load_fonts(s, letters);
	s->footer = text_clean(footer ? footer : "", false);
	sheet_new_page(s);
	return s->failed ? -1 : 0;
}

void sheet_close(struct sheet *s)
{
	if (s->doc)
		HPDF_Free(s->doc);
	for (int f = 0; f < FONT_STYLES; f++)
		font_release(&s->measure[f]);
	free(s->footer);
	*s = (struct sheet){ 0 };
}

int sheet_write(struct sheet *s, int fd)
{
	if (!s->failed)
		HPDF_SaveToStream(s->doc);
	if (s->failed)
		return -1;
	HPDF_UINT32 n = HPDF_GetStreamSize(s->doc), left = n;
	AUTO(mem_free) unsigned char *all = mem_alloc(n);
	HPDF_ReadFromStream(s->doc, all, &left);
	if (s->failed || left != n)
		return err_set(s->e, ERR_INTERNAL, "compose: libharu gave %u of %u bytes", left, n);
	return fd_write_all(fd, all, n, s->e);
}

void sheet_new_page(struct sheet *s)
{
	char number[16];

	if (s->failed)
		return;
	if (++s->pages > SHEET_PAGES_MAX) {
		sheet_fail(s, ERR_FILE_TOO_BIG, "too many pages");
		return;
	}
	s->page = HPDF_AddPage(s->doc);
	HPDF_Page_SetWidth(s->page, SHEET_W);
	HPDF_Page_SetHeight(s->page, SHEET_H);
	s->y = SHEET_TOP;
	/* Decree 30/2020: number above, centred, not on the first page. */
	snprintf(number, sizeof number, "%d", s->pages);
	if (s->pages > 1)
		sheet_text(s, FONT_REGULAR, 13, SHEET_W / 2.0 - 4, SHEET_H - 40, number);
	if (*s->footer) {
		double w = sheet_width(s, FONT_ITALIC, 9, s->footer);
		sheet_text(s, FONT_ITALIC, 9, (SHEET_LEFT + SHEET_RIGHT - w) / 2, 34, s->footer);
	}
}

void sheet_need(struct sheet *s, double height)
{
	if (s->y - height < SHEET_BOTTOM && s->y < SHEET_TOP)
		sheet_new_page(s);
}

double sheet_width(struct sheet *s, enum font_style f, double size, const char *text)
{
	if (s->failed)
		return 0;
	double w = font_width(s->measure[f], text, s->e);
	if (w < 0)
		s->failed = true;
	return w < 0 ? 0 : w * size;
}

void sheet_text(struct sheet *s, enum font_style f, double size, double x, double y, const char *text)
{
	sheet_width(s, f, size, text); /* every letter is in the font, or nothing is drawn (HA1) */
	if (s->failed || !*text)
		return;
	HPDF_Page_BeginText(s->page);
	HPDF_Page_SetFontAndSize(s->page, s->face[f], (HPDF_REAL)size);
	HPDF_Page_TextOut(s->page, (HPDF_REAL)x, (HPDF_REAL)y, text);
	HPDF_Page_EndText(s->page);
}

void sheet_line(struct sheet *s, double x0, double y0, double x1, double y1, double width)
{
	if (s->failed)
		return;
	HPDF_Page_SetLineWidth(s->page, (HPDF_REAL)width);
	HPDF_Page_MoveTo(s->page, (HPDF_REAL)x0, (HPDF_REAL)y0);
	HPDF_Page_LineTo(s->page, (HPDF_REAL)x1, (HPDF_REAL)y1);
	HPDF_Page_Stroke(s->page);
}

void sheet_box(struct sheet *s, double x, double y, double w, double h, bool filled)
{
	if (s->failed)
		return;
	HPDF_Page_SetLineWidth(s->page, 0.7f);
	HPDF_Page_Rectangle(s->page, (HPDF_REAL)x, (HPDF_REAL)y, (HPDF_REAL)w, (HPDF_REAL)h);
	if (filled)
		HPDF_Page_Fill(s->page);
	else
		HPDF_Page_Stroke(s->page);
}

void sheet_dots(struct sheet *s, double size, double x0, double x1, double y)
{
	double one = sheet_width(s, FONT_REGULAR, size, ".");
	int n = one > 0 ? (int)((x1 - x0) / one) : 0;
	AUTO(buf_free) struct buf b = { 0 };

	for (int i = 0; i < n && i < 400; i++)
		buf_str(&b, ".");
	if (n > 2)
		sheet_text(s, FONT_REGULAR, size, x1 - n * one, y, (char *)b.p);
}

/* ---- wrapping ------------------------------------------------------------------------------------------------------ */
struct lines {
	char **at;
	size_t n;
};

static void push(struct lines *l, const char *text, size_t n)
{
	l->at = mem_grow(l->at, l->n + 2, sizeof *l->at);
	l->at[l->n++] = mem_strn(text, n);
	l->at[l->n] = NULL;
}

static double width_n(struct sheet *s, enum font_style f, double size, const char *text, size_t n)
{
	AUTO(mem_free) char *part = mem_strn(text, n);

	return sheet_width(s, f, size, part);
}

/* Bytes of `text` (one paragraph) that fit: up to a space when there is one, else as many letters as fit (at least one). */
static size_t fitting(struct sheet *s, enum font_style f, double size, const char *text, size_t n, double room)
{
	size_t last_space = 0, at = 0;
	double w = 0;

	while (at < n && !s->failed) {
		size_t next = at + text_next_grapheme(text, at);
		w += width_n(s, f, size, text + at, next - at);
		if (w > room && text[at] != ' ')
			return last_space ? last_space : at ? at : next;
		if (text[at] == ' ')
			last_space = at;
		at = next;
	}
	return n;
}

char **sheet_wrap(struct sheet *s, enum font_style f, double size, const char *text, double first, double room, size_t *n)
{
	struct lines l = { .at = mem_array(1, sizeof *l.at) };

	for (const char *para = text; ; para++) {
		size_t len = strcspn(para, "\n"), took;
		do {
			double here = l.n ? room : first;
			/* A first line too short for its first word is left empty: the text begins on the next. */
			size_t word = strcspn(para, " \n");
			took = !l.n && first < room && width_n(s, f, size, para, word) > here ? 0 :
			       fitting(s, f, size, para, len, here);
			push(&l, para, took);
			while (took < len && para[took] == ' ')
				took++;
			para += took;
			len -= took;
		} while (len && !s->failed && l.n < 5000);
		if (!*para || s->failed || l.n >= 5000)
			break;
	}
	*n = l.n;
	return l.at;
}

void sheet_lines_free(char **lines)
{
	for (size_t i = 0; lines && lines[i]; i++)
		free(lines[i]);
	free(lines);
}
