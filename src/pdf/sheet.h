/* A sheet of paper (A4) under libharu: margins, pages, text that fits. Points; y counts up from the bottom edge. */
#ifndef PDF_SHEET_H
#define PDF_SHEET_H

#include "pdf/font.h"

#include <hpdf.h>

struct sheet {
	HPDF_Doc doc;
	HPDF_Page page;
	HPDF_Font face[FONT_STYLES];
	struct font *measure[FONT_STYLES];
	double y;                        /* what is below is free */
	int pages;
	char *footer;
	struct err *e;
	bool failed;                     /* once true, every call does nothing */
};
/* Decree 30/2020, Annex I: A4, 30 mm left, 15-20 mm right, 20 mm above and below. */
enum { SHEET_W = 595, SHEET_H = 842, SHEET_LEFT = 85, SHEET_RIGHT = 547, SHEET_TOP = 785, SHEET_BOTTOM = 60 };
static const double SHEET_LEADING = 1.32;

/* `letters`: text that holds every letter that will be drawn. */
int sheet_open(struct sheet *s, const char *title, const char *footer, const char *letters, struct err *e);
void sheet_close(struct sheet *s);                                  /* fits AUTO */
int sheet_write(struct sheet *s, int fd);
void sheet_fail(struct sheet *s, enum err_kind kind, const char *why);

void sheet_new_page(struct sheet *s);
void sheet_need(struct sheet *s, double height);                    /* a new page unless so much is free */
double sheet_width(struct sheet *s, enum font_style f, double size, const char *text);
void sheet_text(struct sheet *s, enum font_style f, double size, double x, double y, const char *text);
void sheet_line(struct sheet *s, double x0, double y0, double x1, double y1, double width);
void sheet_box(struct sheet *s, double x, double y, double w, double h, bool filled);
/* Dots from x0 to x1 to be written on. */
void sheet_dots(struct sheet *s, double size, double x0, double x1, double y);
/* Lines of at most `room` (the first: `first`); "\n" is kept; NULL-ended, free with sheet_lines_free(). */
char **sheet_wrap(struct sheet *s, enum font_style f, double size, const char *text, double first, double room, size_t *n);
void sheet_lines_free(char **lines);

#endif
