#include "screen/screen_int.h"

#include "base/json.h"
#include "base/mem.h"

#include <string.h>

static void fill_options(struct view_field *f)
{
	const json_t *o;
	size_t i;

	json_array_foreach(f->def->options, i, o) {
		const char *hint = json_str(o, "hint", NULL), *group = json_str(o, "group", NULL);
		struct option *op = view_add_option(f, json_str(o, "id", ""), msg(json_str(o, "label", "")));

		view_set_text(&op->hint, hint ? msg(hint) : NULL);
		view_set_text(&op->group, group ? msg(group) : NULL);
	}
}

struct view *view_new(const struct screen *s)
{
	struct view *v = mem_alloc(sizeof *v);

	v->screen = s;
	v->title = mem_str(msg(s->title));
	v->text = s->text ? mem_str(msg(s->text)) : NULL;
	v->nfields = s->nfields;
	v->fields = mem_array(s->nfields + 1, sizeof *v->fields);
	for (size_t i = 0; i < s->nfields; i++) {
		v->fields[i].def = &s->fields[i];
		v->fields[i].value = mem_str("");
		v->fields[i].wait.seconds_left = -1;
		fill_options(&v->fields[i]);
	}
	return v;
}

void view_free(struct view *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->nfields; i++) {
		struct view_field *f = &v->fields[i];

		/* Every answer, not only secrets: names and numbers are personal too, and the screen's definition may be gone by now. */
		if (f->value)
			explicit_bzero(f->value, strlen(f->value));
		mem_free(&f->value);
		mem_free(&f->error);
		view_clear_options(f);
		page_view_clear(&f->page);
		wait_view_clear(&f->wait);
	}
	mem_free(&v->fields);
	mem_free(&v->title);
	mem_free(&v->text);
	mem_free(&v->step);
	mem_free(&v->who);
	mem_free(&v->notice);
	mem_free(&v->error);
	mem_free(&v->small);
	mem_free(&v);
}

struct view_field *view_field(struct view *v, const char *id)
{
	for (size_t i = 0; i < v->nfields; i++)
		if (!strcmp(v->fields[i].def->id, id))
			return &v->fields[i];
	return NULL;
}

const char *view_value(const struct view *v, const char *id)
{
	for (size_t i = 0; i < v->nfields; i++)
		if (!strcmp(v->fields[i].def->id, id))
			return v->fields[i].value ? v->fields[i].value : "";
	return "";
}

void view_set(struct view *v, const char *id, const char *value)
{
	struct view_field *f = view_field(v, id);

	if (!f)
		return;
	if (f->value && f->def->kind == FIELD_SECRET)
		explicit_bzero(f->value, strlen(f->value));
	view_set_text(&f->value, value ? value : "");
}

void view_set_text(char **slot, const char *value)
{
	char *old = *slot;

	*slot = mem_str(value);     /* first: value may lie inside the old string */
	mem_free(&old);
}

struct option *view_add_option(struct view_field *f, const char *id, const char *label)
{
	struct option *o;

	f->options = mem_grow(f->options, f->noptions + 1, sizeof *f->options);
	o = &f->options[f->noptions++];
	*o = (struct option){ .id = mem_str(id), .label = mem_str(label) };
	return o;
}

void view_clear_options(struct view_field *f)
{
	for (size_t i = 0; i < f->noptions; i++) {
		mem_free(&f->options[i].id);
		mem_free(&f->options[i].label);
		mem_free(&f->options[i].hint);
		mem_free(&f->options[i].group);
		mem_free(&f->options[i].mark);
	}
	mem_free(&f->options);
	f->noptions = 0;
}

static void strings_free(char ***list)
{
	for (char **p = *list; p && *p; p++)
		mem_free(p);
	mem_free(list);
}

void page_view_clear(struct page_view *p)
{
	strings_free(&p->grid);
	mem_free(&p->gray);
	*p = (struct page_view){ 0 };
}

void wait_view_clear(struct wait_view *w)
{
	strings_free(&w->lines);
	*w = (struct wait_view){ .seconds_left = -1 };
}

/* A field the person can answer now. */
static bool asked(const struct view_field *f)
{
	return !f->hidden && !f->read_only;
}

/* A label without the star that marks a required answer. */
static char *bare_label(const char *id)
{
	char *s = mem_str(id ? msg(id) : "");
	size_t n = strlen(s);

	while (n && strchr(" *():", s[n - 1]) && (s[n - 1] != ')' || (n > 1 && s[n - 2] == '*')))
		n--;
	s[n] = '\0';
	return s;
}

static char *top_error(const struct view_field *first, int faults)
{
	AUTO(mem_free) char *label = bare_label(first->def->label);
	AUTO(json_release) json_t *vars = json_pack("{s:s,s:s,s:i}", "label", label,
		"what", first->error, "n", faults);

	if (faults == 1 && !*label)
		return mem_str(first->error);
	return msg_fill(faults == 1 ? "rule.top-one" : "rule.top-many", vars);
}

bool view_check(struct view *v)
{
	size_t first = 0;
	int faults = 0;

	for (size_t i = 0; i < v->nfields; i++) {
		struct view_field *f = &v->fields[i];
		const char *id = asked(f) ? rule_check(f->def, f->value) : NULL;

		mem_free(&f->error);
		if (!id)
			continue;
		f->error = rule_words(f->def, id);
		if (!faults++)
			first = i;
	}
	mem_free(&v->error);
	if (!faults)
		return true;
	v->focus = first;
	v->error = top_error(&v->fields[first], faults);
	return false;
}
