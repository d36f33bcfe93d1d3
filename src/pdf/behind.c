/* What stands behind signed bytes. A reader that believes the cross-reference chain never looks at an object that no section
 * names; a reader that searches the file does (incremental-saving attacks live on that difference). */
#include <string.h>

#include "pdf/inner.h"

enum { SLACK = 16 };

/* Writers that name the line end before a thing still mean that thing. */
static bool leads_to(struct pdf *p, uint64_t named, uint64_t at)
{
	struct lex l = lex_file(p);

	if (named > at || at - named > SLACK)
		return false;
	for (; named < at; named++) {
		int c = lex_byte(&l, named);
		if (c != ' ' && c != '\r' && c != '\n' && c != '\t')
			return false;
	}
	return true;
}

static bool is_section(struct pdf *p, uint64_t at)
{
	for (size_t i = 0; i < p->nsections; i++) {
		const struct pdf_section *s = &p->sections[i];
		if (leads_to(p, s->at + p->shift, at) || (s->xrefstm && leads_to(p, s->xrefstm + p->shift, at)))
			return true;
	}
	return false;
}

/* The nearest place that is named at or before `at`. */
static bool is_named(struct pdf *p, uint64_t at)
{
	size_t lo = 0, hi = p->nplaces;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (p->places[mid] <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (lo && leads_to(p, p->places[lo - 1], at)) || is_section(p, at);
}

static bool word_is(struct lex *l, uint64_t *at, const char *word)
{
	struct token t = lex_next(l, at);

	return t.kind == TOK_WORD && !strcmp(t.text, word);
}

/* Without a direct /Length: up to the next "endstream" that "endobj" follows. */
static int find_end(struct lex *l, uint64_t *at)
{
	for (uint64_t i = *at; i < l->n; i++) {
		uint64_t k = i;
		if (lex_byte(l, i) != 'e' || !word_is(l, &k, "endstream"))
			continue;
		uint64_t behind = k;
		if (!word_is(l, &k, "endobj"))
			continue;
		*at = behind;
		return 0;
	}
	return -1;
}

static int skip_stream(struct lex *l, uint64_t dict, uint64_t *at)
{
	long long length;
	bool odd = false;

	if (lex_stream(l, at, &odd) < 0)
		return -1;
	if (lex_key_int(l, dict, "/Length", &length) != 1)
		return find_end(l, at);
	if (length < 0 || (uint64_t)length > l->n - *at)
		return -1;
	*at += (uint64_t)length;
	return word_is(l, at, "endstream") ? 0 : -1;
}

static int skip_object(struct pdf *p, struct lex *l, uint64_t *at, uint64_t from)
{
	int num, gen;

	if (!is_named(p, from) || lex_obj(l, at, &num, &gen) < 0)
		return -1;
	uint64_t dict = *at, i;
	if (lex_skip(l, at, NULL, NULL) < 0)
		return -1;
	i = *at;
	if (word_is(l, &i, "stream") && skip_stream(l, dict, at) < 0)
		return -1;
	return word_is(l, at, "endobj") ? 0 : -1;
}

static int skip_table(struct pdf *p, struct lex *l, uint64_t *at, uint64_t from)
{
	if (!is_section(p, from))
		return -1;
	for (;;) {
		struct token t = lex_next(l, at);
		if (t.kind == TOK_WORD && !strcmp(t.text, "trailer"))
			return lex_skip(l, at, NULL, NULL);
		if (t.kind != TOK_INT && (t.kind != TOK_WORD || (strcmp(t.text, "n") && strcmp(t.text, "f"))))
			return -1;
	}
}

static int skip_startxref(struct pdf *p, struct lex *l, uint64_t *at)
{
	struct token t = lex_next(l, at);

	return t.kind == TOK_INT && t.num > 0 && is_section(p, (uint64_t)t.num + p->shift) ? 0 : -1;
}

static int skip_part(struct pdf *p, struct lex *l, const struct token *t, uint64_t *at)
{
	if (t->kind == TOK_INT) {
		*at = t->from;
		return skip_object(p, l, at, t->from);
	}
	if (t->kind == TOK_WORD && !strcmp(t->text, "xref"))
		return skip_table(p, l, at, t->from);
	if (t->kind == TOK_WORD && !strcmp(t->text, "startxref"))
		return skip_startxref(p, l, at);
	return -1;
}

int pdf_behind(struct pdf *p, uint64_t from, uint64_t *at)
{
	struct lex l = lex_file(p);
	uint64_t i = from;

	*at = from;
	if (pdf_xref(p, NULL) < 0)
		return -1;
	for (;;) {
		struct token t = lex_next(&l, &i);
		if (t.kind == TOK_END)
			return 0;
		*at = t.from;
		if (skip_part(p, &l, &t, &i) < 0)
			return -1;
	}
}
