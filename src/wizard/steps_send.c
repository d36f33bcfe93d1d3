/* Review, sending through the outbox, the slip, the acceptance receipt (form 01), and leaving. */
#include "wizard/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- review: every answer, its number jumps there and returns (rule U13) ------------------------------------------- */
static const char *shown_answer(const struct field *f, const char *value)
{
	for (size_t k = 0; f->options && k < json_array_size(f->options); k++)
		if (strcmp(json_str(json_array_get(f->options, k), "id", ""), value) == 0)
			return msg(json_str(json_array_get(f->options, k), "label", ""));
	return *value ? value : "-";
}

static void review_page(struct wizard *w, struct view_field *f, int page)
{
	const struct screen *s = screen_get(form_page_screen(w, page), NULL);
	char id[32];

	for (size_t i = 0; s && i < s->nfields; i++) {
		if (s->fields[i].kind == FIELD_NOTE)
			continue;
		snprintf(id, sizeof id, "form:%d", page);
		AUTO(mem_free) char *label = mem_printf("%s: %s", msg(s->fields[i].label), shown_answer(&s->fields[i], dossier_answer(w->dossier, s->fields[i].id)));
		struct option *o = view_add_option(f, id, label);
		view_set_text(&o->group, msg(s->title));
	}
}

static void review_show(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "answers");
	char id[32];

	if (!w->dossier)
		return;
	struct option *o = view_add_option(f, "agency:0", w->dossier->agency ? w->dossier->agency : "-");
	view_set_text(&o->group, msg("review.agency"));
	for (int p = 0; p < form_pages(w); p++)
		review_page(w, f, p);
	for (size_t i = 0; i < w->dossier->ncomponents; i++) {
		const struct dossier_component *c = &w->dossier->components[i];
		if (!c->ticked)
			continue;
		snprintf(id, sizeof id, "paper:%zu", i);
		AUTO(mem_free) char *label = mem_printf("%s: %s", c->name, c->nfiles ? c->files[c->nfiles - 1].name : msg("paper.no-file"));
		o = view_add_option(f, id, label);
		view_set_text(&o->group, msg("review.papers"));
		view_set_text(&o->mark, msg(!c->nfiles ? "paper.no-file" : c->files[c->nfiles - 1].state == FILE_SIGNED ? "paper.signed" : "paper.not-signed"));
	}
}

static void review_chosen(struct wizard *w, const char *field, const char *option)
{
	const char *colon = strchr(option, ':');

	(void)field;
	if (!colon)
		return;
	if (strncmp(option, "form", 4) == 0) {
		w->return_to = (long)w->depth;
		go(w, &step_form, (int)strtol(colon + 1, NULL, 10));
	} else if (strncmp(option, "paper", 5) == 0) {
		w->component = strtoul(colon + 1, NULL, 10);
		go(w, &step_component, 0);
	} else {
		w->return_to = (long)w->depth;
		go(w, &step_agency, 0);
	}
}

static void review_send(struct wizard *w)
{
	go(w, &step_sending, 0);
}

static void review_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "send") == 0)
		review_send(w);
}

static void review_enter(struct wizard *w)
{
	if (*view_value(w->view, "answers"))
		review_chosen(w, "answers", view_value(w->view, "answers"));
	else
		review_send(w);
}

const struct step step_review = {
	.id = "review", .show = review_show, .chosen = review_chosen, .submit = review_enter, .action = review_action, .no_check = true,
};

/* ---- sending: first a row in the outbox, then the wire ------------------------------------------------------------------ */
static json_t *delivery_files(struct wizard *w, int *fds, size_t *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->dossier->ncomponents; i++) {
		const struct dossier_component *c = &w->dossier->components[i];
		for (size_t k = 0; c->ticked && k < c->nfiles && *n < JOB_FDS_MAX - 1; k++) {
			int fd = held_fd(w, c->files[k].sha256);
			if (fd < 0)
				continue;
			json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "component", c->id, "name", c->files[k].name, "sha256", c->files[k].sha256));
			fds[(*n)++] = fd;
		}
	}
	return list;
}

static json_t *delivery(struct wizard *w, int *fds, size_t *n)
{
	json_t *body = json_object();

	json_put_str(body, "key", w->dossier->id);
	json_put(body, "dossier", dossier_to_json(w->dossier));
	json_put(body, "files", delivery_files(w, fds, n));
	return body;
}

static void sending_begin(struct wizard *w)
{
	int fds[JOB_FDS_MAX];
	size_t n = 0;
	json_t *body = delivery(w, fds, &n), *args = json_object(), *names = json_array();

	for (size_t i = 0; i < json_array_size(json_at(body, "files")); i++)
		json_array_append(names, json_at(json_array_get(json_at(body, "files"), i), "name"));
	json_put_str(args, "key", w->dossier->id);
	json_put(args, "body", body);
	json_put(args, "files", names);
	ask(w, JOB_STORE, JOB_RESIDENT, "outbox.add", args, fds, n);
}

static void sending_tick(struct wizard *w)
{
	if (!w->sending_started && w->dossier) {
		w->sending_started = true;
		sending_begin(w);
	}
}

static void sending_show(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "wait");

	w->sending_started = false;
	f->wait.lines = mem_array(2, sizeof *f->wait.lines);
	f->wait.lines[0] = mem_str(msg("sending.line"));
	f->wait.seconds_left = -1;
}

static void sending_wire(struct wizard *w)
{
	int fds[JOB_FDS_MAX];
	size_t n = 0;

	json_t *body = delivery(w, fds, &n);

	ask(w, JOB_NET, 0, "portal.send", body, fds, n);
}

static time_t told_time(const json_t *body, const char *key)
{
	time_t t = 0;
	return clock_parse(json_str(body, key, ""), &t) ? t : 0;
}

/* The dossier is out of our hands: the draft goes, its row in the outbox knows the code. */
static void sending_done(struct wizard *w, const json_t *body)
{
	dossier_set_text(&w->dossier->code, json_str(body, "code", ""));
	w->dossier->state = DOSSIER_NEW;
	w->dossier->sent = told_time(body, "received_at");
	w->dossier->due = told_time(body, "due");
	ask_quietly(w, JOB_STORE, JOB_RESIDENT, "outbox.sent", json_pack("{s:s,s:s}", "key", w->dossier->id, "code", w->dossier->code));
	ask_quietly(w, JOB_STORE, JOB_RESIDENT, "draft.drop", json_pack("{s:s,s:s}", "person", w->person_id, "draft", w->dossier->id));
	w->depth = 0;
	w->path[w->depth++] = (struct place){ &step_home, 0 };
	go(w, &step_slip, 0);
}

static bool may_wait(enum err_kind k)
{
	return k == ERR_NO_NETWORK || k == ERR_SERVICE_DOWN || k == ERR_SERVICE_SLOW || k == ERR_NETWORK_UNKNOWN;
}

static void sending_failed(struct wizard *w, const struct err *e)
{
	/* A sender that died leaves the outcome open as a cut line does. */
	if (may_wait(e->kind) || w->ended == JOB_DIED) {
		/* It is in the outbox and goes by itself: the person gets a slip that says so. */
		w->dossier->state = DOSSIER_NEW;
		ask_quietly(w, JOB_STORE, JOB_RESIDENT, "outbox.failed", json_pack("{s:s,s:s,s:i}", "key", w->dossier->id, "reason", err_id(e->kind), "again_in", (int)(wait_ms(w, "outbox_look_ms", 60000) / 1000)));
		ask_quietly(w, JOB_STORE, JOB_RESIDENT, "draft.drop", json_pack("{s:s,s:s}", "person", w->person_id, "draft", w->dossier->id));
		w->depth = 0;
		w->path[w->depth++] = (struct place){ &step_home, 0 };
		go(w, &step_slip, 1);
		return;
	}
	/* Refused: the person mends it, and what is sent then must not be what lies in the outbox now. */
	ask_quietly(w, JOB_STORE, JOB_RESIDENT, "outbox.withdraw", json_pack("{s:s}", "key", w->dossier->id));
	AUTO(mem_free) char *words = err_words(e);
	go_back(w);
	view_set_text(&w->view->error, words);
	refresh(w);
}

static void sending_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	if (strcmp(verb, "outbox.add") == 0 && e) {
		AUTO(mem_free) char *words = err_words(e);
		go_back(w);
		view_set_text(&w->view->error, words);
		refresh(w);
	} else if (strcmp(verb, "outbox.add") == 0) {
		sending_wire(w);
	} else if (e) {
		sending_failed(w, e);
	} else {
		sending_done(w, m->body);
	}
}

static bool no_back(struct wizard *w)
{
	(void)w;
	return true;
}

const struct step step_sending = {
	.id = "sending", .show = sending_show, .after = sending_after, .tick = sending_tick, .ticks = true, .back = no_back, .no_check = true,
	.no_save = true,
};

/* ---- the slip --------------------------------------------------------------------------------------------------------------- */
static void slip_show(struct wizard *w, struct view *v)
{
	const struct dossier *d = w->dossier;
	bool waiting = here_arg(w) == 1;
	char sent[32] = "", due[32] = "";
	struct buf b = { 0 };
	AUTO(mem_free) char *masked = text_mask_id(person_text(w, "id"));

	if (!d)
		return;
	if (d->sent)
		clock_vn(d->sent, sent);
	if (d->due)
		clock_vn(d->due, due);
	view_set_text(&v->title, msg(waiting ? "slip.title-outbox" : "slip.title"));
	if (d->code)
		buf_printf(&b, "%s: %s\n", msg("slip.code"), d->code);
	buf_printf(&b, "%s: %s\n%s: %s\n%s: %s (%s)\n", msg("slip.procedure"), d->procedure_name, msg("slip.agency"), d->agency ? d->agency : "",
	           msg("slip.person"), person_text(w, "name"), masked);
	if (*sent)
		buf_printf(&b, "%s: %s (UTC+7)\n", msg("slip.sent"), sent);
	if (*due)
		buf_printf(&b, "%s: %s (UTC+7)\n", msg("slip.due"), due);
	buf_printf(&b, "%s\n", msg(waiting ? "slip.next-outbox" : "slip.next"));
	AUTO(mem_free) char *note = buf_steal(&b);
	view_set(v, "info", note);
	if (d->code)
		view_set(v, "qr", d->code);
	else
		view_field(v, "qr")->hidden = true;
	w->asked_status = clock_ms();
	w->paper_asked = false;
}

enum { ASK_STATUS_MS = 5000 };

/* What waited in the outbox has arrived: the slip gets its code. */
static void slip_arrived(struct wizard *w, const json_t *body)
{
	dossier_set_text(&w->dossier->code, json_str(body, "code", ""));
	w->dossier->sent = told_time(body, "received_at");
	w->dossier->due = told_time(body, "due");
	go_instead(w, &step_slip, 0);
}

static void slip_tick(struct wizard *w)
{
	if (w->dossier && !w->paper_asked) {
		w->paper_asked = true;
		paper_ask(w, "phieu-nop");
		return;
	}
	if (!w->dossier || busy(w) || clock_ms() - w->asked_status < wait_ms(w, "status_poll_ms", ASK_STATUS_MS))
		return;
	w->asked_status = clock_ms();
	if (w->dossier->code)
		ask(w, JOB_NET, 0, "portal.status", json_pack("{s:s}", "code", w->dossier->code), NULL, 0);
	else
		ask(w, JOB_NET, 0, "portal.find", json_pack("{s:s}", "key", w->dossier->id), NULL, 0);
}

static void slip_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	if (e)
		return;          /* the slip stands without it; asked again later */
	if (strcmp(verb, "doc.compose") == 0) {
		paper_take(w, m);
		return;
	}
	if (strcmp(verb, "portal.find") == 0) {
		slip_arrived(w, m->body);
		return;
	}
	if (json_is_object(json_at(m->body, "receipt"))) {
		json_decref(w->receipt);
		w->receipt = json_incref(m->body);
		w->dossier->state = DOSSIER_ACCEPTED;
		go(w, &step_receipt, 0);
	} else if (json_int(m->body, "state", 1) == DOSSIER_SUPPLEMENT) {
		json_decref(w->receipt);
		w->receipt = json_incref(m->body);
		go(w, &step_status, 0);
	}
}

static void slip_submit(struct wizard *w)
{
	go(w, &step_leave, 0);
}

static bool slip_back(struct wizard *w)
{
	dossier_free(w->dossier);
	w->dossier = NULL;
	go_back_to(w, &step_home);
	return true;
}

static void slip_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "home") == 0)
		slip_back(w);
}

const struct step step_slip = {
	.id = "slip", .show = slip_show, .submit = slip_submit, .action = slip_action, .after = slip_after, .tick = slip_tick, .ticks = true,
	.back = slip_back, .no_check = true, .no_save = true, .busy_ok = true,
};

/* ---- form 01: Giấy tiếp nhận hồ sơ và hẹn trả kết quả --------------------------------------------------------------------------- */
static void receipt_show(struct wizard *w, struct view *v)
{
	const json_t *r = json_at(w->receipt, "receipt"), *list = json_at(r, "components");
	struct buf b = { 0 };
	char at[32] = "", due[32] = "";
	time_t t;

	if (clock_parse(json_str(r, "accepted_at", ""), &t))
		clock_vn(t, at);
	if (clock_parse(json_str(r, "due", ""), &t))
		clock_vn(t, due);
	buf_printf(&b, "%s: %s\n%s: %s\n%s: %s\n%s: %s (UTC+7)\n%s: %s (UTC+7)\n", msg("receipt.number"), json_str(r, "number", ""), msg("slip.code"),
	           json_str(w->receipt, "code", ""), msg("slip.agency"), json_str(r, "agency", ""), msg("receipt.accepted"), at, msg("receipt.due"), due);
	buf_printf(&b, "%s\n", msg("receipt.papers"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		buf_printf(&b, "- %s\n", json_is_string(one) ? json_string_value(one) : json_str(one, "name", ""));
	}
	AUTO(mem_free) char *note = buf_steal(&b);
	view_set(v, "info", note);
	w->paper_asked = false;
}

static void receipt_tick(struct wizard *w)
{
	if (w->paper_asked)
		return;
	w->paper_asked = true;
	paper_ask(w, "giay-tiep-nhan");
}

static void receipt_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	(void)verb;
	if (!e)
		paper_take(w, m);
}

const struct step step_receipt = {
	.id = "receipt", .show = receipt_show, .submit = slip_submit, .back = slip_back, .after = receipt_after, .tick = receipt_tick,
	.ticks = true, .no_check = true, .no_save = true, .busy_ok = true,
};

/* ---- Xong / Thoát -------------------------------------------------------------------------------------------------------------- */
static bool unsent(const struct wizard *w)
{
	return w->dossier && w->person_id && w->person && w->dossier->state == DOSSIER_DRAFT && w->dossier->agency;
}

static void leave_show(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "what");

	/* The truth about unsent work (rule P3). */
	bool in_outbox = w->dossier && w->dossier->state == DOSSIER_NEW && !w->dossier->code;
	view_set_text(&v->text, msg(in_outbox ? "leave.outbox" : unsent(w) ? "leave.unsent" : w->person ? "leave.all-sent" : "leave.nothing"));
	if (unsent(w)) {
		view_add_option(f, "keep", msg("leave.keep"));
		view_add_option(f, "drop", msg("leave.drop"));
	} else {
		view_add_option(f, "end", msg("leave.end"));
	}
	view_add_option(f, "stay", msg("leave.stay"));
}

static void leave_chosen(struct wizard *w, const char *field, const char *option)
{
	(void)field;
	if (strcmp(option, "stay") == 0) {
		go_back(w);
		return;
	}
	if (strcmp(option, "drop") == 0 && w->dossier) {
		/* A phone that is still asked is told nothing more; its answer would be nobody's. */
		drop_signing_work(w);
		signing_free(w->signing);
		w->signing = NULL;
		ask_quietly(w, JOB_STORE, JOB_RESIDENT, "draft.drop", json_pack("{s:s,s:s}", "person", w->person_id, "draft", w->dossier->id));
		dossier_free(w->dossier);
		w->dossier = NULL;
	}
	if (*option) {
		if (w->token)
			ask_quietly(w, JOB_NET, 0, "identity.logout", json_pack("{s:s}", "token", w->token));
		go(w, &step_bye, 0);
		wizard_end(w);
	}
}

static void leave_submit(struct wizard *w)
{
	leave_chosen(w, "what", view_value(w->view, "what"));
}

const struct step step_leave = {
	.id = "leave", .show = leave_show, .chosen = leave_chosen, .submit = leave_submit, .no_check = true, .no_save = true,
};
const struct step step_bye = { .id = "bye", .back = no_back, .no_check = true, .no_save = true };
