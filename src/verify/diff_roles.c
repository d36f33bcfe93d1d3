/* What each object of the signed revision is for, as far as its role may change later. */
#include <string.h>

#include "base/mem.h"
#include "verify/diff.h"

enum { DEPTH_MAX = 64, WALK_MAX = 200000 };

static void mark_id(struct diff *d, struct pdf_id id, unsigned role, int owner)
{
	if (id.num <= 0 || id.num >= d->top)
		return;
	d->role[id.num] |= role;
	if (owner)
		d->owner[id.num] = owner;
}

static void mark_role(struct diff *d, struct pdf_val v, unsigned role, int owner)
{
	struct pdf_id id;

	if (pdf_ref(d->old, v, &id))
		mark_id(d, id, role, owner);
}

/* Everything below v: dictionaries, arrays, streams. Returns when it comes to something already marked. */
static void mark_tree(struct diff *d, struct pdf_val v, unsigned role, int depth)
{
	struct pdf_id id;
	enum pdf_kind kind = pdf_kind(d->old, v);

	if (depth > DEPTH_MAX || (kind != PDF_DICT && kind != PDF_ARRAY && kind != PDF_STREAM))
		return;
	if (pdf_ref(d->old, v, &id)) {
		if (id.num <= 0 || id.num >= d->top || (d->role[id.num] & role))
			return;
		d->role[id.num] |= role;
	}
	for (int i = 0; i < pdf_count(d->old, v); i++)
		mark_tree(d, pdf_item(d->old, v, i), role, depth + 1);
	char **keys = kind == PDF_ARRAY ? NULL : pdf_keys(d->old, v);
	for (size_t i = 0; keys && keys[i]; i++)
		mark_tree(d, pdf_get(d->old, v, keys[i]), role, depth + 1);
	pdf_keys_free(keys);
}

/* Appearance streams and values of a field: /AP << /N ref or << /On ref >> >>, /V. Not what these use in turn. */
static void mark_looks(struct diff *d, struct pdf_val field, int owner)
{
	struct pdf_val ap = pdf_get(d->old, field, "/AP");
	char **keys = pdf_keys(d->old, ap);
	struct pdf_id id;

	mark_role(d, ap, ROLE_LOOK, owner);
	for (size_t i = 0; keys && keys[i]; i++) {
		struct pdf_val one = pdf_get(d->old, ap, keys[i]);
		mark_role(d, one, ROLE_LOOK, owner);
		char **states = pdf_kind(d->old, one) == PDF_DICT ? pdf_keys(d->old, one) : NULL;
		for (size_t k = 0; states && states[k]; k++)
			mark_role(d, pdf_get(d->old, one, states[k]), ROLE_LOOK, owner);
		pdf_keys_free(states);
	}
	pdf_keys_free(keys);
	if (pdf_get_ref(d->old, field, "/V", &id))
		mark_id(d, id, ROLE_LOOK, owner);
}

static void mark_fields(struct diff *d, struct pdf_val list, int depth, int *budget)
{
	struct pdf_id id;

	mark_role(d, list, ROLE_FIELDS, 0);
	for (int i = 0; i < pdf_count(d->old, list) && depth < DEPTH_MAX; i++) {
		struct pdf_val f = pdf_item(d->old, list, i);
		if (!pdf_ref(d->old, f, &id) || id.num <= 0 || id.num >= d->top || (d->role[id.num] & ROLE_FIELD) || --*budget < 0)
			continue;
		d->role[id.num] |= ROLE_FIELD;
		mark_looks(d, f, id.num);
		mark_fields(d, pdf_get(d->old, f, "/Kids"), depth + 1, budget);
	}
}

static void mark_pages(struct diff *d)
{
	for (int n = 1; n <= pdf_pages(d->old); n++) {
		size_t mark = pdf_mark(d->old);
		struct pdf_val page = pdf_page_val(d->old, n);
		mark_role(d, page, ROLE_PAGE, n);
		mark_role(d, pdf_get(d->old, page, "/Annots"), ROLE_ANNOTS, n);
		pdf_rewind(d->old, mark);
	}
}

/* /DR and the dictionaries right under it (fonts by name); never the fonts themselves. */
static void mark_resources(struct diff *d, struct pdf_val dr)
{
	char **keys = pdf_keys(d->old, dr);

	mark_role(d, dr, ROLE_DR, 0);
	for (size_t i = 0; keys && keys[i]; i++)
		mark_role(d, pdf_get(d->old, dr, keys[i]), ROLE_DR, 0);
	pdf_keys_free(keys);
}

void diff_roles(struct diff *d)
{
	size_t mark = pdf_mark(d->old);
	struct pdf_val root = pdf_root(d->old), form = pdf_get(d->old, root, "/AcroForm");
	int budget = WALK_MAX;

	mark_role(d, pdf_get(d->old, pdf_trailer(d->old), "/Root"), ROLE_CATALOG, 0);
	mark_role(d, pdf_get(d->old, pdf_trailer(d->old), "/Info"), ROLE_INFO, 0);
	mark_role(d, pdf_get(d->old, root, "/Metadata"), ROLE_METADATA, 0);
	mark_role(d, form, ROLE_ACROFORM, 0);
	mark_resources(d, pdf_get(d->old, form, "/DR"));
	mark_fields(d, pdf_get(d->old, form, "/Fields"), 0, &budget);
	mark_tree(d, pdf_get(d->old, root, "/DSS"), ROLE_DSS, 0);
	mark_tree(d, pdf_get(d->old, root, "/Extensions"), ROLE_EXTENSIONS, 0);
	mark_pages(d);
	pdf_rewind(d->old, mark);
}
