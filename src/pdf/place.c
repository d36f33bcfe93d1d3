#include "pdf/child.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MIN_W = 60, MIN_H = 20, PROBE_DPI = 72, THUMB_MAX = 2000 };
static const double GAP = 4;

static double inside(double at, double size, double room)
{
	return fmax(0, fmin(at, room - size));
}

struct pdf_place pdf_place_under(const struct pdf_hit *h, const struct pdf_page *page, double dx, double dy, double w, double ht)
{
	struct pdf_place pl = { .page = h->page, .w = w > 0 ? w : 170, .h = ht > 0 ? ht : 60 };

	pl.w = fmin(pl.w, page->width);
	pl.h = fmin(pl.h, page->height);
	pl.x = inside(h->x + dx, pl.w, page->width);
	pl.y = h->y - GAP - pl.h + dy;
	/* No room below: above the words, never on them. */
	if (pl.y < 0 && h->y + h->h + GAP + pl.h <= page->height)
		pl.y = h->y + h->h + GAP + dy;
	pl.y = inside(pl.y, pl.h, page->height);
	return pl;
}

/* "........", "______": a line to write on. */
static bool is_dotted(const char *text)
{
	for (const char *s = text; *s; ) {
		uint32_t c = text_next(&s);
		if (c != '.' && c != '_' && c != 0x2026 && c != 0x2025 && c != '-' && c != 0x2013 && c != 0x2014 && c != 0xb7)
			return false;
	}
	return true;
}

static bool overlaps(const struct word *w, double x, double top, const struct pdf_place *pl)
{
	/* Half a point of touching is no covering: boxes of letters reach above and below their ink. */
	return w->x1 > x + 0.5 && w->x0 < x + pl->w - 0.5 && w->y1 > top + 0.5 && w->y0 < top + pl->h - 0.5;
}

/* Paper is the commonest grey of the region; a mark is what differs clearly from it, outside dotted lines. */
static bool has_marks(const struct gray *g, const struct words *w, double x, double top, const struct pdf_place *pl)
{
	int count[256] = { 0 }, paper = 0, marks = 0;
	double k = PROBE_DPI / 72.0;
	size_t n = (size_t)g->w * (size_t)g->h;
	AUTO(mem_free) unsigned char *free_of = mem_alloc(n);

	for (size_t i = 0; i < n; i++)
		count[g->px[i]]++;
	for (int i = 1; i < 256; i++)
		paper = count[i] >= count[paper] ? i : paper;
	for (size_t i = 0; i < w->n; i++) {
		if (w->at[i].page != pl->page || !is_dotted(w->at[i].text))
			continue;
		int x0 = (int)floor((w->at[i].x0 - x) * k) - 2, x1 = (int)ceil((w->at[i].x1 - x) * k) + 2;
		int y0 = (int)floor((w->at[i].y0 - top) * k), y1 = (int)ceil((w->at[i].y1 - top) * k);
		for (int y = y0 < 0 ? 0 : y0; y < y1 && y < g->h; y++)
			for (int c = x0 < 0 ? 0 : x0; c < x1 && c < g->w; c++)
				free_of[(size_t)y * (size_t)g->w + (size_t)c] = 1;
	}
	for (size_t i = 0; i < n; i++)
		marks += !free_of[i] && abs((int)g->px[i] - paper) > 48;
	return marks > 6 + (int)(n / 1000);
}

static int bad(struct err *e, enum err_kind kind, const char *reason)
{
	err_set(e, kind, "%s", reason);
	return err_reason(e, reason);
}

int pdf_place_check(int fd, const struct pdf_place *pl, struct buf *covers, struct err *e)
{
	AUTO(pdf_release) struct pdf *p = NULL;
	AUTO(words_free) struct words w = { 0 };
	AUTO(gray_free) struct gray g = { 0 };
	struct pdf_page pg;
	size_t n = 0;

	if (pl->page == 0)
		return 0;
	if (!(p = pdf_open(fd, 0, 0, e)))
		return -1;
	if (pdf_page(p, pl->page, &pg, e) < 0)
		return bad(e, ERR_PLACE_BAD, "place.off-page");
	if (!(pl->w >= MIN_W && pl->h >= MIN_H))
		return bad(e, ERR_PLACE_BAD, "place.too-small");
	if (!(pl->x >= -0.5 && pl->y >= -0.5 && pl->x + pl->w <= pg.width + 0.5 && pl->y + pl->h <= pg.height + 0.5))
		return bad(e, ERR_PLACE_BAD, "place.off-page");
	double x = fmax(pl->x, 0), top = fmax(pg.height - pl->y - pl->h, 0);
	if (words_read(fd, pl->page, pl->page, &w, e) < 0)
		return -1;
	for (size_t i = 0; i < w.n; i++) {
		if (is_dotted(w.at[i].text) || !overlaps(&w.at[i], x, top, pl))
			continue;
		AUTO(mem_free) char *clean = text_clean(w.at[i].text, false);
		if (covers && covers->n < 400)
			buf_printf(covers, "%s%s", n ? " " : "", clean);
		n++;
	}
	if (n)
		return bad(e, ERR_PLACE_COVERS, "place.text");
	if (raster(fd, pl->page, PROBE_DPI, x, top, pl->w, pl->h, &g, e) < 0)
		return -1;
	return has_marks(&g, &w, x, top, pl) ? bad(e, ERR_PLACE_COVERS, "place.mark") : 0;
}

/* ---- what a person sees of a page -------------------------------------------------------------------------------------- */
static int by_line(const void *a, const void *b)
{
	const struct word *x = a, *y = b;
	double cx = x->y0 + x->y1, cy = y->y0 + y->y1;

	if (fabs(cx - cy) > 0.01)
		return cx < cy ? -1 : 1;
	return x->x0 < y->x0 ? -1 : x->x0 > y->x0;
}

static int by_x(const void *a, const void *b)
{
	double x = ((const struct word *)a)->x0, y = ((const struct word *)b)->x0;

	return x < y ? -1 : x > y;
}

/* One line of text in its row. What stands there already pushes it right: words are kept whole, a space apart. */
static char *lay_out(const struct word *w, size_t n, double cell, int cols)
{
	AUTO(buf_free) struct buf line = { 0 };
	int at = 0;

	buf_str(&line, "");
	for (size_t i = 0; i < n; i++) {
		AUTO(mem_free) char *clean = text_clean(w[i].text, false);
		int col = (int)(w[i].x0 / cell), width = text_width(clean);
		if (col < at + (at > 0))
			col = at + (at > 0);
		if (col + width > cols)
			col = cols - width > at ? cols - width : at;
		for (; at < col; at++)
			buf_str(&line, " ");
		buf_str(&line, clean);
		at += width;
	}
	AUTO(mem_free) char *all = buf_steal(&line);
	return text_cut(all, cols);
}

/* Words whose middles are within 40 % of a letter's height stand on one line. */
static size_t line_length(const struct word *w, size_t n)
{
	size_t k = 1;

	while (k < n && (w[k].y0 + w[k].y1 - w[0].y0 - w[0].y1) / 2 < 0.4 * (w[0].y1 - w[0].y0))
		k++;
	return k;
}

int pdf_text_grid(int fd, int page, int cols, char ***lines, int *rows, struct err *e)
{
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, 0, e);
	AUTO(words_free) struct words w = { 0 };
	struct pdf_page pg;

	if (!p || pdf_page(p, page, &pg, e) < 0)
		return -1;
	if (cols < 10 || cols > 500)
		return err_set(e, ERR_USAGE, "%d columns", cols);
	if (words_read(fd, page, page, &w, e) < 0)
		return -1;
	double cell = pg.width / cols, high = cell * 2;
	int count = (int)fmin(fmax(ceil(pg.height / high), 1), 2000), row = -1;
	*lines = mem_array((size_t)count + 1, sizeof **lines);
	*rows = count;
	if (w.n)
		qsort(w.at, w.n, sizeof *w.at, by_line);
	for (size_t i = 0, k; i < w.n; i += k) {
		k = line_length(w.at + i, w.n - i);
		qsort(w.at + i, k, sizeof *w.at, by_x);
		int want = (int)((w.at[i].y0 + w.at[i].y1) / 2 / high);
		/* Two lines that share a row: the second goes one down, so that nothing is lost while there is room. */
		want = want <= row ? row + 1 : want;
		if (want < 0 || want >= count)
			continue;
		row = want;
		(*lines)[row] = lay_out(w.at + i, k, cell, cols);
	}
	for (int i = 0; i < count; i++)
		if (!(*lines)[i])
			(*lines)[i] = mem_str("");
	return 0;
}

void pdf_grid_free(char **lines)
{
	for (size_t i = 0; lines && lines[i]; i++)
		free(lines[i]);
	free(lines);
}

int pdf_thumb(int fd, int page, int w, int h, unsigned char **gray, int *tw, int *th, struct err *e)
{
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, 0, e);
	struct pdf_page pg;
	struct gray g;

	if (!p || pdf_page(p, page, &pg, e) < 0)
		return -1;
	if (w < 1 || h < 1 || w > THUMB_MAX || h > THUMB_MAX)
		return err_set(e, ERR_USAGE, "thumbnail of %d x %d", w, h);
	double k = fmin(w / pg.width, h / pg.height);
	if (raster_to(fd, page, (int)fmax(1, pg.width * k), (int)fmax(1, pg.height * k), &g, e) < 0)
		return -1;
	*gray = g.px;
	*tw = g.w;
	*th = g.h;
	return 0;
}
