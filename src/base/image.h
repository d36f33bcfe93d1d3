/* Pictures from outside: PNG (libpng) and JPEG (libjpeg-turbo) decoded whole within limits, or refused. Used in jobs. */
#ifndef BASE_IMAGE_H
#define BASE_IMAGE_H

#include <stddef.h>

struct err;
struct buf;

struct image {
	int w, h;
	int channels;            /* 1 grey, 3 RGB, 4 RGBA; 8 bits each */
	unsigned char *px;       /* w*h*channels, rows from the top */
	unsigned per_metre;      /* pixels a metre as the PNG says; 0: it does not */
};
enum { IMAGE_MAX_SIDE = 8000, IMAGE_MAX_PIXELS = 24000000 };

/* Whether a picture of this size may be taken: ERR_IMAGE_BAD without pixels, ERR_IMAGE_TOO_BIG over the limits. */
int image_check_size(unsigned long w, unsigned long h, struct err *e);
/* ERR_IMAGE_BAD when it is no PNG or is cut short; ERR_IMAGE_TOO_BIG over the limits above. */
int image_png(struct image *out, const void *p, size_t n, struct err *e);
int image_jpeg(struct image *out, const void *p, size_t n, struct err *e);
int image_to_png(const struct image *im, struct buf *out, struct err *e);
/* Box filter to at most w x h, keeping the shape; never enlarges. */
int image_shrink(struct image *im, int w, int h);
void image_free(struct image *im);                      /* fits AUTO */

#endif
