/* Pictures: refused, or whole within the limits, and then shrunk and written. */
#include <stdint.h>
#include <stdlib.h>

#include "base/image.h"
#include "base/mem.h"

static void use(struct image *im)
{
	AUTO(buf_free) struct buf out = { 0 };

	if (im->w < 1 || im->h < 1 || im->w > IMAGE_MAX_SIDE || im->h > IMAGE_MAX_SIDE ||
	    (im->channels != 1 && im->channels != 3 && im->channels != 4))
		abort();
	if (image_shrink(im, 60, 30) < 0 || im->w > 60 || im->h > 30 || image_to_png(im, &out, NULL) < 0)
		abort();
	image_free(im);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct image im;

	if (image_png(&im, p, n, NULL) == 0)
		use(&im);
	if (image_jpeg(&im, p, n, NULL) == 0)
		use(&im);
	return 0;
}
