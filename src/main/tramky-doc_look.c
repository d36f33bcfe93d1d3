/* What the visible box shows: lines in the order asked for, a picture, or one of the named forms of Decree 30/2020 (Điều 32-33,
 * Phụ lục I). Words stand in the document, not on the screen: Vietnamese whatever the screen's language. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/image.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "main/doc.h"

enum { PNG_MAX = 8 * 1024 * 1024 };
static const double MM = 72 / 25.4, DECREE_SIZE = 10, CORNER_W = 210, CORNER_H = 60, CORNER_RIGHT = 36, CORNER_TOP = 28;

enum form { FORM_FREE, FORM_PERSON, FORM_SEAL, FORM_COPY, FORM_ATTACHMENT, FORM_UNKNOWN };

static enum form form_of(const json_t *args)
{
	static const char *const names[] = { "", "person", "seal", "copy", "attachment" };
	const char *look = json_str(args, "look", "");
	size_t i = 0;

	while (i < COUNT(names) && strcmp(names[i], look))
		i++;
	return (enum form)i;
}

void doc_look_clear(struct doc_look *l)
{
	for (size_t i = 0; i < l->n; i++)
		mem_free(&l->lines[i]);
	mem_free(&l->rgba);
}

static void add_line(struct doc_look *l, const char *label, const char *value)
{
	AUTO(mem_free) char *clean = text_clean(value ? value : "", false);

	if (*clean && l->n < COUNT(l->lines))
		l->lines[l->n++] = mem_printf("%s%s%s", label, *label ? ": " : "", clean);
}

static const char *first_of(const char *a, const char *b)
{
	return a && *a ? a : b;
}

/* ---- the lines that are asked for, in their order ------------------------------------------------------------------------ */
static void one_item(struct doc_look *l, const json_t *args, const char *item, const struct cert *c, time_t when)
{
	char at[32];

	if (!strcmp(item, "name")) {
		add_line(l, "Ký bởi", cert_name(c));
	} else if (!strcmp(item, "organisation")) {
		add_line(l, "Tổ chức", first_of(json_str(args, "show_values.agency", ""), cert_organisation(c)));
	} else if (!strcmp(item, "title")) {
		add_line(l, "Chức danh", first_of(json_str(args, "show_values.title", ""), cert_title(c)));
	} else if (!strcmp(item, "email")) {
		add_line(l, "Email", first_of(json_str(args, "show_values.mail", ""), cert_mail(c)));
	} else if (!strcmp(item, "time")) {
		/* Viet Nam time with its offset (Decree 30/2020, Phụ lục I: ISO 8601) */
		clock_vn(when, at);
		AUTO(mem_free) char *line = mem_printf("%s +07:00", at);
		add_line(l, "Ngày ký", line);
	}
}

static int free_lines(struct doc_look *l, const json_t *args, const struct cert *c, time_t when, struct err *e)
{
	static const char *const known[] = { "name", "organisation", "title", "email", "time", "image" };
	const json_t *list = json_at(args, "show");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *item = json_string_value(json_array_get(list, i));
		size_t k = 0;
		while (item && k < COUNT(known) && strcmp(known[k], item))
			k++;
		if (!item || k == COUNT(known))
			return err_set(e, ERR_USAGE, "show: %s", item ? item : "no word");
		if (!strcmp(item, "image"))
			l->picture_last = l->n > 0;
		else
			one_item(l, args, item, c, when);
	}
	return 0;
}

/* ---- the decree's three lines, or two ------------------------------------------------------------------------------------- */
static void decree_time(struct doc_look *l, time_t when)
{
	struct tm tm = clock_vn_tm(when);
	AUTO(mem_free) char *text = mem_printf("%04d-%02d-%02dT%02d:%02d:%02d+07:00", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	                                       tm.tm_hour, tm.tm_min, tm.tm_sec);

	add_line(l, "Thời gian ký", text);
}

static int decree_lines(struct doc_look *l, enum form form, const json_t *args, const struct cert *c, time_t when, struct err *e)
{
	static const char *const copies[] = { "SAO Y", "SAO LỤC", "TRÍCH SAO" };
	const char *kind = json_str(args, "show_values.form", "SAO Y"), *number = json_str(args, "show_values.number", "");
	const char *agency = first_of(json_str(args, "show_values.agency", ""), cert_organisation(c));
	size_t i = 0;

	if (form == FORM_ATTACHMENT) {
		if (!*number)
			return err_set(e, ERR_USAGE, "look attachment without the document's number");
		add_line(l, "Số và ký hiệu", number);
	} else {
		while (i < COUNT(copies) && strcmp(copies[i], kind))
			i++;
		if (i == COUNT(copies) || !*agency)
			return err_set(e, ERR_USAGE, "look copy: SAO Y, SAO LỤC or TRÍCH SAO, and an agency");
		add_line(l, "", kind);
		add_line(l, "", agency);
	}
	decree_time(l, when);
	return 0;
}

/* ---- the picture ------------------------------------------------------------------------------------------------------------ */
static void to_rgba(struct doc_look *l, const struct image *im)
{
	size_t pixels = (size_t)im->w * (size_t)im->h;

	l->rgba = mem_array(pixels, 4);
	l->w = im->w;
	l->h = im->h;
	for (size_t i = 0; i < pixels; i++) {
		const unsigned char *px = im->px + i * (size_t)im->channels;
		bool grey = im->channels < 3;
		memcpy(l->rgba + i * 4, (unsigned char[]){ px[0], grey ? px[0] : px[1], grey ? px[0] : px[2],
		                                           im->channels == 4 ? px[3] : 255 }, 4);
	}
}

static int picture(struct doc_look *l, struct job_call *call, struct err *e)
{
	AUTO(buf_free) struct buf png = { 0 };
	AUTO(image_free) struct image im = { 0 };
	int fd;

	if (!json_is(call->args, "image") && json_int(call->args, "image", 0) == 0)
		return 0;
	fd = call_fd(call, 1, e);
	if (fd < 0 || fd_read_all(fd, &png, PNG_MAX, e) || image_png(&im, png.p, png.n, e))
		return -1;
	to_rgba(l, &im);
	l->width_mm = im.per_metre > 0 ? im.w * 1000.0 / im.per_metre : 0;
	return 0;
}

/* ---- where it stands ---------------------------------------------------------------------------------------------------------- */
/* The seal's picture has the seal's own size; the box keeps its lower edge, or its upper one when it hangs under words. */
static int true_size(struct doc_look *l, const json_t *args, struct pdf_place *pl, struct err *e)
{
	const json_t *asked = json_at(args, "size_mm");
	double mm = json_is_number(asked) ? json_number_value(asked) : l->width_mm, top = pl->y + pl->h;

	if (!(mm >= 5 && mm <= 120)) {
		err_set(e, ERR_USAGE, "look seal: the picture names no size, --size-mm is needed (5 to 120)");
		return -1;
	}
	pl->w = mm * MM;
	pl->h = pl->w * l->h / l->w;
	if (json_is(args, "place.hangs"))
		pl->y = top - pl->h;
	return 0;
}

/* Upper right corner of the first page (Phụ lục I). */
static int corner(struct job_call *call, struct pdf_place *pl, struct err *e)
{
	int fd = call_fd(call, 0, e);
	AUTO(pdf_release) struct pdf *p = fd < 0 ? NULL : pdf_open(fd, 0, 0, e);
	struct pdf_page page;

	if (!p || pdf_page(p, 1, &page, e))
		return -1;
	*pl = (struct pdf_place){ .page = 1, .w = fmin(CORNER_W, page.width), .h = fmin(CORNER_H, page.height) };
	pl->x = fmax(0, page.width - pl->w - CORNER_RIGHT);
	pl->y = fmax(0, page.height - pl->h - CORNER_TOP);
	return 0;
}

static int colour(const json_t *args, unsigned *out, struct err *e)
{
	const char *text = json_str(args, "color", "000000");
	char *end;

	text += *text == '#';
	*out = (unsigned)strtoul(text, &end, 16);
	return strlen(text) == 6 && strspn(text, "0123456789abcdefABCDEF") == 6 ? 0 : err_set(e, ERR_USAGE, "a colour is RRGGBB");
}

static void fill(const struct doc_look *l, struct pdf_look *out)
{
	for (size_t i = 0; i < l->n; i++)
		out->lines[i] = l->lines[i];
	out->nlines = l->n;
	out->rgba = l->rgba;
	out->img_w = l->w;
	out->img_h = l->h;
	out->picture_last = l->picture_last;
}

int doc_look(struct doc_look *l, struct job_call *call, const struct cert *c, struct pdf_prepare *how, struct err *e)
{
	enum form form = form_of(call->args);

	if (json_is(call->args, "place.corner") && form != FORM_COPY && form != FORM_ATTACHMENT)
		return err_set(e, ERR_USAGE, "the corner is for the looks copy and attachment");
	if (colour(call->args, &how->look.color, e) || picture(l, call, e))
		return -1;
	switch (form) {
	case FORM_FREE:
		if (free_lines(l, call->args, c, how->when, e))
			return -1;
		break;
	case FORM_PERSON:
	case FORM_SEAL:
		if (!l->rgba)
			return err_set(e, ERR_USAGE, "this look is a picture: --image is needed");
		how->look.bare = true;
		if (form == FORM_SEAL && how->place.page && true_size(l, call->args, &how->place, e))
			return -1;
		break;
	case FORM_COPY:
	case FORM_ATTACHMENT:
		/* image not shown; upright, size 10, black */
		mem_free(&l->rgba);
		how->look.bare = true;
		how->look.size = DECREE_SIZE;
		how->look.color = 0;
		if (decree_lines(l, form, call->args, c, how->when, e) || (json_is(call->args, "place.corner") && corner(call, &how->place, e)))
			return -1;
		break;
	case FORM_UNKNOWN:
		return err_set(e, ERR_USAGE, "look: person, seal, copy or attachment");
	}
	fill(l, &how->look);
	return 0;
}
