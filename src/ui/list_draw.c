#include "ui/ui_int.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct item {
	struct ui *ui;
	size_t field, option;
	int y, x, w, number;     /* number 0: cannot be picked */
	bool on;                 /* under the cursor of the focused list */
};

/* "[x]" of ticks, "(*)" of a given answer in a form; "" where neither has a meaning. */
static const char *state_sign(const struct item *it)
{
	const struct view_field *f = &it->ui->view->fields[it->field];
	const struct option *o = &f->options[it->option];

	if (f->def->kind == FIELD_MULTI)
		return o->ticked ? "[x] " : "[ ] ";
	if (f->def->kind == FIELD_CHOICE && f->value && *f->value)
		return strcmp(f->value, o->id) ? "( ) " : "(*) ";
	return "";
}

/* Lines of the label; the last one is cut when there are more than fit. */
static int draw_label(const struct item *it, int x, int w, enum role r)
{
	const struct option *o = &it->ui->view->fields[it->field].options[it->option];
	int most = list_item_rows(&it->ui->view->fields[it->field], o, it->w, false), rows = 0;
	AUTO(mem_free) char *clean = text_clean(o->label, false);
	const char *rest = clean;
	size_t n = 0;
	char **lines = text_wrap(clean, w, &n);

	for (size_t i = 0; i < n && rows < most; i++, rows++) {
		if (rows == most - 1 && i + 1 < n) {
			AUTO(mem_free) char *cut = text_cut(rest, w);

			put(it->ui, it->y + rows, x, w, r, cut);
		} else {
			put(it->ui, it->y + rows, x, w, r, lines[i]);
			rest += strlen(lines[i]);
			rest += strspn(rest, " ");
		}
	}
	text_lines_free(lines);
	return rows ? rows : 1;
}

static void draw_item(const struct item *it)
{
	struct ui *ui = it->ui;
	const struct view_field *f = &ui->view->fields[it->field];
	const struct option *o = &f->options[it->option];
	bool hints = ui->lay.at[it->field].hints;
	int mark = o->mark ? cells_of(o->mark) : 0, rows = list_item_rows(f, o, it->w, hints), used, x;
	enum role r = it->on ? R_FOCUS : o->disabled ? R_DIM : R_PAGE;
	const char *sign = state_sign(it);
	char lead[24];

	for (int y = 0; it->on && y < rows; y++)
		put_fill(ui, it->y + y, it->x, it->w, r);
	snprintf(lead, sizeof lead, "%c ", it->on ? '>' : ' ');
	put(ui, it->y, it->x, 2, r, lead);
	snprintf(lead, sizeof lead, "%d", it->number);
	put(ui, it->y, it->x + 2, 2, it->on ? R_FOCUS : R_KEY, it->number ? lead : "-");
	put(ui, it->y, it->x + 5, 4, r, sign);
	x = it->x + 5 + (int)strlen(sign);
	used = draw_label(it, x, it->x + it->w - x - 2 - (mark ? mark + 3 : 0), r);
	if (o->mark)
		put(ui, it->y, it->x + it->w - mark - 1, mark, r, o->mark);
	if (hints && o->hint)
		put_wrapped(ui, it->y + used, x, it->w - 7, r, o->hint);
	if (it->on)
		put_cursor(ui, it->y, it->x);
}

static bool same_group(const struct option *a, const struct option *b)
{
	return a->group && b->group ? !strcmp(a->group, b->group) : a->group == b->group;
}

/* One run of options of the same group; returns the row after it. */
static int draw_run(struct ui *ui, size_t i, size_t start, size_t stop, int y)
{
	const struct view_field *f = &ui->view->fields[i];
	const struct place *p = &ui->lay.at[i];
	int columns = list_columns(f, ui->lay.width), w = ui->lay.width / columns, top;
	size_t half = (stop - start + 1) / 2;

	if (f->options[start].group)
		put(ui, y++, ui->lay.left, ui->lay.width, R_HEAD, f->options[start].group);
	top = y;
	for (size_t k = start; k < stop; k++) {
		bool right = columns == 2 && k - start >= half;
		struct item it = { .ui = ui, .field = i, .option = k, .y = y, .x = ui->lay.left, .w = w };

		if (right) {
			it.x += w;
			it.y = top + (int)(k - start - half);
		} else if (columns == 2) {
			it.y = top + (int)(k - start);
		}
		it.number = f->options[k].disabled ? 0 : (int)(k - p->first) + 1;
		it.on = ui->focus == i && ui->fs[i].cur == k;
		draw_item(&it);
		y = columns == 2 ? top + (int)half : y + list_item_rows(f, &f->options[k], w, p->hints);
	}
	return y;
}

static void draw_pager(struct ui *ui, const struct place *p, int y)
{
	AUTO(json_release) json_t *vars = json_pack("{s:i,s:i}", "n", p->page, "m", p->pages);
	AUTO(mem_free) char *words = msg_fill(ui->lay.width < 60 ? "ui.pages-short" : "ui.pages", vars);

	put(ui, y, ui->lay.left + 5, ui->lay.width - 5, R_DIM, words);
}

void list_draw(struct ui *ui, size_t i, int y)
{
	const struct view_field *f = &ui->view->fields[i];
	const struct place *p = &ui->lay.at[i];

	if (f->def->label) {
		AUTO(mem_free) char *cut = text_cut(msg(f->def->label), ui->lay.width);
		put(ui, y++, ui->lay.left, ui->lay.width, ui->focus == i ? R_HEAD : R_PAGE, cut);
	}
	if (f->error) {
		AUTO(mem_free) char *error = mem_printf("✖ %s", f->error);

		put(ui, y++, ui->lay.left + 2, ui->lay.width - 2, R_ERROR, error);
	}
	if (!f->noptions)
		put(ui, y, ui->lay.left + 5, ui->lay.width - 5, R_DIM, msg("ui.none"));
	for (size_t k = p->first, stop; k < p->end; k = stop) {
		for (stop = k + 1; stop < p->end && same_group(&f->options[k], &f->options[stop]); stop++)
			;
		y = draw_run(ui, i, k, stop, y);
	}
	if (p->pages > 1)
		draw_pager(ui, p, y);
}
