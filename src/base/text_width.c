/* Cells, graphemes, breaking into lines. */
#include "base/text.h"
#include "base/mem.h"

#include <string.h>
#include <utf8proc.h>

/* Letters as people here write them, none of them a mark, hidden or wide: no table is asked. Every label of a list passes here
 * at every key. */
static bool is_plain(uint32_t cp)
{
	return (cp >= 0xa1 && cp < 0x300 && cp != 0xad) || (cp >= 0x1ea0 && cp <= 0x1ef9);
}

static bool is_mark(uint32_t cp)
{
	if (cp < 0x300 || is_plain(cp))
		return false;
	utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
	return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

int text_cp_width(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return 0;
	if (cp < 0x7f || is_plain(cp))
		return 1;
	if (is_mark(cp) || utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_CF)
		return 0;
	return utf8proc_charwidth((utf8proc_int32_t)cp);
}

int text_width(const char *s)
{
	int cells = 0;

	while (s && *s)
		cells += text_cp_width(text_next(&s));
	return cells;
}

size_t text_next_grapheme(const char *s, size_t at)
{
	if (!s || at >= strlen(s))
		return 0;
	const char *p = s + at;
	text_next(&p);
	for (const char *q = p; *q && is_mark(text_next(&q)); p = q)
		;
	return (size_t)(p - s) - at;
}

/* Start of the code point (or stray byte) that ends at `at` > 0. */
static size_t cp_before(const char *s, size_t at)
{
	for (size_t back = 1; back <= 4 && back <= at; back++) {
		const char *p = s + at - back;
		if (((unsigned char)*p & 0xc0) == 0x80)
			continue;
		text_next(&p);
		return p == s + at ? at - back : at - 1;
	}
	return at - 1;
}

size_t text_prev_grapheme(const char *s, size_t at)
{
	size_t n = s ? strlen(s) : 0;
	size_t end = at < n ? at : n, start = end;

	while (start > 0) {
		start = cp_before(s, start);
		const char *p = s + start;
		if (!is_mark(text_next(&p)))
			break;
	}
	return end - start;
}

/* Bytes of the longest run of whole graphemes within `cells`, at most n bytes. */
static size_t fit(const char *s, size_t n, int cells, int *used)
{
	size_t at = 0;

	*used = 0;
	while (at < n) {
		size_t g = text_next_grapheme(s, at);
		const char *p = s + at;
		int w = text_cp_width(text_next(&p));
		if (*used + w > cells)
			break;
		*used += w;
		at += g;
	}
	return at;
}

struct lines {
	char **at;
	size_t n, cap;
};

static void lines_add(struct lines *l, const char *s, size_t n)
{
	if (l->n + 1 >= l->cap) {
		l->cap = l->cap ? l->cap * 2 : 8;
		l->at = mem_grow(l->at, l->cap, sizeof *l->at);
	}
	l->at[l->n++] = mem_strn(s, n);
	l->at[l->n] = NULL;
}

/* One line of the source, n bytes without its \n. */
static void wrap_line(struct lines *l, const char *s, size_t n, int cells)
{
	for (;;) {
		int used;
		size_t whole = fit(s, n, cells, &used);
		if (whole == n) {
			lines_add(l, s, n);
			return;
		}
		size_t cut = whole;
		while (cut > 0 && s[cut] != ' ')
			cut--;
		bool at_space = cut > 0;
		/* A word longer than the line; a glyph wider than the line stands alone rather than for ever. */
		if (!at_space)
			cut = whole ? whole : text_next_grapheme(s, 0);
		size_t keep = cut;
		while (at_space && keep > 0 && s[keep - 1] == ' ')
			keep--;
		if (keep > 0)
			lines_add(l, s, keep);
		while (cut < n && s[cut] == ' ')
			cut++;
		s += cut;
		n -= cut;
		if (n == 0)
			return;
	}
}

char **text_wrap(const char *s, int cells, size_t *count)
{
	struct lines l = { .at = mem_array(8, sizeof *l.at), .cap = 8 };

	if (cells < 1)
		cells = 1;
	while (s && *s) {
		size_t n = strcspn(s, "\n");
		wrap_line(&l, s, n, cells);
		s += n + (s[n] == '\n');
	}
	if (count)
		*count = l.n;
	return l.at;
}

void text_lines_free(char **lines)
{
	for (char **p = lines; p && *p; p++)
		mem_free(p);
	mem_free(&lines);
}

char *text_cut(const char *s, int cells)
{
	int used;

	if (!s || cells < 1)
		return mem_str("");
	size_t n = strlen(s);
	if (fit(s, n, cells, &used) == n)
		return mem_str(s);
	n = fit(s, n, cells - 1, &used);
	while (n > 0 && s[n - 1] == ' ')
		n--;
	return mem_printf("%.*s…", (int)n, s);
}
