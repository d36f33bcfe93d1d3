#include "walk.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

struct term {
	VTerm *vt;
	VTermScreen *screen;
	int fd, rows, cols;
	pid_t pid;
	bool ended;
	int status;
	long frames, presses;
	bool alt, cursor;
	bool whole;                  /* the last bytes read ended a frame */
};

static int on_prop(VTermProp prop, VTermValue *value, void *user)
{
	struct term *t = user;

	/* libvterm 0.1 gives the title as a plain string: "s<N>" is the frame marker. */
	if (prop == VTERM_PROP_TITLE && value->string && value->string[0] == 's')
		sscanf(value->string + 1, "%ld %ld", &t->frames, &t->presses);
	else if (prop == VTERM_PROP_ALTSCREEN)
		t->alt = value->boolean;
	else if (prop == VTERM_PROP_CURSORVISIBLE)
		t->cursor = value->boolean;
	return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = on_prop };

struct term *term_start(char *const argv[], char *const env[], int rows, int cols)
{
	struct term *t = mem_alloc(sizeof *t);
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	t->rows = rows;
	t->cols = cols;
	t->cursor = true;
	t->vt = vterm_new(rows, cols);
	vterm_set_utf8(t->vt, 1);
	t->screen = vterm_obtain_screen(t->vt);
	vterm_screen_set_callbacks(t->screen, &callbacks, t);
	vterm_screen_enable_altscreen(t->screen, 1);
	vterm_screen_reset(t->screen, 1);
	t->pid = forkpty(&t->fd, NULL, NULL, &size);
	if (t->pid == 0) {
		execve(argv[0], argv, env);
		_exit(127);
	}
	return t;
}

void term_free(struct term *t)
{
	if (!t)
		return;
	if (!t->ended && t->pid > 0) {
		kill(t->pid, SIGTERM);
		for (int i = 0; i < 40 && !term_gone(t, NULL); i++)
			term_pump(t, 50);
		if (!t->ended) {
			kill(t->pid, SIGKILL);
			waitpid(t->pid, NULL, 0);
		}
	}
	if (t->fd >= 0)
		close(t->fd);
	vterm_free(t->vt);
	mem_free(&t);
}

pid_t term_pid(const struct term *t) { return t->pid; }
long term_frames(const struct term *t) { return t->frames; }
long term_presses(const struct term *t) { return t->presses; }
int term_rows(const struct term *t) { return t->rows; }
int term_cols(const struct term *t) { return t->cols; }
bool term_whole(const struct term *t) { return t->whole; }
bool term_restored(const struct term *t) { return !t->alt && t->cursor; }

void term_send(struct term *t, const char *bytes, size_t n)
{
	while (n) {
		ssize_t w = write(t->fd, bytes, n);
		if (w < 0 && errno == EAGAIN)
			term_pump(t, 5);
		else if (w < 0 && errno != EINTR)
			return;
		else if (w > 0) {
			bytes += w;
			n -= (size_t)w;
		}
	}
}

static void answer_back(struct term *t)
{
	char out[512];
	size_t n;

	while ((n = vterm_output_read(t->vt, out, sizeof out)) > 0)
		term_send(t, out, n);
}

bool term_pump(struct term *t, int ms)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	char in[16384];

	/* A negative descriptor is skipped by poll: after hanging up this only waits. */
	if (poll(&p, 1, ms) <= 0)
		return false;
	ssize_t r = read(t->fd, in, sizeof in);
	if (r <= 0) {
		if (!t->ended && waitpid(t->pid, &t->status, WNOHANG) == t->pid)
			t->ended = true;
		else if (r < 0)
			poll(NULL, 0, ms < 20 ? ms : 20);
		return false;
	}
	vterm_input_write(t->vt, in, (size_t)r);
	t->whole = r >= 2 && in[r - 2] == '\033' && in[r - 1] == '\\';
	answer_back(t);
	return true;
}

void term_hang_up(struct term *t)
{
	close(t->fd);
	t->fd = -1;
}

bool term_gone(struct term *t, int *status)
{
	if (!t->ended && waitpid(t->pid, &t->status, WNOHANG) == t->pid)
		t->ended = true;
	if (status)
		*status = t->status;
	return t->ended;
}

void term_resize(struct term *t, int rows, int cols)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

	t->rows = rows;
	t->cols = cols;
	vterm_set_size(t->vt, rows, cols);
	ioctl(t->fd, TIOCSWINSZ, &size);
}

static uint32_t rgb(struct term *t, VTermColor c, bool bg)
{
	if ((bg && VTERM_COLOR_IS_DEFAULT_BG(&c)) || (!bg && VTERM_COLOR_IS_DEFAULT_FG(&c)))
		return bg ? 0x101418 : 0xd8d8d8;
	vterm_screen_convert_color_to_rgb(t->screen, &c);
	return (uint32_t)c.rgb.red << 16 | (uint32_t)c.rgb.green << 8 | c.rgb.blue;
}

void term_cell(struct term *t, int row, int col, struct cell *out)
{
	VTermScreenCell c;
	size_t n = 0;

	*out = (struct cell){ 0 };
	vterm_screen_get_cell(t->screen, (VTermPos){ .row = row, .col = col }, &c);
	if (c.chars[0] == (uint32_t)-1)
		return;
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && c.chars[i] && n + 5 < sizeof out->text; i++)
		n += (size_t)text_put(out->text + n, c.chars[i]);
	if (!n)
		strcpy(out->text, " ");
	out->fg = rgb(t, c.fg, false);
	out->bg = rgb(t, c.bg, true);
	out->bold = c.attrs.bold;
	out->reverse = c.attrs.reverse;
	out->underline = c.attrs.underline != 0;
}

char *term_row(struct term *t, int row)
{
	struct buf b = { 0 };
	struct cell c;

	for (int col = 0; col < t->cols; col++) {
		term_cell(t, row, col, &c);
		buf_str(&b, c.text);
	}
	while (b.n && b.p[b.n - 1] == ' ')
		b.p[--b.n] = '\0';
	return buf_steal(&b);
}

char *term_text(struct term *t)
{
	struct buf b = { 0 };

	for (int row = 0; row < t->rows; row++) {
		AUTO(mem_free) char *line = term_row(t, row);
		buf_printf(&b, "%s\n", line);
	}
	return buf_steal(&b);
}

char *term_flat(struct term *t)
{
	AUTO(mem_free) char *all = term_text(t);
	struct buf b = { 0 };
	bool space = true;

	for (const char *p = all; *p; p++) {
		/* A code drawn beside the text must not tear its sentences apart: half blocks count as space. */
		bool block = strncmp(p, "\u2584", 3) == 0;
		bool now = block || *p == ' ' || *p == '\n';
		if (!(now && space))
			buf_add(&b, now ? " " : p, 1);
		space = now;
		p += block ? 2 : 0;
	}
	return buf_steal(&b);
}
