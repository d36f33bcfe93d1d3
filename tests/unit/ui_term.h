/* A terminal for tests: the program on a pty, its picture in libvterm. Every wait is for the frame marker, none for time.
 * Shape of a step: press(), then frame() until the marker has grown. */
#ifndef TESTS_UI_TERM_H
#define TESTS_UI_TERM_H

#include "base/text.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

enum { TERM_CELLS = 400, TERM_GIVE_UP_MS = 20000, TERM_LIFE_S = 60 };

struct term {
	int fd, rows, cols;
	pid_t pid;
	VTerm *vt;
	VTermScreen *screen;
	unsigned long frames;
	bool alt, gone;
	size_t bytes;            /* that the program wrote since the last press */
	char title[64];
};

static int term_prop(VTermProp prop, VTermValue *v, void *user)
{
	struct term *t = user;

	if (prop == VTERM_PROP_ALTSCREEN)
		t->alt = v->boolean;
	if (prop == VTERM_PROP_TITLE) {
#if VTERM_VERSION_MAJOR == 0 && VTERM_VERSION_MINOR < 2
		snprintf(t->title, sizeof t->title, "%s", v->string);
#else
		snprintf(t->title, sizeof t->title, "%.*s", (int)v->string.len, v->string.str);
#endif
		if (t->title[0] == 's')
			t->frames = strtoul(t->title + 1, NULL, 10);
	}
	return 1;
}

static const VTermScreenCallbacks term_callbacks = { .settermprop = term_prop };

/* `run` is the program; its result is the exit code. */
static inline void term_start(struct term *t, int rows, int cols, const char *name, int (*run)(void *), void *arg)
{
	struct winsize w = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	*t = (struct term){ .rows = rows, .cols = cols };
	t->vt = vterm_new(rows, cols);
	vterm_set_utf8(t->vt, 1);
	t->screen = vterm_obtain_screen(t->vt);
	vterm_screen_set_callbacks(t->screen, &term_callbacks, t);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_reset(t->screen, 1);
	fflush(NULL);
	t->pid = forkpty(&t->fd, NULL, NULL, &w);
	if (t->pid == 0) {
		alarm(TERM_LIFE_S);      /* a program that misses its end must not hold the test for ever */
		if (name)
			setenv("TERM", name, 1);
		else
			unsetenv("TERM");
		exit(run(arg));
	}
}

/* Reads once, at most until `ms` have gone; false when nothing came. */
static inline bool term_read(struct term *t, int ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	char b[8192];
	ssize_t n;

	if (t->gone || poll(&p, 1, ms) <= 0)
		return false;
	n = read(t->fd, b, sizeof b);
	if (n <= 0) {
		t->gone = true;
		return false;
	}
	t->bytes += (size_t)n;
	vterm_input_write(t->vt, b, (size_t)n);
	n = (ssize_t)vterm_output_read(t->vt, b, sizeof b);
	if (n > 0 && write(t->fd, b, (size_t)n) != n)
		t->gone = true;
	return true;
}

/* Waits until frame number `n` was drawn; false: the program is gone or silent. */
static inline bool term_frame(struct term *t, unsigned long n)
{
	while (t->frames < n)
		if (!term_read(t, TERM_GIVE_UP_MS))
			return false;
	return true;
}

static inline bool term_send(struct term *t, const char *keys)
{
	size_t n = strlen(keys);

	t->bytes = 0;
	return write(t->fd, keys, n) == (ssize_t)n;
}

/* Sends one key (or a burst that fits one read) and waits for what it changes. */
static inline bool term_press(struct term *t, const char *keys)
{
	unsigned long before = t->frames;

	return term_send(t, keys) && term_frame(t, before + 1);
}

/* Row of the picture as UTF-8, blanks at the end dropped. */
static inline const char *term_row(const struct term *t, int row)
{
	static char line[TERM_CELLS * 24];
	size_t n = 0;

	for (int c = 0; c < t->cols; c++) {
		VTermScreenCell cell;

		vterm_screen_get_cell(t->screen, (VTermPos){ .row = row, .col = c }, &cell);
		if (cell.chars[0] == (uint32_t)-1)
			continue;
		if (!cell.chars[0])
			line[n++] = ' ';
		for (int k = 0; k < VTERM_MAX_CHARS_PER_CELL && cell.chars[k]; k++)
			n += (size_t)text_put(line + n, cell.chars[k]);
	}
	while (n && line[n - 1] == ' ')
		n--;
	line[n] = '\0';
	return line;
}

/* First row that has the words, -1 when none. */
static inline int term_find(const struct term *t, const char *words)
{
	for (int r = 0; r < t->rows; r++)
		if (strstr(term_row(t, r), words))
			return r;
	return -1;
}

static inline bool term_sees(const struct term *t, const char *words)
{
	return term_find(t, words) >= 0;
}

static inline void term_dump(const struct term *t)
{
	fprintf(stderr, "+%.*s+\n", t->cols < 100 ? t->cols : 100,
	        "----------------------------------------------------------------------------------------------------");
	for (int r = 0; r < t->rows; r++)
		fprintf(stderr, "|%s\n", term_row(t, r));
}

static inline void term_resize(struct term *t, int rows, int cols)
{
	struct winsize w = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	t->rows = rows;
	t->cols = cols;
	vterm_set_size(t->vt, rows, cols);
	ioctl(t->fd, TIOCSWINSZ, &w);
}

/* Hangs up; the program's exit code, -1 when a signal ended it. */
static inline int term_end(struct term *t)
{
	int status = 0;

	if (t->fd >= 0)
		close(t->fd);
	waitpid(t->pid, &status, 0);
	vterm_free(t->vt);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
