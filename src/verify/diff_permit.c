/* DocMDP, FieldMDP and the field's /Lock: what signers allow to happen afterwards. */
#include <string.h>

#include "base/mem.h"
#include "verify/diff.h"

static int stricter(int a, int b)
{
	return !a ? b : !b ? a : a < b ? a : b;
}

static int level(struct diff *d, struct pdf_val params)
{
	long long p = pdf_int(d->old, pdf_get(d->old, params, "/P"), 0);

	return p >= 1 && p <= 3 ? (int)p : 0;
}

/* ISO 32000-2 tables 237 and 256: /P in a field's lock binds from this signature on; viewers repeat it in FieldMDP. */
static int lock_level(struct diff *d)
{
	struct pdf_val f = pdf_value(d->old, d->s->s->field_id), refs = pdf_get(d->old, pdf_get(d->old, f, "/V"), "/Reference");
	int p = level(d, pdf_get(d->old, f, "/Lock"));

	for (int i = 0; i < pdf_count(d->old, refs); i++) {
		struct pdf_val r = pdf_item(d->old, refs, i);
		if (pdf_is_name(d->old, pdf_get(d->old, r, "/TransformMethod"), "/FieldMDP"))
			p = stricter(p, level(d, pdf_get(d->old, r, "/TransformParams")));
	}
	return p;
}

void diff_permit(struct diff *d)
{
	const struct look *l = d->l;
	size_t mark = pdf_mark(d->old);

	/* the certifying signature is the first of the file and binds all that follows */
	d->permit = l->n ? stricter(l->list[0].certify, d->s->s->certify) : 0;
	d->permit = stricter(d->permit, lock_level(d));
	pdf_rewind(d->old, mark);
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

static bool locked_by(struct diff *d, struct pdf_val params, const char *field)
{
	struct pdf_val action = pdf_get(d->old, params, "/Action"), list = pdf_get(d->old, params, "/Fields");

	if (pdf_is_name(d->old, action, "/Include"))
		return in_list(d->old, list, field);
	if (pdf_is_name(d->old, action, "/Exclude"))
		return !in_list(d->old, list, field);
	return true;
}

bool diff_locked(struct diff *d, const char *field)
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
