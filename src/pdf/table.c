#include <stdio.h>

#include "pdf/blocks.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 12 };
static const double CELL_PAD = 4;

struct table {
	struct sheet *s;
	double size, x[COLUMNS_MAX + 1];
	size_t columns;
	const json_t *head, *align;
};

static char *cell_text(const json_t *row, size_t i)
{
	const char *s = json_string_value(json_array_get(row, i));

	return text_clean(s ? s : "", true);
}

/* Fractions of the width from "widths"; equal when absent or of the wrong count. */
static void set_columns(struct table *t, const json_t *b)
{
	const json_t *w = json_object_get(b, "widths");
	double sum = 0, at = SHEET_LEFT;

	for (size_t i = 0; i < t->columns; i++)
		sum += fmax(json_number_value(json_array_get(w, i)), 0.01);
	bool given = json_array_size(w) == t->columns;
	for (size_t i = 0; i < t->columns; i++) {
		double share = given ? fmax(json_number_value(json_array_get(w, i)), 0.01) / sum : 1.0 / (double)t->columns;
		t->x[i] = at;
		at += share * (SHEET_RIGHT - SHEET_LEFT);
	}
	t->x[t->columns] = SHEET_RIGHT;
}

static double row_height(struct table *t, const json_t *row, enum font_style f)
{
	size_t most = 1;

	for (size_t i = 0; i < t->columns; i++) {
		AUTO(mem_free) char *text = cell_text(row, i);
		double room = t->x[i + 1] - t->x[i] - 2 * CELL_PAD;
		size_t n;
		sheet_lines_free(sheet_wrap(t->s, f, t->size, text, room, room, &n));
		most = n > most ? n : most;
	}
	return (double)most * t->size * SHEET_LEADING + 2 * CELL_PAD;
}

static void draw_cell(struct table *t, const json_t *row, size_t i, enum font_style f, const char *align)
{
	AUTO(mem_free) char *text = cell_text(row, i);
	double x0 = t->x[i] + CELL_PAD, room = t->x[i + 1] - t->x[i] - 2 * CELL_PAD, y = t->s->y - CELL_PAD;
	size_t n;
	char **lines = sheet_wrap(t->s, f, t->size, text, room, room, &n);

	for (size_t k = 0; k < n; k++) {
		double slack = room - sheet_width(t->s, f, t->size, lines[k]);
		double x = strcmp(align, "center") == 0 ? x0 + slack / 2 : strcmp(align, "right") == 0 ? x0 + slack : x0;
		y -= t->size * SHEET_LEADING;
		sheet_text(t->s, f, t->size, x, y + t->size * 0.2, lines[k]);
	}
	sheet_lines_free(lines);
}

static void draw_row(struct table *t, const json_t *row, enum font_style f, bool heading)
{
	double h = row_height(t, row, f);

	for (size_t i = 0; i < t->columns; i++) {
		const char *align = json_string_value(json_array_get(t->align, i));
		draw_cell(t, row, i, f, heading ? "center" : align ? align : "left");
		sheet_box(t->s, t->x[i], t->s->y - h, t->x[i + 1] - t->x[i], h, false);
	}
	t->s->y -= h;
}

void block_table(struct sheet *s, const json_t *b)
{
	struct table t = { .s = s, .size = block_number(b, "size", 12, 7, 16), .head = json_object_get(b, "head"),
		           .align = json_object_get(b, "align") };
	const json_t *rows = json_object_get(b, "rows"), *row;
	size_t i;

	t.columns = json_array_size(t.head ? t.head : json_array_get(rows, 0));
	if (t.columns == 0 || t.columns > COLUMNS_MAX) {
		sheet_fail(s, ERR_USAGE, "table without columns, or with too many");
		return;
	}
	set_columns(&t, b);
	s->y -= 4;
	if (t.head) {
		sheet_need(s, row_height(&t, t.head, FONT_BOLD) + row_height(&t, json_array_get(rows, 0), FONT_REGULAR));
		draw_row(&t, t.head, FONT_BOLD, true);
	}
	json_array_foreach (rows, i, row) {
		int page = s->pages;
		if (s->failed)
			return;
		sheet_need(s, row_height(&t, row, FONT_REGULAR));
		if (s->pages != page && t.head)
			draw_row(&t, t.head, FONT_BOLD, true);
		draw_row(&t, row, FONT_REGULAR, false);
	}
	s->y -= 6;
}
