/* One font, only the letters used, embedded as Type0 / CIDFontType2 / Identity-H. */
#ifndef PDF_FONT_H
#define PDF_FONT_H

#include "pdf/writer.h"

struct font;
enum font_style { FONT_REGULAR, FONT_BOLD, FONT_ITALIC, FONT_STYLES };
struct font *font_open(enum font_style style, struct err *e);
char *font_path(enum font_style style, struct err *e);              /* the caller owns it */
void font_release(struct font **f);
/* Width of the text at size 1; -1 and ERR_FONT_MISSING when a letter is not in the font (HA1: boxes on paper would still
 * extract as text, so this is the only check that counts). */
double font_width(struct font *f, const char *nfc, struct err *e);
/* Appends the glyph ids as a hex string "<....>" and remembers them for the subset. */
void font_show(struct font *f, const char *nfc, struct buf *out);
/* A memfd with the font cut down to the letters of `text`, printable ASCII and no hinting, for libharu, which would embed
 * 50 KB a face by itself. */
int font_cut(enum font_style style, const char *text, struct err *e);
double font_ascent(const struct font *f);        /* at size 1; descent is negative */
double font_descent(const struct font *f);
bool font_has(const struct font *f, uint32_t cp);
/* Writes the five objects; `id` is the Type0 font. */
int font_embed(struct font *f, struct tail *t, struct pdf_id id, struct err *e);

#endif
