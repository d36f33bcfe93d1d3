/* One signature after another: is it intact, whose is it, when was it made? */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "verify/inner.h"

static bool use_of(const struct pdf_signature *s, enum cms_use *use)
{
	static const struct { const char *subfilter; enum cms_use use; } rows[] = {
		{ "/ETSI.CAdES.detached", CMS_USE_SIGNATURE },
		{ "/adbe.pkcs7.detached", CMS_USE_SIGNATURE },
		{ "/adbe.pkcs7.sha1", CMS_USE_SHA1_CONTENT },
		{ "/ETSI.RFC3161", CMS_USE_TIMESTAMP },
	};

	for (size_t i = 0; s->subfilter && i < COUNT(rows); i++)
		if (!strcmp(rows[i].subfilter, s->subfilter)) {
			*use = rows[i].use;
			return true;
		}
	return false;
}

void judge_read(struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct sig *s = &l->sigs[i];
		if (!use_of(s->s, &s->use)) {
			reason_add(s->reasons, "subfilter-unknown");
			continue;
		}
		s->cms = cms_read((struct der){ s->s->contents->p, s->s->contents->n }, s->use, s->reasons);
		if (!s->cms)
			continue;
		/* PAdES binds the certificate into what is signed; the older formats do not ask for it */
		if (!strcmp(s->s->subfilter, "/ETSI.CAdES.detached") && !cms_has_signing_cert(s->cms))
			reason_add(s->reasons, "signing-certificate-missing");
	}
}

/* "D:20261120170305+07'00'" (ISO 32000-1, 7.9.4); 0 when it is no date. */
static time_t pdf_date(const char *text)
{
	int y, mo = 1, d = 1, h = 0, mi = 0, s = 0, zh = 0, zm = 0;
	char sign = 'Z';
	struct tm tm = { 0 };

	if (!text || sscanf(text, "D:%4d%2d%2d%2d%2d%2d%c%2d'%2d", &y, &mo, &d, &h, &mi, &s, &sign, &zh, &zm) < 1)
		return 0;
	if (y < 1990 || y > 2200 || mo < 1 || mo > 12 || d < 1 || d > 31)
		return 0;
	tm = (struct tm){ .tm_year = y - 1900, .tm_mon = mo - 1, .tm_mday = d, .tm_hour = h, .tm_min = mi, .tm_sec = s };
	time_t shift = (time_t)zh * 3600 + (time_t)zm * 60;
	return timegm(&tm) - (sign == '+' ? shift : sign == '-' ? -shift : 0);
}

static time_t claimed_time(const struct sig *s)
{
	time_t t = cms_signing_time(s->cms);

	return t ? t : pdf_date(s->s->m);
}

/* The document time-stamp that proves most: the earliest of those that cover it and are believed themselves. */
static time_t covering_stamp(struct look *l, size_t i)
{
	time_t best = 0;

	for (size_t k = i + 1; k < l->n; k++) {
		const struct sig *d = &l->sigs[k];
		if (d->use != CMS_USE_TIMESTAMP || !d->cms || !d->in_place || reasons_verdict(d->reasons) <= VERDICT_INCONCLUSIVE)
			continue;
		l->sigs[i].archived = true;
		if (!best || d->when < best)
			best = d->when;
	}
	return best;
}

static void find_time(struct look *l, size_t i, const struct cms_world *w)
{
	struct sig *s = &l->sigs[i];
	time_t own = 0, later = covering_stamp(l, i);

	s->stamp = cms_stamp_check(s->cms, w, &own, &s->tsa, s->reasons);
	s->when = own && later ? (own < later ? own : later) : own ? own : later;
	s->proven = s->when != 0;
	if (s->proven)
		return;
	s->when = claimed_time(s);
	if (!s->when) {
		reason_add(s->reasons, "time-unknown");
		return;
	}
	reason_add(s->reasons, s->when > l->at + 300 ? "time-in-future" : "time-claimed");
}

static void judge_one(struct look *l, size_t i, const struct cms_world *w)
{
	struct sig *s = &l->sigs[i];

	if (!s->cms)
		return;
	if (s->in_place)
		cms_match(s->cms, s->digest, s->ndigest, s->reasons);
	if (s->use == CMS_USE_TIMESTAMP) {
		covering_stamp(l, i);
		s->when = cms_signing_time(s->cms);
		s->proven = true;
	} else {
		find_time(l, i, w);
	}
	cms_trust(s->cms, w, s->when ? s->when : l->at, s->proven, &s->who, s->reasons);
}

void judge_trust(struct look *l)
{
	struct cms_world w = material_world(l);

	/* from the last to the first: a document time-stamp speaks for what it covers */
	for (size_t i = l->n; i-- > 0;)
		judge_one(l, i, &w);
}
