/* A QR code in cells: `▄` and space with both colours set in each, because fonts do not fill the cell and a dark theme
 * would eat the quiet zone. */
#include "ui/ui_int.h"

#include "base/mem.h"
#include "base/qr.h"
#include "base/text.h"

#include <string.h>

enum { QUIET = 4, QUIET_LEAST = 2, TEXT_LEAST = 34 };

/* The code last made: it is drawn at every key, and making one costs more than drawing the whole screen. */
static struct qr made;
static char *made_of;

void code_forget(void)
{
	qr_free(&made);
	made = (struct qr){ 0 };
	mem_free(&made_of);
}

/* NULL when the text is longer than a code can hold. */
static const struct qr *code_of(const char *text)
{
	if (made_of && !strcmp(made_of, text))
		return made.size ? &made : NULL;
	code_forget();
	made_of = mem_str(text);
	if (qr_make(&made, text, NULL))
		made = (struct qr){ 0 };
	return made.size ? &made : NULL;
}

static int the_field(const struct ui *ui)
{
	for (size_t i = 0; i < ui->view->nfields; i++) {
		const struct view_field *f = &ui->view->fields[i];

		if (f->def->kind == FIELD_QR && !f->hidden && f->value && *f->value)
			return (int)i;
	}
	return -1;
}

static int rows_of(int modules, int quiet)
{
	return (modules + 2 * quiet + 1) / 2;
}

/* Colours are the code's own, whatever the theme; a terminal without colours cannot promise dark on light. */
bool code_place(struct ui *ui, struct layout *l)
{
	const struct qr *q;
	int i = the_field(ui), room = l->bottom + (l->help_row >= 0) - 1, quiet;

	l->qr_x = 0;
	q = i >= 0 && ui->colour ? code_of(ui->view->fields[i].value) : NULL;
	if (!q)
		return false;
	for (quiet = QUIET; quiet >= QUIET_LEAST; quiet--)
		if (rows_of(q->size, quiet) <= room && l->cols - (q->size + 2 * quiet) - 3 >= TEXT_LEAST)
			break;
	if (quiet >= QUIET_LEAST) {
		l->qr_quiet = quiet;
		l->qr_x = l->cols - (q->size + 2 * quiet) - 1;
		l->qr_y = 1 + (room - rows_of(q->size, quiet)) / 2;
	}
	return l->qr_x > 0;
}

int code_rows(const struct ui *ui, size_t i, const struct layout *l)
{
	if (l->qr_x || !ui->view->fields[i].value || !*ui->view->fields[i].value)
		return 0;
	return wrapped_rows(msg("ui.qr.no-room"), l->width) + wrapped_rows(ui->view->fields[i].value, l->width);
}

static bool dark(const struct qr *q, int y, int x)
{
	return x >= 0 && y >= 0 && x < q->size && y < q->size && q->dark[y * q->size + x];
}

static void draw_modules(struct ui *ui, const struct qr *q)
{
	const struct layout *l = &ui->lay;
	int side = q->size + 2 * l->qr_quiet;

	put_clip(ui, 0, l->rows, 0);
	for (int r = 0; r < rows_of(q->size, l->qr_quiet); r++)
		for (int c = 0; c < side; c++) {
			bool up = dark(q, 2 * r - l->qr_quiet, c - l->qr_quiet);
			bool low = dark(q, 2 * r + 1 - l->qr_quiet, c - l->qr_quiet);

			/* the attribute's background is the upper half, its foreground the other colour */
			put_cell(ui, l->qr_y + r, l->qr_x + c, theme_qr(up), up == low ? L' ' : L'▄');
		}
}

void code_draw(struct ui *ui, size_t i, int y)
{
	const struct view_field *f = &ui->view->fields[i];
	const struct qr *q;

	if (!ui->lay.qr_x) {
		y += put_wrapped(ui, y, ui->lay.left, ui->lay.width, R_PAGE, msg("ui.qr.no-room"));
		put_wrapped(ui, y, ui->lay.left, ui->lay.width, R_HEAD, f->value);
		return;
	}
	q = code_of(f->value);
	if (q && !f->hidden)
		draw_modules(ui, q);
}
