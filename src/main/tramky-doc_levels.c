/* Levels above B-T: what has to be asked so that a file can be checked long from now, and putting the answers into it. */
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/seal.h"
#include "main/doc.h"
#include "pdf/pdf.h"
#include "verify/verify.h"

enum { ANSWERS_MAX = 64 };

struct answers {
	struct buf bytes[ANSWERS_MAX];
	struct verify_answer list[ANSWERS_MAX];
	size_t n;
};

static void answers_free(struct answers **a)
{
	for (size_t i = 0; *a && i < ANSWERS_MAX; i++)
		buf_free(&(*a)->bytes[i]);
	mem_free(a);
}

static int answers_from(const json_t *args, struct answers *a, struct err *e)
{
	const json_t *list = json_at(args, "answers");

	for (size_t i = 0; i < json_array_size(list) && a->n < ANSWERS_MAX; i++) {
		const json_t *one = json_array_get(list, i);
		struct buf *b = &a->bytes[a->n];
		if (arg_bytes(one, "bytes", b, e))
			return -1;
		if (b->n)
			a->list[a->n++] = (struct verify_answer){ b->p, b->n, strcmp(json_str(one, "kind", ""), "crl") ? ANSWER_OCSP : ANSWER_CRL };
	}
	return 0;
}

struct evidence {
	struct pdf_evidence *of;
	size_t n;
};

static void evidence_clear(struct evidence *v)
{
	for (size_t i = 0; i < v->n; i++) {
		mem_free(&v->of[i].certs);
		mem_free(&v->of[i].ocsps);
		mem_free(&v->of[i].crls);
	}
	mem_free(&v->of);
}

static struct pdf_der *ders(const struct verify_kept *k, int list)
{
	struct pdf_der *out = mem_array(k->n[list] + 1, sizeof *out);

	for (size_t i = 0; i < k->n[list]; i++)
		out[i] = (struct pdf_der){ k->items[list][i].p, k->items[list][i].n };
	return out;
}

static void evidence_of(struct evidence *v, const struct verify_long_term *l)
{
	v->of = mem_array(l->n + 1, sizeof *v->of);
	for (; v->n < l->n; v->n++) {
		const struct verify_kept *k = &l->kept[v->n];
		v->of[v->n] = (struct pdf_evidence){
			.contents = { k->contents->p, k->contents->n }, .certs = ders(k, VERIFY_CERTS), .ncerts = k->n[VERIFY_CERTS],
			.ocsps = ders(k, VERIFY_OCSPS), .nocsps = k->n[VERIFY_OCSPS], .crls = ders(k, VERIFY_CRLS), .ncrls = k->n[VERIFY_CRLS],
		};
	}
}

/* Earlier bytes never change, and nobody's signature may be worse off: checked as a stranger would before it is given back. */
static int release(struct job_call *call, int in, int out, const struct verify_rules *rules, struct err *e)
{
	AUTO(json_release) json_t *report = NULL;
	unsigned char hash[32];
	struct stat before, after;

	if (fstat(in, &before) < 0 || fd_seal(out, e) || fstat(out, &after) < 0 ||
	    doc_same_bytes(in, out, (size_t)before.st_size, SIZE_MAX, SIZE_MAX, e) || verify_pdf(out, rules, &report, e) < 0 ||
	    sha256_fd(hash, out, e))
		return err_add(e, "completed file not released");
	if (verdict_from_id(json_str(report, "verdict", "invalid")) == VERDICT_INVALID)
		return err_set(e, ERR_INTERNAL, "completed file not released: it would be invalid");
	AUTO(mem_free) char *hex = hex_text(hash, sizeof hash);
	json_put_str(call->result, "sha256", hex);
	json_put(call->result, "bytes", json_integer((json_int_t)after.st_size));
	json_put(call->result, "report", STEAL(&report));
	return call_give_fd(call, out) < 0 ? err_set(e, ERR_INTERNAL, "call_give_fd") : 0;
}

/* Nothing is written while something is still to be asked: what is missing is missing for good. */
static int complete(struct job_call *call, int in, const struct verify_rules *rules, struct verify_long_term *l, struct err *e)
{
	AUTO(evidence_clear) struct evidence v = { 0 };
	AUTO(fd_close) int out = fd_memfd("completed", e);
	bool whole = !json_array_size(l->needs) && !json_array_size(l->faults);
	size_t added = 0;

	json_put(call->result, "needs", json_incref(l->needs));
	json_put(call->result, "faults", json_incref(l->faults));
	json_put(call->result, "complete", json_boolean(whole));
	if (out < 0)
		return -1;
	if (!whole)
		return 0;
	evidence_of(&v, l);
	if (pdf_append_dss(in, out, v.of, v.n, &added, e))
		return -1;
	return added ? release(call, in, out, rules, e) : 0;
}

int doc_complete(struct job_call *call, struct err *e)
{
	AUTO(answers_free) struct answers *a = mem_alloc(sizeof *a);
	AUTO(verify_long_term_clear) struct verify_long_term l = { 0 };
	struct verify_rules rules = { 0 };
	int fd = call_fd(call, 0, e);

	if (fd < 0 || answers_from(call->args, a, e) || doc_trust(call->config, &rules.trust, e))
		return -1;
	rules.answers = a->list;
	rules.nanswers = a->n;
	if (verify_long_term(fd, &rules, &l, e))
		return -1;
	if (l.verdict == VERDICT_INVALID || l.verdict == VERDICT_UNSIGNED) {
		err_set(e, ERR_REJECTED, "only intact signatures are completed");
		return err_reason(e, l.verdict == VERDICT_UNSIGNED ? "upgrade.unsigned" : "upgrade.not-intact");
	}
	return complete(call, fd, &rules, &l, e);
}
