#include "pdf/look.h"

#include "pdf/font.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINES = 64, MAX_IMAGE_SIDE = 4000 };
static const double PAD = 3, LEADING = 1.16, BIGGEST = 10, SMALLEST = 4.5;

struct layout {
	char *lines[MAX_LINES];
	size_t n;
	double size;
};

static void layout_clear(struct layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->lines[i]);
	l->n = 0;
}

/* Breaks one line at spaces to fit `room` ems; a word that is wider alone stays whole. 0, or -1 when there are too many. */
static int break_line(struct layout *l, struct font *f, const char *line, double room)
{
	AUTO(mem_free) char *copy = mem_str(line);
	AUTO(buf_free) struct buf now = { 0 };
	char *save = NULL;

	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		AUTO(mem_free) char *wider = mem_printf("%s%s%s", now.n ? (char *)now.p : "", now.n ? " " : "", word);
		if (now.n && font_width(f, wider, NULL) > room) {
			if (l->n == MAX_LINES)
				return -1;
			l->lines[l->n++] = buf_steal(&now);
			buf_str(&now, word);
			continue;
		}
		now.n = 0;
		buf_str(&now, wider);
	}
	if (l->n == MAX_LINES)
		return -1;
	l->lines[l->n++] = buf_steal(&now);
	return 0;
}

static double widest(struct layout *l, struct font *f)
{
	double w = 0;

	for (size_t i = 0; i < l->n; i++)
		w = fmax(w, font_width(f, l->lines[i], NULL));
	return w;
}

/* The biggest size at which the lines fit, broken at spaces where they are long; else unbroken and as small as it takes. A
 * size that is prescribed is kept, or the box is too small. */
static int fit(struct layout *l, struct font *f, char *const *lines, size_t n, double fixed, double w, double h, struct err *e)
{
	for (double size = fixed > 0 ? fixed : BIGGEST; size >= (fixed > 0 ? fixed : SMALLEST); size -= 0.25) {
		bool ok = true;
		layout_clear(l);
		for (size_t i = 0; ok && i < n; i++)
			ok = break_line(l, f, lines[i], w / size) == 0;
		l->size = size;
		if (ok && (double)l->n * size * LEADING <= h && widest(l, f) * size <= w)
			return 0;
	}
	if (fixed > 0) {
		err_set(e, ERR_PLACE_BAD, "%zu lines of size %g do not fit %gx%g", n, fixed, w, h);
		return err_reason(e, "place.too-small");
	}
	layout_clear(l);
	for (size_t i = 0; i < n; i++)
		l->lines[l->n++] = mem_str(lines[i]);
	l->size = fmin(h / ((double)n * LEADING), w / fmax(widest(l, f), 0.1));
	return 0;
}

static void put_color(struct buf *b, unsigned rgb, const char *op)
{
	put_num(b, (rgb >> 16 & 255) / 255.0);
	buf_str(b, " ");
	put_num(b, (rgb >> 8 & 255) / 255.0);
	buf_str(b, " ");
	put_num(b, (rgb & 255) / 255.0);
	buf_printf(b, " %s\n", op);
}

static void put_nums(struct buf *b, const double *v, int n, const char *op)
{
	for (int i = 0; i < n; i++) {
		put_num(b, v[i]);
		buf_str(b, " ");
	}
	buf_printf(b, "%s\n", op);
}

static void draw_text(struct buf *b, struct font *f, const struct layout *l, double x, double h, const struct pdf_look *look)
{
	double block = (double)l->n * l->size * LEADING, top = look->size > 0 ? h : (h + block) / 2;
	double y = top - l->size * (font_ascent(f) + (LEADING - font_ascent(f) + font_descent(f)) / 2);

	buf_str(b, "BT\n");
	put_color(b, look->color, "rg");
	buf_str(b, "/F1 ");
	put_num(b, l->size);
	buf_str(b, " Tf\n");
	for (size_t i = 0; i < l->n; i++) {
		put_nums(b, (double[]){ 1, 0, 0, 1, x, y }, 6, "Tm");
		font_show(f, l->lines[i], b);
		buf_str(b, " Tj\n");
		y -= l->size * LEADING;
	}
	buf_str(b, "ET\n");
}

static void draw_frame(struct buf *b, double w, double h, unsigned color)
{
	buf_str(b, "q 0.5 w\n");
	put_color(b, color, "RG");
	put_nums(b, (double[]){ 0.25, 0.25, w - 0.5, h - 0.5 }, 4, "re S Q");
}

/* Centred in [x, x+w] with its own proportions. */
static void draw_image(struct buf *b, const struct pdf_look *look, double x, double w, double h)
{
	double pad = look->bare ? 0 : PAD, s = fmin((w - 2 * pad) / look->img_w, (h - 2 * pad) / look->img_h);
	double iw = look->img_w * s, ih = look->img_h * s;

	buf_str(b, "q ");
	put_nums(b, (double[]){ iw, 0, 0, ih, x + (w - iw) / 2, (h - ih) / 2 }, 6, "cm /I1 Do Q");
}

/* RGB, and the alpha as soft mask where there is any. */
static void write_image(struct tail *t, struct pdf_id id, const struct pdf_look *look)
{
	size_t n = (size_t)look->img_w * (size_t)look->img_h;
	AUTO(mem_free) unsigned char *rgb = mem_array(n, 3), *alpha = mem_array(n, 1);
	AUTO(buf_free) struct buf dict = { 0 };
	bool solid = true;

	for (size_t i = 0; i < n; i++) {
		const unsigned char *px = look->rgba + 4 * i;
		/* Unseen pixels get one colour: they compress, and hide nothing in the file. */
		memcpy(rgb + 3 * i, px[3] ? px : (const unsigned char[]){ 255, 255, 255 }, 3);
		alpha[i] = px[3];
		solid &= px[3] == 255;
	}
	buf_printf(&dict, "/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8",
	           look->img_w, look->img_h);
	if (!solid) {
		struct pdf_id mask = tail_new(t);
		AUTO(mem_free) char *gray = mem_printf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace "
		                                       "/DeviceGray /BitsPerComponent 8", look->img_w, look->img_h);
		tail_stream(t, mask, gray, alpha, n);
		buf_printf(&dict, " /SMask %d 0 R", mask.num);
	}
	tail_stream(t, id, (char *)dict.p, rgb, n * 3);
}

static const char *matrix(int rotate)
{
	switch (rotate) {
	case 90:
		return "[0 1 -1 0 0 0]";
	case 180:
		return "[-1 0 0 -1 0 0]";
	case 270:
		return "[0 -1 1 0 0 0]";
	default:
		return "[1 0 0 1 0 0]";
	}
}

static int draw_lines(struct buf *b, struct font *f, const struct pdf_look *look, double x, double w, double h, struct err *e)
{
	struct layout l = { .n = 0 };
	char *lines[COUNT(look->lines)];
	size_t n = 0;
	int rc = 0;

	for (; n < look->nlines && n < COUNT(lines); n++) {
		lines[n] = text_nfc(look->lines[n]);
		if (rc == 0 && font_width(f, lines[n], e) < 0)
			rc = -1;
	}
	double pad = look->bare ? 0 : PAD;
	if (rc == 0)
		rc = fit(&l, f, lines, n, look->size, w - 2 * pad, h - 2 * pad, e);
	if (rc == 0)
		draw_text(b, f, &l, x + pad, h, look);
	layout_clear(&l);
	for (size_t i = 0; i < n; i++)
		free(lines[i]);
	return rc;
}

int look_write(struct tail *t, struct pdf_id id, const struct pdf_look *look, double w, double h, int rotate, struct err *e)
{
	AUTO(font_release) struct font *f = NULL;
	AUTO(buf_free) struct buf content = { 0 }, dict = { 0 };
	double picture = 0; /* width of the part for the picture: all of it, or the left third beside text */

	if (look->rgba && (look->img_w < 1 || look->img_h < 1 || look->img_w > MAX_IMAGE_SIDE || look->img_h > MAX_IMAGE_SIDE))
		return err_set(e, ERR_IMAGE_TOO_BIG, "%d x %d", look->img_w, look->img_h);
	if (look->rgba)
		picture = look->nlines ? w * 0.36 : w;
	double text_at = look->picture_last ? 0 : picture, picture_at = look->picture_last && look->nlines ? w - picture : 0;
	buf_str(&dict, "/Type /XObject /Subtype /Form /BBox [0 0 ");
	put_nums(&dict, (double[]){ w, h }, 2, "]");
	buf_printf(&dict, "/Matrix %s /Resources << ", matrix(rotate));
	if (look->rgba) {
		struct pdf_id image = tail_new(t);
		write_image(t, image, look);
		draw_image(&content, look, picture_at, picture, h);
		buf_printf(&dict, "/XObject << /I1 %d 0 R >> ", image.num);
	}
	if (look->nlines) {
		struct pdf_id font = tail_new(t);
		if (!(f = font_open(FONT_REGULAR, e)) || draw_lines(&content, f, look, text_at, w - picture, h, e) < 0 ||
		    font_embed(f, t, font, e) < 0)
			return -1;
		if (!look->bare)
			draw_frame(&content, w, h, look->color);
		buf_printf(&dict, "/Font << /F1 %d 0 R >> ", font.num);
	}
	buf_str(&dict, ">>");
	tail_stream(t, id, (char *)dict.p, content.p ? (const void *)content.p : "", content.n);
	return 0;
}
