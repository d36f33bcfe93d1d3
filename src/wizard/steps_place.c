/* Ký số NEAC begins: the place on the page, found by the keyword, shown in the preview, moved with the arrows. */
#include "wizard/signature.h"

#include <string.h>

enum { GRID_COLUMNS = 78 };

struct dossier_component *signed_component(struct wizard *w)
{
	return w->dossier && w->component < w->dossier->ncomponents ? &w->dossier->components[w->component] : NULL;
}

struct dossier_file *file_to_sign(struct wizard *w)
{
	struct dossier_component *c = signed_component(w);
	return c && c->nfiles ? &c->files[c->nfiles - 1] : NULL;
}

const json_t *signing_profile(struct wizard *w)
{
	size_t n = json_array_size(w->profiles);
	return n ? json_array_get(w->profiles, w->profile_at >= 0 && (size_t)w->profile_at < n ? (size_t)w->profile_at : 0) : NULL;
}

void signing_begin(struct wizard *w)
{
	if (!file_to_sign(w))
		return;
	if (!signing_profile(w)) {
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
	int fd = held_fd(w, file_to_sign(w)->sha256);

	ask(w, JOB_DOC, 0, "doc.text", json_pack("{s:I,s:i}", "page", (json_int_t)w->preview_page, "cols", GRID_COLUMNS), &fd, 1);
	ask(w, JOB_DOC, 0, "doc.thumb", json_pack("{s:I,s:i,s:i}", "page", (json_int_t)w->preview_page, "w", 120, "h", 170), &fd, 1);
}

static void ask_places(struct wizard *w)
{
	int fd = held_fd(w, file_to_sign(w)->sha256);

	say_notice(w, "place.looking", NULL);
	ask(w, JOB_DOC, 0, "doc.find", json_pack("{s:s}", "text", json_str(signing_profile(w), "keyword", "")), &fd, 1);
}

static void place_show(struct wizard *w, struct view *v)
{
	struct dossier_file *f = file_to_sign(w);

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
	int fd = held_fd(w, file_to_sign(w)->sha256);
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
