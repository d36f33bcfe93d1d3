/* Keys from the terminal: get_wch, what terminals send beyond their terminfo, bracketed paste, and the end of the line. */
#include "ui/ui_int.h"

#include <ncurses.h>
#include <poll.h>
#include <unistd.h>

enum { ESCAPE = 0x1b, SEQUENCE_MOST = 32 };

/* A TERM that is nearly right is common at counters (PuTTY, a multiplexer): these sequences mean one thing everywhere. */
void input_setup(void)
{
	static const struct { const char *seq; int code; } more[] = {
		{ "\033[200~", KEY_PASTE_ON }, { "\033[201~", KEY_PASTE_OFF },
		{ "\033[A", KEY_UP }, { "\033[B", KEY_DOWN }, { "\033[C", KEY_RIGHT }, { "\033[D", KEY_LEFT },
		{ "\033OA", KEY_UP }, { "\033OB", KEY_DOWN }, { "\033OC", KEY_RIGHT }, { "\033OD", KEY_LEFT },
		{ "\033[1;2A", KEY_SR }, { "\033[1;2B", KEY_SF }, { "\033[1;2C", KEY_SRIGHT }, { "\033[1;2D", KEY_SLEFT },
		{ "\033[H", KEY_HOME }, { "\033[F", KEY_END }, { "\033[1~", KEY_HOME }, { "\033[4~", KEY_END },
		{ "\033[7~", KEY_HOME }, { "\033[8~", KEY_END }, { "\033OH", KEY_HOME }, { "\033OF", KEY_END },
		{ "\033[5~", KEY_PPAGE }, { "\033[6~", KEY_NPAGE }, { "\033[3~", KEY_DC }, { "\033[Z", KEY_BTAB },
		{ "\033OP", KEY_F(1) }, { "\033OQ", KEY_F(2) }, { "\033OR", KEY_F(3) }, { "\033OS", KEY_F(4) },
		{ "\033[11~", KEY_F(1) }, { "\033[12~", KEY_F(2) }, { "\033[13~", KEY_F(3) }, { "\033[14~", KEY_F(4) },
		{ "\033[[A", KEY_F(1) }, { "\033[[B", KEY_F(2) }, { "\033[[C", KEY_F(3) }, { "\033[[D", KEY_F(4) },
		{ "\033[[E", KEY_F(5) }, { "\033[15~", KEY_F(5) }, { "\033[17~", KEY_F(6) }, { "\033[18~", KEY_F(7) },
		{ "\033[19~", KEY_F(8) }, { "\033[20~", KEY_F(9) }, { "\033[21~", KEY_F(10) }, { "\033[23~", KEY_F(11) },
		{ "\033[24~", KEY_F(12) }, { "\033OM", KEY_ENTER },
	};

	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		if (key_defined(more[i].seq) == 0)
			define_key(more[i].seq, more[i].code);
}

/* get_wch gives ERR for "nothing yet" and for "closed" alike. */
static bool closed(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL | POLLIN));
}

/* The rest of a sequence no one knows (Ctrl+Shift+arrow, a mouse): none of it is typing. */
static void swallow(wint_t kind)
{
	wint_t c;

	for (int i = 0; i < SEQUENCE_MOST && get_wch(&c) == OK; i++)
		if (kind == 'O' || (c >= 0x40 && c <= 0x7e))
			return;
}

/* A lone Esc, or the head of a foreign sequence: get_wch already waited ESCDELAY for what it knows. */
static bool lone_escape(void)
{
	wint_t c;
	int r = get_wch(&c);

	if (r == ERR)
		return true;
	if (r == OK && (c == '[' || c == 'O')) {
		swallow(c);
		return false;
	}
	if (r == KEY_CODE_YES)
		ungetch((int)c);
	else
		unget_wch((wchar_t)c);
	return true;
}

int input_read(struct ui *ui, struct press *k)
{
	wint_t c;
	int r;

	for (;;) {
		r = get_wch(&c);
		if (r == ERR)
			return closed() ? -1 : 0;
		if (r == KEY_CODE_YES && c == KEY_RESIZE) {
			ui->resized = ui->dirty = true;
			return 0;
		}
		if (r == OK && c == ESCAPE && !lone_escape())
			continue;
		*k = (struct press){ .fn = r == KEY_CODE_YES, .c = c };
		return 1;
	}
}
