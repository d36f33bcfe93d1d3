/* base/image.h: every kind of PNG ends in 8-bit grey, RGB or RGBA; what is cut, huge or damaged is refused whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jpeglib.h>
#include <png.h>

#include "base/err.h"
#include "base/image.h"
#include "base/mem.h"

static void give(png_structp png, png_bytep p, size_t n)
{
	buf_add(png_get_io_ptr(png), p, n);
}

static void flush(png_structp png)
{
	(void)png;
}

struct kind {
	const char *name;
	int colour, depth, interlace, transparent, channels;
};

/* A sample of `depth` bits at (x, y, c): rises to the right, so that rows and columns can be told apart. */
static unsigned sample(int x, int y, int c, int w, unsigned most)
{
	return (unsigned)(x + c + y) % (unsigned)w * most / (unsigned)(w - 1);
}

static void put_sample(unsigned char *row, size_t index, int depth, unsigned v)
{
	size_t bit = index * (size_t)depth;

	if (depth == 16) {
		row[bit / 8] = (unsigned char)(v >> 8);
		row[bit / 8 + 1] = (unsigned char)v;
	} else {
		row[bit / 8] = (unsigned char)(row[bit / 8] | v << (8 - depth - (int)(bit % 8)));
	}
}

static int samples_of(int colour)
{
	switch (colour) {
	case PNG_COLOR_TYPE_RGB:
		return 3;
	case PNG_COLOR_TYPE_RGB_ALPHA:
		return 4;
	case PNG_COLOR_TYPE_GRAY_ALPHA:
		return 2;
	default:
		return 1;
	}
}

static void make_png(struct buf *out, const struct kind *k, int w, int h)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	png_color palette[256];
	png_byte trans[256] = { 0, 128 };
	png_color_16 key = { .gray = 0, .red = 0, .green = 0, .blue = 0 };
	unsigned most = (1u << k->depth) - 1;
	int parts = samples_of(k->colour);

	png_set_write_fn(png, out, give, flush);
	png_set_IHDR(png, info, (png_uint_32)w, (png_uint_32)h, k->depth, k->colour, k->interlace, 0, 0);
	if (k->colour == PNG_COLOR_TYPE_PALETTE) {
		for (unsigned i = 0; i <= most; i++)
			palette[i] = (png_color){ (png_byte)i, (png_byte)(255 - i), 7 };
		png_set_PLTE(png, info, palette, (int)most + 1);
	}
	if (k->transparent)
		png_set_tRNS(png, info, trans, 2, k->colour == PNG_COLOR_TYPE_PALETTE ? NULL : &key);
	png_write_info(png, info);
	int passes = png_set_interlace_handling(png);
	AUTO(mem_free) unsigned char *row = mem_array((size_t)w, (size_t)parts * 2);
	for (int pass = 0; pass < passes; pass++)
		for (int y = 0; y < h; y++) {
			memset(row, 0, (size_t)w * (size_t)parts * 2);
			for (int x = 0; x < w; x++)
				for (int c = 0; c < parts; c++)
					put_sample(row, (size_t)(x * parts + c), k->depth, sample(x, y, c, w, most));
			png_write_row(png, row);
		}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
}

static const struct kind kinds[] = {
	{ "grey 1", PNG_COLOR_TYPE_GRAY, 1, 0, 0, 1 },
	{ "grey 2", PNG_COLOR_TYPE_GRAY, 2, 0, 0, 1 },
	{ "grey 4 interlaced", PNG_COLOR_TYPE_GRAY, 4, 1, 0, 1 },
	{ "grey 8", PNG_COLOR_TYPE_GRAY, 8, 0, 0, 1 },
	{ "grey 16 interlaced", PNG_COLOR_TYPE_GRAY, 16, 1, 0, 1 },
	{ "grey with a transparent value", PNG_COLOR_TYPE_GRAY, 8, 0, 1, 4 },
	{ "grey and alpha", PNG_COLOR_TYPE_GRAY_ALPHA, 8, 0, 0, 4 },
	{ "grey and alpha 16", PNG_COLOR_TYPE_GRAY_ALPHA, 16, 1, 0, 4 },
	{ "RGB", PNG_COLOR_TYPE_RGB, 8, 0, 0, 3 },
	{ "RGB 16", PNG_COLOR_TYPE_RGB, 16, 0, 0, 3 },
	{ "RGB with a transparent colour", PNG_COLOR_TYPE_RGB, 8, 1, 1, 4 },
	{ "RGBA interlaced", PNG_COLOR_TYPE_RGB_ALPHA, 8, 1, 0, 4 },
	{ "RGBA 16", PNG_COLOR_TYPE_RGB_ALPHA, 16, 0, 0, 4 },
	{ "palette 1", PNG_COLOR_TYPE_PALETTE, 1, 0, 0, 3 },
	{ "palette 4 interlaced", PNG_COLOR_TYPE_PALETTE, 4, 1, 0, 3 },
	{ "palette 8 with alpha", PNG_COLOR_TYPE_PALETTE, 8, 0, 1, 4 },
};

/* What the decoder must give for channel c of the pixel, from the samples that were written. */
static unsigned wanted(const struct kind *k, int x, int y, int c, int w)
{
	unsigned most = (1u << k->depth) - 1;
	int parts = samples_of(k->colour);
	bool alpha = c == 3;

	if (k->colour == PNG_COLOR_TYPE_PALETTE) {
		unsigned i = sample(x, y, 0, w, most);
		return alpha ? (i == 0 ? 0 : i == 1 ? 128 : 255) : c == 0 ? i : c == 1 ? 255 - i : 7;
	}
	if (alpha && k->transparent) {
		for (int p = 0; p < parts; p++)
			if (sample(x, y, p, w, most))
				return 255;
		return 0;
	}
	unsigned v = sample(x, y, parts == 2 ? (alpha ? 1 : 0) : parts == 1 ? 0 : c, w, most);
	return k->depth == 16 ? (v * 255 + 32767) / 65535 : v * 255 / most;
}

static void every_kind_of_png_is_read(void **state)
{
	(void)state;
	enum { W = 19, H = 13 };
	for (size_t i = 0; i < COUNT(kinds); i++) {
		AUTO(buf_free) struct buf b = { 0 };
		AUTO(image_free) struct image im = { 0 };
		struct err e = { 0 };
		make_png(&b, &kinds[i], W, H);
		if (image_png(&im, b.p, b.n, &e) < 0 || im.channels != kinds[i].channels || im.w != W || im.h != H)
			fail_msg("%s: %dx%d %d %s", kinds[i].name, im.w, im.h, im.channels, e.cause);
		for (int y = 0; y < H; y++)
			for (int x = 0; x < W; x++)
				for (int c = 0; c < im.channels; c++) {
					unsigned got = im.px[(y * W + x) * im.channels + c];
					unsigned want = wanted(&kinds[i], x, y, c, W);
					if (got != want)
						fail_msg("%s at %d,%d,%d: %u, not %u", kinds[i].name, x, y, c, got, want);
				}
	}
}

static bool refused(const unsigned char *p, size_t n, enum err_kind *kind)
{
	struct image im;
	struct err e = { 0 };
	AUTO(mem_free) unsigned char *exact = mem_dup(p, n);

	if (image_png(&im, exact, n, &e) == 0) {
		image_free(&im);
		return false;
	}
	assert_null(im.px);
	*kind = e.kind;
	return true;
}

static void every_cut_png_is_refused(void **state)
{
	(void)state;
	static const size_t some[] = { 1, 8, 11, 12 };
	for (size_t i = 0; i < COUNT(some); i++) {
		AUTO(buf_free) struct buf b = { 0 };
		enum err_kind kind;
		make_png(&b, &kinds[some[i]], 40, 30);
		for (size_t n = 0; n < b.n; n++) {
			if (!refused(b.p, n, &kind))
				fail_msg("%s cut at %zu of %zu", kinds[some[i]].name, n, b.n);
			assert_int_equal(kind, ERR_IMAGE_BAD);
		}
	}
}

/* Any damage in a chunk that the picture needs is seen by its CRC; nothing crashes on the rest. */
static void damaged_pngs_are_refused_or_whole(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };
	enum err_kind kind;

	make_png(&b, &kinds[11], 40, 30);
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 0x41;
		if (!refused(b.p, b.n, &kind))
			fail_msg("byte %zu", i);
		b.p[i] ^= 0x41;
	}
}

static void set_size(struct buf *b, unsigned w, unsigned h)
{
	unsigned char *p = b->p + 16;

	for (int i = 0; i < 4; i++) {
		p[i] = (unsigned char)(w >> (24 - 8 * i));
		p[4 + i] = (unsigned char)(h >> (24 - 8 * i));
	}
}

static void a_huge_header_is_refused_before_anything_is_allocated(void **state)
{
	(void)state;
	static const unsigned sizes[][2] = { { 8001, 1 }, { 1, 8001 }, { 8000, 8000 }, { 0x7fffffff, 0x7fffffff },
					     { 0xffffffff, 0xffffffff }, { 6000, 4001 } };
	AUTO(buf_free) struct buf b = { 0 };
	enum err_kind kind;

	make_png(&b, &kinds[8], 4, 4);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		set_size(&b, sizes[i][0], sizes[i][1]);
		assert_true(refused(b.p, b.n, &kind));
		assert_int_equal(kind, ERR_IMAGE_TOO_BIG);
	}
	set_size(&b, 0, 5);
	assert_true(refused(b.p, b.n, &kind));
	assert_int_equal(kind, ERR_IMAGE_BAD);
	assert_true(refused((const unsigned char *)"%PDF-1.7", 8, &kind));
	assert_int_equal(kind, ERR_IMAGE_BAD);
	assert_int_equal(image_check_size(6000, 4000, NULL), 0);
}

static void writing_and_reading_again(void **state)
{
	(void)state;
	static const int channels[] = { 1, 3, 4 };
	for (size_t i = 0; i < COUNT(channels); i++) {
		AUTO(buf_free) struct buf b = { 0 };
		AUTO(image_free) struct image im = { .w = 31, .h = 7, .channels = channels[i] }, again = { 0 };
		size_t n = 31 * 7 * (size_t)channels[i];
		im.px = mem_alloc(n);
		for (size_t k = 0; k < n; k++)
			im.px[k] = (unsigned char)(k * 37);
		assert_int_equal(image_to_png(&im, &b, NULL), 0);
		assert_int_equal(image_png(&again, b.p, b.n, NULL), 0);
		assert_int_equal(again.channels, im.channels);
		assert_memory_equal(again.px, im.px, n);
	}
	AUTO(buf_free) struct buf kept = { 0 };
	struct image none = { 0 };
	buf_str(&kept, "kept");
	assert_int_equal(image_to_png(&none, &kept, NULL), -1);
	assert_string_equal((char *)kept.p, "kept");
}

static void write_jpeg(struct buf *out, int w, int h, int parts, bool progressive, const jpeg_scan_info *scans, int nscans)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr errors;
	unsigned char *mem = NULL;
	unsigned long n = 0;

	c.err = jpeg_std_error(&errors);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &mem, &n);
	c.image_width = (JDIMENSION)w;
	c.image_height = (JDIMENSION)h;
	c.input_components = parts;
	c.in_color_space = parts == 1 ? JCS_GRAYSCALE : parts == 3 ? JCS_RGB : JCS_CMYK;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 95, TRUE);
	if (progressive)
		jpeg_simple_progression(&c);
	if (scans) {
		c.scan_info = scans;
		c.num_scans = nscans;
	}
	jpeg_start_compress(&c, TRUE);
	AUTO(mem_free) unsigned char *row = mem_array((size_t)w, (size_t)parts);
	memset(row, 200, (size_t)w * (size_t)parts);
	while (c.next_scanline < c.image_height) {
		JSAMPROW rows[1] = { row };
		jpeg_write_scanlines(&c, rows, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	buf_add(out, mem, n);
	free(mem);
}

static void make_jpeg(struct buf *out, int w, int h, int parts, bool progressive)
{
	write_jpeg(out, w, h, parts, progressive, NULL, 0);
}

static void make_scans(struct buf *out, const jpeg_scan_info *scans, int n)
{
	write_jpeg(out, 64, 64, 1, false, scans, n);
}

static void jpegs_are_read(void **state)
{
	(void)state;
	static const struct { int parts; bool progressive; int channels, value; } some[] = {
		{ 1, false, 1, 200 }, { 3, false, 3, 200 }, { 3, true, 3, 200 }, { 4, false, 3, 200 * 200 / 255 },
	};
	for (size_t i = 0; i < COUNT(some); i++) {
		AUTO(buf_free) struct buf b = { 0 };
		AUTO(image_free) struct image im = { 0 };
		struct err e = { 0 };
		make_jpeg(&b, 37, 21, some[i].parts, some[i].progressive);
		if (image_jpeg(&im, b.p, b.n, &e) < 0)
			fail_msg("%zu: %s", i, e.cause);
		assert_int_equal(im.channels, some[i].channels);
		assert_int_equal(im.w, 37);
		assert_int_equal(im.h, 21);
		for (int k = 0; k < 37 * 21 * im.channels; k++)
			assert_in_range(im.px[k], some[i].value - 2, some[i].value + 2);
	}
}

static void every_cut_jpeg_is_refused(void **state)
{
	(void)state;
	for (int progressive = 0; progressive < 2; progressive++) {
		AUTO(buf_free) struct buf b = { 0 };
		make_jpeg(&b, 64, 64, 3, progressive);
		for (size_t n = 0; n < b.n; n++) {
			struct image im;
			struct err e = { 0 };
			AUTO(mem_free) unsigned char *cut = mem_dup(b.p, n);
			if (image_jpeg(&im, cut, n, &e) == 0)
				fail_msg("cut at %zu of %zu", n, b.n);
			assert_int_equal(e.kind, ERR_IMAGE_BAD);
			assert_null(im.px);
		}
	}
}

static void a_huge_jpeg_is_refused(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf b = { 0 };
	struct image im;
	struct err e = { 0 };
	bool found = false;

	make_jpeg(&b, 64, 64, 3, false);
	/* SOF0 (T.81, B.2.2): height and width follow the precision */
	for (size_t i = 0; i + 9 < b.n && !found; i++)
		if (b.p[i] == 0xff && b.p[i + 1] == 0xc0) {
			static const char *const sizes[] = { "\xff\xff\xff\xff", "\x1f\x41\x00\x40", "\x1f\x40\x1f\x40" };
			found = true;
			for (size_t k = 0; k < COUNT(sizes); k++) {
				memcpy(b.p + i + 5, sizes[k], 4);
				assert_int_equal(image_jpeg(&im, b.p, b.n, &e), -1);
				assert_int_equal(e.kind, ERR_IMAGE_TOO_BIG);
			}
		}
	assert_true(found);
}

/* Lawful scans, each a coefficient or one bit of it: a small file that keeps a decoder busy over a large picture. */
static void a_jpeg_of_many_scans_is_refused(void **state)
{
	(void)state;
	AUTO(buf_free) struct buf few = { 0 }, many = { 0 };
	AUTO(image_free) struct image im = { 0 };
	struct image none;
	struct err e = { 0 };
	jpeg_scan_info scans[127] = { { .comps_in_scan = 1 } };

	for (int k = 1; k < 64; k++) {
		scans[k] = (jpeg_scan_info){ .comps_in_scan = 1, .Ss = k, .Se = k, .Al = 1 };
		scans[63 + k] = (jpeg_scan_info){ .comps_in_scan = 1, .Ss = k, .Se = k, .Ah = 1 };
	}
	make_scans(&few, scans, 64);
	assert_int_equal(image_jpeg(&im, few.p, few.n, &e), 0);
	make_scans(&many, scans, 127);
	assert_int_equal(image_jpeg(&none, many.p, many.n, &e), -1);
	assert_int_equal(e.kind, ERR_IMAGE_BAD);
	assert_non_null(strstr(e.cause, "scans"));
}

static void shrinking_keeps_shape_and_means(void **state)
{
	(void)state;
	AUTO(image_free) struct image im = { .w = 4, .h = 2, .channels = 1, .px = mem_alloc(8) };

	memcpy(im.px, "\x00\x64\x00\x00\xc8\x64\x00\x04", 8);
	assert_int_equal(image_shrink(&im, 9, 9), 0);
	assert_int_equal(im.w, 4);
	assert_int_equal(image_shrink(&im, 2, 9), 0);
	assert_int_equal(im.w, 2);
	assert_int_equal(im.h, 1);
	assert_int_equal(im.px[0], 100);
	assert_int_equal(im.px[1], 1);
	assert_int_equal(image_shrink(&im, 0, 1), -1);

	AUTO(image_free) struct image stamp = { .w = 2, .h = 1, .channels = 4, .px = mem_dup("\xff\x00\x00\xff\x00\x00\x00\x00", 8) };
	assert_int_equal(image_shrink(&stamp, 1, 1), 0);
	/* Half seen, and as red as before: the unseen black took no part. */
	assert_memory_equal(stamp.px, "\xff\x00\x00\x80", 4);

	AUTO(image_free) struct image thin = { .w = 5000, .h = 2, .channels = 3, .px = mem_alloc(30000) };
	assert_int_equal(image_shrink(&thin, 100, 100), 0);
	assert_int_equal(thin.w, 100);
	assert_int_equal(thin.h, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_png_is_read),
		cmocka_unit_test(every_cut_png_is_refused),
		cmocka_unit_test(damaged_pngs_are_refused_or_whole),
		cmocka_unit_test(a_huge_header_is_refused_before_anything_is_allocated),
		cmocka_unit_test(writing_and_reading_again),
		cmocka_unit_test(jpegs_are_read),
		cmocka_unit_test(every_cut_jpeg_is_refused),
		cmocka_unit_test(a_huge_jpeg_is_refused),
		cmocka_unit_test(a_jpeg_of_many_scans_is_refused),
		cmocka_unit_test(shrinking_keeps_shape_and_means),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
