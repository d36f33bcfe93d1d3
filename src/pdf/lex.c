#include "pdf/inner.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct lex lex_file(struct pdf *p)
{
	return (struct lex){ .p = p, .n = p->size };
}

static int window(struct pdf *p, uint64_t at)
{
	/* A little before `at`, so that stepping back over a token does not read again. */
	uint64_t from = at > 256 ? at - 256 : 0;
	size_t want = p->size - from < PDF_WINDOW ? (size_t)(p->size - from) : PDF_WINDOW;
	ssize_t r;

	if (!p->win)
		p->win = mem_alloc(PDF_WINDOW);
	do
		r = pread(p->fd, p->win, want, (off_t)from);
	while (r < 0 && errno == EINTR);
	p->win_at = from;
	p->win_n = r > 0 ? (size_t)r : 0;
	return at - from < p->win_n ? p->win[at - from] : -1;
}

int lex_byte(struct lex *l, uint64_t at)
{
	if (at >= l->n)
		return -1;
	if (!l->p)
		return l->mem[at];
	if (at >= l->p->win_at && at - l->p->win_at < l->p->win_n)
		return l->p->win[at - l->p->win_at];
	return window(l->p, at);
}

/* Classes of ISO 32000-1, 7.2.2. A table: every byte of every object passes here, ten times in a file with ten signatures. */
enum { SPACE = 1, DELIM = 2, HEX = 4 };
static const unsigned char class_of[256] = {
	[0] = SPACE, [9] = SPACE, [10] = SPACE, [12] = SPACE, [13] = SPACE, [32] = SPACE,
	['('] = DELIM, [')'] = DELIM, ['<'] = DELIM, ['>'] = DELIM, ['['] = DELIM, [']'] = DELIM, ['{'] = DELIM, ['}'] = DELIM,
	['/'] = DELIM, ['%'] = DELIM, ['0' ... '9'] = HEX, ['a' ... 'f'] = HEX, ['A' ... 'F'] = HEX,
};

static bool is_space(int c)
{
	return c >= 0 && class_of[c] == SPACE;
}

static bool is_regular(int c)
{
	return c >= 0 && !(class_of[c] & (SPACE | DELIM));
}

/* Moves *at over bytes of these classes, a window at a time: signatures carry tens of kilobytes of hex. */
static void skip_class(struct lex *l, uint64_t *at, unsigned classes)
{
	while (*at < l->n) {
		int c = lex_byte(l, *at);
		if (c < 0 || !(class_of[c] & classes))
			return;
		const unsigned char *p = l->p ? l->p->win + (*at - l->p->win_at) : l->mem + *at;
		uint64_t left = l->p ? l->p->win_n - (*at - l->p->win_at) : l->n - *at, i = 0;
		if (left > l->n - *at)
			left = l->n - *at;
		while (i < left && (class_of[p[i]] & classes))
			i++;
		*at += i;
	}
}

bool lex_all_hex(struct lex *l, uint64_t from, uint64_t to)
{
	skip_class(l, &from, HEX);
	return from >= to;
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static uint64_t skip_space(struct lex *l, uint64_t at)
{
	for (;;) {
		int c = lex_byte(l, at);
		if (c == '%') {
			while (c >= 0 && c != 10 && c != 13)
				c = lex_byte(l, ++at);
		} else if (c >= 0 && is_space(c)) {
			at++;
		} else {
			return at;
		}
	}
}

static enum tok lex_string(struct lex *l, uint64_t *at)
{
	int depth = 1;

	for (uint64_t i = *at + 1; ; i++) {
		int c = lex_byte(l, i);
		if (c < 0)
			return TOK_BAD;
		if (c == '\\')
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0) {
			*at = i + 1;
			return TOK_STRING;
		}
	}
}

static enum tok lex_hex(struct lex *l, uint64_t *at)
{
	uint64_t i = *at + 1;

	skip_class(l, &i, HEX | SPACE);
	if (lex_byte(l, i) != '>')
		return TOK_BAD;
	*at = i + 1;
	return TOK_HEX;
}

static enum tok lex_name(struct lex *l, uint64_t *at, char *text, size_t max)
{
	size_t n = 0;
	int c;

	text[n++] = '/';
	for (++*at; is_regular(c = lex_byte(l, *at)); ++*at) {
		if (c == '#') {
			int a = hex_digit(lex_byte(l, *at + 1)), b = hex_digit(lex_byte(l, *at + 2));
			if (a >= 0 && b >= 0 && (a || b)) { /* #00 would end our string early */
				c = a * 16 + b;
				*at += 2;
			}
		}
		if (n + 1 < max)
			text[n++] = (char)c;
	}
	text[n] = '\0';
	return TOK_NAME;
}

/* A number or a keyword. */
static enum tok lex_word(struct lex *l, uint64_t *at, struct token *t)
{
	size_t n = 0;
	bool digits = false, dot = false, other = false;
	int c;

	for (; is_regular(c = lex_byte(l, *at)); ++*at) {
		if (n + 1 < sizeof t->text)
			t->text[n] = (char)c;
		if (c >= '0' && c <= '9') {
			digits = true;
			if (t->num < 1000000000000000LL)
				t->num = t->num * 10 + (c - '0');
		} else if (c == '.' && !dot) {
			dot = true;
		} else if (!((c == '-' || c == '+') && n == 0)) {
			other = true;
		}
		n++;
	}
	t->text[n < sizeof t->text ? n : sizeof t->text - 1] = '\0';
	if (other || !digits)
		return TOK_WORD;
	if (t->text[0] == '-')
		t->num = -t->num;
	return dot ? TOK_REAL : TOK_INT;
}

struct token lex_next(struct lex *l, uint64_t *at)
{
	struct token t = { .kind = TOK_BAD };

	*at = skip_space(l, *at);
	t.from = *at;
	int c = lex_byte(l, *at);
	int next = lex_byte(l, *at + 1);
	if (c < 0)
		t.kind = TOK_END;
	else if (c == '<' && next == '<')
		t.kind = TOK_DICT, *at += 2;
	else if (c == '>' && next == '>')
		t.kind = TOK_DICT_END, *at += 2;
	else if (c == '[')
		t.kind = TOK_OPEN, ++*at;
	else if (c == ']')
		t.kind = TOK_CLOSE, ++*at;
	else if (c == '(')
		t.kind = lex_string(l, at);
	else if (c == '<')
		t.kind = lex_hex(l, at);
	else if (c == '/')
		t.kind = lex_name(l, at, t.text, sizeof t.text);
	else if (is_regular(c))
		t.kind = lex_word(l, at, &t);
	t.to = *at;
	return t;
}

/* Behind an integer: "g R"? Then *at moves behind it. */
static bool is_ref(struct lex *l, uint64_t *at, const struct token *first, long long *gen)
{
	uint64_t i = *at;

	if (first->num <= 0 || first->num > 0x7fffffff)
		return false;
	struct token g = lex_next(l, &i);
	if (g.kind != TOK_INT || g.num < 0 || g.num > 65535)
		return false;
	struct token r = lex_next(l, &i);
	if (r.kind != TOK_WORD || strcmp(r.text, "R") != 0)
		return false;
	*gen = g.num;
	*at = i;
	return true;
}

int lex_skip(struct lex *l, uint64_t *at, lex_ref_fn *ref, void *self)
{
	unsigned char open[PDF_LEX_DEPTH];
	int depth = 0;

	do {
		struct token t = lex_next(l, at);
		long long gen;
		switch (t.kind) {
		case TOK_END:
		case TOK_BAD:
			return -1;
		case TOK_DICT:
		case TOK_OPEN:
			if (depth == PDF_LEX_DEPTH)
				return -1;
			open[depth++] = t.kind == TOK_DICT;
			break;
		case TOK_DICT_END:
		case TOK_CLOSE:
			if (!depth || open[--depth] != (t.kind == TOK_DICT_END))
				return -1;
			break;
		case TOK_INT:
			if (is_ref(l, at, &t, &gen) && ref)
				ref(self, (int)t.num, (int)gen);
			break;
		case TOK_WORD:
			if (strcmp(t.text, "true") != 0 && strcmp(t.text, "false") != 0 && strcmp(t.text, "null") != 0)
				return -1;
			break;
		case TOK_REAL:
		case TOK_NAME:
		case TOK_STRING:
		case TOK_HEX:
			break;
		}
	} while (depth);
	return 0;
}

int lex_key(struct lex *l, uint64_t dict, const char *key, uint64_t *from, uint64_t *to)
{
	uint64_t at = dict;
	int found = 0;

	if (lex_next(l, &at).kind != TOK_DICT)
		return -1;
	for (;;) {
		struct token k = lex_next(l, &at);
		if (k.kind == TOK_DICT_END)
			return found;
		if (k.kind != TOK_NAME)
			return -1;
		uint64_t start = skip_space(l, at);
		if (lex_skip(l, &at, NULL, NULL) < 0)
			return -1;
		if (strcmp(k.text, key) == 0) {
			found++;
			*from = start;
			*to = at;
		}
	}
}

int lex_key_int(struct lex *l, uint64_t dict, const char *key, long long *out)
{
	uint64_t from, to;
	int n = lex_key(l, dict, key, &from, &to);

	if (n != 1)
		return n ? -1 : 0;
	uint64_t at = from;
	struct token t = lex_next(l, &at);
	/* "5 0 R" is an integer to the lexer: the value must end where the integer does. */
	if (t.kind != TOK_INT || at != to)
		return -1;
	*out = t.num;
	return 1;
}

int lex_obj(struct lex *l, uint64_t *at, int *num, int *gen)
{
	struct token a = lex_next(l, at), b = lex_next(l, at), c = lex_next(l, at);

	if (a.kind != TOK_INT || b.kind != TOK_INT || c.kind != TOK_WORD || strcmp(c.text, "obj") != 0)
		return -1;
	if (a.num <= 0 || a.num > 0x7fffffff || b.num < 0 || b.num > 65535)
		return -1;
	*num = (int)a.num;
	*gen = (int)b.num;
	return 0;
}

int lex_stream(struct lex *l, uint64_t *at, bool *odd)
{
	struct token t = lex_next(l, at);

	if (t.kind != TOK_WORD || strcmp(t.text, "stream") != 0)
		return -1;
	int c = lex_byte(l, *at);
	if (c == '\r' && lex_byte(l, *at + 1) == '\n') {
		*at += 2;
	} else if (c == '\n' || c == '\r') {
		*odd |= c == '\r';
		++*at;
	} else {
		*odd = true;
	}
	return 0;
}
