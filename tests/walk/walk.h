/* tramky-walk: plays a .walk file against the real programs: sandbox, kiosk on a pseudo terminal, phone, intake desk.
 * Everything waits for events (a frame, a text), never for time alone. */
#ifndef TESTS_WALK_H
#define TESTS_WALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- the terminal (libvterm on a pty) ------------------------------------------------------------------------------ */
struct term;
struct cell {
	char text[32];               /* UTF-8 of the cell; "" for the right half of a wide one */
	uint32_t fg, bg;             /* 0xRRGGBB */
	bool bold, reverse, underline;
};
struct term *term_start(char *const argv[], char *const env[], int rows, int cols);
void term_free(struct term *t);
pid_t term_pid(const struct term *t);
/* Reads what the program wrote for at most `ms`; true when something came. Answers the terminal's own questions. */
bool term_pump(struct term *t, int ms);
void term_send(struct term *t, const char *bytes, size_t n);
void term_resize(struct term *t, int rows, int cols);
void term_hang_up(struct term *t);                  /* pulls the plug: the program sees its terminal go */
bool term_gone(struct term *t, int *status);        /* the program has ended */
long term_frames(const struct term *t);             /* marker of TRAMKY_TEST_SYNC */
long term_presses(const struct term *t);            /* keys that the newest frame answers */
bool term_whole(const struct term *t);              /* what stands there is a whole frame, not half of the next one */
void term_cell(struct term *t, int row, int col, struct cell *out);
char *term_row(struct term *t, int row);            /* trimmed at the right; the caller owns it */
char *term_text(struct term *t);                    /* all rows, with line ends */
char *term_flat(struct term *t);                    /* one line, runs of spaces folded: text that wraps is still found */
int term_rows(const struct term *t);
int term_cols(const struct term *t);
bool term_restored(const struct term *t);           /* alternate screen left, cursor visible */

/* ---- pictures --------------------------------------------------------------------------------------------------------- */
/* PNG of the screen with a monospace font that has every Vietnamese letter. 0 or -1. */
int shot_png(struct term *t, const char *path);

/* ---- loopback HTTP ---------------------------------------------------------------------------------------------------- */
/* Plain HTTP to the sandbox's phone, desk and control pages; the answer's JSON (or null) is the caller's. -1 on no answer. */
int http_json(const char *method, const char *url, const json_t *body, json_t **answer);

/* ---- one walk ----------------------------------------------------------------------------------------------------------- */
struct walk {
	const char *file, *build;    /* folder of the programs */
	const char *shots;
	int rows, cols, line;
	bool verbose, show;
	char *dir;                   /* throw-away folder of this walk; removed at the end unless it failed */
	char *keep;                  /* --dir: given by the caller, stays */
	char *province, *extra;      /* extra configuration lines */
	char *sandbox_args, *kiosk_args, *environment;
	char *way;                   /* signing section that takes the place of "neac" */
	int depth;                   /* of include */
	pid_t sandbox;
	int sandbox_out;
	json_t *ready;               /* the sandbox's line */
	char *person, *remembered;
	struct term *term;
	double patience;             /* factor on all limits (sanitizers, slow machines) */
};
/* 0, or -1 with the reason printed. */
int walk_line(struct walk *w, char *line);
int walk_fail(struct walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void walk_stop(struct walk *w);
int walk_play(struct walk *w, const char *file);
void walk_remove(const char *path);                 /* a folder and all in it */
char *walk_newest(const char *dir, const char *ending);

/* services.c */
int sandbox_start(struct walk *w);
const json_t *walk_person(const struct walk *w);
int kiosk_start(struct walk *w);
int phone_answer(struct walk *w, const char *answer);
char *phone_otp(struct walk *w);
int sandbox_control(struct walk *w, json_t *order);
int desk_order(struct walk *w, const char *what);
int last_file_valid(struct walk *w);
int signal_running(struct walk *w, const char *program, int number);   /* how many were */
int signal_helper(struct walk *w, const char *program, int number);

/* world.c */
struct buf;
int world_stick(struct walk *w, const char *what);
int world_stick_large(struct walk *w, const char *name, const char *kilobytes);
void world_seed_use(struct walk *w);
void world_seed_keep(struct walk *w);
int world_phone_count(struct walk *w, const char *what, const char *number);
int world_portal_count(struct walk *w, const char *number);
int world_nowhere(struct walk *w, const char *text);
int world_session_empty(struct walk *w);
int world_logged(struct walk *w, const char *text);
char *world_code(struct walk *w);
void world_way(struct buf *config, const char *way);

#endif
