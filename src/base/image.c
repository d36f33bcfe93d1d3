/* What needs no codec: limits, shrinking, release. */
#include "base/image.h"
#include "base/err.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>

void image_free(struct image *im)
{
	free(im->px);
	*im = (struct image){ 0 };
}

int image_check_size(unsigned long w, unsigned long h, struct err *e)
{
	if (w == 0 || h == 0)
		return err_set(e, ERR_IMAGE_BAD, "image: no pixels");
	if (w > IMAGE_MAX_SIDE || h > IMAGE_MAX_SIDE || w * h > IMAGE_MAX_PIXELS)
		return err_set(e, ERR_IMAGE_TOO_BIG, "image: %lux%lu", w, h);
	return 0;
}

struct box {
	int x0, x1, y0, y1;
};

/* Mean of a box of the picture. Colours are weighted by alpha: what cannot be seen must not darken a stamp's edge. */
static void mean(const struct image *im, const struct box *b, unsigned char *out)
{
	uint64_t sum[4] = { 0 }, weight = 0, count = 0;
	int colours = im->channels == 4 ? 3 : im->channels;

	for (int y = b->y0; y < b->y1; y++) {
		const unsigned char *p = im->px + ((size_t)y * (size_t)im->w + (size_t)b->x0) * (size_t)im->channels;
		for (int x = b->x0; x < b->x1; x++, p += im->channels) {
			unsigned a = im->channels == 4 ? p[3] : 255;
			for (int c = 0; c < colours; c++)
				sum[c] += (uint64_t)p[c] * a;
			weight += a;
			count++;
		}
	}
	for (int c = 0; c < colours; c++)
		out[c] = (unsigned char)(weight ? (sum[c] + weight / 2) / weight : 0);
	if (im->channels == 4)
		out[3] = (unsigned char)((weight + count / 2) / count);
}

/* Start of part i when n pixels are shared among m. */
static int part(int i, int n, int m)
{
	return (int)((long long)i * n / m);
}

int image_shrink(struct image *im, int w, int h)
{
	if (w < 1 || h < 1 || !im->px)
		return -1;
	if (im->w <= w && im->h <= h)
		return 0;
	struct image small = { .w = w, .h = h, .channels = im->channels };
	if ((long long)im->w * h > (long long)im->h * w)
		small.h = part(im->h, w, im->w);
	else
		small.w = part(im->w, h, im->h);
	small.w = small.w < 1 ? 1 : small.w;
	small.h = small.h < 1 ? 1 : small.h;
	small.px = mem_array((size_t)small.w * (size_t)small.h, (size_t)small.channels);
	unsigned char *out = small.px;
	for (int y = 0; y < small.h; y++)
		for (int x = 0; x < small.w; x++, out += small.channels) {
			struct box b = { .x0 = part(x, im->w, small.w), .x1 = part(x + 1, im->w, small.w),
					 .y0 = part(y, im->h, small.h), .y1 = part(y + 1, im->h, small.h) };
			mean(im, &b, out);
		}
	image_free(im);
	*im = small;
	return 0;
}
