/* Every syllable that initials, rimes and tones compose, typed in each order people type it: always the same syllable.
 * The lists here are the language's, written down apart from the engine's own. And every commune and province name. */
#include "ui/typing.h"

#include "base/mem.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *const onsets[] = {
	"", "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p", "ph", "qu",
	"r", "s", "t", "th", "tr", "v", "x",
};
static const char *const rimes[] = {
	"a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", "ăc", "ăm", "ăn", "ăng", "ăp",
	"ăt", "âc", "âm", "ân", "âng", "âp", "ât", "âu", "ây", "e", "ec", "em", "en", "eng", "eo", "ep", "et", "ê", "êch",
	"êm", "ên", "ênh", "êp", "êt", "êu", "i", "ia", "ich", "iêc", "iêm", "iên", "iêng", "iêp", "iêt", "iêu", "im",
	"in", "inh", "ip", "it", "iu", "o", "oa", "oac", "oach", "oai", "oam", "oan", "oang", "oanh", "oao", "oap", "oat",
	"oay", "oăc", "oăm", "oăn", "oăng", "oăt", "oc", "oe", "oen", "oeo", "oet", "oi", "om", "on", "ong", "ooc", "oong",
	"op", "ot", "ô", "ôc", "ôi", "ôm", "ôn", "ông", "ôp", "ôt", "ơ", "ơi", "ơm", "ơn", "ơp", "ơt", "u", "ua", "uân",
	"uâng", "uât", "uây", "uc", "uê", "uêch", "uênh", "ui", "um", "un", "ung", "uôc", "uôi", "uôm", "uôn", "uông",
	"uôt", "up", "ut", "uy", "uya", "uych", "uyên", "uyêt", "uynh", "uyt", "uyu", "ư", "ưa", "ưc", "ưi", "ưng",
	"ươc", "ươi", "ươm", "ươn", "ương", "ươp", "ươt", "ươu", "ưt", "ưu", "y", "yêm", "yên", "yêng", "yêt", "yêu",
};
/* By tone: none, huyền, sắc, hỏi, ngã, nặng. */
static const char telex_tones[] = " fsrxj", vni_tones[] = " 21345";

enum order { CANONICAL, MARKS_LAST, TONE_EARLY, TONE_BEFORE_CODA, ORDERS };

struct keys {
	char p[64];
	size_t n;
};

static void add(struct keys *k, char c)
{
	if (c && c != ' ')
		k->p[k->n++] = c;
	k->p[k->n] = '\0';
}

static bool is_vowel(uint32_t cp)
{
	return cp >= 0x80 ? cp != 0x111 : cp && strchr("aeiouy", (int)cp);
}

/* The plain letter of a marked one and the key for its mark. */
static char taken_apart(uint32_t cp, bool telex, char *mark)
{
	static const struct {
		uint32_t cp;
		char base, telex, vni;
	} marked[] = {
		{ 0x103, 'a', 'w', '8' }, { 0xe2, 'a', 'a', '6' },  { 0xea, 'e', 'e', '6' },  { 0xf4, 'o', 'o', '6' },
		{ 0x1a1, 'o', 'w', '7' }, { 0x1b0, 'u', 'w', '7' }, { 0x111, 'd', 'd', '9' },
	};

	*mark = 0;
	for (size_t i = 0; i < COUNT(marked); i++) {
		if (marked[i].cp == cp) {
			*mark = telex ? marked[i].telex : marked[i].vni;
			return marked[i].base;
		}
	}
	return (char)cp;
}

static void rime_keys(struct keys *k, const char *rime, char tone, enum order order, bool telex, char *late)
{
	bool ooo = telex && strstr(rime, "oo"), vowels = true, first = true;

	for (const char *p = rime; *p;) {
		uint32_t cp = text_next(&p);
		char mark, base = taken_apart(cp, telex, &mark);

		if (order == TONE_BEFORE_CODA && vowels && !is_vowel(cp)) {
			add(k, tone);
			vowels = false;
		}
		add(k, base);
		if (ooo && base == 'o')
			add(k, first ? 'o' : 0);
		if (order == MARKS_LAST)
			*late = mark ? mark : *late;
		else
			add(k, mark);
		if (order == TONE_EARLY && first && !ooo)
			add(k, tone);
		first = false;
	}
	if ((order == TONE_BEFORE_CODA && vowels) || (order == TONE_EARLY && ooo))
		add(k, tone);
}

static void keys_for(struct keys *k, const char *onset, const char *rime, char tone, enum order order, bool telex)
{
	bool stroked = strcmp(onset, "đ") == 0;
	char late = 0;

	k->n = 0;
	for (const char *p = stroked ? "d" : onset; *p; p++)
		add(k, *p);
	if (stroked && order != MARKS_LAST)
		add(k, telex ? 'd' : '9');
	rime_keys(k, rime, tone, order, telex, &late);
	if (order == MARKS_LAST) {
		add(k, late);
		add(k, tone);
		if (stroked)
			add(k, telex ? 'd' : '9');
	}
	if (order == CANONICAL)
		add(k, tone);
}

/* Which letter carries the tone, by the school's rule and not the engine's: marked letter; last before a coda; else the
 * first of two, the middle of three. */
static void written(char *out, const char *onset, const char *rime, int tone)
{
	static const char *const combining[] = { "", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323" };
	uint32_t cps[8];
	size_t n = 0, vowels = 0, at = 0;
	bool marked = false;

	for (const char *p = rime; *p;)
		cps[n++] = text_next(&p);
	while (vowels < n && is_vowel(cps[vowels]))
		vowels++;
	for (size_t i = 0; i < vowels; i++) {
		if (cps[i] >= 0x80) {
			at = i;
			marked = true;
		}
	}
	if (!marked)
		at = vowels == 1 || vowels < n ? vowels - 1 : vowels == 3 ? 1 : 0;
	out += sprintf(out, "%s", onset);
	for (size_t i = 0; i < n; i++) {
		out += text_put(out, cps[i]);
		if (i == at)
			out += sprintf(out, "%s", combining[tone]);
	}
}

static bool spelled(const char *onset, const char *rime, int tone)
{
	size_t n = strlen(rime);
	bool stop = strchr("cpt", rime[n - 1]) || (n > 1 && strcmp(rime + n - 2, "ch") == 0);

	/* gi before i is written g: gì, gìn; and g with ia, iu, iê would read as gi. */
	if (strcmp(onset, "gi") == 0 && rime[0] == 'i')
		return false;
	if (strcmp(onset, "g") == 0 && rime[0] == 'i' && rime[1] && is_vowel((unsigned char)rime[1]))
		return false;
	if (strcmp(onset, "qu") == 0 && (strncmp(rime, "u", 1) == 0 || strncmp(rime, "ư", 2) == 0))
		return false;
	return !stop || tone == 0 || tone == 2 || tone == 5;
}

static size_t try_all(enum typing_mode mode, size_t *count)
{
	bool telex = mode == TYPING_TELEX;
	size_t wrong = 0;

	for (size_t o = 0; o < COUNT(onsets); o++) {
		for (size_t r = 0; r < COUNT(rimes); r++) {
			for (int tone = 0; tone < 6; tone++) {
				char want[64];

				if (!spelled(onsets[o], rimes[r], tone))
					continue;
				written(want, onsets[o], rimes[r], tone);
				AUTO(mem_free) char *nfc = text_nfc(want);
				for (int order = 0; order < ORDERS; order++) {
					struct keys k;

					keys_for(&k, onsets[o], rimes[r], (telex ? telex_tones : vni_tones)[tone],
					         (enum order)order, telex);
					AUTO(mem_free) char *got = typing_line(mode, k.p);
					++*count;
					if (strcmp(got, nfc) != 0 && wrong++ < 40)
						fprintf(stderr, "%s -> %s, not %s\n", k.p, got, nfc);
				}
			}
		}
	}
	return wrong;
}

static void every_syllable(void **state)
{
	size_t count = 0;

	(void)state;
	assert_int_equal(try_all(TYPING_TELEX, &count), 0);
	assert_int_equal(try_all(TYPING_VNI, &count), 0);
	assert_true(count > 100000);
}

/* BackSpace over every syllable: always one letter less, never a lost or foreign one. */
static void backspace_takes_one_letter(void **state)
{
	(void)state;
	for (size_t o = 0; o < COUNT(onsets); o++) {
		for (size_t r = 0; r < COUNT(rimes); r++) {
			struct keys k;

			keys_for(&k, onsets[o], rimes[r], 's', CANONICAL, true);
			add(&k, '<');
			AUTO(mem_free) char *got = typing_line(TYPING_TELEX, k.p);
			AUTO(mem_free) char *nfd = text_nfd(got);
			AUTO(mem_free) char *full = mem_printf("%s%s", onsets[o], rimes[r]);
			size_t last = text_prev_grapheme(full, strlen(full));

			full[strlen(full) - last] = '\0';
			AUTO(mem_free) char *want = text_fold(full);
			AUTO(mem_free) char *bare = text_fold(got);
			if (strcmp(bare, want) != 0)
				fail_msg("%s -> %s", k.p, got);
		}
	}
}

/* ---- names -------------------------------------------------------------------------------------------------------- */

static void name_keys(struct keys *k, const char *word, bool telex)
{
	AUTO(mem_free) char *nfd = text_nfd(word);
	static const char *const combining[] = { "", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323" };
	char tone = 0;

	k->n = 0;
	for (const char *p = nfd; *p;) {
		const char *at = p;
		uint32_t cp = text_next(&p);
		bool was_tone = false;

		for (int i = 1; i < 6; i++) {
			if (strncmp(at, combining[i], 2) == 0) {
				tone = (telex ? telex_tones : vni_tones)[i];
				was_tone = true;
			}
		}
		if (was_tone)
			continue;
		if (cp == 0x302)
			add(k, telex ? k->p[k->n - 1] : '6');
		else if (cp == 0x306)
			add(k, telex ? 'w' : '8');
		else if (cp == 0x31b)
			add(k, telex ? 'w' : '7');
		else if (cp == 0x111 || cp == 0x110) {
			add(k, cp == 0x111 ? 'd' : 'D');
			add(k, telex ? 'd' : '9');
		} else
			add(k, (char)cp);
	}
	add(k, tone);
}

/* The names use both styles (Hòa, Hoà). */
static bool typed_as(const char *keys, const char *word, enum typing_mode mode)
{
	for (int style = 0; style < 2; style++) {
		struct typing t = { .mode = mode, .new_style = style };

		for (const char *p = keys; *p; p++)
			typing_key(&t, *p);
		if (strcmp(t.text, word) == 0)
			return true;
	}
	return false;
}

/* A letter of the word that Telex takes for a tone or ư (Dur, Wa) is typed twice: the second one undoes. */
static bool typable(const char *word, enum typing_mode mode)
{
	struct keys k;

	name_keys(&k, word, mode == TYPING_TELEX);
	if (typed_as(k.p, word, mode))
		return true;
	if (mode == TYPING_VNI)
		return false;
	for (size_t i = 0; i < k.n; i++) {
		AUTO(mem_free) char *doubled = mem_printf("%.*s%c%s", (int)i + 1, k.p, k.p[i], k.p + i + 1);

		if (typed_as(doubled, word, mode))
			return true;
	}
	return false;
}

static void every_place_name(void **state)
{
	static const char *const files[] = { "screens/catalogue/communes.tsv", "screens/catalogue/provinces.tsv" };
	size_t words = 0, wrong = 0;
	char line[4096];

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		FILE *f = fopen(files[i], "re");

		assert_non_null(f);
		while (fgets(line, sizeof line, f)) {
			char *save = NULL, *name;

			strtok_r(line, "\t", &save);
			name = strtok_r(NULL, "\t", &save);
			for (char *w = strtok_r(name, " '-0123456789.", &save); w; w = strtok_r(NULL, " '-0123456789.", &save)) {
				words++;
				/* La Êê, La Dêê: in Telex the third e undoes; they are typed with VNI. */
				if (!strstr(w, "êê") && !strstr(w, "Êê") && !typable(w, TYPING_TELEX) && ++wrong)
					fprintf(stderr, "telex: %s\n", w);
				if (!typable(w, TYPING_VNI) && ++wrong)
					fprintf(stderr, "vni: %s\n", w);
			}
		}
		fclose(f);
	}
	assert_true(words > 6000);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_syllable),
		cmocka_unit_test(backspace_takes_one_letter),
		cmocka_unit_test(every_place_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
