#include "pdf/writer.h"

#include "base/seal.h"

#include <stdlib.h>
#include <string.h>

/* Validation data for the long term: ETSI EN 319 142-1, 5.4.2. The catalog is written again with only /DSS changed. */

enum { DSS_ITEMS_MAX = 500, DSS_ITEM_BYTES = 8 << 20 };

/* References to old streams and new ones of one list; an answer that is there already is not written twice. */
struct list {
	const char *key;
	struct buf refs, own;            /* all; those given now (for /VRI) */
};

static void list_free(struct list *l)
{
	buf_free(&l->refs);
	buf_free(&l->own);
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

static bool given_before(const struct pdf_der *items, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (items[k].n == items[i].n && memcmp(items[k].p, items[i].p, items[i].n) == 0)
			return true;
	return false;
}

static int fill_list(struct tail *t, struct list *l, const struct pdf_der *items, size_t n, struct pdf_val dss, struct err *e)
{
	struct pdf *p = t->p;
	struct pdf_val old = pdf_get(p, dss, l->key);

	if (n > DSS_ITEMS_MAX || pdf_count(p, old) > DSS_ITEMS_MAX)
		return err_set(e, ERR_FILE_HOSTILE, "%zu items for %s", n, l->key);
	for (int i = 0; i < pdf_count(p, old); i++) {
		AUTO(mem_free) char *text = pdf_unparse(p, pdf_item(p, old, i));
		buf_printf(&l->refs, "%s ", text ? text : "null");
	}
	for (size_t i = 0; i < n; i++) {
		struct pdf_id id;
		if (items[i].n > DSS_ITEM_BYTES)
			return err_set(e, ERR_FILE_TOO_BIG, "%s of %zu bytes", l->key, items[i].n);
		if (given_before(items, i))
			continue;
		if (!find_old(p, old, &items[i], &id)) {
			id = tail_new(t);
			tail_stream(t, id, "", items[i].p, items[i].n);
			buf_printf(&l->refs, "%d 0 R ", id.num);
		}
		buf_printf(&l->own, "%d %d R ", id.num, id.gen);
	}
	return 0;
}

/* Old entries stay; the one of this signature is written anew. */
static void put_vri(struct tail *t, struct buf *b, struct pdf_val dss, const struct pdf_der *contents, const struct list l[3])
{
	static const char *const names[3] = { "/Cert", "/OCSP", "/CRL" };
	char key[42] = "/";

	sha1_name(key + 1, contents->p, contents->n);
	const char *const without[] = { key, NULL };
	buf_str(b, "/VRI << ");
	put_dict_keys(b, t->p, pdf_get(t->p, dss, "/VRI"), without);
	buf_printf(b, "%s << ", key);
	for (int i = 0; i < 3; i++)
		if (l[i].own.n)
			buf_printf(b, "%s [%s] ", names[i], (char *)l[i].own.p);
	buf_str(b, ">> >> ");
}

static void put_dss(struct tail *t, struct buf *b, struct pdf_val dss, const struct pdf_der *contents, const struct list l[3])
{
	static const char *const without[] = { "/Certs", "/OCSPs", "/CRLs", "/VRI", NULL };

	buf_str(b, "<< ");
	put_dict_keys(b, t->p, dss, without);
	for (int i = 0; i < 3; i++)
		if (l[i].refs.n)
			buf_printf(b, "%s [%s] ", l[i].key, (char *)l[i].refs.p);
	put_vri(t, b, dss, contents, l);
	buf_str(b, ">>");
}

static int write_dss(struct tail *t, const struct pdf_der *contents, const struct list l[3], struct pdf_val dss, struct err *e)
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
	AUTO(buf_free) struct buf b = { 0 };
	put_dss(t, &b, dss, contents, l);
	tail_open(t, self);
	buf_add(&t->b, b.p, b.n);
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

int pdf_append_dss(int in, int out, const struct pdf_der *certs, size_t ncerts, const struct pdf_der *ocsps, size_t nocsps,
                   const struct pdf_der *crls, size_t ncrls, const struct pdf_der *contents, struct err *e)
{
	AUTO(pdf_release) struct pdf *p = pdf_open(in, 0, PDF_STRICT, e);
	AUTO(tail_free) struct tail t = { 0 };
	struct list l[3] = { { .key = "/Certs" }, { .key = "/OCSPs" }, { .key = "/CRLs" } };

	if (!p || tail_begin(&t, p, e) < 0)
		return -1;
	struct pdf_val dss = pdf_get(p, pdf_root(p), "/DSS");
	int rc = fill_list(&t, &l[0], certs, ncerts, dss, e);
	if (rc == 0)
		rc = fill_list(&t, &l[1], ocsps, nocsps, dss, e);
	if (rc == 0)
		rc = fill_list(&t, &l[2], crls, ncrls, dss, e);
	if (rc == 0)
		rc = write_dss(&t, contents, l, dss, e);
	if (rc == 0) {
		tail_end(&t);
		rc = tail_write(&t, out, NULL, e);
	}
	for (int i = 0; i < 3; i++)
		list_free(&l[i]);
	return rc;
}
