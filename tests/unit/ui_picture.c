/* Keys in, the picture out: page preview, notes, QR codes, sizes and kinds of terminals, the end. */
#include "unit/ui_play.h"

static void the_box_moves(void **state)
{
	int row;

	(void)state;
	begin(PAGE, 24, 80);
	SEES("Trang 1/3");
	SEES(msg("ui.page.box"));
	row = term_find(&t, msg("ui.page.box"));
	SEES("dòng 33");                                /* it scrolled to the box */
	press(UP);
	SEES("<MOVED");
	assert_true(term_find(&t, msg("ui.page.box")) <= row);
	press("j");
	press("+");
	SEES("<MOVED");
	press(PGDN);
	SEES("<TURN p=2>");
	press(PGUP);                                    /* there is no page before the first */
	SEES("<TURN p=2>");
	press(F4);
	LACKS("dòng 33");
	leave();
}

static void notes_scroll(void **state)
{
	(void)state;
	begin(NOTE, 24, 80);
	SEES("câu 1");
	SEES(msg("ui.more"));
	LACKS("câu 40");
	for (int i = 0; i < 5; i++)
		press(PGDN);
	SEES("câu 60");
	SEES(msg("ui.more-up"));
	LACKS("câu 2\n");
	leave();
}

/* Modules read back from the picture: background is the upper half, of `▄` the foreground is the lower. */
static bool is_dark(VTermColor c)
{
	vterm_screen_convert_color_to_rgb(t.screen, &c);
	return c.rgb.red < 64 && c.rgb.green < 64 && c.rgb.blue < 64;
}

static bool is_light(VTermColor c)
{
	vterm_screen_convert_color_to_rgb(t.screen, &c);
	return c.rgb.red > 200 && c.rgb.green > 200 && c.rgb.blue > 200;
}

static VTermScreenCell cell_at(int row, int col)
{
	VTermScreenCell c;

	vterm_screen_get_cell(t.screen, (VTermPos){ .row = row, .col = col }, &c);
	return c;
}

/* `y` in halves of rows from the top of the screen. */
static bool module_is(int y, int x, bool dark)
{
	VTermScreenCell c;
	VTermColor colour;

	if (y < 0 || x < 0 || y / 2 >= t.rows || x >= t.cols)
		return false;
	c = cell_at(y / 2, x);
	colour = y % 2 && c.chars[0] == 0x2584 ? c.fg : c.bg;
	return dark ? is_dark(colour) : is_light(colour);
}

/* The code with `quiet` light modules around it stands at y, x. */
static bool code_at(const struct qr *q, int y0, int x0, int quiet)
{
	for (int y = -quiet; y < q->size + quiet; y++)
		for (int x = -quiet; x < q->size + quiet; x++) {
			bool dark = y >= 0 && x >= 0 && y < q->size && x < q->size && q->dark[y * q->size + x];

			if (!module_is(y0 + y, x0 + x, dark))
				return false;
		}
	return true;
}

static void check_code(const char *text, int quiet)
{
	struct qr q;
	bool found = false;

	assert_int_equal(0, qr_make(&q, text, NULL));
	for (int y = 0; y < 2 * t.rows && !found; y++)
		for (int x = 0; x < t.cols && !found; x++)
			found = code_at(&q, y, x, quiet);
	qr_free(&q);
	if (!found) {
		term_dump(&t);
		fail_msg("no code of \"%s\" with a quiet zone of %d", text, quiet);
	}
}

static void a_code_can_be_read(void **state)
{
	static const char *const themes[] = { "normal", "inverted", "mono" };

	(void)state;
	for (size_t i = 0; i < COUNT(themes); i++) {
		playing = (struct play){ .scene = CODE, .o = { .sync = true, .theme = themes[i] }, .code = "HTTPS://VIDU.VN/Q/ABCDEF234567" };
		term_start(&t, 24, 80, "xterm-256color", play, &playing);
		assert_true(term_frame(&t, 1));
		SEES("Chờ điện thoại.");
		SEES("Còn 4 phút");
		SEES("Đã xong 1/3");
		check_code(playing.code, 4);
		leave();
	}
	playing.code = "https://vidu.vn/q/0123456789012345678901234567890123456789012345678901234567890";
	term_start(&t, 24, 80, "xterm-256color", play, &playing);
	assert_true(term_frame(&t, 1));
	check_code(playing.code, 2);
	leave();
}

static void no_room_for_a_code(void **state)
{
	(void)state;
	playing = (struct play){ .scene = CODE, .o = { .sync = true, .large = true },
		.code = "HTTPS://VIDU.VN/Q/ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRSTUVWXYZ234567/Z9" };
	term_start(&t, 12, 40, "xterm-256color", play, &playing);
	assert_true(term_frame(&t, 1));
	SEES("Chờ điện thoại.");
	SEES(msg("ui.more"));
	press(PGDN);
	SEES("/Z9");
	SEES(msg("ui.more-up"));
	press(PGUP);
	SEES("Câu hỏi ở đây.");
	leave();
}

/* Two frames: ui draws at once, and again when the loop answers UI_RESIZED. */
static void resized_to(int rows, int cols, const char *words)
{
	unsigned long before = t.frames;

	term_resize(&t, rows, cols);
	assert_true(term_frame(&t, before + 2));
	SEES(words);
}

static void a_window_changes(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	type("An");
	resized_to(20, 70, msg("ui.small-window"));
	LACKS("Họ tên");
	resized_to(32, 113, "Họ tên");
	SEES("An");
	SEES("Ngày sinh");
	SEES("<RESIZED");
	assert_int_equal(31, term_find(&t, "F10"));
	resized_to(12, 60, msg("ui.small-window"));
	resized_to(24, 80, "Họ tên");
	SEES("<RESIZED");
	assert_int_equal(23, term_find(&t, "F10"));
	type("h");
	SEES("Anh");
	leave();
}

static void large_letters(void **state)
{
	(void)state;
	playing = (struct play){ .scene = FORM, .o = { .sync = true, .large = true, .typing = "telex" } };
	term_start(&t, 12, 40, "xterm-256color", play, &playing);
	assert_true(term_frame(&t, 1));
	SEES("Họ tên");
	press("\t");
	press("\t");
	press("\t");
	SEES("1  Nam");
	SEES("Nữ");
	press("2");
	SEES("(*) Nữ");
	leave();
}

static void plain_terminals(void **state)
{
	static const char *const names[] = { "linux", "vt100", "screen-256color", "xterm" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		playing = (struct play){ .scene = LIST, .o = { .sync = true } };
		term_start(&t, 24, 80, names[i], play, &playing);
		assert_true(term_frame(&t, 1));
		SEES("> 1  Mục thứ 1");
		press("\033[B");                        /* also where the terminfo says ESC O B */
		SEES("> 2  Mục thứ 2");
		press("\t");
		assert_true(term_send(&t, "\033[21~"));
		while (term_read(&t, TERM_GIVE_UP_MS))
			;
		assert_int_equal(0, term_end(&t));
	}
}

static void no_terminal(void **state)
{
	static const char *const names[] = { NULL, "dumb", "no-such-terminal" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		playing = (struct play){ .scene = LIST };
		term_start(&t, 24, 80, names[i], play, &playing);
		while (term_read(&t, TERM_GIVE_UP_MS))
			;
		SEES("usage Không mở được màn hình");
		assert_int_equal(40, term_end(&t));
	}
}

static void a_closed_terminal(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	signal(SIGHUP, SIG_DFL);
	assert_int_equal(7, term_end(&t));
}

static void an_idle_screen_says_nothing(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	press("a");
	assert_true(t.bytes <= 400);
	press("\t");
	assert_true(t.bytes <= 400);
	t.bytes = 0;
	assert_false(term_read(&t, 50));
	assert_int_equal(0, t.bytes);
	leave();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_box_moves),
		cmocka_unit_test(notes_scroll),
		cmocka_unit_test(a_code_can_be_read),
		cmocka_unit_test(no_room_for_a_code),
		cmocka_unit_test(a_window_changes),
		cmocka_unit_test(large_letters),
		cmocka_unit_test(plain_terminals),
		cmocka_unit_test(no_terminal),
		cmocka_unit_test(a_closed_terminal),
		cmocka_unit_test(an_idle_screen_says_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
