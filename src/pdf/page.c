#include "pdf/inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* MediaBox, CropBox and Rotate are inherited down the page tree (ISO 32000-1 table 30); qpdf's C API does not resolve that. */
static struct pdf_val inherited(struct pdf *p, struct pdf_val page, const char *key)
{
	for (int depth = 0; depth < PDF_MAX_DEPTH && !pdf_nothing(page); depth++) {
		struct pdf_val v = pdf_get(p, page, key);
		if (!pdf_nothing(v))
			return v;
		page = pdf_get(p, page, "/Parent");
	}
	return (struct pdf_val){ 0 };
}

struct box {
	double x0, y0, x1, y1;
};

static bool read_box(struct pdf *p, struct pdf_val v, struct box *b)
{
	double n[4];

	if (pdf_count(p, v) != 4)
		return false;
	for (int i = 0; i < 4; i++) {
		n[i] = pdf_number(p, pdf_item(p, v, i), NAN);
		if (!(fabs(n[i]) < 1e6)) /* also NAN */
			return false;
	}
	*b = (struct box){ fmin(n[0], n[2]), fmin(n[1], n[3]), fmax(n[0], n[2]), fmax(n[1], n[3]) };
	return b->x1 - b->x0 >= 1 && b->y1 - b->y0 >= 1;
}

/* What viewers show: the crop box as far as it lies in the media box; letter size when a file has neither. */
static struct box shown(struct pdf *p, struct pdf_val page)
{
	struct box media = { 0, 0, 612, 792 }, crop, both;

	read_box(p, inherited(p, page, "/MediaBox"), &media);
	if (media.x1 - media.x0 < 1 || media.y1 - media.y0 < 1)
		media = (struct box){ 0, 0, 612, 792 };
	if (!read_box(p, inherited(p, page, "/CropBox"), &crop))
		return media;
	both = (struct box){ fmax(media.x0, crop.x0), fmax(media.y0, crop.y0), fmin(media.x1, crop.x1), fmin(media.y1, crop.y1) };
	return both.x1 - both.x0 >= 1 && both.y1 - both.y0 >= 1 ? both : media;
}

int pdf_page(struct pdf *p, int number, struct pdf_page *out, struct err *e)
{
	size_t mark = pdf_mark(p);
	struct pdf_val page = pdf_page_val(p, number);

	if (pdf_nothing(page))
		return err_set(e, ERR_PLACE_BAD, "page %d of %d", number, p->pages);
	struct box b = shown(p, page);
	long long turn = pdf_int(p, inherited(p, page, "/Rotate"), 0) % 360;
	*out = (struct pdf_page){ .width = b.x1 - b.x0, .height = b.y1 - b.y0, .x0 = b.x0, .y0 = b.y0 };
	out->rotate = turn % 90 ? 0 : (int)(turn < 0 ? turn + 360 : turn);
	if (out->rotate == 90 || out->rotate == 270) {
		double w = out->width;
		out->width = out->height;
		out->height = w;
	}
	pdf_ref(p, page, &out->id);
	pdf_rewind(p, mark);
	return 0;
}
