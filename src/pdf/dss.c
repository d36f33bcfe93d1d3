#include "pdf/writer.h"

#include "base/seal.h"

#include <stdlib.h>
#include <string.h>

/* Validation data for the long term: ETSI EN 319 142-1, 5.4.2. The catalog is written again with only /DSS changed. */

enum { DSS_ITEMS_MAX = 500, DSS_ITEM_BYTES = 8 << 20 };

/* One list of /DSS: references to its old streams and to new ones; an answer that is there already is not written twice. */
struct list {
	const char *key, *vri_key;
	struct pdf_val old;
	struct buf refs, own;            /* all; those of the signature at hand, for /VRI */
	struct made { const struct pdf_der *d; struct pdf_id id; } *made;
	size_t n, cap;
};
enum { LIST_CERTS, LIST_OCSPS, LIST_CRLS, LISTS };

static void lists_free(struct list l[LISTS])
{
	for (int i = 0; i < LISTS; i++) {
		buf_free(&l[i].refs);
		buf_free(&l[i].own);
		mem_free(&l[i].made);
	}
}

static bool holds(struct pdf *p, struct pdf_val stream, const struct pdf_der *d)
{
	AUTO(buf_free) struct buf b = { 0 };

	return pdf_stream(p, stream, false, DSS_ITEM_BYTES, &b, NULL) == 0 && b.n == d->n && memcmp(b.p, d->p, d->n) == 0;
}

/* The old item that is byte for byte this one; its number, or 0. */
static int find_old(struct pdf *p, struct pdf_val old, const struct pdf_der *d, struct pdf_id *id)
{
	for (int i = 0; i < pdf_count(p, old); i++) {
		size_t mark = pdf_mark(p);
		struct pdf_val v = pdf_item(p, old, i);
		bool same = pdf_ref(p, v, id) && holds(p, v, d);
		pdf_rewind(p, mark);
		if (same)
			return id->num;
	}
	return 0;
}

static const struct made *find_made(const struct list *l, const struct pdf_der *d)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->made[i].d->n == d->n && memcmp(l->made[i].d->p, d->p, d->n) == 0)
			return &l->made[i];
	return NULL;
}

static int list_begin(struct tail *t, struct list *l, struct pdf_val dss, struct err *e)
{
	l->old = pdf_get(t->p, dss, l->key);
	if (pdf_count(t->p, l->old) > DSS_ITEMS_MAX)
		return err_set(e, ERR_FILE_HOSTILE, "%d items for %s", pdf_count(t->p, l->old), l->key);
	for (int i = 0; i < pdf_count(t->p, l->old); i++) {
		AUTO(mem_free) char *text = pdf_unparse(t->p, pdf_item(t->p, l->old, i));
		buf_printf(&l->refs, "%s ", text ? text : "null");
	}
	return 0;
}

static void add_new(struct tail *t, struct list *l, const struct pdf_der *d, struct pdf_id *id)
{
	*id = tail_new(t);
	tail_stream(t, *id, "", d->p, d->n);
	buf_printf(&l->refs, "%d 0 R ", id->num);
	if (l->n == l->cap)
		l->made = mem_grow(l->made, l->cap = l->cap * 2 + 16, sizeof *l->made);
	l->made[l->n++] = (struct made){ d, *id };
}

static int add_items(struct tail *t, struct list *l, const struct pdf_der *items, size_t n, struct err *e)
{
	l->own.n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct made *known = find_made(l, &items[i]);
		struct pdf_id id;
		if (items[i].n > DSS_ITEM_BYTES || l->n >= DSS_ITEMS_MAX)
			return err_set(e, ERR_FILE_TOO_BIG, "%s: %zu items, one of %zu bytes", l->key, n, items[i].n);
		if (known)
			id = known->id;
		else if (!find_old(t->p, l->old, &items[i], &id))
			add_new(t, l, &items[i], &id);
		buf_printf(&l->own, "%d %d R ", id.num, id.gen);
	}
	return 0;
}

/* ISO 32000-2, 12.8.4.4: the key is the SHA-1 of /Contents as it stands, padding included. */
static void put_vri(struct buf *b, const struct pdf_evidence *of, const struct list l[LISTS])
{
	char key[41];

	if (!of->contents.n)
		return;
	sha1_name(key, of->contents.p, of->contents.n);
	buf_printf(b, "/%s << ", key);
	for (int i = 0; i < LISTS; i++)
		if (l[i].own.n)
			buf_printf(b, "%s [%s] ", l[i].vri_key, (char *)l[i].own.p);
	buf_str(b, ">> ");
}

/* Old entries of /VRI stay; those of these signatures are written anew. */
static void put_old_vri(struct tail *t, struct buf *b, struct pdf_val dss, const struct pdf_evidence *of, size_t n)
{
	AUTO(mem_free) char (*keys)[42] = mem_array(n + 1, sizeof *keys);
	AUTO(mem_free) const char **without = mem_array(n + 1, sizeof *without);

	for (size_t i = 0; i < n; i++) {
		keys[i][0] = '/';
		sha1_name(keys[i] + 1, of[i].contents.p, of[i].contents.n);
		without[i] = keys[i];
	}
	put_dict_keys(b, t->p, pdf_get(t->p, dss, "/VRI"), without);
}

static void put_dss(struct tail *t, struct buf *b, struct pdf_val dss, const struct buf *vri, const struct list l[LISTS])
{
	static const char *const without[] = { "/Certs", "/OCSPs", "/CRLs", "/VRI", NULL };

	buf_str(b, "<< ");
	put_dict_keys(b, t->p, dss, without);
	for (int i = 0; i < LISTS; i++)
		if (l[i].refs.n)
			buf_printf(b, "%s [%s] ", l[i].key, (char *)l[i].refs.p);
	buf_printf(b, "/VRI << %s>> >>", vri->n ? (char *)vri->p : "");
}

static int write_dss(struct tail *t, const char *text, struct pdf_val dss, struct err *e)
{
	static const char *const without[] = { "/DSS", NULL };
	struct pdf *p = t->p;
	struct pdf_val root = pdf_root(p);
	struct pdf_id id, self;

	if (!pdf_ref(p, root, &id) || !pdf_entry(p, id.num))
		return err_set(e, ERR_PDF_DAMAGED, "the catalog is no object of the file");
	bool placed = pdf_ref(p, dss, &self) && pdf_entry(p, self.num);
	if (!placed)
		self = tail_new(t);
	tail_open(t, self);
	buf_str(&t->b, text);
	tail_close(t);
	if (placed) /* the catalog points there already and stays untouched */
		return 0;
	tail_open(t, id);
	buf_str(&t->b, "<< ");
	put_dict_keys(&t->b, p, root, without);
	buf_printf(&t->b, "/DSS %d 0 R >>", self.num);
	tail_close(t);
	return 0;
}

static int build(struct tail *t, const struct pdf_evidence *of, size_t n, struct list l[LISTS], struct err *e)
{
	struct pdf_val dss = pdf_get(t->p, pdf_root(t->p), "/DSS");
	AUTO(buf_free) struct buf vri = { 0 }, text = { 0 };

	for (int i = 0; i < LISTS; i++)
		if (list_begin(t, &l[i], dss, e) < 0)
			return -1;
	put_old_vri(t, &vri, dss, of, n);
	for (size_t i = 0; i < n; i++) {
		if (add_items(t, &l[LIST_CERTS], of[i].certs, of[i].ncerts, e) < 0 || add_items(t, &l[LIST_OCSPS], of[i].ocsps, of[i].nocsps, e) < 0 ||
		    add_items(t, &l[LIST_CRLS], of[i].crls, of[i].ncrls, e) < 0)
			return -1;
		put_vri(&vri, &of[i], l);
	}
	put_dss(t, &text, dss, &vri, l);
	return write_dss(t, (const char *)text.p, dss, e);
}

int pdf_append_dss(int in, int out, const struct pdf_evidence *of, size_t n, size_t *added, struct err *e)
{
	AUTO(pdf_release) struct pdf *p = pdf_open(in, 0, PDF_STRICT, e);
	AUTO(tail_free) struct tail t = { 0 };
	struct list l[LISTS] = { { .key = "/Certs", .vri_key = "/Cert" }, { .key = "/OCSPs", .vri_key = "/OCSP" },
		                 { .key = "/CRLs", .vri_key = "/CRL" } };
	int rc;

	if (!p || tail_begin(&t, p, e) < 0)
		return -1;
	rc = build(&t, of, n, l, e);
	*added = l[LIST_CERTS].n + l[LIST_OCSPS].n + l[LIST_CRLS].n;
	lists_free(l);
	if (rc < 0 || !*added)
		return rc;
	tail_end(&t);
	return tail_write(&t, out, NULL, e);
}
