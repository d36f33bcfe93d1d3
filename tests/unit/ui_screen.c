/* Screens as a person meets them: keys in, the picture out, on a pty with libvterm. The child shows one view after the other
 * and tells its events by a line at the foot (the small print), so that nothing but the picture is compared. */
#include "ui/ui.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/qr.h"
#include "screen/screen.h"
#include "unit/ui_term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { KEYS_MOST = 3 };

/* ---- views made by hand: no file, the project's own catalogue for the frame; labels that are no id stand for themselves ---- */

static char root[64];

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "%s/ui-XXXXXX", P_tmpdir);
	if (!mkdtemp(root))
		return -1;
	AUTO(mem_free) char *dir = mem_printf("%s/vi/LC_MESSAGES", root);
	AUTO(mem_free) char *run = mem_printf("msgfmt -o %s/tramky.mo locale/vi.po", dir);

	file_mkdirs(dir, 0755, NULL);
	if (system(run))
		return -1;
	screens_set_folders(root, root);
	return msg_setup("vi", NULL, NULL);
}

static int tear_down(void **state)
{
	AUTO(mem_free) char *run = mem_printf("rm -rf %s", root);

	(void)state;
	return system(run);
}

#define F(...) { __VA_ARGS__ }

static struct field form_fields[] = {
	F(.id = (char *)"name", .kind = FIELD_TEXT, .label = (char *)"Họ tên", .rule = (char *)"required, max 20", .required = true, .max = 20),
	F(.id = (char *)"born", .kind = FIELD_DATE, .label = (char *)"Ngày sinh", .rule = (char *)"required", .required = true, .help = (char *)"giúp ngày"),
	F(.id = (char *)"pin", .kind = FIELD_SECRET, .label = (char *)"Mã", .rule = (char *)"digits 6", .min = 6, .max = 6),
	F(.id = (char *)"sex", .kind = FIELD_CHOICE, .label = (char *)"Giới tính", .columns = 2),
};
static struct field list_fields[] = { F(.id = (char *)"what", .kind = FIELD_CHOICE) };
static struct field code_fields[] = { F(.id = (char *)"w", .kind = FIELD_WAIT), F(.id = (char *)"qr", .kind = FIELD_QR) };
static struct field page_fields[] = { F(.id = (char *)"p", .kind = FIELD_PAGE) };
static struct field note_fields[] = { F(.id = (char *)"n", .kind = FIELD_NOTE) };
static struct field many_fields[] = { F(.id = (char *)"m", .kind = FIELD_MULTI) };
static struct field find_fields[] = { F(.id = (char *)"q", .kind = FIELD_SEARCH, .label = (char *)"Tìm"), F(.id = (char *)"hit", .kind = FIELD_CHOICE) };
static struct field review_fields[] = { F(.id = (char *)"r", .kind = FIELD_REVIEW) };
static struct key keys[KEYS_MOST] = {
	{ (char *)"Enter", (char *)"Tiếp", (char *)"submit" }, { (char *)"F3", (char *)"Gửi lại", (char *)"resend" },
	{ (char *)"Esc", (char *)"Lui", (char *)"back" },
};

#define SCREEN(list) { .id = (char *)#list, .title = (char *)"Tiêu đề", .fields = list, .nfields = COUNT(list), .keys = keys, .nkeys = KEYS_MOST }
enum scene { FORM, LIST, CODE, PAGE, NOTE, MANY, FIND, REVIEW };
static struct screen screens[] = {
	[FORM] = SCREEN(form_fields), [LIST] = SCREEN(list_fields), [CODE] = SCREEN(code_fields), [PAGE] = SCREEN(page_fields),
	[NOTE] = SCREEN(note_fields), [MANY] = SCREEN(many_fields), [FIND] = SCREEN(find_fields), [REVIEW] = SCREEN(review_fields),
};

struct play {
	enum scene scene;
	struct ui_options o;
	const char *code;        /* text of the QR */
};

static void options(struct view *v, const char *id, int n)
{
	for (int i = 1; i <= n; i++) {
		AUTO(mem_free) char *oid = mem_printf("o%d", i), *label = mem_printf("Mục thứ %d", i);
		struct option *o = view_add_option(view_field(v, id), oid, label);

		if (i == 2) {
			view_set_text(&o->mark, "✔ Đã ký");
			view_set_text(&o->hint, "lời nhắc hai");
		}
	}
}

static void page(struct page_view *p)
{
	*p = (struct page_view){ .page = 1, .pages = 3, .width = 600, .height = 800, .cols = 60, .rows = 40, .tw = 30, .th = 40,
		.box = { 300, 100, 150, 60 }, .has_box = true };
	p->grid = mem_array(41, sizeof *p->grid);
	for (int i = 0; i < 40; i++)
		p->grid[i] = mem_printf("dòng %d", i + 1);
	p->gray = mem_alloc(30 * 40);
	memset(p->gray, 255, 30 * 40);
	memset(p->gray, 0, 30 * 20);
}

static struct view *make(const struct play *p)
{
	struct view *v = view_new(&screens[p->scene]);

	v->serial = 1;
	view_set_text(&v->text, "Câu hỏi ở đây.");
	view_set_text(&v->step, "Bước 3/7");
	view_set_text(&v->who, "Lò Thị Thử");
	switch (p->scene) {
	case FORM:
		view_add_option(view_field(v, "sex"), "m", "Nam");
		view_add_option(view_field(v, "sex"), "f", "Nữ");
		break;
	case LIST:
		options(v, "what", 12);
		break;
	case CODE:
		v->fields[0].wait.lines = mem_array(2, sizeof(char *));
		v->fields[0].wait.lines[0] = mem_str("Chờ điện thoại.");
		v->fields[0].wait.seconds_left = 222;
		v->fields[0].wait.n = 1;
		v->fields[0].wait.m = 3;
		view_set(v, "qr", p->code);
		break;
	case PAGE:
		page(&v->fields[0].page);
		break;
	case NOTE: {
		struct buf b = { 0 };

		for (int i = 1; i <= 60; i++)
			buf_printf(&b, "câu %d\n", i);
		view_set(v, "n", (char *)b.p);
		buf_free(&b);
		break;
	}
	case MANY:
		options(v, "m", 3);
		break;
	case FIND:
		options(v, "hit", 3);
		break;
	case REVIEW:
		options(v, "r", 3);
		break;
	}
	return v;
}

static const char *const kinds[] = {
	[UI_SUBMIT] = "SUBMIT", [UI_CHOSEN] = "CHOSEN", [UI_CHANGED] = "CHANGED", [UI_ACTION] = "ACTION", [UI_BACK] = "BACK",
	[UI_HELP] = "HELP", [UI_OFFICER] = "OFFICER", [UI_DONE] = "DONE", [UI_SPEAK] = "SPEAK", [UI_PAGE_TURN] = "TURN",
	[UI_BOX_MOVED] = "MOVED", [UI_RESIZED] = "RESIZED",
};

static volatile sig_atomic_t resized;
static void on_resize(int sig)
{
	(void)sig;
	resized = 1;
}

/* One event: told in the small print, and acted on where the test wants to see more. False: leave. */
static bool tell(struct ui *ui, struct view *v, struct ui_event ev)
{
	AUTO(mem_free) char *words = mem_printf("<%s %s%s%s%ld>", kinds[ev.kind], ev.action,
		ev.field < v->nfields ? v->fields[ev.field].def->id : "", "=", ev.number);
	AUTO(mem_free) char *more = ev.field < v->nfields && (ev.kind == UI_CHOSEN || ev.kind == UI_CHANGED || ev.kind == UI_SUBMIT) ?
		mem_printf("%s %.20s %zu", words, v->fields[ev.field].value, strlen(v->fields[ev.field].value)) : mem_str(words);

	if (ev.kind == UI_DONE)
		return false;
	if (ev.kind == UI_HELP)
		ui_overlay(ui, "Giúp đỡ", "Dòng một.\nDòng hai.", true);
	if (ev.kind == UI_OFFICER)
		ui_curtain(ui, "Màn che");
	if (ev.kind == UI_HELP || ev.kind == UI_OFFICER)
		return true;            /* one frame a key, or press() would run ahead */
	if (ev.kind == UI_SUBMIT)
		view_check(v);
	view_set_text(&v->small, more);
	ui_show(ui, v);
	return true;
}

static int play(void *arg)
{
	const struct play *p = arg;
	struct sigaction sa = { .sa_handler = on_resize };
	sigset_t winch, open;
	struct err e = { 0 };
	struct ui *ui;
	struct view *v;
	int code = 0;

	signal(SIGHUP, SIG_IGN);
	ui = ui_open(&p->o, &e);
	if (!ui) {
		printf("%s %s\n", err_id(e.kind), e.cause);
		return 40;
	}
	sigaction(SIGWINCH, &sa, NULL);
	sigemptyset(&winch);
	sigaddset(&winch, SIGWINCH);
	sigprocmask(SIG_BLOCK, &winch, &open);   /* it may come only while ppoll waits, or it would be slept over */
	v = make(p);
	ui_show(ui, v);
	for (;;) {
		struct pollfd f = { .fd = ui_fd(ui), .events = POLLIN };
		struct ui_event ev;
		int wait = ui_deadline(ui);
		struct timespec until = { .tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000L };

		ppoll(&f, 1, wait < 0 ? NULL : &until, &open);
		if (resized) {
			resized = 0;
			ui_resize(ui);
		}
		ui_tick(ui);
		while ((ev = ui_next(ui)).kind != UI_NONE && ev.kind != UI_GONE && ev.kind != UI_DONE)
			tell(ui, v, ev);
		if (ev.kind == UI_GONE)
			code = 7;
		if (ev.kind != UI_NONE)
			break;
	}
	ui_close(ui);
	view_free(v);
	return code;
}

static struct play playing;
static struct term t;

static void begin(enum scene scene, int rows, int cols)
{
	playing = (struct play){ .scene = scene, .o = { .sync = true, .typing = "telex" }, .code = "HTTPS://VIDU.VN/Q/ABCDEF234567" };
	term_start(&t, rows, cols, "xterm-256color", play, &playing);
	assert_true(term_frame(&t, 1));
}

#define SEES(words) do { if (!term_sees(&t, words)) { term_dump(&t); fail_msg("not on the screen: %s", words); } } while (0)
#define LACKS(words) do { if (term_sees(&t, words)) { term_dump(&t); fail_msg("on the screen: %s", words); } } while (0)

/* Key by key, a frame after each. */
static void type(const char *s)
{
	for (size_t at = 0, n; s[at]; at += n) {
		char one[32] = "";

		n = text_next_grapheme(s, at);
		memcpy(one, s + at, n);
		assert_true(term_press(&t, one));
	}
}

static void press(const char *key)
{
	assert_true(term_press(&t, key));
}

/* For what takes several reads or frames. */
static void until(const char *words)
{
	while (!term_sees(&t, words))
		if (!term_read(&t, TERM_GIVE_UP_MS)) {
			term_dump(&t);
			fail_msg("never came: %s", words);
		}
}

static void leave(void)
{
	assert_true(term_send(&t, "\033[21~"));         /* F10 */
	while (term_read(&t, TERM_GIVE_UP_MS))
		;
	assert_false(t.alt);                            /* the terminal is given back */
	assert_int_equal(0, term_end(&t));
}

#define UP "\033OA"
#define DOWN "\033OB"
#define RIGHT "\033OC"
#define LEFT "\033OD"
#define HOME "\033[H"
#define PGDN "\033[6~"
#define PGUP "\033[5~"
#define DEL "\033[3~"
#define F1 "\033OP"
#define F2 "\033OQ"
#define F3 "\033OR"
#define F4 "\033OS"
#define F9 "\033[20~"

/* ---- tests ---- */

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
	begin(FORM, 24, 80);
	term_press(&t, "Nguye");
	assert_true(term_press(&t, "\xcc\x82"));
	assert_true(term_press(&t, "\xcc\x83"));
	press("n");
	SEES("Nguyễn");                                 /* one code point: the needle is NFC */
	press("\177");
	press("\177");
	SEES("Nguy");
	LACKS("Nguye");
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
		cmocka_unit_test(four_places), cmocka_unit_test(typing_vietnamese),
		cmocka_unit_test(decomposed_input_is_composed), cmocka_unit_test(a_letter_may_come_in_halves),
		cmocka_unit_test(a_burst_loses_nothing),
		cmocka_unit_test(a_paste_is_no_key), cmocka_unit_test(secrets_are_dots),
		cmocka_unit_test(errors_take_the_focus), cmocka_unit_test(enter_goes_to_the_next_question),
		cmocka_unit_test(numbers_choose), cmocka_unit_test(ticks), cmocka_unit_test(search_and_number_keys),
		cmocka_unit_test(a_review_keeps_enter_for_sending), cmocka_unit_test(keys_of_every_screen),
		cmocka_unit_test(the_box_moves), cmocka_unit_test(notes_scroll), cmocka_unit_test(a_code_can_be_read),
		cmocka_unit_test(no_room_for_a_code), cmocka_unit_test(a_window_changes), cmocka_unit_test(large_letters),
		cmocka_unit_test(plain_terminals), cmocka_unit_test(no_terminal), cmocka_unit_test(a_closed_terminal),
		cmocka_unit_test(an_idle_screen_says_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
