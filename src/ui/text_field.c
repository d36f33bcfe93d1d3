/* One line of typing: by letters (graphemes), NFC, with the Vietnamese engine where words are written. */
#include "ui/ui_int.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool kind_is_text(enum field_kind k)
{
	switch (k) {
	case FIELD_TEXT: case FIELD_SECRET: case FIELD_DIGITS: case FIELD_ID: case FIELD_DATE: case FIELD_PHONE:
	case FIELD_MAIL: case FIELD_SEARCH:
		return true;
	case FIELD_CHOICE: case FIELD_MULTI: case FIELD_FILE: case FIELD_WAIT: case FIELD_QR: case FIELD_PAGE:
	case FIELD_NOTE: case FIELD_REVIEW: case FIELD_KIND_COUNT:
		break;
	}
	return false;
}

static bool words_kind(enum field_kind k)
{
	return k == FIELD_TEXT || k == FIELD_SEARCH;
}

/* What a field takes besides digits; NULL: anything printable. */
static const char *extra_signs(const struct field *f)
{
	bool digits_rule = f->rule && strstr(f->rule, "digits");

	switch (f->kind) {
	case FIELD_DIGITS: case FIELD_ID:
		return " .";
	case FIELD_DATE:
		return " ./-";
	case FIELD_PHONE:
		return " .+";
	case FIELD_SECRET: case FIELD_TEXT:
		return digits_rule ? " ." : NULL;
	case FIELD_MAIL: case FIELD_SEARCH: case FIELD_CHOICE: case FIELD_MULTI: case FIELD_FILE: case FIELD_WAIT:
	case FIELD_QR: case FIELD_PAGE: case FIELD_NOTE: case FIELD_REVIEW: case FIELD_KIND_COUNT:
		break;
	}
	return NULL;
}

static const char *refusal(const struct field *f)
{
	return f->kind == FIELD_ID ? "rule.id-number" : f->kind == FIELD_DATE ? "rule.date" :
	       f->kind == FIELD_PHONE ? "rule.phone" : "rule.digits";
}

static int letters(const char *s)
{
	int n = 0;

	for (size_t at = 0; s[at]; at += text_next_grapheme(s, at))
		n++;
	return n;
}

/* Digits a field of digits may hold, else letters; separators come on top of digits. */
static bool too_long(const struct field *f, const char *v)
{
	AUTO(mem_free) char *digits = NULL;
	int most = f->max ? f->max : f->kind == FIELD_ID ? 12 : f->kind == FIELD_DATE ? 8 : f->kind == FIELD_PHONE ? 12 : 0;

	if (strlen(v) > VALUE_MAX)
		return true;
	if (!extra_signs(f))
		return letters(v) > (most ? most : f->kind == FIELD_MAIL ? 254 : 250);
	digits = text_digits(v);
	return (most && (int)strlen(digits) > most) || letters(v) > (most ? most + 8 : 40);
}

/* Steals `now`. A secret leaves no copy behind. */
static void value_put(struct view_field *f, char *now)
{
	if (f->value && f->def->kind == FIELD_SECRET)
		explicit_bzero(f->value, strlen(f->value));
	mem_free(&f->value);
	f->value = now;
	mem_free(&f->error);
}

static void engine_reset(struct ui *ui)
{
	struct typing keep = ui->typing;

	ui->typing = (struct typing){ .mode = keep.mode, .new_style = keep.new_style, .raw_backspace = keep.raw_backspace };
}

static void scrap(char *s)
{
	explicit_bzero(s, strlen(s));
	mem_free(&s);
}

/* Puts `with` in place of the `cut` bytes before the caret, as NFC with what stands before. False: too long, nothing done. */
static bool replace(struct ui *ui, size_t i, size_t cut, const char *with)
{
	struct view_field *f = &ui->view->fields[i];
	struct fstate *s = &ui->fs[i];
	const char *v = f->value ? f->value : "";
	char *raw = mem_printf("%.*s%s", (int)(s->caret - cut), v, with);
	char *left = text_nfc(raw), *now = mem_printf("%s%s", left, v + s->caret);
	size_t caret = strlen(left);
	bool fits = !too_long(f->def, now) || strlen(now) <= strlen(v);

	scrap(raw);
	scrap(left);
	if (!fits) {
		scrap(now);
		return false;
	}
	value_put(f, now);
	s->caret = caret;
	return true;
}

/* The engine's word still stands before the caret. */
static bool word_stands(const struct ui *ui, size_t i)
{
	size_t n = strlen(ui->typing.text), caret = ui->fs[i].caret;
	const char *v = ui->view->fields[i].value;

	return v && n <= caret && !memcmp(v + caret - n, ui->typing.text, n);
}

static bool by_engine(struct ui *ui, size_t i, char c)
{
	struct typing before;

	if (ui->typing.nkeys && !word_stands(ui, i))
		engine_reset(ui);
	before = ui->typing;
	if (!typing_key(&ui->typing, c)) {
		engine_reset(ui);
		return false;
	}
	if (!replace(ui, i, strlen(before.text), ui->typing.text))
		ui->typing = before;
	return true;
}

static bool accepted(const struct field *f, uint32_t c)
{
	const char *signs = extra_signs(f);

	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	return !signs || (c < 0x80 && (isdigit((int)c) || strchr(signs, (int)c)));
}

static void insert(struct ui *ui, size_t i, uint32_t c)
{
	struct view_field *f = &ui->view->fields[i];
	char bytes[5];

	if (!accepted(f->def, c)) {
		mem_free(&f->error);
		f->error = rule_words(f->def, refusal(f->def));
		return;
	}
	text_put(bytes, c);
	replace(ui, i, 0, bytes);
	if (ui->o.show_last && f->def->kind == FIELD_SECRET)
		ui->fs[i].shown_until = clock_ms() + 1000;
}

static void typed(struct ui *ui, size_t i, uint32_t c)
{
	bool engine = words_kind(ui->view->fields[i].def->kind) && ui->typing.mode != TYPING_OFF;

	if (engine && c < 0x80 && !isalnum((int)c))
		ui->literal = false;
	if (engine && c < 0x80 && !ui->literal && by_engine(ui, i, (char)c))
		return;
	if (c >= 0x80) {
		engine_reset(ui);
		ui->literal = true;
	}
	insert(ui, i, c);
}

void text_paste(struct ui *ui, size_t i, wchar_t c)
{
	engine_reset(ui);
	if (c == L'\r' || c == L'\n' || c == L'\t')
		c = L' ';
	if (c >= 0x20)
		insert(ui, i, (uint32_t)c);
}

static void erase_back(struct ui *ui, size_t i)
{
	struct fstate *s = &ui->fs[i];
	size_t before = strlen(ui->typing.text);

	if (ui->typing.nkeys && word_stands(ui, i) && typing_backspace(&ui->typing)) {
		replace(ui, i, before, ui->typing.text);
		return;
	}
	engine_reset(ui);
	if (s->caret)
		replace(ui, i, text_prev_grapheme(ui->view->fields[i].value, s->caret), "");
}

static void erase_here(struct ui *ui, size_t i)
{
	struct fstate *s = &ui->fs[i];
	const char *v = ui->view->fields[i].value;
	size_t n = text_next_grapheme(v, s->caret);

	s->caret += n;
	if (n)
		replace(ui, i, n, "");
}

/* Keys that move; false: none of these. */
static bool moved(struct ui *ui, size_t i, struct press k)
{
	struct fstate *s = &ui->fs[i];
	const char *v = ui->view->fields[i].value;

	if (!k.fn)
		return false;
	if (k.c == KEY_LEFT)
		s->caret -= text_prev_grapheme(v, s->caret);
	else if (k.c == KEY_RIGHT)
		s->caret += text_next_grapheme(v, s->caret);
	else if (k.c == KEY_HOME)
		s->caret = 0;
	else if (k.c == KEY_END)
		s->caret = strlen(v);
	else
		return false;
	engine_reset(ui);
	ui->literal = false;
	return true;
}

bool text_key(struct ui *ui, size_t i, struct press k, bool *changed)
{
	struct view_field *f = &ui->view->fields[i];
	char *before;

	*changed = false;
	if (!f->value)
		f->value = mem_str("");
	if (moved(ui, i, k))
		return true;
	before = mem_str(f->value);
	if ((k.fn && k.c == KEY_BACKSPACE) || (!k.fn && (k.c == 0x7f || k.c == 8))) {
		erase_back(ui, i);
	} else if (k.fn && k.c == KEY_DC) {
		engine_reset(ui);
		erase_here(ui, i);
	} else if (!k.fn && k.c >= 0x20 && k.c != 0x7f) {
		typed(ui, i, (uint32_t)k.c);
	} else {
		scrap(before);
		return false;
	}
	*changed = strcmp(before, f->value) != 0;
	scrap(before);
	return true;
}

void text_focus(struct ui *ui, size_t i)
{
	const char *v = ui->view->fields[i].value;

	engine_reset(ui);
	ui->literal = false;
	ui->fs[i].caret = v ? strlen(v) : 0;
	ui->fs[i].from = 0;
}

/* ---- drawing ---- */

static int input_width(const struct field *f, int room)
{
	int w = room < 60 ? room : 60;

	if (f->kind == FIELD_DATE)
		w = 14;
	else if (f->kind == FIELD_ID || f->kind == FIELD_PHONE)
		w = 20;
	else if (extra_signs(f))
		w = f->max && f->max < 20 ? f->max + 6 : 26;
	else if (f->max && f->max < 40)
		w = f->max + 2;
	else if (f->kind == FIELD_SECRET)
		w = 32;
	return w < room ? w : room;
}

static char *error_line(const struct view_field *f)
{
	return f->error ? mem_printf("✖ %s", f->error) : NULL;
}

struct geometry {
	int x, w;                /* of the input */
	int above;               /* rows of the label above it */
	int error_x, error_w;    /* beside; error_w 0: below */
};

static struct geometry geometry(const struct view_field *f, const struct layout *l)
{
	AUTO(mem_free) char *error = error_line(f);
	struct geometry g = { .x = l->left + l->label, .above = !l->label && f->def->label };
	int room = l->left + l->width - g.x;

	g.w = input_width(f->def, room);
	g.error_x = g.x + g.w + 2;
	if (error && cells_of(error) <= room - g.w - 2)
		g.error_w = room - g.w - 2;
	return g;
}

int text_rows(const struct ui *ui, size_t i, const struct layout *l)
{
	const struct view_field *f = &ui->view->fields[i];
	AUTO(mem_free) char *error = error_line(f);
	struct geometry g = geometry(f, l);

	return g.above + 1 + (error && !g.error_w ? wrapped_rows(error, l->left + l->width - g.x) : 0);
}

/* What the eye may see of a value, and the caret's byte in it. */
static char *seen(const struct ui *ui, size_t i, size_t *caret, size_t *from)
{
	const struct view_field *f = &ui->view->fields[i];
	const struct fstate *s = &ui->fs[i];
	const char *v = f->value ? f->value : "";
	struct buf out = { 0 };
	bool last = clock_ms() < s->shown_until;
	size_t at = 0, dots = 0, dots_from = 0;

	*caret = s->caret;
	*from = s->from;
	if (f->def->kind != FIELD_SECRET)
		return text_clean(v, false);
	for (size_t n; v[at]; at += n) {
		n = text_next_grapheme(v, at);
		dots += at < s->caret;
		dots_from += at < s->from;
		if (last && at + n == s->caret)
			buf_add(&out, v + at, n);
		else
			buf_str(&out, "•");
	}
	*caret = dots * strlen("•");
	*from = dots_from * strlen("•");
	if (last && s->caret)
		*caret = *caret - strlen("•") + text_prev_grapheme(v, s->caret);
	return out.p ? buf_steal(&out) : mem_str("");
}

static int cells(const char *s, size_t from, size_t to)
{
	AUTO(mem_free) char *part = to > from ? mem_strn(s + from, to - from) : mem_str("");

	return cells_of(part);
}

/* First byte to draw so that the caret has its cell and as much as can be is seen. */
static size_t window_from(const char *s, size_t from, size_t caret, int w)
{
	if (from > caret)
		from = caret;
	while (from < caret && cells(s, from, caret) >= w)
		from += text_next_grapheme(s, from);
	while (from > 0) {
		size_t back = text_prev_grapheme(s, from);

		if (cells(s, from - back, strlen(s)) >= w)
			break;
		from -= back;
	}
	return from;
}

static void draw_input(struct ui *ui, size_t i, int y, struct geometry g, bool on)
{
	size_t caret, from;
	AUTO(mem_free) char *s = seen(ui, i, &caret, &from);
	enum role r = on ? R_FIELD_ON : R_FIELD;
	int w = g.w;

	if (ui->theme == THEME_MONO && w > 4) {          /* the edges must be seen without colour */
		put(ui, y, g.x, 1, R_PAGE, "[");
		put(ui, y, g.x + w - 1, 1, R_PAGE, "]");
		g.x++;
		w -= 2;
	}
	if (caret > strlen(s))
		caret = strlen(s);
	from = window_from(s, from <= strlen(s) ? from : 0, on ? caret : 0, w);
	if (ui->view->fields[i].def->kind != FIELD_SECRET)
		ui->fs[i].from = from;
	put_fill(ui, y, g.x, w, r);
	put(ui, y, g.x, w, r, s + from);
	if (from > 0)
		put(ui, y, g.x, 1, r, "…");
	if (cells_of(s + from) > w)
		put(ui, y, g.x + w - 1, 1, r, "…");
	if (on)
		put_cursor(ui, y, g.x + cells(s, from, caret));
	if (ui->view->fields[i].def->kind == FIELD_SECRET)
		explicit_bzero(s, strlen(s));
}

void text_draw(struct ui *ui, size_t i, int y)
{
	const struct view_field *f = &ui->view->fields[i];
	const struct layout *l = &ui->lay;
	struct geometry g = geometry(f, l);
	AUTO(mem_free) char *error = error_line(f);
	const char *label = f->def->label ? msg(f->def->label) : NULL;
	bool on = ui->focus == i;

	if (label) {
		int most = g.above ? l->width : l->label - 2;
		AUTO(mem_free) char *cut = text_cut(label, most);

		put(ui, y, l->left, most, on ? R_HEAD : R_PAGE, cut);
	}
	y += g.above;
	if (f->read_only)
		put(ui, y, g.x, l->left + l->width - g.x, R_PAGE, f->value);
	else
		draw_input(ui, i, y, g, on);
	if (error && g.error_w)
		put(ui, y, g.error_x, g.error_w, R_ERROR, error);
	else if (error)
		put_wrapped(ui, y + 1, g.x, l->left + l->width - g.x, R_ERROR, error);
}
