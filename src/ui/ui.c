#include "ui/ui_int.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

enum { ESCAPE_MS = 25, MACHINE_MS = 15 };
static const char PASTE_ON[] = "\033[?2004h", PASTE_OFF[] = "\033[?2004l", SCROLLBACK_OFF[] = "\033[3J";

static void say(const char *s, size_t n)
{
	ssize_t done = write(STDOUT_FILENO, s, n);

	(void)done;              /* a closed terminal is noticed by the reading side */
}

static bool linux_console(void)
{
	const char *term = getenv("TERM");

	return term && !strncmp(term, "linux", 5);
}

/* ---- opening and closing ---- */

/* ncurses would end the process by itself when the terminal is unknown, so terminfo is asked first. */
static bool terminal_draws(void)
{
	int result = 0;
	bool can = getenv("TERM") && setupterm(NULL, STDOUT_FILENO, &result) == OK && cursor_address && !generic_type &&
		!hard_copy;

	if (cur_term)
		del_curterm(cur_term);
	return can;
}

static int refuse(struct err *e, const char *id)
{
	err_set(e, ERR_USAGE, "%s", msg(id));
	return err_reason(e, id);
}

static int terminal_usable(struct err *e)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return refuse(e, "ui.no-tty");
	return terminal_draws() ? 0 : refuse(e, "ui.no-term");
}

/* The loop owns the signals: what newterm() puts in place (it ends the process on SIGINT and SIGTERM) goes away again. */
static SCREEN *open_screen(void)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGTSTP };
	struct sigaction before[COUNT(ours)];
	SCREEN *s;

	for (size_t i = 0; i < COUNT(ours); i++)
		sigaction(ours[i], NULL, &before[i]);
	setenv("NCURSES_NO_UTF8_ACS", "1", 1);
	unsetenv("LINES");              /* either would freeze the size */
	unsetenv("COLUMNS");
	set_escdelay(ESCAPE_MS);
	s = newterm(NULL, stdout, stdin);
	for (size_t i = 0; i < COUNT(ours); i++)
		sigaction(ours[i], &before[i], NULL);
	return s;
}

struct ui *ui_open(const struct ui_options *o, struct err *e)
{
	struct ui *ui;
	SCREEN *screen;

	if (strcmp(nl_langinfo(CODESET), "UTF-8"))
		setlocale(LC_CTYPE, "C.UTF-8");
	if (terminal_usable(e))
		return NULL;
	screen = open_screen();
	if (!screen) {
		refuse(e, "ui.no-term");
		return NULL;
	}
	ui = mem_alloc(sizeof *ui);
	ui->o = *o;
	ui->screen = screen;
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	intrflush(stdscr, FALSE);
	input_setup();
	theme_setup(ui);
	ui_set_typing(ui, o->typing);
	say(PASTE_ON, sizeof PASTE_ON - 1);
	def_prog_mode();
	return ui;
}

/* Nothing of the person stays: not on the screen, not in the console's memory of lines above (rule P2). */
void ui_close(struct ui *ui)
{
	if (!ui)
		return;
	say(PASTE_OFF, sizeof PASTE_OFF - 1);
	if (!ui->gone) {
		bkgdset(' ');
		attrset(A_NORMAL);
		erase();
		wnoutrefresh(stdscr);
		doupdate();
	}
	endwin();
	if (linux_console())
		say(SCROLLBACK_OFF, sizeof SCROLLBACK_OFF - 1);
	delscreen(ui->screen);
	layout_free(&ui->lay);
	code_forget();
	mem_free(&ui->fs);
	mem_free(&ui->over_title);
	mem_free(&ui->over_text);
	mem_free(&ui->curtain);
	mem_free(&ui->told);
	explicit_bzero(&ui->typing, sizeof ui->typing);
	mem_free(&ui);
}

int ui_fd(const struct ui *ui)
{
	(void)ui;
	return STDIN_FILENO;
}

/* ---- drawing ---- */

static void small_window(struct ui *ui)
{
	put_clip(ui, 0, LINES, 0);
	put_wrapped(ui, LINES > 2 ? LINES / 2 - 1 : 0, 0, COLS, R_HEAD,
	            msg(ui->o.large ? "ui.small-window-large" : "ui.small-window"));
}

static void draw_field(struct ui *ui, size_t i, int y)
{
	switch (ui->view->fields[i].def->kind) {
	case FIELD_TEXT: case FIELD_SECRET: case FIELD_DIGITS: case FIELD_ID: case FIELD_DATE: case FIELD_PHONE:
	case FIELD_MAIL: case FIELD_SEARCH:
		text_draw(ui, i, y);
		return;
	case FIELD_CHOICE: case FIELD_MULTI: case FIELD_FILE: case FIELD_REVIEW:
		list_draw(ui, i, y);
		return;
	case FIELD_WAIT:
		wait_draw(ui, i, y);
		return;
	case FIELD_QR:
		code_draw(ui, i, y);
		return;
	case FIELD_PAGE:
		page_draw(ui, i, y);
		return;
	case FIELD_NOTE:
		note_draw(ui, i, y);
		return;
	case FIELD_KIND_COUNT:
		break;
	}
}

/* A body longer than its room (large mode) follows the focus; what lies above comes back with it. */
static void follow_focus(struct ui *ui)
{
	struct layout *l = &ui->lay;
	int room = l->bottom - l->top, most = l->content - room, first = 0, end = 0;

	if (focused(ui) && !ui->reading) {
		first = l->at[ui->focus].row;
		end = first + l->at[ui->focus].h;
		if (end <= room)
			ui->scroll = 0;
		if (end > ui->scroll + room)
			ui->scroll = end - room;
		if (first < ui->scroll && end > room)
			ui->scroll = first;
	}
	if (ui->scroll > most)
		ui->scroll = most;
	if (ui->scroll < 0)
		ui->scroll = 0;
}

bool body_turn(struct ui *ui, bool down)
{
	int room = ui->lay.bottom - ui->lay.top;

	if (ui->lay.more_row < 0 || (down ? ui->lay.content - ui->scroll <= room : ui->scroll <= 0))
		return false;
	ui->reading = true;
	ui->scroll += down ? room - 1 : 1 - room;
	return true;
}

/* A row of its own: nothing of the body lies under it. */
static void draw_more(struct ui *ui)
{
	struct layout *l = &ui->lay;

	if (l->more_row < 0)
		return;
	put_clip(ui, 0, l->rows, 0);
	if (ui->scroll > 0)
		put(ui, l->more_row, l->left, l->width / 2, R_KEY, msg("ui.more-up"));
	if (l->content - ui->scroll > l->bottom - l->top)
		put_right(ui, l->more_row, l->left, l->width, R_KEY, msg("ui.more"));
}

static void body(struct ui *ui)
{
	struct view *v = ui->view;
	struct layout *l = &ui->lay;
	int y = 0;

	follow_focus(ui);
	put_clip(ui, l->top, l->bottom, l->top - ui->scroll);
	if (v->error) {
		AUTO(mem_free) char *error = mem_printf("✖ %s %s", msg("ui.error"), v->error);

		y += put_wrapped(ui, y, l->left, l->width, R_ERROR, error);
	}
	put_wrapped(ui, y, l->left, l->width, R_NOTICE, v->notice);
	put_wrapped(ui, l->text_row, l->left, l->width, R_PAGE, v->text);
	for (size_t i = 0; i < v->nfields; i++)
		if (l->at[i].h > 0 || (v->fields[i].def->kind == FIELD_QR && l->qr_x)) {
			put_clip(ui, l->top, l->bottom, l->top - ui->scroll);
			draw_field(ui, i, l->at[i].row);
		}
	draw_more(ui);
}

/* Tests wait for this title after every key: the frame's number, then how many keys it answers. */
static void mark_frame(struct ui *ui)
{
	char mark[64];
	int n = snprintf(mark, sizeof mark, "\033]2;s%lu %lu\033\\", ++ui->frames, ui->presses);

	if (ui->o.sync)
		say(mark, (size_t)n);
}

void draw(struct ui *ui)
{
	ui->dirty = false;
	ui->cursor_y = -1;
	erase();
	layout_compute(ui);
	if (ui->lay.small_window) {
		small_window(ui);
	} else if (ui->curtain) {
		curtain_draw(ui);
	} else if (ui->view) {
		frame_draw(ui);
		body(ui);
	}
	if (ui->over_up && !ui->lay.small_window)
		overlay_draw(ui);
	attrset((int)ui->attr[R_PAGE]);
	/* last of all: braille and speech follow the cursor */
	curs_set(ui->cursor_y >= 0);
	if (ui->cursor_y >= 0)
		move(ui->cursor_y, ui->cursor_x);
	wnoutrefresh(stdscr);
	doupdate();
	mark_frame(ui);
}

/* ---- showing a view ---- */

static void first_focus(struct ui *ui)
{
	ui->focus = ui->view->nfields;
	for (size_t k = 0; k < ui->view->nfields; k++) {
		size_t i = (ui->view->focus + k) % ui->view->nfields;

		if (field_focusable(ui, i)) {
			focus_set(ui, i);
			return;
		}
	}
}

static void new_screen(struct ui *ui)
{
	struct view *v = ui->view;

	mem_free(&ui->fs);
	ui->nfs = v->nfields;
	ui->fs = mem_array(v->nfields + 1, sizeof *ui->fs);
	for (size_t i = 0; i < v->nfields; i++) {
		ui->fs[i].cur = NO_OPTION;
		list_sane(ui, i);
	}
	ui->scroll = 0;
	layout_compute(ui);      /* a note takes the focus only when it scrolls */
	first_focus(ui);
}

/* The wizard found a fault after a submit: to that field, wherever the person was. */
static void same_screen(struct ui *ui)
{
	struct view *v = ui->view;

	for (size_t i = 0; i < v->nfields; i++) {
		size_t n = v->fields[i].value ? strlen(v->fields[i].value) : 0;

		list_sane(ui, i);
		if (ui->fs[i].caret > n)
			ui->fs[i].caret = n;
	}
	if (v->focus < v->nfields && v->fields[v->focus].error && (ui->submitted || !ui->fs[v->focus].had_error) &&
	    field_focusable(ui, v->focus))
		focus_set(ui, v->focus);
	if (!focused(ui))
		first_focus(ui);
}

/* A body longer than its room is read from its top: the question of a new screen, and a new message, come before the answers. */
static void read_top(struct ui *ui, bool same)
{
	const struct view *v = ui->view;
	AUTO(mem_free) char *told = mem_printf("%s\n%s", v->error ? v->error : "", v->notice ? v->notice : "");

	if (!same || (ui->told && strcmp(told, ui->told) != 0 && strcmp(told, "\n") != 0)) {
		ui->reading = true;
		ui->scroll = 0;
	}
	mem_free(&ui->told);
	ui->told = STEAL(&told);
}

void ui_show(struct ui *ui, struct view *v)
{
	bool same = ui->shown && ui->view && ui->serial == v->serial && ui->nfs == v->nfields;

	ui->view = v;
	ui->serial = v->serial;
	ui->shown = true;
	mem_free(&ui->curtain);
	if (same)
		same_screen(ui);
	else
		new_screen(ui);
	read_top(ui, same);
	for (size_t i = 0; i < v->nfields; i++)
		ui->fs[i].had_error = v->fields[i].error != NULL;
	ui->submitted = false;
	draw(ui);
}

/* ---- events ---- */

/* The same key again within the guard is a trembling hand. Letters a machine types closer than any hand (a scanner) are not. */
static bool guarded(struct ui *ui, struct press k)
{
	int64_t now = clock_ms(), gap = now - ui->last_at;
	bool again = k.fn == ui->last.fn && k.c == ui->last.c;
	const struct view_field *f = focused(ui);
	bool text = f && kind_is_text(f->def->kind) && !k.fn && k.c >= ' ';

	ui->last = k;
	ui->last_at = now;
	return ui->o.repeat_guard_ms > 0 && again && gap < ui->o.repeat_guard_ms && !(text && gap < MACHINE_MS) && !ui->pasting;
}

struct ui_event ui_next(struct ui *ui)
{
	struct ui_event ev = { .kind = UI_NONE };
	struct press k;
	int r = 0;

	while (!ui->gone && !ui->resized && (r = input_read(ui, &k)) > 0) {
		ui->touched = true;
		ui->dirty = true;
		ui->presses++;
		if (guarded(ui, k))
			continue;
		ev = keys_handle(ui, k);
		if (ev.kind != UI_NONE)
			return ev;
	}
	if (r < 0)
		ui->gone = true;
	if (ui->gone)
		return (struct ui_event){ .kind = UI_GONE };
	if (ui->resized) {
		ui->resized = false;
		if (ui->dirty)
			draw(ui);
		return (struct ui_event){ .kind = UI_RESIZED };
	}
	if (ui->dirty)
		draw(ui);
	return ev;
}

static int64_t reveal_end(const struct ui *ui)
{
	int64_t end = 0;

	for (size_t i = 0; ui->view && i < ui->nfs; i++)
		if (ui->fs[i].shown_until && (!end || ui->fs[i].shown_until < end))
			end = ui->fs[i].shown_until;
	return end;
}

int ui_deadline(const struct ui *ui)
{
	int64_t end = reveal_end(ui), left = end - clock_ms();

	return !end ? -1 : left > 0 ? (int)left : 0;
}

void ui_tick(struct ui *ui)
{
	int64_t now = clock_ms();
	bool any = false;

	for (size_t i = 0; ui->view && i < ui->nfs; i++)
		if (ui->fs[i].shown_until && ui->fs[i].shown_until <= now) {
			ui->fs[i].shown_until = 0;
			any = true;
		}
	if (any)
		draw(ui);
}

void ui_resize(struct ui *ui)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_row || !w.ws_col)
		return;
	if (w.ws_row != LINES || w.ws_col != COLS)
		resize_term(w.ws_row, w.ws_col);
	clearok(curscr, TRUE);          /* what the terminal kept of the old picture is anybody's guess */
	ui->resized = true;
	draw(ui);
}

bool ui_touched(struct ui *ui)
{
	bool was = ui->touched;

	ui->touched = false;
	return was;
}

void ui_set_typing(struct ui *ui, const char *mode)
{
	bool new_style = ui->typing.new_style, raw = ui->typing.raw_backspace;

	ui->typing = (struct typing){ .new_style = new_style, .raw_backspace = raw, .mode = TYPING_TELEX };
	if (mode && !strcmp(mode, "vni"))
		ui->typing.mode = TYPING_VNI;
	else if (mode && !strcmp(mode, "off"))
		ui->typing.mode = TYPING_OFF;
	ui->dirty = true;
}
