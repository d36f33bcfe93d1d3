/* Fields, annotations and their looks within the revision diff. */
#ifndef VERIFY_DIFF_FORM_H
#define VERIFY_DIFF_FORM_H

#include "verify/diff.h"

bool diff_keys_ok(struct diff *d, struct pdf_val a, struct pdf_val b, const char *const *allowed);
bool diff_same_key(struct diff *d, struct pdf_val a, struct pdf_val b, const char *key);
/* Old entries stay, in order; new ones are signature fields. */
void diff_field_list(struct diff *d, struct pdf_val a, struct pdf_val b, int num);
void diff_annotations(struct diff *d, struct pdf_val a, struct pdf_val b, int page, int num);
void diff_field(struct diff *d, struct pdf_val a, struct pdf_val b, int num);
/* An appearance or value that was overwritten in its place. */
void diff_looks(struct diff *d, int num);

#endif
