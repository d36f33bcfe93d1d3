/* What a check long from now needs: the path of a signer or of a stamp's issuer, and what was known about each certificate of
 * it (EN 319 142-1, 5.4: validation data). */
#include <string.h>

#include "base/mem.h"
#include "trust/cms.h"
#include "trust/ossl.h"

enum { CLOCKS_APART = 300, RESPONDERS_MAX = 4 };

struct gather {
	const struct cms_world *w;
	const struct cms_keep *k;
	const struct chain *path;
	struct answer *answers;
	time_t when;
	bool fresh, open;
	int responders;          /* a responder may be answered for by another, and so on */
};

static void give_cert(const struct gather *g, X509 *x)
{
	AUTO(ossl_text_release) unsigned char *der = NULL;
	int n = i2d_X509(x, &der);

	if (n > 0)
		g->k->cert(g->k->self, (struct der){ der, (size_t)n });
}

static void ask(struct gather *g, X509 *x, X509 *issuer)
{
	AUTO(ossl_text_release) unsigned char *der = NULL;
	AUTO(buf_free) struct buf request = { 0 };
	int n = i2d_X509(x, &der);
	AUTO(cert_release) struct cert *c = n > 0 ? cert_parse(der, (size_t)n, NULL) : NULL;

	g->open = true;
	if (!c || ocsp_question(x, issuer, &request, NULL))
		return;
	g->k->need(g->k->self, cert_ocsp_url(c), (struct der){ request.p, request.n }, cert_crl_url(c));
}

static void settle(struct gather *g, X509 *x, X509 *issuer);

/* A responder's own certificate, unless it is the issuer's or says that nobody need ask about it (RFC 6960 4.2.2.2.1). */
static void take_responder(struct gather *g, struct der answer, X509 *issuer)
{
	AUTO(ocspbasic_release) OCSP_BASICRESP *basic = ocsp_basic(answer);
	X509 *who = NULL;

	if (!basic || OCSP_resp_get0_signer(basic, &who, g->path->certs) != 1 || !who || !X509_cmp(who, issuer))
		return;
	give_cert(g, who);
	if (X509_get_ext_by_NID(who, NID_id_pkix_OCSP_noCheck, -1) < 0 && !nothing_to_ask(who) && g->responders++ < RESPONDERS_MAX)
		settle(g, who, issuer);
}

static bool old(const struct gather *g, const struct revocation *r)
{
	return g->fresh && r->answer_at + CLOCKS_APART < g->when;
}

static void settle(struct gather *g, X509 *x, X509 *issuer)
{
	struct revocation r;

	if (nothing_to_ask(x))
		return;   /* its issuer publishes nothing about it */
	revocation_find(&r, x, issuer, g->path->certs, g->w->trust, g->answers, g->w->nanswers, g->when, false);
	if (r.status == CERT_UNKNOWN || old(g, &r)) {
		ask(g, x, issuer);
		return;
	}
	g->k->answer(g->k->self, g->answers[r.used].der, g->answers[r.used].crl);
	if (!g->answers[r.used].crl)
		take_responder(g, g->answers[r.used].der, issuer);
}

const char *cms_long_term(const struct cms *c, const struct cms_world *w, time_t when, bool fresh, const struct cms_keep *k)
{
	AUTO(certs_release) STACK_OF(X509) *extra = cms_helpers(c, w);
	AUTO(mem_free) struct answer *answers = cms_answers(w);
	AUTO(chain_clear) struct chain path = { 0 };
	struct gather g = { .w = w, .k = k, .path = &path, .answers = answers, .when = when, .fresh = fresh };

	if (!c->signer)
		return "signer-certificate-missing";
	chain_build(&path, c->signer, extra, w->trust, when, c->use == CMS_USE_TIMESTAMP ? CHAIN_STAMP : CHAIN_SIGN);
	if (!path.certs)
		return "cert.unknown-issuer";
	for (int i = 0; i < sk_X509_num(path.certs); i++) {
		give_cert(&g, sk_X509_value(path.certs, i));
		if (i + 1 < sk_X509_num(path.certs))
			settle(&g, sk_X509_value(path.certs, i), sk_X509_value(path.certs, i + 1));
	}
	ERR_clear_error();
	return g.open ? "" : NULL;
}
