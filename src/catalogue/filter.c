/* Level, field and agency: judged once for all rows, kept while the filter stays the same from key to key. */
#include "catalogue/catalogue_int.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* "X" or "xã"; B T X K as in the table. */
static bool level_fits(const char *levels, const char *want)
{
	static const struct {
		const char *word;
		char letter;
	} names[] = { { "xa", 'X' }, { "tinh", 'T' }, { "bo", 'B' }, { "khac", 'K' }, { "co quan khac", 'K' } };
	AUTO(mem_free) char *folded = text_fold(want);
	char letter = '\0';

	if (strlen(folded) == 1)
		letter = (char)toupper((unsigned char)*folded);
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i].word, folded) == 0)
			letter = names[i].letter;
	return letter && strchr(levels, letter);
}

static bool holds(const char *text, const char *want)
{
	AUTO(mem_free) char *a = text_fold(text);
	AUTO(mem_free) char *b = text_fold(want);

	return strstr(a, b) != NULL;
}

static bool fits(const struct procedure *p, const struct search_filter *f)
{
	if (f->level && *f->level && !level_fits(p->levels, f->level))
		return false;
	if (f->field && *f->field && !holds(p->field, f->field))
		return false;
	return !f->agency || !*f->agency || holds(p->agency, f->agency) || holds(p->issuer, f->agency);
}

static const char *shown(const char *s)
{
	return s ? s : "";
}

bool catalogue_filter(struct catalogue *c, const struct search_filter *f, size_t procedure)
{
	if (!f || (!*shown(f->level) && !*shown(f->field) && !*shown(f->agency)))
		return true;
	if (procedure > 0 && c->passes)
		return c->passes[procedure];
	AUTO(mem_free) char *key = mem_printf("%s\t%s\t%s", shown(f->level), shown(f->field), shown(f->agency));

	if (c->filter_key && strcmp(key, c->filter_key) == 0)
		return c->passes[procedure];
	free(c->filter_key);
	free(c->passes);
	c->filter_key = STEAL(&key);
	c->passes = mem_array(c->procedure_rows.rows, sizeof *c->passes);
	for (size_t i = 0; i < c->procedure_rows.rows; i++)
		c->passes[i] = fits(&c->procedures[i], f);
	return c->passes[procedure];
}
