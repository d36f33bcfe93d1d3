/* The visible box: a form XObject with lines of text and a picture. */
#ifndef PDF_LOOK_H
#define PDF_LOOK_H

#include "pdf/writer.h"

/* Writes the objects of the appearance; w x h points as shown, `rotate` of the page. `id` is the form XObject. */
int look_write(struct tail *t, struct pdf_id id, const struct pdf_look *look, double w, double h, int rotate, struct err *e);

#endif
