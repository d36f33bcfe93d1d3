/* The kinds of blocks a composed document is made of: src/pdf/README.md describes them for form authors. */
#ifndef PDF_BLOCKS_H
#define PDF_BLOCKS_H

#include "pdf/sheet.h"

#include <jansson.h>

/* Decree 30/2020, Annex I: country's name and motto. */
#define BLOCK_COUNTRY "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
#define BLOCK_MOTTO "Độc lập - Tự do - Hạnh phúc"

struct block_kind {
	const char *name;
	void (*draw)(struct sheet *s, const json_t *b);
};
extern const struct block_kind block_kinds[];
extern const size_t block_kinds_count;

/* NFC, no control characters, line ends kept; "" when absent. The caller owns it. */
char *block_text(const json_t *b, const char *key);
double block_number(const json_t *b, const char *key, double none, double min, double max);
bool block_is(const json_t *b, const char *key);

void block_table(struct sheet *s, const json_t *b);                 /* table.c */

#endif
