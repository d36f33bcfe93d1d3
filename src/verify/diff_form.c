#include "verify/diff_form.h"

#include <string.h>

#include "base/mem.h"

enum { UP_MAX = 32 };

struct pdf_val diff_inherited(struct pdf *p, struct pdf_val v, const char *key)
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

bool diff_is_signature(struct pdf *p, struct pdf_val field)
{
	return pdf_is_name(p, diff_inherited(p, field, "/FT"), "/Sig");
}

bool diff_is_signed(struct pdf *p, struct pdf_val field)
{
	return pdf_kind(p, diff_inherited(p, field, "/V")) == PDF_DICT;
}

/* A new field of the form: a signature field with its widgets, or a node above signature fields. Nothing that acts. */
static bool new_field_ok(struct diff *d, struct pdf_val f, int depth)
{
	struct pdf_val kids = pdf_get(d->new, f, "/Kids");
	bool sig = diff_is_signature(d->new, f);
	struct pdf_id id;

	if (pdf_ref(d->new, f, &id))
		diff_plain(d, id.num);
	if (pdf_kind(d->new, f) != PDF_DICT || depth > UP_MAX || diff_acts(d, f))
		return false;
	for (int i = 0; i < pdf_count(d->new, kids); i++)
		if (!new_field_ok(d, pdf_item(d->new, kids, i), depth + 1))
			return false;
	return sig || pdf_count(d->new, kids) > 0;
}

bool diff_same_item(struct diff *d, struct pdf_val a, struct pdf_val b)
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
		if (k < na && diff_same_item(d, pdf_item(d->old, a, k), item)) {
			k++;
			continue;
		}
		if (!new_field_ok(d, item, 0))
			diff_tell(d, "field-added", 0, num, "changed-after-signing");
		else if (d->permit == 1 && !diff_is_signed(d->new, item))
			diff_tell(d, "field-added", 0, num, "certification-forbids");
	}
	if (k < na)
		diff_tell(d, "field-removed", 0, num, "changed-after-signing");
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

/* "" and /Off are what a form shows that nobody filled in. */
static bool is_empty(struct pdf *p, struct pdf_val v)
{
	AUTO(mem_free) char *text = pdf_unparse(p, v);

	return !text || !*text || !strcmp(text, "()") || !strcmp(text, "<>") || !strcmp(text, "/Off") || !strcmp(text, "[ ]");
}

static bool same_value(struct diff *d, struct pdf_val a, struct pdf_val b)
{
	AUTO(mem_free) char *x = pdf_unparse(d->old, diff_inherited(d->old, a, "/V"));
	AUTO(mem_free) char *y = pdf_unparse(d->new, diff_inherited(d->new, b, "/V"));

	return x && y ? !strcmp(x, y) : !x && !y;
}

/* Rule V3: filling in what was empty is for a person to look at; another value, or another picture of the same value, only
 * where a certifier said that forms may be filled in; nothing of it in silence. */
static const char *fill_reason(struct diff *d, struct pdf_val a, struct pdf_val b)
{
	AUTO(mem_free) char *name = full_name(d->old, a);
	bool empty = is_empty(d->old, diff_inherited(d->old, a, "/V"));

	if (d->permit == 1)
		return "certification-forbids";
	if (diff_locked(d, name))
		return "field-locked";
	return !d->permit && (!empty || same_value(d, a, b)) ? "changed-after-signing" : "form-filled";
}

static void filled(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	struct pdf_id page;
	int number = pdf_ref(d->old, pdf_get(d->old, a, "/P"), &page) ? pdf_page_number(d->old, page) : 0;

	diff_tell(d, "form-filled", number, num, fill_reason(d, a, b));
}

/* An empty signature field: signed (unless it is locked), or prepared further; an unsigned one shows nothing new. */
static void signature_field(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	AUTO(mem_free) char *name = full_name(d->old, a);

	if (diff_is_signed(d->new, b) && diff_locked(d, name))
		diff_tell(d, "signature-added", 0, num, "field-locked");
	if (!diff_is_signed(d->new, b) && !diff_same_key(d, a, b, "/AP") && diff_shows(d, b))
		diff_tell(d, "mark-without-signature", 0, num, "covered-by-later-mark");
}

void diff_field(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	static const char *const sign[] = { "/V", "/AP", "/AS", "/M", "/F", "/P", "/DA", "/MK", "/Kids", "/Type", NULL };
	static const char *const fill[] = { "/V", "/AP", "/AS", "/I", "/RV", "/M", "/Kids", NULL };
	static const char *const node[] = { "/Kids", NULL };
	bool sig = diff_is_signature(d->old, a), typed = sig || !pdf_nothing(diff_inherited(d->old, a, "/FT"));

	if (sig && diff_is_signed(d->old, a)) {
		diff_tell(d, "signature-changed", 0, num, "signature-changed");
		return;
	}
	if (!diff_keys_ok(d, a, b, sig ? sign : typed ? fill : node)) {
		diff_tell(d, "field-changed", 0, num, "changed-after-signing");
		return;
	}
	diff_field_list(d, pdf_get(d->old, a, "/Kids"), pdf_get(d->new, b, "/Kids"), num);
	if (sig)
		signature_field(d, a, b, num);
	else if (typed)
		filled(d, a, b, num);
}

void diff_looks(struct diff *d, int num)
{
	int owner = d->owner[num];
	const struct pdf_entry *ea = owner ? pdf_entry(d->old, owner) : NULL, *eb = owner ? pdf_entry(d->new, owner) : NULL;
	struct pdf_val a = ea ? pdf_value(d->old, ea->id) : (struct pdf_val){ 0 };
	struct pdf_val b = eb ? pdf_value(d->new, eb->id) : (struct pdf_val){ 0 };

	if (!ea || !eb || (diff_is_signature(d->old, a) && diff_is_signed(d->old, a)))
		diff_tell(d, "signature-changed", 0, num, "signature-changed");
	else if (!diff_only_from(d, num, ROLE_FIELD | ROLE_LOOK))
		diff_tell(d, "object-changed", 0, num, "appearance-elsewhere");
	else if (!diff_is_signature(d->old, a))
		filled(d, a, b, num);
	else if (!diff_is_signed(d->new, b) && diff_shows(d, b))
		diff_tell(d, "mark-without-signature", 0, num, "covered-by-later-mark");
}
