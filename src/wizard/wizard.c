#include "wizard/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/yaml.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct step *const steps[] = {
	&step_welcome, &step_language, &step_login, &step_otp, &step_drafts, &step_home, &step_find, &step_group, &step_procedure,
	&step_detail, &step_agency, &step_lookup, &step_status, &step_signatures, &step_signature, &step_signature_more,
	&step_picture, &step_no_signature, &step_form, &step_components, &step_component, &step_file, &step_sign_place,
	&step_sign_confirm, &step_sign_wait, &step_sign_done, &step_sign_end, &step_review, &step_sending, &step_slip,
	&step_receipt, &step_leave, &step_bye,
};

enum { SCREENS_MAX = 240 };

/* The pages of every form (screens/forms/ID/form.yaml): a new form is data alone. */
static size_t add_form_pages(const char **ids, size_t n)
{
	AUTO(mem_free) char *dir = path_share("screens/forms");
	DIR *d = dir ? opendir(dir) : NULL;
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		AUTO(mem_free) char *path = mem_printf("%s/%s/form.yaml", dir, entry->d_name);
		AUTO(json_release) json_t *form = entry->d_name[0] == '.' || access(path, R_OK) ? NULL : yaml_read(path, NULL);
		const json_t *pages = json_at(form, "pages");
		for (size_t i = 0; i < json_array_size(pages) && n + 1 < SCREENS_MAX; i++)
			ids[n++] = mem_str(json_string_value(json_array_get(pages, i)));
	}
	if (d)
		closedir(d);
	return n;
}

const char *const *wizard_screens(void)
{
	static const char *ids[SCREENS_MAX];
	size_t n = 0;

	if (ids[0])
		return ids;
	for (size_t i = 0; i < COUNT(steps); i++) {
		if (!steps[i]->screens)
			ids[n++] = steps[i]->screen ? steps[i]->screen : steps[i]->id;
		for (const char *const *s = steps[i]->screens; s && *s && n + 1 < COUNT(ids); s++)
			ids[n++] = *s;
	}
	n = add_form_pages(ids, n);
	ids[n] = NULL;
	return ids;
}

void work_clear(struct work *w)
{
	json_decref(w->args);
	for (size_t i = 0; i < w->nfds; i++)
		fd_close(&w->fds[i]);
	*w = (struct work){ 0 };
}

/* ---- moving ----------------------------------------------------------------------------------------------------- */
const struct step *here(const struct wizard *w)
{
	return w->path[w->depth - 1].step;
}

int here_arg(const struct wizard *w)
{
	return w->path[w->depth - 1].arg;
}

static const char *screen_of(struct wizard *w, const struct step *s)
{
	if (s->pick)
		return s->pick(w);
	return s->screen ? s->screen : s->id;
}

static void show_fault(struct wizard *w, const struct err *e)
{
	log_err("screen", e);
	/* A screen file that cannot be read must not leave the person before an empty page. */
	static const struct screen empty = { .id = (char *)"empty", .title = (char *)"fault.title", .text = (char *)"fault.text" };
	w->view = view_new(&empty);
}

static void build_view(struct wizard *w)
{
	const struct step *s = here(w);
	struct err e = { 0 };
	const struct screen *def = screen_get(screen_of(w, s), &e);

	view_free(w->old_view);
	w->old_view = w->view;
	if (def) {
		w->view = view_new(def);
		if (w->person)
			view_set_text(&w->view->who, person_text(w, "name"));
		if (s->show)
			s->show(w, w->view);
	} else {
		show_fault(w, &e);
	}
	w->view->serial = w->serial;
	if (w->error)
		view_set_text(&w->view->error, w->error);
	if (w->notice)
		view_set_text(&w->view->notice, w->notice);
	struct view_field *f = w->field_error_id ? view_field(w->view, w->field_error_id) : NULL;
	if (f) {
		view_set_text(&f->error, w->field_error);
		w->view->focus = (size_t)(f - w->view->fields);
	}
	mem_free(&w->error);
	mem_free(&w->notice);
	mem_free(&w->field_error_id);
	mem_free(&w->field_error);
	w->dirty = true;
	w->next_tick = clock_ms();      /* what a step looks up by itself begins right after its first frame */
}

static void enter(struct wizard *w)
{
	w->serial++;
	build_view(w);
	if (w->dossier && w->person && !here(w)->no_save) {
		dossier_set_text(&w->dossier->step, here(w)->id);
		save_draft(w);
	}
}

static void unwanted(struct wizard *w, size_t i)
{
	w->running[i].step = NULL;
	w->running[i].signing = false;
	if (w->ncancel < COUNT(w->cancel))
		w->cancel[w->ncancel++] = w->running[i].id;
}

/* Work of a step that is left is no longer wanted, except what runs on quietly (saving, history) and a signature that was
 * confirmed: a look at another page must not call it off. */
void drop_work(struct wizard *w)
{
	for (size_t i = 0; i < w->nrunning; i++)
		if (!w->running[i].quiet && !w->running[i].signing && w->running[i].step)
			unwanted(w, i);
}

void drop_signing_work(struct wizard *w)
{
	for (size_t i = 0; i < w->nrunning; i++)
		if (w->running[i].signing)
			unwanted(w, i);
}

void work_of_signing(struct wizard *w, long id)
{
	for (size_t i = 0; i < w->nrunning; i++)
		if (w->running[i].id == id) {
			w->running[i].signing = true;
			w->running[i].step = &step_sign_wait;
		}
}

void replace_behind(struct wizard *w, const struct step *old, const struct step *with)
{
	for (size_t i = w->depth; i > 0; i--)
		if (w->path[i - 1].step == old) {
			w->path[i - 1].step = with;
			return;
		}
}

long long wait_ms(const struct wizard *w, const char *key, long long plain)
{
	return config_sandbox(w->config) ? config_int(w->config, key, plain) : plain;
}

void go(struct wizard *w, const struct step *to, int arg)
{
	drop_work(w);
	if (w->depth == PATH_MAX_STEPS) {
		memmove(&w->path[1], &w->path[2], (PATH_MAX_STEPS - 2) * sizeof *w->path);
		w->depth--;
	}
	w->path[w->depth++] = (struct place){ to, arg };
	enter(w);
}

void go_instead(struct wizard *w, const struct step *to, int arg)
{
	drop_work(w);
	w->path[w->depth - 1] = (struct place){ to, arg };
	enter(w);
}

void go_back(struct wizard *w)
{
	drop_work(w);
	if (w->depth > 1)
		w->depth--;
	enter(w);
}

void go_back_to(struct wizard *w, const struct step *to)
{
	drop_work(w);
	for (size_t i = w->depth; i > 0; i--)
		if (w->path[i - 1].step == to) {
			w->depth = i;
			enter(w);
			return;
		}
	go(w, to, 0);
}

void stay(struct wizard *w)
{
	build_view(w);
}

void refresh(struct wizard *w)
{
	w->dirty = true;
}

/* ---- saying ------------------------------------------------------------------------------------------------------ */
/* "err.<kind>.<reason>" when there are finer words, else "err.<kind>"; reasons with a number ("otp.tries-left-3",
 * "wait-42") give {n}. */
char *err_words(const struct err *e)
{
	AUTO(mem_free) char *fine = mem_printf("err.%s.%s", err_id(e->kind), e->reason);
	AUTO(mem_free) char *plain = mem_printf("err.%s", err_id(e->kind));
	AUTO(json_release) json_t *vars = json_object();
	size_t n = strlen(fine), digits = n;

	while (digits > 0 && fine[digits - 1] >= '0' && fine[digits - 1] <= '9')
		digits--;
	if (digits < n && digits > 0) {
		json_put_str(vars, "n", fine + digits);
		fine[digits] = 'N';
		fine[digits + 1] = '\0';
	}
	if (*e->reason && msg_has(fine))
		return msg_fill(fine, vars);
	return msg_fill(msg_has(plain) ? plain : "err.internal", vars);
}

void say_error(struct wizard *w, const struct err *e)
{
	AUTO(mem_free) char *words = err_words(e);

	view_set_text(&w->view->error, words);
	AUTO(mem_free) char *code = *e->reason ? mem_printf("%s / %s", err_id(e->kind), e->reason) : mem_str(err_id(e->kind));
	view_set_text(&w->view->small, code);
	refresh(w);
}

void say_error_id(struct wizard *w, const char *id, const json_t *vars)
{
	AUTO(mem_free) char *words = msg_fill(id, vars);
	view_set_text(&w->view->error, words);
	refresh(w);
}

void say_field_error(struct wizard *w, const char *field, const char *message_id)
{
	struct view_field *f = view_field(w->view, field);

	if (f) {
		view_set_text(&f->error, msg(message_id));
		w->view->focus = (size_t)(f - w->view->fields);
		w->view->serial = ++w->serial;
	}
	view_set_text(&w->view->error, msg(message_id));
	refresh(w);
}

void say_notice(struct wizard *w, const char *id, const json_t *vars)
{
	mem_free(&w->notice);
	w->notice = msg_fill(id, vars);
	view_set_text(&w->view->notice, w->notice);
	mem_free(&w->notice);
	refresh(w);
}

/* ---- work -------------------------------------------------------------------------------------------------------- */
long ask_work(struct wizard *w, struct work *ready)
{
	if (w->nqueue == COUNT(w->queue) || w->nrunning == COUNT(w->running)) {
		log_line("work-dropped", "%s", ready->verb);
		work_clear(ready);
		return 0;
	}
	ready->id = ++w->next_work;
	w->queue[w->nqueue++] = *ready;
	w->running[w->nrunning].id = ready->id;
	w->running[w->nrunning].verb = ready->verb;
	w->running[w->nrunning].step = w->depth ? here(w) : NULL;
	w->running[w->nrunning].quiet = false;
	w->running[w->nrunning].signing = false;
	w->nrunning++;
	return ready->id;
}

long ask(struct wizard *w, enum job_kind kind, unsigned flags, const char *verb, json_t *args, const int *fds, size_t nfds)
{
	struct work work = { .kind = kind, .flags = flags, .verb = verb, .args = args };

	for (size_t i = 0; i < nfds && i < JOB_FDS_MAX; i++)
		work.fds[work.nfds++] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
	return ask_work(w, &work);
}

bool busy(const struct wizard *w)
{
	for (size_t i = 0; i < w->nrunning; i++)
		if (!w->running[i].quiet && w->running[i].step == here(w))
			return true;
	return false;
}

void ask_quietly(struct wizard *w, enum job_kind kind, unsigned flags, const char *verb, json_t *args)
{
	if (ask(w, kind, flags, verb, args, NULL, 0)) {
		w->running[w->nrunning - 1].quiet = true;
		w->running[w->nrunning - 1].step = NULL;
	}
}

bool wizard_take_work(struct wizard *w, struct work *out)
{
	if (!w->nqueue)
		return false;
	*out = w->queue[0];
	memmove(&w->queue[0], &w->queue[1], --w->nqueue * sizeof *w->queue);
	w->queue[w->nqueue] = (struct work){ 0 };      /* the taker's alone */
	return true;
}

long wizard_take_cancel(struct wizard *w)
{
	return w->ncancel ? w->cancel[--w->ncancel] : 0;
}

enum { SAVE_TRIES = 3 };

/* A store that died is started anew by the next request: what it had not said "saved" to is given to it again. */
static bool save_again(struct wizard *w, const struct err *e)
{
	w->save_failures = e ? w->save_failures + 1 : 0;
	if (e && w->save_failures < SAVE_TRIES)
		w->save_wanted = true;
	if (w->save_wanted && w->save_failures < SAVE_TRIES)
		save_draft(w);
	return w->saving;
}

/* Beside the answers, in small print: said once the store has committed, taken back by the next change. */
static void say_saved(struct wizard *w, bool now)
{
	if (here(w) != &step_form || !w->view || (!now && !w->view->small))
		return;
	view_set_text(&w->view->small, now ? msg("form.saved") : NULL);
	refresh(w);
}

static void saved(struct wizard *w, const struct err *e)
{
	bool prepared = w->saving_prepared;

	w->saving = false;
	for (size_t i = 0; i < w->nfiles; i++) {
		w->files[i].stored = w->files[i].stored || (!e && w->files[i].storing);
		w->files[i].storing = false;
	}
	/* Only from here on may the request leave: a crash now finds everything in the store (rule G7). */
	bool waits = w->signing && signing_state(w->signing) == SIGNING_SAVE;
	if (!e && waits && prepared)
		w->signing_stored = true;
	if (save_again(w, e))
		return;
	if (!e)
		say_saved(w, true);
	if (w->ending) {
		session_wipe(w);
		w->finished = true;
		return;
	}
	if (e) {
		say_error(w, e);
		w->save_failures = 0;
		if (waits)
			signing_fail(w->signing, e);
	}
	if (waits && here(w)->tick)
		here(w)->tick(w);
}

void wizard_answer(struct wizard *w, long id, enum job_event ev, struct job_message *m)
{
	size_t i = 0;

	while (i < w->nrunning && w->running[i].id != id)
		i++;
	if (i == w->nrunning)
		return;
	const char *verb = w->running[i].verb;
	const struct step *step = w->running[i].step;
	bool wanted = step && (step == here(w) || w->running[i].signing);
	if (ev == JOB_PROGRESS) {
		if (wanted && step->progress)
			step->progress(w, m->body);
		return;
	}
	bool ok = ev == JOB_RESULT;
	w->ended = ev;
	w->running[i] = w->running[--w->nrunning];
	if (!ok)
		log_err(verb, &m->err);
	if (strcmp(verb, "draft.save") == 0)
		saved(w, ok ? NULL : &m->err);
	else if (wanted && step->after)
		step->after(w, verb, m, ok ? NULL : &m->err);
}

/* ---- drafts -------------------------------------------------------------------------------------------------------- */
/* A signature that may have left, or is about to: everything needed to go on with it. */
static bool signature_under_way(const struct wizard *w)
{
	enum signing_state st = w->signing ? signing_state(w->signing) : SIGNING_DONE;

	return st == SIGNING_SAVE || st == SIGNING_WATCH || (st < SIGNING_DONE && w->signing && signing_has_left(w->signing));
}

static json_t *draft_body(struct wizard *w)
{
	json_t *body = json_object();

	json_put(body, "dossier", dossier_to_json(w->dossier));
	/* The declaration on hand was written from older answers. */
	json_put(body, "declaration_stale", json_boolean(w->declaration_stale));
	if (signature_under_way(w)) {
		json_t *p = signing_save(w->signing);
		json_put(p, "component", json_integer((json_int_t)w->component));
		json_put(body, "pending", p);
	}
	return body;
}

static void add_new_files(struct wizard *w, json_t *names, int *fds, size_t *n)
{
	for (size_t i = 0; i < w->nfiles && *n + 1 < JOB_FDS_MAX; i++)
		if (!w->files[i].stored) {
			w->files[i].storing = true;
			json_array_append_new(names, json_string(w->files[i].sha256));
			fds[(*n)++] = w->files[i].fd;
		}
}

/* The prepared file of an earlier request is no longer needed once that request has ended. */
static void drop_prepared(struct wizard *w, json_t *args, const char *keep)
{
	if (w->prepared_name && (!keep || strcmp(keep, w->prepared_name) != 0))
		json_put(args, "drop", json_pack("[s]", w->prepared_name));
	mem_free(&w->prepared_name);
}

void save_draft(struct wizard *w)
{
	json_t *args, *names;
	int fds[JOB_FDS_MAX];
	size_t n = 0;

	if (!w->dossier || !w->person_id || w->dossier->state != DOSSIER_DRAFT)
		return;
	say_saved(w, false);
	if (w->saving) {
		w->save_wanted = true;
		return;
	}
	w->save_wanted = false;
	args = json_object();
	names = json_array();
	json_put_str(args, "person", w->person_id);
	json_put_str(args, "draft", w->dossier->id);
	json_put_str(args, "title", w->dossier->procedure_name);
	json_t *body = draft_body(w);
	json_put(args, "pending", json_boolean(json_is_object(json_at(body, "pending"))));
	json_put(args, "body", body);
	w->saving_prepared = false;
	add_new_files(w, names, fds, &n);
	if (w->signing && signing_state(w->signing) == SIGNING_SAVE && signing_prepared(w->signing) >= 0) {
		/* The prepared file goes under its transaction, so that an older one is never taken for it. */
		AUTO(mem_free) char *name = mem_printf("prepared-%s", signing_transaction(w->signing));
		json_array_append_new(names, json_string(name));
		fds[n++] = signing_prepared(w->signing);
		w->saving_prepared = true;
		drop_prepared(w, args, name);
		w->prepared_name = STEAL(&name);
	} else if (!signature_under_way(w)) {
		drop_prepared(w, args, NULL);
	}
	json_put(args, "files", names);
	w->saving = ask(w, JOB_STORE, JOB_RESIDENT, "draft.save", args, fds, n) != 0;
	if (w->saving) {
		w->running[w->nrunning - 1].quiet = true;
		w->running[w->nrunning - 1].step = NULL;
	}
}

struct held_file *hold_file(struct wizard *w, const char *sha256, int fd)
{
	for (size_t i = 0; i < w->nfiles; i++)
		if (strcmp(w->files[i].sha256, sha256) == 0) {
			fd_close(&fd);
			return &w->files[i];
		}
	w->files = mem_grow(w->files, w->nfiles + 1, sizeof *w->files);
	w->files[w->nfiles] = (struct held_file){ .sha256 = mem_str(sha256), .fd = fd };
	return &w->files[w->nfiles++];
}

int held_fd(const struct wizard *w, const char *sha256)
{
	for (size_t i = 0; sha256 && i < w->nfiles; i++)
		if (strcmp(w->files[i].sha256, sha256) == 0)
			return w->files[i].fd;
	return -1;
}

const char *person_text(const struct wizard *w, const char *key)
{
	return json_str(w->person, key, "");
}

struct catalogue *catalogue(struct wizard *w)
{
	if (!w->catalogue) {
		struct err e = { 0 };
		AUTO(mem_free) char *dir = path_share("screens/catalogue");
		w->catalogue = dir ? catalogue_open(dir, &e) : NULL;
		if (!w->catalogue)
			log_err("catalogue", &e);
	}
	return w->catalogue;
}

/* ---- the session's end ---------------------------------------------------------------------------------------------- */
static void wipe_str(char **s)
{
	if (*s)
		explicit_bzero(*s, strlen(*s));
	mem_free(s);
}

/* The screen may still hold the view: it stays, with nothing of the person on it. */
static void scrub(struct view *v, bool words_too)
{
	if (!v)
		return;
	view_set_text(&v->who, NULL);
	view_set_text(&v->notice, NULL);
	view_set_text(&v->error, NULL);
	view_set_text(&v->small, NULL);
	if (words_too) {
		view_set_text(&v->title, "");
		view_set_text(&v->text, NULL);
	}
	for (size_t i = 0; i < v->nfields; i++) {
		struct view_field *f = &v->fields[i];
		wipe_str(&f->value);
		view_set_text(&f->value, "");
		view_set_text(&f->error, NULL);
		view_clear_options(f);
		page_view_clear(&f->page);
		wait_view_clear(&f->wait);
	}
}

void session_wipe(struct wizard *w)
{
	scrub(w->view, w->depth == 0 || here(w) != &step_bye);
	scrub(w->old_view, true);
	wipe_str(&w->status_text);
	wipe_str(&w->picked_for);
	wipe_str(&w->error);
	wipe_str(&w->notice);
	wipe_str(&w->field_error);
	wipe_str(&w->token);
	wipe_str(&w->attempt);
	wipe_str(&w->person_id);
	mem_free(&w->prepared_name);
	json_decref(w->person);
	json_decref(w->profiles);
	json_decref(w->drafts);
	json_decref(w->loading);
	w->loading = NULL;
	json_decref(w->otp);
	json_decref(w->receipt);
	json_decref(w->draft_profile);
	json_decref(w->hits);
	json_decref(w->box);
	json_decref(w->status_since);
	w->status_since = NULL;
	w->signing_stored = w->signing_confirmed = false;
	w->person = w->profiles = w->drafts = w->otp = w->receipt = w->draft_profile = w->hits = w->box = NULL;
	json_decref(w->guide);
	json_decref(w->form);
	w->guide = w->form = NULL;
	dossier_free(w->dossier);
	w->dossier = NULL;
	signing_free(w->signing);
	w->signing = NULL;
	for (size_t i = 0; i < w->nfiles; i++) {
		fd_close(&w->files[i].fd);
		mem_free(&w->files[i].sha256);
	}
	mem_free(&w->files);
	w->nfiles = 0;
}

void wizard_end(struct wizard *w)
{
	if (w->finished)
		return;
	if (here(w)->keep)
		here(w)->keep(w);
	/* What can be kept is sealed first; the answer of the store ends the session. */
	if (w->dossier && w->person_id && w->dossier->state == DOSSIER_DRAFT && !w->ending) {
		w->ending = true;
		save_draft(w);
		if (w->saving)
			return;
	}
	session_wipe(w);
	w->finished = true;
}

bool wizard_finished(const struct wizard *w)
{
	return w->finished;
}

bool wizard_holds_person(const struct wizard *w)
{
	return w->person != NULL || w->attempt != NULL || w->depth > 1;
}

bool wizard_holds_login(const struct wizard *w)
{
	return w->person != NULL;
}

bool wizard_may_idle(const struct wizard *w)
{
	if (w->nrunning && !w->ending)
		for (size_t i = 0; i < w->nrunning; i++)
			if (!w->running[i].quiet && w->running[i].step)
				return false;
	enum signing_state st = w->signing ? signing_state(w->signing) : SIGNING_ENDED;
	return st == SIGNING_DONE || st == SIGNING_ENDED || !w->signing_confirmed;
}

/* ---- events ----------------------------------------------------------------------------------------------------------- */
static const char *field_id(const struct wizard *w, size_t i)
{
	return w->view && i < w->view->nfields ? w->view->fields[i].def->id : "";
}

static void handle_submit(struct wizard *w, const struct step *s)
{
	if (!s->submit)
		return;
	view_set_text(&w->view->error, NULL);
	if (!s->no_check && !view_check(w->view)) {
		w->view->serial = ++w->serial;
		refresh(w);
		return;
	}
	s->submit(w);
}

void wizard_handle(struct wizard *w, const struct wizard_event *ev)
{
	const struct step *s = here(w);

	if (w->finished || w->ending)
		return;
	if (busy(w) && !s->busy_ok && ev->kind != WIZARD_BACK && ev->kind != WIZARD_DONE)
		return;
	switch (ev->kind) {
	case WIZARD_SUBMIT:
		handle_submit(w, s);
		return;
	case WIZARD_CHOSEN:
		/* What was wrong with the last choice is not said of this one. */
		view_set_text(&w->view->error, NULL);
		if (s->chosen)
			s->chosen(w, field_id(w, ev->field), view_value(w->view, field_id(w, ev->field)));
		return;
	case WIZARD_CHANGED:
		if (s->changed)
			s->changed(w, field_id(w, ev->field));
		return;
	case WIZARD_ACTION:
		if (s->action)
			s->action(w, ev->action);
		return;
	case WIZARD_BACK:
		if (!s->back || !s->back(w))
			go_back(w);
		return;
	case WIZARD_PAGE:
		if (s->page)
			s->page(w, ev->number);
		return;
	case WIZARD_BOX:
		if (s->box)
			s->box(w);
		return;
	case WIZARD_DONE:
		if (s->keep)
			s->keep(w);
		/* What is being sent is sent: a moment later the slip says how it went. */
		if (s != &step_leave && s != &step_bye && s != &step_sending)
			go(w, &step_leave, 0);
		return;
	case WIZARD_OFFICER:
		log_line("officer-called", "%s", s->id);
		return;
	}
}

struct view *wizard_view(struct wizard *w)
{
	return w->view;
}

bool wizard_dirty(struct wizard *w)
{
	bool d = w->dirty;
	w->dirty = false;
	return d;
}

const char *wizard_help(const struct wizard *w)
{
	static char id[80];

	snprintf(id, sizeof id, "%s.help", here(w)->id);
	return msg_has(id) ? id : "common.help-text";
}

int wizard_deadline(const struct wizard *w)
{
	if (!w->depth || !here(w)->ticks)
		return -1;
	int64_t left = w->next_tick - clock_ms();
	return left < 0 ? 0 : (int)left;
}

void wizard_tick(struct wizard *w)
{
	if (!w->depth || !here(w)->ticks || clock_ms() < w->next_tick)
		return;
	w->next_tick = clock_ms() + 1000;
	if (here(w)->tick)
		here(w)->tick(w);
}

struct wizard *wizard_new(const struct config *c, struct err *e)
{
	struct wizard *w = mem_alloc(sizeof *w);

	w->config = c;
	w->loading_prepared = -1;
	/* The program's start has chosen it: --lang, LANGUAGE, then the configuration. */
	w->lang = mem_str(msg_lang());
	if (msg_setup(w->lang, config_province(c), e) < 0) {
		wizard_free(w);
		return NULL;
	}
	go(w, &step_welcome, 0);
	return w;
}

void wizard_free(struct wizard *w)
{
	if (!w)
		return;
	session_wipe(w);
	for (size_t i = 0; i < w->nqueue; i++)
		work_clear(&w->queue[i]);
	view_free(w->view);
	view_free(w->old_view);
	catalogue_free(w->catalogue);
	json_decref(w->groups);
	json_decref(w->guide);
	json_decref(w->form);
	mem_free(&w->lang);
	mem_free(&w->error);
	mem_free(&w->notice);
	mem_free(&w->field_error_id);
	mem_free(&w->field_error);
	mem_free(&w->folder);
	mem_free(&w->picked_for);
	mem_free(&w->status_text);
	mem_free(&w->paper_name);
	mem_free(&w);
}
