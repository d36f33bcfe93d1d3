#include "catalogue/catalogue_int.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void read_provinces(struct catalogue *c)
{
	const struct table *t = &c->province_rows;

	c->provinces = mem_array(t->rows, sizeof *c->provinces);
	for (size_t i = 0; i < t->rows; i++)
		c->provinces[i] = (struct province){
			.code = table_cell(t, i, 0), .name = table_cell(t, i, 1), .full_name = table_cell(t, i, 2),
			.kind = table_cell(t, i, 3), .formed_from = table_cell(t, i, 5),
		};
}

static void read_communes(struct catalogue *c)
{
	const struct table *t = &c->commune_rows;

	c->communes = mem_array(t->rows, sizeof *c->communes);
	for (size_t i = 0; i < t->rows; i++)
		c->communes[i] = (struct commune){
			.code = table_cell(t, i, 0), .name = table_cell(t, i, 1), .full_name = table_cell(t, i, 2),
			.kind = table_cell(t, i, 3), .province = table_cell(t, i, 4),
		};
}

static void read_procedures(struct catalogue *c)
{
	const struct table *t = &c->procedure_rows;

	c->procedures = mem_array(t->rows, sizeof *c->procedures);
	for (size_t i = 0; i < t->rows; i++)
		c->procedures[i] = (struct procedure){
			.code = table_cell(t, i, 0), .name = table_cell(t, i, 1), .field = table_cell(t, i, 2),
			.levels = table_cell(t, i, 3), .issuer = table_cell(t, i, 4), .agency = table_cell(t, i, 5),
			.channels = table_cell(t, i, 6), .decision = table_cell(t, i, 7), .applicants = table_cell(t, i, 8),
		};
}

struct catalogue *catalogue_open(const char *dir, struct err *e)
{
	AUTO(catalogue_release) struct catalogue *c = mem_alloc(sizeof *c);

	c->dir = mem_str(dir);
	if (table_read(&c->province_rows, dir, "provinces.tsv", 6, e) ||
	    table_read(&c->commune_rows, dir, "communes.tsv", 5, e) ||
	    table_read(&c->procedure_rows, dir, "procedures.tsv", 10, e))
		return NULL;
	read_provinces(c);
	read_communes(c);
	read_procedures(c);
	if (catalogue_read_names(c, e))
		return NULL;
	return STEAL(&c);
}

void catalogue_free(struct catalogue *c)
{
	if (!c)
		return;
	struct table *const tables[] = { &c->province_rows, &c->commune_rows, &c->procedure_rows, &c->method_rows,
		                         &c->component_rows, &c->deadlines };

	for (size_t i = 0; i < COUNT(tables); i++)
		table_clear(tables[i]);
	for (size_t i = 0; i < c->ncommon; i++) {
		free(c->common[i].phrase);
		free(c->common[i].expansion);
	}
	free(c->common);
	vocabulary_clear(&c->words);
	free(c->dir);
	free(c->provinces);
	free(c->communes);
	free(c->procedures);
	free(c->methods);
	free(c->components);
	free(c->ids);
	free(c->names);
	free(c->fields);
	free(c->holidays);
	free(c->filter_key);
	free(c->passes);
	free(c);
}

void catalogue_release(struct catalogue **c)
{
	catalogue_free(*c);
	*c = NULL;
}

/* "1001193" and "1.001193" are one code. */
size_t catalogue_index(const struct catalogue *c, const char *code)
{
	for (size_t i = 0; i < c->procedure_rows.rows; i++) {
		const char *a = c->procedures[i].code, *b = code;

		while (*a && (*a == *b || *a == '.')) {
			b += *a == *b;
			a++;
		}
		if (!*a && !*b)
			return i;
	}
	return SIZE_MAX;
}

const struct procedure *catalogue_procedure(struct catalogue *c, const char *code)
{
	size_t i = catalogue_index(c, code);

	return i == SIZE_MAX ? NULL : &c->procedures[i];
}

static int number(const char *s)
{
	long n = strtol(s, NULL, 10);

	return n < 0 || n > 10000 ? 0 : (int)n;
}

/* A table that cannot be read shows nothing; the search goes on. */
static void read_methods(struct catalogue *c)
{
	const struct table *t = &c->method_rows;

	if (c->methods_read)
		return;
	c->methods_read = true;
	if (table_read(&c->method_rows, c->dir, "procedure_methods.tsv", 6, NULL)) {
		table_clear(&c->method_rows);
		return;
	}
	c->methods = mem_array(t->rows, sizeof *c->methods);
	for (size_t i = 0; i < t->rows; i++)
		c->methods[i] = (struct method){ .channel = table_cell(t, i, 2), .time_n = table_cell(t, i, 3),
			                         .time_unit = table_cell(t, i, 4), .fee = table_cell(t, i, 5) };
}

static void read_components(struct catalogue *c)
{
	const struct table *t = &c->component_rows;

	if (c->components_read)
		return;
	c->components_read = true;
	if (table_read(&c->component_rows, c->dir, "procedure_components.tsv", 8, NULL)) {
		table_clear(&c->component_rows);
		return;
	}
	c->components = mem_array(t->rows, sizeof *c->components);
	for (size_t i = 0; i < t->rows; i++)
		c->components[i] = (struct component){
			.group = table_cell(t, i, 2), .text = table_cell(t, i, 3), .originals = number(table_cell(t, i, 4)),
			.copies = number(table_cell(t, i, 5)), .note = strcmp(table_cell(t, i, 6), "note") == 0,
			.form_file = strcmp(table_cell(t, i, 7), "yes") == 0,
		};
}

size_t catalogue_methods(struct catalogue *c, const char *code, const struct method **out, size_t max)
{
	const struct procedure *p = catalogue_procedure(c, code);
	size_t count = 0;

	read_methods(c);
	for (size_t i = 0; p && i < c->method_rows.rows && count < max; i++)
		if (strcmp(table_cell(&c->method_rows, i, 0), p->code) == 0)
			out[count++] = &c->methods[i];
	return count;
}

size_t catalogue_components(struct catalogue *c, const char *code, const struct component **out, size_t max)
{
	const struct procedure *p = catalogue_procedure(c, code);
	size_t count = 0;

	read_components(c);
	for (size_t i = 0; p && i < c->component_rows.rows && count < max; i++)
		if (strcmp(table_cell(&c->component_rows, i, 0), p->code) == 0)
			out[count++] = &c->components[i];
	return count;
}

/* Is `want` (folded) one of the names between "; "? */
static bool named_in(const char *list, const char *want)
{
	AUTO(mem_free) char *folded = text_fold(list);
	char *save = NULL;

	for (char *one = strtok_r(folded, ";", &save); one; one = strtok_r(NULL, ";", &save))
		if (strcmp(one + strspn(one, " "), want) == 0)
			return true;
	return false;
}

/* By code, by name, and last by one of the 63 provinces it was formed from: papers still carry those names. */
const struct province *catalogue_province(struct catalogue *c, const char *code_or_name)
{
	AUTO(mem_free) char *want = text_fold(code_or_name);

	for (size_t i = 0; i < c->province_rows.rows; i++) {
		const struct province *p = &c->provinces[i];

		if (strcmp(p->code, want) == 0 || named_in(p->name, want) || named_in(p->full_name, want))
			return p;
	}
	for (size_t i = 0; i < c->province_rows.rows; i++)
		if (named_in(c->provinces[i].formed_from, want))
			return &c->provinces[i];
	return NULL;
}

size_t catalogue_communes(struct catalogue *c, const char *province_code, const struct commune **out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < c->commune_rows.rows && count < max; i++)
		if (strcmp(c->communes[i].province, province_code) == 0)
			out[count++] = &c->communes[i];
	return count;
}

const struct commune *catalogue_commune(struct catalogue *c, const char *code)
{
	for (size_t i = 0; i < c->commune_rows.rows; i++)
		if (strcmp(c->communes[i].code, code) == 0)
			return &c->communes[i];
	return NULL;
}

static int by_folded(const void *a, const void *b)
{
	AUTO(mem_free) char *x = text_fold(*(const char *const *)a);
	AUTO(mem_free) char *y = text_fold(*(const char *const *)b);

	return strcmp(x, y);
}

size_t catalogue_fields(struct catalogue *c, const char **out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < c->procedure_rows.rows && count < max; i++) {
		const char *field = c->procedures[i].field;
		bool known = !*field;

		for (size_t k = 0; k < count && !known; k++)
			known = strcmp(out[k], field) == 0;
		if (!known)
			out[count++] = field;
	}
	qsort(out, count, sizeof *out, by_folded);
	return count;
}

void catalogue_counts(struct catalogue *c, size_t *provinces, size_t *communes, size_t *procedures)
{
	*provinces = c->province_rows.rows;
	*communes = c->commune_rows.rows;
	*procedures = c->procedure_rows.rows;
}
