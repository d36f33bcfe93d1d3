/* The program under the tests of screens: it shows one view made by hand and tells its events in the small print, so that
 * nothing but the picture is compared. Included once by each test program. */
#ifndef TESTS_UI_PLAY_H
#define TESTS_UI_PLAY_H

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

static inline void begin(enum scene scene, int rows, int cols)
{
	playing = (struct play){ .scene = scene, .o = { .sync = true, .typing = "telex" }, .code = "HTTPS://VIDU.VN/Q/ABCDEF234567" };
	term_start(&t, rows, cols, "xterm-256color", play, &playing);
	assert_true(term_frame(&t, 1));
}

#define SEES(words) do { if (!term_sees(&t, words)) { term_dump(&t); fail_msg("not on the screen: %s", words); } } while (0)
#define LACKS(words) do { if (term_sees(&t, words)) { term_dump(&t); fail_msg("on the screen: %s", words); } } while (0)

/* Key by key, a frame after each. */
static inline void type(const char *s)
{
	for (size_t at = 0, n; s[at]; at += n) {
		char one[32] = "";

		n = text_next_grapheme(s, at);
		memcpy(one, s + at, n);
		assert_true(term_press(&t, one));
	}
}

static inline void press(const char *key)
{
	assert_true(term_press(&t, key));
}

/* For what takes several reads or frames. */
static inline void until(const char *words)
{
	while (!term_sees(&t, words))
		if (!term_read(&t, TERM_GIVE_UP_MS)) {
			term_dump(&t);
			fail_msg("never came: %s", words);
		}
}

static inline void leave(void)
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

#endif
