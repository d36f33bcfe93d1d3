/* Keys from the terminal: ncurses finds the function keys, the letters are put together here (get_wch forgets the first half
 * of a letter whose second half is not there yet, and a fast scanner is cut just so), and the end of the line is noticed. */
#include "ui/ui_int.h"

#include "base/text.h"

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

/* getch gives ERR for "nothing yet" and for "closed" alike. 1: there is something after all, or again. */
static int nothing_or_closed(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	if (poll(&p, 1, 0) <= 0)
		return 0;
	return p.revents & (POLLHUP | POLLERR | POLLNVAL) ? -1 : 1;
}

/* The rest of a sequence no one knows (Ctrl+Shift+arrow, a mouse): none of it is typing. */
static void swallow(int kind)
{
	for (int i = 0, c; i < SEQUENCE_MOST && (c = getch()) != ERR; i++)
		if (kind == 'O' || (c >= 0x40 && c <= 0x7e))
			return;
}

/* A lone Esc, or the head of a foreign sequence: ncurses already waited ESCDELAY for what it knows. */
static bool lone_escape(void)
{
	int c = getch();

	if (c == ERR)
		return true;
	if (c == '[' || c == 'O') {
		swallow(c);
		return false;
	}
	ungetch(c);
	return true;
}

/* One byte more of a letter; true when it is whole. What is no UTF-8 is dropped. */
static bool letter(struct ui *ui, unsigned char b, struct press *k)
{
	const char *s = ui->part;

	if ((b & 0xc0) != 0x80)
		ui->npart = 0;
	else if (!ui->npart)
		return false;
	ui->part[ui->npart++] = (char)b;
	ui->part[ui->npart] = '\0';
	if (text_is_utf8(ui->part, ui->npart)) {
		*k = (struct press){ .c = (wint_t)text_next(&s) };
		ui->npart = 0;
		return true;
	}
	if (ui->npart == 4 || b == 0xc0 || b == 0xc1 || b > 0xf4)
		ui->npart = 0;
	return false;
}

int input_read(struct ui *ui, struct press *k)
{
	bool again = false;

	for (;;) {
		int c = getch(), there;

		if (c == ERR) {
			there = nothing_or_closed();
			if (there <= 0 || again)
				return there > 0 ? -1 : there;  /* readable, yet nothing to read: the end */
			again = true;
			continue;
		}
		again = false;
		if (c == KEY_RESIZE) {
			ui->resized = ui->dirty = true;
			return 0;
		}
		if (c == ESCAPE && !lone_escape())
			continue;
		if (c > 0xff) {
			*k = (struct press){ .fn = true, .c = (wint_t)c };
			return 1;
		}
		if (letter(ui, (unsigned char)c, k))
			return 1;
	}
}
