/* Provinces, communes, procedures with their components and methods; search in memory over folded names. */
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct err;
struct catalogue;

struct province { const char *code, *name, *full_name, *kind, *formed_from; };
struct commune { const char *code, *name, *full_name, *kind, *province; };
struct procedure {
	const char *code, *name, *field, *levels, *issuer, *agency, *channels, *decision, *applicants;
};
struct method { const char *channel, *time_n, *time_unit, *fee; };
struct component { const char *group, *text; int originals, copies; bool note, form_file; };
struct hit { const struct procedure *p; double score; bool guessed; };
struct search_filter { const char *level, *field, *agency; };   /* NULL: any */

/* Reads the .tsv tables of DIR (screens/catalogue). All strings live as long as the catalogue. Components and methods are read when
 * first asked for, so that opening costs little. */
struct catalogue *catalogue_open(const char *dir, struct err *e);
void catalogue_free(struct catalogue *c);
void catalogue_release(struct catalogue **c);           /* for AUTO */

/* Best first; returns how many hits were written. Ignores marks, case, word order, đ; accepts common names and one wrong
 * letter (then guessed is true). An empty text gives the filter's rows in catalogue order. */
size_t catalogue_search(struct catalogue *c, const char *text, const struct search_filter *f, struct hit *out, size_t max, size_t *total);
const struct procedure *catalogue_procedure(struct catalogue *c, const char *code);
size_t catalogue_methods(struct catalogue *c, const char *code, const struct method **out, size_t max);
size_t catalogue_components(struct catalogue *c, const char *code, const struct component **out, size_t max);
const struct province *catalogue_province(struct catalogue *c, const char *code_or_name);
size_t catalogue_communes(struct catalogue *c, const char *province_code, const struct commune **out, size_t max);
const struct commune *catalogue_commune(struct catalogue *c, const char *code);
size_t catalogue_fields(struct catalogue *c, const char **out, size_t max);
void catalogue_counts(struct catalogue *c, size_t *provinces, size_t *communes, size_t *procedures);
/* Same-day rule and working days (holiday table): 17:00 Viet Nam time of the day something accepted at `accepted` is due
 * (seconds since 1970); 0 when the code is unknown or no time is published. See README.md, "Due days". */
long long catalogue_due(struct catalogue *c, const char *code, long long accepted);
/* Checks DIR and puts it in place of the folder `to` in one step; prints what was skipped and why to `report` (may be NULL).
 * Tables missing or without a good row: ERR_NO_FILE, ERR_FILE_TYPE; `to` is then untouched. */
int catalogue_import(const char *dir, const char *to, FILE *report, struct err *e);

#endif
