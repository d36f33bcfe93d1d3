/* Keys in, the picture out: typing, answers, lists, the keys of every screen. */
#include "unit/ui_play.h"

static void four_places(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	assert_int_equal(0, term_find(&t, "Tiêu đề"));
	assert_int_equal(0, term_find(&t, "Bước 3/7"));
	assert_int_equal(0, term_find(&t, "Lò Thị Thử"));
	assert_int_equal(22, term_find(&t, "Gửi lại"));
	assert_int_equal(23, term_find(&t, "F9 Gọi cán bộ"));
	assert_int_equal(23, term_find(&t, "F10 Xong / Thoát"));
	SEES("Câu hỏi ở đây.");
	leave();
}

static void typing_vietnamese(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	type("Nguyeenx Vawn");
	SEES("Nguyễn Văn");
	press(F2);
	press(F2);
	SEES(msg("ui.typing.off"));
	type(" aas");
	SEES("Nguyễn Văn aas");
	press("\177");
	press("\177");
	press("\177");
	press(LEFT);
	press(LEFT);
	press("\177");
	SEES("Nguyễn Vn");
	press(HOME);
	press(DEL);
	SEES("guyễn Vn");
	LACKS("Nguyễn");
	type("123456789012345");                        /* 20 letters at most: 9 stand there, a blank at the end */
	SEES("12345678901guyễn Vn");
	leave();
}

static void decomposed_input_is_composed(void **state)
{
	(void)state;
	begin(FIND, 24, 80);
	type("Nguye");
	assert_true(term_press(&t, "\xcc\x82"));
	assert_true(term_press(&t, "\xcc\x83"));
	press("n");
	SEES("<CHANGED q=0> Nguyễn 8");                 /* bytes: stored as one code point */
	press("\177");
	press("\177");
	SEES("<CHANGED q=0> Nguy 4");
	leave();
}

static void a_letter_may_come_in_halves(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	assert_true(term_send(&t, "T\xe1\xbb"));
	until("Họ tên     T");
	assert_true(term_send(&t, "\x85"));
	until("Tễ");
	assert_true(term_send(&t, "\xe1\xbb"));        /* a half that stays one, and bytes that are no letter */
	assert_true(term_send(&t, "\xff\x80\xc3"));
	assert_true(term_send(&t, "u"));
	until("Tễu");
	leave();
}

static void a_burst_loses_nothing(void **state)
{
	char burst[400];
	size_t n = 0;

	(void)state;
	begin(FIND, 24, 80);
	press(F2);
	press(F2);                                      /* a scanner types what it means */
	for (int i = 0; i < 60; i++)
		n += (size_t)snprintf(burst + n, sizeof burst - n, "%02d.", i);
	assert_true(term_send(&t, burst));
	until("<CHANGED q=0> 00.01.02.03.04.05.06 180");
	SEES("47.48.49.50.51.52.53.54.55.56.57.58.59.");
	assert_true(term_send(&t, HOME));
	until("00.01.02.03.04.05.06.07.08.09.10.11.12.13.14.15.16.17.18.1");
	leave();
}

static void a_paste_is_no_key(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	assert_true(term_send(&t, "\033[200~dass aa\rbb\033[201~"));
	until("dass aa bb");
	LACKS("SUBMIT");
	leave();
}

static void secrets_are_dots(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	press("\t");
	press("\t");
	type("123456");
	SEES("••••••");
	LACKS("123456");
	type("７");
	SEES(msg("rule.digits"));
	leave();
}

static void errors_take_the_focus(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	type("An");
	press("\t");
	type("31/02/2026");
	press("\t");
	press("\t");
	type("1");
	SEES("(*) Nam");
	press("\r");                                    /* the answer stands: Enter is the form's */
	SEES("✖ Lịch không có ngày này.");
	SEES(msg("ui.error"));
	SEES("giúp ngày");                              /* help of the field under the cursor */
	for (int i = 0; i < 10; i++)
		press("\177");
	LACKS("✖ Lịch không có ngày này.");
	type("5/9/2026");
	press("\r");                                    /* the code is still open */
	type("123456");
	press("\r");
	SEES("<SUBMIT");
	LACKS("✖");
	leave();
}

static void enter_goes_to_the_next_question(void **state)
{
	(void)state;
	begin(FORM, 24, 80);
	type("An");
	press("\r");
	type("5/9/2026");
	SEES("5/9/2026");
	LACKS("SUBMIT");
	leave();
}

static void numbers_choose(void **state)
{
	(void)state;
	begin(LIST, 24, 80);
	SEES("> 1  Mục thứ 1");
	SEES("✔ Đã ký");
	SEES("lời nhắc hai");
	LACKS("Mục thứ 10");
	press("3");
	SEES("<CHOSEN what=0> o3");
	press(PGDN);
	SEES("> 1  ( ) Mục thứ 10");
	press("2");
	SEES("<CHOSEN what=0> o11");
	press("9");                                     /* no ninth on this page */
	SEES("<CHOSEN what=0> o11");
	press(PGUP);
	press(DOWN);
	press("\r");
	SEES("<CHOSEN what=0> o2");
	leave();
}

static void ticks(void **state)
{
	(void)state;
	begin(MANY, 24, 80);
	press("2");
	SEES("[x] Mục thứ 2");
	press(DOWN);
	press(" ");
	SEES("<CHANGED m=0> o2 o3");
	press("2");
	SEES("[ ] Mục thứ 2");
	press("\r");
	SEES("<SUBMIT submitm=0> o3");
	leave();
}

static void search_and_number_keys(void **state)
{
	(void)state;
	begin(FIND, 24, 80);
	type("1?");
	SEES("<CHANGED q=0> 1?");                       /* digits and ? are text while text has the focus */
	press(DOWN);
	press("2");
	SEES("<CHOSEN hit=0> o2");
	press("?");
	SEES("Giúp đỡ");
	press("x");
	LACKS("Giúp đỡ");
	leave();
}

static void a_review_keeps_enter_for_sending(void **state)
{
	(void)state;
	begin(REVIEW, 24, 80);
	LACKS("> 1");
	press("2");
	SEES("<CHOSEN r=0> o2");
	leave();
	begin(REVIEW, 24, 80);
	press("\r");
	SEES("<SUBMIT");
	leave();
}

static void keys_of_every_screen(void **state)
{
	(void)state;
	begin(LIST, 24, 80);
	press("\033");
	SEES("<BACK");
	press(F3);
	SEES("<ACTION resend");
	press("\033[1;6A");                             /* a sequence nobody knows is no Esc and no letters */
	SEES("<ACTION resend");
	press("\003");                                  /* Ctrl-C */
	press(F1);
	SEES("Dòng hai.");
	press(" ");
	press(F9);
	SEES("Màn che");
	LACKS("Lò Thị Thử");
	assert_int_equal(7, term_end(&t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_places),
		cmocka_unit_test(typing_vietnamese),
		cmocka_unit_test(decomposed_input_is_composed),
		cmocka_unit_test(a_letter_may_come_in_halves),
		cmocka_unit_test(a_burst_loses_nothing),
		cmocka_unit_test(a_paste_is_no_key),
		cmocka_unit_test(secrets_are_dots),
		cmocka_unit_test(errors_take_the_focus),
		cmocka_unit_test(enter_goes_to_the_next_question),
		cmocka_unit_test(numbers_choose),
		cmocka_unit_test(ticks),
		cmocka_unit_test(search_and_number_keys),
		cmocka_unit_test(a_review_keeps_enter_for_sending),
		cmocka_unit_test(keys_of_every_screen),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
