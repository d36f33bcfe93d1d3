/* What the file must carry so that it can be checked when the services that answer today are gone (EN 319 142-1, 5.4). */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "verify/inner.h"

struct collect {
	struct verify_long_term *out;
	struct verify_kept *to;
};

static void keep(struct verify_kept *k, int list, struct der d)
{
	for (size_t i = 0; i < k->n[list]; i++)
		if (k->items[list][i].n == d.n && !memcmp(k->items[list][i].p, d.p, d.n))
			return;
	if (k->n[list] >= MATERIAL_MAX)
		return;
	k->items[list] = mem_grow(k->items[list], k->n[list] + 1, sizeof *k->items[list]);
	struct buf *b = &k->items[list][k->n[list]++];
	*b = (struct buf){ 0 };
	buf_add(b, d.p, d.n);
}

static void take_cert(void *self, struct der d)
{
	keep(((struct collect *)self)->to, VERIFY_CERTS, d);
}

static void take_answer(void *self, struct der d, bool crl)
{
	keep(((struct collect *)self)->to, crl ? VERIFY_CRLS : VERIFY_OCSPS, d);
}

/* The list only where nobody answers about one certificate alone: lists run to megabytes and stay in the file. */
static void take_need(void *self, const char *ocsp_url, struct der request, const char *crl_url)
{
	json_t *needs = ((struct collect *)self)->out->needs;
	AUTO(mem_free) char *text = base64_text(request.p, request.n);

	report_need(needs, "ocsp", ocsp_url, text);
	report_need(needs, "crl", crl_url, NULL);
}

static void collect_one(struct look *l, struct sig *s, struct verify_long_term *out)
{
	struct verify_kept *k = &out->kept[out->n++];
	struct collect c = { out, k };
	const struct cms_keep how = { &c, take_cert, take_answer, take_need };
	const struct cms_world w = material_world(l);
	bool fresh = !l->rules->nanswers;
	const char *wrong;

	k->field = mem_str(s->s->field);
	k->contents = mem_alloc(sizeof *k->contents);
	buf_add(k->contents, s->s->contents->p, s->s->contents->n);
	wrong = cms_long_term(s->cms, &w, s->when ? s->when : l->at, fresh, &how);
	if (wrong && *wrong)
		reason_add(out->faults, wrong);
	wrong = s->stamp ? cms_long_term(s->stamp, &w, cms_signing_time(s->stamp), fresh, &how) : NULL;
	if (wrong && *wrong)
		reason_add(out->faults, "timestamp-untrusted");
}

int verify_long_term(int fd, const struct verify_rules *rules, struct verify_long_term *out, struct err *e)
{
	AUTO(look_clear) struct look l = { 0 };

	*out = (struct verify_long_term){ .needs = json_array(), .faults = json_array() };
	if (look_judge(&l, fd, rules, e))
		return -1;
	out->kept = mem_array(l.n + 1, sizeof *out->kept);
	for (size_t i = 0; i < l.n; i++)
		if (l.sigs[i].cms && l.sigs[i].s->contents)
			collect_one(&l, &l.sigs[i], out);
	out->verdict = report_verdict(&l);
	return 0;
}

void verify_long_term_clear(struct verify_long_term *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct verify_kept *k = &l->kept[i];
		mem_free(&k->field);
		buf_free(k->contents);
		mem_free(&k->contents);
		for (int list = 0; list < 3; list++) {
			for (size_t m = 0; m < k->n[list]; m++)
				buf_free(&k->items[list][m]);
			mem_free(&k->items[list]);
		}
	}
	mem_free(&l->kept);
	json_decref(l->needs);
	json_decref(l->faults);
	l->needs = l->faults = NULL;
}
