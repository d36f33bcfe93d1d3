#include "pdf/form.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int place_bad(struct err *e, const char *reason, const char *why)
{
	err_set(e, ERR_PLACE_BAD, "%s", why);
	return err_reason(e, reason);
}

/* ---- where ------------------------------------------------------------------------------------------------------- */
/* A point (u, v) from the lower left of the page as shown, in user space. */
static void to_user(const struct pdf_page *pg, double u, double v, double *x, double *y)
{
	bool turned = pg->rotate == 90 || pg->rotate == 270;
	double w = turned ? pg->height : pg->width, h = turned ? pg->width : pg->height;

	switch (pg->rotate) {
	case 90:
		*x = pg->x0 + w - v;
		*y = pg->y0 + u;
		return;
	case 180:
		*x = pg->x0 + w - u;
		*y = pg->y0 + h - v;
		return;
	case 270:
		*x = pg->x0 + v;
		*y = pg->y0 + h - u;
		return;
	default:
		*x = pg->x0 + u;
		*y = pg->y0 + v;
	}
}

struct names {
	struct pdf *p;
	const char *want;
	struct form_target *out;
	bool taken[1000];
	bool found, used, fits;
};

/* Names "SignatureN" in use, and the field that is asked for. */
static int each_field(void *self, const struct form_field *f, struct err *e)
{
	struct names *n = self;
	int k, end = 0;

	(void)e;
	if (sscanf(f->name, "Signature%d%n", &k, &end) == 1 && !f->name[end] && k >= 0 && k < 1000)
		n->taken[k] = true;
	if (n->found || !*n->want || strcmp(f->name, n->want) != 0)
		return 0;
	n->found = true;
	n->used = !pdf_nothing(pdf_get(n->p, f->field, "/V"));
	n->out->field = f->field;
	n->out->widget = f->widget;
	n->fits = f->is_sig && pdf_ref(n->p, f->field, &n->out->field_id) && pdf_ref(n->p, f->widget, &n->out->widget_id);
	return 0;
}

static int existing(struct pdf *p, struct form_target *g, const struct names *n, struct err *e)
{
	struct pdf_val rect = pdf_get(p, g->widget, "/Rect");

	if (!n->found || !n->fits)
		return place_bad(e, "place.no-field", "no such signature field");
	if (n->used)
		return place_bad(e, "place.field-used", "the field is signed already");
	g->fill = true;
	g->page_number = pdf_widget_page(p, g->widget);
	for (int i = 0; pdf_count(p, rect) == 4 && i < 4; i++)
		g->rect[i] = pdf_number(p, pdf_item(p, rect, i), 0);
	g->w = fabs(g->rect[2] - g->rect[0]);
	g->h = fabs(g->rect[3] - g->rect[1]);
	g->visible = g->page_number && g->w >= 1 && g->h >= 1;
	if (g->page_number && pdf_page(p, g->page_number, &g->page, e) < 0)
		return -1;
	if (g->page.rotate == 90 || g->page.rotate == 270) {
		double w = g->w;
		g->w = g->h;
		g->h = w;
	}
	return 0;
}

/* Page and rectangle of a place; page 0 (invisible) hangs on the first page. */
static int locate(struct pdf *p, const struct pdf_place *pl, struct form_spot *s, struct err *e)
{
	double ax, ay, bx, by;

	s->page_number = pl->page ? pl->page : 1;
	if (pdf_page(p, s->page_number, &s->page, e) < 0)
		return err_reason(e, "place.off-page");
	const struct pdf_entry *en = pdf_entry(p, s->page.id.num);
	/* qpdf gives a number of its own to pages that stand directly in the tree: nothing to rewrite then. */
	if (!en || en->id.gen != s->page.id.gen)
		return err_set(e, ERR_PDF_DAMAGED, "page %d is no object of the file", s->page_number);
	if (!pl->page)
		return 0;
	if (!(pl->w >= 1 && pl->h >= 1 && pl->x >= -0.5 && pl->y >= -0.5 && pl->x + pl->w <= s->page.width + 0.5 &&
	      pl->y + pl->h <= s->page.height + 0.5))
		return place_bad(e, "place.off-page", "the box leaves the page");
	to_user(&s->page, pl->x, pl->y, &ax, &ay);
	to_user(&s->page, pl->x + pl->w, pl->y + pl->h, &bx, &by);
	memcpy(s->rect, (double[]){ fmin(ax, bx), fmin(ay, by), fmax(ax, bx), fmax(ay, by) }, sizeof s->rect);
	s->w = pl->w;
	s->h = pl->h;
	return 0;
}

static int fresh(struct pdf *p, const struct pdf_place *pl, struct form_target *g, const struct names *n, struct err *e)
{
	struct form_spot s = { .w = 0 };
	int k = 1;

	while (k < 999 && n->taken[k])
		k++;
	if (n->taken[k])
		return place_bad(e, "place.no-field", "too many signatures");
	snprintf(g->name, sizeof g->name, "Signature%d", k);
	g->visible = pl->page != 0;
	if (locate(p, pl, &s, e) < 0)
		return -1;
	g->page_number = s.page_number;
	g->page = s.page;
	memcpy(g->rect, s.rect, sizeof g->rect);
	g->w = s.w;
	g->h = s.h;
	return 0;
}

static int further(struct pdf *p, const struct pdf_prepare *how, struct form_target *g, struct err *e)
{
	if (how->nmore && (how->nmore > COUNT(g->more) || !g->visible || g->fill))
		return err_set(e, ERR_USAGE, "%zu more places", how->nmore);
	for (; g->nmore < how->nmore; g->nmore++)
		if (!how->more[g->nmore].page || locate(p, &how->more[g->nmore], &g->more[g->nmore], e) < 0)
			return e && e->kind ? -1 : err_set(e, ERR_USAGE, "a further place without a page");
	return 0;
}

int form_target(struct pdf *p, const struct pdf_prepare *how, struct form_target *out, struct err *e)
{
	const struct pdf_place *place = &how->place;
	struct names n = { .p = p, .want = place->field, .out = out };

	*out = (struct form_target){ .fill = false };
	if (pdf_fields(p, each_field, &n, e) < 0)
		return -1;
	if (!*place->field)
		return fresh(p, place, out, &n, e) < 0 ? -1 : further(p, how, out, e);
	snprintf(out->name, sizeof out->name, "%s", place->field);
	return existing(p, out, &n, e) < 0 ? -1 : further(p, how, out, e);
}

/* ---- what is written --------------------------------------------------------------------------------------------- */
static void put_array_and(struct buf *b, struct pdf *p, struct pdf_val array, const struct pdf_id *more, size_t nmore)
{
	int n = pdf_count(p, array);

	buf_str(b, "[");
	for (int i = 0; i < n; i++) {
		size_t mark = pdf_mark(p);
		AUTO(mem_free) char *text = pdf_unparse(p, pdf_item(p, array, i));
		buf_printf(b, "%s ", text ? text : "null");
		pdf_rewind(p, mark);
	}
	for (size_t i = 0; i < nmore; i++) {
		put_ref(b, more[i]);
		buf_str(b, i + 1 < nmore ? " " : "]");
	}
}

static void put_value(struct tail *t, struct pdf_id value)
{
	buf_str(&t->b, "/V ");
	put_ref(&t->b, value);
	buf_str(&t->b, "\n");
}

static void put_look(struct tail *t, struct pdf_id look)
{
	buf_str(&t->b, "/AP << /N ");
	put_ref(&t->b, look);
	buf_str(&t->b, " >>\n");
}

static void put_widget(struct tail *t, struct pdf_id page, const double rect[4])
{
	buf_str(&t->b, "/Type /Annot /Subtype /Widget /F 132 /P ");
	put_ref(&t->b, page);
	buf_str(&t->b, " /Rect [");
	for (int i = 0; i < 4; i++) {
		put_num(&t->b, rect[i]);
		buf_str(&t->b, i < 3 ? " " : "]\n");
	}
}

static void write_kid(struct tail *t, const struct form_target *g, struct pdf_id id, struct pdf_id page, const double rect[4],
                      struct pdf_id value, struct pdf_id look)
{
	tail_open(t, id);
	buf_str(&t->b, "<< ");
	put_widget(t, page, rect);
	buf_str(&t->b, "/Parent ");
	put_ref(&t->b, g->field_id);
	buf_str(&t->b, " ");
	/* Also in every kid: poppler 22.12 and MuPDF 1.21 look for /V nowhere else. */
	put_value(t, value);
	put_look(t, look);
	buf_str(&t->b, ">>");
	tail_close(t);
}

/* One field, a widget at each place. */
static void write_field_with_kids(struct tail *t, struct form_target *g, struct pdf_id value, struct pdf_id look)
{
	g->field_id = tail_new(t);
	g->widget_id = tail_new(t);
	for (size_t i = 0; i < g->nmore; i++)
		g->more[i].widget = tail_new(t);
	tail_open(t, g->field_id);
	buf_str(&t->b, "<< /FT /Sig /T ");
	put_text(&t->b, g->name);
	buf_str(&t->b, " /Kids [");
	put_ref(&t->b, g->widget_id);
	for (size_t i = 0; i < g->nmore; i++) {
		buf_str(&t->b, " ");
		put_ref(&t->b, g->more[i].widget);
	}
	buf_str(&t->b, "] ");
	put_value(t, value);
	buf_str(&t->b, ">>");
	tail_close(t);
	write_kid(t, g, g->widget_id, g->page.id, g->rect, value, look);
	for (size_t i = 0; i < g->nmore; i++)
		write_kid(t, g, g->more[i].widget, g->more[i].page.id, g->more[i].rect, value, g->more[i].look);
}

static void write_new_widget(struct tail *t, struct form_target *g, struct pdf_id value, struct pdf_id look)
{
	g->field_id = g->widget_id = tail_new(t);
	tail_open(t, g->widget_id);
	buf_str(&t->b, "<< /FT /Sig /T ");
	put_text(&t->b, g->name);
	buf_str(&t->b, " ");
	put_widget(t, g->page.id, g->rect);
	put_value(t, value);
	if (g->visible)
		put_look(t, look);
	buf_str(&t->b, ">>");
	tail_close(t);
}

/* Name, rectangle and /Lock of the field stay as they are. */
static void write_filled(struct tail *t, struct form_target *g, struct pdf_id value, struct pdf_id look)
{
	static const char *const field_keys[] = { "/V", NULL }, *const widget_keys[] = { "/V", "/AP", "/F", NULL };
	bool merged = pdf_same(g->field_id, g->widget_id);
	/* Printed and locked, but what hides the widget stays: bits 2 hidden, 6 no view. */
	long long flags = (pdf_int(t->p, pdf_get(t->p, g->widget, "/F"), 0) & 0x22) | 132;

	if (!merged) {
		tail_open(t, g->field_id);
		buf_str(&t->b, "<< ");
		put_dict_keys(&t->b, t->p, g->field, field_keys);
		put_value(t, value);
		buf_str(&t->b, ">>");
		tail_close(t);
	}
	tail_open(t, g->widget_id);
	buf_str(&t->b, "<< ");
	put_dict_keys(&t->b, t->p, g->widget, widget_keys);
	buf_printf(&t->b, "/F %lld ", flags);
	/* Also where the widget is a kid of its own: poppler 22.12 and MuPDF 1.21 look for /V nowhere else. */
	put_value(t, value);
	if (g->visible)
		put_look(t, look);
	buf_str(&t->b, ">>");
	tail_close(t);
}

/* An indirect list is rewritten alone, so the page stays untouched. */
static void write_annots(struct tail *t, int page_number, struct pdf_id page_id, const struct pdf_id *widgets, size_t n)
{
	static const char *const without[] = { "/Annots", NULL };
	struct pdf *p = t->p;
	struct pdf_val page = pdf_page_val(p, page_number), annots = pdf_get(p, page, "/Annots");
	struct pdf_id list;

	if (pdf_kind(p, annots) == PDF_ARRAY && pdf_ref(p, annots, &list) && pdf_entry(p, list.num)) {
		tail_open(t, list);
		put_array_and(&t->b, p, annots, widgets, n);
		tail_close(t);
		return;
	}
	tail_open(t, page_id);
	buf_str(&t->b, "<< ");
	put_dict_keys(&t->b, p, page, without);
	buf_str(&t->b, "/Annots ");
	put_array_and(&t->b, p, annots, widgets, n);
	buf_str(&t->b, " >>");
	tail_close(t);
}

/* A page is written once, with all the widgets that come to it. */
static void write_all_annots(struct tail *t, const struct form_target *g)
{
	int pages[PDF_PLACES_MAX + 1] = { g->page_number };

	for (size_t i = 0; i < g->nmore; i++)
		pages[i + 1] = g->more[i].page_number;
	for (size_t i = 0; i <= g->nmore; i++) {
		struct pdf_id ids[PDF_PLACES_MAX + 1];
		size_t n = 0;
		for (size_t k = 0; k <= g->nmore; k++)
			if (pages[k] == pages[i])
				ids[n++] = k ? g->more[k - 1].widget : g->widget_id;
		bool done = false;
		for (size_t k = 0; k < i; k++)
			done |= pages[k] == pages[i];
		if (!done)
			write_annots(t, pages[i], i ? g->more[i - 1].page.id : g->page.id, ids, n);
	}
}

/* The AcroForm dictionary with the new field; an indirect /Fields list is rewritten by itself first. */
static void put_acroform(struct tail *t, struct buf *b, struct pdf_val form, const struct form_target *g)
{
	static const char *const without[] = { "/Fields", "/SigFlags", NULL };
	struct pdf *p = t->p;
	struct pdf_val fields = pdf_get(p, form, "/Fields");
	struct pdf_id list;

	buf_str(b, "<< ");
	put_dict_keys(b, p, form, without);
	buf_printf(b, "/SigFlags %lld /Fields ", pdf_int(p, pdf_get(p, form, "/SigFlags"), 0) | 3);
	if (g->fill || (pdf_kind(p, fields) == PDF_ARRAY && pdf_ref(p, fields, &list))) {
		AUTO(mem_free) char *text = pdf_unparse(p, fields);
		buf_str(b, text);
	} else {
		put_array_and(b, p, fields, &g->field_id, 1);
	}
	buf_str(b, " >>");
}

static void write_fields_list(struct tail *t, struct pdf_val form, const struct form_target *g)
{
	struct pdf *p = t->p;
	struct pdf_val fields = pdf_get(p, form, "/Fields");
	struct pdf_id list;

	if (g->fill || pdf_kind(p, fields) != PDF_ARRAY || !pdf_ref(p, fields, &list))
		return;
	tail_open(t, list);
	put_array_and(&t->b, p, fields, &g->field_id, 1);
	tail_close(t);
}

static void put_perms(struct buf *b, struct pdf *p, struct pdf_val root, struct pdf_id value)
{
	static const char *const without[] = { "/DocMDP", NULL };
	struct pdf_val perms = pdf_get(p, root, "/Perms");

	buf_str(b, "/Perms << ");
	put_dict_keys(b, p, perms, without);
	buf_str(b, "/DocMDP ");
	put_ref(b, value);
	buf_str(b, " >>\n");
}

static void write_catalog(struct tail *t, const char *form, struct pdf_id certified)
{
	const char *without[] = { form ? "/AcroForm" : "/Perms", certified.num ? "/Perms" : NULL, NULL };
	struct pdf *p = t->p;
	struct pdf_val root = pdf_root(p);
	struct pdf_id id;

	pdf_ref(p, root, &id);
	tail_open(t, id);
	buf_str(&t->b, "<< ");
	put_dict_keys(&t->b, p, root, without);
	if (form)
		buf_printf(&t->b, "/AcroForm %s\n", form);
	if (certified.num)
		put_perms(&t->b, p, root, certified);
	buf_str(&t->b, ">>");
	tail_close(t);
}

/* Absent: a new object and the catalog. Direct: the catalog. Indirect: that object alone. */
static void write_form(struct tail *t, const struct form_target *g, struct pdf_id certified)
{
	struct pdf *p = t->p;
	struct pdf_val form = pdf_acroform(p), fields = pdf_get(p, form, "/Fields");
	AUTO(buf_free) struct buf text = { 0 }, ref = { 0 };
	struct pdf_id id = { 0 };
	bool direct = !pdf_nothing(form) && !pdf_ref(p, form, &id);
	bool listed = g->fill || (pdf_kind(p, fields) == PDF_ARRAY && pdf_ref(p, fields, NULL));
	bool same = listed && (pdf_int(p, pdf_get(p, form, "/SigFlags"), 0) & 3) == 3;

	write_fields_list(t, form, g);
	if (!same) {
		put_acroform(t, &text, form, g);
		if (!direct) {
			bool made = !id.num;
			if (made)
				id = tail_new(t);
			tail_open(t, id);
			buf_add(&t->b, text.p, text.n);
			tail_close(t);
			text.n = 0;
			if (made) {
				put_ref(&ref, id);
				buf_add(&text, ref.p, ref.n);
			}
		}
	}
	if (text.n || certified.num)
		write_catalog(t, text.n ? (char *)text.p : NULL, certified);
}

int form_write(struct tail *t, struct form_target *g, struct pdf_id value, struct pdf_id look, bool certify, struct err *e)
{
	struct pdf_id root;

	if (!pdf_ref(t->p, pdf_root(t->p), &root) || !pdf_entry(t->p, root.num))
		return err_set(e, ERR_PDF_DAMAGED, "the catalog is no object of the file");
	if (g->fill) {
		write_filled(t, g, value, look);
	} else {
		if (g->nmore)
			write_field_with_kids(t, g, value, look);
		else
			write_new_widget(t, g, value, look);
		write_all_annots(t, g);
	}
	write_form(t, g, certify ? value : (struct pdf_id){ 0 });
	return 0;
}

void form_put_reference(struct tail *t, const struct form_target *g, int certify)
{
	struct pdf *p = t->p;
	struct pdf_val lock = g->fill ? pdf_get(p, g->field, "/Lock") : (struct pdf_val){ 0 };
	static const char *const without[] = { "/Type", "/P", NULL };

	if (!certify && pdf_nothing(lock))
		return;
	buf_str(&t->b, "/Reference [");
	if (certify)
		buf_printf(&t->b, "<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P %d "
		                  "/V /1.2 >> >>", certify);
	if (!pdf_nothing(lock)) { /* ISO 32000-1 12.7.4.5: signing puts the lock into force */
		buf_str(&t->b, "<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /V /1.2 ");
		put_dict_keys(&t->b, p, lock, without);
		buf_str(&t->b, ">> >>");
	}
	buf_str(&t->b, "]\n");
}
