/* The Vietnamese syllable in lists. The first three are letters only: they answer "can this be Vietnamese so far?". */
#ifndef UI_TYPING_TABLES_H
#define UI_TYPING_TABLES_H

#include "ui/typing_names.h"

#include <stdint.h>

static const char *const initials[] = {
	"", "b", "c", "ch", "d", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p", "ph", "q",
	"qu", "r", "s", "t", "th", "tr", "v", "x",
};
static const char *const nuclei[] = {
	"a", "e", "i", "o", "u", "y", "ai", "ao", "au", "ay", "eo", "eu", "ia", "ie", "ieu", "io", "iu", "oa", "oai",
	"oay", "oao", "oe", "oeo", "oi", "oo", "ua", "uay", "uai", "ue", "ueu", "ui", "uo", "uoi", "uou", "uu", "uy",
	"uya", "uye", "uyu", "ye", "yeu", "uoa",
};
static const char *const codas[] = { "", "c", "ch", "m", "n", "ng", "nh", "p", "t" };

/* Nuclei with at least one quality mark, as they occur or on the way there (ưo before it becomes ươ). */
static const char *const marked_nuclei[] = {
	"ă", "â", "ê", "ô", "ơ", "ư", "âu", "ây", "êu", "iê", "iêu", "oă", "ôi", "ơi", "uâ", "uô", "uây", "uê", "uêu",
	"ưa", "ưi", "ưo", "ươ", "ươi", "ươu", "ưu", "uôi", "uơ", "uyê", "yê", "yêu",
};
/* Nuclei that end their syllable: a coda after them is no Vietnamese. */
static const char *const closed_nuclei[] = {
	"ai", "ao", "au", "ay", "eo", "eu", "ieu", "iu", "oai", "oay", "oao", "oeo", "oi", "uay", "uai", "ueu", "ui",
	"uoi", "uou", "uu", "uya", "uyu", "yeu", "ia", "âu", "ây", "êu", "iêu", "ôi", "ơi", "uây", "uêu", "ưa", "ưi",
	"ươi", "ươu", "ưu", "uôi", "uơ", "yêu",
};

/* Rows: a ă â e ê i o ô ơ u ư y; columns: no tone, huyền, sắc, hỏi, ngã, nặng. The capital stands one code point before
 * the small letter from U+0100 on, 0x20 before it below. */
enum { VOWEL_FORMS = 12, TONES = 6 };
static const uint16_t vowel_forms[VOWEL_FORMS][TONES] = {
	{ 0x61, 0xe0, 0xe1, 0x1ea3, 0xe3, 0x1ea1 },       { 0x103, 0x1eb1, 0x1eaf, 0x1eb3, 0x1eb5, 0x1eb7 },
	{ 0xe2, 0x1ea7, 0x1ea5, 0x1ea9, 0x1eab, 0x1ead }, { 0x65, 0xe8, 0xe9, 0x1ebb, 0x1ebd, 0x1eb9 },
	{ 0xea, 0x1ec1, 0x1ebf, 0x1ec3, 0x1ec5, 0x1ec7 }, { 0x69, 0xec, 0xed, 0x1ec9, 0x129, 0x1ecb },
	{ 0x6f, 0xf2, 0xf3, 0x1ecf, 0xf5, 0x1ecd },       { 0xf4, 0x1ed3, 0x1ed1, 0x1ed5, 0x1ed7, 0x1ed9 },
	{ 0x1a1, 0x1edd, 0x1edb, 0x1edf, 0x1ee1, 0x1ee3 }, { 0x75, 0xf9, 0xfa, 0x1ee7, 0x169, 0x1ee5 },
	{ 0x1b0, 0x1eeb, 0x1ee9, 0x1eed, 0x1eef, 0x1ef1 }, { 0x79, 0x1ef3, 0xfd, 0x1ef7, 0x1ef9, 0x1ef5 },
};
static const struct {
	char base;
	uint8_t quality;
} vowel_rows[VOWEL_FORMS] = {
	{ 'a', 0 }, { 'a', 2 }, { 'a', 1 }, { 'e', 0 }, { 'e', 1 }, { 'i', 0 },
	{ 'o', 0 }, { 'o', 1 }, { 'o', 3 }, { 'u', 0 }, { 'u', 3 }, { 'y', 0 },
};

#endif
