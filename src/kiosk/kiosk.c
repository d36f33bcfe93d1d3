#include "kiosk/kiosk.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/job.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "kiosk/helpers.h"
#include "kiosk/outbox.h"
#include "screen/screen.h"
#include "ui/ui.h"
#include "wizard/wizard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Idle limits (rules P4, U22): a citizen's two minutes, then a warning of at least 30 s that any key extends. */
enum { IDLE_MS = 120000, WARNING_MS = 30000 };

struct kiosk {
	const struct config *config;
	struct wizard *wizard;
	struct ui *ui;
	struct helpers *helpers;
	struct outbox *outbox;
	int64_t touched_at, idle_ms, warning_ms;
	bool warned, gone;
};

/* A signal writes its number into a pipe that poll() watches: a flag alone could be set just before poll() sleeps. */
static int signal_pipe[2] = { -1, -1 };

static void on_signal(int sig)
{
	int saved = errno;
	unsigned char c = (unsigned char)sig;

	(void)!write(signal_pipe[1], &c, 1);
	errno = saved;
}

static int catch_signals(struct err *e)
{
	struct sigaction sa = { .sa_handler = on_signal };

	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(e, ERR_INTERNAL, "pipe: %s", strerror(errno));
	sigemptyset(&sa.sa_mask);
	sigaction(SIGWINCH, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	return 0;
}

static void read_signals(struct kiosk *k)
{
	unsigned char c;
	bool resized = false;

	while (read(signal_pipe[0], &c, 1) == 1) {
		resized |= c == SIGWINCH;
		k->gone |= c != SIGWINCH;
	}
	if (resized && !k->gone) {
		ui_resize(k->ui);
		ui_show(k->ui, wizard_view(k->wizard));
	}
}

/* ---- events of the screen ------------------------------------------------------------------------------------------ */
static void show_help(struct kiosk *k)
{
	ui_overlay(k->ui, msg("common.help"), msg(wizard_help(k->wizard)), true);
}

static void call_officer(struct kiosk *k)
{
	wizard_handle(k->wizard, &(struct wizard_event){ .kind = WIZARD_OFFICER });
	AUTO(json_release) json_t *vars = json_object();
	json_put_str(vars, "hotline", config_str(k->config, "hotline", msg("officer.no-hotline")));
	AUTO(mem_free) char *text = msg_fill("officer.text", vars);
	ui_overlay(k->ui, msg("officer.title"), text, true);
}

static void carry(struct kiosk *k, const struct ui_event *ev)
{
	struct wizard_event we = { .field = ev->field, .action = ev->action, .number = ev->number };

	switch (ev->kind) {
	case UI_NONE:
	case UI_SPEAK:
		return;
	case UI_SUBMIT:
		we.kind = WIZARD_SUBMIT;
		break;
	case UI_CHOSEN:
		we.kind = WIZARD_CHOSEN;
		break;
	case UI_CHANGED:
		we.kind = WIZARD_CHANGED;
		break;
	case UI_ACTION:
		if (strcmp(ev->action, "officer") == 0) {
			call_officer(k);
			return;
		}
		we.kind = WIZARD_ACTION;
		break;
	case UI_BACK:
		we.kind = WIZARD_BACK;
		break;
	case UI_HELP:
		show_help(k);
		return;
	case UI_OFFICER:
		call_officer(k);
		return;
	case UI_DONE:
		we.kind = WIZARD_DONE;
		break;
	case UI_PAGE_TURN:
		we.kind = WIZARD_PAGE;
		break;
	case UI_BOX_MOVED:
		we.kind = WIZARD_BOX;
		break;
	case UI_RESIZED:
		ui_show(k->ui, wizard_view(k->wizard));
		return;
	case UI_GONE:
		k->gone = true;
		return;
	}
	wizard_handle(k->wizard, &we);
}

/* ---- idleness ---------------------------------------------------------------------------------------------------------- */
static void touched(struct kiosk *k)
{
	k->touched_at = clock_ms();
	if (k->warned) {
		k->warned = false;
		ui_overlay_close(k->ui);
		ui_show(k->ui, wizard_view(k->wizard));
	}
}

static int idle_deadline(const struct kiosk *k)
{
	if (!wizard_holds_person(k->wizard) || !wizard_may_idle(k->wizard))
		return -1;
	int64_t at = k->touched_at + k->idle_ms + (k->warned ? k->warning_ms : 0) - clock_ms();
	return at < 0 ? 0 : (int)at;
}

static void idle_tick(struct kiosk *k)
{
	/* Waiting for a phone is not idleness (rule U23): the two minutes begin when it is over. */
	if (!wizard_may_idle(k->wizard))
		k->touched_at = clock_ms();
	if (idle_deadline(k) != 0)
		return;
	if (!k->warned) {
		k->warned = true;
		ui_overlay(k->ui, msg("idle.title"), msg("idle.text"), true);
		return;
	}
	log_line("session-idle", "ended");
	ui_overlay_close(k->ui);
	ui_curtain(k->ui, msg("idle.curtain"));
	wizard_end(k->wizard);
}

/* ---- one turn ------------------------------------------------------------------------------------------------------------ */
static int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static int next_deadline(const struct kiosk *k)
{
	int d = sooner(ui_deadline(k->ui), helpers_deadline(k->helpers));

	d = sooner(d, wizard_deadline(k->wizard));
	d = sooner(d, outbox_deadline(k->outbox));
	return sooner(d, idle_deadline(k));
}

static void run_work(struct kiosk *k)
{
	struct work w;
	long cancel;

	while ((cancel = wizard_take_cancel(k->wizard)) > 0)
		helpers_cancel(k->helpers, cancel);
	while (wizard_take_work(k->wizard, &w))
		helpers_start(k->helpers, &w);
}

static void draw(struct kiosk *k)
{
	if (wizard_dirty(k->wizard) && !wizard_finished(k->wizard))
		ui_show(k->ui, wizard_view(k->wizard));
}

static void read_keys(struct kiosk *k)
{
	/* Each event is carried before the next key is read: what a key did is on the view when the next one comes. */
	for (;;) {
		struct ui_event ev = ui_next(k->ui);
		if (ui_touched(k->ui))
			touched(k);
		if (ev.kind == UI_NONE)
			return;
		carry(k, &ev);
		draw(k);
		if (k->gone || wizard_finished(k->wizard))
			return;
	}
}

static void turn(struct kiosk *k)
{
	struct pollfd fds[HELPERS_MAX + 3];
	size_t n = 0;

	run_work(k);
	draw(k);
	fds[n++] = (struct pollfd){ .fd = ui_fd(k->ui), .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = signal_pipe[0], .events = POLLIN };
	n += helpers_poll(k->helpers, fds + n, COUNT(fds) - n);
	int rc = poll(fds, n, next_deadline(k));
	if (rc > 0 && fds[1].revents)
		read_signals(k);
	if (k->gone)
		return;
	if (rc > 0 && fds[0].revents)
		read_keys(k);
	if (rc > 0)
		helpers_read(k->helpers);
	ui_tick(k->ui);
	helpers_tick(k->helpers);
	wizard_tick(k->wizard);
	outbox_tick(k->outbox);
	idle_tick(k);
}

static void set_limits(struct kiosk *k)
{
	/* Shorter only in the sandbox, for tests of the idle end; longer by the site's choice is refused above 15 minutes. */
	long long idle = config_int(k->config, "idle_seconds", 0);

	k->idle_ms = IDLE_MS;
	k->warning_ms = WARNING_MS;
	if (idle >= 120 && idle <= 900)
		k->idle_ms = idle * 1000;
	if (config_sandbox(k->config) && idle > 0) {
		k->idle_ms = idle * 1000;
		k->warning_ms = config_int(k->config, "idle_warning_seconds", 30) * 1000;
	}
}

int kiosk_run(const struct config *c, const struct kiosk_options *o, struct err *e)
{
	struct kiosk k = { .config = c };
	const struct ui_options uo = {
		.theme = o->theme, .large = o->large, .sync = config_sandbox(c) && getenv("TRAMKY_TEST_SYNC"),
		.typing = config_str(c, "typing", "telex"), .repeat_guard_ms = (int)config_int(c, "repeat_guard_ms", 0),
		.sandbox_note = config_sandbox(c) ? config_str(c, "sandbox_note", "TEST / THỬ NGHIỆM") : NULL,
	};

	k.wizard = catch_signals(e) < 0 ? NULL : wizard_new(c, e);
	k.ui = k.wizard ? ui_open(&uo, e) : NULL;
	if (!k.ui) {
		wizard_free(k.wizard);
		return -1;
	}
	set_limits(&k);
	k.helpers = helpers_new(c, k.wizard);
	k.outbox = outbox_new(c, k.helpers);
	k.touched_at = clock_ms();
	bool anybody = false;
	while (!wizard_finished(k.wizard) && !k.gone) {
		turn(&k);
		anybody |= wizard_holds_login(k.wizard);
	}
	/* A counter is never left without its screen; a demonstration ends by F10 where nobody has logged in. */
	k.gone |= !anybody && config_sandbox(c) && config_is(c, "demonstration");
	/* A terminal closed in the middle: what can be kept is sealed like at an idle end, within a bounded time. */
	if (k.gone && wizard_holds_person(k.wizard)) {
		int64_t until = clock_ms() + 2000;
		wizard_end(k.wizard);
		while (!wizard_finished(k.wizard) && clock_ms() < until) {
			struct pollfd fds[HELPERS_MAX + 1];
			run_work(&k);
			size_t n = helpers_poll(k.helpers, fds, COUNT(fds));
			poll(fds, n, 100);
			helpers_read(k.helpers);
			helpers_tick(k.helpers);
		}
	}
	run_work(&k);
	helpers_settle(k.helpers, 2000);
	ui_close(k.ui);
	outbox_free(k.outbox);
	helpers_free(k.helpers);
	wizard_free(k.wizard);
	return k.gone ? 1 : 0;
}
