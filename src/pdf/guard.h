/* May one more revision be added? DocMDP, FieldMDP and field locks of the signatures that are there. */
#ifndef PDF_GUARD_H
#define PDF_GUARD_H

#include "pdf/inner.h"

/* `field`: full name of the field that would be signed. ERR_PDF_FORBIDS with a reason. */
int guard_signing(struct pdf *p, const char *field, int certify, struct err *e);

#endif
