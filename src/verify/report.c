/* The object of `verify --json` (src/man/tramky.1), and what would settle the open questions. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "verify/inner.h"

static void put_time(json_t *to, const char *key, time_t t)
{
	char text[32];

	if (!t) {
		json_put(to, key, json_null());
		return;
	}
	clock_rfc3339(t, text);
	json_put_str(to, key, text);
}

static void put_clean(json_t *to, const char *key, const char *text)
{
	AUTO(mem_free) char *clean = text_clean(text ? text : "", false);

	json_put_str(to, key, clean);
}

static const char *type_of(const struct sig *s)
{
	if (s->use == CMS_USE_TIMESTAMP)
		return "timestamp";
	return s->s->certify ? "certification" : "signature";
}

static bool has(const struct sig *s, const char *id)
{
	size_t i;
	json_t *v;

	json_array_foreach(s->reasons, i, v)
		if (!strcmp(json_string_value(v), id))
			return true;
	return false;
}

/* The last believed document time-stamp that covers validation data too: only that makes a file of level B-LTA. */
static size_t archive_stamp(const struct look *l)
{
	for (size_t k = l->n; l->material->ninside && k-- > 1;) {
		const struct sig *d = &l->sigs[k];
		if (d->use != CMS_USE_TIMESTAMP || !d->cms || !d->in_place || reasons_verdict(d->reasons) <= VERDICT_INCONCLUSIVE)
			continue;
		AUTO(pdf_release) struct pdf *then = pdf_open(l->fd, (size_t)d->end, PDF_STRICT, NULL);
		return then && !pdf_nothing(pdf_get(then, pdf_root(then), "/DSS")) ? k : 0;
	}
	return 0;
}

/* Names of EN 319 142-1; only what is there and holds counts. */
static const char *level_of(const struct look *l, const struct sig *s, size_t archive)
{
	bool stamped = s->stamp && !has(s, "timestamp-broken");

	if (!s->cms || s->use == CMS_USE_TIMESTAMP)
		return "";
	if (!s->s->subfilter || strcmp(s->s->subfilter, "/ETSI.CAdES.detached"))
		return "CMS";
	if (!stamped && !s->archived)
		return "B-B";
	if (!l->material->ninside)
		return "B-T";
	return s->archived && s < &l->sigs[archive] ? "B-LTA" : "B-LT";
}

static void put_etsi(json_t *to, const json_t *reasons)
{
	const char *indication, *sub;

	reasons_etsi(reasons, &indication, &sub);
	json_put_str(to, "etsi.indication", indication);
	json_put_str(to, "etsi.sub_indication", sub);
}

static const char *status_id(const struct cms_believed *b)
{
	switch (b->status) {
	case CERT_GOOD:
		return "good";
	case CERT_REVOKED:
		return "revoked";
	case CERT_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

static void put_signer(json_t *to, const struct sig *s)
{
	AUTO(cert_release) struct cert *c = s->cms ? cms_signer(s->cms) : NULL;
	AUTO(mem_free) char *algorithm = s->cms ? cms_algorithm(s->cms) : NULL;

	json_put_str(to, "signer.name", c ? cert_name(c) : "");
	json_put_str(to, "signer.id", c ? cert_person_id(c) : "");
	json_put_str(to, "signer.organisation", c ? cert_organisation(c) : "");
	json_put_str(to, "issuer", c ? cert_issuer(c) : "");
	json_put_str(to, "managed_by", c ? cert_managed_by(c) : "");
	put_time(to, "cert_valid_from", c ? cert_from(c) : 0);
	put_time(to, "cert_valid_to", c ? cert_to(c) : 0);
	json_put_str(to, "cert_serial", c ? cert_serial(c) : "");
	json_put_str(to, "algorithm", algorithm ? algorithm : "");
}

static json_t *one(const struct look *l, const struct sig *s, size_t archive)
{
	json_t *j = json_object();

	put_clean(j, "field", s->s->field);
	json_put_str(j, "type", type_of(s));
	json_put_str(j, "verdict", verdict_id(s->verdict));
	json_put(j, "reasons", json_incref(s->reasons));
	put_etsi(j, s->reasons);
	json_put(j, "covers_whole_file", json_boolean(s->in_place && s->whole));
	json_put(j, "revision", json_integer(s->revision));
	json_put(j, "changes_after", json_incref(s->changes));
	put_signer(j, s);
	put_time(j, "signing_time", s->when);
	json_put_str(j, "time_source", s->proven ? "timestamp" : "claimed");
	json_put_str(j, "revocation.status", status_id(&s->who));
	json_put_str(j, "revocation.source", s->who.source ? s->who.source : "");
	put_time(j, "revocation.at", s->who.answer_at);
	json_put_str(j, "level", level_of(l, s, archive));
	json_put(j, "page", json_integer(s->s->page));
	put_clean(j, "reason", s->s->reason);
	put_clean(j, "location", s->s->location);
	json_put_str(j, "anchor", s->who.anchor ? s->who.anchor : "");
	return j;
}

/* A list is asked for once, however many certificates are on it; an OCSP question is about one certificate. */
void report_need(json_t *needs, const char *kind, const char *url, const char *request)
{
	size_t i;
	json_t *n;

	if (!*url)
		return;
	json_array_foreach(needs, i, n)
		if (!request && !strcmp(json_str(n, "url", ""), url))
			return;
	n = json_object();
	json_put_str(n, "kind", kind);
	json_put_str(n, "url", url);
	json_put_str(n, "request", request);
	json_array_append_new(needs, n);
}

/* An answer is tried for every certificate it fits: one question a certificate, however often it signed. */
static bool asked_before(const struct look *l, size_t n, const struct cms *c)
{
	for (size_t i = 0; i < n; i++) {
		const struct sig *s = &l->sigs[i];
		if ((s->who.wants_answer && cms_same_signer(s->cms, c)) || (s->tsa.wants_answer && cms_same_signer(s->stamp, c)))
			return true;
	}
	return false;
}

static void needs_of(const struct look *l, const struct cms *c, const struct cms_believed *who, json_t *needs)
{
	struct cms_world w = material_world(l);
	AUTO(buf_free) struct buf request = { 0 };
	AUTO(cert_release) struct cert *cert = c && who->wants_answer ? cms_signer(c) : NULL;

	if (!cert)
		return;
	if (*cert_ocsp_url(cert) && cms_ocsp_request(c, &w, &request)) {
		AUTO(mem_free) char *text = base64_text(request.p, request.n);
		report_need(needs, "ocsp", cert_ocsp_url(cert), text);
	}
	report_need(needs, "crl", cert_crl_url(cert), NULL);
}

enum verdict report_verdict(const struct look *l)
{
	enum verdict v = l->n ? VERDICT_VALID : VERDICT_UNSIGNED;

	for (size_t i = 0; i < l->n; i++)
		if (l->sigs[i].verdict < v)
			v = l->sigs[i].verdict;
	return v;
}

json_t *report_make(const struct look *l, enum verdict *verdict)
{
	json_t *report = json_object(), *list = json_array(), *needs = json_array();

	size_t archive = archive_stamp(l);

	*verdict = report_verdict(l);
	for (size_t i = 0; i < l->n; i++) {
		const struct sig *s = &l->sigs[i];
		json_array_append_new(list, one(l, s, archive));
		if (!asked_before(l, i, s->cms))
			needs_of(l, s->cms, &s->who, needs);
		if (!asked_before(l, i, s->stamp))
			needs_of(l, s->stamp, &s->tsa, needs);
	}
	json_put_str(report, "verdict", verdict_id(*verdict));
	json_put(report, "signatures", list);
	if (l->n)
		json_put(report, "warnings", overlap_warnings(l));
	json_put(report, "needs", needs);
	return report;
}
