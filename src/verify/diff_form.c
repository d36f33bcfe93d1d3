#include "verify/diff_form.h"

#include <string.h>

#include "base/mem.h"

enum { UP_MAX = 32 };

/* Inherited: a widget may be the kid of its field. */
static struct pdf_val inherited(struct pdf *p, struct pdf_val v, const char *key)
{
	for (int i = 0; i < UP_MAX; i++) {
		struct pdf_val found = pdf_get(p, v, key);
		if (!pdf_nothing(found))
			return found;
		v = pdf_get(p, v, "/Parent");
		if (pdf_kind(p, v) != PDF_DICT)
			break;
	}
	return (struct pdf_val){ 0 };
}

static bool is_signature(struct pdf *p, struct pdf_val field)
{
	return pdf_is_name(p, inherited(p, field, "/FT"), "/Sig");
}

static bool is_signed(struct pdf *p, struct pdf_val field)
{
	return pdf_kind(p, inherited(p, field, "/V")) == PDF_DICT;
}

/* A new field of the form: a signature field, or a node above signature fields. */
static bool new_field_ok(struct diff *d, struct pdf_val f, int depth)
{
	struct pdf_val kids = pdf_get(d->new, f, "/Kids");

	if (pdf_kind(d->new, f) != PDF_DICT || depth > UP_MAX)
		return false;
	if (is_signature(d->new, f))
		return true;
	for (int i = 0; i < pdf_count(d->new, kids); i++)
		if (!new_field_ok(d, pdf_item(d->new, kids, i), depth + 1))
			return false;
	return pdf_count(d->new, kids) > 0;
}

static bool same_item(struct diff *d, struct pdf_val a, struct pdf_val b)
{
	AUTO(mem_free) char *x = pdf_unparse(d->old, a);
	AUTO(mem_free) char *y = pdf_unparse(d->new, b);

	return x && y && !strcmp(x, y);
}

void diff_field_list(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	int na = pdf_count(d->old, a), nb = pdf_count(d->new, b), k = 0;

	for (int i = 0; i < nb; i++) {
		struct pdf_val item = pdf_item(d->new, b, i);
		if (k < na && same_item(d, pdf_item(d->old, a, k), item)) {
			k++;
			continue;
		}
		if (!new_field_ok(d, item, 0))
			diff_tell(d, "field-added", 0, num, "changed-after-signing");
	}
	if (k < na)
		diff_tell(d, "field-removed", 0, num, "changed-after-signing");
}

/* Rule V3: an annotation is only right where the certifier allowed it, and even then it is told. */
static void foreign_annotation(struct diff *d, struct pdf_val v, int page, int num)
{
	bool widget = pdf_is_name(d->new, pdf_get(d->new, v, "/Subtype"), "/Widget");

	diff_tell(d, "annotation-added", page, num, d->certify == 3 && !widget ? "annotation-added" : "changed-after-signing");
}

/* One mark on many pages is a cover, not a signature. */
static int pages_showing(struct diff *d, struct pdf_id widget)
{
	int count = 0;

	for (int n = 1; n <= pdf_pages(d->new); n++) {
		size_t mark = pdf_mark(d->new);
		struct pdf_val list = pdf_get(d->new, pdf_page_val(d->new, n), "/Annots");
		struct pdf_id id;
		for (int i = 0; i < pdf_count(d->new, list); i++)
			count += pdf_ref(d->new, pdf_item(d->new, list, i), &id) && pdf_same(id, widget);
		pdf_rewind(d->new, mark);
	}
	return count;
}

static void new_annotation(struct diff *d, struct pdf_val v, int page, int num)
{
	struct pdf_id id;

	if (!pdf_ref(d->new, v, &id) || !is_signature(d->new, v))
		foreign_annotation(d, v, page, num);
	else if (pages_showing(d, id) != 1)
		diff_tell(d, "mark-on-many-pages", page, id.num, "covered-by-later-mark");
}

void diff_annotations(struct diff *d, struct pdf_val a, struct pdf_val b, int page, int num)
{
	int na = pdf_count(d->old, a), nb = pdf_count(d->new, b), k = 0;

	for (int i = 0; i < nb; i++) {
		struct pdf_val item = pdf_item(d->new, b, i);
		if (k < na && same_item(d, pdf_item(d->old, a, k), item))
			k++;
		else
			new_annotation(d, item, page, num);
	}
	if (k < na)
		diff_tell(d, "annotation-removed", page, num, "changed-after-signing");
}

/* ---- filling forms -------------------------------------------------------------------------------------------------- */
static char *full_name(struct pdf *p, struct pdf_val v)
{
	char *name = NULL;

	for (int i = 0; i < UP_MAX && pdf_kind(p, v) == PDF_DICT; i++, v = pdf_get(p, v, "/Parent")) {
		AUTO(mem_free) char *part = pdf_text(p, pdf_get(p, v, "/T"));
		AUTO(mem_free) char *rest = name;
		if (part)
			name = rest ? mem_printf("%s.%s", part, rest) : mem_str(part);
		else
			name = STEAL(&rest);
	}
	return name ? name : mem_str("");
}

static bool in_list(struct pdf *p, struct pdf_val list, const char *field)
{
	for (int i = 0; i < pdf_count(p, list); i++) {
		AUTO(mem_free) char *one = pdf_text(p, pdf_item(p, list, i));
		size_t n = one ? strlen(one) : 0;
		if (n && !strncmp(one, field, n) && (!field[n] || field[n] == '.'))
			return true;
	}
	return false;
}

/* ISO 32000-1 12.8.2.4, read from the signed revision: the lock is what the signer saw. */
static bool locked_by(struct diff *d, struct pdf_val params, const char *field)
{
	struct pdf_val action = pdf_get(d->old, params, "/Action"), list = pdf_get(d->old, params, "/Fields");

	if (pdf_is_name(d->old, action, "/Include"))
		return in_list(d->old, list, field);
	if (pdf_is_name(d->old, action, "/Exclude"))
		return !in_list(d->old, list, field);
	return true;
}

static bool is_locked(struct diff *d, const char *field)
{
	struct pdf_val f = pdf_value(d->old, d->s->s->field_id), v = pdf_get(d->old, f, "/V");
	struct pdf_val refs = pdf_get(d->old, v, "/Reference"), lock = pdf_get(d->old, f, "/Lock");

	if (!pdf_nothing(lock) && locked_by(d, lock, field))
		return true;
	for (int i = 0; i < pdf_count(d->old, refs); i++) {
		struct pdf_val r = pdf_item(d->old, refs, i);
		if (pdf_is_name(d->old, pdf_get(d->old, r, "/TransformMethod"), "/FieldMDP") &&
		    locked_by(d, pdf_get(d->old, r, "/TransformParams"), field))
			return true;
	}
	return false;
}

static void filled(struct diff *d, struct pdf_val field, int num)
{
	AUTO(mem_free) char *name = full_name(d->old, field);
	struct pdf_id page;
	int number = pdf_ref(d->old, pdf_get(d->old, field, "/P"), &page) ? pdf_page_number(d->old, page) : 0;

	/* rule V3: forms are filled after signing only where a certifier said so, and never in silence */
	if (d->certify == 1)
		diff_tell(d, "form-filled", number, num, "certification-forbids");
	else if (!d->certify)
		diff_tell(d, "form-filled", number, num, "changed-after-signing");
	else if (is_locked(d, name))
		diff_tell(d, "form-filled", number, num, "field-locked");
	else
		diff_tell(d, "form-filled", number, num, "form-filled");
}

void diff_field(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	static const char *const sign[] = { "/V", "/AP", "/AS", "/M", "/F", "/P", "/DA", "/MK", "/Kids", "/Type", NULL };
	static const char *const fill[] = { "/V", "/AP", "/AS", "/I", "/RV", "/M", "/Kids", NULL };
	static const char *const node[] = { "/Kids", NULL };
	bool sig = is_signature(d->old, a), typed = sig || !pdf_nothing(inherited(d->old, a, "/FT"));

	if (sig && is_signed(d->old, a)) {
		diff_tell(d, "signature-changed", 0, num, "signature-changed");
		return;
	}
	if (!diff_keys_ok(d, a, b, sig ? sign : typed ? fill : node)) {
		diff_tell(d, "field-changed", 0, num, "changed-after-signing");
		return;
	}
	diff_field_list(d, pdf_get(d->old, a, "/Kids"), pdf_get(d->new, b, "/Kids"), num);
	if (typed && !sig)
		filled(d, a, num);
}

void diff_looks(struct diff *d, int num)
{
	int owner = d->owner[num];
	const struct pdf_entry *en = owner ? pdf_entry(d->old, owner) : NULL;
	struct pdf_val field = en ? pdf_value(d->old, en->id) : (struct pdf_val){ 0 };

	if (!en || (is_signature(d->old, field) && is_signed(d->old, field)))
		diff_tell(d, "signature-changed", 0, num, "signature-changed");
	else if (!diff_only_from(d, num, ROLE_FIELD | ROLE_LOOK))
		diff_tell(d, "object-changed", 0, num, "appearance-elsewhere");
	else if (!is_signature(d->old, field))
		filled(d, field, num);
}
