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
	if (!s->in_place)
		return;
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

void cover_place(struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct sig *s = &l->sigs[i];
		s->in_place = s->s->byte_range_ok;
		if (s->in_place)
			s->end = s->s->byte_range[2] + s->s->byte_range[3];
		else
			reason_add(s->reasons, "byte-range-broken");
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
