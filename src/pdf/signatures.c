#include "pdf/inner.h"

#include <stdlib.h>
#include <string.h>

/* Signature fields with a value, found through /AcroForm /Fields (ISO 32000-1 12.7). */

enum { MAX_FIELDS = 20000, MAX_CONTENTS = 4 << 20 };

struct walk {
	struct pdf *p;
	form_field_fn *each;
	void *self;
	int fields;
};

struct found {
	struct pdf *p;
	struct pdf_id only;              /* field; {0}: all */
	struct pdf_signature *out;
	size_t n;
};

int pdf_widget_page(struct pdf *p, struct pdf_val widget)
{
	struct pdf_id page, self, id;
	int found = 0;

	if (pdf_ref(p, pdf_get(p, widget, "/P"), &page) && (found = pdf_page_number(p, page)))
		return found;
	if (!pdf_ref(p, widget, &self))
		return 0;
	for (int n = 1; n <= p->pages && !found; n++) {
		size_t mark = pdf_mark(p);
		struct pdf_val annots = pdf_get(p, pdf_page_val(p, n), "/Annots");
		for (int i = 0; i < pdf_count(p, annots) && !found; i++)
			if (pdf_ref(p, pdf_item(p, annots, i), &id) && pdf_same(id, self))
				found = n;
		pdf_rewind(p, mark);
	}
	return found;
}

static void read_place(struct pdf *p, struct pdf_val widget, struct pdf_signature *s)
{
	struct pdf_val rect = pdf_get(p, widget, "/Rect");

	for (int i = 0; pdf_count(p, rect) == 4 && i < 4; i++)
		s->rect[i] = pdf_number(p, pdf_item(p, rect, i), 0);
	s->page = pdf_widget_page(p, widget);
}

static int read_certify(struct pdf *p, struct pdf_val value)
{
	struct pdf_val refs = pdf_get(p, value, "/Reference");

	for (int i = 0; i < pdf_count(p, refs); i++) {
		struct pdf_val r = pdf_item(p, refs, i);
		if (!pdf_is_name(p, pdf_get(p, r, "/TransformMethod"), "/DocMDP"))
			continue;
		long long level = pdf_int(p, pdf_get(p, pdf_get(p, r, "/TransformParams"), "/P"), 2);
		return level >= 1 && level <= 3 ? (int)level : 2; /* table 254: the default is 2 */
	}
	return 0;
}

int pdf_signature_raw(struct pdf *p, const struct pdf_signature *s, uint64_t *dict)
{
	const struct pdf_entry *en = pdf_entry(p, s->value_id.num ? s->value_id.num : s->field_id.num);
	struct lex l = lex_file(p);
	uint64_t at, to;
	int num, gen;

	if (!en || !en->at)
		return -1;
	at = en->at;
	if (lex_obj(&l, &at, &num, &gen) < 0 || num != en->id.num)
		return -1;
	if (!s->value_id.num && lex_key(&l, at, "/V", &at, &to) != 1)
		return -1;
	uint64_t i = at;
	struct token t = lex_next(&l, &i);
	*dict = t.from;
	return t.kind == TOK_DICT ? 0 : -1;
}

static bool is_hex_gap(struct lex *l, uint64_t from, uint64_t to)
{
	return to - from >= 2 && lex_byte(l, from) == '<' && lex_byte(l, to - 1) == '>' && lex_all_hex(l, from + 1, to - 1);
}

/* Four direct integers: a reference could be given another value by a later revision. */
static bool read_range(struct pdf *p, struct pdf_val value, uint64_t out[4])
{
	struct pdf_val a = pdf_get(p, value, "/ByteRange");

	if (pdf_count(p, a) != 4 || pdf_ref(p, a, NULL))
		return false;
	for (int i = 0; i < 4; i++) {
		struct pdf_val v = pdf_item(p, a, i);
		long long n = pdf_int(p, v, -1);
		if (n < 0 || pdf_ref(p, v, NULL))
			return false;
		out[i] = (uint64_t)n;
	}
	return true;
}

static bool range_ok(struct pdf *p, const struct pdf_signature *s)
{
	struct lex l = lex_file(p);
	const uint64_t *r = s->byte_range;
	uint64_t dict, from, to, end;

	if (r[0] != 0 || r[2] <= r[1] || r[2] > p->size || r[3] > p->size - r[2] || !is_hex_gap(&l, r[1], r[2]))
		return false;
	/* The gap is this dictionary's own /Contents, and neither key stands there twice. */
	return pdf_signature_raw(p, s, &dict) == 0 && lex_key(&l, dict, "/ByteRange", &from, &end) == 1 &&
	       lex_key(&l, dict, "/Contents", &from, &to) == 1 && from == r[1] && to == r[2];
}

static void add_signature(struct found *w, struct pdf_val field, struct pdf_val widget, struct pdf_val value, const char *name)
{
	struct pdf *p = w->p;

	w->out = mem_grow(w->out, w->n + 1, sizeof *w->out);
	struct pdf_signature *s = &w->out[w->n++];
	*s = (struct pdf_signature){ .field = mem_str(name), .contents = mem_alloc(sizeof *s->contents) };
	pdf_ref(p, field, &s->field_id);
	pdf_ref(p, value, &s->value_id);
	s->type = pdf_name(p, pdf_get(p, value, "/Type"));
	s->filter = pdf_name(p, pdf_get(p, value, "/Filter"));
	s->subfilter = pdf_name(p, pdf_get(p, value, "/SubFilter"));
	s->name = pdf_text(p, pdf_get(p, value, "/Name"));
	s->reason = pdf_text(p, pdf_get(p, value, "/Reason"));
	s->location = pdf_text(p, pdf_get(p, value, "/Location"));
	s->m = pdf_text(p, pdf_get(p, value, "/M"));
	pdf_bytes(p, pdf_get(p, value, "/Contents"), s->contents);
	s->certify = read_certify(p, value);
	s->byte_range_ok = read_range(p, value, s->byte_range) && range_ok(p, s);
	read_place(p, widget, s);
}

static int walk_field(struct walk *w, struct pdf_val field, const char *parent, bool is_sig, int depth, struct err *e)
{
	struct pdf *p = w->p;
	AUTO(mem_free) char *part = pdf_text(p, pdf_get(p, field, "/T"));
	AUTO(mem_free) char *name = mem_printf("%s%s%s", parent, *parent && part ? "." : "", part ? part : "");
	struct pdf_val type = pdf_get(p, field, "/FT"), kids = pdf_get(p, field, "/Kids"), widget = field;

	if (depth > PDF_MAX_DEPTH || ++w->fields > MAX_FIELDS)
		return err_set(e, ERR_FILE_HOSTILE, "form with too many or too deep fields");
	if (!pdf_nothing(type))
		is_sig = pdf_is_name(p, type, "/Sig");
	for (int i = 0; i < pdf_count(p, kids); i++) {
		struct pdf_val kid = pdf_item(p, kids, i);
		bool named = !pdf_nothing(pdf_get(p, kid, "/T"));
		if (!named && i == 0)
			widget = kid;
		if (named && walk_field(w, kid, name, is_sig, depth + 1, e) < 0)
			return -1;
	}
	return w->each(w->self, &(struct form_field){ field, widget, name, is_sig, depth }, e);
}

int pdf_fields(struct pdf *p, form_field_fn *each, void *self, struct err *e)
{
	struct walk w = { .p = p, .each = each, .self = self };
	struct pdf_val fields = pdf_get(p, pdf_acroform(p), "/Fields");
	int rc = 0;

	for (int i = 0; rc == 0 && i < pdf_count(p, fields); i++)
		rc = walk_field(&w, pdf_item(p, fields, i), "", false, 0, e);
	return rc;
}

static int each_signature(void *self, const struct form_field *f, struct err *e)
{
	struct found *w = self;
	struct pdf_id id;

	(void)e;
	pdf_ref(w->p, f->field, &id);
	if (w->only.num && !pdf_same(w->only, id))
		return 0;
	struct pdf_val value = pdf_get(w->p, f->field, "/V");
	if (f->is_sig && pdf_kind(w->p, value) == PDF_DICT)
		add_signature(w, f->field, f->widget, value, f->name);
	return 0;
}

static int by_end(const void *a, const void *b)
{
	const struct pdf_signature *x = a, *y = b;
	uint64_t ex = x->byte_range[2] + x->byte_range[3], ey = y->byte_range[2] + y->byte_range[3];

	if (ex != ey)
		return ex < ey ? -1 : 1;
	return x->field_id.num < y->field_id.num ? -1 : x->field_id.num > y->field_id.num;
}

int pdf_signatures_of(struct pdf *p, struct pdf_id field, struct pdf_signature **out, size_t *count, struct err *e)
{
	struct found w = { .p = p, .only = field };
	size_t mark = pdf_mark(p);
	int rc = pdf_fields(p, each_signature, &w, e);

	pdf_rewind(p, mark);
	pdf_listen(p);
	if (rc < 0) {
		pdf_signatures_free(w.out, w.n);
		return -1;
	}
	if (w.n)
		qsort(w.out, w.n, sizeof *w.out, by_end);
	*out = w.out;
	*count = w.n;
	return 0;
}

int pdf_signatures(struct pdf *p, struct pdf_signature **out, size_t *count, struct err *e)
{
	return pdf_signatures_of(p, (struct pdf_id){ 0 }, out, count, e);
}

void pdf_signatures_free(struct pdf_signature *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(s[i].field);
		free(s[i].type);
		free(s[i].subfilter);
		free(s[i].filter);
		free(s[i].name);
		free(s[i].reason);
		free(s[i].location);
		free(s[i].m);
		buf_free(s[i].contents);
		free(s[i].contents);
	}
	free(s);
}
