/* Fields, annotations and their looks within the revision diff. */
#ifndef VERIFY_DIFF_FORM_H
#define VERIFY_DIFF_FORM_H

#include "verify/diff.h"

/* A widget may be the kid of its field: the nearest value on the way up. */
struct pdf_val diff_inherited(struct pdf *p, struct pdf_val v, const char *key);
bool diff_is_signature(struct pdf *p, struct pdf_val field);
bool diff_is_signed(struct pdf *p, struct pdf_val field);
bool diff_keys_ok(struct diff *d, struct pdf_val a, struct pdf_val b, const char *const *allowed);
bool diff_same_key(struct diff *d, struct pdf_val a, struct pdf_val b, const char *key);
bool diff_same_item(struct diff *d, struct pdf_val a, struct pdf_val b);
/* Old entries stay, in order; new ones are signature fields. */
void diff_field_list(struct diff *d, struct pdf_val a, struct pdf_val b, int num);
void diff_field(struct diff *d, struct pdf_val a, struct pdf_val b, int num);
/* An appearance or value that was overwritten in its place. */
void diff_looks(struct diff *d, int num);

/* diff_marks.c: what stands on a page. */
void diff_annotations(struct diff *d, struct pdf_val a, struct pdf_val b, int page, int num);
/* Does a field or widget of the new revision run anything? */
bool diff_acts(struct diff *d, struct pdf_val v);
/* Does a widget of the new revision draw anything? */
bool diff_shows(struct diff *d, struct pdf_val v);

#endif
