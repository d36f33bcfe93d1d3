/* From a key to an event: what lies on top first, then the keys of every screen, the screen's own, the field, the form. */
#include "ui/ui_int.h"

#include "base/mem.h"

#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct view_field *focused(const struct ui *ui)
{
	return ui->view && ui->focus < ui->view->nfields && field_focusable(ui, ui->focus) ? &ui->view->fields[ui->focus] : NULL;
}

bool field_focusable(const struct ui *ui, size_t i)
{
	const struct view_field *f = &ui->view->fields[i];

	if (f->hidden)
		return false;
	switch (f->def->kind) {
	case FIELD_TEXT: case FIELD_SECRET: case FIELD_DIGITS: case FIELD_ID: case FIELD_DATE: case FIELD_PHONE:
	case FIELD_MAIL: case FIELD_SEARCH: case FIELD_MULTI:
		return !f->read_only;
	case FIELD_CHOICE: case FIELD_FILE: case FIELD_REVIEW:
		return !f->read_only && f->noptions > 0;
	case FIELD_PAGE:
		return true;
	case FIELD_NOTE:
		return ui->lay.at && ui->lay.at[i].scrolls;
	case FIELD_WAIT: case FIELD_QR: case FIELD_KIND_COUNT:
		break;
	}
	return false;
}

void focus_set(struct ui *ui, size_t i)
{
	if (i == ui->focus || i >= ui->view->nfields)
		return;
	ui->focus = i;
	if (kind_is_text(ui->view->fields[i].def->kind))
		text_focus(ui, i);
}

/* To the next or the one before; false when there is none that way. */
bool focus_step(struct ui *ui, int way)
{
	long i = (long)ui->focus;

	do
		i += way;
	while (i >= 0 && i < (long)ui->view->nfields && !field_focusable(ui, (size_t)i));
	if (i < 0 || i >= (long)ui->view->nfields)
		return false;
	focus_set(ui, (size_t)i);
	return true;
}

static bool is_enter(struct press k)
{
	return k.fn ? k.c == KEY_ENTER : k.c == '\r' || k.c == '\n';
}

/* Is `k` what the screen's file calls `name`? */
static bool named(struct press k, const char *name)
{
	static const struct { const char *name; bool fn; wint_t c; } known[] = {
		{ "Esc", false, 0x1b }, { "Tab", false, '\t' }, { "Space", false, ' ' }, { "PgUp", true, KEY_PPAGE },
		{ "PgDn", true, KEY_NPAGE }, { "Home", true, KEY_HOME }, { "End", true, KEY_END }, { "Delete", true, KEY_DC },
	};

	if (!strcmp(name, "Enter"))
		return is_enter(k);
	if (name[0] == 'F' && name[1])
		return k.fn && k.c == (wint_t)KEY_F(atoi(name + 1));
	if (!name[1])
		return !k.fn && (k.c == (wint_t)name[0] || (name[0] >= 'a' && name[0] <= 'z' && k.c == (wint_t)(name[0] - 32)));
	for (size_t i = 0; i < COUNT(known); i++)
		if (!strcmp(name, known[i].name))
			return k.fn == known[i].fn && k.c == known[i].c;
	return false;
}

static struct ui_event act(struct ui *ui, const char *does)
{
	static const struct { const char *does; enum ui_event_kind kind; } known[] = {
		{ "submit", UI_SUBMIT }, { "back", UI_BACK }, { "help", UI_HELP }, { "officer", UI_OFFICER },
		{ "done", UI_DONE }, { "speak", UI_SPEAK },
	};
	struct ui_event ev = { .kind = UI_ACTION, .field = ui->focus };

	for (size_t i = 0; i < COUNT(known); i++)
		if (!strcmp(does, known[i].does))
			ev.kind = known[i].kind;
	snprintf(ev.action, sizeof ev.action, "%s", does);
	ui->submitted |= ev.kind == UI_SUBMIT;
	return ev;
}

/* A key row of the screen. Enter is not looked for here: fields come first there. */
static const struct key *own_key(const struct ui *ui, struct press k, bool text)
{
	const struct screen *s = ui->view->screen;

	if (is_enter(k) || (text && !k.fn && k.c >= ' '))
		return NULL;
	for (size_t i = 0; i < s->nkeys; i++)
		if (named(k, s->keys[i].key))
			return &s->keys[i];
	return NULL;
}

/* The keys every screen has. */
static bool common(struct ui *ui, struct press k, bool text, struct ui_event *ev)
{
	if (!k.fn) {
		if (k.c == 0x0c)                /* Ctrl-L: a disturbed screen */
			clearok(curscr, TRUE);
		if (k.c == '?' && !text)
			ev->kind = UI_HELP;
		return k.c == 0x0c || ev->kind != UI_NONE;
	}
	if (k.c == (wint_t)KEY_F(1))
		ev->kind = UI_HELP;
	else if (k.c == (wint_t)KEY_F(8))
		ev->kind = UI_SPEAK;
	else if (k.c == (wint_t)KEY_F(9))
		ev->kind = UI_OFFICER;
	else if (k.c == (wint_t)KEY_F(10))
		ev->kind = UI_DONE;
	else if (k.c == (wint_t)KEY_F(2))
		ui_set_typing(ui, ui->typing.mode == TYPING_OFF ? "telex" : ui->typing.mode == TYPING_TELEX ? "vni" : "off");
	else
		return false;
	return true;
}

static bool unanswered(const struct ui *ui, size_t i)
{
	const struct view_field *f = &ui->view->fields[i];

	return field_focusable(ui, i) && f->def->kind != FIELD_PAGE && f->def->kind != FIELD_NOTE &&
	       f->def->kind != FIELD_REVIEW && f->def->kind != FIELD_MULTI && (!f->value || !*f->value);
}

/* Enter goes on to the next question that has no answer; behind the last one it submits. */
static struct ui_event form_enter(struct ui *ui)
{
	const struct screen *s = ui->view->screen;
	const struct view_field *f = focused(ui);
	/* Words to search for are an answer by themselves: the lists below them are not questions still open. */
	bool searched = f && f->def->kind == FIELD_SEARCH && f->value && *f->value;

	for (size_t i = ui->focus + 1; !searched && i < ui->view->nfields; i++)
		if (unanswered(ui, i)) {
			focus_set(ui, i);
			return (struct ui_event){ .kind = UI_NONE };
		}
	for (size_t i = 0; i < s->nkeys; i++)
		if (!strcmp(s->keys[i].key, "Enter"))
			return act(ui, s->keys[i].does);
	return act(ui, "submit");
}

/* The list that a number means when no text has the focus. */
static size_t number_list(const struct ui *ui)
{
	const struct view_field *f = focused(ui);

	if (f && kind_is_list(f->def->kind))
		return ui->focus;
	for (size_t i = 0; i < ui->view->nfields; i++)
		if (kind_is_list(ui->view->fields[i].def->kind) && field_focusable(ui, i))
			return i;
	return ui->view->nfields;
}

static void text_edited(struct ui *ui)
{
	ui->edited = true;
	ui->edited_at = ui->focus;
	ui->edited_serial = ui->view->serial;
}

static bool field_key(struct ui *ui, struct press k, struct ui_event *ev)
{
	struct view_field *f = focused(ui);
	bool changed = false, used;

	if (!f)
		return false;
	if (kind_is_text(f->def->kind)) {
		used = text_key(ui, ui->focus, k, &changed);
		if (changed)
			text_edited(ui);
		if (changed && f->def->kind == FIELD_SEARCH)
			*ev = (struct ui_event){ .kind = UI_CHANGED, .field = ui->focus };
		return used;
	}
	if (kind_is_list(f->def->kind))
		return list_key(ui, ui->focus, k, ev);
	if (f->def->kind == FIELD_PAGE)
		return page_key(ui, ui->focus, k, ev);
	return f->def->kind == FIELD_NOTE && note_key(ui, ui->focus, k);
}

static bool in_sight(const struct ui *ui, size_t i)
{
	const struct place *p = &ui->lay.at[i];

	return ui->lay.more_row < 0 || (p->row + p->h > ui->scroll && p->row < ui->scroll + ui->lay.bottom - ui->lay.top);
}

/* PgUp and PgDn that the focused field has no use for: a page preview, a long note, a list further down. */
static bool elsewhere(struct ui *ui, struct press k, struct ui_event *ev)
{
	if (!k.fn || (k.c != KEY_NPAGE && k.c != KEY_PPAGE))
		return false;
	for (size_t i = 0; i < ui->view->nfields; i++) {
		const struct view_field *f = &ui->view->fields[i];

		if (f->hidden || i == ui->focus || !in_sight(ui, i))
			continue;
		if (f->def->kind == FIELD_NOTE ? note_key(ui, i, k) :
		    f->def->kind == FIELD_PAGE ? page_key(ui, i, k, ev) :
		    kind_is_list(f->def->kind) && ui->lay.at[i].pages > 1 && list_key(ui, i, k, ev))
			return true;
	}
	return body_turn(ui, k.c == KEY_NPAGE);
}

/* Round and round; the arrows stop at the ends. */
static void tab(struct ui *ui)
{
	if (focus_step(ui, 1))
		return;
	for (size_t i = 0; i < ui->view->nfields; i++)
		if (field_focusable(ui, i)) {
			focus_set(ui, i);
			return;
		}
}

static struct ui_event form_key(struct ui *ui, struct press k)
{
	struct ui_event ev = { .kind = UI_NONE };

	if (is_enter(k))
		return form_enter(ui);
	if (!k.fn && k.c >= '1' && k.c <= '9') {
		size_t i = number_list(ui);

		if (i < ui->view->nfields)
			list_number(ui, i, (int)(k.c - '0'), &ev);
		return ev;
	}
	if (!k.fn && k.c == 0x1b)
		ev.kind = UI_BACK;
	else if (!k.fn && k.c == '\t')
		tab(ui);
	else if (k.fn && k.c == KEY_BTAB)
		focus_step(ui, -1);
	else if (k.fn && (k.c == KEY_DOWN || k.c == KEY_UP))
		focus_step(ui, k.c == KEY_DOWN ? 1 : -1);
	else
		elsewhere(ui, k, &ev);
	return ev;
}

/* An answer picked in a form of several questions: on to the next one that has none. */
static void after_choice(struct ui *ui, const struct ui_event *ev)
{
	if (ev->kind != UI_CHOSEN || ui->view->fields[ev->field].def->kind != FIELD_CHOICE)
		return;
	for (size_t i = ui->focus + 1; i < ui->view->nfields; i++)
		if (unanswered(ui, i)) {
			focus_set(ui, i);
			return;
		}
}

static bool paste(struct ui *ui, struct press k, struct ui_event *ev)
{
	const struct view_field *f = focused(ui);

	if (k.fn && (k.c == KEY_PASTE_ON || k.c == KEY_PASTE_OFF)) {
		ui->pasting = k.c == KEY_PASTE_ON;
		return true;
	}
	if (!ui->pasting)
		return false;
	if (k.fn || k.c == 0x1b) {              /* a paste that lost its end must not hold the keys for ever */
		ui->pasting = false;
		return false;
	}
	if (!f || !kind_is_text(f->def->kind))
		return true;
	text_paste(ui, ui->focus, (wchar_t)k.c);
	text_edited(ui);
	if (f->def->kind == FIELD_SEARCH)
		*ev = (struct ui_event){ .kind = UI_CHANGED, .field = ui->focus };
	return true;
}

static struct ui_event handle(struct ui *ui, struct press k)
{
	struct ui_event ev = { .kind = UI_NONE };
	const struct view_field *f;
	const struct key *own;
	bool text;

	if (ui->over_up) {
		overlay_key(ui, k);
		return ev;
	}
	if (!ui->view || ui->curtain || ui->lay.small_window)
		return ev;
	if (!k.fn || (k.c != KEY_NPAGE && k.c != KEY_PPAGE))
		ui->reading = false;
	f = focused(ui);
	text = f && kind_is_text(f->def->kind);
	if (paste(ui, k, &ev) || common(ui, k, text, &ev))
		return ev;
	own = own_key(ui, k, text);
	if (own)
		return act(ui, own->does);
	if (ui->reading && k.fn && (k.c == KEY_NPAGE || k.c == KEY_PPAGE) && body_turn(ui, k.c == KEY_NPAGE))
		return ev;
	if (!field_key(ui, k, &ev))
		ev = form_key(ui, k);
	after_choice(ui, &ev);
	return ev;
}

/* A text is an answer when the cursor leaves it, not only when the page is done (rule U15). Every other event takes the whole
 * page along, so nothing is told twice. */
struct ui_event keys_handle(struct ui *ui, struct press k)
{
	struct ui_event ev = handle(ui, k);
	bool still = ui->edited && ui->view && ui->view->serial == ui->edited_serial;

	if (still && ev.kind == UI_NONE && ui->focus == ui->edited_at)
		return ev;
	if (still && ev.kind == UI_NONE)
		ev = (struct ui_event){ .kind = UI_CHANGED, .field = ui->edited_at };
	ui->edited = false;
	return ev;
}
