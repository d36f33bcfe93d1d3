#include "scenes.h"

#include "ui/ui.h"
#include "unit/wizard_play.h"

#include <poll.h>

static const char *scene_lang = "vi";

/* ---- before the login ------------------------------------------------------------------------------------------------ */
static void welcome(struct play *p) { (void)p; }
static void language(struct play *p) { play_choose(p, "start", "begin"); }
static void login(struct play *p) { play_to_login(p); }

static void login_rules(struct play *p)
{
	play_to_login(p);
	play_set(p, "id", "0011901");
	play_enter(p);
}

static void login_wrong(struct play *p)
{
	play_fail(p, "identity.login", ERR_LOGIN_WRONG, "");
	play_to_otp(p);
}

static void login_checking(struct play *p)
{
	play_hold(p, "identity.login");
	play_to_otp(p);
}

static void otp(struct play *p) { play_to_otp(p); }

static void otp_wrong(struct play *p)
{
	play_fail(p, "identity.otp", ERR_OTP_WRONG, "otp.tries-left-2");
	play_to_home(p);
}

static void otp_again(struct play *p)
{
	play_to_otp(p);
	play_wait(p, 61);
	play_act(p, "resend");
}

static void no_signature(struct play *p) { play_choose(p, "start", "no-signature"); }
static void lookup(struct play *p) { play_choose(p, "start", "lookup"); }

static void lookup_none(struct play *p)
{
	lookup(p);
	play_set(p, "code", "H18.57-20261120-999999");
	play_fail(p, "portal.status", ERR_NOT_FOUND, "");
	play_enter(p);
}

static void status(struct play *p)
{
	lookup(p);
	play_set(p, "code", "H18.57-20261120-000001");
	play_says(p, "portal.status", play_status(5));
	play_enter(p);
}

/* ---- the person's own page ---------------------------------------------------------------------------------------------- */
static void add_draft(struct play *p, int i)
{
	static const char *const titles[] = {
		"Thủ tục đăng ký khai sinh", "Thủ tục đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ, con cho người đã có hồ sơ, giấy tờ cá nhân",
		"Thủ tục đăng ký kết hôn",
	};
	AUTO(mem_free) char *id = mem_printf("nhap-%d", i), *at = mem_printf("2026-11-20T0%d:15:00Z", i % 10);

	json_array_append_new(p->drafts, json_pack("{s:s,s:s,s:s,s:b}", "draft", id, "title", titles[i % 3], "saved_at", at, "pending", i == 1));
}

static void drafts(struct play *p)
{
	for (int i = 0; i < 9; i++)
		add_draft(p, i);
	play_to_home(p);
}

static void drafts_looking(struct play *p)
{
	play_hold(p, "draft.list");
	play_to_home(p);
}

static void home(struct play *p) { play_to_home(p); }

static void home_first(struct play *p)
{
	json_array_clear(p->people_profiles);
	play_to_home(p);
}

static void find(struct play *p)
{
	play_to_home(p);
	play_choose(p, "menu", "services");
	play_type(p, "search", "khai sinh");
}

static void find_none(struct play *p)
{
	find(p);
	play_type(p, "search", "xyzzy qwerty");
}

static void find_guessed(struct play *p)
{
	find(p);
	play_type(p, "search", "khai sihn");
}

static void group(struct play *p)
{
	play_to_home(p);
	play_choose(p, "citizen", "hon-nhan");
}

static void group_empty(struct play *p)
{
	play_to_home(p);
	play_choose(p, "citizen", "hoc-tap");
}

static void procedure(struct play *p) { play_to_procedure(p); }

static void procedure_counter(struct play *p)
{
	play_to_home(p);
	play_choose(p, "citizen", "khieu-kien");
	play_choose(p, "results", "1.012812");
	play_enter(p);
}

static void detail(struct play *p)
{
	play_to_procedure(p);
	play_act(p, "detail");
}

static void agency(struct play *p) { play_to_agency(p); }

static void agency_typed(struct play *p)
{
	play_to_agency(p);
	play_type(p, "search", "nam");
}

/* ---- signature profiles --------------------------------------------------------------------------------------------------- */
static void signatures(struct play *p)
{
	json_array_append_new(p->people_profiles, play_profile("Chữ ký của hộ kinh doanh Lò Thị Mai Thử, chợ Mẫu", "dai"));
	play_to_home(p);
	play_choose(p, "menu", "signatures");
}

static void signatures_first(struct play *p)
{
	home_first(p);
	play_choose(p, "menu", "signatures");
}

static void signature(struct play *p)
{
	signatures(p);
	play_choose(p, "profile", "add");
}

static void signature_more(struct play *p)
{
	signature(p);
	play_set(p, "phone", "0900000077");
	play_enter(p);
}

static void signature_more_rule(struct play *p)
{
	signature_more(p);
	play_enter(p);
}

static void picture(struct play *p)
{
	play_file(p, "chu-ky.png");
	play_file(p, "hinh-chup-chu-ky-tren-giay-trang-lan-thu-hai-da-cat.png");
	signature(p);
	play_act(p, "picture");
}

static void picture_bad(struct play *p)
{
	picture(p);
	play_fail(p, "doc.image", ERR_IMAGE_BAD, "");
	play_choose(p, "file", "0:chu-ky.png");
}

/* ---- the dossier -------------------------------------------------------------------------------------------------------------- */
static void requester(struct play *p) { play_to_form(p, 0); }
static void child(struct play *p) { play_to_form(p, 1); }
static void mother(struct play *p) { play_to_form(p, 2); }
static void father(struct play *p) { play_to_form(p, 3); }
static void result(struct play *p) { play_to_form(p, 4); }

static void child_rules(struct play *p)
{
	child(p);
	play_form_page(p, 1);
	play_set(p, "child_name", "");
	play_set(p, "child_birth", "31/02/2026");
	play_enter(p);
}

static void form_none(struct play *p)
{
	play_to_home(p);
	play_choose(p, "menu", "services");
	play_type(p, "search", "1.000894");
	play_choose(p, "results", "1.000894");
	play_enter(p);
	play_choose(p, "commune", "03253");
}

static void components(struct play *p) { play_to_components(p); }

static void components_missing(struct play *p)
{
	play_to_components(p);
	play_act(p, "next");
}

static void component(struct play *p)
{
	play_to_components(p);
	play_attach(p);
}

static void component_warned(struct play *p)
{
	play_to_components(p);
	play_says(p, "doc.inspect", json_pack("{s:i,s:i,s:s,s:[s]}", "pages", 3, "bytes", 812345, "sha256",
		"2e5ea0c4d27b9a66e3f2b7a9c8d1e0f4a5b6c7d8e9f00112233445566778899a", "warnings", "doc.scripts"));
	play_attach(p);
}

static void many_files(struct play *p)
{
	for (int i = 1; i <= 12; i++) {
		AUTO(mem_free) char *name = mem_printf("ban-chup-giay-to-tuy-than-cua-nguoi-yeu-cau-va-nguoi-lam-chung-%02d.pdf", i);
		play_file(p, name);
	}
	play_to_components(p);
	play_choose(p, "component", "0");
	play_choose(p, "do", "file");
}

static void file_bad(struct play *p)
{
	play_to_components(p);
	play_fail(p, "doc.inspect", ERR_NOT_PDF, "");
	play_attach(p);
}

static void file_empty(struct play *p)
{
	play_to_components(p);
	AUTO(mem_free) char *path = mem_printf("%s/usb/giay-chung-sinh.pdf", p->dir);
	unlink(path);
	play_choose(p, "component", "0");
	play_choose(p, "do", "file");
}

/* ---- the signature -------------------------------------------------------------------------------------------------------------- */
static void place(struct play *p) { play_to_place(p); }

static void place_none(struct play *p)
{
	play_fail(p, "doc.find", ERR_PLACE_NOT_FOUND, "");
	play_to_place(p);
}

static void place_covers(struct play *p)
{
	play_to_place(p);
	play_says(p, "doc.place", json_pack("{s:b,s:s,s:s}", "ok", 0, "covers", "Người yêu cầu", "reason", "place-covers"));
	play_enter(p);
}

static void confirm(struct play *p) { play_to_confirm(p); }

static void confirm_checking(struct play *p)
{
	play_hold(p, "clock.check");
	play_to_confirm(p);
}

static void confirm_unasked(struct play *p)
{
	json_array_append_new(p->people_profiles, play_profile("Chữ ký thứ hai", "dai"));
	play_fail(p, "revocation.fetch", ERR_NO_NETWORK, "");
	play_to_confirm(p);
}

static void wait_phone(struct play *p)
{
	play_hold(p, "sign.submit");
	play_to_wait(p);
	play_release(p, "sign.submit", JOB_PROGRESS, json_pack("{s:s,s:i}", "state", "waiting-person", "seconds_left", 222));
}

static void wait_hidden(struct play *p)
{
	wait_phone(p);
	play_wait(p, 21);
	play_back(p);
}

static void wait_prepare(struct play *p)
{
	play_hold(p, "doc.prepare");
	play_to_wait(p);
}

static void end_by(struct play *p, enum err_kind kind, const char *reason)
{
	play_fail(p, "sign.submit", kind, reason);
	play_to_wait(p);
}

static void sign_refused(struct play *p) { end_by(p, ERR_REFUSED, ""); }
static void sign_expired(struct play *p) { end_by(p, ERR_EXPIRED, ""); }
static void sign_network(struct play *p) { end_by(p, ERR_NO_NETWORK, ""); }
static void sign_unknown(struct play *p) { end_by(p, ERR_NETWORK_UNKNOWN, ""); }
static void sign_fault(struct play *p) { end_by(p, ERR_PROVIDER_ERROR, "sign.hash-mismatch"); }

static void sign_stopped(struct play *p)
{
	wait_phone(p);
	play_act(p, "stop");
}

static void sign_certificate(struct play *p)
{
	play_says(p, "sign.certificates", json_pack("{s:[]}", "certificates"));
	play_to_confirm(p);
}

static void sign_other_person(struct play *p)
{
	json_t *c = play_certificate("ocsp");

	json_put_str(c, "certificate.id", "001090999999");
	json_put_str(c, "ocsp_url", "");
	play_says(p, "doc.certificate", c);
	play_to_confirm(p);
}

static void sign_done(struct play *p) { play_to_wait(p); }

static void sign_done_plain(struct play *p)
{
	play_fail(p, "tsa.stamp", ERR_SERVICE_DOWN, "");
	play_to_wait(p);
}

/* ---- handing in ---------------------------------------------------------------------------------------------------------------------- */
static void review(struct play *p) { play_to_review(p); }

static void review_rejected(struct play *p)
{
	play_fail(p, "portal.send", ERR_REJECTED, "intake.empty-file");
	play_to_slip(p);
}

static void sending(struct play *p)
{
	play_hold(p, "portal.send");
	play_to_slip(p);
}

static void slip(struct play *p) { play_to_slip(p); }

static void slip_waiting(struct play *p)
{
	play_fail(p, "portal.send", ERR_NO_NETWORK, "");
	play_to_slip(p);
}

static void receipt(struct play *p)
{
	play_to_slip(p);
	play_says(p, "portal.status", play_status(2));
	play_wait(p, 6);
}

static void leave(struct play *p) { play_to_home(p); play_done(p); }
static void leave_unsent(struct play *p) { play_to_components(p); play_done(p); }
static void leave_waiting(struct play *p) { slip_waiting(p); play_done(p); }

static void bye(struct play *p)
{
	leave_unsent(p);
	play_hold(p, "draft.save");
	play_choose(p, "what", "keep");
}

static void fault(struct play *p)
{
	/* A screen file that cannot be read. */
	play_choose(p, "start", "begin");
	screens_set_folders("/nonexistent", NULL);
	play_back(p);
	screens_set_folders(NULL, NULL);
	if (msg_setup(scene_lang, "dienbien", NULL) < 0)
		abort();
}

const struct scene scenes[] = {
	{ "welcome", welcome, OVER_NONE }, { "language", language, OVER_NONE }, { "login", login, OVER_NONE },
	{ "login-rules", login_rules, OVER_NONE }, { "login-wrong", login_wrong, OVER_NONE }, { "login-checking", login_checking, OVER_NONE },
	{ "otp", otp, OVER_NONE }, { "otp-wrong", otp_wrong, OVER_NONE }, { "otp-again", otp_again, OVER_NONE },
	{ "no-signature", no_signature, OVER_NONE }, { "lookup", lookup, OVER_NONE }, { "lookup-none", lookup_none, OVER_NONE },
	{ "status", status, OVER_NONE }, { "drafts", drafts, OVER_NONE }, { "drafts-looking", drafts_looking, OVER_NONE },
	{ "home", home, OVER_NONE }, { "home-first", home_first, OVER_NONE }, { "find", find, OVER_NONE }, { "find-none", find_none, OVER_NONE },
	{ "find-guessed", find_guessed, OVER_NONE }, { "group", group, OVER_NONE }, { "group-empty", group_empty, OVER_NONE },
	{ "procedure", procedure, OVER_NONE }, { "procedure-counter", procedure_counter, OVER_NONE }, { "detail", detail, OVER_NONE },
	{ "agency", agency, OVER_NONE }, { "agency-typed", agency_typed, OVER_NONE }, { "signatures", signatures, OVER_NONE },
	{ "signatures-first", signatures_first, OVER_NONE }, { "signature", signature, OVER_NONE }, { "signature-more", signature_more, OVER_NONE },
	{ "signature-more-rule", signature_more_rule, OVER_NONE }, { "picture", picture, OVER_NONE }, { "picture-bad", picture_bad, OVER_NONE },
	{ "khai-sinh-requester", requester, OVER_NONE }, { "khai-sinh-child", child, OVER_NONE }, { "khai-sinh-child-rules", child_rules, OVER_NONE },
	{ "khai-sinh-mother", mother, OVER_NONE }, { "khai-sinh-father", father, OVER_NONE }, { "khai-sinh-result", result, OVER_NONE },
	{ "form-none", form_none, OVER_NONE }, { "components", components, OVER_NONE }, { "components-missing", components_missing, OVER_NONE },
	{ "component", component, OVER_NONE }, { "component-warned", component_warned, OVER_NONE }, { "file", many_files, OVER_NONE },
	{ "file-bad", file_bad, OVER_NONE }, { "file-empty", file_empty, OVER_NONE }, { "sign-place", place, OVER_NONE },
	{ "sign-place-none", place_none, OVER_NONE }, { "sign-place-covers", place_covers, OVER_NONE }, { "sign-confirm", confirm, OVER_NONE },
	{ "sign-confirm-checking", confirm_checking, OVER_NONE }, { "sign-confirm-unasked", confirm_unasked, OVER_NONE },
	{ "sign-wait", wait_phone, OVER_NONE }, { "sign-wait-hidden", wait_hidden, OVER_NONE }, { "sign-wait-prepare", wait_prepare, OVER_NONE },
	{ "sign-refused", sign_refused, OVER_NONE }, { "sign-expired", sign_expired, OVER_NONE }, { "sign-network", sign_network, OVER_NONE },
	{ "sign-unknown", sign_unknown, OVER_NONE }, { "sign-certificate", sign_certificate, OVER_NONE },
	{ "sign-other-person", sign_other_person, OVER_NONE }, { "sign-stopped", sign_stopped, OVER_NONE }, { "sign-fault", sign_fault, OVER_NONE },
	{ "sign-done", sign_done, OVER_NONE }, { "sign-done-plain", sign_done_plain, OVER_NONE }, { "review", review, OVER_NONE },
	{ "review-rejected", review_rejected, OVER_NONE }, { "sending", sending, OVER_NONE }, { "slip", slip, OVER_NONE },
	{ "slip-waiting", slip_waiting, OVER_NONE }, { "receipt", receipt, OVER_NONE }, { "leave", leave, OVER_NONE },
	{ "leave-unsent", leave_unsent, OVER_NONE }, { "leave-waiting", leave_waiting, OVER_NONE }, { "bye", bye, OVER_NONE },
	{ "fault", fault, OVER_NONE }, { "help", home, OVER_HELP }, { "officer", login, OVER_OFFICER }, { "idle", home, OVER_IDLE },
	{ "curtain", home, OVER_CURTAIN },
};
const size_t nscenes = COUNT(scenes);

const struct scene *scene_find(const char *name)
{
	for (size_t i = 0; i < nscenes; i++)
		if (!strcmp(scenes[i].name, name))
			return &scenes[i];
	return NULL;
}

void scene_begin(struct play *p, const struct scene *s, const char *lang)
{
	AUTO(mem_free) char *more = mem_printf("lang: %s\n", lang);

	scene_lang = lang;
	play_seed = 20261120;
	play_start_with(p, more);
	s->play(p);
}

/* ---- the program under the picture: a scene on the terminal, drawn by the same ui as at the counter ------------------ */
static void draw_over(struct ui *ui, struct play *p, enum scene_over over)
{
	AUTO(json_release) json_t *vars = json_pack("{s:s}", "hotline", config_str(p->config, "hotline", ""));
	AUTO(mem_free) char *officer = msg_fill("officer.text", vars);

	switch (over) {
	case OVER_NONE:
		return;
	case OVER_HELP:
		ui_overlay(ui, msg("common.help"), msg(wizard_help(p->w)), true);
		return;
	case OVER_OFFICER:
		ui_overlay(ui, msg("officer.title"), officer, true);
		return;
	case OVER_IDLE:
		ui_overlay(ui, msg("idle.title"), msg("idle.text"), true);
		return;
	case OVER_CURTAIN:
		ui_curtain(ui, msg("idle.curtain"));
		return;
	}
}

int scene_show(const struct scene *s, const char *lang, const char *theme, int large)
{
	const struct ui_options o = { .theme = theme, .large = large != 0, .sync = true, .typing = "telex" };
	struct play p;
	struct err e = { 0 };
	bool gone = false;

	scene_begin(&p, s, lang);
	play_clock_runs = true;
	struct ui *ui = ui_open(&o, &e);
	if (!ui) {
		fprintf(stderr, "%s\n", e.cause);
		return 70;
	}
	ui_show(ui, play_view(&p));
	draw_over(ui, &p, s->over);
	while (!gone) {
		struct pollfd f = { .fd = ui_fd(ui), .events = POLLIN };
		poll(&f, 1, ui_deadline(ui));
		ui_tick(ui);
		for (;;) {
			struct ui_event ev = ui_next(ui);
			if (ev.kind == UI_NONE)
				break;
			gone = gone || ev.kind == UI_GONE || ev.kind == UI_DONE;
		}
	}
	ui_close(ui);
	play_end(&p);
	return 0;
}

/* ---- what must be readable somewhere on the screen -------------------------------------------------------------------- */
struct scene_text *scene_texts(const struct scene *s, const char *lang, size_t *n)
{
	struct scene_text *out = NULL;
	struct play p;

	*n = 0;
#define TEXT(what, value) do { if ((value) && *(value)) { out = mem_grow(out, *n + 1, sizeof *out); \
		out[(*n)++] = (struct scene_text){ what, mem_str(value) }; } } while (0)
	scene_begin(&p, s, lang);
	const struct view *v = play_view(&p);
	TEXT("screen", v->screen->id);
	TEXT("title", v->title);
	TEXT("text", v->text);
	TEXT("notice", v->notice);
	TEXT("error", v->error);
	for (size_t i = 0; i < v->screen->nkeys; i++)
		TEXT("key", msg(v->screen->keys[i].label));
	for (size_t i = 0; i < v->nfields; i++) {
		const struct view_field *f = &v->fields[i];
		if (f->hidden)
			continue;
		if (f->def->label)
			TEXT("label", msg(f->def->label));
		TEXT("field error", f->error);
		/* Of a long list other pages hold the rest; PgDn and PgUp find them. */
		for (size_t k = 0; k < f->noptions && f->noptions <= 9; k++) {
			TEXT("option", f->options[k].label);
			TEXT("mark", f->options[k].mark);
		}
		for (char **line = f->wait.lines; line && *line; line++)
			TEXT("sentence", *line);
		if (f->def->kind == FIELD_NOTE)
			TEXT("note", f->value);
	}
#undef TEXT
	play_end(&p);
	return out;
}

size_t scene_stops(const struct scene *s, const char *lang)
{
	struct play p;
	size_t n = 0;

	scene_begin(&p, s, lang);
	const struct view *v = play_view(&p);
	for (size_t i = 0; i < v->nfields; i++) {
		enum field_kind k = v->fields[i].def->kind;
		n += !v->fields[i].hidden && !v->fields[i].read_only && k != FIELD_NOTE && k != FIELD_WAIT && k != FIELD_QR &&
		     !((k == FIELD_CHOICE || k == FIELD_FILE || k == FIELD_REVIEW) && !v->fields[i].noptions);
	}
	play_end(&p);
	return n;
}
