/* Inside of the typing engine: a word as letters with marks, and how letters divide into a syllable. */
#ifndef UI_TYPING_WORD_H
#define UI_TYPING_WORD_H

#include "ui/typing.h"

enum quality { QUALITY_PLAIN, QUALITY_HAT, QUALITY_BREVE, QUALITY_HORN, QUALITY_STROKE };
enum tone { TONE_NONE, TONE_HUYEN, TONE_SAC, TONE_HOI, TONE_NGA, TONE_NANG };

struct letter {
	char base;              /* a-z or a digit */
	bool upper;
	bool from_w;            /* ư out of a lone w: undoing gives w, not u */
	bool by_pair;           /* horn that u got with its o: open huơ, khuơ, thuở do not show it */
	enum quality quality;
};
struct word {
	struct letter l[TYPING_KEYS_MAX];
	size_t n;
	size_t live;            /* letters before it make the syllable; those behind an undo are literal */
	bool undone;
	bool plain_oo;          /* ooo gave oo: tones go on working (moóc, soóc) */
	enum tone tone;
};

enum syllable_kind {
	SYLLABLE_NOT,           /* can be no Vietnamese */
	SYLLABLE_BEGUN,         /* no vowel yet */
	SYLLABLE_VIETNAMESE,
	SYLLABLE_HIGHLAND,      /* initial of a highland name: Krông, Plông */
	SYLLABLE_RIME,          /* rime of a highland name: Lắk, Nuôl */
	SYLLABLE_NAME,          /* (the beginning of) a whole name that fits nowhere else: Đakrông */
};
struct syllable {
	enum syllable_kind kind;
	size_t nucleus, coda;   /* where they begin; nucleus == coda: no vowel */
	char bare[TYPING_KEYS_MAX + 1];
};
/* Divides the live letters; looks at letters only, not at marks. */
void word_split(const struct word *w, struct syllable *s);
bool word_is_nucleus(const char *bare, size_t n);
/* SYLLABLE_RIME: is there a rime of these letters with this tone? Else the key is a letter (the r of Đakrông). */
bool word_rime_takes(const struct syllable *s, enum tone tone);
/* The word with its marks as NFC UTF-8; false: with these marks it can be no word, and nothing was undone. */
bool word_write(const struct word *w, bool new_style, char *out);
/* Letters and tone of one written code point; false when it is no letter of the alphabet. */
bool letter_read(uint32_t cp, struct letter *l, enum tone *tone);

#endif
