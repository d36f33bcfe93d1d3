/* Words of names: cut, folded and compared once each, however many names they occur in. */
#include "catalogue/catalogue_int.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_BYTES_MAX = 96, ARENA = 1 << 14 };

/* Folding by table for the two blocks that Vietnamese uses; 0: ask text_fold(). */
enum { LOW_FROM = 0x80, LOW_TO = 0x250, HIGH_FROM = 0x1e00, HIGH_TO = 0x1f00 };
static char fold_low[LOW_TO - LOW_FROM], fold_high[HIGH_TO - HIGH_FROM];

static void fill(char *table, uint32_t from, uint32_t to)
{
	for (uint32_t cp = from; cp < to; cp++) {
		char s[5];

		text_put(s, cp);
		AUTO(mem_free) char *folded = text_fold(s);
		if (strlen(folded) == 1 && (unsigned char)*folded < 0x80)
			table[cp - from] = *folded;
	}
}

static void fill_tables(void)
{
	if (fold_low[0xe0 - LOW_FROM])
		return;
	fill(fold_low, LOW_FROM, LOW_TO);
	fill(fold_high, HIGH_FROM, HIGH_TO);
}

static char fold_fast(uint32_t cp)
{
	if (cp >= 'A' && cp <= 'Z')
		return (char)(cp + 32);
	if (cp < 0x80)
		return (char)cp;
	if (cp >= LOW_FROM && cp < LOW_TO)
		return fold_low[cp - LOW_FROM];
	return cp >= HIGH_FROM && cp < HIGH_TO ? fold_high[cp - HIGH_FROM] : 0;
}

void fold_word(const char *s, size_t n, char *out)
{
	size_t used = 0;

	fill_tables();
	for (const char *p = s; p < s + n;) {
		char c = fold_fast(text_next(&p));

		if (!c) {
			AUTO(mem_free) char *copy = mem_strn(s, n);
			AUTO(mem_free) char *folded = text_fold(copy);
			size_t all = strlen(folded);

			used = all < n ? all : n;
			memcpy(out, folded, used);
			break;
		}
		out[used++] = c;
	}
	out[used] = '\0';
}

/* Lower case, the five tones taken out and put behind: hoà and hòa become "hoa`"; đ, ă, â, ê, ô, ơ, ư stay letters. */
static void mark_word(const char *s, size_t n, char *out, size_t room)
{
	AUTO(mem_free) char *copy = mem_strn(s, n);
	AUTO(mem_free) char *nfd = text_nfd(copy);
	size_t used = 0;
	char tone = 0;

	for (const char *p = nfd; *p;) {
		uint32_t cp = text_next(&p);
		char part[5], folded = cp >= 'A' && cp <= 'Z' ? (char)(cp + 32) : 0;

		if (cp == 0x300 || cp == 0x301 || cp == 0x303 || cp == 0x309 || cp == 0x323) {
			tone = (char)(cp & 0x3f);
			continue;
		}
		size_t len = (size_t)text_put(part, folded ? (uint32_t)folded : cp == 0x110 ? 0x111 : cp);
		if (used + len + 2 > room)
			break;
		memcpy(out + used, part, len);
		used += len;
	}
	if (tone)
		out[used++] = (char)(tone + '`');
	out[used] = '\0';
}

static const char *keep(struct vocabulary *v, const char *s, size_t n)
{
	if (v->arena_used + n + 1 > v->arena_room) {
		if (v->arena) {
			v->old_arenas = mem_grow(v->old_arenas, v->old_count + 1, sizeof *v->old_arenas);
			v->old_arenas[v->old_count++] = v->arena;
		}
		v->arena = mem_alloc(ARENA);
		v->arena_room = ARENA;
		v->arena_used = 0;
	}
	char *at = v->arena + v->arena_used;

	memcpy(at, s, n);
	at[n] = '\0';
	v->arena_used += n + 1;
	return at;
}

static uint32_t hash(const char *s, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h;
}

static void rehash(struct vocabulary *v)
{
	v->slot_count = v->slot_count ? v->slot_count * 2 : 64;
	free(v->slots);
	v->slots = mem_array(v->slot_count, sizeof *v->slots);
	for (size_t i = 0; i < v->count; i++) {
		size_t at = hash(v->keys[i], v->key_lengths[i]) & (v->slot_count - 1);

		while (v->slots[at])
			at = (at + 1) & (v->slot_count - 1);
		v->slots[at] = (uint32_t)i + 1;
	}
}

static uint32_t add_word(struct vocabulary *v, const char *s, size_t n)
{
	char folded[WORD_BYTES_MAX + 1], marked[3 * WORD_BYTES_MAX];

	if (v->count == v->room) {
		v->room = v->room ? v->room * 2 : 32;
		v->words = mem_grow(v->words, v->room, sizeof *v->words);
		v->keys = mem_grow(v->keys, v->room, sizeof *v->keys);
		v->key_lengths = mem_grow(v->key_lengths, v->room, sizeof *v->key_lengths);
	}
	fold_word(s, n, folded);
	mark_word(s, n, marked, sizeof marked);
	v->keys[v->count] = keep(v, s, n);
	v->key_lengths[v->count] = n;
	v->words[v->count] = (struct word){
		.folded = keep(v, folded, strlen(folded)),
		.marked = keep(v, marked, strlen(marked)),
		.length = strlen(folded),
		.marked_length = strlen(marked),
	};
	return (uint32_t)v->count++;
}

static uint32_t word_id(struct vocabulary *v, const char *s, size_t n)
{
	if (2 * v->count >= v->slot_count)
		rehash(v);
	size_t at = hash(s, n) & (v->slot_count - 1);

	for (; v->slots[at]; at = (at + 1) & (v->slot_count - 1)) {
		uint32_t i = v->slots[at] - 1;

		if (v->key_lengths[i] == n && memcmp(v->keys[i], s, n) == 0)
			return i;
	}
	uint32_t id = add_word(v, s, n);
	v->slots[at] = id + 1;
	return id;
}

/* Bytes of one separator at p, 0 when a word goes on: ASCII signs, U+00A0-00BF, general punctuation U+2000-206F. */
static size_t separator(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	if (p[0] < 0x80)
		return !((p[0] >= '0' && p[0] <= '9') || (p[0] >= 'A' && p[0] <= 'Z') || (p[0] >= 'a' && p[0] <= 'z'));
	if (p[0] == 0xc2 && p[1] < 0xc0)
		return 2;
	return p[0] == 0xe2 && (p[1] == 0x80 || p[1] == 0x81) && p[2] ? 3 : 0;
}

size_t words_of(struct vocabulary *v, const char *text, uint32_t *ids, size_t max)
{
	size_t count = 0;

	while (*text && count < max) {
		size_t skip = separator(text), n = 0;

		if (skip) {
			text += skip;
			continue;
		}
		while (text[n] && !separator(text + n))
			n++;
		ids[count++] = word_id(v, text, n < WORD_BYTES_MAX ? n : WORD_BYTES_MAX);
		text += n;
	}
	return count;
}

void vocabulary_clear(struct vocabulary *v)
{
	for (size_t i = 0; i < v->old_count; i++)
		free(v->old_arenas[i]);
	free(v->old_arenas);
	free(v->arena);
	free(v->words);
	free(v->slots);
	free(v->keys);
	free(v->key_lengths);
	*v = (struct vocabulary){ 0 };
}

static bool same(const char *a, const char *b, size_t n)
{
	return memcmp(a, b, n) == 0;
}

bool one_letter_off(const char *a, size_t na, const char *b, size_t nb)
{
	size_t i = 0;

	if (na > nb + 1 || nb > na + 1)
		return false;
	while (i < na && i < nb && a[i] == b[i])
		i++;
	if (na == nb) {
		if (i >= na)
			return true;
		if (i + 1 < na && a[i] == b[i + 1] && a[i + 1] == b[i] && same(a + i + 2, b + i + 2, na - i - 2))
			return true;
		return same(a + i + 1, b + i + 1, na - i - 1);
	}
	return na < nb ? same(a + i, b + i + 1, na - i) : same(a + i + 1, b + i, nb - i);
}
