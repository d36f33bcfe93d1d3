/* Annotations of a page: those of the signed revision stay, and only the mark of a later signature may join them. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "verify/diff_form.h"

enum { LOOK_MAX = 1 << 20, BOXES_MAX = 4000 };
/* No honest mark takes more of a page than this. */
static const double SHARE_MAX = 1.0 / 3;

bool diff_acts(struct diff *d, struct pdf_val v)
{
	return !pdf_nothing(pdf_get(d->new, v, "/A")) || !pdf_nothing(pdf_get(d->new, v, "/AA"));
}

static struct pdf_box box_of(struct pdf *p, struct pdf_val v)
{
	struct pdf_val rect = pdf_get(p, v, "/Rect");
	double n[4] = { 0 };

	for (int i = 0; pdf_count(p, rect) == 4 && i < 4; i++)
		n[i] = pdf_number(p, pdf_item(p, rect, i), 0);
	return (struct pdf_box){ fmin(n[0], n[2]), fmin(n[1], n[3]), fmax(n[0], n[2]), fmax(n[1], n[3]) };
}

static double area(struct pdf *p, struct pdf_val v)
{
	struct pdf_box b = box_of(p, v);

	return (b.x1 - b.x0) * (b.y1 - b.y0);
}

static bool draws(struct pdf *p, struct pdf_val look)
{
	AUTO(buf_free) struct buf b = { 0 };

	if (pdf_kind(p, look) == PDF_DICT) {
		char **keys = pdf_keys(p, look);
		bool any = false;
		for (size_t i = 0; keys && keys[i] && !any; i++) {
			struct pdf_val one = pdf_get(p, look, keys[i]);
			any = pdf_kind(p, one) == PDF_STREAM && draws(p, one);
		}
		pdf_keys_free(keys);
		return any;
	}
	if (pdf_kind(p, look) != PDF_STREAM)
		return false;
	if (pdf_stream(p, look, false, LOOK_MAX, &b, NULL))
		return true;
	for (size_t i = 0; i < b.n; i++)
		if (!strchr(" \t\r\n\f", b.p[i]) || !b.p[i])
			return true;
	return false;
}

bool diff_shows(struct diff *d, struct pdf_val v)
{
	struct pdf_val kids = pdf_get(d->new, v, "/Kids");

	for (int i = 0; i < pdf_count(d->new, kids); i++)
		if (diff_shows(d, pdf_item(d->new, kids, i)))
			return true;
	return area(d->new, v) > 0 && draws(d->new, pdf_get(d->new, pdf_get(d->new, v, "/AP"), "/N"));
}

/* Rule V3: an annotation is only right where the certifier allowed it, and even then it is told. */
static void foreign_annotation(struct diff *d, struct pdf_val v, int page, int num)
{
	bool widget = pdf_is_name(d->new, pdf_get(d->new, v, "/Subtype"), "/Widget");
	bool allowed = d->permit == 3 && !widget && !diff_acts(d, v);

	diff_tell(d, "annotation-added", page, num, allowed ? "annotation-added" : "changed-after-signing");
}

/* One mark on many pages is a cover, not a signature. */
static int pages_showing(struct diff *d, struct pdf_id widget)
{
	int count = 0;

	for (int n = 1; n <= pdf_pages(d->new); n++) {
		size_t mark = pdf_mark(d->new);
		struct pdf_val list = pdf_get(d->new, pdf_page_val(d->new, n), "/Annots");
		struct pdf_id id;
		for (int i = 0; i < pdf_count(d->new, list); i++)
			count += pdf_ref(d->new, pdf_item(d->new, list, i), &id) && pdf_same(id, widget);
		pdf_rewind(d->new, mark);
	}
	return count;
}

static bool covers_page(struct diff *d, struct pdf_val v, int page)
{
	struct pdf_page pg;

	return !pdf_page(d->new, page, &pg, NULL) && area(d->new, v) > SHARE_MAX * pg.width * pg.height;
}

/* Over the middle of a line, and over more of it than a stray point. */
static bool lies_over(struct pdf_box mark, struct pdf_box text)
{
	double middle = (text.y0 + text.y1) / 2;

	return middle > mark.y0 && middle < mark.y1 && fmin(mark.x1, text.x1) - fmax(mark.x0, text.x0) > 3;
}

/* A seal may lie over a signature (decree 30/2020, appendix I): marks of signatures are no content here. What a field shows is. */
static bool over_annotation(struct diff *d, struct pdf_box mark, int page)
{
	struct pdf_val list = pdf_get(d->old, pdf_page_val(d->old, page), "/Annots");

	for (int i = 0; i < pdf_count(d->old, list); i++) {
		struct pdf_val v = pdf_item(d->old, list, i);
		if (!diff_is_signature(d->old, v) && draws(d->old, pdf_get(d->old, pdf_get(d->old, v, "/AP"), "/N")) &&
		    lies_over(mark, box_of(d->old, v)))
			return true;
	}
	return false;
}

/* Sneaky signatures: somebody signs a mark that hides or adds to what others signed before. */
static bool over_content(struct diff *d, struct pdf_val v, int page)
{
	AUTO(mem_free) struct pdf_box *text = mem_array(BOXES_MAX, sizeof *text);
	struct pdf_box mark = box_of(d->new, v);
	int n = pdf_glance(d->old, page, text, BOXES_MAX);

	for (int i = 0; i < n; i++)
		if (lies_over(mark, text[i]))
			return true;
	return n < 0 || over_annotation(d, mark, page);
}

static void new_mark(struct diff *d, struct pdf_val v, struct pdf_id id, int page)
{
	const struct pdf_entry *old = pdf_entry(d->old, id.num);
	bool is_signed = diff_is_signed(d->new, v), shows = diff_shows(d, v);

	diff_plain(d, id.num);
	if (diff_acts(d, v))
		diff_tell(d, "annotation-added", page, id.num, "changed-after-signing");
	if (old && diff_is_signed(d->old, pdf_value(d->old, old->id)))
		diff_tell(d, "signature-changed", page, id.num, "signature-changed");
	if (shows && !is_signed)
		diff_tell(d, "mark-without-signature", page, id.num, "covered-by-later-mark");
	if (shows && pages_showing(d, id) != 1)
		diff_tell(d, "mark-on-many-pages", page, id.num, "covered-by-later-mark");
	if (shows && (covers_page(d, v, page) || over_content(d, v, page)))
		diff_tell(d, "mark-over-content", page, id.num, "mark-over-content");
}

static void new_annotation(struct diff *d, struct pdf_val v, int page, int num)
{
	bool widget = pdf_is_name(d->new, pdf_get(d->new, v, "/Subtype"), "/Widget");
	struct pdf_id id;

	if (!pdf_ref(d->new, v, &id) || !widget || !diff_is_signature(d->new, v))
		foreign_annotation(d, v, page, num);
	else
		new_mark(d, v, id, page);
}

void diff_annotations(struct diff *d, struct pdf_val a, struct pdf_val b, int page, int num)
{
	int na = pdf_count(d->old, a), nb = pdf_count(d->new, b), k = 0;

	for (int i = 0; i < nb; i++) {
		struct pdf_val item = pdf_item(d->new, b, i);
		if (k < na && diff_same_item(d, pdf_item(d->old, a, k), item))
			k++;
		else
			new_annotation(d, item, page, num);
	}
	if (k < na)
		diff_tell(d, "annotation-removed", page, num, "changed-after-signing");
}
