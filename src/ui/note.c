/* Text to read, and the waiting screen: sentences and numbers, nothing that turns. */
#include "ui/ui_int.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <ncurses.h>

int note_rows(const struct view_field *f, int w)
{
	return (f->def->label != NULL) + wrapped_rows(f->value, w);
}

/* Rows for text when the note does not fit: the last row tells how to go on. */
static int note_room(const struct ui *ui, size_t i)
{
	const struct place *p = &ui->lay.at[i];

	return p->h - (ui->view->fields[i].def->label != NULL) - p->scrolls;
}

static int note_last(const struct ui *ui, size_t i)
{
	int last = wrapped_rows(ui->view->fields[i].value, ui->lay.width) - note_room(ui, i);

	return last > 0 ? last : 0;
}

void note_draw(struct ui *ui, size_t i, int y)
{
	const struct view_field *f = &ui->view->fields[i];
	const struct place *p = &ui->lay.at[i];
	AUTO(mem_free) char *clean = text_clean(f->value ? f->value : "", true);
	int room = note_room(ui, i), last = note_last(ui, i), bottom = y + p->h;
	size_t n = 0;
	char **lines = text_wrap(clean, ui->lay.width, &n);

	if (ui->fs[i].scroll > last)
		ui->fs[i].scroll = last;
	if (f->def->label)
		put(ui, y++, ui->lay.left, ui->lay.width, R_HEAD, msg(f->def->label));
	if (ui->focus == i)
		put_cursor(ui, y, ui->lay.left);
	for (int k = 0; k < room && k + ui->fs[i].scroll < (int)n; k++)
		put(ui, y + k, ui->lay.left, ui->lay.width, R_PAGE, lines[k + ui->fs[i].scroll]);
	text_lines_free(lines);
	if (!p->scrolls)
		return;
	if (ui->fs[i].scroll < last)
		put_right(ui, bottom - 1, ui->lay.left, ui->lay.width, R_KEY, msg("ui.more"));
	if (ui->fs[i].scroll > 0)
		put(ui, bottom - 1, ui->lay.left, ui->lay.width / 2, R_KEY, msg("ui.more-up"));
}

bool note_key(struct ui *ui, size_t i, struct press k)
{
	int last = note_last(ui, i), room = note_room(ui, i), *at = &ui->fs[i].scroll, to = *at;

	if (!k.fn || !ui->lay.at[i].scrolls)
		return false;
	if (k.c == KEY_NPAGE)
		to += room > 1 ? room - 1 : 1;
	else if (k.c == KEY_PPAGE)
		to -= room > 1 ? room - 1 : 1;
	else if (k.c == KEY_DOWN && ui->focus == i)
		to++;
	else if (k.c == KEY_UP && ui->focus == i)
		to--;
	else if (k.c == KEY_HOME)
		to = 0;
	else if (k.c == KEY_END)
		to = last;
	else
		return false;
	to = to < 0 ? 0 : to > last ? last : to;
	if (to == *at && (k.c == KEY_UP || k.c == KEY_DOWN))
		return false;           /* at the edge the arrows go on to the next field */
	*at = to;
	return true;
}

static char *minutes(long seconds)
{
	AUTO(json_release) json_t *vars = json_pack("{s:I}", "n", (json_int_t)((seconds + 59) / 60));

	return seconds < 60 ? mem_str(msg("ui.minute-last")) : msg_fill("ui.minutes-left", vars);
}

static char *progress(const struct wait_view *v)
{
	AUTO(json_release) json_t *vars = json_pack("{s:I,s:I}", "n", (json_int_t)v->n, "m", (json_int_t)v->m);

	return msg_fill("ui.progress", vars);
}

int wait_rows(const struct view_field *f, int w)
{
	int rows = 0;

	for (char **l = f->wait.lines; l && *l; l++)
		rows += wrapped_rows(*l, w);
	return rows + (f->wait.m > 0) + (f->wait.seconds_left >= 0) + (rows && (f->wait.m > 0 || f->wait.seconds_left >= 0));
}

void wait_draw(struct ui *ui, size_t i, int y)
{
	const struct wait_view *v = &ui->view->fields[i].wait;
	int x = ui->lay.left, w = ui->lay.width;

	for (char **l = v->lines; l && *l; l++)
		y += put_wrapped(ui, y, x, w, R_PAGE, *l);
	y += v->lines && *v->lines;
	if (v->m > 0) {
		AUTO(mem_free) char *words = progress(v);

		put(ui, y++, x, w, R_HEAD, words);
	}
	if (v->seconds_left >= 0) {
		AUTO(mem_free) char *words = minutes(v->seconds_left);

		put(ui, y, x, w, R_HEAD, words);
	}
}
