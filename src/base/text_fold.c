/* Normal forms, folding for search, and cleaning of outside text. */
#include "base/text.h"
#include "base/mem.h"

#include <stdlib.h>
#include <utf8proc.h>

static char *normal(const char *s, unsigned form)
{
	AUTO(mem_free) char *valid = text_valid(s);
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)valid, 0, &out,
					  (utf8proc_option_t)(UTF8PROC_NULLTERM | UTF8PROC_STABLE | form));

	if (n >= 0)
		return (char *)out;
	free(out);
	return STEAL(&valid);
}

/* Nothing here can meet a mark (all marks stand behind U+0300) and nothing has another form. */
static bool is_nfc(const char *s)
{
	while (*s) {
		uint32_t cp = text_next(&s);
		if (cp >= 0x300 && !(cp >= 0x1ea0 && cp <= 0x1ef9) && !(cp >= 0x2010 && cp <= 0x2027))
			return false;
	}
	return true;
}

char *text_nfc(const char *s)
{
	if (is_nfc(s ? s : ""))
		return mem_str(s ? s : "");
	return normal(s, UTF8PROC_COMPOSE);
}

char *text_nfd(const char *s)
{
	return normal(s, UTF8PROC_DECOMPOSE);
}

static bool is_white(uint32_t cp)
{
	utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
	return (cp >= '\t' && cp <= '\r') || cp == 0x85 || c == UTF8PROC_CATEGORY_ZS || c == UTF8PROC_CATEGORY_ZL ||
	       c == UTF8PROC_CATEGORY_ZP;
}

/* Fillers and selectors that Unicode calls default ignorable though they are letters or marks: they show nothing and
 * let two different names look alike. */
static bool is_ignorable(uint32_t cp)
{
	return cp == 0x034f || cp == 0x115f || cp == 0x1160 || cp == 0x17b4 || cp == 0x17b5 ||
	       (cp >= 0x180b && cp <= 0x180e) || cp == 0x3164 || (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0xffa0 ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}

/* What never reaches a terminal, a log or a comparison. Category Cf holds every bidi and zero-width character of the
 * rule: U+061C, 200B-200F, 202A-202E, 2060-2069, FEFF. */
static bool is_hidden(uint32_t cp)
{
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CN:
		return true;
	default:
		return is_ignorable(cp);
	}
}

static bool is_mark(uint32_t cp)
{
	utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
	return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

/* One form for the letters and signs that people and keyboards write in several ways. */
static uint32_t fold_cp(uint32_t cp)
{
	switch (cp) {
	case 0x0110: /* Đ */
	case 0x0111: /* đ */
	case 0x00d0: /* Ð, seen in older files for Đ */
	case 0x00f0:
		return 'd';
	case '`':
	case 0x00b4:
	case 0x02b9:
	case 0x02bb:
	case 0x02bc:
	case 0x2018:
	case 0x2019:
	case 0x201b:
	case 0x2032:
	case 0xff07:
		return '\'';
	default:
		return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
	}
}

char *text_fold(const char *s)
{
	AUTO(mem_free) char *nfd = text_nfd(s);
	struct buf out = { 0 };
	bool gap = false;
	char part[5];

	for (const char *p = nfd; *p;) {
		uint32_t cp = text_next(&p);
		if (is_white(cp)) {
			gap = out.n > 0;
			continue;
		}
		if (is_mark(cp) || is_hidden(cp))
			continue;
		if (gap)
			buf_add(&out, " ", 1);
		gap = false;
		buf_add(&out, part, (size_t)text_put(part, fold_cp(cp)));
	}
	return buf_steal(&out);
}

char *text_clean(const char *s, bool lines)
{
	AUTO(buf_free) struct buf out = { 0 };
	char part[5];

	while (s && *s) {
		uint32_t cp = text_next(&s);
		if (cp == '\r' && *s == '\n')
			continue;
		if (cp == '\t')
			buf_add(&out, " ", 1);
		else if ((cp >= '\n' && cp <= '\r') || cp == 0x85 || cp == 0x2028 || cp == 0x2029)
			buf_add(&out, lines ? "\n" : " ", 1);
		else if (!is_hidden(cp))
			buf_add(&out, part, (size_t)text_put(part, cp));
	}
	/* Last, because taking a hidden character out may bring a letter and its mark together. */
	return text_nfc(out.p ? (char *)out.p : "");
}
