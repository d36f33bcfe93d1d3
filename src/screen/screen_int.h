/* What the files of this room share and nobody else needs. */
#ifndef SCREEN_SCREEN_INT_H
#define SCREEN_SCREEN_INT_H

#include "screen/screen.h"

/* Words of a rule line, parsed. */
struct rules {
	bool required, digits, id_number, date, phone, mail;
	int min, max;
};
/* Parses "required, digits 6-12"; -1 with ERR_CONFIG naming the unknown word. `text` NULL: no rules. */
int rules_parse(const char *text, struct rules *r, struct err *e);

/* Name of a kind as the YAML writes it; FIELD_KIND_COUNT when unknown. */
enum field_kind kind_from_name(const char *name);

/* Reads one file. The caller frees it by screen_free(). */
struct screen *screen_load(const char *path, struct err *e);
void screen_free(struct screen *s);

/* Folder of the screens and of the catalogues: owned, kept; NULL when there is none. */
const char *screens_folder(void);
const char *locale_folder(void);
const char *msg_province(void);      /* "" when none */

#endif
