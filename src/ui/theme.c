/* Eight safe roles in blue, yellow and white; no red beside green; what a colour says is also said by a word or a sign. */
#include "ui/ui_int.h"

#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR_QR = R_COUNT + 1, PAIR_GREY = PAIR_QR + 2 };

static bool own_palette;
static short greys[GREYS];

struct look {
	short fg, bg;
	attr_t more;
};

enum theme theme_from(const char *name)
{
	const char *no = getenv("NO_COLOR");

	if ((no && *no) || (name && !strcmp(name, "mono")))
		return THEME_MONO;
	return name && !strcmp(name, "inverted") ? THEME_INVERTED : THEME_NORMAL;
}

/* White on 0b3d91 has contrast 10.0, ffd200 on it 6.9. Only the console's palette is ours to change: it comes back with
 * `oc`, and the citizen's terminal emulator keeps its own colours. */
static void console_palette(void)
{
	const char *term = getenv("TERM");

	own_palette = term && !strncmp(term, "linux", 5) && can_change_color();
	if (!own_palette)
		return;
	init_color(COLOR_BLUE, 43, 239, 569);
	init_color(COLOR_YELLOW, 1000, 824, 0);
	init_color(COLOR_WHITE, 1000, 1000, 1000);
	init_color(COLOR_RED, 333, 333, 333);       /* the two greys of the page preview */
	init_color(COLOR_GREEN, 667, 667, 667);
}

static void choose_greys(void)
{
	static const short fine[GREYS] = { 16, 240, 248, 231 }, sixteen[GREYS] = { 0, 8, 7, 15 };
	static const short console[GREYS] = { COLOR_BLACK, COLOR_RED, COLOR_GREEN, COLOR_WHITE };
	static const short two[GREYS] = { 0, 0, 7, 7 };
	const short *from = COLORS >= 256 ? fine : COLORS >= 16 ? sixteen : own_palette ? console : two;

	memcpy(greys, from, sizeof greys);
	for (short u = 0; u < GREYS; u++)
		for (short l = 0; l < GREYS; l++)
			init_pair((short)(PAIR_GREY + u * GREYS + l), greys[l], greys[u]);
}

static void pairs(struct ui *ui, const struct look *looks)
{
	for (short r = 0; r < R_COUNT; r++) {
		init_pair((short)(r + 1), looks[r].fg, looks[r].bg);
		ui->attr[r] = (unsigned)(COLOR_PAIR(r + 1) | looks[r].more);
	}
}

static void normal(struct ui *ui)
{
	bool many = COLORS >= 256;
	short navy = many ? 18 : COLOR_BLUE, white = many ? 231 : COLOR_WHITE, black = many ? 16 : COLOR_BLACK;
	short yellow = many ? 220 : COLOR_YELLOW, slate = many ? 25 : COLOR_BLACK, pale = many ? 252 : COLOR_WHITE;
	const struct look looks[R_COUNT] = {
		[R_PAGE] = { white, navy, 0 }, [R_BAR] = { black, white, 0 }, [R_DIM] = { pale, navy, 0 },
		[R_HEAD] = { yellow, navy, A_BOLD }, [R_FOCUS] = { black, yellow, 0 }, [R_FIELD] = { white, slate, 0 },
		[R_FIELD_ON] = { black, white, 0 }, [R_ERROR] = { yellow, navy, A_BOLD },
		[R_NOTICE] = { white, navy, A_BOLD }, [R_KEY] = { yellow, navy, many ? 0 : A_BOLD },
		[R_SANDBOX] = { black, yellow, 0 }, [R_PAPER] = { black, white, 0 }, [R_BOX] = { black, yellow, 0 },
	};

	pairs(ui, looks);
}

static void inverted(struct ui *ui)
{
	bool many = COLORS >= 256;
	short navy = many ? 18 : COLOR_BLUE, white = many ? 231 : COLOR_WHITE, black = many ? 16 : COLOR_BLACK;
	short yellow = many ? 220 : COLOR_YELLOW, pale = many ? 252 : COLOR_WHITE;
	const struct look looks[R_COUNT] = {
		[R_PAGE] = { black, white, 0 }, [R_BAR] = { white, navy, 0 }, [R_DIM] = { black, white, 0 },
		[R_HEAD] = { navy, white, A_BOLD }, [R_FOCUS] = { white, navy, 0 },
		[R_FIELD] = { black, pale, many ? 0 : A_UNDERLINE }, [R_FIELD_ON] = { black, yellow, 0 },
		[R_ERROR] = { black, yellow, 0 }, [R_NOTICE] = { black, white, A_BOLD }, [R_KEY] = { navy, white, A_BOLD },
		[R_SANDBOX] = { black, yellow, 0 }, [R_PAPER] = { black, pale, 0 }, [R_BOX] = { white, navy, 0 },
	};

	pairs(ui, looks);
}

static void mono(struct ui *ui)
{
	static const attr_t looks[R_COUNT] = {
		[R_BAR] = A_REVERSE, [R_HEAD] = A_BOLD, [R_FOCUS] = A_REVERSE, [R_FIELD] = A_UNDERLINE,
		[R_FIELD_ON] = A_REVERSE, [R_ERROR] = A_BOLD, [R_NOTICE] = A_BOLD, [R_KEY] = A_BOLD,
		[R_SANDBOX] = A_REVERSE, [R_BOX] = A_REVERSE,
	};

	for (int r = 0; r < R_COUNT; r++)
		ui->attr[r] = (unsigned)looks[r];
}

void theme_setup(struct ui *ui)
{
	ui->theme = theme_from(ui->o.theme);
	ui->colour = has_colors() && start_color() == OK && COLORS >= 8;
	if (ui->colour) {
		short white = COLORS >= 16 ? 15 : 7;

		use_default_colors();           /* or every frame ends in setting the black and white of pair 0 */
		if (ui->theme != THEME_MONO)
			console_palette();
		init_pair(PAIR_QR, white, COLOR_BLACK);
		init_pair(PAIR_QR + 1, COLOR_BLACK, white);
		choose_greys();
	}
	if (!ui->colour || ui->theme == THEME_MONO)
		mono(ui);
	else if (ui->theme == THEME_INVERTED)
		inverted(ui);
	else
		normal(ui);
	bkgdset(' ' | ui->attr[R_PAGE]);
}

unsigned theme_qr(bool upper_dark)
{
	return (unsigned)COLOR_PAIR(upper_dark ? PAIR_QR : PAIR_QR + 1);
}

unsigned theme_grey(const struct ui *ui, int upper, int lower)
{
	return ui->colour ? (unsigned)COLOR_PAIR(PAIR_GREY + upper * GREYS + lower) : 0;
}
