/* Moving the signature box: by a cell, by a millimetre, never off the page. Points from the lower left. */
#include "ui/ui_int.h"

#include <ncurses.h>

#define MM (72.0 / 25.4)
#define LEAST_W 40.0
#define LEAST_H 15.0

static void keep_on_page(struct page_view *p)
{
	struct page_box *b = &p->box;

	b->w = b->w > p->width ? p->width : b->w;
	b->h = b->h > p->height ? p->height : b->h;
	b->x = b->x < 0 ? 0 : b->x > p->width - b->w ? p->width - b->w : b->x;
	b->y = b->y < 0 ? 0 : b->y > p->height - b->h ? p->height - b->h : b->y;
}

static bool move_box(struct page_view *p, double dx, double dy)
{
	p->box.x += dx;
	p->box.y += dy;
	keep_on_page(p);
	return true;
}

/* The upper left corner stays: there the eye is. */
static bool scale_box(struct page_view *p, double by)
{
	double top = p->box.y + p->box.h, w = p->box.w * by, h = p->box.h * by;

	if (w < LEAST_W || h < LEAST_H || w > p->width || h > p->height)
		return true;
	p->box.w = w;
	p->box.h = h;
	p->box.y = top - h;
	keep_on_page(p);
	return true;
}

static bool by_arrow(struct page_view *p, wint_t c)
{
	double dx = p->cols > 0 ? p->width / p->cols : 2 * MM, dy = p->rows > 0 ? p->height / p->rows : 5 * MM;

	switch (c) {
	case KEY_LEFT:   return move_box(p, -dx, 0);
	case KEY_RIGHT:  return move_box(p, dx, 0);
	case KEY_UP:     return move_box(p, 0, dy);
	case KEY_DOWN:   return move_box(p, 0, -dy);
	case KEY_SLEFT:  return move_box(p, -MM, 0);
	case KEY_SRIGHT: return move_box(p, MM, 0);
	case KEY_SR:     return move_box(p, 0, MM);
	case KEY_SF:     return move_box(p, 0, -MM);
	}
	return false;
}

static bool by_letter(struct page_view *p, wint_t c)
{
	switch (c) {
	case 'h': return move_box(p, -MM, 0);
	case 'l': return move_box(p, MM, 0);
	case 'k': return move_box(p, 0, MM);
	case 'j': return move_box(p, 0, -MM);
	case '+': case '=': return scale_box(p, 1.1);
	case '-': return scale_box(p, 1 / 1.1);
	}
	return false;
}

/* Without a box the arrows look around. */
static bool look(struct fstate *s, wint_t c)
{
	if (c == KEY_UP && s->scroll > 0)
		s->scroll--;
	else if (c == KEY_DOWN)
		s->scroll++;            /* the drawing holds it within the page */
	else if (c == KEY_LEFT && s->from > 0)
		s->from--;
	else if (c == KEY_RIGHT)
		s->from++;
	else
		return false;
	return true;
}

static bool turn_page(const struct page_view *p, wint_t c, struct ui_event *ev)
{
	int to = c == KEY_NPAGE ? p->page + 1 : p->page - 1;

	if (to >= 1 && to <= p->pages) {
		ev->kind = UI_PAGE_TURN;
		ev->number = to;
	}
	return true;
}

bool page_key(struct ui *ui, size_t i, struct press k, struct ui_event *ev)
{
	struct page_view *p = &ui->view->fields[i].page;
	bool box = p->has_box && p->width > 0 && !ui->view->fields[i].read_only;   /* the page may still be on its way */

	ev->field = i;
	if (k.fn && (k.c == KEY_NPAGE || k.c == KEY_PPAGE))
		return turn_page(p, k.c, ev);
	if (k.fn && k.c == KEY_F(4)) {
		ui->fs[i].picture = !ui->fs[i].picture;
		return true;
	}
	if (!box)
		return k.fn && look(&ui->fs[i], k.c);
	if (!(k.fn ? by_arrow(p, k.c) : by_letter(p, k.c)))
		return false;
	ev->kind = UI_BOX_MOVED;
	return true;
}
