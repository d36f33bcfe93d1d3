/* Annotations that lie over one another: what is under one cannot be seen. What a signer saw is signed all the same, so this is
 * told beside the verdict; what came later is judged by the revision diff. */
#include <math.h>

#include "verify/inner.h"

enum { PAGES_MAX = 2000, ANNOTATIONS_MAX = 400, TOLD_MAX = 50 };
/* Neighbouring links of one line touch. */
static const double TOUCH = 1;

static bool box_of(struct pdf *p, struct pdf_val v, struct pdf_box *out)
{
	struct pdf_val rect = pdf_get(p, v, "/Rect");
	double n[4];

	if (pdf_count(p, rect) != 4 || pdf_is_name(p, pdf_get(p, v, "/Subtype"), "/Popup"))
		return false;
	for (int i = 0; i < 4; i++)
		n[i] = pdf_number(p, pdf_item(p, rect, i), 0);
	*out = (struct pdf_box){ fmin(n[0], n[2]), fmin(n[1], n[3]), fmax(n[0], n[2]), fmax(n[1], n[3]) };
	return out->x1 - out->x0 > TOUCH && out->y1 - out->y0 > TOUCH;
}

static bool meet(const struct pdf_box *a, const struct pdf_box *b)
{
	return fmin(a->x1, b->x1) - fmax(a->x0, b->x0) > TOUCH && fmin(a->y1, b->y1) - fmax(a->y0, b->y0) > TOUCH;
}

static bool page_overlaps(struct pdf *p, int page)
{
	struct pdf_val list = pdf_get(p, pdf_page_val(p, page), "/Annots");
	struct pdf_box boxes[ANNOTATIONS_MAX];
	int n = 0;

	for (int i = 0; i < pdf_count(p, list) && n < ANNOTATIONS_MAX; i++) {
		if (!box_of(p, pdf_item(p, list, i), &boxes[n]))
			continue;
		for (int k = 0; k < n; k++)
			if (meet(&boxes[k], &boxes[n]))
				return true;
		n++;
	}
	return false;
}

json_t *overlap_warnings(const struct look *l)
{
	json_t *warnings = json_array(), *pages = json_array();

	for (int n = 1; n <= pdf_pages(l->p) && n <= PAGES_MAX && json_array_size(pages) < TOLD_MAX; n++) {
		size_t mark = pdf_mark(l->p);
		if (page_overlaps(l->p, n))
			json_array_append_new(pages, json_integer(n));
		pdf_rewind(l->p, mark);
	}
	if (json_array_size(pages))
		json_array_append_new(warnings, json_pack("{s:s,s:O}", "id", "annotations-overlap", "pages", pages));
	json_decref(pages);
	return warnings;
}
