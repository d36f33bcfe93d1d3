/* Idleness at the counter (rules P4, U22, U23) by a clock that the test moves: the loop's own file is taken in whole, its
 * screen is a list of what was drawn. */
#include "kiosk/kiosk.c"

#include "unit/wizard_play.h"

#include <setjmp.h>
#include <cmocka.h>

static struct { int overlays, closed, curtains; } drawn;

struct ui *ui_open(const struct ui_options *o, struct err *e) { (void)o; (void)e; return NULL; }
void ui_close(struct ui *ui) { (void)ui; }
int ui_fd(const struct ui *ui) { (void)ui; return -1; }
void ui_show(struct ui *ui, struct view *v) { (void)ui; (void)v; }
void ui_overlay(struct ui *ui, const char *title, const char *text, bool any_key) { (void)ui; (void)title; (void)text; (void)any_key; drawn.overlays++; }
void ui_overlay_close(struct ui *ui) { (void)ui; drawn.closed++; }
void ui_curtain(struct ui *ui, const char *text) { (void)ui; (void)text; drawn.curtains++; }
struct ui_event ui_next(struct ui *ui) { (void)ui; return (struct ui_event){ .kind = UI_NONE }; }
int ui_deadline(const struct ui *ui) { (void)ui; return -1; }
void ui_tick(struct ui *ui) { (void)ui; }
void ui_resize(struct ui *ui) { (void)ui; }
bool ui_touched(struct ui *ui) { (void)ui; return false; }
bool ui_overlay_up(const struct ui *ui) { (void)ui; return false; }
void ui_set_typing(struct ui *ui, const char *mode) { (void)ui; (void)mode; }

static struct play p;
static struct kiosk k;

static void begin(const char *more, void (*leg)(struct play *p))
{
	memset(&drawn, 0, sizeof drawn);
	play_start_with(&p, more);
	leg(&p);
	k = (struct kiosk){ .config = p.config, .wizard = p.w };
	set_limits(&k);
	k.touched_at = clock_ms();
}

static void end(void) { play_end(&p); }

static void pass(int seconds)
{
	for (int i = 0; i < seconds; i++) {
		play_clock_ms += 1000;
		idle_tick(&k);
		play_pump(&p);
	}
}

/* Two minutes, then at least thirty seconds of warning, then the curtain; what was typed is sealed. */
static void two_minutes_and_a_warning(void **state)
{
	(void)state;
	begin("idle_seconds: 120\nidle_warning_seconds: 30\n", play_to_components);
	size_t saves = play_count(&p, "draft.save");
	pass(119);
	assert_int_equal(0, drawn.overlays);
	pass(1);
	assert_int_equal(1, drawn.overlays);
	pass(29);
	assert_int_equal(0, drawn.curtains);
	assert_false(wizard_finished(p.w));
	pass(1);
	assert_int_equal(1, drawn.curtains);
	assert_true(wizard_finished(p.w));
	assert_true(play_count(&p, "draft.save") > saves);
	end();
}

static void any_key_extends(void **state)
{
	(void)state;
	begin("idle_seconds: 120\n", play_to_home);
	for (int i = 1; i <= 12; i++) {
		pass(140);
		assert_int_equal(i, drawn.overlays);
		touched(&k);
		assert_int_equal(i, drawn.closed);
	}
	assert_false(wizard_finished(p.w));
	end();
}

static void hold_and_wait(struct play *q)
{
	play_hold(q, "sign.submit");
	play_to_wait(q);
}

static void the_phone_is_waited_for(void **state)
{
	(void)state;
	begin("idle_seconds: 120\n", hold_and_wait);
	pass(1000);
	assert_int_equal(0, drawn.overlays);
	assert_int_equal(-1, idle_deadline(&k));
	end();
}

static void nobody_is_there(struct play *q) { (void)q; }

static void the_welcome_page_stays(void **state)
{
	(void)state;
	begin("idle_seconds: 120\n", nobody_is_there);
	pass(1000);
	assert_int_equal(0, drawn.overlays);
	end();
}

/* Outside the sandbox nothing shortens the limits, and fifteen minutes are the most. */
static void what_may_be_chosen(void **state)
{
	static const struct { const char *more; bool sandbox; int idle, warning; } cases[] = {
		{ "", true, 120, 30 }, { "idle_seconds: 5\nidle_warning_seconds: 2\n", true, 5, 2 },
		{ "idle_seconds: 5\nidle_warning_seconds: 2\n", false, 120, 30 }, { "idle_seconds: 300\n", false, 300, 30 },
		{ "idle_seconds: 900\n", false, 900, 30 }, { "idle_seconds: 901\n", false, 120, 30 }, { "idle_seconds: -1\n", false, 120, 30 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		char path[] = "/tmp/kiosk-idle-XXXXXX";
		int fd = mkstemp(path);
		AUTO(mem_free) char *text = mem_printf("sandbox: %s\nprovince: dienbien\n%s", cases[i].sandbox ? "true" : "false", cases[i].more);
		assert_int_equal(0, fd_write_all(fd, text, strlen(text), &e));
		close(fd);
		AUTO(config_release) struct config *c = config_load(path, "dienbien", &e);
		assert_non_null(c);
		struct kiosk one = { .config = c };
		set_limits(&one);
		assert_int_equal(cases[i].idle * 1000, one.idle_ms);
		assert_int_equal(cases[i].warning * 1000, one.warning_ms);
		unlink(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_minutes_and_a_warning), cmocka_unit_test(any_key_extends), cmocka_unit_test(the_phone_is_waited_for),
		cmocka_unit_test(the_welcome_page_stays), cmocka_unit_test(what_may_be_chosen),
	};
	log_open("kiosk_idle", "/dev/null");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
