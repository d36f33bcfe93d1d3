/* What the files of this room share. */
#ifndef UI_UI_INT_H
#define UI_UI_INT_H

#include "ui/typing.h"
#include "ui/ui.h"

#include "screen/screen.h"

#include <stdint.h>
#include <wchar.h>

#define NO_OPTION ((size_t)-1)

enum role {
	R_PAGE, R_BAR, R_DIM, R_HEAD, R_FOCUS, R_FIELD, R_FIELD_ON, R_ERROR, R_NOTICE, R_KEY, R_SANDBOX, R_PAPER, R_BOX,
	R_COUNT
};
enum theme { THEME_NORMAL, THEME_INVERTED, THEME_MONO };
enum { GREYS = 4, VALUE_MAX = 2000, LIST_PAGE = 9 };

/* A key: a character, or one of ncurses' KEY_ codes when `fn`. */
struct press {
	bool fn;
	wint_t c;
};
enum { KEY_PASTE_ON = 0x2000, KEY_PASTE_OFF };

/* What ui remembers of a field while the serial stays. */
struct fstate {
	size_t cur;              /* option under the cursor, NO_OPTION: none yet */
	size_t caret;            /* byte in the value */
	size_t from;             /* byte of the first letter shown */
	int scroll;              /* first line of a note */
	bool picture;            /* page: view "Hình" */
	bool had_error;
	int64_t shown_until;     /* the last digit of a secret may be seen until then */
};

/* Where a field stands; rows are rows of the body, which may be longer than the room it has. */
struct place {
	int row, h;              /* h 0: not drawn */
	size_t first, end;       /* list: options on the page shown */
	int page, pages;
	bool hints;              /* list: hints have lines of their own */
	int *high;               /* list: rows of each option, then the same with hints */
	bool scrolls;            /* note: longer than its room */
};

struct layout {
	int rows, cols;
	int top, bottom;         /* body: first row, row after the last */
	int left, width;         /* columns of the form */
	int label;               /* width of the column of labels, 0: labels above */
	int text_row, text_n;
	int help_row;            /* -1: none */
	int key_lines;
	int qr_x, qr_y, qr_quiet;    /* qr_x 0: no code beside the text */
	int content;             /* rows the body holds */
	int more_row;            /* tells that the body is longer than its room; -1: it is not */
	bool small_window, narrow;
	struct place *at;        /* one a field, `nat` of them */
	size_t nat;
};

struct ui {
	struct ui_options o;
	enum theme theme;
	bool colour;
	void *screen;            /* SCREEN */
	unsigned attr[R_COUNT];
	struct view *view;
	bool shown;              /* serial has a meaning */
	unsigned serial;
	struct fstate *fs;
	size_t nfs, focus;
	bool submitted;          /* since the last ui_show() */
	struct layout lay;
	int scroll;              /* first row of the body shown */
	bool reading;            /* the body stands where PgDn or a new message put it, not at the focus, until the next other key */
	char *told;              /* error and notice shown last */
	int clip_top, clip_bottom, clip_shift;   /* see put_clip() */
	int cursor_y, cursor_x;  /* -1: nowhere */
	struct typing typing;
	bool literal;            /* a composed letter came in: the rest of the word is not for the engine */
	char *over_title, *over_text;
	bool over_up, over_any;
	int over_scroll;
	char *curtain;
	bool dirty, touched, gone, resized;
	unsigned long frames, presses;   /* drawn, handled: for tests */
	bool pasting, edited;            /* edited: a text of the view with that serial, not reported yet */
	size_t edited_at;
	unsigned edited_serial;
	char part[8];            /* bytes of a letter that is not whole yet */
	size_t npart;
	struct press last;
	int64_t last_at;
};

/* theme.c */
enum theme theme_from(const char *name);
void theme_setup(struct ui *ui);
unsigned theme_qr(bool upper_dark);        /* background dark or light, the lower half the other */
unsigned theme_grey(const struct ui *ui, int upper, int lower);   /* 0 black to GREYS-1 white */

/* put.c: everything that reaches the terminal goes through here (rule D1). Rows are shifted and clipped by put_clip(). */
void put_clip(struct ui *ui, int top, int bottom, int shift);
void put_attr(struct ui *ui, int y, int x, int w, unsigned attr, const char *s);
void put(struct ui *ui, int y, int x, int w, enum role r, const char *s);
void put_right(struct ui *ui, int y, int x, int w, enum role r, const char *s);
void put_fill(struct ui *ui, int y, int x, int w, enum role r);
void put_cell(struct ui *ui, int y, int x, unsigned attr, wchar_t c);
void put_cursor(struct ui *ui, int y, int x);
int put_wrapped(struct ui *ui, int y, int x, int w, enum role r, const char *s);   /* rows used */
int wrapped_rows(const char *s, int w);
int cells_of(const char *s);                 /* text_width(), quick for the letters of our languages */

/* layout.c, frame.c */
void layout_compute(struct ui *ui);
void layout_free(struct layout *l);
void frame_draw(struct ui *ui);            /* bar, sandbox line, help line, keys */
int frame_key_lines(struct ui *ui, int cols);
void draw(struct ui *ui);

/* fields: which kinds are what */
bool kind_is_text(enum field_kind k);
bool kind_is_list(enum field_kind k);
bool field_focusable(const struct ui *ui, size_t i);
struct view_field *focused(const struct ui *ui);   /* NULL: nothing has the focus */

/* text_field.c */
void text_draw(struct ui *ui, size_t i, int y);
int text_rows(const struct ui *ui, size_t i, const struct layout *l);
void text_focus(struct ui *ui, size_t i);
/* True when the key was for the field; *changed when the value is another. */
bool text_key(struct ui *ui, size_t i, struct press k, bool *changed);
void text_paste(struct ui *ui, size_t i, wchar_t c);

/* list.c, list_draw.c */
void list_measure(struct ui *ui, size_t i, int w, int *least, int *want);
void list_place(struct ui *ui, size_t i, int w);   /* fills the place's page for its height */
void list_draw(struct ui *ui, size_t i, int y);
bool list_key(struct ui *ui, size_t i, struct press k, struct ui_event *ev);
bool list_number(struct ui *ui, size_t i, int number, struct ui_event *ev);
void list_sane(struct ui *ui, size_t i);           /* after a refill */
int list_item_rows(const struct view_field *f, const struct option *o, int w, bool hints);
const char *list_hint(const struct ui *ui, size_t i);   /* hint of the cursor's option when no line shows it */
int list_columns(const struct view_field *f, int w);

/* page.c, page_draw.c */
void page_draw(struct ui *ui, size_t i, int y);
bool page_key(struct ui *ui, size_t i, struct press k, struct ui_event *ev);

/* note.c */
int note_rows(const struct view_field *f, int w);
void note_draw(struct ui *ui, size_t i, int y);
bool note_key(struct ui *ui, size_t i, struct press k);
int wait_rows(const struct view_field *f, int w);
void wait_draw(struct ui *ui, size_t i, int y);

/* code.c: the QR in cells */
bool code_place(struct ui *ui, struct layout *l);   /* room beside the text? fills qr_x, qr_y, qr_quiet */
int code_rows(const struct ui *ui, size_t i, const struct layout *l);
void code_draw(struct ui *ui, size_t i, int y);
void code_forget(void);

/* overlay.c */
void overlay_draw(struct ui *ui);
void overlay_key(struct ui *ui, struct press k);
void curtain_draw(struct ui *ui);

/* input.c */
void input_setup(void);
/* 1: a key; 0: nothing there; -1: the terminal is gone. */
int input_read(struct ui *ui, struct press *k);

/* keys.c */
struct ui_event keys_handle(struct ui *ui, struct press k);
bool body_turn(struct ui *ui, bool down);  /* false when all of the body is seen */
void focus_set(struct ui *ui, size_t i);
bool focus_step(struct ui *ui, int way);

#endif
