/* A screen is data: the YAML under screens/ + messages by id, turned into a plain `struct view` that wizard steps fill and ui draws.
 * No room here draws or waits. Strings in a view are owned by the view. */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct err;
struct config;

/* ---- messages (gettext) -------------------------------------------------------------------------------------- */
/* Chooses "vi" or "en" and the province whose catalogue overrides single ids. May be called again at any time. */
int msg_setup(const char *lang, const char *province, struct err *e);
const char *msg_lang(void);
/* Text of an id; the id itself when there is none. Borrowed for ever. */
const char *msg(const char *id);
bool msg_has(const char *id);
/* Text with {name} replaced from a flat JSON object (strings and integers); the caller owns it. */
char *msg_fill(const char *id, const json_t *vars);

/* ---- a screen definition --------------------------------------------------------------------------------------- */
enum field_kind {
	FIELD_TEXT,      /* one line; Telex/VNI typing active */
	FIELD_SECRET,    /* masked; typing engine off */
	FIELD_DIGITS,    /* digits only, spaces and dots accepted and dropped */
	FIELD_ID,        /* CMT/CCCD: 9 or 12 digits */
	FIELD_DATE,      /* dd/mm/yyyy, separators optional */
	FIELD_PHONE,
	FIELD_MAIL,      /* text without the typing engine */
	FIELD_CHOICE,    /* one of; numbered 1-9 a page; `columns: 2` sets two columns; rows may have groups and hints */
	FIELD_MULTI,     /* several of; Space or the number ticks */
	FIELD_FILE,      /* list of a folder's files the wizard filled in; chosen like a choice */
	FIELD_WAIT,      /* waiting: sentence lines, progress n of m, minutes left */
	FIELD_QR,        /* data from value */
	FIELD_PAGE,      /* page preview with a movable box */
	FIELD_NOTE,      /* text to read, value from the wizard; scrolls by PgUp/PgDn when long */
	FIELD_REVIEW,    /* every answer, numbered; picking one jumps there */
	FIELD_SEARCH,    /* text whose every change is reported (VIEW_CHANGED) so that the wizard can refill a choice */
	FIELD_KIND_COUNT
};

struct field {
	char *id;
	enum field_kind kind;
	char *label;             /* message id */
	char *help;              /* message id or NULL */
	char *rule;              /* "required", "digits 6", "digits 6-12", "id-number", "date", "phone", "mail", "max 80"; several by ", " */
	bool required;
	int min, max;            /* of digits or letters; 0: none */
	int columns;             /* FIELD_CHOICE */
	int rows;                /* wish for FIELD_NOTE, FIELD_PAGE */
	json_t *options;         /* fixed options: [{id, label(message id)}] or NULL */
};
struct key {
	char *key;               /* "Enter", "F3", "n" ... as in the YAML */
	char *label;             /* message id */
	char *does;              /* "submit", "back", or an action id the step knows */
};
struct screen {
	char *id, *title, *text, *speech;   /* message ids; text and speech may be NULL */
	struct field *fields;
	size_t nfields;
	struct key *keys;        /* besides F1, F9, F10, which every screen has */
	size_t nkeys;
	int max_width;           /* columns the form may use, 0: 78 */
};

/* Screens of the program: read when first asked for, kept. Looks in provinces/ID, then citizen, staff, forms. Borrowed. */
const struct screen *screen_get(const char *id, struct err *e);
void screen_drop_all(void);
/* Other folders than path_share("screens") and path_share("locale"), before msg_setup(); NULL: those again. For tests. */
void screens_set_folders(const char *screens, const char *locale);

/* ---- a screen in use ------------------------------------------------------------------------------------------------ */
struct option {
	char *id, *label, *hint; /* label and hint are ready words, not ids; hint: second line or right column */
	char *group;             /* heading shown before the first of a run; NULL: none */
	char *mark;              /* short state word at the right: "✔ Đã ký", "chưa có tệp"; NULL: none */
	bool disabled, ticked;
};
struct page_box { double x, y, w, h; };      /* points from the lower left of the page as shown */
struct page_view {                           /* FIELD_PAGE */
	int page, pages;
	double width, height;                /* points */
	char **grid;                         /* rows of text, NULL-ended (view "Chữ"); cell = width/cols x height/rows */
	int cols, rows;
	unsigned char *gray;                 /* thumbnail, tw*th, 0 black (view "Hình"); NULL: none */
	int tw, th;
	struct page_box box;                 /* the signature box */
	bool has_box;
};
struct wait_view {                           /* FIELD_WAIT */
	char **lines;                        /* NULL-ended sentences */
	long n, m;                           /* progress; m 0: none */
	long seconds_left;                   /* -1: no limit shown */
};
struct view_field {
	const struct field *def;
	char *value;                         /* text typed, id chosen, ids ticked (space-separated), QR data, note text */
	char *error;                         /* ready words, shown beside the field; NULL: none */
	struct option *options;
	size_t noptions;
	struct page_view page;
	struct wait_view wait;
	bool hidden;
	bool read_only;
};
struct view {
	const struct screen *screen;
	char *title, *text;                  /* ready words */
	char *step;                          /* "Bước 3/7" or NULL */
	char *who;                           /* name top right or NULL */
	char *notice;                        /* one line under the title: ok or warning; NULL: none */
	char *error;                         /* what happened + what to do, shown on top; NULL: none */
	char *small;                         /* technical code for staff, small print; NULL: none */
	struct view_field *fields;
	size_t nfields;
	size_t focus;                        /* field index that gets the focus when the view is first shown */
	unsigned serial;                     /* changed by the wizard whenever it is another screen (not for a refresh) */
};
struct view *view_new(const struct screen *s);           /* values empty, fixed options filled with words */
void view_free(struct view *v);
struct view_field *view_field(struct view *v, const char *id);     /* NULL when the screen has none */
const char *view_value(const struct view *v, const char *id);      /* "" when none */
void view_set(struct view *v, const char *id, const char *value);
void view_set_text(char **slot, const char *value);                /* replaces an owned string */
struct option *view_add_option(struct view_field *f, const char *id, const char *label);
void view_clear_options(struct view_field *f);
void page_view_clear(struct page_view *p);
void wait_view_clear(struct wait_view *w);
/* Checks every shown field by its rules; sets field errors, the top error and the focus; true when all hold. */
bool view_check(struct view *v);
/* Checks one value by one field's rule: NULL when it holds, else a message id. */
const char *rule_check(const struct field *f, const char *value);
/* Words for a person of what rule_check() gave ({min}, {max} filled in); the caller owns them. */
char *rule_words(const struct field *f, const char *id);
/* The value in its stored form: digits without spaces, dd/mm/yyyy, NFC text trimmed. The caller owns it. */
char *rule_normal(const struct field *f, const char *value);

/* `tramky screens check`: prints one line a fault, returns their number. `known` = screen ids the wizard can reach, NULL-ended. */
int screens_check(const char *const *known);

#endif
