#include "base/image.h"
#include "base/err.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* A progressive file may name thousands of scans over a large picture; cameras and scanners write about ten. */
enum { SCANS_MAX = 64 };
static const long memory_max = 256L << 20;

/* All that changes between setjmp() and longjmp() lives here, in the caller's frame. */
struct jpeg_work {
	struct jpeg_decompress_struct c;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf back;
	struct image im;
	unsigned char *row;
	struct err *e;
	bool refused;           /* the error is set already */
	int code;
};

static void on_error(j_common_ptr c)
{
	struct jpeg_work *w = c->client_data;

	w->code = c->err->msg_code;
	longjmp(w->back, 1);
}

/* libjpeg fills what is missing with grey and goes on with a warning (level -1): here that is the end. */
static void on_message(j_common_ptr c, int level)
{
	if (level < 0)
		on_error(c);
}

static void on_output(j_common_ptr c)
{
	(void)c;
}

static void on_progress(j_common_ptr c)
{
	struct jpeg_work *w = c->client_data;

	if (w->c.input_scan_number > SCANS_MAX) {
		w->refused = true;
		err_set(w->e, ERR_IMAGE_BAD, "JPEG: more than %d scans", SCANS_MAX);
		longjmp(w->back, 1);
	}
}

static void start(struct jpeg_work *w, const unsigned char *p, size_t n)
{
	jpeg_create_decompress(&w->c);
	w->c.client_data = w;
	w->c.progress = &w->progress;
	w->progress.progress_monitor = on_progress;
	w->c.mem->max_memory_to_use = memory_max;
	jpeg_mem_src(&w->c, p, n);
	jpeg_read_header(&w->c, TRUE);
	if (image_check_size(w->c.image_width, w->c.image_height, w->e) < 0) {
		w->refused = true;
		longjmp(w->back, 1);
	}
	bool ink = w->c.jpeg_color_space == JCS_CMYK || w->c.jpeg_color_space == JCS_YCCK;
	w->c.out_color_space = ink ? JCS_CMYK : w->c.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_start_decompress(&w->c);
}

/* Adobe's programs, the only ones that write such files, store ink inverted. */
static void ink_to_rgb(const unsigned char *from, unsigned char *to, int w, bool inverted)
{
	for (; w--; from += 4, to += 3)
		for (int i = 0; i < 3; i++) {
			unsigned ink = inverted ? from[i] : 255u - from[i], black = inverted ? from[3] : 255u - from[3];
			to[i] = (unsigned char)(ink * black / 255);
		}
}

/* Runs under the setjmp() of decode(). */
static void read_all(struct jpeg_work *w, const unsigned char *p, size_t n)
{
	start(w, p, n);
	int parts = w->c.output_components;
	w->im = (struct image){ .w = (int)w->c.output_width, .h = (int)w->c.output_height,
				.channels = parts == 4 ? 3 : parts };
	size_t row = (size_t)w->im.w * (size_t)w->im.channels;
	w->im.px = mem_array((size_t)w->im.h, row);
	w->row = mem_array((size_t)w->im.w, (size_t)parts);
	while (w->c.output_scanline < w->c.output_height) {
		unsigned char *to = w->im.px + w->c.output_scanline * row;
		JSAMPROW rows[1] = { w->row };
		if (jpeg_read_scanlines(&w->c, rows, 1) != 1)
			continue;
		if (parts == 4)
			ink_to_rgb(w->row, to, w->im.w, w->c.saw_Adobe_marker);
		else
			memcpy(to, w->row, row);
	}
	jpeg_finish_decompress(&w->c);
}

static int decode(struct jpeg_work *w, const unsigned char *p, size_t n)
{
	if (setjmp(w->back))
		return -1;
	read_all(w, p, n);
	return 0;
}

int image_jpeg(struct image *out, const void *p, size_t n, struct err *e)
{
	struct err own = { 0 };
	struct jpeg_work *w = mem_alloc(sizeof *w);

	*out = (struct image){ 0 };
	w->e = e ? e : &own;
	w->c.err = jpeg_std_error(&w->errors);
	w->c.client_data = w;
	w->errors.error_exit = on_error;
	w->errors.emit_message = on_message;
	w->errors.output_message = on_output;
	int rc = n ? decode(w, p, n) : -1;
	if (rc < 0 && !w->refused)
		err_set(e, w->code == JERR_IMAGE_TOO_BIG ? ERR_IMAGE_TOO_BIG : ERR_IMAGE_BAD, "JPEG: libjpeg code %d", w->code);
	if (rc < 0)
		image_free(&w->im);
	else
		*out = w->im;
	jpeg_destroy_decompress(&w->c);
	free(w->row);
	free(w);
	return rc;
}
