/* Search: every word must match, better places count more, the plain procedure stands before its rarer variants. */
#include "catalogue/catalogue_int.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_MAX = 16, QUERY_BYTES_MAX = 400 };
enum { MATCH_NONE, MATCH_INSIDE, MATCH_PREFIX, MATCH_EXACT, MATCH_KIND = 3, MATCH_MARKS = 4 };

/* Weights. Common names decide (a whole phrase), then the phrase, then single words, then what breaks ties. */
static const double common_whole = 1000, common_inside = 300, common_begun = 40;
static const double phrase_bonus = 20, phrase_marks = 10, marks_bonus = 3, field_word = 2, commune_bonus = 6;
static const double rare_penalty = 4, length_penalty = 0.6, place_penalty = 0.4;
static const double near_bonus = 14;
static const double word_score[] = { 0, 3, 7, 10 };

struct query {
	struct vocabulary words;         /* of the query alone: typing must not grow the catalogue's */
	uint32_t ids[TOKENS_MAX];
	size_t n;
	char *written;                   /* folded words, one space between: as typed */
	char *meant;                     /* the same with abbreviations written out and filler left out */
	uint8_t *match[TOKENS_MAX];      /* by id of the catalogue's words */
	bool guess;
	bool inside;                     /* take everyday names that are only a part of what was typed */
	bool fits;                       /* some name begins a word with every word of the query */
};

static char *joined(const struct query *q)
{
	struct buf b = { 0 };

	buf_str(&b, "");
	for (size_t i = 0; i < q->n; i++) {
		if (i)
			buf_str(&b, " ");
		buf_str(&b, q->words.words[q->ids[i]].folded);
	}
	return buf_steal(&b);
}

/* Where `phrase` stands in `text` between spaces or ends; NULL when it does not. */
static const char *between_spaces(const char *text, const char *phrase)
{
	size_t n = strlen(phrase);

	for (const char *p = text; n && (p = strstr(p, phrase)); p++)
		if ((p == text || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return p;
	return NULL;
}

/* "dk khai sinh" -> "dang ky khai sinh"; "xin lam ... " loses its filler words, unless nothing would be left. */
static char *written_out(const struct catalogue *c, const char *text)
{
	char *now = mem_str(text);

	for (size_t i = 0; i < c->ncommon; i++) {
		const struct common_name *n = &c->common[i];
		const char *at = n->expansion ? between_spaces(now, n->phrase) : NULL;

		if (!at || (!*n->expansion && strlen(n->phrase) == strlen(now)))
			continue;
		AUTO(mem_free) char *old = now;
		AUTO(mem_free) char *loose = mem_printf("%.*s%s%s", (int)(at - old), old, n->expansion, at + strlen(n->phrase));
		now = text_fold(loose);
		size_t end = strlen(now);
		if (end && now[end - 1] == ' ')
			now[end - 1] = '\0';
	}
	return now;
}

static bool code_digits(const char *text, char *digits, size_t room)
{
	size_t n = 0;

	for (; *text; text++) {
		if (isdigit((unsigned char)*text) && n + 1 < room)
			digits[n++] = *text;
		else if (*text != '.' && *text != ' ')
			return false;
	}
	digits[n] = '\0';
	return n >= 3;
}

/* ---- one word of the query against one word of a name ----------------------------------------------------------- */

/* The written marks agree: "hoà" with "hòa", and while typing "thuò" with "thường" by letters, not by tone. */
static bool marks_agree(const struct word *q, const struct word *w, bool whole)
{
	if (q->marked_length == q->length)
		return false;
	if (whole)
		return strcmp(q->marked, w->marked) == 0;
	return strncmp(q->marked, w->marked, q->marked_length - 1) == 0;
}

static uint8_t match_word(const struct word *q, const struct word *w, bool guess)
{
	if (w->length == q->length && memcmp(w->folded, q->folded, q->length) == 0)
		return (uint8_t)(MATCH_EXACT | (marks_agree(q, w, true) ? MATCH_MARKS : 0));
	if (w->length > q->length && memcmp(w->folded, q->folded, q->length) == 0)
		return (uint8_t)(MATCH_PREFIX | (marks_agree(q, w, false) ? MATCH_MARKS : 0));
	if (guess && q->length > 2 && one_letter_off(q->folded, q->length, w->folded, w->length))
		return MATCH_PREFIX;
	return q->length > 1 && w->length > q->length && strstr(w->folded, q->folded) ? MATCH_INSIDE : MATCH_NONE;
}

static void match_words(struct query *q, const struct vocabulary *v)
{
	for (size_t t = 0; t < q->n; t++) {
		const struct word *w = &q->words.words[q->ids[t]];

		q->match[t] = mem_alloc(v->count);
		for (size_t i = 0; i < v->count; i++)
			q->match[t][i] = match_word(w, &v->words[i], q->guess);
	}
}

static void query_clear(struct query *q)
{
	for (size_t t = 0; t < q->n; t++)
		free(q->match[t]);
	vocabulary_clear(&q->words);
	free(q->written);
	free(q->meant);
}

/* ---- one name ---------------------------------------------------------------------------------------------------- */

static double best_word(const uint8_t *match, const uint32_t *ids, size_t n, uint32_t *at)
{
	double best = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t m = match[ids[i]];
		double score = word_score[m & MATCH_KIND] + (m & MATCH_MARKS ? marks_bonus : 0);

		if (score > best) {
			best = score;
			*at = i;
		}
	}
	return best;
}

static double phrase_score(const struct query *q, const uint32_t *ids, size_t n)
{
	double best = 0;

	for (size_t i = 0; i + q->n <= n; i++) {
		size_t t = 0, marked = 0;

		for (; t < q->n; t++) {
			uint8_t m = q->match[t][ids[i + t]], need = t + 1 < q->n ? MATCH_EXACT : MATCH_PREFIX;

			if ((m & MATCH_KIND) < need)
				break;
			marked += (m & MATCH_MARKS) != 0;
		}
		if (t < q->n)
			continue;
		double score = phrase_bonus + (double)marked / (double)q->n * phrase_marks;
		best = score > best ? score : best;
	}
	return best;
}

/* The words of the query in this name: their sum, 0 when one is missing; where they stand. */
static double words_score(const struct catalogue *c, struct query *q, size_t p, uint32_t *first, uint32_t *last)
{
	const struct indexed_name *n = &c->names[p], *f = &c->fields[p];
	uint32_t at = 0;
	double sum = 0;
	bool begun = true;

	*first = n->count;
	*last = 0;
	for (size_t t = 0; t < q->n; t++) {
		double word = best_word(q->match[t], c->ids + n->first, n->count, &at);

		begun = begun && word >= word_score[MATCH_PREFIX];
		if (word > 0) {
			*first = at < *first ? at : *first;
			*last = at > *last ? at : *last;
		} else if (best_word(q->match[t], c->ids + f->first, f->count, &at) >= word_score[MATCH_PREFIX]) {
			word = field_word;
		} else {
			return 0;
		}
		sum += word;
	}
	/* All words, but far apart in a long name, is chance and not what was meant. */
	q->fits = q->fits || (begun && *first <= *last && *last - *first < q->n + 5);
	return sum;
}

static double name_score(const struct catalogue *c, struct query *q, size_t p)
{
	const struct indexed_name *n = &c->names[p];
	uint32_t first, last;
	double score = words_score(c, q, p, &first, &last);

	if (score <= 0)
		return 0;
	double phrase = phrase_score(q, c->ids + n->first, n->count);
	bool together = q->n > 1 && first < last && last - first + 1 == q->n;

	score += 1 + (phrase > 0 ? phrase : together ? near_bonus : 0);
	double rest = n->count - n->head, far = first > n->head ? first - n->head : 0;
	score -= length_penalty * (rest < 40 ? rest : 40) + place_penalty * (far < 15 ? far : 15);
	score += strchr(c->procedures[p].levels, 'X') ? commune_bonus : 0;
	score -= rare_penalty * __builtin_popcount(n->rare);
	return score > 1 ? score : 1;
}

/* Everyday names add their weight to the procedure they stand for. */
static void common_scores(const struct catalogue *c, const struct query *q, double *extra)
{
	size_t typed = strlen(q->written);

	for (size_t i = 0; i < c->ncommon && typed; i++) {
		const struct common_name *n = &c->common[i];
		double score = 0, length = (double)strlen(n->phrase);

		if (n->expansion)
			continue;
		if (strcmp(n->phrase, q->written) == 0 || strcmp(n->phrase, q->meant) == 0)
			score = common_whole - (double)i * 0.01;
		else if (q->inside && (between_spaces(q->written, n->phrase) || between_spaces(q->meant, n->phrase)))
			score = common_inside + length;
		else if (typed >= 3 && strncmp(n->phrase, q->written, typed) == 0)
			score = common_begun * (double)typed / length;
		if (score > extra[n->procedure])
			extra[n->procedure] = score;
	}
}

static double code_score(const char *code, const char *digits)
{
	char bare[16];

	if (!code_digits(code, bare, sizeof bare))
		return 0;
	const char *at = strstr(bare, digits);
	if (!at)
		return 0;
	return strcmp(bare, digits) == 0 ? 2000 : at == bare ? 500 : 400;
}

/* ---- the best, in order -------------------------------------------------------------------------------------------- */

struct best {
	struct hit *out;
	size_t max, n, total;
};

static void take(struct best *b, struct hit h)
{
	size_t i = b->n;

	b->total++;
	if (b->max == 0 || (b->n == b->max && b->out[b->n - 1].score >= h.score))
		return;
	if (b->n == b->max)
		i = --b->n;
	while (i > 0 && b->out[i - 1].score < h.score) {
		b->out[i] = b->out[i - 1];
		i--;
	}
	b->out[i] = h;
	b->n++;
}

static void rank(struct catalogue *c, struct query *q, const char *digits, const struct search_filter *f,
                 struct best *b)
{
	size_t count = c->procedure_rows.rows;
	AUTO(mem_free) double *extra = mem_array(count, sizeof *extra);

	common_scores(c, q, extra);
	for (size_t i = 0; i < count; i++) {
		if (!catalogue_filter(c, f, i))
			continue;
		double score = name_score(c, q, i);

		/* A name only begun must not lift a variant above the plain one: "khai sinh" on the way to "khai sinh lại". */
		if (extra[i] >= common_inside)
			score += extra[i];
		else
			score = extra[i] > score ? extra[i] : score;
		if (*digits)
			score += code_score(c->procedures[i].code, digits);
		if (score > 0)
			take(b, (struct hit){ .p = &c->procedures[i], .score = score, .guessed = q->guess });
	}
}

/* `text` with its marks, so that exact marks can count; `q->meant` when abbreviations were written out. */
static void prepare(struct catalogue *c, struct query *q, const char *text)
{
	AUTO(mem_free) char *nfc = text_nfc(text);
	size_t n = strlen(nfc);

	if (n > QUERY_BYTES_MAX)
		nfc[QUERY_BYTES_MAX] = '\0';
	q->n = words_of(&q->words, nfc, q->ids, TOKENS_MAX);
	q->written = joined(q);
	q->meant = written_out(c, q->written);
	if (strcmp(q->written, q->meant) == 0)
		return;
	vocabulary_clear(&q->words);
	q->n = words_of(&q->words, q->meant, q->ids, TOKENS_MAX);
}

static void all_rows(struct catalogue *c, const struct search_filter *f, struct best *b)
{
	for (size_t i = 0; i < c->procedure_rows.rows; i++) {
		if (!catalogue_filter(c, f, i))
			continue;
		if (b->n < b->max)
			b->out[b->n++] = (struct hit){ .p = &c->procedures[i] };
		b->total++;
	}
}

/* One more attempt with other rules; what an earlier one found is forgotten. */
static void again(struct catalogue *c, struct query *q, const char *digits, const struct search_filter *f, struct best *b)
{
	for (size_t t = 0; t < q->n; t++)
		free(q->match[t]);
	match_words(q, &c->words);
	b->n = b->total = 0;
	rank(c, q, digits, f, b);
}

size_t catalogue_search(struct catalogue *c, const char *text, const struct search_filter *f, struct hit *out, size_t max,
                        size_t *total)
{
	struct best b = { .out = out, .max = max };
	AUTO(query_clear) struct query q = { 0 };
	char digits[16] = "";

	prepare(c, &q, text ? text : "");
	if (!code_digits(text ? text : "", digits, sizeof digits))
		*digits = '\0';
	if (q.n == 0)
		all_rows(c, f, &b);
	else
		again(c, &q, digits, f, &b);
	/* "giấy khai sinh cho con": more was said than any name holds. */
	if (q.n && !q.fits) {
		q.inside = true;
		again(c, &q, digits, f, &b);
	}
	/* Only when nothing was found: one wrong letter a word. */
	if (q.n && b.total == 0) {
		q.guess = true;
		again(c, &q, digits, f, &b);
	}
	if (total)
		*total = b.total;
	return b.n;
}
