#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "verify/inner.h"

static bool is_space(int c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

/* Only white space from `at` to the end of the file? */
static bool blank_to_end(const struct look *l, uint64_t at)
{
	unsigned char part[4096];
	uint64_t size = pdf_size(l->p);

	while (at < size) {
		size_t n = size - at < sizeof part ? (size_t)(size - at) : sizeof part;
		if (pdf_raw(l->p, at, part, n))
			return false;
		for (size_t i = 0; i < n; i++)
			if (!is_space(part[i]))
				return false;
		at += n;
	}
	return true;
}

int cover_revision(const struct look *l, uint64_t end)
{
	int n = 0;

	for (size_t i = 0; i < l->neofs && l->eofs[i] <= end + 2; i++)
		n++;
	if (n > 1 && pdf_is_linearized(l->p))
		n--;
	return n;
}

static void check_range(const struct look *l, struct sig *s)
{
	if (!s->s->byte_range_ok) {
		reason_add(s->reasons, "byte-range-broken");
		return;
	}
	s->in_place = true;
	s->end = s->s->byte_range[2] + s->s->byte_range[3];
	s->revision = cover_revision(l, s->end);
	s->whole = blank_to_end(l, s->end);
	/* ISO 32000-2 12.8.1: the range is the whole of its revision; what it leaves out can be changed unseen */
	if (!pdf_ends_at(l->p, s->end))
		reason_add(s->reasons, "range-ends-inside");
}

/* In turn: each signature covers the one before it with its contents; anything else is two stories about one file. */
static void check_order(struct look *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct sig *a = &l->sigs[i - 1], *b = &l->sigs[i];
		if (!a->in_place || !b->in_place)
			continue;
		if (b->s->byte_range[1] < a->end) {
			reason_add(a->reasons, "range-overlap");
			reason_add(b->reasons, "range-overlap");
		}
	}
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < i; k++)
			if (l->list[i].value_id.num && pdf_same(l->list[i].value_id, l->list[k].value_id)) {
				reason_add(l->sigs[i].reasons, "signature-shared");
				reason_add(l->sigs[k].reasons, "signature-shared");
			}
}

int cover_check(struct look *l, struct err *e)
{
	if (pdf_eofs(l->p, &l->eofs, &l->neofs, e))
		return -1;
	for (size_t i = 0; i < l->n; i++)
		check_range(l, &l->sigs[i]);
	check_order(l);
	return 0;
}

/* Read once from the end of the first range on; a fault is one of every signature whose range ends before it. */
void cover_behind(struct look *l)
{
	uint64_t from = UINT64_MAX, bad, last = l->neofs ? l->eofs[l->neofs - 1] : 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->sigs[i].in_place && !l->sigs[i].whole && l->sigs[i].end < from)
			from = l->sigs[i].end;
	if (from == UINT64_MAX || !pdf_behind(l->p, from, &bad))
		return;
	for (size_t i = 0; i < l->n; i++)
		if (l->sigs[i].in_place && !l->sigs[i].whole && l->sigs[i].end <= bad)
			reason_add(l->sigs[i].reasons, bad >= last ? "bytes-after-end" : "update-odd");
}

/* ---- one pass ------------------------------------------------------------------------------------------------------ */
enum { PIECE = 256 * 1024, NIDS_MAX = 8 };

struct pass {
	int nids[NIDS_MAX];
	struct hash *running[NIDS_MAX];   /* from 0 on, one a kind of hash */
	size_t n;
	struct hash **own;                /* one a signature: its copy, from its gap on */
};

static size_t pass_of(struct pass *p, int nid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->nids[i] == nid)
			return i;
	if (p->n == NIDS_MAX || !(p->running[p->n] = hash_new(nid)))
		return NIDS_MAX;
	p->nids[p->n] = nid;
	return p->n++;
}

static bool wants_hash(const struct sig *s)
{
	return s->in_place && s->cms && cms_range_hash(s->cms);
}

/* Next offset after `at` where something begins or ends for anyone. */
static uint64_t next_edge(const struct look *l, uint64_t at, uint64_t stop)
{
	uint64_t edge = stop;

	for (size_t i = 0; i < l->n; i++) {
		if (!wants_hash(&l->sigs[i]))
			continue;
		const uint64_t marks[3] = { l->sigs[i].s->byte_range[1], l->sigs[i].s->byte_range[2], l->sigs[i].end };
		for (size_t k = 0; k < 3; k++)
			if (marks[k] > at && marks[k] < edge)
				edge = marks[k];
	}
	return edge;
}

/* Copies are taken where a gap begins; `at` stands exactly there. */
static void take_copies(struct look *l, struct pass *p, uint64_t at)
{
	for (size_t i = 0; i < l->n; i++) {
		struct sig *s = &l->sigs[i];
		if (!wants_hash(s) || s->s->byte_range[1] != at || p->own[i])
			continue;
		size_t k = pass_of(p, cms_range_hash(s->cms));
		if (k < NIDS_MAX)
			p->own[i] = hash_copy(p->running[k]);
	}
}

static void feed(struct look *l, struct pass *p, uint64_t at, const unsigned char *data, size_t n, uint64_t last_gap)
{
	for (size_t k = 0; at < last_gap && k < p->n; k++)
		hash_add(p->running[k], data, n);
	for (size_t i = 0; i < l->n; i++)
		if (p->own[i] && at >= l->sigs[i].s->byte_range[2] && at < l->sigs[i].end)
			hash_add(p->own[i], data, n);
}

static int run_pass(struct look *l, struct pass *p, uint64_t last_gap, uint64_t stop, struct err *e)
{
	AUTO(mem_free) unsigned char *part = mem_alloc(PIECE);
	uint64_t at = 0;

	while (at < stop) {
		uint64_t edge = next_edge(l, at, stop);
		size_t n = edge - at < PIECE ? (size_t)(edge - at) : PIECE;
		take_copies(l, p, at);
		if (pdf_raw(l->p, at, part, n))
			return err_set(e, ERR_INTERNAL, "read at %llu", (unsigned long long)at);
		feed(l, p, at, part, n, last_gap);
		at += n;
	}
	return 0;
}

int cover_hash(struct look *l, struct err *e)
{
	struct pass p = { .own = mem_array(l->n, sizeof *p.own) };
	uint64_t stop = 0, last_gap = 0;
	int rc;

	for (size_t i = 0; i < l->n; i++) {
		const struct sig *s = &l->sigs[i];
		if (!wants_hash(s))
			continue;
		pass_of(&p, cms_range_hash(s->cms));
		stop = s->end > stop ? s->end : stop;
		last_gap = s->s->byte_range[1] > last_gap ? s->s->byte_range[1] : last_gap;
	}
	rc = run_pass(l, &p, last_gap, stop, e);
	for (size_t i = 0; i < l->n; i++) {
		if (p.own[i] && !rc)
			l->sigs[i].ndigest = hash_end(p.own[i], l->sigs[i].digest);
		hash_free(p.own[i]);
	}
	for (size_t k = 0; k < p.n; k++)
		hash_free(p.running[k]);
	mem_free(&p.own);
	return rc;
}
