/* Where everything stands. src/screen/check.c counts the same rows: keep them together. */
#include "ui/ui_int.h"

#include "base/mem.h"
#include "base/text.h"

#include <ncurses.h>
#include <string.h>

enum { NARROW = 60, LABEL_MOST = 40, COMFORT_ROWS = 20 };

void layout_free(struct layout *l)
{
	for (size_t i = 0; i < l->nat; i++)
		mem_free(&l->at[i].high);
	mem_free(&l->at);
	*l = (struct layout){ 0 };
}

static bool any_kind(const struct view *v, enum field_kind k)
{
	for (size_t i = 0; i < v->nfields; i++)
		if (v->fields[i].def->kind == k && !v->fields[i].hidden)
			return true;
	return false;
}

/* Text is read best below a hundred columns; pages and lists use what there is. */
static void columns(struct ui *ui, struct layout *l)
{
	int wide = l->cols - 2, most = ui->view->screen->max_width;

	if (!most)
		most = any_kind(ui->view, FIELD_PAGE) ? 160 : l->cols > 90 ? 96 : 78;
	if (code_place(ui, l))
		wide = l->qr_x - 3;
	l->width = wide < most ? wide : most;
	l->left = l->qr_x ? 2 : (l->cols - l->width) / 2;
	if (l->left < 1)
		l->left = 1;
	if (l->left + l->width > l->cols)
		l->width = l->cols - l->left;
	l->narrow = l->width < NARROW && !l->qr_x;
}

/* One column for all labels; above the fields where that would leave them too little. */
static int label_column(const struct ui *ui, const struct layout *l)
{
	int most = 0;

	for (size_t i = 0; i < ui->view->nfields; i++) {
		const struct view_field *f = &ui->view->fields[i];
		int w = f->def->label ? cells_of(msg(f->def->label)) : 0;

		if (!f->hidden && kind_is_text(f->def->kind) && w > most)
			most = w;
	}
	return !most ? 0 : most <= LABEL_MOST && l->width - most - 2 >= 24 ? most + 2 : 0;
}

static int top_rows(const struct ui *ui, const struct layout *l)
{
	const struct view *v = ui->view;
	AUTO(mem_free) char *error = v->error ? mem_printf("✖ %s %s", msg("ui.error"), v->error) : NULL;

	return wrapped_rows(error, l->width) + wrapped_rows(v->notice, l->width);
}

static void measure(struct ui *ui, size_t i, const struct layout *l, int *least, int *want)
{
	const struct view_field *f = &ui->view->fields[i];

	switch (f->def->kind) {
	case FIELD_TEXT: case FIELD_SECRET: case FIELD_DIGITS: case FIELD_ID: case FIELD_DATE: case FIELD_PHONE:
	case FIELD_MAIL: case FIELD_SEARCH:
		*least = *want = text_rows(ui, i, l);
		return;
	case FIELD_CHOICE: case FIELD_MULTI: case FIELD_FILE: case FIELD_REVIEW:
		list_measure(ui, i, l->width, least, want);
		return;
	case FIELD_NOTE:
		*want = note_rows(f, l->width);
		*least = *want < 3 ? *want : 3;
		return;
	case FIELD_WAIT:
		*least = *want = wait_rows(f, l->width);
		return;
	case FIELD_QR:
		*least = *want = code_rows(ui, i, l);
		return;
	case FIELD_PAGE:
		*least = 6;
		*want = f->def->rows ? f->def->rows : 60;
		return;
	case FIELD_KIND_COUNT:
		break;
	}
	*least = *want = 0;
}

/* A blank row above a field: between kinds that look different, and wherever there is room. */
static bool apart(const struct view *v, size_t a, size_t b)
{
	return kind_is_text(v->fields[a].def->kind) != kind_is_text(v->fields[b].def->kind) ||
	       !kind_is_text(v->fields[b].def->kind);
}

/* Shares the spare rows among the fields that want more. */
static int share(struct layout *l, const int *want, size_t n, int spare)
{
	for (bool given = true; spare > 0 && given; ) {
		given = false;
		for (size_t i = 0; i < n && spare > 0; i++)
			if (l->at[i].h < want[i]) {
				l->at[i].h++;
				spare--;
				given = true;
			}
	}
	return spare;
}

struct blanks {
	int text, kinds, all;    /* rows for: behind the text, between kinds, between all fields */
};

static struct blanks count_blanks(const struct view *v, const struct layout *l)
{
	struct blanks b = { .text = l->text_n > 0 };
	size_t before = v->nfields;

	for (size_t i = 0; i < v->nfields; i++) {
		if (!l->at[i].h)
			continue;
		if (before < v->nfields) {
			b.all++;
			b.kinds += apart(v, before, i);
		}
		before = i;
	}
	return b;
}

/* Rows from `row` on; returns the row after the last. */
static int stack(struct ui *ui, struct layout *l, int row, bool all, bool kinds)
{
	size_t before = ui->view->nfields;

	for (size_t i = 0; i < ui->view->nfields; i++) {
		if (!l->at[i].h)
			continue;
		if (before < ui->view->nfields)
			row += all || (kinds && apart(ui->view, before, i));
		l->at[i].row = row;
		row += l->at[i].h;
		before = i;
	}
	return row;
}

static void fields(struct ui *ui, struct layout *l, int row)
{
	struct view *v = ui->view;
	int *want = mem_array(v->nfields + 1, sizeof *want), spare = l->bottom - l->top - row;
	struct blanks b;
	bool text = false, kinds = false, all = false;

	for (size_t i = 0; i < v->nfields; i++) {
		if (!v->fields[i].hidden)
			measure(ui, i, l, &l->at[i].h, &want[i]);
		spare -= l->at[i].h;
	}
	b = count_blanks(v, l);
	if ((text = spare >= b.text))
		spare -= b.text;
	if (text && (kinds = spare >= b.kinds))
		spare -= b.kinds;
	spare = share(l, want, v->nfields, spare);
	if (kinds && (all = spare >= b.all - b.kinds + 2))
		spare -= b.all - b.kinds;
	l->content = stack(ui, l, row + (text ? b.text : 0), all, kinds);
	for (size_t i = 0; i < v->nfields; i++)
		l->at[i].scrolls = v->fields[i].def->kind == FIELD_NOTE && l->at[i].h < want[i];
	mem_free(&want);
}

static void frame(struct ui *ui, struct layout *l)
{
	bool comfort = l->rows >= COMFORT_ROWS;

	l->key_lines = frame_key_lines(ui, l->cols);
	l->top = comfort || ui->o.sandbox_note ? 2 : 1;
	l->bottom = l->rows - 1 - l->key_lines;
	l->help_row = -1;
	if (comfort)
		l->help_row = --l->bottom;
}

void layout_compute(struct ui *ui)
{
	struct layout *l = &ui->lay;
	int need_rows = ui->o.large ? 12 : 24, need_cols = ui->o.large ? 40 : 80, row;

	layout_free(l);
	getmaxyx(stdscr, l->rows, l->cols);
	l->small_window = l->rows < need_rows || l->cols < need_cols;
	if (!ui->view || l->small_window)
		return;
	l->nat = ui->view->nfields;
	l->at = mem_array(l->nat + 1, sizeof *l->at);
	frame(ui, l);
	columns(ui, l);
	l->label = label_column(ui, l);
	row = top_rows(ui, l);
	row += row > 0 && l->rows >= COMFORT_ROWS;
	l->text_row = row;
	l->text_n = wrapped_rows(ui->view->text, l->width);
	fields(ui, l, row + l->text_n);
	for (size_t i = 0; i < ui->view->nfields; i++)
		if (kind_is_list(ui->view->fields[i].def->kind) && l->at[i].h)
			list_place(ui, i, l->width);
	l->more_row = l->content > l->bottom - l->top ? --l->bottom : -1;
	if (l->content < l->bottom - l->top && l->rows > 26)    /* a tall window: not all at its upper edge */
		l->top += (l->bottom - l->top - l->content) / 4;
}
