#include "base/image.h"
#include "base/err.h"
#include "base/mem.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* All that changes between setjmp() and longjmp() lives here, in the caller's frame, so no local can be clobbered. */
struct png_work {
	const unsigned char *in;
	size_t left;
	struct buf *out;
	png_structp png;
	png_infop info;
	png_bytep *rows;
	struct image im;
	char said[64];
};

/* Ancillary chunks of a signature picture are small; a compressed text chunk may claim gigabytes. */
enum { CHUNK_BYTES_MAX = 4 << 20, CHUNKS_MAX = 64, SIGNATURE = 8, IHDR_END = 33 };

static void on_error(png_structp png, png_const_charp text)
{
	struct png_work *w = png_get_error_ptr(png);

	snprintf(w->said, sizeof w->said, "%s", text);
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void take(png_structp png, png_bytep to, size_t n)
{
	struct png_work *w = png_get_io_ptr(png);

	if (n > w->left)
		png_error(png, "cut short");
	memcpy(to, w->in, n);
	w->in += n;
	w->left -= n;
}

static void give(png_structp png, png_bytep from, size_t n)
{
	struct png_work *w = png_get_io_ptr(png);
	buf_add(w->out, from, n);
}

static void give_flush(png_structp png)
{
	(void)png;
}

static unsigned long be32(const unsigned char *p)
{
	return (unsigned long)p[0] << 24 | (unsigned long)p[1] << 16 | (unsigned long)p[2] << 8 | p[3];
}

/* The size is read by hand first: nothing is allocated for a picture that would not be taken. */
static int check_head(const unsigned char *p, size_t n, struct err *e)
{
	if (n < IHDR_END || png_sig_cmp(p, 0, SIGNATURE) || be32(p + 8) != 13 || memcmp(p + 12, "IHDR", 4) != 0)
		return err_set(e, ERR_IMAGE_BAD, "PNG: no PNG header");
	return image_check_size(be32(p + 16), be32(p + 20), e);
}

/* Whatever it is becomes 8 bits grey, RGB or RGBA. */
static void choose_form(struct png_work *w)
{
	int colour = png_get_color_type(w->png, w->info);
	int alpha = (colour & PNG_COLOR_MASK_ALPHA) || png_get_valid(w->png, w->info, PNG_INFO_tRNS);

	png_set_scale_16(w->png);
	png_set_expand(w->png);
	if (alpha && !(colour & PNG_COLOR_MASK_COLOR))
		png_set_gray_to_rgb(w->png);
	png_set_interlace_handling(w->png);
	png_read_update_info(w->png, w->info);
	w->im.channels = png_get_channels(w->png, w->info);
}

/* Runs under the setjmp() of decode(). */
static void read_all(struct png_work *w)
{
	png_set_user_limits(w->png, IMAGE_MAX_SIDE, IMAGE_MAX_SIDE);
	png_set_chunk_malloc_max(w->png, CHUNK_BYTES_MAX);
	png_set_chunk_cache_max(w->png, CHUNKS_MAX);
	png_set_read_fn(w->png, w, take);
	png_read_info(w->png, w->info);
	w->im.w = (int)png_get_image_width(w->png, w->info);
	w->im.h = (int)png_get_image_height(w->png, w->info);
	w->im.per_metre = png_get_x_pixels_per_meter(w->png, w->info);
	choose_form(w);
	size_t row = (size_t)w->im.w * (size_t)w->im.channels;
	if (png_get_bit_depth(w->png, w->info) != 8 || png_get_rowbytes(w->png, w->info) != row ||
	    w->im.channels == 2)
		png_error(w->png, "odd form");
	w->im.px = mem_array((size_t)w->im.h, row);
	w->rows = mem_array((size_t)w->im.h, sizeof *w->rows);
	for (int y = 0; y < w->im.h; y++)
		w->rows[y] = w->im.px + (size_t)y * row;
	png_read_image(w->png, w->rows);
	png_read_end(w->png, NULL);
}

static int decode(struct png_work *w)
{
	w->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, w, on_error, on_warning);
	w->info = w->png ? png_create_info_struct(w->png) : NULL;
	if (!w->info)
		return -1;
	if (setjmp(png_jmpbuf(w->png)))
		return -1;
	read_all(w);
	return 0;
}

int image_png(struct image *out, const void *p, size_t n, struct err *e)
{
	struct png_work w = { .in = p, .left = n };

	*out = (struct image){ 0 };
	if (check_head(p, n, e) < 0)
		return -1;
	int rc = decode(&w);
	png_destroy_read_struct(&w.png, &w.info, NULL);
	free(w.rows);
	if (rc < 0) {
		image_free(&w.im);
		return err_set(e, ERR_IMAGE_BAD, "PNG: %s", w.said);
	}
	*out = w.im;
	return 0;
}

/* Runs under the setjmp() of encode(). */
static void write_all(struct png_work *w)
{
	int colour = w->im.channels == 1 ? PNG_COLOR_TYPE_GRAY :
		     w->im.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA;

	png_set_write_fn(w->png, w, give, give_flush);
	png_set_IHDR(w->png, w->info, (png_uint_32)w->im.w, (png_uint_32)w->im.h, 8, colour, PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(w->png, w->info);
	for (int y = 0; y < w->im.h; y++)
		png_write_row(w->png, w->im.px + (size_t)y * (size_t)w->im.w * (size_t)w->im.channels);
	png_write_end(w->png, NULL);
}

static int encode(struct png_work *w)
{
	w->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, w, on_error, on_warning);
	w->info = w->png ? png_create_info_struct(w->png) : NULL;
	if (!w->info)
		return -1;
	if (setjmp(png_jmpbuf(w->png)))
		return -1;
	write_all(w);
	return 0;
}

int image_to_png(const struct image *im, struct buf *out, struct err *e)
{
	struct png_work w = { .out = out, .im = *im };
	size_t before = out->n;

	if (!im->px || (im->channels != 1 && im->channels != 3 && im->channels != 4))
		return err_set(e, ERR_IMAGE_BAD, "PNG: no picture to write");
	int rc = encode(&w);
	png_destroy_write_struct(&w.png, &w.info);
	if (rc == 0)
		return 0;
	out->n = before;
	return err_set(e, ERR_INTERNAL, "PNG: %s", w.said);
}
