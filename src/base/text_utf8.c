/* UTF-8 itself: no tables, so that programs which only move text need no library for it. */
#include "base/text.h"
#include "base/mem.h"

#include <string.h>

/* Length of the well-formed sequence at s within n bytes, its value in *cp; 0 when there is none (Unicode table 3-7:
 * no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t decode(const unsigned char *s, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;

	if (len == 0 || len > n)
		return 0;
	uint32_t v = len == 1 ? s[0] : s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (s[i] & 0x3f);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*cp = v;
	return len;
}

bool text_is_utf8(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t cp;

	for (size_t i = 0, len; i < n; i += len)
		if ((len = decode(p + i, n - i, &cp)) == 0)
			return false;
	return true;
}

uint32_t text_next(const char **s)
{
	uint32_t cp;
	unsigned char first = (unsigned char)**s;

	if (first < 0x80) {
		*s += first != 0;
		return first;
	}
	/* A NUL is no continuation byte, so a sequence cut by the end of the string never reads past it. */
	size_t len = decode((const unsigned char *)*s, 4, &cp);
	*s += len ? len : 1;
	return len ? cp : 0xfffd;
}

int text_put(char *out, uint32_t cp)
{
	int n = 0;

	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	if (cp < 0x80) {
		out[n++] = (char)cp;
	} else {
		int more = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
		static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };
		out[n++] = (char)(lead[more] | cp >> (6 * more));
		while (more--)
			out[n++] = (char)(0x80 | (cp >> (6 * more) & 0x3f));
	}
	out[n] = '\0';
	return n;
}

char *text_valid(const char *s)
{
	struct buf out = { 0 };
	char part[5];

	while (s && *s)
		buf_add(&out, part, (size_t)text_put(part, text_next(&s)));
	return buf_steal(&out);
}

char *text_digits(const char *s)
{
	struct buf out = { 0 };

	for (; s && *s; s++)
		if (*s >= '0' && *s <= '9')
			buf_add(&out, s, 1);
	return buf_steal(&out);
}

char *text_mask_id(const char *s)
{
	struct buf out = { 0 };
	size_t n = 0;
	char part[5];

	for (const char *p = s; p && *p; n++)
		text_next(&p);
	size_t head = n < 8 ? 0 : 3, tail = n < 8 ? 2 : 4;
	for (size_t i = 0; i < n; i++) {
		uint32_t cp = text_next(&s);
		bool shown = i < head || i + tail >= n;
		buf_add(&out, part, (size_t)text_put(part, shown ? cp : 0x2022));
	}
	return buf_steal(&out);
}

static bool is_name(const char *s, size_t n)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	return n > 0 && n < 64 && strspn(s, allowed) == n;
}

char *text_fill(const char *tmpl, const char *(*lookup)(void *self, const char *name), void *self)
{
	struct buf out = { 0 };

	/* A value is never looked into again: what a person typed cannot name another value. */
	while (tmpl && *tmpl) {
		size_t plain = strcspn(tmpl, "{");
		buf_add(&out, tmpl, plain);
		tmpl += plain;
		if (!*tmpl)
			break;
		size_t n = strcspn(tmpl + 1, "{}");
		const char *value = NULL;
		if (tmpl[1 + n] == '}' && is_name(tmpl + 1, n)) {
			AUTO(mem_free) char *name = mem_strn(tmpl + 1, n);
			value = lookup(self, name);
		}
		if (value) {
			buf_str(&out, value);
			tmpl += n + 2;
		} else {
			buf_add(&out, tmpl++, 1);
		}
	}
	return buf_steal(&out);
}
