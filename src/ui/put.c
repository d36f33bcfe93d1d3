#include "ui/ui_int.h"

#include "base/mem.h"
#include "base/text.h"

#include <ncurses.h>
#include <string.h>

enum { LINE_MAX_CELLS = 512 };

void put_clip(struct ui *ui, int top, int bottom, int shift)
{
	ui->clip_top = top;
	ui->clip_bottom = bottom;
	ui->clip_shift = shift;
}

static bool visible(const struct ui *ui, int *y)
{
	*y += ui->clip_shift;
	return *y >= ui->clip_top && *y < ui->clip_bottom;
}

/* Letters of the catalogues and of Vietnamese: nearly every string takes this way and needs no cleaning. */
static bool harmless(uint32_t c)
{
	return (c >= 0x20 && c < 0x7f) || (c > 0xa0 && c < 0x250 && c != 0xad) || (c >= 0x1e00 && c < 0x1f00) ||
	       (c >= 0x2018 && c <= 0x2026) || c == 0x2013 || c == 0x2014 || (c >= 0x2190 && c < 0x2600) ||
	       (c >= 0x2700 && c < 0x27c0);
}

static int cp_cells(uint32_t c)
{
	return harmless(c) ? 1 : text_cp_width(c);
}

int cells_of(const char *s)
{
	int n = 0;

	while (s && *s)
		n += cp_cells(text_next(&s));
	return n;
}

static bool clean_already(const char *s)
{
	while (*s)
		if (!harmless(text_next(&s)))
			return false;
	return true;
}

/* Into out, at most w cells; returns the cells. */
static int widen(const char *s, int w, wchar_t *out)
{
	int cells = 0, n = 0;

	while (*s && n < LINE_MAX_CELLS - 1) {
		uint32_t c = text_next(&s);
		int cw = cp_cells(c);

		if (cells + cw > w)
			break;
		cells += cw;
		out[n++] = (wchar_t)c;
	}
	out[n] = L'\0';
	return cells;
}

void put_attr(struct ui *ui, int y, int x, int w, unsigned attr, const char *s)
{
	AUTO(mem_free) char *clean = NULL;
	wchar_t line[LINE_MAX_CELLS];

	if (!s || !*s || w <= 0 || x < 0 || x >= COLS || !visible(ui, &y))
		return;
	if (!clean_already(s))
		s = clean = text_clean(s, false);
	if (w > COLS - x)
		w = COLS - x;
	widen(s, w, line);
	attrset((int)attr);
	mvaddwstr(y, x, line);
}

void put(struct ui *ui, int y, int x, int w, enum role r, const char *s)
{
	put_attr(ui, y, x, w, ui->attr[r], s);
}

void put_right(struct ui *ui, int y, int x, int w, enum role r, const char *s)
{
	int sw = cells_of(s);

	put(ui, y, sw < w ? x + w - sw : x, w, r, s);
}

void put_fill(struct ui *ui, int y, int x, int w, enum role r)
{
	if (w <= 0 || !visible(ui, &y))
		return;
	attrset((int)ui->attr[r]);
	mvhline(y, x, ' ', w);
}

void put_cell(struct ui *ui, int y, int x, unsigned attr, wchar_t c)
{
	wchar_t s[2] = { c, L'\0' };

	if (x < 0 || x >= COLS || !visible(ui, &y))
		return;
	attrset((int)attr);
	mvaddwstr(y, x, s);
}

void put_cursor(struct ui *ui, int y, int x)
{
	if (!visible(ui, &y))
		return;
	ui->cursor_y = y;
	ui->cursor_x = x < COLS ? x : COLS - 1;
}

int put_wrapped(struct ui *ui, int y, int x, int w, enum role r, const char *s)
{
	AUTO(mem_free) char *clean = NULL;
	size_t n = 0;
	char **lines;

	if (!s || !*s)
		return 0;
	if (strchr(s, '\n') || !clean_already(s))
		s = clean = text_clean(s, true);
	lines = text_wrap(s, w, &n);
	for (size_t i = 0; i < n; i++)
		put(ui, y + (int)i, x, w, r, lines[i]);
	text_lines_free(lines);
	return (int)n;
}

int wrapped_rows(const char *s, int w)
{
	size_t n = 0;

	if (!s || !*s)
		return 0;
	if (strlen(s) < LINE_MAX_CELLS && !strchr(s, '\n') && cells_of(s) <= w)
		return 1;
	text_lines_free(text_wrap(s, w, &n));
	return (int)n;
}
