#include <stdio.h>

#include "pdf/blocks.h"

#include "base/qr.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double BODY = 13, WIDTH = SHEET_RIGHT - SHEET_LEFT;
static const double SIGN_ROOM = 78; /* free between the title and the printed name: a box of 60 and air */

char *block_text(const json_t *b, const char *key)
{
	const char *s = json_string_value(json_object_get(b, key));

	return text_clean(s ? s : "", true);
}

double block_number(const json_t *b, const char *key, double none, double min, double max)
{
	const json_t *v = json_object_get(b, key);

	return json_is_number(v) ? fmin(fmax(json_number_value(v), min), max) : none;
}

bool block_is(const json_t *b, const char *key)
{
	return json_is_true(json_object_get(b, key));
}

static enum font_style style_of(const json_t *b)
{
	return block_is(b, "bold") ? FONT_BOLD : block_is(b, "italic") ? FONT_ITALIC : FONT_REGULAR;
}

/* Centred between x0 and x1; returns the y below. */
static double centred(struct sheet *s, enum font_style f, double size, double x0, double x1, double y, const char *text)
{
	size_t n;
	char **lines = sheet_wrap(s, f, size, text, x1 - x0, x1 - x0, &n);

	for (size_t i = 0; i < n; i++) {
		y -= size * SHEET_LEADING;
		sheet_text(s, f, size, (x0 + x1 - sheet_width(s, f, size, lines[i])) / 2, y, lines[i]);
	}
	sheet_lines_free(lines);
	return y;
}

static double centred_height(struct sheet *s, enum font_style f, double size, double room, const char *text)
{
	size_t n;

	sheet_lines_free(sheet_wrap(s, f, size, text, room, room, &n));
	return *text ? (double)n * size * SHEET_LEADING : 0;
}

static void rule_under(struct sheet *s, enum font_style f, double size, double x0, double x1, double y, const char *text,
                       double share)
{
	double w = fmin(sheet_width(s, f, size, text), x1 - x0) * share, mid = (x0 + x1) / 2;

	sheet_line(s, mid - w / 2, y - 5, mid + w / 2, y - 5, 0.7);
}

/* Beside an agency's name they take the right 60 %. */
static void draw_motto(struct sheet *s, const json_t *b)
{
	AUTO(mem_free) char *parent = block_text(b, "parent"), *agency = block_text(b, "agency"), *number = block_text(b, "number");
	bool two = *parent || *agency;
	double x0 = two ? SHEET_LEFT + WIDTH * 0.4 : SHEET_LEFT, size = two ? 12 : 13, y = s->y, left = s->y;

	sheet_need(s, 60);
	y = left = s->y;
	y = centred(s, FONT_BOLD, size, x0 - (two ? 8 : 0), SHEET_RIGHT + (two ? 8 : 0), y, BLOCK_COUNTRY);
	y = centred(s, FONT_BOLD, size + 1, x0, SHEET_RIGHT, y, BLOCK_MOTTO);
	rule_under(s, FONT_BOLD, size + 1, x0, SHEET_RIGHT, y, BLOCK_MOTTO, 1);
	if (*parent)
		left = centred(s, FONT_REGULAR, size, SHEET_LEFT - 20, x0 - 10, left, parent);
	if (*agency) {
		left = centred(s, FONT_BOLD, size, SHEET_LEFT - 20, x0 - 10, left, agency);
		rule_under(s, FONT_BOLD, size, SHEET_LEFT - 20, x0 - 10, left, agency, 0.4);
	}
	if (*number)
		left = centred(s, FONT_REGULAR, size, SHEET_LEFT - 20, x0 - 10, left - 8, number);
	s->y = fmin(y, left) - 16;
}

static void draw_title(struct sheet *s, const json_t *b)
{
	AUTO(mem_free) char *text = block_text(b, "text"), *sub = block_text(b, "sub");
	double size = block_number(b, "size", 15, 8, 24);

	sheet_need(s, 80);
	s->y = centred(s, FONT_BOLD, size, SHEET_LEFT, SHEET_RIGHT, s->y - 4, text);
	if (*sub)
		s->y = centred(s, FONT_ITALIC, BODY, SHEET_LEFT, SHEET_RIGHT, s->y, sub);
	s->y -= 10;
}

static void draw_line(struct sheet *s, enum font_style f, double size, const char *line, const char *align, bool last, double x)
{
	double w = sheet_width(s, f, size, line), room = SHEET_RIGHT - x;

	if (strcmp(align, "center") == 0)
		x += (room - w) / 2;
	else if (strcmp(align, "right") == 0)
		x += room - w;
	if (strcmp(align, "justify") != 0 || last || !strchr(line, ' ')) {
		sheet_text(s, f, size, x, s->y, line);
		return;
	}
	/* Word by word: word spacing does not act on two-byte codes (ISO 32000-1 9.3.3). */
	AUTO(mem_free) char *copy = mem_str(line);
	int gaps = 0;
	char *save = NULL;
	for (const char *c = line; *c; c++)
		gaps += *c == ' ';
	double gap = sheet_width(s, f, size, " ") + (room - w) / gaps;
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		sheet_text(s, f, size, x, s->y, word);
		x += sheet_width(s, f, size, word) + gap;
	}
}

static void draw_text(struct sheet *s, const json_t *b)
{
	AUTO(mem_free) char *text = block_text(b, "text"), *align = block_text(b, "align");
	double size = block_number(b, "size", BODY, 7, 24), indent = block_number(b, "indent", 0, 0, 200);
	double left = SHEET_LEFT + block_number(b, "left", 0, 0, 200);
	enum font_style f = style_of(b);
	size_t n;
	char **lines = sheet_wrap(s, f, size, text, SHEET_RIGHT - left - indent, SHEET_RIGHT - left, &n);

	for (size_t i = 0; i < n && !s->failed; i++) {
		sheet_need(s, size * SHEET_LEADING);
		s->y -= size * SHEET_LEADING;
		draw_line(s, f, size, lines[i], align, i + 1 == n, i ? left : left + indent);
	}
	sheet_lines_free(lines);
	s->y -= 3;
}

static void draw_head(struct sheet *s, const json_t *b)
{
	AUTO(mem_free) char *text = block_text(b, "text");
	double size = block_number(b, "size", BODY, 8, 24);

	sheet_need(s, 50); /* never the last line of a page */
	s->y -= 6 + size * SHEET_LEADING;
	sheet_text(s, FONT_BOLD, size, SHEET_LEFT, s->y, text);
	s->y -= 3;
}

/* "Label: value", dots where nothing is; returns the y below. Measures only when `draw` is false. */
static double field_in(struct sheet *s, const json_t *b, double x0, double x1, double y, bool draw)
{
	AUTO(mem_free) char *label = block_text(b, "text"), *value = block_text(b, "value");
	double size = block_number(b, "size", BODY, 7, 24), high = size * 1.45;
	AUTO(mem_free) char *head = *label ? mem_printf("%s: ", label) : mem_str("");
	double w = sheet_width(s, FONT_REGULAR, size, head), x = x0 + w;
	enum font_style f = block_is(b, "bold") ? FONT_BOLD : FONT_REGULAR;
	size_t n;

	if (w > (x1 - x0) * 0.92) { /* a long label has lines of its own */
		char **lines = sheet_wrap(s, FONT_REGULAR, size, head, x1 - x0, x1 - x0, &n);
		for (size_t i = 0; i + 1 < n; i++, y -= high)
			if (draw)
				sheet_text(s, FONT_REGULAR, size, x0, y - high, lines[i]);
		if (draw)
			sheet_text(s, FONT_REGULAR, size, x0, y - high, lines[n - 1]);
		x = x0 + sheet_width(s, FONT_REGULAR, size, lines[n - 1]) + size * 0.25;
		sheet_lines_free(lines);
	} else if (draw) {
		sheet_text(s, FONT_REGULAR, size, x0, y - high, head);
	}
	char **lines = sheet_wrap(s, f, size, value, x1 - x, x1 - x0, &n);
	for (size_t i = 0; i < n; i++, y -= high)
		if (draw)
			sheet_text(s, f, size, i ? x0 : x, y - high, lines[i]);
	sheet_lines_free(lines);
	if (*value)
		return y;
	if (draw)
		sheet_dots(s, size, x, x1, y);
	for (int more = (int)block_number(b, "lines", 1, 1, 12); more > 1; more--, y -= high)
		if (draw)
			sheet_dots(s, size, x0, x1, y - high);
	return y;
}

static void draw_field(struct sheet *s, const json_t *b)
{
	sheet_need(s, s->y - field_in(s, b, SHEET_LEFT, SHEET_RIGHT, s->y, false));
	s->y = field_in(s, b, SHEET_LEFT, SHEET_RIGHT, s->y, true) - 1;
}

static void draw_pair(struct sheet *s, const json_t *b)
{
	const json_t *left = json_object_get(b, "left"), *right = json_object_get(b, "right");
	double mid = SHEET_LEFT + WIDTH * block_number(b, "at", 0.5, 0.15, 0.85);
	double a = field_in(s, left, SHEET_LEFT, mid - 6, s->y, false), c = field_in(s, right, mid + 2, SHEET_RIGHT, s->y, false);

	sheet_need(s, s->y - fmin(a, c));
	a = field_in(s, left, SHEET_LEFT, mid - 6, s->y, true);
	c = field_in(s, right, mid + 2, SHEET_RIGHT, s->y, true);
	s->y = fmin(a, c) - 1;
}

static void draw_check(struct sheet *s, const json_t *b)
{
	AUTO(mem_free) char *text = block_text(b, "text");
	double size = block_number(b, "size", BODY, 7, 24), side = size * 0.72, x = SHEET_LEFT + 4;
	size_t n;
	char **lines = sheet_wrap(s, FONT_REGULAR, size, text, WIDTH - 24, WIDTH - 24, &n);

	sheet_need(s, (double)n * size * SHEET_LEADING + 4);
	for (size_t i = 0; i < n; i++) {
		s->y -= size * SHEET_LEADING;
		sheet_text(s, FONT_REGULAR, size, SHEET_LEFT + 24, s->y, lines[i]);
		if (i)
			continue;
		sheet_box(s, x, s->y, side, side, false);
		if (block_is(b, "value")) {
			sheet_line(s, x + 2, s->y + 2, x + side - 2, s->y + side - 2, 1.2);
			sheet_line(s, x + 2, s->y + side - 2, x + side - 2, s->y + 2, 1.2);
		}
	}
	sheet_lines_free(lines);
	s->y -= 3;
}

static void draw_gap(struct sheet *s, const json_t *b)
{
	s->y -= block_number(b, "size", 10, 0, 400);
	sheet_need(s, 0);
}

static void draw_rule(struct sheet *s, const json_t *b)
{
	(void)b;
	sheet_need(s, 12);
	s->y -= 6;
	sheet_line(s, SHEET_LEFT, s->y, SHEET_RIGHT, s->y, 0.7);
	s->y -= 6;
}

static void draw_break(struct sheet *s, const json_t *b)
{
	(void)b;
	if (s->y < SHEET_TOP)
		sheet_new_page(s);
}

static double sign_place(struct sheet *s, const json_t *b, double x0, double x1, double y)
{
	AUTO(mem_free) char *place = block_text(b, "place");

	return *place ? centred(s, FONT_ITALIC, BODY, x0, x1, y, place) : y;
}

/* One signer between x0 and x1. The title is the keyword, and its box goes right under it: name and note come below. */
static double sign_in(struct sheet *s, const json_t *b, double x0, double x1, double y)
{
	AUTO(mem_free) char *title = block_text(b, "text"), *note = block_text(b, "note"), *name = block_text(b, "name");

	y = centred(s, FONT_BOLD, BODY, x0, x1, y, title) - SIGN_ROOM;
	if (*name)
		y = centred(s, FONT_BOLD, BODY, x0, x1, y, name);
	if (*note)
		y = centred(s, FONT_ITALIC, 11, x0, x1, y, note);
	return y;
}

static double sign_height(struct sheet *s, const json_t *b, double room)
{
	AUTO(mem_free) char *place = block_text(b, "place"), *title = block_text(b, "text"), *note = block_text(b, "note"),
	               *name = block_text(b, "name");

	return centred_height(s, FONT_ITALIC, BODY, room, place) + centred_height(s, FONT_BOLD, BODY, room, title) + SIGN_ROOM +
	       centred_height(s, FONT_BOLD, BODY, room, name) + centred_height(s, FONT_ITALIC, 11, room, note);
}

/* Never torn apart by a page break: a signature alone on a page signs nothing. */
static void draw_sign(struct sheet *s, const json_t *b)
{
	const json_t *left = json_object_get(b, "left"), *right = json_object_get(b, "right");
	double mid = SHEET_LEFT + WIDTH / 2, room = WIDTH / 2, y;

	if (!right)
		right = b;
	sheet_need(s, fmax(sign_height(s, right, room), left ? sign_height(s, left, room) : 0) + 8);
	double top = sign_place(s, right, mid, SHEET_RIGHT, s->y - 8);
	if (left)
		top = fmin(top, sign_place(s, left, SHEET_LEFT, mid, s->y - 8));
	y = sign_in(s, right, mid, SHEET_RIGHT, top);
	if (left)
		y = fmin(y, sign_in(s, left, SHEET_LEFT, mid, top));
	s->y = y - 4;
}

static void draw_qr(struct sheet *s, const json_t *b)
{
	AUTO(mem_free) char *text = block_text(b, "text"), *caption = block_text(b, "caption"), *align = block_text(b, "align");
	double size = block_number(b, "size", 90, 40, 300), x = SHEET_LEFT;
	AUTO(qr_free) struct qr q = { 0 };

	if (s->failed)
		return;
	if (qr_make(&q, text, s->e) < 0) {
		s->failed = true;
		return;
	}
	sheet_need(s, size + 20);
	if (strcmp(align, "right") == 0)
		x = SHEET_RIGHT - size;
	else if (strcmp(align, "center") == 0)
		x = (SHEET_LEFT + SHEET_RIGHT - size) / 2;
	double one = size / (q.size + 8), top = s->y - 4 * one; /* four modules of quiet zone (ISO/IEC 18004) */
	for (int row = 0; row < q.size; row++)
		for (int col = 0, run; col < q.size; col += run) {
			bool dark = q.dark[row * q.size + col];
			for (run = 1; col + run < q.size && q.dark[row * q.size + col + run] == dark; run++)
				;
			if (dark)
				sheet_box(s, x + (4 + col) * one, top - (row + 1) * one, run * one, one + 0.05, true);
		}
	s->y -= size;
	if (*caption)
		s->y = centred(s, FONT_ITALIC, 10, x - 60, x + size + 60, s->y + 2 * one, caption);
	s->y -= 4;
}

static void draw_nothing(struct sheet *s, const json_t *b)
{
	(void)s; /* the footer was read before the first page */
	(void)b;
}

const struct block_kind block_kinds[] = {
	{ .name = "motto", .draw = draw_motto },   { .name = "title", .draw = draw_title }, { .name = "head", .draw = draw_head },
	{ .name = "text", .draw = draw_text },     { .name = "field", .draw = draw_field }, { .name = "pair", .draw = draw_pair },
	{ .name = "check", .draw = draw_check },   { .name = "gap", .draw = draw_gap },     { .name = "rule", .draw = draw_rule },
	{ .name = "sign", .draw = draw_sign },     { .name = "qr", .draw = draw_qr },       { .name = "table", .draw = block_table },
	{ .name = "footer", .draw = draw_nothing }, { .name = "break", .draw = draw_break },
};
const size_t block_kinds_count = COUNT(block_kinds);
