#include "pdf/child.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HITS_MAX = 200 };

/* Simple lower case of the Latin letters that Vietnamese and its neighbours use; marks stay. */
static uint32_t lower(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7))
		return c + 32;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x1e00 && c <= 0x1eff) || c == 0x1a0)
		return c | 1;
	return c == 0x1af ? 0x1b0 : c;
}

/* One normal form: NFC, lower case, no white space. With `bare` also without marks. The caller owns it. */
static char *plain(const char *text, bool bare)
{
	AUTO(mem_free) char *nfc = bare ? text_fold(text) : text_nfc(text);
	AUTO(buf_free) struct buf b = { 0 };
	char put[5];

	buf_str(&b, "");
	for (const char *s = nfc; *s; ) {
		uint32_t c = lower(text_next(&s));
		if (c > 32 && c != 0xa0 && c != 0xad && c != 0x200b && c != 0xfeff) {
			text_put(put, c);
			buf_str(&b, put);
		}
	}
	return buf_steal(&b);
}

/* The words of one page joined without spaces: spaces in a PDF are guesses. */
struct joined {
	char *text;
	size_t *start;           /* of each word, and the end */
	size_t n;
};

static struct joined join(const struct words *w, size_t from, size_t to, bool bare)
{
	AUTO(buf_free) struct buf b = { 0 };
	struct joined j = { .n = to - from, .start = mem_array(to - from + 1, sizeof *j.start) };

	buf_str(&b, "");
	for (size_t i = from; i < to; i++) {
		AUTO(mem_free) char *part = plain(w->at[i].text, bare);
		j.start[i - from] = b.n;
		buf_str(&b, part);
	}
	j.start[j.n] = b.n;
	j.text = buf_steal(&b);
	return j;
}

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool starts_word(const struct joined *j, size_t at)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->start[i] == at)
			return true;
	return at == 0 || at == j->start[j->n] || !is_letter(j->text[at - 1]);
}

static bool ends_word(const struct joined *j, size_t at)
{
	return starts_word(j, at) || !is_letter(j->text[at]);
}

static void add_hit(struct pdf_hit **out, size_t *count, const struct word *w, size_t n, double height)
{
	AUTO(buf_free) struct buf words = { 0 };
	struct word box = w[0];

	for (size_t i = 0; i < n; i++) {
		buf_printf(&words, "%s%s", i ? " " : "", w[i].text);
		box.x0 = w[i].x0 < box.x0 ? w[i].x0 : box.x0;
		box.y0 = w[i].y0 < box.y0 ? w[i].y0 : box.y0;
		box.x1 = w[i].x1 > box.x1 ? w[i].x1 : box.x1;
		box.y1 = w[i].y1 > box.y1 ? w[i].y1 : box.y1;
	}
	*out = mem_grow(*out, *count + 1, sizeof **out);
	AUTO(mem_free) char *raw = buf_steal(&words);
	(*out)[(*count)++] = (struct pdf_hit){ .page = box.page, .x = box.x0, .y = height - box.y1, .w = box.x1 - box.x0,
		                               .h = box.y1 - box.y0, .words = text_clean(raw, false) };
}

struct search {
	const struct words *w;
	const char *want;
	bool bare, whole;
	struct pdf_hit *hits;
	size_t n;
};

static void search_page(struct search *s, size_t from, size_t to, double height)
{
	struct joined j = join(s->w, from, to, s->bare);
	size_t len = strlen(s->want);

	for (const char *at = j.text; s->n < HITS_MAX && (at = strstr(at, s->want)); at += len) {
		size_t a = (size_t)(at - j.text), b = a + len, first = 0, last;
		if (s->whole && !(starts_word(&j, a) && ends_word(&j, b)))
			continue;
		while (first + 1 < j.n && j.start[first + 1] <= a)
			first++;
		for (last = first; last + 1 < j.n && j.start[last + 1] < b; last++)
			;
		add_hit(&s->hits, &s->n, &s->w->at[from + first], last - first + 1, height);
	}
	free(j.text);
	free(j.start);
}

static int search_all(struct search *s, struct pdf *p, struct err *e)
{
	for (size_t i = 0; i < s->w->n; ) {
		struct pdf_page pg;
		size_t to = i;
		while (to < s->w->n && s->w->at[to].page == s->w->at[i].page)
			to++;
		if (pdf_page(p, s->w->at[i].page, &pg, e) < 0)
			return -1;
		search_page(s, i, to, pg.height);
		i = to;
	}
	return 0;
}

int pdf_find(int fd, const char *words, struct pdf_hit **out, size_t *count, struct err *e)
{
	AUTO(words_free) struct words w = { 0 };
	AUTO(pdf_release) struct pdf *p = pdf_open(fd, 0, 0, e);

	*out = NULL;
	*count = 0;
	if (!p || words_read(fd, 1, 0, &w, e) < 0)
		return -1;
	/* Whole words before parts of words, with marks before without: the first way that finds something. */
	for (int way = 0; way < 4; way++) {
		AUTO(mem_free) char *want = plain(words, way >= 2);
		struct search s = { .w = &w, .want = want, .bare = way >= 2, .whole = way % 2 == 0 };
		if (!*want)
			return err_set(e, ERR_USAGE, "nothing to look for");
		int rc = search_all(&s, p, e);
		*out = s.hits;
		*count = s.n;
		if (rc < 0 || s.n)
			return rc;
	}
	return err_set(e, ERR_PLACE_NOT_FOUND, "words not found on %d pages", pdf_pages(p));
}

void pdf_hits_free(struct pdf_hit *h, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(h[i].words);
	free(h);
}
