#include "verify/verify.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "verify/inner.h"

void look_clear(struct look *l)
{
	for (size_t i = 0; l->sigs && i < l->n; i++) {
		json_decref(l->sigs[i].reasons);
		json_decref(l->sigs[i].changes);
		cms_release(&l->sigs[i].cms);
		cms_release(&l->sigs[i].stamp);
	}
	mem_free(&l->sigs);
	for (size_t i = 0; i < l->nobjects; i++)
		pdf_object_free(&l->objects[i]);
	mem_free(&l->objects);
	mem_free(&l->eofs);
	material_free(l->material);
	if (l->list)
		pdf_signatures_free(l->list, l->n);
	pdf_release(&l->p);
}

static int look_open(struct look *l, int fd, const struct verify_rules *rules, struct err *e)
{
	l->fd = fd;
	l->rules = rules;
	l->at = rules->at ? rules->at : clock_now();
	l->p = pdf_open(fd, 0, PDF_STRICT, e);
	if (!l->p || pdf_signatures(l->p, &l->list, &l->n, e))
		return -1;
	if (l->n > SIGNATURES_MAX)
		return err_set(e, ERR_FILE_HOSTILE, "%zu signatures", l->n);
	l->sigs = mem_array(l->n, sizeof *l->sigs);
	for (size_t i = 0; i < l->n; i++)
		l->sigs[i] = (struct sig){ .s = &l->list[i], .reasons = json_array(), .changes = json_array(),
			                   .who = { .source = "", .anchor = "", .status = CERT_UNKNOWN } };
	return 0;
}

/* ISO 32000-2 12.8.2.2: a certifying signature, the one /Perms names, is the first of the file. */
static void check_certification(struct look *l)
{
	size_t mark = pdf_mark(l->p);
	struct pdf_val perms = pdf_get(l->p, pdf_root(l->p), "/Perms");
	struct pdf_id id;

	if (pdf_ref(l->p, pdf_get(l->p, perms, "/DocMDP"), &id))
		for (size_t i = 1; i < l->n; i++)
			if (pdf_same(l->list[i].value_id, id))
				reason_add(l->sigs[i].reasons, "certification-not-first");
	pdf_rewind(l->p, mark);
}

/* What changed after each signature, kept apart: what a later time-stamp proves is judged without it. */
static int compare(struct look *l, json_t **later, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < l->n && !rc; i++) {
		struct sig *s = &l->sigs[i];
		json_t *own = s->reasons;
		if (!s->in_place || s->whole)
			continue;
		s->reasons = json_array();
		rc = diff_after(l, s, e);
		later[i] = s->reasons;
		s->reasons = own;
	}
	return rc;
}

static int judge_compared(struct look *l, struct pass *hashing, json_t **later, struct err *e)
{
	if (cover_check(l, e) || compare(l, later, e) || pass_end(hashing, e))
		return -1;
	material_gather(l);
	judge_trust(l);
	check_certification(l);
	cover_behind(l);
	for (size_t i = 0; i < l->n; i++) {
		struct sig *s = &l->sigs[i];
		for (size_t k = 0; k < json_array_size(later[i]); k++)
			reason_add(s->reasons, json_string_value(json_array_get(later[i], k)));
		s->verdict = reasons_verdict(s->reasons);
	}
	return 0;
}

static int judge(struct look *l, struct err *e)
{
	AUTO(pass_drop) struct pass *hashing = NULL;
	AUTO(mem_free) json_t **later = mem_array(l->n, sizeof *later);

	cover_place(l);
	judge_read(l);
	hashing = pass_begin(l);
	int rc = judge_compared(l, hashing, later, e);
	for (size_t i = 0; i < l->n; i++)
		json_decref(later[i]);
	return rc;
}

int look_judge(struct look *l, int fd, const struct verify_rules *rules, struct err *e)
{
	if (look_open(l, fd, rules, e) || judge(l, e))
		return -1;
	if (!l->material)
		material_gather(l);
	return 0;
}

int verify_pdf(int fd, const struct verify_rules *rules, json_t **report, struct err *e)
{
	AUTO(look_clear) struct look l = { 0 };
	enum verdict v;

	*report = NULL;
	if (look_judge(&l, fd, rules, e))
		return -1;
	*report = report_make(&l, &v);
	return (int)v;
}

int verify_revision(int fd, int revision, int out, struct err *e)
{
	AUTO(look_clear) struct look l = { 0 };
	const struct verify_rules rules = { 0 };

	if (look_open(&l, fd, &rules, e) || pdf_eofs(l.p, &l.eofs, &l.neofs, e))
		return -1;
	for (size_t i = 0; i < l.neofs; i++)
		if (cover_revision(&l, l.eofs[i]) == revision && !(i + 1 < l.neofs && cover_revision(&l, l.eofs[i + 1]) == revision))
			return fd_copy(fd, out, (size_t)l.eofs[i], e);
	return err_set(e, ERR_NOT_FOUND, "%d revisions", cover_revision(&l, pdf_size(l.p)));
}
