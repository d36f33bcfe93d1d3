/* poppler-utils as children: the risky parser and raster stay outside, with limits (rule D2). Also the words of a page. */
#ifndef PDF_CHILD_H
#define PDF_CHILD_H

#include "pdf/inner.h"

/* Path of the document inside a child. */
#define CHILD_FILE "/proc/self/fd/0"

/* Runs argv[0] (absolute) with `fd` as descriptor 0 and its output gathered, at most `cap` bytes and 20 s. Nothing else is
 * open in it, its environment is empty. ERR_FILE_HOSTILE when it ran into a limit, ERR_PDF_DAMAGED when it gave up. */
int child_run(const char *const argv[], int fd, size_t cap, struct buf *out, struct err *e);
/* The descriptor itself when sealed, else a sealed copy in *copy. -1 on failure. */
int child_source(int fd, int *copy, struct err *e);

struct word {
	int page;
	double x0, y0, x1, y1;           /* points, y down from the top of the page as shown */
	char *text;
};
struct words {
	struct word *at;
	size_t n;
};
/* In reading order; first..last from 1, last 0: to the end. */
int words_read(int fd, int first, int last, struct words *out, struct err *e);
void words_free(struct words *w);                                   /* fits AUTO */

/* Grey pixels of the part (x, y, w, h in points, y down from the top as shown) of a page at `dpi`; w 0: the whole page. */
struct gray {
	int w, h;
	unsigned char *px;
};
int raster(int fd, int page, double dpi, double x, double y, double w, double h, struct gray *out, struct err *e);
/* The whole page at exactly w x h pixels. */
int raster_to(int fd, int page, int w, int h, struct gray *out, struct err *e);
void gray_free(struct gray *g);                                     /* fits AUTO */

#endif
