/* The same four places always (rule U2): bar, question, answers, keys. */
#include "ui/ui_int.h"

#include "base/mem.h"
#include "base/text.h"

#include <ncurses.h>
#include <string.h>

static const char *cap_words(const char *k)
{
	return !strcmp(k, "Enter") ? msg("key.enter") : !strcmp(k, "Esc") ? msg("key.esc") :
	       !strcmp(k, "Space") ? msg("key.space") : k;
}

/* Draws (or only measures, y < 0) one key and its label; returns the cells. */
static int one_key(struct ui *ui, int y, int x, const char *key, const char *label)
{
	int kw = cells_of(key), lw = cells_of(label);

	if (y >= 0) {
		put(ui, y, x, kw, R_KEY, key);
		put(ui, y, x + kw + 1, lw, R_PAGE, label);
	}
	return kw + 1 + lw;
}

/* The screen's own keys from row y on, or only their lines when y < 0. */
static int own_keys(struct ui *ui, int y, int cols)
{
	const struct screen *s = ui->view->screen;
	int lines = s->nkeys > 0, x = 1, gap = cols < 60 ? 2 : 3;

	for (size_t i = 0; i < s->nkeys; i++) {
		const char *key = cap_words(s->keys[i].key), *label = msg(s->keys[i].label);
		int w = one_key(ui, -1, 0, key, label);

		if (x > 1 && x + w > cols - 1) {
			lines++;
			x = 1;
		}
		if (y >= 0)
			one_key(ui, y + lines - 1, x, key, label);
		x += w + gap;
	}
	return lines;
}

int frame_key_lines(struct ui *ui, int cols)
{
	int n = own_keys(ui, -1, cols);

	return n > 3 ? 3 : n;
}

static const char *typing_words(const struct ui *ui)
{
	switch (ui->typing.mode) {
	case TYPING_TELEX: return msg("ui.typing.telex");
	case TYPING_VNI:   return msg("ui.typing.vni");
	case TYPING_OFF:   break;
	}
	return msg("ui.typing.off");
}

static void common_keys(struct ui *ui, int y)
{
	const struct view_field *f = focused(ui);
	bool text = f && kind_is_text(f->def->kind), words = f && (f->def->kind == FIELD_TEXT || f->def->kind == FIELD_SEARCH);
	bool brief = ui->lay.cols < 72;
	/* "? " is as wide as "F1": the line must not move, nor be sent again, when the focus does */
	const char *const row[3][2] = {
		{ text ? "F1" : "? ", msg(brief ? "ui.key.help-short" : "ui.key.help") },
		{ "F9", msg(brief ? "ui.key.officer-short" : "ui.key.officer") },
		{ "F10", msg(brief ? "ui.key.done-short" : "ui.key.done") },
	};
	int x = 1;

	for (size_t i = 0; i < COUNT(row); i++)
		x += one_key(ui, y, x, row[i][0], row[i][1]) + (brief ? 1 : 3);
	if (words) {
		AUTO(mem_free) char *mode = brief ? mem_printf("F2 %s", typing_words(ui)) :
			mem_printf("F2 %s %s", msg("ui.typing.name"), typing_words(ui));
		int w = cells_of(mode);

		if (x + w < ui->lay.cols)
			put(ui, y, ui->lay.cols - w - 1, w, R_PAGE, mode);
	}
}

static void bar(struct ui *ui)
{
	const struct view *v = ui->view;
	int cols = ui->lay.cols, step = v->step ? cells_of(v->step) : 0, who = v->who ? cells_of(v->who) : 0, room;
	AUTO(mem_free) char *title = NULL;

	put_fill(ui, 0, 0, cols, R_BAR);
	if (cols < 60)
		who = 0;                /* the step says more than the name */
	if (who > cols / 3)
		who = cols / 3;
	room = cols - 2 - (step ? step + 2 : 0) - (who ? who + 3 : 0);
	title = text_cut(v->title, room);
	put_attr(ui, 0, 1, room, ui->attr[R_BAR] | (unsigned)A_BOLD, title);
	if (who) {
		AUTO(mem_free) char *cut = text_cut(v->who, who);

		put_right(ui, 0, cols - who - 1, who, R_BAR, cut);
	}
	if (step)
		put(ui, 0, cols - 1 - step - (who ? who + 3 : 0), step, R_BAR, v->step);
}

static void sandbox(struct ui *ui)
{
	int w = ui->lay.qr_x ? ui->lay.qr_x : ui->lay.cols;
	AUTO(mem_free) char *cut = NULL;
	int n;

	if (!ui->o.sandbox_note)
		return;
	cut = text_cut(ui->o.sandbox_note, w - 4);
	n = cells_of(cut);
	put_fill(ui, 1, (w - n) / 2 - 1, n + 2, R_SANDBOX);
	put(ui, 1, (w - n) / 2, n, R_SANDBOX, cut);
}

/* What explains the field under the cursor; small print for staff at the right. */
static void help(struct ui *ui)
{
	const struct view_field *f = focused(ui);
	int w = ui->lay.width, small = ui->view->small ? cells_of(ui->view->small) : 0;
	const char *words = NULL;
	AUTO(mem_free) char *cut = NULL;

	if (ui->lay.help_row < 0)
		return;
	if (f && kind_is_list(f->def->kind))
		words = list_hint(ui, ui->focus);
	if (f && !words && f->def->help)
		words = msg(f->def->help);
	if (f && !words && f->def->kind == FIELD_PAGE && f->page.has_box)
		words = msg("ui.page.keys");
	if (small)
		put_right(ui, ui->lay.help_row, ui->lay.left, w, R_DIM, ui->view->small);
	if (words && w - (small ? small + 2 : 0) > 8) {
		cut = text_cut(words, w - (small ? small + 2 : 0));
		put(ui, ui->lay.help_row, ui->lay.left, w, R_DIM, cut);
	}
}

void frame_draw(struct ui *ui)
{
	put_clip(ui, 0, ui->lay.rows, 0);
	bar(ui);
	sandbox(ui);
	help(ui);
	own_keys(ui, ui->lay.rows - 1 - ui->lay.key_lines, ui->lay.cols);
	common_keys(ui, ui->lay.rows - 1);
}
