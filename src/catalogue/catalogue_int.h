/* Inside of the catalogue: tables as read from disk, and the vocabulary that search runs on. */
#ifndef CATALOGUE_INT_H
#define CATALOGUE_INT_H

#include "catalogue/catalogue.h"

#include <stdint.h>

enum { TABLE_COLUMNS_MAX = 12, TABLE_BYTES_MAX = 32 << 20, WORDS_PER_NAME = 128 };

/* A .tsv table: the whole file in memory, cut in place. */
struct table {
	char *text;
	char **cells;            /* rows * columns */
	size_t rows, columns;
};
/* Reads DIR/NAME; the first line (column names) is left out. Every row must have `columns` cells. */
int table_read(struct table *t, const char *dir, const char *name, size_t columns, struct err *e);
void table_clear(struct table *t);
const char *table_cell(const struct table *t, size_t row, size_t column);

/* A written word of some name; one entry however often it occurs. */
struct word {
	const char *folded;      /* "khai" */
	const char *marked;      /* lower case, tone after its vowels: hoà and hòa are one */
	size_t length;           /* of folded */
	size_t marked_length;
};
struct vocabulary {
	struct word *words;
	uint32_t *slots;         /* open hash: index + 1 */
	const char **keys;       /* the word as written, by index */
	size_t *key_lengths;
	size_t count, room, slot_count;
	char *arena;
	size_t arena_used, arena_room;
	char **old_arenas;       /* earlier blocks: words point into them */
	size_t old_count;
};
/* Cuts text into words and gives their ids; at most `max`. */
size_t words_of(struct vocabulary *v, const char *text, uint32_t *ids, size_t max);
void vocabulary_clear(struct vocabulary *v);
/* Lower case without marks (đ is d) into out; far faster than text_fold() for Vietnamese, the same result. */
void fold_word(const char *s, size_t n, char *out);

struct indexed_name {
	uint32_t first, count;   /* ids in catalogue.ids */
	uint32_t head;           /* words of "thủ tục", "đăng ký" ... before what is meant */
	uint32_t rare;           /* bit set of rarer variants (search.c) */
};
struct common_name {
	char *phrase;            /* folded */
	char *expansion;         /* folded; NULL when it names a procedure */
	size_t procedure;
};
struct holiday {
	int day;                 /* days since 1970-01-01 */
	bool works;              /* a Saturday that is worked */
};
struct catalogue {
	char *dir;
	struct table province_rows, commune_rows, procedure_rows;
	struct table method_rows, component_rows;    /* when first asked for */
	struct province *provinces;
	struct commune *communes;
	struct procedure *procedures;
	struct method *methods;
	struct component *components;
	bool methods_read, components_read, deadlines_read, holidays_read;
	struct vocabulary words;
	uint32_t *ids;
	size_t nids, ids_room;
	struct indexed_name *names, *fields;   /* one a procedure: its name and its field */
	struct common_name *common;
	size_t ncommon;
	struct table deadlines;
	struct holiday *holidays;
	size_t nholidays;
	char *filter_key;                      /* filter of the last search and who passes it */
	bool *passes;
};
size_t catalogue_index(const struct catalogue *c, const char *code);   /* SIZE_MAX: none */
int catalogue_read_names(struct catalogue *c, struct err *e);
bool catalogue_is_code(const char *s);
bool catalogue_filter(struct catalogue *c, const struct search_filter *f, size_t procedure);
/* Distance of at most one letter changed, added, left out, or two swapped. */
bool one_letter_off(const char *a, size_t na, const char *b, size_t nb);

#endif
