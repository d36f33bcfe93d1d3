#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "main/doc.h"
#include "verify/verify.h"

enum { ANSWERS_MAX = 64, ANCHORS_MAX = 512 };

struct answers {
	struct buf bytes[ANSWERS_MAX];
	struct verify_answer list[ANSWERS_MAX];
	size_t n;
};

static void answers_clear(struct answers *a)
{
	for (size_t i = 0; i < COUNT(a->bytes); i++)
		buf_free(&a->bytes[i]);
}

static int answers_from(const json_t *args, struct answers *a, struct err *e)
{
	const json_t *list = json_at(args, "answers");

	for (size_t i = 0; i < json_array_size(list) && a->n < ANSWERS_MAX; i++) {
		const json_t *one = json_array_get(list, i);
		struct buf *b = &a->bytes[a->n];
		bool crl = !strcmp(json_str(one, "kind", ""), "crl");
		if (arg_bytes(one, "bytes", b, e))
			return -1;
		if (!b->n)
			continue;
		a->list[a->n++] = (struct verify_answer){ .p = b->p, .n = b->n, .kind = crl ? ANSWER_CRL : ANSWER_OCSP };
	}
	return 0;
}

/* Anchors that came with the question (`verify --trust DIR`: this helper reads no folders) stand in the place of the
 * configured ones. */
static int anchors_from(struct job_call *call, struct trust_store **own, const struct trust_store **out, struct err *e)
{
	const json_t *list = json_at(call->args, "anchors"), *one;
	size_t i;

	if (!json_is_array(list))
		return doc_trust(call->config, out, e);
	*out = *own = trust_new();
	json_array_foreach(list, i, one) {
		AUTO(buf_free) struct buf b = { 0 };
		if (i == ANCHORS_MAX || arg_bytes(one, "bytes", &b, e))
			return err_set(e, ERR_USAGE, "anchor %zu", i);
		trust_add(*own, (struct der){ b.p, b.n }, json_is(one, "government"));
	}
	return 0;
}

static void store_release(struct trust_store **t)
{
	trust_free(*t);
}

int doc_verify(struct job_call *call, struct err *e)
{
	AUTO(store_release) struct trust_store *own = NULL;
	AUTO(mem_free) struct answers *a = mem_alloc(sizeof *a);
	AUTO(json_release) json_t *report = NULL;
	struct verify_rules rules = { .answers = a->list };
	const char *at = json_str(call->args, "at", "");
	int fd = call_fd(call, 0, e), rc;

	if (fd < 0 || anchors_from(call, &own, &rules.trust, e))
		return -1;
	if (*at && !clock_parse(at, &rules.at))
		return err_set(e, ERR_USAGE, "at is no time");
	rc = answers_from(call->args, a, e);
	rules.nanswers = a->n;
	if (!rc)
		rc = verify_pdf(fd, &rules, &report, e) < 0 ? -1 : 0;
	answers_clear(a);
	if (rc)
		return -1;
	json_object_update(call->result, report);
	return 0;
}

int doc_revision(struct job_call *call, struct err *e)
{
	AUTO(fd_close) int out = fd_memfd("revision", e);
	int fd = call_fd(call, 0, e);

	if (fd < 0 || out < 0 || verify_revision(fd, (int)json_int(call->args, "revision", 1), out, e) || fd_seal(out, e))
		return -1;
	return call_give_fd(call, out) < 0 ? err_set(e, ERR_INTERNAL, "call_give_fd") : 0;
}
