/* What lies above a screen: a panel of text, or a curtain that hides all of it. */
#include "ui/ui_int.h"

#include "base/mem.h"
#include "base/text.h"

#include <ncurses.h>

void ui_overlay(struct ui *ui, const char *title, const char *text, bool any_key)
{
	view_set_text(&ui->over_title, title);
	view_set_text(&ui->over_text, text);
	ui->over_up = true;
	ui->over_any = any_key;
	ui->over_scroll = 0;
	draw(ui);
}

bool ui_overlay_up(const struct ui *ui)
{
	return ui->over_up;
}

void ui_overlay_close(struct ui *ui)
{
	if (!ui->over_up)
		return;
	ui->over_up = false;
	mem_free(&ui->over_title);
	mem_free(&ui->over_text);
	draw(ui);
}

void ui_curtain(struct ui *ui, const char *text)
{
	view_set_text(&ui->curtain, text);
	ui->over_up = false;
	draw(ui);
}

struct panel {
	int y, x, w, h, lines;   /* lines: rows for text */
	size_t n;                /* lines of the whole text */
};

static struct panel panel_size(const struct ui *ui)
{
	struct panel p;
	int most = LINES - 6;

	p.w = COLS < 76 ? COLS - 4 : 70;
	p.n = (size_t)wrapped_rows(ui->over_text, p.w - 4);
	p.lines = (int)p.n < most ? (int)p.n : most;
	p.lines = p.lines < 1 ? 1 : p.lines;
	p.h = p.lines + 4 + ui->over_any;
	p.h = p.h > LINES ? LINES : p.h;
	p.y = (LINES - p.h) / 2;
	p.x = (COLS - p.w) / 2;
	return p;
}

void overlay_draw(struct ui *ui)
{
	struct panel p = panel_size(ui);
	AUTO(mem_free) char *clean = text_clean(ui->over_text ? ui->over_text : "", true);
	char **lines = text_wrap(clean, p.w - 4, NULL);
	int last = (int)p.n - p.lines;

	put_clip(ui, 0, LINES, 0);
	if (ui->over_scroll > last)
		ui->over_scroll = last > 0 ? last : 0;
	for (int y = 0; y < p.h; y++)
		put_fill(ui, p.y + y, p.x, p.w, R_PAPER);
	put_fill(ui, p.y, p.x, p.w, R_BOX);
	put_attr(ui, p.y, p.x + 2, p.w - 4, ui->attr[R_BOX] | (unsigned)A_BOLD, ui->over_title);
	put_cursor(ui, p.y, p.x + 2);
	for (int k = 0; k < p.lines && lines && k + ui->over_scroll < (int)p.n; k++)
		put(ui, p.y + 2 + k, p.x + 2, p.w - 4, R_PAPER, lines[k + ui->over_scroll]);
	if (ui->over_any)
		put(ui, p.y + p.h - 2, p.x + 2, p.w - 4, R_PAPER, msg("ui.any-key"));
	if (last > 0)
		put_right(ui, p.y + p.h - (ui->over_any ? 2 : 1), p.x + 2, p.w - 4, R_PAPER,
		          msg(ui->over_scroll < last ? "ui.more" : "ui.more-up"));
	text_lines_free(lines);
}

void overlay_key(struct ui *ui, struct press k)
{
	struct panel p = panel_size(ui);
	int last = (int)p.n - p.lines, to = ui->over_scroll;

	if (k.fn && (k.c == KEY_NPAGE || k.c == KEY_PPAGE || k.c == KEY_DOWN || k.c == KEY_UP) && last > 0) {
		to += k.c == KEY_NPAGE ? p.lines : k.c == KEY_PPAGE ? -p.lines : k.c == KEY_DOWN ? 1 : -1;
		ui->over_scroll = to < 0 ? 0 : to > last ? last : to;
		return;
	}
	if (!ui->over_any)
		return;
	ui->over_up = false;
	mem_free(&ui->over_title);
	mem_free(&ui->over_text);
}

void curtain_draw(struct ui *ui)
{
	int w = COLS < 70 ? COLS - 4 : 66, x = (COLS - w) / 2, rows = wrapped_rows(ui->curtain, w), y = (LINES - rows) / 2;

	put_clip(ui, 0, LINES, 0);
	put_wrapped(ui, y > 0 ? y : 0, x, w, R_HEAD, ui->curtain);
}
