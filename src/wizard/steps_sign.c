/* Ký số NEAC: the place on the page, Mẫu chữ ký - Thông tin chữ ký - Chứng thư, the request to the phone, and its ends. */
#include "wizard/session.h"
#include "wizard/lasting.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	GRID_COLUMNS = 78,
	SHOW_CODE_MS = 3000,     /* the code stands on the screen before the phone rings (rule G4) */
	HIDE_AFTER_MS = 20000,   /* personal data goes off the waiting screen (rule P6) */
	SEND_AGAIN_MS = 60000
};

static struct dossier_component *current(struct wizard *w)
{
	return w->dossier && w->component < w->dossier->ncomponents ? &w->dossier->components[w->component] : NULL;
}

static struct dossier_file *current_file(struct wizard *w)
{
	struct dossier_component *c = current(w);
	return c && c->nfiles ? &c->files[c->nfiles - 1] : NULL;
}

static const json_t *profile(struct wizard *w)
{
	size_t n = json_array_size(w->profiles);
	return n ? json_array_get(w->profiles, w->profile_at >= 0 && (size_t)w->profile_at < n ? (size_t)w->profile_at : 0) : NULL;
}

void signing_begin(struct wizard *w)
{
	if (!current_file(w))
		return;
	if (!profile(w)) {
		w->notice = mem_str(msg("sign.need-profile"));
		go(w, &step_signatures, 0);
		return;
	}
	if (w->profile_at < 0)
		w->profile_at = 0;
	json_decref(w->hits);
	json_decref(w->box);
	w->hits = w->box = NULL;
	w->hit = 0;
	w->preview_page = 1;
	go(w, &step_sign_place, 0);
}

/* ---- Chọn vị trí ký ------------------------------------------------------------------------------------------------ */
static void ask_page(struct wizard *w)
{
	int fd = held_fd(w, current_file(w)->sha256);

	ask(w, JOB_DOC, 0, "doc.text", json_pack("{s:I,s:i}", "page", (json_int_t)w->preview_page, "cols", GRID_COLUMNS), &fd, 1);
	ask(w, JOB_DOC, 0, "doc.thumb", json_pack("{s:I,s:i,s:i}", "page", (json_int_t)w->preview_page, "w", 120, "h", 170), &fd, 1);
}

static void ask_places(struct wizard *w)
{
	int fd = held_fd(w, current_file(w)->sha256);

	say_notice(w, "place.looking", NULL);
	ask(w, JOB_DOC, 0, "doc.find", json_pack("{s:s}", "text", json_str(profile(w), "keyword", "")), &fd, 1);
}

static void place_show(struct wizard *w, struct view *v)
{
	struct dossier_file *f = current_file(w);

	if (f)
		view_set_text(&v->text, f->name);
}

static void set_box(struct wizard *w, const json_t *box)
{
	struct view_field *f = view_field(w->view, "page");

	f->page.box = (struct page_box){ json_number_value(json_at(box, "x")), json_number_value(json_at(box, "y")),
	                                 json_number_value(json_at(box, "w")), json_number_value(json_at(box, "h")) };
	f->page.has_box = f->page.box.w > 0;
	json_t *copy = json_deep_copy(box);
	json_decref(w->box);
	w->box = copy;
}

static void take_hit(struct wizard *w)
{
	const json_t *hit = json_array_get(w->hits, w->hit);
	AUTO(json_release) json_t *vars = json_object();

	if (!hit) {
		say_notice(w, "place.not-found", NULL);
		return;
	}
	json_put_str(vars, "words", json_str(hit, "words", ""));
	json_put(vars, "n", json_integer((json_int_t)w->hit + 1));
	json_put(vars, "m", json_integer((json_int_t)json_array_size(w->hits)));
	json_put(vars, "page", json_integer(json_int(hit, "page", 1)));
	set_box(w, json_at(hit, "box"));
	w->preview_page = (long)json_int(hit, "page", 1);
	say_notice(w, "place.found", vars);
}

static void fill_grid(struct wizard *w, struct page_view *p, const json_t *body)
{
	const json_t *lines = json_at(body, "lines");
	struct page_box box = p->box;
	bool has_box = p->has_box;

	page_view_clear(p);
	p->box = box;
	p->has_box = has_box;
	p->page = (int)json_int(body, "page", 1);
	p->pages = (int)json_int(body, "pages", 1);
	p->width = json_number_value(json_at(body, "width"));
	p->height = json_number_value(json_at(body, "height"));
	p->cols = (int)json_int(body, "cols", GRID_COLUMNS);
	p->rows = (int)json_array_size(lines);
	p->grid = mem_array((size_t)p->rows + 1, sizeof *p->grid);
	for (int i = 0; i < p->rows; i++)
		p->grid[i] = mem_str(json_string_value(json_array_get(lines, (size_t)i)));
	w->preview_pages = p->pages;
	if (!p->has_box) {
		/* No keyword on any page: start low on the right, where signatures usually stand; the person moves it. */
		AUTO(json_release) json_t *start = json_pack("{s:f,s:f,s:f,s:f}", "x", p->width - 230, "y", 90.0, "w", 170.0, "h", 60.0);
		set_box(w, start);
	}
}

static void fill_thumb(struct page_view *p, const json_t *body)
{
	struct buf bytes = { 0 };
	int w = (int)json_int(body, "w", 0), h = (int)json_int(body, "h", 0);

	if (base64_bytes(json_str(body, "gray", ""), &bytes, NULL) == 0 && w > 0 && h > 0 && bytes.n == (size_t)w * (size_t)h) {
		mem_free(&p->gray);
		p->gray = mem_dup(bytes.p, bytes.n);
		p->tw = w;
		p->th = h;
	}
	buf_free(&bytes);
}

static json_t *chosen_place(struct wizard *w)
{
	const struct page_view *p = &view_field(w->view, "page")->page;

	return json_pack("{s:I,s:f,s:f,s:f,s:f}", "page", (json_int_t)p->page, "x", p->box.x, "y", p->box.y, "w", p->box.w, "h", p->box.h);
}

/* The space below the words may hold a line such as "(Ký, ghi rõ họ tên)": the box moves under it by itself. */
static bool nudge_down(struct wizard *w)
{
	struct page_view *p = &view_field(w->view, "page")->page;
	long tries = json_int(w->box, "tries", 0);

	if (tries >= 5 || p->box.y < 16 || !json_array_size(w->hits))
		return false;
	AUTO(json_release) json_t *box = json_pack("{s:f,s:f,s:f,s:f,s:I}", "x", p->box.x, "y", p->box.y - 10, "w", p->box.w, "h", p->box.h,
	                                           "tries", (json_int_t)tries + 1);
	set_box(w, box);
	return true;
}

static void ask_place_check(struct wizard *w)
{
	int fd = held_fd(w, current_file(w)->sha256);
	ask(w, JOB_DOC, 0, "doc.place", json_pack("{s:o}", "place", chosen_place(w)), &fd, 1);
}

static void place_checked(struct wizard *w, const json_t *body)
{
	struct page_view *p = &view_field(w->view, "page")->page;
	bool insisted = json_is(w->box, "insisted"), submitted = json_is(w->box, "submitted");

	if (!json_is(body, "ok") && !submitted && nudge_down(w)) {
		ask_place_check(w);
		return;
	}
	if (!submitted) {
		refresh(w);
		return;
	}
	if (json_is(body, "ok") || insisted) {
		json_decref(w->box);
		w->box = json_pack("{s:I,s:f,s:f,s:f,s:f}", "page", (json_int_t)p->page, "x", p->box.x, "y", p->box.y, "w", p->box.w, "h", p->box.h);
		go(w, &step_sign_confirm, 0);
		return;
	}
	AUTO(json_release) json_t *vars = json_object();
	json_put_str(vars, "covers", json_str(body, "covers", ""));
	view_set_text(&w->view->notice, NULL);
	say_error_id(w, strcmp(json_str(body, "reason", ""), "place-covers") == 0 ? "place.covers" : "place.bad", vars);
	json_put(w->box, "submitted", json_false());
	json_put(w->box, "insisted", json_boolean(strcmp(json_str(body, "reason", ""), "place-covers") == 0));
}

static void place_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	struct view_field *f = view_field(w->view, "page");

	if (strcmp(verb, "doc.find") == 0) {
		json_decref(w->hits);
		w->hits = e ? json_array() : json_incref(json_at(m->body, "hits"));
		/* Of several the last: who signs stands at the end of a paper; F3 goes on to the others. */
		w->hit = json_array_size(w->hits) ? json_array_size(w->hits) - 1 : 0;
		if (e && e->kind != ERR_PLACE_NOT_FOUND)
			say_error(w, e);
		take_hit(w);
		ask_page(w);
	} else if (e) {
		/* Without a thumbnail the text view still serves; without text the thumbnail does. */
		if (strcmp(verb, "doc.thumb") != 0)
			say_error(w, e);
	} else if (strcmp(verb, "doc.text") == 0) {
		fill_grid(w, &f->page, m->body);
		ask_place_check(w);
	} else if (strcmp(verb, "doc.thumb") == 0) {
		fill_thumb(&f->page, m->body);
	} else if (strcmp(verb, "doc.place") == 0) {
		place_checked(w, m->body);
	}
	refresh(w);
}

static void place_tick(struct wizard *w)
{
	/* First look after the screen stands: entering it must not wait for a job. */
	if (!w->hits && !busy(w))
		ask_places(w);
}

static void place_page(struct wizard *w, long page)
{
	if (page < 1 || (w->preview_pages && page > w->preview_pages))
		return;
	w->preview_page = page;
	ask_page(w);
}

static void place_box(struct wizard *w)
{
	json_put(w->box, "insisted", json_false());
	json_put(w->box, "tries", json_integer(99));
	view_set_text(&w->view->error, NULL);
	refresh(w);
}

static void place_submit(struct wizard *w)
{
	struct page_view *p = &view_field(w->view, "page")->page;

	if (!w->box || !p->has_box || p->width <= 0)
		return;          /* the page is still on its way */
	json_put(w->box, "submitted", json_true());
	ask_place_check(w);
}

static void place_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "next") == 0 && json_array_size(w->hits) > 1) {
		w->hit = (w->hit + 1) % json_array_size(w->hits);
		take_hit(w);
		ask_page(w);
	} else if (strcmp(action, "invisible") == 0) {
		json_decref(w->box);
		w->box = json_pack("{s:b}", "invisible", 1);
		go(w, &step_sign_confirm, 0);
	}
}

const struct step step_sign_place = {
	.id = "sign-place", .show = place_show, .submit = place_submit, .action = place_action, .after = place_after, .page = place_page,
	.box = place_box, .tick = place_tick, .ticks = true, .no_check = true, .busy_ok = true, .no_save = true,
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
	const json_t *p = profile(w);
	json_t *r = json_object();

	json_put_str(r, "way", "neac");
	json_put_str(r, "provider", json_str(p, "provider", ""));
	json_put_str(r, "account", json_str(p, "account", ""));
	json_put_str(r, "title", current_file(w)->name);
	json_put(r, "place", json_deep_copy(w->box));
	json_put(r, "show", json_pack("[s,s,s]", "image", "name", "time"));
	json_put_str(r, "level", config_str(w->config, "sign_level", "B-T"));
	json_put(r, "signers", who_may_sign(w));
	if (config_int(w->config, "signing.neac.timeout", 0) > 0)
		json_put(r, "timeout", json_integer(config_int(w->config, "signing.neac.timeout", 0)));
	return r;
}

static void pump(struct wizard *w);

static void signing_start(struct wizard *w)
{
	AUTO(fd_close) int image = image_of(profile(w));

	signing_free(w->signing);
	w->signing_stored = w->signing_confirmed = false;
	w->signing = signing_new(w->config, signing_wishes(w), held_fd(w, current_file(w)->sha256), image, -1);
	pump(w);
}

static const char *provider_text(struct wizard *w, const char *id, const char *key)
{
	const json_t *list = config_at(w->config, "signing.neac.providers");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_str(json_array_get(list, i), "id", ""), id) == 0)
			return json_str(json_array_get(list, i), key, id);
	return id;
}

/* After a certificate that cannot sign the person chooses before anything is asked again. */
enum { CONFIRM_CHECKS, CONFIRM_ASKS };

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
	const json_t *p = profile(w);
	struct dossier_file *f = current_file(w);
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

/* ---- done ------------------------------------------------------------------------------------------------------------------- */
static char *signed_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t stem = dot ? (size_t)(dot - name) : strlen(name);

	/* A second signature on the same file keeps the name. */
	if (stem >= 7 && strncmp(name + stem - 7, "_signed", 7) == 0)
		return mem_str(name);
	AUTO(mem_free) char *base = mem_strn(name, stem);
	return mem_printf("%s_signed.pdf", base);
}

static void file_signed(struct wizard *w)
{
	struct dossier_file *f = current_file(w);
	const json_t *r = signing_result(w->signing);
	int fd = fcntl(signing_output(w->signing), F_DUPFD_CLOEXEC, 3);

	if (!f->original_sha256)
		dossier_set_text(&f->original_sha256, f->sha256);
	AUTO(mem_free) char *name = signed_name(f->name);
	dossier_set_text(&f->name, name);
	dossier_set_text(&f->sha256, json_str(r, "sha256", ""));
	dossier_set_text(&f->signer, json_str(signing_certificate(w->signing), "certificate.name", ""));
	dossier_set_text(&f->transaction, signing_transaction(w->signing));
	dossier_set_text(&f->signed_at, json_str(r, "signed_at", ""));
	dossier_set_text(&f->level, json_str(r, "level", ""));
	f->bytes = json_int(r, "bytes", 0);
	f->state = FILE_SIGNED;
	hold_file(w, f->sha256, fd);
	copy_output(w, f->name, fd);
}

static void tell_history(struct wizard *w)
{
	struct dossier_component *c = current(w);
	json_t *entry = signing_history(w->signing, w->dossier->id, c ? c->id : "");

	ask_quietly(w, JOB_STORE, JOB_RESIDENT, "history.add", json_pack("{s:o}", "entry", entry));
	/* What was known of the certificate stays with the signature and can be destroyed (circular 15/2025 LS12). */
	if (signing_state(w->signing) == SIGNING_DONE)
		ask_quietly(w, JOB_STORE, JOB_RESIDENT, "evidence.keep",
		            json_pack("{s:s,s:o}", "key", json_str(signing_result(w->signing), "sha256", ""), "body", signing_evidence(w->signing)));
}

static const char *level_words(const char *level)
{
	AUTO(mem_free) char *id = mem_printf("level.%s", level ? level : "");

	return msg_has(id) ? msg(id) : level ? level : "";
}

static void done_show(struct wizard *w, struct view *v)
{
	struct dossier_file *f = current_file(w);
	struct buf b = { 0 };
	char at[32] = "";
	time_t t;

	if (!f)
		return;
	if (clock_parse(f->signed_at ? f->signed_at : "", &t))
		clock_vn(t, at);
	buf_printf(&b, "%s: %s\n%s: %s\n%s: %s (UTC+7)\n%s: %s\n", msg("done.file"), f->name, msg("done.signer"), f->signer ? f->signer : "",
	           msg("done.time"), at, msg("done.level"), level_words(f->level));
	if (f->level && lasting_rank(f->level) < lasting_rank(config_str(w->config, "sign_level", "B-T")))
		buf_printf(&b, "%s\n", msg(lasting_rank(f->level) < 1 ? "done.no-timestamp" : "done.no-long-term"));
	AUTO(mem_free) char *note = buf_steal(&b);
	view_set(v, "info", note);
}

static void done_submit(struct wizard *w)
{
	go_back_to(w, &step_components);
}

static bool done_back(struct wizard *w)
{
	go_back_to(w, &step_components);
	return true;
}

const struct step step_sign_done = {
	.id = "sign-done", .show = done_show, .submit = done_submit, .back = done_back, .no_check = true,
};

/* ---- the other ends: refused, expired, network, certificate, our own fault -------------------------------------------------- */
static const char *end_screen(struct wizard *w)
{
	switch (w->signing ? signing_err(w->signing)->kind : ERR_INTERNAL) {
	case ERR_REFUSED:
		return "sign-refused";
	case ERR_EXPIRED:
		return "sign-expired";
	case ERR_NO_NETWORK: case ERR_SERVICE_DOWN: case ERR_SERVICE_SLOW: case ERR_SERVICE_TLS:
		return "sign-network";
	case ERR_NETWORK_UNKNOWN:
		return "sign-unknown";
	case ERR_CERT_UNUSABLE: case ERR_NOT_THE_SIGNER: case ERR_QUOTA: case ERR_SECRET_WRONG: case ERR_SECRET_BLOCKED:
		return "sign-certificate";
	case ERR_CANCELLED:
		return "sign-stopped";
	default:         /* every other kind is ours or the provider's to mend, not the person's */
		return "sign-fault";
	}
}

static void end_show(struct wizard *w, struct view *v)
{
	const struct err *e = w->signing ? signing_err(w->signing) : NULL;

	if (!e)
		return;
	AUTO(mem_free) char *words = err_words(e);
	AUTO(mem_free) char *small = mem_printf("%s %s", err_id(e->kind), e->reason);
	view_set(v, "what", words);
	view_set_text(&v->small, small);
}

/* The end took the place of the waiting or the confirming page: it never stays behind the person. */
static void end_to(struct wizard *w, const struct step *to, int arg)
{
	for (size_t i = 0; i + 1 < w->depth; i++)
		if (w->path[i].step == to) {
			w->path[i].arg = arg;
			go_back_to(w, to);
			return;
		}
	go_instead(w, to, arg);
}

static void end_again(struct wizard *w)
{
	const char *shown = end_screen(w);
	bool unknown = strcmp(shown, "sign-unknown") == 0, certificate = strcmp(shown, "sign-certificate") == 0;

	signing_free(w->signing);
	w->signing = NULL;
	if (unknown) {
		/* Nothing is sent twice: the officer settles it. The file waits as it is. */
		if (current_file(w))
			current_file(w)->state = FILE_FAILED;
		end_to(w, &step_components, 0);
	} else if (!w->box) {
		/* Taken up from a draft: the place was in the request alone. */
		w->preview_page = 1;
		end_to(w, &step_sign_place, 0);
	} else {
		end_to(w, &step_sign_confirm, certificate ? CONFIRM_ASKS : CONFIRM_CHECKS);
	}
}

static void end_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "again") == 0) {
		end_again(w);
		return;
	}
	signing_free(w->signing);
	w->signing = NULL;
	end_to(w, strcmp(action, "place") == 0 ? &step_sign_place : &step_components, 0);
}

static bool end_back(struct wizard *w)
{
	end_action(w, "later");
	return true;
}

static const char *const end_screens[] = {
	"sign-refused", "sign-expired", "sign-network", "sign-unknown", "sign-certificate", "sign-stopped", "sign-fault", NULL
};

const struct step step_sign_end = {
	.id = "sign-end", .screens = end_screens, .pick = end_screen, .show = end_show, .submit = end_again, .action = end_action,
	.back = end_back, .no_check = true,
};

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
		tell_history(w);
		file_signed(w);
		signing_free(w->signing);
		w->signing = NULL;
		wait_over(w, &step_sign_done);
		return;
	case SIGNING_ENDED:
		log_err("sign-end", signing_err(w->signing));
		tell_history(w);
		wait_over(w, &step_sign_end);
		return;
	}
}
