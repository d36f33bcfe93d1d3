/* Numbered lists: at most nine a page, a group is not torn apart while it fits on one. */
#include "ui/ui_int.h"

#include "base/mem.h"
#include "base/text.h"

#include <ncurses.h>
#include <string.h>

enum { LABEL_LINES = 3, SIDE = 7, ENOUGH = 1000 };   /* SIDE: "> 1  " before a label, two cells behind */

bool kind_is_list(enum field_kind k)
{
	return k == FIELD_CHOICE || k == FIELD_MULTI || k == FIELD_FILE || k == FIELD_REVIEW;
}

int list_columns(const struct view_field *f, int w)
{
	return f->def->columns == 2 && w >= 60 ? 2 : 1;
}

static bool same_group(const struct option *a, const struct option *b)
{
	return a->group && b->group ? !strcmp(a->group, b->group) : a->group == b->group;
}

int list_item_rows(const struct view_field *f, const struct option *o, int w, bool hints)
{
	int mark = o->mark ? cells_of(o->mark) + 3 : 0, room = w - SIDE - mark - (f->def->kind == FIELD_MULTI ? 4 : 0), n;

	n = cells_of(o->label) <= room ? 1 : wrapped_rows(o->label, room);
	if (n > LABEL_LINES)
		n = LABEL_LINES;
	return n + (hints && o->hint ? wrapped_rows(o->hint, w - SIDE) : 0);
}

/* A list as it is measured: its view's field, and the rows of each option. */
struct sheet {
	const struct view *v;
	const struct view_field *f;
	const int *high;         /* of the kind asked for: without hints, or with */
	int columns;
};

static struct sheet sheet(const struct ui *ui, size_t i, int w, bool hints)
{
	const struct view_field *f = &ui->view->fields[i];

	return (struct sheet){ .v = ui->view, .f = f, .columns = list_columns(f, w),
		.high = ui->lay.at[i].high + (hints ? f->noptions : 0) };
}

static void measure_options(struct ui *ui, size_t i, int w)
{
	const struct view_field *f = &ui->view->fields[i];
	int *high = mem_array(2 * f->noptions + 1, sizeof *high), columns = list_columns(f, w);

	for (size_t k = 0; k < f->noptions; k++) {
		high[k] = list_item_rows(f, &f->options[k], w / columns, false);
		high[f->noptions + k] = list_item_rows(f, &f->options[k], w / columns, true);
	}
	ui->lay.at[i].high = high;
}

/* Rows of options first..end-1 drawn on one page. */
static int span_rows(const struct sheet *s, size_t first, size_t end)
{
	const struct option *o = s->f->options;
	int rows = 0;

	for (size_t i = first; i < end; ) {
		size_t stop = i;
		int high = 0;

		for (; stop < end && same_group(&o[i], &o[stop]); stop++)
			high += s->high[stop];
		rows += (o[i].group != NULL) + (s->columns == 2 ? (int)(stop - i + 1) / 2 : high);
		i = stop;
	}
	return rows;
}

/* The screen's own digit keys ("9" for the officer) take their numbers from the lists. */
static size_t most_a_page(const struct view *v)
{
	size_t most = LIST_PAGE;

	for (size_t i = 0; i < v->screen->nkeys; i++) {
		const char *k = v->screen->keys[i].key;

		if (k[0] >= '2' && k[0] <= '9' && !k[1] && (size_t)(k[0] - '1') < most)
			most = (size_t)(k[0] - '1');
	}
	return most;
}

static size_t group_end(const struct view_field *f, size_t i)
{
	size_t end = i + 1;

	while (end < f->noptions && same_group(&f->options[i], &f->options[end]))
		end++;
	return end;
}

/* End of the page that begins at `first`. At least one option stands on it. */
static size_t page_end(const struct sheet *s, size_t first, int rows)
{
	const struct view_field *f = s->f;
	size_t most = most_a_page(s->v), end = first;

	while (end < f->noptions && end - first < most &&
	       (end == first || span_rows(s, first, end + 1) <= rows))
		end++;
	if (end == f->noptions || !f->options[end].group)
		return end;
	/* a page break inside a group that a page of its own would hold whole */
	for (size_t start = end; start > first; start--)
		if (!same_group(&f->options[start - 1], &f->options[end])) {
			size_t stop = group_end(f, start);

			return stop - start <= most && span_rows(s, start, stop) <= rows ? start : end;
		}
	return end;
}

static int page_count(const struct sheet *s, int rows)
{
	int n = 0;

	for (size_t at = 0; at < s->f->noptions; at = page_end(s, at, rows))
		n++;
	return n ? n : 1;
}

static bool any_hint(const struct view_field *f)
{
	for (size_t i = 0; i < f->noptions; i++)
		if (f->options[i].hint)
			return true;
	return false;
}

static bool hint_lines(const struct view_field *f, int w)
{
	return list_columns(f, w) == 1 && any_hint(f);
}

void list_measure(struct ui *ui, size_t i, int w, int *least, int *want)
{
	const struct view_field *f = &ui->view->fields[i];
	int label = f->def->label != NULL, error = f->error != NULL, all = 1, pages = 0;
	struct sheet s;

	measure_options(ui, i, w);
	s = sheet(ui, i, w, hint_lines(f, w));
	for (size_t at = 0, end; at < f->noptions; at = end, pages++) {
		int rows;

		end = page_end(&s, at, ENOUGH);
		rows = span_rows(&s, at, end);
		all = rows > all ? rows : all;
	}
	*want = label + error + all + (pages > 1);
	*least = label + error + (all < 3 ? all : 3) + (pages > 1);
}

void list_place(struct ui *ui, size_t i, int w)
{
	const struct view_field *f = &ui->view->fields[i];
	struct place *p = &ui->lay.at[i];
	size_t cur = ui->fs[i].cur == NO_OPTION ? 0 : ui->fs[i].cur, at = 0;
	int rows = p->h - (f->def->label != NULL) - (f->error != NULL);
	struct sheet s = sheet(ui, i, w, true);

	p->pages = page_count(&s, rows);
	p->hints = hint_lines(f, w);
	if (!p->hints || p->pages > 1) {                /* hints get lines of their own where that costs no page */
		struct sheet plain = sheet(ui, i, w, false);
		int pages = page_count(&plain, rows);

		if (!p->hints || pages < p->pages) {
			p->hints = false;
			p->pages = pages;
			s = plain;
		}
	}
	if (p->pages > 1)
		p->pages = page_count(&s, --rows);
	p->page = 0;
	do {
		p->page++;
		p->first = at;
		p->end = at = page_end(&s, at, rows);
	} while (at <= cur && at < f->noptions);
}

const char *list_hint(const struct ui *ui, size_t i)
{
	const struct view_field *f = &ui->view->fields[i];
	size_t cur = ui->fs[i].cur;

	if (ui->lay.at[i].hints || cur >= f->noptions)
		return NULL;
	return f->options[cur].hint;
}

static size_t first_free(const struct view_field *f)
{
	for (size_t i = 0; i < f->noptions; i++)
		if (!f->options[i].disabled)
			return i;
	return 0;
}

/* A review begins with nothing under the cursor, so that Enter is the screen's own. */
void list_sane(struct ui *ui, size_t i)
{
	const struct view_field *f = &ui->view->fields[i];
	struct fstate *s = &ui->fs[i];

	if (s->cur != NO_OPTION && s->cur < f->noptions)
		return;
	s->cur = f->def->kind == FIELD_REVIEW ? NO_OPTION : first_free(f);
	for (size_t k = 0; k < f->noptions && f->value && *f->value && f->def->kind != FIELD_REVIEW; k++)
		if (!strcmp(f->options[k].id, f->value))
			s->cur = k;
}

/* ---- keys ---- */

static bool move_by(struct ui *ui, size_t i, long way)
{
	const struct view_field *f = &ui->view->fields[i];
	struct fstate *s = &ui->fs[i];
	long at = s->cur == NO_OPTION ? (way > 0 ? -1 : (long)f->noptions) : (long)s->cur;

	do
		at += way;
	while (at >= 0 && at < (long)f->noptions && f->options[at].disabled);
	if (at < 0 || at >= (long)f->noptions)
		return false;
	s->cur = (size_t)at;
	return true;
}

/* From one column to the other on the page shown. */
static bool move_across(struct ui *ui, size_t i, bool right)
{
	const struct view_field *f = &ui->view->fields[i];
	const struct place *p = &ui->lay.at[i];
	size_t cur = ui->fs[i].cur, start, stop, half, to;

	if (list_columns(f, ui->lay.width) != 2 || cur == NO_OPTION || cur < p->first || cur >= p->end)
		return false;
	for (start = cur; start > p->first && same_group(&f->options[start - 1], &f->options[cur]); start--)
		;
	for (stop = cur + 1; stop < p->end && same_group(&f->options[stop], &f->options[cur]); stop++)
		;
	half = (stop - start + 1) / 2;
	to = right ? cur + half : cur - half;
	if (right ? cur >= start + half || to >= stop : cur < start + half)
		return false;
	if (!f->options[to].disabled)
		ui->fs[i].cur = to;
	return true;
}

static bool turn(struct ui *ui, size_t i, bool down)
{
	const struct view_field *f = &ui->view->fields[i];
	const struct place *p = &ui->lay.at[i];
	struct fstate *s = &ui->fs[i];

	if (p->pages < 2)
		return false;
	if (down && p->end < f->noptions)
		s->cur = p->end;
	else if (!down && p->first > 0)
		s->cur = p->first - 1;
	else
		return ui->lay.more_row < 0;    /* at its end the key is the body's, when that is longer than its room */
	if (f->options[s->cur].disabled && !move_by(ui, i, 1))
		move_by(ui, i, -1);
	if (!down) {                    /* to the first of that page: its number 1 */
		list_place(ui, i, ui->lay.width);
		s->cur = p->first;
		if (f->options[s->cur].disabled)
			move_by(ui, i, 1);
	}
	return true;
}

static void tick_option(struct view_field *f, size_t k)
{
	AUTO(mem_free) char *list = mem_str("");

	f->options[k].ticked = !f->options[k].ticked;
	for (size_t n = 0; n < f->noptions; n++)
		if (f->options[n].ticked) {
			char *more = mem_printf("%s%s%s", list, *list ? " " : "", f->options[n].id);

			mem_free(&list);
			list = more;
		}
	view_set_text(&f->value, list);
}

static bool pick(struct ui *ui, size_t i, struct ui_event *ev)
{
	struct view_field *f = &ui->view->fields[i];
	size_t cur = ui->fs[i].cur;

	if (cur >= f->noptions || f->options[cur].disabled)
		return false;
	mem_free(&f->error);
	ev->field = i;
	if (f->def->kind == FIELD_MULTI) {
		tick_option(f, cur);
		ev->kind = UI_CHANGED;
		return true;
	}
	view_set_text(&f->value, f->options[cur].id);
	ev->kind = UI_CHOSEN;
	return true;
}

bool list_number(struct ui *ui, size_t i, int number, struct ui_event *ev)
{
	const struct place *p = &ui->lay.at[i];
	size_t k = p->first + (size_t)number - 1;

	if (k >= p->end || ui->view->fields[i].options[k].disabled)
		return false;
	focus_set(ui, i);
	ui->fs[i].cur = k;
	return pick(ui, i, ev);
}

/* Enter on an answer already given is the form's Enter, as is Enter on ticks. */
static bool enter(struct ui *ui, size_t i, struct ui_event *ev)
{
	const struct view_field *f = &ui->view->fields[i];
	size_t cur = ui->fs[i].cur;
	bool given = cur < f->noptions && f->value && !strcmp(f->value, f->options[cur].id);
	bool form = false;

	for (size_t k = 0; k < ui->view->nfields; k++)
		form |= k != i && field_focusable(ui, k);
	if (f->def->kind == FIELD_MULTI || (form && given && f->def->kind == FIELD_CHOICE))
		return false;
	return pick(ui, i, ev);
}

bool list_key(struct ui *ui, size_t i, struct press k, struct ui_event *ev)
{
	const struct view_field *f = &ui->view->fields[i];

	if (!k.fn) {
		if (k.c == '\r' || k.c == '\n')
			return enter(ui, i, ev);
		return k.c == ' ' && pick(ui, i, ev);
	}
	switch (k.c) {
	case KEY_ENTER:
		return enter(ui, i, ev);
	case KEY_UP:
		return move_by(ui, i, -1);
	case KEY_DOWN:
		return move_by(ui, i, 1);
	case KEY_LEFT: case KEY_RIGHT:
		return move_across(ui, i, k.c == KEY_RIGHT);
	case KEY_NPAGE: case KEY_PPAGE:
		return turn(ui, i, k.c == KEY_NPAGE);
	case KEY_HOME:
		ui->fs[i].cur = NO_OPTION;
		return move_by(ui, i, 1);
	case KEY_END:
		ui->fs[i].cur = f->noptions;
		return f->noptions && move_by(ui, i, -1);
	}
	return false;
}
