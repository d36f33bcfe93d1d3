#include "pdf/guard.h"

#include <string.h>

static int forbids(struct err *e, const char *reason, const char *why)
{
	err_set(e, ERR_PDF_FORBIDS, "%s", why);
	return err_reason(e, reason);
}

/* Field names lock what lies under them too ("form" locks "form.name"). */
static bool named(struct pdf *p, struct pdf_val list, const char *field)
{
	for (int i = 0; i < pdf_count(p, list); i++) {
		AUTO(mem_free) char *name = pdf_text(p, pdf_item(p, list, i));
		size_t n = name ? strlen(name) : 0;
		if (n && strncmp(name, field, n) == 0 && (field[n] == '\0' || field[n] == '.'))
			return true;
	}
	return false;
}

/* ISO 32000-1 12.8.2.4: /Action All, Include (those), Exclude (all but those). Anything else locks: the careful reading. */
static bool locks(struct pdf *p, struct pdf_val params, const char *field)
{
	struct pdf_val action = pdf_get(p, params, "/Action"), list = pdf_get(p, params, "/Fields");

	if (pdf_is_name(p, action, "/Include"))
		return named(p, list, field);
	if (pdf_is_name(p, action, "/Exclude"))
		return !named(p, list, field);
	return true;
}

static int guard_value(struct pdf *p, struct pdf_val value, const char *field, struct err *e)
{
	struct pdf_val refs = pdf_get(p, value, "/Reference");

	for (int i = 0; i < pdf_count(p, refs); i++) {
		struct pdf_val r = pdf_item(p, refs, i), params = pdf_get(p, r, "/TransformParams");
		struct pdf_val method = pdf_get(p, r, "/TransformMethod");
		if (pdf_is_name(p, method, "/DocMDP") && pdf_int(p, pdf_get(p, params, "/P"), 2) == 1)
			return forbids(e, "pdf.certified", "DocMDP P=1 allows no further signature");
		if (pdf_is_name(p, method, "/FieldMDP") && locks(p, params, field))
			return forbids(e, "pdf.locked", "FieldMDP locks the fields");
	}
	return 0;
}

static int guard_one(struct pdf *p, const struct pdf_signature *s, const char *field, struct err *e)
{
	struct pdf_val f = pdf_value(p, s->field_id), lock = pdf_get(p, f, "/Lock");
	struct pdf_val value = s->value_id.num ? pdf_value(p, s->value_id) : pdf_get(p, f, "/V");

	/* PDF 2.0, 12.7.5.5: a lock may carry a DocMDP level of its own. */
	if (pdf_int(p, pdf_get(p, lock, "/P"), 0) == 1)
		return forbids(e, "pdf.certified", "a lock with P=1 allows no further signature");
	if (!pdf_nothing(lock) && locks(p, lock, field))
		return forbids(e, "pdf.locked", "the lock of a signed field");
	return guard_value(p, value, field, e);
}

int guard_signing(struct pdf *p, const char *field, int certify, struct err *e)
{
	struct pdf_signature *s;
	size_t n, mark = pdf_mark(p);

	if (pdf_signatures(p, &s, &n, e) < 0)
		return -1;
	int rc = certify && n ? forbids(e, "pdf.certify-later", "certifying is for the first signature") : 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = guard_one(p, &s[i], field, e);
	pdf_signatures_free(s, n);
	if (rc == 0)
		rc = guard_value(p, pdf_get(p, pdf_get(p, pdf_root(p), "/Perms"), "/DocMDP"), field, e);
	pdf_rewind(p, mark);
	return rc;
}
