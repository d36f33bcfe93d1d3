#include "ui/typing.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/typing_word.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A key with this bit is a letter and no mark: letters that stand after a BackSpace, when the keys behind them are gone. */
enum { LITERAL = 0x80 };

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool ascii_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static struct letter *push(struct word *w, char key)
{
	w->l[w->n] = (struct letter){ .base = lower(key), .upper = key >= 'A' && key <= 'Z' };
	return &w->l[w->n++];
}

/* The mark is taken off by the caller; what was typed stays as plain letters, the rest of the word is literal. */
static bool undo(struct word *w, char key)
{
	w->undone = true;
	w->live = w->n;
	push(w, key);
	return true;
}

static bool stroke(struct word *w, char key)
{
	if (w->n == 0 || w->l[0].base != 'd')
		return false;
	if (w->l[0].quality == QUALITY_STROKE) {
		w->l[0].quality = QUALITY_PLAIN;
		return undo(w, key);
	}
	w->l[0].quality = QUALITY_STROKE;
	return true;
}

static bool set_tone(struct word *w, const struct syllable *s, enum tone tone, char key)
{
	if (s->nucleus == s->coda)
		return false;
	/* Initials of the highlands take no other tones (Krái, Drắk); so "proof" and "printer" stay as they are. */
	if (s->kind == SYLLABLE_HIGHLAND && tone != TONE_SAC && tone != TONE_NANG)
		return false;
	if (s->kind == SYLLABLE_RIME && !word_rime_takes(s, tone))
		return false;
	if (w->tone == tone) {
		w->tone = TONE_NONE;
		return undo(w, key);
	}
	w->tone = tone;
	return true;
}

static void drop_horns(struct word *w, const struct syllable *s)
{
	for (size_t i = s->nucleus; i < s->coda; i++) {
		if (w->l[i].quality == QUALITY_HORN)
			w->l[i].quality = QUALITY_PLAIN;
		w->l[i].by_pair = false;
	}
}

static size_t last_of(const struct syllable *s, const char *bases)
{
	for (size_t i = s->coda; i > s->nucleus; i--)
		if (strchr(bases, s->bare[i - 1]))
			return i - 1;
	return SIZE_MAX;
}

/* `bases`: the letters this key may give a circumflex ("a" for Telex a, "aeo" for VNI 6). */
static bool hat(struct word *w, const struct syllable *s, const char *bases, char key)
{
	size_t i = last_of(s, bases);
	char longer[TYPING_KEYS_MAX + 2];
	size_t n = s->coda - s->nucleus;

	if (i == SIZE_MAX || w->plain_oo)
		return false;
	if (w->l[i].quality == QUALITY_HAT) {
		w->l[i].quality = QUALITY_PLAIN;
		if (lower(key) != 'o' || i + 1 != w->n)
			return undo(w, key);
		/* ooo: words of vehicle forms (rơ moóc) need their tone afterwards. */
		w->undone = w->plain_oo = true;
		push(w, key);
		return true;
	}
	/* ngoao, khoeo: the second o is a letter of its own, unlike that of toio -> tôi. */
	memcpy(longer, s->bare + s->nucleus, n);
	longer[n] = lower(key);
	if (!digit(key) && i + 1 < w->n && s->bare[s->coda] == '\0' && word_is_nucleus(longer, n + 1))
		return false;
	drop_horns(w, s);
	w->l[i].quality = QUALITY_HAT;
	return true;
}

/* uo takes the horn as a pair; whether u shows it is decided when the word is written. */
static bool horn_pair(struct word *w, const struct syllable *s, size_t u, char key)
{
	struct letter *a = &w->l[u], *o = &w->l[u + 1];

	if (o->quality == QUALITY_HORN && a->quality == QUALITY_HORN) {
		drop_horns(w, s);
		return undo(w, key);
	}
	o->quality = QUALITY_HORN;
	a->by_pair = a->quality != QUALITY_HORN;
	a->quality = QUALITY_HORN;
	return true;
}

static bool undo_w(struct word *w, size_t at)
{
	w->l[at].base = 'w';
	w->l[at].quality = QUALITY_PLAIN;
	w->undone = true;
	w->live = at;
	return true;
}

/* The letter that a horn or breve would go to: ưa when open, the first of uu, else a before o before u. */
static size_t hook_target(const struct word *w, const struct syllable *s, bool horn, bool breve)
{
	const char *v = s->bare + s->nucleus;
	size_t i;

	if (horn && ((strcmp(v, "ua") == 0 && w->l[s->nucleus + 1].quality == QUALITY_PLAIN) || strncmp(v, "uu", 2) == 0))
		return s->nucleus;
	if (breve && (i = last_of(s, "a")) != SIZE_MAX)
		return i;
	if (horn && (i = last_of(s, "o")) != SIZE_MAX)
		return i;
	return horn ? last_of(s, "u") : SIZE_MAX;
}

static bool hook(struct word *w, const struct syllable *s, bool horn, bool breve, char key)
{
	const char *pair = horn ? strstr(s->bare + s->nucleus, "uo") : NULL;

	if (w->plain_oo || s->nucleus == s->coda)
		return false;
	if (pair)
		return horn_pair(w, s, (size_t)(pair - s->bare), key);
	size_t i = hook_target(w, s, horn, breve);

	if (i == SIZE_MAX)
		return false;
	enum quality q = w->l[i].base == 'a' ? QUALITY_BREVE : QUALITY_HORN;
	if (w->l[i].quality == q) {
		if (w->l[i].from_w)
			return undo_w(w, i);
		w->l[i].quality = QUALITY_PLAIN;
		return undo(w, key);
	}
	if (q == QUALITY_BREVE)
		drop_horns(w, s);
	w->l[i].quality = q;
	return true;
}

/* Telex w with no vowel before it is ư; after gi too (giwx -> giữ). */
static bool born_from_w(struct word *w, const struct syllable *s, char key)
{
	if (s->nucleus != s->coda && strcmp(s->bare, "gi") != 0)
		return false;
	struct letter *l = push(w, key);

	l->base = 'u';
	l->quality = QUALITY_HORN;
	l->from_w = true;
	return true;
}

static bool take_off_tone(struct word *w)
{
	if (w->tone == TONE_NONE)
		return false;
	w->tone = TONE_NONE;
	return true;
}

static bool telex(struct word *w, const struct syllable *s, char key)
{
	switch (lower(key)) {
	case 'f':
		return set_tone(w, s, TONE_HUYEN, key);
	case 's':
		return set_tone(w, s, TONE_SAC, key);
	case 'r':
		return set_tone(w, s, TONE_HOI, key);
	case 'x':
		return set_tone(w, s, TONE_NGA, key);
	case 'j':
		return set_tone(w, s, TONE_NANG, key);
	case 'z':
		return take_off_tone(w);
	case 'a':
		return hat(w, s, "a", key);
	case 'e':
		return hat(w, s, "e", key);
	case 'o':
		return hat(w, s, "o", key);
	case 'd':
		return stroke(w, key);
	case 'w':
		return hook(w, s, true, true, key) || born_from_w(w, s, key);
	default:
		return false;
	}
}

static bool vni(struct word *w, const struct syllable *s, char key)
{
	switch (key) {
	case '1':
		return set_tone(w, s, TONE_SAC, key);
	case '2':
		return set_tone(w, s, TONE_HUYEN, key);
	case '3':
		return set_tone(w, s, TONE_HOI, key);
	case '4':
		return set_tone(w, s, TONE_NGA, key);
	case '5':
		return set_tone(w, s, TONE_NANG, key);
	case '0':
		return take_off_tone(w);
	case '6':
		return hat(w, s, "aeo", key);
	case '7':
		return hook(w, s, true, false, key);
	case '8':
		return hook(w, s, false, true, key);
	case '9':
		return stroke(w, key);
	default:
		return false;
	}
}

static void take(struct word *w, enum typing_mode mode, char key)
{
	char plain = (char)(key & ~LITERAL);
	struct syllable s;

	if (plain == key && w->live > w->n) {
		word_split(w, &s);
		if (s.kind != SYLLABLE_NOT && (mode == TYPING_TELEX ? telex(w, &s, key) : vni(w, &s, key)))
			return;
	}
	push(w, plain);
}

/* From nothing, at every key: no state that a key could leave behind wrong. */
static void recompute(struct typing *t)
{
	struct word w = { .live = SIZE_MAX };

	for (size_t i = 0; i < t->nkeys; i++)
		take(&w, t->mode, t->keys[i]);
	if (word_write(&w, t->new_style, t->text))
		return;
	for (size_t i = 0; i < t->nkeys; i++)
		t->text[i] = (char)(t->keys[i] & ~LITERAL);
	t->text[t->nkeys] = '\0';
}

void typing_reset(struct typing *t)
{
	t->nkeys = 0;
	t->text[0] = '\0';
}

bool typing_key(struct typing *t, char key)
{
	bool ours = t->mode == TYPING_TELEX ? ascii_letter(key)
	          : t->mode == TYPING_VNI   ? ascii_letter(key) || digit(key)
	                                    : false;

	if (!ours || t->nkeys == TYPING_KEYS_MAX)
		return false;
	t->keys[t->nkeys++] = key;
	recompute(t);
	return true;
}

/* ---- BackSpace ---------------------------------------------------------------------------------------------------- */

static char mark_key(enum typing_mode mode, const struct letter *l)
{
	switch (l->quality) {
	case QUALITY_PLAIN:
		return 0;
	case QUALITY_HAT:
		return mode == TYPING_TELEX ? l->base : '6';
	case QUALITY_BREVE:
		return mode == TYPING_TELEX ? 'w' : '8';
	case QUALITY_HORN:
		return mode == TYPING_TELEX ? 'w' : '7';
	case QUALITY_STROKE:
		return mode == TYPING_TELEX ? 'd' : '9';
	}
	return 0;
}

/* Letters of `text` (the first `n` bytes) with their marks; the tone goes to *tone. */
static size_t letters_of(const char *text, size_t n, struct letter out[TYPING_KEYS_MAX], enum tone *tone)
{
	const char *p = text;
	size_t count = 0;
	enum tone one;

	*tone = TONE_NONE;
	while (p < text + n && count < TYPING_KEYS_MAX) {
		if (!letter_read(text_next(&p), &out[count++], &one))
			return 0;
		if (one != TONE_NONE)
			*tone = one;
	}
	return count;
}

/* Keys that would have given `text`: what the word is now, without the way it was typed. */
static bool keys_from(struct typing *t, const char *text, size_t n)
{
	static const char tones[2][TONE_NANG + 1] = { { 0, 'f', 's', 'r', 'x', 'j' }, { 0, '2', '1', '3', '4', '5' } };
	struct letter l[TYPING_KEYS_MAX];
	enum tone tone;
	size_t count = letters_of(text, n, l, &tone);

	typing_reset(t);
	for (size_t i = 0; i < count; i++) {
		char c = l[i].upper ? (char)toupper(l[i].base) : l[i].base, mark = mark_key(t->mode, &l[i]);

		if (t->nkeys + 3 > TYPING_KEYS_MAX)
			return false;
		t->keys[t->nkeys++] = (char)(c | LITERAL);
		if (mark)
			t->keys[t->nkeys++] = mark;
	}
	if (tone != TONE_NONE)
		t->keys[t->nkeys++] = tones[t->mode == TYPING_VNI][tone];
	recompute(t);
	return count > 0;
}

/* The same letters with the same marks; the tone may have moved (hoàn -> hòa). */
static bool same_letters(const char *a, size_t na, const char *b)
{
	struct letter la[TYPING_KEYS_MAX], lb[TYPING_KEYS_MAX];
	enum tone ta, tb;
	size_t n = letters_of(a, na, la, &ta);

	if (n != letters_of(b, strlen(b), lb, &tb) || ta != tb)
		return false;
	for (size_t i = 0; i < n; i++)
		if (la[i].base != lb[i].base || la[i].quality != lb[i].quality || la[i].upper != lb[i].upper)
			return false;
	return true;
}

bool typing_backspace(struct typing *t)
{
	char before[sizeof t->text];

	if (t->mode == TYPING_OFF || t->nkeys == 0)
		return false;
	if (t->raw_backspace) {
		t->nkeys--;
		recompute(t);
		return true;
	}
	strcpy(before, t->text);
	size_t n = strlen(before) - text_prev_grapheme(before, strlen(before));

	if (n == 0) {
		typing_reset(t);
		return true;
	}
	if (keys_from(t, before, n) && same_letters(before, n, t->text))
		return true;
	/* No keys give what is left: the caller deletes, and the rest of the word is text like any other. */
	typing_reset(t);
	return false;
}

/* ---- a whole line ------------------------------------------------------------------------------------------------- */

static void drop_last(struct buf *b)
{
	if (b->n == 0)
		return;
	b->n -= text_prev_grapheme((const char *)b->p, b->n);
	b->p[b->n] = '\0';
}

char *typing_line(enum typing_mode mode, const char *keys)
{
	struct typing t = { .mode = mode };
	struct buf out = { 0 };
	size_t word = 0; /* where the word under the cursor begins in `out` */

	buf_str(&out, "");
	for (; *keys; keys++) {
		bool back = *keys == '<';

		if (back ? typing_backspace(&t) : typing_key(&t, *keys)) {
			out.n = word;
			buf_str(&out, t.text);
			continue;
		}
		typing_reset(&t);
		if (back)
			drop_last(&out);
		else if (!typing_key(&t, *keys)) {
			buf_add(&out, keys, 1);
		} else {
			word = out.n;
			buf_str(&out, t.text);
			continue;
		}
		word = out.n;
	}
	return buf_steal(&out);
}
