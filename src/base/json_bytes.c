#include "base/json.h"
#include "base/err.h"
#include "base/mem.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_text(const void *p, size_t n)
{
	const unsigned char *b = p;
	char *out = mem_array(n / 3 + 2, 4), *o = out;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		unsigned v = (unsigned)b[i] << 16 | (left > 1 ? (unsigned)b[i + 1] << 8 : 0) | (left > 2 ? b[i + 2] : 0);
		*o++ = alphabet[v >> 18];
		*o++ = alphabet[v >> 12 & 63];
		*o++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
		*o++ = left > 2 ? alphabet[v & 63] : '=';
	}
	*o = '\0';
	return out;
}

/* Value of one base64 character, -1 for what is foreign. */
static int six_bits(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct quad {
	unsigned v;
	int n, pad;     /* characters taken so far; how many '=' have been seen, after which nothing may follow */
};

/* One character into the group of four; false when it may not stand there (RFC 4648, sections 3.2, 3.3 and 3.5). */
static bool quad_add(struct quad *q, char c, struct buf *out)
{
	int six = six_bits(c);

	if (c == '=' ? q->n < 2 : (six < 0 || q->pad))
		return false;
	q->v = q->v << 6 | (c == '=' ? 0 : (unsigned)six);
	q->pad += c == '=';
	if (++q->n < 4)
		return true;
	unsigned char b[3] = { (unsigned char)(q->v >> 16), (unsigned char)(q->v >> 8), (unsigned char)q->v };
	if ((q->pad == 1 && b[2]) || (q->pad == 2 && b[1]))
		return false;
	buf_add(out, b, 3 - (size_t)q->pad);
	*q = (struct quad){ .pad = q->pad };
	return true;
}

/* A refused text leaves the buffer as it was. */
static int undo(struct buf *out, size_t n, const char *why, struct err *e)
{
	out->n = n;
	if (out->p)
		out->p[n] = '\0';
	return err_set(e, ERR_SERVICE_ODD, "%s", why);
}

int base64_bytes(const char *s, struct buf *out, struct err *e)
{
	size_t before = out->n;
	struct quad q = { 0 };
	bool good = s != NULL;

	for (; good && *s; s++)
		good = is_space(*s) || quad_add(&q, *s, out);
	if (good && q.n == 0) {
		buf_add(out, "", 0);
		return 0;
	}
	return undo(out, before, "not base64", e);
}

char *hex_text(const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = p;
	char *out = mem_array(n + 1, 2);

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	return out;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int hex_bytes(const char *s, struct buf *out, struct err *e)
{
	size_t before = out->n;

	for (; s && *s; s += 2) {
		int hi = nibble(s[0]), lo = hi < 0 ? -1 : nibble(s[1]);
		if (lo < 0)
			break;
		unsigned char b = (unsigned char)(hi << 4 | lo);
		buf_add(out, &b, 1);
	}
	if (s && !*s) {
		buf_add(out, "", 0);
		return 0;
	}
	return undo(out, before, "not hexadecimal", e);
}
