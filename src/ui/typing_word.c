#include "ui/typing_word.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/typing_tables.h"

#include <ctype.h>
#include <string.h>

static bool listed(const char *const *list, size_t count, const char *s, size_t n)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(list[i], s, n) == 0 && list[i][n] == '\0')
			return true;
	return false;
}

static bool vowel(char c)
{
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

bool word_is_nucleus(const char *bare, size_t n)
{
	return listed(nuclei, COUNT(nuclei), bare, n);
}

static bool begins_initial(const char *s, size_t n)
{
	for (size_t i = 0; i < COUNT(initials); i++)
		if (strncmp(initials[i], s, n) == 0)
			return true;
	for (size_t i = 0; i < COUNT(name_initials); i++)
		if (strncmp(name_initials[i], s, n) == 0)
			return true;
	return false;
}

/* gi and qu belong to the initial when another vowel follows. */
static size_t initial_length(const char *s)
{
	size_t n = 0;

	while (s[n] && !vowel(s[n]))
		n++;
	if (n == 1 && vowel(s[1]) && vowel(s[2]) && ((s[0] == 'g' && s[1] == 'i') || (s[0] == 'q' && s[1] == 'u')))
		n = 2;
	return n;
}

static bool begins_name(const char *bare)
{
	size_t n = strlen(bare);

	for (size_t i = 0; i < COUNT(names); i++)
		if (strncmp(names[i].bare, bare, n) == 0)
			return true;
	return false;
}

static bool name_rime(const char *bare)
{
	for (size_t i = 0; i < COUNT(name_rimes); i++)
		if (strcmp(name_rimes[i].bare, bare) == 0)
			return true;
	return false;
}

static enum syllable_kind kind_of(struct syllable *s)
{
	const char *b = s->bare;
	size_t n = s->nucleus, c = s->coda;

	if (n == c)
		return begins_initial(b, n) ? SYLLABLE_BEGUN : SYLLABLE_NOT;
	bool usual = listed(initials, COUNT(initials), b, n);
	bool named = !usual && listed(name_initials, COUNT(name_initials), b, n);
	bool closed = listed(codas, COUNT(codas), b + c, strlen(b + c));

	if ((usual || named) && word_is_nucleus(b + n, c - n)) {
		if (closed)
			return usual ? SYLLABLE_VIETNAMESE : SYLLABLE_HIGHLAND;
		if (name_rime(b + n))
			return usual ? SYLLABLE_RIME : SYLLABLE_HIGHLAND;
	}
	return begins_name(b) ? SYLLABLE_NAME : SYLLABLE_NOT;
}

/* In a whole name (Đakrông, Avương) the last group of vowels takes the marks. */
static void last_vowels(struct syllable *s)
{
	size_t end = strlen(s->bare);

	while (end > 0 && !vowel(s->bare[end - 1]))
		end--;
	s->coda = end;
	while (end > 0 && vowel(s->bare[end - 1]))
		end--;
	s->nucleus = end;
}

void word_split(const struct word *w, struct syllable *s)
{
	size_t n = w->live < w->n ? w->live : w->n;

	for (size_t i = 0; i < n; i++)
		s->bare[i] = w->l[i].base;
	s->bare[n] = '\0';
	s->nucleus = initial_length(s->bare);
	s->coda = s->nucleus;
	while (s->bare[s->coda] && vowel(s->bare[s->coda]))
		s->coda++;
	s->kind = kind_of(s);
	if (s->kind == SYLLABLE_NAME)
		last_vowels(s);
}

/* ---- marks ------------------------------------------------------------------------------------------------------- */

static void show_pairs(struct letter *l, const struct syllable *s, size_t n)
{
	bool open_u = strcmp(s->bare, "huo") == 0 || strcmp(s->bare, "khuo") == 0 || strcmp(s->bare, "thuo") == 0;

	for (size_t i = s->nucleus; i + 1 < s->coda; i++) {
		if (l[i].base != 'u' || l[i + 1].base != 'o')
			continue;
		bool horn_u = l[i].quality == QUALITY_HORN, horn_o = l[i + 1].quality == QUALITY_HORN;

		if (i + 2 == n && l[i].by_pair && open_u)
			l[i].quality = QUALITY_PLAIN;
		else if (i + 2 < n && horn_u && l[i + 1].quality == QUALITY_PLAIN)
			l[i + 1].quality = QUALITY_HORN;
		else if (i + 2 < n && horn_o && l[i].quality == QUALITY_PLAIN)
			l[i].quality = QUALITY_HORN;
	}
}

/* Where the tone stands: old style (hòa, thủy) unless asked otherwise. */
static size_t tone_place(const struct letter *l, const struct syllable *s, bool new_style)
{
	size_t n = s->coda - s->nucleus;
	bool open = s->bare[s->coda] == '\0';
	const char *v = s->bare + s->nucleus;

	for (size_t i = s->coda; i > s->nucleus; i--)
		if (l[i - 1].quality != QUALITY_PLAIN)
			return i - 1;
	if (n == 1 || !open)
		return s->coda - 1;
	if (n > 2)
		return s->coda - 2;
	if (new_style && (strcmp(v, "oa") == 0 || strcmp(v, "oe") == 0 || strcmp(v, "uy") == 0))
		return s->coda - 1;
	return s->nucleus;
}

static uint32_t code_point(const struct letter *l, enum tone tone)
{
	uint32_t cp = (unsigned char)l->base;

	if (l->quality == QUALITY_STROKE)
		cp = 0x111;
	for (size_t i = 0; i < VOWEL_FORMS; i++)
		if (vowel_rows[i].base == l->base && vowel_rows[i].quality == l->quality)
			cp = vowel_forms[i][tone];
	if (!l->upper)
		return cp;
	return cp < 0x100 ? (uint32_t)(cp - (isdigit((int)cp) ? 0 : 0x20)) : cp - 1;
}

bool letter_read(uint32_t cp, struct letter *l, enum tone *tone)
{
	*tone = TONE_NONE;
	*l = (struct letter){ 0 };
	if (cp < 0x80) {
		l->base = (char)tolower((int)cp);
		l->upper = isupper((int)cp);
		return isalnum((int)cp);
	}
	for (unsigned up = 0; up < 2; up++) {
		l->upper = up;
		if (cp + up == 0x111) {
			l->base = 'd';
			l->quality = QUALITY_STROKE;
			return true;
		}
		for (size_t i = 0; i < VOWEL_FORMS * TONES; i++) {
			uint16_t form = vowel_forms[i / TONES][i % TONES];

			if (form != cp + (form < 0x100 ? up * 0x20 : up))
				continue;
			l->base = vowel_rows[i / TONES].base;
			l->quality = (enum quality)vowel_rows[i / TONES].quality;
			*tone = (enum tone)(i % TONES);
			return true;
		}
	}
	return false;
}

bool word_rime_takes(const struct syllable *s, enum tone tone)
{
	for (size_t i = 0; i < COUNT(name_rimes); i++) {
		if (strcmp(name_rimes[i].bare, s->bare + s->nucleus) != 0)
			continue;
		for (const char *p = name_rimes[i].marked; *p;) {
			struct letter l;
			enum tone has;

			if (letter_read(text_next(&p), &l, &has) && has == tone)
				return true;
		}
	}
	return false;
}

/* The written letters from..to as lower-case UTF-8, to be looked up. */
static void spell(const struct letter *l, size_t from, size_t to, size_t tone_at, enum tone tone, char *out)
{
	for (size_t i = from; i < to; i++) {
		struct letter low = l[i];

		low.upper = false;
		out += text_put(out, code_point(&low, i == tone_at ? tone : TONE_NONE));
	}
	*out = '\0';
}

static bool named(const struct name *list, size_t count, const char *s, bool prefix)
{
	for (size_t i = 0; i < count; i++)
		if (prefix ? strncmp(list[i].marked, s, strlen(s)) == 0 : strcmp(list[i].marked, s) == 0)
			return true;
	return false;
}

/* Marks that fit these vowels and this end: "ơe" (power), "tẽt" (text), "ráin" (rains) are nobody's words. */
static bool marks_fit(const struct letter *l, const struct syllable *s, enum tone tone)
{
	char v[TYPING_KEYS_MAX * 4 + 1];
	const char *coda = s->bare + s->coda;
	bool marked = false;

	for (size_t i = 0; i < s->nucleus; i++)
		if (l[i].quality == QUALITY_HORN)
			return false;
	for (size_t i = s->nucleus; i < s->coda; i++)
		marked |= l[i].quality != QUALITY_PLAIN;
	spell(l, s->nucleus, s->coda, SIZE_MAX, TONE_NONE, v);
	if (marked && !listed(marked_nuclei, COUNT(marked_nuclei), v, strlen(v)))
		return false;
	if (*coda && listed(closed_nuclei, COUNT(closed_nuclei), v, strlen(v)))
		return false;
	if (tone == TONE_NONE || tone == TONE_SAC || tone == TONE_NANG)
		return true;
	return !strchr("cpt", *coda) || !*coda;
}

static bool word_fits(const struct letter *l, const struct syllable *s, size_t tone_at, enum tone tone)
{
	char text[TYPING_KEYS_MAX * 4 + 1];
	size_t end = strlen(s->bare);
	bool bare = tone == TONE_NONE;

	for (size_t i = 0; i < end; i++)
		bare &= l[i].quality == QUALITY_PLAIN && !l[i].from_w;
	spell(l, 0, end, tone_at, tone, text);
	switch (s->kind) {
	case SYLLABLE_NOT:
		return false;
	case SYLLABLE_BEGUN:
		return true;
	case SYLLABLE_VIETNAMESE:
		return marks_fit(l, s, tone);
	case SYLLABLE_HIGHLAND:
		if (bare || named(names, COUNT(names), text, false))
			return true;
		if (listed(codas, COUNT(codas), s->bare + s->coda, end - s->coda))
			return marks_fit(l, s, tone);
		spell(l, s->nucleus, end, tone_at, tone, text);
		return named(name_rimes, COUNT(name_rimes), text, false);
	case SYLLABLE_RIME:
		spell(l, s->nucleus, end, tone_at, tone, text);
		return bare || named(name_rimes, COUNT(name_rimes), text, false);
	case SYLLABLE_NAME:
		return bare || named(names, COUNT(names), text, true);
	}
	return false;
}

bool word_write(const struct word *w, bool new_style, char *out)
{
	struct syllable s;
	struct letter l[TYPING_KEYS_MAX];

	word_split(w, &s);
	memcpy(l, w->l, sizeof l);
	show_pairs(l, &s, strlen(s.bare));
	bool voiced = s.coda > s.nucleus;
	enum tone tone = voiced ? w->tone : TONE_NONE;
	size_t at = voiced ? tone_place(l, &s, new_style) : SIZE_MAX;

	if (!w->undone && !word_fits(l, &s, at, tone))
		return false;
	for (size_t i = 0; i < w->n; i++)
		out += text_put(out, code_point(&l[i], i == at ? tone : TONE_NONE));
	*out = '\0';
	return true;
}
