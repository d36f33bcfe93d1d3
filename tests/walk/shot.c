/* A picture of the screen: FreeType draws the letters, block elements are drawn by arithmetic so that lines and QR codes have
 * no seams. */
#include "walk.h"

#include "base/err.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/text.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include <stdio.h>
#include <string.h>

enum { CELL_W = 10, CELL_H = 21, BASELINE = 16, SIZE = 16 };
static const char *const fonts[] = {
	"/usr/share/fonts/truetype/liberation2/LiberationMono-Regular.ttf",
	"/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf",
};

struct canvas { struct image im; FT_Face face; };

static void fill(struct canvas *c, int x0, int y0, int w, int h, uint32_t color)
{
	for (int y = y0; y < y0 + h; y++)
		for (int x = x0; x < x0 + w; x++) {
			unsigned char *p = c->im.px + ((size_t)y * (size_t)c->im.w + (size_t)x) * 3;
			p[0] = (unsigned char)(color >> 16);
			p[1] = (unsigned char)(color >> 8);
			p[2] = (unsigned char)color;
		}
}

static void blend(struct canvas *c, int x, int y, uint32_t color, unsigned a)
{
	if (x < 0 || y < 0 || x >= c->im.w || y >= c->im.h)
		return;
	unsigned char *p = c->im.px + ((size_t)y * (size_t)c->im.w + (size_t)x) * 3;
	const unsigned rgb[] = { color >> 16 & 255, color >> 8 & 255, color & 255 };
	for (int i = 0; i < 3; i++)
		p[i] = (unsigned char)((p[i] * (255 - a) + rgb[i] * a) / 255);
}

static bool block(struct canvas *c, uint32_t cp, int x, int y, uint32_t fg)
{
	int half = CELL_H / 2;

	if (cp == 0x2580)
		fill(c, x, y, CELL_W, half, fg);
	else if (cp == 0x2584)
		fill(c, x, y + half, CELL_W, CELL_H - half, fg);
	else if (cp == 0x2588)
		fill(c, x, y, CELL_W, CELL_H, fg);
	else if (cp == 0x2500 || cp == 0x2501)
		fill(c, x, y + half, CELL_W, cp == 0x2501 ? 2 : 1, fg);
	else if (cp == 0x2502)
		fill(c, x + CELL_W / 2, y, 1, CELL_H, fg);
	else
		return false;
	return true;
}

static void letter(struct canvas *c, uint32_t cp, int x, int y, uint32_t fg, bool bold)
{
	if (block(c, cp, x, y, fg) || FT_Load_Char(c->face, cp, FT_LOAD_RENDER))
		return;
	const FT_GlyphSlot g = c->face->glyph;
	for (unsigned r = 0; r < g->bitmap.rows; r++)
		for (unsigned k = 0; k < g->bitmap.width; k++) {
			unsigned a = g->bitmap.buffer[r * (unsigned)g->bitmap.pitch + k];
			blend(c, x + g->bitmap_left + (int)k, y + BASELINE - g->bitmap_top + (int)r, fg, a);
			if (bold)
				blend(c, x + 1 + g->bitmap_left + (int)k, y + BASELINE - g->bitmap_top + (int)r, fg, a / 2);
		}
}

static void draw_cell(struct canvas *c, const struct cell *cell, int x, int y)
{
	uint32_t fg = cell->reverse ? cell->bg : cell->fg, bg = cell->reverse ? cell->fg : cell->bg;
	const char *p = cell->text;

	fill(c, x, y, CELL_W, CELL_H, bg);
	for (uint32_t cp; *p && (cp = text_next(&p)) != 0;)
		if (cp != ' ')
			letter(c, cp, x, y, fg, cell->bold);
	if (cell->underline)
		fill(c, x, y + CELL_H - 3, CELL_W, 1, fg);
}

int shot_png(struct term *t, const char *path)
{
	FT_Library lib;
	struct canvas c = { .im = { .w = term_cols(t) * CELL_W, .h = term_rows(t) * CELL_H, .channels = 3 } };
	struct buf png = { 0 };
	struct err e = { 0 };
	int rc = -1;

	if (FT_Init_FreeType(&lib))
		return -1;
	for (size_t i = 0; i < COUNT(fonts) && !c.face; i++)
		if (FT_New_Face(lib, fonts[i], 0, &c.face))
			c.face = NULL;
	if (c.face && FT_Set_Pixel_Sizes(c.face, 0, SIZE) == 0) {
		c.im.px = mem_array((size_t)c.im.w * (size_t)c.im.h, 3);
		for (int row = 0; row < term_rows(t); row++)
			for (int col = 0; col < term_cols(t); col++) {
				struct cell cell;
				term_cell(t, row, col, &cell);
				draw_cell(&c, &cell, col * CELL_W, row * CELL_H);
			}
		if (image_to_png(&c.im, &png, &e) == 0)
			rc = file_replace(path, png.p, png.n, 0644, &e);
	}
	buf_free(&png);
	image_free(&c.im);
	FT_Done_FreeType(lib);
	return rc;
}
