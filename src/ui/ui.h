/* Draws a view on the terminal and turns keys into events (ncursesw). Single thread; never waits: feed it from poll(). */
#ifndef UI_UI_H
#define UI_UI_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct view;
struct ui;

struct ui_options {
	const char *theme;        /* "normal", "inverted", "mono" */
	bool large;               /* 40x12 mode */
	bool sync;                /* send the test marker after every frame (sandbox only) */
	const char *typing;       /* "telex", "vni", "off" */
	int repeat_guard_ms;      /* same key again within this time is dropped (rule U20); 0: off */
	const char *sandbox_note; /* "THỬ NGHIỆM" line shown on every screen, NULL: none */
	bool show_last;           /* the last letter of a secret may be seen for a second (rule U21) */
};

enum ui_event_kind {
	UI_NONE,
	UI_SUBMIT,        /* Enter on the form (fields hold the values), or `action` of a key row that does "submit" */
	UI_CHOSEN,        /* a choice was picked by number or Enter: field + its option id in the field's value */
	UI_CHANGED,       /* a FIELD_SEARCH text or any choice/tick changed: the wizard may refill */
	UI_ACTION,        /* a key row with another `does`: action id */
	UI_BACK,          /* Esc */
	UI_HELP,          /* F1 or ? */
	UI_OFFICER,       /* F9, and 9 where the screen's text offers it (key row "9") */
	UI_DONE,          /* F10 */
	UI_SPEAK,         /* F8 */
	UI_PAGE_TURN,     /* FIELD_PAGE: the wizard is asked for page `number` (1-based) */
	UI_BOX_MOVED,     /* FIELD_PAGE: page.box changed */
	UI_RESIZED,
	UI_GONE           /* the terminal is closed */
};
struct ui_event {
	enum ui_event_kind kind;
	size_t field;             /* index, where it has a meaning */
	char action[32];
	long number;
};

/* Opens the terminal. ERR_USAGE with a plain sentence when there is no TERM or it cannot do what is needed. */
struct ui *ui_open(const struct ui_options *o, struct err *e);
void ui_close(struct ui *ui);                 /* gives the terminal back; safe on every way out */
int ui_fd(const struct ui *ui);

/* Draws. A view with another `serial` starts with its own focus; the same serial keeps cursor and scroll. The view stays
 * the caller's and must live until the next ui_show(). ui edits field values in place. */
void ui_show(struct ui *ui, struct view *v);
/* An overlay of text lines (help, call of an officer, idle warning): drawn above the view, any key closes it when `any_key`. */
void ui_overlay(struct ui *ui, const char *title, const char *text, bool any_key);
bool ui_overlay_up(const struct ui *ui);
void ui_overlay_close(struct ui *ui);
/* A curtain without personal data (idle end). */
void ui_curtain(struct ui *ui, const char *text);

/* Reads what the terminal has; returns one event at a time, UI_NONE when nothing is left. Redraws by itself what a key changed. */
struct ui_event ui_next(struct ui *ui);
/* Milliseconds until ui_tick() has work (escape delay, last digit shown), -1: none. */
int ui_deadline(const struct ui *ui);
void ui_tick(struct ui *ui);
void ui_resize(struct ui *ui);                /* after SIGWINCH */
/* Keys seen since the last call (idleness); true when any came. */
bool ui_touched(struct ui *ui);
void ui_set_typing(struct ui *ui, const char *mode);

#endif
