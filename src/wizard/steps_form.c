/* Thông tin hồ sơ: the procedure's own form, page by page, as data (screens/forms), and the declaration made of it. */
#include "wizard/session.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/yaml.h"
#include "wizard/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the form as data --------------------------------------------------------------------------------------------- */
static void prefill(struct wizard *w)
{
	const json_t *map = json_at(w->form, "prefill");
	const char *key;
	json_t *from;

	json_object_foreach((json_t *)(uintptr_t)map, key, from) {
		const char *source = json_string_value(from);
		if (!source || *dossier_answer(w->dossier, key))
			continue;
		if (strncmp(source, "person.", 7) == 0)
			dossier_answer_set(w->dossier, key, person_text(w, source + 7));
		else
			dossier_answer_set(w->dossier, key, source);
	}
}

static const json_t *form(struct wizard *w)
{
	const char *name = json_str(w->guide, "form", NULL);

	if (!w->form && name && w->dossier) {
		struct err e = { 0 };
		AUTO(mem_free) char *file = mem_printf("screens/forms/%s/form.yaml", name);
		AUTO(mem_free) char *path = path_share(file);
		w->form = path ? yaml_read(path, &e) : NULL;
		if (w->form)
			prefill(w);
	}
	return w->form;
}

int form_pages(struct wizard *w)
{
	return (int)json_array_size(json_at(form(w), "pages"));
}

const char *form_page_screen(struct wizard *w, int page)
{
	const char *id = json_string_value(json_array_get(json_at(form(w), "pages"), (size_t)page));
	return id ? id : "form-none";
}

/* ---- one page -------------------------------------------------------------------------------------------------------- */
static const char *form_pick(struct wizard *w)
{
	return form_page_screen(w, here_arg(w));
}

static void form_show(struct wizard *w, struct view *v)
{
	AUTO(json_release) json_t *vars = json_pack("{s:i,s:i}", "n", here_arg(w) + 1, "m", form_pages(w));

	for (size_t i = 0; i < v->nfields; i++) {
		const char *answer = w->dossier ? dossier_answer(w->dossier, v->fields[i].def->id) : "";
		if (*answer)
			view_set(v, v->fields[i].def->id, answer);
	}
	AUTO(mem_free) char *step = msg_fill("form.page", vars);
	view_set_text(&v->step, form_pages(w) ? step : NULL);
}

/* Every answer is kept at once, also an unfinished one: a draft may miss required fields (rule U15). */
static void form_keep(struct wizard *w)
{
	for (size_t i = 0; i < w->view->nfields; i++) {
		const struct view_field *f = &w->view->fields[i];
		if (f->def->kind == FIELD_NOTE)
			continue;
		AUTO(mem_free) char *value = rule_normal(f->def, f->value);
		if (strcmp(value, dossier_answer(w->dossier, f->def->id)) != 0) {
			dossier_answer_set(w->dossier, f->def->id, value);
			w->declaration_stale = true;
		}
	}
}

/* `copy` of the form: an answer that settles others ("I am the father") fills them, where nothing stands yet (rule U16). */
static void copy_answers(struct wizard *w)
{
	const json_t *rules = json_at(form(w), "copy");

	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *r = json_array_get(rules, i);
		const char *key;
		json_t *from;
		if (strcmp(dossier_answer(w->dossier, json_str(r, "field", "")), json_str(r, "is", "?")) != 0)
			continue;
		json_object_foreach(json_at(r, "set"), key, from) {
			const char *source = json_string_value(from);
			if (!*dossier_answer(w->dossier, key))
				dossier_answer_set(w->dossier, key, strncmp(source, "person.", 7) == 0 ? person_text(w, source + 7) : dossier_answer(w->dossier, source));
		}
	}
}

static void form_done(struct wizard *w)
{
	const char *receive = dossier_answer(w->dossier, "receive");

	if (*receive)
		dossier_set_text(&w->dossier->receive, receive);
	if (w->return_to) {
		w->return_to = 0;
		go_back_to(w, w->declaration_stale ? &step_components : &step_review);
		return;
	}
	go(w, &step_components, 0);
}

static void form_submit(struct wizard *w)
{
	int page = here_arg(w);

	form_keep(w);
	copy_answers(w);
	if (page + 1 < form_pages(w) && !w->return_to)
		go(w, &step_form, page + 1);
	else
		form_done(w);
}

static void form_changed(struct wizard *w, const char *field)
{
	(void)field;
	view_set_text(&w->view->error, NULL);
	form_keep(w);
	save_draft(w);
	refresh(w);
}

static void form_chosen(struct wizard *w, const char *field, const char *option)
{
	(void)option;
	form_changed(w, field);
}

static bool form_back(struct wizard *w)
{
	form_keep(w);
	w->return_to = 0;
	return false;
}

static const char *const form_screens[] = { "form-none", NULL };     /* the pages come from the forms themselves */

const struct step step_form = {
	.id = "form", .screens = form_screens, .pick = form_pick, .show = form_show, .submit = form_submit, .changed = form_changed,
	.chosen = form_chosen, .back = form_back, .keep = form_keep,
};

/* ---- the declaration -------------------------------------------------------------------------------------------------- */
/* Words of an answer: of a choice the option's label, else what was typed. */
static const char *answer_words(struct wizard *w, const char *id)
{
	const char *value = dossier_answer(w->dossier, id);

	for (int p = 0; p < form_pages(w); p++) {
		const struct screen *s = screen_get(form_page_screen(w, p), NULL);
		for (size_t i = 0; s && i < s->nfields; i++) {
			if (strcmp(s->fields[i].id, id) != 0 || !s->fields[i].options)
				continue;
			for (size_t k = 0; k < json_array_size(s->fields[i].options); k++) {
				const json_t *o = json_array_get(s->fields[i].options, k);
				if (strcmp(json_str(o, "id", ""), value) == 0)
					return msg(json_str(o, "label", ""));
			}
		}
	}
	return value;
}

struct lookup { struct wizard *w; char scratch[1024]; };

static const char *today_part(const char *name, char *out, size_t n)
{
	struct tm t = clock_vn_tm(clock_now());

	if (strcmp(name, "today.day") == 0)
		snprintf(out, n, "%02d", t.tm_mday);
	else if (strcmp(name, "today.month") == 0)
		snprintf(out, n, "%02d", t.tm_mon + 1);
	else
		snprintf(out, n, "%d", t.tm_year + 1900);
	return out;
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);
	return n > m && strcmp(s + n - m, tail) == 0;
}

static const char *commune_name(struct wizard *w)
{
	const struct commune *c = catalogue(w) ? catalogue_commune(catalogue(w), w->dossier->commune ? w->dossier->commune : "") : NULL;
	return c ? c->full_name : "";
}

/* {field}; {field.words}, a date in words; {dossier.agency}, {dossier.commune}, {today.day} ... */
static const char *form_value(void *self, const char *name)
{
	struct lookup *l = self;
	const char *paper = paper_value(l->w, name, l->scratch, sizeof l->scratch);

	if (paper)
		return paper;
	if (strncmp(name, "today.", 6) == 0)
		return today_part(name, l->scratch, sizeof l->scratch);
	if (strcmp(name, "dossier.agency") == 0)
		return l->w->dossier->agency ? l->w->dossier->agency : "";
	if (strcmp(name, "dossier.procedure") == 0)
		return l->w->dossier->procedure_name ? l->w->dossier->procedure_name : "";
	if (strcmp(name, "dossier.commune") == 0)
		return commune_name(l->w);
	if (!ends_with(name, ".words"))
		return answer_words(l->w, name);
	AUTO(mem_free) char *id = mem_strn(name, strlen(name) - 6);
	words_date(dossier_answer(l->w->dossier, id), l->scratch, sizeof l->scratch);
	return l->scratch;
}

static json_t *fill_layout(struct wizard *w, const json_t *layout)
{
	struct lookup l = { .w = w };

	if (json_is_string(layout)) {
		AUTO(mem_free) char *filled = text_fill(json_string_value(layout), form_value, &l);
		return json_string(filled);
	}
	if (json_is_array(layout)) {
		json_t *out = json_array();
		for (size_t i = 0; i < json_array_size(layout); i++)
			json_array_append_new(out, fill_layout(w, json_array_get(layout, i)));
		return out;
	}
	if (json_is_object(layout)) {
		json_t *out = json_object(), *value;
		const char *key;
		json_object_foreach((json_t *)(uintptr_t)layout, key, value)
			json_object_set_new(out, key, fill_layout(w, value));
		return out;
	}
	return json_incref((json_t *)(uintptr_t)layout);
}

json_t *layout_filled(struct wizard *w, const json_t *layout)
{
	return layout && w->dossier ? fill_layout(w, layout) : NULL;
}

json_t *form_document(struct wizard *w)
{
	const json_t *layout = json_at(form(w), "document");
	const char *lang = w->lang;
	struct err e = { 0 };

	/* Papers are in Vietnamese, whatever the person reads on the screen. */
	if (!layout || msg_setup("vi", config_province(w->config), &e) < 0)
		return NULL;
	json_t *doc = fill_layout(w, layout);
	msg_setup(lang, config_province(w->config), &e);
	return doc;
}
