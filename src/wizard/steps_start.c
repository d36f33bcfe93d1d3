/* From the welcome page to the person's own page: language, account, one-time code, drafts left from before. */
#include "wizard/session.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- welcome ----------------------------------------------------------------------------------------------------- */
static void welcome_chosen(struct wizard *w, const char *field, const char *option)
{
	(void)field;
	if (strcmp(option, "begin") == 0)
		go(w, &step_language, 0);
	else if (strcmp(option, "no-signature") == 0)
		go(w, &step_no_signature, 0);
	else if (strcmp(option, "procedures") == 0)
		go(w, &step_find, 0);
	else if (strcmp(option, "lookup") == 0)
		go(w, &step_lookup, 0);
}

static void welcome_submit(struct wizard *w)
{
	welcome_chosen(w, "start", view_value(w->view, "start"));
}

static bool nowhere_back(struct wizard *w)
{
	(void)w;
	return true;
}

const struct step step_welcome = {
	.id = "welcome", .chosen = welcome_chosen, .submit = welcome_submit, .back = nowhere_back, .no_check = true, .no_save = true,
};

/* ---- language ------------------------------------------------------------------------------------------------------ */
static void language_chosen(struct wizard *w, const char *field, const char *option)
{
	struct err e = { 0 };

	(void)field;
	if (strcmp(option, "vi") != 0 && strcmp(option, "en") != 0)
		return;
	mem_free(&w->lang);
	w->lang = mem_str(option);
	if (msg_setup(option, config_province(w->config), &e) < 0)
		say_error(w, &e);
	else
		go(w, &step_login, 0);
}

static void language_submit(struct wizard *w)
{
	language_chosen(w, "lang", view_value(w->view, "lang"));
}

static void language_show(struct wizard *w, struct view *v)
{
	view_set(v, "lang", w->lang);
}

const struct step step_language = {
	.id = "language", .show = language_show, .chosen = language_chosen, .submit = language_submit, .no_check = true, .no_save = true,
};

/* ---- login: CMT/CCCD and password ----------------------------------------------------------------------------------- */
static void login_submit(struct wizard *w)
{
	struct view_field *id = view_field(w->view, "id");
	AUTO(mem_free) char *digits = rule_normal(id->def, id->value);
	json_t *args = json_object();

	mem_free(&w->person_id);
	w->person_id = mem_str(digits);
	json_put_str(args, "id", digits);
	json_put_str(args, "password", view_value(w->view, "password"));
	say_notice(w, "login.checking", NULL);
	ask(w, JOB_NET, 0, "identity.login", args, NULL, 0);
}

static void otp_times(struct wizard *w, const json_t *told)
{
	w->resend_at = clock_ms() + 1000 * json_int(told, "resend_in", 60);
	w->otp_ends = clock_ms() + 1000 * json_int(told, "expires_in", 300);
}

static void login_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	(void)verb;
	view_set_text(&w->view->notice, NULL);
	if (e) {
		/* What was typed stays, except after a refusal, when the password is asked for anew. */
		if (e->kind == ERR_LOGIN_WRONG)
			view_set(w->view, "password", "");
		say_error(w, e);
		return;
	}
	view_set(w->view, "password", "");
	mem_free(&w->attempt);
	w->attempt = mem_str(json_str(m->body, "attempt", ""));
	json_decref(w->otp);
	w->otp = json_incref(m->body);
	otp_times(w, m->body);
	go(w, &step_otp, 0);
}

static void login_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "no-signature") == 0)
		go(w, &step_no_signature, 0);
}

static void login_show(struct wizard *w, struct view *v)
{
	if (w->person_id)
		view_set(v, "id", w->person_id);
}

const struct step step_login = {
	.id = "login", .show = login_show, .submit = login_submit, .after = login_after, .action = login_action, .no_save = true,
};

/* ---- Xác thực mã OTP -------------------------------------------------------------------------------------------------- */
static void otp_words(struct wizard *w, struct view *v)
{
	AUTO(json_release) json_t *vars = json_object();
	long wait = (long)((w->resend_at - clock_ms() + 999) / 1000);

	json_put_str(vars, "phone", json_str(w->otp, "phone", ""));
	json_put(vars, "digits", json_integer(json_int(w->otp, "otp_digits", 6)));
	json_put(vars, "minutes", json_integer((w->otp_ends - clock_ms() + 59999) / 60000));
	json_put(vars, "seconds", json_integer(wait));
	AUTO(mem_free) char *text = msg_fill("otp.text", vars);
	AUTO(mem_free) char *again = msg_fill(wait > 0 ? "otp.resend-in" : "otp.resend-now", vars);
	AUTO(mem_free) char *both = mem_printf("%s\n%s", text, again);
	view_set_text(&v->text, both);
}

static void otp_show(struct wizard *w, struct view *v)
{
	otp_words(w, v);
}

static void otp_tick(struct wizard *w)
{
	/* Counts down only while a wait runs: an idle screen sends nothing. */
	if (w->resend_at - clock_ms() > -2000) {
		otp_words(w, w->view);
		refresh(w);
	}
}

static void otp_submit(struct wizard *w)
{
	AUTO(mem_free) char *code = text_digits(view_value(w->view, "code"));
	json_t *args = json_object();

	if ((long long)strlen(code) != json_int(w->otp, "otp_digits", 6)) {
		say_field_error(w, "code", "otp.length");
		return;
	}
	json_put_str(args, "attempt", w->attempt);
	json_put_str(args, "otp", code);
	explicit_bzero(code, strlen(code));
	say_notice(w, "otp.checking", NULL);
	ask(w, JOB_NET, 0, "identity.otp", args, NULL, 0);
}

static void otp_resend(struct wizard *w)
{
	AUTO(json_release) json_t *vars = json_object();
	long wait = (long)((w->resend_at - clock_ms() + 999) / 1000);

	if (wait > 0) {
		json_put(vars, "n", json_integer(wait));
		say_error_id(w, "err.otp-wait.wait-N", vars);
		return;
	}
	ask(w, JOB_NET, 0, "identity.resend", json_pack("{s:s}", "attempt", w->attempt), NULL, 0);
}

static void otp_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "resend") == 0)
		otp_resend(w);
	else if (strcmp(action, "other") == 0)
		go_back_to(w, &step_login);
}

static void otp_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	view_set_text(&w->view->notice, NULL);
	if (e) {
		if (e->kind == ERR_OTP_WRONG)
			view_set(w->view, "code", "");
		say_error(w, e);
		return;
	}
	view_set_text(&w->view->error, NULL);
	if (strcmp(verb, "identity.resend") == 0) {
		otp_times(w, m->body);
		view_set(w->view, "code", "");
		otp_words(w, w->view);
		say_notice(w, "otp.sent-again", NULL);
		return;
	}
	mem_free(&w->token);
	w->token = mem_str(json_str(m->body, "token", ""));
	json_decref(w->person);
	w->person = json_incref(json_at(m->body, "person"));
	mem_free(&w->person_id);
	w->person_id = mem_str(person_text(w, "id"));
	mem_free(&w->attempt);
	session_signed_in(w);
}

const struct step step_otp = {
	.id = "otp", .show = otp_show, .submit = otp_submit, .action = otp_action, .after = otp_after, .tick = otp_tick,
	.ticks = true, .no_save = true,
};

/* ---- after the code: what was left from before --------------------------------------------------------------------------- */
enum { LIST_TRIES = 2 };

static void ask_drafts(struct wizard *w)
{
	ask(w, JOB_STORE, JOB_RESIDENT, "draft.list", json_pack("{s:s}", "person", w->person_id), NULL, 0);
}

/* The login pages are behind the person now: Back from here leads to the welcome page through "Xong / Thoát" only. */
void session_signed_in(struct wizard *w)
{
	w->depth = 0;
	dossier_take_person(w);
	go(w, &step_drafts, 0);
	w->list_tries = 0;
	ask_drafts(w);
	ask(w, JOB_NET, 0, "profiles.get", json_pack("{s:s}", "token", w->token), NULL, 0);
}

static void drafts_show(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "draft");

	for (size_t i = 0; i < json_array_size(w->drafts); i++) {
		const json_t *d = json_array_get(w->drafts, i);
		time_t at = 0;
		char when[32] = "";
		if (clock_parse(json_str(d, "saved_at", ""), &at))
			clock_vn(at, when);
		struct option *o = view_add_option(f, json_str(d, "draft", ""), json_str(d, "title", ""));
		AUTO(mem_free) char *hint = mem_printf("%s %.16s", msg("drafts.saved"), when);
		view_set_text(&o->hint, hint);
		if (json_is(d, "pending"))
			view_set_text(&o->mark, msg("drafts.pending"));
	}
	if (json_array_size(w->drafts))
		view_add_option(f, "new", msg("drafts.new"));
	else
		f->hidden = true;
	if (!w->drafts || !w->profiles)
		view_set_text(&v->text, msg("drafts.looking"));
}

static bool draft_files_taken(struct wizard *w, struct job_message *m, const json_t *pending, int *prepared)
{
	const json_t *names = json_at(m->body, "files");
	AUTO(mem_free) char *wanted = mem_printf("prepared-%s", json_str(pending, "transaction", ""));

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		int fd = job_take_fd(m, i);
		if (fd < 0)
			return false;
		if (strcmp(name, wanted) == 0) {
			fd_close(prepared);
			*prepared = fd;
			mem_free(&w->prepared_name);
			w->prepared_name = mem_str(name);
		} else if (strncmp(name, "prepared-", 9) == 0) {
			fd_close(&fd);
		} else {
			hold_file(w, name, fd)->stored = true;
		}
	}
	return true;
}

/* Where the person goes on: the steps before it are laid as the path, so that Back works as if never interrupted. */
static void path_rebuild(struct wizard *w, const char *step)
{
	static const struct step *const order[] = { &step_home, &step_procedure, &step_agency, &step_form, &step_components, &step_review };
	size_t stop = 4;     /* the papers: also for everything that hangs on them */

	for (size_t i = 0; i < COUNT(order); i++)
		if (strcmp(order[i]->id, step) == 0)
			stop = i;
	w->depth = 0;
	for (size_t i = 0; i < stop; i++) {
		if (order[i] != &step_form) {
			w->path[w->depth++] = (struct place){ order[i], 0 };
			continue;
		}
		for (int page = 0; page < form_pages(w); page++)
			w->path[w->depth++] = (struct place){ order[i], page };
	}
	go(w, order[stop], 0);
}

static void draft_open(struct wizard *w)
{
	struct err e = { 0 };
	const json_t *body = json_at(w->loading, "body"), *pending = json_at(body, "pending");
	struct dossier *d = dossier_from_json(json_at(body, "dossier"), &e);

	if (!d) {
		say_error(w, &e);
		return;
	}
	dossier_free(w->dossier);
	w->dossier = d;
	json_decref(w->guide);
	w->guide = procedure_guide(w, d->procedure, &e);
	json_decref(w->form);
	w->form = NULL;
	w->declaration_stale = json_is(body, "declaration_stale");
	if (json_is_object(pending) && w->loading_prepared >= 0) {
		w->component = (size_t)json_int(pending, "component", 0);
		w->signing = signing_restore(w->config, pending, w->loading_prepared, &e);
		w->signing_confirmed = w->signing != NULL;
	}
	fd_close(&w->loading_prepared);
	AUTO(mem_free) char *step = mem_str(d->step ? d->step : "components");
	path_rebuild(w, w->signing ? "components" : step);
	if (w->signing)
		go(w, &step_sign_wait, 0);
	else
		say_notice(w, "drafts.opened", NULL);
}

/* The store gives at most 16 files an answer: asked again until all are here. */
static void draft_part(struct wizard *w, struct job_message *m)
{
	struct err e = { 0 };

	if (!w->loading) {
		w->loading = json_incref(m->body);
		w->loading_files = 0;
		w->loading_prepared = -1;
	}
	if (!draft_files_taken(w, m, json_at(w->loading, "body.pending"), &w->loading_prepared)) {
		err_set(&e, ERR_STORE_GONE, "draft came back incomplete");
		say_error(w, &e);
	} else {
		size_t got = json_array_size(json_at(m->body, "files"));
		w->loading_files += got;
		if (got && (json_int_t)w->loading_files < json_int(m->body, "total", 0)) {
			ask(w, JOB_STORE, JOB_RESIDENT, "draft.load", json_pack("{s:s,s:s,s:I}", "person", w->person_id, "draft",
			    json_str(w->loading, "body.dossier.id", ""), "skip", (json_int_t)w->loading_files), NULL, 0);
			return;
		}
		draft_open(w);
	}
	json_decref(w->loading);
	w->loading = NULL;
}

/* Home; a procedure that was looked at before login is taken up again. */
static void to_home(struct wizard *w)
{
	go_instead(w, &step_home, 0);
	if (w->dossier && w->dossier->state == DOSSIER_DRAFT)
		go(w, &step_procedure, 0);
}

static void ask_draft(struct wizard *w, const char *draft)
{
	ask(w, JOB_STORE, JOB_RESIDENT, "draft.load", json_pack("{s:s,s:s}", "person", w->person_id, "draft", draft), NULL, 0);
}

static void draft_not_read(struct wizard *w, const struct err *e)
{
	AUTO(mem_free) char *draft = mem_str(view_value(w->view, "draft"));

	json_decref(w->loading);
	w->loading = NULL;
	fd_close(&w->loading_prepared);
	if (e->kind == ERR_STORE_GONE && w->list_tries++ < LIST_TRIES) {
		ask_draft(w, draft);
		return;
	}
	say_error_id(w, "drafts.not-read", NULL);
}

static void drafts_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	if (strcmp(verb, "draft.load") == 0) {
		if (e)
			draft_not_read(w, e);
		else
			draft_part(w, m);
		return;
	}
	if (strcmp(verb, "draft.list") == 0) {
		/* A store that died just now is there again for the next question; its death must not hide a draft. */
		if (e && w->list_tries++ < LIST_TRIES) {
			ask_drafts(w);
			return;
		}
		if (e)
			w->error = err_words(e);
		json_decref(w->drafts);
		w->drafts = e ? json_array() : json_incref(json_at(m->body, "drafts"));
	} else if (strcmp(verb, "profiles.get") == 0) {
		json_decref(w->profiles);
		w->profiles = e ? json_array() : json_incref(json_at(m->body, "profiles"));
	}
	if (!w->drafts || !w->profiles)
		return;
	if (json_array_size(w->drafts) == 0)
		to_home(w);
	else
		go_instead(w, &step_drafts, 0);
}

static void drafts_chosen(struct wizard *w, const char *field, const char *option)
{
	(void)field;
	if (!*option)
		return;
	if (strcmp(option, "new") == 0)
		to_home(w);
	else {
		w->list_tries = 0;
		ask_draft(w, option);
	}
}

static void drafts_submit(struct wizard *w)
{
	drafts_chosen(w, "draft", view_value(w->view, "draft"));
}

static bool to_leave(struct wizard *w)
{
	go(w, &step_leave, 0);
	return true;
}

const struct step step_drafts = {
	.id = "drafts", .show = drafts_show, .chosen = drafts_chosen, .submit = drafts_submit, .after = drafts_after, .back = to_leave,
	.no_check = true, .no_save = true,
};
