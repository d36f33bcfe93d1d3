/* Two views of a page: "Chữ", its words on a grid, and "Hình", half blocks in greys; the box lies over both. Symbols never
 * make a page legible, so the picture only shows where things are. */
#include "ui/ui_int.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

struct span {
	int y0, x0, y1, x1;      /* cells, the last ones belong to it */
};

static bool picture_shown(const struct ui *ui, size_t i)
{
	const struct page_view *p = &ui->view->fields[i].page;

	return p->gray && p->tw > 0 && p->th > 0 && (ui->fs[i].picture || !p->grid);
}

/* The box in cells of a page that is `cols` x `rows` cells. */
static struct span box_span(const struct page_view *p, int cols, int rows)
{
	const struct page_box *b = &p->box;
	struct span s = {
		.x0 = (int)floor(b->x / p->width * cols + 0.001),
		.x1 = (int)ceil((b->x + b->w) / p->width * cols - 0.001) - 1,
		/* An edge that only grazes a row leaves that row to its words: the keyword right above the box stays readable. */
		.y0 = (int)lround((p->height - b->y - b->h) / p->height * rows),
		.y1 = (int)lround((p->height - b->y) / p->height * rows) - 1,
	};

	s.x1 = s.x1 < s.x0 ? s.x0 : s.x1;
	s.y1 = s.y1 < s.y0 ? s.y0 : s.y1;
	return s;
}

/* First cell to show of `all` so that a..b is seen, moving as little as can be. */
static int follow(int from, int room, int all, int a, int b)
{
	if (b >= from + room)
		from = b - room + 1;
	if (a < from)
		from = a;
	if (from > all - room)
		from = all - room;
	return from < 0 ? 0 : from;
}

/* Where a cell of the page stands on the screen; false when it is not shown. */
struct window {
	int y, x, h, w;          /* on the screen (rows of the body) */
	int row, col;            /* cell of the page at its corner */
};

static bool inside(const struct window *v, int row, int col)
{
	return row >= v->row && row < v->row + v->h && col >= v->col && col < v->col + v->w;
}

static wchar_t edge(const struct span *s, int row, int col)
{
	bool top = row == s->y0, bottom = row == s->y1, left = col == s->x0, right = col == s->x1;

	if (top && left)
		return L'┌';
	if (top && right)
		return L'┐';
	if (bottom && left)
		return L'└';
	if (bottom && right)
		return L'┘';
	if (top || bottom)
		return L'─';
	return left || right ? L'│' : 0;
}

/* Frame and name; what lies under the box stays to be read, so that covering is seen. */
static void draw_box(struct ui *ui, const struct window *v, const struct span *s)
{
	const char *name = msg("ui.page.box");
	int room = s->x1 - s->x0 - 1, at = s->y1 - s->y0 >= 2 ? (s->y0 + s->y1) / 2 : s->y0;
	AUTO(mem_free) char *cut = text_cut(name, room);
	bool flat = s->y1 - s->y0 < 2;

	for (int row = s->y0; row <= s->y1; row++)
		for (int col = s->x0; col <= s->x1; col++) {
			wchar_t c = flat ? (col == s->x0 ? L'[' : col == s->x1 ? L']' : L' ') : edge(s, row, col);

			if (c && inside(v, row, col))
				put_cell(ui, v->y + row - v->row, v->x + col - v->col, ui->attr[R_BOX], c);
		}
	if (inside(v, at, s->x0 + 1))
		put(ui, v->y + at - v->row, v->x + s->x0 + 1 - v->col, v->col + v->w - s->x0 - 1, R_BOX, cut);
	if (inside(v, s->y0, s->x0))
		put_cursor(ui, v->y + s->y0 - v->row, v->x + s->x0 - v->col);
}

/* Part of a line of the grid, by cells. */
static void grid_line(struct ui *ui, const struct window *v, int k, const char *line)
{
	AUTO(mem_free) char *clean = text_clean(line, false);
	const char *s = clean, *next = s;
	int skip = v->col;

	for (uint32_t c; skip > 0 && (c = text_next(&next)); s = next)
		skip -= text_cp_width(c);
	put(ui, v->y + k, v->x, v->w, R_PAPER, s);
}

static void draw_words(struct ui *ui, size_t i, struct window v)
{
	const struct page_view *p = &ui->view->fields[i].page;
	struct fstate *st = &ui->fs[i];
	int cols = p->cols > 0 ? p->cols : 80, rows = p->rows > 0 ? p->rows : 50;
	struct span s = box_span(p, cols, rows);
	int room_w = v.w, row = 0;

	v.w = cols < v.w ? cols : v.w;
	v.h = rows < v.h ? rows : v.h;
	v.x += (room_w - v.w) / 2;
	if (!p->has_box)
		s = (struct span){ st->scroll, (int)st->from, st->scroll, (int)st->from };
	v.row = follow(st->scroll, v.h, rows, s.y0, s.y1 - s.y0 < v.h ? s.y1 : s.y0);
	v.col = follow((int)st->from, v.w, cols, s.x0, s.x1 - s.x0 < v.w ? s.x1 : s.x0);
	st->scroll = v.row;
	st->from = (size_t)v.col;
	for (; row < v.row && p->grid && p->grid[row]; row++)
		;
	for (int k = 0; k < v.h; k++) {
		put_fill(ui, v.y + k, v.x, v.w, R_PAPER);
		if (p->grid && row < rows && p->grid[row])
			grid_line(ui, &v, k, p->grid[row++]);
	}
	if (p->has_box)
		draw_box(ui, &v, &s);
}

/* Mean of the thumbnail's dots under one dot of the picture, as one of GREYS. */
static int grey_at(const struct page_view *p, int x, int y, int pw, int ph)
{
	int x0 = x * p->tw / pw, x1 = (x + 1) * p->tw / pw, y0 = y * p->th / ph, y1 = (y + 1) * p->th / ph;
	long sum = 0, n = 0;

	x1 = x1 > x0 ? x1 : x0 + 1;
	y1 = y1 > y0 ? y1 : y0 + 1;
	for (int r = y0; r < y1 && r < p->th; r++)
		for (int c = x0; c < x1 && c < p->tw; c++, n++)
			sum += p->gray[(size_t)r * (size_t)p->tw + (size_t)c];
	/* thin strokes vanish in a mean: it counts darker than it is */
	sum = n ? 255 - (255 - sum / n) * 2 : 255;
	return sum < 0 ? 0 : (int)(sum * GREYS / 256);
}

static void draw_picture(struct ui *ui, size_t i, struct window v)
{
	static const wchar_t ink[GREYS] = { L'█', L'▓', L'░', L' ' };
	const struct page_view *p = &ui->view->fields[i].page;
	bool plain = !ui->colour || ui->theme == THEME_MONO;
	int ph = 2 * v.h, pw = (int)(ph * p->width / p->height + 0.5);
	struct span s;

	if (pw > v.w) {
		pw = v.w;
		ph = (int)(pw * p->height / p->width) & ~1;
		ph = ph < 2 ? 2 : ph > 2 * v.h ? 2 * v.h : ph;
	}
	v.x += (v.w - pw) / 2;
	v.w = pw;
	v.h = ph / 2;
	for (int r = 0; r < v.h; r++)
		for (int c = 0; c < pw; c++) {
			int up = grey_at(p, c, 2 * r, pw, ph), low = grey_at(p, c, 2 * r + 1, pw, ph);

			put_cell(ui, v.y + r, v.x + c, plain ? ui->attr[R_PAGE] : theme_grey(ui, up, low),
			         plain ? ink[(up + low) / 2] : up == low ? L' ' : L'▄');
		}
	if (!p->has_box)
		return;
	s = box_span(p, pw, v.h);
	draw_box(ui, &v, &s);
}

static int mm(double points)
{
	return (int)lround(points * 25.4 / 72);
}

static void draw_where(struct ui *ui, size_t i, int y)
{
	const struct page_view *p = &ui->view->fields[i].page;
	AUTO(json_release) json_t *vars = json_pack("{s:i,s:i,s:s,s:i,s:i,s:i,s:i}", "n", p->page, "m", p->pages,
		"view", msg(picture_shown(ui, i) ? "ui.page.picture" : "ui.page.text"),
		"x", mm(p->box.x), "y", mm(p->box.y), "w", mm(p->box.w), "h", mm(p->box.h));
	AUTO(mem_free) char *words = msg_fill(!p->has_box ? "ui.page.plain" :
		ui->lay.width < 76 ? "ui.page.where-short" : "ui.page.where", vars);

	put(ui, y, ui->lay.left, ui->lay.width, ui->focus == i ? R_HEAD : R_PAGE, words);
}

void page_draw(struct ui *ui, size_t i, int y)
{
	const struct page_view *p = &ui->view->fields[i].page;
	struct window v = { .y = y + 1, .x = ui->lay.left, .h = ui->lay.at[i].h - 1, .w = ui->lay.width };

	if (p->width <= 0 || p->height <= 0 || v.h < 1)
		return;
	if (ui->focus == i)
		put_cursor(ui, y, ui->lay.left);
	draw_where(ui, i, y);
	if (picture_shown(ui, i))
		draw_picture(ui, i, v);
	else
		draw_words(ui, i, v);
}
