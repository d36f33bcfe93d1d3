#include "verify/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"

enum { CHANGES_TOLD = 200 };

void diff_tell(struct diff *d, const char *kind, int page, int object, const char *reason)
{
	if (json_array_size(d->s->changes) < CHANGES_TOLD)
		json_array_append_new(d->s->changes, json_pack("{s:s, s:i, s:i}", "kind", kind, "page", page, "object", object));
	if (reason)
		reason_add(d->s->reasons, reason);
}

void diff_plain(struct diff *d, int num)
{
	if (num > 0 && num < d->top && (d->state[num] == CHANGED || d->state[num] == ADDED) && pdf_object_doubled(d->new, num))
		diff_tell(d, "key-twice", 0, num, "update-odd");
}

bool diff_is_new(const struct diff *d, int num)
{
	return num > 0 && num < d->top && d->state[num] == ADDED;
}

/* The same bytes at the same place are the same object: nothing below the end of the range can have changed. */
static bool same_place(struct diff *d, const struct pdf_entry *a, const struct pdf_entry *b)
{
	if (a->id.gen != b->id.gen)
		return false;
	if (a->at || b->at)
		return a->at == b->at;
	const struct pdf_entry *sa = pdf_entry(d->old, a->stream), *sb = pdf_entry(d->new, b->stream);
	return a->stream == b->stream && a->index == b->index && sa && sb && sa->at && sa->at == sb->at;
}

static bool same_content(struct diff *d, int num)
{
	AUTO(pdf_object_free) struct pdf_object a = { 0 }, b = { 0 };

	if (pdf_object(d->old, num, &a, NULL) || pdf_object(d->new, num, &b, NULL) || b.odd)
		return false;
	return a.id.gen == b.id.gen && a.is_stream == b.is_stream && a.text && b.text && !strcmp(a.text, b.text) &&
	       (!a.is_stream || (a.stream_len == b.stream_len && !memcmp(a.sha256, b.sha256, 32))) && a.nrefs == b.nrefs &&
	       (!a.nrefs || !memcmp(a.refs, b.refs, a.nrefs * sizeof *a.refs));
}

static int states(struct diff *d, struct err *e)
{
	const struct pdf_entry *a, *b;
	size_t na, nb, i = 0, k = 0;

	if (pdf_entries(d->old, &a, &na, e) || pdf_entries(d->new, &b, &nb, e))
		return -1;
	d->top = 1 + (na ? a[na - 1].id.num : 0);
	if (nb && b[nb - 1].id.num >= d->top)
		d->top = b[nb - 1].id.num + 1;
	d->state = mem_array((size_t)d->top, 1);
	d->role = mem_array((size_t)d->top, sizeof *d->role);
	d->owner = mem_array((size_t)d->top, sizeof *d->owner);
	while (i < na || k < nb) {
		int x = i < na ? a[i].id.num : d->top, y = k < nb ? b[k].id.num : d->top;
		if (x < y)
			d->state[a[i++].id.num] = GONE;
		else if (y < x)
			d->state[b[k++].id.num] = ADDED;
		else {
			d->state[x] = same_place(d, &a[i], &b[k]) || same_content(d, x) ? SAME : CHANGED;
			i++, k++;
		}
	}
	return 0;
}

static int by_target(const void *a, const void *b)
{
	const struct ref *x = a, *y = b;

	return x->to != y->to ? (x->to > y->to) - (x->to < y->to) : (x->from > y->from) - (x->from < y->from);
}

/* What an object in the file (not in an object stream) points to, read once for all the signatures before which it stands:
 * the same bytes at the same place, and all of them below the end of the older revision. NULL: read it there. */
static const struct pdf_object *known_refs(struct diff *d, const struct pdf_entry *old)
{
	const struct pdf_entry *list, *now = pdf_entry(d->new, old->id.num);
	struct look *l = d->l;
	size_t n;

	if (!old->at || !now || now->at != old->at || now->id.gen != old->id.gen || pdf_entries(d->new, &list, &n, NULL))
		return NULL;
	if (!l->objects)
		l->objects = mem_array(l->nobjects = n, sizeof *l->objects);
	struct pdf_object *o = &l->objects[now - list];
	if (!o->id.num && pdf_object_refs(d->new, old->id.num, o, NULL))
		return NULL;
	return o->end && o->end <= pdf_size(d->old) ? o : NULL;
}

static void add_refs(struct diff *d, size_t *cap, const struct pdf_object *o)
{
	while (*cap < d->nrefs + o->nrefs)
		d->refs = mem_grow(d->refs, *cap = *cap ? *cap * 2 : 1024, sizeof *d->refs);
	for (size_t k = 0; k < o->nrefs; k++)
		d->refs[d->nrefs++] = (struct ref){ o->refs[k].num, o->id.num };
}

/* From the raw bytes: the reader's library hides keys that point to undefined objects, which is where an attack hides. */
static int collect_refs(struct diff *d, struct err *e)
{
	const struct pdf_entry *a;
	size_t na, cap = 0;

	if (pdf_entries(d->old, &a, &na, e))
		return -1;
	for (size_t i = 0; i < na; i++) {
		AUTO(pdf_object_free) struct pdf_object own = { 0 };
		const struct pdf_object *o = known_refs(d, &a[i]);
		if (!o && pdf_object_refs(d->old, a[i].id.num, &own, e))
			return -1;
		add_refs(d, &cap, o ? o : &own);
	}
	return 0;
}

/* Breadth first from the trailer; the references still stand in order of their owners. What nothing reached pointed to is
 * as good as new: nobody saw it when the file was signed. */
static void reach(struct diff *d)
{
	size_t top = (size_t)d->top, mark = pdf_mark(d->old), head = 0, tail = 0;
	AUTO(mem_free) size_t *first = mem_array(top + 1, sizeof *first);
	AUTO(mem_free) int *queue = mem_array(top, sizeof *queue);
	struct pdf_val trailer = pdf_trailer(d->old);
	char **keys = pdf_keys(d->old, trailer);
	struct pdf_id id;

	d->reached = mem_array(top, 1);
	for (size_t i = 0, n = 0; n <= top; n++) {
		while (i < d->nrefs && (size_t)d->refs[i].from < n)
			i++;
		first[n] = i;
	}
	for (size_t i = 0; keys && keys[i]; i++)
		if (pdf_ref(d->old, pdf_get(d->old, trailer, keys[i]), &id) && id.num < d->top && !d->reached[id.num])
			d->reached[id.num] = 1, queue[tail++] = id.num;
	pdf_keys_free(keys);
	pdf_rewind(d->old, mark);
	while (head < tail) {
		size_t from = (size_t)queue[head++];
		for (size_t i = first[from]; i < first[from + 1]; i++) {
			int to = d->refs[i].to;
			if (to < d->top && !d->reached[to])
				d->reached[to] = 1, queue[tail++] = to;
		}
	}
	if (d->nrefs)
		qsort(d->refs, d->nrefs, sizeof *d->refs, by_target);
}

static size_t first_ref(const struct diff *d, int num)
{
	size_t lo = 0, hi = d->nrefs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (d->refs[mid].to < num)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool pointed_at(const struct diff *d, int num)
{
	for (size_t i = first_ref(d, num); i < d->nrefs && d->refs[i].to == num; i++)
		if (d->reached[d->refs[i].from])
			return true;
	return false;
}

/* Cross-reference streams name the catalog and /Info; nothing is drawn through them. */
static bool is_container(struct pdf *p, int num)
{
	const struct pdf_entry *en = pdf_entry(p, num);
	size_t mark = pdf_mark(p);
	bool is = false;

	if (en && en->at) {
		struct pdf_val v = pdf_value(p, en->id), type = pdf_get(p, v, "/Type");
		is = pdf_kind(p, v) == PDF_STREAM && (pdf_is_name(p, type, "/XRef") || pdf_is_name(p, type, "/ObjStm"));
	}
	pdf_rewind(p, mark);
	return is;
}

bool diff_only_from(const struct diff *d, int num, unsigned roles)
{
	for (size_t i = first_ref(d, num); i < d->nrefs && d->refs[i].to == num; i++)
		if (d->reached[d->refs[i].from] && !(d->role[d->refs[i].from] & roles) && !is_container(d->old, d->refs[i].from))
			return false;
	return true;
}

/* Object streams may be written anew; what they hold is compared object by object. */
static bool both_containers(struct diff *d, int num)
{
	return is_container(d->old, num) && is_container(d->new, num);
}

/* A place that holds no such object makes readers search the file for one: two readers, two documents. */
static void look_at_added(struct diff *d, int num)
{
	AUTO(pdf_object_free) struct pdf_object o = { 0 };

	if (pdf_object_refs(d->new, num, &o, NULL) || o.odd)
		diff_tell(d, "object-odd", 0, num, "update-odd");
	/* undefined when signed, but already pointed at: hide-and-replace */
	if (pointed_at(d, num))
		diff_tell(d, "hidden-content", 0, num, "hidden-content");
}

static void look_at_all(struct diff *d)
{
	diff_frame(d);
	for (int n = 1; n < d->top; n++)
		switch (d->state[n]) {
		case SAME:
			break;
		case ADDED:
			look_at_added(d, n);
			break;
		case GONE:
			if (pointed_at(d, n))
				diff_tell(d, "object-removed", 0, n, "changed-after-signing");
			break;
		default:
			if (d->reached[n] && !both_containers(d, n))
				diff_object(d, n);
		}
}

static void diff_clear(struct diff *d)
{
	mem_free(&d->state);
	mem_free(&d->role);
	mem_free(&d->owner);
	mem_free(&d->refs);
	mem_free(&d->reached);
	pdf_release(&d->old);
}

static void later_marks(struct diff *d)
{
	for (size_t i = 0; i < d->l->n; i++) {
		const struct sig *s = &d->l->sigs[i];
		if (!s->in_place || s->end <= d->s->end)
			continue;
		bool stamp = s->use == CMS_USE_TIMESTAMP;
		/* ISO 32000-2 12.8.2.2: P=1 leaves validation data and document time-stamps alone */
		diff_tell(d, stamp ? "timestamp-added" : "signature-added", s->s->page, s->s->field_id.num,
		          d->permit == 1 && !stamp ? "certification-forbids" : "signed-again-later");
	}
}

/* The revision that was signed holds this signature, in this field; a dictionary that only a later revision dug out of the
 * signed bytes says nothing about what the signer saw. */
static bool in_own_revision(struct diff *d)
{
	struct pdf_signature *list = NULL;
	const struct pdf_signature *s = d->s->s;
	size_t n = 0;
	bool there = false;

	/* a field that stands in the form's array itself has no number: then all are looked at */
	if (pdf_signatures_of(d->old, s->field_id, &list, &n, NULL))
		return false;
	for (size_t i = 0; i < n && !there; i++)
		there = pdf_same(list[i].field_id, s->field_id) && pdf_same(list[i].value_id, s->value_id) &&
		        !memcmp(list[i].byte_range, s->byte_range, sizeof s->byte_range) && !strcmp(list[i].field, s->field) &&
		        list[i].contents->n == s->contents->n;
	pdf_signatures_free(list, n);
	return there;
}

/* Sections behind the range must not give one object two places. */
static void look_at_sections(struct diff *d)
{
	const struct pdf_section *list;
	size_t n;

	if (pdf_sections(d->new, &list, &n, NULL))
		return;
	for (size_t i = 0; i < n; i++)
		if (list[i].doubled && list[i].at >= d->s->end)
			diff_tell(d, "object-twice", 0, 0, "update-odd");
}

int diff_after(struct look *l, struct sig *s, struct err *e)
{
	AUTO(diff_clear) struct diff d = { .l = l, .s = s, .new = l->p };

	err_clear(e);
	d.old = pdf_open_first(l->p, (size_t)s->end, e);
	if (!d.old || states(&d, e) || collect_refs(&d, e)) {
		err_clear(e);
		reason_add(s->reasons, "revision-damaged");
		return 0;
	}
	reach(&d);
	if (!in_own_revision(&d))
		reason_add(s->reasons, "signature-misplaced");
	diff_permit(&d);
	diff_roles(&d);
	look_at_sections(&d);
	look_at_all(&d);
	later_marks(&d);
	return 0;
}
