/* Cập nhật chữ ký: the person's signature profiles, kept with the account (guide A2.1-A2.5), and what to do without one. */
#include "wizard/session.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char *provider_name(struct wizard *w, const char *id)
{
	const json_t *list = config_at(w->config, "signing.neac.providers");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_str(json_array_get(list, i), "id", ""), id) == 0)
			return json_str(json_array_get(list, i), "name", id);
	return id;
}

/* ---- the list --------------------------------------------------------------------------------------------------- */
static void signatures_show(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "profile");
	char id[32];

	for (size_t i = 0; i < json_array_size(w->profiles); i++) {
		const json_t *p = json_array_get(w->profiles, i);
		snprintf(id, sizeof id, "%zu", i);
		struct option *o = view_add_option(f, id, json_str(p, "name", ""));
		AUTO(mem_free) char *account = text_mask_id(json_str(p, "account", ""));
		AUTO(mem_free) char *hint = mem_printf("%s · %s · \"%s\"", provider_name(w, json_str(p, "provider", "")), account, json_str(p, "keyword", ""));
		view_set_text(&o->hint, hint);
		view_set_text(&o->mark, msg(json_str(p, "image", NULL) ? "signatures.with-image" : "signatures.without-image"));
	}
	view_add_option(f, "add", msg("signatures.add"));
	if (json_array_size(w->profiles) == 0)
		view_set_text(&v->text, msg("signatures.first"));
}

static json_t *fresh_profile(struct wizard *w)
{
	json_t *p = json_object();

	/* Never asked twice: what login gave stands there already and can be corrected (rule U16). */
	AUTO(mem_free) char *id = dossier_uuid();
	json_put_str(p, "id", id);
	json_put_str(p, "name", person_text(w, "name"));
	json_put_str(p, "phone", "");
	json_put_str(p, "keyword", msg("signature.default-keyword"));
	json_put_str(p, "kind", "NEAC Sign");
	json_put_str(p, "account", person_text(w, "id"));
	json_put_str(p, "provider", "");
	json_put(p, "image", json_null());
	return p;
}

static void signatures_chosen(struct wizard *w, const char *field, const char *option)
{
	(void)field;
	if (!*option)
		return;
	json_decref(w->draft_profile);
	if (strcmp(option, "add") == 0) {
		w->draft_profile = fresh_profile(w);
		w->profile_at = -1;
	} else {
		w->profile_at = strtol(option, NULL, 10);
		w->draft_profile = json_deep_copy(json_array_get(w->profiles, (size_t)w->profile_at));
	}
	go(w, &step_signature, 0);
}

static void signatures_submit(struct wizard *w)
{
	signatures_chosen(w, "profile", view_value(w->view, "profile"));
}

static void signatures_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "add") == 0)
		signatures_chosen(w, "profile", "add");
	else if (strcmp(action, "no-signature") == 0)
		go(w, &step_no_signature, 0);
}

const struct step step_signatures = {
	.id = "signatures", .show = signatures_show, .chosen = signatures_chosen, .submit = signatures_submit, .action = signatures_action,
	.no_check = true,
};

/* ---- one profile, first page: picture, name, phone, keyword ---------------------------------------------------------- */
static void signature_show(struct wizard *w, struct view *v)
{
	view_set(v, "name", json_str(w->draft_profile, "name", ""));
	view_set(v, "phone", json_str(w->draft_profile, "phone", ""));
	view_set(v, "keyword", json_str(w->draft_profile, "keyword", ""));
	view_set(v, "image", msg(json_str(w->draft_profile, "image", NULL) ? "signature.image-there" : "signature.image-none"));
	if (w->profile_at < 0)
		view_set_text(&v->title, msg("signature.title-new"));
}

static void signature_keep(struct wizard *w)
{
	static const char *const ids[] = { "name", "phone", "keyword" };

	for (size_t i = 0; i < COUNT(ids); i++) {
		struct view_field *f = view_field(w->view, ids[i]);
		AUTO(mem_free) char *value = rule_normal(f->def, f->value);
		json_put_str(w->draft_profile, ids[i], value);
	}
}

static void signature_submit(struct wizard *w)
{
	signature_keep(w);
	go(w, &step_signature_more, 0);
}

static void signature_action(struct wizard *w, const char *action)
{
	signature_keep(w);
	if (strcmp(action, "picture") == 0) {
		go(w, &step_picture, 0);
	} else if (strcmp(action, "no-picture") == 0) {
		json_put(w->draft_profile, "image", json_null());
		stay(w);
	}
}

static bool signature_back(struct wizard *w)
{
	signature_keep(w);
	return false;
}

const struct step step_signature = {
	.id = "signature", .show = signature_show, .submit = signature_submit, .action = signature_action, .back = signature_back,
	.keep = signature_keep,
};

/* ---- second page: +Thêm thông tin -------------------------------------------------------------------------------------- */
static void more_show(struct wizard *w, struct view *v)
{
	struct view_field *f = view_field(v, "provider");
	const json_t *list = config_at(w->config, "signing.neac.providers");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = json_array_get(list, i);
		view_add_option(f, json_str(p, "id", ""), json_str(p, "name", ""));
	}
	view_set(v, "kind", "neac");
	view_set(v, "account", json_str(w->draft_profile, "account", ""));
	view_set(v, "provider", json_str(w->draft_profile, "provider", ""));
	if (!*json_str(w->draft_profile, "provider", ""))
		v->focus = (size_t)(f - v->fields);
}

static void more_keep(struct wizard *w)
{
	struct view_field *f = view_field(w->view, "account");
	AUTO(mem_free) char *account = rule_normal(f->def, f->value);

	json_put_str(w->draft_profile, "account", account);
	json_put_str(w->draft_profile, "provider", view_value(w->view, "provider"));
}

static void more_submit(struct wizard *w)
{
	AUTO(json_release) json_t *all = json_deep_copy(w->profiles);

	more_keep(w);
	if (!*view_value(w->view, "provider")) {
		say_field_error(w, "provider", "signature.choose-provider");
		return;
	}
	json_put_str(w->draft_profile, "kind", "NEAC Sign");
	if (!all)
		all = json_array();
	if (w->profile_at < 0 || w->profile_at >= (long)json_array_size(all))
		json_array_append(all, w->draft_profile);
	else
		json_array_set(all, (size_t)w->profile_at, w->draft_profile);
	say_notice(w, "signature.saving", NULL);
	ask(w, JOB_NET, 0, "profiles.put", json_pack("{s:s,s:O}", "token", w->token, "profiles", all), NULL, 0);
}

static void more_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	(void)verb;
	view_set_text(&w->view->notice, NULL);
	if (e) {
		say_error(w, e);
		return;
	}
	json_decref(w->profiles);
	w->profiles = json_incref(json_at(m->body, "profiles"));
	w->notice = mem_str(msg("signature.saved"));
	go_back_to(w, &step_signatures);
}

static bool more_back(struct wizard *w)
{
	more_keep(w);
	return false;
}

const struct step step_signature_more = {
	.id = "signature-more", .show = more_show, .submit = more_submit, .after = more_after, .back = more_back, .keep = more_keep,
};

/* ---- Tải hình ảnh chữ ký --------------------------------------------------------------------------------------------------- */
static void picture_show(struct wizard *w, struct view *v)
{
	files_offer(w, view_field(v, "file"), "png");
	if (!view_field(v, "file")->noptions)
		view_set_text(&v->text, msg("file.none"));
}

static void picture_chosen(struct wizard *w, const char *field, const char *option)
{
	struct err e = { 0 };

	(void)field;
	if (!*option)
		return;
	AUTO(fd_close) int fd = files_open(w, option, &e);
	if (fd < 0)
		say_error(w, &e);
	else
		ask(w, JOB_DOC, 0, "doc.image", json_object(), &fd, 1);
}

static void picture_submit(struct wizard *w)
{
	picture_chosen(w, "file", view_value(w->view, "file"));
}

static void picture_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	(void)verb;
	if (e) {
		say_error(w, e);
		return;
	}
	json_put_str(w->draft_profile, "image", json_str(m->body, "png", NULL));
	w->notice = mem_str(msg("picture.taken"));
	go_back(w);
}

const struct step step_picture = {
	.id = "picture", .show = picture_show, .chosen = picture_chosen, .submit = picture_submit, .after = picture_after, .no_check = true,
};

/* ---- Tôi chưa có chữ ký số ---------------------------------------------------------------------------------------------------- */
static void no_signature_show(struct wizard *w, struct view *v)
{
	const json_t *list = config_at(w->config, "signing.neac.providers");
	struct buf b = { 0 };

	buf_printf(&b, "%s\n", msg("no-signature.what"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_str(json_array_get(list, i), "name", ""), *app = json_str(json_array_get(list, i), "app", "");
		bool same = !*app || strcmp(name, app) == 0;
		buf_printf(&b, same ? "- %s\n" : "- %s (%s)\n", name, app);
	}
	buf_printf(&b, "\n%s\n\n%s\n", msg("no-signature.bring"), msg("no-signature.paper"));
	AUTO(mem_free) char *note = buf_steal(&b);
	view_set(v, "page", note);
}

static void no_signature_submit(struct wizard *w)
{
	go_back(w);
}

const struct step step_no_signature = {
	.id = "no-signature", .show = no_signature_show, .submit = no_signature_submit, .no_check = true, .no_save = true,
};
