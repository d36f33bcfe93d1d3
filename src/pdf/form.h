/* The objects around a signature that an appended revision has to write again: field, /Annots, AcroForm, catalog. */
#ifndef PDF_FORM_H
#define PDF_FORM_H

#include "pdf/writer.h"

/* One further widget of the field. */
struct form_spot {
	struct pdf_page page;
	int page_number;
	double rect[4], w, h;            /* user space; as shown */
	struct pdf_id widget, look;
};

struct form_target {
	bool fill;                       /* an existing empty field */
	bool visible;
	char name[128];
	struct pdf_val field, widget;    /* when filling */
	struct pdf_id field_id, widget_id;
	struct pdf_page page;
	int page_number;
	double rect[4];                  /* user space */
	double w, h;                     /* as shown */
	struct form_spot more[PDF_PLACES_MAX];
	size_t nmore;
};

/* Where the signature goes; nothing is written yet. */
int form_target(struct pdf *p, const struct pdf_prepare *how, struct form_target *out, struct err *e);
/* Writes field and widget with /V value (and /AP look when visible; further spots have their own), page or annotation list, AcroForm, and the catalog when
 * it must change; `certify` also puts /Perms. */
int form_write(struct tail *t, struct form_target *g, struct pdf_id value, struct pdf_id look, bool certify, struct err *e);
/* "/Reference [...]" for the signature dictionary: DocMDP and the field's own lock. */
void form_put_reference(struct tail *t, const struct form_target *g, int certify);

#endif
