/* Text as the counter needs it: UTF-8, NFC, Vietnamese folding, cell width, and cleaning of what comes from outside.
 * Strings are NUL-terminated UTF-8 unless a length is given; results belong to the caller unless said otherwise. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_is_utf8(const char *s, size_t n);
/* A copy in which every invalid byte has become U+FFFD. */
char *text_valid(const char *s);
char *text_nfc(const char *s);                /* invalid bytes become U+FFFD */
char *text_nfd(const char *s);
/* Lower case, no marks, đ as d, runs of white space as one space (none at the ends), apostrophe kinds as '.
 * "Đắk  Lắk" -> "dak lak". */
char *text_fold(const char *s);
/* What may reach a terminal or a log: control, escape, bidi and zero-width characters removed, NFC; tabs and line
 * ends become a space when `lines` is false and "\n" is kept when true. (rule D1) */
char *text_clean(const char *s, bool lines);
/* Cells a string takes; width of one code point: 0, 1 or 2. Combining marks are 0. */
int text_width(const char *s);
int text_cp_width(uint32_t cp);
/* Next code point; advances *s. Invalid byte: U+FFFD, one byte. 0 at the end. */
uint32_t text_next(const char **s);
/* Writes cp as UTF-8 into out[5] (NUL added); returns the bytes. */
int text_put(char *out, uint32_t cp);
/* Bytes of the grapheme (base + combining marks) that ends at / starts at byte `at`. */
size_t text_prev_grapheme(const char *s, size_t at);
size_t text_next_grapheme(const char *s, size_t at);
/* Breaks at spaces into lines of at most `cells`; a longer word is broken. Existing \n are kept.
 * "" gives no line, a last \n ends its line. A NULL-ended array; free with text_lines_free(). */
char **text_wrap(const char *s, int cells, size_t *count);
void text_lines_free(char **lines);
/* Cuts to at most `cells`, ending in "…" when something was cut. */
char *text_cut(const char *s, int cells);
/* Only the digits of s ("001 090 123 456" -> "001090123456"). */
char *text_digits(const char *s);
/* 079•••••1234: the first 3 and last 4 stay (rule U30); shorter than 8: all but the last 2 hidden. */
char *text_mask_id(const char *s);
/* Replaces every {name} by lookup(name); unknown names stay as they are. */
char *text_fill(const char *tmpl, const char *(*lookup)(void *self, const char *name), void *self);

#endif
