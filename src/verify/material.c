/* Certificates, OCSP answers and CRLs: from /DSS and its /VRI (EN 319 142-1, 5.4.2), from the CMS, from the caller. */
#include "base/err.h"
#include "base/mem.h"
#include "verify/inner.h"

void material_add(struct material *m, const unsigned char *p, size_t n, enum keep_kind kind)
{
	struct der d;

	if (!n || n > ITEM_MAX || m->nkept >= COUNT(m->kept))
		return;
	if (kind == KEEP_CERT ? m->ncerts >= MATERIAL_MAX : m->nanswers >= MATERIAL_MAX)
		return;
	struct buf *b = &m->kept[m->nkept++];
	buf_add(b, p, n);
	d = (struct der){ b->p, b->n };
	if (kind == KEEP_CERT)
		m->certs[m->ncerts++] = d;
	else
		m->answers[m->nanswers++] = (struct cms_answer){ d, kind == KEEP_CRL };
}

static void add_streams(struct look *l, struct pdf_val array, enum keep_kind kind)
{
	for (int i = 0; i < pdf_count(l->p, array) && i < MATERIAL_MAX; i++) {
		AUTO(buf_free) struct buf data = { 0 };
		if (pdf_stream(l->p, pdf_item(l->p, array, i), false, ITEM_MAX, &data, NULL) == 0)
			material_add(l->material, data.p, data.n, kind);
	}
}

static void from_dss(struct look *l)
{
	size_t mark = pdf_mark(l->p);
	struct pdf_val dss = pdf_get(l->p, pdf_root(l->p), "/DSS"), vri = pdf_get(l->p, dss, "/VRI");
	char **keys = pdf_keys(l->p, vri);

	add_streams(l, pdf_get(l->p, dss, "/Certs"), KEEP_CERT);
	add_streams(l, pdf_get(l->p, dss, "/OCSPs"), KEEP_OCSP);
	add_streams(l, pdf_get(l->p, dss, "/CRLs"), KEEP_CRL);
	for (size_t i = 0; keys && keys[i] && i < SIGNATURES_MAX; i++) {
		struct pdf_val one = pdf_get(l->p, vri, keys[i]);
		add_streams(l, pdf_get(l->p, one, "/Cert"), KEEP_CERT);
		add_streams(l, pdf_get(l->p, one, "/OCSP"), KEEP_OCSP);
		add_streams(l, pdf_get(l->p, one, "/CRL"), KEEP_CRL);
	}
	pdf_keys_free(keys);
	pdf_rewind(l->p, mark);
}

static void from_cms(void *self, struct der d, bool crl)
{
	material_add(self, d.p, d.n, crl ? KEEP_CRL : KEEP_OCSP);
}

void material_gather(struct look *l)
{
	l->material = mem_alloc(sizeof *l->material);
	from_dss(l);
	for (size_t i = 0; i < l->n; i++)
		if (l->sigs[i].cms)
			cms_extras(l->sigs[i].cms, from_cms, l->material);
	l->material->ninside = l->material->nanswers;
	for (size_t i = 0; i < l->rules->nanswers; i++)
		material_add(l->material, l->rules->answers[i].p, l->rules->answers[i].n,
		             l->rules->answers[i].kind == ANSWER_CRL ? KEEP_CRL : KEEP_OCSP);
}

void material_free(struct material *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nkept; i++)
		buf_free(&m->kept[i]);
	mem_free(&m);
}

struct cms_world material_world(const struct look *l)
{
	return (struct cms_world){ .trust = l->rules->trust, .certs = l->material->certs, .ncerts = l->material->ncerts,
		                   .answers = l->material->answers, .nanswers = l->material->nanswers, .at = l->at };
}
