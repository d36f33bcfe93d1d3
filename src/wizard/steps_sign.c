/* Mẫu chữ ký - Thông tin chữ ký - Chứng thư, then the request to the phone and the wait for it. */
#include "wizard/signature.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHOW_CODE_MS = 3000,     /* the code stands on the screen before the phone rings (rule G4) */
	HIDE_AFTER_MS = 20000,   /* personal data goes off the waiting screen (rule P6) */
	SEND_AGAIN_MS = 60000
};

/* ---- Mẫu chữ ký - Thông tin chữ ký - Chứng thư ------------------------------------------------------------------------ */
static json_t *who_may_sign(struct wizard *w)
{
	json_t *ids = json_array();
	const char *const own[] = { person_text(w, "id"), person_text(w, "old_id"), dossier_answer(w->dossier, "mst") };

	for (size_t i = 0; i < COUNT(own); i++)
		if (*own[i])
			json_array_append_new(ids, json_string(own[i]));
	return ids;
}

static int image_of(const json_t *p)
{
	struct buf png = { 0 };
	int fd = -1;

	if (json_str(p, "image", NULL) && base64_bytes(json_str(p, "image", ""), &png, NULL) == 0) {
		fd = fd_memfd("signature-image", NULL);
		if (fd >= 0 && (fd_write_all(fd, png.p, png.n, NULL) < 0 || fd_seal(fd, NULL) < 0))
			fd_close(&fd);
	}
	buf_free(&png);
	return fd;
}

static json_t *signing_wishes(struct wizard *w)
{
	const json_t *p = signing_profile(w);
	json_t *r = json_object();

	json_put_str(r, "way", "neac");
	json_put_str(r, "provider", json_str(p, "provider", ""));
	json_put_str(r, "account", json_str(p, "account", ""));
	json_put_str(r, "title", file_to_sign(w)->name);
	json_put(r, "place", json_deep_copy(w->box));
	json_put(r, "show", json_pack("[s,s,s]", "image", "name", "time"));
	json_put_str(r, "level", config_str(w->config, "sign_level", "B-T"));
	json_put(r, "signers", who_may_sign(w));
	if (config_int(w->config, "signing.neac.timeout", 0) > 0)
		json_put(r, "timeout", json_integer(config_int(w->config, "signing.neac.timeout", 0)));
	return r;
}

const char *provider_text(struct wizard *w, const char *id, const char *key)
{
	const json_t *list = config_at(w->config, "signing.neac.providers");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_str(json_array_get(list, i), "id", ""), id) == 0)
			return json_str(json_array_get(list, i), key, id);
	return id;
}

static void add_certificate(struct wizard *w, struct buf *b)
{
	const json_t *c = w->signing ? signing_certificate(w->signing) : NULL;
	const char *source = json_str(c, "source", "");
	char from[32] = "", to[32] = "";
	time_t t;

	if (!c) {
		buf_printf(b, "%s\n", msg(here_arg(w) == CONFIRM_ASKS ? "confirm.choose" : "confirm.checking"));
		return;
	}
	if (clock_parse(json_str(c, "certificate.valid_from", ""), &t))
		clock_vn(t, from);
	if (clock_parse(json_str(c, "certificate.valid_to", ""), &t))
		clock_vn(t, to);
	buf_printf(b, "%s: %s\n%s: %s\n%s: %.10s - %.10s (%s %lld %s)\n", msg("confirm.holder"), json_str(c, "certificate.name", ""),
	           msg("confirm.issuer"), json_str(c, "certificate.issuer", ""), msg("confirm.valid"), from, to, msg("confirm.left"),
	           json_int(c, "days_left", 0), msg("confirm.days"));
	if (!*source)
		buf_printf(b, "%s\n", msg("confirm.no-revocation"));
	else
		buf_printf(b, "✔ %s (%s)\n", msg("confirm.good"), strcmp(source, "ocsp") == 0 ? "OCSP" : "CRL");
}

static void confirm_words(struct wizard *w, struct view *v)
{
	const json_t *p = signing_profile(w);
	struct dossier_file *f = file_to_sign(w);
	struct buf b = { 0 };
	AUTO(mem_free) char *account = text_mask_id(json_str(p, "account", ""));

	buf_printf(&b, "%s: %s · %d %s · SHA-256 %.8s…\n", msg("confirm.file"), f->name, f->pages, msg("paper.pages"), f->sha256);
	if (json_is(w->box, "invisible"))
		buf_printf(&b, "%s\n", msg("confirm.invisible"));
	else
		buf_printf(&b, "%s: %s %lld\n", msg("confirm.place"), msg("confirm.page"), json_int(w->box, "page", 1));
	buf_printf(&b, "%s: %s · %s %s\n", msg("confirm.info"), provider_text(w, json_str(p, "provider", ""), "name"), msg("confirm.account"), account);
	add_certificate(w, &b);
	AUTO(mem_free) char *note = buf_steal(&b);
	view_set(v, "info", note);
}

/* ---- the chain's next piece --------------------------------------------------------------------------------------------------- */
/* The wait is over. On another page (Xong / Thoát) the person finds the end on coming back. */
static void wait_over(struct wizard *w, const struct step *to)
{
	if (here(w) == &step_sign_wait || here(w) == &step_sign_confirm) {
		go_instead(w, to, 0);
	} else {
		replace_behind(w, &step_sign_wait, to);
		save_draft(w);
	}
}

static void pump(struct wizard *w)
{
	struct work work;

	switch (signing_state(w->signing)) {
	case SIGNING_WORK:
		if (signing_next(w->signing, &work)) {
			long id = ask_work(w, &work);
			if (w->signing_confirmed)
				work_of_signing(w, id);
		} else {
			pump(w);
		}
		return;
	case SIGNING_RUNNING:
	case SIGNING_WATCH:
		return;
	case SIGNING_CONFIRM:
		if (here(w) == &step_sign_confirm) {
			confirm_words(w, w->view);
			refresh(w);
		}
		return;
	case SIGNING_SAVE:
		if (!w->signing_stored && !w->saving)
			save_draft(w);
		return;
	case SIGNING_DONE:
		tell_signing_history(w);
		file_signed(w);
		signing_free(w->signing);
		w->signing = NULL;
		wait_over(w, &step_sign_done);
		return;
	case SIGNING_ENDED:
		log_err("sign-end", signing_err(w->signing));
		tell_signing_history(w);
		wait_over(w, &step_sign_end);
		return;
	}
}

static void signing_start(struct wizard *w)
{
	AUTO(fd_close) int image = image_of(signing_profile(w));

	signing_free(w->signing);
	w->signing_stored = w->signing_confirmed = false;
	w->signing = signing_new(w->config, signing_wishes(w), held_fd(w, file_to_sign(w)->sha256), image, -1);
	pump(w);
}

static void confirm_show(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "profile");
	char id[32];

	for (size_t i = 0; i < json_array_size(w->profiles); i++) {
		const json_t *p = json_array_get(w->profiles, i);
		snprintf(id, sizeof id, "%zu", i);
		struct option *o = view_add_option(f, id, json_str(p, "name", ""));
		view_set_text(&o->hint, provider_text(w, json_str(p, "provider", ""), "name"));
	}
	snprintf(id, sizeof id, "%ld", w->profile_at < 0 ? 0 : w->profile_at);
	view_set(v, "profile", id);
	confirm_words(w, v);
}

static void confirm_tick(struct wizard *w)
{
	if (here_arg(w) == CONFIRM_ASKS)
		return;
	if (!w->signing || signing_state(w->signing) == SIGNING_ENDED || signing_state(w->signing) == SIGNING_DONE)
		signing_start(w);
}

static void confirm_submit(struct wizard *w)
{
	if (here_arg(w) == CONFIRM_ASKS) {
		w->path[w->depth - 1].arg = CONFIRM_CHECKS;
		stay(w);
		return;
	}
	if (!w->signing || signing_state(w->signing) != SIGNING_CONFIRM) {
		say_notice(w, "confirm.wait", NULL);
		return;
	}
	signing_confirm(w->signing);
	w->signing_confirmed = true;
	go(w, &step_sign_wait, 0);
	pump(w);
}

static void confirm_chosen(struct wizard *w, const char *field, const char *option)
{
	if (strcmp(field, "profile") != 0 || !*option)
		return;
	if (strtol(option, NULL, 10) == w->profile_at) {
		confirm_submit(w);       /* Enter on the profile that is chosen already */
		return;
	}
	w->profile_at = strtol(option, NULL, 10);
	w->path[w->depth - 1].arg = CONFIRM_CHECKS;
	drop_work(w);
	signing_free(w->signing);
	w->signing = NULL;
	confirm_words(w, w->view);
	signing_start(w);
}

static bool confirm_back(struct wizard *w)
{
	drop_work(w);
	signing_free(w->signing);
	w->signing = NULL;
	return false;
}

static void signing_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	(void)verb;
	if (!w->signing)
		return;
	(void)e;
	signing_answer(w->signing, w->ended, m);
	pump(w);
}

static void signing_progress(struct wizard *w, const json_t *p)
{
	struct job_message m = { .body = (json_t *)(uintptr_t)p };

	if (w->signing)
		signing_answer(w->signing, JOB_PROGRESS, &m);
	if (here(w) == &step_sign_wait || here(w) == &step_sign_confirm)
		here(w)->tick(w);
}

const struct step step_sign_confirm = {
	.id = "sign-confirm", .show = confirm_show, .chosen = confirm_chosen, .submit = confirm_submit, .back = confirm_back,
	.after = signing_after, .progress = signing_progress, .tick = confirm_tick, .ticks = true, .no_check = true, .busy_ok = true,
	.no_save = true,
};

/* ---- waiting for the phone ---------------------------------------------------------------------------------------------- */
static void add_line(struct wait_view *v, size_t *n, char *line)
{
	v->lines = mem_grow(v->lines, *n + 2, sizeof *v->lines);
	v->lines[(*n)++] = line;
	v->lines[*n] = NULL;
}

static const char *wait_phase(const struct wizard *w)
{
	const char *phase = signing_phase(w->signing);

	if (strcmp(phase, "preparing") == 0 || strcmp(phase, "prepared") == 0)
		return "wait.preparing";
	if (strcmp(phase, "signature-received") == 0 || strcmp(phase, "verified") == 0)
		return "wait.finishing";
	return "wait.phone";
}

static void wait_words(struct wizard *w)
{
	struct view_field *f = view_field(w->view, "wait"), *qr = view_field(w->view, "qr");
	const json_t *r = signing_request(w->signing);
	const char *provider = json_str(r, "provider", "");
	AUTO(json_release) json_t *vars = json_object();
	size_t n = 0;

	wait_view_clear(&f->wait);
	json_put_str(vars, "provider", provider_text(w, provider, "name"));
	json_put_str(vars, "app", provider_text(w, provider, "app"));
	json_put_str(vars, "button", provider_text(w, provider, "button"));
	json_put_str(vars, "code", signing_document_code(w->signing));
	json_put_str(vars, "file", json_str(r, "title", ""));
	bool hidden = clock_ms() - json_int(w->status_since, "at", 0) > HIDE_AFTER_MS;
	add_line(&f->wait, &n, msg_fill(wait_phase(w), vars));
	add_line(&f->wait, &n, msg_fill(hidden ? "wait.hidden" : "wait.file", vars));
	add_line(&f->wait, &n, msg_fill("wait.code", vars));
	if (strcmp(wait_phase(w), "wait.phone") == 0)
		add_line(&f->wait, &n, msg_fill("wait.open-app", vars));
	f->wait.seconds_left = signing_seconds_left(w->signing);
	if (hidden)
		view_set_text(&w->view->who, NULL);
	const char *link = config_sandbox(w->config) ? config_str(w->config, "phone_page", "") : provider_text(w, provider, "app_link");
	if (*link && strcmp(link, provider) != 0)
		view_set(w->view, "qr", link);
	else
		qr->hidden = true;
}

static void wait_show(struct wizard *w, struct view *v)
{
	(void)v;
	json_decref(w->status_since);
	w->status_since = json_pack("{s:I}", "at", (json_int_t)clock_ms());
	wait_words(w);
}

static void wait_tick(struct wizard *w)
{
	if (!w->signing)
		return;
	if (signing_state(w->signing) == SIGNING_WATCH)
		signing_look(w->signing);
	if (signing_state(w->signing) == SIGNING_SAVE && !w->saving && w->signing_stored &&
	    clock_ms() - json_int(w->status_since, "at", 0) >= wait_ms(w, "sign_show_code_ms", SHOW_CODE_MS)) {
		w->signing_stored = false;
		signing_saved(w->signing);
	}
	pump(w);
	if (here(w) == &step_sign_wait && w->signing) {
		wait_words(w);
		refresh(w);
	}
}

static void wait_stop(struct wizard *w)
{
	if (!w->signing)
		return;
	signing_cancel(w->signing);
	drop_signing_work(w);
	pump(w);
}

static void wait_action(struct wizard *w, const char *action)
{
	AUTO(json_release) json_t *vars = json_object();
	int64_t left = wait_ms(w, "send_again_ms", SEND_AGAIN_MS) - (clock_ms() - json_int(w->status_since, "at", 0));

	if (!w->signing)
		return;
	if (strcmp(action, "again") == 0 && left > 0) {
		json_put(vars, "n", json_integer((left + 999) / 1000));
		say_error_id(w, "wait.again-in", vars);
	} else if (strcmp(action, "again") == 0) {
		/* The old request is given up first: its answer is never used, and the person is told to refuse it. */
		drop_signing_work(w);
		signing_free(w->signing);
		w->signing = NULL;
		w->notice = mem_str(msg("wait.refuse-old"));
		go_instead(w, &step_sign_confirm, 0);
	} else if (strcmp(action, "stop") == 0) {
		wait_stop(w);
	} else if (strcmp(action, "other") == 0) {
		drop_signing_work(w);
		signing_cancel(w->signing);
		signing_free(w->signing);
		w->signing = NULL;
		go_back_to(w, &step_component);
	}
}

static bool wait_back(struct wizard *w)
{
	say_error_id(w, "wait.stop-first", NULL);
	return true;
}

const struct step step_sign_wait = {
	.id = "sign-wait", .show = wait_show, .action = wait_action, .back = wait_back, .after = signing_after, .progress = signing_progress,
	.tick = wait_tick, .ticks = true, .no_check = true, .busy_ok = true,
};
