/* The person's own page, finding a procedure, its page, the agency, and looking up a dossier by its code. */
#include "wizard/session.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>

enum { RESULTS_MAX = 45, COMMUNES_MAX = 400 };

/* ---- groups of the home page: authored data --------------------------------------------------------------------- */
static const json_t *groups(struct wizard *w)
{
	if (!w->groups) {
		struct err e = { 0 };
		AUTO(mem_free) char *path = path_share("screens/catalogue/groups.yaml");
		w->groups = path ? yaml_read(path, &e) : NULL;
		if (!w->groups)
			w->groups = json_object();
	}
	return w->groups;
}

static void fill_groups(struct wizard *w, struct view *v, const char *side)
{
	struct view_field *f = view_field(v, side);
	const json_t *list = json_at(groups(w), side);

	if (!f)
		return;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *g = json_array_get(list, i);
		AUTO(mem_free) char *label = mem_printf("group.%s", json_str(g, "id", ""));
		view_add_option(f, json_str(g, "id", ""), msg(label));
	}
}

/* ---- home ----------------------------------------------------------------------------------------------------------- */
static void home_show(struct wizard *w, struct view *v)
{
	fill_groups(w, v, "citizen");
	fill_groups(w, v, "business");
	struct view_field *menu = view_field(v, "menu");
	for (size_t i = 0; menu && i < menu->noptions; i++)
		if (strcmp(menu->options[i].id, "signatures") == 0 && json_array_size(w->profiles) == 0)
			view_set_text(&menu->options[i].mark, msg("home.no-profile"));
}

static void home_chosen(struct wizard *w, const char *field, const char *option)
{
	if (strcmp(field, "citizen") == 0 || strcmp(field, "business") == 0) {
		const json_t *list = json_at(groups(w), field);
		for (size_t i = 0; i < json_array_size(list); i++)
			if (strcmp(json_str(json_array_get(list, i), "id", ""), option) == 0)
				go(w, &step_group, (int)i + (field[0] == 'b' ? 100 : 0));
		return;
	}
	if (strcmp(option, "services") == 0)
		go(w, &step_find, 0);
	else if (strcmp(option, "signatures") == 0)
		go(w, &step_signatures, 0);
	else if (strcmp(option, "lookup") == 0)
		go(w, &step_lookup, 0);
	else if (strcmp(option, "no-signature") == 0)
		go(w, &step_no_signature, 0);
}

static void home_submit(struct wizard *w)
{
	/* Enter in the search box: the same words go on on the results page. */
	if (*view_value(w->view, "search")) {
		mem_free(&w->status_text);
		w->status_text = mem_str(view_value(w->view, "search"));
		go(w, &step_find, 1);
	}
}

static bool home_back(struct wizard *w)
{
	go(w, &step_leave, 0);
	return true;
}

const struct step step_home = {
	.id = "home", .show = home_show, .chosen = home_chosen, .submit = home_submit, .back = home_back, .no_check = true, .no_save = true,
};

/* ---- Dịch vụ công trực tuyến: search ------------------------------------------------------------------------------------ */
static void add_result(struct view_field *f, const struct procedure *p)
{
	struct option *o = view_add_option(f, p->code, p->name);
	AUTO(mem_free) char *hint = mem_printf("%s · %s", p->code, p->field);

	view_set_text(&o->hint, hint);
}

static void find_fill(struct wizard *w)
{
	struct view_field *f = view_field(w->view, "results");
	struct hit hits[RESULTS_MAX];
	const struct search_filter here_first = { 0 };
	size_t total = 0, n = 0;

	if (!catalogue(w) || !f)
		return;
	view_clear_options(f);
	view_set(w->view, "results", "");
	n = catalogue_search(catalogue(w), view_value(w->view, "search"), &here_first, hits, COUNT(hits), &total);
	for (size_t i = 0; i < n; i++)
		add_result(f, hits[i].p);
	AUTO(json_release) json_t *vars = json_pack("{s:I}", "n", (json_int_t)total);
	const char *id = total == 0 ? "find.none" : hits[0].guessed ? "find.guessed" : "find.count";
	AUTO(mem_free) char *text = msg_fill(id, vars);
	view_set_text(&w->view->text, text);
	refresh(w);
}

static void find_show(struct wizard *w, struct view *v)
{
	if (here_arg(w) == 1 && w->status_text)
		view_set(v, "search", w->status_text);
	else if (here_arg(w) == 2 && w->status_text)
		view_set(v, "search", w->status_text);
	find_fill(w);
	/* Coming with words already typed: the number of a result picks it at once. */
	struct view_field *f = view_field(v, "results");
	if (*view_value(v, "search") && f->noptions)
		v->focus = (size_t)(f - v->fields);
}

static void find_changed(struct wizard *w, const char *field)
{
	if (strcmp(field, "search") != 0)
		return;
	find_fill(w);
	/* Kept for coming back from a procedure's page. */
	mem_free(&w->status_text);
	w->status_text = mem_str(view_value(w->view, "search"));
	w->path[w->depth - 1].arg = 2;
}

static void find_chosen(struct wizard *w, const char *field, const char *option)
{
	if (strcmp(field, "results") != 0 || !*option)
		return;
	dossier_begin(w, option);
	go(w, &step_procedure, 0);
}

static void find_submit(struct wizard *w)
{
	struct view_field *f = view_field(w->view, "results");
	const char *id = view_value(w->view, "results");

	if (f && f->noptions && !*id)
		id = f->options[0].id;
	find_chosen(w, "results", id);
}

const struct step step_find = {
	.id = "find", .show = find_show, .changed = find_changed, .chosen = find_chosen, .submit = find_submit, .no_check = true, .no_save = true,
};

/* ---- one group ------------------------------------------------------------------------------------------------------------ */
static void group_show(struct wizard *w, struct view *v)
{
	int arg = here_arg(w);
	const json_t *g = json_array_get(json_at(groups(w), arg >= 100 ? "business" : "citizen"), (size_t)(arg % 100));
	struct view_field *f = view_field(v, "results");
	const json_t *codes = json_at(g, "codes");
	AUTO(mem_free) char *label = mem_printf("group.%s", json_str(g, "id", ""));

	view_set_text(&v->title, msg(label));
	for (size_t i = 0; i < json_array_size(codes); i++) {
		const struct procedure *p = catalogue(w) ? catalogue_procedure(catalogue(w), json_string_value(json_array_get(codes, i))) : NULL;
		if (p)
			add_result(f, p);
	}
	view_set_text(&v->text, msg(f->noptions ? "group.text" : "group.empty"));
}

static void group_submit(struct wizard *w)
{
	if (*view_value(w->view, "results"))
		find_chosen(w, "results", view_value(w->view, "results"));
}

static void group_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "search") == 0)
		go(w, &step_find, 0);
}

const struct step step_group = {
	.id = "group", .show = group_show, .chosen = find_chosen, .submit = group_submit, .action = group_action, .no_check = true, .no_save = true,
};

/* ---- the procedure's page --------------------------------------------------------------------------------------------------- */
json_t *procedure_guide(struct wizard *w, const char *code, struct err *e)
{
	AUTO(mem_free) char *name = mem_printf("screens/provinces/%s/procedures/%s.yaml", config_province(w->config), code);
	AUTO(mem_free) char *path = path_share(name);
	struct err missing = { 0 };
	json_t *g = path ? yaml_read(path, &missing) : NULL;

	if (!g && missing.kind != ERR_NONE && missing.kind != ERR_NO_FILE && e)
		*e = missing;
	return g;
}

static void components_from_guide(struct wizard *w)
{
	const json_t *list = json_at(w->guide, "components");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct dossier_component *c = dossier_add_component(w->dossier, json_str(one, "id", ""), json_str(one, "name", ""));
		c->required = json_is(one, "required");
		c->ticked = c->required;
		c->declaration = json_is(one, "declaration");
		c->original = json_is(one, "original");
		c->count = (int)json_int(one, "count", 1);
	}
}

/* The official texts often bring their own dash. */
static const char *undashed(const char *s)
{
	while (*s == '-' || *s == '+' || *s == ' ')
		s++;
	return s;
}

/* Without an authored page the official rows are used: papers to attach, not the notes among them. */
/* Rows of the national list begin with dashes of their own. */
static const char *bare(const char *text)
{
	while (*text == '-' || *text == '+' || *text == ' ')
		text++;
	return text;
}

static void components_from_catalogue(struct wizard *w)
{
	const struct component *rows[60];
	size_t n = catalogue_components(catalogue(w), w->dossier->procedure, rows, COUNT(rows));

	for (size_t i = 0; i < n; i++) {
		char id[32];
		if (rows[i]->note)
			continue;
		snprintf(id, sizeof id, "row-%zu", i + 1);
		struct dossier_component *c = dossier_add_component(w->dossier, id, bare(rows[i]->text));
		c->original = rows[i]->originals > 0;
		c->count = rows[i]->originals > 0 ? rows[i]->originals : rows[i]->copies;
	}
}

/* Also for a procedure that was looked at before anybody had logged in. */
void dossier_take_person(struct wizard *w)
{
	if (!w->dossier || !w->person)
		return;
	json_decref(w->dossier->person);
	w->dossier->person = json_deep_copy(w->person);
}

void dossier_begin(struct wizard *w, const char *procedure)
{
	const struct procedure *p = catalogue(w) ? catalogue_procedure(catalogue(w), procedure) : NULL;
	struct err e = { 0 };

	if (!p || (w->dossier && w->dossier->procedure && strcmp(w->dossier->procedure, procedure) == 0 && w->dossier->state == DOSSIER_DRAFT))
		return;
	dossier_free(w->dossier);
	w->dossier = dossier_new();
	dossier_set_text(&w->dossier->procedure, p->code);
	dossier_set_text(&w->dossier->procedure_name, p->name);
	dossier_set_text(&w->dossier->province, config_str(w->config, "province_code", ""));
	dossier_take_person(w);
	json_decref(w->guide);
	w->guide = procedure_guide(w, procedure, &e);
	json_decref(w->form);
	w->form = NULL;
	w->declaration_stale = true;
	if (w->guide)
		components_from_guide(w);
	else
		components_from_catalogue(w);
}

static void add_methods(struct wizard *w, struct buf *b)
{
	const struct method *m[8];
	size_t n = catalogue_methods(catalogue(w), w->dossier->procedure, m, COUNT(m));

	for (size_t i = 0; i < n; i++) {
		AUTO(mem_free) char *channel = mem_printf("channel.%s", m[i]->channel);
		const char *unit = *m[i]->time_unit ? m[i]->time_unit : *m[i]->time_n ? msg("procedure.no-unit") : "";
		buf_printf(b, "- %s: %s%s%s; %s\n", msg(channel), *m[i]->time_n ? m[i]->time_n : msg("procedure.no-time"),
		           *unit ? " " : "", unit, *m[i]->fee ? m[i]->fee : msg("procedure.no-fee"));
	}
}

static void add_guide(const json_t *g, struct buf *b)
{
	const json_t *list = json_at(g, "steps");

	buf_printf(b, "%s: %s\n%s: %s\n\n", msg("procedure.time"), json_str(g, "time", ""), msg("procedure.fee"), json_str(g, "fee", ""));
	buf_printf(b, "%s\n", msg("procedure.steps"));
	for (size_t i = 0; i < json_array_size(list); i++)
		buf_printf(b, "%zu. %s\n", i + 1, json_string_value(json_array_get(list, i)));
	buf_printf(b, "\n%s\n", msg("procedure.components"));
	list = json_at(g, "components");
	for (size_t i = 0; i < json_array_size(list); i++)
		buf_printf(b, "- %s%s\n", json_str(json_array_get(list, i), "name", ""),
		           json_is(json_array_get(list, i), "required") ? " (*)" : "");
}

static bool offers_online(const struct procedure *p)
{
	return strstr(p->channels, "online") != NULL;
}

static void procedure_show(struct wizard *w, struct view *v)
{
	const struct procedure *p = w->dossier && catalogue(w) ? catalogue_procedure(catalogue(w), w->dossier->procedure) : NULL;
	struct buf b = { 0 };

	if (!p)
		return;
	view_set_text(&v->title, p->name);
	AUTO(mem_free) char *text = mem_printf("%s · %s · %s", p->code, p->field, p->agency);
	view_set_text(&v->text, text);
	if (w->guide)
		add_guide(w->guide, &b);
	else {
		buf_printf(&b, "%s\n", msg("procedure.time-fee"));
		add_methods(w, &b);
		buf_printf(&b, "\n%s\n", msg("procedure.components"));
		for (size_t i = 0; i < w->dossier->ncomponents; i++)
			buf_printf(&b, "- %s\n", undashed(w->dossier->components[i].name));
	}
	if (!offers_online(p))
		view_set_text(&v->notice, msg("procedure.counter-only"));
	AUTO(mem_free) char *note = buf_steal(&b);
	view_set(v, "page", note);
}

static void procedure_submit(struct wizard *w)
{
	const struct procedure *p = w->dossier && catalogue(w) ? catalogue_procedure(catalogue(w), w->dossier->procedure) : NULL;

	if (!p || !offers_online(p)) {
		view_set_text(&w->view->notice, NULL);   /* the same words, said once */
		say_error_id(w, "procedure.counter-only", NULL);
		return;
	}
	go(w, w->person ? &step_agency : &step_language, 0);
}

static void procedure_action(struct wizard *w, const char *action)
{
	if (strcmp(action, "detail") == 0)
		go(w, &step_detail, 0);
}

const struct step step_procedure = {
	.id = "procedure", .show = procedure_show, .submit = procedure_submit, .action = procedure_action, .no_check = true, .no_save = true,
};

/* ---- Xem chi tiết: the official rows as published ------------------------------------------------------------------------------ */
static void detail_show(struct wizard *w, struct view *v)
{
	const struct component *rows[80];
	const struct procedure *p = w->dossier && catalogue(w) ? catalogue_procedure(catalogue(w), w->dossier->procedure) : NULL;
	struct buf b = { 0 };
	const char *group = "";

	if (!p)
		return;
	view_set_text(&v->title, p->name);
	buf_printf(&b, "%s: %s\n%s: %s\n%s: %s\n%s: %s\n\n%s\n", msg("detail.code"), p->code, msg("detail.decision"), p->decision,
	           msg("detail.agency"), p->agency, msg("detail.applicants"), p->applicants, msg("procedure.time-fee"));
	add_methods(w, &b);
	size_t n = catalogue_components(catalogue(w), p->code, rows, COUNT(rows));
	buf_printf(&b, "\n%s\n", msg("detail.rows"));
	for (size_t i = 0; i < n; i++) {
		if (*rows[i]->group && strcmp(rows[i]->group, group) != 0)
			buf_printf(&b, "\n%s\n", group = rows[i]->group);
		buf_printf(&b, "- %s%s\n", bare(rows[i]->text), rows[i]->note ? "" : " [*]");
	}
	AUTO(mem_free) char *note = buf_steal(&b);
	view_set(v, "page", note);
}

static void only_back(struct wizard *w)
{
	go_back(w);
}

const struct step step_detail = { .id = "detail", .show = detail_show, .submit = only_back, .no_check = true, .no_save = true };

/* ---- Cơ quan thực hiện ------------------------------------------------------------------------------------------------------------ */
static void agency_fill(struct wizard *w)
{
	struct view_field *f = view_field(w->view, "commune");
	AUTO(mem_free) char *typed = text_fold(view_value(w->view, "search"));
	const struct commune *all[COMMUNES_MAX];
	const struct province *pr = catalogue(w) ? catalogue_province(catalogue(w), config_str(w->config, "province_code", "")) : NULL;
	size_t n = pr ? catalogue_communes(catalogue(w), pr->code, all, COUNT(all)) : 0;

	view_clear_options(f);
	for (size_t i = 0; i < n; i++) {
		AUTO(mem_free) char *folded = text_fold(all[i]->full_name);
		if (*typed && !strstr(folded, typed))
			continue;
		AUTO(mem_free) char *label = mem_printf("%s %s", msg("agency.ubnd"), all[i]->full_name);
		view_add_option(f, all[i]->code, label);
	}
	if (w->dossier && w->dossier->commune)
		view_set(w->view, "commune", w->dossier->commune);
	refresh(w);
}

static void agency_show(struct wizard *w, struct view *v)
{
	const struct province *pr = catalogue(w) ? catalogue_province(catalogue(w), config_str(w->config, "province_code", "")) : NULL;
	const char *own = config_str(w->config, "commune", NULL);

	if (pr) {
		view_set_text(&v->text, pr->full_name);
	}
	if (w->dossier && !w->dossier->commune && own)
		dossier_set_text(&w->dossier->commune, own);
	agency_fill(w);
}

static void agency_chosen(struct wizard *w, const char *field, const char *option)
{
	const struct commune *c = catalogue(w) ? catalogue_commune(catalogue(w), option) : NULL;

	if (strcmp(field, "commune") != 0 || !c || !w->dossier)
		return;
	AUTO(mem_free) char *name = mem_printf("%s %s", msg("agency.ubnd"), c->full_name);
	dossier_set_text(&w->dossier->commune, c->code);
	dossier_set_text(&w->dossier->agency, name);
	w->declaration_stale = true;
	if (w->return_to) {
		w->return_to = 0;
		go_back_to(w, &step_components);
	} else {
		go(w, &step_form, 0);
	}
}

static void agency_submit(struct wizard *w)
{
	struct view_field *f = view_field(w->view, "commune");
	const char *id = f->noptions == 1 ? f->options[0].id : view_value(w->view, "commune");
	bool listed = false;

	/* What was chosen before counts only while the words typed still show it. */
	for (size_t i = 0; i < f->noptions; i++)
		listed |= strcmp(f->options[i].id, id) == 0;
	if (!listed)
		say_field_error(w, "commune", "agency.choose");
	else
		agency_chosen(w, "commune", id);
}

static void agency_changed(struct wizard *w, const char *field)
{
	if (strcmp(field, "search") == 0)
		agency_fill(w);
}

static bool agency_back(struct wizard *w)
{
	w->return_to = 0;
	return false;
}

const struct step step_agency = {
	.id = "agency", .show = agency_show, .back = agency_back, .chosen = agency_chosen, .submit = agency_submit, .changed = agency_changed, .no_check = true,
};

/* ---- Tra cứu hồ sơ ------------------------------------------------------------------------------------------------------------------ */
static void lookup_submit(struct wizard *w)
{
	AUTO(mem_free) char *code = text_clean(view_value(w->view, "code"), false);

	ask(w, JOB_NET, 0, "portal.status", json_pack("{s:s}", "code", code), NULL, 0);
	say_notice(w, "lookup.looking", NULL);
}

static void lookup_after(struct wizard *w, const char *verb, struct job_message *m, const struct err *e)
{
	(void)verb;
	view_set_text(&w->view->notice, NULL);
	if (e) {
		say_error(w, e);
		return;
	}
	json_decref(w->receipt);
	w->receipt = json_incref(m->body);
	go(w, &step_status, 0);
}

const struct step step_lookup = { .id = "lookup", .submit = lookup_submit, .after = lookup_after, .no_save = true };

static void status_show(struct wizard *w, struct view *v)
{
	struct buf b = { 0 };
	const json_t *missing = json_at(w->receipt, "missing");
	char due[32];
	time_t t;

	buf_printf(&b, "%s: %s\n%s: %s\n", msg("slip.code"), json_str(w->receipt, "code", ""), msg("status.state"), json_str(w->receipt, "state_text", ""));
	if (clock_parse(json_str(w->receipt, "due", ""), &t)) {
		clock_vn(t, due);
		buf_printf(&b, "%s: %s (UTC+7)\n", msg("slip.due"), due);
	}
	for (size_t i = 0; i < json_array_size(missing); i++)
		buf_printf(&b, "%s %s\n", i ? " " : msg("status.missing"), json_string_value(json_array_get(missing, i)));
	AUTO(mem_free) char *note = buf_steal(&b);
	view_set(v, "page", note);
}

const struct step step_status = { .id = "status", .show = status_show, .submit = only_back, .no_check = true, .no_save = true };
