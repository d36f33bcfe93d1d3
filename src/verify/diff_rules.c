/* Which keys may change in which role (src/verify/README.md). All else is "changed after signing". */
#include <string.h>

#include "base/mem.h"
#include "verify/diff.h"
#include "verify/diff_form.h"

/* Canonical text of one key on both sides: references stay references, what they point to is compared by itself. */
static bool same_key(struct diff *d, struct pdf_val a, struct pdf_val b, const char *key)
{
	AUTO(mem_free) char *x = pdf_unparse(d->old, pdf_get(d->old, a, key));
	AUTO(mem_free) char *y = pdf_unparse(d->new, pdf_get(d->new, b, key));

	return x && y ? !strcmp(x, y) : !x && !y;
}

static bool listed(const char *const *keys, const char *key)
{
	for (; *keys; keys++)
		if (!strcmp(*keys, key))
			return true;
	return false;
}

/* First differing key that is not in `allowed`; NULL when there is none. Static storage is the key list's. */
bool diff_keys_ok(struct diff *d, struct pdf_val a, struct pdf_val b, const char *const *allowed)
{
	char **ka = pdf_keys(d->old, a), **kb = pdf_keys(d->new, b);
	bool ok = pdf_kind(d->old, a) == pdf_kind(d->new, b);

	for (size_t i = 0; ok && ka && ka[i]; i++)
		ok = listed(allowed, ka[i]) || same_key(d, a, b, ka[i]);
	for (size_t i = 0; ok && kb && kb[i]; i++)
		ok = listed(allowed, kb[i]) || same_key(d, a, b, kb[i]);
	pdf_keys_free(ka);
	pdf_keys_free(kb);
	return ok;
}

bool diff_same_key(struct diff *d, struct pdf_val a, struct pdf_val b, const char *key)
{
	return same_key(d, a, b, key);
}

/* Entries may be added, never taken away or pointed elsewhere. */
static bool only_more(struct diff *d, struct pdf_val a, struct pdf_val b)
{
	char **ka = pdf_keys(d->old, a);
	bool ok = pdf_nothing(a) || pdf_kind(d->new, b) == PDF_DICT;

	for (size_t i = 0; ok && ka && ka[i]; i++)
		ok = same_key(d, a, b, ka[i]);
	pdf_keys_free(ka);
	return ok;
}

/* /DR serves fields that are drawn anew, and of it the fonts are what words are drawn with: those stay. Common signing
 * libraries put the newest mark's form under one name in /XObject, which nothing draws from there. */
static bool resources_ok(struct diff *d, struct pdf_val a, struct pdf_val b)
{
	return only_more(d, pdf_get(d->old, a, "/Font"), pdf_get(d->new, b, "/Font"));
}

/* Viewers draw fields anew when this is switched on: what was signed would no longer be what is shown. */
static bool needs_new_looks(struct diff *d, struct pdf_val a, struct pdf_val b)
{
	return pdf_is_true(d->new, pdf_get(d->new, b, "/NeedAppearances")) && !pdf_is_true(d->old, pdf_get(d->old, a, "/NeedAppearances"));
}

/* Bit 1: there are signatures; bit 2: append only. Neither goes back. */
static bool flags_ok(struct diff *d, struct pdf_val a, struct pdf_val b)
{
	long long was = pdf_int(d->old, pdf_get(d->old, a, "/SigFlags"), 0), is = pdf_int(d->new, pdf_get(d->new, b, "/SigFlags"), 0);

	return (was & is & 3) == (was & 3);
}

/* Fields without a picture of their own are drawn by viewers with /DA: added where there was none, never another. */
static bool words_ok(struct diff *d, struct pdf_val a, struct pdf_val b)
{
	return pdf_nothing(pdf_get(d->old, a, "/DA")) || same_key(d, a, b, "/DA");
}

static void acroform(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	static const char *const allowed[] = { "/Fields", "/SigFlags", "/DR", "/DA", "/NeedAppearances", NULL };

	if ((!pdf_nothing(a) && !diff_keys_ok(d, a, b, allowed)) || needs_new_looks(d, a, b) || !flags_ok(d, a, b) || !words_ok(d, a, b) ||
	    !pdf_nothing(pdf_get(d->new, b, "/XFA")) != !pdf_nothing(pdf_get(d->old, a, "/XFA")) ||
	    !resources_ok(d, pdf_get(d->old, a, "/DR"), pdf_get(d->new, b, "/DR")))
		diff_tell(d, "form-changed", 0, num, "changed-after-signing");
	diff_field_list(d, pdf_get(d->old, a, "/Fields"), pdf_get(d->new, b, "/Fields"), num);
}

static void plain_value(struct diff *d, struct pdf_val v)
{
	struct pdf_id id;

	if (pdf_ref(d->new, v, &id))
		diff_plain(d, id.num);
}

static void catalog(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	static const char *const allowed[] = { "/AcroForm", "/DSS", "/Extensions", "/Metadata", "/Version", NULL };
	struct pdf_val fa = pdf_get(d->old, a, "/AcroForm"), fb = pdf_get(d->new, b, "/AcroForm");

	plain_value(d, b);
	plain_value(d, fb);
	if (!diff_keys_ok(d, a, b, allowed))
		diff_tell(d, "catalog-changed", 0, num, "changed-after-signing");
	if (!same_key(d, a, b, "/DSS"))
		diff_tell(d, "validation-data", 0, num, NULL);
	if (!same_key(d, a, b, "/Metadata"))
		diff_tell(d, "metadata", 0, num, NULL);
	/* an indirect form that is still the same object is looked at as an object */
	if (!same_key(d, a, b, "/AcroForm") || !pdf_ref(d->old, fa, NULL))
		acroform(d, fa, fb, num);
}

static void page(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	static const char *const allowed[] = { "/Annots", NULL };
	int number = d->owner[num];

	if (!diff_keys_ok(d, a, b, allowed))
		diff_tell(d, "page-changed", number, num, "changed-after-signing");
	diff_annotations(d, pdf_get(d->old, a, "/Annots"), pdf_get(d->new, b, "/Annots"), number, num);
}

/* An object that a viewer reaches only through `roles`; a change elsewhere would be seen elsewhere. */
static void aside(struct diff *d, int num, unsigned roles, const char *kind)
{
	bool ok = diff_only_from(d, num, roles);

	diff_tell(d, ok ? kind : "object-changed", 0, num, ok ? NULL : "appearance-elsewhere");
}

static void only_from(struct diff *d, int num, unsigned roles)
{
	if (!diff_only_from(d, num, roles))
		diff_tell(d, "object-changed", 0, num, "appearance-elsewhere");
}

static void resources(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	if (only_more(d, a, b) && resources_ok(d, a, b))
		aside(d, num, ROLE_DR | ROLE_ACROFORM | ROLE_CATALOG, "form-resources");
	else
		diff_tell(d, "object-changed", 0, num, "changed-after-signing");
}

/* Nobody may use the list of annotations for its contents, too. */
static void annotation_list(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	struct pdf_id id;

	only_from(d, num, ROLE_PAGE | ((d->role[num] & ROLE_FIELDS) ? ROLE_ACROFORM | ROLE_FIELD | ROLE_CATALOG : 0));
	for (int n = 1; n <= pdf_pages(d->old); n++) {
		size_t mark = pdf_mark(d->old);
		struct pdf_val page = pdf_page_val(d->old, n);
		if (pdf_ref(d->old, pdf_get(d->old, page, "/Contents"), &id) && id.num == num)
			diff_tell(d, "object-changed", n, num, "appearance-elsewhere");
		pdf_rewind(d->old, mark);
	}
	diff_annotations(d, a, b, d->owner[num], num);
}

static void field_list(struct diff *d, struct pdf_val a, struct pdf_val b, int num)
{
	only_from(d, num, ROLE_ACROFORM | ROLE_FIELD | ROLE_CATALOG | ((d->role[num] & ROLE_ANNOTS) ? ROLE_PAGE : 0));
	diff_field_list(d, a, b, num);
}

/* One object can have several roles: every one of them must allow the change. */
void diff_object(struct diff *d, int num)
{
	size_t ma = pdf_mark(d->old), mb = pdf_mark(d->new);
	const struct pdf_entry *ea = pdf_entry(d->old, num), *eb = pdf_entry(d->new, num);
	struct pdf_val a = pdf_value(d->old, ea->id), b = pdf_value(d->new, eb->id);
	unsigned r = d->role[num];

	diff_plain(d, num);
	if (!r || pdf_kind(d->old, a) != pdf_kind(d->new, b))
		diff_tell(d, "object-changed", 0, num, "changed-after-signing");
	if (r & ROLE_CATALOG)
		catalog(d, a, b, num);
	if (r & ROLE_ACROFORM)
		only_from(d, num, ROLE_CATALOG), acroform(d, a, b, num);
	if (r & ROLE_FIELD)
		diff_field(d, a, b, num);
	if (r & ROLE_FIELDS)
		field_list(d, a, b, num);
	if (r & ROLE_PAGE)
		page(d, a, b, num);
	if (r & ROLE_ANNOTS)
		annotation_list(d, a, b, num);
	if (r & ROLE_LOOK)
		diff_looks(d, num);
	if (r & ROLE_DSS)
		aside(d, num, ROLE_DSS | ROLE_CATALOG, "validation-data");
	if (r & ROLE_INFO)
		aside(d, num, 0, "metadata");
	if (r & ROLE_METADATA)
		aside(d, num, ROLE_CATALOG, "metadata");
	if (r & ROLE_EXTENSIONS)
		aside(d, num, ROLE_EXTENSIONS | ROLE_CATALOG, "extensions");
	if (r & ROLE_DR)
		resources(d, a, b, num);
	pdf_rewind(d->old, ma);
	pdf_rewind(d->new, mb);
}

void diff_frame(struct diff *d)
{
	size_t ma = pdf_mark(d->old), mb = pdf_mark(d->new);
	struct pdf_val a = pdf_trailer(d->old), b = pdf_trailer(d->new);

	/* a catalog under another number is compared like a changed one */
	if (!same_key(d, a, b, "/Root"))
		catalog(d, pdf_root(d->old), pdf_root(d->new), 0);
	if (pdf_pages(d->old) != pdf_pages(d->new))
		diff_tell(d, "pages", 0, 0, "changed-after-signing");
	pdf_rewind(d->old, ma);
	pdf_rewind(d->new, mb);
}
